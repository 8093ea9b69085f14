"""The rows that a page shows: some of the user's, or rows that the model draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from quintet.data.dataset import Rows
from quintet.errors import InputError
from quintet.estimators._input.user_rows import rows_of
from quintet.explore.condition import conditioned, words_of_label
from quintet.export.cells import input_dtype

Array = np.ndarray[Any, Any]
LONGEST = 40
"""Longest label, in characters."""


@dataclass(frozen=True)
class ShownRows:
    """The rows of a page.

    ``rows`` in the model's units; ``cells`` (n, size) in the user's units and layout, uint8 or as the graphs read them,
    and ``observed`` (n, size) of bool; labels in words, or none; whether the model drew the rows.
    """

    rows: Rows
    cells: Array
    observed: Array
    labels: tuple[str, ...]
    generated: bool


def shown_rows(vae: Any, X: Any, y: Any, count: int, seed: int) -> ShownRows:
    """At most ``count`` rows of X, evenly spaced; without X as many drawn rows.

    The labels y are also the conditions of the rows of a conditional model; without them each row has its likeliest.
    """
    generated, schema = X is None, vae.fitted_.schema
    given = X
    if generated:
        given, y = vae.generate(count, return_condition=True, random_state=seed)
    rows, array = rows_of(vae, given, schema, None if schema.condition is None else y)
    labels = () if y is None else tuple(words_of_label(label)[:LONGEST] for label in np.asarray(y).tolist())
    if labels and len(labels) != len(rows):
        raise InputError(f"y must have one label for each of the {len(rows)} rows, got {len(labels)}.")
    index = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(np.int64)
    taken = conditioned(vae.fitted_, rows.in_memory().take(torch.from_numpy(index)))
    cells = np.asarray(array)[index].reshape(len(index), -1)
    observed = ~np.isnan(cells.astype(np.float64))
    wide = input_dtype(schema) == torch.float64  # float32 is too coarse for a time in seconds since 1970
    cells = cells if cells.dtype == np.uint8 else cells.astype(np.float64 if wide else np.float32)
    return ShownRows(taken, cells, observed, tuple(labels[i] for i in index) if labels else (), generated)
