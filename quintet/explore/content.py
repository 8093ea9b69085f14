"""What a page knows of a model and of rows: the data that its script reads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.row_layout import Grid, Steps
from quintet.data.schema import Schema
from quintet.explore.cells import cells_of, grain_of
from quintet.explore.condition import condition_data
from quintet.explore.latent_map import LatentMap
from quintet.explore.packing import Packed, packed
from quintet.explore.shown_rows import ShownRows
from quintet.inference.importance import EFFORTS
from quintet.models.fitted import Fitted
from quintet.models.priors.standard import StandardNormal
from quintet.noise import Noise
from quintet.tasks.denoise.noise_kinds import cell_values
from quintet.tasks.detect.calibration_scores import calibration_scores
from quintet.tasks.detect.elbo_terms import BANK, DRAWS
from quintet.tasks.detect.score_calibration import ScoreCalibration

GENERATED = 12
"""New rows that are shown beside a row."""
INK = 0.45
"""Largest mean grey of images that are shown as ink on paper."""


def page_data(
    fitted: Fitted, shown: ShownRows, latents: LatentMap, graphs: dict[str, Any], seed: int
) -> dict[str, Any]:
    """The data of a page, of plain values and packed arrays.

    Parameters
    ----------
    graphs : name of a graph -> its inputs, as ``quintet.explore.graph_files`` lists them.
    """
    dim = fitted.model.latent_dim
    return {
        "format": 1,
        "variant": str(fitted.options["variant"]),
        "dim": dim,
        "graphs": graphs,
        "prior": "normal" if isinstance(getattr(fitted.model, "prior", None), StandardNormal) else "other",
        "row": row_data(fitted.schema, shown),
        "rows": rows_data(shown, latents),
        "latents": latents.data(),
        "score": score_data(fitted, "detector" in graphs),
        "impute": impute_data(fitted, seed),
        "condition": condition_data(fitted, shown.rows),
        "denoise": denoise_data(fitted),
        "generate": {
            "normal": packed(Noise((seed, 32), GENERATED).normal(1, dim)),
            "mean": packed(latents.mean),
            "spread": packed(latents.spread),
        },
    }


def row_kind(schema: Schema) -> str:
    """The kind of a page: "image", "series" or "table"."""
    layout = schema.layout
    return "image" if isinstance(layout, Grid) else "series" if isinstance(layout, Steps) else "table"


def row_data(schema: Schema, shown: ShownRows) -> dict[str, Any]:
    """What a row is: its kind, shape and cells, in the user's units and layout."""
    layout, support = schema.layout, schema.support
    found: dict[str, Any] = {
        "kind": row_kind(schema),
        "size": schema.size,
        "missing": schema.missing,
        "levels": support.levels,
    }
    found |= {"whole": schema.is_whole, "grain": grain_of(schema)}
    if isinstance(layout, Steps):
        found |= {"steps": layout.steps, "channels": layout.channels}
    if not isinstance(layout, Grid):
        return found | {"cells": cells_of(schema)}
    area = layout.height * layout.width
    found |= {"channels": layout.channels, "height": layout.height, "width": layout.width}
    found |= {"pixel_step": layout.channels, "channel_step": 1}
    if not schema.channels_last:
        found |= {"pixel_step": 1, "channel_step": area}
    found |= {"ink": layout.channels == 1 and schema.middle < INK}
    ends = float(np.nanmin(shown.cells)), float(np.nanmax(shown.cells))
    return found | {
        "low": ends[0] if support.low is None else support.low,
        "high": ends[1] if support.high is None else support.high,
    }


def rows_data(shown: ShownRows, latents: LatentMap) -> dict[str, Any]:
    """The rows in the user's units, flat, with their latents and labels."""
    cells = shown.cells.reshape(len(shown.cells), -1)
    return {
        "count": len(cells),
        "x": packed(np.where(shown.observed, cells, 0).astype(cells.dtype), wide=True),
        "observed": None if shown.observed.all() else packed(shown.observed.astype(np.uint8)),
        "z": packed(latents.z),
        "labels": list(shown.labels),
        "generated": shown.generated,
    }


def score_data(fitted: Fitted, calibrated: bool) -> dict[str, Any]:
    """The draws behind the cost of a row, and the scores of held-out rows that it is compared with."""
    found: dict[str, Any] = {
        "draws": DRAWS,
        "normal": packed(Noise(BANK, DRAWS, shared=True).normal(1, fitted.model.latent_dim)),
        "calibration": None,
        "middle": None,
    }
    kept = fitted.artifacts.calibration
    if not calibrated or kept is None:
        return found
    calibration = ScoreCalibration.read(kept)
    cost = calibration.scaling[:, calibration.measured.index("elbo")]
    scores = np.sort(calibration_scores(fitted))
    return found | {"middle": float(cost.double().median()), "calibration": packed(scores, wide=True)}


def impute_data(fitted: Fitted, seed: int) -> dict[str, Any]:
    """The random numbers behind the draws of z given the observed cells, those of ``weighted_draws``."""
    draws = EFFORTS["low"].draws
    noise = Noise((seed, 21, 1, 0), draws, shared=True)
    uniform = noise.uniform(1, 1)
    return {
        "draws": draws,
        "uniform": packed(uniform.flatten()),
        "normal": packed(noise.normal(1, fitted.model.latent_dim)),
    }


def denoise_data(fitted: Fitted) -> dict[str, Any]:
    """log u of each cell, in the user's layout: of a cell replaced by any value.

    Where the range is an estimate also its ends, and the length of the exponential tails beyond them, in the model's
    units."""
    schema = fitted.schema

    def flat(value: Tensor | float) -> Packed:
        cells = torch.as_tensor(value, dtype=torch.float32).expand(1, *schema.shape)
        return packed(schema.to_user_layout(cells.numpy())[0].ravel())

    values = cell_values(schema, fitted.artifacts.cell_range)
    if values.bounded:
        levels = schema.support.levels
        return {"log_noise": flat(-math.log(levels if levels else values.high - values.low))}
    ends = (*(values.ends or (values.low, values.high)), values.tail)
    low, high, tail = (torch.as_tensor(end, dtype=torch.float32) for end in ends)
    log_noise = -(high - low + 2 * tail).log()
    if schema.columns:
        codes = torch.tensor(schema.codes, dtype=torch.float32)
        log_noise = torch.where(codes > 0, -codes.clamp(min=1).log(), log_noise)
    return {"log_noise": flat(log_noise), "low": flat(low), "high": flat(high), "tail": flat(tail)}
