"""Each check on English/中文 pairs catches the fault that it is there for, and passes a right pair.

成对格子的每项检查都能发现相应的错误，并放过正确的一对。
"""

from pathlib import Path

import pytest

from tools.glossary import read_glossary, same_terms, wrong_terms
from tools.lessons import BuildError, Cell
from tools.markup import plain
from tools.pair_checks import (
    check_pairs,
    digest,
    english_hash,
    numbers,
    same_code,
    same_formulas,
    same_headings,
    same_links,
    same_numbers,
    shared_cell,
    twins,
    typography,
)

GLOSSARY_FILE = Path(__file__).parents[1] / "notebooks/GLOSSARY.md"
GLOSSARY = read_glossary(GLOSSARY_FILE)
ENGLISH = r"""### Why
The noise schedule fixes $\bar\alpha_t$ for 1,000 steps; about 4 % is signal, see [the figure](a.png) and `beta`.
$$x_t = \sqrt{\bar\alpha_t}\,x_0\tag{2}$$"""
CHINESE = r"""### 为什么
噪声调度（noise schedule）为 1000 步定下 $\bar\alpha_t$；信号约占 4%，见[下图](a.png)与 `beta`。
$$x_t = \sqrt{\bar\alpha_t}\,x_0\tag{2}$$"""


def prose(key: str, lang: str, text: str = "", of: str | None = None) -> Cell:
    return Cell("markdown", key, text, lang, of)


def test_a_right_pair_passes_every_check():
    head = Cell("markdown", "why", "## 1 · Why · 为什么\n\n![a strip of noise](../images/strip.png)")
    cells = [head, prose("a", "en", ENGLISH), prose("a", "zh", CHINESE, digest(ENGLISH)), Cell("code", "b", "1 + 1")]
    assert check_pairs(cells, GLOSSARY) == []


def test_check_pairs_runs_every_check_on_a_pair():
    chinese = "#### 错\n噪音,共 7 步:`gamma`[图](b.png)，$y$"
    messages = " ".join(m for _, m in check_pairs([prose("a", "en", ENGLISH), prose("a", "zh", chinese)], GLOSSARY))
    for word in ("heading", "formula", "code", "link", "number", "rules out", "glossary", "changed", "half-width"):
        assert word in messages


@pytest.mark.parametrize(
    "names",
    [
        [("a", "en")],
        [("a", "zh")],
        [("a", "zh"), ("a", "en")],
        [("a", "en"), ("b", "zh")],
        [("a", "en"), ("b", "en"), ("a", "zh"), ("b", "zh")],
        [("a", "en"), (None, None), ("a", "zh")],
        [("a", "en"), ("a", "zh"), ("a", "zh")],
        [("a", "en"), ("a", "zh"), ("b", "zh")],
    ],
)
def test_twins_stand_together_and_in_order(names):
    assert twins([prose(*name) for name in names])


def test_right_twins_pass():
    assert not twins([prose(key, lang) for key in "ab" for lang in ("en", "zh")])


@pytest.mark.parametrize(
    ("check", "en", "zh"),
    [
        (same_headings, "## A\n### B", "## 甲\n## 乙"),
        (same_headings, "## A", "甲"),
        (same_formulas, "$x_0$ and $x_0$", "$x_0$"),
        (same_formulas, r"$$\sqrt{\beta}$$", r"$$\beta$$"),
        (same_formulas, r"\begin{align}a\end{align}", r"\begin{align}b\end{align}"),
        (same_code, "`x0`", "`x1`"),
        (same_code, "```python\na = 1\n```", "```python\na = 2\n```"),
        (same_links, "[a](b.md)", "[甲](c.md)"),
        (same_links, "![a](b.png)", "甲"),
        (same_links, "https://arxiv.org/abs/2006.11239.", "https://arxiv.org/abs/2010.02502。"),
        (same_links, '<img src="a.png">', '<img src="b.png">'),
        (same_numbers, "1000 steps", "100 步"),
        (same_numbers, "0.36 of it", "0.63"),
        (same_numbers, "4 % of it", "占 4"),
        (same_numbers, "from −1 to 1", "从 1 到 1"),
    ],
)
def test_a_pair_that_differs_is_caught(check, en, zh):
    assert check(en, zh)


@pytest.mark.parametrize(
    ("check", "en", "zh"),
    [
        (same_headings, "## A\n```\n# no heading\n```", "## 甲"),
        (same_formulas, "$a  +\nb$ costs \\$5", "\\$5 的 $a + b$"),
        (same_formulas, "`$HOME` is no formula", "无公式"),
        (same_code, "`a` then `b`", "先 `b` 后 `a`"),
        (same_links, "[a](b.md) ![c](d.png)", "![丙](d.png)[甲](b.md)"),
        (same_links, "See https://arxiv.org/abs/2006.11239.", "见 https://arxiv.org/abs/2006.11239。"),
        (same_numbers, "1,000 steps and 4 %, then 3.", "1000 步，4%，再 3。"),
        (same_numbers, "a 2-D set, $T = 5$, `x[7]`, x0 [a](9.md)", "二维点集，[甲](9.md)"),
        (same_numbers, "in [−1, 1], 0-255, CIFAR-10, 1e-4", "于 [-1, 1]，0–255，CIFAR-10，1e-4"),
    ],
)
def test_a_pair_that_agrees_passes(check, en, zh):
    assert check(en, zh) == []


def test_numbers_are_read_as_a_reader_would():
    assert numbers("10,000 is 99.5 %. In 2020. Not 3D") == ["10000", "99.5%", "2020"]


def test_tokens_do_not_count_as_prose():
    assert plain("**a** `b` $c$ [d](e) \\$").split() == ["a", "[d"]


def test_terms_of_the_glossary_are_kept():
    assert same_terms("The noise schedule", "噪声的安排", GLOSSARY)
    assert same_terms("a reparameterization", "一种技巧", GLOSSARY)
    assert same_terms("two Epochs", "两遍", GLOSSARY)
    assert same_terms("skip\nconnections", "残差", GLOSSARY)
    assert not same_terms("The noise schedule", "噪声调度", GLOSSARY)
    assert not same_terms("reparameterisation `noise`", "重参数化 `noise`", GLOSSARY)
    assert not same_terms("this means a noisy, denoised image", "即去噪后的图像", GLOSSARY)


def test_a_longer_term_hides_the_shorter_one_in_it():
    assert not same_terms("the mean squared error, the signal-to-noise ratio", "均方误差、信噪比", GLOSSARY)


def test_wrong_renderings_are_caught():
    assert wrong_terms("数据的分配", GLOSSARY)
    assert not wrong_terms("数据的分布，代码 `噪音`", GLOSSARY)


def test_innocent_phrases_are_not_ruled_out():
    phrase = "其中值得一看的是去除噪声：选取样本，方差表示噪声表现出的大小，采样时步数更少，其余差别不大"
    assert not wrong_terms(phrase, GLOSSARY)


def test_the_glossary_rules_out_none_of_its_own_words():
    assert len(GLOSSARY) > 40
    for term in GLOSSARY:
        assert all(term.renderings) and all(term.forms)
        assert not wrong_terms("、".join(term.renderings), GLOSSARY)


def test_a_missing_or_broken_glossary_is_said(tmp_path):
    broken = tmp_path / "GLOSSARY.md"
    for text in (None, "nothing", "| English | 中文 | not | note |\n|---|---|---|---|\n| a | 甲 |\n"):
        if text:
            broken.write_text(text, encoding="utf-8")
        with pytest.raises(BuildError, match="GLOSSARY.md"):
            read_glossary(broken)


def test_an_edited_english_cell_is_caught():
    en = prose("a", "en", "One  line\nand another.")
    assert english_hash(en, prose("a", "zh", "一行", digest("One line and another."))) == []
    assert digest(en.text) in english_hash(en, prose("a", "zh", "一行", "000000"))[0]
    assert english_hash(en, prose("a", "zh", "一行"))


@pytest.mark.parametrize("text", ["你好,世界", "你好(甲)", "甲!", "真的?是", "甲:乙", "甲.", "**甲**;乙", "`a`,甲"])
def test_half_width_punctuation_is_caught(text):
    assert "half-width" in typography(text)[0]


@pytest.mark.parametrize("text", ["用U-Net 去噪", "共 4步", "**U-Net**的"])
def test_a_missing_space_is_caught(text):
    assert "no space" in typography(text)[0]


def test_a_line_broken_between_characters_is_caught():
    assert "line break" in typography("一句话断在中\n间")[0]


@pytest.mark.parametrize(
    "text",
    ["用 U-Net 去噪（denoise），共 4 步：", "见![图](a,b.png)，`甲,乙`，$a,b$。", "先一行，\n再一行。", "### 甲\n乙。"],
)
def test_right_typography_passes(text):
    assert typography(text) == []


@pytest.mark.parametrize("text", ["## Only English", "## 只有中文", "## English 中文", "Prose.", "## A · 甲\n\nProse."])
def test_a_shared_cell_in_one_language_is_caught(text):
    assert shared_cell(Cell("markdown", "a", text))


@pytest.mark.parametrize(
    "text", ["## 5 · U-Net · U-Net 逐块", "[![a](b.svg)](c) ![d](e.png)", "# 00 · Start here · 从这里开始"]
)
def test_a_right_shared_cell_passes(text):
    assert shared_cell(Cell("markdown", "a", text)) == []
