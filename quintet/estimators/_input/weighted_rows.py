"""Rows of weight 0 are left out before anything is learnt of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from quintet.data.large.stored_table import StoredTable
from quintet.data.schema import Array
from quintet.errors import InputError
from quintet.estimators._input.user_rows import sample_weights


def with_weight(X: Any, y: Any, mask: Any, groups: Any, sample_weight: Any) -> tuple[Any, Any, Any, Any, Array | None]:
    """What ``fit`` is given of the rows that have a weight, and their weights; None where all weights are equal."""
    if sample_weight is None:
        return X, y, mask, groups, None
    weight = sample_weights(sample_weight, len(X) if hasattr(X, "__len__") else len(np.asarray(X)))
    assert weight is not None
    used = np.flatnonzero(weight)
    if len(used) < len(weight):
        if isinstance(X, StoredTable):
            raise InputError(
                f"sample_weight must be above 0 for rows that are not in memory, got {len(weight) - len(used)} weights "
                "of 0: leave those rows out of the files."
            )
        each = mask is not None and len(np.shape(mask)) == len(np.shape(X))
        X, y, groups = (rows_at(values, used) for values in (X, y, groups))
        mask, weight = rows_at(mask, used) if each else mask, weight[used]
    return X, y, mask, groups, None if (weight == weight[0]).all() else weight


def rows_at(values: Any, index: Array) -> Any:
    """Some rows, by ascending indices, of an array, a tensor, a list, a series or a frame; None of None."""
    if values is None:
        return None
    if hasattr(values, "iloc"):
        return values.iloc[index]
    if isinstance(values, list | tuple):
        return [values[i] for i in index]
    if isinstance(values, torch.Tensor):
        return values[torch.from_numpy(index)]
    if type(values).__module__.partition(".")[0] == "pyarrow":
        return values.take(index)
    return values[index] if hasattr(values, "__getitem__") else np.asarray(values)[index]
