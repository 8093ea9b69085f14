"""Diagnosis of posterior collapse, aggregate posterior and latent dimension."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from quintet.data.dataset import Batch
from quintet.evaluate import active_units
from quintet.inference.chunks import in_chunks
from quintet.inference.condition_search import explaining_condition
from quintet.noise import RowNoise
from quintet.studies.diagnose.finding import Array, Finding, Patient
from quintet.studies.diagnose.trade import Trade

LARGEST = 1000
IDLE, LITTLE = 0.01, 0.5


@dataclass(frozen=True)
class HeldOutLatents:
    """Posterior means (n, latent_dim) of held-out rows, and rate, mutual information and KL(q(z) ‖ p(z)) in nats."""

    mean: Array
    rate: float
    information: float
    gap: float


def codes(patient: Patient) -> HeldOutLatents:
    """Decompose the rate E KL(q(z|x) ‖ p) = I(x; z) + KL(q(z) ‖ p) on up to 1,000 rows.

    Hoffman and Johnson, "ELBO surgery", 2016; q(z) is the mean of the posteriors of the rows, so I is at most log n.
    """
    fitted = patient.vae.fitted_
    labels = None if patient.labels is None else patient.labels[:LARGEST]
    rows = patient.rows(patient.held[:LARGEST], labels)

    def answer(batch: Batch, start: int) -> dict[str, torch.Tensor]:
        condition = explaining_condition(fitted, batch)
        q = fitted.model.posterior(batch.x, batch.observed, condition)
        z = q.sample(RowNoise((patient.seed, 41), start, device=fitted.device))
        prior = fitted.model.log_prior(z, condition)[0]
        return {"mean": q.mean[0], "z": z[0], "own": q.log_prob(z).sum(-1)[0], "prior": prior}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=250, device=fitted.device)
        whole = rows.batch(slice(None))
        q = fitted.model.posterior(whole.x, whole.observed, explaining_condition(fitted, whole))
        each = [q.log_prob(z.expand(1, len(rows), -1)).sum(-1).logsumexp(-1) for z in found["z"]]
    pooled = torch.cat(each) - math.log(len(each))
    rate = float((found["own"] - found["prior"]).mean())
    information = float((found["own"] - pooled).mean())
    return HeldOutLatents(found["mean"].numpy(), rate, information, rate - information)


def collapse(patient: Patient, held: HeldOutLatents, curve: Trade) -> Finding:
    """Posterior collapse: active units, KL per latent and mutual information."""
    size, active = held.mean.shape[1], active_units(held.mean)
    figures: dict[str, Any] = {"active_units": active, "latent_dim": size}
    figures |= {"information": held.information, "rate": held.rate}
    figure = (
        f"{active} of {size} latents vary over rows; I(x; z) = {held.information:.1f} nats of a rate of {held.rate:.1f}"
    )
    if curve.kl.max() > 0:
        figure += f"; KL of a latent from {curve.kl.min():.2f} to {curve.kl.max():.2f} nats"
        figures["kl_per_latent"] = [round(float(v), 4) for v in curve.kl]
    if posterior_collapse(held):
        cure = patient.anew(training__kl_warmup=0.5, training__free_bits=0.1, training__encoder_steps=5)
        meaning = "The decoder ignores z."
        return Finding("posterior collapse", False, figure, meaning, **cure, figures=figures)
    return Finding("posterior collapse", True, figure, "The latents carry information on the rows.", figures=figures)


def aggregate_posterior_gap(patient: Patient, held: HeldOutLatents) -> Finding:
    """KL of the aggregate posterior from the prior."""
    nats = max(held.gap, 0.0)
    bound = math.log(min(LARGEST, len(patient.held)))
    figure = f"KL(q(z) ‖ p(z)) ≈ {nats:.1f} nats of a rate of {held.rate:.1f}"
    if held.information > 0.95 * bound:
        figure += f" (an upper bound: the estimate of I(x; z) is limited by log n = {bound:.1f} nats)"
    figures = {"aggregate_gap": nats}
    if nats > 0.5 * held.rate and nats > 5 and held.information < 0.95 * bound:
        meaning = "Draws from the prior fall into holes, far from the codes of all rows."
        cure = patient.anew('or vae.generate(64, sampler="flow")', variant="vamp")
        return Finding("holes in the prior", False, figure, meaning, **cure, figures=figures)
    return Finding(
        "prior against codes", True, figure, "Draws from the prior are near the codes of rows.", figures=figures
    )


def size(patient: Patient, held: HeldOutLatents, curve: Trade) -> Finding:
    """Latent dimension: which latents are used, and how much each reduces the distortion."""
    each = held.mean.var(axis=0)
    order = np.sort(each)[::-1]
    used, whole = int((each > IDLE).sum()), len(each)
    figure = f"variance of the means from {order[0]:.2f} (most used) to {order[-1]:.2g} (least); {used} of {whole} used"
    figure += (
        f"; {curve.enough} of them give 95 % of the total reduction of the distortion, from {curve.distortion[0]:.1f} "
        "to "
        f"{curve.distortion[-1]:.1f} nats"
    )
    figures: dict[str, Any] = {"variance_of_means": [round(float(v), 4) for v in order], "enough": curve.enough}
    figures["rate_distortion"] = [
        [int(k), round(float(r), 3), round(float(d), 3)]
        for k, r, d in zip(curve.kept, curve.rate, curve.distortion, strict=True)
    ]
    name = "size of the latent space"
    if posterior_collapse(held):
        return Finding(name, True, figure, "Not tested, because the posterior has collapsed.", figures=figures)
    advised = advised_size(held)
    if advised is None:
        return Finding(name, True, figure, "The latent dimension fits the rows.", figures=figures)
    if advised > whole:
        meaning = "All latents are fully used: more latents would reduce the distortion."
        cure = patient.anew(latent_dim=advised)
        return Finding("latent space too small", False, figure, meaning, **cure, figures=figures)
    meaning = (
        f"{whole - used} latents carry no information: fewer are enough, and train faster. If more should be active, "
        "try "
        "training__kl_warmup=0.5."
    )
    cure = patient.anew(latent_dim=advised)
    return Finding("latent space too large", False, figure, meaning, **cure, figures=figures)


def posterior_collapse(held: HeldOutLatents) -> bool:
    """Whether the decoder ignores z."""
    return active_units(held.mean) == 0 or held.information <= LITTLE


def advised_size(held: HeldOutLatents) -> int | None:
    """The recommended latent dimension; None if the current one fits, or cannot be tested."""
    if posterior_collapse(held):
        return None
    each = held.mean.var(axis=0)
    used, whole = int((each > IDLE).sum()), len(each)
    if used == whole and each.min() > 0.5:
        return 2 * whole
    return max(2, used + 2) if used < 0.5 * whole and whole > 4 else None
