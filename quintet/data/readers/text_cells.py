"""Numbers and missing values in cells of text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from quintet.data.readers import wide_numbers
from quintet.data.readers.frames import Array
from quintet.errors import FileRefused

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None", "?"))


def column_of_numbers(cells: Iterable[str], name: str, lines: list[int], path: Path) -> Array:
    """Parse the cells of a column as float64 with NaN for missing; the error names the first text cell."""
    cells = list(cells)
    if "_" not in "".join(cells):  # Python parses 1_000 as a number
        try:
            found = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
        except ValueError:
            pass  # an empty cell or text
        else:
            if not (np.abs(found) >= wide_numbers.EXACT).any():
                return found
    out = np.empty(len(cells))
    for i, cell in enumerate(cells):
        number = np.nan if cell.strip() in MISSING else number_or_none(cell)
        if number is not None and abs(number) >= wide_numbers.EXACT and is_whole(cell) and int(cell) != int(number):
            raise FileRefused(
                f"{path}, line {lines[i]}: column {name!r} holds {cell.strip()!r}, which float64 cannot represent "
                f"exactly: leave such identifiers out, or name the column as label= (--label)."
            )
        if number is None:
            shown = cell if len(cell) <= 40 else cell[:37] + "..."
            raise FileRefused(
                f"{path}, line {lines[i]}: column {name!r} must hold numbers or empty cells, got {shown!r}: "
                f"drop the column, encode it as numbers, or name it as label= (--label)."
            )
        out[i] = number
    return out


def is_whole(cell: str) -> bool:
    """Whether the text is a whole number."""
    return cell.strip().lstrip("+-").isdecimal() and len(cell) < 400


def number_or_none(cell: str) -> float | None:
    """The number that the text states; None for other text."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
