"""Six reports on crowds of garments, each with one fault, one without; and what is answered to who asks further.

六份关于衣物样本的报告各有一个毛病，另有一份没有；以及追问时得到的回答。
"""

from random import Random
from typing import NamedTuple

from course_utils.language import CourseError

CLASSES, SEEDS = 10, 8


class Report(NamedTuple):
    """What is printed of a crowd. 一份报告印出来的各项。

    n: how many samples; distance: Fréchet, to 10,000 real images, and its error, the spread of crowds drawn alike;
    floor: that of sets of real images; precision, recall: in features, beside as many test images; agreement: share of
    the label asked for, as the judge sees it.
    """

    n: int
    distance: float
    error: float
    floor: float
    precision: float
    recall: float
    agreement: float


class Answers(NamedTuple):
    """What is measured when one asks. 追问时量出的各项。

    pixels: least, greatest, mean; classes: how many of each, as the judge sees it; nearest: the share that is nearer to
    a training image than to a test image, of 10,000 each, and the median distances to both; seeds: the distance, as it
    was reported, of crowds drawn alike; reference: the distance to test and to training images; floor: the n of its
    sets, and what it is at the n of the samples.
    """

    pixels: tuple[float, ...]
    classes: tuple[int, ...]
    nearest: tuple[float, ...]
    seeds: tuple[float, ...]
    reference: tuple[float, ...]
    floor: tuple[float, ...]


NAMES: dict[str, tuple[str, ...]] = {
    "pixels": ("least", "greatest", "mean"),
    "classes": tuple(str(k) for k in range(CLASSES)),
    "nearest": ("memorised", "to training", "to test"),
    "seeds": tuple(f"seed {k}" for k in range(SEEDS)),
    "reference": ("to test", "to training"),
    "floor": ("its n", "at n"),
}
# What `tests/benchmarks/reports.py` prints.
STORED: dict[str, tuple[Report, Answers]] = {
    "OK": (
        Report(250, 0.275, 0.032, 0.153, 0.980, 0.912, 0.908),
        Answers(
            pixels=(-1.000, 1.000, -0.440),
            classes=(26, 25, 26, 24, 27, 25, 23, 25, 24, 25),
            nearest=(0.504, 7.886, 7.879),
            seeds=(0.275, 0.289, 0.234, 0.279, 0.331, 0.317, 0.255, 0.303),
            reference=(0.275, 0.311),
            floor=(250, 0.153),
        ),
    ),
    "n": (
        Report(250, 0.289, 0.032, 0.872, 0.968, 0.904, 0.904),
        Answers(
            pixels=(-1.000, 1.000, -0.438),
            classes=(28, 25, 24, 25, 26, 25, 22, 26, 25, 24),
            nearest=(0.508, 7.825, 7.860),
            seeds=(0.275, 0.289, 0.234, 0.279, 0.331, 0.317, 0.255, 0.303),
            reference=(0.289, 0.325),
            floor=(50, 0.153),
        ),
    ),
    "reference": (
        Report(250, 0.341, 0.033, 0.148, 0.948, 0.896, 0.924),
        Answers(
            pixels=(-1.000, 1.000, -0.436),
            classes=(26, 25, 27, 26, 25, 24, 21, 26, 25, 25),
            nearest=(0.516, 7.906, 8.020),
            seeds=(0.311, 0.325, 0.255, 0.309, 0.365, 0.341, 0.294, 0.334),
            reference=(0.317, 0.341),
            floor=(250, 0.148),
        ),
    ),
    "range": (
        Report(250, 18.676, 0.262, 0.153, 0.420, 0.008, 0.164),
        Answers(
            pixels=(0.000, 1.000, 0.286),
            classes=(0, 0, 15, 14, 7, 0, 3, 0, 211, 0),
            nearest=(0.424, 14.372, 14.287),
            seeds=(18.735, 18.789, 19.072, 18.676, 18.560, 19.325, 19.155, 18.908),
            reference=(18.676, 18.671),
            floor=(250, 0.153),
        ),
    ),
    "copies": (
        Report(250, 0.144, 0.021, 0.153, 0.952, 0.932, 0.992),
        Answers(
            pixels=(-1.000, 1.000, -0.421),
            classes=(24, 25, 27, 25, 24, 25, 25, 25, 25, 25),
            nearest=(1.000, 0.000, 7.654),
            seeds=(0.144, 0.178, 0.161, 0.152, 0.155, 0.128, 0.133, 0.191),
            reference=(0.144, 0.144),
            floor=(250, 0.153),
        ),
    ),
    "seeds": (
        Report(250, 0.234, 0.032, 0.153, 0.956, 0.932, 0.920),
        Answers(
            pixels=(-1.000, 1.000, -0.440),
            classes=(21, 25, 27, 27, 25, 25, 25, 27, 25, 23),
            nearest=(0.516, 7.886, 7.961),
            seeds=(0.275, 0.289, 0.234, 0.279, 0.331, 0.317, 0.255, 0.303),
            reference=(0.234, 0.255),
            floor=(250, 0.153),
        ),
    ),
    "classes": (
        Report(250, 6.275, 0.140, 0.153, 0.968, 0.604, 0.984),
        Answers(
            pixels=(-1.000, 1.000, -0.548),
            classes=(1, 50, 0, 0, 0, 50, 0, 51, 49, 49),
            nearest=(0.536, 8.121, 8.165),
            seeds=(6.275, 6.270, 6.542, 6.243),
            reference=(6.275, 6.395),
            floor=(250, 0.153),
        ),
    ),
}
FAULTS = ["classes", "copies", "n", "range", "reference", "seeds"]
PATIENTS = dict(zip("ABCDEF", Random(9).sample(FAULTS, len(FAULTS)), strict=True))


def published(who: str) -> Report:
    """What the report of "A" to "F", or "OK", says.

    “A”到“F”或“OK”的报告印了什么。

    Raises: CourseError for another letter.
    """
    return STORED[_fault(who)][0]


def asked(who: str, what: str) -> dict[str, float]:
    """What is measured if one asks a report further: "pixels", "classes", "nearest", "seeds", "reference" or "floor".

    向一份报告追问所量出的数："pixels"、"classes"、"nearest"、"seeds"、"reference" 或 "floor"。

    Returns: the numbers by name.  Raises: CourseError for another letter, or for what cannot be asked.
    """
    answers = STORED[_fault(who)][1]
    if not isinstance(what, str) or what not in NAMES:
        listed = ", ".join(f'"{name}"' for name in NAMES)
        raise CourseError(
            f"{what!r} cannot be asked. One can ask for {listed}.",
            f"不能追问 {what!r}。可以追问的有：{listed}。",
        )
    return dict(zip(NAMES[what], getattr(answers, what), strict=False))  # of few classes there are fewer crowds


def _fault(who: str) -> str:
    if isinstance(who, str) and (who == "OK" or who in PATIENTS):
        return PATIENTS.get(who, "OK")
    raise CourseError(
        f'There is no report {who!r}. There are "OK" and "A" to "F".',
        f'没有 {who!r} 这份报告。有 "OK"，以及 "A" 到 "F"。',
    )
