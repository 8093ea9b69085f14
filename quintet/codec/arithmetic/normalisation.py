"""Means, norms and normalisation layers, from sums that do not depend on the order of the additions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from quintet.codec.arithmetic import sums
from quintet.codec.arithmetic.ieee_operations import NotExact


def total(x: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """Sum over some axes, or all."""
    dims = tuple(range(x.dim())) if dim is None or dim == [] else (dim,) if isinstance(dim, int) else tuple(dim)
    if not x.is_floating_point():
        return torch.sum(x, dims, keepdim=keepdim, dtype=dtype)
    return sums.total(x, dims, keepdim)


def mean(x: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """Mean over some axes, or all."""
    whole = total(x, dim, keepdim)
    return whole / (x.numel() // max(whole.numel(), 1))


def layer_norm(x: Tensor, shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float) -> tuple[Tensor, ...]:
    """Layer normalisation over the last axes."""
    dims = tuple(range(x.dim() - len(shape), x.dim()))
    return _normalised(x, dims, eps, lambda y: _affine(y, weight, bias))


def group_norm(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, n: int, channels: int, cells: int, groups: int, eps: float
) -> tuple[Tensor, ...]:
    """Normalisation over groups of channels."""
    per_channel = [None if part is None else part.reshape(1, -1, *(1 for _ in x.shape[2:])) for part in (weight, bias)]
    return _normalised(x.reshape(n, groups, -1), (2,), eps, lambda y: _affine(y.reshape(x.shape), *per_channel))


def batch_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    var: Tensor,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Tensor, ...]:
    """Batch normalisation in evaluation mode, by the running moments."""
    if training:
        raise NotExact("batch normalisation in training mode")
    shape = (1, -1, *(1 for _ in x.shape[2:]))
    weight, bias = (None if part is None else part.reshape(shape) for part in (weight, bias))
    out = (x - mean.reshape(shape)) / (var.reshape(shape) + eps).sqrt()
    return _affine(out, weight, bias), mean, var


def _normalised(x: Tensor, dims: tuple[int, ...], eps: float, after: Callable[[Tensor], Tensor]) -> tuple[Tensor, ...]:
    centre = mean(x, dims, True)
    residual = x - centre
    inverse = 1 / (mean(residual * residual, dims, True) + eps).sqrt()
    return after(residual * inverse), centre, inverse


def _affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def norm(x: Tensor, order: float = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """The Euclidean norm."""
    if order != 2:
        raise NotExact(f"a norm of order {order}")
    return total(x * x, dim, keepdim).sqrt()


def weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> tuple[Tensor, Tensor]:
    """Weights with the norm g along an axis, and the norm of v."""
    length = norm(v, 2, [d for d in range(v.dim()) if d != dim], True)
    return v * (g / length), length
