"""What can be seen without asking the network: the images, the schedule, the noise that an objective uses.

不必问网络就能看出来的：图像、调度，以及训练目标所用的噪声。
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils.data.pixels import ready_for, to_bytes
from course_utils.language import Said
from course_utils.looking import evaluating
from course_utils.randomness import seeded
from course_utils.schedules import Schedule

LOOKED_AT, AT_ONCE = 2000, 32  # images that are compared with one another; images that the network is asked about
REACH, FLAT, SPARE, SIGNAL_LEFT = 0.5, 0.02, 0.1, 0.05  # where each finding begins


class Finding(NamedTuple):
    """One line of a check-up: which reason was looked for, whether all is well, and what was measured.

    检查结果中的一行：查的是哪一种原因，是否正常，量到了什么。
    """

    name: str
    well: bool
    en: str
    zh: str


class CheckedOn(NamedTuple):
    """A few images, times and noises, always the same, and the objective: what a network is asked about.

    几幅图像、时间步与噪声（每次都相同），以及训练目标：拿来问网络的。
    """

    schedule: Schedule
    objective: Callable[..., Tensor]
    x: Tensor
    t: Tensor
    eps: Tensor
    labels: Tensor | None

    def values(self, network: nn.Module, eps: Tensor | None = None) -> Tensor:
        """The objective's value for each of these images. 训练目标在这些图像上各自的值。"""
        noise = self.eps if eps is None else eps
        return self.objective(self.schedule, network, self.x, self.t, noise, labels=self.labels)


def settled(name: str, well: bool, measured: Said, cure: Said) -> Finding:
    """A finding: what was measured and, where all is not well, what to do. 一项结果：所量到的；不正常时，另加办法。"""
    en, zh = measured if well else (measured[0] + cure[0], measured[1] + cure[1])
    return Finding(name, well, en, zh)


def to_ask(
    schedule: Schedule, network: nn.Module, x0: Tensor, labels: Tensor | None, objective: Callable[..., Tensor]
) -> CheckedOn:
    """32 images spread over the data, in turn where there are fewer, from a little noise to nothing else.

    从数据中均匀取出 32 幅（不够就轮流），各在自己的时间步上：从只有一点噪声，到只剩噪声。
    """
    generator, index = seeded(0), _spread(len(x0), AT_ONCE) if len(x0) > AT_ONCE else torch.arange(AT_ONCE) % len(x0)
    x = ready_for(x0[index], next(network.parameters()))
    t = torch.linspace(1, schedule.T, len(x)).long()[torch.randperm(len(x), generator=generator)]
    eps = torch.randn(x.shape, generator=generator, dtype=torch.float32).to(x)
    return CheckedOn(schedule, objective, x, t, eps, None if labels is None else labels[index].to(x.device))


def range_of(x0: Tensor) -> Finding:
    """Do the values fill [-1, 1]? 取值铺满 [-1, 1] 吗？"""
    low, high = (float(ready_for(end, torch.zeros(()))) for end in x0.aminmax())
    cure = (
        ", and the noise is meant for images that fill [-1, 1]: samples come out "
        "pale. From [0, 1] take `2 * x - 1`, from bytes `x / 127.5 - 1`.",
        "，而噪声是按铺满 [-1, 1] 的图像设计的：采出来的样本会发白。"
        "由 [0, 1] 请用 `2 * x - 1`，由字节请用 `x / 127.5 - 1`。",
    )
    return settled(
        "range",
        low <= -REACH and high >= REACH,
        (f"values from {low:.2f} to {high:.2f}", f"取值从 {low:.2f} 到 {high:.2f}"),
        cure,
    )


def images_of(x0: Tensor) -> Finding:
    """How many of the images are of one colour, or the same as another? 有多少图像是单色的，或与别的完全相同？"""
    x = ready_for(x0[_spread(len(x0), LOOKED_AT)], torch.zeros(())).flatten(1)
    flat = int((x.std(1) < FLAT).sum())
    again = len(x) - len({row.tobytes() for row in to_bytes(x).numpy()})
    en = f"of {len(x)} images {flat} are of one colour, {again} repeat another"
    zh = f"{len(x)} 幅图像中，单色的 {flat} 幅，与别的重复的 {again} 幅"
    cure = (
        ": these are what will be learned. Look at them, `plots.grid(x[:64])`, and leave them out.",
        "：学到的就会是它们。请看一眼 `plots.grid(x[:64])`，再把它们去掉。",
    )
    return settled("images", max(flat, again) <= SPARE * len(x), (en, zh), cure)


def end_of(schedule: Schedule) -> Finding:
    """Is there only noise left at the end? 到终点时，只剩噪声了吗？"""
    left = float(schedule.signal[-1])
    en, zh = (
        f"of the image {left:.3f} is left at the end, t = {schedule.T}",
        f"终点 t = {schedule.T} 处，图像还剩 {left:.3f}",
    )
    cure = (
        ", and sampling begins where nothing is: samples are drawn to the middle grey. Take `schedules.cosine()`, "
        "or `schedules.linear(T)` for a short one.",
        "，而采样是从什么都不剩的地方开始的：样本会被拉向中间灰。请用 `schedules.cosine()`，"
        "短的用 `schedules.linear(T)`。",
    )
    return settled("end", left <= SIGNAL_LEFT, (en, zh), cure)


@torch.no_grad()
def fresh_noise_of(network: nn.Module, asked: CheckedOn) -> Finding:
    """Does the loss depend on the noise that is drawn? 损失与抽到的噪声有关吗？"""
    with evaluating(network):
        values, others = asked.values(network), asked.values(network, asked.eps.roll(1, 0))
    same = int((values == others).sum())
    en, zh = (
        f"with other noise {same} of {len(values)} losses stay the same",
        f"换一份噪声，{len(values)} 个损失中有 {same} 个不变",
    )
    cure = (
        ": the objective does not use the `eps` that it is given. Noise must be drawn anew for every image and step.",
        "：训练目标没有用给它的 `eps`。每幅图像、每一步的噪声都要重新抽。",
    )
    return settled("noise", same < len(values) / 2, (en, zh), cure)


def _spread(n: int, most: int) -> Tensor:
    """At most so many places, spread evenly over n."""
    return torch.linspace(0, n - 1, min(n, most)).long()
