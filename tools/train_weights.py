"""Train the weights that ship with the course, and write each beside a card that says how.

训练随课程附带的权重，并在旁边写下说明来历的模型卡。

    python tools/train_weights.py classifier      the judge of garments, its features serve the Fréchet distance
    python tools/train_weights.py digits
    python tools/train_weights.py fashion_mnist   class-conditional; also writes fashion_mnist_halfway
    python tools/train_weights.py noise_aware_classifier   a classifier of noised garments, which guides
    python tools/train_weights.py gan             a generator of garments, class-conditional (tools/train_gan.py)
    python tools/train_weights.py moments         what the Fréchet distance keeps of the classifier's features
    python tools/train_weights.py figures NAME    measure again, write the card anew

Fashion-MNIST is read from DIFFUSION_COURSE_DATA or the hub. A run that is stopped goes on where it was when the same
command is given again: its checkpoints lie in build/runs/NAME.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from course_utils import (  # noqa: E402
    arithmetic,
    checkpoints,
    data,
    denoisers,
    metrics,
    objectives,
    samplers,
    schedules,
    times,
    training,
    weights,
)
from course_utils.classifier import Classifier, NoiseAwareClassifier  # noqa: E402
from course_utils.experiments.drawn_by_gan import made_by  # noqa: E402
from course_utils.files import write_whole  # noqa: E402
from course_utils.forward import forward_jump  # noqa: E402
from course_utils.muon import Muon  # noqa: E402
from course_utils.schedules import Schedule  # noqa: E402
from course_utils.unet import UNet  # noqa: E402
from tools import train_gan  # noqa: E402
from tools.ship_data import whole  # noqa: E402

RUNS = ROOT / "build" / "runs"
SEED = 0
NOISE_AWARE, NOISE_AWARE_RATE, NOISE_AWARE_STEPS = "noise_aware_classifier", 3e-3, 650
LEVELS = (8, 4, 2, 0, -1, -2, -3, -4, -6)  # log-SNRs where it is measured


@dataclass(frozen=True)
class Plan:
    """How one network of the course is trained. 课程中一个网络的训练方案。"""

    config: dict
    steps: int
    batch: int
    rate: float
    ema_decay: float
    unlabelled: float
    halfway: int | None = None


PLANS = {
    "digits": Plan(dict(channels=1, width=32, multipliers=(1, 2)), 4000, 128, 2e-3, 0.998, 0.0),
    "fashion_mnist": Plan(
        dict(channels=1, width=48, multipliers=(1, 2), classes=10, patch=2), 10_000, 128, 3e-3, 0.999, 0.1, 600
    ),
}


def images(name: str) -> tuple[data.Images, data.Images]:
    """Training and test images; a fifth of the digits is kept out. 训练与测试图像；手写数字留出五分之一。"""
    if name != "digits":
        return whole("train"), whole("test")
    every = data.digits()
    out = torch.arange(len(every.x)) % 5 == 0
    return data.Images(every.x[~out], every.y[~out]), data.Images(every.x[out], every.y[out])


def train(name: str) -> None:
    plan = PLANS[name]
    (x, y), (test_x, test_y) = images(name)
    x, schedule, folder = data.to_bytes(x), schedules.cosine(), RUNS / name
    torch.manual_seed(SEED)
    state = training.start(UNet(**plan.config), lr=plan.rate, seed=SEED, optimizer=Muon)
    checkpoints.resume(folder, state)
    labels, test_labels = (y, test_y) if plan.config.get("classes") else (None, None)
    minutes = _minutes(folder)
    began = time.monotonic()
    records = training.train(
        state,
        schedule,
        x,
        plan.steps,
        batch=plan.batch,
        labels=labels,
        ema_decay=plan.ema_decay,
        unlabelled=plan.unlabelled,
        objective=objectives.errors_of_v,
    )
    for record in records:
        if record.step == plan.halfway:
            weights.write(f"{name}_halfway", state.ema)
        if record.step % 250 == 0 or record.step == plan.steps:
            spent = minutes + (time.monotonic() - began) / 60
            _, found = objectives.held_out(schedule, state.ema, test_x[:2000], _first(test_labels, 2000))
            checkpoints.save_in(folder, state, float(found.mean()))
            write_whole(folder / "minutes.json", json.dumps(spent).encode())
            print(f"{record.step} / {plan.steps}, {spent:.1f} min, held out {float(found.mean()):.4f}", flush=True)
    weights.write(name, state.ema)
    card(name)


def train_classifier(epochs: int = 12, batch: int = 128) -> None:
    train_set, _ = images("classifier")
    torch.manual_seed(SEED)
    network, generator = Classifier(), torch.Generator().manual_seed(SEED)
    steps = epochs * (len(train_set.x) // batch)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2, fused=True)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    began = time.monotonic()
    for epoch in range(epochs):
        for index in torch.randperm(len(train_set.x), generator=generator).split(batch)[: steps // epochs]:
            x, y = train_set.x[index], train_set.y[index]
            with arithmetic.quick_arithmetic(x):
                loss = F.cross_entropy(network(x), y, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
        print(f"{epoch + 1} / {epochs}, {(time.monotonic() - began) / 60:.1f} min, loss {loss.item():.3f}", flush=True)
    weights.write("classifier", network.eval())
    keep_moments()
    (RUNS / "classifier").mkdir(parents=True, exist_ok=True)
    write_whole(RUNS / "classifier" / "minutes.json", json.dumps((time.monotonic() - began) / 60).encode())
    card("classifier")


def train_noise_aware(steps: int = NOISE_AWARE_STEPS, batch: int = 128) -> None:
    (x, y), schedule, folder = whole("train"), schedules.cosine(), RUNS / NOISE_AWARE
    torch.manual_seed(SEED)
    state = training.start(from_the_denoiser(), lr=NOISE_AWARE_RATE, seed=SEED, optimizer=Muon)
    checkpoints.resume(folder, state)
    spent, began = _minutes(folder), time.process_time()  # of the processor: the run may share its machine
    how = dict(batch=batch, labels=y, ema_decay=0.99, objective=label_errors)
    records = training.train(state, schedule, data.to_bytes(x), steps, **how)
    for record in records:
        if record.step % 25 == 0:
            checkpoints.save_in(folder, state)
            minutes, loss = spent + (time.process_time() - began) / 60, sum(state.losses[-25:]) / 25
            write_whole(folder / "minutes.json", json.dumps(minutes).encode())
            print(f"{record.step} / {steps}, {minutes:.1f} min, loss {loss:.3f}", flush=True)
    weights.write(NOISE_AWARE, state.ema)
    card(NOISE_AWARE)


def from_the_denoiser() -> NoiseAwareClassifier:
    """The way down of the network that draws garments, which knows them and noise already; its head is new.

    画衣物的网络中往下走的一半，它已经认得衣物与噪声；只有输出层是新的。
    """
    denoiser, network = weights.pretrained("fashion_mnist"), NoiseAwareClassifier()
    ours = network.embed, network.stem, network.first, network.down, network.second, network.third
    for part, theirs in zip(ours, (denoiser.embed, denoiser.stem, *denoiser.down, denoiser.middle[0]), strict=True):
        part.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        network.embed.mlp[-1].bias += denoiser.label.weight[-1]  # "no label" is told with every noise level
    return network


def label_errors(
    schedule: Schedule,
    network: torch.nn.Module,
    x0: torch.Tensor,
    t: torch.Tensor,
    eps: torch.Tensor,
    *,
    labels: torch.Tensor,
) -> torch.Tensor:
    """The cross-entropy of the labels that a network reads off noised images. 由加噪图像认标签的交叉熵。"""
    xt, _ = forward_jump(schedule, x0, t, eps)
    return F.cross_entropy(network(xt, schedule.log_snr[t].to(xt)), labels, reduction="none")


def accuracy_by_level(network: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> dict[str, str]:
    """How many of these images are recognised at each noise level, each noised once. 各噪声水平上的准确率。"""
    schedule, told = schedules.cosine(), {}
    for level in LEVELS:
        t = int((schedule.log_snr[1:] - level).abs().argmin()) + 1
        generator = torch.Generator().manual_seed(SEED)
        parts = [forward_jump(schedule, part, t, generator=generator).xt for part in x.split(500)]
        guesses = [network(xt, schedule.log_snr[t].to(xt)).argmax(1) for xt in parts]
        share = float((torch.cat(guesses) == y).float().mean())
        error = 100 * (share * (1 - share) / len(y)) ** 0.5
        told[f"accuracy at log-SNR {level}, t = {t} of 1000"] = f"{100 * share:.1f} ± {error:.1f} %"
    return told


def keep_moments() -> None:
    """Mean and covariance of the classifier's features of the 10,000 test images. 测试图像特征的均值与协方差。"""
    from safetensors.torch import save

    found = metrics.moments(weights.pretrained("classifier").features(images("classifier")[1].x))
    kept = {name: value.float().contiguous() for name, value in found._asdict().items()}
    folder = weights.FOLDER / "moments"
    folder.mkdir(exist_ok=True)
    write_whole(folder / "fashion_mnist.safetensors", save(kept))


def figures(name: str) -> dict[str, str]:
    """What the card says of the finished weights. 模型卡上关于成品的数字。"""
    network = weights.pretrained(name)
    (x, _), (test_x, test_y) = images(name)
    if name == "classifier":
        right = torch.cat([network(part).argmax(1) for part in test_x.split(500)]) == test_y
        return {"accuracy on the 10,000 test images": f"{100 * right.float().mean():.2f} %"}
    if name == NOISE_AWARE:
        return {"measured on": "the 10,000 test images, noised once"} | accuracy_by_level(network, test_x, test_y)
    if name == "gan":
        made, how = made_by(network, test_y), "one evaluation each"
        return distances(made, how, x, test_x) | train_gan.milliseconds(network)
    schedule, classes = schedules.cosine(), network.config["classes"]
    labels = test_y if classes else None
    found = objectives.held_out(schedule, network, test_x, labels).errors
    told = {"mean squared error of eps, held-out images, cosine": f"{found.mean():.4f}"}
    if name == "digits":
        return told
    return told | distances(sample(network, len(test_y), test_y), "DDIM, 50 steps", x, test_x)


def distances(made: torch.Tensor, how: str, x: torch.Tensor, test_x: torch.Tensor) -> dict[str, str]:
    """How far samples are from the test images, beside training images. 样本离测试图像多远，旁边是训练图像。"""
    judge = weights.pretrained("classifier")
    of_test = judge.features(test_x)
    some = torch.randperm(len(x), generator=torch.Generator().manual_seed(SEED))[: len(test_x)]
    real = metrics.frechet_distance(judge.features(x[some]), of_test)
    found = metrics.frechet_distance(judge.features(made), of_test)
    return {
        f"Fréchet distance, 10,000 samples ({how}) to the test images": f"{found:.4f}",
        "Fréchet distance, 10,000 training images to the test images": f"{real:.4f}",
        "the one over the other": f"{found / real:.0f}",
    }


def sample(
    network: torch.nn.Module, n: int, labels: torch.Tensor | None = None, steps: int = 50, batch: int = 500
) -> torch.Tensor:
    """n samples in [-1, 1], by DDIM; the labels, where there are any, in turn.

    用 DDIM 生成 n 个样本；有标签时依次对应。
    """
    schedule, generator = schedules.cosine(), torch.Generator().manual_seed(SEED)
    made = []
    for i in range(0, n, batch):
        xT = torch.randn(min(batch, n - i), 1, 28, 28, generator=generator)
        part = None if labels is None else labels[i : i + batch]
        with arithmetic.quick_arithmetic(xT):
            denoiser = denoisers.image_denoiser(schedule, network, part)
            walk = samplers.ddim(schedule, denoiser, xT, times.even_times(schedule, steps))
            made.append(samplers.finish(walk).clamp(-1, 1))
    return torch.cat(made)


def card(name: str) -> None:
    """Write what is to be known about one file of weights. 写下一份权重的说明。"""
    network, spent = weights.pretrained(name), _minutes(RUNS / name)
    rows = {"command": f"`python tools/train_weights.py {name}`", "seed": str(SEED)}
    rows["data"] = "the digits of scikit-learn" if name == "digits" else "Fashion-MNIST, 60,000 training images, MIT"
    rows["network"] = f"`{type(network).__name__}`, `{network.config}`"
    rows["parameters"] = f"{sum(weight.numel() for weight in network.parameters()):,}"
    if name in PLANS:
        plan = PLANS[name]
        rows["steps"] = f"{plan.steps:,} of {plan.batch} images, average {plan.ema_decay:g}"
        rows["loss"] = "the squared error of v: (1 + 1/snr) times that of eps"
        rows["schedule"] = "`cosine`, T = 1000"
        rows["optimizer"] = f"`Muon`, rate {plan.rate:g} after a warm-up of 100 steps, then down a cosine to 0"
        if plan.halfway:
            rows["on the way"] = f"`{name}_halfway`: the average after {plan.halfway} steps"
    if name == NOISE_AWARE:
        rows["begins as"] = "the way down of `fashion_mnist`, with a new head"
        rows["steps"] = f"{NOISE_AWARE_STEPS}, of 128 images, one noise level each; average 0.99"
        rows["loss"] = "cross-entropy"
        rows["schedule"] = "`cosine`, T = 1000"
        rows["optimizer"] = f"`Muon`, rate {NOISE_AWARE_RATE:g} after a warm-up of 65 steps, then down a cosine"
    if name == "gan":
        rows |= train_gan.ROWS
    if spent:
        of = " of the processor" if name in (NOISE_AWARE, "gan") else ""
        rows["minutes"] = f"{spent:.0f}{of}, on {torch.get_num_threads()} CPU core(s)"
    lines = [f"| {key} | {value} |" for key, value in (rows | figures(name)).items()]
    text = "\n".join([f"# {name}", "", "| | |", "|---|---|", *lines, ""])
    write_whole(weights.FOLDER / f"{name}.md", text.encode())
    print(text)


def _minutes(folder: Path) -> float:
    path = folder / "minutes.json"
    return json.loads(path.read_text()) if path.exists() else 0.0


def _first(labels: torch.Tensor | None, n: int) -> torch.Tensor | None:
    return None if labels is None else labels[:n]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=[*PLANS, "classifier", NOISE_AWARE, "gan", "moments", "figures"])
    parser.add_argument("name", nargs="?", help="whose figures")
    asked = parser.parse_args()
    if asked.what == "figures":
        card(asked.name)
    elif asked.what == "classifier":
        train_classifier()
    elif asked.what == NOISE_AWARE:
        train_noise_aware()
    elif asked.what == "gan":
        train_gan.train(RUNS / "gan", SEED)
        card("gan")
    elif asked.what == "moments":
        keep_moments()
    else:
        train(asked.what)


if __name__ == "__main__":
    main()
