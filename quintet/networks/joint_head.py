"""Likelihood of rows of columns: normals for numbers, categorical distributions for levels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from quintet.distributions import Distribution
from quintet.distributions.joint import Joint, Part
from quintet.distributions.levels import IMPOSSIBLE, Levels
from quintet.networks.heads import Likelihood
from quintet.networks.initialisation import Marginals
from quintet.transfers import send

LEAST = 1e-6
"""Smallest probability of a level at the start."""


def joint(numbers: Likelihood, codes: Sequence[int], open_codes: Sequence[bool]) -> Likelihood:
    """The likelihood of a row of numbers and levels.

    It starts at the shares of the levels in training, with one further row of ``OTHER``: (singletons + 1) / (n + 1).

    Parameters
    ----------
    numbers : likelihood of the numbers.
    codes : number of codes of each cell, 0 for numbers.
    open_codes : whether the last code of a cell is ``OTHER``.
    """
    count = torch.tensor(codes, device="cpu")  # also where a file's model is built without memory
    at_numbers, at_levels = torch.nonzero(count == 0).flatten(), torch.nonzero(count > 0).flatten()
    widest = int(count.max())
    parameters = max(numbers.parameters if len(at_numbers) else 1, widest)
    code = torch.arange(max(widest, 1), device="cpu")
    exists = code < count[at_levels, None]
    other = torch.tensor(open_codes, device="cpu")[at_levels, None] & (code == count[at_levels, None] - 1)

    def head(raw: Tensor) -> Distribution:
        parts = []
        if len(at_numbers):
            own = raw[:, :, : numbers.parameters].index_select(-1, send(at_numbers, raw.device))
            parts.append(Part(send(at_numbers, raw.device), numbers.head(own)))
        if len(at_levels):
            place = send(at_levels, raw.device)
            logits = raw[:, :, :widest].index_select(-1, place).movedim(2, -1)
            there = send(exists, raw.device)
            drawn = there & ~send(other, raw.device)
            parts.append(Part(place, Levels(logits.masked_fill(~there, IMPOSSIBLE), drawn)))
        return Joint(tuple(parts))

    def start(marginals: Marginals) -> Tensor:
        out = torch.zeros(parameters, len(codes), dtype=torch.float64)
        if len(at_numbers) and numbers.start is not None:
            own = _cells(marginals, at_numbers)
            out[: numbers.parameters, at_numbers] = numbers.start(own)
        if len(at_levels):
            own, last = _cells(marginals, at_levels), torch.where(other.any(-1)[:, None], other, exists).double().T
            shares = (own.count * own.shares(widest) + last / last.sum(0)) / (own.count + 1)
            out[:widest, at_levels] = shares.clamp(min=LEAST).log()
        return out

    return Likelihood(f"joint of {numbers.name} and categorical", parameters, head, start)


def _cells(marginals: Marginals, cells: Tensor) -> Marginals:
    """The marginals of some cells."""
    return Marginals(
        marginals.count[cells],
        marginals.mean[cells],
        marginals.variance[cells],
        marginals.zeros[cells],
        lambda levels: marginals.shares(levels)[:, cells],
    )
