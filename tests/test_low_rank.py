"""Ways of low rank: nothing before they learn, alone in learning, merged exactly, kept in a small file of their own.

低秩的小路：学之前什么也不改；只有它们会学；合并精确；自成一个小文件。
"""

import copy

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import nn

from course_utils import checkpoints, training, weights
from course_utils.low_rank import (
    LowRank,
    low_rank_layers,
    merged,
    set_strength,
    with_low_rank,
)
from course_utils.low_rank_files import read_low_rank, write_low_rank
from course_utils.mlp import MLP
from course_utils.muon import Muon
from course_utils.schedules import cosine

LEVELS = torch.tensor([0.0, 3.0, -3.0])
CONVOLUTIONS = [{}, {"stride": 2}, {"padding": "same"}, {"padding": 2, "dilation": 2}, {"bias": False}]


def asked(network, x):
    with torch.no_grad():
        return network(x, LEVELS[: len(x)].to(x))


def moved(network, by=0.3):
    """The network with its ways of low rank as if they had learnt."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for layer in low_rank_layers(network).values():
            layer.up.add_(by * torch.randn(layer.up.shape, generator=generator).to(layer.up))
    return network


@pytest.fixture
def x(seeded):
    return torch.randn(3, 1, 8, 8, generator=seeded(1))


def test_every_linear_and_pointwise_layer_gets_one_and_no_other(awake):
    network = awake(classes=3)
    found = low_rank_layers(with_low_rank(network, 2))
    small = {
        name
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1))
    }
    assert set(found) == small and len(small) > 10
    more = low_rank_layers(with_low_rank(network, 2, also=["stem", "head.2"]))
    assert set(more) == small | {"stem", "head.2"}
    assert set(low_rank_layers(with_low_rank(network, 2, also="stem"))) == small | {"stem"}


def test_before_it_learns_the_answer_is_the_same_bit_for_bit_and_the_network_given_is_left_alone(awake, x):
    network = awake()
    before, keys = copy.deepcopy(network.state_dict()), [p.requires_grad for p in network.parameters()]
    one = with_low_rank(network, 3, also=["stem", "down.1"])
    assert asked(one, x).equal(asked(network, x))
    moved(one)
    assert not asked(one, x).equal(asked(network, x))
    assert all(network.state_dict()[key].equal(value) for key, value in before.items())
    assert keys == [p.requires_grad for p in network.parameters()] and not low_rank_layers(network)


def test_the_change_is_a_matrix_of_that_rank(seeded):
    layer = moved(nn.Sequential(LowRank(nn.Linear(12, 9), 2, generator=seeded(0))))[0]
    change = layer.merge().weight - layer.layer.weight
    torch.testing.assert_close(change, layer.up @ layer.down)
    assert int(torch.linalg.matrix_rank(change, rtol=1e-4)) == 2


@pytest.mark.parametrize("shape", [(12,), (5, 12), (2, 3, 12)])
def test_a_linear_layer_takes_any_shape_of_batch(shape, seeded):
    layer = moved(nn.Sequential(LowRank(nn.Linear(12, 9), 2, generator=seeded(0))))[0]
    x = torch.randn(shape, generator=seeded(1))
    torch.testing.assert_close(layer(x), layer.merge()(x))


@pytest.mark.parametrize("how", CONVOLUTIONS)
@pytest.mark.parametrize("kernel", [1, 3])
def test_merged_exactly_whatever_the_convolution(kernel, how, seeded):
    conv = nn.Conv2d(6, 10, kernel, **how).double()
    layer = moved(nn.Sequential(LowRank(conv, 3, generator=seeded(0))))[0]
    x = torch.randn(2, 6, 9, 7, generator=seeded(1), dtype=torch.float64)
    torch.testing.assert_close(layer(x), layer.merge()(x), rtol=1e-12, atol=1e-12)
    assert not torch.allclose(layer(x), conv(x))


@pytest.mark.parametrize("strength", [-0.5, 0.0, 0.3, 1.0, 1.5])
def test_a_whole_network_is_merged_at_its_strength_into_one_like_the_first(awake, x, strength):
    network = awake().double()
    one = set_strength(moved(with_low_rank(network, 4, also=["stem", "head.2", "down.1"])), strength)
    plain = merged(one)
    torch.testing.assert_close(asked(plain, x.double()), asked(one, x.double()), rtol=1e-10, atol=1e-10)
    assert plain.state_dict().keys() == network.state_dict().keys() and not low_rank_layers(plain)
    assert low_rank_layers(one), "merging leaves it as it was"
    same = asked(one, x.double()).equal(asked(network, x.double()))
    assert same == (strength == 0)


def test_in_single_precision_the_merged_one_differs_by_rounding_alone(awake, x):
    one = moved(with_low_rank(awake(), 4))
    torch.testing.assert_close(asked(merged(one), x), asked(one, x), rtol=1e-4, atol=1e-4)


def test_strength_between_moves_the_weights_along_a_line(awake):
    one = moved(with_low_rank(awake().double(), 2))
    at = [merged(set_strength(one, s)).state_dict()["embed.mlp.0.weight"] for s in (0.0, 0.5, 1.0, 1.5)]
    torch.testing.assert_close(at[1], (at[0] + at[2]) / 2)
    torch.testing.assert_close(at[3] - at[2], at[1] - at[0])


@pytest.mark.parametrize("optimizer", [training.adamw, Muon])
def test_training_moves_its_own_numbers_alone(awake, seeded, optimizer):
    network = awake()
    one = with_low_rank(network, 16, generator=seeded(0))
    state = training.start(one, lr=1e-2, optimizer=optimizer)
    before = copy.deepcopy(state.ema.state_dict())
    list(training.train(state, cosine(), torch.rand(40, 1, 8, 8) * 2 - 1, 4, batch=8))
    for now in (state.network.state_dict(), state.ema.state_dict()):
        for key in now:
            assert now[key].equal(before[key]) == (key.rpartition(".")[2] not in ("down", "up")), key


def test_a_stopped_training_goes_on_from_its_checkpoint(awake, seeded, tmp_path):
    x = torch.rand(40, 1, 8, 8, generator=seeded(2)) * 2 - 1

    def begun():
        return training.start(with_low_rank(awake(), 2, generator=seeded(0)), lr=1e-2)

    whole = begun()
    list(training.train(whole, cosine(), x, 6, batch=8))
    part = begun()
    for record in training.train(part, cosine(), x, 6, batch=8):
        if record.step == 3:
            break
    again = checkpoints.load(checkpoints.save(tmp_path / "part.safetensors", part), begun())
    list(training.train(again, cosine(), x, 6, batch=8))
    assert again.losses == whole.losses
    assert all(a.equal(b) for a, b in zip(again.ema.parameters(), whole.ema.parameters(), strict=True))


def test_its_file_is_small_and_read_bit_for_bit(awake, x, tmp_path):
    network = awake()
    one = moved(with_low_rank(network, 2, also=["stem"]))
    path = write_low_rank(tmp_path / "mine.safetensors", one)
    again = read_low_rank(path, network)
    assert asked(again, x).equal(asked(one, x))
    learning = [name for name, weight in again.named_parameters() if weight.requires_grad]
    assert {name.rpartition(".")[2] for name in learning} == {"down", "up"}
    digits = weights.pretrained("digits")
    assert write_low_rank(path, with_low_rank(digits, 4)).stat().st_size < 60_000
    assert [file.name for file in tmp_path.iterdir()] == ["mine.safetensors"]


def test_its_file_is_that_of_its_network_alone(awake, x, tmp_path, refused):
    network, other = awake(), awake()
    with torch.no_grad():
        other.stem.bias[0] += 1e-3
    path = write_low_rank(tmp_path / "mine.safetensors", moved(with_low_rank(network, 2)))
    for one in (other, awake(channels=3), nn.Linear(2, 2), with_low_rank(other, 2)):
        with refused("mine.safetensors"):
            read_low_rank(path, one)
    single, double = (read_low_rank(path, copy.deepcopy(network).to(kind)) for kind in (torch.float32, torch.float64))
    torch.testing.assert_close(asked(double, x.double()).float(), asked(single, x), rtol=1e-4, atol=1e-4)


def spoilt(path, network):
    one = {"cut short": path.read_bytes()[:-20], "of another kind": b"no weights at all", "empty": b""}
    yield from one.items()
    with safe_open(path, "pt") as file:
        about, found = file.metadata(), {key: file.get_tensor(key) for key in file.keys()}
    first = next(key for key in found if key.endswith(".up"))
    yield "nan", save(found | {first: found[first] * torch.nan}, metadata=about)
    yield "another shape", save(found | {first: found[first][:-1].contiguous()}, metadata=about)
    yield "a layer that is not there", save(found | {"nowhere.down": found[first].clone()}, metadata=about)
    yield "a layer that has none", save(found | {"stem.weight.down": found[first].clone()}, metadata=about)
    yield "a part missing", save({k: v for k, v in found.items() if not k.endswith(".down")}, metadata=about)
    yield "half a pair", save({k: v for k, v in found.items() if k != first}, metadata=about)
    yield "the network's own weights", save(found | {"stem.weight": network.stem.weight + 1}, metadata=about)
    yield "whole numbers", save(found | {first: found[first].int()}, metadata=about)
    yield "a single number", save(found | {first.replace(".up", ".down"): torch.zeros(())}, metadata=about)
    yield "without words", save(found)


def test_files_that_hold_something_else_are_refused(awake, tmp_path, refused):
    network = awake()
    path = write_low_rank(tmp_path / "mine.safetensors", moved(with_low_rank(network, 2)))
    for name, content in spoilt(path, network):
        (tmp_path / "bad.safetensors").write_bytes(content)
        with refused("bad.safetensors"):
            read_low_rank(tmp_path / "bad.safetensors", network)
            pytest.fail(name)
    with refused("merged"):
        read_low_rank(path, with_low_rank(network, 2))
    with refused("gone"):
        read_low_rank(tmp_path / "gone.safetensors", network)
    with refused("classifier"):
        read_low_rank(weights.FOLDER / "classifier.safetensors", network)


def test_wrong_input_is_refused(awake, tmp_path, refused):
    network = awake()
    one = with_low_rank(network, 2)
    for rank in (0, 2.5, True):
        with refused(str(rank)):
            with_low_rank(network, rank)
    with refused("'nowhere'"):
        with_low_rank(network, 2, also=["nowhere"])
    for also in (None, 3):
        with refused("also", str(also)):
            with_low_rank(network, 2, also=also)
    with refused("generator", "0"):
        with_low_rank(network, 2, generator=0)
    with refused("Linear"):
        with_low_rank(nn.Linear(4, 4), 2)
    with refused("merged"):
        with_low_rank(one, 2)
    with refused("Sequential"):
        with_low_rank(nn.Sequential(nn.ReLU()), 2)
    with refused("GroupNorm"):
        LowRank(nn.GroupNorm(1, 4), 2)
    with refused("groups=4"):
        LowRank(nn.Conv2d(4, 4, 3, groups=4), 2)
    for plain in (merged, lambda n: set_strength(n, 1.0), lambda n: write_low_rank(tmp_path / "a", n)):
        with refused("UNet"):
            plain(network)
    with refused("nan"):
        set_strength(one, float("nan"))
    with refused("network"):
        with_low_rank(3, 2)
    with torch.no_grad():
        next(iter(low_rank_layers(one).values())).up[0, 0] = torch.inf
    with refused("up"):
        write_low_rank(tmp_path / "inf.safetensors", one)
    assert not any(tmp_path.iterdir())


def test_a_network_with_ways_beside_its_layers_is_not_stored_as_one_without(awake, tmp_path, refused):
    with refused("merged"):
        weights.write("mine", with_low_rank(awake(), 2), tmp_path)
    assert not any(tmp_path.iterdir())
    assert weights.write("mine", merged(with_low_rank(awake(), 2)), tmp_path).exists()


def test_another_network_of_linear_layers_learns_in_the_same_way(seeded):
    network = MLP()
    one = moved(with_low_rank(network, 3, generator=seeded(0)))
    x = torch.randn(5, 2, generator=seeded(1))
    with torch.no_grad():
        torch.testing.assert_close(merged(one)(x, torch.zeros(())), one(x, torch.zeros(())), rtol=1e-4, atol=1e-5)
