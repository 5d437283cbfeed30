"""What lesson 04 comes to, run at its end; tests/test_lesson_04.py reads `facts`.

第 04 课得出的数，在课文末尾运行；tests/test_lesson_04.py 读取 `facts`。
"""


def to_edges(cloud):
    ends = eight.roll(-1, 0) - eight
    along = (((cloud[:, None] - eight) * ends).sum(2) / ends.square().sum(1)).clamp(0, 1)
    return (cloud[:, None] - eight - along[..., None] * ends).norm(dim=2).amin(1)


def wrong(t):
    clean = moons.draw(20_000, seeded(90)).float()
    noised = forward_jump(schedule, clean, t, generator=seeded(91)).xt
    return float(((eps_of(schedule, learned)(noised, t) - moons.eps(noised, t)).norm(dim=1) > 1).double().mean())


streaks = (maps["$t = 100$"] > 0.5) & (torch.cdist(at, schedule.signal[100].float() * points.moons(200)).amin(1) < 0.35)
upper = moons.shares(at[streaks], 100)[:, :15].sum(1)
many = torch.randn(20_000, 1, generator=seeded(92), dtype=torch.float64)


def off_the_moons(cloud):
    return float((torch.cdist(cloud.double(), points.moons(200).double()).amin(1) > 0.2).double().mean())


def to_digits(cloud):
    apart, at = torch.cdist(cloud.flatten(1), x.flatten(1)).min(1)
    return float(apart.max()), y[at].tolist()


def walked_with(labels_at, n):
    """n walks whose label hangs on t, begun as always; the share of each digit that comes out."""
    start_of, fresh_of = torch.randn(n, 1, 8, 8, generator=seeded(0)), seeded(1)

    def asks(xt, t):
        return denoise(xt, t, torch.full((n,), labels_at(t)))

    found = to_digits(finish(ddpm(schedule, asks, start_of, times, generator=fresh_of)))[1]
    return [found.count(k) / n for k in range(10)]


def asked_down_to(digit, until):
    return walked_with(lambda t: digit if t > until else -1, 200)[digit]


facts = {
    "counts": [len(x), len(copies), len(states[0])],
    "apart": float(apart.amin(1).max()),
    "at each": apart.argmin(1).bincount(minlength=8).tolist(),
    "copies": float((copies - x[torch.cdist(copies.flatten(1), x.flatten(1)).argmin(1)]).abs().max()),
    "edges": to_edges(drawn).tolist(),
    "new": to_data.tolist(),
    "real": between.tolist(),
    "maps": {name: [float(m.median()), float(m.max())] for name, m in maps.items()},
    "wrong": [wrong(100), wrong(20)],
    "between": [
        off_the_moons(finish(ddim(schedule, who, noise.to(kind), times)))
        for who, kind in ((learned, torch.float32), (moons, torch.float64))
    ],
    "streaks": [int(streaks.sum()), float(((upper > 0.01) & (upper < 0.99)).double().mean())],
    "losses": losses,
    "times": times_seen,
    "least and reached": [least, reached],
    "loss": [record.loss for record in records],
    "means": {name: float(walk(many, 10).mean()) for name, walk in every_sampler(line).items()},
    "stds": stds(steps),
    "distances": distances,
    "chance": chance,
    "spread": {eta: my_spread(schedule, 0.3, ten, eta) for eta in (0, 1)},
    "true std": true_std.tolist(),
    "narrow": narrow,
    "wished": {name: to_digits(cloud) for name, cloud in wished.items()},
    "yours": float((wished["yours"] - wished["package"]).abs().max()),
    "asked down to": {k: [asked_down_to(k, until) for until in (900, 700, 600, 500, 300)] for k in (0, 3, 8)},
    "asked at last": walked_with(lambda t: -1 if t > 20 else 3, 100)[3],
}
