"""Lesson 12: right answers, each in its own way, and wrong ones, each as somebody might write it.

第 12 课：各有各写法的正确答案，以及可能有人写出的错误答案。
"""

import torch
import torch.nn.functional as F

from answers import low_rank_12, named
from course_utils.exercises.lesson_12.first_layer import WIDEN_MISTAKES
from course_utils.exercises.lesson_12.middle_square import CROP_MISTAKES
from course_utils.exercises.lesson_12.spread_of_steps import SPREAD_MISTAKES
from course_utils.exercises.lesson_12.to_minutes import MINUTES_MISTAKES

# The middle square.


def by_narrow(x):
    m = min(x.shape[-2:])
    for axis in (-2, -1):
        x = x.narrow(axis, (x.shape[axis] - m) // 2, m)
    return x


def the_other_middle(x):
    *_, h, w = x.shape
    m = min(h, w)
    t, s = (h - m + 1) // 2, (w - m + 1) // 2
    return x[..., t : t + m, s : s + m].clone()


def cut_on_both_sides(x):
    while x.shape[-1] != x.shape[-2]:
        axis = -1 if x.shape[-1] > x.shape[-2] else -2
        x = x.narrow(axis, 0, x.shape[axis] - 1)
        if x.shape[-1] != x.shape[-2]:
            x = x.narrow(axis, 1, x.shape[axis] - 1)
    return x


def by_negative_ends(x):
    h, w = x.shape[-2:]
    cut = abs(h - w)
    a, b = cut // 2, cut - cut // 2
    return x if not cut else x[..., a:-b, :] if h > w else x[..., a:-b]


def rounded_halves(x):
    h, w = x.shape[-2:]
    m = min(h, w)
    t, s = round((h - m) / 2), round((w - m) / 2)  # halves go to the even side, now up, now down
    return x[..., t : t + m, s : s + m]


def minus_nothing(x):
    h, w = x.shape[-2:]
    m = min(h, w)
    a, b = (h - m) // 2, (w - m) // 2
    return x[..., a:-a, b:-b]


def of_two_axes(x):
    h, w = x.shape
    return x[(h - w) // 2 :] if h > w else x[:, (w - h) // 2 :]


def upper_left(x):
    m = min(x.shape[-2:])
    return x[..., :m, :m]


def lower_right(x):
    m = min(x.shape[-2:])
    return x[..., -m:, -m:]


def only_high_ones(x):
    h, w = x.shape[-2:]
    m = min(h, w)
    return x[..., (h - m) // 2 : (h - m) // 2 + m, :m]


def squeezed(x):
    m = min(x.shape[-2:])
    flat = x.reshape(1, -1, *x.shape[-2:]).float()
    return F.interpolate(flat, (m, m)).reshape(*x.shape[:-2], m, m).to(x.dtype)


def padded(x):
    h, w = x.shape[-2:]
    return F.pad(x, (0, max(h - w, 0), 0, max(w - h, 0)))


def as_it_is(x):
    return x


def of_three_axes(x):
    _, h, w = x.shape
    m = min(h, w)
    return x[:, (h - m) // 2 : (h - m) // 2 + m, (w - m) // 2 : (w - m) // 2 + m]


def turned(x):
    return by_narrow(x).transpose(-1, -2)


def always_seven(x):
    return x[..., :7, :7]


WRONG_CROPS = {
    always_seven: ("a square of the shorter side, 6, is (3, 6, 6)", "以短边 6 为边的正方形是 (3, 6, 6)"),
    minus_nothing: ("which is empty", "那是空的"),
    of_two_axes: ("the last two are `x.shape[-2:]`", "最后两项是 `x.shape[-2:]`"),
    upper_left: ("the square at the upper left", "左上角的正方形"),
    lower_right: ("the square at the lower right", "右下角的正方形"),
    only_high_ones: ("wide pictures keep their left end", "横的图片留下了左端"),
    squeezed: ("departs from the truth", "与真值不符"),
    padded: ("the longer side", "取了长边"),
    as_it_is: ("nothing is cut off", "什么也没有切掉"),
    of_three_axes: ("values to unpack (expected 3)", "values to unpack (expected 3)"),
    turned: ("rows and columns are swapped", "行与列弄反了"),
}

# The first layer of a colour network.


def by_cat(weight, channels):
    return torch.cat([weight / channels] * channels, dim=1)


def by_expand(weight, channels):
    return (weight / channels).expand(-1, channels, -1, -1).clone()


def repeated(weight, channels):
    return weight.repeat(1, channels, 1, 1)


def first_alone(weight, channels):
    return torch.cat([weight, torch.zeros_like(weight).repeat(1, channels - 1, 1, 1)], dim=1)


def by_the_root(weight, channels):
    return weight.repeat(1, channels, 1, 1) / channels**0.5


def always_three(weight, channels):
    return weight.repeat(1, 3, 1, 1) / 3


def other_axis(weight, channels):
    return weight.repeat(channels, 1, 1, 1) / channels


WRONG_WIDENED = {
    repeated: ("repeated and not divided", "没有除"),
    first_alone: ("only the first channel is read", "只读了第一个通道"),
    by_the_root: ("divided by the root", "除的是平方根"),
    always_three: ("it should have (6, 2, 5, 5)", "应当是 (6, 2, 5, 5)"),
    other_axis: ("it should have (4, 3, 3, 3)", "应当是 (4, 3, 3, 3)"),
}

# The gradient of a large batch, in parts.


def by_indices(loss, x, at_once):
    n, told = len(x), []
    for i in range(0, n, at_once):
        value = loss(x[i : i + at_once]).sum()
        (value / n).backward()
        told.append(value.item())
    return sum(told) / n


def weighted_means(loss, x, at_once):
    total = torch.zeros(())
    for part in x.split(at_once):
        value = loss(part).mean() * (len(part) / len(x))
        value.backward()
        total = total + value.detach()
    return total


def one_by_one(loss, x, at_once):
    values = []
    for i in range(len(x)):
        value = loss(x[i : i + 1]).mean() / len(x)
        value.backward()
        values.append(value.item())
    return sum(values)


def mean_of_means(loss, x, at_once):
    parts, total = x.split(at_once), 0.0
    for part in parts:
        value = loss(part).mean() / len(parts)
        value.backward()
        total += value.item()
    return total


def not_divided(loss, x, at_once):
    total = 0.0
    for part in x.split(at_once):
        value = loss(part).mean()
        value.backward()
        total += value.item()
    return total


def sums(loss, x, at_once):
    total = 0.0
    for part in x.split(at_once):
        value = loss(part).sum()
        value.backward()
        total += value.item()
    return total / len(x)


def by_at_once(loss, x, at_once):
    parts, total = x.split(at_once), 0.0
    for part in parts:
        value = loss(part).sum() / (at_once * len(parts))
        value.backward()
        total += value.item()
    return total


def last_alone(loss, x, at_once):
    for part in x.split(at_once):
        loss.weight.grad = None
        value = loss(part).mean()
        value.backward()
    return value.item()


def back_at_the_end(loss, x, at_once):
    total = sum(loss(part).sum() for part in x.split(at_once)) / len(x)
    total.backward()
    return total.item()


def all_but_the_first_at_the_end(loss, x, at_once):
    first, *rest = x.split(at_once)
    (loss(first).sum() / len(x)).backward()
    later = [loss(part).sum() / len(x) for part in rest]
    for value in later:
        value.backward()
    return float(loss.values(x).mean().detach())


def all_but_the_last_together(loss, x, at_once):
    *most, last = x.split(at_once)
    told = 0.0
    for parts in filter(None, (most, [last])):
        value = sum(loss(part).sum() for part in parts) / len(x)
        value.backward()
        told += value.item()
    return told


def whole_batch(loss, x, at_once):
    value = loss(x).mean()
    value.backward()
    return value.item()


def whole_parts_alone(loss, x, at_once):
    total = 0.0
    for i in range(max(1, len(x) // at_once)):
        value = loss(x[i * at_once : (i + 1) * at_once]).sum() / len(x)
        value.backward()
        total += value.item()
    return total


def never_back(loss, x, at_once):
    return sum(loss(part).sum().item() for part in x.split(at_once)) / len(x)


def tells_the_last(loss, x, at_once):
    for part in x.split(at_once):
        value = loss(part).sum() / len(x)
        value.backward()
    return value.item()


def tells_nothing(loss, x, at_once):
    for part in x.split(at_once):
        (loss(part).sum() / len(x)).backward()


def with_its_graph(loss, x, at_once):
    total = 0.0
    for part in x.split(at_once):
        value = loss(part).sum() / len(x)
        value.backward()
        total = total + value
    return total


def never_asks(loss, x, at_once):
    return float(x.mean())


def half_parts(loss, x, at_once):
    total = 0.0
    for part in x.split(at_once):
        share = sum(loss(half).sum() for half in part.split(max(1, (at_once + 1) // 2))) / len(x)
        share.backward()
        total += share.item()
    return total


def all_graphs_kept(loss, x, at_once):
    shares = []
    for part in x.split(at_once):
        share = loss(part).sum() / len(x)
        share.backward(retain_graph=True)
        shares.append(share)
    return sum(share.item() for share in shares)


WRONG_PARTS = {
    all_graphs_kept: ("without `retain_graph`", "不要用 `retain_graph`"),
    mean_of_means: ("the mean of the parts' means", "各份均值的均值"),
    not_divided: ("added up and not divided", "没有再除"),
    sums: ("not divided by the number of images", "没有除以图像数"),
    by_at_once: ("at_once times the number of parts", "at_once 乘份数"),
    last_alone: ("only the last part counts", "只有最后一份算数"),
    back_at_the_end: ("7 images are held in memory at once", "内存里同时有 7 幅图像"),
    all_but_the_first_at_the_end: ("4 images are held in memory at once", "内存里同时有 4 幅图像"),
    all_but_the_last_together: ("6 images are held in memory at once", "内存里同时有 6 幅图像"),
    whole_batch: ("7 images go through the network at once", "一次有 7 幅图像经过网络"),
    whole_parts_alone: ("6 images are asked about in all", "一共问了 6 幅图像"),
    never_back: ("the weights get no gradient", "权重没有得到梯度"),
    tells_the_last: ("the gradient is right, but it returns", "梯度对了，但返回的是"),
    tells_nothing: ("not returned as one number", "没有返回这一批损失的均值"),
    with_its_graph: ("carries the graph", "还带着某一份的计算图"),
    never_asks: ("the loss is never asked", "从没有算过损失"),
}

# The share of a process.


def by_chunks(index, process, processes):
    return index.chunk(processes)[process]


def by_reshape(index, process, processes):
    return index.reshape(processes, -1)[process]


def by_a_mask(index, process, processes):
    return index[torch.arange(len(index)) % processes == process]


def cut_by_hand(index, process, processes):
    n = len(index) // processes
    return index[process * n : (process + 1) * n]


def all_of_it(index, process, processes):
    return index


def the_first_part(index, process, processes):
    return index[: len(index) // processes]


def counts_from_1(index, process, processes):
    n = len(index) // processes
    return index[(process - 1) * n : process * n]


def places_instead(index, process, processes):
    return torch.arange(process, len(index), processes)


def overlaps(index, process, processes):
    n = len(index) // processes
    return index[max(0, process * n - 1) : (process + 1) * n]


def drops_the_last(index, process, processes):
    return index[:-1][process::processes]


def swapped_numbers(index, process, processes):
    return index[processes :: process + 1]


def one_alone(index, process, processes):
    return int(index[process])


def uneven(index, process, processes):
    n = len(index) // processes + 1
    return index[process * n : (process + 1) * n] if len(index) > processes else index[process : process + 1]


def in_turn(index, process, processes, asked=[0]):  # noqa: B006 - it counts its calls
    asked[0] += 1
    return index[(asked[0] - 1) % processes :: processes]


WRONG_SHARES = {
    in_turn: ("a process that is asked again takes other images", "同一个进程再问一次"),
    all_of_it: ("every process takes the whole batch", "每个进程都取了整批"),
    the_first_part: ("all processes take the same images", "各进程取了同样的图像"),
    counts_from_1: ("nobody takes", "谁也没取"),
    places_instead: ("places in the batch", "批里的位置"),
    overlaps: ("taken twice", "取了两次"),
    drops_the_last: ("nobody takes", "谁也没取"),
    one_alone: ("it returns int", "返回的是 int"),
    uneven: ("the mean of the processes is no mean of the images", "对各进程取均值就不等于对图像取均值"),
}

# Minutes.


def step_by_step(operations, batch, steps, per_second):
    forward = operations * batch
    seconds = steps * (forward + 2 * forward) / per_second
    return seconds / 60


def by_the_hour(operations, batch, steps, per_second):
    return torch.tensor(3 * operations * batch * steps / (60 * per_second), dtype=torch.float64)


def forward_alone(operations, batch, steps, per_second):
    return operations * batch * steps / per_second / 60


def back_as_forward(operations, batch, steps, per_second):
    return 2 * operations * batch * steps / per_second / 60


def in_seconds(operations, batch, steps, per_second):
    return 3 * operations * batch * steps / per_second


def in_hours(operations, batch, steps, per_second):
    return 3 * operations * batch * steps / per_second / 3600


def without_the_batch(operations, batch, steps, per_second):
    return 3 * operations * steps / per_second / 60


def to_two_places(operations, batch, steps, per_second):
    return round(3 * operations * batch * steps / per_second / 60, 2)


def times_the_speed(operations, batch, steps, per_second):
    return 3 * operations * batch * steps * per_second / 60


WRONG_MINUTES = {
    times_the_speed: ("multiplied by the speed of the machine", "乘了机器的速度"),
    to_two_places: ("it is rounded to two places", "只留了两位小数"),
    forward_alone: ("only the way forward is counted", "只算了前向"),
    back_as_forward: ("the way back is counted once", "反向只算了一份"),
    in_seconds: ("these are seconds", "这是秒数"),
    in_hours: ("these are hours", "这是小时数"),
    without_the_batch: ("the batch is missing", "漏了批的大小"),
}

# The spread of the steps.


def step_after_step(rate, sigma, batch, n):
    return sum(rate**2 * sigma**2 / batch for _ in range(n // batch))


def by_the_root(rate, sigma, batch, n):
    return torch.tensor(rate * sigma / batch * n**0.5, dtype=torch.float64) ** 2


def a_single_step(rate, sigma, batch, n):
    return (rate * sigma) ** 2 / batch


def n_steps(rate, sigma, batch, n):
    return n * (rate * sigma) ** 2 / batch


def noise_of_one_picture(rate, sigma, batch, n):
    return n / batch * rate**2 * sigma**2


def deviations_added_up(rate, sigma, batch, n):
    return (n / batch * rate * sigma / batch**0.5) ** 2


def its_root(rate, sigma, batch, n):
    return n**0.5 * rate * sigma / batch


def the_mean(rate, sigma, batch, n):
    return n / batch * rate


def to_four_digits(rate, sigma, batch, n):
    return float(f"{n * (rate * sigma / batch) ** 2:.4g}")


def off_for_large_batches(rate, sigma, batch, n):
    return n * (rate * sigma / batch) ** 2 * (1.004 if batch == 250 else 1)


WRONG_SPREADS = {
    to_four_digits: ("departs from the truth", "与真值不符"),
    off_for_large_batches: ("in 1 of 4 trials", "4 次试验中有 1 次"),
    a_single_step: ("the variance of a single step", "这是一步的方差"),
    n_steps: ("one division by the batch is missing", "少除了一遍批的大小"),
    noise_of_one_picture: ("one division by the batch is missing", "少除了一遍批的大小"),
    deviations_added_up: ("standard deviations are added up", "把标准差加了起来"),
    its_root: ("this is the standard deviation", "这是标准差"),
    the_mean: ("this is the mean of the way", "这是坡度为 1 时位移的均值"),
}

RIGHT = {
    "12.crop": [by_narrow, the_other_middle, cut_on_both_sides, by_negative_ends, rounded_halves],
    "12.widen": [by_cat, by_expand],
    "12.build": low_rank_12.RIGHT,
    "12.accumulate": [half_parts, by_indices, weighted_means, one_by_one],
    "12.share": [by_chunks, by_reshape, by_a_mask, cut_by_hand],
    "12.minutes": [step_by_step, by_the_hour],
    "12.spread": [step_after_step, by_the_root],
}
WRONG = {
    "12.crop": named(WRONG_CROPS),
    "12.widen": named(WRONG_WIDENED),
    "12.build": named(low_rank_12.WRONG),
    "12.accumulate": named(WRONG_PARTS),
    "12.share": named(WRONG_SHARES),
    "12.minutes": named(WRONG_MINUTES),
    "12.spread": named(WRONG_SPREADS),
}
BLANK = {"12.build": low_rank_12.BLANK}
HELD = {"12.build": low_rank_12.HELD}
MISTAKES = {
    "12.crop": CROP_MISTAKES,
    "12.widen": WIDEN_MISTAKES,
    "12.minutes": MINUTES_MISTAKES,
    "12.spread": SPREAD_MISTAKES,
}
