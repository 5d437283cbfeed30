"""How fast and how well networks train here, side by side: `python tests/benchmarks/training.py [what ...]`.

网络在本机训练得多快、多好，并排比较：`python tests/benchmarks/training.py [项目 ...]`。

    huber     seconds to a Huber loss of 0.047 on the 10,000 test images, from scratch
    speed     images a second, share of the machine's own matrix products, peak memory, for four networks
    quality   Fréchet distance of 2,000 samples after 10 minutes of training each
    kills     a run killed 20 times beside one that was not

All four unless some are named. Fashion-MNIST is read from DIFFUSION_COURSE_DATA or the hub. Run it alone: about an
hour on two cores.
"""

import concurrent.futures
import contextlib
import itertools
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import asked  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from course_utils import data, metrics, objectives, schedules, training, weights  # noqa: E402
from course_utils.muon import Muon  # noqa: E402
from course_utils.notes_unets import AnnotatedUNet  # noqa: E402
from course_utils.unet import UNet  # noqa: E402
from tools.ship_data import whole  # noqa: E402
from tools.train_weights import sample  # noqa: E402

GOAL = 0.047  # what seed training prints after 5 epochs
HUBER = partial(objectives.errors, error=objectives.huber)


class FromDiffusers(nn.Module):
    """A network of diffusers, told the timestep whose log-SNR it is given. 以时间步为输入的 diffusers 网络。"""

    def __init__(self, schedule: schedules.Schedule):
        super().__init__()
        from diffusers import UNet2DModel

        self.network = UNet2DModel(
            sample_size=28,
            in_channels=1,
            out_channels=1,
            layers_per_block=1,
            block_out_channels=(32, 64, 88),
            down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
            norm_num_groups=8,
            attention_head_dim=44,
        )
        self.register_buffer("falling", -schedule.log_snr[1:].float())

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        t = torch.searchsorted(self.falling, -log_snr.expand(len(xt)).contiguous()).clamp(max=len(self.falling) - 1)
        return self.network(xt, t).sample


@dataclass(frozen=True)
class Entry:
    """A network, and how whoever published it would train it. 一个网络，以及它的发布者会怎样训练它。"""

    build: Callable[[], nn.Module]
    rate: float
    optimizer: Callable[..., torch.optim.Optimizer]
    objective: objectives.Objective


ENTRIES = {
    "ours": Entry(lambda: UNet(1, 48, (1, 2), patch=2), 3e-3, Muon, objectives.errors_of_v),
    "annotated, ConvNeXt": Entry(AnnotatedUNet, 1e-3, torch.optim.Adam, HUBER),
    "diffusers, UNet2DModel": Entry(lambda: FromDiffusers(schedules.cosine()), 1e-3, training.adamw, objectives.errors),
}


def garments() -> tuple[Tensor, Tensor]:
    """Training and test images as bytes. 训练与测试图像，以字节存放。"""
    return tuple(data.to_bytes(whole(split).x) for split in ("train", "test"))


def huber(steps: int = 420, looks: tuple[float, ...] = (0.4, 0.55, 0.7, 0.85, 1.0)) -> None:
    """The time it takes our network to 0.047, on the raw linear schedule of 200 steps; looking does not count."""
    x, test = garments()
    schedule = schedules.raw_linear(200)
    torch.manual_seed(0)
    state = training.start(UNet(1, 48, (1, 2), patch=2), optimizer=Muon)
    records = training.train(state, schedule, x, steps, batch=128, ema_decay=0.99)
    seconds, reached = 0.0, None
    for look in looks:
        seconds += _seconds(records, round(look * steps) - state.step)
        found = float(objectives.held_out(schedule, state.ema, test, error=objectives.huber)[1].mean())
        reached = reached or (seconds if found <= GOAL else None)
        print(f"  step {state.step:4}  {seconds:5.0f} s  Huber {found:.4f}", flush=True)
    print(f"  {GOAL} reached after {reached:.0f} s" if reached else f"  {GOAL} not reached")


def speed(batch: int = 128) -> None:
    """Training steps of each network, in float32 and, where there are tiles for it, in bfloat16; each on its own."""
    products = {half: _products(half) for half in (False, True)}
    print(f"  matrix products: {products[False]:.0f} GFLOP/s in float32, {products[True]:.0f} in bfloat16")
    x = garments()[0][: 60 * batch]
    alone = multiprocessing.get_context("spawn")  # a process each, so that the peak of memory is its own
    for half, name in itertools.product((True, False), ENTRIES):
        with concurrent.futures.ProcessPoolExecutor(1, alone) as process:
            size, flops, seconds, peak, later = process.submit(_measure, name, half, x, batch).result()
        share = flops / seconds / 1e9 / products[half]
        print(
            f"  {name:24} {'bfloat16' if half else 'float32 '} {size / 1e6:5.2f} M parameters"
            f"  {flops / batch / 1e6:5.0f} MFLOP  {batch / seconds:6.0f} images/s  {100 * share:5.1f} % of products"
            f"  peak {peak:5.0f} MB, 20 steps later {later:5.0f} MB",
            flush=True,
        )


def _measure(name: str, half: bool, x: Tensor, batch: int) -> tuple[int, int, float, float, float]:
    """Parameters, operations and seconds of a step, peak of memory after 15 and after 35 steps."""
    if not half:
        training.quick_arithmetic = objectives.quick_arithmetic = lambda x: contextlib.nullcontext()
    entry = ENTRIES[name]
    state = _state(entry)
    size, flops = sum(weight.numel() for weight in state.network.parameters()), _flops(state, x[:batch])
    records = training.train(state, schedules.cosine(), x, 60, batch=batch, objective=entry.objective)
    _seconds(records, 3)
    seconds = min(_seconds(records, 4) / 4 for _ in range(3))
    peak = _peak()
    _seconds(records, 20)
    return size, flops, seconds, peak, _peak()


def quality(minutes: float = 10, n: int = 2000) -> None:
    """The same time for each network, then the same noise and sampler; Fréchet distance to the test images.

    The steps that fit into the time are told by the pace of each network, measured in turn before anything is trained.
    """
    x, test = garments()
    steps = {name: int(60 * minutes / _pace(entry, x)) for name, entry in ENTRIES.items()}
    print(f"  steps in {minutes:g} minutes: {steps}", flush=True)
    schedule, judge = schedules.cosine(), weights.pretrained("classifier")
    of_test = metrics.moments(judge.features(test / 127.5 - 1))
    some = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:n]
    real = metrics.frechet_distance(judge.features(x[some] / 127.5 - 1), of_test)
    print(f"  {n} real training images: {real:.3f}")
    for name, entry in ENTRIES.items():
        state, decay = _state(entry), min(0.999, 1 - 10 / steps[name])
        records = training.train(state, schedule, x, steps[name], batch=128, ema_decay=decay, objective=entry.objective)
        seconds = _seconds(records, steps[name])
        found = metrics.frechet_distance(judge.features(sample(state.ema, n)), of_test)
        print(f"  {name:24} {steps[name]:5} steps in {seconds:.0f} s  Fréchet distance {found:7.3f}", flush=True)


def _pace(entry: Entry, x: Tensor) -> float:
    """Seconds of a training step, after a few to warm up. 热身几步之后，一个训练步的秒数。"""
    records = training.train(_state(entry), schedules.cosine(), x, 15, batch=128, objective=entry.objective)
    _seconds(records, 3)
    return _seconds(records, 12) / 12


def kills(n: int = 20) -> None:
    """A run killed at random moments ends with the same losses, bit for bit."""
    import killed

    with tempfile.TemporaryDirectory() as place:
        for name in ("straight", "killed"):
            (Path(place) / name).mkdir()
        straight, _ = killed.run(Path(place) / "straight", 60, kills=0)
        losses, moments = killed.run(Path(place) / "killed", 60, kills=n)
    same = "equal bit for bit" if losses == straight else "DIFFERENT"
    print(f"  {len(moments)} kills, up to {max(moments):.2f} s after a checkpoint; all {len(losses)} losses {same}")


def _state(entry: Entry) -> training.TrainState:
    torch.manual_seed(0)
    return training.start(entry.build(), lr=entry.rate, optimizer=entry.optimizer)


def _seconds(records, steps: int) -> float:
    began = time.perf_counter()
    for _ in itertools.islice(records, steps):
        pass
    return time.perf_counter() - began


def _flops(state: training.TrainState, x: Tensor) -> int:
    """Of one training step, forward and backward. 一个训练步（前向与反向）的浮点运算次数。"""
    schedule, x0 = schedules.cosine(), x / 127.5 - 1
    with FlopCounterMode(display=False) as counter:
        t = objectives.spread_times(schedule.T, len(x))
        objectives.errors(schedule, state.network, x0, t, torch.randn_like(x0)).mean().backward()
    state.optimizer.zero_grad()
    return counter.get_total_flops()


def _products(half: bool, side: int = 2048) -> float:
    a, b = (torch.randn(side, side).to(torch.bfloat16 if half else torch.float32) for _ in range(2))
    best = float("inf")
    for _ in range(8):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best / 1e9


def _peak() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    asked.run(__doc__, huber, speed, quality, kills)
