"""How a GAN and a diffusion learn garments, second beside second: `python tests/benchmarks/gan.py [what ...]`.

GAN 与扩散模型学画衣物，按秒并排比较：`python tests/benchmarks/gan.py [项目 ...]`。

    curves    Fréchet distance of 500 samples over the same seconds of training, for both
    stable    what keeps the game stable: nothing, R1 of three weights, or spectral norm; equal seconds each

Both unless some are named. Seconds are the processor's, on one thread; looking does not count. Fashion-MNIST is read
from DIFFUSION_COURSE_DATA or the hub. About 10 minutes for each.
"""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn.utils.parametrizations import spectral_norm  # noqa: E402

from course_utils import data, gan, metrics, objectives, samplers, schedules, times, training, weights  # noqa: E402
from course_utils.experiments.drawn_by_gan import made_by  # noqa: E402
from course_utils.experiments.garments import classes_in_turn, garments_in_batches  # noqa: E402
from course_utils.generator import Discriminator, Generator  # noqa: E402
from course_utils.muon import Muon  # noqa: E402
from course_utils.unet import UNet  # noqa: E402
from tools import train_gan  # noqa: E402
from tools.ship_data import whole  # noqa: E402

SCHEDULE, JUDGE, LOOKS, REDRAWN = schedules.cosine(), weights.pretrained("classifier"), 4, 20


def curves(seconds: float = 240, n: int = 500) -> None:
    """Both from scratch, each with a plan as long as its own pace allows."""
    x, y = whole("train")
    x = data.to_bytes(x)
    floor(n)
    for name, start, go, drawn in (
        ("diffusion", diffusion, partial(_diffuse, x, y), _walk),
        ("GAN", partial(game, train_gan.WIDTH), partial(_play, x, y), made_by),
    ):
        steps = int(seconds / _pace(go(start(), 10)))
        state = start()
        _print_curve(f"{name}, {steps} steps planned", state, go(state, steps), steps, seconds, drawn, n)


def stable(seconds: float = 60, n: int = 2000, width: int = 24, batch: int = 32) -> None:
    """The first seconds of a long game between two small players; the weights as they are beside their average."""
    x, y = whole("train")
    x = data.to_bytes(x)
    floor(n)
    for name, r1, norm in (
        ("nothing", 0.0, False),
        ("R1, 0.1", 0.1, False),
        ("R1, 1", 1.0, False),
        ("R1, 10", 10.0, False),
        ("spectral norm", 0.0, True),
    ):
        state = game(width, normed=norm)
        records = gan.play(state, x, train_gan.STEPS, batch=batch, labels=y, r1=r1)
        _print_curve(name, state, records, train_gan.STEPS, seconds, made_by, n, raw=True)


def floor(n: int) -> None:
    """As many real images, of the training set, against the same moments."""
    some = classes_in_turn(whole("train")).x[:n]
    found, error = judged(some)
    print(f"  {n} real training images: {found:.3f} ± {error:.3f}", flush=True)


def judged(x: Tensor) -> tuple[float, float]:
    """The Fréchet distance to the test images, and one standard error, bootstrapped."""
    features, real = JUDGE.features(x), weights.garment_moments()
    chance = torch.Generator().manual_seed(0)
    again = [features[torch.randint(len(x), (len(x),), generator=chance)] for _ in range(REDRAWN)]
    spread = torch.tensor([metrics.frechet_distance(one, real) for one in again]).std()
    return metrics.frechet_distance(features, real), float(spread)


def diffusion() -> training.TrainState:
    torch.manual_seed(0)
    return training.start(UNet(1, 48, (1, 2), classes=10, patch=2), optimizer=Muon)


def game(width: int, *, normed: bool = False) -> training.TrainState:
    torch.manual_seed(0)
    generator, discriminator = Generator(train_gan.LATENT, width), Discriminator(width)
    for layer in list(discriminator.modules()) if normed else []:
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding):
            spectral_norm(layer)
    players = gan.Players(generator, discriminator, train_gan.LATENT)
    return training.start(players, lr=train_gan.RATE, optimizer=gan.adam)


def _diffuse(x: Tensor, y: Tensor, state: training.TrainState, steps: int) -> Iterator:
    how = dict(batch=128, labels=y, unlabelled=0.1, objective=objectives.errors_of_v)
    return training.train(state, SCHEDULE, x, steps, **how)


def _play(x: Tensor, y: Tensor, state: training.TrainState, steps: int) -> Iterator:
    return gan.play(state, x, steps, batch=train_gan.BATCH, labels=y, r1=train_gan.R1)


def _walk(network: nn.Module, labels: Tensor) -> Tensor:
    at = times.log_snr_times(SCHEDULE, 10)
    return torch.cat(list(garments_in_batches(network, samplers.dpm_solver, at, len(labels)))).clamp(-1, 1)


def _pace(records: Iterator) -> float:
    """Seconds of the processor for a step, after two that do not count."""
    next(records), next(records)
    began = time.process_time()
    taken = sum(1 for _ in records)
    return (time.process_time() - began) / taken


def _print_curve(
    name: str,
    state: training.TrainState,
    records: Iterator,
    steps: int,
    seconds: float,
    drawn: Callable[[nn.Module, Tensor], Tensor],
    n: int,
    *,
    raw: bool = False,
) -> None:
    spent, due, labels = 0.0, seconds / LOOKS, torch.arange(n) % 10
    began = time.process_time()
    for record in records:
        done = record.step == steps
        if spent + time.process_time() - began < due and not done:
            continue
        spent, due = spent + time.process_time() - began, due + seconds / LOOKS
        asked = {"average": state.ema} | ({"as they are": state.network} if raw else {})
        found = {which: judged(drawn(getattr(one, "generator", one), labels)) for which, one in asked.items()}
        told = ", ".join(f"{which} {at:.3f} ± {error:.3f}" for which, (at, error) in found.items())
        print(f"  {name:32} {spent:5.0f} s  step {record.step:5}  {told}", flush=True)
        if done or due > seconds * 1.01:
            return
        began = time.process_time()


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked.run(__doc__, curves, stable)
