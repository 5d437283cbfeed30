"""Read a reader's walk off what it asks: which times, in which order, and how each x is made of the one before.

从读者的采样问了什么读出它怎样走：哪些时间步、什么次序，每个 x 又怎样由前一个得到。
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils import reverse, schedules
from course_utils.exercises.coefficients import At, between
from course_utils.exercises.factors import Sum, around, changed, told_apart
from course_utils.exercises.judging import called
from course_utils.language import Said


class Asked(NamedTuple):
    """One question to a predictor or denoiser: what it was shown, and what it answered. 提问一次：看到的与回答的。"""

    xt: Tensor
    t: Any
    said: Tensor


def _listened(answer: Callable, case: dict[str, Any], asks: str = "predictor") -> tuple[list[Asked], Any]:
    """What a reader's function asks of its predictor, which answers noise of its own; and what comes out."""
    seen: list[Asked] = []
    noise = torch.Generator().manual_seed(1)

    def says(xt: Tensor, t: Any) -> Tensor:
        seen.append(Asked(xt.clone(), t, torch.randn(xt.shape, generator=noise, dtype=torch.float64)))
        return seen[-1].said.clone()

    result, _ = called(answer, case | {asks: says})
    return seen, result


def _listed(times: Sequence[Any]) -> str:
    words = [f"{float(t):g}" if torch.as_tensor(t).numel() == 1 else "…" for t in times]
    return ", ".join(words if len(words) < 7 else [*words[:3], "…", *words[-2:]])


def fault_of_walk(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's Algorithm 2, by its times and its steps; None if that tells nothing.

    从时间步与每一步看，读者的算法 2 错在哪里；看不出则为 None。
    """
    terms, given, exact, numbers, where = [], [], [], [], []
    last: tuple[list[Tensor], list[Tensor]] = [], []
    for schedule in (schedules.linear(20), schedules.quadratic(25), schedules.raw_linear(30, last=0.2)):
        z = torch.randn(schedule.T + 1, 3, 4, generator=generator, dtype=torch.float64)
        xT = torch.randn(3, 4, generator=generator, dtype=torch.float64)
        seen, result = _listened(answer, {"schedule": schedule, "denoiser": None, "xT": xT, "z": z}, "denoiser")
        times = [asked.t for asked in seen]
        if not times or any(torch.as_tensor(t).numel() != 1 for t in times):
            return None
        if [float(t) for t in times] != [*range(schedule.T, 0, -1)]:
            told = _listed(times)
            return (
                f"with T = {schedule.T} the denoiser is asked about t = {told}, in this order; it should be asked about "
                f"t = {schedule.T}, …, 2, 1, once each",
                f"T = {schedule.T} 时，依次问去噪器的是 t = {told}；应当从 t = {schedule.T} 问到 2、1，每个一次",
            )
        if not isinstance(result, Tensor) or result.shape != xT.shape:
            return None
        for asked, after in zip(seen, [*(later.xt for later in seen[1:]), result], strict=True):
            t = int(asked.t)
            at = At(schedule, t)
            eps_hat = (asked.xt - at.signal * asked.said) / at.noise
            if t == 1:
                last[0].append(after)
                last[1].append(asked.xt * at.alpha**-0.5 + at.of_eps * eps_hat)
            others = {schedule.T - t, schedule.T - t + 1} - {t - 1, t, t + 1}
            if 3 <= t < schedule.T and len(others) == 2:
                terms.append({"x_t": asked.xt, "ε̂": eps_hat, "z[t]": z[t]})
                terms[-1] |= {"z[t − 1]": z[t - 1], "z[t + 1]": z[t + 1], "z[T − t]": z[schedule.T - t]}
                given.append(after)
                exact.append(asked.xt * at.alpha**-0.5 + at.of_eps * eps_hat + at.beta**0.5 * z[t])
                numbers.append(around(schedule, t))
                where.append(f"T = {schedule.T}, t = {t}")
    fault = told_apart(terms, given, exact, numbers, where)
    if fault is not None:
        return f"in the step from t to t − 1, {fault[0]}", f"从 t 到 t − 1 的一步里，{fault[1]}"
    fault = changed([{}] * len(last[0]), *last)
    return fault and (f"after the last step {fault[0]}", f"最后一步之后，{fault[1]}")


def fault_of_heun(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's Heun step, by the two places where it asks and by how it mixes the slopes.

    从两次提问的位置与斜率的混合看，读者的 Heun 步错在哪里；看不出则为 None。
    """
    tables: list[list[Any]] = [[], [], [], [], []]
    ends: list[list[Any]] = [[], [], [], [], []]
    for schedule in (schedules.linear(200), schedules.cosine(300), schedules.quadratic(90)):
        for _ in range(8):
            s = int(torch.randint(schedule.T // 8, schedule.T // 2, (), generator=generator))
            t = int(torch.randint(s + 3, schedule.T * 7 // 8, (), generator=generator))
            xt = torch.randn(3, 4, generator=generator, dtype=torch.float64)
            seen, result = _listened(answer, {"schedule": schedule, "predictor": None, "xt": xt, "t": t, "s": s})
            if len(seen) != 2:
                return (
                    f"it asks the predictor {len(seen)} times; Heun asks twice, at t and, where Euler's step arrives, at s",
                    f"它问了预测器 {len(seen)} 次；Heun 法问两次：在 t 处，以及欧拉步到达的 s 处",
                )
            (first, second), numbers, where = seen, between(schedule, t, s), f"T = {schedule.T}, t = {t}, s = {s}"
            if [float(torch.as_tensor(asked.t).flatten()[0]) for asked in seen] != [t, s]:
                told = _listed([asked.t for asked in seen])
                return (
                    f"with t = {t} and s = {s} the slopes are asked for at the times {told}; the first belongs to t, the "
                    "second to s",
                    f"t = {t}、s = {s} 时，问斜率所用的时间是 {told}；第一个属于 t，第二个属于 s",
                )
            xs = reverse.euler_step(schedule, xt, t, s, first.said)
            mean = (first.said + second.said) / 2
            slopes = {"x_t": xt, "the slope at t": first.said}
            for table, entry in zip(tables, (slopes, second.xt, xs, numbers, where), strict=True):
                table.append(entry)
            both = slopes | {"the slope at s": second.said}
            right = reverse.euler_step(schedule, xt, t, s, mean)
            for table, entry in zip(ends, (both, result, right, numbers, where), strict=True):
                table.append(entry)
    fault = told_apart(*tables)
    if fault is not None:
        return f"on the way to x_s, {fault[0]}", f"走到 x_s 的途中，{fault[1]}"
    fault = told_apart(*ends)
    return fault and (f"in the last line, {fault[0]}", f"最后一行里，{fault[1]}")


def ddim_sum(truth: Callable[..., Tensor]) -> Sum:
    """DDIM's step as a sum of the guess of x_0, eps_hat and the fresh noise. DDIM 的一步：x_0 的猜测、eps_hat 与新噪声之和。"""

    def draw(generator: torch.Generator) -> list[dict[str, Any]]:
        cases = []
        for schedule in (schedules.linear(200), schedules.cosine(300), schedules.quadratic(90)):
            for _ in range(8):
                s = int(torch.randint(schedule.T // 8, schedule.T // 2, (), generator=generator))
                t = int(torch.randint(s + 3, schedule.T * 7 // 8, (), generator=generator))
                xt, eps_hat, noise = torch.randn(3, 3, 4, generator=generator, dtype=torch.float64)
                eta = 0.2 + 0.6 * float(torch.rand((), generator=generator, dtype=torch.float64))
                case = {"schedule": schedule, "xt": xt, "t": t, "s": s, "eps_hat": eps_hat, "eta": eta, "noise": noise}
                cases.append(case)
        return cases

    def terms(case: dict[str, Any]) -> dict[str, Tensor]:
        at = At(case["schedule"], case["t"])
        x0_hat = (case["xt"] - at.noise * case["eps_hat"]) / at.signal
        return {"x̂_0": x0_hat, "ε̂": case["eps_hat"], "noise": case["noise"]}

    def numbers(case: dict[str, Any]) -> dict[str, float]:
        at = between(case["schedule"], case["t"], case["s"])
        sigma = case["eta"] * ((1 - at["ᾱ_s"]) / (1 - at["ᾱ_t"]) * (1 - at["ᾱ_t"] / at["ᾱ_s"])) ** 0.5
        beta, tilde = (float(x[case["t"]]) for x in (case["schedule"].beta, case["schedule"].posterior_variance))
        at = {"σ": sigma, "1 − ᾱ_s − σ²": 1 - at["ᾱ_s"] - sigma**2, "η": case["eta"], "β_t": beta} | at
        return at | {"β̃_t": tilde}

    def room(factors: dict[str, Tensor], numbers: Any) -> Tensor:
        left = torch.tensor([n["1 − ᾱ_s"] for n in numbers]).double() - factors["noise"] ** 2
        return left.clamp(min=0).sqrt()

    return Sum(truth, draw, terms, numbers, {"ε̂": room})


def midway_sum(truth: Callable[..., Tensor]) -> Sum:
    """The guess half way as the newest guess and a share of its difference from the older one. 半路猜测：最新猜测加差的一份。"""

    def draw(generator: torch.Generator) -> list[dict[str, Any]]:
        cases = []
        for schedule in (schedules.linear(200), schedules.cosine(300), schedules.quadratic(90)):
            for _ in range(8):
                s, t, u = sorted(
                    (torch.randperm(schedule.T * 3 // 4, generator=generator)[:3] + schedule.T // 8).tolist()
                )
                older, newest = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64)
                case = {"schedule": schedule, "u": u, "t": t, "s": s, "x0_hat_u": older, "x0_hat_t": newest}
                cases.append(case)
        return cases

    def numbers(case: dict[str, Any]) -> dict[str, float]:
        u, t, s = (float(case["schedule"].log_snr[case[k]]) for k in "uts")
        a_u, a_t, a_s = (float(case["schedule"].alpha_bar[case[k]]) for k in "uts")
        at = {"λ_s − λ_t": s - t, "λ_t − λ_u": t - u, "λ_s − λ_u": s - u, "t − s": case["t"] - case["s"]}
        at |= {"u − t": case["u"] - case["t"], "ᾱ_s − ᾱ_t": a_s - a_t, "ᾱ_t − ᾱ_u": a_t - a_u}
        snr_u, snr_t, snr_s = (a / (1 - a) for a in (a_u, a_t, a_s))
        return at | {"SNR_s − SNR_t": snr_s - snr_t, "SNR_t − SNR_u": snr_t - snr_u}

    def terms(case: dict[str, Any]) -> dict[str, Tensor]:
        return {"x0_hat_t": case["x0_hat_t"], "(x0_hat_t − x0_hat_u)": case["x0_hat_t"] - case["x0_hat_u"]}

    return Sum(truth, draw, terms, numbers)
