"""Each line of the dictionary: definition and printed code agree, and diffusers' flow scheduler speaks as it says.

对照表的每一行：定义与印出来的代码一致；diffusers 的流调度器也正如表中所说。
"""

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from course_utils import paths
from course_utils.experiments import dictionary

IDS = [f"{entry.symbol}, {entry.source}" for entry in dictionary.ENTRIES]


@pytest.mark.parametrize("entry", dictionary.ENTRIES, ids=IDS)
def test_the_printed_code_gives_what_the_source_defines(entry):
    for seed in range(8):
        assert dictionary.differs_by(entry, dictionary.random_case(seed)) < 1e-9


@pytest.mark.parametrize("entry", dictionary.ENTRIES, ids=IDS)
def test_no_line_holds_whatever_stands_in_it(entry):
    """Its value is not that of another case: a line that compared nothing would not notice."""
    one, other = dictionary.random_case(0), dictionary.random_case(1)
    defined = torch.as_tensor(entry.defined(other), dtype=torch.float64)
    assert float((dictionary.by_code(entry, one) - defined).abs().max()) > 1e-6


def test_the_table_has_every_line_and_tells_how_far_apart_it_is():
    lines = dictionary.as_table(3).splitlines()
    assert len(lines) == 1 + len(dictionary.ENTRIES) and max(map(len, lines)) <= 120
    for line, entry in zip(lines[1:], dictionary.ENTRIES, strict=True):
        assert line.startswith(entry.symbol) and entry.code in line and float(line.split()[-1]) < 1e-9


def test_lipmans_field_is_the_pairs_velocity_on_the_path_that_keeps_his_least_noise(seeded):
    """u_t(x | x_1) of his (21), on the line of the pair; with sigma_min = 0 it is the line of the table."""
    x1, eps = torch.randn(2, 4, 2, generator=seeded(0)).double()
    for least in (0.0, 0.05, 0.3):
        for t1 in (0.1, 0.6, 0.9):
            t = 1 - t1
            now = paths.Coefficients(*torch.tensor([1 - t, least + (1 - least) * t, -1.0, 1 - least]).double())
            x = paths.point(now, t, paths.Pair(x1, eps))
            field = (x1 - (1 - least) * x) / (1 - (1 - least) * t1)
            torch.testing.assert_close(field, -paths.velocity(now, t, paths.Pair(x1, eps)), rtol=1e-6, atol=1e-6)


def test_diffusers_flow_scheduler_has_our_t_as_sigma_and_our_velocity_as_output(seeded):
    theirs = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=3.0)
    theirs.set_timesteps(10)
    sigmas = theirs.sigmas.double()
    assert torch.allclose(theirs.timesteps.double(), 1000 * sigmas[:-1], atol=1e-3)
    x0, noise = torch.randn(2, 4, 2, generator=seeded(0)).double()
    ends = paths.Pair(x0, noise)
    for t, s, step in zip(sigmas[:-1], sigmas[1:], theirs.timesteps, strict=True):
        xt, v = paths.point(paths.straight, t, ends), paths.velocity(paths.straight, t, ends)
        moved = theirs.step(v, step, xt).prev_sample.double()
        assert torch.allclose(moved, paths.point(paths.straight, s, ends), atol=1e-5)


def test_diffusers_shifts_t_as_the_line_says():
    """Its set_timesteps shifts times that are even between the ends of a training table, itself shifted before."""
    plain, shifted = (FlowMatchEulerDiscreteScheduler(shift=shift) for shift in (1.0, 3.0))
    t = plain.sigmas.double()
    assert torch.allclose(shifted.sigmas.double(), 3 * t / (1 + 2 * t), atol=1e-6)
    noisier = paths.log_snr_on(paths.straight, t) - paths.log_snr_on(paths.straight, shifted.sigmas.double())
    inside = t < 0.99
    assert torch.allclose(noisier[inside], 2 * torch.tensor(3.0).double().log(), atol=1e-3)
