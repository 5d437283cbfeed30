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
#     minutes: 3
#     learning: 40
# ---

# %% [markdown] key="head"
r"""
# 00 · Start here · 从这里开始
"""

# %% [markdown] key="welcome" lang="en"
r"""
On this page you will ruin real handwritten digits with noise, train a small network to predict that noise, and then
walk the other way: from pure noise to digits that nobody ever wrote. Everything is computed here, on this machine,
without a graphics card and without a connection.

**Afterwards you can** say what goes forwards and what goes back in a diffusion model, noise any image to any extent
in one line, say exactly what the network has to predict, and judge new samples with a number as well as with your eyes.

**How to read.** Run the cells in order with Shift + Enter, or all at once. `predict` asks you before it shows
you; `check` judges what you write, and while you have written nothing the page goes on with the course's own code.
So nothing can break: try things.
"""

# %% [markdown] key="welcome" lang="zh" of="d9a6b7"
r"""
在这一页，你会用噪声毁掉真实的手写数字，训练一个小网络来预测这些噪声，再反过来走一遍：
从纯噪声出发，得到谁也没有写过的数字。一切都在这台机器上当场算出，不用显卡，也不用联网。

**学完之后，你能**说清扩散模型（diffusion model）里什么向前走、什么往回走；用一行代码把任意图像加噪到任意程度；
讲明白网络究竟要预测什么；评判新样本，不只靠眼睛，也靠一个数。

**怎么读。** 用 Shift + Enter 逐个运行单元格，或一次全部运行。`predict` 先让你猜，再给你看；
`check` 评判你写下的答案；你还没写，页面就用课程自带的继续。所以什么也弄不坏：放心去试。
"""

# %% key="setup"

# %% key="imports"
import torch
from sklearn.neural_network import MLPClassifier

from course_utils import data, plots, points
from course_utils.classroom import check, hint, predict, progress, reveal, show_source, solution
from course_utils.denoisers import image_denoiser
from course_utils.doctor import check_up
from course_utils.experiments.digits import impostors, mystery, nearest, share_and_error
from course_utils.forward import forward_jump
from course_utils.muon import Muon
from course_utils.samplers import ddim, ddpm, finish
from course_utils.schedules import cosine, linear
from course_utils.times import even_times
from course_utils.training import start, train
from course_utils.unet import UNet
from course_utils.widgets import noise_slider, watch

torch.set_num_threads(1)  # small tensors

# %% [markdown] key="ready"
r"""
## 1 · Is this machine ready? · 机器就绪了吗？
"""

# %% key="ready-check"
check_up()

# %% [markdown] key="ready-read" lang="en"
r"""
Each line is about the machine on which this cell ran last: ✓, or ✗ and what to do. You are reading a stored page if a
line says that it shows no live widgets: nothing is wrong then. On your own machine, do what a ✗ says before you go on.
"""

# %% [markdown] key="ready-read" lang="zh" of="cd77b0"
r"""
每一行说的，都是最近一次运行这个单元格的那台机器：要么是 ✓，要么是 ✗，后面写着该怎么办。若有一行说这个页面显示不了控件，那你读的就是一份存下来的页面，
这时并没有出什么问题。在自己的机器上见到 ✗，请先照它后面写的做，再往下读。
"""

# %% [markdown] key="iodine"
r"""
## 2 · A drop of iodine · 一滴碘酒
"""

# %% [markdown] key="iodine-why" lang="en"
r"""
Let a drop of iodine fall into a glass of water. At first it is a dot; soon it is a cloud; in the end the whole glass
has one colour, and nobody could say where the drop fell. No grain knows of the plan: each only takes one small random
step after another.
"""

# %% [markdown] key="iodine-why" lang="zh" of="bcca6a"
r"""
往一杯清水里滴一滴碘酒。起初是一个点，不久成了一团云，最后整杯水颜色均匀，谁也说不出那一滴落在哪里。
没有哪个微粒是按计划走的：每个微粒都只是走了一小步，再走一小步，方向全凭偶然。
"""

# %% key="iodine-show"
steps = [0, 10, 60, 300, 1500]
plots.clouds(points.iodine(steps), [f"{n} steps" for n in steps])

# %% [markdown] key="iodine-read" lang="en"
r"""
**Read the figure.** Order turns into disorder by itself. Where a grain goes next depends only on where it is
now, not on how it came there: such a sequence of random states is called a *Markov chain*. A diffusion model does
the same to images: it lets the pixels wander until nothing of the picture is left, and then learns the way back.

One difference: the glass has walls, so its iodine ends up *evenly spread*. Pixels have no walls; instead, every
step also pulls each of them a little back towards 0, so that it does not wander off without end. So they end in a
*normal* distribution, and the noise that we add to them is normal noise, too.
"""

# %% [markdown] key="iodine-read" lang="zh" of="e80bf7"
r"""
**看图。** 有序自己就会变成无序。微粒下一步去哪里，只取决于它此刻在哪里，与它怎么来的无关：
这样一串随机状态叫做**马尔可夫链**（Markov chain）。扩散模型对图像也这样做：
让像素值随机游走，直到画面荡然无存；随后，它再学会走回来。

有一点不同：杯子有壁，碘最终是**均匀**散开的。像素值没有这样的壁；但每走一步，它都会往 0 缩回一点，免得越走越远。
于是像素最终服从**正态**分布；我们加进去的，也是正态噪声。
"""

# %% [markdown] key="noise"
r"""
## 3 · Forwards: noise a digit · 向前：给数字加噪
"""

# %% [markdown] key="noise-why" lang="en"
r"""
Here are 1797 digits that people wrote by hand, 8 pixels high and wide (the figures smooth them a little). We count
time from $t = 0$, the clean image, to $t = T = 1000$, noise and nothing else. A thousand small steps would need a
thousand draws of noise, but they are never taken: independent normal noises add up to normal noise again, so a single
*forward jump* leads from the image $x_0$ to any $t$,
$$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon,\qquad \epsilon\sim\mathcal N(0, I).\tag{1}$$
where $\epsilon$ is standard normal noise, one draw for each pixel (in the figures, which are smoothed, a pixel looks
like a blotch). The *noise schedule* is the list of the $\bar\alpha_t$, falling from 1 to nearly 0: the image's share
of $x_t$. The rest, $1-\bar\alpha_t$, is the share of the noise. What adds up are variances, not factors; hence the
square roots.
"""

# %% [markdown] key="noise-why" lang="zh" of="b1411b"
r"""
这里有 1797 个手写数字，高和宽都是 8 像素（画图时略作平滑）。时间从 $t = 0$（干净图像）数到
$t = T = 1000$（只剩噪声）。真走一千小步，就得抽一千次噪声；其实一步也不必走：
独立的正态噪声相加，仍是正态噪声，所以只需一次**前向跳跃**（forward jump，本课程的叫法：一下跨过许多小步），就能从图像 $x_0$ 到达任意的 $t$：
$$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon,\qquad \epsilon\sim\mathcal N(0, I).\tag{1}$$
其中 $\epsilon$ 是标准正态噪声，每个像素各抽一次（图经过平滑，一个像素看上去是一小团）。
**噪声调度**（noise schedule）就是一串 $\bar\alpha_t$，从 1 降到几乎为 0，说的是图像在 $x_t$ 中占多少份额；
其余的 $1-\bar\alpha_t$ 是噪声的份额。相加的是方差，不是系数，所以系数是份额的平方根。
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

Schedules differ in how fast they forget. The one above is the *cosine*; the first DDPM paper used the *linear* one.
What is linear there is the noise that a single step adds: its share of the variance, $\beta_t$, grows in a straight line
from 0.0001 at the first step to 0.02 at the last (lesson 1). What becomes of $\bar\alpha_t$ is another matter. Decide
before you look:
"""

# %% [markdown] key="noise-read" lang="zh" of="17cac2"
r"""
**看图。** 从左到右，一个零渐渐沉入噪声。每幅图都由第一幅一次算出，各有各的噪声，没有哪一幅是由相邻的那幅得来的。

各种噪声调度抹去图像，有快有慢。上面用的是**余弦**（cosine）调度，最初的 DDPM 论文用的则是**线性**（linear）调度。
所谓线性，说的是单独一步加进多少噪声：它在方差中所占的份额 $\beta_t$，从第一步的 0.0001 沿直线升到最后一步的 0.02（见第 1 课）。
至于 $\bar\alpha_t$ 会怎样，那是另一回事。先选好再看：
"""

# %% key="noise-predict"
predict("00.half")

# %% key="noise-linear" tags=["nbval-check-output"]
times = torch.tensor([100, 250, 500, 750])
said = []
for t in times.tolist():
    said.append(f"t = {t:3}   image {linear().alpha_bar[t]:.3f}   noise {1 - linear().alpha_bar[t]:.3f}")
reveal("00.half", *said)

# %% key="noise-linear-strip"
xt, eps = forward_jump(linear(), x[:1], times, generator=torch.Generator().manual_seed(0))
reveal("00.half", plots.strip(xt, times.tolist()))

# %% [markdown] key="noise-linear-read" lang="en"
r"""
**Read the table.** A step keeps the share $1-\beta_t$ of the image's variance, about $e^{-\beta_t}$, and the shares of
all steps multiply. So about half of it is gone when the $\beta_t$ have added up to $\ln 2 \approx 0.69$. They add up to about 10 in all, of which 0.69 is a small part: so it is reached early, although the first are small.
"""

# %% [markdown] key="noise-linear-read" lang="zh" of="b31ec5"
r"""
**看表。** 每走一步，图像的方差只保留 $1-\beta_t$ 的份额，约为 $e^{-\beta_t}$，各步的份额是连乘的。
所以，$\beta_t$ 累加到 $\ln 2 \approx 0.69$ 时，图像的份额就只剩一半。全部加起来约为 10，0.69 只是其中一小部分；
所以最初各项虽小，也早早就累加够了。
"""

# %% [markdown] key="noise-slider" lang="en"
r"""
**A task for the slider.** A digit is hidden below under the noise of $t = 1000$. Move $t$ down until you are sure
which one it is, and write it into the next cell. The bar under the image shows the two shares,
$\bar\alpha_t$ of the image in blue and $1-\bar\alpha_t$ of the noise in orange. At which $t$ did you know?
"""

# %% [markdown] key="noise-slider" lang="zh" of="3446b7"
r"""
**滑块任务。** 下面有一个数字，藏在 $t = 1000$ 的噪声里。把 $t$ 往下调，直到你确信它是几，再把它写进下一个单元格。
图下的色条表示两个份额：蓝色是图像的 $\bar\alpha_t$，橙色是噪声的 $1-\bar\alpha_t$。你是在哪个 $t$ 认出来的？
"""

# %% key="noise-mystery"
noise_slider(schedule, mystery(), t=1000)

# %% key="noise-answer" tags=["exercise"]
my_digit = ...
my_digit = check("00.mystery", my_digit)

# %% [markdown] key="jump"
r"""
## 4 · Write it yourself: the forward jump · 自己动手：前向跳跃
"""

# %% [markdown] key="jump-task" lang="en"
r"""
Turn equation (1) into code. `schedule.alpha_bar[t]` is $\bar\alpha_t$; its square root is `schedule.signal[t]`, and
`schedule.noise[t]` is $\sqrt{1-\bar\alpha_t}$. Use the `eps` that is handed to you. Stuck? `hint("00.jump")` says
where to look, `hint("00.jump", 2)` and `hint("00.jump", 3)` say more, `solution("00.jump")` says it all.
"""

# %% [markdown] key="jump-task" lang="zh" of="75916f"
r"""
把式 (1) 写成代码。`schedule.alpha_bar[t]` 是 $\bar\alpha_t$，它的平方根是 `schedule.signal[t]`；
`schedule.noise[t]` 则是 $\sqrt{1-\bar\alpha_t}$。请用传进来的 `eps`。
卡住了？`hint("00.jump")` 指个方向，`hint("00.jump", 2)` 与 `hint("00.jump", 3)` 说得更多，`solution("00.jump")` 给出答案。
"""

# %% key="jump-try" tags=["exercise"]
def my_forward_jump(schedule, x0, t, eps):
    ...

my_forward_jump = check("00.jump", my_forward_jump)

# %% key="jump-use"
eps = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(1))
noised = {f"t = {t}": my_forward_jump(schedule, x[:8], t, eps) for t in (100, 500)}
plots.grids(noised, columns=4)

# %% [markdown] key="jump-real" lang="en"
r"""
The real one is just as short. It also checks what it is given, takes one timestep per image if you like, and hands
back the noise along with $x_t$:
"""

# %% [markdown] key="jump-real" lang="zh" of="da4320"
r"""
真正的实现也一样短。它还会检查输入，也可以让每幅图像各有自己的时间步，并把噪声连同 $x_t$ 一起返回：
"""

# %% key="jump-source"
show_source(forward_jump)

# %% [markdown] key="jump-paper" lang="en"
r"""
**With pen and paper.** One pixel of a digit is white, $x_0 = 1$, and $\bar\alpha_t = 0.36$. What are the mean and the
standard deviation of $x_t$ there? And how often does it come out below 0, darker than middle grey? `torch.special.ndtr(z)`
is the share of standard normal numbers below `z`: work out how many standard deviations 0 lies above the mean (below it
counts negative), and put that into the next cell.
"""

# %% [markdown] key="jump-paper" lang="zh" of="0627dd"
r"""
**纸笔题。** 数字的某个像素是白的，$x_0 = 1$，而 $\bar\alpha_t = 0.36$。那里的 $x_t$，均值与标准差各是多少？它有多大概率落到 0 以下，比中灰还暗？
服从标准正态分布的数中，小于 `z` 的占多大比例，由 `torch.special.ndtr(z)` 给出：先算出 0 比均值高几个标准差（低则为负），再填进下一格。
"""

# %% key="jump-paper-try"
z = 0.0  # yours
print(f"below 0: {torch.special.ndtr(torch.tensor(z)):.1%}")

# %% [markdown] key="jump-paper-answer" lang="en"
r"""
<details><summary>Answer</summary>

By (1) the mean is $\sqrt{0.36} = 0.6$ and the standard deviation $\sqrt{1 - 0.36} = 0.8$. So 0 lies 0.6 / 0.8 = 0.75
standard deviations *below* the mean, `z = -0.75`, and 22.7 % of such pixels come out dark. You still read the digit, as
its neighbours were noised independently and seldom fail together: an eye that averages over them loses little.

</details>
"""

# %% [markdown] key="jump-paper-answer" lang="zh" of="40ead7"
r"""
<details><summary>答案</summary>

由式 (1)，均值是 $\sqrt{0.36} = 0.6$，标准差是 $\sqrt{1 - 0.36} = 0.8$。所以 0 比均值**低** 0.6 / 0.8 = 0.75 个标准差，即 `z = -0.75`，这样的像素有 22.7 % 会落到暗的一侧。数字照样认得出：
邻近的像素各自独立地加噪，很少一起出错，眼睛把它们平均一下，损失不大。

</details>
"""

# %% [markdown] key="train"
r"""
## 5 · Learn to predict the noise · 学会预测噪声
"""

# %% [markdown] key="train-why" lang="en"
r"""
To walk back, somebody must tell us what in $x_t$ is noise. That is the job of a network: it sees $x_t$ and is told
how noisy it is, and it answers with its guess $\hat\epsilon$ of *all* the noise in $x_t$, not of the last step's
alone. Training it is a simple game:
"""

# %% [markdown] key="train-why" lang="zh" of="996e33"
r"""
要走回来，先得知道 $x_t$ 里哪些是噪声。这就是网络的工作：它看到 $x_t$，也知道噪声有多重，
然后给出猜测 $\hat\epsilon$，猜的是 $x_t$ 中的**全部**噪声，而不只是最后一步的。训练它，就像玩一个简单的游戏：
"""

# %% key="train-flow"
plots.flow_chart()

# %% [markdown] key="train-flow-read" lang="en"
r"""
**Read the figure.** Above, training: take a digit $x_0$, a random $t$ and random noise $\epsilon$; jump to $x_t$; let
the network (a *U-Net*) guess; correct it by the squared error. Below, sampling: begin with noise, let the
network predict the noise, take a little of it away, and do so again until $t = 0$. The network never sees the clean
digit, in either row.

Now train one, from nothing, before your eyes. On the left the *loss*, that squared error, falls; in the middle it is
split up by noise level (lesson 6); on the right, every
50 steps, the network draws digits, always from the same noise. At first they are mud. (In the code, `Muon` is what turns
errors into better weights, `state.ema` a
running average of the network's weights, `ddim` a sampler that needs few steps, `even_times` the timesteps that it passes
through, `finish` lets it walk to the end; and `image_denoiser` turns the network's
guess of the noise into a guess of the digit, its pixels kept in their range: lessons 6 and 7.)
"""

# %% [markdown] key="train-flow-read" lang="zh" of="b19cc5"
r"""
**看图。** 上面一行是训练：取一个数字 $x_0$、一个随机的 $t$ 和一份随机噪声 $\epsilon$，跳到 $x_t$，
让网络（一个 **U-Net**）来猜，再用平方误差纠正它。下面一行是采样（sampling）：从噪声出发，让网络预测噪声，去掉其中一点，
如此反复，直到 $t = 0$。无论哪一行，网络都没有见过干净的数字。

现在就从零开始，当着你的面训练一个。左边是**损失**（loss），也就是那个平方误差，它在下降；中间把它按噪声水平拆开（见第 6 课）；
右边，网络每过 50 步画一批数字，每次都从同一份噪声出发。起初只是一片模糊。
（代码中，`Muon` 按误差改进权重，`state.ema` 是网络权重的移动平均，`ddim` 是只需少数几步的采样器，`even_times` 给出它途经的时间步，`finish` 让它走到底，`image_denoiser` 把网络猜的噪声换算成对数字的猜测，并让像素不越界：见第 6、7 课。）
"""

# %% key="train-start"
torch.manual_seed(0)
state = start(UNet(channels=1, width=32, multipliers=(1, 2)), seed=0, optimizer=Muon)
denoiser = image_denoiser(schedule, state.ema)
first_noise = torch.randn(32, 1, 8, 8, generator=torch.Generator().manual_seed(0))

# %% key="train-run"
records = watch(
    train(state, schedule, x, steps=500),
    total=500,
    samples=lambda: finish(ddim(schedule, denoiser, first_noise, even_times(schedule, 20))),
    every=50,
    earlier=state.losses,
)

# %% [markdown] key="train-read" lang="en"
r"""
**Read the figure.** The loss falls fast, then slowly, and stays well above 0: $x_t$ alone does not say exactly which
noise went into it. The steep part ends early. Whoever runs the cell sees the digits go on getting better long
after it (a stored page keeps only the last ones); so a slow curve does not mean that the training is done.
"""

# %% [markdown] key="train-read" lang="zh" of="d1f73b"
r"""
**看图。** 损失先快后慢地下降，却离 0 还远：单凭 $x_t$，无法知道噪声的每个细节。
陡降的一段很早就结束。自己运行这一格，会看到此后很久，画出的数字仍在变好（存下来的页面只留着最后一批）；所以曲线变缓并不等于训练完成。
"""

# %% [markdown] key="back"
r"""
## 6 · Backwards: from noise to digits · 往回：从噪声到数字
"""

# %% [markdown] key="back-why" lang="en"
r"""
Begin with pure noise at $t = 1000$. Ask the network what is noise, take a little of that away, add a little fresh
noise, and ask again, 100 times: this is *DDPM sampling*. Why not all at once? Nobody can tell from pure noise which
digit it will become, so a single guess would be little more than the average of all digits. On the left 64 digits
that people wrote, on the right 64 that nobody wrote (part 7 checks that they are not copies).
"""

# %% [markdown] key="back-why" lang="zh" of="ea3a93"
r"""
从 $t = 1000$ 的纯噪声开始。问网络哪些是噪声，去掉其中一点，加一点新噪声，再问，如此 100 次：
这就是 **DDPM 采样**。为什么不一次去尽？单凭纯噪声，谁也看不出它会变成几；一次猜到底，得到的不过是所有数字的平均。
左边是人写的 64 个数字，右边是谁也没写过的 64 个（第 7 节会查一查，它们是不是抄来的）。
"""

# %% key="back-sample"
draw = torch.Generator().manual_seed(1)
noise = torch.randn(500, 1, 8, 8, generator=draw)
walk = [sample.xt for sample in ddpm(schedule, denoiser, noise, even_times(schedule, 100), generator=draw)]
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
**Read the figure.** For the first third hardly anything seems to happen; then shapes appear, then edges. Nobody told
any of the images to become a seven: that was decided by the noise that it began with, and by the noise added on the way.
"""

# %% [markdown] key="gif-read" lang="zh" of="5f3cc0"
r"""
**看图。** 前三分之一的路程几乎看不出变化；随后显出形状，再显出边缘。并没有谁吩咐哪一幅变成七：
变成几，取决于起点的噪声和沿途加进去的噪声。
"""

# %% [markdown] key="judge"
r"""
## 7 · How good are they, honestly? · 老实说，有多好？
"""

# %% [markdown] key="judge-why" lang="en"
r"""
Our eyes are too kind. So we ask a judge: a classifier that was trained on half of the real digits only, and that says
which digit it sees and how sure it is. We count how often it is sure (probability at least 0.9), first for the other
half of the real digits, then for our 500 new ones. The second share should be nearly as high as the first, and no
digit should be missing. What stands after ± is the standard error: another 500 would give another share.
"""

# %% [markdown] key="judge-why" lang="zh" of="d30270"
r"""
眼睛往往太宽容，所以请一位裁判：一个只用一半真实数字训练过的分类器，它说出看到的是几，以及有多大把握。
我们看它有把握（概率至少 0.9）的占多大比例：先看另一半真实数字，再看我们的 500 个新数字。
后一个比例应当与前一个差不多高，而且哪个数字都不该缺席。± 后面是标准误差：换 500 个，比例就会有些出入。
"""

# %% key="judge-fit"
order = torch.randperm(len(x), generator=torch.Generator().manual_seed(2))
known, unknown = order[:898], order[898:]
judge = MLPClassifier(max_iter=500, random_state=0).fit(x[known].flatten(1), y[known])
new = walk[-1].clamp(-1, 1)
p_real, p_new = (judge.predict_proba(images.flatten(1)) for images in (x[unknown], new))

# %% key="judge-print"
shares = {}
for name, p in {"real": p_real, "new": p_new}.items():
    shares[name] = [100 * float((p.argmax(1) == digit).mean()) for digit in range(10)]
    print(f"{name}: sure of {share_and_error(p.max(1) >= 0.9)}   0 to 9 in %:", *(f"{share:.1f}" for share in shares[name]))
plots.bars(shares, "%")

# %% [markdown] key="judge-read" lang="en"
r"""
**Read the figure.** The judge is less often sure of the new digits than of the real ones, by more than the errors cover:
some are doubtful, as you saw. The bars show that all ten digits occur; that they are not equally high may be chance, with 500 digits.

How far can such a judge be trusted? Ask what somebody would score who has real digits and no model at all. He could hand in
plain noise; or means of two digits; or the upper half of one digit above the lower half of another, of any class or of the
same one; or digits that he copied, as they are or under a little noise. For each we ask the judge, and also how far the
nearest real digit is, in grey levels from 0 to 255 (root mean square over the pixels). Of these distances we print three: one in twenty is below the first, half
are below the second (the median), one in twenty is above the third.
"""

# %% [markdown] key="judge-read" lang="zh" of="83b042"
r"""
**看图。** 裁判对新数字有把握的时候少一些，差距超出了误差：正如你看到的，有些新数字模棱两可。
条形图表明，十个数字一个不少；高低不一，可能只是偶然，毕竟只有 500 个。

这样的裁判，有多可信？不妨问：一个人手里有真实数字，却根本没有模型，他能得几分？他可以交一堆纯噪声；可以交两个数字的平均；
可以把一个数字的上半截接在另一个的下半截上，两个数字随便选，或者专挑同类的；也可以照抄，原样交上，或者再添一点噪声。
每一种都让裁判看一遍，再量一量离最近的真实数字有多远，单位是灰度级（0 到 255；逐像素之差的均方根）。这些距离，我们只印出三个：二十个里有一个比第一个还小，一半比第二个小（中位数），二十个里有一个比第三个还大。
"""

# %% key="fool-show"
fakes = impostors(x, y, 500)
plots.grids({name: images[:16] for name, images in fakes.items()}, columns=4)

# %% key="fool-print"
print("nearest real digit: grey levels, 5 %, median, 95 %")
for name, images in ({"real": x[unknown], "new": new} | fakes).items():
    sure = judge.predict_proba(images.flatten(1)).max(1) >= 0.9
    gaps = nearest(images, x, themselves=unknown if name == "real" else None)
    few, half, most = gaps.quantile(torch.tensor([0.05, 0.5, 0.95])).tolist()
    print(f"{name:12}   sure of {share_and_error(sure):>13}   nearest real digit: {few:3.0f}, {half:3.0f}, {most:3.0f}")

# %% [markdown] key="fool-read" lang="en"
r"""
**Read the table.** The scale does not begin at 0: digits put together from any two halves make the judge sure more than half
of the time, means of two about four times in ten, and even noise now and then. And it does not end at the real
digits: copies do best of all, since half of them are digits that the judge has learned from. So its number alone would
crown the copier. The distance gives him away: his digits are at 0 from the nearest real one. Ours are, in the
median, even somewhat farther away than one real digit is from the next, so most of them are no copies, and the first of the three numbers
says that not even one in twenty is. Halves of any two digits and means are no copies, either, but they fail before the judge.

Two cheats pass. Halves of two digits of the *same* class, and copies under normal noise of standard deviation 0.35, held within −1 and 1 again, make the
judge sure about nine times in ten, more often than our digits do, and the medians of their distances are not far from that of
real digits. The outer two numbers tell the noisy copies: nine tenths of their distances lie between 29 and 42, of those of
real digits between 22 and 46. The noise moves all copies about equally far, too evenly for handwriting (who adds now more of
it, now less, gets round that, too). The halves of one class they do not tell: the lowest twentieth ends at 21 there, at 22 for real
digits. Only at the top is there a difference, 57 against 46; but what is far from every real digit may just as well be badly
written.

So a low share shows doubtful digits, and distances near 0 show copies: the numbers can convict. They cannot acquit. Whoever
does well in all of them may have learned what digits are, or may have cut and pasted; nor do they say whether the sevens are
as varied as people write them. The network was trained for 500 steps, a matter of a minute or two; lesson 6 says what more steps bring, and measures
with more care.
"""

# %% [markdown] key="fool-read" lang="zh" of="efc354"
r"""
**看表。** 这把尺子不是从 0 开始的：随便两个数字上下拼接，裁判对半数以上有把握；两个数字的平均，十次里约有四次；就连噪声，偶尔也能蒙混过关。
尺子的另一端也不是真实数字：照抄的得分最高，因为抄来的有一半正是裁判学过的。只看这个数，夺冠的就是抄袭者。
距离却会揭穿他：他的数字到最近的真实数字，距离是 0。我们的数字，按中位数看，比真实数字到离它最近的另一个还略远一点，所以大多数不是抄来的；
三个数里的第一个还说明，抄来的连二十分之一也没有。随便拼接的与平均出来的也不是抄来的，但过不了裁判这一关。

有两种作弊过得去。把两个**同类**数字的上下半截接起来，或者给抄来的数字加标准差 0.35 的正态噪声（再截回 −1 到 1），裁判十次里约有九次有把握，比对我们的数字还多；
距离的中位数也与真实数字的相差不大。靠两头的那两个数，认得出加了噪声的抄件：它们的距离，十分之九在 29 到 42 之间，真实数字的在 22 到 46 之间。
噪声把每份抄件推开的远近差不多，人写的字没有这么整齐（不过，若故意把噪声加得时大时小，这一招就不灵了）。同类拼接的，靠这两个数却认不出来：距离最小的那二十分之一，到 21 为止，
真实数字到 22 为止。只有最大的一头有差别，57 对 46；可离所有真实数字都远的，也可能只是没写好。

所以，裁判有把握的少，说明有些数字模棱两可；距离接近 0，说明是抄来的：这些数能定罪，却不能证明清白。各项都好的，可能真懂得数字是什么样，也可能是剪剪贴贴拼出来的；
这些数也说不出，我们的七是不是像人写的那样各式各样。这个网络只训练了 500 步，不过一两分钟；多训练会怎样，第 6 课再说，也量得更仔细。
"""

# %% [markdown] key="open" lang="en"
r"""
**Change this, predict, look.** (No check here.) Part 6 walked from noise to digits in 100 steps. How few will do? Write down
the share that the judge will be sure of at 20 steps, then at 5; put these numbers of steps into the next cell, and look at the digits, too.

<details><summary>What was found</summary>

Of 500 digits, from two noises each: 79.6 and 80.4 % at 20 steps, 75.4 and 75.8 % at 10, 74.0 and 72.8 % at 5, each give or take 2 percentage points; part 7 has 78.8 % at 100. So 20 steps do as well as 100 for this judge; at 10 and at 5 they do a little worse.
What keeps the share down is the network, not the walk: the one that comes with the course, trained for 4,000 steps instead of 500, gets 92.4 % in the same 20 steps, give or take 1.2. Lesson 7 makes better use of few steps.

</details>
"""

# %% [markdown] key="open" lang="zh" of="761334"
r"""
**改一改，猜一猜，看一看。** （这里没有检查。）第 6 节用 100 步从噪声走到数字。最少走几步就够？先写下 20 步时裁判会对多大比例有把握，再写下 5 步时的；然后把步数填进下一格运行，也看看画出的数字。

<details><summary>试出来的结果</summary>

每次 500 个数字，各用两份噪声：20 步是 79.6 与 80.4 %，10 步是 75.4 与 75.8 %，5 步是 74.0 与 72.8 %，误差各约 2 个百分点；第 7 节 100 步的是 78.8 %。
可见在这位裁判眼里，20 步与 100 步一样好；减到 10 步、5 步，就逊色一些。拖低比例的是网络，不是走法：课程自带的那个网络训练了 4,000 步，而不是 500 步，同样走 20 步，得 92.4 %，误差约 1.2。步数少时怎样走得更好，见第 7 课。

</details>
"""

# %% key="open-run"
n = 50
again = torch.Generator().manual_seed(1)
fewer = finish(ddpm(schedule, denoiser, torch.randn(500, 1, 8, 8, generator=again), even_times(schedule, n), generator=again))
print(f"{n} steps: sure of {share_and_error(judge.predict_proba(fewer.clamp(-1, 1).flatten(1)).max(1) >= 0.9)}")
plots.grid(fewer[:32], columns=16)

# %% [markdown] key="map"
r"""
## 8 · What you will write yourself by lesson 7 · 到第 7 课你会亲手写出什么
"""

# %% [markdown] key="map-list" lang="en"
r"""
A diffusion model, with the tools to test it, has seven pieces; most of them are at work on this page. By lesson 7 you
will have written each of them:

- the noise schedule, `cosine` and `linear`: lesson 1
- the forward step and the jump, `forward_jump`: lesson 2
- one reverse step, with its two variances: lesson 3
- the exact denoiser, which shows how good a network can be where the data are simple: lesson 4
- the `UNet`, block by block: lesson 5
- the loss and the training loop, `train`: lesson 6
- the samplers, `ddpm` and `ddim`, and faster ones: lesson 7
"""

# %% [markdown] key="map-list" lang="zh" of="a36a36"
r"""
扩散模型，连同检验它的工具，共有七样零件，大多在这一页已经用上。到第 7 课，每一样你都会亲手写过：

- 噪声调度 `cosine` 与 `linear`：第 1 课
- 前向步（forward step）与跳跃 `forward_jump`：第 2 课
- 一个反向步（reverse step），连同它的两种方差：第 3 课
- 精确去噪器（exact denoiser），数据简单时，网络最多能做到多好，看它就知道：第 4 课
- `UNet`，一块一块搭起来：第 5 课
- 损失与训练循环 `train`：第 6 课
- 采样器（sampler）`ddpm` 与 `ddim`，以及更快的：第 7 课
"""

# %% [markdown] key="recap"
r"""
## 9 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- why a single jump replaces a thousand small steps;
- what $\bar\alpha_t$ says, and why the two factors are square roots;
- what the network has to predict, and what it is never shown;
- why sampling is a walk of many steps and training is not.

**Common mistakes**

- "The noise is uniform." It is normal; the iodine is uniform because the glass has walls.
- "The network predicts the noise of one step." It predicts all the noise in $x_t$.
- "Half of the steps, half of the noise." That depends on the schedule; for the linear one, see above.
- "The loss is flat, so it is trained." Look at samples, and at a number such as the judge's.

**Papers**

- Sohl-Dickstein et al. 2015, [Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585): the idea, to destroy structure step by step and learn the way back.
- Ho, Jain & Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): our (1) is its eq. (4); training is its Algorithm 1 with eq. (14), sampling its Algorithm 2.
- Nichol & Dhariwal 2021, [Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672): the cosine schedule, eq. (17).
- Song, Meng & Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502): `ddim`, eq. (12); its α is our $\bar\alpha$.
"""

# %% [markdown] key="recap-text" lang="zh" of="b55496"
r"""
**现在你能讲清**

- 为什么一次跳跃顶得上一千小步；
- $\bar\alpha_t$ 说的是什么，两个系数为什么是平方根；
- 网络要预测什么，又从没见过什么；
- 为什么采样要走许多步，训练却不用。

**常见误解**

- “噪声是均匀的。”它是正态的；碘之所以均匀，是因为杯子有壁。
- “网络预测的是一步的噪声。”它预测的是 $x_t$ 中的全部噪声。
- “步数过半，噪声过半。”这要看调度；线性调度的情形见上文。
- “损失平了，就训练好了。”要看样本，还要看一个数，比如裁判给的那个。

**论文**

- Sohl-Dickstein 等，2015，[Deep Unsupervised Learning using Nonequilibrium Thermodynamics](https://arxiv.org/abs/1503.03585)：最初的想法，一步步毁掉结构，再学会走回来。
- Ho、Jain 与 Abbeel，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：我们的 (1) 是其式 (4)；训练是其算法 1 与式 (14)，采样是其算法 2。
- Nichol 与 Dhariwal，2021，[Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672)：余弦调度，式 (17)。
- Song、Meng 与 Ermon，2021，[Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502)：`ddim`，式 (12)；其中的 α 是我们的 $\bar\alpha$。
"""

# %% key="progress"
progress("00")
