"""What lesson 12 comes to, run at its end; tests/test_lesson_12.py reads `facts`.

第 12 课得出的数，在课文末尾运行；tests/test_lesson_12.py 读取 `facts`。
"""

import json

with torch.no_grad():
    low_answers = [net(one_noise, torch.zeros(8)) for net in (merged(state.ema), state.ema, off, grey)]
apart_of_answers = [(low_answers[i] - low_answers[i + 1]).abs().max() for i in (0, 2)]
gradient = torch.cat([weight.grad.flatten() for weight in small.parameters()])
facts = {
    "read": [len(album.files), len(album.left_out), album.y.bincount().tolist()],
    "sizes": [int(look.sizes.min()), int(look.sizes.max())],
    "look": [int((look.cut > 0).sum()), float(look.cut.mean()), len(look.twins), look.different],
    "overlap": {name: list(own_folder.overlap(own_folder.cuts(name))) for name in own_folder.WINDOWS},
    "left at 32": float(
        first_look.detail_left(first_look.squares(place, album.files[::3]), 32)[album.y[::3] == 2].median()
    ),
    "heart": list(heart),
    "split": [len(split.x), len(split.held_x)],
    "report": json.loads((place.parent / "mine" / "report.json").read_text()),
    "checks": [[check["trained_on"], check["held_out"]] for check in checks],
    "learning": [sum(w.numel() for w in grey.parameters()), tuning.learning(low)],
    "built": [*at_first, *at_last],
    "file": path.stat().st_size,
    "apart": [float(one) for one in apart_of_answers],
    "parts": [
        in_parts.off_by(whole[name], in_parts.gradient(networks[name], batch, 32, by_parts=by_parts))
        for name, by_parts in (("group norm", False), ("group norm", True), ("batch norm", False))
    ],
    "shared": in_parts.off_by(whole["group norm"], gradient),
    "bits": {name: few_bits.bites(dtype) for name, dtype in few_bits.FORMATS.items()},
    "moved": {f"{lr:g}": share for lr, share in moved.items()},
    "operations": each,
    "handed": {name: way.apart for name, way in handed.items()},
    "sick": {
        fault: [found.name for found in diagnose(*one[:3], objective=one.objective) if not found.well]
        for fault, one in ((fault, sick_trainings.patient(fault)) for fault in ("", "range", "rate", "ema"))
    },
}
