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
#     learning: 125
#     leave_out: [path, build]
# ---

# %% [markdown] key="head"
r"""
# 02 · The forward process · 前向过程
"""

# %% [markdown] key="welcome" lang="en"
r"""
On this page a photograph is taken apart: first in a thousand small steps, then in a single jump that does the work of
them all. You derive the jump, measure that it is right, watch the pixels flow into a bell curve, and draw what goes
wrong with the wrong noise.

**Afterwards you can** write the forward step and the forward jump from memory and say why they agree, noise a batch
with a timestep of its own for each image, and name four slips that spoil the noise without an error message: a factor
left out, a variance for its root, uniform noise, a factor laid along the wrong axis. And you have built the whole
process as one component that others can rely on, the way back from $x_t$ to $x_{t-1}$ with $x_0$ in hand included, and
the missing frame between two known ones.
"""

# %% [markdown] key="welcome" lang="zh" of="d1e508"
r"""
这一页要拆散一张照片：先走一千小步，再用一次跳跃抵过所有这些步。你会推导这次跳跃，用测量证实它，
看像素汇成钟形曲线，再看看用错噪声会怎样。

**学完之后，你能**默写前向步（forward step）与前向跳跃（forward jump），说清两者为何一致；
给一批图像加噪，每幅各有自己的时间步；并指出四种不报错、却会毁掉噪声的疏忽：漏掉一个系数，把方差当成它的平方根，
用了均匀噪声，把系数排在了错误的轴上。你还会亲手把整个过程做成一个别人能放心使用的部件：
已知 $x_0$ 时，它能从 $x_t$ 退回 $x_{t-1}$；已知前后两帧时，它能补上中间缺的那一帧。
"""

# %% key="setup"

# %% key="imports"
import torch
from scipy.stats import ks_2samp, kstest

from course_utils import data, plots
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.experiments.noising import variances
from course_utils.explorers.forward import histogram_explorer
from course_utils.forward import GaussianForwardProcess, forward_jump, forward_step, per_sample
from course_utils.schedules import cosine, linear

# %% [markdown] key="step"
r"""
## 1 · One step · 一步
"""

# %% [markdown] key="step-why" lang="en"
r"""
The forward process is a chain of images that begins with the clean one, $x_0$. To take one step, shrink every pixel
value a little towards 0 and add a little normal noise. As a formula, here is the distribution of $x_t$ when $x_{t-1}$
is given:
$$q(x_t\mid x_{t-1}) = \mathcal N\big(x_t;\ \sqrt{1-\beta_t}\,x_{t-1},\ \beta_t I\big).\tag{1}$$
Read it pixel by pixel. Each pixel of $x_t$ is drawn from a normal distribution of its own, a bell curve. Its centre,
the *mean*, is the pixel of $x_{t-1}$ times $\sqrt{1-\beta_t}$, a pull towards 0. Its *variance* is $\beta_t$, so its
width, the standard deviation, is $\sqrt{\beta_t}$. $I$ is the identity matrix: the pixels are drawn independently of
each other. As in lesson 1, $\alpha_t = 1-\beta_t$.

Nothing here is learned: $q$ is a process that we lay down ourselves. In the figure below its arrows lead to the right, from
data to noise, and this page is about them. The arrows back, $p_\theta$, are what a network has to learn; lesson 3 turns
to them.
"""

# %% [markdown] key="step-why" lang="zh" of="516878"
r"""
前向过程是一串图像，开头是干净的那幅，即 $x_0$。走一步，就是把每个像素的值往 0 略微缩小，再加一点正态噪声。
写成公式，就是给定 $x_{t-1}$ 时 $x_t$ 的分布：
$$q(x_t\mid x_{t-1}) = \mathcal N\big(x_t;\ \sqrt{1-\beta_t}\,x_{t-1},\ \beta_t I\big).\tag{1}$$
请逐个像素地读。$x_t$ 的每个像素各从一个正态分布中抽取，这个分布画出来是一条钟形曲线。曲线的中心即**均值**（mean），
是 $x_{t-1}$ 中同一个像素的值乘以 $\sqrt{1-\beta_t}$，也就是往 0 拉近一点。**方差**（variance）是 $\beta_t$，
所以曲线的宽度，即标准差，是 $\sqrt{\beta_t}$。$I$ 是单位矩阵：各像素的抽取相互独立。与第 1 课一样，$\alpha_t = 1-\beta_t$。

这里没有什么要学的：$q$ 是我们自己规定的过程。在下图中，它的箭头向右，从数据到噪声，这一页讲的就是这些箭头。
往回的箭头 $p_\theta$ 要由网络来学，第 3 课再讲。
"""

# %% key="step-chain"
plots.chain()

# %% [markdown] key="step-task" lang="en"
r"""
**Write it yourself.** Turn (1) into code. You are given $x_{t-1}$ as `x` and the noise `eps`; `schedule.alpha[t]` is
$\alpha_t$ and `schedule.beta[t]` is $\beta_t$. Note what (1) names: a variance. `hint("02.step")` helps. Whatever
walks on this page walks with *your* step (with the package's, while yours is blank or wrong).
"""

# %% [markdown] key="step-task" lang="zh" of="8c42f1"
r"""
**自己动手。** 把式 (1) 写成代码。`x` 是 $x_{t-1}$，`eps` 是噪声；`schedule.alpha[t]` 是 $\alpha_t$，
`schedule.beta[t]` 是 $\beta_t$。留意式 (1) 写的是什么：是方差。需要时用 `hint("02.step")`。
这一页凡是一步步走的，走的都是**你**写的这一步（空着或不对时，用包里的）。
"""

# %% key="step-try" tags=["exercise"]
def my_forward_step(schedule, x, t, eps):
    ...

my_forward_step = check("02.step", my_forward_step)

# %% [markdown] key="step-real" lang="en"
r"""
The real one does the same two multiplications:
"""

# %% [markdown] key="step-real" lang="zh" of="f08d42"
r"""
真正的实现，做的也是这两次乘法：
"""

# %% key="step-source"
show_source(forward_step)

# %% [markdown] key="step-grid-why" lang="en"
r"""
Now walk: a thousand of your steps with the linear schedule, and every image is kept. At four of the steps the figure
stops to look closer. Its first column is the mean of $x_t$, given the very $x_{t-1}$ at which the walk had arrived;
beside it stand four samples of $x_t$, each of them one step from that same image.
"""

# %% [markdown] key="step-grid-why" lang="zh" of="95c066"
r"""
现在就走：用你写的这一步，照线性调度走一千次，每一幅都留着。下图在其中四步停下来细看。第一列是 $x_t$ 的均值，
条件就是当时走到的那一幅 $x_{t-1}$；右边是 $x_t$ 的四个样本，都从这一幅出发，各走一步。
"""

# %% key="step-walk"
schedule, palace = linear(1000), data.photograph("palace", 42)
walk, draw = [palace], seeded(0)
for t in range(1, 1001):
    eps = torch.randn(palace.shape, generator=draw)
    walk.append(my_forward_step(schedule, walk[-1], t, eps))

# %% key="step-grid"
times, stepped, draw = [1, 250, 500, 1000], {}, seeded(1)
for t in times:
    before = walk[t - 1]
    mean = schedule.alpha[t].sqrt() * before
    samples = [my_forward_step(schedule, before, t, torch.randn(before.shape, generator=draw)) for _ in range(4)]
    stepped[f"$t = {t}$"] = torch.cat([mean, *samples])
plots.rows(stepped, [r"$\sqrt{\alpha_t}\,x_{t-1}$"] + ["$x_t$"] * 4)

# %% key="step-spread" tags=["nbval-check-output"]
for t, row in zip(times, stepped.values(), strict=True):
    print(f"t = {t:4}   √β = {schedule.beta[t].sqrt():.3f}   std = {row[1:].var(0).mean().sqrt():.3f}")

# %% [markdown] key="step-read" lang="en"
r"""
**Read the figure.** Within a row all images look alike, the mean as well: the noise that you see was there before, in
$x_{t-1}$, and one step adds hardly any. How little, the lines below the figure say: from black to white is a distance
of 2, and a step adds noise of width 0.01 at $t = 1$ and 0.14 at $t = 1000$. The width measured from the four samples
agrees with $\sqrt{\beta_t}$. The first row begins at the clean image itself, as $x_{t-1}$ is $x_0$ there.
"""

# %% [markdown] key="step-read" lang="zh" of="79a20a"
r"""
**看图。** 每一行里的图像看上去都一样，连均值也是：你看到的噪声，早就在 $x_{t-1}$ 里了，走一步几乎不添什么。
究竟少到什么地步，图下的几行写得明白：从黑到白的距离是 2，而走一步所加噪声的宽度，在 $t = 1$ 是 0.01，在 $t = 1000$ 是 0.14。
由四个样本量得的宽度，与 $\sqrt{\beta_t}$ 相符。第一行从干净图像出发，因为那里的 $x_{t-1}$ 就是 $x_0$。
"""

# %% [markdown] key="two"
r"""
## 2 · Two steps are one · 两步并作一步
"""

# %% [markdown] key="two-why" lang="en"
r"""
Write a step with its noise, $x_t = \sqrt{\alpha_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon_t$, and put the step before it
in place of $x_{t-1}$ (the factors carry the index of the image that the step leads to):
$$x_t = \sqrt{\alpha_t\alpha_{t-1}}\,x_{t-2} + \underbrace{\sqrt{\alpha_t\beta_{t-1}}\,\epsilon_{t-1} +
\sqrt{\beta_t}\,\epsilon_t}_{\sim\ \mathcal N(0,\ (\alpha_t\beta_{t-1}+\beta_t)I)}.$$
Why does the brace hold? The two noises are drawn independently of each other. A sum of independent normal variables is
normal, and its variance is the sum of theirs:
$$\alpha_t\beta_{t-1} + \beta_t = \alpha_t(1-\alpha_{t-1}) + 1-\alpha_t = 1-\alpha_t\alpha_{t-1}.$$
So two steps are one step, with $\alpha_t\alpha_{t-1}$ for $\alpha_t$. Independence is what lets the variances add. Had
both steps used the *same* noise, the widths would add instead:
"""

# %% [markdown] key="two-why" lang="zh" of="dd72a4"
r"""
把一步连同噪声写出来，$x_t = \sqrt{\alpha_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon_t$，再用前一步的式子代换 $x_{t-1}$（每一步的系数，下标都与那一步走到的图像相同）：
$$x_t = \sqrt{\alpha_t\alpha_{t-1}}\,x_{t-2} + \underbrace{\sqrt{\alpha_t\beta_{t-1}}\,\epsilon_{t-1} +
\sqrt{\beta_t}\,\epsilon_t}_{\sim\ \mathcal N(0,\ (\alpha_t\beta_{t-1}+\beta_t)I)}.$$
花括号下面写的凭什么成立？两份噪声是各自独立抽取的。独立的正态变量之和仍是正态变量，方差等于两者方差之和：
$$\alpha_t\beta_{t-1} + \beta_t = \alpha_t(1-\alpha_{t-1}) + 1-\alpha_t = 1-\alpha_t\alpha_{t-1}.$$
所以两步就是一步，只是用 $\alpha_t\alpha_{t-1}$ 代替了 $\alpha_t$。方差之所以能相加，靠的就是独立。
假如两步用了**同一份**噪声，相加的就是宽度了：
"""

# %% key="two-check" tags=["nbval-check-output"]
alpha, beta, t = schedule.alpha, schedule.beta, 1000
a, b = (alpha[t] * beta[t - 1]).sqrt(), beta[t].sqrt()
first, second = torch.randn(2, 500_000, generator=seeded(1))
print(f"1 − α_t α_(t−1)      {1 - alpha[t] * alpha[t - 1]:.3f}")
print(f"Var(a ε_1 + b ε_2)   {(a * first + b * second).var():.3f}")
print(f"Var(a ε_1 + b ε_1)   {(a * first + b * first).var():.3f}")

# %% [markdown] key="two-read" lang="en"
r"""
With noises of their own the variance is the predicted one; with one noise used twice it is about doubled, since the
two widths are nearly equal. A chain that reuses its noise ends with far too much of it.

And three steps, and all of them? Let $v_t$ be the variance of all the noise in $x_t$. The noise of a step is
independent of *all* that was drawn before it. So the sum stays normal, and a step multiplies its variance by $\alpha_t$
and adds $\beta_t$: $v_t = \alpha_t v_{t-1} + 1 - \alpha_t$, or, written for what is missing to 1,
$$1 - v_t = \alpha_t\,(1 - v_{t-1}).$$
The chain starts without noise, $v_0 = 0$. So what is missing is 1 at first, and each step multiplies it by its
$\alpha_t$: it is the product of them all, $\bar\alpha_t = \alpha_1\alpha_2\cdots\alpha_t$, and
$v_t = 1-\bar\alpha_t$. The image, meanwhile, was multiplied by $\sqrt{\alpha_1}\sqrt{\alpha_2}\cdots\sqrt{\alpha_t} = \sqrt{\bar\alpha_t}$. Both results, checked at every $t$:
"""

# %% [markdown] key="two-read" lang="zh" of="cd0dd1"
r"""
各用各的噪声，方差正如所料；同一份用两次，因为两个宽度几乎相等，方差大约翻倍。
一条链若反复用同一份噪声，到头来噪声会多得离谱。

那么三步呢？所有的步呢？设 $v_t$ 是 $x_t$ 中全部噪声的方差。每一步的噪声，与此前抽到的**一切**都独立，
所以加起来仍是正态的；每走一步，方差先乘以 $\alpha_t$，再加上 $\beta_t$，
于是 $v_t = \alpha_t v_{t-1} + 1 - \alpha_t$；换成“离 1 还差多少”来写，就是
$$1 - v_t = \alpha_t\,(1 - v_{t-1}).$$
链的开头没有噪声，$v_0 = 0$。所以差额起初是 1，每走一步乘以那一步的 $\alpha_t$：
差额就是一路乘下来的积，$\bar\alpha_t = \alpha_1\alpha_2\cdots\alpha_t$，于是 $v_t = 1-\bar\alpha_t$。与此同时，图像被乘以
$\sqrt{\alpha_1}\sqrt{\alpha_2}\cdots\sqrt{\alpha_t} = \sqrt{\bar\alpha_t}$。两个结果，对每个 $t$ 都验一验：
"""

# %% key="two-induction" tags=["nbval-check-output"]
signal, v, right = 1.0, 0.0, []
for t in range(1, 1001):
    signal, v = alpha[t].sqrt() * signal, alpha[t] * v + beta[t]
    gaps = v - (1 - schedule.alpha_bar[t]), signal - schedule.signal[t]
    right.append(max(abs(gap) for gap in gaps) < 1e-12)
print(all(right), len(right))

# %% [markdown] key="two-paper" lang="en"
r"""
**With pen and paper.** A chain of equal steps, $\beta = 0.01$. First: after how many steps is 1 % of the amplitude
left, $\sqrt{\bar\alpha_t} = 0.01$? Second: a careless author draws $\epsilon$ once and uses it in every step. How wide
does the noise in $x_t$ become in the long run?

Then write the second answer as a formula for any $\beta$ between 0 and 1. The check walks such chains until nothing
changes any more, and compares. The first answer has no check; it stands in the fold below. `hint("02.paper")` gives you
the beginning, `hint("02.paper", 3)` the formula.
"""

# %% [markdown] key="two-paper" lang="zh" of="646520"
r"""
**纸笔题。** 一条每步都相同的链，$\beta = 0.01$。其一：走多少步之后，幅度只剩 1 %，即 $\sqrt{\bar\alpha_t} = 0.01$？
其二：有人粗心，$\epsilon$ 只抽一次，每一步都用它。长久走下去，$x_t$ 中的噪声有多宽？

然后把第二个答案写成公式，对 0 与 1 之间的任何 $\beta$ 都适用。检查时会真的沿着这样的链走，走到不再变化为止，再来比较。
第一个答案没有检查，写在下面折叠起来的地方。开头怎么下手，可以看 `hint("02.paper")`；`hint("02.paper", 3)` 就是公式本身。
"""

# %% key="two-paper-try" tags=["exercise"]
def my_width(beta):
    ...

my_width = check("02.paper", my_width)

# %% key="two-paper-use" tags=["nbval-check-output"]
for step_beta in (0.02, 0.01, 0.001):
    print(f"β = {step_beta:5}   width = {my_width(step_beta):.2f}   2/√β = {2 / step_beta**0.5:.2f}")

# %% [markdown] key="two-paper-answer" lang="en"
r"""
The finer the steps, the worse the slip: more of them fit in before the shrinking makes itself felt.

<details><summary>Answer</summary>

First, $\bar\alpha_t = 0.99^t = 10^{-4}$, so $t = \ln 10^{-4}/\ln 0.99 = 916.4$: at the 917th step it is less. Second,
let $w_t$ be the factor of $\epsilon$ in $x_t$. Each step makes $w_t = \sqrt\alpha\,w_{t-1} + \sqrt\beta$, as widths
add, and it comes to rest where $w = \sqrt\beta/(1-\sqrt\alpha) = (1+\sqrt\alpha)/\sqrt\beta = 19.95$: twenty times
the right width, 1. (The middle form uses $\beta = 1-\alpha = (1-\sqrt\alpha)(1+\sqrt\alpha)$.) For a small $\beta$ that
is nearly $2/\sqrt\beta$.

</details>
"""

# %% [markdown] key="two-paper-answer" lang="zh" of="5537e6"
r"""
步子越细，这个疏忽就越要命：缩小还没来得及起作用，噪声已经多叠了许多步。

<details><summary>答案</summary>

其一，$\bar\alpha_t = 0.99^t = 10^{-4}$，所以 $t = \ln 10^{-4}/\ln 0.99 = 916.4$：到第 917 步，幅度就低于所要的值了。其二，
设 $w_t$ 是 $x_t$ 中 $\epsilon$ 的系数。同一份噪声，相加的是宽度，所以每走一步，$w_t = \sqrt\alpha\,w_{t-1} + \sqrt\beta$，
最后停在 $w = \sqrt\beta/(1-\sqrt\alpha) = (1+\sqrt\alpha)/\sqrt\beta = 19.95$，是应有宽度 1 的二十倍。
（中间那个等号用到 $\beta = 1-\alpha = (1-\sqrt\alpha)(1+\sqrt\alpha)$。）$\beta$ 很小时，它几乎就是 $2/\sqrt\beta$。

</details>
"""

# %% [markdown] key="jump"
r"""
## 3 · One jump · 一次跳跃
"""

# %% [markdown] key="jump-why" lang="en"
r"""
So nobody has to walk. From $x_0$ a single draw leads to any $t$:
$$q(x_t\mid x_0) = \mathcal N\big(x_t;\ \sqrt{\bar\alpha_t}\,x_0,\ (1-\bar\alpha_t) I\big).\tag{2}$$
Here is the same grid for jumps. The mean stands in the first column again, given $x_0$ this time.
"""

# %% [markdown] key="jump-why" lang="zh" of="9676ea"
r"""
所以谁也不必一步步走。从 $x_0$ 出发，抽一次就能到任意的 $t$：
$$q(x_t\mid x_0) = \mathcal N\big(x_t;\ \sqrt{\bar\alpha_t}\,x_0,\ (1-\bar\alpha_t) I\big).\tag{2}$$
下面是同样的图，只是换成了跳跃。第一列仍是均值，这次以 $x_0$ 为条件。
"""

# %% key="jump-grid"
jumped, draw = {}, seeded(2)
for t in times:
    samples = forward_jump(schedule, palace, torch.full((4,), t), generator=draw).xt
    jumped[f"$t = {t}$"] = torch.cat([schedule.signal[t] * palace, samples])
plots.rows(jumped, [r"$\sqrt{\bar\alpha_t}\,x_0$"] + ["$x_t$"] * 4)

# %% key="jump-spread" tags=["nbval-check-output"]
for t, row in zip(times, jumped.values(), strict=True):
    std = row[1:].var(0).mean().sqrt()
    print(f"t = {t:4}   √ᾱ = {schedule.signal[t]:.3f}   √(1−ᾱ) = {schedule.noise[t]:.3f}   std = {std:.3f}")

# %% [markdown] key="jump-read" lang="en"
r"""
**Read the figure.** Lay it beside the grid of steps. There the mean was noisy and the samples resembled it; here the
mean is clean and only fades, towards 0, which is grey, and the samples have nothing in common but the palace. At
$t = 1000$ the eye finds nothing in common at all. Only the first rows of the two figures say the same: the first step
is the first jump.

Equation (2) and equation (1) are about the same chain. They differ in what is known: (1) knows the image just before,
(2) knows only the first one.

**Is it true?** An argument on paper is one thing, a measurement another. Take one pixel of value −0.6 and make 10,000
copies of it. Send each through 250 of your steps, and another 10,000 through one jump to $t = 250$. The histograms of
both should fit the bell curve that (2) predicts.
"""

# %% [markdown] key="jump-read" lang="zh" of="d94030"
r"""
**看图。** 与上面那张一步步走的图放在一起看。那里的均值带着噪声，样本都像它；这里的均值是干净的，只是渐渐褪向 0，也就是灰色，
而各个样本除了楼阁，毫无共同之处。到了 $t = 1000$，连楼阁也看不出了。两张图只有第一行说的是一回事：第一步就是第一次跳跃。

式 (2) 与式 (1) 说的是同一条链，差别在于已知什么：(1) 知道紧挨着的前一幅，(2) 只知道最初那幅。

**真的吗？** 纸上论证是一回事，量出来是另一回事。取一个值为 −0.6 的像素，复制 10,000 份，每份照你写的那一步走 250 次；
另取 10,000 份，一次跳到 $t = 250$。两者的直方图都应当与式 (2) 预言的钟形曲线吻合。
"""

# %% key="jump-measure"
n, start, draw = 10_000, torch.full((10_000,), -0.6), seeded(3)
walked = start
for t in range(1, 251):
    walked = my_forward_step(schedule, walked, t, torch.randn(n, generator=draw))
leapt = forward_jump(schedule, start, 250, generator=draw).xt
bell = float(schedule.signal[250]) * -0.6, float(schedule.noise[250])
plots.histograms({r"$0\to 1\to\cdots\to 250$": walked, r"$0\to 250$": leapt}, bell=bell)

# %% key="jump-test" tags=["nbval-check-output"]
farther = forward_jump(schedule, start, 300, generator=seeded(15)).xt
print(f"1 %: {1.63 * (2 / n) ** 0.5:.3f}")
for name, other in {"0→250": leapt, "0→300": farther}.items():
    print(f"{name}   KS = {ks_2samp(walked.numpy(), other.numpy()).statistic:.3f}")

# %% [markdown] key="jump-test-read" lang="en"
r"""
**Read the figure.** Two heaps, one bell curve. The eye is easily content, so a test judges as well. The statistic of
Kolmogorov and Smirnov is the largest gap between two cumulative histograms. For two sets of $n$ draws from one
distribution it exceeds $1.63\sqrt{2/n}$ only once in a hundred times; for our $n$ that is 0.023. Walk and jump stay
below it. And the test is no rubber stamp: against a jump that goes 50 steps too far the gap is more than twice the
limit. It is not all-seeing, though: a jump only a few steps too far would pass. A test that finds nothing says only
that any difference is too small to show in so many draws; what rules out the rest is the derivation.
"""

# %% [markdown] key="jump-test-read" lang="zh" of="0c1fdc"
r"""
**看图。** 两堆数，同一条钟形曲线。眼睛容易满足，所以再请一个检验来判。Kolmogorov–Smirnov 统计量是两条累积直方图之间的最大差距。
从同一个分布抽两组数，每组 $n$ 个，差距超过 $1.63\sqrt{2/n}$ 的机会只有百分之一；对这里的 $n$，这个界限是 0.023。
一步步走到的与一次跳到的，差距低于它。而且这个检验并非来者不拒：若跳过了头，多跳 50 步，差距就超过界限的两倍。
不过它也有看不出的：只多跳几步，照样通过。检验没有查出差别，只说明即使有差别，也小到凭这么多个数看不出来；这样的差别，要靠推导来排除。
"""

# %% [markdown] key="outside"
r"""
## 4 · The noise stands outside · 把噪声放到外面
"""

# %% [markdown] key="outside-why" lang="en"
r"""
Equation (2) names a distribution. To draw from it, we never touch a "normal with this mean and that variance": we draw
$\epsilon\sim\mathcal N(0, I)$, which depends on nothing, and then compute
$$x_t = \mu + \sigma\,\epsilon,\qquad \mu = \sqrt{\bar\alpha_t}\,x_0,\quad \sigma = \sqrt{1-\bar\alpha_t}.\tag{3}$$
This is the *reparameterisation*: all chance stands outside, in $\epsilon$, and the rest is plain arithmetic. Here it
buys two things. The first is that one $\epsilon$ can serve for every $t$:
"""

# %% [markdown] key="outside-why" lang="zh" of="804377"
r"""
式 (2) 给出的是一个分布。真要抽取时，并不直接从“均值是这个、方差是那个”的正态分布里抽，
而是先抽与什么都无关的 $\epsilon\sim\mathcal N(0, I)$，再计算
$$x_t = \mu + \sigma\,\epsilon,\qquad \mu = \sqrt{\bar\alpha_t}\,x_0,\quad \sigma = \sqrt{1-\bar\alpha_t}.\tag{3}$$
这就是**重参数化**（reparameterisation）：随机性全都放到外面，装进 $\epsilon$，剩下的只是普通算术。
在这里，它有两个好处。第一，一份 $\epsilon$ 可以用于每个 $t$：
"""

# %% key="outside-rows"
six, t = palace.expand(6, -1, -1, -1), torch.tensor([0, 50, 100, 200, 400, 1000])
one = torch.randn(palace.shape, generator=seeded(4)).expand_as(six)
same = forward_jump(schedule, six, t, one).xt
fresh = forward_jump(schedule, six, t, generator=seeded(5)).xt
heads = [f"$t = {k}$" for k in t.tolist()]
plots.rows({r"$\epsilon$": same, r"$\epsilon_t$": fresh}, heads)

# %% [markdown] key="outside-read" lang="en"
r"""
**Read the figure.** In the upper row all images share one $\epsilon$: the same specks stay where they are and only grow
stronger, so you compare the timesteps and not the luck of the draw. In the lower row each has an $\epsilon_t$ of its
own.

The second matters more. Whoever noised an image *knows* the noise: `forward_jump` hands $x_t$ back together with its
$\epsilon$, all the noise in it. The pair is a question and its answer: a network sees $x_t$ and $t$ and learns to say
$\epsilon$, as it did in lesson 0 and will do again in lesson 6. Nobody has to label anything.
"""

# %% [markdown] key="outside-read" lang="zh" of="9dbe38"
r"""
**看图。** 上面一行共用一份 $\epsilon$：同样的斑点待在原处，只是越来越强，所以比较的是时间步，而不是手气的好坏。
下面一行各有各的 $\epsilon_t$。

第二个好处更要紧。给图像加噪的人**知道**噪声：`forward_jump` 把 $x_t$ 连同它的 $\epsilon$ 一起交还，
也就是这幅图里的全部噪声。这一对正是题目与答案：网络看着 $x_t$ 与 $t$，学着说出 $\epsilon$；第 0 课里就是这样，第 6 课还会这样。
谁也不用做标注。
"""

# %% [markdown] key="variance"
r"""
## 5 · The variance stays at 1 · 方差守住 1
"""

# %% [markdown] key="variance-ask" lang="en"
r"""
A step shrinks by $\sqrt{1-\beta_t}$ before it adds. At $t = 1000$ that factor is 0.99, at $t = 1$ it is 0.99995. Would
anyone notice if it were missing?
"""

# %% [markdown] key="variance-ask" lang="zh" of="5e768f"
r"""
走一步，先乘 $\sqrt{1-\beta_t}$ 缩小，然后才加噪声。这个系数在 $t = 1000$ 是 0.99，在 $t = 1$ 是 0.99995。
少了它，有谁会察觉吗？
"""

# %% key="variance-predict"
predict("02.variance")

# %% [markdown] key="variance-why" lang="en"
r"""
Take variances on both sides of a step, where image and noise are independent:
$$\operatorname{Var} x_t = (1-\beta_t)\operatorname{Var} x_{t-1} + \beta_t.$$
If the variance was 1, it is 1 again, since $\alpha_t + \beta_t = 1$: that is what the factor is for. Here are the right
rule and two wrong ones, by this kind of recursion and measured on 10,000 values that start as 1 or −1:
"""

# %% [markdown] key="variance-why" lang="zh" of="35b5cc"
r"""
图像与噪声相互独立；对一步的式子两边取方差：
$$\operatorname{Var} x_t = (1-\beta_t)\operatorname{Var} x_{t-1} + \beta_t.$$
原来的方差若是 1，走一步后仍是 1，因为 $\alpha_t + \beta_t = 1$：这个系数就是为此而设的。
下面看正确的规则与两个错误的规则给出的方差，一份由这样的递推算出，一份在 10,000 个起初为 1 或 −1 的数上量得：
"""

# %% key="variance-measure"
computed, measured = variances(), {}
factors = [((1 - beta).sqrt(), beta.sqrt()), (beta**0, beta.sqrt()), ((1 - beta).sqrt(), beta)]
for name, (signal, noise) in zip(computed, factors, strict=True):
    x, measured[name], draw = torch.tensor([1.0, -1.0]).repeat(n // 2), [1.0], seeded(6)
    for t in range(1, 1001):
        x = signal[t] * x + noise[t] * torch.randn(n, generator=draw)
        measured[name].append(float(x.var()))
reveal("02.variance", plots.curves({r"Var $x_t$": computed, r"$s^2(x_t)$": measured}, log="y"))

# %% key="variance-ends" tags=["nbval-check-output"]
reveal("02.variance", *(f"{computed[name][-1]:6.3f}   {measured[name][-1]:6.2f}" for name in computed))

# %% [markdown] key="variance-read" lang="en"
r"""
**Read the figure.** On the left what was computed, on the right what was measured, with a logarithmic axis. The right
rule keeps 1. Without shrinking the variance climbs to $1 + \sum_t\beta_t = 11.05$. With $\beta$ for $\sqrt\beta$ each
noise is far too weak for the shrinking, and the variance sinks, to 0.019 at the end: the image fades to grey and
almost nothing takes its place.

Why care? A network is easier to train when its input has the same size at every $t$, and the chain must end in
something that we can draw without knowing any image: $\mathcal N(0, I)$. A chain without shrinking is no crime, though.
Song et al. (2021) call it *variance exploding* (VE): there the noise grows until the image is negligible beside it, and
sampling starts from a much wider normal distribution. It only must not happen by accident.

And if the data do not have variance 1? From (2), $\operatorname{Var} x_t = \bar\alpha_t\operatorname{Var} x_0 + 1 -
\bar\alpha_t$: whatever it was at first, it goes to 1 without ever passing it.
"""

# %% [markdown] key="variance-read" lang="zh" of="79bd8c"
r"""
**看图。** 左边是算出的，右边是量得的，纵轴取对数。正确的规则守住 1。不缩小，方差就爬升到 $1 + \sum_t\beta_t = 11.05$。
若把 $\sqrt\beta$ 写成 $\beta$，每份噪声都太弱，抵不过缩小，方差一路下沉，最后是 0.019：图像褪成灰色，几乎没有什么来补上。

为什么要在意？输入的幅度若在每个 $t$ 都一样，网络更容易训练；而且链的终点，必须是不看任何图像也能从中抽取的分布：$\mathcal N(0, I)$。
不过，不缩小的链本身并没有错。Song 等（2021）称之为**方差爆炸**（variance exploding, VE）：
噪声一直加到图像相形之下微不足道，采样则从一个宽得多的正态分布出发。只是不能出于疏忽而成了这样。

那么，数据的方差若不是 1 呢？由 (2)，$\operatorname{Var} x_t = \bar\alpha_t\operatorname{Var} x_0 + 1 -
\bar\alpha_t$：不论起初是多少，它都走向 1，而且绝不越过。
"""

# %% key="variance-photo" tags=["nbval-check-output"]
for t in (0, 100, 250, 500, 1000):
    a = float(schedule.alpha_bar[t])
    xt = forward_jump(schedule, palace, t, generator=seeded(7)).xt
    print(f"t = {t:4}   {a * palace.var() + 1 - a:.2f}   {xt.var():.2f}")
print(f"1·√ᾱ_T = {schedule.signal[1000]:.3f}   255·√ᾱ_T = {255 * schedule.signal[1000]:.2f}")
for name, x0 in {"palace": palace, "white ": torch.ones_like(palace)}.items():
    print(f"{name}   z = {x0.norm() * schedule.snr[1000].sqrt():.2f}")

# %% [markdown] key="variance-photo-read" lang="en"
r"""
From 0.39 the variance of the palace goes to 1; what was measured, on the right, departs from what was computed by
about 0.02 at most. (That it always departs upwards is the luck of one draw: all rows share one $\epsilon$. With
another it may be downwards.) The line below says why images are scaled to [−1, 1] first: of a white pixel, 1, the
chain leaves 0.006 at the end, beside noise of width 1. Of 255, the same white in bytes, it would leave 1.62, more
than the width of the noise, and what the chain ends in would plainly show the picture.

That is one pixel by itself, and averages give away more than pixels (lesson 1, section 6). By the number of that section,
$z = \|x_0\|\sqrt{\text{SNR}_T}$, the palace is 0.29 standard deviations away from pure noise and a white image of its
size 0.46: small, but not nothing. At a width of 256 white would be 2.8 away. It is *small* images that this chain
forgets.
"""

# %% [markdown] key="variance-photo-read" lang="zh" of="866ba0"
r"""
楼阁照片的方差从 0.39 走到 1；右边量得的与左边算出的，最多相差 0.02 左右
（每次都偏大，只是这一次抽得凑巧：各行用的是同一份 $\epsilon$；换一份，也可能都偏小）。接下来的一行说明为什么要先把图像缩放到 [−1, 1]：白色像素若是 1，
链走到头只剩 0.006，旁边的噪声宽度却是 1。若用字节，同样的白色是 255，到头还剩 1.62，
比噪声的宽度还大，链的终点就会明明白白地露出画面。

这说的是单个像素，而平均值透露的比单个像素多（见第 1 课第 6 节）。按那里的 $z = \|x_0\|\sqrt{\text{SNR}_T}$ 来算，
这张照片与纯噪声相距 0.29 个标准差，同样大小的白图与纯噪声相距 0.46 个：不大，却也不是零。若宽到 256 像素，白图与纯噪声就相距 2.8 个标准差了。
这条链忘得掉的，是**小**图。
"""

# %% [markdown] key="flow"
r"""
## 6 · The pixels flow into a bell curve · 像素汇成钟形曲线
"""

# %% [markdown] key="flow-why" lang="en"
r"""
Mean to 0, variance to 1: but does the *shape* become normal, too? By (2), the distribution of each pixel is a
needle over its own value at first and widens into $\mathcal N(0, 1)$, the same for all. Below, the image $x_t$ stands
beside the histogram of its pixels (all three colours), over the bell curve of $\mathcal N(0, 1)$. $D$ is the share of
the values that would have to move for the two to agree.

**A task for the slider.** Move $t$ up. Which is the first $t$ at which $D$ is at most 0.10? Write it into the next
cell. (The luck of the draw moves $D$ a little: 25 steps to either side are accepted.) And look at the image when you
are there.
"""

# %% [markdown] key="flow-why" lang="zh" of="201a68"
r"""
均值到 0，方差到 1：可是**形状**也变成正态了吗？由 (2)，每个像素的分布，起初是立在自己那个值上的一根针，
最后都展成同一个 $\mathcal N(0, 1)$。下面，图像 $x_t$ 旁边是它的像素直方图（三种颜色合在一起），叠上 $\mathcal N(0, 1)$ 的钟形曲线。
要让两者吻合，须挪动一部分值；$D$ 就是这部分所占的比例。

**滑块任务。** 把 $t$ 往上调。最早在哪个 $t$，$D$ 不超过 0.10？把它写进下一个单元格。（抽到的噪声不同，$D$ 也略有出入：左右相差 25 步以内都算对。）到了那里，再看看图像。
"""

# %% key="flow-explore"
histogram_explorer(schedule, data.photograph("palace", 64), t=60)

# %% key="flow-answer" tags=["exercise"]
my_t = ...
my_t = check("02.normal", my_t)

# %% key="flow-still"
pixels = data.photograph("palace", 64)
flow = {t: forward_jump(schedule, pixels, t, generator=seeded(0)).xt for t in sorted({0, 50, my_t, 300, 1000})}
plots.histograms({f"$t = {t}$": xt for t, xt in flow.items()})

# %% [markdown] key="flow-read" lang="en"
r"""
**Read the figure.** The photograph has two humps, the dark tower with its trees and the bright sky. They are pulled
towards 0, blurred into each other, and long before the end the heap is close to the bell curve. At $t = 300$ only
about 7 % of the values would still have to move, and yet the palace is there to be seen (move the slider): a
histogram counts values and does not know where they stand. The picture is gone only when each single pixel has the
same distribution, whatever it was before.

Why this bell curve and no other? Because a step leaves it as it is: if $x_{t-1}$ is $\mathcal N(0, I)$, so is
$\sqrt{\alpha_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon_t$, as the variances add up to 1. What the first image still
contributes is multiplied by $\sqrt{\bar\alpha_t}$, which goes to 0. That is where $\mathcal N(0, I)$ comes from.
"""

# %% [markdown] key="flow-read" lang="zh" of="d3bccc"
r"""
**看图。** 照片的直方图有两个峰：暗的是楼阁与树丛，亮的是天空。它们被拉向 0，渐渐糊成一片，离终点还远，直方图就已经很接近钟形曲线了。
在 $t = 300$，还须挪动的值只有约 7 %，可是楼阁仍然看得见（拖动滑块看看）：直方图只数有哪些值，不管值在哪里。
要等每一个像素，不论从前是什么，都服从同一个分布，画面才真正消失。

为什么是这条钟形曲线，而不是别的？因为走一步，它保持不变：若 $x_{t-1}$ 服从 $\mathcal N(0, I)$，
则 $\sqrt{\alpha_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon_t$ 也是，因为方差加起来仍是 1。
而最初那幅图像留下的部分，要乘以走向 0 的 $\sqrt{\bar\alpha_t}$。$\mathcal N(0, I)$ 就是这么来的。
"""

# %% [markdown] key="wrong"
r"""
## 7 · The wrong noise · 用错噪声
"""

# %% [markdown] key="wrong-why" lang="en"
r"""
None of these mistakes raises an error. Each row of the next figure uses another noise: first the right one; then
`torch.rand`, which is uniform on [0, 1]; then the same numbers $u$, centred and stretched to
$\sqrt{12}\,(u-\tfrac12)$, so that the mean is 0 and the variance 1; last the variance in place of its root, $\beta$
for $\sqrt\beta$ in a step and $1-\bar\alpha$ for $\sqrt{1-\bar\alpha}$ in a jump. The first three columns, with an arrow,
are jumps to 100, 300 and 1000; the last three, with dots, are walks there.
"""

# %% [markdown] key="wrong-why" lang="zh" of="ae542e"
r"""
下面这些错误，没有一个会报错。图中每行用一种噪声：先是正确的；再是 `torch.rand`，即 [0, 1] 上的均匀分布；
然后是把这样的数 $u$ 居中并拉宽，成为 $\sqrt{12}\,(u-\tfrac12)$，均值为 0，方差为 1；
最后是把方差当成它的平方根，走一步时用 $\beta$ 代替 $\sqrt\beta$，
跳跃时用 $1-\bar\alpha$ 代替 $\sqrt{1-\bar\alpha}$。左边三列（标题里是箭头）是跳到 100、300 与 1000，右边三列（标题里是省略号）是一步步走到那里。
"""

# %% key="wrong-grid"
draw = seeded(8)
noises = {
    r"$\mathcal{N}(0, 1)$": lambda x, std: torch.randn(x.shape, generator=draw),
    "rand": lambda x, std: torch.rand(x.shape, generator=draw),
    r"$\sqrt{12}\,(u-\frac{1}{2})$": lambda x, std: (torch.rand(x.shape, generator=draw) - 0.5) * 12**0.5,
    r"$\sigma^2$ for $\sigma$": lambda x, std: std * torch.randn(x.shape, generator=draw),
}

def jump_with(noise, x, t):
    return forward_jump(schedule, x, t, noise(x, schedule.noise[t])).xt

def walk_with(noise, x, t):
    for k in range(1, t + 1):
        x = my_forward_step(schedule, x, k, noise(x, schedule.beta[k].sqrt()))
    return x

ends = [100, 300, 1000]
wrong = {
    name: torch.cat([way(noise, palace, t) for way in (jump_with, walk_with) for t in ends])
    for name, noise in noises.items()
}
plots.rows(wrong, [rf"$0\to {t}$" for t in ends] + [rf"$0\cdots {t}$" for t in ends])

# %% key="wrong-numbers" tags=["nbval-check-output"]
for images in wrong.values():
    print("   ".join(f"{image.mean():5.2f} ± {image.std():4.2f}" for image in images))

# %% [markdown] key="wrong-read" lang="en"
r"""
**Read the figure.** The numbers are mean ± standard deviation of the pixels, in the order of the images.

- `torch.rand` has mean 1/2 and variance 1/12. A jump ends too bright, with too little contrast; in a walk the
  brightness piles up beyond white: the last two images of this row are there, but no screen can show them. It is not
  the noise that hides the palace. Noise of this kind is too weak, as the standard deviations say, and with the mean
  taken off, the palace at 300 would stand out better than in the first row.
- Centred uniform noise looks right, in both halves. Does that make it right? That is the next question.
- The variance for its root: the jumps are far too clean at first, and right at the end, where $1-\bar\alpha$ and its
  root are both nearly 1. The walks fade to grey, as in section 5.
"""

# %% [markdown] key="wrong-read" lang="zh" of="49ac43"
r"""
**看图。** 数字是像素的均值 ± 标准差，与图像的次序相同。

- `torch.rand` 的均值是 1/2，方差是 1/12。跳跃的终点太亮，反差太小；一步步走，亮度越积越多，
  最后比白还白：这一行末两幅并没有缺，只是屏幕显示不出来。遮住楼阁的不是噪声；从标准差看得出，这种噪声反倒太弱，
  减去均值的话，300 处的楼阁比第一行的还清楚。
- 居中的均匀噪声，左右两半看上去都对。看上去对，就是对吗？这是下一个问题。
- 把方差当成平方根：跳跃起初干净得过分，终点却是对的，因为那里 $1-\bar\alpha$ 与它的平方根都接近 1。
  一步步走则褪成灰色，与第 5 节一样。
"""

# %% key="wrong-predict"
predict("02.uniform")

# %% key="wrong-uniform"
uniform, zero, draw = list(noises.values())[2], torch.zeros(n), seeded(14)
z = {r"$0\to 1000$": jump_with(uniform, zero, 1000) / schedule.noise[1000]}
for t in (1, 2, 1000):
    z[rf"$0\cdots {t}$"] = walk_with(uniform, zero, t) / schedule.noise[t]
reveal("02.uniform", plots.histograms(z))

# %% key="wrong-test" tags=["nbval-check-output"]
said = [f"1 %: {1.63 / n**0.5:.3f}"]
for name, values in zip(("0→1000", "0⋯1", "0⋯2", "0⋯1000"), z.values(), strict=True):
    said.append(f"{name:7}   KS = {kstest(values.numpy(), 'norm').statistic:.3f}   max = {values.abs().max():.1f}")
reveal("02.uniform", *said)

# %% [markdown] key="wrong-uniform-read" lang="en"
r"""
**Read the figure.** Noise alone, divided by $\sqrt{1-\bar\alpha_t}$, over $\mathcal N(0, 1)$. One uniform jump is flat
and bounded: no value lies beyond $\sqrt3$. One step is flat, two make nearly a triangle, and a thousand make a bell
curve that the test of Kolmogorov and Smirnov, here against $\mathcal N(0, 1)$ itself, does not tell from the normal one. The
central limit theorem has forgiven the wrong noise.

So why insist? Because nobody walks. With uniform steps the sum of two is neither uniform nor normal, so (2) is no longer the law of the chain: there is no simple formula for a jump, only one that is nearly right at large $t$ and wrong
at small $t$, where the details of the image are decided.

Then why not leave the steps out, and *define* the jump with uniform noise? Each $x_t$ can be made that way, and a
network can be trained on it. What is lost is how two neighbours belong together. From the uniform jump to $t-1$, for
$t \ge 2$, no fresh noise of whatever kind, drawn independently, leads on to the uniform jump to $t$. A uniform density is a box, and noise without single favoured values wears off its upright edges. And whatever its kind, it must not carry a value out of the new box, which is less than
twice as wide as the old one: so small a noise leaves the middle as high as it was, while the wider box must be lower.
And lesson 3, on its way back, lives on that step. Besides, flat noise does not tell near from far: of two equally
common images within reach of an $x_t$, the nearer is no more probable than the other. Of all noises with a finite
variance, the normal one alone keeps its shape when independent draws of it are added up: sums of any of them go to
the bell curve, so a shape that sums keep can be no other. With it, steps and jumps are one process.
"""

# %% [markdown] key="wrong-uniform-read" lang="zh" of="9fd366"
r"""
**看图。** 这里只看噪声，除以 $\sqrt{1-\bar\alpha_t}$，叠上 $\mathcal N(0, 1)$。均匀噪声跳一次，是平的，而且有界：
没有一个值超出 $\sqrt3$。走一步是平的，两步几乎成三角形，一千步成了钟形曲线，
连 Kolmogorov–Smirnov 检验（这里直接与 $\mathcal N(0, 1)$ 比）也看不出它与正态分布的差别。中心极限定理宽恕了用错的噪声。

那为什么还要较真？因为没有人真的一步步走。若每步是均匀噪声，两份之和既不均匀，也不是正态的，式 (2) 也就不是这条链的分布：
跳跃不再有简单的公式，只剩一个近似，$t$ 大时几乎对，$t$ 小时不对，而图像的细节正是在那里决定的。

那么，索性不要步子，直接用均匀噪声来**定义**跳跃呢？每个 $x_t$ 照样造得出来，网络也照样可以训练。失去的是相邻两幅之间的联系。
用均匀噪声跳到 $t-1$（$t \ge 2$），再独立地加一份新噪声，不论是哪一种，得到的都不是用均匀噪声跳到 $t$ 的那个分布。均匀分布的密度是个方块；没有哪个值特别受偏爱的噪声，会把它陡直的边缘磨圆；
而且不论哪一种，都不能把值带到新的方块之外，新方块又不到旧方块的两倍宽：噪声这么小，方块正中还是原来那么高，
可是变宽的方块理应变矮。而第 3 课往回走，靠的正是这一步。再者，平的噪声分不出远近：两幅同样常见的图像，只要都够得着 $x_t$，近的并不比远的更有可能。
在方差有限的噪声里，把独立抽取的几份加起来而形状不变的，只有正态噪声：不论哪一种，越加越接近钟形曲线；
怎么加形状都不变的，就只能是钟形曲线本身。有了它，步与跳才是同一个过程。
"""

# %% [markdown] key="batch"
r"""
## 8 · One t per image · 每幅图像一个 t
"""

# %% [markdown] key="batch-why" lang="en"
r"""
In training, each image of a batch gets a random $t$ of its own. Then $\bar\alpha_t$ is not one number but one per
image, and two things have to be done: *read* the array at all these times, and *shape* what was read so that it
multiplies image by image. Reading is `values[t]`; libraries often write `values.gather(0, t)`, which for a
tensor of times is the same. The shape is where it goes wrong. Sixteen handwritten zeros, enlarged to a width of 16
pixels, with $t$ from 0 to 375:
"""

# %% [markdown] key="batch-why" lang="zh" of="4dfd45"
r"""
训练时，一批图像里的每一幅都有自己随机的 $t$。于是 $\bar\alpha_t$ 不是一个数，而是每幅一个，要做两件事：
在这些时刻**读取**数组，再调整**形状**，使读出的值与图像逐幅相乘。读取就是 `values[t]`；程序库常写成 `values.gather(0, t)`，
时刻是张量时，效果一样。出错的地方在形状。取十六个手写的零，放大到宽 16 像素，$t$ 从 0 到 375：
"""

# %% key="batch-grids"
x, y = data.digits(16)
zeros, each_t = x[y == 0][:16], torch.arange(0, 400, 25)
eps = torch.randn(zeros.shape, generator=seeded(9))
signal, noise = schedule.signal[each_t].float(), schedule.noise[each_t].float()
flat = signal * zeros + noise * eps
each = per_sample(signal, zeros) * zeros + per_sample(noise, zeros) * eps
shapes = tuple(signal.shape), tuple(per_sample(signal, zeros).shape)
plots.grids(dict(zip(map(str, shapes), (flat, each), strict=True)), columns=4)

# %% key="batch-gather" tags=["nbval-check-output"]
print(torch.equal(schedule.alpha_bar[each_t], schedule.alpha_bar.gather(0, each_t)))
factor = schedule.signal[each_t]
print(tuple(factor.shape), "*", tuple(zeros.shape), "->", tuple((factor * zeros).shape))

# %% [markdown] key="batch-read" lang="en"
r"""
**Read the figure.** On the right each zero has its own $t$, from 0 (clean) at the top left to 375 at the bottom right.
On the left no error was raised, as there are as many images as pixels in a row: the factors were laid along the
*width*, and each column of pixels got its own $t$. Every image is clean at its left edge and noisy at its right edge.
With most other sizes you would be told; with 16 images of 16 pixels you are not.

The cure is one axis of length 1 for each axis of $x$ behind the first: (b, 1, 1, 1) for images, (b, 1) for points in
the plane.

**Write it yourself.** `extract(values, t, x)` reads `values`, of shape (T + 1,), at the times `t`, of shape (b,) and from 0
to T, and returns a factor of shape (b, 1, …) with the number of axes and the dtype of `x`. The schedule is in float64; if
that leaks, the whole image becomes float64. (A full-size copy would multiply rightly, too, but here the small shape is
asked for.)
"""

# %% [markdown] key="batch-read" lang="zh" of="23e191"
r"""
**看图。** 右边每个零各有自己的 $t$，从左上角的 0（干净）到右下角的 375。左边没有报错，
因为图像的幅数恰好等于一行的像素数：系数沿**宽**排开，每一列像素各有一个 $t$。每幅图像左边干净，右边满是噪声。
换成别的尺寸，程序多半会报错；16 幅图像、每行 16 个像素，它就不吭声。

对策是：$x$ 除第一个轴以外，每有一个轴，就补一个长为 1 的轴。图像是 (b, 1, 1, 1)，平面上的点是 (b, 1)。

**自己动手。** `extract(values, t, x)` 在时刻 `t`（形状 (b,)，从 0 到 T）读取 `values`（形状 (T + 1,)），
返回形状为 (b, 1, …) 的系数，轴数与类型都随 `x`。调度是 float64 的；若不转换，整幅图像都会变成 float64。
（把系数铺成整幅那么大，乘起来也对，但这里要的是小的形状。）
"""

# %% key="batch-try" tags=["exercise"]
def my_extract(values, t, x):
    ...

my_extract = check("02.extract", my_extract)

# %% key="batch-use" tags=["nbval-check-output"]
for batch in (zeros, torch.zeros(16, 2)):
    print(tuple(batch.shape), tuple(my_extract(schedule.alpha_bar, each_t, batch).shape))

# %% [markdown] key="batch-real" lang="en"
r"""
The package splits the work: `schedule.signal[t]` reads, and `per_sample` casts and shapes, refusing another number of timesteps than
of samples.
"""

# %% [markdown] key="batch-real" lang="zh" of="ffa5e0"
r"""
课程的包把这件事一分为二：`schedule.signal[t]` 负责读取，`per_sample` 负责类型与形状；时间步与样本的个数不等时，它会拒绝。
"""

# %% key="batch-source"
show_source(per_sample)

# %% [markdown] key="own" lang="en"
r"""
**Write the whole jump.** It draws its own noise this time. `my_noised(schedule, x0, t)` returns the pair `xt, eps`; `t`
is an int or has one entry per image. The check looks at the noise as a statistician would: is it normal, fresh in
each call, and drawn anew for each image, each channel, each pixel? Draw it in the shape of the argument `x0`: a
function that takes the shape from some variable outside works until the first batch of another size.
"""

# %% [markdown] key="own" lang="zh" of="0e0adb"
r"""
**写出整次跳跃。** 这次由它自己抽噪声。`my_noised(schedule, x0, t)` 返回一对 `xt, eps`；`t` 是一个整数，
或每幅图像一个。检查会像统计学家那样审视噪声：是不是正态的，每次调用是不是新抽的，
每幅图像、每个通道、每个像素是不是各抽各的？请按参数 `x0` 的形状抽取：若形状取自函数外的某个变量，
一遇到别的尺寸的批，就不行了。
"""

# %% key="own-try" tags=["exercise"]
def my_noised(schedule, x0, t):
    ...

my_noised = check("02.noise", my_noised)

# %% key="own-use" tags=["nbval-check-output"]
xt, eps = my_noised(schedule, zeros, each_t)
back = (xt - per_sample(schedule.noise[each_t], xt) * eps) / per_sample(schedule.signal[each_t], xt)
print(torch.allclose(back, zeros, atol=1e-4))

# %% [markdown] key="own-read" lang="en"
r"""
With $x_t$ and its $\epsilon$ together, $x_0$ comes back: to know the noise is to know the image.
"""

# %% [markdown] key="own-read" lang="zh" of="8520a5"
r"""
有了 $x_t$ 又有它的 $\epsilon$，$x_0$ 就回来了：知道噪声，就等于知道图像。
"""

# %% [markdown] key="path"
r"""
## 9 · A memory of one step · 只记得上一步
"""

# %% [markdown] key="path-why" lang="en"
r"""
Look again at what your step is given: the schedule, $x_{t-1}$, $t$ and fresh noise. Nothing older. That is the *Markov
property*: once $x_{t-1}$ is known, $x_{t-2}$ and all the images before it have nothing to add about $x_t$. In the code
you can see it, and in the data you can measure it: send 10,000 chains to $t = 500$ and ask by least squares how $x_t$
depends on the two images before it. (All is normal here, so whatever dependence there is shows in these coefficients.)
"""

# %% [markdown] key="path-why" lang="zh" of="257741"
r"""
再看看你写的那一步拿到了什么：调度、$x_{t-1}$、$t$ 与新噪声。更早的一概没有。这就是**马尔可夫性**（Markov property）：
一旦知道 $x_{t-1}$，那么 $x_{t-2}$ 以及更早的图像，对 $x_t$ 就不再提供任何新的信息。在代码里看得见，在数据里量得出：
让 10,000 条链走到 $t = 500$，用最小二乘问一问，$x_t$ 如何取决于它前面的两幅图像。
（这里的变量都是正态的，只要有依赖，就一定会在这两个系数上显出来。）
"""

# %% key="path-regress" tags=["nbval-check-output"]
chains, draw = [start], seeded(10)
for t in range(1, 501):
    chains.append(my_forward_step(schedule, chains[-1], t, torch.randn(n, generator=draw)))
before = torch.stack([chains[499], chains[498]], 1).double()
one_before, two_before = torch.linalg.lstsq(before, chains[500].double()[:, None]).solution[:, 0]
print(f"x_499: {one_before:.3f}   x_498: {two_before:.3f}   √α_500 = {alpha[500].sqrt():.3f}")

# %% [markdown] key="path-read" lang="en"
r"""
The image just before has the coefficient $\sqrt{\alpha_t}$ of (1), the one before that has none; with $n$ chains both
are known to about $1/\sqrt n = 0.01$. Asked alone, $x_{498}$ would be an excellent guide to $x_{500}$; beside $x_{499}$
it is of no use.

Now a trap. The jump gives the right $x_t$ for any single $t$. A film needs all of them.
"""

# %% [markdown] key="path-read" lang="zh" of="8e2cdb"
r"""
前一幅的系数就是 (1) 中的 $\sqrt{\alpha_t}$，再前一幅的系数是零；用 $n$ 条链来量，两者的误差都在 $1/\sqrt n = 0.01$ 上下。
单凭 $x_{498}$ 来预测 $x_{500}$，已经很准；有了 $x_{499}$，它就再也帮不上忙。

接下来是一个陷阱。单看任何一个 $t$，跳跃给出的 $x_t$ 都是对的。而拍一部影片，一个时刻都不能少。
"""

# %% key="path-predict"
predict("02.path")

# %% key="path-films"
frames = [500, 501, 502, 503]
film_a = torch.cat([walk[t] for t in frames])
film_b = forward_jump(schedule, palace, torch.tensor(frames), generator=seeded(11)).xt
reveal("02.path", plots.rows({"A": film_a, "B": film_b}, [f"$t = {t}$" for t in frames]))

# %% key="path-correlation" tags=["nbval-check-output"]
draw, left = seeded(12), (1 - schedule.alpha_bar[499]) / (1 - schedule.alpha_bar[500])
jumps = [forward_jump(schedule, start, t, generator=draw).xt for t in (499, 500)]
pairs = {"A": chains[499:], "B": jumps}
said = [f"{name}   {torch.corrcoef(torch.stack(pair))[0, 1]:.3f}" for name, pair in pairs.items()]
reveal("02.path", *said, f"√α √((1−ᾱ_499) / (1−ᾱ_500)) = {(alpha[500] * left).sqrt():.3f}")

# %% [markdown] key="path-films-read" lang="en"
r"""
**Read the figure.** In film A, the walk of section 1, four frames in a row look alike: a step keeps nearly all of the
noise. In film B, jumps with fresh noise, every frame is a correct draw from (2), but each one starts from scratch,
and the film flickers. The numbers below it are measured on the 10,000 copies of one pixel: along the chain the
correlation of neighbours is $\sqrt{\alpha_t}\sqrt{(1-\bar\alpha_{t-1})/(1-\bar\alpha_t)}$, nearly 1; between the
jumps it is 0. (One and the same $\epsilon$ for every frame, as in section 4, makes a third film, with correlation 1
exactly: no path of the chain either.)

So (2) rules each frame by itself, and it is (1) that holds the film together. Training looks at single frames, so jumps are all it
needs. The way back in lesson 3 asks how two neighbouring frames belong together; that answer comes from the chain.
"""

# %% [markdown] key="path-films-read" lang="zh" of="5336d0"
r"""
**看图。** 影片 A 就是第 1 节里走过的那段路，相邻四帧看上去一样：走一步，噪声几乎都留着。影片 B 是抽新噪声的跳跃，
每一帧都是从 (2) 正确抽出的，但帧帧从头来过，画面一直闪。图下的数，是在同一个像素的 10,000 份上量的：沿着链，相邻两帧的相关系数是
$\sqrt{\alpha_t}\sqrt{(1-\bar\alpha_{t-1})/(1-\bar\alpha_t)}$，接近 1；两次跳跃之间则是 0。
（若像第 4 节那样，每一帧都用同一份 $\epsilon$，就是第三部影片，相关系数恰为 1：那也不是链上的路径。）

所以 (2) 管的是单独一帧，把整部影片连起来的是 (1)。训练只看单独的帧，跳跃就够了。
第 3 课往回走，问的是相邻两帧怎样连在一起；答案要到链里去找。
"""

# %% [markdown] key="build"
r"""
## 10 · Build it · 动手造
"""

# %% [markdown] key="build-why" lang="en"
r"""
A schedule and its forward process belong together, and whoever uses them asks the same few things again and again: a
jump, the rest of a jump from somewhere in the middle, and, looking back, where $x_{t-1}$ was, or what came between two
frames. Build the component that answers, once, for data of every shape. What follows below uses it.

**What it must do.** `MyProcess(schedule)` keeps its schedule. A time, `s`, `t` or `u`, is an int, or a tensor of shape
(b,), one for each sample. The noise `eps` is used exactly as it is handed in. What comes back has the shape and the
dtype of the first argument, be that images, points or one value per sample, and no argument is changed. `check` says
which of six parts hold:

- **jump**: `jump(x0, t, eps)` leads from $x_0$ to $x_t$, for $t$ from 0 to $T$.
- **between**: `between(xs, s, t, eps)` leads from $x_s$ to $x_t$ in a single draw, for any $s \le t$. You find its formula
  yourself: whoever jumps to $s$ and goes on from there with fresh noise must arrive in the distribution (2). Step and
  jump are cases of it.
- **mean** and **variance**: `posterior(xt, t, x0)` returns the pair `mean, variance` of $x_{t-1}$ when $x_t$ *and* $x_0$
  are known. The variance is a number, or has one value per sample, shaped to multiply `xt`. At $t = 1$ no doubt is left:
  the mean is $x_0$ and the variance is exactly 0, also for a sample with $t = 1$ in a batch of other times.
- **bridge**: `bridge(xs, s, t, u, xu)` returns such a pair for $x_t$ when a frame before it and one after it are known,
  $x_s$ and $x_u$, with $s \le t \le u$ and $s < u$. Nothing else is known, not even $x_0$, unless $s = 0$. Where $t$ is $s$ or
  $u$, the frame is the known one and the variance 0.
- **batch**: all this with a time of its own for each sample.

**A tool for the posterior.** Two witnesses tell of one unknown number, independently of each other. The first says
$m_1$, with a normal error of variance $v_1$; the second says $m_2$, with variance $v_2$. Given both, the number is normal
again. Its *precision*, 1 over the variance, is the sum $1/v_1 + 1/v_2$, and its mean is the average of $m_1$ and $m_2$
with these precisions as weights. Here the unknown number is a pixel of $x_{t-1}$. By (2), read at $t-1$, $x_0$ is a
witness of it. By (1), so is $x_t$: solve (1) for $x_{t-1}$, and mind what becomes of the variance. They err independently,
one by the noise of the steps up to $t-1$, the other by that of step $t$. At $t = 1$ the first variance is 0: bring both
formulas into a form that does not divide by it. (Lesson 3 arrives at the same by Bayes' rule, line by line.) For the
bridge the same tool will do. Who are the two witnesses there, and which of your methods knows what each has to say?

Run the cell as often as you like: half a solution gets half the marks. `hint("02.build")` helps with the first part that
fails, and `hint("02.build", 2)` says nearly everything.
"""

# %% [markdown] key="build-why" lang="zh" of="9673c7"
r"""
调度与它的前向过程总在一起，用到它们的人，问的也总是那么几件事：怎样跳一次，怎样从半路跳完剩下的一段；
回过头来，又会问 $x_{t-1}$ 原来在哪里，或者两帧之间是什么样子。来造一个部件回答这些问题，一次造好，什么形状的数据都能用。往下用的就是它。

**它要做到什么。** `MyProcess(schedule)` 保存调度。时刻 `s`、`t`、`u` 是一个整数，或形状为 (b,) 的张量，每个样本一个。
噪声 `eps` 传进来是什么，就用什么。返回值的形状与类型都随第一个参数，不论那是图像、点，还是每个样本一个数；参数一概不改动。`check` 会说明六个部分里哪些成立：

- **jump**：`jump(x0, t, eps)` 从 $x_0$ 跳到 $x_t$，$t$ 从 0 到 $T$。
- **between**：`between(xs, s, t, eps)` 只抽一次，就从 $x_s$ 到 $x_t$，对任何 $s \le t$ 都行。公式请自己求：
  先跳到 $s$，再用新噪声从那里往前走，走到时的分布必须就是 (2)。走一步与跳一次，都是它的特例。
- **mean** 与 **variance**：`posterior(xt, t, x0)` 返回一对 `mean, variance`，即 $x_t$ **与** $x_0$ 都已知时，
  $x_{t-1}$ 的均值与方差。方差是一个数，或每个样本一个，形状便于与 `xt` 相乘。$t = 1$ 时再无悬念：均值就是 $x_0$，方差恰好是 0；
  哪怕一批里别的样本是别的时刻，$t = 1$ 的那个也要如此。
- **bridge**：`bridge(xs, s, t, u, xu)` 也返回这样一对，即 $x_t$ 的均值与方差；已知的是它前面的一帧 $x_s$ 与后面的一帧 $x_u$，
  $s \le t \le u$ 而 $s < u$。此外一无所知，连 $x_0$ 也不知道，除非 $s = 0$。$t$ 等于 $s$ 或 $u$ 时，所求的一帧就是已知的那一帧，方差是 0。
- **batch**：以上各项都能用于一整批，每个样本各有自己的时刻。

**求后验要用的工具。** 有一个未知的数，两个证人各自独立地作证。第一个说是 $m_1$，误差是正态的，方差为 $v_1$；
第二个说是 $m_2$，方差为 $v_2$。两份证词都有了，这个数仍服从正态分布。它的**精度**（precision，即 1 除以方差）等于两份证词的精度之和
$1/v_1 + 1/v_2$，均值则是 $m_1$ 与 $m_2$ 以这两个精度为权重的平均。这里的未知数，是 $x_{t-1}$ 的一个像素。
由 (2)，把其中的时刻换成 $t-1$，$x_0$ 就是它的一个证人；由 (1)，$x_t$ 也是：请从 (1) 里解出 $x_{t-1}$，留意方差变成了多少。
两份证词各错各的：一份错在到 $t-1$ 为止各步的噪声，另一份错在第 $t$ 步的噪声，所以相互独立。
$t = 1$ 时，第一个方差是 0：请把两个公式都换成不除以它的写法。（第 3 课用贝叶斯公式一行一行推，得到的是同一个结果。）
补中间一帧，用的是同一件工具。那里的两个证人是谁？他们各自的证词，你写的哪个方法给得出来？

这一格想运行多少次都行：做对一半，就得一半的分。`hint("02.build")` 针对第一个没做对的部分，
`hint("02.build", 2)` 则几乎全说出来。
"""

# %% key="build-try" tags=["exercise"]
class MyProcess:
    def __init__(self, schedule):
        ...

    def jump(self, x0, t, eps):
        ...

    def between(self, xs, s, t, eps):
        ...

    def posterior(self, xt, t, x0):
        ...

    def bridge(self, xs, s, t, u, xu):
        ...

MyProcess = check("02.build", MyProcess)

# %% [markdown] key="build-loop-why" lang="en"
r"""
**Put it to work.** Two roads lead the pixel −0.6 of section 3 to $t = 250$, with 10,000 copies on each. On the first, the
copies jump to 100 and `between` takes them the rest of the way. On the second they jump too far, to 500, and come back by
250 draws from your posterior. Do both heaps fit the bell curve of (2)?
"""

# %% [markdown] key="build-loop-why" lang="zh" of="811f37"
r"""
**让它干活。** 第 3 节那个值为 −0.6 的像素，有两条路通到 $t = 250$，每条路上各有 10,000 份。第一条路：先跳到 100，
剩下的一段交给 `between`。第二条路：跳过了头，跳到 500，再由你的后验抽 250 次，一步步退回来。两条路的终点，都与 (2) 的钟形曲线吻合吗？
"""

# %% key="build-loop"
def way_back(process, x, t, x0, draw, wide=1.0):
    film = {t: x}
    for k in range(t, 0, -1):
        mean, variance = process.posterior(film[k], k, x0)
        film[k - 1] = mean + wide * variance**0.5 * torch.randn(x.shape, generator=draw)
    return film

process = MyProcess(schedule)
near, onward, far = torch.randn(3, n, generator=seeded(16))
through = process.between(process.jump(start, 100, near), 100, 250, onward)
back = way_back(process, process.jump(start, 500, far), 500, start, seeded(17))
plots.histograms({r"$0\to 100\to 250$": through, r"$0\to 500\cdots 250$": back[250]}, bell=bell)

# %% key="build-loop-test" tags=["nbval-check-output"]
print(f"1 %: {1.63 / n**0.5:.3f}")
for name, values in {"0→100→250": through, "0→500⋯250": back[250]}.items():
    print(f"{name}   KS = {kstest(values.numpy(), 'norm', args=bell).statistic:.3f}")
neighbours = torch.corrcoef(torch.stack([back[500], back[499]]))[0, 1]
print(f"500, 499   {neighbours:.3f}   t = 0   {(back[0] - start).abs().max():.3f}")

# %% [markdown] key="build-loop-read" lang="en"
r"""
**Read the figure.** Both heaps fit: the gap to the curve stays below 0.016, the limit of section 7. That the way back
lands there is no luck. A pair of neighbours can be drawn forwards, $x_{t-1}$ by a jump and $x_t$ by a step, or
backwards, $x_t$ by a jump and $x_{t-1}$ from the posterior; it is the same pair, in another order. So on the way
back, too, two neighbours are correlated as in film A of section 9. And at $t = 0$ all copies stand at −0.6 again,
since the last posterior leaves no doubt: its mean is $x_0$ and its variance 0. Look at the last number printed, too, and not at the histogram alone: a posterior that gives out $\beta_t$ for its variance makes a heap that fits just as well, and is
caught only at the very end.

**Now the photograph.** Section 1 walked the palace to $x_{1000}$. From that last image alone, and $x_0$, your
posterior makes the film backwards. Below it the package's component does the same, with the same draws. The last row
goes neither forwards nor backwards: your `bridge` draws frame 500 between the first and the last, then 250 between 0
and 500, and so on by halves, until no gap is left before 500; then what lies behind it in the same way. Is that still
a path of the chain? (While yours is not whole, all are the course's.)
"""

# %% [markdown] key="build-loop-read" lang="zh" of="348dd9"
r"""
**看图。** 两堆都吻合：与曲线的差距低于 0.016，即第 7 节用过的界限。往回走也能落在这里，并非碰巧。
相邻的一对可以顺着抽：跳到 $x_{t-1}$，再走一步到 $x_t$；也可以倒着抽：跳到 $x_t$，再由后验抽出 $x_{t-1}$。
抽的次序不同，得到的却是同样的一对。所以往回走时，相邻两幅的相关系数也与第 9 节的影片 A 一样。
到了 $t = 0$，所有的副本又都回到 −0.6，因为最后那个后验再无悬念：均值就是 $x_0$，方差是 0。
别只看直方图，印出的最后一个数也要看：若后验的方差错给成 $\beta_t$，直方图照样吻合，要到最末一步才露馅。

**现在轮到照片。** 第 1 节从楼阁一直走到了 $x_{1000}$。只凭这最后一幅和 $x_0$，你的后验就能把影片倒着拍出来。
再下面一行，包里的部件用同样抽到的数做同样的事。最后一行既不往前，也不往后：先由你的 `bridge` 在头尾两帧之间抽出第 500 帧，
再在 0 与 500 之间抽出 250，如此对半补下去，直到 500 之前一帧不缺；然后照样补它后面的。这还是链上的一条路径吗？
（你的六个部分还没有全对时，这几行都出自课程自带的部件。）
"""

# %% key="build-films"
def fill_in(process, film, s, u, draw):
    t = (s + u) // 2
    if s < t:
        mean, variance = process.bridge(film[s], s, t, u, film[u])
        film[t] = mean + variance**0.5 * torch.randn(mean.shape, generator=draw)
        for gap in ((s, t), (t, u)):
            fill_in(process, film, *gap, draw)
    return film

at = [0, 200, 400, 600, 800, 1000]
films = {r"$0\cdots t$": walk}
for name, either in {"MyProcess": process, "package": GaussianForwardProcess(schedule)}.items():
    films[name] = way_back(either, walk[1000], 1000, palace, seeded(18))
films["bridge"] = fill_in(process, {0: palace, 1000: walk[1000]}, 0, 1000, seeded(20))
plots.rows({name: torch.cat([film[t] for t in at]) for name, film in films.items()}, [f"$t = {t}$" for t in at])

# %% key="build-films-test" tags=["nbval-check-output"]
for name, film in zip(("walk", "way back", "package", "bridge"), films.values(), strict=True):
    pair = torch.stack([(film[k] - schedule.signal[k] * palace).flatten() for k in (499, 500)])
    print(f"{name:8}   {torch.corrcoef(pair)[0, 1]:.3f}")

# %% [markdown] key="build-films-read" lang="en"
r"""
**Read the figure.** Read the first row to the right: the walk. Read the next two to the left: two ways back, image by
image the same. The last has no direction. At $t = 1000$ all rows share one image; at 800 already there are three
kinds of specks, since $x_{1000}$ and $x_0$ leave room for more than one path between them. All are paths of the
chain, the last one, too. The numbers are a sample of that, the correlation of the noise in frames 499 and 500, as in
section 9: for the last row frame 500 was drawn first of all and 499 after all the others before it, and yet they are
neighbours like any others. That it is so everywhere is no matter of measuring. In whatever order the gaps are filled,
two known frames are enough to draw one between them, since frames beyond those add nothing. (Section 9 once more, in
both directions: once $x_t$ is known, earlier and later frames are independent of each other, and independence has no
direction.)

The ways back end in the palace because they were told it: this posterior is given $x_0$. A network that makes new
pictures has no $x_0$ and must guess one. That is lesson 3.

**The package's** is called `GaussianForwardProcess`. It hands the noise back together with $x_t$, draws it where none is
given, refuses what cannot be meant, and its `posterior` leads from $t$ to any $s < t$, which is a `bridge` that begins
at $x_0$:
"""

# %% [markdown] key="build-films-read" lang="zh" of="ab5ea6"
r"""
**看图。** 第一行往右看，是走去的路。接下来两行往左看，是两条回来的路，逐幅相同。最后一行没有方向。在 $t = 1000$，各行是同一幅图像；
到了 800，斑点就已有三种，因为 $x_{1000}$ 与 $x_0$ 之间容得下不止一条路径。它们都是链上的路径，最后一行也是。
图下的数是从中抽查的一处：第 499 帧与第 500 帧里噪声的相关系数，与第 9 节问的一样。最后一行里，第 500 帧最先抽出，
第 499 帧要等它前面的都补齐了才轮到，可是它们与别的相邻两帧并无不同。至于处处都如此，靠的不是测量：
不论按什么次序补，抽一帧只要知道它前后各一帧，更远的帧不再提供新的信息。
（又是第 9 节说的，而且两个方向都成立：一旦知道 $x_t$，它之前与之后的帧就相互独立，而独立不分方向。）

回来的路都停在楼阁，是因为终点早就给定了：在这个后验里，$x_0$ 是已知的。要造出新图像的网络手里没有 $x_0$，只能猜一个。那是第 3 课的事。

**包里的那个**叫 `GaussianForwardProcess`。它把噪声连同 $x_t$ 一起交还，没给噪声就自己抽，不合理的输入会拒绝，
而它的 `posterior` 能从 $t$ 走到任意 $s < t$，也就是从 $x_0$ 起头的 `bridge`：
"""

# %% key="build-source"
show_source(GaussianForwardProcess)

# %% [markdown] key="build-rows-why" lang="en"
r"""
Another schedule is another component. Two of yours, with one time per image, and whether the package agrees:
"""

# %% [markdown] key="build-rows-why" lang="zh" of="934230"
r"""
换一个调度，就是另一个部件。下面是你的两个部件，每幅图像一个时刻；再看看包里的是否与它们一致：
"""

# %% key="build-rows"
t = torch.tensor([0, 100, 200, 400, 700, 1000])
kinds = {"linear": linear(), "cosine": cosine()}
noised = {name: MyProcess(curve).jump(six, t, one) for name, curve in kinds.items()}
plots.rows(noised, [f"$t = {k}$" for k in t.tolist()])

# %% key="build-same" tags=["nbval-check-output"]
for name, curve in kinds.items():
    theirs = GaussianForwardProcess(curve).jump(six, t, one).xt
    print(f"{name}   {torch.allclose(noised[name], theirs, atol=1e-5)}")

# %% [markdown] key="build-rows-read" lang="en"
r"""
**Read the figure.** One photograph, one $\epsilon$, two schedules: at $t = 1000$ nothing is left to see in either, but
at $t = 400$ the cosine still shows plainly the palace that the linear one has nearly lost.
"""

# %% [markdown] key="build-rows-read" lang="zh" of="1aff71"
r"""
**看图。** 同一张照片，同一份 $\epsilon$，两种调度：到 $t = 1000$，两边都什么也看不见了；而在 $t = 400$，
余弦调度下的楼阁还很清楚，线性调度下已经快看不见了。
"""

# %% [markdown] key="open" lang="en"
r"""
**Change this, predict, look.** No check here. The palace jumps to `begin` and comes back, but now the posterior is `told`
a picture that need not be true, and `wide` multiplies the width of every draw. Before each run write down what you expect.

1. `flower`, 1000, 1.0, as it stands: where does the way back end, and does the palace ever show?
2. `flower`, 100, 1.0: the palace is plain to see in $x_{100}$. What becomes of it, and where are both equally strong?
3. `palace`, 1000, 0.0: the truth is told, but every draw is the mean. Where does it end, and are the images on the way
   frames that (2) could have made?
"""

# %% [markdown] key="open" lang="zh" of="3a8606"
r"""
**改一改，猜一猜，看一看。** 这里没有检查。楼阁跳到 `begin` 再回来，不过这一次，告诉后验的图 `told` 不一定是真的，
`wide` 则是每次抽取时宽度所乘的倍数。每次运行之前，先写下你的预料。

1. `flower`、1000、1.0，也就是现在的样子：回来的路停在哪里？楼阁会露面吗？
2. `flower`、100、1.0：在 $x_{100}$ 里，楼阁清清楚楚。它后来怎样了？两幅图在哪里一样强？
3. `palace`、1000、0.0：告诉它的是真话，但每次抽到的都是均值。路停在哪里？途中的图像，是 (2) 造得出来的那种吗？
"""

# %% key="open-task"
flower = data.photograph("flower", 42)
told, begin, wide = flower, 1000, 1.0
told_film = way_back(process, process.jump(palace, begin, one[:1]), begin, told, seeded(19), wide)
seen = [begin * k // 5 for k in range(6)]
plots.rows({"told": torch.cat([told_film[k] for k in seen])}, [f"$t = {k}$" for k in seen])

# %% [markdown] key="open-answer" lang="en"
r"""
<details><summary>What good answers found</summary>

1. In the flower, exactly. Where a way back ends is decided by what the posterior is told, not by where it begins. The
   palace never shows: at $t = 800$ it has a share of 0.03 in the shrunk picture, under noise of width 1.
2. In the flower again, but on the way there is a double exposure. Follow the mean of the posterior step by step: in $x_s$
   the palace has the share $\text{SNR}_t/\text{SNR}_s$, with `begin` for $t$, and the flower the rest. From 100 that is 0.81 at
   90, 0.37 at 60 and 0.05 at 20 (fitted to the pixels at 60, over four seeds: 0.37 ± 0.01). They are equal where the SNR has
   doubled, near 70, whatever the pictures are.
3. In the palace. But the noise of $x_{1000}$ wears off at once and none replaces it: of the width that (2) asks for, 0.16 is
   left at 800 and 0.04 at 600, the root of the same ratio. What remains is the mean $\sqrt{\bar\alpha_s}\,x_0$, clean and
   grey, and not a frame that (2) could have made. Lesson 3 takes up what such a walk is good for, and what not.

</details>
"""

# %% [markdown] key="open-answer" lang="zh" of="82d111"
r"""
<details><summary>好的回答发现了什么</summary>

1. 停在花上，一点不差。回来的路停在哪里，取决于告诉了后验什么，而不是从哪里出发。
   楼阁始终没有露面：到 $t = 800$，它在缩小了的画面里只占 0.03，上面还盖着宽度为 1 的噪声。
2. 还是停在花上，不过途中像底片曝光了两次。沿着后验的均值一步步推下去：在 $x_s$ 里，楼阁所占的份额是 $\text{SNR}_t/\text{SNR}_s$，
   $t$ 即 `begin`，其余归花。从 100 出发，到 90 是 0.81，到 60 是 0.37，到 20 是 0.05
   （在 60 处对像素做拟合，四个种子：0.37 ± 0.01）。信噪比翻倍之处，两者相等，约在 70，与画的是什么无关。
3. 停在楼阁上。可是 $x_{1000}$ 的噪声马上就开始消退，又没有新的补上：(2) 所要求的宽度，到 800 只剩 0.16，到 600 只剩 0.04，
   正是同一个比值的平方根。剩下的是均值 $\sqrt{\bar\alpha_s}\,x_0$，干净而灰暗，不是 (2) 抽得出来的帧。
   这样的走法有什么用、又有什么不行，第 3 课再谈。

</details>
"""

# %% [markdown] key="recap"
r"""
## 11 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- what $\mathcal N(\sqrt{1-\beta_t}\,x_{t-1},\ \beta_t I)$ says about a single pixel;
- why all steps together are one jump, and where independence is used;
- why the factors are $\sqrt{1-\beta}$ and $\sqrt\beta$, and what happens to the variance otherwise;
- where $\mathcal N(0, I)$ comes from;
- why the right $x_t$ for every single $t$ do not yet make a path;
- why $x_t$ and $x_0$ together know more of $x_{t-1}$ than either does, and that each counts by its precision;
- why two known frames are enough to draw one between them.

**Common mistakes**

- "The noise is uniform." It is normal: of all noises with a finite variance, that one alone keeps its shape when
  independent draws are added up.
- "$\alpha_t$ goes to 0." In the linear schedule of 1000 steps it stays at 0.98 or above; what goes to 0 is
  $\bar\alpha_t$, the product of them all.
- "The step to $x_t$ uses $\alpha_{t-1}$." It uses $\alpha_t$, the index of the image that it leads to.
- "Multiply the noise by $\beta_t$." That is the variance; the factor is $\sqrt{\beta_t}$. And $\sqrt{\alpha_t}$ belongs
  to the image, not to the noise.
- "A factor of shape (b,) will do." It is laid along the width; an image needs (b, 1, 1, 1).
- "$\epsilon$ is the noise of the last step." In a jump it is all the noise in $x_t$.

**Papers**

- Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585): the forward chain, section 2.1.
- Ho, Jain & Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): our (1) is its eq. (2), our (2) its eq. (4).
- Kingma & Welling 2014, [Auto-Encoding Variational Bayes](https://arxiv.org/abs/1312.6114): the reparameterisation, section 2.4.
- Song et al. 2021, [Score-Based Generative Modeling through Stochastic Differential Equations](https://arxiv.org/abs/2011.13456): variance exploding and variance preserving, section 3.4.
"""

# %% [markdown] key="recap-text" lang="zh" of="23c619"
r"""
**现在你能讲清**

- $\mathcal N(\sqrt{1-\beta_t}\,x_{t-1},\ \beta_t I)$ 对单个像素说了什么；
- 为什么所有的步合起来就是一次跳跃，独立性用在哪里；
- 系数为什么是 $\sqrt{1-\beta}$ 与 $\sqrt\beta$，换成别的，方差会怎样；
- $\mathcal N(0, I)$ 从哪里来；
- 为什么每个 $t$ 的 $x_t$ 单看都对，合起来还不是一条路径；
- 为什么 $x_t$ 与 $x_0$ 合起来，比哪一个都更了解 $x_{t-1}$，而且各以精度为权重；
- 为什么补一帧，只要知道它前后各一帧就够了。

**常见误解**

- “噪声是均匀的。”它是正态的：在方差有限的噪声里，独立的几份加起来而形状不变的，只有它。
- “$\alpha_t$ 走向 0。”在 1000 步的线性调度里，它始终不低于 0.98；走向 0 的是连乘积 $\bar\alpha_t$。
- “走到 $x_t$ 的那一步用 $\alpha_{t-1}$。”用的是 $\alpha_t$，下标与走到的那幅图像相同。
- “噪声乘以 $\beta_t$。”那是方差；系数是 $\sqrt{\beta_t}$。而 $\sqrt{\alpha_t}$ 属于图像，不属于噪声。
- “系数的形状是 (b,) 就行。”它会沿宽排开；图像要的是 (b, 1, 1, 1)。
- “$\epsilon$ 是最后一步的噪声。”在跳跃里，它是 $x_t$ 中的全部噪声。

**论文**

- Sohl-Dickstein 等，2015，[Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585)：前向的链，第 2.1 节。
- Ho、Jain 与 Abbeel，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：我们的 (1) 是其式 (2)，我们的 (2) 是其式 (4)。
- Kingma 与 Welling，2014，[Auto-Encoding Variational Bayes](https://arxiv.org/abs/1312.6114)：重参数化，第 2.4 节。
- Song 等，2021，[Score-Based Generative Modeling through Stochastic Differential Equations](https://arxiv.org/abs/2011.13456)：方差爆炸与方差保持，第 3.4 节。
"""

# %% key="progress"
progress("02")
