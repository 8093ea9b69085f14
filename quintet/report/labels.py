"""Labels of rows: classes, numbers, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
MOST_CLASSES = 20


@dataclass(frozen=True)
class Labels:
    """Labels of n rows: class ``names`` and the ``codes`` of the rows, or numeric ``values``, or neither."""

    names: tuple[str, ...] = ()
    codes: Array | None = None
    values: Array | None = None

    def take(self, index: Array | slice) -> "Labels":
        """The labels of the rows of ``index``."""
        return Labels(
            self.names,
            None if self.codes is None else self.codes[index],
            None if self.values is None else self.values[index],
        )

    def alternating(self, order: Array) -> Array:
        """Rearrange the row indices ``order`` so that they alternate between classes; unchanged without classes."""
        if self.codes is None:
            return order
        codes = self.codes[order]
        turn = np.zeros(len(order), dtype=int)
        for code in np.unique(codes):
            turn[codes == code] = np.arange(int((codes == code).sum()))
        return order[np.lexsort((codes, turn))]

    def text(self, row: int) -> str:
        """The label of one row as a caption; empty without a label."""
        if self.codes is not None:
            return self.names[int(self.codes[row])]
        return f"{self.values[row]:.3g}" if self.values is not None else ""


def label_name(value: Any) -> str:
    """Format a label: 7.0 as 7."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def as_labels(y: ArrayLike | None, names: Sequence[str] | None = None) -> Labels:
    """Interpret y (n,): up to twenty distinct values are classes, more numbers are values, other y is dropped."""
    if y is None:
        return Labels()
    values = np.asarray(y).reshape(-1)
    kinds, codes = np.unique(values, return_inverse=True)
    if len(kinds) <= MOST_CLASSES or (kinds.dtype.kind in "US" and len(kinds) <= 40):
        class_names = [label_name(k) for k in kinds]
        if names is not None and all(k.isdigit() and int(k) < len(names) for k in class_names):
            class_names = [str(names[int(k)]) for k in class_names]
        return Labels(tuple(class_names), codes.reshape(-1))
    if kinds.dtype.kind in "iuf":
        return Labels(values=values.astype(float))
    return Labels()
