# ---
# jupyter:
#   jupytext:
#     cell_markers: 'r"""'
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     minutes: 0.5
#     learning: 15
# ---

# %% [markdown] key="head"
r"""
# 08 · Guidance and inpainting · 条件、引导与修补
"""

# %% [markdown] key="welcome" lang="en"
r"""
This lesson has begun: one beat, a slider and a recap that work, to be replaced by what the lesson is about. First the
question of the page in two or three sentences, and why it is worth asking.

**Afterwards you can** say what the signal-to-noise ratio of a noised image is, and compute it for any noise schedule.
"""

# %% [markdown] key="welcome" lang="zh" of="28ac52"
r"""
这一课刚刚开头：一个节拍、一个滑块、一段小结，都能运行，等着换成本课真正的内容。先用两三句话提出这一页的问题，以及它为什么值得问。

**学完之后，你能**说清加噪图像的信噪比（signal-to-noise ratio）是什么，并对任何噪声调度算出它。
"""

# %% key="setup"

# %% key="imports"
import torch

from course_utils import data, plots
from course_utils.classroom import check, hint, predict, progress, seeded, show_source, solution
from course_utils.explorers.guidance import guidance_explorer
from course_utils.forward import forward_jump
from course_utils.schedules import Schedule, cosine

# %% [markdown] key="ratio"
r"""
## 1 · Signal over noise · 信号比噪声
"""

# %% [markdown] key="ratio-why" lang="en"
r"""
In $x_t$ the image has a share of $\bar\alpha_t$, the noise has the rest. Their quotient is the signal-to-noise ratio,
$$\text{SNR}(t) = \frac{\bar\alpha_t}{1-\bar\alpha_t}.\tag{1}$$
It falls with every step. Decide before you look:
"""

# %% [markdown] key="ratio-why" lang="zh" of="e4f840"
r"""
在 $x_t$ 里，图像占 $\bar\alpha_t$，其余是噪声。两者之比就是信噪比，
$$\text{SNR}(t) = \frac{\bar\alpha_t}{1-\bar\alpha_t}.\tag{1}$$
每走一步，它都变小。先选好再看：
"""

# %% key="ratio-predict"
predict("08.equal")

# %% key="ratio-show"
schedule = cosine(1000)
shares = {r"$\bar\alpha_t$": schedule.alpha_bar, r"$1-\bar\alpha_t$": 1 - schedule.alpha_bar}
plots.curves({"share": shares})

# %% [markdown] key="ratio-read" lang="en"
r"""
**Read the figure.** The two shares cross near the middle of the cosine: there the ratio is 1. Left of the crossing the
image has the larger share, right of it the noise.
"""

# %% [markdown] key="ratio-read" lang="zh" of="c0dd5c"
r"""
**看图。** 在余弦调度上，两条曲线在中点附近相交：那里的比值是 1。交点以左图像占得多，以右噪声占得多。
"""

# %% [markdown] key="own"
r"""
## 2 · Write it yourself: the ratio · 自己动手：信噪比
"""

# %% [markdown] key="own-task" lang="en"
r"""
Turn equation (1) into code: `alpha_bar` is a tensor of any shape, and the answer has that shape, too. Stuck?
`hint("08.snr")` says where to look, `solution("08.snr")` says it all.
"""

# %% [markdown] key="own-task" lang="zh" of="376725"
r"""
把式 (1) 写成代码：`alpha_bar` 是任意形状的张量，答案的形状与它相同。
卡住了？`hint("08.snr")` 指个方向，`solution("08.snr")` 给出答案。
"""

# %% key="own-try" tags=["exercise"]
def my_snr(alpha_bar):
    ...

my_snr = check("08.snr", my_snr)

# %% key="own-use"
times = range(1, 1001)
plots.curves({"SNR": {"cosine": my_snr(schedule.alpha_bar[1:])}}, times, log="y")

# %% [markdown] key="own-real" lang="en"
r"""
The real one is a property of every schedule:
"""

# %% [markdown] key="own-real" lang="zh" of="5fc874"
r"""
真正的实现，是每个调度都有的一个属性：
"""

# %% key="own-source"
show_source(Schedule.snr.fget)

# %% [markdown] key="slide"
r"""
## 3 · Until they are equal · 直到两者相等
"""

# %% [markdown] key="slide-task" lang="en"
r"""
**A task for the slider.** Move $t$ down from 1000. Which is the largest $t$ whose SNR is still at least 1? Write it into
the next cell.
"""

# %% [markdown] key="slide-task" lang="zh" of="978ff1"
r"""
**滑块任务。** 把 $t$ 从 1000 往下调。SNR 仍不小于 1 的最大的 $t$ 是多少？把它写进下一个单元格。
"""

# %% key="slide-show"
palace = data.photograph("palace", 64)
guidance_explorer(schedule, palace)

# %% key="slide-answer" tags=["exercise"]
my_even = ...
my_even = check("08.even", my_even)

# %% key="slide-still"
chosen = [250, my_even, 750]
plots.strip(forward_jump(schedule, palace, torch.tensor(chosen), generator=seeded(0)).xt, chosen)

# %% [markdown] key="slide-read" lang="en"
r"""
**Read the figure.** In the middle image and noise have equal shares. The palace can still be made out:
neighbouring pixels of an image agree, those of the noise do not.
"""

# %% [markdown] key="slide-read" lang="zh" of="4b2e6e"
r"""
**看图。** 中间一幅，图像与噪声各占一半。宫殿仍能认出：图像中相邻的像素彼此一致，噪声则不然。
"""

# %% [markdown] key="recap"
r"""
## 4 · What you can now explain · 现在你能讲清楚
"""

# %% [markdown] key="recap-list" lang="en"
r"""
- why the ratio falls with every step, and where it is 1;
- why it depends on the noise schedule and not on the image.

**Common mistakes.** Dividing the factors $\sqrt{\bar\alpha_t}$ and $\sqrt{1-\bar\alpha_t}$: that is the root of the
ratio.

**Papers.** Kingma, Salimans, Poole, Ho 2021, [Variational Diffusion Models](https://arxiv.org/abs/2107.00630).
"""

# %% [markdown] key="recap-list" lang="zh" of="5e4fee"
r"""
- 为什么这个比值每走一步都变小，在哪里等于 1；
- 为什么它只取决于噪声调度，与图像无关。

**常见错误。** 拿系数 $\sqrt{\bar\alpha_t}$ 与 $\sqrt{1-\bar\alpha_t}$ 相除：得到的是信噪比的平方根。

**论文。** Kingma、Salimans、Poole、Ho，2021，[Variational Diffusion Models](https://arxiv.org/abs/2107.00630)。
"""

# %% key="recap-progress"
progress("08")
