"""Diffusion Both Ways: the code that the lessons import.

扩散模型：正反两程——各课所用的代码。
"""

import os

# Threads that wait for one another should sleep, not spin: where a browser and a training share two cores, spinning
# makes a step ten times slower. Read when torch is loaded, so it stands here, before anything imports torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
