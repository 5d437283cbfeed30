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
#     learning: 170
#     leave_out: [where, pixels, start, names, build]
# ---

# %% [markdown] key="head"
r"""
# 08 · Guidance and inpainting · 条件、引导与修补
"""

# %% [markdown] key="welcome" lang="en"
r"""
A sampler draws what its denoiser believes in. So far that was *some* garment, or one of a class. What programs call
"guidance scale", "negative prompt", "inpaint" and "image to image" are four ways to change the denoiser, one step, or the
place where the walk begins. Guidance and inpainting you write yourself on this page; a negative prompt and image to image
are other uses of the same pieces. What you write is first tried on data whose answer is known exactly.

**Afterwards you can** say what a label does to a denoiser, and at which noise; derive guidance with a classifier and
without one, and convert its scale from any paper or library; say what a large scale draws, and what it costs; say how a
hole in a picture is filled in three ways, and which of them draws what it should; say what is left of an image from
which a walk begins. And you have built a sampler that takes a label, a scale and a mask.
"""

# %% [markdown] key="welcome" lang="zh" of="bf0126"
r"""
采样器画出的，是去噪器相信的东西。到目前为止，那是**随便一件**衣物，或者某一类里的一件。程序里所说的“引导强度”“反向提示词”“局部重绘”“图生图”，
这四种做法，改的或是去噪器，或是采样的一步，或是采样的起点。引导与修补（即局部重绘），在这一页由你亲手写；反向提示词与图生图，不过是把同样的部件换个用法。
你写的，都先拿答案完全已知的数据来试。

**学完之后，你能**说清标签对去噪器做了什么、在多大的噪声下才起作用；推导有分类器与无分类器的引导，并把任何论文、任何程序库里的引导强度换算过来；
说出强度很大时画出来的究竟是什么，代价又是什么；说出补上图中缺口有哪三种办法、哪一种画得对；说出从一幅图像出发采样，这幅图像还剩下什么。此外，你还造出了一个既认标签与引导强度、又认掩码的采样器。
"""

# %% key="setup"

# %% key="imports"
import math
from functools import partial
from itertools import pairwise

import torch

from course_utils import conditions, denoisers, guidance, plots
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.experiments import completed_garments, completing, guided_garments, guided_moons, guiding, starting
from course_utils.explorers.guidance import garment_explorer, guidance_explorer
from course_utils.explorers.guided_garments import judged_anew
from course_utils.explorers.pixels import inpainting_explorer, start_explorer
from course_utils.forward import forward_jump, posterior
from course_utils.gaussians import coordinates
from course_utils.samplers import ddim, ddpm, dpm_solver, finish, stepwise
from course_utils.schedules import cosine
from course_utils.times import even_times, focused_times, log_snr_times, resampled
from course_utils.weights import pretrained

schedule, network = cosine(), pretrained("fashion_mnist")

def garments(labels):  # 0 T-shirt, 1 trousers, ..., 9 boot
    return denoisers.from_network(schedule, network, labels)

def no_label(n):
    return garments(guidance.no_labels(network, n))

# %% [markdown] key="labels"
r"""
## 1 · A label, and no label · 有标签与没有标签
"""

# %% [markdown] key="labels-why" lang="en"
r"""
How does a network learn what a boot is? It is told. Beside $x_t$ and log-SNR the garments' network gets a whole number
from 0 to 9; it looks up that row in a table of learned vectors, and adds it to the embedding of the time (lesson 5). That is
all. The loss is the old one, and what is best for it is, by the argument of lesson 4, the mean over that class alone:
$\hat x_c(x_t,t)=E[x_0\mid x_t,y]$.

The table has an eleventh row. In training one label in ten was replaced by it (`unlabelled=0.1` in `train`, a draw for each
image), so under the eleventh row the network saw garments of all classes, and learned $\hat x_u(x_t,t)=E[x_0\mid x_t]$. One
file thus holds eleven denoisers. The price is a tenth of the training; instead of it, one would need a second network.

What does a label change? Below is one bag, noised to five times, and the guess at it under each label; $\varnothing$ is "no
label". Before you look: at which noise does it not matter at all what one says?
"""

# %% [markdown] key="labels-why" lang="zh" of="9f669a"
r"""
网络怎么知道什么是靴子？直接告诉它就是了。除了 $x_t$ 与对数信噪比，衣物网络还收到一个 0 到 9 的整数；网络按这个数，从一张学出来的表里取出对应的那一行向量，加到时间的嵌入上（第 5 课），仅此而已。
损失还是原来的损失；按第 4 课的道理，使它最小的猜测，就是只对这一类取的均值：$\hat x_c(x_t,t)=E[x_0\mid x_t,y]$。

表里还有第十一行。训练时，每十个标签约有一个换成了它（`train` 的 `unlabelled=0.1`，每幅图像各抽一次），所以用到这一行时，网络见过的是所有类别的衣物，
学到的是 $\hat x_u(x_t,t)=E[x_0\mid x_t]$。于是一个文件里装着十一个去噪器。代价是训练量的一成；不然就得另训一个网络。

标签改变了什么？下面是一只包，分别加噪到五个时间步，再看给出每个标签时的猜测；$\varnothing$ 表示“没有标签”。先别往下看：噪声多大时，说它是什么都无所谓？
"""

# %% key="labels-show"
z_bag = torch.randn(1, 1, 28, 28, generator=seeded(3))
bag = finish(ddim(schedule, denoisers.clipped(garments(torch.tensor([8]))), z_bag, even_times(schedule, 50)))
eleven, seen = torch.arange(11), {}
for t in (950, 850, 700, 500, 250):
    bag_t = forward_jump(schedule, bag, t, generator=seeded(4)).xt
    seen[f"t = {t}"] = torch.cat([bag_t, garments(eleven)(bag_t.repeat(11, 1, 1, 1), t)])
plots.rows(seen, ["$x_t$", *map(str, range(10)), r"$\varnothing$"])

# %% [markdown] key="labels-read" lang="en"
r"""
**Read the figure.** At $t=950$ the label is nearly all there is to go by: each guess is the mean garment of its class,
and without a label the mean of them all. At 250 the columns can hardly be told apart: $x_t$ says by itself what it is,
and nobody who calls it a sandal is believed. In between the label is half believed. At 850 "T-shirt" still finds one in
this noise; at 700 it is the sneaker and the boot that hold out longest.

**How much is a label worth?** Lesson 3's law of total variance answers without a further experiment. Given $x_t$, the guess without a label is the mean over $y$, weighted by $p(y\mid x_t)$, of the guesses with one; so, for the exact denoisers,
$$E\,|x_0-\hat x_u|^2=E\,|x_0-\hat x_c|^2+E\,|\hat x_c-\hat x_u|^2.\tag{1}$$
What the label saves in loss is, to the last digit, how far apart the two guesses are. On two bells in one dimension both
sides can be had exactly; for garments the network stands in for the exact denoisers, and the two sides need not agree:
"""

# %% [markdown] key="labels-read" lang="zh" of="71c3da"
r"""
**看图。** $t=950$ 时，能依据的差不多只有标签：每个猜测都是那一类衣物的均值，没有标签时则是全体的均值。到 250，各列几乎分不出来：$x_t$ 自己说明了它是什么，谁说它是凉鞋，也没人信。
居中的几行将信将疑：850 处，说是“T 恤”，还真能从这份噪声里看出一件来；到 700，坚持得最久的是运动鞋与靴子。

**一个标签值多少？** 第 3 课的全方差公式就能回答，不必再做实验。给定 $x_t$，没有标签的猜测等于有标签的猜测对 $y$ 取的均值，以 $p(y\mid x_t)$ 为权；所以对精确去噪器有
$$E\,|x_0-\hat x_u|^2=E\,|x_0-\hat x_c|^2+E\,|\hat x_c-\hat x_u|^2.\tag{1}$$
标签能省下多少损失，不多不少，就看两个猜测相距多远。对一维的两个钟形，两边都能算得很准；对衣物，网络只是代替精确去噪器，两边未必相等：
"""

# %% key="labels-worth"
some, z60 = torch.arange(60) % 10, torch.randn(60, 1, 28, 28, generator=seeded(0))
x60 = finish(dpm_solver(schedule, denoisers.clipped(garments(some)), z60, focused_times(schedule, 10)))
kept, saved, apart = {}, [], []
for t in [int((schedule.log_snr - level).abs().argmin()) for level in range(-8, 5, 2)]:
    xt = forward_jump(schedule, x60, t, generator=seeded(t)).xt
    kept[t] = xt, c, u = xt, garments(some)(xt, t), no_label(60)(xt, t)
    saved.append(float(((x60 - u) ** 2 - (x60 - c) ** 2).mean()))
    apart.append(float(((c - u) ** 2).mean()))
plots.curves({"squared difference": {"saved": saved, "apart": apart}}, schedule.log_snr[list(kept)], xlabel=r"$\lambda$")

# %% key="labels-print"
two = guiding.two_classes(schedule)  # N(-1, 0.5²) is labelled 0, N(1, 0.5²) is labelled 1, half each
x2 = torch.cat([two.conditional(k).draw(100_000, seeded(k)) for k in (0, 1)])
bells = {}
for t in (900, 700, 500, 300):
    xt = forward_jump(schedule, x2, t, generator=seeded(t)).xt
    c = torch.cat([two.conditional(k)(half, t) for k, half in enumerate(xt.chunk(2))])
    u = two.unconditional(xt, t)
    bells[t] = [float(mean) for mean in (((x2 - u) ** 2 - (x2 - c) ** 2).mean(), ((c - u) ** 2).mean())]
    print(f"two bells, t = {t}   saved {bells[t][0]:.3f}   apart {bells[t][1]:.3f}")

# %% [markdown] key="labels-worth-read" lang="en"
r"""
**Read both.** On the bells the two sides agree within 0.002, which is the error bar of 200,000 draws. On the garments, 60
of them drawn by the network itself, the curves are at most 0.011 apart, which is about one error bar; $\lambda$ is
log-SNR. Nearly all of a label's worth lies at $\lambda$ below $-2$, where the noise has more than twice the signal's amplitude. From
$\lambda=0$ on a label saves 0.001 or so at most, while the loss is still 0.04. Remember the curve: it says where a label,
and so guidance, can change much of a picture.
"""

# %% [markdown] key="labels-worth-read" lang="zh" of="ffe2ff"
r"""
**两份结果一起看。** 两个钟形上，两边相差不到 0.002，抽 200,000 个，误差棒也就是这么大。衣物是网络自己画的 60 件，两条曲线至多相差 0.011，约合一个误差棒；$\lambda$ 是对数信噪比。
标签的价值几乎全在 $\lambda$ 低于 $-2$ 的地方，那里噪声的幅度是信号的两倍以上。从 $\lambda=0$ 起，损失还有 0.04，标签省下的至多 0.001 左右。记住这条曲线：标签（因而还有引导）在哪里能大幅改变画面，看它就知道。
"""

# %% [markdown] key="bayes"
r"""
## 2 · Bayes, differentiated · 对贝叶斯公式求梯度
"""

# %% [markdown] key="bayes-why" lang="en"
r"""
Suppose one had only the network without labels, and beside it a *classifier* that says $p(y\mid x_t)$, how likely the label is, from
noised images. Bayes' rule at noise level $t$, its logarithm, and the gradient in $x_t$ (the prior $p(y)$ does not depend on $x_t$):
$$\nabla\log q(x_t\mid y)=\nabla\log q(x_t)+\nabla\log p(y\mid x_t).\tag{2}$$
The score with a label is the score without it, plus the direction in which the classifier becomes surer.

What is a score in terms of a guess? $q(x_t)$ is the mean of $q(x_t\mid x_0)$ over the data, and each of these is a bell
around $\sqrt{\bar\alpha_t}\,x_0$ of variance $1-\bar\alpha_t$. Differentiate the mean under the integral, divide by $q(x_t)$, and
what stands there is a mean over the posterior of $x_0$:
$$\nabla\log q(x_t)=\int\frac{q(x_t\mid x_0)\,p(x_0)}{q(x_t)}\,\nabla\log q(x_t\mid x_0)\,dx_0=E\Bigl[\nabla\log q(x_t\mid x_0)\Bigm|x_t\Bigr]=\frac{\sqrt{\bar\alpha_t}\,\hat x_0-x_t}{1-\bar\alpha_t}.\tag{3}$$
(With $\hat\epsilon$: $-\hat\epsilon/\sqrt{1-\bar\alpha_t}$, as in lesson 4.) The same holds with a label, with $\hat x_c$ for $\hat x_0$.

**Write it yourself.** From (2) and (3): the guess *with* the label, from the guess without it, `x0_hat`, and the classifier's
`gradient`, $\nabla\log p(y\mid x_t)$. `t` is a whole number; samples may have any shape. It is used right below.
"""

# %% [markdown] key="bayes-why" lang="zh" of="41d429"
r"""
假定手里的网络不认标签，另有一个**分类器**（classifier），它看着加了噪的图像说出 $p(y\mid x_t)$，即这个标签有多大可能。在噪声水平 $t$ 处写下贝叶斯公式，
取对数，再对 $x_t$ 求梯度（先验 $p(y)$ 与 $x_t$ 无关）：
$$\nabla\log q(x_t\mid y)=\nabla\log q(x_t)+\nabla\log p(y\mid x_t).\tag{2}$$
有标签的得分，就是没有标签的得分，加上让分类器更有把握的那个方向。

得分与猜测又是什么关系？$q(x_t)$ 是 $q(x_t\mid x_0)$ 对数据取的均值，其中每一个都是以 $\sqrt{\bar\alpha_t}\,x_0$ 为中心、方差为 $1-\bar\alpha_t$ 的钟形。在积分号下求导，再除以 $q(x_t)$，
得到的正是对 $x_0$ 的后验取的均值：
$$\nabla\log q(x_t)=\int\frac{q(x_t\mid x_0)\,p(x_0)}{q(x_t)}\,\nabla\log q(x_t\mid x_0)\,dx_0=E\Bigl[\nabla\log q(x_t\mid x_0)\Bigm|x_t\Bigr]=\frac{\sqrt{\bar\alpha_t}\,\hat x_0-x_t}{1-\bar\alpha_t}.\tag{3}$$
（用 $\hat\epsilon$ 写就是 $-\hat\epsilon/\sqrt{1-\bar\alpha_t}$，见第 4 课。）有标签时同样成立，把 $\hat x_0$ 换成 $\hat x_c$ 即可。

**自己动手。** 由 (2) 与 (3)：已知没有标签的猜测 `x0_hat`，以及分类器的 `gradient`，即 $\nabla\log p(y\mid x_t)$，求**有**标签的猜测。
`t` 是整数，样本可以是任意形状。下面马上要用。
"""

# %% key="bayes-try" tags=["exercise"]
def my_led(schedule, xt, t, x0_hat, gradient):
    ...

my_led = check("08.gradient", my_led)

# %% key="bayes-equal"
xt, right_bell = torch.linspace(-3, 3, 7, dtype=torch.float64)[:, None], two.conditional(1)
for t in (900, 500, 100):
    uphill = guidance.uphill(xt, t, two.log_probability(1))
    guess = my_led(schedule, xt, t, two.unconditional(xt, t), uphill)
    print(f"t = {t}   guess with the label, led and exact: at most {(guess - right_bell(xt, t)).abs().max():.0e} apart")

# %% [markdown] key="bayes-garments" lang="en"
r"""
On the two bells, with the exact classifier, it *is* the exact denoiser of the right-hand bell. One may then turn the
gradient up by a factor, the **scale**: this is classifier guidance, of Dhariwal & Nichol. In $\hat\epsilon$ it reads
$\hat\epsilon-\text{scale}\cdot\sqrt{1-\bar\alpha_t}\;\nabla\log p(y\mid x_t)$.

For garments we need a classifier that has seen noise, and is told how much. One ships with the course: on clean garments
it is right in 84 %, at log-SNR $-3$ in half, at $-6$ in 16 % (its card). Below it leads the denoiser *without* labels,
ten classes from ten noises. (The gradient is autograd's; the judge that will be quoted is the classifier of clean garments.)
"""

# %% [markdown] key="bayes-garments" lang="zh" of="1000ac"
r"""
在两个钟形上，配上精确的分类器，这样得到的**就是**右边那个钟形的精确去噪器。于是可以给梯度乘上一个倍数，即**强度**（scale）：这就是 Dhariwal 与 Nichol 的分类器引导（classifier guidance）。
用 $\hat\epsilon$ 来写是 $\hat\epsilon-\text{scale}\cdot\sqrt{1-\bar\alpha_t}\;\nabla\log p(y\mid x_t)$。

要引导衣物，分类器得见过噪声，还得知道噪声有多大。课程里附带了一个：干净的衣物，它判对 84 %，对数信噪比 $-3$ 处对一半，$-6$ 处对 16 %（见它的模型卡）。
下面由它引导**不认**标签的去噪器，十份噪声，十个类别。（梯度由 autograd 求；下面说的评判者，是认干净衣物的那个分类器。）
"""

# %% key="bayes-show"
names = ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
ten, z10 = torch.arange(10), torch.randn(10, 1, 28, 28, generator=seeded(11))
judge, noise_aware = pretrained("classifier"), pretrained("noise_aware_classifier")
log_p, led = guidance.label_log_probability(schedule, noise_aware, ten), {}
for scale in (0, 1, 3, 10):
    denoiser = guidance.classifier_guided(schedule, no_label(10), log_p, scale)
    led[f"{scale}"] = finish(ddim(schedule, denoisers.clipped(denoiser), z10, log_snr_times(schedule, 20)))
plots.rows(led, names)

# %% key="bayes-cosine"
log_p60, cosines, lengths = guidance.label_log_probability(schedule, noise_aware, some), [], []
for t, (xt, c, u) in kept.items():
    by_classifier = my_led(schedule, xt, t, u, guidance.uphill(xt, t, log_p60)) - u
    cosines.append(float(torch.cosine_similarity((c - u).flatten(1), by_classifier.flatten(1)).mean()))
    lengths.append(float(by_classifier.norm() / (c - u).norm()))
plots.curves({"classifier beside network": {"cosine": cosines, "length": lengths}}, schedule.log_snr[list(kept)], xlabel=r"$\lambda$")

# %% [markdown] key="bayes-read" lang="en"
r"""
**Read the figures.** The row marked 0 is not led; in the one marked 3 most are what was asked for (8 of the ten in the judge's eyes), and scale 10 brings no more; and look at how they are drawn. The curves compare, at the same $x_t$, the two ways to get the same
vector $\hat x_c-\hat x_u$: by the classifier's gradient, and by asking the garments' network twice. For exact ones (2)
makes them equal: cosine 1, ratio of lengths 1. While there is much noise they point roughly the same way, cosine 0.7;
from $\lambda=-2$ on they part, and the classifier's arrow gets shorter and shorter beside the other. Cross-entropy
rewards the right answer; a classifier that is nearly right may have a *slope* that is quite wrong, and what changes its
mind fastest is not what makes a garment. (Such arrows, followed on clean images, are the adversarial examples of the
literature.) Both faults cost: somewhat crooked in much noise; in little noise short, and crooked almost to a right
angle. A scale makes up for the length, but not for the direction.

**Without a classifier.** Read (2) from right to left. Whoever has both denoisers has the gradient of a classifier that nobody has trained:
$$\nabla\log p(y\mid x_t)=\frac{\sqrt{\bar\alpha_t}}{1-\bar\alpha_t}\,(\hat x_c-\hat x_u).\tag{4}$$
So the guidance can do without one: scale this difference. That is *classifier-free guidance*, of Ho & Salimans.

**Write it yourself.** `my_guided(conditional, unconditional, scale)` gets two denoisers, functions of `(xt, t)`, and
returns a third. At scale 0 it answers as without the label, at 1 as with it, at 2 it goes as far again in the same
direction. Ask each denoiser once. (It answers with what it finds: clipping, if any, comes afterwards.)
"""

# %% [markdown] key="bayes-read" lang="zh" of="654554"
r"""
**看图。** 标着 0 的一行没有引导；到标着 3 的一行，多数已是所要的那一类（在评判者看来，十件里有 8 件），强度 10 也没有更多；还要看看画成了什么样。曲线比较的是：在同一个 $x_t$ 上，用两种办法求同一个向量 $\hat x_c-\hat x_u$，
一种靠分类器的梯度，一种问衣物网络两次。若都是精确的，按 (2) 两者相等：余弦为 1，长度之比为 1。噪声大时，它们大致同向，余弦 0.7；从 $\lambda=-2$ 起就分道扬镳，分类器给的箭头比另一支越来越短。交叉熵奖励的是判对；判得差不多对的分类器，**斜率**也可以错得离谱，而最容易让它改口的，也不是真正构成衣物的东西。（顺着这种箭头去改干净的图像，就是文献里的对抗样本。）两样毛病都要付代价：噪声大时方向有些歪；噪声小时不但短，而且歪得近乎垂直。加大强度补得了长度，补不了方向。

**不用分类器。** 把 (2) 从右往左读。手里有两个去噪器，就有了一个谁也没训练过的分类器的梯度：
$$\nabla\log p(y\mid x_t)=\frac{\sqrt{\bar\alpha_t}}{1-\bar\alpha_t}\,(\hat x_c-\hat x_u).\tag{4}$$
所以引导用不着分类器：把这个差放大就行。这就是 Ho 与 Salimans 的**无分类器引导**（classifier-free guidance）。

**自己动手。** `my_guided(conditional, unconditional, scale)` 收到两个去噪器，都是 `(xt, t)` 的函数，返回第三个。强度为 0 时，它的回答与没有标签时一样；
为 1 时，与有标签时一样；为 2 时，沿同一方向再走同样远。每个去噪器只问一次。（算出什么就回答什么；若要截断，那是之后的事。）
"""

# %% key="guided-try" tags=["exercise"]
def my_guided(conditional, unconditional, scale):
    ...

my_guided = check("08.guided", my_guided)

# %% [markdown] key="guided-real" lang="en"
r"""
For a network that knows "no label" the package asks once a step, with every sample in the batch twice. In essence:
"""

# %% [markdown] key="guided-real" lang="zh" of="67611a"
r"""
对于学过“没有标签”的网络，本包每步只问一次，把每个样本在批里放两遍。核心是：
"""

# %% key="guided-source"
show_source(guidance.classifier_free_guided)

# %% [markdown] key="tilted"
r"""
## 3 · What a scale above 1 draws · 强度大于 1，画出来的是什么
"""

# %% [markdown] key="tilted-why" lang="en"
r"""
Put a scale $w$ before the last term of (2). What stands there is the gradient of
$$\log\bigl(q(x_t)\,p(y\mid x_t)^w\bigr),\tag{5}$$
and at $t=0$ this is the *sharpened* density $p(x)\,p(y\mid x)^w$: that of the class, drawn towards where the classifier is
surest. So, the sentence goes, guidance with scale $w$ samples from the sharpened density. It stands in papers and in nearly
every text. Let us see.

Two bells again, $\mathcal N(-1,0.5^2)$ and $\mathcal N(1,0.5^2)$, half of the data each; we ask for the right-hand one,
with scale 3. Everything is exact: both denoisers, the classifier, the density (5) at $t = 0$, whose mean is 1.05 and
whose standard deviation 0.46. Into these denoisers goes *your* `my_guided`, 200 even steps, 10,000 draws.
"""

# %% [markdown] key="tilted-why" lang="zh" of="abf38a"
r"""
给 (2) 的最后一项乘上强度 $w$，得到的是下面这个量的梯度：
$$\log\bigl(q(x_t)\,p(y\mid x_t)^w\bigr),\tag{5}$$
在 $t=0$ 处，括号里就是**锐化**了的密度 $p(x)\,p(y\mid x)^w$：仍是这一类，只是偏向分类器最有把握的地方。于是有了一种说法：强度为 $w$ 的引导，是从锐化后的密度里采样。
论文里这么写，几乎所有文章也这么写。我们来验一验。

还是两个钟形，$\mathcal N(-1,0.5^2)$ 与 $\mathcal N(1,0.5^2)$，各占数据的一半；要的是右边那个，强度 3。
一切都是精确的：两个去噪器、分类器，还有 $t = 0$ 处的密度 (5)，它的均值是 1.05，标准差是 0.46。把去噪器交给**你的** `my_guided`，等间隔走 200 步，抽 10,000 个。
"""

# %% key="tilted-predict"
predict("08.sharpened")

# %% key="tilted-show"
sharp, guided_3 = guiding.sharpened(two, 3), my_guided(right_bell, two.unconditional, 3)
drawn_3 = {"DDIM": guiding.drawn(schedule, guided_3, ddim, 10_000), "DDPM": guiding.drawn(schedule, guided_3, ddpm, 10_000)}
curves_3 = {"class": guiding.sharpened(two, 1), "sharpened": sharp}
reveal("08.sharpened", plots.densities(dict.fromkeys(drawn_3, curves_3), drawn_3, "$x_0$"))

# %% key="tilted-print"
right_denoiser = guiding.denoiser_of(schedule, sharp)
all_3 = drawn_3 | {f"{way.upper()}, its own": guiding.drawn(schedule, right_denoiser, walk, 10_000) for way, walk in (("ddim", ddim), ("ddpm", ddpm))}
said_3 = [f"{'sharpened density':17} mean {sharp.mean:.3f}           std {sharp.std:.3f}"]
for name, x in all_3.items():
    of = guiding.summary(x)
    said_3.append(f"{name:17} mean {of.mean:.3f} ± {of.mean_error:.3f}   std {of.std:.3f} ± {of.std_error:.3f}")
reveal("08.sharpened", *said_3)

# %% [markdown] key="tilted-read" lang="en"
r"""
**Read the figure.** Neither crowd lies under the sharpened density. DDIM's mean is half as far again from 0, its width
two thirds; and DDPM draws something else again, although both samplers were given the same denoiser, and 200 steps. For a
denoiser of *some* density they would agree (lesson 7). So there is no such density.

**Why.** A walk needs, at every $t$, the score of one and the same density of $x_0$, *noised to* $t$. But (5) sharpens at each
$t$ what has been noised; to sharpen first and then to noise is something else. (The histograms are DDIM's crowd on its way.)
"""

# %% [markdown] key="tilted-read" lang="zh" of="fdd743"
r"""
**看图。** 两群样本与锐化后的密度都对不上。DDIM 的均值离 0 比锐化后的密度远一半，宽度只有后者的三分之二；DDPM 画出来的又是另一样，尽管两个采样器用的是同一个去噪器，都走 200 步。
只要那是**某个**密度的去噪器，两者就该一致（第 7 课）。可见根本没有这样的密度。

**为什么。** 采样在每个 $t$ 处需要的，是 $x_0$ 的同一个密度**加噪到** $t$ 之后的得分。而 (5) 是在每个 $t$ 处，把已经加了噪的密度拿来锐化；先锐化、再加噪，是另一回事。（直方图是 DDIM 途中的样本。）
"""

# %% key="tilted-order"
z_line = torch.randn(10_000, 1, generator=seeded(5), dtype=torch.float64)
on_the_way = {now.t: now.xt[:, 0] for now in ddim(schedule, guided_3, z_line, even_times(schedule, 200)) if now.t in (900, 700, 500, 200)}
plots.densities(
    {f"t = {t}": guiding.noised_and_sharpened(two, 3, t) for t in on_the_way}, {f"t = {t}": xt for t, xt in on_the_way.items()}, "$x_t$"
)

# %% [markdown] key="tilted-order-read" lang="en"
r"""
**Read the figure.** At $t=700$ the curve whose slope steers the walk (dashed: noised, then sharpened) stands about twice
as far out as the one it ought to be. The crowd is on neither: with DDIM its mean is 1.2 there, and 1.6 at 200, where the
two curves hardly differ any more. The reason: the dashed curves are not one density, noised to different $t$. Look at the guesses there: in much noise $\hat x_u$ is near 0, the mean of all data, and
$\hat x_c$ near 1, the mean of the class. With scale 3 the guess is 3, where no datum has ever been. The crowd sets out
for 3. When the noise is low, everybody is far on the right-hand side, the classifier is sure, $\hat x_c-\hat x_u$ is
nothing, and the denoiser of the class pulls the crowd back into its bell: from the outside, and crowded together. A scale
is therefore not a probability: it is *how many times as far from the mean of all*.

The denoiser that does draw the sharpened density exists; the last two lines of the output used it: now both
samplers agree, and hit mean and width within 0.02.
But to know it one must have the sharpened density already. What guidance draws with networks has no name and no formula;
that is no objection to its use, and a good reason to *measure* what it does.

**With pen and paper.** Two bells $\mathcal N(\pm m,s^2)$, equally frequent, label $y$ the right-hand one. Show that
$\hat x_c-\hat x_u$ is a constant (at each $t$) times a factor that depends on $x_t$ only through $p=p(y\mid x_t)$, what
the classifier already believes. Give both by $\bar\alpha_t$, $m$, $s$ and $p$; `my_pull` returns their product,
$\hat x_c-\hat x_u$, one number.
"""

# %% [markdown] key="tilted-order-read" lang="zh" of="c8a299"
r"""
**看图。** $t=700$ 处，给采样指路的曲线（虚线：先加噪、再锐化），离原点比该用的那条约远一倍。样本与哪条都对不上：用 DDIM 时，均值在这里是 1.2，到 200 是 1.6，而那里两条曲线已几乎没有差别。因为不同 $t$ 的虚线，并不是同一个密度加噪而来的。看看那里的猜测就明白了：噪声大时，$\hat x_u$ 接近 0，即全部数据的均值，
$\hat x_c$ 接近 1，即这一类的均值。强度取 3，猜测就是 3，而那里从来没有过数据。于是大家都朝 3 走去。等到噪声小了，所有样本都已远在右侧，分类器有了把握，
$\hat x_c-\hat x_u$ 差不多是零，这一类的去噪器再把它们拉回钟形里来：从外侧拉回，挤成一团。所以强度并不是概率，它说的是**离全体的均值有几倍远**。

能画出锐化后密度的去噪器是有的，输出的最后两行用的就是它：这时两个采样器一致了，均值与宽度也都对上，相差不到 0.02。但要得到这个去噪器，得先有锐化后的密度。引导配上网络，画出来的东西没有名字，也没有公式；
这不妨碍用引导，却说明该去**量一量**引导做了什么。

**纸笔题。** 两个钟形 $\mathcal N(\pm m,s^2)$，各占一半，标签 $y$ 指右边那个。证明：在每个 $t$ 处，$\hat x_c-\hat x_u$ 等于一个常数乘上一个因子，
而这个因子只通过 $p=p(y\mid x_t)$，即分类器此刻的看法，与 $x_t$ 有关。两者都用 $\bar\alpha_t$、$m$、$s$ 与 $p$ 来写；`my_pull` 返回它们的积，即 $\hat x_c-\hat x_u$，一个数。
"""

# %% key="paper-try" tags=["exercise"]
def my_pull(alpha_bar, m, s, p):
    ...

my_pull = check("08.paper", my_pull)

# %% key="paper-use"
on_line = torch.linspace(-3, 3, 7, dtype=torch.float64)[:, None]
for t in (900, 500, 100):
    believed = two.log_probability(1)(on_line, t).exp()
    pulls = torch.tensor([my_pull(float(schedule.alpha_bar[t]), 1.0, 0.5, float(p)) for p in believed], dtype=torch.float64)
    by_denoisers = (right_bell(on_line, t) - two.unconditional(on_line, t))[:, 0]
    print(f"t = {t}   your pull and the exact denoisers': at most {(pulls - by_denoisers).abs().max():.0e} apart")

# %% [markdown] key="paper-answer" lang="en"
r"""
<details><summary>The answer</summary>

Given $x_t$, the guess without a label is the mean over the labels, $\hat x_u=p\,\hat x_c+(1-p)\,\hat x_{-}$, with $\hat x_-$ for the left-hand
bell. So $\hat x_c-\hat x_u=(1-p)\,(\hat x_c-\hat x_-)$. Within one bell (lesson 4) the guess is the straight line
$$\hat x_\pm=\frac{\sqrt{\bar\alpha_t}\,s^2x_t\pm(1-\bar\alpha_t)\,m}{\bar\alpha_ts^2+1-\bar\alpha_t},$$
in which the two differ by a constant. Hence
$$\hat x_c-\hat x_u=(1-p)\,\frac{2m\,(1-\bar\alpha_t)}{\bar\alpha_ts^2+1-\bar\alpha_t}.$$
Where the classifier is sure, guidance is off, whatever its scale. In much noise ($\bar\alpha_t\to0$, $p=1/2$) it is $m$: the
whole way from the mean of all to the mean of the class.

</details>
"""

# %% [markdown] key="paper-answer" lang="zh" of="97a6ef"
r"""
<details><summary>答案</summary>

给定 $x_t$，没有标签的猜测是对标签取的均值，$\hat x_u=p\,\hat x_c+(1-p)\,\hat x_{-}$，其中 $\hat x_-$ 属于左边的钟形。所以 $\hat x_c-\hat x_u=(1-p)\,(\hat x_c-\hat x_-)$。
在同一个钟形之内（第 4 课），猜测是一条直线，
$$\hat x_\pm=\frac{\sqrt{\bar\alpha_t}\,s^2x_t\pm(1-\bar\alpha_t)\,m}{\bar\alpha_ts^2+1-\bar\alpha_t},$$
两条直线相差一个常数。于是
$$\hat x_c-\hat x_u=(1-p)\,\frac{2m\,(1-\bar\alpha_t)}{\bar\alpha_ts^2+1-\bar\alpha_t}.$$
分类器有把握的地方，强度再大，引导也不起作用。噪声大时（$\bar\alpha_t\to0$，$p=1/2$），它等于 $m$：正好是从全体的均值到这一类的均值的那段路。

</details>
"""
# %% [markdown] key="scale"
r"""
## 4 · Garments: what a scale buys, and what it costs · 衣物：强度换来什么，又付出什么
"""

# %% [markdown] key="scale-why" lang="en"
r"""
Now the network. Ten classes, six scales, in each row the same ten noises. (By your `my_guided`; 10 steps of
DPM-Solver++(2M), clipped after guiding.) Then a table, for eyes are too kind; its judge is a classifier of clean
garments. Before you look at either:
"""

# %% [markdown] key="scale-why" lang="zh" of="e6ad57"
r"""
现在轮到网络。十个类别、六种强度，每行用的都是同样的十份噪声。（用你的 `my_guided`；DPM-Solver++(2M) 走 10 步，引导之后再截断。）然后是一张表，因为眼睛太宽容；表里的评判者，是一个认干净衣物的分类器。两样都先别看：
"""

# %% key="scale-predict"
predict("08.sure")

# %% key="scale-show"
def drawn_with(denoiser, noise=z10, steps=10):
    return finish(dpm_solver(schedule, denoiser, noise, focused_times(schedule, steps)))

by_scale = {}
for scale in (0, 1, 1.5, 2, 4, 8):
    by_scale[f"{scale}"] = drawn_with(denoisers.clipped(my_guided(garments(ten), no_label(10), scale)))
plots.rows(by_scale, names)

# %% key="scale-table"
N = 0
SCALES = ("0", "1", "1.5", "2", "3", "4", "8")
def told_of(name, figures):
    (distance, agreement, within, _), (d, a, w, _) = figures
    return f"{name:27} distance {distance:.3f} ± {d:.3f}   agreement {agreement:.3f} ± {a:.3f}   within {within:.2f} ± {w:.2f}"

table = judged_anew(N) if N else guided_garments.STORED
real = told_of("real, test", guided_garments.REAL["test"]), told_of("real, training", guided_garments.REAL["train"])
cheats = [told_of(name, figures) for name, figures in guided_garments.CHEATS.items()]
reveal("08.sure", *(told_of(f"scale {name}", table[name]) for name in SCALES), *real, *cheats)

# %% [markdown] key="scale-read" lang="en"
r"""
**Read both.** What a large scale draws is bright, plain, and mostly *typical*: folds go, the sandal loses its straps. Not
all of it is sound: what was a print on the pullover becomes a hole, and at 8 the sandal falls to pieces. Now the
table: 1000 garments a row, classes in equal numbers, all rows from the same noises, ± one standard error (by drawing
again from the 1000). `agreement` is the share in which the judge, a classifier of clean garments, sees what was asked
for, `within` the variance of its features within a class, `distance` the Fréchet distance of lesson 7 to the 10,000 test
images. Real images are the floor: test images, which the judge has never seen, and training images, which it has learned.

- **Certainty is not quality.** The judge agrees with 0.94 of the test images: some shirts look like T-shirts. From scale
  1.5 on ours are recognised *more* often, at 4 every one of the 1000 (of the ten above it takes the shirt for a T-shirt);
  there the distance is nearly four times that of scale 1.
- **What is paid is variety.** Within a class it falls from 3.4, as in test images, to about half. (Training images, which
  the judge knows, have 2.8: below that something is surely lost.)
- **A little helps.** At scale 1.5 the distance is 0.12, at 1 it is 0.16. That is two error bars only, but both rows began
  at the same noises: compared noise by noise, in four sets of 250, the difference is 0.045 ± 0.010. That 2 is worse than
  1 can hardly be read (0.031 ± 0.021); that 3 is worse than 1 can. (Small sets favour the less varied: by the rows of
  1000 the two differences are 0.040 and 0.046.)
- Without a label (scale 0) the classes come out as they please, and the eleventh row has seen a tenth of the training:
  two reasons at once for 1.62.

**What would score best?** The last three rows were made to cheat. *Noise*, bent until its features are those of real
images, and still noise to the eye, is level with scale 1 in distance and ahead of it in agreement. One real garment a
class, a hundred times, is recognised in every case; `within` and distance say what is wrong. The half of 2000 plain
garments of which the judge is surest has the agreement and the lost variety of scale 2, without any guidance. And whoever
copies training images (the row `real, training`) beats everything that the network draws: lesson 9. (The images of the row of test images are themselves among those that distances are measured to; 0.041 is the fairer floor.)

To measure again put 1000 in the place of 0 in `N = 0`; it takes half an hour or so, and 100 shows how it works, with
larger distances.
"""

# %% [markdown] key="scale-read" lang="zh" of="9406fa"
r"""
**两份结果一起看。** 强度大时，画出来的明亮、素净，多半很**典型**：褶皱没了，凉鞋连带子都没了。但也有画坏的：套头衫上的印花成了窟窿，到强度 8，凉鞋也散了架。再看表：每行 1000 件，各类一样多，各行用同样的噪声，± 后是一个标准误差（从这 1000 件中反复重抽得出）。`agreement` 是评判者（认干净衣物的分类器）认作所要类别的比例，
`within` 是它的特征在同一类之内的方差，`distance` 是到 10,000 幅测试图像的 Fréchet 距离（第 7 课）。真实图像是下限：测试图像，评判者从没见过；训练图像，它是学过的。

- **有把握不等于好。** 测试图像里，评判者认对的占 0.94：有些衬衫看着就像 T 恤。从强度 1.5 起，我们画的反而**更常**被认对，强度为 4 时，这 1000 件无一不对（上面那十件里，评判者倒把衬衫认作了 T 恤）；而这时的距离差不多是强度 1 的四倍。
- **付出的是多样性。** 类内方差从 3.4（测试图像也是这么多）降到一半左右。（评判者学过的训练图像是 2.8：低于它，才肯定丢了东西。）
- **少许引导有好处。** 强度 1.5 的距离是 0.12，强度 1 是 0.16。只差两个误差棒，可这两行出自同样的噪声：一份噪声一份噪声地比（四组，每组 250），相差 0.045 ± 0.010。强度 2 是不是比 1 差，几乎读不出来（0.031 ± 0.021）；强度 3 比 1 差，则读得出来。（组小，偏向多样性少的一方：按每行 1000 件算，这两个差是 0.040 与 0.046。）
- 没有标签（强度 0）时，各类各画多少，全凭网络，第十一行又只见过一成的训练：距离 1.62，是这两个原因加在一起。

**怎样分数最高？** 最后三行是专门作弊的。把**噪声**一直改到特征与真实图像的相同为止：肉眼看去仍是噪声，距离却与强度 1 不相上下，认对的比例还胜过它。每类取一件真衣物、重复一百遍，件件都认得对；毛病在哪里，要看 `within` 与距离。从 2000 件不加引导的里挑出评判者最有把握的一半，认对的比例与失去的多样性，就和强度 2 一样，却没用任何引导。
而照抄训练图像的（`real, training` 一行），胜过网络画的一切：见第 9 课。（测试图像那一行的图像，本身就在算距离时所对照的图像之中；较公平的下限是 0.041。）

想重新测量，把 `N = 0` 里的 0 换成 1000，要半小时左右；换成 100 可以看看它怎样工作，距离会偏大。
"""

# %% [markdown] key="clip-why" lang="en"
r"""
**Clip before, or after?** A guess at scale 4 leaves $[-1,1]$, where images live. `denoisers.image_denoiser` clips: should
one guide by two clipped denoisers, or clip the guided one? Only the second holds the guess within the range; the first
mixes two guesses that have been spoilt already, and then steps out again. A third way, of Imagen (*dynamic
thresholding*): where a guess goes too far, clip it at its own 99.5 % and shrink it to the range.
"""

# %% [markdown] key="clip-why" lang="zh" of="9567c9"
r"""
**先截断，还是后截断？** 强度为 4 时，猜测会走出图像所在的 $[-1,1]$。`denoisers.image_denoiser` 带截断：是用两个截断过的去噪器去引导，还是引导之后再截断？只有后者能让猜测守住范围；前者混合的是两个已经走了样的猜测，混合之后又会跑出去。
第三种办法出自 Imagen（动态阈值，dynamic thresholding）：猜测若走得太远，就截在它自己的 99.5 % 分位处，再缩回范围之内。
"""

# %% key="clip-show"
far = guidance.guided(garments(ten), no_label(10), 6)
both_clipped = [denoisers.clipped(denoiser) for denoiser in (garments(ten), no_label(10))]
orders = {"after": denoisers.clipped(far), "before": guidance.guided(*both_clipped, 6), "never": far, "dynamic": denoisers.thresholded(far)}
held = {name: drawn_with(denoiser) for name, denoiser in orders.items()}
plots.rows({name: x.clamp(-1, 1) for name, x in held.items()}, names)

# %% key="clip-print"
for name, x in ({"scale 1": by_scale["1"]} | held).items():
    black, white = ((sign * x > 0.98).double().mean() for sign in (-1, 1))
    print(f"{name:8}  from {x.min():5.2f} to {x.max():4.2f}   black {black:4.0%}   white {white:6.1%}")

# %% [markdown] key="clip-read" lang="en"
r"""
**Read both.** Scale 6, so that one can see it. Clipped after guiding, the walk stays within the range; white has grown
from a few thousandths of the pixels to a few hundredths. Clipped before, or not at all, a fifth or so of all pixels are
burnt to white: folds and buttons are gone. What the dynamic rule makes is worse here. It was invented for photographs. A
garment is mostly *background*, which the guided guess puts below $-1$; the rule then shrinks all of the guess, and black
becomes grey, which no garment has. A rule that saves one kind of picture can ruin another: look at yours.
"""

# %% [markdown] key="clip-read" lang="zh" of="6121dc"
r"""
**两份结果一起看。** 强度取 6，是为了看得清楚。引导之后再截断，采样守在范围之内，白色从千分之几升到百分之几。先截断、或根本不截断，则有五分之一左右的像素烧成了白：褶皱与纽扣没有了。
动态阈值在这里反而更糟。它本是为照片发明的；衣物的图大半是**背景**，引导后的猜测把背景推到 $-1$ 以下，这条规则便把整个猜测一起缩小，黑就成了灰，而衣物图里没有这样的灰。救了一种图的规则，可能毁掉另一种：要看看自己的图。
"""

# %% [markdown] key="where"
r"""
## 5 · Where in the noise, and away from what · 在哪一段噪声里引导，又背离什么
"""

# %% [markdown] key="where-why" lang="en"
r"""
Part 1 has measured where two guesses differ at all, part 3 what guidance does in much noise. Where, then, should one
guide? A prediction, for scale 2. The figure then has scale 4, so that one can see it: the same ten noises, guided in one
stretch of log-SNR at a time.
"""

# %% [markdown] key="where-why" lang="zh" of="e4ee12"
r"""
第 1 节量过，两个猜测在哪里才有差别；第 3 节看过，引导在噪声大时做了什么。那么该在哪里引导？先预测，问的是强度 2；图用强度 4，是为了看得清楚：同样的十份噪声，每次只在对数信噪比的一段里引导。
"""

# %% key="where-predict"
predict("08.where")

# %% key="where-show"
stretches = {"nowhere": (90, 99), "below -2": (-99, -2), "-2 to 4": (-2, 4), "above 4": (4, 99), "everywhere": (-99, 99)}
by_stretch = {}
for name, ends in stretches.items():
    denoiser = guidance.classifier_free_guided(schedule, network, ten, 4, guidance.log_snr_between(schedule, *ends))
    by_stretch[name] = drawn_with(denoisers.clipped(denoiser))
reveal("08.where", plots.rows(by_stretch, names))

# %% key="where-table"
paired = {name: f"   {less:+.3f} ± {error:.3f}" for name, (less, error) in guided_garments.PAIRED.items()}
stretched = ("1", "2, below -2", "2, -2 to 4", "2, above 4", "2", "4, -2 to 4", "4")
reveal("08.where", *(told_of(f"scale {name}", table[name]) + paired.get(name, "") for name in stretched), real[0])

# %% [markdown] key="where-read" lang="en"
r"""
**Read both.** To the eye the stretch of much noise does nearly all that guidance does, the middle one a little, and the last next to nothing.
The distances say where it *helps*. (The last column is the distance less that of scale 1, noise by noise, in four sets of
250.) With scale 2 in the middle alone the distance is 0.078, half of that of scale 1 (in the features of our judge; lesson 9
asks other eyes); as many garments are recognised as
at scale 1.5 throughout, and more variety is left (2.69 against 2.49). In much noise the same scale does harm, and with
hardly any it helps a little, by 0.031 where the middle has 0.083. This is why Kynkäänniemi and others guide in the middle alone, and let the network with its
label walk the rest. An interval does not excuse every scale: 4 in the middle is at 0.314.

**Write it yourself.** That paper gives its intervals in $\sigma$, the noise ratio
$\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$ (our $r_t$), for example from 0.28 to 5.42 (chosen for SDXL).
`my_interval(schedule, low, high)` gets these two ends, and returns a function of `t` that says whether `t` is guided.
"""

# %% [markdown] key="where-read" lang="zh" of="2f2621"
r"""
**两份结果一起看。** 单凭眼睛，引导的效果差不多全在噪声大的那一段，中间一段只有一点，最后一段几乎没有。距离说的却是哪里**有好处**。（最后一列是距离减去强度 1 的距离，一份噪声一份噪声地比，四组，每组 250。）强度 2 只用在中间，距离是 0.078，为强度 1 的一半（按评判者的特征；第 9 课再换别的眼睛来看）；被认对的与全程用 1.5 时一样多，留下的多样性却更多（2.69 对 2.49）。
同样的强度用在噪声大处反而有害，用在几乎没有噪声处略有好处：距离降 0.031，用在中间则降 0.083。所以 Kynkäänniemi 等人只在中间一段引导，其余的路让认得标签的网络自己走。有了区间，也不是多大的强度都无害：强度 4 用在中间，距离是 0.314。

**自己动手。** 那篇论文的区间以 $\sigma$ 给出，即噪声与信号之比 $\sqrt{1-\bar\alpha_t}/\sqrt{\bar\alpha_t}$（我们的 $r_t$），例如从 0.28 到 5.42（为 SDXL 选的）。
`my_interval(schedule, low, high)` 收到这两端，返回一个 `t` 的函数，说出 `t` 处要不要引导。
"""

# %% key="interval-try" tags=["exercise"]
def my_interval(schedule, low, high):
    ...

my_interval = check("08.interval", my_interval)

# %% key="interval-use"
inside = my_interval(schedule, 0.28, 5.42)
for walk in (even_times(schedule, 20), focused_times(schedule, 20)):
    led_at = [t for t in walk[:-1] if inside(t)]
    print(f"guided at {len(led_at)} of 20 steps: t from {max(led_at)} to {min(led_at)}, log-SNR from {schedule.log_snr[max(led_at)]:.1f} to {schedule.log_snr[min(led_at)]:.1f}")
within_sigma = drawn_with(denoisers.clipped(guidance.guided(garments(ten), no_label(10), 4, inside)))
plots.rows({"-2 to 4": by_stretch["-2 to 4"], "0.28 to 5.42": within_sigma}, names)

# %% [markdown] key="late-why" lang="en"
r"""
On log-SNR that is from 2.5 down to $-3.4$: 14 of 20 even steps are guided, and 10 of the focused ones. A step outside
asks one denoiser and not two, so an interval is also cheaper.

**A task for the slider.** Two moons, a class each, all denoisers exact: 200 particles are led to the upper one, over
exact draws of it (grey). `share` is how many of them the exact classifier takes for the upper moon's, `distance` how far
the crowd is from exact draws (draws themselves: `share` 0.94, as the moons overlap, and `distance` 0.003). With scale 4
in all the noise `share` is 1, and the moon's right end is empty. How late may guidance begin? Find the largest `log-SNR ≥` with
which `share` is still 1 for all six seeds, and watch the distance on the way.
"""

# %% [markdown] key="late-why" lang="zh" of="b50faf"
r"""
换成对数信噪比，就是从 2.5 到 $-3.4$：等间隔走 20 步，有 14 步受引导；用集中的（focused）时间步，是 10 步。区间之外的一步只问一个去噪器，不问两个，所以用区间也更省。

**滑块任务。** 两弯月牙，各为一类，所有去噪器都是精确的：200 个粒子被引向上面那一弯，灰色是这一弯的精确样本。`share` 是精确分类器认作属于上面那一弯的比例，`distance` 是这团点到精确样本的距离（精确样本自己：两弯有重叠，`share` 是 0.94，`distance` 是 0.003）。
强度 4 用在全部噪声里，`share` 是 1，月牙的右端却空了。引导最晚可以从哪里开始？找出最大的 `log-SNR ≥`，使六个种子的 `share` 都仍是 1；一路上留意距离。
"""

# %% key="late-explore"
guidance_explorer()

# %% key="late-try" tags=["exercise"]
my_latest = ...
my_latest = check("08.late", my_latest)

# %% key="late-print"
for place, low in (("from -8", -8), ("from 0", 0), ("my_latest", int(my_latest))):
    late_guided = guided_moons.moon_guided(4.0, guidance.log_snr_between(schedule, low, 8))
    ended = [guided_moons.walked(late_guided, seed)[-1].xt for seed in range(6)]
    shares = [guided_moons.share_in_class(x2) for x2 in ended]
    distances = torch.tensor([guided_moons.distance_to_moon(x2) for x2 in ended])
    print(f"{place:>10}: share at least {min(shares):.1%}   distance {distances.mean():.3f} ± {distances.std() / 6**0.5:.3f}")

# %% [markdown] key="auto-why" lang="en"
r"""
Guided late, the crowd keeps the shape of its moon: every particle still ends in its class, and the distance is a small
part of what it was. (Until yours is right, the last line is the course's answer. A `share` of 1 is more than exact draws
have: this, too, chooses the typical.)

**Away from what?** Guidance goes from the second guess to the first, and on. The second need not be "no label". Put
another label there, and it is a *negative* condition. Put there a *worse version of the same network*, told the same
label, and it is **autoguidance** (Karras and others): what the worse one does worse, the mix undoes and a bit more. In
the plane both can be drawn exactly. Two moons, a class each; on the left the arrows from "no label" to the upper moon, on
the right the arrows from a blurred version of the upper moon to one that is less blurred: the first has bells much wider
than the data's, as an under-trained network sees them, the second a little wider, as a trained one does.
"""

# %% [markdown] key="auto-why" lang="zh" of="db1225"
r"""
开始得晚，这团点就保住了月牙的形状：每个粒子最后仍在所要的那一类里，距离却只剩原来的一小部分。（在你答对之前，最后一行用的是课程自带的答案。`share` 为 1，比精确样本自己的还高：这也是在挑典型的。）

**背离的是什么？** 引导从第二个猜测走向第一个，再往前走。第二个不一定是“没有标签”。换成另一个标签，就是**反向**条件。换成**同一个网络的较差版本**，给它同样的标签，就是**自引导**（autoguidance，Karras 等）：
较差的那个做坏了什么，混合之后就纠正什么，还多纠正一点。在平面上，两种箭头都能精确画出。两弯月牙，各为一类；左图的箭头从“没有标签”指向上面那弯月牙，右图的箭头从这一弯的模糊版本指向不那么模糊的版本：前者的钟形比数据的宽得多，就像训练不足的网络看到的那样；后者只宽一些，就像训练好的网络。
"""

# %% key="auto-field"
moons = guided_moons.moons_by_class()
good, bad = (guided_moons.moons_by_class(std).conditional(0) for std in (guided_moons.GOOD, guided_moons.BAD))
upper = moons.conditional(0)
leans = {"label, no label": guided_moons.lean(upper, moons.unconditional, upper.means, 300)}
leans["good, worse"] = guided_moons.lean(good, bad, upper.means, 300)
plots.arrows(leans)

# %% key="auto-print"
ways = {"label, no label": guided_moons.moon_guided, "good, worse": guided_moons.moon_autoguided}
to_moon = {name: guided_moons.distances_by_scale(way, (1.0, 1.5, 2.0, 3.0), 700) for name, way in ways.items()}
for name, row in to_moon.items():
    print(f"{name:15}", *(f"  {scale}: {mean:.4f} ± {error:.4f}" for scale, (mean, error) in row.items()))
print(f"exact draws: {guided_moons.moon_floor(700, 1400):.4f}")

# %% [markdown] key="auto-read" lang="en"
r"""
**Read the figure.** On the left all arrows point one way, off the other moon, wherever they begin: this guidance pushes
along what tells the classes apart. On the right they point *to the moon*, from every side, and where it lies there is
nothing left to do.

The numbers are the energy distances of 700 particles to exact draws of the upper moon, for four scales: means over eight
seeds, ± one standard error. Chance alone moves a single such figure by 0.0008 or so. Away from "no label", from denoisers that are exact, every bit of scale makes the
crowd worse: there was nothing to mend. The good denoiser is not exact (its bells are wider than the data's: a network, on
a small scale). Away from a worse one it comes nearer to the truth until scale 2, at which it cannot be told from exact
draws, and at 3 it has gone too far. So guidance with labels lets one choose what is typical; what it *mends* are faults
of the network, and for that autoguidance is the cleaner tool, as it does not push the classes apart.

On the garments: the worse version is the same network after 600 of its 10,000 steps. Below, ten noises; in the first row
it draws by itself.
"""

# %% [markdown] key="auto-read" lang="zh" of="3eb962"
r"""
**看图。** 左图里，无论从哪里出发，箭头都朝一个方向，离开另一弯月牙：这种引导推的方向，是区分两类的方向。右图里，箭头从四面八方**指向月牙**，而在月牙所在之处，已经没有什么要做的了。

这些数是 700 个粒子与上面那弯月牙的精确样本之间的能量距离，共四种强度：八个种子的均值，± 后是一个标准误差。仅凭偶然，单独一个这样的数就能差上 0.0008 左右。去噪器本就精确，再去背离“没有标签”，强度每加一点，就更糟一点：没有什么可纠正的。那个较好的去噪器并不精确（它的钟形比数据的宽，好比真实网络的缩影）；让它背离更差的那个，就一路靠近真值，强度 2 时与精确样本已分不出来，到 3 又走过了头。
可见，按标签引导，是在挑更典型的；它若**纠正**了什么，纠正的是网络的毛病。要纠正毛病，自引导更干净，因为它不会把各类推开。

轮到衣物：较差的版本，就是同一个网络，在 10,000 步训练中才走了 600 步的时候。下面是十份噪声，第一行由它自己来画。
"""

# %% key="auto-garments"
worse = denoisers.from_network(schedule, pretrained("fashion_mnist_halfway"), ten)
away = {"worse": worse, "label": garments(ten), "2, no label": guidance.guided(garments(ten), no_label(10), 2)}
away["2, worse"] = guidance.guided(garments(ten), worse, 2)
plots.rows({name: drawn_with(denoisers.clipped(denoiser)) for name, denoiser in away.items()}, names)

# %% key="auto-table"
for name in ("1", "1.5", "autoguided 2"):
    print(told_of(name, table[name]) + paired.get(name, ""))
print(real[0])

# %% [markdown] key="auto-table-read" lang="en"
r"""
**Read both.** The autoguided row keeps what each garment is, and gets crisper. Its distance is 0.102; noise by noise it is less than at scale 1 by 0.048 ± 0.015, at no cost in variety; the agreement does not rise, for nobody pushes the classes apart. From
guidance in the middle alone it is two error bars away, 0.035 ± 0.017 noise by noise: too little to rank them. (Which
worse network goes best with which scale takes a search, which we have not made.)

Below, one class under your hand: `y` is the label. The upper row is without guidance.
"""

# %% [markdown] key="auto-table-read" lang="zh" of="5c995f"
r"""
**两份结果一起看。** 自引导的一行，每件衣物还是那件，只是更清晰。它的距离是 0.102；一份噪声一份噪声地比，比强度 1 小 0.048 ± 0.015，多样性没有减少；认对的比例没有上升，因为没有谁把各类推开。用同样的比法，与只在中间引导的相差 0.035 ± 0.017，不过两个误差棒，还排不出高下。（较差的网络与强度怎样搭配最好，要去搜索，我们没有做。）

下面由你来试一类：`y` 是标签，上行不加引导。
"""

# %% key="auto-explore"
garment_explorer(schedule, network)

# %% [markdown] key="pixels"
r"""
## 6 · Conditions from pixels · 以像素为条件
"""

# %% [markdown] key="pixels-why" lang="en"
r"""
A picture with a hole: some pixels are known, the rest shall be drawn to fit (*inpainting*). Nothing was trained for it.
Again the truth first, in the smallest picture that there is, two pixels: a Gaussian of mean 0, variances 1 and
correlation 0.9. The first pixel is known, 1.5. Of the other we know everything (lesson 3, part 4): its mean must be
$0.9\cdot1.5=1.35$ and its standard deviation $\sqrt{1-0.9^2}=0.436$.

Three ways to make a walk heed the known pixel:

- **Put it back** (replacement): at every step, set the known pixel to what it must be at this noise, a jump from its true
  value.
- **RePaint**: put it back, too; but after a step down go up again by fresh noise, and down once more, several times at
  each noise.
- **Bayes**: (2) holds for any condition. In the place of the label take the measurement $y$, the known pixel. Given
  $x_t$, take $x_0$ for a bell around the guess, $\mathcal N(\hat x_0,\rho_t^2I)$; then
  $\log p(y\mid x_t)=-|y-\hat x_0[\text{known}]|^2/(2\rho_t^2)$, up to a constant, and its gradient goes *through the
  denoiser*. That is ΠGDM with $\rho_t^2=1-\bar\alpha_t$, which is right for data $\mathcal N(0,I)$; DPS is the same
  gradient with a step size chosen by hand (and the algorithm that comes with ΠGDM weighs it by hand, too).

All three walk with samplers that you know. Which of them draws the right thing?
"""

# %% [markdown] key="pixels-why" lang="zh" of="814221"
r"""
图上缺了一块：一部分像素已知，其余的要画得与之相合（修补，inpainting）。没有哪个网络为这件事专门训练过。仍旧先看真值，而且用最小的图，只有两个像素：均值 0、方差 1、相关系数 0.9 的高斯分布。第一个像素已知，是 1.5。
另一个该是什么样，我们全知道（第 3 课第 4 节）：均值必是 $0.9\cdot1.5=1.35$，标准差必是 $\sqrt{1-0.9^2}=0.436$。

要让采样顾及已知的像素，有三种办法：

- **放回去**（replacement）：每走一步，就把已知像素设成它在这个噪声下该有的样子，也就是从它的真值一次跳到这里。
- **RePaint**：同样放回去；但往下走一步之后，加新噪声再升上来，再走下去，在每个噪声水平上来回好几遍。
- **贝叶斯**：(2) 对任何条件都成立。把标签换成测量值 $y$，也就是已知的像素。给定 $x_t$，把 $x_0$ 当作以猜测为中心的钟形 $\mathcal N(\hat x_0,\rho_t^2I)$；
  于是 $\log p(y\mid x_t)=-|y-\hat x_0[\text{known}]|^2/(2\rho_t^2)$，只差一个常数，它的梯度要**经由去噪器**求得。取 $\rho_t^2=1-\bar\alpha_t$（数据为 $\mathcal N(0,I)$ 时恰好正确），就是 ΠGDM；DPS 用的是同一个梯度，步长则由人选定（ΠGDM 所附的算法，其实也由人加权）。

三种办法用的采样器你都认识。哪一种画得对？
"""

# %% key="pixels-predict"
predict("08.replaced")

# %% key="pixels-show"
completed, exact_2 = completing.given_one(), completing.exact_given()
said = [f"{'truth':9} mean {exact_2[0]:.3f}           std {exact_2[1]:.3f}"]
for name, found in completed.items():
    of = guiding.summary(found.x)
    said.append(f"{name:9} mean {of.mean:.3f} ± {of.mean_error:.3f}   std {of.std:.3f} ± {of.std_error:.3f}   {found.evaluations} evaluations")
reveal("08.replaced", plots.histograms({name: found.x for name, found in completed.items()}, bell=exact_2), *said)

# %% [markdown] key="pixels-read" lang="en"
r"""
**Read the figure.** 2000 draws each; the curve is the truth. Put back, the mean is two thirds of what it should be, and
the width a third too large. RePaint, with every stretch walked ten times, comes within 0.05 of the mean, a little too
narrow, and asks ten times as often. ΠGDM comes within 0.1 in as many evaluations as the first, each of them with a way
back through the denoiser. Its one error is $\rho_t$: given $x_t$ the known pixel is surer than $1-\bar\alpha_t$ says, for
its neighbour tells about it, too. The last panel shows what 50 even steps cost by themselves: the exact denoiser of what
we want, and its width is off by 0.02, its mean by no more than chance.

Why is putting back not enough? At each step the unknown pixel is drawn to fit the known one as it stands in $x_t$, under
its noise, and not the known one itself. At high noise that says little; by the time the known pixel can be heard, the
other has half decided. More steps do not help: with 1000 the mean is still 0.94. Going up and down gives it the time to
change its mind: each visit draws the unknown pixel again beside the known one, and the pair comes nearer to agreeing. It
is paid for in evaluations.

**Write it yourself**, one step of it: `my_inpaint_step` goes from `t` to `s` as Algorithm 2 does for the unknown pixels,
with the posterior's variance and the noise `z` that is handed to you; the `known` pixels, where `mask` is True, come in
at the noise of `s`, made with `eps`. (What `known` holds elsewhere is anything, perhaps nan. `known` and `mask` are like
`xt`, or like one sample. At $s=0$ the known pixels are exactly themselves.)
"""

# %% [markdown] key="pixels-read" lang="zh" of="532499"
r"""
**看图。** 各抽 2000 个，曲线是真值。光放回去，均值只有应有的三分之二，宽度却大了三分之一。RePaint 把每一段走十遍，均值相差不到 0.05，略嫌窄，求值次数却是十倍。ΠGDM 的求值次数与第一种相同，只是每次还要经由去噪器求一次梯度；均值相差不到 0.1。错只错在 $\rho_t$：旁边的像素也透露了消息，所以给定 $x_t$ 时，已知像素比 $1-\bar\alpha_t$ 所说的更确定。最后一格显示 50 个等间隔的步子本身的代价：用的正是我们要的分布的精确去噪器，宽度差了 0.02，均值的差别不超出偶然。

为什么光放回去还不够？每一步里，未知像素配合的是 $x_t$ 里盖着噪声的已知像素，而不是它的真值。噪声大时，这等于没说什么；等到听得清已知像素，未知的那个已经定了一半。步数再多也没有用：走 1000 步，均值还是 0.94。上上下下地走，就是给未知像素时间改主意：每来一遍，它都对照已知像素重画一次，两者就更相合一些。代价是求值次数。

**自己动手**，写其中的一步：`my_inpaint_step` 从 `t` 走到 `s`，未知像素按算法 2 走，取后验方差，所用的噪声 `z` 已经给你；`mask` 为 True 处是已知像素，`known` 给出它们的值，要用 `eps` 加噪到 `s` 再放进来。
（`known` 在别处可以是任何东西，也许是 nan。`known` 与 `mask` 的形状同 `xt`，或同单个样本。$s=0$ 时，已知像素恰好就是它们自己。）
"""

# %% key="inpaint-try" tags=["exercise"]
def my_inpaint_step(schedule, xt, t, s, x0_hat, known, mask, z, eps):
    ...

my_inpaint_step = check("08.inpaint", my_inpaint_step)

# %% [markdown] key="hole-why" lang="en"
r"""
It draws a garment at once. A bag that the network itself has drawn loses its right half, and is completed eight times: by
your step on 50 even times; by RePaint, also by your step, on 20 even times of which each stretch is walked five times (92
evaluations); and by ΠGDM with 50 evaluations, each of which goes back through the network. All are told "bag".
(`stepwise` is DDPM with a step of your own in it; `resampled(times, jump=2, visits=5)` is a list of times that goes back
two places until each stretch has been walked five times.)
"""

# %% [markdown] key="hole-why" lang="zh" of="80516d"
r"""
马上用它来补一件衣物。网络自己画的一只包，去掉右半边，补八次：用你写的一步走 50 个等间隔的时间步；用 RePaint，也是你写的一步，20 个等间隔的时间步，每一段走五遍（求值 92 次）；用 ΠGDM，求值 50 次，每次都要经由网络求一次梯度。三种办法给的标签都是“包”。（`stepwise` 是换上你自己那一步的 DDPM；`resampled(times, jump=2, visits=5)` 是一串时间步，一再退回两步，直到每一段走满五遍。）
"""

# %% key="hole-show"
mask, bags, told_8 = torch.zeros(1, 28, 28, dtype=torch.bool), bag.repeat(8, 1, 1, 1), torch.full((8,), 8)
mask[..., :14] = True
def put_back(schedule, xt, t, s, x0_hat, *, generator):
    return my_inpaint_step(schedule, xt, t, s, x0_hat, bags, mask, *torch.randn(2, *xt.shape, generator=generator))

told_bag, z8, fifty = denoisers.clipped(garments(told_8)), torch.randn(8, 1, 28, 28, generator=seeded(31)), even_times(schedule, 50)
completions = {"put back": finish(stepwise(schedule, told_bag, z8, fifty, step=put_back, generator=seeded(32)))}
climbing = resampled(even_times(schedule, 20), jump=2, visits=5)
completions["RePaint"] = finish(stepwise(schedule, told_bag, z8, climbing, step=put_back, generator=seeded(32)))
with_gradients = denoisers.from_eps(schedule, partial(denoisers.predict_eps, schedule, network, labels=told_8))
heeding = conditions.pseudoinverse_guided(schedule, with_gradients, coordinates(mask), bag[0][mask])
completions["ΠGDM"] = finish(ddim(schedule, denoisers.clipped(heeding), z8, fifty))

# %% key="hole-rows"
holes = {"known": torch.where(mask, bags, 0.0)} | {name: torch.where(mask, bags, x8) for name, x8 in completions.items()}
def seam(x):  # mean difference across the edge of the hole
    return float((x[..., 14] - x[..., 13]).abs().mean())

for name, x8 in holes.items():
    print(f"{name:9} seam {seam(x8):.3f}   spread {x8.std(0)[..., 14:].mean():.3f}   bags {(judge(x8).argmax(1) == 8).sum()} of 8")
print(f"{'the bag':9} seam {seam(bag):.3f}")
plots.rows(holes)

# %% [markdown] key="hole-read" lang="en"
r"""
**Look.** (In all rows the known half has been put back at the end.) *Put back* hardly listened: many right halves belong
to another bag, and the edge of the hole can be seen; its jump across the seam is nearly twice that of the bag itself, and
its completions differ most. *RePaint* joins without a seam, for not quite twice the evaluations, and is a little smooth.
*ΠGDM* joins less well in 50, each of which costs two or three times as much, as it goes back through the network. The
judge takes all of them for bags: it is no judge of *fitting*. Eight completions of one bag prove little; here are real
ones, each from the test images, which the network has never seen:
"""

# %% [markdown] key="hole-read" lang="zh" of="b00b7f"
r"""
**看图。**（各行最后都把已知的一半放了回去。）**放回去**几乎没在听：许多右半边属于另一只包，缺口的边缘看得出来；接缝处的跳跃差不多是那只包本身的两倍，各次补出来的彼此差别也最大。**RePaint** 接得天衣无缝，求值次数不到“放回去”的两倍，只是略嫌平滑。**ΠGDM** 只走 50 步，接得差一些，而且每一步都要经由网络求一次梯度，代价是普通一步的两三倍。
评判者把它们全认作包：**合不合得上**，它评不了。一只包补八次，说明不了多少；下面用的是真实的测试图像，网络从没见过：
"""

# %% key="hole-table"
ways = ("label alone, 10", "put back, 20", "put back, 50", "put back, 100", "RePaint, 20 x 5", "RePaint, 20 x 10", "RePaint, 100 x 2")
ways = (*ways, "ΠGDM, 20", "ΠGDM, 50")
for name, (fit, bar) in [(name, completed_garments.STORED[name]) for name in ways] + list(completed_garments.NO_NETWORK.items()):
    print(f"{name:23} class {fit.agreement:.3f} ± {bar.agreement:.3f}   seam {fit.seam:.3f} ± {bar.seam:.3f}   error {fit.error:.3f} ± {bar.error:.3f}   spread {fit.spread:.3f} ± {bar.spread:.3f}   left {fit.error - fit.spread / 2:.3f} ± {math.hypot(bar.error, bar.spread / 2):.3f}")

# %% [markdown] key="hole-table-read" lang="en"
r"""
**Read the table.** 200 real test images, 20 of each class, without a label (but for the first row), ± one standard error.
`class`: the share that the judge takes for the true class, though nobody told it; `seam`: the jump across the edge;
`error`: mean squared difference from the true half; `spread`: that of two completions of the same image (the first 50
only). Since the true half is itself a draw of what fits, a perfect method has *error equal to spread*; but so has one
that ignores the picture, and whoever always answers with the mean has spread 0 and half the error. The error less
half the spread (`left`; its bar takes the two for independent) says how far, squared, the mean completion is from the
true half.

- *Put back* in 50 steps finds the class in 0.77, and in 100 it is no better: finer steps alone do not help. Its spread is
  rather larger than its error: it is less sure than it might be, as with the two pixels. What is left is 0.12 ± 0.02, for
  RePaint 0.11 ± 0.01, for ΠGDM 0.10 ± 0.02: the *means* of their completions cannot be told apart. What sets putting
  back apart is the single completion: class, seam and error.
- *RePaint* on 20 steps with five visits (92 evaluations): 0.84, with a seam as small as that of real images
  (0.159). Going up again is better than finer steps: 10 visits of 20 steps have a smaller seam than 2 visits of 100, by
  0.031 ± 0.010 for the same evaluations. Its spread is less than its error, by 0.040 ± 0.016 on the same images: a little
  too sure, as with the two pixels.
- *ΠGDM* in 20 evaluations, each worth two or three: 0.855, which cannot be told from RePaint; its seam is
  rougher by 0.033 ± 0.010. With 50 it is no better.

And the cheats: the mirror image of the left half has no seam at all, and is taken for the true class in 0.815. The right
half of the training image whose left half is nearest is as good as any method in class, error and spread, for no
evaluation at all; only its seam gives it away. A seam is no measure of sense, and for garments copying is a strong
opponent: lesson 9.

Now yours: the mask is chosen by its sign, black is what is hidden.
"""

# %% [markdown] key="hole-table-read" lang="zh" of="ad2ec1"
r"""
**读表。** 200 幅真实测试图像，每类 20 幅，都不给标签（第一行除外），± 后是一个标准误差。`class`：评判者认作真实类别的比例，尽管没有人说过是哪一类；`seam`：边缘处的跳跃；`error`：误差，即与真实的那一半之差的均方；`spread`：差异，即同一幅图补两次，两次之差的均方（只取前 50 幅）。
真实的那一半，本身就是从所有合得上的补法里抽出的一个，所以完美的方法，误差等于差异；可完全不看图的也是如此，而总以均值作答的，差异为 0，误差只有一半。从误差里减去差异的一半（`left`；它的误差棒把两者当作独立的），剩下的就是各次补法的均值偏了多少（按平方算）。

- **放回去**走 50 步，认对 0.77；走 100 步也不更好：光把步子分细没有用。它的差异比误差还要大些：与两个像素时一样，本可以更有把握。剩下的是 0.12 ± 0.02，RePaint 是 0.11 ± 0.01，ΠGDM 是 0.10 ± 0.02：论各次补法的**均值**，三者分不出高下。放回去差在单次补法上：类别、接缝与误差。
- **RePaint** 走 20 步、每段五遍（92 次求值）：0.84，接缝与真实图像的一样小（0.159）。再升上去，胜过把步子分细：求值次数相同，20 步各走 10 遍，接缝比 100 步各走 2 遍小 0.031 ± 0.010。它的差异小于误差，在同样的图像上相差 0.040 ± 0.016：与两个像素时一样，略嫌自信。
- **ΠGDM** 求值 20 次，每次抵两三次：0.855，同 RePaint 分不出高下；接缝要糙 0.033 ± 0.010。求值 50 次也不见好。

再看作弊的：把左半边镜像过去，完全没有接缝，还有 0.815 被认作真实的类别。找出左半边最接近的训练图像，取它的右半边：类别、误差、差异都不输给任何方法，一次求值也不用，只有接缝露出马脚。接缝小，不等于画得合理；而对衣物来说，照抄是个强劲的对手：见第 9 课。

轮到你：掩码由符号来选，黑色是隐去的部分。
"""

# %% key="hole-explore"
inpainting_explorer(schedule, network, bag)

# %% [markdown] key="start"
r"""
## 7 · Begin from an image · 从一幅图像出发
"""

# %% [markdown] key="start-why" lang="en"
r"""
The simplest condition of all changes neither the denoiser nor the step: it changes where the walk begins. Take a picture,
jump to some $t$, and walk down from there under a label (SDEdit; in programs "image to image", with $t/T$ for the
"strength"). Two sketches made of rectangles, a sneaker that shall become a boot, and trousers that shall become a dress.
What survives of the picture, and from which $t$ on does the label have its way?
"""

# %% [markdown] key="start-why" lang="zh" of="b3d148"
r"""
最简单的一种条件，既不改去噪器，也不改步子，只改采样的起点。取一幅图，加噪跳到某个 $t$，再带着一个标签从那里走下来（SDEdit；程序里叫“图生图”，$t/T$ 就是“重绘强度”）。
下面是两幅用矩形拼成的草图、一只要变成靴子的运动鞋、一条要变成连衣裙的裤子。原图还剩下什么？从哪个 $t$ 起，标签说了算？
"""

# %% key="start-predict"
predict("08.survives")

# %% key="start-sketch"
bag_sketch, boot_sketch = torch.full((2, 1, 1, 28, 28), -1.0)
bag_sketch[..., 12:24, 4:24], bag_sketch[..., 6:12, 9:19], bag_sketch[..., 8:12, 11:17] = 0.3, 0.3, -1
boot_sketch[..., 18:23, 2:26], boot_sketch[..., 8:18, 15:25] = 0.5, 0.2

# %% key="start-show"
origins = torch.cat([bag_sketch, boot_sketch, starting.sneakers()[:1], by_scale["1"][1:2]])
wanted, from_t = torch.tensor([8, 9, 9, 3]), (250, 500, 750, 850, 950)
begun = [origins, *(starting.begun_from(origins, wanted, t) for t in from_t)]
tracks = ("bag", "boot", "boot?", "dress?")
plots.rows({name: torch.stack([images[k] for images in begun]) for k, name in enumerate(tracks)}, ["$x_0$", *map(str, from_t)])

# %% key="start-print"
others = {t: starting.likeness_to_others(t) for t in from_t}
reached = {t: starting.sneakers_to_boots(t) for t in from_t}
said = [f"t = {t}   boots {boots:4.0%}   likeness {like:.2f}   to others {others[t]:.2f}" for t, (boots, like) in reached.items()]
said.append(f"boots from pure noise: likeness to the same sneakers {starting.likeness_from_noise():.2f}")
reveal("08.survives", *said)

# %% key="start-source"
show_source(conditions.sdedit)

# %% [markdown] key="start-read" lang="en"
r"""
**Look.** (The third row begins as a sneaker and is called a boot, the fourth as trousers and is called a dress.) From
$t=250$ the sketches keep their rectangles, and get a little cloth. From 500 to 850 they turn into things: the corners go,
the bag gets a body and straps, the boot an instep, and where it stands and how large it is stays. At 950 little more is
left than that there was something. The label has its way late: at 500 the sneaker is still that sneaker, and between the
trousers' legs it is still dark.

In numbers, for 16 sneakers (a share of 16 is off by 0.12 or so by chance): before any noise the judge takes 1 of them for
a boot; begun at 500, it takes under a third, at 750 two thirds, at 850 nearly all. `likeness` is the correlation of the
outline with its own origin, in squares of 4 × 4 pixels; beside it, that with the origins of the others. At 850 the two
are 0.05 apart: of *this* sneaker little survives but that it was a shoe, and at 950 hardly even that (0.67 to its own
and 0.68 to the others; boots from pure noise have about 0.6). So the useful strength lies in the middle, high enough for the label and low enough for the picture. That it lies near 750 part 1 could have told:
that is $\lambda=-1.8$, and below $-2$ a label begins to be worth something.
"""

# %% [markdown] key="start-read" lang="zh" of="7734b7"
r"""
**看图。**（第三行本是一只运动鞋，被叫作靴子；第四行本是一条裤子，被叫作连衣裙。）从 $t=250$ 出发，草图还是那几块矩形，只多了一点布料的样子。从 500 到 850，它们成了东西：棱角没了，包有了包身和提手，靴子有了脚背，而位置与大小不变。
到 950，剩下的差不多只有“这里有过东西”。标签要到噪声很大时才说了算：在 500 处，运动鞋还是那只运动鞋，两条裤腿之间也还是黑的。

用数字说，取 16 只运动鞋（16 个里的比例，碰巧就能差上 0.12）：加噪之前，评判者把其中 1 只认作靴子；从 500 处出发，认作靴子的不到三分之一，750 处三分之二，850 处差不多全是。`likeness` 是轮廓与各自原图的相关系数，按 4 × 4 像素的小块计算；旁边是与其他原图的相关系数。到 850，两者只差 0.05：**这一只**留下的，差不多只剩“它是只鞋”；到 950，连这也所剩无几（与自己的原图 0.67，与别的 0.68；由纯噪声画的靴子约为 0.6）。可见有用的重绘强度居中：高到标签起作用，低到原图还算数。至于为什么在 750 左右，第 1 节早有答案：那里 $\lambda=-1.8$，而低于 $-2$，标签就有了价值。
"""

# %% [markdown] key="start-task" lang="en"
r"""
Below, the boot's sketch; the walk begins at `t` under the label `y`. Try to make it a sneaker, a sandal, a bag: each
needs another start.
"""

# %% [markdown] key="start-task" lang="zh" of="c89467"
r"""
下面是那幅靴子草图；采样从 `t` 出发，标签是 `y`。试着把它变成运动鞋、凉鞋、包：每一样都要换个起点。
"""

# %% key="start-explore"
start_explorer(schedule, network, boot_sketch)

# %% [markdown] key="names"
r"""
## 8 · One scale, many names · 同一个强度，许多名字
"""

# %% [markdown] key="names-why" lang="en"
r"""
The same number is counted in two ways, and called by more names than that. All of these are
$\hat x_u+\text{scale}\cdot(\hat x_c-\hat x_u)$, in $\hat\epsilon$, $v$ or $\hat x_0$ alike (at one $x_t$ and $t$ each is
a straight line in the other):

| where | what stands there | our scale |
|---|---|---|
| Ho & Salimans 2022, eq. (6) | $(1+w)\,\hat\epsilon_c-w\,\hat\epsilon_u$ | $1+w$ |
| Imagen, and most papers since | $w\,\hat\epsilon_c+(1-w)\,\hat\epsilon_u$ | $w$ |
| `diffusers`, `guidance_scale` | $\hat\epsilon_u+\text{scale}\,(\hat\epsilon_c-\hat\epsilon_u)$; at 1 or below it is switched off, and then is 1 | the same |
| menus of programs, "CFG 7" | the same | 7 |
| a negative prompt | $\hat\epsilon_u$ is asked with another condition, that which is not wanted | the same |
| autoguidance, $w$ | $\hat\epsilon_u$ is asked of a worse network | $w$ |
| Dhariwal & Nichol, scale $s$ of the classifier | added to a denoiser without labels | $s$ |
| the same, added to a denoiser that knows the label, as most of their results | | $1+s$ |

The scale that is common for photographs from text, 7, would wreck our garments: how far one may go depends on how much of
the answer the condition leaves open, and on how good the network is out there.

**Write it yourself: unmask a library.** You have three tensors: the guess with the label, the one without, and what some
library has `mixed` from them, of any shape, perhaps with rounding errors. Which scale, in our counting, did it use? One
float for all, the one with the least mean squared error. (There may be pixels in which the two guesses do not differ. In
messages and hints the three are c, u and m.)
"""

# %% [markdown] key="names-why" lang="zh" of="70fae2"
r"""
同一个数有两种数法，名字就更多了。下面这些全是 $\hat x_u+\text{scale}\cdot(\hat x_c-\hat x_u)$，用 $\hat\epsilon$、$v$ 还是 $\hat x_0$ 来写都一样（在同一个 $x_t$ 与 $t$ 处，其中每一个都是另一个的一次函数）：

| 出处 | 那里怎么写 | 我们的强度 |
|---|---|---|
| Ho 与 Salimans 2022，式 (6) | $(1+w)\,\hat\epsilon_c-w\,\hat\epsilon_u$ | $1+w$ |
| Imagen 以及后来的多数论文 | $w\,\hat\epsilon_c+(1-w)\,\hat\epsilon_u$ | $w$ |
| `diffusers` 的 `guidance_scale` | $\hat\epsilon_u+\text{scale}\,(\hat\epsilon_c-\hat\epsilon_u)$；不超过 1 时关闭，即等于 1 | 相同 |
| 程序菜单里的“CFG 7” | 相同 | 7 |
| 反向提示词 | $\hat\epsilon_u$ 改在另一个条件（不想要的那个）之下求 | 相同 |
| 自引导的 $w$ | $\hat\epsilon_u$ 改由一个较差的网络来答 | $w$ |
| Dhariwal 与 Nichol，分类器的强度 $s$ | 加在不认标签的去噪器上 | $s$ |
| 同上，但加在认得标签的去噪器上（他们的多数结果如此） | | $1+s$ |

由文字画照片时常用的强度 7，会把我们的衣物毁掉：能走多远，要看条件给答案留下多大余地，也要看网络在那么远的地方还行不行。

**自己动手：识破一个程序库。** 手里有三个张量：有标签的猜测、没有标签的猜测，以及某个程序库由前两个混合出的 `mixed`；形状任意，也许还带舍入误差。按我们的数法，它用的强度是多少？整批一个浮点数，取均方误差最小的那个。
（有的像素上，两个猜测可能没有差别。提示与评语里，三者记作 c、u、m。）
"""

# %% key="names-try" tags=["exercise"]
def my_scale(conditional, unconditional, mixed):
    ...

my_scale = check("08.scales", my_scale)

# %% key="names-use"
_, c, u = kept[774]  # log-SNR -2
libraries = {"A": 3 * c - 2 * u, "B": 7.5 * c - 6.5 * u, "C": c + 0.5 * (c - u), "D": torch.lerp(u, c, 0.25).half().float()}
for name, mixed in libraries.items():
    print(f"{name}: scale {my_scale(c, u, mixed):.4f}")

# %% [markdown] key="build"
r"""
## 9 · Build it · 动手造
"""

# %% [markdown] key="build-why" lang="en"
r"""
Behind the button of a program stand a label, a scale and a brush. Write what is behind it, as one sampler:
`my_sampler(schedule, conditional, unconditional, scale, known, mask, xT, times, z)` begins with `xT` and returns $x_0$.
Of `z` each step has two noises of its own: `fresh, eps = z[k]` for the step from `times[k]` to `times[k + 1]`, the first
for the step, the second for the known pixels. It changes nothing that it is handed, and clips nothing. The parts, by the
names that `check` prints:

- **walks**: `times` fall to 0 by steps of any length; each step draws $x_s$ from the posterior given $x_t$ and the
  guess, with `fresh`.
- **guides**: the guess is led by `scale`, one number for all, or a tensor (b,) with one for each sample. Samples may have
  any shape.
- **asks**: an evaluation is what costs. Each denoiser is asked at most once a step, and not at all where its guess has no
  weight in any sample.
- **keeps**: after each step down the known pixels, where `mask` is True, stand in $x_s$ as noisy as $s$ says, with `eps`;
  at $s=0$ they are exactly `known`.
- **hole**: beside the mask `known` may hold anything, nan, too, and none of it gets in. `known` and `mask` are like `xT`
  or like one sample; both may be None, and then nothing is known.
- **rises**: a list of RePaint's rises on its way. From $t$ to an $s>t$ the forward process goes on, from $x_t$, with
  `fresh`; nobody is asked, and no known pixel is put in.

Each part is judged by itself. `hint("08.build")` is for the first that does not hold yet, `hint("08.build", 2)` says
nearly everything.
"""

# %% [markdown] key="build-why" lang="zh" of="142430"
r"""
程序的那个按钮背后，有一个标签、一个强度、一支画笔。请把背后的东西写成一个采样器：`my_sampler(schedule, conditional, unconditional, scale, known, mask, xT, times, z)` 从 `xT` 出发，返回 $x_0$。`z` 给每一步两份噪声：
从 `times[k]` 到 `times[k + 1]` 的一步用 `fresh, eps = z[k]`，前一份用于迈步，后一份用于已知像素。传进来的东西一概不改动，也不截断。各部分的名字与 `check` 所列的相同：

- **walks**：`times` 逐个降到 0，每步多长都行；每一步用 `fresh`，从给定 $x_t$ 与猜测的后验中抽出 $x_s$。
- **guides**：猜测按 `scale` 引导，它可以是大家共用的一个数，也可以是张量 (b,)，每个样本一个。样本可以是任意形状。
- **asks**：代价全在求值上。每一步对每个去噪器至多问一次；它的猜测若在所有样本里都没有权重，就一次也不问。
- **keeps**：每往下走一步之后，`mask` 为 True 处的已知像素要放进 $x_s$，用 `eps` 加噪到 $s$ 处应有的程度；$s=0$ 时恰好就是 `known`。
- **hole**：`known` 在掩码之外可以是任何东西，包括 nan，一点也不许混进来。`known` 与 `mask` 的形状同 `xT`，或同单个样本；两者也可以都是 None，那就没有已知的像素。
- **rises**：RePaint 的时间步途中会回升。从 $t$ 到 $s>t$，前向过程用 `fresh` 从 $x_t$ 接着走；谁也不问，也不放已知像素。

各部分分开评判。`hint("08.build")` 针对第一个尚未成立的部分，`hint("08.build", 2)` 几乎全说出来。
"""

# %% key="build-try" tags=["exercise"]
def my_sampler(schedule, conditional, unconditional, scale, known, mask, xT, times, z):
    ...

my_sampler = check("08.build", my_sampler)

# %% key="build-use"
sole, below, plan = starting.sneakers()[0], torch.zeros(1, 28, 28, dtype=torch.bool), resampled(even_times(schedule, 20), jump=2, visits=3)
below[:, 16:] = True
scales, z_plan = torch.tensor([0.0, 1, 2, 6]), torch.randn(len(plan), 2, 1, 1, 28, 28, generator=seeded(50)).repeat(1, 1, 4, 1, 1, 1)
known = torch.where(below, sole, torch.nan)  # nothing else of the sneaker is told
built = {"known": torch.where(below, sole, 0.0).repeat(4, 1, 1, 1)}
for name, label in (("boot", 9), ("sandal", 5), ("dress", 3)):
    pair = denoisers.clipped(garments(torch.full((4,), label))), denoisers.clipped(no_label(4))
    built[name] = my_sampler(schedule, *pair, scales, known, below, z_plan[0, 0], plan, z_plan[1:])
plots.rows({name: x.clamp(-1, 1) for name, x in built.items()}, [f"{scale:g}" for scale in scales])

# %% [markdown] key="build-read" lang="en"
r"""
**Look.** All is told at once: the sole of a sneaker, a label a row, a scale a column, every column from the same noise,
on times that go up again. (Until yours is right, the course's sampler draws.) Scale 0 does not hear the label, and makes
something like a bag of it. At 1 the sandal has its straps, from 2 on the boot its shaft; the dress has no use for a sole,
and stands on it all the same. (The sampler clips nothing, so here both guesses are clipped before, against part 4;
clipped after guiding, these pictures come out nearly the same.) What the known pixels say, the scale cannot talk away: it
can only make of it what the label allows.
"""

# %% [markdown] key="build-read" lang="zh" of="0d845a"
r"""
**看图。** 三样条件一起给：一只运动鞋的鞋底、每行一个标签、每列一个强度；各列用同一份噪声，时间步会回升。（在你写对之前，由课程自带的采样器来画。）强度 0 听不见标签，补出来的倒像一只包。到 1，凉鞋系上了带；从 2 起，靴子长出了筒；连衣裙用不着鞋底，却也站在上面。（这个采样器不截断，所以这里先截断了两个猜测，与第 4 节的做法相反；引导之后再截断，这些图几乎一样。）已知像素定下的，强度改不了：它只能在标签容许的范围里顺着画。
"""

# %% [markdown] key="open" lang="en"
r"""
**Change this, predict, look.** (Nothing is checked here.) Below, a negative condition: "a boot, but not a sneaker", from
ten noises, beside guidance away from "no label". Both pairs of guesses end in boots. Change `unwanted` to 5, sandals, or
to 8, bags; change `scale`. Before you run it, predict: for which unwanted label does the result differ most from plain
guidance, and does any of them make the boots better?

<details><summary>What was found</summary>

With 60 noises and scale 3 all were boots in the judge's eyes, whatever was unwanted. From plain guidance the pixels
differed by 0.27 on average for sneakers, 0.17 for sandals, 0.15 for bags. Away from the sneaker a boot gets a high shaft
and a heel, for those tell the two apart; away from the bag it keeps its shape, and gets plainer. Better? The variance of
the judge's features among the 60 was 2.0 at scale 1, 1.2 with plain guidance, 1.3, 1.0 and 0.8 with the three (with 60
other noises each moves by some 0.2, so the order of the last four is not settled; scale 1 lies above them every time): the same trade. A negative condition forbids nothing. It is a direction, and it leads
away from what the unwanted has and the wanted has not.

</details>
"""

# %% [markdown] key="open" lang="zh" of="76fd8f"
r"""
**改一改，先猜，再看。**（这里没有检查。）下面是一个反向条件：“要靴子，不要运动鞋”，十份噪声，旁边是背离“没有标签”的引导。两对猜测画出来的都是靴子。把 `unwanted` 改成 5（凉鞋）或 8（包），再改 `scale`。
运行之前先猜：不要哪一类时，结果与普通的引导差得最多？有没有哪一种让靴子变得更好？

<details><summary>试出来的结果</summary>

用 60 份噪声、强度 3，无论不要什么，在评判者眼里全都是靴子。与普通引导相比，像素平均相差：不要运动鞋 0.27，不要凉鞋 0.17，不要包 0.15。背离运动鞋，靴子就长出高筒和鞋跟，因为两者的区别正在于此；背离包，形状不变，只是更素净。
更好了吗？评判者的特征在这 60 件上的方差，强度 1 时是 2.0，普通引导是 1.2，那三种依次是 1.3、1.0 与 0.8（换 60 份噪声，每个数会变动 0.2 左右，所以后四个数的次序定不下来；强度 1 则次次在它们之上）：还是同样的交换。反向条件并不禁止什么。它只是一个方向：背离那些不想要的才有、想要的却没有的东西。

</details>
"""

# %% key="open-run"
unwanted, scale = 7, 3
def boots_away_from(second):
    return drawn_with(denoisers.clipped(guidance.guided(garments(torch.full((10,), 9)), second, scale)))

plain = boots_away_from(no_label(10))
against = {"no label": plain, f"not {unwanted}": boots_away_from(garments(torch.full((10,), unwanted)))}
for name, x in against.items():
    print(f"{name:9} boots: {(judge(x).argmax(1) == 9).sum()} of 10   from plain guidance: {(x - plain).abs().mean():.2f}")
plots.rows(against)

# %% [markdown] key="recap"
r"""
## 10 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- how one network holds a denoiser for each label and one for none, and at which noise a label is worth anything;
- why the difference of two guesses is the gradient of a classifier, and why a trained classifier's own gradient is a poor one;
- what scale 0, 1, 2 and 7 mean, in any paper and any library;
- why guidance does not draw the sharpened density, and why two samplers draw two different things with it;
- what a large scale buys and costs, and why a sure judge is no good sign by itself;
- why guiding in the middle of the noise alone is cheaper and milder; what autoguidance leads away from;
- why putting known pixels back is not enough, what going up again does, and what the gradient through the denoiser does;
- what survives of an image from which a walk begins.

**Common mistakes**

- "Scale $w$ samples $p(x)\,p(y\mid x)^w$." It does not, even if everything is exact.
- "Scale 1 is no guidance, so it ignores the label." It is the denoiser *with* the label; 0 ignores it.
- "Guidance scale 2 is Ho & Salimans' $w=2$." It is their $w=1$.
- "The judge recognises 99 %, so the samples are good." Real garments are recognised less often than those of scale 4.
- "Clip both guesses, then guide." The mix steps out again; clip what is guided.
- "A classifier of clean images will do." It must have seen noise, and its slope counts, not its verdict.
- "For inpainting, paste the known pixels into the result." Then nothing fits; and pasted clean into $x_t$ they are not
  what the network has seen at that noise.
- "The mask is 1 where to paint." In many libraries; here True is *known*.
- "Half the noise, half the picture." At log-SNR 0 nearly all of the picture is decided.

**Papers**

- Ho & Salimans 2022, [Classifier-Free Diffusion Guidance](https://arxiv.org/abs/2207.12598): eq. (6), with
  $w=\text{scale}-1$.
- Dhariwal & Nichol 2021, [Diffusion Models Beat GANs on Image Synthesis](https://arxiv.org/abs/2105.05233): guidance by a
  classifier, Algorithms 1 and 2, eq. (14).
- Saharia et al. 2022, [Imagen](https://arxiv.org/abs/2205.11487): dynamic thresholding, section 2.3.
- Kynkäänniemi et al. 2024, [Applying Guidance in a Limited Interval](https://arxiv.org/abs/2404.07724).
- Karras et al. 2024, [Guiding a Diffusion Model with a Bad Version of Itself](https://arxiv.org/abs/2406.02507):
  autoguidance.
- Bradley & Nakkiran 2024, [Classifier-Free Guidance is a Predictor-Corrector](https://arxiv.org/abs/2408.09000): what
  guidance does not sample, for DDIM and DDPM.
- Lugmayr et al. 2022, [RePaint](https://arxiv.org/abs/2201.09865): eq. (8) and Algorithm 1.
- Chung et al. 2023, [Diffusion Posterior Sampling](https://arxiv.org/abs/2209.14687) (DPS); Song et al. 2023,
  [Pseudoinverse-Guided Diffusion Models](https://openreview.net/forum?id=9_gsMA8MRKQ) (ΠGDM).
- Meng et al. 2022, [SDEdit](https://arxiv.org/abs/2108.01073): beginning from an image.
"""

# %% [markdown] key="recap-text" lang="zh" of="35703a"
r"""
**现在你能讲清**

- 一个网络怎样同时装着每个标签的去噪器和没有标签的去噪器，标签在多大的噪声下才有价值；
- 两个猜测之差为什么就是分类器的梯度，训练出来的分类器自己的梯度又为什么不好用；
- 强度 0、1、2、7 各是什么意思，无论出自哪篇论文、哪个程序库；
- 引导画出来的为什么不是锐化后的密度，两个采样器为什么又各画各的；
- 强度大换来什么、付出什么，评判者有把握为什么本身不算好兆头；
- 只在噪声居中的一段引导，为什么更省、也更温和；自引导背离的是什么；
- 光把已知像素放回去为什么不够，再升上去有什么用，经由去噪器的梯度又做了什么；
- 从一幅图像出发，它还能留下什么。

**常见误解**

- “强度 $w$ 就是从 $p(x)\,p(y\mid x)^w$ 采样。”并不是，哪怕一切都是精确的。
- “强度 1 等于不引导，所以不理会标签。”它正是**认得**标签的去噪器；不理会标签的是 0。
- “引导强度 2 就是 Ho 与 Salimans 的 $w=2$。”那是他们的 $w=1$。
- “评判者认得出 99 %，所以样本好。”真实的衣物，反倒不如强度 4 的样本那么容易认。
- “先把两个猜测截断，再引导。”混合之后又会跑出去；该截断的是引导之后的猜测。
- “用认干净图像的分类器就行。”它得见过噪声；而且要紧的是斜率，不是判断。
- “修补就是把已知像素贴到结果上。”那样什么也对不上；若把干净的像素贴进 $x_t$，那又不是网络在这个噪声下见过的样子。
- “掩码为 1 的地方要画。”许多程序库如此；这里 True 表示**已知**。
- “加一半噪声，图就只剩一半。”对数信噪比为 0 时，画面差不多全定了。

**论文**

- Ho 与 Salimans，2022，[Classifier-Free Diffusion Guidance](https://arxiv.org/abs/2207.12598)：式 (6)，其中 $w=\text{scale}-1$。
- Dhariwal 与 Nichol，2021，[Diffusion Models Beat GANs on Image Synthesis](https://arxiv.org/abs/2105.05233)：用分类器引导，算法 1 与 2，式 (14)。
- Saharia 等，2022，[Imagen](https://arxiv.org/abs/2205.11487)：动态阈值，2.3 节。
- Kynkäänniemi 等，2024，[Applying Guidance in a Limited Interval](https://arxiv.org/abs/2404.07724)。
- Karras 等，2024，[Guiding a Diffusion Model with a Bad Version of Itself](https://arxiv.org/abs/2406.02507)：自引导。
- Bradley 与 Nakkiran，2024，[Classifier-Free Guidance is a Predictor-Corrector](https://arxiv.org/abs/2408.09000)：无论用 DDIM 还是 DDPM，引导采样到的都不是锐化后的密度。
- Lugmayr 等，2022，[RePaint](https://arxiv.org/abs/2201.09865)：式 (8) 与算法 1。
- Chung 等，2023，[Diffusion Posterior Sampling](https://arxiv.org/abs/2209.14687)（DPS）；Song 等，2023，[Pseudoinverse-Guided Diffusion Models](https://openreview.net/forum?id=9_gsMA8MRKQ)（ΠGDM）。
- Meng 等，2022，[SDEdit](https://arxiv.org/abs/2108.01073)：从一幅图像出发。
"""

# %% key="progress"
progress("08")
