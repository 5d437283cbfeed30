"""What lesson 02 comes to, run at its end; tests/test_lesson_02.py reads `facts`.

第 02 课得出的数，在课文末尾运行；tests/test_lesson_02.py 读取 `facts`。
"""

from course_utils.explorers.forward import normal_gap


def correlation(a, b):
    return float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])


def mu_of(k):
    return schedule.signal[k] * palace


tables, rows, late = (stepped, jumped), list(wrong.values()), torch.tensor([50, 100, 200, 400, 1000])
own = (same[1:] - per_sample(schedule.signal[late], six[1:]) * six[1:]) / per_sample(schedule.noise[late], six[1:])
third = [forward_jump(schedule, start, k, torch.randn(n, generator=seeded(1))).xt for k in (499, 500)]
facts = {
    "steps of the walk": len(walk) - 1,
    "first rows": [float((table["$t = 1$"][0] - palace).abs().max()) for table in tables],
    "alike": [[correlation(row[0], row[1]), correlation(row[1], row[2])] for t in tables for row in t.values()],
    "draws": [len(walked), len(leapt), len(measured), len(start)],
    "bell": list(bell),
    "heaps": [[float(heap.mean()), float(heap.std())] for heap in (walked, leapt)],
    "one eps": float((own - one[1:]).abs().max()),
    "gap": {t: normal_gap(xt) for t, xt in flow.items()},
    "my_t": my_t,
    "white": [float((image.clamp(-1, 1) == 1).float().mean()) for image in rows[1]],
    "bounded": float(list(z.values())[0].abs().max()),
    "left edge": [float((a - b)[..., 0].abs().max()) for a, b in zip(flat, zeros)],
    "right edge": [float((a - b)[..., -1].std()) for a, b in zip(flat, zeros)],
    "each": [float((a - b).abs().max()) for a, b in zip(each, zeros)],
    "sizes": [len(zeros), zeros.shape[-1]],
    "guide": correlation(chains[498], chains[500]),
    "third film": correlation(*third),
    "films": [float((film[0] - film[1]).std()) for film in (film_a, film_b)],
    "shares": [[float(curve.alpha_bar[k]) for curve in kinds.values()] for k in (400, 1000)],
    "roads": [[float(road.mean()), float(road.std())] for road in (through, back[250])],
    "ways back apart": max(float((films["MyProcess"][k] - films["package"][k]).abs().max()) for k in range(1001)),
    "ways back end": max(float((films[name][0] - palace).abs().max()) for name in ("MyProcess", "package")),
    "walk and way back": {k: correlation(walk[k] - mu_of(k), films["MyProcess"][k] - mu_of(k)) for k in (400, 1000)},
    "bridge and ways": [
        correlation(films["bridge"][400] - mu_of(400), films[name][400] - mu_of(400)) for name in list(films)[:2]
    ],
    "bridge": [float((films["bridge"][k] - mu_of(k)).std() / schedule.noise[k]) for k in (1, 250, 500, 999)],
    "alpha": [float(schedule.alpha.min()), float(schedule.alpha_bar[-1])],
}
