"""Semi-supervised model M2: a joint p(x, y, z) of rows of which few have a label y, with a classifier q(y|x)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.models.augmentation import augment_rows
from quintet.models.flat import Flat
from quintet.models.joint_stage import Loss
from quintet.models.objectives.elbo import distortion_of, rate_of
from quintet.models.partial_encoder_stage import evaluating
from quintet.models.recipe import LossOutput, StepContext
from quintet.networks import Likelihood, Network, features_of
from quintet.networks.small_encoder import light_encoder
from quintet.noise import Noise
from quintet.row_share import ALL_ROWS, RowShare

AS_IF = 16.0
"""Pseudo-count in rows of the expected class shares, so that a small batch does not distort its own."""


class Semi(Flat):
    """Joint p(y) p(z) p(x|y, z) with posteriors q(z|x, y) and q(y|x); the label is the condition of a flat model.

    Kingma, Rezende, Mohamed and Welling, "Semi-supervised learning with deep generative models", 2014.

    Parameters
    ----------
    width : channels of the classifier's first convolution, see ``light_encoder``.
    """

    log_shares: Tensor

    def __init__(
        self, schema: Schema, latent_dim: int, network: Network, likelihood: Likelihood, width: int = 32
    ) -> None:
        super().__init__(schema, latent_dim, network, likelihood)
        assert schema.condition is not None
        shape = self.scaled.out_shape
        reader = light_encoder(shape, width)
        self.classifier = nn.Sequential(reader, nn.Linear(features_of(reader, shape), schema.condition_dim))
        share = dict(zip(schema.condition.points, schema.condition.weights, strict=True))
        levels = schema.condition.columns[0].levels or ()
        self.register_buffer(
            "log_shares", torch.tensor([share[(y,)] for y in levels], dtype=torch.float32).log(), persistent=False
        )

    def classify(self, x: Tensor, observed: Tensor) -> Tensor:
        """log q(y|x), (batch, classes) in nats."""
        logits = self.classifier(self.scaled(x, observed))
        return log_softmax(logits if logits.dtype == torch.float64 else logits.float(), -1)

    def complete(self, x: Tensor, observed: Tensor, condition: Tensor | None) -> Tensor | None:
        """The labels, with the most probable class for each unlabelled row."""
        if condition is None:
            return None
        guess = torch.eye(condition.shape[1], device=x.device, dtype=condition.dtype)
        likeliest = self.classify(x, observed).argmax(-1)
        return torch.where(labelled(condition)[:, None], condition, guess[likeliest])

    def generative(self) -> tuple[nn.Module, ...]:
        """All trainable modules except the classifier."""
        parts = (self.encoder, self.join, self.head, self.decoder)
        return tuple(part for part in parts if part is not None)


def arranged(rows: Rows, share: float) -> Rows:
    """Repeat labelled rows until they are ``share`` of all rows, and divide their weight by the repetitions."""
    if rows.condition is None:
        return rows
    known = labelled(rows.condition)
    few, many = known.nonzero()[:, 0], (~known).nonzero()[:, 0]
    times = round(share / (1 - share) * len(many) / max(1, len(few)))
    if times <= 1:
        return rows
    weight = torch.ones(len(rows), dtype=torch.float32) if rows.weight is None else rows.weight.clone()
    weight[few] /= times
    index = torch.cat([many, few.repeat(times)])
    return replace(replace(rows, weight=None).take(index), weight=weight[index] / weight[index].mean())


def completing(model: Semi, loss: Loss) -> Loss:
    """Wrap a loss so that the classifier's most probable class replaces each missing label of a batch."""

    def completed(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with evaluating(model), torch.no_grad():
            condition = model.complete(batch.x, batch.observed, batch.condition)
        return loss(replace(batch, condition=condition), noise, context)

    return completed


def labelled(condition: Tensor) -> Tensor:
    """Which rows have a label, (batch,); an unlabelled row is encoded as all zeros."""
    return condition.any(1)


def bound(model: Semi, batch: Batch, log_q: Tensor, most: int | None, noise: Noise, context: StepContext) -> LossOutput:
    """Negative lower bound on log p(x, y) for labelled rows and on log p(x) for the others, in nats.

    Σ_y q(y|x) [L(x, y) + log q(y|x)] with L(x, y) = distortion + rate - log p(y): an exact sum over the labels.

    Parameters
    ----------
    log_q : log q(y|x), (batch, classes).
    most : number of most probable classes to sum over, q(y|x) renormalised over them, which is a lower bound too;
        None: all classes.
    """
    assert batch.condition is not None
    known, classes = labelled(batch.condition), batch.condition.shape[1]
    given = torch.where(known[:, None], (batch.condition.log()).clamp(min=-1e4), log_q)
    kept, index = given.topk(min(most or classes, classes), dim=1)
    kept = log_softmax(kept, 1)
    total: dict[str, Tensor] = {}
    unlabelled = noise.some(~context.share.whole(known))
    for place in range(kept.shape[1]):
        rows = torch.arange(len(known), device=known.device) if place == 0 else (~known).nonzero()[:, 0]
        if not len(rows):
            break
        y = torch.eye(classes, device=known.device, dtype=torch.float32)[index[rows, place]]
        x, observed = batch.x[rows], batch.observed[rows] if place else batch.observed
        draw = model.draw(x, observed, unlabelled if place else noise, y)
        distortion, rate = distortion_of(x, observed, draw), rate_of(draw.layers[0])
        log_share, weight = model.log_shares[index[rows, place]], kept[rows, place]
        loss = distortion + context.rate_weight * rate.sum(-1) - log_share + weight
        for name, value in (("loss", loss), ("distortion", distortion), ("rate", rate)):
            part = weight.exp().reshape(-1, *[1] * (value.ndim - 1)) * value
            total[name] = part if place == 0 else total[name].index_add(0, rows, part)
    return LossOutput(total["loss"], total["distortion"].detach(), total["rate"].detach())


def label_loss(model: Semi, batch: Batch, log_q: Tensor, share: RowShare = ALL_ROWS) -> Tensor:
    """-log q(y|x) of the labelled rows, (batch,), scaled so that the weighted mean over the batch is that over those
    rows; this batch is a share of it.

    ``arranged`` repeats labelled rows with a small weight; this loss divides by their mean weight.
    """
    assert batch.condition is not None
    known = labelled(batch.condition)
    weight = torch.ones_like(log_q[:, 0]) if batch.weight is None else batch.weight
    labels = share.mean(torch.where(known, weight, 0.0))
    return -(log_q * batch.condition).sum(1) / torch.where(labels > 0, labels, 1.0)


def consistency(model: Semi, batch: Batch, confidence: float, noise: Noise) -> LossOutput:
    """Classifier loss on augmented rows: against the labels, and against confident predictions for unlabelled rows.

    Sohn et al., "FixMatch", 2020. The predicted class shares are first aligned with those of the labels, without which
    one class absorbs its neighbours (Berthelot et al., "ReMixMatch", 2020).

    Parameters
    ----------
    confidence : smallest q(y|x) at which a prediction serves as a label.
    """
    assert batch.condition is not None
    known = labelled(batch.condition)
    with torch.no_grad():
        log_p = model.classify(batch.x, batch.observed)
        found = noise.share.summed(torch.where(known[:, None], 0.0, log_p.exp()).sum(0))
        expected = found + AS_IF * model.log_shares.exp()
        aligned = log_softmax(log_p + model.log_shares - expected.log(), -1)
        sure, guess = aligned.max(1)
    log_q = model.classify(*augment_rows(batch.x, batch.observed, noise, model.schema.codes))
    believed = (sure.exp() > confidence) & ~known
    pseudo_label_loss = torch.where(believed, -log_q.gather(1, guess[:, None])[:, 0], 0.0)
    return LossOutput(label_loss(model, batch, log_q, noise.share) + pseudo_label_loss)
