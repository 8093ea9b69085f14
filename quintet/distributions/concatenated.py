"""Stretches of a vector side by side, each with a distribution of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from quintet.distributions.base import Distribution
from quintet.noise import Noise


@dataclass(frozen=True)
class Concatenated(Distribution):
    """Independent stretches of (draws, batch, elements); a stretch's distribution is made when it is asked for.

    Parameters
    ----------
    sizes : elements of each stretch.
    made : the maker of each stretch's distribution, over (draws, batch, its elements) or what broadcasts to it.
    """

    sizes: tuple[int, ...]
    made: tuple[Callable[[], Distribution], ...]

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density of each element in nats."""
        parts = torch.split(x, list(self.sizes), -1)
        return torch.cat([make().log_prob(part) for make, part in zip(self.made, parts, strict=True)], -1)

    @property
    def mean(self) -> Tensor:
        """E[x]."""
        return _joined([make().mean for make in self.made])

    @property
    def variance(self) -> Tensor:
        """Var[x]."""
        return _joined([make().variance for make in self.made])

    def sample(self, noise: Noise) -> Tensor:
        """A draw of each stretch."""
        return _joined([make().sample(noise) for make in self.made])

    def select(self, index: object) -> Distribution:
        """Of a span of elements within one stretch; of other choices it has no distribution here."""
        if isinstance(index, tuple) and len(index) == 3 and isinstance(index[2], slice) and index[2].step is None:
            for make, size, end in zip(self.made, self.sizes, accumulate(self.sizes), strict=True):
                first, last, _ = index[2].indices(sum(self.sizes))
                if end - size <= first and last <= end:
                    return make().select((*index[:2], slice(first - end + size, last - end + size)))
        raise NotImplementedError("stretches of other kinds hang side by side: choose elements of one of them")


def _joined(parts: list[Tensor]) -> Tensor:
    """Side by side, each for all draws and rows that any of them has."""
    lead = torch.broadcast_shapes(*(part.shape[:2] for part in parts))  # type: ignore[no-untyped-call]
    return torch.cat([part.expand(*lead, -1) for part in parts], -1)
