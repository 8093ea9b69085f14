"""Input of encoders and critics: a row and its mask in a form that networks train well on."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.joint import Joint
from quintet.models.base import zero_unobserved
from quintet.networks.embed import ColumnInput
from quintet.networks.token_embedding import TokenInput


class EncoderInput(Protocol):
    """Map from a row and its mask to the encoder's input, such as ``Scaled``."""

    @property
    def out_shape(self) -> tuple[int, ...]:
        """Shape of the encoder's input for one row; its first axis may be longer than the row's."""

    def __call__(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, *row) and its mask -> (batch, *out_shape)."""


class Scaled(nn.Module):
    """Encoder input: cells centred about 0, missing cells set to 0, and the mask appended if rows have missing cells.

    8-bit cells are scaled to -1..1; cells in 0..1 keep their scale and are centred by their mean, which trains faster
    when most are 0; counts n become log(1 + n).
    """

    def __init__(self, schema: Schema, with_mask: bool | None = None) -> None:
        super().__init__()
        self.shape = schema.shape
        self.middle, self.unit = (schema.middle if schema.support.is_bounded else 0.0), 1.0
        if schema.grey_levels:
            self.middle, self.unit = 1.0, 2 / schema.top
        self.counts = schema.support.is_half_bounded
        self.with_mask = schema.missing if with_mask is None else with_mask

    @property
    def out_shape(self) -> tuple[int, ...]:
        """(channels, height, width) or (features,), with the first axis doubled if the mask is appended."""
        return (self.shape[0] * (2 if self.with_mask else 1), *self.shape[1:])

    def forward(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, *row) and its mask -> (batch, *out_shape)."""
        if self.middle:  # one pass over memory
            x = torch.add(torch.tensor(-self.middle, dtype=x.dtype), x, alpha=self.unit)
        seen = zero_unobserved(x, observed)
        if self.counts:
            seen = torch.log1p(seen.clamp(min=0.0))
        return torch.cat([seen, observed.to(seen.dtype)], dim=1) if self.with_mask else seen


def encoder_input(schema: Schema, with_mask: bool | None = None) -> EncoderInput:
    """The input for the rows of a schema; with_mask: append the mask (None: if rows have missing cells)."""
    if schema.columns:
        return ColumnInput(schema.codes, schema.missing if with_mask is None else with_mask)
    if schema.is_token:
        return TokenInput(schema.size, schema.levels)
    return Scaled(schema, with_mask)


def expected_input(seen: EncoderInput, likelihood: Distribution, observed: Tensor) -> Tensor:
    """The encoder's input of decoded rows, (draws, batch, *out_shape), differentiable in all parameters of p(x|z).

    Levels enter by their probabilities, since their mode has no gradient; other cells by their mean.

    Parameters
    ----------
    likelihood : p(x|z) over (draws, batch, *row).
    observed : (batch, *row).
    """
    if isinstance(seen, ColumnInput):
        assert isinstance(likelihood, Joint)
        return seen.expected(likelihood, observed)
    if isinstance(seen, TokenInput):
        return seen.expected(likelihood, observed)
    return torch.stack([seen(row, observed) for row in likelihood.mean])
