"""What the figures of a study show, in words with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Curve = Sequence[tuple[int, float, float]]
"""(latent_dim, mean, standard deviation over the seeds) of each point."""


def listed(names: Sequence[str], most: int = 8) -> str:
    """The names, or the first of them and how many there are."""
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"


def against_size(curves: Mapping[str, Curve], what: str) -> str:
    """Where each curve begins and ends."""
    ends = [
        f"{name} {points[0][1]:.4f}" + (f" to {points[-1][1]:.4f}" if len(points) > 1 else "")
        for name, points in curves.items()
    ]
    sizes = [size for points in curves.values() for size, *_ in points]
    return f"The {what} from {min(sizes)} to {max(sizes)} latents: {listed(ends)}."


def heat_map(values: Array, sizes: Sequence[str], classes: Sequence[str]) -> str:
    """The cells with the least and the largest value."""
    (i, j), (k, m) = (divmod(int(find(values)), values.shape[1]) for find in (np.nanargmin, np.nanargmax))
    return (
        f"A map of {len(classes)} classes and {len(sizes)} latent dimensions: least for {classes[j]} at {sizes[i]} "
        f"latents, {values[i, j]:.2f}, largest for {classes[m]} at {sizes[k]}, {values[k, m]:.2f}."
    )


def learning(histories: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The first and the last loss of each run."""
    ends = [
        f"{name} from {float(rows[0]['loss']):.1f} to {float(rows[-1]['loss']):.1f} in {len(rows)} epochs"
        for name, rows in histories.items()
        if rows and rows[0].get("loss") is not None and rows[-1].get("loss") is not None
    ]
    return f"Curves of the objective, nats per row: {listed(ends)}."


def reconstructions(errors: Mapping[str, float], count: int) -> str:
    """The squared error of each variant beside its pictures."""
    each = [f"{name}, squared error {error:.4f}" for name, error in errors.items()]
    return f"{count} held-out rows, and below them their reconstructions by {listed(each)}."


def drawn(distances: Mapping[str, float], count: int) -> str:
    """The Fréchet distance of each variant's samples, where it is known."""
    each = [name + (f", Fréchet distance {d:.1f}" if np.isfinite(d) else "") for name, d in distances.items()]
    return f"{count} generated rows of each variant: {listed(each)}."


def plane(variant: str, side: int) -> str:
    """The plane of a model with two latents."""
    return f"{side} by {side} rows, decoded by {variant} from a grid of its two latents between −3 and 3."


def densities(codes: Mapping[str, Array]) -> str:
    """The standard deviations of each variant's latents, whose prior has 1."""
    spreads = [f"{name} {z.std(0).min():.2f} to {z.std(0).max():.2f}" for name, z in codes.items()]
    return f"Densities of single latents against N(0, 1). Standard deviations: {listed(spreads)}."


def projection(count: int, what: str, classes: int, share: Sequence[float] | Array | None = None) -> str:
    """A map of rows in two dimensions; ``share``: of the variance, of principal components."""
    words = f"{count:,} dots, held-out rows by their {what}"
    if share is not None:
        words += f", on principal components with {float(share[0]):.0%} and {float(share[1]):.0%} of the variance"
    return words + (f", coloured by {classes} classes." if classes else ", without labels.")


def regions(apart: Mapping[str, tuple[float, float]]) -> str:
    """How far rows of dense and of sparse regions are from the nearest held-out row."""
    each = [f"{name} {dense:.4f} and {sparse:.4f}" for name, (dense, sparse) in apart.items()]
    return (
        "Rows decoded from dense and from sparse regions of the codes. Mean squared distances to the nearest held-out "
        f"row: {listed(each)}."
    )
