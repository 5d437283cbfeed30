"""Two questions of lesson 12: on who has learned all by heart, and on who forgets.

第 12 课的两道题：一道关于全背下来的人，一道关于忘记的人。
"""

from functools import cache

from course_utils.data import to_bytes
from course_utils.exercises.kinds import Question
from course_utils.experiments import by_heart, tuning
from course_utils.experiments.own_folder import digits_in_colour
from course_utils.plots.features import part_bars

YOUNG = 0.10  # the error of the network that the page trains, on pictures kept out


@cache
def floors() -> by_heart.Floors:
    """The errors of who has learned 180 digits in colour by heart, on twenty of them and on twenty others.

    把 180 个彩色数字背下来的人，在其中二十个上与另外二十个上的误差。
    """
    x = to_bytes(digits_in_colour(16).x)
    return by_heart.floors_of(x[:180], x[180:], 20)


def by_heart_on_others() -> int:
    """The option that says what learning by heart is worth on pictures never seen. 背下来的，在没见过的图片上值多少。"""
    found = floors()
    near = (found.trained_on, YOUNG, 1.0)
    return 3 if found.held_out > 1.2 else min(range(3), key=lambda i: abs(near[i] - found.held_out))


HEART = Question(
    text=(
        "On the pictures that he knows his error of ε is 0.0005; the network that you have just trained has 0.10 on the pictures kept out. What is his error on those? (Who always answers ε = 0 has 1.)",
        "在他背过的图片上，他的 ε 误差是 0.0005；你刚训练的网络在留出的图片上是 0.10。他在那些留出的图片上，误差是多少？（永远回答 ε = 0 的人是 1。）",
    ),
    options=(
        ("about as small", "差不多一样小"),
        ("about 0.10, as the network's", "约 0.10，与网络相同"),
        ("about 1, as of who answers 0", "约 1，与回答 0 的人相同"),
        ("clearly more than 1", "明显大于 1"),
    ),
    answer=by_heart_on_others,
    replies=(
        ("He knows these pictures, not pictures.", "他只认得这些图片，并不懂图片是什么样。"),
        (
            "The network has to make do with what is common to the pictures; he has no need to, and has not learned it.",
            "网络只好去学图片共有的东西；他用不着，也就没学。",
        ),
        (
            "Who answers 0 admits that he knows nothing. He is sure, and sure of the wrong picture.",
            "回答 0 的人承认自己什么也不知道。他却很有把握，只是认错了图。",
        ),
        None,
    ),
    why=(
        "He takes every noised picture for one of his own, and calls noise what is the difference between the two. The figure: digits in colour, 180 learned by heart, 20 others.",
        "他把每张加了噪声的图都当成自己背过的某一张，两者之差便全算成噪声。图中是彩色数字：背下 180 个，另有 20 个。",
    ),
    figure=lambda: part_bars(
        {
            "error of eps": {
                "by heart, known": floors().trained_on,
                "always 0": 1.0,
                "by heart, others": floors().held_out,
            }
        }
    ),
)


def left_of_digits() -> int:
    """The option that says where the loss on digits ends. 数字上的损失停在哪里。"""
    rows = tuning.STORED["boots"]
    before, after = rows["before"][1][0], rows["all weights"][1][0]
    return 0 if after < 1.2 * before else 1 if after < rows["untrained"][1][0] else 2


FORGETTING = Question(
    text=(
        "The shipped network of digits goes on with 200 boots: 60 steps, all weights. On unseen digits its loss was 0.14; an untrained network has 0.46. Where is it afterwards?",
        "随课程附带的数字网络接着学 200 只靴子：60 步，训练全部权重。它在没见过的数字上，损失原是 0.14；没训练过的网络是 0.46。学完之后是多少？",
    ),
    options=(
        ("still about 0.14: sixty steps are few", "仍约 0.14：六十步不多"),
        ("between the two: it forgets in part", "介于两者之间：忘了一部分"),
        ("above 0.46: worse than never having learned", "高于 0.46：还不如没学过"),
    ),
    answer=left_of_digits,
    replies=(
        (
            "Few, and at a high rate; nothing in the loss speaks for the digits any more.",
            "步数不多，学习率却高；损失里再没有哪一项替数字说话。",
        ),
        (
            "An untrained network claims little. This one claims much, and what it claims is boots.",
            "没训练过的网络什么也不敢断言；这一个说得很肯定，说的却是靴子。",
        ),
        None,
    ),
    why=(
        "It ends at 0.57. With half of each batch from the old images it stays at 0.17, and learns the boots a little less well.",
        "停在 0.57。若每批有一半是旧图像，就停在 0.17，代价是靴子学得稍差一点。",
    ),
    figure=lambda: part_bars(
        {
            f"loss on {what}": {way: row[i][0] for way, row in tuning.STORED["boots"].items()}
            for i, what in enumerate(("boots", "digits"))
        }
    ),
)
