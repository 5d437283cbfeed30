"""Judge whether a mended training loop is otherwise as it was: its images, noise, losses, steps and looks.

评判修好的训练循环其余之处是否照旧：图像、噪声、损失、每一步与每次看。

There is hardly any noise here, so that what the network is shown tells which image it was made of, and of which noise.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import vector_to_parameters

from course_utils import training
from course_utils.exercises.handing import unchanged
from course_utils.exercises.judging import changes, number
from course_utils.exercises.lesson_06.repair_judges import FORM, Asked, Watched, form_of, watched
from course_utils.exercises.lesson_06.trials import flat
from course_utils.language import Said
from course_utils.objectives import errors
from course_utils.schedules import Schedule

STEPS, BATCH, IMAGES, UNSEEN, LOOK, T, RATE = 45, 7, 20, 15, 9, 6, 4e-3
SAME = 2e-3  # the share by which two losses may differ: noise is read off with few digits


class Seen(NamedTuple):
    """What a network was asked about: which images, noised when, with which noise. 被问的是哪些图像、何时加噪、噪声为何。"""

    weights: Tensor
    image: Tensor
    t: Tensor
    eps: Tensor
    off: float


class Run(NamedTuple):
    """What a loop was given, what it gave back, and the network that takes notes. 循环得到什么、交回什么，以及会做记录的网络。"""

    given: dict[str, Any]
    start: Watched
    network: Watched
    result: Any

    def seen(self, name: str, asked: Asked) -> Seen:
        """Read off one question about these images. 从一次提问读出它问的是什么。"""
        schedule, images = self.given["schedule"], self.given[name]
        t = (asked.level[:, None] - schedule.log_snr[1:].to(asked.level)).abs().argmin(1) + 1
        signal, noise = (per_t[t].to(images)[:, None] for per_t in (schedule.signal, schedule.noise))
        apart = torch.cdist(asked.shown / signal, images)
        image = apart.argmin(1)
        eps = (asked.shown - signal * images[image]) / noise
        return Seen(asked.weights, image, t, eps, float(apart.amin(1).max()))

    def loss(self, name: str, seen: Seen) -> Tensor:
        """The loss of these weights at what was seen, with its graph. 这份权重在所见之处的损失，带计算图。"""
        network = copy.deepcopy(self.start)
        vector_to_parameters(seen.weights.clone(), network.parameters())
        return self.loss_of(network, name, seen)

    def loss_of(self, network: Watched, name: str, seen: Seen) -> Tensor:
        return errors(self.given["schedule"], network, self.given[name][seen.image], seen.t, seen.eps).mean()


def judge_rest(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is all else as it was in the loop that was handed on? 其余的是否与原来的循环一样？"""
    places = torch.cartesian_prod(torch.linspace(-0.9, 0.9, 6), torch.linspace(-0.9, 0.9, 6))
    places = places[torch.randperm(len(places), generator=generator)]
    points = places + 0.1 * (torch.rand(places.shape, generator=generator, dtype=torch.float32) - 0.5)
    start = watched(generator)
    given = {"images": points[:IMAGES], "unseen": points[IMAGES : IMAGES + UNSEEN]}
    given["schedule"] = Schedule.from_beta(torch.full((T,), 1e-6, dtype=torch.float64))
    seed = int(torch.randint(2**31, (), generator=generator))
    runs = []
    for another in (seed, seed, seed + 1):
        handed = {name: copy.deepcopy(value) for name, value in given.items()}
        network = copy.deepcopy(start)
        network.notes = type(network.notes)()
        result = answer(network, *handed.values(), STEPS, BATCH, another, LOOK)
        fault = form_of(result, STEPS)
        if fault is not None:
            return fault
        changed = next((name for name, value in given.items() if not unchanged(value, handed[name])), None)
        if changed is not None:
            return changes(changed, given[changed])
        runs.append(Run(given, start, network, result))
    return _of_the_seed(runs) or _of_the_batches(runs[0])


def _of_the_seed(runs: Sequence[Run]) -> Said | None:
    first, again, other = ([list(map(number, part)) for part in run.result[1:]] for run in runs)
    if first != again:
        return (
            "two runs from one seed differ: all that is drawn must come from `seed`",
            "同一个种子跑两次，结果却不同：所抽的一切都应出自 `seed`",
        )
    if first[0] == other[0]:
        return "another seed gives the same losses: `seed` is not used", "换一个种子，损失却不变：没有用到 `seed`"
    return None


def _of_the_batches(run: Run) -> Said | None:
    """Are the batches what they were, and what is made of each? 各批是否照旧，由每一批得出的又是否照旧？"""
    asked = [one for one in run.network.notes if one.learns]
    if len(asked) != STEPS or any(len(one.level) != BATCH for one in asked):
        return (
            f"with `batch` {BATCH} each step should ask the network once, about {BATCH} images",
            f"`batch` 为 {BATCH} 时，每一步应当问网络一次，问 {BATCH} 幅图像",
        )
    seen = [run.seen("images", one) for one in asked]
    return (
        _of_the_order(torch.cat([one.image for one in seen]), max(one.off for one in seen))
        or _of_the_noise(torch.cat([one.eps for one in seen]))
        or _of_the_losses(run, seen)
        or _of_the_steps(run, seen)
        or _of_the_looks(run)
    )


def _of_the_order(shown: Tensor, off: float) -> Said | None:
    if off > 0.04:
        return (
            "what the network is shown is no image of the batch, noised as its noise level says",
            "给网络看的，并不是这一批的图像按其噪声水平加噪的结果",
        )
    epochs = shown[: len(shown) // IMAGES * IMAGES].reshape(-1, IMAGES)
    if not all(len(epoch.unique()) == IMAGES for epoch in epochs):
        return (
            f"each epoch should show every image once; of {IMAGES} in a row here only {len(epochs[0].unique())} differ in the "
            "first, or some in a later one come twice",
            f"每个轮次里每幅图像应当恰好一次；这里每 {IMAGES} 幅为一轮，第一轮只有 {len(epochs[0].unique())} 幅不同，"
            "或后面某一轮里有重复",
        )
    if bool((epochs == epochs[0]).all()):
        return "the images are not shuffled anew in each epoch", "图像没有在每个轮次重新打乱"
    return None


def _of_the_noise(eps: Tensor) -> Said | None:
    n = eps.numel()
    if len(eps.mul(100).round().unique(dim=0)) < 0.9 * len(eps):
        return (
            "the same noise comes again: draw it anew at each step, for each image its own",
            "同样的噪声又出现了：每一步都要重新抽，每幅图像各抽各的",
        )
    if abs(float(eps.mean())) * n**0.5 > 6 or abs(float(eps.var()) - 1) * (n / 2) ** 0.5 > 6:
        return "the noise is no longer N(0, I)", "噪声不再是 N(0, I)"
    return None


def _of_the_losses(run: Run, seen: Sequence[Seen]) -> Said | None:
    for step, (one, noted) in enumerate(zip(seen, run.result[1], strict=True), 1):
        right, given = run.loss("images", one).item(), number(noted)
        if given is None or abs(given - right) > SAME * right:
            return (
                f"`losses` holds {noted} for step {step}; the mean of `errors` is {right:.4f} there",
                f"`losses` 里第 {step} 步是 {noted}；那里 `errors` 的均值是 {right:.4f}",
            )
    return None


def _of_the_steps(run: Run, seen: Sequence[Seen]) -> Said | None:
    """Are they those of the course's AdamW, with the rates that are returned? 是否是课程的 AdamW 按交回的学习率走的？"""
    rates = [number(rate) for rate in run.result[2]]
    if len(rates) != STEPS or None in rates:
        return FORM
    if abs(max(rates) - RATE) > 0.01 * RATE:
        return f"the highest rate is {max(rates):.3g}; it was {RATE}", f"最高的学习率是 {max(rates):.3g}；原来是 {RATE}"
    network = copy.deepcopy(run.start)
    optimizer = training.adamw(network.parameters(), lr=RATE)
    walked = [one.weights for one in seen] + [flat(run.network)]
    for step, (one, rate, after) in enumerate(zip(seen, rates, walked[1:], strict=True), 1):
        vector_to_parameters(one.weights.clone(), network.parameters())
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        run.loss_of(network, "images", one).backward()
        optimizer.step()
        slopes = torch.cat([weight.grad.flatten() for weight in network.parameters()]).abs()
        clear = slopes > 0.01 * slopes.mean()  # Adam's first step hangs on the sign alone, which rounding may turn
        moved, off = ((x - y)[clear].norm() for x, y in ((flat(network), one.weights), (flat(network), after)))
        if float(off) > 0.005 * float(moved) + 1e-5:
            return (
                f"step {step} does not move the weights as `training.adamw` does with the rate in `rates`: is that rate set, are "
                "the gradients cleared, are all weights of `network` trained, and by this loss?",
                f"第 {step} 步移动权重的方式，与 `training.adamw` 按 `rates` 里的学习率所走的不同：设的是这个学习率吗？"
                "梯度清零了吗？`network` 的全部权重都在训练吗？用的是这个损失吗？",
            )
    return None


def _of_the_looks(run: Run) -> Said | None:
    """Is each look the error at spread times, and is that what is returned? 每次看的是否是分散时间步上的误差，交回的又是否是它？"""
    looks = [one for one in run.network.notes if not one.learns and len(one.level) == UNSEEN]
    for i, (asked, noted) in enumerate(zip(looks, run.result[3], strict=False), 1):
        one = run.seen("unseen", asked)
        if one.off > 0.04 or len(one.image.unique()) < UNSEEN:
            return "a look should ask about each unseen image once", "每次看，应当把没见过的图像各问一次"
        counts = torch.bincount(one.t, minlength=T + 1)[1:]
        if not bool(((counts == UNSEEN // T) | (counts == -(-UNSEEN // T))).all()):
            return (
                "the looks no longer ask at times that are spread evenly: take `objectives.spread_times`",
                "看的时候，时间步不再均匀分散：请用 `objectives.spread_times`",
            )
        right, given = run.loss("unseen", one).item(), number(noted)
        if given is None or abs(given - right) > SAME * right:
            return (
                f"look {i} notes {noted}; the mean of `errors` is {right:.4f} there",
                f"第 {i} 次看，记下的是 {noted}；那里 `errors` 的均值是 {right:.4f}",
            )
    return None
