"""What several test files share. 几个测试文件共用的部分。"""

import hashlib
import random
import re
from contextlib import contextmanager
from functools import cache

import nbformat
import pytest
import torch
from lesson_runs import (
    A_FEW_STEPS,
    LESSONS,
    ROOT,
    TRY_THE_NETWORK,
    append,
    insert_after,
    lesson,
    offline,
    printed,
    run,
)
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from shorter import shortened

from course_utils import logbook, quizzes, randomness, schedules
from course_utils.language import CourseError, set_language
from course_utils.unet import UNet
from tools import facts as facts_of_lessons
from tools.lessons import unexecuted

pytest.register_assert_rewrite("densities", "panels", "pictures")  # so that their asserts tell what differs


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)  # the tensors are small; threads that wait for one another cost ten times as much


@pytest.fixture(autouse=True)
def progress_of_nobody(monkeypatch, tmp_path):
    """Let no test read or write what the person at this machine has solved."""
    monkeypatch.setenv("DIFFUSION_COURSE_PROGRESS", str(tmp_path / "progress.json"))
    for kept in (logbook._unstored, quizzes._asked, quizzes._behind):
        kept.clear()


@pytest.fixture(autouse=True)
def both_languages():
    set_language("both")
    yield
    set_language("both")


@pytest.fixture
def double_by_default():
    """Let torch take float64 where no type is said."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture(params=["linear", "quadratic", "sigmoid", "cosine"])
def schedule(request) -> schedules.Schedule:
    return getattr(schedules, request.param)()


@pytest.fixture
def seeded():
    """A generator of random numbers from a seed."""
    return randomness.seeded


@pytest.fixture
def seed(request) -> int:
    """The seed of a test's trials: its name's, so that no run is left to luck; under -m full another each time."""
    if request.config.option.markexpr != "not full":
        return random.SystemRandom().randrange(2**63)
    return int.from_bytes(hashlib.sha256(request.node.name.encode()).digest()[:7])


@pytest.fixture
def awake():
    """A U-Net whose layers that begin at 0 have been moved, so that every part has a say in the output."""

    def build(**config) -> UNet:
        torch.manual_seed(0)
        network = UNet(**{"width": 8, "multipliers": (1, 2), **config})
        with torch.no_grad():
            for weight in network.parameters():
                weight.add_(0.1 * torch.randn_like(weight))
        return network.eval()

    return build


@pytest.fixture
def in_both_languages():
    """Assert that a pair of texts is English and 中文, short in every line, and that both name what was given."""

    def check(en: str, zh: str, *given: str) -> None:
        assert re.search("[A-Za-z]{2}", en) and not re.search("[一-鿿]", en)
        assert re.search("[一-鿿]", zh)
        assert all(name in en and name in zh for name in given), (given, en, zh)
        assert max(map(len, (*en.splitlines(), *zh.splitlines()))) < 600

    return check


@pytest.fixture
def refused(in_both_languages):
    """Expect a CourseError that says in both languages what was given."""

    @contextmanager
    def expect(*given: str):
        with pytest.raises(CourseError) as caught:
            yield caught
        in_both_languages(caught.value.en, caught.value.zh, *given)

    return expect


@pytest.fixture(scope="session")
def as_built(request):
    """The facts that the build stored for a lesson; None where the code has changed since, or under -m full.

    Where they are there, no number of a solved run is asserted, and it is short (a_few_steps.py, shorter.py).
    """
    short = request.config.option.markexpr == "not full"
    return cache(lambda name: facts_of_lessons.stored(lesson(name)) if short else None)


@pytest.fixture(scope="session")
def solved(tmp_path_factory, as_built):
    """Run a lesson solved, alone and offline, once: its executed notebook, and what it left in its folder.

    It is cut short where its facts are as built; otherwise it runs at length, with its facts at the end. A run that
    fails is not repeated: what it raised is raised again for each test that asks.
    """

    @cache
    def solved_run(name: str):
        place = tmp_path_factory.mktemp(name)
        (place / "empty").mkdir()
        notebook = unexecuted(lesson(name), solved=True)
        if as_built(name) is None:
            append(notebook, **{facts_of_lessons.CELL: facts_of_lessons.cell(lesson(name))})
        else:
            insert_after(shortened(notebook, name), "setup", few=A_FEW_STEPS)
        append(notebook, network=TRY_THE_NETWORK)  # last: it has names of its own
        try:
            run(notebook, place / "empty", offline(place))
        except (CellExecutionError, DeadKernelError, CellTimeoutError) as error:
            return error
        return notebook, sorted(path.name for path in (place / "empty").iterdir())

    def run_or_raise(name: str):
        found = solved_run(name)
        if isinstance(found, Exception):
            raise found
        return found

    return run_or_raise


@pytest.fixture(scope="module")
def name(request) -> str:
    """The lesson that a module tests: "06_training" in test_lesson_06_clinic.py."""
    [found] = (name for name in LESSONS if request.module.__name__.startswith(f"test_lesson_{name[:2]}"))
    return found


@pytest.fixture(scope="module")
def page(name, solved, as_built):
    """A lesson with what its cells showed at full length: the bilingual view, where it is as built."""
    if as_built(name) is None:
        return solved(name)[0]
    return nbformat.read(ROOT / lesson(name).view("both"), as_version=4)


@pytest.fixture(scope="module")
def facts(name, solved, as_built) -> dict:
    """What a lesson's notebooks/facts/NN_name.py found at full length."""
    if as_built(name) is None:
        return facts_of_lessons.read(printed(solved(name)[0], facts_of_lessons.CELL))["facts"]
    return as_built(name)
