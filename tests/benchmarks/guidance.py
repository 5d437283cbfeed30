"""What guidance and inpainting do to garments, and what they cost: `python tests/benchmarks/guidance.py [what ...]`.

引导与修补对衣物做了什么，又花多少：`python tests/benchmarks/guidance.py [项目 ...]`。

    table     garments drawn each way, as the judge sees them: the table of lesson 08
    again     some of these points from disjoint sets of 250: how far chance moves them
    floor     the same measures of real images, in disjoint sets
    cheats    what scores well without being good: one garment a class, noise bent to please, the judge's own choice
    pixels    real garments without their right half, completed each way: the second table of lesson 08
    copies    the same measures of completions that no network made, and of the truth
    speed     one doubled call of the network beside two calls, and a classifier's gradient

`floor`, `cheats`, `pixels` and `copies` read Fashion-MNIST from DIFFUSION_COURSE_DATA or the hub. Run it alone.
"""

import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402

from course_utils import data, guidance, schedules  # noqa: E402
from course_utils.arithmetic import quick_arithmetic  # noqa: E402
from course_utils.denoisers import Denoiser, from_network  # noqa: E402
from course_utils.experiments import cheats as cheats_of  # noqa: E402
from course_utils.experiments import completed_garments as pixel  # noqa: E402
from course_utils.experiments import guided_garments as label  # noqa: E402
from course_utils.experiments import half_garments, leading  # noqa: E402
from course_utils.experiments.garments import BATCH, classes_in_turn  # noqa: E402
from course_utils.weights import pretrained  # noqa: E402
from tools.ship_data import whole  # noqa: E402

SCHEDULE, TIME, ROUNDS = schedules.cosine(), 500, 9
BATCHES = (1, 8, 32, 128)
AGAIN = ("1", "1.5", "2", "2, below -2", "2, -2 to 4", "2, above 4", "autoguided 2")
PAIRS = (
    ("RePaint, 20 x 5", "put back, 100"),
    ("RePaint, 20 x 2", "put back, 50"),
    ("RePaint, 20 x 10", "RePaint, 100 x 2"),
    ("ΠGDM, 10", "put back, 20"),
    ("ΠGDM, 20", "RePaint, 20 x 5"),
    ("put back, 100", "put back, 20"),
)


@cache
def images(split: str) -> data.Images:
    """Real garments, classes in turn. 真实衣物，类别轮流。"""
    return classes_in_turn(whole(split))


def told(name: str, figures: tuple[float, ...], bars: tuple[float, ...]) -> None:
    """Print a row in the form in which it is stored. 按存储的形式打印一行。"""
    kind = type(figures).__name__
    of, give_or_take = (", ".join(f"{value:.3f}" for value in row) for row in (figures, bars))
    print(f'    "{name}": ({kind}({of}), {kind}({give_or_take})),', flush=True)


def table() -> None:
    """Every way to draw of lesson 08's table."""
    for name in leading.DRAWN_BY:
        told(name, *label.measured_rows(label.MEASURED_WITH, [name])[name])


def again(sets: int = 4) -> None:
    """The distances of some points from several sets of 250, and how far from those of scale 1, noise by noise."""
    asked, found = torch.arange(BATCH) % 10, {}
    for name in AGAIN:
        drawn = [leading.led_garments(name, BATCH, first_seed=seed) for seed in range(sets)]
        found[name] = torch.tensor([label.row_of(label.look(x0, asked)).distance for x0 in drawn])
        apart = found[name] - found[AGAIN[0]]
        listed = ", ".join(f"{distance:.3f}" for distance in found[name])
        print(f"| {name} | {listed} | {apart.mean():.3f} ± {apart.std() / sets**0.5:.3f} |", flush=True)


def floor() -> None:
    """Real images in disjoint sets: their mean, and the spread of one set."""
    for split in ("test", "train"):
        some = data.Images(*(part[:10_000] for part in images(split)))
        for by_judge in (False, True):
            name = f"{split}, by the judge" if by_judge else split
            told(name, *label.real_rows(some, label.MEASURED_WITH, sorted_by_judge=by_judge))


def cheats() -> None:
    """One garment a class; noise bent to real features; the half of twice as many that the judge is surest of."""
    n = label.MEASURED_WITH
    asked, train = torch.arange(n) % 10, images("train")
    one = label.look(train.x[:10].repeat(n // 10, 1, 1, 1), asked)
    told("one real garment a class", label.row_of(one), label.bars_of(one))
    test = data.Images(*(part[:n] for part in images("test")))
    noise = label.look(torch.cat([cheats_of.bent(x) for x in test.x.split(BATCH)]), test.y)
    told("noise bent to real features", label.row_of(noise), label.bars_of(noise))
    drawn = leading.led_garments("1", 2 * n)
    twice, chosen = label.look(drawn, torch.arange(2 * n) % 10), cheats_of.surest(drawn, n)
    surest = label.Seen(*(part[chosen] for part in twice))
    told(f"1, the surer half of {2 * n}", label.row_of(surest), label.bars_of(surest))


@cache
def halved() -> data.Images:
    """The real garments that are completed. 要补全的真实衣物。"""
    return data.Images(*(part[: pixel.MEASURED_WITH] for part in images("test")))


def pixels() -> None:
    """Every way to complete of lesson 08's second table; then some of them less others, image by image."""
    real, seen = halved(), {}
    for name, way in half_garments.WAYS.items():
        made = pixel.completed_twice(way, real)
        told(name, *pixel.fit_of(*made, real))
        print(f"        # {way.evaluations} evaluations", flush=True)
        seen[name] = torch.stack(pixel.by_image(made[0], real))
    for one, other in PAIRS:
        apart = seen[one] - seen[other]
        means, errors = apart.mean(1), apart.std(1) / apart.shape[1] ** 0.5
        listed = " | ".join(f"{mean:.3f} ± {error:.3f}" for mean, error in zip(means, errors, strict=True))
        print(f"| {one}, less {other} | {listed} |")


def copies() -> None:
    """The truth, its inner jumps, and completions that ask no network."""
    real, train = halved(), images("train")
    quarter = real.x[: len(real.x) // 4]
    inside = torch.stack([pixel.jumps(real.x, column) for column in range(1, half_garments.WIDTH)])
    print(f"    real images: a jump of {inside.mean():.3f} between any two columns")
    first, second = (pixel.nearest_half(real.x, train.x, rank) for rank in range(2))
    made = {
        "truth": (real.x, quarter),
        "mirror": (pixel.mirrored(real.x),) * 2,
        "last column": (pixel.continued(real.x),) * 2,
        "class mean": (pixel.class_mean(real.x, real.y, train),) * 2,
        "nearest training images": (first, second),
    }
    for name, (x0, other) in made.items():
        told(name, *pixel.fit_of(x0, other[: len(quarter)], real))


def denoisers_of(n: int) -> dict[str, Denoiser]:
    """What is compared, for n garments, the classes in turn."""
    network, labels = pretrained("fashion_mnist"), torch.arange(n) % 10
    conditional, unconditional = (
        from_network(SCHEDULE, network, given) for given in (labels, guidance.no_labels(network, n))
    )
    classifier = guidance.label_log_probability(SCHEDULE, pretrained("noise_aware_classifier"), labels)
    return {
        "conditional alone": conditional,
        "two calls": guidance.guided(conditional, unconditional, 2),
        "one doubled call": guidance.classifier_free_guided(SCHEDULE, network, labels, 2),
        "classifier's gradient": guidance.classifier_guided(SCHEDULE, unconditional, classifier, 2),
    }


def milliseconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - began)


def speed() -> None:
    """Median milliseconds of a guided step."""
    print(f"{torch.get_num_threads()} thread(s); median ms a step of {ROUNDS} rounds, in turn; (least, most)")
    for n in BATCHES:
        xt = torch.randn(n, 1, 28, 28, generator=torch.Generator().manual_seed(0))
        compared, spent = denoisers_of(n), {}
        with quick_arithmetic(xt):
            for _ in range(ROUNDS + 1):
                for name, denoiser in compared.items():
                    spent.setdefault(name, []).append(milliseconds(partial(denoiser, xt, TIME)))
        for name, all_ in spent.items():
            of = all_[1:]  # the first round warms up
            print(f"{n:4d} garments  {name:22s} {median(of):8.1f}  ({min(of):.1f}, {max(of):.1f})", flush=True)


if __name__ == "__main__":
    asked.run(__doc__, table, again, floor, cheats, pixels, copies, speed)
