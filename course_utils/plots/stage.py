"""Axes that are drawn once: a slider then draws only what moves upon them.

只画一次的坐标轴：滑块移动时，只画上面会动的东西。
"""

import numpy as np

from course_utils.plots.picture import Picture, png


class Stage:
    """A figure whose axes, ticks and words stay; whatever is put upon it later is drawn for one picture, and taken off.

    坐标轴、刻度与文字不变的一幅图；之后放上去的，画进一张图就撤下。

    Ticks and their numbers take three quarters of a frame, so what they say must be settled before. A title is one of
    them: what changes is written by `text`.
    """

    def __init__(self, page):
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        self._page, self._canvas = page, FigureCanvasAgg(page)
        self._canvas.draw()
        self._ground, self._fixed = self._canvas.copy_from_bbox(page.bbox), set(self._all())

    def picture(self, en: str, zh: str) -> Picture:
        """Draw what was put upon the stage since the last picture, and take it off. 画出新放上来的，再撤下。"""
        new = [artist for artist in self._all() if artist not in self._fixed]
        try:
            self._canvas.restore_region(self._ground)
            for artist in sorted(new, key=lambda artist: artist.zorder):
                self._page.draw_artist(artist)
            return png(np.asarray(self._canvas.buffer_rgba())[..., :3], en, zh)
        finally:
            for artist in new:
                artist.remove()

    def _all(self) -> list:
        return [artist for place in (self._page, *self._page.axes) for artist in place.get_children()]
