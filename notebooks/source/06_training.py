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
#     minutes: 6
#     learning: 175
#     leave_out: [losses, ema, stop, build, full]
# ---

# %% [markdown] key="head"
r"""
# 06 · Training · 训练
"""

# %% [markdown] key="welcome" lang="en"
r"""
A network, a pile of images, and a loss. Where does this loss come from, why is it a plain squared error, and what does
it say about the run? On this page you derive it from the likelihood, line by line, write the training step, compare
losses and targets, train on real digits with a monitor before you, stop the run and resume it without losing a bit. Then you play
doctor: six trainings are ill, and you say what each of them has. At the end you build a training loop of your own, equal to the package's to the last bit, and mend one that somebody else has built.

**Afterwards you can** explain every step from the variational lower bound to $\|\epsilon-\hat\epsilon\|^2$; choose between
l1, l2 and Huber, and between $\epsilon$, $x_0$ and $v$; read a loss that looks flat; find the commonest faults of a
training from its curves and samples; and write a training loop that can be stopped and gone on with.
"""

# %% [markdown] key="welcome" lang="zh" of="24320e"
r"""
一个网络，一堆图像，一个损失。这个损失从哪里来？为什么只是普通的平方误差？它又能告诉我们训练得怎样？
在这一页，你会从似然一行一行推出它，写出训练的一步，比较几种损失与预测目标，一边看着监视器，一边用真实的数字图像训练，
中途停下，再接着训练，分毫不差。然后你来当医生：六次训练各有毛病，由你诊断。最后，你自己造一个训练循环，结果与本包的逐位相等；再修好一个别人造的。

**学完之后，你能**讲清从变分下界到 $\|\epsilon-\hat\epsilon\|^2$ 的每一步；在 l1、l2 与 Huber 之间，以及 $\epsilon$、$x_0$ 与 $v$ 之间做出选择；
读懂看似走平的损失；凭曲线与样本，找出训练中最常见的毛病；写出一个随时可停、可接着走的训练循环。
"""

# %% key="setup"

# %% key="imports"
import copy
import math
import tempfile
from pathlib import Path

import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from course_utils import checkpoints, data, objectives, plots, points, training
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.denoisers import eps_of, from_network, image_denoiser, predict_eps
from course_utils.experiments.bound import bound_weights, share_up_to
from course_utils.experiments.broken import broken_loop
from course_utils.experiments.clinic import PATIENTS, answers_vary, chart, rolling
from course_utils.experiments.garments import garments_of
from course_utils.experiments.losses import crowd, gap, l1_and_l2
from course_utils.explorers.garments import train_garments
from course_utils.explorers.training import weight_explorer
from course_utils.forward import eps_from_x0, forward_jump, forward_step, posterior
from course_utils.metrics import energy_distance
from course_utils.mlp import MLP
from course_utils.muon import Muon
from course_utils.objectives import by_level, errors, held_out, weighted
from course_utils.oracle import finite, mixture
from course_utils.samplers import ddim, finish
from course_utils.schedules import cosine, linear
from course_utils.times import even_times
from course_utils.training import start, train
from course_utils.unet import UNet
from course_utils.weights import pretrained
from course_utils.widgets import watch

torch.set_num_threads(1)  # small tensors

# %% [markdown] key="bound"
r"""
## 1 · From the likelihood to one squared error · 从似然到一个平方误差
"""

# %% [markdown] key="bound-why" lang="en"
r"""
What do we want? A model $p_\theta$ under which the real images are likely: $\log p_\theta(x_0)$ should be large. The model
is a chain of reverse steps, so an image can come about along very many paths $x_T, \dots, x_1, x_0$, and its probability is
the sum over all of them. Nobody can add that up for images. For a chain of 10 steps and a single pixel we can, so every line below
is checked by a cell. The pixel is $x_0 = 0.8$; the model is a decent but imperfect one (it believes the pixel to be about
$-1$ or about $1$); its steps are Gaussians with variance $\sigma_t^2 = \beta_t$.
"""

# %% [markdown] key="bound-why" lang="zh" of="4e2b5e"
r"""
我们想要什么？一个模型 $p_\theta$，使真实图像在它之下的概率大：$\log p_\theta(x_0)$ 要大。模型是一串反向步，
所以一幅图可以沿着极多条路径 $x_T, \dots, x_1, x_0$ 产生，它的概率是所有路径的概率之和。对图像，谁也加不完。
只有 10 步、一个像素时却可以，所以下面每一行都有单元格来验证。像素是 $x_0 = 0.8$；模型还不错，但不完美（它以为像素约为 $-1$ 或约为 $1$）；
它的每一步都是高斯分布，方差 $\sigma_t^2 = \beta_t$。
"""

# %% key="bound-chains"
short, n, draw = linear(10), 200_000, seeded(0)
x = [torch.full((n, 1), 0.8, dtype=torch.float64)]
for t in range(1, 11):
    x.append(forward_step(short, x[-1], t, generator=draw).xt)

# %% key="bound-model"
alpha, beta = short.alpha, short.beta
guess = mixture(short, torch.tensor([[-1.0], [1.0]]), torch.tensor([0.3, 0.3]))

def model(xt, t):
    eps_hat = guess.eps(xt, t)
    return Normal((xt - beta[t] / short.noise[t] * eps_hat) / alpha[t].sqrt(), beta[t].sqrt())

log_p = [model(x[t], t).log_prob(x[t - 1]) for t in range(1, 11)]
log_q = [Normal(alpha[t].sqrt() * x[t - 1], beta[t].sqrt()).log_prob(x[t]) for t in range(1, 11)]

# %% [markdown] key="bound-1" lang="en"
r"""
**Line 1: a bound.** Do not add up all paths; draw some from the forward process $q$, which we know, and make up for it by a
ratio:
$$\log p_\theta(x_0)=\log E_q\!\left[\frac{p_\theta(x_{0:T})}{q(x_{1:T}|x_0)}\right]\ \ge\
E_q\!\left[\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}|x_0)}\right].\tag{1}$$
The inequality is Jensen's: the logarithm bends downwards, so the mean of logarithms is at most the logarithm of the mean.
The right-hand side is the *variational lower bound* (ELBO). If it rises, it pushes the likelihood up from below. Here the exact
$\log p_\theta(x_0)$ is computed on a grid, step by step.
"""

# %% [markdown] key="bound-1" lang="zh" of="9886c5"
r"""
**第 1 行：一个下界。** 不把所有路径都加起来，而是从已知的前向过程 $q$ 中抽一些，再用一个比值来补偿：
$$\log p_\theta(x_0)=\log E_q\!\left[\frac{p_\theta(x_{0:T})}{q(x_{1:T}|x_0)}\right]\ \ge\
E_q\!\left[\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}|x_0)}\right].\tag{1}$$
不等号来自 Jensen 不等式：对数向下弯，所以对数的均值不大于均值的对数。
右边就是**变分下界**（variational lower bound，ELBO）。它升高，就从下面把似然往上推。这里的精确 $\log p_\theta(x_0)$ 是在网格上逐步算出的。
"""

# %% key="bound-1-check" tags=["nbval-check-output"]
log_ratio = Normal(0, 1).log_prob(x[10]) + sum(log_p) - sum(log_q)
z = torch.linspace(-6, 6, 1201, dtype=torch.float64)[:, None]
density = Normal(0, 1).log_prob(z)[:, 0].exp()
for t in range(10, 0, -1):
    density = model(z, t).log_prob(z[:, 0]).exp().T @ density * (z[1] - z[0])
exact = density[(z - 0.8).abs().argmin()].log()
print(f"bound {log_ratio.mean():.2f}   log p(x_0) {exact:.2f}")

# %% [markdown] key="bound-2" lang="en"
r"""
**Line 2: regroup.** The ratio is a product over steps. Turn each forward factor round by Bayes' rule, as in lesson 3:
$q(x_t|x_{t-1}) = q(x_{t-1}|x_t,x_0)\,q(x_t|x_0)/q(x_{t-1}|x_0)$ for $t\ge2$ (by the Markov property $x_0$ may join the
condition on the left; it changes nothing). Multiplied over all $t$, and by $q(x_1|x_0)$, which is left as it is, the fractions
$q(x_t|x_0)/q(x_{t-1}|x_0)$ cancel in a row, and only the last numerator stays:
$$\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}|x_0)}=\log\frac{p(x_T)}{q(x_T|x_0)}
+\sum_{t=2}^{T}\log\frac{p_\theta(x_{t-1}|x_t)}{q(x_{t-1}|x_t,x_0)}+\log p_\theta(x_0|x_1).\tag{2}$$
This is an identity, not an estimate: it holds for every single chain.
"""

# %% [markdown] key="bound-2" lang="zh" of="ef70de"
r"""
**第 2 行：重新分组。** 这个比值是各步因子的连乘积。像第 3 课那样，用贝叶斯公式把每个前向因子倒过来：
$t\ge2$ 时，$q(x_t|x_{t-1}) = q(x_{t-1}|x_t,x_0)\,q(x_t|x_0)/q(x_{t-1}|x_0)$（由马尔可夫性，左边的条件里添上 $x_0$ 也不变）。
对所有 $t$ 相乘，再乘上原样留着的 $q(x_1|x_0)$，一连串的 $q(x_t|x_0)/q(x_{t-1}|x_0)$ 首尾相消，只剩最后一个分子：
$$\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}|x_0)}=\log\frac{p(x_T)}{q(x_T|x_0)}
+\sum_{t=2}^{T}\log\frac{p_\theta(x_{t-1}|x_t)}{q(x_{t-1}|x_t,x_0)}+\log p_\theta(x_0|x_1).\tag{2}$$
这是恒等式，不是估计：对每一条链都成立。
"""

# %% key="bound-2-check" tags=["nbval-check-output"]
def log_posterior(t):
    mean, variance = posterior(short, x[t], t, x[0])
    return Normal(mean, variance.sqrt()).log_prob(x[t - 1])

end = Normal(0, 1).log_prob(x[10]) - Normal(short.signal[10] * x[0], short.noise[10]).log_prob(x[10])
between = sum(log_p[t - 1] - log_posterior(t) for t in range(2, 11))
print("the same for every chain:", torch.allclose(end + between + log_p[0], log_ratio))

# %% [markdown] key="bound-3" lang="en"
r"""
**Line 3: from logarithms to squares.** Two densities $q$ and $p$ are compared by the *Kullback–Leibler divergence*, the mean under $q$ of the difference of their logarithms, that is, by how much the log density of $q$ exceeds that of $p$ on average,
$$\mathrm{KL}(q\,\|\,p)=E_q[\log q(x)-\log p(x)]\ \ge\ 0,$$
which is 0 only if the two are equal (Jensen once more). It is no distance: $\mathrm{KL}(q\|p)$ and $\mathrm{KL}(p\|q)$ differ. Just such differences of logarithms stand in (2). So take its mean over $q$ and turn the
sign; what is to be made small is
$$L_T+\sum_{t=2}^{T}L_{t-1}+L_0,\qquad L_{t-1}=E_q\,\mathrm{KL}\bigl(q(x_{t-1}|x_t,x_0)\,\|\,p_\theta(x_{t-1}|x_t)\bigr),\tag{3}$$
with $L_T=\mathrm{KL}(q(x_T|x_0)\|p(x_T))$, which has no $\theta$ in it, and $L_0=-E_q\log p_\theta(x_0|x_1)$. Both
distributions in $L_{t-1}$ are Gaussian, with means $\tilde\mu_t$ and $\mu_\theta$ and variances $\tilde\beta_t$ and $\sigma_t^2$; the model's is fixed. For one pixel the difference of their logarithms is
$$\log\frac{\sigma_t}{\sqrt{\tilde\beta_t}}-\frac{(x-\tilde\mu_t)^2}{2\tilde\beta_t}+\frac{(x-\mu_\theta)^2}{2\sigma_t^2}.$$
Under $q$ the first square has the mean $\tilde\beta_t$, the second $\tilde\beta_t+(\tilde\mu_t-\mu_\theta)^2$: spread, and offset. Added up over the pixels,
$$L_{t-1}=E_q\frac{\|\tilde\mu_t-\mu_\theta(x_t,t)\|^2}{2\sigma_t^2}+C_t,\tag{4}$$
where $C_t$ depends on the two variances alone: $\log(\sigma_t/\sqrt{\tilde\beta_t})-\tfrac12+\tilde\beta_t/(2\sigma_t^2)$ for each pixel, 0 if they are equal. All that can be learnt is the mean.
"""

# %% [markdown] key="bound-3" lang="zh" of="d8660c"
r"""
**第 3 行：从对数到平方。** 比较两个密度 $q$ 与 $p$，用的是 **KL 散度**（Kullback–Leibler divergence）：在 $q$ 之下取两者对数之差的均值，也就是平均看来，$q$ 给这些值的对数密度比 $p$ 高出多少，
$$\mathrm{KL}(q\,\|\,p)=E_q[\log q(x)-\log p(x)]\ \ge\ 0,$$
只有两者相同时才为 0（仍是 Jensen 不等式）。它不是距离：$\mathrm{KL}(q\|p)$ 与 $\mathrm{KL}(p\|q)$ 并不相等。(2) 里的正是这样的对数之差。
所以取它在 $q$ 下的均值，再变号，要变小的就是
$$L_T+\sum_{t=2}^{T}L_{t-1}+L_0,\qquad L_{t-1}=E_q\,\mathrm{KL}\bigl(q(x_{t-1}|x_t,x_0)\,\|\,p_\theta(x_{t-1}|x_t)\bigr),\tag{3}$$
其中 $L_T=\mathrm{KL}(q(x_T|x_0)\|p(x_T))$ 里没有 $\theta$，而 $L_0=-E_q\log p_\theta(x_0|x_1)$。$L_{t-1}$ 里的两个分布都是高斯分布，均值是
$\tilde\mu_t$ 与 $\mu_\theta$，方差是 $\tilde\beta_t$ 与 $\sigma_t^2$，其中模型的方差是固定的。对一个像素，两个密度的对数之差是
$$\log\frac{\sigma_t}{\sqrt{\tilde\beta_t}}-\frac{(x-\tilde\mu_t)^2}{2\tilde\beta_t}+\frac{(x-\mu_\theta)^2}{2\sigma_t^2}.$$
在 $q$ 之下，第一个平方的均值是 $\tilde\beta_t$，第二个是 $\tilde\beta_t+(\tilde\mu_t-\mu_\theta)^2$：一份来自散布，一份来自偏移。对所有像素相加，得
$$L_{t-1}=E_q\frac{\|\tilde\mu_t-\mu_\theta(x_t,t)\|^2}{2\sigma_t^2}+C_t,\tag{4}$$
$C_t$ 只取决于两个方差：每个像素贡献 $\log(\sigma_t/\sqrt{\tilde\beta_t})-\tfrac12+\tilde\beta_t/(2\sigma_t^2)$，两者相等时为 0。能学的只有均值。
"""

# %% key="bound-3-check" tags=["nbval-check-output"]
m, k, wide, narrow = torch.tensor([0.3, 0.5, 0.2, 0.1], dtype=torch.float64)
divergence = kl_divergence(Normal(m, narrow), Normal(k, wide))
constant = (wide / narrow).log() - 0.5 + narrow**2 / (2 * wide**2)
print("equal:", torch.allclose(divergence, (m - k) ** 2 / (2 * wide**2) + constant))

# %% [markdown] key="bound-4" lang="en"
r"""
**Line 4: the mean is a matter of noise.** In $\tilde\mu_t$ replace $x_0$ by $x_t$ and $\epsilon$ (lesson 3). The model
knows $x_t$, too, so it only has to guess the noise:
$$\tilde\mu_t=\frac1{\sqrt{\alpha_t}}\Bigl(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\epsilon\Bigr),\qquad
\mu_\theta=\frac1{\sqrt{\alpha_t}}\Bigl(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\hat\epsilon\Bigr).\tag{5}$$
In the difference $x_t$ falls out. What is left is $\epsilon-\hat\epsilon$ and a factor, and $\epsilon$ is *all* the noise in
$x_t$, not that of the last step.
"""

# %% [markdown] key="bound-4" lang="zh" of="b847cd"
r"""
**第 4 行：均值归结为噪声。** 把 $\tilde\mu_t$ 里的 $x_0$ 换成 $x_t$ 与 $\epsilon$（第 3 课）。模型也知道 $x_t$，所以它只需猜噪声：
$$\tilde\mu_t=\frac1{\sqrt{\alpha_t}}\Bigl(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\epsilon\Bigr),\qquad
\mu_\theta=\frac1{\sqrt{\alpha_t}}\Bigl(x_t-\frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\hat\epsilon\Bigr).\tag{5}$$
相减时 $x_t$ 消去，剩下 $\epsilon-\hat\epsilon$ 与一个系数；这里的 $\epsilon$ 是 $x_t$ 中的**全部**噪声，不是最后一步的。
"""

# %% key="bound-4-check" tags=["nbval-check-output"]
eps = eps_from_x0(short, x[6], 6, x[0])
by_eps = (x[6] - beta[6] / short.noise[6] * eps) / alpha[6].sqrt()
print("equal:", torch.allclose(by_eps, posterior(short, x[6], 6, x[0]).mean))

# %% [markdown] key="weight-task" lang="en"
r"""
**Line 5, yours: the weight.** Put (5) into (4), and $L_{t-1}$ becomes $w_t\,E\|\epsilon-\hat\epsilon\|^2 + C_t$. What is $w_t$? Write
it for any schedule, a whole number `t` from 2 to T, and the model's `variance` $\sigma_t^2$; return one number.
"""

# %% [markdown] key="weight-task" lang="zh" of="a5fbd5"
r"""
**第 5 行由你来写：权重。** 把 (5) 代入 (4)，$L_{t-1}$ 就成了 $w_t\,E\|\epsilon-\hat\epsilon\|^2 + C_t$。$w_t$ 是什么？
请对任意调度、2 到 T 的整数 `t` 以及模型的方差 `variance`（即 $\sigma_t^2$）写出它；返回一个数。
"""

# %% key="weight-try" tags=["exercise"]
def my_weight(schedule, t, variance):
    ...

my_weight = check("06.weight", my_weight)

# %% [markdown] key="sum-why" lang="en"
r"""
Now everything is in place. On the same chains, add up $L_T$, all $w_t\|\epsilon-\hat\epsilon\|^2 + C_t$, and $L_0$: it should be
minus the bound of line 1.
"""

# %% [markdown] key="sum-why" lang="zh" of="2ec40f"
r"""
万事俱备。在同样的链上，把 $L_T$、所有的 $w_t\|\epsilon-\hat\epsilon\|^2 + C_t$ 与 $L_0$ 加起来：结果应当是第 1 行那个下界的相反数。
"""

# %% key="sum-check"
L_T = kl_divergence(Normal(short.signal[10] * x[0][0], short.noise[10]), Normal(0, 1)).item()
L, L_0 = 0, -log_p[0].mean()
for t in range(2, 11):
    off = (eps_from_x0(short, x[t], t, x[0]) - guess.eps(x[t], t)).square().mean()
    C = kl_divergence(Normal(0, short.posterior_variance[t].sqrt()), Normal(0, beta[t].sqrt()))
    L = L + my_weight(short, t, beta[t]) * off + C
print(f"L_T {L_T:.2f} + middle {L:.2f} + L_0 {L_0:.2f} = {L_T + L + L_0:.2f}   -bound {-log_ratio.mean():.2f}")

# %% [markdown] key="first-why" lang="en"
r"""
And $t=1$, which (4) leaves out? There $1-\bar\alpha_1=\beta_1$, and $x_0$ itself has the form (5). So $L_0$, minus the logarithm of a
Gaussian about $\mu_\theta$, is the same square, with $w_1$ from the same formula, plus a constant: a mean over all $t$ may begin at 1.
(Ho et al. treat this last step apart, as their pixels have 256 values only; in their simple loss it becomes the same square.)
"""

# %% [markdown] key="first-why" lang="zh" of="8604e8"
r"""
那么 (4) 里没有的 $t=1$ 呢？那里 $1-\bar\alpha_1=\beta_1$，$x_0$ 自己就是 (5) 的形式。而 $L_0$ 是以 $\mu_\theta$ 为中心的高斯密度取对数再变号，
所以也是同样的平方，$w_1$ 出自同一公式，另加一个常数：对所有 $t$ 取均值，可以从 1 起。
（Ho 等人的像素只有 256 个值，所以把这最后一步另外处理；到了他们的简化损失里，它也是同样的平方。）
"""

# %% key="first-check" tags=["nbval-check-output"]
eps = eps_from_x0(short, x[1], 1, x[0])
print("equal:", torch.allclose((x[1] - beta[1] / short.noise[1] * eps) / alpha[1].sqrt(), x[0]))

# %% [markdown] key="simple-why" lang="en"
r"""
The sum above and minus the bound agree, up to the chance of the draws. So maximising a bound on the likelihood comes down to guessing noise, with a weight $w_t$ at each $t$. In
the usual schedule of 1000 steps, where is that weight heavy?
"""

# %% [markdown] key="simple-why" lang="zh" of="e62be3"
r"""
前面那个和与下界的相反数一致，只差随机抽取带来的偶然误差。所以，把似然的下界往上推，归根到底就是猜噪声，只是每个 $t$ 有一个权重 $w_t$。
在常用的 1000 步调度里，哪里的权重大？
"""

# %% key="simple-predict"
predict("06.heaviest")

# %% key="simple-show"
linear_1000 = linear(1000)
weights = {r"$\sigma^2=\beta$": bound_weights(linear_1000)}
weights[r"$\sigma^2=\tilde\beta$"] = bound_weights(linear_1000, posterior=True)
weights["simple"] = weights[r"$\sigma^2=\beta$"].mean().expand(999)
reveal("06.heaviest", plots.curves({"weight": weights}, range(2, 1001), log="xy"))

# %% key="simple-print" tags=["nbval-check-output"]
w = weights[r"$\sigma^2=\beta$"]
reveal("06.heaviest", "   ".join(f"t = {t}: {w[t - 2]:.4f}" for t in (2, 100, 350, 1000)))

# %% [markdown] key="simple-read" lang="en"
r"""
**Read the figure.** (Both axes logarithmic; $t$ from 2.) Blue and orange: the weight of the bound, for the two usual
variances; they part at small $t$ only. At $t = 2$ an error in $\epsilon$ counts 0.2727, at $t = 350$ only 0.0050: more than 50 times less.
Green is what Ho et al. do: they *drop* the weight,
$$L_\text{simple}=E_{t,x_0,\epsilon}\|\epsilon-\hat\epsilon(x_t,t)\|^2,\qquad t\ \text{uniform on}\ 1,\dots,T\tag{6}$$
(here as a constant with the same sum as blue). This is no approximation that follows from anything. It is a choice: it is
no longer a bound on the likelihood. With this `linear` schedule it takes weight from the finest noise, which one hardly sees, and gives it to the
middle, where shapes are made. They report better samples with it, and a worse likelihood.

**A task for the slider.** On the right, the share of all the weight that lies at $t$ and below: blue for the bound, grey
for the simple loss. Up to which $t$ does half of the bound's weight lie (`linear`, $\beta$)? Then look at `cosine`,
the course's own schedule, and see where its weight has gone.
"""

# %% [markdown] key="simple-read" lang="zh" of="aa896f"
r"""
**看图。**（两轴都取对数，$t$ 从 2 起。）蓝与橙是下界的权重，分别对应两种常用方差，只在 $t$ 小的一端分得开。
$t = 2$ 时，$\epsilon$ 的误差按 0.2727 计，$t = 350$ 时只按 0.0050 计：相差 50 多倍。绿色是 Ho 等人的做法：把权重**丢掉**，时间步则均匀抽取（uniform），
$$L_\text{simple}=E_{t,x_0,\epsilon}\|\epsilon-\hat\epsilon(x_t,t)\|^2,\qquad t\ \text{uniform on}\ 1,\dots,T\tag{6}$$
（图中画成与蓝线总和相同的常数）。这不是由什么推出来的近似，而是一个选择：它不再是似然的下界；
用这个 `linear` 调度时，它从几乎看不见的最细的噪声那里拿走权重，交给塑造形状的中段。据他们报告，这样样本更好，似然则更差。

**滑块任务。** 右图是 $t$ 及以下的权重占总和的份额：蓝色是下界，灰色是简化损失。下界的权重，到哪个 $t$ 为止占一半（`linear`、$\beta$）？
再看本课程自己用的 `cosine`，看看它的权重跑到哪里去了。
"""

# %% key="half-slider"
weight_explorer(t=100)

# %% key="half-answer" tags=["exercise"]
my_half = ...
my_half = check("06.half", my_half)

# %% key="half-cosine" tags=["nbval-check-output"]
w = bound_weights(cosine(1000))
print(f"cosine, t = 1000: beta {cosine(1000).beta[1000]:.4f}, weight {w[-1]:.0f}, {w[-1] / w.sum():.1%} of the sum")
print(f"t up to 999: {share_up_to(w[:-1], 100):.0%} of the rest lies at t up to 100")

# %% [markdown] key="half-cosine-read" lang="en"
r"""
With `cosine`, 99.8 % of the bound's weight sits on the single step $t = 1000$. There $\beta_t$ is 0.9999, so $\alpha_t$ in the denominator of $w_t$ is 0.0001: the step leaves of $x_{t-1}$ almost nothing, and
the way back multiplies by $1/\sqrt{\alpha_t}$ = 100, mistakes included.
But a weight is not yet a loss: it multiplies the error of $\hat\epsilon$ there. If the layers give $\epsilon$, that error is hundredths, and this one step drowns all the others. If they give another quantity, $v$, as ours do,
the squared error of $\hat\epsilon$ is that of $\hat v$ times $\bar\alpha_t$ (part 4 derives it; here take it on trust). At $t = 1000$ this factor is about $2\cdot10^{-10}$, and the same step counts for next to nothing. So how heavy a weight is can only be said together with the quantity whose error it multiplies.
"""

# %% [markdown] key="half-cosine-read" lang="zh" of="3dbbe2"
r"""
用 `cosine` 时，下界的权重有 99.8 % 压在 $t = 1000$ 这一步上。那里 $\beta_t$ 是 0.9999，$w_t$ 分母里的 $\alpha_t$ 只有 0.0001：这一步把 $x_{t-1}$ 抹得几乎不剩，
往回走就要乘上 $1/\sqrt{\alpha_t}$ = 100，错误也一并放大。
但权重还不是损失：它乘的是那里 $\hat\epsilon$ 的误差。若最后一层给出 $\epsilon$，这个误差有百分之几，这一步就会淹没其余各步；若像本课程那样，给出的是另一个量 $v$，
$\hat\epsilon$ 的平方误差就等于 $\hat v$ 的平方误差乘上 $\bar\alpha_t$（第 4 节会推出来，这里先承认它）。$t = 1000$ 时这个因子约为 $2\cdot10^{-10}$，同一步便几乎不算数。所以，权重有多重，要连同它乘的是哪个量的误差一起说。
"""

# %% [markdown] key="drop-snr" lang="en"
r"""
One more way to see it. With $\sigma_t^2=\tilde\beta_t$, and the error of $x_0$ in place of that of $\epsilon$, the bound's
term is
$$\tfrac12\bigl(\mathrm{SNR}(t-1)-\mathrm{SNR}(t)\bigr)\,\|x_0-\hat x_0\|^2:\tag{7}$$
its weight is half of what the step loses in signal-to-noise ratio. So only noise levels count, not their numbers $t$: cut a step in two,
and the two share its weight.
"""

# %% [markdown] key="drop-snr" lang="zh" of="86d0b0"
r"""
还可以换一种看法。取 $\sigma_t^2=\tilde\beta_t$，并用 $x_0$ 的误差代替 $\epsilon$ 的误差，下界的这一项就是
$$\tfrac12\bigl(\mathrm{SNR}(t-1)-\mathrm{SNR}(t)\bigr)\,\|x_0-\hat x_0\|^2:\tag{7}$$
其中的权重，就是信噪比在这一步降低的量的一半。所以要紧的只有噪声水平，与编号 $t$ 无关：一步切成两步，权重也就由两步分担。
"""

# %% key="drop-snr-check" tags=["nbval-check-output"]
t, snr = torch.arange(2, 1001), linear_1000.snr
print("equal:", torch.allclose(bound_weights(linear_1000, posterior=True) * snr[t], (snr[t - 1] - snr[t]) / 2))

# %% [markdown] key="step"
r"""
## 2 · Algorithm 1 · 算法 1
"""

# %% [markdown] key="step-task" lang="en"
r"""
(6) asks for a mean over images, times and noises. Nobody computes it; one *draws*. That is Algorithm 1 of Ho et al., here with the
reason for each line:

> 1. **repeat:** each round is one draw, and one small step;
> 2. $x_0\sim q(x_0)$: an image of the data (in practice a batch; lines 3 and 4 then draw for each image);
> 3. $t\sim\mathrm{Uniform}(\{1,\dots,T\})$: one network serves all noise levels, so it must meet all of them;
> 4. $\epsilon\sim\mathcal N(0,I)$: all the noise in $x_t$, not that of one step, for (5) asks for all of it;
> 5. a gradient step on $\|\epsilon-\hat\epsilon(\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon,\ t)\|^2$: the jump leads to $x_t$ at once,
>    and the network is told $t$;
> 6. **until** it is good enough: when that is, the algorithm does not say; part 6 does.

**Write it yourself.** `predictor(xt, t)` gives $\hat\epsilon$; `x0` is (b, c, h, w). Draw `t` and the noise as you like, from
torch's own generator; return the loss, one number with its gradient. (`forward_jump(schedule, x0, t)` returns $x_t$
and the noise in it.)
"""

# %% [markdown] key="step-task" lang="zh" of="c043e9"
r"""
(6) 要对图像、时间步、噪声取均值。谁也不会真的全部算出来，只是每次随机**抽取**几个。这就是 Ho 等人的算法 1，每一行的道理一并写在这里：

> 1. **重复：** 每一轮抽一次，走一小步；
> 2. $x_0\sim q(x_0)$：数据中的一幅图像（实际是一批，第 3、4 行便为每幅各抽一次）；
> 3. $t\sim\mathrm{Uniform}(\{1,\dots,T\})$：一个网络要应付所有噪声水平，所以每一种都得遇到；
> 4. $\epsilon\sim\mathcal N(0,I)$：$x_t$ 中的全部噪声，不是某一步的，因为 (5) 要的是全部；
> 5. 在 $\|\epsilon-\hat\epsilon(\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon,\ t)\|^2$ 上走一步梯度下降：一跳就到 $x_t$，
>    并把 $t$ 告诉网络；
> 6. **直到**够好为止：什么时候算够好，算法没有说，第 6 节来说。

**自己动手。** `predictor(xt, t)` 给出 $\hat\epsilon$；`x0` 的形状是 (b, c, h, w)。`t` 与噪声都由你抽，用 torch 自带的发生器即可；
返回损失：一个带梯度的数。（`forward_jump(schedule, x0, t)` 返回 $x_t$ 与其中的噪声。）
"""

# %% key="step-try" tags=["exercise"]
def my_loss(schedule, predictor, x0):
    ...

my_loss = check("06.step", my_loss)

# %% [markdown] key="step-loop" lang="en"
r"""
With that, a whole training is six lines. `AdamW` takes the step: it moves each weight against the mean of its
recent gradients, divided by their recent size (that is Adam), and lets the weights decay apart from that (the W). On points in the plane, with the small MLP of lesson 4, it takes seconds:
"""

# %% [markdown] key="step-loop" lang="zh" of="818f4c"
r"""
有了它，整个训练只要六行。迈步的是 `AdamW`：每个权重逆着自己近来梯度的均值走，步长除以这些梯度近来的大小（这就是 Adam）；权重的衰减另外进行（这就是 W）。
用平面上的点与第 4 课的小 MLP，几秒钟就够：
"""

# %% key="step-moons"
schedule = cosine(1000)
moons = mixture(schedule, points.moons(30), torch.full((30,), 0.06)).draw(5000, seeded(0)).float()
torch.manual_seed(0)
network = MLP(size=2, width=64, layers=2)
optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3)

def ask(xt, t):
    return predict_eps(schedule, network, xt, t)

# %% key="step-train"
for _ in range(800):
    batch = moons[torch.randint(len(moons), (128,))]
    loss = my_loss(schedule, ask, batch)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% key="step-show"
noise = torch.randn(1000, 2, generator=seeded(1))
new = finish(ddim(schedule, from_network(schedule, network), noise, even_times(schedule, 50)))
for name, crowd_of in {"data": moons, "new": new}.items():
    strays = (torch.cdist(crowd_of, points.moons(30).float()).amin(1) > 3 * 0.06).double().mean()
    print(f"{name:4} more than 3 standard deviations from every centre: {strays:.1%}")
plots.plane({"data": (moons[:1000],), "new": (moons[:1000], new)})

# %% [markdown] key="step-read" lang="en"
r"""
**Read the figure.** On the right new points (orange) over the data (grey): two moons, and stray points between them. About one in five of the new points lies more than 3 standard deviations from every
centre of the moons, where hardly any of the data do. It is a young network, after 800 steps.
Six plain lines make a diffusion model. The package's loop does the same and adds what this lesson is about: an average of the weights, a
learning rate that warms up and falls, times that are spread evenly over each batch, and a state that can be stopped. Here
is that loop, as it runs: draw a batch, times and noise; ask; take a step; hand out a record. After it comes `errors`, which
`objective` is unless you choose another. It looks like yours, but the times and the noise are handed to it,
and the mean over the batch is left to the loop, because the single errors are wanted for the monitor. (The inner loop
goes round once: a batch is one part until lesson 12 cuts it, and `.sum() / batch` is its mean.) Last, how the times are
spread.
"""

# %% [markdown] key="step-read" lang="zh" of="1343c9"
r"""
**看图。** 右边是新的点（橙），叠在数据（灰）上：两弯月牙，中间散着些离群的点。新的点中，约有五分之一离月牙的每个中心都超过 3 个标准差，而数据中几乎没有这样的点。这个网络还嫩，只训练了 800 步。
朴素的六行，就做成了一个扩散模型。
本包的循环做的也是这件事，另外加上本课要讲的：权重的平均、先升后降的学习率、在一批之内均匀铺开的时间步，以及随时可停的状态。
下面就是那个循环的原样：抽一批图像、时间步与噪声，问网络，迈一步，交出一条记录。接着是 `errors`，不另选的话，`objective` 就是它；
它与你写的相仿，只是时间步与噪声由循环抽好了传进来，对一批取均值也留给循环，因为监视器还要用到每幅图像各自的误差。（里层的循环只转一圈：一批就是一份，到第 12 课才把它切开；`.sum() / batch` 就是它的均值。）最后是时间步怎样铺开。
"""

# %% key="step-loop-source"
show_source(train)

# %% key="step-source"
show_source(objectives.errors)

# %% key="step-times"
show_source(objectives.spread_times)

# %% [markdown] key="losses"
r"""
## 3 · l1, l2, Huber · l1、l2 与 Huber
"""

# %% [markdown] key="losses-why" lang="en"
r"""
Why the square? Code often has something else in its place: the absolute error (l1), or Huber's loss, a square near 0 and a
straight line beyond (one of the notes behind this course writes "MSE" in its text and takes Huber in its code; another writes the square and codes l1). Each loss makes another answer the best. Say that $x_t$ leaves two
possibilities for a pixel, $-1$ with probability 0.7 and $1$ with 0.3. Which single number would you name? Below, the expected
loss of each answer; dots mark the lowest.
"""

# %% [markdown] key="losses-why" lang="zh" of="b25379"
r"""
为什么用平方？代码里常常换成别的：绝对误差（l1），或者 Huber 损失，0 附近是平方，再往外是直线（本课程所据的笔记中，有一份正文写 “MSE”，代码却用 Huber；另一份写的是平方，代码却是 l1）。
损失不同，最优的回答就不同。设 $x_t$ 给一个像素留下两种可能：$-1$ 的概率为 0.7，$1$ 的概率为 0.3。只许报一个数，你报几？
下图是每个回答的期望损失，圆点标出最低处。
"""

# %% key="losses-show"
guesses, panels = torch.linspace(-1.5, 1.5, 601), {}
kinds = {"l2": objectives.squared, "l1": objectives.absolute, "Huber": objectives.huber}
cases = {"two values": torch.tensor([-1.0] * 7 + [1.0] * 3), "a bell": 0.5 * torch.randn(4000, generator=seeded(2)) - 0.4}
for name, x0 in cases.items():
    every = torch.broadcast_tensors(guesses[:, None], x0)
    panels[name] = {kind: error(*every).mean(1) for kind, error in kinds.items()}
plots.best_constants(panels, guesses)

# %% key="losses-print" tags=["nbval-check-output"]
for name, named in panels.items():
    print(f"{name:12}", *(f"{kind} {guesses[values.argmin()]:.1f}  " for kind, values in named.items()))

# %% [markdown] key="losses-read" lang="en"
r"""
**Read the figure.** With two values, l2 is lowest at $-0.4$, the mean; l1 at $-1$, the *median*, which is just the likelier
value; Huber lies between them. With a bell, symmetrical about its centre, all three agree. Which one does a diffusion
model need? The exact denoiser of lesson 4 is a mean, and the sampler relies on it. See what comes of the median:
"""

# %% [markdown] key="losses-read" lang="zh" of="a38a4e"
r"""
**看图。** 两个值时，l2 的最低处是 $-0.4$，即均值；l1 的是 $-1$，即**中位数**（median），也就是更可能的那个值；Huber 在两者之间。
换成左右对称的钟形，三者一致。扩散模型需要哪一个？第 4 课的精确去噪器是均值，采样器靠的正是它。看看换成中位数会怎样：
"""

# %% key="losses-predict"
predict("06.minority")

# %% key="losses-guess"
at, answers = torch.linspace(-2.5, 2.5, 501, dtype=torch.float64)[:, None], {}
for t in (800, 500, 200):
    named = {name: who(at, t)[:, 0] for name, who in l1_and_l2().items()}
    answers[rf"$\hat x_0,\ t = {t}$"] = named
plots.curves(answers, at[:, 0], "$x_t$")

# %% key="losses-sample"
noise, said = torch.randn(4000, 1, generator=seeded(5), dtype=torch.float64), []
for name, who in l1_and_l2().items():
    drawn = finish(ddim(schedule, who, noise, even_times(schedule, 50)))
    said.append(f"{name}: {(drawn > 0).double().mean():.0%} of the samples at +1")
reveal("06.minority", *said)

# %% [markdown] key="losses-sample-read" lang="en"
r"""
**Read the figure.** What the two answer about $x_0$, given $x_t$. At $t = 800$ the mean still hesitates, and leans to
$-1$ a little; the median is sure of $-1$ up to an $x_t$ of about 1.2, and most lie below that. So the walk is pushed to the majority
from its beginning, and of the 30 % only about a third is left. Real images have very many pixels, and their posteriors are less lopsided;
people have trained good models with l1 and Huber. But l2 alone has the right answer as its optimum, and this course uses l2.

By the way: the note with Huber's loss prints about 0.047 after 5 epochs of Fashion-MNIST, on a schedule of 200 steps which does not end in noise. No number of another loss, schedule or data set can be
compared with it, and a smaller one is not better for being smaller.
"""

# %% [markdown] key="losses-sample-read" lang="zh" of="36b874"
r"""
**看图。** 图中是给定 $x_t$ 时，均值与中位数各怎样回答 $x_0$。$t = 800$ 时，均值还在犹豫，略偏向 $-1$；$x_t$ 只要低于约 1.2（大多如此），中位数就一口咬定是 $-1$。
于是采样从一开始就被推向多数的一边，那 30 % 只剩下约三分之一。真实图像的像素极多，后验也没有这么偏；用 l1 与 Huber 也有人训练出了好模型。
但只有 l2 以正确的回答为最优，所以本课程用 l2。

顺带一提：用 Huber 的那份笔记，在 Fashion-MNIST 上训练 5 个轮次后打印的损失约为 0.047，用的还是终点并非噪声的 200 步调度。换一种损失、调度或数据，数值就不能与它相比，
更小也不等于更好。
"""

# %% [markdown] key="heads"
r"""
## 4 · Predict ε, x₀ or v? · 预测 ε、x₀ 还是 v？
"""

# %% [markdown] key="heads-why" lang="en"
r"""
Given $x_t$, whoever knows one of $\epsilon$, $x_0$ and $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$ knows the
others (lesson 3). So "to predict $v$" can mean two different things, and they are often mixed up:

- **What the last layer gives.** If it gives $x_0$, then $\hat\epsilon=(x_t-\sqrt{\bar\alpha_t}\,\hat x_0)/\sqrt{1-\bar\alpha_t}$, and so
  on. The last layer of our networks gives $v$, of which the network makes its answer, $\hat\epsilon$.
- **What the loss measures.** The errors of the three differ only by a factor, which depends on the signal-to-noise ratio
  $\mathrm{snr}=\bar\alpha_t/(1-\bar\alpha_t)$. For $x_0$ it is $\|x_0-\hat x_0\|^2=\tfrac1{\mathrm{snr}}\|\epsilon-\hat\epsilon\|^2$. So this half is
  a matter of weighting.

**Write it yourself.** By what does $\|\epsilon-\hat\epsilon\|^2$ have to be multiplied to give $\|v-\hat v\|^2$? Start from
$\hat\epsilon=\sqrt{1-\bar\alpha_t}\,x_t+\sqrt{\bar\alpha_t}\,\hat v$. `snr` is a tensor; return one of its shape.
"""

# %% [markdown] key="heads-why" lang="zh" of="1a7682"
r"""
给定 $x_t$，在 $\epsilon$、$x_0$ 与 $v=\sqrt{\bar\alpha_t}\,\epsilon-\sqrt{1-\bar\alpha_t}\,x_0$ 之中知道一个，就知道另外两个（第 3 课）。
所以“预测 $v$”可以指两件不同的事，常被混为一谈：

- **最后一层给出的是什么。** 若给出 $x_0$，那么 $\hat\epsilon=(x_t-\sqrt{\bar\alpha_t}\,\hat x_0)/\sqrt{1-\bar\alpha_t}$，余类推。本课程网络的最后一层给出 $v$，网络再由它算出自己的回答 $\hat\epsilon$。
- **损失衡量的是什么。** 三者的误差只差一个系数，由信噪比 $\mathrm{snr}=\bar\alpha_t/(1-\bar\alpha_t)$ 决定。
  对 $x_0$ 来说，$\|x_0-\hat x_0\|^2=\tfrac1{\mathrm{snr}}\|\epsilon-\hat\epsilon\|^2$。所以这件事是怎样加权的问题。

**自己动手。** 给 $\|\epsilon-\hat\epsilon\|^2$ 乘上什么，就得到 $\|v-\hat v\|^2$？从 $\hat\epsilon=\sqrt{1-\bar\alpha_t}\,x_t+\sqrt{\bar\alpha_t}\,\hat v$ 出发。
`snr` 是张量；返回同样形状的张量。
"""

# %% key="heads-try" tags=["exercise"]
def my_v_weight(snr):
    ...

my_v_weight = check("06.snr", my_v_weight)

# %% [markdown] key="heads-size-why" lang="en"
r"""
How large does this weight become? Look at four $t$ of the cosine schedule:
"""

# %% [markdown] key="heads-size-why" lang="zh" of="159d97"
r"""
这个权重会有多大？看余弦调度的四个 $t$：
"""

# %% key="heads-size" tags=["nbval-check-output"]
t = torch.tensor([100, 500, 900, 1000])
print(*(f"t = {i}: {w:.3g}  " for i, w in zip(t, my_v_weight(schedule.snr[t]), strict=True)))

# %% [markdown] key="heads-size-read" lang="en"
r"""
It explodes at the noisy end. Layers that give $v$ bear this: the error of their $\hat\epsilon$ has the factor $\sqrt{\bar\alpha_t}$, whose square
cancels the weight, and the plain error of $\hat v$ is left. If the layers give $\epsilon$ themselves, nothing cancels: their mistake at the last few $t$ is multiplied by
up to billions, and drowns all the rest of the batch. So this weight (like that of $x_0$) does not suit such a network. Below, it gets the loss of $\epsilon$ only.
"""

# %% [markdown] key="heads-size-read" lang="zh" of="118aa2"
r"""
到了噪声一端，它就爆炸了。最后一层给出 $v$，就受得住：由此得到的 $\hat\epsilon$ 的误差带有系数 $\sqrt{\bar\alpha_t}$，平方之后正好与权重抵消，剩下的只是 $\hat v$ 本身的误差。
若直接给出 $\epsilon$，就没有什么可抵消：最后几个 $t$ 处的误差会放大到几十亿倍，把一批里其余的全都淹没。所以这个权重（$x_0$ 的也一样）不适合这样的网络。
下面的比较中，它只用 $\epsilon$ 的损失。
"""

# %% [markdown] key="heads-run-why" lang="en"
r"""
Now measure both halves at equal cost: the same small MLP, 400 steps, the same data, seeds and learning rate. `Head` reads the layers' output as
$v$, $\epsilon$ or $x_0$. Four runs differ in the weight alone (with `v` layers); two more in the layers, each with the loss of what it
gives. Min-SNR-5 is a compromise of Hang et al.: the weight is 1, as for $\epsilon$, but only 5 / snr where snr exceeds 5, that is where noise is least.
Three of the six are trained twice, from two seeds, so that one sees what chance does.

All are measured alike: by the *unweighted* error of $\epsilon$ on 297 digits kept out of training, and by 500 samples. (`repeat(5, 1, 1, 1)` puts each of the digits in five times, each time with another $t$ and other noise, so that the means are less noisy.) Of these there are three numbers: the
energy distance (lesson 4) to the real digits; how far *apart* two samples are on average; and how far it is from a sample to the *nearest* real digit. The
last row has the same three for 500 real digits, compared with the other 1297.
"""

# %% [markdown] key="heads-run-why" lang="zh" of="d4aa58"
r"""
现在以同样的代价来量这两件事：同样的小 MLP、400 步，数据、种子、学习率都相同。`Head` 把最后一层的输出当作 $v$、$\epsilon$ 或 $x_0$。
有四次只有权重不同（都给出 `v`），另两次是给出的量不同，损失就用它自己的误差。
Min-SNR-5 是 Hang 等人的折中：权重与 $\epsilon$ 的一样是 1，但在 snr 超过 5、即噪声最少的地方，只给 5 / snr。
六种之中有三种各训练两次，种子不同，好看出偶然的影响有多大。

最后用同样的尺子来量：在没有参与训练的 297 个数字上，$\epsilon$ 的**未加权**误差（`repeat(5, 1, 1, 1)` 把每个数字放进去五次，每次配不同的 $t$ 与噪声，均值就更稳）；再各采 500 个样本，量三个数：到真实数字的能量距离（第 4 课）；
两个样本平均**相距**多远（apart）；一个样本到**最近**的真实数字多远（nearest）。最后一行是 500 个真实数字的这三个数，与其余 1297 个相比。
"""

# %% key="split"
images, labels = data.digits()
order = torch.randperm(len(images), generator=seeded(0))
kept, unseen = images[order[:1500]], images[order[1500:]]
first = torch.randn(500, 1, 8, 8, generator=seeded(1))

def paint(network, noise, steps=20):
    denoiser = image_denoiser(schedule, network)
    return finish(ddim(schedule, denoiser, noise, even_times(schedule, steps)))

# %% [markdown] key="heads-class-why" lang="en"
r"""
One thing first. The MLP does not hand out what its layers compute: its own last line already makes
$\hat\epsilon=\sqrt{1-\bar\alpha_t}\,x_t+\sqrt{\bar\alpha_t}\,\hat v$ of it, so its layers give $v$, and nothing else. To read the same layers in
another way, `Head` undoes that line first (solved for the layers' plain output, `f`), and then turns `f` into $\hat\epsilon$ by the rule of the
quantity that it is taken for.
"""

# %% [markdown] key="heads-class-why" lang="zh" of="891f2f"
r"""
先说明一点。MLP 交出来的并不是各层算出的量：它自己的最后一行已经由此算成 $\hat\epsilon=\sqrt{1-\bar\alpha_t}\,x_t+\sqrt{\bar\alpha_t}\,\hat v$，
所以它的最后一层给出的只能是 $v$。要把同样的输出当作别的量来读，`Head` 先把这一行倒推回去，得到最后一层原本的输出 `f`，
再把 `f` 当作选定的那个量，按相应的公式换算成 $\hat\epsilon$。
"""

# %% key="heads-class"
class Head(nn.Module):
    def __init__(self, gives):
        super().__init__()
        self.layers, self.gives = MLP(size=64, width=256, layers=2), gives

    def forward(self, xt, log_snr):
        level = log_snr.to(xt).expand(len(xt))[:, None, None, None]
        signal, noise = level.sigmoid().sqrt(), (-level).sigmoid().sqrt()
        f = (self.layers(xt, log_snr) - noise * xt) / signal  # the plain output
        return {"v": noise * xt + signal * f, "ε": f, "x₀": (xt - signal * f) / noise}[self.gives]

# %% key="heads-run"
objective_of = {"ε": errors, "v": weighted(my_v_weight), "x₀": weighted(lambda snr: 1 / snr)}
objective_of["snr5"] = weighted(lambda snr: snr.clamp(max=5) / snr)

def learned_by(gives, name, seed):
    torch.manual_seed(seed)
    run = start(Head(gives), lr=1e-3, seed=seed)
    list(train(run, schedule, kept, 400, batch=128, objective=objective_of[name]))
    return run.ema

pairs = {("v", "ε"): (0, 1), ("v", "v"): (0,), ("v", "x₀"): (0,), ("v", "snr5"): (0,)}
pairs |= {("ε", "ε"): (0, 1), ("x₀", "x₀"): (0, 1)}
heads = {", ".join(pair): [learned_by(*pair, seed) for seed in seeds] for pair, seeds in pairs.items()}

# %% key="heads-print"
found = {name: by_level(*held_out(schedule, of[0], unseen.repeat(5, 1, 1, 1))) for name, of in heads.items()}
drawn = {name: [paint(network, first) for network in of] for name, of in heads.items()}
crowds = {name: [crowd(samples, images) for samples in of] for name, of in drawn.items()}
print("layers, loss   error: all t, least noise, t/T 0.3 to 0.6, most   distance (seeds)  apart  nearest")
for name, of in crowds.items():
    e, distances = found[name], "  ".join(f"{one.distance:.3f}" for one in of)
    print(f"{name:14} {e.mean():.3f}  {e[0]:5.2f}  {e[3:6].mean():.3f}  {e[9]:.4f}", end="     ")
    print(f"{distances:12}   {of[0].apart:.2f}   {of[0].nearest:.2f}")
real = crowd(images[order[:500]], images[order[500:]])
print(f"500 real digits, to the other 1297: distance {real.distance:.3f}   {real.apart:.2f}   {real.nearest:.2f}")

# %% key="heads-show"
relative = {name: e / found["v, ε"] for name, e in found.items()}
layers = {name: relative[name] for name in ("v, ε", "ε, ε", "x₀, x₀")}
plots.curves({"error, relative to (v, ε)": layers}, [i / 10 + 0.05 for i in range(10)], "$t/T$", log="y")

# %% key="heads-weights"
weighed = {name: e for name, e in relative.items() if name.startswith("v")}
plots.curves({"error, relative to (v, ε)": weighed}, [i / 10 + 0.05 for i in range(10)], "$t/T$")

# %% key="heads-rows"
plots.rows({name: of[0][:12] for name, of in drawn.items()}, zoom=2)

# %% [markdown] key="heads-read" lang="en"
r"""
**Read the figures.** Each name says what the layers give, then what the loss measures; 1 is (v, ε).

*The layers* (first figure, logarithmic). Where noise is least, those that give $x_0$ are worst by far, at about 15 times the error of (v, ε): to obtain
$\epsilon$, their small mistakes are divided by a tiny $\sqrt{1-\bar\alpha_t}$. Where noise is heaviest, those that give $\epsilon$ are worst, at about 5 times: $x_t$
nearly *is* $\epsilon$ there, and they must learn to copy it. With $v$ neither end goes wrong, and that is why our networks' layers give $v$. In between the other two are somewhat ahead for $t/T$ from 0.3 to 0.6, those that give $\epsilon$ by 11 %, those that give $x_0$ by 15 %.

*The weights* (second figure). The weight of $x_0$ is heavy where noise is: beside (v, ε) that costs about a sixth more error at the least noise, and gains at the
most. Min-SNR-5 takes weight from the least noise: it pays about a tenth there, and gains about 6 % in the middle. The weight of $v$ changes
little, but for the most noise: there (v, v) has a fifth less error, as much as with the weight of $x_0$. For the loss of $\epsilon$ weighs the error of $v$ by $\bar\alpha_t$, which is next to 0 there.

*And the samples?* The two best by distance are (x₀, x₀) and (ε, ε), in both seeds: just the two that go wrong, each at one end. (The four with $v$ are too close to
rank: they differ by 0.011 at most, and the two seeds of (v, ε) by 0.008.) No column of errors explains the order of the distances. To see that, let one network answer in a single
stretch of the walk, and (v, ε) everywhere else:
"""

# %% [markdown] key="heads-read" lang="zh" of="c4d7fb"
r"""
**看图。** 名字里先写网络的最后一层给出什么，再写损失衡量什么；图中以 (v, ε) 的误差为 1。

**给出什么**（第一幅图，对数坐标）。噪声最少处，给出 $x_0$ 的差得最远，误差约为 (v, ε) 的 15 倍：要得到 $\epsilon$，它的小错得除以极小的 $\sqrt{1-\bar\alpha_t}$。
噪声最重处，给出 $\epsilon$ 的最差，约为 5 倍：那里 $x_t$ 几乎**就是** $\epsilon$，它却要学会照抄。给出 $v$，两端都不出问题，所以本课程的网络给出 $v$。
中段另外两种略胜一筹：$t/T$ 在 0.3 到 0.6 之间，给出 $\epsilon$ 的误差低 11 %，给出 $x_0$ 的低 15 %。

**权重**（第二幅图）。$x_0$ 的权重，噪声重处才大：与 (v, ε) 相比，噪声最少处误差多出约六分之一，噪声最重处则减小一些。
Min-SNR-5 从噪声最少处拿走权重，那里误差多约十分之一，中段则少约 6 %。$v$ 的权重改变不大，只有噪声最重处例外：那里 (v, v) 的误差低五分之一，与用 $x_0$ 的权重时一样多。因为 $\epsilon$ 的损失等于给 $v$ 的误差乘上 $\bar\alpha_t$，而这个系数在那里接近 0。

**样本呢？** 按距离，两个种子都是 (x₀, x₀) 与 (ε, ε) 最好，偏偏是各在一端出了问题的那两个。（给出 $v$ 的四个太接近，排不出名次：彼此至多差 0.011，而 (v, ε) 的两个种子之间就差 0.008。）
没有哪一列误差能解释距离的名次。要看清这一点，让某个网络只在行程的一段里回答，其余各处都由 (v, ε) 回答：
"""

# %% key="heads-mix"
def answering(low, high, name):
    inside, outside = (image_denoiser(schedule, heads[who][0]) for who in (name, "v, ε"))
    return lambda xt, t: inside(xt, t) if low <= t <= high else outside(xt, t)

mixed = {"": crowds["v, ε"][0]}
stretches = [(901, 1000, "ε, ε"), (301, 600, "ε, ε")]
stretches += [(1, 100, "x₀, x₀"), (301, 600, "x₀, x₀"), (101, 1000, "x₀, x₀")]
for low, high, name in stretches:
    walked = ddim(schedule, answering(low, high, name), first, even_times(schedule, 20))
    mixed[f"{name} for t from {low} to {high}"] = crowd(finish(walked), images)
for name, (far, apart, nearest) in mixed.items():
    print(f"{name or 'v, ε alone':29} distance {far:.3f}   apart {apart:.2f}   nearest {nearest:.2f}")

# %% [markdown] key="heads-mix-read" lang="en"
r"""
Is it that the better the guess of $\epsilon$ in a stretch, the better the samples, or even the other way round? Neither holds. (ε, ε) helps where its $\hat\epsilon$ is *worst*, and its better middle harms a little (0.163 becomes 0.179). (x₀, x₀) helps at the least noise, where its $\hat\epsilon$ is worst, and in
its better middle, too (0.116 and 0.132). The error in $\epsilon$ alone foretells neither.

*Most noise.* These are young networks, which guess too near to the mean: with $v$ two samples are 4.5 apart, two real digits 6.0. The bad guesses of (ε, ε) at
$t$ above 900 send the walks to different places, so the samples spread, and the energy distance rewards the spread. Better digits they are not: their nearest
real digit is farther away than that of any other row, and in the picture they are visibly blotchy. A distance can be fooled; look at a second number, and at the samples.

*Least noise.* There an error in $\epsilon$ says little about the picture: the error in $x_0$ is smaller by the factor $1/\mathrm{snr}$. The
ratio of 15 remains, but it is a ratio of small mistakes in the image. And layers that give $x_0$ paint the last image afresh, while with $v$ what is left of the grain in $x_t$
is carried along. Alone in this last stretch (x₀, x₀) comes from 0.163 to 0.116, which is about half of its lead, for everywhere it comes to 0.074. But it leads elsewhere, too: alone above $t = 100$ it
comes to 0.102. The two gains overlap, so they add up to more than the whole: either stretch mends a part of what the other would have mended.

This is a tiny network after 400 steps, and another one may rank them otherwise. What holds in general: runs with different weights cannot be compared by
their losses, nor samples by an error in $\epsilon$ over all $t$. Look at the errors level by level, at more than one number for the samples, and at the samples.
"""

# %% [markdown] key="heads-mix-read" lang="zh" of="9b5588"
r"""
是某一段里 $\epsilon$ 猜得越准，样本就越好，还是反过来？两种说法都不成立。(ε, ε) 在自己的 $\hat\epsilon$ **最差**处帮上了忙，中段误差较小，反而略有害处（0.163 变成 0.179）；(x₀, x₀) 在噪声最少处有帮助，那里它的 $\hat\epsilon$ 也最差，
在误差较小的中段也有（0.116 与 0.132）。单凭 $\epsilon$ 的误差，这两种情形都预料不到。

**噪声最重处。** 这些网络训练得还少，猜测太靠近均值：给出 $v$ 时，两个样本平均相距 4.5，两个真实数字相距 6.0。
(ε, ε) 在 $t$ 大于 900 时猜得很差，反而把各次行程引向不同的地方，样本散开了，而能量距离奖励分散。数字并没有因此变好：
这些样本到最近真实数字的距离，比其他各行都大；从图上看，也明显斑驳。单看一个距离会上当，还要看第二个数，看样本。

**噪声最少处。** 那里 $\epsilon$ 的误差与画面关系不大：换成 $x_0$ 的误差，就只有它的 $1/\mathrm{snr}$。15 倍的比例还在，比的却都是图像上的小错。
而且给出 $x_0$ 时，最后的图像是重新画出来的；给出 $v$ 时，$x_t$ 里剩下的颗粒会一路带过去。只在最后一段由 (x₀, x₀) 回答，
距离从 0.163 降到 0.116，降幅约为它全部领先的一半，因为处处由它回答时，会降到 0.074。不过它在别处也领先：只在 $t = 100$ 以上由它回答，就降到 0.102。
两份好处有重叠，加起来比全部还多：无论哪一段，都已补上了另一段本会补上的一部分。

这只是一个训练了 400 步的小网络，换一个网络，名次可能不同。普遍成立的是：权重不同的训练，不能拿损失来比；样本的好坏，也不能拿 $\epsilon$ 在所有 $t$ 上的误差来比。
要逐个噪声水平看误差，用不止一个数来量样本，再看样本本身。
"""

# %% [markdown] key="data"
r"""
## 5 · The data · 数据
"""

# %% [markdown] key="data-why" lang="en"
r"""
Two things are decided before the first step. *The range:* images go in as $[-1, 1]$, so that black and white are equally far
from the middle of the noise. One of the study notes trains on $[0, 1]$; the loss then looks fine, but the samples lie in $[0, 1]$, too, and where black should be they
are grey (one of the patients in the clinic of part 9 has it). *Flips:* turning each image left to right with probability one half gives more data for nothing, if the mirrored image is
data, too. For photographs of scenes it is. Here?
"""

# %% [markdown] key="data-why" lang="zh" of="af61d5"
r"""
迈出第一步之前，先定两件事。**取值范围：** 图像以 $[-1, 1]$ 输入，这样黑与白离噪声的中心一样远。有一份学习笔记用的是 $[0, 1]$：
损失看上去没问题，可样本也都在 $[0, 1]$ 之内，该黑的地方是灰的（第 9 节诊室里的病人，就有一个得的是这种病）。**翻转：** 以一半的概率把每幅图像左右翻转，等于白得数据，前提是翻过来的图也算数据。
风景照片可以。这里呢？
"""

# %% key="data-flips"
plots.rows({"real": images[2:14], "flipped": images[2:14].flip(-1)}, zoom=3)

# %% [markdown] key="data-read" lang="en"
r"""
**Read the figure.** A flipped 3 is no digit. Flips would teach the network a distribution that nobody writes. The same goes for
Fashion-MNIST, whose shoes point to the left (part 11 shows some): whoever flips them, as one of the notes does, teaches shoes that point both ways. On
CIFAR-10, colour photographs of things, Ho et al. found that flips help slightly; `train(..., flips=True)` is there for such data.

**Your own images** come from a folder. What cannot be read is listed and left out; it does not end the run:
"""

# %% [markdown] key="data-read" lang="zh" of="035285"
r"""
**看图。** 翻过来的 3 不是数字。翻转会使网络学到的分布里出现没有人会写的数字。Fashion-MNIST 也一样：鞋尖都朝左（见第 11 节）；像某份笔记那样翻转，网络学到的鞋就有朝左的，也有朝右的。
在彩色实物照片 CIFAR-10 上，Ho 等人发现翻转略有好处；`train(..., flips=True)` 就留给这样的数据。

**你自己的图像**从文件夹读入。读不了的会列出来并略过，训练不会因此中断：
"""

# %% key="data-folder"
with tempfile.TemporaryDirectory() as place:
    for i, name in enumerate(["palace", "flower"] * 3):
        crop = data.photograph(name, 192)[..., 32 * (i // 2) :, 32 * (i // 2) :]
        data.to_pil(crop).save(Path(place) / f"{name}-{i}.png")
    (Path(place) / "torn.jpg").write_bytes(b"no picture")
    mine = data.folder(place, size=32)
plots.grid(mine, columns=6, zoom=3)

# %% [markdown] key="data-batches" lang="en"
r"""
**Batches.** Many programs let a `DataLoader` read, shuffle and cut the data. Here all images fit into memory, so a random order of their numbers is
enough: one pass through it is an *epoch*, for 1500 images in batches of 64 about 23 steps, and what is left of it lies in the checkpoint. Before you
train, look once at what the network will see, one image at several $t$: it should begin clean and end as pure noise.
"""

# %% [markdown] key="data-batches" lang="zh" of="2e1fa4"
r"""
**分批。** 许多程序用 `DataLoader` 来读取、打乱、切分数据。这里的图像全都放得进内存，有一份随机排列的编号就够了：
从头到尾用完一遍是一个**轮次**（epoch），1500 幅图像、每批 64 幅，约 23 步；还没用到的那部分编号，也存进检查点。
训练之前，先看一眼网络将会看到什么，同一幅图取几个 $t$：开头应当干净，末尾应当只有噪声。
"""

# %% key="data-noised"
t = torch.tensor([1, 200, 400, 600, 800, 1000])
plots.strip(forward_jump(schedule, mine[:1].expand(6, -1, -1, -1), t, generator=seeded(0)).xt, t.tolist())

# %% [markdown] key="run"
r"""
## 6 · A training, and what its loss says · 一次训练，以及损失说了什么
"""

# %% [markdown] key="run-why" lang="en"
r"""
Now in earnest: a U-Net (lesson 5) on 1500 digits, the other 297 kept out, from nothing. Instead of AdamW, `Muon` moves its matrices
(Jordan et al.): before a matrix is moved, all singular values of its update are brought near 1. A plain update is long along the few directions in which most gradients agree, and short along the others; now the rare ones move as far. The monitor shows the loss, the loss by noise
level, samples (from the average of the weights, part 7), images per second and the time left. Every 100 steps `look` measures on the digits kept out, keeps a copy of the weights, and saves a checkpoint.
(One of the notes asks for samples at every 1000th step *of an epoch*, and an epoch of 60,000 images in batches of 128 has 469: none ever come. Count all steps.) Whatever looks
and does not learn is computed under `torch.no_grad()`, here by the package: otherwise torch keeps every step of the sampler for gradients that nobody wants, and memory fills up.
"""

# %% [markdown] key="run-why" lang="zh" of="9a0399"
r"""
这次来真的：用 1500 个数字从零训练一个 U-Net（第 5 课），其余 297 个留出不用。矩阵的更新不用 AdamW，而用 `Muon`（Jordan 等人）：
改动矩阵之前，它先把这次更新的奇异值都拉到 1 附近。普通的更新，在多数梯度一致的少数几个方向上很长，在其余方向上很短；这样一来，少见的方向也走得一样远。监视器显示损失、按噪声水平分的损失、样本（用权重的平均采得，见第 7 节）、每秒图像数与剩余时间。
每 100 步，`look` 在留出的数字上量一次，留一份权重，并保存一个检查点。
（有份笔记要在**每个轮次内**的第 1000 步出样本，可 60,000 幅图像、每批 128 幅，一个轮次只有 469 步：样本一次也没出来过。步数要从头一直数下去。）
只看不学的计算都放在 `torch.no_grad()` 之下，这里由本包代劳：不然 torch 会为没人要的梯度留住采样器的每一步，内存越占越满。
"""

# %% key="run-start"
torch.manual_seed(0)
state, seen, records = start(UNet(channels=1, width=32, multipliers=(1, 2)), optimizer=Muon), {}, []
home = tempfile.TemporaryDirectory()

def look():
    levels = by_level(*held_out(schedule, state.ema, unseen.repeat(5, 1, 1, 1)))
    seen[state.step] = copy.deepcopy(state.network), copy.deepcopy(state.ema), levels
    checkpoints.save_in(home.name, state, held_out=float(levels.mean()))

# %% key="run-train"
records.extend(watch(
    train(state, schedule, kept, steps=500, ema_decay=0.99),
    total=500,
    samples=lambda: paint(state.ema, first[:32]),
    every=100,
    then=look,
    earlier=state.losses,
))
if state.step not in seen:  # stopped before its end
    look()

# %% key="run-rate"
plots.curves({"learning rate": {"rate": [r.lr for r in records]}}, [r.step for r in records], "step")

# %% [markdown] key="run-flat" lang="en"
r"""
Each record carries its learning rate, too: it warms up over the first 50 steps, then falls along a cosine to 0. The loss fell steeply for about a hundred steps; after that its curve goes down so slowly that it looks flat. "Is it still training?" is the question that learners ask most.
First a guess:
"""

# %% [markdown] key="run-flat" lang="zh" of="d1901b"
r"""
每步的记录里还有学习率：头 50 步升上去，然后沿余弦降到 0。头一百步左右，损失降得很陡；随后降得很慢，看上去几乎是平的。“它还在训练吗？”这是初学者问得最多的一句。先猜一猜：
"""

# %% key="run-predict"
predict("06.share")

# %% key="run-table"
distance, said = {}, []
for step, (_, ema, levels) in seen.items():
    distance[step] = energy_distance(paint(ema, first, 12), images)
    lately = torch.tensor(state.losses[max(0, step - 50) : step]).mean()
    words = f"loss {lately:.3f}   held out {levels.mean():.3f}   its noisiest tenth {levels[9]:.4f}"
    said.append(f"step {step}   {words}   distance {distance[step]:.3f}")
chance = energy_distance(images[order[:500]], images[order[500:]])
reveal("06.share", *said, f"500 real digits, to the other 1297: distance {chance:.3f}")

# %% key="run-rows"
plots.rows({f"{step}": paint(ema, first[:12]) for step, (_, ema, _) in seen.items()}, zoom=3)

# %% [markdown] key="run-read" lang="en"
r"""
**Read the figure.** One row per 100 steps, from the same noise; the digits become cleaner, most visibly in the first rows. From step 200 to step 500 the loss falls by
about a seventh only. From the first row to the last the samples come nearer to real digits all the same; from one row to the next their distance, of 500 samples, may rise by chance. (The 500 real digits, compared with the other 1297,
are a fair floor: as many, and none is compared with itself.) So *flat is not trained*, and it is not stuck either. The loss is a mean over all noise levels, and much of it cannot be learnt away by anybody. What does tell something:

- the loss on images *kept out*, always with the same times and noise (`held_out`), so that chance does not move it;
- the same *by noise level*: here the noisiest tenth was all but done after 100 steps, and nearly all later progress lies at less noise;
- samples from the same noise, side by side; and a distance to real images.
"""

# %% [markdown] key="run-read" lang="zh" of="d929e8"
r"""
**看图。** 每 100 步一行，都从同一份噪声出发；数字越来越干净，头几行变化最明显。从第 200 步到第 500 步，损失只降了约七分之一。
可从第一行到最后一行，样本还是离真实数字更近了；相邻两行之间，由 500 个样本算出的距离可能偶然上升。（500 个真实数字与其余 1297 个相比，这个距离才是公平的下限：个数一样，又没有哪个与自己相比。）所以，**走平不等于训练好了**，也不等于卡住了。损失是对所有噪声水平取的均值，其中很大一部分再怎么训练也降不下去。真正能说明问题的是：

- **留出**的图像上的损失，时间步与噪声每次都相同（`held_out`），偶然因素就动不了它；
- 把它**按噪声水平**分开：这里噪声最重的那十分之一，走完 100 步就差不多到头了，后来的进步几乎都在噪声较少处；
- 从同一份噪声出发的样本，并排来看；以及到真实图像的距离。
"""

# %% [markdown] key="floor-why" lang="en"
r"""
How much is left to learn? Lesson 4 had a floor for that: the error of the exact denoiser. For the 1500 digits taken as all there is, it can be
computed (`finite`). Compare it with the network, on digits it was trained on and on the others:
"""

# %% [markdown] key="floor-why" lang="zh" of="0bd1b5"
r"""
还剩多少可学？第 4 课为此给出了下限：精确去噪器的误差。把这 1500 个数字当作全部数据，就算得出来（`finite`）。
拿它与网络比一比，既看训练用过的数字，也看没用过的：
"""

# %% key="floor-show"
def errors_on(denoiser, x0):
    draw = seeded(3)
    t = objectives.spread_times(1000, len(x0), generator=draw)[torch.randperm(len(x0), generator=draw)]
    xt, eps = forward_jump(schedule, x0, t, generator=draw)
    return t / 1000, (eps_of(schedule, denoiser)(xt, t) - eps).square().flatten(1).mean(1)

others = unseen.repeat(5, 1, 1, 1)
learned, memory = from_network(schedule, state.ema), finite(schedule, kept)
judged = {"network, trained on": errors_on(learned, kept), "network, kept out": errors_on(learned, others)}
judged |= {"exact, trained on": errors_on(memory, kept), "exact, kept out": errors_on(memory, others)}
floors = {name: by_level(*every) for name, every in judged.items()}
shown = {name: e.clamp(min=1e-3) for name, e in floors.items()}
reveal("06.share", plots.curves({"loss": shown}, [i / 10 + 0.05 for i in range(10)], "$t/T$", log="y"))

# %% key="floor-print"
def table(level, one, other):
    ahead, give_or_take = gap(level, one, other)
    print("t/T         network     exact   network - exact")
    for i, (a, b) in enumerate(zip(by_level(level, one), by_level(level, other), strict=True)):
        print(f"{i / 10:.1f} to {i / 10 + 0.1:.1f}  {a:8.4f}  {b:8.4f}  {ahead[i]:8.4f} ± {give_or_take[i]:.4f}")
    return ahead, give_or_take

level, of_network = judged["network, kept out"]
ahead = table(level, of_network, judged["exact, kept out"][1])

# %% [markdown] key="floor-read" lang="en"
r"""
**Read the figure.** (What lies below 0.001 is drawn at 0.001; the network's two curves, blue and orange, lie on top of each other. The table is of the digits kept out, with
the standard error of each difference.) The exact denoiser of the 1500 digits (green) goes down to nearly 0: it knows them by heart, and any $x_t$ with little noise gives its digit away. On digits that are not
among the 1500 (pink) the same denoiser does badly where noise is little: it insists on the nearest one it knows, and below $t/T = 0.2$ its error is above 1, so that it would do better to answer 0.
Up to $t/T = 0.4$ the network is better. But look at the middle: from 0.5 to 0.6 the memory is *ahead* of the network, 0.088 against 0.097, on digits that it does not know.
With much noise ($t/T$ above 0.8) the memory is ahead by 3 % at most: there is hardly anything left to learn there.

Why is a memory good in the middle? So much noise lies there over the digit that many of the 1500 come into question, and the best guess is their mean in the right proportions; for
that, 1500 known digits stand for all others quite well. And why is the network behind? One guess: it has trained too briefly. That can be tested: the network that comes with the course trained
for 4000 steps of 128 images on four fifths of the digits. Below, the same on the fifth that was kept out of its training, against the memory of the other four:
"""

# %% [markdown] key="floor-read" lang="zh" of="24f7f1"
r"""
**看图。**（低于 0.001 的画在 0.001 处；网络的蓝、橙两条线叠在一起。表格只看留出的数字，并给出每个差的标准误差。）这 1500 个数字的精确去噪器（绿）几乎降到 0：
它把它们背了下来，噪声少的 $x_t$ 一看就知道是哪一个。换成不在这 1500 个里的数字（粉），同一个去噪器在噪声少处就很糟：它硬说是自己认识的最近的那个；
在 $t/T = 0.2$ 以下，误差大于 1，还不如回答 0。到 $t/T = 0.4$ 为止，都是网络更好。可是看中段：0.5 到 0.6 之间，靠记忆的反而**领先**于网络，0.088 对 0.097，而这些数字它并不认识。
噪声多时（$t/T$ 大于 0.8），靠记忆的至多领先 3 %：那里已没有多少可学的。

为什么在中段，靠记忆也很好？那里数字上盖着很多噪声，1500 个中有许多都像，最优的猜测就是把它们按恰当的比例取均值；做这件事，1500 个认识的数字足以代表其他的。
网络又为什么落后？一种猜测是：训练得太短。这可以检验：随课程附带的网络，在五分之四的数字上训练了 4000 步，每步 128 幅。
下面在它训练时留出的那五分之一上再比一次，对手是记住了另外五分之四的精确去噪器：
"""

# %% key="floor-longer"
fifth = torch.arange(len(images)) % 5 == 0
rivals = from_network(schedule, pretrained("digits")), finite(schedule, images[~fifth])
(level, of_network), (_, of_memory) = (errors_on(who, images[fifth].repeat(10, 1, 1, 1)) for who in rivals)
ahead_longer = table(level, of_network, of_memory)

# %% [markdown] key="floor-longer-read" lang="en"
r"""
The gap has closed: from 0.5 to 0.6 network and memory can no longer be told apart, and the network is still better at less noise, by far. So the gap was not one of principle, and the memory's curve was, in the
middle, a floor in sight. (That network was trained longer, saw twice as many images at each step, and learned with the loss of $v$; which of the three closed the gap has not been tested. The two tables have other digits, so compare the last column, not the errors themselves.)

The moral has two halves. At little noise the green floor is one that we do *not* want to reach: whoever reaches it can only copy. At much noise, learning by heart and knowing what digits are come to the same.
The floor of all handwritten digits, the one that we do want, nobody knows. What is sure: it is not 0, as $x_t$ does not determine $\epsilon$.
"""

# %% [markdown] key="floor-longer-read" lang="zh" of="bd8289"
r"""
差距没有了：0.5 到 0.6 之间，网络与记忆已分不出高下；噪声更少处，网络仍然好得多。可见这差距并非原则上无法弥合；在中段，记忆的那条线就是够得着的下限。
（那个网络训练得更久，每步看的图像多一倍，用的又是 $v$ 的损失；究竟是哪一样补上了差距，没有检验过。两张表用的数字不同，要比的是最后一列，不是误差本身。）

这里的道理有两半。噪声少处，绿色的下限我们并**不**想达到：达到它，就只会照抄。噪声多处，死记硬背与真懂得数字是什么样，结果是一样的。
想达到的是所有手写数字的下限，而那个谁也不知道。能肯定的是：它不为 0，因为 $x_t$ 并不能确定 $\epsilon$。
"""

# %% [markdown] key="ema"
r"""
## 7 · The average of the weights · 权重的平均
"""

# %% [markdown] key="ema-why" lang="en"
r"""
The samples above came from `state.ema`, the *exponential moving average* (EMA) of the weights. After each step of training it moves a little towards the
newest ones: with a decay of 0.99 it keeps 99 % of itself and takes 1 % of them. A weight that was new $k$ steps ago then counts in proportion to $0.99^k$, so the average reaches back about
$1/(1-0.99) = 100$ steps. It takes no part in the training; it only watches.

**Write it yourself,** for one tensor of weights: return the new average. Some loops save time and follow only once in `every` steps. Then following once has to do what following `every` times with these weights
would have done, so that old weights are forgotten no more slowly than by an average that follows at each step.
"""

# %% [markdown] key="ema-why" lang="zh" of="6c6f67"
r"""
上面的样本都来自 `state.ema`，即权重的**指数移动平均**（exponential moving average，EMA）。每训练一步，它就朝最新的权重挪一点：
衰减取 0.99 时，保留自己的 99 %，取最新权重的 1 %。$k$ 步以前的权重，所占的分量正比于 $0.99^k$，所以这个平均大约回溯
$1/(1-0.99) = 100$ 步。它不参与训练，只在一旁看着。

**自己动手，** 只管一个权重张量：返回新的平均。有些循环为了省时间，每 `every` 步才跟一次。那么跟这一次，要抵得上用这份权重连跟 `every` 次，
这样，旧权重才不会比每步都跟时忘得更慢。
"""

# %% key="ema-try" tags=["exercise"]
def my_follow(average, weights, decay, every=1):
    ...

my_follow = check("06.ema", my_follow)

# %% [markdown] key="ema-losses-why" lang="en"
r"""
Your rule does not mind what it follows. Here it follows the losses of the training above, with a decay of 0.98. At first it lags: it still remembers the high losses of the beginning. After that it shows that what looked flat among the swings still goes down:
"""

# %% [markdown] key="ema-losses-why" lang="zh" of="580015"
r"""
你写的规则并不管跟的是什么。这里让它跟着上面那次训练的损失走，衰减取 0.98。起初它滞后，还记着开头的高损失；此后才看得出，夹在起伏之中看似平的曲线，其实还在下降：
"""

# %% key="ema-losses"
followed = [torch.tensor(state.losses[0])]
for value in state.losses[1:]:
    followed.append(my_follow(followed[-1], torch.tensor(value), 0.98))
plots.curves({"loss": {"each step": state.losses, "followed": followed}}, xlabel="step", log="y")

# %% key="ema-predict"
predict("06.average")

# %% key="ema-show"
middle = min(seen, key=lambda step: abs(step - 200))
newest, average, _ = seen[middle]
pair = {"weights": paint(newest, first[:12]), "EMA": paint(average, first[:12])}
plots.rows(pair, zoom=3)

# %% key="ema-print"
raw_and_distance, said = {}, []
for step in (middle, max(seen)):
    newest, average, levels = seen[step]
    raw = held_out(schedule, newest, others).errors.mean()
    apart = energy_distance(paint(newest, first, 12), images)
    raw_and_distance[step] = float(raw), apart
    said.append(f"step {step}   weights: held out {raw:.3f}, distance {apart:.3f}")
    said[-1] += f"   EMA: held out {levels.mean():.3f}, distance {distance[step]:.3f}"
reveal("06.average", *said)

# %% [markdown] key="ema-read" lang="en"
r"""
**Read the figure.** Step 200, the same noise, one set of weights beside the other. By eye the two differ little; measured, the digits of the
newest weights are farther from real ones, here more than twice as far. (How much farther swings from step to step and from run to run.) In the middle of the run the learning rate is high, and each step overshoots; in the average the swings cancel. At step 500 the learning rate has come down to 0, the weights have come to rest, and hardly any
difference is left. So an EMA is no magic: it does at any time what a falling learning rate does at the end, and it lets you look at a run before its end.

Two pitfalls. A decay close to 1 in a short run averages over the beginning, too (0.9999 reaches back 10,000 steps); the package therefore begins with a smaller one. And whoever
forgets to update it samples from weights that were never trained.
"""

# %% [markdown] key="ema-read" lang="zh" of="3445f0"
r"""
**看图。** 第 200 步，同一份噪声，两份权重并排。肉眼看去差别不大；量一量，最新权重画的数字离真实数字更远，这里是两倍还多。（远出多少，一步一变，每次训练也不同。）训练中途学习率还高，每一步都会冲过头；取平均，摆动就抵消了。
到第 500 步，学习率已降到 0，权重静了下来，差别几乎不见。所以 EMA 并不神奇：学习率下降要到末尾才做到的事，它随时都能做到，让你不必等到结束就能看。

有两个坑。训练短而衰减太接近 1，就会把开头也平均进去（0.9999 回溯 10,000 步），所以本包一开始用较小的衰减。
还有，忘了更新它，采样用的就是从没训练过的权重。
"""

# %% [markdown] key="paper" lang="en"
r"""
**With pen and paper: how far does an average lag?** The package's average keeps in step $k$ the share $d_k=k/(k+9)$ of itself, until this exceeds the decay that was asked for. Put any number $m$ in the place of 9, $d_k=k/(k+m)$, and let a weight
walk steadily, by 1 in each step: $w_k=k$. The average begins where it does, $a_0=w_0=0$, and $a_k=d_k\,a_{k-1}+(1-d_k)\,w_k$. How far behind the weight is it after $n$ steps? Derive it, and write it without a loop.
"""

# %% [markdown] key="paper" lang="zh" of="609af2"
r"""
**纸笔题：平均会落后多远？** 本包的平均在第 $k$ 步保留自己的份额是 $d_k=k/(k+9)$，直到它超过所要的衰减为止。把 9 换成任意的数 $m$，即 $d_k=k/(k+m)$，
并让一个权重匀速前行，每步走 1：$w_k=k$。平均与它同时出发，$a_0=w_0=0$，而 $a_k=d_k\,a_{k-1}+(1-d_k)\,w_k$。走完 $n$ 步，它落后这个权重多远？请推导出来，写成不带循环的式子。
"""

# %% key="paper-try" tags=["exercise"]
def my_lag(n, m):
    ...

my_lag = check("06.paper", my_lag)

# %% [markdown] key="paper-answer" lang="en"
r"""
<details><summary>Answer</summary>

Let $L_k=w_k-a_k$. Then $L_k=d_k\,(w_k-a_{k-1})=d_k\,(L_{k-1}+1)$: the weight runs ahead by 1, and of the distance the share $d_k$ is left. With $m=1$ this gives $\tfrac12, 1, \tfrac32$; so try $L_k=c\,k$. It fits if
$c\,(k+m)=c\,(k-1)+1$, that is $c=1/(m+1)$, and at the start it is 0, as it should be:
$$L_n=\frac{n}{m+1}.$$
With $m=9$ the average is always a tenth of the run behind, as long as this rule holds (with a decay of 0.995, for 1,791 steps). A decay $d$ that never changes has $L_n=\frac{d}{1-d}(1-d^n)$ by the same recursion: at first it lags by nearly all of $n$, in the end by $d/(1-d)$. And of the
beginning, which was drawn at random, the share $\prod_k d_k=\frac{n!\,m!}{(n+m)!}$ is left: for $m=9$ and $n=100$ about $2\cdot10^{-13}$, where 0.995 from the first step on leaves 61 %.

</details>

Below, step by step with your rule: 0.995 from the first step on, the package's beginning, and your formula.
"""

# %% [markdown] key="paper-answer" lang="zh" of="9486eb"
r"""
<details><summary>答案</summary>

设 $L_k=w_k-a_k$。则 $L_k=d_k\,(w_k-a_{k-1})=d_k\,(L_{k-1}+1)$：权重先往前跑 1，拉开的距离再只剩下 $d_k$ 这么大的份额。取 $m=1$，依次得 $\tfrac12, 1, \tfrac32$；于是试 $L_k=c\,k$。
只要 $c\,(k+m)=c\,(k-1)+1$，即 $c=1/(m+1)$，它就成立；起点处为 0，也对：
$$L_n=\frac{n}{m+1}.$$
取 $m=9$，只要还按这条规则走（所设的衰减若为 0.995，即前 1,791 步），平均总是落后已走路程的十分之一。若衰减 $d$ 从不改变，同样的递推给出 $L_n=\frac{d}{1-d}(1-d^n)$：起初落后的几乎是整个 $n$，最后是 $d/(1-d)$。
至于随机抽出的起点，还剩 $\prod_k d_k=\frac{n!\,m!}{(n+m)!}$ 的份额：$m=9$、$n=100$ 时约为 $2\cdot10^{-13}$；若从第一步起就用 0.995，则还剩 61 %。

</details>

下面用你写的规则一步一步走：从第一步起就用 0.995，本包的起步方式，以及你的公式。
"""

# %% key="paper-show"
def lags(decay_of, steps=300):
    at, behind = torch.zeros((), dtype=torch.float64), []
    for k in range(1, steps + 1):
        at = my_follow(at, torch.tensor(k, dtype=torch.float64), decay_of(k))
        behind.append(k - float(at))
    return behind

lag_of = {"0.995": lags(lambda k: 0.995), "k / (k + 9)": lags(lambda k: k / (k + 9))}
lag_of["formula"] = [my_lag(n, 9) for n in range(1, 301)]
plots.curves({"lag": lag_of}, range(1, 301), "step")

# %% [markdown] key="paper-read" lang="en"
r"""
**Read the figure.** With 0.995 from the start (blue) the average is 78 steps behind after 100, and 155 after 300; with the package's beginning it is far less, and your formula lies on top of it. So this beginning makes one setting do for short runs and long ones.
"""

# %% [markdown] key="paper-read" lang="zh" of="79ffe9"
r"""
**看图。** 从第一步起就用 0.995（蓝），走完 100 步时平均落后 78 步，走完 300 步时落后 155 步；用本包的起步方式就少得多，你的公式正好叠在上面。有了这样的起步，同一个设置就既适合短的训练，也适合长的。
"""

# %% [markdown] key="stop"
r"""
## 8 · Stop, resume, keep the best · 停下、接着训练、留住最好的
"""

# %% [markdown] key="stop-why" lang="en"
r"""
A long run will be interrupted. Press the stop button of the notebook: the step under way is finished, nothing is lost, and running the cell again goes on. Over a
restart, a *checkpoint* must hold everything that training changes: the weights, their average, what the optimizer remembers, the number of the step, the random state, and which images of this epoch are
still to come. If one is missing, the run goes on, but as another run. The test is simple: 24 steps in one go, against 12 steps, a checkpoint, a new state, and 12 more.
"""

# %% [markdown] key="stop-why" lang="zh" of="cbee94"
r"""
时间长的训练总会被打断。按 notebook 的停止按钮：当前这一步会做完，什么都不丢，再运行一次单元格就接着训练。若是内核也重启了，要接得上，
**检查点**（checkpoint）就必须存下训练会改变的一切：权重、权重的平均、优化器记住的量、走到第几步、随机数的状态，以及本轮次还有哪些图像没用。
少了任何一样，训练也能继续，却已是另一次训练。检验的办法很简单：一口气走 24 步，对照先走 12 步、存检查点、换一个新状态、再走 12 步。
"""

# %% key="stop-show" tags=["nbval-check-output"]
def fresh():
    torch.manual_seed(0)
    return start(UNet(channels=1, width=16, multipliers=(1, 2)), seed=0)

def until(step, state):
    return next(state for record in train(state, schedule, kept, 24) if record.step == step)

straight = until(24, fresh())
with tempfile.TemporaryDirectory() as place:
    checkpoints.save_in(place, until(12, fresh()))
    resumed = until(24, checkpoints.resume(place, fresh()))
pairs = zip(straight.ema.parameters(), resumed.ema.parameters(), strict=True)
print("all losses equal:", straight.losses == resumed.losses)
print("all weights equal:", all(torch.equal(a, b) for a, b in pairs))

# %% [markdown] key="stop-best" lang="en"
r"""
Equal, bit for bit. Which checkpoint should one keep? The last, to go on; and the *best*, to sample from. Best by what? One of the study notes takes the loss of a single
batch, and never updates the value it compares with, so that nearly every batch counts as a new best. But even done right, the loss of one batch says mostly which times it
happened to draw. `save_in` goes by the loss on images that were kept out. It writes each file beside its place first and then renames it, so that an interrupt leaves no half file.
"""

# %% [markdown] key="stop-best" lang="zh" of="aa5147"
r"""
逐位相等。该留哪个检查点？留最后一个，好接着训练；留**最好**的一个，好拿来采样。按什么算最好？有份学习笔记看单独一批的损失，
用来比较的值又从不更新，于是几乎每一批都算“新的最好”。就算写对了，一批的损失多半也只说明它碰巧抽到了哪些时间步。
`save_in` 看的是留出图像上的损失。每个文件都先写成旁边的一个临时文件，再改名，中断也不会留下半个文件。
"""

# %% key="stop-files"
print(*sorted(path.name for path in Path(home.name).iterdir()))
best = checkpoints.best(home.name)
print(f"best held-out loss {best:.3f}")

# %% [markdown] key="clinic"
r"""
## 9 · The clinic · 诊室
"""

# %% [markdown] key="clinic-why" lang="en"
r"""
Seven trainings of the small MLP on the digits, each shown up to step 400 of a longer run. `OK` is healthy. Each of the six patients has one of these faults, and each fault occurs once; none raises an error:

| word | fault |
|---|---|
| `range` | the images lie in $[0, 1]$ |
| `level` | the network is not told the noise level |
| `noise` | one noise, drawn once, is used for all images and all steps |
| `rate` | the learning rate is 100 times too high |
| `ema` | the average of the weights is never updated |
| `gradients` | the gradients are never set back to zero |

What you see of each, in blue over the healthy run in grey: its training loss by step; its loss by noise level, over the last 100 steps; samples from its weights, and from their average.
"""

# %% [markdown] key="clinic-why" lang="zh" of="df15e5"
r"""
小 MLP 在数字上训练了七次，每次都是一场较长训练的前 400 步。`OK` 是健康的。六个病人各有下面一种毛病，每种恰好出现一次，而且都不会报错：

| 代号 | 毛病 |
|---|---|
| `range` | 图像在 $[0, 1]$ 之内 |
| `level` | 没有把噪声水平告诉网络 |
| `noise` | 噪声只抽了一次，所有图像、所有步都用它 |
| `rate` | 学习率高了 100 倍 |
| `ema` | 权重的平均从不更新 |
| `gradients` | 梯度从不清零 |

每个病人都画成蓝色，健康的那次用灰色衬在下面：逐步的训练损失；最近 100 步按噪声水平分的损失；权重的样本，以及平均权重的样本。
"""

# %% key="clinic-first"
healthy = chart()
rows = {"OK": healthy} | {patient: chart(fault) for patient, fault in PATIENTS.items()}
views = {name: (c.losses, c.levels, c.network, c.ema) for name, c in rows.items()}
plots.charts({name: views[name] for name in ("OK", "A", "B", "C")}, (healthy.losses, healthy.levels))

# %% key="clinic-second"
plots.charts({name: views[name] for name in ("D", "E", "F")}, (healthy.losses, healthy.levels))

# %% [markdown] key="clinic-task" lang="en"
r"""
Write one word for each patient, such as `{"A": "range", "B": ...}`. The check says how many are right, and where to look again.
"""

# %% [markdown] key="clinic-task" lang="zh" of="31941b"
r"""
给每个病人写一个代号，例如 `{"A": "range", "B": ...}`。检查会告诉你对了几个，该再看哪里。
"""

# %% key="clinic-answer" tags=["exercise"]
my_patients = ...
my_patients = check("06.patients", my_patients)

# %% [markdown] key="clinic-read" lang="en"
r"""
**How to tell, in general.** A training loss *below* the healthy one is no good news. If it goes on falling towards 0, the noise can be guessed from something other than the image; if it is only somewhat lower, at all levels, the images themselves are easier, such as paler ones. A loss that stays where the first steps brought it, or grows, points to the
optimizer: rate, gradients. A loss that looks perfect beside bad samples points to what happens outside the loss: the range of the images, the wrong weights for sampling, the sampler itself. And the loss in the last
tenth of the noise levels is a sensitive spot: who knows the noise level has next to no loss there.

**Why does one stay flat and the other grow?** Both take steps that are too large, but Adam divides each gradient by its recent size. So with a rate 100 times too high no step is longer than about the rate, whatever the gradient: the
weights are thrown about, but do not run off. At the start every network answers the same to every image. The healthy one soon learns to tell images apart; in the other, what little there was at step 20 is lost again, and the layers answer nearly the same to every image (below, how much the answers vary between images at $t = 500$; the truth varies by 0.8); what is left to learn, an answer that depends on the noise
level alone, is learnt, and the loss stays there. Gradients that are never set back to zero add up: each step goes along the sum of all gradients so far. It is like a ball that rolls without friction: past the lowest point the sum still points onwards,
and until as much has been gathered against it, the weights run on. The chance in each batch pushes it as well, and nothing ever forgets the pushes; so the swings grow.
"""

# %% [markdown] key="clinic-read" lang="zh" of="305f7a"
r"""
**一般怎样判断。** 训练损失**低于**健康的那次，并不是好消息。若一路往 0 掉，说明噪声能从图像以外的什么地方猜出来；若只是低一些，而且各个噪声水平上都低，说明图像本身更容易，比如更淡。损失停在头几步到达的地方，或者不降反升，问题多半在优化器：学习率、梯度。
损失完美而样本很差，问题就在损失之外：图像的取值范围、采样时用错了权重、采样器本身。另外，噪声最重的那十分之一里的损失是个敏感处：知道噪声水平的网络，在那里几乎没有损失。

**为什么一个走平，一个越来越大？** 两者的步子都太大，但 Adam 会把每个梯度除以它近来的大小。所以学习率高了 100 倍时，不管梯度多大，每一步都不会比学习率长多少：
权重被甩来甩去，却不会一路跑掉。起初，每个网络对所有图像的回答都一样。健康的很快学会把图像分开；另一个在第 20 步还有一点差异，后来又丢了，最后一层对每幅图像的回答几乎一样（下面量的是 $t = 500$ 处，回答在图像之间相差多少；真值相差 0.8）；
剩下能学的，只有一个仅取决于噪声水平的回答，学会它，损失就停在那里。梯度从不清零则会累加：每一步都沿着至今所有梯度之和走。好比一个没有摩擦的球，滚过最低点时，这个和仍然指向前方，
要等反方向也积得一样多，权重才会回头。每一批的偶然也在推它，而这些推力一次也没有忘掉，所以越摆越大。
"""

# %% key="clinic-why-two"
spread = answers_vary()
for name, sizes in spread.items():
    print(f"{name:10}", *(f"after {step:3} steps {size:.3f}  " for step, size in sizes.items()))

# %% key="clinic-ball"
plots.curves({"distance from the lowest point": rolling()}, xlabel="step")

# %% [markdown] key="clinic-ball-read" lang="en"
r"""
**Read the figure.** The simplest loss there is, $w^2/2$ with a random push on each gradient, root mean square of 64 such $w$, AdamW with a rate of 0.02. Healthy, it comes down and rests in a band. A rate 100 times too high (2) makes the band eight to ten
times as wide, and there it stays. With gradients kept all 64 come down together and run past. Then they fall out of step, so that their root mean square no longer dips; it climbs, as each of them swings ever wider.
"""

# %% [markdown] key="clinic-ball-read" lang="zh" of="edf82d"
r"""
**看图。** 最简单的损失 $w^2/2$，每次的梯度另加一个随机的推力；画的是 64 个这样的 $w$ 的均方根，用 AdamW，学习率 0.02。健康时，它降下来，停在一条窄带里。
学习率高了 100 倍（2），这条带有原来的八到十倍宽，此后一直如此。梯度不清零时，64 个一起降下来，冲过头；此后各摆各的，均方根不再有深谷，却一路升高，因为每一个都越摆越大。
"""

# %% [markdown] key="build"
r"""
## 10 · Build it · 动手造
"""

# %% [markdown] key="build-why" lang="en"
r"""
A step, an average, a held-out loss, a checkpoint: you have seen each by itself. Now build the loop that holds them together. Every project has one of its own, and most of what ails
trainings sits there. The measure is strict: **from the same seed your losses shall be the package's, bit for bit.** For that, everything has to be drawn in the same order from the same
generator; the list says which. (`train`, in part 2, shows the middle of it. What it calls, `next_batch`, `set_lr` and `follow_weights`, you have not seen. Further down stands somebody else's loop; write yours before you read it.)

`MyTraining(network, images, schedule, steps, batch, lr, decay, seed)` keeps five attributes that others read: `network` and `lr`, the highest rate, as they are handed over; `average`, another network, a copy of it at first;
`generator`, which is `seeded(seed)`; and `losses`, one plain number (no tensor) for each step done, so that its length counts the steps. The optimizer is `training.adamw(network.parameters(), lr=lr)`. All else that you keep is up to you. The six parts, by the names that `check` gives them:

- **order**: `indices()` gives the places of the next `batch` images. One `torch.randperm` of all images is one epoch. A new one is drawn only when fewer than `batch` are left of the last; these few then come first. So no image is left out, and none comes twice.
- **rate**: `rate(step)`, where `step` counts from 0, is `lr` times a ramp times a wave. The ramp has $W$ equal stairs: $1/W$ at step 0, 1 from step $W-1$ on. $W$ is a tenth of `steps`, rounded down, at least 1 and at most 100. The wave is half a period of a cosine: 1 at step 0, 0.5 in the middle, and it would reach 0 at the step numbered `steps`.
- **step**: `step()` takes one training step at the rate that `self.rate` gives (further down, a subclass puts another in its place), and notes its loss. From `generator` come, in this order, what `indices()` draws, the times of `objectives.spread_times`, and the noise, in the shape of the images. The loss is the mean of `errors(schedule, network, x, t, eps)`.
- **average**: within `step()`, once the weights have moved, `average` follows them. It keeps the share `decay` of itself, but begins as the package's average of part 7 does; the first step of the training is $k=1$.
- **held-out**: `held_out(images)` gives one plain number (no tensor), the mean error of the average. The average answers in evaluation mode, `eval()`, in which dropout and the like are off; afterwards every network is in the mode it had before. The number is the same however often one asks, and training notices nothing: no draw from its generator or from torch's own (that is where dropout draws), no gradient. (Use the package's `held_out`, whose answer has in `errors` one value for each image; or from `seeded(0)` first draw `spread_times`, then a `torch.randperm` that mixes them, then the noise.)
- **resume**: `state()` gives a dictionary that `torch.save` can write and `torch.load` can read; it stays as it is while either training goes on, the one that it came from or one that has loaded it, so it can be loaded again. `load(kept)` puts it into another `MyTraining` with the same settings and any weights, which then goes on exactly as the first would have.

Begin with one part, leave the others at `...`, and run `check` as often as you like: it judges each part by itself. `hint("06.build")` is for the first that fails.
"""

# %% [markdown] key="build-why" lang="zh" of="d9f82f"
r"""
训练一步、权重的平均、留出损失、检查点：每一样你都单独见过了。现在来造把它们装在一起的循环。每个项目都有自己的循环，训练的毛病也多半藏在那里。标准很严：
**种子相同，你的损失要与本包的逐位相等。** 为此，一切都要按同样的次序、从同一个发生器抽取，下面的清单写明了次序。（第 2 节的 `train` 展示了中间一段；它调用的 `next_batch`、`set_lr` 与 `follow_weights`，你还没有见过。再往下有一个别人写的循环，先写完自己的再读它。）

`MyTraining(network, images, schedule, steps, batch, lr, decay, seed)` 有五个供外面读取的属性：`network` 与 `lr`（最高的学习率），就用传进来的；`average`，另一个网络，起初是所传网络的副本；
`generator`，即 `seeded(seed)`；`losses`，每走完一步添一个普通的数（不是张量），所以它的长度就是已走的步数。优化器用 `training.adamw(network.parameters(), lr=lr)`。其余要存什么，由你决定。六个部分，按 `check` 报告时的名称：

- **order**：`indices()` 给出接下来 `batch` 幅图像的下标。对全部图像做一次 `torch.randperm` 就是一个轮次。上一轮次剩下的不够 `batch` 个时，才抽新的；剩下的那几个排在最前。这样，既不会漏掉图像，也没有哪一幅出现两次。
- **rate**：`rate(step)`（`step` 从 0 数起）等于 `lr` 乘以斜坡再乘以波。斜坡有 $W$ 级相等的台阶：第 0 步处为 $1/W$，从第 $W-1$ 步起为 1。$W$ 是 `steps` 的十分之一，向下取整，至少 1，至多 100。波是余弦的半个周期：第 0 步处为 1，中点为 0.5，到编号为 `steps` 的那一步才会是 0。
- **step**：`step()` 按 `self.rate` 给出的学习率走一个训练步（后面有个子类会把它换掉），并记下损失。从 `generator` 依次抽取：`indices()` 所抽的、`objectives.spread_times` 的时间步、与图像同形状的噪声。损失是 `errors(schedule, network, x, t, eps)` 的均值。
- **average**：在 `step()` 之内，权重移动之后，`average` 跟上去。它保留自己的份额是 `decay`，起步则与第 7 节里本包的平均一样；训练的第一步就是 $k=1$。
- **held-out**：`held_out(images)` 给出一个普通的数（不是张量），即平均网络的误差的均值。平均网络在评估模式 `eval()` 下回答，其中 dropout 之类都关掉；问完之后，每个网络都回到先前的模式。问多少次都一样，训练也毫无察觉：不从它的发生器抽取，也不动 torch 自带的那个（dropout 就从那里抽），不留梯度。（可用本包的 `held_out`，它的结果里，`errors` 对每幅图像有一个值；或者从 `seeded(0)` 先抽 `spread_times`，再用 `torch.randperm` 打乱它们，然后抽噪声。）
- **resume**：`state()` 给出一个字典，`torch.save` 能写下，`torch.load` 能读回；此后无论是存下它的训练，还是载入它的训练，再往下走，它都保持不变，所以可以再次载入。`load(kept)` 把它装进另一个设置相同、权重任意的 `MyTraining`，接下去就与原来那个训练本来会走的完全一样。

先写一个部分，其余的留着 `...`，随时可以运行 `check`：每个部分单独评判。`hint("06.build")` 针对第一个没做对的部分。
"""

# %% key="build-try" tags=["exercise"]
class MyTraining:
    def __init__(self, network, images, schedule, steps, batch, lr, decay, seed):
        ...

    def indices(self):
        ...

    def rate(self, step):
        ...

    def step(self):
        ...

    def held_out(self, images):
        ...

    def state(self):
        ...

    def load(self, kept):
        ...

MyTraining = check("06.build", MyTraining)

# %% [markdown] key="build-run-why" lang="en"
r"""
Now let it train: a small MLP on the 1500 digits, each read as a list of 64 numbers, beside the package's loop from the same seed. A second run is stopped half-way, and a third, which began with other weights, goes on from its state.
(Until yours is right, both columns are the course's.)
"""

# %% [markdown] key="build-run-why" lang="zh" of="4ced49"
r"""
让它训练起来：在 1500 个数字上训练一个小 MLP，每个数字当作一串 64 个数，旁边是本包的循环，两边从同一个种子出发。第二次训练在半路停下；第三次起初用的是别的权重，装入第二次的状态后接着走。
（在你的写对之前，两边都是课程自带的。）
"""

# %% key="build-run" tags=["nbval-check-output"]
flat_kept, flat_unseen = kept.flatten(1), unseen.flatten(1)

def small(weights=0):
    torch.manual_seed(weights)
    return MLP(size=64, width=64, layers=2)

theirs = start(small(), lr=4e-3, seed=0)
their_rates = [r.lr for r in train(theirs, schedule, flat_kept, 200, ema_decay=0.99)]
own, half, later = (MyTraining(small(i), flat_kept, schedule, theirs.step, 64, 4e-3, 0.99, i) for i in (0, 0, 1))
for _ in range(theirs.step):
    own.step()
for _ in range(theirs.step // 2):
    half.step()
later.load(half.state())
while len(later.losses) < theirs.step:
    later.step()
print("all losses equal:", own.losses == theirs.losses)
print("resumed, all losses equal:", later.losses == own.losses)

# %% key="build-show"
def beside(**runs):
    return {panel: {name: run[panel] for name, run in runs.items()} for panel in ("loss", "rate")}

course = {"loss": theirs.losses, "rate": their_rates}
yours = {"loss": own.losses, "rate": [own.rate(step) for step in range(theirs.step)]}
plots.curves(beside(package=course, yours=yours), xlabel="step")

# %% [markdown] key="build-read" lang="en"
r"""
**Read the figure.** One curve hides the other, down to the last digit. If the check is content and the first line above says False all the same, print the difference of the losses: at about 1e-7 it is rounding. The same sum
added up in another order is another number in float32; small as that is, a training carries it on.
"""

# %% [markdown] key="build-read" lang="zh" of="e9c4d9"
r"""
**看图。** 一条曲线盖住了另一条，直到最后一位都相同。若检查通过了，上面第一行却仍是 False，就把两份损失之差打印出来：若在 1e-7 左右，那是舍入误差。
同样的和，换一种次序相加，在 float32 里就是另一个数；它虽小，训练却会一路带下去。
"""

# %% [markdown] key="repair-why" lang="en"
r"""
**A loop to mend.** Somebody else's loop, handed on to you. It raises no error, and it even learns something. Four things in it are wrong, none of them among the patients of the clinic. Read it first, line by line, and note down what you suspect, before you go on to the experiments below it.
"""

# %% [markdown] key="repair-why" lang="zh" of="23216f"
r"""
**一个要修的循环。** 这是别人写的，传到了你手上。它不报错，甚至也能学到些东西。其中有四处不对，诊室里的病人一个也没有得过这些病。先一行一行地读，记下你的怀疑，再往下看实验。
"""

# %% key="repair-source"
show_source(broken_loop)

# %% key="repair-signs"
def signs(loop):
    network, settings = small(), (flat_kept, flat_unseen, schedule, theirs.step, 64, 0)
    average, losses, rates, _ = loop(network, *settings, 0)
    pairs_of_weights = zip(average.parameters(), network.parameters(), strict=True)
    print("average and network equal:", all(torch.equal(a, b) for a, b in pairs_of_weights))
    print("same losses if it looks every 20 steps:", loop(small(), *settings, 20)[1] == losses)
    return {"loss": losses, "rate": rates}

ill = signs(broken_loop)
plots.curves(beside(broken=ill, package=course), xlabel="step")

# %% [markdown] key="repair-read" lang="en"
r"""
**Read the figure.** Network, data, seed and highest rate are those of the loop above. The losses of the broken one (blue) jump from one step to the next by as much as their mean; its rate hardly falls. And two lines of text say that its average is no average, and that it
trains differently if somebody looks. So four signs; find the line behind each.

**Mend it.** Copy the loop from above, below its first line, into this cell, and change what has to be changed (seven lines are enough). See to it, too, that two looks can be compared: if the weights are the same, the number is the same. The check tries each of the four by itself, and then whether all else is as it was.
"""

# %% [markdown] key="repair-read" lang="zh" of="a3a893"
r"""
**看图。** 网络、数据、种子与最高的学习率都与上面的循环相同。坏循环的损失（蓝）一步一跳，跳动的幅度与损失的均值一样大；学习率几乎没有下降。另有两行文字说：它的平均并不是平均；有人看它，它的训练就变样。
四个症状都在这里了，请找出每个症状背后的那一行。

**修好它。** 把上面的循环除第一行外复制到这一格里，改掉该改的地方（七行就够）。另外，两次看到的数要能相比：权重没变，数就不变。检查会对四处分别做实验，再看其余的是否照旧。
"""

# %% key="repair-try" tags=["exercise"]
def my_repaired(network, images, unseen, schedule, steps, batch, seed, look):
    ...

my_repaired = check("06.repair", my_repaired)

# %% key="repair-run"
well = signs(my_repaired)
plots.curves(beside(broken=ill, mended=well), xlabel="step")

# %% [markdown] key="repair-run-read" lang="en"
r"""
**Read the figure.** Mended (orange), the losses of single steps lie in a narrow band: each batch has all noise levels in it. The rate comes down to 0, the average lags behind the weights, and looking changes nothing. (Any generator of their own would do for that. That two of their numbers can be compared takes more: like `held_out`, the looks draw anew from the same seed each time.)

**How to find such faults.** None of the four shows in a loss that is averaged over many steps. Each has one short experiment, worth doing for every loop that you are handed: print `t` of one batch; compare what should differ (the average and the network) and what should be equal (a run with and without looks); plot the rate.
"""

# %% [markdown] key="repair-run-read" lang="zh" of="fe42cb"
r"""
**看图。** 修好之后（橙），各步的损失落在一条窄带里：每一批都含有各种噪声水平。学习率降到 0，平均落在权重后面，看一眼也不再改变什么。（单为这一点，看的时候另用一个发生器就行；要让两次看到的数能相比，还得像 `held_out` 那样，每次从同一个种子重新抽。）

**这样的毛病怎么找。** 在对许多步取平均的损失上，四处毛病一处也看不出来。每一处都有一个简短的实验，每接手一个循环，都值得做一遍：打印一批的 `t`；比较本应不同的（平均与网络），也比较本应相同的（看与不看的两次训练）；把学习率画出来。
"""

# %% [markdown] key="open" lang="en"
r"""
**An open task: change this, predict, look.** "An EMA does at any time what a falling learning rate does at the end", says part 7. Then what if the rate never falls? Below, your loop with `rate` replaced, 200 steps from the same seed. Before you run it, put four numbers in order: the held-out errors of the weights and
of their average, with the falling and with the constant rate. Then change something yourself: `steps`, `lr`, `decay`, a rate that falls only in the last fifth. Which of the two would you keep if you did not know beforehand when you will have to stop?
"""

# %% [markdown] key="open" lang="zh" of="39db88"
r"""
**开放题：改一处，先猜，再看。** 第 7 节说：学习率下降要到末尾才做到的事，EMA 随时都能做到。那么，学习率要是从不下降呢？下面把你的循环换了一个 `rate`，从同一个种子走 200 步。运行之前，先给四个数排个次序：
权重与它的平均，在下降与不变的学习率之下，各自的留出误差。然后自己再改些什么：`steps`、`lr`、`decay`，或让学习率只在最后五分之一下降。如果事先不知道何时必须停下，你会选哪一种？
"""

# %% key="open-run"
class Constant(MyTraining):
    def rate(self, step):
        return self.lr

constant = Constant(small(), flat_kept, schedule, theirs.step, 64, 4e-3, 0.99, 0)
for _ in range(theirs.step):
    constant.step()
both_rates = {"falling": own, "constant": constant}
for name, run in both_rates.items():
    of_weights = held_out(schedule, run.network, flat_unseen).errors.mean()
    print(f"{name:9} held out: weights {of_weights:.4f}   average {run.held_out(flat_unseen):.4f}")

# %% [markdown] key="open-found" lang="en"
r"""
<details><summary>What good answers found</summary>

Five seeds, 200 steps, the 297 digits kept out; standard errors are 0.002 with the falling rate and below 0.001 with the others.

| rate | weights | average |
|---|---|---|
| falling | 0.290 | 0.291 |
| constant | 0.266 | 0.256 |
| constant, falling in the last fifth | 0.258 | 0.257 |

In every seed the average of the constant rate is best, and the falling rate worst. Half of its steps are short ones, and in 200 steps it has not come as far. Its average gains nothing: there are no swings left to cancel, only a lag.
With the constant rate the swings cost the weights 0.010, and the average takes them out. A fall in the last fifth does nearly the same for the weights themselves. So the claim of part 7 holds: averaging and a late fall do the same work. The
difference is that a fall has to know when the run ends. If you do not, keep the rate and the average. (That the falling rate is behind by so much is a matter of this short run and this small rate. Try 800 steps, and 0.001 and 0.016 for `lr`.)

</details>
"""

# %% [markdown] key="open-found" lang="zh" of="aa0e95"
r"""
<details><summary>好的回答发现了什么</summary>

五个种子，200 步，留出的 297 个数字；标准误差，学习率下降时是 0.002，其余都不到 0.001。

| 学习率 | 权重 | 平均 |
|---|---|---|
| 下降 | 0.290 | 0.291 |
| 不变 | 0.266 | 0.256 |
| 不变，最后五分之一下降 | 0.258 | 0.257 |

每个种子都是：学习率不变时的平均最好，学习率下降的最差。它有一半的步子很短，200 步里没有走那么远。它的平均也没有好处：已没有摆动可以抵消，只剩滞后。
学习率不变时，摆动让权重的误差多出 0.010，取平均就消去了。最后五分之一才下降，权重自己就几乎做到了同样的事。所以第 7 节的说法成立：取平均与末尾下降，做的是同一件事。
差别在于，要下降就得知道训练何时结束。若不知道，就让学习率不变，再取平均。（学习率下降落后这么多，与训练短、学习率小有关。试试 800 步，`lr` 也试试 0.001 与 0.016。）

</details>
"""

# %% [markdown] key="full"
r"""
## 11 · The full run · 完整的训练
"""

# %% [markdown] key="full-why" lang="en"
r"""
Set one number to train on Fashion-MNIST, from scratch or from where you stopped: 60,000 pictures of clothes, 28x28. It is loaded with `datasets` (or from the folder that `DIFFUSION_COURSE_DATA` names; without either, the
8,000 of them that come with the course are used, and the page says so). The network is told the label of each picture, but for one in ten, which it is told nothing about: `unlabelled=0.1` prepares what lesson 8 does with labels. The loss is that of $v$ (part 4), the optimizer `Muon`; one image in 30 is kept out, to tell which checkpoint is best. This page keeps torch to one thread, enough for its small tensors; the full run takes all
of them if that pays just now, and says so. 600 steps are a matter of minutes, 10,000 of an hour or two. Checkpoints lie in the folder `fashion_mnist` beside the notebook; delete it to begin anew.

With 0 nothing is trained or downloaded; you then see what such a run leads to: samples of the network that comes with the course, after 600 of its 10,000 steps and at the end, from the same noise. With more, your own stand below them.
"""

# %% [markdown] key="full-why" lang="zh" of="5ff3e8"
r"""
改一个数，就能在 Fashion-MNIST 上训练，可以从零开始，也可以从停下的地方接着来：60,000 幅衣物图，28x28。数据用 `datasets` 载入（或来自 `DIFFUSION_COURSE_DATA` 指定的文件夹；两者都没有时，
就用随课程附带的 8,000 幅，页面会说明）。网络会得知每幅图的标签，但每十幅里有一幅不告诉它：`unlabelled=0.1` 为第 8 课用到标签做准备。
损失是 $v$ 的（第 4 节），优化器是 `Muon`；每 30 幅图像留出一幅，用来判断哪个检查点最好。本页让 torch 只用一个线程，小张量这就够了；完整的训练若此刻划算就把线程都用上，并会说明用了几个。
600 步只要几分钟，10,000 步要一两个小时。检查点放在 notebook 旁边的文件夹 `fashion_mnist` 里；想重新开始，删掉它即可。

填 0 则什么也不训练、什么也不下载，只看这样的训练会走到哪里：随课程附带的网络，在 10,000 步中走完 600 步时与走到头时的样本，从同一份噪声出发。
填了别的数，你自己的样本就排在它们下面。
"""

# %% key="full-source"
show_source(train_garments)

# %% key="full-run"
STEPS = 0  # 600, 10_000
noise = torch.randn(20, 1, 28, 28, generator=seeded(7))
early, end = (garments_of(pretrained(name), noise) for name in ("fashion_mnist_halfway", "fashion_mnist"))
rows = {"600": early[:10], "600 ": early[10:], "10k": end[:10], "10k ": end[10:]}
if STEPS:
    rows["yours"] = garments_of(train_garments(STEPS).ema, noise)[:10]
plots.rows(rows)

# %% [markdown] key="full-read" lang="en"
r"""
**Read the figure.** Each column is a label: T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, boot. After 600 steps the outlines are there; what comes later is mostly cleanness and detail.
`tests/benchmarks` measures how long such runs take and how far they get; how the shipped weights were trained stands on their card in `course_utils/weights`.
"""

# %% [markdown] key="full-read" lang="zh" of="1987fc"
r"""
**看图。** 每列是一个标签：T 恤、裤子、套头衫、连衣裙、外套、凉鞋、衬衫、运动鞋、包、短靴。600 步时轮廓已有，此后主要是变得更干净，细节更多。
`tests/benchmarks` 量出这样的训练要多久、能走多远；附带的权重是怎样训练的，写在 `course_utils/weights` 里它们的模型卡上。
"""

# %% [markdown] key="recap"
r"""
## 12 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- every step from $\log p_\theta(x_0)$ to a weighted squared error of $\epsilon$, and that dropping the weight is a choice;
- why l2 leads to the exact denoiser and l1 does not;
- what predicting $\epsilon$, $x_0$ or $v$ means for the layers, and what for the loss;
- why a loss that looks flat says little, and what says more;
- what the average of the weights does, and what a checkpoint must hold;
- the signs by which six common faults are told apart;
- what a training loop draws, in which order, and by which experiments its faults are found.

**Common mistakes**

- "The loss is flat, so it is trained." Much of it is what nobody can learn. Look by noise level, on images kept out, and at samples.
- "The lower the loss, the better." Only for the same loss, weights, schedule and data; and a training loss far below that of images kept out means learning by heart, one that falls to nearly 0 at every noise level a bug.
- "The network predicts the noise of the step from $t-1$ to $t$." It predicts all the noise in $x_t$.
- "`torch.randint(1, T, size)` draws from 1 to T." It leaves T out, and sampling begins at T. Where arrays count from 0, as in one of the notes, it leaves out the first step instead, the one that sampling ends with.
- "Images may lie in $[0, 1]$; the loss is fine." The loss is; the samples come out grey.
- "The lowest loss of a batch marks the best weights." It marks the easiest draw of times. Go by images that were kept out.
- "$L_\text{simple}$ is the variational lower bound." It is the bound with its weights dropped.
- "The noise can be drawn once." Then the network learns that one noise.
- "Save the weights, and the run can go on." Not the same run: the optimizer, the average, the random state and the order of the data belong to it.

**Papers**

- Ho et al. 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): our (3) is its eq. (5), (4) its eq. (8), the weight stands in its eq. (12), (6) is its eq. (14); Algorithm 1.
- Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585): the bound for diffusion models.
- Kingma et al. 2021, [Variational Diffusion Models](https://arxiv.org/abs/2107.00630): (7), in its section 4; times spread over the batch, appendix I.
- Salimans & Ho 2022, [Progressive Distillation for Fast Sampling of Diffusion Models](https://arxiv.org/abs/2202.00512): $v$ and its weights, section 4.
- Hang et al. 2023, [Efficient Diffusion Training via Min-SNR Weighting Strategy](https://arxiv.org/abs/2303.09556): Min-SNR-5.
- Loshchilov & Hutter 2019, [Decoupled Weight Decay Regularization](https://arxiv.org/abs/1711.05101): AdamW.
- Jordan et al. 2024, [Muon](https://kellerjordan.github.io/posts/muon/): the optimizer.
- Polyak & Juditsky 1992, [Acceleration of Stochastic Approximation by Averaging](https://doi.org/10.1137/0330046): why averages of weights help.
- Huber 1964, [Robust Estimation of a Location Parameter](https://doi.org/10.1214/aoms/1177703732): the loss of that name.
"""

# %% [markdown] key="recap-text" lang="zh" of="4c90d0"
r"""
**现在你能讲清**

- 从 $\log p_\theta(x_0)$ 到 $\epsilon$ 的加权平方误差，每一步是怎么来的；丢掉权重则是一个选择；
- l2 为什么通向精确去噪器，l1 为什么不；
- 预测 $\epsilon$、$x_0$ 或 $v$，对网络的输出意味着什么，对损失又意味着什么；
- 看似走平的损失为什么说明不了什么，什么更能说明问题；
- 权重的平均起什么作用，检查点必须存下什么；
- 凭哪些迹象，能把六种常见的毛病分开；
- 训练循环按什么次序抽取什么，以及用哪些实验找出它的毛病。

**常见误解**

- “损失平了，就训练好了。”其中很大一部分再怎么训练也降不下去。要按噪声水平看，在留出的图像上看，还要看样本。
- “损失越低越好。”只有损失、权重、调度、数据都相同才能这么说；训练损失若远低于留出图像的损失，是在死记硬背；若在各个噪声水平上都掉到接近 0，就是程序有错。
- “网络预测的是从 $t-1$ 到 $t$ 这一步的噪声。”它预测的是 $x_t$ 中的全部噪声。
- “`torch.randint(1, T, size)` 抽的是 1 到 T。”它不含 T，而采样正从 T 开始。若像某份笔记那样数组从 0 数起，漏掉的就是第一步，采样恰恰在那里结束。
- “图像放在 $[0, 1]$ 也行，损失好好的。”损失是好好的，样本却发灰。
- “哪一批的损失最低，那时的权重就最好。”那只说明抽到的时间步最容易。要看留出的图像。
- “$L_\text{simple}$ 就是变分下界。”它是丢掉了权重的下界。
- “噪声抽一次就行。”那样网络学到的就是那一份噪声。
- “存了权重就能接着训练。”那不是同一次训练：优化器、平均、随机数状态与数据次序都是它的一部分。

**论文**

- Ho 等，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：我们的 (3) 是其式 (5)，(4) 是其式 (8)，权重见其式 (12)，(6) 是其式 (14)；算法 1。
- Sohl-Dickstein 等，2015，[Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585)：扩散模型的这个下界。
- Kingma 等，2021，[Variational Diffusion Models](https://arxiv.org/abs/2107.00630)：(7) 见其第 4 节；在一批之内铺开时间步，见附录 I。
- Salimans 与 Ho，2022，[Progressive Distillation for Fast Sampling of Diffusion Models](https://arxiv.org/abs/2202.00512)：$v$ 及其权重，见第 4 节。
- Hang 等，2023，[Efficient Diffusion Training via Min-SNR Weighting Strategy](https://arxiv.org/abs/2303.09556)：Min-SNR-5。
- Loshchilov 与 Hutter，2019，[Decoupled Weight Decay Regularization](https://arxiv.org/abs/1711.05101)：AdamW。
- Jordan 等，2024，[Muon](https://kellerjordan.github.io/posts/muon/)：这个优化器。
- Polyak 与 Juditsky，1992，[Acceleration of Stochastic Approximation by Averaging](https://doi.org/10.1137/0330046)：权重的平均为什么有用。
- Huber，1964，[Robust Estimation of a Location Parameter](https://doi.org/10.1214/aoms/1177703732)：以他命名的损失。
"""

# %% key="progress"
progress("06")
