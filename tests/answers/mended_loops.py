"""The broken loop as readers mend it: in other ways than the course's, in part, and with new faults.

读者修理那个坏掉的循环的各种改法：与课程不同的修法、只修了一部分的，以及改出了新毛病的。
"""

import inspect
from collections.abc import Callable

from course_utils.experiments import broken

COPY = ("copy.copy(network)", "copy.deepcopy(network)")
RATE = ("math.pi * epoch / steps", "math.pi * step / steps")
TIMES = ("(1,), generator=draw).expand(batch)", "(batch,), generator=draw)")
LOOK = ("            if look and", "            draw, before = seeded(0), draw\n            if look and")
LOOK_BACK = ("    return average", "        draw = before\n    return average")
ALL = (COPY, RATE, TIMES, LOOK, LOOK_BACK)
FOLLOW = "                old.lerp_(new, 0.02)\n"


def mended(*changes: tuple[str, str], name: str = "mended") -> Callable:
    """The broken loop with some of its text changed. 改动了几处文字的坏循环。"""
    code = inspect.getsource(broken.broken_loop)
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    there = dict(vars(broken))
    exec(code, there)
    there["broken_loop"].__name__ = name
    return there["broken_loop"]


def without(*left: tuple[str, str]) -> Callable:
    return mended(*(change for change in ALL if change not in left))


def also(old: str, new: str) -> Callable:
    """All four mended, and one thing more changed. 四处都修好，另外又改了一处。"""
    return mended(*ALL, (old, new))


SPREAD = (f"torch.randint(1, schedule.T + 1, {TIMES[0]}", "objectives.spread_times(schedule.T, batch, generator=draw)")
STAIRS = ("epoch / steps", "epoch / (steps * batch // len(images))")
OWN = ("draw, order = seeded(seed)", "own, draw, order = seeded(1), seeded(seed)")
ANEW = ("            if look and", "            own = seeded(1)\n            if look and")
FROM_OWN = ("len(unseen), generator=draw)", "len(unseen), generator=own)")
NOISE_FROM_OWN = ("randn(unseen.shape, generator=draw", "randn(unseen.shape, generator=own")
SAVED = ("            if look and", "            was = draw.get_state()\n            if look and")
FROM_0 = (
    "                t = objectives.spread",
    "                draw.manual_seed(0)\n                t = objectives.spread",
)
SET_BACK = ("    return average", "        draw.set_state(was)\n    return average")
FROM_TORCHS = ("len(unseen), generator=draw)", "len(unseen), generator=None)")
NOISE_FROM_TORCHS = ("randn(unseen.shape, generator=draw", "randn(unseen.shape, generator=None")
HELD_OUT = (
    "                looked.append(errors(schedule, average, unseen, t, eps).mean().item())",
    "                looked.append(objectives.held_out(schedule, average, unseen).errors.mean().item())",
)
NO_DRAWS = (
    """                t = objectives.spread_times(schedule.T, len(unseen), generator=draw)
                eps = torch.randn(unseen.shape, generator=draw, dtype=unseen.dtype)
""",
    "",
)
RIGHT_REPAIRS = [
    mended(*ALL, name="another_stream_meanwhile"),
    mended(COPY, RATE, SPREAD, FROM_0, SAVED, SET_BACK, name="the_state_set_back"),
    mended(COPY, STAIRS, TIMES, ANEW, FROM_OWN, NOISE_FROM_OWN, name="a_stair_an_epoch"),
    mended(COPY, RATE, TIMES, HELD_OUT, NO_DRAWS, name="by_the_packages_held_out"),
]
WRONG_REPAIRS = {
    "untouched": (broken.broken_loop, "1 of 5 parts hold", "5 个部分中有 1 个"),
    "one t": (without(TIMES), "all images of the batch have the same", "整批图像都是同一个噪声水平"),
    "shallow": (without(COPY), "equal, weight for weight", "逐个权重都相等"),
    "looks": (without(LOOK, LOOK_BACK), "looking changes the training", "看一眼，训练就变了"),
    "looks from torch's": (mended(COPY, RATE, TIMES, FROM_TORCHS, NOISE_FROM_TORCHS), "draw from torch's own generator", "从 torch 自带的发生器抽取"),
    "other noise each look": (mended(COPY, RATE, TIMES, OWN, FROM_OWN, NOISE_FROM_OWN), "each look has times and noise of its own", "每次看用的时间步与噪声都不同"),
    "state set back alone": (mended(COPY, RATE, SPREAD, SAVED, SET_BACK), "from one seed at each look", "从同一个种子重新抽"),
    "looks at the network": (mended(*ALL, ("errors(schedule, average, unseen", "errors(schedule, network, unseen")), "should ask the average", "应当问平均"),
    "epochs": (without(RATE), "of the highest", "最高时的"),
    "only the copy": (mended(COPY), "2 of 5 parts hold", "5 个部分中有 2 个"),
    "never T": (mended(COPY, RATE, ("schedule.T + 1, (1,), generator=draw).expand(batch)", "schedule.T, (batch,), generator=draw)"), LOOK, LOOK_BACK), "t = 6 never occurs", "t = 6 从不出现"),
    "never 1": (mended(COPY, RATE, ("(1, schedule.T + 1, (1,), generator=draw).expand(batch)", "(2, schedule.T + 1, (batch,), generator=draw)"), LOOK, LOOK_BACK), "t = 1 never occurs", "t = 1 从不出现"),
    "from 0": (mended(COPY, RATE, ("(1, schedule.T + 1, (1,), generator=draw).expand(batch)", "(0, schedule.T, (batch,), generator=draw)"), LOOK, LOOK_BACK), "✗ **times**", "✗ **times**"),
    "mostly small": (mended(COPY, RATE, (f"torch.randint(1, schedule.T + 1, {TIMES[0]}", "(torch.rand(batch, generator=draw, dtype=x.dtype) ** 2 * schedule.T).long() + 1"), LOOK, LOOK_BACK), "not uniform", "不是均匀分布"),
    "copied each step": (mended(*ALL, (FOLLOW, FOLLOW + "            average = copy.deepcopy(network)\n")), "equal, weight for weight", "逐个权重都相等"),
    "follows nothing": (mended(*ALL, (FOLLOW, "                old.lerp_(new, 0)\n")), "never leaves its beginning", "一直停在起点"),
    "follows before": (mended(*ALL, ("        optimizer.step()\n", ""), (FOLLOW, FOLLOW + "        optimizer.step()\n        with torch.no_grad():\n")), "from before each step", "每一步之前的权重"),
    "swapped": (mended(*ALL, ("new, 0.02", "new, 0.98")), "no longer that of the loop", "已不是循环里的那个"),
    "looks no more": (mended(COPY, RATE, TIMES, ("if look and", "if False and")), "it should look 12 times", "应当看 12 次"),
    "only the list": (mended(COPY, TIMES, LOOK, LOOK_BACK, RATE, ('group["lr"] = rates[-1]', 'group["lr"] = 4e-3')), "the optimizer is not told", "没有告诉优化器"),
    "average alone": (mended(*ALL, ("return average, losses, rates, looked", "return average")), "return four things", "返回四样东西"),
}  # fmt: skip
WRONG_REPAIRS |= {
    "images changed": (also("x, order = images", "images.mul_(0.99)\n        x, order = images"), "it changes images itself", "它改动了 images 本身"),
    "images added to": (also("x, order = images", "unseen[0] += 1\n        x, order = images"), "it changes unseen itself", "它改动了 unseen 本身"),
    "no seed": (also("seeded(seed)", "seeded(1)"), "`seed` is not used", "没有用到 `seed`"),
    "no seed at all": (also("seeded(seed)", "seeded(torch.Generator().seed() % 9999)"), "two runs from one seed differ", "同一个种子跑两次"),
    "one noise": (also("eps = torch.randn(x.shape, generator=draw", "eps = torch.randn(x.shape, generator=seeded(7)"), "the same noise comes again", "同样的噪声又出现了"),
    "noise of the batch": (also("eps = torch.randn(x.shape, generator=draw, dtype=x.dtype)", "eps = torch.randn(x[:1].shape, generator=draw, dtype=x.dtype).expand(x.shape)"), "for each image its own", "每幅图像各抽各的"),
    "uniform noise": (also("eps = torch.randn(x.shape", "eps = torch.rand(x.shape"), "no longer N(0, I)", "不再是 N(0, I)"),
    "looks at the start": (mended(*ALL, ("draw, order", "first = copy.deepcopy(network)\n    draw, order"), ("errors(schedule, average, unseen", "errors(schedule, first, unseen")), "does not ask the average that is returned", "问的却不是交回的那个平均"),
    "looks scaled": (also("looked.append(", "looked.append(0.99 * "), "look 1 notes", "第 1 次看，记下的是"),
    "looks at random times": (also("t = objectives.spread_times(schedule.T, len(unseen), generator=draw)", "t = torch.randint(1, schedule.T + 1, (len(unseen),), generator=draw)"), "spread evenly", "不再均匀分散"),
    "losses scaled": (also("losses.append(loss.item())", "losses.append(0.99 * loss.item())"), "`losses` holds", "`losses` 里第"),
    "rates not used": (also('group["lr"] = rates[-1]', 'group["lr"] = rates[-1] / 2'), "is that rate set", "设的是这个学习率吗"),
    "lower rates": (also("rates.append(4e-3", "rates.append(1e-3"), "it was 0.004", "原来是 0.004"),
    "part of the weights": (also("adamw(network.parameters()", "adamw(list(network.parameters())[1:]"), "are all weights", "全部权重都在训练吗"),
    "one bias left out": (also("adamw(network.parameters()", "adamw(list(network.parameters())[:-1]"), "are all weights", "全部权重都在训练吗"),
    "gradients kept": (also("        optimizer.zero_grad()\n", ""), "gradients cleared", "梯度清零了吗"),
    "Adam": (also("training.adamw(network.parameters(), lr=4e-3)", "torch.optim.Adam(network.parameters(), lr=4e-3)"), "as `training.adamw` does", "与 `training.adamw`"),
    "another network": (also("draw, order", "network = copy.deepcopy(network)\n    draw, order"), "weights of `network` trained", "`network` 的全部权重"),
    "never shuffled": (also("torch.randperm(len(images), generator=draw)", "torch.arange(len(images))"), "not shuffled anew", "没有在每个轮次重新打乱"),
    "shuffled once": (also("torch.randperm(len(images), generator=draw)", "torch.randperm(len(images), generator=seeded(seed))"), "not shuffled anew", "没有在每个轮次重新打乱"),
    "with repeats": (also("torch.randperm(len(images), generator=draw)", "torch.randint(len(images), (len(images),), generator=draw)"), "every image once", "每幅图像应当恰好一次"),
    "part of the data": (also("torch.randperm(len(images)", "torch.randperm(len(images) - 2"), "every image once", "每幅图像应当恰好一次"),
    "the rest dropped": (also("torch.cat([order, torch.randperm(len(images), generator=draw)])", "torch.randperm(len(images), generator=draw)"), "every image once", "每幅图像应当恰好一次"),
    "half a batch": (also("x, order = images[order[:batch]]", "batch = min(batch, 4)\n        x, order = images[order[:batch]]"), "ask the network once", "应当问网络一次"),
    "images scaled": (also("images[order[:batch]], order", "images[order[:batch]] / 2, order"), "is no image of the batch", "并不是这一批的图像"),
}  # fmt: skip
PARTS = {"times", "average", "looking", "rate", "rest"}
HELD_REPAIRS = {
    "untouched": {"rest"},
    "one t": PARTS - {"times"},
    "shallow": PARTS - {"average"},
    "looks": PARTS - {"looking"},
    "looks from torch's": PARTS - {"looking", "rest"},
    "other noise each look": PARTS - {"looking"},
    "epochs": PARTS - {"rate"},
    "only the copy": {"average", "rest"},
    "never T": PARTS - {"times"},
    "copied each step": PARTS - {"average"},
    "looks no more": PARTS - {"looking"},
    "only the list": PARTS - {"rate", "rest"},
    "images changed": PARTS - {"rest"},
    "no seed": PARTS - {"rest"},
    "one noise": PARTS - {"rest"},
    "looks scaled": PARTS - {"rest"},
    "part of the weights": PARTS - {"rest"},
    "part of the data": PARTS - {"rest"},
}
