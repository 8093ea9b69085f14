"""Attribute vectors: directions in latent space along which a number or a label of the rows changes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.condition_column import ConditionColumn, Value
from quintet.data.schema import Array
from quintet.errors import InputError, nearest

LARGEST = 20_000
"""Most rows that a probe is fitted to."""


@dataclass(frozen=True)
class Attribute:
    """A linear probe of latents, and the step in latent space that raises its prediction by one.

    A number is predicted in its own units, a label by its log odds against all others, in nats.
    """

    name: str
    levels: tuple[Value, ...] | None  # of a label; None for a number
    slope: Tensor  # (k, latent_dim): gradient of the prediction; k is 1 for a number
    offset: Tensor  # (k,)
    step: Tensor  # (k, latent_dim): z + step raises the prediction by 1
    quality: float  # cross-validated: R² for a number, accuracy for a label

    def read(self, z: Tensor) -> Tensor:
        """Predict from latents (n, latent_dim): numbers (n, 1), or log odds of each level (n, k) in nats."""
        return z.double() @ self.slope.double().T + self.offset.double()

    def moved(self, z: Tensor, by: Tensor, to: Any = None) -> Tensor:
        """Move latents (n, latent_dim) so that the prediction (of level ``to``) changes by ``by``, (n,) or a number."""
        return z + by.reshape(-1, 1).to(z) * self.step[self.place(to)].to(z)

    def place(self, to: Any) -> int:
        """Index of the prediction ``to`` names; None: the number itself, or the second of two levels."""
        if self.levels is None:
            if to is not None:
                raise InputError(f"to must be None for the number {self.name!r}, got {to!r}: omit to and give by.")
            return 0
        if to is None and len(self.levels) == 2:
            return 1
        names = [str(level) for level in self.levels]
        if to is None or str(to) not in names:
            raise InputError(f"to must be one of {', '.join(names)}, the levels of {self.name!r}, got {to!r}.")
        return names.index(str(to))


def fit_attribute(name: str, z: Array, y: Array, blur: Array | float = 0.0, seed: int = 0) -> Attribute:
    """Fit a linear probe of latents to y (n,), and take its normal as the direction.

    Each latent is standardised first, so that the normal does not depend on its scale: for u = (z - mean) / spread and
    the prediction w·u + b, a step of w / ‖w‖² in u raises the prediction by 1. Numbers use ridge regression, labels a
    logistic regression of each level against the others.

    Parameters
    ----------
    z : posterior means, (n, latent_dim).
    blur : posterior standard deviations, (n, latent_dim). The probe is fitted to posterior draws, because the mean of a
        latent that the decoder ignores can still predict y by differences far below its standard deviation.
    """
    if z.shape[0] != y.shape[0]:
        raise InputError(f"{name!r} must have one value per row, got {len(y)} values for {len(z)} rows.")
    column = ConditionColumn.infer(name, y)
    if len(np.unique(y)) < 2:
        raise InputError(f"{name!r} must differ between rows, got {y[0]} for all {len(y)} rows.")
    rng = np.random.default_rng(seed)
    z, keep = z + blur * rng.standard_normal(z.shape), rng.permutation(len(z))[:LARGEST]
    z, y = z[keep].astype(np.float64), y[keep]
    spread = z.std(0)
    mean, spread = z.mean(0), np.where(spread > 1e-9, spread, 1.0)
    u = (z - mean) / spread
    weight, offset, quality = _number(u, y.astype(np.float64)) if column.levels is None else _labels(u, y, column)
    length = np.square(weight).sum(1, keepdims=True)
    if not (length > 1e-12).all():
        raise InputError(f"The latents of these rows do not predict {name!r}: give more rows, or train for longer.")
    slope = weight / spread
    away, steps = offset - slope @ mean, weight * spread / length
    return Attribute(name, column.levels, _stored(slope), _stored(away), _stored(steps), quality)


def attribute_named(attributes: Mapping[str, Attribute], name: str | None) -> Attribute:
    """The attribute of this name; None: the last one fitted."""
    if not attributes:
        raise InputError("This model has no attribute: call fit_attribute(X, y) first.")
    if name is None:
        return list(attributes.values())[-1]
    if name not in attributes:
        raise InputError(f"attribute={name!r} is not known: {nearest(str(name), attributes)}.")
    return attributes[name]


def attributes_to_parts(attributes: Mapping[str, Attribute]) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """Serialise attributes: tensors by name, and a list for the file's header."""
    tensors: dict[str, Tensor] = {}
    about = []
    for i, a in enumerate(attributes.values()):
        tensors |= {f"attribute.{i}.slope": a.slope, f"attribute.{i}.offset": a.offset, f"attribute.{i}.step": a.step}
        about.append({"name": a.name, "levels": a.levels, "quality": a.quality})
    return tensors, about


def attributes_from_parts(tensors: Mapping[str, Tensor], about: list[dict[str, Any]]) -> dict[str, Attribute]:
    """Invert ``attributes_to_parts``."""
    found = {}
    for i, a in enumerate(about):
        levels = None if a["levels"] is None else tuple(a["levels"])
        slope, offset, step = (tensors[f"attribute.{i}.{part}"] for part in ("slope", "offset", "step"))
        found[a["name"]] = Attribute(a["name"], levels, slope, offset, step, float(a["quality"]))
    return found


def _stored(array: Array) -> Tensor:
    return torch.from_numpy(array).float().contiguous()


def _number(u: Array, y: Array) -> tuple[Array, Array, float]:
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score

    probe = Ridge(alpha=1.0).fit(u, y)
    quality = r2_score(y, _left_out(probe, u, y)) if len(y) >= 10 else float("nan")
    return probe.coef_[None], np.array([probe.intercept_]), float(quality)


def _labels(u: Array, y: Array, column: ConditionColumn) -> tuple[Array, Array, float]:
    from sklearn.linear_model import LogisticRegression

    levels = np.unique(y)
    weights, offsets = [], []
    for level in levels if len(levels) > 2 else levels[1:]:
        probe = LogisticRegression(C=1.0, max_iter=300).fit(u, y == level)
        weights.append(probe.coef_[0])
        offsets.append(probe.intercept_[0])
    if len(levels) == 2:
        weights, offsets = [-weights[0], weights[0]], [-offsets[0], offsets[0]]
    few = np.unique(y, return_counts=True)[1].min() < 5
    quality = float("nan") if few else (_left_out(LogisticRegression(max_iter=300), u, y) == y).mean()
    return np.stack(weights), np.array(offsets), float(quality)


def _left_out(probe: Any, u: Array, y: Array) -> Array:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import cross_val_predict

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found: Array = cross_val_predict(probe, u, y, cv=5)
    return found
