"""One column of a condition: a label with its levels (one-hot), a number (standardised), or an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from quintet.data.condition_image import ConditionImage
from quintet.data.readers.label_types import LABEL_CURE
from quintet.errors import InputError, quoted

MAX_LABELS = 50
Value = bool | int | float | str


class ConditionColumn(BaseModel):
    """One column: a label with its levels, a number with its mean and standard deviation, or an image."""

    model_config = ConfigDict(frozen=True)
    name: str
    levels: tuple[Value, ...] | None = None
    mean: float = 0.0
    std: float = 1.0
    image: ConditionImage | None = None

    @property
    def dim(self) -> int:
        """Width of the encoding."""
        if self.image is not None:
            return self.image.dim
        return len(self.levels) if self.levels is not None else 1

    @classmethod
    def infer(cls, name: str, values: np.ndarray[Any, Any]) -> ConditionColumn:
        """Infer a column: labels for text or few distinct whole numbers; a number otherwise."""
        found = np.unique(values)
        whole = found.dtype.kind in "biuU" or bool(np.all(found == np.round(found)))
        if found.dtype.kind == "U" or (whole and len(found) <= MAX_LABELS):
            return cls(name=name, levels=tuple(v.item() for v in found))
        numbers = values.astype(np.float64)
        if not np.isfinite(numbers).all():
            raise InputError(f"Condition {name!r} must be finite in every row, got NaN or inf: {LABEL_CURE}.")
        return cls(name=name, mean=float(numbers.mean()), std=float(numbers.std()) or 1.0)

    def encode(self, values: np.ndarray[Any, Any], unlabelled: Value | None = None) -> np.ndarray[Any, Any]:
        """Encode the user's values (n,) as (n, dim) float32; ``unlabelled`` becomes zeros."""
        if self.levels is None:
            try:
                numbers = values.astype(np.float64)
            except ValueError as error:
                raise InputError(f"Condition {self.name!r} must be numbers, got {values[0]!r}.") from error
            if not np.isfinite(numbers).all():
                raise InputError(f"Condition {self.name!r} must be finite numbers, got NaN or inf: replace them.")
            return ((numbers - self.mean) / self.std).astype(np.float32)[:, None]
        place = {str(_plain(level)): i for i, level in enumerate(self.levels)}
        keys, inverse = np.unique(values, return_inverse=True)
        index = []
        for key in keys:
            if unlabelled is not None and str(_plain(key)) == str(_plain(unlabelled)):
                index.append(self.dim)
                continue
            if (name := str(_plain(key))) not in place:
                allowed = ", ".join(map(quoted, self.levels))
                raise InputError(f"Label {self.name!r} must be one of the training labels {allowed}, got {name!r}.")
            index.append(place[name])
        return np.eye(self.dim + 1, self.dim, dtype=np.float32)[np.asarray(index, dtype=np.int64)[inverse.ravel()]]

    def encode_points(self, values: list[Value]) -> np.ndarray[Any, Any]:
        """Encode values from ``Condition.points``, (k, dim)."""
        if self.image is not None:
            return np.stack([self.image.unpack(str(value)) for value in values])
        return self.encode(np.array(values))

    def describe(self) -> str:
        """A one-line description."""
        if self.image is not None:
            return self.image.describe()
        if self.levels is not None:
            return ", ".join(map(quoted, self.levels))
        return f"numbers, mean {self.mean:.4g}, standard deviation {self.std:.4g}"


def _plain(value: Any) -> Any:
    """A label in canonical form: 7, 7.0 and '7' are the same label, and so are 1 and True."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
