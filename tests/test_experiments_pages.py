"""Of three pages one is real, which one is up to the seed, and the numbers say little of forty garments.

三页中有一页是真的，哪一页由种子决定；对四十件衣物，数字说不出多少。
"""

import pytest
import torch

from course_utils.data import Images
from course_utils.experiments import leading, real_or_drawn


@pytest.fixture
def quick(monkeypatch):
    """Pages that are drawn in one step, and 80 real images, each of one grey."""
    labels = torch.arange(10).repeat_interleave(8)
    x = torch.linspace(-1, 1, 80).reshape(-1, 1, 1, 1).expand(-1, 1, 28, 28)
    monkeypatch.setattr(real_or_drawn.data, "garments", lambda split: Images(x, labels) if split == "test" else None)
    monkeypatch.setattr(real_or_drawn, "STEPS", 2)
    real_or_drawn.three_pages.cache_clear()
    yield x
    real_or_drawn.three_pages.cache_clear()


def test_one_page_is_real_and_four_of_each_class_are_on_it(quick):
    pages, kinds = real_or_drawn.three_pages(1), real_or_drawn.what_is_on(1)
    assert list(pages) == list(kinds) == list("ABC") and sorted(kinds.values()) == sorted(real_or_drawn.KINDS)
    assert all(page.shape == (40, 1, 28, 28) and page.abs().max() <= 1 for page in pages.values())
    [letter] = (letter for letter, kind in kinds.items() if kind == "real")
    places = [int((quick[:, 0, 0, 0] == image[0, 0, 0]).nonzero()) for image in pages[letter]]
    assert len(set(places)) == 40 and [place // 8 for place in places] == [k % 10 for k in range(40)]
    drawn = [page for other, page in pages.items() if other != letter]
    assert all(page.flatten(1).std(1).min() > 0.1 for page in drawn) and not torch.allclose(*drawn, atol=0.1)
    assert torch.equal(pages[letter], real_or_drawn.page_real(1)), "the same seed, the same page"
    assert not torch.equal(pages[letter], real_or_drawn.page_real(2))


def test_every_letter_has_its_turn_at_being_real():
    real = {
        next(letter for letter, kind in real_or_drawn.what_is_on(seed).items() if kind == "real") for seed in range(9)
    }
    assert real == set("ABC")


def test_the_judge_s_numbers_are_those_of_the_page(quick):
    found = real_or_drawn.judged_pages(1)
    assert list(found) == list("ABC") and all(0 <= row.agreement <= 1 and row.distance > 0 for row in found.values())


def test_the_half_trained_page_is_drawn_by_the_half_trained_network(monkeypatch):
    labels, xt = torch.tensor([3]), torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    own, whole = real_or_drawn.by_halfway(labels)(xt, 500), leading.DRAWN_BY["1"](labels)(xt, 500)
    worse = leading.DRAWN_BY["autoguided 2"](labels)(xt, 500)
    inside = (worse.abs() < 1) & (own.abs() < 1) & (whole.abs() < 1)
    torch.testing.assert_close(worse[inside], (2 * whole - own)[inside], atol=1e-4, rtol=0)


def test_what_is_no_seed_is_refused(refused):
    with refused("-1"):
        real_or_drawn.what_is_on(-1)
