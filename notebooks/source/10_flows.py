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
#     learning: 250
#     leave_out: [dial, coupling, likely, dictionary, build]
# ---

# %% [markdown] key="head"
r"""
# 10 · Scores, SDEs and flows · 得分函数、SDE 与流
"""

# %% [markdown] key="welcome" lang="en"
r"""
Open ten papers on making images and you meet ten vocabularies: denoisers, scores, SDEs, probability flow, rectified flow,
interpolants; $\epsilon$, $v$ and $u$; a $t$ that runs up and a $t$ that runs down. This lesson claims that they speak of
one object. You need not believe it. Each "is the same as" is derived, then both sides are computed, and the difference is
printed. For that we hold what most pages on the subject lack: data whose score is known exactly, and a network that was
trained long before this lesson as a denoiser, and draws here as a flow, without one more step of training.

**Afterwards you can** say why a denoiser is a score, and why it may be learned from noise alone; walk with a score, and
say why one noise level is not enough; take lesson 2's steps to their limit, an SDE, and pick the one right way back among
four; say what noise on the way back mends, and what it spoils; write flow matching in a few lines, prove that its target may
be taken pair by pair, and add noise to it; turn a denoiser into a velocity on any path; straighten a flow, and name the price;
compute the likelihood of a point, and say what it does not tell; and translate between the letters of any two papers. And
you have built a solver that draws garments as a flow.
"""

# %% [markdown] key="welcome" lang="zh" of="e5443e"
r"""
翻开十篇讲图像生成的论文，会遇到十套词汇：去噪器、得分、SDE、概率流、整流流、插值；$\epsilon$、$v$、$u$；有的 $t$ 往上走，有的 $t$ 往下走。这一课说：它们讲的是同一个东西。你不必轻信。每说一次“此即彼”，都先推导，再把两边各算一遍，把差打印出来。讲这个题目的文章多半缺的东西，我们手里正好有：一些得分精确已知的数据，以及一个早在这一课之前就当作去噪器训练好的网络；在这里，它一步也不用再训练，就能当作流来画图。

**学完之后，你能**说清去噪器为什么就是得分，又为什么单凭噪声就能学到它；只凭得分游走，并说出为什么一个噪声水平不够；把第 2 课的小步取极限，得到 SDE，再从四条回头路里挑出对的那一条；说出回程上加噪声能补救什么、会弄坏什么；用几行代码写出流匹配，证明它的目标可以一对一对地取，并给流加上噪声；在任意路径上把去噪器变成速度；把流拉直，并说出代价；算出一个点的似然，并说出似然说明不了什么；在任意两篇论文的记号之间翻译。此外，你还造出了一个用流来画衣物的求解器。
"""

# %% key="setup"

# %% key="imports"
import math
from itertools import pairwise

import torch
from torch import nn

from course_utils import flows, likelihood, paths, plots, sde
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.data import garments
from course_utils.experiments import couplings, dial, drifts, flow_moons, likely, noisy_flow, reflow, scores, two_clocks
from course_utils.experiments import wanderers as far
from course_utils.experiments.crowds import REAL as PHOTOGRAPHS
from course_utils.experiments.dictionary import as_table
from course_utils.experiments.forgiving import NOISES, harm_of_error, kept_of_push
from course_utils.experiments.guiding import two_classes
from course_utils.experiments.moons import exact_draws
from course_utils.experiments.two_losses import compared_losses, little_network, spread_of_pairs, weights_of_eps
from course_utils.explorers.clocks import clock_explorer
from course_utils.explorers.dial import dial_explorer
from course_utils.explorers.straightness import straightness_explorer
from course_utils.schedules import cosine
from course_utils.weights import pretrained

torch.set_num_threads(1)  # small tensors

# %% [markdown] key="score"
r"""
## 1 · A denoiser is a score · 去噪器就是得分
"""

# %% [markdown] key="score-why" lang="en"
r"""
The *score* of a density $q(x)$ is the gradient of its logarithm, $\nabla\log q(x)$, taken in $x$ (the score function of
the glossary; it is no mark for good work). It points to where the density grows fastest, measured against what it is
already. Why not learn the density itself? It has to integrate to 1, and over images nobody can do that integral; in the
gradient of the logarithm the constant is gone.

Data lie thinly in space, and off them $\log q$ is $-\infty$. So noise them first. From now on, $t$ is a real number from 0, the data, to 1, the noise, and
$$x_t=a(t)\,x_0+b(t)\,\epsilon,\qquad\epsilon\sim\mathcal N(0,I),\tag{1}$$
with any two factors $a$, which never grows, and $b$, which does: a *path*. Lessons 1 to 9 walked on $a=\sqrt{\bar\alpha}$, $b=\sqrt{1-\bar\alpha}$, with $t=k/T$ at timestep $k$. Lesson 8 differentiated the density of $x_t$ under the integral, in its (3). With $a$ and $b$ the same line reads
$$\nabla\log q(x_t)=E\bigl[\nabla\log q(x_t\mid x_0)\bigm|x_t\bigr]=\frac{a\,E[x_0\mid x_t]-x_t}{b^2}=-\frac{E[\epsilon\mid x_t]}{b}.\tag{2}$$
From the right: the best guess of the noise is $-b$ times the score. A network that was trained to guess noise has learned a score, whether its author knew it or not. Solved for the guess of $x_0$, (2) is called *Tweedie's formula*.

In one dimension everything can be drawn. The data are two bells, two in five from $\mathcal N(-1,0.25^2)$ and three in
five from $\mathcal N(1,0.5^2)$; below are density and score of $x_t$ at four times.
"""

# %% [markdown] key="score-why" lang="zh" of="f8b435"
r"""
密度 $q(x)$ 的**得分**（score），是它的对数的梯度 $\nabla\log q(x)$，梯度对 $x$ 取（即术语表里的得分函数，与成绩无关）。它指向密度相对于自身增长最快的方向。为什么不直接学密度？密度的积分必须是 1，而对图像，这个积分谁也算不出来；取对数再求梯度，那个归一化常数就不见了。

数据在空间里稀稀落落，落不到的地方 $\log q$ 是 $-\infty$。所以先加噪。从现在起，$t$ 是实数，0 是数据，1 是噪声，
$$x_t=a(t)\,x_0+b(t)\,\epsilon,\qquad\epsilon\sim\mathcal N(0,I),\tag{1}$$
两个系数任取，$a$ 不上升、$b$ 上升就行：这叫一条**路径**（path）。第 1 到 9 课走的是 $a=\sqrt{\bar\alpha}$、$b=\sqrt{1-\bar\alpha}$ 这条，第 $k$ 个时间步处 $t=k/T$。第 8 课的式 (3) 在积分号下对 $x_t$ 的密度求过梯度；换成 $a$ 与 $b$，同一个式子写作
$$\nabla\log q(x_t)=E\bigl[\nabla\log q(x_t\mid x_0)\bigm|x_t\bigr]=\frac{a\,E[x_0\mid x_t]-x_t}{b^2}=-\frac{E[\epsilon\mid x_t]}{b}.\tag{2}$$
从右往左读：对噪声的最优猜测，就是得分乘以 $-b$。一个学着猜噪声的网络，学到的就是得分，不管作者知不知道。由 (2) 解出对 $x_0$ 的猜测，就叫 **Tweedie 公式**。

一维时一切都画得出来。数据是两个钟形，五分之二取自 $\mathcal N(-1,0.25^2)$，五分之三取自 $\mathcal N(1,0.5^2)$；下面是四个时刻 $x_t$ 的密度与得分。
"""

# %% key="score-show"
x, times = torch.linspace(-2.5, 2.5, 251, dtype=torch.float64), (0.01, 0.1, 0.2, 0.4)
both = {"$q(x_t)$": scores.exact_density, r"$\nabla\log q(x_t)$": scores.exact_score}
plots.curves({name: {f"$t={t}$": of(x, t) for t in times} for name, of in both.items()}, x, xlabel="$x_t$")

# %% [markdown] key="score-read" lang="en"
r"""
**Read the figure.** At $t=0.01$ the score is, as far as the figure goes, two straight lines of different slope, one for each bell ($-1$ over its
variance, and steeper for the narrow one), with a sudden change of allegiance between them. It is 0 at three places: the
two peaks, and the bottom of the valley. By $t=0.4$ the two bells have run into one, and the score is on its way to the
straight line $-x$ of $\mathcal N(0,1)$, which knows nothing of the data. One thing more, for part 2: far out on either
side only one bell speaks, and nothing in the score there says which of the two is the heavier. (The path here and up to
part 4, but for part 2, is that of the linear schedule, with $\beta(t)$, which part 3 defines, from 0.1 to 20: the
cosine's last steps are so long that the walks below would not bear them.)
"""

# %% [markdown] key="score-read" lang="zh" of="cbc935"
r"""
**看图。** $t=0.01$ 时，在图中的范围内，得分是两段斜率不同的直线，每个钟形一段（斜率是 $-1$ 除以方差，窄的那个更陡），中间陡然换成另一段。得分在三处为 0：两个峰顶，和谷底。到 $t=0.4$，两个钟形已连成一片，得分正变成 $\mathcal N(0,1)$ 的那条直线 $-x$，那条直线对数据一无所知。还有一点，第 2 节要用：两头远处，各只有一个钟形起作用，从那里的得分看不出两个钟形谁轻谁重。（从这里到第 4 节，除了第 2 节，走的都是线性调度的路径，$\beta(t)$（见第 3 节）从 0.1 到 20：余弦调度最后几步太长，下面的走法经不起。）
"""

# %% [markdown] key="tweedie-task" lang="en"
r"""
**Write it yourself.** `xt`, the score of $q(x_t)$ at it, and the two factors $a$ and $b$ of any path, in; the mean of
$x_0$ given $x_t$ out. `a` and `b` are above 0, numbers or tensors that broadcast with `xt`; nothing else is known of the
path, so $b$ cannot be told from $a$. It is used right below.
"""

# %% [markdown] key="tweedie-task" lang="zh" of="78d139"
r"""
**自己动手。** 输入 `xt`、$q(x_t)$ 在那里的得分，以及任意一条路径的两个系数 $a$ 与 $b$；输出给定 $x_t$ 时 $x_0$ 的均值。`a` 与 `b` 都大于 0，是数，或能与 `xt` 广播的张量；关于路径再不知道别的，所以由 $a$ 推不出 $b$。下面马上要用。
"""

# %% key="tweedie-try" tags=["exercise"]
def my_guess(xt, score, a, b):
    ...

my_guess = check("10.tweedie", my_guess)


# %% key="tweedie-use"
for t in (0.01, 0.1, 0.3, 0.6, 0.9):
    now, found = paths.at(scores.vp_path(), t), scores.by_quadrature(x, t)
    apart = (my_guess(x, found.score, now.signal, now.noise) - found.x0).abs().max(), (found.eps + now.noise * found.score).abs().max()
    print(f"t = {t:<5} x0_hat by Tweedie and by quadrature {apart[0]:.0e} apart, eps_hat and -b score {apart[1]:.0e}")

# %% [markdown] key="tweedie-read" lang="en"
r"""
**Read the numbers.** "By quadrature" means: the mean of $x_0$ given $x_t$ from Bayes' rule, summed over a fine grid of
$x_0$, with no formula for a score in it; and the score there by differentiating the logarithm of such a sum. The two
sides of (2) agree to $10^{-13}$, the rounding of a double; on any grid, for (2) holds for all data, also for such as lie
on a grid.
"""

# %% [markdown] key="tweedie-read" lang="zh" of="5d46e0"
r"""
**看这些数。** “数值积分”（quadrature）指的是：按贝叶斯公式，在 $x_0$ 的细网格上求和，得到给定 $x_t$ 时 $x_0$ 的均值，里面没有用到任何得分的公式；数值积分求出的得分，则由这样一个和取对数、再求导得到。(2) 的两边相符到 $10^{-13}$，也就是双精度的舍入；网格再粗也如此，因为 (2) 对任何数据都成立，也包括只落在格点上的。
"""

# %% [markdown] key="learn-why" lang="en"
r"""
**How is a score learned?** One would like a network $s$ for which $E\,|s(x_t)-\nabla\log q(x_t)|^2$ is small, and has no $\nabla\log q$ to hold against it. Expand the square. One term is free of $s$; another is $E\,|s|^2$, which needs nothing but samples; in the middle stands
$$E\bigl[s(x_t)\cdot\nabla\log q(x_t)\bigr]=E\Bigl[s(x_t)\cdot E\bigl[\nabla\log q(x_t\mid x_0)\bigm|x_t\bigr]\Bigr]=E\bigl[s(x_t)\cdot\nabla\log q(x_t\mid x_0)\bigr].$$
The first step is (2). The second holds because given $x_t$ the factor $s(x_t)$ is a number like any other, so it may go into the inner mean, and a mean of means is the mean. Put back together:
$$E\,\bigl|s(x_t)-\nabla\log q(x_t)\bigr|^2=E\,\bigl|s(x_t)-\nabla\log q(x_t\mid x_0)\bigr|^2-C.\tag{3}$$
On the right stands what anyone can compute, as $\nabla\log q(x_t\mid x_0)=-\epsilon/b$ has nothing in it but the noise that was drawn. That is *denoising score matching*; with $s=-\hat\epsilon/b$ it is lesson 6's loss over $b^2$. And $C=E\,|\nabla\log q(x_t\mid x_0)|^2-E\,|\nabla\log q(x_t)|^2$ has no $s$ in it: it is the part of the loss that the exact denoiser keeps, the floor of lesson 4. Both sides, for five candidates:
"""

# %% [markdown] key="learn-why" lang="zh" of="ace65f"
r"""
**得分怎样学？** 想要一个网络 $s$，使 $E\,|s(x_t)-\nabla\log q(x_t)|^2$ 很小，手里却没有 $\nabla\log q$ 可以对照。把平方展开：一项不含 $s$；一项是 $E\,|s|^2$，有样本就能算；中间那项是
$$E\bigl[s(x_t)\cdot\nabla\log q(x_t)\bigr]=E\Bigl[s(x_t)\cdot E\bigl[\nabla\log q(x_t\mid x_0)\bigm|x_t\bigr]\Bigr]=E\bigl[s(x_t)\cdot\nabla\log q(x_t\mid x_0)\bigr].$$
第一步就是 (2)。第二步成立，是因为给定 $x_t$ 之后，因子 $s(x_t)$ 只是个数，可以放进里层的均值，而均值的均值还是均值。合起来：
$$E\,\bigl|s(x_t)-\nabla\log q(x_t)\bigr|^2=E\,\bigl|s(x_t)-\nabla\log q(x_t\mid x_0)\bigr|^2-C.\tag{3}$$
右边谁都算得出来，因为 $\nabla\log q(x_t\mid x_0)=-\epsilon/b$，里面只有抽到的噪声。这叫**去噪得分匹配**（denoising score matching）；取 $s=-\hat\epsilon/b$，它就是第 6 课的损失除以 $b^2$。而 $C=E\,|\nabla\log q(x_t\mid x_0)|^2-E\,|\nabla\log q(x_t)|^2$ 里没有 $s$：它是精确去噪器也免不掉的那部分损失，即第 4 课的下限。取五个候选者，两边各算一遍：
"""

# %% key="learn-show"
print("at t = 0.2       score matching     denoising   the difference")
for name, candidate in scores.candidates(0.2).items():
    row = scores.matched(candidate, 0.2)
    print(f"{name:12} {row.explicit.value:15.3f} {row.denoising.value:15.3f}   {row.denoising_above.value:.3f} ± {row.denoising_above.error:.3f}")
print(f"C by quadrature {scores.constant(0.2):.3f}")

# %% [markdown] key="learn-read" lang="en"
r"""
**Read the table.** 20,000 draws, the same for all rows. The candidates are the exact score, half of it, minus it, the
score of the one bell that has the same mean and variance, and 0. Their score-matching losses range from 0 to 4.6, the difference stays
where it should be, within its error bar. So whoever makes the middle column small makes the left one small, without ever
having seen a score. What he cannot see from his loss is how far he still has to go: 1.755 of it will never leave.

(There is a third way, older than the denoising one: by parts, as in the next section, $E\,|s|^2+2E\operatorname{div}s$
differs from score matching by a constant, too ($\operatorname{div}s$ is the sum of $\partial s_i/\partial x_i$). That is
Hyvärinen's, 2005. It needs no noise, but a derivative of the network for each dimension.)
"""

# %% [markdown] key="learn-read" lang="zh" of="c7fdc8"
r"""
**看表。** 20,000 次抽取，各行相同。候选者是：精确的得分、它的一半、它的相反数、均值与方差都相同的单个钟形的得分，以及 0。左列的损失从 0 到 4.6 不等，两列之差却停在该在的地方，都在误差棒之内。所以谁把中间一列变小，左边一列就跟着变小，尽管他从没见过得分。单看自己的损失，看不出还要走多远：损失里的 1.755 永远去不掉。

（还有第三种办法，比去噪的早：像下一节那样分部积分，可知 $E\,|s|^2+2E\operatorname{div}s$ 与得分匹配也只差一个常数（$\operatorname{div}s$ 即 $\partial s_i/\partial x_i$ 之和）。这是 Hyvärinen 2005 年提出的。它不需要噪声，但每一维都要对网络求一次导。）
"""

# %% [markdown] key="langevin"
r"""
## 2 · Walking with a score alone · 只凭得分游走
"""

# %% [markdown] key="langevin-why" lang="en"
r"""
A score is a slope. Just climb it, and everyone ends at the nearest peak. So climb, and stagger in the right proportion: with a small $h$ and fresh $z\sim\mathcal N(0,I)$,
$$x\leftarrow x+h\,\nabla\log q(x)+\sqrt{2h}\,z.\tag{4}$$
This is *Langevin's walk*, and a crowd with density $q$ keeps it. Why? Ask any smooth function $\varphi$ for its mean over the crowd, before the step, at $x$, and after it, at $x'$. By Taylor, with $E z_i=0$, $E z_i^2=1$ and $E z_iz_j=0$ for $i\ne j$,
$$E\varphi(x')-E\varphi(x)=h\,E\bigl[\nabla\varphi\cdot\nabla\log q+\Delta\varphi\bigr]+O(h^2),\qquad\Delta\varphi=\sum_i\partial^2\varphi/\partial x_i^2.$$
As $q\,\nabla\log q=\nabla q$, the first term is $\int\nabla\varphi\cdot\nabla q$, which by parts ($q$ vanishes far out) is $-\int q\,\Delta\varphi$: it cancels the second. Climbing gathers exactly as much as staggering spreads, and for no other proportion does it. (Kept up to $h^2$ a step; by the whole walk, which takes $1/h$ steps to forget, up to $h$. That any other crowd comes to $q$ in the end needs more, and holds where $q$ can be got about in; how soon is the question below.) So a score by itself can draw samples, with no path from noise to data. In principle. Try it on two far moons, of which the left holds four fifths of the data. In this part $a=1$, so the noise is $b=\sigma$, and each step has $h=0.3\,\sigma^2$.
"""

# %% [markdown] key="langevin-why" lang="zh" of="cebada"
r"""
得分是坡度。一味往上爬，人人都停在最近的峰顶。所以要边爬边晃，晃得恰到好处：取很小的 $h$ 与新抽的 $z\sim\mathcal N(0,I)$，
$$x\leftarrow x+h\,\nabla\log q(x)+\sqrt{2h}\,z.\tag{4}$$
这叫**朗之万游走**（Langevin's walk）：密度为 $q$ 的一群点，走完密度不变。为什么？任取一个光滑函数 $\varphi$，问它在这群点上的均值，走之前（$x$）与走之后（$x'$）各是多少。由泰勒展开，且 $E z_i=0$、$E z_i^2=1$，$i\ne j$ 时 $E z_iz_j=0$，
$$E\varphi(x')-E\varphi(x)=h\,E\bigl[\nabla\varphi\cdot\nabla\log q+\Delta\varphi\bigr]+O(h^2),\qquad\Delta\varphi=\sum_i\partial^2\varphi/\partial x_i^2.$$
因为 $q\,\nabla\log q=\nabla q$，第一项是 $\int\nabla\varphi\cdot\nabla q$，分部积分（远处 $q$ 消失）得 $-\int q\,\Delta\varphi$，恰与第二项抵消。往上爬聚拢多少，晃动就散开多少；晃得多一点或少一点，就不能相抵。（密度每步差 $h^2$ 的量级；而要走 $1/h$ 步才忘得掉起点，所以整个游走差 $h$ 的量级。换一群别的点，密度最终也会变成 $q$，但这要另证，而且 $q$ 各处走得通时才成立；要多久，正是下面的问题。）所以单凭得分就能采样，用不着从噪声到数据的路径。原则上如此。拿两弯相距很远的月牙来试，左边那弯有五分之四的数据。这一节里 $a=1$，噪声就是 $b=\sigma$，每步取 $h=0.3\,\sigma^2$。
"""

# %% [markdown] key="langevin-task" lang="en"
r"""
**Write it yourself.** One step of (4): `score` is a function that gives the score at a batch of points of any shape,
`size` is $h$ (below in proportion to the variance of the noise: the narrower the place, the smaller the step), and the
noise comes from `generator`, `torch.randn(x.shape, generator=generator, dtype=x.dtype)`, anew for every number of every
sample.
"""

# %% [markdown] key="langevin-task" lang="zh" of="bfc263"
r"""
**自己动手。** 写出 (4) 的一步：`score` 是函数，给出一批点（任意形状）处的得分；`size` 就是 $h$（下面取得与噪声的方差成正比：地方越窄，步子越小）；噪声用 `generator` 抽，即 `torch.randn(x.shape, generator=generator, dtype=x.dtype)`，每个样本的每个数各抽一份。
"""

# %% key="langevin-try" tags=["exercise"]
def my_langevin_step(x, score, size, generator):
    ...

my_langevin_step = check("10.langevin", my_langevin_step)


# %% key="langevin-predict"
predict("10.moons")

# %% key="langevin-use"
far_score, crowd, generator = far.far_score(), far.strewn(0, 200), seeded(1)
for _ in range(300):
    crowd = my_langevin_step(crowd, lambda x: far_score(x, far.time_of(far.LOW)), far.SIZE * far.LOW**2, generator)
reveal("10.moons", f"{(crowd[:, 0] < 0).double().mean():.2f} of 200 particles end in the left moon; {far.HEAVY} of the data lie there")

# %% key="langevin-show"
walked = {"exact": (far.far_draws(400),)} | {name: (far.far_draws(400), far.ways()[name][0](0)) for name in far.PAGE}
reveal("10.moons", plots.plane(walked, columns=4, limit=2.2))

# %% key="langevin-numbers"
said = []
for name, (of, bars) in far.STORED.items():
    said.append(f"{name:16} share left {of.share:.3f} ± {bars.share:.3f}   distance {of.distance:.4f} ± {bars.distance:.4f}   shape {of.shape:.4f} ± {bars.shape:.4f}")
for sigma in (0.05, far.LOW, far.MIDDLE, far.HIGH):
    said.append(f"noise {sigma:4}: from the left moon to the pass between them, log density falls by {far.barrier(sigma):5.1f}")
for name, (thick, error) in far.THICKER.items():
    said.append(f"{name:16} too thick: by the step {far.settled_width(far.ways()[name][1]) - 1:.1%}, measured {thick - 1:.1%} ± {error:.1%}")
said.append("60 levels, 48,000 other particles: share left {:.3f} ± {:.3f}".format(*far.MANY_SHARE))
reveal("10.moons", *said)

# %% [markdown] key="langevin-read" lang="en"
r"""
**Read both** (grey: exact draws; 400 particles, each walk asks for 600 scores, all begin at the same scattered places).
At a noise of 0.1 both moons are drawn, a little thick, and half of the particles are in each, though four in five belong
to the left: each went to the moon that it fell into, and stays. Why can it not cross? On the way from the left moon to
the other, log density falls by 10.7, so that a particle is at the pass about once in $e^{10.7}\approx44{,}000$ of the
times that it is at home; and off the data the score is that of the nearer moon, however heavy that one is (part 1). At a
noise of 1 there is one hill and no pass (the 0.5 is only the way down); the shares come nearly right, to 0.785 ± 0.006,
and the shape is gone. In between, at 0.22, the shares are nearly right, too, and the shape is ten times as far off as
exact draws, the distance eight times. None of these three levels does both.

Most of what a shape is off by is the noise itself, as a walk can only draw the data under the noise at which it walks. The rest is the step's. On $\mathcal N(0,s^2)$ a step (4) turns a variance $V$ into $(1-h/s^2)^2V+2h$. That settles at $V=s^2/(1-\frac h{2s^2})$, a little too wide, and from $h=2s^2$ on it grows for ever. Straight across a moon $s^2=0.06^2+\sigma^2$: with $h=0.3\,\sigma^2$ the walk comes out 6.0 % too thick at $\sigma=0.1$, and 3.2 % at 0.05, where the sixty levels below end. (Measured: 5.7 ± 0.5 % and 3.4 ± 0.3 %, four seeds of 4,000 particles.)

Sixty levels, from 1.5 down to 0.05, ten steps at each: the shares are settled while the noise is large, and the shape is
carved when it is small. The distance is 0.0022 ± 0.0004; exact draws are at 0.0020 ± 0.0004. (In the last column each
moon is compared by itself, so that wrong shares do not count. The shares are means of $p(\text{left}\mid x)$ under the
noise. 0.784 and 0.785 are 3 and 2.6 error bars below 0.8; the walks share their starting places, so that is one
piece of evidence, not two. But at sixty levels it is no chance: 48,000 other particles give 0.788 ± 0.002. So this walk has a
small bias; these numbers do not say which of its steps makes it.) That is *annealed Langevin*, Song & Ermon 2019, with which the present time of these models
began; and a walk down many noise levels is what you have known since lesson 3.
"""

# %% [markdown] key="langevin-read" lang="zh" of="d8d5e2"
r"""
**两份结果一起看**（灰色是精确样本；400 个粒子，每种走法都只问 600 次得分，都从同一组散开的位置出发）。噪声为 0.1 时，两弯月牙都画出来了，略粗，可粒子一边一半，而五分之四本该在左边：每个粒子落进哪一弯，就留在哪一弯。为什么过不去？从左边的月牙走向另一弯，途中的关口处，对数密度要低 10.7，也就是说，粒子待在家里 $e^{10.7}\approx44{,}000$ 次，才有一次左右站在关口上；而在数据之外，得分只听离得近的那一弯，不管它轻重（见第 1 节）。噪声为 1 时只有一座小山，没有关口（那个 0.5 只是一路下坡）；份额差不多对了，0.785 ± 0.006，形状却没了。居中的 0.22，份额也差不多对，形状却差到精确样本的十倍，距离差到八倍。这三个水平，没有哪一个两样都行。

形状的偏差，大部分就是那份噪声本身：在某个噪声水平上游走，画出的只能是加了那么多噪声的数据。其余的要怪步长。在 $\mathcal N(0,s^2)$ 上走一步 (4)，方差 $V$ 变成 $(1-h/s^2)^2V+2h$。它停在 $V=s^2/(1-\frac h{2s^2})$，略宽了些；而从 $h=2s^2$ 起，就一直增大下去。垂直于月牙的方向上，$s^2=0.06^2+\sigma^2$：取 $h=0.3\,\sigma^2$，走出来的月牙在 $\sigma=0.1$ 时厚了 6.0 %，在 0.05（下面六十个水平的终点）时厚了 3.2 %。（实测是 5.7 ± 0.5 % 与 3.4 ± 0.3 %，四个种子，各 4,000 个粒子。）

六十个水平，从 1.5 降到 0.05，每个水平走十步：噪声大的时候定份额，噪声小的时候刻形状。距离是 0.0022 ± 0.0004，精确样本是 0.0020 ± 0.0004。（最后一列是两弯分开比的，所以不受份额影响。份额是加噪之下 $p(\text{left}\mid x)$ 的均值。0.784 与 0.785 比 0.8 低 3 与 2.6 个误差棒；两种走法起点相同，只算一份证据，不是两份。不过六十个水平时，这并非偶然：另取 48,000 个粒子，是 0.788 ± 0.002。可见这种走法略有偏差；是哪些步子造成的，这些数说不出。）这就是 Song 与 Ermon 2019 年的**退火朗之万**（annealed Langevin），今天的这类模型，就是从它开始的；而沿着许多噪声水平往下走，你从第 3 课起就会了。
"""

# %% [markdown] key="sde"
r"""
## 3 · Steps without end: SDEs · 步子无穷小：SDE
"""

# %% [markdown] key="sde-why" lang="en"
r"""
Lesson 2's step was $x\leftarrow\sqrt{1-\beta_k}\,x+\sqrt{\beta_k}\,\epsilon$. Let the $T$ steps share the time from 0 to 1, each of length $\Delta=1/T$, and write $\beta_k=\beta(t)\,\Delta$. For small $\Delta$ the root is $1-\frac12\beta\Delta$, so a step adds $-\frac12\beta(t)\,x\,\Delta+\sqrt{\beta(t)}\,\sqrt\Delta\,\epsilon$. In the limit one writes
$$dx=f(t)\,x\,dt+g(t)\,dW,\qquad f=-\tfrac12\beta,\quad g^2=\beta,\tag{5}$$
a *stochastic differential equation*, SDE: $f\,x$ is its *drift*, and $dW$ stands for fresh $\mathcal N(0,dt)$ in every small stretch $dt$. (Noise comes with the root of the time: variances add, standard deviations do not.) All $dW$ added up from 0 are *Brownian motion*, $W$: in any stretch of time $t$ it moves by $\mathcal N(0,t)$, whatever it did before. It never jumps, and nowhere has a slope: in $dt$ it moves by about $\sqrt{dt}$, and $\sqrt{dt}/dt$ grows without end. To walk an SDE by computer one takes $\Delta$ small but not 0, as lesson 2 did: that is *Euler–Maruyama*.

Which $f$ and $g$ go with a path (1)? You can tell from two numbers. In a stretch $dt$ the factor of $x_0$ is multiplied
by $1+f\,dt$. The variance of all noise so far shrinks with it, by $1+2f\,dt$, and $g^2\,dt$ of new variance comes in. On
the path, these two must be $a$ and $b^2$.
"""

# %% [markdown] key="sde-why" lang="zh" of="db6278"
r"""
第 2 课的一步是 $x\leftarrow\sqrt{1-\beta_k}\,x+\sqrt{\beta_k}\,\epsilon$。让 $T$ 步平分 0 到 1 的时间，每步长 $\Delta=1/T$，并写 $\beta_k=\beta(t)\,\Delta$。$\Delta$ 很小时，那个根号是 $1-\frac12\beta\Delta$，所以每走一步，就加上 $-\frac12\beta(t)\,x\,\Delta+\sqrt{\beta(t)}\,\sqrt\Delta\,\epsilon$。取极限，写作
$$dx=f(t)\,x\,dt+g(t)\,dW,\qquad f=-\tfrac12\beta,\quad g^2=\beta,\tag{5}$$
这是**随机微分方程**（stochastic differential equation，SDE）：$f\,x$ 是**漂移**（drift），$dW$ 表示每一小段时间 $dt$ 里新抽的 $\mathcal N(0,dt)$。（噪声随时间的平方根增长：可加的是方差，不是标准差。）把所有 $dW$ 从 0 加起来，就是**布朗运动**（Brownian motion）$W$：任取长为 $t$ 的一段时间，它的位移服从 $\mathcal N(0,t)$，与先前怎么走无关。它从不跳跃，却处处没有斜率：$dt$ 之内大约移动 $\sqrt{dt}$，而 $\sqrt{dt}/dt$ 无限增大。要在计算机上走，就取 $\Delta$ 很小但不为 0，第 2 课正是这么做的：这叫 **Euler–Maruyama 法**。

一条路径 (1) 配怎样的 $f$ 与 $g$？看两个数就知道。在一小段 $dt$ 里，$x_0$ 的系数乘以 $1+f\,dt$；已有噪声的方差随之乘以 $1+2f\,dt$，另外新加进方差 $g^2\,dt$。要与路径相符，系数与方差应当就是 $a$ 与 $b^2$。
"""

# %% [markdown] key="rates-task" lang="en"
r"""
**Write it yourself.** Solve these two for $f$ and $g^2$, and write it down: at a time $t$ the path has $a$ and $b$, and
they change at the rates `da` $=a'$ and `db` $=b'$. Return `f, g2`, those of the SDE $dx=f\,x\,dt+g\,dW$ whose $x_t$ is at
every time distributed as $a\,x_0+b\,\epsilon$. `g2` is $g^2$, not $g$. All four are numbers, or tensors of one shape; the
path is any.
"""

# %% [markdown] key="rates-task" lang="zh" of="a867f4"
r"""
**自己动手。** 由这两条解出 $f$ 与 $g^2$，写成函数：在某一时刻 $t$，路径的系数是 $a$ 与 $b$，它们的变化率是 `da` $=a'$ 与 `db` $=b'$。返回 `f, g2`，使 SDE $dx=f\,x\,dt+g\,dW$ 的 $x_t$ 在每个时刻都与 $a\,x_0+b\,\epsilon$ 同分布。`g2` 是 $g^2$，不是 $g$。四个输入都是数，或形状相同的张量；路径是任意的。
"""

# %% key="rates-try" tags=["exercise"]
def my_rates(a, b, da, db):
    ...

my_rates = check("10.rates", my_rates)


# %% key="rates-use"
ve, when = paths.variance_exploding(0.01, 5.0), torch.linspace(0.001, 1, 200, dtype=torch.float64)
found = {name: my_rates(*paths.at(path, when)) for name, path in {"VP": scores.vp_path(), "VE": ve}.items()}
panels = {"$f$": {name: f for name, (f, _) in found.items()}, "$g$": {name: g2.sqrt() for name, (_, g2) in found.items()}}
plots.curves(panels, when)

# %% key="rates-walk"
for n in (10, 30, 100, 300, 1000):
    walked, known = drifts.forward_std(n)[-1], drifts.known_std([1.0])[-1]
    print(f"{n:5d} steps   std of x_1 {walked:.4f}, known {known:.4f}   n times the error {n * (walked - known):.2f}")
print(f"of x_0 is left at t = 1: a = {paths.at(scores.vp_path(), 1.0).signal:.4f}, the clock tau = -log a = {-paths.at(scores.vp_path(), 1.0).signal.log():.2f}")

# %% [markdown] key="rates-read" lang="en"
r"""
**Read both.** VP, *variance preserving*, is the path of lessons 1 to 9: $f=-\beta/2$ falls along a line, $g=\sqrt\beta$.
The other, *variance exploding*, VE, leaves $x_0$ alone, $a=1$, and drowns it in noise whose $b=\sigma$ grows by equal
factors, here to 5: no drift, and $g^2=d\sigma^2/dt$. The numbers are the standard deviation of $x_1$ that Euler–Maruyama
gives to data of standard deviation 0.5, by the recursion $v\leftarrow(1+f\Delta)^2v+g^2\Delta$, without a single draw.
Its error falls like $1/n$: the limit exists, and the steps are of first order. (Lesson 2's steps have no error at all, as
their root is taken exactly.)

**You have walked this before.** In (4) take $q=\mathcal N(0,I)$, whose score is $-x$, and $h=\frac12\beta\Delta$: out comes $-\frac12\beta\,x\,\Delta+\sqrt{\beta\Delta}\,z$, a step of (5) to the letter. The way into the noise is Langevin's walk towards $\mathcal N(0,I)$, in physics the *Ornstein–Uhlenbeck process*; so it ends there, whatever the data. And there is but one such walk. By the clock $\tau=\frac12\int_0^t\beta$, with $dW$ now $\mathcal N(0,d\tau)$, it reads $dx=-x\,d\tau+\sqrt2\,dW$, and has $a=e^{-\tau}$, $b^2=1-e^{-2\tau}$. A VP schedule decides nothing but how fast that clock runs; this one gets to $\tau=5.06$, where 0.0064 of $x_0$ is left. (Towards $\mathcal N(0,s^2)$ the drift is $-x/s^2$, and the beginning fades like $e^{-\tau/s^2}$: the wider the target, the longer the way.)
"""

# %% [markdown] key="rates-read" lang="zh" of="a6b032"
r"""
**两份结果一起看。** VP，即**方差保持**（variance preserving），就是第 1 到 9 课的路径：$f=-\beta/2$ 沿直线下降，$g=\sqrt\beta$。另一条是**方差爆炸**（variance exploding，VE）：$x_0$ 原样不动，$a=1$，只是被噪声淹没，$b=\sigma$ 按等比增长，这里长到 5；没有漂移，$g^2=d\sigma^2/dt$。那些数，是数据的标准差为 0.5 时，Euler–Maruyama 法给出的 $x_1$ 的标准差，按递推 $v\leftarrow(1+f\Delta)^2v+g^2\Delta$ 算出，一个数也没有抽。误差像 $1/n$ 那样下降：极限是有的，而这样的步子是一阶的。（第 2 课的步子毫无误差，因为那里的根号是精确取的。）

**这条路你走过。** 在 (4) 里取 $q=\mathcal N(0,I)$（它的得分是 $-x$）与 $h=\frac12\beta\Delta$，得到的是 $-\frac12\beta\,x\,\Delta+\sqrt{\beta\Delta}\,z$，与 (5) 的一步一字不差。走向噪声的这条路，就是以 $\mathcal N(0,I)$ 为目标的朗之万游走，物理里叫 **Ornstein–Uhlenbeck 过程**；所以不管数据是什么，最后都到那里。而且这样的游走只有一种：改用时钟 $\tau=\frac12\int_0^t\beta$，$dW$ 改为 $\mathcal N(0,d\tau)$，它就是 $dx=-x\,d\tau+\sqrt2\,dW$，并有 $a=e^{-\tau}$、$b^2=1-e^{-2\tau}$。VP 调度能决定的，不过是这个时钟走得多快；这里走到 $\tau=5.06$，$x_0$ 的系数只剩下 0.0064。（若目标是 $\mathcal N(0,s^2)$，漂移就是 $-x/s^2$，起点按 $e^{-\tau/s^2}$ 淡去：目标越宽，路越长。）
"""

# %% [markdown] key="fokker-why" lang="en"
r"""
**Where does the probability go?** Ask a smooth $\varphi$ again, in one dimension; part 2's computation, with the drift $f\,x$ and the variance $g^2\,dt$, gives $\frac{d}{dt}E\varphi(x)=E\bigl[\varphi'f\,x+\frac12g^2\varphi''\bigr]$. (Without the mean this is *Itô's formula*, $d\varphi=\bigl(\varphi'f\,x+\frac12g^2\varphi''\bigr)dt+\varphi'g\,dW$: the chain rule with one term more, as $(dW)^2$ is $dt$ on average.) Move the derivatives over to $q$ by parts. As this holds for every $\varphi$,
$$\frac{\partial q}{\partial t}=-\frac{\partial}{\partial x}\bigl(f\,x\,q\bigr)+\frac12g^2\,\frac{\partial^2q}{\partial x^2},\tag{6}$$
the *Fokker–Planck equation*. The last term may be written with the score, as $\frac{\partial q}{\partial x}=q\,\frac{\partial\log q}{\partial x}$:
$$\frac{\partial q}{\partial t}=-\frac{\partial}{\partial x}\Bigl(\bigl(f\,x-\tfrac12g^2\,\tfrac{\partial}{\partial x}\log q\bigr)\,q\Bigr).\tag{7}$$
(7) is (6) without its last term, with another drift: it is what (6) says of particles without noise. So read it as if you had never heard of noise: stuff of density $q$ is carried along with the velocity in the bracket. Let every particle follow that velocity, without any noise, and at each time the crowd has the density $q$ that it would have with noise. That is the *probability-flow ODE* (ordinary differential equation); in any dimension
$$\frac{dx}{dt}=f\,x-\tfrac12g^2\,\nabla\log q(x,t).\tag{8}$$
It has no arrow of time: walk it from 1 down to 0. Below: (6) solved on a grid, and the histogram of particles that did stagger.
"""

# %% [markdown] key="fokker-why" lang="zh" of="446d20"
r"""
**概率往哪里流？** 仍取光滑的 $\varphi$，一维；把第 2 节的计算换上漂移 $f\,x$ 与方差 $g^2\,dt$，得 $\frac{d}{dt}E\varphi(x)=E\bigl[\varphi'f\,x+\frac12g^2\varphi''\bigr]$。（不取均值，就是 **Itô 公式** $d\varphi=\bigl(\varphi'f\,x+\frac12g^2\varphi''\bigr)dt+\varphi'g\,dW$：比链式法则多一项，因为 $(dW)^2$ 的均值是 $dt$。）分部积分，把导数移到 $q$ 上。所得等式对每个 $\varphi$ 都成立，所以
$$\frac{\partial q}{\partial t}=-\frac{\partial}{\partial x}\bigl(f\,x\,q\bigr)+\frac12g^2\,\frac{\partial^2q}{\partial x^2},\tag{6}$$
这就是 **Fokker–Planck 方程**。由 $\frac{\partial q}{\partial x}=q\,\frac{\partial\log q}{\partial x}$，最后一项可以用得分来写：
$$\frac{\partial q}{\partial t}=-\frac{\partial}{\partial x}\Bigl(\bigl(f\,x-\tfrac12g^2\,\tfrac{\partial}{\partial x}\log q\bigr)\,q\Bigr).\tag{7}$$
(7) 就是去掉最后一项、换了漂移的 (6)：对没有噪声的粒子，(6) 给出的正是这个式子。所以读它时，就当从没听说过噪声：密度为 $q$ 的东西，被括号里的速度带着走。让每个粒子都照这个速度走，一点噪声也不加，每一时刻整群的密度，仍是加噪声时的那个 $q$。这就是**概率流常微分方程**（probability-flow ODE，图表里简称 ODE）；任意维数下写作
$$\frac{dx}{dt}=f\,x-\tfrac12g^2\,\nabla\log q(x,t).\tag{8}$$
它没有时间的箭头：从 1 走到 0 也行。下面是在网格上解出的 (6)，以及真的边走边晃的粒子的直方图。
"""

# %% key="fokker-show"
when, line = drifts.evenly(drifts.STEPS)[1:], torch.linspace(-4, 4, 401, dtype=torch.float64)
solved = drifts.fokker_planck(scores.vp_path(), line, scores.exact_density(line, when[0]), when)
walk = {round(state.t, 3): state.xt[:, 0] for state in drifts.walked_forward(n=5000)}
shown = {f"$t={t}$": when.index(t) for t in (0.05, 0.2, 0.4, 1.0)}
panels = {name: {"solved": (line, solved[i]), "exact": (line, scores.exact_density(line, when[i]))} for name, i in shown.items()}
plots.densities(panels, {name: walk[when[i]] for name, i in shown.items()})

# %% [markdown] key="fokker-read" lang="en"
r"""
**Read the figure.** Three answers to one question. The histogram: 5,000 particles from the two bells of part 1, each with
drift and noise of its own. Solved: (6) on a grid of 401 places, by finite differences, with no particle and no noise
anywhere. Exact: two noised bells, by formula. The curves lie on each other (at most 0.0012 apart); the histogram scatters
about them, as 5,000 draws do.
"""

# %% [markdown] key="fokker-read" lang="zh" of="c99cf2"
r"""
**看图。** 同一个问题，三种答案。直方图：第 1 节那两个钟形里的 5,000 个粒子，各带各的漂移与噪声。实线（solved）：在 401 个格点上用有限差分解出的 (6)，里面没有粒子，也没有噪声。虚线（exact）：按公式写出的两个加了噪的钟形。两条曲线重合（至多相差 0.0012）；直方图在它们周围起伏，5,000 次抽取就是这个样子。
"""

# %% [markdown] key="back-why" lang="en"
r"""
**Back, with noise.** With $t$ falling, (8) undoes the forward process. Noise may be added on top, provided that it is Langevin's: by part 2, in a time $|dt|$, the climb $\frac12\lambda^2g^2\,\nabla\log q\,|dt|$ and the stagger $\lambda g\,dW$ together change nothing about $q$, for any $\lambda\ge0$. (That is step (4) with $h=\frac12\lambda^2g^2|dt|$; $dW$ is $\mathcal N(0,|dt|)$.) Add both to (8); with $dt<0$, a climb has the sign of $-dt$:
$$dx=\Bigl(f\,x-\tfrac{1+\lambda^2}2\,g^2\,\nabla\log q(x,t)\Bigr)dt+\lambda\,g\,dW,\qquad dt<0.\tag{9}$$
$\lambda=0$ is the probability-flow ODE, $\lambda=1$ the *reverse SDE* of Anderson (1982), to which DDPM's steps tend: by (2) DDPM's mean is $(x+\beta_ks)/\sqrt{1-\beta_k}$ with the score $s$, which to first order in $\Delta$ adds $\frac12\beta\,x\,\Delta+\beta\,s\,\Delta$, and its fresh noise has the variance $\beta\Delta$. All of them pass through the same densities. Only $\lambda=1$ reverses the *ways* of the particles, too.

That is easily got wrong, by a sign or by a half. So leave the factor open, $dx=(f\,x-c\,g^2\,\nabla\log q)\,dt+g\,dW$,
and walk back with $c=1,\ \frac12,\ -\frac12,\ -1$, always with the exact score, towards data whose standard deviation is
0.5. One of the four arrives there. And without the noise, which one? Choose, for both, before you look.
"""

# %% [markdown] key="back-why" lang="zh" of="db9c06"
r"""
**带着噪声走回去。** 让 $t$ 下降，(8) 就把前向过程倒着走回去。此外还可以加噪声，只要加得像朗之万那样恰到好处：由第 2 节，在时间 $|dt|$ 里，往上爬 $\frac12\lambda^2g^2\,\nabla\log q\,|dt|$，同时晃动 $\lambda g\,dW$，合起来 $q$ 毫无变化，$\lambda\ge0$ 任取。（即取 $h=\frac12\lambda^2g^2|dt|$ 的 (4)；$dW$ 是 $\mathcal N(0,|dt|)$。）把两者加进 (8)；因为 $dt<0$，往上爬的一项与 $-dt$ 同号：
$$dx=\Bigl(f\,x-\tfrac{1+\lambda^2}2\,g^2\,\nabla\log q(x,t)\Bigr)dt+\lambda\,g\,dW,\qquad dt<0.\tag{9}$$
$\lambda=0$ 是概率流常微分方程，$\lambda=1$ 是 Anderson（1982）的**反向 SDE**，DDPM 的步子就趋于它：由 (2)，DDPM 的均值是 $(x+\beta_ks)/\sqrt{1-\beta_k}$，其中 $s$ 是得分；精确到 $\Delta$ 的一阶，这一步加上 $\frac12\beta\,x\,\Delta+\beta\,s\,\Delta$，新噪声的方差是 $\beta\Delta$。它们经过的密度全都一样。只有 $\lambda=1$ 把粒子走过的**路**也倒了过来。

这里很容易错一个正负号，或者差一半。那就把系数空着，$dx=(f\,x-c\,g^2\,\nabla\log q)\,dt+g\,dW$，取 $c=1,\ \frac12,\ -\frac12,\ -1$ 各往回走一遍，得分一律精确，目标是标准差为 0.5 的数据。四个里有一个走得到。不加噪声时，又是哪一个？两种情形都先选好再看。
"""

# %% key="back-predict"
predict("10.drift")

# %% key="back-show"
falling = drifts.evenly(drifts.STEPS, falling=True)
panels = {f"std, noise {noise}": {f"$c={c}$": drifts.backward_std(c, noise) for c in drifts.FACTORS} for noise in (1, 0)}
for of in panels.values():
    of["known"] = drifts.known_std(falling)
said = []
for noise in (1, 0):
    ended = (f"   c = {c}: {drifts.backward_std(c, noise)[-1]:.4g}" for c in drifts.FACTORS)
    said.append(f"noise {noise}   std at t = 0, known {drifts.STD}:" + "".join(ended))
reveal("10.drift", plots.curves(panels, falling, log="y"), *said)

# %% [markdown] key="back-read" lang="en"
r"""
**Read the figure** from the right, where $t=1$, to the left. With noise, $c=1$ alone keeps to the known standard
deviation, all the way (it lies hidden under it), and arrives at 0.4999; the half-hearted $c=\frac12$ lets the noise win,
and ends at 1.77. Without noise it is the other way round: $c=\frac12$ is right, and $c=1$ climbs so hard that everything
ends in one point. The wrong sign runs away from the data, in either case. (For Gaussian data the score is $-x$ over the
variance, so all this is a recursion, of 500 steps: nothing is drawn, and nothing scatters. $c=\frac12$ ends at 0.4982; the little that is missing is the steps' own.)
"""

# %% [markdown] key="back-read" lang="zh" of="cf2d15"
r"""
**看图**，从右边的 $t=1$ 往左看。加噪声时，只有 $c=1$ 一路都合乎已知的标准差（两条线重合，它被盖住了），到头是 0.4999；$c=\frac12$ 半心半意，让噪声占了上风，停在 1.77。不加噪声时正好反过来：$c=\frac12$ 才对，$c=1$ 爬得太猛，全都挤到一个点上。符号反了的，无论加不加噪声都离数据越来越远。（数据是高斯时，得分就是 $-x$ 除以方差，所以这些都是 500 步的递推：什么也没抽，也就没有起伏。$c=\frac12$ 到头是 0.4982，还差的那一点，是步子本身造成的。）
"""

# %% [markdown] key="reverse-task" lang="en"
r"""
**Write it yourself.** Write the right one, as one Euler–Maruyama step of (9) from `t` down to `s` < `t`: `score` is the
score's value at `xt`, like `xt` (no function), `f` and `g2` are $f$ and $g^2$ at `t`, numbers, and `noise` is $\lambda$,
any number from 0 on. Noise comes from `generator`, as in `my_langevin_step`; at $\lambda=0$ there is none.
"""

# %% [markdown] key="reverse-task" lang="zh" of="f5e1ee"
r"""
**自己动手。** 把对的那种写出来，即 (9) 的一步 Euler–Maruyama，从 `t` 退到 `s` < `t`：`score` 是 `xt` 处得分的值，形状同 `xt`（不是函数）；`f` 与 `g2` 是 `t` 处的 $f$ 与 $g^2$，都是数；`noise` 就是 $\lambda$，0 或更大。噪声用 `generator` 抽，与 `my_langevin_step` 一样；$\lambda=0$ 时没有噪声。
"""

# %% key="reverse-try" tags=["exercise"]
def my_reverse_step(xt, t, s, score, f, g2, noise, generator):
    ...

my_reverse_step = check("10.reverse", my_reverse_step)


# %% key="reverse-use"
times = drifts.evenly(drifts.STEPS, falling=True)
def walked_by_me(noise):
    generator = seeded(0)
    xt = torch.randn(2000, 1, generator=generator, dtype=torch.float64)
    for t, s in pairwise(times):
        f, g2 = sde.rates(scores.vp_path(), t)
        xt = my_reverse_step(xt, t, s, scores.exact_score(xt[:, 0], t)[:, None], float(f), float(g2), noise, generator)
    return xt[:, 0]

ends = {f"noise {noise}": walked_by_me(noise) for noise in (0, 0.5, 1, 2)}
plots.densities({name: {"exact": (x, scores.exact_density(x, 0.001))} for name in ends}, ends)

# %% key="reverse-numbers"
ends["no noise, c = 1"] = drifts.walked_back(1, 0)
for name, x0 in ends.items():
    (std, error), below = drifts.std_of(x0), (x0 < 0).double().mean()
    print(f"{name:16} mean {x0.mean():.2f}   std {std:.3f} ± {error:.3f}   below 0: {below:.3f}")

# %% [markdown] key="reverse-read" lang="en"
r"""
**Read the figure.** Two bells, your step, 500 of them, 2,000 particles, four settings of the dial: all four histograms
lie under the same curve. Known: mean 0.200, std 1.065, share below 0 0.414; with 2,000 particles the mean is known to
0.024, the std to 0.009, the share to 0.011, and each of the first four rows is within two of these. The last row is a
popular "improvement": take the reverse SDE, and leave out its noise, for cleaner samples. The score then counts twice as
much as it should: where it is nearly $-x$, the right velocity is 0, and this one pulls everything together, down to
$t=0.4$ alone by a factor of nearly 70; all 2,000 particles end at 0.73, on no bell's top. Without noise the score's
factor is a half.
"""

# %% [markdown] key="reverse-read" lang="zh" of="dab317"
r"""
**看图。** 两个钟形，用的是你写的一步，走 500 步，2,000 个粒子，旋钮拧在四个位置：四个直方图都贴合同一条曲线。已知：均值 0.200，标准差 1.065，0 以下的份额 0.414；2,000 个粒子，均值能准到 0.024，标准差 0.009，份额 0.011，前四行的偏差都在这些数的两倍之内。最后一行是流行的“改进”：取反向 SDE，为了样本干净些，把噪声去掉。这时得分的分量是应有的两倍：得分差不多是 $-x$ 的那一段，对的速度是 0，它却把一切往中间拉，单是走到 $t=0.4$ 就缩到近 70 分之一；2,000 个粒子全停在 0.73，哪个钟形的顶都不是。不加噪声，得分的系数就得是一半。
"""

# %% key="reverse-source"
show_source(sde.reverse_sde)

# %% [markdown] key="dial"
r"""
## 4 · The dial from ODE to SDE · 从 ODE 到 SDE 的旋钮
"""

# %% [markdown] key="dial-why" lang="en"
r"""
By (9), $\lambda$ is a dial: at 0 nothing is drawn on the way, at 1 as much as on the way there, and beyond it more. With
the exact score and steps without end the setting makes no difference to the densities. Neither is ever given. Steps are
finite, and what they leave undone depends on $\lambda$; and a learned score has errors. Lesson 3 found that a push at
timestep 800 is all but forgotten by DDPM, and kept whole by DDIM, counted in standard deviations; here these are
$\lambda=1$ and $\lambda=0$. (9) shows the mechanism: Langevin's part draws the crowd back to where the *score* says it
belongs. So noise heals what went wrong before; and it leans harder on the score, and so brings in the score's own
mistakes.
"""

# %% [markdown] key="dial-why" lang="zh" of="c005bf"
r"""
按 (9)，$\lambda$ 是个旋钮：拧到 0，途中什么也不抽；拧到 1，与去时抽得一样多；再往上更多。得分精确、步子无穷小时，怎么拧密度都一样。可这两样从来不会有：步数是有限的，走不到位的部分与 $\lambda$ 有关；学来的得分又有误差。第 3 课发现，在第 800 个时间步推一把，以标准差计，DDPM 几乎忘光，DDIM 则全部留下；放到这里，就是 $\lambda=1$ 与 $\lambda=0$。(9) 说出了其中的道理：朗之万那部分，把一群点拉回**得分**认为它们该在的地方。所以噪声能治好先前出的错；但它也更倚重得分，于是把得分自己的错也带了进来。
"""

# %% key="dial-show"
walks = {f"noise {noise}, {n} steps": (exact_draws(600), dial.dialled(dial.exact_moon_score(), noise, n, n=300)) for n in (15, 60) for noise in (0, 1, 2)}
plots.plane(walks, columns=3)

# %% key="dial-numbers"
for n, row in dial.STEPS_STORED.items():
    print(f"{n:4} steps   " + "   ".join(f"noise {noise:g}: {value:.4f} ± {error:.4f}" for noise, (value, error) in zip(NOISES, row, strict=True)))
print(f"floor {dial.dial_floor().value:.4f}")

# %% [markdown] key="dial-read" lang="en"
r"""
**Read both.** Orange is what the walk drew, grey are exact draws. At 15 steps $\lambda=2$ is torn apart, and $\lambda=0$
is nearly there already; at 60 the eye sees no difference. The table says the same in energy distances: mean of four
seeds, 500 particles each, floor 0.0017 ± 0.0002; the error bars, 0.0001 to 0.001, cover nearly all differences from 50
steps on. So, with the exact score: beyond $\lambda=1$, the more noise, the more steps it takes; and when there are enough
of them, the dial does nothing.

**What is forgiven?** For data $\mathcal N(0,0.5^2)$ all of it can be worked out. Push $x_t$ aside by one standard
deviation, walk on without a fault, and see how much is left at $t=0$: by (9) it is $\rho(t)^{\lambda^2}$, with $\rho$ the
correlation of $x_t$ and $x_0$. (Write $V=a^2\sigma_0^2+b^2$; the score is $-x/V$, so a push obeys
$\dot\delta=(f+\frac{1+\lambda^2}2g^2/V)\,\delta$. As $\dot V=2fV+g^2$, the part without $\lambda$ is $\frac12\dot V/V$,
so $\delta/\sqrt V$ stays; and as $\rho^2=a^2\sigma_0^2/V$ has $\frac d{dt}\log\rho=-\frac12g^2/V$, what $\lambda$ adds is
$\rho^{\lambda^2}$.) The ODE keeps every push; the reverse SDE keeps as much as $x_t$ tells of $x_0$. And an error in the
*score* at $t$? It enters with the factor $\frac12(1+\lambda^2)$, and then fades like a push:
"""

# %% [markdown] key="dial-read" lang="zh" of="762e97"
r"""
**两份结果一起看。** 橙色是走出来的，灰色是精确样本。走 15 步，$\lambda=2$ 支离破碎，$\lambda=0$ 已差不多到位；走 60 步，肉眼看不出差别。表里用能量距离说的是同一件事：四个种子的均值，各 500 个粒子，下限 0.0017 ± 0.0002；误差棒在 0.0001 到 0.001 之间，从 50 步起，差别几乎都盖在里面。所以，得分精确时：$\lambda=1$ 以上，噪声越多，要走的步数越多；步数足够，旋钮就不起作用。

**什么错会被原谅？** 数据是 $\mathcal N(0,0.5^2)$ 时，全都算得出来。把 $x_t$ 推偏一个标准差，此后不再出错，一路走完，看 $t=0$ 处还剩多少：由 (9)，剩下 $\rho(t)^{\lambda^2}$，$\rho$ 是 $x_t$ 与 $x_0$ 的相关系数。（记 $V=a^2\sigma_0^2+b^2$，得分是 $-x/V$，所以这一推造成的偏差满足 $\dot\delta=(f+\frac{1+\lambda^2}2g^2/V)\,\delta$。由 $\dot V=2fV+g^2$，不含 $\lambda$ 的部分是 $\frac12\dot V/V$，所以 $\delta/\sqrt V$ 不变；又 $\rho^2=a^2\sigma_0^2/V$，$\frac d{dt}\log\rho=-\frac12g^2/V$，所以 $\lambda$ 带来的正是 $\rho^{\lambda^2}$。）常微分方程把每一推都原样留下；反向 SDE 留下多少，要看 $x_t$ 还能说出 $x_0$ 的多少。那么 $t$ 处**得分**的错呢？它进来时带着系数 $\frac12(1+\lambda^2)$，此后像那一推一样淡去：
"""

# %% key="dial-forgive"
ts, noises = [k / 100 for k in range(1, 101)], (0, 0.5, 1, 2)
panels = {"kept of a push": kept_of_push, "harm of an error": harm_of_error}
plots.curves({name: {f"$\\lambda={noise}$": [of(t, noise) for t in ts] for noise in noises} for name, of in panels.items()}, ts)

# %% [markdown] key="dial-forgive-read" lang="en"
r"""
**Read the figure.** Right: the harm of an error, that of the ODE being 1. Made early on the way back (large $t$), an
error is healed by noise, and the more the better; made late (small $t$), it is multiplied by up to $1+\lambda^2$, and no
time is left to heal it. For $\lambda=1$ the two balance at $t\approx0.23$. Now wrong scores on the two moons, all walked
in 200 steps: 10 % too weak, 10 % too strong, everywhere; $\hat\epsilon$ off by 0.3, always to the same side, between
$t=0.7$ and 0.5, or between 0.1 and 0; that of thicker moons; and those of a network after only 150 and 500 steps of
training. Which of them does noise heal?
"""

# %% [markdown] key="dial-forgive-read" lang="zh" of="40558a"
r"""
**看图。** 右图是一个错误的后果，以常微分方程的为 1。错在回程的早期（$t$ 大），噪声能治好，越多越好；错在晚期（$t$ 小），后果最多放大到 $1+\lambda^2$ 倍，而且来不及治了。$\lambda=1$ 时，治好与放大在 $t\approx0.23$ 处相抵。现在让几种有错的得分在两弯月牙上走 200 步：处处弱 10 %；处处强 10 %；在 $t=0.7$ 到 0.5 之间，或者 0.1 到 0 之间，$\hat\epsilon$ 总朝同一侧偏 0.3；更粗的月牙的得分；只训练了 150 步、500 步的网络的得分。其中哪几种错，噪声治得好？
"""

# %% key="dial-predict"
predict("10.dial")

# %% key="dial-wrong"
said = (f"{name:18} " + "   ".join(f"{value:.4f} ± {error:.4f}" for value, error in row) for name, row in dial.STORED.items())
reveal("10.dial", *said)

# %% [markdown] key="dial-wrong-read" lang="en"
r"""
**Read the table** (columns: $\lambda=0$, 0.5, 1, 1.5, 2; energy distance, four seeds of 500 particles, floor 0.0017). A
score that is wrong early is forgotten from $\lambda=1.5$ on, where the ODE is at 27 times the floor; one that is 10 %
weak is mended as far as 500 particles can tell, from 29 times; one that is 10 % strong, from 22 times, to within 0.0005 of
the exact score's. (Not entirely: 0.9 times the score is the
exact score of $q^{0.9}$, and that is what much noise draws; it is near $q$.) A score that is wrong at the end is made
worse, from 0.012 to 0.128. And a network that was hardly trained? It gets worse with noise, after 150 steps from 0.0045
to 0.0108, after 500 from 0.0023 to 0.0052, by several error bars: for these networks at least, noise brings in more than
it mends. The score of thicker moons is the right score of other data; every $\lambda$ draws those data faithfully. So
"noise corrects errors" and "noise adds errors" are both right, and the answer for *your* network is a measurement, not a
principle. (Karras et al. 2022 added noise in the middle of the way alone, and on CIFAR-10 found less and less use for it
as networks got better; on ImageNet it still helped.)

**A task for the sliders.** Score "10 % weak", 50 steps. Which is the least `noise` on the slider for which the printed
distance is below 0.015 for *every* seed from 0 to 5?
"""

# %% [markdown] key="dial-wrong-read" lang="zh" of="7f4a9d"
r"""
**看表**（各列是 $\lambda=0$、0.5、1、1.5、2；能量距离，四个种子、各 500 个粒子，下限 0.0017）。错在早期的，从 $\lambda=1.5$ 起就忘掉了，而常微分方程那里是下限的 27 倍；处处弱 10 % 的，原是 29 倍，也治到了 500 个粒子看不出的程度；处处强 10 % 的，原是 22 倍，治到只比精确得分的多 0.0005。（并未治净：0.9 倍的得分正是 $q^{0.9}$ 的精确得分，噪声大时画出的就是它，只是离 $q$ 不远。）错在末尾的得分，反而更糟，从 0.012 变成 0.128。几乎没训练的网络呢？噪声越多越差，训练 150 步的从 0.0045 到 0.0108，500 步的从 0.0023 到 0.0052，超出好几个误差棒：至少对这些网络，噪声带进来的错比治好的多。更粗的月牙的得分，是另一份数据的正确得分，不论 $\lambda$ 取多少，画出的都忠于那份数据。所以“噪声纠错”与“噪声添错”都对；对**你的**网络，答案要靠测量，不能靠原则。（Karras 等 2022 年只在中间一段加噪声：在 CIFAR-10 上，网络越好越用不着它；在 ImageNet 上它仍有好处。）

**滑块任务。** 得分（score）选“10 % weak”，走 50 步。要让打印出来的距离对种子 0 到 5 **每一个**都小于 0.015，噪声份额 `noise` 在滑块上最小可以取多少？
"""

# %% key="dial-widget"
dial_explorer(noise=0.0, steps=50, score="10 % weak")

# %% key="dial-answer" tags=["exercise"]
my_noise = ...
my_noise = check("10.noise", my_noise)

# %% [markdown] key="flow"
r"""
## 5 · Flow matching: regress the velocity · 流匹配：对速度作回归
"""

# %% [markdown] key="flow-why" lang="en"
r"""
Forget noise schedules for a moment. Draw an $x_0$ from the data and an $\epsilon$ from $\mathcal N(0,I)$, join them by a straight line, and walk it at constant speed: $a=1-t$, $b=t$,
$$x_t=(1-t)\,x_0+t\,\epsilon,\qquad\dot x_t=\epsilon-x_0.\tag{10}$$
(In this course 0 is the data and 1 the noise. Lipman et al. and Liu et al. run the other way: their $x_1$ is the data, their $t$ is our $1-t$, their velocity is minus ours.) Every pair has its own line, and through one place $x$ pass many of them, in many directions. Which way does the crowd go there? The mean way:
$$v(x,t)=E\bigl[\epsilon-x_0\bigm|x_t=x\bigr].\tag{11}$$
A crowd in which each follows $v$ has the densities of the crowd in which each stays on its own line. The proof is the one that you know by now: for any smooth $\varphi$, $\frac d{dt}E\,\varphi(x_t)=E[\nabla\varphi(x_t)\cdot\dot x_t]=E\bigl[\nabla\varphi(x_t)\cdot E[\dot x_t\mid x_t]\bigr]$, so that this crowd's density obeys the equation (7) with $v$ for the bracket. The crowd that follows $v$ obeys it, too; both begin alike, and where $v$ is smooth the equation has one solution. But who follows a velocity field is never at one place with anybody at one time, and can be walked back from the noise to the data.

This is Lipman's flow matching and Liu's *rectified flow*; (1) with any $a$ and $b$ is called an *interpolant*. Lipman writes $u_t$ for the target and $v_t$ for the network. He holds $x_0$ alone fixed, and asks where a point at $x$ then goes: with $\epsilon=(x-a\,x_0)/b$ the answer is $a'x_0+\frac{b'}b(x-a\,x_0)$, on the straight path $(x-x_0)/t$. That is the pair's own velocity, written as a field; its mean over $x_0$, given $x$, is (11) again. (His $\sigma_\text{min}$ leaves a little noise on the data, $b=\sigma_\text{min}+(1-\sigma_\text{min})\,t$.)

On any path (1), with $\epsilon$ independent of $x_0$, $v=E[a'x_0+b'\epsilon\mid x_t]$. Put in (2), that is,
$E[\epsilon\mid x_t]=-b\,s$ and $E[x_0\mid x_t]=(x_t+b^2s)/a$ for the score $s$, and out comes
$\frac{a'}a\,x-b\bigl(b'-\frac{a'}a\,b\bigr)s$, which with $f$ and $g^2$ from your exercise is $f\,x-\frac12g^2s$: (8).
*The velocity of flow matching is that of the probability-flow ODE.* (And this $v$ is not lesson 6's
$v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$, which is a velocity on a circle.) Both sides, on the two
bells of part 1, the left one with quadrature's $\hat x_0$ and $\hat\epsilon$:
"""

# %% [markdown] key="flow-why" lang="zh" of="b14350"
r"""
暂且忘掉噪声调度。从数据里抽一个 $x_0$，从 $\mathcal N(0,I)$ 抽一个 $\epsilon$，用直线连起来，匀速走过去：$a=1-t$，$b=t$，
$$x_t=(1-t)\,x_0+t\,\epsilon,\qquad\dot x_t=\epsilon-x_0.\tag{10}$$
（本课程里 0 是数据，1 是噪声。Lipman 等、Liu 等反过来走：他们的 $x_1$ 是数据，他们的 $t$ 是我们的 $1-t$，速度差一个负号。）每一对都有自己的直线，同一处 $x$ 有许多条穿过，方向各异。那里的一群点往哪走？往均值的方向走：
$$v(x,t)=E\bigl[\epsilon-x_0\bigm|x_t=x\bigr].\tag{11}$$
一群点人人照 $v$ 走，另一群点人人守着自己的直线，两群的密度时时相同。证明还是那几句：任取光滑的 $\varphi$，$\frac d{dt}E\,\varphi(x_t)=E[\nabla\varphi(x_t)\cdot\dot x_t]=E\bigl[\nabla\varphi(x_t)\cdot E[\dot x_t\mid x_t]\bigr]$，可见守着直线的那一群，密度满足 (7) 那样的方程，只是括号换成 $v$。照 $v$ 走的那一群也满足它；两群起点相同，而 $v$ 光滑时，这个方程只有一个解。不过，照速度场走的，谁也不会与谁在同一时刻到同一处，因此能从噪声原路走回数据。

这就是 Lipman 等的流匹配，也是 Liu 等的**整流流**（rectified flow）；(1) 里 $a$、$b$ 任取，叫**插值**（interpolant）。Lipman 把目标写作 $u_t$，网络写作 $v_t$。他只固定 $x_0$，问位于 $x$ 的点往哪走：因为 $\epsilon=(x-a\,x_0)/b$，答案是 $a'x_0+\frac{b'}b(x-a\,x_0)$，直线路径上就是 $(x-x_0)/t$。这仍是那一对自己的速度，只是写成了场；给定 $x$，再对 $x_0$ 取均值，又是 (11)。（他的 $\sigma_\text{min}$ 在数据上留一点噪声：$b=\sigma_\text{min}+(1-\sigma_\text{min})\,t$。）

在任意路径 (1) 上，只要 $\epsilon$ 与 $x_0$ 独立，$v=E[a'x_0+b'\epsilon\mid x_t]$。把 (2) 代进去，即用得分 $s$ 写出 $E[\epsilon\mid x_t]=-b\,s$ 与 $E[x_0\mid x_t]=(x_t+b^2s)/a$，得到 $\frac{a'}a\,x-b\bigl(b'-\frac{a'}a\,b\bigr)s$；再用你在练习里求出的 $f$ 与 $g^2$，正是 $f\,x-\frac12g^2s$，也就是 (8)。**流匹配的速度，就是概率流常微分方程的速度。**（另外，这里的 $v$ 不是第 6 课的 $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$，那是圆弧上的速度。）在第 1 节的两个钟形上把两边各算一遍，左边的 $\hat x_0$ 与 $\hat\epsilon$ 由数值积分得出：
"""

# %% key="flow-same"
for t in (0.01, 0.1, 0.3, 0.6, 0.9):
    now, found = paths.at(scores.vp_path(), t), scores.by_quadrature(x, t)
    f, g2 = my_rates(*now)
    mean_way = now.signal_slope * found.x0 + now.noise_slope * found.eps
    off = (mean_way - (f * x - g2 / 2 * found.score)).abs().max()
    print(f"t = {t:<5} mean of the pairs' velocities and the probability-flow ODE: {off:.0e} apart")

# %% key="flow-cross"
bells = two_classes(cosine(), std=0.2).unconditional  # N(-1, 0.2²) and N(1, 0.2²) on the line
x_line, z_line = bells.draw(60, seeded(0)), torch.randn(60, 1, generator=seeded(1)).double()
lines = flow_moons.trail(flows.guess_of_oracle(bells), z_line)
ways = {"pairs": flow_moons.chords(x_line, z_line, lines.times).places, "flow": lines.places}
for name, places in ways.items():
    print(f"{name}: {flow_moons.overtakings(places):.3f} of all couples of particles change their order")
plots.lines_over_time(ways, lines.times)

# %% [markdown] key="flow-cross-read" lang="en"
r"""
**Read the figure** from left, the noise, to right, the data, which are two bells. On the left, pairs: 55 % of all couples
of the 60 particles change their order on the way (half is to be expected where pairs are drawn blindly, ± 4 %). On the right, the flow (11) from the same noise: none does. At each time both
pictures hold the same density. It is the pairing that has changed: the flow has made up pairs of its own, of which no two
cross.

**How is a velocity learned?** Like a score. $E\,|v_\theta(x_t,t)-v(x_t,t)|^2$ cannot be computed, as nobody has $v$. Take
the pair's own velocity instead, $E\,|v_\theta(x_t,t)-(\epsilon-x_0)|^2$: by the three lines before (3), with velocities
for scores, the two differ by a number that does not depend on $\theta$. So their gradients in $\theta$ are equal. That is
*conditional flow matching*, and it is all there is to it. Below: a small network with random weights, both losses, and
both gradients, on the two moons, whose $v$ is known exactly.
"""

# %% [markdown] key="flow-cross-read" lang="zh" of="9abec3"
r"""
**看图**，从左边的噪声往右边的数据看，数据是两个钟形。左图是一对一对的连线：60 个粒子里任取两个，途中上下次序颠倒的占 55 %（闭着眼睛配对，应有一半，± 4 %）。右图是从同样的噪声出发的流 (11)：一对也没有。每一时刻，两幅图的密度都相同。变了的是配对：流自己另配了一套，其中没有哪两条路相交。

**速度怎样学？** 与得分一样。$E\,|v_\theta(x_t,t)-v(x_t,t)|^2$ 没法算，因为谁手里都没有 $v$。那就改用每一对自己的速度，$E\,|v_\theta(x_t,t)-(\epsilon-x_0)|^2$：照 (3) 之前的三行，把得分换成速度，两者只差一个与 $\theta$ 无关的数，所以对 $\theta$ 的梯度相同。这叫**条件流匹配**（conditional flow matching），全部内容就是这些。下面取一个权重随机的小网络，在 $v$ 精确已知的两弯月牙上，算出两种损失与两个梯度。
"""

# %% key="flow-losses"
for seed in range(3):
    both = compared_losses(little_network(seed), seed=seed)
    pair, exact, apart = both.losses.tolist()
    print(f"network {seed}: loss on pairs {pair:.3f}, on the exact velocity {exact:.3f}, difference {apart:.3f} ± {both.loss_errors[2]:.3f}")
print("E|v - E[v|x_t]|² by itself: {:.3f} ± {:.3f}".format(*spread_of_pairs()))

# %% key="flow-gradients"
both, wrong = compared_losses(little_network(0)), compared_losses(little_network(0), backwards=True)
for i in (0, 20, 50, 70, 97):  # five of the 98 numbers
    pair, exact, apart = both.gradients[:, i]
    print(f"gradient {i:2}: on pairs {pair:8.4f}   exact {exact:8.4f}   difference {apart:8.4f} ± {both.gradient_errors[2, i]:.4f}")
print(f"squared difference over squared error, mean of all 98: {both.chi_square:.2f}; with v pointing to the data: {wrong.chi_square:.0f}")

# %% [markdown] key="flow-gradients-read" lang="en"
r"""
**Read the numbers.** The loss on pairs is 2.3 to 2.4, the loss on the exact velocity about 1.0: for three networks the
difference is the same, 1.32 to 1.34, beside $E\,|\dot x_t-v|^2$, 1.318 ± 0.005, which was measured by itself: two within
one error bar, the third 2.2 off. So when a flow-matching loss (here summed over both coordinates) has come down to 1.33,
nearly all of it is the spread of the pairs, which says nothing of the network. The 98 gradients agree within their error
bars: the squared difference over the squared error is 0.95 on average, where 1 is expected. Point the target at the data
instead, and it is 3,554.

That floor is not even in $t$. As $\epsilon-x_0=(x_t-x_0)/t$, nobody gets below the mean of $\operatorname{tr}\mathrm{Cov}(x_0\mid x_t)/t^2$. At $t=1$, where nothing is known of $x_0$, that is the variance of the data; towards $t=0$, where nothing is known of $\epsilon$, it is 1 for each coordinate, if the data have a density. A loss of $\epsilon$ has its floor at 0 where $t=1$. So the two cannot be compared, and a flow's larger loss is no sign of a worse network.
"""

# %% [markdown] key="flow-gradients-read" lang="zh" of="97f97a"
r"""
**看这些数。** 按数据对算，损失是 2.3 到 2.4；按精确速度算，约 1.0。三个网络的差都一样，1.32 到 1.34；另外单独量出的 $E\,|\dot x_t-v|^2$ 是 1.318 ± 0.005：两个相差不到一个误差棒，第三个差 2.2 个。所以流匹配的损失（这里对两个坐标求和）若降到 1.33，差不多全是数据对自己的散布，与网络无关。98 个梯度在误差棒之内相符：差的平方与误差的平方之比，平均是 0.95，预期是 1。若让目标指向数据，就成了 3,554。

这个下限随 $t$ 而变。因为 $\epsilon-x_0=(x_t-x_0)/t$，谁也低不过 $\operatorname{tr}\mathrm{Cov}(x_0\mid x_t)/t^2$ 的均值。$t=1$ 时，$x_0$ 无从知道，下限就是数据的方差；走向 $t=0$ 时，$\epsilon$ 无从知道，只要数据有密度，下限就是每个坐标各 1。而 $\epsilon$ 的损失，在 $t=1$ 处下限是 0。所以两种损失不能相比；流的损失大一些，并不说明网络差一些。
"""

# %% [markdown] key="target-task" lang="en"
r"""
**Write it yourself.** Make a batch for conditional flow matching on the straight path: data `x0` and noise `eps` of one
shape (b, …), any number of further axes, and `t` of shape (b,), one time from 0 to 1 for each sample, ends included.
Return `xt, target`: where each pair is at its own time, and the velocity it has there, in this course's direction (0 is
the data, 1 the noise).
"""

# %% [markdown] key="target-task" lang="zh" of="ed3661"
r"""
**自己动手。** 在直线路径上，为条件流匹配准备一批数据：数据 `x0` 与噪声 `eps` 形状相同，(b, …)，其余的轴有几个都行；`t` 的形状是 (b,)，每个样本一个时刻，从 0 到 1，两端也在内。返回 `xt, target`：每一对在自己时刻所在的点，以及它在那里的速度，按本课程的方向（0 是数据，1 是噪声）。
"""

# %% key="target-try" tags=["exercise"]
def my_batch(x0, eps, t):
    ...

my_batch = check("10.target", my_batch)


# %% [markdown] key="flow-train-why" lang="en"
r"""
That is all one needs. A network that takes $(x,y,t)$ and returns two numbers; your batch; a mean square. No schedule, no
log-SNR, no $\bar\alpha$: draw, mix, regress. And to sample, walk from the noise to the data, against the velocity, with
Euler's method in 50 steps.
"""

# %% [markdown] key="flow-train-why" lang="zh" of="3e627a"
r"""
需要的全在这里了。一个输入 $(x,y,t)$、输出两个数的网络；你写的那一批；一个均方。没有调度，没有对数信噪比，没有 $\bar\alpha$：抽取，混合，回归。采样时，逆着速度，用欧拉法分 50 步从噪声走到数据。
"""

# %% key="flow-train"
torch.manual_seed(0)
wide, x_moons, generator = 128, flow_moons.moon_points(), seeded(0)
layers = [nn.Linear(3, wide), nn.SiLU(), nn.Linear(wide, wide), nn.SiLU(), nn.Linear(wide, wide), nn.SiLU(), nn.Linear(wide, 2)]
field = nn.Sequential(*layers)
optimizer, n_steps = torch.optim.Adam(field.parameters(), lr=2e-3), 800
for step in range(n_steps):
    x0 = x_moons[torch.randint(len(x_moons), (256,), generator=generator)]
    t, eps = torch.rand(256, generator=generator), torch.randn(256, 2, generator=generator)
    xt, target = my_batch(x0, eps, t)
    loss = (field(torch.cat([xt, t[:, None]], 1)) - target).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / n_steps)
    optimizer.step()

# %% key="flow-sample"
@torch.no_grad()
def plain_velocity(xt, t):
    return field(torch.cat([xt, torch.full((len(xt), 1), t)], 1))

z2000 = flow_moons.flow_noise(0)
plain_way = [z2000]
for t, s in pairwise(k / 50 for k in range(50, -1, -1)):
    plain_way.append(plain_way[-1] + (s - t) * plain_velocity(plain_way[-1], t))
exact_way = flow_moons.trail(flow_moons.exact_guess(), z2000)
print(f"distance {flow_moons.distance_to_moons(plain_way[-1]):.4f}, by the exact velocity {flow_moons.distance_to_moons(exact_way.places[-1]):.4f}")
print("floor {:.4f} ± {:.4f}".format(*flow_moons.FLOOR))
plots.trails({"learned": torch.stack(plain_way)[:, :150], "exact": exact_way.places[:, :150]})

# %% [markdown] key="flow-sample-read" lang="en"
r"""
**Read the figure** (grey: where 150 particles begin, orange: where they end). 800 steps of training, some seconds, and
the moons are there: at a distance of 0.0027, where sets of exact draws have 0.0006, scattered by 0.0004. (It was walked
in 50 steps, the exact flow in 100.) That is near, and can still be told; longer training takes it further. The ways of
the learned flow and of the exact one are alike: at first all run to the middle, where the mean of the data is, and bend
to one moon or the other late.
"""

# %% [markdown] key="flow-sample-read" lang="zh" of="071127"
r"""
**看图**（灰色是 150 个粒子的起点，橙色是终点）。训练 800 步，几秒钟，两弯月牙就出来了：距离 0.0027，而精确样本各组是 0.0006，起伏 0.0004。（它走了 50 步，精确的流走了 100 步。）已经很近，但还分得出；训练久些会更近。学到的流与精确的流，路的样子相像：起初都奔向中间，也就是数据的均值所在，到后来才拐向这一弯或那一弯。
"""

# %% [markdown] key="paper-task" lang="en"
r"""
With pen and paper: the data are $\mathcal N(0,s^2)$ (here $s$ is a standard deviation), one number, and the path is
straight. Then the velocity (11) at $x_t$ is $k\,x_t$ with a factor $k$ that depends on $s$ and $t$. Find it; it must hold
for every $t$ from 0 to 1, both ends included.
"""

# %% [markdown] key="paper-task" lang="zh" of="77529c"
r"""
用纸笔算：数据是一个数，服从 $\mathcal N(0,s^2)$（这里 $s$ 是标准差），路径是直线。这时 $x_t$ 处的速度 (11) 就是 $k\,x_t$，系数 $k$ 只与 $s$ 和 $t$ 有关。求出它；对 0 到 1 的每个 $t$ 都要成立，两端也在内。
"""

# %% key="paper-try" tags=["exercise"]
def my_pace(s, t):
    ...

my_pace = check("10.paper", my_pace)

# %% key="paper-use"
narrow, eps = torch.tensor([[0.5], [1.0]]) * torch.randn(2, 1_000_000, generator=seeded(0), dtype=torch.float64)
for t in (0.0, 0.25, 0.5, 0.75, 1.0):
    xt, way = (1 - t) * narrow + t * eps, eps - narrow
    print(f"s = 0.5, t = {t:.2f}   yours {float(my_pace(0.5, t)):6.3f}   the best k for 1,000,000 pairs {(way * xt).mean() / xt.square().mean():6.3f}")


# %% [markdown] key="paper-answer" lang="en"
r"""
<details><summary>The derivation</summary>

Both are Gaussian, so $E[\epsilon-x_0\mid x_t]=x_t\,\mathrm{Cov}(\epsilon-x_0,x_t)/\mathrm{Var}(x_t)$. With $x_t=(1-t)x_0+t\epsilon$ the covariance is $t-(1-t)s^2$, the variance $(1-t)^2s^2+t^2$:
$$k=\frac{t-(1-t)s^2}{(1-t)^2s^2+t^2}.$$
It is $-1$ at $t=0$, $1$ at $t=1$, and $6/5$ at $s=t=\frac12$. It is also half the rate at which the logarithm of the variance grows: all that this flow does is to scale.

</details>
"""

# %% [markdown] key="paper-answer" lang="zh" of="6dcddb"
r"""
<details><summary>推导</summary>

两者都是高斯变量，所以 $E[\epsilon-x_0\mid x_t]=x_t\,\mathrm{Cov}(\epsilon-x_0,x_t)/\mathrm{Var}(x_t)$。由 $x_t=(1-t)x_0+t\epsilon$，协方差是 $t-(1-t)s^2$，方差是 $(1-t)^2s^2+t^2$，于是
$$k=\frac{t-(1-t)s^2}{(1-t)^2s^2+t^2}.$$
它在 $t=0$ 处为 $-1$，在 $t=1$ 处为 $1$，$s=t=\frac12$ 时为 $6/5$。它也等于方差取对数之后增长率的一半：这个流所做的，只是缩放。

</details>
"""

# %% [markdown] key="noisy-why" lang="en"
r"""
**May noise be added to a flow?** (9) asks for a score, and a flow has a velocity. On the straight path that is enough: each pair has $\epsilon=x_t+(1-t)\,\dot x_t$, so the means have, too, and with (2)
$$\nabla\log q(x,t)=-\frac{x+(1-t)\,v(x,t)}t.$$
Nothing is divided by $1-t$: at $t=1$ it is $-x$, as it should be. Nor does the proof of (9) ask how much noise there is. With any $\gamma(t)\ge0$ and the score $s$,
$$dx=\bigl(v-\tfrac12\,\gamma^2s\bigr)\,dt+\gamma\,dW,\qquad dt<0,$$
passes through the densities of the flow. (9) is $\gamma=\lambda g$, which will not do here: $g^2=2t/(1-t)$ is infinite at $t=1$.

And a constant $\gamma$? Let all data be the one point 0, so that $v=x/t$ and $s=-x/t^2$. Of $x$, a step of length $\Delta$ takes away the share $\Delta/t$ by the flow, and $\frac12\gamma^2\Delta/t^2$ by the extra climb; if it is more than 2 in all, the step throws $x$ farther out than it was. At $t=k\Delta$, the $k$th step from the end, the climb's share is $\gamma^2/(2k^2\Delta)$: the finer the steps, the more of the last ones throw. With $\gamma^2=\lambda^2t$ it is $\lambda^2/(2k)$, however fine they are, and up to $\lambda^2=2$ none throws. (Ma et al. 2024, SiT, have $\gamma^2=t$ among their choices.)
"""

# %% [markdown] key="noisy-why" lang="zh" of="849875"
r"""
**可以给流加噪声吗？** (9) 要的是得分，流手里只有速度。在直线路径上，有速度就够了：每一对都有 $\epsilon=x_t+(1-t)\,\dot x_t$，取均值也成立，再由 (2)，
$$\nabla\log q(x,t)=-\frac{x+(1-t)\,v(x,t)}t.$$
式中没有除以 $1-t$：$t=1$ 时它是 $-x$，理当如此。(9) 的证明也不问噪声有多少。任取 $\gamma(t)\ge0$，得分记作 $s$，
$$dx=\bigl(v-\tfrac12\,\gamma^2s\bigr)\,dt+\gamma\,dW,\qquad dt<0,$$
经过的密度都与流相同。(9) 就是取 $\gamma=\lambda g$；这里不能这样取，因为 $g^2=2t/(1-t)$ 在 $t=1$ 处是无穷大。

那么取常数 $\gamma$ 呢？设数据全是 0 这一个点，于是 $v=x/t$，$s=-x/t^2$。走长为 $\Delta$ 的一步，$x$ 按比例减去两份：流减去 $\Delta/t$，多爬的坡减去 $\frac12\gamma^2\Delta/t^2$；两份之和若超过 2，这一步就把 $x$ 甩得比原来更远。在 $t=k\Delta$，即倒数第 $k$ 步，多爬的那一份是 $\gamma^2/(2k^2\Delta)$：步子越细，末尾往外甩的步子越多。取 $\gamma^2=\lambda^2t$，它就是 $\lambda^2/(2k)$，与步子粗细无关；$\lambda^2=2$ 以内，哪一步也不往外甩。（Ma 等 2024 年的 SiT，几种取法里就有 $\gamma^2=t$。）
"""

# %% [markdown] key="noisy-task" lang="en"
r"""
**Write it yourself.** In: `xt`, the velocity `v` of the straight path there, towards the noise, like `xt`, and the time
`t`, a number above 0 and at most 1. Out: the score there, like `xt`. It must hold at $t=1$, too.
"""

# %% [markdown] key="noisy-task" lang="zh" of="d0b673"
r"""
**自己动手。** 输入 `xt`、直线路径在那里的速度 `v`（指向噪声，形状同 `xt`），以及时刻 `t`，大于 0、不大于 1 的数；输出那里的得分，形状同 `xt`。$t=1$ 处也要成立。
"""

# %% key="noisy-try" tags=["exercise"]
def my_score(xt, v, t):
    ...

my_score = check("10.noisy", my_score)


# %% key="noisy-use"
two_bells = scores.uneven_bells()
bell_flow = flows.velocity_field(paths.straight, flows.guess_of_oracle(two_bells))
for t in (0.01, 0.1, 0.3, 0.6, 0.9):
    slope = torch.func.grad(lambda y, t=t: likely.density_on(paths.straight, two_bells, y, t).sum())(x[:, None])
    off = (my_score(x[:, None], bell_flow(x[:, None], t), t) - slope).abs().max()
    print(f"t = {t:<5} score from the velocity, and gradient of the exact log-density: {off:.0e} apart")

# %% key="noisy-walk"
def noisy_walk(velocity_of, xt, steps, noise, generator):
    places = [xt]
    for t, s in pairwise(k / steps for k in range(steps, -1, -1)):
        v, z = velocity_of(xt, t), torch.randn(xt.shape, generator=generator, dtype=xt.dtype)
        xt = xt + (s - t) * (v - noise**2 * t / 2 * my_score(xt, v, t)) + noise * (t * (t - s)) ** 0.5 * z
        places.append(xt)
    return torch.stack(places)

z_bells = torch.randn(2000, 1, generator=seeded(0), dtype=torch.float64)
bell_ways = {f"noise {noise}": noisy_walk(bell_flow, z_bells, 200, noise, seeded(1)) for noise in (0, 1)}
for name, way in bell_ways.items():
    (std, error), below = drifts.std_of(way[-1, :, 0]), (way[-1] < 0).double().mean()
    print(f"{name}   mean {way[-1].mean():.2f}   std {std:.3f} ± {error:.3f}   below 0: {below:.3f}   {flow_moons.overtakings(way):.3f} of all couples change their order")
plots.lines_over_time({name: way[:, :40] for name, way in bell_ways.items()}, torch.linspace(1, 0, 201))

# %% [markdown] key="noisy-walk-read" lang="en"
r"""
**Read the figure** from left, the noise, to right, the data. Both begin at the same places, and end with the known mean
0.200, std 1.065 and share below 0 of 0.414, within two error bars (0.024, 0.009 and 0.011, 2,000 particles). On the left,
$\lambda=0$: no two ways cross, and the place where one begins tells where it ends. On the right, $\lambda=1$: the ways are
ragged at every scale, they cross, and they forget: 27 % of all couples change their order, where it would be half if the
ends had nothing to do with the beginnings.

Now your network on the moons. Part 4 lets one expect this. An error in $v$ comes out of the score multiplied by $(1-t)/t$,
and so into a step with the factor $1+\frac12\lambda^2(1-t)$: near the data it counts up to three times at $\lambda=2$, and
there is no time left to forget it. Early errors are forgotten. So noise can help a network that errs early; one that errs
late it makes worse.
"""

# %% [markdown] key="noisy-walk-read" lang="zh" of="d1293a"
r"""
**看图**，从左边的噪声往右边的数据看。两边起点相同，走到头都合乎已知的均值 0.200、标准差 1.065 与 0 以下的份额 0.414，相差不到两个误差棒（2,000 个粒子，误差棒是 0.024、0.009 与 0.011）。左图 $\lambda=0$：没有哪两条路相交，看起点就知道终点。右图 $\lambda=1$：路无论放大多少都是毛糙的，互相穿过，而且会忘掉起点；任取两个粒子，上下次序颠倒的占 27 %；若终点与起点毫不相干，就会是一半。

再让你的网络在月牙上走。由第 4 节可以料到：$v$ 的误差，进到得分里要乘以 $(1-t)/t$，于是在走出的一步里带着系数 $1+\frac12\lambda^2(1-t)$。靠近数据处，$\lambda=2$ 时它最多算到三倍，而且来不及忘；早期的误差则会忘掉。所以，早期出错的网络，噪声可能帮得上忙；晚期出错的，只会更糟。
"""

# %% key="noisy-moons"
for noise, *rows in zip(noisy_flow.NOISES, *noisy_flow.STORED.values(), strict=True):
    drawn = (noisy_walk(plain_velocity, flow_moons.flow_noise(k), noisy_flow.STEPS, noise, seeded(k))[-1] for k in range(4))
    own = scores.averaged(torch.tensor([flow_moons.distance_to_moons(x0_hat) for x0_hat in drawn]))
    others = "   ".join(f"{name} {value:.4f} ± {error:.4f}" for name, (value, error) in zip(noisy_flow.STORED, rows, strict=True))
    print(f"noise {noise:g}   your network {own.value:.4f} ± {own.error:.4f}   {others}")
print("floor {:.4f} ± {:.4f}".format(*flow_moons.FLOOR))
for n in (50, 200):
    constant, fading = (noisy_flow.std_at_a_point(of, n) for of in (lambda t: 1.0, lambda t: t))
    print(f"data that are one point, {n:3} steps   std at the end, gamma = 1: {constant:,.0f}   gamma² = t: {fading:.4f}")

# %% [markdown] key="noisy-read" lang="en"
r"""
**Read both** (energy distance, 50 steps of 2,000 particles: of your network four draws, of the package's five, each with a
network trained anew). The exact velocity is at the floor with any noise: the formula holds, and 50 steps are enough. Your
network gets worse, from 0.0029 ± 0.0001 to 0.0034 ± 0.0001 at $\lambda=1$ and 0.0060 ± 0.0003 at $\lambda=2$. The package's,
which are more exact, stay where they are, as far as their error bars tell. For your network, as in part 4, noise brings in more
than it mends. And a constant $\gamma$ is past saving: for data that are one point, the std at the end grows from 59 in 50 steps to 114,755 in 200; with
$\gamma^2=t$ it falls from 0.025 to 0.006, like the length of a step.
"""

# %% [markdown] key="noisy-read" lang="zh" of="e85b66"
r"""
**两份结果一起看**（能量距离，2,000 个粒子走 50 步：你的网络取四组噪声；本包的取五组，每组重新训练一个网络）。用精确的速度，加多少噪声都在下限上：公式是对的，50 步也够。你的网络变差了，从 0.0029 ± 0.0001 到 $\lambda=1$ 时的 0.0034 ± 0.0001、$\lambda=2$ 时的 0.0060 ± 0.0003。本包的网络更准，在误差棒之内没有变化。对你的网络，与第 4 节一样，噪声带进来的错比治好的多。至于常数 $\gamma$，那是没救的：数据若只有一个点，走 50 步，末了的标准差是 59，走 200 步是 114,755；取 $\gamma^2=t$，则从 0.025 降到 0.006，与步长成正比。
"""


# %% [markdown] key="two"
r"""
## 6 · One network, two languages · 一个网络，两种语言
"""

# %% [markdown] key="two-why" lang="en"
r"""
So what would a flow-matching network have learned that our garments' network has not? If both were perfect, nothing: the
best answers are the same. Divide (1) by
$\sqrt{a^2+b^2}$: what is left depends on $r=b/a$ alone, how much noise there is for each unit of signal. Two paths that
are equally noisy, at times of their own, show *the same picture*, but for a factor. A denoiser that is told log-SNR,
$-2\log r$, can therefore be asked on any path: shrink or stretch $x_t$ to $a^2+b^2=1$, say how noisy it is, take the
$\hat x_0$ that it gives, get $\hat\epsilon$ from (1), and then $v=a'\hat x_0+b'\hat\epsilon$.

Guidance need not be derived again. That $v$ is a multiple of $\hat x_0$ and one of $x_t$, with factors that $t$ alone decides. So if weights add up to 1, as lesson 8's $1-w$ and $w$ do, it is all one whether guesses, noises, scores or velocities are mixed: $v_w=(1-w)\,v(x,t)+w\,v(x,t\mid y)$, unless something is clipped in between.

Real networks differ in the weight that training gave to each noise level; ours not even there. On either path an error in $\hat\epsilon$ counts $1/a^2$: in flow matching, as $\hat\epsilon=x_t+(1-t)\,\hat v$, and in lesson 6's $v$ on the cosine, on which the garments' network was trained. Even times put the share $b^2/g^2$ of their draws on a unit of log-SNR, $2\log\frac ab$, as that falls at the rate $g^2/b^2$. And $g^2$ is $2b/a$ on the straight path, $\pi b/a$ on the cosine. Multiply: on a unit of log-SNR an error of $\hat\epsilon$ counts $\frac1{a^2}\cdot\frac{b^2}{g^2}$, and that is $r/2$ on the straight path, $r/\pi$ on the cosine: at equal noise the same weight, but for a constant. What was trained as a diffusion model was trained by flow matching. These two products, at some of the thousand steps of its training:
"""

# %% [markdown] key="two-why" lang="zh" of="b5c509"
r"""
那么，一个按流匹配训练的网络，比我们的衣物网络多学到了什么？若两者都完美，什么也没多学到：最优的答案相同。把 (1) 除以 $\sqrt{a^2+b^2}$，剩下的只取决于 $r=b/a$，即每单位信号有多少噪声。两条路径，只要噪声一样多（各在各的时刻），看到的就是**同一幅图**，只差一个系数。因此，一个由对数信噪比 $-2\log r$ 得知噪声水平的去噪器，在任何路径上都可以问：把 $x_t$ 缩放到 $a^2+b^2=1$，告诉它噪声有多大，取它给出的 $\hat x_0$，由 (1) 求出 $\hat\epsilon$，于是 $v=a'\hat x_0+b'\hat\epsilon$。

引导也不必重新推一遍。这样的 $v$ 是 $\hat x_0$ 的倍数加上 $x_t$ 的倍数，系数只由 $t$ 决定。所以只要权重之和是 1，像第 8 课的 $1-w$ 与 $w$ 那样，混合的是猜测、噪声、得分还是速度，结果都一样：$v_w=(1-w)\,v(x,t)+w\,v(x,t\mid y)$，除非中间截断过。

真实的网络之间只有一处不同：训练时给各噪声水平的权重；我们这个网络，连这一处也相同。在两条路径上，$\hat\epsilon$ 的误差都乘以 $1/a^2$：流匹配里如此，因为 $\hat\epsilon=x_t+(1-t)\,\hat v$；衣物网络在余弦路径上学第 6 课的 $v$，也是如此。时刻若均匀抽取，落在每单位对数信噪比 $2\log\frac ab$ 上的占 $b^2/g^2$，因为对数信噪比下降的速率是 $g^2/b^2$。而 $g^2$ 在直线路径上是 $2b/a$，在余弦上是 $\pi b/a$。两者相乘，$\hat\epsilon$ 的误差在每单位对数信噪比上的权重是 $\frac1{a^2}\cdot\frac{b^2}{g^2}$，在直线路径上即 $r/2$，在余弦上即 $r/\pi$：噪声相同之处，权重也相同，只差一个常数。当作扩散模型来训练的，其实就是按流匹配训练的。取它训练时一千步中的几步，看这两个乘积：
"""

# %% key="two-weights"
print("log-SNR   v on the cosine   flow matching   ratio")
for log_snr, of_v, of_flow in zip(*weights_of_eps(cosine(), [990, 950, 800, 500, 200, 100, 20, 5, 2]), strict=True):
    print(f"{log_snr:7.1f} {of_v:17.4f} {of_flow:15.4f} {of_v / of_flow:7.3f}")

# %% [markdown] key="two-steps-why" lang="en"
r"""
**Read the ratio.** It is a constant, 0.64, within one per cent up to log-SNR 3.5 (on the plain cosine $2/\pi$). Only above 7,
in the last ten of the thousand steps, do lesson 1's offset and clipped $\beta$ leave clearly less.

Even the steps are the same. An Euler step of the straight flow goes to
$$x_t+(s-t)(\hat\epsilon-\hat x_0)=(1-s)\,\hat x_0+s\,\hat\epsilon,$$
as $x_t=(1-t)\hat x_0+t\hat\epsilon$: noise the guess to time $s$ with the noise it leaves. And that is what DDIM does, on its own path. If both are at equal $r$ before the step and after it, and were equal before, they are equal after. (An Euler step is this only where $a$ and $b$ are straight lines in $t$: here, or for $a=1$, $b=\sigma$ with $\sigma$ as the clock, as the papers of DDIM and EDM have it. Euler on the cosine's own $t$ gives other pictures, and so do Heun's steps.) Here the garments' network draws from one noise, once as lesson 7 drew, with DDIM on the cosine schedule, once as a straight flow at the times of equal $r$:
"""

# %% [markdown] key="two-steps-why" lang="zh" of="d7e4a2"
r"""
**看比值。** 对数信噪比到 3.5 为止，它是常数 0.64，相差不到百分之一（纯余弦上是 $2/\pi$）。只有 7 以上，即一千步中的最后十步，由于第 1 课的 offset 与 $\beta$ 的截断，才明显小了。

连每一步都相同。直线流的一个欧拉步走到
$$x_t+(s-t)(\hat\epsilon-\hat x_0)=(1-s)\,\hat x_0+s\,\hat\epsilon,$$
因为 $x_t=(1-t)\hat x_0+t\hat\epsilon$：用猜测余下的那份噪声，把猜测重新加噪到时刻 $s$。而 DDIM 在自己的路径上做的正是这件事。只要两边的 $r$ 在这一步之前相等、之后也相等，之前的图又相同，之后的图就相同。（只有 $a$、$b$ 都随 $t$ 沿直线变化时，欧拉步才如此：这里如此；$a=1$、$b=\sigma$ 并以 $\sigma$ 为时钟时也如此，DDIM 与 EDM 的论文用的就是这后一种。在余弦自己的 $t$ 上走欧拉步，画出的就不同，Heun 法亦然。）下面让衣物网络从同一份噪声画起：一次像第 7 课那样，在余弦调度上用 DDIM；一次作为直线流，取 $r$ 相等的时刻：
"""

# %% key="two-predict"
predict("10.languages")

# %% key="two-show"
ten, said = torch.arange(10), []
for dtype in (torch.float32, torch.float64):
    both_ways = two_clocks.both_languages(ten, dtype=dtype)
    said.append(f"{dtype}: at most {(both_ways['VP'] - both_ways['flow']).abs().max():.0e} apart")
reveal("10.languages", *said, plots.rows({name: drawn.float() for name, drawn in both_ways.items()}))

# %% [markdown] key="two-read" lang="en"
r"""
**Read the figure.** They are not similar, they are the same: at most $10^{-6}$ apart in float32, which is its rounding,
and $7\cdot10^{-15}$ when the walk is computed in float64 (the network's weights stay float32). Nor is it a matter of many
steps; there were ten. What a paper calls a diffusion model and what a paper calls a flow is, for the same network, one
set of samples.

So what is left to choose? The *times*. Each tradition calls other times even: even in $t$ on the cosine schedule, or on
the linear one; even in $t$ of the straight path; SD3's, which shift that by $t'=3t/(1+2t)$ (Flux has the formula, too,
with a factor that grows with the picture); EDM's, even in $\sigma^{1/7}$ with $\sigma=b/a$. Each of them below, with 5
and 10 evaluations of the same network, DDIM (that is, Euler on the straight path), from the same noise.
"""

# %% [markdown] key="two-read" lang="zh" of="edc8c2"
r"""
**看图。** 这不是相像，是相同：float32 下至多相差 $10^{-6}$，正是它的舍入误差；走的过程改用 float64 计算（网络的权重仍是 float32），相差 $7\cdot10^{-15}$。也不是靠步数多，总共只走了十步。论文里叫扩散模型的，与论文里叫流的，对同一个网络来说，是同一批样本。

那还剩下什么可选？**时间**。每种传统心目中的“等间隔”各不相同：在余弦调度上对 $t$ 等间隔，或在线性调度上；在直线路径上对 $t$ 等间隔；SD3 再按 $t'=3t/(1+2t)$ 平移（shift；Flux 用同一公式，图片越大，系数越大）；EDM 则对 $\sigma^{1/7}$ 等间隔（$\sigma=b/a$）。下面每种都用同一个网络、同样的噪声、DDIM（即直线路径上的欧拉法），各求值 5 次与 10 次。
"""

# %% key="clocks-predict"
predict("10.clocks")

# %% key="clocks-table"
said = [f"500 photographs {PHOTOGRAPHS['balanced'][500].value:.3f}"]
for name in two_clocks.CLOCKS:
    rows = {cost: two_clocks.STORED[name, cost] for cost in two_clocks.COSTS}
    said.append(f"{name:14}" + "".join(f"   {n:2} steps {d.value:.3f} ± {d.error:.3f}, behind even flow by {-g.value + 0.0:.3f} ± {g.error:.3f}" for n, (d, g) in rows.items()))
reveal("10.clocks", *said)

# %% [markdown] key="clocks-read" lang="en"
r"""
**Read the table** (Fréchet distance to the test images, 500 garments, one bootstrap error; 500 photographs, balanced, are
at 0.074 ± 0.008). The second figure compares noise by noise, plus meaning worse, so its error bar is much smaller: with
ten steps the cosine's times are behind the straight path's by 0.017 ± 0.005, the linear ones by 0.091 ± 0.012. The
"diffusion" clock of 2021 and the "flow" clock are nearly one, and so are the linear schedule of 2020 and SD3's shifted
flow: look at the ticks in the widget. Of EDM's ten times five lie where there is hardly any signal, three where there is
next to no noise, two in between; they were made for Heun and some twenty steps; with five Euler steps they are lost, with
ten level with the linear and the shifted ones. Here, with one network and one solver, all that differed was the clock;
and the clock may be chosen when the network is long trained.

**A task for the sliders.** A boot, $y=9$. Move log-SNR up from $-10$: from which value on does the judge name the guess
"9", and keep to it to the end? And look what each clock reads there, and how many of its ten looks are still to come.
"""

# %% [markdown] key="clocks-read" lang="zh" of="404c1c"
r"""
**看表**（到测试图像的 Fréchet 距离，500 件衣物，± 为一个自助法误差；500 幅各类均衡的照片是 0.074 ± 0.008）。每档步数的后一个数，是用同样的噪声逐一相比，正号表示落后，误差棒因此小得多：走十步，余弦的时间比直线路径的落后 0.017 ± 0.005，线性的落后 0.091 ± 0.012。2021 年的“扩散”时钟与“流”的时钟几乎是同一个；2020 年的线性调度与 SD3 平移过的流，也几乎是同一个：看控件里的刻度就知道。EDM 的十个时刻，五个在几乎没有信号的地方，三个在几乎没有噪声的地方，中间只有两个；它是为 Heun 法、二十来步设计的；只走五个欧拉步就不行了，走十步则与线性的、平移过的不相上下。这里网络与求解器都相同，不同的只有时钟；而时钟，网络早就训练好了也还可以换。

**滑块任务。** 一只靴子，$y=9$。把 log-SNR 从 $-10$ 往上调：从哪个值起，评判者把猜测认作“9”，而且一直到头都不改口？顺便看看那里各个时钟的读数，以及各自的十次求值还剩几次。
"""

# %% key="clocks-widget"
clock_explorer(y=9)

# %% key="clocks-answer" tags=["exercise"]
my_level = ...
my_level = check("10.boot", my_level)

# %% [markdown] key="straight"
r"""
## 7 · How straight, and straighter · 有多直，能否更直
"""

# %% [markdown] key="straight-why" lang="en"
r"""
Every pair's line is straight. The flow is not: its velocity is a mean over pairs, and the mean changes on the way, as it
becomes clear which pairs are meant. Straightness has a measure: the length of a particle's path over the length of its
chord, 1 if it is straight. It is worth something: along a straight path, at constant speed, one Euler step arrives. (Liu
et al. measure uneven speed, too, which path over chord does not see.) (`learned` below is not the network that you
trained a moment ago, but one of the package's, written otherwise, and more exact.)

*Reflow* (Liu et al.) is a way to straighten: let the trained flow carry many noises to their ends, and train a new network
on these pairs, each noise with its own end, in place of pairs drawn blindly.
"""

# %% [markdown] key="straight-why" lang="zh" of="695f09"
r"""
每一对的连线都是直的，流却不是：它的速度是对许多对取的均值，而一路走去，越来越清楚是哪些对，这个均值也就一路在变。直不直，可以量：一个粒子走过的路程，除以弦长，即起点到终点的距离，直的就是 1。直是有用的：路是直的，又匀速，欧拉法一步就到。（Liu 等的度量连快慢不匀也算，路程与弦长之比看不出这一点。）（下面的 `learned` 不是你刚训练的那个网络，而是本包训练的一个，另一种写法，走得更准。）

**重流**（reflow，Liu 等）是一种把路拉直的办法：让训练好的流把许多份噪声带到终点，再用这些数据对（每份噪声配它自己的终点）代替随便配的对，训练一个新网络。
"""

# %% [markdown] key="bend-task" lang="en"
r"""
**Write it yourself.** `walk` holds a crowd at every time of its walk, shape (steps + 1, b, …): first axis the times,
second the particles, the rest one sample of any shape, at least one axis. For each particle: the length of its way, step
by step, over the length of its chord, from where it began to where it ended. Return the mean of that over the particles,
a number: 1 if all walked straight.
"""

# %% [markdown] key="bend-task" lang="zh" of="451f2d"
r"""
**自己动手。** `walk` 记下一群粒子在每个时刻的位置，形状 (steps + 1, b, …)：最前一轴是时刻，其次是粒子，其余各轴是一个样本，形状任意，至少一个轴。对每个粒子：一步步走过的路长，除以从起点到终点的弦长。返回它对粒子的均值，一个数；都走直线时是 1。
"""

# %% key="bend-try" tags=["exercise"]
def my_straightness(walk):
    ...

my_straightness = check("10.straight", my_straightness)


# %% key="straight-learn"
learned = flow_moons.moon_flow()  # not the network above: one that is told log-SNR, 500 steps, as in the table below
learned_way = flow_moons.trail(learned, z2000)
for name, trail in {"learned": learned_way, "exact": exact_way}.items():
    one_step = flow_moons.distance_to_moons(trail.ends[0])
    print(f"{name}: path over chord {my_straightness(trail.places):.3f}   one step ends at a distance of {one_step:.3f}")

# %% key="straight-predict"
predict("10.step")

# %% key="straight-reflow"
straightened = flow_moons.learned_flow(reflow.pairs_of(learned), flows.of_pairs(flows.errors_of_velocity))
straightened_way = flow_moons.trail(straightened, z2000)
said = f"reflowed: path over chord {my_straightness(straightened_way.places):.4f}"
reveal("10.step", said, plots.trails({"learned": learned_way.places[:, :150], "reflowed": straightened_way.places[:, :150]}))

# %% key="straight-numbers"
said = []
for name, (row, bar) in reflow.STORED.items():
    said.append(f"{name:18} path over chord {row.bend:.4f} ± {bar.bend:.4f}   1 step {row.one:.4f}   5 steps {row.five:.4f}   100 steps {row.hundred:.4f} ± {bar.hundred:.4f}")
apart = reflow.apart(straightened, learned)
said.append(f"ends of the same noise, rms: reflowed to teacher {apart.from_teacher:.3f}, to the exact flow {apart.from_exact:.3f}; teacher to exact {apart.teacher_from_exact:.3f}")
reveal("10.step", *said)

# %% [markdown] key="straight-read" lang="en"
r"""
**Read both.** Here the flow carried 10,000 noises to their ends, 100 steps each, and a new network was trained on
*these* pairs. The flow's own ways never meet (part 5), and their chords meet far less than those of blind pairs: on the
line never; in the plane that is not promised, which is why the paper repeats it. Here once is enough. Over five seeds
path over chord falls from 1.315 ± 0.018 to 1.0015 ± 0.0007, and one Euler step of it is as good as a hundred: 0.0011,
where one step of the old flow ends at 0.264, in a small cloud about the mean of the data. (The floor is 0.0006.)

What does it cost? A million evaluations for the pairs, and a second training. And it learns from its *teacher*, not from
the data: its ends are 0.013 from the teacher's, and 0.054 from the exact flow's, hardly nearer than the teacher's own
0.058. A teacher whose training was broken off after 100 steps is passed on faithfully: 0.0034 before, in a hundred steps,
0.0036 after, in one. Reflow makes a flow fast, not right.

**A task for the slider.** Green is where the particles would end if they went straight on from here. Which is the largest
`100 t`, for the *learned* flow, from which that leads nearer than 0.05 to the moons for every seed from 0 to 5?
"""

# %% [markdown] key="straight-read" lang="zh" of="769ef8"
r"""
**两份结果一起看。** 这里让流把 10,000 份噪声各用 100 步带到终点，再用**这些**数据对训练了一个新网络。流自己的路从不相遇（见第 5 节），它们的弦，相遇也比随便配的少得多：直线上绝不相遇；平面上没有这个保证，所以论文里要重复几次。这里一次就够。五个种子下，路程与弦长之比从 1.315 ± 0.018 降到 1.0015 ± 0.0007，新流的一个欧拉步抵得上一百步：0.0011；原来的流一步只走到 0.264，挤成数据均值附近的一小团。（下限是 0.0006。）

代价呢？为了造数据对，得求值一百万次，还要再训练一遍。而且它是跟**老师**学的，不是跟数据学的：它的终点与老师的相距 0.013，与精确流的相距 0.054，比老师自己的 0.058 近不了多少。老师若只训练了 100 步就停下，也照样传下来：重流之前走一百步是 0.0034，重流之后走一步是 0.0036。重流让流变快，不会让它变对。

**滑块任务。** 绿色标出的是：粒子若从这里起一路直走，会到哪里。对**学到的**（learned）流，`100 t` 最大取多少，从那里起直走，种子 0 到 5 每一个离两弯月牙的距离都不到 0.05？
"""

# %% key="straight-widget"
straightness_explorer({"learned": learned, "reflowed": straightened})

# %% key="straight-answer" tags=["exercise"]
my_latest = ...
my_latest = check("10.latest", my_latest)

# %% [markdown] key="coupling"
r"""
## 8 · Who is paired with whom · 谁与谁配对
"""

# %% [markdown] key="coupling-why" lang="en"
r"""
The pairs of (10) were drawn blindly: any $x_0$ with any $\epsilon$. Nothing in the proof of (11) used that. Any way of
pairing will do, as long as the $x_0$ are data and the $\epsilon$ are $\mathcal N(0,I)$, each taken alone.

Nor was it used that $\epsilon$ is Gaussian. With the points of the lower moon in its place, the same batch trains a flow that
carries them to the upper one. What goes is what (2) gave: the score, noise by (9), the log-SNR that a network is told; and
(12), in part 9, would need the density of the lower moon.

So within each batch one may deal the noise out anew, to make the lines short: the *optimal-transport coupling* of the batch, an
assignment that `scipy` solves exactly (`flows.nearest_noise`). Short lines cross less, fewer directions are averaged at
each place, and the flow is straighter from the start, without a teacher and without a second training. What is lost: (2)
took $\epsilon$ to be independent of $x_0$. A coupled flow ends at the same data, but the densities on the way are others:
its guess of the noise is no score, its velocity is not (8), and one may not add noise to it by (9). There is a remedy: give each line some thickness, $x_t=(1-t)\,x_0+t\,\epsilon+\sigma\sqrt{t(1-t)}\,z$ with fresh $z$. Then the score is $-E[z\mid x_t]/(\sigma\sqrt{t(1-t)})$, however the pairs were made, and part 5's formula for noise holds, with a velocity that was trained on these lines, the slope of the last term included. (With pairs from *entropic* transport, regularised by $2\sigma^2$, that is a *Schrödinger bridge*: Tong et al. 2024.)
"""

# %% [markdown] key="coupling-why" lang="zh" of="d78905"
r"""
(10) 里的每一对都是闭着眼睛抽的：哪个 $x_0$ 配哪个 $\epsilon$ 都行。(11) 的证明并没有用到这一点。怎么配都可以，只要单看 $x_0$，是数据的分布；单看 $\epsilon$，是 $\mathcal N(0,I)$。

$\epsilon$ 是高斯，也没有用到。把它换成下弯月牙的点，照样配成一批来训练，得到的流就把这些点带到上弯。失去的只是 (2) 给的那些：得分，按 (9) 加的噪声，告诉网络的对数信噪比；第 9 节的 (12)，则要先知道下弯的密度。

所以在每一批之内，不妨把噪声重新配一遍，让连线尽量短：这叫这一批的**最优传输耦合**（optimal-transport coupling），是一个指派问题，`scipy` 能精确求解（`flows.nearest_noise`）。线短了，交叉就少，每一处要平均的方向也少，流从一开始就更直，用不着老师，也不必再训练一次。失去的是独立性：(2) 用到了 $\epsilon$ 与 $x_0$ 独立，现在不独立了。重新配过的流，到达的仍是同样的数据，可途中的密度变了：它对噪声的猜测不再是得分，它的速度不是 (8)，也不能按 (9) 往里加噪声。补救的办法是让每条直线有一点宽度，$x_t=(1-t)\,x_0+t\,\epsilon+\sigma\sqrt{t(1-t)}\,z$，其中的 $z$ 另抽。这样不管怎么配对，得分都是 $-E[z\mid x_t]/(\sigma\sqrt{t(1-t)})$，第 5 节加噪声的式子又成立了，只是速度要按这样的线来学，最后一项的斜率也算在内。（配对若来自**熵正则的**传输，系数取 $2\sigma^2$，这就是**薛定谔桥**（Schrödinger bridge）：Tong 等 2024。）
"""

# %% key="coupling-show"
x200, z200 = x_moons[:200], flow_moons.flow_noise(3, 200)
dealt = {"as drawn": z200, "dealt anew": flows.nearest_noise(x200, z200)}
plots.trails({name: flow_moons.chords(x200, eps, torch.linspace(1, 0, 2)).places for name, eps in dealt.items()})

# %% key="coupling-lengths"
for name, data in {"moons": x_moons, "garments": garments("test").x}.items():
    kept = {size: couplings.length_kept(data, size, batches) for size, batches in ((8, 200), (32, 60), (128, 10))}
    print(f"{name:8} mean squared length that is left: " + "   ".join(f"batches of {size} {of.value:.3f} ± {of.error:.3f}" for size, of in kept.items()))

# %% key="coupling-train"
coupled_way = flow_moons.trail(reflow.moon_coupled(), z2000)
one_step = flow_moons.distance_to_moons(coupled_way.ends[0])
print(f"coupled: path over chord {my_straightness(coupled_way.places):.4f}   one step ends at a distance of {one_step:.4f}")

# %% [markdown] key="coupling-read" lang="en"
r"""
**Read the figure.** The same 200 points and the same 200 noises: dealt anew, no two particles are ever at one place at
one time (in the plane some lines still cross, but are passed at different times). A network trained so is nearly straight
at once: path over chord 1.0031 ± 0.0007 over five seeds, with 0.0047 ± 0.0007 after one step and 0.0009 after a hundred.
(Its batches had 128 pairs, those of the others 256, at equally many steps; assigning $n$ pairs takes time like $n^3$.)

In many dimensions a batch is a poor stand-in for the whole, and less is gained. Dealt anew in batches of 8, 32 and 128, the moons' pairs keep 0.53, 0.37 and 0.33 of their mean squared length (± 0.01), the garments' 0.973, 0.956 and 0.946 (± 0.001; 200, 60 and 10 batches). Of $|x_0-\epsilon|^2=|x_0|^2+|\epsilon|^2-2\,x_0\cdot\epsilon$ dealing changes the last term alone, and in 784 dimensions that is small for any noise in the batch.

Now with labels. Let the network be told which moon is wanted, and deal the noise over the whole batch, as before. When it
draws, it starts from *any* noise, under the label that we ask for. What will it draw, if asked for the upper moon?
"""

# %% [markdown] key="coupling-read" lang="zh" of="23f12a"
r"""
**看图。** 同样的 200 个点，同样的 200 份噪声，重新配过之后，没有哪两个粒子会在同一时刻到同一处（平面上仍有些线相交，但经过的时刻不同）。这样训练的网络，走的路一开始就差不多是直的：五个种子下，路程与弦长之比 1.0031 ± 0.0007，一步之后 0.0047 ± 0.0007，一百步之后 0.0009。（它每批 128 对，别的每批 256 对，步数相同；给 $n$ 对作指派，时间像 $n^3$ 那样增长。）

维数高时，一批远不足以代表全体，好处就小了。每批 8、32、128 个重新配对，月牙的数据对，长度平方的均值剩下 0.53、0.37、0.33（± 0.01），衣物的剩下 0.973、0.956、0.946（± 0.001；取 200、60、10 批）。$|x_0-\epsilon|^2=|x_0|^2+|\epsilon|^2-2\,x_0\cdot\epsilon$ 里，重新配对只改得动最后一项；而在 784 维，不管配上批里哪一份噪声，它都很小。

现在加上标签。告诉网络要哪一弯月牙，噪声仍像刚才那样在整批里配。到画的时候，它从**任意**噪声出发，标签由我们指定。请它画上弯，会画出什么？
"""

# %% key="coupling-predict"
predict("10.upper")

# %% key="coupling-dealt"
clouds = {}
for name, by_class in (("whole batch", False), ("within a class", True)):
    _, eps, labels = couplings.dealt_noise(500, by_class=by_class)
    clouds[f"noise, {name}"] = eps[labels == 1], eps[labels == 0]
plots.plane(clouds, columns=2, limit=3)

# %% key="coupling-labels"
said = []
for name in couplings.DEALT:
    told, bar = couplings.STORED[f"{name}, 100"]
    said.append(f"{name:15} share in the upper moon {told.share:.3f} ± {bar.share:.3f}   distance to it {told.distance:.4f} ± {bar.distance:.4f}")
said.append("exact draws     share {:.3f}           distance {:.4f}".format(*couplings.FLOOR[0]))
told_upper = flow_moons.arrived(couplings.upper_guess(couplings.labelled_flow("whole batch")), z2000)[:1000]
reveal("10.upper", *said, plots.plane({"whole batch": [couplings.exact_moon(1000), told_upper]}, columns=2))

# %% [markdown] key="labels-read" lang="en"
r"""
**Read both.** Over the whole batch the nearest noise of the upper moon (orange, first figure) is the noise that lies
above: noise and label have become dependent. When drawing, they are not: the network is told "upper" and handed noise
from below, which it never saw under that label, and carries it where such noise always went. Of what it draws 0.565 ±
0.006 lie in the upper moon, exact draws have 0.936 (the moons overlap a little). Dealt within each class, each class
keeps all of $\mathcal N(0,I)$: 0.890, and a distance of 0.0011; dealt at random 0.858 and 0.0025. (Both are short of
0.936: small networks after 500 steps. Beside dealing at random, dealing within a class gains 0.03, and dealing over the whole
batch loses 0.29.) Drawing asks for one thing: that it begin with the density which the $\epsilon$, taken alone, had in
training. With labels that must hold *for each label*.
"""

# %% [markdown] key="labels-read" lang="zh" of="95e1b3"
r"""
**两份结果一起看。** 在整批里配时，配给上弯月牙的噪声（第一幅图，橙色）都是离它最近、位于上方的那些：噪声与标签有了关联。画的时候却没有：告诉网络“上弯”，递给它的却可能是下方的噪声。这样的噪声，网络在这个标签下从没见过，只好照旧带到它一向去的地方。画出来的只有 0.565 ± 0.006 落在上弯，精确样本是 0.936（两弯略有重叠）。在每一类之内配，每一类仍得到整个 $\mathcal N(0,I)$：0.890，距离 0.0011；随机配是 0.858 与 0.0025。（两者都不到 0.936：这是只训练了 500 步的小网络。与随机配相比，在每一类之内配多了 0.03，在整批里配少了 0.29。）画的时候只要求一件事：起点的密度，要与训练时单看 $\epsilon$ 的密度相同。有了标签，就得**对每个标签**都如此。
"""

# %% [markdown] key="likely"
r"""
## 9 · How likely is this image? · 这幅图有多可能
"""

# %% [markdown] key="likely-why" lang="en"
r"""
A flow carries density along with it, so it can be followed. Take a small box of particles at $x$, flowing with $v$. In $dt$ each side $i$ of it is stretched by $1+\frac{\partial v_i}{\partial x_i}dt$, its volume hence by $1+\operatorname{div}v\,dt$, where the *divergence* $\operatorname{div}v=\sum_i\partial v_i/\partial x_i$ is the trace of the Jacobian $J$. As nobody enters or leaves, the density falls by the factor by which the volume grows:
$$\frac{d}{dt}\log q\bigl(x(t),t\bigr)=-\operatorname{div}v,\qquad\log q(x(0),0)=\log q(x(1),1)+\int_0^1\operatorname{div}v\,dt.\tag{12}$$
So: let a point flow to the noise, add up the divergence on the way, and at the end read the density off $\mathcal N(0,I)$. This is a change of variables, and the integral is the logarithm of its Jacobian determinant; leave it out, and the answer has the wrong volume. In the plane the trace is two derivatives. For 784 pixels it would be 784; *Hutchinson's* estimate asks for one number, $z\cdot Jz$, with $J$ the Jacobian of $v$ and random signs $z$, whose mean is the trace, as $E z_iz_j$ is 1 for $i=j$, else 0.

(12) without a box: in any dimension (7) reads $\frac{\partial q}{\partial t}=-\operatorname{div}(q\,v)=-v\cdot\nabla q-q\operatorname{div}v$, so for one who travels along $\frac d{dt}q(x(t),t)=\frac{\partial q}{\partial t}+v\cdot\nabla q=-q\operatorname{div}v$; divide by $q$.

Why not train with (12), then, and make the data as likely as can be? So it was done, as *continuous normalising flows*, before there was flow matching. But then each step of a training walks a whole batch to the noise, with a divergence at every stop, and differentiates through the walk; flow matching asks once a sample, at one $t$. What it gives up: its loss is no bound on the likelihood of the flow. (For the reverse SDE there is one, denoising score matching with the weight $\frac12g^2$: Song, Durkan et al. 2021.)
"""

# %% [markdown] key="likely-why" lang="zh" of="2a462a"
r"""
流带着密度一起走，所以密度可以一路追踪。在 $x$ 处取一小盒粒子，随 $v$ 流动。在 $dt$ 里，盒子的第 $i$ 条边伸长为 $1+\frac{\partial v_i}{\partial x_i}dt$ 倍，体积因此变为 $1+\operatorname{div}v\,dt$ 倍，其中**散度** $\operatorname{div}v=\sum_i\partial v_i/\partial x_i$ 是雅可比矩阵 $J$ 的迹。没有粒子进出，体积胀大几倍，密度就降到几分之一：
$$\frac{d}{dt}\log q\bigl(x(t),t\bigr)=-\operatorname{div}v,\qquad\log q(x(0),0)=\log q(x(1),1)+\int_0^1\operatorname{div}v\,dt.\tag{12}$$
于是：让一个点流到噪声去，一路累加散度，到头再从 $\mathcal N(0,I)$ 读出密度。这是变量替换，那个积分就是雅可比行列式的对数；漏掉它，体积就算错了。在平面上，迹只有两个导数；784 个像素就有 784 个。**Hutchinson 估计**只要一个数：$z\cdot Jz$，$J$ 是 $v$ 的雅可比矩阵，$z$ 的各分量是随机的正负号；因为 $i=j$ 时 $E z_iz_j$ 为 1，否则为 0，它的均值就是迹。

不用盒子也能得到 (12)：任意维数下，(7) 是 $\frac{\partial q}{\partial t}=-\operatorname{div}(q\,v)=-v\cdot\nabla q-q\operatorname{div}v$，所以跟着粒子走，$\frac d{dt}q(x(t),t)=\frac{\partial q}{\partial t}+v\cdot\nabla q=-q\operatorname{div}v$；两边除以 $q$。

那何不就用 (12) 来训练，让数据的似然尽量高？流匹配出现之前正是这么做的，叫**连续归一化流**（continuous normalising flow）。可这样训练，每一步都要把整批数据走到噪声，每停一处都得算一次散度，还要对整段路求导；流匹配每个样本只问一次，在一个 $t$ 处。代价是：流匹配的损失并不是流的似然的界。（反向 SDE 倒有这样的界，即权重为 $\frac12g^2$ 的去噪得分匹配：Song、Durkan 等 2021。）
"""

# %% [markdown] key="density-task" lang="en"
r"""
**Write it yourself.** `velocity(x, t)` is the velocity of a flow towards the noise, `divergence(x, t)` its divergence,
the sum of $\partial v_i/\partial x_i$, one number (b,) for each sample. `times` is a list of numbers rising from (nearly)
0 to 1, at uneven distances; at 1 the crowd is $\mathcal N(0,I)$. Walk the data `x`, shape (b, …), to the noise, by
Euler's method or a better one, one step from each time to the next, and return the log-density of every sample at the
start, shape (b,), in $x$'s type: natural logarithm, the whole sample, all constants.
"""

# %% [markdown] key="density-task" lang="zh" of="9b27d6"
r"""
**自己动手。** `velocity(x, t)` 是流的速度，指向噪声；`divergence(x, t)` 是它的散度，即 $\partial v_i/\partial x_i$ 之和，每个样本一个数 (b,)。`times` 是一串数，从 0 或它附近逐个增大到 1，间隔不等；到 1 处，这群点是 $\mathcal N(0,I)$。让数据 `x`（形状 (b, …)）走到噪声，用欧拉法或更好的方法，每两个相邻时刻走一步；返回每个样本在起点的对数密度，形状 (b,)，类型同 $x$：自然对数，整个样本，常数一个不少。
"""

# %% key="density-try" tags=["exercise"]
def my_log_density(velocity, divergence, x, times):
    ...

my_log_density = check("10.likely", my_log_density)


# %% key="density-use"
guess = flows.guess_of_oracle(scores.uneven_bells())
velocity = flows.velocity_field(paths.straight, guess)
few = torch.tensor([[-1.5], [-1.0], [0.0], [1.0], [2.5]], dtype=torch.float64)
first = paths.time_on(paths.straight, 6.0)
rising = [first + (1 - first) * (k / 200) ** 2 for k in range(201)]
mine = my_log_density(velocity, lambda x, t: likelihood.exact_divergence(velocity, x, t).divergence[0], few, rising)
known = likely.density_on(paths.straight, scores.uneven_bells(), few, first)
for place, one, other in zip(few[:, 0], mine, known, strict=True):
    print(f"x = {place:5.2f}   log-density by your flow {one:8.3f}   exact {other:8.3f}")

# %% key="density-heat"
moons = likely.moons_by_ode(steps=20)
print(f"at most {(moons['ode'] - moons['exact']).abs().max():.3f} nats apart on {len(moons['points'])} places")
plots.heat({"by ODE": moons["ode"].exp(), "exact": moons["exact"].exp()}, moons["points"][:0], top=0.8)

# %% [markdown] key="density-read" lang="en"
r"""
**Read both.** Your points are on the two bells of part 1, at most 0.08 off: that is Euler's error, and twice as many
steps halve it; the density is that of $x_t$ at log-SNR 6, where the noise is a twentieth of the signal (at $t=0$ itself
the code would divide by $b=0$). The picture is the package's `log_density` on the two moons, with Runge–Kutta instead of
Euler: 20 steps, 625 places, at most 0.006 nats (natural logarithms) from the exact log-density.

Now images. Ten of each kind are followed by the garments' network (without labels): garments from the test set, some that
it drew itself, shirts, shirts with black and white exchanged, sneakers upright and upside down, digits, noise, the
average garment, a plain grey page, a plain black one. Pixels come in 256 levels, on which there is no density, so each
picture first gets Gaussian noise whose standard deviation is one level; bits per pixel are counted against a level. Just
that noise costs $\frac12\log_2(2\pi e)=2.05$ bits, even those who know the picture by heart: on average nothing can be
below it. Which kind is the likeliest?
"""

# %% [markdown] key="density-read" lang="zh" of="00a815"
r"""
**两份结果一起看。** 你算的几个点在第 1 节的两个钟形上，对数密度至多差 0.08：那是欧拉法的误差，步数加倍就减半；密度是对数信噪比 6 处 $x_t$ 的密度，那里的噪声是信号的二十分之一（恰在 $t=0$ 处，代码要除以 $b=0$）。图是本包的 `log_density` 在两弯月牙上算出的，不用欧拉法而用 Runge–Kutta：20 步，625 处，与精确的对数密度至多相差 0.006 奈特（自然对数的单位）。

再看图像。每一种十幅，由衣物网络（不带标签）一路追踪：测试集里的衣物，它自己画的，衬衫，黑白颠倒的衬衫，正放与倒放的运动鞋，数字，噪声，平均衣物，一张纯灰的图，一张纯黑的图。像素只有 256 级，取这样的离散值谈不上密度，所以每幅先加高斯噪声，标准差为一级，每像素的比特数以一级为单位来数。单是这份噪声就要 $\frac12\log_2(2\pi e)=2.05$ 比特，哪怕把图背了下来（by heart）：平均来说，谁也低不过它。哪一种的似然最高？
"""

# %% key="likely-predict"
predict("10.likely")

# %% key="likely-table"
said = [f"{'by heart':12} {likely.BY_HEART:.2f}"]
for name, row in sorted(likely.STORED.items(), key=lambda row: row[1].bits.value):
    said.append(f"{name:12} {row.bits.value:.2f} ± {row.bits.error:.2f} bits a pixel")
reveal("10.likely", *said)

# %% key="likely-show"
kinds = sorted(likely.things().items(), key=lambda kind: likely.STORED[kind[0]].bits.value)
reveal("10.likely", plots.rows({f"{name} {likely.STORED[name].bits.value:.1f}": pictures for name, pictures in kinds}))

# %% [markdown] key="likely-read" lang="en"
r"""
**Read the table** (± is one standard error over ten pictures; for black, grey and average, which are one picture each,
over ten draws of the noise). Noise, 8.7, and inverted shirts, 5.9, are told apart. And for the rest? A black page is by
far the likeliest of all, at 2.26 bits a pixel 1,207 bits likelier than the mean of the garments, and none of the ten that
the network drew here is one. Digits are as likely as shirts. A sneaker upside down costs 0.14 ± 0.06 bits a pixel more than
upright, less than one sneaker differs from the next.

That need not be a fault of the network. A density is no probability: it says how much there is *per volume*, and what is
drawn is density times volume. There is one black page, and there are very many garments, which differ in hundreds of
pixels. In high dimensions what is drawn lies in a shell where hardly anything is at its likeliest (of $\mathcal N(0,I)$
in 784 dimensions the likeliest point is 0, and all draws have a length of 28 ± 0.7). What a picture pays for, this table
cannot say in one word: smoothness helps (noise costs most), but shirts and their negatives are equally smooth, and 1.4 bits a pixel apart; a black background helps, but a grey page has none and costs as much as a sneaker. (The digits are 8 × 8,
enlarged, and so very smooth.) Whether it is a garment is another question, and needs another number.
"""

# %% [markdown] key="likely-read" lang="zh" of="5dff1e"
r"""
**看表**（± 是十幅之间的一个标准误差；黑、灰与平均各只有一幅图，是十次加噪之间的）。噪声 8.7、黑白颠倒的衬衫 5.9，分得出来。其余的呢？纯黑的一张似然最高，遥遥领先：每像素 2.26 比特，整幅比衣物的均值少用 1,207 比特，可网络在这里画的十幅里，没有一幅是它。数字与衬衫一样高。倒放的运动鞋比正放的每像素只多 0.14 ± 0.06 比特，还不如一只与另一只之间差得多。

这未必是网络的错。密度不是概率：它说的是**单位体积**里有多少，而会画出什么，要看密度乘以体积。纯黑只有一张，彼此相差几百个像素的衣物却多得很。维数高时，画出来的都落在一层壳上，离似然最高的地方都很远（784 维的 $\mathcal N(0,I)$，似然最高的点是 0，抽到的长度却都在 28 ± 0.7 上下）。一幅图的代价花在哪里，这张表一句话说不清：平滑有好处（噪声代价最高），可衬衫与它的负片一样平滑，每像素却差 1.4 比特；背景黑也有好处，可纯灰一点黑也没有，代价却与运动鞋相当。（数字原是 8 × 8，放大来的，所以很平滑。）是不是衣物，是另一个问题，要用另一个数。
"""

# %% [markdown] key="dictionary"
r"""
## 10 · A dictionary · 一本词典
"""

# %% [markdown] key="dictionary-why" lang="en"
r"""
What you now have is enough to read any of the ten papers. Three questions settle the letters: *which path* ($a$ and $b$,
and which end is $t=0$)? *Which unit* does the network answer in? *What is it told* about the noise? The table gives each
name its conversion, in code; every line of it is a test of this course.
"""

# %% [markdown] key="dictionary-why" lang="zh" of="66e83e"
r"""
有了这些，那十篇论文随便哪一篇都读得懂了。三个问题就能把记号定下来：走**哪条路径**（$a$ 与 $b$ 是什么，哪一头是 $t=0$）？网络用**哪种量**回答？关于噪声，**告诉网络的是什么**？下表给每个名字配上换算的代码，每一行都是本课程的一项测试。
"""

# %% key="dictionary-show"
print(as_table())

# %% [markdown] key="dictionary-read" lang="en"
r"""
**Read the table.** `t1` is the literature's $t$ where it runs the other way, `k` the timestep, $t=k/T$; `xs` is the point
of the straight path; `ends` is the pair $(x_0,\epsilon)$, and `point` puts it on a path. The last column is how far code
and definition are apart, at most, over 20 random cases. The false friends first: $\alpha_t$ is three different things in
four papers; DPM-Solver's $\lambda$ is *half* of log-SNR; and a "velocity" points to the noise in SD3, Flux and
`diffusers`, to the data in Lipman's and Liu's papers.
"""

# %% [markdown] key="dictionary-read" lang="zh" of="1b1391"
r"""
**看表。** 文献里 $t$ 反过来走的，写作 `t1`；`k` 是时间步，$t=k/T$；`xs` 是直线路径上的点；`ends` 是 $(x_0,\epsilon)$ 这一对，`point` 把它放到路径上。最后一列是代码与定义在 20 个随机例子里至多相差多少。先记住那些同名不同物的：$\alpha_t$ 在四篇论文里是三样不同的东西；DPM-Solver 的 $\lambda$ 是对数信噪比的**一半**；“速度”在 SD3、Flux 与 `diffusers` 里指向噪声，在 Lipman 与 Liu 的论文里指向数据。
"""

# %% [markdown] key="edm-task" lang="en"
r"""
**Write it yourself.** EDM's points are $x=x_0+\sigma\epsilon$. Return two things: the point of the *straight* path that
is as noisy and has the same $x_0$ and $\epsilon$, and the `t` at which it lies. `sigma` is a number above 0; samples have
any shape.
"""

# %% [markdown] key="edm-task" lang="zh" of="3da8ed"
r"""
**自己动手。** EDM 的点是 $x=x_0+\sigma\epsilon$。返回两样东西：**直线**路径上信噪比相同、$x_0$ 与 $\epsilon$ 也相同的那个点，以及它所在的 `t`。`sigma` 是大于 0 的数；样本的形状任意。
"""

# %% key="edm-try" tags=["exercise"]
def my_from_edm(x, sigma):
    ...

my_from_edm = check("10.edm", my_from_edm)


# %% key="edm-use"
ticks = two_clocks.edm_clock(10)
sigmas = [float(ticks.noise_to_signal[k]) for k in range(10, 0, -1)]
print("EDM's ten sigmas, as t of the straight path:", *(f"{my_from_edm(torch.zeros(1, 1), sigma)[1]:.3f}" for sigma in sigmas))

# %% [markdown] key="edm-read" lang="en"
r"""
**Read it.** EDM's ten noise levels from 80 to 0.002, as times of the straight path. Half of them lie above 0.8, three
below 0.11. A schedule of one school is a list of times of another, and a factor for each; nothing else needs translating.
"""

# %% [markdown] key="edm-read" lang="zh" of="41405f"
r"""
**看这些数。** EDM 从 80 到 0.002 的十个噪声水平，换成直线路径的时间：一半在 0.8 以上，三个在 0.11 以下。一派的调度，就是另一派的一串时间，外加每处一个系数；除此之外，没有什么要翻译的。
"""

# %% [markdown] key="build"
r"""
## 11 · Build it: garments as a flow · 动手造：用流来画衣物
"""

# %% [markdown] key="build-why" lang="en"
r"""
The shipped networks speak diffusion: `network(x, log_snr)`, or `network(x, log_snr, labels)`, is shown an $x$ with signal² + noise² = 1, is told its log-SNR $\log(\text{signal}^2/\text{noise}^2)$, and answers $\hat\epsilon$.
Make a flow of one, as a class, without `flows`:

- `MyFlow(network, labels)`; `labels` is None for a network without any, and is then not handed to it.
- `velocity(xt, t)`: the velocity on the straight path, towards the noise, `t` a number above 0 and at most 1; `xt` of any
  shape (b, …).
- `sample(noise, times)`: from `noise` at `times[0]` down the list, whatever its distances, by *Heun's* method: the slope
  at $t$; with it, Euler's step to $s$; the slope there, at $s$; then the step anew, from where it began, with the mean of
  the two slopes. A step to 0 is Euler's, as there is no velocity at 0. It asks `self.velocity` and nobody else, and
  returns where it arrives.

The parts, by the names that `check` prints:

- **told**: the network is told the straight path's log-SNR, a floating-point tensor, () or (b,), clamped to −20 and 20
  (−20 at $t=1$, where it would be $-\infty$).
- **scaled**: it is shown $x_t$, scaled to signal² + noise² = 1.
- **velocity**: it is right at every $t$, at 1, too. There nothing of $x_0$ is left in $x_t$, and
  $(x_t-t\hat\epsilon)/(1-t)$ is 0/0; so take $\hat x_0$ from the scaled $x$, with the signal and noise that belong to the
  log-SNR that you told (signal² is the sigmoid of log-SNR, noise² that of minus log-SNR).
- **labels**: they reach the network as they are; where there are none, nothing does.
- **order**: the walk is of second order: twice as many steps, a quarter of the error. It asks twice a step, and never at
  $t=0$.
- **whole**: whole samples are the package's to 1e-4, and neither method keeps gradients.

Each part is judged by itself. `hint("10.build")` is for the first that does not hold yet, `hint("10.build", 2)` says
nearly everything.
"""

# %% [markdown] key="build-why" lang="zh" of="1f1c4e"
r"""
随课程附带的网络说的是扩散模型的语言：`network(x, log_snr)` 或 `network(x, log_snr, labels)`，看到的 $x$ 满足 signal² + noise² = 1，得知的是对数信噪比 $\log(\text{signal}^2/\text{noise}^2)$，回答 $\hat\epsilon$。请把它变成一个流，写成类，不用 `flows`：

- `MyFlow(network, labels)`；网络不带标签时 `labels` 为 None，这时什么也不传给它。
- `velocity(xt, t)`：直线路径上的速度，指向噪声；`t` 是大于 0、不大于 1 的数；`xt` 的形状 (b, …) 任意。
- `sample(noise, times)`：从 `times[0]` 处的 `noise` 出发，沿列表往下走，间隔多大都行，用 **Heun** 法：先取 $t$ 处的斜率；用它走一个欧拉步到 $s$；再取到达处在 $s$ 的斜率；最后回到这一步的起点，用两个斜率的均值重走。走到 0 的一步用欧拉法，因为 0 处没有速度。它只问 `self.velocity`，返回走到的地方。

各部分如下，名字就是 `check` 列出的那些：

- **told**：告诉网络的是直线路径的对数信噪比，浮点张量，形状 () 或 (b,)，截断到 −20 与 20（$t=1$ 处本来是 $-\infty$，就取 −20）。
- **scaled**：给网络看的是缩放到 signal² + noise² = 1 的 $x_t$。
- **velocity**：每个 $t$ 处的速度都对，1 处也对。那里 $x_t$ 中已没有 $x_0$，$(x_t-t\hat\epsilon)/(1-t)$ 成了 0/0；所以要由缩放后的 $x$ 求 $\hat x_0$，系数取 signal 与 noise，要与你告诉网络的对数信噪比相配（signal² 是对数信噪比的 sigmoid，noise² 是其相反数的 sigmoid）。
- **labels**：标签原样传到网络；没有标签时什么也不传。
- **order**：走法是二阶的：步数加倍，误差降到四分之一。每步问两次，而且从不在 $t=0$ 处问。
- **whole**：整份样本与本包的相差不超过 1e-4，两个方法都不留下梯度。

各部分分开评判。`hint("10.build")` 针对第一个尚未成立的部分，`hint("10.build", 2)` 几乎全说出来。
"""

# %% key="build-try" tags=["exercise"]
class MyFlow:
    def __init__(self, network, labels=None):
        ...

    def velocity(self, xt, t):
        ...

    def sample(self, noise, times):
        ...

MyFlow = check("10.build", MyFlow)

# %% key="build-use"
network, z10 = pretrained("fashion_mnist"), torch.randn(10, 1, 28, 28, generator=seeded(0))
times = [1 - k / 10 for k in range(10)] + [0.0]
mine_drawn = MyFlow(network, ten).sample(z10, times)
plots.rows({"own": mine_drawn, "flow": both_ways["flow"].float()})

# %% [markdown] key="build-read" lang="en"
r"""
**Look at what you have built.** A network that was trained to predict noise, on the cosine schedule, with log-SNR for a
clock, draws as a flow, by a solver of your own, at times of your own. Both rows start from the same noise, at times of
their own, and are the same garments; yours, with 19 evaluations for 10, are a little crisper here and there. (Which is
better is a question for a thousand samples at equal evaluations, not for an eye and ten: lesson 9.)

**Without a check.** Give your flow a velocity of your choice: guided (lesson 8's closure goes into the guess, before it
becomes a velocity), or of the label halfway between two. Or draw with SD3's shifted times. Predict first what will
change, then look. What good answers found: a walk up, from ten photographs at $t=0.02$ to the noise in 20 of your steps
and back down, returns them, 0.002 off (root mean square; their own is 0.84), as an ODE can be walked both ways, while an
SDE cannot; and guidance hardly bends the ways: path over chord is 1.019 at scale 1 and 1.021 at scale 3.
"""

# %% [markdown] key="build-read" lang="zh" of="29ae5d"
r"""
**看看你造出了什么。** 一个在余弦调度上、以对数信噪比为时钟、学着预测噪声的网络，现在当作流来画图，求解器是你写的，时间是你定的。两行从同样的噪声出发，各走各的时刻，画出的是同样的衣物；你的求值 19 次，另一行 10 次，你的有几处略清楚些。（哪个更好，要用一千个样本、在求值次数相等时去问，不能靠一双眼睛和十件衣物：见第 9 课。）

**开放题。**（这里没有检查。）给你的流换一种速度：加上引导（第 8 课的闭包，放进猜测里，再变成速度），或者介于两个标签之间；或者用 SD3 平移过的时间来画。先猜会变什么，再看。好的回答里有这样两个发现：让十张照片从 $t=0.02$ 起，用你的 20 步往上走到噪声，再走回来，得到的还是那些照片，均方根差 0.002（照片自己的均方根是 0.84），因为常微分方程来回都能走，SDE 则不能；引导几乎没有把路压弯：强度 1 时路程与弦长之比是 1.019，强度 3 时是 1.021。
"""

# %% [markdown] key="recap"
r"""
## 12 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- why the best guess of noise is a score, and why a score can be learned from noise that one drew oneself;
- what Langevin's walk leaves as it is, and why it needs many noise levels to get anywhere;
- what the limit of lesson 2's steps is, how its two rates follow from a path, and what carries its probability;
- which drift leads back, with noise and without, and what the noise is good for when the score is wrong;
- why flow matching may regress on single pairs, and why its velocity is the probability-flow ODE's;
- how a flow's velocity gives its score, and how much noise one may then add to it;
- how one network serves every path, and why DDIM is Euler's method on the straight one;
- what straight paths are worth, and what reflow and optimal transport cost;
- how a flow's divergence gives a likelihood, and why that is no measure of looks or of belonging.

**Common mistakes**

- "Flow matching is not diffusion." It is the same velocity, regressed on another path; beside lesson 6's $v$ on the cosine
  not even the weight is another.
- "The path is straight, so one step is enough." The pairs' lines are straight; the flow is not.
- "The reverse SDE has $-\frac12g^2$ score." That is the ODE; with Anderson's noise it is $-g^2$.
- "Noise in the sampler corrects errors." Those of before; and it leans harder on the score, and believes it.
- "Their $x_1$ is my $x_1$." Ask which end is the data, and which way the velocity points.
- "Mean of the times over the batch." Each sample has a time of its own.
- "High likelihood, so it belongs to the data." A plain black page, and here even a plain grey one, is likelier than
  garments are on average.
- "Log-density is the integral of the velocity." Of its divergence, plus the log-density where it ends.

**Papers**

- Hyvärinen 2005,
  [Estimation of Non-Normalized Statistical Models by Score Matching](https://jmlr.org/papers/v6/hyvarinen05a.html);
  Vincent 2011, [A Connection Between Score Matching and Denoising Autoencoders](https://doi.org/10.1162/NECO_a_00142):
  our (3). Efron 2011, [Tweedie's Formula and Selection Bias](https://doi.org/10.1198/jasa.2011.tm11181).
- Song & Ermon 2019,
  [Generative Modeling by Estimating Gradients of the Data Distribution](https://arxiv.org/abs/1907.05600): Algorithm 1,
  annealed Langevin.
- Anderson 1982, [Reverse-time diffusion equation models](https://doi.org/10.1016/0304-4149(82)90051-5); Song et al. 2021,
  [Score-Based Generative Modeling through SDEs](https://arxiv.org/abs/2011.13456): eqs. (5), (6) and (13).
- Karras et al. 2022, [Elucidating the Design Space](https://arxiv.org/abs/2206.00364): the dial, section 4.
- Lipman et al. 2023, [Flow Matching for Generative Modeling](https://arxiv.org/abs/2210.02747); Liu et al. 2023,
  [Flow Straight and Fast](https://arxiv.org/abs/2209.03003): reflow; Albergo & Vanden-Eijnden 2023,
  [Building Normalizing Flows with Stochastic Interpolants](https://arxiv.org/abs/2209.15571).
- Tong et al. 2024,
  [Improving and generalizing flow-based generative models with minibatch optimal transport](https://arxiv.org/abs/2302.00482),
  and [Simulation-Free Schrödinger Bridges via Score and Flow Matching](https://arxiv.org/abs/2307.03672). Ma et al. 2024,
  [SiT](https://arxiv.org/abs/2401.08740): noise added to a flow.
- Gao et al. 2024, [Diffusion Meets Flow Matching](https://diffusionflow.github.io/); Esser et al. 2024,
  [Scaling Rectified Flow Transformers](https://arxiv.org/abs/2403.03206): SD3's times.
- Chen et al. 2018, [Neural Ordinary Differential Equations](https://arxiv.org/abs/1806.07366): our (12); Grathwohl et al.
  2019, [FFJORD](https://arxiv.org/abs/1810.01367): with Hutchinson's estimate. Song, Durkan et al. 2021,
  [Maximum Likelihood Training of Score-Based Diffusion Models](https://arxiv.org/abs/2101.09258): the bound. Nalisnick et al. 2019,
  [Do Deep Generative Models Know What They Don't Know?](https://arxiv.org/abs/1810.09136)
"""

# %% [markdown] key="recap-text" lang="zh" of="8fab72"
r"""
**现在你能讲清**

- 对噪声的最优猜测为什么就是得分，又为什么单凭自己抽的噪声就能学到得分；
- 朗之万游走保持什么不变，为什么要许多噪声水平才走得到该去的地方；
- 第 2 课的小步取极限得到什么，它的两个速率怎样由路径得出，又是什么带着概率走；
- 加噪声与不加噪声时，哪种漂移能走回去；得分有错时，噪声好在哪里；
- 流匹配为什么可以一对一对地回归，它的速度为什么就是概率流常微分方程的速度；
- 怎样由流的速度得到得分，然后可以给它加多少噪声；
- 一个网络怎样适用于每条路径，DDIM 为什么就是直线路径上的欧拉法；
- 路走直了有什么好处，重流与最优传输各要付出什么；
- 流的散度怎样给出似然，似然为什么既不衡量好看，也不说明“是不是这类数据”。

**常见误解**

- “流匹配不是扩散。”速度是同一个速度，只是换了一条路径来回归；与第 6 课在余弦上回归 $v$ 相比，连权重也相同。
- “路径是直的，所以一步就够。”直的是每一对的连线，流并不直。
- “反向 SDE 里得分的系数是 $-\frac12g^2$。”那是常微分方程里的系数；配上 Anderson 的噪声，应是 $-g^2$。
- “采样器里的噪声能纠错。”纠的是先前的错；噪声也更倚重得分，得分错了也照信。
- “他们的 $x_1$ 就是我的 $x_1$。”先问哪一头是数据，速度朝哪边。
- “整批取时间的均值就行。”每个样本各有自己的时间。
- “似然高，所以属于这批数据。”纯黑的图，在这里甚至纯灰的图，似然都高于衣物的平均。
- “对数密度是速度的积分。”是散度的积分，再加上终点处的对数密度。

**论文**

- Hyvärinen，2005，[Estimation of Non-Normalized Statistical Models by Score Matching](https://jmlr.org/papers/v6/hyvarinen05a.html)；Vincent，2011，[A Connection Between Score Matching and Denoising Autoencoders](https://doi.org/10.1162/NECO_a_00142)：我们的 (3)。Efron，2011，[Tweedie's Formula and Selection Bias](https://doi.org/10.1198/jasa.2011.tm11181)。
- Song 与 Ermon，2019，[Generative Modeling by Estimating Gradients of the Data Distribution](https://arxiv.org/abs/1907.05600)：算法 1，退火的朗之万游走。
- Anderson，1982，[Reverse-time diffusion equation models](https://doi.org/10.1016/0304-4149(82)90051-5)；Song 等，2021，[Score-Based Generative Modeling through SDEs](https://arxiv.org/abs/2011.13456)：式 (5)、(6) 与 (13)。
- Karras 等，2022，[Elucidating the Design Space](https://arxiv.org/abs/2206.00364)：第 4 节，那个旋钮。
- Lipman 等，2023，[Flow Matching for Generative Modeling](https://arxiv.org/abs/2210.02747)；Liu 等，2023，[Flow Straight and Fast](https://arxiv.org/abs/2209.03003)：重流；Albergo 与 Vanden-Eijnden，2023，[Building Normalizing Flows with Stochastic Interpolants](https://arxiv.org/abs/2209.15571)。
- Tong 等，2024，[Improving and generalizing flow-based generative models with minibatch optimal transport](https://arxiv.org/abs/2302.00482)，以及 [Simulation-Free Schrödinger Bridges via Score and Flow Matching](https://arxiv.org/abs/2307.03672)。Ma 等，2024，[SiT](https://arxiv.org/abs/2401.08740)：给流加噪声。
- Gao 等，2024，[Diffusion Meets Flow Matching](https://diffusionflow.github.io/)；Esser 等，2024，[Scaling Rectified Flow Transformers](https://arxiv.org/abs/2403.03206)：SD3 的时间。
- Chen 等，2018，[Neural Ordinary Differential Equations](https://arxiv.org/abs/1806.07366)：我们的 (12)；Grathwohl 等，2019，[FFJORD](https://arxiv.org/abs/1810.01367)：用 Hutchinson 估计。Song、Durkan 等，2021，[Maximum Likelihood Training of Score-Based Diffusion Models](https://arxiv.org/abs/2101.09258)：那个界。Nalisnick 等，2019，[Do Deep Generative Models Know What They Don't Know?](https://arxiv.org/abs/1810.09136)
"""

# %% key="progress"
progress("10")
