"""All metrics of a fitted model on some rows."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from quintet.arguments import BatchRows, Draws, Seed
from quintet.data.dataset import Batch, Rows
from quintet.entry_points import public
from quintet.evaluate.context import context_figures
from quintet.evaluate.latents import active_units, rate_per_latent
from quintet.evaluate.likelihood import bits_per_dimension
from quintet.evaluate.reconstruction import decibels
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.condition_search import explaining_condition
from quintet.inference.likelihood import reduced_weights, terms, units
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import rate_of
from quintet.noise import OwnNoise, row_keys

GROUP = 10
"""Draws of the importance-weighted bound IW-10."""


@public
def evaluate(
    fitted: Fitted,
    rows: Rows,
    *,
    draws: Draws = 100,
    batch_rows: BatchRows = 256,
    seed: Seed = 0,
    progress: RowProgress | None = None,
) -> dict[str, Any]:
    """Metrics on rows; means over rows, in nats unless stated otherwise.

    "rows"; "elbo", "iw_bound" (IW-10, Burda et al., 2016) and "log_prob" (``draws`` importance samples): three
    estimates of log p(x) in ascending order; "distortion" -log p(x|z) and "rate" KL(q ‖ p), whose sum is -elbo; with a
    context decoder, whose stored order these are in, "distortion_without_latents" and "explained_by_latents", the gain
    of p(x|z) over it, and "distortion_random_orders" with its standard deviation over orders;
    "bits_per_dimension" of the elbo, "bits_per_dimension_log_prob"; "rate_per_latent", a list; "active_units", of
    "latent_dim"; "mse" and, for images, "psnr" (dB) of the reconstruction E[x|z] at the posterior mean, over observed
    cells, in the user's units; for tables "mse" of the numbers in squared standard deviations of their columns, and
    "wrong_levels", the share of observed levels other than the most probable ones.
    """
    ask: dict[str, Any] = {"batch_rows": batch_rows, "seed": seed, "progress": progress}
    bound = {name: float(t.double().mean()) for name, t in terms(fitted, rows, **ask).items()}
    estimates = reduced_weights(fitted, rows, draws, _estimates, **ask)
    cells = fitted.schema.size if rows.observed is None else float(rows.observed.flatten(1).sum(1).double().mean())
    iw_bound, log_prob = (float(estimate) for estimate in estimates.mean(0))
    found: dict[str, Any] = {
        "rows": len(rows),
        "elbo": bound["elbo"],
        "iw_bound": iw_bound,
        "log_prob": log_prob,
    }
    found |= {"distortion": bound["distortion"], "rate": bound["rate"]}
    found |= context_figures(fitted, rows, bound["distortion"], **ask)
    found["bits_per_dimension"] = bits_per_dimension(bound["elbo"], max(cells, 1))
    found["bits_per_dimension_log_prob"] = bits_per_dimension(log_prob, max(cells, 1))
    return found | _latents_and_reconstruction(fitted, rows, **ask)


def _estimates(weights: Tensor) -> Tensor:
    """Log mean weight of ``GROUP`` draws, mean over the groups, and of all draws, (n, 2), of log weights (n, draws)."""
    weights, draws = weights.double(), weights.shape[1]
    size = min(GROUP, draws)
    groups = weights[:, : draws // size * size].reshape(len(weights), -1, size)
    by_group = (groups.logsumexp(2) - math.log(size)).mean(1)
    return torch.stack([by_group, weights.logsumexp(1) - math.log(draws)], 1)


def _latents_and_reconstruction(
    fitted: Fitted, rows: Rows, *, batch_rows: int, seed: int, progress: RowProgress | None
) -> dict[str, Any]:
    schema = fitted.schema
    scale = 1.0 if schema.columns else torch.exp(-units(schema)).to(fitted.device)
    levels = torch.tensor(schema.codes or (0,) * schema.size, device=fitted.device) > 0

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        condition = explaining_condition(fitted, batch)
        noise = OwnNoise((seed, 31), row_keys(batch.x, batch.observed), 1, fitted.device)
        draw = fitted.model.draw(batch.x, batch.observed, noise, condition)
        rate = torch.cat([rate_of(layer) for layer in draw.layers], dim=-1)
        z = fitted.model.embed(batch.x, batch.observed, condition)
        error = ((batch.x - fitted.model.decode(z[None], condition).mean[0]) * scale).square()
        seen = batch.observed.flatten(1)
        at = seen & ~levels
        total = torch.where(at, error.flatten(1), 0).double().sum(1)
        out = {"z": z, "rate": rate, "mse": total / at.sum(1)}
        if not schema.columns:
            return out
        return out | {"wrong": ((error.flatten(1) > 0) & seen & levels).sum(1), "levels": (seen & levels).sum(1)}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="evaluate")
    error = found["mse"][found["mse"].isfinite()].numpy()
    out: dict[str, Any] = {
        "rate_per_latent": rate_per_latent(found["rate"]).tolist(),
        "active_units": active_units(found["z"]),
        "latent_dim": fitted.model.latent_dim,
    }
    if len(error):
        out["mse"] = float(error.mean())
    if schema.columns and found["levels"].any():
        out["wrong_levels"] = float(found["wrong"].sum() / found["levels"].sum())
    if not schema.is_standardised:
        out["psnr"] = float(decibels(error, schema.top).mean())
    return out
