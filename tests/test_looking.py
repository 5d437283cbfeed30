"""Looking changes nothing: networks are asked in evaluation, and are afterwards as they were.

观察不改变任何东西：提问时网络处于评估模式，问完恢复原状。
"""

import pytest
import torch
from torch import nn

from course_utils import data, denoisers, samplers, schedules, weights
from course_utils.anatomy import dissect
from course_utils.classifier import Classifier
from course_utils.denoisers import from_network
from course_utils.language import CourseError
from course_utils.looking import evaluating
from course_utils.mlp import MLP
from course_utils.notes_unets import AnnotatedUNet, SimpleUNet
from course_utils.unet import UNet

COSINE = schedules.cosine()


def in_training():
    """A network whose batch norm reads the batch in training, half of it already in evaluation."""
    torch.manual_seed(0)
    network = SimpleUNet(widths=(8, 16)).train()
    network.down[0].norm1.eval()
    return network


def modes(network):
    return [layer.training for layer in network.modules()]


def counted(network):
    return [buffer.clone() for buffer in network.buffers()]


def unchanged(network, before):
    return modes(network) == before[0] and all(a.equal(b) for a, b in zip(counted(network), before[1], strict=True))


@pytest.fixture
def noise(seeded):
    return torch.randn(6, 1, 8, 8, generator=seeded(0))


@pytest.mark.parametrize("sampler", [samplers.ddim, samplers.heun])
def test_a_walk_leaves_the_network_as_it_was_wherever_it_ends(noise, sampler):
    network = in_training()
    before = modes(network), counted(network)
    walk = sampler(COSINE, from_network(COSINE, network), noise, [600, 300, 0])
    next(walk)
    assert unchanged(network, before), "half way"
    walk.close()
    assert unchanged(network, before), "abandoned"
    samplers.finish(sampler(COSINE, from_network(COSINE, network), noise, [600, 300, 0]))
    assert unchanged(network, before), "at the end"


def test_an_error_leaves_it_as_it_was(noise):
    network = in_training()
    before = modes(network), counted(network)
    for wrong in (lambda: from_network(COSINE, network)(noise[..., :5], 300), lambda: wrongly(network)):
        with pytest.raises((CourseError, KeyError)):
            wrong()
        assert unchanged(network, before)


def wrongly(network):
    with evaluating(network):
        assert not any(modes(network))
        raise KeyError


def test_a_guess_is_of_its_sample_alone(noise):
    denoise = from_network(COSINE, in_training())
    together, alone = denoise(noise, 300), torch.cat([denoise(x[None], 300) for x in noise])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    others = torch.cat([noise[:1], 5 * noise[1:]])
    torch.testing.assert_close(denoise(others, 300)[0], together[0], rtol=1e-4, atol=1e-5)


def test_features_are_those_of_each_image_alone_whatever_the_batch(noise, seeded):
    torch.manual_seed(0)
    judge, x = Classifier(width=8).train(), torch.rand(7, 1, 28, 28, generator=seeded(1)) * 2 - 1
    before = modes(judge), counted(judge)
    found = judge.features(x)
    for batch in (1, 3, 500):
        torch.testing.assert_close(judge.features(x, batch=batch), found, rtol=1e-4, atol=1e-5)
    assert unchanged(judge, before)


def test_a_network_from_a_file_draws_nothing_of_the_readers(tmp_path):
    torch.manual_seed(7)
    after = torch.rand(3)
    weights.write("mine", UNet(width=8), tmp_path)
    torch.manual_seed(7)
    for name in ("digits", "classifier"):
        weights.pretrained(name)
    weights.from_file(tmp_path / "mine.safetensors")
    assert torch.rand(3).equal(after)


def test_a_network_taken_apart_is_left_whole(noise):
    network = in_training()
    before = modes(network), counted(network)
    dissect(network, noise, torch.zeros(6))
    assert unchanged(network, before)


def test_a_function_has_no_modes_and_training_is_asked_with_them(noise):
    with evaluating(lambda xt, log_snr: xt):
        pass
    network = in_training()
    denoisers.predict_eps(COSINE, network, noise, 300).sum().backward()
    assert network.up[0].norm1.num_batches_tracked == 1, "what trains reads the batch"
    assert all(weight.grad is not None for weight in network.head.parameters())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_networks_of_any_precision_can_be_sampled_from(dtype, noise, awake):
    plain = samplers.finish(samplers.ddim(COSINE, from_network(COSINE, awake()), noise, [900, 500, 100, 0]))
    network = awake().to(dtype)
    found = samplers.finish(samplers.ddim(COSINE, from_network(COSINE, network), noise, [900, 500, 100, 0]))
    assert found.dtype == torch.float32 and {weight.dtype for weight in network.parameters()} == {dtype}
    assert float((found - plain).norm() / plain.norm()) < (0.1 if dtype == torch.bfloat16 else 0.02)


def test_a_cloud_in_float64_may_be_given_to_a_network_in_float32(seeded):
    cloud = torch.randn(5, 2, generator=seeded(0), dtype=torch.float64)
    found = from_network(COSINE, MLP(2))(cloud, 500)
    assert found.dtype == torch.float64 and found.shape == (5, 2)


def test_another_default_type_changes_no_sample(double_by_default):
    torch.manual_seed(0)
    network = UNet(width=8, multipliers=(1,)).float()
    x0 = samplers.sample(COSINE, from_network(COSINE, network), (2, 1, 8, 8), times=[500, 0], seed=1)
    assert x0.dtype == torch.float32
    expected = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float32)
    steps = samplers.ddim(COSINE, from_network(COSINE, network), expected, [500, 0])
    assert x0.equal(samplers.finish(steps))


# What networks refuse

NETWORKS = [
    lambda: UNet(width=8, multipliers=(1, 2)),
    lambda: SimpleUNet(widths=(8, 16)),
    lambda: AnnotatedUNet(width=8),
    lambda: MLP(64, width=16, layers=1),
]


@pytest.fixture(params=NETWORKS, ids=["ours", "simple", "annotated", "mlp"])
def network(request):
    return request.param().eval()


@pytest.mark.parametrize(
    "step", [500, torch.tensor(500), torch.full((6,), 500), torch.full((6,), 500.0), 0.5, None], ids=str
)
def test_a_network_takes_no_step_number_for_a_log_snr(network, noise, step, refused):
    with refused("log_snr", "from_network"):
        network(noise, step)


@pytest.mark.parametrize("log_snr", [torch.zeros(6, 1), torch.zeros(5), torch.tensor(float("nan"))], ids=str)
def test_a_log_snr_is_one_for_all_or_one_each(network, noise, log_snr, refused):
    with refused("log_snr", "6"):
        network(noise, log_snr)


@pytest.mark.parametrize("change", [Ellipsis, "double", "half", "byte", "int", "bool", "numpy"], ids=str)
def test_a_network_takes_tensors_of_its_own_type(network, noise, change, refused):
    wrong = noise.tolist() if change is Ellipsis else getattr(noise, change)()
    with refused("list" if change is Ellipsis else "ndarray" if change == "numpy" else str(wrong.dtype), "float32"):
        network(wrong, torch.tensor(0.0))


@pytest.mark.parametrize("shape", [(0, 1, 8, 8), (8, 8), (8,), (2, 2, 8, 8), ()])
def test_a_network_takes_batches_of_its_size(network, shape, refused):
    with refused(str(shape)):
        network(torch.zeros(shape), torch.tensor(0.0))


@pytest.mark.parametrize(
    "build, given",
    [
        (lambda: UNet(patch=0), "patch"),
        (lambda: UNet(width="32"), "width"),
        (lambda: UNet(width=True), "width"),
        (lambda: UNet(channels=0), "channels"),
        (lambda: UNet(classes=-1), "classes"),
        (lambda: UNet(multipliers=2), "multipliers"),
        (lambda: UNet(multipliers="12"), "multipliers"),
        (lambda: MLP(0), "size"),
        (lambda: MLP(2, width=2.5), "width"),
        (lambda: MLP(2, layers=None), "layers"),
        (lambda: SimpleUNet(widths=()), "widths"),
        (lambda: SimpleUNet(channels="1"), "channels"),
        (lambda: AnnotatedUNet(width=6), "width"),
        (lambda: AnnotatedUNet(block="ConvNextBlock"), "block"),
        (lambda: Classifier(classes=0), "classes"),
        (lambda: Classifier(width=None), "width"),
    ],
)
def test_settings_that_make_no_network_are_refused(build, given, refused):
    with refused(given):
        build()


def test_settings_of_other_libraries_are_whole_and_are_kept_as_ints():
    import numpy as np

    for network in (UNet(width=np.int64(8), multipliers=np.array([1, 2])), MLP(np.int32(2), width=torch.tensor(8))):
        kept = [n for value in network.config.values() for n in (value if isinstance(value, list) else [value])]
        assert all(type(n) is int for n in kept)


def test_the_annotated_one_may_begin_wider(noise):
    assert AnnotatedUNet(width=8, multipliers=(2, 3)).eval()(noise, torch.tensor(0.0)).shape == noise.shape


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_labels_may_be_of_any_whole_type(dtype, noise):
    network = UNet(width=8, multipliers=(1,), classes=3).eval()
    plain = network(noise, torch.tensor(0.0), torch.tensor([0, 1, 2, 3, 0, 1]))
    assert network(noise, torch.tensor(0.0), torch.tensor([0, 1, 2, 3, 0, 1], dtype=dtype)).equal(plain)


@pytest.mark.parametrize(
    "labels", [[0, 1, 2, 3, 0, 1], torch.zeros(6, 1).long(), torch.ones(6).bool(), "01", 3], ids=str
)
def test_labels_that_are_none_are_refused(labels, noise, refused):
    network = UNet(width=8, multipliers=(1,), classes=3).eval()
    for ask in (
        lambda: network(noise, torch.tensor(0.0), labels),
        lambda: from_network(COSINE, network, labels)(noise, 5),
    ):
        with refused("labels", "6", "3"):
            ask()


@pytest.mark.parametrize("wrong", [None, 5, "digits", torch.zeros(2)], ids=str)
def test_denoisers_are_made_of_schedules_and_networks(wrong, refused):
    makers = [denoisers.from_network, denoisers.image_denoiser, denoisers.from_eps, denoisers.eps_of]
    for make in makers:
        with refused("Schedule"):
            make(wrong, MLP(2))
        with refused(
            "predict" if make is denoisers.from_eps else "denoiser" if make is denoisers.eps_of else "network"
        ):
            make(COSINE, wrong)
    with refused("denoiser"):
        denoisers.clipped(wrong)
    with refused("Schedule"):
        denoisers.from_network(MLP(2), COSINE)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_guess_that_is_no_number_is_refused(bad, noise, refused):
    denoise = from_network(COSINE, lambda xt, log_snr: xt * bad)
    with refused("nan"):
        denoise(noise, 500)
    with refused("nan"):
        from_network(COSINE, lambda xt, log_snr: xt)(noise * bad, 500)


@pytest.mark.parametrize(
    "x", [data.digits().x[:4], torch.full((4, 1, 28, 28), 255.0), torch.zeros(4, 1, 28, 28).byte()]
)
def test_features_are_taken_of_what_is_classified(x, refused):
    judge = Classifier(width=8).eval()
    for ask in (judge, judge.features):
        with refused("[-1, 1]"):
            ask(x)


@pytest.mark.parametrize("batch", [0, 2.0, True, None])
def test_features_are_taken_in_whole_batches(batch, refused):
    with refused("batch"):
        Classifier(width=8).features(torch.zeros(2, 1, 28, 28), batch=batch)


def test_a_network_in_evaluation_can_be_traced():
    network = UNet(width=8, multipliers=(1,)).eval()
    x, log_snr = torch.zeros(2, 1, 8, 8), torch.zeros(2)
    assert torch.jit.trace(network, (x, log_snr))(x + 1, log_snr + 2).equal(network(x + 1, log_snr + 2))
    assert isinstance(torch.export.export(network, (x, log_snr)).module(), nn.Module)


def test_a_network_that_could_not_be_taken_apart_is_left_whole_too(noise):
    network = in_training()
    before = modes(network), counted(network)
    with pytest.raises(CourseError):
        dissect(network, noise[:, :, :5], torch.zeros(6))
    assert unchanged(network, before)
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in network.modules())
