"""Generate: draws of z from p(z), then of x from p(x|z)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from quintet.arguments import BatchRows, Count, NotNegative
from quintet.arguments.checking import checked
from quintet.data.dataset import Batch, Rows
from quintet.errors import InputError, Unanswerable
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.missing_pattern import draw_with_missing, has_pattern
from quintet.inference.samplers.selection import draw_conditions, latents_by, sampler_for
from quintet.models.fitted import Fitted
from quintet.noise import Noise, RowNoise
from quintet.numerics.memory import CELL, hold_room


@dataclass(frozen=True)
class Generated:
    """New rows ``x`` (n, *shape) in the model's units, latents ``z`` (n, latent_dim), encoded conditions, and the cells
    left ``missing``, (n, *shape) of bool, whose values in ``x`` mean nothing."""

    x: Tensor
    z: Tensor
    condition: Tensor | None
    missing: Tensor | None = None


@checked
def generate(
    fitted: Fitted,
    n: Count,
    *,
    condition: Tensor | None = None,
    temperature: NotNegative = 1.0,
    mean: Tensor | None = None,
    spread: Tensor | float | None = None,
    sampler: str | None = None,
    expected: bool = False,
    missing: bool = False,
    batch_rows: BatchRows = 256,
    seed: int = 0,
    progress: RowProgress | None = None,
) -> Generated:
    """Draw n new rows. Row i depends on the seed and on i, not on n or ``batch_rows``.

    Parameters
    ----------
    condition : (n, condition_dim), encoded; None: drawn from p(c) for a conditional model.
    temperature : factor on the standard deviation of the latents; below 1, rows are likelier and less varied.
    mean, spread : (latent_dim,) or (n, latent_dim), replace the prior by z ~ N(mean, (temperature · spread)²); their
        defaults are 0 and 1 if one of them is given.
    sampler : "prior", or fitted to the training rows' latents: "mixture", "flow", "two_stage" or "neighbours". None:
        the one chosen on held-out rows by ``fit`` (``samplers.choice``).
    expected : return E[x|z], which is smooth, instead of a draw of x.
    missing : leave cells missing in the pattern of the training rows.

    Raises
    ------
    Unanswerable
        If cells shall be missing and the model has not learnt which.
    """
    draw_row = _drawn_with_missing(fitted, expected) if missing else None
    hold_room("n", n, CELL * fitted.schema.size, "generate them in parts, each with another random_state")
    choice = sampler_for(fitted, sampler)
    places = Rows(torch.zeros(n, 1, dtype=torch.float32), None, condition)
    given = mean is not None or spread is not None
    fixed = None if not given else (_latents(mean, 0.0, n, fitted), _latents(spread, 1.0, n, fitted))
    drawn = latents_by(fitted, "prior" if given else choice)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        size = len(batch.x)
        c = batch.condition if batch.condition is not None else draw_conditions(fitted, size, start, seed)
        noise = RowNoise((seed, 11), start, device=fitted.device)
        if fixed is not None:
            z = fixed[0][start : start + size], fixed[1][start : start + size]
            eps = noise.normal(size, fitted.model.latent_dim)[0, : len(z[0])]
            latents = _padded((z[0] + temperature * z[1] * eps), size)[None]
        else:
            latents = drawn(size, noise, temperature, c)
        fresh, out = RowNoise((seed, 12), start, device=fitted.device), {"z": latents[0]}
        if draw_row is not None:
            row = draw_row(latents, c, fresh)[0]
            out |= {"x": row.nan_to_num(), "missing": row.isnan()}
        else:
            likelihood = fitted.model.decode(latents, c)
            out["x"] = (likelihood.point if expected else likelihood.sample(fresh))[0]
        return out if c is None else out | {"condition": c}

    with torch.no_grad():
        found = in_chunks(
            answer, places, batch_rows=batch_rows, device=fitted.device, progress=progress, what="generate"
        )
    return Generated(found["x"], found["z"], found.get("condition"), found.get("missing"))


def _drawn_with_missing(fitted: Fitted, expected: bool) -> Callable[[Tensor, Tensor | None, Noise], Tensor]:
    """z, condition and noise -> rows with NaN where cells are missing."""
    if expected:
        raise InputError("missing=True needs drawn rows, got expected=True: leave out one of them.")
    model = fitted.model
    if not has_pattern(model):
        raise Unanswerable(
            "missing=True needs a table of whose training rows some had missing cells, and a context decoder: generate "
            "complete rows, or fit again with context='auto' on such a table."
        )
    return partial(draw_with_missing, model)


def _latents(value: Tensor | float | None, default: float, n: int, fitted: Fitted) -> Tensor:
    """Broadcast a number, (latent_dim,) or (n, latent_dim) to (n, latent_dim)."""
    width = fitted.model.latent_dim
    t = torch.as_tensor(default if value is None else value, dtype=torch.float32)
    if t.ndim > 2 or (t.ndim and t.shape[-1] not in (1, width)) or (t.ndim == 2 and len(t) not in (1, n)):
        raise InputError(f"mean and spread must have shape ({width},) or ({n}, {width}), got {tuple(t.shape)}.")
    return t.expand(n, width).to(fitted.device)


def _padded(t: Tensor, size: int) -> Tensor:
    return torch.cat([t, t[-1:].expand(size - len(t), -1)]) if len(t) < size else t
