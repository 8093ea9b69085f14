"""Metrics of the latents: active units and rate per latent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quintet.arguments import Table
from quintet.entry_points import public

Array = npt.NDArray[np.float64]

ACTIVE = 0.01


@public
def active_units(means: Table) -> int:
    """Number of latents whose posterior mean varies over rows: Var_x(E[z|x]) > 0.01.

    Burda et al., "Importance weighted autoencoders", 2016.

    Parameters
    ----------
    means : (n, latent_dim) posterior means.
    """
    return int((np.asarray(means, dtype=np.float64).var(axis=0) > ACTIVE).sum())


@public
def rate_per_latent(rate: Table) -> Array:
    """Mean KL(q(z|x) ‖ p(z)) of each latent in nats, (latent_dim,), from (n, latent_dim)."""
    return np.asarray(np.asarray(rate, dtype=np.float64).mean(axis=0))
