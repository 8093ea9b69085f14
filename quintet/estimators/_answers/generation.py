"""The question ``generate``: new rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.arguments import (
    Balance,
    BatchRows,
    Condition,
    Count,
    CountOrZero,
    Given,
    LatentOrEach,
    NotNegative,
    RandomState,
)
from quintet.data.columns.allowed import Allowed, allowed_cells
from quintet.data.constraints.base import legal
from quintet.data.schema import Array, Schema
from quintet.entry_points import public
from quintet.errors import InputError, Unanswerable
from quintet.estimators._answers.balance import Share, shares_of
from quintet.estimators._answers.constrained_rows import at_places, obeying, refuse_impossible
from quintet.estimators._answers.containers import in_output_container
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for, seed_for
from quintet.estimators._input import user_rows
from quintet.estimators._input.finite_answers import sound
from quintet.estimators.progress import progress_bar
from quintet.tasks import generate as task


@public
@sound
def generate(
    self: FittedEstimator,
    n: Count = 1,
    condition: Condition | None = None,
    *,
    given: Given | None = None,
    balance: Balance | None = None,
    temperature: NotNegative = 1.0,
    mean: LatentOrEach | None = None,
    spread: LatentOrEach | None = None,
    sampler: str | None = None,
    expected: bool | None = None,
    missing: bool = False,
    return_condition: bool = False,
    batch_rows: BatchRows = 256,
    random_state: RandomState | None = None,
    first_row: CountOrZero = 0,
) -> Any:
    """New rows: z by the sampler, then x from p(x|z); (n, *row_shape) in the user's units.

    Parameters
    ----------
    n : how many.
    condition : one for all rows, or one for each; None: drawn as in the training rows, for a conditional model.
    given : of a table, what columns shall be: {"sex": "Female", "age": (30, 40), "degree": ["Masters", "Doctorate"]}, a
        value, several in a list or a set, or an interval of numbers, times or ordinal levels with its ends, None: open.
        All rows fulfil it, by the model's conditional: z, too, is drawn by the probability of what is given.
    balance : of a table, a column of levels of which each has as many rows, or shares of its levels that add up to 1:
        {"income": {"<=50K": 0.5, ">50K": 0.5}}. Counts are exact; the rows of a level are as with ``given``.
    temperature : factor of the latents' spread; below 1: likelier, less varied rows.
    mean, spread : (latent_dim,) or (n, latent_dim), in place of the prior's 0 and 1.
    sampler : "prior"; or by the training rows' latents "mixture", "flow", "two_stage" (both fitted at their
        first use, in seconds) or "neighbours"; None: the one that ``fit`` chose on held-out rows.
    expected : E[x|z] in place of a draw of x; None: for images without a context decoder.
    missing : leave cells of a table missing as the training rows did; False: complete rows.
    return_condition : return (rows, conditions), so that rows of a conditional model have their labels.
    batch_rows : rows at a time; it changes memory, not answers.
    random_state : seed; None: the model's, so that the same call gives the same rows.
    first_row : how many rows to skip: rows 1,000 to 1,999 are those of ``n=1000, first_row=1000``.
    """
    fitted = fitted_for(self, "generate")
    if first_row and balance is not None:
        raise InputError(
            f"first_row must be 0 with balance, which counts the levels of one call, got first_row={first_row}."
        )
    schema = fitted.schema
    user_rows.refuse_condition(schema, condition)
    encoded = None
    if schema.condition is not None and condition is not None:
        encoded = schema.condition.encode(condition, n)
    parts = shares_of(schema, n, balance, given, seed_for(self, random_state))
    allowed = [() if part.given is None else _allowed(schema, part.given) for part in parts]
    with progress_bar(self.verbose) as progress:
        draw = partial(
            task.generate,
            fitted,
            temperature=temperature,
            mean=_latents(mean),
            spread=_latents(spread),
            sampler=sampler,
            expected=schema.is_image and not self.fitted_.model.has_context if expected is None else expected,
            missing=missing,
            batch_rows=batch_rows,
            first_row=first_row,
            progress=progress,
        )
        found = [_drawn(schema, draw, part, cells, encoded) for part, cells in zip(parts, allowed, strict=True)]
    places = [part.rows for part in parts if part.rows is not None]
    order = np.argsort(np.concatenate(places)) if places else np.arange(n)
    cells = np.concatenate([rows for rows, _ in found])[order]
    gone = None if found[0][1].missing is None else _joined([one.missing for _, one in found])[order].numpy()
    rows = in_output_container(self, cells, missing=gone)
    if not return_condition:
        return rows
    if schema.condition is None or found[0][1].condition is None:
        return rows, None
    return rows, schema.condition.named(_joined([one.condition for _, one in found])[order])


def _drawn(
    schema: Schema,
    draw: Callable[..., task.Generated],
    part: Share,
    allowed: Sequence[Allowed],
    condition: Tensor | None,
) -> tuple[Array, task.Generated]:
    """Some rows of the answer, in the user's units."""
    found = draw(
        part.count,
        condition=condition if condition is None or part.rows is None else condition[part.rows],
        given={cell.place: _in_model(schema, cell) for cell in allowed} or None,
        seed=part.seed,
    )
    cells = schema.to_user(found.x)
    for cell in allowed:
        own = legal(schema.modelled[cell.place], cells[:, cell.place]) if schema.constraints else cells[:, cell.place]
        cells[:, cell.place] = cell.nearest(own)  # float32 rounds the ends of intervals
    gone = None if found.missing is None else found.missing.numpy()
    return obeying(schema, cells, at_places(cells, [cell.place for cell in allowed]), gone), found


def _joined(parts: Sequence[Tensor | None]) -> Tensor:
    return torch.cat([part for part in parts if part is not None])


def _allowed(schema: Schema, given: Any) -> tuple[Allowed, ...]:
    """What the cells of a table may be."""
    if not schema.columns:
        raise Unanswerable(
            "given needs a model of a table of columns: fit a frame, or an array with VAE(kind='columns')."
        )
    found = allowed_cells(schema.columns, given)
    refuse_impossible(schema, given, found)
    return found


def _in_model(schema: Schema, cell: Allowed) -> Tensor:
    """Allowed codes (codes,) of bool, or intervals (n, 2) in the model's units with the cells that round to them."""
    codes = schema.codes[cell.place]
    if codes:
        return torch.isin(torch.arange(codes), torch.tensor(cell.codes))
    ends = torch.tensor(cell.intervals, dtype=torch.float64) + torch.tensor([-cell.half, cell.half])
    return (ends - schema.loc[cell.place]) / schema.scale[cell.place]


def _latents(value: Any) -> Tensor | None:
    return None if value is None else torch.as_tensor(np.asarray(value, dtype=np.float32))
