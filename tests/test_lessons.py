"""Every lesson runs solved, alone and offline, and says nothing that its own outputs contradict.

每一课带着解答、独自、断网都能运行；课文所说，其输出都不与之矛盾。
"""

import json
import re
from functools import cache
from statistics import mean

import nbformat
import pytest
from lesson_runs import LESSONS, REFUSED, ROOT, TRY_THE_NETWORK, append, lesson, offline, outputs, printed, run

from course_utils.data import digits, iodine
from course_utils.exercises.lesson_00 import QUESTIONS
from course_utils.schedules import cosine, linear
from tools.lessons import BADGES, FOLDERS, unexecuted

FACTS = {
    "00_start_here": """
import json
print(json.dumps({
    "losses": [record.loss for record in records],
    "steps of sampling": len(walk) - 1,
    "new": len(walk[-1]),
    "distance to the nearest real digit": float(torch.cdist(walk[-1].clamp(-1, 1).flatten(1), x.flatten(1)).min()),
    "known and unknown": [len(known), len(unknown), len(set(known.tolist()) & set(unknown.tolist()))],
}))
""",
}
VIEWS = [(name, language) for name in LESSONS for language in FOLDERS]


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """Run a lesson solved, once: its executed notebook, and what it left in its folder."""

    @cache
    def solved_run(name: str):
        place = tmp_path_factory.mktemp(name)
        (place / "empty").mkdir()
        notebook = unexecuted(lesson(name), solved=True)
        append(notebook, facts=FACTS.get(name, "print({})"), network=TRY_THE_NETWORK)
        run(notebook, place / "empty", offline(place))
        return notebook, sorted(path.name for path in (place / "empty").iterdir())

    return solved_run


@pytest.fixture(scope="module")
def start_here(solved):
    return solved("00_start_here")[0]


@pytest.fixture(scope="module")
def facts(start_here) -> dict:
    return json.loads(printed(start_here, "facts"))


@pytest.fixture(scope="module")
def judgement(start_here) -> dict[str, tuple[float, list[float]]]:
    """What the judge printed of real and new digits: the share it is sure of, and that of each digit, in %."""
    lines = re.findall(r"(real|new): sure of (\S+)%   0 to 9 in %: (.*)", printed(start_here, "judge-print"))
    return {name: (float(sure), [float(share) for share in shares.split()]) for name, sure, shares in lines}


def words(notebook, key: str) -> list[str]:
    """What the package said in English under a cell."""
    said = (output.get("metadata", {}).get("course") for output in outputs(notebook, key))
    return [course.en for course in said if course]


def exercises(notebook) -> list[str]:
    return [cell.id for cell in notebook.cells if "exercise" in cell.metadata.get("tags", ())]


# Every lesson, solved, alone in an empty folder, with the network cut.


@pytest.mark.parametrize("name", LESSONS)
def test_the_network_was_cut(name, solved):
    assert printed(solved(name)[0], "network") == REFUSED


@pytest.mark.parametrize("name", LESSONS)
def test_no_cell_warns(name, solved):
    notebook, _ = solved(name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(cell.execution_count for cell in code)
    warned = {cell.id: output.text for cell in code for output in cell.outputs if output.get("name") == "stderr"}
    assert warned == {}


@pytest.mark.parametrize("name", LESSONS)
def test_every_check_accepts_the_solution(name, solved):
    notebook, _ = solved(name)
    said = {key: words(notebook, key) for key in exercises(notebook)}
    assert said and all(said.values())
    assert [verdict for verdicts in said.values() for verdict in verdicts if not verdict.startswith("✓ ")] == []


@pytest.mark.parametrize("name", LESSONS)
def test_nothing_is_left_in_the_folder(name, solved):
    assert solved(name)[1] == []


# The stored pages.


@pytest.fixture(params=VIEWS, ids=lambda view: "-".join(view))
def stored(request):
    """A stored view, and its language."""
    name, language = request.param
    path = ROOT / lesson(name).view(language)
    if not path.is_file():
        pytest.skip(f"{path.name} is not built yet")
    return nbformat.read(path, as_version=4), language


def test_no_stored_cell_failed_or_warned(stored):
    shown = [output for cell in stored[0].cells for output in cell.get("outputs", [])]
    assert len(shown) > 5
    assert [output for output in shown if output.output_type == "error" or output.get("name") == "stderr"] == []


def test_the_set_up_cell_is_short(stored):
    [setup] = (cell.source for cell in stored[0].cells if cell.id == "setup")
    assert len(setup.splitlines()) <= 6


def test_the_head_has_its_badges_and_its_minutes(stored):
    notebook, language = stored
    head = notebook.cells[0].source
    others = [BADGES["both" if name == language else name] for name in ("en", "zh")]
    assert re.findall(r"\[!\[(.*?)\]", head) == [BADGES["colab"], *others]
    pictures = re.findall(r"\]\(((?:\.\./)+)(images/[\w-]+\.svg)\)", head)
    assert len(pictures) == 3 and all((ROOT / picture).is_file() for _, picture in pictures)
    assert ("about " in head, "约" in head) == (language != "zh", language != "en")


def test_a_still_picture_stands_where_a_widget_moves(stored):
    moving = [cell.id for cell in stored[0].cells if re.search(r"\b(?:noise_slider|watch)\(", cell.source)]
    assert moving
    for key in moving:
        assert any("image/png" in output.get("data", {}) for output in outputs(stored[0], key)), key


def test_the_exercises_are_stored_blank(stored):
    notebook, language = stored
    said = {"en": ("not attempted yet",), "zh": ("尚未作答",), "both": ("not attempted yet", "尚未作答")}[language]
    assert exercises(notebook)
    for key in exercises(notebook):
        text = "".join(output.data["text/markdown"] for output in outputs(notebook, key) if "data" in output)
        assert all(text.count(word) == 1 for word in said), key


# What lesson 00 claims.


def test_there_are_1797_digits_of_8_pixels_by_8():
    assert digits().x.shape == (1797, 1, 8, 8)


def test_the_iodine_begins_as_a_drop_and_ends_evenly_spread():
    drop, glass = ((grains.abs().amax(1) < 0.5).float().mean() for grains in iodine([0, 1500]))
    assert drop > 0.99 and abs(glass - 0.25) < 0.05


def test_the_schedule_falls_from_1_to_nearly_0():
    alpha_bar = cosine(1000).alpha_bar
    assert alpha_bar[0] == 1 and 0 <= alpha_bar[1000] < 1e-3 and bool((alpha_bar.diff() < 0).all())


def test_image_and_noise_have_equal_shares_near_t_250(start_here):
    table = re.findall(r"t = (\d+)   image (\S+)   noise (\S+)", printed(start_here, "noise-linear"))
    shares = {int(t): (float(image), float(noise)) for t, image, noise in table}
    assert list(shares) == [100, 250, 500, 750]
    assert all(image == pytest.approx(float(linear().alpha_bar[t]), abs=5e-4) for t, (image, _) in shares.items())
    assert all(image + noise == pytest.approx(1, abs=2e-3) for image, noise in shares.values())
    nearest = min(shares, key=lambda t: abs(shares[t][1] - 0.5))
    assert nearest == 250 and QUESTIONS["half"].options[QUESTIONS["half"].answer()][0] == "about t = 250"


def test_the_loss_falls_fast_then_slowly_and_never_near_0(facts):
    losses = facts["losses"]
    first, early, late = mean(losses[:20]), mean(losses[200:400]), mean(losses[-200:])
    assert first > 2 * early and first - early > 5 * (early - late) > 0
    assert min(losses) > 0.05


def test_sampling_takes_100_steps_and_copies_no_digit(facts):
    assert (facts["steps of sampling"], facts["new"]) == (100, 500)
    assert facts["distance to the nearest real digit"] > 0.5


def test_the_judge_saw_half_of_the_digits_only(facts):
    known, unknown, both = facts["known and unknown"]
    assert known + unknown == 1797 and abs(known - unknown) <= 1 and both == 0


def test_the_judge_is_less_often_sure_of_the_new_digits_but_within_10_points(judgement):
    (real, _), (new, _) = judgement["real"], judgement["new"]
    assert real > 85 and 0 < real - new < 10


def test_no_digit_is_missing_among_the_new_ones(judgement):
    for _, shares in judgement.values():
        assert len(shares) == 10 and sum(shares) == pytest.approx(100, abs=0.5) and min(shares) >= 4
