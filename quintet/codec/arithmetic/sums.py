"""Sums and products of matrices whose bits do not depend on the order of the additions.

Numbers become whole multiples of a power of two, few enough bits that every partial sum is below 2^53: float64 then
adds them exactly, in whatever order threads, libraries and machines choose (after Demmel and Nguyen, "Fast reproducible
floating-point summation", 2013). The power comes from the largest number of a row, and a maximum has no order either.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, Any]
WHOLE = 53


def total(x: Tensor, dims: tuple[int, ...], keepdim: bool = False) -> Tensor:
    """Sums over some axes, to 53 bits less those that the number of terms takes."""
    count = math.prod(x.shape[d] for d in dims)
    whole, exponent = _whole(x, dims, WHOLE - 1 - _bits(count))
    summed = _scaled(whole.sum(dims, keepdim=True), exponent)
    return summed if keepdim else summed.squeeze(dims)


def running(x: Tensor, dim: int) -> Tensor:
    """Sums of the terms up to each, along an axis."""
    whole, exponent = _whole(x, (dim,), WHOLE - 1 - _bits(x.shape[dim]))
    return _scaled(whole.cumsum(dim), exponent)


def product(a: Tensor, b: Tensor) -> Tensor:
    """a @ b; each row of a and column of b to half the bits that the length of the sums leaves."""
    left, right = _halves(a.shape[-1])
    (p, e), (q, f) = _whole(a, (-1,), left), _whole(b, (-2,), right)
    return _scaled(p @ q, e + f)


def convolution(x: Tensor, weight: Tensor, transposed: bool, *options: Any) -> Tensor:
    """A convolution without bias; each row of x and each plane of the weights to half the bits."""
    rest = tuple(range(1, x.dim()))
    terms = weight[0].numel() if not transposed else weight.shape[0] * weight[0, 0].numel()
    left, right = _halves(terms)
    (p, e), (q, f) = _whole(x, rest, left), _whole(weight, tuple(range(weight.dim())) if transposed else rest, right)
    planes = f.reshape(1, -1, *(1 for _ in rest[1:]))
    stride, padding, dilation, output_padding, groups = options
    out = torch.ops.aten.convolution(p, q, None, stride, padding, dilation, transposed, output_padding, groups)
    return _scaled(out, e + planes)


def _halves(terms: int) -> tuple[int, int]:
    bits = WHOLE - 1 - _bits(terms)
    return bits // 2, bits - bits // 2


def _bits(count: int) -> int:
    return max(count - 1, 0).bit_length()


def _whole(x: Tensor, dims: tuple[int, ...], bits: int) -> tuple[Tensor, Tensor]:
    """Whole numbers of at most ``bits`` bits, and the power of two that makes x of them, one for all along ``dims``."""
    largest = x.abs().amax(dims, keepdim=True) if x.numel() else x.new_zeros([])
    exponent = torch.from_numpy(np.frexp(largest.numpy())[1].astype(np.int64)) - bits
    return _scaled(x, -exponent).round(), exponent


def _scaled(x: Tensor, exponent: Tensor) -> Tensor:
    """x times a power of two, exactly; ``torch.ldexp`` calls pow, which need not be exact."""
    return torch.from_numpy(np.asarray(np.ldexp(x.numpy(), exponent.numpy().astype(np.int32))))
