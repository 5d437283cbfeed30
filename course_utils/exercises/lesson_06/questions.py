"""Lesson 06: its questions, to be answered before looking.

第 06 课的题目：先预测，再看。
"""

from course_utils import plots, schedules
from course_utils.exercises import Question
from course_utils.experiments.bound import bound_weights
from course_utils.experiments.losses import drawn_by_losses, levels_of_the_shipped, losses_midway

SHARE = 0.3  # of the data at +1, in the example of the median


def heaviest() -> int:
    """The option that names where the bound's weight is largest: t = 2, 350 or 1000; or the same. 权重最大处。"""
    weights = bound_weights(schedules.linear())
    at = [float(weights[t - 2]) for t in (2, 350, 1000)]
    return 3 if max(at) < 1.5 * min(at) else max(range(3), key=lambda i: at[i])


def minority() -> int:
    """The option nearest to the share of +1 that l1 leads to: 50, 30, 10 or 0 %. l1 得到的 +1 份额最接近的选项。"""
    share = float((drawn_by_losses()["l1"] > 0).double().mean())
    return min(range(4), key=lambda i: abs((0.5, SHARE, 0.1, 0.0)[i] - share))


def noisier_half() -> int:
    """The option nearest to the share of that loss that lies above T / 2. t > T/2 占损失份额最接近的选项。"""
    levels = levels_of_the_shipped()
    share = float(levels[5:].sum() / levels.sum())
    return min(range(4), key=lambda i: abs((0.8, 0.5, 0.2, 0.01)[i] - share))


def better_half() -> int:
    """The option that says whose loss is lower in the middle of a run. 训练中途谁的损失更低。"""
    new, ema = (float(levels.mean()) for levels in losses_midway().values())
    return 2 if abs(new - ema) < 0.01 * new else 0 if new < ema else 1


QUESTIONS = {
    "heaviest": Question(
        text=(
            "The bound multiplies the squared error of ε at each t by a weight. Linear schedule, T = 1000, σ² = β: at "
            "which t is the weight the largest?",
            "变分下界在每个 t 处都给 ε 的平方误差乘上一个权重。线性调度，T = 1000，σ² = β：哪个 t 的权重最大？",
        ),
        options=(
            ("t = 2, hardly any noise", "t = 2，几乎没有噪声"),
            ("t = 350, in between", "t = 350，居中"),
            ("t = 1000, pure noise", "t = 1000，纯噪声"),
            ("all the same", "都一样"),
        ),
        answer=heaviest,
        replies=(
            None,
            (
                "There β is larger than at the start, but 1 − ᾱ, which it is divided by, has grown far more.",
                "那里的 β 比开头大，但作除数的 1 − ᾱ 大得更多。",
            ),
            (
                "There β is the largest, but it is divided by 1 − ᾱ ≈ 1; at t = 2 it is divided by next to nothing.",
                "那里的 β 最大，但除以的是 1 − ᾱ ≈ 1；t = 2 时，除数小得几乎没有。",
            ),
            (
                "All the same: that is the simple loss, which leaves this weight out.",
                "都一样的是简化损失：它把这个权重丢掉了。",
            ),
        ),
        why=(
            "It is β_t / (2 α_t (1 − ᾱ_t)). At small t hardly any noise has come together, and 1 − ᾱ_t is small: a small "
            "mistake in ε is then large beside the narrow step.",
            "它等于 β_t / (2 α_t (1 − ᾱ_t))。t 小时，累积的噪声还很少，1 − ᾱ_t 很小：ε 的一点误差，与那窄窄的一步相比就很大。",
        ),
        figure=lambda: plots.curves(
            {"weight": {"σ² = β": bound_weights(schedules.linear()).tolist()}}, range(2, 1001), log="xy"
        ),
    ),
    "minority": Question(
        text=(
            "Every image is one pixel: −1 in 70 % of the data, +1 in 30 %. One perfect network was trained with l2, another "
            "with l1, and DDIM samples from both in 50 steps. With l2, about 30 % of the samples are +1. And with l1?",
            "每幅图像只有一个像素：70 % 的数据是 −1，30 % 是 +1。两个完美的网络，一个用 l2 训练，一个用 l1，都用 50 步 DDIM 采样。"
            "用 l2 时，约 30 % 的样本是 +1。用 l1 呢？",
        ),
        options=(
            ("about 50 %", "约 50 %"),
            ("about 30 %, the same", "约 30 %，一样"),
            ("about 10 %", "约 10 %"),
            ("none at all", "一个也没有"),
        ),
        answer=minority,
        replies=(
            (
                "Nothing asks for halves: no loss is after fairness, each is after what the data are like.",
                "没有什么要求各占一半：损失不讲公平，只看数据是什么样。",
            ),
            (
                "That is what the mean keeps; a median cannot answer with a share, it answers −1 or +1.",
                "那是均值才保得住的；中位数答不出几成，只会答 −1 或 +1。",
            ),
            None,
            (
                "Nearly, but some first noises lie so far on the side of +1 that even the median says +1.",
                "差一点，但有些初始噪声离 +1 那边够近，连中位数也说 +1。",
            ),
        ),
        why=(
            "Under l1 the best guess is a median, and the median of two values is the likelier one. In heavy noise that is "
            "nearly always −1, so the walk sets out towards −1, and few samples turn round.",
            "在 l1 之下，最优的猜测是中位数，而两个值的中位数就是更可能的那个。噪声重时几乎总是 −1，于是一开始都往 −1 走，很少有样本能折回来。",
        ),
        figure=lambda: plots.histograms(
            {k: v.flatten().tolist() for k, v in drawn_by_losses().items()}, 1.45, bell=None
        ),
    ),
    "share": Question(
        text=(
            "A well trained network (the one that comes with the course, on the digits, cosine schedule) has a mean loss over "
            "all t. Which share of it comes from the noisier half, t > T/2, where the shape of a digit is decided?",
            "一个训练好的网络（随课程附带的那个，数字，余弦调度）对所有 t 有一个损失均值。其中有多少来自噪声更重的一半，"
            "即 t > T/2，也就是决定数字形状的地方？",
        ),
        options=(
            ("about 80 %", "约 80 %"),
            ("about 50 %", "约 50 %"),
            ("about 20 %", "约 20 %"),
            ("about 1 %", "约 1 %"),
        ),
        answer=noisier_half,
        replies=(
            (
                "What is decided there counts most for the picture, but in ε it costs little, for x_t is nearly ε.",
                "那里决定的事对画面最要紧，按 ε 计却代价很小，因为 x_t 几乎就是 ε。",
            ),
            (
                "It would be half if every t were equally hard; where there is little noise, ε is far harder to guess.",
                "如果每个 t 一样难，就是一半；可噪声少的地方，ε 难猜得多。",
            ),
            None,
            (
                "Not that little: shortly above T/2 much of the image is left, and the error with it.",
                "没那么少：刚过 T/2 时，图像还剩不少，误差也就还在。",
            ),
        ),
        why=(
            "With little noise ε can hardly be told from the image, so the error is large whoever guesses; with much noise "
            "x_t is nearly ε, and everybody's error is small. The mean is made by the clean half.",
            "噪声少时，ε 与图像几乎分不开，谁来猜误差都大；噪声多时，x_t 几乎就是 ε，谁的误差都小。均值是由干净的那一半撑起来的。",
        ),
        figure=lambda: plots.curves(
            {"loss": {"digits": levels_of_the_shipped().tolist()}}, [i / 10 + 0.05 for i in range(10)], "$t/T$"
        ),
    ),
    "average": Question(
        text=(
            "In the middle of a training, at a high learning rate, we compare the newest weights with the moving average of "
            "the weights so far. On the same images, with the same noise: whose loss is lower?",
            "训练进行到一半，学习率还高。把最新的权重与至今权重的移动平均相比，用同样的图像、同样的噪声：谁的损失更低？",
        ),
        options=(
            ("the newest weights': they have learnt the most", "最新的权重：学得最多"),
            ("the average's", "平均的权重"),
            ("nearly the same", "几乎一样"),
        ),
        answer=better_half,
        replies=(
            (
                "They have seen the most, but they also carry the accidents of the latest batches.",
                "它见得最多，却也带着最近几批的偶然。",
            ),
            None,
            (
                "So it is at the end, when the rate has come down; in the middle every step is still large.",
                "学习率降下来之后的末尾才是这样；训练到一半，每一步都还很大。",
            ),
        ),
        why=(
            "Each step overshoots a little, in a direction that its own batch chose. The average lags behind by a few steps, "
            "but those swings cancel in it.",
            "每一步都会冲过头一点，方向由那一批数据决定。平均虽落后几步，这些摆动却在其中抵消了。",
        ),
        figure=lambda: plots.curves(
            {"loss, relative to EMA": {k: (v / losses_midway()["EMA"]).tolist() for k, v in losses_midway().items()}},
            [i / 10 + 0.05 for i in range(10)],
            "$t/T$",
        ),
    ),
}
