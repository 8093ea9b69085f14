"""P(symbol <= s) of the cells of some rows, as the questions about them need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from quintet.distributions import Distribution

Array = np.ndarray[Any, Any]
FLOOR = 2.0**-16  # weight of the uniform distribution that is mixed in, so that every symbol has a finite price


class Edges(Protocol):
    """The integers' bins."""

    @property
    def size(self) -> Array:
        """Symbols are 0 .. size-1, (cells,)."""

    @property
    def first(self) -> Array:
        """The symbol that is asked for first, or -1, (cells,)."""

    def upper(self, symbols: Array, column: Array) -> Array:
        """Where the bins end, in the units of the distribution."""


@dataclass(frozen=True)
class CodedCells:
    """Cells to be coded: their distribution and their bins."""

    likelihood: Distribution  # (1, rows, *shape), float64
    shape: tuple[int, ...]
    edges: Edges
    coded: Array  # (rows, cells) bool; the others are left out
    salt: int = 0


class CdfTable:
    """P(label <= l) of cells, mixed with a little of the uniform distribution.

    The parameters of the cells that are still asked about are gathered once they are fewer than half of those held.
    """

    def __init__(self, cells: CodedCells) -> None:
        self._edges, self._whole, self._width = cells.edges, cells.likelihood, cells.coded.shape[1]
        self._shape = (1, len(cells.coded), *cells.shape)
        self._held: Array | None = None  # positions whose parameters ``_part`` holds; None: all of them
        self._part = cells.likelihood
        self._first_mass: Array | None = None

    def __call__(self, position: Array, label: Array) -> Array:
        held = self._width * self._shape[1] if self._held is None else self._held.size
        if position.size * 2 < held:
            index = tuple(torch.from_numpy(i) for i in np.unravel_index(position, self._shape))
            self._part, self._held = self._whole.select(index), position
        column = position % self._width
        first, size = self._edges.first[column], self._edges.size[column]
        early = label <= first
        mass = self._cdf(position, column, label - early)
        if early.any():
            mass = np.where(early, mass + self._mass_of_first(position), mass)
        mass = np.clip(np.nan_to_num(mass, nan=0.0), 0.0, 1.0)
        return np.asarray((1 - FLOOR) * mass + FLOOR * (label + 1) / size)

    def _mass_of_first(self, position: Array) -> Array:
        if self._first_mass is None:
            column = position % self._width
            first = self._edges.first[column]
            mass = self._cdf(position, column, first)
            if (first > 0).any():
                mass = mass - self._cdf(position, column, first - 1)
            self._first_mass = np.zeros(self._width * self._shape[1])
            self._first_mass[position] = mass
        return self._first_mass[position]

    def _cdf(self, position: Array, column: Array, symbols: Array) -> Array:
        """P(symbol <= s): 0 below the first bin, 1 from the last on."""
        edge = self._edges.upper(symbols, column)
        if self._held is None:
            full = np.zeros(self._width * self._shape[1])
            full[position] = edge
            value = self._part.cdf(torch.from_numpy(full).reshape(self._shape)).reshape(-1).numpy()[position]
        else:
            value = self._on_held(position, edge)
        last = self._edges.size[column] - 1
        return np.where(symbols < 0, 0.0, np.where(symbols >= last, 1.0, value))

    def _on_held(self, position: Array, edge: Array) -> Array:
        assert self._held is not None
        place = np.searchsorted(self._held, position)
        full = np.zeros(self._held.size)
        full[place] = edge
        value: Array = self._part.cdf(torch.from_numpy(full)).numpy()[place]
        return value
