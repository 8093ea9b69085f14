"""Rows of cells -> the values of each column as a frame writes them, with the user's own where they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from quintet.data.columns import date_text
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array
from quintet.data.columns.frame import Frame, FrameColumn


def decode_cells(columns: Sequence[AnyColumn], cells: Array, frame: Frame | None = None) -> dict[str, Array]:
    """Legal values of every column, (n,) each, from rows of cells (n, modelled columns).

    Parameters
    ----------
    frame : where dates are text, numbers are decimal, ... as in this frame; None: as in training.
    """
    places = {column.name: place for place, column in enumerate(c for c in columns if c.modelled)}
    missing = np.full(len(cells), np.nan)
    asked = {} if frame is None else by_name(columns, frame)
    return {
        c.name: written(c, c.decode(cells[:, places[c.name]] if c.modelled else missing), asked.get(c.name))
        for c in columns
    }


def overlay(decoded: Mapping[str, Array], columns: Sequence[AnyColumn], frame: Frame, kept: Array) -> dict[str, Array]:
    """Decoded values with the user's own where ``kept`` (n, modelled columns) is True, and in columns left out."""
    found, place, out = by_name(columns, frame), 0, dict(decoded)
    for column in columns:
        mine = np.ones(frame.rows, dtype=bool)
        if column.modelled:
            mine, place = kept[:, place], place + 1
        if column.name in found:
            asked = found[column.name]
            out[column.name] = _merged(decoded[column.name], asked.own, mine & ~asked.values.missing)
    return out


def written(column: AnyColumn, values: Array, asked: FrameColumn | None = None) -> Array:
    """Decoded values (n,) as a frame writes them: dates as text, numbers as ``decimal.Decimal``.

    Parameters
    ----------
    asked : the column of the frame; None, or without a value: as in training.
    """
    if asked is not None and asked.values.missing.all():
        asked = None
    if values.dtype.kind == "M":
        if asked is None:
            return values if column.date_format is None else date_text.write(values, column.date_format)
        if asked.values.array.dtype.kind != "O":
            return values
        formats = (date_text.format_of(asked.values.present.tolist()), column.date_format)
        exact = (text for form in formats if form and (text := _exact_text(values, form)) is not None)
        return next(exact, date_text.write(values, date_text.plain_format(np.datetime_data(values.dtype)[0])))
    decimal = column.decimal
    if asked is not None:
        decimal = (column.decimal or asked.form.decimal) if asked.form.decimal else None
    return values if decimal is None or values.dtype.kind not in "iuf" else _decimals(values, decimal[1])


def times_of_day(spans: Array) -> Array:
    """Spans since midnight as ``datetime.time`` with microseconds, an object array; None for NaT."""
    out = np.empty(len(spans), dtype=object)
    moments = (np.datetime64(0, "us") + spans.astype("m8[us]")).tolist()
    out[:] = [None if moment is None else moment.time() for moment in moments]
    return out


def by_name(columns: Sequence[AnyColumn], frame: Frame) -> dict[str, FrameColumn]:
    """Columns of the frame by the names of training; rows without names are matched by their order."""
    if frame.container == "array" and len(frame.columns) == len(columns):
        return {column.name: found for column, found in zip(columns, frame.columns, strict=True)}
    return {found.name: found for found in frame.columns}


def _exact_text(times: Array, date_format: str) -> Array | None:
    """Points in time in a format of text; None if it drops digits of one of them."""
    texts, here = date_text.write(times, date_format), ~np.isnat(times)
    back = date_text.parse(texts[here].tolist())
    return texts if back is not None and (back == times[here]).all() else None


def _decimals(values: Array, scale: int) -> Array:
    """Numbers as ``decimal.Decimal`` with ``scale`` decimals, an object array; None for NaN."""
    out = np.empty(len(values), dtype=object)
    out[:] = [None if value != value else Decimal(f"{value:.{scale}f}") for value in values.tolist()]
    return out


def _merged(decoded: Array, own: Array, mine: Array) -> Array:
    """The user's ``own`` values where ``mine``, else ``decoded``, in the type of the former if both fit it."""
    if mine.all():
        return own
    if decoded.dtype != own.dtype and not (own.dtype.kind in "iu" and decoded.dtype.kind in "iu"):
        both = object if "O" in (own.dtype.kind, decoded.dtype.kind) else np.result_type(own, decoded)
        if own.dtype.kind in "iu" and own.size and int(np.abs(own.astype(object)).max()) > 2**53:
            both = object
        own, decoded = own.astype(both), decoded.astype(both)
    return np.where(mine, own, decoded)
