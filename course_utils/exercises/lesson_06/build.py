"""Build it: the training loop as a class of one's own, and what is asked of its parts.

动手造：自己写一个训练循环的类，以及对它各部分的要求。
"""

from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_06.build_judges import judge_average, judge_held_out, judge_step
from course_utils.exercises.lesson_06.order_and_rate import judge_order, judge_rate
from course_utils.exercises.lesson_06.own_training import Training
from course_utils.exercises.lesson_06.resume_judge import judge_resume

BUILD = Piece(
    reference=lambda: Training,
    parts={
        "order": Part(
            ("every image comes once an epoch, in the order of the seed", "每个轮次里每幅图像恰好一次，次序由种子决定"),
            judge_order,
            (
                (
                    "Keep in an attribute which indices this epoch has not used yet, and cut each batch off its front.",
                    "用一个属性存本轮次还没用到的下标，每一批从它前面切下来。",
                ),
                (
                    "If fewer than a batch are left, `torch.cat` them with a new `torch.randperm(len(self.images), "
                    "generator=self.generator)`, the old ones first; then take the first `batch`, and keep the rest.",
                    "剩下的不够一批时，用 `torch.cat` 接上新的 `torch.randperm(len(self.images), generator=self.generator)`，"
                    "旧的在前；再取前 `batch` 个，其余留着。",
                ),
            ),
        ),
        "rate": Part(
            ("the rate warms up, and falls along half a wave to nearly 0", "学习率先升上去，再沿半个波降到接近 0"),
            judge_rate,
            (
                (
                    "Two factors times `lr`: a ramp that stays at 1, and half a wave made of a cosine. Try it by hand with "
                    "40 steps: rate(0), rate(3), rate(20), rate(39).",
                    "`lr` 乘以两个因子：到 1 就停住的斜坡，与余弦做成的半个波。取 40 步，亲手算算 rate(0)、rate(3)、rate(20)、rate(39)。",
                ),
                (
                    "The ramp is `min(1, (step + 1) / W)` with `W = min(100, max(1, steps // 10))`; the wave is "
                    "`(1 + math.cos(math.pi * step / steps)) / 2`.",
                    "斜坡是 `min(1, (step + 1) / W)`，其中 `W = min(100, max(1, steps // 10))`；"
                    "波是 `(1 + math.cos(math.pi * step / steps)) / 2`。",
                ),
            ),
        ),
        "step": Part(
            ("from one seed, the losses are the course's", "种子相同，损失就与课程的相同"),
            judge_step,
            (
                (
                    "`train`, shown in part 2, does the same: follow it line by line, from `set_lr` to `losses.append`.",
                    "第 2 节展示的 `train` 做的就是这些：从 `set_lr` 到 `losses.append`，一行一行对照。",
                ),
                (
                    "`objectives.spread_times(self.schedule.T, len(x), generator=self.generator)`, then `torch.randn(x.shape, "
                    "generator=self.generator)`; `zero_grad()`, the mean of `errors(...)`, `backward()`, the optimizer's "
                    "`step()`, `losses.append(loss.item())`.",
                    "`objectives.spread_times(self.schedule.T, len(x), generator=self.generator)`，再 `torch.randn(x.shape, "
                    "generator=self.generator)`；`zero_grad()`，取 `errors(...)` 的均值，`backward()`，优化器的 `step()`，"
                    "`losses.append(loss.item())`。",
                ),
            ),
        ),
        "average": Part(
            ("the average follows the weights, quickly at first", "平均跟着权重走，起初跟得快"),
            judge_average,
            (
                (
                    "It must have weights of its own, and follow after the optimizer has moved those of the network. The "
                    "beginning stands in the paper problem of part 7; what is k when `losses` is still empty?",
                    "它要有自己的一份权重，并在优化器移动网络的权重之后再跟。起步的方式写在第 7 节的纸笔题里；`losses` 还空着时，k 是几？",
                ),
                (
                    "With `n = len(self.losses)` before the append, under `torch.no_grad()`, for each pair of weights: "
                    "`old.lerp_(new, 1 - min(self.decay, (1 + n) / (10 + n)))`.",
                    "在添入损失之前取 `n = len(self.losses)`，在 `torch.no_grad()` 之下对每一对权重："
                    "`old.lerp_(new, 1 - min(self.decay, (1 + n) / (10 + n)))`。",
                ),
            ),
        ),
        "held-out": Part(
            ("looking tells the average's error, and changes nothing", "看到的是平均的误差，而看这件事不改变任何东西"),
            judge_held_out,
            (
                (
                    "Which network is asked? In which mode, from which generator, with gradients or without?",
                    "问的是哪个网络？处于什么模式，从哪个发生器抽，要不要梯度？",
                ),
                (
                    "The package's `held_out(self.schedule, self.average, images)` minds all of it; take the mean of its "
                    "`errors` as a plain number.",
                    "本包的 `held_out(self.schedule, self.average, images)` 把这些都顾到了；取它的 `errors` 的均值，化成普通的数。",
                ),
            ),
        ),
        "resume": Part(
            ("a training that was stopped goes on as if it had not been", "停过的训练接着走，与没停过一样"),
            judge_resume,
            (
                (
                    "Part 8 lists what training changes: weights, average, optimizer, number of the step, random state, and "
                    "the images still to come. And a state must not change afterwards, whether the training goes on that it "
                    "came from or one that has loaded it.",
                    "第 8 节列出了训练会改变的一切：权重、平均、优化器、步数、随机数状态、还没用的图像。而且状态存下之后不能再变，无论是它所出自的训练还是载入它的训练往下走。",
                ),
                (
                    "`copy.deepcopy` of a dictionary: three `state_dict()`s, `generator.get_state()`, the order, the losses. "
                    "`load`, from a deep copy again: `load_state_dict`, `set_state`, and the two attributes.",
                    "把一个字典 `copy.deepcopy`：三个 `state_dict()`、`generator.get_state()`、次序、损失。"
                    "`load` 也从深拷贝取：`load_state_dict`、`set_state`，以及那两个属性。",
                ),
            ),
        ),
    },
)
