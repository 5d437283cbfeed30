"""How few evaluations and seconds a page of garments takes: `python tests/benchmarks/sampling.py [what ...]`.

生成一页衣物要多少次求值、多少秒：`python tests/benchmarks/sampling.py [项目 ...]`。

    search    Fréchet distance of every sampler on every spacing: on which times lesson 07 lets it walk
    quality   Fréchet distance against evaluations, for each sampler on its best times: the table of lesson 07
    again     some of these points with other samples: how far chance moves them
    truth     the shortest good walk beside Algorithm 2 with all 1000 steps: half an hour on two fast cores
    speed     64 garments by the shortest good walk, beside diffusers' pipeline on the same network
    cost      seconds by steps and by images, peak memory by steps, and what a step costs beyond its network

All but `truth` unless some are named: an hour on one quiet core. Nothing is downloaded. Run it alone.
"""

import concurrent.futures
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import asked  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from course_utils import arithmetic, metrics, schedules, weights  # noqa: E402
from course_utils.denoisers import from_network  # noqa: E402
from course_utils.experiments.garments import BATCH, garments_in_batches  # noqa: E402
from course_utils.experiments.moons import SPACINGS  # noqa: E402
from course_utils.experiments.spacing import steps_for  # noqa: E402
from course_utils.experiments.worth import (  # noqa: E402
    AGAIN,
    DRAWN_BY,
    MEASURED_WITH,
    TRIED,
    distance_of,
    walk_of,
)
from course_utils.explorers.sampling import measured  # noqa: E402
from course_utils.samplers import Sample, ddim, ddpm, dpm_solver, sample  # noqa: E402
from course_utils.times import even_times, focused_times  # noqa: E402

SCHEDULE = schedules.cosine()
Walk = tuple[Callable[..., Iterator[Sample]], list[int]]


@cache
def network() -> nn.Module:
    """The network that ships, read once. 随课程附带的网络，只读一次。"""
    return weights.pretrained("fashion_mnist")


SHORTEST: Walk = (dpm_solver, focused_times(SCHEDULE, 10))  # the shortest good walk of `quality`


def search(n: int = 250, seed: int = 100) -> None:
    """Fréchet distance of n garments for each sampler and spacing of `TRIED`, which lesson 07 stores."""
    for cost, rows in TRIED.items():
        for name, tried in rows.items():
            walks = {spacing: SPACINGS[spacing](SCHEDULE, steps_for(name, cost)) for spacing in tried}
            for spacing, walk in walks.items():
                distance = distance_of(network(), DRAWN_BY[name], walk, n, first_seed=seed)
                print(f"  {cost:2} evaluations, {name:8} {spacing:9}: {distance:.3f}", flush=True)


def quality(n: int = MEASURED_WITH) -> None:
    """Fréchet distance of n garments to the 10,000 test images: what lesson 07 stores, in the form it is stored in."""
    for name, points in measured(n).items():
        listed = ", ".join(f"({asked}, {distance:.3f})" for asked, distance in points)
        print(f'    "{name}": [{listed}],', flush=True)


def again(n: int = BATCH) -> None:
    """The points of `AGAIN`, each from as many seeds as are stored there."""
    for (name, cost), found in AGAIN.items():
        walk, sampler = walk_of(SCHEDULE, name, cost), DRAWN_BY[name]
        distances = [distance_of(network(), sampler, walk, n, first_seed=seed) for seed in range(len(found))]
        print(f'    ("{name}", {cost}): ({", ".join(f"{distance:.3f}" for distance in distances)}),', flush=True)


def truth(n: int = 2000) -> None:
    """The shortest good walk beside all 1000 steps of Algorithm 2, from the same seeds; a line per 250 garments more.

    Each line holds by itself, so the run may be broken off.
    """
    judge, real = weights.pretrained("classifier"), weights.garment_moments()
    every_step = ddpm, even_times(SCHEDULE, SCHEDULE.T)
    pair = zip(*(garments_in_batches(network(), *walk, n) for walk in (SHORTEST, every_step)), strict=True)
    features: list[list[Tensor]] = [[], []]
    for batches in pair:
        for kept, x0 in zip(features, batches, strict=True):
            kept.append(judge.features(x0))
        short, whole = (metrics.frechet_distance(torch.cat(kept), real) for kept in features)
        drawn = sum(map(len, features[0]))
        print(f"  {drawn:5} garments: 2M {short:.3f}, Algorithm 2 {whole:.3f}, ratio {short / whole:.3f}", flush=True)


def speed(n: int = 64, repeats: int = 5) -> None:
    """Seconds for 64 garments, ours and diffusers' in turn, the best of several, both with the same arithmetic."""
    for name, walk in {"DDIM": (ddim, even_times(SCHEDULE, 50)), "DPM-Solver++(2M)": SHORTEST}.items():
        steps = len(walk[1]) - 1
        runs = {"ours": partial(_draw, walk, n), "diffusers": partial(_theirs(name, n), steps)}
        best = dict.fromkeys(runs, float("inf"))
        for _ in range(repeats):
            for who, run in runs.items():
                best[who] = min(best[who], _seconds(run))
        told = ", ".join(f"{who} {seconds:.2f} s" for who, seconds in best.items())
        print(f"  {name:18} {steps:3} steps, {n} garments: {told}, ratio {best['ours'] / best['diffusers']:.2f}")


def cost() -> None:
    """Whether time is linear and memory flat, and the share of a step that is not the network's."""
    _draw((ddim, even_times(SCHEDULE, 5)), 64)
    walks = {steps: (ddim, even_times(SCHEDULE, steps)) for steps in (10, 20, 40, 80)}
    for steps, walk in walks.items():
        print(f"  {steps:3} steps, 64 images: {_seconds(lambda walk=walk: _draw(walk, 64)):6.2f} s")
    for n in (16, 32, 64, 128):
        print(f"   20 steps, {n:3} images: {_seconds(lambda n=n: _draw(walks[20], n)):6.2f} s")
    alone = multiprocessing.get_context("spawn")  # a process each, so that the peak of memory is its own
    for steps in (10, 100):
        with concurrent.futures.ProcessPoolExecutor(1, alone) as process:
            print(f"  {steps:3} steps, 64 images: peak of memory {process.submit(_peak, steps).result():.0f} MB")
    for name, sampler in {"DDPM": ddpm, "DDIM": ddim, "DPM-Solver++(2M)": dpm_solver}.items():
        inside, whole = _inside(sampler)
        print(f"  {name:18} {100 * (whole / inside - 1):5.2f} % of a step's time beyond the network's own call")


def _inside(sampler: Callable[..., Iterator[Sample]], steps: int = 60) -> tuple[float, float]:
    """Seconds spent in the network, and in all. 花在网络里的秒数与总秒数。"""
    denoiser, inside = from_network(SCHEDULE, network(), torch.arange(64) % 10), 0.0

    def timed(xt: Tensor, t: int) -> Tensor:
        nonlocal inside
        began = time.perf_counter()
        eps_hat = denoiser(xt, t)
        inside += time.perf_counter() - began
        return eps_hat

    with arithmetic.quick_arithmetic(torch.zeros(1, 1, 28, 28)):
        times = even_times(SCHEDULE, steps)
        whole = _seconds(lambda: sample(SCHEDULE, timed, (64, 1, 28, 28), sampler=sampler, times=times))
    return inside, whole


def _draw(walk: Walk, n: int) -> Tensor:
    return torch.cat(list(garments_in_batches(network(), *walk, n)))


class Unet(nn.Module):
    """Our network as a pipeline of diffusers asks it: by the timestep, counted from 0.

    让 diffusers 的管线调用我们的网络：用从 0 数起的时间步。
    """

    def __init__(self, n: int):
        super().__init__()
        self.network, self.labels = network(), torch.arange(n) % 10
        self.config = SimpleNamespace(sample_size=28, in_channels=1)
        self.dtype, self.device = torch.float32, torch.device("cpu")

    def forward(self, xt: Tensor, t: Tensor) -> SimpleNamespace:
        return SimpleNamespace(sample=self.network(xt, SCHEDULE.log_snr[int(t) + 1].float(), self.labels))


def _theirs(name: str, n: int) -> Callable[[int], None]:
    """diffusers' own loop over the same network and schedule. 同一网络与调度上 diffusers 自己的循环。"""
    from diffusers import DDIMPipeline, DDIMScheduler, DPMSolverMultistepScheduler

    betas = {"trained_betas": SCHEDULE.beta[1:].numpy(), "timestep_spacing": "trailing"}
    unet = Unet(n)
    pipeline = DDIMPipeline(unet, DDIMScheduler(**betas))
    pipeline.set_progress_bar_config(disable=True)
    scheduler = DPMSolverMultistepScheduler(**betas)

    @torch.no_grad()
    def run(steps: int) -> None:
        with arithmetic.quick_arithmetic(torch.zeros(1, 1, 28, 28)):
            if name == "DDIM":
                pipeline(n, num_inference_steps=steps, output_type="np")
                return
            scheduler.set_timesteps(steps)
            xt = torch.randn(n, 1, 28, 28)
            for t in scheduler.timesteps:
                xt = scheduler.step(unet(xt, t).sample, t, xt).prev_sample

    return run


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _peak(steps: int) -> float:
    _draw((ddim, even_times(SCHEDULE, steps)), 64)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    asked.run(__doc__, search, quality, again, speed, cost, by_name_only=(truth,))
