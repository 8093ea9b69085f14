"""Columns in words, a line for each."""

from __future__ import annotations

from collections.abc import Sequence

from quintet.data.columns.any_column import AnyColumn


def listed(column: AnyColumn) -> tuple[str, str, str]:
    """Name, type and values of a column; why it is left out, of one without a cell."""
    kind, _, values = column.describe().partition(", " if column.modelled else ": ")
    return column.name, kind, values


def column_lines(columns: Sequence[AnyColumn]) -> list[str]:
    """Aligned lines of name, type and values."""
    cells = [listed(column) for column in columns]
    widths = [max(map(len, texts)) for texts in zip(*cells, strict=True)]
    return ["  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
