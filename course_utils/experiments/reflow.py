"""Straightness, and reflow: a second training, on the pairs that a first flow makes, after which the ways are straight.

直不直，以及重流（reflow）：在第一个流造出的数据对上再训练一次，之后路就直了。
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.experiments.flow_moons import (
    POINTS,
    TIMES,
    Trail,
    arrived,
    distance_to_moons,
    exact_guess,
    flow_noise,
    learned_flow,
    moon_flow,
    moon_points,
    trail,
)
from course_utils.flows import Guess, coupled, errors_of_velocity, of_pairs
from course_utils.gates import check_callable, check_whole
from course_utils.randomness import seeded

WALKS = (1, 2, 5, 20, 100)  # steps
HASTE = 100  # steps of a training that was broken off
COUPLED = 128  # a batch: to couple one takes time that grows like its cube


class Straight(NamedTuple):
    """Path over chord, a mean over particles; the energy distance to the moons after 1, 2, 5, 20 and 100 steps.

    路程与弦长之比（各粒子的平均），以及 1、2、5、20、100 步之后到双月牙的能量距离。
    """

    bend: float
    one: float
    two: float
    five: float
    twenty: float
    hundred: float


class Apart(NamedTuple):
    """Root mean square distances between the ends of the same noise, of reflow, its teacher and the exact flow.

    同一份噪声的终点之间的均方根距离：重流、它的老师与精确流，两两相比。
    """

    from_teacher: float
    from_exact: float
    teacher_from_exact: float


# Each way, a mean over five seeds and its error; the exact flow varies by its noise alone.
STORED: dict[str, tuple[Straight, Straight]] = {
    "exact": (
        Straight(1.38138, 0.37016, 0.12720, 0.01784, 0.00134, 0.00040),
        Straight(0.00372, 0.00000, 0.00089, 0.00037, 0.00008, 0.00005),
    ),
    "trained": (
        Straight(1.31478, 0.26411, 0.13535, 0.01946, 0.00230, 0.00111),
        Straight(0.01790, 0.00481, 0.00138, 0.00038, 0.00011, 0.00009),
    ),
    "trained, reflowed": (
        Straight(1.00151, 0.00111, 0.00115, 0.00112, 0.00112, 0.00112),
        Straight(0.00071, 0.00013, 0.00011, 0.00011, 0.00010, 0.00010),
    ),
    "exact, reflowed": (
        Straight(1.00089, 0.00062, 0.00051, 0.00048, 0.00048, 0.00049),
        Straight(0.00011, 0.00006, 0.00003, 0.00004, 0.00004, 0.00004),
    ),
    "hasty": (
        Straight(1.17003, 0.11749, 0.14716, 0.02661, 0.00526, 0.00345),
        Straight(0.01471, 0.00827, 0.00197, 0.00184, 0.00059, 0.00039),
    ),
    "hasty, reflowed": (
        Straight(1.00032, 0.00360, 0.00353, 0.00357, 0.00355, 0.00354),
        Straight(0.00003, 0.00038, 0.00036, 0.00038, 0.00039, 0.00038),
    ),
    "coupled": (
        Straight(1.00314, 0.00466, 0.00119, 0.00097, 0.00087, 0.00086),
        Straight(0.00066, 0.00071, 0.00012, 0.00016, 0.00015, 0.00014),
    ),
}


def bends(places: Tensor) -> Tensor:
    """How long each particle's way is, over the straight line from its first place to its last: 1 is straight.

    每个粒子走过的路程与首尾直线距离之比：1 就是直的。

    Shapes: places (k, b, ...) -> (b,).  Paper: Liu et al. 2023, section 3.2, has a square of another kind.
    """
    places = places.double().flatten(2)
    return places.diff(dim=0).norm(dim=2).sum(0) / (places[-1] - places[0]).norm(dim=1)


def pairs_of(guess: Guess, seed: int = 0, n: int = POINTS) -> Tensor:
    """Noise, and where a flow takes it in 100 steps: pairs for `flows.of_pairs`, (n, 2, 2), x_0 first.

    噪声，以及流用 100 步把它带到的地方：供 `flows.of_pairs` 使用的数据对，x_0 在前。
    """
    eps = torch.randn(n, 2, generator=seeded(4000 + seed), dtype=torch.float32)
    return torch.stack([arrived(guess, eps), eps], 1)


def reflowed(teacher: Guess, seed: int = 0) -> Guess:
    """A new network trained on the pairs of a teacher. 在老师的数据对上训练出的新网络。

    Paper: Liu et al. 2023, Algorithm 1.
    """
    return learned_flow(pairs_of(teacher, seed), of_pairs(errors_of_velocity), seed=seed)


@cache
def moon_reflow(seed: int = 0) -> Guess:
    """`moon_flow`, reflowed once. 重流一次之后的 `moon_flow`。"""
    return reflowed(moon_flow(seed), seed)


def straightness_of(guess: Guess, seed: int = 0) -> Straight:
    """All that is said of a flow, on 2000 noises. 对一个流量出的各项，用 2000 份噪声。"""
    noise = flow_noise(seed)
    bend = float(bends(trail(guess, noise).places).mean())
    return Straight(bend, *(distance_to_moons(arrived(guess, noise, steps)) for steps in WALKS))


def apart(guess: Guess, teacher: Guess, seed: int = 0) -> Apart:
    """How far what was reflowed is from its teacher, and both from the exact flow. 重流与老师、与精确流相距多远。"""
    ends = [arrived(of, flow_noise(seed).double()) for of in (guess, teacher, exact_guess())]
    return Apart(*(float((ends[i] - ends[j]).square().sum(1).mean().sqrt()) for i, j in ((0, 1), (0, 2), (1, 2))))


@cache
def hasty(seed: int = 0) -> Guess:
    """A training broken off far too early, 100 steps. 过早结束的训练：100 步。"""
    return learned_flow(moon_points(seed), seed=seed, steps=HASTE)


@cache
def moon_coupled(seed: int = 0) -> Guess:
    """Trained as `moon_flow`, but in batches of 128 whose noise is dealt anew.

    与 `moon_flow` 同样训练，但每批 128 个，噪声重新配对。
    """
    return learned_flow(moon_points(seed), coupled(errors_of_velocity), seed=seed, batch=COUPLED)


WAYS: dict[str, Callable[[int], Guess]] = {
    "exact": lambda seed: exact_guess(),
    "trained": moon_flow,
    "trained, reflowed": moon_reflow,
    "exact, reflowed": lambda seed: reflowed(exact_guess(), seed),
    "hasty": hasty,
    "hasty, reflowed": lambda seed: reflowed(hasty(seed), seed),
    "coupled": moon_coupled,
}

NEAR, SEEDS, WATCHED, TRUTH = 0.05, range(6), 200, 500  # of lesson 10's task: how near, for which seeds, of how many


@cache
def watched_ways(guess: Guess) -> Trail:
    """1200 particles on their way, 200 for each of the six seeds. 途中的 1200 个粒子，每个种子 200 个。"""
    return trail(guess, torch.cat([flow_noise(seed, WATCHED) for seed in SEEDS]))


def straight_on(guess: Guess, percent: int, seed: int) -> float:
    """The energy distance to 500 exact draws if 200 particles go straight on from t = percent / 100.

    200 个粒子若从 t = percent / 100 起一直直走，到 500 个精确样本的能量距离。

    Args: percent from 0 to 100, seed from 0 to 5.  Raises: CourseError otherwise, and for what is no function.
    """
    check_callable("guess", guess, "flow_moons.moon_flow()")
    percent, seed = check_whole("percent", percent, 0, TIMES), check_whole("seed", seed, 0, SEEDS[-1])
    return distance_to_moons(watched_ways(guess).ends[TIMES - percent].chunk(len(SEEDS))[seed], TRUTH)


@cache
def straight_from(guess: Guess) -> int:
    """The largest 100 t from which straight on leads nearer than 0.05 to the moons, for each of the six seeds.

    最大的 100 t：从那里起一直直走，六个种子都能到达离双月牙不足 0.05 之处。
    """
    return next(p for p in range(TIMES, -1, -1) if all(straight_on(guess, p, seed) < NEAR for seed in SEEDS))
