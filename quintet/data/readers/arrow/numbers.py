"""Numbers in text: whole ones exactly, decimal points and commas, and groups of thousands."""

from __future__ import annotations

import math
import re
from typing import Any

import pyarrow
from pyarrow import compute

from quintet.data.readers.text_cells import GROUPS, Mark, is_whole
from quintet.data.readers.wide_numbers import EXACT

MARKS: tuple[Mark, Mark] = (".", ",")
FIRST = 20
WHOLE = r"^[+-]?\d+$"
CODE = r"^[+-]?0\d+$"
"""Digits after a leading zero, as in postal codes."""


class Rounded(ValueError):
    """A whole number among numbers with fractions that float64 cannot represent; ``index`` is its place."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def _pattern(mark: Mark) -> str:
    grouped = "|".join(rf"[1-9]\d{{0,2}}(?:[{character}]\d{{3}})+" for character in GROUPS[mark])
    return rf"^[+-]?(?:(?:\d+|{grouped})(?:[{mark}]\d*)?|[{mark}]\d+)(?:[eE][+-]?\d+)?$"


PATTERNS: dict[Mark, str] = {".": _pattern("."), ",": _pattern(",")}


def marks(texts: Any) -> frozenset[Mark]:
    """The decimal marks with which all texts, (n,) strings, are numbers; both where none of them settles it."""
    point = floats(texts) is not None or match_all(texts, PATTERNS["."])
    comma = match_all(texts, PATTERNS[","])
    return frozenset(mark for mark, fits in zip(MARKS, (point, comma), strict=True) if fits)


def is_open(texts: Any) -> bool:
    """Whether texts that are numbers with either mark are other numbers with the other one, as 1,234 is."""
    return bool(compute.any(compute.match_substring_regex(texts, "[.,]")).as_py())


def parse_numbers(texts: Any, mark: Mark) -> Any | None:
    """Numbers written with this decimal mark: int64 or uint64 if all are whole and fit, else float64.

    None for codes: whole numbers with leading zeros, or of more than 64 bits.

    Raises
    ------
    Rounded
        If float64 cannot represent a whole number that stands among fractions.
    """
    plain = texts
    if mark == "," or floats(texts) is None:
        plain = compute.replace_substring_regex(texts, f"[{GROUPS[mark]}]", "")
        plain = compute.replace_substring(plain, mark, ".")
    if match_all(plain, WHOLE):
        return None if compute.any(compute.match_substring_regex(texts, CODE)).as_py() else _integers(plain)
    numbers = floats(plain)
    if numbers is None:
        return None
    wide = compute.greater_equal(compute.abs(numbers), float(EXACT))
    for index in compute.indices_nonzero(wide).to_pylist():
        text, number = plain[index].as_py(), numbers[index].as_py()
        if is_whole(text) and (math.isinf(number) or int(text) != int(number)):
            raise Rounded(index)
    return compute.if_else(compute.is_nan(numbers), pyarrow.scalar(None, pyarrow.float64()), numbers)


def floats(texts: Any) -> Any | None:
    """Float64 of texts with decimal points; None if one of them is no number."""
    try:
        return compute.cast(texts, pyarrow.float64())
    except pyarrow.ArrowInvalid:
        return None


def _integers(plain: Any) -> Any | None:
    plain = compute.utf8_ltrim(plain, characters="+")
    for kind in (pyarrow.int64(), pyarrow.uint64()):
        try:
            return compute.cast(plain, kind)
        except pyarrow.ArrowInvalid:
            continue
    return None


def match_all(texts: Any, pattern: str) -> bool:
    """Whether all texts match; the first ones settle most cases."""
    matches = re.compile(pattern, re.ASCII).fullmatch
    if not all(matches(text) for text in texts[:FIRST].to_pylist()):
        return False
    return bool(compute.all(compute.match_substring_regex(texts, pattern), min_count=0).as_py())
