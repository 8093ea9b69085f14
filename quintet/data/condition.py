"""Conditions of rows: labels (one-hot), numbers (standardised) or an image, with their distribution p(c)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from quintet.data.condition_column import MAX_LABELS, ConditionColumn, Value
from quintet.data.condition_image import ConditionImage
from quintet.data.readers.frames import to_labels
from quintet.data.schema_limits import refuse_unsound_condition
from quintet.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

MAX_POINTS = 64
MAX_IMAGES = 16


class Condition(BaseModel):
    """The columns of a condition, and p(c) as weighted points.

    The points are all combinations of labels in training, or evenly spaced training rows. An image is the only column;
    its points are stored as text. ``unlabelled`` is the value that marks rows without a label; it is not a level.
    """

    model_config = ConfigDict(frozen=True)
    columns: tuple[ConditionColumn, ...]
    points: tuple[tuple[Value, ...], ...]
    weights: tuple[float, ...]
    unlabelled: Value | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Validate the columns, points and weights."""
        refuse_unsound_condition(self.columns, self.points, self.weights)
        try:
            self._encoded_points()
        except (InputError, TypeError, OverflowError) as problem:
            raise ValueError(f"points of the condition must be values of its columns: {problem}") from None
        return self

    @classmethod
    def infer(cls, y: Any, unlabelled: Value | None = None) -> Condition:
        """Infer from the condition of the training rows, (n,), (n, columns) or images; skip ``unlabelled`` ones."""
        array, names = to_labels(y)
        if array.ndim > 2:
            return cls._of_images(array, unlabelled)
        table = array[:, None] if array.ndim == 1 else array
        if not len(table):
            raise InputError("The condition must have one row for each row of data, got 0 rows.")
        if unlabelled is not None:
            none = table == (str(unlabelled) if table.dtype.kind == "U" else unlabelled)
            table = table[~none.any(1)]
            if not len(table):
                raise InputError(
                    f"y must have labelled rows, got {unlabelled} (unlabelled) in all rows: label some rows."
                )
        names = names or (["y"] if table.shape[1] == 1 else [f"y{i}" for i in range(table.shape[1])])
        values = [table[:, i] if table.shape[1] == 1 else _numbers(table[:, i]) for i in range(table.shape[1])]
        columns = tuple(ConditionColumn.infer(name, column) for name, column in zip(names, values, strict=True))
        if all(column.levels is not None for column in columns):
            found, counts = np.unique(table, axis=0, return_counts=True)
            if len(found) > 4 * MAX_POINTS:
                often = np.argsort(-counts, kind="stable")[: 4 * MAX_POINTS]
                found, counts = found[often], counts[often]
            weights = counts / counts.sum()
        else:
            order = np.lexsort(table.T[::-1])
            found = table[order[np.linspace(0, len(table) - 1, min(len(table), MAX_POINTS)).astype(np.int64)]]
            weights = np.full(len(found), 1 / len(found))
        points = tuple(tuple(v.item() for v in row) for row in found)
        return cls(columns=columns, points=points, weights=tuple(weights.tolist()), unlabelled=unlabelled)

    @classmethod
    def _of_images(cls, images: np.ndarray[Any, Any], unlabelled: Value | None) -> Condition:
        cells = ConditionImage.infer("y", images)
        few = images[np.linspace(0, len(images) - 1, min(len(images), MAX_IMAGES)).astype(np.int64)]
        points = tuple((cells.pack(image),) for image in cells.encode("y", few, len(few)))
        column = ConditionColumn(name="y", image=cells)
        return cls(columns=(column,), points=points, weights=(1 / len(few),) * len(few), unlabelled=unlabelled)

    def renamed(self, names: Sequence[str]) -> Condition:
        """A copy with the columns renamed to ``names``."""
        columns = [c.model_copy(update={"name": name}) for c, name in zip(self.columns, names, strict=True)]
        return self.model_copy(update={"columns": tuple(columns)})

    @property
    def dim(self) -> int:
        """Width of the encoding of all columns."""
        return sum(column.dim for column in self.columns)

    def encode(self, y: Any, n: int, partly: bool = False) -> Tensor:
        """Encode one value for all rows, a mapping of column names to values, or one value per row: (n, dim) float32.

        ``partly``: whether rows may be unlabelled as in training; they are encoded as zeros.
        """
        import torch

        column = self.columns[0]
        if column.image is not None:
            images = np.asarray(self._values(y)[0] if isinstance(y, Mapping) else to_labels(np.atleast_1d(y))[0])
            return torch.from_numpy(column.image.encode(column.name, images, n))
        if isinstance(y, Mapping):
            table = [np.full(n, value) if np.ndim(value) == 0 else np.asarray(value) for value in self._values(y)]
        elif np.ndim(y) == 0:
            table = [np.full(n, y)]
        else:
            array, _ = to_labels(y)
            table = [array] if array.ndim == 1 else list(array.T)
            if array.ndim == 1 and len(self.columns) > 1 and len(array) == len(self.columns) and len(array) != n:
                table = [np.full(n, value) for value in array]
        if len(table) != len(self.columns):
            names = ", ".join(column.name for column in self.columns)
            raise InputError(
                f"The condition must have the columns that the model was trained on, {names}, got {len(table)} columns."
            )
        if any(len(values) != n for values in table):
            raise InputError(
                f"The condition must have one row for each of the {n} rows of data, got {len(table[0])} rows."
            )
        none = self.unlabelled if partly else None
        encoded = [column.encode(values, none) for column, values in zip(self.columns, table, strict=True)]
        return torch.from_numpy(np.concatenate(encoded, axis=1))

    def _values(self, y: Mapping[str, Any]) -> list[Any]:
        names = [column.name for column in self.columns]
        if set(y) != set(names):
            raise InputError(f"The condition must name {', '.join(names)}, got {', '.join(map(str, y))}.")
        return [y[name] for name in names]

    def support(self) -> tuple[Tensor, Tensor]:
        """The points of p(c), encoded (k, dim), and their log weights (k,) in nats."""
        import torch

        points = torch.from_numpy(self._encoded_points())
        return points, torch.tensor(self.weights, dtype=torch.float32).log()

    def _encoded_points(self) -> np.ndarray[Any, Any]:
        """The points of p(c), encoded (k, dim)."""
        parts = [column.encode_points([point[i] for point in self.points]) for i, column in enumerate(self.columns)]
        return np.concatenate(parts, axis=1)

    def point(self, index: int) -> dict[str, Any]:
        """A point of p(c) in the user's terms: column -> value or image."""
        if (image := self.columns[0].image) is not None:
            return {self.columns[0].name: image.decode(image.unpack(str(self.points[index][0]))[None])[0]}
        return dict(zip([column.name for column in self.columns], self.points[index], strict=True))

    def named(self, encoded: Tensor) -> np.ndarray[Any, Any]:
        """Decode encoded points of p(c), or any encoded images: (n,), (n, columns) or (n, *image)."""
        if (image := self.columns[0].image) is not None:
            return image.decode(encoded.float().numpy())
        import torch

        nearest = torch.cdist(encoded.float(), self.support()[0].float()).argmin(1).tolist()
        names = np.array([self.points[i] for i in nearest])
        return names[:, 0] if names.shape[1] == 1 else names


def _numbers(column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Parse a text column that holds only numbers; return any other column unchanged."""
    if column.dtype.kind != "U":
        return column
    try:
        numbers = column.astype(np.float64)
    except ValueError:
        return column
    whole = bool((numbers == np.round(numbers)).all())
    return column if whole and len(np.unique(column)) <= MAX_LABELS else numbers
