"""Feature views for nearest-neighbour scores: latents, cells and, for images, gradients."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.data.schema import Schema
from quintet.networks.embed import one_hot
from quintet.tasks.detect.image_gradients import slopes
from quintet.tasks.detect.projection import Projection

SEEN = {"latent": ("latent",), "row": ("row", "slope")}
"""Search space -> the views concatenated in it; each space has one neighbour index."""


def compared(schema: Schema, completed: Tensor) -> Tensor:
    """Complete rows in the form in which their distances are measured: levels of tables as one-hot vectors."""
    return one_hot(schema.codes, completed) if schema.columns else completed


def compared_size(schema: Schema) -> int:
    """The number of cells or features of a row in that form."""
    return sum(max(count, 1) for count in schema.codes) if schema.columns else schema.size


def views(latent: Tensor, completed: Tensor) -> dict[str, Tensor]:
    """Feature views by name, (batch, features); rows with three axes are images.

    Parameters
    ----------
    latent : (batch, latent_dim), the posterior's mean.
    completed : (batch, *row) without missing cells, of tables (batch, features).
    """
    found = {"latent": latent, "row": completed.flatten(1)}
    return found | ({"slope": slopes(completed)} if completed.ndim == 4 else {})


def points(projections: Mapping[str, Projection], seen: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Coordinates of rows in each search space, (batch, dim); each view has a total variance of 1.

    A view without a projection is left out: files of earlier versions compare images by their cells alone.
    """
    return {
        place: torch.cat([projections[name](seen[name]) for name in names if name in projections], 1)
        for place, names in SEEN.items()
    }
