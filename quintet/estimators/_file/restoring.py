"""A fitted estimator from the tensors and the header of a file: all of them are checked first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from pydantic import ValidationError
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from quintet import variants
from quintet.artifacts.tensor_spec import CURE, check_tensors
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError
from quintet.estimators._file.artifact_checks import attribute_table, checked_artifacts, sizes_of
from quintet.estimators._file.eight_bits import widened
from quintet.estimators._file.header import ModelHeader, describe_invalid
from quintet.estimators.building import build, freeze, like_stored, weights_of
from quintet.estimators.nested_parameters import changed, variant_instance
from quintet.models.fitted import Fitted
from quintet.models.recipe import Recipe
from quintet.networks import choose_network
from quintet.tasks.edit.attributes import attributes_from_parts as attributes_from
from quintet.training import Training, find_device

ILL = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RuntimeError, MemoryError)
"""What building from a description that no quintet wrote may raise; a ``FileRefused`` is a ``ValueError``."""
CALLS, CALLS_EACH = 5_000, 100
"""Calls of PyTorch that building may take: so many, and so many more for each tensor that the file holds."""


def header_of(header: dict[str, Any], name: str) -> ModelHeader:
    """The header of the file ``name``, every field checked."""
    try:
        return ModelHeader.model_validate(header)
    except ValidationError as problem:
        raise FileRefused(f"{name} holds no model that this quintet knows ({describe_invalid(problem)}).") from None


def unfitted(make: Callable[..., Any], header: ModelHeader, name: str, more: Mapping[str, Any]) -> Any:
    """An estimator with the parameters of a stored one, and with ``more`` in place of the file's."""
    params: dict[str, Any] = {**header.params}
    params.pop("verbose", None)  # in files of an earlier version
    try:
        if isinstance(params.get("variant"), dict):
            chosen = params["variant"]
            params["variant"] = changed(variant_instance(chosen["name"]), _tuples(chosen["options"]))
        if isinstance(params.get("network"), dict):
            params["network"] = _tuples(params["network"])
        return make(**params | dict(more))
    except ILL as problem:
        raise FileRefused(f"{name} holds no model that this quintet knows ({_first_line(problem)}).") from problem


def restored_model(
    tensors: dict[str, Tensor], header: ModelHeader, name: str, device: str = "auto", network: Any = None
) -> Fitted:
    """The fitted model from the parts of ``saving.to_parts``.

    Parameters
    ----------
    name : of the file, for the sentence of a refusal.
    device : where the model answers.
    network : the user's own modules, where the model was trained with such.

    Raises
    ------
    FileRefused
        A field, a weight or an artifact's tensor is missing, not known, misshapen or not finite, or two contradict
        each other.
    """
    schema, parts = header.row, _by_part(widened(tensors, name))
    try:
        recipe = _recipe(header, parts["weights"], name, network)
        _check_plan(header.options.training)
    except FileRefused:
        raise
    except ILL as problem:
        raise FileRefused(f"{name} holds a model that cannot be built here: {_first_line(problem)}") from problem
    _refuse_not_finite(parts["weights"], name)
    fitted = freeze(recipe, schema, header.options.model_dump(), find_device(device))
    if header.fingerprint not in (fitted.fingerprint, fitted.weights):
        raise FileRefused(f"{name} holds weights or a schema that do not fit its fingerprint: {CURE}.")
    artifacts = checked_artifacts(fitted, parts["reference"], name, header.reference, header.artifact_versions)
    sizes = sizes_of(schema, header.learnt.latent_dim_)
    check_tensors(attribute_table(a.readings for a in header.attributes), parts["attribute"], sizes, name)
    fitted.artifacts = artifacts
    fitted.attributes = attributes_from(parts["attribute"], [a.model_dump() for a in header.attributes])
    return fitted


def _check_plan(training: dict[str, Any]) -> None:
    """Refuse options of training that no plan has; those that only another version knows are left out."""
    Training(**{field.name: training[field.name] for field in fields(Training) if field.name in training})


def _by_part(tensors: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Weights, artifacts (the "reference." tensors, without that prefix) and attributes."""
    parts: dict[str, dict[str, Tensor]] = {"weights": {}, "reference": {}, "attribute": {}}
    for key, tensor in tensors.items():
        if key.startswith("reference."):
            parts["reference"][key.removeprefix("reference.")] = tensor
        else:
            parts["attribute" if key.startswith("attribute.") else "weights"][key] = tensor
    return parts


def _recipe(header: ModelHeader, stored: dict[str, Tensor], name: str, network: Any) -> Recipe:
    """The recipe with the file's weights; their shapes are checked before memory is allocated."""
    options = header.options
    variant = changed(variants.get(options.variant)(), _tuples(options.variant_options))
    reason = variant.refuses(header.row)
    if reason:
        raise FileRefused(f"{name} holds a {options.variant} of rows that it cannot be of: {reason}")
    halves = _network(network, options.network, header.row, name)
    parameters = (variant, header.row, options.latent_dim, halves, 0)
    with _Bounded(CALLS + CALLS_EACH * len(stored), name):
        wanted = weights_of(_like(stored, build(*parameters, "meta", options.context, options.compact)))
    wrong = sorted(key for key in stored.keys() | wanted.keys() if _kind(stored.get(key)) != _kind(wanted.get(key)))
    if wrong:
        raise FileRefused(
            f"{name} holds weights that do not fit its own description, the first is {wrong[0]!r}: "
            f"{_kind(stored.get(wrong[0]))} in the file, {_kind(wanted.get(wrong[0]))} needed."
        )
    recipe = _like(stored, build(*parameters, context=options.context, compact=options.compact))
    halves_of: tuple[tuple[str, nn.Module | None], ...] = (("model", recipe.model), ("guide", recipe.guide))
    for part, module in halves_of:
        if module is not None:
            held = {k.removeprefix(f"{part}."): t for k, t in stored.items() if k.startswith(f"{part}.")}
            module.load_state_dict(held)
    return recipe


def _kind(tensor: Tensor | None) -> str:
    """Type and shape, in words."""
    return "none" if tensor is None else f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _like(stored: dict[str, Tensor], recipe: Recipe) -> Recipe:
    """The recipe with the file's partial encoder and starts: earlier files have another encoder, and no starts."""
    if recipe.guide is not None:
        recipe.guide.like({name.removeprefix("guide.") for name in stored if name.startswith("guide.")})
    like_stored(recipe.model, {k.removeprefix("model."): t for k, t in stored.items() if k.startswith("model.")})
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


def _refuse_not_finite(weights: dict[str, Tensor], name: str) -> None:
    for key, tensor in weights.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise FileRefused(f"{name} holds a weight {key!r} with NaN or infinity: {CURE}.")


def _tuples(options: dict[str, Any]) -> dict[str, Any]:
    """JSON has no tuples; options of dataclasses have no lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def _first_line(problem: Exception) -> str:
    if isinstance(problem, InputError):
        return str(problem)
    return f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"


class _Bounded(TorchFunctionMode):
    """Building within it ends after so many calls of PyTorch: a header may ask for any number of layers."""

    def __init__(self, most: int, name: str) -> None:
        super().__init__()
        self.left, self.name = most, name

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Count and go on."""
        self.left -= 1
        if self.left < 0:
            raise FileRefused(f"{self.name} describes more layers than it holds weights for: {CURE}.")
        return func(*args, **(kwargs or {}))
