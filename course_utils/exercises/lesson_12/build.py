"""The parts of the piece of lesson 12, a layer of low rank of one's own, with their hints.

第 12 课的作业（自己的低秩层）的各个部分与提示。
"""

from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_12.build_judges import (
    judge_convolutions,
    judge_learns,
    judge_merges,
    judge_rank,
    judge_starts,
    judge_strength,
)
from course_utils.exercises.lesson_12.build_layer import LowRankLayer

BUILD = Piece(
    reference=lambda: LowRankLayer,
    draws=True,
    parts={
        "starts": Part(
            ("before it has learnt it is the layer, and it can learn", "还没学的时候就是原来的层，并且学得动"),
            judge_starts,
            (
                (
                    "A product is 0 if one factor is. What is the gradient of the other factor then, and of the one that is 0?",
                    "一个因子为 0，乘积就是 0。这时另一个因子的梯度是什么，那个因子自己的梯度又是什么？",
                ),
                (
                    "`self.up = nn.Parameter(layer.weight.new_zeros(out, rank))`, and `self.down` drawn from N(0, 1 / in), "
                    "then `.to(layer.weight)`, (rank, in). `super().__init__()` comes first.",
                    "`self.up = nn.Parameter(layer.weight.new_zeros(out, rank))`，`self.down` 从 N(0, 1 / in) 抽取，再 `.to(layer.weight)`，形状 "
                    "(rank, in)。先写 `super().__init__()`。",
                ),
            ),
        ),
        "learns": Part(
            (
                "only the two matrices learn, rank · (in + out) numbers, and gradients pass the layer",
                "只有两个矩阵在学，共 rank · (in + out) 个数；梯度能穿过这一层",
            ),
            judge_learns,
            (
                (
                    "Which weights of the module have `requires_grad`? Frozen weights still hand gradients on to their input.",
                    "模块里哪些权重的 `requires_grad` 为真？冻结的权重仍会把梯度传给自己的输入。",
                ),
                (
                    "`self.layer = layer.requires_grad_(False)`, and in `forward` neither `no_grad` nor `detach`.",
                    "`self.layer = layer.requires_grad_(False)`；`forward` 里既不要 `no_grad`，也不要 `detach`。",
                ),
            ),
        ),
        "rank": Part(
            ("what it adds is one matrix times x, of the rank asked for", "它加上的是一个矩阵乘 x，秩与要求的相同"),
            judge_rank,
            (
                ("From in numbers to how many, and from there to out?", "从 in 个数先变到几个，再变到 out 个？"),
                (
                    "`x @ self.down.T @ self.up.T` for a linear layer; nothing between them.",
                    "线性层用 `x @ self.down.T @ self.up.T`；两者之间什么也没有。",
                ),
            ),
        ),
        "strength": Part(
            (
                "what was learnt counts by `strength`, the layer's own answer does not",
                "学到的部分按 `strength` 算，原来那层的结果不变",
            ),
            judge_strength,
            (
                ("Where is the layer to be at strength 0?", "strength 为 0 时，应当得到什么？"),
                (
                    "`self.strength = 1.0` in `__init__`; `self.layer(x) + self.strength * (…)` in `forward`.",
                    "`__init__` 里写 `self.strength = 1.0`；`forward` 里写 `self.layer(x) + self.strength * (…)`。",
                ),
            ),
        ),
        "merged": Part(
            (
                "merged() is a plain layer with the same answer, and leaves the module as it was",
                "merged() 给出结果相同的普通层，模块本身不变",
            ),
            judge_merges,
            (
                (
                    "W x + s · up (down x) = (W + s · up down) x. Which shape has up down? And whose weight must not change?",
                    "W x + s · up (down x) = (W + s · up down) x。up down 是什么形状？谁的权重不能动？",
                ),
                (
                    "`layer = copy.deepcopy(self.layer)`, and under `torch.no_grad()`: "
                    "`layer.weight += self.strength * (self.up @ self.down).reshape(layer.weight.shape)`.",
                    "`layer = copy.deepcopy(self.layer)`，再在 `torch.no_grad()` 里："
                    "`layer.weight += self.strength * (self.up @ self.down).reshape(layer.weight.shape)`。",
                ),
            ),
        ),
        "convolutions": Part(
            ("all of this holds for 1x1 convolutions, too", "以上各条对 1x1 卷积同样成立"),
            judge_convolutions,
            (
                (
                    "A 1x1 convolution is the same matrix at every place; its weight is (out, in, 1, 1).",
                    "1x1 卷积就是在每个位置乘同一个矩阵；它的权重是 (out, in, 1, 1)。",
                ),
                (
                    "`F.conv2d(x, self.down[:, :, None, None])`, then `self.up` likewise; which of both: "
                    "`isinstance(self.layer, nn.Linear)`.",
                    "`F.conv2d(x, self.down[:, :, None, None])`，`self.up` 同理；用哪一种，看 "
                    "`isinstance(self.layer, nn.Linear)`。",
                ),
            ),
        ),
    },
)
