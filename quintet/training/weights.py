"""Weights of a recipe by name, and the subset that a stage trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from quintet.models.recipe import Recipe, Stage


def recipe_modules(recipe: Recipe) -> dict[str, nn.Module]:
    """Modules that contain all weights of a recipe, by name."""
    found: dict[str, nn.Module] = {"model": recipe.model}
    if recipe.guide is not None:
        found["guide"] = recipe.guide
    for stage in recipe.stages:
        for group in stage.groups:
            for number, module in enumerate(group.modules):
                if _place(found, module) is None:
                    found[f"{stage.name}.{group.name}.{number}"] = module
    return found


def stage_modules(recipe: Recipe, stage: Stage) -> dict[str, nn.Module]:
    """The modules that a stage trains, under the names that prefix their weights in ``weights``."""
    known = recipe_modules(recipe)
    placed = ((_place(known, module), module) for group in stage.groups for module in group.modules)
    return {name: module for name, module in placed if name is not None}


def weights(modules: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """Parameters and buffers by name, without copying."""
    return {
        f"{owner}.{name}": tensor.detach()
        for owner, module in modules.items()
        for name, tensor in module.state_dict(keep_vars=True).items()
    }


def copy_of(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of tensors, by name."""
    return {name: tensor.clone() for name, tensor in tensors.items()}


@torch.no_grad()
def put(into: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Write values into the tensors of the same names."""
    for name, tensor in into.items():
        tensor.copy_(values[name])


@contextmanager
def only(recipe: Recipe, stage: Stage) -> Iterator[None]:
    """Put the stage's modules into training mode within the block, and freeze all others, their buffers included."""
    everything = list(recipe_modules(recipe).values())
    trained = list(stage_modules(recipe, stage).values())
    free = {p for module in trained for p in module.parameters() if p.requires_grad}
    before = {p: p.requires_grad for module in everything for p in module.parameters()}
    for p in before:
        p.requires_grad_(p in free)
    for module in everything:
        module.eval()
    for module in trained:
        module.train()
    try:
        yield
    finally:
        for module in everything:
            module.eval()
        for p, flag in before.items():
            p.requires_grad_(flag)
            p.grad = None


def _place(known: Mapping[str, nn.Module], module: nn.Module) -> str | None:
    for owner, whole in known.items():
        for name, inner in whole.named_modules():
            if inner is module:
                return f"{owner}.{name}" if name else owner
    return None
