"""The split of the rows: which train, which validate, and which calibrate the p-values.

Where training continues, a row keeps the part that it had: no row calibrates that has been trained on before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.data.row_fingerprints import CALIBRATION, HELD_OUT, TRAIN, VALIDATION
from quintet.data.schema import Array
from quintet.errors import InputError

FEWEST_ROWS = 9
"""With fewer rows than this none are held out, and all p-values are 1."""
FOLDED_ROWS, FOLDS = 200, 3
"""With fewer rows than this, unless the share held out has ``FEWEST`` of them, each of three parts is held out once."""
FEWEST, MOST = 50, 5_000
"""Calibration rows, at least (a quarter of the rows where that is fewer) and at most."""


@dataclass(frozen=True)
class Split:
    """Three disjoint parts of the rows (``calibration`` is the training rows where there are too few to split).

    ``others``: of few rows the same with other calibration rows, so that together each row calibrates once.
    """

    train: Rows
    validation: Rows | None
    calibration: Rows
    held_out: int  # calibration rows that training does not see
    places: tuple[Tensor, Tensor]  # where among the rows in use those of train and of calibration stood, ascending
    parts: Array  # (n,) the part of each row, numbered as in ``data.row_fingerprints``; rows of weight 0 are HELD_OUT
    others: tuple[Split, ...] = ()

    @property
    def calibrating(self) -> int:
        """How many rows calibrate p-values."""
        return sum(part.held_out for part in (self, *self.others))


def split_rows(
    rows: Rows, seed: int, calibration: float, validation: float, groups: Any = None, before: Array | None = None
) -> Split:
    """Hold out shares of the rows, at random by the seed; rows of weight 0 are left out before.

    Parameters
    ----------
    calibration : share of the rows, 0..0.9, within 50 (or a quarter) and 5,000 rows; 0, or fewer than 9 rows: none. Of
        fewer than 200 rows a third is held out, and ``Split.others`` hold out the other two.
    validation : share of the rows, 0..0.9; 0 holds out none.
    groups : (n,), default=None
        Rows of one group stay together: a held-out row then has no near copy among the training rows. Shares are
        rounded up to whole groups; of a single group none is held out.
    before : (n,), default=None
        The part of each row in an earlier fit, numbered as in ``data.row_fingerprints``. Those rows keep it, new rows
        of their group join them, and shares refer to the remaining rows.
    """
    if not _is_share(calibration):
        raise InputError(f"calibration must be a share of the rows from 0 to 0.9, got {calibration!r}.")
    group = None if groups is None else _groups(groups, len(rows))
    fixed = (
        np.full(len(rows), HELD_OUT, dtype=np.uint8)
        if before is None
        else _fixed(before, group, calibration, validation)
    )
    used = np.arange(len(rows)) if rows.weight is None else np.flatnonzero(rows.weight.numpy())
    among = None if group is None else group[used]
    if before is None and (folds := _folded(len(used), seed, calibration, validation, among)):
        first, *others = (_parted(rows, used, dealt) for dealt in folds)
        return replace(first, others=tuple(others))
    return _parted(rows, used, _dealt(fixed[used], seed, calibration, validation, among))


def _parted(rows: Rows, used: Array, dealt: Array) -> Split:
    """The parts of the rows ``used``, whose numbers are ``dealt``."""
    parts = np.full(len(rows), HELD_OUT, dtype=np.uint8)
    parts[used] = dealt
    places = [torch.from_numpy(np.flatnonzero(parts[used] == part)) for part in (TRAIN, VALIDATION, CALIBRATION)]
    kept = rows if rows.weight is None else rows.take(torch.from_numpy(used))
    if len(places[0]) == len(kept):
        return Split(kept, None, kept, 0, (places[0], places[0]), parts)
    train, watched, calibrating = (kept.take(where) for where in places)
    held = len(calibrating)
    return Split(
        train,
        watched if len(watched) else None,
        calibrating.in_memory() if held else train,
        held,
        (places[0], places[2] if held else places[0]),
        parts,
    )


def _folded(n: int, seed: int, calibration: float, validation: float, group: Array | None) -> list[Array]:
    """The part of each of few rows, (n,), once for each fold that calibrates; empty where there are rows enough."""
    held, _ = _shares(n, n, 0, calibration, 0.0)
    if not 0 < held < FEWEST or n >= FOLDED_ROWS:
        return []
    order, ends = torch.from_numpy(np.random.default_rng((seed, 1)).permutation(n)), np.arange(1, n + 1)
    if group is not None:
        order, ends = _sorted_by_group(order, group)
    wanted = [-(-fold * n // FOLDS) for fold in range(1, FOLDS)]
    stops = sorted({int(ends[min(int(np.searchsorted(ends, stop)), len(ends) - 1)]) for stop in wanted} | {n})
    if len(stops) < 2:
        return []
    found = []
    for begin, stop in zip([0, *stops[:-1]], stops, strict=True):
        rolled, after = torch.roll(order, -begin), np.sort((ends - begin - 1) % n + 1)
        held = stop - begin
        watched = _whole_groups(after, held + max(1, round(validation * (n - held)))) - held if validation else 0
        parts = np.full(n, TRAIN, dtype=np.int64)
        parts[rolled[:held].numpy()] = CALIBRATION
        parts[rolled[held : held + max(0, watched)].numpy()] = VALIDATION
        found.append(parts)
    return found


def _dealt(fixed: Array, seed: int, calibration: float, validation: float, group: Array | None) -> Array:
    """The part of each row, (n,); ``fixed`` holds those of an earlier fit, ``HELD_OUT`` elsewhere."""
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
    fewest, most = max(min(FEWEST, n // 4) - calibrating, 0), max(MOST - calibrating, 0)
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
        raise InputError(f"groups must have shape ({n},), one group for each row, got shape {found.shape}.")
    return np.unique(found, return_inverse=True)[1]


def _together(order: Tensor, group: Array, held: int, watched: int) -> tuple[Tensor, int, int]:
    """The order with the rows of a group side by side, and the shares rounded up to whole groups; training keeps one
    group at least."""
    sorted_order, ends = _sorted_by_group(order, group)
    stops = [0, *(_whole_groups(ends, wanted) for wanted in (held, held + watched))]
    return sorted_order, stops[1] if held else 0, stops[2] - stops[1] if watched else 0


def _sorted_by_group(order: Tensor, group: Array) -> tuple[Tensor, Array]:
    """The order with the rows of a group side by side, and where in it each group ends."""
    there = group[order.numpy()]
    _, first, rank = np.unique(there, return_index=True, return_inverse=True)
    begins = first[rank]  # where a row's group first comes in the order
    ends = np.cumsum(np.unique(begins, return_counts=True)[1])
    return order[torch.from_numpy(np.argsort(begins, kind="stable"))], ends


def _whole_groups(ends: Array, wanted: int) -> int:
    """The first of the groups' ends, the last one left out, that ``wanted`` rows reach."""
    if not wanted or len(ends) < 2:
        return 0
    return int(ends[min(int(np.searchsorted(ends, wanted)), len(ends) - 2)])


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 0.9
