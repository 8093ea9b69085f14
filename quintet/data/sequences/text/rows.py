"""Lines of tokens as rows of a fixed number of steps, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from quintet.data.sequences.text.vocabulary import END, PAD

Array = np.ndarray[Any, Any]
SHARE, FEWEST, MOST = 0.99, 8, 256


def steps_for(lengths: Sequence[int]) -> int:
    """Steps of a row that hold this share of the lines with their ends: 99 %, within 8 to 256."""
    held = int(np.quantile(np.asarray(lengths, dtype=np.int64) + 1, SHARE, method="higher"))
    return min(max(held, FEWEST), MOST)


def rows_of_line(tokens: Sequence[int], steps: int) -> Iterator[list[int]]:
    """The rows of a line: all full but the last, which has the end of the line and padding behind it."""
    for start in range(0, len(tokens) + 1, steps):
        row = list(tokens[start : start + steps])
        yield row if len(row) == steps else [*row, END, *[PAD] * (steps - len(row) - 1)]


def to_rows(lines: Iterable[Sequence[int]], steps: int) -> tuple[Array, Array]:
    """Tokens of lines as rows (rows, steps) of uint16, and the line (rows,) that each row is of."""
    rows, owners = list[list[int]](), list[int]()
    for number, line in enumerate(lines):
        for row in rows_of_line(line, steps):
            rows.append(row)
            owners.append(number)
    return np.array(rows, dtype=np.uint16).reshape(-1, steps), np.array(owners, dtype=np.int64)


def to_lines(rows: Array) -> Iterator[list[int]]:
    """The tokens of each line, without its end; rows without an end continue in the next one."""
    open_, begun = list[int](), False
    for row in rows:
        kept = row_content(row)
        open_ += row[:kept].tolist()
        begun = kept == len(row)
        if not begun:
            yield open_
            open_ = []
    if begun:
        yield open_


def row_content(row: Array) -> int:
    """How many tokens of a row stand before the end of its line; all where it has no end."""
    over = np.flatnonzero((row == END) | (row == PAD))
    return int(over[0]) if len(over) else len(row)
