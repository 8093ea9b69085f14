"""P(symbol <= s) of the cells of some rows, evaluated where the binary decisions need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, Any]
FLOOR = 2.0**-16
"""Weight of the uniform distribution that is mixed in, so that every symbol has a finite code length."""


class CellDistribution(Protocol):
    """Independent cells with a cdf, (1, rows, *shape)."""

    def cdf(self, x: Tensor, /) -> Tensor:
        """P(X <= x) of each cell."""

    def select(self, index: object, /) -> CellDistribution:
        """The distribution of the cells that indexing with ``index`` keeps."""


class Bins(Protocol):
    """The bins of each cell's range; symbol s stands for the s-th bin."""

    @property
    def size(self) -> Array:
        """Number of symbols of each cell, (cells,)."""

    @property
    def first(self) -> Array:
        """The symbol that the first decision tests because it is frequent, or -1, (cells,)."""

    def upper(self, symbols: Array, column: Array) -> Array:
        """Upper edges of the symbols' bins in the units of the distribution; ``column`` is the cell of each symbol."""


@dataclass(frozen=True)
class CodedCells:
    """Cells to be coded, their distribution and their bins.

    Parameters
    ----------
    distribution : over (1, rows, *shape), float64.
    shape : shape of a row.
    bins : the bins of a row's cells.
    coded : bool, (rows, cells): cells that are coded; the others are left out.
    salt : number of the rounding of the probabilities.
    """

    distribution: CellDistribution
    shape: tuple[int, ...]
    bins: Bins
    coded: Array
    salt: int = 0


def code_length(symbols: Array, cells: CodedCells) -> Array:
    """-log2 P(symbols) of each row, (rows,): the price without any rounding of the coder."""
    return np.asarray(cell_code_length(symbols, cells).sum(1))


def cell_code_length(symbols: Array, cells: CodedCells) -> Array:
    """-log2 P(symbol) of each cell, (rows, cells), without any rounding of the coder.

    Parameters
    ----------
    symbols : (rows, cells); cells that are not coded, or have one symbol only, are free.
    """
    rows, width = symbols.shape
    column = np.broadcast_to(np.arange(width), symbols.shape).reshape(-1)
    flat, size = symbols.reshape(-1), cells.bins.size[column]

    def below(label: Array) -> Array:
        edge = np.nan_to_num(cells.bins.upper(label, column), posinf=0.0, neginf=0.0)
        found = cells.distribution.cdf(torch.from_numpy(edge).reshape(1, rows, *cells.shape)).numpy().reshape(-1)
        found = np.clip(np.nan_to_num(found, nan=0.0), 0.0, 1.0)
        return np.where(label < 0, 0.0, np.where(label >= size - 1, 1.0, found))

    share = (1 - FLOOR) * (below(flat) - below(flat - 1)) + FLOOR / size
    bits = np.where(cells.coded.reshape(-1) & (size > 1), -np.log2(np.maximum(share, FLOOR / size)), 0.0)
    return np.asarray(bits.reshape(rows, width))


class CdfTable:
    """P(label <= l) of cells, mixed with a little of the uniform distribution.

    A label is a symbol renumbered so that the frequent one comes first. Once fewer than half of the cells whose
    parameters are held are still undecided, the parameters of those alone are gathered.
    """

    def __init__(self, cells: CodedCells) -> None:
        self._bins, self._whole, self._width = cells.bins, cells.distribution, cells.coded.shape[1]
        self._shape = (1, len(cells.coded), *cells.shape)
        self._held: Array | None = None  # positions whose parameters ``_part`` holds; None: all of them
        self._part = cells.distribution
        self._first_mass: Array | None = None

    def __call__(self, position: Array, label: Array) -> Array:
        """The cdf at a label of each of the cells at ``position``, which index the flat (rows * cells), or at several
        labels of each, (positions, labels)."""
        if label.ndim == 2:
            return self._at(np.repeat(position, label.shape[1]), label.reshape(-1), held=False).reshape(label.shape)
        held = self._width * self._shape[1] if self._held is None else self._held.size
        if position.size * 2 < held:
            index = tuple(torch.from_numpy(i) for i in np.unravel_index(position, self._shape))
            self._part, self._held = self._whole.select(index), position
        return self._at(position, label)

    def _at(self, position: Array, label: Array, held: bool = True) -> Array:
        column = position % self._width
        first, size = self._bins.first[column], self._bins.size[column]
        early = label <= first
        mass = self._cdf(position, column, label - early, held)
        if early.any():
            mass = np.where(early, mass + self._mass_of_first(position), mass)
        mass = np.clip(np.nan_to_num(mass, nan=0.0), 0.0, 1.0)
        return np.asarray((1 - FLOOR) * mass + FLOOR * (label + 1) / size)

    def _mass_of_first(self, position: Array) -> Array:
        if self._first_mass is None:
            column = position % self._width
            first = self._bins.first[column]
            mass = self._cdf(position, column, first)
            if (first > 0).any():
                mass = mass - self._cdf(position, column, first - 1)
            self._first_mass = np.zeros(self._width * self._shape[1])
            self._first_mass[position] = mass
        return self._first_mass[position]

    def _cdf(self, position: Array, column: Array, symbols: Array, held: bool = True) -> Array:
        """P(symbol <= s): 0 below the first bin, 1 from the last on; ``held``: positions are among the held ones, each
        once."""
        edge = self._bins.upper(symbols, column)
        if not held:
            index = tuple(torch.from_numpy(i) for i in np.unravel_index(position, self._shape))
            value = self._whole.select(index).cdf(torch.from_numpy(np.asarray(edge, np.float64))).numpy()
        elif self._held is None:
            full = np.zeros(self._width * self._shape[1])
            full[position] = edge
            value = self._part.cdf(torch.from_numpy(full).reshape(self._shape)).reshape(-1).numpy()[position]
        else:
            value = self._cdf_of_held(position, edge)
        last = self._bins.size[column] - 1
        return np.where(symbols < 0, 0.0, np.where(symbols >= last, 1.0, value))

    def _cdf_of_held(self, position: Array, edge: Array) -> Array:
        assert self._held is not None
        place = np.searchsorted(self._held, position)
        full = np.zeros(self._held.size)
        full[place] = edge
        value: Array = self._part.cdf(torch.from_numpy(full)).numpy()[place]
        return value
