"""Any share of noise between ODE and SDE, on two moons: the exact score, and scores that are wrong, for lesson 10.

两弯月牙上，介于 ODE 与 SDE 之间的任意噪声份额：精确的得分，以及几种错误的得分；供第 10 课使用。
"""

from collections.abc import Callable, Sequence
from functools import cache, partial

import torch
from torch import Tensor

from course_utils.estimates import Estimate
from course_utils.experiments.flow_moons import distance_to_moons, new_flow
from course_utils.experiments.moons import exact_draws, two_moons
from course_utils.experiments.scores import averaged, vp_path
from course_utils.flows import Guess, Score, guess_of_network, guess_of_oracle, score_field
from course_utils.gates import MANY, check_callable, check_number, check_numbers, check_seed, check_whole
from course_utils.language import CourseError
from course_utils.oracle import mixture
from course_utils.paths import at
from course_utils.points import moons
from course_utils.randomness import seeded
from course_utils.schedules import linear
from course_utils.sde import reverse_sde
from course_utils.training import train

PARTICLES, DRAWS, SEEDS, STEPS = 500, 4000, range(4), 200
STEPS_TRIED = (20, 30, 50, 100, 200)
EARLY, LATE = (0.5, 0.7), (0.0, 0.1)  # spells, in t, between which a score is wrong
COMPARED = 1_000_000  # the seed of the draws that crowds are compared with
ERROR = 0.3  # of eps_hat, as in lesson 03
LEARNED_FROM, BATCH, TRAINED = 2000, 256, (150, 500)  # a small network, briefly trained

Row = list[tuple[float, float]]  # for each of `forgiving.NOISES` the distance and its error
# What `dial.py steps` prints, four seeds of 500 particles: exact draws are at 0.0017 +- 0.0002.
STEPS_STORED: dict[int, Row] = {
    20: [(0.0022, 0.0007), (0.0017, 0.0004), (0.0024, 0.0005), (0.0053, 0.0002), (0.0880, 0.0066)],
    30: [(0.0019, 0.0007), (0.0016, 0.0005), (0.0024, 0.0009), (0.0023, 0.0003), (0.0043, 0.0004)],
    50: [(0.0017, 0.0007), (0.0019, 0.0006), (0.0026, 0.0010), (0.0021, 0.0007), (0.0018, 0.0005)],
    100: [(0.0017, 0.0006), (0.0018, 0.0005), (0.0016, 0.0004), (0.0019, 0.0007), (0.0021, 0.0009)],
    200: [(0.0017, 0.0006), (0.0013, 0.0004), (0.0010, 0.0002), (0.0012, 0.0001), (0.0015, 0.0001)],
}
# What `dial.py scores` prints: 200 steps, four seeds of 500 particles.
STORED: dict[str, Row] = {
    "exact": [(0.0017, 0.0006), (0.0013, 0.0004), (0.0010, 0.0002), (0.0012, 0.0001), (0.0015, 0.0001)],
    "10 % weak": [(0.0495, 0.0015), (0.0117, 0.0008), (0.0021, 0.0003), (0.0012, 0.0002), (0.0015, 0.0001)],
    "10 % strong": [(0.0382, 0.0017), (0.0049, 0.0011), (0.0018, 0.0004), (0.0017, 0.0000), (0.0019, 0.0002)],
    "wrong early": [(0.0461, 0.0072), (0.0180, 0.0032), (0.0022, 0.0004), (0.0012, 0.0001), (0.0015, 0.0001)],
    "wrong late": [(0.0118, 0.0029), (0.0113, 0.0024), (0.0274, 0.0025), (0.0650, 0.0041), (0.1280, 0.0073)],
    "of thicker moons": [(0.0039, 0.0005), (0.0035, 0.0003), (0.0033, 0.0002), (0.0036, 0.0003), (0.0041, 0.0002)],
    "trained 150 steps": [(0.0045, 0.0010), (0.0053, 0.0012), (0.0068, 0.0014), (0.0089, 0.0008), (0.0108, 0.0008)],
    "trained 500 steps": [(0.0023, 0.0005), (0.0026, 0.0007), (0.0032, 0.0007), (0.0044, 0.0004), (0.0052, 0.0005)],
}


def score_of(guess: Guess) -> Score:
    """The score that a guess of x_0 gives on this path. 由对 x_0 的猜测得到这条路径上的得分。"""
    return score_field(vp_path(), guess)


@cache
def exact_moon_score() -> Score:
    """The exact score of two moons, std 0.15. 两弯月牙（标准差 0.15）的精确得分。"""
    return score_of(guess_of_oracle(two_moons()))


def dialled(score: Score, noise: float, steps: int, seed: int = 0, n: int = PARTICLES) -> Tensor:
    """n particles from N(0, I) at t = 1 to t = 0, in even steps, (n, 2). n 个粒子从 t = 1 等步长走到 t = 0。

    Raises: CourseError for no steps or particles, a seed that is none, and as `sde.reverse_sde`.
    """
    steps, n, generator = check_whole("steps", steps, 1, MANY), check_whole("n", n, 1, MANY), seeded(check_seed(seed))
    xT = torch.randn(n, 2, generator=generator, dtype=torch.float64)
    times = torch.linspace(1, 0, steps + 1, dtype=torch.float64).tolist()
    *_, last = reverse_sde(vp_path(), score, xT, times, noise=noise, generator=generator)
    return last.xt


def scaled(score: Score, factor: float) -> Score:
    """A score that is too weak or too strong by a factor, everywhere. 处处乘上一个倍数的得分：太弱或太强。"""
    return lambda xt, t: factor * score(xt, t)


def wrong_between(score: Score, spell: tuple[float, float], error: float = ERROR) -> Score:
    """A score whose eps_hat is wrong by `error` while t lies in a spell. 在一段 t 内 eps_hat 偏了 `error`。

    Raises: CourseError for what is no function, a spell that is not two rising numbers, or an error that is none.
    """
    check_callable("score", score, "dial.exact_moon_score()")
    error, ends = check_number("error", error), check_numbers("spell", spell)
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise CourseError(
            f"spell is {ends}. It is two times, the earlier one first, between which the score is wrong: (0.5, 0.7).",
            f"spell 是 {ends}。它应当是两个时刻，小的在前，得分在两者之间出错：(0.5, 0.7)。",
        )
    first, last = ends

    def wrong(xt: Tensor, t: float) -> Tensor:
        off = error / float(at(vp_path(), t).noise) if first < t <= last else 0.0
        return score(xt, t) - off * xt.new_tensor([1.0, 0.0])

    return wrong


@cache
def blurred_score(std: float = 0.25) -> Score:
    """The exact score of other data: the same moons, but thicker. 另一份数据的精确得分：同样的月牙，只是更粗。"""
    return score_of(guess_of_oracle(mixture(linear(), moons(60), torch.full((60,), std))))


@cache
def learned_score(steps: int, seed: int = 0) -> Score:
    """The score of a small network after so many steps of training. 小网络训练若干步之后的得分。"""
    state = new_flow(seed, layers=3)
    data = two_moons().draw(LEARNED_FROM, seeded(seed)).float()
    for _ in train(state, linear(), data, steps, batch=BATCH):
        pass
    guess = guess_of_network(state.ema)
    return score_of(lambda x, log_snr: guess(x.float(), log_snr).to(x))


def dial_scores() -> dict[str, Callable[[int], Score]]:
    """The exact score and all that are wrong, each a function of the seed it was trained from, if it was trained.

    精确的得分与各种错误的得分；每个都是种子的函数（训练出来的才用得着）。
    """
    exact = exact_moon_score()
    fixed = {
        "exact": exact,
        "10 % weak": scaled(exact, 0.9),
        "10 % strong": scaled(exact, 1.1),
        "wrong early": wrong_between(exact, EARLY),
        "wrong late": wrong_between(exact, LATE),
        "of thicker moons": blurred_score(),
    }
    learned = {f"trained {steps} steps": partial(learned_score, steps) for steps in TRAINED}
    return {name: lambda seed, score=score: score for name, score in fixed.items()} | learned


@cache
def dial_floor(n: int = PARTICLES, draws: int = DRAWS, times: int = 20) -> Estimate:
    """That distance for n exact draws, so many times over. n 个精确样本的这个距离，重复若干次。"""
    found = [distance_to_moons(exact_draws(n, seed), draws, COMPARED) for seed in range(1, times + 1)]
    return averaged(torch.tensor(found, dtype=torch.float64))


def measured_distance(of: Callable[[int], Score], noise: float, steps: int, seeds: Sequence[int] = SEEDS) -> Estimate:
    """The distance of 500 particles, over several seeds. 500 个粒子的距离，取几个种子。"""
    found = [distance_to_moons(dialled(of(seed), noise, steps, seed), DRAWS, COMPARED) for seed in seeds]
    return averaged(torch.tensor(found, dtype=torch.float64))
