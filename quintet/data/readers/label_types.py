"""Conversion of labels to numbers if all are numbers, otherwise to text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.readers import wide_numbers
from quintet.data.readers.number_objects import is_missing, shown_briefly
from quintet.data.readers.text_cells import MISSING, is_whole, number_or_none
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
            numbers = np.array(values.tolist()) if values.size else values.astype(np.float64)
            if numbers.dtype.kind not in "biuf":
                raise InputError(f"Labels must be numbers or text, got {shown_briefly(values.ravel()[0])}.")
            return numbers
    return values.astype(np.str_)


def labels_of_text(labels: list[str]) -> Array:
    """Convert labels read as text to whole numbers if all are, else to numbers, else to text; none may be missing."""
    stripped = [label.strip() for label in labels]
    missing = next((i for i, label in enumerate(stripped) if label in MISSING), None)
    if missing is not None:
        raise InputError(f"Every row must have a label, got none for row {missing + 1}: {LABEL_CURE}.")
    numbers = [number_or_none(label) for label in stripped]
    if any(number is None for number in numbers):
        return np.array(stripped)
    values = np.array(numbers, dtype=np.float64)
    if (
        all(is_whole(label) for label in stripped)
        and (found := wide_numbers.whole_array(np.array([int(label) for label in stripped], dtype=object))) is not None
    ):
        return found
    whole = bool((np.abs(values) < wide_numbers.EXACT).all() and (values == np.rint(values)).all())
    return values.astype(np.int64) if whole else values
