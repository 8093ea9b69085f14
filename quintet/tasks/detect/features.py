"""How rows are looked at when they are compared: their latents, their cells and, of images, their slopes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.tasks.detect.image_gradients import slopes
from quintet.tasks.detect.projection import Projection

SEEN = {"latent": ("latent",), "row": ("row", "slope")}
"""The places, and the views that stand side by side in each: one search serves those of a place."""


def views(latent: Tensor, completed: Tensor) -> dict[str, Tensor]:
    """Each view of some rows, (batch, any); an image is a row of three axes.

    Parameters
    ----------
    latent : (batch, latent_dim), the posterior's mean.
    completed : (batch, *row) without holes.
    """
    found = {"latent": latent, "row": completed.flatten(1)}
    return found | ({"slope": slopes(completed)} if completed.ndim == 4 else {})


def points(projections: Mapping[str, Projection], seen: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Where rows lie in each place, (batch, dim); every view weighs the same, since each has a total variance of 1.

    A view without a projection is left out: files of earlier versions compare images by their cells alone.
    """
    return {
        place: torch.cat([projections[name](seen[name]) for name in names if name in projections], 1)
        for place, names in SEEN.items()
    }
