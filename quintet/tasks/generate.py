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
from quintet.distributions import Distribution
from quintet.distributions.chain import Known
from quintet.errors import InputError, Unanswerable
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.constraints.constrained_cells import constrained
from quintet.inference.constraints.row_constraints import RowConstraints, row_constraints
from quintet.inference.given_cells import GivenCells, draw_given
from quintet.inference.missing_pattern import draw_with_missing, has_pattern
from quintet.inference.samplers.selection import draw_conditions, latents_by, sampler_for
from quintet.models.context.model import ContextModel
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
    given: Mapping[int, Tensor] | None = None,
    batch_rows: BatchRows = 256,
    seed: int = 0,
    first_row: int = 0,
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
    given : what cells of a table may be, by their places: codes or intervals as in ``restricted``. Rows are draws from
        the model's conditional on it.
    first_row : the place i of the first of these rows, for rows that are drawn in several calls.

    Raises
    ------
    Unanswerable
        If cells shall be missing and the model has not learnt which.
    """
    laws = row_constraints(fitted.schema, fitted.device, given)
    draw_row = _drawn_with_missing(fitted, expected, laws) if missing else None
    hold_room("n", n, CELL * fitted.schema.size, "generate them in parts, each with another random_state")
    choice = sampler_for(fitted, sampler)
    places = Rows(torch.zeros(n, 1, dtype=torch.float32), None, condition)
    placed = mean is not None or spread is not None
    fixed = None if not placed else (_latents(mean, 0.0, n, fitted), _latents(spread, 1.0, n, fitted))
    drawn = latents_by(fitted, "prior" if placed else choice)
    cells = None if given is None else _given(fitted, given, placed, missing, laws)

    def candidate(size: int, noise: Noise, c: Tensor | None) -> Tensor:
        return drawn(size, noise, temperature, c)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        size, c, known, place = len(batch.x), batch.condition, None, first_row + start
        noise = RowNoise((seed, 11), place, device=fitted.device)
        if cells is not None:
            begun = draw_given(fitted, cells, candidate, c, place, size, seed)
            latents, c, known = begun.z[None], begun.condition, Known(begun.x[None], cells.visible(begun.x)[None])
        else:
            c = draw_conditions(fitted, size, place, seed) if c is None else c
            if fixed is not None:
                z = fixed[0][start : start + size], fixed[1][start : start + size]
                eps = noise.normal(size, fitted.model.latent_dim)[0, : len(z[0])]
                latents = _padded((z[0] + temperature * z[1] * eps), size)[None]
            else:
                latents = drawn(size, noise, temperature, c)
        fresh, out = RowNoise((seed, 12), place, device=fitted.device), {"z": latents[0]}
        if draw_row is not None:
            row = draw_row(latents, c, fresh, known)[0]
            out |= {"x": row.nan_to_num(), "missing": row.isnan()}
        else:
            likelihood = fitted.model.decode(latents, c, *(() if known is None else (known.x, known.visible)))
            out["x"] = _row(constrained(likelihood, laws), fresh, expected, known)
        return out if c is None else out | {"condition": c}

    with torch.no_grad():
        found = in_chunks(
            answer, places, batch_rows=batch_rows, device=fitted.device, progress=progress, what="generate"
        )
    return Generated(found["x"], found["z"], found.get("condition"), found.get("missing"))


def _drawn_with_missing(
    fitted: Fitted, expected: bool, laws: RowConstraints | None
) -> Callable[[Tensor, Tensor | None, Noise, Known | None], Tensor]:
    """z, condition, noise and known cells -> rows with NaN where cells are missing."""
    if expected:
        raise InputError("missing=True needs drawn rows, got expected=True: leave out one of them.")
    model = fitted.model
    if not has_pattern(model):
        raise Unanswerable(
            "missing=True needs a table of whose training rows some had missing cells, and a context decoder: generate "
            "complete rows, or fit again with context='auto' on such a table."
        )
    return partial(draw_with_missing, model, constraints=laws)


def _row(likelihood: Distribution, noise: Noise, expected: bool, known: Known | None) -> Tensor:
    """A draw or the point estimate of each row, (n, *shape), with the known cells as they are."""
    if not expected:
        return likelihood.sample(noise)[0]
    point = likelihood.point
    return (point if known is None else torch.where(known.visible > 0, known.x, point))[0]


def _given(
    fitted: Fitted, given: Mapping[int, Tensor], placed: bool, missing: bool, laws: RowConstraints | None
) -> GivenCells:
    """The given cells in the order of the chain."""
    if not isinstance(fitted.model, ContextModel):
        raise Unanswerable("given needs a context decoder: train VAE(context='columns') on a table of columns.")
    if placed:
        raise InputError("given cannot be combined with mean or spread, because it chooses the latents: leave one out.")
    return GivenCells.of(fitted.model, dict(given), missing, laws)


def _latents(value: Tensor | float | None, default: float, n: int, fitted: Fitted) -> Tensor:
    """Broadcast a number, (latent_dim,) or (n, latent_dim) to (n, latent_dim)."""
    width = fitted.model.latent_dim
    t = torch.as_tensor(default if value is None else value, dtype=torch.float32)
    if t.ndim > 2 or (t.ndim and t.shape[-1] not in (1, width)) or (t.ndim == 2 and len(t) not in (1, n)):
        raise InputError(f"mean and spread must have shape ({width},) or ({n}, {width}), got {tuple(t.shape)}.")
    return t.expand(n, width).to(fitted.device)


def _padded(t: Tensor, size: int) -> Tensor:
    return torch.cat([t, t[-1:].expand(size - len(t), -1)]) if len(t) < size else t
