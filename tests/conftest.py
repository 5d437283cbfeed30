"""What several test files share. 几个测试文件共用的部分。"""

import re
from contextlib import contextmanager
from functools import cache
from importlib import import_module

import pytest
import torch
from lesson_runs import TRY_THE_NETWORK, append, lesson, offline, run

from course_utils import schedules
from course_utils.language import CourseError, set_language
from course_utils.unet import UNet
from tools.lessons import unexecuted

pytest.register_assert_rewrite("panels", "pictures")  # so that their asserts tell what differs


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)  # the tensors are small; threads that wait for one another cost ten times as much


@pytest.fixture(autouse=True)
def progress_of_nobody(monkeypatch, tmp_path):
    """Let no test read or write what the person at this machine has solved."""
    monkeypatch.setenv("DIFFUSION_COURSE_PROGRESS", str(tmp_path / "progress.json"))


@pytest.fixture(autouse=True)
def both_languages():
    set_language("both")
    yield
    set_language("both")


@pytest.fixture(params=["linear", "quadratic", "sigmoid", "cosine"])
def schedule(request) -> schedules.Schedule:
    return getattr(schedules, request.param)()


@pytest.fixture
def seeded():
    """A generator of random numbers from a seed."""
    return lambda seed: torch.Generator().manual_seed(seed)


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
    """Assert that a pair of texts is English and 中文, short, and that both name what was given."""

    def check(en: str, zh: str, *given: str) -> None:
        assert re.search("[A-Za-z]{2}", en) and not re.search("[一-鿿]", en)
        assert re.search("[一-鿿]", zh)
        assert all(name in en and name in zh for name in given), (given, en, zh)
        assert max(len(en), len(zh)) < 600

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
def solved(tmp_path_factory):
    """Run a lesson solved, alone and offline, once: its executed notebook, and what it left in its folder.

    The FACTS of the lesson's own test module run at its end, in a cell named "facts".
    """

    @cache
    def solved_run(name: str):
        place = tmp_path_factory.mktemp(name)
        (place / "empty").mkdir()
        notebook = unexecuted(lesson(name), solved=True)
        facts = import_module(f"test_lesson_{name[:2]}").FACTS
        append(notebook, facts=facts, network=TRY_THE_NETWORK)
        run(notebook, place / "empty", offline(place))
        return notebook, sorted(path.name for path in (place / "empty").iterdir())

    return solved_run
