"""Checks of a table's header: that it is there, and that its columns have names of their own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import compute

from quintet.data.readers.text_cells import number_or_none
from quintet.errors import FileRefused, warn


def checked_names(names: list[str], path: Path) -> None:
    """Refuse an empty line, a line of numbers, and names that stand twice."""
    given = [name for name in names if name]
    if not given:
        raise FileRefused(f"{path} must start with a line of column names, got an empty line.")
    counted = [str(i) for i in range(len(given))], [str(i + 1) for i in range(len(given))]
    if all(number_or_none(name) is not None for name in given) and given not in counted:
        raise FileRefused(
            f"{path} must start with a header, got a first line of numbers: put a line of column names first."
        )
    twice = next((name for name, count in Counter(given).items() if count > 1), None)
    if twice is not None:
        raise FileRefused(
            f"Columns must have different names, got two named {twice!r} in {path}: rename one, or put a line of "
            "column names first if there is none."
        )


def named_once(names: list[str], path: str | Path) -> None:
    """Refuse two columns of one name, and a column without a name."""
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise FileRefused(f"Columns must have different names, got two named {twice!r} in {path}: rename one.")
    if "" in names:
        raise FileRefused(f"Columns must have names, got none for column {names.index('') + 1} of {path}: name it.")


def named_columns(names: list[str], columns: list[Any], path: Path) -> list[int]:
    """Indices of the columns that have a name.

    A column without a name is left out where it is empty, and where it is the first and holds the row numbers that
    pandas writes as index, with a warning; any other raises FileRefused.
    """
    kept = []
    for i, (name, column) in enumerate(zip(names, columns, strict=True)):
        if name:
            kept.append(i)
        elif compute.all(compute.equal(compute.utf8_trim_whitespace(column), "")).as_py():
            continue
        elif i == 0 and _is_index(column):
            warn(
                f"The first column of {path} has no name and numbers the rows, as the index of a data frame does: it "
                "was left out; give it a name to keep it.",
            )
        else:
            raise FileRefused(f"Columns must have names, got none for column {i + 1} of {path}: name it.")
    return kept


def _is_index(column: Any) -> bool:
    """Whether the cells are different whole numbers."""
    whole = compute.match_substring_regex(column, r"^(0|[1-9]\d{0,17})$")
    return bool(compute.all(whole).as_py()) and compute.count_distinct(column).as_py() == len(column)


def check_header_is_no_row(names: list[str], columns: list[Any], path: Path) -> None:
    """Refuse a first line whose cells are like those below: numbers over numbers, and a text that stands there again.

    ``columns`` are typed, each (rows,).
    """
    numbers = texts = others = 0
    for name, column in zip(names, columns, strict=True):
        if pyarrow.types.is_string(column.type):
            again = compute.any(compute.equal(column, name)).as_py()
            texts, others = texts + bool(again), others + (not again)
        else:
            number = number_or_none(name) is not None and not pyarrow.types.is_boolean(column.type)
            numbers, others = numbers + number, others + (not number)
    if texts and (numbers or not others):
        raise FileRefused(
            f"{path} must start with a header, got a first line that is a row like those below ({', '.join(names[:3])}"
            f"{', ...' if len(names) > 3 else ''}): put a line of column names first."
        )
