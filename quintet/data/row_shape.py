"""Rows and masks in the shape of the schema, and the error, with its cure, for rows of another shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.observed_cells import observed_cells, of_pixels
from quintet.data.readers.frames import to_numpy
from quintet.data.schema import Array, Schema
from quintet.errors import InputError


def as_rows(X: Any, schema: Schema, mask: Any = None) -> tuple[Array, Array | None]:
    """The user's rows in the shape of the schema, and their observed cells.

    Returns
    -------
    array : (n, *row_shape).
    present : (n, *row_shape) of bool, False where a cell is NaN or masked; None if all are observed.
    """
    array = _fit_shape(to_numpy(X)[0], schema)
    return array, observed_cells(array, as_mask(mask, array, schema))


def as_mask(mask: Any, array: Array, schema: Schema) -> Array | None:
    """Reshape a mask of missing cells to the shape of the data or of a row; other sizes are returned unchanged."""
    if mask is None:
        return None
    given: Array = of_pixels(np.asarray(mask), (len(array), *schema.row_shape))
    if given.size not in (array.size, schema.size):
        return given
    return given.reshape(array.shape if given.size == array.size else schema.row_shape)


def misfit(shape: tuple[int, ...], schema: Schema) -> InputError:
    """The error for rows of this shape."""
    wanted = schema.row_shape
    return InputError(
        f"Rows must have the shape that the model was trained on, {wanted}, got {shape}: {_cure(shape, wanted)}."
    )


def _fit_shape(array: Array, schema: Schema) -> Array:
    if array.ndim >= 1 and array.shape[1:] == schema.row_shape:
        return array
    if array.ndim == 2 and array.shape[1] == schema.size:
        return array.reshape(len(array), *schema.row_shape)
    if array.ndim == 2 and len(schema.row_shape) == 1:
        raise InputError(
            f"X has {array.shape[1]} features, but this model is expecting {schema.size} features as input: "
            "give the same columns as in training."
        )
    if array.ndim < 2:
        raise InputError(
            f"Expected 2D array, got {array.ndim}D array of shape {array.shape} instead: this model takes rows "
            f"of shape {schema.row_shape}. Reshape your data: X.reshape(1, -1) for one row."
        )
    raise misfit(array.shape[1:], schema)


def _cure(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if len(wanted) not in (2, 3) or len(shape) not in (2, 3):
        return "reshape them"
    if shape[2:] != wanted[2:]:
        larger = ", or on patches of them (cut_patches, `quintet fit --patch`)" if _is_larger(shape, wanted) else ""
        return f"convert their channels, or train a model on such images{larger}"
    if shape[0] < wanted[0] or shape[1] < wanted[1]:
        return "resize them (load_data(..., size=), `quintet detect --size`), or train a model on smaller images"
    return "resize them, or use Patchwork(vae), which processes larger images patch by patch"


def _is_larger(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return shape[0] > wanted[0] and shape[1] > wanted[1]
