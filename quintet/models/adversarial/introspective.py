"""An encoder that is its own adversary: Introspective Adversarial Networks (Brock, Lim, Ritchie and Weston, 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from quintet.data.dataset import Batch
from quintet.models.adversarial.critic import FOOLED, frozen, smoothed
from quintet.models.adversarial.feature_similarity import apart, fakes, seen
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import LossOutput, StepContext
from quintet.noise import Noise

REAL, RECONSTRUCTED, GENERATED = 0, 1, 2
"""The critic's three classes."""


def introspective_autoencode(
    model: Flat, critic: nn.Linear, similarity: float, adversary: float, orthogonal: float
) -> Loss:
    """The bound's terms + similarity · distance of features + adversary · -log P(fakes are taken for real).

    The encoder's features are what the critic judges by, so their weights are held where the critic's opinion counts:
    else the model would blind its own adversary.
    """
    bound = ELBO()

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        draw = model.draw(batch.x, batch.observed, noise, batch.condition)
        terms = bound(batch.x, batch.observed, draw, context)
        with torch.no_grad():
            target = _features(model, seen(model, batch.x, batch))
        again = seen(model, draw.likelihood.mean[0], batch)
        distance = apart(_features(model, again, held=True), target, model.schema.size)
        rows = fakes(model, batch, draw.layers[0].z.detach(), noise)
        opinions = [_opinion(critic, _features(model, fake, held=True), REAL, held=True) for fake in rows]
        fooled = torch.stack(opinions).mean(0)
        whole = terms.loss + similarity * distance + adversary * fooled
        if orthogonal:
            whole = whole + orthogonal * skew(model)
        return LossOutput(whole, terms.distortion, terms.rate, {FOOLED: fooled, "similarity": distance})

    return loss


def introspective_critic_loss(model: Flat, critic: nn.Linear, r1: float, orthogonal: float) -> Loss:
    """-log P(rows, reconstructions and draws from the prior are taken for what they are), and R1 at the rows."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
            rows = fakes(model, batch, z, noise)
        real = seen(model, smoothed(model.schema, batch.x, noise), batch).detach().float().requires_grad_()
        features = _features(model, real)
        told = _opinion(critic, features, REAL)
        for fake, kind in zip(rows, (RECONSTRUCTED, GENERATED), strict=True):
            told = told + 0.5 * _opinion(critic, _features(model, fake), kind)
        with torch.autocast(real.device.type, enabled=False):
            logits = critic(features)
            odds = logits[:, REAL] - logits[:, REAL + 1 :].logsumexp(1)
            (slope,) = torch.autograd.grad(odds.sum(), real, create_graph=True)
            told = told + 0.5 * r1 * slope.flatten(1).square().sum(1)
        return LossOutput(told + orthogonal * skew(model.encoder) if orthogonal else told)

    return loss


def skew(module: nn.Module) -> Tensor:
    """Σ |W Wᵀ - I| over the matrices and flattened filters of a module, by their shorter side (Brock et al., 2017)."""
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
    """What the encoder makes of rows as it sees them, (n, features) in float32; its weights left alone if ``held``."""
    with torch.autocast(rows.device.type, enabled=False):
        features: Tensor = frozen(model.encoder, rows.float()) if held else model.encoder(rows.float())
        return features


def _opinion(critic: nn.Linear, features: Tensor, kind: int, held: bool = False) -> Tensor:
    """-log P(the critic takes the rows of these features for ``kind``), (n,)."""
    with torch.autocast(features.device.type, enabled=False):
        logits = frozen(critic, features) if held else critic(features)
        return cross_entropy(logits, torch.full((len(logits),), kind, device=logits.device), reduction="none")
