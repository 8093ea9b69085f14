"""Alignment of a translator: its model of old rows and its mapping are trained once more, with real rows of A."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.dataset import Batch, Rows
from quintet.errors import InputError
from quintet.estimators import building
from quintet.estimators._fit import resolve_config
from quintet.estimators._input.user_rows import rows_of
from quintet.estimators.nested_parameters import variant_instance
from quintet.estimators.progress import progress_bar
from quintet.inference.chunks import to_device
from quintet.models.fitted import Fitted
from quintet.models.recipe import Recipe
from quintet.models.translation.degradation import degrade
from quintet.models.translation.model import Pairs, Source, TranslationModel, stages_of
from quintet.noise import Noise
from quintet.numerics.random_operations import making
from quintet.training import History, fit


def pair_source(vae: Any, B: Any, pairs: tuple[Any, Any] | None, degradation: Any) -> Source:
    """Batches of pairs (old, clean): of the given pairs, of the user's function, or degraded anew at every step."""
    if pairs is None and callable(degradation):
        pairs = (degradation(np.asarray(B)), B)
    schema, device = vae.schema_, vae.fitted_.device
    clean = rows_of(vae, B if pairs is None else pairs[1], schema)[0]
    old = None if pairs is None else rows_of(vae, pairs[0], schema)[0]
    if old is not None and len(old) != len(clean):
        raise InputError(
            f"pairs must hold as many rows of A as of B, got {len(old)} and {len(clean)}: rows i belong together."
        )
    kind = variant_instance(vae.variant).degradation

    def drawn(batch: Batch, noise: Noise) -> Pairs:
        index = (noise.uniform(len(batch))[0].cpu() * len(clean)).long()
        found = to_device(clean.batch(index), device)
        made = degrade(schema, found.x, noise, kind) if old is None else old.batch(index).x.to(device)
        return Pairs(made, found)

    return drawn


def aligned(vae: Any, rows: Rows, source: Source, epochs: int | None, real: bool) -> tuple[Fitted, History]:
    """The translator of ``vae`` trained with rows of A; ``real``: they are not rows that were degraded."""
    fitted, model = vae.fitted_, vae.fitted_.model
    assert isinstance(model, TranslationModel)
    variant = variant_instance(vae.variant)
    for module in (model.old, model.mapping):
        module.requires_grad_(True)
    with making(vae.seed_ + 1):
        stages = stages_of(model, source, variant.adversary, variant.r1, real)
    recipe = Recipe(model, stages, fitted.guide)
    plan = resolve_config.plan_of(vae.training, vae.preset, epochs, vae.max_minutes, len(rows))
    with progress_bar(vae.verbose) as progress:
        history = fit(recipe, rows, None, plan, vae.seed_ + 1, progress=progress, device=vae.device)
    trained = building.freeze(recipe, fitted.schema, fitted.options, fitted.device)
    trained.artifacts, trained.attributes = fitted.artifacts, fitted.attributes
    return trained, history
