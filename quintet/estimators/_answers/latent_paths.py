"""Rows along paths through the latent space."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from quintet.arguments import Condition, CountOrZero, OneOrMore, Steps, StepsWithEnds, Vector
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.containers import one_or_more, one_or_several
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.user_rows import rows_of_cells
from quintet.estimators.encoding import encode
from quintet.tasks.edit.latent_paths import way
from quintet.tasks.edit.traversal import decode_means, path_between, ticks, traversal


@public
def interpolate(
    self: FittedEstimator,
    a: OneOrMore,
    b: OneOrMore,
    steps: StepsWithEnds = 10,
    *,
    path: str = "linear",
    condition: Condition | None = None,
) -> Any:
    """Rows along a path from the latents of `a` to those of `b`, both ends included.

    Parameters
    ----------
    a, b : one row each, of shape row_shape, or n rows each.
    steps : rows of a path, at least 2.
    path : "linear"; "spherical"; "flow", straight in the base of a flow prior; or "metric", the path along which
        rows change least, by the model's own metric or its decoder's: see ``quintet.tasks.edit.latent_paths``.
    condition : kept on the path; None: the path leads from a's likeliest to b's.

    Returns
    -------
    (steps, *row_shape) for one row, (n, steps, *row_shape) for several; for a table a frame for a frame of one row, a
    list of n frames for several.
    """
    fitted = fitted_for(self)
    (first, single), (last, _) = one_or_more(fitted.schema, a, "a"), one_or_more(fitted.schema, b, "b")
    if len(first) != len(last):
        raise InputError(f"a and b must hold as many rows each, got {len(first)} and {len(last)}.")
    (z_a, known_a), (z_b, known_b) = (
        encode(fitted, rows_of_cells(rows, fitted.schema, condition), 256) for rows in (first, last)
    )
    known, ends = None, None
    if known_a is not None and known_b is not None:
        known = path_between(known_a, known_b, steps).flatten(0, 1)
        ends = known_a.to(fitted.device), known_b.to(fitted.device)
    z = way(fitted.model, z_a.to(fitted.device), z_b.to(fitted.device), steps, path, ends).cpu()
    x = fitted.schema.to_user(decode_means(fitted, z.flatten(0, 1), known))
    return one_or_several(self, x.reshape(len(first), steps, *x.shape[1:]), single)


@public
def traverse(
    self: FittedEstimator,
    x: OneOrMore,
    dim: CountOrZero,
    values: Vector | None = None,
    *,
    steps: Steps = 10,
    spacing: str = "linear",
    condition: Condition | None = None,
) -> Any:
    """One row decoded with its latent ``dim`` set to each of ``values``, (len(values), *row_shape); of a table a frame.

    Parameters
    ----------
    x : one row, of shape row_shape.
    dim : which latent, from 0.
    values : what it is set to; None: ``steps`` of them, from -3 to 3 or, with spacing="quantiles", at the normal's
        quantiles.
    condition : None: the row's likeliest, for a conditional model.
    """
    fitted = fitted_for(self)
    row, _ = one_or_more(fitted.schema, x, "x")
    z, known = encode(fitted, rows_of_cells(row[:1], fitted.schema, condition), 256)
    places = ticks(steps, spacing) if values is None else torch.tensor(np.asarray(values, dtype=np.float32))
    walk = traversal(z, dim, places)[0]
    decoded = decode_means(fitted, walk, None if known is None else known.repeat(len(walk), 1))
    return one_or_several(self, fitted.schema.to_user(decoded)[None], True)
