"""What lesson 00 comes to, run at its end; tests/test_lesson_00.py reads `facts`.

第 00 课得出的数，在课文末尾运行；tests/test_lesson_00.py 读取 `facts`。
"""

from course_utils.weights import pretrained

longer, again = image_denoiser(schedule, pretrained("digits")), torch.Generator().manual_seed(1)
start_at = torch.randn(500, 1, 8, 8, generator=again)
drawn = finish(ddpm(schedule, longer, start_at, even_times(schedule, 20), generator=again)).clamp(-1, 1)
facts = {
    "the course's network, 20 steps": float((judge.predict_proba(drawn.flatten(1)).max(1) >= 0.9).mean()),
    "losses": [record.loss for record in records],
    "steps of sampling": len(walk) - 1,
    "new": len(walk[-1]),
    "distance to the nearest real digit": float(torch.cdist(walk[-1].clamp(-1, 1).flatten(1), x.flatten(1)).min()),
    "known and unknown": [len(known), len(unknown), len(set(known.tolist()) & set(unknown.tolist()))],
}
