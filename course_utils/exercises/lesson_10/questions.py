"""The questions of lesson 10, Scores, SDEs and flows.

第 10 课“得分函数、SDE 与流”的预测题。
"""

import torch

from course_utils import plots
from course_utils.exercises.kinds import Question
from course_utils.experiments import couplings, dial, drifts, likely, reflow, two_clocks, wanderers
from course_utils.experiments.forgiving import NOISES
from course_utils.plots.features import part_bars

KINDS = ("sneakers", "black", "garments", "digits")


def share_by_low_noise() -> int:
    """The option that says what share ends in the left moon. 停在左弯的占多少。"""
    share = wanderers.STORED["one level, 0.1"][0].share
    return min(range(3), key=lambda i: abs((0.8, 0.5, 1.0)[i] - share))


def right_factor(noise: float) -> int:
    """The option whose factor keeps the known standard deviation. 哪个系数保住已知的标准差。"""
    return min(
        range(len(drifts.FACTORS)),
        key=lambda i: abs(float(drifts.backward_std(drifts.FACTORS[i], noise)[-1]) - drifts.STD),
    )


def healed_by_noise() -> int:
    """The option that names what noise heals. 噪声治得好哪些。"""
    early, late = ([value for value, _ in dial.STORED[name]] for name in ("wrong early", "wrong late"))
    return {(True, False): 0, (False, True): 1, (True, True): 2}.get((early[2] < early[0], late[2] < late[0]), 3)


def how_far_apart() -> int:
    """The option that says how far both languages are apart. 两种说法相差多少。"""
    drawn = two_clocks.both_languages(torch.arange(2), steps=4)
    apart = float((drawn["VP"] - drawn["flow"]).abs().max())
    return 0 if apart < 1e-4 else 1 if apart < 0.2 else 2


def nearest_clock() -> int:
    """The option whose ten ticks lie nearest to those of the shifted flow. 哪个时钟的十个刻度离平移过的流最近。"""
    ticks = two_clocks.ticks_of(10)
    shifted = ticks["flow, shift 3"]

    def away(name: str) -> float:
        return sum(abs(a - b) for a, b in zip(ticks[name][1:], shifted[1:], strict=True))

    names = ("VP, cosine", "VP, linear", "EDM, rho 7")
    return min(range(3), key=lambda i: away(names[i]))


def one_step_of_reflow() -> int:
    """The option that says how one step of the reflowed flow does. 重流之后一步走得怎样。"""
    one, hundred = (getattr(reflow.STORED["trained, reflowed"][0], of) for of in ("one", "hundred"))
    return 0 if one < 1.2 * hundred else 1 if one < reflow.STORED["trained"][0].one / 2 else 2


def drawn_for_upper() -> int:
    """The option that says what share lies in the upper moon. 落在上弯的占多少。"""
    share = couplings.STORED["whole batch, 100"][0].share
    return min(range(3), key=lambda i: abs((0.94, 0.56, 0.0)[i] - share))


def bits_of_kinds() -> dict[str, float]:
    """What each kind of picture costs. 每种图片要用多少比特。"""
    return {name: row.bits.value for name, row in likely.STORED.items()}


def likeliest() -> int:
    """The option with the fewest bits. 比特最少的是哪个。"""
    return min(range(len(KINDS)), key=lambda i: bits_of_kinds()[KINDS[i]])


FACTOR_OPTIONS = (
    ("$c=1$ with noise, and $c=\\frac12$ without", "加噪声时 $c=1$，不加时 $c=\\frac12$"),
    ("$c=\\frac12$ with noise, and $c=1$ without", "加噪声时 $c=\\frac12$，不加时 $c=1$"),
    ("$c=1$ in both cases", "两种情形都是 $c=1$"),
    (
        "$c=-\\frac12$ with noise, and $c=-1$ without: $t$ falls",
        "加噪声时 $c=-\\frac12$，不加时 $c=-1$：因为 $t$ 在下降",
    ),
)


def right_pair() -> int:
    """The option with the right factor with noise and without. 加与不加噪声时各是哪个系数。"""
    return {(0, 1): 0, (1, 0): 1, (0, 0): 2}.get((right_factor(1), right_factor(0)), 3)


QUESTIONS = {
    "moons": Question(
        text=(
            "Four fifths of the data lie in the left moon. Particles are scattered over both and between, and walk with the exact score of a noise of 0.1, your step, 300 times. What share ends in the left moon?",
            "五分之四的数据在左弯月牙。粒子撒得两弯都有，中间也有，各按噪声 0.1 处的精确得分，用你写的一步走 300 次。停在左弯的占多少？",
        ),
        options=(
            ("about 0.8: the score is exact", "约 0.8：得分是精确的"),
            ("about a half", "约一半"),
            ("nearly all: the left one is heavier, and draws all to it", "几乎全部：左弯更重，把粒子都吸过去"),
        ),
        answer=share_by_low_noise,
        replies=(
            (
                "It is, everywhere. But nobody is told how heavy a moon is on the way to it: far out, the score is that of the nearer one.",
                "处处精确。可走向一弯的路上，得分不会透露它有多重：离得远时，得分只是较近那一弯的。",
            ),
            None,
            (
                "Being heavy draws nobody. Far out, the score is that of the nearer moon, however heavy.",
                "再重也不会吸引谁。离得远时，得分就是较近那一弯的，不管它轻重。",
            ),
        ),
        why=(
            "Each goes to the moon it is nearer to, and cannot cross: between them log density falls by 10.7. In the long run the shares would come right; the run would have to be very long.",
            "每个粒子走向离自己近的一弯，而且过不去：两弯之间，对数密度要下降 10.7。走得足够久，份额会对；只是要非常久。",
        ),
        figure=lambda: part_bars(
            {"share in the left moon": {name: row.share for name, (row, _) in wanderers.STORED.items()}}
        ),
    ),
    "drift": Question(
        text=(
            "Back from noise with $dx=(f\\,x-c\\,g^2\\,\\nabla\\log q)\\,dt$, with the noise $g\\,dW$ and without it. Which factors arrive at the known standard deviation?",
            "按 $dx=(f\\,x-c\\,g^2\\,\\nabla\\log q)\\,dt$ 从噪声走回来，加上噪声 $g\\,dW$，或者不加。哪些系数能走到已知的标准差？",
        ),
        options=FACTOR_OPTIONS,
        answer=right_pair,
        replies=(
            None,
            (
                "The other way round: who adds noise has to climb more, to make up for it.",
                "反过来：加了噪声，就得爬得更多，才抵得过它。",
            ),
            (
                "Without noise nothing pushes against the climb; at $c=1$ all is squeezed into a point.",
                "不加噪声，就没有什么与往上爬相抵；$c=1$ 会把一切挤到一点。",
            ),
            (
                "That $t$ falls is already in $dt<0$. With $c<0$ one would climb down, away from the data.",
                "$t$ 在下降，已经写在 $dt<0$ 里了。$c<0$ 就成了往下爬，离数据越来越远。",
            ),
        ),
        why=(
            "The factor is $(1+\\lambda^2)/2$: a half undoes the forward noise, and as much again as Langevin's noise needs.",
            "系数是 $(1+\\lambda^2)/2$：一半用来抵消前向的噪声，其余是朗之万的噪声所需。",
        ),
        figure=lambda: plots.curves(
            {
                f"std, noise {noise}": {f"$c={c}$": drifts.backward_std(c, noise) for c in drifts.FACTORS}
                for noise in (1, 0)
            },
            drifts.evenly(drifts.STEPS, falling=True),
            log="y",
        ),
    ),
    "dial": Question(
        text=(
            "$\\hat\\epsilon$ is off by 0.3, early on the way back ($t$ from 0.7 to 0.5) or late ($t$ below 0.1). Where does the reverse SDE, $\\lambda=1$, end nearer to the data than the ODE?",
            "$\\hat\\epsilon$ 偏了 0.3，或在回程早期（$t$ 从 0.7 到 0.5），或在晚期（$t$ 小于 0.1）。哪种情形下，反向 SDE（$\\lambda=1$）的终点比常微分方程的更接近数据？",
        ),
        options=(
            ("only if it is wrong early", "只在早期出错时"),
            ("only if it is wrong late", "只在晚期出错时"),
            ("in both cases: noise corrects errors", "两种情形都是：噪声能纠错"),
            ("in neither: noise only adds errors", "都不是：噪声只会添错"),
        ),
        answer=healed_by_noise,
        replies=(
            None,
            (
                "A late error is doubled by the noise's share of the score, and there is no time left to forget it.",
                "晚期的错会加倍，因为加噪声就要多用一份得分；而且来不及忘掉了。",
            ),
            (
                "Those of before. But it asks the score more, and late there is no time to forget what it said.",
                "先前的错能纠。可它更依赖得分，到了晚期，得分说错的话来不及忘。",
            ),
            (
                "It also draws the crowd back to where the score says it belongs; whatever went wrong early is forgotten.",
                "它也把粒子拉回得分认为该在的地方；早先出的错就忘掉了。",
            ),
        ),
        why=(
            "An error enters with $(1+\\lambda^2)/2$ and fades with $\\rho^{\\lambda^2}$. Early, $\\rho$ is small; late, it is nearly 1.",
            "错误进来时乘以 $(1+\\lambda^2)/2$，此后按 $\\rho^{\\lambda^2}$ 淡去。早期 $\\rho$ 很小，晚期接近 1。",
        ),
        figure=lambda: plots.curves(
            {name: {"distance": [value for value, _ in dial.STORED[name]]} for name in ("wrong early", "wrong late")},
            NOISES,
            xlabel=r"$\lambda$",
        ),
    ),
    "languages": Question(
        text=(
            "The shipped network, from one noise, by DDIM on the cosine schedule and by Euler on the straight path, at times of equal noise-to-signal; ten steps. How far apart are the garments?",
            "随课程附带的网络，同一份噪声，一次在余弦调度上用 DDIM，一次在直线路径上用欧拉法，取噪声与信号之比相等的时刻，各十步。画出的衣物相差多少？",
        ),
        options=(
            ("not at all, but for rounding", "除了舍入误差，毫无差别"),
            ("similar garments, other details: ten steps are few", "相似的衣物，细节不同：十步太少"),
            ("other garments: it was not trained as a flow", "是别的衣物：它不是按流训练的"),
        ),
        answer=how_far_apart,
        replies=(
            None,
            (
                "Every single step is the same: noise the guess to the next time with the noise it leaves.",
                "每一步都相同：用猜测余下的那份噪声，把猜测重新加噪到下一时刻。",
            ),
            (
                "It was trained to guess noise, told how much there is. On either path that is all it is asked.",
                "它学的是猜噪声，只告诉它噪声有多大。走哪条路径，问它的都只有这个。",
            ),
        ),
        why=(
            "A step of either holds both ends, the guess and the noise it leaves, and moves on to the next ratio.",
            "两种走法，每一步都保持两端（猜测与它余下的噪声）不变，走到下一个比值。",
        ),
        figure=lambda: plots.rows(
            {name: x.float() for name, x in two_clocks.both_languages(torch.arange(4), steps=4).items()}
        ),
    ),
    "clocks": Question(
        text=(
            "SD3 shifts the even times of the straight flow to where there is more noise. Whose ten even steps lie nearest to these, in log-SNR?",
            "SD3 把直线流的等间隔时间移向噪声更多的地方。按对数信噪比，谁的十个等间隔的步子离它最近？",
        ),
        options=(
            ("the cosine schedule's (2021)", "余弦调度的（2021）"),
            ("the linear schedule's (2020)", "线性调度的（2020）"),
            ("EDM's (2022)", "EDM 的（2022）"),
        ),
        answer=nearest_clock,
        replies=(
            (
                "Those lie nearest to the flow's own, unshifted.",
                "它离没有平移过的流最近。",
            ),
            None,
            (
                "EDM reaches much farther at both ends: half of its steps lie in almost pure noise, the last few where there is hardly any.",
                "EDM 的刻度两头都伸得远得多：一半在几乎全是噪声处，末尾几个在几乎没有噪声处。",
            ),
        ),
        why=(
            "The oldest schedule of them all: it, too, spends most of its steps in much noise.",
            "偏偏是其中最老的那个调度：它的步子也大多花在噪声大的地方。",
        ),
        figure=lambda: plots.curves(
            {
                "log-SNR": {
                    name: two_clocks.ticks_of(10)[name][1:]
                    for name in ("VP, cosine", "flow, even", "VP, linear", "flow, shift 3", "EDM, rho 7")
                }
            },
            range(2, 11),
            xlabel="stop",
        ),
    ),
    "step": Question(
        text=(
            "One Euler step of the trained flow ends at an energy distance of 0.26; a hundred steps at 0.0011. After one reflow, where does *one* step end?",
            "训练出的流，一个欧拉步走到能量距离 0.26 处，一百步走到 0.0011 处。重流一次之后，**一步**走到哪里？",
        ),
        options=(
            ("as near as a hundred steps", "与一百步一样近"),
            ("about half way between", "大约在两者正中"),
            ("no nearer than before: one step is one step", "不比以前近：一步总归是一步"),
        ),
        answer=one_step_of_reflow,
        replies=(
            None,
            (
                "Its pairs hardly ever meet, so hardly anything is averaged; the flow is nearly straight.",
                "它的数据对几乎不相遇，几乎没有什么要平均，流差不多是直的。",
            ),
            (
                "One step follows the first direction to the end. If the way is straight, that is enough.",
                "一步就是照最初的方向走到底。路是直的，这就够了。",
            ),
        ),
        why=(
            "Path over chord falls to 1.0015: the first direction is the right one.",
            "路程与弦长之比降到 1.0015：最初的方向就是对的方向。",
        ),
        figure=lambda: plots.curves(
            {"distance": {name: list(reflow.STORED[name][0][1:]) for name in ("trained", "trained, reflowed")}},
            reflow.WALKS,
            xlabel="steps",
            log="xy",
        ),
    ),
    "upper": Question(
        text=(
            "Two moons, a network that is told which one, noise dealt over the whole batch in training. Asked for the upper moon, from $\\mathcal N(0,I)$: what share of what it draws lies there? (Exact draws: 0.94.)",
            "两弯月牙，网络被告知要哪一弯，训练时噪声在整批里重新配过。请它从 $\\mathcal N(0,I)$ 画上弯：画出来的有多少落在上弯？（精确样本是 0.94。）",
        ),
        options=(
            ("about as much as of exact draws", "与精确样本差不多"),
            ("a little more than half", "一半多一点"),
            ("none", "一个也没有"),
        ),
        answer=drawn_for_upper,
        replies=(
            (
                "It would be, if it were handed noise from above alone. It is handed noise from everywhere.",
                "若递给它的只有上方的噪声，会是这样。可递给它的噪声来自四面八方。",
            ),
            None,
            (
                "Noise from above was the upper moon's in training; that half is drawn well.",
                "上方的噪声，训练时就配给了上弯；那一半画得很好。",
            ),
        ),
        why=(
            "In training the upper moon's noise came from above. Drawing begins anywhere, and half of it has never been seen under this label.",
            "训练时，上弯的噪声来自上方。画的时候起点不限，有一半在这个标签下从没见过。",
        ),
        figure=lambda: part_bars(
            {"share in the upper moon": {name: couplings.STORED[f"{name}, 100"][0].share for name in couplings.DEALT}}
        ),
    ),
    "likely": Question(
        text=(
            "The garments' network says how likely pictures are. Which is the likeliest of these, picture by picture?",
            "让衣物网络说出图片的似然。下面哪一种，逐幅来看，似然最高？",
        ),
        options=(
            ("sneakers, which it knows well", "运动鞋，它很熟悉"),
            ("a plain black page", "一张纯黑的图"),
            ("garments of all classes", "各类衣物"),
            ("handwritten digits", "手写数字"),
        ),
        answer=likeliest,
        replies=(
            (
                "They are likelier than other garments, being small and smooth. There is something smoother.",
                "它们又小又平滑，比别的衣物似然高。可还有更平滑的。",
            ),
            None,
            (
                "That is what it draws. But what is drawn is density times volume.",
                "它画的正是这些。可会画出什么，要看密度乘以体积。",
            ),
            (
                "They cost as much as shirts.",
                "它们与衬衫差不多。",
            ),
        ),
        why=(
            "Density is per volume. There is one black page, and the network never draws it.",
            "密度是按体积算的。纯黑只有一张，网络从来画不出它。",
        ),
        figure=lambda: part_bars({"bits per pixel": dict(sorted(bits_of_kinds().items(), key=lambda kind: kind[1]))}),
    ),
}
