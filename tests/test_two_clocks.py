"""Two languages, one walk; the clocks of lesson 10; the widget over them.

两种说法，同一段路；第 10 课的各个时钟；以及它们的控件。
"""

import math
import re

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils import flows, paths, schedules
from course_utils.experiments import two_clocks
from course_utils.explorers.clocks import clock_explorer


def test_diffusion_and_flow_draw_the_same_garments():
    drawn = two_clocks.both_languages(torch.arange(2), steps=4)
    apart = (drawn["VP"] - drawn["flow"]).abs().max()
    assert float(apart) < 1e-5 and float(drawn["flow"].std()) > 0.3
    exact = two_clocks.both_languages(torch.arange(2), steps=4, dtype=torch.float64)
    assert float((exact["VP"] - exact["flow"]).abs().max()) < 1e-10


def test_as_flow_is_eulers_method():
    *_, last = two_clocks.as_flow(lambda x, t: t * x, torch.ones(1), [1.0, 0.5, 0.0])
    assert float(last) == pytest.approx(1 * (1 - 0.5) * (1 - 0.25))


def test_each_clock_ticks_as_its_tradition_does():
    clocks = {name: of(4) for name, of in two_clocks.CLOCKS.items()}
    assert all(ticks.T == 4 for ticks in clocks.values())
    for name, schedule in (("VP, cosine", schedules.cosine()), ("VP, linear", schedules.linear())):
        assert torch.allclose(clocks[name].log_snr[1:4], schedule.log_snr[[250, 500, 750]], rtol=1e-9)
    sigma = {name: ticks.noise_to_signal[1:].tolist() for name, ticks in clocks.items()}
    assert sigma["flow, even"][:3] == pytest.approx([1 / 3, 1, 3])
    assert sigma["flow, shift 3"][:3] == pytest.approx([1, 3, 9])
    roots = [80 ** (1 / 7), 0.002 ** (1 / 7)]
    karras = [(roots[0] + k / 3 * (roots[1] - roots[0])) ** 7 for k in (3, 2, 1, 0)]
    assert sigma["EDM, rho 7"] == pytest.approx(karras)


def test_a_clock_reads_where_it_stops():
    for name, of in two_clocks.CLOCKS.items():
        for k in (1, 2, 3):
            read = two_clocks.readings(float(of(4).log_snr[k]))[name]
            at = float(of(4).noise_to_signal[k]) if name.startswith("EDM") else k / 4
            assert read == pytest.approx(at, rel=1e-6), (name, k)


def test_what_is_left_falls_as_the_noise_does():
    ticks = two_clocks.ticks_of(10)
    left = [two_clocks.left_of(ticks, level) for level in (-30.0, -2.0, 0.0, 30.0)]
    assert set(left[0].values()) == {10} and set(left[-1].values()) == {0}
    assert left[1] == {name: sum(level >= -2 for level in levels) for name, levels in ticks.items()}


def test_the_table_compares_clocks_noise_by_noise():
    rows = dict(two_clocks.ticked(1, n=20, draws=4))
    assert set(rows) == set(two_clocks.CLOCKS)
    for distance, gained in rows.values():
        assert distance.value > 0 and distance.error > 0
        assert gained.value == pytest.approx(rows["flow, even"].distance.value - distance.value)
    assert rows["flow, even"].gained == (0, 0)


def test_the_stored_table_tells_what_the_page_says():
    """Even t on the cosine schedule is nearly even t of the flow, and the linear schedule nearly SD3's shifted t."""
    rows = two_clocks.STORED
    assert {name for name, _ in rows} == set(two_clocks.CLOCKS) and {cost for _, cost in rows} == set(two_clocks.COSTS)
    for cost in two_clocks.COSTS:
        of = {name: rows[name, cost] for name in two_clocks.CLOCKS}
        assert of["flow, even"].gained == (0, 0)
        for one, other in (("VP, cosine", "flow, even"), ("VP, linear", "flow, shift 3")):
            apart = abs(of[one].distance.value - of[other].distance.value)
            assert apart < of[one].distance.error, (one, other, cost)
        for row in of.values():
            lost = of["flow, even"].distance.value - row.distance.value
            assert row.gained.value == pytest.approx(lost, abs=1.1e-3)


def test_the_widget_shows_one_picture_and_several_clocks():
    panel = clock_explorer(9, -2.0)
    told = re.findall(r"(t|sigma) = (\S+) +(\d+) left", panel.picture.en)
    assert [symbol for symbol, *_ in told] == ["t"] * 4 + ["sigma"]
    readings, left = two_clocks.readings(-2.0), two_clocks.left_of(two_clocks.ticks_of(10), -2.0)
    assert [float(read) for _, read, _ in told] == pytest.approx(list(readings.values()), rel=6e-3)
    assert [int(count) for *_, count in told] == list(left.values())
    every_move_is_seen(panel, {"y": [0, 9], "log-SNR": [-10.0, 10.0, -2.0]})
    assert all(control.layout.width.endswith("px") for control in controls(panel).values())


def test_its_guess_is_the_networks_and_its_answer_what_the_judge_says():
    seen = two_clocks.one_garment(7)
    guess = flows.guess_of_network(*_network_and_no_label())(seen.xt[16:17], float(seen.log_snr[16]))
    assert torch.allclose(guess.clamp(-1, 1), seen.guess[16:17], atol=1e-5)
    first = two_clocks.told_from(7)
    k = int((seen.log_snr == first).nonzero())
    assert (seen.judged[k:] == 7).all() and seen.judged[k - 1] != 7


def _network_and_no_label():
    from course_utils import guidance, weights

    network = weights.pretrained("fashion_mnist")
    return network, guidance.no_labels(network, 1)


@pytest.mark.parametrize("how, given", [(dict(y=10), "10"), (dict(y="9"), "'9'"), (dict(log_snr=11), "11")])
def test_what_the_widget_cannot_show_is_refused(how, given, refused):
    with refused(given):
        clock_explorer(**how)


def test_sigma_of_the_straight_path_is_t_over_what_is_left():
    assert math.exp(-float(paths.log_snr_on(paths.straight, 0.75)) / 2) == pytest.approx(3)
