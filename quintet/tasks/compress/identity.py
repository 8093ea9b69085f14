"""The names of a fitted model in the files that it compresses."""

from __future__ import annotations

from quintet.codec.container.model_identity import ModelIdentity
from quintet.models.fitted import Fitted


def identity_of(fitted: Fitted) -> ModelIdentity:
    """The identity of a model, from its fingerprints and its schema."""
    weights = fitted.weights or fitted.fingerprint
    return ModelIdentity.from_fingerprints(weights, fitted.fingerprint, fitted.schema.row_shape)
