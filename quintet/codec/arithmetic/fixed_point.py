"""Networks on whole numbers: the same bits on every machine, at the speed of plain float64 products.

A number x is kept as the whole number nearest to x 2^14. Products and sums of such numbers stay below 2^53, so float64
adds them exactly in any order; functions of one number are tables. What is left are single IEEE operations. ``Exact``
rounds every operand of every product anew, which takes several times as long as the product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import _disable_current_modes

from quintet.codec.arithmetic import elementary, sums

Array = np.ndarray[Any, Any]
POINT = 14
"""Bits behind the point of a number."""
ONE = float(1 << POINT)
MOST_BITS = 52
"""Bits of a sum of products."""
REACH, FINENESS = 64, 9
"""The table of a function covers -REACH .. REACH in steps of 2^-FINENESS."""
WHOLE = 2.0**32
"""The largest weight of a level."""


@contextmanager
def on_whole_numbers() -> Iterator[None]:
    """Run what is exact by construction without ``Exact``, which would round it again."""
    with _disable_current_modes():
        yield


def fixed(x: Tensor) -> Tensor:
    """x in fixed point."""
    return (x * ONE).round_()


class FixedLinear:
    """An affine map of numbers in fixed point.

    Parameters
    ----------
    weight : (outputs, inputs), float64.
    bias : (outputs,), or None.
    largest : of an input, in fixed point.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, largest: float) -> None:
        bias = weight.new_zeros(len(weight)) if bias is None else bias
        most = weight.shape[1] * largest * float(weight.abs().amax()) + ONE * float(bias.abs().amax())
        self.bits = min(MOST_BITS - math.frexp(most + 1.0)[1], 40)
        self.weight = (weight.T * 2.0**self.bits).round().contiguous()
        self.bias = (bias * (2.0**self.bits * ONE)).round()

    def whole(self, x: Tensor) -> Tensor:
        """(n, inputs) -> (n, outputs), in fixed point."""
        return self._sums(x).mul_(2.0**-self.bits).round_()

    def real(self, x: Tensor) -> Tensor:
        """(n, inputs) in fixed point -> (n, outputs) as they are."""
        return self._sums(x).mul_(2.0**-self.bits / ONE)

    def _sums(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, x, self.weight)


def normed_linear(norm: torch.nn.LayerNorm, linears: list[torch.nn.Linear]) -> FixedLinear:
    """The maps of a normalised layer, one after the other, with the scale and shift of the normalisation."""
    weight = torch.cat([linear.weight for linear in linears])
    bias = torch.cat([linear.bias for linear in linears]) + sums.total(weight * norm.bias, (1,))
    return FixedLinear(weight * norm.weight, bias, ONE * math.sqrt(weight.shape[1]) + 1)


def normalised(x: Tensor, eps: float) -> Tensor:
    """Rows (n, width) in fixed point with mean 0 and variance 1; x is limited in place, so that sums of squares are
    exact."""
    limit = 2.0 ** ((MOST_BITS - math.frexp(x.shape[1])[1]) // 2)
    x = x.clamp_(-limit, limit)
    mean = x.sum(1, keepdim=True) / x.shape[1]
    square = (x * x).sum(1, keepdim=True) / x.shape[1]
    inverse = ONE / ((square - mean * mean).clamp_(min=0.0) + eps * ONE * ONE).sqrt_()
    return (x - mean).mul_(inverse).round_()


class FixedFunction:
    """A function of one number by its table; beyond ``REACH`` it is constant.

    Parameters
    ----------
    function : with the same bits on every machine.
    """

    def __init__(self, function: Callable[[Array], Array]) -> None:
        self.last = (2 * REACH << FINENESS) - 1
        at = np.arange(self.last + 1) / (1 << FINENESS) - REACH
        self.table = fixed(torch.from_numpy(np.asarray(function(at), np.float64)))
        self.largest = float(self.table.abs().amax())

    def __call__(self, x: Tensor) -> Tensor:
        """Numbers as they are, which are overwritten -> the function's values in fixed point."""
        x.add_(REACH + 2.0 ** -(FINENESS + 1)).mul_(float(1 << FINENESS)).clamp_(0.0, float(self.last))
        return self.table[x.long()]


def silu(x: Array) -> Array:
    """x / (1 + e^-x)."""
    return x * elementary.sigmoid(x)


def cumulative(logits: Tensor) -> Tensor:
    """Cumulative probabilities of levels, (n, levels), from logits as they are, which are overwritten."""
    logits -= logits.amax(1, keepdim=True)
    share = torch.from_numpy(elementary.exp(logits.numpy())).mul_(WHOLE).round_()
    found = share.cumsum_(1)
    return found / found[:, -1:]
