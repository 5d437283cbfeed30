"""The parts of a U-Net that lesson 05 asks for, and what is commonly got wrong in them.

第 05 课要读者写的 U-Net 部件，以及其中常见的错误。
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.blocks import ResidualBlock, sinusoids
from course_utils.exercises.judging import Mistake
from course_utils.language import Said


def by_its_layers(block: ResidualBlock, x: Tensor, embedding: Tensor) -> Tensor:
    """What a residual block does, from its layers. 由各层写出残差块所做的事。"""
    h = block.conv1(F.silu(block.norm1(x)))
    scale, shift = block.scale_shift(F.silu(embedding))[:, :, None, None].chunk(2, dim=1)
    h = block.norm2(h) * (1 + scale) + shift
    return block.short_cut(x) + block.conv2(F.silu(h))


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(q k^T / sqrt(d)) v. 注意力：softmax(q k^T / sqrt(d)) v。"""
    weights = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ v


def way_up(x: Tensor, skips: Sequence[Tensor], up: Sequence[Callable]) -> Tensor:
    """Up again: each block is given x and the last skip that is left. 一路向上：每个块接收 x 与剩下的最后一条跳跃连接。"""
    left = list(skips)
    for block in up:
        x = block(torch.cat([x, left.pop()], dim=1))
    return x


def turn(seen: Tensor, frequency: Tensor, s: Tensor) -> Tensor:
    """What the clocks say s later, from what they say now. 由许多只钟现在的读数，得到过了 s 之后的读数。"""
    sin, cos = seen.chunk(2, dim=1)
    angle = s[:, None] * frequency
    return torch.cat([sin * angle.cos() + cos * angle.sin(), cos * angle.cos() - sin * angle.sin()], dim=1)


def _halves(first: Callable, second: Callable) -> Callable:
    """The two halves of the answer, each from sin and cos of now (s, c) and of what is added (S, C)."""

    def gives(seen: Tensor, frequency: Tensor, s: Tensor) -> Tensor:
        now, added = seen.chunk(2, dim=1), sinusoids(s, frequency).chunk(2, dim=1)
        return torch.cat([first(*now, *added), second(*now, *added)], dim=1)

    return gives


def _in_turn(put: Callable) -> Callable:
    """The answer of one for whom sines and cosines stand in turn, its halves put together in some way."""

    def gives(seen: Tensor, frequency: Tensor, s: Tensor) -> Tensor:
        sorted_out = torch.cat([seen[:, ::2], seen[:, 1::2]], dim=1)
        return put(turn(sorted_out, frequency, s).chunk(2, dim=1))

    return gives


TURN_MISTAKES = [
    Mistake(lambda seen, f, s: turn(seen, f, -s), "the hands are turned back by s; turn them on. So they do, too, where the cosines are taken to come first: the sines do", "指针往回拨了 s；应当往前拨。若把余弦当成在前，也会这样：在前的是正弦"),
    Mistake(lambda seen, f, s: turn(seen.roll(len(f), 1), f, s), "it takes the first half of `seen` for the cosines; the sines come first", "把 `seen` 的前一半当成了余弦；前一半是正弦"),
    Mistake(lambda seen, f, s: turn(seen, torch.ones_like(f), s), "every clock is turned by s itself; clock i turns by f_i s", "每只钟都拨了 s 本身；第 i 只钟应拨 f_i s"),
    Mistake(lambda seen, f, s: turn(seen, 1 / f, s), "it divides by the frequency; clock i turns by f_i s", "除以了频率；第 i 只钟应拨 f_i s"),
    Mistake(lambda seen, f, s: seen + sinusoids(s, f), "the readings are added; it is the angles that add", "把读数相加了；能相加的是角度"),
    Mistake(lambda seen, f, s: seen * sinusoids(s, f), "the readings are multiplied, each with its like; the sine of a sum has two terms", "把读数逐项相乘了；和的正弦有两项"),
    Mistake(lambda seen, f, s: sinusoids(s, f), "this is the reading at time s; where the hands stood before plays no part", "这是时刻 s 的读数；没有用到指针原来的位置"),
    Mistake(lambda seen, f, s: seen + (s[:, None] * f).repeat(1, 2), "the angle f_i s is added to the readings themselves; they are sines and cosines, and only their angle moves on", "把角度 f_i s 加到了读数本身上；读数是正弦与余弦，往前走的只是它们的角"),
    Mistake(lambda seen, f, s: torch.stack(turn(seen, f, s).chunk(2, 1), -1).flatten(1), "in what it returns sines and cosines take turns; all sines come first, then all cosines", "返回的结果里正弦与余弦交替排列；应先是全部正弦，再是全部余弦"),
    Mistake(_halves(lambda s, c, S, C: s * S + c * C, lambda s, c, S, C: c * S - s * C), "sin and cos of f_i s have changed places: the sine of a sum is sin cos + cos sin, and at s = 0 nothing may change", "f_i s 的正弦与余弦弄反了：和的正弦是 sin cos + cos sin，s = 0 时什么也不该变"),
    Mistake(lambda seen, f, s: seen, "the hands do not move", "指针没有动"),
    Mistake(lambda seen, f, s: turn(seen, f, s).roll(len(f), 1), "the cosines come first; here the sines come first, then the cosines", "余弦在前了；这里是正弦在前，余弦在后"),
    Mistake(_halves(lambda s, c, S, C: s * C + c * S, lambda s, c, S, C: c * C + s * S), "the sines are right; the cosine of a sum is cos cos − sin sin", "正弦对了；和的余弦是 cos cos − sin sin"),
    Mistake(_halves(lambda s, c, S, C: s * C + c * S, lambda s, c, S, C: s * S - c * C), "the sines are right; the cosines have the opposite sign", "正弦对了；余弦的符号反了"),
    Mistake(_halves(lambda s, c, S, C: s * C, lambda s, c, S, C: c * C), "each is multiplied by the cosine of f_i s alone; the sine and the cosine of a sum have two terms", "都只乘了 f_i s 的余弦；和的正弦与余弦各有两项"),
    Mistake(_halves(lambda s, c, S, C: s * C - c * S, lambda s, c, S, C: c * C - s * S), "the cosines are right; the sine of a sum is sin cos + cos sin", "余弦对了；和的正弦是 sin cos + cos sin"),
    Mistake(_halves(lambda s, c, S, C: (s.asin() + S.asin()).sin(), lambda s, c, S, C: (s.asin() + S.asin()).cos()), "asin knows half of the circle alone; the cosine says on which half the hand is", "asin 只认得半个圆；指针在哪一半，要看余弦"),
    Mistake(lambda seen, f, s: (lambda a: torch.cat([a.sin(), a.cos()], 1))(seen[:, : len(f)].asin() + s[:, None] * f), "asin knows half of the circle alone; the cosine says on which half the hand is", "asin 只认得半个圆；指针在哪一半，要看余弦"),
    Mistake(lambda seen, f, s: torch.cat([(seen[:, : len(f)].asin() + s[:, None] * f).sin(), (seen[:, len(f) :].acos() + s[:, None] * f).cos()], 1), "asin and acos know half of the circle alone; on which half the hand is, sine and cosine say together", "asin 与 acos 都只认得半个圆；指针在哪一半，要正弦与余弦合起来才知道"),
    Mistake(lambda seen, f, s: (lambda a: torch.cat([a.sin(), a.cos()], 1))((seen[:, : len(f)] / seen[:, len(f) :]).atan() + s[:, None] * f), "atan knows half of the circle alone; `torch.atan2(sin, cos)` knows all of it", "atan 只认得半个圆；`torch.atan2(sin, cos)` 认得整个圆"),
    Mistake(_in_turn(lambda halves: torch.stack(halves, -1).flatten(1)), "it takes sines and cosines in turn; `seen` holds all sines, then all cosines", "按一个正弦一个余弦取了；`seen` 里先是全部正弦，再是全部余弦"),
    Mistake(_in_turn(lambda halves: torch.cat(halves, 1)), "it takes sines and cosines in turn; `seen` holds all sines, then all cosines", "按一个正弦一个余弦取了；`seen` 里先是全部正弦，再是全部余弦"),
    Mistake(lambda seen, f, s: (lambda a: torch.cat([a.sin(), a.cos()], 1))(seen[:, len(f) :].acos() + s[:, None] * f), "acos knows half of the circle alone; the sine says on which half the hand is", "acos 只认得半个圆；指针在哪一半，要看正弦"),
]  # fmt: skip


def _block(
    first: Callable = lambda b, x: b.conv1(F.silu(b.norm1(x))),
    told: Callable = lambda b, e: b.scale_shift(F.silu(e)),
    between: Callable = lambda b, h, scale, shift: F.silu(b.norm2(h) * (1 + scale) + shift),
    last: Callable = lambda b, x, h: b.short_cut(x) + b.conv2(h),
) -> Callable:
    """`by_its_layers` with another first half, other scale and shift, another middle or last line."""

    def gives(block: ResidualBlock, x: Tensor, embedding: Tensor) -> Tensor:
        scale, shift = told(block, embedding)[:, :, None, None].chunk(2, dim=1)
        return last(block, x, between(block, first(block, x), scale, shift))

    return gives


BLOCK_MISTAKES = [
    Mistake(_block(between=lambda b, h, scale, shift: F.silu(b.norm2(h) * scale + shift)), "it multiplies by the scale alone; the factor is 1 + scale, so that a layer of zeros changes nothing", "只乘了 scale；系数应为 1 + scale，这样全零的层什么也不改变"),
    Mistake(_block(between=lambda b, h, scale, shift: F.silu(b.norm2(h) * (1 + shift) + scale)), "scale and shift are swapped: the first half of the channels is the scale", "scale 与 shift 弄反了：前一半通道是 scale"),
    Mistake(_block(between=lambda b, h, scale, shift: F.silu(b.norm2(h) + shift)), "only the shift is used; the scale is left out", "只用了 shift，漏了 scale"),
    Mistake(_block(between=lambda b, h, scale, shift: F.silu(b.norm2(h) * (1 + scale))), "only the scale is used; the shift is left out", "只用了 scale，漏了 shift"),
    Mistake(_block(between=lambda b, h, scale, shift: F.silu((b.norm2(h) + shift) * (1 + scale))), "it shifts first and scales afterwards; scale first, then shift", "先平移、后缩放了；应当先缩放，再平移"),
    Mistake(_block(between=lambda b, h, scale, shift: F.silu(b.norm2(h * (1 + scale) + shift))), "it scales and shifts before the norm, which takes out again what the channels of a group have in common; do it after the norm", "在归一化之前缩放与平移了，归一化又会抹去一组通道共有的部分；应当放在归一化之后"),
    Mistake(_block(between=lambda b, h, scale, shift: F.silu(b.norm2(h))), "the noise level is not used: no scale, no shift", "没有用到噪声水平：既没有 scale，也没有 shift"),
    Mistake(_block(between=lambda b, h, scale, shift: b.norm2(h) * (1 + scale) + shift), "the SiLU before the second convolution is missing", "第二层卷积之前漏了 SiLU"),
    Mistake(_block(between=lambda b, h, scale, shift: F.silu(b.norm2(h)) * (1 + scale) + shift), "the SiLU comes too early; it follows the scale and shift", "SiLU 放早了；它应当在缩放与平移之后"),
    Mistake(_block(between=lambda b, h, scale, shift: F.silu(h * (1 + scale) + shift)), "the second norm is missing", "漏了第二次归一化"),
    Mistake(_block(first=lambda b, x: b.conv1(b.norm1(x))), "the SiLU before the first convolution is missing", "第一层卷积之前漏了 SiLU"),
    Mistake(_block(first=lambda b, x: b.conv1(F.silu(x))), "the first norm is missing", "漏了第一次归一化"),
    Mistake(_block(first=lambda b, x: b.conv1(b.norm1(F.silu(x)))), "the first SiLU comes before the norm; the order is norm, SiLU, convolution", "第一个 SiLU 放在了归一化之前；次序是归一化、SiLU、卷积"),
    Mistake(_block(told=lambda b, e: b.scale_shift(e)), "the SiLU on the embedding is missing", "嵌入上漏了 SiLU"),
    Mistake(_block(told=lambda b, e: F.silu(b.scale_shift(e))), "the SiLU belongs before the linear layer of the embedding, not after it", "嵌入的 SiLU 应当在线性层之前，不是之后"),
    Mistake(_block(last=lambda b, x, h: b.conv2(h)), "the short cut is left out: this is the change alone, not x plus the change", "漏了捷径：这只是改变量，不是 x 加改变量"),
    Mistake(_block(last=lambda b, x, h: b.short_cut(x) + h), "the second convolution is missing", "漏了第二层卷积"),
    Mistake(_block(last=lambda b, x, h: b.short_cut(b.norm1(x)) + b.conv2(h)), "the short cut is normalised; it must carry x as it is", "捷径被归一化了；它应当原样传递 x"),
    Mistake(_block(last=lambda b, x, h: F.silu(b.short_cut(x) + b.conv2(h))), "there is a SiLU after the sum; nothing follows it here", "相加之后多了一个 SiLU；这里相加之后什么也没有"),
    Mistake(_block(last=lambda b, x, h: b.short_cut(x) - b.conv2(h)), "it subtracts the change; add it", "减去了改变量；应当加上"),
]  # fmt: skip
CHANGED_BLOCK: Said = (
    "it changes the block's own layers; call them, and leave their weights as they are",
    "它改动了块里的层本身；只管调用这些层，别动它们的权重",
)
NO_SHORT_CUT: Said = (
    "it adds x itself, which fails where the channels change: use `block.short_cut(x)`",
    "加的是 x 本身，通道数变化时就加不起来：请用 `block.short_cut(x)`",
)


def _weighted(logits: Callable = lambda q, k: q @ k.transpose(1, 2) / q.shape[-1] ** 0.5, last: Callable = lambda s: s.softmax(-1)) -> Callable:  # fmt: skip
    """`attention` with other logits, or with something else for the softmax."""
    return lambda q, k, v: last(logits(q, k)) @ v


ATTENTION_MISTAKES = [
    Mistake(_weighted(lambda q, k: q @ k.transpose(1, 2)), "√d is missing: divide q kᵀ by it", "漏了 √d：q kᵀ 要除以它"),
    Mistake(_weighted(lambda q, k: q @ k.transpose(1, 2) / q.shape[-1]), "it divides by d; divide by √d", "除以了 d；应除以 √d"),
    Mistake(lambda q, k, v: attention(q * q.shape[-1] ** 0.5, k, v) / q.shape[-1] ** 0.5, "it divides by √d after the softmax; divide before it", "在 softmax 之后才除以 √d；应当在它之前除"),
    Mistake(_weighted(lambda q, k: q @ k.transpose(1, 2) * q.shape[-1] ** 0.5), "it multiplies by √d; divide by it", "乘了 √d；应当除以它"),
    Mistake(_weighted(lambda q, k: q @ k.transpose(1, 2) / q.shape[1] ** 0.5), "it divides by the root of the number of places; d is the width of a query, `q.shape[-1]`", "除以的是位置数的平方根；d 是一个查询的宽度，即 `q.shape[-1]`"),
    Mistake(_weighted(last=lambda s: s.softmax(-2)), "the softmax runs over the places that ask; it runs over the places that are looked at, the last axis", "softmax 沿提问的位置做了；应当沿被看的位置，即最后一轴"),
    Mistake(_weighted(last=lambda s: s.softmax(0)), "the softmax runs over the batch; it runs over the places that are looked at, the last axis", "softmax 沿批做了；应当沿被看的位置，即最后一轴"),
    Mistake(_weighted(lambda q, k: k @ q.transpose(1, 2) / q.shape[-1] ** 0.5), "q and k are swapped: each row of the weights belongs to one query", "q 与 k 弄反了：权重的每一行属于一个查询"),
    Mistake(_weighted(last=lambda s: s), "the softmax is missing", "漏了 softmax"),
    Mistake(_weighted(last=torch.sigmoid), "it takes a sigmoid of each; a softmax makes the weights of one query sum to 1", "逐个取了 sigmoid；softmax 才使一个查询的权重之和为 1"),
    Mistake(_weighted(last=torch.exp), "the weights of one query do not sum to 1: divide by their sum, or use softmax", "一个查询的权重之和不为 1：请除以它们的和，或用 softmax"),
    Mistake(_weighted(last=lambda s: F.one_hot(s.argmax(-1), s.shape[-1]).to(s)), "the best place takes all; every place has a share", "最相似的位置独占了全部；每个位置都有一份"),
    Mistake(lambda q, k, v: attention(q, v, k), "k and v are swapped: k is compared, v is what is fetched", "k 与 v 弄反了：拿来比较的是 k，取回的是 v"),
    Mistake(lambda q, k, v: attention(q, k, v) + v, "v is added once more; the short cut is the block's business", "又加了一次 v；捷径是块的事"),
    Mistake(lambda q, k, v: v.mean(1, keepdim=True).expand_as(v), "all places weigh the same; the weights come from q and k", "所有位置一样重；权重应由 q 与 k 得出"),
]  # fmt: skip
WRONG_TRANSPOSE: Said = (
    "the wrong axes of k are exchanged: `.T` turns round all of them and `transpose(0, 1)` moves the batch; the last two are "
    "exchanged, `k.transpose(1, 2)`",
    "k 交换错了轴：`.T` 把所有的轴都颠倒了，`transpose(0, 1)` 动了批的轴；要交换的是最后两轴，`k.transpose(1, 2)`",
)
TRANSPOSE_MISTAKES = [  # where b, n and d are equal, so that they do not stop
    Mistake(_weighted(lambda q, k, order=order: q @ k.permute(order) / q.shape[-1] ** 0.5), *WRONG_TRANSPOSE)
    for order in ((2, 1, 0), (1, 0, 2))
]
OVERFLOW: Said = (
    "where q kᵀ is large, exp(…) overflows, or a whole row of it becomes 0, and the result is no number. Use softmax: "
    "it subtracts the largest of each row first",
    "q kᵀ 很大时，exp(…) 会溢出，或者整行成为 0，结果就不是数了。请用 softmax：它会先减去每一行的最大值",
)


def _joined(how: Callable, order: Callable = reversed) -> Callable:
    """`way_up` with another way to join, or the skips in another order."""

    def gives(x: Tensor, skips: Sequence[Tensor], up: Sequence[Callable]) -> Tensor:
        for block, skip in zip(up, order(list(skips)), strict=True):
            x = block(how(x, skip))
        return x

    return gives


def _both(x: Tensor, skip: Tensor) -> Tensor:
    return torch.cat([x, skip], 1)


SKIP_MISTAKES = [
    Mistake(_joined(_both, list), "the skip that was made first is used first; on the way up the last one made comes first", "先存的跳跃连接先用了；一路向上时，最后存的要最先用"),
    Mistake(_joined(torch.add), "skip and x are added; that is a residual. A skip connection is concatenated", "把跳跃连接与 x 相加了；那是残差。跳跃连接要拼接"),
    Mistake(_joined(torch.add, list), "skip and x are added, and the first skip is used first; concatenate, and take the last one first", "把跳跃连接与 x 相加了，而且先存的先用；应当拼接，并从最后存的用起"),
    Mistake(_joined(lambda x, skip: torch.cat([skip, x], 1)), "skip and x stand in the wrong order: x's channels first, then the skip's", "跳跃连接与 x 的次序反了：先是 x 的通道，再是跳跃连接的通道"),
    Mistake(_joined(lambda x, skip: torch.cat([skip, x], 1), list), "the first skip is used first, and stands before x; the last one made comes first, behind x", "先存的先用，还放在了 x 之前；应当从最后存的用起，并放在 x 之后"),
    Mistake(_joined(_both, lambda skips: [skips[-1]] * len(skips)), "every block is given the same skip; each skip is used once (`skips.pop()`)", "每个块得到的都是同一条跳跃连接；每条只用一次（`skips.pop()`）"),
    Mistake(_joined(lambda x, skip: x), "the skips are not used", "没有用到跳跃连接"),
    Mistake(_joined(lambda x, skip: skip), "each block is given its skip alone; x is lost", "每个块只得到跳跃连接，x 丢了"),
]  # fmt: skip
CHANGED_SKIP: Said = (
    "it changes the skips themselves; write `a * skip`, not `skip *= a`",
    "它改动了跳跃连接本身；请写 `a * skip` 而不是 `skip *= a`",
)
