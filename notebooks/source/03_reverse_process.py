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
#     learning: 70
#     leave_out: [sigma, grain]
# ---

# %% [markdown] key="head"
r"""
# 03 · The reverse process · 反向过程
"""

# %% [markdown] key="welcome" lang="en"
r"""
The forward process was arithmetic: take an image, add noise. Now we go the other way, and the question becomes
interesting, because the way back is not one way but many. On this page you derive one reverse step from Bayes' rule,
line by line, and let a cell check every line. You write the step yourself, walk a photograph back over 1000 steps,
and then spoil the walk on purpose to see which errors it forgives.

**Afterwards you can** say which reverse distribution is out of reach and which is not, derive the mean and the variance
of a reverse step, compute it from $x_0$, $\epsilon$ or $v$, choose its variance and defend the choice, and foresee what
a wrong prediction does to the picture.
"""

# %% [markdown] key="welcome" lang="zh" of="9a71a5"
r"""
前向过程只是算术：拿一张图，加上噪声。现在要往回走，问题才变得有意思，因为回去的路不止一条。
在这一页，你会从贝叶斯公式一行一行推出一个反向步，每一行都有单元格来验证；你会亲手写出这一步，
用 1000 步把一张照片走回来，再故意把路走歪，看看哪些误差会被原谅。

**学完之后，你能**说清哪个反向分布求不出来、哪个求得出来；推导反向步的均值与方差；由 $x_0$、$\epsilon$ 或 $v$ 算出这一步；
为它选一个方差，并讲出理由；预见错误的预测会给画面带来什么。
"""

# %% key="setup"

# %% key="imports"
import torch
from torch.distributions import Normal

from course_utils import data, plots
from course_utils.classroom import check, hint, predict, progress, reveal, show_source, solution
from course_utils.denoisers import eps_of, from_eps
from course_utils.experiments.bells import bell_like, reverse_density, two_values
from course_utils.explorers.reverse import posterior_bells, posterior_explorer
from course_utils.forward import eps_from_x0, forward_jump, forward_step, posterior, v_from_eps, x0_from_eps
from course_utils.oracle import finite, mixture
from course_utils.reverse import reverse_step, sigma_beta, sigma_between, sigma_posterior
from course_utils.samplers import ddpm, finish
from course_utils.schedules import linear

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
这个答案是 $q(x_{t-1}|x_t)$：它也用字母 $q$，因为前向过程已经把它定义好了，虽然对图像来说谁也算不出它。
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
whatever the data look like, and a Gaussian is all that a network has to describe: a mean and a variance. (In the limit
of small steps, the reverse of a diffusion has the same form as the diffusion. Sohl-Dickstein et al., whose diffusion
model of 2015 rests on this, cite Feller 1949 for it.)
"""

# %% [markdown] key="reach-read" lang="zh" of="1d96a4"
r"""
**看图。** 蓝色是精确答案，橙色是均值、方差都与它相同的高斯曲线。退回一步时，两条线重合：
高斯曲线放错位置的概率不到 0.001 %。退回一百步，精确曲线已经隐约有了两个峰，高斯曲线则嫌太尖，放错了约 8 %。
一直退到 $t = 50$，高斯曲线就彻底错了：它以为像素在中间，而像素几乎从不在那里。

之所以要走许多小步，原因就在这里。步子越小，$q(x_{t-1}|x_t)$ 就越接近高斯分布，不管数据长什么样；
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
还有第二个问题，不需要了解所有图像：如果除了 $x_t$，还告诉我们一切从哪里开始，也就是 $x_0$，那么一步之前图像在哪里？
训练时，$x_0$ 总是已知的。答案 $q(x_{t-1}|x_t,x_0)$ 叫做**后验**（posterior），只用到均值、方差都已知的高斯分布。
下面的式子都是逐像素的，所以用一个像素就能验证：$x_0 = 0.8$，$x_t = -0.6$，取 10 步的短调度、$t = 4$，这时每个数都大得看得清。
代码中，$x_{t-1}$ 是一个细网格 `z`，`a_t` 与 `a_s` 是 $\bar\alpha_t$ 与 $\bar\alpha_{t-1}$。
"""

# %% key="bayes-numbers" tags=["nbval-check-output"]
short, t = linear(10), 4
x0, xt = torch.tensor([0.8, -0.6], dtype=torch.float64)
alpha, beta = short.alpha[t], short.beta[t]
a_t, a_s = short.alpha_bar[t], short.alpha_bar[t - 1]
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
第二个等号用的是马尔可夫性：知道了 $x_{t-1}$，$x_0$ 就不会再告诉我们关于 $x_t$ 的任何事。
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
把它看成 $x_{t-1}$ 的函数，也是一条钟形曲线，中心是 $x_t/\sqrt{\alpha_t}$，方差是 $\beta_t/\alpha_t$（画成面积为 1）。
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
print("equal to the package's:", bool((beta_tilde - short.posterior_variance[t]).abs() < 1e-12))

# %% [markdown] key="bayes-6" lang="en"
r"""
**Line 6: the mean.** Multiply $B$ by $\tilde\beta_t$, and everything that can cancel does:
$$\tilde\mu_t=\frac BA=\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\,x_0
+\frac{\sqrt{\alpha_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\,x_t.\tag{7}$$
At $t = 1$ the second weight is 0 and the first is 1: with $x_0$ known, the last step ends in $x_0$, and there is
no doubt left.
"""

# %% [markdown] key="bayes-6" lang="zh" of="898971"
r"""
**第 6 行：均值。** 用 $\tilde\beta_t$ 乘 $B$，能约的都约掉：
$$\tilde\mu_t=\frac BA=\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\,x_0
+\frac{\sqrt{\alpha_t}\,(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\,x_t.\tag{7}$$
$t = 1$ 时，第二个权重为 0，第一个为 1：既然 $x_0$ 已知，最后一步就落在 $x_0$ 上，毫无悬念。
"""

# %% key="bayes-6-check" tags=["nbval-check-output"]
mu = a_s.sqrt() * beta / (1 - a_t) * x0 + alpha.sqrt() * (1 - a_s) / (1 - a_t) * xt
print("equal to B / A:", bool((mu - B / A).abs() < 1e-12))
print("at t = 1 it is x_0:", bool((posterior(short, xt[None], 1, x0[None]).mean - x0).abs() < 1e-12))

# %% [markdown] key="mean-task" lang="en"
r"""
**Write it yourself.** Turn (7) into code, for images of any shape. `schedule.alpha_bar`, `schedule.alpha` and
`schedule.beta` are arrays with $t$ as their index. Hints: `hint("03.mean")`.
"""

# %% [markdown] key="mean-task" lang="zh" of="47b8ac"
r"""
**自己动手。** 把 (7) 写成代码，图像形状不限。`schedule.alpha_bar`、`schedule.alpha` 与 `schedule.beta` 都是以 $t$ 为下标的数组。
提示：`hint("03.mean")`。
"""

# %% key="mean-try" tags=["exercise"]
def my_posterior_mean(schedule, x0, xt, t):
    ...

my_posterior_mean = check("03.mean", my_posterior_mean)

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
再把 $T$ 调到 1000，移动 $t$。几乎在每个 $t$，均值都差不多就是 $x_t$：总共 1000 步，单单一步几乎什么也没去掉。
$x_0$ 的权重仍大于 $x_t$ 的，**最大**的 $t$ 是多少？（方向键一次移动一格。）
"""

# %% key="weigh-explore"
posterior_explorer()

# %% key="weigh-answer" tags=["exercise"]
my_t = ...
my_t = check("03.weigh", my_t)

# %% [markdown] key="noise"
r"""
## 4 · What the network predicts · 网络预测什么
"""

# %% [markdown] key="noise-why" lang="en"
r"""
When we generate, $x_0$ is what we want, not what we have. So a network looks at $x_t$, is told $t$, and guesses; a hat
marks a guess, as in $\hat x_0$ or $\hat\epsilon$. It may guess $x_0$ itself, or, which is the same knowledge, the noise
$\epsilon$: the forward jump, solved for $x_0$, reads
$$x_0=\frac{x_t-\sqrt{1-\bar\alpha_t}\,\epsilon}{\sqrt{\bar\alpha_t}}.\tag{8}$$
Which noise is meant here? A chain of $t$ steps drew $t$ noises, one for each.
"""

# %% [markdown] key="noise-why" lang="zh" of="8691dd"
r"""
生成的时候，$x_0$ 是我们想要的，不是手里有的。所以把 $x_t$ 和 $t$ 交给网络，让它来猜；猜出来的量戴一顶帽子，
如 $\hat x_0$、$\hat\epsilon$。它可以直接猜 $x_0$，也可以猜噪声 $\epsilon$，知道一个就等于知道另一个：从前向跳跃的式子解出 $x_0$，就是
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
对它最好的猜测，就是对总噪声最好的猜测乘以 $\sqrt{\beta_t/(1-\bar\alpha_t)}$。记住这个因子，到 (9) 它会再次出现。
"""

# %% [markdown] key="x0-task" lang="en"
r"""
**Write it yourself.** Equation (8), with `schedule.signal[t]` for $\sqrt{\bar\alpha_t}$ and `schedule.noise[t]` for
$\sqrt{1-\bar\alpha_t}$.
"""

# %% [markdown] key="x0-task" lang="zh" of="26413b"
r"""
**自己动手。** 写出式 (8)，$\sqrt{\bar\alpha_t}$ 是 `schedule.signal[t]`，$\sqrt{1-\bar\alpha_t}$ 是 `schedule.noise[t]`。
"""

# %% key="x0-try" tags=["exercise"]
def my_x0(schedule, xt, t, eps):
    ...

my_x0 = check("03.x0", my_x0)

# %% [markdown] key="four"
r"""
## 5 · One step, four ways · 同一步，四种算法
"""

# %% [markdown] key="four-why" lang="en"
r"""
The mean of the step can be had in four ways, according to what the network was trained to say. It may say
$\tilde\mu_t$ itself. It may say $x_0$; put that into (7). It may say $\epsilon$; put (8) into (7), and the factors of
$x_t$ gather into one,
$$\tilde\mu_t=\frac1{\sqrt{\alpha_t}}\left(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\epsilon\right).\tag{9}$$
Read it with section 4 in mind: a step back takes away the last step's noise, $\sqrt{\beta_t}$ times the best guess
of it, and that guess is $\sqrt{\beta_t/(1-\bar\alpha_t)}$ times $\epsilon$. The product of the two factors is the one in (9).

Or the network may say the *velocity* $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$. (The name: call the
two roots $\cos\varphi$ and $\sin\varphi$. Then $x_t=\cos\varphi\,x_0+\sin\varphi\,\epsilon$, and $v$ is its derivative
$dx_t/d\varphi$.) It follows that
$x_0=\sqrt{\bar\alpha_t}\,x_t-\sqrt{1-\bar\alpha_t}\,v$, and (7) becomes
$$\tilde\mu_t=\sqrt{\alpha_t}\,x_t-\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{\sqrt{1-\bar\alpha_t}}\,v.\tag{10}$$
"""

# %% [markdown] key="four-why" lang="zh" of="2aa186"
r"""
这一步的均值有四种算法，取决于网络学的是给出哪个量。它可以直接给出 $\tilde\mu_t$。它可以给出 $x_0$，代入 (7) 即可。
它可以给出 $\epsilon$：把 (8) 代入 (7)，$x_t$ 的系数合并成一个，
$$\tilde\mu_t=\frac1{\sqrt{\alpha_t}}\left(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\epsilon\right).\tag{9}$$
联系第 4 节来读它：退回一步，就是去掉最后一步的噪声，即 $\sqrt{\beta_t}$ 乘以对它的最好猜测，
而这个猜测是 $\epsilon$ 的 $\sqrt{\beta_t/(1-\bar\alpha_t)}$ 倍。两个因子相乘，就是 (9) 里的那个。

网络还可以给出**速度**（velocity）$v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$。
（名字的由来：把两个根号分别记作 $\cos\varphi$ 与 $\sin\varphi$，则 $x_t=\cos\varphi\,x_0+\sin\varphi\,\epsilon$，
而 $v$ 正是它的导数 $dx_t/d\varphi$。）由此
$x_0=\sqrt{\bar\alpha_t}\,x_t-\sqrt{1-\bar\alpha_t}\,v$，(7) 就成了
$$\tilde\mu_t=\sqrt{\alpha_t}\,x_t-\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{\sqrt{1-\bar\alpha_t}}\,v.\tag{10}$$
"""

# %% key="four-ways" tags=["nbval-check-output"]
t, image = 100, palace.double()
xt, eps = forward_jump(schedule, image, t, generator=torch.Generator().manual_seed(0))
alpha, beta, v = schedule.alpha[t], schedule.beta[t], v_from_eps(schedule, xt, t, eps)
mean = posterior(schedule, xt, t, image).mean
via_x0 = posterior(schedule, xt, t, x0_from_eps(schedule, xt, t, eps)).mean
via_eps = (xt - beta / schedule.noise[t] * eps) / alpha.sqrt()
via_v = alpha.sqrt() * xt - schedule.signal[t - 1] * beta / schedule.noise[t] * v
print("all equal:", all(bool((way - mean).abs().max() < 1e-12) for way in (via_x0, via_eps, via_v)))

# %% [markdown] key="four-pictures" lang="en"
r"""
Four formulas, one step. And what does the mean look like? On the left $x_{100}$; then $\hat x_0$ from (8); then the
posterior mean $\tilde\mu_{100}$, our best knowledge of $x_{99}$; on the right, for comparison, the *forward* mean of
$x_{99}$, the photograph scaled by $\sqrt{\bar\alpha_{99}}$.
"""

# %% [markdown] key="four-pictures" lang="zh" of="f87f53"
r"""
四个公式，同一步。这个均值看上去是什么样？最左是 $x_{100}$；然后是由 (8) 得到的 $\hat x_0$；
再是后验均值 $\tilde\mu_{100}$，也就是我们对 $x_{99}$ 的最好估计；最右作为对照，是 $x_{99}$ 的**前向**均值，
即照片乘以 $\sqrt{\bar\alpha_{99}}$。
"""

# %% key="four-show"
shown = {"$x_{100}$": xt, r"$\hat x_0$": x0_from_eps(schedule, xt, t, eps)}
shown |= {r"$\tilde\mu_{100}$": mean, r"$\sqrt{\bar\alpha_{99}}\,x_0$": schedule.signal[t - 1] * image}
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
**看图。** 后验均值几乎与 $x_{100}$ 一样嘈杂；前向均值里则完全没有噪声，那一点 $\ell_1$ 只来自缩放。这不是错误。
前向均值回答的是：“对所有可能的噪声取平均，$x_{99}$ 在哪里？”后验均值回答的是：“**这一个** $x_{99}$ 在哪里？它的噪声我们已经在 $x_{100}$ 里看到了。”
那些噪声，一步之前几乎全都在，所以诚实的猜测要把它们留下：$x_t$ 的权重是 0.981。噪声是一点一点去掉的，一共去 1000 次。
"""

# %% [markdown] key="easier" lang="en"
r"""
With exact predictions the four ways agree. A network errs, and then they differ: the same error $\delta$ of the
prediction is multiplied by another factor in each. The factors can be read off (7), (8), (9) and (10); here they are over $t$,
on the left for the mean of the step, on the right for the $\hat x_0$ that follows from the prediction.
"""

# %% [markdown] key="easier" lang="zh" of="36253a"
r"""
预测精确时，四种算法一致。网络总会有误差，这时就不一样了：预测的误差同为 $\delta$，四种算法各乘一个不同的因子。
这些因子可以从 (7)、(8)、(9)、(10) 里读出来；下图画出它们随 $t$ 的变化，左边是对这一步均值的影响，右边是对由预测得出的 $\hat x_0$ 的影响。
"""

# %% key="easier-show"
times = torch.arange(1, 1001)
noise, signal, before = schedule.noise[times], schedule.signal[times], schedule.signal[times - 1]
alpha, beta, one = schedule.alpha[times], schedule.beta[times], torch.ones(1000)
of_step = {r"$\mu$": one, "$x_0$": before * beta / noise**2, r"$\epsilon$": beta / noise / alpha.sqrt()}
of_x0 = {r"$\mu$": noise**2 / before / beta, "$x_0$": one, r"$\epsilon$": noise / signal}
of_step["$v$"], of_x0["$v$"] = before * beta / noise, noise
panels = {r"$\Delta\tilde\mu_t\,/\,\delta$": of_step, r"$\Delta\hat x_0\,/\,\delta$": of_x0}
plots.curves(panels, x=times, log="y")

# %% [markdown] key="easier-read" lang="en"
r"""
**Read the figure.** On the left, the step. An error in $\mu$ enters it whole. One in $\epsilon$ is shrunk at every $t$,
to between 0.006 and 0.021 of its size. One in $x_0$ is shrunk less and less towards the clean end, and enters whole at
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

# %% [markdown] key="easier-read" lang="zh" of="2571ae"
r"""
**看图。** 左边是这一步。$\mu$ 的误差原样进入；$\epsilon$ 的误差在每个 $t$ 都被缩小到 0.006 至 0.021 倍；
$x_0$ 的误差越靠近干净的一端缩得越少，到 $t = 1$ 就原样进入。$v$ 在噪声多时像 $x_0$，噪声少时像 $\epsilon$。
右边，$\epsilon$ 的因子在多噪的一端急剧膨胀（$\mu$ 的更甚）：那里 $x_t$ 几乎全是噪声，$\epsilon$ 很容易猜准，却几乎不透露 $x_0$ 的信息；
在 $t = 1000$，它错 0.01，$\hat x_0$ 就错 1.6。$x_0$ 与 $v$ 的因子都不超过 1。

常听人说 $\epsilon$ 更容易学。这句话本身算不上事实。由 (8)，$x_0$ 的误差就是 $\epsilon$ 的误差乘以
$\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$，所以对 $\epsilon$ 的平方损失**就是**对 $x_0$ 的平方损失，
权重是 $\bar\alpha_t/(1-\bar\alpha_t)$，即信噪比；对 $v$ 的，权重是这个比值加 1。选定目标，就是为各个时间步选定了一种**加权**，
也选定了网络最后一层要输出什么。哪种更好，要试了才知道：Ho 等人最好的样本出自 $\epsilon$ 与不加权的损失；
Salimans 与 Ho 想要步数极少，就改用 $v$ 或 $x_0$。
"""

# %% [markdown] key="sigma"
r"""
## 6 · The variance: β, β̃ or learned · 方差：β、β̃ 还是学出来
"""

# %% [markdown] key="sigma-why" lang="en"
r"""
The step needs a variance, too. $\tilde\beta_t$ is that of $q(x_{t-1}|x_t,x_0)$, where $x_0$ is known. We want that of
$q(x_{t-1}|x_t)$, where it is not, so there is more doubt: the variance should be larger. How much, depends on
the data. For pixels that are $\mathcal N(0,\sigma_0^2)$ everything is Gaussian; replace the prior's variance
$1-\bar\alpha_{t-1}$ in $A$ by the variance $V$ of $x_{t-1}$, and the answer is exact:
$$\sigma_t^2=\frac{\beta_t\,V}{\alpha_t\,V+\beta_t},\qquad V=\bar\alpha_{t-1}\,\sigma_0^2+1-\bar\alpha_{t-1}.\tag{11}$$
With $\sigma_0=0$ (all data the same image) it is $\tilde\beta_t$. With $\sigma_0=1$ it is $\beta_t$. These are the two
choices of the DDPM paper. A network can also *learn* it: for every pixel a share $r$, usually between 0 and 1, and
$$\sigma_t^2=\beta_t^{\,r}\;\tilde\beta_t^{\,1-r},\tag{12}$$
an interpolation in the logarithm. Here are all of them, divided by $\beta_t$.
"""

# %% [markdown] key="sigma-why" lang="zh" of="204d65"
r"""
这一步还需要一个方差。$\tilde\beta_t$ 是 $q(x_{t-1}|x_t,x_0)$ 的方差，那里 $x_0$ 已知。我们要的是 $q(x_{t-1}|x_t)$ 的方差；
少知道一样，就多一分不确定，方差也该更大。大多少，要看数据。若像素服从 $\mathcal N(0,\sigma_0^2)$，一切都是高斯的：
把 $A$ 里先验的方差 $1-\bar\alpha_{t-1}$ 换成 $x_{t-1}$ 的方差 $V$，就得到精确的答案：
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
hidden behind $\beta_t$), and the choice matters only for the first few dozen $t$: from $t = 100$ on, $\tilde\beta_t$ is within 2 %
of $\beta_t$. With 20 steps they are more than 5 % apart up to $t = 10$, half of the way. Does it show? Sample from
$\mathcal N(0, 0.5^2)$ with the exact $\epsilon$ and each variance, and measure the standard deviation of what comes out.
"""

# %% [markdown] key="sigma-read" lang="zh" of="f212f0"
r"""
**看图。** 上图 $T = 1000$（横轴为 $\log t$），下图 $T = 20$。最低的 $\sigma_0 = 0$ 就是 $\tilde\beta_t$，
最高的 $\sigma_0 = 1$ 就是 $\beta_t$；数据介于两者之间，真值也就介于两者之间，$r = 0.5$ 的 (12) 也是。
走 1000 步时，就连很窄的数据（$\sigma_0 = 0.1$）也始终接近 $\beta_t$（$\sigma_0 = 0.5$ 被 $\beta_t$ 遮住了），选哪个只对最初几十个 $t$ 有影响：
从 $t = 100$ 起，$\tilde\beta_t$ 与 $\beta_t$ 相差不到 2 %。只走 20 步时，$t = 10$ 以内，也就是一半的步数，两者相差都超过 5 %。看得出来吗？
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
Real images have no single $\sigma_0$, but as long as pixels lie in $[-1, 1]$, the best variance for each $t$ is still
between the two, and it can be estimated from a trained network (Bao et al.). And note what is *not* true, though it can
be read: that $\beta_t$ is the variance of the posterior. It is another choice, not the same one.
"""

# %% [markdown] key="sigma-sample-read" lang="zh" of="2a8a40"
r"""
真值是 0.50。走 1000 步时，哪种选择都与它相差不到 0.02。走 20 步时，$\tilde\beta$ 让样本过于相像（约 0.4），
$\beta$ 又略嫌分散；而精确方差 (11) 在两种步数下都对。真实图像没有单一的 $\sigma_0$，但只要像素在 $[-1, 1]$ 之内，每个 $t$ 的最好方差仍在两者之间，
而且可以由训练好的网络估计出来（Bao 等）。还要留意一个流传的错误说法，说 $\beta_t$ 就是后验方差。不是的，那是另一种选择。
"""

# %% [markdown] key="step-task" lang="en"
r"""
**Write it yourself: the reverse step.** This is the heart of the DDPM sampler, Algorithm 2 of Ho et al.: the mean (9) from
`eps_hat`, plus $\sqrt{\tilde\beta_t}$ times the `noise` that is handed to you, and at $t = 1$ the mean alone.
"""

# %% [markdown] key="step-task" lang="zh" of="2a076e"
r"""
**自己动手：反向步（reverse step）。** 这是 DDPM 采样器的核心，即 Ho 等人的算法 2：由 `eps_hat` 得到均值 (9)，
加上 $\sqrt{\tilde\beta_t}$ 乘以传进来的 `noise`；$t = 1$ 时只要均值。
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
## 7 · All the way back, with the true noise · 带着真噪声一路走回
"""

# %% [markdown] key="full-why" lang="en"
r"""
Now 1000 steps, with the best prediction there can be: at each step the $\epsilon$ that is truly in the current $x_t$. We
can only have it because we know $x_0$, so this is a simulation, not generation. A *denoiser*, in this course, is any
function of $x_t$ and $t$ that answers with a guess of $x_0$; by (8), whoever knows that knows $\hat\epsilon$, too. Ours
cheats: whatever it is shown, it answers with the photograph. `ddpm` takes a denoiser and repeats `reverse_step` down a list of times.
"""

# %% [markdown] key="full-why" lang="zh" of="ce2868"
r"""
现在走完 1000 步，用的是不可能更好的预测：每一步都给出当前 $x_t$ 中真正的 $\epsilon$。之所以拿得到，是因为我们知道 $x_0$，
所以这是模拟，不是生成。本课程所说的**去噪器**，是以 $x_t$ 与 $t$ 为输入、给出 $x_0$ 的猜测的任意函数；由 (8)，知道这个猜测，也就知道 $\hat\epsilon$。
这里的去噪器在作弊：不管看到什么，它给出的都是那张照片。
`ddpm` 拿到一个去噪器，就沿着一串时间步反复调用 `reverse_step`。
"""

# %% key="full-walk"
def walk(denoiser, seed=1):
    generator = torch.Generator().manual_seed(seed)
    xT = torch.randn(palace.shape, generator=generator)
    return torch.cat([sample.xt for sample in ddpm(schedule, denoiser, xT, range(1000, -1, -1), generator=generator)])

def knowing(xt, t):
    return palace

states = walk(knowing)  # t = 1000, 999, ..., 0
plots.strip(states[::200], range(1000, -1, -200))

# %% key="full-error" tags=["nbval-check-output"]
error = (states[-1] - palace).abs().max()
print(f"largest error {error:.6f}   below 1e-6:", bool(error < 1e-6))

# %% [markdown] key="full-read" lang="en"
r"""
**Read the figure.** It began with noise that has nothing to do with the palace, and fresh noise was added at every step
but the last. Yet it ends in the photograph, to the last digit, for at $t = 1$ the mean is $\hat x_0$ itself. The noise along the
way did no harm: at each step $\hat\epsilon$ was all the noise in the current $x_t$, old and new. Any start and any noise
lead here, because this denoiser knows one image only.
"""

# %% [markdown] key="full-read" lang="zh" of="dcf3cc"
r"""
**看图。** 起点是与宫殿毫无关系的噪声，除最后一步外，每一步还加了新噪声。终点却是那张照片，一位不差，因为 $t = 1$ 处的均值就是 $\hat x_0$ 本身。
沿途的噪声没有造成损害：每一步的 $\hat\epsilon$ 都是当时 $x_t$ 中的全部噪声，不分新旧。不管从哪里出发、加什么噪声，都会走到这里：这个去噪器只认得一幅图。
"""

# %% [markdown] key="wrong"
r"""
## 8 · What the walk forgives, and what it does not · 哪些误差会被原谅
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
**看图**，从右往左，顺着行走的方向。每条曲线画的是：$\hat\epsilon$ 在所标的各步都错 0.3 时，
这次行走与噪声相同、但没有误差的那一次相距多远。
画面被拉偏，之后又会回来，因为下一次预测总是从 $x_t$ 当时所在之处重新做起。$x_t$ 的误差乘以 (7) 中 $x_t$ 的权重，
传给 $x_{t-1}$。到了后半程，这些权重减去的比新误差添上的还多，所以连“always”那条曲线也在半路上掉头往下；
而一路连乘到 $t = 1$，乘积等于 0，因为最后一个是 0。留下的只有 $t = 1$ 那一步自己的误差：
$0.3\cdot\sqrt{1-\bar\alpha_1}/\sqrt{\bar\alpha_1} = 0.003$。就算一路都错，留下的也不过这么多。
"""

# %% [markdown] key="wrong-gauss" lang="en"
r"""
Does this excuse a real denoiser? It does not know $x_0$; it judges by $x_t$ alone, and where $x_t$ was pushed, it may
believe the push. Take data $\mathcal N(0,\sigma_0^2)$, whose exact $\hat\epsilon$ is known, and push $x_t$ by 1. Let
$V_t=\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t$ be the variance of $x_t$, so that the $V$ of (11) is $V_{t-1}$. The best guess
of $x_{t-1}$ is then $x_t$ times their covariance over the variance of $x_t$. So one step multiplies a push by
$\sqrt{\alpha_t}\,V_{t-1}/V_t$, and all steps together multiply it by
$$\prod_{i=1}^{t}\frac{\sqrt{\alpha_i}\,V_{i-1}}{V_i}=\frac{\sqrt{\bar\alpha_t}\,\sigma_0^2}{\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t}.\tag{13}$$
Everything here is linear, so the push can be followed alone, with noise of size 0 (`silent`):
"""

# %% [markdown] key="wrong-gauss" lang="zh" of="4bb3c0"
r"""
真正的去噪器也能这样脱身吗？它不知道 $x_0$，只凭 $x_t$ 判断；$x_t$ 被推偏了，它可能就信以为真。
取数据 $\mathcal N(0,\sigma_0^2)$，它的精确 $\hat\epsilon$ 是已知的，把 $x_t$ 推偏 1。
记 $x_t$ 的方差为 $V_t=\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t$，(11) 的 $V$ 就是 $V_{t-1}$。对 $x_{t-1}$ 的最好猜测，
是 $x_t$ 乘以两者的协方差，再除以 $x_t$ 的方差。所以走一步，偏移就乘以 $\sqrt{\alpha_t}\,V_{t-1}/V_t$，走完所有步，一共乘以
$$\prod_{i=1}^{t}\frac{\sqrt{\alpha_i}\,V_{i-1}}{V_i}=\frac{\sqrt{\bar\alpha_t}\,\sigma_0^2}{\bar\alpha_t\,\sigma_0^2+1-\bar\alpha_t}.\tag{13}$$
这里一切都是线性的，所以可以把噪声设为 0（`silent`），单独跟踪这个偏移：
"""

# %% key="wrong-gauss-table" tags=["nbval-check-output"]
def silent(schedule, t, s):
    return torch.zeros(())

def survives(t, std):
    a = schedule.alpha_bar[t]
    return a.sqrt() * std**2 / (a * std**2 + 1 - a)

gaussian = mixture(schedule, torch.zeros(1, 1), torch.tensor([0.5]))
for t in (800, 400, 200, 50, 10):
    measured = finish(ddpm(schedule, gaussian, torch.ones(1, 1), range(t, -1, -1), sigma=silent)).item()
    print(f"pushed at t = {t:3}   survives: measured {measured:.4f}   by (13) {survives(t, 0.5):.4f}")

# %% key="wrong-gauss-show"
plots.curves({"survives": {rf"$\sigma_0={std}$": survives(times, std) for std in (0.1, 0.5, 1)}}, x=times)

# %% [markdown] key="wrong-gauss-read" lang="en"
r"""
**Read the figure.** Early pushes are almost forgotten: with $\sigma_0 = 0.5$, of one at $t = 800$ less than 2 % survives.
Late ones stay: of one at $t = 10$, nearly all. The narrower the data (small $\sigma_0$), the more the denoiser knows
beforehand, and the more it corrects; with $\sigma_0 = 0$ we are back at the photograph, where all is forgotten.

One more case is neither. Let the data be two photographs, the palace and a flower, with the exact denoiser for the two.
Push the walk towards the flower: for a hundred steps, early or late, add 0.1 times (palace minus flower) to
$\hat\epsilon$, with that difference scaled to a size of 1. (Palace comes first because $\hat\epsilon$ is subtracted.)
"""

# %% [markdown] key="wrong-gauss-read" lang="zh" of="50a880"
r"""
**看图。** 早期的偏移几乎都被忘掉：$\sigma_0 = 0.5$ 时，$t = 800$ 处的偏移留下不到 2 %。晚期的偏移会留下：$t = 10$ 处的几乎全部留下。
数据越窄（$\sigma_0$ 越小），去噪器事先知道的就越多，纠正得也越多；$\sigma_0 = 0$ 就回到那张照片，什么都被忘掉。

还有一种情形，与两者都不同。设数据是两张照片，宫殿与花，并用这两张照片的精确去噪器。
把行走往花的方向推：在一百步里，或早或晚，给 $\hat\epsilon$ 加上 0.1 倍的（宫殿减花），这个差先缩放到大小为 1。
（宫殿在前，是因为 $\hat\epsilon$ 要被减去。）
"""

# %% key="wrong-two"
flower = data.photograph("flower", 48)
two_images = finite(schedule, torch.cat([palace, flower]))
towards = (palace - flower) / (palace - flower).pow(2).mean().sqrt()
pushes = {"no push": [], "901-1000": range(901, 1001), "401-500": range(401, 501), "1-100": range(1, 101)}
ends = {name: walk(wrong_at(times, two_images, 0.1 * towards))[::200] for name, times in pushes.items()}
plots.rows(ends, [f"$t={t}$" for t in range(1000, -1, -200)])

# %% [markdown] key="wrong-two-read" lang="en"
r"""
**Read the figure.** All four walks begin with the same noise, and add the same noise. Undisturbed, this one ends in
the palace. A push at 401 to 500, or at 1 to 100, changes nothing that can be seen. The same push at 901 to 1000 turns the
palace into the flower. Up there, $x_t$ could still become either; a small push settles it, and every later prediction is
exact *for the new choice*. That error is never forgotten.

So there are three answers to "does the sampler correct its errors?" What the denoiser knows for certain is corrected; what
it must infer from $x_t$ is corrected in part, (13); and what $x_t$ alone decides is not corrected at all. Early on the
large decisions are made, at the end the fine grain.
"""

# %% [markdown] key="wrong-two-read" lang="zh" of="94b3dd"
r"""
**看图。** 四次行走从同一份噪声出发，沿途加的噪声也相同。不受干扰时，这一次走到宫殿。
在 401 到 500、或 1 到 100 推一把，看不出任何变化；同样的力气用在 901 到 1000，宫殿就变成了花。
在那里，$x_t$ 变成哪一幅都还有可能；轻轻一推就定了局，此后的每次预测，**对新的选择**都是准确的。这种误差永远不会被忘掉。

所以“采样器会纠正自己的误差吗”有三个答案：去噪器确知的，会纠正；要从 $x_t$ 推断的，按 (13) 纠正一部分；
只由 $x_t$ 决定的，完全不纠正。早期定大局，末尾定纹理。
"""

# %% [markdown] key="grain"
r"""
## 9 · No noise at the last step · 最后一步不加噪声
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
noise = torch.randn(palace.shape, generator=torch.Generator().manual_seed(0))
grain = {T: palace + linear(T).beta[1].sqrt() * noise for T in (1000, 100, 20)}
plots.grids({"$x_0$": palace} | {f"$T = {T}$": x for T, x in grain.items()})

# %% key="grain-measure" tags=["nbval-check-output"]
for T, x in grain.items():
    print(f"T = {T:4}   sqrt(beta_1) {linear(T).beta[1].sqrt():.3f}   measured {(x - palace).std():.2f}")

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

# %% [markdown] key="recap"
r"""
## 10 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- why $q(x_{t-1}|x_t)$ is out of reach, and why it is nearly Gaussian when steps are small;
- how two bells give the posterior, with its mean and its variance;
- why the posterior mean is almost as noisy as $x_t$;
- why the network is asked for all the noise, and how $\mu$, $x_0$, $\epsilon$ and $v$ say the same thing;
- what the two variances assume, and when the choice matters;
- which errors a walk forgets, and which it keeps.

**Common mistakes**

- "$q$ is the unknown, $p$ the known one." The other way round: $q$ is built, $p_\theta$ is learned.
- "We assume that the posterior is Gaussian." It is one, exactly. What is assumed Gaussian is $p_\theta(x_{t-1}|x_t)$.
- "The network predicts the noise of the step from $t-1$ to $t$." It predicts all the noise in $x_t$.
- "The noise is subtracted from $x_0$." It is subtracted from $x_t$.
- "The posterior variance is $\beta_t$." It is $\tilde\beta_t$; $\beta_t$ is the other choice.
- "$\epsilon$ is easier to learn." It is another weighting of the same loss.
- "Errors always add up." or "The sampler corrects itself." Measure; it depends on what the denoiser knows.

**Papers**

- Ho, Jain & Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): the posterior, our (6) and (7), is in its eqs. (6) and (7); our (8) is its eq. (15), our (9) its eq. (11); Algorithm 2; both variances in §3.2.
- Nichol & Dhariwal 2021, [Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672): the learned variance, our (12), is its eq. (15).
- Salimans & Ho 2022, [Progressive Distillation for Fast Sampling of Diffusion Models](https://arxiv.org/abs/2202.00512): $v$ and the weightings, section 4.
- Bao et al. 2022, [Analytic-DPM](https://arxiv.org/abs/2201.06503): the best variance, from the score (Theorem 1), and its bounds (Theorem 2).
- Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585): why the reverse of small steps has the same form, section 2.2.
"""

# %% [markdown] key="recap-text" lang="zh" of="d03ef7"
r"""
**现在你能讲清**

- 为什么 $q(x_{t-1}|x_t)$ 求不出来，为什么步子小时它近于高斯；
- 两条钟形曲线怎样给出后验，连同它的均值与方差；
- 为什么后验均值几乎与 $x_t$ 一样嘈杂；
- 为什么让网络预测全部噪声，$\mu$、$x_0$、$\epsilon$、$v$ 又怎样说的是同一件事；
- 两种方差各假设了什么，什么时候选哪个才要紧；
- 一路走回时，哪些误差会被忘掉，哪些会留下。

**常见误解**

- “$q$ 是未知的，$p$ 是已知的。”反了：$q$ 是造出来的，$p_\theta$ 是学出来的。
- “假设后验是高斯分布。”它就是，一点不差。被假设成高斯的是 $p_\theta(x_{t-1}|x_t)$。
- “网络预测的是从 $t-1$ 到 $t$ 那一步的噪声。”它预测 $x_t$ 中的全部噪声。
- “噪声是从 $x_0$ 里减去的。”是从 $x_t$ 里减去的。
- “后验方差是 $\beta_t$。”是 $\tilde\beta_t$；$\beta_t$ 是另一种选择。
- “$\epsilon$ 更容易学。”那只是同一个损失换了一种加权。
- “误差总会累积。”或“采样器会自我纠正。”要去量；这取决于去噪器知道什么。

**论文**

- Ho、Jain 与 Abbeel，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：后验，即我们的 (6) 与 (7)，见其式 (6) 与 (7)；(8) 是其式 (15)，(9) 是其式 (11)；算法 2；两种方差见 §3.2。
- Nichol 与 Dhariwal，2021，[Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672)：学出来的方差，我们的 (12) 是其式 (15)。
- Salimans 与 Ho，2022，[Progressive Distillation for Fast Sampling of Diffusion Models](https://arxiv.org/abs/2202.00512)：$v$ 与各种加权，第 4 节。
- Bao 等，2022，[Analytic-DPM](https://arxiv.org/abs/2201.06503)：由得分求出的最好的方差（定理 1），以及它的上下界（定理 2）。
- Sohl-Dickstein 等，2015，[Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585)：为什么小步的反向有同样的形式，第 2.2 节。
"""

# %% key="progress"
progress("03")
