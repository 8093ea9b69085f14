"""Convolutional networks on images whose 2x2 pixels are folded into channels, at about a quarter of the cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, pixel_shuffle, pixel_unshuffle

from quintet.errors import InputError
from quintet.networks.activations import activation
from quintet.networks.mlp import Residual

SMALLEST = 7
"""Largest height and width of the last planes, which a linear layer maps to the features."""
MEEK = 0.3
"""Factor on the initial weights of a residual block's last layer, so that deep stacks start near the identity."""


@dataclass(frozen=True)
class Folded:
    """Space-to-depth (Shi et al., 2016), halvings, residual blocks, and a linear layer to the features.

    For images of about 28x28 the planes are 14x14 and 7x7.

    Parameters
    ----------
    channels : number of channels at half size, doubled at each further halving up to a factor of four.
    blocks : number of residual blocks at each size, from the largest; the last number applies to all smaller sizes.
    features : width of the layer between planes and latents.
    activation : as in ``Mlp``.
    """

    channels: int = 32
    blocks: tuple[int, ...] = (0, 1)
    features: int = 512
    activation: str = "silu"

    def __post_init__(self) -> None:
        for name in ("channels", "features"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if not self.blocks or any(count < 0 for count in self.blocks):
            raise InputError(f"blocks must hold a number of at least 0 for each size, got {self.blocks}.")

    def encoder(self, in_shape: tuple[int, ...]) -> nn.Module:
        """Images (batch, channels, height, width) -> features (batch, features)."""
        sizes, widths = self._plan(in_shape)
        layers: list[nn.Module] = [Fold(), nn.Conv2d(4 * in_shape[0], widths[0], 3, padding=1)]
        for level, width in enumerate(widths):
            layers += [*self._stack(level, width), activation(self.activation)]
            if level + 1 < len(widths):
                layers.append(nn.Conv2d(width, widths[level + 1], 3, stride=2, padding=1))
        flat = widths[-1] * math.prod(sizes[-1])
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, self.features), activation(self.activation))

    def decoder(self, latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
        """Latents (n, latent_dim) -> parameters (n, parameters, channels, height, width)."""
        sizes, widths = self._plan(out_shape[1:])
        layers: list[nn.Module] = [nn.Linear(latent_dim, self.features), activation(self.activation)]
        layers.append(nn.Linear(self.features, widths[-1] * math.prod(sizes[-1])))
        layers.append(ToPlanes((widths[-1], *sizes[-1])))
        for level in reversed(range(len(widths))):
            layers += [*self._stack(level, widths[level]), activation(self.activation)]
            if level:
                wider = nn.Conv2d(widths[level], 4 * widths[level - 1], 1)
                layers += [wider, Unfold((widths[level - 1], *sizes[level - 1]))]
        last = nn.Conv2d(widths[0], 4 * out_shape[0] * out_shape[1], 3, padding=1)
        return nn.Sequential(*layers, last, Unfold(out_shape))

    def _plan(self, shape: tuple[int, ...]) -> tuple[list[tuple[int, int]], list[int]]:
        """Heights and widths, and channels, from the largest planes to the smallest."""
        if len(shape) != 3:
            raise InputError(f"network='folded' needs images, got rows of shape {shape}: use network='mlp'.")
        sizes, widths = [(math.ceil(shape[1] / 2), math.ceil(shape[2] / 2))], [self.channels]
        while max(sizes[-1]) > SMALLEST:
            height, width = sizes[-1]
            sizes.append((math.ceil(height / 2), math.ceil(width / 2)))
            widths.append(min(2 * widths[-1], 4 * self.channels))
        return sizes, widths

    def _stack(self, level: int, width: int) -> list[nn.Module]:
        return [self._block(width) for _ in range(self.blocks[min(level, len(self.blocks) - 1)])]

    def _block(self, width: int) -> nn.Module:
        first, last = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        with torch.no_grad():
            last.weight.mul_(MEEK)
        return Residual(nn.Sequential(activation(self.activation), first, activation(self.activation), last))


class Fold(nn.Module):
    """(n, c, h, w) -> (n, 4c, ⌈h/2⌉, ⌈w/2⌉) with zero padding of odd sizes, channels last in memory."""

    def forward(self, x: Tensor) -> Tensor:
        """Move each block of 2x2 pixels into the channels."""
        height, width = x.shape[-2:]
        if height % 2 or width % 2:
            x = pad(x, (0, width % 2, 0, height % 2))
        return pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last)


class Unfold(nn.Module):
    """Inverse of ``Fold``: (n, 4 * planes, ⌈h/2⌉, ⌈w/2⌉) -> (n, *shape), with the padding removed."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        """Move channels into blocks of 2x2 pixels."""
        height, width = self.shape[-2:]
        return pixel_shuffle(x, 2)[..., :height, :width].reshape(len(x), *self.shape)


class ToPlanes(nn.Module):
    """(n, features) -> (n, *shape), channels last in memory."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        """Reshape features to planes."""
        return x.reshape(len(x), *self.shape[1:], self.shape[0]).movedim(-1, 1)
