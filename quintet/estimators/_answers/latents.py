"""Rows to latents and back, as scikit-learn's transformers do it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.arguments import BatchRows, Condition, Latents, Missing, RowsLike
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.containers import in_output_container
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.finite_answers import sound
from quintet.estimators._input.user_rows import refuse_condition, rows_of
from quintet.estimators.encoding import encode, spreads
from quintet.estimators.progress import progress_bar
from quintet.tasks.edit.traversal import decode_means


@public
@sound
def transform(
    self: FittedEstimator,
    X: RowsLike,
    condition: Condition | None = None,
    *,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Array:
    """The latents of rows: the posterior's means, (n, latent_dim), float64 for float64 rows, otherwise float32."""
    fitted = fitted_for(self)
    rows, array = rows_of(self, X, fitted.schema, condition, mask)
    with progress_bar(self.verbose) as progress:
        z, _ = encode(fitted, rows, batch_rows, progress)
    return z.numpy().astype(np.float64 if array.dtype == np.float64 else np.float32, copy=False)


@public
@sound
def inverse_transform(
    self: FittedEstimator, Z: Latents, condition: Condition | None = None, *, batch_rows: BatchRows = 256
) -> Any:
    """E[x|z] of latents (n, latent_dim), as rows (n, *row_shape) in the user's units.

    Without ``condition`` a conditional model averages over the conditions of its training rows.
    """
    fitted = fitted_for(self)
    if Z.shape[1] != self.latent_dim_:
        raise InputError(f"Z must be latents of shape (n, {self.latent_dim_}), got shape {Z.shape}.")
    refuse_condition(fitted.schema, condition)
    z, known = torch.from_numpy(Z.astype(np.float32)), None
    if condition is not None and fitted.schema.condition is not None:
        known = fitted.schema.condition.encode(condition, len(z))
    with progress_bar(self.verbose) as progress:
        x = decode_means(fitted, z, known, batch_rows=batch_rows, progress=progress)
    return in_output_container(self, fitted.schema.to_user(x))


@public
@sound
def reconstruct(
    self: FittedEstimator,
    X: RowsLike,
    condition: Condition | None = None,
    *,
    mask: Missing | None = None,
    batch_rows: BatchRows = 256,
) -> Any:
    """E[x|z] at each row's latents, (n, *row_shape) in the user's units; missing cells are filled as well."""
    fitted = fitted_for(self)
    rows, _ = rows_of(self, X, fitted.schema, condition, mask)
    with progress_bar(self.verbose) as progress:
        z, used = encode(fitted, rows, batch_rows, progress)
        x = decode_means(fitted, z, used, batch_rows=batch_rows, progress=progress)
    return in_output_container(self, fitted.schema.to_user(x), X)


def posterior_moments(
    vae: FittedEstimator, X: Any, condition: Any, mask: Any, batch_rows: int
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Means and spreads of the rows' posteriors, (n, latent_dim) each, and the condition that was used."""
    fitted = fitted_for(vae, "transform")
    rows, _ = rows_of(vae, X, fitted.schema, condition, mask)
    with progress_bar(vae.verbose) as progress:
        z, known = encode(fitted, rows, batch_rows, progress)
        return z, spreads(fitted, rows, known, batch_rows), known
