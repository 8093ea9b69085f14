"""What the first of several processes found after training, as bytes for the others."""

from __future__ import annotations

import json
from dataclasses import replace

from quintet import storage
from quintet.artifacts.table import Artifacts
from quintet.errors import Interrupted
from quintet.estimators import building
from quintet.estimators._fit.result import FitResult
from quintet.models.recipe import Recipe

KIND = "fit"


def to_bytes(result: FitResult) -> bytes:
    """Weights, artifacts, options and notes of a fit."""
    fitted = result.fitted
    tensors = building.weights_of(Recipe(fitted.model, (), fitted.guide))
    tensors |= {f"reference.{name}": tensor for name, tensor in fitted.artifacts.tensors().items()}
    failure = None if result.failure is None else str(result.failure)
    header = {"options": fitted.options, "notes": result.notes, "fingerprint": fitted.fingerprint}
    return storage.to_bytes(tensors, header | {"weights": fitted.weights, "interrupted": failure}, KIND)


def from_bytes(data: bytes, own: FitResult) -> FitResult:
    """A process's own result of training, with what the first one found; it has the first one's weights then."""
    tensors, header = storage.from_bytes(data, KIND)
    fitted = own.fitted
    weights = building.weights_of(Recipe(fitted.model, (), fitted.guide))
    for name, tensor in weights.items():
        tensor.detach().copy_(tensors[name])
    known = json.loads(json.dumps(fitted.options))
    fitted.options |= {name: value for name, value in header["options"].items() if known.get(name, ...) != value}
    fitted.fingerprint, fitted.weights = header["fingerprint"], header["weights"]
    kept = {name.removeprefix("reference."): t for name, t in tensors.items() if name.startswith("reference.")}
    fitted.artifacts = Artifacts.of(kept)
    failure = own.failure
    if failure is None and header["interrupted"] is not None:
        failure = Interrupted(header["interrupted"])
    return replace(own, notes=header["notes"], failure=failure)
