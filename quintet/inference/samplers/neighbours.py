"""Sampler that interpolates between training latents, without a fit.

After Chawla et al., "SMOTE: synthetic minority over-sampling technique", 2002: a row's latents are moved by a random
share towards those of one of its nearest rows, with a little noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from quintet.inference.samplers.bank_latents import kept_latents
from quintet.models.fitted import Fitted
from quintet.noise import Noise

NEAREST = 5
NOISE = 0.1
"""Standard deviation of the noise, in units of the distance to the neighbour."""


def neighbours(fitted: Fitted) -> Callable[[int, Noise, float], Tensor]:
    """Latents between two neighbours; ``temperature`` scales the step and the noise."""
    points = kept_latents(fitted, "neighbours").to(fitted.device)
    nearest = min(NEAREST, len(points) - 1)

    def sample(n: int, noise: Noise, temperature: float) -> Tensor:
        which, neighbour, way = noise.uniform(n, 3)[0].unbind(-1)
        eps = noise.normal(n, points.shape[1])[0]
        start: Tensor = points[_pick(which, len(points))]
        if not nearest:
            return start
        distance = torch.cdist(start, points, compute_mode="donot_use_mm_for_euclid_dist")
        order = distance.topk(nearest + 1, largest=False).indices[:, 1:]  # the nearest is the row itself
        other = points[order.gather(1, _pick(neighbour, nearest)[:, None])[:, 0]]
        apart = (other - start).norm(dim=-1, keepdim=True) / math.sqrt(points.shape[1])
        moved: Tensor = temperature * (way[:, None] * (other - start) + NOISE * apart * eps)
        return start + moved

    return sample


def _pick(share: Tensor, count: int) -> Tensor:
    return (share * count).long().clamp(max=count - 1)
