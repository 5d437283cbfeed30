"""A game under the hand: two networks on a ring of eight Gaussians, step by step, with and without a stabiliser.

动手看博弈：两个网络在环上八个高斯之间一步步较量，有稳定手段与没有的两种。
"""

from collections.abc import Sequence

from course_utils.experiments.ring import contours
from course_utils.experiments.ring_learners import Moment
from course_utils.gates import check_named
from course_utils.language import CourseError, brief
from course_utils.plots.game import Picture, game_frame
from course_utils.widgets import Panel, choice, slider


def game_explorer(games: dict[str, Sequence[Moment]], k: int = 0) -> Panel:
    """A game of several, by name, and a moment k of it: samples (black), true modes (rings), the discriminator's field.

    从几场博弈中按名字选一场，再用 k 选一刻：样本（黑）、真实的峰（圆圈）与判别器的底色。

    Yellow is where the discriminator says "real", blue "made", white 1/2. Printed: the step; `modes`, how many of the
    eight are found; `in`, the share of samples within one's 99 % contour; the mean D of real samples and of made ones.
    Args: games as `ring_learners.filmed` keeps them, all with as many moments; k from 0 on.
    Raises: CourseError for no games, games of different lengths, or a k that is no moment.
    """
    lengths = {name: len(moments) for name, moments in check_named("games", games).items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise CourseError(
            f"The games have {list(lengths.values())} moments. One slider needs equally many: film them alike.",
            f"各场博弈有 {list(lengths.values())} 个时刻。一个滑块要求它们一样多：请用同样的设置记录。",
        )
    which, over_k = choice("game", list(games)), slider("k", 0, max(lengths.values()) - 1, k)
    which.description = brief("game", "博弈")
    rings = contours()

    def draw() -> Picture:
        now = games[which.value][over_k.value]
        word = f"step {now.step}   modes {now.modes}   in {now.belong:.2f}   D {now.real:.2f}, {now.made:.2f}"
        return game_frame(now.field, now.samples, rings, word)

    return Panel([which, over_k], draw, width=400)
