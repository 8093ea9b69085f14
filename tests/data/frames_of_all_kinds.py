"""Frames with every kind of column, and Hypothesis strategies that draw frames around a small schema."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

TEXTS = st.one_of(
    st.sampled_from(["red", "green", "blue", "?", "NA", "", "nan", "rare", "line\nend", "ä\0\ud800", " ? "]),
    st.text(max_size=4),
)
WHOLE = st.one_of(st.integers(-5, 100), st.integers(-(2**63), 2**63 - 1))
FLOATS = st.one_of(
    st.floats(width=64),
    st.integers(-1000, 1000).map(lambda k: k / 10),
    st.sampled_from([-0.0, 0.1 + 0.2, 5e-324, -1e300, 12345678.87654321]),
)
MISSING: list[Any] = [None, np.nan, pd.NA, pd.NaT]
OBJECTS = st.one_of(
    TEXTS, st.sampled_from([*MISSING, True, np.float32(0.1), np.int64(3), np.bool_(True)]), WHOLE, FLOATS
)
TICKS = st.integers(-(2**60), 2**60)


def training_frame(rows: int = 60) -> pd.DataFrame:
    """The frame around which the others are drawn."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "colour": rng.choice(["red", "green", "blue"], rows),
            "size": rng.integers(0, 90, rows),
            "price": np.round(rng.normal(20, 5, rows), 1),
            "flag": rng.random(rows) < 0.2,
            "when": pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 90, rows), unit="D"),
            "grade": pd.Categorical(rng.choice(["low", "mid", "high"], rows), ["low", "mid", "high"], ordered=True),
            "wait": pd.to_timedelta(rng.integers(0, 40, rows) * 90, unit="s"),
            "seen": [f"2024-03-{day:02d} 12:00" for day in rng.integers(1, 31, rows)],
            "fee": pd.Series([Decimal(int(k)).scaleb(-2) for k in rng.integers(100, 900, rows)], dtype="object"),
            "wide": 2**60 + rng.integers(0, 9, rows) * 16,
            "same": np.full(rows, 7),
            "tail": np.exp(rng.normal(0, 3, rows)),
            "note": [f"a text of its own, number {row}" for row in range(rows)],
            "hollow": np.full(rows, np.nan),
        }
    )


@st.composite
def pandas_frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames with the columns of training in other types, orders and values, and with others."""
    rows = draw(st.integers(1, 5))

    def cells(strategy: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(strategy, min_size=rows, max_size=rows))

    def holes(strategy: st.SearchStrategy[Any]) -> list[Any]:
        return cells(st.one_of(strategy, st.none()))

    def times(unit: str) -> Any:
        return np.array(cells(st.one_of(TICKS, st.just(np.iinfo(np.int64).min))), np.int64).view(f"M8[{unit}]")

    def either(*made: Callable[[], Any]) -> Any:
        return made[draw(st.integers(0, len(made) - 1))]()

    whole_text = TEXTS.filter(lambda text: "\ud800" not in text)
    grades = ["low", "mid", "high", "top"]
    made: dict[str, Callable[[], Any]] = {
        "colour": lambda: pd.Series(holes(whole_text), dtype=draw(st.sampled_from(["str", "string", "object"]))),
        "size": lambda: either(
            lambda: pd.Series(cells(st.integers(-9, 300)), dtype="int64"),
            lambda: pd.Series(cells(st.integers(0, 90)), dtype="uint8"),
            lambda: pd.Series(holes(WHOLE), dtype="Int64"),
            lambda: pd.Series(cells(FLOATS), dtype="float64"),
            lambda: pd.Series(np.array(cells(st.floats(width=32)), np.float32)),
        ),
        "price": lambda: pd.Series(cells(FLOATS), dtype="float64"),
        "flag": lambda: either(
            lambda: pd.Series(cells(st.booleans())), lambda: pd.Series(holes(st.booleans()), dtype="boolean")
        ),
        "when": lambda: either(
            lambda: pd.Series(times("ns")),
            lambda: pd.Series(times("us")),
            lambda: pd.Series(times("ns")).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
        ),
        "grade": lambda: pd.Series(pd.Categorical(holes(st.sampled_from(grades)), [*grades[::-1], "none"])),
        "wait": lambda: pd.Series(times("ns").view(f"m8[{draw(st.sampled_from(['ns', 'us']))}]")),
        "seen": lambda: pd.Series(
            holes(st.sampled_from(["2024-03-01 12:00", "1999-12-31", "2024-03-01T12:00Z", "soon"])), dtype="object"
        ),
        "fee": lambda: pd.Series(holes(st.decimals(-(10**20), 10**20, places=2)), dtype="object"),
        "wide": lambda: pd.Series(cells(st.one_of(WHOLE, st.integers(2**60, 2**60 + 99))), dtype="int64"),
        "same": lambda: pd.Series(cells(st.sampled_from([7, 7, 7, 8])), dtype="int64"),
        "tail": lambda: pd.Series(cells(FLOATS), dtype="float64"),
        "note": lambda: pd.Series(cells(OBJECTS), dtype="object"),
        "hollow": lambda: pd.Series(cells(FLOATS), dtype="float64"),
        "unknown": lambda: pd.Series(cells(OBJECTS), dtype="object"),
    }
    names = draw(st.lists(st.sampled_from(sorted(made)), unique=True, min_size=1, max_size=5))
    names.insert(draw(st.integers(0, len(names))), "size") if "size" not in names else None
    frame = pd.DataFrame({name: made[name]() for name in names})
    return frame.set_axis(draw(indices(rows)), axis=0)


def indices(rows: int) -> st.SearchStrategy[Any]:
    """Indices of a frame."""
    return st.sampled_from(
        [
            pd.RangeIndex(rows),
            pd.RangeIndex(5, 5 + 3 * rows, 3, name="row"),
            pd.Index([f"r{i}" for i in range(rows)], name="id"),
            pd.Index(np.arange(rows)[::-1] * 7),
            pd.date_range("2020-01-31", periods=rows, freq="ME", tz="Asia/Tokyo"),
            pd.MultiIndex.from_arrays([np.arange(rows), ["a"] * rows], names=["n", None]),
        ]
    )


def polars_frame() -> pl.DataFrame:
    """A frame of Polars with every type."""
    return pl.DataFrame(
        {
            "colour": pl.Series(["red", None, "?", "mauve"]),
            "size": pl.Series([1, None, 300, -4], dtype=pl.Int16),
            "price": pl.Series([0.5, None, float("nan"), -0.0]),
            "flag": pl.Series([True, None, False, True]),
            "when": pl.Series([0, None, 10**12, -1], dtype=pl.Int64).cast(pl.Datetime("ms", "Europe/Berlin")),
            "grade": pl.Series(["low", None, "top", "low"], dtype=pl.Categorical),
            "wide": pl.Series([2**60, None, 2**63, 1], dtype=pl.UInt64),
            "note": pl.Series([Decimal("1.10"), None, Decimal("-2.00"), Decimal("0.01")], dtype=pl.Decimal(10, 2)),
            "wait": pl.Series([timedelta(1), None, timedelta(-3), timedelta(seconds=90)], dtype=pl.Duration("ms")),
            "fee": pl.Series([Decimal("1.10"), None, Decimal("12345678901234567.89"), Decimal("-0.01")]),
            "clock": pl.Series([time(1), None, time(23, 59, 59, 999_999), time(0)]),
            "day": pl.Series([date(2020, 1, 1), None, date(1, 1, 1), date(9999, 12, 31)]),
            "kind": pl.Series(["b", None, "a", "a"], dtype=pl.Enum(["a", "b", "c"])),
        }
    )


def arrow_table() -> pa.Table:
    """A table of Arrow with every type."""
    return pa.table(
        {
            "colour": pa.chunked_array([["red", None], ["?", "mauve"]]),
            "size": pa.array([1, None, 300, -4], pa.int16()),
            "price": pa.array([0.5, None, float("nan"), -0.0], pa.float32()),
            "flag": pa.array([True, None, False, True]),
            "when": pa.array([0, None, 10**12, -1], pa.timestamp("ms", "UTC")),
            "grade": pa.array(["low", None, "top", "low"]).dictionary_encode(),
            "wide": pa.array([2**60, None, 2**63, 1], pa.uint64()),
            "note": pa.array([Decimal("1.10"), None, Decimal("-2.00"), Decimal("0.01")], pa.decimal128(10, 2)),
            "day": pa.array([0, None, -9, 99], pa.date32()),
            "wait": pa.array([0, None, -9, 90_000], pa.duration("ms")),
            "clock": pa.array([0, None, 9, 86_399], pa.time32("s")),
            "fee": pa.array([Decimal("1.10"), None, Decimal("-2.00"), Decimal("0.01")], pa.decimal128(20, 2)),
            "long": pa.array(["a", None, "line\nend", ""], pa.large_string()),
        }
    ).replace_schema_metadata({"origin": "a test"})
