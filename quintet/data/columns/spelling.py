"""Levels whose spelling is close to that of a text, and the probability of typing one for the other."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NEAREST = 8
"""Most levels that a text is compared with."""
ALPHABET = 30
"""Characters that a typing error may produce."""
FOLDED = math.log(0.1)
"""Log probability of other capitals, or of spaces around, given that a level is typed wrong."""
LONGEST = 12
"""Characters from which on a longer text is no less probable as a new level."""


@dataclass(frozen=True)
class Spelling:
    """The texts of a column, and the levels that each may stand for.

    Parameters
    ----------
    text : (n,), the index of each row's text, -1 for missing cells.
    code, log_typo : (texts, k), codes of levels close in spelling, and log P(text | level, typed wrong) in nats; -inf
        where there are fewer than k.
    log_new : (texts,), 0 for a level that training showed, otherwise log P(text | a new level) in nats.
    """

    text: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]
    log_typo: npt.NDArray[np.float64]
    log_new: npt.NDArray[np.float64]


def spelling(levels: Sequence[str], values: Sequence[str | None]) -> Spelling:
    """Compare the texts of a column, None where missing, with its levels."""
    texts = sorted({value for value in values if value is not None})
    place, known, keys = {text: i for i, text in enumerate(texts)}, set(levels), defaultdict(set)
    for code, level in enumerate(levels):
        for key in _keys(level):
            keys[key].add(code)
    codes = np.zeros((len(texts), NEAREST), dtype=np.int64)
    log_typo = np.full((len(texts), NEAREST), -np.inf)
    for i, text in enumerate(texts):
        near = {code for key in _keys(text) for code in keys.get(key, ()) if levels[code] != text}
        found = sorted((-_log_typo(levels[code], text), code) for code in near)[:NEAREST]
        for k, (cost, code) in enumerate(found):
            codes[i, k], log_typo[i, k] = code, -cost
    log_new = np.array([0.0 if text in known else -math.log(ALPHABET) * min(len(text), LONGEST) for text in texts])
    row = np.array([-1 if value is None else place[value] for value in values], dtype=np.int64)
    return Spelling(row, codes, log_typo, log_new)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _keys(text: str) -> set[str]:
    """The text and the text without one character: texts one edit apart share a key."""
    text = _folded(text)
    return {text, *(text[:i] + text[i + 1 :] for i in range(len(text)))}


def _log_typo(level: str, text: str) -> float:
    """log P(text | level, typed wrong) in nats, of texts that share a key: one edit or two."""
    a, b = _folded(level), _folded(text)
    if a == b:
        return FOLDED
    other = [i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y]
    swapped = len(other) == 2 and other[1] == other[0] + 1 and a[other[0]] == b[other[1]] and a[other[1]] == b[other[0]]
    edits = 1 if len(a) != len(b) or len(other) == 1 or swapped else 2
    return -edits * math.log(ALPHABET * (len(a) + 1))
