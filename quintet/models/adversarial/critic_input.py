"""What critics see: encoder inputs of real rows, and of decoded ones with gradients to all parameters of p(x|z)."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.models.adversarial.critic import dequantised
from quintet.models.encoder_input import EncoderInput, expected_input
from quintet.models.flat import Flat
from quintet.networks.embed import ColumnInput
from quintet.noise import Noise


def real_input(seen: EncoderInput, schema: Schema, batch: Batch, noise: Noise) -> Tensor:
    """Input of real rows, (batch, *out_shape), without the whole numbers and one-hot vectors that decoded rows lack."""
    rows = dequantised(schema, batch.x, noise)
    if isinstance(seen, ColumnInput):
        return seen.softened(rows, batch.observed, noise)
    return seen(rows, batch.observed)


def fakes(model: Flat, batch: Batch, z: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
    """Inputs decoded from z (1, batch, latent_dim) and from as many draws from the prior.

    They have the mask of the batch, so that missing cells do not identify them.
    """
    prior = model.sample_prior(len(batch), noise, batch.condition)
    likelihood = model.decode(torch.cat([z, prior.to(z)]), batch.condition)
    made = expected_input(model.scaled, likelihood, batch.observed)
    return made[0], made[1]
