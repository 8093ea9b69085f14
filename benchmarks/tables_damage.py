"""Damage to the cells of a table: values of other rows, wrong units, typing errors."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
from common import Array
from tables_data import is_level

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def swapped(frame: pd.DataFrame, name: str, rows: Array, rng: np.random.Generator) -> list[object]:
    """The column's value in another row."""
    other = (rows + rng.integers(1, len(frame), len(rows))) % len(frame)
    return list(frame[name].to_numpy()[other])


def scaled(frame: pd.DataFrame, name: str, rows: Array, rng: np.random.Generator) -> list[object]:
    """Ten times the number."""
    return list(frame[name].to_numpy()[rows] * 10)


def mistyped(frame: pd.DataFrame, name: str, rows: Array, rng: np.random.Generator) -> list[object]:
    """Numbers with a digit changed or two transposed; half of the levels another one, half with a letter wrong."""
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        levels = sorted(column.dropna().unique())
        return [
            misspelt(value, rng) if rng.random() < 0.5 else levels[rng.integers(len(levels))]
            for value in column.to_numpy()[rows]
        ]
    whole = bool((column.dropna() % 1 == 0).all())
    kind = int if pd.api.types.is_integer_dtype(column.dtype) else float
    return [
        kind(mistyped_number(f"{value:.0f}" if whole else repr(float(value)), rng)) for value in column.to_numpy()[rows]
    ]


def mistyped_number(text: str, rng: np.random.Generator) -> str:
    """One digit changed, or two neighbouring ones transposed, each with probability one half."""
    digits = [i for i, sign in enumerate(text) if sign.isdigit()]
    pairs = [(a, b) for a, b in pairwise(digits) if b == a + 1 and text[a] != text[b]]
    signs = list(text)
    if pairs and rng.random() < 0.5:
        a, b = pairs[rng.integers(len(pairs))]
        signs[a], signs[b] = signs[b], signs[a]
    else:
        at = digits[rng.integers(len(digits))]
        signs[at] = str((int(signs[at]) + rng.integers(1, 10)) % 10)
    return "".join(signs)


def misspelt(text: str, rng: np.random.Generator) -> str:
    """One letter changed, dropped, doubled, or transposed with the next one."""
    at, kind = int(rng.integers(len(text))), rng.integers(4)
    if kind == 0:
        return text[:at] + LETTERS[rng.integers(26)] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


KINDS: dict[str, Callable[[pd.DataFrame, str, Array, np.random.Generator], list[object]]] = {
    "swapped": swapped,
    "scaled": scaled,
    "mistyped": mistyped,
}


def damaged(frame: pd.DataFrame, kind: str, share: float, seed: int) -> tuple[pd.DataFrame, Array]:
    """The frame with a share of its observed cells damaged, and where a cell is another than before, (n, columns)."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind), round(1000 * share)])
    hit = (rng.random(frame.shape) < share) & frame.notna().to_numpy()
    if kind == "scaled":
        hit &= ~is_level(frame)
    out = frame.copy()
    for j, name in enumerate(frame.columns):
        rows = np.flatnonzero(hit[:, j])
        values = frame[name].to_numpy(dtype=object)
        values[rows] = KINDS[kind](frame, name, rows, rng)
        out[name] = pd.Series(values, index=frame.index).infer_objects().astype(frame[name].dtype)
    return out, hit & (out != frame).to_numpy() & out.notna().to_numpy()
