"""What lesson 06 comes to, run at its end; tests/test_lesson_06.py reads `facts`.

第 06 课得出的数，在课文末尾运行；tests/test_lesson_06.py 读取 `facts`。
"""


class LastFifth(MyTraining):
    def rate(self, step):
        return self.lr * min(1, 5 * (self.steps - step) / self.steps)


def ended(kind, seed):
    run = kind(small(seed), flat_kept, schedule, 200, 64, 4e-3, 0.99, seed)
    for _ in range(200):
        run.step()
    return float(held_out(schedule, run.network, flat_unseen).errors.mean()), run.held_out(flat_unseen)


rates_of = {"falling": MyTraining, "constant": Constant, "last fifth": LastFifth}
facts = {
    "bound": [float(log_ratio.mean()), float(exact), L_T, float(L), float(L_0)],
    "moons": float((torch.cdist(new, moons).amin(1) < 0.1).double().mean()),
    "found": {name: e.tolist() for name, e in found.items()},
    "crowds": crowds,
    "mixed": mixed,
    "real": real,
    "strays": float(strays),
    "gap": [e.tolist() for e in ahead],
    "gap, longer": [e.tolist() for e in ahead_longer],
    "variety": {name: list(sizes.values()) for name, sizes in spread.items()},
    "ball": {name: sizes[::50] for name, sizes in rolling().items()},
    "losses": state.losses,
    "rates": [r.lr for r in records],
    "held out": {step: levels.tolist() for step, (_, _, levels) in seen.items()},
    "distance": distance,
    "chance": chance,
    "raw": raw_and_distance,
    "floors": {name: e.tolist() for name, e in floors.items()},
    "mine": [list(mine.shape), float(mine.min()), float(mine.max())],
    "best": best,
    "clothes": [list(x.shape) for x in (early, end)],
    "same clothes": float((early - end).abs().mean()),
    "steps": STEPS,
    "counts": [len(kept), len(unseen)],
    "charts": {PATIENTS.get(name, ""): [part.tolist() for part in view] for name, view in views.items()},
    "open": {name: [ended(kind, seed) for seed in range(5)] for name, kind in rates_of.items()},
    "repair": {"package": course, "ill": ill, "well": well},
    "lags": [lag_of["0.995"], lag_of["formula"]],
}
