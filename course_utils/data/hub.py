"""Fashion-MNIST from the hub, which may be out of reach, fail, or fall silent.

从 hub 读取 Fashion-MNIST；hub 可能连不上、出错，或者没有下文。
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from torch import Tensor

from course_utils.data.fashion import as_fashion, asking_the_hub, from_rows

FASHION_MNIST = "zalando-datasets/fashion_mnist"
PROBE_SECONDS = 3
SILENT_SECONDS = 8  # without a byte or a computation: then nothing more is to be expected


def hub_answers() -> bool:
    """Does the hub, or the proxy on the way to it, answer within 3 seconds? It is asked anew each time.

    hub（或去往 hub 的代理）在 3 秒内有应答吗？每次都重新问。

    Proxies are read as the hub's own client reads them. (On a closed network `datasets` would hang for minutes.)
    """
    if os.environ.get("HF_HUB_OFFLINE", "0").upper() in ("1", "TRUE", "YES", "ON"):
        return False
    try:
        way = urlsplit(_way(os.environ.get("HF_ENDPOINT") or "https://huggingface.co"))
        port = way.port or {"https": 443, "socks5": 1080, "socks5h": 1080}.get(way.scheme, 80)
        socket.create_connection((way.hostname, port), timeout=PROBE_SECONDS).close()
    except (OSError, ValueError):  # ValueError: a port that is no number
        return False
    return True


def load_hub(split: str) -> tuple[Tensor, Tensor] | None:
    """The images and labels of a split, from the hub or from what it left in the cache; None if neither gives them.

    从 hub 或其缓存读取一个部分的图像与标签；都没有则为 None。

    A hub that does not answer costs 3 seconds, one that falls silent afterwards 8 more.
    """
    found = None
    if hub_answers():
        with asking_the_hub(True):
            found = _unless_silent(lambda: _load(split))
    if found is None and any(place.exists() for place in _caches()):
        with asking_the_hub(False):
            found = _unless_silent(lambda: _load(split))
    return found


def _way(endpoint: str) -> str:
    """The address to connect to: the endpoint's, or that of its proxy."""
    scheme, host = urlsplit(endpoint).scheme, urlsplit(endpoint).hostname or ""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return endpoint
    return proxy if "://" in proxy else f"http://{proxy}"


def _load(split: str) -> tuple[Tensor, Tensor]:
    from datasets import load_dataset

    return as_fashion(*from_rows(load_dataset(FASHION_MNIST, split=split)))


def _caches() -> list[Path]:
    """Where the hub's client keeps what it downloaded, and `datasets` what it made of it."""
    from huggingface_hub.constants import HF_HOME, HF_HUB_CACHE

    made = Path(os.environ.get("HF_DATASETS_CACHE") or Path(HF_HOME) / "datasets").expanduser()
    return [
        Path(HF_HUB_CACHE) / f"datasets--{FASHION_MNIST.replace('/', '--')}",
        made / FASHION_MNIST.replace("/", "___"),
    ]


def _unless_silent(work: Callable[[], Any]) -> Any:
    """What the work gives; None if it fails, or if for 8 seconds no byte arrives and next to nothing is computed."""
    outcome = []

    def run() -> None:
        with suppress(Exception):  # a refusal, a proxy without its package, half a file, other data
            outcome.append(work())

    thread = threading.Thread(target=run, daemon=True)  # one that has fallen silent cannot be stopped, only left
    thread.start()
    last, stored, computed = time.monotonic(), 0, time.process_time()
    while thread.is_alive() and time.monotonic() - last < SILENT_SECONDS:
        thread.join(0.5)
        now_stored, now_computed = sum(map(_size, _caches())), time.process_time()
        if now_stored != stored or now_computed - computed > 0.05:
            last = time.monotonic()
        stored, computed = now_stored, now_computed
    return outcome[0] if outcome else None


def _size(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        with suppress(OSError):  # files come and go while they are written
            total += file.stat().st_size
    return total
