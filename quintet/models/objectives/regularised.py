"""Objective of regularised autoencoders: a norm of the codes and a smoothness penalty on the decoder (RAE)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from quintet.models.base import ModelOutput
from quintet.models.objectives.elbo import distortion_of
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise

WEIGHTS = {"gradient": 0.01, "l2": 10.0, "spectral": 0.0}
"""Default weight of each regulariser."""


@dataclass(frozen=True)
class Smooth:
    """distortion + code · ½‖z‖² + weight · regulariser(decoder).

    Ghosh et al., "From variational to deterministic autoencoders", 2020: an explicit regulariser replaces the posterior
    noise of a VAE. "gradient": the squared Frobenius norm of the decoder's Jacobian at the row's code; "l2": ½ the sum
    of the decoder's squared weights, divided by the number of rows; "spectral": no term, the decoder's layers are
    normalised (``normalise``).
    """

    regulariser: str = "gradient"
    weight: float = 0.1
    code: float = 0.1

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, decoder: nn.Module, noise: Noise, context: StepContext
    ) -> LossOutput:
        """Loss and terms of each row, for a draw from a deterministic posterior."""
        distortion, z = distortion_of(x, observed, draw), draw.layers[0].z[0]
        penalties = {"code": 0.5 * z.square().sum(-1)}
        loss = torch.add(distortion, penalties["code"], alpha=self.code * context.rate_weight)
        if self.regulariser == "gradient":
            penalties["jacobian"] = jacobian(decoder, z, noise)
            loss = loss + self.weight * penalties["jacobian"]
        if self.regulariser == "l2":
            squares = torch.stack([p.square().sum() for p in decoder.parameters()]).sum()
            penalties["weights"] = (0.5 * squares / max(context.rows, 1)).expand_as(loss)
            loss = loss + self.weight * penalties["weights"]
        return LossOutput(loss, distortion, torch.zeros_like(z), penalties)


def jacobian(decoder: nn.Module, z: Tensor, noise: Noise) -> Tensor:
    """Squared Frobenius norm ‖∂ decoder(z) / ∂z‖² of each row, (batch,), for the decoder's raw output.

    Estimated with one random projection v of the outputs (Hutchinson, 1990): E_v ‖vᵀJ‖² = ‖J‖² for v ~ N(0, I). The raw
    output has a similar scale for every likelihood and unit of the cells.
    """
    with torch.autocast(z.device.type, enabled=False), torch.enable_grad():
        z = z if z.requires_grad else z.detach().requires_grad_()
        raw = decoder(z)
        v = noise.normal(*raw.shape)[0].to(raw)
        (slope,) = torch.autograd.grad(raw, z, v, create_graph=True)
    return slope.square().sum(-1)


def normalise(decoder: nn.Module) -> None:
    """Apply spectral normalisation to the decoder's layers in place (Miyato et al., 2018).

    The last layer is left out, because its scale is that of the likelihood's parameters.
    """
    layers = [m for m in decoder.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
    for layer in layers[:-1]:
        parametrizations.spectral_norm(layer)
