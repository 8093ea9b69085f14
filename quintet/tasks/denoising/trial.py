"""A trial of denoising on held-out clean rows after training: what counts, and what noise seems to explain of them.

Noise is put on rows that training did not see, and the mixture of the model's answer, the field's and the noisy row is
kept that comes closest to the clean ones: where the model is poor, the others count. The same rows, left clean, show
what each kind of noise seems to explain of clean rows; only what goes beyond that speaks for noise.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from quintet.data.rows import Batch, Rows
from quintet.model.fitted import Fitted
from quintet.noise import Noise
from quintet.tasks.chunks import to_device
from quintet.tasks.denoising import by_model, neighbours
from quintet.tasks.denoising.field import Field
from quintet.tasks.denoising.fit_field import fit_field
from quintet.tasks.denoising.kinds import fit_ends, kinds_for, noise_for
from quintet.tasks.denoising.shares import SHARES, TRIED, field_judges, rates_of, stacked
from quintet.tasks.denoising.verdict import CLEAN, gains
from quintet.tasks.particles import EFFORTS

ROWS = 24
"""Held-out rows of the trial."""
FEWEST, CELLS = 4, 2**13
"""Rows at least, and cells of all of them at most, that the model answers."""
BEHIND = 2.0
"""The model's squared error at low effort over the field's from which on it is not asked to think."""
JUDGED = 16
"""Rows at least whose gains are taken."""


def fit_denoising(fitted: Fitted, train: Rows, held: Rows, seed: int = 0) -> dict[str, Tensor]:
    """The field of the training rows and the trial's findings, for ``Fitted.reference``."""
    kept = fit_field(fitted.schema, train) | fit_ends(fitted.schema, train)
    if fitted.guide is None or len(held) < 2:
        return kept
    few = max(FEWEST, min(ROWS, CELLS // fitted.schema.size))
    with torch.no_grad():
        fitted = replace(fitted, reference=fitted.reference | kept)
        kept |= {SHARES: _shares(fitted, _some(held, few, fitted.device), seed)}
        fitted = replace(fitted, reference=fitted.reference | kept)
        rows = 2 * ROWS if field_judges(kept) else max(few, JUDGED)
        kept |= {CLEAN: gains(fitted, _some(held, rows, fitted.device), seed).cpu()}
    return kept


def _some(rows: Rows, count: int, device: torch.device) -> Batch:
    index = torch.linspace(0, len(rows) - 1, min(count, len(rows)), dtype=torch.float64).round().long()
    return to_device(rows.take(index).batch(slice(None)), device)


def _shares(fitted: Fitted, batch: Batch, seed: int) -> Tensor:
    """The best mixture for each kind of ``TRIED`` at each of its rates, (3, 2, 3).

    The model knows most where noise is strong: one that is far behind there is not asked at the low rate.
    """
    found = []
    for number, kind in enumerate(TRIED):
        if kind not in kinds_for(fitted.schema):
            found.append([[1.0, 0.0, 0.0]] * 2)
            continue
        noise = Noise((seed, 41, number), device=fitted.device)
        low, high = rates_of(fitted.schema, kind)
        at_high, behind = _mixture(fitted, kind, high, batch, noise, seed, ask=True)
        found.append([_mixture(fitted, kind, low, batch, noise, seed, ask=not behind)[0], at_high])
    return torch.tensor(found, dtype=torch.float32)


def _mixture(
    fitted: Fitted, kind: str, rate: float, batch: Batch, noise: Noise, seed: int, *, ask: bool
) -> tuple[list[float], bool]:
    """The best mixture for a kind and rate, and whether the model was far behind the field: then it takes no part."""
    model, field, there = noise_for(fitted, kind), Field.read(fitted.reference, fitted.schema), batch.observed
    noisy, truth = replace(batch, x=model.corrupt(batch.x, rate, noise)), batch.x[there]

    def answer(effort: str) -> Tensor:
        return by_model.answered(fitted, model, noisy, None, EFFORTS[effort], seed)[0][there]

    if field is None:
        return stacked({0: answer("normal"), 2: noisy.x[there]}, truth), False
    ways = {1: neighbours.ask(field, model, noisy, None).x[there], 2: noisy.x[there]}
    behind = not ask or _error(answer("low"), truth) > BEHIND * _error(ways[1], truth)
    return stacked(ways if behind else {0: answer("normal")} | ways, truth), behind


def _error(x: Tensor, truth: Tensor) -> float:
    return float((x - truth).square().mean())
