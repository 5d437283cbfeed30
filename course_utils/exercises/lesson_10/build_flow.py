"""The piece of lesson 10: a network that guesses noise, as a velocity on the straight path, walked from noise to data.

第 10 课的作业：把猜噪声的网络当作直线路径上的速度，从噪声走到数据。
"""

import math
from itertools import pairwise

import torch


class Flow:
    """A network told log-SNR, as a flow from noise at t = 1 to data at t = 0: its velocity, and Heun's walk along it.

    由网络得到的、从 t = 1 的噪声到 t = 0 的数据的流：它的速度，以及沿速度的 Heun 法。
    """

    def __init__(self, network, labels=None):
        self.network, self.labels = network, labels

    @torch.no_grad()
    def velocity(self, xt, t):
        log_snr = torch.tensor(2 * (math.log(max(1 - t, 1e-9)) - math.log(t))).clamp(-20, 20)
        signal, noise = log_snr.sigmoid().sqrt(), (-log_snr).sigmoid().sqrt()
        x = xt / math.hypot(1 - t, t)
        told = (x, log_snr) if self.labels is None else (x, log_snr, self.labels)
        x0_hat = (x - noise * self.network(*told)) / signal
        return (xt - x0_hat) / t

    def sample(self, noise, times):
        x = noise
        for t, s in pairwise(times):
            slope = self.velocity(x, t)
            ahead = x + (s - t) * slope
            if s > 0:
                ahead = x + (s - t) * (slope + self.velocity(ahead, s)) / 2
            x = ahead
        return x
