"""Fit of denoising on held-out clean rows: combination weights, and evidence gains of noise kinds on clean rows.

Rows that training did not see are corrupted, and the weights of the model's estimate, the field's and the noisy row
minimise the squared error to the clean rows. The same rows, left clean, give the distribution of each kind's evidence
gain without noise; only gains beyond it are evidence of noise.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from quintet.artifacts.denoising import DenoisingTrial
from quintet.artifacts.table import Artifacts
from quintet.data.dataset import Batch, Rows
from quintet.distributions.noise_models.base import NoiseModel
from quintet.inference.chunks import to_device
from quintet.inference.importance import EFFORTS
from quintet.inference.patch_refinement import can_refine
from quintet.inference.patch_rounds_fit import best_rounds, rows_of_trial
from quintet.models.fitted import Fitted
from quintet.noise import Noise
from quintet.tasks.denoise import by_model, by_neighbouring_cells
from quintet.tasks.denoise.by_similar_patches import variance_of_noise
from quintet.tasks.denoise.combination_weights import TRIED, field_outweighs_model, rates_of, stacked
from quintet.tasks.denoise.gaussian_field import Field
from quintet.tasks.denoise.gaussian_field_fit import fit_gaussian_field
from quintet.tasks.denoise.noise_kind_choice import gains
from quintet.tasks.denoise.noise_kinds import fit_cell_range, kinds_for, noise_for

ROWS = 24
"""Held-out rows that weights are fitted on."""
FEWEST, CELLS = 4, 2**13
"""Fewest rows, and most cells of all of them, that the model denoises in the fit, unless a context decoder does it in
a few passes."""
DEAR, BEHIND = 2**10, 2.0
"""Row size in cells above which the model runs at low effort first, and the ratio of its squared error to the field's
above which it gets no weight."""
CLEAN_ROWS = 16
"""Fewest clean rows whose evidence gains are measured."""


def fit_denoising(fitted: Fitted, train: Rows, held: Rows, seed: int = 0) -> Artifacts:
    """Compute the artifacts of denoising: Gaussian field, cell ranges, combination weights and clean rows' gains."""
    by_code = bool(fitted.schema.columns) or fitted.nominal
    field = None if by_code else fit_gaussian_field(fitted.schema, train)
    kept = Artifacts(gaussian_field=field, cell_range=fit_cell_range(fitted.schema, train))
    if fitted.guide is None or len(held) < 2:
        return kept
    if by_code:
        return kept | _gains_alone(fitted, kept, held, seed)
    few = ROWS if fitted.model.has_context else max(FEWEST, min(ROWS, CELLS // fitted.schema.size))
    with torch.no_grad():
        fitted = replace(fitted, artifacts=fitted.artifacts | kept)
        shares, rounds = _shares(fitted, _some(held, few, fitted.device, times=2), seed)
        nothing = torch.zeros(0, len(kinds_for(fitted.schema)), dtype=torch.float32)
        trial = DenoisingTrial(shares, nothing, rounds if can_refine(fitted) else None)
        fitted = replace(fitted, artifacts=replace(fitted.artifacts, denoising_trial=trial))
        rows = 2 * ROWS if field_outweighs_model(trial) else max(few, CLEAN_ROWS)
        trial = replace(trial, clean=gains(fitted, _some(held, rows, fitted.device), seed).cpu())
    return replace(kept, denoising_trial=trial)


def _gains_alone(fitted: Fitted, kept: Artifacts, held: Rows, seed: int) -> Artifacts:
    """The gains of clean rows of codes, which the model alone denoises: codes cannot be averaged with noisy ones."""
    shares = torch.tensor([[[1.0, 0.0, 0.0]] * 2] * len(TRIED), dtype=torch.float32)
    with torch.no_grad():
        fitted = replace(fitted, artifacts=fitted.artifacts | kept)
        found = gains(fitted, _some(held, CLEAN_ROWS, fitted.device), seed).cpu()
    return Artifacts(denoising_trial=DenoisingTrial(shares, found))


def _some(rows: Rows, count: int, device: torch.device, times: int = 1) -> Batch:
    index = torch.linspace(0, len(rows) - 1, min(count, len(rows)), dtype=torch.float64).round().long()
    return to_device(rows.take(index.repeat(times)).batch(slice(None)), device)


def _shares(fitted: Fitted, twice: Batch, seed: int) -> tuple[Tensor, Tensor]:
    """Combination weights for each kind of ``TRIED`` at each of its two rates, (3, 2, 3), and the rounds of similar
    patches, (3, 2).

    Parameters
    ----------
    twice : the rows, repeated; the first half is corrupted at the low rate, the second at the high one.
    """
    field, half = Field.read(fitted.artifacts.gaussian_field, fitted.schema), len(twice.x) // 2
    found: list[list[list[float]]] = []
    rounds: list[list[float]] = []
    for number, kind in enumerate(TRIED):
        if kind not in kinds_for(fitted.schema):
            found.append([[1.0, 0.0, 0.0]] * 2)
            rounds.append([0.0] * 2)
            continue
        noise, model = Noise((seed, 41, number), device=fitted.device), noise_for(fitted, kind)
        rate = torch.tensor(rates_of(fitted.schema, kind), dtype=torch.float32).to(twice.x).repeat_interleave(half)
        noisy = replace(twice, x=model.corrupt(twice.x, rate, noise))
        ways = (
            {2: noisy.x}
            if field is None
            else {1: by_neighbouring_cells.denoise_by_neighbours(field, model, noisy, None).x, 2: noisy.x}
        )
        if field is None or not _far_behind(fitted, model, twice, noisy, ways[1], seed):
            ways[0] = by_model.denoise_by_model(fitted, model, noisy, None, EFFORTS["normal"], seed)[0]
        found.append([])
        rounds.append([])
        for part in (slice(0, half), slice(half, None)):
            own = {way: x[part] for way, x in ways.items()}
            clean, there = twice.x[part], twice.observed[part]
            weights = stacked({way: x[there] for way, x in own.items()}, clean[there])
            found[-1].append(weights)
            mixed = sum((own[way] * weight for way, weight in enumerate(weights) if weight), torch.zeros_like(clean))
            rounds[-1].append(_rounds(fitted, model, _part(noisy, part), mixed, rate[part], clean))
    return torch.tensor(found, dtype=torch.float32), torch.tensor(rounds, dtype=torch.float32)


def _part(batch: Batch, part: slice) -> Batch:
    return Batch(batch.x[part], batch.observed[part], None if batch.condition is None else batch.condition[part])


def _rounds(fitted: Fitted, model: NoiseModel, noisy: Batch, estimate: Tensor, rate: Tensor, clean: Tensor) -> float:
    """Rounds of similar patches of least error, on some of the rows."""
    if not can_refine(fitted):
        return 0.0
    variance = variance_of_noise(fitted.schema, model, noisy, estimate, rate)
    some = slice(0, rows_of_trial(fitted.schema, len(clean)))
    rows = (noisy.x, estimate, variance, clean, noisy.observed)
    return best_rounds(fitted.schema, *(tensor[some] for tensor in rows))


def _far_behind(fitted: Fitted, model: NoiseModel, clean: Batch, noisy: Batch, by_field: Tensor, seed: int) -> bool:
    """Whether rows are large and the model's squared error at low effort is more than ``BEHIND`` times the field's."""
    if fitted.schema.size <= DEAR:
        return False
    quick = by_model.denoise_by_model(fitted, model, noisy, None, EFFORTS["low"], seed)[0]
    mine, other = ((x - clean.x)[clean.observed].square().mean() for x in (quick, by_field))
    return bool(mine > BEHIND * other)
