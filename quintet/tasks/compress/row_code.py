"""The distributions under which a block's rows are coded: p(z), q(z|x) and p(x|z) in the coder's alphabets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.codec.entropy.binary_decisions import DecisionSequence
from quintet.codec.entropy.cdf import CellDistribution, CodedCells
from quintet.codec.entropy.normal_mixture import NormalMixture
from quintet.distributions import Normal
from quintet.distributions.base import Factorised
from quintet.tasks.compress.coding_model import CodingModel, GroupBins, ValueBins
from quintet.tasks.compress.embedding import Embedding
from quintet.tasks.compress.latent_blocks import LatentAlphabet, LatentBlocks
from quintet.tasks.compress.no_latents import NOTHING

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Step:
    """A group of cells: their places in the row, and their distribution given z and the groups before."""

    place: Array
    cells: CodedCells


@dataclass(frozen=True)
class RowCode:
    """Everything that encoder and decoder share.

    Parameters
    ----------
    model : p(x, z) and q(z|x).
    bins : bins of the cells.
    latents : alphabet of the latents; ``NoLatents``: rows are coded by a context decoder alone.
    density : mean and spread of the embeddings, (latent_dim,) each, of the two-part code; None: z is coded under p(z).
    condition : (n, condition_dim), or None.
    widening : factor of the standard deviations of p(x|z) that are mixtures of normals, those of series.
    """

    model: CodingModel
    bins: ValueBins
    latents: LatentAlphabet
    density: tuple[Array, Array] | None
    condition: Tensor | None
    widening: float = 1.0

    def condition_of(self, rows: Array) -> Tensor | None:
        """The condition of some rows."""
        return None if self.condition is None else self.condition[rows]

    def prior(self, rows: Array, salt: int) -> LatentBlocks:
        """p(z) of some rows."""
        if not self.latents.width:
            return LatentBlocks(NOTHING, self.latents, len(rows), exact=True)
        if self.density is not None:
            return LatentBlocks(_normal(*self.density), self.latents, len(rows), exact=True)
        prior = self.model.prior(self.condition_of(rows))
        assert prior is not None, "the code under the model's p(z) is chosen only where p(z) factorises"
        return LatentBlocks(prior, self.latents, len(rows), salt)

    def posterior(
        self, values: Array, fits: Array, rows: Array, salt: int, known: Embedding | None
    ) -> LatentBlocks | None:
        """q(z|x) of some rows; None where nothing is popped.

        The encoder passes the embedding as ``known``, which holds all parameters of a normal posterior.
        """
        if self.density is not None or not self.latents.width:
            return None
        if known is not None and known.normal and known.spread is not None:
            q: Factorised | None = _normal(known.mean[rows], known.spread[rows])
        else:
            q = self.model.posterior(values, fits, self.condition_of(rows)).ordered
        return None if q is None else LatentBlocks(q, self.latents, len(rows), salt, truncated=True)

    def expected_bits(self, known: Embedding) -> Array:
        """About how many bits each row pops, (n,)."""
        if self.density is not None or not known.factorised:
            return np.zeros(len(known.mean))
        return self.latents.expected_bits(known.mean, known.spread)

    def cells(self, k: Array, rows: Array, values: Array, coded: Array, salt: int) -> Iterator[Step]:
        """p(x|z) of some rows, group after group in the order of coding.

        Parameters
        ----------
        values : (rows, cells); a decoder fills in the cells of a group before it asks for the next one.
        coded : (rows, cells) of bool.
        """
        z, condition = self.latents.dequantise(k) if self.latents.width else None, self.condition_of(rows)
        if not self.model.has_context:
            assert z is not None, "only a context decoder codes rows without latents"
            likelihood = self.model.likelihood(z, condition)
            cells = CodedCells(likelihood, self.model.schema.shape, self.bins, coded, salt)
            yield Step(np.arange(coded.shape[1]), cells)
            return
        visible, over = self.model.begin(z, condition, len(coded)), np.zeros((len(coded), 1), dtype=bool)
        for group in self.model.groups:
            place = np.array(group)
            bins, own = GroupBins(self.bins, place), coded[:, place]
            given = self._widened(visible.conditional(group))
            yield Step(place, CodedCells(given, (len(place),), bins, own & ~over, salt))
            self.model.reveal(visible, group, values[:, place], own)
            if self.model.ending is not None:
                over |= own & (values[:, place] == self.model.ending)

    def implied(self, symbols: Array, coded: Array) -> Array:
        """The cells behind the end of a line, (rows, cells) of bool: they are not coded, and read as the symbol 0."""
        found = np.zeros(coded.shape, dtype=bool)
        if self.model.ending is not None:
            ends = coded & (symbols == self.model.ending)
            found[:, 1:] = np.logical_or.accumulate(ends[:, :-1], 1) & coded[:, 1:]
        return found

    def decisions(self, k: Array, rows: Array, symbols: Array, coded: Array, salt: int) -> list[DecisionSequence]:
        """The decisions about known symbols (rows, cells), group after group.

        Groups are conditioned on values without their low bits, which the decoder reads last.
        """
        values = self.bins.grid.join(symbols, np.zeros(symbols.shape, np.uint64))
        z = self.latents.dequantise(k) if self.latents.width else None
        whole = self.model.in_one_pass(z, values, coded, self.condition_of(rows))
        if whole is not None:
            own = coded & ~self.implied(symbols, coded)
            cells = CodedCells(self._widened(whole), self.model.schema.shape, self.bins, own, salt)
            return [DecisionSequence.from_symbols(symbols, cells, self.model.groups)]
        steps = self.cells(k, rows, values, coded, salt)
        return [DecisionSequence.from_symbols(symbols[:, step.place], step.cells) for step in steps]

    def _widened(self, given: CellDistribution) -> CellDistribution:
        return given if self.widening == 1 or not isinstance(given, NormalMixture) else given.wider(self.widening)


def _normal(loc: Array, scale: Array) -> Factorised:
    """Normals with the parameters (rows, latent_dim), or (latent_dim,) for all rows."""
    mean, spread = (torch.from_numpy(np.atleast_2d(part)).double()[None] for part in (loc, scale))
    return Normal(mean, spread).ordered
