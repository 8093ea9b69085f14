"""Which rows are trained on, which are watched, and which calibrate the p-values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.rows import Rows
from quintet.data.schema import Array
from quintet.errors import InputError

FEWEST_ROWS = 50
"""With fewer rows than this none are held out: the training rows calibrate, and p-values are too small."""
FEWEST, MOST = 10, 5_000
"""Calibration rows, at least and at most."""


@dataclass(frozen=True)
class Split:
    """Three disjoint parts of the rows (``calibration`` is the training rows where there are too few to split)."""

    train: Rows
    validation: Rows | None
    calibration: Rows
    held_out: int  # calibration rows that training does not see
    places: tuple[Tensor, Tensor]  # where among all rows those of train and of calibration stood, ascending


def split(rows: Rows, seed: int, calibration: float, validation: float, groups: Any = None) -> Split:
    """Hold out shares of the rows, at random by the seed; rows of weight 0 are left out before.

    Parameters
    ----------
    calibration : share of the rows, 0..0.9, within 10 and 5,000 rows; none of fewer than 50 rows.
    validation : share of the rows, 0..0.9; 0 holds out none.
    groups : (n,), default=None
        Rows of one group stay together: a held-out row then has no near copy among the training rows. Shares are
        rounded up to whole groups; of a single group none is held out.
    """
    if not _is_share(calibration):
        raise InputError(f"calibration={calibration!r} came; allowed is a share of the rows from 0 to 0.9.")
    group = None if groups is None else _groups(groups, len(rows))
    if rows.weight is not None:
        kept = torch.nonzero(rows.weight)[:, 0]
        rows, group = rows.take(kept), None if group is None else group[kept.numpy()]
    n = len(rows)
    small = n < FEWEST_ROWS
    held = 0 if small or not calibration else int(np.clip(round(calibration * n), FEWEST, MOST))
    watched = 0 if small or not validation else max(1, round(validation * (n - held)))
    if not held and not watched:
        return _whole(rows)
    order = torch.from_numpy(np.random.default_rng((seed, 1)).permutation(n))
    if group is not None:
        order, held, watched = _together(order, group, held, watched)
        if not held and not watched:
            return _whole(rows)
    parts = [torch.sort(part).values for part in torch.split(order, [held, watched, n - held - watched])]
    train = rows.take(parts[2])
    places = parts[2], parts[0] if held else parts[2]
    return Split(train, rows.take(parts[1]) if watched else None, rows.take(parts[0]) if held else train, held, places)


def _whole(rows: Rows) -> Split:
    """Nothing held out."""
    everywhere = torch.arange(len(rows))
    return Split(rows, None, rows, 0, (everywhere, everywhere))


def _groups(groups: Any, n: int) -> Array:
    """The number of each row's group, (n,)."""
    found = np.asarray(groups)
    if found.shape != (n,):
        raise InputError(f"groups has shape {found.shape}; {n} rows need shape ({n},), one group for each.")
    return np.unique(found, return_inverse=True)[1]


def _together(order: Tensor, group: Array, held: int, watched: int) -> tuple[Tensor, int, int]:
    """The order with the rows of a group side by side, and the shares rounded up to whole groups; training keeps one
    group at least."""
    there = group[order.numpy()]
    _, first, rank = np.unique(there, return_index=True, return_inverse=True)
    begins = first[rank]  # where a row's group first comes in the order
    ends = np.cumsum(np.unique(begins, return_counts=True)[1])
    stops = [0, *(_whole_groups(ends, wanted) for wanted in (held, held + watched))]
    sorted_order = order[torch.from_numpy(np.argsort(begins, kind="stable"))]
    return sorted_order, stops[1] if held else 0, stops[2] - stops[1] if watched else 0


def _whole_groups(ends: Array, wanted: int) -> int:
    """The first of the groups' ends, the last one left out, that ``wanted`` rows reach."""
    if not wanted or len(ends) < 2:
        return 0
    return int(ends[min(int(np.searchsorted(ends, wanted)), len(ends) - 2)])


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 0.9
