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
#     learning: 50
# ---

# %% [markdown] key="head"
r"""
# 01 · Noise schedules · 噪声调度
"""

# %% [markdown] key="welcome" lang="en"
r"""
A noise schedule is a list of numbers: how much of the image is left after each step. On this page you turn pixels
into numbers, build the list in four ways, watch each of them eat a photograph, and find out what goes wrong when the
list stops too early.

**Afterwards you can** compute everything in a schedule from one array, draw and compare schedules at equal noise
instead of at equal $t$, tell whether a schedule ends in noise, repair one that does not, and say what the cosine's
offset is good for.
"""

# %% [markdown] key="welcome" lang="zh" of="1db1ec"
r"""
噪声调度（noise schedule）就是一串数：每走一步之后，图像还剩多少。在这一页，你把像素变成数，用四种办法造出这串数，
看它们各自怎样吞掉一张照片，再弄清楚：如果这串数停得太早，会出什么毛病。

**学完之后，你能**由一个数组算出调度里的一切；画出各种调度，并在噪声相同处而不是 $t$ 相同处比较它们；
判断一个调度最后是否真的只剩噪声，不是就把它修好；还能说出余弦调度的 offset 有什么用。
"""

# %% key="setup"

# %% key="imports"
import math

import torch

from course_utils import data, plots, schedules
from course_utils.classroom import check, hint, predict, progress, reveal, show_source, solution
from course_utils.explorers.schedules import schedule_explorer
from course_utils.forward import forward_jump
from course_utils.oracle import mixture
from course_utils.samplers import ddim, ddpm, finish
from course_utils.schedules import cosine, linear, quadratic, raw_linear, rescaled, sigmoid
from course_utils.times import even_times
from course_utils.widgets import noise_slider

# %% [markdown] key="pixels"
r"""
## 1 · Pixels as numbers · 像素就是数
"""

# %% [markdown] key="pixels-why" lang="en"
r"""
A picture file holds bytes, 0 for black to 255 for white. A diffusion model adds normal noise to them, and that noise
has mean 0 and standard deviation 1. So the bytes are moved to where the noise is: `data` hands every image out as
$x = \text{byte}/127.5 - 1$, from $-1$ to 1. Why not simply 0 to 1? Here are the mean and the spread of one
photograph in both ranges:
"""

# %% [markdown] key="pixels-why" lang="zh" of="528ebf"
r"""
图片文件里存的是字节，从 0（黑）到 255（白）。扩散模型要往上面加正态噪声，而这种噪声的均值是 0，标准差是 1。
所以先把字节换算到噪声所在的范围：`data` 给出的图像一律是 $x = \text{byte}/127.5 - 1$，从 $-1$ 到 1。
为什么不干脆用 0 到 1？先看同一张照片在两种范围里的均值与离散程度：
"""

# %% key="pixels-numbers" tags=["nbval-check-output"]
palace = data.photograph("palace", 64)
for name, x in {"[ 0, 1]": (palace + 1) / 2, "[-1, 1]": palace}.items():
    print(f"{name}   mean {x.mean():.3f}   std {x.std():.3f}   variance {x.var():.3f}")

# %% [markdown] key="pixels-range" lang="en"
r"""
On $[-1, 1]$ the mean is close to the noise's 0, and the standard deviation comes closer to the noise's 1. On $[0, 1]$
the contrast is half as large, so its variance is a quarter. The noise stays what it was: at every $t$, the
*signal-to-noise ratio*, the image's variance over the noise's, is a quarter too, and its logarithm is lower by
$\ln 4$. Besides, the average brightness, 0.565, is now far from 0, and fades together with the image. Here are both,
with the same schedule and the same noise, each shown in its own range:
"""

# %% [markdown] key="pixels-range" lang="zh" of="4c27e2"
r"""
在 $[-1, 1]$ 里，均值接近噪声的 0，标准差也更接近噪声的 1。在 $[0, 1]$ 里，对比度只有一半，方差就只有四分之一。
噪声却没有变：无论在哪个 $t$，**信噪比**（signal-to-noise ratio，图像的方差比噪声的方差）也都只有四分之一，取对数则低了 $\ln 4$。
另外，这时的平均亮度 0.565 离 0 很远，会随图像一起消退。
下面两行用同一个调度、同一份噪声，各按自己的取值范围显示：
"""

# %% key="pixels-rows"
schedule, small = linear(), data.photograph("palace", 48)
times = torch.tensor([0, 50, 100, 200, 300, 500])
eps = torch.randn(small.shape, generator=torch.Generator().manual_seed(0))
eps = eps.expand(6, -1, -1, -1)
both_sides = forward_jump(schedule, small, times, eps).xt
one_side = forward_jump(schedule, (small + 1) / 2, times, eps).xt
plots.rows({"[-1, 1]": both_sides, "[0, 1]": 2 * one_side - 1}, [f"$t={t}$" for t in times])

# %% key="pixels-shift" tags=["nbval-check-output"]
log_snr = schedule.log_snr[100] - math.log(4)
t = int((schedule.log_snr - log_snr).abs().argmin())
print(f"t = 100 on [0, 1] has the log SNR of t = {t} on [-1, 1]")

# %% [markdown] key="pixels-read" lang="en"
r"""
**Read the figure.** The lower row drowns sooner, and it darkens: its average, which is not 0, fades with the image.
The line below the figure says how much sooner. Whoever changes the range has changed the schedule without touching
it. Nothing forbids $[0, 1]$; but the numbers in the papers below, and in this course, are meant for $[-1, 1]$.

Now the way back. Samples do not stop at $\pm 1$, and bytes are whole numbers: write the function that turns any $x$
into bytes (`torch.uint8`). Stuck? `hint("01.bytes")` points the way, `solution("01.bytes")` ends it.
"""

# %% [markdown] key="pixels-read" lang="zh" of="60b652"
r"""
**看图。** 下面一行更早被淹没，而且越来越暗：它的平均亮度不是 0，会随图像一起消退。早多少，图下那一行数写得明白。
谁改了取值范围，谁就改了调度，哪怕调度里一个数也没动。没有人禁止用 $[0, 1]$；只是下列论文与本课程里的数，都是为 $[-1, 1]$ 定的。

再看回去的路。样本不会乖乖停在 $\pm 1$ 之内，而字节是整数：请写一个函数，把任意的 $x$ 变成字节（`torch.uint8`）。
卡住了？`hint("01.bytes")` 指个方向，`solution("01.bytes")` 给出答案。
"""

# %% key="bytes-try" tags=["exercise"]
def my_to_bytes(x):
    ...

my_to_bytes = check("01.bytes", my_to_bytes)

# %% key="bytes-use" tags=["nbval-check-output"]
print(my_to_bytes(torch.tensor([-1.3, -1.0, 0.0, 0.5, 1.0, 1.3])).tolist())

# %% [markdown] key="bytes-real" lang="en"
r"""
The real one stands below. `data.from_pil` is its counterpart, from a picture file's bytes to $x$, and `data.to_pil`
goes all the way back to a picture. (Elsewhere the two are called input and output transform.) `data.photograph`
cuts out the middle square and resizes it besides.
"""

# %% [markdown] key="bytes-real" lang="zh" of="c261cf"
r"""
真正的实现如下。与它相对的是 `data.from_pil`，从图片的字节到 $x$；`data.to_pil` 则一路变回图片。
（别处把这两个方向叫做输入变换与输出变换。）`data.photograph` 还会取出中央的正方形，并缩放大小。
"""

# %% key="bytes-source"
show_source(data.to_bytes)

# %% [markdown] key="array"
r"""
## 2 · One array, and all that follows · 一个数组，其余由它推出
"""

# %% [markdown] key="array-why" lang="en"
r"""
Step $t$ keeps a little less of the image and adds a little noise,
$$x_t = \sqrt{\alpha_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon_t,\qquad \alpha_t = 1-\beta_t,\tag{1}$$
with fresh standard normal noise $\epsilon_t$ at each step. All steps up to $t$ make one forward jump (lesson 2 shows
why), in which a single $\epsilon$ stands for all their noises together,
$$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon,\qquad \bar\alpha_t = \alpha_1\alpha_2\cdots\alpha_t.\tag{2}$$
The symbols, one by one:

- $\beta_t$: the variance of the noise that step $t$ adds. Somebody has to choose it; the rest follows.
- $\alpha_t = 1-\beta_t$: the share that step $t$ keeps. Its root $\sqrt{\alpha_t}$ scales $x_{t-1}$, never the noise.
- $\bar\alpha_t$: the share of the image in $x_t$. It starts at $\bar\alpha_0 = 1$ and only falls; $1-\bar\alpha_t$ is the share of the noise.
- $\sqrt{\bar\alpha_t}$ and $\sqrt{1-\bar\alpha_t}$: the factors of $x_0$ and $\epsilon$. Their squares add up to 1.
- $\text{SNR}_t = \bar\alpha_t/(1-\bar\alpha_t)$: the signal-to-noise ratio. Its natural logarithm, log-SNR, is 0 where the shares are equal, positive before and negative after.

The shares are variances if the pixels of $x_0$ have variance 1. Those of the palace have 0.4; so take the shares as a
convention, the same for every image. A `Schedule` stores $\bar\alpha_0, \dots, \bar\alpha_T$ and computes all the
others when asked:
"""

# %% [markdown] key="array-why" lang="zh" of="f3b309"
r"""
第 $t$ 步让图像少一点，再加上一点噪声，
$$x_t = \sqrt{\alpha_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon_t,\qquad \alpha_t = 1-\beta_t,\tag{1}$$
其中 $\epsilon_t$ 是标准正态噪声，每一步都新抽一份。到 $t$ 为止的所有步合起来，就是一次前向跳跃（forward jump，为什么可以合并，见第 2 课），
各步的噪声也合成了一份 $\epsilon$，
$$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon,\qquad \bar\alpha_t = \alpha_1\alpha_2\cdots\alpha_t.\tag{2}$$
符号逐个来看：

- $\beta_t$：第 $t$ 步加入的噪声的方差。这个数要由人来选，其余的都由此推出。
- $\alpha_t = 1-\beta_t$：第 $t$ 步留下的份额。它的平方根 $\sqrt{\alpha_t}$ 乘的是 $x_{t-1}$，从来不是噪声。
- $\bar\alpha_t$：图像在 $x_t$ 中所占的份额，从 $\bar\alpha_0 = 1$ 开始，只降不升；$1-\bar\alpha_t$ 是噪声的份额。
- $\sqrt{\bar\alpha_t}$ 与 $\sqrt{1-\bar\alpha_t}$：$x_0$ 与 $\epsilon$ 的系数，平方之和为 1。
- $\text{SNR}_t = \bar\alpha_t/(1-\bar\alpha_t)$：信噪比。它的自然对数 log-SNR 在两个份额相等处为 0，之前为正，之后为负。

若 $x_0$ 的像素方差为 1，份额就是方差。这张宫殿照片的方差只有 0.4；所以不妨把份额当作一种约定，对所有图像都一样。
`Schedule` 只存 $\bar\alpha_0, \dots, \bar\alpha_T$，其余的要用时再算：
"""

# %% key="array-table" tags=["nbval-check-output"]
print("   t       β       ᾱ      √ᾱ  √(1-ᾱ)        SNR  log SNR")
for t in (1, 100, 500, 1000):
    b, a, snr = schedule.beta[t], schedule.alpha_bar[t], schedule.snr[t]
    factors = f"{a**0.5:.4f}  {(1 - a)**0.5:.4f}"
    print(f"{t:4}  {b:.4f}  {a:.4f}  {factors}  {snr:9.4f}  {snr.log():7.2f}")

# %% key="array-curves"
a = schedule.alpha_bar
shares = {r"$\bar\alpha_t$": a, r"$1-\bar\alpha_t$": 1 - a}
factors = {r"$\sqrt{\bar\alpha_t}$": a.sqrt(), r"$\sqrt{1-\bar\alpha_t}$": (1 - a).sqrt()}
plots.curves({"share, factor": shares | factors, "log SNR": {"log SNR": schedule.log_snr}})

# %% [markdown] key="array-read" lang="en"
r"""
**Read the figure.** Left, the two shares cross where both are one half; the two factors cross at the same $t$, at
$\sqrt{1/2} \approx 0.71$. The image's factor falls more slowly than its share: at $t = 500$ the share is 0.08, the
factor still 0.28. Right, the same story in one curve, which crosses 0 at that $t$. It falls steeply at first and
never stops falling: there is no moment at which the image is gone, only less and less of it.

**How libraries count.** Here $t = 0$ is the clean image and noise begins at $t = 1$. Most libraries number the noisy
states from 0, so $t_\text{library} = t - 1$, and call $\bar\alpha$ `alphas_cumprod`; in the DDIM paper the same thing
is written $\alpha$.

Now build the array yourself. You get `beta` with $\beta_1, \dots, \beta_T$, shape `(T,)`, in float64. Return
$\bar\alpha_0, \dots, \bar\alpha_T$, shape `(T + 1,)`.
"""

# %% [markdown] key="array-read" lang="zh" of="9543a7"
r"""
**看图。** 左图中，两个份额在各占一半处相交；两个系数也在同一个 $t$ 相交，高度是 $\sqrt{1/2} \approx 0.71$。
图像的系数降得比份额慢：到 $t = 500$ 时，份额只剩 0.08，系数却还有 0.28。右图用一条曲线说同一件事，它在那个 $t$ 穿过 0，
起初降得很陡，而且一直在降：没有哪一刻图像彻底消失，只是越来越少。

**程序库怎么数。** 这里 $t = 0$ 是干净图像，噪声从 $t = 1$ 开始。多数程序库给带噪的状态从 0 编号，
所以 $t_\text{library} = t - 1$，并把 $\bar\alpha$ 叫做 `alphas_cumprod`；DDIM 论文则把它写作 $\alpha$。

现在请自己造出这个数组。给你的 `beta` 是 $\beta_1, \dots, \beta_T$，形状 `(T,)`，类型 float64。
请返回 $\bar\alpha_0, \dots, \bar\alpha_T$，形状 `(T + 1,)`。
"""

# %% key="alpha-bar-try" tags=["exercise"]
def my_alpha_bar(beta):
    ...

my_alpha_bar = check("01.alpha_bar", my_alpha_bar)

# %% key="alpha-bar-use" tags=["nbval-check-output"]
mine = my_alpha_bar(torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64))
print(f"ᾱ_0 = {mine[0]:.0f}   ᾱ_500 = {mine[500]:.4f}")
print("as the schedule has it:", torch.allclose(mine, schedule.alpha_bar))

# %% [markdown] key="alpha-bar-real" lang="en"
r"""
The real one is the last line of `Schedule.from_beta`; what stands before it only checks the input. Every array of a
schedule is read alike, at one $t$ or at a batch of them: `schedule.beta[t]`, `schedule.signal[t]`. Other code often reads
with a function called `extract`, which also shapes what it reads (lesson 2).
"""

# %% [markdown] key="alpha-bar-real" lang="zh" of="726cd7"
r"""
真正的实现是 `Schedule.from_beta` 的最后一行，前面的只是检查输入。调度的每个数组都用同一种写法读取，
如 `schedule.beta[t]`、`schedule.signal[t]`，$t$ 可以是一个，也可以是一批。别处的代码常用一个叫 `extract` 的函数来读，它还顺带调整形状（见第 2 课）。
"""

# %% key="alpha-bar-source"
show_source(schedules.Schedule.from_beta)

# %% [markdown] key="half"
r"""
## 3 · Half and half · 各占一半
"""

# %% [markdown] key="half-task" lang="en"
r"""
**A task for the slider.** The palace below has drowned in the noise of $t = 1000$, under the linear schedule. The
bar shows the two shares, $\bar\alpha_t$ of the image in blue and $1-\bar\alpha_t$ of the noise in orange. Move $t$
until both are equally long, and write that $t$ into the next cell. Is it where you would have called the picture half
destroyed? (A slider is a blunt tool: 5 steps to either side are accepted.)
"""

# %% [markdown] key="half-task" lang="zh" of="47b53d"
r"""
**滑块任务。** 在线性调度下，下面的宫殿已经淹没在 $t = 1000$ 的噪声里。色条表示两个份额：
蓝色是图像的 $\bar\alpha_t$，橙色是噪声的 $1-\bar\alpha_t$。移动 $t$，直到两段一样长，把这个 $t$ 写进下一个单元格。
单看画面，你会说它在这里正好毁了一半吗？（滑块难以拖得很准：左右相差 5 步以内都算对。）
"""

# %% key="half-slider"
noise_slider(schedule, palace, t=1000)

# %% key="half-try" tags=["exercise"]
my_half = ...
my_half = check("01.half", my_half)

# %% key="half-strip"
times = torch.tensor([0, 100, int(my_half), 500, 1000])
plots.strip(forward_jump(schedule, small, times, eps[:5]).xt, times.tolist())

# %% [markdown] key="half-read" lang="en"
r"""
**Read the figure.** In the middle stands your half. Its outlines are still plain to see, because the eye averages
over many pixels, and averaging removes noise but not shape. Bear that in mind: what is large in a picture survives
much more noise than what is small. It comes back in section 6.
"""

# %% [markdown] key="half-read" lang="zh" of="93b25b"
r"""
**看图。** 正中就是你找到的一半。轮廓依然分明，因为眼睛会把许多像素平均起来，而平均能抹掉噪声，却抹不掉形状。
请记住这一点：画面里大块的东西，比细小的东西经得起多得多的噪声。第 6 节还会用到它。
"""

# %% [markdown] key="four"
r"""
## 4 · Four schedules · 四种调度
"""

# %% [markdown] key="four-why" lang="en"
r"""
Three of them choose $\beta$. With $u = (t-1)/(T-1)$ running from 0 to 1, $\beta_1 = 10^{-4}$ and $\beta_T = 0.02$:

- **linear**, $\beta$ on a straight line: $\beta_t = \beta_1 + (\beta_T-\beta_1)\,u$
- **quadratic**, $\sqrt\beta$ on a straight line: $\beta_t = \left(\sqrt{\beta_1} + (\sqrt{\beta_T}-\sqrt{\beta_1})\,u\right)^2$
- **sigmoid**, an S-shaped curve from nearly one end point to nearly the other: $\beta_t = \beta_1 + (\beta_T-\beta_1)\,/\,(1+e^{6-12u})$

The fourth chooses $\bar\alpha$ instead and lets $\beta$ follow (section 7 says what its offset $\delta$ is for, and
why its $\beta$ is clipped at both ends):

- **cosine**, $\bar\alpha$ a squared cosine: $\bar\alpha_t = f(t)/f(0)$ with $f(t) = \cos^2\!\left(\frac{t/T+\delta}{1+\delta}\cdot\frac{\pi}{2}\right)$
"""

# %% [markdown] key="four-why" lang="zh" of="e09472"
r"""
其中三种选的是 $\beta$。令 $u = (t-1)/(T-1)$ 从 0 走到 1，$\beta_1 = 10^{-4}$，$\beta_T = 0.02$：

- **线性**（linear），$\beta$ 沿直线：$\beta_t = \beta_1 + (\beta_T-\beta_1)\,u$
- **二次**（quadratic），$\sqrt\beta$ 沿直线：$\beta_t = \left(\sqrt{\beta_1} + (\sqrt{\beta_T}-\sqrt{\beta_1})\,u\right)^2$
- **S 形**（sigmoid），一条 S 形曲线，几乎从一端走到另一端：$\beta_t = \beta_1 + (\beta_T-\beta_1)\,/\,(1+e^{6-12u})$

第四种改选 $\bar\alpha$，让 $\beta$ 随之而定（其中的 offset，即 $\delta$，有什么用，$\beta$ 的两端又为什么要截断，第 7 节再谈）：

- **余弦**（cosine），$\bar\alpha$ 是余弦的平方：$\bar\alpha_t = f(t)/f(0)$，其中 $f(t) = \cos^2\!\left(\frac{t/T+\delta}{1+\delta}\cdot\frac{\pi}{2}\right)$
"""

# %% key="four-predict"
predict("01.fastest")

# %% key="four-rows"
four = {"linear": linear(), "quadratic": quadratic(), "sigmoid": sigmoid(), "cosine": cosine()}
times, tiny = [0, 100, 250, 500, 750, 1000], data.photograph("palace", 40)
eps = torch.randn(tiny.shape, generator=torch.Generator().manual_seed(0)).expand(6, -1, -1, -1)
strips = {name: forward_jump(s, tiny, torch.tensor(times), eps).xt for name, s in four.items()}
reveal("01.fastest", plots.schedule_rows(four, strips, times))

# %% [markdown] key="four-read" lang="en"
r"""
**Read the figure.** Left, each $\beta$ on the same axes, the vertical one logarithmic; right, one photograph with the
*same* noise in every picture, so that only the schedule makes a difference. At $t = 250$ the linear row is well ahead
of the others, and at $t = 500$ it is hardly more than noise to the eye, while the other three still keep a dark
silhouette. The cosine's $\beta$ stays low for most of the way and then shoots up to almost 1: its last steps erase
what little is left.

With `plots.schedule_rows(four, strips, times, transparent=True).save("schedules.png")` you get the figure for your
slides, without its white ground.

In code, each is a few lines. This is the sigmoid:
"""

# %% [markdown] key="four-read" lang="zh" of="5895e5"
r"""
**看图。** 左边是各自的 $\beta$，四格的坐标轴相同，纵轴取对数；右边是同一张照片，每一幅用的都是**同一份**噪声，所以差别只来自调度。
到 $t = 250$，线性那一行已远远走在前面；到 $t = 500$，肉眼看去它差不多只剩噪声，另外三行却还留着一个暗影。
余弦的 $\beta$ 大半程都很低，最后猛升到接近 1：剩下的那一点，由最后几步抹去。

用 `plots.schedule_rows(four, strips, times, transparent=True).save("schedules.png")` 可以得到不带白底的图，放进幻灯片正合适。

写成代码，每种都只有几行。S 形是这样的：
"""

# %% key="four-source"
show_source(schedules.raw_sigmoid)

# %% [markdown] key="snr"
r"""
## 5 · Compare at equal SNR, not at equal t · 在信噪比相同处比较，而不是在 t 相同处
"""

# %% [markdown] key="snr-why" lang="en"
r"""
"$t = 250$" means a different noise in every row above. The log-SNR says how noisy an image is; $t$ is only the number
under which a schedule happens to keep it. Below are the curves, and, for each schedule, the $t$ at which log-SNR is
nearest to 4, 2, 0, $-2$ and $-4$:
"""

# %% [markdown] key="snr-why" lang="zh" of="d769c7"
r"""
同是“$t = 250$”，上面每一行的噪声却各不相同。真正说明一幅图像带多少噪声的，是它的 log-SNR；至于 $t$，
不过是这个值在某个调度里的编号。下面先画出各条曲线，再从每个调度里查出 log-SNR 最接近 4、2、0、$-2$ 与 $-4$ 的 $t$：
"""

# %% key="snr-curves"
plots.curves({"log SNR": {name: s.log_snr for name, s in four.items()}})

# %% key="snr-times" tags=["nbval-check-output"]
levels = [4, 2, 0, -2, -4]
print("log SNR  ", *(f"{level:5}" for level in levels))
at = {}
for name, s in four.items():
    at[name] = [int((s.log_snr - level).abs().argmin()) for level in levels]
    print(f"{name:9}", *(f"{t:5}" for t in at[name]))

# %% key="snr-rows"
equal = {name: forward_jump(s, tiny, torch.tensor(at[name]), eps[:5]).xt
         for name, s in four.items()}
plots.rows(equal, [f"${level}$" for level in levels])

# %% key="snr-difference"
def largest_difference(rows):
    rows = torch.stack(list(rows.values()))
    return float((rows.amax(0) - rows.amin(0)).max())

same_t = {name: strip[2:3] for name, strip in strips.items()}
print(f"largest difference of a pixel, at t = 250: {largest_difference(same_t):.2f}")
print(f"at equal log SNR: {largest_difference(equal):.4f}   one grey level: {1 / 127.5:.4f}")

# %% [markdown] key="snr-read" lang="en"
r"""
**Read the figure.** Above each column stands its log-SNR. Four rows, and you cannot tell them apart. With the same
noise, equal log-SNR is the same picture, whatever the schedule: what differs is less than one grey level, and only
because $t$ is a whole number. So a schedule is a *clock*. Between their ends, all clocks pass the same noise levels in
the same order; they differ in how long they stay at each. Count the steps they spend in three regions:
"""

# %% [markdown] key="snr-read" lang="zh" of="b57009"
r"""
**看图。** 每列上方是它的 log-SNR。四行图看不出差别。噪声相同，log-SNR 又相同，不论什么调度，画面都一样：
相差不到一个灰度级，而且只是因为 $t$ 必须取整数。所以，调度就像一座**时钟**。
在起点与终点之间，所有时钟都按同样的次序走过同样的噪声水平，不同的只是在每一处停留多久。数一数它们在三段里各花了多少步：
"""

# %% key="snr-clock" tags=["nbval-check-output"]
for name, s in four.items():
    above, below = int((s.log_snr[1:] > 2).sum()), int((s.log_snr[1:] < -2).sum())
    print(f"{name:9}  above 2: {above}   between: {1000 - above - below}   below -2: {below}")

# %% [markdown] key="snr-clock-read" lang="en"
r"""
The linear schedule spends 544 of its 1000 steps below $-2$, where hardly anything can be seen; the cosine spends 555
in between, where the picture goes under. A network that is trained on evenly drawn $t$ practises most where the clock
stays longest, and a sampler with evenly spaced times takes its smallest steps there.
"""

# %% [markdown] key="snr-clock-read" lang="zh" of="913930"
r"""
线性调度的 1000 步中，有 544 步在 $-2$ 以下，那里几乎什么也看不清；余弦则有 555 步在中间，画面正是在那一段被淹没的。
若均匀地抽 $t$ 来训练网络，时钟在哪里停得久，网络就在哪里练得多；采样器（sampler）若取等间隔的时间步，也在那里走得最细。
"""

# %% [markdown] key="end"
r"""
## 6 · The end of the chain · 链的终点
"""

# %% [markdown] key="end-why" lang="en"
r"""
Fewer steps are cheaper, so people write $T = 200$ or $T = 300$ and keep the rest of the recipe: $\beta$ from
$10^{-4}$ to 0.02. Think before you look: does such a chain still end in noise?
"""

# %% [markdown] key="end-why" lang="zh" of="6c3f26"
r"""
步数少就省事，于是有人写 $T = 200$ 或 $T = 300$，其余照抄：$\beta$ 从 $10^{-4}$ 到 0.02。
先想再看：这样的链还以噪声收尾吗？
"""

# %% key="end-predict"
predict("01.end")

# %% key="end-table" tags=["nbval-check-output"]
said = []
for T in (200, 300, 1000):
    raw = raw_linear(T)
    said.append(f"T = {T:4}   √ᾱ_T = {raw.signal[T]:.3f}   share of the image {raw.alpha_bar[T]:.1%}")
reveal("01.end", *said)

# %% [markdown] key="end-start" lang="en"
r"""
At $T = 200$ more than a third of the amplitude is left in this *raw* schedule, `raw_linear(200)`. Is that bad?
Training does not mind: it sees $x_T$ with what remains of the image. *Sampling* does, because it starts from
$\mathcal N(0, I)$, in which no image remains.

To see the damage and nothing else, take a denoiser that makes no mistakes: for simple data it can be computed
exactly (`mixture`; lesson 4 shows how). First in the plane: two clusters, 90 % of the points at the upper right, 10 %
at the lower left. `walk` goes from $x_T$ down to $x_0$, with the exact denoiser, in 200 steps of a sampler:
"""

# %% [markdown] key="end-start" lang="zh" of="79cdea"
r"""
$T = 200$ 时，这个**原样**（raw）的调度 `raw_linear(200)` 还剩下三分之一以上的幅度。这要紧吗？对训练无妨：训练见到的 $x_T$ 本来就带着残余的图像。
对**采样**（sampling）却要紧：采样从 $\mathcal N(0, I)$ 出发，那里没有这份残余。

为了只看这一处毛病，我们用一个不犯错的去噪器（denoiser）：数据简单时，它可以精确算出（即 `mixture`，算法见第 4 课）。
先看平面上的点：两簇，90 % 在右上，10 % 在左下。`walk` 用这个精确去噪器，让采样器从 $x_T$ 走 200 步，一直走到 $x_0$：
"""

# %% key="end-plane"
centres = torch.tensor([[0.7, 0.7], [-0.7, -0.7]])
draw = torch.Generator().manual_seed(0)
noise, cluster = torch.randn(4000, 2, generator=draw), (torch.arange(4000) < 400).long()
x0 = centres[cluster] + 0.1 * torch.randn(4000, 2, generator=draw)

def walk(schedule, xT, sampler=ddim):
    exact = mixture(schedule, centres, stds=[0.1, 0.1], weights=[0.9, 0.1])
    return finish(sampler(schedule, exact, xT, even_times(schedule, 200), generator=draw))

# %% key="end-plane-walks"
raw = raw_linear(200)
true_xT = forward_jump(raw, x0, 200, generator=draw).xt
ends = {"data": x0, "raw, noise": walk(raw, noise), "raw, true x_T": walk(raw, true_xT)}
ends["linear(200), noise"] = walk(linear(200), noise)
lower_left = {name: float((x[:, 0] < 0).float().mean()) for name, x in ends.items()}
titles = [f"{name}\n{share:.1%}" for name, share in lower_left.items()]
plots.clouds([x[::5] for x in ends.values()], titles)

# %% key="end-plane-mean"
ends["raw, noise, ddpm"] = walk(raw, noise, ddpm)
for name, x in ends.items():
    share = (x[:, 0] < 0).float().mean()
    print(f"{name:18}  lower left {share:.1%}   mean ({x[:, 0].mean():.2f}, {x[:, 1].mean():.2f})")

# %% [markdown] key="end-plane-read" lang="en"
r"""
**Read the figure.** Above each panel stands the share of the points at the lower left. From the left: the data;
samples of the raw 200-step schedule that start from noise; the same walk from the *true* $x_T$; and `linear(200)`,
a schedule of 200 steps that does end in noise. Each cluster by itself looks right in all four, but the second panel
has far too many points at the lower left, and so the mean is off. With the true $x_T$, or with the other schedule, the
shares are right: the start was at fault, not the denoiser and not the sampler. These walks used DDIM, which adds no
noise and carries a bad start to the end. DDPM adds fresh noise at every step, and so forgets part of it (the last
line in print; both samplers come in lesson 7).
"""

# %% [markdown] key="end-plane-read" lang="zh" of="ec040f"
r"""
**看图。** 每格上方标着左下那一簇所占的比例。从左到右：数据；原样的 200 步调度，从噪声出发的样本；
同样的走法，但从**真正的** $x_T$ 出发；以及 `linear(200)`，一个同样 200 步、但确实以噪声收尾的调度。
四格里，单看每一簇都没有毛病，可第二格左下的点明显太多，均值也就偏了。换成真正的 $x_T$，或者换一个调度，比例就对了：
错在起点，不在去噪器，也不在采样器。这里用的是 DDIM，它不加噪声，把错误的起点一直带到最后。
DDPM 每一步都加新噪声，所以能忘掉其中一部分（见打印的最后一行；两种采样器都在第 7 课讲）。
"""

# %% [markdown] key="end-digits-why" lang="en"
r"""
Now pictures. What survives longest is what is largest, and nothing is larger than the brightness of the whole image:
the mean of 64 pixels has only an eighth of the noise's standard deviation. So take data in which brightness varies:
300 handwritten digits, printed light on dark in 90 % of all cases and in reverse, dark on light, in 10 %. The denoiser
is exact again, and 600 samples are drawn with each schedule, always from the same noise. We compare the raw schedule
with three remedies:

- **read** the 1000-step $\log\bar\alpha$ at $T + 1$ evenly spaced points, as `linear(200)` does: same curve, fewer points;
- **rescale**: shift and stretch $\sqrt{\bar\alpha}$ so that it ends where you want it; `rescaled` does so;
- another formula: the **cosine** ends near 0 by construction, whatever $T$ is.
"""

# %% [markdown] key="end-digits-why" lang="zh" of="9b9c1c"
r"""
再看图像。画面里越大的东西越经得起噪声，而最大的莫过于整幅图的亮度：在 64 个像素的均值里，噪声的标准差只剩八分之一。
所以取一份亮度有变化的数据：300 个手写数字，90 % 的情况印成黑底亮字，10 % 反过来，印成亮底黑字。
去噪器仍是精确的，每种调度都从同一份噪声出发，采 600 个样本。我们拿原样的调度与三种补救办法相比：

- **读取**（read）：在 $T + 1$ 个等间隔的点上读取 1000 步的 $\log\bar\alpha$，`linear(200)` 就是这样：曲线不变，点少一些；
- **重缩放**（rescale）：平移并拉伸 $\sqrt{\bar\alpha}$，让它停在你要的地方，由 `rescaled` 完成；
- 换公式：**余弦**的公式本身就停在接近 0 处，不论 $T$ 是多少。
"""

# %% key="end-digits"
digits = data.digits().x[:300]
printed = torch.cat([digits, -digits])
weights = torch.tensor([0.9, 0.1]).repeat_interleave(len(digits))

def draw_digits(schedule, n=600):
    exact = mixture(schedule, printed, torch.zeros(len(printed)), weights)
    noise = torch.randn(n, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return finish(ddim(schedule, exact, noise, even_times(schedule, 50)))

# %% key="end-digits-walks"
short = {"raw": raw, "read": linear(200)}
short |= {"rescaled": rescaled(raw, end=0.006), "cosine": cosine(200)}
drawn = {name: draw_digits(schedule) for name, schedule in short.items()}
print(f"data       reversed 10%   mean {(0.9 - 0.1) * digits.mean():.2f}")
for name, x in drawn.items():
    reverse = (x.mean((1, 2, 3)) > 0).float().mean()
    signal = short[name].signal[200]
    print(f"{name:9}  reversed {reverse:.0%}   mean {x.mean():.2f}   √ᾱ_T {signal:.5f}")

# %% key="end-digits-show"
plots.grids({"raw": drawn["raw"][:40], "read": drawn["read"][:40]})

# %% [markdown] key="end-digits-read" lang="en"
r"""
**Read the figure.** Every digit is perfect, because this denoiser knows nothing but digits; what is wrong is how many
are reversed. The raw schedule (left) prints about three times as many of them as it should: on average, its samples
are too bright. The reason: a true $x_T$ of this schedule still carries its image's brightness, mostly dark, while pure
noise is of medium brightness on average, and the denoiser takes that for what is left of an image. All three remedies
come close to the data. Lin et al. saw the same fault in large image models: trained on a chain that did not end in
noise, they kept to medium brightness and could hardly draw a very dark or a very bright picture.

This is how the course's schedules do it. `linear`, `quadratic`, `sigmoid` and `cosine` all go through it, so each
ends at any $T$ in the noise that it reaches after 1000 steps; the raw ones are there to be compared with:
"""

# %% [markdown] key="end-digits-read" lang="zh" of="aa2f23"
r"""
**看图。** 每个数字都无可挑剔，因为这个去噪器只认得数字；不对的是反着印的有多少。
原样的调度（左）反印的约为应有的三倍，样本平均说来太亮。原因在于：这个调度真正的 $x_T$ 还带着图像的亮度，大多偏暗；
纯噪声平均说来却是不明不暗的，去噪器便把这当成了图像的残余。三种补救办法都与数据相近。
Lin 等人在大型图像模型中见到了同样的毛病：模型在不以噪声收尾的链上训练，画面总是不明不暗，很难画出很暗或很亮的来。

本课程的调度是这样做的。`linear`、`quadratic`、`sigmoid` 与 `cosine` 都经过它，所以无论 $T$ 是多少，都停在各自走满 1000 步时的噪声里；
原样的那几个只供对照：
"""

# %% key="end-source"
show_source(schedules.read_at)

# %% [markdown] key="cosine"
r"""
## 7 · The cosine and its offset · 余弦与它的 offset
"""

# %% [markdown] key="cosine-why" lang="en"
r"""
Write the cosine's $\bar\alpha$ from section 4, without any clipping: `T` and `offset` come in, shape `(T + 1,)` in
float64 goes out.
$$\bar\alpha_t = \frac{f(t)}{f(0)},\qquad f(t) = \cos^2\!\left(\frac{t/T+\delta}{1+\delta}\cdot\frac{\pi}{2}\right),\qquad t = 0, \dots, T.\tag{3}$$
"""

# %% [markdown] key="cosine-why" lang="zh" of="12baaa"
r"""
请写出第 4 节中余弦的 $\bar\alpha$，不作任何截断：输入 `T` 与 `offset`，输出形状 `(T + 1,)`，类型 float64。
$$\bar\alpha_t = \frac{f(t)}{f(0)},\qquad f(t) = \cos^2\!\left(\frac{t/T+\delta}{1+\delta}\cdot\frac{\pi}{2}\right),\qquad t = 0, \dots, T.\tag{3}$$
"""

# %% key="cosine-try" tags=["exercise"]
def my_cosine(T, offset):
    ...

my_cosine = check("01.cosine", my_cosine)

# %% key="cosine-offset" tags=["nbval-check-output"]
for offset in (0, 0.008):
    a = my_cosine(1000, offset)
    beta = 1 - a[1:] / a[:-1]
    levels = 127.5 * beta[0].sqrt()
    print(f"offset {offset}: β_1 {beta[0]:.1e}, √β_1 {levels:.2f} grey levels, β_T {beta[-1]:.4f}")

# %% [markdown] key="cosine-read" lang="en"
r"""
A cosine starts flat. Without the offset the first step adds noise whose standard deviation is a fifth of a grey level,
finer than the bytes that the image is made of (one level is $1/127.5$); the paper's authors found that a network can
hardly predict so little noise. The offset $\delta = 0.008$ starts the curve a little way down the slope: now
$\sqrt{\beta_1}$ is slightly less than one grey level.

At the other end $\beta_T = 1$: the last step would erase everything, $\bar\alpha_T$ would be 0, and the formula that
finds $x_0$ from $\epsilon$ would divide by its root. Therefore $\beta$ is clipped. The paper holds it at 0.999 at
most; this course, like some others, keeps it between $10^{-4}$ and 0.9999. Count how many steps each bound touches:
"""

# %% [markdown] key="cosine-read" lang="zh" of="0e970b"
r"""
余弦起步是平的。没有 offset 时，第一步所加噪声的标准差只有五分之一个灰度级，比图像所用的字节（一级是 $1/127.5$）还细；
论文作者发现，这么一点噪声，网络很难预测。取 $\delta = 0.008$，曲线就从坡顶往下一点的地方起步：
这时 $\sqrt{\beta_1}$ 略小于一个灰度级。

另一端 $\beta_T = 1$：最后一步会抹去一切，$\bar\alpha_T$ 成了 0，由 $\epsilon$ 求 $x_0$ 的公式却要除以它的平方根。
所以 $\beta$ 要截断。论文限制它不超过 0.999；本课程与别的一些实现一样，让它保持在 $10^{-4}$ 与 0.9999 之间。
数一数，上下限各碰到了多少步：
"""

# %% key="cosine-clip" tags=["nbval-check-output"]
raised, lowered = int((beta < 1e-4).sum()), int((beta > 0.9999).sum())
print(f"steps raised to 1e-4: {raised}   lowered to 0.9999: {lowered}")
print(f"√ᾱ_T of cosine(1000): {cosine().signal[1000]:.1e}")

# %% [markdown] key="cosine-clip-read" lang="en"
r"""
The lower bound completes what the offset began: no step adds less than $0.01 \cdot 127.5 \approx 1.3$ grey levels. The
upper one holds back the last step alone: the trace of the image that it leaves serves the division and nothing else.
"""

# %% [markdown] key="cosine-clip-read" lang="zh" of="d8b0dd"
r"""
下限补足了 offset 没做完的事：每一步所加的噪声都不少于 $0.01 \cdot 127.5 \approx 1.3$ 个灰度级。
上限只拦住最后一步：留下的那一丝图像，只是为了能做除法。
"""

# %% [markdown] key="explore"
r"""
## 8 · Explore · 动手探索
"""

# %% [markdown] key="explore-task" lang="en"
r"""
Everything in one picture. Choose a schedule (the row marked ᾱ), take it raw or read from 1000 steps (the row marked
t), and change $T$, the first and the last $\beta$, or the cosine's offset. Above the curves stand the numbers; below
them the photograph at five times from $t = 0$ to $T$, always with the same noise.

**A task for the sliders.** Leave the schedule at linear and raw, $T = 300$, $\beta_1 = 10^{-4}$. How far must
$\beta_T$ go up before $\sqrt{\bar\alpha_T}$ falls below 0.01? Write the first value that suffices into the next cell.
Then go back to $\beta_T = 0.02$, choose `1000 → T`, and compare the two strips.
"""

# %% [markdown] key="explore-task" lang="zh" of="f9ae68"
r"""
所有东西都在一幅图里。选一种调度（标着 ᾱ 的一行），原样使用还是从 1000 步读取（标着 t 的一行），
再改变 $T$、最初与最后的 $\beta$，或余弦的 offset。曲线上方是数值；下方是照片在 $t = 0$ 到 $T$ 的五个时刻的样子，
用的总是同一份噪声。

**滑块任务。** 调度保持线性、原样（raw），$T = 300$，$\beta_1 = 10^{-4}$。$\beta_T$ 要升到多高，$\sqrt{\bar\alpha_T}$ 才降到 0.01 以下？
把最先够用的值写进下一个单元格。然后回到 $\beta_T = 0.02$，选 `1000 → T`，比一比两行照片。
"""

# %% key="explore-show"
schedule_explorer(palace)

# %% key="explore-try" tags=["exercise"]
my_last = ...
my_last = check("01.last", my_last)

# %% key="explore-price"
steeper = raw_linear(300, last=float(my_last))
lines = {r"$\beta_T=0.02$": raw_linear(300), rf"$\beta_T={float(my_last):.3f}$": steeper}
lines["linear(300)"] = linear(300)
plots.curves({"log SNR": {name: s.log_snr for name, s in lines.items()}})

# %% [markdown] key="explore-read" lang="en"
r"""
**Read the figure.** Three times the last $\beta$ repairs the end, and the curve comes to lie almost on that of
`linear(300)`, which is why the two strips look alike. That is no accident. Fewer steps must each do more, by about
$1000/300$ times, so that the $\beta$ add up to nearly the same. That is the price, too: each single reverse step has
more to undo. A short chain that ends in noise takes coarse steps.
"""

# %% [markdown] key="explore-read" lang="zh" of="bf9c8c"
r"""
**看图。** 终点的 $\beta$ 升到三倍，末端就修好了，曲线几乎与 `linear(300)` 的重合，难怪两行照片那么像。这不是巧合。步数少了，
每一步就得多做，约为 $1000/300$ 倍，$\beta$ 的总和才差不多。代价也在这里：每一个反向步要撤销的更多。
链要短，又要以噪声收尾，步子就只能迈得大。
"""

# %% [markdown] key="recap"
r"""
## 9 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- why pixels go to $[-1, 1]$, and why another range is another schedule;
- how $\beta$, $\alpha$, $\bar\alpha$, the two factors, SNR and log-SNR follow from one array;
- what distinguishes the four schedules, and why they are compared at equal log-SNR;
- why a chain must end in noise, what goes wrong if it does not, and three ways to repair it;
- what the cosine's offset and its clipping are for.

**Common mistakes**

- "The same end points of $\beta$, so the same end." With fewer steps, more of the image is left: $\sqrt{\bar\alpha_T} = 0.364$ at $T = 200$, 0.219 at $T = 300$, 0.006 at $T = 1000$.
- "$\sqrt{\alpha_t}$ scales the noise." It scales $x_{t-1}$; the noise has $\sqrt{\beta_t}$.
- "Half of the steps is half of the noise." Under the linear schedule the shares are equal at $t = 259$ of 1000.
- "$\alpha_t$ goes to 0." $\bar\alpha_t$ nearly does; $\alpha_t$ of the linear schedule never falls below 0.98.
- "Images in $[0, 1]$ will do as well." They do, but at every $t$ the signal-to-noise ratio is a quarter of the paper's.
- "A cast makes bytes." Clamp and round first, or what is out of range wraps round and every fraction is cut off.

**Papers**

- Ho, Jain & Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): our (1) is its eq. (2), our (2) its eq. (4); section 4 has the linear schedule, section 3.3 the range $[-1, 1]$.
- Nichol & Dhariwal 2021, [Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672): the cosine, its offset and its clipping, section 3.2; our (3) is its eq. (17).
- Kingma, Salimans, Poole & Ho 2021, [Variational Diffusion Models](https://arxiv.org/abs/2107.00630): the schedule as a clock; in the limit of many steps the variational lower bound depends on it only through the SNR at its two ends, section 5.1.
- Lin, Liu, Li & Yang 2024, [Common Diffusion Noise Schedules and Sample Steps are Flawed](https://arxiv.org/abs/2305.08891): chains that do not end in noise; `rescaled` is its Algorithm 1, except that we stop just above 0.
- Chen 2023, [On the Importance of Noise Scheduling for Diffusion Models](https://arxiv.org/abs/2301.10972): scaling the image instead of changing the schedule.
- Song, Meng & Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502): its $\alpha$ is our $\bar\alpha$.
"""

# %% [markdown] key="recap-text" lang="zh" of="e0d760"
r"""
**现在你能讲清**

- 像素为什么要变到 $[-1, 1]$，为什么换一种范围就是换一种调度；
- $\beta$、$\alpha$、$\bar\alpha$、两个系数、SNR 与 log-SNR 怎样由一个数组推出；
- 四种调度有什么不同，为什么要在 log-SNR 相同处比较；
- 链为什么必须以噪声收尾，不然会出什么毛病，又有哪三种补救办法；
- 余弦的 offset 与截断有什么用。

**常见误解**

- “$\beta$ 的两端相同，终点就相同。”步数少，图像就剩得多：$\sqrt{\bar\alpha_T} = 0.364$（$T = 200$ 时），0.219（$T = 300$ 时），0.006（$T = 1000$ 时）。
- “$\sqrt{\alpha_t}$ 乘的是噪声。”它乘的是 $x_{t-1}$；噪声的系数是 $\sqrt{\beta_t}$。
- “步数过半，噪声过半。”线性调度走 1000 步，到 $t = 259$ 两个份额就相等了。
- “$\alpha_t$ 趋于 0。”真正降到几乎没有的是 $\bar\alpha_t$；线性调度的 $\alpha_t$ 从不低于 0.98。
- “图像放在 $[0, 1]$ 也一样。”用是能用，只是在每个 $t$，信噪比都只有论文的四分之一。
- “转换一下类型就成了字节。”要先截断、再取整，否则越界的值会绕回去，小数也都丢了。

**论文**

- Ho、Jain 与 Abbeel，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：我们的 (1) 是其式 (2)，(2) 是其式 (4)；第 4 节有线性调度，3.3 节有取值范围 $[-1, 1]$。
- Nichol 与 Dhariwal，2021，[Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672)：余弦、它的 offset 与截断，见 3.2 节；我们的 (3) 是其式 (17)。
- Kingma、Salimans、Poole 与 Ho，2021，[Variational Diffusion Models](https://arxiv.org/abs/2107.00630)：把调度看作时钟；步数趋于无穷时，调度只有两端的 SNR 会影响变分下界，见 5.1 节。
- Lin、Liu、Li 与 Yang，2024，[Common Diffusion Noise Schedules and Sample Steps are Flawed](https://arxiv.org/abs/2305.08891)：不以噪声收尾的链；`rescaled` 就是其算法 1，只是我们停在略高于 0 处。
- Chen，2023，[On the Importance of Noise Scheduling for Diffusion Models](https://arxiv.org/abs/2301.10972)：不改调度，而改图像的尺度。
- Song、Meng 与 Ermon，2021，[Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502)：其中的 $\alpha$ 是我们的 $\bar\alpha$。
"""

# %% key="progress"
progress("01")
