"""What lesson 08 comes to, run at its end; tests/test_lesson_08.py reads `facts`.

第 08 课得出的数，在课文末尾运行；tests/test_lesson_08.py 读取 `facts`。
"""

ratio = my_snr(schedule.alpha_bar[1:])
facts = {"falls": bool((ratio.diff() < 0).all()), "even": my_even, "sides": ratio[[249, 749]].tolist()}
