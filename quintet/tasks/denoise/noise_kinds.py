"""Noise kinds and noise models for the cells of a schema."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from quintet.artifacts.denoising import CellRange
from quintet.data.dataset import Rows
from quintet.data.scaling import standardised
from quintet.data.schema import Schema
from quintet.distributions.noise_models.base import TAIL, CellValues, NoiseModel
from quintet.distributions.noise_models.choose import NOISES, NONE, noise_model
from quintet.distributions.noise_models.columns import ColumnNoise
from quintet.errors import InputError, nearest
from quintet.models.fitted import Fitted
from quintet.models.partial_encoder_corruption import span

ALIASES = {"uniform": "replacement", "salt": "salt_pepper", "gaussian": "normal", "additive": "normal"}
CHUNK = 4096
"""Rows processed together."""


def fit_cell_range(schema: Schema, rows: Rows) -> CellRange | None:
    """Range of each standardised cell in the training rows, 0 for cells never observed; None for other cell kinds."""
    if not schema.is_standardised:
        return None
    low = torch.full(schema.shape, torch.inf, dtype=torch.float32)
    high = -low
    for start in range(0, len(rows), CHUNK):
        batch = rows.batch(slice(start, start + CHUNK))
        low = torch.minimum(low, batch.x.masked_fill(~batch.observed, torch.inf).amin(0))
        high = torch.maximum(high, batch.x.masked_fill(~batch.observed, -torch.inf).amax(0))
    never = high < low
    return CellRange(low.masked_fill(never, 0.0), high.masked_fill(never, 0.0))


def cell_values(schema: Schema, seen: CellRange | None) -> CellValues:
    """Values that noise can give to the cells of a schema; masking sets cells to 0 in the user's units."""
    low, high = span(schema)
    if schema.is_standardised:
        zero = standardised(np.zeros((1, schema.size)), np.asarray(schema.loc), np.asarray(schema.scale))
        fill = torch.from_numpy(schema.to_model_layout(zero.reshape(1, *schema.row_shape))[0].astype(np.float32))
        ends = None if seen is None else (seen.lowest, seen.highest)
        values = CellValues(low, high, 1 / 256, whole=False, bounded=False, fill=fill, ends=ends)
        if ends is None or not schema.columns:
            return values
        # twice as long as those of a context decoder, so that a value far outside the range of training is noise
        return replace(values, tail=(ends[1] - ends[0]).clamp(min=TAIL))
    step = 1.0 if schema.is_whole else 1 / 255
    return CellValues(low, high, step, whole=schema.is_whole, open=schema.support.is_half_bounded)


def kinds_for(schema: Schema) -> tuple[str, ...]:
    """Noise kinds possible for the cells of this schema, without "none"."""
    if schema.is_boolean:
        return ("replacement", "masking")
    if schema.is_token:
        return ("replacement",)
    if schema.columns:
        return ("replacement", "normal") if 0 in schema.codes else ("replacement",)
    return tuple(kind for kind in NOISES if not schema.is_standardised or kind != "salt_pepper")


def noise_for(fitted: Fitted, kind: str) -> NoiseModel:
    """Noise model of a name or alias, for the rows of a model."""
    schema, name = fitted.schema, ALIASES.get(kind, kind)
    if name not in (NONE, *NOISES):
        raise InputError(f"noise={kind!r} is not known: {nearest(kind, (NONE, *NOISES, 'auto', *ALIASES))}.")
    if name not in (NONE, *kinds_for(schema)):
        raise InputError(
            f"noise={kind!r} does not fit rows of kind {schema.kind!r}: {nearest(kind, (NONE, *kinds_for(schema)))}."
        )
    model = noise_model(name, cell_values(schema, fitted.artifacts.cell_range))
    return ColumnNoise(model, torch.tensor(schema.codes)) if schema.columns else model
