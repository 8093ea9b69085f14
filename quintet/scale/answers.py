"""The answer to one question about a batch of rows, as Arrow columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow

from quintet.data.readers.frames import to_labels
from quintet.data.schema import Array, Schema
from quintet.data.writers.frame_files import arrow_frame, arrow_table
from quintet.errors import InputError
from quintet.scale.cells import CellColumns, generated_columns
from quintet.scale.question import Question

if TYPE_CHECKING:
    from quintet.estimators import VAE

Columns = dict[str, Any]
ROW, LABEL, WHERE = "row", "label", "where"


def condition_of(table: pyarrow.Table, question: Question) -> Array | None:
    """The condition of each row, (n,) or (n, columns), from the columns that the question names."""
    if not question.condition:
        return None
    lacking = [name for name in question.condition if name not in table.column_names]
    if lacking:
        raise InputError(f"The source has no column {lacking[0]!r} of the condition: name columns that it has.")
    labels, _ = to_labels(table.select(list(question.condition)))
    return labels[:, 0] if labels.shape[1] == 1 else labels


def detect(vae: VAE, rows: Any, condition: Any, question: Question, cells: CellColumns) -> Columns:
    """Score, p-value and decision of each row, the strangest column of a table, and the surprise of each cell."""
    found = vae.detect(rows, condition=condition, **question.options)
    columns: Columns = {"score": found.scores, "p_value": found.p_values, "is_anomaly": found.is_anomaly}
    if found.columns:
        columns["strangest_column"] = found.strangest_columns().astype(object)
    if not question.where:
        return columns
    flat = found.where.reshape(len(found.where), -1)
    if cells.listed:
        return columns | {WHERE: pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(flat.reshape(-1)), flat.shape[1])}
    names = found.columns or cells.names
    return columns | {f"{WHERE}_{name}": np.ascontiguousarray(flat[:, j]) for j, name in enumerate(names)}


def transform(vae: VAE, rows: Any, condition: Any) -> Columns:
    """The latents of each row, z0, z1, ..."""
    z = vae.transform(rows, condition)
    return {f"z{j}": np.ascontiguousarray(z[:, j]) for j in range(z.shape[1])}


def filled(vae: VAE, rows: Any, condition: Any, question: Question, first_row: int) -> Any:
    """The rows of ``impute`` or ``denoise``: a table of columns, or an array (n, *row_shape)."""
    if question.name == "impute":
        return vae.impute(rows, condition=condition, first_row=first_row, **question.options)
    if question.lacks_noise:
        raise InputError(
            "denoise in batches needs the kind of noise, since noise='auto' chooses it from the rows of one call: give "
            "noise=, or the report of vae.denoise(some rows, return_report=True)."
        )
    return vae.denoise(rows, condition=condition, **question.options)


def filled_columns(answer: Any, schema: Schema, cells: CellColumns, source: pyarrow.Schema) -> Columns:
    """The answer of ``filled`` as columns."""
    if isinstance(answer, pyarrow.Table):
        return {name: answer.column(name) for name in answer.column_names if name in cells.names}
    return dict(cells.columns(answer, schema, source))


def generated(vae: VAE, n: int, condition: Any, question: Question, first_row: int) -> Columns:
    """New rows as columns; those of a conditional model that chose the conditions have these too."""
    schema = vae.schema_
    rows, drawn = vae.generate(n, condition, first_row=first_row, return_condition=True, **question.options)
    if schema.columns:
        if isinstance(rows, np.ndarray):
            rows = arrow_table(dict(zip([c.name for c in schema.columns], rows.T.tolist(), strict=True)))
        table = arrow_frame(rows, "generate")
        columns: Columns = {name: table.column(name) for name in table.column_names}
    else:
        columns = dict(generated_columns(schema).columns(rows, schema))
    return columns if condition is not None else columns | _conditions(drawn, schema)


def _conditions(drawn: Any, schema: Schema) -> Columns:
    """The conditions of generated rows as columns; none of condition images."""
    if drawn is None or np.ndim(drawn) > 2 or schema.condition is None:
        return {}
    if np.ndim(drawn) == 1:
        return {LABEL: drawn}
    return {column.name: drawn[:, j] for j, column in enumerate(schema.condition.columns)}
