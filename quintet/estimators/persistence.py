"""A fitted estimator as tensors and a JSON header, and back."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from quintet import __version__, variants
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError
from quintet.estimators.parameters import changed, variant_instance
from quintet.model.fitted import Fitted
from quintet.model.recipe import Recipe
from quintet.model.variant import Variant
from quintet.networks import Named, choose_network, describe_network
from quintet.tasks.attributes import from_parts as attributes_from
from quintet.tasks.attributes import to_parts as attribute_parts
from quintet.tasks.chunks import out_of_memory
from quintet.training import History, Training, find_device

LEARNT = ("latent_dim_", "offset_", "seed_", "held_out_", "notes_", "n_features_in_")
"""Attributes that are kept in the header as they are."""


def build(variant: Variant, schema: Schema, latent_dim: int, network: Any, seed: int) -> Recipe:
    """The variant's recipe with weights drawn by the seed; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            return variant.build(schema, latent_dim, network)
        except (RuntimeError, MemoryError) as problem:
            if not out_of_memory(problem):
                raise
            raise InputError(
                "The model does not fit into memory: ask for fewer latents, a narrower network, or less of what the "
                "variant's options count."
            ) from None


def fingerprint(recipe: Recipe) -> str:
    """16 hexadecimal digits that name the weights; a compressed file carries them."""
    digest = hashlib.sha256()
    for name, tensor in sorted(_weights(recipe).items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]


def to_parts(estimator: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What a file keeps of a fitted estimator: tensors by name, and a header for JSON."""
    fitted: Fitted = estimator.fitted_
    tensors = _weights(Recipe(fitted.model, (), fitted.guide))
    tensors |= {f"reference.{name}": tensor for name, tensor in fitted.reference.items()}
    directions, attributes = attribute_parts(fitted.attributes)
    tensors |= directions
    header = {
        "versions": {"quintet": __version__, "torch": str(torch.__version__)},
        "schema": fitted.schema.model_dump(mode="json"),
        "options": fitted.options,
        "fingerprint": fitted.fingerprint,
        "params": {name: _plain(value) for name, value in estimator.get_params(deep=False).items()},
        "learnt": {name: getattr(estimator, name) for name in LEARNT},
        "attributes": attributes,
        "feature_names_in": [str(name) for name in getattr(estimator, "feature_names_in_", ())],
        "history": {"rows": estimator.history_.rows, "notes": estimator.history_.notes},
    }
    return tensors, header


def restore(estimator: Any, tensors: dict[str, Tensor], header: dict[str, Any], name: str, network: Any = None) -> None:
    """Give an estimator what `to_parts` took from one; `network` where the user's own modules are needed."""
    try:
        schema = Schema.model_validate(header["schema"])
        options, learnt = header["options"], header["learnt"]
        variant = changed(variants.get(options["variant"])(), _tuples(options["variant_options"]))
        halves = _network(network, options["network"], schema, name)
        recipe = _filled(variant, schema, int(learnt["latent_dim_"]), halves, tensors, name)
        reference = {k.removeprefix("reference."): t for k, t in tensors.items() if k.startswith("reference.")}
        estimator.history_ = History(header["history"]["rows"], header["history"]["notes"])
        names, attributes = header["feature_names_in"], attributes_from(tensors, header.get("attributes", []))
        for key in LEARNT:
            setattr(estimator, key, learnt[key])
    except (KeyError, TypeError, ValidationError) as problem:
        raise FileRefused(f"{name} holds no model that this quintet knows ({_first_line(problem)}).") from None
    except InputError as problem:
        raise FileRefused(f"{name} holds a model that cannot be built here: {problem}") from None
    if names:
        import numpy as np

        estimator.feature_names_in_ = np.array(names, dtype=object)
    device = find_device(estimator.device)
    estimator.fitted_ = settle(recipe, schema, options, device)
    estimator.fitted_.reference, estimator.fitted_.attributes = reference, attributes


def settle(recipe: Recipe, schema: Schema, options: dict[str, Any], device: torch.device) -> Fitted:
    """A model that only answers: in evaluation mode, on its device, no gradients kept."""
    digest = fingerprint(recipe)
    for module in (recipe.model, recipe.guide):
        if module is not None:
            module.to(device).eval().requires_grad_(False)
    return Fitted(schema, recipe.model, recipe.guide, {}, digest, options)


def options_of(job: Any) -> dict[str, Any]:
    """What ``Fitted.options`` and the file say about how the model was built."""
    return {
        "variant": variants.name_of(job.variant),
        "variant_options": job.variant.get_params(),
        "network": describe_network(job.network),
        "latent_dim": job.latent_dim,
        "training": job.plan.as_dict(),
    }


def params_from(header: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a stored estimator as its class takes them."""
    params = dict(header["params"])
    if isinstance(params.get("variant"), dict):
        chosen = params["variant"]
        params["variant"] = changed(variant_instance(chosen["name"]), _tuples(chosen["options"]))
    if isinstance(params.get("network"), dict):
        params["network"] = _tuples(params["network"])
    return params


def _weights(recipe: Recipe) -> dict[str, Tensor]:
    out: dict[str, Tensor] = {}
    for part, module in (("model", recipe.model), ("guide", recipe.guide)):
        if module is not None:
            out |= {f"{part}.{name}": tensor for name, tensor in module.state_dict().items()}
    return out


def _filled(
    variant: Variant, schema: Schema, latent_dim: int, network: Any, tensors: dict[str, Tensor], name: str
) -> Recipe:
    """The recipe with the file's weights; whether they fit is found before memory is taken for it."""
    stored = {key: tuple(t.shape) for key, t in tensors.items() if not key.startswith(("reference.", "attribute."))}
    parameters = (variant, schema, latent_dim, network, 0)
    with torch.device("meta"):
        wanted = {key: tuple(t.shape) for key, t in _weights(_like(tensors, build(*parameters))).items()}
    if stored != wanted:
        wrong = sorted(key for key in stored.keys() | wanted.keys() if stored.get(key) != wanted.get(key))
        raise FileRefused(
            f"{name} holds weights that do not fit its own description, the first is {wrong[0]!r}: "
            f"{stored.get(wrong[0], 'missing')} in the file, {wanted.get(wrong[0], 'none')} asked for."
        )
    recipe = _like(tensors, build(*parameters))
    parts: tuple[tuple[str, nn.Module | None], ...] = (("model", recipe.model), ("guide", recipe.guide))
    for part, module in parts:
        if module is not None:
            held = {k.removeprefix(f"{part}."): t for k, t in tensors.items() if k.startswith(f"{part}.")}
            module.load_state_dict(held)
    return recipe


def _like(tensors: dict[str, Tensor], recipe: Recipe) -> Recipe:
    """The recipe with the guide that the file has: one normal in files of before guides were mixtures."""
    if recipe.guide is not None and not any(name.startswith("guide.parts.") for name in tensors):
        recipe.guide.single()
    return recipe


def _network(given: Any, described: dict[str, Any], schema: Schema, name: str) -> Any:
    if described.get("kind") != "own":
        return choose_network(_tuples(described), schema.shape)
    if given is None:
        raise FileRefused(
            f"{name} was trained with encoder and decoder functions of its user, which no file holds; "
            "give them: load(path, network=(make_encoder, make_decoder))."
        )
    return choose_network(given, schema.shape)


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


def _tuples(options: dict[str, Any]) -> dict[str, Any]:
    """JSON has no tuples; options of dataclasses have no lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def _first_line(problem: Exception) -> str:
    return f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"
