"""A flow walked with noise on the straight path: its score comes from its velocity, and the noise fades near the data.

带着噪声走的流，走在直线路径上：得分由速度得出，噪声在数据附近淡去。

The walk is dx = (v - gamma^2 / 2 score) dt + gamma dW, t falling, with gamma^2 = noise^2 t.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from course_utils.arithmetic import threads
from course_utils.estimates import Estimate
from course_utils.experiments.flow_moons import distance_to_moons, exact_guess, flow_noise, moon_flow
from course_utils.experiments.scores import averaged
from course_utils.flows import Velocity, velocity_field
from course_utils.gates import MANY, check_answer, check_callable, check_number, check_samples, check_whole
from course_utils.paths import ends_from_velocity, score, straight
from course_utils.randomness import seeded, standard_normal

STEPS, NOISES, SEEDS = 50, (0.0, 1.0, 2.0), range(5)

# What `flows.py noisy` prints: energy distances of 2000 particles to the two moons in 50 steps, the mean of five seeds
# and its standard error, by noise 0, 1, 2; exact draws are at `flow_moons.FLOOR`.
STORED: dict[str, list[tuple[float, float]]] = {
    "exact": [(0.00051, 0.00005), (0.00040, 0.00005), (0.00038, 0.00007)],
    "learned": [(0.00128, 0.00010), (0.00128, 0.00012), (0.00156, 0.00021)],
}


@threads(1)
def walked_noisily(
    velocity: Velocity, xT: Tensor, steps: int, *, noise: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Where particles end that follow a velocity of the straight path, with any share of noise, in even steps.

    粒子沿直线路径的速度等步长地走，并按份额加噪声，停在何处。

    Shapes: xT (b, ...), where t is 1 -> like xT.
    Raises: CourseError for what is no velocity, no particles or steps, or noise below 0.
    Paper: Ma et al. 2024 (SiT), section 2, whose w_t is gamma^2.
    """
    check_callable("velocity", velocity, "flows.velocity_field(paths.straight, guess)")
    noise, steps, xt = check_number("noise", noise, 0), check_whole("steps", steps, 1, MANY), check_samples("x_T", xT)
    for t, s in pairwise(k / steps for k in range(steps, -1, -1)):
        v = check_answer(("The velocity", "速度"), velocity(xt, t), xt)
        slope = score(straight, t, ends_from_velocity(straight, xt, t, v))
        fresh = noise * (t * (t - s)) ** 0.5 * standard_normal(xt, generator) if noise else 0
        xt = xt + (s - t) * (v - noise**2 * t / 2 * slope) + fresh
    return xt


def std_at_a_point(variance: Callable[[float], float], steps: int) -> float:
    """The std at the end of such a walk to data that are all 0, with gamma^2 any function of t: a recursion.

    数据全为 0 时这样走到头的标准差，gamma^2 可以是 t 的任意函数：用递推算出，什么也没抽。

    There v = x / t and the score is -x / t^2.  Raises: CourseError for what is no function, or no steps.
    """
    check_callable("variance", variance, "lambda t: t")
    steps, total = check_whole("steps", steps, 1, MANY), 1.0
    for t, s in pairwise(k / steps for k in range(steps, -1, -1)):
        kept = 1 - (t - s) * (1 / t + variance(t) / (2 * t**2))
        total = kept**2 * total + variance(t) * (t - s)
    return total**0.5


def distances_of(velocity_of: Callable[[int], Velocity], seeds: Sequence[int] = SEEDS) -> list[Estimate]:
    """The distance to the two moons by noise, over several seeds. 各噪声份额下到两弯月牙的距离，取几个种子。"""
    found = []
    for noise in NOISES:
        ends = (
            walked_noisily(velocity_of(k), flow_noise(k), STEPS, noise=noise, generator=seeded(k)).double()
            for k in seeds
        )
        found.append(averaged(torch.tensor([distance_to_moons(x0) for x0 in ends], dtype=torch.float64)))
    return found


def velocities() -> dict[str, Callable[[int], Velocity]]:
    """The exact velocity, and a learned one for each seed. 精确的速度，以及每个种子各学出的一个。"""
    exact = velocity_field(straight, exact_guess())
    return {"exact": lambda seed: exact, "learned": lambda seed: velocity_field(straight, moon_flow(seed))}
