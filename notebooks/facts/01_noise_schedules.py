"""What lesson 01 comes to, run at its end; tests/test_lesson_01.py reads `facts`.

第 01 课得出的数，在课文末尾运行；tests/test_lesson_01.py 读取 `facts`。
"""


def means(rows):
    return [float(x.mean()) for x in rows]


def left(points):
    return float((points[:, 0] < 0).float().mean())


def spreads(points):
    return [float(points[(points[:, 0] < 0) == side].std(0).mean()) for side in (False, True)]


facts = {
    "brightness": {"[-1, 1]": means(both_sides), "[0, 1]": means(2 * one_side - 1)},
    "contrast": {"[-1, 1]": float(small.std()), "[0, 1]": float(((small + 1) / 2).std())},
    "mine": [float(my_half), float(my_last)],
    "strip times": times if isinstance(times, list) else times.tolist(),
    "equal": largest_difference(equal),
    "same t": largest_difference(same_t),
    "lower left": {name: left(x) for name, x in ends.items()},
    "means": {name: x.mean(0).tolist() for name, x in ends.items()},
    "spreads": {name: spreads(x) for name, x in ends.items()},
    "reversed": {name: float((x.mean((1, 2, 3)) > 0).float().mean()) for name, x in drawn.items()},
    "bright": {name: float(x.mean()) for name, x in drawn.items()},
    "drawn": [len(x) for x in drawn.values()],
    "nearest digit": [(x[:, None] - printed).abs().amax((2, 3, 4)).amin(1).max().item() for x in drawn.values()],
}
