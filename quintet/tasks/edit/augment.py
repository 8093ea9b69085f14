"""Augmentation: new rows of given classes, from the class as a condition or near rows of the class in latent space."""

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
    """Number of new rows of each class: ``per_class`` of each, the numbers of a mapping, or, for None, as many as bring
    every class to the size of the largest."""
    classes, found = np.unique(y, return_counts=True)
    names = [c.item() for c in classes]
    if isinstance(per_class, Mapping):
        unknown = [c for c in per_class if str(c) not in map(str, names)]
        if unknown:
            raise InputError(f"per_class must name classes of y ({', '.join(map(str, names))}), got {unknown[0]!r}.")
        wanted = {str(c): n for c, n in per_class.items()}
        given = {c: wanted.get(str(c), 0) for c in names}
    elif per_class is None:
        given = {c: int(found.max() - n) for c, n in zip(names, found, strict=True)}
    else:
        given = dict.fromkeys(names, per_class)
    return {c: Whole(0).validate(f"per_class of class {c!r}", n) for c, n in given.items()}


def choose(fitted: Fitted, y: Array, how: str) -> str:
    """Resolve "auto" to the first of "conditional", "walk" and "interpolate" that this model supports."""
    if how not in HOWS:
        raise InputError(f"how={how!r} is not known: {nearest(how, HOWS)}.")
    condition = fitted.schema.condition
    if condition is not None and any(column.image is not None for column in condition.columns):
        raise InputError(
            "augment needs labels as the condition, and this model is conditional on images: use "
            "generate(condition=images)."
        )
    fits, walks = is_condition(fitted, y), fitted.artifacts.latent_bank is not None and fitted.schema.condition is None
    if how == "conditional" and not fits:
        raise InputError(
            "how='conditional' needs a model whose condition is these labels (variant='cvae' with y given to fit); "
            "use how='interpolate'."
        )
    if how == "walk" and not walks:
        raise InputError(
            "how='walk' needs the latents of training rows without conditions, which this model does not have; use "
            "how='interpolate'."
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
    """Latents of new rows, (m, latent_dim), and the index of the row that each starts from, (m,).

    A new latent is a random point on the line from a row to one of its nearest rows of the same class: SMOTE (Chawla et
    al., 2002) in latent space (DeVries and Taylor, 2017). Noise with ``blur`` times the standard deviation of the row's
    posterior is added.

    Parameters
    ----------
    z, spread : posterior means and standard deviations of the rows, (n, latent_dim).
    y : labels, (n,).
    wanted : class -> number of new rows.
    neighbours : number of nearest rows of the class to choose from; 0: none, only posterior noise.
    """
    rng = np.random.default_rng((seed, 31))
    scale = z.std(0, correction=0).clamp(min=1e-6)
    made, origin = [], []
    for label, count in wanted.items():
        of_class = np.flatnonzero(y == label)
        if not count:
            continue
        # each row is used in turn, in random order
        start = np.concatenate([rng.permutation(of_class) for _ in range(-(-count // len(of_class)))])[:count]
        points = z[start]
        few = min(neighbours, len(of_class) - 1)
        if few:
            apart = torch.cdist(z[of_class] / scale, z[of_class] / scale)
            apart.fill_diagonal_(torch.inf)
            near = of_class[apart.topk(few, largest=False).indices.numpy()]
            place = np.searchsorted(of_class, start)
            other = near[place, rng.integers(few, size=count)]
            t = torch.from_numpy(rng.random((count, 1))).to(z)
            points = torch.lerp(points, z[other], t)
        made.append(points + blur * spread[start] * torch.from_numpy(rng.standard_normal(points.shape)).to(z))
        origin.append(start)
    if not made:
        return z[:0], np.zeros(0, dtype=np.int64)
    return torch.cat(made), np.concatenate(origin)
