"""exp, log and their kin from IEEE additions, products, quotients and powers of two alone, float64.

Those are correctly rounded everywhere, and the libraries' own exp and log are not; so these give the same bits on
every machine. They are within some 1e-15 of the truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # its products with whole numbers below 2^20 are exact
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
INVERSE_LN2 = 1.4426950408889634
EXP = [1 / math.factorial(n) for n in range(14)]
STEPS = 64  # of the table of 2^(i/64), so that a short polynomial does for what is left
BLOCK = 1 << 13  # numbers that fit the cache
LOG = [1 / (2 * n + 1) for n in range(12)]
LARGEST = 700.0
SERIES, FRACTION, BETWEEN, FARTHEST = 60, 60, 2.5, 40.0
CHECKED = 4  # terms of the series between two looks at whether they still change it
UNSEEN = 2.0**-54  # of a number: less than half of its last digit, so adding it changes nothing
ROOT = math.sqrt(2 * math.pi)


def exp(x: Array) -> Array:
    """e^x: 2^(n/64), n = 64 m + i, times a polynomial of what is left; below e^-700 it is 0."""
    return _by_blocks(_exp_block, x)


def _exp_block(x: Array) -> Array:
    usual = np.abs(x).max(initial=0.0) < LARGEST
    y = x.copy() if usual else np.where(np.isnan(x), 0.0, np.clip(x, -LARGEST, LARGEST))
    n = np.rint(y * (STEPS * INVERSE_LN2))
    y -= n * (LN2_HIGH / STEPS)
    y -= n * (LN2_LOW / STEPS)
    whole = n.astype(np.int64)
    p = _horner(EXP[:7], y)
    p *= TABLE[whole & (STEPS - 1)]
    p *= ((whole // STEPS + 1023) << 52).view(np.float64)  # the bits of 2^m
    if not usual:
        p = np.where(x <= -LARGEST, 0.0, np.where(x >= LARGEST, np.inf, np.where(np.isnan(x), np.nan, p)))
    return p


def log(x: Array) -> Array:
    """ln x: exponent and mantissa, this by the series of artanh."""
    legal = (x > 0) & (x < np.inf)
    m, e = np.frexp(np.where(legal, x, 1.0))
    low = m < math.sqrt(0.5)
    m, e = np.where(low, 2 * m, m), e - low
    s = (m - 1) / (m + 1)
    out = e * LN2_HIGH + (e * LN2_LOW + 2 * s * _horner(LOG, s * s))
    return np.where(legal, out, np.where(x == 0, -np.inf, np.where(x == np.inf, np.inf, np.nan)))


def log1p(x: Array) -> Array:
    """ln(1 + x), the rounding of 1 + x made good."""
    u = 1 + x
    with np.errstate(divide="ignore", invalid="ignore"):
        out = log(u) * (x / (u - 1))
    return np.where(u == 1, x, np.where(np.isinf(u) | (u <= 0), log(u), out))


def expm1(x: Array) -> Array:
    """e^x - 1, likewise."""
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


def _ndtr_block(x: Array) -> Array:
    z = np.abs(x)
    near, beyond = z < BETWEEN, z > FARTHEST
    far = ~(near | beyond)  # and what is no number
    tail = np.zeros_like(z)
    tail[near] = _inside(z[near])
    tail[far] = _outside(z[far])
    return np.where(x > 0, 1 - tail, tail)


def _inside(z: Array) -> Array:
    """P(X > z) by the series of Marsaglia (2004), up to the term that changes no sum any more."""
    square, term = z * z, z.copy()
    whole = z.copy()
    for n in range(1, SERIES):
        term *= square
        term /= 2 * n + 1
        if n % CHECKED == 0 and n > square.max(initial=0.0) and (term <= whole * UNSEEN).all():
            break
        whole += term
    return 0.5 - exp(-0.5 * square) / ROOT * whole


def _outside(z: Array) -> Array:
    """P(X > z) by the continued fraction of Laplace."""
    below = z.copy()
    for n in range(FRACTION, 0, -1):
        np.divide(n, below, out=below)
        below += z
    return exp(-0.5 * (z * z)) / ROOT / below


def _by_blocks(function: Callable[[Array], Array], x: Array) -> Array:
    """``function`` of flat pieces that fit the cache."""
    flat, out = x.reshape(-1), np.empty(x.size)
    for start in range(0, flat.size, BLOCK):
        out[start : start + BLOCK] = function(flat[start : start + BLOCK])
    return out.reshape(x.shape)


def _table() -> Array:
    """2^(i/64), by the long polynomial."""
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
