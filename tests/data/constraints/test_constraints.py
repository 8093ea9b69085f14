"""Constraints of a table: found where they hold and nowhere else, declared, and rows made to obey them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns.answers import decode_cells
from quintet.data.columns.build_frame import build_frame
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.constraints.learn import learn_constraints, read_constraints
from quintet.data.constraints.rows import broken_rows, completed
from quintet.data.constraints.sums import Sum
from quintet.data.schema import Schema
from quintet.data.schema_file import declared_schema, editable, written
from quintet.errors import InputError
from tests.lawful_tables import lawful_table, obeys, schema_of, tables


def frame_of(schema: Schema, cells: np.ndarray[Any, Any]) -> pd.DataFrame:
    return build_frame(schema.columns, decode_cells(schema.columns, cells), "pandas")


@given(tables)
@settings(max_examples=8, deadline=None)
def test_laws_of_the_rows_are_found_and_no_others(rows: pd.DataFrame) -> None:
    found = schema_of(rows).constraints
    sums = {(c.total, frozenset(c.parts)) for c in found if isinstance(c, Sum)}
    parts = frozenset(name for name in rows.columns if name.startswith("part "))
    assert sums == {("total", parts), ("both", frozenset({"first", "second"}))}
    linked = {name for c in found if c.type == "combinations" for name in c.names}
    assert linked == {"city", "country", "code", "line"}


@given(tables, st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_rows_of_any_values_are_completed_to_obey(rows: pd.DataFrame, seed: int) -> None:
    """Cells of different rows mixed, some fixed: every law holds where known cells allow it, and fixed cells stay."""
    schema, rng = schema_of(rows), np.random.default_rng(seed)
    cells = schema.encode(rows)
    mixed = np.stack([rng.permutation(column) for column in cells.T], 1)
    free = completed(schema.columns, schema.constraints, mixed)
    ruled = obeys(frame_of(schema, free), rows)
    assert all(ruled[name] for name in ("total", "both", "order")), ruled
    names = [column.name for column in schema.modelled]
    lost = np.zeros(cells.shape, dtype=bool)
    for group in (["city", "code", "line"], ["part 0", "total"], ["first", "both"], ["start", "end"]):
        each = rng.integers(0, len(group), len(cells))  # one cell of each law
        lost[np.arange(len(cells)), [names.index(group[i]) for i in each]] = True
    found = completed(schema.columns, schema.constraints, np.where(lost, mixed, cells), ~lost)
    assert (found[~lost] == cells[~lost]).all()
    assert not broken_rows(schema.columns, schema.constraints, found)
    sums = [names.index(name) for name in ("part 0", "total", "first", "both")]
    np.testing.assert_allclose(found[:, sums], cells[:, sums], atol=1e-6)


def test_independent_columns_have_no_constraints() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({f"x{i}": rng.normal(size=200).round(1) for i in range(6)})
    rows["many"] = [f"level {i}" for i in rng.integers(0, 90, 200)]  # two rows a level: agreement is chance
    rows["rare"] = np.where(np.arange(200) < 4, "yes", "no")
    rows["coarse"] = rng.integers(0, 3, 200)
    read = read_frame(rows)
    columns = learn_columns(read)
    assert learn_constraints(columns, encode_frame(columns, read)) == ()


WRONG: dict[str, tuple[Any, str]] = {
    "a sum that rows break": ({"type": "sum", "total": "free", "parts": ["part 0"]}, "must hold in every row"),
    "a sum of levels": ({"type": "sum", "total": "city", "parts": ["part 0"]}, "needs numbers, got 'city'"),
    "an order that rows break": ({"type": "order", "columns": ["end", "start"]}, "must hold in every row"),
    "an order of levels": ({"type": "order", "columns": ["city", "line"]}, "needs columns of numbers"),
    "no such column": ({"type": "sum", "total": "tatal", "parts": ["part 0"]}, "'tatal'"),
    "no such type": ({"type": "summ", "total": "total"}, "has no type 'summ'"),
    "a field too many": ({"type": "sum", "total": "total", "parts": ["part 0"], "x": 1}, "impossible 'x'"),
    "no mapping": ("total = a", "must be a mapping"),
    "too many numbers": ({"type": "combinations", "columns": ["city", "free"]}, "at most 512 distinct numbers"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_a_constraint_is_refused(case: str) -> None:
    entry, words = WRONG[case]
    schema = schema_of(lawful_table(0, rows=1200))
    with pytest.raises(InputError, match=re.escape(words)):
        learn_constraints(schema.columns, schema.encode(lawful_table(0, rows=1200)), read_constraints([entry]))


def test_a_schema_file_lists_constraints_and_reads_them_back(tmp_path: Path) -> None:
    rows = lawful_table(3)
    schema = schema_of(rows)
    path = tmp_path / "schema.json"
    path.write_bytes(written(editable(schema)))
    declared = declared_schema(path)
    assert declared.constraints is not None
    again = learn_constraints(schema.columns, schema.encode(rows), declared.constraints)
    assert [c.model_copy(update={"about": None}) for c in again] == list(schema.constraints)
    assert "rows" not in json.dumps(editable(schema)["constraints"])
    assert [c.names for c in declared_schema(declared.plain()).constraints or ()] == [c.names for c in again]
    assert declared_schema({"columns": {}, "constraints": []}).constraints == ()
