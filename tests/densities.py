"""What an exact denoiser must be beside a density that is known otherwise.

精确去噪器与另行求得的密度相比，应当如何。
"""

import torch

from course_utils.forward import forward_jump


def agrees(truth, schedule, means, t, log_density, generator, near):
    """Density, score, eps and guess of `truth` at noised copies of its means are those of `log_density`.

    The density to `near`, score and eps to ten times that, the guess by Tweedie's formula.
    """
    x = forward_jump(schedule, means, t, generator=generator).xt.requires_grad_()
    expected = log_density(x)
    (gradient,) = torch.autograd.grad(expected.sum(), x)
    x, ten = x.detach(), 10 * near
    torch.testing.assert_close(truth.log_density(x, t), expected.detach(), rtol=near, atol=near)
    torch.testing.assert_close(truth.score(x, t), gradient, rtol=ten, atol=ten)
    torch.testing.assert_close(truth.eps(x, t), -schedule.noise[t] * gradient, rtol=ten, atol=ten)
    guess = (x + (1 - schedule.alpha_bar[t]) * gradient) / schedule.signal[t]
    torch.testing.assert_close(truth(x, t), guess, rtol=1e-6, atol=1e-6 / float(schedule.signal[t]) ** 0.5)
