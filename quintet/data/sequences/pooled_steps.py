"""Statistics of the channels of series, over all rows and steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

Array = np.ndarray[Any, Any]
Found = TypeVar("Found", int, tuple[int, float])


def by_channel(flat: Array, steps: int) -> Array:
    """Rows (n, steps * channels) -> (n * steps, channels), a view."""
    return flat.reshape(len(flat) * steps, flat.shape[1] // steps)


def of_every_step(found: Iterable[Found], size: int, steps: int) -> tuple[Found, ...]:
    """Channels, or channels with a value each -> the cells of all steps that they are, ascending."""
    channels, known = size // steps, list(found)
    out: list[Any] = []
    for step in range(steps):
        for each in known:
            first = step * channels
            out.append((each[0] + first, each[1]) if isinstance(each, tuple) else each + first)
    return tuple(out)
