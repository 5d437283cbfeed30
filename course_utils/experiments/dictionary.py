"""A dictionary: what papers and libraries call it, what it is called here, and the code that turns one into the other.

一本对照表：论文与程序库里的叫法、本课程里的叫法，以及把一种换成另一种的代码。

Each line is computed twice, from the definition in the source and by the code that is printed, and both are compared.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils import forward, paths, sde
from course_utils.randomness import seeded
from course_utils.schedules import Schedule, linear


class Case(NamedTuple):
    """One random case: step k of a schedule is t = k / T of its path; x_t on it, and x_s on the straight path.

    一个随机的例子：调度的第 k 步是其路径上的 t = k / T；x_t 在这条路径上，x_s 在直线路径上。
    """

    schedule: Schedule
    path: paths.Path
    k: int
    t: float
    ends: paths.Pair
    xt: Tensor
    xs: Tensor
    shift: float

    @property
    def a(self) -> Tensor:
        """The root of the product of all 1 - beta so far. 到此为止各 1 - beta 之积的平方根。"""
        return (1 - self.schedule.beta[1 : self.k + 1]).prod().sqrt()

    @property
    def b(self) -> Tensor:
        """The root of what that product leaves of 1. 1 减去这个积，再开平方。"""
        return (1 - self.a**2).sqrt()


class Entry(NamedTuple):
    """A line: the symbol and its source, our code for it, and its definition there, from a `Case`.

    一行：符号与出处、我们的代码，以及出处中的定义（由 `Case` 算出）。
    """

    symbol: str
    source: str
    code: str
    defined: Callable[[Case], Any]


def random_case(seed: int = 0) -> Case:
    """Four points in the plane, somewhere between data and noise; float64. 平面上的四个点，介于数据与噪声之间。"""
    generator, schedule = seeded(seed), linear()
    k = int(torch.randint(50, 950, (), generator=generator))
    ends = paths.Pair(*torch.randn(2, 4, 2, generator=generator, dtype=torch.float64))
    path, t = paths.variance_preserving(schedule), k / schedule.T
    shift = 1.5 + 3 * float(torch.rand((), generator=generator))
    xt, xs = paths.point(path, t, ends), paths.point(paths.straight, t, ends)
    return Case(schedule, path, k, t, ends, xt, xs, shift)


def _score(case: Case) -> Tensor:
    """By autograd, from the bell around a x_0."""
    x = case.xt.clone().requires_grad_()
    torch.distributions.Normal(case.a * case.ends.x0, case.b).log_prob(x).sum().backward()
    return x.grad


def _drift(case: Case) -> Tensor:
    """f x - g^2 / 2 score, with beta of the step that ends at k."""
    beta = -case.schedule.T * (1 - case.schedule.beta[case.k + 1]).log()
    return -beta / 2 * case.xt + beta / 2 * case.ends.eps / case.b


def _edm_output(case: Case) -> Tensor:
    """F of x_0 = c_skip x + c_out F, where x = x_t / a and sigma_data = 1."""
    sigma = case.b / case.a
    c_skip, c_out = 1 / (1 + sigma**2), sigma / (1 + sigma**2).sqrt()
    return (case.ends.x0 - c_skip * case.xt / case.a) / c_out


ENTRIES = (
    Entry("eps", "Ho 2020", "ends_from_x0(path, xt, t, x0).eps", lambda c: (c.xt - c.a * c.ends.x0) / c.b),
    Entry("x_0", "Ho 2020, (15)", "ends_from_eps(path, xt, t, eps).x0", lambda c: (c.xt - c.b * c.ends.eps) / c.a),
    Entry("v", "Salimans & Ho 2022", "v_from_eps(schedule, xt, k, eps)", lambda c: c.a * c.ends.eps - c.b * c.ends.x0),
    Entry("score", "Song 2021", "score(path, t, ends)", _score),
    Entry("dx/dt, VP", "Song 2021, (13)", "velocity(path, t, ends)", _drift),
    Entry("v, to noise", "SD3, Flux, diffusers", "velocity(straight, t, ends)", lambda c: c.ends.eps - c.ends.x0),
    Entry("v, to data", "Lipman 2023, Liu 2023", "-velocity(straight, 1 - t1, ends)", lambda c: c.ends.x0 - c.ends.eps),
    Entry(
        "u_t(x | x_1)",
        "Lipman 2023, (21), sigma_min = 0",
        "-velocity(straight, t, ends_from_x0(straight, xs, t, x0))",
        lambda c: (c.ends.x0 - c.xs) / (1 - (1 - c.t)),
    ),
    Entry(
        "x at t1 = 1 - t",
        "Lipman 2023, Liu 2023",
        "point(straight, 1 - t1, ends)",
        lambda c: (1 - c.t) * c.ends.x0 + (1 - (1 - c.t)) * c.ends.eps,
    ),
    Entry("alpha_t", "Ho 2020", "schedule.alpha[k]", lambda c: 1 - c.schedule.beta[c.k]),
    Entry("alpha_bar_t", "Ho 2020; alphas_cumprod[k - 1]", "schedule.alpha_bar[k]", lambda c: c.a**2),
    Entry("alpha_t", "DDIM: x_t's signal is its root", "schedule.alpha_bar[k]", lambda c: c.a**2),
    Entry("alpha_t", "VDM, DPM-Solver", "at(path, t).signal", lambda c: c.a),
    Entry("sigma_t", "VDM, DPM-Solver", "at(path, t).noise", lambda c: c.b),
    Entry(
        "beta(t)",
        "Song 2021, (11)",
        "rates(path, t).noise",
        lambda c: -c.schedule.T * (1 - c.schedule.beta[c.k + 1]).log(),
    ),
    Entry("log-SNR", "VDM", "log_snr_on(path, t)", lambda c: (c.a**2 / c.b**2).log()),
    Entry("lambda_t", "DPM-Solver", "log_snr_on(path, t) / 2", lambda c: (c.a / c.b).log()),
    Entry("sigma", "EDM", "exp(-log_snr_on(path, t) / 2)", lambda c: c.b / c.a),
    Entry("x", "EDM", "xt / at(path, t).signal", lambda c: c.ends.x0 + c.b / c.a * c.ends.eps),
    Entry("F, sigma_data = 1", "EDM, (7)", "-v_from_eps(schedule, xt, k, eps)", _edm_output),
    Entry(
        "t as noisy as k",
        "straight path",
        "time_on(straight, log_snr_on(path, t))",
        lambda c: c.b / (c.a + c.b),
    ),
    Entry(
        "t, shifted",
        "SD3, (23); Flux",
        "time_on(straight, log_snr_on(straight, t) - 2 * log(shift))",
        lambda c: c.shift * c.t / (1 + (c.shift - 1) * c.t),
    ),
    Entry("sigmas", "diffusers, FlowMatchEuler", "at(straight, t).noise", lambda c: c.t),
    Entry("timestep", "diffusers, FlowMatchEuler", "1000 * t", lambda c: 1000 * c.t),
    Entry(
        "model_output",
        "diffusers, FlowMatchEuler",
        "velocity(straight, t, ends_from_eps(straight, xs, t, eps))",
        lambda c: (c.xs - c.ends.x0) / c.t,
    ),
)


def by_code(entry: Entry, case: Case) -> Tensor:
    """What the printed code of an entry gives. 印出来的代码算得的值。"""
    names = {**vars(paths), **vars(forward), **vars(sde), "exp": torch.exp, "log": math.log}
    names |= case._asdict() | {"x0": case.ends.x0, "eps": case.ends.eps, "t1": 1 - case.t}
    return torch.as_tensor(eval(entry.code, names), dtype=torch.float64)  # as it stands in this file: nobody's input


def differs_by(entry: Entry, case: Case) -> float:
    """How far the printed code is from the definition, at most. 印出来的代码与定义最多相差多少。"""
    defined = torch.as_tensor(entry.defined(case), dtype=torch.float64)
    found = by_code(entry, case)
    return float((found - defined).abs().max())


def as_table(cases: int = 20) -> str:
    """The table, line by line, and how far code and definition are apart in so many random cases.

    逐行列出的对照表，以及在这么多个随机例子里代码与定义相差多少。
    """
    rows = [("symbol", "where", "code of this course", "apart")]
    for entry in ENTRIES:
        far = max(differs_by(entry, random_case(seed)) for seed in range(cases))
        rows.append((entry.symbol, entry.source, entry.code, f"{far:.0e}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
