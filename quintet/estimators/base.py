"""What every question to a fitted estimator does first: check it, take the rows in, find the seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data import binarisation, row_fingerprints
from quintet.data.dataset import Rows, as_mask
from quintet.data.readers.frames import to_numpy
from quintet.data.schema import Array, observed_cells
from quintet.errors import InputError, Unanswerable
from quintet.estimators._fit import resolve_config
from quintet.estimators._input import user_rows
from quintet.extras import extra
from quintet.models.fitted import Fitted
from quintet.variants import get

BLOCK = 8192
"""Rows whose fingerprints are taken at once: a mapped array is not read whole."""


class FittedEstimator:
    """Common ground of the public class's parts."""

    fitted_: Fitted
    latent_dim_: int
    seed_: int
    false_alarms: float
    variant: Any
    verbose: bool

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fitted_")

    def _check_fitted(self, question: str | None = None) -> Fitted:
        """The fitted model, of a variant that can answer this question."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        if question is not None:
            name = str(self.fitted_.options["variant"])
            reason = get(name).answers.get(question)
            if reason is not None:
                raise Unanswerable(f"variant {name!r} cannot {question}: {reason}")
        return self.fitted_

    def _take(self, X: Any, condition: Any = None, mask: Any = None) -> tuple[Rows, Array]:
        """The rows of a question, and X as an array in the user's units."""
        return user_rows.rows_of(self, X, self.fitted_.schema, condition, mask)

    def _parts(self, X: Any, mask: Any = None) -> Array | None:
        """The part that each row had in the fit, numbered as in ``data.row_fingerprints``; None where unknown."""
        array, schema = user_rows.numbers(X), self.fitted_.schema
        user_rows.check_features(self, X, array)
        if getattr(self, "kind", None) == binarisation.KIND:  # of grey rows, which no question takes
            return None
        missing, keys = as_mask(mask, array, schema), np.zeros(len(array), dtype=np.int64)
        for start in range(0, len(array), BLOCK):
            block = slice(start, start + BLOCK)
            of_these = missing[block] if missing is not None and missing.shape == array.shape else missing
            observed = observed_cells(array[block], of_these)
            keys[block] = row_fingerprints.fingerprints(array[block], schema, observed)
        return row_fingerprints.parts_of(keys, self.fitted_.reference)

    def _seed(self, random_state: Any) -> int:
        """The seed of an answer: the one given, or the model's."""
        return self.seed_ if random_state is None else resolve_config.seed_of(random_state)

    def _as_asked(self, rows: Array, like: Any = None) -> Any:
        """Rows in the container that ``set_output`` asks for, with the columns' names and the index of ``like``."""
        from sklearn import get_config

        config = getattr(self, "_sklearn_output_config", {}).get("transform") or get_config()["transform_output"]
        if config == "default" or rows.ndim != 2:
            return rows
        names = self.fitted_.schema.feature_names or [f"x{i}" for i in range(rows.shape[1])]
        if config == "pandas":
            with extra("pandas", 'set_output(transform="pandas")'):
                import pandas

            return pandas.DataFrame(rows, index=getattr(like, "index", None), columns=list(names))
        with extra("polars", 'set_output(transform="polars")'):
            import polars

        return polars.DataFrame(rows, schema=list(names))

    def _one_or_more(self, x: Any, name: str) -> tuple[Array, bool]:
        """Rows of the argument ``name``, and whether it is a single row without its axis."""
        array, _ = to_numpy(x)
        shape = self.fitted_.schema.row_shape
        if array.shape == shape:
            return array[None], True
        if array.shape[1:] == shape:
            return array, False
        raise InputError(f"{name} must be one row of shape {shape}, or several, got shape {array.shape}.")
