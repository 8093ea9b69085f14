"""Watches the loss for a NaN or a run away, and keeps the last good weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from quintet.errors import Diverged
from quintet.training.options import Training
from quintet.training.weights import copy_of, put, weights

EVERY = 100
"""Steps between two looks; each waits for the device once."""
FAR = 100
"""A loss that lies this many times its first size above its first value has run away."""


class DivergenceWatch:
    """Looks at the mean loss since the last look and at the weights.

    Parameters
    ----------
    modules : what the stage trains, by name.
    cells : cells of a row; a first loss near 0 is taken as one nat a cell.
    """

    def __init__(self, modules: Mapping[str, nn.Module], cells: int) -> None:
        self._modules, self._cells = modules, cells
        self._good = copy_of(weights(modules))
        self.first: float | None = None

    def look(self, loss: float, parameters: Sequence[Tensor], where: str, training: Training) -> None:
        """Keep these weights, or put the last good ones back and say what to change.

        Raises
        ------
        Diverged
            The loss or a weight is not finite, or the loss is far above where it began.
        """
        finite = math.isfinite(loss) and _finite(parameters)
        if self.first is None and math.isfinite(loss):
            self.first = loss
        if finite and loss <= self._limit():
            self._good = copy_of(weights(self._modules))
            return
        put(weights(self._modules), self._good)
        what = f"rose from {self.first:.4g} to {loss:.4g}" if finite else "became NaN or infinite"
        raise Diverged(f"The loss {what} {where}; the last good weights were kept: train anew with {_cure(training)}.")

    def _limit(self) -> float:
        assert self.first is not None
        return self.first + FAR * max(abs(self.first), self._cells)


def _finite(parameters: Sequence[Tensor]) -> bool:
    with torch.no_grad():
        norms = torch._foreach_norm([p for p in parameters if p.is_floating_point()])
        return not norms or bool(torch.stack([n.float() for n in norms]).isfinite().all())


def _cure(training: Training) -> str:
    cures = [f"learning_rate={training.learning_rate / 10:.2g} (it was {training.learning_rate:.2g})"]
    if not training.clip:
        cures.append("clip=100")
    if training.precision != "fp32":
        cures.append('precision="fp32"')
    return " or ".join([", ".join(cures[:-1]), cures[-1]]) if len(cures) > 1 else cures[0]
