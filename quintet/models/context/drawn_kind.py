"""What is visible of the rows of a training step, drawn by the shares of several kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from quintet.noise import Noise

Kind = TypeVar("Kind", bound=str)


def drawn_kind(noise: Noise, shares: Mapping[Kind, float]) -> Kind:
    """A kind, drawn with the probability of its share; the shares sum to 1, and rounding leaves the last one."""
    other = noise.chance()
    for kind, share in shares.items():
        other -= share
        if other < 0:
            return kind
    return list(shares)[-1]
