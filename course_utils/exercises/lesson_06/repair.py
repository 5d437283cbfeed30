"""The broken loop of lesson 06, mended, and what is asked of each of its four places.

第 06 课那个坏掉的循环，修好之后的样子；以及对四处各自的要求。
"""

import copy
import math

import torch

from course_utils import objectives, training
from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_06.repair_judges import judge_looking, judge_rate, judge_times, judge_twin
from course_utils.exercises.lesson_06.repair_rest import judge_rest
from course_utils.objectives import errors
from course_utils.randomness import seeded


def mended_loop(network, images, unseen, schedule, steps, batch, seed, look):
    """The loop with its four faults mended. 修好四处毛病的循环。"""
    draw, order = seeded(seed), torch.empty(0, dtype=torch.long)
    average, optimizer = copy.deepcopy(network), training.adamw(network.parameters(), lr=4e-3)
    losses, rates, looked = [], [], []
    for step in range(steps):
        if len(order) < batch:
            order = torch.cat([order, torch.randperm(len(images), generator=draw)])
        x, order = images[order[:batch]], order[batch:]
        rates.append(4e-3 * (1 + math.cos(math.pi * step / steps)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rates[-1]
        t = torch.randint(1, schedule.T + 1, (batch,), generator=draw)
        eps = torch.randn(x.shape, generator=draw, dtype=x.dtype)
        loss = errors(schedule, network, x, t, eps).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        with torch.no_grad():
            for old, new in zip(average.parameters(), network.parameters(), strict=True):
                old.lerp_(new, 0.02)
            if look and (step + 1) % look == 0:
                apart = seeded(0)
                t = objectives.spread_times(schedule.T, len(unseen), generator=apart)
                eps = torch.randn(unseen.shape, generator=apart, dtype=unseen.dtype)
                looked.append(errors(schedule, average, unseen, t, eps).mean().item())
    return average, losses, rates, looked


REPAIR = Piece(
    reference=lambda: mended_loop,
    parts={
        "times": Part(
            ("every step sees many noise levels", "每一步都见到许多噪声水平"),
            judge_times,
            (
                (
                    "Print `t` in the loop for a few steps: how many different ones are in a batch?",
                    "在循环里打印几步的 `t`：一批里有几个不同的？",
                ),
                (
                    "`(1,)` and `.expand(batch)` give all images the one t. Ask for `(batch,)`, or take "
                    "`objectives.spread_times`.",
                    "`(1,)` 与 `.expand(batch)` 让所有图像共用一个 t。改成 `(batch,)`，或用 `objectives.spread_times`。",
                ),
            ),
        ),
        "average": Part(
            ("the average has weights of its own, and lags behind", "平均有自己的一份权重，落在后面"),
            judge_twin,
            (
                (
                    "Compare the average with the network at the end. What does `copy.copy` copy, and what not?",
                    "训练结束时，拿平均与网络比一比。`copy.copy` 复制了什么，又没有复制什么？",
                ),
                (
                    "A shallow copy holds the same tensors. `copy.deepcopy(network)`, once, before the loop.",
                    "浅拷贝里是同样的张量。请用 `copy.deepcopy(network)`，在循环之前做一次。",
                ),
            ),
        ),
        "looking": Part(
            ("looking changes nothing, and asks the same each time", "看一眼，什么也不改变；每次问的都一样"),
            judge_looking,
            (
                (
                    "Run it with `look` 0 and with 10, and find the first step at which the losses part. And what would two "
                    "looks say of weights that have not changed?",
                    "`look` 取 0 与 10 各跑一次，看损失从哪一步起分开。再想一想：权重若没有变，看两次，看到的数一样吗？",
                ),
                (
                    "The looks draw from `draw`, as the training does. Give them a generator of their own, `seeded(0)`, "
                    "made anew at each look.",
                    "看的时候也从 `draw` 抽，与训练共用。请给它自己的发生器 `seeded(0)`，每次看都新造一个。",
                ),
            ),
        ),
        "rate": Part(
            ("the rate falls to nearly 0 by the end", "到结束时，学习率降到接近 0"),
            judge_rate,
            (
                (
                    "Plot the rates. How many epochs are there in a run, and how many steps?",
                    "画出学习率。一次训练有几个轮次，又有几步？",
                ),
                (
                    "The cosine counts epochs and divides by steps: put `step / steps`.",
                    "余弦里数的是轮次，除的却是总步数：应写 `step / steps`。",
                ),
            ),
        ),
        "rest": Part(
            ("and all else is as it was", "其余的一切照旧"),
            judge_rest,
            (
                (
                    "Lay your loop beside the one that was handed on, and go through the lines that differ: does each mend one "
                    "of the four faults, and nothing else?",
                    "把你的循环与原来的并排放好，逐行看不同之处：每一处改动是否都只修四处毛病中的一处，没有动别的？",
                ),
                (
                    "Copy the loop afresh, and change no more than the copy, the shape of `t`, the generator of the looks and "
                    "the fraction in the cosine.",
                    "重新复制一遍原来的循环，只改四处：平均怎样复制、`t` 的形状、看的时候所用的发生器、余弦里的分数。",
                ),
            ),
        ),
    },
)
