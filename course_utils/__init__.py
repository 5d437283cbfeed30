"""Diffusion Both Ways: the code that the lessons import.

扩散模型：正反两程——各课所用的代码。
"""

import os

# Threads that wait for one another should spin briefly, then sleep: where a browser and a training share two cores,
# the default's long spinning makes a step many times slower (tests/benchmarks/waiting_threads.py measures it). Read
# when torch is loaded, so it stands here, before anything imports torch.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
