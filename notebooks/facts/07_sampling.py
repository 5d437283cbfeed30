"""What lesson 07 comes to, run at its end; tests/test_lesson_07.py reads `facts`.

第 07 课得出的数，在课文末尾运行；tests/test_lesson_07.py 读取 `facts`。
"""


def grain(images):
    return [rough(image[None]) for image in images]


def where_it_lies(name):  # how far a pixel is from the mean of its 3 x 3, in the background and on the garment
    around = torch.nn.functional.avg_pool2d(shown[name], 3, 1, 1, count_include_pad=False)
    return name, (shown[name] - around).abs(), around < -0.7


facts = {
    "mine": {name: distance_to_draws(moons.two_moons(), cloud) for name, cloud in clouds.items()},
    "chance": [float(chance.mean()), float(chance.std())],
    "drawn": [*x.shape, float(x.min()), float(x.max())],
    "guess and state": [[s.t, rough(s.xt), rough(s.x0_hat)] for s in walked],
    "rough": {name: rough(images) for name, images in shown.items()},
    "last": [last, float(schedule.noise[1]), rough(at_last)],
    "between variances": {n: float((shown[f"{n}, β̃"] - shown[f"{n}, β"]).abs().mean()) for n in (1000, 20)},
    "moved": {name: float((images - same["DDIM, 50"]).abs().mean()) for name, images in (same | other).items()},
    "lengths": {name: path.flatten(1).norm(dim=1).tolist() for name, path in paths.items()},
    "bags": {name: grain(images) for name, images in bags.items()},
    "back": {n: (back - five).abs().mean((1, 2, 3)).tolist() for n, (_, back) in trips.items()},
    "noise": trips[100][0].std((1, 2, 3)).tolist(),
    "border": float(trips[100][0][:4, :, :, :3].std()),
    "reached": {name: float((x2 - reached["DDPM, β̃"]).abs().max()) for name, x2 in reached.items()},
    "stepped": {name: moons.flow_error(x2, seed=0) for name, x2 in stepped.items()},
    "order": on_a_line,
    "slopes": slopes,
    "shares": {name: share.tolist() for name, share in shares.items()},
    "on the clock": {name: values.tolist() for name, values in on_clock.items()},
    "ticks": ticks.tolist(),
    "choices": {name: choose(schedule, 10) for name, choose in moons.SPACINGS.items()},
    "chart": chart,
    "best": best,
    "tried": tried,
    "clip": {name: [float(walk[0].x0_hat.abs().max()), float(walk[-1].xt.abs().max())] for name, walk in walks.items()},
    "off": float((final["clipped"] - final["plain"]).abs().mean()),
    "below black": float((final["plain"] < -1.01).double().mean()),
    "cast": float(((wrapped > 200) & (final["plain"] < -1.01)).double().mean()),
    "rows": rows,
    "page": [len(ten) - 1, pretrained("classifier")(page).argmax(1).tolist(), float((page - theirs).abs().mean())],
    "race": race,
    "near the flow": {name: float((x7 - pages["2M, 20"]).abs().mean()) for name, x7 in pages.items()},
    "grain": {name: [float(d[still].mean()), float(d[~still].mean())] for name, d, still in map(where_it_lies, shown)},
}
