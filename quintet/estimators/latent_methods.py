"""Latents as scikit-learn's transformers give them, and walks among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from torch import Tensor

from quintet.arguments import (
    BatchRows,
    Condition,
    CountOrZero,
    Latents,
    Missing,
    OneOrMore,
    RowsLike,
    Steps,
    StepsWithEnds,
    Vector,
)
from quintet.data.schema import Array
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._fit.fitting import progress_of
from quintet.estimators._input import user_rows
from quintet.estimators._input.finite_answers import sound
from quintet.estimators.base import FittedEstimator
from quintet.estimators.encoding import encode
from quintet.tasks.edit.latent_paths import way
from quintet.tasks.edit.traversal import decode_means, path_between, ticks, traversal


class LatentMethods(FittedEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin):  # type: ignore[misc]
    """transform, inverse_transform, reconstruct, interpolate, traverse."""

    @property
    def _n_features_out(self) -> int:
        return self.latent_dim_

    @public
    @sound
    def transform(
        self,
        X: RowsLike,
        condition: Condition | None = None,
        *,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
    ) -> Array:
        """The latents of rows: the posterior's means, (n, latent_dim), float64 for float64 rows and float32 else."""
        fitted = self._check_fitted()
        rows, array = self._take(X, condition, mask)
        with progress_of(self) as progress:
            z, _ = encode(fitted, rows, batch_rows, progress)
        return z.numpy().astype(np.float64 if array.dtype == np.float64 else np.float32, copy=False)

    @public
    @sound
    def inverse_transform(self, Z: Latents, condition: Condition | None = None, *, batch_rows: BatchRows = 256) -> Any:
        """E[x|z] of latents (n, latent_dim), as rows (n, *row_shape) in the user's units.

        Without ``condition`` a conditional model averages over the conditions of its training rows.
        """
        self._check_fitted()
        if Z.shape[1] != self.latent_dim_:
            raise InputError(f"Z must be latents of shape (n, {self.latent_dim_}), got shape {Z.shape}.")
        return self._as_asked(self._decoded(torch.from_numpy(Z.astype(np.float32)), condition, batch_rows))

    @public
    @sound
    def reconstruct(
        self,
        X: RowsLike,
        condition: Condition | None = None,
        *,
        mask: Missing | None = None,
        batch_rows: BatchRows = 256,
    ) -> Any:
        """E[x|z] at each row's latents, (n, *row_shape) in the user's units; missing cells are filled as well."""
        fitted = self._check_fitted()
        rows, _ = self._take(X, condition, mask)
        with progress_of(self) as progress:
            z, used = encode(fitted, rows, batch_rows, progress)
            x = decode_means(fitted, z, used, batch_rows=batch_rows, progress=progress)
        return self._as_asked(fitted.schema.to_user(x), X)

    @public
    def interpolate(
        self,
        a: OneOrMore,
        b: OneOrMore,
        steps: StepsWithEnds = 10,
        *,
        path: str = "linear",
        condition: Condition | None = None,
    ) -> Array:
        """Rows on the way from the latents of `a` to those of `b`, both ends included.

        Parameters
        ----------
        a, b : one row each, of shape row_shape, or n rows each.
        steps : how many rows a way has, at least 2.
        path : "linear"; "spherical"; "flow", straight in the base of a flow prior; or "metric", the way on which rows
            change least in all, by the model's own metric or its decoder's: see ``quintet.tasks.edit.latent_paths``.
        condition : held on the way; None: the way leads from a's likeliest to b's.

        Returns
        -------
        (steps, *row_shape) for one row, (n, steps, *row_shape) for several.
        """
        fitted = self._check_fitted()
        (first, single), (last, _) = self._one_or_more(a, "a"), self._one_or_more(b, "b")
        if len(first) != len(last):
            raise InputError(f"{len(first)} rows and {len(last)} rows came; interpolate takes as many of each.")
        (z_a, known_a), (z_b, known_b) = (encode(fitted, self._take(rows, condition)[0], 256) for rows in (first, last))
        known, ends = None, None
        if known_a is not None and known_b is not None:
            known = path_between(known_a, known_b, steps).flatten(0, 1)
            ends = known_a.to(fitted.device), known_b.to(fitted.device)
        z = way(fitted.model, z_a.to(fitted.device), z_b.to(fitted.device), steps, path, ends).cpu()
        x = fitted.schema.to_user(decode_means(fitted, z.flatten(0, 1), known))
        return x if single else x.reshape(len(first), steps, *x.shape[1:])

    @public
    def traverse(
        self,
        x: OneOrMore,
        dim: CountOrZero,
        values: Vector | None = None,
        *,
        steps: Steps = 10,
        spacing: str = "linear",
        condition: Condition | None = None,
    ) -> Array:
        """One row decoded with its latent ``dim`` set to each of ``values``, (len(values), *row_shape).

        Parameters
        ----------
        x : one row, of shape row_shape.
        dim : which latent, from 0.
        values : what it is set to; None: ``steps`` of them, from -3 to 3 or, with spacing="quantiles", at the normal's
            quantiles.
        condition : None: the row's likeliest, for a conditional model.
        """
        fitted = self._check_fitted()
        row, _ = self._one_or_more(x, "x")
        z, known = encode(fitted, self._take(row[:1], condition)[0], 256)
        places = ticks(steps, spacing) if values is None else torch.tensor(np.asarray(values, dtype=np.float32))
        walk = traversal(z, dim, places)[0]
        return fitted.schema.to_user(decode_means(fitted, walk, None if known is None else known.repeat(len(walk), 1)))

    def _decoded(self, z: Tensor, condition: Any, batch_rows: int) -> Array:
        schema = self.fitted_.schema
        user_rows.refuse_condition(schema, condition)
        known = None
        if condition is not None and schema.condition is not None:
            known = schema.condition.encode(condition, len(z))
        with progress_of(self) as progress:
            return schema.to_user(decode_means(self.fitted_, z, known, batch_rows=batch_rows, progress=progress))
