"""The exact denoiser as a network: asked about every step it answers as itself, and it is the floor of its own images.

写成网络的精确去噪器：每个时间步的回答都与原来一致；在自己的图像上，它就是下限。
"""

import torch

from course_utils import data, oracle, schedules
from course_utils.denoisers import predict_eps
from course_utils.experiments.by_heart import ByHeart, floors_of
from course_utils.objectives import held_out
from course_utils.weights import pretrained

SCHEDULE = schedules.cosine()
X = data.to_bytes(data.digits().x)


def test_log_snr_leads_back_to_every_step(seeded):
    known, asked = ByHeart(SCHEDULE, torch.zeros(1, 1)), []
    known.oracle = type("Told", (), {"eps": lambda self, xt, t: asked.append(t)})()
    for to in (torch.float32, torch.float64):
        known(torch.zeros(1000, 1), SCHEDULE.log_snr[1:].to(to))
        assert asked.pop().equal(torch.arange(1, 1001))


def test_it_answers_as_the_exact_denoiser(seeded):
    x0, t = X[:20].float() / 127.5 - 1, torch.tensor([1, 250, 600, 1000])
    xt = torch.randn(4, 1, 8, 8, generator=seeded(0))
    answer = predict_eps(SCHEDULE, ByHeart(SCHEDULE, x0), xt, t)
    torch.testing.assert_close(answer, oracle.finite(SCHEDULE, x0).eps(xt, t))


def test_the_floor_is_below_what_a_network_reaches_and_fails_on_what_it_never_saw():
    found = floors_of(X[:300], X[300:400], 100)
    learnt = float(held_out(SCHEDULE, pretrained("digits"), X[:100]).errors.mean())
    assert 0 < found.trained_on < learnt < found.held_out


def test_the_floor_is_that_of_bytes(refused):
    floats = X[:4] / 127.5 - 1
    for x, held_x in ((floats, X[:4]), (X[:4], floats)):
        with refused("torch.float32", "to_bytes"):
            floors_of(x, held_x, 4)
