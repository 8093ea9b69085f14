"""The rows that ``fit`` is given -> their schema, and the rows that training goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from quintet.data import binarisation, row_fingerprints
from quintet.data.cell_checks import check_cells
from quintet.data.columns.declared import Declared
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.dataset import Rows, row_weights
from quintet.data.frame_columns import FrameColumns, is_table, learn_table
from quintet.data.large.array_schema import infer_stored
from quintet.data.large.file_guard import guard_of
from quintet.data.large.stored_rows import is_large, stored_rows
from quintet.data.large.stored_table import IN_MEMORY, StoredTable
from quintet.data.mapped_rows import is_pixels, mapped_rows
from quintet.data.row_shape import as_rows
from quintet.data.schema import Array, Schema
from quintet.data.sequences.calendar import Clock
from quintet.data.shared_units import with_shared_units
from quintet.errors import InputError
from quintet.estimators._input import user_rows
from quintet.estimators._input.holdout import Split
from quintet.models.variant import Variant


def rows_for_training(
    X: Any,
    array: Array,
    y: Any,
    mask: Any,
    weight: Array | None,
    *,
    kind: str,
    variant: Variant,
    seed: int,
    known: Schema | None,
    columns: FrameColumns | None = None,
    movable: bool = False,
    sequential: bool = False,
) -> tuple[Schema, Rows]:
    """The schema, and the rows with their weights.

    Parameters
    ----------
    known : the schema of a model whose training continues.
    y : the condition of each row, or the rows' ``Clock``.
    columns : the columns of a table, whose cells ``array`` holds.
    movable : whether cells of images may move to other pixels, which then share their units.
    sequential : whether rows are series (steps,) or (steps, channels).
    """
    if kind == binarisation.KIND:
        schema, rows = _chances(X, array, y, mask, weight, variant, seed, known)
        return schema.model_copy(update={"constant": ()}) if movable else schema, rows
    if columns is not None:
        schema = known or columns.schema(array, y, variant.unlabelled)
        mask = user_rows.mask_of_cells(mask, schema, X)
        if known is None and mask is not None:
            schema = schema.model_copy(update={"missing": True})
    else:
        stored = is_large(array) and array.dtype.kind == "f" and mask is None
        infer = infer_stored if stored else Schema.infer
        about = (kind, variant.unlabelled, sequential) if stored else (kind, mask, variant.unlabelled, sequential)
        clock, y = (y, None) if isinstance(y, Clock) else (None, y)
        schema = known or infer(X, y, *about)
        if clock is not None:
            schema, y = schema.model_copy(update={"calendar": clock.calendar}), clock.turns
        if movable and schema.is_image:
            schema = with_shared_units(schema) if known is None else schema.model_copy(update={"constant": ()})
    _refuse(variant, schema)
    if is_large(array) and not is_pixels(array, schema):
        rows = _stored(array, schema, y, mask, weight)
        return schema if known is None else schema.fits_parts(array), rows
    if known is not None:
        check_cells(*as_rows(array, schema, mask), schema.kind)
    rows = mapped_rows(Rows.of(array, schema, y, mask, weight, partly=True), array)
    return schema if known is None else schema.fits(array, _observed(schema, rows)), rows


def training_cells(
    X: Any,
    kind: str,
    mask: Any,
    known: Schema | None,
    declared: Mapping[str, Declared] | None = None,
    constraints: Sequence[AnyConstraint] | None = None,
    sequential: bool = False,
) -> tuple[Array, FrameColumns | None]:
    """The cells of the training rows, (n, *row_shape), and the columns if the rows are those of a table.

    Columns and constraints are as declared, and else learnt from the cells that ``mask`` leaves. Where rows are
    ``sequential``, a frame's columns are steps.
    """
    if isinstance(X, StoredTable):
        return _stored_cells(X, kind, known, declared, constraints, sequential)
    if known is not None:
        table = FrameColumns(known.columns, known.container) if known.columns else None
        return user_rows.cells_of(X, known), table
    if sequential or not is_table(X, kind, mask):
        return user_rows.numbers(X), None
    return learn_table(X, mask, declared, constraints)


def _stored_cells(
    X: StoredTable,
    kind: str,
    known: Schema | None,
    declared: Mapping[str, Declared] | None,
    constraints: Sequence[AnyConstraint] | None,
    sequential: bool,
) -> tuple[Array, FrameColumns]:
    """As ``training_cells``, of a table that is not in memory: its columns have a type each."""
    if sequential or kind not in ("auto", "columns") or (known is not None and not known.columns):
        asked = "layout='steps'" if sequential else f"kind={kind!r}" if known is None else f"a model of {known.kind!r}"
        raise InputError(
            f"Tables of more than {IN_MEMORY // 2**20} MiB are rows of typed columns (kind='columns'), got {asked}: "
            "write the cells to an .npy file, whose rows may be of any kind."
        )
    if known is not None:
        return X.encoded(known.columns), FrameColumns(known.columns, known.container)
    return X.learnt(declared, constraints)


def _stored(array: Array, schema: Schema, y: Any, mask: Any, weight: Array | None) -> Rows:
    """Rows that stay in their mapped file."""
    if mask is not None:
        raise InputError(
            f"mask cannot be given for rows that are not in memory ({4 * array.size / 2**30:.1f} GB): leave missing "
            "cells empty, or NaN."
        )
    condition = schema.encode_condition(y, len(array), True)
    return stored_rows(array, schema, condition, row_weights(weight, len(array)), guard_of(array))


def validation_rows(estimator: Any, given: Any, schema: Schema, variant: Variant, seed: int) -> Rows:
    """Rows given for validation: X, or (X, y) for a conditional variant."""
    X, y = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    if variant.conditional and y is None:
        raise InputError("X_val of a conditional variant needs its conditions: give X_val=(X, y).")
    condition = y if variant.conditional else None
    if estimator.kind != binarisation.KIND:
        return user_rows.rows_of(estimator, X, schema, condition, partly=True)[0]
    array = user_rows.numbers(X)
    user_rows.check_features(estimator, X, array)
    return _chances(X, array, condition, None, None, variant, seed, schema)[1]


def description(schema: Schema, rows: Rows) -> str:
    """What the rows were found to be, for people."""
    if rows.chances is None:
        return schema.describe()
    return f"{schema.describe()}, drawn anew in each batch with the chances grey / {rows.chances.top}"


def training_fingerprints(array: Array, schema: Schema, rows: Rows) -> Array:
    """The fingerprint of each row, (n,), by the cells as the user gave them."""
    return row_fingerprints.fingerprints(array, schema, _observed(schema, rows))


def drawn_once(parts: Split) -> Split:
    """The parts with their zeros and ones drawn once, for everything but the training, which draws them anew."""
    train = parts.train.drawn_once()
    apart = parts.calibration is not parts.train
    watched = None if parts.validation is None else parts.validation.drawn_once(1)
    held = parts.calibration.drawn_once(2) if apart else train
    others = tuple(drawn_once(other) for other in parts.others)
    return replace(parts, train=train, validation=watched, calibration=held, others=others)


def _observed(schema: Schema, rows: Rows) -> Array | None:
    """Which cells are there, (n, *row_shape)."""
    return None if rows.observed is None else schema.to_user_layout(rows.observed.numpy())


def _refuse(variant: Variant, schema: Schema) -> None:
    if refusal := variant.refuses(schema):
        raise InputError(refusal)


def _chances(
    X: Any,
    array: Array,
    y: Any,
    mask: Any,
    weight: Array | None,
    variant: Variant,
    seed: int,
    known: Schema | None,
) -> tuple[Schema, Rows]:
    """Grey rows, of which each batch draws zeros and ones."""
    grey = binarisation.grey_schema(X, y, mask, variant.unlabelled, array)
    if known is not None:
        if not known.is_boolean:
            raise InputError(f"kind must stay {known.kind!r} where training continues, got 'binarised'.")
        grey = grey.model_copy(update={"row_shape": known.row_shape, "condition": known.condition})
    _refuse(variant, binarisation.binary_schema(grey, 0.0))
    rows = Rows.of(array, grey, y, mask, weight, partly=True)
    rows = replace(rows, chances=binarisation.Chances(binarisation.top_of(grey), seed))
    if known is not None:
        return known.fits(array / binarisation.top_of(grey), _observed(known, rows)), rows
    cells = rows.values.numel() if rows.observed is None else int(rows.observed.sum())
    return binarisation.binary_schema(grey, float(rows.values.double().sum()) / max(cells, 1)), rows
