"""The doctor says for each thing that it is there, or what to do.

体检逐项说明：已就绪，或该怎么办。
"""

import sys
import tomllib
from collections import namedtuple
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import pytest
from packaging.requirements import Requirement

from course_utils import data, doctor
from course_utils.language import set_language

PYPROJECT = Path(doctor.__file__).parents[1] / "pyproject.toml"


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    monkeypatch.delenv("DIFFUSION_COURSE_DATA", raising=False)
    monkeypatch.setattr(doctor, "hub_answers", lambda: False)


def declared():
    return tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["dependencies"]


def test_this_machine_is_ready(capsys):
    for item in (doctor.python(), doctor.packages(), doctor.memory(), doctor.network(), doctor.data_source()):
        assert all(text.startswith("✓") for text in item), item
    doctor.check_up()
    lines = [doctor.python(), doctor.packages(), doctor.memory(), doctor.network(), doctor.data_source()]
    assert capsys.readouterr().out.strip().splitlines() == [
        f"- {en}" if en == zh else f"- {en} · {zh}" for en, zh in lines
    ]


@pytest.mark.parametrize("language, which", [("en", 0), ("zh", 1)])
def test_in_one_language_each_line_says_it_once(language, which, capsys):
    set_language(language)
    doctor.check_up()
    lines = [doctor.python(), doctor.packages(), doctor.memory(), doctor.network(), doctor.data_source()]
    assert capsys.readouterr().out.strip().splitlines() == [f"- {line[which]}" for line in lines]


def test_the_machine_is_named_as_it_is():
    assert ".".join(map(str, sys.version_info[:3])) in doctor.python()[0]
    assert f"torch {version('torch')}" in doctor.packages()[0] and str(len(declared())) in doctor.packages()[1]
    assert f"{psutil.virtual_memory().total / 2**30:.0f} GB" in doctor.memory()[0]


def test_an_old_python_is_told(monkeypatch, in_both_languages):
    monkeypatch.setattr(sys, "version_info", (3, 9, 7, "final", 0))
    in_both_languages(*doctor.python(), "✗", "3.9.7", "3.11")


def test_a_missing_and_an_old_package_are_named(monkeypatch, in_both_languages):
    needs = [Requirement(text) for text in ("torch>=999", "no-such-package-at-all>=1", "numpy>=1.0")]
    monkeypatch.setattr(doctor, "requirements", lambda: needs)
    in_both_languages(*doctor.packages(), "✗", "torch>=999", 'pip install "torch>=999" "no-such-package-at-all>=1"')
    assert "numpy" not in "".join(doctor.packages())


@pytest.mark.parametrize("gigabytes, ready", [(3.9, False), (4, True), (64, True)])
def test_little_memory_is_told(monkeypatch, gigabytes, ready, in_both_languages):
    Memory = namedtuple("Memory", "total")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(int(gigabytes * 2**30)))
    said = doctor.memory()
    in_both_languages(said[0], said[1], "✓" if ready else "✗", "GB")
    assert ready or f"{gigabytes}" in said[0] and "4 GB" in said[1]


@pytest.mark.parametrize("answers", [True, False])
def test_the_course_is_ready_with_or_without_the_hub(monkeypatch, answers, in_both_languages):
    monkeypatch.setattr(doctor, "hub_answers", lambda: answers)
    in_both_languages(*doctor.network(), "✓", "hub")
    assert ("3 s" in doctor.network()[0]) == ("3 秒" in doctor.network()[1]) != answers


def test_a_data_folder_is_looked_into(monkeypatch, tmp_path, in_both_languages):
    n = sum(len(data.garments(split).x) for split in ("train", "test"))
    in_both_languages(*doctor.data_source(), "✓", "DIFFUSION_COURSE_DATA", f"{n:,}")
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", str(tmp_path))
    in_both_languages(*doctor.data_source(), "✗", str(tmp_path))
    (tmp_path / "train.parquet").touch()
    in_both_languages(*doctor.data_source(), "✓", "DIFFUSION_COURSE_DATA")


@pytest.mark.parametrize("installed", [True, False])
def test_requirements_are_what_the_project_declares(monkeypatch, installed):
    def not_installed(_):
        raise PackageNotFoundError

    if not installed:
        monkeypatch.setattr(doctor, "requires", not_installed)
    assert {str(need) for need in doctor.requirements()} == {str(Requirement(text)) for text in declared()}
