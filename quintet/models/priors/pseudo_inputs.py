"""Pseudo-inputs of a VampPrior: free parameters -> rows that the encoder reads."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

from quintet.data.schema import Schema
from quintet.models.encoder_input import EncoderInput
from quintet.networks.embed import ColumnInput


class PseudoInputs(Protocol):
    """Map from free parameters (K, *shape) to pseudo-inputs."""

    shape: tuple[int, ...]
    middle: float
    """Free parameter of the middle of the cells' range."""

    def rows(self, free: Tensor) -> Tensor:
        """The pseudo-inputs, (K, *shape)."""

    def seen(self, rows: Tensor) -> Tensor:
        """The encoder's input of pseudo-inputs, in which every cell is observed."""

    def free(self, x: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Free parameters of the rows x (K, *row), and the mask of those that belong to observed cells."""


class PseudoRows:
    """Pseudo-inputs that are rows in the model's units, within the cells' range if they are bounded."""

    def __init__(self, schema: Schema, scaled: EncoderInput) -> None:
        self.shape: tuple[int, ...] = schema.shape
        self.scaled = scaled
        self.top = schema.support.high
        self.middle = 0.0 if self.top is None else _logit(schema.middle)

    def rows(self, free: Tensor) -> Tensor:
        """Rows in the model's units, (K, *row)."""
        return free if self.top is None else self.top * free.sigmoid()

    def seen(self, rows: Tensor) -> Tensor:
        """The encoder's input, (K, *out_shape)."""
        return self.scaled(rows, torch.ones((), dtype=torch.bool, device=rows.device).expand(rows.shape))

    def free(self, x: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Free parameters of rows, (K, *row), and the mask of their observed cells."""
        return (x if self.top is None else torch.logit(x / self.top, eps=0.02)), observed


class PseudoColumns:
    """Pseudo-inputs in the embedded space of rows of columns: numbers, and a probability of each level of a cell.

    A code has no gradient; its probabilities have, and the encoder reads them as it reads one-hot vectors.
    """

    def __init__(self, scaled: ColumnInput) -> None:
        self.shape: tuple[int, ...] = (scaled.embedding.width,)
        self.middle, self.scaled = 0.0, scaled

    def rows(self, free: Tensor) -> Tensor:
        """Embedded rows, (K, width)."""
        return self.scaled.embedding.soft(free)

    def seen(self, rows: Tensor) -> Tensor:
        """The encoder's input, (K, inputs)."""
        return self.scaled.masked(rows, torch.ones((), dtype=torch.bool, device=rows.device))

    def free(self, x: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Free parameters of rows, (K, width), and the mask of the observed ones."""
        return self.scaled.embedding.free(torch.where(observed, x, 0.0)), self.scaled.embedding.per_input(observed)


def _logit(share: float) -> float:
    return math.log(max(share, 0.02) / max(1 - share, 0.02))
