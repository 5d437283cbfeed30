"""A check-up for a training that does not learn: the ten commonest reasons, each measured.

给学不会的训练做检查：十种最常见的原因，逐一测量。
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_utils.checkup.finite import finite_of
from course_utils.checkup.learning import batch_and_rate, dead_of, ema_of, gradients_of, level_of
from course_utils.checkup.signs import Finding, end_of, fresh_noise_of, images_of, range_of, to_ask
from course_utils.gates import check_kind
from course_utils.language import say
from course_utils.objectives import errors
from course_utils.randomness import stream_at
from course_utils.safeguards import check_data, check_settings
from course_utils.schedules import Schedule
from course_utils.training import TrainState

__all__ = ["Finding", "diagnose", "show_findings"]


def diagnose(
    state: TrainState,
    schedule: Schedule,
    x0: Tensor,
    *,
    labels: Tensor | None = None,
    objective: Callable[..., Tensor] = errors,
) -> list[Finding]:
    """Look for ten reasons that a model does not learn, causes before consequences; nothing of the state is changed.

    查找模型学不会的十种原因，先原因后结果；状态中什么都不会改变。

    range, images: what the data are; end: of the schedule; noise: is it drawn anew; batch: can one be learned by heart;
    gradients: are they set back; rate; level: does the network hear it; dead: answers and weights that do not move;
    ema: does the average lag. Read it from the top: the first that is not well may be the cause of those below it.

    Args: all as `train` was given them. The state should have taken some 100 steps: before, an average has nothing to
    lag behind, and a network that begins with silent layers moves only some of its weights.
    Shapes: x0 (n, c, h, w), in [-1, 1] or bytes, labels (n,) or None.
    Where weights, their average or the objective are no numbers, one finding alone says so, finite: of nan and inf
    nothing else can be measured.

    Raises: CourseError for what `train` would not take.
    """
    check_kind("state", state, TrainState, "training.start(network)")
    check_settings(schedule, state.optimizer, objective, steps=1, batch=1, ema_decay=0.0)
    labels = check_data(state.network, x0, labels, state.order, flips=False, unlabelled=0.0)
    asked = to_ask(schedule, state.network, x0.detach(), labels, objective)
    with torch.enable_grad(), stream_at(0):  # for layers that draw
        if (finite := finite_of(state, asked)) is not None:
            return [finite]
        batch, rate = batch_and_rate(state, asked)
        return [
            range_of(x0.detach()),
            images_of(x0.detach()),
            end_of(schedule),
            fresh_noise_of(state.network, asked),
            batch,
            gradients_of(state),
            rate,
            level_of(state.network, asked),
            dead_of(state, asked),
            ema_of(state, asked),
        ]


def show_findings(findings: Sequence[Finding]) -> None:
    """Show a line for each finding: ✓ and what was measured, or ✗ and what to do.

    每项一行：✓ 与所量的，或 ✗ 与该怎么办。
    """
    marks = ["✓" if found.well else "✗" for found in findings]
    pairs = list(zip(marks, findings, strict=True))
    say(
        "\n".join(f"- {mark} `{found.name}`: {found.en}" for mark, found in pairs),
        "\n".join(f"- {mark} `{found.name}`：{found.zh}" for mark, found in pairs),
    )
