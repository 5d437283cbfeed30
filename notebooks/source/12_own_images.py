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
#     leave_out: [train, colour, bigger, hand]
# ---

# %% [markdown] key="head"
r"""
# 12 · Your own images, bigger machines · 自己的图片与更大的机器
"""

# %% [markdown] key="welcome" lang="en"
r"""
Everything so far was learned on pictures that somebody had prepared: all of one size, grey, counted, clean. Yours are
not. They lie in a folder, some on their side, some broken, forty of them nearly the same; and you would like to know,
before a night is spent on it, whether a model will come out of them. This lesson goes the whole way: from a folder to a
model, on the machine that you have, and from there to a bigger one with the same command (two processes on one machine are tested; no GPU was), and at last into the formats that others open.

It makes its own folder, of pictures that came with the course, so that nothing is downloaded and every page of it is the
same on your machine as on ours. At the end you point one command at yours.

**Afterwards you can** read a folder and say what was left out, and why; say by which numbers one sees whether a network invents or copies, and what decides it; train with an eye on the loss of images kept out; turn a network for grey pictures into one that reads colour, and measure whether that is worth it; start from a network that exists, train all of it or a fiftieth of it, and measure what it forgets; share a batch among parts or processes so that the result stays the
same; say which rate a larger batch wants, where half precision bites, and how long a training will take; hand your model
on; and go through ten reasons why it does not learn. And you have built the low-rank layer that you train with.
"""

# %% [markdown] key="welcome" lang="zh" of="8c7f73"
r"""
到这里为止，学的都是别人收拾好的图片：大小一样，灰度，数过，干净。你自己的可不是这样。它们躺在一个文件夹里，有的横着，有的坏了，有四十张几乎一模一样；你想在熬通宵之前先知道：凭这些图片，究竟练不练得出一个模型。这一课走完全程：从文件夹到模型，先在手边的机器上，再到更大的机器上，命令还是同一条（一台机器上开两个进程测过，GPU 上没有试过），最后存成别人打得开的格式。

这一课的文件夹是它自己做的，用的是随课程附带的图片，什么都不用下载，你那里印出的数与图，都与我们这里的一样。学到最后，你把一条命令指向你自己的文件夹。

**学完之后，你能**读入一个文件夹，说出略过了什么、为什么；说出由哪几个数看得出网络在创作还是照抄，又是什么决定的；盯着留出图像的损失来训练；把只懂灰度图的网络改成能读彩色图的，并量一量值不值得；从现成的网络出发，训练它的全部，或只训练五十分之一，并量出它忘了多少；把一批分成几份，或分给几个进程，结果保持不变；说出更大的批要用多大的学习率、半精度在哪里会出错、一次训练要多久；把模型交给别人；还能逐条检查模型学不会的十种原因。此外，你用来训练的低秩层，是你自己造的。
"""

# %% key="setup"

# %% key="imports"
import contextlib
import copy
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from IPython.utils.capture import capture_output
from torch import nn

from course_utils import data, plots
from course_utils.checkup import diagnose, show_findings
from course_utils.classroom import check, hint, predict, progress, reveal, seeded, show_source, solution
from course_utils.data.pictures import whole_of
from course_utils.experiments import (
    batch_and_rate,
    between_channels,
    by_heart,
    costs,
    enough,
    few_bits,
    first_look,
    handing_on,
    in_parts,
    own_folder,
    sick_trainings,
    tuning,
)
from course_utils.explorers.browser import folder_explorer
from course_utils.explorers.enough import enough_explorer
from course_utils.explorers.strength import strength_explorer
from course_utils.language import say
from course_utils.low_rank import merged, set_strength, with_low_rank
from course_utils.low_rank_files import read_low_rank, write_low_rank
from course_utils.objectives import errors, errors_of_v
from course_utils.plots.growth import scalings
from course_utils.schedules import cosine
from course_utils.train.command import run_command
from course_utils.train.ending import picture_in
from course_utils.train.found import FoundPictures, split_of
from course_utils.train.running import read_checks
from course_utils.training import start, train
from course_utils.weights import pretrained
from course_utils.widening import widened
from course_utils.widgets import step_bar

schedule = cosine()
torch.set_num_threads(1)  # small networks: a second thread gains little, and waits beside other work

# %% [markdown] key="look"
r"""
## 1 · Look first · 先看一眼
"""

# %% [markdown] key="look-why" lang="en"
r"""
The first minute of every training belongs to the folder. What is not looked at now is learned: a scanner's black edge, a
watermark, the same picture sixty times. So read it once and let the reader say what it found *and what it left out*; a
silent reader is how one trains for a night on half of one's pictures.
"""

# %% [markdown] key="look-why" lang="zh" of="a6473c"
r"""
每次训练的头一分钟都该花在文件夹上。现在没看的，以后都会被学进去：扫描仪留下的黑边、水印、重复了六十遍的同一张图。所以先读一遍，让读的程序说清找到了什么，**又略过了什么**；读的程序若一声不吭，就会有人只用了一半的图片，训练一整夜还不知道。
"""

# %% key="look-write"
place = own_folder.write_own_folder(Path(tempfile.mkdtemp()) / "pictures")
album = data.album(place, size=32, labels=True)

# %% key="look-report"
look = first_look.glance(place, album)
say(*first_look.told(look, album))

# %% [markdown] key="look-read" lang="en"
r"""
**Read the report.** 337 files, of which 329 can be read. Of the eight others one is a note that nobody took for a
picture; seven would have been pictures, and each has its reason: an empty file, a download that broke off, a web page saved under a
picture's name (so servers say "not found"), one that lies in no class folder, a thumbnail that some program
hid, a kind that is not read, and numbers of which nobody knows what white is. With one word more, `labels=True`, the
sub-folders became classes. Sizes run from 12 to 3,840 pixels. The one of 12 was *enlarged* to 32, and what is enlarged is made up, smoothly. Then two lines that ask for eyes, what is cut off and what is double; what few pixels leave comes third.

**The middle square.** Sixteen pictures are wider than high. Write what happens to them.
"""

# %% [markdown] key="look-read" lang="zh" of="e7fcee"
r"""
**看这份报告。** 共 337 个文件，读得了的有 329 个。其余八个里，一个是便条，本来就没人当它是图片；另外七个本该是图片，却都略过了，各有各的原因：空文件；没下载完；用图片的名字存下来的一张网页（服务器就是这样说“找不到”的）；不在任何类别的文件夹里；某个程序藏起来的缩略图；读不了的格式；还有一个，像素是浮点数，谁也不知道多大算白。多写一个词 `labels=True`，子文件夹就成了类别。尺寸从 12 到 3,840 像素：12 的那张要**放大**到 32，放大出来的东西，是平滑地编出来的。报告里再下面两行，要亲眼去看：裁掉了什么，哪些重复。第三件要看的，是像素少了还剩什么。

**中央正方形。** 有十六张图宽大于高。它们会怎么样，请你写出来。
"""

# %% [markdown] key="crop-task" lang="en"
r"""
**Write it yourself.** `my_square(x)` gets pictures `(..., h, w)`, with any axes in front, and returns the largest square in
their middle. Where an odd number of rows or columns has to go, either side may lose one more. It cuts the pictures right
below.
"""

# %% [markdown] key="crop-task" lang="zh" of="7e62d6"
r"""
**自己动手。** `my_square(x)` 收到图片 `(..., h, w)`，前面可以有任意几个轴，返回正中最大的正方形。要切去的行数或列数若是奇数，哪边多切一个都行。紧接着就用它来切图。
"""

# %% key="crop-try" tags=["exercise"]
def my_square(x):
    ...

my_square = check("12.crop", my_square)

# %% key="look-cut"
widest = look.cut.argsort(descending=True, stable=True)[:16].tolist()
plots.grid(first_look.what_is_cut(place, [album.files[i] for i in widest], 90), columns=8, zoom=1, gap=4)

# %% key="look-own-cut"
first = [data.from_pil(whole_of(place, album.files[i], 90)) for i in widest[:8]]
plots.grid(torch.cat([data.resize(my_square(x), 60) for x in first]), columns=8, zoom=1, gap=4)

# %% [markdown] key="cut-read" lang="en"
r"""
**Read the figures.** Above, what is faded goes: a third of a wide picture. Below, what your `my_square` left of the first eight. In a folder of landscapes the
middle is sky and the tower is cut in two; there one cuts by hand, or lets the model see all of it, smaller and padded. On
this folder as a whole it is little, 1.6 % of a picture on average, since most are squares.

**Doubles.** Which of the pictures are nearly one? Two that are closer than 8 of 255, root mean square, when shrunk to 8 × 8 (the number above each pair):
"""

# %% [markdown] key="cut-read" lang="zh" of="01daab"
r"""
**看图。** 上面那幅里，发白的部分会被裁掉：横向的图片要去掉三分之一。下面是你的 `my_square` 从前八张里留下的。若整个文件夹都是风景，中央是天空，塔被切成两半，那就该自己一张张裁，或者缩小、补边，让模型看到全貌。就这个文件夹来说影响不大：多数本来就是正方形，平均只裁掉一张图的 1.6 %。

**重复的。** 哪些图片几乎是同一张？缩到 8 × 8 之后，均方根差不到 8（最大 255）的就算（图上方的数就是这个差）：
"""

# %% key="look-twins"
one, other = ([pair[i] for pair in look.twins] for i in (0, 1))
plots.rows({"one": album.x[one] / 127.5 - 1, "other": album.x[other] / 127.5 - 1}, [f"{pair.apart:.1f}" for pair in look.twins])

# %% key="look-overlap"
for name in own_folder.WINDOWS:
    shared, times, apart = own_folder.overlap(own_folder.cuts(name))
    print(f"{name:6}  of a square {shared:.0%} lies in other squares; a pixel in {times:.1f} squares; {apart} squares lie apart")

# %% [markdown] key="twins-read" lang="en"
r"""
**Read the figure and the numbers.** The first three pairs are one square in three files, as programs leave them that rename and
recompress (a fourth, in grey, was not found: the measure looks at colours). The first flower is one picture as JPEG and as GIF, the second two cuts of nearly the same
place. The three skies between them look alike as any skies would; in truth they, too, are cuts of one place, one inside the other. A measure says "close"; *why*, not even eyes can always tell. Then the two lines that only the one who cut knows: the 60 squares of either photograph are no 60
photographs. About 95 % of a square lies in other squares, too, and no more than a handful lie apart. (8 and 6 are counted greedily, so they may be a few
more.) For a network that is the size of the folder: two photographs and a set of digits, not 329 pictures. And it spoils the
judge: a picture that is kept out lies, for the most part, in those that were trained on, so the loss on it flatters.
Where your pictures come from one afternoon, keep out by day, by place or by person, not picture by picture.
"""

# %% [markdown] key="twins-read" lang="zh" of="64e451"
r"""
**看图，看数。** 前三对是同一块，存成了三个文件，改名、重新压缩的程序就会干这种事（还有第四个，是灰度的，没有找出来：比的是颜色）。两对花里，头一对是同一张图，一个存成 JPEG，一个存成 GIF；后一对是在几乎同一处切了两次。中间三对天空，看上去不过是天空都相像，其实也是从同一处切下的，一块套着一块。度量只会说“近”，**为什么**近，有时连眼睛也说不准。再看印出的那两行，那上面的数只有切图的人才知道：从一张照片上切下的 60 块，并不是 60 张照片。一块里约有 95 % 的地方也在别的块里，互不相叠的只有几块。（8 与 6 是用贪心法挑出来的，实际也许还能多几块。）对网络来说，文件夹真正的大小是两张照片加一套数字，而不是 329 张图。评判也因此走样：留出的那张图，大半就在训练用的图里，它的损失便偏低。图片若都来自同一个下午，留出时请按日子、按地点或按人来分，不要一张一张地分。
"""

# %% [markdown] key="left-why" lang="en"
r"""
**What do few pixels leave?** The cost of a network grows with the pixels, so one wants few of them. How few? Here are six
pictures at 128, 64, 32, 16 and 8 pixels a side; under them, for a third of the folder, which share of the variance of the pixels at
128 is left.
"""

# %% [markdown] key="left-why" lang="zh" of="e42be4"
r"""
**少几个像素，还剩什么？** 网络的开销随像素数增长，所以像素越少越好。少到多少还行？下面是六张图，边长分别为 128、64、32、16、8 像素；再下面取文件夹的三分之一，列出边长 128 像素时的像素方差还剩多少。
"""

# %% key="left-show"
shown = ["palace/005.jpg", "palace/002.jpg", "palace/whole.jpg", "flower/004.png", "digit/3-003.png", "digit/8-008.png"]
x = first_look.squares(place, shown)  # 128 x 128
plots.rows({f"{size}": first_look.left_at(x, size) for size in (128, 64, 32, 16, 8)})

# %% key="left-detail"
x, y = first_look.squares(place, album.files[::3]), album.y[::3]
for size in (8, 16, 32, 64):
    left = [first_look.detail_left(x[y == k], size).median() for k in range(3)]
    print(f"{size:2} x {size:<2}  " + "  ".join(f"{name} {share:.1%}" for name, share in zip(album.classes, left, strict=True)))

# %% [markdown] key="left-read" lang="en"
r"""
**Read the figure and the table.** At 32 the tower keeps its storeys and loses its windows; at 16 it is an outline, at 8 a shadow. The digits lose hardly anything down to 16 (99 %): they *are* 8 × 8, enlarged by us, and no pixel that was added holds anything new. (At 8 × 8 itself 94 % are left, not all: enlarging made smooth slopes between the pixels, and the mean of a slope is not the pixel it began with. The other squares are 64 to 112 pixels a side, enlarged to 128 for this, so the upper rows of the figure flatter, too.) The table says the same in numbers, but
look at it with care. At 32 pixels the squares of the palace keep about 85 % of their variance, and what is missing is all that one
would call detail. Variance is no importance. A network that learns 16 × 16 draws 16 × 16: what is not in that row of the figure does not come back.

**Move it.** Look through the folder. The picture that stands there is a whole photograph, wider than high. At crop 50, the
middle, the frame cuts off the eaves of the tower on the left. **Task:** up to which crop is the whole tower in the frame, and what is lost on the right then? (Crop only moves the square: a third goes wherever it stands.) Then turn down the size until you can no longer count three storeys.
"""

# %% [markdown] key="left-read" lang="zh" of="72e2ba"
r"""
**看图，看表。** 边长 32 时，塔还看得出层数，窗户没有了；16 时只剩轮廓，8 时是一团影子。数字直到 16 几乎什么也没丢（99 %）：它们**本来**就是 8 × 8，是我们放大的，多出来的像素里没有新东西。（恰在 8 × 8 处，剩下的是 94 %，不是全部：放大时在像素之间补上了平滑的斜坡，而斜坡的均值已不是原来那个像素。其余方块边长只有 64 到 112，在这里也放大到了 128，所以图中上面几行同样显得丢得少。）表里说的是同一件事，但要看仔细：边长 32 时，楼阁的方块还留着约 85 % 的方差，丢掉的却正是人们所说的细节。方差占得多，不等于要紧。学 16 × 16 的网络就画 16 × 16：图中那一行里没有的，不会再回来。

**动一动。** 翻看整个文件夹。现在停在一张完整的照片上，宽大于高。“裁剪”为 50，即取正中时，方框切掉了塔左边的飞檐。**任务：** “裁剪”最大到多少，整座塔都还在框里？那时右边丢了什么？（“裁剪”只移动方框：放在哪里都要裁掉三分之一。）再把尺寸调小，直到你数不出三层为止。
"""

# %% key="look-browse"
folder_explorer(place, album, picture=album.files.index("palace/whole.jpg"))

# %% [markdown] key="variety"
r"""
## 2 · Will it work? · 能成吗？
"""

# %% [markdown] key="variety-why" lang="en"
r"""
Lesson 4 has the answer in principle. For a finite set of pictures the denoiser of least loss is known exactly, and it is a
copyist: walked to the end, it draws pictures of the set and nothing else. A network invents because it does not get to be that denoiser: in the steps it is given it does not come so far, and what it finds on the way is smoother. So the question is not "how many
pictures do I need?" but "how many pictures can this network, in this time, learn by heart?" Fewer than that, and it will.

Learning by heart can be measured (lesson 9). Keep as many unseen pictures out as are trained on. Of a sample that owes
nothing to any one picture, the nearest training picture is as likely to be nearer than the nearest unseen one as not: a
share of one half. Of a copy it is always: a share of one. We train one network on 16, 64, 256 and 1,024 pictures, each for
the same number of steps, and ask.
"""

# %% [markdown] key="variety-why" lang="zh" of="dd90f6"
r"""
道理上，第 4 课已经答了。图片只有有限张时，损失最小的去噪器可以精确写出，它是个抄写员：一路走到底，画出的只有集合里的图，别无其他。网络之所以会创作，正因为它**做不成**那个去噪器：给它的步数里，它走不到那么远；一路上学到的，也比那个去噪器平滑。所以该问的不是“要多少张图”，而是“这个网络在这点时间里背得下多少张”。少于这个数，它就会背。

背没背，量得出来（第 9 课）。训练用多少张，就再留出同样多张没见过的。一个样本若没有抄任何一张图，离它最近的训练图与最近的没见过的图，哪个更近，机会各半：训练图更近的份额是二分之一。若是副本，总是训练图更近：份额是一。下面把同一个网络分别在 16、64、256、1,024 张图上训练，步数一样，再来问。
"""

# %% key="enough-table"
for n in enough.MEASURED:
    rows = [enough.averaged_row(enough.STORED[n, mark]) for mark in enough.MARKS]
    cells = [f"nearer {row.nearer:.2f}  copies {row.copies:.2f}  loss {row.learned:.3f} / {row.unseen:.3f}" for row in rows]
    print(f"{n:5} images", *cells, sep="   |   ")

# %% key="enough-show"
last = enough.MARKS[-1]
trios = {n: enough.shown_trio(n, last) for n in enough.MEASURED}
plots.rows({f"{n} {name}": row for n, trio in trios.items() for name, row in zip(("drawn", "seen"), trio, strict=False)})

# %% [markdown] key="enough-read" lang="en"
r"""
**Read the table.** (The figure below it takes the last column, 2,400 steps, in pairs of rows: *drawn* are samples, *seen* the nearest image learned from.) Small garments, 16 × 16; one network of 184,000 weights; from left to right 150, 600 and 2,400 steps of 16 images; 200 samples
each. *Nearer* is the share of samples nearer to an image that was learned than to one of as many unseen ones (0.5: nothing is copied; 200 photographs have between 0.44 and 0.58). *Copies* are samples less than half as far from a learned image as from any unseen one; of the photographs
at most 2.5 % are. (For the error, samples with the same nearest image count as one: so with 16 images that of *nearer* is up to 0.18.) Then the loss, on learned and on unseen images.

With 16 images the network copies: after 2,400 steps three samples in four, and the rows of the figure show it. With 64 the outline comes back, seldom the
image. With 256 neither share shows any copying. The losses know it before any sample is looked at: in the last cell of the first row 0.011 on what was learned beside 0.435
on the rest; at 256 the two are almost together. And look along the rows: on 16 images more steps made the unseen loss *worse*, from 0.160 to 0.435; on 64 it fell and rose again. That turn is when to stop, and only pictures kept out show it.

Note what else differs down a column. At equal steps each of 16 pictures was seen 2,400 times, each of 256 only 150 times. Go along the diagonal, where each was seen 150 times (16 pictures at 150 steps, 64 at 600, 256 at 2,400): no copies anywhere. At 150 steps that says little, as nothing is drawn yet that could be a copy. Look at 64 pictures, at 600 steps and at 2,400, where each was seen 600 times: copies go from 0.00 to 0.04, and the losses part, from 0.083 beside 0.108 to 0.049 beside 0.157. What makes a copyist is few pictures *seen often*.

These are two trainings for each row (the means are printed); only this network was tried. A larger one, or a longer training, knows more by heart. What carries over
is not the number 256, it is the test.

**Move it.** Images and steps; below each sample its nearest learned image, and its nearest unseen one; copies are framed in orange, the bars are shares of 200 samples, and the grey line is 0.5. **Task:** find the settings in which each image was seen 150 times (x 150), and look at the samples of each. Is the share at 16 images, about two thirds, copying, or what blotches would get anyway? (Look at the error first: 0.18.)
"""

# %% [markdown] key="enough-read" lang="zh" of="96a04b"
r"""
**看表**（下面的图取自最后一列，2,400 步：每两行一组，*drawn* 是样本，*seen* 是离它最近的学过的图）。16 × 16 的小衣物图；同一个网络，184,000 个权重；从左到右是 150、600、2,400 步，每步 16 幅；每格 200 个样本。*nearer* 是离学过的图更近的样本所占的份额，与之相比的是同样多的没见过的图（0.5 表示没有抄；换成 200 幅照片，在 0.44 到 0.58 之间）。*copies* 是这样的样本所占的份额：到最近的学过的图的距离，不及到最近的没见过的图的一半；换成照片，至多 2.5 %。（算误差时，最近的图相同的样本只当一个：所以 16 幅时，*nearer* 的误差可达 0.18。）最后是损失，先是学过的，再是没见过的。

只有 16 幅时，网络照抄：2,400 步之后，四个样本里有三个是副本，图里看得清清楚楚。64 幅时，轮廓会重现，整幅重现的很少。256 幅时，两个份额都看不出抄了谁。而且不必看样本，损失早就知道：头一行最右一格，学过的是 0.011，没见过的是 0.435；256 幅时两者几乎挨着。再横着看：16 幅时，步数越多，没见过的图上损失反而**变差**，从 0.160 升到 0.435；64 幅时先降后升。那个拐点就是该停的时候，只有靠留出的图片才看得见。

还要留意，同一列里变的不只是图像数。步数相同，16 幅时每幅看了 2,400 遍，256 幅时每幅只有 150 遍。沿对角线看，每幅都是 150 遍（16 幅 150 步，64 幅 600 步，256 幅 2,400 步）：哪里都没有副本。150 步那一格说明不了多少，那时还什么都画不出来，自然也抄不了。要看 64 幅的 600 步与 2,400 步（后者每幅看了 600 遍）：副本从 0.00 升到 0.04，两种损失也分开了，从 0.083 对 0.108 变成 0.049 对 0.157。造出抄写员的，是少而**看得多**的图片。

每一行训练了两次（印出的是均值），网络只试了这一种。网络更大，或训练更久，背得下的就更多。能带走的不是 256 这个数，而是这个检验。

**动一动。** 拨图像数与步数；每个样本下面是离它最近的学过的图，和最近的没见过的图；橙框里的是副本，横条是 200 个样本里的份额，灰线是 0.5。**任务：** 找出每幅图都看过 150 遍（x 150）的几个设置，看看各自的样本。16 幅时那约三分之二的份额，是真的抄了，还是一团团模糊的斑块本来就会这样？（先看误差：0.18。）
"""

# %% key="enough-dial"
enough_explorer()

# %% [markdown] key="train"
r"""
## 3 · Train · 训练
"""

# %% [markdown] key="train-why" lang="en"
r"""
The loop is lesson 6's, and stays so to the end of this lesson. Three things stand around it, all about not being fooled; the first you know from lesson 6. A share of the pictures is **kept out**: the loss on them is the one to read, for the loss on the others falls for a copyist, too. Two numbers stand beside it as a **ruler**, both errors of ε: 1 for one who always answers 0, and what one reaches who knows all the training pictures by heart. How low a network can come that has learned *pictures* nobody knows; not to 0, as no one can tell the noise from an unknown picture entirely. And there is a **clock**: the command takes minutes (here, for once, steps), and the rate has to come down to 0 within them.
"""

# %% [markdown] key="train-why" lang="zh" of="32baae"
r"""
训练循环就是第 6 课的那个，直到这一课结束都不变。它周围有三样东西，都是为了不上当，第一样第 6 课已经见过。一，**留出**一部分图片：要看的是它们的损失，因为训练图的损失，抄写员也降得下来。二，旁边放一把**尺**，两个数都是 ε 的误差：永远回答 0 的是 1；另一个，是把训练图全背下来能到的。学会了**图片**的网络能低到哪里，谁也不知道；到不了 0，因为面对没见过的图，没有谁能把噪声与图像完全分开。三，有一只**钟**：命令要你给分钟数（这里破例给步数），学习率要在这段时间里降到 0。
"""

# %% key="train-command"
with contextlib.chdir(place.parent):
    run_command("pictures --size 16 --steps 100 --batch 32 --out mine".split())

# %% [markdown] key="train-read" lang="en"
r"""
**Read what it says.** That was the command itself, called from a cell; in a terminal it is
`python -m course_utils.train pictures --size 16 --minutes 10 --out mine`, and given again it goes on where it was stopped. It
counts what it leaves out: six picture files, and with the note seven (one fewer than part 1: without `--labels` the loose picture is read, too). It keeps
33 pictures out, one in ten; it picks a network for the size and the count, small for so few; and it ends with a folder:
weights, card, numbers, pages. The loss it reports on the way, line by line (not in the stored page, but in your run), is that of v; on the 33 it is that of ε, so the two are not to be compared.

**Before you look at the curve.** Suppose somebody had learnt the 297 pictures by heart, all of them and for every level of noise. (Lesson 4's exact denoiser does.)
"""

# %% [markdown] key="train-read" lang="zh" of="ba1967"
r"""
**看它说了什么。** 刚才运行的就是那条命令，只是从单元格里调用；在终端里写作 `python -m course_utils.train pictures --size 16 --minutes 10 --out mine`，中途停了，再运行一次就接着训练。它清点略过的文件：六个图片文件，加上那张便条共七个（比第 1 节少一个：不用 `--labels` 时，没放进类别的那张也读得了）；它留出 33 张，正好十分之一；它按尺寸与张数选网络，图片这么少，网络也就小；最后写出一个文件夹：权重、模型卡、量得的数、样本页。途中一行行报的损失（存好的页面里没有，你运行时会看到）是 v 的，最后那 33 张上的是 ε 的，两者不能相比。

**看曲线之前先想一想。** 假如有谁把 297 张图背得滚瓜烂熟，每一张、每一个噪声水平都背。（第 4 课的精确去噪器就是这样。）
"""

# %% key="train-predict"
predict("12.heart")

# %% key="train-floor"
with capture_output():  # what is left out was said above
    small = data.album(place, 16)
split = split_of(FoundPictures(small.x, None, (), ()))
heart, checks = by_heart.floors_of(split.x, split.held_x, len(split.held_x)), read_checks(place.parent / "mine")
reveal("12.heart", f"by heart: on 33 of the {len(split.x)} {heart.trained_on:.5f}, on the {len(split.held_x)} {heart.held_out:.2f}")

# %% key="train-curve"
lines = {name.replace("_", " "): [check[name] for check in checks] for name in ("trained_on", "held_out")}
lines["by heart"] = [heart.trained_on] * len(checks)
plots.curves({"error of eps": lines}, [check["step"] for check in checks], xlabel="step", log="y")

# %% key="train-long"
for seed, rows in by_heart.CURVES.items():
    for step, on_own, on_others in rows[1::4]:
        print(f"seed {seed}, step {step:3}   on 33 of those trained on {on_own:.4f}   on the 33 kept out {on_others:.4f}")

# %% key="train-pictures"
picture_in(place.parent / "mine", "nearest.png")

# %% [markdown] key="train-pictures-read" lang="en"
r"""
**Read the figures.** The two curves fall together, and the line of him who knows all by heart lies more than two hundred times lower. Nobody should want to get
there: off his own pictures he is worse than one who always answers 0. *When to stop* is when the curve of those kept out turns up while the other still
falls. Here that has not happened after 800 steps (the six lines printed above: from two longer runs, stored), and which of the two lies lower
depends on which 33 pictures were kept out. Remember what part 1 found, too: most of a square that was kept out lies in squares that were not, so the two agree more than they should.

Below the curve eight samples, under each its nearest picture of the 297 and of the 33. Coloured speckle: 100 small steps are half a minute. Half of the eight have one dull bush as their nearest, as it has little contrast and is about as dark as the speckle is on average. *Copies*, less than half as far from some picture learned from as from any kept out, are 0 of the 33 samples: noise copies nobody. Of the 33 pictures kept out, a share of 0.12 ± 0.06 would count as copies, four of them, and nobody copied these. One is a double that part 1 found. What makes the share is that 297 pictures lie on one side to be near, and 32 on the other: with 32 on either side it is 0.02, the mean of 300 splits. (Part 2 kept out as many as it trained on; this folder has not so many to spare.) So 0.12 is the floor, below which this share says nothing. The command has a number for the speckle, too: 33 samples are at an energy distance of 0.288 ± 0.042 from those kept out, 33 training pictures at 0.150 ± 0.040. That is 2.4 error bars, for what
the eye sees in a second. *33 are few.* A number with its n, then look.
"""

# %% [markdown] key="train-pictures-read" lang="zh" of="7b9041"
r"""
**看图。** 两条曲线一起往下走；那位全背下来的人，他的那条线还要低得多，不到它们的两百分之一。那里不是该去的地方：离开自己背过的那些图，他比永远回答 0 的还差。**什么时候停？** 等到留出的那条掉头向上、另一条还在下降的时候。这里走了 800 步也还没有（上面印的六行，取自事先存好的两次更长的训练）；哪一条更低，要看留出的是哪 33 张。还要记得第 1 节的发现：留出的那块，大半也在没留出的那些块里，所以两条曲线比应有的更接近。

曲线下面是八个样本，每个样本下面是 297 张里离它最近的一张和 33 张里最近的一张。一片彩色斑点：100 个小步，也就半分钟。八个里有一半，最近的都是同一片灰绿的树丛，因为它反差小，明暗又与斑点的均值差不多。一个样本，到最近的训练图的距离若不及到最近的留出图的一半，就算副本（*copies*）；33 个里有 0 个：噪声谁也不抄。而留出的 33 张里，算得上副本的份额倒有 0.12 ± 0.06，共四张，它们可谁也没抄。其中一张是第 1 节找出的重复图片；份额高，主要因为一边有 297 张可以挨得近，另一边只有 32 张：两边各取 32 张，它就只有 0.02（300 次划分的均值）。（第 2 节训练用多少张就留出多少张；这个文件夹留不出那么多。）所以 0.12 就是下限，低于它，这个份额说明不了什么。命令给斑点也量了一个数：到留出的图的能量距离，33 个样本是 0.288 ± 0.042，33 张训练图是 0.150 ± 0.040。眼睛一秒钟就看出来的事，换成数只差 2.4 个误差棒。**33 个太少了**。先看数和它的 n，再用眼睛看。
"""

# %% [markdown] key="colour"
r"""
## 4 · Colour · 彩色
"""

# %% [markdown] key="colour-why" lang="en"
r"""
What changes when pictures have colour? The data become three numbers a pixel, the first layer reads three channels, the
last writes three. Schedule, jump, loss, sampler, all that lessons 1 to 10 derived, never asked how many numbers a sample
has. So a network that knows grey pictures is nearly one for colour; only its two ends do not fit. They can be widened so
that nothing is lost: let the first layer read the *mean* of the three channels, and let the last write the same answer three times. Shown a grey picture in three equal channels it then answers
as before, to the last digit but one.

There is a catch, and it is about noise: the network was trained on pictures with noise of standard deviation
$\sqrt{1-\bar\alpha_t}$. The mean of three channels with *independent* noise has noise of a third of that variance.
Where its input is less noisy than it was told, what will it do?
"""

# %% [markdown] key="colour-why" lang="zh" of="6adc84"
r"""
图片有了颜色，什么变了？数据每个像素有三个数，第一层读三个通道，最后一层写三个通道。调度、前向跳跃、损失、采样器，第 1 到第 10 课推导的一切，从来没有问过一个样本有几个数。所以，懂灰度图的网络离画彩色图只差一点：两头接不上。把两头加宽就行，而且什么都不丢：让第一层读三个通道的**均值**；让最后一层把同样的答案写三遍。把一张灰度图放进三个相同的通道，它的回答便与从前一样，只差最末一位。

但有一个隐患，出在噪声上：训练这个网络时，图像里噪声的标准差是 $\sqrt{1-\bar\alpha_t}$；三个通道的噪声若是**独立**的，取均值之后，方差就只剩三分之一。输入的噪声比告诉它的少，它会怎么做？
"""

# %% [markdown] key="widen-task" lang="en"
r"""
**Write it yourself.** `my_first_layer(weight, channels)` gets the weight `(out, 1, k, k)` of the first layer of a grey network and returns the weight
`(out, channels, k, k)` of a layer that gives a grey picture, alike in all channels, exactly the answer of the old one, and treats all channels
alike. The colour network below begins with it.
"""

# %% [markdown] key="widen-task" lang="zh" of="1f1096"
r"""
**自己动手。** `my_first_layer(weight, channels)` 收到灰度网络第一层的权重，形状 `(out, 1, k, k)`，返回新的第一层的权重 `(out, channels, k, k)`：对各通道相同的灰度图片，回答与原来完全一样，并且对每个通道一视同仁。下面的彩色网络就从它开始。
"""

# %% key="widen-try" tags=["exercise"]
def my_first_layer(weight, channels):
    ...

my_first_layer = check("12.widen", my_first_layer)

# %% key="colour-widen"
narrow, wide = pretrained("digits"), widened(pretrained("digits"))
wide.stem.weight = nn.Parameter(my_first_layer(narrow.stem.weight, 3).contiguous(), requires_grad=False)
x, level = torch.randn(4, 1, 8, 8, generator=seeded(0)), torch.tensor([6.0, 2.0, -2.0, -6.0])
apart = (wide(x.expand(-1, 3, -1, -1), level) - narrow(x, level)).abs().max()
print(f"first layer {tuple(wide.stem.weight.shape)}, last {tuple(wide.head[-1].weight.shape)}, answers apart by {apart:.0e}")

# %% key="colour-noise"
xT = torch.randn(8, 3, 8, 8, generator=seeded(0))
drawn = {"grey noise": xT[:, :1].expand(-1, 3, -1, -1), "colour noise": xT}
drawn = {name: tuning.images_from(wide, noise) for name, noise in drawn.items()}
plots.rows({"the folder": tuning.coloured_digits().new[:8]} | drawn, zoom=4)

# %% key="colour-table"
for way, (new, old) in tuning.STORED["coloured_digits"].items():
    print(f"{way:14} digits in colour {new[0]:.3f} ± {new[1]:.3f}   grey ones {old[0]:.3f} ± {old[1]:.3f}")
for way, (common, differing) in between_channels.STORED.items():
    print(f"{way:14} digits in colour, in common {common[0]:.3f} ± {common[1]:.3f}   in what differs {differing[0]:.3f} ± {differing[1]:.3f}")
print("grey digits, before: in common {:.4f}; with grey noise {:.4f}".format(*between_channels.GREY))

# %% [markdown] key="colour-read" lang="en"
r"""
**Read the figure.** From noise that is grey, the same in all channels, the widened network draws grey digits as ever. From noise
with colours it draws digits under coloured snow: what differs between the channels it cannot see, and so it leaves it where it was. That is the catch.

**Read the table.** Its rows: *before*, widened and nothing learned yet; *untrained*, random weights; *low rank*, a saving that part 5 explains; *from nothing*, learned from random weights. It holds a surprise that we would have preferred not to find. After 60 steps on 200 digits in colour (n = 360 unseen ones, two seeds; *grey ones*:
grey digits in three channels, each with noise of its own), the widened network is at 0.334, however it is trained; one that
began *from nothing* is at 0.229, and ahead on grey digits, too.
The second table splits the error: into that of the mean over the channels, and what is left. In what the channels
have in *common* the widened network is ahead, 0.078 beside 0.115. In what *differs* between them it stands after 60
steps where it stood before, at 0.256, and the other is at 0.114. It has not begun to learn colours: both its ends treat
all channels alike, and nothing in them says which to prefer. (We do not know that this is all of it.)

And the question from above. The mean of three channels' noise has a third of the variance, and the error of the mean on
grey digits is 0.088, 26 % of the third that is left; with grey noise, for which the network was made, it is 0.14, so 14 % of the whole. But little noise is harder to see in any case: told the truth (log-SNR and log 3 more, the input scaled to it), the same network's error is 19 % of the third. The step from 19 to 26 is what the wrong level costs: told of more noise than there is, it
takes part of the picture for noise. Count on no start: measure "from nothing" beside it. The next part has a case where a start pays.
"""

# %% [markdown] key="colour-read" lang="zh" of="0cdcc5"
r"""
**看图。** 噪声若是灰的，三个通道相同，加宽后的网络照旧画出灰色的数字。噪声若有颜色，画出的数字便罩在一层彩色雪花里：通道之间的差别它看不见，于是原样留在那里。隐患就是这个。

**看表。** 各行：*before* 是刚加宽、还没学的，*untrained* 是随机权重，*low rank* 是低秩，第 5 节才讲的省法，*from nothing* 是从随机权重学起的。表里有个意外，我们宁可没有遇到。在 200 个彩色数字上走 60 步之后（没见过的 360 个，两个种子；“grey ones”是放进三个通道的灰度数字，每个通道各有噪声），加宽的网络不论怎么训练，都停在 0.334；**从零开始**的却到了 0.229，连灰度数字也是它领先。

第二张表把误差拆成两份：各通道均值的，和余下的。各通道**共有**的那份，加宽的网络领先：0.078 对 0.115。通道之间**不同**的那份，走了 60 步还在原地，0.256，而从零开始的已到 0.114。颜色它根本还没开始学：它的两头对各通道一视同仁，没有什么让它偏向哪一个。（是不是只有这一个原因，我们不知道。）

再答上面那个问题。三个通道的噪声取均值，方差只剩三分之一；在灰度数字上，均值的误差是 0.088，占剩下那三分之一方差的 26 %；换成它本来学的灰色噪声，误差是 0.14，占全部方差的 14 %。不过噪声少，本来就更难认：若如实告诉它（对数信噪比加 log 3，输入相应缩放），同一个网络的误差占那三分之一的 19 %。从 19 到 26，才是说错噪声水平的代价：告诉它的噪声比实有的多，它就把图的一部分也当成噪声。所以别以为现成的起点一定有用，要同时量一量“从零开始”。下一节有一例，现成的起点真的有用。
"""

# %% [markdown] key="start"
r"""
## 5 · Start from a model that exists · 从现成的模型出发
"""

# %% [markdown] key="start-why" lang="en"
r"""
Whoever has a network that draws need not begin from random weights. Some of what it knows may hold for other pictures, too; part 4 has shown that it need not. To *fine-tune* is to train on, from its weights, on the new pictures.

The second thought is cheaper. A layer computes $y=Wx+b$ with a $d\times k$ matrix. Fine-tuned, it has $W+\Delta W$; and
the change is often of low rank: a few directions do nearly all. So let $\Delta W=\frac{a}{r}BA$ with $A$ of $r\times k$
and $B$ of $d\times r$ and a fixed number $a$ ($a/r$ is the `strength` of your class below), freeze $W$, and train $A$ and $B$ alone: $r(d+k)$ numbers in place of $dk$. This is **LoRA**. Begin with
$B=0$, so that the network begins as what it was. (With $A=0$ as well nothing would ever move: the gradient of $B$ is
proportional to $A$, and that of $A$ to $B$.) At the end the product is added to $W$ once and for all, and the layer is as fast as
before; or it stays beside it, a small file, to be turned up and down.
"""

# %% [markdown] key="start-why" lang="zh" of="b6c0d4"
r"""
手里有一个会画画的网络，就不必从随机的权重开始。它学会的东西，有些对别的图片也许照样有用，但也未必，第 4 节已经看到。**微调**，就是从它的权重出发，在新图片上接着训练。

再想一步，还能更省。一层算的是 $y=Wx+b$，其中的矩阵是 $d\times k$ 的。微调之后它成了 $W+\Delta W$；而这个改动往往是低秩的：几个方向就做完了几乎全部的事。那就令 $\Delta W=\frac{a}{r}BA$，其中 $A$ 是 $r\times k$，$B$ 是 $d\times r$，$a$ 是一个固定的数（$a/r$ 就是下面你那个类里的 `strength`）；冻结 $W$，只训练 $A$ 与 $B$：$dk$ 个数换成 $r(d+k)$ 个。这就是 **LoRA**。开头取 $B=0$，网络起步时便与原来的一样。（若再取 $A=0$，就什么都不会动了：$B$ 的梯度正比于 $A$，$A$ 的梯度正比于 $B$。）最后把乘积一次加进 $W$，这一层与从前一样快；也可以让它留在旁边，单独一个小文件，调强调弱随你。
"""

# %% key="start-layers"
grey = pretrained("digits")
low = with_low_rank(grey, rank=4, generator=seeded(0))
print(f"{sum(w.numel() for w in grey.parameters()):,} numbers stay, {tuning.learning(low):,} beside them learn")

# %% [markdown] key="build-task" lang="en"
r"""
### Build it: a layer of low rank

You have seen the formula. Write the class `MyLowRank(layer, rank)`, an `nn.Module`, for a `layer` that is an `nn.Linear` or a 1 × 1 `nn.Conv2d`, with or without a
bias, in float32 or float64; your two matrices are of the layer's type. What the numbers are called inside is up to you. `check` looks at six parts:

- **starts**: before it has learnt it gives what the layer gives; and it can learn from there.
- **learns**: only the two matrices learn, rank · (in + out) numbers; the layer is frozen; gradients still pass to what lies below it.
- **rank**: what it adds is one matrix times `x`, of the rank asked for, for any shape of batch.
- **strength**: `self.strength`, 1.0 at first, scales what was learnt, and nothing else; it may be changed at any time.
- **merged**: `merged()` returns a plain layer of the same kind that alone gives the same answer at the strength that is set; the module stays as it was.
- **convolutions**: all of this for 1 × 1 convolutions, too.

It is put into the network, trained and merged below.
"""

# %% [markdown] key="build-task" lang="zh" of="c416e7"
r"""
### 动手造：低秩的一层

公式你已经见过。请写出类 `MyLowRank(layer, rank)`，它是 `nn.Module`；`layer` 是 `nn.Linear` 或 1 × 1 的 `nn.Conv2d`，有没有偏置都可以，类型为 float32 或 float64，你的两个矩阵也要用同样的类型。里面的数叫什么名字由你定。`check` 分六个部分来看：

- **starts**：还没学的时候，结果与原来的层相同；并且从那里学得动。
- **learns**：只有两个矩阵在学，共 rank · (in + out) 个数；原来的层冻结；梯度仍能传到它下面的层。
- **rank**：它加上的部分是一个矩阵乘 `x`，秩与要求的相同，批的形状不限。
- **strength**：`self.strength` 起初为 1.0，只缩放学到的部分，别的都不动；随时可以改。
- **merged**：`merged()` 返回一个同类的普通层，单靠它就给出当前 strength 下的同样结果；模块本身不变。
- **convolutions**：以上各条对 1 × 1 卷积同样成立。

下面就把它装进网络，训练，再合并。
"""

# %% key="build-try" tags=["exercise"]
class MyLowRank(nn.Module):
    def __init__(self, layer, rank):
        ...

    def forward(self, x):
        ...

    def merged(self):
        ...

MyLowRank = check("12.build", MyLowRank)

# %% key="build-use"
boots, mine = tuning.boots(), copy.deepcopy(grey).requires_grad_(False)
for block in [layer for layer in mine.modules() if hasattr(layer, "scale_shift")]:
    block.scale_shift = MyLowRank(block.scale_shift, 4)
own = start(mine, lr=3e-2)
for _ in train(own, schedule, boots.new, 30, batch=32, objective=errors_of_v):
    pass
at_first, at_last = tuning.losses_of(grey, boots), tuning.losses_of(own.network, boots)
print(f"yours, {tuning.learning(mine):,} numbers, 30 steps: boots {at_first[0]:.3f} to {at_last[0]:.3f}, digits {at_first[1]:.3f} to {at_last[1]:.3f}")

# %% key="build-merge"
one_noise = torch.randn(8, 1, 8, 8, generator=seeded(0))
plain = copy.deepcopy(own.network)
for block in [layer for layer in plain.modules() if hasattr(layer, "scale_shift")]:
    block.scale_shift = block.scale_shift.merged()
apart = (plain(one_noise, torch.zeros(8)) - own.network(one_noise, torch.zeros(8))).abs().max()
print(f"merged: plain layers again, answers apart by {apart:.0e}")

# %% [markdown] key="build-read" lang="en"
r"""
**Read the numbers.** Your layers stand beside one linear layer of each block alone, the one that tells it the noise level, and already boots get a good deal cheaper; and
digits dearer. Merged, it is a network like any other. Now all linear and 1 × 1 layers, 13,312 numbers beside 704,513, for 60 steps; above, what the same noise gave before.
"""

# %% [markdown] key="build-read" lang="zh" of="ad1510"
r"""
**看数。** 你的层只加在每个块的一个线性层旁边（把噪声水平告诉这个块的那一层），靴子的损失就已经降了不少；数字的则升了。合并之后，它又是个普通的网络。下面换成所有线性层与 1 × 1 卷积，在 704,513 个不动的数旁边加 13,312 个会学的，训练 60 步；最上面一行是同样的噪声在训练之前画出来的。
"""

# %% key="start-train"
state, bar = start(copy.deepcopy(low), lr=3e-2), step_bar(60)
for record in train(state, schedule, boots.new, 60, batch=32, objective=errors_of_v):
    bar(record)
plots.rows({"before": tuning.images_from(grey, one_noise), "after 60 steps": tuning.images_from(state.ema, one_noise), "boots": boots.unseen[:8]}, zoom=4)

# %% key="start-file"
path = write_low_rank(place.parent / "my_boots.safetensors", state.ema)
off = set_strength(read_low_rank(path, grey), 0)
with torch.no_grad():
    apart = [(a(one_noise, torch.zeros(8)) - b(one_noise, torch.zeros(8))).abs().max() for a, b in ((merged(state.ema), state.ema), (off, grey))]
print(f"{path.stat().st_size:,} bytes beside the network; merged, apart by {apart[0]:.0e}; at strength 0, apart from before by {apart[1]:.0e}")

# %% [markdown] key="forget-why" lang="en"
r"""
**What did it cost?** The network drew digits before. The loss says nothing for them any more, and nobody asked what becomes of them.
"""

# %% [markdown] key="forget-why" lang="zh" of="a58057"
r"""
**代价是什么？** 这个网络原先会画数字。如今损失里没有一项顾及它们，也没有谁问过它们会怎样。
"""

# %% key="forget-predict"
predict("12.forget")

# %% key="forget-table"
said = [f"{way:24} boots {new[0]:.3f} ± {new[1]:.3f}   digits {old[0]:.3f} ± {old[1]:.3f}" for way, (new, old) in tuning.STORED["boots"].items()]
reveal("12.forget", *said)

# %% [markdown] key="forget-read" lang="en"
r"""
**Read the table** (60 steps of 32 on 200 boots; n = 200 unseen boots, 360 digits; two seeds, so the bars themselves are rough).
The start pays: boots at 0.113 or 0.129 where the same network from nothing has 0.172. And the digits are gone: 0.567, worse than a network that never learned anything
(0.464). *Low rank learns a little less and forgets a little less*, at equal steps and at equal seconds; but on digits all four rows trained on boots alone are worse than untrained: it is not what saves the
digits. **Replay** saves them: half of each batch from the old pictures, 0.173, at a small price in boots. What low rank does give is a file of 56 kB beside
the network, and the way back: at strength 0 every digit is there again, bit for bit.

**Move it.** The strength of a low-rank file that came with the course (240 steps on boots). **Task:** at which tenth does the loss on boots first fall below 0.25, and
what have the digits paid by then?
"""

# %% [markdown] key="forget-read" lang="zh" of="b1bdcc"
r"""
**看表**（200 只靴子，60 步，每步 32 张；没见过的靴子 200 只，数字 360 个；两个种子，所以误差棒本身也粗略）。现成的起点有用：靴子到了 0.113 或 0.129，同样的网络从零开始是 0.172。数字却没了：0.567，比什么都没学过的网络（0.464）还差。**低秩学得少一点，忘得也少一点**，步数相等、秒数相等时都是如此；但在数字上，只用靴子训练的四行统统不如没训练过的：低秩并没有救下数字。救下它们的是**重放**：每批有一半取自旧图，数字便停在 0.173，代价是靴子学得稍差一点。低秩真正给的，是网络旁边一个 56 kB 的文件，以及回去的路：强度拨到 0，每个数字都回来了，逐位相同。

**动一动。** 拨的是强度：低秩文件随课程附带，在靴子上训练了 240 步。**任务：** 拨到十分之几，靴子的损失才第一次低于 0.25？那时数字付出了多大代价？
"""

# %% key="start-strength"
strength_explorer(0.5)

# %% [markdown] key="bigger"
r"""
## 6 · Bigger · 更大
"""

# %% [markdown] key="parts-why" lang="en"
r"""
### What must stay equal

A batch of 128 does not fit, or two processes are to share it. In both cases it is cut into
parts; and the step must be the one that the whole batch would have made. The loss is a mean over the batch; with $\ell_i$ for that of picture $i$ and $n_j$ pictures in part $j$ it is
$$\frac1B\sum_{i=1}^{B}\ell_i=\sum_{j}\frac{n_j}{B}\Bigl(\frac1{n_j}\sum_{i\in j}\ell_i\Bigr),$$
so gradients of the parts are added in the shares $n_j/B$, and the optimizer moves once, at the end. (The mean of the
parts' means is right only where all parts are equal. That error stood for years in widely used trainers of language models, whose sentences are of unequal length, so that parts
hold unequally many words.) It needs a network in which no sample looks at another: group normalisation looks at one picture, and will do;
batch normalisation looks at the others of its part, and will not. And it needs the same draws: who is noised how, at which $t$, must hang on a picture's
place in the whole batch, not on the part it falls into.
"""

# %% [markdown] key="parts-why" lang="zh" of="d1baba"
r"""
### 什么必须不变

128 张的一批放不进内存，或要由两个进程分担。两种情形都得把它切成几份，而走出的那一步，必须正是整批会走的那一步。损失是整批的均值；记第 $i$ 张图的损失为 $\ell_i$，第 $j$ 份有 $n_j$ 张，就有
$$\frac1B\sum_{i=1}^{B}\ell_i=\sum_{j}\frac{n_j}{B}\Bigl(\frac1{n_j}\sum_{i\in j}\ell_i\Bigr),$$
所以各份的梯度要各按 $n_j/B$ 的份额相加，最后优化器只走一次。（各份均值再取均值，只有每份一样大时才对。训练语言模型时句子有长有短，各份的词数不等；这个错就在一些用得很广的训练程序里留了好几年。）要相等，网络里还不能有哪个样本看得见别的样本：组归一化只看一幅图，可以；批归一化要看同一份里的别的图，就不行。另外抽到的也要一样：谁在哪个 $t$、加上怎样的噪声，要看这幅图在整批里的位置，而不是它落在哪一份。
"""

# %% key="parts-predict"
predict("12.parts")

# %% key="parts-show"
batch, networks = in_parts.one_batch(100), in_parts.small_networks()
whole = {name: in_parts.gradient(network, batch, 100) for name, network in networks.items()}
told = [f"group norm, 32 at once, {how}" for how in ("each image 1/n ", "each part alike")] + ["batch norm, 32 at once, each image 1/n "]
apart = [in_parts.off_by(whole[row[:10]], in_parts.gradient(networks[row[:10]], batch, 32, by_parts="alike" in row)) for row in told]
reveal("12.parts", *(f"{row}   apart {value:.1e}" for row, value in zip(told, apart, strict=True)))

# %% [markdown] key="accumulate-task" lang="en"
r"""
**Write it yourself.** The memory holds `at_once` images, the batch `x` has more. `loss(part)` gives one value for each image of a part. `my_step(loss, x, at_once)`
leaves in each weight's `.grad` the gradient of the mean loss of the whole batch, as if all had gone through at once (the weights are inside `loss`; `.backward()`
adds to their gradients, which are empty at first), never with more than `at_once` images in memory, and returns the mean loss as a plain number. The last part
may be smaller.
"""

# %% [markdown] key="accumulate-task" lang="zh" of="b144da"
r"""
**自己动手。** 内存只放得下 `at_once` 幅图像，而一批 `x` 不止这么多。`loss(part)` 对一份里的每幅图像各给一个值。`my_step(loss, x, at_once)` 要在各权重的 `.grad` 里留下整批损失均值的梯度，就像整批一次算完一样（权重在 `loss` 里面；`.backward()` 会加到它们的梯度上，梯度起初为空），内存里任何时候至多有 `at_once` 幅，并返回损失的均值，一个普通的数。最后一份可以小一些。
"""

# %% key="accumulate-try" tags=["exercise"]
def my_step(loss, x, at_once):
    ...

my_step = check("12.accumulate", my_step)

# %% [markdown] key="share-task" lang="en"
r"""
One more, for several processes that share the work. Each draws the same `index` of a batch, `(b,)` whole numbers. `my_share(index, process, processes)` returns those that process number
`process`, from 0 on, takes: together they take every image once, and all take equally many (b is a multiple of `processes`).
"""

# %% [markdown] key="share-task" lang="zh" of="608ba2"
r"""
再写一个，给几个进程分工用。每个进程都抽到同一批下标 `index`，形状 `(b,)`，都是整数。`my_share(index, process, processes)` 返回第 `process` 号进程（从 0 数起）所取的那些：合起来每幅图像恰好取一次，各进程取的个数相同（b 是 `processes` 的倍数）。
"""

# %% key="share-try" tags=["exercise"]
def my_share(index, process, processes):
    ...

my_share = check("12.share", my_share)

# %% key="share-use"
small = networks["group norm"]
small.zero_grad()
places = torch.arange(100)
of_share = [my_step(lambda part: errors(schedule, small, *(of[part] for of in batch)) / 2, my_share(places, k, 2), 32) for k in range(2)]
found = torch.cat([weight.grad.flatten() for weight in small.parameters()])
print(f"two processes, each in parts of 32: off by {in_parts.off_by(whole['group norm'], found):.0e} of the gradient's length, loss {sum(of_share):.4f}")

# %% [markdown] key="parts-read" lang="en"
r"""
**Read it.** Weighted by images, the parts give the whole gradient to the last digits of float32; the mean of means is off by a fifth of its length, though only four images are
in the odd part. With batch normalisation nothing helps: a part is another crowd, and so another network. In the cell above your `my_share` and `my_step` work together: two processes (played one after the other) each take half,
each half in parts of 32; losses are divided by 2, as each process knows the mean of its own half only. The sum is the batch's gradient.

That is all that `accelerate launch --multi_gpu --num_processes 2 -m course_utils.train …` does, with real processes that add their gradients by message. The same
command on one and on two of them gave the same losses within 1e-4, as a test of the course sees each time it runs (1e-7 when we looked), and a checkpoint of either goes on in the other. On a GPU the command takes
bfloat16 where there is some, and `--compile` compiles the network. *On GPUs we have not tried it.*
"""

# %% [markdown] key="parts-read" lang="zh" of="340d83"
r"""
**看结果。** 按图像数加权，各份合起来就是整批的梯度，只差 float32 的末几位；均值再取均值，就差了梯度长度的五分之一，尽管零头那一份只有四幅。批归一化怎么都救不了：换一份就是换一群图，网络也就成了另一个。在上面那格里，你的 `my_share` 与 `my_step` 连用：两个进程（一先一后扮演）各取一半，每一半又分成 32 幅一份；损失各除以 2，因为每个进程只求了自己那一半的均值。合起来正是整批的梯度。

`accelerate launch --multi_gpu --num_processes 2 -m course_utils.train …` 做的就是这些，只是进程是真的，梯度靠消息相加。用一个进程与用两个，损失相差不到 1e-4，课程的一个测试每次运行都会查（我们看时是 1e-7），而且任何一边的检查点都能在另一边接着训练。GPU 若支持 bfloat16，命令就用；`--compile` 则把网络编译一遍。**GPU 上我们没有试过。**
"""

# %% [markdown] key="rate-why" lang="en"
r"""
### Which rate does a larger batch want?

Take plain gradient descent where the slope is the same everywhere, $g$, and each
picture's gradient is $g$ plus noise of variance $\sigma^2$. A step with batch $B$ and rate $r$ moves by $-r g$ on
average, with the variance $r^2\sigma^2/B$. After $n$ pictures, that is $n/B$ steps, the way is $-\frac{n r}{B}g$ and its variance …
the last line is yours.

**With pen and paper.** `my_spread(rate, sigma, batch, n)` returns the variance of the way after $n$ pictures. Then: what must
stay the same when the batch is doubled, so that both the way and its variance stay as they were?
"""

# %% [markdown] key="rate-why" lang="zh" of="8daeb0"
r"""
### 批大了，学习率该多大？

设想最朴素的梯度下降：处处坡度相同，为 $g$；每张图的梯度是 $g$ 加上方差为 $\sigma^2$ 的噪声。批为 $B$、学习率为 $r$ 时，一步平均走 $-r g$，方差为 $r^2\sigma^2/B$。看过 $n$ 张图，即走了 $n/B$ 步之后，位移平均是 $-\frac{n r}{B}g$，方差则是……这最后一步留给你。

**用纸和笔。** `my_spread(rate, sigma, batch, n)` 返回看过 $n$ 张图之后位移的方差。再想：批加倍时，要让位移与它的方差都和原来一样，什么必须保持不变？
"""

# %% key="spread-try" tags=["exercise"]
def my_spread(rate, sigma, batch, n):
    ...

my_spread = check("12.spread", my_spread)

# %% key="spread-use"
for size, lr in ((16, 0.01), (64, 0.01), (64, 0.02), (64, 0.04)):
    noise = torch.randn(4000, 640 // size, generator=seeded(0)) / size**0.5  # sigma = 1, slope 1, 640 pictures
    way = -lr * (1 + noise).sum(1)
    print(f"batch {size}, rate {lr:.2f}   way {way.mean():+.3f}   variance {way.var():.2e}   yours {float(my_spread(lr, 1.0, size, 640)):.2e}")

# %% key="rate-predict"
predict("12.rate")

# %% key="rate-show"
said = []
for size, of in batch_and_rate.BY_IMAGES.items():
    (loss, lr), after = min(zip(of, batch_and_rate.RATES, strict=True)), batch_and_rate.BY_STEPS[size]
    said.append(f"batch {size:3}   best rate {lr:.3f}   12,800 images {loss.value:.4f} ± {loss.error:.4f}   200 steps {after.value:.4f} ± {after.error:.4f}")
reveal("12.rate", *said)

# %% [markdown] key="rate-read" lang="en"
r"""
**Read your lines.** With the rate left alone, four times the batch goes a quarter of the way, with a sixteenth of the variance. With the rate *in proportion* to the
batch both are as before: what counts is rate over batch. That is the linear rule. (Variances from 4,000 walks, so to about 2 %.) It holds while the slope is the same everywhere, that
is for small steps; and for plain gradient descent.

**Read the sweep.** AdamW on a small network, three seeds, rates a factor 2 apart: 16 times the batch wants *twice* the rate, not 16 times. Adam divides a step by the size of the gradient, noise included; where noise rules, its steps are as
large for any batch, and the same calculation gives the root (try it: if each step is as long as $r$, $n/B$ of them have a variance of about $r^2n/B$; that stays as it is if $r$ grows like $\sqrt B$). The root would be four times, 0.016; that was tried, and ended at 0.307 ± 0.012. Whether the rate itself was too high (that would have nothing to do with the batch), or 50 steps too few to recover from going astray, this sweep does not say. Then compare the columns (the second keeps the rates of the first).
At equal *images* the small batch wins, 0.244 against 0.275: 800 steps go farther than 50. At equal *steps* the large one wins, 0.232 against 0.298: its steps are cleaner, and cost 16 times as much. Which column is yours
depends on what you spend. On one core time goes with the images; on a GPU that is not yet full, up to a point, with the steps.
"""

# %% [markdown] key="rate-read" lang="zh" of="21fd79"
r"""
**看你那几行。** 学习率不动，批是四倍，位移就只有四分之一，方差只有十六分之一。学习率与批**成正比**时，位移与方差都和原来一样：要紧的是学习率除以批的大小。这就是线性法则。（方差出自 4,000 次行走，精度约 2 %。）它只在坡度处处相同、也就是步子小的时候成立，而且只对朴素的梯度下降成立。

**看这次扫描。** 小网络，AdamW，三个种子，学习率相邻两档差 2 倍：批是 16 倍，最好的学习率只**翻一番**，不是 16 倍。Adam 会把一步除以梯度的大小，噪声也算在内；噪声做主时，批再大，步子也一样大，同样的推导给出的是平方根（不妨一试：每步长度都是 $r$，$n/B$ 步的方差约为 $r^2n/B$；要它不变，$r$ 就与 $\sqrt B$ 成正比）。平方根应是四倍，即 0.016；也试过，停在 0.307 ± 0.012。是学习率本身太高（那就与批无关），还是 50 步太少、走偏了来不及恢复，从这次扫描看不出。再比较两列（第二列沿用第一列的学习率）。看同样多的**图像**，小批胜：0.244 对 0.275，800 步比 50 步走得远。走同样多的**步**，大批胜：0.232 对 0.298，它的步子干净，代价是 16 倍的计算。该看哪一列，要看你花的是什么：单核上，花的时间按图像数算；GPU 还没占满时，在一定限度内，按步数算。
"""

# %% [markdown] key="bits-why" lang="en"
r"""
### Fewer bits

Half precision halves the memory of what is kept in it and, on machines made for it, more than doubles the speed. Two formats share the 16 bits differently: float16 keeps ten for the digits and reaches from
6e-8 to 65,504; bfloat16 keeps seven and reaches as far as float32. Where do they bite? Eight small sums:
"""

# %% [markdown] key="bits-why" lang="zh" of="667e11"
r"""
### 少用几个比特

凡是存成半精度的，内存省一半；机器若专为它设计，速度还能快一倍以上。同样 16 个比特，两种格式分法不同：float16 用十个存尾数，范围从 6e-8 到 65,504；bfloat16 只用七个存尾数，范围与 float32 一样宽。它们在哪里出错？八道小算术题：
"""

# %% key="bits-show"
rows = {name: few_bits.bites(dtype) for name, dtype in few_bits.FORMATS.items()}
print(f"{'':26}" + "".join(f"{name:>12}" for name in rows))
for what in rows["float32"]:
    print(f"{what:26}" + "".join(f"{row[what]:12.6g}" for row in rows.values()))

# %% key="half-predict"
predict("12.half")

# %% key="half-show"
ended = [f"{stage:8} {way:20} newest {new.value:.3f} ± {new.error:.3f}   average {old.value:.3f} ± {old.error:.3f}" for (way, stage), (new, old) in few_bits.ROUNDED.items()]
moved = {lr: few_bits.share_that_moves(grey, lr) for lr in few_bits.RATES.values()}
reveal("12.half", *ended, *(f"a step of {lr:g} moves {share:.0%} of the weights of the digits' network" for lr, share in moved.items()))

# %% [markdown] key="half-read" lang="en"
r"""
**Read the sums.** In bfloat16 a weight of 1 that is to grow by 0.001 a thousand times stays at 1: between 1 and the next number lie 0.008. A moving average with a memory of a thousand steps never moves. Ones that are added up one by one stop
at 256; the 196,608 ones of the next row do not, as `.sum()` adds in float32 and only its result has 16 bits (float16 cannot hold it, and says inf). float16 is finer; but its average stands still as well, 196,608 ones (about the sum of the squares of the noise on a colour picture of 256 × 256) overflow it, and the 1e-8 in AdamW's denominator is 0 in it. Timesteps told as whole numbers: bfloat16 knows only 506 of the 1,000 apart, and $1-\bar\alpha_t$ is 0 in it up to t = 18.

**Read the trainings** (three seeds). Products in bfloat16, everything that is *kept* in float32: no harm at all. That is mixed precision, and what this course does where it is quicker. Weights kept in bfloat16: at a large rate, from nothing, no harm that
shows above the seeds; going on at a small rate, 0.372 where float32 ends at 0.266. (The last lines: kept in bfloat16, a step of 0.0001 moves 27 % of the weights of the digits' network at all; one of 0.004 moves them all.) That it is the rounding shows when one rounds up or down by chance, in proportion, so that a small step survives on average: 0.266 again. An *average* kept in bfloat16 spoils what it averages: 0.380.
So: multiply in few bits, add up in many.
"""

# %% [markdown] key="half-read" lang="zh" of="e4263b"
r"""
**看算术题。** 权重为 1，每次该加 0.001，加一千次，bfloat16 里它还是 1：1 与下一个数之间隔着 0.008。记忆为一千步的移动平均一动不动。许多个“一”逐个相加，加到 256 就停了；下一行是 196,608 个“一”，却没有错，因为那是 `.sum()`，中间用 float32 累加，只有结果存成 16 位（float16 存不下，成了 inf）。float16 细一些，可它的平均也不动；加到 196,608（256 × 256 彩色图上噪声的平方和大致如此）会溢出，AdamW 分母里的 1e-8 在它那里是 0。把时间步当整数告诉网络：1,000 个里，bfloat16 只分得清 506 个，而且直到 t = 18，$1-\bar\alpha_t$ 在它那里都是 0。

**看训练**（三个种子）。乘法用 bfloat16，要**存**的都用 float32：毫无损害。这就是混合精度，凡是更快的地方，这门课都这么做。权重存成 bfloat16：从零开始、学习率大时，损害淹没在种子之差里；以小学习率接着训练时，float32 停在 0.266，它停在 0.372。（最后两行：存成 bfloat16 之后，走 0.0001 的一步，数字网络的权重只有 27 % 动了；走 0.004 的一步，全都动了。）问题正出在舍入：若按比例随机地向上或向下舍入，小步平均来说就保住了，又回到 0.266。**平均**存成 bfloat16，会毁掉它所平均的东西：0.380。所以：乘法可以少用比特，累加要多用比特。
"""

# %% [markdown] key="memory-why" lang="en"
r"""
### Memory and minutes

What a training needs, and with what it grows. First the memory, measured for a training step of the U-Net; then the clock.
"""

# %% [markdown] key="memory-why" lang="zh" of="12236a"
r"""
### 内存与时间

训练要多少资源，又随什么增长？先看内存，是 U-Net 走一个训练步时量出来的；再看时间。
"""

# %% key="memory-show"
kept = {what: {value: row.kept for value, row in rows.items()} for what, rows in costs.MEMORY.items()}
for what, of in kept.items():
    print(f"kept ~ {what}^{costs.power(of.keys(), of.values()):.2f}")
scalings({what: {"kept": of, "peak of the process": {value: row.peak for value, row in costs.MEMORY[what].items()}} for what, of in kept.items()}, "MB")

# %% [markdown] key="memory-read" lang="en"
r"""
**Memory** (each figure varies one thing; where not varied: batch 4, 32 pixels, width 48; both axes are logarithmic). *Kept* is what a training step has to keep for the way back: in proportion to the batch, to the number of pixels (the square of the size) and to the width. Beside it weights, gradient, Adam's two moments and the average lie there always, 20 bytes for each weight. The
peak of the whole process is measured, one run each; for small batches it hardly moves, as that is the program itself. Out of memory? `--at-once` computes the batch in parts: the batch stays, what is kept shrinks in proportion.
"""

# %% [markdown] key="memory-read" lang="zh" of="a9e75a"
r"""
**内存**（每幅图只变一项，其余两项照旧：批 4，32 像素，宽度 48；两轴都是对数刻度）。*kept* 是一个训练步为反向传播必须留着的：与批的大小成正比，与像素数（尺寸的平方）成正比，与宽度成正比。此外，权重、梯度、Adam 的两个矩，还有权重的平均，都一直占着，每个权重 20 字节。整个进程的峰值是实测的，各测一次；批小的时候它几乎不变，那是程序本身占的。内存不够？`--at-once` 把一批分成几份来算：批不变，要留的按比例减少。
"""

# %% [markdown] key="minutes-task" lang="en"
r"""
**Minutes.** How long will it take? Count the operations of the network for one image on the way forward, `operations`.

**Write it yourself.** The machine does `per_second` of them. `my_minutes(operations, batch, steps, per_second)`: how many minutes does a training take? Mind the way back: each product of the way forward has a gradient by its weights and one by its input, each a product as large.
"""

# %% [markdown] key="minutes-task" lang="zh" of="2ab0cf"
r"""
**分钟数。** 要训练多久？先数网络前向处理一幅图像的运算次数 `operations`。

**自己动手。** 机器每秒做 `per_second` 次。`my_minutes(operations, batch, steps, per_second)`：一次训练要几分钟？别忘了反向：前向的每个乘积，都要对权重求一次梯度，对输入再求一次，每次都是同样大的乘积。
"""

# %% key="minutes-try" tags=["exercise"]
def my_minutes(operations, batch, steps, per_second):
    ...

my_minutes = check("12.minutes", my_minutes)

# %% key="minutes-use"
each = {}
for size in costs.SIZES:
    net = costs.sized(size)
    forward, each[size] = costs.operations(net, costs.some_images(net, 1, size))
    reached = each[size] / costs.PACE[1][size]
    print(f"{size:3} pixels   forward {forward / 1e6:5.0f} million   a step {each[size] / forward:.2f} times that   one thread here: {reached / 1e9:.0f} billion a second, 100,000 images in {float(my_minutes(forward, 100, 1000, reached)):.0f} min")

# %% key="minutes-show"
for name, of in costs.minutes_rows(each).items():
    print(f"{name:26}" + "".join(f"{size:5} px {low:6.1f} to {high:6.1f}" for size, (low, high) in of.items()))

# %% [markdown] key="minutes-read" lang="en"
r"""
**Read the table.** Each doubling of the size costs four times the operations, as it has four times the pixels; the U-Net gets one floor more each time, but that hardly shows. The measured time is 3.9 times, then 4.7: at 128 the thread itself is slower. (Yours counts a step as 3 times forward, counted it is 2.99 times: hence 691 minutes above and 689 below.) And larger pictures want more pictures and steps besides, which no table knows. One thread here is measured (seconds of the processor, an AMD EPYC); the others are **estimates**: what a laptop of eight cores and a T4
could do on paper, of which a training reaches between a tenth and four tenths, as we *assume*. Two hours and a half at 64 pixels on one core, for 100,000 images, are no dream; 128 pixels are a night. That is where one goes to a bigger machine, or to a smaller space: lesson 11.
"""

# %% [markdown] key="minutes-read" lang="zh" of="a1b467"
r"""
**看表。** 尺寸每翻一倍，运算是四倍，因为像素是四倍；尺寸大一倍，U-Net 也多一级，但这一级的开销几乎看不出来。实测的时间先是 3.9 倍，再是 4.7 倍：到 128 像素，单线程本身也慢了。（你的函数把一步算成前向的 3 倍，数出来是 2.99 倍，所以上面是 691 分钟，下面是 689 分钟。）图大了，还要更多的图片、更多的步数，要多多少，没有哪张表说得出。这里的单线程是实测的（处理器秒数，AMD EPYC）；其余都是**估算**：按八核笔记本与 T4 的标称速度算，训练时用得上其中的一成到四成，这是我们的**假定**。64 像素，看 100,000 幅图，单核两个半小时，并非空想；128 像素则要一夜。到了这一步，就该换更大的机器，或换一个更小的空间：第 11 课。
"""

# %% [markdown] key="hand"
r"""
## 7 · Hand it on · 交给别人
"""

# %% [markdown] key="hand-why" lang="en"
r"""
A file of weights is not yet something that one can hand on. Whoever gets it must be able to open it without you, and know
what it is. So three things go with it.

**Formats.** `export_diffusers` writes a folder that `diffusers` opens *without this course*, weights, architecture and
schedule; `export_onnx` a graph of operations that a browser or a phone can run. For one of your own: `network = course_utils.weights.from_file("mine/model.safetensors")`, then `course_utils.export.export_onnx(network, "mine.onnx", size=16)`. Either is worth something only if it
gives the same picture, so that is what we print.

**A card.** What it is, of which data, trained how, how good by which measure with which floor, what it should not be
used for. `python -m course_utils.train` writes one; the last does not stand on it, and is yours to add.

**A licence, of two things.** Your code and weights are yours to license. The pictures are not, unless you took them: a
network may give back a training picture nearly as it was (part 2 has shown when), so who may copy the pictures decides
who may copy the network. And with faces: people who can be recognised have a say in what is made of them, whatever the
licence of the photograph. If in doubt, train, learn, and do not hand it on.
"""

# %% [markdown] key="hand-why" lang="zh" of="4c0ca4"
r"""
只有一个权重文件，还谈不上交给别人。没有你在，拿到的人也要打得开，还要知道它是什么。所以要带上三样东西。

**格式。** `export_diffusers` 写出一个文件夹，**不装这门课**也能用 `diffusers` 打开，权重、结构、调度都在里面；`export_onnx` 写出一张运算图，浏览器或手机就能跑。你自己的那个：`network = course_utils.weights.from_file("mine/model.safetensors")`，再 `course_utils.export.export_onnx(network, "mine.onnx", size=16)`。两者都要给出同样的图才算数，所以下面打印的就是图与图的差。

**模型卡。** 它是什么、用了哪些数据、怎样训练、有多好（用什么来量、下限是多少）、不该拿来做什么。`python -m course_utils.train` 会写一张；最后一项模型卡上没有，由你来加。

**许可有两份。** 代码与权重是你的，怎么许可由你定。图片却不是，除非是你拍的：网络可能把某张训练图几乎原样吐出来（什么时候会，第 2 节已经看到），所以图片许谁复制，网络才许谁复制。还有人脸：照片里认得出的人，对拿自己的形象做什么有发言权，不管照片是什么许可。拿不准，就只训练、只学习，不要交出去。
"""

# %% key="hand-export"
home = tempfile.TemporaryDirectory()
handed = handing_on.hand_on(schedule, grey, home.name, (8, 1, 8, 8), licence="cc-by-4.0")
print(*handing_on.handed_rows(handed), sep="\n")

# %% key="hand-images"
plots.rows({name: way.x0 for name, way in handed.items()}, zoom=6)

# %% [markdown] key="hand-read" lang="en"
r"""
**Read the rows.** The same eight digits from the same noise, by our package, by `diffusers` from the folder, by onnxruntime from the file, and from the file in half precision; *apart* is the largest difference from what the network draws in float64,
in units in which black is −1 and white 1. All are the same pictures: 1.3e-3 is a sixth of a grey level. (`diffusers` is *nearer* than we are. At the last noise level the signal is
1.6e-5, and our way divides by it; asked for $v$, it divides by nothing.) Where a library is not installed its row is left out, and says so.

Two things that cost us an afternoon, so that they need not cost you one. Written naively, the ONNX file drew other pictures: onnxruntime's sigmoid no longer changes at $x<-18$, and our log-SNR goes down to −22. And the
`diffusers` folder holds two short Python files of ours, since their U-Net counts the groups of its group normalisation, and timesteps, in another way; so it is opened with `trust_remote_code=True`, which *runs* them. From strangers open such a folder only after reading it.
Here is the card of the folder from part 3; what it is good for, and not, is yours to write. Its `license` is that of the pictures; that of your weights you add.
"""

# %% [markdown] key="hand-read" lang="zh" of="60d25d"
r"""
**看这几行。** 同样的噪声，同样的八个数字：依次由本包、`diffusers`（读那个文件夹）、onnxruntime（读那个文件）和半精度的文件画出；*apart* 是与网络用 float64 画出的图的最大差别，取值以黑为 −1、白为 1。四行是同样的图：1.3e-3 只是一个灰度级的六分之一。（`diffusers` 比我们**更近**：最后一个噪声水平上，信号只有 1.6e-5，我们的做法要除以它；那边问的是 $v$，什么也不除。）没装哪个库，就少哪一行，并会说明。

有两件事花了我们一个下午，写在这里，免得再花你的。照公式直接写，ONNX 文件画出的是别的图：onnxruntime 的 sigmoid 在 $x<-18$ 处就不再变了，而我们的对数信噪比会低到 −22。另外，给 `diffusers` 的文件夹里有我们的两个小 Python 文件，因为他们的 U-Net 组归一化的组数、时间步的数法都与我们的不同；所以打开时要写 `trust_remote_code=True`，也就是**运行**它们。陌生人给的这种文件夹，先读过再打开。下面是第 3 节那个文件夹的模型卡；能做什么、不该做什么，由你来写。其中 `license` 是图片的许可，权重的许可由你另加。
"""

# %% key="hand-card"
print((place.parent / "mine/README.md").read_text(encoding="utf-8"))

# %% [markdown] key="sick"
r"""
## 8 · When a model of one's own does not learn · 自己的模型学不会
"""

# %% [markdown] key="sick-why" lang="en"
r"""
It will happen. The loss stands still, or falls and the samples are grey. Then do not turn knobs; examine. Ten reasons
cover nearly all cases that we know of, and each has a test that takes seconds. The most useful one is the oldest: **take
one batch and learn it by heart.** A network that cannot do this has a fault that no amount of data will mend; one that
can, but does not learn the whole set, wants time, width or better pictures.
"""

# %% [markdown] key="sick-why" lang="zh" of="f48ac2"
r"""
总会遇上的：损失一动不动，或者降了，样本却是一片灰。这时不要乱拧旋钮，要做检查。我们见过的情形，十种原因几乎全包括了，每种都有几秒钟就能做的检验。其中最有用的也最老：**拿一批图，让它背下来**。连这都做不到的网络，自身有毛病，数据再多也治不好；做得到、却学不会整套图片的，缺的是时间、宽度，或更好的图片。
"""

# %% key="sick-healthy"
well = sick_trainings.patient()
show_findings(diagnose(*well[:3], objective=well.objective))

# %% key="sick-show"
for fault in ("range", "rate", "ema"):
    sick = sick_trainings.patient(fault)
    named = [found.name for found in diagnose(*sick[:3], objective=sick.objective) if not found.well]
    print(f"{fault:8} is named: {', '.join(named)}")

# %% [markdown] key="sick-read" lang="en"
r"""
**Read the check-up.** The list is that of a training which is well, each with what was measured. (By heart: with fresh noise at each step a loss of 0.22 counts as learnt, where one who knows nothing has 1.04; it does not get near 0 so soon.) Below, three that are sick: images in [0, 1], a rate a hundred times too high, an average that has stood still since before the first step. Read from the top, *causes before
consequences*: where the rate is too high, `dead` is named as well (the answers are nearly the same for all images), and mending the rate mends it. Eleven such trainings stand in `course_utils/experiments/sick_trainings.py`; the
tests of the course ask that each is named and that healthy ones are not. It does not see everything. A wrong label, a dull folder, an architecture without the place for what you want: for those there is part 1, and time.

A training that you wrote in a cell: hand `state`, schedule and data to `diagnose(state, schedule, data)`; if it was trained on another error than that of ε, with `objective=`, such as `errors_of_v`. A folder that the command wrote cannot be handed to it.
"""

# %% [markdown] key="sick-read" lang="zh" of="b7d915"
r"""
**看检查结果。** 上面那张单子出自一个健康的训练，每条都写着量到了什么。（背同一批：每步换新噪声，什么也不会的损失是 1.04，这里到了 0.22，就算学会了；这么快还到不了 0。）下面三个有病：图像在 [0, 1] 之内；学习率是该用的一百倍；权重的移动平均停在第一步之前，从没动过。要从上往下看，**先原因，后结果**：学习率太高时，`dead` 也会一并点出（对所有图像的回答几乎一样），治好学习率，它也就好了。`course_utils/experiments/sick_trainings.py` 里有十一个这样的训练；课程的测试要求每一个都查得出，健康的则一个也不许误报。它并非什么都看得见：标签错了、图片乏味、结构里没给你想要的东西留位置，这些要靠第 1 节，也要靠时间。

单元格里自己写的训练，把 `state`、调度与数据交给 `diagnose(state, schedule, data)`；训练时用的不是 ε 的误差，还要写 `objective=`，如 `errors_of_v`。命令写出的文件夹不能直接交给它。
"""

# %% [markdown] key="open"
r"""
## 9 · Open task · 没有标准答案
"""

# %% [markdown] key="open-text" lang="en"
r"""
Take a folder of your own, fifty pictures or five thousand. Before anything else write down three guesses: how many near-duplicates `first_look.glance` will find; whether `python -m course_utils.train` will copy or invent in ten minutes (say which share of *copies* and which pair of losses you expect); and what
32 pixels will leave. Then run it, and set your guesses beside `report.json` and `nearest.png`.
"""

# %% [markdown] key="open-text" lang="zh" of="8d2d45"
r"""
拿一个你自己的文件夹，五十张也好，五千张也好。动手之前先写下三个猜测：`first_look.glance` 会找出多少对几乎相同的；`python -m course_utils.train` 在十分钟里会照抄还是创作（写出你预期的 *copies* 份额和那一对损失）；32 像素还会剩下什么。然后运行，拿 `report.json` 与 `nearest.png` 来对照你的猜测。
"""

# %% [markdown] key="recap"
r"""
## 10 · Recap · 小结
"""

# %% [markdown] key="recap-text" lang="en"
r"""
**You can now explain**

- what a first look at a folder asks, and why cuts of one photograph are no photographs;
- why few pictures make a copyist, and the two numbers that give him away;
- which loss to read, what stands beside it, and when to stop;
- what changes for colour, and what a widened network cannot see;
- what low rank saves, what it does not, and what saves what was known before;
- what must hold so that parts and processes give the whole batch's step;
- which rate a larger batch wants, and that AdamW wanted less than the rule says;
- where few bits bite, and what is kept in many;
- what memory and minutes grow with;
- what goes with a model that is handed on.

**Common mistakes**

- "I have 10,000 pictures." Of how many places, on how many days?
- "The training loss is wonderful." So is that of one who learned all by heart.
- "The samples look like my pictures." How near is the nearest picture that it never saw?
- "LoRA does not forget." At strength 0 it does not. Measured at strength 1 it forgot the digits here nearly as fully as all weights did.
- "Two GPUs, so twice the rate." Twice the batch, perhaps; the rate is measured.
- "The mean of the parts is the mean of the batch." If all parts are equal.
- "It trains in bfloat16." What is multiplied in it, and what is kept?
- "The file loads, so it is exported." Does it draw the same picture?

**Papers**

- Hu et al. 2022, [LoRA: Low-Rank Adaptation of Large Language Models](https://arxiv.org/abs/2106.09685): eq. (3).
- Micikevicius et al. 2018, [Mixed Precision Training](https://arxiv.org/abs/1710.03740).
- Gupta et al. 2015, [Deep Learning with Limited Numerical Precision](https://arxiv.org/abs/1502.02551): rounding by chance.
- Goyal et al. 2017, [Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677): the linear rule, and warm-up.
- Malladi et al. 2022, [On the SDEs and Scaling Rules for Adaptive Gradient Algorithms](https://arxiv.org/abs/2205.10287): the root, for Adam.
- Kadkhodaie et al. 2024, [Generalization in diffusion models arises from geometry-adaptive harmonic representations](https://arxiv.org/abs/2310.02557): from copying to inventing, as pictures grow many.
- Somepalli et al. 2023, [Diffusion Art or Digital Forgery?](https://arxiv.org/abs/2212.03860); Carlini et al. 2023,
  [Extracting Training Data from Diffusion Models](https://arxiv.org/abs/2301.13188): what large models give back.
- Mitchell et al. 2019, [Model Cards for Model Reporting](https://arxiv.org/abs/1810.03993).
"""

# %% [markdown] key="recap-text" lang="zh" of="c741ea"
r"""
**现在你能讲清**

- 第一眼看一个文件夹，该问什么；从一张照片上切下来的块，为什么不算许多张照片；
- 图片少，为什么养出抄写员，又有哪两个数会让它露馅；
- 该看哪个损失，旁边放什么，什么时候停；
- 彩色改变了什么，加宽的网络看不见什么；
- 低秩省下什么、省不下什么，又是什么保住了原来会的东西；
- 满足什么条件，几份、几个进程合起来才等于整批的那一步；
- 更大的批要多大的学习率，AdamW 在这里要的又比法则说的小；
- 比特少了在哪里出错，哪些要多用比特来存；
- 内存与时间随什么增长；
- 把模型交给别人，要带上什么。

**常见误解**

- “我有 10,000 张图。”拍了几个地方，拍了几天？
- “训练损失好极了。”全背下来的人，损失也好极了。
- “样本很像我的图。”网络没见过的图里，最近的那张离样本有多近？
- “LoRA 不会忘。”强度为 0 时不忘。强度为 1 时量一量：在这里，它忘得几乎与训练全部权重一样干净。
- “两块 GPU，学习率就加倍。”批也许加倍；学习率要量。
- “各份的均值再取均值，就是整批的均值。”只有每份一样大才是。
- “用 bfloat16 训练。”是用它来乘，还是用它来存？
- “文件打得开，就算导出了。”画出的是同一幅图吗？

**论文**

- Hu 等，2022，[LoRA: Low-Rank Adaptation of Large Language Models](https://arxiv.org/abs/2106.09685)：式 (3)。
- Micikevicius 等，2018，[Mixed Precision Training](https://arxiv.org/abs/1710.03740)。
- Gupta 等，2015，[Deep Learning with Limited Numerical Precision](https://arxiv.org/abs/1502.02551)：随机舍入。
- Goyal 等，2017，[Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677)：线性法则与预热。
- Malladi 等，2022，[On the SDEs and Scaling Rules for Adaptive Gradient Algorithms](https://arxiv.org/abs/2205.10287)：Adam 的平方根法则。
- Kadkhodaie 等，2024，[Generalization in diffusion models arises from geometry-adaptive harmonic representations](https://arxiv.org/abs/2310.02557)：图片多起来，从照抄到创作。
- Somepalli 等，2023，[Diffusion Art or Digital Forgery?](https://arxiv.org/abs/2212.03860)；Carlini 等，2023，
  [Extracting Training Data from Diffusion Models](https://arxiv.org/abs/2301.13188)：大模型会吐出什么。
- Mitchell 等，2019，[Model Cards for Model Reporting](https://arxiv.org/abs/1810.03993)。
"""

# %% key="progress"
progress("12")
