"""A training loop with four faults, none of which raises an error; it even learns something.

带有四处毛病的训练循环：一处也不报错，甚至还能学到些东西。
"""

import copy
import math

import torch

from course_utils import objectives, training
from course_utils.objectives import errors
from course_utils.randomness import seeded


def broken_loop(network, images, unseen, schedule, steps, batch, seed, look):
    """Train the network, and look at the unseen images after every `look` steps (0: never). Four things are wrong.

    训练网络，每走 `look` 步看一次没见过的图像（0 表示从不看）。其中有四处不对。

    -> the average of the weights, the loss and the learning rate of each step, the errors of the average at each look.
    """
    draw, order = seeded(seed), torch.empty(0, dtype=torch.long)
    average, optimizer = copy.copy(network), training.adamw(network.parameters(), lr=4e-3)
    losses, rates, looked = [], [], []
    for step in range(steps):
        if len(order) < batch:
            order = torch.cat([order, torch.randperm(len(images), generator=draw)])
        x, order = images[order[:batch]], order[batch:]
        epoch = step * batch // len(images)
        rates.append(4e-3 * (1 + math.cos(math.pi * epoch / steps)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rates[-1]
        t = torch.randint(1, schedule.T + 1, (1,), generator=draw).expand(batch)
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
                t = objectives.spread_times(schedule.T, len(unseen), generator=draw)
                eps = torch.randn(unseen.shape, generator=draw, dtype=unseen.dtype)
                looked.append(errors(schedule, average, unseen, t, eps).mean().item())
    return average, losses, rates, looked
