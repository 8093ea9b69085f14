"""Which rows are trained on, which are watched, and which calibrate the p-values.

Where training continues, a row keeps the part that it had: no row calibrates that has been trained on before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.identity import CALIBRATION, HELD_OUT, TRAIN, VALIDATION
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
    places: tuple[Tensor, Tensor]  # where among the rows in use those of train and of calibration stood, ascending
    parts: Array  # (n,) the part of each row given, by the numbers of ``quintet.data.identity``; weight 0: HELD_OUT


def split(
    rows: Rows, seed: int, calibration: float, validation: float, groups: Any = None, before: Array | None = None
) -> Split:
    """Hold out shares of the rows, at random by the seed; rows of weight 0 are left out before.

    Parameters
    ----------
    calibration : share of the rows, 0..0.9, within 10 and 5,000 rows; none of fewer than 50 rows.
    validation : share of the rows, 0..0.9; 0 holds out none.
    groups : (n,), default=None
        Rows of one group stay together: a held-out row then has no near copy among the training rows. Shares are
        rounded up to whole groups; of a single group none is held out.
    before : (n,), default=None
        The part of each row in an earlier fit, by the numbers of ``quintet.data.identity``. Those rows keep it, new
        rows of their group join them, and shares are taken of the rows that are left.
    """
    if not _is_share(calibration):
        raise InputError(f"calibration={calibration!r} is not allowed: give a share of the rows from 0 to 0.9.")
    group = None if groups is None else _groups(groups, len(rows))
    fixed = np.full(len(rows), HELD_OUT) if before is None else _fixed(before, group, calibration, validation)
    used = np.arange(len(rows)) if rows.weight is None else np.flatnonzero(rows.weight.numpy())
    parts = np.full(len(rows), HELD_OUT, dtype=np.uint8)
    parts[used] = _dealt(fixed[used], seed, calibration, validation, None if group is None else group[used])
    places = [torch.from_numpy(np.flatnonzero(parts[used] == part)) for part in (TRAIN, VALIDATION, CALIBRATION)]
    kept = rows if rows.weight is None else rows.take(torch.from_numpy(used))
    if len(places[0]) == len(kept):
        return Split(kept, None, kept, 0, (places[0], places[0]), parts)
    train, watched, calibrating = (kept.take(where) for where in places)
    held = len(calibrating)
    return Split(
        train,
        watched if len(watched) else None,
        calibrating if held else train,
        held,
        (places[0], places[2] if held else places[0]),
        parts,
    )


def _dealt(fixed: Array, seed: int, calibration: float, validation: float, group: Array | None) -> Array:
    """The part of each row, (n,); ``fixed`` holds those that are settled, ``HELD_OUT`` for the others."""
    new, parts = np.flatnonzero(fixed == HELD_OUT), fixed.copy()
    parts[new] = TRAIN
    held, watched = _shares(len(fixed), len(new), int((fixed == CALIBRATION).sum()), calibration, validation)
    order = torch.from_numpy(np.random.default_rng((seed, 1)).permutation(len(new)))
    if group is not None and held + watched:
        order, held, watched = _together(order, group[new], held, watched)
    parts[new[order[:held].numpy()]] = CALIBRATION
    parts[new[order[held : held + watched].numpy()]] = VALIDATION
    return parts


def _shares(n: int, new: int, calibrating: int, calibration: float, validation: float) -> tuple[int, int]:
    """How many of the ``new`` among n rows calibrate, and how many are watched, where ``calibrating`` do already."""
    if n < FEWEST_ROWS or not new:
        return 0, 0
    fewest, most = max(FEWEST - calibrating, 0), max(MOST - calibrating, 0)
    held = int(np.clip(round(calibration * new), fewest, most)) if calibration else 0
    held = held if new == n else min(held, new // 2)
    return held, max(1, round(validation * (new - held))) if validation and new > held else 0


def _fixed(before: Array, group: Array | None, calibration: float, validation: float) -> Array:
    """The earlier part of each row, where it is still wanted, with the new rows of a group beside the old ones."""
    fixed = np.asarray(before, dtype=np.int64).copy()
    for part, share in ((VALIDATION, validation), (CALIBRATION, calibration)):
        if not share:
            fixed[fixed == part] = HELD_OUT
    if group is None:
        return fixed
    first = np.full(group.max() + 1, HELD_OUT)
    np.minimum.at(first, group, fixed)
    return np.where(fixed == HELD_OUT, first[group], fixed)


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
