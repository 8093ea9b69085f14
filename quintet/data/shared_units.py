"""Units that all pixels of an image share, so that a cell may take another pixel's value."""

from __future__ import annotations

import numpy as np

from quintet.data.schema import Array, Schema


def with_shared_units(schema: Schema) -> Schema:
    """The schema with one mean and one standard deviation for each channel, and without constant cells.

    Cells of other kinds than "real" have the same units in all pixels already.
    """
    if not schema.is_standardised:
        return schema.model_copy(update={"constant": ()})
    loc, scale = (schema.to_model_layout(_laid(schema, values)) for values in (schema.loc, schema.scale))
    variance = np.square(scale) * ~_laid_constant(schema)
    centre = loc.mean((2, 3), keepdims=True)
    spread = np.sqrt((variance + np.square(loc - centre)).mean((2, 3), keepdims=True))
    spread = np.where(spread > 0, spread, scale.max())
    shared = (
        tuple(schema.to_user_layout(np.broadcast_to(values, loc.shape)).ravel().tolist()) for values in (centre, spread)
    )
    found = dict(zip(("loc", "scale"), shared, strict=True))
    return schema.model_copy(update={**found, "constant": ()})


def has_shared_units(schema: Schema) -> bool:
    """Whether all pixels of a channel have one mean and one standard deviation; True for cells of other kinds."""
    if not schema.is_standardised:
        return True
    laid = (schema.to_model_layout(_laid(schema, values)) for values in (schema.loc, schema.scale))
    return all(bool((cells == cells[:, :, :1, :1]).all()) for cells in laid)


def _laid(schema: Schema, values: tuple[float, ...]) -> Array:
    return np.array(values, dtype=np.float64).reshape(1, *schema.row_shape)


def _laid_constant(schema: Schema) -> Array:
    """Which cells are constant, (1, channels, height, width), and have no variance but a scale of 1."""
    flat = np.zeros(schema.size, dtype=bool)
    flat[[place for place, _ in schema.constant]] = True
    return schema.to_model_layout(flat.reshape(1, *schema.row_shape))
