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
#     learning: 120
#     leave_out: [explore, build]
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
instead of at equal $t$, compute whether a schedule ends in noise for images of a given size, repair one that does not,
shift one to another size, say what the cosine's offset is good for, and make a schedule of any curve, at any $T$, that
ends in as little image as you ask for.
"""

# %% [markdown] key="welcome" lang="zh" of="20b188"
r"""
噪声调度（noise schedule）就是一串数：每走一步之后，图像还剩多少。在这一页，你把像素变成数，用四种办法造出这串数，
看它们各自怎样吞掉一张照片，再弄清楚：如果这串数停得太早，会出什么毛病。

**学完之后，你能**由一个数组算出调度里的一切；画出各种调度，并在噪声相同处而不是 $t$ 相同处比较它们；
算出一个调度对给定大小的图像是否以噪声收尾，不是就把它修好；为另一种大小的图像平移调度；说出余弦调度的 offset 有什么用；
还能把任何一条曲线做成任意 $T$ 步的调度，终点剩多少图像由你定。
"""

# %% key="setup"

# %% key="imports"
import math

import torch
from torch.nn.functional import adaptive_avg_pool2d

from course_utils import data, plots, schedules
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.explorers.schedules import schedule_explorer
from course_utils.forward import forward_jump
from course_utils.schedules import cosine, linear, quadratic, raw_linear, raw_quadratic, rescaled, shifted, sigmoid
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
噪声却没有变：无论在哪个 $t$，**信噪比**（signal-to-noise ratio，图像的方差与噪声的方差之比）也都只有四分之一，它的对数则低了 $\ln 4$。
另外，这时的平均亮度 0.565 离 0 很远，会随图像一起消退。
下面两行用同一个调度、同一份噪声，各按自己的取值范围显示：
"""

# %% key="pixels-rows"
schedule, small = linear(), data.photograph("palace", 48)
early = torch.tensor([0, 50, 100, 200, 300, 500])
one_eps = torch.randn(small.shape, generator=seeded(0))
both_sides = forward_jump(schedule, small, early, one_eps.expand(6, -1, -1, -1)).xt
one_side = forward_jump(schedule, (small + 1) / 2, early, one_eps.expand(6, -1, -1, -1)).xt
plots.rows({"[-1, 1]": both_sides, "[0, 1]": 2 * one_side - 1}, [f"$t={t}$" for t in early])

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
**看图。** 下面一行更早被淹没，而且越来越暗：它的平均亮度不是 0，会随图像一起消退。早多少，图下那一行写得明白。
谁改了取值范围，谁就改了调度，哪怕调度里一个数也没动。用 $[0, 1]$ 并非不可；只是文末各篇论文与本课程里的数，都是为 $[-1, 1]$ 定的。

再看怎样变回去。样本不会乖乖停在 $\pm 1$ 之内，而字节是整数：请写一个函数，把任意的 $x$ 变成字节（`torch.uint8`）。
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
with fresh standard normal noise $\epsilon_t$ at each step. All steps up to $t$ make one forward jump (so this course
calls it, as it leads from $x_0$ to $x_t$ at once; lesson 2 shows why there is one), in which a single $\epsilon$
stands for all their noises together,
$$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon,\qquad \bar\alpha_t = \alpha_1\alpha_2\cdots\alpha_t.\tag{2}$$
The symbols, one by one:

- $\beta_t$: the variance of the noise that step $t$ adds. Somebody has to choose it; the rest follows.
- $\alpha_t = 1-\beta_t$: the share that step $t$ keeps. Its root $\sqrt{\alpha_t}$ scales $x_{t-1}$, never the noise.
- $\bar\alpha_t$: the share of the image in $x_t$. It starts at $\bar\alpha_0 = 1$ and only falls; $1-\bar\alpha_t$ is the share of the noise.
- $\sqrt{\bar\alpha_t}$ and $\sqrt{1-\bar\alpha_t}$: the factors of $x_0$ and $\epsilon$. Their squares add up to 1.
- $\text{SNR}_t = \bar\alpha_t/(1-\bar\alpha_t)$: the signal-to-noise ratio (section 1 counted the variance of the image, too). Its natural logarithm, log-SNR, is 0 where the shares are equal, positive before and negative after.

The shares are variances if the pixels of $x_0$ have variance 1. Those of the palace have 0.4; so take the shares as a
convention, the same for every image. A `Schedule` stores $\bar\alpha_0, \dots, \bar\alpha_T$ and computes all the
others when asked:
"""

# %% [markdown] key="array-why" lang="zh" of="ac5ca1"
r"""
第 $t$ 步让图像少一点，再加上一点噪声，
$$x_t = \sqrt{\alpha_t}\,x_{t-1} + \sqrt{\beta_t}\,\epsilon_t,\qquad \alpha_t = 1-\beta_t,\tag{1}$$
其中 $\epsilon_t$ 是标准正态噪声，每一步都新抽一份。到 $t$ 为止的所有步合起来，就是一次前向跳跃
（forward jump；这是本课程的叫法，意思是从 $x_0$ 一次跳到 $x_t$，与网络里的“跳跃连接”无关；为什么可以合并，见第 2 课），
各步的噪声也合成了一份 $\epsilon$，
$$x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon,\qquad \bar\alpha_t = \alpha_1\alpha_2\cdots\alpha_t.\tag{2}$$
符号逐个来看：

- $\beta_t$：第 $t$ 步加入的噪声的方差。这个数要由人来选，其余的都由此推出。
- $\alpha_t = 1-\beta_t$：第 $t$ 步留下的份额。它的平方根 $\sqrt{\alpha_t}$ 乘的是 $x_{t-1}$，从来不是噪声。
- $\bar\alpha_t$：图像在 $x_t$ 中所占的份额，从 $\bar\alpha_0 = 1$ 开始，只降不升；$1-\bar\alpha_t$ 是噪声的份额。
- $\sqrt{\bar\alpha_t}$ 与 $\sqrt{1-\bar\alpha_t}$：$x_0$ 与 $\epsilon$ 的系数，平方之和为 1。
- $\text{SNR}_t = \bar\alpha_t/(1-\bar\alpha_t)$：信噪比（第 1 节还算上了图像自己的方差）。它的自然对数，即对数信噪比（log-SNR），在两个份额相等处为 0，之前为正，之后为负。

若 $x_0$ 的像素方差为 1，份额就是方差。这张楼阁照片的方差只有 0.4；所以不妨把份额当作一种约定，对所有图像都一样。
`Schedule` 只存 $\bar\alpha_0, \dots, \bar\alpha_T$，其余的要用时再算：
"""

# %% key="array-table" tags=["nbval-check-output"]
print("   t       β        ᾱ      √ᾱ  √(1-ᾱ)         SNR  log SNR")
for t in (1, 100, 500, 1000):
    b, a, snr = schedule.beta[t], schedule.alpha_bar[t], schedule.snr[t]
    factors = f"{a**0.5:.4f}  {(1 - a)**0.5:.4f}"
    print(f"{t:4}  {b:.4f}  {a:.5f}  {factors}  {snr:10.5f}  {snr.log():7.2f}")

# %% key="array-curves"
a = schedule.alpha_bar
shares = {r"$\bar\alpha_t$": a, r"$1-\bar\alpha_t$": 1 - a}
factors = {r"$\sqrt{\bar\alpha_t}$": a.sqrt(), r"$\sqrt{1-\bar\alpha_t}$": (1 - a).sqrt()}
plots.curves({"share, factor": shares | factors, "log SNR": {"log SNR": schedule.log_snr}})

# %% [markdown] key="array-read" lang="en"
r"""
**Read the figure.** Left, the two shares cross where both are one half; the two factors cross at the same $t$, at
$\sqrt{1/2} \approx 0.71$. The image's factor falls more slowly than its share: at $t = 500$ the share is 0.08, the
factor still 0.28. Right, the same story in one curve, which crosses 0 at the $t$ where the shares are equal. It falls steeply at first and
never stops falling: there is no moment at which the image is gone, only less and less of it.

**How libraries count.** Here $t = 0$ is the clean image and noise begins at $t = 1$. Most libraries number the noisy
states from 0, so $t_\text{library} = t - 1$, and call $\bar\alpha$ `alphas_cumprod`; in the DDIM paper the same thing
is written $\alpha$.

**Where the array comes from.** From $\beta_1, \dots, \beta_T$, by the last line of `Schedule.from_beta`; what stands before
it only checks the input. Every array of a schedule is read alike, at one $t$ or at a batch of them: `schedule.beta[t]`,
`schedule.signal[t]`. Other code often reads with a function called `extract`, which also shapes what it reads (lesson 2).
"""

# %% [markdown] key="array-read" lang="zh" of="b3e1c0"
r"""
**看图。** 左图中，两个份额在各占一半处相交；两个系数也在同一个 $t$ 相交，高度是 $\sqrt{1/2} \approx 0.71$。
图像的系数降得比份额慢：到 $t = 500$ 时，份额只剩 0.08，系数却还有 0.28。右图用一条曲线说同一件事，它在份额相等的那个 $t$ 穿过 0，
起初降得很陡，而且一直在降：没有哪一刻图像彻底消失，只是越来越少。

**程序库怎么数。** 这里 $t = 0$ 是干净图像，噪声从 $t = 1$ 开始。多数程序库把带噪的状态从 0 编起，
所以 $t_\text{library} = t - 1$，并把 $\bar\alpha$ 叫做 `alphas_cumprod`；DDIM 论文则把它写作 $\alpha$。

**这个数组从哪里来。** 由 $\beta_1, \dots, \beta_T$ 算出，靠的是 `Schedule.from_beta` 的最后一行，前面的只是检查输入。调度的每个数组都用同一种写法读取，
如 `schedule.beta[t]`、`schedule.signal[t]`，$t$ 可以是一个，也可以是一批。别处的代码常用一个叫 `extract` 的函数来读，它还顺带调整形状（见第 2 课）。
"""

# %% key="array-source"
show_source(schedules.Schedule.from_beta)

# %% [markdown] key="merged-why" lang="en"
r"""
**Several steps in one.** A thousand steps are many. Somebody wants a shorter chain that passes through $x_k$, $x_{2k}$,
$x_{3k}$ and so on, each as noisy as before, and through nothing in between: one of its steps does what $k$ steps did.
Which $\beta$ must it be given? You get `beta` with $\beta_1, \dots, \beta_T$, shape `(T,)`, in float64, and `k`, which
divides $T$. Return the $T/k$ new ones.
"""

# %% [markdown] key="merged-why" lang="zh" of="6b208c"
r"""
**几步并成一步。** 一千步太多了。有人想要一条短一些的链，只经过 $x_k$、$x_{2k}$、$x_{3k}$……，各处的噪声都与原来一样多，
中间的一概不停：新链走一步，就顶原来的 $k$ 步。该给它怎样的 $\beta$？给你的 `beta` 是 $\beta_1, \dots, \beta_T$，
形状 `(T,)`，类型 float64；`k` 整除 $T$。请返回新链的那 $T/k$ 个值。
"""

# %% key="merged-try" tags=["exercise"]
def my_merged(beta, k):
    ...

my_merged = check("01.merged", my_merged)

# %% key="merged-use" tags=["nbval-check-output"]
for span in (5, 100):
    merged = my_merged(schedule.beta[1:], span)
    alike = torch.allclose((1 - merged).cumprod(0), schedule.alpha_bar[span::span])
    print(f"k = {span:3}   the same ᾱ: {alike}   last β {merged[-1]:.3f}   sum of the last k β {schedule.beta[-span:].sum():.3f}")

# %% [markdown] key="merged-read" lang="en"
r"""
**Read the numbers.** Five small steps take nearly what their $\beta$ add up to, a hundred do not: 1.901 would be more
than there is to take. Section 6 asks what becomes of a chain that has fewer steps and keeps the old $\beta$ all the same.
"""

# %% [markdown] key="merged-read" lang="zh" of="6d5561"
r"""
**看数字。** 五个小步取走的，差不多就是它们的 $\beta$ 之和；一百步就不是了：1.901 比能取的全部还多。
若步数少了却照用原来的 $\beta$，链会怎样？第 6 节会问到。
"""

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
**滑块任务。** 在线性调度下，下面的楼阁已经淹没在 $t = 1000$ 的噪声里。色条表示两个份额：
蓝色是图像的 $\bar\alpha_t$，橙色是噪声的 $1-\bar\alpha_t$。移动 $t$，直到两段一样长，把这个 $t$ 写进下一个单元格。
单看画面，你会说它在这里正好毁了一半吗？（滑块难以拖得很准：左右相差 5 步以内都算对。）
"""

# %% key="half-slider"
noise_slider(schedule, palace, t=1000)

# %% key="half-try" tags=["exercise"]
my_half = ...
my_half = check("01.half", my_half)

# %% key="half-strip"
around = torch.tensor([0, 100, int(my_half), 500, 1000])
plots.strip(forward_jump(schedule, small, around, one_eps.expand(5, -1, -1, -1)).xt, around.tolist())

# %% [markdown] key="half-read" lang="en"
r"""
**Read the figure.** In the middle stands your half. Its outlines are still plain to see, because the eye averages
over many pixels, and averaging removes noise but not shape. Bear that in mind: what is large in a picture survives
much more noise than what is small. It comes back in sections 5 and 6.
"""

# %% [markdown] key="half-read" lang="zh" of="c311e5"
r"""
**看图。** 正中那幅，就是你找到的“各占一半”。轮廓依然分明，因为眼睛会把许多像素平均起来，而平均能抹掉噪声，却抹不掉形状。
请记住这一点：画面里大块的东西经得起的噪声，比细小的东西多得多。第 5、6 节还会用到它。
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

- **cosine**, $\bar\alpha$ the square of a cosine, whose angle grows evenly up to a right angle (you write it in section 7)

Two names to beware of. The quadratic one is called `scaled_linear` in the code of Stable Diffusion, where $\beta$ runs
from 0.00085 to 0.012. And the sigmoid schedule of Chen (2023) is another one: it gives the S to $\bar\alpha$, not to
$\beta$.
"""

# %% [markdown] key="four-why" lang="zh" of="f4cf10"
r"""
其中三种选的是 $\beta$。令 $u = (t-1)/(T-1)$ 从 0 走到 1，$\beta_1 = 10^{-4}$，$\beta_T = 0.02$：

- **线性**（linear），$\beta$ 沿直线：$\beta_t = \beta_1 + (\beta_T-\beta_1)\,u$
- **二次**（quadratic），$\sqrt\beta$ 沿直线：$\beta_t = \left(\sqrt{\beta_1} + (\sqrt{\beta_T}-\sqrt{\beta_1})\,u\right)^2$
- **S 形**（sigmoid），一条 S 形曲线，从接近一端走到接近另一端：$\beta_t = \beta_1 + (\beta_T-\beta_1)\,/\,(1+e^{6-12u})$

第四种改选 $\bar\alpha$，让 $\beta$ 随之而定（其中的 offset，即 $\delta$，有什么用，$\beta$ 的两端又为什么要截断，第 7 节再谈）：

- **余弦**（cosine），$\bar\alpha$ 是余弦的平方，角度匀速增大，直到直角（第 7 节由你来写）

有两个名字容易弄混。二次调度在 Stable Diffusion 的代码里叫 `scaled_linear`，那里的 $\beta$ 从 0.00085 到 0.012。
Chen（2023）的 sigmoid 调度则是另一种：呈 S 形的是 $\bar\alpha$，不是 $\beta$。
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
余弦的 $\beta$ 大半程都很低，最后猛升到接近 1：剩下的那点图像，由最后几步抹去。

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
The linear schedule spends 544 of its 1000 steps below $-2$; the cosine spends 555 in between. A network that is
trained on evenly drawn $t$ practises most where the clock stays longest, and a sampler with evenly spaced times takes
its smallest steps there. So where ought a clock to stay? A common answer is: where the picture goes under (lessons 6 and 7 try it). And where that is depends on
how large the picture is.
"""

# %% [markdown] key="snr-clock-read" lang="zh" of="7bb077"
r"""
线性调度的 1000 步中，有 544 步在 $-2$ 以下；余弦则有 555 步在中间。若均匀地抽 $t$ 来训练网络，时钟在哪里停得久，
网络就在哪里练得多；采样器（sampler）若取等间隔的时间步，也在那里走得最细。那么，时钟该在哪里久停？
常见的回答是：在画面被淹没的那一段（好不好，第 6、7 课再试）。而那一段在哪里，要看画面有多大。
"""

# %% [markdown] key="size-why" lang="en"
r"""
**One log-SNR, pictures of several sizes.** At a log-SNR of $-2$ the little picture above is a shadow. Do all pictures
go under there? Look at averages over squares of $s\times s$ pixels. The image survives them nearly unchanged, since
neighbouring pixels resemble each other. The noise is drawn anew for each pixel, so that averaging divides its variance
by $s^2$. It multiplies the SNR by $s^2$, and log-SNR rises by $2\ln s$: a large picture carries a smaller one within
itself, with far less noise. Here the photograph is noised at four widths and then averaged down to $16\times16$
squares; printed is the correlation with the clean photograph, averaged likewise:
"""

# %% [markdown] key="size-why" lang="zh" of="9c14c8"
r"""
**log-SNR 相同，大小不同的画面。** 在 log-SNR 为 $-2$ 处，上面的小图只剩一个暗影。所有的图都在那里被淹没吗？
不妨把画面分成 $s\times s$ 像素的小方块，逐块取平均。相邻的像素彼此相像，图像经过平均几乎不变；噪声却是每个像素各抽各的，
平均之后，方差要除以 $s^2$。SNR 因此乘以 $s^2$，log-SNR 升高 $2\ln s$：一幅大图里还藏着一幅小图，噪声轻得多。
下面把照片缩放成四种宽度，加上噪声，再平均成 $16\times16$ 块；打印的是它与同样平均过的干净照片的相关系数：
"""

# %% key="size-table" tags=["nbval-check-output"]
def left_to_see(width, log_snr, n=10):
    clean = data.photograph("palace", width).expand(n, -1, -1, -1)
    a = torch.tensor(log_snr).sigmoid()  # ᾱ
    xt = a.sqrt() * clean + (1 - a).sqrt() * torch.randn(clean.shape, generator=seeded(1))
    squares = [adaptive_avg_pool2d(x, 16).flatten() for x in (clean, xt)]
    return torch.corrcoef(torch.stack(squares))[0, 1]

lower = [-2 + 2 * k * math.log(2) for k in (1, 0, -1, -2, -3)]
print("log SNR", *(f"{level:6.2f}" for level in lower))
for width in (32, 64, 128, 256):
    print(f"{width:7}", *(f"{left_to_see(width, level):6.2f}" for level in lower))

# %% [markdown] key="size-read" lang="en"
r"""
**Read the table.** Each row is a width in pixels, each column a log-SNR, lower by $2\ln 2 \approx 1.39$ than the
column before. At $-2$ the photograph of 32 pixels has a correlation of 0.41 with the clean one, that of 256 pixels one
of 0.96. And the numbers repeat along the diagonals, to one or two hundredths, the luck of the draw: a picture twice as
wide must have its log-SNR lowered by $2\ln 2$ to be hidden as well. So a schedule that suits one width has to be
shifted for another. Measured from a width of 64, images $d$ wide want
$$\log\text{SNR}_t^{(d)} = \log\text{SNR}_t^{(64)} + 2\ln\frac{64}{d},\tag{3}$$
the rule of Hoogeboom et al. (2023), which `shifted` applies. Below is the photograph at the same five $t$ under the
cosine: 64 pixels wide, 256 wide, and 256 wide with the shifted cosine. The wide ones are averaged down to $64\times64$
squares, as the eye does from some way off; the last row is stretched until its image is as strong as that of the
others:
"""

# %% [markdown] key="size-read" lang="zh" of="f74eb5"
r"""
**看表。** 每行是一种宽度（单位为像素），每列是一个 log-SNR，比前一列低 $2\ln 2 \approx 1.39$。在 $-2$ 处，
宽 32 的照片与干净照片的相关系数是 0.41，宽 256 的是 0.96。而且沿着对角线，数字一再重复，只在小数点后第二位相差一二（抽到的噪声不同所致）：
画面宽一倍，log-SNR 就要再低 $2\ln 2$，才藏得一样深。所以，适合一种宽度的调度，换了宽度就得平移。
以宽 64 为准，宽 $d$ 的图像应当用
$$\log\text{SNR}_t^{(d)} = \log\text{SNR}_t^{(64)} + 2\ln\frac{64}{d},\tag{3}$$
这是 Hoogeboom 等（2023）的规则，由 `shifted` 实现。下面是余弦调度下，这张照片在同样五个 $t$ 的样子：宽 64；宽 256；
宽 256，调度另作平移。两行宽的照片都平均成了 $64\times64$ 块，站远了看，眼睛做的也是这件事；最后一行的数值放大了，
使其中的图像与另两行一样强：
"""

# %% key="size-rows"
same_times = torch.tensor([0, 200, 400, 600, 800])

def at_64(schedule, width):
    xt = forward_jump(schedule, data.photograph("palace", width), same_times, generator=seeded(2)).xt
    stretch = cosine().signal[same_times] / schedule.signal[same_times]
    return adaptive_avg_pool2d(xt, 64) * stretch.float()[:, None, None, None]

moved = shifted(cosine(), 2 * math.log(64 / 256))
widths = {"64": at_64(cosine(), 64), "256": at_64(cosine(), 256), "shifted": at_64(moved, 256)}
plots.rows(widths, [f"$t={t}$" for t in same_times])

# %% [markdown] key="size-rows-read" lang="en"
r"""
**Read the figure.** At equal $t$ the wide photograph (second row) is far easier to see than the small one (first row),
though each of its pixels holds as much noise. With the shifted schedule (third row) it goes under together with the
small one. (Try another size: put 128 for 256 everywhere, and ask (3) for the shift.) In code the shift is one addition:
"""

# %% [markdown] key="size-rows-read" lang="zh" of="c94b49"
r"""
**看图。** 在同一个 $t$，宽的照片（第二行）比小的（第一行）清楚得多，尽管单看每个像素，噪声一样多。
调度平移之后（第三行），它就与小的一同被淹没。（换一种宽度试试：把 256 都换成 128，平移多少由 (3) 算出。）写成代码，平移只是一次加法：
"""

# %% key="size-source"
show_source(shifted)

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
步数少，开销就小，于是有人写 $T = 200$ 或 $T = 300$，其余照抄：$\beta$ 从 $10^{-4}$ 到 0.02。
先想再看：这样的链还以噪声收尾吗？
"""

# %% key="end-predict"
predict("01.end")

# %% key="end-table" tags=["nbval-check-output"]
said = []
for T in (200, 300, 1000):
    raw = raw_linear(T)
    said.append(f"T = {T:4}   √ᾱ_T = {raw.signal[T]:.3f}   share of the image {raw.alpha_bar[T]:.3%}")
reveal("01.end", *said)

# %% [markdown] key="end-start" lang="en"
r"""
So much of the amplitude is left at $T = 200$ in this *raw* schedule, `raw_linear(200)`. Is that bad?
Training does not mind: it sees $x_T$ with what remains of the image. *Sampling* does, because it starts from
$\mathcal N(0, I)$, in which no image remains. And 0.006, at $T = 1000$: is that nothing? Beside noise of standard deviation 1 no
single pixel gives it away. But section 5 has shown that averages give away more than pixels.

**When has a chain come to its end?** When $x_T$ cannot be told from pure noise. Take the image that is hardest to
hide: all white, each of its $d$ numbers equal to 1. In $x_T$ their mean is $\sqrt{\bar\alpha_T}$, and the mean of the
noise strays from 0 by about $\sqrt{1-\bar\alpha_T}/\sqrt d$. So the mean of a white image stands
$$z = \frac{\sqrt{\bar\alpha_T}}{\sqrt{1-\bar\alpha_T}/\sqrt d} = \sqrt{d\;\text{SNR}_T}\tag{4}$$
standard deviations above that of pure noise, and the mean of a black one as far below. A schedule ends in noise, *for
images of $d$ numbers*, if $z$ is far below 1. (Other images hide better: the length $\|x_0\|$ takes the place of
$\sqrt d$, which no image in $[-1, 1]$ exceeds.) Here is $z$ for several sizes; a colour image has three numbers per
pixel:
"""

# %% [markdown] key="end-start" lang="zh" of="9017bc"
r"""
$T = 200$ 时，这个**原样**（raw）的调度 `raw_linear(200)` 还剩下这么多幅度。这要紧吗？对训练无妨：训练见到的 $x_T$ 本来就带着残余的图像。
对**采样**（sampling）却要紧：采样从 $\mathcal N(0, I)$ 出发，那里没有这份残余。那么 $T = 1000$ 时的 0.006，就等于没有了吗？
埋在标准差为 1 的噪声里，单看哪个像素都露不出破绽。可是我们在第 5 节已经看到，平均值透露的比单个像素多。

**链走到哪里才算到头？** 要走到 $x_T$ 与纯噪声无从区分为止。取一幅最难藏住的图像：全白，$d$ 个数都等于 1。
在 $x_T$ 里，这些数的均值是 $\sqrt{\bar\alpha_T}$，而噪声的均值偏离 0 约 $\sqrt{1-\bar\alpha_T}/\sqrt d$。所以，白图的均值比纯噪声的高出
$$z = \frac{\sqrt{\bar\alpha_T}}{\sqrt{1-\bar\alpha_T}/\sqrt d} = \sqrt{d\;\text{SNR}_T}\tag{4}$$
个标准差，黑图的均值则低这么多。只有 $z$ 远小于 1，调度才算以噪声收尾，而且这话只对**有 $d$ 个数的图像**成立。
（别的图像更容易藏：$\sqrt d$ 要换成图像的长度 $\|x_0\|$，而在 $[-1, 1]$ 里，这个长度绝不会更大。）下面是几种大小的 $z$；彩色图像每个像素有三个数：
"""

# %% key="end-criterion" tags=["nbval-check-output"]
amounts = {"8²": 8**2, "64²·3": 64**2 * 3, "64²·4": 64**2 * 4, "256²·3": 256**2 * 3}
chains = {"raw_linear(200)": raw_linear(200), **four, "scaled_linear": raw_quadratic(1000, 0.00085, 0.012)}
print(" " * 15, *(f"{amount:>8}" for amount in amounts))
for name, s in chains.items():
    print(f"{name:15}", *(f"{(d * s.snr[s.T]).sqrt():8.3f}" for d in amounts.values()))

# %% [markdown] key="end-guess-why" lang="en"
r"""
The same by experiment: 400 white images of each size go to the end of `linear(1000)`. Whoever sees $x_T$ and guesses
by the sign of its mean whether the image was white or black is right with probability $\Phi(z)$, the share of the
standard normal distribution below $z$. Tossing a coin gives 50 %.
"""

# %% [markdown] key="end-guess-why" lang="zh" of="70e63d"
r"""
再用实验看一遍：每种大小各取 400 幅白图，送到 `linear(1000)` 的终点。若看着 $x_T$，按均值的正负来猜原图是白是黑，
猜对的概率是 $\Phi(z)$，即标准正态分布在 $z$ 以下所占的比例。抛硬币则是 50 %。
"""

# %% key="end-guess" tags=["nbval-check-output"]
heaps = {}
for name, shape in {"8²": (1, 8, 8), "64²·3": (3, 64, 64), "256²·3": (3, 256, 256)}.items():
    white, draw = torch.ones(1, *shape), seeded(5)
    means = torch.stack([forward_jump(schedule, white, 1000, generator=draw).xt.mean() for _ in range(400)])
    heaps[name] = means * white.numel() ** 0.5
    right, expected = (means > 0).float().mean(), torch.special.ndtr((white.numel() * schedule.snr[1000]).sqrt())
    print(f"{name:7}  guessed right {right:4.0%} ± {(expected * (1 - expected) / 400).sqrt():.0%}   Φ(z) {expected:.1%}")

# %% key="end-guess-show"
plots.histograms(heaps, limit=6)

# %% [markdown] key="end-guess-read" lang="en"
r"""
**Read the figure.** In orange the bell curve of pure noise, from which sampling starts; in blue the means of the white
images, in standard deviations of the mean of that noise. With 64 numbers the two lie upon each other. With the colours of
$256\times256$ pixels the blue heap has left the bell, and hardly a guess is wrong. So whether a schedule ends in noise
has no answer without a size. For the digits of this page the linear schedule of 1000 steps does ($z = 0.05$). For
colour photographs 256 pixels wide ($z = 2.8$) it stops about as far from its end as the raw one of 200 steps does for
the digits ($z = 3.1$). Of the four, the cosine alone ends in noise at every size of the table. The last row is the
schedule of Stable Diffusion, whose network works on $64\cdot64\cdot4$ numbers: $z = 8.8$. A shift by (3) divides the
SNR by just as much as the number of pixels has grown, and leaves $z$ as it is at a width of 64. (In (3), $d$ is the width; in
(4), it counts the numbers.)
"""

# %% [markdown] key="end-guess-read" lang="zh" of="119f4e"
r"""
**看图。** 橙色是纯噪声的钟形曲线，采样就从那里出发；蓝色是白图的均值，以纯噪声均值的标准差为单位。
只有 64 个数时，两者叠在一起；到了 $256\times256$ 像素的彩色图像，蓝色的直方图已经离开钟形曲线，几乎不会猜错。
所以，一个调度是否以噪声收尾，不说图像的大小，就没有答案。对这一页的数字图像，1000 步的线性调度确实以噪声收尾（$z = 0.05$）。
对宽 256 像素的彩色照片（$z = 2.8$），它停下时离终点还很远，与原样的 200 步调度之于数字图像（$z = 3.1$）差不多。
四种调度里，对表中每种大小都以噪声收尾的，只有余弦。最后一行是 Stable Diffusion 的调度，它的网络处理的是 $64\cdot64\cdot4$ 个数：$z = 8.8$。
按 (3) 平移，像素数变为原来的多少倍，SNR 就恰好除以多少，$z$ 便与宽 64 时一样。（(3) 里的 $d$ 是宽度，到 (4) 里就是数的个数。）
"""

# %% [markdown] key="end-digits-why" lang="en"
r"""
**What does it do to samples?** Take data so simple that the way back is known exactly: 300 handwritten digits of
$8\times8$ pixels, printed light on dark in 90 % of all cases and in reverse, dark on light, in 10 %. That makes 600
images $x_i$. From which of them does a given $x_T$ come? Bayes' rule weighs each by how common it is, $w_i$, and by
the density of $x_T$ around $\sqrt{\bar\alpha_T}\,x_i$, which is a bell curve:
$$p_i \propto w_i\,\exp\left(-\frac{\|x_T-\sqrt{\bar\alpha_T}\,x_i\|^2}{2\,(1-\bar\alpha_T)}\right).\tag{5}$$
`way_back` draws an image with these probabilities. A perfect sampler, whose network and steps make no error, would do
just that (lessons 4 and 7 come to real ones), so if something goes wrong, the start is at fault. We hand it 20,000
starts: first the *true* $x_T$ of 20,000 images, then pure noise, with the raw schedule and with three remedies:

- **read** the 1000-step $\log\bar\alpha$ at $T + 1$ evenly spaced points, as `linear(200)` does: same curve, fewer points;
- **rescale**: shift and stretch $\sqrt{\bar\alpha}$ so that it ends where you want it; `rescaled` does so;
- another formula: the **cosine** ends near 0 by construction, whatever $T$ is.
"""

# %% [markdown] key="end-digits-why" lang="zh" of="9548bd"
r"""
**这对样本有什么影响？** 取一份简单的数据，简单到回去的路可以精确算出：300 个 $8\times8$ 像素的手写数字，90 % 的情况印成黑底亮字，
10 % 反过来，印成亮底黑字。这就有了 600 幅图像 $x_i$。给定一个 $x_T$，它来自其中哪一幅？
按贝叶斯公式，每一幅的概率取决于两点：它本来有多常见，即 $w_i$；以及 $x_T$ 在 $\sqrt{\bar\alpha_T}\,x_i$ 周围的密度，那是一条钟形曲线：
$$p_i \propto w_i\,\exp\left(-\frac{\|x_T-\sqrt{\bar\alpha_T}\,x_i\|^2}{2\,(1-\bar\alpha_T)}\right).\tag{5}$$
`way_back` 就按这些概率抽一幅图像。完美的采样器，网络与步长都不带来误差，给出的正是这样的结果（实际的采样器见第 4、7 课）；
所以若出了毛病，毛病就在起点。我们给它 20,000 个起点：先是 20,000 幅图像**真正的** $x_T$，再是纯噪声，分别配上原样的调度与三种补救办法：

- **读取**（read）：在 $T + 1$ 个等间隔的点上读取 1000 步的 $\log\bar\alpha$，`linear(200)` 就是这样：曲线不变，点少一些；
- **重缩放**（rescale）：平移并拉伸 $\sqrt{\bar\alpha}$，让它停在你要的地方，由 `rescaled` 完成；
- 换公式：**余弦**的公式本身就停在接近 0 处，不论 $T$ 是多少。
"""

# %% key="end-digits"
digits = data.digits().x[:300]
printed = torch.cat([digits, -digits])
weights = torch.tensor([0.9, 0.1]).repeat_interleave(300)

def way_back(schedule, xT):
    a = schedule.alpha_bar[-1].float()
    far = torch.cdist(xT.flatten(1), a.sqrt() * printed.flatten(1))
    p = (weights.log() - far**2 / (2 * (1 - a))).softmax(1)
    return printed[torch.multinomial(p, 1, generator=seeded(8))[:, 0]]

# %% key="end-digits-walks"
raw, n = raw_linear(200), 20_000
originals = printed[torch.multinomial(weights, n, True, generator=seeded(6))]
true_xT = forward_jump(raw, originals, 200, generator=seeded(7)).xt
noise = torch.randn(n, 1, 8, 8, generator=seeded(0))
drawn = {"raw, true x_T": way_back(raw, true_xT), "raw": way_back(raw, noise), "read": way_back(linear(200), noise)}
drawn |= {"rescaled": way_back(rescaled(raw, end=0.006), noise), "cosine": way_back(schedules.raw_cosine(200), noise)}

# %% key="end-digits-shares" tags=["nbval-check-output"]
print(f"data           reversed 10.0%          mean {(0.9 - 0.1) * digits.mean():.2f}")
for name, x in drawn.items():
    reverse = (x.mean((1, 2, 3)) > 0).float().mean()
    error = (reverse * (1 - reverse) / n).sqrt()
    print(f"{name:13}  reversed {reverse:.1%} ± {error:.1%}   mean {x.mean():.2f}")

# %% key="end-digits-show"
plots.grids({"raw": drawn["raw"][:40], "read": drawn["read"][:40]})

# %% [markdown] key="end-digits-read" lang="en"
r"""
**Read the figure.** Every digit is perfect, because `way_back` knows nothing but these; what is wrong is how many are
reversed. From its own true $x_T$ the raw schedule has them right, 10 % within the error. From noise (left) it prints
about three times as many: on average, its samples are too bright. The reason: a true $x_T$ of this schedule still
carries what is left of its image, and these images have much in common: dark as a whole, darkest at the rim, bright only in the middle (or
all of it reversed). Pure noise carries nothing of that, and (5) takes the noise for what is left of an image. Brightness is only a part of it: if an image's brightness
is added to the noise, and nothing else, 17 % still come out reversed; if all but the brightness is added, 11 %. With each of the three remedies the share is that of the data again. (All three use the same
starts and the same draws; that they print the same number confirms nothing more.) Lin et al. saw the
same fault in large image models: trained on a chain that did not end in noise, they kept to medium brightness and
could hardly draw a very dark or a very bright picture.

This is how the course's schedules do it. `linear`, `quadratic`, `sigmoid` and `cosine` all go through the function below, so each
ends at any $T$ in the noise that it reaches after 1000 steps; the raw ones are there to be compared with:
"""

# %% [markdown] key="end-digits-read" lang="zh" of="6637a2"
r"""
**看图。** 每个数字都无可挑剔，因为 `way_back` 只认得这些数字；不对的是反印的比例。若从真正的 $x_T$ 出发，
原样的调度没有毛病，这个比例在误差之内就是 10 %。从噪声出发（左），反印的约为应有的三倍，样本整体上偏亮。
原因在于：这个调度真正的 $x_T$ 还带着图像的残余，而这些图像有许多共同之处：整体偏暗，四周最暗，只有中间是亮的（反印的则处处相反）。
纯噪声里没有这些，式 (5) 却把噪声当成图像的残余。亮度只是原因之一：噪声里若只添上图像的亮度，反印的仍有 17 %；若添上除亮度以外的一切，则是 11 %。
三种补救办法，不论用哪一种，比例都与数据一致。（三者用的是同样的起点、同样的随机数，所以印出同一个数，并不能多证明什么。）Lin 等人在大型图像模型中见到了同样的毛病：模型在不以噪声收尾的链上训练，
画出的总是中等亮度，很难画出很暗或很亮的画面。

本课程的调度是这样做的。`linear`、`quadratic`、`sigmoid` 与 `cosine` 都经过下面这个函数，所以无论 $T$ 是多少，都停在各自走满 1000 步时的噪声里；
原样的那几个只供对照：
"""

# %% key="end-source"
show_source(schedules.read_at)

# %% [markdown] key="end-paper" lang="en"
r"""
**With pen and paper.** Somebody wants a chain of $T = 100$ steps, all with the same $\beta$, for colour images of
$32\times32$ pixels, and $z = 0.1$ by (4). How large must $\beta$ be? And what is $z$ if $\beta$ is 0.01, the mean of the
linear schedule? Find the formula for any $T$, any amount $d$ of numbers and any $z$, small or large, and let it be checked against chains
that are built and tried:
"""

# %% [markdown] key="end-paper" lang="zh" of="90e96f"
r"""
**纸笔题。** 有人要一条 $T = 100$ 步的链，每步的 $\beta$ 都相同，用于 $32\times32$ 像素的彩色图像，并要求 (4) 中的 $z = 0.1$。
$\beta$ 应取多大？若 $\beta$ 取线性调度的均值 0.01，$z$ 又是多少？
请对任意的步数 $T$、任意的个数 $d$ 和任意的 $z$（可大可小）求出公式；检查时会真的造出链来，一条条地试：
"""

# %% key="end-paper-try" tags=["exercise"]
def my_beta(T, d, z):
    ...

my_beta = check("01.paper", my_beta)

# %% key="end-paper-use" tags=["nbval-check-output"]
print(f"β = {my_beta(100, 32 * 32 * 3, 0.1):.4f}")

# %% [markdown] key="end-paper-answer" lang="en"
r"""
<details><summary>Answer</summary>

By (4), $\text{SNR}_T = z^2/d$, and so $\bar\alpha_T = \text{SNR}_T/(1+\text{SNR}_T) = z^2/(d+z^2)$. On the other hand,
$\bar\alpha_T = (1-\beta)^T$. Hence
$$\beta = 1 - \left(\frac{z^2}{d+z^2}\right)^{1/T}.$$
Here $d = 3\cdot32^2 = 3072$ and $\text{SNR}_T = 0.01/3072 \approx 3.3\cdot10^{-6}$; so little is as good as
$\bar\alpha_T$ itself. $\ln(1-\beta) = \ln(3.3\cdot10^{-6})/100 = -0.126$
and $\beta = 0.119$: twelve times 0.01. With $\beta = 0.01$ itself, $\bar\alpha_T = 0.99^{100} = 0.366$ and
$z = \sqrt{3072\cdot0.366/0.634} = 42$.

</details>
"""

# %% [markdown] key="end-paper-answer" lang="zh" of="83eaf3"
r"""
<details><summary>答案</summary>

按 (4)，$\text{SNR}_T = z^2/d$，所以 $\bar\alpha_T = \text{SNR}_T/(1+\text{SNR}_T) = z^2/(d+z^2)$。另一方面，
$\bar\alpha_T = (1-\beta)^T$。于是
$$\beta = 1 - \left(\frac{z^2}{d+z^2}\right)^{1/T}.$$
这里 $d = 3\cdot32^2 = 3072$，$\text{SNR}_T = 0.01/3072 \approx 3.3\cdot10^{-6}$；这么小的 SNR 与 $\bar\alpha_T$ 几乎相等。
$\ln(1-\beta) = \ln(3.3\cdot10^{-6})/100 = -0.126$，
$\beta = 0.119$，是 0.01 的十二倍。若 $\beta = 0.01$，则 $\bar\alpha_T = 0.99^{100} = 0.366$，
$z = \sqrt{3072\cdot0.366/0.634} = 42$。

</details>
"""

# %% [markdown] key="cosine"
r"""
## 7 · The cosine and its offset · 余弦与它的 offset
"""

# %% [markdown] key="cosine-why" lang="en"
r"""
The cosine has been given in words; the formula is for you to find. An angle grows by the same amount at each step and
is a right angle at $t = T$. It is not 0 at $t = 0$: it has been growing at this pace since $\delta T$ steps before, a
head start that is called the offset, $\delta$. Let $f(t)$ be the square of the angle's cosine; $\bar\alpha_t$ is in
proportion to it, and $\bar\alpha_0 = 1$. Write it, without any clipping: `T` and `offset` come in, shape `(T + 1,)` in float64 goes out.
"""

# %% [markdown] key="cosine-why" lang="zh" of="22dcff"
r"""
余弦调度，前面只用文字说过，公式要由你来找。有一个角，每走一步都增大同样多，到 $t = T$ 时是直角。
它在 $t = 0$ 处并不是 0：早在 $\delta T$ 步之前，它就以这样的速度开始增大了；这段提前量 $\delta$ 就叫 offset。
设 $f(t)$ 是这个角的余弦的平方；$\bar\alpha_t$ 与它成正比，并且 $\bar\alpha_0 = 1$。请把这个调度写成代码，不作任何截断：输入 `T` 与 `offset`，输出形状 `(T + 1,)`，类型 float64。
"""

# %% key="cosine-try" tags=["exercise"]
def my_cosine(T, offset):
    ...

my_cosine = check("01.cosine", my_cosine)

# %% key="cosine-offset" tags=["nbval-check-output"]
for offset in (0, 0.008):
    a = my_cosine(1000, offset)
    beta = 1 - a[1:] / a[:-1]
    grey = 127.5 * beta[0].sqrt()
    print(f"offset {offset}: β_1 {beta[0]:.1e}, √β_1 {grey:.2f} grey levels, β_T {beta[-1]:.4f}")

# %% [markdown] key="cosine-read" lang="en"
r"""
<details><summary>The formula, to compare with yours</summary>

$$\bar\alpha_t = \frac{f(t)}{f(0)},\qquad f(t) = \cos^2\!\left(\frac{t/T+\delta}{1+\delta}\cdot\frac{\pi}{2}\right),\qquad t = 0, \dots, T.\tag{6}$$

</details>

A cosine starts flat. Without the offset the first step adds noise whose standard deviation is a fifth of a grey level,
finer than the bytes that the image is made of (one level is $1/127.5$); the paper's authors found that a network can
hardly predict so little noise. The offset $\delta = 0.008$ starts the curve a little way down the slope: now
$\sqrt{\beta_1}$ is slightly less than one grey level.

At the other end $\beta_T = 1$: the last step would erase everything, $\bar\alpha_T$ would be 0, and the formula that
finds $x_0$ from $\epsilon$ would divide by its root. Therefore $\beta$ is clipped. The paper holds it at 0.999 at
most; this course, like some others, keeps it between $10^{-4}$ and 0.9999. Count how many steps each bound touches:
"""

# %% [markdown] key="cosine-read" lang="zh" of="c1eabf"
r"""
<details><summary>公式，供你对照</summary>

$$\bar\alpha_t = \frac{f(t)}{f(0)},\qquad f(t) = \cos^2\!\left(\frac{t/T+\delta}{1+\delta}\cdot\frac{\pi}{2}\right),\qquad t = 0, \dots, T.\tag{6}$$

</details>

余弦的起步是平的。没有 offset 时，第一步所加噪声的标准差只有五分之一个灰度级，比图像所用的字节（一级是 $1/127.5$）还细；
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
$\beta_T$ go up before $\sqrt{\bar\alpha_T}$ falls below 0.01? Estimate it first, on paper: which equal $\beta$ would do it
in 300 steps, and which $\beta_T$ has that for the mean of the whole line? Then move the slider, and write the first value that suffices into the next cell.
Then go back to $\beta_T = 0.02$, choose `1000 → T`, and compare this strip with the one before.
"""

# %% [markdown] key="explore-task" lang="zh" of="035bf3"
r"""
所有东西都在一幅图里。选一种调度（标着 ᾱ 的一行），选定原样使用还是从 1000 步读取（标着 t 的一行），
再改变 $T$、最初与最后的 $\beta$，或余弦的 offset。曲线上方是数值；下方是照片在 $t = 0$ 到 $T$ 的五个时刻的样子，
用的总是同一份噪声。

**滑块任务。** 调度保持线性、原样（raw），$T = 300$，$\beta_1 = 10^{-4}$。$\beta_T$ 要升到多高，$\sqrt{\bar\alpha_T}$ 才降到 0.01 以下？
先在纸上估一估：走 300 步，每步相同的 $\beta$ 要多大才够？整条直线的均值要等于它，$\beta_T$ 又是多少？
然后移动滑块，把最先够用的值写进下一个单元格。再回到 $\beta_T = 0.02$，选 `1000 → T`，比一比前后两行照片。
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
**Read the figure.** Three times the last $\beta$ brings the end into noise for the digits (for a colour image as wide as this
one not quite: section 6 says what size has to do with it), and the curve comes to lie almost on that of
`linear(300)`, which is why the two strips look alike. That is no accident. Fewer steps must each do more, by about
$1000/300$ times, so that the $\beta$ add up to nearly the same. That is the price, too: each single reverse step has
more to undo. A short chain that ends in noise takes coarse steps.
"""

# %% [markdown] key="explore-read" lang="zh" of="eb0f72"
r"""
**看图。** 最后的 $\beta$ 升到原来的三倍，对数字图像，链就以噪声收尾了（彩色图像若与这张一样宽，还差一点：这与图像大小有什么关系，见第 6 节）；曲线也几乎与 `linear(300)` 的重合，难怪两行照片那么像。这不是巧合。步数少了，
每一步就得多做一些，约为原来的 $1000/300$ 倍，$\beta$ 的总和才差不多。代价也在这里：每一个反向步要撤销的更多。
链要短，又要以噪声收尾，步子就只能迈得大。
"""

# %% [markdown] key="build"
r"""
## 9 · Build it · 动手造
"""

# %% [markdown] key="build-why" lang="en"
r"""
Nobody is bound to four schedules. Papers bring new ones, libraries hand out arrays of 1000 numbers, samplers want 50
steps of them, and you may simply have drawn a curve. Write one class that takes them all. Of what it is handed,
`alpha_bar`, you know only this: it holds $\bar\alpha_0, \dots, \bar\alpha_T$, which fall at every step from exactly 1; the last one may be 0; the
type is float32 or float64. Leave it as it is. `MySchedule(alpha_bar)` then has, all in float64 and, but for `T`, with
$T + 1$ entries, so that index $t$ means timestep $t$. Of every entry nine digits are right, however small it is: a curve may
begin with hardly any noise, or hardly fall in some step.

- `arrays`: the number of steps `T`, and `alpha_bar`, `alpha`, `beta` as in (1) and (2). At $t = 0$ no step has been taken.
- `ratios`: `signal` and `noise`, the factors of $x_0$ and $\epsilon$ in (2); `snr` and `log_snr`, infinite at $t = 0$.
- `posterior_variance`: what is still unknown of $x_{t-1}$ when $x_0$ and $x_t$ are both known (the reverse steps of
  lesson 3 need it). Two messages speak of $x_{t-1}$, each an estimate with a variance of its own. That of $x_0$ leaves it uncertain by the noise that has come in
  during the first $t-1$ steps; that of $x_t$, divided by $\sqrt{\alpha_t}$, by the noise of one step, which the division has enlarged. The messages are
  independent, and of independent messages the inverses of the variances add up. At $t = 1$ nothing is left
  unknown; write 0 at $t = 0$, too.

Two methods make a new schedule of the same class and leave the old one untouched:

- `at`: `at(T)` has $T$ steps, fewer or more, and runs through the same curve: step $t$ stands at $t/T$ of the way, the
  end stays where it was, every step falls. Where that place is an entry of the old array, $\bar\alpha$ is that entry;
  between two entries it lies between them, also where the last one is 0. Everything else follows from the new $\bar\alpha$.
- `ending`: `ending(d, z)` has as many steps, and a white image of $d$ numbers stands $z$ standard deviations above noise at
  its end, by (4), to nine digits, be $z$ ever so small. The shape stays: every share of the noise, $1-\bar\alpha_t$, is
  multiplied by one and the same number, so that $\bar\alpha_0$ is still exactly 1.

The check draws its $\bar\alpha$ at random and says which of the five parts hold, so write one part after the other and
run the cell again after each. `hint("01.build")` speaks of the first part that does not hold yet.
"""

# %% [markdown] key="build-why" lang="zh" of="3e76fe"
r"""
谁也没规定调度只能有四种。论文里常有新的，程序库给出的是 1000 个数的数组，采样器只想从中取 50 步，你自己也许随手画了一条曲线。
请写一个类，把它们都接下来。传进来的 `alpha_bar`，你只知道这些：它是 $\bar\alpha_0, \dots, \bar\alpha_T$，从恰好 1 开始，每一步都下降；最后一项可以是 0；
类型是 float32 或 float64。请别改动它。之后 `MySchedule(alpha_bar)` 应有下面这些，全部是 float64；除 `T` 以外都有 $T + 1$ 项，
下标 $t$ 就是时间步 $t$。每一项不管多小，都要有九位有效数字是对的：曲线开头也许几乎没有噪声，某一步也许几乎不降。

- `arrays`：步数 `T`，以及 (1)、(2) 中的 `alpha_bar`、`alpha`、`beta`。$t = 0$ 处一步也没走。
- `ratios`：`signal` 与 `noise`，即 (2) 中 $x_0$ 与 $\epsilon$ 的系数；`snr` 与 `log_snr`，$t = 0$ 处为无穷大。
- `posterior_variance`：已知 $x_0$ 与 $x_t$，$x_{t-1}$ 还剩多少未知（第 3 课的反向步要用）。关于 $x_{t-1}$ 有两条消息，每条都是一个估计，各有各的方差。
  $x_0$ 的那一条，不确定之处在于前 $t-1$ 步混进来的噪声；$x_t$ 的那一条要先除以 $\sqrt{\alpha_t}$，不确定之处在于一步的噪声，而这份噪声也随除法放大了。
  两条消息相互独立；独立的消息合起来，相加的是方差的倒数。$t = 1$ 时再没有什么未知的；$t = 0$ 处也写 0。

另有两个方法，各造出同一个类的新调度，原来的那个不动：

- `at`：`at(T)` 走 $T$ 步，可多可少，沿的是同一条曲线：第 $t$ 步在全程的 $t/T$ 处，终点还在原处，每一步都下降。
  那个位置若正好落在旧数组的某一项上，$\bar\alpha$ 就取那一项；若在两项之间，就取两者之间的值，最后一项为 0 时也一样。其余一切由新的 $\bar\alpha$ 推出。
- `ending`：`ending(d, z)` 步数不变，但走到终点时，按 (4)，$d$ 个数的白图比噪声高出 $z$ 个标准差；$z$ 再小，也要有九位有效数字是对的。
  形状保持不变：每一处噪声的份额 $1-\bar\alpha_t$ 都乘以同一个数，所以 $\bar\alpha_0$ 仍恰好是 1。

检查所用的 $\bar\alpha$ 都是随机抽取的；五个部分哪些通过、哪些没有，检查会逐一说明，所以不妨写好一个部分，就把这一格再运行一次。
`hint("01.build")` 说的是第一个还没通过的部分。
"""

# %% key="build-try" tags=["exercise"]
class MySchedule:
    def __init__(self, alpha_bar):
        ...

    def at(self, T):
        ...

    def ending(self, d, z):
        ...

MySchedule = check("01.build", MySchedule)

# %% [markdown] key="build-mend" lang="en"
r"""
Until yours is right, the course's stands in for it here. First it mends the raw chain of 200 steps. That makes a
fourth remedy for section 6, beside the package's own; all of them are to end at $z = 0.05$ for the digits:
"""

# %% [markdown] key="build-mend" lang="zh" of="6f5ea3"
r"""
你的还没写对时，这里先用课程自带的代替。第一件事是修补那条 200 步的原样的链。这就成了第 6 节的第四种补救办法，与本包已有的并列；
对数字图像，它们都要停在 $z = 0.05$：
"""

# %% key="build-mend-curves"
mended = MySchedule(raw.alpha_bar).ending(d=64, z=0.05)
ends = {"raw": raw, "mine": mended, "read": linear(200), "rescaled": rescaled(raw, end=float(mended.signal[-1]))}
plots.curves({"log SNR": {name: s.log_snr for name, s in ends.items()}})

# %% key="build-mend-steps" tags=["nbval-check-output"]
for name, s in ends.items():
    print(f"{name:9} z {(64 * s.snr[200]).sqrt():.2f}   β_100 {s.beta[100]:.4f}   β_200 {s.beta[200]:.4f}")

# %% [markdown] key="build-mend-read" lang="en"
r"""
**Read the figure.** Three curves meet at the same end, and come to it by different ways. "read" is lower all the way:
each of its steps takes about five times as much as one of the raw chain. "mine" runs beside the raw chain as long as it can, only 0.25 lower at
$t = 100$, and then falls off a cliff: the last step alone takes 98.8 % of what is left. `rescaled` lies between the
two. All three end in noise, but a reverse step that must undo a $\beta$ near 1 has almost everything to guess. So
$z$ tells whether a chain has come to its end, the $\beta$ tell how it got there.
"""

# %% [markdown] key="build-mend-read" lang="zh" of="e68cc9"
r"""
**看图。** 三条曲线在同一个终点会合，走法却不同。“read”一路都更低：每一步取走的约为原样那条链的五倍。“mine”尽量贴着原样的链走，
到 $t = 100$ 才低 0.25，最后却是一道悬崖：单是最后一步，就取走了所剩的 98.8 %。`rescaled` 在两者之间。
三者都以噪声收尾；可是一个反向步若要撤销接近 1 的 $\beta$，就几乎什么都得靠猜。
所以，$z$ 说的是链有没有走到头，$\beta$ 说的是它怎么走到的。
"""

# %% [markdown] key="build-own" lang="en"
r"""
Now a curve of your own. `my_shape` may be anything that falls from 1; `ending` sees to it that the chain ends in noise
for this photograph, `at` that it has 300 steps. Noised by the factors of your class, with the same $\epsilon$ as the
cosine of the package:
"""

# %% [markdown] key="build-own" lang="zh" of="f1e06c"
r"""
再来一条你自己的曲线。只要从 1 开始下降，`my_shape` 是什么都行；`ending` 保证链对这张照片以噪声收尾，`at` 保证链正好有 300 步。
下面用你那个类的系数加噪，$\epsilon$ 与本包的余弦调度用的是同一份：
"""

# %% key="build-own-rows"
u = torch.linspace(0, 1, 1001, dtype=torch.float64)
my_shape = 1 - u
own = MySchedule(my_shape).ending(d=small.numel(), z=0.05).at(300)
beside = {"cosine": cosine(300), "own": own}
moments = [0, 10, 60, 150, 240, 290]
noised = {name: torch.cat([s.signal[t] * small + s.noise[t] * one_eps for t in moments]) for name, s in beside.items()}
plots.rows(noised, [f"$t={t}$" for t in moments])

# %% key="build-own-curves"
plots.curves({r"$\bar\alpha_t$": {name: s.alpha_bar for name, s in beside.items()},
              "log SNR": {name: s.log_snr for name, s in beside.items()}})

# %% key="build-own-stay" tags=["nbval-check-output"]
def stay(schedule):
    between, first = (schedule.log_snr.abs() < 2).sum() / schedule.T, 127.5 * schedule.beta[1].sqrt()
    return f"between: {between:3.0%}   √β_1: {first:4.1f} grey levels   largest β before the last: {schedule.beta[:-1].max():.2f}"

for name, s in beside.items():
    print(f"{name:7}", stay(s))

# %% [markdown] key="build-own-read" lang="en"
r"""
**Read the figure.** A straight $\bar\alpha$ spends 76 % of its steps between a log-SNR of 2 and $-2$, where this little
picture goes under: no more than $\bar\alpha$ from 0.88 to 0.12. The cosine spends 56 % there, and more at the two ends. Where the
steps have gone missing they are large: the first adds noise of 7.4 grey levels instead of 2.3.

**An open task: change this, predict, look.** How much of the chain can you bring between 2 and $-2$, while it still ends in noise?
Before you run the cells with another `my_shape`, write down what you expect: the curve, the first steps, the
last. (It is an array of 1001 numbers; `torch.cat` can put any pieces together.) There is no check. Then say what your
clock is good for, and what it has given up.

<details><summary>What good answers found</summary>

| `my_shape` | between | $\sqrt{\beta_1}$, grey levels | largest $\beta$ before the last |
|---|---|---|---|
| `1 - u**2` | 59 % | 0.4 | 0.50 |
| `(1 - u) ** 2` | 59 % | 10.4 | 0.74 |
| `1 - u` | 76 % | 7.4 | 0.50 |
| `torch.acos(2 * u - 1) / math.pi` | 93 % | 24.4 | 0.29 |
| 1, then `torch.sigmoid(1.9 - 3.8 * u[1:-1])`, then 0 | 100 % | 46.2 | 0.13 |

The middle can be had nearly whole, with 299 steps of 300: jump to a log-SNR just below 2, let it fall evenly, and jump to the end. The last β of all
is then as good as 1 (it is above 0.96 in every row). But the first step covers the whole stretch in which the finest detail goes
under, in one leap of 46 grey levels; whoever samples along this clock must draw all that detail at once. And the two
rows with 59 % are no equals: one hurries at the start, the other at the end. A share of the steps is no measure of
quality, and which clock gives good pictures cannot be seen from the schedule alone: that takes a trained network and a
sampler (lessons 6 and 7).

</details>
"""

# %% [markdown] key="build-own-read" lang="zh" of="feb7c0"
r"""
**看图。** $\bar\alpha$ 是直线时，76 % 的步数都在 log-SNR 为 2 与 $-2$ 之间，这张小图正是在那一段被淹没的：对 $\bar\alpha$ 来说，那不过是从 0.88 到 0.12。
余弦有 56 % 的步数在那里，两端则多一些。哪里步数少了，哪里的步子就大：这条直线的第一步，所加的噪声是 7.4 个灰度级，而不是 2.3 个。

**开放题：改一改，先猜，再看。** 在链仍以噪声收尾的前提下，你最多能把它的多大一部分放到 2 与 $-2$ 之间？
换上另一个 `my_shape` 运行之前，先写下你的预料：曲线什么样，最初几步怎样，最后几步怎样。
（它是 1001 个数的数组；用 `torch.cat` 可以把几段接起来。）这里没有检查。看过之后再说说，你的时钟好在哪里，又放弃了什么。

<details><summary>好的答案有哪些发现</summary>

| `my_shape` | 在中间 | $\sqrt{\beta_1}$，灰度级 | 最后一步之前最大的 $\beta$ |
|---|---|---|---|
| `1 - u**2` | 59 % | 0.4 | 0.50 |
| `(1 - u) ** 2` | 59 % | 10.4 | 0.74 |
| `1 - u` | 76 % | 7.4 | 0.50 |
| `torch.acos(2 * u - 1) / math.pi` | 93 % | 24.4 | 0.29 |
| 先是 1，再是 `torch.sigmoid(1.9 - 3.8 * u[1:-1])`，最后是 0 | 100 % | 46.2 | 0.13 |

几乎所有的步都能放进中间那一段，300 步里有 299 步：先一步跳到略低于 2 的 log-SNR，再匀速下降，末了跳到终点。最后一个 β 这时几乎就是 1（每一行的都在 0.96 以上）。
可是最细的细节被淹没的那一整段，第一步就跨过去了，一迈就是 46 个灰度级；谁要按这座时钟采样，那些细节就得一次画完。
还有，两行 59 % 并不是一回事：一个在开头赶路，一个在末尾赶路。步数占多少，并不是质量的尺度；
哪座时钟画得好，单看调度是看不出来的，要有训练好的网络和采样器才知道（第 6、7 课）。

</details>
"""

# %% [markdown] key="recap"
r"""
## 10 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- why pixels go to $[-1, 1]$, and why another range is another schedule;
- how $\beta$, $\alpha$, $\bar\alpha$, the two factors, SNR and log-SNR follow from one array;
- what distinguishes the four schedules, and why they are compared at equal log-SNR;
- why larger images want more noise, and how a schedule is shifted to their size;
- why a chain must end in noise, by which number one tells, what goes wrong if it does not, and three ways to repair it;
- what the cosine's offset and its clipping are for;
- how any falling curve becomes a schedule, and what a step must take when others take less.

**Common mistakes**

- "The same end points of $\beta$, so the same end." With fewer steps, more of the image is left: $\sqrt{\bar\alpha_T} = 0.364$ at $T = 200$, 0.219 at $T = 300$, 0.006 at $T = 1000$.
- "0.006 is nothing." For 64 numbers, yes; the mean of a white colour image 256 pixels wide still stands at 2.8 standard deviations.
- "$\sqrt{\alpha_t}$ scales the noise." It scales $x_{t-1}$; the noise has $\sqrt{\beta_t}$.
- "Half of the steps is half of the noise." Under the linear schedule the shares are equal at $t = 259$ of 1000.
- "$\alpha_t$ goes to 0." $\bar\alpha_t$ nearly does; $\alpha_t$ of the linear schedule never falls below 0.98.
- "Images in $[0, 1]$ will do as well." They do, but at every $t$ the signal-to-noise ratio is a quarter of the paper's.
- "A cast makes bytes." Clamp and round first, or what is out of range wraps round and every fraction is cut off.

**Papers**

- Ho, Jain & Abbeel 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): our (1) is its eq. (2), our (2) its eq. (4); section 4 has the linear schedule, section 3.3 the range $[-1, 1]$.
- Nichol & Dhariwal 2021, [Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672): the cosine, its offset and its clipping, section 3.2; our (6) is its eq. (17).
- Kingma, Salimans, Poole & Ho 2021, [Variational Diffusion Models](https://arxiv.org/abs/2107.00630): the schedule as a clock; in the limit of many steps the variational lower bound depends on it only through the SNR at its two ends, section 5.1.
- Lin, Liu, Li & Yang 2024, [Common Diffusion Noise Schedules and Sample Steps are Flawed](https://arxiv.org/abs/2305.08891): chains that do not end in noise; `rescaled` is its Algorithm 1, except that we stop just above 0.
- Hoogeboom, Heek & Salimans 2023, [simple diffusion: End-to-end diffusion for high resolution images](https://arxiv.org/abs/2301.11093): the shift of the schedule with the size of the images, section 3.1; our (3).
- Chen 2023, [On the Importance of Noise Scheduling for Diffusion Models](https://arxiv.org/abs/2301.10972): larger images want more noise; scaling the pixel values instead of changing the schedule.
- Song, Meng & Ermon 2021, [Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502): its $\alpha$ is our $\bar\alpha$.
"""

# %% [markdown] key="recap-text" lang="zh" of="6bb02b"
r"""
**现在你能讲清**

- 像素为什么要变到 $[-1, 1]$，为什么换一种范围就是换一种调度；
- $\beta$、$\alpha$、$\bar\alpha$、两个系数、SNR 与 log-SNR 怎样由一个数组推出；
- 四种调度有什么不同，为什么要在 log-SNR 相同处比较；
- 为什么图像越大越要多加噪声，怎样按图像的大小平移调度；
- 链为什么必须以噪声收尾，凭哪个数判断，没做到会出什么毛病，又有哪三种补救办法；
- 余弦的 offset 与截断有什么用；
- 任何一条下降的曲线怎样变成调度，有的步取得少了，别的步就要多取多少。

**常见误解**

- “$\beta$ 的两端相同，终点就相同。”步数少，图像就剩得多：$\sqrt{\bar\alpha_T} = 0.364$（$T = 200$ 时），0.219（$T = 300$ 时），0.006（$T = 1000$ 时）。
- “0.006 就等于没有。”对 64 个数来说是的；可是宽 256 像素、全白的彩色图像，均值仍高出 2.8 个标准差。
- “$\sqrt{\alpha_t}$ 乘的是噪声。”它乘的是 $x_{t-1}$；噪声的系数是 $\sqrt{\beta_t}$。
- “步数过半，噪声过半。”线性调度走 1000 步，到 $t = 259$ 两个份额就相等了。
- “$\alpha_t$ 趋于 0。”真正降到几乎没有的是 $\bar\alpha_t$；线性调度的 $\alpha_t$ 从不低于 0.98。
- “图像放在 $[0, 1]$ 也一样。”用是能用，只是在每个 $t$，信噪比都只有论文的四分之一。
- “转换一下类型就成了字节。”要先截断、再取整，否则越界的值会绕回去，小数部分也都丢了。

**论文**

- Ho、Jain 与 Abbeel，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：我们的 (1) 是其式 (2)，(2) 是其式 (4)；第 4 节有线性调度，3.3 节有取值范围 $[-1, 1]$。
- Nichol 与 Dhariwal，2021，[Improved Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2102.09672)：余弦、它的 offset 与截断，见 3.2 节；我们的 (6) 是其式 (17)。
- Kingma、Salimans、Poole 与 Ho，2021，[Variational Diffusion Models](https://arxiv.org/abs/2107.00630)：把调度看作时钟；步数趋于无穷时，调度只有两端的 SNR 会影响变分下界，见 5.1 节。
- Lin、Liu、Li 与 Yang，2024，[Common Diffusion Noise Schedules and Sample Steps are Flawed](https://arxiv.org/abs/2305.08891)：不以噪声收尾的链；`rescaled` 就是其算法 1，只是我们停在略高于 0 处。
- Hoogeboom、Heek 与 Salimans，2023，[simple diffusion: End-to-end diffusion for high resolution images](https://arxiv.org/abs/2301.11093)：调度随图像的大小平移，见 3.1 节，即我们的 (3)。
- Chen，2023，[On the Importance of Noise Scheduling for Diffusion Models](https://arxiv.org/abs/2301.10972)：图像越大，越要多加噪声；不改调度，而缩放图像的数值。
- Song、Meng 与 Ermon，2021，[Denoising Diffusion Implicit Models](https://arxiv.org/abs/2010.02502)：其中的 $\alpha$ 是我们的 $\bar\alpha$。
"""

# %% key="progress"
progress("01")
