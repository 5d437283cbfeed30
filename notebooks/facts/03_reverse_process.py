"""What lesson 03 comes to, run at its end; tests/test_lesson_03.py reads `facts`.

第 03 课得出的数，在课文末尾运行；tests/test_lesson_03.py 读取 `facts`。
"""


def l1_of(x):
    return float((x - palace).abs().mean())


t100 = schedule.posterior_variance[100:] / schedule.beta[100:]
t20 = (linear(20).posterior_variance / linear(20).beta)[1:]
true = {
    str(T): [float(variance(linear(T), torch.tensor(t), std) / linear(T).beta[t]) for t in range(1, T + 1)]
    for T, std in ((1000, 0.1),)
}
wide = [float(variance(schedule, torch.tensor(t), 0.5) / schedule.beta[t]) for t in range(1, 1001)]
bounds = []
for T in (1000, 20):
    of = ratios(linear(T))
    bounds.append(
        [
            bool(
                (of[rf"$\sigma_0={s}$"] >= of[r"$\sigma_0=0$"] - 1e-12).all()
                & (of[rf"$\sigma_0={s}$"] <= 1 + 1e-12).all()
            )
            for s in (0, 0.1, 0.5, 1)
        ]
    )
both_ways = ((ddpm, {"sigma": silent}), (ddim, {}))
shares = {}
for at in (1000, 600, 300, 200, 100, 50, 20, 10, 5, 2, 1):
    guess = painter(forward_jump(schedule, digits, at, generator=torch.Generator().manual_seed(1)).xt, at)
    errors = [(x0_hat - digits).square().mean() for x0_hat in (guess, (8 * guess + 8).round() / 8 - 1)]
    shares[str(at)] = [float(error / (1 - schedule.alpha_bar[at])) for error in errors]
agreed = {}
for name, sampler in {"DDPM": ddpm, "DDIM": ddim}.items():
    last = finish(sampler(schedule, line, first, range(1000, -1, -4), generator=torch.Generator().manual_seed(4)))
    agreed[name] = int(((first > 0) == (last > 0)).sum())
facts = {
    "l1 of noised, whole, last": [l1_of(shown_x) for shown_x in (x100, from_whole, from_last)],
    "correlation": float(correlation),
    "l1 of the four": [l1_of(four) for four in shown.values()],
    "step factors": {name: [float(f.min()), float(f.max()), float(f[0]), float(f[-1])] for name, f in of_step.items()},
    "x0 factors": {name: [float(f.min()), float(f.max()), float(f[-1])] for name, f in of_x0.items()},
    "beta tilde from 100 on": float(t100.min()),
    "beta tilde at T = 20": t20.tolist(),
    "truth for 0.1 at T = 1000": min(true["1000"]),
    "truth for 0.5 at T = 1000": min(wide),
    "truth between": bounds,
    "walk ends": float((states[-1] - palace).abs().max()),
    "walk begins": float(torch.corrcoef(torch.stack([states[0].flatten(), palace.flatten()]))[0, 1]),
    "off": {name: [float(e.max()), float(e[-1]), float(e[0])] for name, e in off.items()},
    "always turns at": 1000 - int(off["always"].argmax()),
    "returns": float(off["t > 800"][-51]),
    "largest of t > 800": float(off["t > 800"].max()),
    "kept": {
        str(at): [
            float(finish(way(schedule, gaussian, torch.ones(1, 1), range(at, -1, -1), **how))) for way, how in both_ways
        ]
        for at in (10, 800)
    },
    "narrower is corrected more": [
        bool((of(times, 0.1) < of(times, 0.5)).all() & (of(times, 0.5) < of(times, 1)).all())
        for of in (by_ddpm, by_ddim)
    ],
    "real shares": shares,
    "new pixels": [float(x) for x in ((pixels > 0).double().mean(), near.double().mean(), below.std(), above.std())],
    "first guess": float(two(torch.randn(5000, 1, generator=torch.Generator().manual_seed(3)), 1000).abs().max()),
    "ended where they began": agreed,
    "ends": {name: [l1_of(x[-1:]), float((x[-1:] - flower).abs().mean())] for name, x in ends.items()},
    "same start": all(bool(torch.equal(x[0], ends["no push"][0])) for x in ends.values()),
    "push": float((0.1 * towards).pow(2).mean().sqrt()),
    "exploding": {
        "apart": apart,
        "begins at": float(yours[0].std()),
        "digits": float((drawn[-1].abs() > 0.5).double().mean()),
        "distance": 2 * half,
        "widths": {str(steps): [float(width) for width in widths(steps)] for steps in (100, 10, 2, 1)},
        "flowers": {str(last): share_of_flowers(last) for last in (5, 20, 50, 100, 200, 500)},
        "many flowers": {str(last): share_of_flowers(last, n=200_000) for last in (50, 500)},
    },
    "grain": {str(T): float((x - palace).std()) for T, x in grain.items()},
}
