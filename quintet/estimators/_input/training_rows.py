"""The rows that ``fit`` is given -> their schema, and the rows that training goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quintet.data import binarisation, row_fingerprints
from quintet.data.cell_checks import check_cells
from quintet.data.cell_kinds import find_kind
from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.declared import Declared
from quintet.data.columns.frame import Container
from quintet.data.columns.frames import column_names, is_mixed, read_frame
from quintet.data.columns.table import encode_frame, hidden, learn_columns, mask_of
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.constraints.learn import learn_constraints, unrounded
from quintet.data.dataset import Rows
from quintet.data.mapped_rows import mapped_rows
from quintet.data.observed_cells import observed_cells
from quintet.data.readers.frames import to_numpy
from quintet.data.row_shape import as_rows
from quintet.data.schema import Array, Schema
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
) -> tuple[Schema, Rows]:
    """The schema, and the rows with their weights.

    Parameters
    ----------
    known : the schema of a model whose training continues.
    columns : the columns of a table, whose cells ``array`` holds.
    movable : whether cells of images may move to other pixels, which then share their units.
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
        schema = known or Schema.infer(X, y, kind, mask, unlabelled=variant.unlabelled)
        if movable and schema.is_image:
            schema = with_shared_units(schema) if known is None else schema.model_copy(update={"constant": ()})
    _refuse(variant, schema)
    if known is not None:
        check_cells(*as_rows(array, schema, mask), schema.kind)
    rows = mapped_rows(Rows.of(array, schema, y, mask, weight, partly=True), array)
    return schema if known is None else schema.fits(array, _observed(schema, rows)), rows


@dataclass(frozen=True)
class FrameColumns:
    """The columns of a table, the library of its frame, and the constraints of its rows."""

    columns: tuple[AnyColumn, ...]
    container: Container
    constraints: tuple[AnyConstraint, ...] = ()

    def schema(self, cells: Array, y: Any = None, unlabelled: Any = None) -> Schema:
        """The schema of the table; arguments as of ``Schema.of_columns``."""
        return Schema.of_columns(self.columns, self.container, cells, y, unlabelled, self.constraints)


def is_table(X: Any, kind: str, mask: Any = None) -> bool:
    """Whether ``fit`` takes X as a table, whose columns have a type each, and not as an array of cells of one kind.

    Parameters
    ----------
    kind : the parameter of the estimator; "auto": tables are rows of mixed values, and frames of numbers that are
        neither pixels nor zeros and ones.
    mask : as in ``fit``.
    """
    if kind != "auto":
        return kind == "columns"
    return is_mixed(X) or _is_frame_of_measurements(X, mask)


def _is_frame_of_measurements(X: Any, mask: Any) -> bool:
    """Whether X is a frame whose cells are of kind "real", or share no type."""
    names = column_names(X)
    if not names or not len(X):
        return False
    try:
        array, _ = to_numpy(X)
    except InputError:
        return True  # whole numbers beyond 2**53 beside floats: each column keeps its own
    gone = None if mask is None else mask_of(names, mask, names, len(array))
    return find_kind(array, observed_cells(array, gone)) == "real"


def training_cells(
    X: Any,
    kind: str,
    mask: Any,
    known: Schema | None,
    declared: Mapping[str, Declared] | None = None,
    constraints: Sequence[AnyConstraint] | None = None,
) -> tuple[Array, FrameColumns | None]:
    """The cells of the training rows, (n, *row_shape), and the columns if the rows are those of a table.

    Columns and constraints are as declared, and else learnt from the cells that ``mask`` leaves.
    """
    if known is not None:
        table = FrameColumns(known.columns, known.container) if known.columns else None
        return user_rows.cells_of(X, known), table
    if not is_table(X, kind, mask):
        return user_rows.numbers(X), None
    frame = read_frame(X) if mask is None else hidden(read_frame(X), mask)
    columns = learn_columns(frame, declared)
    cells = encode_frame(columns, frame)
    laws = learn_constraints(columns, cells, constraints)
    return cells, FrameColumns(unrounded(columns, laws), frame.container, laws)


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
