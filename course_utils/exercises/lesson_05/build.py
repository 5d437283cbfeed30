"""The piece of work of lesson 05: a whole U-Net, assembled from the blocks of the course.

第 05 课的作业：用课程的各种块搭出一个完整的 U-Net。
"""

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.attention import Attention
from course_utils.blocks import NoiseLevelEmbedding, ResidualBlock, double, group_norm, halve, silenced
from course_utils.exercises import Part, Piece
from course_utils.exercises.lesson_05.build_equal import judge_equal
from course_utils.exercises.lesson_05.build_floors import judge_count, judge_floors
from course_utils.exercises.lesson_05.build_judges import judge_level, judge_skips, judge_start


class AssembledUNet(nn.Module):
    """The U-Net that the piece asks for: `UNet` without labels and patches, its floors given by their widths.

    作业所要的 U-Net：不带标签与 patch 的 `UNet`，各级由宽度给出。

    Shapes: xt (b, channels, h, w), any h and w, log_snr () or (b,) -> eps_hat like xt.
    """

    def __init__(self, channels, widths, e):
        super().__init__()
        self.unit = 2 ** (len(widths) - 1)
        self.embed = NoiseLevelEmbedding(e)
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down, self.up, left = nn.ModuleList(), nn.ModuleList(), [widths[0]]
        for floor, c in enumerate(widths):
            if floor:
                self.down.append(halve(left[-1]))
                left.append(left[-1])
            self.down.append(ResidualBlock(left[-1], c, e))
            left.append(c)
        self.middle = nn.ModuleList([ResidualBlock(c, c, e), Attention(c), ResidualBlock(c, c, e)])
        for floor in reversed(range(len(widths))):
            for _ in range(2):
                self.up.append(ResidualBlock(c + left.pop(), widths[floor], e))
                c = widths[floor]
            if floor:
                self.up.append(double(c))
        self.head = nn.Sequential(group_norm(c), nn.SiLU(), silenced(nn.Conv2d(c, channels, 3, padding=1)))

    def forward(self, xt, log_snr):
        log_snr, (h, w) = log_snr.expand(len(xt)), xt.shape[2:]
        padded = F.pad(xt, (0, -w % self.unit, 0, -h % self.unit))
        told, skips = self.embed(log_snr), [self.stem(padded)]

        def work(layer, x):
            return layer(x, told) if isinstance(layer, ResidualBlock) else layer(x)

        for layer in self.down:
            skips.append(work(layer, skips[-1]))
        x = skips[-1]
        for layer in self.middle:
            x = work(layer, x)
        for layer in self.up:
            x = work(layer, torch.cat([x, skips.pop()], 1) if isinstance(layer, ResidualBlock) else x)
        signal, noise = (level.sigmoid().sqrt()[:, None, None, None] for level in (log_snr, -log_snr))
        return noise * xt + signal * self.head(x)[..., :h, :w]


BUILD = Piece(
    reference=lambda: AssembledUNet,
    draws=True,
    parts={
        "start": Part(
            holds=(
                "a new network runs at several sizes, and answers √(1 − ᾱ) x_t",
                "新建的网络在几种尺寸下都能运行，回答 √(1 − ᾱ) x_t",
            ),
            judge=judge_start,
            hints=(
                (
                    "What comes out of the head is v, and 0 at first. Which sum of x_t and v is ε̂, and how is ᾱ "
                    "read off log-SNR = ln(ᾱ / (1 − ᾱ))? If it stops before: do stem and head have `channels` "
                    "where the image goes in and out, and which number must divide height and width, with n floors?",
                    "从头部（head）出来的是 v，起初是 0。x_t 与 v 怎样合成 ε̂？怎样由 log-SNR = ln(ᾱ / (1 − ᾱ)) 读出 ᾱ？"
                    "如果还没到那里就中断了：图像进出的地方，stem 与头部用的是 `channels` 吗？有 n 级时，高与宽要是哪个数的倍数？",
                ),
                (
                    "ᾱ = `log_snr.sigmoid()` and 1 − ᾱ = `(-log_snr).sigmoid()`; take the roots, give them the shape "
                    "(b, 1, 1, 1), and return `noise * xt + signal * v`. The head ends in "
                    "`silenced(nn.Conv2d(c, channels, 3, padding=1))`. With `unit = 2 ** (len(widths) - 1)`, the stem reads "
                    "`F.pad(xt, (0, -w % unit, 0, -h % unit))`; cut v back to `[..., :h, :w]`.",
                    "ᾱ = `log_snr.sigmoid()`，1 − ᾱ = `(-log_snr).sigmoid()`；开方，变成 (b, 1, 1, 1) 的形状，返回 "
                    "`noise * xt + signal * v`。头部以 `silenced(nn.Conv2d(c, channels, 3, padding=1))` 收尾。"
                    "设 `unit = 2 ** (len(widths) - 1)`，stem 读的是 `F.pad(xt, (0, -w % unit, 0, -h % unit))`；"
                    "v 再裁回 `[..., :h, :w]`。",
                ),
            ),
        ),
        "floors": Part(
            holds=(
                "sizes and widths are as asked on every floor, attention at the bottom",
                "各级的尺寸与宽度都如所求，注意力在底部",
            ),
            judge=judge_floors,
            hints=(
                (
                    "Draw the U for three widths, and write at each part how many channels go in and come out. Halving and "
                    "doubling keep the channels; the block behind them changes them.",
                    "为三个宽度画出 U 形，在每个部件旁写上进出的通道数。减半与加倍不改变通道数；改变它的是后面的块。",
                ),
                (
                    "Down, on each floor: from the second floor on first `halve(c)`, c being the width above; then "
                    "`ResidualBlock(c, width, e)`. Up, from the lowest floor: two blocks that make its width, then `double` "
                    "unless it is the top.",
                    "下行，每一级：从第二级起先 `halve(c)`，c 是上一级的宽度；再 `ResidualBlock(c, width, e)`。"
                    "上行，从最低一级起：两个块，都得到该级的宽度；若不是最上一级，再 `double`。",
                ),
            ),
        ),
        "count": Part(
            holds=("as many parameters as asked", "参数的个数正是所求"),
            judge=judge_count,
            hints=(
                (
                    "Every layer must be seen by torch (`nn.ModuleList`, not a plain list) and made once. Which channels "
                    "does each block on the way up read?",
                    "每一层都要让 torch 看得见（用 `nn.ModuleList`，不用普通列表），而且只建一次。上行的每个块读多少个通道？",
                ),
                (
                    "Keep a list of the channels of the skips beside the list of layers: `left = [widths[0]]`, one more "
                    "entry for each part on the way down. A block on the way up reads `c + left.pop()`, the first of a floor "
                    "and the second alike, and both make the width of the floor.",
                    "建各层时，另记一个列表，存各条跳跃连接的通道数：`left = [widths[0]]`，下行每建一个部件就添一项。"
                    "上行的块读 `c + left.pop()` 个通道，一级中的第一个与第二个都如此，两个都得到该级的宽度。",
                ),
            ),
        ),
        "skips": Part(
            holds=(
                "each up block is given the right skip",
                "每个上行块接的都是该接的跳跃连接",
            ),
            judge=judge_skips,
            hints=(
                (
                    "`stem`, every block and every halving on the way down leave a copy each: with n floors 2 n skips, for "
                    "2 n blocks on the way up.",
                    "`stem`、下行的每个块与每次减半，各留一份：n 级就有 2 n 条跳跃连接，正好分给上行的 2 n 个块。",
                ),
                (
                    "`skips = [self.stem(xt)]`, and after every part on the way down `skips.append(x)`. On the way up "
                    "`block(torch.cat([x, skips.pop()], 1), told)`; `double` takes no skip.",
                    "`skips = [self.stem(xt)]`，下行每过一个部件就 `skips.append(x)`。上行时 "
                    "`block(torch.cat([x, skips.pop()], 1), told)`；`double` 不取跳跃连接。",
                ),
            ),
        ),
        "level": Part(
            holds=(
                "every block is told each image's own noise level",
                "每个块都得知每幅图像自己的噪声水平",
            ),
            judge=judge_level,
            hints=(
                (
                    "One `NoiseLevelEmbedding` serves all blocks; it reads log-SNR as it is, of shape (b,).",
                    "一个 `NoiseLevelEmbedding` 供所有的块使用；它读的就是对数信噪比本身，形状 (b,)。",
                ),
                (
                    "`log_snr = log_snr.expand(len(xt))` makes (b,) of both shapes; then `told = self.embed(log_snr)`, and "
                    "every `ResidualBlock` is called with `(x, told)`.",
                    "`log_snr = log_snr.expand(len(xt))` 把两种形状都变成 (b,)；然后 `told = self.embed(log_snr)`，"
                    "每个 `ResidualBlock` 都以 `(x, told)` 调用。",
                ),
            ),
        ),
        "equal": Part(
            holds=(
                "with the weights of `UNet`, the same answer and the same gradients",
                "换上 `UNet` 的权重，回答与梯度都相同",
            ),
            judge=judge_equal,
            hints=(
                (
                    "If the other parts hold, look at the head (norm, SiLU and convolution, in this order), and at the two "
                    "factors of ε̂.",
                    "若其余部分都成立，就看头部（归一化、SiLU、卷积，次序如此），以及 ε̂ 的两个系数。",
                ),
                (
                    "`nn.Sequential(group_norm(c), nn.SiLU(), silenced(nn.Conv2d(c, channels, 3, padding=1)))`; nothing "
                    "stands between the last block and it, nor behind it but the cut and ε̂ = √(1 − ᾱ) x_t + √ᾱ v.",
                    "`nn.Sequential(group_norm(c), nn.SiLU(), silenced(nn.Conv2d(c, channels, 3, padding=1)))`；"
                    "最后一个块与它之间没有别的，它之后也只有裁剪与 ε̂ = √(1 − ᾱ) x_t + √ᾱ v。",
                ),
            ),
        ),
    },
)
