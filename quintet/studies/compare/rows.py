"""The rows of a study: training and held-out rows, scaled to 0..1, with labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from quintet.data.databases.address import shown
from quintet.data.readers.sources import load_data
from quintet.errors import FileRefused, InputError

Array = np.ndarray[Any, Any]
HELD = 0.2


@dataclass(frozen=True)
class StudyRows:
    """Training and held-out rows, raw and, for 8-bit images, scaled to floats in 0..1."""

    train: Array
    held: Array
    train_labels: Array | None
    labels: Array | None
    raw_train: Array
    raw_held: Array
    source: str

    @property
    def is_grey(self) -> bool:
        """Whether rows are grey 8-bit images."""
        return self.raw_train.dtype == np.uint8 and self.raw_train.ndim == 3

    @property
    def name(self) -> str:
        """Source and hash of the rows, to identify results on the same rows."""
        digest = hashlib.sha256(f"{self.train.shape} {self.train.dtype}".encode())
        digest.update(np.ascontiguousarray(self.train[:: max(1, len(self.train) // 500)]).tobytes())
        return f"{self.source} {digest.hexdigest()[:12]}"


def material(source: str, most: int = 0, seed: int = 0, label: str | None = None) -> StudyRows:
    """Load the rows of a source; held out is its test split, or a random fifth of the rows."""
    found = load_data(source, label=label, table=False)
    x, y, named = found.x, found.y, shown(source)
    if found.is_table:
        raise InputError(f"A study needs columns of numbers, got text, dates or True/False in {named}: encode them.")
    if found.observed is not None or (x.dtype.kind == "f" and np.isnan(x).any()):
        raise InputError(f"A study needs complete rows, got missing cells in {named}: impute them first.")
    y = y if y is not None and y.ndim == 1 else None
    order = np.random.default_rng(seed).permutation(len(x))
    try:
        test = load_data(source, split="test", label=label, table=False)
        held, labels = test.x, test.y if y is not None else None
    except (InputError, FileRefused) as problem:
        if "has no test" not in str(problem):
            raise
        count = max(1, round(HELD * len(x)))
        if count >= len(x):
            raise InputError(f"A study needs at least 2 rows, got {len(x)} in {named}.") from None
        held, labels = x[order[:count]], None if y is None else y[order[:count]]
        order = order[count:]
    order = np.sort(order[:most] if most else order)
    train, train_labels = x[order], None if y is None else y[order]
    top = float(max(train.max(), held.max())) if train.dtype == np.uint8 and train.ndim >= 3 else 0.0
    scaled = [rows.astype(np.float32) / top if top else rows for rows in (train, held)]
    return StudyRows(scaled[0], scaled[1], train_labels, labels, train, held, named)
