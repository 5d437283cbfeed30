"""The piece of lesson 03: a variance-exploding process, forward, its posterior, the way back without x_0, the walk.

第 03 课的作业：方差爆炸过程的前向、后验、不知道 x_0 时的反向，以及往回走。
"""

from course_utils.exercises import Part, Piece
from course_utils.exercises.lesson_03.build_judges import judge_forward, judge_mean, judge_twin, judge_variance
from course_utils.exercises.lesson_03.build_reverse import judge_reverse
from course_utils.exercises.lesson_03.build_walk import judge_walk


class Exploding:
    """A process in which the image stays whole and noise is piled up on it: x_t = x_0 + sigma_t eps.

    图像始终完整、噪声不断堆上去的过程：x_t = x_0 + sigma_t eps。
    """

    def __init__(self, sigma):
        self.sigma = sigma

    def jump(self, x0, t, eps):
        return x0 + self.sigma[t] * eps

    def step(self, xs, s, t, eps):
        return xs + (self.sigma[t] ** 2 - self.sigma[s] ** 2).sqrt() * eps

    def posterior(self, xt, t, x0, s):
        kept = self.sigma[s] ** 2 / self.sigma[t] ** 2
        return kept * xt + (1 - kept) * x0, (1 - kept) * self.sigma[s] ** 2

    def reverse(self, xt, t, s, m, w):
        kept = (w**2 + self.sigma[s] ** 2) / (w**2 + self.sigma[t] ** 2)
        return m + kept * (xt - m), kept * (self.sigma[t] ** 2 - self.sigma[s] ** 2)

    def walk(self, xT, predictor, times, noises):
        states = [xT]
        for i in range(len(times) - 1):
            t, s = times[i], times[i + 1]
            x0_hat = states[-1] - self.sigma[t] * predictor(states[-1], t)
            mean, variance = self.posterior(states[-1], t, x0_hat, s)
            states.append(mean + variance.sqrt() * noises[i])
        return states

    def twin(self):
        return 1 / (1 + self.sigma**2)


FORWARD = Part(
    ("a jump to s and a step on to t make a jump to t", "先跳到 s 再走到 t，等于直接跳到 t"),
    judge_forward,
    (
        (
            "Noises of one bell after the other: what adds up, the widths or the variances?",
            "一份份高斯噪声先后加上去：相加的是宽度还是方差？",
        ),
        (
            "x_s has noise of the variance σ_s² already, x_t must have σ_t². The step adds √(σ_t² − σ_s²) times eps to "
            "xs, and leaves xs as it is.",
            "x_s 里已有方差为 σ_s² 的噪声，x_t 里应有 σ_t²。这一步在 xs 上加 √(σ_t² − σ_s²) 倍的 eps，xs 本身不变。",
        ),
    ),
)  # fmt: skip
MEAN = Part(
    ("Bayes' rule gives this mean, at s = 0 too", "均值就是贝叶斯公式给出的，s = 0 时也对"),
    judge_mean,
    (
        (
            "Section 3 with two other bells over x_s: where is the prior centred, how wide is it? And the likelihood? Then "
            "line 4: an average by precisions.",
            "把第 3 节的两条曲线换一换，横轴是 x_s：先验的中心在哪里，有多宽？似然呢？然后看第 4 行：按精度加权平均。",
        ),
        (
            "Prior: centre x0, variance σ_s². Likelihood: centre xt, variance σ_t² − σ_s². The weight of xt is the prior's "
            "variance over the sum of both, and that sum is σ_t²; so nothing is divided by 0 at s = 0.",
            "先验：中心 x0，方差 σ_s²。似然：中心 xt，方差 σ_t² − σ_s²。xt 的权重是先验的方差除以两个方差之和，"
            "而这个和就是 σ_t²；所以 s = 0 时不会除以 0。",
        ),
    ),
)
VARIANCE = Part(
    ("Bayes' rule gives this variance, 0 at s = 0", "方差就是贝叶斯公式给出的，s = 0 时为 0"),
    judge_variance,
    (
        (
            "Line 4 again: the precisions of the two bells add up, and the variance is one over their sum.",
            "还是第 4 行：两条曲线的精度相加，方差是和的倒数。",
        ),
        (
            "1 / (1 / σ_s² + 1 / (σ_t² − σ_s²)), brought over one denominator: σ_s² (σ_t² − σ_s²) / σ_t².",
            "1 / (1 / σ_s² + 1 / (σ_t² − σ_s²))，通分之后是 σ_s² (σ_t² − σ_s²) / σ_t²。",
        ),
    ),
)  # fmt: skip
REVERSE = Part(
    ("for data N(m, w²) it is q(x_s | x_t) itself, at s = 0 and w = 0 too", "数据为 N(m, w²) 时，它就是 q(x_s | x_t)，s = 0 或 w = 0 时也对"),
    judge_reverse,
    (
        (
            "Two ways. By section 4: how well is x_0 known once x_t is seen, and what do (7a) and (7b) make of that? Or by "
            "section 7: the same two bells as in `posterior`, but where is the prior of x_s centred now, and how wide is it?",
            "有两条路。按第 4 节：看到 x_t 之后，对 x_0 知道多少？(7a) 与 (7b) 由此得出什么？或者按第 7 节：还是 `posterior` 的两条钟形曲线，"
            "只是 x_s 的先验，如今中心在哪里，有多宽？",
        ),
        (
            "x_s is data plus noise: before x_t is seen it has the centre m and the variance w² + σ_s². The likelihood is as "
            "before, xt and σ_t² − σ_s². Do with these two what `posterior` does, and nothing is divided by 0.",
            "x_s 是数据加噪声：看到 x_t 之前，中心是 m，方差是 w² + σ_s²。似然与先前相同，是 xt 与 σ_t² − σ_s²。"
            "像 `posterior` 那样把两者合起来，就不会除以 0。",
        ),
    ),
)  # fmt: skip
WALK = Part(
    ("every step is a draw from the posterior", "每一步都是从后验中抽取"),
    judge_walk,
    (
        (
            "Three things a step, from t = `times[i]` to s = `times[i + 1]`: ask the predictor, make a guess of x0, draw from "
            "the posterior with `noises[i]`.",
            "每一步做三件事，从 t = `times[i]` 到 s = `times[i + 1]`：问预测器，得出对 x0 的猜测，用 `noises[i]` 从后验中抽取。",
        ),
        (
            "x0_hat is xt − σ_t times what `predictor(xt, t)` says. Then `mean, variance = self.posterior(xt, t, x0_hat, s)`, "
            "and the next state is the mean plus the root of the variance times `noises[i]`. Return a list of all states, xT first.",
            "x0_hat 是 xt 减去 σ_t 乘 `predictor(xt, t)`。然后 `mean, variance = self.posterior(xt, t, x0_hat, s)`，"
            "下一个状态是均值加上方差的平方根乘 `noises[i]`。返回全部状态的列表，xT 在最前。",
        ),
    ),
)  # fmt: skip
TWIN = Part(
    ("x_t times √ᾱ_t is the process of this ᾱ", "x_t 乘以 √ᾱ_t，就是这个 ᾱ 的过程"),
    judge_twin,
    (
        (
            "Multiply x_0 + σ_t ε by a number. Which one makes the squares of the two factors add up to 1?",
            "把 x_0 + σ_t ε 乘上一个数。乘几，两个系数的平方之和才等于 1？",
        ),
        (
            "With the number c: c² + c² σ_t² = 1. And c² is ᾱ_t, for all t at once, as a tensor.",
            "设这个数为 c：c² + c² σ_t² = 1。c² 就是 ᾱ_t；所有 t 一次算出，是一个张量。",
        ),
    ),
)  # fmt: skip
BUILD = Piece(
    reference=lambda: Exploding,
    parts={
        "forward": FORWARD,
        "mean": MEAN,
        "variance": VARIANCE,
        "reverse": REVERSE,
        "walk": WALK,
        "twin": TWIN,
    },
)
