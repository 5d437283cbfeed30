"""Lesson 00: what its exercises take for the truth.

第 00 课：练习所依据的真值。
"""

import torch

from course_utils import data, schedules
from course_utils.exercises import exercise
from course_utils.exercises.lesson_00 import mystery
from course_utils.forward import forward_jump


def test_the_hidden_digit_is_the_one_on_the_page():
    (where,) = (data.digits().x == mystery()).all(dim=(1, 2, 3)).nonzero().flatten().tolist()
    assert int(data.digits().y[where]) == exercise("00.mystery").reference() == 3


def test_the_reference_is_the_package_itself():
    x0, eps, jump = torch.rand(2, 3), torch.rand(2, 3), exercise("00.jump").reference()
    torch.testing.assert_close(jump(schedules.linear(), x0, 9, eps), forward_jump(schedules.linear(), x0, 9, eps).xt)
