"""Columns of text to typed columns: numbers, True and False, dates, else text; missing cells are null."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import compute

from quintet.data.readers.arrow import dates, numbers
from quintet.data.readers.arrow.near_misses import MOSTLY, near_miss
from quintet.data.readers.text_cells import DATE, MISSING, MISSING_NUMBER, Mark
from quintet.errors import FileRefused, warn

NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


@dataclass(frozen=True)
class TextColumn:
    """Cells as text, trimmed: distinct ``texts`` and the ``codes``, (rows,), that point to them."""

    name: str
    texts: Any
    codes: Any

    @classmethod
    def of(cls, name: str, cells: Any) -> TextColumn:
        """From a chunked array of strings, (rows,)."""
        coded = compute.dictionary_encode(cells).combine_chunks()
        return cls(name, compute.utf8_trim_whitespace(coded.dictionary), coded.indices)

    def present(self, missing: frozenset[str]) -> Any:
        """The distinct texts that are no missing code."""
        return self.texts.filter(compute.invert(compute.is_in(self.texts, pyarrow.array(sorted(missing)))))

    def with_values(self, values: Any, missing: frozenset[str]) -> Any:
        """The column with a value for each present text, (rows,); missing cells are null."""
        absent = compute.is_in(self.texts, pyarrow.array(sorted(missing))).to_numpy(zero_copy_only=False)
        places = pyarrow.array(np.cumsum(~absent) - 1, mask=absent)
        return values.take(places).take(self.codes)

    def row(self, text: str) -> int:
        """The first row that holds the text."""
        wanted = compute.indices_nonzero(compute.equal(self.texts, text))
        return int(compute.indices_nonzero(compute.is_in(self.codes, wanted.cast(self.codes.type)))[0].as_py())


def typed_columns(columns: Sequence[TextColumn], delimiter: str, path: Path, line: Callable[[int], int]) -> list[Any]:
    """The type that all cells of a column agree on, each an Arrow array (rows,).

    Parameters
    ----------
    delimiter : beside ";" commas are decimal marks where the numbers leave it open.
    line : the line of the file in which a row stands, for errors and warnings.
    """
    present = [column.present(MISSING_NUMBER) for column in columns]
    possible = [numbers.marks(texts) for texts in present]
    settled = Counter(next(iter(found)) for found in possible if len(found) == 1)
    out = []
    for column, texts, found in zip(columns, present, possible, strict=True):
        values = None
        if not len(texts):
            values = pyarrow.nulls(0, pyarrow.float64())
        elif found:
            values = _numbers(column, texts, found, settled, delimiter, path, line)
        else:
            values = _truths(texts)
            if values is None:
                values = _dates(column, texts, path)
        out.append(_text(column, path, line) if values is None else column.with_values(values, MISSING_NUMBER))
    return out


def _numbers(
    column: TextColumn,
    texts: Any,
    found: frozenset[Mark],
    settled: Counter[Mark],
    delimiter: str,
    path: Path,
    line: Callable[[int], int],
) -> Any | None:
    """Numbers by the only decimal mark that fits, else by the one that the file's other columns settle."""
    mark: Mark = next(iter(found))
    if len(found) == 2:
        mark, sure = _open_mark(texts, settled, delimiter)
        if not sure and numbers.is_open(texts):
            parts = "decimals" if mark == "," and _has(texts, ",") else "thousands"
            warn(
                f"Column {column.name!r} of {path} holds numbers such as {_example(texts, '[.,]')!r}, whose mark may "
                f"separate thousands or decimals; it was read as separating {parts}: write numbers with decimal points "
                "and without separators of thousands."
            )
    try:
        return numbers.parse_numbers(texts, mark)
    except numbers.Rounded as rounded:
        text = texts[rounded.index].as_py()
        raise inexact(column.name, text, path, line(column.row(text))) from rounded


def _open_mark(texts: Any, settled: Counter[Mark], delimiter: str) -> tuple[Mark, bool]:
    """The mark of numbers that are legal with either, such as 1,234 or 1.234, and whether it is sure."""
    only = next(iter(settled)) if len(settled) == 1 else None
    if _has(texts, ","):
        return (only, True) if only else ("," if delimiter == ";" else ".", False)
    return (",", False) if only == "," and _has(texts, ".") else (".", True)


def inexact(name: str, text: str, path: Path, line: int) -> FileRefused:
    """The error for a whole number that float64 would round."""
    return FileRefused(
        f"{path}, line {line}: column {name!r} holds {text!r}, which float64 cannot represent exactly: leave such "
        f"identifiers out, or name the column as label= (--label)."
    )


def _truths(texts: Any) -> Any | None:
    lower = compute.utf8_lower(texts)
    legal = compute.all(compute.is_in(lower, pyarrow.array(["true", "false"]))).as_py()
    return compute.equal(lower, "true") if legal else None


def _dates(column: TextColumn, texts: Any, path: Path) -> Any | None:
    found = dates.parse_dates(texts)
    if found is None:
        return None
    times, assumed = found
    if assumed:
        warn(
            f"Column {column.name!r} of {path} holds dates such as {texts[0].as_py()!r}, in which day and month may be "
            f"exchanged; they were read {assumed}: write them as YYYY-MM-DD."
        )
    return times


def _text(column: TextColumn, path: Path, line: Callable[[int], int]) -> Any:
    """The column as text, with a warning if its cells, or nearly all of them, are numbers or dates."""
    texts = column.present(MISSING)
    counts = np.bincount(column.codes.to_numpy(), minlength=len(column.texts))
    absent = compute.is_in(column.texts, pyarrow.array(sorted(MISSING_NUMBER))).to_numpy(zero_copy_only=False)
    found = near_miss(column.texts, np.where(absent, 0, counts))
    if found is not None:
        warn(f"Column {column.name!r} of {path} holds {found}.")
        return column.with_values(texts, MISSING)
    for kind, pattern in (("numbers", NUMBER), ("dates", DATE)):
        fits = compute.match_substring_regex(column.texts, pattern).to_numpy(zero_copy_only=False)
        share = counts[fits].sum() / max(1, counts[~absent].sum())
        if MOSTLY <= share < 1:
            odd = column.texts[int(np.flatnonzero(~fits & ~absent)[0])].as_py()
            shown = odd if len(odd) <= 40 else odd[:37] + "..."
            warn(
                f"{path}, line {line(column.row(odd))}: column {column.name!r} holds {shown!r} among {kind} and was "
                "read as text: correct the cell, or leave it empty."
            )
    return column.with_values(texts, MISSING)


def _has(texts: Any, character: str) -> bool:
    return bool(compute.any(compute.match_substring(texts, character)).as_py())


def _example(texts: Any, pattern: str) -> str:
    return str(texts.filter(compute.match_substring_regex(texts, pattern))[0].as_py())
