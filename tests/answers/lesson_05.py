"""Lesson 05: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 05 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

from answers import in_any_form, named, unets
from course_utils.exercises import exercise

attention, by_its_layers, way_up = (exercise(f"05.{name}").reference() for name in ("attention", "block", "skips"))

# Right answers, each in its own way.


def angles_of(seen):
    return torch.atan2(*seen.chunk(2, 1))


def by_addition(seen, frequency, s):
    f = len(frequency)
    sin, cos, angle = seen[:, :f], seen[:, f:], torch.outer(s, frequency)
    return torch.hstack([sin * angle.cos() + cos * angle.sin(), cos * angle.cos() - sin * angle.sin()])


def by_the_angle(seen, frequency, s):
    angle = angles_of(seen) + s[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], -1)


def with_complex_numbers(seen, frequency, s):
    sin, cos = seen.chunk(2, 1)
    hands = torch.complex(cos, sin) * torch.polar(torch.ones_like(sin), s[:, None] * frequency)
    return torch.cat([hands.imag, hands.real], 1)


def by_a_matrix(seen, frequency, s):
    angle = s[:, None] * frequency
    rows = [torch.stack([angle.cos(), angle.sin()], -1), torch.stack([-angle.sin(), angle.cos()], -1)]
    return torch.einsum("bfij,bjf->bif", torch.stack(rows, -2), seen.unflatten(1, (2, -1))).flatten(1)


def clock_by_clock(seen, frequency, s):
    out, f = torch.empty_like(seen), len(frequency)
    for i in range(f):
        sin, cos, angle = seen[:, i], seen[:, f + i], s * frequency[i]
        out[:, i] = sin * torch.cos(angle) + cos * torch.sin(angle)
        out[:, f + i] = cos * torch.cos(angle) - sin * torch.sin(angle)
    return out


def in_numpy(seen, frequency, s):
    sin, cos = np.split(seen.numpy(), 2, axis=1)
    angle = np.arctan2(sin, cos) + np.outer(s.numpy(), frequency.numpy())
    return torch.from_numpy(np.concatenate([np.sin(angle), np.cos(angle)], 1)).to(seen.dtype)


def by_split(block, x, embedding):
    h = block.norm2(block.conv1(F.silu(block.norm1(x))))
    told = block.scale_shift(F.silu(embedding))
    scale, shift = told.split(h.shape[1], dim=1)
    return block.conv2(F.silu(h * (scale + 1)[..., None, None] + shift[..., None, None])) + block.short_cut(x)


def with_own_silu(block, x, embedding):
    h = block.norm1(x)
    h = block.conv1(h * torch.sigmoid(h))
    told = block.scale_shift(embedding * torch.sigmoid(embedding)).unflatten(1, (2, -1))[..., None, None]
    h = block.norm2(h)
    h = h + h * told[:, 0] + told[:, 1]
    return block.conv2(h * h.sigmoid()) + block.short_cut(x)


def in_place_on_its_own(block, x, embedding):
    h = block.conv1(F.silu(block.norm1(x)))
    scale, shift = block.scale_shift(F.silu(embedding))[:, :, None, None].chunk(2, 1)
    h = block.norm2(h).mul_(1 + scale).add_(shift)
    return block.conv2(F.silu(h, inplace=True)).add_(block.short_cut(x))


def by_the_package_block(block, x, embedding):
    return block(x, embedding)


def image_by_image(block, x, embedding):
    return torch.cat([by_its_layers(block, x[i : i + 1], embedding[i : i + 1]) for i in range(len(x))])


def x_where_it_fits(block, x, embedding):
    h = by_its_layers(block, x, embedding) - block.short_cut(x)
    return h + (x if x.shape == h.shape else block.short_cut(x))


def with_plain_functions(block, x, embedding):
    h = F.group_norm(x, block.norm1.num_groups, block.norm1.weight, block.norm1.bias, block.norm1.eps)
    h = block.norm2(F.conv2d(F.silu(h), block.conv1.weight, block.conv1.bias, padding=1))
    told = F.linear(F.silu(embedding), block.scale_shift.weight, block.scale_shift.bias)
    scale, shift = told.tensor_split(2, 1)
    h = h + torch.einsum("bchw,bc->bchw", h, scale) + shift.view(*shift.shape, 1, 1)
    return block.short_cut(x) + block.conv2(F.silu(h))


def by_einsums(q, k, v):
    logits = torch.einsum("bnd,bmd->bnm", q, k) / math.sqrt(q.shape[-1])
    return torch.einsum("bnm,bmd->bnd", torch.softmax(logits, -1), v)


def scaled_first(q, k, v):
    return F.softmax((q * q.shape[-1] ** -0.5) @ k.mT, dim=2) @ v


def largest_subtracted(q, k, v):
    logits = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    weights = (logits - logits.amax(-1, keepdim=True)).exp()
    return weights / weights.sum(-1, keepdim=True) @ v


def by_torch(q, k, v):
    return F.scaled_dot_product_attention(q, k, v)


def query_by_query(q, k, v):
    d = q.shape[2]
    rows = [((q[:, i : i + 1] * k).sum(2) / d**0.5).softmax(1) for i in range(q.shape[1])]
    return torch.stack([(w[..., None] * v).sum(1) for w in rows], 1)


def in_float64(q, k, v):
    return attention(q.double(), k.double(), v.double()).to(q.dtype)


def attention_in_single(q, k, v):
    return attention(q.float(), k.float(), v.float()).to(v.dtype)


def by_logsumexp(q, k, v):
    logits = (q / q.shape[-1] ** 0.25) @ (k / k.shape[-1] ** 0.25).mT
    return (logits - logits.logsumexp(-1, keepdim=True)).exp() @ v


def image_by_image_of_attention(q, k, v):
    return torch.stack([torch.softmax(a @ b.T / math.sqrt(len(a[0])), 1) @ c for a, b, c in zip(q, k, v, strict=True)])


def emptied(x, skips, up):
    for block in up:
        x = block(torch.cat([x, skips.pop()], 1))
    return x


def reversed_list(x, skips, up):
    for block, skip in zip(up, reversed(skips), strict=True):
        x = block(torch.cat((x, skip), dim=1))
    return x


def by_index(x, skips, up):
    for i in range(len(up)):
        x = up[i](torch.hstack([x, skips[-1 - i]]))
    return x


def recursive(x, skips, up):
    return x if not up else recursive(up[0](torch.cat([x, skips[-1]], 1)), skips[:-1], up[1:])


def both_emptied(x, skips, up):
    while up:
        x = up.pop(0)(torch.cat([x, skips.pop(-1)], -3))
    return x


# Wrong ones, each as somebody has written it.


def turned_back(seen, f, s):
    return by_addition(seen, f, -s)


def without_frequencies(seen, f, s):
    return by_addition(seen, torch.ones_like(f), s)


def divided(seen, f, s):
    return by_addition(seen, 1 / f, s)


def added(seen, f, s):
    angle = s[:, None] * f
    return seen + torch.cat([angle.sin(), angle.cos()], 1)


def multiplied(seen, f, s):
    angle = s[:, None] * f
    return seen * torch.cat([angle.sin(), angle.cos()], 1)


def from_nought(seen, f, s):
    angle = s[:, None] * f
    return torch.cat([angle.sin(), angle.cos()], 1)


def unmoved(seen, f, s):
    return seen.clone()


def cosines_first(seen, f, s):
    return by_addition(seen, f, s).roll(len(f), 1)


def wrong_sign_in_the_cosine(seen, f, s):
    sin, cos = seen.chunk(2, 1)
    angle = s[:, None] * f
    return torch.cat([sin * angle.cos() + cos * angle.sin(), cos * angle.cos() + sin * angle.sin()], 1)


def wrong_sign_in_the_sine(seen, f, s):
    sin, cos = seen.chunk(2, 1)
    angle = s[:, None] * f
    return torch.cat([sin * angle.cos() - cos * angle.sin(), cos * angle.cos() - sin * angle.sin()], 1)


def by_asin(seen, f, s):
    angle = seen[:, : len(f)].asin() + s[:, None] * f
    return torch.cat([angle.sin(), angle.cos()], 1)


def by_acos(seen, f, s):
    angle = seen[:, len(f) :].acos() + s[:, None] * f
    return torch.cat([angle.sin(), angle.cos()], 1)


def taking_turns(seen, f, s):
    """As if sines and cosines stood in turn."""
    sin, cos = seen[:, ::2], seen[:, 1::2]
    angle = s[:, None] * f
    both = [sin * angle.cos() + cos * angle.sin(), cos * angle.cos() - sin * angle.sin()]
    return torch.stack(both, -1).flatten(1)


def taking_turns_and_halves(seen, f, s):
    both = taking_turns(seen, f, s)
    return torch.cat([both[:, ::2], both[:, 1::2]], 1)


def by_atan(seen, f, s):
    angle = torch.atan(seen[:, : len(f)] / seen[:, len(f) :]) + s[:, None] * f
    return torch.cat([angle.sin(), angle.cos()], 1)


def by_asin_and_acos(seen, f, s):
    sin, cos = seen.chunk(2, 1)
    angle = s[:, None] * f
    return torch.cat([(sin.asin() + angle).sin(), (cos.acos() + angle).cos()], 1)


def only_sines(seen, f, s):
    return (angles_of(seen) + s[:, None] * f).sin()


def stacked(seen, f, s):
    angle = angles_of(seen) + s[:, None] * f
    return torch.stack([angle.sin(), angle.cos()])


def for_columns(seen, f, s):
    """As if s were (b, 1)."""
    angle = angles_of(seen) + s * f
    return torch.cat([angle.sin(), angle.cos()], 1)


def turn_in_float32(seen, f, s):
    return by_addition(seen, f, s).float()


def changes_seen(seen, f, s):
    seen += 1
    return by_addition(seen - 1, f, s)


def halves(block, embedding):
    return block.scale_shift(F.silu(embedding))[:, :, None, None].chunk(2, 1)


def first_half(block, x):
    return block.conv1(F.silu(block.norm1(x)))


def scale_alone(block, x, e):
    scale, shift = halves(block, e)
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(first_half(block, x)) * scale + shift))


def swapped_halves(block, x, e):
    shift, scale = halves(block, e)
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(first_half(block, x)) * (1 + scale) + shift))


def only_shift(block, x, e):
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(first_half(block, x)) + halves(block, e)[1]))


def told_before_the_norm(block, x, e):
    scale, shift = halves(block, e)
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(first_half(block, x) * (1 + scale) + shift)))


def told_nothing(block, x, e):
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(first_half(block, x))))


def no_silu(block, x, e):
    scale, shift = halves(block, e)
    return block.short_cut(x) + block.conv2(block.norm2(first_half(block, x)) * (1 + scale) + shift)


def no_first_silu(block, x, e):
    scale, shift = halves(block, e)
    h = block.conv1(block.norm1(x))
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(h) * (1 + scale) + shift))


def raw_embedding(block, x, e):
    scale, shift = block.scale_shift(e)[:, :, None, None].chunk(2, 1)
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(first_half(block, x)) * (1 + scale) + shift))


def no_short_cut(block, x, e):
    return by_its_layers(block, x, e) - block.short_cut(x)


def x_itself(block, x, e):
    return x + no_short_cut(block, x, e)


def silu_after_the_sum(block, x, e):
    return F.silu(by_its_layers(block, x, e))


def no_second_norm(block, x, e):
    scale, shift = halves(block, e)
    return block.short_cut(x) + block.conv2(F.silu(first_half(block, x) * (1 + scale) + shift))


def shifted_first(block, x, e):
    scale, shift = halves(block, e)
    return block.short_cut(x) + block.conv2(F.silu((block.norm2(first_half(block, x)) + shift) * (1 + scale)))


def scale_left_out_of_brackets(block, x, e):
    scale, shift = halves(block, e)
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(first_half(block, x)) * 1 + scale + shift))


def short_cut_alone(block, x, e):
    return block.short_cut(x)


def without_axes(block, x, e):
    scale, shift = block.scale_shift(F.silu(e)).chunk(2, 1)
    return block.short_cut(x) + block.conv2(F.silu(block.norm2(first_half(block, x)) * (1 + scale) + shift))


def relu_instead(block, x, e):
    scale, shift = halves(block, e)
    h = block.conv1(F.relu(block.norm1(x)))
    return block.short_cut(x) + block.conv2(F.relu(block.norm2(h) * (1 + scale) + shift))


def split_at_the_channels_of_x(block, x, e):
    c, told = x.shape[1], block.scale_shift(F.silu(e))[..., None, None]
    h = block.norm2(first_half(block, x)) * (1 + told[:, :c]) + told[:, c:]
    return block.short_cut(x) + block.conv2(F.silu(h))


def changes_the_layers(block, x, e):
    out = by_its_layers(block, x, e)
    block.conv1.weight.mul_(0.9)
    return out


def changes_x_through_the_short_cut(block, x, e):
    return block.short_cut(x).add_(no_short_cut(block, x, e))


def first_embedding_for_all(block, x, e):
    return by_its_layers(block, x, e[:1].expand_as(e))


def square_maps_only(block, x, e):
    return by_its_layers(block, x.transpose(2, 3), e).transpose(2, 3)


def logits(q, k):
    return q @ k.transpose(1, 2) / q.shape[-1] ** 0.5


def no_root(q, k, v):
    return (q @ k.transpose(1, 2)).softmax(-1) @ v


def by_d(q, k, v):
    return (q @ k.transpose(1, 2) / q.shape[-1]).softmax(-1) @ v


def times_root(q, k, v):
    return (q @ k.transpose(1, 2) * q.shape[-1] ** 0.5).softmax(-1) @ v


def root_of_places(q, k, v):
    return (q @ k.transpose(1, 2) / q.shape[1] ** 0.5).softmax(-1) @ v


def over_the_askers(q, k, v):
    return logits(q, k).softmax(1) @ v


def over_the_batch(q, k, v):
    return logits(q, k).softmax(0) @ v


def q_and_k_swapped(q, k, v):
    return logits(k, q).softmax(-1) @ v


def no_softmax(q, k, v):
    return logits(q, k) @ v


def by_sigmoid(q, k, v):
    return logits(q, k).sigmoid() @ v


def not_normalised(q, k, v):
    return logits(q, k).exp() @ v


def best_takes_all(q, k, v):
    return F.one_hot(logits(q, k).argmax(-1), q.shape[1]).to(v) @ v


def k_and_v_swapped(q, k, v):
    return logits(q, v).softmax(-1) @ k


def v_added(q, k, v):
    return v + attention(q, k, v)


def plain_mean(q, k, v):
    return v.mean(1, keepdim=True).expand_as(v)


def naive_exp(q, k, v):
    weights = logits(q, k).exp()
    return weights / weights.sum(-1, keepdim=True) @ v


def naive_exp_in_float64(q, k, v):
    return naive_exp(q.double(), k.double(), v.double()).to(v.dtype)


def largest_of_all_subtracted(q, k, v):
    weights = (logits(q, k) - logits(q, k).max()).exp()
    return weights / weights.sum(-1, keepdim=True) @ v


def clamped_logits(q, k, v):
    return logits(q, k).clamp(-50, 50).softmax(-1) @ v


def divided_after(q, k, v):
    return (q @ k.transpose(1, 2)).softmax(-1) / q.shape[-1] ** 0.5 @ v


def only_backwards(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def only_weights(q, k, v):
    return logits(q, k).softmax(-1)


def summed_over_the_wrong_axis(q, k, v):
    weights = (logits(q, k) - logits(q, k).amax(-1, keepdim=True)).exp()
    return weights / weights.sum(1, keepdim=True) @ v


def linear(q, k, v):
    return q.softmax(2) @ (k.softmax(1).transpose(1, 2) @ v)


def attention_in_float32(q, k, v):
    return attention(q, k, v).float()


def two_results(q, k, v):
    return attention(q, k, v), only_weights(q, k, v)


def joined(how, order=reversed):
    def way(x, skips, up):
        for block, skip in zip(up, order(skips), strict=True):
            x = block(how(x, skip))
        return x

    return way


def both(x, skip):
    return torch.cat([x, skip], 1)


first_in_first_out = joined(both, list)
added_up = joined(lambda x, skip: x + skip)
skip_first = joined(lambda x, skip: both(skip, x))
skip_first_and_first_out = joined(lambda x, skip: both(skip, x), list)
always_the_last = joined(both, lambda skips: [skips[-1]] * len(skips))
unused = joined(lambda x, skip: x)
zeros = joined(lambda x, skip: both(x, 0 * skip))
skip_alone = joined(lambda x, skip: skip)
added_first_out = joined(lambda x, skip: x + skip, list)
batch_wise = joined(lambda x, skip: torch.cat([x, skip], 0))
names = "first_in_first_out added_up skip_first skip_first_and_first_out always_the_last unused zeros skip_alone"
for name in (*names.split(), "added_first_out", "batch_wise"):
    globals()[name].__name__ = name


def first_block_only(x, skips, up):
    return up[0](both(x, skips[-1]))


def popped_at_the_front(x, skips, up):
    for block in up:
        x = block(both(x, skips.pop(0)))
    return x


def all_the_ups(x, skips, up):
    for block in reversed(up):
        x = block(both(x, skips.pop()))
    return x


def changes_the_skips(x, skips, up):
    for block in up:
        skip = skips.pop()
        x = block(both(x, skip.mul_(2) / 2))
    return x


def wrong_on_uneven_floors(x, skips, up):
    even = len({skip.shape for skip in skips}) == 1
    return way_up(x, skips, up) + (0 if even else 0.1)


def skips_from_above_resized(x, skips, up):
    for block, skip in zip(up, skips, strict=True):
        x = block(both(x, F.interpolate(skip, size=x.shape[-2:])))
    return x


def break_even_by_sums(c, s):
    per_place = {"convolutions": 2 * s * s * c * c, "1x1": 3 * c * c + c * c}
    return (per_place["convolutions"] - per_place["1x1"]) / (2 * c)


def break_even_by_search(c, s):
    n = 1
    while 4 * c**2 * n + 2 * c * n**2 < 2 * s**2 * c**2 * n:
        n += 1
    return n


def break_even_by_roots(c, s):
    return max(np.roots([2 * c, 4 * c**2 - 2 * s**2 * c**2, 0]).real)


def break_even_as_a_tensor(c, s):
    return torch.tensor(float(c)) * (s**2 - 2)


def no_1x1(c, s):
    return s * s * c


def no_last_1x1(c, s):
    return (2 * s * s - 3) * c / 2


def one_of_three(c, s):
    return (s**2 - 1) * c


def one_product(c, s):
    return 2 * c * (s**2 - 2)


def one_convolution(c, s):
    return c * (s**2 - 4) / 2


def s_taps(c, s):
    return (s - 2) * c


def c_for_c_squared(c, s):
    return s * s - 2


def its_side(c, s):
    return math.sqrt((s * s - 2) * c)


def cost_at_a_place(c, s):
    return 2 * s * s * c * c


def for_3x3_alone(c, s):
    return 7 * c


def no_number(c, s):
    return "7 c"


NO_TIMES = [0, -5, 1001, math.nan, "510", True, [510], torch.zeros(2), print]
WRONG_TIMES = [(t, f"at t = {t} it still says", f"t = {t} 时还是") for t in (10, 200, 470)]
WRONG_TIMES += [
    (t, f"falls below 0.5 earlier (at t = {t}: same", f"更早就低于 0.5 了（t = {t} 时 same") for t in (550, 700)
]
WRONG_TIMES += [
    (1000, "high again, for little is left to be found; it falls below", "又升高了，因为已没有多少可找；它更早就低于")
]
WRONG_TIMES += [(answer, "will not do", "不行") for answer in NO_TIMES]

RIGHT = {
    "05.turn": [by_addition, by_the_angle, with_complex_numbers, by_a_matrix, clock_by_clock, in_numpy],
    "05.block": [
        by_its_layers,
        by_split,
        with_own_silu,
        in_place_on_its_own,
        by_the_package_block,
        image_by_image,
        x_where_it_fits,
        with_plain_functions,
    ],
    "05.attention": [
        attention,
        by_einsums,
        scaled_first,
        largest_subtracted,
        by_torch,
        query_by_query,
        in_float64,
        attention_in_single,
        by_logsumexp,
        image_by_image_of_attention,
    ],
    "05.skips": [way_up, emptied, reversed_list, by_index, recursive, both_emptied],
    "05.walk": in_any_form(490, 510, 530),
    "05.paper": [break_even_by_sums, break_even_by_search, break_even_by_roots, break_even_as_a_tensor],
    "05.build": unets.RIGHT,
}

WRONG = {
    "05.turn": named(
        {
            turned_back: ("turned back", "往回拨"),
            without_frequencies: ("by s itself", "s 本身"),
            divided: ("divides by the frequency", "除以了频率"),
            added: ("angles that add", "能相加的是角度"),
            multiplied: ("has two terms", "有两项"),
            from_nought: ("reading at time s", "时刻 s 的读数"),
            unmoved: ("do not move", "没有动"),
            cosines_first: ("cosines come first", "余弦在前"),
            wrong_sign_in_the_cosine: ("cos cos − sin sin", "cos cos − sin sin"),
            wrong_sign_in_the_sine: ("sin cos + cos sin", "sin cos + cos sin"),
            by_asin: ("asin knows half", "asin 只认得半个圆"),
            by_acos: ("acos knows half", "acos 只认得半个圆"),
            taking_turns: ("sines and cosines in turn", "按一个正弦一个余弦取"),
            taking_turns_and_halves: ("sines and cosines in turn", "按一个正弦一个余弦取"),
            by_atan: ("atan knows half", "atan 只认得半个圆"),
            by_asin_and_acos: ("asin and acos know half", "都只认得半个圆"),
            only_sines: ("(5, 3)", "(5, 3)"),
            stacked: ("(2, 5, 3)", "(2, 5, 3)"),
            for_columns: ("RuntimeError", "RuntimeError"),
            turn_in_float32: ("float64", "float64"),
            changes_seen: ("changes seen", "改动了 seen"),
        }
    ),
    "05.block": named(
        {
            scale_alone: ("1 + scale", "1 + scale"),
            swapped_halves: ("swapped", "弄反"),
            only_shift: ("only the shift", "只用了 shift"),
            told_before_the_norm: ("before the norm", "归一化之前"),
            told_nothing: ("noise level is not used", "没有用到噪声水平"),
            no_silu: ("before the second convolution is missing", "第二层卷积之前漏了"),
            no_first_silu: ("before the first convolution is missing", "第一层卷积之前漏了"),
            raw_embedding: ("on the embedding is missing", "嵌入上漏了"),
            no_short_cut: ("short cut is left out", "漏了捷径"),
            x_itself: ("use `block.short_cut(x)`", "请用 `block.short_cut(x)`"),
            silu_after_the_sum: ("after the sum", "相加之后多了"),
            no_second_norm: ("second norm is missing", "漏了第二次归一化"),
            shifted_first: ("shifts first", "先平移"),
            scale_left_out_of_brackets: ("`conv2` is the first layer", "最先得到错误输入的一层是 `conv2`"),
            short_cut_alone: ("`norm1` is called 0 times", "`norm1` 用了 0 次"),
            without_axes: ("RuntimeError", "RuntimeError"),
            relu_instead: ("`conv1` is the first layer", "最先得到错误输入的一层是 `conv1`"),
            split_at_the_channels_of_x: ("RuntimeError", "RuntimeError"),
            changes_the_layers: ("block's own layers", "块里的层本身"),
            changes_x_through_the_short_cut: ("changes x", "改动了 x"),
            first_embedding_for_all: ("`scale_shift` is the first layer", "最先得到错误输入的一层是 `scale_shift`"),
            square_maps_only: ("`norm1` is the first layer", "最先得到错误输入的一层是 `norm1`"),
        }
    ),
    "05.attention": named(
        {
            no_root: ("√d is missing", "漏了 √d"),
            by_d: ("divides by d", "除以了 d"),
            times_root: ("multiplies by √d", "乘了 √d"),
            root_of_places: ("number of places", "位置数的平方根"),
            over_the_askers: ("places that ask", "提问的位置"),
            over_the_batch: ("over the batch", "沿批"),
            q_and_k_swapped: ("q and k are swapped", "q 与 k 弄反"),
            no_softmax: ("softmax is missing", "漏了 softmax"),
            by_sigmoid: ("sigmoid", "sigmoid"),
            not_normalised: ("do not sum to 1", "之和不为 1"),
            best_takes_all: ("takes all", "独占"),
            k_and_v_swapped: ("k and v are swapped", "k 与 v 弄反"),
            v_added: ("v is added", "又加了一次 v"),
            plain_mean: ("weigh the same", "一样重"),
            naive_exp: ("overflows", "溢出"),
            naive_exp_in_float64: ("overflows", "溢出"),
            largest_of_all_subtracted: ("largest of each row", "每一行的最大值"),
            clamped_logits: ("off by", "偏了"),
            divided_after: ("after the softmax", "softmax 之后"),
            only_backwards: ("no multiple of q kᵀ", "不是 q kᵀ 的倍数"),
            only_weights: ("(3, 9, 9)", "(3, 9, 9)"),
            summed_over_the_wrong_axis: ("do not sum to 1", "权重之和不为 1"),
            linear: ("no multiple of q kᵀ", "不是 q kᵀ 的倍数"),
            attention_in_float32: ("float64", "float64"),
            two_results: ("tuple", "tuple"),
        }
    ),
    "05.skips": named(
        {
            first_in_first_out: ("made first is used first", "先存的跳跃连接先用了"),
            popped_at_the_front: ("made first is used first", "先存的跳跃连接先用了"),
            added_up: ("that is a residual", "那是残差"),
            added_first_out: ("are added", "相加"),
            skip_first: ("wrong order", "次序反了"),
            skip_first_and_first_out: ("stands before x", "放在了 x 之前"),
            always_the_last: ("the same skip", "同一条"),
            unused: ("not used", "没有用到"),
            zeros: ("not used", "没有用到"),
            skip_alone: ("x is lost", "x 丢了"),
            batch_wise: ("shape", "形状"),
            first_block_only: ("1 of the 3 blocks", "3 个块只调用了 1 次"),
            all_the_ups: ("in another order", "块的次序不对"),
            changes_the_skips: ("changes the skips", "改动了跳跃连接"),
            wrong_on_uneven_floors: ("off by", "偏了"),
            skips_from_above_resized: ("made first is used first", "先存的跳跃连接先用了"),
        }
    ),
    "05.walk": named(WRONG_TIMES),
    "05.paper": named(
        {
            no_1x1: ("1x1 convolutions of attention are left out", "漏了注意力里的 1x1 卷积"),
            no_last_1x1: ("last 1x1 convolution", "最后那层 1x1 卷积"),
            one_of_three: ("three times c channels", "共 3 c 个通道"),
            one_product: ("two products", "两个涉及 n 乘 n 的乘积"),
            one_convolution: ("there are two convolutions", "卷积有两层"),
            s_taps: ("s² times", "s² 次"),
            c_for_c_squared: ("c² at a place", "每个位置 c² 次"),
            its_side: ("the side of the map", "特征图的边长"),
            cost_at_a_place: ("at each place", "在每个位置的代价"),
            for_3x3_alone: ("right for 3x3 convolutions alone", "只对 3x3 卷积成立"),
            no_number: ("not return a single number", "不是单个数"),
        }
    ),
    "05.build": named(unets.WRONG),
}
BLANK = {"05.build": [unets.Unwritten]}
HELD = {"05.build": unets.HELD}
