"""The weights that ship: small, quickly there, what their cards say, and good at what they are for.

随课程附带的权重：小、载入快、与模型卡相符，而且确实胜任。
"""

import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors import safe_open

from course_utils import data, metrics, objectives, schedules, weights
from course_utils.classifier import FEATURES, Classifier
from course_utils.denoisers import clipped, from_network
from course_utils.forward import forward_jump
from course_utils.samplers import ddim, finish
from course_utils.times import even_times
from course_utils.unet import UNet

SHIPPED = ["classifier", "digits", "fashion_mnist", "fashion_mnist_halfway", "gan", "noise_aware_classifier"]
COSINE = schedules.cosine()


def test_these_are_shipped_each_with_its_card():
    assert weights.names() == SHIPPED
    cards = sorted(path.stem for path in weights.FOLDER.glob("*.md"))
    assert set(SHIPPED) - set(cards) <= {"fashion_mnist_halfway"}, "it shares the card of the run it was taken from"


@pytest.mark.parametrize("name", SHIPPED)
def test_each_is_half_precision_and_at_most_4_MB(name):
    path = weights.FOLDER / f"{name}.safetensors"
    assert path.stat().st_size <= 4_000_000
    with safe_open(path, "pt") as file:
        kinds = {file.get_tensor(key).dtype for key in file.keys()}
    assert kinds <= {torch.float16, torch.int64}


@pytest.mark.parametrize("name", SHIPPED)
def test_each_comes_ready_to_be_asked(name):
    network = weights.pretrained(name)
    assert not network.training and not any(weight.requires_grad for weight in network.parameters())
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}
    card = weights.FOLDER / f"{name.removesuffix('_halfway')}.md"
    assert f"{sum(weight.numel() for weight in network.parameters()):,}" in card.read_text(encoding="utf-8")


def test_another_name_is_refused_with_the_list_of_names(refused):
    with refused("'cats'", *SHIPPED):
        weights.pretrained("cats")
    for names in (["gan"], np.array(["gan", "digits"]), None):
        with refused(repr(names)):
            weights.pretrained(names)
    with refused("(4, 10)", "(n, 64)"):
        weights.pretrained("gan")(torch.zeros(4, 10), torch.arange(4))


def test_a_network_is_loaded_well_within_a_second():
    code = "import time, torch, course_utils.unet; from course_utils.weights import pretrained;"
    code += "began = time.process_time(); pretrained('fashion_mnist'); print(time.process_time() - began)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 1


def test_written_and_read_again(tmp_path, monkeypatch):
    network = UNet(3, 16, (1, 2), classes=4, patch=2)
    weights.write("mine", network, tmp_path)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    again = weights.pretrained("mine")
    assert again.config == network.config and [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]
    for key, weight in network.state_dict().items():
        torch.testing.assert_close(again.state_dict()[key], weight, rtol=1e-3, atol=1e-6)


def test_the_digits_network_has_learnt_digits():
    x = data.digits().x[::5]  # kept out of its training
    _, found = objectives.held_out(COSINE, weights.pretrained("digits"), x)
    _, untrained = objectives.held_out(COSINE, UNet(), x)
    assert found.mean() < 0.17 < 0.45 * untrained.mean()


def garments(name, labels, steps=20):
    denoiser = from_network(COSINE, weights.pretrained(name), labels)
    noise = torch.randn(len(labels), 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return finish(ddim(COSINE, clipped(denoiser), noise, even_times(COSINE, steps)))


def test_the_judge_recognises_the_garments_that_were_asked_for():
    labels = torch.arange(10).repeat(3)
    judge = weights.pretrained("classifier")
    right = (judge(garments("fashion_mnist", labels)).argmax(1) == labels).float().mean()
    assert right >= 0.8


def test_the_noise_aware_classifier_reads_noised_garments_the_less_the_more_noise():
    labels, classifier = torch.arange(10).repeat(10), weights.pretrained("noise_aware_classifier")
    x0, right = garments("fashion_mnist", labels), []
    for t in (80, 500, 900):
        xt, _ = forward_jump(COSINE, x0, t, generator=torch.Generator().manual_seed(1))
        right.append(float((classifier(xt, COSINE.log_snr[t].float()).argmax(1) == labels).float().mean()))
    assert right[0] > 0.65 and right[1] > 0.55 and 0.15 < right[2] < right[1], right


def test_the_classifier_gives_features_and_refuses_other_images(refused):
    judge = Classifier(width=8).eval()
    x = torch.rand(7, 1, 28, 28) * 2 - 1
    found = judge.features(x, batch=3)
    assert found.shape == (7, FEATURES)
    torch.testing.assert_close(judge.head(found), judge(x))
    with refused("(7, 1, 8, 8)"):
        judge(x[..., :8, :8])


def test_the_moments_of_real_garments_are_near_to_good_samples_and_far_from_noise():
    judge, real = weights.pretrained("classifier"), weights.garment_moments()
    assert real.mean.shape == (128,) and torch.equal(real.covariance, real.covariance.T)
    labels = torch.arange(200) % 10
    drawn = garments("fashion_mnist", labels)
    noise = torch.randn(200, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    near, far = (metrics.frechet_distance(judge.features(x), real) for x in (drawn, noise))
    assert near < 1 and far > 20 * near
