"""Ways are drawn as pictures of a known size, with words in both languages; what is no way is refused."""

import io

import pytest
import torch
from PIL import Image

from course_utils import plots
from course_utils.language import CourseError
from course_utils.plots.ways import OnTheWay

WAY = torch.stack([torch.linspace(1, 0, 5)[:, None] * torch.tensor([1.0, -1.0])] * 2, dim=2)  # (5, 2, 2)


def colours(picture):
    image = Image.open(io.BytesIO(picture.content)).convert("RGB")
    return {colour for _, colour in image.getcolors(100_000)}


def test_lines_and_trails_name_their_panels():
    lines = plots.lines_over_time({"pairs": WAY[..., 0], "flow": WAY[..., :1]}, torch.linspace(1, 0, 5))
    both = plots.trails({"before": WAY, "after": WAY[[0, -1]]})
    for picture, name in ((lines, "flow"), (both, "after")):
        assert name in picture.en and name in picture.zh and len(picture.content) < 100_000


def test_a_frame_shows_particles_and_their_ends():
    moment = OnTheWay("one\ntwo", WAY[-1], WAY[:3], WAY[-1])
    frame = plots.trail_frame([moment, moment])
    assert "one, two" in frame.en and Image.open(io.BytesIO(frame.content)).width == 728
    seen = colours(frame)
    for wanted in ((213, 94, 0), (0, 158, 115)):
        assert any(sum(abs(a - b) for a, b in zip(one, wanted, strict=True)) < 40 for one in seen)


@pytest.mark.parametrize("bad", [torch.zeros(5), torch.full((5, 2, 2), torch.nan), torch.zeros(5, 2, 3)])
def test_what_is_no_way_is_refused(bad):
    with pytest.raises(CourseError):
        plots.trails({"bad": bad})
    with pytest.raises(CourseError):
        plots.lines_over_time({"bad": bad}, [1, 0.5, 0])
