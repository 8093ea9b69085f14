"""Training stage of the partial encoder, with p(x, z) frozen, and the divergences that it minimises."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from quintet.data.dataset import Batch
from quintet.distributions import Distribution, Normal, RowMixture
from quintet.models.base import Model
from quintet.models.partial_encoder import PartialEncoder
from quintet.models.partial_encoder_corruption import spoil
from quintet.models.recipe import LossOutput, OptimizerGroup, Stage, StepContext
from quintet.networks import Network
from quintet.noise import Noise

WILD = 1000.0
"""Divergence of a row in nats above which the loss grows logarithmically."""


def guide_stage(model: Model, network: Network | None = None, share: float = 0.2) -> tuple[PartialEncoder, Stage]:
    """A partial encoder for ``model`` and the stage that trains it, to be appended to the model's own stages.

    The partial encoder minimises KL(q(z | clean x) ‖ r(z | corrupted x, trust)) over random masks and corruptions
    (``spoil``), where q is the variant's own posterior. The optimal r covers every z that agrees with the trusted
    cells. The stage runs no decoder, and no gradient reaches the model.
    """
    guide = PartialEncoder(model.schema, model.latent_dim, network)

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        target = frozen_posterior(model, batch)
        x, trust = spoil(model.schema, batch.x, batch.observed, noise)
        divergence = mixture_kl(target, guide.posterior(x, trust, batch.condition), noise)
        return LossOutput(loss=tamed(divergence), rate=divergence.detach().unsqueeze(-1) / model.latent_dim)

    return guide, Stage("guide", (OptimizerGroup("guide", (guide,), loss),), share)


def tamed(divergence: Tensor) -> Tensor:
    """The divergence up to ``WILD`` nats, and its logarithmic continuation above, so that a row to which r gives almost
    no mass does not dominate the gradient of a batch."""
    over = (divergence / WILD).clamp(min=1.0)
    return divergence.clamp(max=WILD) + WILD * over.log()


def frozen_posterior(model: Model, batch: Batch) -> Distribution:
    """The variant's own q(z|x) of a batch, in evaluation mode and without gradients."""
    with evaluating(model), torch.no_grad():
        return model.posterior(batch.x, batch.observed, batch.condition)


def forward_kl(target: Distribution, guess: Normal, noise: Noise) -> Tensor:
    """KL(target ‖ guess) of each latent, (batch, latent_dim) in nats; without a closed form -log guess(z) at a draw
    from the target, which differs from the KL by the target's entropy."""
    if isinstance(target, Normal):
        closed = target.kl_to(guess)
        assert closed is not None
        return closed.mean(0)
    return -guess.log_prob(target.sample(noise)).mean(0)


def mixture_kl(target: Distribution, guess: RowMixture, noise: Noise) -> Tensor:
    """An upper bound on KL(target ‖ guess) of each row, (batch,) in nats, exact for one component; for a target that is
    not normal -log guess(z) at a draw from it, which differs from the KL by the target's entropy."""
    if isinstance(target, Normal):
        entropy = target.scale.expand_as(target.loc).log() + 0.5 * math.log(2 * math.pi * math.e)
        return guess.cross_entropy_bound(target) - entropy.sum(-1)[0]
    return -guess.log_density(target.sample(noise)).mean(0)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put the module into evaluation mode within the block, so that its buffers do not change."""
    was = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(was)
