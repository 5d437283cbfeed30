"""With pen and paper: how far an average lags behind weights that walk steadily, if it begins with a small decay.

纸笔题：权重匀速前行，平均从很小的衰减开始，它会落后多远。
"""

from collections.abc import Callable

import torch

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said


def lag(n, m):
    """How far behind after n steps. 走完 n 步后落后多远。"""
    return n / (m + 1)


def walked(n: int, m: int) -> float:
    """The same step by step: what the check compares with. 逐步走出来的同一个量，供检查比较。"""
    average = 0.0
    for k in range(1, n + 1):
        decay = k / (k + m)
        average = decay * average + (1 - decay) * k
    return n - average


LAG_MISTAKES = [
    Mistake(lambda n, m: n / m, "this is d/(1 − d) with the decay of the last step, as if it had been that from the start; before, it was smaller", "这是拿最后一步的衰减算 d/(1 − d)，好像从一开始就是它；而先前的衰减更小"),
    Mistake(lambda n, m: (n + m) / m, "this is 1/(1 − d), the reach of the decay of the last step; the lag is asked for, and the decay was smaller before", "这是 1/(1 − d)，即按最后一步的衰减能回溯多远；要的是落后多少，而且先前的衰减更小"),
    Mistake(lambda n, m: n / (n + m), "this is the decay of the last step, the share that is kept; after one step it is the lag, but then the lag goes on growing", "这是最后一步的衰减，即保留的份额；走完一步时它正是落后的量，但此后还会增大"),
    Mistake(lambda n, m: m / (n + m), "this is the share of the newest weights in the last step", "这是最后一步里最新权重的份额"),
    Mistake(lambda n, m: (n - 1) / (m + 1), "one step is missing: after no step the lag is 0, after one it is 1/(m + 1)", "少算了一步：一步没走时落后 0，走完一步是 1/(m + 1)"),
    Mistake(lambda n, m: (n + 1) / (m + 1), "one step too many: after no step the lag is 0, after one it is 1/(m + 1)", "多算了一步：一步没走时落后 0，走完一步是 1/(m + 1)"),
    Mistake(lambda n, m: n / (m + 2), "nearly: put c·k into the recursion once more, with c (k + m) = c (k − 1) + 1", "差一点：把 c·k 再代入一次递推式，即 c (k + m) = c (k − 1) + 1"),
    Mistake(lambda n, m: n // (m + 1), "`//` throws the fraction away; divide by `/`", "`//` 丢掉了小数部分；请用 `/`"),
    Mistake(lambda n, m: m * n / (n + m), "this is (1 − d) w with the last d and w, as if the average stood at d w; it goes by all the steps before: follow the recursion from the start", "这是用最后一步的 d 与 w 算 (1 − d) w，等于把平均当成了 d w；平均由此前每一步决定，请从头按递推式走"),
    Mistake(lambda n, m: n**2 / (n + m), "this is d w with the last d and w; the average goes by all the steps before, and asked is how far it is behind: follow the recursion from the start", "这是最后一步的 d 乘 w；平均由此前每一步决定，而且要的是它落后多远：请从头按递推式走"),
    Mistake(lambda n, m: n / m * (1 - (n / (n + m)) ** n), "d/(1 − d)·(1 − dⁿ) is the lag where d never changes; here d_k grows from step to step, so put d_k into the recursion", "d/(1 − d)·(1 − dⁿ) 是 d 始终不变时的落后量；这里 d_k 逐步增大，请把 d_k 代入递推式"),
    Mistake(lambda n, m: m / (m + 1), "this is where the average stands after the first step, whatever n is; the lag grows with n", "这是第一步之后平均所在的位置，与 n 无关；落后的量随 n 增大"),
    Mistake(lambda n, m: 1 / (m + 1), "this is the lag after one step; n of them are taken", "这是走一步之后落后的量；一共走了 n 步"),
    Mistake(lambda n, m: -n / (m + 1), "the sign: asked is how far the average is behind, the weight minus the average, a number above 0", "符号反了：要的是平均落后多远，即权重减去平均，应大于 0"),
    Mistake(lambda n, m: (n - 1) / m, "this is d/(1 − d) with the decay of the last step but one, as if it had been that from the start; before, it was smaller", "这是拿倒数第二步的衰减算 d/(1 − d)，好像从一开始就是它；而先前的衰减更小"),
    Mistake(lambda n, m: sum(m / (k + m) for k in range(1, n + 1)), "the shares 1 − d_k of all steps are added; of a distance that is there, each step leaves the share d_k", "把各步的 1 − d_k 加了起来；对已有的距离，每一步留下的是 d_k 倍"),
    Mistake(lambda n, m: m, "this is m, whatever n is; the lag grows with n", "这是 m，与 n 无关；落后的量随 n 增大"),
    Mistake(lambda n, m: n / 10, "this is right for m = 9 alone; m is handed over", "这只对 m = 9 成立；m 是传进来的"),
    Mistake(lambda n, m: n * m / (m + 1), "this is where the average is; asked is how far it is behind", "这是平均所在的位置；要的是它落后多远"),
]  # fmt: skip


def judge_lag(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's lag, beside the steps walked one by one, or None. 与逐步走出的结果相比错在哪里。"""
    cases = [{"n": 1, "m": 9}, {"n": 500, "m": 9}]
    for low, high in ((2, 9), (10, 90), (100, 900)):
        for _ in range(3):
            n = int(torch.randint(low, high, (), generator=generator))
            cases.append({"n": n, "m": int(torch.randint(1, 20, (), generator=generator))})
    return judge_function(answer, walked, cases, LAG_MISTAKES, 1e-6)


PAPER = Exercise(
    reference=lambda: lag,
    judge=judge_lag,
    hints=(
        (
            "Call the lag after k steps L_k = w_k − a_k, and express L_k by L_{k−1}. In each step the weights first run ahead by 1.",
            "把走完 k 步后落后的量记作 L_k = w_k − a_k，用 L_{k−1} 表示 L_k。每一步里，权重先往前跑 1。",
        ),
        (
            "L_k = k/(k + m) · (L_{k−1} + 1). Work out L_1, L_2, L_3 for m = 1, and guess the form.",
            "L_k = k/(k + m) · (L_{k−1} + 1)。取 m = 1，算出 L_1、L_2、L_3，再猜它的样子。",
        ),
        (
            "It is proportional to k. Put L_k = c k into the recursion: c (k + m) = c (k − 1) + 1.",
            "它与 k 成正比。把 L_k = c k 代入递推式：c (k + m) = c (k − 1) + 1。",
        ),
    ),
)
