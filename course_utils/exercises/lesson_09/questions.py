"""The questions of lesson 09, How good is it?

第 09 课“评估与 GAN 对比”的预测题。
"""

from course_utils import plots
from course_utils.exercises import Question
from course_utils.experiments import copying, judged_crowds, ring
from course_utils.experiments.crowds import GUIDED_PAGE, PAGE, REAL
from course_utils.experiments.guided_garments import STORED as GUIDED
from course_utils.experiments.real_or_drawn import LETTERS, judged_pages, what_is_on

IN_DOUBT = 2  # standard errors within which nothing is read as a difference


def real_page() -> int:
    """The page that holds photographs. 哪一页是照片。"""
    pages = what_is_on(0)
    return next(place for place, letter in enumerate(LETTERS) if pages[letter] == "real")


def nearer_page() -> int:
    """The option that says which page of 200 is nearer to the test images. 哪一页 200 件离测试图像更近。"""
    guided, by_lot = GUIDED_PAGE.value, REAL["random"][PAGE].value
    return 2 if abs(guided - by_lot) < 0.1 * by_lot else 1 if guided < by_lot else 0


def nearest_crowd() -> int:
    """The option that says who is nearest by distance. 论距离，谁最近。"""
    rows = [copying.STORED[name] for name in ("real, test", "copies", "copies, moved by a pixel", "2, -2 to 4")]
    (real, bar), (copies, other) = rows[:2]
    if abs(real.distance - copies.distance) < IN_DOUBT * (bar.distance**2 + other.distance**2) ** 0.5:
        return 2 if min(real.distance, copies.distance) < min(row.distance for row, _ in rows[2:]) else 3
    return 0 if real.distance < copies.distance else 1


def what_guidance_buys() -> int:
    """The option that says what scale 4 does to precision and recall. 强度 4 对精确率与召回率有何影响。"""
    (plain, bars), (strong, others) = judged_crowds.STORED["1"], judged_crowds.STORED["4"]

    def moved(of: str) -> int:
        change, error = (
            (getattr(strong, of) - getattr(plain, of)),
            (getattr(bars, of) ** 2 + getattr(others, of) ** 2) ** 0.5,
        )
        return 0 if abs(change) < IN_DOUBT * error else 1 if change > 0 else -1

    return {(1, -1): 0, (0, -1): 1, (-1, -1): 2}.get((moved("precision"), moved("recall")), 3)


def games_that_found_all() -> int:
    """The option that says how many of five plain games found all eight modes. 五场普通的博弈，有几场找全了八个峰。"""
    found = sum(modes == ring.MODES for modes, _ in ring.SHORT["plain"])
    return 0 if found == len(ring.SHORT["plain"]) else 1 if found > 1 else 2 if found == 1 else 3


def _numbers_of_pages() -> plots.Picture:
    rows = {f"page {letter}": row for letter, row in judged_pages(0).items()}
    panels = {"recognised": "agreement", "Fréchet": "distance"}
    return plots.part_bars(
        {what: {page: getattr(row, of) for page, row in rows.items()} for what, of in panels.items()}
    )


def _bars(named: dict[str, tuple[float, float]]) -> plots.Picture:
    """Fréchet distances with their errors beside the names. Fréchet 距离，误差写在名称旁。"""
    return plots.part_bars(
        {"Fréchet": {f"{name}, {value:.3f} ± {bar:.3f}": value for name, (value, bar) in named.items()}}
    )


def _pages_of_200() -> plots.Picture:
    pages = {"photographs, random": REAL["random"][PAGE], "guided page": GUIDED_PAGE}
    return _bars({**pages, "photographs, balanced": REAL["balanced"][PAGE]})


def _four_crowds() -> plots.Picture:
    names = ("real, test", "copies", "copies, moved by a pixel", "2, -2 to 4")
    return _bars({name: (row.distance, bar.distance) for name in names for row, bar in [copying.STORED[name]]})


QUESTIONS = {
    "page": Question(
        text=("Which page holds photographs of the test set?", "哪一页是测试集里的照片？"),
        options=(("page A", "A 页"), ("page B", "B 页"), ("page C", "C 页")),
        answer=real_page,
        replies=(
            (
                "That page was drawn. Look at what repeats: a drawn shirt has a front, and seldom a print.",
                "那一页是画的。看看哪些东西千篇一律：画出来的衬衫有正面，却很少有印花。",
            ),
            None,
            (
                "That page was drawn. Look at what repeats: a drawn bag has a body, and seldom a strap with holes.",
                "那一页是画的。看看哪些东西千篇一律：画出来的包有包身，却很少有带孔的背带。",
            ),
        ),
        why=(
            "Forty garments are enough for an eye that knows what to look for, and far too few for any number.",
            "四十件，够一双知道该看哪里的眼睛看，要算任何一个数都远远不够。",
        ),
        figure=_numbers_of_pages,
    ),
    "small": Question(
        text=(
            "200 real photographs, drawn at random from the test set, and 200 garments drawn by the network, guided, 20 of each class. Which are nearer to all 10,000 test images, by the Fréchet distance?",
            "一边是从测试集里随机抽的 200 幅真照片，一边是网络画的 200 件，带引导，每类 20 件。论 Fréchet 距离，哪一边离全部 10,000 幅测试图像更近？",
        ),
        options=(
            ("the photographs: they are the thing itself", "照片：它们就是那批图像自己"),
            ("the drawn ones, clearly", "画出来的，而且明显更近"),
            ("both the same, within a tenth", "一样近，相差不到一成"),
        ),
        answer=nearer_page,
        replies=(
            (
                "They should be. But 200 drawn at random hold 15 boots or 27, and the distance sees every boot too many.",
                "本该如此。可随机抽 200 幅，靴子可能有 15 只，也可能有 27 只，每多一只，距离都看得见。",
            ),
            None,
            (
                "The drawn page has 20 of each class; the lots of the other cost it more than a tenth.",
                "画的那页每类 20 件；另一页因抽签多出来的，不止一成。",
            ),
        ),
        why=(
            "The one page was drawn by lot, the other with its classes in turn. The distance charges the lots to the photographs.",
            "一页靠抽签，一页类别轮流。抽签的账，距离算到了照片头上。",
        ),
        figure=_pages_of_200,
    ),
    "cheat": Question(
        text=(
            "1,000 samples each, classes in turn, Fréchet distance to 9,000 test images that are none of them. Who is nearest?",
            "各 1,000 个样本，类别轮流，量到 9,000 幅测试图像（其中没有这些样本）的 Fréchet 距离。谁最近？",
        ),
        options=(
            ("real test images, clearly", "真实的测试图像，明显最近"),
            ("training images handed over, clearly", "原样交出的训练图像，明显最近"),
            (
                "these two are alike, within the error bar, and nearer than the rest",
                "这两者在误差棒之内一样近，且比其余的都近",
            ),
            ("the network at its best", "发挥最好时的网络"),
        ),
        answer=nearest_crowd,
        replies=(
            (
                "Training images are photographs of the same kind. Why should a distance between crowds tell them from test images?",
                "训练图像也是同一类照片。两群之间的距离，凭什么把它们与测试图像分开？",
            ),
            (
                "Nearer than reality itself? Within the error bar there is nothing to choose between them.",
                "比现实自己还近？在误差棒之内，两者分不出高下。",
            ),
            None,
            (
                "It is twice as far away as either, at its best. It has to make up what the copyist has only to hand over.",
                "发挥最好时，它也比这两者远一倍。照抄的只须交出来，它却得自己画。",
            ),
        ),
        why=(
            "A copyist's crowd is a crowd of real garments. No honest crowd of 1,000 can expect a better distance, and none of these distances sees that nothing was learned.",
            "照抄的样本群就是一群真实的衣物。老老实实的 1,000 个，不能指望有更好的距离；而这些距离没有哪一个看得出它什么也没学会。",
        ),
        figure=_four_crowds,
    ),
    "buys": Question(
        text=(
            "From scale 1 to scale 4, 1,000 garments beside 1,000 photographs. What becomes of precision and recall?",
            "强度从 1 加到 4，1,000 件衣物对 1,000 幅照片。精确率与召回率会怎样？",
        ),
        options=(
            ("precision rises, recall falls", "精确率升，召回率降"),
            ("precision stays, recall falls", "精确率不变，召回率降"),
            ("both fall", "两者都降"),
            ("something else", "别的情形"),
        ),
        answer=what_guidance_buys,
        replies=(
            (
                "So it is usually said, and where plain samples fall short it may be so. Here they have 0.95 already, where photographs have 0.94 ± 0.01, and scale 4 has 0.95.",
                "通常都这么说，不引导的样本不够好时也许如此。这里它们已有 0.95，真照片是 0.94 ± 0.01，强度 4 还是 0.95。",
            ),
            None,
            (
                "Recall does. What is made at scale 4 is typical, and lies well within where real garments are.",
                "召回率确实降。强度 4 画出来的很典型，稳稳落在真实衣物所在之处。",
            ),
            (
                "Think of what a large scale leaves out: garments that are not typical. Which of the two notices?",
                "想想强度大了会漏掉什么：不典型的衣物。这两个数里，哪一个会察觉？",
            ),
        ),
        why=(
            "Recall pays. Precision has nothing to gain: it is at the floor of real photographs at scale 1 already. What rises at first is density.",
            "付账的是召回率。精确率没有什么可赚：强度 1 时已与真照片持平。起初升高的是密度。",
        ),
        figure=lambda: plots.curves(
            {
                "share": {
                    name: [getattr(judged_crowds.STORED[scale][0], name) for scale in ("1", "1.5", "2", "3", "4")]
                    for name in ("precision", "recall")
                },
                "Fréchet": {"distance": [GUIDED[scale][0].distance for scale in ("1", "1.5", "2", "3", "4")]},
            },
            (1, 1.5, 2, 3, 4),
            xlabel="scale",
        ),
    ),
    "modes": Question(
        text=(
            "Five plain games of 600 steps on the ring, from five seeds, without any stabiliser. How many end with all eight modes?",
            "环上五场不加约束的博弈，各 600 步，五个种子，不加任何稳定手段。有几场结束时找全了八个峰？",
        ),
        options=(("all five", "五场都是"), ("two to four", "两到四场"), ("one", "一场"), ("none", "一场也没有")),
        answer=games_that_found_all,
        replies=(
            (
                "Some circle round the ring, one mode after another, and never hold more than three.",
                "有的在环上兜圈子，一个峰接一个峰，手里从不超过三个。",
            ),
            None,
            ("More than one does, as it happens.", "其实不止一场。"),
            (
                "“GANs collapse” is said as if it were a law. It is a matter of the seed, and of the stabiliser.",
                "“GAN 会坍塌”被说得像一条定律。其实要看种子，也要看有没有稳定手段。",
            ),
        ),
        why=(
            "Three of five, in this run: collapse is a matter of chance, so that a claim about it needs several seeds. With the R1 penalty all five found all eight.",
            "这一轮是五场里的三场：坍塌要看运气，所以谈论它得有好几个种子。加上 R1 惩罚，五场都找全了八个。",
        ),
        figure=lambda: plots.curves(
            {"modes": {name: [modes for modes, _ in row] for name, row in ring.SHORT.items()}}, range(5), xlabel="seed"
        ),
    ),
}
