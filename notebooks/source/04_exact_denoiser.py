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
#     minutes: 2
#     learning: 120
#     leave_out: [sets, play]
# ---

# %% [markdown] key="head"
r"""
# 04 · The exact denoiser · 精确去噪器
"""

# %% [markdown] key="welcome" lang="en"
r"""
A network learns to predict noise. How well could anybody predict it? For simple data the answer is a formula: no training, no approximation. On this page you derive that formula, write it, see it as a field of arrows, and sample with it.
What comes out is a surprise, and it explains what networks are for. Then you measure a network, and every sampler you
have met so far, against the truth.

**Afterwards you can** write the best possible denoiser of any finite data set, with labels and without, say why it memorises and
why a network does not, read a loss curve against its floor, and test a sampler without training anything.
"""

# %% [markdown] key="welcome" lang="zh" of="c03513"
r"""
网络学着预测噪声。可是换谁来预测，最准又能准到什么程度？数据简单时，答案就是一个公式：不用训练，也不含近似。
在这一页，你会推出这个公式，把它写成代码，看它化作一片箭头，再用它采样。
结果会让你意外，也正好说明网络有什么用。然后，你会用真值去衡量一个网络，以及到目前为止见过的每个采样器。

**学完之后，你能**为任意有限数据集写出最优的去噪器（denoiser），有标签没标签都行；说清它为什么会死记、网络为什么不会；
对照下限读懂损失曲线；不训练任何网络，也能检验一个采样器。
"""

# %% key="setup"

# %% key="imports"
import math

import torch

from course_utils import data, plots, points
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.denoisers import eps_of, from_network, image_denoiser
from course_utils.experiments.plane import every_sampler, stds, walked_std
from course_utils.explorers.plane import field_explorer, playground_explorer
from course_utils.forward import eps_from_x0, forward_jump
from course_utils.metrics import energy_distance
from course_utils.mlp import MLP
from course_utils.oracle import Oracle, finite, mixture
from course_utils.reverse import sigma_posterior
from course_utils.samplers import ddim, ddpm, finish
from course_utils.schedules import cosine
from course_utils.times import even_times
from course_utils.training import start, train
from course_utils.widgets import watch

torch.set_num_threads(1)  # small tensors

# %% [markdown] key="best"
r"""
## 1 · The best possible guess · 最优的猜测
"""

# %% [markdown] key="best-why" lang="en"
r"""
Somebody shows you $x_t$. Many pairs of $x_0$ and $\epsilon$ could have led to it, and you must name one number for
each coordinate of $\epsilon$. You pay the squared error. What do you say? Write $m = E[\epsilon\mid x_t]$ for the mean
of all the noises that could have been, each counted by its probability, and let $g$ be any other guess. Split
$\epsilon - g$ into $(\epsilon - m) + (m - g)$ and square:
$$E\bigl[\|\epsilon - g\|^2 \mid x_t\bigr]
= E\bigl[\|\epsilon - m\|^2 \mid x_t\bigr] + 2\,(m - g)\cdot\underbrace{E[\epsilon - m \mid x_t]}_{=\,0} + \|m - g\|^2.\tag{1}$$
The first term is the same for every guess. In the middle one $m - g$ is fixed once $x_t$ is, and $\epsilon - m$ is 0 on
average. The last one is 0 only for $g = m$. So the best $\hat\epsilon$ is the mean. And because $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon$ is fixed,
taking the mean of both sides gives
$$\hat\epsilon = E[\epsilon \mid x_t] = \frac{x_t - \sqrt{\bar\alpha_t}\,E[x_0\mid x_t]}{\sqrt{1-\bar\alpha_t}}.\tag{2}$$
To guess the noise is to guess the image: who knows $\hat x_0 = E[x_0\mid x_t]$ knows $\hat\epsilon$.

Put it to the test, on eight points on a circle, at $t = 300$. (`finite` makes the exact
denoiser, and its `exact.eps(xt, t)` is $m$; part 2 shows how.) Column by
column: the mean squared error of a guess; its squared distance from $m$; the error of $m$ plus that squared distance.
"""

# %% [markdown] key="best-why" lang="zh" of="79656b"
r"""
给你一个 $x_t$。许多对 $x_0$ 与 $\epsilon$ 都可能得出它，而你要为 $\epsilon$ 的每个坐标报一个数，并按平方误差受罚。
该报什么？记 $m = E[\epsilon\mid x_t]$，即所有可能的噪声按各自的概率求出的均值，再设 $g$ 是任何别的猜测。
把 $\epsilon - g$ 拆成 $(\epsilon - m) + (m - g)$，平方后求均值：
$$E\bigl[\|\epsilon - g\|^2 \mid x_t\bigr]
= E\bigl[\|\epsilon - m\|^2 \mid x_t\bigr] + 2\,(m - g)\cdot\underbrace{E[\epsilon - m \mid x_t]}_{=\,0} + \|m - g\|^2.\tag{1}$$
第一项与猜测无关。中间一项里，$x_t$ 一经给定，$m - g$ 就定了，而 $\epsilon - m$ 的均值为 0。
最后一项只在 $g = m$ 时为 0。所以最优的 $\hat\epsilon$ 就是均值。
又因为 $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon$ 是给定的，两边取均值，得
$$\hat\epsilon = E[\epsilon \mid x_t] = \frac{x_t - \sqrt{\bar\alpha_t}\,E[x_0\mid x_t]}{\sqrt{1-\bar\alpha_t}}.\tag{2}$$
猜噪声就是猜图像：知道 $\hat x_0 = E[x_0\mid x_t]$，也就知道 $\hat\epsilon$。

用圆上的八个点，在 $t = 300$ 处验证。（`finite` 造出精确去噪器，它的 `exact.eps(xt, t)` 就是 $m$，做法见第 2 节。）
三列依次是：一种猜测的均方误差；这种猜测与 $m$ 的距离的平方；$m$ 的误差加上这个距离的平方。
"""

# %% key="best-draw"
schedule, eight = cosine(1000), points.circle(8).double()
exact = finite(schedule, eight)
noised, drawn_eps = forward_jump(schedule, exact.draw(20_000, seeded(0)), 300, generator=seeded(1))
nearest = eight[torch.cdist(noised, schedule.signal[300] * eight).argmin(1)]

# %% key="best-check" tags=["nbval-check-output"]
m = exact.eps(noised, 300)
guesses = {"m": m, "0.8 m": 0.8 * m, "1.2 m": 1.2 * m, "x_t": noised, "0": 0 * noised}
guesses["nearest datum"] = eps_from_x0(schedule, noised, 300, nearest)
for name, g in guesses.items():
    error, beyond, least = ((a - b).square().mean() for a, b in ((drawn_eps, g), (m, g), (drawn_eps, m)))
    print(f"{name:14}{error:.3f}   {beyond:.3f}   {least + beyond:.3f}")

# %% [markdown] key="best-read" lang="en"
r"""
The first and the last column agree, as (1) says, up to the chance of 20,000 draws. The mean wins; a fifth less or a
fifth more of it is a little worse; and to bet on the nearest datum, as if one could be sure, is worse than to say
$x_t$. Even the winner's error is far from 0: it is what $x_t$ does not tell.
"""

# %% [markdown] key="best-read" lang="zh" of="6b8998"
r"""
第一列与最后一列一致，正如 (1) 所说，只差 20,000 次抽取带来的偶然误差。均值胜出；减去五分之一或加上五分之一，都略差一点；
装作有十足把握，押在最近的数据点上，还不如直接报 $x_t$。就连胜者的误差也离 0 很远：那正是 $x_t$ 没有透露的部分。
"""

# %% [markdown] key="softmax"
r"""
## 2 · A softmax over the data · 对数据做 softmax
"""

# %% [markdown] key="softmax-why" lang="en"
r"""
Let the data be a finite set $x_1, \dots, x_n$, each equally likely. Given $x_i$, the forward jump makes $x_t$ normal,
with mean $\sqrt{\bar\alpha_t}\,x_i$ and variance $1-\bar\alpha_t$ in each coordinate. Bayes' rule turns that round: the
probability that it was $x_i$, its *weight*, is the height of its bell curve at $x_t$, divided by the sum of all the heights. The
best guess of $x_0$ is the mean of the data with these weights.

**Write it yourself.** Write the height down first, on paper; the formula stands only below. `data` is (n, …), `xt` is
(b, …), points or images; return the weights, (b, n). `t` is one whole number, at least 1. They must come out right even
where every height is too small for the computer: at $t = 1$, far from all data, each exp(…) is rounded to 0.
"""

# %% [markdown] key="softmax-why" lang="zh" of="a438a9"
r"""
设数据是有限的一组 $x_1, \dots, x_n$，每个都等可能。给定 $x_i$，前向跳跃得到的 $x_t$ 服从正态分布，
均值为 $\sqrt{\bar\alpha_t}\,x_i$，每个坐标的方差为 $1-\bar\alpha_t$。用贝叶斯公式反过来看：原来是 $x_i$ 的概率，也就是它的**权重**，
等于它的钟形曲线在 $x_t$ 处的高度，除以所有钟形曲线在那里的高度之和。用这些权重对数据求均值，就是对 $x_0$ 的最优猜测。

**自己动手。** 先在纸上写出那个高度；公式到下面才给出。`data` 的形状是 (n, …)，`xt` 是 (b, …)，可以是点，也可以是图像；
请返回权重，形状 (b, n)。`t` 是一个不小于 1 的整数。即使所有高度都小到计算机表示不了，结果也要对：
$t = 1$ 时，在离所有数据都远的地方，每个 exp(…) 都会舍入成 0。
"""

# %% key="weights-try" tags=["exercise"]
def my_weights(schedule, data, xt, t):
    ...

my_weights = check("04.weights", my_weights)

# %% key="weights-use" tags=["nbval-check-output"]
place = torch.tensor([[0.45, 0.1]]).double()
for t in (1000, 600, 300, 100, 20):
    print(f"t = {t:4}  ", *(f"{w:.3f}" for w in my_weights(schedule, eight, place, t)[0]))

# %% [markdown] key="weights-read" lang="en"
r"""
As a formula,
$$w_i(x_t) = \frac{\exp\bigl(-\|x_t - \sqrt{\bar\alpha_t}\,x_i\|^2 / 2(1-\bar\alpha_t)\bigr)}
{\sum_j \exp\bigl(-\|x_t - \sqrt{\bar\alpha_t}\,x_j\|^2 / 2(1-\bar\alpha_t)\bigr)},
\qquad \hat x_0 = \sum_i w_i\,x_i,\tag{3}$$
a *softmax* over the data: the nearer, the heavier. Nothing is learned; the data are the parameters.

**Read the rows.** The place stays the same, (0.45, 0.1); only $t$ falls. At $t = 1000$ each of the eight points has
its eighth. Then the nearer ones gain, and at $t = 20$ one point has everything. The same $x_t$ means different things
at different noise levels: that is why a denoiser must be told $t$.
"""

# %% [markdown] key="weights-read" lang="zh" of="ae6958"
r"""
写成公式：
$$w_i(x_t) = \frac{\exp\bigl(-\|x_t - \sqrt{\bar\alpha_t}\,x_i\|^2 / 2(1-\bar\alpha_t)\bigr)}
{\sum_j \exp\bigl(-\|x_t - \sqrt{\bar\alpha_t}\,x_j\|^2 / 2(1-\bar\alpha_t)\bigr)},
\qquad \hat x_0 = \sum_i w_i\,x_i,\tag{3}$$
这就是对全部数据做的 **softmax**：越近，越重。什么也没有学：数据本身就是参数。

**看各行。** 位置始终是 (0.45, 0.1)，变小的只有 $t$。$t = 1000$ 时，八个点各占八分之一；随后，离得近的点越占越多；
到 $t = 20$，其中一点独占全部。同一个 $x_t$，在不同的噪声水平下含义不同：所以去噪器必须知道 $t$。
"""

# %% [markdown] key="paper" lang="en"
r"""
**On paper, before you unfold it.** Let the data be two numbers, $-1$ and $1$, equally likely (the pixel of lesson 3, without
its width). Simplify (3) until one familiar function of $x_t$ is left. Where is it steep, and what becomes of it as $t$ falls?

Then let 1 be the likelier of the two, or the rarer: it comes with the probability $p$, and $-1$ with $1-p$, so each height counts
with its share. At which $x_t$ is the guess steepest now? Write the place as a function of $\bar\alpha_t$ and $p$.
"""

# %% [markdown] key="paper" lang="zh" of="e549dd"
r"""
**先动笔，再展开。** 设数据只有两个数，$-1$ 与 $1$，各占一半（就是第 3 课的那个像素，不计宽度）。把 (3) 化简，直到剩下 $x_t$ 的一个熟悉的函数。
它在哪里最陡？$t$ 变小时，它会变成什么样？

再设两者不再对半：1 出现的概率是 $p$，$-1$ 则是 $1-p$，于是每个高度都要乘上自己的份额。这时，猜测在哪个 $x_t$ 处最陡？
请把这个位置写成 $\bar\alpha_t$ 与 $p$ 的函数。
"""

# %% key="paper-try" tags=["exercise"]
def my_steepest(alpha_bar, p):
    ...

my_steepest = check("04.paper", my_steepest)

# %% [markdown] key="paper-answer" lang="en"
r"""
<details><summary>Answer</summary>

The squares in the exponents share $x_t^2$ and $\bar\alpha_t$, which cancel in the quotient. With
$u=\sqrt{\bar\alpha_t}\,x_t/(1-\bar\alpha_t)$ the two heights are in the ratio of $e^{-u}$ to $e^{u}$, so
$$\hat x_0=\frac{e^{u}-e^{-u}}{e^{u}+e^{-u}}=\tanh\frac{\sqrt{\bar\alpha_t}\,x_t}{1-\bar\alpha_t}.$$
It is steepest at $x_t=0$, with the slope $\sqrt{\bar\alpha_t}/(1-\bar\alpha_t)$: nearly flat in much noise, where the guess is
close to 0 whatever $x_t$ is, and a jump from $-1$ to $1$ as $t$ goes to 0. Part 5 is about that jump.

With the shares, $p\,e^{u}$ stands against $(1-p)\,e^{-u}$. Divide both by $\sqrt{p(1-p)}$ and write $b=\frac12\ln\frac{p}{1-p}$: they
become $e^{u+b}$ and $e^{-u-b}$, so $\hat x_0=\tanh(u+b)$, the same curve, moved. It is steepest where $u=-b$,
$$x_t=\frac{1-\bar\alpha_t}{2\sqrt{\bar\alpha_t}}\,\ln\frac{1-p}{p}.$$
In much noise the prior moves it far, to where hardly any $x_t$ lies; whatever $x_t$ is, the guess is then close to $2p-1$, the mean
of the data. As $t$ falls, the prior loses its say.

</details>
"""

# %% [markdown] key="paper-answer" lang="zh" of="975ee2"
r"""
<details><summary>答案</summary>

两个指数里的平方都含 $x_t^2$ 与 $\bar\alpha_t$，相除时约掉。记
$u=\sqrt{\bar\alpha_t}\,x_t/(1-\bar\alpha_t)$，两个高度之比就是 $e^{-u}$ 比 $e^{u}$，所以
$$\hat x_0=\frac{e^{u}-e^{-u}}{e^{u}+e^{-u}}=\tanh\frac{\sqrt{\bar\alpha_t}\,x_t}{1-\bar\alpha_t}.$$
它在 $x_t=0$ 处最陡，斜率是 $\sqrt{\bar\alpha_t}/(1-\bar\alpha_t)$：噪声重时近乎水平，无论 $x_t$ 是多少，猜测都接近 0；
$t$ 趋于 0 时，则成了从 $-1$ 到 $1$ 的一跳。第 5 节说的就是这一跳。

乘上份额，就是 $p\,e^{u}$ 与 $(1-p)\,e^{-u}$ 相比。两者都除以 $\sqrt{p(1-p)}$，再记 $b=\frac12\ln\frac{p}{1-p}$，就成了
$e^{u+b}$ 与 $e^{-u-b}$，于是 $\hat x_0=\tanh(u+b)$：还是那条曲线，只是平移了。最陡之处 $u=-b$，即
$$x_t=\frac{1-\bar\alpha_t}{2\sqrt{\bar\alpha_t}}\,\ln\frac{1-p}{p}.$$
噪声重时，先验把最陡之处推得很远，推到几乎没有 $x_t$ 的地方；无论 $x_t$ 是多少，猜测都接近 $2p-1$，即数据的均值。随着 $t$ 变小，先验就说不上话了。

</details>
"""

# %% [markdown] key="mixture-why" lang="en"
r"""
The package's own denoiser goes a step further: it also knows *mixtures of Gaussians*, data that lie around the $x_i$
with a standard deviation $\sigma_i$. Noise only widens each bell, to the variance
$v_i = \bar\alpha_t\sigma_i^2 + 1-\bar\alpha_t$; the weights are again heights over their sum. Only the guess within one bell
is new: no longer $x_i$ itself, but a point between $x_i$ and $x_t/\sqrt{\bar\alpha_t}$. With $\sigma_i = 0$ we are back at
the finite set. Like every denoiser here, `exact(xt, t)` answers with $\hat x_0$; `exact.eps(xt, t)` is the $\hat\epsilon$ of (2).

The code below, from which `exact.eps` follows, computes the *score*, the gradient of $\log q(x_t)$. Each bell pulls $x_t$ towards its centre by
$(\sqrt{\bar\alpha_t}\,x_i - x_t)/v_i$; the score is the weighted mean of these pulls. It equals
$-\hat\epsilon/\sqrt{1-\bar\alpha_t}$: for $\sigma_i = 0$ the pulls add up to $(\sqrt{\bar\alpha_t}\,\hat x_0 - x_t)/(1-\bar\alpha_t)$, which is that by (2); lesson 10 has the general case. In the code `_noised` gives $x_t$, flattened, with $\sqrt{\bar\alpha_t}$ and
the $v_i$; `_log_joint` gives the logarithms of the heights, each times its share. The `softmax` in it is yours.
"""

# %% [markdown] key="mixture-why" lang="zh" of="1d8cb3"
r"""
本包自己的去噪器更进一步：它还能处理**高斯混合分布**（mixture of Gaussians），即数据散布在各个 $x_i$ 周围，标准差为 $\sigma_i$。
加噪只是让每条钟形曲线变宽，方差成为 $v_i = \bar\alpha_t\sigma_i^2 + 1-\bar\alpha_t$；权重仍是各个高度除以它们的和。
变了的只有单条钟形曲线之内的猜测：不再是 $x_i$ 本身，而是 $x_i$ 与 $x_t/\sqrt{\bar\alpha_t}$ 之间的一点。
取 $\sigma_i = 0$，就回到有限点集。与这里所有的去噪器一样，`exact(xt, t)` 回答的是 $\hat x_0$；`exact.eps(xt, t)` 才是 (2) 中的 $\hat\epsilon$。

下面的代码算的是**得分函数**（score），即 $\log q(x_t)$ 的梯度，`exact.eps` 就由它得出。每条钟形曲线都把 $x_t$ 拉向自己的中心，拉力为
$(\sqrt{\bar\alpha_t}\,x_i - x_t)/v_i$；得分就是这些拉力的加权均值。它等于
$-\hat\epsilon/\sqrt{1-\bar\alpha_t}$：$\sigma_i = 0$ 时，拉力合起来是 $(\sqrt{\bar\alpha_t}\,\hat x_0 - x_t)/(1-\bar\alpha_t)$，由 (2)，两者正相等；一般情形见第 10 课。代码里，`_noised` 给出展平的 $x_t$，以及 $\sqrt{\bar\alpha_t}$ 与各个 $v_i$；
`_log_joint` 给出各个高度（乘上份额）的对数。其中的 `softmax` 正是你写的那个。
"""

# %% key="mixture-source"
show_source(Oracle.score)

# %% key="mixture-same" tags=["nbval-check-output"]
xt = forward_jump(schedule, eight, 300, generator=seeded(2)).xt
guess = my_weights(schedule, eight, xt, 300) @ eight
print("equal:", torch.allclose(guess, exact(xt, 300)))

# %% [markdown] key="arrows"
r"""
## 3 · Arrows that turn as t falls · 随 t 变小而转向的箭头
"""

# %% [markdown] key="arrows-why" lang="en"
r"""
In the plane a denoiser can be seen. From any place $x_t$ draw an arrow to the best guess $\hat x_0$ (long arrows are
drawn shortened). With little noise $\sqrt{\bar\alpha_t}$ is nearly 1, and the arrow points almost straight against $\hat\epsilon$.
"""

# %% [markdown] key="arrows-why" lang="zh" of="6af864"
r"""
在平面上，去噪器是看得见的。从每一处 $x_t$ 画一支箭头，指向最优猜测 $\hat x_0$（长箭头画短了一些）。
噪声少时，$\sqrt{\bar\alpha_t}$ 接近 1，箭头几乎正好与 $\hat\epsilon$ 方向相反。
"""

# %% key="arrows-predict"
predict("04.far")

# %% key="arrows-show"
starts, fields = points.lattice(13).double(), {}
for t in (1000, 500, 250, 50):
    fields[f"$t = {t}$"] = eight, starts, exact(starts, t) - starts
reveal("04.far", plots.arrows(fields))

# %% [markdown] key="arrows-read" lang="en"
r"""
**Read the figure.** At $t = 1000$ all arrows point to the centre, where there is no datum at all: the mean of eight
guesses, none better than another. As $t$ falls, the arrows on the inside turn round and point outwards. At $t = 50$
the plane has split into eight sectors, like a cake, and in each all arrows point to the datum that lies in it.

**A task for the slider.** From the green spot, at (0.45, 0.1), the black arrow goes all the way to $\hat x_0$. The
larger an orange disc, the larger the share of that datum; the largest share, `max w`, stands above. Set `x` to `circle`
and move $t$ down. What is the largest $t$ at which one datum has more than half? (Arrow keys move the slider one by one.)
"""

# %% [markdown] key="arrows-read" lang="zh" of="f59c32"
r"""
**看图。** $t = 1000$ 时，所有箭头都指向圆心，而那里一个数据点也没有：那是八种猜测的均值，谁也不比谁更可信。
随着 $t$ 变小，里面的箭头掉过头来，指向外面。到 $t = 50$，平面像蛋糕一样分成八块，每块里的箭头都指向这一块中的那个数据点。

**滑块任务。** 绿点在 (0.45, 0.1)，从那里出发的黑箭头一直画到 $\hat x_0$。橙色圆盘越大，它所在的数据点份额就越大；
最大的份额 `max w` 写在图的上方。把 `x` 设为 `circle`，把 $t$ 往下调。使某个数据点份额过半的 $t$，最大是多少？
（用方向键可以一格一格地移动滑块。）
"""

# %% key="arrows-slider"
field_explorer(schedule, {"circle": eight, "moons": points.moons(60), "spiral": points.spiral(60)})

# %% key="arrows-answer" tags=["exercise"]
my_turn = ...
my_turn = check("04.turn", my_turn)

# %% [markdown] key="back"
r"""
## 4 · Sample with it: the data come back · 用它采样：数据回来了
"""

# %% [markdown] key="back-why" lang="en"
r"""
A sampler asks a denoiser and does not care what is inside. Hand it the exact one: 500 particles, 100 steps of DDPM,
the reverse steps of lesson 3.
"""

# %% [markdown] key="back-why" lang="zh" of="d2d287"
r"""
采样器只管向去噪器发问，不管它里面是什么。那就换上精确去噪器：500 个粒子，走 100 步 DDPM，也就是第 3 课的反向步。
"""

# %% key="back-eight"
noise = torch.randn(500, 2, generator=seeded(3), dtype=torch.float64)
walk = ddpm(schedule, exact, noise, even_times(schedule, 100), generator=seeded(4))
states = {sample.t: sample.xt for sample in walk}
apart = torch.cdist(states[0], eight)
print(f"farthest from a datum: {apart.amin(1).max():.4f}; at each:", apart.argmin(1).bincount().tolist())
plots.plane({f"$t = {t}$": (eight, states[t]) for t in (1000, 100, 50, 0)})

# %% [markdown] key="back-read" lang="en"
r"""
**Read the figure.** A cloud of noise draws together into a ring; by $t = 50$ the ring has parted into eight, and in the end
all 500 particles lie on the eight points, about an eighth at each. For eight points that is just what one wants. Now the same with real digits: a finite set of 1797.
"""

# %% [markdown] key="back-read" lang="zh" of="322d66"
r"""
**看图。** 一团噪声先聚成一个环；到 $t = 50$，环已断成八簇；最后，500 个粒子全都落在那八个点上，每点约占八分之一。
对八个点来说，这正是我们想要的。现在换成真实的手写数字，做法照旧：它们也是一个有限集，共 1797 个。
"""

# %% key="copies-predict"
predict("04.copies")

# %% key="copies-show"
x, y = data.digits()
first = torch.randn(32, 1, 8, 8, generator=seeded(4))
copies = finish(ddpm(schedule, finite(schedule, x), first, even_times(schedule, 100), generator=seeded(5)))
near = torch.cdist(copies.flatten(1), x.flatten(1)).argmin(1)
said = f"largest difference of any pixel: {(copies - x[near]).abs().max():.4f}"
reveal("04.copies", said, plots.rows({"new": copies[:12], "data": x[near[:12]]}, zoom=3))

# %% [markdown] key="copies-read" lang="en"
r"""
**Read the figure.** Above, what the sampler made; below, the digit of the data set that is nearest to it. They are the
same, to the pixel, all 32 (12 are drawn). So, plainly: *the perfect denoiser of a finite data set memorises it*. On these
data no loss is lower than its own, and nothing new comes out. (Unless the steps are few: the last guess, made while many
data still have a share, is then a blend.) A training set is always finite. If networks reached that optimum, nobody would
need them: a copier does the same.
"""

# %% [markdown] key="copies-read" lang="zh" of="60a90a"
r"""
**看图。** 上排是采样器生成的，下排是数据集中离各幅最近的数字。上下逐像素相同，32 个无一例外（图中画了 12 个）。
所以，直说吧：**有限数据集的完美去噪器，会把数据集背下来。** 在这些数据上，没有谁的损失比它更低，可是采出来的没有一样是新的。
（步数太少时例外：最后一次猜测时，许多数据点都还占着份额，猜出来的就是它们的混合。）
而训练集总是有限的。网络若真能达到这个最优，也就没人需要网络了：复印机就能做同样的事。
"""

# %% [markdown] key="smooth"
r"""
## 5 · Why a network does not memorise · 网络为什么不会死记
"""

# %% [markdown] key="smooth-why" lang="en"
r"""
Look at the cake again: at low noise the arrows of the exact denoiser jump from one datum to another at each cut. A small
network is a smooth function; so sharp an edge it can only blur. Train one on the eight points, with the usual loss,
whose optimum is the memoriser. The network is an MLP: layers of matrices with a nonlinear function between them and
residual connections (lesson 5). Like the U-Net, it is told how noisy $x_t$ is.
"""

# %% [markdown] key="smooth-why" lang="zh" of="23ac87"
r"""
再看那块蛋糕：噪声很低时，一越过切口，精确去噪器的箭头就从一个数据点猛地转向另一个。小网络是光滑的函数，
这样锋利的边，它只能抹圆。就用这八个点训练一个小网络，损失还是平常那个，其最优解正是那个死记的去噪器。
网络是 MLP：几层矩阵，层间夹着非线性函数，再加上残差连接（见第 5 课）。它与 U-Net 一样，知道 $x_t$ 的噪声有多重。
"""

# %% key="smooth-train"
torch.manual_seed(0)
state = start(MLP(size=2, width=64, layers=2), seed=0)
network = from_network(schedule, state.ema)
times = even_times(schedule, 50)
records = watch(
    train(state, schedule, eight, steps=800, batch=128),
    total=800,
    samples=lambda: finish(ddim(schedule, network, noise.float(), times)),
    every=200,
    earlier=state.losses,
)

# %% key="smooth-arrows"
starts, fields = points.lattice(21, 1.1).double(), {}
for name, denoiser in {"exact": exact, "network": network}.items():
    fields[name] = eight, starts, denoiser(starts.float(), 50).double() - starts
plots.arrows(fields, limit=1.1)

# %% key="smooth-samples"
same, drawn = (finish(ddim(schedule, who, noise.float(), times)).double() for who in (exact, network))
for name, cloud in {"exact": same, "network": drawn}.items():
    far = (torch.cdist(cloud, eight).amin(1) > 0.1).double().mean()
    print(f"{name:8} farther than 0.1 from every datum: {far:.1%}")
plots.plane({"exact": (eight, same), "network": (eight, drawn)})

# %% [markdown] key="smooth-read" lang="en"
r"""
**Read the figures.** The arrows, at $t = 50$: where the exact denoiser has eight sectors, the network has learnt a flow
towards a ring. The samples: nearly all of the network's lie on the data or along the lines between neighbours. (Both from the same noise, by the same sampler.) That is
*generalisation*, and it is an error: whoever wanted the eight points calls it noise, whoever wanted the circle
calls it understanding. Which of the two it is, the loss cannot say. It depends on whether the function errs in the
direction of what we mean.

The same with digits. To this MLP a digit is 64 numbers; nobody tells it which pixel lies beside which.
(`image_denoiser` is `from_network` with $\hat x_0$ kept within $[-1, 1]$.)
"""

# %% [markdown] key="smooth-read" lang="zh" of="05e412"
r"""
**看图。** 先看 $t = 50$ 的箭头：精确去噪器把平面分成八块，网络学到的箭头却一齐流向一个圆环。
再看样本：网络的样本几乎都落在数据点上，或落在相邻两点的连线上。
（两者从同一份噪声出发，用的是同一个采样器。）这就是**泛化**，它其实是一种误差：
想要八个点的人说这是噪声，想要圆的人说它学懂了。究竟算哪一种，损失说不出来；要看函数出错的方向，是不是我们想要的方向。

换成数字，再来一遍。在这个 MLP 眼里，一个数字只是 64 个数；哪个像素挨着哪个像素，没有谁告诉它。
（`image_denoiser` 就是 `from_network`，再把 $\hat x_0$ 限制在 $[-1, 1]$ 之内。）
"""

# %% key="digits-train"
torch.manual_seed(0)
state = start(MLP(size=64, width=384, layers=2), lr=1e-3, seed=0)
painter = image_denoiser(schedule, state.ema)
records = watch(
    train(state, schedule, x, steps=1200, batch=128),
    total=1200,
    samples=lambda: finish(ddim(schedule, painter, first, times)),
    every=300,
    earlier=state.losses,
)

# %% key="digits-new"
begin = torch.randn(200, 1, 8, 8, generator=seeded(6))
new = finish(ddpm(schedule, painter, begin, even_times(schedule, 100), generator=seeded(7)))
to_data, near = torch.cdist(new.flatten(1), x.flatten(1)).min(1)
between = torch.cdist(x.flatten(1), x.flatten(1)).fill_diagonal_(torch.inf).amin(1)
print(f"from a new digit to the nearest real one: median {to_data.median():.1f}, least {to_data.min():.1f}")
print(f"from a real digit to the nearest other:   median {between.median():.1f}, least {between.min():.1f}")
plots.rows({"new": new[:12], "data": x[near[:12]]}, zoom=3)

# %% [markdown] key="digits-read" lang="en"
r"""
**Read the figure.** No pair is the same: the network copies nothing. Some new digits are good ones, others are smudges
that nobody would write. The distances say it, too: a new digit is mostly farther from the nearest real one than a real
digit is from its own nearest neighbour. This network does not copy because it never reaches the memoriser: it is too
smooth, and its training too short. (A large network, trained long on few images, does begin to copy them.) Whether it
invents digits or smudges depends on what it can represent well. Convolutions, which know what lies beside what, err in
better directions: compare the U-Net's digits in lesson 0.
"""

# %% [markdown] key="digits-read" lang="zh" of="366743"
r"""
**看图。** 没有一对是相同的：网络什么也没照抄。新数字有些不错，有些只是一团墨，谁也不会这么写。
距离也说明了这一点：新数字到最近的真实数字，多半比真实数字到自己的最近邻还远。
这个网络没有照抄，是因为它始终到不了那个死记的最优解：它太光滑，训练得也太短。（大网络用很少的图像训练很久，确实会开始照抄。）
造出来的是数字还是墨团，要看网络擅长表示什么。卷积知道谁挨着谁，所以错也错得更像样：对照一下第 0 课里 U-Net 画的数字。
"""

# %% [markdown] key="sets"
r"""
## 6 · Moons, rings, a spiral, and yours · 月牙、圆环、螺线，还有你的
"""

# %% [markdown] key="sets-why" lang="en"
r"""
To measure a network fairly we need data that do go on between the points: a *distribution* with a known formula. Put 60
bells of standard deviation 0.05 along a curve, and you have one. Above, the sets at $t = 300$ (grey: clean); below,
samples made with the exact denoiser over draws from the mixture itself (grey).
"""

# %% [markdown] key="sets-why" lang="zh" of="7d015d"
r"""
要公平地衡量网络，点与点之间也得有数据：我们需要一个有公式的**分布**。沿一条曲线摆上 60 个标准差为 0.05 的高斯，
就有了一个。上排是各点集在 $t = 300$ 的样子（灰色：干净的点）；下排是用精确去噪器采出的样本，灰色是直接从混合分布抽出的点。
"""

# %% key="sets-show"
sets = {"moons": points.moons(60), "rings": points.rings(60), "spiral": points.spiral(60)}
truths = {name: mixture(schedule, curve, torch.full((60,), 0.05)) for name, curve in sets.items()}
clean = {name: truth.draw(500, seeded(1)) for name, truth in truths.items()}
panels = {f"{k}, $t = 300$": (z, forward_jump(schedule, z, 300).xt) for k, z in clean.items()}
for name, truth in truths.items():
    panels[f"{name}, samples"] = clean[name], finish(ddim(schedule, truth, noise, times))
plots.plane(panels, columns=3)

# %% [markdown] key="own-why" lang="en"
r"""
**Read the figure.** The samples lie where they should. But look closely: they are thinner than the grey draws. The
denoiser is exact, so it cannot be its fault: it is the fifty steps. Part 9 says by how much; the rows below measure
it here.

**Your own.** Edit the list: any number of pairs $(x, y)$, from −1 to 1. Try a wrong one, too: the error says what is
wrong with it.
"""

# %% [markdown] key="own-why" lang="zh" of="740820"
r"""
**看图。** 样本都在该在的地方。但细看：它们排成的带子比灰色的细。去噪器是精确的，不能怪它，毛病出在只走了五十步。
第 9 节会算出差多少，这里先看下面量到的数。

**你自己的点。** 改改这个列表：写几对 $(x, y)$ 都行，每个数在 −1 到 1 之间。也不妨故意写错一个：报错会告诉你错在哪里。
"""

# %% key="own-show"
mine = points.from_list([(-0.6, -0.7), (-0.6, 0.7), (0, 0), (0.6, 0.7), (0.6, -0.7)])
truth = mixture(schedule, mine, torch.full((len(mine),), 0.05))
clouds = {"data": truth.draw(500, seeded(1)), "samples": finish(ddim(schedule, truth, noise, times))}
for name, cloud in clouds.items():
    off = cloud - mine[torch.cdist(cloud, mine.double()).argmin(1)]
    print(f"{name:8} std about the nearest point {off.square().mean().sqrt():.3f}")
plots.plane({"data": (clouds["data"],), "samples": (mine, clouds["samples"])})

# %% [markdown] key="own-read" lang="en"
r"""
With the list as it stands, 0.050 has become 0.038 in 50 steps (a few strays included; most of the samples lie closer
still). In all that follows with the exact denoiser, remember this: *exact* is said of the guess, not of the samples.
"""

# %% [markdown] key="own-read" lang="zh" of="de3631"
r"""
列表不改时，走 50 步，标准差由 0.050 变成了 0.038（少数离群的点也算在内；多数样本离得还要近）。
往下再用精确去噪器时，请记住：说**精确**，说的是猜测，不是样本。
"""

# %% [markdown] key="learned"
r"""
## 7 · A network against the truth · 网络对照真值
"""

# %% [markdown] key="learned-why" lang="en"
r"""
Now train a small MLP on the moons, on 20,000 draws, so many that no single one can be learnt by heart. The
truth is known everywhere, so we can draw the error itself: $\|\hat\epsilon_\text{learned} - \hat\epsilon_\text{exact}\|$
over the plane (white: data).
"""

# %% [markdown] key="learned-why" lang="zh" of="fe00ba"
r"""
现在用月牙训练一个小 MLP：抽 20,000 个点，多到一个也背不下来。真值处处已知，所以可以直接画出误差
$\|\hat\epsilon_\text{learned} - \hat\epsilon_\text{exact}\|$ 在平面上的样子（白点是数据）。
"""

# %% key="learned-train"
moons = mixture(schedule, points.moons(30), torch.full((30,), 0.06))
torch.manual_seed(0)
state = start(MLP(size=2, width=64, layers=3), seed=0)
learned = from_network(schedule, state.ema)
records = watch(
    train(state, schedule, moons.draw(20_000, seeded(8)).float(), steps=1500, batch=256),
    total=1500,
    samples=lambda: finish(ddim(schedule, learned, noise.float(), times)),
    every=500,
    earlier=state.losses,
)

# %% key="learned-heat"
at, maps = points.lattice(61), {}
for t in (20, 100, 300, 600):
    maps[f"$t = {t}$"] = (eps_of(schedule, learned)(at, t) - moons.eps(at, t)).norm(dim=1)
plots.heat(maps, moons.draw(300, seeded(1)), top=1.0)

# %% [markdown] key="learned-read" lang="en"
r"""
**Read the figure.** With much noise, at $t = 600$ and 300, the network is right nearly everywhere. At $t = 100$ and
20 it is right only where training data ever came: a band around the moons, the wider the more noise there is. Outside (yellow, 1 or
more) it has never been asked, and says nothing of use. The bright streaks that reach into the band at $t = 100$ lie
where the true arrows flip from one moon to the other: the edge that a smooth function blurs.

The loss does not see the yellow: it is a mean over noised data, and few of these ever come there: of 20,000, 0.05 % at $t = 100$, 2 % at $t = 20$.
"""

# %% [markdown] key="learned-read" lang="zh" of="3c4cef"
r"""
**看图。** 噪声重时（$t = 600$ 与 300），网络几乎处处都对。到 $t = 100$ 与 20，它只在训练数据来过的地方才对：
月牙周围的一条带子，噪声越重，带子越宽。带子以外（黄色，误差为 1 或更大），训练时从来没有问过它，它的回答也就没有用。
$t = 100$ 时伸进带子的亮条纹，正好落在真实的箭头由一弯月牙急转向另一弯之处：这道边，光滑的函数只能抹圆。

损失看不见黄色：损失是对加噪数据求的均值，而落到那里的加噪数据很少：20,000 个里，$t = 100$ 时是 0.05 %，$t = 20$ 时是 2 %。
"""

# %% [markdown] key="floor"
r"""
## 8 · The floor of the loss · 损失的下限
"""

# %% [markdown] key="floor-why" lang="en"
r"""
By (1) nobody gets below $E\|\epsilon - E[\epsilon\mid x_t]\|^2$. That is the *floor of the loss*, and it depends
on $t$. We cannot compute it for photographs; here we can, by drawing $x_t$ and asking the exact denoiser.
"""

# %% [markdown] key="floor-why" lang="zh" of="3e4114"
r"""
由 (1) 可知，谁的误差也低不过 $E\|\epsilon - E[\epsilon\mid x_t]\|^2$。这就是**损失的下限**，它随 $t$ 而变。
数据是照片时，我们算不出它；在这里却可以：抽出 $x_t$，去问精确去噪器。
"""

# %% key="floor-predict"
predict("04.floor")

# %% key="floor-show"
def error(denoiser, x0, t):
    xt, eps = forward_jump(schedule, x0, t, generator=seeded(2))
    return float((eps - eps_of(schedule, denoiser)(xt, t)).square().mean())

times_seen = [1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 400, 500, 600, 700, 800, 900, 1000]
fresh, few = moons.draw(4000, seeded(9)).float(), moons.draw(200, seeded(10)).float()
losses = {"network": [error(learned, fresh, t) for t in times_seen]}
losses["floor: moons"] = [error(moons, fresh, t) for t in times_seen]
losses["floor: 200 draws"] = [error(finite(schedule, few), few.repeat(20, 1), t) for t in times_seen]
reveal("04.floor", plots.curves({r"$\|\epsilon-\hat\epsilon\|^2$ / 2": losses}, times_seen, log="x"))

# %% key="floor-print"
said = []
for t in (1, 30, 300, 1000):
    values = (f"    {name} {losses[name][times_seen.index(t)]:.2f}" for name in losses)
    said.append(f"t = {t:4}" + "".join(values))
reveal("04.floor", *said)

# %% key="floor-mean"
t = torch.randint(1, 1001, (20_000,), generator=seeded(0))
fresh = moons.draw(20_000, seeded(1)).float()
least, reached = error(moons, fresh, t), error(learned, fresh, t)
print(f"mean over all t:   floor {least:.2f}   network {reached - least:.3f} above it")

# %% [markdown] key="floor-read" lang="en"
r"""
**Read the figure.** (Mean over both coordinates; $t$ on a logarithmic axis.) At $t = 1000$ everybody is at 0: $x_t$ *is*
the noise. At $t = 1$ the floor of the moons (orange) is nearly 1, the error of always answering 0: so fine a noise
cannot be told from the spread of the data. The network (blue) lies on its floor from $t = 100$ up, and above it by less than 0.1
below that. So a loss that stays flat and far from 0 is no mystery: over all $t$ the floor itself is about 0.25 on
average, and the network is less than 0.01 above it. What can still improve is that thin gap, and on it
depends how good the samples are: look back at those beside the loss in part 7, some of which lie between the two moons.

The green floor belongs to 200 draws of the same moons, taken as all there is. It is nearly the same at high noise, but
lower at low noise, where single points can be told apart. It is a *memoriser's floor*, and reaching it is not wanted: whoever does makes copies, as in part 4. A training loss that goes below the floor of the distribution, by more than chance, has begun to
learn its data by heart.
"""

# %% [markdown] key="floor-read" lang="zh" of="82e00b"
r"""
**看图。**（对两个坐标取平均；$t$ 轴取对数。）$t = 1000$ 时，大家都是 0：$x_t$ **就是**噪声。
$t = 1$ 时，月牙的下限（橙）接近 1，相当于永远回答 0 时的误差：这么细的噪声，与数据本身的散布分不开。
网络（蓝）从 $t = 100$ 往上都贴着自己的下限；再往下，噪声更轻，也只高出不到 0.1。所以损失走平、又离 0 很远，毫不神秘：
对所有 $t$ 平均，下限本身就约有 0.25，而网络只比它高不到 0.01。还能改进的，只是这条窄缝，而样本的好坏就取决于它：
回头看第 7 节损失旁边的样本，有一些落在两弯月牙之间。

绿色的下限属于从同一对月牙抽出的 200 个点，把它们当作全部数据。噪声重时，它与橙色的几乎一样；噪声低时，一个个点分得清，它就更低。
这是**死记硬背的下限**，达到它并非我们所愿：达到了，就只会造出第 4 节那样的复印件。训练损失若低过分布的下限，而且低得不能算作偶然，网络就已经开始背数据了。
"""

# %% [markdown] key="samplers"
r"""
## 9 · Every sampler against the exact answer · 用精确答案衡量每个采样器
"""

# %% [markdown] key="samplers-why" lang="en"
r"""
With the exact denoiser in it, whatever a sampler does wrong is its own fault. All samplers here take the same kind of
step from $t$ to $s$: go to the guess, put back a part of the predicted noise, add fresh noise $z$,
$$x_s = \sqrt{\bar\alpha_s}\,\hat x_0 + \sqrt{1-\bar\alpha_s-\sigma_d^2}\;\hat\epsilon + \sigma z.\tag{4}$$
Here $z\sim\mathcal N(0, I)$, so that $\sigma$ is the standard deviation of the fresh noise. The noise in $x_s$ should have the
variance $1-\bar\alpha_s$; of this, $\sigma_d^2$ is left for the fresh noise, and the predicted noise gets all the rest.
Let $\tilde\sigma^2 = \tilde\beta$ be the posterior variance. With $\sigma_d = \tilde\sigma$ the first two terms are the mean of
lesson 3: that is DDPM, where $\sigma$ is $\tilde\sigma$ or $\sqrt\beta$. (Over a step from $t$ to $s$, $\beta$ stands for
$1-\bar\alpha_t/\bar\alpha_s$, the merged step of lesson 1, and $\tilde\beta=\beta\,(1-\bar\alpha_s)/(1-\bar\alpha_t)$.) DDIM (lesson 7) takes
$\sigma = \sigma_d = \eta\,\tilde\sigma$: for $\eta = 0$ it adds no noise at all, and for $\eta = 1$ it *is* DDPM with
$\tilde\sigma$.
"""

# %% [markdown] key="samplers-why" lang="zh" of="b4b87e"
r"""
换上精确去噪器，采样器若还出错，就是它自己的错。这里的采样器从 $t$ 走到 $s$，走的都是同一种步：
先走到猜测处，再放回预测噪声的一部分，最后加上新噪声 $z$，
$$x_s = \sqrt{\bar\alpha_s}\,\hat x_0 + \sqrt{1-\bar\alpha_s-\sigma_d^2}\;\hat\epsilon + \sigma z.\tag{4}$$
其中 $z\sim\mathcal N(0, I)$，所以 $\sigma$ 就是新噪声的标准差。$x_s$ 里的噪声，方差应为 $1-\bar\alpha_s$：从中留出 $\sigma_d^2$ 给新噪声，其余都归预测的噪声。
记后验方差为 $\tilde\sigma^2 = \tilde\beta$。
取 $\sigma_d = \tilde\sigma$，前两项就是第 3 课的均值：这就是 DDPM，其中 $\sigma$ 取 $\tilde\sigma$ 或 $\sqrt\beta$。
（一步从 $t$ 走到 $s$ 时，$\beta$ 指 $1-\bar\alpha_t/\bar\alpha_s$，即第 1 课里合并出的那一步，而 $\tilde\beta=\beta\,(1-\bar\alpha_s)/(1-\bar\alpha_t)$。）
DDIM（见第 7 课）取 $\sigma = \sigma_d = \eta\,\tilde\sigma$：$\eta = 0$ 时完全不加噪声；
$\eta = 1$ 时，它**就是**用 $\tilde\sigma$ 的 DDPM。
"""

# %% key="few-predict"
predict("04.few")

# %% [markdown] key="spread-why" lang="en"
r"""
Let us compute it. Data $\mathcal N(\mu, v)$ on a line: there $x_0$ and $x_t$ are jointly normal, $x_t$ has the mean
$\sqrt{\bar\alpha_t}\,\mu$ and the variance $V_t = \bar\alpha_t v + 1-\bar\alpha_t$, and the two have the covariance
$\sqrt{\bar\alpha_t}\,v$. For jointly normal numbers the best guess of one from the other is a straight line through both means; its
slope is the covariance over the variance of the number that is known. From this guess (2) makes $\hat\epsilon$.

**Write it yourself.** Follow the *standard deviation of the samples* through a walk of DDIM with this exact denoiser, without
drawing anything. `times` falls from $T$ to 0, perhaps by more than 1 at a step, `std` is $\sqrt v$, `eta` is $\eta$; return a list of
one number for each of the times, the first for $x_T$, which is drawn from $\mathcal N(0, 1)$. What does a step (4) make of the
difference of $x_t$ from its mean, and of the variance of that difference? The posterior's $\tilde\sigma$ of a step from $t$ to $s$ is
`sigma_posterior(schedule, t, s)`.
"""

# %% [markdown] key="spread-why" lang="zh" of="057d2f"
r"""
这就来算。数据是直线上的 $\mathcal N(\mu, v)$：这时 $x_0$ 与 $x_t$ 服从联合正态分布，$x_t$ 的均值为 $\sqrt{\bar\alpha_t}\,\mu$，
方差为 $V_t = \bar\alpha_t v + 1-\bar\alpha_t$，两者的协方差为 $\sqrt{\bar\alpha_t}\,v$。
对联合正态的两个数，由一个猜另一个，最优的猜测是一条过两个均值的直线，斜率等于协方差除以已知的那个数的方差。有了这个猜测，由 (2) 就得到 $\hat\epsilon$。

**自己动手。** 让 DDIM 配上这个精确去噪器，什么也不抽取，逐步递推**样本的标准差**。`times` 从 $T$ 降到 0，一步可以不止降 1，`std` 是 $\sqrt v$，`eta` 是 $\eta$；
请返回一个列表，每个时间步一个数，第一个属于 $x_T$，它抽自 $\mathcal N(0, 1)$。按 (4) 走一步，$x_t$ 与其均值之差变成什么？这个差的方差又变成什么？
从 $t$ 到 $s$ 这一步的后验标准差 $\tilde\sigma$ 就是 `sigma_posterior(schedule, t, s)`。
"""

# %% key="spread-try" tags=["exercise"]
def my_spread(schedule, std, times, eta):
    ...

my_spread = check("04.spread", my_spread)

# %% key="spread-show"
line, ten = mixture(schedule, torch.tensor([[0.5]]), torch.tensor([0.3])), even_times(schedule, 10)
crowd = torch.randn(20_000, 1, generator=seeded(11), dtype=torch.float64)
true_std = (schedule.alpha_bar[ten] * 0.3**2 + 1 - schedule.alpha_bar[ten]).sqrt()
narrow = my_spread(schedule, 0.05, times, 0)[-1]
ratios, said = {"computed": {}, "measured": {}}, [f"std 0.05, 50 steps: {narrow:.3f}", f"std 0.3, at t = {ten}:"]
for eta in (0, 1):
    by_draws = [state.xt.std() for state in ddim(schedule, line, crowd, ten, eta=eta, generator=seeded(12))]
    for kind, values in {"computed": my_spread(schedule, 0.3, ten, eta), "measured": by_draws}.items():
        ratios[kind][rf"$\eta = {eta}$"] = torch.tensor(values) / true_std
        said.append(f"eta = {eta}  {kind}  " + " ".join(f"{v:.3f}" for v in values))
reveal("04.few", *said, plots.curves(ratios, ten))

# %% [markdown] key="spread-read" lang="en"
r"""
**Read the figure.** (Each divided by $\sqrt{V_t}$, the standard deviation of $x_t$ itself; a walk runs from right to left.)
Computed and measured agree, as well as 20,000 draws can. The guess is
$\hat x_0 = \mu + (\sqrt{\bar\alpha_t}\,v/V_t)\,(x_t - \sqrt{\bar\alpha_t}\,\mu)$. Put that into (2), and $V_t - \bar\alpha_t v = 1-\bar\alpha_t$ leaves
$$\hat\epsilon = c_t\,(x_t - \sqrt{\bar\alpha_t}\,\mu),\qquad c_t = \sqrt{1-\bar\alpha_t}\,/\,V_t.$$
With both, a step (4) of the walk that you have followed is
$$x_s - \sqrt{\bar\alpha_s}\,\mu = g\,(x_t - \sqrt{\bar\alpha_t}\,\mu) + \sigma z,\qquad
g = \sqrt{\bar\alpha_s}\,\frac{1-\sqrt{1-\bar\alpha_t}\,c_t}{\sqrt{\bar\alpha_t}} + \sqrt{1-\bar\alpha_s-\sigma_d^2}\;c_t,\tag{5}$$
so that each step takes the variance from $V$ to $g^2V + \sigma^2$. Down to $t = 300$ little is lost, 2 % in the first walk and 4 % in the second; most of it is lost in
the last three steps, where the noise is about to become finer than the data. And the thin samples of part 6: of 0.05, 50 steps
leave 0.035. (There 0.038 was measured, with a few strays.)

The package's own, `walked_std`, gives the last one alone, but also knows DDPM with $\sqrt\beta$ (in it $g$ is `gain`, $\sigma_d$ is
`towards`, $\sigma$ is `added`):
"""

# %% [markdown] key="spread-read" lang="zh" of="11de0c"
r"""
**看图。**（都除以 $x_t$ 本身的标准差 $\sqrt{V_t}$；采样是从右往左走的。）算出的与量出的一致，差别不超过 20,000 次抽取的偶然误差。
猜测是 $\hat x_0 = \mu + (\sqrt{\bar\alpha_t}\,v/V_t)\,(x_t - \sqrt{\bar\alpha_t}\,\mu)$；代入 (2)，由 $V_t - \bar\alpha_t v = 1-\bar\alpha_t$，得
$$\hat\epsilon = c_t\,(x_t - \sqrt{\bar\alpha_t}\,\mu),\qquad c_t = \sqrt{1-\bar\alpha_t}\,/\,V_t.$$
两者代入 (4)，你递推的每一步就是
$$x_s - \sqrt{\bar\alpha_s}\,\mu = g\,(x_t - \sqrt{\bar\alpha_t}\,\mu) + \sigma z,\qquad
g = \sqrt{\bar\alpha_s}\,\frac{1-\sqrt{1-\bar\alpha_t}\,c_t}{\sqrt{\bar\alpha_t}} + \sqrt{1-\bar\alpha_s-\sigma_d^2}\;c_t,\tag{5}$$
于是每走一步，方差从 $V$ 变为 $g^2V + \sigma^2$。走到 $t = 300$，丢掉的还不多，先后两次采样分别是 2 % 与 4 %；大半都丢在最后三步，
那时噪声就要变得比数据还细了。第 6 节的样本偏细，也是这样来的：标准差 0.05，走 50 步只剩 0.035。（那里量到 0.038，少数离群的点也算在内。）

包里的 `walked_std` 只给最后一个数，不过还会算用 $\sqrt\beta$ 的 DDPM（其中 $g$ 是 `gain`，$\sigma_d$ 是 `towards`，$\sigma$ 是 `added`）：
"""

# %% key="samplers-source"
show_source(walked_std)

# %% key="few-show"
steps = (5, 10, 25, 100, 1000)
measured = {name: [walk(crowd, n).std() for n in (5, 10, 25)] for name, walk in every_sampler(line).items()}
said = []
for name, values in stds(steps).items():
    by_formula, by_draws = (" ".join(f"{v:.3f}" for v in numbers) for numbers in (values, measured[name]))
    said.append(f"{plots.in_column(name, 8)} computed {by_formula}   measured {by_draws}")
reveal("04.few", *said, plots.curves({"std": stds(steps) | {"data": [0.3] * 5}}, steps, "steps", "x"))

# %% [markdown] key="few-read" lang="en"
r"""
**Read the figure.** (Columns: 5, 10, 25, 100 and 1000 steps; measured: the first three.) Computed by (5) and measured on
20,000 draws, the numbers agree. The mean, by (5), stays where it should. The spread is another matter: in 10 steps DDIM
with $\eta = 0$ ends at 0.236 instead of 0.3, with $\eta = 1$ at 0.214 (as DDPM with $\tilde\sigma$, number for number: its
curve hides the other), while DDPM with $\sqrt\beta$ overshoots, to 0.319. All of them are on their way to 0.3; at 1000
steps the farthest is off by 0.002. With DDIM, the narrower the data, the larger the part of their width that is lost: hence the thin samples of part 6.

A Gaussian is too easy. On the two moons nobody has a formula for where the sampler ends, so we measure how far a cloud of
particles $A$ is from exact draws $B$ by the *energy distance*,
$$D = 2\,E\|A - B\| - E\|A - A'\| - E\|B - B'\| \ge 0,\tag{6}$$
where $A'$ and $B'$ are second draws, independent of the first; each $E$ is measured as a mean over all pairs. Two clouds
with the same distribution are apart by a little, too, by chance: that is the floor to compare with.
"""

# %% [markdown] key="few-read" lang="zh" of="4024bf"
r"""
**看图。**（各列是 5、10、25、100 与 1000 步；实测的只有前三列。）由 (5) 算出的，与抽 20,000 个样本量出的，数值一致。
由 (5) 还可看出，均值不会跑偏。散布却是另一回事：走 10 步，$\eta = 0$ 的 DDIM 到 0.236 而不是 0.3，$\eta = 1$ 到 0.214
（与用 $\tilde\sigma$ 的 DDPM 每个数都相同，两条曲线重合），而用 $\sqrt\beta$ 的 DDPM 冲过了头，到 0.319。
它们都在走向 0.3：到 1000 步，差得最多的也只差 0.002。用 DDIM 时，数据越窄，宽度丢掉的比例就越大：第 6 节的样本偏细，就是这个缘故。

高斯分布太容易了。在两弯月牙上，采样器最后走到哪里，没有公式可算，我们就用**能量距离**（energy distance）来量一团粒子 $A$ 离精确样本 $B$ 多远，
$$D = 2\,E\|A - B\| - E\|A - A'\| - E\|B - B'\| \ge 0,\tag{6}$$
其中 $A'$ 与 $B'$ 各是独立再抽的一份；实测时，每个 $E$ 都是对全部点对的平均。同一分布的两团点，也会碰巧差一点：那就是用来比较的下限。
"""

# %% key="moons-show"
exact_draws, z = moons.draw(2000, seeded(11)), torch.randn(1000, 2, generator=seeded(14), dtype=torch.float64)
distances = {}
for name, walk in every_sampler(moons).items():
    distances[name] = [energy_distance(walk(z, n), exact_draws) for n in steps]
    print(plots.in_column(name, 11), *(f"{distance:.4f}" for distance in distances[name]))
chance = sorted(energy_distance(moons.draw(1000, seeded(100 + k)), exact_draws) for k in range(20))
print(f"exact draws {chance[0]:.4f} to {chance[-1]:.4f}, median {chance[10]:.4f}")
plots.curves({"energy distance": distances | {"exact draws": chance[10:11] * 5}}, steps, "steps", "xy")

# %% [markdown] key="moons-read" lang="en"
r"""
**Read the figure.** The columns are 5, 10, 25, 100 and 1000 steps. With 5 and 10 steps on these moons, DDPM with
$\sqrt\beta$ is the nearest and $\eta = 1$ the farthest, as with the spreads on the line; which of $\eta = 0$ and 0.5 comes next hangs on
the noise. From 100 steps on this distance tells no sampler from exact draws; what is left is
chance. So the noise that a sampler adds is no question of right or wrong but of the number of steps. The order at few
steps is one for these data, and for an exact denoiser. With a network in its place, other errors join in: lesson 7.
"""

# %% [markdown] key="moons-read" lang="zh" of="a4d47f"
r"""
**看图。** 各列是 5、10、25、100 与 1000 步。在这对月牙上走 5 步或 10 步，离精确样本最近的是用 $\sqrt\beta$ 的 DDPM，
最远的是 $\eta = 1$，与直线上散布的情形一样；$\eta = 0$ 与 0.5 谁居其次，要看噪声。
从 100 步起，用这个距离已分不出采样器与精确样本，剩下的只是偶然。所以，采样器加多少噪声，不是对错问题，而是步数问题。
步数少时的这个次序，只对这些数据、对精确去噪器成立；换上网络，还会混进别的误差：见第 7 课。
"""

# %% [markdown] key="play"
r"""
## 10 · The playground · 试验场
"""

# %% [markdown] key="play-task" lang="en"
r"""
Choose the set, the schedule, the steps and $\eta$: 300 particles of DDIM (orange) over the truth (grey), their energy
distance to 1000 exact draws, and the floor beside it, the mean for 300 exact draws. The picture is drawn
when you let go of a slider. Many a later idea can be tried here first.

**A task.** Take the moons, the cosine schedule and $\eta = 0$. What is the smallest number of steps on the
slider that brings the distance below 0.02, whatever the seed? Then change to `linear`, and see what becomes of it.
"""

# %% [markdown] key="play-task" lang="zh" of="37daca"
r"""
任选点集、调度、步数与 $\eta$：DDIM 的 300 个粒子（橙色）叠在真实分布（灰色）上，上方写着它们到 1000 个精确样本的能量距离，
旁边是下限：换成 300 个精确样本，量同样的距离，再取均值。松开滑块时，图才重画。以后的许多想法，都可以先在这里试一试。

**任务。** 选月牙（moons）、余弦（cosine）调度与 $\eta = 0$。滑块上的步数里，最小取哪一个，就能使距离小于 0.02，而且换哪个种子都成立？
再换成 `linear`，看看结果如何。
"""

# %% key="play-show"
playground_explorer()

# %% key="play-answer" tags=["exercise"]
my_fewest = ...
my_fewest = check("04.fewest", my_fewest)

# %% [markdown] key="build"
r"""
## 11 · Build it · 动手造
"""

# %% [markdown] key="build-why" lang="en"
r"""
So far the exact denoiser was asked for *a digit*. One would rather ask for *a 3*. Of labelled data the best guess is known just
as well: who knows the label need not think of the other classes. For a network that is the business of lesson 8; here it has an
exact answer, against which guidance will be measured. Write it so that it can be used.
`my_labelled_denoiser(schedule, x, y)` gets data `x`, (n, …), and their labels `y`, (n,), whole numbers not below 0, which need neither begin at 0 nor
follow one another; it returns a function `denoise(xt, t, labels=None)` that answers with $\hat x_0$. It changes nothing that it is
handed. The parts, by the names that `check` prints:

- **points**: for points in the plane and no labels, the guess is $E[x_0\mid x_t]$ over all data.
- **images**: samples have any shape, in `xt` the same as in `x`. Both are floats, of types that may differ; the answer
  has the shape and the dtype of `xt`.
- **times**: `t` is a whole number from 1 to $T$, or a tensor (b,) with one for each sample.
- **labels**: `labels` is a tensor (b,), or None. Each sample gets the guess over the data of its own class alone, however far
  they are at whatever $t$; with $-1$, or with None for the whole batch, over all data. A label that no datum has is an error that you `raise`, and no `nan`.
- **stable**: right at $t = 1$, too, for thousands of data and far from all of them; and for images in float32 that differ by
  little, to five decimals.
- **memory**: 64 samples, 60,000 images and 784 pixels would make a tensor of 12 GB, even in float32, if all pairs were compared pixel by pixel.
  Of images, no tensor on the way may take more than four times the memory of the data in float64. (Whoever goes through the
  samples in lots keeps the lots small enough for that.)

Each part is judged by itself, so begin with one, run the cell again, and go on. `hint("04.build")` is for the first part that
does not hold yet, `hint("04.build", 2)` says nearly everything.
"""

# %% [markdown] key="build-why" lang="zh" of="bef3f4"
r"""
到目前为止，我们只向精确去噪器要过**一个数字**，可是人们更想要**一个 3**。数据带有标签时，最优的猜测同样有公式：知道了标签，别的类就不必考虑。
换成网络，那是第 8 课的事；在这里，这件事有精确的答案，以后要用这个答案来衡量引导。请把它写成真正能用的样子。
`my_labelled_denoiser(schedule, x, y)` 收到数据 `x`，形状 (n, …)，以及它们的标签 `y`，形状 (n,)，是不小于 0 的整数，不必从 0 开始，也不必连续；
返回一个函数 `denoise(xt, t, labels=None)`，它回答 $\hat x_0$。传进来的东西一概不改动。各部分的名字与 `check` 所列的相同：

- **points**：数据是平面上的点、又不给标签时，猜测就是在全部数据上求的 $E[x_0\mid x_t]$。
- **images**：每个样本可以是任意形状，`xt` 里的与 `x` 里的相同。两者都是浮点数，类型却可以不同；回答的形状与类型都同 `xt`。
- **times**：`t` 是 1 到 $T$ 的整数，或者是张量 (b,)，每个样本一个数。
- **labels**：`labels` 是张量 (b,)，或者是 None。不论 $t$ 是多少，每个样本都只凭自己那一类的数据来猜，离这些数据再远也一样；给 $-1$，或整批给 None，则凭全部数据来猜。
  若没有数据带有某个标签，应当 `raise` 一个错误，而不是给出 `nan`。
- **stable**：$t = 1$ 时也要算对；数据有几千个、又离它们都很远时，也要算对；彼此相差很小的 float32 图像，也要准到小数点后五位。
- **memory**：64 个样本、60,000 幅图像、784 个像素，若每一对都逐像素相比，就算用 float32，也要一个 12 GB 的张量。处理图像时，中间任何张量占的内存，都不许超过数据按 float64 存放时的四倍。（若分块来算，每块也要小到守得住这一条。）

各部分分开评判，所以不妨先写好一个，再运行这一格，然后接着写。`hint("04.build")` 针对第一个尚未成立的部分，
`hint("04.build", 2)` 几乎全说出来。
"""

# %% key="build-try" tags=["exercise"]
def my_labelled_denoiser(schedule, x, y):
    ...

my_labelled_denoiser = check("04.build", my_labelled_denoiser)

# %% [markdown] key="build-use-why" lang="en"
r"""
**Use it.** One noise, ten times, and ten wishes: yours in a batch, beside ten exact denoisers of the package, one of each class.
DDIM with $\eta = 0$ draws nothing, so only the label tells the ten walks apart; in the last row there is none. (Until all parts of
yours hold, the first row is the course's batch.)
"""

# %% [markdown] key="build-use-why" lang="zh" of="01f220"
r"""
**用起来。** 同一份噪声用十次，提十个愿望：一行是你的，一批算完；另一行是包里的十个精确去噪器，每类一个。
$\eta = 0$ 的 DDIM 什么也不抽取，所以十次采样的差别只在标签；最后一行没有标签。（你的各部分尚未全部成立时，第一行由课程自带的答案算出。）
"""

# %% key="build-use"
denoise, wishes = my_labelled_denoiser(schedule, x, y), torch.arange(10)
alike = torch.randn(1, 1, 8, 8, generator=seeded(20)).repeat(10, 1, 1, 1)
each = [finite(schedule, x[y == k]) for k in range(10)]
asked = {"yours": lambda xt, t: denoise(xt, t, wishes)}
asked["package"] = lambda xt, t: torch.cat([each[k](xt[k : k + 1], t) for k in range(10)])
asked["no label"] = denoise
wished = {name: finish(ddim(schedule, who, alike, times)) for name, who in asked.items()}
print(f"largest difference of yours: {(wished['yours'] - wished['package']).abs().max():.4f}")
plots.rows(wished, list("0123456789"), zoom=3)

# %% [markdown] key="build-read" lang="en"
r"""
**Read the figure.** The first two rows are the same. Without a label all ten walks are one walk, and end at one digit. With a label each
ends in its own class, and again at a digit of the data, to the pixel: a label chooses among the data, it does not make new ones.
The label chooses the class, the noise which of its digits.
"""

# %% [markdown] key="build-read" lang="zh" of="92a8c0"
r"""
**看图。** 前两行相同。没有标签，十次采样其实是同一次，停在同一个数字上。有了标签，各自停在自己那一类里，而且仍是数据中的某个数字，逐像素相同：
标签只是在数据里挑选，并不造出新的来。标签挑出哪一类，噪声挑出这一类里的哪一个。
"""

# %% [markdown] key="open" lang="en"
r"""
**Change this, predict, look.** When is it decided which digit it will be? Ask for a 3 only down to $t$ = `until`, and for nothing
from there on. Write down first at which `until` half of the samples become 3s all the same. Then change it, and change the digit:
which is decided the earliest? And the other way round: ask for nothing at first, and for a 3 only below `until`. How low may
`until` be?
"""

# %% [markdown] key="open" lang="zh" of="b15d45"
r"""
**改一改，先预测，再看。** 会成为哪个数字，是什么时候决定的？只在 $t$ 降到 `until` 之前要 3，往后什么也不要。
先写下：`until` 取多少时，仍有一半的样本成为 3？然后改动它，再换别的数字：哪个数字决定得最早？
再反过来：起先什么也不要，到 `until` 以下才要 3。`until` 最低可以到多少？
"""

# %% key="open-run"
digit, until = 3, 500

def asked_at_first(xt, t):
    return denoise(xt, t, torch.full((len(xt),), digit if t > until else -1))

begun = torch.randn(100, 1, 8, 8, generator=seeded(22))
became = finish(ddpm(schedule, asked_at_first, begun, times, generator=seeded(23)))
which = y[torch.cdist(became.flatten(1), x.flatten(1)).argmin(1)]
print(f"{digit} down to {until}: {(which == digit).double().mean():.0%}; 0 to 9:", which.bincount(minlength=10).tolist())

# %% [markdown] key="open-answer" lang="en"
r"""
<details><summary>What good answers found</summary>

The share that became the digit, of 200 samples each (one standard error is at most 0.035; by chance it is about 0.1):

| asked down to | 900 | 700 | 600 | 500 | 300 |
|---|---|---|---|---|---|
| 0 | 0.10 | 0.42 | 0.69 | 0.90 | 1.00 |
| 3 | 0.14 | 0.34 | 0.56 | 0.75 | 1.00 |
| 8 | 0.11 | 0.26 | 0.42 | 0.72 | 1.00 |

A wish heard above $t = 900$ alone is lost: in so much noise the label moves $x_t$ only a little, and the noise to come covers up
even that. (Walk with `ddim`, which adds none: more of the wish is left, but most of it is still lost.) Below 300 it is needless: everything is decided. In between the class is
chosen, a 0 earlier than an 8, which many others resemble. So a label matters in an interval of times, and guidance, too, need not be
on all the way (lesson 8). The other way round the last word
wins. Of 100 samples that asked for nothing until the last of the 50 steps, all became 3s: at $t = 20$ the label's mask leaves them no other class. But these 3s were not drawn from noise: each is the 3, or a blend of the few, nearest to the digit that was coming anyway, seldom a 3.

</details>
"""

# %% [markdown] key="open-answer" lang="zh" of="1039ff"
r"""
<details><summary>好的回答有哪些发现</summary>

成为所要数字的比例，每格 200 个样本（一个标准误差至多 0.035；碰巧的话约为 0.1）：

| 一直要到 | 900 | 700 | 600 | 500 | 300 |
|---|---|---|---|---|---|
| 0 | 0.10 | 0.42 | 0.69 | 0.90 | 1.00 |
| 3 | 0.14 | 0.34 | 0.56 | 0.75 | 1.00 |
| 8 | 0.11 | 0.26 | 0.42 | 0.72 | 1.00 |

只在 $t = 900$ 以上提的愿望等于没提：噪声那么重，标签只能把 $x_t$ 推动一点点，而这一点点又被后来的新噪声盖住了。
（换成不加噪声的 `ddim`，愿望留下的多一些，但多半还是落空。）到 300 以下再提已是多余：一切都已决定。归哪一类，是在中间这一段选定的；
0 比 8 定得早，因为与后者相像的数字很多。所以标签只在一段时间步里要紧，引导也不必从头开到尾（见第 8 课）。反过来，谁最后说话就听谁的。100 个样本，直到 50 步的最后一步才提愿望，
仍然全都成为 3：在 $t = 20$，按标签所加的掩码没有给它们留下别的类。不过这些 3 不是从噪声里采出来的：本来快要画成的数字多半并不是 3，得到的不过是离那个数字最近的一个 3，或最近几个的混合。

</details>
"""

# %% [markdown] key="recap"
r"""
## 12 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- why the best guess under squared error is a mean, and why guessing $\epsilon$ and guessing $x_0$ are one task;
- how a softmax over the data becomes a denoiser, and why it must be told $t$;
- why that denoiser gives the training set back, and what a network's smoothness changes;
- what the floor of the loss is, at each $t$, and whose floor it is;
- how to test a sampler without a network, and how to follow the spread of its samples without drawing any;
- what a label changes in the best guess, and at which noise levels it matters.

**Common mistakes**

- "A perfect denoiser is the goal." Of a finite data set it is a copier. The goal is the denoiser of the distribution
  that the data came from, and nobody has that one.
- "The loss should go to 0." It has a floor; of data that go on between the points, it is well above 0 at low noise.
- "Pure noise is the hardest to predict." There $x_t$ is the noise; the error is 0.
- "$\hat x_0$ is an image of the data." It is a mean of many; at high noise it resembles none of them.
- "The denoiser is exact, so the samples are." Only with enough steps.

**Papers**

- Efron 2011, [Tweedie's Formula and Selection Bias](https://doi.org/10.1198/jasa.2011.tm11181): the posterior mean from the score.
- Vincent 2011, [A Connection Between Score Matching and Denoising Autoencoders](https://doi.org/10.1162/NECO_a_00142): denoising learns the score of the noised data.
- Song et al. 2021, [Score-Based Generative Modeling through Stochastic Differential Equations](https://arxiv.org/abs/2011.13456): its eq. (7) learns the score, its eq. (6) samples with it.
- Karras et al. 2022, [Elucidating the Design Space of Diffusion-Based Generative Models](https://arxiv.org/abs/2206.00364): our (3) is its eq. (57), in appendix B.3.
- Kadkhodaie et al. 2024, [Generalization in Diffusion Models Arises from Geometry-Adaptive Harmonic Representations](https://arxiv.org/abs/2310.02557): trained on few images a network copies them; with enough, two networks trained on different halves paint nearly the same.
- Kamb & Ganguli 2024, [An Analytic Theory of Creativity in Convolutional Diffusion Models](https://arxiv.org/abs/2412.20292): the exact denoiser, patch by patch, predicts what convolutions invent.
- Székely & Rizzo 2013, [Energy Statistics](https://doi.org/10.1016/j.jspi.2013.03.018): the distance (6).
"""

# %% [markdown] key="recap-text" lang="zh" of="c06d5c"
r"""
**现在你能讲清**

- 平方误差下，最优的猜测为什么是均值；猜 $\epsilon$ 与猜 $x_0$ 为什么是同一件事；
- 对数据做一次 softmax，怎样成了去噪器；它为什么必须知道 $t$；
- 这个去噪器为什么只会交还训练集，网络的光滑又改变了什么；
- 每个 $t$ 处损失的下限是什么，是谁的下限；
- 没有网络，怎样检验采样器；一个样本也不抽，怎样递推样本的散布；
- 标签让最优的猜测变成什么样，又在哪些噪声水平要紧。

**常见误解**

- “目标是完美的去噪器。”对有限数据集，它只是复印机。数据出自某个分布，那个分布的去噪器才是目标，可是谁也没有。
- “损失应当降到 0。”它有下限；点与点之间若也有数据，噪声低时，下限就离 0 很远。
- “纯噪声最难预测。”那里 $x_t$ 就是噪声，误差为 0。
- “$\hat x_0$ 是数据中的一幅图。”它是许多图的均值；噪声重时，哪一幅都不像。
- “去噪器精确，样本就精确。”步数够多才行。

**论文**

- Efron，2011，[Tweedie's Formula and Selection Bias](https://doi.org/10.1198/jasa.2011.tm11181)：由得分求后验均值。
- Vincent，2011，[A Connection Between Score Matching and Denoising Autoencoders](https://doi.org/10.1162/NECO_a_00142)：去噪学到的，就是加噪后数据的得分。
- Song 等，2021，[Score-Based Generative Modeling through Stochastic Differential Equations](https://arxiv.org/abs/2011.13456)：式 (7) 学得分，式 (6) 用得分采样。
- Karras 等，2022，[Elucidating the Design Space of Diffusion-Based Generative Models](https://arxiv.org/abs/2206.00364)：我们的 (3) 是其附录 B.3 的式 (57)。
- Kadkhodaie 等，2024，[Generalization in Diffusion Models Arises from Geometry-Adaptive Harmonic Representations](https://arxiv.org/abs/2310.02557)：图像太少，网络就照抄；图像足够多时，用不同的两半各训练一个网络，两者画出的图几乎相同。
- Kamb 与 Ganguli，2024，[An Analytic Theory of Creativity in Convolutional Diffusion Models](https://arxiv.org/abs/2412.20292)：把精确去噪器用到一块块局部上，就能预言卷积网络会创造出什么。
- Székely 与 Rizzo，2013，[Energy Statistics](https://doi.org/10.1016/j.jspi.2013.03.018)：距离 (6)。
"""

# %% key="progress"
progress("04")
