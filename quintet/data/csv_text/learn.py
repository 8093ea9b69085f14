"""How a column is written, learnt from its fields and its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from quintet.data.csv_text import number_text, time_text
from quintet.data.csv_text.arrow import arrow_modules
from quintet.data.csv_text.column_text import ColumnText, Form, Words
from quintet.data.csv_text.fields import QUOTING, quoted, unquoted
from quintet.data.csv_text.limits import WIDEST

SAMPLE = 2000
"""Most distinct fields from which a column's way of writing is learnt."""


class Cell(NamedTuple):
    """A distinct field, the value of the first cell with it, and how many cells have it."""

    field: str
    value: Any
    cells: int


def learn_column(fields: Any, column: Any, delimiter: str) -> ColumnText:
    """How a typed Arrow column (n,) is written, by its fields, an Arrow array (n,) of strings."""
    cells = _sample(fields, column)
    lost, kept = ([cell for cell in cells if (cell.value is None) == gone] for gone in (True, False))
    missing = _most_frequent((unquoted(cell.field), cell.cells) for cell in lost)
    texts = [unquoted(cell.field) for cell in kept]
    found = ColumnText(Words(), missing, *_spaces(texts, [cell.cells for cell in kept]))
    trimmed = [text.strip() for text in texts]
    values = _values(kept, column.type)
    found = _best(
        (replace(found, form=form) for form in _forms(trimmed, values, column.type)),
        lambda way: sum(own == text for own, text in zip(_unquoted(way, values), texts, strict=True)),
        len(texts),
    )

    def fitting(way: ColumnText) -> int:
        own = [*way.fields(values, delimiter), *(quoted(missing, way.quoting, delimiter, missing=True) for _ in lost)]
        return sum(cell.cells for cell, field in zip([*kept, *lost], own, strict=True) if cell.field == field)

    return _best((replace(found, quoting=rule) for rule in QUOTING), fitting, sum(cell.cells for cell in cells))


def _sample(fields: Any, column: Any) -> list[Cell]:
    """Distinct fields, spread over the column."""
    coded = fields.dictionary_encode()
    codes = coded.indices.to_numpy()
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    some = np.unique(np.linspace(0, len(first) - 1, SAMPLE).astype(int)) if len(first) > SAMPLE else slice(None)
    texts, values = fields.take(first[some]).to_pylist(), column.take(first[some]).to_pylist()
    return [Cell(*each) for each in zip(texts, values, counts[some].tolist(), strict=True)]


def _values(cells: Sequence[Cell], kind: Any) -> Any:
    """The values as ``column_text.distinct`` gives them."""
    pyarrow, _ = arrow_modules()
    values = [cell.value for cell in cells]
    if pyarrow.types.is_timestamp(kind):
        return pyarrow.array(values, kind).cast(pyarrow.int64()).to_numpy().view(f"M8[{kind.unit}]")
    return values


def _forms(texts: Sequence[str], values: Any, kind: Any) -> Iterator[Form]:
    types = arrow_modules()[0].types
    if types.is_timestamp(kind):
        yield from time_text.candidates(texts)
    elif types.is_boolean(kind):
        words = [
            _most_frequent((text, 1) for text, value in zip(texts, values, strict=True) if value == truth)
            for truth in (False, True)
        ]
        yield Words(tuple(words))
    elif not types.is_string(kind) and len(texts):
        yield from number_text.candidates(texts, types.is_integer(kind))
    yield Words()


def _spaces(texts: Sequence[str], counts: Sequence[int]) -> tuple[str, str, int]:
    """What stands before and behind the values, and the width to which they are filled up."""
    lengths = {len(text) for text in texts}
    if len(lengths) == 1 and len({len(text.strip()) for text in texts}) > 1:
        width = lengths.pop()
        return "", "", width if width <= WIDEST and all(text == text.rstrip() for text in texts) else 0
    left = _most_frequent((text[: len(text) - len(text.lstrip())], n) for text, n in zip(texts, counts, strict=True))
    right = _most_frequent((text[len(text.rstrip()) :], n) for text, n in zip(texts, counts, strict=True))
    return left, right, 0


def _unquoted(way: ColumnText, values: Any) -> list[str]:
    return replace(way, quoting="never").fields(values, "")


def _most_frequent(counted: Iterable[tuple[str, int]]) -> str:
    """The text with the largest sum of counts of those that a column's writing may have; "" without any."""
    sums = Counter[str]()
    for text, count in counted:
        if len(text) <= WIDEST:
            sums[text] += count
    return max(sums, key=lambda text: sums[text]) if sums else ""


def _best(ways: Iterable[ColumnText], fitting: Callable[[ColumnText], int], count: int) -> ColumnText:
    """The first of the ways that fit most cells; the ways after one that fits all are not tried."""
    found, most = None, -1
    for way in ways:
        fits = fitting(way)
        if fits > most:
            found, most = way, fits
        if fits == count:
            break
    assert found is not None
    return found
