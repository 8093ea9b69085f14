"""Random draws that are constants of a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.noise import Noise

Array = np.ndarray[Any, Any]


class FixedNoise(Noise):
    """The draws of a shared ``Noise``, kept from the first pass, so that a trace of a later one holds the numbers and
    not the drawing of them.

    Parameters
    ----------
    seed, draws : as of ``Noise``.
    """

    def __init__(self, seed: int | Iterable[int], draws: int) -> None:
        super().__init__(seed, draws, shared=True)
        self._drawn: list[Array] = []
        self._at = 0

    def begin(self) -> FixedNoise:
        """The same source at its first draw."""
        self._at = 0
        return self

    def normal(self, batch: int, *shape: int) -> Tensor:
        """Standard normal draws, (draws, batch, *shape)."""
        return self._next(torch.randn, batch, shape)

    def uniform(self, batch: int, *shape: int) -> Tensor:
        """Uniform draws on [0, 1), (draws, batch, *shape)."""
        return self._next(torch.rand, batch, shape)

    def _next(self, draw: Callable[..., Tensor], batch: int, shape: tuple[int, ...]) -> Tensor:
        if self._at == len(self._drawn):
            drawn = draw(self.draws, 1, *shape, generator=self._generator, dtype=torch.float32)
            self._drawn.append(drawn.numpy())
        found = torch.from_numpy(self._drawn[self._at])
        self._at += 1
        return found.expand(self.draws, batch, *found.shape[2:])
