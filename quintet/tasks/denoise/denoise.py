"""Denoise: E[x | x̃] under the model and a noise model whose kind and rate may be unknown."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.distributions.noise_models.choose import NONE
from quintet.errors import InputError, QuintetWarning, Unanswerable
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.importance import effort_named
from quintet.models.fitted import Fitted
from quintet.tasks.denoise.combination import cleaned, per_row
from quintet.tasks.denoise.noise_kind_choice import UNKNOWN, find_noise_kind, noisy_rows
from quintet.tasks.denoise.noise_kinds import ALIASES, noise_for


@dataclass(frozen=True)
class Denoised:
    """Clean rows and what was found on the noise.

    ``x`` (n, *shape) in the model's units, ``kind`` one of ``NOISES``, "none" or "unknown", ``rates`` (n,): the share
    of cells replaced, counting those that got the value they had, or the normal noise's spread in ranges (standardised
    cells: in standard deviations); 0 in rows that are left as they are. ``evidence``: log p of the sampled rows under
    each kind that was tried less that under "none", beyond what is usual on clean rows, in nats a row.
    """

    x: Tensor
    kind: str
    rates: Tensor
    evidence: Mapping[str, float]


def denoise(
    fitted: Fitted,
    rows: Rows,
    *,
    noise: str = "auto",
    rate: float | None = None,
    effort: str = "normal",
    batch_rows: int = 128,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> Denoised:
    """E[x | x̃] of each row.

    A cell that was not touched is worth more than any reconstruction of it: each is kept as far as it is believed, and
    replaced by E[x|z] as far as it is not, averaged over draws of z. Where the trial after training showed that the
    neighbouring cells, or the noisy row itself, do better than the model, they are mixed in. Rows on which nothing
    speaks for noise come back as they are. Missing cells are filled.

    Parameters
    ----------
    noise : "replacement" (by uniform values), "salt_pepper", "masking" (to 0), "normal", "none", or "auto": the kind
        that explains a sample of the rows best, beyond what it explains of clean rows.
    rate : of the noise; None: found for each row.
    effort : "low" (the guide alone), "normal", "high".
    """
    if fitted.guide is None:
        raise Unanswerable("This model has no guide, which denoising needs: train it again.")
    _check(noise, rate)
    thought = effort_named(effort)
    found = find_noise_kind(fitted, rows, batch_rows, seed) if noise == "auto" else None
    kind = noise_for(fitted, noise).name if found is None else found.kind
    if kind == UNKNOWN:
        warnings.warn(
            "The rows are noisy, but no single kind of noise explains them: they come back as they are. "
            "Name the kind by noise=, or compare report.evidence.",
            QuintetWarning,
            stacklevel=2,
        )
    model = noise_for(fitted, NONE if kind == UNKNOWN or rate == 0 else kind)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        x, rates = cleaned(fitted, model, batch, rate, thought, seed)
        if found is not None and kind not in (NONE, UNKNOWN):
            noisy = noisy_rows(fitted, found, batch, seed)
            x = torch.where(batch.observed & ~per_row(noisy, x), batch.x, x)
            rates = torch.where(noisy, rates, 0.0)
        return {"x": x, "rates": rates}

    with torch.no_grad():
        out = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="denoise")
    return Denoised(out["x"], kind, out["rates"], {} if found is None else found.evidence)


def _check(noise: str, rate: float | None) -> None:
    if rate is None:
        return
    if noise == "auto":
        raise InputError("rate= needs noise=, the kind of noise that has this rate.")
    highest = float("inf") if ALIASES.get(noise, noise) == "normal" else 1.0
    if not 0 <= rate < highest:
        raise InputError(f"rate must be at least 0 and below {highest:g}, got {rate}.")
