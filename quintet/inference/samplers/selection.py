"""Samplers by name, as functions (n, noise, temperature, condition) -> z."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from quintet.errors import InputError, nearest, warn
from quintet.inference.latent_density import sample_density
from quintet.inference.samplers.default_sampler import OPTION
from quintet.inference.samplers.flow import flow
from quintet.inference.samplers.neighbours import neighbours
from quintet.inference.samplers.two_stage import two_stage
from quintet.models.fitted import Fitted
from quintet.noise import Cooled, Noise, RowNoise

Sampler = Callable[[int, Noise, float], Tensor]
"""(n, noise, temperature) -> z, (n, latent_dim)."""


def mixture(fitted: Fitted) -> Sampler:
    """Sampler from the mixture of normals that ``fit`` stores (Ghosh et al., 2020)."""
    density = fitted.artifacts.latent_density
    if density is None:
        raise InputError("sampler must be 'prior' for a model without a fitted density of its latents, got 'mixture'.")
    return lambda n, noise, temperature: sample_density(density, n, noise, temperature)


AFTER_TRAINING: dict[str, Callable[[Fitted], Sampler]] = {
    "mixture": mixture,
    "flow": flow,
    "two_stage": two_stage,
    "neighbours": neighbours,
}
SAMPLERS = ("prior", *AFTER_TRAINING)
FORMER = {"density": "mixture"}
"""Deprecated names of samplers."""


def latents_by(fitted: Fitted, sampler: str) -> Callable[[int, Noise, float, Tensor | None], Tensor]:
    """The sampler ``sampler`` as a function (n, noise, temperature, condition) -> z (1, n, latent_dim)."""
    if sampler == "prior":
        return lambda n, noise, temperature, c: fitted.model.sample_prior(n, Cooled(noise, temperature), c)
    draw = AFTER_TRAINING[sampler](fitted)
    return lambda n, noise, temperature, c: draw(n, noise, temperature)[None]


def draw_conditions(fitted: Fitted, n: int, start: int, seed: int) -> Tensor | None:
    """Draws of conditions from p(c), (n, condition_dim), keyed by the row's position; None without conditions."""
    if fitted.schema.condition is None:
        return None
    points, log_weights = fitted.schema.condition.support()
    u = RowNoise((seed, 13), start).uniform(n)[0]
    index = torch.searchsorted(log_weights.exp().cumsum(0), u).clamp(max=len(points) - 1)
    return points[index].to(fitted.device)


def sampler_for(fitted: Fitted, sampler: str | None) -> str:
    """The name of the sampler to use, with a warning for a prior that is not learnt."""
    learnt = fitted.model.prior_learnt
    if sampler is None:
        sampler = str(fitted.options.get(OPTION) or ("prior" if learnt else "mixture"))
        if sampler != "mixture" or fitted.artifacts.latent_density is None:
            sampler = "prior"
    sampler = FORMER.get(sampler, sampler)
    if sampler not in SAMPLERS:
        raise InputError(f"sampler={sampler!r} is not known: {nearest(sampler, SAMPLERS)}.")
    if sampler == "prior" and not learnt:
        warn(
            "This model has no learnt prior, so rows drawn from it may not resemble the data: "
            "use sampler='mixture', or train variant='vae'.",
        )
    return sampler
