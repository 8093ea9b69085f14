"""Where the names of classes stand on a map: at the middle of each class, moved apart where they would overlap."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def medoid(points: Array) -> Array:
    """The point (2,) with the least summed distance from all others; of many points from a sample."""
    few = points[:: max(1, len(points) // 200)]
    apart = np.abs(few[:, None] - few[None]).sum((1, 2))
    return np.asarray(few[int(apart.argmin())])


def moved_apart(places: Array, names: Sequence[str]) -> Array:
    """Places (n, 2), 0 to 1 on the map, moved as little as needed so that the names at them do not overlap, and within
    the map; so many or long names that there is no room for them may overlap."""
    places = np.array(places, dtype=float)
    wide = np.array([0.045 if len(name) < 3 else 0.026 * len(name) for name in names])
    for _ in range(200):
        still = True
        for i in range(len(names)):
            for j in range(i):
                gap = places[i] - places[j]
                need = np.array([(wide[i] + wide[j]) / 2, 0.06])
                short = need - np.abs(gap)
                if (short > 1e-9).all():
                    axis = int(np.argmin(short / need))
                    step = (short[axis] / 2 + 1e-6) * (1 if gap[axis] >= 0 else -1)
                    places[i, axis] += step
                    places[j, axis] -= step
                    still = False
        places = places.clip(0, 1)
        if still:
            break
    return places
