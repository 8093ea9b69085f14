"""The latents of the rows of a page, the plane that shows most of them, and the order of the sliders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Rows
from quintet.explore.packing import packed
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import rate_of
from quintet.noise import OwnNoise, row_keys

BATCH = 256


@dataclass(frozen=True)
class LatentMap:
    """``z`` (n, latent_dim), the posterior means; ``mean`` and ``spread`` (latent_dim,) of draws from the posteriors;
    ``rates`` (latent_dim,), mean KL in nats; ``axes`` (2, latent_dim), orthonormal, of the plane through ``mean``;
    ``share`` of the variance of z in that plane."""

    z: Tensor
    mean: Tensor
    spread: Tensor
    rates: Tensor
    axes: Tensor
    share: float

    def data(self) -> dict[str, Any]:
        """The data of the page, sliders in descending order of the rates."""
        return {
            "order": self.rates.argsort(descending=True, stable=True).tolist(),
            "rates": [round(float(rate), 4) for rate in self.rates],
            "mean": packed(self.mean),
            "spread": packed(self.spread),
            "axes": packed(self.axes),
            "share": round(self.share, 4),
        }


def latent_map(fitted: Fitted, rows: Rows) -> LatentMap:
    """The latents of rows and what is known of all of them together."""
    means, rates, variances = [], [], []
    with torch.no_grad():
        for start in range(0, len(rows), BATCH):
            batch = rows.batch(slice(start, start + BATCH))
            noise = OwnNoise((3, 1), row_keys(batch.x, batch.observed))
            draw = fitted.model.draw(batch.x, batch.observed, noise, batch.condition)
            means.append(fitted.model.embed(batch.x, batch.observed, batch.condition))
            variances.append(torch.cat([layer.posterior.variance[0] for layer in draw.layers], dim=-1))
            rates.append(torch.cat([rate_of(layer) for layer in draw.layers], dim=-1))
    z = torch.cat(means).float()
    variance = z.var(0, unbiased=False) + torch.cat(variances).mean(0)
    axes, share = main_plane(z)
    return LatentMap(z, z.mean(0), variance.sqrt(), torch.cat(rates).mean(0), axes, share)


def main_plane(z: Tensor) -> tuple[Tensor, float]:
    """The first two principal axes of z (n, latent_dim), and the share of the variance that they hold.

    Two latents are their own plane. A second axis of zeros stands where there is one latent.
    """
    centred = (z - z.mean(0)).double().numpy()
    total = float((centred**2).sum())
    if z.shape[1] <= 2:
        axes = np.eye(2, z.shape[1])
        return torch.from_numpy(axes).float(), 1.0
    _, size, directions = np.linalg.svd(centred, full_matrices=False)
    axes = directions[:2]
    if len(axes) < 2:
        axes = np.vstack([axes, np.zeros_like(axes)])
    largest = np.abs(axes).argmax(1)
    axes = axes * np.where(axes[np.arange(2), largest] < 0, -1.0, 1.0)[:, None]
    return torch.from_numpy(np.ascontiguousarray(axes)).float(), float((size[:2] ** 2).sum() / max(total, 1e-12))
