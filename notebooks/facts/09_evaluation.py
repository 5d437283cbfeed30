"""What lesson 09 comes to, run at its end; tests/test_lesson_09.py reads `facts`.

第 09 课得出的数，在课文末尾运行；tests/test_lesson_09.py 读取 `facts`。
"""

ends = {
    name: [my_limit(list(rows), [mean for mean, _ in rows.values()]), rows[200].value]
    for name, rows in {"train": crowds.REAL["train"], **crowds.SAMPLED}.items()
}
z_anew = torch.randn(100, 1, 28, 28, generator=seeded(19))
drawn_anew = finish(
    dpm_solver(schedule, denoisers.image_denoiser(schedule, network, hundred), z_anew, focused_times(schedule, 10))
)
facts = {
    "drawn anew": float(memorised(drawn_anew, known.x, new.x).value),
    "pages": {kind: list(judged_pages(0)[letter]) for letter, kind in what_is_on(0).items()},
    "frechet": {name: float(my_frechet(some, crowd)) for name, crowd in beside.items()}
    | {name: float(my_frechet(some, judge.features(x))) for name, x in spoilt.items()},
    "double": {
        name: [frechet_distance(shape, crowd), energy_distance(shape, crowd)]
        for name, crowd in (("double", double), ("again", again))
    },
    "pairs": {
        n: list(crowds.summed_up(crowds.distances_between(pool, n, 10, balanced=False)))
        for n in (50, 100, 200, 400, 800)
    },
    "ends": ends,
    "memorised": {name: float(my_memorised(x, training.x[:1800], test.x[200:])) for name, x in tried.items()},
    "near": {
        name: nearest(x, training.x).distance.tolist()
        for name, x in (("drawn", drawn[:10]), ("photographs", test.x[:10]))
    },
    "support": {
        name: [float(share) for share in my_support(some[:100], features, 5)] for name, features in hundred_seen.items()
    },
    "bits": list(found_bits["beta"].total) + [float(term.mean()) for term in found_bits["beta"]],
    "cheap": {name: float(x.mean()) for name, x in cheap.items()},
    "regions": [list(at) for at in game.by_region(learned, p, q, (-4, -2.5, -1, 0, 1, 2.5, 4))],
    "values": [game.game_value(logit, p, q) for logit in (game.best_logit(p, q), learned)]
    + [-math.log(4) + 2 * game.jensen_shannon(p, q)],
    "slopes": {name: list(map(float, of)) for name, of in slopes.items()} | {"sure": list(map(float, sure))},
    "games": {
        name: [film[-1].modes, film[-1].belong, max(now.modes for now in film), kept_from(film)]
        for name, film in games.items()
    },
    "report": {name: {title: list(map(float, of)) for title, of in rows.items()} for name, rows in reported.items()},
}
