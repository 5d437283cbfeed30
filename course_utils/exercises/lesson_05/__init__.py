"""Lesson 05, The U-Net, block by block: its exercises and its questions.

第 05 课“U-Net 逐块搭建”的练习与题目。
"""

from course_utils.exercises import Exercise
from course_utils.exercises.lesson_05.build import BUILD
from course_utils.exercises.lesson_05.judges import (
    judge_attention,
    judge_block,
    judge_skips,
    judge_turn,
    judge_walk,
)
from course_utils.exercises.lesson_05.mistakes import attention, by_its_layers, turn, way_up
from course_utils.exercises.lesson_05.paper import PAPER
from course_utils.exercises.lesson_05.questions import QUESTIONS
from course_utils.experiments.features import parting

EXERCISES = {
    "turn": Exercise(
        reference=lambda: turn,
        judge=judge_turn,
        hints=(
            (
                "The angles add: clock i stood at some angle a, and goes on by f_i s. You know sin a and cos a.",
                "角度相加：第 i 只钟原来指着某个角度 a，又走了 f_i s。你知道的是 sin a 与 cos a。",
            ),
            (
                "sin(a + b) = sin a cos b + cos a sin b and cos(a + b) = cos a cos b − sin a sin b. `seen.chunk(2, dim=1)` "
                "gives sin a and cos a; b is `s[:, None] * frequency`, (b, f).",
                "sin(a + b) = sin a cos b + cos a sin b，cos(a + b) = cos a cos b − sin a sin b。"
                "`seen.chunk(2, dim=1)` 给出 sin a 与 cos a；b 是 `s[:, None] * frequency`，形状 (b, f)。",
            ),
            (
                "`torch.cat([sin * b.cos() + cos * b.sin(), cos * b.cos() - sin * b.sin()], dim=1)`.",
                "即 `torch.cat([sin * b.cos() + cos * b.sin(), cos * b.cos() - sin * b.sin()], dim=1)`。",
            ),
        ),
    ),
    "block": Exercise(
        reference=lambda: by_its_layers,
        judge=judge_block,
        hints=(
            (
                "Follow the features: norm, SiLU, convolution; norm, scale and shift, SiLU, convolution; and x beside it all.",
                "跟着特征走：归一化、SiLU、卷积；归一化、缩放与平移、SiLU、卷积；最后加上旁边的 x。",
            ),
            (
                "`block.scale_shift(F.silu(embedding))` is (b, 2 c). Give it two more axes with `[:, :, None, None]`, and "
                "`.chunk(2, dim=1)` makes scale and shift of it, in this order.",
                "`block.scale_shift(F.silu(embedding))` 的形状是 (b, 2 c)。用 `[:, :, None, None]` 添两个轴，"
                "再用 `.chunk(2, dim=1)` 依次得到 scale 与 shift。",
            ),
            (
                "In the middle `block.norm2(h) * (1 + scale) + shift`; at the end `block.short_cut(x) + block.conv2(F.silu(h))`.",
                "中间是 `block.norm2(h) * (1 + scale) + shift`；最后是 `block.short_cut(x) + block.conv2(F.silu(h))`。",
            ),
        ),
    ),
    "attention": Exercise(
        reference=lambda: attention,
        judge=judge_attention,
        hints=(
            (
                "Three steps: compare every query with every key, turn each row into weights, mix the values.",
                "三步：每个查询与每个键比较；把每一行变成权重；再混合各个值。",
            ),
            (
                "`q @ k.transpose(1, 2)` is (b, n, n): row i holds what place i compares. Divide by √d, d = `q.shape[-1]`.",
                "`q @ k.transpose(1, 2)` 的形状是 (b, n, n)：第 i 行是位置 i 的各次比较。再除以 √d，d = `q.shape[-1]`。",
            ),
            (
                "`(…).softmax(dim=-1) @ v`.",
                "即 `(…).softmax(dim=-1) @ v`。",
            ),
        ),
    ),
    "skips": Exercise(
        reference=lambda: way_up,
        judge=judge_skips,
        hints=(
            (
                "The first block on the way up lies at the bottom. Which of the skips was made there?",
                "向上路上的第一个块在最底下。哪条跳跃连接是在那里存的？",
            ),
            (
                "`skips.pop()` takes the last one away and returns it.",
                "`skips.pop()` 取走并返回最后一条。",
            ),
            (
                "For each block: `x = block(torch.cat([x, skips.pop()], dim=1))`.",
                "对每个块：`x = block(torch.cat([x, skips.pop()], dim=1))`。",
            ),
        ),
    ),
    "paper": PAPER,
    "build": BUILD,
    "walk": Exercise(
        reference=parting,
        judge=judge_walk,
        hints=(
            (
                "Set the part to middle.2, start at t = 10 and watch the number `same`.",
                "把 part 设为 middle.2，从 t = 10 开始，盯住 `same` 这个数。",
            ),
            (
                "It falls all the way at first. Look for the first t at which it is below 0.5.",
                "开头它一路下降。找到第一个使它小于 0.5 的 t。",
            ),
            ("It lies between 300 and 700.", "它在 300 与 700 之间。"),
        ),
    ),
}

__all__ = ["EXERCISES", "QUESTIONS"]
