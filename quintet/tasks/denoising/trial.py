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
FEWEST, CELLS = 8, 2**13
"""Rows at least, and cells of all of them at most, that the model answers."""


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
        rows = 2 * ROWS if field_judges(kept) else few
        kept |= {CLEAN: gains(fitted, _some(held, rows, fitted.device), seed).cpu()}
    return kept


def _some(rows: Rows, count: int, device: torch.device) -> Batch:
    index = torch.linspace(0, len(rows) - 1, min(count, len(rows)), dtype=torch.float64).round().long()
    return to_device(rows.take(index).batch(slice(None)), device)


def _shares(fitted: Fitted, batch: Batch, seed: int) -> Tensor:
    """The best mixture for each kind of ``TRIED`` at each of its rates, (3, 2, 3)."""
    found, field = [], Field.read(fitted.reference, fitted.schema)
    for number, kind in enumerate(TRIED):
        if kind not in kinds_for(fitted.schema):
            found.append([[1.0, 0.0, 0.0]] * 2)
            continue
        model, there, mixed = noise_for(fitted, kind), batch.observed, []
        for rate in rates_of(fitted.schema, kind):
            noise = Noise((seed, 41, number), device=fitted.device)
            noisy = replace(batch, x=model.corrupt(batch.x, rate, noise))
            ways = {2: noisy.x} if field is None else {1: neighbours.ask(field, model, noisy, None).x, 2: noisy.x}
            for effort in ("low", "normal"):  # a model that is far behind is not asked to think
                ways[0] = by_model.answered(fitted, model, noisy, None, EFFORTS[effort], seed)[0]
                shares = stacked({way: x[there] for way, x in ways.items()}, batch.x[there])
                if not shares[0]:
                    break
            mixed.append(shares)
        found.append(mixed)
    return torch.tensor(found, dtype=torch.float32)
