"""What an answer reads of a fitted VAE: its attributes, whether it can answer, and the seed."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from sklearn.utils.validation import check_is_fitted

from quintet.errors import Unanswerable
from quintet.estimators._fit import resolve_config
from quintet.models.fitted import Fitted
from quintet.variants import get


class FittedEstimator(Protocol):
    """The parameters and the attributes of a fitted VAE that answers read."""

    fitted_: Fitted
    latent_dim_: int
    seed_: int
    held_out_: int
    notes_: list[str]
    kind: str
    false_alarms: float
    verbose: bool | Literal["auto"]


def fitted_for(vae: FittedEstimator, question: str | None = None) -> Fitted:
    """The fitted model.

    Raises
    ------
    NotFittedError
        ``fit`` has not run.
    Unanswerable
        The model's variant cannot answer the question.
    """
    check_is_fitted(vae)
    if question is not None:
        name = str(vae.fitted_.options["variant"])
        reason = get(name).answers.get(question)
        if reason is not None:
            raise Unanswerable(f"variant {name!r} cannot {question}: {reason}")
    return vae.fitted_


def seed_for(vae: FittedEstimator, random_state: Any) -> int:
    """The seed of an answer: that of ``random_state``, or the model's where it is None."""
    return vae.seed_ if random_state is None else resolve_config.seed_of(random_state)
