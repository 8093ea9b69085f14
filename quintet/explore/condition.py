"""The condition of a page's rows: what can be chosen, and how it is encoded."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from quintet.data.condition import Condition
from quintet.data.dataset import Rows
from quintet.errors import Unanswerable
from quintet.explore.packing import packed
from quintet.inference.condition_search import explaining_condition
from quintet.models.fitted import Fitted

BATCH = 256
SHOWN = 40
"""Longest text of a label, in characters."""


def refuse_images(condition: Condition | None) -> None:
    """Refuse a condition that no control of a page can set.

    Raises
    ------
    Unanswerable
        The condition is an image.
    """
    if condition is not None and condition.columns[0].image is not None:
        raise Unanswerable(
            "A page sets conditions of labels and numbers, got a model whose condition is an image: fit it with labels."
        )


def conditioned(fitted: Fitted, rows: Rows) -> Rows:
    """The rows with a condition each: their own, or the likeliest; of a model without conditions the rows."""
    if fitted.schema.condition is None or rows.condition is not None:
        return rows
    found: list[Tensor] = []
    for start in range(0, len(rows), BATCH):
        best = explaining_condition(fitted, rows.batch(slice(start, start + BATCH)))
        assert best is not None
        found.append(best)
    return Rows(rows.values, rows.observed, torch.cat(found))


def condition_data(fitted: Fitted, rows: Rows) -> dict[str, Any] | None:
    """The columns of the condition, of labels or of numbers with their range in training; and the encoded condition of
    each row, (n, dim). None for a model without one."""
    condition = fitted.schema.condition
    if condition is None:
        return None
    assert rows.condition is not None
    columns: list[dict[str, Any]] = []
    for place, column in enumerate(condition.columns):
        if column.levels is not None:
            columns.append({"name": column.name, "levels": [words_of_label(level)[:SHOWN] for level in column.levels]})
            continue
        seen = [float(point[place]) for point in condition.points]
        about = {"name": column.name, "mean": column.mean, "std": column.std, "low": min(seen), "high": max(seen)}
        columns.append(about)
    return {"dim": condition.dim, "columns": columns, "rows": packed(rows.condition)}


def words_of_label(label: Any) -> str:
    """A label in words, 3 for 3.0; of several columns their values, with commas between them."""
    if isinstance(label, list | tuple):
        return ", ".join(map(words_of_label, label))
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
