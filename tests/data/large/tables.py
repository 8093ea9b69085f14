"""Tables of columns of all types on disk, for the tests of this folder and of the estimators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from quintet.data.large import arrow_chunks, stored_rows, stored_table


def mixed(n: int, seed: int = 0) -> pa.Table:
    """Numbers, whole numbers with holes, levels, dates as text, times, True and False, identifiers."""
    rng = np.random.default_rng(seed)
    place = rng.normal(size=n)
    return pa.table(
        {
            "length": place + 0.1 * rng.normal(size=n),
            "price": np.round(10 + 3 * place, 2),
            "count": pa.array([None if i % 9 == 4 else int(v) for i, v in enumerate(rng.poisson(3, n))], pa.int32()),
            "level": pa.array([None if i % 17 == 0 else "xyz"[int(abs(v) * 3) % 3] for i, v in enumerate(place)]),
            "rank": pa.array(["low", "high", "middle"] * (n // 3) + ["low"] * (n % 3)).dictionary_encode(),
            "day": [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(n)],
            "late": [f"day {i % 3}" if i == n - 1 else f"2024-01-{1 + i % 28:02d}" for i in range(n)],
            "moment": pa.array(np.arange(n) * 3600 + 10**9, pa.timestamp("s")),
            "yes": rng.random(n) < 0.4,
            "id": [f"u{i}" for i in range(n)],
            "empty": pa.nulls(n),
        }
    )


def as_folder(folder: Path, table: pa.Table, files: int = 4) -> Path:
    """The table as Parquet files of several row groups."""
    folder.mkdir(exist_ok=True)
    step = -(-table.num_rows // files)
    for number in range(files):
        part = table.slice(number * step, step)
        parquet.write_table(part, folder / f"part-{number}.parquet", row_group_size=max(1, step // 3))
    return folder


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Tables and arrays of any size stay on disk, as those do that are too large."""
    monkeypatch.setenv("QUINTET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stored_table, "IN_MEMORY", 0)
    monkeypatch.setattr(stored_rows, "IN_MEMORY", 0)
    monkeypatch.setattr(stored_rows, "SELECTED", 0)
    monkeypatch.setattr(arrow_chunks, "MOST_ROWS", 97)
