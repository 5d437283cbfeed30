"""What lesson 10 comes to, run at its end; tests/test_lesson_10.py reads `facts`.

第 10 课得出的数，在课文末尾运行；tests/test_lesson_10.py 读取 `facts`。
"""

from course_utils.data import garments as photographs
from course_utils.guidance import no_labels

shown = photographs("test")
near_0 = 0.98 * torch.cat([shown.x[shown.y == k][:1] for k in range(10)]) + 0.02 * z10
rising_up = [0.02 + 0.98 * k / 20 for k in range(21)]
returned = MyFlow(network, ten).sample(MyFlow(network, ten).sample(near_0, rising_up), rising_up[::-1])
told_none = MyFlow(network, no_labels(network, 10)).velocity


def bend_at(scale):
    walk = [z10]
    for t, s in pairwise(k / 40 for k in range(40, -1, -1)):
        away = told_none(walk[-1], t)
        walk.append(walk[-1] + (s - t) * (away + scale * (MyFlow(network, ten).velocity(walk[-1], t) - away)))
    return float(my_straightness(torch.stack(walk)))


def slope_apart(t):
    places = x[:, None]
    slope = torch.func.grad(lambda y: likely.density_on(paths.straight, two_bells, y, t).sum())(places)
    return float((my_score(places, bell_flow(places, t), t) - slope).abs().max())


def noisy_distances(noise):
    walks = (noisy_walk(plain_velocity, flow_moons.flow_noise(k), 50, noise, seeded(k))[-1] for k in range(4))
    return scores.averaged(torch.tensor([flow_moons.distance_to_moons(ends) for ends in walks]))


facts = {
    "returned": [float((returned - near_0).square().mean().sqrt()), float(near_0.square().mean().sqrt())],
    "guided": [bend_at(scale) for scale in (1, 3)],
    "matched": {
        name: [getattr(scores.matched(of, 0.2), kind).value for kind in ("explicit", "denoising")]
        + list(scores.matched(of, 0.2).denoising_above)
        for name, of in scores.candidates(0.2).items()
    },
    "constant": scores.constant(0.2),
    "left": float((crowd[:, 0] < 0).double().mean()),
    "barriers": [far.barrier(sigma) for sigma in (far.LOW, far.HIGH)],
    "forward": {
        n: n * float(drifts.forward_std(n)[-1] - drifts.known_std([1.0])[-1]) for n in (10, 30, 100, 300, 1000)
    },
    "solved": max(
        float((solved[i] - scores.exact_density(line, when[i])).abs().max())
        for i in map(when.index, (0.05, 0.2, 0.4, 1.0))
    ),
    "back": {noise: [float(drifts.backward_std(c, noise)[-1]) for c in drifts.FACTORS] for noise in (1, 0)},
    "reversed": {
        name: [float(x0.mean()), drifts.std_of(x0).value, float((x0 < 0).double().mean())] for name, x0 in ends.items()
    },
    "overtakings": {name: flow_moons.overtakings(places) for name, places in ways.items()},
    "losses": [compared_losses(little_network(seed), seed=seed).losses.tolist() for seed in range(3)],
    "spread": list(spread_of_pairs()),
    "gradients": [both.chi_square, wrong.chi_square],
    "slopes": [slope_apart(t) for t in (0.01, 0.1, 0.3, 0.6, 0.9)],
    "bells": {
        name: [float(way[-1].mean()), drifts.std_of(way[-1, :, 0]).value, float((way[-1] < 0).double().mean())]
        + [flow_moons.overtakings(way)]
        for name, way in bell_ways.items()
    },
    "noisy": [list(noisy_distances(noise)) for noise in noisy_flow.NOISES],
    "plain": flow_moons.distance_to_moons(plain_way[-1]),
    "apart": [
        float((drawn["VP"] - drawn["flow"]).abs().max())
        for drawn in (two_clocks.both_languages(ten, dtype=dtype) for dtype in (torch.float32, torch.float64))
    ],
    "straight": {
        name: float(my_straightness(trail.places))
        for name, trail in {
            "learned": learned_way,
            "exact": exact_way,
            "reflowed": straightened_way,
            "coupled": coupled_way,
        }.items()
    },
    "one step": {
        name: flow_moons.distance_to_moons(trail.ends[0])
        for name, trail in {"learned": learned_way, "reflowed": straightened_way, "coupled": coupled_way}.items()
    },
    "teacher": list(reflow.apart(straightened, learned)),
    "upper": list(couplings.told_upper(couplings.upper_guess(couplings.labelled_flow("whole batch")))),
    "density": float((mine - known).abs().max()),
    "map": float((moons["ode"] - moons["exact"]).abs().max()),
    "edm": [float(my_from_edm(torch.zeros(1, 1), sigma)[1]) for sigma in sigmas],
    "heun": float((mine_drawn - both_ways["flow"]).abs().mean()),
}
