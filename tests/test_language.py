"""Words come in the language that is set, errors too, and both travel in the metadata.

文字用所设的语言，报错也一样；两种语言都随元数据同行。
"""

import os
import pickle
import subprocess
import sys

import pytest

from course_utils import language
from course_utils.language import CourseError, choose, say, set_language, show, spoken

TEXTS = {"en": "noise", "zh": "噪声", "both": "noise\n噪声"}


@pytest.mark.parametrize("speaking", TEXTS)
def test_text_and_errors_follow_the_language(speaking):
    error = CourseError("noise", "噪声")
    set_language(speaking)
    assert choose("noise", "噪声") == str(error) == TEXTS[speaking]
    assert choose("noise", "噪声", between=" · ") == TEXTS[speaking].replace("\n", " · ")
    assert (error.en, error.zh) == ("noise", "噪声") and isinstance(error, ValueError)


@pytest.mark.parametrize("wrong", ["fr", "EN", "", None, 3, ["en"]])
def test_another_language_is_refused_and_nothing_changes(wrong, refused):
    set_language("zh")
    with refused(repr(wrong), '"en"', '"zh"', '"both"'):
        set_language(wrong)
    assert choose("noise", "噪声") == "噪声"


def test_an_error_survives_pickling():
    again = pickle.loads(pickle.dumps(CourseError("noise", "噪声")))
    assert (again.en, again.zh) == ("noise", "噪声")


@pytest.mark.parametrize("speaking", TEXTS)
def test_outside_a_notebook_it_is_printed(speaking, capsys):
    set_language(speaking)
    say("noise", "噪声")
    show("`code`")
    assert capsys.readouterr().out == TEXTS[speaking].replace("\n", "\n\n") + "\n`code`\n"


@pytest.mark.parametrize("stored", [True, False])
def test_in_a_notebook_it_is_an_output_with_both_texts(stored, monkeypatch, capsys):
    import IPython
    import IPython.display

    put = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(IPython.display, "display", lambda *given, **named: put.append((given, named)))
    set_language("en")
    say("noise", "噪声", stored=stored)
    show("`code`")
    metadata = {"course": {"en": "noise", "zh": "噪声", "stored": stored}}
    assert spoken("noise", "噪声", stored=stored) == metadata
    assert put == [
        (({"text/plain": "noise", "text/markdown": "noise"},), {"raw": True, "metadata": metadata}),
        (({"text/plain": "`code`", "text/markdown": "`code`"},), {"raw": True, "metadata": {}}),
    ]
    assert capsys.readouterr().out == ""


def test_a_page_begins_in_both_languages(monkeypatch):
    import importlib.util

    fresh = importlib.util.module_from_spec(importlib.util.find_spec(language.__name__))
    fresh.__spec__.loader.exec_module(fresh)
    assert fresh.choose("noise", "噪声") == "noise\n噪声"


@pytest.mark.parametrize("encoding", ["gbk", "cp1252", "ascii"])
def test_a_console_that_lacks_some_signs_stops_nothing(encoding):
    code = "from course_utils.language import say; say('✓ ᾱ is right', '✓ ᾱ 正确'); say('then on', '继续')"
    here = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", code], env=here, capture_output=True, timeout=120)
    assert done.returncode == 0 and b"is right" in done.stdout and b"then on" in done.stdout
    assert encoding != "gbk" or "正确".encode("gbk") in done.stdout
