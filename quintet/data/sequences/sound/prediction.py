"""Samples as what the samples before them do not predict, and back: whole numbers, the same on every machine.

The prediction is linear, by least squares over the last 256 samples, found again every 32, so that it follows a voice
and nothing is stored. Sums of products are exact, as whole numbers below 2^53; the equations are solved by operations
on single numbers, which IEEE 754 defines; coefficients are rounded to whole numbers before they predict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
ORDER = 32
WINDOW = 256
"""Samples that the coefficients are fitted to."""
BLOCK = 32
"""Samples that one set of coefficients predicts."""
SHIFT = 14
"""Bits behind the point of a coefficient."""
LARGEST = 1 << 20
"""Of a coefficient, as a whole number."""
TRACK = 1 << 14
"""Most samples that are predicted from each other; a longer recording is several tracks."""
TOGETHER = 512
"""Tracks that are predicted side by side."""
SUMMED = 20
"""Bits of a sample that enter the least squares; lower ones of wider samples do not."""


def residuals_of(recordings: Sequence[Array], bits: int) -> list[Array]:
    """Of each recording (steps, channels) its samples less their predictions, int64 of the same shape.

    ``bits``: of the widest sample; ``restored_from`` needs the same.
    """
    return _through(recordings, bits, restore=False)


def restored_from(residuals: Sequence[Array], bits: int) -> list[Array]:
    """The inverse of ``residuals_of``: (steps, channels) int64 of each recording."""
    return _through(residuals, bits, restore=True)


def _through(recordings: Sequence[Array], bits: int, restore: bool) -> list[Array]:
    found = [np.zeros(recording.shape, np.int64) for recording in recordings]
    pieces = [
        (index, channel, start)
        for index, recording in enumerate(recordings)
        for channel in range(recording.shape[1])
        for start in range(0, len(recording), TRACK)
    ]

    def length(piece: tuple[int, int, int]) -> int:
        return min(TRACK, len(recordings[piece[0]]) - piece[2])

    pieces.sort(key=length)
    for group in _in_groups(pieces):
        longest = length(group[-1])
        rows = np.zeros((len(group), longest), np.int64)
        for row, piece in zip(rows, group, strict=True):
            row[: length(piece)] = recordings[piece[0]][piece[2] : piece[2] + length(piece), piece[1]]
        out = _restored(rows, bits) if restore else _residuals(rows, bits)
        for row, piece in zip(out, group, strict=True):
            found[piece[0]][piece[2] : piece[2] + length(piece), piece[1]] = row[: length(piece)]
    return found


def _in_groups(pieces: list[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    for start in range(0, len(pieces), TOGETHER):
        yield pieces[start : start + TOGETHER]


def _residuals(rows: Array, bits: int) -> Array:
    """Tracks (tracks, steps) int64 -> residuals."""
    past, out = _Past.of(len(rows), max(bits - SUMMED, 0)), np.empty_like(rows)
    for start in range(0, rows.shape[1], BLOCK):
        own = rows[:, start : start + BLOCK]
        whole = np.concatenate([past.samples[:, -ORDER:], own], 1)
        chosen, total = past.coefficients(), np.zeros(own.shape, np.int64)
        for lag in range(1, ORDER + 1):
            total += whole[:, ORDER - lag : ORDER - lag + own.shape[1]] * chosen[:, lag - 1, None]
        out[:, start : start + BLOCK] = own - _rounded(total)
        past.add(own)
    return out


def _restored(rows: Array, bits: int) -> Array:
    """Residuals (tracks, steps) int64 -> tracks."""
    past, out = _Past.of(len(rows), max(bits - SUMMED, 0)), np.empty_like(rows)
    for start in range(0, rows.shape[1], BLOCK):
        own = rows[:, start : start + BLOCK]
        chosen = past.coefficients()[:, ::-1]
        whole = np.concatenate([past.samples[:, -ORDER:], own], 1)
        for step in range(own.shape[1]):
            predicted = _rounded((whole[:, step : step + ORDER] * chosen).sum(1))
            whole[:, ORDER + step] += predicted
        out[:, start : start + BLOCK] = whole[:, ORDER:]
        past.add(whole[:, ORDER:])
    return out


def _rounded(products: Array) -> Array:
    return np.asarray((products + (1 << (SHIFT - 1))) >> SHIFT)


@dataclass
class _Past:
    """The last samples of tracks, and the sums of products over them.

    ``samples``: (tracks, ORDER + WINDOW) int64; ``sums``: (tracks, ORDER + 1, ORDER + 1) float64, of a sample and its
    ``ORDER`` predecessors with each other, without their lowest ``lost`` bits.
    """

    samples: Array
    sums: Array
    lost: int

    @classmethod
    def of(cls, tracks: int, lost: int) -> _Past:
        """Silence."""
        width = ORDER + 1
        return cls(np.zeros((tracks, ORDER + WINDOW), np.int64), np.zeros((tracks, width, width), np.float64), lost)

    def add(self, new: Array) -> None:
        """Append up to ``BLOCK`` samples (tracks, steps), and forget as many."""
        count = new.shape[1]
        gone = self.samples[:, : ORDER + count]
        self.samples = np.concatenate([self.samples, new], 1)
        self.sums += _products(self.samples[:, -ORDER - count :] >> self.lost) - _products(gone >> self.lost)
        self.samples = self.samples[:, count:]

    def coefficients(self) -> Array:
        """(tracks, ORDER) int64, of the last sample first."""
        left, right = self.sums[:, 1:, 1:].copy(), self.sums[:, 1:, 0].copy()
        every = np.arange(ORDER)
        total = left[:, every, every].sum(1)
        left[:, every, every] += 1.0 + total[:, None] * 2.0**-17
        found = np.rint(_solved(left, right) * (1 << SHIFT))
        return np.asarray(np.clip(found, -LARGEST, LARGEST).astype(np.int64))


def _products(samples: Array) -> Array:
    """(tracks, ORDER + steps) -> sums over the steps of products of a sample and its predecessors, whole numbers."""
    lags = np.lib.stride_tricks.sliding_window_view(samples, ORDER + 1, axis=1)[:, :, ::-1].astype(np.float64)
    return np.asarray(lags.transpose(0, 2, 1) @ lags)


def _solved(left: Array, right: Array) -> Array:
    """Solutions (tracks, n) of symmetric positive definite equations, by elimination; the arguments are overwritten."""
    n = right.shape[1]
    for j in range(n - 1):
        factor = left[:, j + 1 :, j] / left[:, j, j, None]
        left[:, j + 1 :, j + 1 :] -= factor[:, :, None] * left[:, None, j, j + 1 :]
        right[:, j + 1 :] -= factor * right[:, j, None]
    for j in range(n - 1, -1, -1):
        right[:, j] /= left[:, j, j]
        right[:, :j] -= left[:, :j, j] * right[:, j, None]
    return right
