"""Diagrams: boxes and arrows.

示意图：方框与箭头。
"""

from itertools import pairwise

from course_utils.plots.picture import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, WORDS, Picture, canvas, picture_of

TOLD = "down.0 down.2 middle.0 middle.2 up.0 up.1 up.3 up.4".split()  # the residual blocks of our U-Net


def flow_chart() -> Picture:
    """How a diffusion model is trained, and how it is sampled, as two rows of boxes.

    扩散模型如何训练、如何采样：两行方框。
    """
    training = [r"$x_0,\ t,\ \epsilon$", r"$x_t=\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon$"]
    training += ["U-Net", r"$\hat\epsilon$", r"$\|\epsilon-\hat\epsilon\|^2$"]
    sampling = [r"$x_T\sim\mathcal{N}(0,I)$", r"$x_t$", "U-Net", r"$\hat\epsilon$", r"$x_{t-1}$"]
    page, axes = canvas(1, 1, 8, 2.8)
    ax = axes[0, 0]
    ax.set(xlim=(0, 8), ylim=(0, 3))
    ax.axis("off")
    for y, row, back_to in ((2.1, training, 2), (0.85, sampling, 1)):
        boxes = [_box(ax, x, y, word) for x, word in zip((0.75, 2.7, 4.65, 5.8, 7.2), row, strict=True)]
        for left, right in zip(boxes, boxes[1:], strict=False):
            _arrow(ax, left, right, "arc3")
        _arrow(ax, boxes[-1], boxes[back_to], "arc3,rad=-0.35")
        _arrow(ax, _box(ax, 4.65, y + 0.5, "$t$", PURPLE), boxes[2], "arc3", PURPLE)
    en = "Two rows. Training: x_0, t and eps give x_t; the U-Net, which is also told t, turns it into eps_hat; the "
    en += "squared error goes back to the U-Net. Sampling: from x_T, the U-Net, told t, names the noise, a step gives "
    en += "x_{t-1}, again and again."
    zh = "两行。训练：由 x_0、t 与 eps 得到 x_t，U-Net 由它和 t 给出 eps_hat，平方误差传回 U-Net。"
    zh += "采样：从 x_T 出发，U-Net 根据 x_t 和 t 指出噪声，走一步得到 x_{t-1}，如此反复。"
    return picture_of(page, en, zh)


def chain() -> Picture:
    """The chain x_0, ..., x_T with q forwards (orange) and p_theta backwards (blue).

    链 x_0, ..., x_T：q 向前（橙），p_theta 往回（蓝）。
    """
    page, axes = canvas(1, 1, 8, 1.6)
    ax = axes[0, 0]
    ax.set(xlim=(0, 8), ylim=(0.3, 1.9))
    ax.axis("off")
    words = ["$x_0$", r"$\cdots$", "$x_{t-1}$", "$x_t$", r"$\cdots$", "$x_T$"]
    places = [0.9, 2.1, 3.3, 4.9, 6.1, 7.2]
    boxes = [
        _box(ax, x, 1.1, word, "white" if "cdots" in word else BLUE) for x, word in zip(places, words, strict=True)
    ]
    for left, right in zip(boxes, boxes[1:], strict=False):
        _arrow(ax, left, right, "arc3,rad=-0.35", ORANGE)
        _arrow(ax, right, left, "arc3,rad=-0.35", BLUE)
    labels = (
        (4.1, 1.66, "$q(x_t|x_{t-1})$", ORANGE),
        (4.1, 0.52, r"$p_\theta(x_{t-1}|x_t)$", BLUE),
        (0.9, 0.52, "$q(x_0)$", GREY),
        (7.2, 0.52, r"$\mathcal{N}(0,I)$", GREY),
    )
    for x, y, word, colour in labels:
        ax.text(x, y, word, ha="center", va="center", fontsize=12, color=WORDS.get(colour, colour))
    en = "A row x_0, ..., x_{t-1}, x_t, ..., x_T: q leads to the right, from data to noise; p_theta leads back."
    zh = "一行 x_0, ..., x_{t-1}, x_t, ..., x_T：q 向右，从数据到噪声；p_theta 往回。"
    return picture_of(page, en, zh)


def unet_chart() -> Picture:
    """Our U-Net on an 8x8 image: down at the left, attention at the bottom, up at the right, skips across.

    8x8 图像上的 U-Net：左边向下，底部做注意力，右边向上，跳跃连接横跨两边。

    A dot marks what is told the noise level, by `embed`.
    """
    page, axes = canvas(1, 1, 8, 4)
    ax = axes[0, 0]
    ax.set(xlim=(0, 8), ylim=(0.05, 4.05))
    ax.axis("off")
    down = {"$x_t$": 3.8, "stem": 3.1, "down.0": 2.4, "down.1": 1.5, "down.2": 0.8}
    boxes = {name: _box(ax, 1.6, y, name, ORANGE) for name, y in down.items()}
    boxes |= {f"middle.{i}": _box(ax, x, 0.4, f"middle.{i}", GREY) for i, x in enumerate((2.8, 4.0, 5.2))}
    up = {"up.0": (6.4, 0.8), "up.1": (6.4, 1.5), "up.2": (7.4, 1.95), "up.3": (6.4, 2.4), "up.4": (6.4, 3.1)}
    boxes |= {name: _box(ax, x, y, name) for name, (x, y) in up.items()}
    boxes |= {"head": _box(ax, 6.4, 3.8, "head"), "$v$": _box(ax, 7.4, 3.8, "$v$", ORANGE)}
    for start, end in pairwise(boxes.values()):
        _arrow(ax, start, end, "arc3")
    for start, end in (("stem", "up.4"), ("down.0", "up.3"), ("down.1", "up.1"), ("down.2", "up.0")):
        _arrow(ax, boxes[start], boxes[end], "arc3", GREEN)
    _tell(ax, boxes)
    words = ((0.6, 2.75, "32 x 8 x 8", BLACK), (0.6, 1.5, "32 x 4 x 4", BLACK), (0.6, 0.8, "64 x 4 x 4", BLACK))
    for x, y, word, colour in (*words, (4.0, 3.22, "skips", GREEN), (4.0, 0.13, "attention", GREY)):
        ax.text(x, y, word, ha="center", va="center", fontsize=10, color=WORDS.get(colour, colour))
    en = "A U. Down: x_t, stem, down.0, down.1 (half the size), down.2. Bottom: middle.0, middle.1 (attention), "
    en += "middle.2. Up: up.0, up.1, up.2 (twice the size), up.3, up.4, head, v. Skips lead from down.2 to up.0, from "
    en += (
        f"down.1 to up.1, from down.0 to up.3, from stem to up.4. The log SNR leads through embed to {', '.join(TOLD)}."
    )
    zh = "一个 U 形。向下：x_t、stem、down.0、down.1（尺寸减半）、down.2。底部：middle.0、middle.1（注意力）、"
    zh += "middle.2。向上：up.0、up.1、up.2（尺寸加倍）、up.3、up.4、head、v。跳跃连接由 down.2 到 up.0，"
    zh += f"由 down.1 到 up.1，由 down.0 到 up.3，由 stem 到 up.4。log SNR 经 embed 通往 {'、'.join(TOLD)}。"
    return picture_of(page, en, zh)


def _tell(ax, boxes: dict) -> None:
    """The way of the noise level: to a dot, and a dot on every block that is given it."""
    level = [_box(ax, x, 3.8, word, PURPLE) for x, word in ((3.0, "log SNR"), (4.2, "embed"))]
    level.append(_box(ax, 5.05, 3.8, "●", "white"))
    level[-1].set_color(PURPLE)
    for start, end in pairwise(level):
        _arrow(ax, start, end, "arc3", PURPLE)
    for name in TOLD:
        corner = (0, 0 if "middle" in name else 1)  # where no arrow ends
        look = dict(color=PURPLE, ha="center", va="center", in_layout=False)
        ax.annotate("●", corner, xycoords=boxes[name].get_bbox_patch(), **look)


def _box(ax, x: float, y: float, word: str, edge: str = BLUE):
    style = dict(boxstyle="round,pad=0.4", facecolor="#CCE3F2" if word == "U-Net" else "white", edgecolor=edge)
    return ax.text(x, y, word, ha="center", va="center", fontsize=11, bbox=style)


def _arrow(ax, left, right, connection: str, colour: str = GREY) -> None:
    ends = dict(patchA=left.get_bbox_patch(), patchB=right.get_bbox_patch(), shrinkA=3, shrinkB=3)
    arrow = dict(arrowstyle="-|>", color=colour, connectionstyle=connection, **ends)
    ax.annotate("", right.get_position(), left.get_position(), arrowprops=arrow)
