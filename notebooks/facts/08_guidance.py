"""What lesson 08 comes to, run at its end; tests/test_lesson_08.py reads `facts`.

第 08 课得出的数，在课文末尾运行；tests/test_lesson_08.py 读取 `facts`。
"""


def per_image(values):  # a mean over images, and its standard error
    each = values.flatten(1).mean(1)
    return [float(each.mean()), float(each.std()) / len(each) ** 0.5]


def right(images):  # how many of ten are what was asked for
    return int((judge(images).argmax(1) == ten).sum())


def away(one, other):
    return float((one - other).abs().mean())


walked_at_4 = guided_moons.walked(guided_moons.moon_guided(4.0))[-1].xt

facts = {
    "levels": schedule.log_snr[list(kept)].tolist(),
    "saved": [per_image((x60 - u) ** 2 - (x60 - c) ** 2) for _, c, u in kept.values()],
    "apart": [per_image((c - u) ** 2) for _, c, u in kept.values()],
    "loss": [per_image((x60 - c) ** 2)[0] for _, c, _ in kept.values()],
    "told": {name: (images[1:] - images[-1]).abs().mean((1, 2, 3)).tolist() for name, images in seen.items()},
    "bells": bells,
    "led": {name: right(images) for name, images in led.items()},
    "cosines": cosines,
    "lengths": lengths,
    "tilted": {name: list(guiding.summary(x)) for name, x in all_3.items()} | {"sharpened": [sharp.mean, sharp.std]},
    "order": {t: [d.mean for d in guiding.noised_and_sharpened(two, 3, t).values()] for t in (900, 700)},
    "crowd": {t: float(x.mean()) for t, x in on_the_way.items()},
    "pulls": float((pulls - by_denoisers).abs().max()),
    "shirt at 4": names[int(judge(by_scale["4"])[6].argmax())],
    "right ends": [float(x[:, 0].max()) for x in (walked_at_4, guided_moons.exact_moon(2000))],
    "agreed": {name: right(images) for name, images in by_scale.items()},
    "brightness": {name: float((images + 1).mean() / 2) for name, images in by_scale.items()},
    "white": {name: float((x > 0.98).double().mean()) for name, x in ({"1": by_scale["1"]} | held).items()},
    "black": {name: float((x < -0.98).double().mean()) for name, x in held.items()},
    "stretches": {name: away(images, by_stretch["nowhere"]) for name, images in by_stretch.items()},
    "interval": [sum(map(inside, walk[:-1])) for walk in (even_times(schedule, 20), focused_times(schedule, 20))],
    "to the moon": to_moon,
    "moon floor": guided_moons.moon_floor(700, 1400),
    "completed": {name: [*guiding.summary(found.x), found.evaluations] for name, found in completed.items()},
    "left": {name: fit.error - fit.spread / 2 for name, (fit, _) in completed_garments.STORED.items()},
    "holes": {name: [seam(x8), float(x8.std(0)[..., 14:].mean())] for name, x8 in holes.items()},
    "seam": seam(bag),
    "boots": reached,
    "others": others,
    "from noise": starting.likeness_from_noise(),
    "negative": {k: away(boots_away_from(garments(torch.full((10,), k))), plain) for k in (7, 5, 8)},
    "unmasked": {name: my_scale(c, u, mixed) for name, mixed in libraries.items()},
}
