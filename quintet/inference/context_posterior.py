"""Missing cells by a context decoder: one pass that sees the observed cells, without latents.

The decoder is trained on p(missing cells | visible cells) itself. Through z the same would need p(z | observed cells),
whose approximation by the partial encoder costs accuracy: in training z has seen the missing cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions import RowMixture
from quintet.inference.importance import LogLik, WeightedDraws, likeliest, shared_out
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.noise import Noise

OPTION = "context_latents"
"""Name, among a model's options, of the choice of ``quintet.inference.context_latents``."""


def context_posterior(
    fitted: Fitted, guess: Callable[[Tensor | None], RowMixture], seen: LogLik, batch: Batch, seed: tuple[int, ...]
) -> list[WeightedDraws]:
    """One draw of z given the observed cells, and p(x_i | observed cells) for each of the likeliest conditions.

    Parameters
    ----------
    guess : condition -> the partial encoder's r(z | observed cells) over (1, batch, latent_dim).
    seen : p(x|z) -> log p(observed cells | z), for the choice of the condition.
    seed : seed of the draw that all rows share.
    """
    model, parts, evidence = fitted.model, [], []
    assert isinstance(model, ContextModel)
    x, visible = batch.x[None], batch.observed.to(batch.x.dtype)[None]
    for number, (condition, log_weight) in enumerate(likeliest(fitted, guess, seen, batch.condition, len(batch.x))):
        z = guess(condition).sample(Noise((*seed, 1, number), shared=True, device=fitted.device))
        likelihood = model.decode(None, condition, x, visible).independent
        parts.append(WeightedDraws(z, condition, torch.ones_like(z[..., 0]), likelihood))
        evidence.append(log_weight)
    return shared_out(parts, evidence)


def plain_model(fitted: Fitted) -> Fitted:
    """The model that a context decoder was trained around, with the artifacts of the whole."""
    if "plain" not in fitted.cache:
        assert isinstance(fitted.model, ContextModel)
        fitted.cache["plain"] = replace(fitted, model=fitted.model.plain, cache={})
    found: Fitted = fitted.cache["plain"]
    return replace(found, artifacts=fitted.artifacts)


def uses_latents(fitted: Fitted) -> bool:
    """Whether hidden cells are predicted with latents that the plain model proposes."""
    return bool(fitted.model.reads_plain and fitted.options.get(OPTION, True))
