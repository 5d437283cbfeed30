"""What lesson 12 comes to, run at its end; tests/test_lesson_12.py reads `facts`.

第 12 课得出的数，在课文末尾运行；tests/test_lesson_12.py 读取 `facts`。
"""

import json

with torch.no_grad():
    low_answers = [net(one_noise, torch.zeros(8)) for net in (merged(state.ema), state.ema, off, grey)]
apart_of_answers = [(low_answers[i] - low_answers[i + 1]).abs().max() for i in (0, 2)]
with capture_output():
    found_at_16 = data.album(place, 16)
everyone = found_at_16.x.float().flatten(1) / 127.5
all_apart = torch.cdist(everyone, everyone).fill_diagonal_(torch.inf)
kept_out = torch.cdist(split.held_x.float().flatten(1) / 127.5, everyone).argmin(1)
learnt_from = torch.cdist(split.x.float().flatten(1) / 127.5, everyone).argmin(1)


def look_copied(held, learnt):
    """Which of the pictures kept out lie less than half as far from one learnt from as from any other kept out."""
    return all_apart[held][:, learnt].amin(1) < all_apart[held][:, held].amin(1) / 2


def share_copied(n):
    """The mean share of 33 pictures kept out at random that would count as copies of n others."""
    orders = [torch.randperm(len(everyone), generator=seeded(k)) for k in range(300)]
    return float(torch.stack([look_copied(order[:33], order[33 : 33 + n]).float().mean() for order in orders]).mean())


def nearest_of(k):
    """The names of a picture kept out and of the one learnt from that is nearest to it."""
    return {found_at_16.files[i] for i in (k, int(learnt_from[all_apart[k, learnt_from].argmin()]))}


class RightlyTold(nn.Module):
    """The widened network's grey one, told that the mean of three channels has a third of the noise."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, log_snr):
        size = (log_snr.sigmoid() + (-log_snr).sigmoid() / 3).sqrt().reshape(-1, 1, 1, 1)
        told = self.network(x.mean(1, keepdim=True) / size, log_snr + torch.tensor(3.0).log())
        return (told / 3**0.5).expand_as(x)


doubles = [{album.files[i] for i in pair[:2]} for pair in look.twins]
counted = [nearest_of(k) for k in kept_out[look_copied(kept_out, learnt_from)].tolist()]
gradient = torch.cat([weight.grad.flatten() for weight in small.parameters()])
facts = {
    "read": [len(album.files), len(album.left_out), album.y.bincount().tolist()],
    "sizes": [int(look.sizes.min()), int(look.sizes.max())],
    "look": [int((look.cut > 0).sum()), float(look.cut.mean()), len(look.twins), look.different],
    "overlap": {name: list(own_folder.overlap(own_folder.cuts(name))) for name in own_folder.WINDOWS},
    "left at 32": float(
        first_look.detail_left(first_look.squares(place, album.files[::3]), 32)[album.y[::3] == 2].median()
    ),
    "copied": [share_copied(n) for n in (297, 32)],
    "counted": [len(counted), sum(pair in doubles for pair in counted)],
    "told": [
        3 * between_channels.split_error(network, tuning.coloured_digits().old_unseen).common
        for network in (widened(pretrained("digits")), RightlyTold(pretrained("digits")))
    ],
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
