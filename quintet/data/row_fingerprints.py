"""Fingerprints of rows, and the part that each row had in training."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch

from quintet.artifacts.row_fingerprints import RowFingerprints
from quintet.data.schema import Array, Schema
from quintet.numerics.splitmix import splitmix64

TRAIN, VALIDATION, CALIBRATION, HELD_OUT, EQUAL = range(5)
PARTS: Final = ("train", "validation", "calibration", "held_out", "equal")
"""Names of the parts; "equal" is a row that equals a training or validation row without being known to be it."""
CELLS = 2**22
"""Cells that are hashed at a time."""
FAR = 2.0**10
"""Columns with a mean more than this many standard deviations from 0 are centred before rounding to 32 bits."""


def fingerprints(array: Array, schema: Schema, observed: Array | None = None) -> Array:
    """A 64-bit hash of each row's cells and of its mask, (n,) of int64.

    Equal cells give equal fingerprints in any dtype; cells are compared as 32-bit floats. A new row has the
    fingerprint of one of n others with a probability below n · 2⁻⁴⁸: one in 280 million among a million rows.

    Parameters
    ----------
    array : (n, *row_shape) in the user's units.
    schema : of the model.
    observed : bool, (n, *row_shape); other cells are ignored. None: all cells that are not NaN.
    """
    n, cells = len(array), schema.size
    flat = array.reshape(n, cells)
    there = None if observed is None else observed.reshape(n, cells)
    centre = _centre(schema)
    value_weight, hole_weight = (
        splitmix64(np.arange(first, 2 * cells, 2, dtype=np.uint64)) | np.uint64(1) for first in (0, 1)
    )
    found = np.empty(n, dtype=np.uint64)
    step = max(1, CELLS // cells)
    with np.errstate(all="ignore"):
        for start in range(0, n, step):
            part = slice(start, start + step)
            wide = flat[part] if centre is None else flat[part].astype(np.float64) - centre
            single = wide.astype(np.float32) + np.float32(0)  # -0 is 0
            hole = np.isnan(single) if there is None else ~there[part]
            bits = np.where(hole, np.float32(0), single).view(np.uint32).astype(np.uint64)
            bits ^= bits >> np.uint64(16)  # the low bits of whole numbers as floats are 0
            found[part] = splitmix64(bits @ value_weight + hole.astype(np.uint64) @ hole_weight)
    return found.view(np.int64)


def kept_fingerprints(parts: Array, keys: Array, before: RowFingerprints | None = None) -> RowFingerprints:
    """The fingerprints that a model file stores: sorted per part, 8 bytes a row.

    Parameters
    ----------
    parts : (n,) of ``TRAIN``, ``VALIDATION``, ``CALIBRATION`` or ``HELD_OUT``.
    keys : (n,) of int64, the fingerprints of the rows.
    before : fingerprints of the model that training continued from; its training rows remain training rows.
    """
    found = {name: np.sort(keys[parts == part]) for part, name in enumerate(PARTS[:HELD_OUT])}
    if before is not None and before.train is not None:
        found[PARTS[TRAIN]] = _either(found[PARTS[TRAIN]], before.train.cpu().numpy())
    return RowFingerprints(**{name: torch.from_numpy(rows) for name, rows in found.items() if len(rows)})


def parts_of(keys: Array, kept: RowFingerprints | None) -> Array | None:
    """The part that each row had in training, (n,) of uint8; None for files of version 0.1, without fingerprints.

    Rows with few distinct values recur by chance. ``EQUAL`` marks a row that equals a training or validation row but
    may be another row: there are more copies than in training, or the rows as a whole are not rows of the training
    data. They are rows of the training data if they contain all of it, or if the share of equal rows is more than
    twice the share expected by chance (Good and Turing's estimate: the share of training rows that have a duplicate).
    """
    found = dealt(keys, kept)
    if kept is None or found is None:
        return None
    fitted, parts = _rows_of(kept)
    kinds, counts = np.unique(fitted, return_counts=True)
    chance = 1 - (counts == 1).sum() / len(fitted)
    whole = bool((_count(np.sort(keys), kinds) >= counts).all())
    known = whole or np.isin(keys, kinds).mean() > 2 * chance if len(keys) else True
    seen = np.isin(keys, fitted[parts <= VALIDATION])
    found[seen & ((found == HELD_OUT) | (not known))] = EQUAL
    return found


def dealt(keys: Array, kept: RowFingerprints | None) -> Array | None:
    """Assign a part to each row, (n,) of uint8; copies beyond those in training are HELD_OUT.

    Copies of a row are assigned to the parts of its copies in training in a pseudo-random order that depends on the
    fingerprints alone. None if the file has no fingerprints.
    """
    if kept is None or kept.train is None:
        return None
    fitted, parts = _rows_of(kept)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    place = np.arange(len(keys)) - np.searchsorted(ordered, ordered)  # rank among equal rows
    known = place < _count(fitted, ordered)
    found = np.full(len(keys), HELD_OUT, dtype=np.uint8)
    found[order[known]] = parts[(np.searchsorted(fitted, ordered) + place)[known]]
    return found


def _rows_of(kept: RowFingerprints) -> tuple[Array, Array]:
    """The sorted fingerprints of all rows of the training data and their parts; ties in a fixed pseudo-random order."""
    by_part = (kept.train, kept.validation, kept.calibration)
    each = [np.zeros(0, np.int64) if rows is None else rows.cpu().numpy() for rows in by_part]
    fitted = np.concatenate(each)
    parts = np.repeat(np.arange(HELD_OUT, dtype=np.uint8), [len(rows) for rows in each])
    order = np.lexsort((splitmix64(np.arange(len(fitted), dtype=np.uint64)), fitted))
    return fitted[order], parts[order]


def _count(ordered: Array, keys: Array) -> Array:
    """The number of occurrences of each key in the sorted array ``ordered``."""
    return np.searchsorted(ordered, keys, "right") - np.searchsorted(ordered, keys)


def _either(one: Array, other: Array) -> Array:
    """The union of two sorted multisets: each key with the larger of its two counts."""
    kinds = np.union1d(one, other)
    return np.repeat(kinds, np.maximum(_count(one, kinds), _count(np.sort(other), kinds)))


def _centre(schema: Schema) -> Array | None:
    """The offset of each column, (cells,), for columns that 32 bits cannot resolve; None if there are none."""
    if not schema.is_standardised:
        return None
    loc, scale = np.asarray(schema.loc), np.asarray(schema.scale)
    far = np.abs(loc) > FAR * scale
    return np.where(far, loc, 0.0) if far.any() else None
