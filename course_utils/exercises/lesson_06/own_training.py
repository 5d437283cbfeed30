"""The training loop of lesson 06 as a class: what the package does in one function and a record, in seven methods.

第 06 课的训练循环，写成一个类：本包用一个函数加一个状态做的事，这里是七个方法。
"""

import copy
import math

import torch

from course_utils import objectives, training
from course_utils.objectives import errors, held_out
from course_utils.randomness import seeded


class Training:
    """A training that can be stopped: one step at a time, with all that it changes in `state`.

    随时可停的训练：一次走一步，训练会改变的一切都在 `state` 里。
    """

    def __init__(self, network, images, schedule, steps, batch, lr, decay, seed):
        self.network, self.images, self.schedule = network, images, schedule
        self.steps, self.batch, self.lr, self.decay = steps, batch, lr, decay
        self.average = copy.deepcopy(network)
        self.optimizer = training.adamw(network.parameters(), lr=lr)
        self.generator = seeded(seed)
        self.order, self.losses = torch.empty(0, dtype=torch.long), []

    def indices(self):
        if len(self.order) < self.batch:
            fresh = torch.randperm(len(self.images), generator=self.generator)
            self.order = torch.cat([self.order, fresh])
        index, self.order = self.order[: self.batch], self.order[self.batch :]
        return index

    def rate(self, step):
        warm_up = min(100, max(1, self.steps // 10))
        return self.lr * (min(1, (step + 1) / warm_up) * (1 + math.cos(math.pi * step / self.steps)) / 2)

    def step(self):
        done = len(self.losses)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(done)
        x = self.images[self.indices()]
        t = objectives.spread_times(self.schedule.T, len(x), generator=self.generator)
        eps = torch.randn(x.shape, generator=self.generator, dtype=x.dtype)
        self.optimizer.zero_grad()
        loss = errors(self.schedule, self.network, x, t, eps).mean()
        loss.backward()
        self.optimizer.step()
        share = 1 - min(self.decay, (1 + done) / (10 + done))
        with torch.no_grad():
            for old, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                old.lerp_(new, share)
        self.losses.append(loss.item())

    def held_out(self, images):
        return held_out(self.schedule, self.average, images).errors.mean().item()

    def state(self):
        modules = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimizer")}
        drawn = {"generator": self.generator.get_state(), "order": self.order, "losses": self.losses}
        return copy.deepcopy(modules | drawn)

    def load(self, kept):
        kept = copy.deepcopy(kept)
        for name in ("network", "average", "optimizer"):
            getattr(self, name).load_state_dict(kept[name])
        self.generator.set_state(kept["generator"])
        self.order, self.losses = kept["order"], kept["losses"]
