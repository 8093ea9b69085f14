"""Whether missing and noisy cells are predicted with latents beside the visible cells, or from these alone."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.inference.candidate_search import search_effort
from quintet.inference.chunks import to_device
from quintet.inference.context_posterior import OPTION
from quintet.inference.missing_posterior import missing_posterior
from quintet.models.fitted import Fitted
from quintet.noise import Noise

ROWS = 48
"""Rows by which it is made, at most."""
CERTAIN = 2.0
"""Standard errors by which latents must be better: with them a decoder is asked for each of many candidates."""


@torch.no_grad()
def choose_latents(fitted: Fitted, rows: Rows, seed: int) -> str:
    """Store what predicts hidden cells of some rows with the smaller squared error; the visible cells alone if in
    doubt.

    Latents know the whole of a row, but in training they have seen the hidden cells, and a decoder may trust them too
    much. In half of the rows half of the pixels are hidden, in the others the lower half. Series do without.

    Returns
    -------
    A sentence on the choice; empty for a model whose decoder does not read proposals of the plain model.
    """
    if not fitted.model.reads_plain or not len(rows):
        return ""
    if fitted.schema.sequential:  # where a search for latents takes a hundred times as long for little
        fitted.options[OPTION] = False
        return ""
    index = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:ROWS]
    batch = to_device(rows.batch(index.sort().values), fitted.device)
    hidden = _half(batch.x, Noise((seed, 51), device=fitted.device)) & batch.observed
    asked = batch.__class__(torch.where(hidden, 0.0, batch.x), batch.observed & ~hidden, batch.condition)
    error: dict[bool, torch.Tensor] = {}
    for latents in (True, False):
        fitted.options[OPTION] = latents
        parts = missing_posterior(fitted, asked, search_effort("normal", fitted.schema.size), seed, 0)
        mean = torch.zeros_like(batch.x)
        for part in parts:
            for found, weight in part.decoded(fitted.model):
                mean += weight.reshape(-1, *[1] * (mean.ndim - 1)) * found.mean[0]
        wrong = torch.where(hidden, mean - batch.x, 0.0).square().flatten(1).double().sum(1)
        error[latents] = wrong / hidden.flatten(1).sum(1).clamp(min=1)
    gain = error[False] - error[True]
    spread = gain.std(correction=0) / len(gain) ** 0.5
    fitted.options[OPTION] = bool(gain.mean() > CERTAIN * spread)
    return (
        f"hidden cells are predicted {'with' if fitted.options[OPTION] else 'without'} latents: mean squared error "
        f"{error[True].mean():.3g} with, {error[False].mean():.3g} without"
    )


def _half(x: Tensor, noise: Noise) -> Tensor:
    """Hidden pixels of images, in the shape of x: half of them at random, or the lower half."""
    plane = x.shape[-2:]
    scattered = noise.uniform(len(x), 1, *plane)[0] < 0.5
    lower = torch.arange(plane[0], device=x.device)[:, None] >= plane[0] // 2
    every_second = torch.arange(len(x), device=x.device)[:, None, None, None] % 2 == 0
    return torch.where(every_second, scattered, lower).expand_as(x)
