"""Concatenation of independent distributions over consecutive parts of a vector."""

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
    """Independent distributions of consecutive parts of (draws, batch, elements), constructed on demand.

    Parameters
    ----------
    sizes : number of elements of each part.
    made : constructor of each part's distribution, over a shape that broadcasts to (draws, batch, elements of the
        part).
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
        """A draw of each part."""
        return _joined([make().sample(noise) for make in self.made])

    def select(self, index: object) -> Distribution:
        """The distribution of a span of elements within one part; other selections are not supported."""
        if isinstance(index, tuple) and len(index) == 3 and isinstance(index[2], slice) and index[2].step is None:
            for make, size, end in zip(self.made, self.sizes, accumulate(self.sizes), strict=True):
                first, last, _ = index[2].indices(sum(self.sizes))
                if end - size <= first and last <= end:
                    return make().select((*index[:2], slice(first - end + size, last - end + size)))
        raise NotImplementedError("the parts have different distributions: select elements of one of them")


def _joined(parts: list[Tensor]) -> Tensor:
    """Concatenate parts after broadcasting their draws and rows."""
    lead = torch.broadcast_shapes(*(part.shape[:2] for part in parts))  # type: ignore[no-untyped-call]
    return torch.cat([part.expand(*lead, -1) for part in parts], -1)
