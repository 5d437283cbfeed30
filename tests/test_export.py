"""What is handed on draws the same images without this package: by `diffusers`, by onnxruntime.

交出去的东西，不靠本包也画出同样的图像：由 `diffusers`，由 onnxruntime。
"""

import json
import os
import subprocess
import sys

import pytest
import torch

from course_utils import export, schedules, weights
from course_utils.denoisers import clipped, from_network, image_denoiser
from course_utils.experiments import handing_on
from course_utils.export import to_diffusers
from course_utils.guidance import classifier_free_guided
from course_utils.samplers import ddim, ddpm, finish
from course_utils.times import even_times
from course_utils.unet import UNet

SIZES = {"digits": 8, "fashion_mnist": 28}
STEPS = 10
# Without the package: its import fails, and everything is read from the folders.
WITHOUT_US = """
import sys
sys.modules["course_utils"] = None
import torch
from diffusers import DDPMScheduler, DiffusionPipeline
from safetensors.torch import load_file, save_file
folder = sys.argv[1]
for name in sys.argv[2:]:
    given = load_file(f"{folder}/{name}.safetensors")
    pipeline = DiffusionPipeline.from_pretrained(f"{folder}/{name}", trust_remote_code=True)
    told = dict(latents=given["xT"], class_labels=given.get("labels"), num_inference_steps=10, output_type="pt")
    found = {"plain": pipeline(**told).images}
    if "labels" in given:
        found["guided"] = pipeline(**told, guidance_scale=3.0).images
        del told["class_labels"]
        found["unlabelled"] = pipeline(**told).images
    for t in (0, 9, 99):
        found[f"v{t}"] = pipeline.unet(given["xT"], t, given.get("labels")).sample
    pictures = pipeline(batch_size=2, num_inference_steps=2, generator=torch.Generator().manual_seed(0)).images
    assert [picture.size for picture in pictures] == [given["xT"].shape[-2:]] * 2
    pipeline.scheduler = DDPMScheduler.from_config(pipeline.scheduler.config)
    assert pipeline(batch_size=1, num_inference_steps=2, output_type="np").images.max() <= 1
    save_file({key: image.contiguous() for key, image in found.items()}, f"{folder}/{name}.drawn.safetensors")
print(*{name.split(".")[0] for name, module in sys.modules.items() if module is not None})
"""


@pytest.fixture(scope="module")
def networks():
    """By name: a schedule, a network with all its parts awake and the size of its images."""

    def awake(**config):
        torch.manual_seed(0)
        network = UNet(**config)
        with torch.no_grad():
            for weight in network.parameters():
                weight.add_(0.1 * torch.randn_like(weight))
        return network.eval()

    return {
        "digits": (schedules.cosine(), weights.pretrained("digits"), 8),
        "garments": (schedules.cosine(), weights.pretrained("fashion_mnist"), 28),
        "colour": (schedules.linear(100), awake(channels=3, width=24, multipliers=(1, 2, 3), classes=4), 14),
        "narrow": (schedules.quadratic(200), awake(channels=1, width=8, multipliers=(1,), patch=2), 7),
    }


@pytest.fixture(scope="module")
def drawn(networks, tmp_path_factory):
    """By name: what a process without the package drew, and from what."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("handed")
    given = {}
    for name, (schedule, network, size) in networks.items():
        classes = network.config["classes"]
        noise = torch.randn(3, network.config["channels"], size, size, generator=torch.Generator().manual_seed(1))
        given[name] = {"xT": noise, **({"labels": torch.tensor([0, 3, 1])} if classes else {})}
        save_file(given[name], folder / f"{name}.safetensors")
        export.export_diffusers(schedule, network, folder / name, size=size, licence="cc0-1.0")
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    variables |= {"HF_HUB_OFFLINE": "1", "HF_MODULES_CACHE": str(folder / "modules"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-I", "-c", WITHOUT_US, str(folder), *given]
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "course_utils" not in run.stdout.split() and "diffusers" in run.stdout.split()
    return {name: (given[name], load_file(folder / f"{name}.drawn.safetensors")) for name in given}


def exact(network):
    """The same network in float64, so that what is compared is theirs, and not our own rounding."""
    double = UNet(**network.config).double().eval()
    double.load_state_dict(network.state_dict())
    return double


def walked(schedule, denoiser, xT):
    return finish(ddim(schedule, denoiser, xT.double(), even_times(schedule, STEPS)))


@pytest.mark.parametrize("name", ["digits", "garments", "colour", "narrow"])
def test_diffusers_draws_the_same_images_in_a_process_without_this_package(name, networks, drawn):
    schedule, network, _ = networks[name]
    given, found = drawn[name]
    double, labels = exact(network), given.get("labels")
    own = {"plain": image_denoiser(schedule, double, labels)}
    if labels is not None:
        own["guided"] = clipped(classifier_free_guided(schedule, double, labels, 3.0))
        own["unlabelled"] = image_denoiser(schedule, double, torch.full_like(labels, network.config["classes"]))
    for way, denoiser in own.items():
        theirs = 2 * found[way].double() - 1
        assert (walked(schedule, denoiser, given["xT"]) - theirs).abs().max() < 1e-4, way
    assert len({float(images.sum()) for images in found.values()}) == len(found), "each is another picture"


@pytest.mark.parametrize("name", ["digits", "garments", "colour", "narrow"])
def test_their_network_answers_v_at_the_timestep_before_ours(name, networks, drawn):
    schedule, network, _ = networks[name]
    given, found = drawn[name]
    xt, asked = given["xT"].double(), [given[key] for key in ("labels",) if key in given]
    for t in (0, 9, 99):
        eps_hat = exact(network)(xt, schedule.log_snr[t + 1], *asked).detach()
        v = (eps_hat - schedule.noise[t + 1] * xt) / schedule.signal[t + 1]
        assert (v - found[f"v{t}"]).abs().max() < 1e-4 * max(1, float(v.abs().max())), t


def test_a_pipeline_folder_is_written_without_diffusers_and_says_what_it_is(networks, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    schedule, network, size = networks["colour"]
    path = export.export_diffusers(schedule, network, tmp_path / "花" / "mine", size=size, licence="cc-by-4.0")
    text = (path / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\n") and '\nlicense: "cc-by-4.0"\n' in text and "trust_remote_code" in text
    assert f"{sum(w.numel() for w in network.parameters()):,}" in text and "14 x 14" in text and "许可" in text
    betas = json.loads((path / "scheduler/scheduler_config.json").read_text())["trained_betas"]
    assert torch.equal(torch.tensor(betas, dtype=torch.float64), schedule.beta[1:])
    for file in path.rglob("*.py"):
        assert "course_utils" not in file.read_text(encoding="utf-8")


def run_by_onnx(path, **given):
    """By onnxruntime alone."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {name: x.numpy() for name, x in given.items()})[0])


@pytest.mark.parametrize("name, half", [("digits", False), ("garments", False), ("colour", True), ("narrow", True)])
def test_onnxruntime_answers_as_torch_does_for_any_batch(name, half, networks, tmp_path, seeded):
    schedule, network, size = networks[name]
    path, generator = export.export_onnx(network, tmp_path / "network.onnx", size=size, half=half), seeded(2)
    if half:  # these weights have more digits than half precision: it is the halves that are compared
        network = UNet(**network.config).eval()
        network.load_state_dict({k: w.half().float() for k, w in networks[name][1].state_dict().items()})
    for n in (1, 2, 5):
        xt = torch.randn(n, network.config["channels"], size, size, generator=generator)
        log_snr = schedule.log_snr[torch.randint(1, schedule.T + 1, (n,), generator=generator)].float()
        given = {"xt": xt, "log_snr": log_snr}
        if classes := network.config["classes"]:
            given["labels"] = torch.randint(0, classes + 1, (n,), generator=generator)
        own, there = network(*given.values()).detach(), run_by_onnx(path, **given)
        assert (own - there).abs().max() < 1e-4 * max(1, float(own.abs().max())), n
        assert torch.equal(export.read_onnx(path)(**given), there)


@pytest.mark.parametrize("name", ["digits", "garments"])
def test_in_half_precision_a_file_is_small_and_draws_the_same(name, networks, tmp_path):
    """From the noisiest step on, where log-SNR is -22 and a sigmoid of few digits would be worth nothing."""
    schedule, network, size = networks[name]
    path = export.export_onnx(network, tmp_path / "half.onnx", size=size, half=True)
    assert path.stat().st_size <= 4_000_000
    xT = torch.randn(2, 1, size, size, generator=torch.Generator().manual_seed(3))
    labels = torch.tensor([1, 9]) if network.config["classes"] else None
    times = even_times(schedule, STEPS)
    own, there = (
        finish(ddim(schedule, image_denoiser(schedule, by, labels), xT, times))
        for by in (network, export.read_onnx(path))
    )
    assert schedule.log_snr[-1] < -20 and (own - there).abs().max() < 1e-4


def test_a_network_from_a_file_goes_wherever_a_network_goes(networks, tmp_path, seeded):
    schedule, network, size = networks["digits"]
    by = export.read_onnx(export.export_onnx(network, tmp_path / "n.onnx", size=size))
    xT = torch.randn(2, 1, size, size, generator=seeded(4))
    walks = [
        finish(ddpm(schedule, from_network(schedule, each), xT, [500, 250, 0], generator=seeded(5)))
        for each in (by, network)
    ]
    assert (walks[0] - walks[1]).abs().max() < 1e-4


def test_all_three_formats_draw_the_same(tmp_path, networks, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    schedule, network, _ = networks["digits"]
    handed = handing_on.hand_on(schedule, network, tmp_path, (4, 1, 8, 8))
    assert list(handed) == ["course_utils", "diffusers", "onnx", "onnx, half"]
    assert handed["diffusers"].apart < 1e-4 and handed["onnx, half"].megabytes < 0.6 * handed["onnx"].megabytes
    assert all(0 <= way.apart < 0.01 and way.x0.shape == (4, 1, 8, 8) for way in handed.values())
    assert [row.split()[0] for row in handing_on.handed_rows(handed)[1:]] == [name.split()[0] for name in handed]


def test_a_missing_library_costs_its_own_format_alone(tmp_path, networks, monkeypatch, capsys, refused):
    for name in ("onnx", "diffusers"):
        monkeypatch.setitem(sys.modules, name, None)
    schedule, network, _ = networks["digits"]
    assert list(handing_on.hand_on(schedule, network, tmp_path, (1, 1, 8, 8))) == ["course_utils"]
    assert "pip install onnx" in capsys.readouterr().out
    with refused("onnx", "pip install"):
        export.export_onnx(network, tmp_path / "n.onnx", size=8)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with refused("onnxruntime", "pip install"):
        export.read_onnx(tmp_path / "n.onnx")


def test_a_cache_that_cannot_be_written_costs_one_format_too(tmp_path, networks, monkeypatch, capsys):
    import diffusers

    def nowhere(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(diffusers.DiffusionPipeline, "from_pretrained", nowhere)
    schedule, network, _ = networks["digits"]
    assert "diffusers" not in handing_on.hand_on(schedule, network, tmp_path, (1, 1, 8, 8))
    assert "HF_MODULES_CACHE" in capsys.readouterr().out


class Other(UNet):
    """A U-Net that computes otherwise."""


def exchanged():
    network = UNet(width=8)
    network.middle[1].out = torch.nn.Sequential(network.middle[1].out, torch.nn.Conv2d(16, 16, 1))
    return network


def spoilt(value):
    network = UNet(width=8)
    with torch.no_grad():
        network.stem.weight[0, 0, 0, 0] = value
    return network


@pytest.mark.parametrize(
    "network, named",
    [
        (None, "None"),
        (torch.nn.Linear(2, 2), "Linear"),
        (Other(width=8), "Other"),
        (exchanged(), "middle.1.out"),
        (spoilt(torch.nan), "nan"),
    ],
)
def test_what_is_no_plain_network_is_refused_and_nothing_written(network, named, tmp_path, refused):
    with refused(named):
        export.export_diffusers(schedules.cosine(), network, tmp_path / "folder", size=8)
    with refused(named):
        export.export_onnx(network, tmp_path / "network.onnx", size=8)
    assert list(tmp_path.iterdir()) == []


def test_weights_too_large_for_half_precision_are_refused(tmp_path, refused):
    with refused("65,504"):
        export.export_onnx(spoilt(1e6), tmp_path / "network.onnx", size=8, half=True)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused_and_is_no_pipeline(tmp_path, refused):
    (tmp_path / "unet").write_text("a file where a folder belongs")
    with refused("unet"):
        export.export_diffusers(schedules.cosine(), UNet(width=8), tmp_path, size=8)
    assert not (tmp_path / "model_index.json").exists()
    with refused("nowhere"):
        export.export_onnx(UNet(width=8), tmp_path / "nowhere" / "network.onnx", size=8)


def test_nothing_else_is_written_over_and_an_earlier_export_is_no_pipeline_until_it_is_whole(
    tmp_path, monkeypatch, refused
):
    schedule, network, place = schedules.cosine(), UNet(width=8), tmp_path / "mine"
    place.mkdir()
    (place / ".gitattributes").write_text("of a new repository")
    export.export_diffusers(schedule, network, place, size=8)
    monkeypatch.setattr(to_diffusers, "write_whole", lambda path, content: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export.export_diffusers(schedule, network, place, size=8)
    assert not (place / "model_index.json").exists()
    monkeypatch.undo()
    export.export_diffusers(schedule, network, place, size=8)
    assert (place / "model_index.json").exists()
    (tmp_path / "README.md").write_text("all that was measured")
    with refused("README.md", tmp_path.name):
        export.export_diffusers(schedule, network, tmp_path, size=8)
    assert (tmp_path / "README.md").read_text() == "all that was measured"


@pytest.mark.parametrize("licence", ['CC: "x"', "one\n---\n# two", "caf\udce9"])
def test_whatever_a_licence_holds_the_head_of_the_card_stays_whole(licence, tmp_path):
    path = export.export_diffusers(schedules.cosine(), UNet(width=8), tmp_path / "mine", size=8, licence=licence)
    _, head, *_ = (path / "README.md").read_text("utf-8").split("---\n")
    [said] = [line.removeprefix("license: ") for line in head.splitlines() if line.startswith("license: ")]
    assert json.loads(said) == " ".join(licence.split()).replace("\udce9", "?")


def test_a_licence_is_words(tmp_path, refused):
    with refused("licence", "None"):
        export.export_diffusers(schedules.cosine(), UNet(width=8), tmp_path / "mine", size=8, licence=None)
    assert list(tmp_path.iterdir()) == []


def test_a_network_from_a_file_refuses_what_a_network_refuses(tmp_path, refused):
    network, x, zero = UNet(width=8, multipliers=(1,), classes=3), torch.zeros(2, 1, 8, 8), torch.zeros(2)
    by, none = export.read_onnx(export.export_onnx(network, tmp_path / "n.onnx", size=8)), torch.tensor([3, 3])
    assert by(x, torch.zeros(()), none).shape == x.shape
    for log_snr in (zero + 500, 0.5, torch.zeros(3)):
        with refused("log_snr"):
            by(x, log_snr, none)
    for labels in (none[:1], -none, none + 1):
        with refused("labels", "3"):
            by(x, zero, labels)


def test_a_file_that_is_none_or_is_asked_for_what_it_cannot_do_is_refused(tmp_path, refused):
    with refused("missing.onnx"):
        export.read_onnx(tmp_path / "missing.onnx")
    path = export.export_onnx(UNet(width=8), tmp_path / "network.onnx", size=8)
    (tmp_path / "torn.onnx").write_bytes(path.read_bytes()[:1000])
    with refused("torn.onnx"):
        export.read_onnx(tmp_path / "torn.onnx")
    with refused("network.onnx"):
        export.read_onnx(path)(torch.zeros(1, 1, 9, 9), torch.zeros(1))
