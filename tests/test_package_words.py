"""The 中文 of the package is held to what the pages' 中文 is held to: its terms, its punctuation, its twin.

包中的中文与课文中文遵守同样的规矩：用词、标点、与英文一致。
"""

from pathlib import Path

import pytest

import course_utils
from tools.glossary import read_glossary, wrong_terms
from tools.package_words import collect, faults, names_in_one_language, package_faults
from tools.pair_checks import typography

PACKAGE = Path(course_utils.__file__).parent
ROOT = PACKAGE.parent
GLOSSARY = read_glossary(ROOT / "notebooks/GLOSSARY.md")


def found_in(source: str) -> str:
    return " ".join(message for words in collect(source) for message in faults(words, GLOSSARY))


def test_the_package_speaks_as_the_pages_do():
    found = package_faults(PACKAGE, GLOSSARY)
    assert not found, "\n" + "\n".join(found)


def test_the_cards_and_the_front_door_do_so_too():
    cards = [*(PACKAGE / "weights").glob("*.md"), *(PACKAGE / "data").rglob("*.md")]
    pages = [*cards, ROOT / "README.zh.md", ROOT / "tools/interface_head.md"]
    texts = {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in pages}
    found = [f"{path}: {m}" for path, text in texts.items() for m in typography(text) + wrong_terms(text, GLOSSARY)]
    assert len(texts) > 5 and not found, "\n" + "\n".join(found)


def test_every_kind_of_text_is_read():
    kinds = {"docstring": 0, "pair": 0, "alone": 0}
    for path in PACKAGE.rglob("*.py"):
        for words in collect(path.read_text(encoding="utf-8")):
            kinds["docstring" if words.docstring else "pair" if words.en is not None else "alone"] += 1
    assert kinds["docstring"] > 300 and kinds["pair"] > 700 and kinds["alone"] > 10, kinds


@pytest.mark.parametrize(
    "source",
    [
        'say("noise", "噪音")',
        'raise CourseError(f"noise {n}", f"噪音 {n}")',
        'Mistake(f, "the noise", "噪音")',
        'hints = (("noise", "噪音"),)',
        'en, zh = "noise", "噪音"',
        'said = {"en": "noise", "zh": "噪音"}',
        'said(en="noise", zh="噪音")',
        'a = "noise · 噪音"',
        'def f():\n    """Noise.\n\n    噪音。\n    """',
        'class A:\n    """Noise. 噪音。"""',
    ],
)
def test_a_wrong_term_is_caught_wherever_it_stands(source):
    assert "rules out 噪音" in found_in(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('say("a", "甲,乙")', "half-width"),
        ('say("a", "共4 步")', "no space"),
        ('say("1000 steps", "100 步")', "number only in the English: 1000"),
        ('say("one step", "走 2 步")', "number only in the 中文: 2"),
        ('say("call `a`", "调用 `b`")', "code only in the English: `a`"),
        ('say(f"{n} of {m}", f"{n} 个")', "not the same values are put into both: m"),
        ('say("the sampler draws nothing new", "抽取器没有抽取新的东西")', '"sampler" is 采样器'),
    ],
)
def test_a_fault_of_a_pair_is_caught(source, message):
    assert message in found_in(source)


@pytest.mark.parametrize(
    "source",
    [
        'say("t is one too small", "t 小了 1")',
        'say(f"the {en}: {a.b}", f"{zh}：{a.b}")',
        """say(f"{', '.join(names)} are there", f"现有 {'、'.join(names)}")""",
        'say("sampler", "采样")',
        'said = {f"{name}": "噪声", 3: "步", **more}',
        'def f():\n    """English, 中文, or both.\n\n    一行中文\n    又一行。\n    """',
        "# 噪音",
    ],
)
def test_what_is_right_passes(source):
    assert found_in(source) == ""


@pytest.mark.parametrize("source", ['check_samples("The image", x)', 'gates.check_finite(f"The {n} values", x)'])
def test_a_gate_is_told_in_both_languages_what_it_is_given(source, tmp_path):
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert [line for line, _ in names_in_one_language(source)] == [1]
    assert "in one language" in " ".join(package_faults(tmp_path, GLOSSARY))
    for right in ('check_samples(("The image", "图像"), x)', 'check_samples("x0[:1]", x)'):
        assert not list(names_in_one_language(right))


def test_a_message_says_where(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package/a.py").write_text('x = 1\nsay("noise", "噪音")\n', encoding="utf-8")
    [first, *_] = package_faults(tmp_path / "package", GLOSSARY)
    assert first.startswith("package/a.py:2: ")
