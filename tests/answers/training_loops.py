"""Training loops as readers write them: right ones, each in its own way, and wrong ones with one thing changed.

读者会写的训练循环：各有各写法的正确答案，以及各改了一处的错误答案。
"""

import copy
import math

import torch
from torch.optim.lr_scheduler import LambdaLR

from course_utils import objectives
from course_utils.denoisers import predict_eps
from course_utils.exercises.lesson_06.own_training import Training
from course_utils.forward import forward_jump
from course_utils.objectives import errors
from course_utils.training import adamw


class ByHand:
    """With as little of the package as can be."""

    def __init__(self, network, images, schedule, steps, batch, lr, decay, seed):
        self.network, self.images, self.schedule, self.steps = network, images, schedule, steps
        self.batch, self.lr, self.decay, self.losses = batch, lr, decay, []
        self.average = copy.deepcopy(network).requires_grad_(False).eval()
        self.adam = torch.optim.AdamW(network.parameters(), lr, betas=(0.9, 0.99))
        self.generator = torch.Generator().manual_seed(seed)
        self.left = torch.randperm(len(images), generator=self.generator)

    def indices(self):
        while len(self.left) < self.batch:
            self.left = torch.cat((self.left, torch.randperm(len(self.images), generator=self.generator)))
        taken = self.left[: self.batch].clone()
        self.left = self.left[self.batch :].clone()
        return taken

    def rate(self, step):
        warm_up = max(1, min(self.steps // 10, 100))
        ramp = (step + 1) / warm_up if step + 1 < warm_up else 1.0
        return ramp * self.lr * math.cos(math.pi * step / (2 * self.steps)) ** 2

    def step(self):
        self.adam.param_groups[0]["lr"] = self.rate(len(self.losses))
        x0 = self.images[self.indices()]
        u = (torch.arange(len(x0)) + torch.rand((), generator=self.generator, dtype=torch.float32)) / len(x0)
        t = (u * self.schedule.T).long().clamp(max=self.schedule.T - 1) + 1
        eps = torch.randn(x0.shape, generator=self.generator, dtype=torch.float32)
        xt = forward_jump(self.schedule, x0, t, eps).xt
        loss = torch.nn.functional.mse_loss(predict_eps(self.schedule, self.network, xt, t), eps)
        self.network.zero_grad()
        loss.backward()
        self.adam.step()
        n = len(self.losses)
        d = min(self.decay, (1 + n) / (10 + n))
        for a, w in zip(self.average.parameters(), self.network.parameters(), strict=True):
            a.mul_(d).add_(w.detach(), alpha=1 - d)
        self.losses += [float(loss.detach())]

    @torch.no_grad()
    def held_out(self, images):
        g = torch.Generator().manual_seed(0)
        t = objectives.spread_times(self.schedule.T, len(images), generator=g)
        t = t[torch.randperm(len(images), generator=g)]
        eps = torch.randn(images.shape, generator=g, dtype=torch.float32)
        return float(errors(self.schedule, self.average, images, t, eps).mean())

    def state(self):
        kept = {"w": self.network.state_dict(), "a": self.average.state_dict(), "o": self.adam.state_dict()}
        return copy.deepcopy(kept) | {
            "g": self.generator.get_state(),
            "left": self.left.clone(),
            "losses": list(self.losses),
        }

    def load(self, kept):
        self.network.load_state_dict(kept["w"])
        self.average.load_state_dict(kept["a"])
        self.adam.load_state_dict(copy.deepcopy(kept["o"]))
        self.generator.set_state(kept["g"])
        self.left, self.losses = kept["left"].clone(), list(kept["losses"])
        return self


class WithAQueue(Training):
    """The order as a plain list, and the average taken from the dictionaries of weights."""

    def __init__(self, *given):
        super().__init__(*given)
        self.order = []

    def indices(self):
        if len(self.order) < self.batch:
            self.order += torch.randperm(len(self.images), generator=self.generator).tolist()
        index, self.order = self.order[: self.batch], self.order[self.batch :]
        return index


class WithAScheduler(Training):
    """The rate set by torch's own scheduler, which has a state, too."""

    def __init__(self, *given):
        super().__init__(*given)
        self.scheduler = LambdaLR(self.optimizer, lambda done: self.rate(done) / self.lr)

    def step(self):
        index = self.indices()
        t = objectives.spread_times(self.schedule.T, len(index), generator=self.generator)
        eps = torch.randn(self.images[index].shape, generator=self.generator, dtype=self.images.dtype)
        loss = errors(self.schedule, self.network, self.images[index], t, eps).mean()
        self.optimizer.zero_grad()
        loss.backward()
        for group in self.optimizer.param_groups:
            group["lr"] = self.scheduler.get_last_lr()[0] if self.losses else self.rate(0)
        self.optimizer.step()
        self.scheduler.step()
        new, n = self.network.state_dict(), len(self.losses)
        d = min(self.decay, (n + 1) / (n + 10))
        self.average.load_state_dict(
            {name: d * a + (1 - d) * new[name] for name, a in self.average.state_dict().items()}
        )
        self.losses.append(loss.item())

    def state(self):
        return super().state() | {"scheduler": copy.deepcopy(self.scheduler.state_dict()["last_epoch"])}

    def load(self, kept):
        super().load(kept)
        self.scheduler.last_epoch = kept["scheduler"]
        self.scheduler._last_lr = [self.rate(kept["scheduler"])]


class WithAPointer(Training):
    """One order for each epoch, and the place reached in it."""

    def __init__(self, *given):
        super().__init__(*given)
        self.at = 0

    def indices(self):
        n = len(self.images)
        if not len(self.order):
            self.order = torch.randperm(n, generator=self.generator)
        index, self.at = self.order[self.at : self.at + self.batch], self.at + self.batch
        if self.at > n or len(index) < self.batch:
            self.order = torch.randperm(n, generator=self.generator)
            self.at = self.batch - len(index)
            index = torch.cat([index, self.order[: self.at]])
        return index

    def state(self):
        return super().state() | {"at": self.at}

    def load(self, kept):
        super().load(kept)
        self.at = kept["at"]


def with_(name, **methods):
    """The course's training with some of its methods changed."""
    return type(name, (Training,), methods)


def stepping(*, draw=None, loss=torch.mean, clear=True, rate=True, note=None, first=False, ahead=0, decay=None):
    """A step with one thing changed."""

    def step(self):
        done = len(self.losses)
        if rate:
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate(done + ahead)
        if draw:
            x, t, eps = draw(self)
        else:
            x = self.images[self.indices()]
            t = objectives.spread_times(self.schedule.T, len(x), generator=self.generator)
            eps = torch.randn(x.shape, generator=self.generator, dtype=x.dtype)
        if clear:
            self.optimizer.zero_grad()
        value = loss(errors(self.schedule, self.network, x, t, eps))
        value.backward()
        if first:
            follow(self, done)
        self.optimizer.step()
        if not first:
            follow(self, done)
        self.losses.append(note(value) if note else value.item())

    def follow(self, done):
        d = decay(self, done) if decay else min(self.decay, (1 + done) / (10 + done))
        with torch.no_grad():
            for old, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                old.lerp_(new, 1 - d)

    return step


def noise_first(self):
    x = self.images[self.indices()]
    eps = torch.randn(x.shape, generator=self.generator, dtype=x.dtype)
    return x, objectives.spread_times(self.schedule.T, len(x), generator=self.generator), eps


def times_one_by_one(self):
    x = self.images[self.indices()]
    t = torch.randint(1, self.schedule.T + 1, (len(x),), generator=self.generator)
    return x, t, torch.randn(x.shape, generator=self.generator, dtype=x.dtype)


def noise_of_torchs_own(self):
    x = self.images[self.indices()]
    return x, objectives.spread_times(self.schedule.T, len(x), generator=self.generator), torch.randn_like(x)


def with_repeats(self):
    return torch.randint(len(self.images), (self.batch,), generator=self.generator)


def without_the_rest(self):
    if len(self.order) < self.batch:
        self.order = torch.randperm(len(self.images), generator=self.generator)
    index, self.order = self.order[: self.batch], self.order[self.batch :]
    return index


def short_at_the_end(self):
    if not len(self.order):
        self.order = torch.randperm(len(self.images), generator=self.generator)
    index, self.order = self.order[: self.batch], self.order[self.batch :]
    return index


def new_ones_first(self):
    if len(self.order) < self.batch:
        self.order = torch.cat([torch.randperm(len(self.images), generator=self.generator), self.order])
    index, self.order = self.order[: self.batch], self.order[self.batch :]
    return index


def of_torchs_own(self):
    if len(self.order) < self.batch:
        self.order = torch.cat([self.order, torch.randperm(len(self.images))])
    index, self.order = self.order[: self.batch], self.order[self.batch :]
    return index


def never_shuffled(self):
    if len(self.order) < self.batch:
        self.order = torch.cat([self.order, torch.arange(len(self.images))])
    index, self.order = self.order[: self.batch], self.order[self.batch :]
    return index


def shuffled_once(self):
    if not hasattr(self, "once"):
        self.once = torch.randperm(len(self.images), generator=self.generator)
    if len(self.order) < self.batch:
        self.order = torch.cat([self.order, self.once])
    index, self.order = self.order[: self.batch], self.order[self.batch :]
    return index


def drawn_too_early(self):
    if not len(self.order):
        self.order = torch.randperm(len(self.images), generator=self.generator)
    index, self.order = self.order[: self.batch], self.order[self.batch :]
    if len(self.order) < self.batch:
        self.order = torch.cat([self.order, torch.randperm(len(self.images), generator=self.generator)])
    return index


def sorted_by_random_numbers(self):
    if len(self.order) < self.batch:
        self.order = torch.cat([self.order, torch.rand(len(self.images), generator=self.generator).argsort()])
    index, self.order = self.order[: self.batch], self.order[self.batch :]
    return index


def wave(share):
    return (1 + math.cos(math.pi * share)) / 2


def shares_its_weights(copied):
    def __init__(self, *given):
        Training.__init__(self, *given)
        self.average = copied(self.network)

    return __init__


def optimized_by(make):
    def __init__(self, *given):
        Training.__init__(self, *given)
        self.optimizer = make(self.network.parameters(), self.lr)

    return __init__


def no_average(self, *given):
    Training.__init__(self, *given)
    self.average = None


def held_out_of_the_network(self, images):
    return objectives.held_out(self.schedule, self.network, images).errors.mean().item()


def held_out_from_the_generator(self, images):
    t = objectives.spread_times(self.schedule.T, len(images), generator=self.generator)
    eps = torch.randn(images.shape, generator=self.generator, dtype=images.dtype)
    with torch.no_grad():
        return errors(self.schedule, self.average.eval(), images, t, eps).mean().item()


def held_out_drawn_anew(self, images):
    t = torch.randint(1, self.schedule.T + 1, (len(images),))
    with torch.no_grad():
        return errors(self.schedule, self.average, images, t, torch.randn_like(images)).mean().item()


def held_out_in_training_mode(self, images):
    level_and_noise = objectives._times_and_noise(self.schedule, images, 0)
    with torch.no_grad():
        return errors(self.schedule, self.average.train(), images, *level_and_noise).mean().item()


def held_out_with_its_graph(self, images):
    return errors(self.schedule, self.average, images, *objectives._times_and_noise(self.schedule, images, 0)).mean()


def held_out_of_another_seed(self, images):
    return objectives.held_out(self.schedule, self.average, images, seed=1).errors.mean().item()


def held_out_leaving_it_in_evaluation(self, images):
    self.network.eval()
    return Training.held_out(self, images)


def held_out_seeding_torchs_own(self, images):
    torch.manual_seed(0)
    t = objectives.spread_times(self.schedule.T, len(images))[torch.randperm(len(images))]
    was = self.average.training
    with torch.no_grad():
        error = errors(self.schedule, self.average.eval(), images, t, torch.randn(images.shape)).mean().item()
    self.average.train(was)
    return error


def held_out_always_back_to_training(self, images):
    error = Training.held_out(self, images)
    self.average.train()
    return error


def no_lr(self, *given):
    Training.__init__(self, *given)
    self.highest = self.lr
    del self.lr


def rate_of_the_highest(self, step):
    warm_up = min(100, max(1, self.steps // 10))
    return self.highest * min(1, (step + 1) / warm_up) * wave(step / self.steps)


def rate_within_the_step(self):
    for group in self.optimizer.param_groups:
        group["lr"] = Training.rate(self, len(self.losses))
    stepping(rate=False)(self)


def held_out_mixed(when):
    """Without the package's `held_out`; the times mixed at the wrong place, or not at all."""

    def held_out(self, images):
        draw, shape = torch.Generator().manual_seed(0), images.shape
        if when == "noise first":
            eps = torch.randn(shape, generator=draw, dtype=images.dtype)
        t = objectives.spread_times(self.schedule.T, len(images), generator=draw)
        if when == "noise first":
            t = t[torch.randperm(len(t), generator=draw)]
        else:
            eps = torch.randn(shape, generator=draw, dtype=images.dtype)
        if when == "late":
            t = t[torch.randperm(len(t), generator=draw)]
        was = self.average.training
        with torch.no_grad():
            error = errors(self.schedule, self.average.eval(), images, t, eps).mean().item()
        self.average.train(was)
        return error

    return held_out


def held_out_as_a_tensor(self, images):
    return objectives.held_out(self.schedule, self.average, images).errors.mean()


def each_held_out(self, images):
    return objectives.held_out(self.schedule, self.average, images).errors


def state_itself(self):
    modules = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimizer")}
    return modules | {"generator": self.generator.get_state(), "order": self.order, "losses": self.losses}


def state_of_whole_objects(self):
    kept = {"network": self.network, "average": self.average, "optimizer": self.optimizer.state_dict()}
    kept |= {"generator": self.generator.get_state(), "order": self.order, "losses": self.losses}
    return copy.deepcopy(kept)


def load_whole_objects(self, kept):
    self.network.load_state_dict(kept["network"].state_dict())


def load_without(lost):
    def load(self, kept):
        for name in {"network", "average", "optimizer"} - {lost}:
            getattr(self, name).load_state_dict(copy.deepcopy(kept[name]))
        if lost != "generator":
            self.generator.set_state(kept["generator"])
        if lost != "order":
            self.order = kept["order"]
        if lost != "losses":
            self.losses = list(kept["losses"])

    return load


def load_taking_the_list(self, kept):
    load_without(None)(self, kept)
    self.losses = kept["losses"]


def load_sharing_the_tensors(self, kept):
    for name in ("network", "average", "optimizer"):
        getattr(self, name).load_state_dict(kept[name])
    self.generator.set_state(kept["generator"])
    self.order, self.losses = kept["order"], list(kept["losses"])


def load_into_another_network(self, kept):
    self.network = copy.deepcopy(self.network)
    load_without(None)(self, kept)


class SchedulerForgotten(WithAScheduler):
    def load(self, kept):
        Training.load(self, kept)


class QueueTaken(WithAQueue):
    """What is left of an epoch as a list, eaten up in place."""

    def indices(self):
        if len(self.order) < self.batch:
            self.order += torch.randperm(len(self.images), generator=self.generator).tolist()
        return [self.order.pop(0) for _ in range(self.batch)]

    def load(self, kept):
        super().load(kept)
        self.order = kept["order"]


class OnlyOrderAndRate(Training):
    def step(self): ...

    def held_out(self, images): ...

    def state(self): ...

    def load(self, kept): ...


class OnlyTheRate:
    def __init__(self, network, images, schedule, steps, batch, lr, decay, seed):
        self.steps, self.lr = steps, lr

    def indices(self): ...

    rate = Training.rate

    def step(self): ...

    def held_out(self, images): ...

    def state(self): ...

    def load(self, kept): ...


class AllBlank:
    def __init__(self, network, images, schedule, steps, batch, lr, decay, seed): ...

    def indices(self): ...

    def rate(self, step): ...

    def step(self): ...

    def held_out(self, images): ...

    def state(self): ...

    def load(self, kept): ...


class DrawsFirst(Training):
    """Right in all but the draws of a step, which are torch's own."""

    step = stepping(draw=noise_of_torchs_own)


RIGHT_LOOPS = [ByHand, WithAQueue, WithAScheduler, WithAPointer]


class SeedsAtTheStart(Training):
    def __init__(self, *given):
        torch.manual_seed(given[-1])
        super().__init__(*given)


class DrawsAtEachStep(Training):
    def step(self):
        torch.rand(1)
        super().step()


WRONG_LOOPS = {
    "seeds at the start": (SeedsAtTheStart, "the seed of torch's own generator", "torch 自带的发生器的种子"),
    "draws at each step": (DrawsAtEachStep, "draws from torch's own generator", "从 torch 自带的发生器抽取"),
    "repeats": (with_("Repeats", indices=with_repeats), "come twice before all", "就有图像出现了两次"),
    "the rest dropped": (with_("NoRest", indices=without_the_rest), "is thrown away", "被丢掉了"),
    "short batch": (with_("Short", indices=short_at_the_end), "filled up from the next", "由下一轮次补足"),
    "new ones first": (with_("NewFirst", indices=new_ones_first), "come twice before all", "就有图像出现了两次"),
    "torch's own": (with_("TorchsOwn", indices=of_torchs_own), "of one seed go through", "数据次序却不同"),
    "never shuffled": (with_("Unshuffled", indices=never_shuffled), "never shuffled", "从不打乱"),
    "shuffled once": (with_("Once", indices=shuffled_once), "the order of the first", "都与第一个相同"),
    "too early": (with_("Early", indices=drawn_too_early), "too early or too late", "太早或太晚"),
    "another draw": (with_("Sorted", indices=sorted_by_random_numbers), "not the one of this seed", "不是这个种子的"),
    "no warm-up": (with_("NoWarmUp", rate=lambda self, k: self.lr * wave(k / self.steps)), "warm-up is missing", "漏了预热"),
    "constant": (with_("Constant", rate=lambda self, k: self.lr), "never changes", "从不变化"),
    "from 0": (with_("From0", rate=lambda self, k: self.lr * min(1, k / min(100, max(1, self.steps // 10))) * wave(k / self.steps)), "is wasted", "白走了一步"),
    "no wave": (with_("NoWave", rate=lambda self, k: self.lr * min(1, (k + 1) / min(100, max(1, self.steps // 10)))), "never falls", "不再下降"),
    "by 0": (with_("By0", rate=lambda self, k: self.lr * min(1, (k + 1) / min(100, self.steps // 10)) * wave(k / self.steps)), "at least 1 step", "至少 1 步"),
    "W with a fraction": (with_("Fraction", rate=lambda self, k: self.lr * min(1, (k + 1) / min(max(self.steps / 10, 1), 100)) * wave(k / self.steps)), "W is not rounded", "W 没有取整"),
    "W rounded": (with_("Rounded", rate=lambda self, k: self.lr * min(1, (k + 1) / min(max(round(self.steps / 10), 1), 100)) * wave(k / self.steps)), "rounded to the nearest", "四舍五入"),
    "W rounded up": (with_("RoundedUp", rate=lambda self, k: self.lr * min(1, (k + 1) / min(math.ceil(self.steps / 10), 100)) * wave(k / self.steps)), "W is rounded up", "向上取整的"),
    "slightly off": (with_("Off", rate=lambda self, k: 1.01 * Training.rate(self, k)), "departs from the truth", "与真值不符"),
    "noise first": (with_("NoiseFirst", step=stepping(draw=noise_first)), "the noise is drawn before", "噪声抽在了时间步之前"),
    "single times": (with_("Single", step=stepping(draw=times_one_by_one)), "drawn one by one", "一个个单独抽"),
    "torch's noise": (DrawsFirst, "the first loss is", "第一个损失是"),
    "summed": (with_("Summed", step=stepping(loss=torch.sum)), "are summed", "求了和"),
    "kept gradients": (with_("Kept", step=stepping(clear=False)), "`zero_grad` before", "之前要 `zero_grad`"),
    "rate not set": (with_("NotSet", step=stepping(rate=False)), "that it was made with", "一直是最初的"),
    "rate ahead": (with_("Ahead", step=stepping(ahead=1)), "that of the next step", "下一步的学习率"),
    "rate within": (with_("Within", step=rate_within_the_step), "ask `self.rate`", "都要问 `self.rate`"),
    "no lr": (with_("NoLr", __init__=no_lr, rate=rate_of_the_highest), "has no `lr`", "没有 `lr`"),
    "other betas": (with_("Betas", __init__=optimized_by(torch.optim.AdamW)), "usual betas", "常见的 betas"),
    "Adam": (with_("Adam", __init__=optimized_by(lambda w, lr: torch.optim.Adam(w, lr, (0.9, 0.99)))), "this is Adam", "这是 Adam"),
    "not all weights": (with_("NotAll", __init__=optimized_by(lambda w, lr: adamw([{"params": [p]} for p in w][1:], lr=lr))), "the first loss is right", "第一个损失没错"),
    "loss kept": (with_("Graphs", step=stepping(note=lambda loss: loss)), "its whole graph", "整张计算图"),
    "detached": (with_("Detached", step=stepping(note=torch.Tensor.detach)), "keeps tensors; plain numbers", "要的是普通的数"),
    "not noted": (with_("NotNoted", step=stepping(note=lambda loss: None)), "append one plain number", "添一个普通的数"),
    "itself": (with_("Itself", __init__=shares_its_weights(lambda net: net)), "equal to the newest", "与最新的权重相同"),
    "shallow": (with_("Shallow", __init__=shares_its_weights(copy.copy)), "equal to the newest", "与最新的权重相同"),
    "average missing": (with_("NoAverage", __init__=no_average, step=stepping(decay=lambda self, k: 1)), "'NoneType'", "'NoneType'"),
    "constant decay": (with_("ConstantDecay", step=stepping(decay=lambda self, k: self.decay)), "at the beginning it should", "开头应当更小"),
    "growing decay": (with_("Growing", step=stepping(decay=lambda self, k: (1 + k) / (10 + k))), "never above", "不能超过"),
    "average before": (with_("Before", step=stepping(first=True)), "from before the step", "这一步之前的权重"),
    "one ahead": (with_("OneAhead", step=stepping(decay=lambda self, k: min(self.decay, (2 + k) / (11 + k)))), "one ahead", "多数了一步"),
    "one behind": (with_("OneBehind", step=stepping(decay=lambda self, k: min(self.decay, k / (9 + k)))), "one behind", "少数了一步"),
    "never follows": (with_("Still", step=stepping(decay=lambda self, k: 1)), "it never moves", "它从不移动"),
    "another decay": (with_("Other", step=stepping(decay=lambda self, k: 0.3)), "does not follow", "没有照规定跟随"),
    "network's": (with_("Networks", held_out=held_out_of_the_network), "the network's error", "网络的误差"),
    "looks from it": (with_("LooksFromIt", held_out=held_out_from_the_generator), "whoever looks", "看一眼"),
    "drawn anew": (with_("Anew", held_out=held_out_drawn_anew), "same weights differ", "看两次"),
    "in training": (with_("InTraining", held_out=held_out_in_training_mode), "same weights differ", "看两次"),
    "graph": (with_("Graph", held_out=held_out_with_its_graph), "graph of gradients", "梯度的计算图"),
    "seed 1": (with_("Seed1", held_out=held_out_of_another_seed), "and should be", "应为"),
    "left in evaluation": (with_("Left", held_out=held_out_leaving_it_in_evaluation), "in another mode", "改变了网络的模式"),
    "seeds torch's own": (with_("SeedsTorchs", held_out=held_out_seeding_torchs_own), "torch's own generator, or seeds it", "或给它重设了种子"),
    "back to training": (with_("BackToTraining", held_out=held_out_always_back_to_training), "in another mode", "改变了网络的模式"),
    "times not mixed": (with_("NotMixed", held_out=held_out_mixed("never")), "times are not mixed", "时间步没有打乱"),
    "mixed late": (with_("MixedLate", held_out=held_out_mixed("late")), "mixed after the noise", "抽了噪声之后才打乱"),
    "noise, then times": (with_("NoiseThenTimes", held_out=held_out_mixed("noise first")), "then `torch.randperm`, then the noise", "再 `torch.randperm`，再抽噪声"),
    "a tensor": (with_("ATensor", held_out=held_out_as_a_tensor), "it returns a tensor", "返回的是张量"),
    "each": (with_("Each", held_out=each_held_out), "one plain number", "一个普通的数"),
    "state itself": (with_("StateItself", state=state_itself), "goes on with the training", "也跟着变"),
    "whole objects": (with_("Whole", state=state_of_whole_objects, load=load_whole_objects), "not whole objects", "不要存整个对象"),
    "list taken": (with_("ListTaken", load=load_taking_the_list), "took over the list of losses, and", "直接拿走了损失的列表，"),
    "queue taken": (QueueTaken, "took over the images still to come, and", "直接拿走了还没用的图像，"),
    "tensors taken": (with_("TensorsTaken", load=load_sharing_the_tensors), "took over what the optimizer remembers, and", "直接拿走了优化器记住的量，"),
    "another network": (with_("AnotherNetwork", load=load_into_another_network), "weights of the network that was there before", "原来那个网络的权重"),
    "scheduler forgotten": (SchedulerForgotten, "the first loss is right and a later one is not", "第一个损失没错，后面的却不对"),
} | {
    f"no {lost}": (with_(f"No{lost.title()}", load=load_without(lost)), en, zh)
    for lost, en, zh in (
        ("network", "weights of the network are not", "网络的权重没有恢复"),
        ("average", "the average is not put back", "平均没有恢复"),
        ("optimizer", "what the optimizer remembers", "优化器记住的"),
        ("generator", "random state", "随机数的状态"),
        ("order", "still to come", "还有哪些图像"),
        ("losses", "number of steps done", "走过的步数"),
    )
} | {
    "order and rate": (OnlyOrderAndRate, "2 of 6 parts hold", "6 个部分中有 2 个"),
    "rate": (OnlyTheRate, "1 of 6 parts hold", "6 个部分中有 1 个"),
}  # fmt: skip
ALL = {"order", "rate", "step", "average", "held-out", "resume"}
HELD_LOOPS = {
    "repeats": ALL - {"order"},
    "too early": ALL - {"order"},
    "no warm-up": ALL - {"rate"},
    "W with a fraction": ALL - {"rate"},
    "noise first": ALL - {"step"},
    "detached": ALL - {"step"},
    "kept gradients": ALL - {"step"},
    "rate within": ALL - {"step"},
    "no lr": ALL - {"rate"},
    "seeds torch's own": ALL - {"held-out"},
    "itself": ALL - {"average"},
    "average before": ALL - {"average"},
    "network's": ALL - {"held-out"},
    "looks from it": ALL - {"held-out"},
    "times not mixed": ALL - {"held-out"},
    "a tensor": ALL - {"held-out"},
    "state itself": ALL - {"resume"},
    "another network": ALL - {"resume"},
    "no order": ALL - {"resume"},
    "order and rate": {"order", "rate"},
    "rate": {"rate"},
}
