"""A model of text whose probabilities are known: a decoder that counts pairs of neighbouring tokens."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from quintet import VAE, Text
from quintet.distributions.categorical import Categorical
from quintet.distributions.chain import Group, Known
from quintet.errors import QuintetWarning
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.model import ContextModel
from quintet.networks import Marginals
from tests.shared import hardly_measured

LINES = ["the cat sat", "the cat sat", "the dog ran", "a cat ran", "a dog sat", "", "the cat ran to the dog"] * 40
SMOOTHING = 0.01


class PairCounts(ContextDecoder):
    """p(token | its visible neighbours) by how often tokens stand beside each other in training rows; z is not read.

    Parameters
    ----------
    rows : (n, steps) of tokens.
    size : number of tokens.
    """

    table: Tensor

    def __init__(self, rows: Tensor, size: int) -> None:
        super().__init__()
        counts = torch.full((size + 1, size), SMOOTHING, dtype=torch.float32)  # the last row: the start of a row
        before = torch.cat([torch.full_like(rows[:, :1], size), rows[:, :-1]], 1)
        counts.index_put_((before.flatten(), rows.flatten()), torch.ones(rows.numel()), accumulate=True)
        self.register_buffer("table", (counts / counts.sum(1, keepdim=True)).log())
        self.steps, self.size = rows.shape[1], size

    @property
    def fixed_groups(self) -> tuple[Group, ...]:
        return tuple((step,) for step in range(self.steps))

    def logits(self, x: Tensor, visible: Tensor, *, both: bool) -> Tensor:
        """log p(token | visible token before, and behind), up to a constant, (draws, batch, steps, tokens)."""
        tokens, there = x.long(), (visible > 0).expand(x.shape)
        start = torch.full_like(tokens[..., :1], self.size)
        before = torch.cat([start, tokens[..., :-1]], -1)
        seen = torch.cat([torch.ones_like(there[..., :1]), there[..., :-1]], -1)
        usual = self.table.exp().mean(0).log()
        found = torch.where(seen[..., None], self.table[before], usual)
        if both:
            behind = self.table[: self.size].T[tokens[..., 1:]]
            behind = torch.where(there[..., 1:, None], behind, 0.0)
            found = found + torch.cat([behind, torch.zeros_like(found[..., -1:, :])], -2)
        return found

    def forward(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None = None,
        has_z: Tensor | None = None,
    ) -> Categorical:
        return Categorical(self.logits(x, visible, both=True))

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> Categorical:
        return self(x, visible, None)

    def in_one_pass(self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None) -> Categorical:
        x = x if x.ndim == 3 else x[None]
        return Categorical(self.logits(x, observed.expand(x.shape), both=False))

    def begin(
        self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None, known: Known | None = None
    ) -> Revealed:
        draws = len(rows) if z is None else max(len(rows), len(z))
        return Revealed(self, torch.zeros(draws, *rows.shape[1:], dtype=torch.float32), known is not None)

    def start_at(self, marginals: Marginals) -> None:
        pass


class Revealed:
    """The visible tokens of rows."""

    def __init__(self, decoder: PairCounts, x: Tensor, both: bool) -> None:
        self.decoder, self.x, self.visible, self.both = decoder, x, torch.zeros_like(x), both

    def conditional(self, cells: Group) -> Categorical:
        return Categorical(self.decoder.logits(self.x, self.visible, both=self.both)[:, :, list(cells)])

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        self.x[..., list(cells)] = torch.where(visible > 0, x, self.x[..., list(cells)])
        self.visible[..., list(cells)] = torch.maximum(visible.expand(x.shape), self.visible[..., list(cells)])


def fitted_text(shared: Callable[[str, Callable[[], Any]], Any]) -> Text:
    """A ``Text`` of ``LINES`` whose decoder is ``PairCounts`` of them."""

    def fit() -> Text:
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore", QuintetWarning)
            vae = VAE(latent_dim=2, network={"kind": "mlp", "hidden": (8,)}, epochs=1, context="none")
            return Text(vae).fit(LINES)

    text: Text = shared("text-of-pairs", fit)
    rows, _ = text.description_.rows(LINES)
    decoder = PairCounts(torch.from_numpy(rows.astype("int64")), text.schema_.levels)
    plain = text.vae_.fitted_
    text.vae_.fitted_ = replace(plain, model=ContextModel(plain.model, decoder).eval(), cache={})
    return text
