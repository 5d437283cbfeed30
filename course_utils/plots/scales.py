"""Logarithmic axes that are read without counting zeros. 对数坐标轴，不用数零就能读。"""

WRITTEN_OUT = 1e-4, 1e5  # within these a number is no longer than its power of ten


def in_logarithms(ax, axes: str = "xy") -> None:
    """Take the logarithm of these axes; ticks are plain numbers where short, also at 2 and 5 where little is spanned.

    这些轴取对数；数不长时，刻度用普通的数；跨度小时，2 与 5 处也有刻度。

    Call it when the lines are drawn: the ticks are chosen by what they span.
    """
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    ax.set(**{f"{name}scale": "log" for name in axes})
    for axis in (getattr(ax, f"{name}axis") for name in axes):
        low, high = axis.get_data_interval()
        short = WRITTEN_OUT[0] <= low and high <= WRITTEN_OUT[1]
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if short and high < 100 * low else (1,)))
        axis.set_minor_locator(NullLocator())
        if short:
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
