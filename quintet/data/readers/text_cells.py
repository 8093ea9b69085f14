"""Numbers and missing values in cells of text."""

from __future__ import annotations

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "?"))
"""Texts that stand for a missing cell in every column."""
MISSING_NUMBER = MISSING | {"None", "none", "-", "--", "."}
"""Texts that stand for a missing cell beside numbers, dates, True and False; beside other text they are text."""


def is_whole(cell: str) -> bool:
    """Whether the text is a whole number."""
    return cell.strip().lstrip("+-").isdecimal() and len(cell) < 400


def number_or_none(cell: str) -> float | None:
    """The number that the text states; None for other text."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
