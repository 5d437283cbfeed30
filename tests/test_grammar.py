"""The public interface has one grammar: what a reader has learned of one function holds for the next.

公开接口只有一套语法：从一个函数学到的，到下一个函数仍然成立。

Read by ast from every module but the lessons' own exercises, whose arguments their task gives.
"""

import ast
from pathlib import Path

import pytest

import course_utils
from tools.interface import Function, fields, modules

PACKAGE = Path(course_utils.__file__).parent
MODULES = modules(PACKAGE)
POSITIONAL = 5  # arguments that may be given by position
OUTERMOST = (
    "randomness",
    "experiments",
    "exercises",
    "train",
    "widgets",
    "explorers",
    "quizzes",
    "doctor",
    "points",
    "plots",
)  # what a page calls

TO_BE_COPIED = "a page shows it to be copied and mended: its arguments are those of the task"
# What departs from a rule, and why it may: {rule: {"module.function": reason}}.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "schedule first": {
        "training.train": "the state comes first: it is what the call changes",
        "checkup.diagnose": "as `train`, whose arguments it is given",
        "experiments.broken.broken_loop": TO_BE_COPIED,
    },
    "denoiser second": {"experiments.broken.broken_loop": TO_BE_COPIED},
    "by position": {
        "reverse.midway_guess": "as the lesson's exercise: three times, then two guesses in their order",
        "experiments.broken.broken_loop": TO_BE_COPIED,
    },
    "seed": {
        "training.start": "a page begins a training with it; from then on the state carries the generator",
        "samplers.sample": "a page's one call that draws x_T itself; each sampler takes a generator",
        "objectives.held_out": "a page's one call that judges a network, the same times and noise at every call",
        "estimates.bootstrapped": "a page's one call for an error bar, the same at every call",
    },
    "modules": {
        "training.train": "python -m course_utils.train, as the field calls such commands, is this function, asked",
    },
    "one name": {
        "experiments.digits.nearest": "lesson 00's answers in grey levels; that of `neighbours` says which one, too",
    },
}


def callables():
    """Every public function, public method and constructor: its dotted name, its node, its arguments but self."""
    for module in MODULES:
        for public in module.names:
            yield from _of(module.name, public.node)


def _of(module, node):
    if isinstance(node, Function):
        yield f"{module}.{node.name}", node, node.args, node.args.posonlyargs + node.args.args
        return
    for part in node.body:
        if isinstance(part, Function) and (part.name == "__init__" or part.name[0] != "_"):
            positional = part.args.posonlyargs + part.args.args
            own = positional[1:] if positional and positional[0].arg in ("self", "cls") else positional
            yield f"{module}.{node.name}.{part.name}", part, part.args, own


def functions():
    return [(name, node, [a.arg for a in own], arguments) for name, node, arguments, own in callables()]


def all_names(arguments):
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def classes():
    return [(f"{m.name}.{p.node.name}", p) for m in MODULES for p in m.names if isinstance(p.node, ast.ClassDef)]


def schedule_first():
    for name, _, own, arguments in functions():
        if "schedule" in all_names(arguments) and own[:1] != ["schedule"]:
            yield name, f"schedule is not the first argument: {', '.join(own)}"


def denoiser_second():
    for name, _, own, arguments in functions():
        for what in ("denoiser", "network", "truth"):
            if {"schedule", what} <= set(all_names(arguments)) and own[1:2] != [what]:
                yield name, f"{what} does not follow schedule: {', '.join(own)}"


def xt_before_its_time():
    for name, _, own, _ in functions():
        rest = [a for a in own if a not in ("schedule", "path", "denoiser", "network", "truth")]
        if {"xt", "t"} <= set(rest) and rest[:2] != ["xt", "t"]:
            yield name, f"xt, t do not come before what goes with them: {', '.join(own)}"


def times_from_a_schedule():
    for name, _, own, _ in functions():
        if name.startswith("times.") and name.endswith("_times") and own[:2] != ["schedule", "steps"]:
            yield name, f"the first arguments are not schedule, steps: {', '.join(own)}"


def few_by_position():
    for name, _, own, _ in functions():
        if len(own) > POSITIONAL:
            yield name, f"{len(own)} arguments by position, at most {POSITIONAL}: {', '.join(own)}"


def no_bare_truth_value():
    for name, _, own, arguments in functions():
        defaults = dict(zip(reversed(own), reversed(arguments.defaults), strict=False))
        bare = [a for a, value in defaults.items() if isinstance(value, ast.Constant) and isinstance(value.value, bool)]
        if bare:
            yield name, f"True or False by position says nothing; put a * before {', '.join(reversed(bare))}"


def lr_is_the_learning_rate():
    for name, _, _, arguments in functions():
        for wrong in {"learning_rate", "rate", "eta_lr"} & set(all_names(arguments)):
            yield name, f"{wrong}: the learning rate is lr"


def one_source_of_chance():
    for name, _, _, arguments in functions():
        names = set(all_names(arguments))
        if {"generator", "seed"} <= names:
            yield name, "takes generator and seed; one of them"
        for wrong in {"rng", "gen", "random_state"} & names:
            yield name, f"{wrong}: randomness comes in as generator"


def seed_only_at_the_outermost_call():
    for name, _, _, arguments in functions():
        if "seed" in all_names(arguments) and name.split(".")[0] not in OUTERMOST:
            yield name, "takes a seed, though others call it; take a generator"


def both_languages():
    for module in MODULES:
        if not (module.en and module.zh):
            yield module.name or "course_utils", "the module's docstring lacks a language"
        for public in module.names:
            for one in (public, *public.members):
                if not (one.en and one.zh):
                    place = public.node.name if one is public else f"{public.node.name}.{one.node.name}"
                    yield f"{module.name}.{place}", "the docstring lacks a language, or is not there"


def raises_are_said():
    """By the function; by its class where the call that raises is the class's or its network's own."""
    of_class = {name: ast.get_docstring(public.node) or "" for name, public in classes()}
    for name, node, _, _ in functions():
        raised = [
            n for n in ast.walk(node) if isinstance(n, ast.Raise) and n.exc and "CourseError" in ast.unparse(n.exc)
        ]
        owner, _, called = name.rpartition(".")
        said = of_class[owner] if called in ("__init__", "forward") else ast.get_docstring(node) or ""
        if raised and "Raises" not in said:
            yield name, "raises CourseError, and its docstring has no Raises"


def records_compare():
    for name, public in classes():
        frozen = [ast.unparse(mark) for mark in public.node.decorator_list if "frozen=True" in ast.unparse(mark)]
        held = [ast.unparse(field.target) for field in fields(public.node) if "Tensor" in ast.unparse(field.annotation)]
        if frozen and held and "eq=False" not in frozen[0]:
            yield name, f"holds tensors ({', '.join(held)}), so == would raise; write @dataclass(frozen=True, eq=False)"


def no_function_is_called_like_a_module():
    """Neither like a module beside its own, which it would hide, nor like a room of the house."""
    rooms = {module.name for module in MODULES}
    for module in MODULES:
        package = module.name.rpartition(".")[0]
        for public in module.names:
            if {public.node.name, f"{package}.{public.node.name}"} & rooms:
                yield f"{module.name}.{public.node.name}", "a module of the package has this name, too"


def one_name():
    homes: dict[str, list[str]] = {}
    for module in MODULES:
        for public in module.names:
            homes.setdefault(public.node.name, []).append(module.name)
    for name, places in homes.items():
        if len(places) > 1:
            yield f"{places[0]}.{name}", f"defined {len(places)} times: in {', '.join(places)}"


RULES = {
    "schedule first": schedule_first,
    "denoiser second": denoiser_second,
    "xt, t": xt_before_its_time,
    "times": times_from_a_schedule,
    "by position": few_by_position,
    "truth values": no_bare_truth_value,
    "lr": lr_is_the_learning_rate,
    "chance": one_source_of_chance,
    "seed": seed_only_at_the_outermost_call,
    "languages": both_languages,
    "raises": raises_are_said,
    "records": records_compare,
    "modules": no_function_is_called_like_a_module,
    "one name": one_name,
}


@pytest.mark.parametrize("rule", RULES)
def test_the_interface_keeps_to_its_grammar(rule):
    excepted = EXCEPTIONS.get(rule, {})
    found = [f"{name}: {what}" for name, what in RULES[rule]() if name not in excepted]
    assert not found, f"\n{rule}:\n" + "\n".join(found)


def test_enough_is_read():
    assert len(functions()) > 250 and len(classes()) > 25


def test_no_exception_outlives_its_reason():
    for rule, excepted in EXCEPTIONS.items():
        assert set(excepted) <= {name for name, _ in RULES[rule]()}, rule
