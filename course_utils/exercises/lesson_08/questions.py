"""The questions of lesson 08, Guidance and inpainting.

第 08 课“条件、引导与修补”的预测题。
"""

from functools import cache

import torch

from course_utils import plots
from course_utils.exercises import Question
from course_utils.experiments import completing, guiding, starting
from course_utils.experiments.guided_garments import STORED
from course_utils.guidance import guided
from course_utils.schedules import cosine

TIMES = (250, 500, 750, 850, 950)
STRETCHES = ("2, below -2", "2, -2 to 4", "2, above 4", "1")


@cache
def guided_on_the_line() -> guiding.Summary:
    """What guidance with scale 3 draws of the right-hand bell. 强度为 3 的引导，画右边的钟形，画出来的是什么。"""
    two = guiding.two_classes(cosine())
    return guiding.summary(guiding.drawn(cosine(), guided(two.conditional(1), two.unconditional, 3)))


def what_guidance_draws() -> int:
    """The option that says how guided samples lie to the sharpened density. 引导所得与锐化后的密度相比如何。"""
    drawn, sharp = guided_on_the_line(), guiding.sharpened(guiding.two_classes(cosine()), 3)
    if max(abs(drawn.mean - sharp.mean), abs(drawn.std - sharp.std)) < 0.05:
        return 0
    return 1 if drawn.mean < sharp.mean else 2 if drawn.std < sharp.std else 3


def scale_four() -> int:
    """The option that says what scale 4 does to agreement and distance. 强度 4 对判对的比例与距离有何影响。"""
    (plain, _), (strong, _) = STORED["1"], STORED["4"]
    surer, nearer = strong.agreement > plain.agreement, strong.distance < plain.distance
    return {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[surer, nearer]


def where_it_helps() -> int:
    """The stretch of noise in which scale 2 alone brings garments nearest to real ones. 强度 2 只用在哪一段，最接近真实衣物。"""
    distances = [STORED[name][0].distance for name in STRETCHES]
    return min(range(len(distances)), key=distances.__getitem__)


def second_number() -> int:
    """The option nearest to the mean that putting back draws. 最接近“放回去”所得均值的选项。"""
    mean = float(completing.given_one()["replaced"].x.mean())
    return min(range(4), key=lambda i: abs((0.0, 0.9, 1.35, 1.5)[i] - mean))


def half_way() -> int:
    """The option that says what becomes of sneakers called boots at t = 500. 在 t = 500 处改称靴子，运动鞋会怎样。"""
    boots, likeness = starting.sneakers_to_boots(500)
    return 0 if boots < 0.4 else 1 if boots < 0.6 else 2 if likeness > 0.8 else 3


def _told(name: str) -> str:
    distance, bar = (row.distance for row in STORED[name])
    return f"scale {name}, {distance:.3f} ± {bar:.3f}"


def _on_the_line() -> plots.Picture:
    two = guiding.two_classes(cosine())
    curves = {"class": guiding.sharpened(two, 1), "sharpened": guiding.sharpened(two, 3)}
    drawn = guiding.drawn(cosine(), guided(two.conditional(1), two.unconditional, 3))
    return plots.densities({"DDIM, scale 3": curves}, {"DDIM, scale 3": drawn}, "$x_0$")


def _over_times() -> plots.Picture:
    found = torch.tensor([starting.sneakers_to_boots(t) for t in TIMES]).T
    return plots.curves({"share": {"boots": found[0]}, "likeness": {"likeness": found[1]}}, TIMES)


QUESTIONS = {
    "sharpened": Question(
        text=(
            "The right-hand bell has mean 1 and std 0.5, the sharpened density 1.05 and 0.46. What will DDIM draw, guided with scale 3?",
            "右边的钟形均值 1、标准差 0.5，锐化后的密度是 1.05 与 0.46。用强度 3 引导，DDIM 画出来的会是什么？",
        ),
        options=(
            ("the sharpened density", "就是锐化后的密度"),
            ("less far out than the sharpened density", "比锐化后的密度靠里"),
            ("farther out, and narrower", "更靠外，而且更窄"),
            ("farther out, and wider", "更靠外，而且更宽"),
        ),
        answer=what_guidance_draws,
        replies=(
            (
                "So it is written nearly everywhere. It would be so if sharpening a noised density were the same as noising a sharpened one.",
                "几乎到处都这么写。只有当“锐化加过噪的密度”等于“给锐化后的密度加噪”，才会如此。",
            ),
            (
                "Think of much noise: the guess without a label is 0 there, with it 1, and with scale 3 it is 3.",
                "想想噪声很大的时候：没有标签的猜测是 0，有标签的是 1，强度取 3 就是 3。",
            ),
            None,
            (
                "Farther out, yes. But where all have gone far out the guess of the class pulls them together again, and nothing spreads them.",
                "确实更靠外。可大家都走远之后，这一类的猜测又把它们拉拢，没有什么让它们散开。",
            ),
        ),
        why=(
            "In much noise the guess is three times as far out as the class; all set out for it. Later the classifier is sure, guidance is off, and the class pulls the crowd back, from the outside.",
            "噪声大时，猜测到原点的距离是这一类均值的三倍，大家都朝它去。后来分类器有了把握，引导不再起作用，这一类再把它们从外侧拉回来。",
        ),
        figure=_on_the_line,
    ),
    "sure": Question(
        text=(
            "From scale 1 to scale 4: what becomes of the share of garments that the judge takes for what was asked, and of the distance to real garments?",
            "强度从 1 加到 4：评判者认作所要类别的比例，以及到真实衣物的距离，各会怎样？",
        ),
        options=(
            ("more are taken for it, and the distance falls", "比例上升，距离下降"),
            ("more are taken for it, and the distance rises", "比例上升，距离上升"),
            ("fewer are taken for it, and the distance falls", "比例下降，距离下降"),
            ("fewer are taken for it, and the distance rises", "比例下降，距离上升"),
        ),
        answer=scale_four,
        replies=(
            (
                "So one would wish. But who draws only what is typical draws no crowd of garments: the distance compares crowds.",
                "但愿如此。可只画最典型的，画出来的就不像一群衣物了；而距离比的正是两群。",
            ),
            None,
            (
                "Guidance leads towards where the label is likelier; more are recognised, not fewer.",
                "引导走向标签更有可能的地方；认得出的只会更多。",
            ),
            (
                "The distance does rise. But guidance leads towards where the label is likelier.",
                "距离确实上升；但引导走向的是标签更有可能的地方。",
            ),
        ),
        why=(
            "A sure judge and a crowd like the real one are two things. Real garments are not all typical: the judge takes some of them for another class, too.",
            "评判者有把握，与“像真实的那一群”，是两回事。真实的衣物并不都典型：其中也有评判者认错的。",
        ),
        figure=lambda: plots.curves(
            {
                "share": {"agreement": [STORED[s][0].agreement for s in ("1", "2", "4")]},
                "Fréchet": {"distance": [STORED[s][0].distance for s in ("1", "2", "4")]},
            },
            (1, 2, 4),
            xlabel="scale",
        ),
    ),
    "where": Question(
        text=(
            "Scale 2 in one stretch of log-SNR alone, scale 1 in the others. In which stretch does it bring the garments nearest to real ones?",
            "只在对数信噪比的某一段用强度 2，其余用 1。用在哪一段，画出来的衣物最接近真实的？",
        ),
        options=(
            ("below −2: much noise", "低于 −2：噪声大"),
            ("from −2 to 4: some noise", "−2 到 4：噪声居中"),
            ("above 4: hardly any noise", "高于 4：几乎没有噪声"),
            ("in none: scale 1 throughout is nearest", "哪一段都不行：全用 1 最接近"),
        ),
        answer=where_it_helps,
        replies=(
            (
                "There it moves the garments most, as one sees, but away from the real ones: in much noise the crowd sets out for where no data are.",
                "引导在那里改动得最多，看得出来；可是离真实的更远了：噪声大时，大家会朝没有数据的地方走。",
            ),
            None,
            (
                "There the two guesses hardly differ, and to the eye nothing changes. The judge's distance does fall a little, but the middle gains nearly three times as much.",
                "那里两个猜测几乎没有差别，肉眼看不出变化。评判者的距离倒也略有下降，但用在中间，得益差不多是它的三倍。",
            ),
            (
                "It would be so if the denoisers were exact. A network's are not, and guidance mends some of that, too.",
                "去噪器若是精确的，确实如此。网络的并不精确，引导也能纠正其中一些。",
            ),
        ),
        why=(
            "In much noise guidance drags the crowd outwards, with hardly any noise little is left to decide. In between it drops what the network does badly, and moves little else.",
            "噪声大时，引导把大家往外拖；几乎没有噪声时，可决定的已所剩无几。居中的一段，引导去掉了网络做坏的，别的很少改动。",
        ),
        figure=lambda: plots.part_bars({"Fréchet": {_told(name): STORED[name][0].distance for name in STRETCHES}}),
    ),
    "replaced": Question(
        text=(
            "Two pixels of correlation 0.9; the first is 1.5, and is put back at each of 50 steps. The truth for the second is 1.35. What mean will be drawn?",
            "两个像素，相关系数 0.9；第一个是 1.5，走 50 步，每步都放回去。第二个的真值是 1.35。画出来的均值会是多少？",
        ),
        options=(
            ("about 0: it is not heard at all", "约 0：完全没听见"),
            ("about 0.9", "约 0.9"),
            ("about 1.35, the truth", "约 1.35，即真值"),
            ("about 1.5, the pixel beside it", "约 1.5，与旁边的像素相同"),
        ),
        answer=second_number,
        replies=(
            (
                "It is not deaf: at every step the denoiser sees the known pixel, though with noise.",
                "它并没有聋：每一步，去噪器都看得见已知像素，只是带着噪声。",
            ),
            None,
            (
                "That would be the truth. But while there is much noise the known pixel is heard as little as the other.",
                "那正是真值。可噪声大时，已知像素同样听不清。",
            ),
            (
                "Not even who knew the pixel exactly would say so: with correlation 0.9 the mean is 0.9 times as large.",
                "哪怕完全知道这个像素，也不会这么说：相关系数 0.9，均值只有它的 0.9 倍。",
            ),
        ),
        why=(
            "By the time the known pixel can be heard under its noise, the other has half decided, and putting it back does not undo that.",
            "等到已知像素透过噪声听得清时，另一个已经定了一半，放回去也改不了这一点。",
        ),
        figure=lambda: plots.histograms(
            {name: found.x for name, found in completing.given_one().items()}, bell=completing.exact_given()
        ),
    ),
    "survives": Question(
        text=(
            "16 sneakers are noised to t = 500, as much noise as signal, and led down under the label boot with scale 2. What comes out?",
            "16 只运动鞋加噪到 t = 500，噪声与信号一样多，再以强度 2 在“靴子”的标签之下走下来。结果是什么？",
        ),
        options=(
            ("most are still the same sneakers", "大多数还是原来的运动鞋"),
            ("about half are boots", "约有一半成了靴子"),
            ("nearly all are boots, in the outline of the sneaker", "几乎全成了靴子，但轮廓还是那只运动鞋"),
            ("nearly all are boots, with another outline", "几乎全成了靴子，轮廓也换了"),
        ),
        answer=half_way,
        replies=(
            None,
            (
                "That takes more noise, between t = 700 and 750: at 500 the outline can still be seen in it.",
                "那需要更多的噪声，在 t = 700 与 750 之间：500 处，轮廓还看得出来。",
            ),
            (
                "Part 1 had it: at 500 hardly any guess believes another label than the picture's own.",
                "第 1 节已经看到：500 处，几乎没有哪个猜测还肯相信别的标签。",
            ),
            (
                "That is what t = 950 does. At 500 the walk begins from a picture that everyone can read.",
                "t = 950 才会如此。500 处，采样是从一幅谁都认得出的图出发的。",
            ),
        ),
        why=(
            "Half noise sounds like much, but 784 pixels together say plainly what they show. What the label can still decide is decided far above, as the curve of part 1 said.",
            "一半噪声听起来很多，但 784 个像素合在一起，说得明明白白。标签还能决定的事，早在噪声大得多时就定了，第 1 节的曲线已经说过。",
        ),
        figure=_over_times,
    ),
}
