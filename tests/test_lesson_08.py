"""What lesson 08 claims. 第 08 课所说的每一件事。"""


def test_the_ratio_falls_with_every_step(facts):
    assert facts["falls"]


def test_the_shares_cross_near_the_middle(facts):
    assert abs(facts["even"] - 500) < 20


def test_left_of_the_crossing_the_image_has_more(facts):
    left, right = facts["sides"]
    assert left > 1 > right
