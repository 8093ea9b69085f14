"""The model as the coder evaluates it: in float64 on the CPU, where possible with the same bits on every machine."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.arithmetic.exact_mode import Exact
from quintet.codec.entropy.cdf import CellDistribution
from quintet.codec.entropy.value_grid import ValueGrid
from quintet.data.schema import Schema
from quintet.data.sequences.text.description import TextDescription
from quintet.data.sequences.text.vocabulary import END
from quintet.distributions import Bernoulli, ContinuousBernoulli, Distribution
from quintet.distributions.base import Factorised
from quintet.models.base import Model
from quintet.models.context.decoder import CodedDecoder, CodedVisible
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.tasks.compress.code_alphabet import CodeAlphabet

Array = np.ndarray[Any, Any]
FARTHEST = 1e4  # cells beyond this many standard deviations are coded, but the posterior treats them as not observed


@dataclass(frozen=True)
class CodingModel:
    """p(x, z) and q(z|x) in float64.

    Where ``exact``, every bit of their parameters is the same on all machines; otherwise the last digits may differ.
    The coder rounds all parameters. ``coded``: the context decoder in fixed point, where it has that form.
    """

    schema: Schema
    model: Model
    exact: bool = False
    coded: CodedDecoder | None = None

    @classmethod
    def from_fitted(cls, fitted: Fitted, exact: bool = False) -> CodingModel:
        """A copy of the model in float64 and evaluation mode."""
        schema = fitted.model.schema  # not copied: that of text holds its words
        model = copy.deepcopy(fitted.model, {id(schema): schema}).to("cpu", torch.float64).eval()
        model.requires_grad_(False)
        coded = model.context.coded() if exact and isinstance(model, ContextModel) else None
        return cls(fitted.schema, model, exact, coded)

    def arithmetic(self) -> AbstractContextManager[Any]:
        """The context in which PyTorch calculates exactly, if ``exact``."""
        return Exact() if self.exact else nullcontext()

    @property
    def latent_dim(self) -> int:
        """Number of latents."""
        return self.model.latent_dim

    @property
    def discrete(self) -> bool:
        """Whether cells are levels 0 .. levels-1."""
        return self.schema.support.levels > 0

    def to_model(self, values: Array, fits: Array) -> tuple[Tensor, Tensor]:
        """The posterior's input for values (rows, cells): (rows, *shape) in the model's units, and observed cells.

        ``fits`` is True for cells that are coded; the others are not observed.
        """
        cells, observed = self._cells(values, fits, slice(None))
        x = torch.from_numpy(cells).reshape(-1, *self.schema.shape)
        return x, torch.from_numpy(observed).reshape(x.shape)

    def _cells(self, values: Array, fits: Array, which: slice | list[int]) -> tuple[Array, Array]:
        """Some cells of rows in the model's units, (rows, cells), and which of them are observed."""
        cells = np.where(fits, values, 0).astype(np.float64)
        if self.schema.is_standardised:
            with np.errstate(over="ignore", invalid="ignore"):
                cells = (cells - np.asarray(self.schema.loc)[which]) / np.asarray(self.schema.scale)[which]
        observed = fits & (np.abs(cells) < max(FARTHEST, self.schema.levels))
        return np.where(observed, cells, 0.0), observed

    @torch.no_grad()
    def posterior(self, values: Array, fits: Array, condition: Tensor | None) -> Distribution:
        """q(z|x) over (1, rows, latent_dim)."""
        x, observed = self.to_model(values, fits)
        return self.model.posterior(x, observed, condition)

    @torch.no_grad()
    def prior(self, condition: Tensor | None) -> Factorised | None:
        """p(z), factorised block by block; None where it does not factorise."""
        return self.model.prior_in_order(torch.zeros(1, 1, self.latent_dim, dtype=torch.float64), condition)

    @property
    def codes(self) -> CodeAlphabet | None:
        """The alphabet of discrete latents; None where latents are continuous."""
        return None if self.model.codec is None else CodeAlphabet(self.model.codec)

    @property
    def has_context(self) -> bool:
        """Whether cells are coded given the cells before them."""
        return self.model.has_context

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The groups of cells in the order of coding; cells of a group are independent given z and earlier groups."""
        return self.model.groups

    @property
    def ending(self) -> int | None:
        """The symbol after which a row goes on with the symbol 0 alone, of lines of text; None: there is none."""
        return END if self.has_context and isinstance(self.schema.sequence, TextDescription) else None

    @torch.no_grad()
    def begin(self, z: Array | None, condition: Tensor | None, rows: int) -> CodedVisible:
        """Rows of which no cell is visible; z None: without latents."""
        latents = None if z is None else torch.from_numpy(np.ascontiguousarray(z, np.float64))[None]
        assert isinstance(self.model, ContextModel)
        if self.coded is not None:
            return self.coded.begin(self.model.given(latents, condition), condition, rows)
        return self.model.begin(torch.zeros(1, rows, *self.schema.shape, dtype=torch.float64), latents, condition)

    @torch.no_grad()
    def in_one_pass(
        self, z: Array | None, values: Array, fits: Array, condition: Tensor | None
    ) -> CellDistribution | None:
        """The distribution of every cell given those of earlier groups, over (1, rows, *shape); None where that takes a
        pass for each group, or where its last bits may differ from those of such passes."""
        if not self.exact or not isinstance(self.model, ContextModel):
            return None
        x, observed = (t[None] for t in self.to_model(values, fits))
        if self.coded is not None:
            latents = None if z is None else torch.from_numpy(np.ascontiguousarray(z, np.float64))[None]
            return self.coded.in_one_pass(x[0], observed[0], self.model.given(latents, condition), condition)
        chain = self.model.without_latents(len(values), condition)
        if z is not None:
            chain = self.model.decode(torch.from_numpy(np.ascontiguousarray(z, np.float64))[None], condition)
        return None if chain.in_one_pass is None else chain.in_one_pass(x, observed.to(x.dtype))

    @torch.no_grad()
    def reveal(self, visible: CodedVisible, group: tuple[int, ...], values: Array, fits: Array) -> None:
        """Make the cells of a group visible; values, fits (rows, cells of the group) as in ``to_model``."""
        x, observed = self._cells(values, fits, list(group))
        visible.reveal(group, torch.from_numpy(x)[None], torch.from_numpy(observed)[None].to(torch.float64))

    @torch.no_grad()
    def likelihood(self, z: Array, condition: Tensor | None) -> Distribution:
        """p(x|z) over (1, rows, *shape) for z (rows, latent_dim)."""
        given = self.model.decode(torch.from_numpy(np.ascontiguousarray(z, np.float64))[None], condition)
        if isinstance(given, Bernoulli) and not self.discrete:
            return ContinuousBernoulli(
                given.logits
            )  # the density whose negative log is the cross-entropy of grey cells
        return given


@dataclass(frozen=True)
class GroupBins:
    """The bins of some cells of a row."""

    bins: ValueBins
    cells: Array  # (cells of the group,)

    @property
    def size(self) -> Array:
        """Number of symbols of each cell."""
        return self.bins.size[self.cells]

    @property
    def first(self) -> Array:
        """The frequent symbol of each cell, or -1."""
        return self.bins.first[self.cells]

    def upper(self, symbols: Array, column: Array) -> Array:
        """Upper edges of the bins; ``column`` is the place of each symbol's cell in the group."""
        return self.bins.upper(symbols, self.cells[column])


@dataclass(frozen=True)
class ValueBins:
    """The bins of a value grid in the units of the likelihood."""

    grid: ValueGrid
    schema: Schema

    @property
    def size(self) -> Array:
        """Number of symbols of each cell."""
        return self.grid.size

    @property
    def first(self) -> Array:
        """The frequent symbol of each cell, or -1."""
        return self.grid.first

    def upper(self, symbols: Array, column: Array) -> Array:
        """Upper edges of the bins."""
        if self.schema.support.levels:
            return symbols.astype(np.float64)
        edge = self.grid.upper_edge(symbols, column)
        if self.schema.is_standardised:
            edge = (edge - np.asarray(self.schema.loc)[column]) / np.asarray(self.schema.scale)[column]
        return edge
