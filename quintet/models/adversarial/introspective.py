"""Introspective Adversarial Networks, whose critic reads the encoder's features (Brock et al., 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from quintet.data.dataset import Batch
from quintet.models.adversarial.critic import FOOLED, with_frozen_weights
from quintet.models.adversarial.critic_input import fakes, real_input
from quintet.models.adversarial.feature_similarity import feature_distance
from quintet.models.encoder_input import expected_input
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise

REAL, RECONSTRUCTED, GENERATED = 0, 1, 2
"""The critic's three classes."""


def introspective_loss(model: Flat, critic: nn.Linear, similarity: float, adversary: float, orthogonal: float) -> Loss:
    """Negative ELBO + similarity · feature distance - adversary · log P(fakes are classified as real).

    The critic reads the encoder's features. The adversarial terms give no gradient to the encoder's weights; otherwise
    the model would train its own adversary to fail.
    """
    bound = ELBO()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        draw = model.draw(batch.x, batch.observed, noise, batch.condition)
        terms = bound(batch.x, batch.observed, draw, context)
        with torch.no_grad():
            target = _features(model, model.scaled(batch.x, batch.observed))
        again = expected_input(model.scaled, draw.likelihood, batch.observed)[0]
        distance = feature_distance(_features(model, again, held=True), target, model.schema.size)
        rows = fakes(model, batch, draw.layers[0].z.detach(), noise)
        opinions = [_opinion(critic, _features(model, fake, held=True), REAL, held=True) for fake in rows]
        fooled = torch.stack(opinions).mean(0)
        whole = terms.loss + similarity * distance + adversary * fooled
        if orthogonal:
            whole = whole + orthogonal * orthogonality_penalty(model)
        return LossOutput(whole, terms.distortion, terms.rate, {FOOLED: fooled, "similarity": distance})

    return loss


def introspective_critic_loss(model: Flat, critic: nn.Linear, r1: float, orthogonal: float) -> Loss:
    """Cross-entropy of the classes row, reconstruction and decoded draw from the prior, and R1 at the rows."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
            rows = fakes(model, batch, z, noise)
        real = real_input(model.scaled, model.schema, batch, noise).detach().float().requires_grad_()
        features = _features(model, real)
        loss_of_rows = _opinion(critic, features, REAL)
        for fake, kind in zip(rows, (RECONSTRUCTED, GENERATED), strict=True):
            loss_of_rows = loss_of_rows + 0.5 * _opinion(critic, _features(model, fake), kind)
        with torch.autocast(real.device.type, enabled=False):
            logits = critic(features)
            odds = logits[:, REAL] - logits[:, REAL + 1 :].logsumexp(1)
            (slope,) = torch.autograd.grad(odds.sum(), real, create_graph=True)
            loss_of_rows = loss_of_rows + 0.5 * r1 * slope.flatten(1).square().sum(1)
        if orthogonal:
            loss_of_rows = loss_of_rows + orthogonal * orthogonality_penalty(model.encoder)
        return LossOutput(loss_of_rows)

    return loss


def orthogonality_penalty(module: nn.Module) -> Tensor:
    """Σ |W Wᵀ - I| over a module's matrices and flattened filters, along their shorter side (Brock et al., 2017)."""
    total = torch.zeros((), device=next(module.parameters()).device, dtype=torch.float32)
    with torch.autocast(total.device.type, enabled=False):
        for parameter in module.parameters():
            if parameter.ndim < 2:
                continue
            matrix = parameter.flatten(1)
            matrix = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
            total = (
                total
                + (matrix @ matrix.T - torch.eye(len(matrix), device=total.device, dtype=torch.float32)).abs().sum()
            )
    return total


def _features(model: Flat, rows: Tensor, held: bool = False) -> Tensor:
    """Encoder features of encoder inputs, (n, features) in float32; ``held``: without gradients to the weights."""
    with torch.autocast(rows.device.type, enabled=False):
        features: Tensor = with_frozen_weights(model.encoder, rows.float()) if held else model.encoder(rows.float())
        return features


def _opinion(critic: nn.Linear, features: Tensor, kind: int, held: bool = False) -> Tensor:
    """-log P(class ``kind`` | features) by the critic, (n,) in nats."""
    with torch.autocast(features.device.type, enabled=False):
        logits = with_frozen_weights(critic, features) if held else critic(features)
        return cross_entropy(logits, torch.full((len(logits),), kind, device=logits.device), reduction="none")
