"""Additional encoder steps for any recipe, against posterior collapse."""

from __future__ import annotations

from dataclasses import replace

from quintet.errors import InputError
from quintet.models.recipe import OptimizerGroup, Recipe


def with_encoder_steps(recipe: Recipe, steps: int) -> Recipe:
    """Add ``steps`` updates of the inference network alone after each step of the first stage's first group.

    He et al., "Lagging inference networks and posterior collapse", 2019; here all on the same batch, with new draws.
    """
    if not steps:
        return recipe
    first, *rest = recipe.stages
    alone = recipe.model.inference()
    if not alone or not recipe.model.has_posterior:
        raise InputError(
            f"encoder_steps must be 0 for this variant, whose inference network cannot be trained alone, got {steps}."
        )
    own, *others = first.groups
    more = tuple(OptimizerGroup(f"encoder{number + 1}", alone, own.loss) for number in range(steps))
    return replace(recipe, stages=(replace(first, groups=(own, *more, *others)), *rest))
