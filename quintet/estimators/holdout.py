"""Which rows are trained on, which are watched, and which calibrate the p-values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from quintet.data.rows import Rows
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


def split(rows: Rows, seed: int, calibration: float, validation: float) -> Split:
    """Hold out shares of the rows, at random by the seed; rows of weight 0 are left out before.

    Parameters
    ----------
    calibration : share of the rows, 0..0.9, within 10 and 5,000 rows; none of fewer than 50 rows.
    validation : share of the rows, 0..0.9; 0 holds out none.
    """
    if not _is_share(calibration):
        raise InputError(f"calibration={calibration!r} came; allowed is a share of the rows from 0 to 0.9.")
    if rows.weight is not None:
        rows = rows.take(torch.nonzero(rows.weight)[:, 0])
    n = len(rows)
    small = n < FEWEST_ROWS
    held = 0 if small or not calibration else int(np.clip(round(calibration * n), FEWEST, MOST))
    watched = 0 if small or not validation else max(1, round(validation * (n - held)))
    if not held and not watched:
        return _whole(rows)
    order = torch.from_numpy(np.random.default_rng((seed, 1)).permutation(n))
    parts = [torch.sort(part).values for part in torch.split(order, [held, watched, n - held - watched])]
    train = rows.take(parts[2])
    places = parts[2], parts[0] if held else parts[2]
    return Split(train, rows.take(parts[1]) if watched else None, rows.take(parts[0]) if held else train, held, places)


def _whole(rows: Rows) -> Split:
    """Nothing held out."""
    everywhere = torch.arange(len(rows))
    return Split(rows, None, rows, 0, (everywhere, everywhere))


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 0.9
