"""How much the model, the field of neighbours and the noisy row itself count in an answer, by the noise's rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from quintet.artifacts.denoising import DenoisingTrial
from quintet.data.schema import Schema

TRIED = {"replacement": (0.05, 0.4), "masking": (0.05, 0.4), "normal": (0.1, 0.3)}
"""Kinds of noise and the two rates at which shares are found; salt and pepper has those of replacement."""
WIDER = 5.0
"""Factor of the normal noise's rates for standardised cells."""
LEAST = 0.1
"""What counts less than this is left out."""
WORTH = 0.9
"""A mixture's squared error over that of the best source alone, below which it is worth it."""


@dataclass(frozen=True)
class CombinationWeights:
    """For one kind of noise: ``rates`` (2,) and ``weight`` (2, 3), rows of which sum to one."""

    rates: tuple[float, float]
    weight: Tensor

    @classmethod
    def read(cls, trial: DenoisingTrial | None, schema: Schema, kind: str) -> CombinationWeights:
        """What the trial found; without a trial the model alone counts."""
        tried = kind if kind in TRIED else "replacement"
        rates = rates_of(schema, tried)
        if trial is None:
            return cls(rates, torch.tensor([[1.0, 0.0, 0.0]] * 2, dtype=torch.float32))
        return cls(rates, trial.shares[list(TRIED).index(tried)])

    @property
    def model(self) -> bool:
        """Whether the model counts at any rate."""
        return bool((self.weight[:, 0] > 0).any())

    @property
    def field(self) -> bool:
        """Whether the field counts at any rate."""
        return bool((self.weight[:, 1] > 0).any())

    def at(self, rate: Tensor) -> Tensor:
        """Of each row, (n, 3), by its rate (n,): between the two rates by a straight line."""
        low, high = self.rates
        place = ((rate - low) / (high - low)).clamp(0, 1)[:, None]
        few, many = self.weight.to(rate)
        weight: Tensor = few + place * (many - few)
        return weight


def field_judges(trial: DenoisingTrial | None) -> bool:
    """Whether the field counts for as much as the model in answers to replaced cells and added noise together."""
    if trial is None:
        return False
    model, field, _ = trial.shares[[0, 2]].sum((0, 1)).tolist()
    return bool(field >= model)


def rates_of(schema: Schema, kind: str) -> tuple[float, float]:
    """The low and the high rate of a kind in ``TRIED``."""
    low, high = TRIED[kind]
    factor = WIDER if kind == "normal" and schema.kind == "real" else 1.0
    return factor * low, factor * high


def stacked(ways: Mapping[int, Tensor], truth: Tensor) -> list[float]:
    """Shares of at least 0 that sum to one and make the mean squared error least (stacking: Wolpert, 1992; Breiman,
    1996), those below ``LEAST`` left out; the best source alone where the mixture gains little.

    Parameters
    ----------
    ways : answers by their place among the three, each of the truth's shape.
    """
    from scipy.optimize import nnls

    chosen = [way for way in sorted(ways) if bool(ways[way].isfinite().all())]  # a model may answer no number
    while True:
        off = torch.stack([ways[way] - truth for way in chosen]).double().cpu().numpy()
        gram = off @ off.T
        # the least w'Gw with w >= 0 and sum 1 has the direction of the w >= 0 for which G w is nearest to 1
        weight, _ = nnls(gram / max(float(np.trace(gram)), 1e-12) + 1e-6 * np.eye(len(chosen)), np.ones(len(chosen)))
        weight = weight / max(float(weight.sum()), 1e-12)
        kept = [way for way, share in zip(chosen, weight, strict=True) if share >= LEAST]
        if len(kept) in (0, len(chosen)):
            break
        chosen = kept
    alone = np.diag(gram)
    if weight @ gram @ weight > WORTH * alone.min():  # a few rows overrate mixtures
        weight = (np.arange(len(chosen)) == alone.argmin()).astype(np.float64)
    found = dict(zip(chosen, weight.tolist(), strict=True))
    return [found.get(way, 0.0) for way in range(3)]
