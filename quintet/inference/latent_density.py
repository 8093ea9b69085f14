"""Density of the training rows' latents, fitted after training, for models without a learnt prior."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from quintet.artifacts.latents import LatentDensity
from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import in_chunks
from quintet.models.fitted import Fitted
from quintet.noise import Noise, RowNoise

COMPONENTS, LARGEST = 10, 10_000


def fit_latent_density(fitted: Fitted, rows: Rows, seed: int = 0, batch_rows: int = 256) -> LatentDensity:
    """Mixture of normals with full covariances on draws from q(z|x) of up to 10,000 rows (Ghosh et al., 2020).

    It uses one draw for each row, because posterior means lack the posteriors' variance and are constant in unused
    latents. Draws of a conditional model are given each row's own condition and pooled.
    """
    from quintet.inference.gaussian_mixtures import fit_mixture

    index = (
        torch.linspace(0, len(rows) - 1, min(LARGEST, len(rows)), dtype=torch.float32)
        .round()
        .long()
        .clamp(max=len(rows) - 1)
    )

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        noise = RowNoise((seed, 41), start, device=fitted.device)
        return {"z": fitted.model.posterior(batch.x, batch.observed, batch.condition).sample(noise)[0]}

    with torch.no_grad():
        z = in_chunks(answer, rows.take(index), batch_rows=batch_rows, device=fitted.device)["z"].double()
    ridge = 1e-4 * float(z.var(0).mean()) + 1e-8 if len(z) > 1 else 1.0
    count = max(1, min(COMPONENTS, len(z) // (10 * z.shape[1])))
    if len(z) < 2:
        z = torch.cat([z, z])
    mixture = fit_mixture(z.numpy(), count, ridge, seed, steps=50)  # convergence is not needed
    factor = torch.linalg.cholesky(torch.from_numpy(mixture.covariances_))
    found = (torch.from_numpy(mixture.weights_), torch.from_numpy(mixture.means_), factor)
    return LatentDensity(*(t.float().contiguous() for t in found))


def sample_density(density: LatentDensity, n: int, noise: Noise | RowNoise, temperature: float = 1.0) -> Tensor:
    """Draws of z from the fitted mixture, (n, latent_dim), with standard deviations multiplied by ``temperature``."""
    weight, mean, factor = (t.to(noise.device) for t in (density.weight, density.mean, density.factor))
    pick = torch.searchsorted(weight.cumsum(0), noise.uniform(n)[0].contiguous()).clamp(max=len(weight) - 1)
    eps = noise.normal(n, mean.shape[1])[0]
    return mean[pick] + temperature * torch.einsum("nij,nj->ni", factor[pick], eps)


def log_density(density: LatentDensity, z: Tensor) -> Tensor:
    """Log density of the fitted mixture in nats, (..., latent_dim) -> (...)."""
    weight, mean, factor = (t.to(z) for t in (density.weight, density.mean, density.factor))
    parts = []
    for w, m, f in zip(weight, mean, factor, strict=True):
        inner = torch.linalg.solve_triangular(f, (z - m).reshape(-1, z.shape[-1]).T, upper=False)
        height = w.log() - f.diagonal().log().sum() - 0.5 * z.shape[-1] * math.log(2 * math.pi)
        parts.append(height - 0.5 * inner.square().sum(0).reshape(z.shape[:-1]))
    return torch.stack(parts).logsumexp(0)
