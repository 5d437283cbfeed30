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
#     learning: 150
#     leave_out: [which, map, worth, clip, names, build, clinic]
# ---

# %% [markdown] key="head"
r"""
# 07 · Sampling · 采样
"""

# %% [markdown] key="welcome" lang="en"
r"""
A trained network predicts noise; it does not draw anything yet. What draws is the sampler: it begins with pure noise,
asks the network, takes a step, and asks again. The first sampler asked 1000 times for one image. On this page you write
it, then make it faster, one line at a time, until 12 questions do. Samplers that have six names in the menus of
programs turn out to be four ideas, and each is checked against an exact answer.

**Afterwards you can** read and write Algorithm 2, DDIM, Euler, Heun and DPM-Solver++; say which of them are the same
step; choose how many times to ask, and when; go from an image to its noise and back; and tell what an error in a sample
comes from. And you have built a sampler that this page does not show, with what measures its order.
"""

# %% [markdown] key="welcome" lang="zh" of="70e02c"
r"""
训练好的网络只会预测噪声，还不会画画。画画的是采样器（sampler）：从纯噪声出发，问一次网络，走一步，再问一次。
最早的采样器画一幅图要问 1000 次。在这一页，你先把它写出来，再一行一行地改快，直到只问 12 次就够。
程序菜单里名字各异的六种采样器，其实只是四个想法；每一个都会用精确答案来检验。

**学完之后，你能**读懂并写出算法 2、DDIM、Euler、Heun 与 DPM-Solver++；说出其中哪些是同一步；
决定问多少次、在什么时候问；从图像走到它的噪声再走回来；并看出样本里的误差来自哪里。此外，你还亲手造出了一个本页没有展示的采样器，并造出一件量具来测它的阶。
"""

# %% key="setup"

# %% key="imports"
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch

from course_utils import data, denoisers, plots, reverse, samplers
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.experiments import moons, orders, sick_samplers, spacing, worth
from course_utils.experiments.plane import distance_to_draws
from course_utils.explorers import sampling
from course_utils.forward import eps_from_x0
from course_utils.oracle import mixture
from course_utils.samplers import Sample, ddim, ddpm, dpm_solver, finish
from course_utils.schedules import cosine, linear
from course_utils.times import even_times, focused_times, log_snr_times
from course_utils.weights import pretrained
from course_utils.widgets import step_bar

schedule, network = cosine(), pretrained("fashion_mnist")

def garments(labels):  # 0 T-shirt, 1 trousers, ..., 9 boot
    return denoisers.image_denoiser(schedule, network, labels)

# %% [markdown] key="two"
r"""
## 1 · Algorithm 2, line by line · 算法 2，一行一行来
"""

# %% [markdown] key="two-why" lang="en"
r"""
Ho et al. give the sampler as Algorithm 2. In our counting, where $t = 0$ is the clean image:

| line | | in words |
|---|---|---|
| 1 | $x_T \sim \mathcal N(0, I)$ | begin with pure noise |
| 2 | for $t = T, \dots, 1$ | all the way down; libraries that count from 0 write $T-1, \dots, 0$ |
| 3 | $z \sim \mathcal N(0, I)$ if $t > 1$, else $z = 0$ | fresh noise, but none in the last step |
| 4 | $x_{t-1} = \frac{1}{\sqrt{\alpha_t}}\left(x_t - \frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\hat\epsilon\right) + \sigma_t z$ | ask for $\hat\epsilon$ at $x_t$ and $t$; the reverse step of lesson 3 |
| 5, 6 | end of the loop; return $x_0$ | |

Line 4 is the mean of the posterior, once $\hat\epsilon$ has been turned into a guess of $x_0$, plus noise. The rest is
a loop. It needs no gradients: a loop that keeps them keeps all it computed in 1000 calls of the network, and runs out
of memory. (`image_denoiser` above turns them off.)

**Write it yourself**, all six lines, with $\sigma_t^2 = \beta_t$. To make your answer comparable, all noise is handed
to you: `xT`, and in `z[t]` the noise for the step that leaves $t$. What you can ask is a denoiser, as everywhere in this course: `denoiser(xt, t)`
returns $\hat x_0$, not $\hat\epsilon$. Right below, it walks: 300 points to the two moons of lesson 4, whose exact denoiser we have.
"""

# %% [markdown] key="two-why" lang="zh" of="f33928"
r"""
Ho 等人把采样器写成算法 2。按我们的数法，$t = 0$ 是干净的图像：

| 行 | | 说明 |
|---|---|---|
| 1 | $x_T \sim \mathcal N(0, I)$ | 从纯噪声出发 |
| 2 | 对 $t = T, \dots, 1$ | 一路往下；从 0 数起的程序库写成 $T-1, \dots, 0$ |
| 3 | 若 $t > 1$，$z \sim \mathcal N(0, I)$；否则 $z = 0$ | 新噪声，但最后一步不加 |
| 4 | $x_{t-1} = \frac{1}{\sqrt{\alpha_t}}\left(x_t - \frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,\hat\epsilon\right) + \sigma_t z$ | 在 $x_t$ 与 $t$ 处问出 $\hat\epsilon$；这就是第 3 课的反向步 |
| 5, 6 | 循环结束；返回 $x_0$ | |

第 4 行就是：由 $\hat\epsilon$ 猜出 $x_0$，取后验均值，再加噪声。其余只是循环。循环里不需要梯度：
若保留梯度，1000 次调用网络的中间结果就全留在内存里，内存很快耗尽。（上面的 `image_denoiser` 已经关掉了梯度。）

**自己动手**，写出全部六行，取 $\sigma_t^2 = \beta_t$。为了能与参考答案比较，噪声都由外面传入：`xT`，以及 `z[t]`，即从 $t$ 出发那一步的噪声。
能问的是去噪器，本课程处处如此：`denoiser(xt, t)` 返回 $\hat x_0$，而不是 $\hat\epsilon$。写好之后，紧接着就让它走一遍：把 300 个点带到第 4 课的两弯月牙上，那里有精确去噪器。
"""

# %% key="two-try" tags=["exercise"]
def my_algorithm_2(schedule, denoiser, xT, z):
    ...

my_algorithm_2 = check("07.algorithm2", my_algorithm_2)

# %% key="two-mine"
xT_2, z_2 = moons.noise_of(0), torch.randn(1001, 300, 2, generator=seeded(3), dtype=torch.float64)
clouds = {"noise": xT_2}
clouds["your walk"] = my_algorithm_2(schedule, moons.two_moons(), xT_2, z_2)
chance = torch.tensor([distance_to_draws(moons.two_moons(), moons.exact_draws(300, k)) for k in range(1, 21)])
print("energy distance to 1000 exact draws")
for name, cloud in clouds.items():
    print(f"{name:10} {distance_to_draws(moons.two_moons(), cloud):.4f}")
print(f"20 crowds of exact draws: mean {chance.mean():.4f}, std {chance.std():.4f}")
plots.plane({name: (moons.exact_draws(600), cloud) for name, cloud in clouds.items()})

# %% [markdown] key="two-real" lang="en"
r"""
Your 1000 steps leave nothing of the noise: the cloud is as near to 1000 exact draws as other crowds of exact draws are,
within their scatter.

The real one takes any list of times, not only $T, \dots, 0$, and any variance (`sigma`, by default $\tilde\beta$). It asks
for $\hat x_0$, as yours does, and has no need of $\hat\epsilon$: the mean of the posterior is made of $\hat x_0$ and $x_t$ (lesson 3). And
it hands out every state on its way:
"""

# %% [markdown] key="two-real" lang="zh" of="77036d"
r"""
走完 1000 步，噪声的痕迹全没了：这团点到 1000 个精确样本的距离，与另抽的几团精确样本到它们的距离相比，相差不出偶然的范围。

真正的实现可以走任意一串时间步，不限于 $T, \dots, 0$；方差由 `sigma` 指定，默认为 $\tilde\beta$。它与你的一样，问的是 $\hat x_0$，
却用不着 $\hat\epsilon$：后验均值由 $\hat x_0$ 与 $x_t$ 就能算出（第 3 课）。途中的每个状态，它也都交出来：
"""

# %% key="two-source"
show_source(ddpm)

# %% key="two-draw"
noise = torch.randn(64, 1, 28, 28, generator=seeded(0))
walked = list(ddpm(schedule, garments(torch.arange(64) % 10), noise, even_times(schedule, 50), generator=seeded(1)))
x, one = walked[-1].xt, int(torch.randint(64, (), generator=seeded(2)))
plots.grids({"64": x, f"one of them, {one}": x[one : one + 1]})

# %% key="two-walk"
plots.walk([replace(s, xt=s.xt[one : one + 1], x0_hat=s.x0_hat[one : one + 1]) for s in walked], k=8)

# %% key="two-gif"
plots.animate([replace(s, xt=s.xt[:16], x0_hat=s.x0_hat[:16]) for s in walked], frames=25)

# %% [markdown] key="two-read" lang="en"
r"""
**Look.** 64 garments from the network that comes with the course (ten classes in turn), in 50 steps; one of them large.
(Are they new? Looking at samples cannot tell: it takes the nearest training image of each, lesson 9.) In the strip, the upper row is $x_t$, the lower row the guess $\hat x_0$ made from it.
The guess is a blur at first, the mean of all that is still possible. Its outline is sharp while $x_t$ still looks like
noise; the details come last. The walk does not paint over noise; it *decides*, from the large to the fine.
(`plots.save_animation("walk.gif", walked)` writes the animation to a file.)

Below, the same walk under your hand: `k` is the number of the state, `noise` the ratio of noise to signal in it; left
$x_t$, right $\hat x_0$ for the first garments.
"""

# %% [markdown] key="two-read" lang="zh" of="03a3a4"
r"""
**看图。** 64 件衣物，出自随课程附带的网络（十个类别轮流），走了 50 步；其中一件放大。（它们是新的吗？只看样本看不出来，要给每一件找出最近的训练图像，见第 9 课。）
长条中，上行是 $x_t$，下行是由它得到的猜测 $\hat x_0$。猜测起初一团模糊，是所有尚有可能的图像的均值；
$x_t$ 看上去还满是噪声时，猜测的轮廓已经清晰了，细节最后才出现。采样不是把噪声一层层盖住，而是在**做决定**，从大处到细处。
（`plots.save_animation("walk.gif", walked)` 把动画写进文件。）

下面是同一次采样，由你拖动：`k` 是状态的序号，`noise` 是其中噪声与信号之比；左边是 $x_t$，右边是 $\hat x_0$，画的是前几件衣物。
"""

# %% key="two-scrub"
few = [replace(s, xt=s.xt[:8], x0_hat=s.x0_hat[:8]) for s in walked]
sampling.trajectory_explorer(schedule, few, index=20)

# %% [markdown] key="which"
r"""
## 2 · Which noise to add, and when it matters · 加多少噪声，何时才要紧
"""

# %% [markdown] key="which-why" lang="en"
r"""
Algorithm 2 leaves $\sigma_t$ open. Of three widely copied pieces of sampling code, two take $\sigma_t^2 = \tilde\beta_t$,
the posterior variance, and the third takes $\sigma_t^2 = \beta_t$. All three add nothing in the last step. Whose samples
are better? Lesson 3 found: with 1000 steps the two variances are nearly the same. With
20 steps they are not. (Over a step from $t$ to $s$, $\beta$ stands for $1-\bar\alpha_t/\bar\alpha_s$, the merged step of lesson 1, and $\tilde\beta=\beta\,(1-\bar\alpha_s)/(1-\bar\alpha_t)$.
A network can also learn a variance between the two, as lesson 3 said; `diffusers` calls that
`learned_range`.)
"""

# %% [markdown] key="which-why" lang="zh" of="a557c3"
r"""
算法 2 没有规定 $\sigma_t$。三份流传很广的采样代码，有两份取 $\sigma_t^2 = \tilde\beta_t$，即后验方差，
第三份取 $\sigma_t^2 = \beta_t$。最后一步，三份都不加噪声。哪一份的样本更好？
第 3 课得出：走 1000 步时，两种方差几乎相同；走 20 步时就不同了。（一步从 $t$ 走到 $s$ 时，$\beta$ 指 $1-\bar\alpha_t/\bar\alpha_s$，即第 1 课里合并出的那一步，而 $\tilde\beta=\beta\,(1-\bar\alpha_s)/(1-\bar\alpha_t)$。
也可以让网络学一个介于两者之间的方差，见第 3 课；`diffusers` 称之为 `learned_range`。）
"""

# %% key="which-predict"
predict("07.noise")

# %% key="which-show"
z3, three = torch.randn(3, 1, 28, 28, generator=seeded(12)), garments(torch.tensor([0, 7, 8]))
def drawn(sigma, steps):
    return finish(ddpm(schedule, three, z3, even_times(schedule, steps), sigma=sigma, generator=seeded(112)), each=step_bar(steps + 1))

variances = {"β̃": reverse.sigma_posterior, "β": reverse.sigma_beta}
shown = {f"{steps}, {name}": drawn(sigma, steps) for steps in (1000, 20) for name, sigma in variances.items()}
reveal("07.noise", plots.rows(shown, zoom=3))

# %% key="which-print"
def rough(x):  # mean difference of neighbouring pixels
    return float(x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean()) / 2

reveal("07.noise", "roughness:" + "".join(f"   {name}: {rough(x):.3f}" for name, x in shown.items()))

# %% key="which-last"
last = float(schedule.noise[even_times(schedule, 20)[-2]])  # sqrt(beta) of the step from t = 50 to 0
at_last = shown["20, β̃"] + last * torch.randn(3, 1, 28, 28, generator=seeded(113))
print(f"noise of the last step: {last:.3f} in 20 steps, {float(schedule.noise[1]):.3f} in 1000")
plots.rows({"20, β̃": shown["20, β̃"], "20, β̃, z": at_last}, zoom=3)

# %% [markdown] key="which-read" lang="en"
r"""
**Read the figures.** Two rows of 1000 steps: both clean, and (with the same draws of noise) even the same garments,
whichever variance was used. Two rows of 20 steps: $\tilde\beta$ still clean, $\beta$ covered with grain, and its
neighbouring pixels differ far more. $\beta$ would be right if pixels were independent draws from $\mathcal N(0, 1)$.
These are not: the background is always black, and inside a garment the neighbours of a pixel nearly tell its value. Noise of variance $\beta$ makes up for what $x_t$ would leave open of an $x_0$ whose pixels are independent and of variance 1; but here $x_t$ leaves little of $x_0$
open. So too much is added, and $x_s$ becomes noisier than its $s$ says. In the background that does little harm, as only black is possible there. On a
garment the surplus could be texture, and the network keeps much of it: the grain. The smaller the step, the smaller the
surplus: at 1000 steps nobody sees it.

The lower figure has $\tilde\beta$ again, but in its second row the rule of line 3 is broken: the last step, from $t = 50$ to 0, adds noise
of std $\sqrt{\beta}$, too. No step comes after it that could take it away, so it is what you see, in the background
as well. In 1000 steps the same fault would add noise far too weak to see (the numbers are printed above).

On other data the order can be reversed: in lesson 4, on the two moons, $\beta$ was the better choice at few steps.
"""

# %% [markdown] key="which-read" lang="zh" of="cd716b"
r"""
**看图。** 1000 步的两行：无论用哪种方差，画面都干净；抽到的噪声相同时，连衣物也一样。20 步的两行：
$\tilde\beta$ 依然干净，$\beta$ 却满是颗粒，相邻像素的差别大得多。
若各像素互相独立、都抽自 $\mathcal N(0, 1)$，$\beta$ 就是对的。可它们不是：背景永远是黑的；在衣物内部，看看相邻的像素，就差不多知道这个像素是多少。
取方差 $\beta$，等于假定 $x_0$ 的各像素互相独立、方差为 1，再按看过 $x_t$ 之后余下的不确定性补上噪声；可这里有了 $x_t$，$x_0$ 就差不多定了，于是补多了：$x_s$ 的噪声比 $s$ 所对应的更多。在背景处这没什么妨碍，那里只可能是黑的；在衣物上，多出来的噪声却像是花纹，网络就把它留下了大半：这就是颗粒。
步子越小，多出来的越少：走 1000 步时，谁也看不出来。

下面那幅图又用 $\tilde\beta$，但第二行违反了算法第 3 行的规定：最后一步，从 $t = 50$ 到 0，也加了标准差为 $\sqrt{\beta}$ 的噪声。
后面再没有哪一步能把它去掉，你看到的就是它，背景处也不例外。若走 1000 步，同样的错所加的噪声小到看不见（两个数值都印在上面）。

换一种数据，次序可能反过来：在第 4 课的两弯月牙上，步数少时反而是 $\beta$ 更好。
"""

# %% [markdown] key="ddim"
r"""
## 3 · DDIM: the same marginals, another way · DDIM：边缘分布相同，走法不同
"""

# %% [markdown] key="ddim-why" lang="en"
r"""
Why 1000 evaluations? Because a reverse step is nearly Gaussian only if it is short (lesson 3), and lesson 6 derived the
loss from the chain of 1000 of them. But look at what that loss came to: a sum over $t$ of squared errors of
$\hat\epsilon$, each with its own weight. Of the chain it holds only the jumps, $q(x_t|x_0)$; the network cannot know in
how many steps $x_t$ came about. So look for *any* way from $t$ to $s$ that keeps these marginals. Let $\epsilon$ be the noise in $x_t$. Keep a part of it, and fill up with fresh noise $z$:
$$x_s=\sqrt{\bar\alpha_s}\,x_0+c\,\epsilon+\sigma z.\tag{1}$$
$\epsilon$ and $z$ are independent normal draws. Choose $\sigma$ freely, from 0 to $\sqrt{1-\bar\alpha_s}$; then there is one
$c \ge 0$ with which this is $q(x_s|x_0)$ exactly, for any $s < t$, however far. The more is fresh, the less is kept. (You work $c$ out below.) The network supplies what is unknown: $\hat\epsilon$ for
$\epsilon$, and $\hat x_0$ for $x_0$. From there on a long step is no longer exact, for the network answers with a mean;
how large the error is, part 6 measures.

But does such a chain not have a bound of its own, and so a loss that our network was never trained for? That is Theorem
1 of Song, Meng & Ermon: as the marginals are the same, the bound of the chain of steps (1) is, for any $\sigma > 0$,
the same sum over $t$ once more, with other weights, plus a constant. Weights decide only how much each $t$ counts, and a
network that is best at every $t$ is best for all of them. One training serves every $\sigma$ and every choice of times.

Song, Meng & Ermon set $\sigma=\eta\,\tilde\sigma$, where
$$\tilde\sigma^2=\frac{1-\bar\alpha_s}{1-\bar\alpha_t}\left(1-\frac{\bar\alpha_t}{\bar\alpha_s}\right)\tag{2}$$
is the posterior variance of a step from $t$ to $s$. With $\eta = 1$ it is DDPM with that variance. With $\eta = 0$
nothing fresh is added at all: this they call DDIM. (Libraries give the name to every $\eta$.)
"""

# %% [markdown] key="ddim-why" lang="zh" of="427d0c"
r"""
为什么非得对网络求值（evaluation）1000 次？因为反向步只有很短时才近于高斯（第 3 课），
而第 6 课的损失，正是由 1000 个这样的步连成的链推出来的。但请看推到最后剩下什么：对 $t$ 求和，每一项是 $\hat\epsilon$ 的平方误差，各带各的权重。
这条链留在其中的，只有跳跃 $q(x_t|x_0)$；网络无从知道 $x_t$ 是走了几步来的。所以，从 $t$ 到 $s$ **随便**怎么走都行，只要保住这些边缘分布。设 $\epsilon$ 是 $x_t$ 中的噪声，留下它的一部分，再用新噪声 $z$ 补足：
$$x_s=\sqrt{\bar\alpha_s}\,x_0+c\,\epsilon+\sigma z.\tag{1}$$
$\epsilon$ 与 $z$ 是互相独立的正态变量。$\sigma$ 可以在 0 到 $\sqrt{1-\bar\alpha_s}$ 之间任选；选定之后，总有一个 $c \ge 0$ 使上式恰好给出 $q(x_s|x_0)$，
$s < t$ 可以离得任意远。新噪声加得越多，旧噪声留得越少。（$c$ 等于多少，下面由你来求。）未知的量由网络补上：用 $\hat\epsilon$ 代替 $\epsilon$，
用 $\hat x_0$ 代替 $x_0$。从这里起，步子长了就不再精确，因为网络回答的是均值；误差有多大，第 6 节会量。

可是，这样的链也有它自己的下界，由此得到的岂不是另一个损失，而我们的网络从没按它训练过？Song、Meng 与 Ermon 的定理 1 回答的就是这一点：
边缘分布既然相同，由 (1) 的步连成的链，对任何 $\sigma > 0$，其下界仍是对 $t$ 的那个和，只是换了权重，再加一个常数。权重只决定每个 $t$ 占多大比重；
在每个 $t$ 处都最优的网络，用哪一组权重来衡量都是最优的。训练一次，什么 $\sigma$、什么时间步都能用。

Song、Meng 与 Ermon 取 $\sigma=\eta\,\tilde\sigma$，其中
$$\tilde\sigma^2=\frac{1-\bar\alpha_s}{1-\bar\alpha_t}\left(1-\frac{\bar\alpha_t}{\bar\alpha_s}\right)\tag{2}$$
是从 $t$ 到 $s$ 这一步的后验方差。$\eta = 1$ 时就是取这个方差的 DDPM；$\eta = 0$ 时，完全不加新噪声：他们所说的 DDIM 就是这一种。（程序库里，无论 $\eta$ 取何值都叫 DDIM。）
"""

# %% key="ddim-marginals" tags=["nbval-check-output"]
t, s, x0 = 700, 300, 0.8
eps = torch.randn(400_000, generator=seeded(5), dtype=torch.float64)
xt = schedule.signal[t] * x0 + schedule.noise[t] * eps
for eta in (0.0, 0.5, 1.0):
    xs = reverse.ddim_step(schedule, xt, t, s, torch.full_like(xt, x0), eta=eta, generator=seeded(6))
    print(f"eta {eta}   mean {xs.mean():.2f}   std {xs.std():.2f}")
print(f"wanted    mean {schedule.signal[s] * x0:.2f}   std {schedule.noise[s]:.2f}")

# %% [markdown] key="ddim-task" lang="en"
r"""
**Write it yourself**: the step (1) from $t$ to $s$, with $\sigma = \eta\,\tilde\sigma$ and the `noise` that is handed
to you for $z$. Two things in (1) you are not given: $c$, and $\hat x_0$.
"""

# %% [markdown] key="ddim-task" lang="zh" of="dd814b"
r"""
**自己动手**：写出从 $t$ 到 $s$ 的一步 (1)，取 $\sigma = \eta\,\tilde\sigma$，$z$ 就用传进来的 `noise`。(1) 里有两样没有给你：$c$ 与 $\hat x_0$。
"""

# %% key="ddim-try" tags=["exercise"]
def my_ddim_step(schedule, xt, t, s, eps_hat, eta, noise):
    ...

my_ddim_step = check("07.ddim", my_ddim_step)

# %% [markdown] key="ddim-seed" lang="en"
r"""
(The variances add up to $1-\bar\alpha_s$, so $c=\sqrt{1-\bar\alpha_s-\sigma^2}$.)

With $\eta = 0$ the first noise decides everything: the sampler is a *map* from noise to images. What is that good for?
Take one noise, and walk from it in 5, 10, 20 and 50 steps.
"""

# %% [markdown] key="ddim-seed" lang="zh" of="d8b637"
r"""
（方差相加，和为 $1-\bar\alpha_s$，所以 $c=\sqrt{1-\bar\alpha_s-\sigma^2}$。）

$\eta = 0$ 时，最初的噪声决定一切：采样器成了从噪声到图像的一个**映射**。这有什么用？取同一份噪声，分别走 5、10、20、50 步。
"""

# %% key="seed-predict"
predict("07.seed")

# %% key="seed-show"
z6, six = torch.randn(6, 1, 28, 28, generator=seeded(1)), garments(torch.arange(6))
same = {f"DDIM, {n}": finish(ddim(schedule, six, z6, even_times(schedule, n))) for n in (5, 10, 20, 50)}
other = {f"DDPM, {n}": finish(ddpm(schedule, six, z6, even_times(schedule, n), generator=seeded(5))) for n in (10, 20, 50)}
reveal("07.seed", plots.rows(same | other))

# %% key="seed-print"
far = {name: float((x6 - same["DDIM, 50"]).abs().mean()) for name, x6 in (same | other).items()}
reveal("07.seed", *(f"{name:9} from DDIM, 50: {away:.3f}" for name, away in far.items()))

# %% [markdown] key="seed-read" lang="en"
r"""
**Read the figure.** DDIM gives the same six garments with any number of steps; more steps add detail. DDPM gives other
garments of these classes each time, as its three rows show (the distances, all from DDIM, 50, cannot): it draws fresh noise at every step, and with other steps it draws other noise. So
with $\eta = 0$ you can look for a good seed cheaply, and draw the final image with more steps.
"""

# %% [markdown] key="seed-read" lang="zh" of="4c65c3"
r"""
**看图。** DDIM 无论走几步，都是同样的六件衣物，步数越多，细节越足。DDPM 每次画出的，类别相同，衣物却换了，看它的三行就知道（印出的距离都是与走 50 步的 DDIM 相比，看不出这一点）：它每一步都抽新噪声，步数一变，抽到的也变了。
所以 $\eta = 0$ 时，可以先用很少的步数挑好种子，再用更多的步数画成品。
"""

# %% [markdown] key="map"
r"""
## 4 · A map, there and back · 一个能来回走的映射
"""

# %% [markdown] key="map-why" lang="en"
r"""
Between two noises there are others: walk from each. But which "between"? A noise of 784 pixels has a length close to
$\sqrt{784} = 28$, nearly always. On the straight line between two of them the length sinks, to about 20 in the middle:
no noise of this kind is ever seen in training. On the *arc* (spherical interpolation) it stays near 28.
"""

# %% [markdown] key="map-why" lang="zh" of="7a34f6"
r"""
两份噪声之间还有许多噪声，从每一份出发都可以走一遍。但怎样才算“之间”？784 个像素的噪声，长度几乎总在 $\sqrt{784} = 28$ 附近。
沿两者之间的直线，长度会缩短，中间只有约 20：训练时从没见过这样的噪声。沿**圆弧**（球面插值，spherical interpolation），长度保持在 28 左右。
"""

# %% key="map-show"
z0, z1 = torch.randn(2, 1, 1, 28, 28, generator=seeded(8))
w, angle = torch.linspace(0, 1, 7)[:, None, None, None], torch.acos((z0 * z1).sum() / z0.norm() / z1.norm())
arc = (torch.sin((1 - w) * angle) * z0 + torch.sin(w * angle) * z1) / torch.sin(angle)
paths, bag = {"line": (1 - w) * z0 + w * z1, "arc": arc}, garments(torch.full((7,), 8))
bags = {name: finish(ddim(schedule, bag, path, even_times(schedule, 20))) for name, path in paths.items()}
plots.rows(bags)

# %% key="map-print"
for name, path in paths.items():
    print(f"{name:4}", *(f"{length:5.1f}" for length in path.flatten(1).norm(dim=1)))

# %% [markdown] key="map-read" lang="en"
r"""
**Read the figure.** From left to right one bag turns into another. On the line (above) the bags in the middle are
plain: with too little noise to begin with, the walk leaves out the texture. On the arc (below) they keep it.

**And back.** A map without randomness can be walked the other way: the same straight steps, from $t$ to a *larger* $s$.
In the variable $x_t/\sqrt{\bar\alpha_t}$, with $r_t=\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$ (the next part says
why), a step is one line. Start at $t = 1$, as $\epsilon$ is not defined at 0. Four of our garments and a photograph, to
noise and back again, by the network without clipping (part 10), which is told that the photograph is a T-shirt:
"""

# %% [markdown] key="map-read" lang="zh" of="62ae9f"
r"""
**看图。** 从左到右，一只包渐渐变成另一只。沿直线（上行），中间的包没有花纹：起点的噪声不够，纹理就省掉了。沿圆弧（下行），纹理还在。

**再走回去。** 没有随机性的映射可以倒着走：每一步照样走直线，只是从 $t$ 走到**更大的** $s$。用变量 $x_t/\sqrt{\bar\alpha_t}$，
并记 $r_t=\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$（理由见下一节），一步只需一行。从 $t = 1$ 出发，因为 $\epsilon$ 在 0 处没有定义。
把我们的四件衣物和一张照片变成噪声，再变回来；网络不加截断（见第 10 节），并且告诉它照片是一件 T 恤：
"""

# %% key="back-show"
def to_noise(predictor, image, times):  # times rise
    r, x = schedule.noise_to_signal, image / schedule.signal[times[0]]
    for t, s in pairwise(times):
        x = x + (r[s] - r[t]) * predictor(schedule.signal[t] * x, t)
    return schedule.signal[times[-1]] * x

palace = data.photograph("palace", 28).mean(1, keepdim=True)
five = torch.cat([x[[0, 1, 5, 7]], palace])
inverse, trips = denoisers.from_network(schedule, network, torch.tensor([0, 1, 5, 7, 0])), {}
for steps in (10, 30, 100):
    times = [1, *even_times(schedule, steps)[-2::-1]]
    found = to_noise(denoisers.eps_of(schedule, inverse), five, times)
    trips[steps] = found, finish(ddim(schedule, inverse, found, [*times[::-1], 0]))
plots.rows({"image": five, "noise": trips[100][0]} | {f"back, {n}": back for n, (_, back) in trips.items()}, zoom=3)

# %% key="back-print"
for steps, (_, back) in trips.items():
    print(f"{steps:3} steps   off by", *(f"{e:.3f}" for e in (back - five).abs().mean((1, 2, 3))))
print("std of the noise", *(f"{z.std():.2f}" for z in trips[100][0]))

# %% [markdown] key="back-read" lang="en"
r"""
**Read the figure.** With more steps the way back leads closer to where we came from. (One column per image: the mean
absolute difference of its pixels, whose range is 2 wide.) The photograph, which the network has never seen and would
never draw, does not come back in 10 or 30 steps, and in 100 it is mangled still. What it lacks is steps, not knowledge
of photographs: going there and back along one curve only needs them short enough, and this curve bends more. (With
1000, a minute's work, it is off by 0.023 only, `worth.PHOTOGRAPH_BACK`; put 1000 in the place of the 100 to see it.) But look at the second row, and at its std: what we found is *not* a draw from
$\mathcal N(0, I)$. The dark background of a garment has no spread at all, so nothing there tells which noise it came
from.
"""

# %% [markdown] key="back-read" lang="zh" of="94b2f8"
r"""
**看图。** 步数越多，回来时离原处越近。（每列对应一幅图像，数值是各像素之差的绝对值的均值；像素的取值跨度为 2。）那张照片，网络从没见过，也绝不会画出来：走 10 步、30 步都没能回来，走 100 步，也仍残缺走样。
它缺的是步数，不是对照片的认识：沿一条曲线去了再回，只要步子够短就行，而这条曲线弯得更厉害。
（走 1000 步，要花一分钟，误差只有 0.023，即 `worth.PHOTOGRAPH_BACK`；把 100 换成 1000 就能看到。）
但请看第二行，以及它的标准差（std）：找到的**并不是**抽自 $\mathcal N(0, I)$ 的噪声。
衣物的背景一律是黑的，毫无差别，从背景里看不出图像来自哪份噪声。
"""

# %% [markdown] key="euler"
r"""
## 5 · Euler, and Euler a · Euler 与 Euler a
"""

# %% [markdown] key="euler-why" lang="en"
r"""
Divide the forward jump by its signal factor. What is left is $\bar x=x_t/\sqrt{\bar\alpha_t}=x_0+r_t\,\epsilon$, where
the noise ratio $r_t=\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$ is what Karras et al. call $\sigma$. Do the same to (1)
with $\eta = 0$, so without fresh noise:
$$\bar x_s=\hat x_0+r_s\,\hat\epsilon=\bar x_t+(r_s-r_t)\,\hat\epsilon.\tag{3}$$
That is Euler's method for $d\bar x/dr=\hat\epsilon$, the *probability-flow ODE* (lesson 10): go straight along the
slope. So "Euler" *is* DDIM with $\eta = 0$.

"Euler a" (ancestral) goes down further than wanted, to $r_s^2/r_t$, and comes up to $r_s$ by fresh noise. In the menus
of programs it stands beside DDPM and DDIM as a third choice.
"""

# %% [markdown] key="euler-why" lang="zh" of="6b134d"
r"""
把前向跳跃除以信号的系数，得到 $\bar x=x_t/\sqrt{\bar\alpha_t}=x_0+r_t\,\epsilon$，其中噪声与信号之比
$r_t=\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$ 就是 Karras 等人所说的 $\sigma$。对 (1) 也这样做，取 $\eta = 0$，即不加新噪声：
$$\bar x_s=\hat x_0+r_s\,\hat\epsilon=\bar x_t+(r_s-r_t)\,\hat\epsilon.\tag{3}$$
这正是用欧拉法解 $d\bar x/dr=\hat\epsilon$，即**概率流常微分方程**（probability-flow ODE，见第 10 课）：沿斜率走直线。
所以“Euler”**就是** $\eta = 0$ 的 DDIM。

“Euler a”（ancestral，祖先采样）先走过头，降到 $r_s^2/r_t$，再加新噪声升回 $r_s$。
在程序菜单里，它与 DDPM、DDIM 并列，是第三个选项。
"""

# %% key="euler-predict"
predict("07.three")

# %% key="euler-same" tags=["nbval-check-output"]
truth, times, z = moons.two_moons(), even_times(schedule, 10), moons.noise_of(0)
reached = {"DDPM, β̃": ddpm(schedule, truth, z, times, generator=seeded(1))}
reached["DDIM, η = 1"] = ddim(schedule, truth, z, times, eta=1.0, generator=seeded(1))
reached["Euler a"] = samplers.euler_ancestral(schedule, truth, z, times, generator=seeded(1))
reached = {name: finish(walk) for name, walk in reached.items()}
same_as_first = {name: torch.allclose(x2, reached["DDPM, β̃"], atol=1e-9) for name, x2 in reached.items()}
said = [f"{plots.in_column(name, 12)} equal to the first: {alike}" for name, alike in same_as_first.items()]
straight = [finish(walk(schedule, truth, z, times)) for walk in (samplers.euler, ddim)]
reveal("07.three", *said, f"Euler and DDIM, η = 0, equal: {torch.allclose(*straight, atol=1e-9)}")

# %% key="euler-source"
show_source(reverse.euler_ancestral_step)

# %% [markdown] key="euler-read" lang="en"
r"""
One step, three names. (From the same fresh noise, and to the last digits of float64. In programs they look different
because each comes with its own times.) So far there are two ideas: with fresh noise, and without. The other two
do better than a straight line.

**Heun's step.** The slope $\hat\epsilon$ changes on the way, and Euler uses the one at the start. Heun: take Euler's
step to $s$, look at the slope *there*, go back to $t$, and take the step again along the mean of both slopes. Two
evaluations a step. At $s = 0$ there is no slope to look at, so the last step is Euler's. **Write it yourself**;
`predictor(xt, t)` returns $\hat\epsilon$, and `reverse.euler_step(schedule, xt, t, s, slope)` is at hand. Right below it walks on times that
are even in log-SNR (part 7 says why), from a noise ratio of 80.
"""

# %% [markdown] key="euler-read" lang="zh" of="9ab268"
r"""
一步，三个名字。（用同样的新噪声时，结果直到 float64 的最后几位都一样。在程序里它们看上去不同，是因为各自配了不同的时间步。）
所以到这里只有两个想法：加新噪声，或不加。另外两个想法，都是为了走得比直线更准。

**Heun 的一步。** 斜率 $\hat\epsilon$ 在途中会变，而欧拉法用的是起点处的。Heun 法：先用欧拉步走到 $s$，看看**那里**的斜率，
再回到 $t$，沿两处斜率的均值重走这一步。每步求值两次。$s = 0$ 处没有斜率可看，所以最后一步就是欧拉步。
**自己动手**写出来；`predictor(xt, t)` 返回 $\hat\epsilon$，`reverse.euler_step(schedule, xt, t, s, slope)` 可以直接用。
写好之后，紧接着就让它走一遍，从噪声为信号的 80 倍处出发，时间步按对数信噪比等间隔（为什么，第 7 节会讲）。
"""

# %% key="heun-try" tags=["exercise"]
def my_heun_step(schedule, predictor, xt, t, s):
    ...

my_heun_step = check("07.heun", my_heun_step)

# %% key="heun-mine"
down, by_heun = log_snr_times(schedule, 20), moons.noise_of(0)
for pair in pairwise(down):
    by_heun = my_heun_step(schedule, denoisers.eps_of(schedule, truth), by_heun, *pair)
stepped = {"Heun, yours, 20 steps": by_heun}
for steps in (20, 39):
    stepped[f"DDIM, {steps} steps"] = finish(ddim(schedule, truth, moons.noise_of(0), log_snr_times(schedule, steps)))
for name, x2 in stepped.items():
    print(f"{name:21} error {100 * moons.flow_error(x2, seed=0):4.1f} %")

# %% [markdown] key="midway"
r"""
## 6 · The second guess for free · 不花钱的第二次猜测
"""

# %% [markdown] key="midway-why" lang="en"
r"""
Your Heun, walked on the two moons from a noise ratio of 80 (above), ends nearer to where it should than DDIM at the same
number of evaluations. (Where it should end, part 8 says.) But it pays twice for each step, and a sampler already has a
second look at the path: its *previous* guess. How much can that guess do? Write the path so that the guess stands alone:
divide $x_t$ by its noise factor, $y=x_t/\sqrt{1-\bar\alpha_t}$. Then, exactly (the proof is the pen-and-paper problem below),
$$y_s-y_t=\int_t^s\hat x_0\;d\Bigl(\frac1r\Bigr),\qquad\frac1r=e^{\lambda/2},$$
where $\lambda=\log\frac{\bar\alpha}{1-\bar\alpha}$ is log-SNR. So all that a step needs to know of the guess is its *mean*
over $\lambda$ on the way from $t$ to $s$, with the weight $e^{\lambda/2}$.

- DDIM takes for this mean the guess where the step *begins*. Let the step have length $h$ in $\lambda$. The guess moves in proportion to $h$, so the mean is missed by about half of that, and the step, itself of length $h$, by something like $h^2$. A walk takes $1/h$ such steps: its error is like $h$. That is *first order*.
- Over a short step the weight is nearly even, and with even weight the mean of a straight line is its value *half way*. With the guess half way, the error that goes like $h^2$ is gone. What is left, that the guess does not quite move on a straight line and that the weight is not quite even, is like $h^3$ a step, and like $h^2$ for the walk: *second order*.

DPM-Solver++(2M) takes the guess that is expected half way. Draw a straight line through the last two guesses, at $u$ and
at $t$, with $u>t>s$, over $\lambda$, and read it half way from $\lambda_t$ to $\lambda_s$. Then take DDIM's step with this guess instead of $\hat x_0(t)$. (In numerics both are *exponential
integrators*, DDIM of first order and 2M of second: the part of the path that is known is followed exactly, and only the
guess is approximated.) The first step has no previous guess, and at $s = 0$ there is no half way, as $\lambda_0$ is
infinite: both are plain DDIM steps.

**Find the guess half way yourself**: no formula is given, the straight line is. At $s = 0$ return `x0_hat_t`.
`schedule.log_snr` is $\lambda$, with $t$ as its index.
"""

# %% [markdown] key="midway-why" lang="zh" of="0f91ec"
r"""
你写的 Heun 步，刚才从噪声为信号的 80 倍处出发，走到两弯月牙；求值次数相同时，它的终点比 DDIM 更接近正确的位置。（怎样算正确，第 8 节再说。）
可是它每一步都要付两次钱。其实对这条路的第二次观察，采样器手里早就有了：**上一次**的猜测。它能派多大用场？先换一种写法，让猜测单独露出来：
把 $x_t$ 除以噪声的系数，$y=x_t/\sqrt{1-\bar\alpha_t}$。于是下式精确成立（证明见下面的纸笔题）：
$$y_s-y_t=\int_t^s\hat x_0\;d\Bigl(\frac1r\Bigr),\qquad\frac1r=e^{\lambda/2},$$
其中 $\lambda=\log\frac{\bar\alpha}{1-\bar\alpha}$ 是对数信噪比（log-SNR）。所以，关于猜测，走这一步只需要知道它从 $t$ 到 $s$ 途中的**均值**：对 $\lambda$ 取，权重是 $e^{\lambda/2}$。

- DDIM 拿这一步**起点**的猜测来充当这个均值。设这一步在 $\lambda$ 上长 $h$。猜测的变化与 $h$ 成正比，均值的偏差大约是这一变化的一半；这一步本身又长 $h$，所以一步的误差大致是 $h^2$ 的量级。全程要走 $1/h$ 步，总误差便是 $h$ 的量级，这就是**一阶**。
- 步子短时，权重几乎是均匀的；权重均匀时，直线的均值就是它在**半路**上的值。改用半路上的猜测，$h^2$ 量级的误差就消失了。余下的，是猜测走的并非正好一条直线，权重也并非正好均匀：一步是 $h^3$ 的量级，全程是 $h^2$ 的量级，这就是**二阶**。

DPM-Solver++(2M) 用的正是预计走到半路时的猜测。以 $\lambda$ 为横轴，
过最近两次的猜测，即 $u$ 与 $t$ 处的（$u>t>s$），作一条直线，读出它在 $\lambda_t$ 与 $\lambda_s$ 正中间的值。
然后走一个 DDIM 步，只是把 $\hat x_0(t)$ 换成这个猜测。（数值分析里，两者都叫**指数积分器**（exponential integrator），DDIM 是一阶的，2M 是二阶的：路径中已知的部分精确地走，
只有猜测是近似的。）第一步没有上一次的猜测；$s = 0$ 时 $\lambda_0$ 是无穷大，没有半路：这两步就是普通的 DDIM 步。

**自己动手**求出半路上的猜测：不给公式，直线已经给了。$s = 0$ 时返回 `x0_hat_t`。`schedule.log_snr` 就是 $\lambda$，以 $t$ 为下标。
"""

# %% key="midway-try" tags=["exercise"]
def my_midway_guess(schedule, u, t, s, x0_hat_u, x0_hat_t):
    ...

my_midway_guess = check("07.midway", my_midway_guess)

# %% [markdown] key="midway-line" lang="en"
r"""
In one line, the straight line read half way is
$$\hat x_0^{\,\text{mid}}=\hat x_0(t)+\frac{\lambda_s-\lambda_t}{2\,(\lambda_t-\lambda_u)}\,\bigl(\hat x_0(t)-\hat x_0(u)\bigr).\tag{4}$$
The whole sampler, with it:
"""

# %% [markdown] key="midway-line" lang="zh" of="2bdae1"
r"""
写成一行，直线在半路上的值是
$$\hat x_0^{\,\text{mid}}=\hat x_0(t)+\frac{\lambda_s-\lambda_t}{2\,(\lambda_t-\lambda_u)}\,\bigl(\hat x_0(t)-\hat x_0(u)\bigr).\tag{4}$$
用上它，整个采样器就是：
"""

# %% key="midway-source"
show_source(dpm_solver)

# %% [markdown] key="midway-paper" lang="en"
r"""
**With pen and paper.** Show the exact formula above: from $d\bar x/dr=\hat\epsilon$ (part 5) it follows that
$dy=\hat x_0\;d(1/r)$, where $y=\bar x/r$. Then show that holding $\hat x_0$ fixed on the way from $t$ to $s$ gives DDIM's
step, exactly.

<details><summary>The answer</summary>

As $\bar x=\hat x_0+r\,\hat\epsilon$,
$$dy=\frac{d\bar x}{r}-\frac{\bar x\,dr}{r^2}=\frac{(r\,\hat\epsilon-\bar x)\,dr}{r^2}=-\frac{\hat x_0\,dr}{r^2}=\hat x_0\;d\Bigl(\frac1r\Bigr).$$
With $\hat x_0$ fixed, $y_s=y_t+\hat x_0\,(1/r_s-1/r_t)$. Multiply by $\sqrt{1-\bar\alpha_s}$ and use
$\sqrt{1-\bar\alpha_s}/r_s=\sqrt{\bar\alpha_s}$:
$$x_s=\sqrt{\bar\alpha_s}\,\hat x_0+\sqrt{1-\bar\alpha_s}\;\frac{x_t-\sqrt{\bar\alpha_t}\,\hat x_0}{\sqrt{1-\bar\alpha_t}},$$
and the fraction is $\hat\epsilon$: this is (1) with $\sigma=0$. So DDIM errs in nothing but the guess.

</details>
"""

# %% [markdown] key="midway-paper" lang="zh" of="cc92c4"
r"""
**纸笔题。** 证明上面那个精确的公式：由 $d\bar x/dr=\hat\epsilon$（第 5 节）推出
$dy=\hat x_0\;d(1/r)$，其中 $y=\bar x/r$。再证明：从 $t$ 到 $s$ 途中让 $\hat x_0$ 固定不动，得到的恰好就是 DDIM 的一步。

<details><summary>答案</summary>

因为 $\bar x=\hat x_0+r\,\hat\epsilon$，
$$dy=\frac{d\bar x}{r}-\frac{\bar x\,dr}{r^2}=\frac{(r\,\hat\epsilon-\bar x)\,dr}{r^2}=-\frac{\hat x_0\,dr}{r^2}=\hat x_0\;d\Bigl(\frac1r\Bigr).$$
若 $\hat x_0$ 固定，则 $y_s=y_t+\hat x_0\,(1/r_s-1/r_t)$。两边乘以 $\sqrt{1-\bar\alpha_s}$，并用到
$\sqrt{1-\bar\alpha_s}/r_s=\sqrt{\bar\alpha_s}$：
$$x_s=\sqrt{\bar\alpha_s}\,\hat x_0+\sqrt{1-\bar\alpha_s}\;\frac{x_t-\sqrt{\bar\alpha_t}\,\hat x_0}{\sqrt{1-\bar\alpha_t}},$$
其中的分式就是 $\hat\epsilon$：这正是取 $\sigma=0$ 的 (1)。所以，DDIM 的误差全部来自猜测。

</details>
"""

# %% [markdown] key="order-why" lang="en"
r"""
Does it help? Ask where the answer is known: data $\mathcal N(0, 0.5^2)$. There every step only multiplies by a number
and, with some samplers, adds noise, so the spread of the samples, and its error, is computed without drawing any. All
walk on times even in log-SNR, from a noise ratio of 80 down to $t = 1$, then to 0. (A
schedule of 10,000 times, so that rounding times to whole numbers does not blur the picture.)
"""

# %% [markdown] key="order-why" lang="zh" of="6a65cf"
r"""
有用吗？到答案已知的地方去问：数据 $\mathcal N(0, 0.5^2)$。在那里，每一步都只是乘上一个数，有的采样器再加上噪声，所以样本的散布及其误差不用采样就能算出来。
各采样器走的都是按对数信噪比等间隔的时间步，从噪声为信号的 80 倍处走到 $t = 1$，再到 0。
（用 10,000 个时间步的调度，免得时间步取整把图弄模糊。）
"""

# %% key="order-predict"
predict("07.order")

# %% key="order-show"
on_a_line = moons.gaussian_errors((10, 20, 40, 80, 160))
slopes = {name: moons.measured_order(*pair) for name, pair in on_a_line.items()}
reveal("07.order", plots.convergence(on_a_line, slopes))

# %% key="order-print"
said = []
for name, (asked, error) in on_a_line.items():
    by_steps = " ".join(f"{n:3}: {e:.4f}" for n, e in zip(asked, error, strict=True))
    said.append(f"{plots.in_column(name, 9)} order {slopes[name]:.1f}    {by_steps}")
reveal("07.order", *said)

# %% [markdown] key="order-read" lang="en"
r"""
**Read the figure.** Both axes are logarithmic, so a power law is a straight line, and how steeply it falls is the
*order* of the method. Those that hold the guess of the start for the whole step are of first order, as argued above: twice the steps, half the error.
Heun and 2M are of second order: twice the steps, a quarter of the error. 2M asks once a step, Heun twice, and here
2M is nearer even at equal steps; so at equal cost 2M is well ahead. That is why reusing an evaluation pays.

An order says what happens when steps are *many*. With few, it also matters where the steps are put.
"""

# %% [markdown] key="order-read" lang="zh" of="2b8575"
r"""
**看图。** 两轴都取对数，幂律就成了直线，它下降得有多陡，就是方法的**阶**。整步只用起点猜测的，都是一阶，与上文的论证相符：步数加倍，误差减半。
Heun 与 2M 是二阶：步数加倍，误差只剩四分之一。2M 每步问一次，Heun 每步问两次，而在这里，就算步数相同，2M 也比 Heun 更准；所以代价相同时，2M 领先很多。重用上一次的求值，好处就在这里。

阶说的是步数**很多**时的情形。步数少时，还要看步子落在哪里。
"""

# %% [markdown] key="clock"
r"""
## 7 · The natural clock · 自然的时钟
"""

# %% [markdown] key="clock-why" lang="en"
r"""
What is a timestep? Only a label that the schedule puts on a noise level. The linear and the cosine schedule put it
differently. Watch the guess $\hat x_0$ of 300 particles on their way to the two moons, and ask at each moment: of
all the way that the guess travels, what share has it travelled so far?
"""

# %% [markdown] key="clock-why" lang="zh" of="0332f1"
r"""
时间步是什么？不过是调度贴在噪声水平上的标签。线性调度与余弦调度，贴法不同。看 300 个粒子走向两弯月牙时的猜测 $\hat x_0$，
并在每一刻问：猜测到此刻移动过的路程，占它全部路程的几成？
"""

# %% key="clock-predict"
predict("07.share")

# %% key="clock-t"
shares = {"linear": moons.share_of_the_way(linear()), "cosine": moons.share_of_the_way(cosine())}
reveal("07.share", plots.curves({"share of the way": shares}, x=range(1000, 0, -1)))

# %% key="clock-log"
ticks = np.linspace(-12, 9, 211)
on_clock = {name: np.interp(ticks, schedule_of().log_snr[1:].flip(0), shares[name])
            for name, schedule_of in (("linear", linear), ("cosine", cosine))}
reveal("07.share", plots.curves({"share of the way": on_clock}, x=ticks, xlabel="log-SNR"))

# %% [markdown] key="clock-read" lang="en"
r"""
**Read the figures.** Over $t$ (above; the walk goes from right to left) the two schedules disagree: on the linear one,
hardly anything happens in the first 300 steps. Over log-SNR (below; the walk goes from left to right) the two curves
are one: the path knows nothing of timesteps, only of the ratio of signal to noise. That is why it is the natural clock,
and why the network is told log-SNR and not $t$. And more than 90 % of the way is made between $-4$ and $5$. So a short
walk should spread its steps evenly *there*. Here is what common choices do with ten steps:
"""

# %% [markdown] key="clock-read" lang="zh" of="127eb1"
r"""
**看图。** 以 $t$ 为横轴（上图，从右往左走），两种调度各说各话：在线性调度上，前 300 步几乎什么也没发生。以对数信噪比为横轴（下图，从左往右走），两条曲线合成一条：
路径不知道什么时间步，只知道信号与噪声之比。所以对数信噪比才是自然的时钟；告诉网络的是它而不是 $t$，也是这个道理。而且 90 % 以上的路程都在 $-4$ 到 $5$ 之间走完。
所以步数少时，应当把步子均匀地铺在**那里**。看看常见的几种选法怎样安排十步：
"""

# %% key="clock-show"
plots.clocks(schedule, {name: choose(schedule, 10) for name, choose in moons.SPACINGS.items()})

# %% [markdown] key="clock-names" lang="en"
r"""
**Read the figure.** `even` (libraries: *trailing*) is even in $t$ and begins at $T$. `leading` begins well below $T$,
where $x_t$ is not yet pure noise, although the sampler starts from pure noise: Lin et al. call it a flaw. `both ends`
(*linspace*) has $T$ and 1 in it. The next two are even in log-SNR, and even in $r^{1/7}$ (Karras et al.), from a noise
ratio of 80 down to $t = 1$. `focused` begins at $T$, then is even in log-SNR between noise ratios of 4 and 0.03 only
(log-SNR $-2.8$ to $7$).

**Write it yourself**: `steps` timesteps from `first` down to `final`, as even in log-SNR as whole numbers can be, then
0; a plain list. (The test cases leave room: no list needs the same timestep twice.)
"""

# %% [markdown] key="clock-names" lang="zh" of="055f59"
r"""
**看图。** `even`（程序库称 **trailing**）按 $t$ 等间隔，从 $T$ 出发。`leading` 的起点明显低于 $T$，那里的 $x_t$ 还不是纯噪声，采样器却从纯噪声出发：
Lin 等人称之为缺陷。
`both ends`（**linspace**）两端都取，有 $T$ 也有 1。接下来两种，一种按对数信噪比等间隔，一种按 $r^{1/7}$ 等间隔（Karras 等），
都从噪声为信号的 80 倍处走到 $t = 1$。
`focused` 先取 $T$，然后只在噪声与信号之比为 4 到 0.03（对数信噪比 $-2.8$ 到 $7$）的范围内，按对数信噪比等间隔。

**自己动手**：从 `first` 到 `final` 取 `steps` 个时间步，在整数范围内尽量按对数信噪比等间隔，最后加上 0；返回普通的列表。
（测试用例留有余地：不会要求取两个相同的时间步。）
"""

# %% key="times-try" tags=["exercise"]
def my_times(schedule, steps, first, final):
    ...

my_times = check("07.times", my_times)

# %% [markdown] key="chart"
r"""
## 8 · The chart · 总图
"""

# %% [markdown] key="chart-why" lang="en"
r"""
Two moons, the exact denoiser, 300 particles. For samplers without fresh noise there is one right end for each particle:
where the exact flow, the solution of the probability-flow ODE, takes it (computed by a very fine walk). The error is
the mean distance to it, divided by the mean distance of these ends from the origin.

Who compares samplers on one choice of times compares the times as well. So each sampler walks twice: on `even` times, and
on the `best` for it of the six choices above, looked for anew at every number of evaluations, with noise of another
seed. And Heun needs care at the start. From $T$, where the noise ratio is 64,000, its first correction is a difference
of slopes times a huge length, and the walk is thrown off for good. So here its first step is plain, a step of DDIM; then it
may begin anywhere, as the others do, and makes $n$ steps with $2n-2$ evaluations.
"""

# %% [markdown] key="chart-why" lang="zh" of="31f570"
r"""
两弯月牙，精确去噪器，300 个粒子。对不加新噪声的采样器，每个粒子都有唯一正确的终点：精确流（exact flow，即概率流常微分方程的解）把它带到的地方（用极细的步子算出）。
误差就是到那里的距离的均值，除以这些终点到原点的距离的均值。

只用一种时间步来比较采样器，比的就不只是采样器，还有时间步。所以每个采样器都走两遍：一遍用 `even`，
一遍用上面六种选法中最适合它的（图中记作 `best`）；每种求值次数都重新挑选，挑选时用另一个种子的噪声。
Heun 的起点还要当心。从 $T$ 出发，那里噪声是信号的 64,000 倍，第一次修正等于斜率之差乘上一段极长的路，粒子被甩得老远，再也回不来。
所以这里让它的第一步不作修正，就走 DDIM 的一步；这样它就能像别的采样器一样，从哪里出发都行，走 $n$ 步求值 $2n-2$ 次。
"""

# %% key="chart-show"
costs, names = (6, 8, 12, 20, 40), list(spacing.WALKS)
tried = {cost: spacing.tried_on_moons(cost, seed=1) for cost in costs}
best = {name: [min(tried[cost][name], key=tried[cost][name].get) for cost in costs] for name in names}
chart = {f"{name}, even": (costs, [spacing.error_on_moons(name, "even", cost) for cost in costs]) for name in names}
for name in names:
    errors = [spacing.error_on_moons(name, choice, cost) for cost, choice in zip(costs, best[name], strict=True)]
    chart[f"{name}, best"] = costs, errors
plots.convergence(chart)

# %% key="chart-print"
for name, (_, errors) in chart.items():
    print(f"{name:14}", *(f"{n:3}: {100 * e:5.1f} %" for n, e in zip(costs, errors, strict=True)))
print()
for name in names:
    print(f"{name:8} best:", *(f"{n}: {choice}" for n, choice in zip(costs, best[name], strict=True)))
print("\n12 evaluations, another seed")
for name in names:
    print(f"{name:8}", *(f"  {choice} {100 * e:.1f} %" for choice, e in tried[12][name].items()))

# %% key="chart-source"
show_source(spacing.heun_plain_first)

# %% [markdown] key="chart-read" lang="en"
r"""
**Read the figure.** With 12 evaluations DDIM is off by more than 10 % on any choice of times; 2M with even times by
about 5 %; 2M on `focused` by less than 1 %. The idea (4) and the clock each do their part, and neither does it alone.

Heun, too, gains by its times. Look at its row of the last table: 12 evaluations, one and the same sampler, and from 6 %
to 40 % according to where they are put. On `Karras`, the times that Karras et al. use with it, it looks hopeless: two of its
seven steps lie above a noise ratio of 10, where the guess hardly moves, so that only three are left to lead from there down to 0.12. Whoever
had tried that choice only would have blamed the sampler for its times. On its best times Heun is below DDIM at every cost,
and at 12 has little more than half its error. 2M on its own best stays ahead of it at every cost, by eight to ten times at 12; at 40, where the best for 2M
is `log-SNR`, not by much. (On `focused`, 2M is best near 20, with 0.5 %, and then loses: 0.7 to 0.8 %, however many steps: its first step, from $T$ to a noise ratio of 4, and its last,
from 0.03 to 0, stay as long as they were. DDIM and Heun, whose errors are larger, still gain.) With other noise these numbers come out within a sixth of themselves; so no
claim here hangs on a seed.

The distance to the exact flow says nothing about samplers with fresh noise: they have no single right end. For them,
compare clouds, by the energy distance of lesson 4. The playground prints it as `distance`, and the error beside it
where there is one. Orange are the particles, grey are exact draws; a blue line leads from each particle to its right
end. Its Heun corrects from the first step on, as the method is written.

**A task.** Choose `DPM++ 2M` and `focused`. What is the smallest number of steps with an error below
1 %, whatever the seed? Then, with the same number of steps, try the other samplers and spacings. Which samplers
explode, and from which times?
"""

# %% [markdown] key="chart-read" lang="zh" of="11c241"
r"""
**看图。** 求值 12 次时，DDIM 无论用哪种时间步，都偏了 10 % 以上；2M 配等间隔时间步，约 5 %；2M 配 `focused`，不到 1 %。想法 (4) 与时钟各出一份力，缺一不可。

Heun 也得益于时间步。看最后那张表里它的一行：同样求值 12 次，同一个采样器，只因步子落在不同的地方，误差可以是 6 %，也可以是 40 %。
用 `Karras`，也就是 Karras 等人与它搭配的时间步，它看上去毫无希望：七步里有两步落在噪声与信号之比 10 以上，那里猜测几乎不动，于是从那里到 0.12 只剩三步可走。
只试过这一种的人，会把时间步的过错算到采样器头上。
用最适合它的时间步，每种求值次数下 Heun 的误差都低于 DDIM，12 次时只略多于后者的一半。2M 也用最适合自己的，则每种求值次数下都领先于 Heun：12 次时误差相差八到十倍；40 次时，最适合 2M 的是 `log-SNR`，领先得不多。
（用 `focused`，2M 在 20 次左右最好，为 0.5 %，此后反而变差，停在 0.7 到 0.8 %：它的第一步从 $T$ 走到噪声与信号之比为 4 处，最后一步从 0.03 走到 0；步数再多，这两步也不会变短。DDIM 与 Heun 的误差更大，则还会变好。）
换一份噪声，这些数的变动都不到自身的六分之一，所以这里的结论不是哪个种子碰巧得来的。

对加新噪声的采样器，不能看它们离精确流有多远：它们没有唯一正确的终点，只能用第 4 课的能量距离来比较整团粒子。下面的试验场把它印作 `distance`，误差有意义时也印在旁边。
橙色是粒子，灰色是精确样本，蓝线从每个粒子连到它正确的终点。那里的 Heun 按原来的写法，从第一步起就作修正。

**任务。** 选 `DPM++ 2M` 与 `focused`。误差小于 1 %、而且换哪个种子都成立的最小步数是多少？
然后用同样的步数，试试别的采样器与别的时间步。哪些采样器会发散？从哪些时间步出发时会？
"""

# %% key="chart-play"
sampling.sampler_explorer(sampler="DPM++ 2M", steps=8, spacing="even", seed=0)

# %% key="chart-answer" tags=["exercise"]
my_fewest = ...
my_fewest = check("07.fewest", my_fewest)

# %% [markdown] key="worth"
r"""
## 9 · On garments: what a second buys · 在衣物上：一秒钟换来什么
"""

# %% [markdown] key="worth-why" lang="en"
r"""
With a network there is no exact flow to compare with, and its own errors join in. So judge the samples: how far are
they, as a crowd, from the 10,000 real test images? The *Fréchet distance* compares mean and covariance of features,
which a small classifier computes (lesson 9). The smaller the better; 500 real images are apart from the test images,
too, by chance (the dashed line, `worth.REAL`).

**On which times?** Again each sampler walks the best for it of the same six choices. All were tried with 6 and with 10
evaluations, on 250 garments whose noise is used for nothing else. With 20 and with 50 no search was made: those without
fresh noise walk `focused`, DDPM `even`. The table of the search, `worth.TRIED`, is printed below. Heun's first step is plain again.

**How sure is it?** `worth.STORED` was measured once, with 500 garments a point, all from the same first noises. With 500
others the same point comes out elsewhere. `worth.AGAIN` has points several times over, from 250 garments and another
seed each time; the bar reaches up and down by one standard deviation of that scatter, divided by $\sqrt2$ for twice the garments. (The first two seeds are the two halves of the 500.)

To measure anew on your machine, put 500 in the place of the 0 in `N = 0` (it takes minutes; a bar says how many), or a
smaller number to see the cell at work. The fewer the samples, the larger every distance: compare at equal `N` only. And
equal `N` is not yet enough: by how much few samples raise the distance depends on what is being measured as well (Chong &
Forsyth 2020), so that even then a small lead may be none.
"""

# %% [markdown] key="worth-why" lang="zh" of="db4a17"
r"""
换成网络，就没有精确流可比了，网络自身的误差也混了进来。那就直接评判样本：作为一个整体，它们离 10,000 幅真实的测试图像有多远？
**Fréchet 距离**比较的是特征的均值与协方差，特征由一个小分类器给出（见第 9 课）。越小越好；就连 500 幅真实图像，因为是随机抽的，与测试图像也有距离（虚线，`worth.REAL`）。

**走哪些时间步？** 仍从同样六种选法中，为每个采样器挑最适合它的。求值 6 次与 10 次时，每个采样器把六种都试了一遍，各画 250 件衣物，所用的噪声别处一概不用；
20 次与 50 次时没有再挑：不加新噪声的走 `focused`，DDPM 走 `even`。挑选所用的表 `worth.TRIED` 印在下面。Heun 的第一步仍不作修正。

**有多大把握？** `worth.STORED` 是事先量好的，每个点画 500 件衣物，起点的噪声都相同。换 500 件，同一个点量出来就不一样。
`worth.AGAIN` 里，一些点重复量了几次，每次换一个种子，画 250 件；取这种散布的一个标准差，因为件数加倍而除以 $\sqrt2$，图中的竖条就向上、向下各伸出这么长。（头两个种子，正是那 500 件的两半。）

想在自己的机器上重新测量，就把 `N = 0` 里的 0 换成 500（要好几分钟，进度条会告诉你还有多久），或者换成更小的数，先看看这个单元格怎样工作。
样本越少，距离就越大，所以只能在 `N` 相同时比较。`N` 相同也还不够：样本少会把距离抬高多少，还要看量的是什么（Chong 与 Forsyth，2020），
所以即便如此，领先一点点也可能什么都不算。
"""

# %% key="worth-show"
N = 0
rows = sampling.measured(N) if N else worth.STORED
plots.frontier(rows, floor=worth.REAL, spread=worth.spread(N or worth.MEASURED_WITH), pace=worth.PACE)

# %% key="worth-print"
print(f"{N or worth.MEASURED_WITH} samples a point, give or take {100 * worth.spread(N or worth.MEASURED_WITH):.0f} %")
for name, points in rows.items():
    print(plots.in_column(name, 9), *(f"{asked:3}: {distance:.3f}" for asked, distance in points))
print(f"all 1000 steps of DDPM β̃: {worth.ALL_STEPS}, {worth.MEASURED_WITH} real images: {worth.REAL}")
for cost, found in worth.TRIED.items():
    print(f"\nsearch, {cost} evaluations, 250 samples")
    for name, distances in found.items():
        print(plots.in_column(name, 9), *(f"{choice}: {distance:.3f}" for choice, distance in distances.items()))
print("\nagain, 250 samples, another seed each time")
for (name, cost), distances in worth.AGAIN.items():
    print(f"{plots.in_column(name, 9)} {cost:3}: ", *(f"{distance:.3f}" for distance in distances))
ours, real = worth.TEN_THOUSAND.values()
print(f"\n10,000 samples: {ours}, 10,000 real images: {real}, ratio {ours / real:.0f}")

# %% [markdown] key="worth-read" lang="en"
r"""
**Read the figure.** Both axes are logarithmic. Below are evaluations, above the seconds that a page of 64 takes, at about
0.16 s an evaluation (two cores of one machine, float32; yours has another pace). Nearly all of that time is the
network's, hardly any the sampler's (`tests/benchmarks` has the shares): to compare costs, count evaluations.

Two points differ only if chance does not easily bring them so far apart: by more than about four
standard deviations of a point (one is half of a bar). That is three of their difference, which scatters $\sqrt2$ times as much. It leaves four statements.

- DDPM with $\beta$ is far off, at 50 evaluations still: the grain of part 2, in numbers.
- With 6 evaluations 2M is ahead of all others. Heun and DDIM follow; which of these two is better cannot be told. DDPM with $\tilde\beta$ is behind them.
- With 10, 2M is lowest, but not by so much. It is lowest in each batch of 250 below, too, and all began from the same noises, so that part of chance moves them together: it is probably still ahead. DDIM and Heun cannot be told apart. DDPM with $\tilde\beta$ is still behind.
- With 20 the three without fresh noise are on one level, and by 50 DDPM with $\tilde\beta$ has come down to it. All 1000 steps of Algorithm 2 with $\tilde\beta$ (`worth.ALL_STEPS`) do not get below. They even stand above its own 50 steps, but by 2.3 standard deviations of the difference only: a hint, no finding. So more steps do not make the network any better.

How far is that level from real images? The figure seems to say: less than twice the dashed line. But with 500 samples
nearly all of that line is chance, and about a third of the level. With 10,000 it is 0.137 against 0.012, 11 times as far
(the last printed line; DDIM, 50 even steps). *That* is the error of the network.

And now look at the search: with 6 evaluations Heun's distance is 0.435 or 15.857, according to its times. Between good
samplers on good times there is nothing like it. A comparison on one choice of times measures that choice.

Below, two samplers draw from the same noise, on the times called `log-SNR` in part 7 (from $T$, as `focused` begins, Heun
would explode). The T-shirt and the trousers that 2M draws in 6 steps have white blotches. Over steps as long as the one
from $t = 709$ to 207 no guess moves on a straight line, and (4) overshoots; the Fréchet distance hardly minds. From which
number of steps on are they gone? And from which on can you no longer tell DDIM from 2M?
"""

# %% [markdown] key="worth-read" lang="zh" of="5ccc42"
r"""
**看图。** 两轴都取对数。下方是求值次数，上方是采一页 64 幅所需的秒数，按每次求值约 0.16 秒计（某台机器的双核，float32；你的机器快慢会不同）。
时间几乎全花在网络里，采样器自己几乎不花时间（占多少，见 `tests/benchmarks`）：要比较代价，数求值次数就行。

两个点相差多少才算有差别？要到偶然不大可能造成的程度，大约是单个点的四个标准差以上（一个标准差是竖条的一半）；按差值算是三个，因为差值的散布是单个点的 $\sqrt2$ 倍。这样一来，能说的只有四句。

- 用 $\beta$ 的 DDPM 差得远，到 50 次求值仍是如此：第 2 节的颗粒，在这里成了数字。
- 求值 6 次时，2M 领先于其他各个。其次是 Heun 与 DDIM，两者谁更好，分不出来。用 $\tilde\beta$ 的 DDPM 落在它们后面。
- 求值 10 次时，2M 最低，但领先没有那么多。下面每批 250 件里，也都是它最低；大家又从同样的噪声出发，偶然有一部分让它们同升同降，所以它多半仍然领先。DDIM 与 Heun 分不出高下，用 $\tilde\beta$ 的 DDPM 仍落在后面。
- 求值 20 次时，不加新噪声的三个停在同一水平；到 50 次，用 $\tilde\beta$ 的 DDPM 也降到了这里。取 $\tilde\beta$，把算法 2 的 1000 步全部走完（`worth.ALL_STEPS`），也没有更低；与它自己的 50 步相比甚至更高，但只高出差值的 2.3 个标准差：是个苗头，算不上结论。可见步数再多，也不会让网络变好。

这个水平离真实图像有多远？看图似乎还不到虚线的两倍。可是只用 500 个样本时，虚线那段距离几乎全是偶然造成的，这个水平也有约三分之一出于偶然。用 10,000 个样本，则是 0.137 对 0.012，相差 11 倍（输出的最后一行；DDIM，等间隔 50 步）。
**这**才是网络的误差。

再看挑选的表：求值 6 次时，Heun 的距离可以是 0.435，也可以是 15.857，全看走哪些时间步。好的采样器各走好的时间步，彼此之间绝没有这样大的差别。只用一种时间步来比较，比的就是这种时间步。

下面两个采样器从同一份噪声出发，走第 7 节图中叫作 `log-SNR` 的时间步（`focused` 从 $T$ 出发，Heun 会发散）。2M 走 6 步画出的 T 恤与裤子，有发白的斑块：
像从 $t = 709$ 到 207 这么长的一步，途中的猜测走的不会是直线，(4) 就冲过了头；Fréchet 距离却几乎看不出来。从多少步起，斑块就没有了？又从多少步起，你就分不出 DDIM 与 2M 了？
"""

# %% key="worth-duel"
sampling.duel_explorer(schedule, garments)

# %% [markdown] key="clip"
r"""
## 10 · Clipping · 截断
"""

# %% [markdown] key="clip-why" lang="en"
r"""
Nearly all garments on this page came from a *clipped* denoiser: its guess $\hat x_0$ is held within $[-1, 1]$, where
images live, before the step is taken. What happens without? At $T$ of the cosine schedule
$\sqrt{\bar\alpha_T} = 0.000016$. The guess $\hat x_0=(x_T-\sqrt{1-\bar\alpha_T}\,\hat\epsilon)/\sqrt{\bar\alpha_T}$
divides by it: a mistake of 0.01 in $\hat\epsilon$ is one of more than 600 in $\hat x_0$. What comes out of our network
is $v$, and only then is turned into $\hat\epsilon$: it does not make that mistake. A network that gives $\hat\epsilon$ at once does. So make it on purpose, the same mistake at every $t$:
"""

# %% [markdown] key="clip-why" lang="zh" of="17ac9d"
r"""
这一页的衣物几乎都出自**截断**过（clipped）的去噪器：每走一步之前，先把猜测 $\hat x_0$ 限制在图像所在的 $[-1, 1]$ 之内。不截断会怎样？在余弦调度的 $T$ 处，
$\sqrt{\bar\alpha_T} = 0.000016$。而猜测 $\hat x_0=(x_T-\sqrt{1-\bar\alpha_T}\,\hat\epsilon)/\sqrt{\bar\alpha_T}$ 要除以它：$\hat\epsilon$ 错 0.01，$\hat x_0$ 就错 600 以上。
我们的网络算出的其实是 $v$，然后才换算成 $\hat\epsilon$，不会犯这个错；直接给出 $\hat\epsilon$ 的网络会。那就故意犯一下，在每个 $t$ 都犯同样的错：
"""

# %% key="clip-show"
plain = denoisers.from_network(schedule, network, torch.arange(6))
mistake = 0.01 * torch.randn(6, 1, 28, 28, generator=seeded(9))
def mistaken(xt, t):  # in eps
    return denoisers.eps_of(schedule, plain)(xt, t) + mistake

wrong = denoisers.from_eps(schedule, mistaken)
who = {"plain": plain, "wrong": wrong, "clipped": denoisers.clipped(wrong)}
walks = {name: list(ddim(schedule, d, z6, even_times(schedule, 20))) for name, d in who.items()}
final = {name: walk[-1].xt for name, walk in walks.items()}
wrapped = ((final["plain"] + 1) * 127.5).int().to(torch.uint8)  # -3 becomes 253
plots.rows(final | {"cast": wrapped / 127.5 - 1}, zoom=3)

# %% key="clip-print"
for name, walk in walks.items():
    print(f"{name:8} largest: first guess {walk[0].x0_hat.abs().max():7.1f}   result {walk[-1].xt.abs().max():6.2f}")

# %% key="clip-bias"
bell, z_1 = mixture(schedule, torch.tensor([[0.5]]), torch.tensor([0.3])), moons.noise_of(7, 10_000)[:, :1]
for name, d in (("plain", bell), ("clipped", denoisers.clipped(bell))):
    x1 = finish(ddim(schedule, d, z_1, even_times(schedule, 200)))
    print(f"{name:8} mean {x1.mean():.3f}   std {x1.std():.3f}   largest {x1.max():.2f}")

# %% [markdown] key="clip-read" lang="en"
r"""
**Read the figure.** Unclipped, a mistake of 0.01 ruins the picture: the first guess is off by hundreds, in places by
thousands, and 20 steps cannot make up for it. Clipped, whole garments come out, for at $T$ the guess cannot be worse
than black for white.

The last row is another trap. Even the plain result leaves $[-1, 1]$ by a little, and a *cast* to bytes does not stop at
the ends, it wraps round: a background slightly blacker than black becomes white. Clamp before you cast; `plots` does.

And clipping is not free. Data $\mathcal N(0.5, 0.3^2)$ reach beyond 1. With the exact denoiser, plain DDIM gets mean
and spread right to within 0.01; the clipped one cuts the upper tail off, and mean and std become too small. For images,
which end at $\pm 1$, it is a remedy; for other data it is a bias.
"""

# %% [markdown] key="clip-read" lang="zh" of="c989f1"
r"""
**看图。** 不截断时，0.01 的错就毁了画面：第一次猜测偏了几百，有的地方偏了几千，20 步也救不回来。截断之后，衣物仍是完整的，因为在 $T$ 处，猜测最坏也不过是把白猜成黑。

最后一行是另一个陷阱。就连 plain 的结果，也会略微超出 $[-1, 1]$；**强制转换**（cast）成字节时，数值不会停在两端，而是绕到另一端：比黑还黑一点的背景，变成了白。转换之前要先截断（clamp）；
`plots` 就是这样做的。

截断也有代价。数据 $\mathcal N(0.5, 0.3^2)$ 有一部分超过 1。用精确去噪器，plain 的均值与散布，误差都在 0.01 以内；截断的那个把上端的尾巴切掉了，均值与标准差（std）都偏小。
对止于 $\pm 1$ 的图像，它是良方；对别的数据，它是偏差。
"""

# %% [markdown] key="names"
r"""
## 11 · One line each, and what libraries call them · 各差一行，以及它们在程序库里的名字
"""

# %% [markdown] key="names-table" lang="en"
r"""
All samplers take the same walk: ask for $\hat x_0$ at $t$, step to $s$. Here is the one line in which they differ
(`slope` is the $\hat\epsilon$ that goes with $\hat x_0$, `slope_s` the one where Euler's step arrives; `ddim_step` works
$\hat\epsilon$ out itself).

| sampler | the step from $t$ to $s$ | asks | in `diffusers` |
|---|---|---|---|
| DDPM | `reverse_step(schedule, xt, t, s, x0_hat, sigma=sigma)` | 1 | `DDPMScheduler`; `variance_type`: `fixed_small` is $\tilde\beta$, `fixed_large` is $\beta$ |
| DDIM | `ddim_step(schedule, xt, t, s, x0_hat, eta=eta)` | 1 | `DDIMScheduler`; `eta` |
| Euler | `euler_step(schedule, xt, t, s, slope)` | 1 | `EulerDiscreteScheduler` |
| Euler a | `euler_ancestral_step(schedule, xt, t, s, x0_hat)` | 1 | `EulerAncestralDiscreteScheduler` |
| Heun | `euler_step(schedule, xt, t, s, (slope + slope_s) / 2)` | 2 | `HeunDiscreteScheduler` |
| DPM++ 2M | `ddim_step` with `midway_guess` for $\hat x_0$ | 1 | `DPMSolverMultistepScheduler` |

What to know when you compare:

- Libraries count from 0: their $t$ is ours minus 1.
- `timestep_spacing` is `trailing` (our `even`), `leading`, or `linspace` (our `both ends`). But `DPMSolverMultistepScheduler` takes one point more and drops the last, so its `linspace` is nearly our `even`; and `DDIMScheduler` always steps down by `T // steps`: that fits `leading`, fits `trailing` where the steps divide $T$, and does not fit `linspace`.
- `use_karras_sigmas` spaces as our `karras_times` does, but never from 80: `EulerDiscreteScheduler` and `HeunDiscreteScheduler` space between the largest and the smallest noise ratio of the times chosen, `DPMSolverMultistepScheduler` between those of the whole schedule.
- `DDPMScheduler` and `DDIMScheduler` clip $\hat x_0$ unless told `clip_sample=False`; DDIM then keeps the old $\hat\epsilon$, where our step computes it anew from the clipped guess.
- Euler, Euler a and Heun keep $x_t/\sqrt{\bar\alpha_t}$ there, so they begin with $\mathcal N(0, I)$ times the largest noise ratio of the walk (with `leading`, times $\sqrt{r^2+1}$).

Given the same steps, and no clipping, the course's samplers agree with all of them: the tests check it.
"""

# %% [markdown] key="names-table" lang="zh" of="a890a5"
r"""
所有采样器走法相同：在 $t$ 处问出 $\hat x_0$，走到 $s$。区别只在下表各自的那一行（`slope` 是与 $\hat x_0$ 相应的 $\hat\epsilon$，`slope_s` 是欧拉步到达之处的那个；`ddim_step` 自己会算出 $\hat\epsilon$）：

| 采样器 | 从 $t$ 到 $s$ 的一步 | 求值 | 在 `diffusers` 中 |
|---|---|---|---|
| DDPM | `reverse_step(schedule, xt, t, s, x0_hat, sigma=sigma)` | 1 | `DDPMScheduler`；`variance_type`：`fixed_small` 是 $\tilde\beta$，`fixed_large` 是 $\beta$ |
| DDIM | `ddim_step(schedule, xt, t, s, x0_hat, eta=eta)` | 1 | `DDIMScheduler`；`eta` |
| Euler | `euler_step(schedule, xt, t, s, slope)` | 1 | `EulerDiscreteScheduler` |
| Euler a | `euler_ancestral_step(schedule, xt, t, s, x0_hat)` | 1 | `EulerAncestralDiscreteScheduler` |
| Heun | `euler_step(schedule, xt, t, s, (slope + slope_s) / 2)` | 2 | `HeunDiscreteScheduler` |
| DPM++ 2M | `ddim_step`，其中 $\hat x_0$ 换成 `midway_guess` | 1 | `DPMSolverMultistepScheduler` |

对照时要知道：

- 程序库从 0 数起：它们的 $t$ 是我们的减 1。
- `timestep_spacing` 可取 `trailing`（我们的 `even`）、`leading` 或 `linspace`（我们的 `both ends`）。但 `DPMSolverMultistepScheduler` 多取一个点，再丢掉最后那个点，所以它的 `linspace` 几乎就是我们的 `even`；`DDIMScheduler` 则每步总是下降 `T // steps`：这与 `leading` 相符，步数整除 $T$ 时与 `trailing` 相符，与 `linspace` 不符。
- `use_karras_sigmas` 的间隔与我们的 `karras_times` 相同，但不从 80 起：`EulerDiscreteScheduler` 与 `HeunDiscreteScheduler` 的两端，是所选时间步中最大与最小的噪声与信号之比，`DPMSolverMultistepScheduler` 的则是整个调度中的。
- `DDPMScheduler` 与 `DDIMScheduler` 默认截断 $\hat x_0$，除非写明 `clip_sample=False`；截断之后 DDIM 沿用原来的 $\hat\epsilon$，而我们的这一步由截断后的猜测重新算出它。
- Euler、Euler a 与 Heun 在那里保存的是 $x_t/\sqrt{\bar\alpha_t}$，所以起点是 $\mathcal N(0, I)$ 乘以这段路上最大的噪声与信号之比（用 `leading` 时乘以 $\sqrt{r^2+1}$）。

给定同样的步子，且不截断，本课程的采样器与它们全都一致：测试会检验这一点。
"""

# %% [markdown] key="names-one" lang="en"
r"""
And one function drives them all. `sample` draws the noise from a seed, walks, and returns $x_0$; every state on the way
is told to `each`, here a bar that shows how far it is. The page below is drawn by *your* sampler: your times, your guess half way,
your step, put together to 2M (where you left one blank, the course's own). Twenty garments in ten evaluations; with
another seed, another page.
"""

# %% [markdown] key="names-one" lang="zh" of="ceffc0"
r"""
所有采样器都由一个函数驱动。`sample` 由种子抽出噪声，走完全程，返回 $x_0$；途中的每个状态都交给 `each`，它在这里是一根进度条，显示走到了哪里。
下面这一页由**你的**采样器来画：你选的时间步、你的半路猜测、你的一步，合起来就是 2M（没作答的，用课程自带的）。二十件衣物，求值十次；换一个种子，就是另一页。
"""

# %% key="names-mine"
def my_sampler(schedule, denoiser, xT, times, *, generator=None):
    xt, before = xT, None
    for t, s in pairwise(times):
        now = Sample(t, xt, denoiser(xt, t))
        yield now
        guess = my_midway_guess(schedule, before.t, t, s, before.x0_hat, now.x0_hat) if before else now.x0_hat
        eps_hat = eps_from_x0(schedule, xt, t, guess)
        xt, before = my_ddim_step(schedule, xt, t, s, eps_hat, 0.0, torch.zeros_like(xt)), now
    yield Sample(0, xt, xt)

# %% key="names-sample"
loud, quiet = focused_times(schedule, 10)[1], focused_times(schedule, 10)[-2]
ten, kinds = [schedule.T, *my_times(schedule, 9, loud, quiet)], torch.arange(20) % 10
how = dict(times=ten, seed=1, each=step_bar(len(ten)))
page = samplers.sample(schedule, garments(kinds), (20, 1, 28, 28), sampler=my_sampler, **how)
plots.grid(page, columns=10, zoom=2)

# %% key="names-same"
theirs = samplers.sample(schedule, garments(kinds), page.shape, sampler=dpm_solver, times=ten, seed=1)
print(f"mean difference from the course's own 2M: {(page - theirs).abs().mean():.3f}")

# %% key="names-source"
show_source(samplers.sample)

# %% [markdown] key="build"
r"""
## 12 · Build it · 动手造
"""

# %% [markdown] key="build-paper" lang="en"
r"""
Time for a sampler that this page has not shown. 2M looks back: its second guess is an old one. Yours will look ahead: it
walks half way, asks there, and then takes the step from the start. Programs list it as "2S", S for single step, as each
step stands by itself. It comes in three pieces, and each is used by the next: the truth (`my_flow` gives it), an instrument, the sampler.

**First the truth, with pen and paper.** A sampler can be measured only where it is known where the flow leads. Let the
data be $\mathcal N(m, \varsigma^2)$, in one dimension. What is the best guess $\hat x_0$, in terms of
$\bar x=x_t/\sqrt{\bar\alpha_t}$, $r$, $m$ and $\varsigma$? Put it into $d\bar x/dr=\hat\epsilon$ (part 5), solve, and
say where the exact flow carries $x_t$ from $t$ to $s$. Then write it down as a function; it is checked on numbers.

<details><summary>Answer</summary>

$\bar x=x_0+r\,\epsilon$ is the sum of two independent Gaussians, of variances $\varsigma^2$ and $r^2$, so
$$\hat x_0-m=\frac{\varsigma^2}{\varsigma^2+r^2}(\bar x-m),\qquad
\frac{d\bar x}{dr}=\frac{\bar x-\hat x_0}{r}=\frac{r}{\varsigma^2+r^2}(\bar x-m).$$
Hence $d\log|\bar x-m|=r\,dr/(\varsigma^2+r^2)=\tfrac12\,d\log(\varsigma^2+r^2)$, and
$$\bar x_s=m+\sqrt{\frac{\varsigma^2+r_s^2}{\varsigma^2+r_t^2}}\;(\bar x_t-m),\qquad x_s=\sqrt{\bar\alpha_s}\,\bar x_s.$$
Each $x_t$ keeps its place in the cloud: as many standard deviations from the mean at $s$ as at $t$.

</details>
"""

# %% [markdown] key="build-paper" lang="zh" of="c4eea1"
r"""
现在来造一个本页没有展示过的采样器。2M 往回看：它的第二个猜测是旧的。你的这个往前看：先走到半路，在那里问一次，再从起点走完整步。
程序里把它写作“2S”，S 指单步（single step），因为每一步都不依赖前一步。它分三件来造，后一件要用到前一件：真值（由 `my_flow` 给出）、量具、采样器。

**先要真值，纸笔即可。** 只有知道流通向哪里，才量得出采样器走得对不对。设数据是一维的 $\mathcal N(m, \varsigma^2)$。
最优猜测 $\hat x_0$ 用 $\bar x=x_t/\sqrt{\bar\alpha_t}$、$r$、$m$ 与 $\varsigma$ 怎样表示？把它代入 $d\bar x/dr=\hat\epsilon$（第 5 节），
解出来，说出精确流从 $t$ 到 $s$ 把 $x_t$ 带到哪里。然后写成函数，用数值来检查。

<details><summary>答案</summary>

$\bar x=x_0+r\,\epsilon$ 是两个独立高斯变量之和，方差分别是 $\varsigma^2$ 与 $r^2$，所以
$$\hat x_0-m=\frac{\varsigma^2}{\varsigma^2+r^2}(\bar x-m),\qquad
\frac{d\bar x}{dr}=\frac{\bar x-\hat x_0}{r}=\frac{r}{\varsigma^2+r^2}(\bar x-m).$$
于是 $d\log|\bar x-m|=r\,dr/(\varsigma^2+r^2)=\tfrac12\,d\log(\varsigma^2+r^2)$，从而
$$\bar x_s=m+\sqrt{\frac{\varsigma^2+r_s^2}{\varsigma^2+r_t^2}}\;(\bar x_t-m),\qquad x_s=\sqrt{\bar\alpha_s}\,\bar x_s.$$
每个 $x_t$ 都保住自己在点云里的位置：在 $t$ 处离均值几个标准差，在 $s$ 处仍是几个。

</details>
"""

# %% key="build-paper-try" tags=["exercise"]
def my_flow(schedule, mean, std, xt, t, s):
    ...

my_flow = check("07.paper", my_flow)

# %% [markdown] key="build-slope" lang="en"
r"""
**Now the instrument.** `my_order(sampler, schedule, std, walks)` returns one number, the order that a sampler shows on
data $\mathcal N(0, \text{std}^2)$.

- `walks` is a list of lists of times, in any order. All fall to 0, some in more steps than others, and each of them counts.
- `sampler(schedule, denoiser, xT, walk)` is called like every sampler of this page, and `finish` gives the $x_0$ of its walk. The denoiser you write: it is the best guess of the problem above.
- `xT` you choose yourself, in float64, of shape $(b,)$ or $(b,1)$: one particle is enough, several will do; none stands at the mean, which errs nowhere.
- The *error* of a walk: how far its $x_0$ is from where the exact flow takes the same $x_T$.
- The *order*: how steeply the straight line falls that fits log error over log steps, by least squares (2: twice the steps, a quarter of the error).

`check` hands it samplers whose order it knows and reports on each: **first** and **second** (of these orders), **zero**
(one that converges nicely, to a wrong place), **any** (walks that begin at little noise, in any order, with errors that do not lie on a line). If the denoiser is wrong, `check` says so, and prints what it answers. Run the
cell again as often as you like; `hint("07.slope")` is about the first part that does not hold yet.
"""

# %% [markdown] key="build-slope" lang="zh" of="a9881b"
r"""
**再造量具。** `my_order(sampler, schedule, std, walks)` 返回一个数：采样器在数据 $\mathcal N(0, \text{std}^2)$ 上显出的阶。

- `walks` 是若干串时间步，次序任意。每串都降到 0，步数有多有少，每一串都要算进去。
- `sampler(schedule, denoiser, xT, walk)` 的调用方式与本页所有采样器相同，`finish` 给出它走到的 $x_0$。去噪器由你来写：它就是上一题里的最优猜测。
- `xT` 自己取，float64，形状为 $(b,)$ 或 $(b,1)$：一个粒子就够，取几个也行；只是别取在均值上，那里怎么走都没有误差。
- **误差**：走到的 $x_0$，与精确流把同一个 $x_T$ 带到的地方，相差多少。
- **阶**：以步数的对数为横轴、误差的对数为纵轴，用最小二乘拟合一条直线，看它降得多陡（2 就是步数加倍，误差只剩四分之一）。

`check` 把阶数已知的采样器交给它，逐一报告：**first** 与 **second**（这两种阶），**zero**（收敛得很好，却收敛到错误的地方），
**any**（各串时间步从噪声较轻处出发，次序任意，误差也不正好落在一条直线上）。去噪器若不对，`check` 会指出来，并印出它的回答。这一格可以反复运行；`hint("07.slope")` 针对第一个还不成立的部分。
"""

# %% key="build-slope-try" tags=["exercise"]
def my_order(sampler, schedule, std, walks):
    ...

my_order = check("07.slope", my_order)

# %% key="build-known"
fine = cosine(10_000)
finer_and_finer = [log_snr_times(fine, n) for n in (20, 40, 80)]
known = {"DDIM": ddim, "Heun": samplers.heun, "DPM++ 2M": dpm_solver, "goes astray": orders.beside}
for name, sampler in known.items():
    print(f"{name:11} order {my_order(sampler, fine, 0.5, finer_and_finer):.2f}")

# %% [markdown] key="build-spec" lang="en"
r"""
The slopes are near 1, 2, 2 and 0, and not exactly there: an order speaks of ever more steps, and these are 20 to 80.

**And now the sampler.** `my_solver(schedule, denoiser, xT, times)` is a generator, as `ddim` is. `check` reports on six
parts:

- **states**: before each step it yields `Sample(t, xt, x0_hat)`, and in the end `Sample(0, xt, xt)`; any shape, float32 or float64, `xT` left as it was.
- **plain**: two kinds of step have no time half way (find them). There it is DDIM's step, with one question.
- **asked**: every other step asks twice: at $t$, and at $m$, the time strictly between $t$ and $s$ whose $\lambda$ is nearest to half way from $\lambda_t$ to $\lambda_s$.
- **place**: the second question is about an $x_m$, which belongs to $m$ as $x_t$ does to $t$. Getting there takes no fresh noise and no question more.
- **line**: $m$ is a whole number, so it only comes near half way. And yet: were the guess to move on a straight line over $\lambda$, the step from $x_t$ to $s$ would have to be DDIM's with the guess *exactly* half way.
- **second**: its order is 2. Measure it yourself first: `my_order(my_solver, fine, 0.5, finer_and_finer)`.

At hand: `reverse.ddim_step(schedule, xt, t, s, x0_hat)`, `schedule.log_snr`, `pairwise(times)`, `Sample`. Parts that hold count,
whatever the others do; `hint("07.build")` is about the first that does not.
"""

# %% [markdown] key="build-spec" lang="zh" of="8b854d"
r"""
斜率接近 1、2、2 与 0，却不正好是：阶说的是步数越来越多时的情形，而这里是 20 到 80 步。

**现在造采样器。** `my_solver(schedule, denoiser, xT, times)` 与 `ddim` 一样，是生成器。`check` 分六个部分报告：

- **states**：每一步之前 yield 出 `Sample(t, xt, x0_hat)`，最后是 `Sample(0, xt, xt)`；任何形状，float32 或 float64 都行，`xT` 保持原样。
- **plain**：有两种步没有半路可言（是哪两种，请你找出来）。那里就走 DDIM 的一步，只问一次。
- **asked**：其余每一步问两次：在 $t$ 处，以及在 $m$ 处，后者是严格介于 $t$ 与 $s$ 之间、$\lambda$ 最接近 $\lambda_t$ 与 $\lambda_s$ 正中间的那个时间步。
- **place**：第二次给去噪器看的是 $x_m$，它属于 $m$，正如 $x_t$ 属于 $t$。走到那里，不加新噪声，也不多问一次。
- **line**：$m$ 是整数，只能接近半路。尽管如此，只要猜测沿 $\lambda$ 的直线变化，从 $x_t$ 到 $s$ 的一步就必须是 DDIM 步，用的猜测**恰好**在半路上。
- **second**：它的阶是 2。先自己量一量：`my_order(my_solver, fine, 0.5, finer_and_finer)`。

可以直接用的有：`reverse.ddim_step(schedule, xt, t, s, x0_hat)`、`schedule.log_snr`、`pairwise(times)`、`Sample`。成立的部分都算数，不管其余的怎样；
`hint("07.build")` 针对第一个还不成立的部分。
"""

# %% key="build-try" tags=["exercise"]
def my_solver(schedule, denoiser, xT, times):
    ...

my_solver = check("07.build", my_solver)

# %% key="build-race"
race, asks = {}, (7, 11, 19, 39)
for name, sampler, each_asks in (("yours", my_solver, 2), ("DPM++ 2M", dpm_solver, 1), ("DDIM", ddim, 1)):
    raced = [focused_times(schedule, (n + each_asks - 1) // each_asks) for n in asks]
    ends = [finish(sampler(schedule, moons.two_moons(), moons.noise_of(0), walk)) for walk in raced]
    race[name] = asks, [moons.flow_error(x2, seed=0) for x2 in ends]
plots.convergence(race)

# %% key="build-print"
print(f"order of yours: {my_order(my_solver, fine, 0.5, finer_and_finer):.2f}")
for name, (_, errors) in race.items():
    print(f"{name:9}", *(f"{n:3}: {100 * e:4.1f} %" for n, e in zip(asks, errors, strict=True)))
from_top = {"yours": my_solver, "Heun": samplers.heun}
for name, sampler in from_top.items():
    off = moons.flow_error(finish(sampler(schedule, moons.two_moons(), moons.noise_of(0), even_times(schedule, 20))), seed=0)
    print(f"{name:9} 20 even steps from T: {100 * off:.1f} %")

# %% key="build-garments"
z7, seven = torch.randn(7, 1, 28, 28, generator=seeded(21)), garments(torch.tensor([0, 1, 2, 5, 7, 8, 9]))
racers = {"yours, 5": (my_solver, 5), "2M, 9": (dpm_solver, 9), "DDIM, 9": (ddim, 9), "2M, 20": (dpm_solver, 20)}
pages = {name: finish(run(schedule, seven, z7, focused_times(schedule, n))) for name, (run, n) in racers.items()}
plots.rows(pages, ["T-shirt", "trousers", "pullover", "sandal", "sneaker", "bag", "boot"])

# %% key="build-away"
for name, x7 in pages.items():
    print(f"{name:8} from 2M, 20: {(x7 - pages['2M, 20']).abs().mean():.3f}")

# %% [markdown] key="build-read" lang="en"
r"""
**Read the figures.** (Until yours is right, "yours" is the course's 2S, and `my_order` the course's, too.) The chart has the
two moons of part 8, `focused` times, equal evaluations: yours makes half as many steps as the others. With 7 evaluations that
is 4 steps, and the second looks buy next to nothing: yours and DDIM are off by the same 20 %. With 39 it has a third of
DDIM's error, for second order shows with many steps. But 2M is below at every cost: a guess that it has already paid for is
nearly as good as a new one, and it makes twice as many steps. With other noise the percentages come out within an eighth of
themselves.

What is yours good for, then? It needs no past. And look at the last two lines of the first output: 20 even steps from $T$, where Heun is thrown
off, as a difference of slopes meets a huge length there. Yours has the guess in place of the slope, and follows the rest of
the path exactly: at $T$ both guesses are the mean of the data, and nothing can go wrong.

The garments, from the same noise and with 9 evaluations each: the same seven in all rows. The last row is 2M with 20 steps, and
stands for where the flow of this network leads. From there 2M is least far, then comes yours, then DDIM; with three other noises
the order was the same.
"""

# %% [markdown] key="build-read" lang="zh" of="0ff18f"
r"""
**看图。**（在你的写对之前，“yours”是课程自带的 2S，`my_order` 也是课程自带的。）图中是第 8 节的两弯月牙，走 `focused` 时间步，求值次数相同：你的采样器步数只有别人的一半。
求值 7 次只够走 4 步，第二眼几乎没有换来什么：你的与 DDIM 同样偏了 20 %。求值 39 次时，它的误差只有 DDIM 的三分之一，因为二阶要步数多才显出来。
可是每种求值次数下 2M 都更低：已经付过钱的猜测，差不多与新问的一样好，省下的求值又够把步数加倍。换一份噪声，这些百分数的变动不到自身的八分之一。

那么你的采样器有什么用？它不依赖以前的猜测。再看第一份输出的最后两行：从 $T$ 出发等间隔走 20 步，Heun 在那里被甩得老远，因为斜率之差乘上了极长的路。
你的采样器用猜测代替斜率，路径的其余部分精确地走：在 $T$ 处，两个猜测都是数据的均值，出不了错。

衣物都从同一份噪声出发，各求值 9 次：每一行都是同样的七件。最后一行是走 20 步的 2M，代表这个网络的流通向哪里。离它最近的是 2M，其次是你的，再次是 DDIM；换过三份噪声，次序都一样。
"""

# %% [markdown] key="build-open" lang="en"
r"""
**Change this, predict, look.** (Nothing is checked here.) Below, your sampler on data $\mathcal N(0, 0.5^2)$, with times even in
log-SNR and even in $t$. Change `width` to 0.05: data ten times as narrow, such as finer detail. Before you run it, predict for both
rows: what becomes of the errors at 40 steps? Then look: with one of the rows the fall stops towards the end. What stops it?

<details><summary>What was found</summary>

At 40 steps, even in log-SNR: from 0.0040 to 0.0065. Even in $t$: from 0.0075 to 0.32. Over log-SNR the width of the data
only moves the place where the guess changes, from $r$ near 0.5 to $r$ near 0.05: it is as wide as before, and as many
steps lie there. Even in $t$ only a handful of the 40 do, as the cosine schedule passes that place just before its end.

Even in log-SNR the errors then stop falling, at about 0.004. Half of that is the step from $t = 1$ to 0: the noise ratio there,
0.0032, is 0.063 of the width, and half its square is 0.002. The other half comes from the steps just before: they already
go from one time to the next, with none half way, and no number of steps makes them finer. (Nothing here is drawn, so these
numbers have no error bars.)

</details>
"""

# %% [markdown] key="build-open" lang="zh" of="a54cac"
r"""
**改一改，先猜，再看。**（这里没有检查。）下面是你的采样器在数据 $\mathcal N(0, 0.5^2)$ 上的误差，时间步一行按对数信噪比等间隔，一行按 $t$ 等间隔。
把 `width` 改成 0.05：数据窄到十分之一，好比更细的细节。运行之前先猜：走 40 步时，两行的误差各会怎样？再看：有一行到后来不再下降。是什么拦住了它？

<details><summary>试出来的结果</summary>

走 40 步，按对数信噪比等间隔：从 0.0040 变成 0.0065。按 $t$ 等间隔：从 0.0075 变成 0.32。以对数信噪比为横轴，数据的宽度只是挪动了猜测变化的地方，从 $r$ 在 0.5 附近挪到 $r$ 在 0.05 附近：
那一段与先前一样宽，落在那里的步子也一样多。按 $t$ 等间隔，40 步里只有寥寥几步落在那里，因为余弦调度快到终点时才经过它。

按对数信噪比等间隔时，误差降到 0.004 左右就不再下降。一半出在从 $t = 1$ 到 0 的一步：那里的噪声与信号之比是 0.0032，为数据宽度的 0.063 倍，其平方的一半就是 0.002。
另一半出在紧挨着它的那些步：它们已经是从一个时间步走到下一个，中间没有半路可言，步数再多也细不下去。（这里什么也没有抽取，所以这些数没有误差棒。）

</details>
"""

# %% key="build-width"
width = 0.5
for name, choose_times in (("log-SNR", log_snr_times), ("even in t", even_times)):
    walks_of = [choose_times(fine, n) for n in (20, 40, 80, 160)]
    errors_of = orders.errors_on_gaussian(fine, my_solver, width, walks_of)
    print(f"{name:9}", *(f"{len(walk) - 1:4}: {e:.4f}" for walk, e in zip(walks_of, errors_of, strict=True)))

# %% [markdown] key="clinic"
r"""
## 13 · The clinic · 诊室
"""

# %% [markdown] key="clinic-why" lang="en"
r"""
Samplers rarely raise errors: they draw, and what they draw is slightly or grossly wrong. Here are six, on two thin moons with the
exact denoiser, 300 particles, even times, 20 steps above and 100 below. `OK` is healthy DDPM. Each of the five patients has one of
these nine faults; none has the same as another, so four occur not at all.

| word | fault |
|---|---|
| `beta` | DDPM with the variance $\beta$ in the place of $\tilde\beta$ |
| `clip` | DDPM whose guess is held within $[-0.4, 0.4]$ |
| `heun` | Heun, correcting from $T$ on |
| `last` | DDPM that adds noise in the last step, too |
| `mean` | DDPM that never adds noise: only the means |
| `room` | DDPM's noise is added, but $\hat\epsilon$ keeps the factor $\sqrt{1-\bar\alpha_s}$ |
| `same` | DDPM with the same fresh noise for all particles of a step |
| `start` | DDIM with $\eta=0$, from half the first noise |
| `variance` | DDPM whose fresh noise has the factor $\tilde\beta$, not its root |

Before you look: which of them make the cloud too wide, which too narrow? With which does it matter how many steps are taken, and in
which direction?
"""

# %% [markdown] key="clinic-why" lang="zh" of="c26937"
r"""
采样器很少报错：它照样画，只是画得有点不对，或者全不对。下面是六个采样器，在两弯细月牙上配精确去噪器，300 个粒子，等间隔时间步，上行走 20 步，下行走 100 步。
`OK` 是健康的 DDPM。五个病人各有下面九种毛病之一，互不相同，所以有四种没有出现。

| 代号 | 毛病 |
|---|---|
| `beta` | DDPM，方差 $\tilde\beta$ 换成了 $\beta$ |
| `clip` | DDPM，猜测被限制在 $[-0.4, 0.4]$ 之内 |
| `heun` | Heun，从 $T$ 起就作修正 |
| `last` | DDPM，最后一步也加噪声 |
| `mean` | DDPM，从不加噪声：只取均值 |
| `room` | 加了 DDPM 的噪声，$\hat\epsilon$ 却仍乘以 $\sqrt{1-\bar\alpha_s}$ |
| `same` | DDPM，每一步里所有粒子用同一份新噪声 |
| `start` | $\eta=0$ 的 DDIM，初始噪声减半 |
| `variance` | DDPM，新噪声乘的是 $\tilde\beta$，而不是它的平方根 |

先别往下看：哪些会让点云太宽，哪些会让它太窄？哪些与步数有关，步数增加时又往哪个方向变？
"""

# %% key="clinic-show"
faults = {"OK": "OK"} | sick_samplers.PATIENTS
thin = sick_samplers.thin_moons().draw(600, seeded(0))
panels = {f"{who}, {n}": (thin, sick_samplers.samples(fault, n)) for n in (20, 100) for who, fault in faults.items()}
plots.plane(panels, columns=6)

# %% key="clinic-print"
print("                  mean      std  largest    thick")
for who, fault in faults.items():
    for n, seed in ((20, 0), (100, 0), (20, 1)):
        seen = sick_samplers.signs(sick_samplers.samples(fault, n, seed))
        print(f"{who:2} {n:3} steps, seed {seed}", "".join(f"{value:9.2f}" for value in seen.values()))

# %% [markdown] key="clinic-task" lang="en"
r"""
Mean and std are those of the coordinate across, `largest` is its largest absolute value, `thick` how thick the moons are: the data are 60
small bells along two arcs, and this is the median distance of a particle from the centre of the nearest. Write one word for
each patient, such as `{"A": "beta", "B": ...}`. The check judges each by itself, and says of a wrong word what one would see with
that fault. (Where you see next to no orange, the particles lie on top of each other.)
"""

# %% [markdown] key="clinic-task" lang="zh" of="9843e6"
r"""
均值（mean）与标准差（std）都是横坐标的，`largest` 是横坐标绝对值的最大值，`thick` 是月牙的厚度：这份数据是排在两道弧上的 60 个小钟形，取各粒子到最近一个的中心的距离，再取中位数。给每个病人写一个代号，例如 `{"A": "beta", "B": ...}`。
检查逐个评判；代号写错时，它会说明：若真是那种毛病，会看到什么。（几乎看不到橙色的地方，是粒子都叠在了一起。）
"""

# %% key="clinic-answer" tags=["exercise"]
my_diagnoses = ...
my_diagnoses = check("07.clinic", my_diagnoses)

# %% [markdown] key="clinic-read" lang="en"
r"""
**How to tell, in general.** Take more steps. What *goes away* is an error of single steps, which become shorter: the noise of the last
one, $\beta$ in the place of $\tilde\beta$, Heun's correction at the start. What *grows* is a bookkeeping error, a little at every
step: too much noise for the room that was left, or too little. What *stays* happened before the first step, or lies in the guess itself.
Then change the seed: what moves with it is chance that does not average out, here noise that all particles share. (The
four faults that no patient had can be drawn as well: `sick_samplers.samples("heun", 20)`.)

On images none of this is plotted so nicely. But the same questions can be asked of a page of garments: does it go away with more
steps? does it change with the seed? is the spread between the images too small, as with `variance`, or is each of them
grainy, as with `last`?
"""

# %% [markdown] key="clinic-read" lang="zh" of="94f6fb"
r"""
**一般怎样判断。** 先增加步数。**消失**的，是单独一步的误差，步子短了它就小了：最后一步的噪声、用 $\beta$ 代替 $\tilde\beta$、Heun 在起点的修正。
**变大**的，是账没算平，每一步都差一点：加的噪声多于留出的余地，或者少于它。**不变**的，要么出在第一步之前，要么就在猜测本身。
再换种子：随种子而变的，是没有平均掉的偶然，这里就是所有粒子共用的噪声。（没有病人得的那四种毛病也可以画出来：`sick_samplers.samples("heun", 20)`。）

换成图像，就没有这么清楚的图可看了。但对着一页衣物，同样的问题照样可以问：步数增加，它会消失吗？换个种子，它会变吗？
是像 `variance` 那样，图与图之间的差异太小，还是像 `last` 那样，每一幅都有颗粒？
"""

# %% [markdown] key="recap"
r"""
## 14 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- Algorithm 2, line by line, and when the choice of its variance matters;
- why DDIM may skip steps with a network that was trained for 1000, and what $\eta$ does;
- what a sampler without fresh noise is good for;
- why DDPM, DDIM with $\eta = 1$ and Euler a are one step, and Euler and DDIM with $\eta = 0$ another;
- what second order means, why a guess half way gives it, and how 2M gets it without a second evaluation;
- why log-SNR is the clock, where to put few steps, and why samplers are compared each on its own best times;
- what clipping prevents, and what it costs;
- how the order of a sampler is measured, and what a fault in it does to the samples.

**Common mistakes**

- "Fewer steps need a network trained for fewer steps." The network knows noise levels, not steps.
- "Sampling always begins with $\mathcal N(0, I)$." Only if the schedule ends there; with $\beta$ up to 0.02 and $T = 200$ it does not (lesson 1).
- "DDIM is deterministic, so it is more exact than DDPM." It is of first order, as DDPM is; which of them is nearer depends on the data, on DDPM's variance and on the number of steps.
- "Euler a is a method of its own." It is DDPM's step with $\tilde\beta$.
- "It converges, so it is right." It may converge to a wrong place: compare with the truth, not with itself.
- "A second-order sampler is always better." Heun, correcting from $T$ on, explodes; order speaks of many steps.
- "Sampler A beats sampler B." On which times? The choice of times can change a sampler's error more than the choice of sampler.
- "The noise of the last step does not matter." With few steps it is what you see.
- "Noise found by walking back is a normal draw." Its background is too quiet.
- "Cast to bytes at the end." Clamp first; a cast wraps round.

**Papers**

- Ho, Jain & Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): Algorithm 2.
- Song, Meng & Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502): our (1) is its eq. (7), its eq. (12) has the predictions in the place of $x_0$ and $\epsilon$, our (2) is in its eq. (16); its $\alpha_t$ is our $\bar\alpha_t$.
- Karras et al. 2022, [Elucidating the Design Space of Diffusion-Based Generative Models](https://arxiv.org/abs/2206.00364): Heun in Algorithm 1, the times in eq. (5).
- Lu et al. 2022, [DPM-Solver](https://arxiv.org/abs/2206.00927): log-SNR as the clock.
- Lu et al. 2022, [DPM-Solver++](https://arxiv.org/abs/2211.01095): 2M is its Algorithm 2; our (4) is in there (its $\lambda$ is half of ours, which changes nothing in a ratio). What you built in part 12 is its Algorithm 1, 2S, with $r_1$ near one half.
- Chong & Forsyth 2020, [Effectively Unbiased FID and Inception Score and Where to Find Them](https://arxiv.org/abs/1911.07023): few samples raise the distance, by how much depends on the model.
- Lin et al. 2024, [Common Diffusion Noise Schedules and Sample Steps are Flawed](https://arxiv.org/abs/2305.08891): leading and trailing times.
"""

# %% [markdown] key="recap-text" lang="zh" of="88cfbb"
r"""
**现在你能讲清**

- 算法 2 的每一行，以及方差怎么取、何时才要紧；
- 网络是按 1000 步训练的，DDIM 为什么可以跳着走，$\eta$ 又有什么用；
- 不加新噪声的采样器有什么好处；
- DDPM、$\eta = 1$ 的 DDIM 与 Euler a 为什么是同一步，Euler 与 $\eta = 0$ 的 DDIM 又为什么同是另一步；
- 二阶是什么意思，半路上的猜测为什么能做到，2M 又怎样不多求值就做到；
- 为什么以对数信噪比为时钟，步数少时步子该落在哪里，比较采样器为什么要让各自走最适合自己的时间步；
- 截断防住了什么，又付出了什么代价；
- 采样器的阶怎样量，它的毛病又会把样本变成什么样。

**常见误解**

- “要走得少，就得用步数少的调度重新训练网络。”网络认得的是噪声水平，不是步数。
- “采样总是从 $\mathcal N(0, I)$ 出发。”只有调度真的走到那里，才是这样；$\beta$ 到 0.02、$T = 200$ 时就不是（第 1 课）。
- “DDIM 没有随机性，所以比 DDPM 精确。”它与 DDPM 一样，都是一阶；谁更准，要看数据、DDPM 用的方差和步数。
- “Euler a 是另一种方法。”它就是用 $\tilde\beta$ 的 DDPM 步。
- “它收敛了，所以是对的。”它可能收敛到错误的地方：要与真值比，不要与自己比。
- “二阶采样器总是更好。”从 $T$ 起就作修正的 Heun 会发散；阶说的是步数很多时的情形。
- “采样器甲胜过采样器乙。”走的是哪些时间步？换一种时间步，误差的变化可能比换一个采样器还大。
- “最后一步的噪声无所谓。”步数少时，你看到的就是它。
- “倒着走找到的，就是一份服从正态分布的噪声。”它在背景处太弱了。
- “最后转成字节就行。”要先截断；强制转换会绕到另一端。

**论文**

- Ho、Jain 与 Abbeel，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：算法 2。
- Song、Meng 与 Ermon，2021，[Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502)：我们的 (1) 是其式 (7)，其式 (12) 则把 $x_0$ 与 $\epsilon$ 换成了预测，我们的 (2) 见其式 (16)；它的 $\alpha_t$ 是我们的 $\bar\alpha_t$。
- Karras 等，2022，[Elucidating the Design Space of Diffusion-Based Generative Models](https://arxiv.org/abs/2206.00364)：Heun 见算法 1，时间步见式 (5)。
- Lu 等，2022，[DPM-Solver](https://arxiv.org/abs/2206.00927)：以对数信噪比为时钟。
- Lu 等，2022，[DPM-Solver++](https://arxiv.org/abs/2211.01095)：2M 是其算法 2，我们的 (4) 就在其中（它的 $\lambda$ 是我们的一半，比值不受影响）。你在第 12 节造的是它的算法 1，即 2S，$r_1$ 取在二分之一附近。
- Chong 与 Forsyth，2020，[Effectively Unbiased FID and Inception Score and Where to Find Them](https://arxiv.org/abs/1911.07023)：样本少会抬高距离，抬高多少要看模型。
- Lin 等，2024，[Common Diffusion Noise Schedules and Sample Steps are Flawed](https://arxiv.org/abs/2305.08891)：leading 与 trailing 两种时间步。
"""

# %% key="progress"
progress("07")
