"""The error for rows whose shape is not the model's, with its cure."""

from __future__ import annotations

from quintet.data.schema import Schema
from quintet.errors import InputError


def misfit(shape: tuple[int, ...], schema: Schema) -> InputError:
    """The error for rows of this shape."""
    wanted = schema.row_shape
    return InputError(
        f"Rows must have the shape that the model was trained on, {wanted}, got {shape}: {_cure(shape, wanted)}."
    )


def _cure(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if len(wanted) not in (2, 3) or len(shape) not in (2, 3):
        return "reshape them"
    if shape[2:] != wanted[2:]:
        return "convert their channels, or train a model on such images"
    if shape[0] < wanted[0] or shape[1] < wanted[1]:
        return "resize them, or train a model on smaller images"
    return "resize them, or use Patchwork(vae), which processes larger images patch by patch"
