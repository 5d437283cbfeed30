"""The pipeline of this folder: noise in, images out, with labels and guidance where the network knows labels.

本文件夹的 pipeline：输入噪声，输出图像；网络认识标签时，可以指定标签并加引导。

This file needs torch and diffusers alone.
"""

import inspect
from collections.abc import Sequence

import torch
from diffusers import DiffusionPipeline, ImagePipelineOutput
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor


class CoursePipeline(DiffusionPipeline):
    """Samples of a network that answers v, by whatever scheduler of `diffusers` stands in the folder or is put in.

    由回答 v 的网络采样，调度器（scheduler）用文件夹里的那个，也可以换成 `diffusers` 的任何一个。

    DDIM goes back by T // num_inference_steps at every step, so take a number of steps that divides T.
    """

    model_cpu_offload_seq = "unet"

    def __init__(self, unet, scheduler):
        super().__init__()
        self.register_modules(unet=unet, scheduler=scheduler)

    @torch.no_grad()
    def __call__(
        self,
        batch_size: int = 1,
        class_labels: Sequence[int] | Tensor | None = None,
        guidance_scale: float = 1.0,
        num_inference_steps: int = 50,
        *,
        generator: torch.Generator | None = None,
        latents: Tensor | None = None,
        output_type: str = "pil",
    ) -> ImagePipelineOutput:
        """Draw `batch_size` images, or one for each of class_labels; output_type is "pil", "np" or "pt", in [0, 1].

        画 `batch_size` 幅图像；给出 class_labels 时，每个标签一幅。output_type 可取 "pil"、"np"、"pt"，取值在 [0, 1]。

        latents is the noise to begin with, one image each, instead of fresh noise. guidance_scale 1 is no guidance.
        """
        device, config = self._execution_device, self.unet.config
        labels = None if class_labels is None else torch.as_tensor(class_labels, device=device)
        n = len(latents) if latents is not None else batch_size if labels is None else len(labels)
        if latents is None:
            shape = (n, config.in_channels, config.sample_size, config.sample_size)
            latents = randn_tensor(shape, generator=generator, device=device, dtype=self.unet.dtype)
        self.scheduler.set_timesteps(num_inference_steps, device=device)
        x = latents.to(device, self.unet.dtype) * self.scheduler.init_noise_sigma
        told = {"generator": generator, "use_clipped_model_output": True}  # eps goes with the guess that was clipped
        told = {name: told[name] for name in told.keys() & inspect.signature(self.scheduler.step).parameters}
        for t in self.progress_bar(self.scheduler.timesteps):
            asked = self.scheduler.scale_model_input(x, t)
            v = self.unet(asked, t, labels).sample
            if labels is not None and guidance_scale != 1:
                unlabelled = self.unet(asked, t).sample
                v = unlabelled + guidance_scale * (v - unlabelled)
            x = self.scheduler.step(v, t, x, **told).prev_sample
        images = (x / 2 + 0.5).clamp(0, 1)
        if output_type != "pt":
            images = images.cpu().permute(0, 2, 3, 1).float().numpy()
        return ImagePipelineOutput(images=self.numpy_to_pil(images) if output_type == "pil" else images)
