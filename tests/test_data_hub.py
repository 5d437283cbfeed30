"""The hub may be out of reach, fail, or fall silent: the part that is here is used within seconds, and nothing sticks.

hub 可能连不上、出错或没有下文：几秒之内就改用自带的部分，而且不留后患。
"""

import os
import socket
import threading
import time
from types import SimpleNamespace

import pytest

from course_utils import data
from course_utils.data import fashion, hub

LEFT = [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("HF_")]


@pytest.fixture
def calm(monkeypatch, tmp_path):
    """No setting from outside, an empty cache, and whatever is set within is undone."""
    for name in (*LEFT, "HF_HUB_OFFLINE", "HF_ENDPOINT", "DIFFUSION_COURSE_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(hub, "_caches", lambda: [tmp_path / "made", tmp_path / "downloaded"])
    return monkeypatch


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        yield server


def address(server, scheme="http://"):
    return f"{scheme}127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def dead(listener):
    """The address of a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = address(server)
    return place


def test_a_hub_that_listens_answers(calm, listener):
    calm.setenv("HF_ENDPOINT", address(listener))
    assert hub.hub_answers() and "HF_HUB_OFFLINE" not in os.environ


def test_a_closed_port_is_no_hub_and_is_asked_again_later(calm, dead):
    calm.setenv("HF_ENDPOINT", dead)
    began = time.monotonic()
    assert not hub.hub_answers() and time.monotonic() - began < 3
    with socket.create_server(("127.0.0.1", int(dead.rpartition(":")[2]))):
        assert hub.hub_answers()


def test_a_wall_that_swallows_everything_costs_no_more_than_the_probe(calm, listener):
    fill = [socket.socket() for _ in range(4)]
    for waiting in fill:
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
    calm.setenv("HF_ENDPOINT", address(listener))
    calm.setattr(hub, "PROBE_SECONDS", 0.3)
    began = time.monotonic()
    assert not hub.hub_answers() and 0.25 < time.monotonic() - began < 3
    for waiting in fill:
        waiting.close()


@pytest.mark.parametrize(
    "endpoint, expected",
    [
        (None, ("huggingface.co", 443)),
        ("https://mirror.example", ("mirror.example", 443)),
        ("http://mirror.example/hub", ("mirror.example", 80)),
        ("http://mirror.example:8080", ("mirror.example", 8080)),
    ],
)
def test_the_probe_asks_the_endpoint_for_three_seconds(calm, endpoint, expected):
    asked = []

    def connect(where, timeout):
        asked.append((where, timeout))
        raise TimeoutError

    if endpoint:
        calm.setenv("HF_ENDPOINT", endpoint)
    calm.setattr(socket, "create_connection", connect)
    assert not hub.hub_answers() and asked == [(expected, 3)]


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"https_proxy": "http://proxy.example:3128"}, ("proxy.example", 3128)),
        ({"HTTPS_PROXY": "proxy.example:3128"}, ("proxy.example", 3128)),
        ({"all_proxy": "http://proxy.example:3128"}, ("proxy.example", 3128)),
        ({"all_proxy": "socks5://proxy.example"}, ("proxy.example", 1080)),
        ({"https_proxy": "http://proxy.example:3128", "all_proxy": "socks5://other"}, ("proxy.example", 3128)),
        ({"http_proxy": "http://proxy.example:3128"}, ("huggingface.co", 443)),
        ({"https_proxy": "http://proxy.example:3128", "no_proxy": "huggingface.co"}, ("huggingface.co", 443)),
        ({"https_proxy": "http://proxy.example:3128", "no_proxy": "*"}, ("huggingface.co", 443)),
    ],
)
def test_behind_a_proxy_the_proxy_is_probed_as_the_hubs_client_would_go(calm, settings, expected):
    asked = []
    for name, value in settings.items():
        calm.setenv(name, value)
    calm.setattr(socket, "create_connection", lambda where, timeout: asked.append(where) or socket.socket())
    assert hub.hub_answers() and asked == [expected]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:80a", "http://127.0.0.1:99999", "nonsense", "http://"])
def test_an_address_that_is_none_is_no_hub(calm, endpoint):
    calm.setenv("HF_ENDPOINT", endpoint)
    assert not hub.hub_answers()


@pytest.mark.parametrize("word", ["1", "true", "YES", "on"])
def test_whoever_says_offline_is_not_probed(calm, word):
    calm.setenv("HF_HUB_OFFLINE", word)
    calm.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("the network was asked"))
    assert not hub.hub_answers()


@pytest.mark.parametrize("split, told", [("train", ("60,000", "8,000", "800")), ("test", ("10,000", "2,000", "200"))])
def test_offline_the_part_is_used_and_both_languages_say_so_with_n(calm, split, told, capsys, in_both_languages):
    calm.setenv("HF_HUB_OFFLINE", "1")
    x, y = data.fashion_mnist(split)
    said = capsys.readouterr().out.split("\n\n")
    expected = data.garments(split)
    assert x.equal(expected.x) and y.equal(expected.y)
    in_both_languages(*said, "Fashion-MNIST", "DIFFUSION_COURSE_DATA", split, *told)


@pytest.mark.parametrize("error", [ConnectionError, ImportError, KeyError, RuntimeError])
def test_a_hub_that_fails_after_the_probe_is_no_hub(calm, error, capsys):
    def fail(split):
        raise error("after all")

    calm.setattr(hub, "hub_answers", lambda: True)
    calm.setattr(hub, "_load", fail)
    assert data.fashion_mnist().x.equal(data.garments().x)
    assert "Fashion-MNIST" in capsys.readouterr().out


def test_a_hub_that_falls_silent_is_left(calm):
    calm.setattr(hub, "SILENT_SECONDS", 1)
    release = threading.Event()
    began = time.monotonic()
    assert hub._unless_silent(release.wait) is None and 1 <= time.monotonic() - began < 4
    release.set()


@pytest.mark.parametrize("sign", ["bytes", "computing"])
def test_a_slow_hub_is_waited_for_while_there_is_a_sign_of_life(calm, tmp_path, sign):
    calm.setattr(hub, "SILENT_SECONDS", 1.5)
    (tmp_path / "downloaded").mkdir()

    def download():
        until = time.monotonic() + 3
        while time.monotonic() < until:
            if sign == "bytes":
                with (tmp_path / "downloaded" / "file.incomplete").open("ab") as file:
                    file.write(b"more")
                time.sleep(0.3)
        return "whole"

    assert hub._unless_silent(download) == "whole"


def test_what_the_hub_gave_is_checked_like_a_folder(calm):
    import datasets

    rows = datasets.Dataset.from_dict({"image": [[[0.5] * 28] * 28], "label": [3]})
    calm.setattr(datasets, "load_dataset", lambda *_, **__: rows)
    calm.setattr(hub, "hub_answers", lambda: True)
    assert hub.load_hub("train") is None


def test_offline_what_lies_in_the_cache_is_found(calm, tmp_path):
    (tmp_path / "made").mkdir()
    modes = []

    def load(split):
        import datasets.config
        import huggingface_hub.constants

        modes.append((datasets.config.HF_HUB_OFFLINE, huggingface_hub.constants.HF_HUB_OFFLINE))
        return SimpleNamespace(split=split)

    calm.setattr(hub, "_load", load)
    calm.setattr(hub, "hub_answers", lambda: False)
    assert hub.load_hub("test").split == "test" and modes == [(True, True)]
    calm.setattr(hub, "hub_answers", lambda: True)
    assert hub.load_hub("test").split == "test" and modes[1] == (False, False)


def test_whether_the_hub_may_be_asked_is_afterwards_as_it_was(calm):
    import datasets.config
    import huggingface_hub.constants

    places = (datasets.config, huggingface_hub.constants)
    for before in (True, False):
        for place in places:
            calm.setattr(place, "HF_HUB_OFFLINE", before)
        for allowed in (True, False):
            with pytest.raises(KeyError), fashion.asking_the_hub(allowed):
                assert [place.HF_HUB_OFFLINE for place in places] == [not allowed] * 2
                raise KeyError
            assert [place.HF_HUB_OFFLINE for place in places] == [before] * 2
