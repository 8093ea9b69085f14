"""Columns of text that hold numbers or dates which no one type can read: what hinders, in a clause for a warning."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pyarrow import compute

from quintet.data.readers.arrow.numbers import MARKS, PATTERNS

MOSTLY = 0.9
"""Share of the cells from which a column is reported."""
SIGN = r"^[$€£¥]\s?|\s?[$€£¥%]$"
"""A sign of money or per cent before or after a number."""
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
DAY = r"(?:0[1-9]|[12]\d|3[01])"
DATE = "(?i)^(?:{})(?:[T ].*)?$".format(
    "|".join(
        [
            *(rf"\d{{4}}{mark}\d{{1,2}}{mark}\d{{1,2}}" for mark in ("-", "/", r"\.")),
            *(rf"\d{{1,2}}{mark}\d{{1,2}}{mark}\d{{4}}" for mark in ("-", "/", r"\.")),
            *(rf"{DAY}{mark}{DAY}{mark}\d{{2}}" for mark in ("-", "/", r"\.")),
            rf"\d{{1,2}}[ .-]{{0,2}}{MONTH}[ .,-]{{0,2}}\d{{2,4}}",
            rf"{MONTH}\.? \d{{1,2}},? \d{{4}}",
        ]
    )
)
"""Dates as people write them: with two digits of the year, and with months in English, too."""


def near_miss(texts: Any, counts: npt.NDArray[np.int64]) -> str | None:
    """What a column of text holds, and the cure; None where it is text indeed.

    Parameters
    ----------
    texts : (n,) distinct strings.
    counts : (n,) rows of each; 0 for texts that count as missing.
    """
    present = counts > 0
    if not present.any():
        return None
    if _share(_matches(texts, DATE), counts) == 1:
        shown = _examples(texts, present, _form)
        what, cure = f"dates that cannot all be read in one format, such as {shown},", "write them as YYYY-MM-DD"
        return f"{what} and was read as text: {cure}"
    bare = compute.replace_substring_regex(texts, SIGN, "")
    forms = [_matches(bare, PATTERNS[mark]) for mark in MARKS]
    if _share(forms[0] | forms[1], counts) < MOSTLY:
        return None
    signed = _matches(texts, SIGN) & (forms[0] | forms[1])
    if _share(signed, counts) >= MOSTLY:
        shown = _examples(texts, present & signed)
        return f"numbers with a sign, such as {shown}, and was read as text: write them without it"
    apart = [present & forms[0] & ~forms[1], present & forms[1] & ~forms[0]]
    if apart[0].any() and apart[1].any():
        shown = " and ".join(_examples(texts, part) for part in apart)
        return f"numbers with decimal points and with decimal commas, such as {shown}, and was read as text: use one"
    return None


def _matches(texts: Any, pattern: str) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = compute.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found


def _share(which: npt.NDArray[np.bool_], counts: npt.NDArray[np.int64]) -> float:
    return float(counts[which].sum() / counts.sum())


def _form(text: str) -> str:
    """A text without its digits: the same for dates of one format."""
    return "".join("0" if character.isdigit() else character for character in text)


def _examples(texts: Any, which: npt.NDArray[np.bool_], form: Any = None) -> str:
    """The first of the texts, and the first of another form."""
    found = [texts[int(place)].as_py() for place in np.flatnonzero(which)]
    other = next((text for text in found if form and form(text) != form(found[0])), None)
    other = other or (found[1] if form and len(found) > 1 else None)
    return repr(found[0]) if other is None else f"{found[0]!r} and {other!r}"
