"""Log-likelihood in bits per dimension."""

from __future__ import annotations

import math

from quintet.arguments import Positive
from quintet.entry_points import public


@public
def bits_per_dimension(log_prob: float, cells: Positive) -> float:
    """-log₂ p(x) per cell: nats a row over (cells a row · log 2); the length of an ideal code.

    Theis et al., "A note on the evaluation of generative models", 2016. For cells that are not whole numbers the
    density is a density: the figure then depends on the cells' units and can be negative.

    Parameters
    ----------
    log_prob : nats a row: log p(x), or a bound of it.
    cells : observed cells a row.
    """
    return -log_prob / (cells * math.log(2))
