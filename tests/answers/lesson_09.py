"""Lesson 09: right answers, each in its own way, and wrong ones, each as somebody might write it.

第 09 课：各有各写法的正确答案，以及可能有人写出的错误答案。
"""

import math

import numpy as np
import torch

from answers import in_any_form, named, reports_09
from course_utils import metrics
from course_utils.estimates import extrapolated
from course_utils.exercises.lesson_09.best import APART_MISTAKES, BEST_MISTAKES
from course_utils.exercises.lesson_09.frechet import FRECHET_MISTAKES
from course_utils.exercises.lesson_09.limit import LIMIT_MISTAKES
from course_utils.exercises.lesson_09.memorised import MEMORISED_MISTAKES
from course_utils.exercises.lesson_09.sliders import ENOUGH, HALF
from course_utils.exercises.lesson_09.support import SUPPORT_MISTAKES
from course_utils.experiments.reports import PATIENTS
from course_utils.neighbours import nearest, support

# The Fréchet distance, right and wrong.


def centred(x):
    return x.double() - x.double().mean(0)


def by_the_package(a, b):
    return metrics.frechet_distance(a, b)


def by_eigenvalues_of_the_product(a, b):
    A, B = (torch.cov(x.double().T) for x in (a, b))
    shared = torch.linalg.eigvals(A @ B).real.clamp(min=0).sqrt().sum()
    return ((a.double().mean(0) - b.double().mean(0)) ** 2).sum() + A.trace() + B.trace() - 2 * shared


def by_singular_values(a, b):
    """tr (A B)^(1/2) is the sum of the singular values of the crossed clouds."""
    x, y = (centred(c) / (len(c) - 1) ** 0.5 for c in (a, b))
    apart = a.double().mean(0) - b.double().mean(0)
    shared = torch.linalg.svdvals(x @ y.T).sum()
    return float(apart @ apart + x.square().sum() + y.square().sum() - 2 * shared)


def by_numpy(a, b):
    a, b = a.double().numpy(), b.double().numpy()
    A, B = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(A)
    half = vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(half @ B @ half), 0)).sum()
    return np.square(a.mean(0) - b.mean(0)).sum() + np.trace(A) + np.trace(B) - 2 * shared


def made_of(root_of):
    """A distance whose shared term is root_of(A, B)."""

    def answer(a, b):
        a, b = a.double(), b.double()
        A, B = torch.cov(a.T), torch.cov(b.T)
        return float((a.mean(0) - b.mean(0)).square().sum() + (A + B).trace() - 2 * root_of(A, B))

    answer.__name__ = root_of.__name__
    return answer


def root(matrix, least=0.0):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp(min=least).sqrt()) @ vectors.T


def entry_by_entry(A, B):
    return (A @ B).clamp(min=0).sqrt().trace()


def entry_by_entry_of_A(A, B):
    return (A.sqrt() @ B @ A.sqrt()).sqrt().trace()


def entry_by_entry_where_it_can(A, B):
    half = A.clamp(min=0).sqrt()
    return (half @ B @ half).clamp(min=0).sqrt().trace()


def the_root_of_an_entrywise_one(A, B):
    half = A.clamp(min=0).sqrt()
    return root(half @ B @ half).trace()


def eigenvalues_of_an_entrywise_one(A, B):
    return torch.linalg.eigvalsh(A.sqrt() @ B @ A.sqrt()).clamp(min=0).sqrt().sum()


def by_diagonals(A, B):
    return (A.diagonal() * B.diagonal()).sqrt().sum()


def of_the_symmetric_part(A, B):
    product = A @ B
    return root((product + product.T) / 2).trace()


def of_one_half(A, B):
    return torch.linalg.eigvalsh(A @ B).clamp(min=0).sqrt().sum()


def two_roots(A, B):
    return (root(A) @ root(B)).trace()


def unclamped(A, B):
    return torch.linalg.eigvals(A @ B).real.sqrt().sum()


def unclamped_twice(A, B):
    half = root(A, -math.inf)
    return torch.linalg.eigvalsh(half @ B @ half).sqrt().sum()


def no_root(A, B):
    return (A @ B).trace()


def half_of_it(A, B):
    return made_root(A, B) / 2


def made_root(A, B):
    half = root(A)
    return root(half @ B @ half).trace()


def absolute_values(A, B):
    return torch.linalg.eigvals(A @ B).abs().sum()


def without_the_means(a, b):
    return made_of(made_root)(a - a.mean(0), b - b.mean(0))


def mean_not_squared(a, b):
    return without_the_means(a, b) + float((a.mean(0) - b.mean(0)).norm())


def divided_by_n(a, b):
    a, b = a.double(), b.double()
    A, B = torch.cov(a.T, correction=0), torch.cov(b.T, correction=0)
    return float((a.mean(0) - b.mean(0)).square().sum() + (A + B).trace() - 2 * made_root(A, B))


def in_its_own_type(a, b):
    A, B = torch.cov(a.T), torch.cov(b.T)
    return float((a.mean(0) - b.mean(0)).square().sum() + (A + B).trace() - 2 * made_root(A, B))


def transposed(a, b):
    A, B = torch.cov(a.double()), torch.cov(b.double())
    return float((a.mean(1) - b.mean(1)).square().sum() + (A + B).trace() - 2 * made_root(A, B))


def rooted(a, b):
    return max(by_numpy(a, b), 0.0) ** 0.5


def complex_root(a, b):
    values, vectors = torch.linalg.eig(torch.cov(a.double().T) @ torch.cov(b.double().T))
    shared = values.sqrt().sum()
    return (a.double().mean(0) - b.double().mean(0)).square().sum() + a.double().var(0).sum() + b.double().var(0).sum() - 2 * shared  # fmt: skip


def in_deviations(a, b):
    a, b = a.double(), b.double()
    s, t = a.std(0), b.std(0)
    return float((a.mean(0) - b.mean(0)).square().sum() + (s + t - 2 * (s * t).sqrt()).sum())


def changes_a(a, b):
    a -= a.mean(0)
    return by_numpy(a, b)


WRONG_DISTANCES = [
    (made_of(entry_by_entry), "the root is taken of each entry", "对 A B 的各个元素做的"),
    (made_of(entry_by_entry_of_A), "each entry's root", "逐元素开方"),
    (made_of(entry_by_entry_where_it_can), "each entry's root", "逐元素开方"),
    (made_of(the_root_of_an_entrywise_one), "each entry's root", "逐元素开方"),
    (made_of(eigenvalues_of_an_entrywise_one), "each entry's root", "逐元素开方"),
    (made_of(by_diagonals), "only the variances are compared", "只逐个特征地比了方差"),
    (made_of(of_the_symmetric_part), "its symmetric part", "对称部分"),
    (made_of(of_one_half), "reads one half of it only", "只读它的一半"),
    (made_of(two_roots), "only where the two commute", "可交换"),
    (made_of(unclamped), "`clamp(min=0)` first", "先 `clamp(min=0)`"),
    (made_of(unclamped_twice), "`clamp(min=0)` first", "先 `clamp(min=0)`"),
    (made_of(no_root), "the root is missing", "漏了开方"),
    (made_of(half_of_it), "the 2 is missing", "漏了 2"),
    (made_of(absolute_values), "the root is missing", "漏了开方"),
    (without_the_means, "the means are not compared", "没有比较均值"),
    (mean_not_squared, "is not squared", "没有平方"),
    (divided_by_n, "n − 1 are free", "自由的只有 n − 1 个"),
    (in_its_own_type, "in float32 the small eigenvalues drown", "淹没在舍入误差中"),
    (transposed, "the axes are swapped", "轴弄反了"),
    (rooted, "this is the root of the distance", "所求距离的平方根"),
    (complex_root, "it returns a complex number", "返回的是复数"),
    (in_deviations, "standard deviations stand where", "用了标准差"),
    (changes_a, "it changes a itself", "改动了 a 本身"),
]

# Crowds of the same moments, right and wrong.


def coloured(z, real):
    """z, brought to the real mean and covariance."""
    z = z.double() - z.double().mean(0)
    has, wanted = (torch.linalg.cholesky(torch.cov(x.double().T)) for x in (z, real))
    return (z @ torch.linalg.inv(has).T @ wanted.T + real.double().mean(0)).to(real.dtype)


def drawn(real, generator):
    return torch.randn(real.shape, generator=generator, dtype=real.dtype)


def gaussian(real, generator):
    return coloured(drawn(real, generator), real)


def on_a_square(real, generator):
    return coloured(torch.rand(real.shape, generator=generator, dtype=real.dtype), real)


def two_on_each_axis(real, generator):
    i = torch.arange(len(real)) % 4
    return coloured(torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]])[i], real)


def one_spot_and_a_few_far_off(real, generator):
    z = drawn(real, generator) * 0.01
    z[: len(z) // 10] *= 1000
    return coloured(z, real)


def by_symmetric_roots(real, generator):
    def power(x, p):
        values, vectors = torch.linalg.eigh(torch.cov(x.double().T))
        return (vectors * values**p) @ vectors.T

    z = drawn(real, generator).double()
    return ((z - z.mean(0)) @ power(z, -0.5) @ power(real, 0.5) + real.double().mean(0)).to(real.dtype)


def a_copy(real, generator):
    return real.clone()


def in_another_order(real, generator):
    return real[torch.randperm(len(real), generator=generator)]


def shifted(real, generator):
    return real + 0.5


def mirrored(real, generator):
    return 2 * real.mean(0) - real


def turned(real, generator):
    wanted = torch.linalg.cholesky(torch.cov(real.double().T))
    z = torch.linalg.solve_triangular(wanted, (real.double() - real.double().mean(0)).T, upper=False).T
    z = z @ torch.tensor([[0.0, -1], [1, 0]]).double()
    return (z @ wanted.T + real.double().mean(0)).to(real.dtype)


def jittered(real, generator):
    return coloured(real + 0.05 * drawn(real, generator), real)


def merely_drawn(real, generator):
    return drawn(real, generator) @ torch.linalg.cholesky(torch.cov(real.T)).T + real.mean(0)


def by_deviations(real, generator):
    i = torch.arange(len(real)) % 4
    z = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]], dtype=real.dtype)[i]
    return (z - z.mean(0)) / z.std(0) * real.std(0) + real.mean(0)


def drawn_by_deviations(real, generator):
    return real.mean(0) + real.std(0) * drawn(real, generator)


def white(real, generator):
    z = drawn(real, generator)
    return coloured(z, coloured_white(z)) + real.mean(0)


def coloured_white(z):
    z = z.double() - z.double().mean(0)
    return z @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(z.T))).T


def transposed_colour(real, generator):
    z = coloured_white(drawn(real, generator))
    return (z @ torch.linalg.cholesky(torch.cov(real.double().T)) + real.double().mean(0)).to(real.dtype)


def covariance_for_its_root(real, generator):
    z = coloured_white(drawn(real, generator))
    return (z @ torch.cov(real.double().T) + real.double().mean(0)).to(real.dtype)


def mixed_divisors(real, generator):
    z = drawn(real, generator).double()
    z = z - z.mean(0)
    has = torch.linalg.cholesky(torch.cov(z.T, correction=0))
    wanted = torch.linalg.cholesky(torch.cov(real.double().T))
    return (z @ torch.linalg.inv(has).T @ wanted.T + real.double().mean(0)).to(real.dtype)


def not_centred(real, generator):
    z = drawn(real, generator).double() + 3
    has, wanted = (torch.linalg.cholesky(torch.cov(x.double().T)) for x in (z, real))
    return (z @ torch.linalg.inv(has).T @ wanted.T + real.double().mean(0)).to(real.dtype)


def draws_for_itself(real, generator):
    return coloured(torch.randn_like(real), real)


def seeds_for_itself(real, generator):
    torch.manual_seed(0)
    return coloured(torch.randn_like(real), real)


def seeds_numpy(real, generator):
    np.random.seed(7)
    return coloured(torch.from_numpy(np.random.randn(*real.shape)).to(real.dtype), real)


def half_as_many(real, generator):
    return gaussian(real, generator)[::2]


def always_double(real, generator):
    return gaussian(real.double(), generator)


WRONG_DOUBLES = {
    a_copy: ("the real points themselves", "真实的点"),
    in_another_order: ("the real points themselves", "真实的点"),
    shifted: ("the mean is off", "均值却偏了"),
    mirrored: ("must be", "四分之一"),
    turned: ("must be", "四分之一"),
    jittered: ("must be", "四分之一"),
    drawn_by_deviations: ("the correlation of the two is missing", "漏了两个坐标的相关"),
    merely_drawn: ("right but for chance", "偶然误差之内"),
    by_deviations: ("independent of each other", "互不相关"),
    white: ("has the covariance I", "协方差是 I"),
    transposed_colour: ("the transpose", "转置"),
    covariance_for_its_root: ("the covariance itself", "协方差本身"),
    mixed_divisors: ("the other by n − 1", "除以了 n − 1"),
    not_centred: ("the mean is off", "均值却偏了"),
    draws_for_itself: ("random numbers of its own", "另抽了随机数"),
    seeds_for_itself: ("a seed of its own", "它自己设了种子"),
    seeds_numpy: ("a seed of its own", "它自己设了种子"),
    half_as_many: ("it should be (240, 2)", "应当是 (240, 2)"),
    always_double: ("it should be (300, 2) torch.float32", "应当是 (300, 2) torch.float32"),
}

# The limit of a distance, right and wrong.


def by_the_packages_line(sizes, distances):
    if len(sizes) < 3:
        return by_polyfit(sizes, distances)
    return extrapolated(sizes, distances).value


def by_polyfit(sizes, distances):
    return np.polyfit(1 / np.array(sizes), distances, 1)[1]


def by_a_table(sizes, distances):
    table = torch.tensor([[1.0, 1 / n] for n in sizes], dtype=torch.float64)
    return torch.linalg.lstsq(table, torch.tensor(distances, dtype=torch.float64)[:, None]).solution[0]


def in_plain_sums(sizes, distances):
    k, x = len(sizes), [1 / n for n in sizes]
    sx, sy = sum(x), sum(distances)
    sxx, sxy = sum(u * u for u in x), sum(u * v for u, v in zip(x, distances, strict=True))
    return (sxx * sy - sx * sxy) / (k * sxx - sx**2)


def line_in_n(sizes, distances):
    return np.polyfit(sizes, distances, 1)[1]


def line_in_one_over_root(sizes, distances):
    return np.polyfit(np.array(sizes) ** -0.5, distances, 1)[1]


def the_last(sizes, distances):
    return distances[-1]


def of_the_most(sizes, distances):
    return distances[sizes.index(max(sizes))]


def mean_product(sizes, distances):
    return np.mean(np.array(sizes) * distances)


def the_slope(sizes, distances):
    return np.polyfit(1 / np.array(sizes), distances, 1)[0]


def richardson(sizes, distances):
    (n, a), *_, (m, b) = sorted(zip(sizes, distances, strict=True), key=lambda pair: pair[0])
    return (m * b - n * a) / (m - n)


def axes_swapped(sizes, distances):
    slope, at = np.polyfit(distances, 1 / np.array(sizes), 1)
    return -at / slope


def fitting_the_product(sizes, distances):
    return np.polyfit(sizes, np.array(sizes) * distances, 1)[0]


def weighted_by_n(sizes, distances):
    return np.polyfit(1 / np.array(sizes), distances, 1, w=np.sqrt(sizes))[1]


def whole_division(sizes, distances):
    return np.polyfit([1000 // n for n in sizes], distances, 1)[1]


def a_parabola(sizes, distances):
    table = torch.tensor([[1.0, 1 / n, 1 / n**2] for n in sizes], dtype=torch.float64)
    return (torch.linalg.pinv(table) @ torch.tensor(distances, dtype=torch.float64))[0]


def both_numbers(sizes, distances):
    return np.polyfit(1 / np.array(sizes), distances, 1)


def sorting_in_place(sizes, distances):
    distances.sort()
    sizes.sort(reverse=True)
    return by_polyfit(sizes, distances)


def overwriting(sizes, distances):
    for i, n in enumerate(sizes):
        sizes[i] = 1 / n
    return np.polyfit(sizes, distances, 1)[1]


WRONG_LIMITS = {
    sorting_in_place: ("it changes sizes itself", "它改动了 sizes 本身"),
    overwriting: ("it changes sizes itself; write `sorted(x)`", "它改动了 sizes 本身"),
    line_in_n: ("this is the line in n, at n = 0", "这是对 n 的直线"),
    line_in_one_over_root: ("the line in 1/√n", "对 1/√n 的直线"),
    the_last: ("the last distance in the list", "列表里最后一个距离"),
    of_the_most: ("the distance at the largest n", "n 最大处的距离"),
    mean_product: ("the mean of n times the distance", "n 乘距离的均值"),
    the_slope: ("the slope of the line", "直线的斜率"),
    richardson: ("two of the points", "只过两个点"),
    axes_swapped: ("the axes are swapped", "轴弄反了"),
    fitting_the_product: ("large n outweigh", "压倒了其余的"),
    weighted_by_n: ("weighted by n", "以 n 加权"),
    whole_division: ("departs from the truth", "与真值不符"),
    a_parabola: ("departs from the truth", "与真值不符"),
    both_numbers: ("not return a single number", "不是单个数"),
}

# The share of what was learned by heart, right and wrong.


def by_squares(samples, training, unseen):
    n = min(len(training), len(unseen))
    s = samples.flatten(1)

    def least(images):
        return (s[:, None] - images[:n].flatten(1)).square().sum(2).amin(1)

    known, new = least(training), least(unseen)
    return ((known < new).sum() + 0.5 * (known == new).sum()) / len(samples)


def by_signs(samples, training, unseen):
    n = min(len(training), len(unseen))
    gap = nearest(samples, unseen[:n]).distance - nearest(samples, training[:n]).distance
    return ((1 + gap.sign()) / 2).mean()


def one_by_one(samples, training, unseen):
    n, points = min(len(training), len(unseen)), 0.0
    for x in samples:
        known, new = (min(float((x - y).norm()) for y in images[:n]) for images in (training, unseen))
        points += 0.5 if known == new else float(known < new)
    return points / len(samples)


def by_one_search(samples, training, unseen):
    n = min(len(training), len(unseen))
    distance = torch.cdist(samples.flatten(1), torch.cat([training[:n], unseen[:n]]).flatten(1))
    least = distance.amin(1, keepdim=True)
    known, new = ((part == least).any(1).double() for part in distance.split(n, 1))
    return float((0.5 + known / 2 - new / 2).mean())


def shares(samples, training, unseen, tie=0.5, cut=None, of=torch.amin):
    n = min(len(training), len(unseen)) if cut is None else cut
    known, new = (of(torch.cdist(samples.flatten(1), x[:n].flatten(1)), 1) for x in (training, unseen))
    return float(((known < new).double() + tie * (known == new)).mean())


def as_they_come(samples, training, unseen):
    return shares(samples, training, unseen, cut=10**9)


def as_they_come_without_ties(samples, training, unseen):
    return shares(samples, training, unseen, tie=0, cut=10**9)


def ties_lost(samples, training, unseen):
    return shares(samples, training, unseen, tie=0)


def ties_won(samples, training, unseen):
    return shares(samples, training, unseen, tie=1)


def wrong_way_round(samples, training, unseen):
    return shares(samples, unseen, training)


def by_mean_distances(samples, training, unseen):
    return shares(samples, training, unseen, of=torch.mean)


def at_random(samples, training, unseen):
    n = min(len(training), len(unseen))
    return shares(samples, training[torch.randperm(len(training))[:n]], unseen[torch.randperm(len(unseen))[:n]])


def image_by_image(samples, training, unseen):
    n = min(len(training), len(unseen))
    known, new = (torch.cdist(x[:n].flatten(1), samples.flatten(1)).amin(1) for x in (training, unseen))
    return float(((known < new).double() + 0.5 * (known == new)).mean())


def exact_copies(samples, training, unseen):
    n = min(len(training), len(unseen))
    return float((nearest(samples, training[:n]).distance == 0).double().mean())


def not_flattened(samples, training, unseen):
    n = min(len(training), len(unseen))
    return float(
        (torch.cdist(samples, training[:n]).amin(1) < torch.cdist(samples, unseen[:n]).amin(1)).double().mean()
    )


def ratio_of_means(samples, training, unseen):
    n = min(len(training), len(unseen))
    return float(nearest(samples, training[:n]).distance.mean() / nearest(samples, unseen[:n]).distance.mean())


def in_per_cent(samples, training, unseen):
    return 100 * by_squares(samples, training, unseen)


def one_each(samples, training, unseen):
    n = min(len(training), len(unseen))
    return (nearest(samples, training[:n]).distance < nearest(samples, unseen[:n]).distance).double()


WRONG_SHARES = {
    as_they_come: ("the two sets are not equally large", "两组图像不一样多"),
    ties_lost: ("ties count as not memorised", "相等算成了没有背下来"),
    ties_won: ("ties count as memorised", "相等算成了背下来"),
    wrong_way_round: ("the wrong way round", "数反了"),
    by_mean_distances: ("mean distances to the sets", "平均距离"),
    at_random: ("random numbers of its own", "另抽了随机数"),
    image_by_image: ("taken over the samples", "沿样本取的"),
    exact_copies: ("only exact copies", "一模一样的副本"),
    not_flattened: ("compared as a whole", "要整幅相比"),
    as_they_come_without_ties: ("two things at once", "有两处"),
    ratio_of_means: ("a ratio of mean distances", "平均距离之比"),
    in_per_cent: ("in per cent", "百分数"),
    one_each: ("not return a single number", "不是单个数"),
}

# Precision and recall, right and wrong.


def by_the_packages_support(real, made, k):
    found = support(real, made, k)
    return found.precision, found.recall


def by_kthvalue(real, made, k):
    between = torch.cdist(real, made)
    reach_real = torch.cdist(real, real).kthvalue(k + 1).values
    reach_made = torch.cdist(made, made).kthvalue(k + 1).values
    return torch.stack([(between <= reach_real[:, None]).any(0).float().mean(), (between <= reach_made).any(1).float().mean()])  # fmt: skip


def without_the_diagonal(real, made, k):
    def share(centres, points):
        own = torch.cdist(centres, centres)
        own.fill_diagonal_(math.inf)
        reach = own.topk(k, largest=False).values[:, -1]
        return ((torch.cdist(points, centres) - reach).amin(1) <= 0).double().mean().item()

    return [share(real, made), share(made, real)]


def ball_by_ball(real, made, k):
    def share(centres, points):
        inside = 0
        reach = [sorted(float((c - other).norm()) for other in centres)[k] for c in centres]
        for x in points:
            inside += any(float((x - c).norm()) <= r for c, r in zip(centres, reach, strict=True))
        return inside / len(points)

    return share(real, made), share(made, real)


def by_numpy_after_centring(real, made, k):
    real, made = ((x - real.mean(0)).numpy() for x in (real, made))

    def share(centres, points):
        reach = np.sort(np.linalg.norm(centres[:, None] - centres, axis=2), axis=1)[:, k]
        return (np.linalg.norm(points[:, None] - centres, axis=2) <= reach).any(1).mean()

    return np.array([share(real, made), share(made, real)])


def by_products(real, made, k):
    """Squared distances by |x|^2 - 2 x.y + |y|^2, as one who saves memory writes it."""

    def squares(a, b):
        a, b = a.double(), b.double()
        return a.square().sum(1)[:, None] - 2 * a @ b.T + b.square().sum(1)

    def share(centres, points):
        return (squares(points, centres) <= squares(centres, centres).sort(1).values[:, k]).any(1).double().mean()

    return [share(real, made), share(made, real)]


def balls(real, made, k, place=0, reach_of=lambda reach: reach, inside=lambda x: x.any(1)):
    def share(centres, points):
        reach = reach_of(torch.cdist(centres, centres).sort(dim=1).values[:, k + place])
        return float(inside(torch.cdist(points, centres) <= reach).double().mean())

    return share(real, made), share(made, real)


def without_the_edge(real, made, k):
    def share(centres, points):
        reach = torch.cdist(centres, centres).kthvalue(k + 1).values
        return float((torch.cdist(points, centres) < reach).any(1).double().mean())

    return share(real, made), share(made, real)


def itself_counted(real, made, k):
    return balls(real, made, k, -1)


def one_too_many(real, made, k):
    return balls(real, made, k, 1)


def roles_swapped(real, made, k):
    return balls(made, real, k)


def median_radius(real, made, k):
    return balls(real, made, k, reach_of=lambda reach: reach.median())


def largest_radius(real, made, k):
    return balls(real, made, k, reach_of=lambda reach: reach.max())


def in_all_balls(real, made, k):
    return balls(real, made, k, inside=lambda x: x.all(1))


def nearest_ball_only(real, made, k):
    def share(centres, points):
        reach = torch.cdist(centres, centres).sort(dim=1).values[:, k]
        found = nearest(points, centres)
        return float((found.distance <= reach[found.index]).double().mean())

    return share(real, made), share(made, real)


def own_radius(real, made, k):
    def share(centres, points):
        reach = torch.cdist(points, points).sort(dim=1).values[:, k]
        return float((torch.cdist(points, centres).amin(1) <= reach).double().mean())

    return share(real, made), share(made, real)


def radius_across(real, made, k):
    def share(centres, points):
        reach = torch.cdist(centres, points).sort(dim=1).values[:, k - 1]
        return float((torch.cdist(points, centres) <= reach).any(1).double().mean())

    return share(real, made), share(made, real)


def density_and_coverage(real, made, k):
    return support(real, made, k)[2:]


def coverage_for_recall(real, made, k):
    found = support(real, made, k)
    return found.precision, found.coverage


def by_distance_above_zero(real, made, k):
    def share(centres, points):
        own = torch.cdist(centres, centres)
        own[own == 0] = math.inf
        return float((torch.cdist(points, centres) <= own.sort(dim=1).values[:, k - 1]).any(1).double().mean())

    return share(real, made), share(made, real)


def precision_alone(real, made, k):
    return balls(real, made, k)[0]


def all_four(real, made, k):
    return support(real, made, k)


WRONG_SUPPORTS = {
    without_the_edge: ("on the very edge of a ball", "恰在球面上"),
    itself_counted: ("the point itself is counted", "样本自己也算作了邻居"),
    one_too_many: ("k is one too large", "k 大了 1"),
    roles_swapped: ("are swapped", "弄反了"),
    median_radius: ("the median", "中位数"),
    largest_radius: ("the largest", "最大的"),
    in_all_balls: ("in all balls", "落在所有的球里"),
    nearest_ball_only: ("only the ball of the nearest", "只看了最近那个样本的球"),
    own_radius: ("about the wrong cloud", "球的中心弄错了"),
    radius_across: ("of the other cloud", "到另一团中"),
    density_and_coverage: ("density and coverage", "密度与覆盖率"),
    coverage_for_recall: ("the second is coverage", "第二个是覆盖率"),
    by_distance_above_zero: ("copies are left out", "把副本连同样本自己一起去掉了"),
    precision_alone: ("not two numbers", "不是两个数"),
    all_four: ("not two numbers", "不是两个数"),
}

# The best discriminator, right and wrong.


def by_a_softmax(log_p, log_q):
    return lambda x: torch.stack([log_p(x), log_q(x)]).softmax(0)[0]


def by_the_larger(log_p, log_q):
    def discriminate(x):
        p, q = log_p(x), log_q(x)
        least = torch.maximum(p, q)
        p, q = (p - least).exp(), (q - least).exp()
        return p / (p + q)

    return discriminate


def by_logaddexp(log_p, log_q):
    def discriminate(x):
        p, q = log_p(x), log_q(x)
        return torch.exp(p - torch.logaddexp(p, q))

    return discriminate


def by_one_minus(log_p, log_q):
    return lambda x: 1 - 1 / (1 + (log_p(x) - log_q(x)).exp())  # inf in the divisor is no harm


class Discriminating:
    def __init__(self, log_p, log_q):
        self.log_p, self.log_q = log_p, log_q

    def __call__(self, x):
        return 1 / (1 + (self.log_q(x) - self.log_p(x)).exp())


def of_both(mix):
    """A discriminator that is mix(log p, log q)."""

    def answer(log_p, log_q):
        return lambda x: mix(log_p(x), log_q(x))

    answer.__name__ = mix.__name__
    return answer


def by_densities(p, q):
    return p.exp() / (p.exp() + q.exp())


def kept_from_zero(p, q):
    return p.exp() / (p.exp() + q.exp() + 1e-8)


def filled_in(p, q):
    return by_densities(p, q).nan_to_num(0.5)


def by_the_ratio(p, q):
    return (p - q).exp() / (1 + (p - q).exp())


def ratio_filled_in(p, q):
    return by_the_ratio(p, q).nan_to_num()


def clamped_to_10(p, q):
    return (p - q).clamp(-10, 10).sigmoid()


def swapped_densities(p, q):
    return torch.sigmoid(q - p)


def logit(p, q):
    return p - q


def ratio(p, q):
    return (p - q).exp()


def of_logarithms(p, q):
    return p / (p + q)


def likelier(p, q):
    return (p > q).to(p.dtype)


def over_the_batch(p, q):
    return (p - q).softmax(0)


def data_alone(p, q):
    return p.sigmoid()


def always_half(p, q):
    return torch.full_like(p, 0.5)


def halved_difference(p, q):
    return ((p - q) / 2).sigmoid()


def of_the_functions(log_p, log_q):
    return torch.sigmoid(log_p - log_q)


def at_no_place(log_p, log_q):
    return 0.5


def one_number(log_p, log_q):
    return lambda x: torch.sigmoid((log_p(x) - log_q(x)).mean())


WRONG_DISCRIMINATORS = [
    (of_both(by_densities), "both densities round to 0", "都舍入成 0"),
    (of_both(kept_from_zero), "a small number below", "分母上加一个小数"),
    (of_both(filled_in), "½ is put there", "于是填了 ½"),
    (of_both(by_the_ratio), "it overflows: where log p − log q is 1000", "它溢出了"),
    (of_both(ratio_filled_in), "the ratio p / q overflows", "比值 p / q 溢出"),
    (of_both(clamped_to_10), "2 of 2 trials it departs from the truth", "2 次试验中有 2 次与真值不符"),
    (of_both(swapped_densities), "the two are swapped", "两者写反了"),
    (of_both(logit), "the logit", "logit"),
    (of_both(ratio), "this is the ratio p / q", "这是比值 p / q"),
    (of_both(of_logarithms), "the logarithms themselves", "对数本身"),
    (of_both(likelier), "as if for sure", "已成定论"),
    (of_both(over_the_batch), "over the points of the batch", "沿批里的各点"),
    (of_both(data_alone), "the density of what is made is not used", "没有用到生成样本的密度"),
    (of_both(always_half), "½ everywhere", "处处是 ½"),
    (of_both(halved_difference), "half of the log-ratio", "只取了一半"),
    (of_the_functions, "which are functions", "可它们是函数"),
    (at_no_place, "return D, a function of x", "应当返回 D"),
    (one_number, "should have (9,)", "应当是 (9,)"),
]

# The clinic: words for six reports.

WELL = dict(PATIENTS)
OF = {fault: who for who, fault in PATIENTS.items()}


def but(**words):
    """The right words, but for these reports, named by what they have."""
    return WELL | {OF[fault]: word for fault, word in words.items()}


WRONG_DIAGNOSES = {
    "reference and seeds swapped": (
        but(reference="seeds", seeds="reference"),
        "not `seeds`. With it",
        "不是 `seeds`。若是它",
    ),
    "n for copies": (but(copies="n"), "real images seem the farther ones", "真实图像反倒显得更远"),
    "copies for n": (but(n="copies"), "they are copies", "它们是副本"),
    "range for classes": (but(classes="range"), "no pixel is black", "没有一个像素是黑的"),
    "classes for range": (but(range="classes"), "some classes are missing", "样本里缺了几类"),
    "reference for n": (but(n="reference"), "which the network has seen", "网络见过它们"),
    "seeds for reference": (but(reference="seeds"), "the least of eight seeds", "八个种子里最小的"),
    "only two": ({OF["n"]: "n", OF["range"]: "range"}, "nothing is returned yet", "还没有返回任何东西"),
    "all the same": (dict.fromkeys(PATIENTS, "copies"), "not `copies`", "不是 `copies`"),
    "a word that is not there": (but(seeds="luck"), "'luck' is none of", "'luck' 不在其中"),
    "numbers": (dict.fromkeys(PATIENTS, 3), "3 is none of", "3 不在其中"),
    "a list too short": (["n", "range"], "give a dictionary", "请给一个由字母与代号组成的字典"),
    "one number": (7, "give a dictionary", "请给一个由字母与代号组成的字典"),
    "a function": (named, "give a dictionary", "请给一个由字母与代号组成的字典"),
}
HELD_DIAGNOSES = {
    "reference and seeds swapped": set(PATIENTS) - {OF["reference"], OF["seeds"]},
    "only two": {OF["n"], OF["range"]},
    "all the same": {OF["copies"]},
    "one number": set(),
}

RIGHT = {
    "09.frechet": [by_the_package, by_eigenvalues_of_the_product, by_singular_values, by_numpy],
    "09.blind": [gaussian, on_a_square, two_on_each_axis, one_spot_and_a_few_far_off, by_symmetric_roots],
    "09.limit": [by_the_packages_line, by_polyfit, by_a_table, in_plain_sums],
    "09.size": in_any_form(ENOUGH),
    "09.memorised": [by_squares, by_signs, one_by_one, by_one_search],
    "09.support": [
        by_the_packages_support,
        by_kthvalue,
        without_the_diagonal,
        ball_by_ball,
        by_numpy_after_centring,
        by_products,
    ],
    "09.scale": [*in_any_form(HALF), 5],
    "09.best": [by_a_softmax, by_the_larger, by_logaddexp, by_one_minus, Discriminating],
    "09.clinic": [
        WELL,
        {letter.lower(): f" `{word}` " for letter, word in WELL.items()},
        list(WELL.values()),
        np.array(list(WELL.values())),
        ", ".join(WELL.values()),
    ],
    "09.build": reports_09.RIGHT_REPORTS,
}
WRONG = {
    "09.frechet": named(WRONG_DISTANCES),
    "09.blind": named(WRONG_DOUBLES),
    "09.limit": named(WRONG_LIMITS),
    "09.size": {
        "where the means cross": (350, "both real, are farther apart", "相距比虚线还远"),
        "the largest": (800, "already at a smaller n", "再小一些就已成立"),
        "between two steps": (475, "give a multiple of 50", "请给 50 的倍数"),
        "a fraction": (0.45, "give a whole number from 50 to 800", "请给 50 到 800 的整数"),
        "the distance": (0.221, "give a whole number from 50 to 800", "请给 50 到 800 的整数"),
    },
    "09.memorised": named(WRONG_SHARES),
    "09.support": named(WRONG_SUPPORTS),
    "09.scale": {
        "no guidance": (1, "recall is above a half", "召回率都还高于一半"),
        "too early": (3, "recall is above a half", "召回率都还高于一半"),
        "the largest": (8, "below a half long before", "早在这之前就低于一半"),
        "between": (4.5, "give a whole number from 0 to 8", "请给 0 到 8 的整数"),
    },
    "09.best": named(WRONG_DISCRIMINATORS),
    "09.clinic": WRONG_DIAGNOSES,
    "09.build": named(reports_09.WRONG_REPORTS),
}
HELD = {"09.clinic": HELD_DIAGNOSES, "09.build": reports_09.HELD_REPORTS}
BLANK = {"09.clinic": [{}, dict.fromkeys(PATIENTS, ...)]}
MISTAKES = {
    "09.frechet": FRECHET_MISTAKES,
    "09.limit": LIMIT_MISTAKES,
    "09.memorised": MEMORISED_MISTAKES,
    "09.support": SUPPORT_MISTAKES,
    "09.best": [*BEST_MISTAKES, *APART_MISTAKES],
}
