"""Fully connected networks for rows of any shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from quintet.errors import InputError
from quintet.networks.activations import activation, norm_layer, reparametrised
from quintet.networks.dropout import Dropout


class Residual(nn.Module):
    """x + f(x)."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        """The sum."""
        out: Tensor = x + self.inner(x)
        return out


class Skipping(nn.Module):
    """Sequence of blocks in which each block reads the first input and the previous block's output."""

    def __init__(self, steps: Sequence[nn.Module]) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)

    def forward(self, z: Tensor) -> Tensor:
        """(n, latent_dim) -> (n, width of the last block + latent_dim)."""
        features = z
        for step in self.steps:
            features = torch.cat([step(features), z], dim=1)
        return features


@dataclass(frozen=True)
class Mlp:
    """Fully connected encoder and decoder.

    Parameters
    ----------
    hidden : widths of the encoder's hidden layers, from the row to the latents; the decoder uses the reverse order.
    activation : "relu", "silu", "gelu", "tanh" or "elu".
    norm : "none", "layer" or "batch" before each activation; "weight" or "spectral" for each hidden layer's weight.
    dropout : share of hidden units dropped in training.
    residual : add a layer's input to its output if the widths agree.
    skip : every hidden layer of the decoder reads z as well, against posterior collapse (Dieng et al., 2019).
    """

    hidden: tuple[int, ...] = (512, 512)
    activation: str = "silu"
    norm: str = "none"
    dropout: float = 0.0
    residual: bool = False
    skip: bool = False

    def __post_init__(self) -> None:
        if not self.hidden or any(width < 1 for width in self.hidden):
            raise InputError(f"hidden must hold a width of at least 1 for each layer, got {self.hidden}.")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be at least 0 and below 1, got {self.dropout}.")

    def encoder(self, in_shape: tuple[int, ...]) -> nn.Module:
        """Rows (batch, *in_shape) -> features (batch, hidden[-1])."""
        return nn.Sequential(nn.Flatten(), *self._layers(math.prod(in_shape), self.hidden))

    def decoder(self, latent_dim: int, out_shape: tuple[int, ...]) -> nn.Module:
        """Latents (n, latent_dim) -> parameters (n, *out_shape)."""
        last = nn.Linear(self.hidden[0] + self.skip * latent_dim, math.prod(out_shape))
        unflatten = nn.Unflatten(1, out_shape)
        if not self.skip:
            return nn.Sequential(*self._layers(latent_dim, self.hidden[::-1]), last, unflatten)
        steps, width = [], 0
        for out in self.hidden[::-1]:
            steps.append(nn.Sequential(*self._layers(width + latent_dim, (out,))))
            width = out
        return nn.Sequential(Skipping(steps), last, unflatten)

    def _layers(self, width: int, hidden: tuple[int, ...]) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for out in hidden:
            block: list[nn.Module] = [reparametrised(self.norm, nn.Linear(width, out))]
            if self.norm in ("layer", "batch"):
                block.append(norm_layer(self.norm, out))
            block.append(activation(self.activation))
            if self.dropout:
                block.append(Dropout(self.dropout))
            layers += [Residual(nn.Sequential(*block))] if self.residual and width == out else block
            width = out
        return layers
