"""Recipes with their first weights, and frozen models that answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from quintet import variants
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.inference.chunks import out_of_memory
from quintet.models.context.columns import ColumnContext
from quintet.models.context.grid import GridContext
from quintet.models.context.layouts import DECODERS
from quintet.models.context.stage import with_context
from quintet.models.context.tokens import TokenContext
from quintet.models.fitted import Fitted
from quintet.models.flat import Flat
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import describe_network
from quintet.numerics.random_operations import making

NARROW = (40, 1)
"""Width and number of the residual blocks of a compact context decoder: a table of fifteen columns in 100 KB."""


def build(
    variant: Variant,
    schema: Schema,
    latent_dim: int,
    network: Any,
    seed: int,
    device: str | torch.device = "cpu",
    context: str = "none",
    compact: bool = False,
) -> Recipe:
    """The variant's recipe with weights drawn by the seed, on a device.

    Parameters
    ----------
    context : "none", or the kind of context decoder.
    compact : whether it has what coding needs alone: a narrow context decoder, and no partial encoder.
    """
    with making(seed, device):
        try:
            recipe = variant.build(schema, latent_dim, network)
            recipe = recipe.without_partial_encoder() if compact else recipe
            if context == "none":
                return recipe
            if compact and context == "columns":
                return with_context(recipe, ColumnContext(schema, latent_dim, *NARROW))
            return with_context(recipe, DECODERS[context](schema, latent_dim))
        except (RuntimeError, MemoryError) as problem:
            if not out_of_memory(problem):
                raise
            raise InputError(
                "The model does not fit into memory: ask for fewer latents, a narrower network, or less of what the "
                "variant's options count."
            ) from None


def model_fingerprint(weights: str, schema: Schema) -> str:
    """16 hexadecimal digits that name weights and schema together; a compressed file carries them."""
    return hashlib.sha256(f"{weights} {schema.identity}".encode()).hexdigest()[:16]


def fingerprint_of_weights(recipe: Recipe) -> str:
    """16 hexadecimal digits that name the weights alone, as the fingerprints of 0.1 did."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights_of(recipe).items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]


def freeze(recipe: Recipe, schema: Schema, options: dict[str, Any], device: torch.device) -> Fitted:
    """A model that only answers: in evaluation mode, on its device, no gradients kept."""
    weights = fingerprint_of_weights(recipe)
    for module in (recipe.model, recipe.guide):
        if module is not None:
            module.to(device).eval().requires_grad_(False)
    fingerprint = model_fingerprint(weights, schema)
    return Fitted(schema, recipe.model, recipe.guide, fingerprint=fingerprint, options=options, weights=weights)


def options_of(job: Any) -> dict[str, Any]:
    """What ``Fitted.options`` and the file say about how the model was built."""
    made = {
        "variant": variants.name_of(job.variant),
        "variant_options": job.variant.get_params(),
        "network": describe_network(job.network),
        "latent_dim": job.latent_dim,
        "context": job.context,
        "training": job.plan.as_dict(),
    }
    return made | ({"compact": True} if job.compact else {})


def weights_of(recipe: Recipe) -> dict[str, Tensor]:
    """Everything that training changed, by its name in the file."""
    out: dict[str, Tensor] = {}
    for part, module in (("model", recipe.model), ("guide", recipe.guide)):
        if module is not None:
            out |= {f"{part}.{name}": tensor for name, tensor in module.state_dict().items()}
    return out


def like_stored(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give a new model the parts that the tensors are of: files of version 0.1 have no buffers of the heads' starts,
    and the first context decoders of images a base without weights."""
    for owner, module in list(model.named_modules()):
        prefix = f"{owner}." if owner else ""
        if isinstance(module, Flat):
            shapes = {"start": module.start_shape, "known": module.schema.shape}
            for name in (name for name in shapes if prefix + name in tensors):
                setattr(module, name, torch.zeros(shapes[name], dtype=torch.float32, device=module.device))
        if isinstance(module, TokenContext) and f"{prefix}corpus" in tensors:
            module.like(tensors[f"{prefix}corpus"])
        if isinstance(module, GridContext):
            module.like({name.removeprefix(prefix) for name in tensors if name.startswith(prefix)})
