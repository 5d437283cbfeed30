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
# ---

# %% [markdown] key="head"
r"""
# 00 · Start here · 从这里开始
"""

# %% [markdown] key="welcome" lang="en"
r"""
On this page you will ruin real handwritten digits with noise, train a small network to name that noise, and then
walk the other way: from pure noise to digits that nobody ever wrote. Everything is computed here, on this machine,
without a graphics card and without a connection.

**Afterwards you can** say what goes forwards and what goes back in a diffusion model, noise any image to any extent
in one line, tell what exactly the network is asked, and judge new samples with a number as well as with your eyes.

**How to read.** Run the cells in order with Shift + Enter, or all at once. `predict` asks you before it shows
you; `check` judges what you write, and while you have written nothing the page goes on with the course's own code.
So nothing can break: try things.
"""

# %% [markdown] key="welcome" lang="zh" of="476b8a"
r"""
在这一页，你会用噪声毁掉真实的手写数字，训练一个小网络来指出这些噪声，再反过来走一遍：
从纯噪声出发，得到谁也没有写过的数字。一切都在这台机器上当场算出，不用显卡，也不用联网。

**学完之后，你能**说清扩散模型里什么向前走、什么往回走；用一行代码把任意图像加噪到任意程度；
讲明白网络究竟被问了什么；既凭眼睛，也用一个数来评判新样本。

**怎么读。** 用 Shift + Enter 逐个运行单元格，或一次全部运行。`predict` 先让你猜，再给你看；
`check` 评判你写的代码，还没写时，页面就用课程自己的代码继续。所以什么也弄不坏：放心去试。
"""

# %% key="setup"

# %% key="imports"
import torch
from sklearn.neural_network import MLPClassifier

from course_utils import data, plots
from course_utils.doctor import check_up
from course_utils.exercises import check, hint, show_source, solution
from course_utils.exercises.lesson_00 import mystery
from course_utils.forward import forward_jump
from course_utils.quizzes import predict
from course_utils.samplers import clipped, ddim, ddpm, even_times, from_network, last
from course_utils.schedules import cosine, linear
from course_utils.training import start, train
from course_utils.unet import UNet
from course_utils.widgets import noise_slider, watch

# %% [markdown] key="ready"
r"""
## 1 · Is this machine ready? · 机器就绪了吗？
"""

# %% key="ready-check"
check_up()

# %% [markdown] key="ready-read" lang="en"
r"""
Each line says ✓, or what to do. Where a line says ✗, do what it says before you go on.
"""

# %% [markdown] key="ready-read" lang="zh" of="35d7ce"
r"""
每一行要么是 ✓，要么告诉你该怎么办。若有 ✗，请先照做，再往下读。
"""

# %% [markdown] key="iodine"
r"""
## 2 · A drop of iodine · 一滴碘
"""

# %% [markdown] key="iodine-why" lang="en"
r"""
Let a drop of iodine fall into a glass of water. At first it is a dot; soon it is a cloud; in the end the whole glass
has one colour, and nobody could say where the drop fell. No grain knows of the plan: each only takes one small random
step after another.
"""

# %% [markdown] key="iodine-why" lang="zh" of="bcca6a"
r"""
往一杯清水里滴一滴碘。起初是一个点，不久成了一团云，最后整杯水颜色均匀，谁也说不出那一滴落在哪里。
没有哪个微粒知道什么计划：每个微粒都只是走了一小步，再走一小步，方向全凭偶然。
"""

# %% key="iodine-show"
steps = [0, 10, 60, 300, 1500]
plots.clouds(data.iodine(steps), [f"{n} steps" for n in steps])

# %% [markdown] key="iodine-read" lang="en"
r"""
**Read the figure.** Order turns into disorder by itself. Where a grain goes next depends only on where it is
now, not on how it came there: such a sequence of random states is called a *Markov chain*. A diffusion model does
the same to images: it lets the pixels wander until nothing of the picture is left, and then learns the way back.

One difference: the glass has walls, so its iodine ends up *evenly spread*. Pixels have no walls. They end in a
*normal* distribution, and the noise that we add to them is normal noise, too.
"""

# %% [markdown] key="iodine-read" lang="zh" of="a44e2d"
r"""
**看图。** 有序自己就会变成无序。微粒下一步去哪里，只取决于它此刻在哪里，与它怎么来的无关：
这样一串随机状态叫做*马尔可夫链*（Markov chain）。扩散模型对图像做的正是这件事：
让像素随机游走，直到画面荡然无存，然后学会走回来。

有一点不同：杯子有壁，碘最终是*均匀*散开的。像素没有壁，它们最终服从*正态*分布；我们加进去的，也是正态噪声。
"""

# %% [markdown] key="noise"
r"""
## 3 · Forwards: noise a digit · 向前：给数字加噪
"""

# %% [markdown] key="noise-why" lang="en"
r"""
Here are 1797 digits that people wrote by hand, 8 pixels high and wide (the figures smooth them a little). We count
time from $t = 0$, the clean image, to $t = T = 1000$, noise and nothing else. A thousand small steps would need a
thousand draws of noise, but they are never taken: a single *forward jump* leads from the image $x_0$ to any $t$,
$$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon,\qquad \epsilon\sim\mathcal N(0, I).\tag{1}$$
The *noise schedule* is the list of the $\bar\alpha_t$, falling from 1 to nearly 0. It says how much of the variance of
$x_t$ is still image; the rest, $1-\bar\alpha_t$, is noise.
"""

# %% [markdown] key="noise-why" lang="zh" of="0ccf82"
r"""
这里有 1797 个手写数字，高和宽都是 8 像素（画图时略作平滑）。时间从 $t = 0$（干净图像）数到
$t = T = 1000$（只剩噪声）。真走一千小步，就得抽一千次噪声；其实一步也不必走：
一次*前向跳跃*（forward jump）就从图像 $x_0$ 到达任意的 $t$，
$$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon,\qquad \epsilon\sim\mathcal N(0, I).\tag{1}$$
*噪声调度*（noise schedule）就是一串 $\bar\alpha_t$，从 1 降到几乎为 0。它说明 $x_t$ 的方差里还有多少属于图像；
其余的 $1-\bar\alpha_t$ 是噪声。
"""

# %% key="noise-strip"
x, y = data.digits()
schedule = cosine(1000)
times = torch.tensor([0, 200, 400, 600, 800, 1000])
xt, eps = forward_jump(schedule, x[:1], times, generator=torch.Generator().manual_seed(0))
plots.strip(xt, times.tolist())

# %% [markdown] key="noise-read" lang="en"
r"""
**Read the figure.** From left to right a zero sinks into noise. Each image was made in one computation from the
first one, with noise of its own; none was made from its neighbour.

Schedules differ in how fast they forget. The one above is the *cosine*; the oldest is the *linear* one. Decide
before you look:
"""

# %% [markdown] key="noise-read" lang="zh" of="b50a48"
r"""
**看图。** 从左到右，一个零渐渐沉入噪声。每幅图都由第一幅一次算出，各有各的噪声，没有哪一幅是由相邻的那幅得来的。

各种噪声调度遗忘得有快有慢。上面用的是*余弦*调度，最早的则是*线性*调度。先选好再看：
"""

# %% key="noise-predict"
predict("00.half")

# %% key="noise-linear"
# NBVAL_CHECK_OUTPUT
times = torch.tensor([100, 250, 500, 750])
for t in times.tolist():
    print(f"t = {t:3}   image {linear().alpha_bar[t]:.3f}   noise {1 - linear().alpha_bar[t]:.3f}")

# %% key="noise-linear-strip"
xt, eps = forward_jump(linear(), x[:1], times, generator=torch.Generator().manual_seed(0))
plots.strip(xt, times.tolist())

# %% [markdown] key="noise-slider" lang="en"
r"""
**A task for the slider.** A digit is hidden below under the noise of $t = 1000$. Move $t$ down until you are sure
which one it is, and write it into the next cell. The bar under the image shows the two shares of the variance,
image in blue and noise in orange. At which $t$ did you know?
"""

# %% [markdown] key="noise-slider" lang="zh" of="d0cdc3"
r"""
**滑块任务。** 下面有一个数字，藏在 $t = 1000$ 的噪声里。把 $t$ 往下调，直到你确信它是几，再把它写进下一个单元格。
图下的色条是方差的两份：蓝色是图像，橙色是噪声。你是在哪个 $t$ 认出来的？
"""

# %% key="noise-mystery"
noise_slider(schedule, mystery(), t=1000)

# %% key="noise-answer" tags=["exercise"]
# BEGIN SOLUTION
my_digit = 8
# END SOLUTION
my_digit = check("00.mystery", my_digit)

# %% [markdown] key="jump"
r"""
## 4 · Write it yourself: the forward jump · 自己动手：前向跳跃
"""

# %% [markdown] key="jump-task" lang="en"
r"""
Turn equation (1) into code. `schedule.alpha_bar[t]` is $\bar\alpha_t$; its square root is `schedule.signal(t)`, and
`schedule.noise(t)` is $\sqrt{1-\bar\alpha_t}$. Use the `eps` that is handed to you. Stuck? `hint("00.jump")` says
where to look, `hint("00.jump", 2)` and `hint("00.jump", 3)` say more, `solution("00.jump")` says it all.
"""

# %% [markdown] key="jump-task" lang="zh" of="ee782b"
r"""
把式 (1) 写成代码。`schedule.alpha_bar[t]` 是 $\bar\alpha_t$，它的平方根是 `schedule.signal(t)`；
`schedule.noise(t)` 则是 $\sqrt{1-\bar\alpha_t}$。请用传进来的 `eps`。
卡住了？`hint("00.jump")` 指个方向，`hint("00.jump", 2)` 与 `hint("00.jump", 3)` 说得更多，`solution("00.jump")` 全部说出。
"""

# %% key="jump-try" tags=["exercise"]
def my_forward_jump(schedule, x0, t, eps):
    # BEGIN SOLUTION
    return schedule.signal(t) * x0 + schedule.noise(t) * eps
    # END SOLUTION

my_forward_jump = check("00.jump", my_forward_jump)

# %% key="jump-use"
eps = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(1))
noised = {f"t = {t}": my_forward_jump(schedule, x[:8], t, eps) for t in (100, 500)}
plots.grids(noised, columns=4)

# %% [markdown] key="jump-real" lang="en"
r"""
The real one is as short. It checks what it is given, and takes one time per image as well:
"""

# %% [markdown] key="jump-real" lang="zh" of="4b25ab"
r"""
真正的实现也一样短。它多做一点检查，还能让每幅图像各有自己的时间步：
"""

# %% key="jump-source"
show_source(forward_jump)

# %% [markdown] key="train"
r"""
## 5 · Learn to name the noise · 学会指出噪声
"""

# %% [markdown] key="train-why" lang="en"
r"""
To walk back, somebody must tell us what in $x_t$ is noise. That is the job of a network: it sees $x_t$ and is told
how noisy it is, and it answers with its guess $\hat\epsilon$ of *all* the noise in $x_t$, not of the last step's
alone. Training it is a simple game:
"""

# %% [markdown] key="train-why" lang="zh" of="996e33"
r"""
要走回来，得有谁告诉我们 $x_t$ 里哪些是噪声。这就是网络的工作：它看到 $x_t$，也知道噪声有多重，
答出它所猜的噪声 $\hat\epsilon$，是 $x_t$ 中的*全部*噪声，而不只是最后一步的。训练就是玩一个简单的游戏：
"""

# %% key="train-flow"
plots.flow_chart()

# %% [markdown] key="train-flow-read" lang="en"
r"""
**Read the figure.** Above, training: take a digit $x_0$, a random $t$ and random noise $\epsilon$; jump to $x_t$; let
the network (a *U-Net*) guess; correct it by the squared error. Below, sampling: begin with noise, let the
network name the noise, take a little of it away, and do so again until $t = 0$. The network never sees the clean
digit, in either row.

Now train one, from nothing, before your eyes. On the left the loss falls; on the right, every 100 steps,
the network of that moment draws new digits. At first they are mud.
"""

# %% [markdown] key="train-flow-read" lang="zh" of="d4587f"
r"""
**看图。** 上面一行是训练：取一个数字 $x_0$、一个随机的 $t$ 和一份随机噪声 $\epsilon$，跳到 $x_t$，
让网络（一个 *U-Net*）来猜，再用平方误差纠正它。下面一行是采样：从噪声出发，让网络指出噪声，去掉其中一点，
如此反复，直到 $t = 0$。无论哪一行，网络都没有见过干净的数字。

现在就从零开始，当着你的面训练一个。左边是下降的损失；右边每过 100 步，由当时的网络画出新的数字。起初只是一团泥。
"""

# %% key="train-start"
torch.manual_seed(0)
state = start(UNet(channels=1, width=32, multipliers=(1, 2)), seed=0)
denoiser = clipped(schedule, from_network(schedule, state.ema))
first_noise = torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(0))

# %% key="train-run"
records = watch(
    train(state, schedule, x, steps=1300),
    total=1300,
    samples=lambda: last(ddim(schedule, denoiser, first_noise, even_times(1000, 20))),
)

# %% [markdown] key="train-read" lang="en"
r"""
**Read the figure.** The loss falls fast, then slowly, and never comes near 0: how the noise looked exactly cannot be
known from $x_t$. The digits go on getting better while the curve looks flat, so a flat curve does not mean that
the training is done.
"""

# %% [markdown] key="train-read" lang="zh" of="909554"
r"""
**看图。** 损失先快后慢地下降，却到不了 0：单凭 $x_t$，无法知道噪声的每个细节。
曲线看上去已经平了，数字却还在变好，所以曲线变平并不等于训练完成。
"""

# %% [markdown] key="back"
r"""
## 6 · Backwards: from noise to digits · 往回：从噪声到数字
"""

# %% [markdown] key="back-why" lang="en"
r"""
Begin with pure noise at $t = 1000$. Ask the network, move a little towards what it says, add a little fresh noise,
and ask again, 100 times: this is *DDPM sampling*. On the left 64 digits that people wrote, on the right 64 that
nobody wrote.
"""

# %% [markdown] key="back-why" lang="zh" of="ca9f6a"
r"""
从 $t = 1000$ 的纯噪声开始。问一问网络，朝它说的方向挪一点，加一点新噪声，再问，如此 100 次：
这就是 *DDPM 采样*。左边是人写的 64 个数字，右边是谁也没写过的 64 个。
"""

# %% key="back-sample"
draw = torch.Generator().manual_seed(1)
noise = torch.randn(500, 1, 8, 8, generator=draw)
walk = [sample.xt for sample in ddpm(schedule, denoiser, noise, even_times(1000, 100), generator=draw)]
plots.grids({"real": x[:64], "new": walk[-1][:64]})

# %% [markdown] key="gif-why" lang="en"
r"""
And the whole walk, the film run backwards:
"""

# %% [markdown] key="gif-why" lang="zh" of="e515d2"
r"""
再看整段路程，像倒放的电影：
"""

# %% key="gif"
plots.gif([xt[:24] for xt in walk[::5]], columns=8)

# %% [markdown] key="gif-read" lang="en"
r"""
**Read the figure.** For the first half hardly anything seems to happen; then shapes appear, then edges. Nobody told
a cell to become a seven: that was decided by the noise that it began with, and by the noise added on the way.
"""

# %% [markdown] key="gif-read" lang="zh" of="8aed05"
r"""
**看图。** 前一半路程几乎看不出变化；随后显出形状，再显出边缘。没有谁叫某一格变成七：
决定它的，是起点的噪声，以及沿途加进去的噪声。
"""

# %% [markdown] key="judge"
r"""
## 7 · How good are they, honestly? · 老实说，有多好？
"""

# %% [markdown] key="judge-why" lang="en"
r"""
Eyes are kind. So we ask a judge who saw half of the real digits only: a classifier that names digits and says how
sure it is. Of the other half of the real digits it is sure (probability at least 0.9) for a certain share. For our
500 new ones the share should be nearly as high, and no digit should be missing.
"""

# %% [markdown] key="judge-why" lang="zh" of="5df2c0"
r"""
眼睛往往太宽容。所以请一位只见过一半真实数字的裁判：一个分类器，它说出是几，也说出有多大把握。
对另一半真实数字，它有把握（概率至少 0.9）的占某个比例。对我们的 500 个新数字，这个比例应当差不多高，而且哪个数字都不该缺席。
"""

# %% key="judge-fit"
order = torch.randperm(len(x), generator=torch.Generator().manual_seed(2))
known, unknown = order[:898], order[898:]
judge = MLPClassifier(max_iter=500, random_state=0).fit(x[known].flatten(1), y[known])
p_real, p_new = (judge.predict_proba(images.clamp(-1, 1).flatten(1)) for images in (x[unknown], walk[-1]))

# %% key="judge-print"
shares = {}
for name, p in {"real": p_real, "new": p_new}.items():
    shares[name] = [100 * float((p.argmax(1) == digit).mean()) for digit in range(10)]
    print(f"{name}: sure of {(p.max(1) >= 0.9).mean():.1%}   0 to 9 in %:", *(f"{share:.1f}" for share in shares[name]))
plots.bars(shares, "%")

# %% [markdown] key="judge-read" lang="en"
r"""
**Read the figure.** The two shares are close but not the same: some of the new digits are doubtful, as you saw. All
ten digits occur. The network was trained for little more than a minute; lesson 6 trains longer, and lesson 9 measures
better.
"""

# %% [markdown] key="judge-read" lang="zh" of="490876"
r"""
**看图。** 两个比例相近，但并不相等：正如你看到的，有些新数字模棱两可。十个数字一个不少。
这个网络只训练了一分钟多一点；第 6 课会训练得更久，第 9 课会量得更准。
"""

# %% [markdown] key="map"
r"""
## 8 · What you will write yourself by lesson 7 · 到第 7 课你会亲手写出什么
"""

# %% [markdown] key="map-list" lang="en"
r"""
Behind this page stand seven pieces. By lesson 7 you will have written each of them:

- the noise schedule, `cosine` and `linear`: lesson 1
- the forward step and the jump, `forward_jump`: lesson 2
- one reverse step, with its two variances: lesson 3
- the exact denoiser, against which every network is measured: lesson 4
- the `UNet`, block by block: lesson 5
- the loss and the training loop, `train`: lesson 6
- the samplers, `ddpm` and `ddim`, and faster ones: lesson 7
"""

# %% [markdown] key="map-list" lang="zh" of="fcf77b"
r"""
这一页背后有七样零件。到第 7 课，每一样你都会亲手写过：

- 噪声调度 `cosine` 与 `linear`：第 1 课
- 前向步与跳跃 `forward_jump`：第 2 课
- 一个反向步，连同它的两种方差：第 3 课
- 精确去噪器，一切网络都拿它来衡量：第 4 课
- `UNet`，一块一块搭起来：第 5 课
- 损失与训练循环 `train`：第 6 课
- 采样器 `ddpm` 与 `ddim`，以及更快的：第 7 课
"""

# %% [markdown] key="recap"
r"""
## 9 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- why a single jump replaces a thousand small steps;
- what $\bar\alpha_t$ says, and why image and noise share a variance of 1;
- what the network is asked, and what it is never shown;
- why sampling is a walk of many steps and training is not.

**Common mistakes**

- "The noise is uniform." It is normal; the iodine is uniform because the glass has walls.
- "The network predicts the noise of one step." It predicts all the noise in $x_t$.
- "Half of the steps, half of the noise." That depends on the schedule; for the linear one, see above.
- "The loss is flat, so it is trained." Look at samples, and at a number such as the judge's.

**Papers**

- Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585): the idea, and the drop that spreads.
- Ho, Jain & Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): our (1) is its eq. (4); training is its Algorithm 1 with eq. (14), sampling its Algorithm 2.
- Nichol & Dhariwal 2021, [Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672): the cosine schedule, eq. (17).
- Song, Meng & Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502): `ddim`, eq. (12); its α is our $\bar\alpha$.
"""

# %% [markdown] key="recap-text" lang="zh" of="555551"
r"""
**现在你能讲清**

- 为什么一次跳跃顶得上一千小步；
- $\bar\alpha_t$ 说的是什么，图像与噪声为什么合起来方差是 1；
- 网络被问了什么，又从来没有看过什么；
- 为什么采样要走许多步，训练却不用。

**常见误解**

- “噪声是均匀的。”它是正态的；碘之所以均匀，是因为杯子有壁。
- “网络预测的是一步的噪声。”它预测的是 $x_t$ 中的全部噪声。
- “步数过半，噪声过半。”这要看调度；线性调度的情形见上文。
- “损失平了，就训练好了。”要看样本，还要看一个数，比如裁判给的那个。

**论文**

- Sohl-Dickstein 等，2015，[Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585)：最初的想法，以及那滴散开的墨。
- Ho、Jain 与 Abbeel，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：我们的 (1) 是其式 (4)；训练是其算法 1 与式 (14)，采样是其算法 2。
- Nichol 与 Dhariwal，2021，[Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672)：余弦调度，式 (17)。
- Song、Meng 与 Ermon，2021，[Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502)：`ddim`，式 (12)；其中的 α 是我们的 $\bar\alpha$。
"""
