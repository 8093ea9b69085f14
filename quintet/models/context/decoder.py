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
    ) -> Distribution:
        """p(x_i | z, visible cells) of every cell, over (draws, batch, *row).

        Parameters
        ----------
        x, visible : (draws or 1, batch, *row); cells of visibility 0 are not read. Between 0 and 1 a cell is seen with
            that confidence.
        z : (draws, batch, latent_dim), or None: the learnt null in its place.
        has_z : (draws, batch, 1) of 0 and 1, rows whose z is read; None: all.
        """

    def training_terms(
        self,
        x: Tensor,
        observed: Tensor,
        decided: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        noise: Noise,
    ) -> Tensor:
        """Estimate of log p(observed cells | z) in nats, (batch,), from the cells that are not decided yet.

        Parameters
        ----------
        x : (batch, *row); missing cells are not read.
        observed, decided : (batch, *row) of 0 and 1; decided cells are visible where they are observed.
        z, condition, has_z : as in ``forward``.
        """
        cells = self(x[None], (decided * observed)[None], z, condition, has_z).log_prob(x[None])[0]
        return estimate(cells, observed, decided)

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

    def start_from(self, x: Tensor, observed: Tensor, weight: Tensor | None) -> None:
        """Initialise parameters from some training rows (batch, *row), with weights (batch,) or None; here none."""


def estimate(cells: Tensor, counted: Tensor, decided: Tensor) -> Tensor:
    """Estimate of the sum of all terms along the chain, (batch,), from those of the cells that are not decided.

    It is their mean times the number of cells that count: unbiased over all orders if the number of decided cells is
    uniform (Uria, Murray and Larochelle, 2014).

    Parameters
    ----------
    cells : (batch, *row), log probabilities in nats given the decided cells.
    counted, decided : (batch, *row) of 0 and 1.
    """
    open_cells = counted * (1 - decided)
    found = (cells.nan_to_num() * open_cells).flatten(1).sum(1)
    return found * counted.flatten(1).sum(1) / open_cells.flatten(1).sum(1).clamp(min=1.0)
