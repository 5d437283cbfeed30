"""How few evaluations and seconds a page of garments takes: `python tests/benchmarks/sampling.py [what ...]`.

生成一页衣物要多少次求值、多少秒：`python tests/benchmarks/sampling.py [项目 ...]`。

    quality   Fréchet distance against evaluations, for each sampler and choice of times
    truth     the same beside Algorithm 2 with all 1000 steps: about half an hour on two cores
    speed     64 garments by the shortest good walk, beside diffusers' pipeline on the same network
    cost      seconds by steps and by images, peak memory by steps, and what a step costs beyond its network

All but `truth` unless some are named. Nothing is downloaded. Run it alone.
"""

import argparse
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

import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

import course_utils  # noqa: E402
from course_utils import metrics, schedules, training, weights  # noqa: E402
from course_utils.denoisers import Denoiser, clipped, from_network  # noqa: E402
from course_utils.reverse import sigma_beta  # noqa: E402
from course_utils.samplers import Sample, ddim, ddpm, dpm_solver, heun, sample  # noqa: E402
from course_utils.times import even_times, karras_times, log_snr_times  # noqa: E402

SCHEDULE, T = schedules.cosine(), 1000
Walk = tuple[Callable[..., Iterator[Sample]], list[int]]


@cache
def garments() -> nn.Module:
    """The network that ships, read once. 随课程附带的网络，只读一次。"""
    return course_utils.pretrained("fashion_mnist")


def walks(n: int) -> dict[str, Walk]:
    """Each sampler with n evaluations, Heun with n - 1. 每个采样器求值 n 次，Heun 为 n - 1 次。"""
    return {
        "DDPM, beta tilde": (ddpm, even_times(T, n)),
        "DDPM, beta": (partial(ddpm, sigma=sigma_beta), even_times(T, n)),
        "DDIM": (ddim, even_times(T, n)),
        "Heun, karras": (heun, karras_times(SCHEDULE, n // 2, 20, 0.02)),
        "DPM-Solver++(2M), even": (dpm_solver, even_times(T, n)),
        "DPM-Solver++(2M), log-SNR": (dpm_solver, log_snr_times(SCHEDULE, n)),
        "DPM-Solver++(2M), T and log-SNR": (dpm_solver, [T, *log_snr_times(SCHEDULE, n - 1, 4, 0.03)]),
    }


SHORTEST: Walk = (dpm_solver, [T, *log_snr_times(SCHEDULE, 9, 4, 0.03)])  # the shortest good walk found by `quality`


def quality(n: int = 2000) -> None:
    """Fréchet distance of n garments to the 10,000 test images, a line per sampler and number of evaluations."""
    for evaluations in (6, 8, 10, 15, 20, 30, 50):
        for name, walk in walks(evaluations).items():
            _print_distance(name, walk, n)


def truth(n: int = 2000) -> None:
    """All 1000 steps of Algorithm 2, beside the shortest good walk; from the same seeds."""
    _print_distance("DPM-Solver++(2M), T and log-SNR", SHORTEST, n)
    _print_distance("Algorithm 2", (ddpm, even_times(T, T)), n)


def speed(n: int = 64, repeats: int = 5) -> None:
    """Seconds for 64 garments, ours and diffusers' in turn, the best of several, both with the same arithmetic."""
    for name, walk in {"DDIM": (ddim, even_times(T, 50)), "DPM-Solver++(2M)": SHORTEST}.items():
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
    _draw((ddim, even_times(T, 5)), 64)
    for steps in (10, 20, 40, 80):
        print(f"  {steps:3} steps, 64 images: {_seconds(lambda s=steps: _draw((ddim, even_times(T, s)), 64)):6.2f} s")
    for n in (16, 32, 64, 128):
        print(f"   20 steps, {n:3} images: {_seconds(lambda n=n: _draw((ddim, even_times(T, 20)), n)):6.2f} s")
    alone = multiprocessing.get_context("spawn")  # a process each, so that the peak of memory is its own
    for steps in (10, 100):
        with concurrent.futures.ProcessPoolExecutor(1, alone) as process:
            print(f"  {steps:3} steps, 64 images: peak of memory {process.submit(_peak, steps).result():.0f} MB")
    for name, sampler in {"DDPM": ddpm, "DDIM": ddim, "DPM-Solver++(2M)": dpm_solver}.items():
        inside, whole = _inside(sampler)
        print(f"  {name:18} {100 * (whole / inside - 1):5.2f} % of a step's time beyond the network's own call")


def _inside(sampler: Callable[..., Iterator[Sample]], steps: int = 60) -> tuple[float, float]:
    """Seconds spent in the network, and in all. 花在网络里的秒数与总秒数。"""
    denoiser, inside = from_network(SCHEDULE, garments(), torch.arange(64) % 10), 0.0

    def timed(xt: Tensor, t: int) -> Tensor:
        nonlocal inside
        began = time.perf_counter()
        eps_hat = denoiser(xt, t)
        inside += time.perf_counter() - began
        return eps_hat

    with training.quick_arithmetic(torch.zeros(1)):
        whole = _seconds(lambda: sample(timed, SCHEDULE, (64, 1, 28, 28), sampler, even_times(T, steps)))
    return inside, whole


def _draw(walk: Walk, n: int, batch: int = 250) -> Tensor:
    """n garments, the labels in turn. n 件衣物，标签依次循环。"""
    made: list[Tensor] = []
    for begin in range(0, n, batch):
        labels = torch.arange(begin, min(begin + batch, n)) % 10
        with training.quick_arithmetic(torch.zeros(1)):
            denoiser: Denoiser = clipped(SCHEDULE, from_network(SCHEDULE, garments(), labels))
            made.append(sample(denoiser, SCHEDULE, (len(labels), 1, 28, 28), *walk, seed=begin).clamp(-1, 1))
    return torch.cat(made)


def _print_distance(name: str, walk: Walk, n: int) -> None:
    began = time.perf_counter()
    x0 = _draw(walk, n)
    seconds = time.perf_counter() - began
    judge, real = course_utils.pretrained("classifier"), metrics.Moments(*weights.read_moments())
    distance = metrics.frechet_distance(judge.features(x0), real)
    asked = len(walk[1]) - 1 if walk[0] is not heun else 2 * len(walk[1]) - 3
    print(f"  {name:32} {asked:4} evaluations  {64 * seconds / n:6.2f} s a page of 64  {distance:.3f}", flush=True)


class Unet(nn.Module):
    """Our network as a pipeline of diffusers asks it: by the timestep, counted from 0.

    让 diffusers 的管线调用我们的网络：用从 0 数起的时间步。
    """

    def __init__(self, n: int):
        super().__init__()
        self.network, self.labels = garments(), torch.arange(n) % 10
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
        with training.quick_arithmetic(torch.zeros(1)):
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
    _draw((ddim, even_times(T, steps)), 64)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parts = {"quality": quality, "speed": speed, "cost": cost, "truth": truth}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[*parts, []])
    for name in parser.parse_args().what or [name for name in parts if name != "truth"]:
        print(name)
        parts[name]()


if __name__ == "__main__":
    main()
