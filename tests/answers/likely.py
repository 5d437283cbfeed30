"""What a reader who misremembers a formula is likely to write; written before any message was looked at.

记错公式的读者很可能会写的答案；写下时还没有看过任何提示语。
"""

import math

import torch
import torch.nn.functional as F

from course_utils.blocks import sinusoids
from course_utils.forward import forward_jump, per_sample
from course_utils.reverse import euler_step


def _shares(s, data, xt, t):
    distance = (xt[:, None] - s.signal[t] * data).flatten(2).square().sum(2)
    return (-distance / (2 * (1 - s.alpha_bar[t]))).softmax(1)


def _x0_hat(s, data, xt, t):
    return (_shares(s, data, xt, t) @ data.flatten(1)).reshape(xt.shape)


def _cosine(inside, T):
    f = inside(torch.arange(T + 1, dtype=torch.float64)).cos() ** 2
    return f / f[0]


def _jump_with(eps_of, mix=None):
    def answer(s, x0, t):
        eps = eps_of(x0)
        return per_sample(s.signal[t], x0) * x0 + per_sample(s.noise[t], x0) * eps, eps

    return answer


def _told(block, embedding):
    return block.scale_shift(F.silu(embedding))[:, :, None, None].chunk(2, dim=1)


def _late_told(block, x, embedding):
    scale, shift = _told(block, embedding)
    h = block.conv2(F.silu(block.norm2(block.conv1(F.silu(block.norm1(x))))))
    return block.short_cut(x) + h * (1 + scale) + shift


def _norm_one_twice(block, x, embedding):
    if block.norm1.weight.shape != block.norm2.weight.shape:
        return block(x, embedding)
    scale, shift = _told(block, embedding)
    h = block.norm1(block.conv1(F.silu(block.norm1(x)))) * (1 + scale) + shift
    return block.short_cut(x) + block.conv2(F.silu(h))


def _silu_once(block, x, embedding):
    scale, shift = _told(block, embedding)
    h = block.norm2(F.silu(block.conv1(F.silu(block.norm1(x))))) * (1 + scale) + shift
    return block.short_cut(x) + block.conv2(h)


def _loss(t_of=lambda s, x0: torch.randint(1, s.T + 1, (len(x0),)), ask=None, end=lambda e: e.square().mean()):
    def answer(s, predictor, x0):
        t = t_of(s, x0)
        xt, eps = forward_jump(s, x0, t)
        return end((ask or (lambda p, xt, t, s, x0: p(xt, t)))(predictor, xt, t, s, x0) - eps)

    return answer


def _looped(step, times=lambda T: range(T, 0, -1)):
    def answer(s, predictor, xT, z):
        xt = xT
        for t in times(s.T):
            xt = step(s, predictor, xt, z, t)
        return xt

    return answer


def _mean(s, predictor, xt, t):
    return (xt - s.beta[t] / s.noise[t] * predictor(xt, t)) / s.alpha[t].sqrt()


def _ddim(sigma=None, room=None, guess=None):
    def answer(s, xt, t, to, eps_hat, eta, noise):
        a, b = s.alpha_bar[t], s.alpha_bar[to]
        sig = (sigma or (lambda s, t, a, b, eta: eta * ((1 - b) / (1 - a) * (1 - a / b)).sqrt()))(s, t, a, b, eta)
        x0 = (guess or (lambda xt, e, a: (xt - (1 - a).sqrt() * e) / a.sqrt()))(xt, eps_hat, a)
        return b.sqrt() * x0 + (room or (lambda b, sig: (1 - b - sig**2).clamp(min=0).sqrt()))(b, sig) * eps_hat + sig * noise

    return answer


FIRST = [
    ("00.jump", lambda s, x0, t, eps: s.alpha_bar[t] * x0 + s.beta[t] * eps),
    ("00.jump", lambda s, x0, t, eps: (1 - s.beta[t]).sqrt() * x0 + (1 - s.alpha_bar[t]).sqrt() * eps),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * x0 + s.signal[t] * eps),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * (x0 + s.noise[t] * eps)),
    ("01.bytes", lambda x: (x * 0.5 + 0.5).clamp(0, 1).mul(256).to(torch.uint8)),
    ("01.bytes", lambda x: ((x + 1) * 127.5).clamp(0, 255)),
    ("01.bytes", lambda x: ((x.clamp(-1, 1) + 1) * 127.5).round().int()),
    ("01.bytes", lambda x: (x.clamp(-1, 1) * 127.5 + 128).to(torch.uint8)),
    ("01.alpha_bar", lambda beta: (1 - beta).prod()),
    ("01.alpha_bar", lambda beta: torch.linspace(1, 0, len(beta) + 1, dtype=beta.dtype)),
    ("01.alpha_bar", lambda beta: torch.cat([torch.ones(1), (1 - beta.cumsum(0)).cumprod(0)])),
    ("01.cosine", lambda T, o: (torch.arange(T + 1) / T + o).div(1 + o).cos() ** 2 * math.pi / 2),
    ("01.cosine", lambda T, o: _cosine(lambda t: (t + o) / (T + o) * math.pi / 2, T)),
    ("01.cosine", lambda T, o: torch.cos((torch.linspace(0, 1, T, dtype=torch.float64) + o) / (1 + o) * math.pi / 2) ** 2),
    ("02.step", lambda s, x, t, eps: (1 - s.beta[t] / 2) * x + s.beta[t].sqrt() * eps),
    ("02.step", lambda s, x, t, eps: s.signal[t] / s.signal[t - 1] * x + (s.noise[t] - s.noise[t - 1]) * eps),
    ("02.step", lambda s, x, t, eps: s.alpha[t].sqrt() * x + (1 - s.alpha_bar[t - 1]).sqrt() * eps),
    ("02.extract", lambda values, t, x: values[t].to(x.dtype).view(-1, 1, 1, 1)),
    ("02.extract", lambda values, t, x: values.gather(0, t).reshape(len(t), *x.shape[1:])),
    ("02.extract", lambda values, t, x: values[t][:, None, None, None].float()),
    ("02.noise", _jump_with(lambda x0: torch.randn(len(x0)))),
    ("02.noise", _jump_with(lambda x0: torch.randn_like(x0).clamp(-1, 1))),
    ("02.noise", _jump_with(lambda x0: 0.1 * torch.randn_like(x0))),
    ("03.mean", lambda s, x0, xt, t: (s.beta[t] * x0 + (1 - s.alpha_bar[t - 1]) * xt) / (1 - s.alpha_bar[t])),
    ("03.mean", lambda s, x0, xt, t: (s.signal[t - 1] * s.beta[t] * x0 + s.alpha[t].sqrt() * (1 - s.alpha_bar[t - 1]) * xt) / s.noise[t]),
    ("03.mean", lambda s, x0, xt, t: (s.alpha[t].sqrt() * s.beta[t] * x0 + s.signal[t - 1] * (1 - s.alpha_bar[t - 1]) * xt) / (1 - s.alpha_bar[t])),
    ("03.x0", lambda s, xt, t, eps: xt / s.noise[t] - s.signal[t] * eps),
    ("03.x0", lambda s, xt, t, eps: (xt - s.noise[t] * eps) / s.signal[t].sqrt()),
    ("03.x0", lambda s, xt, t, eps: xt - s.noise[t] / s.signal[t] * eps),
    ("03.step", lambda s, xt, t, e, z: (xt - s.beta[t] / s.noise[t] * e) / s.alpha[t].sqrt() + s.beta[t].sqrt() / 2 * z),
    ("03.step", lambda s, xt, t, e, z: (xt - s.beta[t] / s.noise[t] * e) / s.alpha[t].sqrt() + s.posterior_variance[t].sqrt()),
    ("03.step", lambda s, xt, t, e, z: (xt - s.alpha[t] / s.noise[t] * e) / s.alpha[t].sqrt() + s.posterior_variance[t].sqrt() * z),
    ("04.weights", lambda s, d, xt, t: (s.signal[t] * xt.flatten(1) @ d.flatten(1).T / (1 - s.alpha_bar[t])).softmax(1)),
    ("04.weights", lambda s, d, xt, t: (-(s.signal[t] * (xt[:, None] - d)).flatten(2).square().sum(2) / (2 * (1 - s.alpha_bar[t]))).softmax(1)),
    ("04.eps", lambda s, d, xt, t: (xt - s.signal[t] * (_shares(s, d, xt, t).T @ d)) / s.noise[t]),
    ("04.eps", lambda s, d, xt, t: (xt[:, None] - s.signal[t] * d) / s.noise[t]),
    ("04.eps", lambda s, d, xt, t: xt / s.noise[t] - s.signal[t] * _x0_hat(s, d, xt, t)),
    ("05.embedding", lambda x, f: torch.stack([(x[:, None] * f).sin(), (x[:, None] * f).cos()], -1)),
    ("05.embedding", lambda x, f: torch.cat([(x[:, None] * f).sin(), (x[:, None] * f).cos()], 0)),
    ("05.embedding", lambda x, f: torch.cat([(x[:, None] + f).sin(), (x[:, None] + f).cos()], 1)),
    ("05.block", _late_told),
    ("05.block", _norm_one_twice),
    ("05.block", _silu_once),
    ("05.attention", lambda q, k, v: q.softmax(-1) @ (k.transpose(1, 2) @ v)),
    ("05.attention", lambda q, k, v: (q * k / q.shape[-1] ** 0.5).softmax(-1) * v),
    ("05.attention", lambda q, k, v: v @ (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1)),
    ("05.skips", lambda x, skips, up: [x := b(torch.cat([x, s], -1)) for b, s in zip(up, skips[::-1], strict=True)][-1]),
    ("05.skips", lambda x, skips, up: [x := b(torch.cat([x, skips[len(skips) - 1 - i]], 1)) for i, b in enumerate(up[:-1])][-1] if len(up) > 1 else x),
    ("06.weight", lambda s, t, v: s.beta[t] ** 2 / (2 * v * s.alpha[t] * (1 - s.alpha_bar[t])) ** 2),
    ("06.weight", lambda s, t, v: s.beta[t] ** 2 / (2 * s.beta[t] * s.alpha[t] * (1 - s.alpha_bar[t]))),
    ("06.weight", lambda s, t, v: s.beta[t] ** 2 / 2 * v * s.alpha[t] * (1 - s.alpha_bar[t])),
    ("06.step", _loss(end=lambda e: e.square().sum())),
    ("06.step", _loss(ask=lambda p, xt, t, s, x0: p(x0, t))),
    ("06.step", _loss(t_of=lambda s, x0: torch.randint(0, s.T, (len(x0),)))),
    ("06.step", _loss(t_of=lambda s, x0: torch.randint(1, s.T + 1, (1,)))),
    ("06.snr", lambda snr: snr / (1 - snr)),
    ("06.snr", lambda snr: 1 / snr - 1),
    ("06.ema", lambda old, new, decay: old + (1 - decay) * new),
    ("06.ema", lambda old, new, decay: old - (1 - decay) * (new - old)),
    ("07.algorithm2", _looped(lambda s, p, xt, z, t: _mean(s, p, xt, t) + (s.beta[t].sqrt() * z[s.T - t] if t > 1 else 0))),
    ("07.algorithm2", _looped(lambda s, p, xt, z, t: (xt - (1 - s.alpha_bar[t]) / s.noise[t] * p(xt, t)) / s.alpha[t].sqrt() + (s.beta[t].sqrt() * z[t] if t > 1 else 0))),
    ("07.ddim", _ddim(sigma=lambda s, t, a, b, eta: eta * s.beta[t].sqrt())),
    ("07.ddim", _ddim(room=lambda b, sig: (1 - b).sqrt() - sig)),
    ("07.ddim", _ddim(sigma=lambda s, t, a, b, eta: eta**2 * ((1 - b) / (1 - a) * (1 - a / b)).sqrt())),
    ("07.heun", lambda s, p, xt, t, to: (xs := euler_step(s, xt, t, to, p(xt, t))) if to == 0 else (xs + euler_step(s, xs, t, to, p(xs, to))) / 2),
    ("07.heun", lambda s, p, xt, t, to: xt + (p(xt, t) + p(euler_step(s, xt, t, to, p(xt, t)), to)) / 2 * (to - t)),
    ("07.midway", lambda s, u, t, to, a, b: b if to == 0 else b + (b - a) * (s.log_snr[to] - s.log_snr[t]) * (s.log_snr[t] - s.log_snr[u]) / 2),
    ("07.midway", lambda s, u, t, to, a, b: b if to == 0 else b + (b - a) * (s.log_snr[t] - s.log_snr[to]) / (s.log_snr[t] - s.log_snr[u]) / 2),
    ("07.times", lambda s, steps, first, final: torch.linspace(first, final, steps).round().int().tolist() + [0]),
    ("07.times", lambda s, steps, first, final: [int((s.log_snr - x).abs().argmin()) for x in torch.linspace(float(s.log_snr[first]), float(s.log_snr[final]), steps + 1)]),
]  # fmt: skip
