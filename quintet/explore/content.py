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
from quintet.explore.latent_map import LatentMap
from quintet.explore.packing import packed
from quintet.explore.shown_rows import ShownRows
from quintet.inference.importance import EFFORTS
from quintet.models.fitted import Fitted
from quintet.models.priors.standard import StandardNormal
from quintet.noise import Noise
from quintet.tasks.detect.calibration_scores import calibration_scores
from quintet.tasks.detect.elbo_terms import BANK, DRAWS
from quintet.tasks.detect.score_calibration import ScoreCalibration

GENERATED = 12
"""New rows that are shown beside a row."""
INK = 0.45
"""Largest mean grey of images that are shown as ink on paper."""
WIDTH = 8.0
"""Range of a standardised cell whose range in training is not known, in standard deviations."""


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
        "denoise": {"log_noise": packed(fitted.schema.to_user_layout(log_noise(fitted)[None].numpy())[0].ravel())},
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


def log_noise(fitted: Fitted) -> Tensor:
    """log u of each cell, (*row) in the model's layout and units: of a cell replaced by any value of its range."""
    schema, known = fitted.schema, fitted.artifacts.cell_range
    if schema.support.levels:
        return torch.full(schema.shape, -math.log(schema.support.levels), dtype=torch.float32)
    width = torch.full(schema.shape, WIDTH, dtype=torch.float32)
    if known is not None:
        width = (known.highest - known.lowest).cpu().float()
    elif schema.support.low is not None and schema.support.high is not None:
        width = width.fill_(schema.support.high - schema.support.low)
    if schema.columns:
        codes = torch.tensor(schema.codes, dtype=torch.float32)
        width = torch.where(codes > 0, codes, width)
    return -width.clamp(min=1e-3).log()
