"""A small table of columns of many types, and the check that values are legal in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def small_table(rows: int = 300, seed: int = 0, holes: float = 0.05) -> pd.DataFrame:
    """Two groups of rows, which differ in every column; an index that does not start at 0."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, rows)
    low, high = np.array(["north", "south", "east"]), np.array(["south", "west", "east"])
    places = np.where(group == 0, low[rng.integers(0, 3, rows)], high[rng.integers(0, 3, rows)])
    frame = pd.DataFrame(
        {
            "place": places.astype(object),
            "age": rng.integers(20, 40, rows) + 25 * group,
            "price": np.round(np.exp(rng.normal(1 + group, 0.5, rows)), 2),
            "free": rng.random(rows) < np.where(group == 0, 0.1, 0.9),
            "visits": rng.poisson(1 + 5 * group),
            "size": pd.Categorical(
                np.array(["S", "M", "L"])[(group + rng.integers(0, 2, rows)).clip(max=2)], ["S", "M", "L"], ordered=True
            ),
            "when": np.datetime64("2024-01-01") + (rng.integers(0, 200, rows) + 100 * group).astype("timedelta64[D]"),
            "key": [f"row-{seed}-{i}" for i in range(rows)],
            "same": "x",
        },
        index=pd.RangeIndex(1000, 1000 + rows),
    )
    for name in ("place", "price", "size", "when"):
        frame.loc[rng.random(rows) < holes, name] = None
    return frame


LEGAL: dict[str, Any] = {
    "place": lambda v: v.isin(["north", "south", "east", "west"]),
    "age": lambda v: v == v.round(),
    "price": lambda v: (v >= 0) & (np.round(v, 2) == v),
    "free": lambda v: v.isin([True, False]),
    "visits": lambda v: (v >= 0) & (v == v.round()),
    "size": lambda v: v.isin(["S", "M", "L"]),
    "when": lambda v: v == v.dt.floor("D"),
    "same": lambda v: v == "x",
}


def assert_legal(frame: pd.DataFrame, like: pd.DataFrame) -> None:
    """Every value of the modelled columns is legal, in the type and order of ``like``."""
    assert list(frame.columns) == list(like.columns)
    for name, legal in LEGAL.items():
        assert frame[name].dtype == like[name].dtype, name
        assert not frame[name].isna().any(), name
        assert legal(frame[name]).all(), (name, frame[name][~legal(frame[name])].tolist()[:3])
