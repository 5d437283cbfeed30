"""What lesson 01 comes to, run at its end; tests/test_lesson_01.py reads `facts`.

第 01 课得出的数，在课文末尾运行；tests/test_lesson_01.py 读取 `facts`。
"""

from course_utils.oracle import mixture


def means(rows):
    return [float(x.mean()) for x in rows]


def contrasts(rows):
    return [float(x.std()) for x in rows]


def clock(shape):
    mine = MySchedule(shape).ending(d=small.numel(), z=0.05).at(300)
    between, first = float((mine.log_snr.abs() < 2).sum()), float(127.5 * mine.beta[1].sqrt())
    return [between, first, float(mine.beta[:-1].max()), float(mine.beta[-1])]


shapes = {"1 - u**2": 1 - u**2, "(1 - u) ** 2": (1 - u) ** 2, "1 - u": 1 - u}
shapes["torch.acos(2 * u - 1) / math.pi"] = torch.acos(2 * u - 1) / math.pi
shapes["torch.sigmoid(1.9 - 3.8 * u[1:-1])"] = torch.cat([u[-1:], torch.sigmoid(1.9 - 3.8 * u[1:-1]), u[:1]])
brightness, a = originals.mean((1, 2, 3), keepdim=True).expand_as(originals), raw.alpha_bar[-1].float()
added = {"brightness": brightness, "all else": originals - brightness}
with_part = {name: way_back(raw, a.sqrt() * part + (1 - a).sqrt() * noise) for name, part in added.items()}
some, exact = noise[:4000], mixture(raw, printed, torch.zeros(600), weights)
facts = {
    "brightness": {"[-1, 1]": means(both_sides), "[0, 1]": means(2 * one_side - 1)},
    "contrast": {"[-1, 1]": float(small.std()), "[0, 1]": float(((small + 1) / 2).std())},
    "mine": [float(my_half), float(my_last)],
    "strip times": times if isinstance(times, list) else times.tolist(),
    "equal": largest_difference(equal),
    "same t": largest_difference(same_t),
    "left to see": {width: [float(left_to_see(width, k)) for k in lower] for width in (32, 64, 128, 256)},
    "columns": lower,
    "widths": {name: contrasts(x) for name, x in widths.items()},
    "moved": float(moved.log_snr[500] - cosine().log_snr[500]),
    "heaps": {name: [len(x), float(x.mean()), float(x.std())] for name, x in heaps.items()},
    "reversed with a part": {name: float((x.mean((1, 2, 3)) > 0).float().mean()) for name, x in with_part.items()},
    "reversed": {name: float((x.mean((1, 2, 3)) > 0).float().mean()) for name, x in drawn.items()},
    "bright": {name: float(x.mean()) for name, x in drawn.items()},
    "drawn": [len(x) for x in drawn.values()],
    "bayes": [float(way_back(raw, some).mean()), float(exact(some, 200).mean())],
    "clocks": {name: clock(shape) for name, shape in shapes.items()},
    "lower": float(raw.log_snr[100] - mended.log_snr[100]),
    "nearest digit": [(x[:99, None] - printed).abs().amax((2, 3, 4)).amin(1).max().item() for x in drawn.values()],
}
