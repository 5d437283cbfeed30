"""Before anything is measured: are there numbers at all?

在测量任何东西之前：到底有没有数可量？
"""

from course_utils.checkup.signs import CheckedOn, Finding
from course_utils.looking import evaluating
from course_utils.safeguards import check_answers
from course_utils.training import TrainState


def finite_of(state: TrainState, asked: CheckedOn) -> Finding | None:
    """Are the weights, their average and the objective numbers? None if they are.

    权重、平均与目标都是数吗？是则为 None。

    Raises: CourseError for an objective that `train` would not take.
    """
    for network, en, zh in ((state.network, "the weights", "权重"), (state.ema, "their average", "平均后的权重")):
        if not all(bool(value.isfinite().all()) for value in network.state_dict().values()):
            return Finding(
                "finite",
                False,
                f"among {en} are nan or inf: nothing can be measured, or learned from here. A rate that is too high "
                "ends so. Go back with checkpoints.load to one that was good, or begin anew with a tenth of the rate.",
                f"{zh}里有 nan 或 inf：什么都量不了，也没法从这里学下去。学习率太高就会这样收场。请用 checkpoints.load "
                "回到一个好的检查点，或把学习率降到十分之一，重新开始。",
            )
    with evaluating(state.network):
        finite = check_answers(asked.values(state.network), asked.x).detach().isfinite()
    return None if bool(finite.all()) else _objective(int((~finite).sum()), len(finite))


def _objective(bad: int, n: int) -> Finding:
    return Finding(
        "finite",
        False,
        f"the objective is nan or inf for {bad} of {n} images, though all weights are numbers: look in it, and in the "
        "network's `forward`, for a division by 0, a logarithm or a root.",
        f"权重都是有限数，训练目标在 {n} 幅图像中的 {bad} 幅上却是 nan 或 inf：请在目标函数与网络的 `forward` 里"
        "找除以 0、取对数或开方的地方。",
    )
