"""The parts of the piece of lesson 08, a sampler of one's own, with their hints.

第 08 课的作业（自己的采样器）的各个部分与提示。
"""

from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_08.build_pixels import judge_hole, judge_keeps
from course_utils.exercises.lesson_08.build_rises import judge_rises
from course_utils.exercises.lesson_08.build_sampler import sampler
from course_utils.exercises.lesson_08.build_walks import judge_asks, judge_guides, judge_walks

BUILD = Piece(
    reference=lambda: sampler,
    draws=True,
    parts={
        "walks": Part(
            ("down any list of times it takes DDPM's steps", "沿任意一串时间步往下，走的都是 DDPM 的步"),
            judge_walks,
            (
                (
                    "Take the times two by two. A step from t to s has a mean and a variance: lesson 03 derived them, "
                    "`posterior` computes them for any s.",
                    "时间步两两成对。从 t 到 s 的一步有均值与方差：第 03 课推导过，`posterior` 对任意的 s 都能算。",
                ),
                (
                    "`for (t, s), (fresh, eps) in zip(pairwise(times), z):`, ask, `step = posterior(schedule, xt, t, x0_hat, s)`, "
                    "`xt = step.mean + step.variance.sqrt() * fresh`; after the loop `return xt`.",
                    "`for (t, s), (fresh, eps) in zip(pairwise(times), z):`，提问，`step = posterior(schedule, xt, t, x0_hat, s)`，"
                    "`xt = step.mean + step.variance.sqrt() * fresh`；循环之后 `return xt`。",
                ),
            ),
        ),
        "guides": Part(
            (
                "each guess is led by the scale, one for all or each sample's own",
                "每次猜测都按 scale 引导，可以共用一个，也可以每个样本各有一个",
            ),
            judge_guides,
            (
                (
                    "The mix is that of 08.guided. If scale is a tensor (b,), with what shape does it multiply a batch (b, c, h, w) "
                    "sample by sample?",
                    "合成的办法与 08.guided 相同。若 scale 是张量 (b,)，它要是什么形状，才能逐样本地乘 (b, c, h, w) 的一批？",
                ),
                (
                    "`weight = torch.as_tensor(scale, dtype=xT.dtype).reshape(-1, *[1] * (xT.ndim - 1))` serves both; then "
                    "`u + weight * (c - u)`.",
                    "`weight = torch.as_tensor(scale, dtype=xT.dtype).reshape(-1, *[1] * (xT.ndim - 1))` 两种都管；"
                    "再 `u + weight * (c - u)`。",
                ),
            ),
        ),
        "asks": Part(
            (
                "it asks each denoiser at most once a step, and not at all where its guess has no weight",
                "每步对每个去噪器至多问一次；猜测的权重全是 0 时，一次也不问",
            ),
            judge_asks,
            (
                (
                    "At which scales has one of the two guesses no weight? With one scale a sample, it must be so for all of them.",
                    "scale 取什么值时，两个猜测之一没有权重？每个样本各有 scale 时，要全都如此才行。",
                ),
                (
                    "`if (weight == 1).all():` ask `conditional` alone, `elif (weight == 0).all():` `unconditional` alone, else "
                    "both, each once.",
                    "`if (weight == 1).all():` 只问 `conditional`，`elif (weight == 0).all():` 只问 `unconditional`，"
                    "否则两个都问，各一次。",
                ),
            ),
        ),
        "keeps": Part(
            (
                "after each step down the known pixels stand there, freshly noised to s; at 0 they are known itself",
                "每往下走一步，已知像素都在那里，重新加噪到 s；到 0 处就是 known 本身",
            ),
            judge_keeps,
            (
                (
                    "08.inpaint has it all: after the step, as noisy as the step's target, with noise of their own.",
                    "08.inpaint 里都有：在迈步之后放入，噪声与到达处一样多，用自己的那份噪声。",
                ),
                (
                    "`torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * eps, xt)`, last thing in a step down; xT "
                    "itself is left alone.",
                    "`torch.where(mask, schedule.signal[s] * known + schedule.noise[s] * eps, xt)`，放在往下一步的最后；"
                    "xT 本身不动。",
                ),
            ),
        ),
        "hole": Part(
            (
                "nan beside the mask never gets in, whatever shape the mask has, and without a mask it walks as well",
                "掩码之外的 nan 从不混入，掩码是什么形状都行；没有掩码也照样走",
            ),
            judge_hole,
            (
                (
                    "What is 0 times nan? And which functions of the course look at their input before they compute?",
                    "0 乘 nan 是多少？课程里又有哪些函数会先检查输入再计算？",
                ),
                (
                    "`torch.where` chooses without multiplying, and fits a mask of one sample to all; `forward_jump` refuses nan, so "
                    "write its sum out. Around it `if mask is not None:`.",
                    "`torch.where` 只选不乘，单个样本的掩码也能配上整批；`forward_jump` 拒绝 nan，所以把它的和式写出来。"
                    "外面套上 `if mask is not None:`。",
                ),
            ),
        ),
        "rises": Part(
            (
                "where the times rise x is noised on, nobody is asked, and the walk goes on from there",
                "时间步回升处，x 继续加噪，谁也不问，再从那里接着走",
            ),
            judge_rises,
            (
                (
                    "Going up is the forward process, begun at x_t and not at x_0. How much of x_t is left at s > t?",
                    "往上走就是前向过程，只是从 x_t 出发而不是从 x_0。到了 s > t，x_t 还剩多少？",
                ),
                (
                    "With `kept = schedule.alpha_bar[s] / schedule.alpha_bar[t]` it is `kept.sqrt() * xt + (1 - kept).sqrt() * fresh`; "
                    "then `continue`. No known pixels are put in there.",
                    "令 `kept = schedule.alpha_bar[s] / schedule.alpha_bar[t]`，就是 "
                    "`kept.sqrt() * xt + (1 - kept).sqrt() * fresh`；然后 `continue`。这里不放已知像素。",
                ),
            ),
        ),
    },
)
