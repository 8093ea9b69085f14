"""Convolutional networks for images of any height, width and number of channels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.functional import interpolate

from quintet.errors import InputError
from quintet.networks.activations import activation, norm_layer, reparametrised
from quintet.networks.dropout import Dropout
from quintet.networks.mlp import Residual


class Resize(nn.Module):
    """Nearest-neighbour resizing to a fixed height and width, which restores odd sizes exactly."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> (n, channels, *size)."""
        return interpolate(x, size=self.size, mode="nearest")


@dataclass(frozen=True)
class Conv:
    """Convolutional encoder and decoder: residual blocks at each size, halvings, and a linear layer to the features.

    Parameters
    ----------
    channels : number of channels at full size, doubled at each halving up to a factor of four.
    blocks : number of residual blocks at each size.
    features : width of the encoder's output.
    activation, norm, dropout : as in ``Mlp``.
    """

    channels: int = 32
    blocks: int = 1
    features: int = 256
    activation: str = "silu"
    norm: str = "none"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("channels", "features"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.blocks < 0:
            raise InputError(f"blocks must be at least 0, got {self.blocks}.")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be at least 0 and below 1, got {self.dropout}.")

    def encoder(self, in_shape: tuple[int, ...]) -> nn.Module:
        """Images (batch, channels, height, width) -> features (batch, features)."""
        sizes, widths = self._plan(in_shape)
        layers: list[nn.Module] = [nn.Conv2d(in_shape[0], widths[0], 3, padding=1)]
        for i, width in enumerate(widths):
            layers += [self._block(width) for _ in range(self.blocks)]
            if i + 1 < len(widths):
                layers += [activation(self.activation), nn.Conv2d(width, widths[i + 1], 3, stride=2, padding=1)]
        flat = widths[-1] * math.prod(sizes[-1])
        layers += [
            activation(self.activation),
            nn.Flatten(),
            nn.Linear(flat, self.features),
            activation(self.activation),
        ]
        return nn.Sequential(*layers)

    def decoder(self, latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
        """Latents (n, latent_dim) -> parameters (n, parameters, channels, height, width)."""
        planes = out_shape[0] * out_shape[1]
        sizes, widths = self._plan(out_shape[1:])
        flat = widths[-1] * math.prod(sizes[-1])
        layers: list[nn.Module] = [nn.Linear(latent_dim, self.features), activation(self.activation)]
        layers += [nn.Linear(self.features, flat), nn.Unflatten(1, (widths[-1], *sizes[-1]))]
        for i in reversed(range(len(widths))):
            layers += [self._block(widths[i]) for _ in range(self.blocks)]
            layers.append(activation(self.activation))
            if i:
                layers += [nn.Conv2d(widths[i], widths[i - 1], 3, padding=1), Resize(sizes[i - 1])]
        layers += [nn.Conv2d(widths[0], planes, 3, padding=1), nn.Unflatten(1, out_shape[:2])]
        return nn.Sequential(*layers)

    def _plan(self, shape: tuple[int, ...]) -> tuple[list[tuple[int, int]], list[int]]:
        if len(shape) != 3:
            raise InputError(f"network='conv' needs images, got rows of shape {shape}: use network='mlp'.")
        sizes, widths = [(shape[1], shape[2])], [self.channels]
        while max(sizes[-1]) > 4:
            height, width = sizes[-1]
            sizes.append((math.ceil(height / 2), math.ceil(width / 2)))
            widths.append(min(2 * widths[-1], 4 * self.channels))
        return sizes, widths

    def _block(self, width: int) -> nn.Module:
        drop: list[nn.Module] = [Dropout(self.dropout, planes=True)] if self.dropout else []
        return Residual(
            nn.Sequential(
                norm_layer(self.norm, width, planes=True),
                activation(self.activation),
                reparametrised(self.norm, nn.Conv2d(width, width, 3, padding=1)),
                activation(self.activation),
                *drop,
                reparametrised(self.norm, nn.Conv2d(width, width, 3, padding=1)),
            )
        )
