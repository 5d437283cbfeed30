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
STORED: dict[str, tuple[Report, Answers]] = {}
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
    if what not in NAMES:
        listed = ", ".join(f'"{name}"' for name in NAMES)
        raise CourseError(
            f"{what!r} cannot be asked. One can ask for {listed}.",
            f"不能追问 {what!r}。可以追问的有：{listed}。",
        )
    return dict(zip(NAMES[what], getattr(answers, what), strict=False))  # of few classes there are fewer crowds


def _fault(who: str) -> str:
    if who == "OK" or who in PATIENTS:
        return PATIENTS.get(who, "OK")
    raise CourseError(
        f'There is no report {who!r}. There are "OK" and "A" to "F".',
        f'没有 {who!r} 这份报告。有 "OK"，以及 "A" 到 "F"。',
    )
