"""Attributes of rows: directions in the latent space that are learnt, read and followed."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import torch

from quintet.arguments import BatchRows, Condition, Label, Labels, Missing, NumberOrEach, OneOrMore, RowsLike
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.containers import in_output_container, one_column
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._answers.latents import posterior_moments
from quintet.estimators._input.user_rows import shape_of
from quintet.estimators.progress import progress_bar
from quintet.tasks.edit import attributes as task
from quintet.tasks.edit.attributes import attribute_named
from quintet.tasks.edit.traversal import decode_means

Estimator = TypeVar("Estimator", bound=FittedEstimator)


@public
def fit_attribute(
    self: Estimator,
    X: RowsLike,
    y: Labels,
    name: str | None = None,
    *,
    condition: Condition | None = None,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Estimator:
    """Learn the direction in latent space along which a number or a label of rows changes.

    Parameters
    ----------
    X : (n, *row_shape); they need not be the training rows.
    y : (n,) numbers, or labels (text, True and False, or up to 50 whole numbers).
    name : what to call it; None: the name of a pandas Series, or "attribute". An attribute of this name is replaced.
    """
    fitted = fitted_for(self, "transform")
    name = str(name or getattr(y, "name", None) or "attribute")
    values = one_column(y, name)
    z, spread, _ = posterior_moments(self, X, condition, mask, batch_rows)
    learnt = task.fit_attribute(name, z.numpy(), values, spread.numpy(), self.seed_)
    fitted.attributes.pop(name, None)
    fitted.attributes[name] = learnt
    return self


@public
def read_attribute(
    self: FittedEstimator,
    X: RowsLike,
    attribute: str | None = None,
    *,
    condition: Condition | None = None,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Array:
    """What an attribute's probe reads of rows: numbers (n,), or the likeliest label of each (n,)."""
    probe = attribute_named(fitted_for(self, "transform").attributes, attribute)
    found = probe.read(posterior_moments(self, X, condition, mask, batch_rows)[0]).numpy()
    return found[:, 0] if probe.levels is None else np.array(probe.levels)[found.argmax(1)]


@public
def edit(
    self: FittedEstimator,
    X: OneOrMore,
    by: NumberOrEach,
    attribute: str | None = None,
    *,
    to: Label | None = None,
    condition: Condition | None = None,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Any:
    """Rows with one attribute changed, decoded from their moved latents; of X's shape.

    Parameters
    ----------
    X : one row of shape row_shape, or (n, *row_shape).
    by : how far, one number or one for each row: in the attribute's own units, or in nats of a label's log odds.
    attribute : its name; None: the one learnt last.
    to : the label to move to; None: the second of two levels.
    condition : kept in the edit; None: the row's likeliest, for a conditional model.
    """
    fitted = fitted_for(self, "transform")
    probe = attribute_named(fitted.attributes, attribute)
    single = not fitted.schema.columns and shape_of(X) == fitted.schema.row_shape
    rows: Any = np.asarray(X)[None] if single else X
    steps = torch.as_tensor(np.asarray(by, dtype=np.float32))
    if steps.ndim and len(steps) != len(rows):
        raise InputError(f"by must be one number, or one for each of {len(rows)} rows, got {len(steps)}.")
    z, _, known = posterior_moments(self, rows, condition, mask, batch_rows)
    with progress_bar(self.verbose) as progress:
        moved = probe.moved(z, steps, to)
        x = decode_means(fitted, moved, known, batch_rows=batch_rows, progress=progress)
    edited = fitted.schema.to_user(x)
    return edited[0] if single else in_output_container(self, edited, X)
