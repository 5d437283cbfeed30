"""The network of this folder, as `diffusers` loads it: its own UNet2DModel, but for three things.

本文件夹中的网络，由 `diffusers` 载入：就是它自己的 UNet2DModel，只有三处不同。

It is told the log-SNR, which it looks up by the number of the step; its norms make groups of 16 channels (8 where 16
does not divide them), not a fixed number of groups; and `patch` makes one place with more channels of every square of
pixels. This file needs torch and diffusers alone. Its answer is v: prediction_type="v_prediction".
"""

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin, UNet2DModel
from diffusers.configuration_utils import register_to_config
from diffusers.models.embeddings import TimestepEmbedding
from diffusers.models.unets.unet_2d import UNet2DOutput
from torch import Tensor, nn


class Clocks(nn.Module):
    """The number of a step, from 0, into sines and cosines of its log-SNR.

    把步号（从 0 数起）变成其对数信噪比的正弦与余弦。

    Shapes: timesteps (b,) -> (b, 2 frequencies).
    """

    def __init__(self, steps: int, frequencies: int):
        super().__init__()
        self.register_buffer("log_snr", torch.zeros(steps))
        self.register_buffer("frequency", torch.zeros(frequencies))

    def forward(self, timesteps: Tensor) -> Tensor:
        angle = self.log_snr[timesteps.round().long()].clamp(-20, 20)[:, None] * self.frequency
        return torch.cat([angle.sin(), angle.cos()], dim=1)


class CourseUNet2DModel(ModelMixin, ConfigMixin):
    """A UNet2DModel that is called like one: network(sample, timestep, class_labels).sample is v.

    与 UNet2DModel 用法相同的网络：network(sample, timestep, class_labels).sample 是 v。

    Without class_labels, a network with labels takes its last one, which means "no label".
    Shapes: sample (b, in_channels, h, w), timestep () or (b,), class_labels (b,) -> sample like the first.
    """

    @register_to_config
    def __init__(
        self,
        sample_size: int,
        in_channels: int,
        block_out_channels: tuple[int, ...],
        num_class_embeds: int | None = None,
        num_train_timesteps: int = 1000,
        *,
        patch: int = 1,
        frequencies: int = 16,
    ):
        super().__init__()
        floors = len(block_out_channels)
        self.unet = UNet2DModel(
            in_channels=in_channels * patch**2,
            out_channels=in_channels * patch**2,
            down_block_types=("DownBlock2D",) * floors,
            up_block_types=("UpBlock2D",) * floors,
            block_out_channels=tuple(block_out_channels),
            layers_per_block=1,
            attention_head_dim=None,
            norm_num_groups=1,
            attn_norm_num_groups=1,
            resnet_time_scale_shift="scale_shift",
            num_class_embeds=num_class_embeds,
        )
        self.unet.time_proj = Clocks(num_train_timesteps, frequencies)
        self.unet.time_embedding = TimestepEmbedding(2 * frequencies, 4 * block_out_channels[0])
        whole = {attention.group_norm for attention in self.unet.mid_block.attentions}
        for norm in set(self.unet.modules()) - whole:
            if isinstance(norm, nn.GroupNorm):
                norm.num_groups = norm.num_channels // (16 if norm.num_channels % 16 == 0 else 8)

    def forward(
        self, sample: Tensor, timestep: Tensor | int, class_labels: Tensor | None = None, *, return_dict: bool = True
    ) -> UNet2DOutput | tuple[Tensor]:
        h, w = sample.shape[-2:]
        patch, floors = self.config.patch, len(self.config.block_out_channels)
        unit = patch * 2 ** (floors - 1)
        x = F.pixel_unshuffle(F.pad(sample, (0, -w % unit, 0, -h % unit)), patch)
        none = self.config.num_class_embeds
        if none and class_labels is None:
            class_labels = torch.full((len(sample),), none - 1, device=sample.device)
        v = F.pixel_shuffle(self.unet(x, timestep, class_labels).sample, patch)[..., :h, :w]
        return UNet2DOutput(sample=v) if return_dict else (v,)
