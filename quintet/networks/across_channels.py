"""A cell of a series predicted from the other channels of its step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

TURN = 2.0
"""How fast the weight of such a prediction grows at first with the log of the spread of a random walk between known
cells."""


class AcrossChannels(nn.Module):
    """A linear prediction of each channel of a step from its other channels, which starts at least squares.

    It is what is left where a channel is lost for long, while the prediction from its own neighbours is far away.

    Parameters
    ----------
    channels : of a step.
    """

    spread: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(channels, channels, dtype=torch.float32))
        self.offset = nn.Parameter(torch.zeros(channels, dtype=torch.float32))
        self.turn = nn.Parameter(torch.full((channels,), TURN, dtype=torch.float32))
        self.register_buffer("spread", torch.ones(channels, dtype=torch.float32))

    def forward(self, own: Tensor, there: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        """Predictions (..., channels of ``part``) from cells (..., channels) that are ``there``, (..., channels of
        ``part``, channels), and the standard deviation of their errors in training."""
        read = own.unsqueeze(-2) * there * self.slope[part].to(own.dtype)
        return read.sum(-1) + self.offset[part].to(own.dtype), self.spread[part].to(own.dtype)
