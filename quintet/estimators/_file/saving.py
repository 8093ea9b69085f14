"""A fitted estimator as tensors and a JSON header; ``restoring.py`` is the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from quintet import variants
from quintet._version import __version__
from quintet.data.schema_file import declared_schema
from quintet.errors import InputError
from quintet.estimators._file.eight_bits import narrowed
from quintet.estimators._file.header import Learnt
from quintet.estimators.building import weights_of
from quintet.models.fitted import Fitted
from quintet.models.recipe import Recipe
from quintet.models.variant import Variant
from quintet.networks import Named, describe_network
from quintet.tasks.edit.attributes import attributes_to_parts as attribute_parts
from quintet.training import Training

LEARNT = tuple(Learnt.model_fields)
"""Attributes that are kept in the header as they are."""


def to_parts(estimator: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What a file keeps of a fitted estimator: tensors by name, and a header for JSON."""
    fitted: Fitted = estimator.fitted_
    tensors = weights_of(Recipe(fitted.model, (), fitted.guide))
    kept = fitted.artifacts.tensors()
    tensors |= {f"reference.{name}": tensor for name, tensor in kept.items()}
    directions, attributes = attribute_parts(fitted.attributes)
    tensors |= directions
    _refuse_not_finite(tensors)
    compact = fitted.options.get("compact", False)
    header = {
        "versions": {"quintet": __version__, "torch": str(torch.__version__)},
        "schema": fitted.schema.model_dump(mode="json"),
        "options": fitted.options,
        "fingerprint": fitted.fingerprint,
        "params": {name: _plain(value, name) for name, value in _lasting(estimator).items()},
        "learnt": {name: getattr(estimator, name) for name in LEARNT},
        "reference": sorted(kept),
        "attributes": attributes,
        "feature_names_in": [str(name) for name in getattr(estimator, "feature_names_in_", ())],
        "history": {"rows": [] if compact else estimator.history_.rows, "notes": estimator.history_.notes},
    }
    versions = fitted.artifacts.versions()
    return narrowed(tensors) if compact else tensors, header | ({"artifact_versions": versions} if versions else {})


def _lasting(estimator: Any) -> dict[str, Any]:
    """The parameters that a file keeps: whether progress is shown is an affair of the session."""
    return {name: value for name, value in estimator.get_params(deep=False).items() if name != "verbose"}


def _refuse_not_finite(tensors: dict[str, Tensor]) -> None:
    """A file that no load would take is not written."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise InputError(
                f"The model holds NaN or infinity in {name!r}, so its training diverged: fit it again with a smaller "
                "learning rate, or with training={'clip': 1.0}."
            )


def _plain(value: Any, name: str = "") -> Any:
    """A parameter as JSON."""
    if name == "schema":
        return value if value is None or isinstance(value, str) else _plain_schema(value)
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


def _plain_schema(value: Any) -> Any:
    """Declarations as JSON; a path stays one."""
    return str(value) if isinstance(value, Path) else declared_schema(value).plain()
