"""Sums, matrix products and convolutions whose bits do not depend on the order of the additions.

The numbers are rounded to integer multiples of a power of two, with so few bits that every partial sum is below 2^53:
float64 then adds them exactly, in any order that threads, libraries and machines choose (after Demmel and Nguyen, "Fast
reproducible floating-point summation", 2013). The power follows from the largest number of a row, and a maximum does
not depend on an order either.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, Any]
MANTISSA_BITS = 53
FARTHEST = 1000
"""Exponent up to which a power of two is a normal float64."""


def total(x: Tensor, dims: tuple[int, ...], keepdim: bool = False) -> Tensor:
    """Sum over some axes, with 52 bits less the logarithm of the number of terms."""
    count = math.prod(x.shape[d] for d in dims)
    whole, exponent = _integers(x, dims, MANTISSA_BITS - 1 - _bits(count))
    summed = _scaled(whole.sum(dims, keepdim=True), exponent)
    return summed if keepdim else summed.squeeze(dims)


def cumulative(x: Tensor, dim: int) -> Tensor:
    """Cumulative sums along an axis."""
    whole, exponent = _integers(x, (dim,), MANTISSA_BITS - 1 - _bits(x.shape[dim]))
    return _scaled(whole.cumsum(dim), exponent)


def product(a: Tensor, b: Tensor) -> Tensor:
    """a @ b; rows of a and columns of b are rounded to half the bits that the number of terms leaves."""
    left, right = _halves(a.shape[-1])
    (p, e), (q, f) = _integers(a, (-1,), left), _integers(b, (-2,), right)
    return _scaled(p @ q, e + f)


def convolution(x: Tensor, weight: Tensor, transposed: bool, *options: Any) -> Tensor:
    """A convolution without bias; each row of x and each channel's weights are rounded to half the bits."""
    rest = tuple(range(1, x.dim()))
    terms = weight[0].numel() if not transposed else weight.shape[0] * weight[0, 0].numel()
    left, right = _halves(terms)
    (p, e), (q, f) = (
        _integers(x, rest, left),
        _integers(weight, tuple(range(weight.dim())) if transposed else rest, right),
    )
    channels = f.reshape(1, -1, *(1 for _ in rest[1:]))
    stride, padding, dilation, output_padding, groups = options
    out = torch.ops.aten.convolution(p, q, None, stride, padding, dilation, transposed, output_padding, groups)
    return _scaled(out, e + channels)


def _halves(terms: int) -> tuple[int, int]:
    bits = MANTISSA_BITS - 1 - _bits(terms)
    return bits // 2, bits - bits // 2


def _bits(count: int) -> int:
    return max(count - 1, 0).bit_length()


def _integers(x: Tensor, dims: tuple[int, ...], bits: int) -> tuple[Tensor, Tensor]:
    """Integers k of at most ``bits`` bits and an exponent e, one along ``dims``, such that x is about k 2^e."""
    largest = torch.maximum(x.amax(dims, keepdim=True), -x.amin(dims, keepdim=True)) if x.numel() else x.new_zeros([])
    exponent = torch.from_numpy(np.asarray(np.frexp(largest.numpy())[1], dtype=np.int64)) - bits
    return _scaled(x, -exponent).round_(), exponent


def _scaled(x: Tensor, exponent: Tensor) -> Tensor:
    """x 2^exponent, exactly: one product with a power of two, or two where float64 does not hold it."""
    if not exponent.numel() or int(exponent.abs().amax()) <= FARTHEST:
        return x * _power_of_two(exponent)
    half = exponent // 2
    return x * _power_of_two(half) * _power_of_two(exponent - half)


def _power_of_two(exponent: Tensor) -> Tensor:
    """2^exponent; ``torch.ldexp`` calls pow, which need not be exact."""
    return torch.from_numpy(np.asarray(np.ldexp(1.0, exponent.numpy().astype(np.int32))))
