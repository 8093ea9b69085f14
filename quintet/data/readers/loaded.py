"""Rows, labels and names that were read from a source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quintet.data.readers.frames import Array


@dataclass(frozen=True)
class Loaded:
    """Rows from a source.

    ``x`` is (n, *row_shape), with missing cells NaN or False in ``observed``, or a ``pyarrow.Table`` of n rows, with
    missing cells null; ``y`` (n,) or (n, columns) are labels, whole numbers as int64; ``names`` are the columns of a
    table; ``label_name`` is the requested column, key or file; ``label_names`` are the names of label columns;
    ``files`` are the image files of the rows, relative to the folder.
    """

    x: Any
    y: Array | None = None
    names: list[str] | None = None
    label_name: str | None = None
    observed: Array | None = None
    label_names: list[str] | None = None
    files: list[str] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, keep: Array | slice) -> Loaded:
        """Select the rows of ``keep``, a slice or indices or (n,) of bool, in all fields."""
        observed = None if self.observed is None else self.observed[keep]
        y = None if self.y is None else self.y[keep]
        files = None if self.files is None else np.array(self.files)[keep].tolist()
        return replace(self, x=self._rows(keep), y=y, observed=observed, files=files)

    def select(self, names: list[str]) -> Loaded:
        """Select columns of a table, in this order."""
        assert self.names is not None
        if self.is_table:
            return replace(self, x=self.x.select(names), names=list(names))
        order = [self.names.index(name) for name in names]
        observed = None if self.observed is None else self.observed[:, order]
        return replace(self, x=self.x[:, order], names=list(names), observed=observed)

    @property
    def is_table(self) -> bool:
        """Whether ``x`` is a table of typed columns."""
        return not isinstance(self.x, np.ndarray)

    @property
    def empty(self) -> Array:
        """Where cells of ``x`` are NaN or null, of the shape of ``x``."""
        if self.is_table:
            return np.column_stack([column.is_null(nan_is_null=True).to_numpy() for column in self.x.columns])
        return np.isnan(self.x) if self.x.dtype.kind == "f" else np.zeros(self.x.shape, dtype=bool)

    def _rows(self, keep: Array | slice) -> Any:
        return self.x.take(np.arange(len(self))[keep]) if self.is_table else self.x[keep]
