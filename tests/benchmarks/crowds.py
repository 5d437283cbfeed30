"""How far from the truth crowds of garments seem, by their number: `python tests/benchmarks/crowds.py [what ...]`.

一群衣物看上去离真值多远，随件数而变：`python tests/benchmarks/crowds.py [项目 ...]`。

    real      test images at n from 100 to 2,000, drawn in three ways
    pairs     two crowds of test images that share none, at n from 50 to 800
    others    training images, balanced, to the moments of the test images
    sampled   samples of the shipped network, without and with guidance, in sets of n
    page      pages of 200: guided samples beside real garments, and how often the samples are nearer
    errors    how well the bootstrap and the line's own error say what fresh images say

`real`, `pairs`, `others`, `page` and `errors` read Fashion-MNIST from DIFFUSION_COURSE_DATA or the hub.
"""

import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from course_utils import data  # noqa: E402
from course_utils.estimates import Estimate, bootstrapped, stratified  # noqa: E402
from course_utils.experiments import crowds  # noqa: E402
from course_utils.experiments.garments import classes_in_turn  # noqa: E402
from course_utils.experiments.leading import led_garments  # noqa: E402
from course_utils.metrics import frechet_distance  # noqa: E402
from course_utils.weights import garment_moments, pretrained  # noqa: E402
from tools.ship_data import whole  # noqa: E402

DRAWS = 20
SAMPLED = 1500


@cache
def pool(split: str) -> crowds.SeenCrowd:
    """All real garments of a split, in an order of chance, classes in turn. 一个部分的全部真实衣物。"""
    x, y = whole(split)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return crowds.crowd_of(classes_in_turn(data.Images(x[order], y[order])))


@cache
def samples(name: str) -> Tensor:
    """The judge's features of samples, classes in turn. 样本的特征，类别轮流。"""
    return pretrained("classifier").features(led_garments(name, SAMPLED))


def told(name: str, by_size: dict[int, Estimate]) -> None:
    """Print a row in the form in which it is stored. 按存储的形式打印一行。"""
    listed = ", ".join(f"{n}: Estimate({value:.4f}, {error:.4f})" for n, (value, error) in by_size.items())
    times_n = ", ".join(f"{n * value:.0f}" for n, (value, _) in by_size.items())
    print(f'    "{name}": {{{listed}}},  # n x distance: {times_n}', flush=True)


def told_limit(name: str, features: Tensor) -> None:
    """Print where the line of a crowd ends. 打印直线的终点。"""
    value, error = crowds.limit(features)
    sets = len(features) // max(crowds.LINE_SIZES)
    print(f'    "{name}": Estimate({value:.4f}, {error:.4f}),  # the limit, from {sets} sets', flush=True)


def real() -> None:
    """Test images to the moments of all of them."""
    found = {n: crowds.distances_to_truth(pool("test"), n, DRAWS) for n in crowds.SIZES}
    for way in crowds.ByDraw._fields:
        told(way, {n: crowds.summed_up(getattr(by_draw, way)) for n, by_draw in found.items()})
    told_limit("real", pool("test").features)


def pairs() -> None:
    """Two crowds of test images beside one another."""
    for name, balanced in (("random", False), ("balanced", True)):
        apart = {n: crowds.distances_between(pool("test"), n, DRAWS, balanced=balanced) for n in crowds.PAIR_SIZES}
        told(name, {n: crowds.summed_up(distances) for n, distances in apart.items()})


def others() -> None:
    """Training images, which the judge was trained on, and which the test images have nothing to do with."""
    features = pool("train").features[: DRAWS * crowds.SIZES[-1]]
    told("train", {n: crowds.summed_up(crowds.distances_of_parts(features, n)[:DRAWS]) for n in crowds.SIZES})
    told_limit("train", features[: len(pool("test").labels)])


def sampled() -> None:
    """Samples without guidance and with guidance in the interval of log-SNR where it serves."""
    for name in ("1", "2, -2 to 4"):
        features = samples(name)
        sizes = [n for n in crowds.SIZES if 2 * n <= len(features)]  # one set alone has no spread
        told(name, {n: crowds.summed_up(crowds.distances_of_parts(features, n)) for n in sizes})
        told_limit(name, features)


def page() -> None:
    """Of pages of 200: how often a guided one is nearer to the test images than a real one."""
    guided = crowds.distances_of_parts(samples("2, -2 to 4"), crowds.PAGE)
    by_draw = crowds.distances_to_truth(pool("test"), crowds.PAGE, 100)
    print(f"    guided: {', '.join(f'{distance:.3f}' for distance in guided)}")
    for way, distances in by_draw._asdict().items():
        nearer = float((guided[:, None] < distances).double().mean())
        print(
            f"    {way}: {distances.mean():.3f}, one page spreads by {distances.std():.3f}; guided nearer: {nearer:.0%}"
        )


def errors(n: int = 500, sets: int = 16) -> None:
    """The spread over disjoint sets of real images, and what is said of it from one set."""
    truth, (features, labels) = garment_moments(), pool("train")
    parts = [crowds.SeenCrowd(*part) for part in zip(features.split(n), labels.split(n), strict=True)][:sets]
    measures = {
        "distance": lambda crowd: frechet_distance(crowd[0], truth),
        "stratified": lambda crowd: frechet_distance(stratified(*crowd), truth),
    }
    for name, measure in measures.items():
        spread = crowds.summed_up(torch.tensor([measure(part) for part in parts])).error
        said = [bootstrapped(measure, tuple(part), draws=50) for part in parts[:4]]
        print(f"    {name} at n = {n}: spread {spread:.4f}, bootstrap {', '.join(f'{one:.4f}' for one in said)}")
    ends = [crowds.limit(part.features) for part in parts]
    values, bars = torch.tensor(ends, dtype=torch.float64).T
    print(f"    limit from {n}: {values.mean():.4f}, spread {values.std():.4f}, said by the line {bars.mean():.4f}")


if __name__ == "__main__":
    asked.run(__doc__, real, pairs, others, sampled, page, errors)
