"""Combination weights of the model, the Gaussian field and the noisy row, as a function of the noise rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from quintet.artifacts.denoising import DenoisingTrial
from quintet.data.schema import Schema

TRIED = {"replacement": (0.05, 0.4), "masking": (0.05, 0.4), "normal": (0.04, 0.2)}
"""Noise kind -> the two rates that weights are fitted at; salt and pepper uses those of replacement."""
WIDER = 5.0
"""Factor on the rates of normal noise for standardised cells."""
LEAST = 0.1
"""Smallest weight; smaller ones become 0."""
WORTH = 0.97
"""Largest squared error of a mixture, relative to the best single estimate, at which the mixture is used."""


@dataclass(frozen=True)
class CombinationWeights:
    """Weights for one noise kind: ``rates`` (2,), and ``weight`` (2, 3), whose rows sum to 1."""

    rates: tuple[float, float]
    weight: Tensor

    @classmethod
    def read(cls, trial: DenoisingTrial | None, schema: Schema, kind: str) -> CombinationWeights:
        """Build from the stored trial; without one the model has weight 1."""
        tried = kind if kind in TRIED else "replacement"
        rates = rates_of(schema, tried)
        if trial is None:
            return cls(rates, torch.tensor([[1.0, 0.0, 0.0]] * 2, dtype=torch.float32))
        return cls(rates, trial.shares[list(TRIED).index(tried)])

    @property
    def model(self) -> bool:
        """Whether the model has weight at any rate."""
        return bool((self.weight[:, 0] > 0).any())

    @property
    def field(self) -> bool:
        """Whether the field has weight at any rate."""
        return bool((self.weight[:, 1] > 0).any())

    def at(self, rate: Tensor) -> Tensor:
        """Weights of each row, (n, 3), at its rate (n,), linearly interpolated between the two rates."""
        low, high = self.rates
        place = ((rate - low) / (high - low)).clamp(0, 1)[:, None]
        few, many = self.weight.to(rate)
        weight: Tensor = few + place * (many - few)
        return weight


def field_outweighs_model(trial: DenoisingTrial | None) -> bool:
    """Whether the field's total weight for replacement and normal noise is at least the model's."""
    if trial is None:
        return False
    model, field, _ = trial.shares[[0, 2]].sum((0, 1)).tolist()
    return bool(field >= model)


def rates_of(schema: Schema, kind: str) -> tuple[float, float]:
    """The low and the high rate of a kind in ``TRIED``."""
    low, high = TRIED[kind]
    factor = WIDER if kind == "normal" and schema.is_standardised else 1.0
    return factor * low, factor * high


def stacked(ways: Mapping[int, Tensor], truth: Tensor) -> list[float]:
    """Weights (3,) >= 0 with sum 1 that minimise the mean squared error: stacking (Wolpert, 1992; Breiman, 1996).

    Weights below ``LEAST`` become 0. If the mixture gains little, the best single estimate has weight 1.

    Parameters
    ----------
    ways : estimates by their index among the three, each of the shape of ``truth``.
    """
    from scipy.optimize import nnls

    chosen = [way for way in sorted(ways) if bool(ways[way].isfinite().all())]  # a model may return nan
    while True:
        off = torch.stack([ways[way] - truth for way in chosen]).double().cpu().numpy()
        gram = off @ off.T
        # the minimiser of w'Gw with w >= 0 and sum 1 is parallel to the w >= 0 that brings G w nearest to 1
        weight, _ = nnls(gram / max(float(np.trace(gram)), 1e-12) + 1e-6 * np.eye(len(chosen)), np.ones(len(chosen)))
        weight = weight / max(float(weight.sum()), 1e-12)
        kept = [way for way, share in zip(chosen, weight, strict=True) if share >= LEAST]
        if len(kept) in (0, len(chosen)):
            break
        chosen = kept
    alone = np.diag(gram)
    if weight @ gram @ weight > WORTH * alone.min():  # few rows overestimate the gain of mixtures
        weight = (np.arange(len(chosen)) == alone.argmin()).astype(np.float64)
    found = dict(zip(chosen, weight.tolist(), strict=True))
    return [found.get(way, 0.0) for way in range(3)]
