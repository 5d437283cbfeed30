"""What lesson 05 comes to, run at its end; tests/test_lesson_05.py reads `facts`.

第 05 课得出的数，在课文末尾运行；tests/test_lesson_05.py 读取 `facts`。
"""

weights, given = seen_at.weights, seen_at.given
added = (network.middle[1](given) - given).flatten(1).norm(dim=1) / given.flatten(1).norm(dim=1)
moves = (weights[0, [5, 10, 15]] - weights[1, [5, 10, 15]]).abs().sum(1) / 2
inside = {name: float(m[7 - r : 8 + r, 7 - r : 8 + r].min()) for (name, m), r in zip(seen_by.items(), (2, 2, 5))}
for (name, m), r in zip(seen_by.items(), (2, 2, 5)):
    m[7 - r : 8 + r, 7 - r : 8 + r] = 0
uncut = held_out(schedule, built, kept_digits)
cuts = {n: held_out(schedule, cut_skip(built, n, xt, level), kept_digits) for n in (1, 2, 3, 4)}
facts = {
    "shapes": [list(xt.shape), list(level.shape), list(network(xt, level).shape)],
    "flips": {
        name: [
            float(f[:, 0].abs().mean()),
            float(f[:, -1].abs().mean()),
            float(((f[:, 0] - f[:, -1]).abs() > 0.5).float().mean()),
            float((f[:, 0] < 0).float().mean()),
        ]
        for name, f in factors.items()
    },
    "contrast": {name: rows[name].std(dim=(1, 2)).tolist() for name in rows},
    "lost": {part: [float((e - whole).mean()), *by_level(at, e).tolist()] for part, (at, e) in lost.items()},
    "attention lost": [float(lost["attention"].errors.mean()), float(whole.mean())],
    "group": {k: [f(m[0, :16].detach()).item() for f in (torch.mean, torch.std)] for k, m in rows_of_norm.items()},
    "pile": {name: [sum(values[-10:]) / 10, min(values)] for name, values in losses.items()},
    "bump": max(losses["with short cuts"][:6]) > losses["with short cuts"][0],
    "inside": inside,
    "outside": {name: float(m.max()) for name, m in seen_by.items()},
    "added": added.tolist(),
    "moves": moves.tolist(),
    "sums": weights.sum(2).flatten().tolist(),
    "largest": weights.amax(2)[:, [5, 10, 15]].flatten().tolist(),
    "cost": cost["multiplications"],
    "ways": {name: way(ones)[0, 0, 1:8, 1:8].tolist() for name, way in ways.items()},
    "tenths": tenths,
    "mean": {name: float(e.mean()) for name, (_, e) in errors.items()},
    "kept out": [int(kept_out.sum()), len(x)],
    "away": {name: float((image - few).square().mean().sqrt()) for name, image in {"xt": at_200, **guesses}.items()},
    "parts": {part.name: [part.parameters, part.multiplications, list(part.output.shape[1:])] for part in found},
    "drawn": float(gap),
    "uncut": [float(uncut.errors.mean()), *by_level(*uncut).tolist()],
    "cuts": {
        str(n): [
            float((cut_at.errors - uncut.errors).mean()),
            float((cut_at.errors - uncut.errors).std() / len(cut_at.errors) ** 0.5),
            *by_level(*cut_at).tolist(),
        ]
        for n, cut_at in cuts.items()
    },
    "alike": {name: float((v - v.mean(0)).square().mean().sqrt() / v.std()) for name, v in heads.items()},
}
