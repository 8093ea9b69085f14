"""Rows, tables of columns and arrays written to the output of a command."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from quintet.cli import output
from quintet.cli.output import FRAMES
from quintet.cli.output_table import OutputTable
from quintet.cli.picture_folder import write_folder
from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.schema import Schema

Array = npt.NDArray[Any]


def write_model_rows(
    place: output.Output,
    rows: Any,
    schema: Schema,
    *,
    labels: Array | None = None,
    columns: int | None = None,
    **more: Array,
) -> None:
    """Write rows in the format of the file's suffix, .npy, .npz, .csv, .parquet, or .png (a grid of images), as
    pictures of a folder without a suffix, or as a table of a database.

    Parameters
    ----------
    rows : (n, *row_shape), in the user's units, the array ``x`` of an .npz file; or a frame.
    schema : description of the rows.
    labels : (n,), the array ``y`` of an .npz file and the last column of a table; condition images only in .npz.
    columns : images per row of the grid.
    more : further arrays of an .npz; ``image`` are the names of pictures in a folder.
    """
    if schema.columns:
        _write_frame(place, rows, schema, _label_columns(labels, schema))
        return
    if isinstance(place, OutputTable):
        named = schema.feature_names or [f"x{j}" for j in range(rows.shape[1])]
        write_table(place, dict(zip(named, rows.T, strict=True)) | _label_columns(labels, schema))
        return
    if place.suffix == ".npz":
        write_arrays(place, {"x": rows} | ({} if labels is None else {"y": labels}) | more)
        return
    if not place.suffix:
        write_folder(place, list(more.get("image", ())), list(_pictures(rows, schema)))
        return
    from quintet.data.writers import row_files

    if labels is not None and labels.ndim > 2:
        labels = None
    rows = _pixels(rows, schema) if place.suffix == ".png" else rows
    if place.suffix == ".png" and schema.is_standardised:
        rows = _stretched(rows)
    names = list(schema.feature_names) if schema.feature_names else None
    several = labels is not None and labels.ndim == 2 and schema.condition is not None
    label_names = [column.name for column in schema.condition.columns] if several and schema.condition else None
    with place.opened() as file:
        row_files.write_rows(file, place.path.name, rows, names, labels, label_names, schema.levels, columns)


def write_draws(place: output.Output, frames: Sequence[Any], schema: Schema) -> None:
    """Write tables of the same columns below each other; the last column, ``draw``, is 0 in the first of them."""
    from quintet.data.plain.libraries import library_of

    whole = library_of(frames[0]).concatenated(frames)
    _write_frame(place, whole, schema, {"draw": np.repeat(np.arange(len(frames)), len(frames[0]))})


def _label_columns(labels: Array | None, schema: Schema) -> dict[str, Array]:
    """Columns of the labels or conditions of rows, (n,) or (n, conditions); none of condition images."""
    if labels is None or labels.ndim > 2:
        return {}
    if labels.ndim == 1:
        return {"label": labels}
    named = schema.condition.columns if schema.condition else ()
    names = [column.name for column in named] or [f"label{j}" for j in range(labels.shape[1])]
    return dict(zip(names, labels.T, strict=True))


def _write_frame(place: output.Output, frame: Any, schema: Schema, more: Mapping[str, Array]) -> None:
    """Write a table of columns, with further columns, such as labels, after its own."""
    from quintet.data.columns.numbers import Integer
    from quintet.data.writers import frame_files

    if isinstance(frame, np.ndarray):  # a model of rows without names
        names = [column.name for column in schema.columns]
        frame = frame_files.arrow_table(dict(zip(names, frame.T.tolist(), strict=True)))
    if isinstance(place, output.OutputPath) and place.suffix == ".csv":  # floats for their missing cells alone
        whole = [column.name for column in schema.columns if isinstance(column, Integer) and column.missing]
        frame = frame_files.with_integers(frame, whole)
    place.write_frame(frame, more)


def _pixels(rows: Array, schema: Schema) -> Array:
    """Images of grey levels as uint8, others as they are."""
    return np.rint(rows).astype(np.uint8) if schema.grey_levels and rows.dtype.kind == "f" else rows


def _pictures(rows: Array, schema: Schema) -> Array:
    """Answers in the whole numbers that a picture's file has, of 8 or 16 bits; such numbers stay as they are."""
    dtype = _picture_dtype(schema)
    if dtype is None or rows.dtype in (np.uint8, np.uint16):
        return rows  # decompressed rows are those that were compressed
    return np.clip(np.rint(rows), 0, np.iinfo(dtype).max).astype(dtype)


def _picture_dtype(schema: Schema) -> np.dtype[Any] | None:
    """The type of the pixels of a picture's file; None for images that it cannot hold."""
    if len(schema.row_shape) == 3 and not schema.channels_last:
        return None
    if schema.grey_levels or schema.is_boolean:
        return np.dtype(np.uint8)
    return np.dtype(schema.dtype) if schema.dtype in ("uint8", "uint16") else None


def _stretched(rows: Array) -> Array:
    """Cells rescaled to 0 .. 1 for display."""
    low, high = float(np.nanmin(rows)), float(np.nanmax(rows))
    return np.asarray((rows - low) / (high - low)) if high > low else np.zeros(rows.shape)


def refuse_format(place: output.Output, schema: Schema) -> None:
    """Raise an error for a .png of rows that are not images, and for tables of columns in a format of arrays."""
    if isinstance(place, OutputTable):
        if len(schema.row_shape) > 1:
            shape = "x".join(map(str, schema.row_shape))
            raise InputError(f"A table of a database needs flat rows, got rows of shape {shape}: write .npz or .npy.")
        return
    path, suffix = place.path, place.suffix
    if schema.columns and suffix not in FRAMES:
        raise InputError(f"A table of columns must be written as {' or '.join(FRAMES)}, got {path}: change its name.")
    if suffix == ".parquet" and not schema.columns:
        raise InputError(f"A .parquet needs rows that are a table of columns, got {path}: write .csv, .npz or .npy.")
    if suffix in (".png", "") and not schema.is_image:
        shape = "x".join(map(str, schema.row_shape))
        what = "A .png" if suffix else "A folder of pictures (a name without an ending)"
        raise InputError(
            f"{what} needs rows that are images, got rows of shape {shape} for {path}: write .csv, .npz or .npy."
        )
    if not suffix and _picture_dtype(schema) is None:
        shape = "x".join(map(str, schema.row_shape))
        raise InputError(
            "A folder of pictures (a name without an ending) needs images of 8 or 16 bits with at most four channels, "
            f"got {schema.dtype} of shape {shape} for {path}: write .npz or .npy."
        )


def write_arrays(place: output.OutputPath, arrays: Mapping[str, Array]) -> None:
    """Write named arrays as .npz."""
    with place.opened() as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def write_table(place: output.Output, table: Mapping[str, Array]) -> None:
    """Write columns as .csv or a table of a database; NaN becomes an empty cell, and numbers keep all their digits."""
    if isinstance(place, OutputTable):
        from quintet.data.writers import frame_files

        place.write_frame(frame_files.arrow_table(dict(table)))
        return
    columns = [["" if text == "nan" else text for text in column.astype(str)] for column in table.values()]
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*columns, strict=True))
    output.write_file(place, content.getvalue().encode())
