"""A fitted estimator as tensors and a JSON header; ``restoring.py`` is the way back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from quintet import variants
from quintet._version import __version__
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.estimators._file.header import Learnt
from quintet.inference.chunks import out_of_memory
from quintet.models.fitted import Fitted
from quintet.models.flat import Flat
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Named, describe_network
from quintet.numerics import making
from quintet.tasks.edit.attributes import attributes_to_parts as attribute_parts
from quintet.training import Training

LEARNT = tuple(Learnt.model_fields)
"""Attributes that are kept in the header as they are."""


def build(
    variant: Variant, schema: Schema, latent_dim: int, network: Any, seed: int, device: str | torch.device = "cpu"
) -> Recipe:
    """The variant's recipe with weights drawn by the seed, on a device."""
    with making(seed, device):
        try:
            return variant.build(schema, latent_dim, network)
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


def to_parts(estimator: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What a file keeps of a fitted estimator: tensors by name, and a header for JSON."""
    fitted: Fitted = estimator.fitted_
    tensors = weights_of(Recipe(fitted.model, (), fitted.guide))
    kept = fitted.artifacts.tensors()
    tensors |= {f"reference.{name}": tensor for name, tensor in kept.items()}
    directions, attributes = attribute_parts(fitted.attributes)
    tensors |= directions
    _refuse_not_finite(tensors)
    header = {
        "versions": {"quintet": __version__, "torch": str(torch.__version__)},
        "schema": fitted.schema.model_dump(mode="json"),
        "options": fitted.options,
        "fingerprint": fitted.fingerprint,
        "params": {name: _plain(value) for name, value in estimator.get_params(deep=False).items()},
        "learnt": {name: getattr(estimator, name) for name in LEARNT},
        "reference": sorted(kept),
        "attributes": attributes,
        "feature_names_in": [str(name) for name in getattr(estimator, "feature_names_in_", ())],
        "history": {"rows": estimator.history_.rows, "notes": estimator.history_.notes},
    }
    versions = fitted.artifacts.versions()
    return tensors, header | ({"artifact_versions": versions} if versions else {})


def settle(recipe: Recipe, schema: Schema, options: dict[str, Any], device: torch.device) -> Fitted:
    """A model that only answers: in evaluation mode, on its device, no gradients kept."""
    weights = fingerprint_of_weights(recipe)
    for module in (recipe.model, recipe.guide):
        if module is not None:
            module.to(device).eval().requires_grad_(False)
    fingerprint = model_fingerprint(weights, schema)
    return Fitted(schema, recipe.model, recipe.guide, fingerprint=fingerprint, options=options, weights=weights)


def options_of(job: Any) -> dict[str, Any]:
    """What ``Fitted.options`` and the file say about how the model was built."""
    return {
        "variant": variants.name_of(job.variant),
        "variant_options": job.variant.get_params(),
        "network": describe_network(job.network),
        "latent_dim": job.latent_dim,
        "training": job.plan.as_dict(),
    }


def _refuse_not_finite(tensors: dict[str, Tensor]) -> None:
    """A file that no load would take is not written."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise InputError(
                f"The model holds NaN or infinity in {name!r}, so its training diverged: fit it again with a smaller "
                "learning rate, or with training={'clip': 1.0}."
            )


def weights_of(recipe: Recipe) -> dict[str, Tensor]:
    """Everything that training changed, by its name in the file."""
    out: dict[str, Tensor] = {}
    for part, module in (("model", recipe.model), ("guide", recipe.guide)):
        if module is not None:
            out |= {f"{part}.{name}": tensor for name, tensor in module.state_dict().items()}
    return out


def with_starts(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give a new model the buffers of its heads' starts that the tensors have; files of version 0.1 have none."""
    for owner, module in model.named_modules():
        if isinstance(module, Flat):
            shapes = {"start": module.start_shape, "known": module.schema.shape}
            for name in (name for name in shapes if (f"{owner}.{name}" if owner else name) in tensors):
                setattr(module, name, torch.zeros(shapes[name], dtype=torch.float32, device=module.device))


def _plain(value: Any) -> Any:
    """A parameter as JSON."""
    if isinstance(value, Variant):
        return {"name": variants.name_of(value), "options": value.get_params()}
    if isinstance(value, Named):
        return describe_network(value)
    if isinstance(value, Training):
        return value.as_dict()
    if isinstance(value, type) and issubclass(value, Variant):
        return variants.name_of(value())
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value] if not any(callable(item) for item in value) else None
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return value.item()
    return value if isinstance(value, str | int | float | bool) else None
