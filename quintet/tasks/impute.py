"""Impute: mean and draws of p(missing cells | observed cells), and calibration of its intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.arguments import DrawsOrMean
from quintet.arguments.checking import checked
from quintet.data.dataset import Batch, Rows
from quintet.errors import Unanswerable
from quintet.inference.candidate_search import search_effort
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.conditional_draws import conditional_draws
from quintet.inference.interval_width import CellMarginals
from quintet.inference.missing_posterior import missing_posterior
from quintet.inference.missing_quantiles import missing_quantiles
from quintet.inference.patch_refinement import refine_missing
from quintet.inference.similar_rows import refine_numbers
from quintet.inference.width_factors import factors
from quintet.models.fitted import Fitted
from quintet.noise import RowNoise
from quintet.numerics.memory import CELL, hold_room


@dataclass(frozen=True)
class Imputed:
    """Rows with missing cells imputed, in the model's units; observed cells are unchanged.

    ``mean`` (n, *shape): E[missing | observed]. ``draws`` (n, draws, *shape): draws from p(missing | observed).
    ``quantiles`` (n, quantiles, *shape), of each cell given the observed ones.
    """

    mean: Tensor
    draws: Tensor
    quantiles: Tensor


@checked
def impute(
    fitted: Fitted,
    rows: Rows,
    *,
    draws: DrawsOrMean = 0,
    quantiles: Sequence[float] = (),
    effort: str = "normal",
    batch_rows: int = 128,
    seed: int = 0,
    first_row: int = 0,
    progress: RowProgress | None = None,
) -> Imputed:
    """Impute the cells that ``rows.observed`` marks False.

    Weighted candidate latents and draws of the partial encoder approximate p(z | observed cells). The mean is the
    weighted mean of E[x|z], corrected by the residuals of observed neighbouring cells. A draw is x from p(x|z) at one
    of the weighted z, with the same correction, and a width calibrated on held-out rows (``interval_width``). A row
    without observed cells is generated; a complete row is returned unchanged.

    Parameters
    ----------
    draws : number of draws of each row, in addition to the mean.
    quantiles : probabilities; of rows of real numbers alone.
    effort : "low" (the partial encoder alone), "normal", "high".
    first_row : place of the first of these rows in a larger whole; a row's draws depend on the seed and its place.
    """
    _check(fitted)
    hold_room("draws", draws, CELL * rows.values.numel(), "ask for fewer draws, or of fewer rows at a time")
    search = search_effort(effort, fitted.schema.size)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        start += first_row
        parts = missing_posterior(fitted, batch, search, seed, start)
        found = CellMarginals.of(fitted, parts, batch, batch.x)
        filled = conditional_draws(fitted, found.parts, found.seen, batch, draws, seed, start)
        factor = factors(fitted, batch.observed, effort)
        if factor is not None:
            filled = found.widened(filled, factor, (seed, 26), start)
        return {
            "mean": _refined(fitted, batch, torch.where(batch.observed, batch.x, found.mean)),
            "draws": torch.where(batch.observed[:, None], batch.x[:, None], filled),
            "quantiles": missing_quantiles(fitted, found.parts, batch, found.mean, factor, quantiles),
        }

    with torch.no_grad():
        out = in_chunks(
            answer,
            rows,
            batch_rows=batch_rows,
            device=fitted.device,
            progress=progress,
            what="impute",
            sequential=draws > 0 and fitted.model.has_context,
        )
    return Imputed(out["mean"], out["draws"], out["quantiles"])


def interval_ranks(
    fitted: Fitted,
    rows: Rows,
    truth: Tensor,
    *,
    effort: str = "normal",
    batch_rows: int = 128,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> Tensor:
    """Randomised probability integral transform of held-out cells, (n, *shape), NaN where a cell was observed.

    u is uniform between P(X < truth) and P(X <= truth) under p(missing | observed) (Brockwell, 2007). It is uniform on
    0..1 if that distribution is right; the central 90 % interval covers the truth if u lies between .05 and .95.

    Parameters
    ----------
    truth : (n, *shape) in the model's units.
    """
    _check(fitted)
    search = search_effort(effort, fitted.schema.size)
    pair = Rows(torch.stack([rows.values.float(), truth.float()], 1), None, rows.condition)
    observed = rows.observed if rows.observed is not None else torch.ones_like(rows.values, dtype=torch.bool)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        there = observed[start : start + len(batch.x)].to(batch.x.device)
        there = torch.cat([there, there[-1:].expand(len(batch.x) - len(there), *there.shape[1:])])
        x, held_out = batch.x.unbind(1)
        seen = Batch(x, there, batch.condition)
        parts = missing_posterior(fitted, seen, search, seed, start)
        found = CellMarginals.of(fitted, parts, seen, torch.where(there, x, held_out))
        u = RowNoise((seed, 23), start, device=fitted.device).uniform(len(x), *x.shape[1:])[0].flatten(1)
        factor = factors(fitted, there, effort)
        rank = found.rank(torch.ones_like(u) if factor is None else factor, u).reshape(x.shape)
        return {"u": torch.where(there, torch.nan, rank)}

    with torch.no_grad():
        found = in_chunks(
            answer, pair, batch_rows=batch_rows, device=fitted.device, progress=progress, what="intervals"
        )
    return found["u"]


def _refined(fitted: Fitted, batch: Batch, mean: Tensor) -> Tensor:
    """The mean, of images by similar patches and of tables by similar rows."""
    if fitted.schema.is_image:
        return refine_missing(fitted, batch, mean)
    return refine_numbers(fitted, mean, batch.observed)


def _check(fitted: Fitted) -> None:
    if fitted.guide is None:
        raise Unanswerable(
            "This model has no partial encoder, which impute needs: fit it again, with preset='fast' or 'best'."
        )
