"""What a reader who misremembers a formula is likely to write; written before any message was looked at.

记错公式的读者很可能会写的答案；写下时还没有看过任何提示语。
"""

import math

import torch
import torch.nn.functional as F

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


def _in_eps(s, denoiser):
    return lambda xt, t: (xt - s.signal[t] * denoiser(xt, t)) / s.noise[t]


def _looped(step, times=lambda T: range(T, 0, -1)):
    def answer(s, denoiser, xT, z):
        xt = xT
        for t in times(s.T):
            xt = step(s, _in_eps(s, denoiser), xt, z, t)
        return xt

    return answer


def _mean(s, predictor, xt, t):
    return (xt - s.beta[t] / s.noise[t] * predictor(xt, t)) / s.alpha[t].sqrt()


def _ddim(sigma=None, room=None, guess=None):
    def answer(s, xt, t, to, eps_hat, eta, noise):
        a, b = s.alpha_bar[t], s.alpha_bar[to]
        sig = (sigma or (lambda s, t, a, b, eta: eta * ((1 - b) / (1 - a) * (1 - a / b)).sqrt()))(s, t, a, b, eta)
        x0 = (guess or (lambda xt, e, a: (xt - (1 - a).sqrt() * e) / a.sqrt()))(xt, eps_hat, a)
        return (
            b.sqrt() * x0
            + (room or (lambda b, sig: (1 - b - sig**2).clamp(min=0).sqrt()))(b, sig) * eps_hat
            + sig * noise
        )

    return answer


FIRST = [
    ("00.jump", lambda s, x0, t, eps: s.alpha_bar[t] * x0 + s.beta[t] * eps),
    ("00.jump", lambda s, x0, t, eps: (1 - s.beta[t]).sqrt() * x0 + (1 - s.alpha_bar[t]).sqrt() * eps),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * x0 + s.signal[t] * eps),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * (x0 + s.noise[t] * eps)),
    ("01.bytes", lambda x: (x * 0.5 + 0.5).clamp(0, 1).mul(256).to(torch.uint8)),
    ("01.bytes", lambda x: ((x + 1) * 127.5).clamp(0, 255)),
    ("01.bytes", lambda x: ((x.clamp(-1, 1) + 1) * 127.5).round().int()),
    ("01.merged", lambda beta, k: beta[:: len(beta) // k]),
    ("01.merged", lambda beta, k: torch.cat([beta.reshape(-1, k).sum(1)])),
    ("01.merged", lambda beta, k: 1 - (1 - beta.reshape(-1, k)).cumprod(1)[:, 0]),
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
    ("03.step", lambda s, xt, t, e, z: (xt - s.beta[t] / s.noise[t] * e) / s.alpha[t].sqrt() + s.beta[t].sqrt() / 2 * z),
    ("03.step", lambda s, xt, t, e, z: (xt - s.beta[t] / s.noise[t] * e) / s.alpha[t].sqrt() + s.posterior_variance[t].sqrt()),
    ("03.step", lambda s, xt, t, e, z: (xt - s.alpha[t] / s.noise[t] * e) / s.alpha[t].sqrt() + s.posterior_variance[t].sqrt() * z),
    ("04.weights", lambda s, d, xt, t: (s.signal[t] * xt.flatten(1) @ d.flatten(1).T / (1 - s.alpha_bar[t])).softmax(1)),
    ("04.weights", lambda s, d, xt, t: (-(s.signal[t] * (xt[:, None] - d)).flatten(2).square().sum(2) / (2 * (1 - s.alpha_bar[t]))).softmax(1)),
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
    ("06.ema", lambda old, new, decay, every: old + (1 - decay) * new),
    ("06.ema", lambda old, new, decay, every: old - (1 - decay) * (new - old)),
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


def _other_noise(s, x0, t):
    eps = torch.randn_like(x0)
    return per_sample(s.signal[t], x0) * x0 + per_sample(s.noise[t], x0).square() * eps, per_sample(
        s.noise[t], x0
    ) * eps


def _shift_first(block, x, embedding):
    shift, scale = _told(block, embedding)
    h = block.norm2(block.conv1(F.silu(block.norm1(x)))) * (1 + scale) + shift
    return block.short_cut(x) + block.conv2(F.silu(h))


def _relu(block, x, embedding):
    scale, shift = _told(block, embedding)
    h = block.norm2(block.conv1(F.relu(block.norm1(x)))) * (1 + scale) + shift
    return block.short_cut(x) + block.conv2(F.relu(h))


def _exponential_scale(block, x, embedding):
    scale, shift = _told(block, embedding)
    h = block.norm2(block.conv1(F.silu(block.norm1(x)))) * scale.exp() + shift
    return block.short_cut(x) + block.conv2(F.silu(h))


def _skip_of_normed(block, x, embedding):
    scale, shift = _told(block, embedding)
    h = block.norm2(block.conv1(F.silu(block.norm1(x)))) * (1 + scale) + shift
    return block.short_cut(h) + block.conv2(F.silu(h)) if block.short_cut(x).shape == h.shape else h


def _walk_then_clip(s, denoiser, xT, z):
    xt = xT
    for t in range(s.T, 0, -1):
        xt = _mean(s, _in_eps(s, denoiser), xt, t) + (s.beta[t].sqrt() * z[t] if t > 1 else 0)
    return xt.clamp(-1, 1)


def _heun_in_ddpm_times(s, p, xt, t, to):
    slope = p(xt, t)
    xs = euler_step(s, xt, t, to, slope)
    return xs if to == 0 else euler_step(s, xt, t, to, (2 * slope + p(xs, to)) / 3)


def _heun_later(s, p, xt, t, to):
    slope = p(xt, t)
    xs = euler_step(s, xt, t, to, slope)
    return xs if to == 0 else euler_step(s, xt, t, to, (slope + p(xs, to - 1)) / 2)


def _heun_half(s, p, xt, t, to):
    slope = p(xt, t)
    xs = euler_step(s, xt, t, to, slope / 2)
    return xs if to == 0 else euler_step(s, xt, t, to, (slope + p(xs, to)) / 2)


def _pop_front(x, skips, up):
    for i, block in enumerate(up):
        x = block(torch.cat([x, skips[-1 - i]], 1)) + x
    return x


def _tail(x, skips, up):
    out = []
    for block in up:
        x = block(torch.cat([x, skips.pop()], 1))
        out.append(x)
    return out


def _clock(s, values, steps, first, final):
    ticks = torch.linspace(float(values[first]), float(values[final]), steps)
    return [int((values[1:] - tick).abs().argmin()) for tick in ticks] + [0]


SECOND = [
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * x0 + s.noise[t - 1] * eps),
    ("00.jump", lambda s, x0, t, eps: (1 - s.noise[t]) * x0 + s.noise[t] * eps),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] ** 2 * x0 + s.noise[t] ** 2 * x0 * eps),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * x0 + s.noise[t] * torch.randn_like(x0)),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * (x0 + 1) / 2 + s.noise[t] * eps),
    ("01.bytes", lambda x: (x.clamp(-1, 1) * 255).abs().round().to(torch.uint8)),
    ("01.bytes", lambda x: ((x.clamp(-1, 1) + 1) * 127.5).floor().to(torch.uint8)),
    ("01.bytes", lambda x: ((x.clamp(-1, 1) + 1) * 255 / 2 + 1).round().clamp(0, 255).to(torch.uint8)),
    ("01.bytes", lambda x: (torch.sigmoid(x) * 255).round().to(torch.uint8)),
    ("01.merged", lambda beta, k: 1 - torch.cumprod(1 - beta, 0)[::k]),
    ("01.merged", lambda beta, k: (1 - beta).reshape(-1, k).sum(1)),
    ("01.merged", lambda beta, k: beta.reshape(-1, k).square().sum(1).sqrt()),
    ("01.cosine", lambda T, o: _cosine(lambda t: (t / T + o) / (1 + o) * math.pi / 4, T)),
    ("01.cosine", lambda T, o: _cosine(lambda t: (t / T + o) / 1 + o * math.pi / 2, T)),
    ("01.cosine", lambda T, o: torch.tensor([math.cos((t / T + o) / (1 + o) * math.pi / 2) ** 2 for t in range(T + 1)])),
    ("02.step", lambda s, x, t, eps: s.alpha[t] * x + (1 - s.alpha[t] ** 2).sqrt() * eps),
    ("02.step", lambda s, x, t, eps: s.alpha[t].sqrt() * x + s.posterior_variance[t].sqrt() * eps),
    ("02.step", lambda s, x, t, eps: (x - s.beta[t].sqrt() * eps) / s.alpha[t].sqrt()),
    ("02.step", lambda s, x, t, eps: s.beta[t].sqrt() * (x + eps)),
    ("02.extract", lambda values, t, x: values[t].repeat(x.shape[1:].numel()).reshape(x.shape)),
    ("02.extract", lambda values, t, x: torch.tensor([values[i] for i in t]).to(x)),
    ("02.extract", lambda values, t, x: values[t[0]].to(x.dtype)),
    ("02.noise", _other_noise),
    ("02.noise", lambda s, x0, t: forward_jump(s, x0, t, x0)),
    ("02.noise", lambda s, x0, t: (forward_jump(s, x0, t).xt, torch.randn_like(x0))),
    ("03.mean", lambda s, x0, xt, t: (s.signal[t - 1] * x0 + s.alpha[t].sqrt() * xt) / 2),
    ("03.mean", lambda s, x0, xt, t: s.signal[t - 1] * s.beta[t] / (1 - s.alpha_bar[t]) * x0 + s.alpha[t].sqrt() * (1 - s.alpha_bar[t]) / (1 - s.alpha_bar[t - 1]) * xt),
    ("03.mean", lambda s, x0, xt, t: s.signal[t - 1] * x0 + s.noise[t - 1] * xt),
    ("03.step", lambda s, xt, t, e, z: (xt - s.beta[t] / s.noise[t] * e) / s.alpha[t].sqrt() + s.noise[t - 1] / s.noise[t] * s.beta[t] * z),
    ("03.step", lambda s, xt, t, e, z: (xt - s.beta[t] / s.noise[t] * z) / s.alpha[t].sqrt() + s.posterior_variance[t].sqrt() * z),
    ("03.step", lambda s, xt, t, e, z: xt - s.beta[t] / s.noise[t] * e / s.alpha[t] + s.posterior_variance[t].sqrt() * z),
    ("04.weights", lambda s, d, xt, t: (-(xt[:, None] - s.signal[t] * d).flatten(2).square().sum(2) / (2 * s.alpha_bar[t] * (1 - s.alpha_bar[t]))).softmax(1)),
    ("04.weights", lambda s, d, xt, t: (-(xt[:, None] - s.signal[t] * d).flatten(2).norm(dim=2) / s.noise[t]).softmax(1)),
    ("04.weights", lambda s, d, xt, t: 1 / (xt[:, None] - s.signal[t] * d).flatten(2).square().sum(2)),
    ("05.block", _shift_first),
    ("05.block", _relu),
    ("05.block", _exponential_scale),
    ("05.block", _skip_of_normed),
    ("05.attention", lambda q, k, v: (q @ k.transpose(1, 2)).softmax(-1) @ v / q.shape[-1] ** 0.5),
    ("05.attention", lambda q, k, v: (k @ q.transpose(1, 2) / k.shape[-1] ** 0.5).softmax(1) @ v),
    ("05.attention", lambda q, k, v: ((q @ k.transpose(1, 2)).softmax(-1) / q.shape[-1] ** 0.5).transpose(1, 2) @ v),
    ("05.skips", _pop_front),
    ("05.skips", _tail),
    ("06.weight", lambda s, t, v: s.beta[t] ** 2 / (2 * v * s.alpha[t] * s.noise[t] ** 4)),
    ("06.weight", lambda s, t, v: s.beta[t] ** 2 / (2 * v * (1 - s.alpha[t]) * (1 - s.alpha_bar[t]))),
    ("06.step", _loss(end=lambda e: e.mean())),
    ("06.step", _loss(t_of=lambda s, x0: torch.rand(len(x0)) * s.T)),
    ("06.step", lambda s, p, x0: (p(x0 + torch.randn_like(x0), torch.randint(1, s.T + 1, (len(x0),))) - x0).square().mean()),
    ("06.snr", lambda snr: (1 + snr) ** 2 / snr),
    ("06.snr", lambda snr: 1 / snr.sqrt()),
    ("06.ema", lambda old, new, decay, every: decay * (old - new) + (1 - decay) * new),
    ("06.ema", lambda old, new, decay, every: decay * old + (1 - decay) * old),
    ("07.algorithm2", _walk_then_clip),
    ("07.algorithm2", _looped(lambda s, p, xt, z, t: (xt - s.beta[t] * p(xt, t)) / s.alpha[t].sqrt() + (s.beta[t].sqrt() * z[t] if t > 1 else 0))),
    ("07.algorithm2", _looped(lambda s, p, xt, z, t: _mean(s, p, xt, t) + (s.beta[t].sqrt() * z[t] if t > 1 else 0), times=lambda T: range(T, -1, -1))),
    ("07.ddim", _ddim(sigma=lambda s, t, a, b, eta: eta * (1 - a / b).sqrt())),
    ("07.ddim", _ddim(guess=lambda xt, e, a: (xt - (1 - a).sqrt() * e) * a.sqrt())),
    ("07.ddim", _ddim(room=lambda b, sig: (1 - b + sig**2).sqrt())),
    ("07.heun", _heun_in_ddpm_times),
    ("07.heun", _heun_later),
    ("07.heun", _heun_half),
    ("07.midway", lambda s, u, t, to, a, b: b if to == 0 else b + (b - a) * (s.log_snr[to] - s.log_snr[u]) / (s.log_snr[t] - s.log_snr[u]) / 2),
    ("07.midway", lambda s, u, t, to, a, b: b if to == 0 else (b - a) / 2 * (s.log_snr[to] - s.log_snr[t]) / (s.log_snr[t] - s.log_snr[u])),
    ("07.midway", lambda s, u, t, to, a, b: b if to == 0 else b + (a - b) * (s.snr[to] - s.snr[t]) / (s.snr[t] - s.snr[u]) / 2),
    ("07.times", lambda s, steps, first, final: _clock(s, s.log_snr, steps, first, final)),
    ("07.times", lambda s, steps, first, final: _clock(s, s.snr, steps, first, final)),
    ("07.times", lambda s, steps, first, final: sorted({int(t) for t in torch.logspace(math.log10(first), math.log10(final), steps)}, reverse=True) + [0]),
]  # fmt: skip


def _block_of(h_of=None, out=None):
    def answer(block, x, embedding):
        scale, shift = _told(block, embedding)
        h = block.conv1(F.silu(block.norm1(x)))
        h = h_of(block, h, scale, shift) if h_of else F.silu(block.norm2(h) * (1 + scale) + shift)
        return out(block, x, h) if out else block.short_cut(x) + block.conv2(h)

    return answer


def _joined_less(x, skips, up):
    for block in up[:-1]:
        x = block(torch.cat([x, skips.pop()], 1))
    return up[-1](x)


def _joined_in_front(x, skips, up):
    for i, block in enumerate(up):
        x = block(torch.cat([x, skips[i - 1]], 1))
    return x


def _heun_mean_state(s, p, xt, t, to):
    slope = p(xt, t)
    xs = euler_step(s, xt, t, to, slope)
    return xs if to == 0 else euler_step(s, (xt + xs) / 2, t, to, p(xs, to))


def _heun_plain(s, p, xt, t, to):
    slope = p(xt, t)
    xs = xt - (t - to) / s.T * slope
    return xs if to == 0 else euler_step(s, xt, t, to, (slope + p(xs, to)) / 2)


THIRD = [
    ("00.jump", lambda s, x0, t, eps: s.alpha_bar[t] ** 2 * x0 + (1 - s.alpha_bar[t] ** 2).sqrt() * eps),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * x0 + s.noise[t] * eps / s.signal[t]),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * x0 + (1 - s.signal[t] ** 4).sqrt() * eps),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * x0.clamp(0, 1) + s.noise[t] * eps),
    ("01.bytes", lambda x: ((x.clamp(-1, 1) / 2 + 1) * 127.5).round().to(torch.uint8)),
    ("01.bytes", lambda x: ((x.clamp(-1, 1) + 1) * 100).round().to(torch.uint8)),
    ("01.bytes", lambda x: (x.clamp(-1, 1) + 1).to(torch.uint8) * 127),
    ("01.merged", lambda beta, k: 1 - (1 - beta.reshape(-1, k).sqrt()).prod(1)),
    ("01.merged", lambda beta, k: (1 - beta[::k]) ** k),
    ("01.merged", lambda beta, k: [1 - float((1 - part).prod()) for part in beta.split(k)]),
    ("01.cosine", lambda T, o: _cosine(lambda t: (t / T + 2 * o) / (1 + 2 * o) * math.pi / 2, T)),
    ("01.cosine", lambda T, o: _cosine(lambda t: (t / T) / (1 + o) * math.pi / 2 + o, T)),
    ("01.cosine", lambda T, o: [math.cos((t / T + o) / (1 + o) * math.pi / 2) ** 2 for t in range(T + 1)]),
    ("02.step", lambda s, x, t, eps: s.alpha[t].sqrt() * x + (s.beta[t] + s.beta[t - 1]).sqrt() * eps),
    ("02.step", lambda s, x, t, eps: s.signal[t - 1] * x + s.beta[t].sqrt() * eps),
    ("02.step", lambda s, x, t, eps: s.alpha[t].sqrt() * x + s.beta[t].sqrt() * x * eps),
    ("02.extract", lambda values, t, x: values.index_select(0, t).unsqueeze(-1).to(x.dtype)),
    ("02.extract", lambda values, t, x: values[t].sum().reshape(1, *[1] * (x.ndim - 1)).to(x.dtype)),
    ("02.noise", _jump_with(lambda x0: torch.randn_like(x0) * x0.std())),
    ("02.noise", _jump_with(lambda x0: torch.randn_like(x0).abs())),
    ("02.noise", lambda s, x0, t: (lambda e: (per_sample(s.alpha[t].sqrt(), x0) * x0 + per_sample(s.noise[t], x0) * e, e))(torch.randn_like(x0))),
    ("03.mean", lambda s, x0, xt, t: s.signal[t - 1] * s.beta[t] / (1 - s.alpha_bar[t]) * x0 + s.alpha[t].sqrt() * s.beta[t] / (1 - s.alpha_bar[t]) * xt),
    ("03.mean", lambda s, x0, xt, t: s.signal[t - 1] * (1 - s.alpha_bar[t - 1]) / (1 - s.alpha_bar[t]) * x0 + s.alpha[t].sqrt() * (1 - s.alpha_bar[t - 1]) / (1 - s.alpha_bar[t]) * xt),
    ("03.mean", lambda s, x0, xt, t: xt + s.beta[t] * (x0 - xt)),
    ("03.step", lambda s, xt, t, e, z: (xt - s.beta[t] / s.noise[t] * e) / s.alpha[t].sqrt() + (1 - s.alpha[t]) * z),
    ("03.step", lambda s, xt, t, e, z: (xt - (1 - s.alpha[t]).sqrt() / s.noise[t] ** 2 * e) / s.alpha[t].sqrt() + s.posterior_variance[t].sqrt() * z),
    ("03.step", lambda s, xt, t, e, z: s.alpha[t].sqrt() * (xt - s.noise[t] * e) + s.posterior_variance[t].sqrt() * z),
    ("04.weights", lambda s, d, xt, t: (-(xt[:, None] - s.signal[t] * d).flatten(2).square().sum(2) * (1 - s.alpha_bar[t])).softmax(1)),
    ("04.weights", lambda s, d, xt, t: (-(xt[:, None] - d * s.noise[t]).flatten(2).square().sum(2) / (2 * s.signal[t] ** 2)).softmax(1)),
    ("04.weights", lambda s, d, xt, t: (-(xt[:, None] - s.signal[t] * d).flatten(2).square().sum(2) / (2 * (1 - s.alpha_bar[t]))).softmax(1).T),
    ("05.block", _block_of(h_of=lambda b, h, scale, shift: F.silu(b.norm2(h) + scale + shift))),
    ("05.block", _block_of(h_of=lambda b, h, scale, shift: F.silu(b.norm2(h)) * (1 + scale))),
    ("05.block", _block_of(out=lambda b, x, h: b.conv2(h) * b.short_cut(x))),
    ("05.attention", lambda q, k, v: (q @ k.transpose(1, 2) / (q.norm(dim=-1, keepdim=True) * k.norm(dim=-1)[:, None])).softmax(-1) @ v),
    ("05.attention", lambda q, k, v: (q @ k.transpose(1, 2) / 8).softmax(-1) @ v),
    ("05.attention", lambda q, k, v: (-(torch.cdist(q, k))).softmax(-1) @ v),
    ("05.skips", _joined_less),
    ("05.skips", _joined_in_front),
    ("06.weight", lambda s, t, v: s.beta[t] ** 2 / (2 * v**2 * s.alpha[t].sqrt() * s.noise[t])),
    ("06.weight", lambda s, t, v: 1 / (2 * v) * (s.beta[t] / s.alpha[t].sqrt()) ** 2),
    ("06.step", _loss(end=lambda e: e.square().mean() * 1000)),
    ("06.step", _loss(ask=lambda p, xt, t, s, x0: p(xt, t / s.T))),
    ("06.step", _loss(ask=lambda p, xt, t, s, x0: p(xt.clamp(-1, 1), t))),
    ("06.snr", lambda snr: snr / (1 + snr) + 1),
    ("06.snr", lambda snr: (1 + 1 / snr) / snr),
    ("06.ema", lambda old, new, decay, every: decay**2 * old + (1 - decay**2) * new),
    ("06.ema", lambda old, new, decay, every: old * decay + new / decay),
    ("07.algorithm2", _looped(lambda s, p, xt, z, t: _mean(s, p, xt, t) + (s.noise[t - 1] * z[t] if t > 1 else 0))),
    ("07.algorithm2", _looped(lambda s, p, xt, z, t: _mean(s, p, xt, t) + (s.beta[t - 1].sqrt() * z[t] if t > 1 else 0))),
    ("07.algorithm2", _looped(lambda s, p, xt, z, t: _mean(s, p, xt, t) + (s.beta[t].sqrt() * z[t] if t > 1 else 0), times=lambda T: range(T, 0, -2))),
    ("07.ddim", _ddim(guess=lambda xt, e, a: (xt - (1 - a) * e) / a.sqrt())),
    ("07.ddim", _ddim(sigma=lambda s, t, a, b, eta: eta * ((1 - a) / (1 - b) * (1 - b / a).abs()).sqrt())),
    ("07.ddim", _ddim(room=lambda b, sig: 1 - b - sig**2)),
    ("07.heun", _heun_mean_state),
    ("07.heun", _heun_plain),
    ("07.midway", lambda s, u, t, to, a, b: b if to == 0 else b + (b - a) * ((s.log_snr[to] - s.log_snr[t]) / (s.log_snr[t] - s.log_snr[u])) ** 2 / 2),
    ("07.midway", lambda s, u, t, to, a, b: b if to == 0 else (1 + (s.log_snr[to] - s.log_snr[t]) / (s.log_snr[t] - s.log_snr[u])) * b - a / 2),
    ("07.times", lambda s, steps, first, final: [first, *(first - (first - final) * i // steps for i in range(1, steps)), final]),
    ("07.times", lambda s, steps, first, final: _clock(s, s.noise, steps, first, final)),
    ("07.times", lambda s, steps, first, final: [t + 1 for t in _clock(s, s.log_snr, steps, first, final)]),
]  # fmt: skip


LISTED = [
    ("00.jump", lambda s,x0,t,e: s.signal[t].sqrt()*x0+s.noise[t]*e),
    ("00.jump", lambda s,x0,t,e: s.signal[t].sqrt()*x0+s.noise[t].sqrt()*e),
    ("00.jump", lambda s,x0,t,e: s.signal[t]*x0+(1-s.signal[t]).sqrt()*e),
    ("00.jump", lambda s,x0,t,e: s.signal[t]*x0+s.noise[t]*(e-e.mean())/e.std()),
    ("00.jump", lambda s,x0,t,e: s.signal[t]*x0+s.noise[t]*e/e.std()),
    ("00.jump", lambda s,x0,t,e: s.signal[t]*x0+(1+s.alpha_bar[t]).sqrt()*e),
    ("01.last", 0.0625),
    ("01.last", 0.059),
    ("02.step", lambda s,x,t,e: s.alpha[t-1].sqrt()*x+s.beta[t].sqrt()*e),
    ("02.step", lambda s,x,t,e: s.alpha[t].sqrt()*(x+s.beta[t].sqrt()*e)),
    ("02.step", lambda s,x,t,e: s.alpha[t].sqrt()*x+s.beta[t].sqrt()*e.abs()),
    ("02.step", lambda s,x,t,e: s.alpha[t].sqrt()*x+s.beta[t].sqrt()*e.flatten()[0]),
    ("02.step", lambda s,x,t,e: s.alpha[t].sqrt()*x+s.beta[t].sqrt()*torch.randn(())),
    ("03.mean", lambda s,x0,xt,t: s.signal[t-1]*s.beta[t]/(1-s.alpha_bar[t])*x0+s.alpha[t].sqrt()*(1-s.alpha_bar[t-1])/1-s.alpha_bar[t]*xt),
    ("03.mean", lambda s,x0,xt,t: s.signal[t-1]*s.beta[t]/1-s.alpha_bar[t]*x0+s.alpha[t].sqrt()*(1-s.alpha_bar[t-1])/(1-s.alpha_bar[t])*xt),
    ("03.mean", lambda s,x0,xt,t: s.signal[t-1]*s.beta[t]/s.noise[t]*x0+s.alpha[t].sqrt()*(1-s.alpha_bar[t-1])/s.noise[t]*xt),
    ("03.mean", lambda s,x0,xt,t: s.signal[t-1]*s.beta[t]/s.noise[t]**2*x0+s.alpha[t].sqrt()*s.noise[t-1]/s.noise[t]*xt),
    ("03.mean", lambda s,x0,xt,t: s.signal[t-1]*s.beta[t]/s.noise[t]*x0+s.alpha[t].sqrt()*s.noise[t-1]/s.noise[t]*xt),
    ("03.paper", lambda a,b,xt,v: a/b*xt-b.sqrt()*(1-a/b)/(1-a).sqrt()*v),
    ("03.paper", lambda a,b,xt,v: (a/b).sqrt()*xt-b.sqrt()*(1-a/b)*(1-a).sqrt()*v),
    ("03.paper", lambda a,b,xt,v: (a/b).sqrt()*xt-(1-a/b)/(1-a).sqrt()*v),
    ("03.paper", lambda a,b,xt,v: a.sqrt()*xt-b.sqrt()*(1-a/b)/(1-a).sqrt()*v),
    ("03.paper", lambda a,b,xt,v: (a/b).sqrt()*xt-b*(1-a/b)/(1-a).sqrt()*v),
    ("03.paper", lambda a,b,xt,v: (b/a).sqrt()*xt-b.sqrt()*(1-a/b)/(1-a).sqrt()*v),
    ("03.step", lambda s,xt,t,e,z: xt-s.beta[t]/s.noise[t]*e/s.alpha[t].sqrt()+s.posterior_variance[t].sqrt()*z),
    ("03.step", lambda s,xt,t,e,z: (xt-s.beta[t]/s.noise[t]*e+s.posterior_variance[t].sqrt()*z)/s.alpha[t].sqrt()),
    ("03.step", lambda s,xt,t,e,z: (xt-s.beta[t])/s.noise[t]*e/s.alpha[t].sqrt()+s.posterior_variance[t].sqrt()*z),
    ("04.paper", lambda alpha_bar, p: (1 - alpha_bar) / alpha_bar**0.5 * math.log((1 - p) / p)),
    ("04.paper", lambda alpha_bar, p: (1 - alpha_bar) / (2 * alpha_bar**0.5) * math.log(p / (1 - p))),
    ("04.spread", lambda s, std, times, eta: [(float(s.alpha_bar[t]) * std**2 + 1 - float(s.alpha_bar[t])) ** 0.5 for t in times]),
    ("05.skips", lambda x,skips,up: [x:=b(torch.cat([x,s],1)) for b,s in zip(up[::-1],skips,strict=True)][-1]),
    ("05.skips", lambda x,skips,up: [x:=b(torch.cat([x,s],1)) for b,s in zip(up[::-1],skips[::-1],strict=True)][-1]),
    ("06.weight", lambda s,t,v: s.beta[t]/(s.alpha[t].sqrt()*s.noise[t])/(2*v)),
    ("06.weight", lambda s,t,v: s.beta[t]**2/(2*v*s.alpha[t].sqrt()*s.noise[t])),
    ("06.step", _loss(t_of=lambda s,x0: torch.randint(1,s.T+1,(len(x0),1)))),
    ("06.step", _loss(ask=lambda p,xt,t,s,x0: p(xt,t[:,None]))),
    ("07.algorithm2", _looped(lambda s,p,xt,z,t: _mean(s,p,xt,t)+(s.beta[t].sqrt()*z[t] if t>1 else 0), times=lambda T: reversed(range(T)))),
    ("07.ddim", _ddim(sigma=lambda s,t,a,b,eta: eta*((1-b)/(1-a)*s.beta[t]).sqrt())),
    ("07.ddim", _ddim(sigma=lambda s,t,a,b,eta: eta*((1-b)/(1-a)*(1-a/b)))),
    ("07.ddim", _ddim(room=lambda b,sig: (1-b-sig).clamp(min=0).sqrt())),
    ("07.ddim", _ddim(room=lambda b,sig: (1-b-sig).sqrt())),
    ("07.midway", lambda s,u,t,to,a,b: b if to==0 else b+(s.log_snr[to]-s.log_snr[t])/2*(s.log_snr[t]-s.log_snr[u])*(b-a)),
]  # fmt: skip

# Single faults, and words that name them.
BY_NAME = [
    ("00.jump", lambda s, x0, t, e: s.signal[t].sqrt() * x0 + s.noise[t] * e, "x0 is √√ᾱ_t; it should be √ᾱ_t", "x0 的系数是 √√ᾱ_t"),
    ("00.jump", lambda s, x0, t, e: s.signal[t] * x0 + (1 - s.signal[t]).sqrt() * e, "√(1 − √ᾱ_t)", "√(1 − √ᾱ_t)"),
    ("00.jump", lambda s, x0, t, e: s.signal[t] * x0 + (1 + s.alpha_bar[t]).sqrt() * e, "√(1 + ᾱ_t)", "√(1 + ᾱ_t)"),
    ("00.jump", lambda s, x0, t, e: s.signal[t] * x0 + s.noise[t] * e / e.std(), "divided by its own standard deviation", "它自己的标准差"),
    ("02.step", lambda s, x, t, e: s.alpha[t - 1].sqrt() * x + s.beta[t].sqrt() * e, "x is √α_{t−1}; it should be √α_t", "x 的系数是 √α_{t−1}"),
    ("02.step", lambda s, x, t, e: s.alpha[t].sqrt() * (x + s.beta[t].sqrt() * e), "eps is √α_t √β_t; it should be √β_t", "eps 的系数是 √α_t √β_t"),
    ("02.step", lambda s, x, t, e: s.alpha[t].sqrt() * x + s.beta[t].sqrt() * e.abs(), "by its absolute values", "绝对值"),
    ("02.step", lambda s, x, t, e: s.alpha[t].sqrt() * x + s.beta[t].sqrt() * e.flatten()[0], "one single value for all pixels", "同一个值"),
    ("03.paper", lambda a, b, xt, v: (a / b).sqrt() * xt - b.sqrt() * (1 - a / b).sqrt() / (1 - a).sqrt() * v, "the factor of v that you have is −√ᾱ_{t−1} √β_t / √(1 − ᾱ_t)", "你写的 v 的系数是 −√ᾱ_{t−1} √β_t / √(1 − ᾱ_t)"),
    ("05.skips", lambda x, skips, up: [x := b(torch.cat([x, s], 1)) for b, s in zip(up[::-1], skips, strict=True)][-1], "the blocks are called in another order", "块的次序不对"),
    ("07.ddim", lambda s, xt, t, to, e, eta, z: _ddim(room=lambda b, sig: (1 - b - sig).sqrt())(s, xt, t, to, e, eta, z), "√(1 − ᾱ_s − σ", "1 − ᾱ_s − σ"),
    ("00.jump", lambda s, x0, t, e: s.signal[s.T // 2] * x0 + s.noise[s.T // 2] * e, "does not look at t", "没有用到传进来的 t"),
]  # fmt: skip
