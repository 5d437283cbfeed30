"""With pen and paper: how wide noise becomes that is drawn once and used in every step.

纸笔题：只抽一次、每步都用的噪声，最后有多宽。
"""

from collections.abc import Callable

import torch

from course_utils.exercises import Exercise
from course_utils.exercises.judging import Mistake, judge_function
from course_utils.language import Said


def width(beta):
    """The width in the long run, where every step has this β. 每步都是这个 β 时，长久走下去的宽度。"""
    return (1 + (1 - beta) ** 0.5) / beta**0.5


def walked(beta: float) -> float:
    """The same by walking until nothing changes any more. 一步步走到不再变化为止，得到的宽度。"""
    reached, before = 0.0, -1.0
    while reached - before > 1e-12:
        reached, before = (1 - beta) ** 0.5 * reached + beta**0.5, reached
    return reached


WIDTH_MISTAKES = [
    Mistake(lambda b: 1.0, "this is the width with fresh noise at every step; here it is one and the same, so widths add, not variances", "这是每步都抽新噪声时的宽度；这里一直是同一份，相加的是宽度，不是方差"),
    Mistake(lambda b: 1 / b**0.5, "this is √β / (1 − α); a step keeps √α of the width, not α", "这是 √β / (1 − α)；走一步，宽度留下的是 √α 倍，不是 α 倍"),
    Mistake(lambda b: b / (1 - (1 - b) ** 0.5), "each step adds √β to the width; β is a variance", "每走一步，宽度加上的是 √β；β 是方差"),
    Mistake(lambda b: 1 / (1 - (1 - b) ** 0.5), "each step adds √β to the width, not 1", "每走一步，宽度加上的是 √β，不是 1"),
    Mistake(lambda b: ((1 + (1 - b) ** 0.5) / b**0.5) ** 2, "this is the variance; asked for is the width, its root", "这是方差；要的是宽度，即它的平方根"),
    Mistake(lambda b: (b / (1 - (1 - b) ** 0.5)) ** 0.5, "β and √α do not go together: either the variance's β and α, or the width's √β and √α; and with one noise it is the width that adds up", "β 与 √α 配不到一起：方差对应 β 与 α，宽度对应 √β 与 √α；只有一份噪声时，相加的是宽度"),
    Mistake(lambda b: 2 / b**0.5, "this is right only for very small β, where √α is nearly 1; do not round", "只有 β 很小、√α 几乎是 1 时才对；请不要近似"),
    Mistake(lambda b: b**0.5 / (1 + (1 - b) ** 0.5), "it is upside down, or has a sign wrong: at rest, w (1 − √α) = √β", "它上下颠倒了，或者有个符号错了：停下来时，w (1 − √α) = √β"),
    Mistake(lambda b: (1 - b) ** 0.5 / b**0.5, "the last step's own √β is missing: the sum √β (1 + √α + α + …) begins with 1", "漏了最后一步自己的 √β：和式 √β (1 + √α + α + …) 从 1 开始"),
    Mistake(lambda b: (1 - b) ** 0.5 * (1 + (1 - b) ** 0.5) / b**0.5, "the last step's own √β is missing: the sum √β (1 + √α + α + …) begins with 1", "漏了最后一步自己的 √β：和式 √β (1 + √α + α + …) 从 1 开始"),
    Mistake(lambda b: b**0.5 / (1 - b**0.5), "below stands 1 − √β; a step keeps √α of the width, and √α is √(1 − β), so below stands 1 minus that", "分母写成了 1 − √β；走一步，宽度留下的是 √α 倍，而 √α 是 √(1 − β)，分母是 1 减去它"),
    Mistake(lambda b: (1 + 0.99**0.5) / 0.1, "this is the width for β = 0.01 alone; use the β that is given", "这只是 β = 0.01 时的宽度；请用给定的 β"),
]  # fmt: skip


def judge_width(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it what a walk comes to, for β of any size? 对大大小小的 β，它是不是走到头的宽度？"""
    low = torch.rand(6, generator=generator, dtype=torch.float64)
    betas = [0.01, *(0.02 + 0.9 * low).tolist()]
    return judge_function(answer, walked, [{"beta": beta} for beta in betas], WIDTH_MISTAKES)


PAPER = Exercise(
    reference=lambda: width,
    judge=judge_width,
    hints=(
        ("Let w be the factor of ε in x_t. What does one step make of it, when its noise is the same ε?", "设 w 是 x_t 中 ε 的系数。这一步的噪声若是同一个 ε，走一步之后 w 变成多少？"),
        ("w becomes √α w + √β. In the long run it stays as it is: which w does that leave?", "w 变成 √α w + √β。长久走下去，它不再变化：这样的 w 是多少？"),
        ("w = √β / (1 − √α), with α = 1 − β.", "w = √β / (1 − √α)，其中 α = 1 − β。"),
    ),
)  # fmt: skip
