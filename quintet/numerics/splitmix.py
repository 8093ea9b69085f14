"""Hash of 64-bit words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def splitmix64(words: npt.NDArray[np.uint64]) -> npt.NDArray[Any]:
    """SplitMix64's output function (Steele et al., 2014), a bijection of 64 bits."""
    with np.errstate(over="ignore"):
        z = words + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
