"""Seconds for a guided step of garments: one doubled call of the network beside two calls, and a classifier's gradient.

引导一步所需的时间：把一批加倍只问一次网络，与问两次对比；另有分类器的梯度。
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch  # noqa: E402

from course_utils import guidance, schedules  # noqa: E402
from course_utils.arithmetic import quick_arithmetic  # noqa: E402
from course_utils.denoisers import Denoiser, from_network  # noqa: E402
from course_utils.weights import pretrained  # noqa: E402

SCHEDULE, TIME, ROUNDS = schedules.cosine(), 500, 9
BATCHES = (1, 8, 32, 128)


def denoisers_of(n: int) -> dict[str, Denoiser]:
    """What is compared, for n garments, the classes in turn."""
    network, labels = pretrained("fashion_mnist"), torch.arange(n) % 10
    conditional, unconditional = (
        from_network(SCHEDULE, network, told) for told in (labels, guidance.no_labels(network, n))
    )
    classifier = guidance.label_log_probability(SCHEDULE, pretrained("noise_aware_classifier"), labels)
    return {
        "conditional alone": conditional,
        "two calls": guidance.guided(conditional, unconditional, 2),
        "one doubled call": guidance.classifier_free_guided(SCHEDULE, network, labels, 2),
        "classifier's gradient": guidance.classifier_guided(SCHEDULE, unconditional, classifier, 2),
    }


def milliseconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    print(f"{torch.get_num_threads()} thread(s); median ms a step of {ROUNDS} rounds, in turn; (least, most)")
    for n in BATCHES:
        xt = torch.randn(n, 1, 28, 28, generator=torch.Generator().manual_seed(0))
        told, spent = denoisers_of(n), {}
        with quick_arithmetic(xt):
            for _ in range(ROUNDS + 1):
                for name, denoiser in told.items():
                    spent.setdefault(name, []).append(milliseconds(partial(denoiser, xt, TIME)))
        for name, all_ in spent.items():
            of = all_[1:]  # the first round warms up
            print(f"{n:4d} garments  {name:22s} {median(of):8.1f}  ({min(of):.1f}, {max(of):.1f})", flush=True)


if __name__ == "__main__":
    main()
