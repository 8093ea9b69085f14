"""Width factors of missing cells, by their distance from observed ones or the missing share of the row."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import max_pool1d, max_pool2d

from quintet.data.row_layout import Steps
from quintet.data.schema import Schema
from quintet.models.fitted import Fitted

PLACES = 5
"""Number of groups; for images and series: up to 1, 2, 4, 8 pixels or steps from the nearest observed one, or
farther; of series in the same channel."""


THIRDS = 3
"""Number of groups used for tables, by the missing share of the row."""


LEAST = 0.5
"""Smallest factor."""


LARGEST = 16.0
"""Largest factor."""


EFFORTS = ("low", "normal")
"""Efforts with measured factors; "high" uses those of "normal"."""


def cells_with_width(fitted: Fitted) -> Tensor:
    """Cells whose distribution can be wider or narrower, (cells,) of bool: numbers, not levels.

    A context decoder predicts a missing cell from the observed ones itself, and its numbers in tables have atoms, which
    a factor on the distance from the mean would move. In series later years differ from those of training, and long
    gaps of them are predicted too surely.
    """
    schema = fitted.schema
    codes = torch.tensor(schema.codes or (0,) * schema.size)
    if fitted.model.has_context and not (schema.sequential and schema.is_standardised):
        return torch.zeros_like(codes, dtype=torch.bool)
    return codes == 0


def factors(fitted: Fitted, observed: Tensor, effort: str) -> Tensor | None:
    """Width factor of each cell for rows with these missing cells, (batch, cells); None without measured factors.

    Parameters
    ----------
    observed : (batch, *row).
    """
    widths = fitted.artifacts.interval_widths
    if widths is None:
        return None
    table = widths.log_factor.to(observed.device)[EFFORTS.index("low" if effort == "low" else "normal")]
    factor = table.expand(-1, observed[0].numel()).gather(0, width_group(fitted.schema, observed)).exp()
    return factor.clamp(LEAST, LARGEST)


def width_group(schema: Schema, observed: Tensor) -> Tensor:
    """Group of each missing cell among ``PLACES``, (batch, cells) of int64; undefined for observed cells.

    Parameters
    ----------
    observed : (batch, *row).
    """
    if observed.ndim == 4:
        place = _by_distance(observed.any(1, keepdim=True).float(), max_pool2d)
        return place.expand(observed.shape).flatten(1).long()
    if isinstance(schema.layout, Steps):
        layout = schema.layout
        cells = observed.reshape(len(observed), layout.steps, layout.channels).movedim(2, 1).float()
        return _by_distance(cells, max_pool1d).movedim(1, 2).flatten(1).long()
    hidden = 1 - observed.flatten(1).float().mean(1, keepdim=True)
    return (hidden * THIRDS + 1e-3).long().clamp(max=THIRDS - 1).expand(len(observed), observed[0].numel())


def _by_distance(near: Tensor, pool: Callable[..., Tensor]) -> Tensor:
    """The group of each place by its distance from the nearest one that is 1, in the shape of ``near``."""
    place = torch.full_like(near, PLACES - 1)
    for number in range(PLACES - 1):
        for _ in range(max(1, 2 ** (number - 1))):
            near = pool(near, 3, stride=1, padding=1)
        place = torch.where((near > 0) & (place == PLACES - 1), float(number), place)
    return place
