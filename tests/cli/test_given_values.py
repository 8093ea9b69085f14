"""Levels as messages and `quintet schema` list them are read back by --given and --balance, whatever their text."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from quintet.cli.given import balanced_column, given_columns
from quintet.data.columns.levels import CategoricalColumn
from quintet.data.schema import Schema
from quintet.errors import quoted

texts = st.text(st.sampled_from('ab ,;"=:.\n') | st.characters(codec="utf-8"), min_size=1, max_size=6)
several = st.lists(texts, min_size=1, max_size=4, unique=True)


def schema(levels: Sequence[str]) -> Schema:
    column = CategoricalColumn(name="town", dtype="string", levels=tuple(levels))
    return Schema(kind="columns", row_shape=(1,), dtype="float64", columns=(column,), loc=(0.0,), scale=(1.0,))


@given(several)
def test_levels_that_are_listed_in_quotes_are_given_back(levels: list[str]) -> None:
    column = schema(levels)
    shown = column.columns[0].describe().partition(": ")[2]
    assert shown == ", ".join(map(quoted, levels))
    (wanted,) = (given_columns([f"town={shown}"], column) or {}).values()
    assert ([wanted] if isinstance(wanted, str) else wanted) == levels


@given(several)
def test_shares_of_levels_in_quotes_are_read(levels: list[str]) -> None:
    text = ",".join(f"{quoted(level)}:{i / 10}" for i, level in enumerate(levels))
    assert balanced_column(f"town={text}", schema(levels)) == {
        "town": {level: i / 10 for i, level in enumerate(levels)}
    }


def test_plain_names_are_listed_without_quotes() -> None:
    assert (
        ", ".join(map(quoted, ["HS-grad", "<=50K", 7, True, "St. John's"])) == 'HS-grad, <=50K, 7, True, "St. John\'s"'
    )
    assert [quoted(name) for name in ("", " a", "a,b", 'say "a"')] == ['""', '" a"', '"a,b"', '"say ""a"""']
