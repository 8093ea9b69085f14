"""Class balance of generated rows: how many rows each level of a column has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.columns.base import Level
from quintet.data.columns.levels import CategoricalColumn
from quintet.data.columns.places import place_of
from quintet.data.schema import Schema
from quintet.errors import InputError, Unanswerable
from quintet.numerics.memory import CELL, hold_room


@dataclass(frozen=True)
class Share:
    """Rows of an answer that are generated together: their number and places (None: all), what is given, their seed."""

    count: int
    rows: npt.NDArray[np.int64] | None
    given: Mapping[str, Any] | None
    seed: int


def shares_of(schema: Schema, n: int, balance: Any, given: Mapping[str, Any] | None, seed: int) -> list[Share]:
    """The rows of each level in random places, or all of them together where ``balance`` is None.

    Parameters
    ----------
    balance : name of a column, of which each level has as many rows; or {column: {level: share}}.
    """
    if balance is None:
        return [Share(n, None, given, seed)]
    if not schema.columns:
        raise Unanswerable(
            "balance needs a model of a table of columns: fit a frame, or an array with VAE(kind='columns')."
        )
    name, shares = _wanted(schema, balance)
    if given is not None and name in given:
        raise InputError(f"balance and given both name column {name!r}: give its values in one of them.")
    hold_room("n", n, CELL, "generate them in parts, each with another random_state")
    counts = _counts(np.array(list(shares.values())), n)
    places = np.random.default_rng([seed, 16]).permutation(n)
    ends = np.cumsum(counts)[:-1]
    seeds = np.random.SeedSequence([seed, 17]).generate_state(len(shares)).tolist()
    parts = zip(shares, np.split(places, ends), seeds, strict=True)
    return [
        Share(len(rows), np.sort(rows), {**(given or {}), name: [level]}, own)
        for level, rows, own in parts
        if len(rows)
    ]


def _wanted(schema: Schema, balance: Any) -> tuple[str, dict[Level, float]]:
    """The column and the share of each of its levels."""
    shares: Mapping[Any, float] | None = None
    if isinstance(balance, Mapping):
        if len(balance) != 1:
            raise InputError(f"balance must name one column, got {len(balance)}: give others by given=.")
        ((balance, shares),) = balance.items()
    name = str(balance)
    column = schema.modelled[place_of(schema.columns, name, "balance")]
    if not isinstance(column, CategoricalColumn):
        raise InputError(
            f"balance needs a column of levels, got {name!r} of type {column.type!r}: declare it categorical in the "
            "schema, or give ranges of it by given=."
        )
    if shares is None:
        return name, {level: 1 / len(column.levels) for level in column.levels}
    if not isinstance(shares, Mapping) or not shares:
        raise InputError(
            f"balance must map column {name!r} to shares of its levels, such as {{'yes': 0.5, 'no': 0.5}}."
        )
    sizes = np.array([value if isinstance(value, int | float) else np.nan for value in shares.values()], dtype=float)
    if not (sizes >= 0).all() or not np.isclose(sizes.sum(), 1, atol=1e-6):
        raise InputError(
            f"balance of column {name!r} must be shares of at least 0 that add up to 1, got {dict(shares)}."
        )
    return name, dict(zip(shares, sizes.tolist(), strict=True))


def _counts(shares: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.int64]:
    """Whole numbers of rows that add up to n, each within one of its share; largest remainders are rounded up."""
    exact = shares * n
    counts = np.floor(exact + 1e-9).astype(np.int64)
    most = np.argsort(-(exact - counts), kind="stable")[: n - int(counts.sum())]
    counts[most] += 1
    return counts
