"""What a model with visible cells asks of its context decoder; a decoder for another layout of cells is one file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from quintet.codec.entropy.cdf import CellDistribution
from quintet.distributions import Distribution
from quintet.distributions.chain import Group, Known, Visible
from quintet.networks import Marginals
from quintet.noise import Noise


class CodedVisible(Protocol):
    """The visible cells of some rows that are decoded, as ``Visible``."""

    def conditional(self, cells: Group, /) -> CellDistribution:
        """The distribution of some cells given the visible ones, over (1, rows, cells)."""

    def reveal(self, cells: Group, x: Tensor, visible: Tensor, /) -> None:
        """Make some cells visible, each once."""


class CodedDecoder(Protocol):
    """A context decoder whose arithmetic has the same bits on every machine without ``Exact``."""

    def begin(self, z: Tensor | None, condition: Tensor | None, count: int, /) -> CodedVisible:
        """``count`` rows of which no cell is visible yet; z (1, rows, latent_dim), or None."""

    def in_one_pass(
        self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None, /
    ) -> CellDistribution:
        """The distribution of every cell given the observed ones before it, over (1, rows, *row); x, observed
        (rows, *row)."""


class ContextDecoder(nn.Module, ABC):
    """p(x_i | z, visible cells) for any set of visible cells; chain, stage and questions know no more of it."""

    share: ClassVar[float] = 1.0
    """Share of the budget of its stage, where the joint stage has 0.8 and that of the partial encoder 0.2."""
    most_epochs: ClassVar[int | None] = 400
    """Most passes over the rows, as of the joint stage."""
    batch_rows: ClassVar[int | None] = None
    """Rows of a training step; None: those of the plan."""
    start_rows: ClassVar[int] = 4_096
    """Most training rows that ``start_from`` is given."""
    reads_plain: ClassVar[bool] = False
    """Whether z is followed by the mean of each cell given z by the plain decoder, (draws, batch, latents + cells)."""
    sees_noise: ClassVar[bool] = False
    """Whether a visibility between 0 and 1 is that of cells under normal noise, the trust of ``AdditiveNormal``."""

    @property
    def fixed_groups(self) -> tuple[Group, ...] | None:
        """The groups of the chain where the layout of the cells fixes them; None: an order is chosen."""
        return None

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
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        noise: Noise,
    ) -> Tensor:
        """Estimate of log p(observed cells | z) in nats, (batch,), from random visible cells.

        Parameters
        ----------
        x : (batch, *row); missing cells are not read.
        observed : (batch, *row) of 0 and 1.
        z, condition, has_z : as in ``forward``.
        """
        decided = random_decided(x, noise)
        cells = self(x[None], (decided * observed)[None], z, condition, has_z).log_prob(x[None])[0]
        return estimate(cells, observed, decided)

    @abstractmethod
    def begin(
        self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None, known: Known | None = None
    ) -> Visible:
        """Rows of which no cell is visible yet, to which a chain adds group after group.

        Parameters
        ----------
        rows : (1 or draws, batch, *row), for their number alone.
        known : cells that the chain reveals before all others, for what they say of cells far away.
        """

    @abstractmethod
    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> Distribution:
        """p(x_i | all other visible cells) of every cell without latents; x, visible (draws, batch, *row)."""

    def in_one_pass(
        self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None
    ) -> Distribution | None:
        """p(x_i | z, observed cells of earlier groups) of every cell, over (draws, batch, *row), of ``fixed_groups``;
        None: an evaluation for each group."""
        return None

    def coded(self) -> CodedDecoder | None:
        """The decoder as rows are entropy-coded, in float64 on the CPU; None: as it is."""
        return None

    @abstractmethod
    def start_at(self, marginals: Marginals) -> None:
        """Initialise the decoder at the marginal distributions of the cells."""

    def start_from(self, x: Tensor, observed: Tensor, weight: Tensor | None) -> None:
        """Initialise parameters from some training rows (batch, *row), with weights (batch,) or None; here none."""


def random_decided(x: Tensor, noise: Noise) -> Tensor:
    """Random cells (batch, *row) of 0 and 1 that a chain has decided; their number is uniform."""
    share = noise.uniform(len(x), 1)[0].to(x)
    chance = noise.uniform(len(x), x[0].numel())[0].to(x)
    return (chance < share).to(x.dtype).reshape(x.shape)


def first_decided(x: Tensor, noise: Noise) -> Tensor:
    """The first cells of each row, (batch, *row) of 0 and 1, as a chain in their order decides them; their number is
    uniform."""
    cells = x[0].numel()
    count = (noise.uniform(len(x), 1)[0] * cells).floor()
    return (torch.arange(cells, device=x.device) < count).to(x.dtype).reshape(x.shape)


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
