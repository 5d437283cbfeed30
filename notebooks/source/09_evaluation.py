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
#     learning: 240
#     leave_out: [features, bits, garments, clinic, build]
# ---

# %% [markdown] key="head"
r"""
# 09 · How good is it? · 评估与 GAN 对比
"""

# %% [markdown] key="welcome" lang="en"
r"""
"Our samples look great" is the weakest sentence of a paper, and "our FID is 2.9" is often not much stronger. This lesson
makes you hard to fool: by other people's tables, and by your own. Nearly every number here is first shown what it cannot
see, by a cheat that scores as well as honest work, or better; then the number beside it that sees the cheat. At the end
diffusion is set beside a GAN as a measurement: on a ring with the same data, the same number of parameters and the same
seconds; then on garments with the same data, and what else differs is said.

**Afterwards you can** write the Fréchet distance from scratch, and say what it is blind to; say what a distance from $n$
samples is worth, and compare at unequal $n$ without being wrong; find a memoriser; ask two questions, precision and
recall, where a distance has one answer; say what FID depends on besides the samples; watch a GAN being trained, see what
its discriminator knows, and count the modes that are missing; and find what is wrong with a report. And you have built a
report of your own that has been attacked.
"""

# %% [markdown] key="welcome" lang="zh" of="cd5784"
r"""
“生成效果很好”，是论文里最没有分量的一句话；“FID 为 2.9”，分量往往也多不了多少。学完这一课，你就不容易上当了：别人的表骗不了你，自己的也骗不了。这里的数，差不多每一个都先让你看看它看不见什么：
有一种作弊，得分不比老老实实做出来的差，甚至更好；然后才是旁边能识破它的另一个数。最后把扩散模型与 GAN 放在一起，不是比图，而是测量：先在一个环上，数据、参数个数、用时都一样；再在衣物上，数据一样，其余不一样的写明。

**学完之后，你能**从零写出 Fréchet 距离，并说出它看不见什么；说清由 $n$ 个样本算出的距离有几分可信，$n$ 不相等时也能比得正确；揪出只会背诵的模型；把一个距离说不清的分成两问：精确率与召回率；
说出 FID 除了样本还取决于什么；看一个 GAN 怎样训练，看懂它的判别器知道什么，数出少了几个峰；看出一份报告错在哪里。此外，你还造出了一份经得起攻击的报告。
"""

# %% key="setup"

# %% key="imports"
import math

import torch

from course_utils import data, denoisers, gan, plots, points
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.estimates import bootstrapped, extrapolated, stratified
from course_utils.experiments import bits, cheats, copying, crowds, drawn_by_gan, game, judged_crowds, reports, ring
from course_utils.experiments.garments import classes_in_turn
from course_utils.experiments.guided_garments import REAL as PHOTOGRAPHS
from course_utils.experiments.guided_garments import STORED as GUIDED
from course_utils.experiments.other_features import KERNEL
from course_utils.experiments.other_features import STORED as BY_FEATURES
from course_utils.experiments.real_or_drawn import judged_pages, three_pages, what_is_on
from course_utils.experiments.ring_games import two_games
from course_utils.experiments.ring_learners import kept_from
from course_utils.explorers.crowds import crowd_explorer
from course_utils.explorers.game import game_explorer
from course_utils.explorers.support import support_explorer
from course_utils.metrics import energy_distance, frechet_distance
from course_utils.neighbours import memorised, nearest, support
from course_utils.plots.game import game_moments
from course_utils.samplers import dpm_solver, finish
from course_utils.schedules import cosine
from course_utils.times import focused_times
from course_utils.weights import pretrained

schedule, network, judge = cosine(), pretrained("fashion_mnist"), pretrained("classifier")
training, test = (classes_in_turn(data.garments(split)) for split in ("train", "test"))  # 8,000 and 2,000 photographs

# %% [markdown] key="eyes"
r"""
## 1 · Eyes are too kind · 眼睛太宽容
"""

# %% [markdown] key="eyes-why" lang="en"
r"""
Three pages of 40 garments each, four of every class, in the same order. One holds photographs from the test set; the
other two were made. You have as long as you like. Which page is real? Choose before you go on: the answer locks.
"""

# %% [markdown] key="eyes-why" lang="zh" of="1d9c3d"
r"""
下面三页，每页 40 件衣物，每类四件，次序相同。一页是测试集里的照片，另外两页是生成的。看多久都行。哪一页是真的？先选好再往下看，选定就不能改了。
"""

# %% key="eyes-show"
pages = three_pages(0)
plots.grids(pages, columns=5, zoom=1)

# %% key="eyes-predict"
predict("09.page")

# %% key="eyes-answer"
said = [f"{letter}   {kind:12}" for letter, kind in what_is_on(0).items()]
for i, row in enumerate(judged_pages(0).values()):
    said[i] += f"   recognised {row.agreement:.2f}   certainty {row.certainty:.2f}   distance {row.distance:.2f}"
reveal("09.page", *said)

# %% [markdown] key="eyes-read" lang="en"
r"""
**Read the answer.** Of the two that were drawn, one is by our network as it ships (scale 2 in the middle of the noise,
ten steps), the other by the same network after 600 of its 10,000 steps. Perhaps you saw it: crisp prints and stripes give
the photographs away. The numbers of forty garments hardly did. The judge recognises 39 of 40 on the finished network's
page and 37 of the photographs, which is no difference, and is as sure of both; only the half-trained page falls behind.
By distance all three are far from everything, the photographs included: 1.1, as far as the network's page, where a
thousand photographs have 0.04 (to all 10,000 test images). Forty garments are enough for an eye, and too few for a
number; a thousand are enough for a number, and no eye goes through them. What follows is about numbers, and each is first
shown what fools it.
"""

# %% [markdown] key="eyes-read" lang="zh" of="320f61"
r"""
**看答案。** 画出来的两页，一页出自随课程附带的网络（强度 2，只用在噪声居中的一段，十步），另一页出自同一个网络在 10,000 步里才训练了 600 步的时候。也许你看出来了：清晰的印花与条纹露出了照片的底细。只凭四十件衣物算出的数，却几乎看不出来。
训练完的网络那页，评判者认得出 40 件里的 39 件，照片是 37 件，谈不上差别，把握也一样大；落在后面的只有训练到半途的那页。论距离，三页都远得很，照片也不例外：1.1，与网络那页一样远，而一千幅照片只有 0.04（到全部 10,000 幅测试图像）。四十件，够一双眼睛看，不够算一个数；一千件，够算一个数，却没有哪双眼睛会一件件看过去。下面讲的都是数，每一个都先让你看看什么骗得过它。
"""

# %% [markdown] key="frechet"
r"""
## 2 · The Fréchet distance, from scratch · 从零写出 Fréchet 距离
"""

# %% [markdown] key="frechet-why" lang="en"
r"""
What should a distance between two *crowds* be? Not image by image: nobody in one crowd has a partner in the other. Give
them partners: let every sample of one crowd walk, so that together they end as the other crowd, and the squares of the ways are as small as possible on average. The root of that mean is a distance between distributions (Wasserstein's, of second order), and it is dear to compute. For two Gaussians in one
dimension the best plan is plain: the lowest to the lowest, the highest to the highest, that is $x\mapsto\mu_b+\frac{\sigma_b}{\sigma_a}(x-\mu_a)$,
and the mean square of the way is
$$(\mu_a-\mu_b)^2+(\sigma_a-\sigma_b)^2.\tag{1}$$
In $d$ dimensions with covariances $A$ and $B$ it is, if the two commute, the same along each of their common axes. In general (quoted, not derived; the first paper below has it) $$d^2=|\mu_a-\mu_b|^2+\operatorname{tr}A+\operatorname{tr}B-2\operatorname{tr}\bigl(A^{1/2}BA^{1/2}\bigr)^{1/2}.\tag{2}$$
(With $A=\sigma_a^2$ and $B=\sigma_b^2$ that is (1).) The *Fréchet distance* puts (2) to use for crowds that are no Gaussians: it keeps mean and covariance of each,
and forgets the rest. And it is taken not between pixels but between *features*, the 128 numbers that our judge, a
classifier, makes of a garment before its last layer; with the 2048 features of a network called InceptionV3 it is FID. (It is a squared distance; nobody draws the root.)

**Write it yourself.** `my_frechet(a, b)` gets two crowds of features, `(n, d)` and `(m, d)`, and returns (2) as a number.
`torch.cov` wants the features in rows. A symmetric matrix has a root by `torch.linalg.eigh`; numbers that should be 0 may
come out as $-10^{-12}$. Compute in float64. You use it right below.
"""

# %% [markdown] key="frechet-why" lang="zh" of="152631"
r"""
两**群**样本之间的距离该是什么？不能一幅对一幅地比：这一群里的任何一个，在那一群里都没有对应的伙伴。那就给它们配对：让一群里的每个样本都走动，走完之后整体成为另一群，并使路程平方的均值尽可能小。这个均值的平方根就是分布之间的一种距离（二阶 Wasserstein 距离），算起来代价很高。两个一维高斯分布之间，最好的走法一目了然：最小的去最小的那里，最大的去最大的那里，也就是
$x\mapsto\mu_b+\frac{\sigma_b}{\sigma_a}(x-\mu_a)$，路程的均方是
$$(\mu_a-\mu_b)^2+(\sigma_a-\sigma_b)^2.\tag{1}$$
在 $d$ 维空间里，协方差为 $A$ 与 $B$：若两者可交换，沿每条公共的主轴都与一维时相同。一般地（这里只引用，不推导，见文末第一篇论文）， $$d^2=|\mu_a-\mu_b|^2+\operatorname{tr}A+\operatorname{tr}B-2\operatorname{tr}\bigl(A^{1/2}BA^{1/2}\bigr)^{1/2}.\tag{2}$$
（取 $A=\sigma_a^2$、$B=\sigma_b^2$，就回到 (1)。）**Fréchet 距离**把 (2) 用到并非高斯的样本群上：每一群只留下均值与协方差，其余全忘掉。而且比的不是像素，是**特征**，
即我们的评判者（一个分类器）在最后一层之前由一件衣物算出的 128 个数；换成 InceptionV3 这个网络的 2048 个特征，就叫 FID。（它是距离的平方，只是没人去开方。）

**自己动手。** `my_frechet(a, b)` 收到两群特征，形状 `(n, d)` 与 `(m, d)`，返回 (2) 的值，一个数。`torch.cov` 要求每行是一个特征。对称矩阵的平方根可以用 `torch.linalg.eigh` 求；
本该为 0 的数，可能算成 $-10^{-12}$。请用 float64 计算。下面马上要用。
"""

# %% key="frechet-try" tags=["exercise"]
def my_frechet(a, b):
    ...

my_frechet = check("09.frechet", my_frechet)

# %% key="frechet-use"
some, others = judge.features(test.x[:1000]), judge.features(test.x[1000:])
beside = {"themselves": some, "1000 others": others, "100 of the others": others[:100], "the others, boots alone": others[9::10]}
spoilt = {"out of focus": cheats.softened(test.x[1000:]), "noise 0.1": cheats.noisy(test.x[1000:])}
for name, crowd in (beside | {name: judge.features(x) for name, x in spoilt.items()}).items():
    print(f"1000 photographs and {name:24} {my_frechet(some, crowd):z7.3f}")
plots.rows({"the others": test.x[1000:1010]} | {name: x[:10] for name, x in spoilt.items()})

# %% [markdown] key="frechet-read" lang="en"
r"""
**Read the numbers.** A thousand photographs and a thousand others, all real, are not at 0: that is the **floor** of this
n, and part 3 is about it. With 100 of the same photographs in place of the 1,000 it is between five and six times as much. Boots alone
are far off, as they should be. And look at the last two: photographs a little out of focus, and photographs with a
little noise, which everybody still recognises, stand eight and eighteen times as far as the other 1,000. (Not to be set
beside lesson 8's numbers, which are to 10,000 images; part 6 measures all to the same 9,000, and there out of focus is
about where scale 4 is, and noise at twice that.) The judge has met neither. A distance between features is a distance in
the eyes of *that network*; part 6 asks others.

**Where Gaussians are blind.** (2) keeps a mean and a covariance. So make a crowd that has both and is something quite different.

**Write it yourself.** `my_double(real, generator)` gets points `(n, 2)` and returns as many others, of the same shape and
type, with the mean and the covariance of `real` (to 1e-4 of a standard deviation, and of the largest variance); and more
than a quarter of them shall lie farther from *every* real point than 0.2 standard deviations (a standard deviation is
here the root of the mean of the two variances). What it looks like is up to you. But copying, shuffling, shifting,
mirroring or turning the real ones will not do, as one of the trials is made of rings. If you draw, draw with `generator`.
"""

# %% [markdown] key="frechet-read" lang="zh" of="af945d"
r"""
**看这些数。** 一千幅照片与另外一千幅，都是真的，距离却不是 0：这就是这个 n 的**下限**，第 3 节专门讲它。把那 1,000 幅换成其中的 100 幅，就有五六倍那么远。清一色的靴子离得很远，理应如此。
再看最后两行：略微失焦的照片、加了一点噪声的照片，谁都还认得出，距离却是另外那 1,000 幅的八倍与十八倍。（不能与第 8 课的数并列，那里是到 10,000 幅的；第 6 节一律量到同样的 9,000 幅，那里失焦的与强度 4 差不多远，加噪声的约远一倍。）这两样评判者都没见过。特征之间的距离，是**那个网络**眼里的距离；第 6 节再换别的眼睛来看。

**高斯看不见的地方。** (2) 只留下均值与协方差。那就造一群两样都对、却完全是另一回事的样本。

**自己动手。** `my_double(real, generator)` 收到一些点，形状 `(n, 2)`，返回同样多的另一些点，形状与类型相同，均值与协方差都同 `real` 一样（均值与协方差的误差，分别不超过标准差与最大方差的 1e-4）；
而且其中四分之一以上，离**每一个**真实的点都超过 0.2 个标准差（这里的标准差，是两个方差的均值再开方）。长什么样随你。但只把真实的点复制、打乱、平移、镜像或旋转都不行，因为有一次试验用的是圆环。要抽随机数，就用 `generator` 抽。
"""

# %% key="blind-try" tags=["exercise"]
def my_double(real, generator):
    ...

my_double = check("09.blind", my_double)

# %% key="blind-show"
shape = points.moons(400).double() + 0.03 * torch.randn(400, 2, generator=seeded(0), dtype=torch.float64)
double = my_double(shape, seeded(1))
others_of = points.moons(40_000).double()[torch.randperm(40_000, generator=seeded(2))[:400]]
again = others_of + 0.03 * torch.randn(400, 2, generator=seeded(3), dtype=torch.float64)
for name, crowd in {"double": double, "other moons": again}.items():
    print(f"{name:26} Fréchet {frechet_distance(shape, crowd):.6f}   energy {energy_distance(shape, crowd):.4f}")
plots.plane({"real": [shape], "double": [shape, double]}, columns=2)

# %% [markdown] key="blind-read" lang="en"
r"""
**Read the figure.** By (2) the double *is* the two moons: distance 0, to six decimals. By (2) the double is nearer to the
moons than other draws of the moons are. The energy distance, which is 0 for equal distributions alone, is not taken in.
Nothing was trained; a few lines of linear algebra did it. With 128 features the trick is no harder, and lesson 8 has
shown it with garments: noise that was bent until its features were right stood at 0.142, nearer than most of what is
drawn. So a small Fréchet distance says: mean and covariance agree. It does not say: the crowds agree.
"""

# %% [markdown] key="blind-read" lang="zh" of="00a07e"
r"""
**看图。** 按 (2)，替身（double）**就是**那两弯月牙：距离为 0，一直到小数第六位。按 (2)，替身离这两弯月牙，比另抽的一批还近。能量距离只在分布相同时才为 0，它没有上当。什么也没训练，几行线性代数就办到了。换成 128 个特征，一样不难，第 8 课在衣物上演示过：
把噪声一直改到特征都对，距离只有 0.142，比画出来的多数都近。所以 Fréchet 距离小，说的是：均值与协方差相符。它没有说：两群相符。
"""

# %% [markdown] key="crowds"
r"""
## 3 · A distance needs its n · 距离离不开 n
"""

# %% [markdown] key="crowds-why" lang="en"
r"""
Take two crowds of $n$ *real* garments each, no garment in both. Their distributions are equal, so the true distance is 0.
What comes out is not, and not because of chance alone: from $n$ samples one has not $\mu$ but $\bar x$, whose square is
too large by $\operatorname{tr}A/n$ on average; the covariance is estimated with errors, too, and the root in (2) is
concave, so errors push it down and the distance up. To leading order all of it goes as $1/n$.
"""

# %% [markdown] key="crowds-why" lang="zh" of="3cd7bd"
r"""
取两群**真实**的衣物，各 $n$ 件，没有一件同在两群里。两者的分布相同，所以真正的距离是 0。算出来却不是，而且不单是因为偶然：由 $n$ 个样本得到的不是 $\mu$，而是 $\bar x$，
它的平方平均偏大 $\operatorname{tr}A/n$；协方差的估计也有误差，而 (2) 里的平方根是凹的，误差把它压低，距离就抬高了。只看首阶，这些偏差都与 $1/n$ 成正比。
"""

# %% key="crowds-show"
pool = crowds.real_crowd("test")  # the judge's features of the 2,000 photographs, and their labels
for n in (50, 100, 200, 400, 800):
    found = crowds.distances_between(pool, n, 10, balanced=False)
    print(f"n = {n:3}   {found.mean():.3f} ± {found.std():.3f}   n times the mean {n * found.mean():5.1f}")

# %% [markdown] key="crowds-read" lang="en"
r"""
**Read the column on the right.** Sixteen times as many garments, about a twentieth of the distance: *n times the distance
is nearly constant*, about 125 within what chance does to ten draws (and a little more where there are fewer garments than
features). There is no difference to be measured here; all of it is the price of being few. (To all 10,000 test images, a
crowd of $n$ of them is at about $60/n$: half, as only one of the two crowds is small.) So a distance without its $n$ is
no number at all, and no more is a distance at $n=200$ beside another at $n=10{,}000$.

The other half of the trouble is **lots**. Whoever draws 200 photographs at random gets 15 boots or 27, and the distance
sees every boot too many. Three ways out: *draw* equally many of each class; or leave the draw as it is and *weight* the
classes equally, afterwards (`stratified`: the moments of the mixture in which every class has its due share); or compare
whole pages with whole pages, at the same n and drawn in the same way. Now a page of 200 guided garments, classes in turn,
by the best way of lesson 8 (scale 2 between log-SNR −2 and 4), beside pages of 200 photographs.
"""

# %% [markdown] key="crowds-read" lang="zh" of="f10328"
r"""
**看最右一列。** 衣物多到十六倍，距离约为二十分之一：**n 乘距离近乎常数**，约为 125，出入不过是十次抽取的偶然（衣物比特征还少时略大一些）。这里没有什么差别可量，量到的全是“样本少”的代价。（一群 $n$ 幅测试图像到全部 10,000 幅测试图像，约为 $60/n$：只有一半，因为两群里只有一群是小的。）
所以没有 $n$ 的距离根本算不上一个数；把 $n=200$ 的距离摆在 $n=10{,}000$ 的旁边，也一样没有意义。

另一半麻烦在于**抽签**。随机抽 200 幅照片，靴子可能有 15 只，也可能有 27 只，而每一只多出来的靴子，距离都看得见。有三条出路：抽的时候就每类**抽**一样多；或者照旧随机抽，事后再让各类**权重**相等（`stratified`：每一类都占应有份额的那个混合分布的矩）；
或者整页比整页，n 相同，抽法也相同。现在取一页 200 件经过引导的衣物，类别轮流，用的是第 8 课最好的办法（强度 2，只在对数信噪比 −2 到 4 之间），旁边是一页页 200 幅的照片。
"""

# %% key="small-predict"
predict("09.small")

# %% key="small-show"
pages_of_200 = {f"photographs, {way}": crowds.REAL[way][200] for way in ("random", "stratified", "balanced")}
pages_of_200 |= {f"network, {way}": rows[200] for way, rows in crowds.SAMPLED.items()}
reveal("09.small", *(f"{name:26} n = 200   {mean:.3f} ± {spread:.3f}" for name, (mean, spread) in pages_of_200.items()))

# %% [markdown] key="small-read" lang="en"
r"""
**Read the rows.** (Means over many pages, and the spread of *one* page; stored, from all of Fashion-MNIST, by
`tests/benchmarks/crowds.py`.) At $n=200$ the guided page is at 0.22 and a page of real photographs, drawn at random, at
0.32: by this table the network is better than reality. Draw the photographs as the page was drawn, as many of each class,
and they are at 0.20. Of the "win" nothing is left but the lots.

**And a limit.** Since the bias goes as $1/n$, one may measure at several $n$, draw the straight line in $1/n$, and read
off where it ends at $1/n=0$: what would come out with samples without end.

**Write it yourself.** `my_limit(sizes, distances)` gets some $n$, not sorted, some of them twice, and one distance for
each. Fit the line by least squares, each point counting as much as any other, and return what it says at $1/n=0$.
"""

# %% [markdown] key="small-read" lang="zh" of="fa9c6b"
r"""
**看各行。**（许多页的均值，以及**单独一页**的散布；存下来的数，由 `tests/benchmarks/crowds.py` 从完整的 Fashion-MNIST 量出。）$n=200$ 时，引导的那页是 0.22，随机抽的一页真照片是 0.32：照这张表，网络比现实还好。
照片若也像那页一样抽，每类一样多，就是 0.20。所谓的“胜出”，除了抽签什么也没剩下。

**还有极限。** 偏差既然与 $1/n$ 成正比，就可以在几个 $n$ 处各量一次，拟合一条对 $1/n$ 的直线，看它在 $1/n=0$ 处落在哪里：那就是样本无穷多时的结果。

**自己动手。** `my_limit(sizes, distances)` 收到若干个 $n$（没有排序，有的出现两次），以及各自的距离。用最小二乘拟合这条直线，每个点同等看待，返回它在 $1/n=0$ 处的值。
"""

# %% key="limit-try" tags=["exercise"]
def my_limit(sizes, distances):
    ...

my_limit = check("09.limit", my_limit)

# %% key="limit-use"
for name, rows in {"training photographs": crowds.REAL["train"], **{f"network, {way}": rows for way, rows in crowds.SAMPLED.items()}}.items():
    sizes, means = list(rows), [mean for mean, _ in rows.values()]
    print(f"{name:22} at n = 200 {rows[200].value:.3f}   without end {my_limit(sizes, means):6.3f}")

# %% [markdown] key="limit-read" lang="en"
r"""
**Read the ends.** Training photographs end near 0. (On the network's three sizes they would end at −0.006, which is the
floor here: at $n=100$ there are fewer garments than features, and the line bends a little.) The network ends at about
0.13 without guidance and at about 0.04 with it, each ± 0.02 or less by sets of 500: that difference, unlike the one at
$n=200$ between the guided page and random photographs, is there. (The package's `extrapolated` gives the error of the
line beside its end.) The line is no magic: it takes away the bias, and leaves the chance.

**A task for the slider.** Two crowds of real garments, $n$ each, no garment in both; orange drawn at random, blue with as
many of each class; dashed, how far the guided page of 200 is from the test images. What is the smallest $n$ on the slider
(steps of 50) at which the *balanced* crowds are below the dashed line for all ten seeds? (The dashed line has one small
crowd, yours have two, and that alone doubles the bias. So this is no contest: it shows how large two real crowds must be
before the price of being few is below a distance that somebody would report.) Try between 300 and 500.
"""

# %% [markdown] key="limit-read" lang="zh" of="de487c"
r"""
**看落点。** 训练照片落在 0 附近。（若只用网络的那三个 n，会落在 −0.006，这就是此处的下限：$n=100$ 时衣物比特征还少，直线略弯。）网络不加引导落在约 0.13，加引导落在约 0.04，按每组 500 个来估，误差都不超过 0.02：这个差别是实在的，不像 $n=200$ 时引导那页与随机照片之间的差别。
（本包的 `extrapolated` 除了落点，还给出直线的误差。）直线不是魔法：它去掉偏差，留下偶然。

**滑块任务。** 两群真实的衣物，各 $n$ 件，没有一件同在两群里；橙色随机抽，蓝色每类一样多；虚线是那页 200 件的引导衣物到测试图像的距离。各类**均衡**的两群，在滑块上（每步 50）最小要多大的 $n$，才能十个种子都在虚线以下？（算虚线时两群里只有一群小，你的两群都小，单凭这一点偏差就加倍。所以这不是比高下，而是看两群真实的衣物要多大，“样本少”的代价才低于有人会写进报告的距离。）请在 300 与 500 之间试。
"""

# %% key="crowds-slide"
crowd_explorer()

# %% key="crowds-answer" tags=["exercise"]
my_size = ...
my_size = check("09.size", my_size)

# %% [markdown] key="crowds-still" lang="en"
r"""
The blue point wanders with the seed less than the orange one, and at about six tenths of its height. Both fall as $1/n$;
neither ever falls to 0, although both crowds are real.
"""

# %% [markdown] key="crowds-still" lang="zh" of="43a70e"
r"""
蓝点随种子摆动得比橙点小，高度约为橙点的六成。两者都随 $1/n$ 下降，却永远到不了 0，尽管两群都是真的。
"""

# %% [markdown] key="memoriser"
r"""
## 4 · The perfect cheat · 完美的作弊
"""

# %% [markdown] key="memoriser-why" lang="en"
r"""
Here is a model that needs no training: asked for a sample, it takes out a training image and hands it over. It is of no
use to anybody. A second one moves the image by a pixel first, lest anybody should notice. Where will they stand by
distance, beside real test images and our network?
"""

# %% [markdown] key="memoriser-why" lang="zh" of="c9fda0"
r"""
有一个模型用不着训练：要它生成一个样本，它就取出一幅训练图像交上来。它对谁都没有用。另一个模型会先把图像挪一个像素，免得被人看出来。论距离，与真实的测试图像、与我们的网络相比，它们会排在哪里？
"""

# %% key="memoriser-predict"
predict("09.cheat")

# %% key="memoriser-show"
reveal("09.cheat", *(f"{name:28} distance {row.distance:.3f} ± {bar.distance:.3f}" for name, (row, bar) in copying.STORED.items()))

# %% [markdown] key="memoriser-score" lang="en"
r"""
By distance the copyist is as good as reality, for his crowd *is* a crowd of real garments; moved by a pixel he still
keeps up with the unguided network. (A row named by a number is the shipped network at that scale; "-2 to 4": in that
stretch of log-SNR alone.) How is he found out? By looking at single samples: for each, the nearest training image. But
*how near is too near*? Garments are alike, T-shirts most of all: the nearest of 60,000 is near to any honest T-shirt,
too. What is needed is something to compare with, and the test set gives it. Take as many training images as there are
images that the model has never seen, from the same source. To an honest sample neither crowd means more than the other:
its nearest neighbour of all lies among the training images in half of the cases. The share of samples whose nearest neighbour is a training image
is the **memorisation score**: 50 % is right, 100 % is a copyist, and less than 50 % would be odd, too.

**Write it yourself.** `my_memorised(samples, training, unseen)` returns this share. Images have any shape, and the two
sets may differ in size: then only as many of the larger as the smaller has are used, the first ones, or the larger set
would win by its number alone. A sample that is equally far from both counts half.
"""

# %% [markdown] key="memoriser-score" lang="zh" of="0e0114"
r"""
论距离，照抄的与现实不相上下，因为它的样本群**就是**一群真实的衣物；挪了一个像素，也还赶得上不加引导的网络。（以数字为名的行，是附带的网络在该强度下所画；“-2 to 4”指只在这段对数信噪比内引导。）怎样识破它？一幅一幅地看：找出离每个样本最近的训练图像。可**多近才算太近**？衣物本来就彼此相像，T 恤尤其如此：60,000 幅里的最近邻，离任何一件老老实实画出的 T 恤也都很近。缺的是一个参照，而测试集正好提供：
取两组来源相同、数目相等的图像：一组是训练图像，一组是模型从没见过的。对老老实实的样本，两组没有亲疏之分：它的最近邻，有一半的时候在训练图像里。最近邻在训练图像里的样本所占的比例，就是**背诵分数**（memorisation score）：
50 % 是对的，100 % 是照抄，低于 50 % 也不正常。

**自己动手。** `my_memorised(samples, training, unseen)` 返回这个比例。图像可以是任意形状，两个集合的大小可以不同：这时较大的一个只取前面那么多幅，与较小的一样多，否则单凭数目，大的就占了便宜。到两边一样远的样本算一半。
"""

# %% key="memorised-try" tags=["exercise"]
def my_memorised(samples, training, unseen):
    ...

my_memorised = check("09.memorised", my_memorised)

# %% key="memorised-use"
hundred = torch.arange(100) % 10
z = torch.randn(100, 1, 28, 28, generator=seeded(9))
drawn = finish(dpm_solver(schedule, denoisers.image_denoiser(schedule, network, hundred), z, focused_times(schedule, 10)))
tried = {"photographs": test.x[:100], "drawn": drawn, "copies": training.x[:100], "copies, moved": cheats.moved(training.x[:100])}
tried["drawn, 20 % copies"] = cheats.planted(drawn, training.x[:100], 0.2)
for name, x in tried.items():
    share = my_memorised(x, training.x[:1800], test.x[200:])
    print(f"{name:20} {share:.2f} ± {(share * (1 - share) / 100) ** 0.5:.2f}")

# %% [markdown] key="memorised-read" lang="en"
r"""
**Read the numbers.** (A hundred samples, 1,800 training photographs and as many unseen; one standard error.) Photographs
and what the network draws are at a half within two error bars; the copyist is at 1. Moved by one pixel, his copies come
down to three quarters: to a distance between pixels, a shirt moved sideways is another shirt. Of a crowd that is copied
to 20 % this score cannot be sure: it ought to be 0.6, and with an error bar of 0.05 that is no finding. (With a thousand
samples it is, below.)

Below, for ten garments drawn and ten photographed, the nearest of the 8,000 training photographs that come with the course.
"""

# %% [markdown] key="memorised-read" lang="zh" of="b67d05"
r"""
**看这些数。**（一百个样本，训练照片与没见过的照片各 1,800 幅；一个标准误差。）照片与网络画的，都在两个误差棒之内等于一半；照抄的是 1。把抄来的图挪一个像素，就降到四分之三：按像素算距离，挪过的衬衫已是另一件衬衫。
一群样本里有 20 % 是抄的，这个分数却拿不准：应当是 0.6，可误差棒就有 0.05，算不上发现。（一千个样本就算得上，见下表。）

下面是画出来的十件与拍下来的十件，各自在随课程附带的 8,000 幅训练照片中的最近邻。
"""

# %% key="memorised-show"
near = {name: training.x[nearest(x, training.x).index] for name, x in {"drawn": drawn[:10], "photographs": test.x[:10]}.items()}
plots.rows({"drawn": drawn[:10], "nearest": near["drawn"], "photographs": test.x[:10], "nearest ": near["photographs"]})

# %% key="memorised-table"
for name, (row, bar) in copying.STORED.items():
    scores = f"features {row.features:.2f} ± {bar.features:.2f}   moved {row.moved:.2f} ± {bar.moved:.2f}   close {row.close:.3f}"
    print(f"{name:28} distance {row.distance:.3f}   pixels {row.pixels:.2f} ± {bar.pixels:.2f}   {scores}")
for name, (share, error) in copying.LEARNED.items():
    print(f"{name:28} {share:.3f} ± {error:.3f}")

# %% [markdown] key="copies-read" lang="en"
r"""
**Read the figure, then the table.** The pairs in the upper half are not more alike than those in the lower half. The
table is measured with 1,000 samples, beside 9,000 training and 9,000 unseen images
(`tests/benchmarks/evaluation.py copies`); `close` asks all 60,000 training images; `moved` looks for copies in ten
places, shifted by a pixel each way and mirrored, among 2,000 of either kind: one draw of them, shared by all rows, so
that nothing can be read from 0.43 or 0.46 there.

- The memoriser's distance is that of real images, 0.04; our network has 0.08 to 0.16. Whoever ranks models by distance
  alone gives him the prize.
- The score finds him at once. Moved by a pixel he costs himself distance, and hides, half-way, from pixels (0.71) and
  from features (0.60); who looks in ten places has him again, at 1.00. *A search finds what it searches for.*
- Images halfway between two copies get by the features unseen (0.51), and pay with their distance; pixels see them (0.64).
- One copy in twenty among the network's samples moves no score by two of its errors. `close` counts them: the share of
  samples less than half as far from some training image as from any unseen one.
- The shipped network (scale 1), beside six sets of 9,000 training images, has 0.51 ± 0.01 in pixels and 0.50 ± 0.01 in
  features; of the 3,000 samples of the rows `1`, `1.5` and `2, -2 to 4` none is less than half as far from some training image as from any unseen one. (Of real test
  images 1 % are: Fashion-MNIST has near-duplicates in both its halves.) "Are they new?", asked lesson 7. So far as 3,000
  samples and these two measures can tell, they are.
"""

# %% [markdown] key="copies-read" lang="zh" of="8757a4"
r"""
**先看图，再看表。** 上半的各对，并不比下半的更像。表是用 1,000 个样本、9,000 幅训练图像与 9,000 幅没见过的图像量的（`tests/benchmarks/evaluation.py copies`）；`close` 问的是全部 60,000 幅训练图像；`moved` 在十个位置上找副本：原样，或朝四个方向之一挪一个像素，每种再照一次镜像，训练的与没见过的图像各取 2,000 幅；只抽了这一次，各行共用，所以那里的 0.43 或 0.46 读不出什么。

- 背诵的模型，距离与真实图像一样，0.04；我们的网络是 0.08 到 0.16。单凭距离给模型排名，就会把奖发给背诵的。
- 背诵分数一下子就找到了它。挪一个像素，它自己的距离也变差了，却在像素（0.71）与特征（0.60）面前躲过了一半；在十个位置上找，又把它抓住了：1.00。**搜什么，才找得到什么。**
- 两份副本取中间，特征看不出来（0.51），代价是距离；像素看得出（0.64）。
- 网络的样本里每二十个混进一个副本，哪个分数的变动都不到两个误差棒。`close` 数得出来：它是这种样本的占比，离最近的训练图像，不及离最近的没见过的图像一半远。
- 附带的网络（强度 1），对六组各 9,000 幅训练图像，像素是 0.51 ± 0.01，特征是 0.50 ± 0.01；`1`、`1.5` 与 `2, -2 to 4` 三行共 3,000 个样本里，像这样近的一个也没有。（真实的测试图像里倒有 1 % 如此：Fashion-MNIST 的两半之间有近乎重复的图像。）
  第 7 课问过：“它们是新的吗？”凭 3,000 个样本与这两种量法来看，是新的。
"""

# %% [markdown] key="support"
r"""
## 5 · Two ways to be bad · 两种坏法
"""

# %% [markdown] key="support-why" lang="en"
r"""
A crowd can be wrong in two ways: it holds things that are no garments, or garments are missing in it. One number cannot
say which. Two can. Draw around each *real* garment a ball, in the space of features, that just reaches its $k$-th nearest
real neighbour; all balls together are a map of where real garments live. **Precision** is the share of made samples that
lie on this map. Now draw the balls around the *made* ones: **recall** is the share of real garments that lie on *their*
map. A model that makes one perfect boot over and over has precision 1 and recall next to 0.

One outlier with a huge ball can swallow anything. So there are two successors that draw balls around the real ones alone:
*density* counts in how many balls a made sample lies, divided by $k$ (about 1 is right; it may be above 1), *coverage* is
the share of real garments that have a made one in their ball.

**Write it yourself.** `my_support(real, made, k)` gets two crowds of features and returns precision and recall. A ball
reaches to the $k$-th nearest *other* sample of its own crowd (a copy of it is another), and its edge belongs to it.
"""

# %% [markdown] key="support-why" lang="zh" of="65b013"
r"""
一群样本有两种坏法：里面有不像衣物的东西，或者少了某些衣物。只有一个数，说不出是哪一种；两个数就能。在特征空间里，以每件**真实**衣物为心画一个球，半径恰好够到第 $k$ 近的真实邻居；
所有的球合起来，就是一张真实衣物出没之处的地图。**精确率**（precision）是生成的样本里落在这张地图上的比例。再以**生成**的样本为心画球：**召回率**（recall）是真实衣物里落在**它们**的地图上的比例。
一个模型若只会反复画同一只完美的靴子，精确率是 1，召回率差不多是 0。

一个离群的样本带着一个巨大的球，什么都能吞下去。因此后来又有两种量法，只以真实样本为心画球：**密度**（density）数一个生成的样本落在几个球里，再除以 $k$（约为 1 才对，可以大于 1）；
**覆盖率**（coverage）看真实衣物里，自己的球内有生成样本的占多少。

**自己动手。** `my_support(real, made, k)` 收到两群特征，返回精确率与召回率。球的半径，是到自己那一群中第 $k$ 近的**另一个**样本的距离（与它一模一样的副本也算另一个），球面上的也算在内。
"""

# %% key="support-try" tags=["exercise"]
def my_support(real, made, k):
    ...

my_support = check("09.support", my_support)

# %% key="support-use"
hundred_seen = {"photographs": judge.features(test.x[100:200]), "drawn": judge.features(drawn), "boots": others[9::10]}
for name, features in hundred_seen.items():
    precision, recall = my_support(some[:100], features, 5)
    print(f"100 photographs and 100 {name:12} precision {precision:.2f}   recall {recall:.2f}")

# %% key="support-predict"
predict("09.buys")

# %% key="support-table"
said, tables = [], {"photographs": judged_crowds.REAL} | judged_crowds.STORED | judged_crowds.CHEATING
for name, (row, bar) in tables.items():
    of = (f"{title} {value:.3f} ± {error:.3f}" for title, value, error in zip(row._fields, row, bar, strict=True))
    said.append(f"{name:28} {'   '.join(of)}")
reveal("09.buys", *said)

# %% [markdown] key="support-read" lang="en"
r"""
**Read the columns.** (1,000 beside 1,000, $k=5$, the judge's features; errors by leaving out one group of samples at a
time; `tests/benchmarks/evaluation.py shared`.) Guidance pays with *recall*: 0.92, 0.78, 0.67, 0.61 at scales 1, 2, 4, 8.
At scale 4, of three real garments one lies in no ball of a made one. (These balls shrink where samples crowd. Asked the
other way round, by coverage, one in six has no made garment near it: 0.84, where photographs have 0.97.) What does it
buy? Not precision: that is at the floor of real photographs already without guidance, 0.95 beside 0.94 ± 0.01, and stays
there up to scale 4. It buys *density*: what is made moves into the middle of where real garments crowd (1.22 at scale 2),
which is what "sharper" samples are. At scale 8 density is gone (0.84), and precision perhaps (0.90 ± 0.02). What the
interval costs is within the error bars (0.90 ± 0.02); autoguidance costs no recall (0.945 ± 0.011), and buys no density
either (0.92 ± 0.03). "Guidance trades recall for precision" stands in many papers, and may hold where plain samples fall
short of photographs in precision; *which* trade it is says the table, and only beside its floor.

The four are no truths, either. They depend on $k$ and $n$ (with $k=1$ the floor is 0.64 and 0.55, with $k=20$ both are
above 0.99); compare at the same ones. And see who scores well: copies are at the floor in everything, and noise that was
bent to real features has precision 0.92 ± 0.02.

**A task for the slider.** In the plane the truth is known. Particles are led to the upper of two moons, beside exact
draws of it; on the left the balls that make precision, on the right those that make recall. From which scale on does
recall fall below a half ($k=5$; a whole number; the seeds differ a little)? Then set scale 8 and $k=20$: precision is
nearly 1, and beside it stands the share of particles that are where the exact density is not tiny (of exact draws it
would be 0.95).
"""

# %% [markdown] key="support-read" lang="zh" of="8a243a"
r"""
**看各列。**（1,000 对 1,000，$k=5$，评判者的特征；误差由轮流去掉一组样本得出；`tests/benchmarks/evaluation.py shared`。）引导付出的是**召回率**：强度 1、2、4、8 处依次是 0.92、0.78、0.67、0.61。到强度 4，三件真实的衣物里就有一件不在任何生成样本的球里。（样本扎堆，球就小。反过来用覆盖率问，是 0.84：六件里有一件，身边没有生成的样本；真照片是 0.97。）换来了什么？不是精确率：
不引导时，它就已与真实照片持平，0.95 对 0.94 ± 0.01，直到强度 4 都是如此。换来的是**密度**：生成的样本挪进了真实衣物最扎堆的地方（强度 2 处为 1.22），所谓“更清晰”的样本就是这么回事。到强度 8，密度上的好处没了（0.84），精确率也许也降了（0.90 ± 0.02）。
只在区间内引导，召回率的损失在误差棒之内（0.90 ± 0.02）；自引导不损召回率（0.945 ± 0.011），也没有换来密度（0.92 ± 0.03）。“引导拿召回率换精确率”，许多论文这么写，在不引导的样本精确率还不及真照片的地方，也许如此；究竟换的是**什么**，要看表，而且要和真实照片那一行对照着看。

这四个数也不是真理，它们取决于 $k$ 与 $n$（$k=1$ 时真实照片的精确率与召回率也只有 0.64 与 0.55，$k=20$ 时两项都在 0.99 以上）；这两样相同，才好比较。再看谁的得分好：副本样样都与真实照片持平，噪声改到特征都对之后，精确率也有 0.92 ± 0.02。

**滑块任务。** 平面上的真值是已知的。粒子被引向上面那弯月牙，旁边是它的精确样本；左边是用来数精确率的球，右边是用来数召回率的球。召回率从多大的强度起低于一半（$k=5$；写整数；各种子略有不同）？
然后取强度 8、$k=20$：精确率差不多是 1，旁边写着另一个比例：有多少粒子真的落在精确的概率密度不算小的地方（精确样本会是 0.95）。
"""

# %% key="support-slide"
support_explorer()

# %% key="support-answer" tags=["exercise"]
my_scale = ...
my_scale = check("09.scale", my_scale)

# %% [markdown] key="features"
r"""
## 6 · A distance sees what its features see · 特征看见什么，距离才看见什么
"""

# %% [markdown] key="features-why" lang="en"
r"""
Our judge was trained to tell ten kinds of garments apart. What does not help with that it may ignore, and what it ignores
no distance between its features will ever see. Three other pairs of eyes: the *same network before training*, its weights
random; the same network *taught handwritten digits* instead of garments (scikit-learn's, half a minute); and *no network
at all*, the means of 4 x 4 pixels. And nine crowds of 1,000, classes in turn: real garments; copies of training images;
the shipped network at three scales, and at scale 2 in the interval alone; real garments slightly out of focus; real
garments with a little noise; and the noise of lesson 8, bent until the judge is content.
"""

# %% [markdown] key="features-why" lang="zh" of="132188"
r"""
我们的评判者是训练来分辨十类衣物的。凡与此无关的，它尽可以视而不见；而它视而不见的，用它的特征算出的任何距离也都看不见。再请三双眼睛：**训练之前的同一个网络**，权重是随机的；同一个网络，学的却是**手写数字**（scikit-learn 的那一套，训练半分钟）；
以及**根本不用网络**，只取每 4 x 4 个像素的均值。受评的有九群，各 1,000 件，类别轮流：真实衣物；照抄来的训练图像；附带的网络，三种强度，外加只在区间内引导的强度 2；略微失焦的真实衣物；加了一点噪声的真实衣物；以及第 8 课那种改到评判者满意的噪声。
"""

# %% key="features-show"
for crowd, kernel in KERNEL.items():
    times = {name: rows[crowd].value / rows["real, test"].value for name, rows in BY_FEATURES.items()}
    print(f"{crowd:20}" + "".join(f"   {name} {value:7.1f}" for name, value in times.items()) + f"   kernel {kernel.value:8.5f} ± {kernel.error:.5f}")

# %% [markdown] key="features-read" lang="en"
r"""
**Read the columns.** (1,000 of each, classes in turn, beside 9,000 test images, and beside 1,000 others in the last
column; each distance as a multiple of that of real images in the same features, for the units differ, and these floors
are known to within 18 % to 43 %; `tests/benchmarks/evaluation.py features`.) Whom should one believe? To the judge a
little noise is the worst of all, 36 times the floor; to pixels it is next to nothing. Slightly out of focus: 15 times for
the judge, 100 for the untrained network, and next to nothing for pixels. Scale 2 is worse than scale 1 to pixels and to
the network of digits (to the judge that is in doubt), and three times *better* to the untrained network. And noise that
was bent until the judge was content stands at 4 with the judge, ahead of scale 2; to all others, at 700 and more. And the best way
of lesson 8, scale 2 in the interval: in the judge's eyes it halves the distance (4.4 to 2.2); the three others see hardly
any gain (31.1 to 26.7, 10.9 to 9.7, 9.2 to 8.8, each within two error bars). A cheat has to cheat *one* network. Only copies are at the floor everywhere.

So: name the network, and ask two that were trained for different things. **FID** is this distance in the features of
InceptionV3, which was taught a thousand kinds of things on colour photographs of 299 x 299. For garments of 28 x 28 it is
the wrong tool: it would see more of our resizing than of our garments. And a FID in a paper means something if beside it
stand $n$ (50,000 by custom), the images compared with and how many, how they were resized, which file of weights made the
features, and what real images get: its floor.

The last column is another kind of number. The **kernel distance** (KID) does without Gaussians and has no bias: of crowds
with equal distributions it is 0 on average, at any $n$, about half of the time below. It comes with its error bar; and by
that, 1,000 samples of our plain network cannot be told from real photographs. An unbiased number is not a sharper one.
"""

# %% [markdown] key="features-read" lang="zh" of="93c1fc"
r"""
**看各列。**（各 1,000 个，类别轮流，对 9,000 幅测试图像，最后一列是对另外 1,000 幅；单位不同，所以每个距离都写成同一种特征下真实图像的几倍，这些下限自己的误差有 18 % 到 43 %；`tests/benchmarks/evaluation.py features`。）该信谁？在评判者眼里，一点噪声最糟，是下限的 36 倍；在像素眼里几乎不算什么。略微失焦：评判者看是 15 倍，未训练的网络看是 100 倍，像素看几乎不算什么。
强度 2 与强度 1 相比，像素与学数字的网络都说更差（评判者还说不准），未训练的网络却说**好**得多，距离只有三分之一。而一直改到评判者满意为止的噪声，在评判者那里只有 4 倍，排在强度 2 前面；在别的眼睛里，都是 700 倍以上。再看第 8 课最好的办法，只在区间内用强度 2：在评判者眼里，距离减半（4.4 降到 2.2）；另外三双眼睛几乎看不出好处（31.1 降到 26.7，10.9 降到 9.7，9.2 降到 8.8，都在两个误差棒之内）。作弊只要骗过**一个**网络就够。处处都在下限上的，只有副本。

所以：要说出是哪个网络，而且要问两个为不同目的训练的网络。**FID** 就是这个距离，用的是 InceptionV3 的特征；这个网络在 299 x 299 的彩色照片上学了一千类东西。拿它来量 28 x 28 的衣物，是用错了工具：它看见的多半是我们怎样缩放，而不是衣物本身。论文里的 FID 要有意义，旁边得写明：
$n$（惯例是 50,000）、与哪些图像比、有多少幅、怎样缩放、特征出自哪一份权重，以及真实图像自己得多少，也就是下限。

最后一列是另一种数。**核距离**（kernel distance，KID）不用高斯，也没有偏差：两群的分布相同时，不论 $n$ 多大，平均都是 0，大约一半的时候是负的。它自带误差棒；而照这误差棒，我们不加引导的网络的 1,000 个样本，与真照片分不出来。没有偏差的数，不等于更灵敏的数。
"""

# %% [markdown] key="bits"
r"""
## 7 · Bits per pixel · 每像素多少比特
"""

# %% [markdown] key="bits-why" lang="en"
r"""
Nearly all that so far needs a judge. There is one measure that needs none: how many bits it takes to write down a test
image, by a code made for the model. Who gives an image the probability $p$ can store it in $-\log_2p$ bits, and no code
for real images is shorter on average than the one that knows their true distribution. $p$ itself is out of reach for a
diffusion model, but lesson 6 has a bound for it: the sum of its terms, from $L_T$
(`prior`: does the chain end in noise?), over all reverse steps (`steps`) down to $L_0$ (`decoder`: does the last step hit the right one of 256 grey
values?), divided by $784\ln2$.
"""

# %% [markdown] key="bits-why" lang="zh" of="11ceac"
r"""
以上大多得有评判者。有一种度量用不着：用按模型设计的编码，写下一幅测试图像要多少比特。模型若认为一幅图像的概率是 $p$，就能用 $-\log_2p$ 比特把它存下来；要存真实图像，平均起来，没有哪种编码比知道真实分布的那一种更短。
对扩散模型，$p$ 本身求不出来，但第 6 课有它的界：各项之和，从 $L_T$（`prior`，链的终点是不是噪声）起，经过所有的反向步（`steps`），直到 $L_0$（`decoder`，最后一步有没有落在 256 级灰度中正确的那一级），再除以 $784\ln2$。
"""

# %% key="bits-show"
sixty, found_bits = denoisers.image_denoiser(schedule, network, test.y[:60]), {}
for variance, posterior in (("posterior's", True), ("beta", False)):
    of = found_bits[variance] = bits.bits_of(schedule, sixty, test.x[:60], posterior=posterior, times=8, generator=seeded(0))
    terms = "   ".join(f"{name} {term.mean():.2f}" for name, term in of._asdict().items())
    print(f"variance {variance:12} {terms}   in all {of.total.value:.2f} ± {of.total.error:.2f}")
cheap = {"a Gaussian per pixel": bits.bell_per_pixel(training.x, test.x), "counts per pixel": bits.counts_per_pixel(training.x, test.x)}
for name, x in (cheap | {"zlib": bits.packed()(test.x)}).items():
    print(f"{name:21} {x.mean():.2f} ± {x.std() / len(x) ** 0.5:.2f}")

# %% [markdown] key="bits-read" lang="en"
r"""
**Read the numbers.** (Live: 60 test images; `tests/benchmarks/evaluation.py bits` has 2,000: 3.43 ± 0.02 bits with the
posterior's variance, 3.41 ± 0.02 with $\beta$.) A grey value by itself takes 8 bits. Counting, at each place, how often
each value occurs saves nearly half; so does `zlib`, which knows nothing of garments. The network's bound is a whole bit
below both. It never was trained for that: lesson 6 threw the weights of the bound away. Nearly half of its bits are spent
by the decoder, on the last step, on grey values that differ by 1 in 255: on what no eye sees. That is why bits are
honest, and why they are no measure of looks. A model that draws perfect garments and mixes 1 % of noise images among them
loses at most $\log_2(1/0.99)/784$ bits per pixel, which nobody can measure; one that draws noise for 99 % of its samples,
and perfect garments for the rest, loses less than 0.01. And it needs a density or a bound on one: a GAN has neither.
"""

# %% [markdown] key="bits-read" lang="zh" of="46e110"
r"""
**看这些数。**（现场用 60 幅测试图像；`tests/benchmarks/evaluation.py bits` 用 2,000 幅：后验方差 3.43 ± 0.02 比特，$\beta$ 是 3.41 ± 0.02。）一个灰度值单独写要 8 比特。在每个位置上数一数各灰度值出现几次，就省下近一半；`zlib` 对衣物一无所知，也能如此。网络的界比这两者都低一个多比特。
它可从没为此训练过：第 6 课把界的权重丢掉了。它的比特有将近一半，是解码器在最后一步花掉的，花在相差 1/255 的灰度上，没有哪双眼睛看得见。比特之所以诚实，又之所以不能衡量好不好看，都在于此。一个模型画得完美，只是混进 1 % 的噪声图像，每像素至多多花 $\log_2(1/0.99)/784$ 比特，谁也量不出来；
一个模型有 99 % 画的是噪声、其余画得完美，多花的也不到 0.01。况且要算比特数，得有密度，或密度的界：GAN 两样都没有。
"""

# %% [markdown] key="game"
r"""
## 8 · The other way: a game · 另一条路：一场博弈
"""

# %% [markdown] key="game-why" lang="en"
r"""
A *generative adversarial network* (GAN, 2014) learns without noise levels and without a walk. The **generator** $G$ turns a draw $z$ of normal noise into a
sample in one evaluation. The **discriminator** $D$ is shown real samples and made ones, and says how probable it finds that
a sample is real. The one learns to tell them apart, the other learns to make that impossible:
$$\min_G\max_D\;E_{x\sim p}\log D(x)+E_z\log\bigl(1-D(G(z))\bigr).\tag{3}$$
Let $q$ be the density of what $G$ makes. Which discriminator is the best against it? (3) is an integral over $x$ of
$p\log D+q\log(1-D)$, so for each $x$ alone one number between 0 and 1 has to be chosen.

**Write it yourself.** Set the derivative to 0, and write what comes out: `my_best(log_p, log_q)` gets two log-densities,
functions of `x`, and returns a third function, `D`, that says for each sample the best probability. It is asked far out,
too, where both densities round to 0.
"""

# %% [markdown] key="game-why" lang="zh" of="97c5a7"
r"""
**生成对抗网络**（generative adversarial network，GAN，2014）不用噪声水平，也不用一步步走。**生成器** $G$ 把一份正态噪声 $z$ 变成一个样本，只算一次。**判别器** $D$ 看真实的与生成的样本，说出它认为一个样本为真的概率。
一个学着分辨，一个学着让对方分辨不出：
$$\min_G\max_D\;E_{x\sim p}\log D(x)+E_z\log\bigl(1-D(G(z))\bigr).\tag{3}$$
设 $q$ 是 $G$ 所生成样本的密度。对付它，哪个判别器最好？(3) 是 $p\log D+q\log(1-D)$ 对 $x$ 的积分，因此对每个 $x$，各自选一个 0 与 1 之间的数就行。

**自己动手。** 令导数为 0，把结果写成代码：`my_best(log_p, log_q)` 收到两个对数密度（`x` 的函数），返回第三个函数 `D`，对每个样本说出最优的概率。检查时也会问到很远的地方，那里两个密度都舍入成 0。
"""

# %% key="best-try" tags=["exercise"]
def my_best(log_p, log_q):
    ...

my_best = check("09.best", my_best)

# %% [markdown] key="best-said" lang="en"
r"""
The derivative $p/D-q/(1-D)$ is 0 at
$$D^*(x)=\frac{p(x)}{p(x)+q(x)},\qquad\operatorname{logit}D^*(x)=\log p(x)-\log q(x).\tag{4}$$
($\operatorname{logit}D=\log\frac D{1-D}$ is the inverse of the sigmoid $\sigma$.) Put into (3), with $m=(p+q)/2$, it gives $E_p\log\frac p{2m}+E_q\log\frac q{2m}=2\,\mathrm{JS}(p,q)-\log4$, where the Jensen–Shannon divergence JS is half of $\mathrm{KL}(p\|m)+\mathrm{KL}(q\|m)$, and 0 for $p=q$ alone. And the
slope of the logit is $\nabla\log p-\nabla\log q$, a difference of two scores, as it guided in lesson 8. So a generator is led,
sample by sample, from where it puts too much to where it puts too little, as long as its discriminator is good. Below: data
$p$ with two bells, a generator $q$ with one; *your* best discriminator, and a small network that had 4,000 draws of each.
"""

# %% [markdown] key="best-said" lang="zh" of="f843d1"
r"""
导数 $p/D-q/(1-D)$ 为 0 之处是
$$D^*(x)=\frac{p(x)}{p(x)+q(x)},\qquad\operatorname{logit}D^*(x)=\log p(x)-\log q(x).\tag{4}$$
（$\operatorname{logit}D=\log\frac D{1-D}$ 是 sigmoid 函数 $\sigma$ 的反函数。）代入 (3)，记 $m=(p+q)/2$，得到 $E_p\log\frac p{2m}+E_q\log\frac q{2m}=2\,\mathrm{JS}(p,q)-\log4$，其中 Jensen–Shannon 散度 JS 是 $\mathrm{KL}(p\|m)+\mathrm{KL}(q\|m)$ 的一半，只在 $p=q$ 时为 0。而 logit 的梯度是 $\nabla\log p-\nabla\log q$，两个得分之差，与第 8 课里起引导作用的是同一种东西。
所以只要判别器够好，它就引着一个个样本，离开生成器放得太多的地方，走向生成器放得太少的地方。下面，数据 $p$ 有两个钟形，生成器 $q$ 只有一个；图中是**你的**最优判别器，与一个见过两边各 4,000 个样本的小网络。
"""

# %% key="best-use"
p, q, line = game.REAL, game.MADE, torch.linspace(-3, 3, 301, dtype=torch.float64)
learned = game.learned_discriminator(p, q)  # 400 steps on 4,000 draws of each
D_best = my_best(p.log_density, q.log_density)
both = {"p": p.log_density(line).exp(), "q": q.log_density(line).exp()}
plots.curves({"density": both, "D": {"best": D_best(line), "learned": learned(line).sigmoid()}}, line, xlabel="$x$")

# %% key="best-print"
for at in game.by_region(learned, p, q, (-4, -2.5, -1, 0, 1, 2.5, 4)):
    print(f"{at.low:4} to {at.high:4}   best {at.best:.2f}   learned {at.said:.2f}   off by {at.off:.3f}      expects {game.SEEN * at.real:4.0f} real, {game.SEEN * at.made:4.0f} made")
for name, logit in {"best": game.best_logit(p, q), "learned": learned}.items():
    print(f"(3) with the {name:8} discriminator: {game.game_value(logit, p, q):.4f}")
print(f"-log 4 + 2 JS: {-math.log(4) + 2 * game.jensen_shannon(p, q):.4f}")

# %% [markdown] key="best-read" lang="en"
r"""
**Read the figure.** (On the right: green the best $D$, pink the learned one.) Where both kinds are seen, the learned one
follows the best; where hardly anybody has been (left of −2.5 four thousand draws hold on average less than one of either
kind) it says whatever its layers happen to say. (3) with the best discriminator is $2\,\mathrm{JS}-\log4$ to the fourth
digit; with the learned one a little less, as it must be: no discriminator can beat (4). The GAN's generator learns from
the learned one alone.

**Two losses for the generator.** Write $s$ for the logit. What the generator has to make small by (3) is
$\log(1-\sigma(s))$, whose derivative in $s$ is $-\sigma(s)$. In the beginning every made sample is recognised at once:
$\sigma(s)$ is next to 0, and there is nothing to learn from. The *non-saturating* loss $-\log\sigma(s)$ has the
derivative $-(1-\sigma(s))$: the same direction, and strongest where the discriminator is surest. That is used, here and
nearly everywhere. Below: data are a normal bell at 0, what is made is the same bell at `shift`, $D$ is the best one. How
steep is each loss for a generator that can only shift its bell? At a shift of 8 the one pulls with a slope of 8, the
other with less than a thousandth.
"""

# %% [markdown] key="best-read" lang="zh" of="fbf21a"
r"""
**看图。**（右边：绿线是最优的 $D$，粉线是学出来的。）两边的样本都见过的地方，学出来的跟得上最优的；几乎没有样本的地方（−2.5 以左，四千次抽取里，两种样本平均都不到一个），它说的只是各层碰巧算出的数。用最优判别器，(3) 等于 $2\,\mathrm{JS}-\log4$，准到小数第四位；用学出来的，略小一点，必然如此：
没有哪个判别器胜得过 (4)。GAN 的生成器所能依靠的，只有学出来的那一个。

**生成器的两种损失。** 把 logit 记作 $s$。按 (3)，生成器要减小的是 $\log(1-\sigma(s))$，它对 $s$ 的导数是 $-\sigma(s)$。起初，生成的样本一眼就被认出：$\sigma(s)$ 几乎是 0，也就没有什么可学的。
**不饱和**（non-saturating）的损失 $-\log\sigma(s)$，导数是 $-(1-\sigma(s))$：方向相同，而判别器越有把握，它越强。这里用的就是它，别处也几乎都是。下图中，数据是 0 处的正态钟形，生成的是同一个钟形移到 `shift` 处，$D$ 取最优的。生成器若只能平移它的钟形，每种损失有多陡？相隔 8 时，不饱和的那种斜率是 8，另一种不到千分之一。
"""

# %% key="game-losses"
shifts = torch.linspace(0.25, 8, 32)
slopes = game.slopes(shifts.tolist())
sure = slopes.pop("sure")
plots.curves({"slope": slopes}, shifts, xlabel="shift", log="y")

# %% [markdown] key="ring-step" lang="en"
r"""
One step of the game: a batch of real samples and as many $z$; the discriminator's loss is $-\log D(x)-\log(1-D(G(z)))$, the
generator's $-\log D(G(z))$; both gradients are taken at the same point, and then both move. All else is lesson 6's loop:
"""

# %% [markdown] key="ring-step" lang="zh" of="9dbed3"
r"""
博弈的一步：取一批真实样本与同样多的 $z$；判别器的损失是 $-\log D(x)-\log(1-D(G(z)))$，生成器的是 $-\log D(G(z))$；两边的梯度在同一处求，求好再一同更新。其余的，就是第 6 课的循环：
"""

# %% key="ring-source"
show_source(gan.play)

# %% [markdown] key="ring-why" lang="en"
r"""
**A ring of eight Gaussians** is the usual first test, and a fair one: the density is known, and whoever forgets one of
the eight can be caught. Three learners get the same 2,000 points. A GAN, and a diffusion model as in lesson 4, have
networks with the same number of parameters (the GAN's two together) and the same seconds on one thread; the third, a
mixture of eight Gaussians fitted by EM (share out every point among the bells by probability, fit each bell to its
shares, again and again), has the advantage of knowing the answer's form.

A *mode* is found if at least a fifth of its due share of samples lies within three standard deviations of it. Before you
look: of five plain games, how many will find all eight?
"""

# %% [markdown] key="ring-why" lang="zh" of="e16281"
r"""
**八个高斯围成一圈**，是惯用的第一道考题，也算公平：密度是已知的，八个里漏了哪一个都瞒不住。三个学习者拿到同样的 2,000 个点。一个 GAN，一个扩散模型（与第 4 课的一样）：两者的网络参数一样多（GAN 的两个合计），单线程上的秒数也一样多；
第三个是用 EM 拟合的、八个分量的高斯混合分布（EM：把每个点按概率分给各个钟形，再按分到的重新拟合每个钟形，反复进行），它占了便宜，因为答案的形式它事先知道。

若一个峰的三个标准差之内，至少有它应得份额五分之一的样本，就算找到了这个**峰**（mode）。先别往下看：五场不加约束的博弈，有几场会找全八个？
"""

# %% key="ring-predict"
predict("09.modes")

# %% key="ring-show"
games = two_games()
said = [f"{name:6} modes {film[-1].modes}   in a mode {film[-1].belong:.2f}   all eight from step {kept_from(film)}" for name, film in games.items()]
over = [f"five seeds, {name:6} modes {[modes for modes, _ in row]}" for name, row in ring.SHORT.items()]
over += [f"the same, plain, another processor, weights {touched:+.0e} of themselves: modes {row}" for touched, row in ring.TOUCHY.items()]
moments_of = {name: {f"step {now.step}": (now.field, now.samples) for now in film[4::12]} for name, film in games.items()}
reveal("09.modes", game_moments(moments_of, ring.contours()), *said, *over)

# %% [markdown] key="ring-read" lang="en"
r"""
**Read the figure.** Black: 400 samples. Circles: where 99 % of each mode lie. Yellow: the discriminator says "real",
blue: "made", white: it cannot tell. In the plain game the generator lies across one or two modes, never more than three, most of it between
them; the discriminator learns to call just these "made"; the generator jumps to the next, and the first is forgotten.
This is *mode collapse*, and here it goes round. With $R_1$, which adds $\frac\gamma2E_{x\sim p}|\nabla_xs(x)|^2$ to the
discriminator's loss, a penalty on its slope at real samples, the field stays gentle, and the samples spread: a string of
them runs round the ring, for a generator is continuous, and cannot tear what it is given in one piece. But read the last
lines, too: of five seeds the plain game found all eight modes in three. On another processor the same five found them all;
with all weights a millionth larger at the start four did, with a millionth smaller three. So the last digit of a sum
decides; which is why the plain game above was played once (seed 3, a millionth smaller) and kept, while the other is played
here. With $R_1$ all five found all eight. "GANs collapse" is a sentence without an n.

**Try the slider** (nothing to hand in). The step from which the game with $R_1$ has all eight is printed above; find it,
and see which mode was missing just before. Then choose the plain game and let it run to its end.
"""

# %% [markdown] key="ring-read" lang="zh" of="bbcecb"
r"""
**看图。** 黑点：400 个样本。圆圈：每个峰的 99 % 所在之处。黄色：判别器说“真”；蓝色：说“生成”；白色：分不出。在不加约束（plain）的博弈里，生成器横在一两个峰上，至多三个，大半落在峰与峰之间；判别器学会了把这些样本说成“生成”的；生成器就跳到下一个峰，把先前的又忘了。这叫**模式坍塌**（mode collapse），在这里还兜着圈子。
加上 $R_1$（给判别器的损失加上 $\frac\gamma2E_{x\sim p}|\nabla_xs(x)|^2$，惩罚它在真实样本处的梯度），图上的底色就平缓了，样本也散得开：它们连成一串绕着环走，因为生成器是连续的，交给它的是完整的一片，它撕不开。但也要看最后几行：五个种子里，不加约束的博弈有三个找到了全部八个峰。换一种处理器，同样的五个种子全都找到了；若起步时所有权重都大百万分之一，有四个找全，都小百万分之一，有三个。可见决定胜负的，是求和时的最后一位；所以上面那场不加约束的博弈是早先打完（种子 3，权重小百万分之一）存下来的，另一场才是当场打的。加了 $R_1$，五个种子都找到了全部八个峰。“GAN 会坍塌”是一句没有 n 的话。

**动滑块看看**（不用作答）。上面印着加了 $R_1$ 的那场从哪一步起八个峰齐全；找到那一步，看看前一刻少的是哪个峰。然后选不加约束的那场，让它从头走到尾。
"""

# %% key="ring-slide"
game_explorer(games)

# %% key="ring-table"
for name, (row, bar) in (ring.STORED | ring.FLOORS).items():
    line_of = f"{name:20} modes {row.modes:.0f}   in a mode {row.belong:.3f} ± {bar.belong:.3f}   energy {row.distance:.4f} ± {bar.distance:.4f}"
    cost = ring.COSTS.get(name)
    print(line_of + (f"   {cost.evaluations:3} evaluations, {cost.milliseconds:5.1f} ms for 1000, {cost.parameters:,} numbers, {cost.steps} steps" if cost else ""))

# %% [markdown] key="ring-table-read" lang="en"
r"""
**Read the table.** (16 s of one thread for each network, five seeds, 2,000 samples each, one standard error;
`tests/benchmarks/ring.py`.) With enough steps (1,550 to 1,900, where the game that was shown had 600), and averaged weights, all
learners find all eight modes, the plain GAN as well. About a fifth of the samples of *both* networks lie outside all
eight circles: 0.81 ± 0.01 belong to one with $R_1$, 0.80 ± 0.03 with diffusion. Their energy distances are 0.002 to 0.003, about
three times the floor. At this budget, on this ring, the GAN with $R_1$ and diffusion draw equally well, and whoever reads
a winner out of their rows reads chance; the plain game is about three times as far, two bars away. What differs: with
$R_1$ the seeds agree best on the share (0.006, where the others have 0.026 to 0.030), and by distance the plain game
spreads most (0.0019 beside 0.0004); and the price of a sample, one evaluation against 10 or 100: 1 ms against 83 and 775
for a thousand.

And both are beaten by EM, with 31 numbers and 1.5 s: it knew that there are eight round bells. Who knows the form of the
answer should use it. What cheats: the eight centres, handed out in turn, have *all* modes and belong *entirely* (more
than the truth does, 0.990: that is the trace), and by distance, 0.005, are no farther than the plain GAN. The training
points, handed over, are level with exact draws in every column: nothing here sees that nothing was learned.
"""

# %% [markdown] key="ring-table-read" lang="zh" of="dd09a3"
r"""
**看表。**（每个网络用单线程 16 秒，五个种子，各 2,000 个样本，一个标准误差；`tests/benchmarks/ring.py`。）步数够了（1,550 到 1,900 步，上面的只有 600 步），权重也取了平均，每个学习者都找到了全部八个峰，不加约束的 GAN 也一样。**两种**网络都有大约五分之一的样本落在八个圆圈之外：归属于某个峰的，加 $R_1$ 的是 0.81 ± 0.01，扩散模型是 0.80 ± 0.03。
能量距离是 0.002 到 0.003，约是下限的三倍。在这样的预算下，在这个环上，加 $R_1$ 的 GAN 与扩散模型画得一样好；谁若从这两行里读出了赢家，读出的只是偶然；不加约束的，距离是它们的三倍左右，高出两个误差棒。不同的是：论归属，加 $R_1$ 的各种子最一致（0.006，其余的是 0.026 到 0.030）；论距离，不加约束的摆动最大（0.0019，对 0.0004）；还有样本的价钱：一边求值一次，另一边 10 次或 100 次；画一千个，一边 1 毫秒，另一边 83 或 775 毫秒。

而两者都输给了 EM，它只用了 31 个数、1.5 秒：它事先知道有八个圆的钟形。知道答案的形式，就该用上。作弊的又如何？轮流交出八个中心，峰**全**有，归属**满分**（比真值 0.990 还高，这就是破绽）；论距离 0.005，也不比不加约束的 GAN 远。原样交出的训练点，三列都与精确样本不相上下：这里没有哪个数看得出它什么也没学。
"""

# %% [markdown] key="garments"
r"""
## 9 · Diffusion against GAN, in garments · 扩散模型与 GAN，画衣物
"""

# %% [markdown] key="garments-why" lang="en"
r"""
Now garments. Here the budgets are *not* equal; what differs is said below the table. The weights are those that ship:
`gan`, a generator told the class, with batch norm and $R_1$, and `fashion_mnist`, the network of lessons 6 to 8, plain
(scale 1, ten steps). Both saw the same 60,000 photographs for about an hour of one thread; each file has a card in
`course_utils/weights`.
"""

# %% [markdown] key="garments-why" lang="zh" of="3c6f5f"
r"""
现在到衣物上再比。这一场的预算**不**相等，差在哪里，表后写明。用随课程附带的权重：`gan` 是一个知道类别的生成器，用了批归一化与 $R_1$；`fashion_mnist` 是第 6 到 8 课的那个网络，不加引导（强度 1，十步）。两者看的是同样的 60,000 幅照片，各用单线程训练一个小时左右；每份权重在 `course_utils/weights` 里都有一张模型卡。
"""

# %% key="garments-show"
by_gan = drawn_by_gan.gan_garments(20)
plots.rows({"GAN": by_gan[:10], "GAN ": by_gan[10:], "diffusion": drawn[:10], "diffusion ": drawn[10:20], "photographs": test.x[:10]})

# %% key="garments-table"
rows_of = {"GAN": (drawn_by_gan.JUDGED, drawn_by_gan.SHARED, drawn_by_gan.COPIED)}
rows_of |= {f"diffusion, {way}": (GUIDED[way], judged_crowds.STORED[way], copying.STORED[way]) for way in ("1", "2, -2 to 4")}
rows_of |= {"photographs": (PHOTOGRAPHS["test"], judged_crowds.REAL, copying.STORED["real, test"])}
for name, ((judged, a), (shared, b), (copied, c)) in rows_of.items():
    print(f"{name:21} distance {judged.distance:.3f} ± {a.distance:.3f}   recognised {judged.agreement:.3f} ± {a.agreement:.3f}   within {judged.within:.2f} ± {a.within:.2f}")
    shares = f"precision {shared.precision:.3f} ± {b.precision:.3f}   recall {shared.recall:.3f} ± {b.recall:.3f}   density {shared.density:.2f} ± {b.density:.2f}"
    print(f"{'':21} {shares}   copied {copied.pixels:.2f} ± {c.pixels:.2f}")
for width, (judged, a) in drawn_by_gan.NARROWED.items():
    print(f"{f'GAN, z times {width}':21} distance {judged.distance:.3f} ± {a.distance:.3f}   recognised {judged.agreement:.3f} ± {a.agreement:.3f}   within {judged.within:.2f} ± {a.within:.2f}")
for name, (median, least, most) in drawn_by_gan.MILLISECONDS.items():
    print(f"{name:21} {median:6.2f} ms an image ({least:.2f} to {most:.2f})")

# %% [markdown] key="garments-read" lang="en"
r"""
**Read the rows.** (1,000 of each, classes in turn, one standard error; `tests/benchmarks/evaluation.py gan`.
`recognised`: the share that the judge takes for the class asked for; `within`: the variance of its features inside a
class, lesson 8; `copied`: part 4's score in pixels, 0.5 is right. Distances are to all 10,000 test images, hence the last
digit beside part 4; the 1,000 photographs are among them, so 0.035 is too low: a fairer floor is 0.041. Milliseconds for
one image, 64 at once on one thread.) In the figure the GAN's first boot failed, and diffusion's shirts are mottled;
twenty do not say who fails more often, so read the table. The GAN and diffusion at scale 1 cannot be told apart: distance
0.18 ± 0.02 and 0.16 ± 0.02, and so with every other column of this table. (All but `copied` are seen through one judge;
part 6's three other pairs of eyes, the kernel distance and coverage are not listed here, and bits a GAN does not have. By
part 6's own rule this is half an answer.) Their cards, from 10,000 samples, say 0.1355 (the GAN, one evaluation) and
0.1368 (diffusion, DDIM with 50 steps, not the ten of this part), where 10,000 training photographs have 0.0123.
"Diffusion beats GANs" may hold elsewhere; it is not what comes out here.

What differs:

- *The price of a sample*: 1.1 ms against 44 with 10 evaluations, forty times as much (and 227 with DDIM's 50).
- *The price of the training*: 53 minutes of one thread for the GAN, 62 for diffusion; the GAN's machine was the slower
  one, so minutes do not compare directly. By the cards the GAN saw 416,000 images (6,500 steps of 64), diffusion
  1,280,000 (10,000 of 128). And 521,297 numbers draw (the discriminator's, some 700,000, were thrown away), where
  diffusion has 1,582,948.
- *The way there*: diffusion was trained once, by a loss that says how far one is. A first design of the generator made
  one and the same garment for all of a class, whatever the penalty; which of three changes to it mended that is not
  known. And while the distance fell from 0.55 to 0.14, the discriminator's loss stood at 1.25 throughout. (From notes of
  the training; not recomputed here.) In this run that loss did not tell whether the game went well.
- *What can be done with it afterwards*: in the judge's eyes guidance in an interval halves diffusion's distance
  (0.08 ± 0.01; part 6's three others see a seventh less at most), and nothing had to be trained for it. It has its price:
  the variance within a class falls from 3.42 to 2.69 (photographs: 3.43), and guided steps evaluate twice, so the 44 ms
  are not its price. A GAN has a trade of that kind, too: with its $z$ 0.9 times as wide its distance falls from 0.18 to
  0.12 and the variance within a class from 3.5 to 3.1, without training and without a further evaluation. Holes,
  beginnings and a bound in bits come with the walk; one evaluation has no place for these.

**Two more families, in three sentences each.** A *variational autoencoder* (VAE, 2013) learns an encoder from images to a
few numbers and a decoder back, by the same kind of bound as lesson 6, with one step in place of a thousand. A sample is
one evaluation of the decoder. Where the decoder is a Gaussian of fixed width it answers with means of what its numbers
cannot tell apart, and means are blurred; lesson 11 uses one to make pictures small, not to make them up. A *normalising
flow* (2014) is one invertible network from noise to images, so that its likelihood is exact, by the change of variables.
It is usually sampled in one evaluation, and trained by nothing but that likelihood. The price is that every layer has to
be invertible and to keep all dimensions; lesson 10 takes the layers away and keeps the flow. (Diffusion was proposed in
2015, found again by way of scores in 2019, and from 2021 on was what all compared with.)
"""

# %% [markdown] key="garments-read" lang="zh" of="9e3dde"
r"""
**看各行。**（各 1,000 件，类别轮流，一个标准误差；`tests/benchmarks/evaluation.py gan`。`recognised` 是评判者认作所要类别的比例，`within` 是它的特征在同一类之内的方差，见第 8 课；`copied` 是第 4 节按像素算的背诵分数，0.5 为宜。距离是到全部 10,000 幅测试图像的，所以与第 4 节差末一位；照片那 1,000 幅就在其中，0.035 因此偏低，较公平的下限是 0.041。毫秒是单线程、一次 64 幅时一幅的用时。）图里 GAN 第一行的靴子没画成，扩散模型的衬衫有斑；只看二十件，看不出谁失手得多，所以看表。GAN 与强度 1 的扩散模型分不出高下：距离 0.18 ± 0.02 与 0.16 ± 0.02，表中的其他各项也都如此。（除了 `copied`，看的都是评判者这一双眼睛；第 6 节的另外三双、核距离与覆盖率，这里没有列；比特数 GAN 根本没有。按第 6 节的规矩，这只是一半答案。）两张模型卡用 10,000 个样本，写的距离是 0.1355（GAN，求值一次）与 0.1368（扩散模型，DDIM 50 步，不是这里的十步），10,000 幅训练照片是 0.0123。
“扩散模型胜过 GAN”，在别处也许成立，这里得到的却不是这个结果。

不同的是：

- **一个样本的价钱**：1.1 毫秒，对 10 次求值的 44 毫秒，差四十倍（DDIM 走 50 步要 227 毫秒）。
- **训练的价钱**：GAN 单线程 53 分钟，扩散模型 62 分钟；GAN 用的机器较慢，所以分钟数不好直接比。按模型卡所记，GAN 看过 416,000 幅图像（6,500 步，每步 64），扩散模型 1,280,000 幅（10,000 步，每步 128）。而且用来画的只有 521,297 个数（判别器另有 700,000 个左右，训练完就扔了），扩散模型有 1,582,948 个。
- **训练的经过**：扩散模型一次就训练成了，从损失看得出走到了哪里。生成器的第一种设计，不管加什么惩罚，同一类画出来的都是同一件；后来改了三处，是哪一处治好的，并不知道。而且距离从 0.55 降到 0.14 的一路上，判别器的损失始终停在 1.25 附近。（这一段出自训练时的笔记，本页没有重算。）在这一次里，从这个损失看不出博弈顺不顺利。
- **以后还能做什么**：在区间内引导，在评判者眼里，扩散模型的距离减半（0.08 ± 0.01；在第 6 节另外三双眼睛里，至多降七分之一），什么都不用另外训练。它也要付账：类内方差从 3.42 降到 2.69（照片是 3.43），而且受引导的那几步，每步求值两次，价钱不止 44 毫秒。GAN 也有这样的交换：把 $z$ 缩到 0.9 倍，距离从 0.18 降到 0.12，类内方差从 3.5 降到 3.1，不用训练，也不必多求值。补缺口、从图像出发、比特数的界，是一步步走才有的；只求值一次，这几样就无处安放。

**还有两个家族，各说三句。** **变分自编码器**（variational autoencoder，VAE，2013）学一个把图像变成少数几个数的编码器，再学一个把它们变回图像的解码器，所用的界与第 6 课同属一类，只是一千步并成了一步。采一个样本，只算一次解码器。
若解码器是固定宽度的高斯，凡那几个数区分不了的，它都答以均值，而均值是模糊的；第 11 课用它，是为了把图变小，不是为了画图。**归一化流**（normalising flow，2014）是一个由噪声到图像的可逆网络，似然可以用变量替换精确算出。
采样通常只算一次，训练也只靠这个似然。代价是每一层都必须可逆、维数一个也不能少；第 10 课去掉这些层，只留下流。（扩散模型 2015 年提出，2019 年经由得分被重新发现，2021 年起成了大家比较的对象。）
"""

# %% [markdown] key="clinic"
r"""
## 10 · A clinic of six reports · 诊室：六份报告
"""

# %% [markdown] key="clinic-why" lang="en"
r"""
Seven reports of garments, 250 each, as their authors give them. Beneath each stands the same sentence: "ten classes
alike, in $[-1,1]$, none of them a training image, distance to 10,000 test images, one seed, floor from as many real
images". `OK` is as it says. In each of the six others one of these is not so:

| word | what is wrong |
|---|---|
| `classes` | some classes are not among the samples |
| `copies` | the samples are training images |
| `n` | the floor was measured with another n |
| `range` | the samples were handed over in $[0,1]$ |
| `reference` | the distance is to training images |
| `seeds` | it is the best of eight seeds |

The table alone does not tell them all. You may ask further, `reports.asked("A", "nearest")`: about "pixels", "classes",
"nearest", "seeds", "reference" or "floor". Before you ask, say what you expect: a good reviewer needs six questions, not
thirty-six. Then one word for each report, `{"A": "seeds", "B": ...}`.
"""

# %% [markdown] key="clinic-why" lang="zh" of="a15225"
r"""
七份关于衣物的报告，各 250 件，数字照作者所给。每份下面都写着同样一句：“十类一样多，在 $[-1,1]$ 之内，没有一件是训练图像，到 10,000 幅测试图像的距离，一个种子，下限取自同样多的真实图像”。`OK` 名副其实。其余六份，各有一处不是这样：

| 代号 | 哪里不对 |
|---|---|
| `classes` | 样本里缺了几类 |
| `copies` | 样本就是训练图像 |
| `n` | 下限是用另一个 n 量的 |
| `range` | 样本交来时在 $[0,1]$ 之内 |
| `reference` | 距离是到训练图像的 |
| `seeds` | 是八个种子里最好的 |

光看表，还分辨不全。你可以追问，如 `reports.asked("A", "nearest")`：能问的有 "pixels"、"classes"、"nearest"、"seeds"、"reference"、"floor"。追问之前，先说出你预料的结果：好的审稿人问六次就够，用不着三十六次。然后给每份写一个代号，`{"A": "seeds", "B": ...}`。
"""

# %% key="clinic-show"
for who in ("OK", *"ABCDEF"):
    told = reports.published(who)._asdict()
    print(f"{who:3}" + "   ".join(f"{name} {value:.3g}" for name, value in told.items()))
reports.asked("OK", "nearest")

# %% key="clinic-try" tags=["exercise"]
my_diagnoses = ...
my_diagnoses = check("09.clinic", my_diagnoses)

# %% [markdown] key="build"
r"""
## 11 · Build it: a report that cannot be faulted · 动手造：一份挑不出错的报告
"""

# %% [markdown] key="build-why" lang="en"
r"""
Write the report that a reviewer could not fault. It is handed `samples` (n, c, h, w), the `labels` (n,) that were asked
for, real images that the model was trained on and as many that it was not, `training` and `unseen`, each with `.x` and
`.y`, and `features`, which turns images into (n, d). It returns a dictionary: each name with (value, one standard error).

- **refuses**: `raise ValueError(...)`, in words, where no number should be made: nan or inf; pixels beyond $[-1,1]$, or
  none below 0 (then they are in $[0,1]$); not one label for each sample, or not all the labels that `unseen` has; a
  sample that is there twice.
- **distance**: of samples, training and unseen images take equally many of each label, as many as all three have, the
  first ones of each. `"n"`: how many samples that are in all, with the error 0. `"distance"`: Fréchet, features of the
  chosen samples to those of the chosen unseen images. `"floor"`: the same with the chosen training images in the place of
  the samples.
- **support**: `"precision"` and `"recall"` of the same chosen crowds, unseen images being the real ones, $k=5$, and of
  the *pixels*, flattened: features can be bent.
- **memorised**: `"memorised"`, as in part 4, but of *all* samples, against all images of both sets (they are equally
  many).
- **bars**: each error is about as large as what the number moves by from one such crowd to the next. Drawing again within
  each label, with replacement, serves for distances: `bootstrapped(measure, (features, labels), (features, labels))` does
  it, and hands `measure` two such pairs; the error of a share is $\sqrt{p(1-p)/n}$.
- **cheats**: seven crowds stand beside an honest one: training images; one class under all labels; pixels in $[0,1]$;
  noise with the features of real images; the half nearest to the middle of its class; four of each class; half a crowd,
  twice. Each must be refused, or be worse in some number by more than 2.5 standard errors (worse: less for n, precision
  or recall, more for distance or memorised; the error is the root of the sum of both squares).

Further entries are welcome, and your own functions from above may be used. `hint("09.build")` speaks of the first part
that does not hold.
"""

# %% [markdown] key="build-why" lang="zh" of="5b7d95"
r"""
写一份审稿人挑不出毛病的报告。交给它的有：`samples`（n, c, h, w）；所要的标签 `labels`（n,）；模型训练用过的真实图像 `training`，与同样多没用过的 `unseen`，各有 `.x` 与 `.y`；以及把图像变成 (n, d) 的 `features`。它返回一个字典：每个名称对应（值，一个标准误差）。

- **refuses**：以下情形不该算出任何数，要用一句话写明原因，`raise ValueError(...)`：有 nan 或 inf；像素超出 $[-1,1]$，或没有一个小于 0（那就是在 $[0,1]$ 之内）；不是每个样本一个标签，或没有包含 `unseen` 的全部标签；有样本出现两次。
- **distance**：从样本、训练图像、没见过的图像里，每个标签取同样多，个数以三群都拿得出为准，各取头几个。`"n"`：这样的样本一共多少，误差为 0。`"distance"`：挑出的样本与挑出的没见过的图像，两者特征之间的 Fréchet 距离。`"floor"`：把样本换成挑出的训练图像，再量一次。
- **support**：`"precision"` 与 `"recall"`：用同样挑出的两群，没见过的图像作为真实的一方，$k=5$，而且按展平的**像素**来量：特征是可以凑出来的。
- **memorised**：`"memorised"`，与第 4 节相同，但用**全部**样本，与两组的全部图像相比（两组一样多）。
- **bars**：每个误差，都应与换一群这样的样本时那个数的变动差不多大。距离可以在每个标签之内有放回地重抽：`bootstrapped(measure, (features, labels), (features, labels))` 就做这件事，`measure` 收到的是两个这样的二元组；占比的误差是 $\sqrt{p(1-p)/n}$。
- **cheats**：与诚实的一群放在一起的，有七群：训练图像；挂着各类标签、其实只有一类的；像素在 $[0,1]$ 之内的；特征与真实图像相同的噪声；离类别中心近的那一半；每类只有四个的；半群交两遍的。每一群都要么被拒绝，要么有一个数变差了 2.5 个标准误差以上（n、精确率、召回率变小，距离、背诵分数变大；标准误差取两个误差平方和的根）。

多写几项也欢迎，前面自己写的函数都可以用。`hint("09.build")` 针对第一个尚未成立的部分。
"""

# %% key="build-try" tags=["exercise"]
def my_report(samples, labels, training, unseen, features):
    ...

my_report = check("09.build", my_report)

# %% key="build-use"
known, new = data.Images(training.x[:1000], training.y[:1000]), data.Images(test.x[:1000], test.y[:1000])
asked_of = {"drawn": drawn, "copies": known.x[:100], "photographs": test.x[1000:1100], "boots": test.x[1009::10]}
def report_or_refusal(x):
    try:
        return my_report(x, torch.arange(len(x)) % 10, known, new, judge.features)
    except ValueError as refusal:
        return {f"refused: {refusal}": (0, 0)}

reported = {name: report_or_refusal(x) for name, x in asked_of.items()}
for name, rows in reported.items():
    print(f"{name:12}" + "   ".join(f"{title} {value:.2f} ± {error:.2f}" for title, (value, error) in rows.items()))

# %% [markdown] key="build-read" lang="en"
r"""
**Read your report.** (A hundred of each, against 1,000 training photographs and as many unseen.) The copies are at the
floor by distance (they *are* its images), and at 1.00 where they are looked for. The boots are given away by distance and
recall, though every single one is a good boot. And the network? Its distance is the floor's: a hundred samples are too
few to tell it from reality, and the report says so itself, by its bars. Its recall, in pixels, is below that of
photographs by two or three bars (by the formula's bars, which are about half of what leaving out groups says in part 5):
worth a second look, with more samples. Its memorisation score of 0.38 is more than two bars *below* a half. Before you
make a finding of it: part 4 had 0.51 ± 0.01 with six sets of 9,000. All hundred samples share *one* set of training and
one of unseen photographs, and the bar knows nothing of that: beside the seven other thousands of training photographs the
same hundred have 0.43 to 0.49, and another hundred, drawn anew, has 0.59 beside the very same two sets. A bar says what varies if one thing is drawn anew; ask which thing.
"""

# %% [markdown] key="build-read" lang="zh" of="c59fa0"
r"""
**看你的报告。**（各一百个，对训练照片与没见过的照片各 1,000 幅。）副本的距离就是下限（下限用的**就是**这些图像），只在专门查它的那一项露出 1.00。靴子的距离与召回率不对劲，尽管每一只都是好靴子。网络呢？它的距离与下限相同：一百个样本太少，分不清它与现实，而报告用误差棒自己说了出来。
它的召回率（按像素）比照片低两三个误差棒（按公式算的误差棒，约是第 5 节轮流去掉一组所得的一半）：值得用更多样本再看一次。它的背诵分数 0.38，比一半**低**两个多误差棒。先别急着当成发现：第 4 节用六组、每组 9,000 幅，得到的是 0.51 ± 0.01。一百个样本共用**同一组**训练照片与同一组没见过的照片，误差棒对此一无所知：换上另外七组训练照片，这一百个是 0.43 到 0.49；另画一百个，对同样的这两组，是 0.59。
误差棒说的是：某一样东西重抽一次会变多少；要问清是哪一样。
"""

# %% [markdown] key="recap"
r"""
## 12 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- what the Fréchet distance keeps of a crowd, how it is computed, and what two crowds at distance 0 may look like;
- why a distance from $n$ samples is too large by about a constant over $n$, and three ways to compare all the same;
- why no model beats a copyist by distance, and how an unseen set of equal size gives him away;
- what precision and recall ask, which of them guidance pays with, and what it buys here;
- why two feature networks rank the same models differently, and what a FID in a paper needs beside it;
- what bits per pixel measure without any judge, and why they are no measure of looks;
- what the best discriminator knows, what a generator learns from it, and what a missing mode is;
- where a GAN is ahead of diffusion and where behind, at equal budgets on the ring and unequal ones on garments.

**Common mistakes**

- "FID 2.9 is good." Of which $n$, against which images, resized how, beside which floor?
- "Our 200 samples are farther away than their 10,000." They would be if both were perfect.
- "The distance is small, so the model is good." The training set, handed over, is nearer than any model here.
- "Its nearest neighbour is near, so it is a copy." How near is the nearest neighbour of an unseen image?
- "We report the best of ten seeds." Then the others should report the best of ten, too.
- "Precision and recall are percentages of a truth." They depend on $k$, on $n$ and on the features; compare with the real floor.
- "The classes are equally frequent in the long run." In 200 draws they are not, and the distance sees it.
- "The discriminator's loss goes to $\log4$, so the GAN has converged." So it does when the discriminator is bad.
- "GANs collapse." Some do, from some seeds; count the modes.

**Papers**

- Dowson & Landau 1982,
  [The Fréchet distance between multivariate normal distributions](https://doi.org/10.1016/0047-259X(82)90077-X): our (2).
- Heusel et al. 2017, [GANs Trained by a Two Time-Scale Update Rule](https://arxiv.org/abs/1706.08500): FID, eq. (6).
- Chong & Forsyth 2020, [Effectively Unbiased FID](https://arxiv.org/abs/1911.07023): the line in $1/n$.
- Bińkowski et al. 2018, [Demystifying MMD GANs](https://arxiv.org/abs/1801.01401): the kernel distance, KID.
- Kynkäänniemi et al. 2019, [Improved Precision and Recall](https://arxiv.org/abs/1904.06991); Naeem et al. 2020,
  [Reliable Fidelity and Diversity Metrics](https://arxiv.org/abs/2002.09797): density and coverage.
- Meehan et al. 2020, [A Non-Parametric Test to Detect Data-Copying](https://arxiv.org/abs/2004.05675).
- Parmar et al. 2022, [On Aliased Resizing](https://arxiv.org/abs/2104.11222): what resizing does to FID. Stein et al.
  2023, [Exposing flaws of generative model evaluation metrics](https://arxiv.org/abs/2306.04675): with many feature
  networks.
- Theis et al. 2016, [A note on the evaluation of generative models](https://arxiv.org/abs/1511.01844): likelihood and
  looks.
- Goodfellow et al. 2014, [Generative Adversarial Networks](https://arxiv.org/abs/1406.2661): our (3) and (4), theorem 1,
  Algorithm 1.
- Mescheder et al. 2018, [Which Training Methods for GANs do actually Converge?](https://arxiv.org/abs/1801.04406): $R_1$.
"""

# %% [markdown] key="recap-text" lang="zh" of="2587a5"
r"""
**现在你能讲清**

- Fréchet 距离从一群样本里留下什么、怎么算，距离为 0 的两群可以是什么样子；
- 由 $n$ 个样本算出的距离为什么偏大，偏大的量约为一个常数除以 $n$，以及照样能比较的三种办法；
- 论距离为什么没有模型胜得过照抄的，一个同样大、它没见过的集合又怎样让它露馅；
- 精确率与召回率各问什么，引导付出的是哪一个，在这里换来的又是什么；
- 两个特征网络为什么给同一批模型排出不同的名次，论文里的 FID 旁边还该写什么；
- 每像素比特数不靠任何评判者，量的是什么，又为什么不能衡量好不好看；
- 最好的判别器知道什么，生成器从它那里学到什么，漏掉一个峰是什么意思；
- 在环上预算相同、在衣物上预算不同，GAN 哪里胜过扩散模型，哪里不如。

**常见误解**

- “FID 2.9，很好。”用了多大的 $n$？与哪些图像比？怎么缩放的？下限是多少？
- “我们的 200 个样本比他们的 10,000 个离得远。”就算两边都完美，也是如此。
- “距离小，所以模型好。”把训练集原样交出来，比这里哪个模型都近。
- “最近邻很近，所以是抄的。”没见过的图像，最近邻又有多近？
- “我们报告十个种子里最好的一个。”那别人也该报告十个里最好的。
- “精确率与召回率是某个真值的百分比。”它们取决于 $k$、$n$ 与特征；要和真实图像自己得到的数比。
- “长远看，各类一样多。”抽 200 个时并不一样多，距离看得出来。
- “判别器的损失趋于 $\log4$，所以 GAN 收敛了。”判别器差的时候也是如此。
- “GAN 会坍塌。”有的会，取决于种子；去数一数峰。

**论文**

- Dowson 与 Landau，1982，[The Fréchet distance between multivariate normal distributions](https://doi.org/10.1016/0047-259X(82)90077-X)：我们的 (2)。
- Heusel 等，2017，[GANs Trained by a Two Time-Scale Update Rule](https://arxiv.org/abs/1706.08500)：FID，式 (6)。
- Chong 与 Forsyth，2020，[Effectively Unbiased FID](https://arxiv.org/abs/1911.07023)：对 $1/n$ 的直线。
- Bińkowski 等，2018，[Demystifying MMD GANs](https://arxiv.org/abs/1801.01401)：核距离，KID。
- Kynkäänniemi 等，2019，[Improved Precision and Recall](https://arxiv.org/abs/1904.06991)；Naeem 等，2020，
  [Reliable Fidelity and Diversity Metrics](https://arxiv.org/abs/2002.09797)：密度与覆盖率。
- Meehan 等，2020，[A Non-Parametric Test to Detect Data-Copying](https://arxiv.org/abs/2004.05675)。
- Parmar 等，2022，[On Aliased Resizing](https://arxiv.org/abs/2104.11222)：缩放对 FID 的影响。Stein 等，2023，
  [Exposing flaws of generative model evaluation metrics](https://arxiv.org/abs/2306.04675)：用许多特征网络作比较。
- Theis 等，2016，[A note on the evaluation of generative models](https://arxiv.org/abs/1511.01844)：似然与好看。
- Goodfellow 等，2014，[Generative Adversarial Networks](https://arxiv.org/abs/1406.2661)：我们的 (3) 与 (4)，定理 1，算法 1。
- Mescheder 等，2018，[Which Training Methods for GANs do actually Converge?](https://arxiv.org/abs/1801.04406)：$R_1$。
"""

# %% key="progress"
progress("09")
