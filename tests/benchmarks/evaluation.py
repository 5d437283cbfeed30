"""What judges say of garments, real, drawn and copied: `python tests/benchmarks/evaluation.py [what ...]`.

各种评判办法怎样看待衣物（真实的、画的、照抄的）：`python tests/benchmarks/evaluation.py [项目 ...]`。

    copies    memorisers, open and disguised, beside the shipped network and real images
    learned   the shipped network beside its training images, nine thousand at a time, and eight of the nearest
    shared    precision, recall, density, coverage: ways to draw, real images, cheats
    ks        the same for other numbers of neighbours
    redrawn   what the bootstrap would make of real images there, and why it is not used
    features  distances in the features of four networks or none
    kernels   kernel distances in the judge's features
    bits      the bound in bits per pixel, and what cheap models need
    gan       the GAN's weights beside the network's: every figure above, and milliseconds for an image

All read Fashion-MNIST, whole, from DIFFUSION_COURSE_DATA or the hub. Run it alone.
"""

import sys
from functools import cache, partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from course_utils.data import Images  # noqa: E402
from course_utils.denoisers import Denoiser, clipped, from_network  # noqa: E402
from course_utils.experiments import cheats, copying, judged_crowds, leading, other_features  # noqa: E402
from course_utils.experiments import guided_garments as label  # noqa: E402
from course_utils.experiments.bits import Bits, bell_per_pixel, bits_of, counts_per_pixel, packed  # noqa: E402
from course_utils.experiments.drawn_by_gan import NARROWED, gan_garments  # noqa: E402
from course_utils.experiments.garments import BATCH, classes_in_turn  # noqa: E402
from course_utils.neighbours import Support, nearest, support  # noqa: E402
from course_utils.randomness import seeded  # noqa: E402
from course_utils.schedules import cosine  # noqa: E402
from course_utils.weights import pretrained  # noqa: E402
from tools import train_gan  # noqa: E402
from tools.ship_data import whole  # noqa: E402

N = copying.MEASURED_WITH
NETWORK = ("1", "1.5", "2, -2 to 4")  # ways to draw that are asked whether they copy
SHARES = (0.05, 0.2)


@cache
def images(split: str) -> Images:
    """Real garments, all of them, classes in turn. 全部真实衣物，类别轮流。"""
    return classes_in_turn(whole(split))


@cache
def drawn(name: str) -> Tensor:
    """Garments of the shipped network, 1000 of each way of drawing. 附带的网络用某种方式画的 1000 件衣物。"""
    return leading.led_garments(name, N)


def told(name: str, figures: tuple[float, ...], bars: tuple[float, ...]) -> None:
    """Print a row in the form in which it is stored. 按存储的形式打印一行。"""
    kind = type(figures).__name__
    of, give_or_take = (", ".join(f"{value:.3f}" for value in row) for row in (figures, bars))
    print(f'    "{name}": ({kind}({of}), {kind}({give_or_take})),', flush=True)


@cache
def compared() -> copying.Sets:
    """Training images, and test images that are no samples."""
    return copying.sets_of(images("train"), images("test"))


def copies() -> None:
    """Memorisers, the network, and the network with copies planted among its samples: the table of section 4."""
    for name, x in crowds_that_may_copy().items():
        told(name, *copying.copying_of(x, compared()))


def crowds_that_may_copy() -> dict[str, Tensor]:
    """The rows of that table."""
    training = images("train").x[:N]
    memorisers = {name: changed(training) for name, changed in cheats.COPIES.items()}
    network = {name: drawn(name) for name in NETWORK}
    mixed = {f"1, {share:.0%} copies": cheats.planted(drawn("1"), training, share) for share in SHARES}
    return {"real, test": images("test").x[:N], **memorisers, **network, **mixed}


@cache
def judged(split: str) -> Tensor:
    """The judge's features of all real garments of a split."""
    return pretrained("classifier").features(images(split).x)


def learned() -> None:
    """The scores beside six disjoint sets of training images, averaged; and the nearest of all to ten samples each."""
    for name in ("real, test", *NETWORK):
        x = images("test").x[:N] if name == "real, test" else drawn(name)
        of_x = pretrained("classifier").features(x)
        for space, samples, of in (("pixels", x, lambda split: images(split).x), ("features", of_x, judged)):
            unseen = nearest(samples, of("test")[N:]).distance
            found = [nearest(samples, part) for part in of("train")[: 6 * len(images("test").x[N:])].split(9 * N)]
            hits = torch.stack([(seen.distance < unseen).double() for seen in found]).mean(0)
            print(f'    "{name}, {space}": Estimate({hits.mean():.3f}, {hits.std() / N**0.5:.3f}),', flush=True)
            best = torch.stack([seen.distance for seen in found]).min(0).values / unseen
            print(
                f"        # nearest to nearest unseen: least {best.min():.3f}, 1 % {best.quantile(0.01):.3f}",
                flush=True,
            )


def crowds_shared() -> dict[str, Tensor]:
    """The cheats of the table of precision and recall."""
    test, training = images("test").x[:N], images("train").x
    twice = torch.cat([drawn("1"), leading.led_garments("1", N, first_seed=N // BATCH)])
    made = training[:N], training[:10].repeat(N // 10, 1, 1, 1), bent(test), twice[cheats.surest(twice, N)]
    return dict(zip(judged_crowds.CHEATS, made, strict=True))


@cache
def seen(what: str, first: int = 0) -> Tensor:
    """The judge's features of a way to draw, or of 1000 test images."""
    x = images("test").x[first : first + N] if what == "real" else drawn(what)
    return pretrained("classifier").features(x)


def shared() -> None:
    """The table of section 5, beside the first 1000 test images."""
    pairs = torch.tensor([support(*judged("test")[first:].split(N)[:2]) for first in range(0, 10 * N, 2 * N)])
    told("real", Support(*pairs.mean(0).tolist()), Support(*pairs.std(0).tolist()))
    real = seen("real")
    for name in judged_crowds.WAYS:
        told(name, *judged_crowds.shared(real, seen(name)))
    others = {"noise bent to real features": seen("real", N)}  # it was bent to the first thousand's own features
    for name, x in crowds_shared().items():
        told(name, *judged_crowds.shared(others.get(name, real), pretrained("classifier").features(x)))


def ks() -> None:
    """The four figures for other k."""
    rows = {"real": seen("real", N), **{name: seen(name) for name in ("1", "2", "4")}}
    for k in judged_crowds.NEIGHBOURS:
        for name, made in rows.items():
            listed = ", ".join(f"{value:.3f}" for value in support(seen("real"), made, k))
            print(f'    {k}, "{name}": Support({listed}),', flush=True)


def redrawn(draws: int = 20) -> None:
    """What the bootstrap would make of two sets of real images: samples drawn twice are each other's nearest."""
    clouds, generator = judged("test").split(N)[:2], seeded(0)
    again = [[cloud[torch.randint(N, (N,), generator=generator)] for cloud in clouds] for _ in range(draws)]
    found = torch.tensor([support(*pair) for pair in again])
    told("real, redrawn", Support(*found.mean(0).tolist()), Support(*found.std(0).tolist()))


@cache
def crowds_seen() -> dict[str, Tensor]:
    """What is put before other networks."""
    test, training = images("test").x[:N], images("train").x
    network = {f"network, {name}": drawn(name) for name in ("1", "2", "4", "2, -2 to 4")}
    made = {"softened": cheats.softened(test), "noise 0.1": cheats.noisy(test), "bent noise": bent(test)}
    return {"real, test": test, "memoriser": training[:N], **network, **made}


def bent(x: Tensor) -> Tensor:
    return torch.cat([cheats.bent(part) for part in x.split(BATCH)])


def features() -> None:
    """Distances in other features."""
    for name, of in other_features.FEATURES.items():
        print(f"    {name}", flush=True)
        for crowd, (value, error) in other_features.seen_by(of(), crowds_seen(), images("test").x[N:]).items():
            print(f'        "{crowd}": Estimate({value:.4g}, {error:.2g}),', flush=True)


def kernels() -> None:
    """Kernel distances to the second thousand of test images."""
    for name, (value, error) in other_features.kernel_distances(crowds_seen(), images("test").x[N : 2 * N]).items():
        print(f'    "{name}": Estimate({value:.5f}, {error:.5f}),', flush=True)


def remembered(denoiser: Denoiser) -> Denoiser:
    """The same answers to the same questions: the network is asked once, whatever is made of its answers."""
    kept: dict[tuple, Tensor] = {}

    def denoise(xt: Tensor, t: Tensor) -> Tensor:
        key = *t.tolist(), float(xt.double().sum())
        if key not in kept:
            kept[key] = denoiser(xt, t)
        return kept[key]

    return denoise


def bits_in_parts(x: Tensor, y: Tensor) -> dict[str, list[Bits]]:
    """The bound on these images, four ways of it, 250 images at a time."""
    found: dict[str, list[Bits]] = {}
    for seed, part in enumerate(zip(x.split(BATCH), y.split(BATCH), strict=True)):
        raw = remembered(from_network(cosine(), pretrained("fashion_mnist"), part[1]))
        for ends, denoiser in (("clipped", clipped(raw)), ("as it is", raw)):
            for variance, posterior in (("posterior", True), ("beta", False)):
                found.setdefault(f"{variance}, {ends}", []).append(
                    bits_of(cosine(), denoiser, part[0], posterior=posterior, generator=seeded(seed))
                )
    return found


def bits(n: int = 2 * N) -> None:
    """The bound on the first 2000 test images, and what cheap models need for them."""
    x, y = (part[:n] for part in images("test"))
    for name, parts in bits_in_parts(x, y).items():
        every = Bits(*map(torch.cat, zip(*parts, strict=True)))
        terms = ", ".join(f"{float(term.mean()):.4f}" for term in every)
        print(f'    "{name}": (({terms}), Estimate({every.total.value:.3f}, {every.total.error:.3f})),', flush=True)
    training = images("train").x
    cheap = {"8 bits": torch.full((n,), 8.0), "Gaussian per pixel": bell_per_pixel(training, x)}
    cheap |= {"counts per pixel": counts_per_pixel(training, x), "zlib": packed()(x)}
    for name, values in cheap.items():
        print(f'    "{name}": Estimate({values.mean():.3f}, {values.std() / n**0.5:.3f}),', flush=True)


def gan() -> None:
    """Both sets of weights in one run; the times in turn, as the machine may be busy."""
    makers = {"GAN": gan_garments, **{name: partial(leading.led_garments, name) for name in ("1", "2, -2 to 4")}}
    for name, make in makers.items():
        x = make(N) if name == "GAN" else drawn(name)
        crowd, features = label.look(x, torch.arange(N) % 10), pretrained("classifier").features(x)
        told(name, label.row_of(crowd), label.bars_of(crowd))
        told(name, *judged_crowds.shared(seen("real"), features))
        told(name, *copying.copying_of(x, compared()))
    for width in NARROWED:
        crowd = label.look(gan_garments(N, width=width), torch.arange(N) % 10)
        told(f"GAN, z times {width}", label.row_of(crowd), label.bars_of(crowd))
    print(train_gan.milliseconds(pretrained("gan")), flush=True)


if __name__ == "__main__":
    asked.run(__doc__, copies, learned, shared, ks, redrawn, features, kernels, bits, gan)
