"""Impute: p(missing cells | observed cells), its mean, draws from it, and intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.arguments import DrawsOrMean
from quintet.arguments.checking import checked
from quintet.data.rows import Batch, Rows
from quintet.distributions import Distribution, RowMixture
from quintet.errors import Unanswerable
from quintet.model.fitted import Fitted
from quintet.model.objectives import masked_sum
from quintet.noise import RowNoise
from quintet.numerics.memory import CELL, hold_room
from quintet.tasks.chunks import Progress, in_chunks
from quintet.tasks.completions import Search, completed, thinking
from quintet.tasks.draws import drawn
from quintet.tasks.generate import draw_conditions, latents_by, sampler_for
from quintet.tasks.particles import Effort, Part, draw_particles
from quintet.tasks.widening import Marginals, factors


@dataclass(frozen=True)
class Imputed:
    """Rows with their missing cells filled, in the model's units; observed cells are the ones that came.

    ``mean`` (n, *shape): E[missing | observed]. ``draws`` (n, draws, *shape): draws from p(missing | observed).
    """

    mean: Tensor
    draws: Tensor


@checked
def impute(
    fitted: Fitted,
    rows: Rows,
    *,
    draws: DrawsOrMean = 0,
    effort: str = "normal",
    batch_rows: int = 128,
    seed: int = 0,
    progress: Progress | None = None,
) -> Imputed:
    """Fill the cells that ``rows.observed`` marks False.

    p(z | observed cells) is approximated by several completions (``completions``) and by draws of the guide, all
    weighted; the mean is the weighted mean of E[x|z], moved by what the observed neighbours' residuals say; a draw is x
    from p(x|z) at one of the weighted z, tied to the neighbours alike, its spread that which held-out rows ask for
    (``widening``). A row that misses every cell is generated; one that misses none is returned as it is.

    Parameters
    ----------
    draws : how many draws of each row, beside the mean.
    effort : "low" (the guide alone), "normal", "high".
    """
    _check(fitted)
    hold_room("draws", draws, CELL * rows.values.numel(), "ask for fewer draws, or of fewer rows at a time")
    thought = thinking(effort, fitted.schema.size)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        parts = missing_posterior(fitted, batch, thought, seed, start)
        found = Marginals.of(fitted, parts, batch, batch.x)
        filled = drawn(fitted, found.parts, found.seen, batch, draws, seed, start)
        factor = factors(fitted, batch.observed, effort)
        if factor is not None:
            filled = found.widened(filled, factor, (seed, 26), start)
        return {
            "mean": torch.where(batch.observed, batch.x, found.mean),
            "draws": torch.where(batch.observed[:, None], batch.x[:, None], filled),
        }

    with torch.no_grad():
        out = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="impute")
    return Imputed(out["mean"], out["draws"])


def interval_ranks(
    fitted: Fitted,
    rows: Rows,
    truth: Tensor,
    *,
    effort: str = "normal",
    batch_rows: int = 128,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tensor:
    """Randomised probability integral transform of held-out cells, (n, *shape), NaN where a cell was observed.

    u is drawn between P(X < truth) and P(X <= truth) under p(missing | observed) (Brockwell, 2007), so it is uniform
    where that distribution is right; the central 90 % interval covers the truth where u is within .05 to .95.

    Parameters
    ----------
    truth : (n, *shape) in the model's units.
    """
    _check(fitted)
    thought = thinking(effort, fitted.schema.size)
    pair = Rows(torch.stack([rows.values.float(), truth.float()], 1), None, rows.condition)
    observed = rows.observed if rows.observed is not None else torch.ones_like(rows.values, dtype=torch.bool)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        there = observed[start : start + len(batch.x)].to(batch.x.device)
        there = torch.cat([there, there[-1:].expand(len(batch.x) - len(there), *there.shape[1:])])
        x, held_out = batch.x.unbind(1)
        seen = Batch(x, there, batch.condition)
        parts = missing_posterior(fitted, seen, thought, seed, start)
        found = Marginals.of(fitted, parts, seen, torch.where(there, x, held_out))
        u = RowNoise((seed, 23), start, device=fitted.device).uniform(len(x), *x.shape[1:])[0].flatten(1)
        factor = factors(fitted, there, effort)
        rank = found.rank(torch.ones_like(u) if factor is None else factor, u).reshape(x.shape)
        return {"u": torch.where(there, torch.nan, rank)}

    with torch.no_grad():
        found = in_chunks(
            answer, pair, batch_rows=batch_rows, device=fitted.device, progress=progress, what="intervals"
        )
    return found["u"]


def missing_posterior(fitted: Fitted, batch: Batch, thought: Search | Effort, seed: int, start: int) -> list[Part]:
    """Weighted z given the observed cells; for a row without any, draws of its own as of generated rows."""

    def guess(condition: Tensor | None) -> RowMixture:
        assert fitted.guide is not None
        return fitted.guide.posterior(batch.x, batch.observed, condition)

    def seen(clean: Distribution) -> Tensor:
        return masked_sum(clean.given(batch.observed).log_prob(batch.x), batch.observed)

    if isinstance(thought, Search):
        parts = completed(fitted, guess, seen, batch, thought, (seed, 21))
    else:
        parts = draw_particles(fitted, guess, seen, seen, batch.condition, len(batch.x), thought, (seed, 21))
    empty = ~batch.observed.flatten(1).any(1)
    if not empty.any():
        return parts
    return [_generated(fitted, part, empty, batch, seed, start, i) for i, part in enumerate(parts)]


def _generated(fitted: Fitted, part: Part, empty: Tensor, batch: Batch, seed: int, start: int, number: int) -> Part:
    size, draws = len(batch.x), len(part.z)
    condition = part.condition
    if condition is not None and batch.condition is None:
        drawn = draw_conditions(fitted, size, start, seed + number)
        assert drawn is not None
        condition = torch.where(empty[:, None], drawn, condition)
    latents = latents_by(fitted, sampler_for(fitted, None))
    noise = RowNoise((seed, 22, number), start * draws, device=fitted.device)  # each row's draws stand side by side
    each = None if condition is None else condition.repeat_interleave(draws, 0)
    generated = latents(size * draws, noise, 1.0, each)[0].reshape(size, draws, -1).movedim(1, 0)
    return Part(
        torch.where(empty[:, None], generated, part.z),
        condition,
        torch.where(empty, part.weight.sum(0) / draws, part.weight),
    )


def _check(fitted: Fitted) -> None:
    if fitted.guide is None:
        raise Unanswerable("This model has no guide, which imputing needs: train it again.")
