"""Where z comes from when rows are generated: the prior, or what is known of the training rows' own latents.

Each of the others knows the kept latents of training rows only, so it serves any variant, and a conditional model's
latents are pooled.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from quintet.errors import InputError
from quintet.model.fitted import Fitted
from quintet.noise import Noise
from quintet.tasks.density import has_density, sample_density
from quintet.tasks.samplers.flow import flow
from quintet.tasks.samplers.neighbours import neighbours
from quintet.tasks.samplers.two_stage import two_stage

Sampler = Callable[[int, Noise, float], Tensor]
"""(n, noise, temperature) -> z, (n, latent_dim)."""


def mixture(fitted: Fitted) -> Sampler:
    """The mixture of full normals that ``fit`` left in the file (Ghosh et al., 2020)."""
    if not has_density(fitted):
        raise InputError("sampler='mixture' came, but this model keeps no density of its latents; use 'prior'.")
    return lambda n, noise, temperature: sample_density(fitted, n, noise, temperature)


AFTER_TRAINING: dict[str, Callable[[Fitted], Sampler]] = {
    "mixture": mixture,
    "flow": flow,
    "two_stage": two_stage,
    "neighbours": neighbours,
}
SAMPLERS = ("prior", *AFTER_TRAINING)
