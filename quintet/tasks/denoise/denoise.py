"""Denoise: E[x | x̃] under a noise model whose kind and rate may be unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.distributions.noise_models.choose import NONE
from quintet.errors import InputError, Unanswerable, warn
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.importance import effort_named
from quintet.models.fitted import Fitted
from quintet.tasks.denoise.combination import combined_estimate, per_row
from quintet.tasks.denoise.noise_kind_choice import UNKNOWN, NoiseKindChoice, find_noise_kind, noisy_rows
from quintet.tasks.denoise.noise_kinds import ALIASES, noise_for


@dataclass(frozen=True)
class Denoised:
    """Clean rows and the estimated noise.

    ``x`` (n, *shape) in the model's units. ``kind``: one of ``NOISES``, "none" or "unknown". ``rates`` (n,): share of
    replaced cells, including those replaced by their own value, or the standard deviation of normal noise in ranges of
    a cell (for standardised cells in standard deviations); 0 for rows returned unchanged. ``evidence``: log evidence of
    each candidate kind less that of "none", in excess of the usual difference on clean rows, in nats per row.
    ``least``: the evidence of ``kind`` above which a row counts as noisy, where the kind was chosen; nats.
    """

    x: Tensor
    kind: str
    rates: Tensor
    evidence: Mapping[str, float]
    least: float = math.inf


def denoise(
    fitted: Fitted,
    rows: Rows,
    *,
    noise: str | NoiseKindChoice = "auto",
    rate: float | None = None,
    effort: str = "normal",
    batch_rows: int = 128,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> Denoised:
    """E[x | x̃] of each row.

    Each cell is the average of its observed value and E[x|z], weighted by the probability that it is uncorrupted and
    averaged over draws of z. Weights fitted after training mix in an estimate from neighbouring cells and the noisy row
    itself where these have a smaller error than the model. Rows without evidence of noise are returned unchanged.
    Missing cells are filled.

    Parameters
    ----------
    noise : "replacement" (by uniform values), "salt_pepper", "masking" (to 0), "normal", "none", or "auto": the kind of
        largest evidence on a sample of the rows, relative to clean rows; or the choice made for other rows.
    rate : noise rate; None: estimated for each row.
    effort : "low" (the partial encoder alone), "normal", "high".
    """
    if fitted.guide is None:
        raise Unanswerable(
            "This model has no partial encoder, which denoise needs: fit it again, with preset='fast' or 'best'."
        )
    _check(noise, rate)
    search = effort_named(effort)
    if isinstance(noise, str):
        found = find_noise_kind(fitted, rows, batch_rows, seed) if noise == "auto" else None
        kind = noise_for(fitted, noise).name if found is None else found.kind
    else:
        found, kind = noise, noise.kind
    if kind == UNKNOWN:
        warn(
            "The rows are noisy, but no single kind of noise explains them: they are returned unchanged. "
            "Give noise=, or compare report.evidence.",
        )
    model = noise_for(fitted, NONE if kind == UNKNOWN or rate == 0 else kind)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        x, rates = combined_estimate(fitted, model, batch, rate, search, seed)
        if found is not None and kind not in (NONE, UNKNOWN):
            noisy = noisy_rows(fitted, found, batch, seed)
            x = torch.where(batch.observed & ~per_row(noisy, x), batch.x, x)
            rates = torch.where(noisy, rates, 0.0)
        return {"x": x, "rates": rates}

    with torch.no_grad():
        out = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="denoise")
    if found is None:
        return Denoised(out["x"], kind, out["rates"], {})
    return Denoised(out["x"], kind, out["rates"], found.evidence, found.least)


def _check(noise: str | NoiseKindChoice, rate: float | None) -> None:
    if rate is None:
        return
    if noise == "auto" or not isinstance(noise, str):
        raise InputError("rate needs a kind of noise, got noise='auto': give noise=.")
    highest = float("inf") if ALIASES.get(noise, noise) == "normal" else 1.0
    if not 0 <= rate < highest:
        raise InputError(f"rate must be at least 0 and below {highest:g}, got {rate}.")
