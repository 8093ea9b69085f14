"""Modified Bessel functions of the first kind, for the von Mises-Fisher distribution."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from quintet.numerics.tracing import is_traced

HIGH = 40.0
"""Order from which Debye's expansion is exact to about 1e-10."""


class _Bessel(torch.autograd.Function):
    """log I_v(x) - x and the ratio I_{v+1}(x) / I_v(x), with gradients from their recurrences."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, order: float) -> tuple[Tensor, Tensor]:
        wide = widest(x)
        log_i, ratio = _values(wide, order)
        ctx.order = order
        ctx.save_for_backward(wide, ratio)
        return log_i.to(x.dtype), ratio.to(x.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, to_log: Tensor, to_ratio: Tensor) -> tuple[Tensor, None]:
        x, ratio = ctx.saved_tensors
        slope_log = ratio + ctx.order / x - 1
        slope_ratio = 1 - ratio.square() - (2 * ctx.order + 1) * ratio / x
        return (to_log * slope_log + to_ratio * slope_ratio).to(to_log.dtype), None


def log_bessel(order: float, x: Tensor) -> tuple[Tensor, Tensor]:
    """log I_order(x) - x and I_{order+1}(x) / I_order(x), in the shape of x > 0, for an order >= 0.

    Debye's uniform expansion (DLMF 10.41.3) at a high order, then the recurrence DLMF 10.29.1 downwards, which is
    stable for arguments of any size. Computed in float64 if the device supports it.
    """
    if is_traced():  # a trace holds the values alone
        log_i, ratio = _values(widest(x), order)
        return log_i.to(x.dtype), ratio.to(x.dtype)
    found: tuple[Tensor, Tensor] = _Bessel.apply(x, order)  # type: ignore[no-untyped-call]
    return found


def _values(wide: Tensor, order: float) -> tuple[Tensor, Tensor]:
    """log I_order(x) - x and I_{order+1}(x) / I_order(x), in float64."""
    steps = max(0, math.ceil(HIGH - order))
    log_i = _debye(order + steps, wide)
    ratio = (_debye(order + steps + 1, wide) - log_i).exp()
    for step in reversed(range(steps)):  # r_v = 1 / (2 (v + 1) / x + r_{v+1}): stable downwards
        ratio = 1 / (2 * (order + step + 1) / wide + ratio)
        log_i = log_i - ratio.log()
    return log_i, ratio


def widest(t: Tensor) -> Tensor:
    """Convert to float64 if the device supports it."""
    return t if t.device.type == "mps" else t.double()


def _debye(order: float, x: Tensor) -> Tensor:
    """log I_order(x) - x for an order of at least ``HIGH``, to four terms of the expansion."""
    z = x / order
    root = torch.sqrt(1 + z.square())
    t = 1 / root
    s = t.square()
    # √(1+z²) - z without the loss of digits at large z
    exponent = order * (1 / (root + z) + torch.log(z / (1 + root)))
    u1 = t * (3 - 5 * s) / 24
    u2 = s * (81 + s * (-462 + s * 385)) / 1152
    u3 = t * s * (30375 + s * (-369603 + s * (765765 - s * 425425))) / 414720
    u4 = s * s * (4465125 + s * (-94121676 + s * (349922430 + s * (-446185740 + s * 185910725)))) / 39813120
    series = u1 / order + u2 / order**2 + u3 / order**3 + u4 / order**4
    return exponent - 0.5 * math.log(2 * math.pi * order) - 0.5 * root.log() + torch.log1p(series)
