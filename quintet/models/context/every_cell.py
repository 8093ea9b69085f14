"""The distributions of all cells of some images in one pass, each given the visible cells around it."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from quintet.distributions import DiscretizedLogisticMixture
from quintet.models.context.about_images import AboutImages
from quintet.models.context.visible_grid import GridDecoder
from quintet.networks.window_network import Window

WINDOWS = 2**14
"""Windows in memory at a time."""


def every_cell(
    decoder: GridDecoder, x: Tensor, visible: Tensor, about: AboutImages, others: Tensor, earlier_alone: bool
) -> DiscretizedLogisticMixture:
    """Distribution of every cell given the visible cells of its window, or of the earlier part of it.

    Parameters
    ----------
    x, visible : (draws or 1, batch, channels, height, width).
    others : (channels, channels), which channels of its pixel (second) the prediction of one (first) reads.
    """
    draws, batch = max(len(x), len(about.weight)), int(x.shape[1])  # numbers in a trace, too: parts are not rows
    visible = visible.to(x.dtype)
    x = torch.where(visible > 0, x, 0.0)
    planes, there = decoder.neighbours.padded(x), decoder.neighbours.padded(visible)
    cells = int(x.shape[-2]) * int(x.shape[-1])
    every = torch.arange(cells, device=x.device)
    parts = []
    for pixels in torch.split(every, max(1, min(cells, WINDOWS // (draws * batch)))):
        seen = decoder.neighbours.around(there, pixels)
        seen = seen * decoder.neighbours.earlier.to(seen.dtype) if earlier_alone else seen
        window = Window(decoder.neighbours.around(planes, pixels), seen)
        base = decoder.base(window, about, pixels)
        features = decoder.features(window, base, about, pixels)
        own, own_there = x.flatten(3)[..., pixels], visible.flatten(3)[..., pixels]
        found = [
            decoder.network(about).distribution(c, features, base, own, own_there * read.to(x.dtype)[:, None])
            for c, read in enumerate(others)
        ]
        parts.append(DiscretizedLogisticMixture.joined(found, partial(torch.stack, dim=3)))
    plane = decoder.neighbours.height, decoder.neighbours.width

    def whole(each: list[Tensor]) -> Tensor:
        found: Tensor = torch.cat(each, -1).unflatten(-1, plane)  # type: ignore[no-untyped-call]
        return found

    return DiscretizedLogisticMixture.joined(parts, whole)
