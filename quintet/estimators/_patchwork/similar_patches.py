"""A whole picture refined by similar patches, which may lie in other patches of the model than the refined ones."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.data.schema import Array
from quintet.estimators._patchwork.input import in_dtype
from quintet.inference.patch_refinement import can_refine, refine_missing
from quintet.models.fitted import Fitted
from quintet.tasks.denoise.by_similar_patches import refined_by_patches
from quintet.tasks.denoise.noise_kinds import noise_for


def refined_denoised(
    fitted: Fitted, picture: Array, missing: Array | None, clean: Array, kind: str, rate: float
) -> Array:
    """The denoised picture, (height, width[, channels]), after as many rounds as rows of this model have."""
    if not _has_levels(fitted, picture):
        return clean
    model, rates = noise_for(fitted, kind), torch.tensor([rate], dtype=torch.float32)
    return _picture(refined_by_patches(fitted, model, _batch(picture, missing), _row(clean), rates), picture)


def refined_imputed(fitted: Fitted, picture: Array, missing: Array | None, filled: Array) -> Array:
    """The filled picture, in its own dtype, after as many rounds as rows of this model have; known cells bit for
    bit."""
    if missing is None or not _has_levels(fitted, picture):
        return filled
    found = _picture(refine_missing(fitted, _batch(picture, missing), _row(filled)), picture)
    return np.where(missing, in_dtype(found, picture), picture)


def _has_levels(fitted: Fitted, picture: Array) -> bool:
    """Whether cells of a picture are those of the model without another scale."""
    return can_refine(fitted) and fitted.schema.is_whole and picture.dtype.kind == "u"


def _batch(picture: Array, missing: Array | None) -> Batch:
    x = _row(picture)
    observed = torch.ones_like(x, dtype=torch.bool) if missing is None else ~_row(missing).bool()
    return Batch(x, observed)


def _row(picture: Array) -> Tensor:
    """(1, channels, height, width) of float32."""
    cells = np.atleast_3d(picture).astype(np.float32)
    return torch.from_numpy(cells).permute(2, 0, 1)[None]


def _picture(row: Tensor, like: Array) -> Array:
    cells: Array = row[0].permute(1, 2, 0).numpy().reshape(like.shape)
    return cells
