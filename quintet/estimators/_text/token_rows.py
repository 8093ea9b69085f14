"""Lines as rows of tokens of a fitted model of text, and the distributions of tokens that it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.data.sequences.text.description import TextDescription
from quintet.data.sequences.text.rows import Array
from quintet.distributions import Distribution
from quintet.errors import InputError, Unanswerable
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.user_rows import rows_of
from quintet.inference.chunks import chunks, rows_at_a_time
from quintet.models.context.model import ContextModel


@dataclass(frozen=True)
class TextModel:
    """A fitted model of rows of tokens, and what they mean.

    Parameters
    ----------
    vae : the fitted VAE.
    description : the vocabulary, and the steps of a row.
    """

    vae: Any
    description: TextDescription

    @classmethod
    def of(cls, vae: FittedEstimator, question: str | None = None) -> TextModel:
        """The model of a fitted VAE.

        Raises
        ------
        NotFittedError
            ``fit`` has not run.
        Unanswerable
            The model's variant cannot answer the question.
        """
        description = fitted_for(vae, question).schema.sequence
        assert isinstance(description, TextDescription)
        return cls(vae, description)

    @property
    def model(self) -> ContextModel:
        """The model, whose decoder sees the tokens that are known."""
        found = self.vae.fitted_.model
        if not isinstance(found, ContextModel):
            raise Unanswerable(
                "This needs a model that sees the tokens that are known: fit it again, with context='auto'."
            )
        return found

    @property
    def device(self) -> Any:
        """Where the model answers."""
        return self.vae.fitted_.device

    def rows(self, rows: Array, condition: Any = None, mask: Array | None = None) -> Rows:
        """Rows of tokens (rows, steps) as the model takes them; ``condition`` one for all, or one for each row."""
        return rows_of(self.vae, rows, self.vae.fitted_.schema, condition, mask)[0]

    def batches(self, rows: Rows, batch_rows: int) -> Iterator[tuple[Batch, int, int]]:
        """Batches of one size, the first row of each, and how many of its rows are not padding."""
        size = rows_at_a_time(batch_rows, self.description.steps)
        for chunk in chunks(rows, size, device=self.device):
            yield chunk.batch, chunk.start, chunk.count


def of_each_row(condition: Any, owners: Array, lines: int) -> Any:
    """A condition of each line as one of each row; one for all lines stays as it is."""
    if condition is None or np.ndim(condition) == 0 or isinstance(condition, str | dict):
        return condition
    given = np.asarray(condition)
    if len(given) != lines:
        raise InputError(f"condition must be one value, or one for each of {lines} lines, got {len(given)}.")
    return given[owners]


def log_shares(found: Distribution, tokens: int) -> Tensor:
    """log p of every token, (draws, batch, cells, tokens)."""
    logits = getattr(found, "logits", None)
    if logits is not None:
        return torch.log_softmax(logits, -1)
    like = found.point
    return torch.stack([found.log_prob(torch.full_like(like, float(token))) for token in range(tokens)], -1)


def of_lines(owners: Array, lines: int) -> list[slice]:
    """The rows of each line; ``owners`` (rows,) are ascending."""
    starts = np.searchsorted(owners, np.arange(lines + 1))
    return [slice(int(starts[i]), int(starts[i + 1])) for i in range(lines)]
