"""Conversion of labels to numbers if all are numbers, otherwise to text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.readers.number_objects import is_missing, shown_briefly
from quintet.errors import InputError

Array = npt.NDArray[Any]
LABEL_CURE = "drop such rows, or label them -1 for a semi-supervised variant"


def tidy_labels(values: Array) -> Array:
    """Convert object arrays to numbers if all are numbers, otherwise to text; missing labels raise an error."""
    if values.dtype.kind in "biuf":
        return values
    if values.dtype.kind not in "OSUT":
        raise InputError(f"Labels must be numbers or text, got dtype {values.dtype}.")
    if values.dtype.kind == "O":
        missing = np.fromiter((is_missing(v) for v in values.ravel()), dtype=bool, count=values.size)
        if missing.any():
            raise InputError(f"Every row must have a label, got none for row {int(np.argmax(missing))}: {LABEL_CURE}.")
        if not any(isinstance(v, str | bytes) for v in values.ravel()):
            tidy = np.array(values.tolist()) if values.size else values.astype(np.float64)
            if tidy.dtype.kind not in "biuf":
                raise InputError(f"Labels must be numbers or text, got {shown_briefly(values.ravel()[0])}.")
            return tidy
    return values.astype(np.str_)
