"""What trains a context decoder of a grid: log p of some pixels of each image, given random visible cells."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.distributions.chain import Known
from quintet.distributions.noise_models.additive import LEAST_TRUST, SPREAD_AT_NO_TRUST
from quintet.models.context.visible_grid import GridDecoder
from quintet.models.context.visible_windows import VisibleImages, random_kind, random_visible
from quintet.networks.neighbourhood import Neighbourhood
from quintet.networks.window_network import Window
from quintet.noise import Noise

PIXELS = 64
"""Pixels of each image in a training step."""
SPREAD = (1 - LEAST_TRUST) * SPREAD_AT_NO_TRUST
"""Largest standard deviation of noise in training, in ranges of a cell."""


def pixel_terms(
    decoder: GridDecoder,
    x: Tensor,
    observed: Tensor,
    z: Tensor | None,
    condition: Tensor | None,
    has_z: Tensor | None,
    noise: Noise,
) -> Tensor:
    """Estimate of log p(observed cells | z) in nats, (batch,); arguments as of ``ContextDecoder.training_terms``."""
    kind = random_kind(noise, z is not None)
    seen = random_visible(kind, x, PIXELS, noise)
    there = observed.to(x.dtype)
    cells = torch.where(observed > 0, x, 0.0)
    doubt = seen.doubt.reshape(-1, 1, 1, 1)
    trust = 1 - (1 - LEAST_TRUST) * doubt
    noisy = cells
    if kind != "raster":
        noisy = cells + SPREAD * (decoder.levels - 1) * doubt * noise.normal(*x.shape)[0]
    known = None if kind == "raster" else Known(noisy[None], (seen.start * there * trust)[None])
    about = decoder.about(z, condition, has_z, known, seen.drawn)
    window = _windows(decoder.neighbours, noisy, there, seen)
    window = Window(window.x, window.visible * trust)
    base = decoder.base(window, about, seen.pixels)
    features = decoder.features(window, base, about, seen.pixels)[0]
    at = seen.pixels[:, None].expand(-1, decoder.layout.channels, -1)
    clean, own, own_there = (t.flatten(2).gather(2, at) for t in (cells, noisy, there))
    found, network = torch.zeros((), dtype=torch.float32, device=x.device), decoder.network(about)
    for channel in range(decoder.layout.channels):
        visible = seen.own[:, channel].movedim(-1, 1) * own_there * trust[..., 0]
        terms = network.distribution(channel, features, base[0], own, visible).log_prob(clean[:, channel])
        found = found + (terms * own_there[:, channel]).sum(-1)
    return found * there.flatten(1).sum(1) / own_there.flatten(1).sum(1).clamp(min=1.0)


def _windows(neighbours: Neighbourhood, x: Tensor, there: Tensor, seen: VisibleImages) -> Window:
    """Windows (1, batch, channels, pixels, neighbours) of the cells that are visible from the start, or drawn."""
    around = neighbours.around_own
    start = around(neighbours.padded(seen.start * there), seen.pixels)
    open_cells = around(neighbours.padded(there), seen.pixels)
    drawn = (seen.drawn[:, None] & neighbours.earlier).to(x.dtype)[:, None, None] * open_cells
    return Window(around(neighbours.padded(x), seen.pixels)[None], torch.maximum(start, drawn)[None])
