"""What a model with visible cells asks of its context decoder; a decoder for another layout of cells is one file."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from quintet.distributions import Distribution
from quintet.distributions.chain import Visible
from quintet.networks import Marginals
from quintet.noise import Noise


class ContextDecoder(nn.Module, ABC):
    """p(x_i | z, visible cells) for any set of visible cells; chain, stage and questions know no more of it."""

    @abstractmethod
    def forward(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None = None,
        has_z: Tensor | None = None,
        jitter: Tensor | None = None,
    ) -> Distribution:
        """p(x_i | z, visible cells) of every cell, over (draws, batch, *row).

        Parameters
        ----------
        x, visible : (draws or 1, batch, *row); cells of visibility 0 are not read. Between 0 and 1 a cell is seen with
            that confidence.
        z : (draws, batch, latent_dim), or None: the learnt null in its place.
        has_z : (draws, batch, 1) of 0 and 1, rows whose z is read; None: all.
        jitter : (draws, batch, *row), added to the cells as the decoder sees them, in training.
        """

    def jitter(self, rows: Tensor, noise: Noise) -> Tensor | None:
        """Noise on visible cells against learning rows by heart, (1, batch, *row); None: none."""
        return None

    @abstractmethod
    def begin(self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None) -> Visible:
        """Rows of which no cell is visible yet, to which a chain adds group after group.

        Parameters
        ----------
        rows : (1 or draws, batch, *row), for their number alone.
        """

    @abstractmethod
    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> Distribution:
        """p(x_i | all other visible cells) of every cell without latents; x, visible (draws, batch, *row)."""

    @abstractmethod
    def start_at(self, marginals: Marginals) -> None:
        """Initialise the decoder at the marginal distributions of the cells."""
