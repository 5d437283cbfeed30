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
#     minutes: 1.5
#     learning: 140
#     leave_out: [norm, told, notes]
# ---

# %% [markdown] key="head"
r"""
# 05 · The U-Net, block by block · U-Net 逐块搭建
"""

# %% [markdown] key="welcome" lang="en"
r"""
In lesson 4 the denoiser was a formula. Photographs have no formula, so a network learns one. On this page you take that
network apart: how it is told how noisy its input is, what one block does, how places far apart come to know of each
other, why the image is made small and large again, and what the lines across the U are for. Each part is shown at work,
most of them on real noisy images and in a network that is already trained. You write four of the parts yourself, and then
put a whole network together.

**Afterwards you can** draw the U-Net and name the shape at every place in it, write its embedding, its block, its
attention and its way up, assemble a whole one for any number of floors and images of any size, say what each part costs, and say what is lost when
one is taken out.
"""

# %% [markdown] key="welcome" lang="zh" of="080542"
r"""
第 4 课的去噪器是一个公式。照片没有公式，只好让网络去学。在这一页，你会把这个网络拆开来看：怎样告诉它输入的噪声有多重；
一个块做些什么；相隔很远的两处怎样互通消息；图像为什么要先变小、再变大；横跨 U 形的那些线又有什么用。
每个部件都当场运行给你看，大多是在一个已经训练好的网络里，对着真实的带噪图像。其中四个部件由你亲手来写，最后再由你搭出一个完整的网络。

**学完之后，你能**画出 U-Net，说出其中每一处的形状；写出它的嵌入、块、注意力与向上的路；搭出任意多级、适合任意图像尺寸的完整网络；说清各部件要花多少计算；
也说清拿掉某个部件，会丢掉什么。
"""

# %% key="setup"

# %% key="imports"
import torch
import torch.nn.functional as F
from torch import nn

from course_utils import blocks, data, plots
from course_utils.anatomy import dissect
from course_utils.attention import Attention, LinearAttention
from course_utils.blocks import (
    ConvNextBlock,
    NoiseLevelEmbedding,
    ResidualBlock,
    ResNetBlock,
    double,
    group_norm,
    halve,
    silenced,
)
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.denoisers import image_denoiser, predict_eps
from course_utils.experiments.assembled import carry_over, cut_skip
from course_utils.experiments.features import attended, seen_from_the_middle
from course_utils.experiments.networks import by_hand, milliseconds, multiplications, pile_losses, without
from course_utils.explorers.features import feature_explorer
from course_utils.forward import forward_jump, x0_from_eps
from course_utils.notes_unets import AnnotatedUNet, SimpleUNet
from course_utils.objectives import by_level, held_out
from course_utils.samplers import sample
from course_utils.schedules import cosine
from course_utils.training import start, train
from course_utils.unet import UNet
from course_utils.weights import pretrained

torch.set_num_threads(1)  # small tensors

# %% [markdown] key="job"
r"""
## 1 · What it is asked · 要它做什么
"""

# %% [markdown] key="job-why" lang="en"
r"""
Two roles share the work of generating. The *network* looks at $x_t$ and says what it sees; the *sampler* (DDIM, Euler a
and others: lesson 7) decides what to do with that. Here only the network matters. It is given a batch of noisy images, shape (b, c, h, w),
and one number per image that says how noisy it is, shape (b,). Not (b, 1): one number each, no more.
(Where all images are equally noisy, a single number for the whole batch will do.)
"""

# %% [markdown] key="job-why" lang="zh" of="d0f34b"
r"""
生成图像的工作由两个角色分担。**网络**看一眼 $x_t$，说出它看到了什么；**采样器**（DDIM、Euler a 等，见第 7 课）决定拿这个回答做什么。
这一课只管网络。交给它的是一批带噪图像，形状 (b, c, h, w)；每幅图像还附一个数，说明噪声有多重，形状 (b,)。
不是 (b, 1)：每幅一个数，仅此而已。（若整批图像噪声一样重，只给一个数也行。）
"""

# %% key="job-predict"
predict("05.output")

# %% key="job-show"
schedule, network, x = cosine(1000), pretrained("digits"), data.digits().x
level = schedule.log_snr[300].float()
xt, eps = forward_jump(schedule, x[:8], 300, generator=seeded(0))
print(tuple(xt.shape), "->", tuple(network(xt, level).shape))
plots.unet_chart()

# %% [markdown] key="job-read" lang="en"
r"""
**Read the figure.** This is the network of the digits, part by part, with the names that the code gives them. The path
leads down on the left: `stem` makes 32 channels of the one grey channel, a block (`down.0`) works on them, `down.1` halves
height and width, another block makes 64 channels. At the bottom stand two blocks with attention between them. On the right
it leads up again: blocks, `up.2` to double the size, blocks, and `head`, which makes one channel again. The green arrows are
*skip connections*: what the left side has found is handed to the right side at the same size. The noise level, as log-SNR,
has a way of its own: `embed` makes a vector of it (part 2), and every block with a dot is given that vector. What comes out is as
large as what went in. It is called $v$; one more line, in part 10, makes the network's answer of it.

The U-Net was made to mark cells in microscope images: there, too, every pixel needs an answer. Without the green arrows it
would have the shape of an *autoencoder*: one half makes the image small, the other makes it large again, and everything has to pass
the *bottleneck* between them.
"""

# %% [markdown] key="job-read" lang="zh" of="edd108"
r"""
**看图。** 这就是手写数字的网络，逐个部件画出，名字与代码里的一致。左边的路向下：`stem` 把一个灰度通道变成 32 个通道，
一个块（`down.0`）对它们加工，`down.1` 把高与宽减半，再由一个块变成 64 个通道。底部有两个块，中间夹着注意力。
右边的路向上：先是几个块，`up.2` 把尺寸加倍，再是几个块，最后 `head` 变回一个通道。
绿色箭头是**跳跃连接**（skip connection）：左边找到的东西，原样交给右边尺寸相同的地方。
噪声水平以对数信噪比的形式另走一路：`embed` 由它算出一个向量（第 2 节），凡带圆点的块，都会得到这个向量。
出来的与进去的一样大；它叫 $v$，再经一行计算才是网络的回答，见第 10 节。

U-Net 原本是用来在显微图像里标出细胞的：那里同样是每个像素都要一个回答。去掉绿色箭头，它就是**自编码器**（autoencoder）的样子：
一半把图像变小，另一半再变大，一切都得挤过两者之间的**瓶颈**（bottleneck）。
"""

# %% [markdown] key="clocks"
r"""
## 2 · How noisy? Many clocks · 噪声多重？看许多只钟
"""

# %% [markdown] key="clocks-why" lang="en"
r"""
A single number between 0 and 1000 is hard to use for layers that multiply and add: from $t = 20$ to $t = 30$ the standard deviation
of the noise grows by a third (cosine schedule), and beside 1000 the two numbers are nearly the same. So the number is turned into a vector, its *embedding*: the
sines and cosines of the number times many frequencies,
$$\bigl(\sin f_0 t, \dots, \sin f_{n-1} t,\ \cos f_0 t, \dots, \cos f_{n-1} t\bigr),\qquad f_i = 10000^{-i/n}.\tag{1}$$
Each pair of a sine and a cosine says where the hand of a clock points. The first clock goes round in 6.3 steps. From each to the
next the frequency falls by the same factor, and so, with $n = 16$, the last takes 35,000 steps for a round.
"""

# %% [markdown] key="clocks-why" lang="zh" of="ed4bea"
r"""
网络的各层只会乘与加，直接拿到 0 到 1000 之间的一个数，并不好用：从 $t = 20$ 到 $t = 30$，噪声的标准差增加了三分之一（余弦调度），
而这两个时间与 1000 相比，却几乎相等。所以要把这个数变成一个向量，即它的**嵌入**（embedding）：拿它乘以许多个频率，再取正弦与余弦，
$$\bigl(\sin f_0 t, \dots, \sin f_{n-1} t,\ \cos f_0 t, \dots, \cos f_{n-1} t\bigr),\qquad f_i = 10000^{-i/n}.\tag{1}$$
每一对正弦与余弦，说的是一只钟的指针指向哪里。第一只钟 6.3 步转一圈。往后每一只的频率，都按同一个比例缩小，
所以 $n = 16$ 时，最后一只要 35,000 步才转一圈。
"""

# %% key="clocks-source"
show_source(blocks.sinusoids)

# %% [markdown] key="turn-why" lang="en"
r"""
**Why a sine *and* a cosine?** A sine alone leaves open on which side of its clock the hand is. With both, one can move the hand on without
knowing what time it is: $s$ steps later, clock $i$ stands $f_i s$ further, whatever $t$ was. The paper that brought this
embedding gives this as its reason: a fixed distance is one and the same linear map, from everywhere.

**Write it yourself.** `seen`, (b, 2 f), holds readings of f clocks, all sines, then all cosines, at times that you are not told; `frequency`
is (f,) and `s` is (b,). Return the readings $s$ later, (b, 2 f).
"""

# %% [markdown] key="turn-why" lang="zh" of="f3ebf8"
r"""
**为什么正弦与余弦都要？** 只有正弦，看不出指针在钟面的哪一边。两者都有，就不必知道现在几点，也能把指针往前拨：
过了 $s$ 步，第 $i$ 只钟走了 $f_i s$，不管 $t$ 原来是多少。提出这种嵌入的论文，给的理由正是这一条：移动固定的距离，无论从哪里出发，都是同一个线性映射。

**自己动手。** `seen` 的形状是 (b, 2 f)，是 f 只钟的读数，先是全部正弦，再是全部余弦，各取自什么时间，则没有告诉你；`frequency` 是 (f,)，`s` 是 (b,)。
请返回 $s$ 步之后的读数，形状 (b, 2 f)。
"""

# %% key="turn-try" tags=["exercise"]
def my_turn(seen, frequency, s):
    ...

my_turn = check("05.turn", my_turn)

# %% [markdown] key="turn-use" lang="en"
r"""
At $t = 0$ all sines are 0 and all cosines 1. From this one reading your function makes every other, and so the whole embedding:
"""

# %% [markdown] key="turn-use" lang="zh" of="446c4d"
r"""
在 $t = 0$，正弦全是 0，余弦全是 1。从这一个读数出发，你的函数就能得到其余一切读数，也就是整个嵌入：
"""

# %% key="turn-own"
def my_sinusoids(x, frequency):
    at_zero = torch.cat([torch.zeros_like(frequency), torch.ones_like(frequency)])
    return my_turn(at_zero.expand(len(x), -1), frequency, x)

# %% key="clocks-predict"
predict("05.clocks")

# %% key="clocks-show" tags=["nbval-check-output"]
t = torch.arange(1001).double()
said = []
for n in (2, 4, 16):
    seen = my_sinusoids(t, blocks.paper_frequencies(n).double())
    apart = (seen - seen[100]).norm(dim=1)
    other = apart.index_fill(0, torch.tensor([100]), torch.inf).argmin()
    away = abs(int(other) - 100)
    said.append(f"{n:2} frequencies: nearest to t = 100 is a time {away:3} steps away,")
    said[-1] += f" at {apart[other]:.2f}; t = 101: {apart[101]:.2f}"
reveal("05.clocks", *said)

# %% [markdown] key="clocks-read" lang="en"
r"""
(The last two numbers of a row are distances between readings.) With 2 frequencies the reading of $t = 100$ is nearly that of a time 622 steps
away, and far from that of its own neighbour. With 4, the most similar time is still 63 steps off. With 16 it is the neighbour: close times
have close readings, and no far time comes near.
A fast clock tells neighbours apart but repeats; a slow one never repeats but hardly moves. Only clocks of many speeds
together do both.

<details><summary>Two questions about (1) that are often left open: in which order, and which exponent?</summary>

*In which order do the numbers stand?* In the paper sines and cosines take turns, sin, cos, sin,
cos; in (1), as in most code, all sines come first. A layer follows that multiplies by a matrix: let its columns stand in the same
order, and the result is the same. *Which exponent?* It sets how slow the last clock is. The paper has $i/n$, $n$ being half the width of the vector;
much code divides by $n - 1$ instead. In both, frequencies fall from 1 by a constant factor. The next cell tries both.

</details>
"""

# %% [markdown] key="clocks-read" lang="zh" of="566a8a"
r"""
（每行最后两个数是读数之间的距离。）只用 2 个频率时，$t = 100$ 的读数与 622 步之外的几乎相同，离自己的邻居却很远。
用 4 个，最像它的时间仍在 63 步之外。用 16 个，最像的就是邻居了：时间相近，读数也相近，远处的时间也混不进来。快钟分得清邻居，但会重复；慢钟不重复，却几乎不动。
只有许多快慢不同的钟合在一起，才能两样都做到。

<details><summary>关于 (1)，有两个问题常常没有说清：什么次序，什么指数？</summary>

**这些数按什么次序排？** 论文让正弦与余弦交替，sin、cos、sin、cos；(1) 与多数代码一样，先排全部正弦。
后面的层要乘一个矩阵：只要矩阵的列也按同样的次序排，结果就一样。**什么指数？** 它决定最后一只钟有多慢。论文用 $i/n$，其中 $n$ 是向量宽度的一半；
不少代码除的是 $n - 1$。两者的频率都从 1 开始，每次乘以同一个数。下一格把两样都试一试。

</details>
"""

# %% key="order-show" tags=["nbval-check-output"]
def in_turn(values):
    return values.unflatten(1, (2, 16)).transpose(1, 2).flatten(1)

matrix = torch.randn(5, 32, generator=seeded(1)).double()
print("order does not matter:", torch.allclose(seen @ matrix.T, in_turn(seen) @ in_turn(matrix).T))
for name, below in {"i / n": 16, "i / (n - 1)": 15}.items():
    f = 10000.0 ** (-torch.arange(16) / below)
    print(f"{name:12} from 1 down to 1/{1 / f[-1]:.0f}, each {f[0] / f[1]:.2f} times the next")

# %% [markdown] key="order-read" lang="en"
r"""
One ends at 1/5623, the other at 1/10000; on 1000 steps both last clocks hardly move. The difference is small.

The course's networks do not embed $t$ at all. They embed the log-SNR of lesson 1, with frequencies from 0.05 to 3: then
one set of weights can serve any number of steps and any schedule. Both as pictures, over $t$ (orange is 1, blue −1):
"""

# %% [markdown] key="order-read" lang="zh" of="586e59"
r"""
一个止于 1/5623，一个止于 1/10000；在 1000 步之内，两者最慢的钟都几乎不动，差别很小。

本课程的网络其实不嵌入 $t$，而是嵌入第 1 课的对数信噪比，频率从 0.05 到 3：这样，同一套权重就可用于任意步数、任意调度。
把两者都画出来，横轴是 $t$（橙色为 1，蓝色为 −1）：
"""

# %% key="bands-show"
own = blocks.sinusoids(schedule.log_snr[1:], network.embed.frequency.double())
plots.bands({"16 clocks of $t$": seen[1:].T, "16 clocks of log SNR": own.T}, t[1:], "$t$", "sines, then cosines")

# %% [markdown] key="bands-read" lang="en"
r"""
**Read the figure.** Each column is what a network is told at one $t$; each row is one sine or cosine. On the left the
clocks run evenly; in each half the fast ones are at the top (the fastest are too fast for the pixels of the picture). On the
right the slow ones are at the top of each half, and time is bent: in the middle of the schedule, where
log-SNR changes slowly, all clocks move slowly; at both ends they race. (Log-SNR beyond ±20 counts as ±20.) A small MLP
follows, and its result goes to every block.
"""

# %% [markdown] key="bands-read" lang="zh" of="4e5787"
r"""
**看图。** 每一列是网络在某个 $t$ 收到的读数；每一行是一个正弦或余弦。左图的钟走得均匀，每一半都是上快下慢（最快的几只，快得连像素都画不清）。
右图的每一半是上慢下快，而且时间是弯的：调度中段，对数信噪比变化得慢，所有的钟都走得慢；到了两端就飞快。（超出 ±20 的对数信噪比按 ±20 算。）
后面还有一个小 MLP，它的结果送到每一个块。
"""

# %% [markdown] key="norm"
r"""
## 3 · Group normalisation · 组归一化
"""

# %% [markdown] key="norm-why" lang="en"
r"""
Inside, an image is a stack of *feature maps*, one for each channel, and their size drifts as layers follow layers.
*Group normalisation* brings it back: split the channels into groups (of 16 here, or of 8), and in each image
and each group subtract the mean and divide by the standard deviation, over all places and channels of the group. So
$GN(a\,h + b) = GN(h)$ for any numbers $a > 0$ and $b$, but for a tiny constant that keeps the division safe. (A learned factor and offset per channel follow; they begin at 1 and 0.)
"""

# %% [markdown] key="norm-why" lang="zh" of="a3530d"
r"""
在网络内部，一幅图像是一叠**特征图**（feature map），每个通道一幅；一层接一层，数值的大小会渐渐走样。
**组归一化**（group normalisation）把它拉回来：把通道分组（这里每组 16 个，或 8 个），对每幅图像的每一组，
减去均值，再除以标准差，两者都在该组的所有位置与通道上求。所以 $GN(a\,h + b) = GN(h)$，其中 $a > 0$ 与 $b$ 可以任取；
两边只差一点点，因为除数里加了一个防止除以零的微小常数。
（之后，每个通道还要乘一个系数、加一个偏移，都是学出来的，起初是 1 与 0。）
"""

# %% key="norm-show"
h, norm = network.stem(xt), blocks.group_norm(32)
rows_of_norm = {"$h$": h, "$3h+1$": 3 * h + 1, "$GN(h)$": norm(h), "$GN(3h+1)$": norm(3 * h + 1)}
print(f"GN(h) and GN(3h + 1) differ by less than 0.001: {bool((norm(h) - norm(3 * h + 1)).abs().max() < 0.001)}")
plots.feature_rows({name: maps[0, :8] for name, maps in rows_of_norm.items()})

# %% key="norm-values"
inside = {name: maps[0, :16].flatten().tolist() for name, maps in rows_of_norm.items()}
plots.histograms(inside, limit=6)

# %% [markdown] key="norm-read" lang="en"
r"""
**Read the figures.** First the maps (orange is above 0, blue below 0, each row with a scale of its own): the first 8 that `stem` makes of the noisy zero. Multiply by 3, add 1: all of it shifts towards orange. After the norm
both look the same. As each row is scaled for itself, one does not see there how large the numbers are. That is what the histograms show, of all values in the first group of 16 channels, on one axis, beside a bell of mean 0 and
standard deviation 1: the first two lie in different places and are of different widths, the last two are the same, in the middle and as wide as the bell. The shape stays as it was; the norm moves and stretches, and makes no bell of it.

*Batch normalisation*, the older way, subtracts and divides too, for each channel, but over all images of the batch.
"""

# %% [markdown] key="norm-read" lang="zh" of="547a0c"
r"""
**看图。** 先看特征图（橙色大于 0，蓝色小于 0，每行各用自己的色标）：这是 `stem` 由带噪的数字零得到的前 8 幅。乘以 3 再加 1，到处都偏向橙色。归一化之后，两者看不出差别。
因为每行各有色标，数值究竟多大，从特征图上看不出来。这要看直方图：第一组 16 个通道的全部数值，画在同样的横轴上，旁边是均值 0、标准差 1 的钟形曲线。
前两格位置不同，宽窄也不同；后两格一样，都居中，与钟形一般宽。形状没有变：归一化只是平移与伸缩，并不会把它变成钟形。

更早的做法是**批归一化**（batch normalisation）：也是先减后除，逐个通道地做，但统计的范围是一批中的所有图像。
"""

# %% key="norm-predict"
predict("05.company")

# %% [markdown] key="told"
r"""
## 4 · Told how noisy: shift, or scale and shift · 把噪声水平告诉块：平移，或缩放加平移
"""

# %% [markdown] key="told-why" lang="en"
r"""
How does the embedding reach the features? A linear layer makes of it one number per channel, which is added at every
place: a *shift*. That is how the first DDPM did it. Our blocks make two numbers per channel and use both, right after
a norm,
$$h \leftarrow (1 + \text{scale})\cdot GN(h) + \text{shift}.\tag{2}$$
A shift moves a map up or down, and its contrast stays as it was. A scale changes the contrast itself: at
$1 + \text{scale} = 0$ the channel is blank, whatever is in it, and below 0 it is a negative. So one and the same layer can
use its channels differently at different noise levels. Does it? Look at the factors that training has found:
"""

# %% [markdown] key="told-why" lang="zh" of="d58617"
r"""
嵌入怎样影响特征？一个线性层根据嵌入，为每个通道算出一个数，加到每个位置上：这是**平移**（shift），最初的 DDPM 就这样做。
我们的块为每个通道算出两个数，紧接在归一化之后一并使用，
$$h \leftarrow (1 + \text{scale})\cdot GN(h) + \text{shift}.\tag{2}$$
平移只把整幅图抬高或压低，对比度不变。缩放（scale）改变的正是对比度：$1 + \text{scale} = 0$ 时，不管里面有什么，
这个通道都成了空白；小于 0 时，成了负片。这样，同一层在不同的噪声水平下，就能以不同的方式使用自己的通道。
它真的这样做吗？看看训练得到的系数：
"""

# %% key="told-show"
grid, factors = torch.linspace(-8, 8, 161), {}
for name, block in {"down.0": network.down[0], "middle.0": network.middle[0], "up.3": network.up[3]}.items():
    scale, shift = block.scale_shift(F.silu(network.embed(grid))).chunk(2, dim=1)
    factors[f"{name}: 1 + scale"] = (1 + scale.T)[scale[0].argsort()]
plots.bands(factors, grid, "log SNR", "channel", top=4)

# %% [markdown] key="told-read" lang="en"
r"""
**Read the figure.** One row per channel, sorted by its factor in heavy noise (left edge); white is 0, orange positive, blue
negative, full colour 4 or more. Few rows look the same at both ends. Some channels are loud in heavy noise and quiet in light noise (orange at the left,
pale at the right), some the other way round, some pass through white and change their sign. Here is what (2) does to the
first 8 channels of `down.0`, for one and the same input:
"""

# %% [markdown] key="told-read" lang="zh" of="7d0b5b"
r"""
**看图。** 每个通道一行，按噪声重时（左端）的系数排序；白色是 0，橙色为正，蓝色为负，颜色最深处是 4 或更大。两端颜色相同的行很少。
有的通道在噪声重时幅度大，噪声轻时幅度小（左橙右淡）；有的正好相反；还有的穿过白色，变了符号。
下面是 (2) 对 `down.0` 的前 8 个通道所做的事，输入是同一个：
"""

# %% key="told-two"
block = network.down[0]
h = block.norm2(block.conv1(F.silu(block.norm1(network.stem(xt[:1])))))
rows = {"before": h[0, :8]}
for value in (6.0, 0.0, -6.0):
    told = block.scale_shift(F.silu(network.embed(torch.tensor([value]))))[..., None, None]
    scale, shift = told.chunk(2, dim=1)
    rows[f"log SNR {value:g}"] = ((1 + scale) * h + shift)[0, :8]
    same = torch.allclose((h + shift).std(dim=(2, 3)), h.std(dim=(2, 3)), rtol=1e-3)
    print(f"contrast kept by the shift: {same}; 1 + scale from {1 + scale.min():.1f} to {1 + scale.max():.1f}")
plots.feature_rows(rows)

# %% [markdown] key="told-two-read" lang="en"
r"""
**Read the figure.** Told "little noise" (6), the block keeps the outline of the zero in several of these channels. Told "heavy noise"
($-6$), it makes several of the same channels nearly flat, and others loud. (Each row has its own scale
again.) The pixels have not changed; only the number has.
"""

# %% [markdown] key="told-two-read" lang="zh" of="147fbc"
r"""
**看图。** 告诉这个块噪声很轻（6），有几个通道留着数字零的轮廓。告诉它噪声很重（$-6$），同样这些通道里，有几个几乎成了平的，
另一些的幅度却变大了。（每行仍各用自己的色标。）像素没有变，变的只是那个数。
"""

# %% [markdown] key="block"
r"""
## 5 · The residual block · 残差块
"""

# %% [markdown] key="block-why" lang="en"
r"""
Now the block itself. Two convolutions; before each a norm and the activation SiLU, $x\cdot\text{sigmoid}(x)$ (*pre-norm*); between
them, on what the second norm gives, the noise level comes in, by (2); and beside it all a *short cut*, from what the block is given to what it returns: added,
so that the block only learns the change. The short cut is $x$ itself, or a 1x1 convolution where the number of channels changes. A sum like this one is called a
*residual connection*. It is not a skip connection: that one is longer, and concatenates (part 8).

Why the norm first? A norm after the sum would change what the short cut carries, block after block. In front of the
convolutions it leaves the short cut free: from the first block to the last there are only sums on it, and here and there a 1x1
convolution. Both are in use. The ResNet block, below, has its norms after the convolutions, yet before the sum: it, too, leaves
the short cut alone.

**Write it yourself**, with the layers of a given block: `block.norm1`, `block.conv1`, `block.scale_shift`, `block.norm2`,
`block.conv2`, `block.short_cut`. The embedding, (b, e), goes through a SiLU before `scale_shift`, which returns (b, 2 c): first
all scales, then all shifts. The check puts random weights into the layers. (No formula stands above it: what goes into what follows from the words.)
"""

# %% [markdown] key="block-why" lang="zh" of="6ce232"
r"""
现在来看块本身。两层卷积；每层之前先归一化、再过激活函数 SiLU，即 $x\cdot\text{sigmoid}(x)$（这叫**前置归一化**，pre-norm）；
噪声水平在两层之间按 (2) 引入，作用于第二次归一化的结果；旁边还有一条**捷径**（short cut），从块的输入直通块的输出，在那里相加，于是块只需要学改变量。
捷径就是 $x$ 本身；通道数变化时，用 1x1 卷积。这样的相加叫做**残差连接**（residual connection）。
它不是跳跃连接：那一种更长，而且是拼接（见第 8 节）。

为什么先归一化？若放在相加之后，每过一个块，捷径传来的内容都要被它改动一次。放在卷积之前，捷径就畅通无阻：
从第一个块到最后一个，一路上只有相加，偶尔有一层 1x1 卷积。两种做法都有人用。下文的 ResNet 块，归一化放在卷积之后，
但仍在相加之前，也不碰捷径。

**自己动手**，用给定块里的各层来写：`block.norm1`、`block.conv1`、`block.scale_shift`、`block.norm2`、
`block.conv2`、`block.short_cut`。嵌入的形状是 (b, e)，先过 SiLU，再进 `scale_shift`，得到 (b, 2 c)：
先是全部 scale，再是全部 shift。检查时，各层会填上随机的权重。（上面没有公式：什么送进什么，照文字就能定下来。）
"""

# %% key="block-try" tags=["exercise"]
def my_block(block, x, embedding):
    ...

my_block = check("05.block", my_block)

# %% [markdown] key="block-said" lang="en"
r"""
As two formulas, and then in code:
$$h = \text{conv}_1(\text{SiLU}(GN_1(x))),\qquad
\text{out} = \text{short cut}(x) + \text{conv}_2\bigl(\text{SiLU}((1+\text{scale})\,GN_2(h)+\text{shift})\bigr).\tag{3}$$
"""

# %% [markdown] key="block-said" lang="zh" of="c0f793"
r"""
先写成两个式子，再看代码：
$$h = \text{conv}_1(\text{SiLU}(GN_1(x))),\qquad
\text{out} = \text{short cut}(x) + \text{conv}_2\bigl(\text{SiLU}((1+\text{scale})\,GN_2(h)+\text{shift})\bigr).\tag{3}$$
"""

# %% key="block-source"
show_source(ResidualBlock)

# %% key="block-start" tags=["nbval-check-output"]
fresh, features = ResidualBlock(16, 16, 8), torch.randn(2, 16, 8, 8, generator=seeded(2))
print("a new block returns what it is given:", torch.equal(my_block(fresh, features, torch.zeros(2, 8)), features))

# %% [markdown] key="block-start-read" lang="en"
r"""
`silenced` sets the last convolution to zeros, so a new block is its short cut and nothing else: a network of any depth begins as if it were
shallow, and grows into its depth. How much does the short cut matter? Pile up 16 blocks (with ordinary weights, no zeros),
and let them learn to name the noise in digits at $t = 300$; then the same without the short cuts.
"""

# %% [markdown] key="block-start-read" lang="zh" of="a47173"
r"""
`silenced` 把最后一层卷积置零，所以新的块只剩捷径：网络再深，起初也像是浅的，然后才渐渐用上自己的深度。
捷径有多要紧？摞起 16 个块（权重照常初始化，不置零），让它们学着预测 $t = 300$ 处数字里的噪声；再去掉捷径，重来一遍。
"""

# %% key="pile-show"
losses = {name: pile_losses(cuts) for name, cuts in (("with short cuts", True), ("without", False))}
plots.curves({"loss": losses}, xlabel="step", log="y")

# %% [markdown] key="pile-read" lang="en"
r"""
**Read the figure.** With short cuts the loss jumps at first, then falls, and is below 0.5 after 60 steps. Without them it stays at about 1, the loss of always
answering 0. One explanation is that a gradient which comes back through 32 convolutions in a row resembles noise (Balduzzi et al.,
below). With a few blocks both would learn; depth is where short cuts decide.

This course grew from a few sets of notes: [The Annotated Diffusion Model](https://huggingface.co/blog/annotated-diffusion) by Rogge and Rasul (2022), called the annotated DDPM here, and
study notes, one of which builds the plainest U-Net of all (both networks are in part 11). The annotated DDPM, as it was published, has two other blocks. (At the end of 2022 its page was
revised: it has no ConvNeXt block any more, and its ResNet block scales and shifts.) The *ResNet block* has norm and SiLU after each convolution and takes
a shift only. The *ConvNeXt block* begins with a 7x7 convolution within each channel, and its result is shifted by the noise level;
then one convolution widens to twice the channels and another narrows again. It is not quite the block of its paper. That one
widens to 4 times the channels, with 1x1 convolutions where this one has 3x3, and it norms once, each place by itself, where this one
norms twice, all places and channels together. (Both blocks can do without an embedding; that is what the `if` is for.)
"""

# %% [markdown] key="pile-read" lang="zh" of="e5b4d2"
r"""
**看图。** 有捷径时，损失开头跳了一下，随后下降，60 步之后已低于 0.5。没有捷径，就一直在 1 附近，相当于永远回答 0。
一种解释是：一路穿回 32 层卷积的梯度，已经像噪声一样（见下面 Balduzzi 等的论文）。块少的时候，两种都学得动；深了，才看出捷径的分量。

本课程是从几份笔记发展来的：一份是 Rogge 与 Rasul 的 [The Annotated Diffusion Model](https://huggingface.co/blog/annotated-diffusion)（2022），下文叫它“DDPM 逐行注释”；
另有几份学习笔记，其中一份搭了一个最朴素的 U-Net（两个网络都见第 11 节）。“DDPM 逐行注释”发表时用的是另外两种块。（网页在 2022 年底修订过，如今已没有 ConvNeXt 块，ResNet 块也改成了缩放加平移。）**ResNet 块**在每层卷积之后归一化，再过 SiLU，只用平移。
**ConvNeXt 块**先在每个通道内做 7x7 卷积，结果按噪声水平平移；随后一层卷积把通道加宽到两倍，另一层再收窄。
它与原论文里的块不尽相同：论文加宽到 4 倍，用 1x1 卷积，这里用 3x3；论文只归一化一次，各个位置各做各的，这里归一化两次，
所有位置与通道一起做。（两种块都可以不要嵌入，`if` 就是为此而写。）
"""

# %% key="kinds-source"
show_source(ResNetBlock.forward)
show_source(ConvNextBlock.forward)

# %% [markdown] key="kinds-why" lang="en"
r"""
How far does one place see through each of the three? Differentiate one output, in the middle, by all inputs (a noisy photograph,
32 channels):
"""

# %% [markdown] key="kinds-why" lang="zh" of="68d103"
r"""
在这三种块里，一个位置分别能看到多远？把中央一处的输出对所有输入求导（输入是带噪照片，32 个通道）：
"""

# %% key="kinds-show"
torch.manual_seed(0)
palace, seen_by = data.photograph("palace", 32), {}
noisy = nn.Conv2d(3, 32, 1)(forward_jump(schedule, palace, 300, generator=seeded(3)).xt)
for kind in (ResidualBlock, ResNetBlock, ConvNextBlock):
    block = kind(32, 32, 8)
    block.conv2.reset_parameters()  # no zeros
    seen_by[kind.__name__] = seen_from_the_middle(block, noisy)[9:24, 9:24]
    count, work = sum(w.numel() for w in block.parameters()), multiplications(block, noisy, torch.zeros(1, 8))
    print(f"{kind.__name__:14} {count:6} parameters, {work / 1e6:.1f} million multiplications")
plots.feature_rows({"": torch.stack(list(seen_by.values()))}, list(seen_by))

# %% [markdown] key="kinds-read" lang="en"
r"""
**Read the figure.** (The middle 15 x 15 places.) Two 3x3 convolutions see 5 x 5 places; the ConvNeXt block sees 11 x 11, at about
twice the parameters and multiplications. Beyond the square is not quite nothing, for each norm has looked at the
whole map, but only through one mean and one standard deviation per group.
"""

# %% [markdown] key="kinds-read" lang="zh" of="3574ec"
r"""
**看图。**（中央的 15 x 15 个位置。）两层 3x3 卷积看到 5 x 5 个位置；ConvNeXt 块看到 11 x 11，参数量与乘法次数都约为前者的两倍。
方块之外并非全无联系，因为每次归一化都看过整幅图，只不过每组只得到一个均值与一个标准差。
"""

# %% [markdown] key="attention"
r"""
## 6 · Attention: every place asks every other · 注意力：每处都问遍其余各处
"""

# %% [markdown] key="attention-why" lang="en"
r"""
To make the strokes of a digit fit together, places far apart should know of each other. *Attention* lets them, at one go. A 1x1 convolution makes
three vectors of width $d$ at each of the $n = h\,w$ places: a query $q$ (what this place looks for), a key $k$ (what it
offers) and a value $v$ (what it hands over; not the $v$ that the whole network computes). Every query is compared with every key, by their inner product; a softmax turns each query's
comparisons into weights that sum to 1; and each place gets the weighted mean of all values. One more thing: the wider the vectors, the larger their inner products, and a softmax of large numbers lets
one place take all. So the comparisons are divided by a number that depends on $d$ alone, chosen such that for random vectors (entries independent, of mean 0 and variance 1) they have a standard
deviation of 1, whatever $d$.

Often there are several *heads*, each with a $q$, a $k$ and a $v$ of its own, so that a place can look for several things at
once. Ours has one; the U-Net of the annotated DDPM (part 11) has four, each of width 32. (The part called `head` is something
else.)

**Write it yourself.** `q`, `k` and `v` are (b, n, d); return (b, n, d). What is the number?
"""

# %% [markdown] key="attention-why" lang="zh" of="3ecca3"
r"""
要让一个数字的各笔彼此合得上，相隔很远的位置最好能互通消息。**注意力**（attention）一步就做到。
一层 1x1 卷积在 $n = h\,w$ 个位置上，各造出三个宽为 $d$ 的向量：查询 $q$（这里在找什么）、键 $k$（这里有什么）、
值 $v$（这里交出什么；与整个网络算出的 $v$ 无关）。每个查询与每个键比较，取内积；softmax 把每个查询的比较结果变成总和为 1 的权重；
每个位置得到全部值的加权均值。还有一点：向量越宽，内积越大，而数值一大，softmax 就会让一个位置独占全部。
所以比较结果要除以一个只取决于 $d$ 的数，使它在向量随机时（各分量独立，均值为 0，方差为 1），无论 $d$ 是多少，标准差都是 1。

注意力往往分成几个**头**（head），每个头自有一套 $q$、$k$ 与 $v$，一个位置就能同时找几样东西。
我们的只有一个头；“DDPM 逐行注释”里的 U-Net（第 11 节）有四个，每个宽 32。（名叫 `head` 的部件是另一回事。）

**自己动手。** `q`、`k` 与 `v` 的形状都是 (b, n, d)；请返回 (b, n, d)。那个数是多少？
"""

# %% key="attention-try" tags=["exercise"]
def my_attention(q, k, v):
    ...

my_attention = check("05.attention", my_attention)

# %% [markdown] key="attention-said" lang="en"
r"""
An inner product of such vectors is a sum of $d$ products of variance 1; its standard deviation is $\sqrt d$. In one line,
$$\text{softmax}\Bigl(\frac{q\,k^\top}{\sqrt d}\Bigr)\,v,\tag{4}$$
with the softmax along each row, over the keys. The package's, with the convolutions before and behind:
"""

# %% [markdown] key="attention-said" lang="zh" of="beabbe"
r"""
这样的内积是 $d$ 个方差为 1 的乘积之和，标准差是 $\sqrt d$。写成一行就是
$$\text{softmax}\Bigl(\frac{q\,k^\top}{\sqrt d}\Bigr)\,v,\tag{4}$$
softmax 沿每一行取，即在各个键之间取。本包的实现，连同前后的卷积：
"""

# %% key="attention-source"
show_source(Attention.forward)

# %% key="attention-show"
seen_at = attended(schedule, network, x[[0, 3]], 100)
image, place = torch.arange(2).repeat_interleave(3), torch.tensor([5, 10, 15]).repeat(2)
looks = {"from": torch.eye(16)[place], "to": seen_at.weights[image, place]}
looks = {name: maps.reshape(6, 4, 4) for name, maps in looks.items()}
change = network.middle[1](seen_at.given) - seen_at.given
print(f"size of the change that attention makes: {change.norm() / seen_at.given.norm():.2f} of the features")
plots.feature_rows({"$x_t$": seen_at.xt[image, 0]} | looks)

# %% [markdown] key="attention-read" lang="en"
r"""
**Read the figure.** The attention of the trained network, in `middle.1`, where the map is 4 x 4, for a zero and a three at
$t = 100$. Middle row: the place that asks. Bottom row: where it looks, the more orange the more weight. Each looks
at a few places, some of them across the image, and at other ones for the other digit. What it fetches there we do not know; a map of weights
shows where, not what for. The block adds its result to what was there, and that changes the features by about a fifth.

**The price.** Each of $n$ places is compared with $n$:
"""

# %% [markdown] key="attention-read" lang="zh" of="a242a1"
r"""
**看图。** 这是训练好的网络在 `middle.1` 处的注意力，那里的特征图是 4 x 4；输入是一个零和一个三，都在 $t = 100$。
中间一行：提问的位置。最下一行：它看向哪里，越橙权重越大。每处都看向几个位置，有的远在图像的另一边；换一个数字，看的地方也换了。
它在那里取了什么，我们并不知道；权重图只说明看哪里，不说明为了什么。块把结果加到原有的特征上，使特征改变了约五分之一。

**代价。** $n$ 个位置中的每一个，都要与 $n$ 个比较：
"""

# %% key="cost-predict"
predict("05.cost")

# %% [markdown] key="linear-why" lang="en"
r"""
**Linear attention** gets round it. Without the softmax, (4) is a product of three matrices, and brackets may be moved:
$(q\,k^\top)\,v = q\,(k^\top v)$. On the left stands an $n \times n$ matrix, on the right one of $d \times d$, however large
the image is. The softmax forbids this; so linear attention takes another one, of $q$ over its $d$ features and of $k$ over the $n$
places, and then multiplies in the cheap order. No $n \times n$ matrix is ever made, so memory, too, grows only as $n$. It is, as we see it,
another layer and no approximation of (4): all places draw from one summary, and the results differ. (Its authors, Shen et al., call it equivalent to attention. With a plain
division by $n$ in place of the softmaxes it would be: that is the moving of brackets. With softmaxes it is not.)
"""

# %% [markdown] key="linear-why" lang="zh" of="2d14c8"
r"""
**线性注意力**（linear attention）绕开了这个代价。没有 softmax 时，(4) 是三个矩阵的乘积，括号可以挪动：
$(q\,k^\top)\,v = q\,(k^\top v)$。左边出现的是 $n \times n$ 的矩阵；右边则是 $d \times d$，不管图像有多大。
有 softmax 就挪不动；于是线性注意力换了一种 softmax：$q$ 在自己的 $d$ 个特征上做，$k$ 在 $n$ 个位置上做，然后按省力的次序相乘。
$n \times n$ 的矩阵从不出现，所以内存也只随 $n$ 成比例增长。
在我们看来，它是另一种层，不是 (4) 的近似：所有位置都取自同一份摘要，得到的结果也不同。（提出它的 Shen 等人称它与注意力等价。若把两边的 softmax 都换成除以 $n$，的确等价，那就是挪动括号；用了 softmax，就不等价了。）
"""

# %% key="linear-same" tags=["nbval-check-output"]
q, k, v = torch.randn(3, 1, 256, 16, generator=seeded(5), dtype=torch.float64)
print("brackets moved:", torch.allclose((q @ k.transpose(1, 2)) @ v, q @ (k.transpose(1, 2) @ v)))

# %% key="linear-source"
show_source(LinearAttention.forward)

# %% key="cost-show"
places, cost = (64, 256, 1024, 4096), {"multiplications": {}, "ms": {}}
for name, layer in {"Attention": Attention(64), "LinearAttention": LinearAttention(64, 1, 64)}.items():
    maps = [torch.randn(1, 64, n, n, generator=seeded(n)) for n in (8, 16, 32, 64)]
    cost["multiplications"][name] = [multiplications(layer, h) for h in maps]
    cost["ms"][name] = [milliseconds(layer, h) for h in maps]
reveal("05.cost", plots.curves(cost, places, "places, $h\\,w$", "xy"))

# %% [markdown] key="cost-read" lang="en"
r"""
**Read the figure.** (64 channels, one head of width 64, maps from 8 x 8 to 64 x 64; logarithmic axes.) Left: counted multiplications.
At 64 places the two are equal. From there linear attention grows as the number of places; attention bends upwards and ends
nearly as its square, 22 times as many at 64 x 64. Right: milliseconds, as measured on the machine that made this page. So our U-Net uses
attention only at the lowest resolution, where it is cheap; the U-Net of the annotated DDPM (part 11) has linear attention on every floor,
and attention only at the bottom.
"""

# %% [markdown] key="cost-read" lang="zh" of="5d6e28"
r"""
**看图。**（64 个通道，一个宽为 64 的头，特征图从 8 x 8 到 64 x 64；对数坐标。）左图是数出来的乘法次数。64 个位置时，两者相等。
从那以后，线性注意力随位置数成比例增长；注意力向上弯，最后几乎按平方增长，到 64 x 64 时是前者的 22 倍。
右图是毫秒数，在制作本页的机器上量得。所以我们的 U-Net 只在最低分辨率处用注意力，那里便宜；“DDPM 逐行注释”里的 U-Net（第 11 节），
每一级都用线性注意力，注意力只放在底部。
"""

# %% [markdown] key="paper-why" lang="en"
r"""
**With pen and paper.** When is attention cheap? Compare it with what stands beside it: two convolutions of $s \times s$ from
$c$ channels to $c$, as in a residual block. Let both work on a map of $n$ places, and count multiplications, those of
convolutions and matrix products alone. Attention has one head of width $c$: a 1x1 convolution makes $q$, $k$ and $v$, then
come the two products of (4), and a 1x1 convolution from $c$ to $c$ at the end. At which $n$ do the two cost the same? Return
it for any $c$ and any $s > 1$. (The check counts on real layers.)
"""

# %% [markdown] key="paper-why" lang="zh" of="10722e"
r"""
**纸笔题。** 注意力何时算便宜？拿它与身边的东西比：两层 $s \times s$ 的卷积，由 $c$ 个通道到 $c$ 个，与残差块里的一样。
让两者都在 $n$ 个位置的特征图上工作，数乘法的次数，只数卷积与矩阵乘法。注意力只有一个宽为 $c$ 的头：一层 1x1 卷积造出 $q$、$k$ 与 $v$，
接着是 (4) 里的两个乘积，最后一层 1x1 卷积由 $c$ 到 $c$。$n$ 是多少时，两者花得一样多？对任意的 $c$ 与任意的 $s > 1$ 返回这个数。（检查时会在真正的层上数。）
"""

# %% key="paper-try" tags=["exercise"]
def my_break_even(c, s):
    ...

my_break_even = check("05.paper", my_break_even)

# %% key="paper-show" tags=["nbval-check-output"]
for c in (32, 64, 128):
    even = int(my_break_even(c, 3))
    pair = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1))
    counts = [multiplications(layer, torch.zeros(1, c, 1, even)) for layer in (Attention(c), pair)]
    print(f"{c:3} channels, {even:3} places: attention {counts[0]:,}, two convolutions {counts[1]:,} multiplications")

# %% [markdown] key="paper-answer" lang="en"
r"""
<details><summary>Answer</summary>

Each convolution makes $s^2 c^2$ multiplications at a place, the two together $2 s^2 c^2 n$. Attention makes $3 c^2 n$ for $q$,
$k$ and $v$, $n^2 c$ for $q\,k^\top$, $n^2 c$ for the weights times $v$, and $c^2 n$ at the end. From
$2 s^2 c^2 n = 4 c^2 n + 2 n^2 c$ follows $n = (s^2-2)\,c$; with 3x3 convolutions, $n = 7c$.

So it is the number of places *per channel* that counts. With 64 channels the two are equal at 448 places, a map of about 21 x 21.
At 16 x 16, attention costs two thirds of the two convolutions, at 32 x 32 twice as much. Our network has 64 channels on 16 places: a quarter.

</details>
"""

# %% [markdown] key="paper-answer" lang="zh" of="08f240"
r"""
<details><summary>答案</summary>

每层卷积在一个位置上做 $s^2 c^2$ 次乘法，两层合计 $2 s^2 c^2 n$。注意力：造 $q$、$k$ 与 $v$ 用 $3 c^2 n$ 次，$q\,k^\top$ 用 $n^2 c$ 次，
权重乘 $v$ 又是 $n^2 c$ 次，最后是 $c^2 n$ 次。由 $2 s^2 c^2 n = 4 c^2 n + 2 n^2 c$ 得 $n = (s^2-2)\,c$；3x3 卷积时，$n = 7c$。

所以要看的是**每个通道**摊到多少位置。64 个通道时，两者在 448 个位置上相等，特征图约为 21 x 21。
到 16 x 16，注意力是两层卷积的三分之二；到 32 x 32，是两倍。我们的网络是 64 个通道、16 个位置：四分之一。

</details>
"""

# %% [markdown] key="sizes"
r"""
## 7 · Small and large again · 变小，再变大
"""

# %% [markdown] key="sizes-why" lang="en"
r"""
*Downsampling*: a 3x3 convolution of stride 2, which stops at every second place only. Half the height and width, a quarter of the places: each
block below, with the same channels, costs a quarter, and sees twice as far in pixels. For the way up, *upsampling*, there are two ways. A *transposed convolution* lets every
input paint a patch, and adds where patches overlap. Or repeat each value 2 x 2 times and convolve. Let a constant image, 1 everywhere,
go through. First panel and second: all weights 1, so the numbers count the overlaps. Third and fourth: random weights. (The edges
are left out.)
"""

# %% [markdown] key="sizes-why" lang="zh" of="9569bf"
r"""
**下采样**（downsampling）：一层步幅为 2 的 3x3 卷积，每隔一处才算一次。高与宽减半，位置剩四分之一：下一级的每个块，若通道数不变，只花四分之一，
按像素算却看得远一倍。**上采样**（upsampling）有两种办法。**转置卷积**（transposed convolution）让每个输入各画一小片，重叠的地方相加；
或者先把每个值重复成 2 x 2 个，再做卷积。让一幅全为 1 的图像通过。前两格的权重全是 1，数字就是重叠的次数；后两格是随机的权重。（边缘略去。）
"""

# %% key="sizes-show"
def transposed(size, padding=0):
    return nn.ConvTranspose2d(1, 1, size, stride=2, padding=padding, bias=False)

torch.manual_seed(1)
ways = {"3x3, stride 2": transposed(3), "4x4, stride 2": transposed(4, 1)}
for way in ways.values():
    nn.init.ones_(way.weight)
ways |= {"4x4, random weights": transposed(4, 1), "repeat, then 3x3": blocks.double(1)}
ones = torch.ones(1, 1, 6, 6)
plots.counts({name: way(ones)[0, 0, 1:8, 1:8].detach() for name, way in ways.items()})

# %% [markdown] key="sizes-read" lang="en"
r"""
**Read the figure.** With 3x3 patches some places are painted once, some twice, some 4 times: a chequered pattern from an
image that has none. With 4x4 patches every place away from the edge is painted 4 times, since 2 divides 4. Yet each of four kinds of places still
gets weights of its own, so random weights make a chequered pattern all the same (third panel); training must even it out.
Repeat and convolve, and a constant stays constant. Our U-Net does that; the two U-Nets of part 11 use 4x4.
On the way down they use 4x4 as well: a convolution of stride 2, as ours is, but one that reads 4x4 places, not 3x3.
"""

# %% [markdown] key="sizes-read" lang="zh" of="b41370"
r"""
**看图。** 用 3x3 的小片时，有的位置画了一次，有的两次，有的 4 次：图像本来没有棋盘格，却画出了棋盘格。
用 4x4 的小片，因为 4 能被 2 整除，除了边缘，每处都恰好画 4 次。但四类位置用的权重仍各不相同，所以随机权重照样画出棋盘格（第三格），
要靠训练去抹平。先重复、再卷积，常数就还是常数。我们的 U-Net 用这种办法；第 11 节的两个 U-Net 用 4x4。
它们下采样也用 4x4：与我们的一样，卷积的步幅是 2，但读的是 4x4 个位置，不是 3x3。
"""

# %% [markdown] key="skips"
r"""
## 8 · The lines across · 横跨的线
"""

# %% [markdown] key="skips-why" lang="en"
r"""
What was made small has lost its detail. So every part on the way down leaves its output behind as well, a *skip*, and every block
on the way up is given one: its own channels, then those of the skip, *concatenated*. The sizes must agree, so the last skip made
is the first one used, like a pile of plates. Why not add? A sum needs equal channels, and once added the two cannot be told
apart; after a concatenation the block's convolution learns how much to take of each.

**Write it yourself.** `x` comes from the bottom, `skips` is the list of skips in the order in which they were made, `up` the list of blocks
in the order in which they work. Each block takes one tensor. Return what the last block returns. (You may empty the list.)
"""

# %% [markdown] key="skips-why" lang="zh" of="8aecdd"
r"""
变小之后，细节就丢了。所以向下的每个部件都把自己的输出也留下一份，即一条**跳跃连接**（skip），向上的每个块都分得一份：
先是自己的通道，再是跳跃连接的通道，**拼接**起来。尺寸必须对得上，所以最后存的最先用，像一摞盘子。
为什么不相加？相加要求通道数相等，而且一加起来就分不清谁是谁；拼接之后，块里的卷积会自己学会各取多少。

**自己动手。** `x` 来自底部；`skips` 是跳跃连接的列表，按存入的先后排列；`up` 是块的列表，按工作的先后排列。
每个块接收一个张量。请返回最后一个块的返回值。（可以把列表取空。）
"""

# %% key="skips-try" tags=["exercise"]
def my_way_up(x, skips, up):
    ...

my_way_up = check("05.skips", my_way_up)

# %% [markdown] key="ablate-why" lang="en"
r"""
Now take them away. Two small U-Nets, three floors (8, 4 and 2 pixels wide), alike in all but this: one is given zeros in place
of its skips. Each trains for 150 steps on four fifths of the digits; the remaining fifth measures the error.
"""

# %% [markdown] key="ablate-why" lang="zh" of="6f57a2"
r"""
现在拿掉它们。两个小 U-Net，都有三级（宽 8、4、2 个像素），处处相同，只有一点不同：其中一个得到的跳跃连接全是零。
各用五分之四的数字训练 150 步，用余下的五分之一量误差。
"""

# %% key="ablate-show"
kept_out = torch.arange(len(x)) % 5 == 0

class NoSkips(UNet):
    def join(self, x, skip):
        return torch.cat([x, torch.zeros_like(skip)], dim=1)

def learn(kind, *settings):
    torch.manual_seed(0)
    state = start(kind(*settings))
    list(train(state, schedule, x[~kept_out], steps=150))
    return state.network.eval()

small = {"with": learn(UNet, 1, 16, (1, 2, 2)), "without": learn(NoSkips, 1, 16, (1, 2, 2))}

# %% key="ablate-curves"
errors = {name: held_out(schedule, net, x[kept_out]) for name, net in small.items()}
tenths = {name: by_level(*found).tolist() for name, found in errors.items()}
plots.curves({r"$\|\epsilon-\hat\epsilon\|^2$ / pixel": tenths}, range(50, 1000, 100))

# %% key="ablate-images"
few = x[kept_out][:6]
at_200 = forward_jump(schedule, few, 200, generator=seeded(6)).xt
with torch.no_grad():
    guesses = {name: predict_eps(schedule, net, at_200, 200) for name, net in small.items()}
guesses = {name: x0_from_eps(schedule, at_200, 200, eps_hat) for name, eps_hat in guesses.items()}
for name, image in {"x_t": at_200, **guesses}.items():
    print(f"{name:8} is {(image - few).square().mean().sqrt():.2f} away from x_0")
plots.rows({"$x_0$": few, "$x_t$": at_200, **guesses}, zoom=3)

# %% [markdown] key="ablate-read" lang="en"
r"""
**Read the figures.** In heavy noise, at the right of the curves, the two are alike: there is no detail to carry across. With less noise the
gap opens, and it is widest in light noise (at the far left it closes a little: so little noise is hard to find for both). In the first tenth the network without skips has an error of about 1: it names hardly any of the noise. Its
bottom could hold all the detail (32 channels of 2 x 2 are more numbers than 64 pixels); but to carry every pixel down and up again must be
learned, and 150 steps do not teach it. A skip hands it across at no cost. The guesses without skips of $x_0$ at $t = 200$ (last row) are hardly
nearer to the digits than $x_t$ itself; with them there is visibly less grain.
"""

# %% [markdown] key="ablate-read" lang="zh" of="1a34cb"
r"""
**看图。** 噪声重时（曲线的右端），两者一样：本来就没有细节可传。噪声轻了，差距就拉开，在噪声轻的一头最大（最左端又收窄一点：噪声轻到那个地步，哪个网络都难找到）。在最前面的十分之一里，没有跳跃连接的网络误差约为 1：
它几乎一点噪声也指不出来。底部其实装得下全部细节（32 个 2 x 2 的通道，合起来的数比 64 个像素还多）；
但要把每个像素送下去、再送上来，得靠学，150 步学不会。跳跃连接却毫不费力地把它递了过去。在 $t = 200$ 处，没有跳跃连接的网络对 $x_0$ 的猜测（最后一行）离数字几乎与 $x_t$ 本身一样远；
有跳跃连接，颗粒就明显少了。
"""

# %% [markdown] key="build"
r"""
## 9 · Build it · 动手造
"""

# %% [markdown] key="build-why" lang="en"
r"""
You know all the parts now. A network is its parts and the books that are kept over them: how many channels go in here, which
skip is handed over there. Whoever adds a floor, or a second block, or colour, keeps these books anew, and most faults of a
network are slips in them. So put a whole one together, for any number of floors. What you have to build it from:

| part | called with | gives |
|---|---|---|
| `NoiseLevelEmbedding(e)` | `log_snr`, (b,) | (b, e) |
| `ResidualBlock(c_in, c_out, e)` | `x`, (b, c_in, h, w), and the embedding, (b, e) | (b, c_out, h, w) |
| `Attention(c)`, `halve(c)`, `double(c)` | `x`, (b, c, h, w) | as many channels |
| `group_norm(c)`, `nn.SiLU()`, `nn.Conv2d(c_in, c_out, 3, padding=1)` | `x` | |
| `silenced(layer)` | | the layer, its weights set to 0 |
| `F.pad(x, (left, right, top, bottom))` | | so many rows and columns of zeros put around |
"""

# %% [markdown] key="build-why" lang="zh" of="f34107"
r"""
部件你都认识了。一个网络，就是部件加上一本账：这里进多少个通道，那里递过去哪一条跳跃连接。添一级、多放一个块、换成彩色图像，账都要重新记；
网络里的毛病，也多半是账记错了。所以，请你搭出一个完整的网络，级数任意。可用的材料：

| 部件 | 调用时给它 | 得到 |
|---|---|---|
| `NoiseLevelEmbedding(e)` | `log_snr`，(b,) | (b, e) |
| `ResidualBlock(c_in, c_out, e)` | `x`，(b, c_in, h, w)，以及嵌入，(b, e) | (b, c_out, h, w) |
| `Attention(c)`、`halve(c)`、`double(c)` | `x`，(b, c, h, w) | 通道数不变 |
| `group_norm(c)`、`nn.SiLU()`、`nn.Conv2d(c_in, c_out, 3, padding=1)` | `x` | |
| `silenced(layer)` | | 原来的层，权重置 0 |
| `F.pad(x, (left, right, top, bottom))` | | 四周各补这么多行、列的零 |
"""

# %% [markdown] key="build-spec" lang="en"
r"""
**The specification.** `MyUNet(channels, widths, e)` is for images of so many channels; `widths` has one entry for each floor, the
top one first; `e` is the width of the embedding. `check` judges six parts, each by itself:

- **start**: what comes out of the last convolution is $v = \sqrt{\bar\alpha_t}\,\epsilon - \sqrt{1-\bar\alpha_t}\,x_0$; what is returned is the
  $\hat\epsilon$ that goes with it and $x_t$. (Lesson 3 has $x_0$ from $x_t$ and $v$; find $\hat\epsilon$ in the same way, and
  $\bar\alpha_t$ from what log-SNR means, lesson 1.) In a new network $v = 0$: of the layers
  that you make yourself, the last convolution alone is `silenced`. Images of any height and width are taken: where the halvings do not come out even, zeros
  are put at the right and below first, no more than it takes, and at the end $v$ is cut back. On four floors, 28 x 28 goes through the U as 32 x 32.
- **floors**: on the way down one residual block on each floor, which makes the width of the floor (floor 1 is the top one); between two floors a
  halving. At the bottom two more blocks, attention between them. On the way up two blocks on each floor, both of which make its
  width; between two floors a doubling. Before all this the *stem*, a 3x3 convolution to the width of the top; after it the *head*:
  norm, SiLU, 3x3 convolution.
- **count**: as many parameters as printed below.
- **skips**: the stem, every block and every halving on the way down leave a skip; every block on the way up is given one, the
  last one first, behind its own channels.
- **level**: `log_snr` has the shape (b,), or is a single number, a tensor of shape (), that holds for all images. It is embedded once, and every residual block is told.
- **equal**: with the weights of the course's `UNet` (classes and patches asleep) the answer is the same, for colour too, and in training every gradient. They are carried over in the order in which layers
  work, so call yours what you like.

Draw the U for `widths = (24, 8, 16)` first, and write at every part how many channels go in and come out. Run the cell
as often as you like; `hint("05.build")` and `hint("05.build", 2)` help with the first part that does not hold yet. (Part 10 prints the
`forward` of the course. Write yours first; the two are compared there.)
"""

# %% [markdown] key="build-spec" lang="zh" of="f6c295"
r"""
**规格。** `MyUNet(channels, widths, e)`：第一个参数是图像的通道数；`widths` 每级一个数，最上一级在前；`e` 是嵌入的宽度。
`check` 逐一评判六个部分，互不牵连：

- **start**：最后一层卷积给出的是 $v = \sqrt{\bar\alpha_t}\,\epsilon - \sqrt{1-\bar\alpha_t}\,x_0$；要返回的，是由它与 $x_t$ 算出的
  $\hat\epsilon$。（第 3 课由 $x_t$ 与 $v$ 得到 $x_0$；$\hat\epsilon$ 可以同样求出，$\bar\alpha_t$ 则由第 1 课中 log-SNR 的定义得到。）新建的网络里 $v = 0$：
  你自己建的层，只有最后一层卷积要 `silenced`。图像的高与宽任意：若逐次减半时除不尽，就先在右边与下边补零，补到刚好够为止，最后再把 $v$ 裁回原来的大小。
  比如有四级时，28 x 28 的图像要当作 32 x 32 走完这个 U 形。
- **floors**：下行，每级一个残差块，得到该级的宽度（第 1 级是最上面的一级）；两级之间减半。底部再放两个块，中间夹着注意力。
  上行，每级两个块，都得到该级的宽度；两级之间加倍。这一切之前是 **stem**，一层 3x3 卷积，得到最上一级的宽度；之后是 **head**：
  归一化、SiLU、3x3 卷积。
- **count**：参数的个数，与下面打印的一样。
- **skips**：stem、下行的每个块与每次减半，各留下一条跳跃连接；上行的每个块分得一条，最后存的最先用，接在自己的通道之后。
- **level**：`log_snr` 的形状是 (b,)，或者只是一个数，即形状为 () 的张量，对所有图像都适用。嵌入只算一次，每个残差块都会收到。
- **equal**：换上课程的 `UNet` 的权重（类别与 patch 都不启用），回答相同，彩色图像也一样；训练时，各个梯度也相同。权重按各层工作的先后搬运，所以层叫什么名字都随你。

先为 `widths = (24, 8, 16)` 画出 U 形，在每个部件旁写上进出的通道数。这一格可以反复运行；
`hint("05.build")` 与 `hint("05.build", 2)` 针对第一个还不成立的部分。（第 10 节会印出课程自己的 `forward`。请先写你的，到那里再对照。）
"""

# %% key="build-asked" tags=["nbval-check-output"]
for widths in ((32, 64), (24, 8, 16), (16, 16, 32, 32)):
    asked = UNet(1, 8, tuple(width // 8 for width in widths))
    print(f"MyUNet(1, {widths}, 32) has {sum(w.numel() for w in asked.parameters()):,} parameters")

# %% key="build-try" tags=["exercise"]
class MyUNet(nn.Module):
    def __init__(self, channels, widths, e):
        super().__init__()
        ...

    def forward(self, xt, log_snr):
        ...

MyUNet = check("05.build", MyUNet)

# %% [markdown] key="build-use" lang="en"
r"""
Now it works for its living. `carry_over` puts the trained weights of the digits into your network, layer by layer in the order of work.
Then both draw 8 digits, from the same noise, in 50 steps of DDIM (lesson 7). (While your class is blank or wrong, the lower row is the course's too.)
"""

# %% [markdown] key="build-use" lang="zh" of="38a089"
r"""
现在让它干活。`carry_over` 按各层工作的先后，把手写数字网络训练好的权重逐层搬进你的网络。
然后两个网络从同一份噪声出发，用 50 步 DDIM（第 7 课）各画 8 个数字。（你的类留空或有错时，下面一行也是课程自带的网络所画。）
"""

# %% key="build-walk"
built, drawn = carry_over(network, MyUNet(1, (32, 64), 128), xt, level), {}
for name, net in {"UNet": network, "MyUNet": built}.items():
    drawn[name] = sample(schedule, image_denoiser(schedule, net), (8, 1, 8, 8), seed=3)
gap = (drawn["UNet"] - drawn["MyUNet"]).abs().max()
print(f"no pixel differs by more than 0.001: {bool(gap < 0.001)}")
plots.rows(drawn, zoom=4)

# %% [markdown] key="build-read" lang="en"
r"""
**Read the figure.** Digit for digit the same. Nothing in the lower row knows how the course names its layers, in which order it
makes them or how its `forward` is written: a network is what is computed, and weights that meet the same sums in the same order give
the same digits. Your class takes colour and more floors as well: try `MyUNet(3, (16, 32, 64, 64), 64)` on a batch of 28 x 28.
"""

# %% [markdown] key="build-read" lang="zh" of="a0c3e7"
r"""
**看图。** 逐个数字都一样。下面一行根本不知道课程的层叫什么名字、按什么次序建立、`forward` 怎样写：网络就是它所做的计算，
同样的权重按同样的次序做同样的运算，画出的就是同样的数字。彩色图像与更多的级，你的类也能应付：拿一批 28 x 28 的图像试试 `MyUNet(3, (16, 32, 64, 64), 64)`。
"""

# %% [markdown] key="whole"
r"""
## 10 · The whole, and a walk through it · 整个网络，走一遍
"""

# %% key="whole-source"
show_source(UNet.forward)

# %% [markdown] key="yours-why" lang="en"
r"""
Compare it with your own `forward`: what does each do that the other does not? Four of its parts you have written besides: the embedding, the block, attention and the way up. Here the trained network computes with *yours* in place of its own (the package's, where you left one blank):
"""

# %% [markdown] key="yours-why" lang="zh" of="564e34"
r"""
拿它与你的 `forward` 对照：哪些事只有一方在做？其中还有四个部件，你另外写过：嵌入、块、注意力与向上的路。下面让训练好的网络改用**你写的**来计算（留空的仍用本包的）：
"""

# %% key="yours" tags=["nbval-check-output"]
with torch.no_grad():
    its = network(xt, level)
mine = dict(sinusoids=my_sinusoids, block=my_block, attention=my_attention, way_up=my_way_up)
yours = by_hand(network, xt, level, **mine)
print("the same answer:", torch.allclose(yours, its, atol=1e-4))

# %% [markdown] key="whole-asleep" lang="en"
r"""
Two things here are asleep in the network of the digits. Where a network has classes, a vector for the label is added to the embedding
(lesson 8). And with `patch=2`, `pixel_unshuffle` makes 4 channels of every 2 x 2 pixels, so that the top floor costs a quarter;
with `patch=1` it does nothing. The network of the garments, at the end of lesson 6, uses both. Now the parts, one after the other:
"""

# %% [markdown] key="whole-asleep" lang="zh" of="a13068"
r"""
这里有两样东西，在手写数字的网络中没有启用。网络若带有类别，就在嵌入上再加一个代表标签的向量（第 8 课）。
`patch=2` 时，`pixel_unshuffle` 把每 2 x 2 个像素变成 4 个通道，最上一级的计算就只剩四分之一；`patch=1` 时，它什么也不做。
第 6 课末尾的衣物网络两样都用。下面逐个看各部件：
"""

# %% key="whole-bars"
found = dissect(network, xt, level)
print(f"{sum(part.parameters for part in found):,} parameters", end=", ")
print(f"{sum(part.multiplications for part in found):,} multiplications for one digit")
for part in found[1:]:
    print(f"{part.name:9}", *part.output.shape[1:])
counted = ("parameters", "multiplications")
plots.part_bars({what: {part.name: getattr(part, what) for part in found} for what in counted})

# %% [markdown] key="whole-read" lang="en"
r"""
**Read the figure.** Parameters sit where channels are many: at the bottom and at the beginning of the way up, where a block is given
two stacks of channels. Multiplications are shared out more evenly, since a layer makes them once at every place: `up.2` and `up.3` lead, on 8 x 8 maps, but `up.0`, with
twice the channels on a quarter of the places, makes about as many as `up.4`. `stem` and `head` are
next to nothing, and attention costs little on 16 places.
"""

# %% [markdown] key="whole-read" lang="zh" of="06161c"
r"""
**看图。** 参数集中在通道多的地方：底部，以及向上之路的开头，那里的块要接两叠通道。乘法则分得匀一些，因为一层在每个位置上都要做一遍：
最多的是在 8 x 8 的图上工作的 `up.2` 与 `up.3`；但 `up.0` 的位置只有四分之一，通道却是两倍，做的乘法与 `up.4` 几乎一样多。`stem` 与 `head` 微不足道；只有 16 个位置时，注意力也花不了多少。
"""

# %% [markdown] key="taken-why" lang="en"
r"""
**What is lost when a part is taken out?** Take the trained network, take one part away, and measure on the fifth of the digits that was kept out of its training. (Not the same as training without the part, as you did with the skips: a network that never had it would make up for it.)
"""

# %% [markdown] key="taken-why" lang="zh" of="0cf4e6"
r"""
**拿掉一个部件，会丢掉什么？** 从训练好的网络里拿掉一个部件，再用训练时留出的那五分之一数字量误差。（这与先前对跳跃连接的做法不同，那一次是不带这个部件从头训练：从来没有过它的网络，会另想办法弥补。）
"""

# %% key="taken-show"
kept_digits = x[kept_out].repeat(2, 1, 1, 1)
lost = {part: held_out(schedule, without(network, part), kept_digits) for part in ("", "attention", "level", "skips", "norms")}
whole = lost[""].errors
for part, (levels, every) in lost.items():
    ends, more = by_level(levels, every), every - whole
    give_or_take = more.std() / len(more) ** 0.5
    print(f"{part or 'nothing':9} least noise {ends[0]:8.3g}   most {ends[9]:8.3g}   all t: {more.mean():+8.3g} ± {give_or_take:.2g}")

# %% [markdown] key="taken-read" lang="en"
r"""
The network hears log-SNR 0 at every noise level: its error nearly doubles, and at both ends, far from 0, it more than doubles. Without skips it is four times as large, most of it in light noise. Without norms the numbers run off: every layer was trained to be given numbers of size 1.
And attention? Next to nothing changes, though it changed the features by about a fifth (part 6). (That the difference is below 0 here, by two or three times its ±, means little: with other noise it is nearer to 0, though mostly still below it.) A likely reason: on maps of 4 x 4 the convolutions on both sides of it already reach every place between them; attention is meant for larger images. A part that stands in every diagram need not be needed in every network.
"""

# %% [markdown] key="taken-read" lang="zh" of="69a4b6"
r"""
无论噪声多重，都告诉网络对数信噪比是 0：误差几乎翻倍；在离 0 远的两端，还不止翻倍。没有跳跃连接，误差是原来的四倍，大多出在噪声轻时。没有归一化，数值就失控了：每一层都是照着大小约为 1 的输入训练的。
注意力呢？几乎没有变化，尽管它使特征改变了约五分之一（第 6 节）。（这里的差小于 0，大小是 ± 的两三倍，说明不了什么：换一份噪声，就相差更少，不过多半仍小于 0。）原因大概是：在 4 x 4 的特征图上，它前后的卷积合起来已经够得着每一处；注意力本是为更大的图像准备的。每张结构图里都画着的部件，未必每个网络都少不了。
"""

# %% [markdown] key="open-why" lang="en"
r"""
**Open task.** `without(network, "skips")` cut all lines at once. Your own network, with the trained weights in it, has four: 1 and 2
lead into the two blocks on the way up on the lower floor, 3 and 4 into those on the top floor. Cut one at a time. Predict first, in writing: which is
missed most? In light noise or in heavy? Then set `nth` and look. Afterwards think of another change to `built`,
predict what it costs, and measure it in the same way.
"""

# %% [markdown] key="open-why" lang="zh" of="6141ff"
r"""
**开放题。** `without(network, "skips")` 一次剪断了所有的线。你自己的网络已装上训练好的权重，共有四条：1 与 2 通往下面一级上行的两个块，
3 与 4 通往最上一级的两个块。请一次只剪一条。先写下预测：哪一条最少不得？是噪声轻时，还是噪声重时？然后设定 `nth`，看结果。
之后再想一种对 `built` 的改动，预测它的代价，用同样的办法去量。
"""

# %% key="open-try"
nth = 1  # 1, 2, 3, 4
at_levels, cut = held_out(schedule, cut_skip(built, nth, xt, level), kept_digits)
costs, by_tenths = cut - whole, by_level(at_levels, cut)
print(f"skip {nth} cut: all t {costs.mean():+.4f} ± {costs.std() / len(costs) ** 0.5:.4f}", end=", ")
print(f"least noise {by_tenths[0]:.3f}, most {by_tenths[9]:.4f}")

# %% [markdown] key="open-answer" lang="en"
r"""
<details><summary>What good answers found</summary>

On the 360 digits that were kept out, each noised twice, where the whole network has an error of 0.142, the cuts 1, 2, 3 and 4 add 0.002 ± 0.001, 0.007 ± 0.001, 0.20 ± 0.01 and 0.073 ± 0.003. Skip 3 is missed by far the most. It carries what the block on the top floor made, at full size, just before the halving;
skip 4 carries the stem's maps, which lie one block further back. (A cut does not say why that block's maps are missed more: what they hold was all made from the stem's.) Skips 1 and 2 join maps of 4 x 4 with others of 4 x 4 that were made
from them with no halving between: hardly anything is lost. And it is light noise that suffers: in the tenth with the least noise the error without skip 3 is
1.59 in place of 0.44; in the tenth with the most, no cut changes it by more than 0.0002.

What this does *not* show: that a network could not do without skip 3. This one was trained with it and leans on it. A cut tells what a
trained network uses; whether it needs it, only a training without it can tell.

</details>
"""

# %% [markdown] key="open-answer" lang="zh" of="8c26f9"
r"""
<details><summary>好的回答发现了什么</summary>

在留出的 360 幅数字上（每幅加噪两次），完整网络的误差是 0.142；剪断 1、2、3、4，误差分别增加 0.002 ± 0.001、0.007 ± 0.001、0.20 ± 0.01 与 0.073 ± 0.003。
最少不得的是第 3 条，远超其余几条。它传的是最上一级的块在减半之前、以全尺寸算出的东西；第 4 条传的是最前面那层卷积的特征图，还在那个块之前。（那个块的图为什么更少不得，剪断并不能说明：其中的内容，全是由最前面那层的图算出来的。）
第 1、2 条把 4 x 4 的图接到另一份 4 x 4 的图上，后者正是由前者得来的，中间没有再减半，所以几乎什么也没丢。
受损的是噪声轻的时候：在噪声最轻的十分之一里，没有第 3 条，误差是 1.59，原来是 0.44；在噪声最重的十分之一里，剪哪一条，变化都不超过 0.0002。

这个结果**没有**说明：网络缺了第 3 条就不行。这个网络是带着它训练的，已经靠惯了它。剪断，说的是训练好的网络用了什么；
是不是非它不可，要不带它训练一次才知道。

</details>
"""

# %% [markdown] key="v-why" lang="en"
r"""
**What comes out of the head?** The last lines of the source: $v$, and $\hat\epsilon = \sqrt{1-\bar\alpha_t}\,x_t + \sqrt{\bar\alpha_t}\,v$
(lesson 3). In heavy noise $\hat\epsilon$ is nearly $x_t$ itself, and the layers are left only the rest. Look at `head`, at four
noise levels:
"""

# %% [markdown] key="v-why" lang="zh" of="022885"
r"""
**从 head 出来的是什么？** 看源码的最后几行：是 $v$，而 $\hat\epsilon = \sqrt{1-\bar\alpha_t}\,x_t + \sqrt{\bar\alpha_t}\,v$（第 3 课）。
噪声重时，$\hat\epsilon$ 几乎就是 $x_t$ 本身，留给各层的只是余下的部分。看看 `head` 在四个噪声水平下的输出：
"""

# %% key="v-show"
heads = {}
for at in (20, 300, 700, 980):
    noised = forward_jump(schedule, x[:8], at, generator=seeded(0))
    out = dissect(network, noised.xt, schedule.log_snr[at].float())[-1].output
    like = [torch.corrcoef(torch.stack([out.flatten(), a.flatten()]))[0, 1] for a in (noised.eps, x[:8])]
    print(f"t = {at:3}   correlation of v with eps {like[0]:5.2f}, with x_0 {like[1]:5.2f}")
    heads[f"$t = {at}$"] = out[:6]
plots.rows(heads, zoom=3)

# %% [markdown] key="v-read" lang="en"
r"""
**Read the figure.** In light noise $v$ is like the noise, in heavy noise like the image with its sign turned: by definition
$v = \sqrt{\bar\alpha_t}\,\epsilon - \sqrt{1-\bar\alpha_t}\,x_0$. At $t = 980$ all look nearly alike: the mean digit, its sign turned, as lesson 4 explained.

**Walk through it.** Choose a part and a noise level: at the left $x_t$, at the right the first 32 feature maps of that part. The
number `same` compares the maps of this one image under two different noises: from each map its mean is taken away, all maps together are read as one long vector, and `same` is the cosine of the angle between the two
vectors, a mean over 8 pairs of noises. 1 means that they are alike, 0 that they have
nothing in common. As the noise grows, `same` falls at first in every part: the part sees less of the image and more of the noise. (Later, behind `stem`, it
rises again, for another reason: little is left to be found, and the part does much the same whatever it is given. In `head` it is low, falls a little more, and then rises, for what comes out there is like the noise at first, and like a mean digit in the end.) Compare `stem` with `middle.2` and `up.2` as $t$ grows.

**A task.** Set the part to `middle.2`. Which is the smallest $t$ on the slider at which `same` is below 0.5?
"""

# %% [markdown] key="v-read" lang="zh" of="705e51"
r"""
**看图。** 噪声轻时，$v$ 像噪声；噪声重时，像变了符号的图像：按定义，
$v = \sqrt{\bar\alpha_t}\,\epsilon - \sqrt{1-\bar\alpha_t}\,x_0$。到 $t = 980$，各幅几乎一样，都是变了符号的全体数字的均值，原因第 4 课讲过。

**走一遍。** 选一个部件和一个噪声水平：左边是 $x_t$，右边是该部件的前 32 幅特征图。`same` 这个数，比较的是同一幅图像加两份不同噪声之后的特征图：
每幅图各减去自己的均值，所有图连成一个长向量，`same` 就是两个向量夹角的余弦，对 8 对噪声取平均。1 表示两次相同，0 表示毫无共同之处。
噪声加重，各部件的 `same` 起初都变小：部件看到的图像越来越少，噪声越来越多。
（再往后，`stem` 之后各部件的这个数又会升高，却另有原因：已经没有多少可找，不管输入什么，部件做的都差不多。`head` 的则起初就低，再降一点，后来升高：从那里出来的，先是像噪声，最后像数字的均值。）让 $t$ 变大，比一比 `stem`、`middle.2` 与 `up.2`。

**任务。** 把部件设为 `middle.2`。滑块上使 `same` 低于 0.5 的最小的 $t$ 是多少？
"""

# %% key="walk-show"
feature_explorer(schedule, network, x[:1])

# %% key="walk-answer" tags=["exercise"]
my_parting = ...
my_parting = check("05.walk", my_parting)

# %% [markdown] key="notes"
r"""
## 11 · Two U-Nets of the notes · 笔记里的两个 U-Net
"""

# %% [markdown] key="notes-why" lang="en"
r"""
How much of all this does a network need? Of two others, one makes do with less, and one chooses otherwise. `SimpleUNet`, of the study notes, is the plainest:
blocks of two convolutions with batch norm and ReLU, a shift, and a change of size in every block; no short cuts, no attention, $\hat\epsilon$ itself as
output. `AnnotatedUNet`, of the annotated DDPM, has ConvNeXt or ResNet blocks, linear attention on every floor and attention at the bottom. This is the published version, with two slips mended:
the top floor's skip was kept and never used; here it is not kept. And its ResNet blocks asked for 8 groups, which 28 channels do not
make; here it is 4. (The revised page has mended both as well: it uses every skip, and 4 groups.) On an image of 32 x 32:
"""

# %% [markdown] key="notes-why" lang="zh" of="9c6c41"
r"""
这些部件，一个网络到底需要多少？再看两个网络：一个省去许多，一个另作选择。学习笔记里的 `SimpleUNet` 最朴素：每个块是两层卷积，配批归一化与 ReLU，
加一次平移，再改变一次尺寸；没有捷径，没有注意力，直接输出 $\hat\epsilon$。“DDPM 逐行注释”里的 `AnnotatedUNet` 用 ConvNeXt 块或 ResNet 块，
每一级都有线性注意力，底部是注意力。这里用的是发表时的版本，改了两处疏漏：最上一级的跳跃连接存了却没有用，这里不存；ResNet 块要分 8 组，而 28 个通道分不成，
这里分 4 组。（修订后的网页也已改好：每条跳跃连接都用上了，也分 4 组。）输入 32 x 32 的图像：
"""

# %% key="notes-show" tags=["nbval-check-output"]
published = SimpleUNet(3, (64, 128, 256, 512, 1024))
kinds = {"SimpleUNet, published": published, "SimpleUNet, narrowed": SimpleUNet(), "UNet of the digits": UNet(1, 32)}
kinds |= {"AnnotatedUNet, ConvNeXt": AnnotatedUNet(), "AnnotatedUNet, ResNet": AnnotatedUNet(block=ResNetBlock)}
for name, net in kinds.items():
    work = sum(part.multiplications for part in dissect(net, torch.zeros(1, net.config["channels"], 32, 32), level))
    print(f"{name:24} {sum(w.numel() for w in net.parameters()):10,} parameters  {work / 1e6:6.0f} million multiplications")

# %% [markdown] key="notes-read" lang="en"
r"""
As published, `SimpleUNet` has 62 M parameters, nearly 90 times as many as ours. It halves its image 4 times and does not pad it, so 32 x 32 will do and 28 x 28
(Fashion-MNIST) will not: 28, 14, 7, and 7 has no half. Narrowed to 16, 32 and 64 channels it runs on the digits. It has skips, but it must make all
of $\hat\epsilon$ itself. Where will that cost it most, in light noise or in heavy? The same 150 steps as in part 8:
"""

# %% [markdown] key="notes-read" lang="zh" of="558219"
r"""
照发表时的设置，`SimpleUNet` 的参数量是 62 M，几乎是我们的 90 倍。它把图像减半 4 次，又不补边，所以 32 x 32 可以，28 x 28（Fashion-MNIST）却不行：
28、14、7，而 7 不能再对半分。收窄到 16、32 与 64 个通道，它就能处理手写数字。它有跳跃连接，但 $\hat\epsilon$ 要全部由自己算出。
这样做，在噪声轻时吃亏多，还是在噪声重时吃亏多？训练 150 步，与第 8 节相同：
"""

# %% key="plain-show"
three = small | {"SimpleUNet": learn(SimpleUNet)}
errors = {name: held_out(schedule, net, x[kept_out]) for name, net in three.items()}
tenths = {name: by_level(*found).tolist() for name, found in errors.items()}
for name in three:
    print(f"{name:10}  over all t {errors[name][1].mean():.2f}   t above 900 {tenths[name][-1]:.3f}")
plots.curves({r"$\|\epsilon-\hat\epsilon\|^2$ / pixel": tenths}, range(50, 1000, 100), log="y")

# %% [markdown] key="plain-read" lang="en"
r"""
**Read the figure.** (The error is on a logarithmic axis now.) The plain one does well: not much behind ours, and far ahead of the network
without skips. In proportion, and a logarithmic axis shows proportions, it falls behind most in heavy noise, where the noise is nearly $x_t$ itself. Ours is handed $x_t$ and adds the rest; the plain one must carry
$x_t$ through its layers (even its highest skip begins below the first halving), and loses some of it on the way. Over all $t$ this weighs little, for errors are small there.
"""

# %% [markdown] key="plain-read" lang="zh" of="527a7c"
r"""
**看图。**（这回误差用对数坐标。）朴素的这一个表现不错：比我们的差得不多，远远胜过没有跳跃连接的网络。按倍数看（对数坐标显示的正是倍数），它在噪声重时落后最多，
这时噪声几乎就是 $x_t$ 本身。我们的网络直接拿到 $x_t$，只需补上其余；朴素的这一个却要把 $x_t$ 带过各层（最高的那条跳跃连接，也在第一次减半之后才开始），
路上难免丢掉一些。不过那里的误差本来就小，对各 $t$ 的平均影响不大。
"""

# %% [markdown] key="recap"
r"""
## 12 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- what goes into the network and what comes out, in shapes;
- why the noise level is read off many clocks, why the order of the readings does not matter, and what $n - 1$ in place of $n$ changes;
- what group normalisation takes away, and what scale and shift put back;
- why a deep pile learns with short cuts and not without them;
- what attention compares, what linear attention does instead, and what both cost;
- how transposed convolutions make chequered patterns;
- what skip connections carry, and at which noise levels they are missed.

**Common mistakes**

- "The network returns the noised image", or "the image", or "$x_{t-1}$". It returns $\hat\epsilon$, all the noise in $x_t$.
- "It predicts the noise of one step." Of all steps up to $t$ together.
- "It outputs a single value, the mean." One value per pixel.
- "The time has shape (b, 1)." It is (b,); the embedding is (b, e).
- "Skip connections are residual connections." Residuals are added inside a block; skips are concatenated across the U.
- "The first skip made is the first one used." The last one is.
- "Batch norm or group norm, it is all the same." With batch norm, in training, an answer depends on the other images.
- "Linear attention approximates attention." It is another layer.
- "A map of attention explains the answer." It shows where a layer looks.

**Papers**

- Ronneberger et al. 2015, [U-Net](https://arxiv.org/abs/1505.04597): figure 1 is the U; the microscope images.
- Ho et al. 2020, [Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239): the network, in appendix B: a U-Net based on a Wide ResNet.
- He et al. 2015, [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385): the short cut, eq. (1), and with a matrix where the channels change, eq. (2).
- Zagoruyko & Komodakis 2016, [Wide Residual Networks](https://arxiv.org/abs/1605.07146): the Wide ResNet, fewer blocks with more channels.
- Vaswani et al. 2017, [Attention Is All You Need](https://arxiv.org/abs/1706.03762): our (4) is its eq. (1); the embedding, in section 3.5.
- He et al. 2016, [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027): norm and activation before the convolution, figure 4 (e).
- Balduzzi et al. 2017, [The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591): gradients of deep piles without short cuts resemble noise.
- Wu & He 2018, [Group Normalization](https://arxiv.org/abs/1803.08494).
- Dhariwal & Nichol 2021, [Diffusion Models Beat GANs on Image Synthesis](https://arxiv.org/abs/2105.05233): scale and shift after group norm, there called AdaGN.
- Liu et al. 2022, [A ConvNet for the 2020s](https://arxiv.org/abs/2201.03545): the ConvNeXt block, figure 4.
- Shen et al. 2021, [Efficient Attention: Attention with Linear Complexities](https://arxiv.org/abs/1812.01243): linear attention.
- Nguyen & Salazar 2019, [Transformers without Tears](https://arxiv.org/abs/1910.05895): norm before or after.
- Odena et al. 2016, [Deconvolution and Checkerboard Artifacts](https://doi.org/10.23915/distill.00003): the chequered patterns.
- Salimans & Ho 2022, [Progressive Distillation for Fast Sampling of Diffusion Models](https://arxiv.org/abs/2202.00512): $v$, in section 4.
"""

# %% [markdown] key="recap-text" lang="zh" of="9ff2e3"
r"""
**现在你能讲清**

- 网络接收什么、给出什么，形状各是怎样；
- 噪声水平为什么要用许多只钟来读；这些读数按什么次序排，为什么不要紧；把 $n$ 换成 $n - 1$，改变的是什么；
- 组归一化拿走了什么，缩放与平移又放回了什么；
- 一摞很深的块，为什么有捷径就学得动，没有就学不动；
- 注意力比较的是什么，线性注意力改做什么，两者各花多少；
- 转置卷积怎样造出棋盘格；
- 跳跃连接传的是什么，在哪些噪声水平下少不得。

**常见误解**

- “网络返回加噪后的图像”，或“返回图像”，或“返回 $x_{t-1}$”。它返回 $\hat\epsilon$，即 $x_t$ 中的全部噪声。
- “它预测某一步的噪声。”是前 $t$ 步合在一起的噪声。
- “它只输出一个值，即均值。”每个像素一个值。
- “时间的形状是 (b, 1)。”是 (b,)；嵌入的形状是 (b, e)。
- “跳跃连接就是残差连接。”残差在块之内相加；跳跃连接横跨 U 形，要拼接。
- “先存的跳跃连接先用。”最后存的最先用。
- “批归一化、组归一化，都一样。”用批归一化训练时，一幅图像的回答还取决于同批的其他图像。
- “线性注意力是注意力的近似。”它是另一种层。
- “注意力图解释了回答。”它只显示某一层在看哪里。

**论文**

- Ronneberger 等，2015，[U-Net](https://arxiv.org/abs/1505.04597)：图 1 就是那个 U 形；文中处理的是显微图像。
- Ho 等，2020，[Denoising Diffusion Probabilistic Models](https://arxiv.org/abs/2006.11239)：网络见附录 B，是以 Wide ResNet 为基础的 U-Net。
- He 等，2015，[Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385)：捷径，式 (1)；通道数变化时乘一个矩阵，式 (2)。
- Zagoruyko 与 Komodakis，2016，[Wide Residual Networks](https://arxiv.org/abs/1605.07146)：即 Wide ResNet，块少一些，通道多一些。
- Vaswani 等，2017，[Attention Is All You Need](https://arxiv.org/abs/1706.03762)：我们的 (4) 是其式 (1)；嵌入见第 3.5 节。
- He 等，2016，[Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027)：归一化与激活放在卷积之前，图 4 (e)。
- Balduzzi 等，2017，[The Shattered Gradients Problem](https://arxiv.org/abs/1702.08591)：没有捷径的深层堆叠，其梯度像噪声。
- Wu 与 He，2018，[Group Normalization](https://arxiv.org/abs/1803.08494)。
- Dhariwal 与 Nichol，2021，[Diffusion Models Beat GANs on Image Synthesis](https://arxiv.org/abs/2105.05233)：组归一化之后缩放与平移，文中称为 AdaGN。
- Liu 等，2022，[A ConvNet for the 2020s](https://arxiv.org/abs/2201.03545)：ConvNeXt 块，图 4。
- Shen 等，2021，[Efficient Attention: Attention with Linear Complexities](https://arxiv.org/abs/1812.01243)：线性注意力。
- Nguyen 与 Salazar，2019，[Transformers without Tears](https://arxiv.org/abs/1910.05895)：归一化放在前还是后。
- Odena 等，2016，[Deconvolution and Checkerboard Artifacts](https://doi.org/10.23915/distill.00003)：棋盘格。
- Salimans 与 Ho，2022，[Progressive Distillation for Fast Sampling of Diffusion Models](https://arxiv.org/abs/2202.00512)：$v$ 见第 4 节。
"""

# %% key="progress"
progress("05")
