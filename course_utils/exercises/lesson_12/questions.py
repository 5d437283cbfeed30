"""The questions of lesson 12, Your own images, bigger machines.

第 12 课“自己的图片与更大的机器”的预测题。
"""

from functools import cache

from course_utils.exercises.kinds import Question
from course_utils.exercises.lesson_12.questions_of_memory import FORGETTING, HEART
from course_utils.experiments import batch_and_rate, few_bits, in_parts
from course_utils.plots.features import part_bars
from course_utils.plots.growth import scalings

UNEVEN = 32  # of 100: the last part holds four


@cache
def apart_in_parts(by_parts: bool) -> dict[int, float]:
    """How far the gradient of 100 digits, so many at once, is from that of the whole. 分份的梯度离整批的梯度多远。"""
    network, batch = in_parts.small_networks()["group norm"], in_parts.one_batch(100)
    whole = in_parts.gradient(network, batch, 100)
    return {
        at_once: in_parts.off_by(whole, in_parts.gradient(network, batch, at_once, by_parts=by_parts))
        for at_once in (20, 25, UNEVEN, 40, 50)
    }


def how_far_by_parts() -> int:
    """The option that says how far the mean of the parts' means is off. 各份均值的均值差多少。"""
    away = apart_in_parts(True)[UNEVEN]
    return 0 if away < 1e-4 else 1 if away < 0.05 else 2 if away < 0.5 else 3


def ends_in_half() -> int:
    """The option nearest to where weights in bfloat16 end. 权重存成 bfloat16，损失停在哪里。"""
    ended, full = (few_bits.ROUNDED[way, "further"][0].value for way in ("weights", "float32"))
    return min(range(3), key=lambda i: abs((full, (full + few_bits.BEFORE) / 3, few_bits.BEFORE)[i] - ended))


def rate_for_larger() -> int:
    """The option nearest to the best rate for the largest batch. 最大的批量配哪个学习率最好。"""
    small, large = batch_and_rate.BATCHES[0], batch_and_rate.BATCHES[-1]
    times = batch_and_rate.best_rate(large) / batch_and_rate.best_rate(small)
    return min(range(5), key=lambda i: abs((1, 2, (large / small) ** 0.5, large / small, small / large)[i] - times))


QUESTIONS = {
    "heart": HEART,
    "forget": FORGETTING,
    "parts": Question(
        text=(
            "A batch of 100 images is too large for memory. Somebody computes it in parts of 32, 32, 32 and 4, takes the mean error of each part, and averages the four gradients. How far is that from the gradient of the whole, in units of its length?",
            "一批 100 幅，内存放不下。有人分成 32、32、32、4 四份来算，每份取误差的均值，再把四个梯度取均值。它离整批的梯度多远（以整批梯度的长度为单位）？",
        ),
        options=(
            ("only rounding: the mean of means is the mean", "只差舍入：均值的均值就是均值"),
            ("about 0.01: the last part holds few images", "约 0.01：最后一份没几幅"),
            ("about 0.2", "约 0.2"),
            ("about 1: another direction altogether", "约 1：完全是另一个方向"),
        ),
        answer=how_far_by_parts,
        replies=(
            (
                "It is, where the parts are equally large. Here each of the last four counts eight times as much as any other.",
                "每份一样多时才是。这里最后四幅，每一幅的分量都是别的图的八倍。",
            ),
            (
                "Few images, but a quarter of the weight; and the mean of four is the noisiest of the four parts.",
                "幅数虽少，却占四分之一的权重；而且四份里，它的均值噪声最大。",
            ),
            None,
            (
                "Three of the four parts are right, and hold three quarters of the weight.",
                "四份里有三份是对的，占四分之三的权重。",
            ),
        ),
        why=(
            "Divide each part's sum by 100, not by its own number: then parts add up exactly, whatever their size.",
            "每份都求和，除以 100，而不是除以本份的幅数：这样无论每份多大，加起来都恰好相等。",
        ),
        figure=lambda: scalings(
            {"at once": {"each image alike": apart_in_parts(False), "each part alike": apart_in_parts(True)}}, "apart"
        ),
    ),
    "half": Question(
        text=(
            "A network that has learned digits goes on with their negatives, at a rate of 0.0001. In float32 its loss falls from 0.66 to 0.27. Once more, but the weights are kept in bfloat16 (the rest stays in float32). Where does the loss end?",
            "学过数字的网络接着学它们的负片，学习率 0.0001。用 float32，损失从 0.66 降到 0.27。再来一次，只把权重存成 bfloat16（其余仍是 float32）。损失停在哪里？",
        ),
        options=(
            ("at 0.27: rounding errors average out", "0.27：舍入误差会互相抵消"),
            ("at about 0.37", "约 0.37"),
            ("at 0.66: not one weight moves", "0.66：没有一个权重动得了"),
        ),
        answer=ends_in_half,
        replies=(
            (
                "To the nearest, a step of less than half a gap is not rounded a little wrong: it is dropped, every time anew.",
                "舍入到最近的数时，不到半个间隔的一步不是略有误差，而是整个丢掉，次次如此。",
            ),
            None,
            (
                "The gap shrinks with the weight. Small weights still move; so do some large ones, where the step is largest.",
                "权重越小，间隔越小。小的权重照样能动；步子最大的时候，有些大的也能动。",
            ),
        ),
        why=(
            "Near 0.1 bfloat16 has a gap of 0.0005, and a step of Adam is 0.0001. Rounded up or down by chance, in proportion, such steps survive on average, and the loss ends at 0.27 again.",
            "0.1 附近，bfloat16 的间隔是 0.0005，而 Adam 的一步是 0.0001。若按比例随机地向上或向下舍入，这样的小步平均来说就保住了，损失又停在 0.27。",
        ),
        figure=lambda: part_bars(
            {
                f"loss, {name}": {
                    way: few_bits.ROUNDED[way, "further"][which].value for way in few_bits.what_is_rounded(0)
                }
                for which, name in enumerate(("newest weights", "their average"))
            }
        ),
    ),
    "rate": Question(
        text=(
            "The same number of images in batches of 16 or of 256, each at its best rate (AdamW; rates a factor 2 apart were tried). What is the best rate for 256, beside that for 16?",
            "训练看过的图像总数相同，每批 16 幅或 256 幅，各用最好的学习率（AdamW；试过的学习率相邻两档差 2 倍）。与 16 相比，256 的最佳学习率是多少？",
        ),
        options=(
            ("the same", "一样"),
            ("twice as large", "两倍"),
            ("four times as large, the root of 16", "四倍，16 的平方根"),
            ("16 times as large, as the batch is", "16 倍，与批的倍数一样"),
            ("a sixteenth: a larger batch wants care", "十六分之一：批大了要小心"),
        ),
        answer=rate_for_larger,
        replies=(
            (
                "The mean of more images is less noisy, so one may step farther; and there are fewer steps to go the way in.",
                "图像多了，均值的噪声小，步子可以大些；而且步数少，路还是那么长。",
            ),
            None,
            (
                "So says the rule for Adam where noise rules; here it was tried, and ended worse. A sweep decides, not a rule.",
                "噪声做主时，Adam 的法则是这么说的；这里也试了，结果更差。要由扫描来定，不由法则来定。",
            ),
            (
                "That rule is for plain gradient descent and small batches. Adam divides by the size of its gradients: in a larger batch there is less noise, the divisor shrinks with it, and steps do not, so that 16 times is not wanted. Eight times the rate, the largest that was tried, ends far worse.",
                "那条法则说的是朴素的梯度下降，而且批要小。Adam 会除以梯度的大小：批大了噪声小，除数也小，步子不会跟着变小，用不着再乘 16。试过的最大的是八倍，结果差了很多。",
            ),
            (
                "Then it would hardly move in its 50 steps.",
                "那样 50 步里几乎动不了。",
            ),
        ),
        why=(
            "The rate rises less than in proportion; and however it is set, 50 large steps do not go as far as 800 small ones.",
            "学习率要升，但升的倍数不及批的倍数；而且无论怎么调，50 个大步也走不到 800 个小步那么远。",
        ),
        figure=lambda: scalings(
            {
                "rate": {
                    f"batch {size}": dict(zip(batch_and_rate.RATES, map(tuple, of), strict=True))
                    for size, of in batch_and_rate.BY_IMAGES.items()
                }
            },
            "loss",
        ),
    ),
}
