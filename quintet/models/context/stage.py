"""The training stage of a context decoder: random visible sets, with p(z|x) of the trained model held fixed."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.model import ContextModel
from quintet.models.partial_encoder_stage import evaluating
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.noise import Noise

WITHOUT_Z = 0.5
"""Share of training rows whose z is replaced by the learnt null: missing cells are predicted without latents. Where the
decoder reads the means of the plain one, which cost more than all else, it is the share of the steps."""


def with_context(recipe: Recipe, decoder: ContextDecoder) -> Recipe:
    """The recipe with a context decoder, trained after everything else."""
    model = ContextModel(recipe.model, decoder)
    return Recipe(model, (*recipe.stages, context_stage(model)), recipe.guide)


def context_stage(model: ContextModel) -> Stage:
    """Minimise the negative log-likelihood of hidden cells given visible ones and z, and the cost of z."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        z, has_z = _latents(model, batch, noise, context)
        x, observed = batch.x, batch.observed.to(batch.x.dtype)
        with torch.no_grad(), evaluating(model.plain):
            hidden = z is None or (model.reads_plain and noise.chance() < WITHOUT_Z)
            given = None if hidden else model.given(z, batch.condition)
        distortion = -model.context.training_terms(x, observed, given, batch.condition, has_z, noise)
        if z is None:
            return LossOutput(loss=distortion, distortion=distortion)
        cost = -model.prior.log_density(z)[0]
        return LossOutput(loss=distortion + cost, distortion=distortion)

    def start(batch: Batch) -> None:
        model.context.start_from(batch.x, batch.observed, batch.weight)

    modules = (model.context, model.prior) if model.has_posterior else (model.context,)
    group, of = OptimizerGroup("context", modules, loss), model.context
    return Stage(
        "context",
        (group,),
        of.share,
        most_epochs=of.most_epochs,
        start=start,
        batch_rows=of.batch_rows,
        start_rows=of.start_rows,
    )


def _latents(
    model: ContextModel, batch: Batch, noise: Noise, context: StepContext
) -> tuple[Tensor | None, Tensor | None]:
    """Draws from the posterior (1, batch, latent_dim), and the rows that keep them, (1, batch, 1) of 0 and 1."""
    if not model.has_posterior:
        return None, None
    with torch.no_grad(), evaluating(model.plain):
        if context.step == 0 and not model.started:  # a resumed run has started
            plain = model.plain.posterior(batch.x, batch.observed, batch.condition)
            model.start_at_posterior(plain, noise.share)
        z = model.posterior(batch.x, batch.observed, batch.condition).sample(noise)
    if model.reads_plain:
        return z, None
    return z, (noise.uniform(len(batch), 1) >= WITHOUT_Z).to(z.dtype)
