"""What a question reads of a fitted ``Text``."""

from __future__ import annotations

from typing import Any, Protocol

from sklearn.utils.validation import check_is_fitted

from quintet.estimators._text.token_rows import TextModel


class TextEstimator(Protocol):
    """The attribute of a fitted ``Text`` that questions read."""

    vae_: Any


def model_of(text: TextEstimator, question: str | None = None) -> TextModel:
    """The fitted model of rows of tokens.

    Raises
    ------
    NotFittedError
        ``fit`` has not run.
    Unanswerable
        The model's variant cannot answer the question.
    """
    check_is_fitted(text, "vae_")
    return TextModel.of(text.vae_, question)
