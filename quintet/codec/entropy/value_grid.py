"""Integers for the values of cells, bit for bit: the grid on which floats are coded.

A column of values k/10, k/255, ... with integers k is coded as the integers k. A column with other digits is coded by
its bit patterns, which are integers in the order of the values. Where a column spans more integers than the model's
cdf resolves, the lowest ``shift`` bits are coded under the uniform distribution. A channel of series with few different
values may be coded by their places in a list. Cells that fit neither (NaN, infinity,
-0.0 or further digits in a decimal column, 20 in a model with 17 levels) are exceptions: the model treats them as not
observed, and they are stored as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy import listed_values
from quintet.codec.entropy.float_patterns import bits_of, from_pattern, to_pattern
from quintet.errors import FileRefused

NUMBERED = (1, 2, 4, 8, 10, 16, 100, 255, 256, 1000, 10**4, 65535, 10**5, 10**6, 10**7, 10**8, 10**9)
ADDED = (5, 20, 50, 200, 500, 2000, 5000, 10**10, 10**11, 10**12)
QUOTIENTS = tuple(sorted((*NUMBERED, *ADDED)))
OWN_BITS, SINGLE_BITS = 0, -1  # columns coded by bit patterns: of their own dtype, or of float32 inside a float64
LISTED = -2  # columns coded by the places of their values in a list
MAX_SYMBOLS = 1 << 20


@dataclass(frozen=True)
class ValueGrid:
    """Value -> ordinal, ordinal -> symbol 0 .. size-1 and ``shift`` low bits.

    Parameters
    ----------
    dtype : of the values.
    quotient : int64, (cells,): values are k / quotient; or OWN_BITS, SINGLE_BITS: the ordinals are bit patterns; or
        LISTED: they are places in a list.
    low : int64, (cells,): the lowest ordinal; of listed columns which of the ``lists`` is theirs.
    shift : int64, (cells,): number of low bits.
    size : int64, (cells,): number of symbols, at least 1.
    first : int64, (cells,): the symbol that the first decision tests because it is frequent, or -1.
    lists : ascending bit patterns of the values of listed columns.
    channels : number of columns that repeat from step to step, of series; 0 of other rows.
    """

    dtype: np.dtype
    quotient: np.ndarray
    low: np.ndarray
    shift: np.ndarray
    size: np.ndarray
    first: np.ndarray
    lists: tuple[np.ndarray, ...] = ()
    channels: int = 0

    @property
    def cells(self) -> int:
        """Cells of a row."""
        return len(self.size)

    def split(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n, cells) values -> symbols int64, low bits uint64, and True where the cell fits the grid; 0 where not."""
        ordinal, fits = ordinals_of(values, self.quotient)
        with np.errstate(over="ignore"):
            above = ordinal.view(np.uint64) - self.low.view(np.uint64)
        symbols = (above >> self.shift.view(np.uint64)).astype(np.int64)
        fits &= (ordinal >= self.low) & (symbols >= 0) & (symbols < self.size)
        fits &= bits_of(self.values_of(ordinal)) == bits_of(values)
        low_bits = above & ((np.uint64(1) << self.shift.view(np.uint64)) - np.uint64(1))
        for patterns, here in self._listed():
            symbols[:, here], fits[:, here] = listed_values.places(patterns, values[:, here])
            low_bits[:, here] = 0
        return np.where(fits, symbols, 0), np.where(fits, low_bits, np.uint64(0)), fits

    def join(self, symbols: np.ndarray, low_bits: np.ndarray) -> np.ndarray:
        """The values of symbols and low bits, (n, cells) of ``dtype``."""
        above = (symbols.view(np.uint64) << self.shift.view(np.uint64)) | low_bits
        with np.errstate(over="ignore"):
            values = self.values_of((above + self.low.view(np.uint64)).view(np.int64))
        for patterns, here in self._listed():
            values[:, here] = from_pattern(patterns[symbols[:, here].clip(0, len(patterns) - 1)], self.dtype)
        return values

    def upper_edge(self, symbols: np.ndarray, column: np.ndarray) -> np.ndarray:
        """Upper edge of each symbol's bin in the user's units, float64; infinite for the last symbol."""
        quotient = self.quotient[column]
        with np.errstate(over="ignore", invalid="ignore"):  # patterns past the last symbol are NaN, replaced below
            ordinal = self.low[column] + ((symbols + 1) << self.shift[column])
            edge = (ordinal - 0.5) / np.maximum(quotient, 1)
            for kind in (OWN_BITS, SINGLE_BITS):
                if (here := quotient == kind).any():
                    edge[here] = from_pattern(ordinal[here], self._pattern_type(kind)).astype(np.float64)
        for number, patterns in enumerate(self.lists):
            here = (quotient == LISTED) & (self.low[column] == number)
            edge[here] = listed_values.edges(patterns, symbols[here], self.dtype)
        edge = np.where(symbols < 0, -np.inf, edge)
        return np.asarray(np.where(symbols >= self.size[column] - 1, np.inf, edge))

    def _listed(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The lists, and the columns of each, (cells,) of bool."""
        for number, patterns in enumerate(self.lists):
            yield patterns, (self.quotient == LISTED) & (self.low == number)

    def _pattern_type(self, kind: int) -> np.dtype:
        return np.dtype(np.float32) if kind == SINGLE_BITS else self.dtype

    def values_of(self, ordinal: np.ndarray) -> np.ndarray:
        """The values of ordinals (n, cells) of columns that are not listed, of ``dtype``."""
        if self.dtype.kind != "f":
            return np.asarray(ordinal.astype(self.dtype))
        with np.errstate(over="ignore", invalid="ignore"):
            out = (ordinal / np.maximum(self.quotient, 1)).astype(self.dtype)
            for kind in (OWN_BITS, SINGLE_BITS):
                if (here := self.quotient == kind).any():
                    out[:, here] = from_pattern(ordinal[:, here], self._pattern_type(kind)).astype(self.dtype)
        return np.asarray(out)

    def write(self, out: ByteWriter) -> None:
        """Write the grid into a payload: one entry where all columns are alike, one for each channel of series, else
        one for each column."""
        table = np.stack([self.quotient, self.low, self.shift, self.size - 1, self.first + 1], 1)
        repeated = 1 if bool((table == table[0]).all()) else self.channels
        inner = ByteWriter()
        for row in table[:repeated] if repeated else table:
            inner.varint(_CODES.index(int(row[0])))
            inner.signed(int(row[1]))
            for number in row[2:]:
                inner.varint(int(number))
        out.varint(repeated)
        out.data += inner.data
        listed_values.write_lists(out, self.lists)

    @classmethod
    def read(cls, source: ByteReader, dtype: np.dtype, cells: int) -> ValueGrid:
        """The inverse of ``write``."""
        repeated = source.varint()
        if repeated and cells % repeated:
            raise FileRefused(GRID_REFUSED)
        rows = []
        for _ in range(repeated or cells):
            code = source.varint()
            if code >= len(_CODES):
                raise FileRefused(f"The compressed file names grid {code}, which no version writes: fetch it again.")
            rows.append([_CODES[code], source.signed64(), source.varint(), source.varint() + 1, source.varint() - 1])
            if max(rows[-1][2:]) > MAX_SYMBOLS:
                raise FileRefused(GRID_REFUSED)
        table = np.array(rows * (cells // repeated) if repeated else rows, dtype=np.int64).reshape(cells, 5)
        if (table[:, 2] > 63).any() or (table[:, 3] > MAX_SYMBOLS).any() or (table[:, 4] >= table[:, 3]).any():
            raise FileRefused(GRID_REFUSED)
        which = table[table[:, 0] == LISTED, 1]
        if len(which) and (dtype.kind != "f" or which.min() < 0 or which.max() >= cells):
            raise FileRefused(GRID_REFUSED)
        lists = listed_values.read_lists(source, int(which.max()) + 1 if len(which) else 0)
        for number, patterns in enumerate(lists):
            if (table[(table[:, 0] == LISTED) & (table[:, 1] == number), 3] != len(patterns)).any():
                raise FileRefused(GRID_REFUSED)
        quotient, low, shift, size, first = np.ascontiguousarray(table.T)
        return cls(dtype, quotient, low, shift, size, first, lists, repeated if repeated > 1 else 0)


GRID_REFUSED = "The compressed file describes a grid that no version writes: fetch it again."
_CODES = (OWN_BITS, SINGLE_BITS, *NUMBERED, LISTED, *ADDED)  # a file has a grid's place here


def whole_grid(dtype: np.dtype, cells: int, levels: int) -> ValueGrid:
    """The grid of cells with values 0 .. levels-1: 8-bit pixels, zeros and ones."""
    flat = np.zeros(cells, dtype=np.int64)
    return ValueGrid(dtype, flat + 1, flat, flat, flat + levels, flat - 1)


def ordinals_of(values: np.ndarray, quotient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, cells) values -> int64 ordinals, and True where there is one (``values_of`` may still give another value)."""
    if values.dtype.kind != "f":
        return values.astype(np.int64), np.ones(values.shape, dtype=bool)
    finite = np.isfinite(values)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.where(finite, values, 0).astype(np.float64) * np.maximum(quotient, 1)
        fits = finite & (np.abs(scaled) < 1 << 53)
        ordinal = np.rint(np.where(fits, scaled, 0)).astype(np.int64)
        if (here := quotient == OWN_BITS).any():
            ordinal[:, here], fits[:, here] = to_pattern(values[:, here]), finite[:, here]
        if (here := quotient == SINGLE_BITS).any():
            single = values[:, here].astype(np.float32)
            ordinal[:, here], fits[:, here] = to_pattern(single), np.isfinite(single)
    return ordinal, fits
