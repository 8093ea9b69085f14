"""The repr of a fitted estimator: scikit-learn's, and what was trained."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator

from quintet.training.progress_text import duration


def fitted_repr(self: BaseEstimator, N_CHAR_MAX: int = 700) -> str:
    """The ``__repr__`` of our estimators: the parameters, as scikit-learn prints them, and once fitted the variant, the
    rows, and how long it trained. An unfitted estimator, a clone for example, has scikit-learn's repr alone."""
    text: str = BaseEstimator.__repr__(self, N_CHAR_MAX)
    vae = self if hasattr(self, "fitted_") else getattr(self, "vae_", None)
    return text if vae is None else f"{text}, fitted: {describe_fitted(vae)}"


def describe_fitted(vae: Any) -> str:
    """One line: variant, rows, latents, condition, and the training."""
    fitted = vae.fitted_
    schema, latents = fitted.schema, vae.latent_dim_
    parts = [f"{fitted.options['variant']} of {schema.describe()}", f"{latents} latent{'' if latents == 1 else 's'}"]
    if schema.condition is not None:
        parts.append(f"given {', '.join(column.name for column in schema.condition.columns)}")
    epochs = vae.history_.rows
    if epochs:
        seconds = sum(row.get("seconds", 0.0) for row in epochs)
        parts.append(f"trained for {len(epochs)} epoch{'' if len(epochs) == 1 else 's'} in {duration(seconds)}")
    return ", ".join(parts)
