"""The parts of the piece of lesson 09, a report on samples, with their hints.

第 09 课的作业（样本的报告）的各个部分与提示。
"""

from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_09.build_cheats import judge_bars, judge_cheats, judge_refuses
from course_utils.exercises.lesson_09.build_numbers import judge_distance, judge_memory, judge_support_of
from course_utils.exercises.lesson_09.build_report import audit

BUILD = Piece(
    reference=lambda: audit,
    parts={
        "refuses": Part(
            (
                "it makes no report of nan, of pixels out of range, of labels that do not fit, of samples that are there twice",
                "有 nan、像素超出范围、标签对不上、样本重复时，不出报告",
            ),
            judge_refuses,
            (
                (
                    "Which pixels can only be those of a crowd in [0, 1]? And which labels must be there at least once?",
                    "什么样的像素只能来自 [0, 1] 之内的一群？哪些标签至少要出现一次？",
                ),
                (
                    "Pixels: `samples.isfinite().all()`, `samples.abs().max() > 1`, `samples.min() >= 0`. Labels: their number, and "
                    "`set(labels.tolist()) != set(unseen.y.tolist())`. Copies: `len(samples.unique(dim=0)) < len(samples)`. Each with "
                    "`raise ValueError(...)`.",
                    "像素：`samples.isfinite().all()`、`samples.abs().max() > 1`、`samples.min() >= 0`。标签：个数，以及 "
                    "`set(labels.tolist()) != set(unseen.y.tolist())`。重复：`len(samples.unique(dim=0)) < len(samples)`。"
                    "都用 `raise ValueError(...)`。",
                ),
            ),
        ),
        "distance": Part(
            (
                "distance and floor are measured with one n, equally many of each label, against unseen images",
                "距离与下限用同一个 n，每类同样多，都对没见过的图像来量",
            ),
            judge_distance,
            (
                (
                    "How many of each label do all three crowds have? Choose once, from all three, before anything is measured.",
                    "三群都拿得出的，每类各有几个？先从三群里各挑一次，然后才量。",
                ),
                (
                    "`each = min(int(y.unique(return_counts=True)[1].min()) for y in (labels, training.y, unseen.y))`, and of a crowd "
                    "`torch.cat([x[y == label][:each] for label in unseen.y.unique()])`. The floor is that of the training images so "
                    "chosen.",
                    "`each = min(int(y.unique(return_counts=True)[1].min()) for y in (labels, training.y, unseen.y))`，一群里取 "
                    "`torch.cat([x[y == label][:each] for label in unseen.y.unique()])`。下限就用这样挑出的训练图像来量。",
                ),
            ),
        ),
        "support": Part(
            (
                "precision and recall are those of the pixels, of the same crowds: features can be bent, pixels are what one gets",
                "精确率与召回率按像素、用同样的两群来量：特征是可以凑出来的，像素才是拿到手的东西",
            ),
            judge_support_of,
            (
                (
                    "Noise can be bent until its features are those of real images. Where can it not hide?",
                    "噪声可以一直改到特征与真实图像相同。它在哪里藏不住？",
                ),
                (
                    "`support(new.flatten(1), made.flatten(1))` of the chosen crowds, with its own k of 5; the real ones come first.",
                    "对挑出的两群用 `support(new.flatten(1), made.flatten(1))`，k 用默认的 5；真实的写在前面。",
                ),
            ),
        ),
        "memorised": Part(
            (
                "every sample is held against every training image, and as many unseen ones",
                "每个样本都与全部训练图像、以及同样多没见过的图像比过",
            ),
            judge_memory,
            (
                (
                    "Whoever copies training images copies any of them. Does your search find a copy of the last one?",
                    "抄训练图像的人，哪一幅都可能抄。你的搜索找得到最后那一幅的副本吗？",
                ),
                (
                    "`memorised(samples, training.x, unseen.x)`: all of each, not those chosen for the distance.",
                    "`memorised(samples, training.x, unseen.x)`：都用全部，而不是为距离挑出的那些。",
                ),
            ),
        ),
        "bars": Part(
            (
                "each error is about what the number moves by from one crowd to the next; n has none",
                "每个误差都与换一群时的变动相当；n 没有误差",
            ),
            judge_bars,
            (
                (
                    "Of a share of n samples the standard error is known; of a distance, draw the samples again, as many of each label "
                    "as there were: what you chose is no chance.",
                    "n 个样本中的占比，标准误差有公式；距离的误差，就把样本重抽，每个标签的个数不变：个数是你定的，不算偶然。",
                ),
                (
                    "`(share * (1 - share) / n) ** 0.5` for precision and recall, "
                    "`bootstrapped(lambda a, b: frechet_distance(a[0], b[0]), (made, y), (new, y))` of features and labels for distance "
                    "and floor; `memorised` brings its own.",
                    "精确率与召回率用 `(share * (1 - share) / n) ** 0.5`，距离与下限用 "
                    "`bootstrapped(lambda a, b: frechet_distance(a[0], b[0]), (made, y), (new, y))`，给它特征与标签；`memorised` 自带误差。",
                ),
            ),
        ),
        "cheats": Part(
            (
                "seven cheats are told from an honest crowd, each by a number beyond its bar, or refused",
                "七种作弊都与诚实的样本分得开：或有一个数超出误差棒，或被拒绝",
            ),
            judge_cheats,
            (
                (
                    "The message names the cheat that passes. Which of your numbers ought to have fallen, or risen, with it?",
                    "消息里说了蒙混过关的是哪一种。有它在，你的哪个数本该下降或上升？",
                ),
                (
                    "Copies show in `memorised`, one class and the surer half in `recall`, bent noise in `precision` of the pixels, a "
                    "small crowd in `n`; pixels in [0, 1] and samples handed in twice are refused.",
                    "副本看 `memorised`，只有一类、挑出的一半看 `recall`，改过的噪声看像素的 `precision`，样本太少看 `n`；"
                    "[0, 1] 之内的像素、交了两遍的样本，应当拒绝。",
                ),
            ),
        ),
    },
)
