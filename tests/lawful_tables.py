"""Random tables whose rows obey laws: determined columns, sums, orders."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.constraints.learn import learn_constraints, read_constraints
from quintet.data.schema import Schema

DECLARED = [{"type": "order", "columns": ["start", "end"]}]


def lawful_table(seed: int, rows: int = 300, cities: int = 6, parts: int = 2, decimals: int = 2) -> pd.DataFrame:
    """city -> country -> code, line -> country; total = sum of parts, whole = count + total of whole numbers; start <=
    end."""
    rng = np.random.default_rng(seed)
    country_of = np.arange(cities) % max(2, cities // 2)
    city = rng.integers(0, cities, rows)
    country = country_of[city]
    frame = pd.DataFrame({"city": [f"city {i}" for i in city], "country": [f"land {i}" for i in country]})
    frame["code"] = 30 + 7 * country
    frame["line"] = [f"line {c}{k}" for c, k in zip(country, rng.integers(0, 2, rows), strict=True)]
    total = np.zeros(rows)
    for part in range(parts):
        own = np.where(rng.random(rows) < 0.3, 0.0, rng.gamma(2.0, 10.0**part, rows)).round(decimals)
        frame[f"part {part}"], total = own, total + own
    frame["total"] = total.round(decimals)
    frame["first"], frame["second"] = rng.poisson(4, rows) + 1, rng.poisson(2, rows) - 1
    frame["both"] = frame["first"] + frame["second"]
    frame["start"] = np.datetime64("2024-01-01") + rng.integers(0, 300, rows).astype("timedelta64[D]")
    frame["end"] = frame["start"] + rng.integers(0, 30, rows).astype("timedelta64[D]")
    frame["free"] = rng.normal(size=rows).round(3)
    return frame[rng.permutation(frame.columns)]


def obeys(frame: pd.DataFrame, training: pd.DataFrame) -> dict[str, bool]:
    """Which laws hold in every row without a missing cell."""
    parts = [name for name in frame.columns if name.startswith("part ")]
    found = {"order": bool((frame.end >= frame.start)[frame[["start", "end"]].notna().all(axis=1)].all())}
    for name, own in (("total", parts), ("both", ["first", "second"])):
        full = frame[[name, *own]].dropna().astype(float)
        found[name] = bool(((full[name] - full[own].sum(axis=1)).abs() < 1e-6).all())
    for pair in (["city", "country"], ["country", "code"], ["line", "country"]):
        known = set(training[pair].itertuples(index=False, name=None))
        found[" ".join(pair)] = set(frame[pair].dropna().itertuples(index=False, name=None)) <= known
    return found


def schema_of(frame: pd.DataFrame) -> Schema:
    """The schema with found constraints and the declared order."""
    read = read_frame(frame)
    columns = learn_columns(read)
    cells = encode_frame(columns, read)
    laws = (*learn_constraints(columns, cells), *learn_constraints(columns, cells, read_constraints(DECLARED)))
    return Schema.of_columns(columns, read.container, cells, constraints=laws)


tables = st.builds(
    lawful_table,
    seed=st.integers(0, 10**6),
    cities=st.integers(4, 12),
    parts=st.integers(2, 4),
    decimals=st.integers(0, 3),
)
