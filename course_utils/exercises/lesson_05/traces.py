"""Follow a reader's function through the parts it is given: which part is the first to get something wrong?

跟着读者的函数走过交给它的各个部件：哪个部件最先得到错误的输入？
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import Sum, wrong_factors
from course_utils.exercises.judging import called
from course_utils.language import Said

# The layers of a block in the order in which they are called, and what each is given.
LAYERS = {
    "norm1": "x",
    "conv1": "SiLU(norm1(x))",
    "scale_shift": "SiLU(embedding)",
    "norm2": "h = conv1(…)",
    "conv2": "SiLU(norm2(h) · (1 + scale) + shift)",
    "short_cut": "x",
}


def _given_to_layers(answer: Callable, case: dict[str, Any]) -> dict[str, list[Tensor]]:
    block, seen = case["block"], {name: [] for name in LAYERS}
    hooks = [
        getattr(block, name).register_forward_pre_hook(lambda _, given, name=name: seen[name].append(given[0].detach()))
        for name in LAYERS
    ]
    called(answer, case)
    for hook in hooks:
        hook.remove()
    return seen


def fault_in_block(answer: Callable, package: Callable, case: dict[str, Any]) -> Said | None:
    """Which layer of the block is the first that is left out, called twice, or given the wrong thing.

    块里哪一层最先被漏掉、多用，或得到错误的输入。
    """
    found, right = _given_to_layers(answer, case), _given_to_layers(package, case)
    for name, wanted in LAYERS.items():
        if len(found[name]) != len(right[name]):
            n = len(found[name])
            return (
                f"`{name}` is called {n} times; it is called once, and is given {wanted}",
                f"`{name}` 用了 {n} 次；应当用一次，交给它的是 {wanted}",
            )
        for one, other in zip(found[name], right[name], strict=True):
            if one.shape != other.shape or not torch.allclose(one, other, rtol=1e-3, atol=1e-4):
                return (
                    f"`{name}` is the first layer that is given something else than it should be: it should be given {wanted}",
                    f"最先得到错误输入的一层是 `{name}`：交给它的应是 {wanted}",
                )
    return (
        "every layer is given what it should be, so the mistake is in the last line: short_cut(x) + conv2(…)",
        "每一层得到的都对，错在最后一行：应为 short_cut(x) + conv2(…)",
    )


def fault_on_the_way_up(answer: Callable, case: dict[str, Any]) -> Said | None:
    """Which block on the way up is the first that is given something else than x and the last skip that is left.

    一路向上，哪个块最先得到的不是 x 与剩下的最后一条跳跃连接。
    """
    seen: list[tuple[Tensor, Tensor]] = []
    order: list[Callable] = []

    def listening(block: Callable) -> Callable:
        def listened(h: Tensor) -> Tensor:
            order.append(block)
            seen.append((h, block(h)))
            return seen[-1][1]

        return listened

    called(answer, case | {"up": tuple(map(listening, case["up"]))})
    x, skips, blocks = case["x"], list(case["skips"]), len(case["up"])
    if len(seen) != blocks:
        n = len(seen)
        return (
            f"{n} of the {blocks} blocks are called; call each, once",
            f"{blocks} 个块只调用了 {n} 次；每个都要调用一次",
        )
    if order != list(case["up"]):
        return (
            "the blocks are called in another order; `up` begins with the one at the bottom, and that is called first",
            "块的次序不对；`up` 里第一个就是最底下的，应当最先调用",
        )
    for i, (given, after) in enumerate(seen, 1):
        skip = skips.pop()
        wanted = torch.cat([x, skip], 1)
        if given.shape != wanted.shape or not torch.equal(given, wanted):
            got, should = tuple(given.shape), tuple(wanted.shape)
            return (
                f"block {i} on the way up is the first that is given something else: a tensor of shape {got} that is not x "
                f"and, behind its channels, the last skip that is left, together {should}",
                f"一路向上，第 {i} 个块最先得到错误的输入：形状为 {got}，不是 x 后面接上剩下的最后一条跳跃连接，合起来 {should}",
            )
        x = after
    return (
        "all blocks are given the right thing; return what the last one gives",
        "每个块得到的都对；请返回最后一个块的结果",
    )


def fault_of_weights(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with the weights of a reader's attention: seen by handing over the identity as v.

    读者的注意力权重错在哪里：把单位矩阵当作 v 交给它，就看到了权重。
    """

    def weights_of(which: Callable) -> Callable:
        def logits(q: Tensor, k: Tensor) -> Tensor:
            found = which(q, k, torch.eye(k.shape[1], dtype=q.dtype).expand(len(k), -1, -1)).log()
            return found - found.mean(-1, keepdim=True)

        return logits

    def draw(generator: torch.Generator) -> list[dict[str, Any]]:
        sizes = ((5, 3), (6, 4), (7, 2), (4, 8), (9, 5), (8, 7))
        drawn = [torch.randn(2, 2, n, d, generator=generator, dtype=torch.float64) for n, d in sizes]
        return [{"q": x[0], "k": x[1]} for x in drawn]

    def terms(case: dict[str, Any]) -> dict[str, Tensor]:
        products = case["q"] @ case["k"].transpose(1, 2)
        return {"q kᵀ": products - products.mean(-1, keepdim=True)}

    def numbers(case: dict[str, Any]) -> dict[str, float]:
        return {"d": float(case["q"].shape[-1]), "n": float(case["q"].shape[1])}

    def right(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1) @ v

    case = draw(generator)[0]
    v = torch.randn(*case["k"].shape, generator=generator, dtype=torch.float64)
    once, twice = (called(answer, case | {"v": s * v})[0] for s in (1, 2))
    if isinstance(once, Tensor) and isinstance(twice, Tensor) and not torch.allclose(2 * once, twice):
        return (
            "twice the values do not give twice the result: v is only mixed, by weights that come from q and k alone",
            "v 加倍，结果却没有加倍：v 只被混合，权重只由 q 与 k 得出",
        )
    found, _ = called(answer, case | {"v": torch.eye(v.shape[1], dtype=v.dtype).expand(len(v), -1, -1)})
    if isinstance(found, Tensor) and found.shape == (len(v), v.shape[1], v.shape[1]):
        if float(found.min()) < 0:
            return "some weights are negative; a softmax makes them positive", "有些权重是负的；softmax 会使它们为正"
        if not torch.allclose(found.sum(-1), torch.ones(found.shape[:2], dtype=v.dtype)):
            return (
                "the weights of one query do not sum to 1: the softmax runs over the places that are looked at, of q kᵀ "
                "as a whole",
                "一个查询的权重之和不为 1：softmax 要对整个 q kᵀ、沿被看的位置做",
            )
    else:
        return (
            "v is not mixed by a table of weights, one row for each query and one column for each place: softmax(q kᵀ / √d)",
            "v 没有用一张权重表来混合；表中每个查询一行，每个位置一列：softmax(q kᵀ / √d)",
        )
    fault = wrong_factors(weights_of(answer), Sum(weights_of(right), draw, terms, numbers), generator)
    if fault is not None:
        return f"under the softmax, {fault[0]}", f"softmax 之内，{fault[1]}"
    eye = torch.eye(v.shape[1], dtype=v.dtype).expand(len(v), -1, -1)
    longer, _ = called(answer, case | {"q": 2 * case["q"], "v": eye})
    if isinstance(longer, Tensor) and torch.allclose(longer, found):
        return (
            "the lengths of the queries make no difference: they are normalised; take q kᵀ / √d as it is",
            "查询的长短毫无影响：它们被归一化了；请直接用 q kᵀ / √d",
        )
    return (
        "what stands under the softmax is no multiple of q kᵀ; it should be q kᵀ / √d",
        "softmax 之内不是 q kᵀ 的倍数；应为 q kᵀ / √d",
    )
