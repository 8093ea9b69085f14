"""Augment: new rows of given classes, under their condition, or near rows of the class in latent space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.arguments.rules import Whole
from quintet.data.schema import Array
from quintet.errors import InputError, nearest
from quintet.models.fitted import Fitted

HOWS = ("auto", "conditional", "walk", "interpolate", "neighbours")


def counts(y: Array, per_class: Any) -> dict[Any, int]:
    """How many new rows each class gets: ``per_class`` of each, what a mapping says, or, for None, as many as bring
    every class to the size of the largest."""
    classes, found = np.unique(y, return_counts=True)
    names = [c.item() for c in classes]
    if isinstance(per_class, Mapping):
        unknown = [c for c in per_class if str(c) not in map(str, names)]
        if unknown:
            raise InputError(f"per_class names {unknown[0]!r}; the classes of y are {', '.join(map(str, names))}.")
        wanted = {str(c): n for c, n in per_class.items()}
        given = {c: wanted.get(str(c), 0) for c in names}
    elif per_class is None:
        given = {c: int(found.max() - n) for c, n in zip(names, found, strict=True)}
    else:
        given = dict.fromkeys(names, per_class)
    return {c: Whole(0).taken(f"per_class of class {c!r}", n) for c, n in given.items()}


def choose(fitted: Fitted, y: Array, how: str) -> str:
    """What "auto" means: the first of "conditional", "walk" and "interpolate" that this model can."""
    if how not in HOWS:
        raise InputError(f"how={how!r} is not known: {nearest(how, HOWS)}.")
    condition = fitted.schema.condition
    if condition is not None and any(column.image is not None for column in condition.columns):
        raise InputError(
            "augment came for a model conditional on images, and labels name none: generate(condition=images) makes "
            "new rows of such a model."
        )
    fits, walks = is_condition(fitted, y), fitted.artifacts.latent_bank is not None and fitted.schema.condition is None
    if how == "conditional" and not fits:
        raise InputError(
            "how='conditional' needs a model whose condition is these labels (variant='cvae' with y given to fit); "
            "use how='interpolate'."
        )
    if how == "walk" and not walks:
        raise InputError(
            "how='walk' leads through the latents of training rows, which a file of this variant does not keep, or "
            "keeps under conditions of their own; use how='interpolate'."
        )
    if how != "auto":
        return how
    return "conditional" if fits else "walk" if walks else "interpolate"


def is_condition(fitted: Fitted, y: Array) -> bool:
    """Whether the labels y (n,) are levels of the model's one condition."""
    condition = fitted.schema.condition
    if condition is None or len(condition.columns) != 1 or condition.columns[0].levels is None:
        return False
    return {str(c) for c in np.unique(y).tolist()} <= {str(level) for level in condition.columns[0].levels}


def between(
    z: Tensor, spread: Tensor, y: Array, wanted: Mapping[Any, int], neighbours: int, blur: float, seed: int
) -> tuple[Tensor, Array]:
    """Latents of new rows, (m, latent_dim), and the row (m,) that each starts from.

    A new latent lies at a random place on the line from a row to one of its nearest rows of the same class, as SMOTE
    does between rows (Chawla et al., 2002), here where lines stay among rows (DeVries and Taylor, 2017); then it is
    drawn from the row's own posterior, ``blur`` times as wide.

    Parameters
    ----------
    z, spread : means and spreads of the rows' posteriors, (n, latent_dim).
    y : (n,)
    wanted : class -> number of new rows.
    neighbours : how many of the nearest rows of the class to choose from; 0: none, only the posterior's draw.
    """
    rng = np.random.default_rng((seed, 31))
    scale = z.std(0, correction=0).clamp(min=1e-6)
    made, origin = [], []
    for label, count in wanted.items():
        mine = np.flatnonzero(y == label)
        if not count:
            continue
        # every row serves in turn, in random order, so that none is left out by chance
        start = np.concatenate([rng.permutation(mine) for _ in range(-(-count // len(mine)))])[:count]
        points = z[start]
        few = min(neighbours, len(mine) - 1)
        if few:
            apart = torch.cdist(z[mine] / scale, z[mine] / scale)
            apart.fill_diagonal_(torch.inf)
            near = mine[apart.topk(few, largest=False).indices.numpy()]
            place = np.searchsorted(mine, start)
            other = near[place, rng.integers(few, size=count)]
            t = torch.from_numpy(rng.random((count, 1))).to(z)
            points = torch.lerp(points, z[other], t)
        made.append(points + blur * spread[start] * torch.from_numpy(rng.standard_normal(points.shape)).to(z))
        origin.append(start)
    if not made:
        return z[:0], np.zeros(0, dtype=np.int64)
    return torch.cat(made), np.concatenate(origin)
