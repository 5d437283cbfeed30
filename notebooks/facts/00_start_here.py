"""What lesson 00 comes to, run at its end; tests/test_lesson_00.py reads `facts`.

第 00 课得出的数，在课文末尾运行；tests/test_lesson_00.py 读取 `facts`。
"""

facts = {
    "losses": [record.loss for record in records],
    "steps of sampling": len(walk) - 1,
    "new": len(walk[-1]),
    "distance to the nearest real digit": float(torch.cdist(walk[-1].clamp(-1, 1).flatten(1), x.flatten(1)).min()),
    "known and unknown": [len(known), len(unknown), len(set(known.tolist()) & set(unknown.tolist()))],
}
