"""Randomness: generators with a seed, and draws from N(0, I).

随机性：带种子的发生器，以及 N(0, I) 的抽取。
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from course_utils.gates import check_kind, check_seed


def seeded(seed: int) -> torch.Generator:
    """A generator of its own that begins at `seed`: the same seed, the same draws.

    从 `seed` 起的发生器：种子相同，抽到的也相同。

    Raises: CourseError for a seed that is no whole number from 0 on.
    """
    return torch.Generator().manual_seed(check_seed(seed))


@contextmanager
def stream_at(seed: int) -> Iterator[None]:
    """Within, torch's own stream of draws begins at `seed`; afterwards it is where it was, and the reader's with it.

    在其中，torch 自己的随机流从 `seed` 开始；之后回到原处，读者自己的抽取不受影响。

    Raises: CourseError for a seed that is no whole number from 0 on.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(check_seed(seed))
        yield


def standard_normal(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Draw N(0, I) in the shape, dtype and device of x.

    按 x 的形状、类型与设备抽取 N(0, I)。

    The draw is made on the generator's own device, so that one seed gives the same noise on every machine.
    Raises: CourseError for a generator that is none, such as a seed.
    """
    if generator is not None:
        check_kind("generator", generator, torch.Generator, "randomness.seeded(0)")
    device = generator.device if generator is not None else x.device
    return torch.randn(x.shape, dtype=x.dtype, device=device, generator=generator).to(x.device)
