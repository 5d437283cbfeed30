"""What a reader's code may leave behind in torch itself: told, and put back.

读者的代码可能在 torch 里留下的改动：指出来，并恢复原样。
"""

from typing import Any

import torch

from course_utils.language import Said

CHANGES_TORCH: dict[str, Said] = {
    name: (
        f"it changes {en} for all that comes after it, and so for the rest of the page: {of_en}",
        f"它改动了{zh}，此后的一切（这一页余下的部分也在内）都会受影响：{of_zh}",
    )
    for name, en, zh, of_en, of_zh in (
        ("dtype", "torch's default type", " torch 的默认类型", "give each new tensor its `dtype=`", "请给每个新张量写上 `dtype=`"),
        ("device", "torch's default device", " torch 的默认设备", "give each new tensor its `device=`", "请给每个新张量写上 `device=`"),
        ("seed", "the seed of torch's own generator", " torch 自带的发生器的种子", "never call `torch.manual_seed` in it; draw from `seeded(seed)`, a generator apart", "其中不要调用 `torch.manual_seed`；请另用一个发生器 `seeded(seed)` 来抽"),
        ("gradients", "whether torch keeps gradients", " torch 是否保留梯度", "write `with torch.no_grad():`", "请写 `with torch.no_grad():`"),
    )
}  # fmt: skip
DRAWS: Said = (
    "it draws from torch's own generator, so that all draws on the rest of the page are others: here nothing is to be drawn "
    "from it. Draw from the generator that is at hand, or not at all",
    "它从 torch 自带的发生器抽取，这一页余下部分的随机数就全变了：这里不该从它抽取。请用手边的发生器来抽，或干脆不抽",
)


def in_force() -> dict[str, Any]:
    """What a reader's code can set for all that comes after it. 读者的代码能为此后一切改动的设置。"""
    return {
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "gradients": torch.is_grad_enabled(),
        "seed": torch.initial_seed(),
    }


def put_back(before: dict[str, Any]) -> str:
    """Set torch again as it was before; the name of what had been changed, if anything had.

    把 torch 恢复原样；返回被改动的那一项的名字，没有改动则为空。
    """
    changed = next((name for name, value in in_force().items() if value != before[name]), "")
    if changed:
        torch.set_default_dtype(before["dtype"])
        torch.set_default_device(None if before["device"].type == "cpu" else before["device"])
        torch.set_grad_enabled(before["gradients"])
    return changed
