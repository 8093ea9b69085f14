"""Detection of divergence (NaN or an exploding loss), with a copy of the last good weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from quintet.errors import Diverged
from quintet.training.options import Training
from quintet.training.weights import copy_of, put, weights

EVERY = 100
"""Steps between two checks; each synchronises with the device once."""
FAR = 100
"""A loss has diverged if it exceeds its first value by this many times that value's size."""


class DivergenceWatch:
    """Checks the mean loss since the last check, and the weights.

    Parameters
    ----------
    modules : the modules that the stage trains, by name.
    cells : number of cells of a row; the size of the first loss counts as at least one nat a cell.
    """

    def __init__(self, modules: Mapping[str, nn.Module], cells: int) -> None:
        self._modules, self._cells = modules, cells
        self._good = copy_of(weights(modules))
        self.first: float | None = None

    def check(self, loss: float, parameters: Sequence[Tensor], where: str, training: Training) -> None:
        """Keep a copy of these weights, or restore the last good ones and raise ``Diverged``.

        Raises
        ------
        Diverged
            If the loss or a weight is not finite, or the loss is far above its first value; the message says what to
            change.
        """
        finite = math.isfinite(loss) and _finite(parameters)
        if self.first is None and math.isfinite(loss):
            self.first = loss
        if finite and loss <= self._limit():
            self._good = copy_of(weights(self._modules))
            return
        put(weights(self._modules), self._good)
        what = f"rose from {self.first:.4g} to {loss:.4g}" if finite else "became NaN or infinite"
        raise Diverged(
            f"The loss {what} {where}; the last good weights are restored: train again with {_cure(training)}."
        )

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
