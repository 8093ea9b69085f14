"""Objectives of regularised autoencoders: codes near 0 and a decoder that is smooth about them."""

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
"""What each regulariser counts unless told otherwise."""


@dataclass(frozen=True)
class Smooth:
    """distortion + code · ½‖z‖² + weight · regulariser of the decoder.

    Ghosh et al., "From variational to deterministic autoencoders", 2020: what the noise of a VAE's posterior does for
    its decoder is done openly. "gradient": the squared Frobenius norm of the decoder's Jacobian at the row's code;
    "l2": ½ the sum of the decoder's squared weights, shared out over the rows; "spectral": no term, the decoder's
    layers are normalised (``normalise``).
    """

    regulariser: str = "gradient"
    weight: float = 0.1
    code: float = 0.1

    def __call__(
        self, x: Tensor, observed: Tensor, draw: ModelOutput, decoder: nn.Module, noise: Noise, context: StepContext
    ) -> LossOutput:
        """Terms of each row of a draw from a point posterior."""
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
    """‖∂ decoder(z) / ∂z‖² (Frobenius) of each row, (batch,), of the decoder's raw numbers.

    By one random projection v of the outputs (Hutchinson, 1990): E_v ‖vᵀJ‖² = ‖J‖² for v ~ N(0, I). Raw numbers are
    of one size whatever the likelihood and the units of the cells.
    """
    with torch.autocast(z.device.type, enabled=False), torch.enable_grad():
        z = z if z.requires_grad else z.detach().requires_grad_()
        raw = decoder(z)
        v = noise.normal(*raw.shape)[0].to(raw)
        (slope,) = torch.autograd.grad(raw, z, v, create_graph=True)
    return slope.square().sum(-1)


def normalise(decoder: nn.Module) -> None:
    """Divide the weights of the decoder's layers by their largest singular values (Miyato et al., 2018), in place.

    All but the last, whose size is that of the parameters of the cells.
    """
    layers = [m for m in decoder.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
    for layer in layers[:-1]:
        parametrizations.spectral_norm(layer)
