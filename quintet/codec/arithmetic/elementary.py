"""exp, log, cos and related functions in float64, from IEEE sums, products, quotients and powers of two alone.

IEEE 754 defines the rounding of those four operations, and not that of the libraries' exp and log; so these functions
give the same bits on every machine. Their relative error is at most 2e-15 (of the normal cdf 1e-12).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # its products with integers below 2^20 are exact
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
INVERSE_LN2 = 1.4426950408889634
EXP = [1 / math.factorial(n) for n in range(14)]
STEPS = 64  # entries of the table of 2^(i/64): the remainder is so small that a short polynomial suffices
BLOCK = 1 << 13  # numbers that fit into the cache
LOG = [1 / (2 * n + 1) for n in range(12)]
QUARTER_HIGH = float.fromhex("0x1.921fb54400000p+0")  # pi / 2; its products with integers below 2^20 are exact
QUARTER_LOW = float.fromhex("0x1.0b4611a626331p-34")
COS = [(-1) ** n / math.factorial(2 * n) for n in range(10)]
SIN = [(-1) ** n / math.factorial(2 * n + 1) for n in range(10)]
LARGEST = 700.0  # largest |x| whose exp is calculated
SERIES_TERMS, FRACTION_TERMS, BOUNDARY, FARTHEST = 60, 60, 2.5, 40.0
"""The normal cdf: a series below ``BOUNDARY``, a continued fraction from there to ``FARTHEST``."""
NODES, LAST_NODE = 1024, 8704
"""Nodes of the normal cdf's table: a unit has so many, and the last one is so far from 0."""
CHECK_EVERY = 4  # terms of the series between two tests for convergence
NEGLIGIBLE = 2.0**-54  # relative size of a term that is less than half of the last digit of the sum
SQRT_2PI = math.sqrt(2 * math.pi)


def exp(x: Array) -> Array:
    """e^x = 2^(n/64) e^y, n = 64 m + i, with a polynomial for e^y; 0 below e^-700."""
    return _by_blocks(_exp_block, x)


def _exp_block(x: Array) -> Array:
    moderate = np.abs(x).max(initial=0.0) < LARGEST
    y = x.copy() if moderate else np.where(np.isnan(x), 0.0, np.clip(x, -LARGEST, LARGEST))
    n = np.rint(y * (STEPS * INVERSE_LN2))
    y -= n * (LN2_HIGH / STEPS)
    y -= n * (LN2_LOW / STEPS)
    whole = n.astype(np.int64)
    p = _horner(EXP[:7], y)
    p *= TABLE[whole & (STEPS - 1)]
    p *= ((whole // STEPS + 1023) << 52).view(np.float64)  # the bits of 2^m
    if not moderate:
        p = np.where(x <= -LARGEST, 0.0, np.where(x >= LARGEST, np.inf, np.where(np.isnan(x), np.nan, p)))
    return p


def log(x: Array) -> Array:
    """ln x, from exponent and mantissa; the logarithm of the mantissa is a series of artanh."""
    legal = (x > 0) & (x < np.inf)
    m, e = np.frexp(np.where(legal, x, 1.0))
    low = m < math.sqrt(0.5)
    m, e = np.where(low, 2 * m, m), e - low
    s = (m - 1) / (m + 1)
    out = e * LN2_HIGH + (e * LN2_LOW + 2 * s * _horner(LOG, s * s))
    return np.where(legal, out, np.where(x == 0, -np.inf, np.where(x == np.inf, np.inf, np.nan)))


def cos(x: Array) -> Array:
    """Cosine of angles in radians, to an absolute error of 4e-16 within a million turns; NaN of infinity."""
    return _quarter_turns(x, 1)


def sin(x: Array) -> Array:
    """Sine of angles in radians, as ``cos``."""
    return _quarter_turns(x, 0)


def _quarter_turns(x: Array, ahead: int) -> Array:
    """sin(x + ahead pi / 2): the number of quarter turns chooses sine or cosine of the rest, and the sign."""
    finite = np.isfinite(x)
    y = np.where(finite, x, 0.0)
    turns = np.rint(y / QUARTER_HIGH)
    y = (y - turns * QUARTER_HIGH) - turns * QUARTER_LOW
    quarter = np.remainder(turns, 4).astype(np.int64) + ahead
    square = y * y
    found = np.where(quarter & 1, _horner(COS, square), y * _horner(SIN, square))
    return np.where(finite, np.where(quarter & 2, -found, found), np.nan)


def log1p(x: Array) -> Array:
    """ln(1 + x), corrected for the rounding of 1 + x."""
    u = 1 + x
    with np.errstate(divide="ignore", invalid="ignore"):
        out = log(u) * (x / (u - 1))
    return np.where(u == 1, x, np.where(np.isinf(u) | (u <= 0), log(u), out))


def expm1(x: Array) -> Array:
    """e^x - 1, corrected for the rounding of e^x."""
    u = exp(x)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        out = (u - 1) * (x / log(u))
    return np.where(u == 1, x, np.where((u - 1 == -1) | np.isinf(u), u - 1, out))


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x)."""
    e = exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, e) / (1 + e))


def softplus(x: Array) -> Array:
    """ln(1 + e^x)."""
    return np.asarray(np.maximum(x, 0.0) + log1p(exp(-np.abs(x))))


def tanh(x: Array) -> Array:
    """(e^2x - 1) / (e^2x + 1)."""
    t = expm1(-2 * np.abs(x))
    return np.asarray(np.copysign(t / (t + 2), x))


def ndtr(x: Array) -> Array:
    """The standard normal cdf: a series near the middle, a continued fraction in the tails, 0 or 1 beyond 40."""
    return _by_blocks(_ndtr_block, x)


def ndtr_by_table(x: Array) -> Array:
    """The standard normal cdf by lines between the nodes of a table, for probabilities of the entropy coder.

    It ascends, its error is at most 6e-8, and that of its slope a relative |x| / 2048; it is 0 or 1 beyond 8.5.
    """
    return _by_blocks(_ndtr_by_lines, x)


def _ndtr_by_lines(x: Array) -> Array:
    at = np.clip(np.nan_to_num(x * NODES, nan=0.0) + LAST_NODE, 0.0, 2.0 * LAST_NODE)
    node = np.minimum(at.astype(np.int64), 2 * LAST_NODE - 1)
    at -= node
    at *= RISE[node]
    at += NDTR[node]
    return np.asarray(at)


def _ndtr_block(x: Array) -> Array:
    z = np.abs(x)
    near, beyond = z < BOUNDARY, z > FARTHEST
    far = ~(near | beyond)  # and NaN
    tail = np.zeros_like(z)
    tail[near] = _inside(z[near])
    tail[far] = _outside(z[far])
    return np.where(x > 0, 1 - tail, tail)


def _inside(z: Array) -> Array:
    """P(X > z) by the series of Marsaglia (2004), up to the first term that changes no sum."""
    square, term = z * z, z.copy()
    whole = z.copy()
    for n in range(1, SERIES_TERMS):
        term *= square
        term /= 2 * n + 1
        if n % CHECK_EVERY == 0 and n > square.max(initial=0.0) and (term <= whole * NEGLIGIBLE).all():
            break
        whole += term
    return 0.5 - exp(-0.5 * square) / SQRT_2PI * whole


def _outside(z: Array) -> Array:
    """P(X > z) by the continued fraction of Laplace."""
    fraction = z.copy()
    for n in range(FRACTION_TERMS, 0, -1):
        np.divide(n, fraction, out=fraction)
        fraction += z
    return exp(-0.5 * (z * z)) / SQRT_2PI / fraction


def _by_blocks(function: Callable[[Array], Array], x: Array) -> Array:
    """``function``, applied to flat pieces that fit into the cache."""
    flat, out = x.reshape(-1), np.empty(x.size)
    for start in range(0, flat.size, BLOCK):
        out[start : start + BLOCK] = function(flat[start : start + BLOCK])
    return out.reshape(x.shape)


def _table() -> Array:
    """2^(i/64), by a polynomial of degree 13."""
    x = np.arange(STEPS) * (LN2_HIGH / STEPS)
    half = _horner(EXP, x / 2)
    return np.asarray(half * half * (1 + np.arange(STEPS) * (LN2_LOW / STEPS)))


def _horner(coefficients: list[float], x: Array) -> Array:
    out = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        out *= x
        out += c
    return out


TABLE = _table()
NDTR = ndtr(np.arange(-LAST_NODE, LAST_NODE + 1) / NODES)
RISE = np.diff(NDTR)
