"""Rows of another shape than the model's: what came, and what can be done about it."""

from __future__ import annotations

from quintet.data.schema import Schema
from quintet.errors import InputError


def misfit(shape: tuple[int, ...], schema: Schema) -> InputError:
    """The error for rows of this shape."""
    wanted = schema.row_shape
    return InputError(
        f"Rows of shape {shape} came; this model was trained on rows of shape {wanted}: {_cure(shape, wanted)}."
    )


def _cure(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if len(wanted) not in (2, 3) or len(shape) not in (2, 3):
        return "reshape them"
    if shape[2:] != wanted[2:]:
        return "convert their channels, or train a model on such images"
    if shape[0] < wanted[0] or shape[1] < wanted[1]:
        return "resize them, or train a model on smaller images"
    return "resize them, or ask Patchwork(vae), which takes larger images by patches"
