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
#     minutes: 1
#     learning: 140
#     leave_out: [sigma, grain, build]
# ---

# %% [markdown] key="head"
r"""
# 03 · The reverse process · 反向过程
"""

# %% [markdown] key="welcome" lang="en"
r"""
The forward process was arithmetic: take an image, add noise. Now we go the other way, and the question becomes
interesting, because the way back is not one way but many. On this page one reverse step follows from Bayes' rule, line
by line, and a cell checks every line; the last form of it you work out yourself. You see why a guess of the image may
stand for the image, write the step in code, let it walk a photograph back over 1000 steps and then make new data out of
noise. Then you spoil the walk on purpose, to see which errors are forgiven, and by what; and in
the end you build the way back of another process, from a specification alone.

**Afterwards you can** say which reverse distribution is out of reach, which is not, and what ties the two together;
derive the mean and the variance of a reverse step, for a process that is not in the text, too, and compute it from $x_0$,
$\epsilon$ or $v$; choose its variance and defend the choice; and foresee what a wrong prediction does to the picture, and under which sampler.
"""

# %% [markdown] key="welcome" lang="zh" of="b63b3e"
r"""
前向过程只是算术：拿一张图，加上噪声。现在要往回走，问题才变得有意思，因为回去的路不止一条。
在这一页，一个反向步从贝叶斯公式一行一行推出来，每一行都有单元格来验证；它的最后一种写法，由你自己推。
你会明白，为什么可以用对图像的猜测代替图像本身；你会亲手写出这一步，让它走 1000 步，还原出一张照片，再从噪声里造出新数据。
然后故意让它出错，看看哪些误差会被原谅，靠的又是什么。最后只凭一份说明，为另一个过程造出回去的路。

**学完之后，你能**说清哪个反向分布求不出来、哪个求得出来，两者又靠什么相连；推导反向步的均值与方差，课文里没讲过的过程也推得出来；
由 $x_0$、$\epsilon$ 或 $v$ 算出这一步；为它选一个方差，并讲出理由；预见在哪种采样器下，错误的预测会给画面带来什么后果。
"""

# %% key="setup"

# %% key="imports"
import torch
from torch.distributions import Normal

from course_utils import data, plots
from course_utils.classroom import check, hint, predict, progress, reveal, show_source, solution
from course_utils.denoisers import eps_of, from_eps, image_denoiser
from course_utils.experiments.bells import bell_like, reverse_density, two_values
from course_utils.explorers.reverse import posterior_bells, posterior_explorer
from course_utils.forward import eps_from_x0, forward_jump, forward_step, posterior, v_from_eps, x0_from_eps
from course_utils.oracle import finite, mixture
from course_utils.reverse import reverse_step, sigma_beta, sigma_between, sigma_posterior
from course_utils.samplers import ddim, ddpm, finish
from course_utils.schedules import Schedule, linear
from course_utils.weights import pretrained

schedule = linear(1000)

# %% [markdown] key="two"
r"""
## 1 · Two directions · 两个方向
"""

# %% [markdown] key="two-why" lang="en"
r"""
Two letters stand for the two directions, and they must not be confused. $q$ is what we *built*: it begins with the
data, and each forward step adds noise of a known size, so every distribution along it is defined. $p_\theta$
is what we *learn*: it begins with noise and leads back, and $\theta$ are the weights of a network.
"""

# %% [markdown] key="two-why" lang="zh" of="44851f"
r"""
两个方向，两个字母，不能弄混。$q$ 是我们**造**出来的：它从数据出发，每个前向步加多少噪声都是已知的，
沿途的每个分布也就都有了定义。$p_\theta$ 是要**学**的：它从噪声出发，一路往回，$\theta$ 是网络的权重。
"""

# %% key="two-chain"
plots.chain()

# %% [markdown] key="two-read" lang="en"
r"""
**Read the figure.** Orange leads from the data $q(x_0)$ to noise and needs no learning. Blue leads back, from
$\mathcal N(0, I)$. For the blue arrows to be good, $p_\theta(x_{t-1}|x_t)$ must come close to the true answer to the
question "given $x_t$, where was the image one step ago?", and that answer is $q(x_{t-1}|x_t)$: a $q$, since the forward
process defines it, although nobody can compute it for images.
"""

# %% [markdown] key="two-read" lang="zh" of="a391ef"
r"""
**看图。** 橙色从数据 $q(x_0)$ 走向噪声，什么也不用学。蓝色从 $\mathcal N(0, I)$ 往回走。
蓝色箭头要指得准，$p_\theta(x_{t-1}|x_t)$ 就得接近一个问题的真正答案：“已知 $x_t$，一步之前图像在哪里？”
这个答案是 $q(x_{t-1}|x_t)$：它也用字母 $q$，因为前向过程已经把它定义好了，尽管数据是图像时，谁也算不出它。
"""

# %% [markdown] key="reach"
r"""
## 2 · What is out of reach, and what is not · 什么求不出，什么求得出
"""

# %% [markdown] key="reach-why" lang="en"
r"""
Why can nobody compute it? Bayes' rule turns the arrow round,
$$q(x_{t-1}|x_t) = \frac{q(x_t|x_{t-1})\,q(x_{t-1})}{q(x_t)}.\tag{1}$$
The first factor is one forward step, known. But $q(x_{t-1})$ is the distribution of *all* images, noised to
$t-1$: whoever had it would know all there is to know about images. We do not have it; we only have samples.

For toy data we do. Let an image be a single pixel whose value is about $-1$ or about $1$, half of the time each (a
narrow bell with a standard deviation of 0.05 around either). Then (1) can be computed on a grid, and not for one step
only: it holds for any $s < t$ in the place of $t-1$, with the jump from $s$ to $t$ as its first factor. Think first:
"""

# %% [markdown] key="reach-why" lang="zh" of="f8ee7f"
r"""
为什么谁也算不出？用贝叶斯公式把箭头倒过来：
$$q(x_{t-1}|x_t) = \frac{q(x_t|x_{t-1})\,q(x_{t-1})}{q(x_t)}.\tag{1}$$
第一个因子是一个前向步，已知。但 $q(x_{t-1})$ 是**所有**图像加噪到 $t-1$ 之后的分布：
谁掌握了它，谁就掌握了关于图像的一切。我们没有它，只有一些样本。

换成玩具数据就有了。设一幅图只有一个像素，取值约为 $-1$ 或约为 $1$，各占一半（各是一条标准差为 0.05 的窄钟形曲线）。
这时 (1) 可以在网格上算出来，而且不限于一步：把 $t-1$ 换成任意 $s < t$ 都成立，第一个因子就是从 $s$ 到 $t$ 的跳跃。先想一想：
"""

# %% key="reach-predict"
predict("03.shape")

# %% key="reach-show"
x = torch.linspace(-2.5, 2.5, 1001, dtype=torch.float64)
exact = {s: reverse_density(two_values(), 0.0, 300, s, x) for s in (299, 200, 50)}
both = {s: {"exact": p, "Gaussian": bell_like(p, x)} for s, p in exact.items()}
named = {f"$q(x_{{{s}}}|x_{{300}}=0)$": pair for s, pair in both.items()}
reveal("03.shape", plots.curves(named, x=x, xlabel="$x_s$"))

# %% key="reach-measure" tags=["nbval-check-output"]
said = []
for s, pair in both.items():
    gap = (pair["exact"] - pair["Gaussian"]).abs().sum() * (x[1] - x[0]) / 2
    said.append(f"300 -> {s:3}   misplaced by the bell: {gap:.4%}")
reveal("03.shape", *said)

# %% [markdown] key="reach-read" lang="en"
r"""
**Read the figure.** Blue is the exact answer, orange the Gaussian with the same mean and variance. One step back,
the two lie on top of each other: the bell puts less than 0.001 % of the probability in the wrong place. A hundred steps
back, two low humps begin to show; the bell is too pointed, and misplaces about 8 %. All the way back at $t = 50$ it is
plainly wrong: it expects the pixel in the middle, where it almost never is.

This is the reason for the many small steps. The smaller the step, the nearer $q(x_{t-1}|x_t)$ is to a Gaussian,
whatever the data look like (only the last step, from 1 to 0, lands on the data themselves, on whole bytes for example), and a Gaussian is all that a network has to describe: a mean and a variance. (In the limit
of small steps, the reverse of a diffusion has the same form as the diffusion. Sohl-Dickstein et al., whose diffusion
model of 2015 rests on this, cite Feller 1949 for it.)
"""

# %% [markdown] key="reach-read" lang="zh" of="f95a7e"
r"""
**看图。** 蓝色是精确答案，橙色是均值、方差都与它相同的高斯曲线。退回一步时，两条线重合：
高斯曲线只把不到 0.001 % 的概率放错了位置。退回一百步，精确曲线已经隐约有了两个峰，高斯曲线则嫌太尖，放错了约 8 %。
一直退到 $t = 50$，高斯曲线就彻底错了：它以为像素在中间，而像素几乎从不在那里。

之所以要走许多小步，原因就在这里。步子越小，$q(x_{t-1}|x_t)$ 就越接近高斯分布，不管数据长什么样（只有从 1 到 0 的最后一步例外：它落在数据本身上，例如字节的整数值上）；
而描述一个高斯分布，网络只需要给出均值与方差。
（步子趋于无穷小时，扩散的反向与扩散本身形式相同。Sohl-Dickstein 等人 2015 年的扩散模型就建立在这一点上，
他们引用的出处是 Feller 1949。）
"""

# %% [markdown] key="bayes"
r"""
## 3 · Bayes, line by line · 贝叶斯，一行一行来
"""

# %% [markdown] key="bayes-why" lang="en"
r"""
There is a second question that needs no knowledge of all images: where was the image one step ago, if we are told $x_t$
*and* where it all began, $x_0$? In training we always know $x_0$. The answer $q(x_{t-1}|x_t,x_0)$ is called the
*posterior*, and it takes nothing but Gaussians of known mean and variance. All below is meant pixel by pixel, so that
a single pixel is enough to check it: $x_0 = 0.8$, $x_t = -0.6$, at $t = 4$ of a short schedule of 10 steps, on which
everything is big enough to be seen. In the code, $x_{t-1}$ is a fine grid `z`, and `a_t`, `a_s` are $\bar\alpha_t$ and
$\bar\alpha_{t-1}$.
"""

# %% [markdown] key="bayes-why" lang="zh" of="5dc66d"
r"""
还有第二个问题，不需要了解所有图像：如果除了 $x_t$，还知道一切从哪里开始，也就是 $x_0$，那么一步之前图像在哪里？
训练时，$x_0$ 总是已知的。答案 $q(x_{t-1}|x_t,x_0)$ 叫做**后验**（posterior），只用到均值、方差都已知的高斯分布。
下面的式子都是逐像素的，所以用一个像素就能验证：$x_0 = 0.8$，$x_t = -0.6$，取 10 步的短调度、$t = 4$，这时每个数都够大，看得清。
代码中，$x_{t-1}$ 是一个细网格 `z`，`a_t` 与 `a_s` 是 $\bar\alpha_t$ 与 $\bar\alpha_{t-1}$。
"""

# %% key="bayes-numbers" tags=["nbval-check-output"]
short = linear(10)
x0, xt = torch.tensor([0.8, -0.6], dtype=torch.float64)
alpha, beta = short.alpha[4], short.beta[4]
a_t, a_s = short.alpha_bar[4], short.alpha_bar[3]
z = torch.linspace(-12, 12, 4801, dtype=torch.float64)
print(f"alpha {alpha:.3f}   beta {beta:.3f}   a_t {a_t:.3f}   a_s {a_s:.3f}")

# %% [markdown] key="bayes-1" lang="en"
r"""
**Line 1: turn the arrow round.** Bayes' rule once more, with $x_0$ known throughout,
$$q(x_{t-1}|x_t,x_0) = \frac{q(x_t|x_{t-1},x_0)\,q(x_{t-1}|x_0)}{q(x_t|x_0)}
= \frac{q(x_t|x_{t-1})\,q(x_{t-1}|x_0)}{q(x_t|x_0)}.\tag{2}$$
The second equality uses the Markov property: who knows $x_{t-1}$ learns nothing more about $x_t$ from $x_0$. Each of
the three factors is now a jump or a step of the forward process. If the line is right, the right-hand side is a
density: its area is 1.
"""

# %% [markdown] key="bayes-1" lang="zh" of="b8e13b"
r"""
**第 1 行：把箭头倒过来。** 仍是贝叶斯公式，只是始终给定 $x_0$：
$$q(x_{t-1}|x_t,x_0) = \frac{q(x_t|x_{t-1},x_0)\,q(x_{t-1}|x_0)}{q(x_t|x_0)}
= \frac{q(x_t|x_{t-1})\,q(x_{t-1}|x_0)}{q(x_t|x_0)}.\tag{2}$$
第二个等号用的是马尔可夫性：知道了 $x_{t-1}$，$x_0$ 对 $x_t$ 就不再提供任何新的信息。
于是三个因子都成了前向过程的一步或一跳。如果这一行没错，右边应当是一个密度：面积为 1。
"""

# %% key="bayes-1-check" tags=["nbval-check-output"]
log_likelihood = Normal(alpha.sqrt() * z, beta.sqrt()).log_prob(xt)
log_prior = Normal(a_s.sqrt() * x0, (1 - a_s).sqrt()).log_prob(z)
log_evidence = Normal(a_t.sqrt() * x0, (1 - a_t).sqrt()).log_prob(xt)
log_posterior = log_likelihood + log_prior - log_evidence
print(f"area {log_posterior.exp().sum() * (z[1] - z[0]):.9f}")

# %% key="bayes-bells"
posterior_bells(short, -0.6, 4, 0.8)

# %% [markdown] key="bayes-bells-read" lang="en"
r"""
**Read the figure.** Two bells over $x_{t-1}$ (the triangles mark $x_0$ and $x_t$). Blue, the *prior*: $x_0$ jumped to
$t-1$, so its centre is $\sqrt{\bar\alpha_{t-1}}\,x_0$ and its variance $1-\bar\alpha_{t-1}$. Orange, the *likelihood*:
one step leads from $x_{t-1}$ to $x_t$, and as a function of $x_{t-1}$ it is a bell too, centred at
$x_t/\sqrt{\alpha_t}$ with variance $\beta_t/\alpha_t$ (drawn with area 1). Black is their product, scaled to area 1:
it lies between them and is narrower than either, because two witnesses know more than one.
"""

# %% [markdown] key="bayes-bells-read" lang="zh" of="b085f1"
r"""
**看图。** 横轴是 $x_{t-1}$，上面有两条钟形曲线（三角标出 $x_0$ 与 $x_t$）。蓝色是**先验**（prior）：$x_0$ 跳到 $t-1$，
所以中心是 $\sqrt{\bar\alpha_{t-1}}\,x_0$，方差是 $1-\bar\alpha_{t-1}$。橙色是**似然**（likelihood）：从 $x_{t-1}$ 走一步到 $x_t$，
把这一步的密度看成 $x_{t-1}$ 的函数，也是一条钟形曲线，中心是 $x_t/\sqrt{\alpha_t}$，方差是 $\beta_t/\alpha_t$（画成面积为 1）。
黑色是两者之积，归一化到面积为 1：它在两者之间，比哪一条都窄，因为两个证人总比一个知道得多。
"""

# %% [markdown] key="bayes-2" lang="en"
r"""
**Line 2: look at the exponents.** Each factor is $\exp(-\tfrac12\,\text{distance}^2/\text{variance})$ times a number
that is free of $x_{t-1}$. Multiplying adds exponents, dividing subtracts them:
$$-\frac12\left(\frac{(x_t-\sqrt{\alpha_t}\,x_{t-1})^2}{\beta_t}
+\frac{(x_{t-1}-\sqrt{\bar\alpha_{t-1}}\,x_0)^2}{1-\bar\alpha_{t-1}}
-\frac{(x_t-\sqrt{\bar\alpha_t}\,x_0)^2}{1-\bar\alpha_t}\right).\tag{3}$$
The check: the logarithm of line 1 and (3) differ by the same number everywhere on the grid.
"""

# %% [markdown] key="bayes-2" lang="zh" of="13dbe8"
r"""
**第 2 行：看指数。** 每个因子都是 $\exp(-\tfrac12\,\text{distance}^2/\text{variance})$，再乘一个与 $x_{t-1}$ 无关的数
（distance 是到中心的距离，variance 是方差）。相乘则指数相加，相除则相减：
$$-\frac12\left(\frac{(x_t-\sqrt{\alpha_t}\,x_{t-1})^2}{\beta_t}
+\frac{(x_{t-1}-\sqrt{\bar\alpha_{t-1}}\,x_0)^2}{1-\bar\alpha_{t-1}}
-\frac{(x_t-\sqrt{\bar\alpha_t}\,x_0)^2}{1-\bar\alpha_t}\right).\tag{3}$$
验证：第 1 行的对数与 (3) 在整个网格上相差同一个数。
"""

# %% key="bayes-2-check" tags=["nbval-check-output"]
exponent = (xt - alpha.sqrt() * z) ** 2 / beta + (z - a_s.sqrt() * x0) ** 2 / (1 - a_s)
exponent = -(exponent - (xt - a_t.sqrt() * x0) ** 2 / (1 - a_t)) / 2
difference = log_posterior - exponent
print("the same everywhere:", bool(difference.max() - difference.min() < 1e-9))

# %% [markdown] key="bayes-3" lang="en"
r"""
**Line 3: collect powers of $x_{t-1}$.** Nothing higher than a square occurs, so (3) is
$-\tfrac12\,(A\,x_{t-1}^2 - 2B\,x_{t-1} + C)$ with
$$A=\frac{\alpha_t}{\beta_t}+\frac1{1-\bar\alpha_{t-1}},\qquad
B=\frac{\sqrt{\alpha_t}}{\beta_t}\,x_t+\frac{\sqrt{\bar\alpha_{t-1}}}{1-\bar\alpha_{t-1}}\,x_0,\tag{4}$$
and a $C$ that holds all the rest. With this it is decided that the posterior is a Gaussian. Nobody had to assume it: the
exponent *is* a parabola that opens downwards.
"""

# %% [markdown] key="bayes-3" lang="zh" of="69012c"
r"""
**第 3 行：按 $x_{t-1}$ 的幂次整理。** 最高只有平方，所以 (3) 就是
$-\tfrac12\,(A\,x_{t-1}^2 - 2B\,x_{t-1} + C)$，其中
$$A=\frac{\alpha_t}{\beta_t}+\frac1{1-\bar\alpha_{t-1}},\qquad
B=\frac{\sqrt{\alpha_t}}{\beta_t}\,x_t+\frac{\sqrt{\bar\alpha_{t-1}}}{1-\bar\alpha_{t-1}}\,x_0,\tag{4}$$
其余的都归入 $C$。到这里已成定局：后验是高斯分布。这不是谁假设的，指数本来**就是**一条开口向下的抛物线。
"""

# %% key="bayes-3-check" tags=["nbval-check-output"]
A = alpha / beta + 1 / (1 - a_s)
B = alpha.sqrt() / beta * xt + a_s.sqrt() / (1 - a_s) * x0
C = xt**2 / beta + a_s * x0**2 / (1 - a_s) - (xt - a_t.sqrt() * x0) ** 2 / (1 - a_t)
print("equal:", bool((exponent + (A * z**2 - 2 * B * z + C) / 2).abs().max() < 1e-9))

# %% [markdown] key="bayes-4" lang="en"
r"""
**Line 4: complete the square.**
$$A\,x_{t-1}^2-2B\,x_{t-1}+C=A\left(x_{t-1}-\frac BA\right)^2+C-\frac{B^2}{A}.\tag{5}$$
So the mean is $B/A$ and the variance $1/A$. Both make sense: $A$ is the sum of the two bells' precisions (one over the
variance), and $B/A$ is the average of their centres, each weighted by its precision. What is left over,
$C-B^2/A$, turns out to be 0.
"""

# %% [markdown] key="bayes-4" lang="zh" of="3a33c9"
r"""
**第 4 行：配方。**
$$A\,x_{t-1}^2-2B\,x_{t-1}+C=A\left(x_{t-1}-\frac BA\right)^2+C-\frac{B^2}{A}.\tag{5}$$
所以均值是 $B/A$，方差是 $1/A$。两者都说得通：$A$ 是两条钟形曲线的精度（方差的倒数）之和，
$B/A$ 是两个中心按精度加权的平均。剩下的 $C-B^2/A$，一算恰好是 0。
"""

# %% key="bayes-4-check" tags=["nbval-check-output"]
gaussian = Normal(B / A, (1 / A).sqrt()).log_prob(z)
print("the posterior is this Gaussian:", bool((gaussian - log_posterior).abs().max() < 1e-9))
print("left over 0:", bool((C - B**2 / A).abs() < 1e-9))

# %% [markdown] key="bayes-5" lang="en"
r"""
**Line 5: the variance.** Bring $A$ over one denominator and use $\alpha_t\bar\alpha_{t-1}=\bar\alpha_t$ and
$\alpha_t+\beta_t=1$: the numerator $\alpha_t(1-\bar\alpha_{t-1})+\beta_t$ becomes $1-\bar\alpha_t$, and
$$\tilde\beta_t=\frac1A=\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}\,\beta_t.\tag{6}$$
It contains neither $x_0$ nor $x_t$, so it can be tabulated once: `schedule.posterior_variance`. It is smaller than
$\beta_t$. At $t = 1$ the prior has no width and $A$ would divide by 0, but (6) still holds: it gives 0.
"""

# %% [markdown] key="bayes-5" lang="zh" of="e9c482"
r"""
**第 5 行：方差。** 把 $A$ 通分，再用 $\alpha_t\bar\alpha_{t-1}=\bar\alpha_t$ 与 $\alpha_t+\beta_t=1$：
分子 $\alpha_t(1-\bar\alpha_{t-1})+\beta_t$ 化为 $1-\bar\alpha_t$，于是
$$\tilde\beta_t=\frac1A=\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}\,\beta_t.\tag{6}$$
其中既没有 $x_0$，也没有 $x_t$，可以一次算好，存成表：`schedule.posterior_variance`。
它比 $\beta_t$ 小。$t = 1$ 时先验没有宽度，$A$ 里要除以 0，但 (6) 仍然成立：结果是 0。
"""

# %% key="bayes-5-check" tags=["nbval-check-output"]
beta_tilde = (1 - a_s) / (1 - a_t) * beta
print("equal to 1 / A:", bool((beta_tilde - 1 / A).abs() < 1e-12), f"  beta {beta:.3f} -> {beta_tilde:.3f}")
print("equal to the package's:", bool((beta_tilde - short.posterior_variance[4]).abs() < 1e-12))

# %% [markdown] key="mean-task" lang="en"
r"""
**Line 6 is yours.** The mean is $B/A$, and $1/A$ is known by now. On paper, work $B/A$ out until nothing in it divides by
0 at $t = 1$ any more; then write it as code, for images of any shape. What has to come out at $t = 1$?
`schedule.alpha_bar`, `schedule.alpha` and `schedule.beta` are arrays with $t$ as their index. Hints: `hint("03.mean")`.
"""

# %% [markdown] key="mean-task" lang="zh" of="44e1b9"
r"""
**第 6 行由你来推。** 均值是 $B/A$，而 $1/A$ 已经有了。先在纸上化简 $B/A$，直到 $t = 1$ 时再没有哪里除以 0；
再写成代码，图像形状不限。$t = 1$ 时，结果该是什么？`schedule.alpha_bar`、`schedule.alpha` 与 `schedule.beta` 都是以 $t$ 为下标的数组。
提示：`hint("03.mean")`。
"""

# %% key="mean-try" tags=["exercise"]
def my_posterior_mean(schedule, x0, xt, t):
    ...

my_posterior_mean = check("03.mean", my_posterior_mean)

# %% [markdown] key="bayes-6" lang="en"
r"""
**Line 6: the mean.** For comparison: multiply $B$ by $\tilde\beta_t$, and everything that can cancel does,
$$\tilde\mu_t=\frac BA=\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\,x_0
+\frac{\sqrt{\alpha_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\,x_t.\tag{7}$$
At $t = 1$ the second weight is 0 and the first is 1: with $x_0$ known, the last step ends in $x_0$, and there is
no doubt left.
"""

# %% [markdown] key="bayes-6" lang="zh" of="599d01"
r"""
**第 6 行：均值。** 对照一下：用 $\tilde\beta_t$ 乘 $B$，能约的都约掉，
$$\tilde\mu_t=\frac BA=\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\,x_0
+\frac{\sqrt{\alpha_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\,x_t.\tag{7}$$
$t = 1$ 时，第二个权重为 0，第一个为 1：既然 $x_0$ 已知，最后一步就落在 $x_0$ 上，毫无悬念。
"""

# %% key="bayes-6-check" tags=["nbval-check-output"]
mu = a_s.sqrt() * beta / (1 - a_t) * x0 + alpha.sqrt() * (1 - a_s) / (1 - a_t) * xt
print("equal to B / A:", bool((mu - B / A).abs() < 1e-12))
print("at t = 1 it is x_0:", bool((posterior(short, xt[None], 1, x0[None]).mean - x0).abs() < 1e-12))

# %% [markdown] key="mean-real" lang="en"
r"""
The real one works for a step from $t$ to any $s < t$; with `s` left out it is yours, and it returns the variance, too:
"""

# %% [markdown] key="mean-real" lang="zh" of="3452a7"
r"""
真正的实现适用于从 $t$ 到任意 $s < t$ 的一步；不给 `s` 时就是你写的那一个，并且连方差也一起返回：
"""

# %% key="mean-source"
show_source(posterior)

# %% [markdown] key="weigh-slider" lang="en"
r"""
**A task for the sliders.** Below are the two bells again, with the weights of (7) at the upper right. Move $x_0$ and
$x_t$: the product follows, its width stays. Then set $T$ to 1000 and move $t$. At almost every $t$ the mean is nearly
$x_t$ itself: with 1000 steps, a single one removes next to nothing. What is the *largest* $t$ at which $x_0$ still
weighs more than $x_t$? (The arrow keys move a slider by one.)
"""

# %% [markdown] key="weigh-slider" lang="zh" of="2fc66f"
r"""
**滑块任务。** 下面又是那两条钟形曲线，右上角是 (7) 的两个权重。移动 $x_0$ 与 $x_t$：乘积跟着走，宽度不变。
再把 $T$ 调到 1000，移动 $t$。几乎在每个 $t$，均值都差不多就是 $x_t$：总共 1000 步，单走一步，几乎什么也去不掉。
要让 $x_0$ 的权重仍大于 $x_t$ 的权重，$t$ **最大**是多少？（方向键一次移动一格。）
"""

# %% key="weigh-explore"
posterior_explorer()

# %% key="weigh-answer" tags=["exercise"]
my_t = ...
my_t = check("03.weigh", my_t)

# %% [markdown] key="link"
r"""
## 4 · Why a guess may stand for the image · 为什么可以用猜测代替图像
"""

# %% [markdown] key="link-why" lang="en"
r"""
So there are two distributions. The one we want, $q(x_{t-1}|x_t)$, is out of reach. The one we have just derived,
$q(x_{t-1}|x_t,x_0)$, asks for the very image that we are looking for. What ties them together? If we do not know $x_0$,
we average over all that it may be, each by its probability given $x_t$:
$$q(x_{t-1}|x_t)=\int q(x_{t-1}|x_t,x_0)\,q(x_0|x_t)\,dx_0.$$
Now look at (7): the mean is *linear* in $x_0$, so many times $x_0$ plus so many times $x_t$. And the average of a linear
function is that function of the average. Therefore
$$E[x_{t-1}|x_t]=\tilde\mu_t\bigl(x_t,\,E[x_0|x_t]\bigr).\tag{7a}$$
To put a guess in the place of $x_0$ is no makeshift, then. With *one* guess, the average of all clean images from
which $x_t$ may have come, the mean of the step that was out of reach is exactly right. That average is what a network
learns to give (lesson 4 shows that a squared error asks for it).

And the variance? The law of total variance adds two doubts: the one that is left when $x_0$ is known, and the one about
$x_0$ itself. The first is $\tilde\beta_t$, whatever $x_0$ is. The second enters through the mean, which moves by
$c_t=\sqrt{\bar\alpha_{t-1}}\,\beta_t/(1-\bar\alpha_t)$ where $x_0$ moves by 1:
$$\mathrm{Var}[x_{t-1}|x_t]=\tilde\beta_t+c_t^2\,\mathrm{Var}[x_0|x_t].\tag{7b}$$
Both hold for a step to any $s$, with the weights and the variance that belong to it. Put them to the test on the
one-pixel data of section 2, whose exact answer we can compute, from $x_{300}=0.4$. All that (7a) and (7b) are told of the
data is the mean and the variance of $x_0$ given that start:
"""

# %% [markdown] key="link-why" lang="zh" of="68aa8c"
r"""
于是有两个分布。我们想要的 $q(x_{t-1}|x_t)$ 求不出来；刚刚推出的 $q(x_{t-1}|x_t,x_0)$，要用到的恰恰是我们正在找的那幅图。
两者靠什么相连？既然不知道 $x_0$，就对它的一切可能求平均，每一种以它在给定 $x_t$ 时的概率为权重：
$$q(x_{t-1}|x_t)=\int q(x_{t-1}|x_t,x_0)\,q(x_0|x_t)\,dx_0.$$
再看 (7)：均值是 $x_0$ 的**线性**函数，也就是 $x_0$ 的若干倍加上 $x_t$ 的若干倍。而线性函数的平均，等于先求平均、再代入函数。所以
$$E[x_{t-1}|x_t]=\tilde\mu_t\bigl(x_t,\,E[x_0|x_t]\bigr).\tag{7a}$$
可见，用猜测代替 $x_0$ 并不是权宜之计。只要猜的是 $x_t$ 可能来自的所有干净图像的平均，凭这**一个**猜测，原本求不出来的那一步，均值就完全正确。
网络学着给出的，正是这个平均（第 4 课会说明，平方误差要的就是它）。

那么方差呢？按全方差公式，两份不确定性相加：一份是 $x_0$ 已知时仍剩下的，一份来自 $x_0$ 本身。前一份是 $\tilde\beta_t$，与 $x_0$ 无关；
后一份经由均值传来：$x_0$ 变动 1，均值就变动 $c_t=\sqrt{\bar\alpha_{t-1}}\,\beta_t/(1-\bar\alpha_t)$，于是
$$\mathrm{Var}[x_{t-1}|x_t]=\tilde\beta_t+c_t^2\,\mathrm{Var}[x_0|x_t].\tag{7b}$$
换成走到任意 $s$ 的一步，用上相应的权重与方差，两式照样成立。第 2 节那种单像素数据，精确答案算得出来，就用它来验证，从 $x_{300}=0.4$ 出发。
关于数据，(7a) 与 (7b) 只用到 $x_0$ 在这一条件下的均值与方差：
"""

# %% key="link-known" tags=["nbval-check-output"]
pixel, grid = torch.tensor([0.4], dtype=torch.float64), torch.linspace(-5, 5, 20001, dtype=torch.float64)

def moments(density):
    share = density / density.sum()
    mean = (share * grid).sum()
    return mean, (share * (grid - mean) ** 2).sum()

prior = sum(Normal(value, 0.05).log_prob(grid).exp() for value in (-1, 1))
mean_x0, var_x0 = moments(prior * Normal(schedule.signal[300] * grid, schedule.noise[300]).log_prob(pixel).exp())
print(f"given x_300 = 0.4, x_0 has mean {mean_x0:.3f} and variance {var_x0:.3f}")

# %% key="link-check" tags=["nbval-check-output"]
for s in (299, 200, 50):
    mean, spread_of_s = moments(reverse_density(two_values(), 0.4, 300, s, grid))
    by_guess, tilde = posterior(schedule, pixel, 300, mean_x0[None], s)
    c = posterior(schedule, 0 * pixel, 300, 1 + 0 * pixel, s).mean.item()
    total = tilde + c**2 * var_x0
    print(f"300 -> {s:3}   mean {mean:.7f} = {by_guess.item():.7f}   variance {spread_of_s:.7f} = {total.item():.7f}")
    print(f"             c {c:.4f}   share of beta tilde in the variance {(tilde / total).item():.1%}")
print(f"300 -> 299 by your 03.mean: {my_posterior_mean(schedule, mean_x0[None], pixel, 300).item():.4f}")

# %% key="link-show"
sides, panels = torch.tensor([-1.0, 1.0], dtype=torch.float64), {}
share = Normal(schedule.signal[300] * sides, schedule.noise[300]).log_prob(pixel).softmax(0)
for s in (299, 50):
    mean, tilde = posterior(schedule, pixel.expand(2), 300, sides, s)
    low, high = share[:, None] * Normal(mean[:, None], tilde.sqrt()).log_prob(x).exp()
    of_s = {"exact": reverse_density(two_values(), 0.4, 300, s, x), "$x_0=-1$": low, "$x_0=1$": high}
    panels[f"$q(x_{{{s}}}|x_{{300}}=0.4)$"] = of_s
plots.curves(panels, x=x, xlabel="$x_s$")

# %% [markdown] key="link-read" lang="en"
r"""
**Read the rows.** Left of each equals sign stands what Bayes' rule (1) gives on a grid, from the distribution of all
data at time $s$; right of it what (7a) and (7b) give. They agree in all seven decimals, for a single step and for 250
steps at once. The guess, 0.394, is a value that no pixel of these data ever has; it is the right one all the same.

**Read the figure.** Blue is the exact $q(x_s|x_{300}=0.4)$. Orange and green are the posteriors of section 3, for
$x_0=-1$ and for $x_0=1$, each weighted by its probability (0.30 and 0.70); blue is their sum, but for the small width of the
data. One step back their centres are 0.013 apart, and each has a standard deviation of 0.078: together they are one bell,
and not knowing $x_0$ adds 0.6 % to the variance. Back at $t=50$ they are far apart, and $\tilde\beta$ is 3.5 % of the
variance. Mean and variance are right there, too; what is wrong is the shape, if one draws from *one* bell. So the two
halves fit together: a guess suffices for the mean at any distance, and small steps see to it that a mean and a variance are
enough.
"""

# %% [markdown] key="link-read" lang="zh" of="14094c"
r"""
**看各行。** 等号左边，是由全体数据在 $s$ 处的分布，用贝叶斯公式 (1) 在网格上算出的；右边由 (7a) 与 (7b) 算出。
七位小数全部相同，不管只走一步，还是一下走 250 步。猜测 0.394 是这份数据里没有一个像素取得到的值，却正是该用的那个。

**看图。** 蓝色是精确的 $q(x_s|x_{300}=0.4)$。橙色与绿色是第 3 节的后验，分别对应 $x_0=-1$ 与 $x_0=1$，高矮按各自的概率（0.30 与 0.70）；
若不计数据本身那一点宽度，蓝色就是两者之和。退回一步时，两个中心只相距 0.013，而各自的标准差是 0.078：合起来就是一条钟形曲线，
不知道 $x_0$，只让方差大了 0.6 %。退到 $t=50$，两条曲线离得很远，$\tilde\beta$ 只占方差的 3.5 %。那里的均值与方差也是对的；
可要是只从**一条**钟形曲线里抽，形状就错了。两方面合起来看：要均值，有一个猜测就够，退多远都行；要想只凭均值与方差就够用，步子就得小。
"""

# %% [markdown] key="noise"
r"""
## 5 · What the network predicts · 网络预测什么
"""

# %% [markdown] key="noise-why" lang="en"
r"""
When we generate, $x_0$ is what we want, not what we have; by (7a), a guess will do. So a network looks at $x_t$, is told $t$,
and guesses; a hat marks a guess, as in $\hat x_0$ or $\hat\epsilon$. It may guess $x_0$ itself, or, which is the same knowledge, the noise
$\epsilon$: the forward jump, solved for $x_0$, reads
$$x_0=\frac{x_t-\sqrt{1-\bar\alpha_t}\,\epsilon}{\sqrt{\bar\alpha_t}}.\tag{8}$$
Which noise is meant here? A chain of $t$ steps drew $t$ noises, one for each.
"""

# %% [markdown] key="noise-why" lang="zh" of="8100cb"
r"""
生成的时候，$x_0$ 是我们想要的，不是手里有的；而由 (7a)，有一个猜测就行。所以把 $x_t$ 和 $t$ 交给网络，让它来猜；猜出来的量戴一顶帽子，
如 $\hat x_0$、$\hat\epsilon$。网络可以直接猜 $x_0$，也可以猜噪声 $\epsilon$，知道一个就等于知道另一个：从前向跳跃的式子解出 $x_0$，就是
$$x_0=\frac{x_t-\sqrt{1-\bar\alpha_t}\,\epsilon}{\sqrt{\bar\alpha_t}}.\tag{8}$$
这里说的是哪一份噪声？走 $t$ 步的链抽了 $t$ 份噪声，每步一份。
"""

# %% key="noise-predict"
predict("03.which")

# %% key="noise-walk" tags=["nbval-check-output"]
palace, generator = data.photograph("palace", 48), torch.Generator().manual_seed(0)
x100 = palace
for t in range(1, 101):
    x100, last_eps = forward_step(schedule, x100, t, generator=generator)
whole_eps = eps_from_x0(schedule, x100, 100, palace)
expected = (schedule.beta[100] / (1 - schedule.alpha_bar[100])).sqrt()
correlation = torch.corrcoef(torch.stack([last_eps.flatten(), whole_eps.flatten()]))[0, 1]
said = f"correlation of the last noise with the whole: expected {expected:.2f}, measured {correlation:.2f}"
reveal("03.which", said)

# %% key="noise-look"
plots.grids({"$x_0$": palace, "$x_{100}$": x100, r"whole $\epsilon$": whole_eps, r"last $\epsilon$": last_eps})

# %% key="noise-show"
def l1(x, name):
    return f"{name}   $\\ell_1 = {(x - palace).abs().mean():.3f}$"

from_whole, from_last = (x0_from_eps(schedule, x100, 100, eps) for eps in (whole_eps, last_eps))
shown = {"$x_{100}$": x100, r"from whole $\epsilon$": from_whole, r"from last $\epsilon$": from_last}
reveal("03.which", plots.grids({l1(x, name): x for name, x in shown.items()}))

# %% [markdown] key="noise-read" lang="en"
r"""
**Read the figures.** Above: the photograph, $x_{100}$, all the noise in it, and the noise of its last step alone. To the
eye, one noise is like the other. Below, what (8) makes of each; $\ell_1$ is the average distance from the photograph,
whose pixels run from $-1$ to $1$. With the whole $\epsilon$, (8) returns the photograph. With the noise of the last step
it returns something worse than $x_{100}$. That last noise is one of a hundred parts, and its correlation with the whole
is only $\sqrt{\beta_t/(1-\bar\alpha_t)}$, here 0.14.

So the target in training is *all the noise in* $x_t$. Nor would it help to teach a network the last step's noise
alone: nothing in $x_t$ tells the last noise from the 99 before it, so the best guess of it would be
$\sqrt{\beta_t/(1-\bar\alpha_t)}$ times the best guess of the whole. Keep this factor in mind; it comes back in (9).
"""

# %% [markdown] key="noise-read" lang="zh" of="7d65f7"
r"""
**看图。** 上图依次是：照片，$x_{100}$，其中的全部噪声，以及最后一步单独的噪声。两份噪声，肉眼看不出分别。
下图是把它们分别代入 (8) 的结果；$\ell_1$ 是与照片逐像素之差的绝对值的平均，像素取值从 $-1$ 到 $1$。代入全部的 $\epsilon$，(8) 还原出照片；
代入最后一步的噪声，得到的比 $x_{100}$ 还糟。那最后一份只是一百份中的一份，
它与总噪声的相关系数只有 $\sqrt{\beta_t/(1-\bar\alpha_t)}$，在这里是 0.14。

所以训练的目标是 $x_t$ **中的全部噪声**。只让网络学最后一步的噪声也没有好处：$x_t$ 里没有任何东西能把最后一份与之前的 99 份区分开，
要猜最后一份，最多也只能先猜总噪声，再乘以 $\sqrt{\beta_t/(1-\bar\alpha_t)}$。记住这个因子，到 (9) 它会再次出现。
"""

# %% [markdown] key="four"
r"""
## 6 · One step, four ways · 同一步，四种求法
"""

# %% [markdown] key="four-why" lang="en"
r"""
The mean of the step can be had in four ways, according to what the network was trained to say. It may say
$\tilde\mu_t$ itself. It may say $x_0$; put that into (7). It may say $\epsilon$; put (8) into (7), and the factors of
$x_t$ gather into one,
$$\tilde\mu_t=\frac1{\sqrt{\alpha_t}}\left(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\epsilon\right).\tag{9}$$
Read it with section 5 in mind: a step back takes away the last step's noise, $\sqrt{\beta_t}$ times the best guess
of it, and that guess is $\sqrt{\beta_t/(1-\bar\alpha_t)}$ times $\epsilon$. The product of the two factors is the one in (9).

Or the network may say the *velocity* $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$. (The name: call the
two roots $\cos\varphi$ and $\sin\varphi$. Then $x_t=\cos\varphi\,x_0+\sin\varphi\,\epsilon$, and $v$ is its derivative
$dx_t/d\varphi$.) It follows that
$x_0=\sqrt{\bar\alpha_t}\,x_t-\sqrt{1-\bar\alpha_t}\,v$.

**On paper, before you unfold it:** put this $x_0$ into (7). What is the factor of $v$, and what becomes of the factor
of $x_t$? (You need $\bar\alpha_t=\alpha_t\bar\alpha_{t-1}$ and $\beta_t=1-\alpha_t$, as in line 5.) Let the function below return
the mean that is made of the two, and have it checked, against (7) and $x_0$; `a_t` is $\bar\alpha_t$, `a_s` is $\bar\alpha_{t-1}$.

<details><summary>Answer</summary>

The factor of $v$ is that of $x_0$ times $-\sqrt{1-\bar\alpha_t}$. The factor of $x_t$ is
$$\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t\sqrt{\bar\alpha_t}+\sqrt{\alpha_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}
=\sqrt{\alpha_t}\;\frac{\bar\alpha_{t-1}\,\beta_t+1-\bar\alpha_{t-1}}{1-\bar\alpha_t}
=\sqrt{\alpha_t}\;\frac{1-\bar\alpha_{t-1}\,\alpha_t}{1-\bar\alpha_t}=\sqrt{\alpha_t}.$$
So
$$\tilde\mu_t=\sqrt{\alpha_t}\,x_t-\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{\sqrt{1-\bar\alpha_t}}\,v.\tag{10}$$

</details>
"""

# %% [markdown] key="four-why" lang="zh" of="7c6c80"
r"""
这一步的均值有四种求法，取决于网络学的是给出哪个量。它可以直接给出 $\tilde\mu_t$。它可以给出 $x_0$，代入 (7) 即可。
它可以给出 $\epsilon$：把 (8) 代入 (7)，$x_t$ 的系数合并成一个，
$$\tilde\mu_t=\frac1{\sqrt{\alpha_t}}\left(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\epsilon\right).\tag{9}$$
联系第 5 节来读它：退回一步，就是去掉最后一步的噪声，即 $\sqrt{\beta_t}$ 乘以对它的最优猜测，
而这个猜测是 $\epsilon$ 的 $\sqrt{\beta_t/(1-\bar\alpha_t)}$ 倍。两个因子相乘，就是 (9) 里的那个。

网络还可以给出**速度**（velocity）$v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$。
（名字的由来：把两个根号分别记作 $\cos\varphi$ 与 $\sin\varphi$，则 $x_t=\cos\varphi\,x_0+\sin\varphi\,\epsilon$，
而 $v$ 正是它的导数 $dx_t/d\varphi$。）由此得
$x_0=\sqrt{\bar\alpha_t}\,x_t-\sqrt{1-\bar\alpha_t}\,v$。

**先动笔，再展开：** 把这个 $x_0$ 代入 (7)。$v$ 的系数是多少？$x_t$ 的系数又化成什么？
（要用到 $\bar\alpha_t=\alpha_t\bar\alpha_{t-1}$ 与 $\beta_t=1-\alpha_t$，与第 5 行一样。）然后让下面的函数返回由这两个系数组成的均值，检查会用 (7) 与 $x_0$ 来核对；
`a_t` 是 $\bar\alpha_t$，`a_s` 是 $\bar\alpha_{t-1}$。

<details><summary>答案</summary>

$v$ 的系数，就是 $x_0$ 的系数乘以 $-\sqrt{1-\bar\alpha_t}$。$x_t$ 的系数是
$$\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t\sqrt{\bar\alpha_t}+\sqrt{\alpha_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}
=\sqrt{\alpha_t}\;\frac{\bar\alpha_{t-1}\,\beta_t+1-\bar\alpha_{t-1}}{1-\bar\alpha_t}
=\sqrt{\alpha_t}\;\frac{1-\bar\alpha_{t-1}\,\alpha_t}{1-\bar\alpha_t}=\sqrt{\alpha_t}.$$
所以
$$\tilde\mu_t=\sqrt{\alpha_t}\,x_t-\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{\sqrt{1-\bar\alpha_t}}\,v.\tag{10}$$

</details>
"""

# %% key="paper-try" tags=["exercise"]
def my_mean_from_v(a_t, a_s, xt, v):
    ...

my_mean_from_v = check("03.paper", my_mean_from_v)

# %% key="four-ways" tags=["nbval-check-output"]
image = palace.double()
noisy, eps = forward_jump(schedule, image, 100, generator=torch.Generator().manual_seed(0))
v, weight, root = v_from_eps(schedule, noisy, 100, eps), schedule.beta[100] / schedule.noise[100], schedule.alpha[100].sqrt()
from_image = posterior(schedule, noisy, 100, image).mean
via_x0 = posterior(schedule, noisy, 100, x0_from_eps(schedule, noisy, 100, eps)).mean
via_eps = (noisy - weight * eps) / root
via_v = my_mean_from_v(schedule.alpha_bar[100], schedule.alpha_bar[99], noisy, v)
print("all equal:", all(bool((way - from_image).abs().max() < 1e-6) for way in (via_x0, via_eps, via_v)))

# %% [markdown] key="four-pictures" lang="en"
r"""
Four formulas, one step. And what does the mean look like? On the left $x_{100}$; then $\hat x_0$ from (8); then the
posterior mean $\tilde\mu_{100}$, our best knowledge of $x_{99}$; on the right, for comparison, the *forward* mean of
$x_{99}$, the photograph scaled by $\sqrt{\bar\alpha_{99}}$.
"""

# %% [markdown] key="four-pictures" lang="zh" of="f87f53"
r"""
四个公式，同一步。这个均值看上去是什么样？最左是 $x_{100}$；然后是由 (8) 得到的 $\hat x_0$；
再是后验均值 $\tilde\mu_{100}$，也就是我们对 $x_{99}$ 的最优估计；最右作为对照，是 $x_{99}$ 的**前向**均值，
即照片乘以 $\sqrt{\bar\alpha_{99}}$。
"""

# %% key="four-show"
shown = {"$x_{100}$": noisy, r"$\hat x_0$": x0_from_eps(schedule, noisy, 100, eps)}
shown |= {r"$\tilde\mu_{100}$": from_image, r"$\sqrt{\bar\alpha_{99}}\,x_0$": schedule.signal[99] * image}
plots.grids({l1(x, name): x for name, x in shown.items()})

# %% key="four-weights" tags=["nbval-check-output"]
one, zero = torch.ones(1), torch.zeros(1)
print(f"weight of x_0 in the mean: {posterior(schedule, zero, 100, one).mean.item():.3f}")
print(f"weight of x_t in the mean: {posterior(schedule, one, 100, zero).mean.item():.3f}")

# %% [markdown] key="four-read" lang="en"
r"""
**Read the figure.** The posterior mean is nearly as noisy as $x_{100}$. The forward mean has no noise in it at all; its
small $\ell_1$ is the scaling alone. This is no error. The forward mean answers "where is $x_{99}$ on average, over all noises?"; the posterior mean answers "where is
*this* $x_{99}$, whose noise we see in $x_{100}$?" That noise was there one step ago, nearly all of it, so an honest
guess keeps it: the weight of $x_t$ is 0.981. The noise is removed a little at a time, 1000 times.
"""

# %% [markdown] key="four-read" lang="zh" of="ffc42b"
r"""
**看图。** 后验均值里的噪声几乎与 $x_{100}$ 里一样多；前向均值里则完全没有噪声，那一点 $\ell_1$ 只来自缩放。这不是错误。
前向均值回答的是：“对所有可能的噪声取平均，$x_{99}$ 在哪里？”后验均值回答的是：“**这一个** $x_{99}$ 在哪里？它的噪声我们已经在 $x_{100}$ 里看到了。”
那些噪声，一步之前几乎全都在，所以诚实的猜测要把它们留下：$x_t$ 的权重是 0.981。噪声是一点一点去掉的，一共去 1000 次。
"""

# %% [markdown] key="easier" lang="en"
r"""
With exact predictions the four ways agree. A network errs, and then they differ: the same error $\delta$ of the
prediction is multiplied by another factor in each. The factors can be read off (7), (8), (9) and (10), the last of which
stands in the fold above; here they are over $t$, on the left for the mean of the step, on the right for the $\hat x_0$ that follows from the prediction.
"""

# %% [markdown] key="easier" lang="zh" of="403fb0"
r"""
预测精确时，四种求法一致。网络总会有误差，这时就不一样了：预测的误差同为 $\delta$，在四种求法里乘上的因子却各不相同。
这些因子可以从 (7)、(8)、(9)、(10) 里读出来，最后一式在上面折叠的答案里；下图画出它们随 $t$ 的变化，左边是对这一步均值的影响，右边是对由预测得出的 $\hat x_0$ 的影响。
"""

# %% key="easier-show"
times = torch.arange(1, 1001)
noises, signals, before = schedule.noise[times], schedule.signal[times], schedule.signal[times - 1]
betas, whole = schedule.beta[times], torch.ones(1000)
of_step = {r"$\mu$": whole, "$x_0$": before * betas / noises**2, r"$\epsilon$": betas / noises / schedule.alpha[times].sqrt()}
of_x0 = {r"$\mu$": noises**2 / before / betas, "$x_0$": whole, r"$\epsilon$": noises / signals}
of_step["$v$"], of_x0["$v$"] = before * betas / noises, noises
factors = {r"$\Delta\tilde\mu_t\,/\,\delta$": of_step, r"$\Delta\hat x_0\,/\,\delta$": of_x0}
plots.curves(factors, x=times, log="y")

# %% [markdown] key="easier-read" lang="en"
r"""
**Read the figure.** On the left, the step. An error in $\mu$ enters it whole. One in $\epsilon$ is shrunk at every $t$,
to between 0.006 and 0.020 of its size. One in $x_0$ is shrunk less and less towards the clean end, and enters whole at
$t = 1$. $v$ does as $x_0$ does where there is much noise, and as $\epsilon$ does where there is little. On the right,
the factor of $\epsilon$ explodes at the noisy end (and that of $\mu$ is worse still): there $x_t$ is nearly all noise, so
$\epsilon$ is easy to guess and says almost nothing about $x_0$; an error of 0.01 in it is an error of 1.6 in $\hat x_0$ at
$t = 1000$. For $x_0$ and $v$ no factor exceeds 1.

It is often said that $\epsilon$ is easier to learn. As it stands, this is not a fact. By (8), an $x_0$ error is an
$\epsilon$ error times $\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$, so a squared loss on $\epsilon$ *is* a squared loss on $x_0$,
with the weight $\bar\alpha_t/(1-\bar\alpha_t)$, the signal-to-noise ratio; and one on $v$ is the same with that ratio plus
1. What you choose with the target is a *weighting* of the timesteps, and what the network's last layer has to output.
Which works better is found by trying: Ho et al. got their best samples with $\epsilon$ and an unweighted loss; Salimans &
Ho, who wanted very few steps, turned to $v$ or $x_0$.
"""

# %% [markdown] key="easier-read" lang="zh" of="e73456"
r"""
**看图。** 左边是这一步。$\mu$ 的误差原样进入；$\epsilon$ 的误差在每个 $t$ 都缩小到原来的 0.006 至 0.020；
$x_0$ 的误差越靠近干净的一端缩得越少，到 $t = 1$ 就原样进入。$v$ 在噪声多时像 $x_0$，噪声少时像 $\epsilon$。
右边，$\epsilon$ 的因子在多噪的一端急剧膨胀（$\mu$ 的更甚）：那里 $x_t$ 几乎全是噪声，$\epsilon$ 很容易猜准，却几乎不透露 $x_0$ 的信息；
在 $t = 1000$，它错 0.01，$\hat x_0$ 就错 1.6。$x_0$ 与 $v$ 的因子都不超过 1。

常听人说 $\epsilon$ 更容易学。这句话本身算不上事实。由 (8)，$x_0$ 的误差就是 $\epsilon$ 的误差乘以
$\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$，所以对 $\epsilon$ 的平方损失**就是**对 $x_0$ 的平方损失，
权重是 $\bar\alpha_t/(1-\bar\alpha_t)$，即信噪比；换成对 $v$ 的平方损失，权重就是这个比值加 1。选定目标，就是为各个时间步选定了一种**加权**，
也选定了网络最后一层要输出什么。哪种更好，要试了才知道：Ho 等人最好的样本出自 $\epsilon$ 与不加权的损失；
Salimans 与 Ho 想要步数极少，就改用 $v$ 或 $x_0$。
"""

# %% [markdown] key="sigma"
r"""
## 7 · The variance: β, β̃ or learned · 方差：β、β̃ 还是学出来
"""

# %% [markdown] key="sigma-why" lang="en"
r"""
The step needs a variance, too, and (7b) says which: $\tilde\beta_t$, the doubt that is left where $x_0$ is known, and on
top of it $c_t^2\,\mathrm{Var}[x_0|x_t]$, the doubt about $x_0$. How large that is, depends on the data. For pixels that are
$\mathcal N(0,\sigma_0^2)$ the variance of $x_0$ that is left is $\sigma_0^2\,(1-\bar\alpha_t)/(\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t)$, whatever $x_t$ is. Put that in; or,
shorter: who is not told $x_0$ has $q(x_{t-1})$ for the prior, a Gaussian too for these data, so replace the prior's variance
$1-\bar\alpha_{t-1}$ in $A$ by the variance $V$ of $x_{t-1}$. Both ways the answer is
$$\sigma_t^2=\frac{\beta_t\,V}{\alpha_t\,V+\beta_t},\qquad V=\bar\alpha_{t-1}\,\sigma_0^2+1-\bar\alpha_{t-1}.\tag{11}$$
With $\sigma_0=0$ (all data the same image) it is $\tilde\beta_t$. With $\sigma_0=1$ it is $\beta_t$. These are the two
choices of the DDPM paper. A network can also *learn* it: for every pixel a share $r$, usually between 0 and 1, and
$$\sigma_t^2=\beta_t^{\,r}\;\tilde\beta_t^{\,1-r},\tag{12}$$
an interpolation in the logarithm. Here are all of them, divided by $\beta_t$.
"""

# %% [markdown] key="sigma-why" lang="zh" of="9c9f70"
r"""
这一步还需要一个方差，该是多少，(7b) 已经说了：$x_0$ 已知时仍剩下的不确定性 $\tilde\beta_t$，再加上来自 $x_0$ 的不确定性 $c_t^2\,\mathrm{Var}[x_0|x_t]$。
后者有多大，要看数据。若像素服从 $\mathcal N(0,\sigma_0^2)$，则无论 $x_t$ 是多少，$x_0$ 的方差都是 $\sigma_0^2\,(1-\bar\alpha_t)/(\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t)$。
把它代进去；或者更简捷：不知道 $x_0$ 时，先验就是 $q(x_{t-1})$，对这样的数据它也是高斯分布，所以只要把 $A$ 里先验的方差 $1-\bar\alpha_{t-1}$ 换成 $x_{t-1}$ 的方差 $V$。两种做法，答案都是
$$\sigma_t^2=\frac{\beta_t\,V}{\alpha_t\,V+\beta_t},\qquad V=\bar\alpha_{t-1}\,\sigma_0^2+1-\bar\alpha_{t-1}.\tag{11}$$
$\sigma_0=0$（数据全是同一幅图）时，它是 $\tilde\beta_t$；$\sigma_0=1$ 时，它是 $\beta_t$。DDPM 论文的两种选择就是这两个。
方差也可以**学**出来：网络为每个像素给出一个份额 $r$，通常在 0 到 1 之间，
$$\sigma_t^2=\beta_t^{\,r}\;\tilde\beta_t^{\,1-r},\tag{12}$$
即在对数上插值。下面把它们都除以 $\beta_t$ 画出来。
"""

# %% key="sigma-ratios"
def variance(schedule, t, std):
    V = schedule.alpha_bar[t - 1] * std**2 + 1 - schedule.alpha_bar[t - 1]
    return schedule.beta[t] * V / (schedule.alpha[t] * V + schedule.beta[t])

def ratios(schedule):
    t = torch.arange(1, schedule.T + 1)
    of = {rf"$\sigma_0={std}$": variance(schedule, t, std) for std in (0, 0.1, 0.5, 1)}
    of["$r=0.5$"] = (schedule.beta[t] * schedule.posterior_variance[t]).sqrt()
    return {name: values / schedule.beta[t] for name, values in of.items()}

plots.curves({r"$\sigma_t^2\,/\,\beta_t$": ratios(schedule)}, x=times, log="x")

# %% key="sigma-ratios-20"
plots.curves({r"$\sigma_t^2\,/\,\beta_t$": ratios(linear(20))}, x=range(1, 21))

# %% [markdown] key="sigma-read" lang="en"
r"""
**Read the figures.** Above $T = 1000$ (over $\log t$), below $T = 20$. The lowest curve, $\sigma_0 = 0$, is
$\tilde\beta_t$; the highest, $\sigma_0 = 1$, is $\beta_t$; the truth for data in between lies in between, and so does (12)
with $r = 0.5$. With 1000 steps even narrow data, $\sigma_0 = 0.1$, are close to $\beta_t$ throughout ($\sigma_0 = 0.5$ is
hidden behind $\beta_t$), and the choice matters only for the few dozen smallest $t$: from $t = 100$ on, $\tilde\beta_t$ is within 2 %
of $\beta_t$. With 20 steps they are more than 5 % apart up to $t = 10$, half of the way. Does it show? Sample from
$\mathcal N(0, 0.5^2)$ with the exact $\epsilon$ and each variance, and measure the standard deviation of what comes out.
"""

# %% [markdown] key="sigma-read" lang="zh" of="70adfb"
r"""
**看图。** 上图 $T = 1000$（横轴为 $\log t$），下图 $T = 20$。最低的 $\sigma_0 = 0$ 就是 $\tilde\beta_t$，
最高的 $\sigma_0 = 1$ 就是 $\beta_t$；数据介于两者之间，真值也就介于两者之间，$r = 0.5$ 的 (12) 也是。
走 1000 步时，就连很窄的数据（$\sigma_0 = 0.1$），曲线也始终接近 $\beta_t$（$\sigma_0 = 0.5$ 被 $\beta_t$ 遮住了），选哪个方差只对最小的几十个 $t$ 有影响：
从 $t = 100$ 起，$\tilde\beta_t$ 与 $\beta_t$ 相差不到 2 %。只走 20 步时，$t = 10$ 以内，也就是一半的步数，两者相差都超过 5 %。结果里看得出来吗？
用精确的 $\epsilon$ 和各种方差从 $\mathcal N(0, 0.5^2)$ 采样，再量一量结果的标准差。
"""

# %% key="sigma-sample"
def spread(schedule, sigma):
    denoiser = mixture(schedule, torch.zeros(1, 1), torch.tensor([0.5]))
    generator = torch.Generator().manual_seed(0)
    xT = torch.randn(4000, 1, generator=generator)
    return finish(ddpm(schedule, denoiser, xT, range(schedule.T, -1, -1), sigma=sigma, generator=generator)).std()

def exact(schedule, t, s):
    return variance(schedule, t, 0.5).sqrt()

for T in (1000, 20):
    sigmas = (sigma_posterior, sigma_between(0.5), sigma_beta, exact)
    print(f"T = {T:4}   posterior, between, beta, exact:", *(f"{spread(linear(T), f):.2f}" for f in sigmas))

# %% [markdown] key="sigma-sample-read" lang="en"
r"""
The truth is 0.50. With 1000 steps every choice is within 0.02 of it. With 20 steps $\tilde\beta$ makes the samples too
alike (about 0.4), $\beta$ a little too different, and the exact variance (11) is right with either number of steps.
Real images have no single $\sigma_0$. But as long as pixels lie in $[-1, 1]$, the best variance for each $t$ (the average of
(7b) over all $x_t$) is still between the two. For the average of $\mathrm{Var}[x_0|x_t]$ is the squared error of the best
guess of $x_0$: at least 0, and at most $1-\bar\alpha_t$, since no pixel's square exceeds 1 and even the simple guess
$\sqrt{\bar\alpha_t}\,x_t$ has no more: its squared error is
$(1-\bar\alpha_t)^2E[x_0^2]+\bar\alpha_t(1-\bar\alpha_t)\le1-\bar\alpha_t$. With 0, (7b) is $\tilde\beta_t$; with $1-\bar\alpha_t$ it is $\beta_t$. (That
argument is ours. For data of values of any size Bao et al. prove the bound $\beta_t/\alpha_t$, and they estimate the best variance
from a trained network.) And note what is *not* true, though it can be read: that $\beta_t$ is the variance of the
posterior. It is another choice, not the same one.
"""

# %% [markdown] key="sigma-sample-read" lang="zh" of="a02d23"
r"""
真值是 0.50。走 1000 步时，哪种选择都与它相差不到 0.02。走 20 步时，$\tilde\beta$ 让样本过于相像（约 0.4），
$\beta$ 又略嫌分散；而精确方差 (11) 在两种步数下都对。真实图像没有单一的 $\sigma_0$。但只要像素在 $[-1, 1]$ 之内，
每个 $t$ 的最优方差（(7b) 对所有 $x_t$ 的平均）仍在这两种方差之间。因为 $\mathrm{Var}[x_0|x_t]$ 的平均，就是对 $x_0$ 的最优猜测的平方误差：
它不小于 0；也不大于 $1-\bar\alpha_t$，因为像素的平方都不超过 1，就连 $\sqrt{\bar\alpha_t}\,x_t$ 这样简单的猜测，平方误差也只有
$(1-\bar\alpha_t)^2E[x_0^2]+\bar\alpha_t(1-\bar\alpha_t)\le1-\bar\alpha_t$。
取 0，(7b) 就是 $\tilde\beta_t$；取 $1-\bar\alpha_t$，就是 $\beta_t$。（这番论证是我们自己的。对取值大小不限的数据，Bao 等人证明的上界是 $\beta_t/\alpha_t$；
他们还由训练好的网络估计出了最优方差。）还要留意一个流传的错误说法，说 $\beta_t$ 就是后验方差。不是的，那是另一种选择。
"""

# %% [markdown] key="sigma-real-why" lang="en"
r"""
So the only question is what share of the way from $\tilde\beta_t$ to $\beta_t$ one should go: by (7b) it is the best squared
error of $\hat x_0$, over $1-\bar\alpha_t$. For real data we can measure it from above, with a trained network in the place of the best guess,
which errs less than any other. Here is one of the package's, for the small digits of lesson 0, on 200 of the digits that were kept out of its training.
And beside it, the same guess rounded to the nearest grey level: these digits have only 17, 0.125 apart.
"""

# %% [markdown] key="sigma-real-why" lang="zh" of="f24339"
r"""
所以，要问的只是：从 $\tilde\beta_t$ 到 $\beta_t$，该走几成？由 (7b)，这个份额就是 $\hat x_0$ 的最小平方误差除以 $1-\bar\alpha_t$。
对真实数据，可以用训练好的网络代替最优猜测，量出它的一个上界：最优猜测的误差只会更小。下面用的是包里画第 0 课小数字的那个网络，在它训练时没有见过的 200 个数字上量。
旁边一列，是把同样的猜测取整到最近的灰度级：这些数字只有 17 级灰度，相邻两级相隔 0.125。
"""

# %% key="sigma-real"
digits, painter = data.digits().x[::5][:200], image_denoiser(schedule, pretrained("digits"))
for at in (1000, 600, 300, 100, 20, 5, 1):
    guess = painter(forward_jump(schedule, digits, at, generator=torch.Generator().manual_seed(0)).xt, at)
    said = [f"t = {at:4}"]
    for name, x0_hat in (("share", guess), ("rounded", (8 * guess + 8).round() / 8 - 1)):
        each = (x0_hat - digits).square().mean((1, 2, 3)) / (1 - schedule.alpha_bar[at])
        said.append(f"{name} {each.mean():.2f} ± {each.std() / len(each) ** 0.5:.2f}")
    print("   ".join(said))

# %% [markdown] key="sigma-real-read" lang="en"
r"""
For these digits the network says a fifth to a half of the way (the error bar is that of 200 digits), and that is an upper bound.
In the last steps it is far too high. At $t = 1$ the noise is 0.01 wide, and whoever rounds to the nearest level makes no error at all (second column):
there the share is 0, and $\tilde\beta_t$ the best variance. At $t = 5$ at most 0.22 is left of 0.49. The network does not know of the levels; at $t = 20$
the noise hides them, and rounding only makes it worse. So the best variance is not one share for all $t$: it depends on the data, down to how they were stored, and we see it only as well as we can guess. An $r$ that
the network says can follow that, as Nichol & Dhariwal let it (in the logarithm, (12)).
"""

# %% [markdown] key="sigma-real-read" lang="zh" of="06eee9"
r"""
对这些数字，按网络来量，份额在五分之一到一半（误差棒由这 200 个数字算出）；这是上界。到了最末几步，它就太高了。
$t = 1$ 的噪声宽度只有 0.01，只要取最近的一级，就毫无误差（第二列）：那里的份额是 0，最优方差就是 $\tilde\beta_t$。在 $t = 5$，0.49 至多还剩 0.22。
网络并不知道有这些级；到 $t = 20$，各级的差别已被噪声淹没，取整反而更差。可见最优方差的份额并非对所有 $t$ 都一样：它取决于数据，连数据怎样存储也有关系；而我们量得多准，又要看猜得多好。
像 Nichol 与 Dhariwal 那样由网络给出 $r$，就能跟上这种变化（按对数，见 (12)）。
"""

# %% [markdown] key="step-task" lang="en"
r"""
**Write it yourself: the reverse step.** This is the heart of the DDPM sampler, Algorithm 2 of Ho et al.: a draw of
$x_{t-1}$ from the posterior of section 3, by somebody who was not told $x_0$ but `eps_hat`. `noise` is standard normal and
is handed to you; draw none yourself. Which mean is it, and which variance? And what does the last step return, $t = 1$?
"""

# %% [markdown] key="step-task" lang="zh" of="b7735f"
r"""
**自己动手：反向步（reverse step）。** 这是 DDPM 采样器的核心，即 Ho 等人的算法 2：从第 3 节的后验中抽取 $x_{t-1}$，
只是没有给你 $x_0$，给的是 `eps_hat`。`noise` 是标准正态噪声，已经传进来，不要另抽。均值取哪一个，方差又取哪一个？最后一步，即 $t = 1$，该返回什么？
"""

# %% key="step-try" tags=["exercise"]
def my_reverse_step(schedule, xt, t, eps_hat, noise):
    ...

my_reverse_step = check("03.step", my_reverse_step)

# %% [markdown] key="step-real" lang="en"
r"""
The real one is given $\hat x_0$, which (8) makes of $\hat\epsilon$, and takes the mean of the posterior; so it works for
any step from $t$ to $s$. The standard deviation is handed over as a function, `sigma`:
"""

# %% [markdown] key="step-real" lang="zh" of="980cc1"
r"""
真正的实现拿到的是 $\hat x_0$（由 (8) 从 $\hat\epsilon$ 得到），再取后验均值，所以适用于从 $t$ 到任意 $s$ 的一步；标准差由函数 `sigma` 给出：
"""

# %% key="step-source"
show_source(reverse_step)

# %% [markdown] key="full"
r"""
## 8 · All the way back, with the true noise · 用真实的噪声一路走回
"""

# %% [markdown] key="full-why" lang="en"
r"""
Now 1000 steps, with the best prediction there can be: at each step the $\epsilon$ that is truly in the current $x_t$. We
can only have it because we know $x_0$, so this is a simulation, not generation. A *denoiser*, in this course, is any
function of $x_t$ and $t$ that answers with a guess of $x_0$; by (8), whoever knows that knows $\hat\epsilon$, too. Ours
cheats: whatever it is shown, it answers with the photograph. The loop takes *your* step, a thousand times (the package's,
as long as yours is blank); the package's own loop, `ddpm`, does the same with `reverse_step` down any list of times.
"""

# %% [markdown] key="full-why" lang="zh" of="84eae2"
r"""
现在走完 1000 步，用的是再好不过的预测：每一步都给出当前 $x_t$ 中真正的 $\epsilon$。之所以拿得到，是因为我们知道 $x_0$，
所以这是模拟，不是生成。本课程所说的**去噪器**，是以 $x_t$ 与 $t$ 为输入、给出对 $x_0$ 的猜测的任意函数；由 (8)，知道这个猜测，也就知道 $\hat\epsilon$。
这里的去噪器在作弊：不管看到什么，它给出的都是那张照片。
循环里走的是**你写的**那一步，一共一千次（你的还空着时，用包里的）；包里自己的循环 `ddpm` 做的是同一件事，用的是 `reverse_step`，时间步可以任意给定。
"""

# %% key="full-walk"
def walk(denoiser, seed=1):
    generator, predict_eps = torch.Generator().manual_seed(seed), eps_of(schedule, denoiser)
    states = [torch.randn(palace.shape, generator=generator)]
    for t in range(1000, 0, -1):
        noise = torch.randn(palace.shape, generator=generator)
        states.append(my_reverse_step(schedule, states[-1], t, predict_eps(states[-1], t), noise))
    return torch.cat(states)

def knowing(xt, t):
    return palace

states = walk(knowing)  # t = 1000, 999, ..., 0
plots.strip(states[::200], range(1000, -1, -200))

# %% key="full-error" tags=["nbval-check-output"]
error = (states[-1] - palace).abs().max()
print(f"largest error {error:.4f}   below 0.0001:", bool(error < 1e-4))

# %% [markdown] key="full-read" lang="en"
r"""
**Read the figure.** It began with noise that has nothing to do with the palace, and fresh noise was added at every step
but the last. Yet it ends in the photograph, but for rounding, for at $t = 1$ the mean is $\hat x_0$ itself. The noise along the
way did no harm: at each step $\hat\epsilon$ was all the noise in the current $x_t$, old and new. Any start and any noise
lead here, because this denoiser knows one image only.
"""

# %% [markdown] key="full-read" lang="zh" of="b9509e"
r"""
**看图。** 起点是与楼阁毫无关系的噪声，除最后一步外，每一步还加了新噪声。终点却是那张照片，只差一点舍入误差，因为 $t = 1$ 处的均值就是 $\hat x_0$ 本身。
沿途加的噪声并不碍事：每一步的 $\hat\epsilon$ 都是当时 $x_t$ 中的全部噪声，不分新旧。不管从哪里出发、加什么噪声，都会走到这里：这个去噪器只认得一幅图。
"""

# %% [markdown] key="full-new" lang="en"
r"""
**Now without cheating.** The loop knows nothing of the photograph; only the denoiser did. So give the same step the exact
denoiser of the one-pixel data of section 2. It knows no $x_0$; all it can say is the best guess $E[x_0|x_t]$, and by
section 4 no more is needed. Five thousand pixels, each from noise of its own:
"""

# %% [markdown] key="full-new" lang="zh" of="2f3e62"
r"""
**这次不作弊。** 循环并不知道那张照片，知道的只是去噪器。那就把第 2 节那种单像素数据的精确去噪器交给同一个反向步。
它不知道 $x_0$，说得出的只有最优猜测 $E[x_0|x_t]$；而由第 4 节，有这个猜测就够了。五千个像素，各从自己的一份噪声出发：
"""

# %% key="full-generate"
generator, two = torch.Generator().manual_seed(2), two_values()
pixels = torch.randn(5000, 1, generator=generator, dtype=torch.float64)
for t in range(1000, 0, -1):
    noise = torch.randn(pixels.shape, generator=generator, dtype=torch.float64)
    pixels = my_reverse_step(schedule, pixels, t, two.eps(pixels, t), noise)
near = (pixels.abs() - 1).abs() < 0.25
above, below = pixels[near & (pixels > 0)], pixels[near & (pixels < 0)]
print(f"within 0.25 of -1 or 1: {near.double().mean():.1%}   near 1: {len(above) / 5000:.1%}")
print(f"standard deviation near -1: {below.std():.3f}   near 1: {above.std():.3f}")
plots.histograms({"$x_0$": pixels}, limit=1.5, bell=None)

# %% [markdown] key="full-new-read" lang="en"
r"""
**Read the figure.** Every pixel ended near $-1$ or near 1, about half of them at either, as in the data (of 5000, chance
alone moves the share by 0.7 % or so). Nobody told a pixel where to go: at $t = 1000$ the guess was nearly 0 for all of
them. Only, both peaks are a little too narrow, with standard deviations of 0.048 and 0.045 instead of 0.05: the guess is exact, but your step adds
$\tilde\beta_t$ and no more, less than (7b) asks for. This is generation, by your step, with an exact guess. The rest of
the course is about guesses that have to be learned.
"""

# %% [markdown] key="full-new-read" lang="zh" of="c755cd"
r"""
**看图。** 每个像素最后都落在 $-1$ 或 1 附近，各约一半，与数据相同（5000 个里，单凭偶然，份额就会摆动 0.7 % 左右）。
没有谁告诉过像素该往哪里去：在 $t = 1000$，对它们的猜测几乎都是 0。只是两个峰都稍窄了一点，标准差是 0.048 与 0.045，而不是 0.05：
猜测是精确的，但你的步只加了 $\tilde\beta_t$，比 (7b) 要求的少。这就是生成，走的是你写的步，用的是精确的猜测。
课程余下的部分，讲的都是只能学出来的猜测。
"""

# %% [markdown] key="wrong"
r"""
## 9 · What the walk forgives, and what it does not · 哪些误差会被原谅
"""

# %% [markdown] key="wrong-why" lang="en"
r"""
A network's $\hat\epsilon$ is never exact. So spoil it by a known amount, at some steps only, and see what is left at
the end. (In the code, `eps_of` reads $\hat\epsilon$ off a denoiser, and `from_eps` makes a denoiser of $\hat\epsilon$: both
are (8).) First with the denoiser that knows $x_0$:
"""

# %% [markdown] key="wrong-why" lang="zh" of="bd2757"
r"""
网络的 $\hat\epsilon$ 从来不会完全准确。那就给它加上大小已知的误差，只加在某几步，看最后还剩下什么。（代码中，`eps_of` 由去噪器得到 $\hat\epsilon$，`from_eps` 由 $\hat\epsilon$ 得到去噪器，用的都是 (8)。）先用知道 $x_0$ 的去噪器：
"""

# %% key="wrong-predict"
predict("03.error")

# %% key="wrong-known"
def wrong_at(times, denoiser, delta):
    predict_eps = eps_of(schedule, denoiser)
    return from_eps(schedule, lambda xt, t: predict_eps(xt, t) + delta * (t in times))

spells = {"t > 800": range(801, 1001), "400 to 600": range(400, 601), "2 to 50": range(2, 51)}
spells |= {"t = 1": [1], "always": range(1, 1001)}
off = {name: (walk(wrong_at(times, knowing, 0.3)) - states).abs().mean((1, 2, 3)) for name, times in spells.items()}
said = []
for name, errors in off.items():
    said.append(f"{name:11} largest on the way {errors.max():.3f}   left at t = 0: {errors[-1]:.6f}")
reveal("03.error", *said)

# %% key="wrong-known-show"
reveal("03.error", plots.curves({r"mean $|\Delta x_t|$": off}, x=range(1000, -1, -1)))

# %% [markdown] key="wrong-known-read" lang="en"
r"""
**Read the figure** from right to left, as the walk goes. Each curve is the distance from the undisturbed walk with
the same noise, when $\hat\epsilon$ is wrong by 0.3 at the named steps. The picture is pulled away and then comes back, for
the next prediction is made afresh from wherever $x_t$ is by then. An error in $x_t$ is passed on to $x_{t-1}$ with the
weight of $x_t$ in (7). Towards the clean end these weights take away more than the new errors add, which is why even the
curve "always" turns round about halfway; and their product down to $t = 1$ is 0, since the last one is 0. Only the error at $t = 1$ itself is left:
$0.3\cdot\sqrt{1-\bar\alpha_1}/\sqrt{\bar\alpha_1} = 0.003$. Always being wrong leaves no more than that.
"""

# %% [markdown] key="wrong-known-read" lang="zh" of="880943"
r"""
**看图**，从右往左，顺着行走的方向。同样的噪声走两次，一次不受干扰，一次让 $\hat\epsilon$ 在所标的各步都错 0.3；
每条曲线画的就是这两次相距多远。
画面被拉偏，之后又会回来，因为下一次预测总是从 $x_t$ 当时所在之处重新做起。$x_t$ 的误差乘以 (7) 中 $x_t$ 的权重，
传给 $x_{t-1}$。到了后半程，权重每步缩掉的误差，比新添的还多，所以连“always”那条曲线也在半路上掉头往下；
而这些权重一路连乘到 $t = 1$，乘积是 0，因为最后一个就是 0。留下的只有 $t = 1$ 那一步自己的误差：
$0.3\cdot\sqrt{1-\bar\alpha_1}/\sqrt{\bar\alpha_1} = 0.003$。就算一路都错，留下的也不过这么多。
"""

# %% [markdown] key="wrong-gauss" lang="en"
r"""
Does this excuse a real denoiser? It does not know $x_0$; it judges by $x_t$ alone, and where $x_t$ was pushed, it may
believe the push. Take data $\mathcal N(0,\sigma_0^2)$, whose exact $\hat\epsilon$ is known, and push $x_t$ by 1. Let
$V_t=\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t$ be the variance of $x_t$, so that the $V$ of (11) is $V_{t-1}$. For
Gaussians of mean 0 the best guess of one from another is the regression line: here $x_{t-1}$ is guessed as $x_t$ times their
covariance over the variance of $x_t$. So one step multiplies a push by
$\sqrt{\alpha_t}\,V_{t-1}/V_t$, and all steps together multiply it by
$$\prod_{i=1}^{t}\frac{\sqrt{\alpha_i}\,V_{i-1}}{V_i}=\frac{\sqrt{\bar\alpha_t}\,\sigma_0^2}{\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t}.\tag{13}$$
That is for the step of this page, *DDPM*, which puts fresh noise in at every step. Is it the denoiser that forgets, or the
step? Ask a sampler with the same denoiser and another step: *DDIM* (lesson 7) adds no noise at all; it only scales down
the noise that $\hat\epsilon$ sees in $x_t$. So one start leads to one end; for these data the map from start to end is a
mere stretching, and what takes a spread of $\sqrt{V_t}$ to one of $\sigma_0$ multiplies a push by
$$\sigma_0\,/\,\sqrt{V_t}\tag{14}$$
(if the steps are small). Everything here is linear, so a push can be followed alone, in DDPM with noise of size 0 (`silent`):
"""

# %% [markdown] key="wrong-gauss" lang="zh" of="e790ff"
r"""
换成真正的去噪器，误差也会这样得到原谅吗？去噪器不知道 $x_0$，只凭 $x_t$ 判断；$x_t$ 被推偏了，它可能就信以为真。
取数据 $\mathcal N(0,\sigma_0^2)$，它的精确 $\hat\epsilon$ 是已知的，把 $x_t$ 推偏 1。
记 $x_t$ 的方差为 $V_t=\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t$，(11) 的 $V$ 就是 $V_{t-1}$。均值为 0 的高斯量，由一个猜另一个，
最优的就是回归直线：对 $x_{t-1}$ 的猜测，是 $x_t$ 乘以两者的协方差，再除以 $x_t$ 的方差。所以走一步，偏移就乘以 $\sqrt{\alpha_t}\,V_{t-1}/V_t$，走完所有步，一共乘以
$$\prod_{i=1}^{t}\frac{\sqrt{\alpha_i}\,V_{i-1}}{V_i}=\frac{\sqrt{\bar\alpha_t}\,\sigma_0^2}{\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t}.\tag{13}$$
这说的是本页的步，即 **DDPM**，它每一步都加新噪声。那么，忘掉偏移的究竟是去噪器，还是这一步的走法？
换一个采样器问问，去噪器不变：**DDIM**（见第 7 课）完全不加噪声，只把 $\hat\epsilon$ 在 $x_t$ 中看到的噪声按比例缩小。于是一个起点只通向一个终点；
对这份数据，从起点到终点不过是一次伸缩，它既然把散布从 $\sqrt{V_t}$ 变到 $\sigma_0$，也就把偏移乘以
$$\sigma_0\,/\,\sqrt{V_t}\tag{14}$$
（步子要小）。这里一切都是线性的，所以可以单独跟踪这个偏移，在 DDPM 里把噪声设为 0（`silent`）：
"""

# %% key="wrong-gauss-table" tags=["nbval-check-output"]
def silent(schedule, t, s):
    return torch.zeros(())

def by_ddpm(t, std):
    return schedule.alpha_bar[t].sqrt() * std**2 / (schedule.alpha_bar[t] * std**2 + 1 - schedule.alpha_bar[t])

def by_ddim(t, std):
    return std / (schedule.alpha_bar[t] * std**2 + 1 - schedule.alpha_bar[t]).sqrt()

gaussian = mixture(schedule, torch.zeros(1, 1), torch.tensor([0.5]))
for t in (800, 400, 200, 50, 10):
    ways = ddpm(schedule, gaussian, torch.ones(1, 1), range(t, -1, -1), sigma=silent), ddim(schedule, gaussian, torch.ones(1, 1), range(t, -1, -1))
    kept = [finish(way).item() for way in ways]
    print(f"pushed at t = {t:3}   DDPM keeps {kept[0]:.4f} (13: {by_ddpm(t, 0.5):.4f})   DDIM {kept[1]:.4f} (14: {by_ddim(t, 0.5):.4f})")

# %% key="wrong-gauss-show"
left = {f"kept by {name}": {rf"$\sigma_0={std}$": of(times, std) for std in (0.1, 0.5, 1)} for name, of in (("DDPM", by_ddpm), ("DDIM", by_ddim))}
plots.curves(left, x=times)

# %% [markdown] key="wrong-gauss-read" lang="en"
r"""
**Read the rows and the figure.** The denoiser is the same, the push is the same. Of a push at $t = 800$ with
$\sigma_0 = 0.5$ DDPM keeps 1 %, DDIM one half. And that half is all of it: the data are about half as wide as $x_{800}$, so in standard deviations
the push has not shrunk at all. So
two things make a walk forget. One is the denoiser: the narrower the data (small $\sigma_0$), the more it knows beforehand,
and the more it corrects, with either sampler; with $\sigma_0 = 0$ we are back at the photograph, where all is forgotten.
The other is the room made for fresh noise: at each step DDPM takes away more of what is in $x_t$ than DDIM does, old pushes included, and puts
new noise in its place. DDIM puts in nothing: what begins one standard deviation off ends one standard deviation off.
Late pushes, like that at $t = 10$, stay with both.

One more case is neither. Let the data be two photographs, the palace and a flower, with the exact denoiser for the two.
Push the walk (your step again) towards the flower: for a hundred steps, early, halfway or late, add 0.1 times (palace minus flower) to
$\hat\epsilon$, with that difference scaled to a size of 1. (Palace comes first because $\hat\epsilon$ is subtracted.)
"""

# %% [markdown] key="wrong-gauss-read" lang="zh" of="f2d671"
r"""
**看各行与图。** 去噪器相同，偏移也相同。$\sigma_0 = 0.5$ 时，$t = 800$ 处的偏移，DDPM 留下 1 %，DDIM 留下一半。
这一半其实就是全部：数据的宽度只有 $x_{800}$ 的一半左右，按标准差计，偏移一点也没有变小。可见，偏移之所以会被忘掉，靠的是两样。一样是去噪器：
数据越窄（$\sigma_0$ 越小），它事先知道的就越多，纠正得也越多，用哪个采样器都一样；$\sigma_0 = 0$ 就回到那张照片的情形，偏移全被忘掉。
另一样是给新噪声腾的地方：DDPM 每一步从 $x_t$ 里去掉的都比 DDIM 多，旧的偏移也在其中，再补上新噪声。
DDIM 什么也不补：起点偏一个标准差，终点还是偏一个标准差。晚期的偏移，比如 $t = 10$ 处的，两者都会留下。

还有一种情形，与以上都不同。设数据是两张照片，楼阁与花，并用这两张照片的精确去噪器。
把行走（用的仍是你写的步）往花的方向推：在早期、中段或晚期的一百步里，给 $\hat\epsilon$ 加上 0.1 倍的“楼阁减花”，这个差先缩放到大小为 1。
（楼阁在前，是因为 $\hat\epsilon$ 要被减去。）
"""

# %% key="wrong-two"
flower = data.photograph("flower", 48)
two_images = finite(schedule, torch.cat([palace, flower]))
towards = (palace - flower) / (palace - flower).pow(2).mean().sqrt()
pushes = {"no push": [], "901-1000": range(901, 1001), "401-500": range(401, 501), "1-100": range(1, 101)}
ends = {name: walk(wrong_at(times, two_images, 0.1 * towards))[::200] for name, times in pushes.items()}
plots.rows(ends, [f"$t={t}$" for t in range(1000, -1, -200)])

# %% key="wrong-count"
half = float((palace - flower).norm()) / 2  # on the line through both: palace at -half, flower at half
line, first = finite(schedule, torch.tensor([[-half], [half]])), torch.randn(1000, 1, generator=torch.Generator().manual_seed(3))
for name, sampler in {"DDPM": ddpm, "DDIM": ddim}.items():
    last = finish(sampler(schedule, line, first, range(1000, -1, -4), generator=torch.Generator().manual_seed(4)))
    print(f"{name}: of 1000 walks, ended on the side where they began: {((first > 0) == (last > 0)).sum()}")

# %% [markdown] key="wrong-two-read" lang="en"
r"""
**Read the figure.** All four walks begin with the same noise, and add the same noise. Undisturbed, the walk with this noise ends in the palace. A push at 401 to 500, or at 1 to 100, changes nothing that can be seen. The same push at 901 to 1000 turns the
palace into the flower. Up there, $x_t$ could still become either; the push settles it, and every later prediction is
exact *for the new choice*. That error is never forgotten.

**Read the rows.** Who settles it when nobody pushes? All that matters is on which side of the middle between the two
photographs $x_t$ lies, one number; so 1000 walks are soon made. With DDIM the first $x_{1000}$ settles everything: all
1000 end on the side where they began. With DDPM only 580 do (about 600 are to be expected), not far above the 500 of a coin: the fresh
noise of the steps in between settles the rest.

So "does the sampler correct its errors?" has more than one answer, and it takes two to give it. What the denoiser knows
for certain is corrected with either sampler. What it must infer from $x_t$ is kept: by DDPM only in part, (13), as its step
shrinks what is in $x_t$ more, to make room for fresh noise; by DDIM in full, if counted in standard deviations, (14). And what has once been decided, palace or flower, neither takes back. Early on
the large decisions are made, at the end the fine grain; DDIM leaves them all to the first noise.
"""

# %% [markdown] key="wrong-two-read" lang="zh" of="de7a71"
r"""
**看图。** 四次行走从同一份噪声出发，沿途加的噪声也相同。不受干扰时，走到的是楼阁。
在 401 到 500、或 1 到 100 推一把，看不出任何变化；同样的力气用在 901 到 1000，楼阁就变成了花。
在那里，$x_t$ 变成哪一幅都还有可能；一推就定了局，此后的每次预测，**对新的选择**都是准确的。这种误差永远不会被忘掉。

**看各行。** 没有谁去推的时候，由什么定局？要紧的只有一个数，即 $x_t$ 落在两张照片中点的哪一侧，所以走 1000 次也很快。
用 DDIM，最初的 $x_{1000}$ 就定了一切：1000 次全都在出发的那一侧结束。用 DDPM，只有 580 次如此（期望约为 600 次），比抛硬币的 500 次多得有限：
其余的，由途中各步的新噪声来定。

所以“采样器会纠正自己的误差吗”不止一个答案，而且要由去噪器与采样器一起回答。凡是去噪器确知的，偏了都会得到纠正，用哪个采样器都一样。
凡是要从 $x_t$ 推断的，偏差会留下来：由 (13)，DDPM 只留一部分，因为它的步把 $x_t$ 里的东西缩得更多，好给新噪声腾地方；
由 (14)，DDIM 按标准差计则全部留下。
至于是楼阁还是花，一旦定下，两种采样器都不会收回。早期定大局，末尾定纹理；DDIM 则把这一切都交给最初的噪声。
"""

# %% [markdown] key="grain"
r"""
## 10 · No noise at the last step · 最后一步不加噪声
"""

# %% [markdown] key="grain-why" lang="en"
r"""
With $\sigma^2=\tilde\beta_t$ the last step adds nothing, for $\tilde\beta_1=0$. With $\sigma^2=\beta_t$ it would add
$\sqrt{\beta_1}$ times noise, and no step comes after it to take that away. So Algorithm 2 leaves it out, and
so does the package. What if one forgets? The mean of the last step is $x_0$ here, so this is what comes out:
"""

# %% [markdown] key="grain-why" lang="zh" of="756fbd"
r"""
取 $\sigma^2=\tilde\beta_t$ 时，最后一步什么也不加，因为 $\tilde\beta_1=0$。取 $\sigma^2=\beta_t$ 时，
它会加上 $\sqrt{\beta_1}$ 倍的噪声，后面再没有哪一步来去掉它。所以算法 2 把它略去，本课程的包也一样。
要是忘了呢？在这里，最后一步的均值就是 $x_0$，所以得到的是：
"""

# %% key="grain-show"
fresh = torch.randn(palace.shape, generator=torch.Generator().manual_seed(0))
grain = {T: palace + linear(T).beta[1].sqrt() * fresh for T in (1000, 100, 20)}
plots.grids({"$x_0$": palace} | {f"$T = {T}$": x for T, x in grain.items()})

# %% key="grain-measure" tags=["nbval-check-output"]
for T, spoilt in grain.items():
    print(f"T = {T:4}   sqrt(beta_1) {linear(T).beta[1].sqrt():.3f}   measured {(spoilt - palace).std():.2f}")

# %% [markdown] key="grain-read" lang="en"
r"""
**Read the figure.** At $T = 1000$ the grain is 0.01 of a range of 2, little more than one of 256 grey levels: invisible,
though it is in every sample. At $T = 20$ it is 0.17, and nobody can miss it. The mistake is the same; whether you notice it depends
on the schedule.
"""

# %% [markdown] key="grain-read" lang="zh" of="69fa52"
r"""
**看图。** $T = 1000$ 时，颗粒是 0.01，而取值范围是 2：只比 256 级灰度的一级略大，眼睛看不见，却留在每个样本里。
$T = 20$ 时是 0.17，谁都看得见。错误是同一个，能不能发现，取决于调度。
"""

# %% [markdown] key="build"
r"""
## 11 · Build it · 动手造
"""

# %% [markdown] key="build-why" lang="en"
r"""
All of this page was derived for one process. In it the image fades while the noise grows, and data of variance 1 keep that
variance: it is *variance-preserving*. Papers know another: the image stays as it is, and noise is piled up on it until it
drowns, *variance-exploding*,
$$x_t=x_0+\sigma_t\,\epsilon,\qquad 0=\sigma_0<\sigma_1<\dots<\sigma_T.$$
Here every $\sigma_t$ is the width of all the noise in $x_t$; in section 7 it was that of the noise of a step, and $\sigma_0$ that of the data.
Can you do for this process what the page did for ours? Nothing below gives its formulas away: begin on paper.
Then write a class with these methods. `sigma` is a float64 tensor,
and `sigma[t]` is $\sigma_t$, from $\sigma_0$ to $\sigma_T$; $s<t$ are whole numbers; images have any shape, in float32 or
float64. The class draws no random numbers and changes nothing that it is handed.

- **forward**: `jump(x0, t, eps)` gives $x_t$, as above. `step(xs, s, t, eps)` leads on from $x_s$ to $t$ with fresh noise,
  so that a jump to $s$ and this step together have the distribution of a jump to $t$.
- **mean**, **variance**: `posterior(xt, t, x0, s)` returns these two of $q(x_s|x_t,x_0)$, a tensor like `xt` and a
  number, for any $s$ from 0 to $t-1$.
- **reverse**: now $x_0$ is not given. What is known is the data: each value of an image comes from $\mathcal N(m,w^2)$,
  independently of the others. `reverse(xt, t, s, m, w)` returns the mean and the variance of $q(x_s|x_t)$, in the same form
  and for the same $s$; $m$ and $w$ are plain numbers, $w\ge0$.
- **walk**: `walk(xT, predictor, times, noises)` returns the list of all states, from `xT` at `times[0]` down to $x_0$ at
  `times[-1]`, which is 0. Each step, from one of `times` to the next, is a draw from the posterior, though $x_0$ is not
  known here: `predictor(xt, t)` says only $\hat\epsilon$. `noises` is a list with one noise for each step, in their order.
- **twin**: for each $t$, one number turns $x_0+\sigma_t\,\epsilon$ into
  $\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon$, a variance-preserving process with the same $x_0$ and
  $\epsilon$. `twin()` returns its $\bar\alpha_0$ to $\bar\alpha_T$, a float64 tensor.

`check` judges the parts one by one, each as if the others were right, and says which of them hold; run the cell again as often
as you like. A hint for the first that does not: `hint("03.build")`.
"""

# %% [markdown] key="build-why" lang="zh" of="c555f4"
r"""
这一页的一切，都是为同一个过程推导的：图像渐渐变淡，噪声渐渐变大，方差为 1 的数据，方差始终不变，叫做**方差保持**（variance-preserving）。
论文里还有另一个过程：图像原样不动，噪声不断往上堆，直到把它淹没，叫做**方差爆炸**（variance-exploding）：
$$x_t=x_0+\sigma_t\,\epsilon,\qquad 0=\sigma_0<\sigma_1<\dots<\sigma_T.$$
这里的每个 $\sigma_t$，都是 $x_t$ 中全部噪声的宽度；而在第 7 节，它是一步所加噪声的宽度，$\sigma_0$ 则是数据的宽度。
这一页为前一个过程做过的事，你能为这一个做一遍吗？它的公式，下文一处也不会写出来：请先动笔推导。
然后写一个类，带有下列方法。`sigma` 是 float64 张量，`sigma[t]` 就是 $\sigma_t$，从 $\sigma_0$ 到 $\sigma_T$；$s<t$ 是整数；图像形状不限，float32 或 float64 都可以。
类里不抽随机数，也不改动传进来的任何东西。

- **forward**：`jump(x0, t, eps)` 给出上式的 $x_t$。`step(xs, s, t, eps)` 用一份新噪声从 $x_s$ 走到 $t$：
  先跳到 $s$，再走这一步，得到的分布要与直接跳到 $t$ 的相同。
- **mean**、**variance**：`posterior(xt, t, x0, s)` 返回 $q(x_s|x_t,x_0)$ 的均值与方差，前者是与 `xt` 一样的张量，后者是一个数；
  $s$ 可以是 0 到 $t-1$ 中的任何一个。
- **reverse**：这回不给 $x_0$，只知道数据的分布：图像的每个值都来自 $\mathcal N(m,w^2)$，彼此独立。
  `reverse(xt, t, s, m, w)` 返回 $q(x_s|x_t)$ 的均值与方差，形式同上，$s$ 的范围也同上；$m$ 与 $w$ 是两个普通的数，$w\ge0$。
- **walk**：`walk(xT, predictor, times, noises)` 返回全部状态的列表，从 `times[0]` 处的 `xT` 一直到 `times[-1]`（即 0）处的 $x_0$。
  每一步从 `times` 中的一个时间步走到下一个，就是从后验中抽取一次，尽管这里并不知道 $x_0$：`predictor(xt, t)` 给出的只有 $\hat\epsilon$。
  列表 `noises` 按次序给每一步备好一份噪声。
- **twin**：对每个 $t$，把 $x_0+\sigma_t\,\epsilon$ 乘上某个数，就成了 $\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon$，
  也就是 $x_0$ 与 $\epsilon$ 都不变的一个方差保持过程。`twin()` 返回它的 $\bar\alpha_0$ 到 $\bar\alpha_T$，是一个 float64 张量。

`check` 逐个评判各部分，评每一部分时都当作其余部分是对的，并告诉你哪些成立；这一格想运行几次就运行几次。第一个不成立的部分，可以看提示：`hint("03.build")`。
"""

# %% key="build-try" tags=["exercise"]
class MyExploding:
    def __init__(self, sigma):
        ...

    def jump(self, x0, t, eps):
        ...

    def step(self, xs, s, t, eps):
        ...

    def posterior(self, xt, t, x0, s):
        ...

    def reverse(self, xt, t, s, m, w):
        ...

    def walk(self, xT, predictor, times, noises):
        ...

    def twin(self):
        ...

MyExploding = check("03.build", MyExploding)

# %% [markdown] key="build-use" lang="en"
r"""
**Use it.** Let $\sigma_t$ grow from 0.01 to 50, always by the same factor. Your walk brings back the palace with the true
$\epsilon$; beside it the package walks in the twin, `ddpm`, from the same start and with the same noises. (Until all parts of
yours hold, the class is the course's, and you see the course twice.)
"""

# %% [markdown] key="build-use" lang="zh" of="b0b192"
r"""
**用起来。** 让 $\sigma_t$ 从 0.01 增大到 50，每次都乘同一个倍数。你的行走用真正的 $\epsilon$ 把楼阁找回来；
旁边是包里的 `ddpm`，在孪生过程里走，起点相同，噪声也相同。（你的各部分还没有全部成立时，用的是课程的类，看到的两边都出自课程。）
"""

# %% key="build-walk" tags=["nbval-check-output"]
def growing(last):
    return torch.cat([torch.zeros(1), 0.01 * (100 * last) ** torch.linspace(0, 1, 100)]).double()

levels, down = growing(50), list(range(100, -1, -1))
exploding = MyExploding(levels)
preserving = Schedule(exploding.twin())
draws, again = (torch.Generator().manual_seed(5) for _ in range(2))
origin, *added = [torch.randn(palace.shape, generator=draws) for _ in down]
yours = list(exploding.walk(origin / preserving.signal[100], lambda xt, t: (xt - palace) / levels[t], down, added))
scaled = [preserving.signal[t] * xt for t, xt in zip(down, yours, strict=True)]
package = [sample.xt for sample in ddpm(preserving, knowing, torch.randn(palace.shape, generator=again), down, generator=again)]
apart = max(float((one - other).abs().max()) for one, other in zip(scaled, package, strict=True))
print("scaled, yours are the package's states, but for rounding:", apart < 1e-4)

# %% key="build-look"
side_by_side = {"yours": yours, "scaled": scaled, "package": package}
plots.rows({name: torch.cat(walked[::20]) for name, walked in side_by_side.items()}, [f"$t={t}$" for t in down[::20]])

# %% [markdown] key="build-look-read" lang="en"
r"""
**Read the figure.** Above, your states as they are: at $t=100$ the noise in them is 50 wide, and all that can be drawn
is on which side of grey each value lies. In the middle the same states times $\sqrt{\bar\alpha_t}$ of the twin; below, the
package's walk, which knows nothing of your class. At every $t$ the lower two rows are the same picture. So this is no second kind of
diffusion but the same one in other units, and what was learned about either holds for both: your posterior, scaled,
*is* (6) and (7).

A network, too, serves both, if it is told how noisy its input is and sees it in the units that it knows. The one for the
digits of section 7 was trained on a variance-preserving process. Let it predict for yours, with every fourth time only:
"""

# %% [markdown] key="build-look-read" lang="zh" of="0859b7"
r"""
**看图。** 上面一行是你的各个状态，原样画出：$t=100$ 时，其中的噪声宽达 50，画得出来的只有每个值在灰色的哪一侧。中间一行是同样的状态乘以孪生过程的 $\sqrt{\bar\alpha_t}$；
下面一行是包里的行走，它对你的类一无所知。在每个 $t$，后两行都是同一幅画。可见这并不是第二种扩散，而是同一种扩散换了单位；
对其中一个弄懂的事，对另一个也成立：你的后验缩放之后，**就是** (6) 与 (7)。

网络也是两边通用的，只要告诉它输入有多少噪声，并让它在熟悉的单位里看。第 7 节画数字的那个网络，是在方差保持过程上训练的。让它来为你的过程作预测，每四个时间步只走一个：
"""

# %% key="build-digits"
predict_in_twin = eps_of(preserving, image_denoiser(preserving, pretrained("digits")))
beginning, *more = torch.randn(26, 16, 1, 8, 8, generator=torch.Generator().manual_seed(6))
drawn = list(exploding.walk(50 * beginning, lambda xt, t: predict_in_twin(preserving.signal[t] * xt, t), down[::4], more))
plots.grid(drawn[-1])

# %% [markdown] key="build-digits-read" lang="en"
r"""
**Read the figure.** Sixteen new digits, each from noise that is 50 wide, in 25 steps of your class. The network has never
seen your process, and your class knows nothing of digits. What they have in common is $\epsilon$, and it is the same in
either unit.
"""

# %% [markdown] key="build-digits-read" lang="zh" of="b38c35"
r"""
**看图。** 十六个新的数字，各从宽为 50 的噪声出发，用你的类走 25 步。网络从没见过你的过程，你的类也不知道什么是数字。两者共有的只是 $\epsilon$，而它在两种单位里是同一个。
"""

# %% [markdown] key="build-variance" lang="en"
r"""
**Which variance?** Your `walk` adds noise with the variance of the posterior, which belongs to a known $x_0$, though nobody tells
it $x_0$. Does that do, even in long steps? Take data $\mathcal N(0.3,0.5^2)$, for which your `reverse` knows the true step, and walk back 5000 values from
the same noises in both ways. The best guess, of which `walk` is told the $\hat\epsilon$, is yours as well: the mean of `reverse` at $s=0$. How
wide will the samples be in 100 steps, in 10, in a single one? Write down your guess before you run the cell.
"""

# %% [markdown] key="build-variance" lang="zh" of="9d4888"
r"""
**该取哪个方差？** 你的 `walk` 按后验的方差加噪声，那是 $x_0$ 已知时的方差，可并没有人告诉它 $x_0$。步子很长时，这样也行吗？
取数据 $\mathcal N(0.3,0.5^2)$：真正的一步该怎么走，你的 `reverse` 知道。让 5000 个值用同样的噪声，按两种办法各走回来一次。`walk` 要的 $\hat\epsilon$ 由最优猜测算出，
而最优猜测也出自你的手：就是 `reverse` 在 $s=0$ 处的均值。走 100 步、10 步、只走一步，样本各有多宽？先写下你的猜测，再运行这一格。
"""

# %% key="build-variance-try" tags=["nbval-check-output"]
def widths(steps, n=5000):
    first, *fresh = torch.randn(steps + 1, n, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    few, x = down[:: 100 // steps], 50 * first

    def eps_hat(xt, t):
        return (xt - exploding.reverse(xt, t, 0, 0.3, 0.5)[0]) / levels[t]

    *_, walked = exploding.walk(x, eps_hat, few, fresh)
    for t, s, noise in zip(few, few[1:], fresh, strict=False):
        mean, variance = exploding.reverse(x, t, s, 0.3, 0.5)
        x = mean + variance**0.5 * noise
    return walked.std(), x.std()

for steps in (100, 10, 2, 1):
    print("steps {:3}   width by walk {:.2f}   by reverse {:.2f}".format(steps, *widths(steps)))

# %% [markdown] key="build-variance-read" lang="en"
r"""
**Read the lines.** The data are 0.50 wide, and by `reverse` so are the samples, in as few steps as you like: for these data
$q(x_s|x_t)$ is a Gaussian from any $t$ to any $s$. By `walk` they come out too much alike, the more so the longer the steps; in a
single one nothing is left of the width, as every value is sent to its best guess, and that is nearly the same for all of
them. What is missing is the second half of (7b), what it costs not to know $x_0$. For images nobody can write down
$q(x_s|x_t)$. So one estimates that half, as the learned variance of section 7 does, or takes steps so small that it hardly counts.
"""

# %% [markdown] key="build-variance-read" lang="zh" of="d8626d"
r"""
**看各行。** 数据的宽度是 0.50。按 `reverse` 走，样本也这么宽，步数再少也一样：对这份数据，不管从哪个 $t$ 退到哪个 $s$，$q(x_s|x_t)$ 都是高斯分布。
按 `walk` 走，样本则过于相像，步子越长越是如此；只走一步，宽度便荡然无存，因为每个值都被送到自己的最优猜测，而这些猜测几乎全都一样。
缺的正是 (7b) 的后一份，也就是不知道 $x_0$ 的代价。对图像，谁也写不出 $q(x_s|x_t)$。所以，要么把这一份估计出来，第 7 节学出来的方差就是这样；要么步子取得足够小，让它无足轻重。
"""

# %% [markdown] key="build-open" lang="en"
r"""
**Change this, predict, look.** How large must $\sigma_T$ be? Every walk begins as if nothing of the image were left in
$x_T$: with $\sigma_T\,\epsilon$ alone. Take the two photographs of section 9, flowers four times as frequent as palaces, and
the exact prediction for them. How many of 5000 walks should end in the flower, and how many will, from $\sigma_T=50$? Write
down your guess, then run the cell. Then change `last`, anywhere between 5 and 1000. With what must $\sigma_T$ be compared:
with the range of a pixel, which is 2, or with something else? (As in section 9, only the line through the two
photographs counts, so one number stands for an image.)
"""

# %% [markdown] key="build-open" lang="zh" of="f51780"
r"""
**改一改，猜一猜，看一看。** $\sigma_T$ 要多大才够？每次行走的起点都只有 $\sigma_T\,\epsilon$，就好像 $x_T$ 里一点图像也不剩了。
取第 9 节的两张照片，花出现的次数是楼阁的四倍，并用它们的精确预测。从 $\sigma_T=50$ 出发走 5000 次，应有多少次走到花，实际又会有多少次？先写下你的猜测，再运行这一格。
然后改动 `last`，从 5 到 1000 随你挑。$\sigma_T$ 该与什么相比：是像素的取值范围，也就是 2，还是别的什么？（与第 9 节一样，要紧的只有过两张照片的那条直线，所以一个数就代表一幅图。）
"""

# %% key="build-open-try"
def share_of_flowers(last, n=5000):
    process = MyExploding(growing(last))
    twin = Schedule(process.twin())
    pair = mixture(twin, torch.tensor([[-half], [half]]), torch.zeros(2), torch.tensor([0.2, 0.8]))  # palace, flower
    draw = torch.randn(101, n, 1, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    *_, end = process.walk(last * draw[0], lambda xt, t: pair.eps(twin.signal[t] * xt, t), down, list(draw[1:]))
    return float((end > 0).double().mean())

last_sigma = 50
print(f"from {last_sigma}: {share_of_flowers(last_sigma):.1%} flowers")

# %% [markdown] key="build-open-answer" lang="en"
r"""
<details><summary>What good answers found</summary>

It should be 80 %. With 5000 walks (error bar 0.7 %), from $\sigma_T$ = 5, 20, 50, 100, 200, 500 we got 53, 61, 71, 77, 79
and 80 %: with a small $\sigma_T$ it is the toss of a coin. The prediction is exact; what is wrong is, first of all, the start: the true
$x_T$ lies more often on the flower's side, and the start knows nothing of that. The difference is lost in noise only when
$\sigma_T$ is large against the *distance* between the two photographs. That is 84 (`2 * half`), though no pixel differs by more than 2,
because 6912 values add their squares. So bigger images need a bigger $\sigma_T$; Song & Ermon advise one as large as the
largest distance between two images of the data. In the same units the last state of `linear(1000)` has $\sigma_T$ = 157.
And from the same start, with $p$ for the share of flowers in the data, one can compute what must come out: the mean of the
probability that a start $z\,\sigma_T$ belongs to a flower, over standard normal $z$. That is $1/(1+e^{-a})$ with
$a=\ln\frac{p}{1-p}+84\,z/\sigma_T$. All our numbers agree with it within two error bars. (With 200,000 walks one sees a second, smaller error, of about one point:
72.4 % instead of 71.9 % from 50, 80.9 % instead of 79.9 % from 500, each give or take 0.1. That is no fault of the start, but of the variance that `walk` adds: with 400 steps, or with (7b) in its place, next to nothing of it is left.)

</details>
"""

# %% [markdown] key="build-open-answer" lang="zh" of="ab6d23"
r"""
<details><summary>好的回答发现了什么</summary>

应当是 80 %。走 5000 次（误差棒 0.7 %），从 $\sigma_T$ = 5、20、50、100、200、500 出发，我们得到 53、61、71、77、79 与 80 %：$\sigma_T$ 太小，就几乎成了抛硬币。
预测是精确的，错的首先是起点：真正的 $x_T$ 更常落在花的那一侧，而起点对此一无所知。只有当 $\sigma_T$ 比两张照片之间的**距离**大得多时，这点差别才会淹没在噪声里。
每个像素最多差 2，距离却有 84（`2 * half`），因为是 6912 个值的平方加在一起。所以图像越大，$\sigma_T$ 就要越大；Song 与 Ermon 的建议是，取得与数据中任意两幅图的最大距离一样大。
换成同样的单位，`linear(1000)` 的最后一个状态有 $\sigma_T$ = 157。而且从同样的起点出发，记数据中花的份额为 $p$，结果该是多少也算得出来：设起点为 $z\,\sigma_T$，把它属于花的概率对标准正态的 $z$ 取均值即得。
这个概率是 $1/(1+e^{-a})$，其中 $a=\ln\frac{p}{1-p}+84\,z/\sigma_T$。我们得到的数，与这样算出的值相差都在两个误差棒之内。
（走 200,000 次，就看得出还有第二个误差，比前一个小，约一个百分点：从 50 出发是 72.4 %，而不是 71.9 %；从 500 出发是 80.9 %，而不是 79.9 %；误差棒各为 0.1。错不在起点，而在 `walk` 所加的方差：走 400 步，或者换成 (7b) 的方差，它就几乎消失了。）

</details>
"""

# %% [markdown] key="recap"
r"""
## 12 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- why $q(x_{t-1}|x_t)$ is out of reach, and why it is nearly Gaussian when steps are small;
- how two bells give the posterior, with its mean and its variance;
- why one guess of $x_0$ gives the mean of the step exactly, and what not knowing $x_0$ adds to the variance;
- why the posterior mean is almost as noisy as $x_t$;
- why the network is asked for all the noise, and how $\mu$, $x_0$, $\epsilon$ and $v$ say the same thing;
- what the two variances assume, and when the choice matters;
- which errors a walk forgets, which it keeps, and what the denoiser and the sampler each have to do with it;
- how to derive the reverse step of a process that you have not met before, and why a variance-exploding one is ours in other units.

**Common mistakes**

- "$q$ is the unknown, $p$ the known one." The other way round: $q$ is built, $p_\theta$ is learned.
- "We assume that the posterior is Gaussian." It is one, exactly. What is assumed Gaussian is $p_\theta(x_{t-1}|x_t)$.
- "The network predicts the noise of the step from $t-1$ to $t$." It predicts all the noise in $x_t$.
- "With a guess in place of $x_0$ the step is only approximate." With the best guess its mean is exact, (7a).
- "The noise is subtracted from $x_0$." It is subtracted from $x_t$.
- "The posterior variance is $\beta_t$." It is $\tilde\beta_t$; $\beta_t$ is the other choice.
- "$\epsilon$ is easier to learn." It is another weighting of the same loss.
- "Errors always add up." or "The sampler corrects itself." Measure; it depends on what the denoiser knows and on how much room the
  sampler makes for fresh noise at each step.

**Papers**

- Ho, Jain & Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): the posterior, our (6) and (7), is in its eqs. (6) and (7); our (8) is its eq. (15), our (9) its eq. (11); Algorithm 2; both variances in §3.2.
- Nichol & Dhariwal 2021, [Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672): the learned variance, our (12), is its eq. (15).
- Salimans & Ho 2022, [Progressive Distillation for Fast Sampling of Diffusion Models](https://arxiv.org/abs/2202.00512): $v$ and the weightings, section 4.
- Bao et al. 2022, [Analytic-DPM](https://arxiv.org/abs/2201.06503): the best variance, from the score (Theorem 1), and its bounds (Theorem 2, for DDPM $\beta_t/\alpha_t$).
- Song et al. 2021, [Score-Based Generative Modeling through Stochastic Differential Equations](https://arxiv.org/abs/2011.13456): variance-exploding and variance-preserving, section 3.4; the step that you built, Appendix F.
- Song & Ermon 2020, [Improved Techniques for Training Score-Based Generative Models](https://arxiv.org/abs/2006.09011): how large the largest $\sigma$ should be, Technique 1.
- Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585): why the reverse of small steps has the same form, section 2.2.
"""

# %% [markdown] key="recap-text" lang="zh" of="76a956"
r"""
**现在你能讲清**

- 为什么 $q(x_{t-1}|x_t)$ 求不出来，为什么步子小时它近于高斯；
- 两条钟形曲线怎样给出后验，连同它的均值与方差；
- 为什么凭对 $x_0$ 的一个猜测，这一步的均值就完全正确；不知道 $x_0$，又给方差添了什么；
- 为什么后验均值几乎与 $x_t$ 一样满是噪声；
- 为什么要网络预测全部噪声，$\mu$、$x_0$、$\epsilon$、$v$ 又怎样说的是同一件事；
- 两种方差各假设了什么，什么时候选哪个才要紧；
- 一路走回时，哪些误差会被忘掉，哪些会留下，去噪器与采样器各起什么作用；
- 遇到一个没见过的过程，怎样推出它的反向步；为什么方差爆炸的过程就是我们的过程换了单位。

**常见误解**

- “$q$ 是未知的，$p$ 是已知的。”反了：$q$ 是造出来的，$p_\theta$ 是学出来的。
- “假设后验是高斯分布。”它就是，一点不差。被假设成高斯的是 $p_\theta(x_{t-1}|x_t)$。
- “网络预测的是从 $t-1$ 到 $t$ 那一步的噪声。”它预测 $x_t$ 中的全部噪声。
- “用猜测代替 $x_0$，这一步就只是近似。”用最优猜测，均值是精确的，见 (7a)。
- “噪声是从 $x_0$ 里减去的。”是从 $x_t$ 里减去的。
- “后验方差是 $\beta_t$。”是 $\tilde\beta_t$；$\beta_t$ 是另一种选择。
- “$\epsilon$ 更容易学。”那只是同一个损失换了一种加权。
- “误差总会累积。”或“采样器会自我纠正。”要量过才知道；这取决于去噪器知道什么，也取决于采样器每一步为新噪声腾出多少地方。

**论文**

- Ho、Jain 与 Abbeel，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：后验，即我们的 (6) 与 (7)，见其式 (6) 与 (7)；(8) 是其式 (15)，(9) 是其式 (11)；算法 2；两种方差见 §3.2。
- Nichol 与 Dhariwal，2021，[Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672)：学出来的方差，我们的 (12) 是其式 (15)。
- Salimans 与 Ho，2022，[Progressive Distillation for Fast Sampling of Diffusion Models](https://arxiv.org/abs/2202.00512)：$v$ 与各种加权，第 4 节。
- Bao 等，2022，[Analytic-DPM](https://arxiv.org/abs/2201.06503)：由得分求出的最优方差（定理 1），以及它的上下界（定理 2；DDPM 的上界是 $\beta_t/\alpha_t$）。
- Song 等，2021，[Score-Based Generative Modeling through Stochastic Differential Equations](https://arxiv.org/abs/2011.13456)：方差爆炸与方差保持，第 3.4 节；你造的那一步，见附录 F。
- Song 与 Ermon，2020，[Improved Techniques for Training Score-Based Generative Models](https://arxiv.org/abs/2006.09011)：最大的 $\sigma$ 该有多大，Technique 1。
- Sohl-Dickstein 等，2015，[Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585)：为什么小步的反向有同样的形式，第 2.2 节。
"""

# %% key="progress"
progress("03")
