"""Lesson 01's misconceptions: what each would return, and how it is named. The sentences are one line per language.

第 01 课的误解：每一种会返回什么，又怎样点出它的名字。
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake
from course_utils.schedules import cosine, raw_cosine

# 01.bytes: a way to the levels, and four ways from there to uint8.


def _wrapped(levels: Tensor) -> Tensor:
    return (levels.long() % 256).to(torch.uint8)


def _held(levels: Tensor) -> Tensor:
    return levels.clamp(0, 255).to(torch.uint8)


def _however_finished(levels: Callable[[Tensor], Tensor], en: str, zh: str) -> Iterator[Mistake]:
    """The same wrong levels, clamped at the start, at the end or never, and rounded or cut off."""
    for finish in (_held, _wrapped):
        for held in (lambda x: x, lambda x: x.clamp(-1, 1)):
            yield Mistake(lambda x, f=finish, h=held: f(levels(h(x)).round()), en, zh)
            yield Mistake(lambda x, f=finish, h=held: f(levels(h(x))), en, zh)


def _stretched(x: Tensor, over: tuple[int, ...]) -> Tensor:
    low, high = x.amin(over, keepdim=True), x.amax(over, keepdim=True)
    return (x - low) / (high - low) * 255


WRAPS = (
    "values beyond [-1, 1] wrap round: 256 becomes 0. Hold them at the ends before the cast",
    "超出 [-1, 1] 的值绕回去了：256 变成 0。转换类型之前，先把它们截在两端",
)
WRAPS_AND_CUTS = (
    "values beyond [-1, 1] wrap round, and the cast cuts the fraction off: clamp, then round",
    "超出 [-1, 1] 的值绕回去了，而且转换类型直接丢掉了小数：先截断，再四舍五入",
)
ONE_END = (
    "only one end is held; values beyond the other wrap round: clamp(-1, 1)",
    "只截了一端，另一端越界的值绕回去了：应为 clamp(-1, 1)",
)
STRETCHES = (
    "it stretches each batch or image by its own darkest or brightest value; black is -1 and white is 1, whatever the image",
    "它按每一批（或每一幅）自己的最暗或最亮来拉伸；不管什么图像，黑总是 -1，白总是 1",
)
LEVELS = (
    (lambda x: (x + 1) * 128, "there are 255 steps between the 256 levels: (x + 1) * 127.5, rounded, not (x + 1) * 128", "256 个级别之间只有 255 步：应为 (x + 1) * 127.5 再四舍五入，而不是 (x + 1) * 128"),
    (lambda x: (x + 1) * 127, "the factor is half of 255, which is 127.5, not 127", "系数是 255 的一半，即 127.5，而不是 127"),
    (lambda x: x * 255, "this is the way back from [0, 1]; here the values lie in [-1, 1], and everything below 0 is lost", "这是从 [0, 1] 变回字节的做法；这里的值在 [-1, 1] 之内，小于 0 的都丢了"),
    (lambda x: x.clamp(0, 1) * 255, "this is the way back from [0, 1]; here the values lie in [-1, 1], and everything below 0 is lost", "这是从 [0, 1] 变回字节的做法；这里的值在 [-1, 1] 之内，小于 0 的都丢了"),
    (lambda x: x * 127.5, "the 1 is not added: -1 must become 0, and 0 the middle grey", "没有加 1：-1 应变成 0，0 应变成中间的灰"),
    (lambda x: x * 127.5 + 1, "the 1 is added after the multiplication; it belongs before it: (x + 1) * 127.5", "1 加在了乘法之后；应先加再乘：(x + 1) * 127.5"),
    (lambda x: (x - 1) * 127.5, "the 1 is subtracted; it must be added: -1 becomes 0", "这里把 1 减去了；应当加上：-1 变成 0"),
    (lambda x: (x + 1) * 255, "x + 1 goes up to 2, so the factor is 255 / 2 = 127.5, not 255", "x + 1 最大是 2，所以系数是 255 / 2 = 127.5，而不是 255"),
    (lambda x: (x + 1) / 2, "this is [0, 1], not bytes yet: the factor 255 is missing", "这只是变到 [0, 1]，还不是字节：漏了乘 255"),
    (lambda x: (x.clamp(0, 1) + 1) * 127.5, "it clamps to [0, 1]: the dark half, from -1 to 0, is lost", "截到了 [0, 1]：从 -1 到 0 的暗的一半丢了"),
    (lambda x: (x.clamp(0, 255) + 1) * 127.5, "0 and 255 are the ends of the bytes; before the stretch x is held at -1 and 1", "0 与 255 是字节的两端；拉伸之前，x 应截在 -1 与 1"),
    (lambda x: (x.round() + 1) * 127.5, "it rounds before it stretches, so that only three levels are left: round last", "先取整再拉伸，只剩下三个级别：取整应放在最后"),
    (lambda x: (x.trunc() + 1) * 127.5, "it rounds before it stretches, so that only three levels are left: round last", "先取整再拉伸，只剩下三个级别：取整应放在最后"),
    (lambda x: ((x + 1) * 127.5).ceil(), "it always rounds up; take the nearest whole number", "它总是向上取整；应取最接近的整数"),
    (lambda x: (1 - x) * 127.5, "black and white are exchanged: -1 is black, 0", "黑白颠倒了：-1 是黑，应为 0"),
    (lambda x: _stretched(x, tuple(range(x.ndim))), *STRETCHES),
    (lambda x: _stretched(x, tuple(range(1, x.ndim)) or (0,)), *STRETCHES),
    (lambda x: (x / x.abs().max() + 1) * 127.5, *STRETCHES),
)  # fmt: skip
BYTES_MISTAKES = [
    Mistake(lambda x: _wrapped(((x + 1) * 127.5).round()), *WRAPS),
    Mistake(lambda x: _wrapped((x + 1) * 127.5), *WRAPS_AND_CUTS),
    Mistake(lambda x: _held((x + 1) * 127.5), "the cast cuts the fraction off, so every value loses half a level on average: round first", "转换类型直接丢掉了小数，平均每个值少了半级：请先四舍五入"),
    *(
        Mistake(lambda x, held=held: _wrapped(((x.clamp(**held) + 1) * 127.5).round()), *ONE_END)
        for held in ({"min": -1}, {"max": 1})
    ),
    Mistake(lambda x: _held(0 * x), "everything comes out black: add 1, then multiply by 127.5", "全变成了黑色：应先加 1，再乘 127.5"),
    *(mistake for levels in LEVELS for mistake in _however_finished(*levels)),
]  # fmt: skip


# 01.merged: what a row of k betas is made into, or the whole list.


def _rows(formula: Callable[[Tensor], Tensor]) -> Callable[[Tensor, int], Tensor]:
    return lambda beta, k: formula(beta.reshape(-1, k))


def _kept(beta: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """alpha_bar before and after each k steps."""
    kept = torch.cat([beta.new_ones(1), (1 - beta).cumprod(0)])[::k]
    return kept[:-1], kept[1:]


THINNED = (
    "it keeps one β in k as it is: the noise of the steps in between is left out, and the chain no longer passes where it passed",
    "每 k 个 β 只照搬了一个：中间各步的噪声全漏了，链就不再经过原来经过的地方",
)
ADDED = (
    "it adds the β, which could come to more than 1; each step takes its share of what is left, so it is the shares kept that "
    "are multiplied",
    "它把 β 加了起来，那可能会超过 1；每一步只从剩下的里面取走一份，所以该连乘的是留下的份额",
)
ONE_FOR_ALL = (
    "it raises one α to the power k; each of the k steps has an α of its own",
    "它把同一个 α 自乘 k 次；其实这 k 步的 α 各不相同",
)
FROM_THE_START = (
    "this is the noise of all steps since t = 0; a merged step has that of its own k steps alone",
    "这是从 t = 0 起各步噪声的总和；合并出的一步只含它自己那 k 步的",
)
IS_KEPT = (
    "this is what the merged steps keep, their α; β is the rest, 1 − α",
    "这是合并出的各步留下的份额，即 α；β 是其余的部分，1 − α",
)
FACTORS = (
    "√(1 − β), the factors, are multiplied; noise is counted in variances, and the shares 1 − β are multiplied",
    "连乘的是系数 √(1 − β)；噪声要按方差来算，该连乘的是份额 1 − β",
)
MERGED_MISTAKES = [
    *(Mistake(lambda beta, k, pick=pick: beta[pick(k) :: k], *THINNED) for pick in (lambda k: k - 1, lambda k: 0, lambda k: k // 2)),
    Mistake(_rows(lambda rows: rows.mean(1)), "it takes the mean of k β; k steps together add more noise than one of them", "它取了 k 个 β 的均值；k 步合起来加的噪声，比其中一步多"),
    Mistake(_rows(lambda rows: rows.amax(1)), *THINNED),
    Mistake(_rows(lambda rows: rows.sum(1)), *ADDED),
    Mistake(_rows(lambda rows: rows.sum(1).clamp(max=1)), *ADDED),
    Mistake(lambda beta, k: k * beta[k - 1 :: k], *ADDED),
    Mistake(lambda beta, k: k * beta[::k], *ADDED),
    Mistake(_rows(lambda rows: 1 - (-rows.sum(1)).exp()), "1 − exp(−Σβ) is what it tends to for tiny β; here multiply 1 − β itself", "1 − exp(−Σβ) 只是 β 极小时的近似；这里要连乘 1 − β 本身"),
    Mistake(_rows(lambda rows: rows.prod(1)), "it multiplies the β; what is kept at each step is 1 − β, and that is multiplied", "连乘的是 β；每一步留下的是 1 − β，该连乘的是它"),
    Mistake(_rows(lambda rows: 1 - rows.prod(1)), "it multiplies the β and subtracts the product from 1; multiply 1 − β instead", "先连乘 β 再用 1 去减；应当连乘 1 − β"),
    Mistake(_rows(lambda rows: (1 - rows).prod(1)), *IS_KEPT),
    Mistake(_rows(lambda rows: 1 - (1 - rows.sqrt()).prod(1)), "β is a variance already: a step keeps 1 − β, not 1 − √β", "β 本来就是方差：一步留下 1 − β，而不是 1 − √β"),
    Mistake(_rows(lambda rows: 1 - (1 - rows).prod(1).sqrt()), *FACTORS),
    Mistake(_rows(lambda rows: (1 - (1 - rows).prod(1)).sqrt()), "this is the factor √β; β is a variance", "这是系数 √β；β 是方差"),
    Mistake(_rows(lambda rows: 1 - (1 - rows[:, -1]) ** rows.shape[1]), *ONE_FOR_ALL),
    Mistake(_rows(lambda rows: 1 - (1 - rows[:, 0]) ** rows.shape[1]), *ONE_FOR_ALL),
    Mistake(_rows(lambda rows: 1 - (1 - rows.mean(1)) ** rows.shape[1]), *ONE_FOR_ALL),
    Mistake(lambda beta, k: 1 - (1 - beta).reshape(k, -1).prod(0), "it merges steps that lie far apart: k that follow each other belong together, `reshape(-1, k)`", "并到一起的步相隔很远；应当把相邻的 k 步并成一步，即 `reshape(-1, k)`"),
    Mistake(lambda beta, k: 1 - _kept(beta, k)[1], *FROM_THE_START),
    Mistake(lambda beta, k: _kept(beta, k)[1], "this is ᾱ after each k steps, counted from t = 0; asked is the β of the merged step alone", "这是每 k 步之后的 ᾱ，从 t = 0 算起；要的是合并出的那一步自己的 β"),
    Mistake(lambda beta, k: _kept(beta, k)[0] - _kept(beta, k)[1], "this is by how much ᾱ falls; a step takes its share of what is left, so divide by the ᾱ before it", "这是 ᾱ 降了多少；一步是从剩下的里面取走一份，所以要除以这一步之前的 ᾱ"),
    Mistake(lambda beta, k: _kept(beta, k)[0] / _kept(beta, k)[1] - 1, "the fall of ᾱ is divided by the ᾱ after the step; divide it by the one before", "ᾱ 的下降量除以了这一步之后的 ᾱ；应除以之前的"),
    Mistake(_rows(lambda rows: 1 - (1 - rows).prod(1) ** (1 / rows.shape[1])), "a k-th root is drawn: that makes k equal steps of it again; the merged step does what all k do together", "开了 k 次方：那又拆成了 k 个相同的步；合并出的一步要做完这 k 步合起来的事"),
    Mistake(_rows(lambda rows: 1 - (1 - rows).prod(1).flip(0)), "it runs backwards: the first entry must belong to the first k steps", "顺序颠倒了：第一项应属于最前面的 k 步"),
]  # fmt: skip


# 01.cosine: an angle from u = t/T and the offset o, then what is made of f.


def _points(T: int) -> Tensor:
    return torch.arange(T + 1, dtype=torch.float64)


def _cosine(inside: Callable, outside: Callable = lambda f: f / f[0], power: int = 2, at: Callable | None = None):
    def gives(T: int, offset: float) -> Tensor:
        u = _points(T) / T if at is None else at(T)
        return outside(inside(u, offset).cos() ** power)

    return gives


def _angle(u: Tensor, o: float) -> Tensor:
    return (u + o) / (1 + o) * math.pi / 2


def _sine(u: Tensor, o: float) -> Tensor:
    return _angle(u, o) - math.pi / 2


CLIPPED = "this has its β clipped; asked is the formula alone", "这里截断了 β；要的只是公式本身"
NOT_DIVIDED = "it is not divided by f(0): ᾱ_0 must be exactly 1", "没有除以 f(0)：ᾱ_0 必须恰为 1"
RADIANS = (
    "the angle is in degrees; `cos` wants radians: π/2, not 90",
    "角度用了度数；`cos` 用的是弧度：应为 π/2，而不是 90",
)
SINE = "this is the sine's square, which rises; ᾱ falls from 1", "这是正弦的平方，它在上升；ᾱ 是从 1 下降"
PARENTHESES = (
    "parentheses are missing: both sums stand in them, (t/T + offset) / (1 + offset)",
    "少了括号：两个和式都要加括号，(t/T + offset) / (1 + offset)",
)
OUTSIDE = (
    "the offset stands outside the fraction; it belongs inside, (t/T + offset) / (1 + offset)",
    "offset 放在了分式之外；它应在里面：(t/T + offset) / (1 + offset)",
)
POINTS = (
    "the points are not t/T for t = 0, …, T: they must run from exactly 0 to exactly 1, in T equal steps",
    "取的点不是 t = 0, …, T 处的 t/T：应恰好从 0 到 1，等分成 T 步",
)
ONE_DIVISION = (
    "the first entry alone is set to 1; every entry must be divided by f(0)",
    "只把第一项改成了 1；每一项都要除以 f(0)",
)
COSINE_MISTAKES = [
    Mistake(_cosine(_angle, outside=lambda f: f), *NOT_DIVIDED),
    Mistake(_cosine(_angle, outside=lambda f: torch.cat([f.new_ones(1), f[1:]])), *ONE_DIVISION),
    Mistake(_cosine(_angle, outside=lambda f: f**2 / f[0], power=1), "f(0) is squared as well: square first, then divide", "f(0) 也要平方：先平方，再相除"),
    Mistake(_cosine(_angle, outside=lambda f: f / f[0] ** 2), "it is divided by f(0) squared; f is a square already", "除以了 f(0) 的平方；f 本身已经平方过了"),
    Mistake(_cosine(_angle, outside=lambda f: f / f[-1]), "it is divided by the last entry; divide by the first, f(0)", "除以了最后一项；应除以第一项 f(0)"),
    Mistake(_cosine(_angle, power=1), "the square is missing: this is √ᾱ", "漏了平方：这是 √ᾱ"),
    Mistake(_cosine(_angle, outside=lambda f: f, power=1), "the square and the division by f(0) are missing", "漏了平方，也没有除以 f(0)"),
    Mistake(_cosine(_angle, power=4), "it is squared twice: this is ᾱ²", "平方了两次：这是 ᾱ²"),
    Mistake(_cosine(lambda u, o: _angle(u, o) ** 2, power=1), "the angle is squared; the cosine must be: cos(…) ** 2", "平方的是角度；应当平方的是余弦：cos(…) ** 2"),
    Mistake(_cosine(lambda u, o: _angle(u, o) ** 2), "the angle is squared, too; only the cosine must be: cos(…) ** 2", "连角度也平方了；只有余弦要平方：cos(…) ** 2"),
    Mistake(_cosine(lambda u, o: (u + o) / (1 + o)), "π/2 is missing: the angle must end at a right angle", "漏了 π/2：角度最终应为直角"),
    Mistake(_cosine(lambda u, o: (u + o) / (1 + o) * math.pi), "the angle ends at π instead of π/2: ᾱ falls to 0 half-way and rises again", "角度到了 π 而不是 π/2：ᾱ 在半路就降到 0，又升了回去"),
    Mistake(_cosine(lambda u, o: u * math.pi / 2), "the offset is not used", "没有用到 offset"),
    Mistake(_cosine(lambda u, o: _angle(u, 0.008)), "the offset handed in is not used; a fixed 0.008 stands in its place", "没有用传进来的 offset，而是写死了 0.008"),
    Mistake(_cosine(lambda u, o: (u + o) * math.pi / 2), "it is not divided by 1 + offset: the angle runs past π/2", "没有除以 1 + offset：角度超过了 π/2"),
    Mistake(_cosine(lambda u, o: (u / (1 + o) + o) * math.pi / 2), "the offset is added after the division; it belongs inside, (t/T + offset) / (1 + offset)", "offset 加在了除法之后；它应在里面：(t/T + offset) / (1 + offset)"),
    Mistake(_cosine(lambda u, o: u / (1 + o) * math.pi / 2), "the offset stands only in the denominator: (t/T + offset) / (1 + offset)", "offset 只出现在分母里：应为 (t/T + offset) / (1 + offset)"),
    Mistake(_cosine(lambda u, o: u + o / (1 + o) * math.pi / 2), *PARENTHESES),
    Mistake(_cosine(lambda u, o: (u + o / (1 + o)) * math.pi / 2), *PARENTHESES),
    Mistake(_cosine(lambda u, o: u + o + o * math.pi / 2), *PARENTHESES),
    Mistake(_cosine(lambda u, o: (u + o + o) * math.pi / 2), *PARENTHESES),
    Mistake(_cosine(lambda u, o: u * math.pi / 2 + o), *OUTSIDE),
    Mistake(lambda T, o: (lambda f: f / f[0])(((_points(T) / T * math.pi / 2).cos() + o) ** 2), *OUTSIDE),
    Mistake(lambda T, o: (lambda f: f / f[0])((_points(T) / T * math.pi / 2).cos() ** 2 + o), *OUTSIDE),
    Mistake(_cosine(lambda u, o: o + u * (math.pi / 2 - o)), "the offset is taken for an angle; it is added to t/T, a share, before that becomes an angle", "把 offset 当成了角度；它应先加到 t/T 这个份额上，再换算成角度"),
    Mistake(_cosine(lambda u, o: o + u * (math.pi / 2 - o), outside=lambda f: f), "the offset is taken for an angle, and it is not divided by f(0); the offset is added to t/T, a share", "把 offset 当成了角度，也没有除以 f(0)；它应加到 t/T 这个份额上"),
    *(Mistake(lambda T, o, low=low, below=below: _cosine(lambda u, o: u * math.pi / 2, at=lambda T: (_points(T) / low(T) + o) / below(T, o))(T, o), "the offset belongs to t/T: (t/T + offset) / (1 + offset), not t + offset over T + offset", "offset 要加在 t/T 上：(t/T + offset) / (1 + offset)，而不是 t + offset 除以 T + offset") for low, below in ((lambda T: 1, lambda T, o: T + o), (lambda T: T, lambda T, o: T + o), (lambda T: 1, lambda T, o: T * (1 + o)))),
    Mistake(_cosine(lambda u, o: (u - o) / (1 - o) * math.pi / 2), "the offset is subtracted; it is added, above and below", "减去了 offset；分子分母都应当加上"),
    Mistake(_cosine(lambda u, o: (u + o) / (1 - o) * math.pi / 2), "below stands 1 + offset, not 1 − offset", "分母应是 1 + offset，不是 1 − offset"),
    Mistake(_cosine(_angle, outside=lambda f: f - f[0] + 1), "f(0) is subtracted; divide by it", "减去了 f(0)；应当除以它"),
    Mistake(_cosine(_angle, outside=lambda f: f * f[0]), "it is multiplied by f(0); divide by it", "乘了 f(0)；应当除以它"),
    Mistake(_cosine(_angle, outside=lambda f: f / f.sum()), "it is divided by the sum of all; divide by the first, f(0)", "除以了总和；应除以第一项 f(0)"),
    Mistake(_cosine(_angle, at=_points), "t is not divided by T", "t 没有除以 T"),
    Mistake(_cosine(_angle, at=lambda T: (_points(T) + 1) / T), *POINTS),
    Mistake(_cosine(_angle, at=lambda T: (_points(T) - 1) / T), *POINTS),
    Mistake(_cosine(_angle, at=lambda T: _points(T) / (T + 1)), *POINTS),
    Mistake(_cosine(_angle, at=lambda T: (_points(T) + 1) / (T + 1)), *POINTS),
    Mistake(_cosine(_angle, at=lambda T: _points(T) / (T - 1)), *POINTS),
    Mistake(lambda T, o: torch.cat([_points(0) + 1, _cosine(_angle, at=lambda T: _points(T - 1) / (T - 1))(T, o)]), *POINTS),
    Mistake(lambda T, o: torch.cat([_points(0) + 1, _cosine(_angle, at=lambda T: _points(T - 1) / T)(T, o)]), *POINTS),
    Mistake(_cosine(lambda u, o: _angle(u, o) * math.pi / 180), "the angle is taken in degrees twice over: `cos` wants radians", "角度又按度数换算了一次：`cos` 用的是弧度"),
    Mistake(_cosine(lambda u, o: (u + o) / (1 + o) * 90), *RADIANS),
    *(
        Mistake(lambda T, o, low=low, high=high: raw_cosine(T, o, beta_min=low, beta_max=high).alpha_bar, *CLIPPED)
        for low in (0.0, 1e-4) for high in (0.999, 0.9999)
    ),
    Mistake(lambda T, o: cosine(T, o).alpha_bar, *CLIPPED),
    Mistake(_cosine(_angle, outside=lambda f: 1 - f / f[0]), "this is 1 − ᾱ, the share of the noise", "这是 1 − ᾱ，即噪声的份额"),
    Mistake(_cosine(_sine, outside=lambda f: f), *SINE),
    Mistake(_cosine(_sine), *SINE),
    Mistake(_cosine(_angle, outside=lambda f: (f / f[0]).flip(0)), "it runs backwards: entry t must belong to timestep t", "顺序颠倒了：第 t 项应属于时间步 t"),
]  # fmt: skip
