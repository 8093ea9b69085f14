"""The columns of a table: learnt from a frame, and encoded to rows of cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from quintet.data.columns import date_text
from quintet.data.columns.answers import by_name
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.declared import Declared, check_names
from quintet.data.columns.declared_column import declared_column
from quintet.data.columns.frame import Frame, FrameColumn
from quintet.data.columns.frames import column_names
from quintet.data.columns.learn import ColumnLearner
from quintet.data.columns.left_out import LeftOut
from quintet.data.columns.times import Datetime, dates_of_text
from quintet.errors import InputError, warn

SHOWN = 5
"""Most columns that a sentence names."""


def learn_columns(frame: Frame, declared: Mapping[str, Declared] | None = None) -> tuple[AnyColumn, ...]:
    """The type of each column of a frame.

    Parameters
    ----------
    declared : what the user declares of columns, by their names; the rest is learnt.
    """
    if not frame.columns or not frame.rows:
        shape = f"{frame.rows} rows and {len(frame.columns)} columns"
        raise InputError(f"A table must have at least one row and one column, got {shape}.")
    known = declared or {}
    check_names(known, frame.names)
    columns = tuple(_learnt(column, known.get(column.name)) for column in frame.columns)
    refuse_unmodelled(columns)
    return columns


def refuse_unmodelled(columns: Sequence[AnyColumn]) -> None:
    """Refuse a table of which no column has a cell."""
    if not any(column.modelled for column in columns):
        named = ", ".join(f"{c.name!r} ({c.describe().removeprefix('left out: ')})" for c in columns[:SHOWN])
        raise InputError(f"A table must have at least one column to model, got {named}: give other columns.")


def hidden(frame: Frame, mask: Any) -> Frame:
    """The frame with the cells missing where ``mask``, (n, columns) or (columns,), is True."""
    gone = mask_of(frame.names, mask, frame.names, frame.rows)
    each = zip(frame.columns, np.broadcast_to(gone, (frame.rows, len(frame.columns))).T, strict=True)
    kept = (replace(c, values=replace(c.values, missing=c.values.missing | lost)) for c, lost in each)
    return replace(frame, columns=tuple(kept))


def mask_of(wanted: Sequence[str], mask: Any, names: Sequence[str], rows: int) -> npt.NDArray[np.bool_]:
    """A mask of the columns ``wanted``, (n, wanted) or (wanted,) of bool; False for those that it does not have.

    Parameters
    ----------
    mask : (rows, columns) or (columns,) in the order of ``names``, or a frame whose columns have their names.
    """
    names = column_names(mask) or names
    given = np.asarray(mask).astype(bool)
    shape = rows, len(names)
    if given.shape not in (shape, shape[1:]):
        raise InputError(
            f"mask must have the shape of the rows, {shape}, or of one row, {shape[1:]}, got {given.shape}; True marks "
            "a missing cell."
        )
    place = {name: j for j, name in enumerate(names)}
    none = np.zeros(given.shape[:-1], dtype=bool)
    return np.stack([given[..., place[name]] if name in place else none for name in wanted], -1)


def encode_frame(columns: Sequence[AnyColumn], frame: Frame, unread: Collection[str] = ()) -> npt.NDArray[np.float64]:
    """Rows of cells (n, modelled columns), NaN where missing.

    Columns may come in another order. A missing column is missing in all rows, with a warning; other columns are
    ignored.

    Parameters
    ----------
    unread : names of columns that count as missing in all rows, without a warning.

    Raises
    ------
    InputError
        If no modelled column is among those of the frame, or a column holds values of another type.
    """
    if frame.nameless and len(frame.columns) != len(columns):
        raise InputError(
            f"Rows without names must have the {len(columns)} columns of training "
            f"({_listed([c.name for c in columns])}), got {len(frame.columns)} features: give all, or a data frame."
        )
    found = {name: column for name, column in by_name(columns, frame).items() if name not in unread}
    modelled = [column for column in columns if column.modelled]
    lost = [column.name for column in modelled if column.name not in found and column.name not in unread]
    if lost and len(lost) == sum(column.name not in unread for column in modelled):
        raise InputError(
            f"The rows must have the columns of training ({_listed([c.name for c in modelled])}), got "
            f"{_listed(frame.names)}."
        )
    if lost:
        warn(
            f"The rows lack {'columns' if len(lost) > 1 else 'column'} {_listed(lost)} of training: every cell there "
            f"counts as missing{_unknown(frame, columns)}.",
        )
    out = np.full((frame.rows, len(modelled)), np.nan)
    for place, column in enumerate(modelled):
        if column.name in found:
            _warn_of_zone(column, found[column.name])
            out[:, place] = column.encode(found[column.name].values)
    return out


def _warn_of_zone(column: AnyColumn, found: FrameColumn) -> None:
    """Warn about times with a zone where training had none, or the reverse."""
    if not isinstance(column, Datetime) or found.values.array.dtype.kind != "M":
        return
    if (column.timezone is None) == (found.form.timezone is None) or found.values.missing.all():
        return
    had, got = (f"of the zone {zone}" if zone else "without a zone" for zone in (column.timezone, found.form.timezone))
    warn(
        f"Column {column.name!r} held times {had} in training, got times {got}: those without a zone count as UTC.",
    )


def notes(columns: Sequence[AnyColumn]) -> list[str]:
    """A sentence about the columns, and one about those that are left out."""
    if not columns:
        return []
    kinds: dict[str, int] = {}
    for column in columns:
        if column.modelled:
            kinds[column.type] = kinds.get(column.type, 0) + 1
    out = [
        f"{len(columns)} column{'s' if len(columns) > 1 else ''}: "
        + ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    ]
    coded = [(c.name, code) for c in columns for code in c.missing_codes]
    if coded:
        named = ", ".join(f"{code} in {name!r}" for name, code in coded)
        out.append(f"numbers far from all others, which count as missing: {named}")
    left = [column for column in columns if isinstance(column, LeftOut)]
    if left:
        named = ", ".join(f"{column.name!r} ({column.describe().removeprefix('left out: ')})" for column in left)
        out.append(f"columns that the model leaves out, which compressed files keep verbatim: {named}")
    return out


def _learnt(column: FrameColumn, declared: Declared | None) -> AnyColumn:
    found = _with_dates(column, declared)
    learner = ColumnLearner(column.name, found.dtype, found.ordered, found.form)
    learner.update(found.values)
    return learner.column() if declared is None else declared_column(learner, declared)


def _with_dates(column: FrameColumn, declared: Declared | None) -> FrameColumn:
    """A column of text in one format of dates as points in time; the column itself where it is declared otherwise."""
    wanted = None if declared is None else declared.type
    values = column.values
    if column.dtype not in ("string", "object") or values.missing.all() or wanted not in (None, "datetime"):
        return column
    texts = values.present.tolist()
    date_format = date_text.format_of(texts)
    found = None if date_format is None else dates_of_text(values)
    if date_format is None or found is None:
        _warn_of_dates(column.name, texts)
        return column
    form = replace(column.form, date_format=date_format, timezone=date_text.zone_of(date_format))
    return replace(column, dtype=found.array.dtype.name, values=found, form=form)


def _warn_of_dates(name: str, texts: list[object]) -> None:
    """Warn about text that is almost a column of dates."""
    if date_text.share_of_dates(texts) < date_text.MOSTLY:
        return
    first = texts[0] if date_text.format_of(texts[:1]) else next(text for text in texts if date_text.format_of([text]))
    own = date_text.format_of([first])
    odd = next(text for text in texts if date_text.format_of([text]) != own)
    warn(
        f"Column {name!r} holds dates in several formats, or other text among dates, such as {str(first)[:40]!r} and "
        f"{str(odd)[:40]!r}: it stays text; write all in one format, such as YYYY-MM-DD.",
    )


def _unknown(frame: Frame, columns: Sequence[AnyColumn]) -> str:
    """The columns that training did not have, which are not read: one of them may be a lacking one, misspelt."""
    new = [name for name in frame.names if name not in {column.name for column in columns}]
    return f"; {_listed(new)} {'are' if len(new) > 1 else 'is'} not among those of training, and ignored" if new else ""


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:SHOWN]))
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
