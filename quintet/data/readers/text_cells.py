"""Numbers and missing values in cells of text."""

from __future__ import annotations

from typing import Literal

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "?"))
"""Texts that stand for a missing cell in every column."""
MISSING_NUMBER = MISSING | {"None", "none", "-", "--", "."}
"""Texts that stand for a missing cell beside numbers, dates, True and False; beside other text they are text."""

Mark = Literal[".", ","]
GROUPS: dict[Mark, str] = {".": ", '\u2019\u00a0\u202f", ",": ". '\u2019\u00a0\u202f"}
"""Decimal mark -> characters that may separate groups of thousands beside it."""
DATE = (
    r"^(?P<first>\d{1,4})(?P<mark>[-./])(?P<middle>\d{1,2})(?P<again>[-./])(?P<last>\d{1,4})"
    r"(?:(?:T| +)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<fraction>\.\d{1,9})?)?"
    r" ?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?$"
)
"""Dates and times, by their parts."""


def is_whole(cell: str) -> bool:
    """Whether the text is a whole number."""
    return cell.strip().lstrip("+-").isdecimal() and len(cell) < 400


def number_or_none(cell: str) -> float | None:
    """The number that the text states; None for other text."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
