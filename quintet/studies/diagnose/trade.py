"""The rate-distortion curve of one model: what each further latent costs, and what it saves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import in_chunks
from quintet.inference.condition_search import explaining_condition
from quintet.models.objectives.elbo import observed_log_prob, rate_of
from quintet.noise import Noise
from quintet.studies.diagnose.finding import Array, Patient

SOME, POINTS = 300, 16
NEARLY = 0.95


@dataclass(frozen=True)
class Trade:
    """For a growing number of latents, the most used first: their rate and the distortion, nats a row."""

    kl: Array  # (latent_dim,) of each latent, in the latents' own order
    kept: Array  # (points,) numbers of latents, from 0 to all
    rate: Array  # (points,) KL of those that are kept
    distortion: Array  # (points,) -log p(x|z), the others at their means over the rows

    @property
    def enough(self) -> int:
        """The least number of latents that brings nearly all of the fall of the distortion."""
        fall = self.distortion[0] - self.distortion
        return int(self.kept[int(np.argmax(fall >= NEARLY * fall.max()))])


def trade(patient: Patient) -> Trade:
    """The curve on held-out rows, at the means of the posterior.

    A latent that is not kept stands at its mean over the rows, so that the decoder sees nothing of the row in it. A
    deterministic encoder has no rate: its latents are ordered by the variance of the codes.
    """
    fitted = patient.vae.fitted_
    rows = patient.rows(patient.held[:SOME], None if patient.labels is None else patient.labels[:SOME])

    def code(batch: Batch, start: int) -> dict[str, torch.Tensor]:
        condition = explaining_condition(fitted, batch)
        noise = Noise((patient.seed, 47, start), device=fitted.device)
        draw = fitted.model.draw(batch.x, batch.observed, noise, condition)
        rate = torch.cat([rate_of(layer) for layer in draw.layers], -1)
        return {"mean": fitted.model.embed(batch.x, batch.observed, condition), "rate": rate}

    with torch.no_grad():
        found = in_chunks(code, rows, batch_rows=SOME, device=fitted.device)
        kl, spread = found["rate"].mean(0).numpy(), found["mean"].var(0).numpy()
        order = np.argsort(-(kl if kl.max() > 1e-6 else spread), kind="stable")
        size = len(order)
        kept = np.unique(np.linspace(0, size, min(size, POINTS) + 1).round().astype(int))
        middle = found["mean"].mean(0)
        distortion = [_distortion(patient, rows, middle, torch.from_numpy(order[:count].copy())) for count in kept]
    rate = np.concatenate([[0.0], kl[order].cumsum()])[kept]
    return Trade(kl, kept, rate, np.array(distortion))


def _distortion(patient: Patient, rows: Rows, middle: torch.Tensor, kept: torch.Tensor) -> float:
    """Mean -log p(x|z) where only the latents ``kept`` know of the row, nats."""
    fitted = patient.vae.fitted_

    def answer(batch: Batch, start: int) -> dict[str, torch.Tensor]:
        condition = explaining_condition(fitted, batch)
        z = middle.to(batch.x.device).repeat(len(batch), 1)
        z[:, kept] = fitted.model.embed(batch.x, batch.observed, condition)[:, kept]
        return {"distortion": -observed_log_prob(fitted.model.decode(z[None], condition), batch.x, batch.observed)[0]}

    return float(in_chunks(answer, rows, batch_rows=SOME, device=fitted.device)["distortion"].mean())
