"""Context decoder of tokens: p(token | z, visible tokens) from a window, and from counts over the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from quintet.data.row_layout import Steps
from quintet.data.schema import Schema
from quintet.data.sequences.text.description import TextDescription
from quintet.data.sequences.text.vocabulary import END
from quintet.distributions import Categorical
from quintet.distributions.chain import Group, Known
from quintet.models.context.coded_tokens import CodedTokens
from quintet.models.context.decoder import ContextDecoder
from quintet.models.context.every_step import every_step, filled
from quintet.models.context.token_terms import token_terms
from quintet.models.context.visible_tokens import VisibleTokens
from quintet.networks import Marginals
from quintet.networks.fixed_token_network import FixedTokenNetwork
from quintet.networks.step_windows import HARMONICS, StepWindows
from quintet.networks.token_corpus import CorpusCounts, hidden_rows, packed
from quintet.networks.token_network import CountedTokens, TokenNetwork, visible_means, windows
from quintet.networks.token_statistics import HIDDEN
from quintet.noise import Noise
from quintet.transfers import send

Array = np.ndarray[Any, Any]
CONDITION = 16
"""Features of the condition."""
LATENTS = 64
"""Features of the latents."""
MOST_TOKENS = 2**22
"""Most training tokens that are kept and counted."""
BLOCK = 64
"""Rows whose next tokens are predicted at once."""
LONGEST = 9
"""Most tokens of a context that is counted."""


@dataclass(frozen=True)
class TokenSize:
    """Width and number of the residual blocks, steps of the window on each side, and rate of dropout."""

    width: int = 256
    blocks: int = 2
    radius: int = 16
    dropout: float = 0.1


class TokenContext(ContextDecoder):
    """The context decoder of tokens, one a step.

    The training rows stay in the model's file, since their counts are a part of the network.

    Parameters
    ----------
    schema : Schema of steps and tokens.
    latent_dim : int
    size : of the networks.
    """

    share = 6.0
    most_epochs = None
    batch_rows = 64
    start_rows = 2**17
    place: Tensor
    corpus: Tensor

    def __init__(self, schema: Schema, latent_dim: int, size: TokenSize | None = None) -> None:
        super().__init__()
        layout, size = schema.layout, size or TokenSize()
        assert isinstance(layout, Steps)
        self.layout, self.tokens = layout, schema.levels
        self.ending = END if isinstance(schema.sequence, TextDescription) else None
        features = CONDITION if schema.condition_dim else 0
        self.condition = nn.Linear(schema.condition_dim, features, bias=False) if features else None
        self.latent = nn.Linear(latent_dim, LATENTS)
        self.null = nn.Parameter(torch.zeros(LATENTS, dtype=torch.float32))
        self.radius, self.longest = min(size.radius, layout.steps), min(LONGEST, layout.steps)
        others = LATENTS + features + 1 + 2 * HARMONICS
        parts = self.longest + 1, others, size.width, size.blocks, size.dropout
        self.in_order = TokenNetwork(self.tokens, self.radius, 1, *parts)
        self.from_known = TokenNetwork(self.tokens, 2 * self.radius, 2, *parts)
        self.register_buffer("place", StepWindows(layout.steps, 1, both=False).place, persistent=False)
        self.register_buffer("corpus", torch.empty(0, dtype=torch.int32))
        self.counts = self._counted()

    @property
    def fixed_groups(self) -> tuple[Group, ...]:
        """The order of the steps."""
        return tuple((step,) for step in range(self.layout.steps))

    def _counted(self) -> CorpusCounts:
        """Counts over the training rows, of what follows and of what precedes."""
        return CorpusCounts(self.corpus, self.layout.steps, self.longest)

    def forward(
        self,
        x: Tensor,
        visible: Tensor,
        z: Tensor | None,
        condition: Tensor | None = None,
        has_z: Tensor | None = None,
    ) -> Categorical:
        """p(x_i | z, all visible tokens but i) of every step, over (draws, batch, steps)."""
        return every_step(self, x, visible, self.about(z, condition, has_z), self.from_known)

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None = None) -> Categorical:
        """p(x_i | all other visible tokens) of every step without latents; x, visible (draws, batch, steps)."""
        found: Categorical = self(x, visible, None, condition)
        return found

    def in_one_pass(self, x: Tensor, observed: Tensor, z: Tensor | None, condition: Tensor | None) -> Categorical:
        """p(x_i | z, observed tokens before i) of every step, over (draws, batch, steps)."""
        x = x if x.ndim == 3 else x[None]
        return every_step(self, x, observed.expand_as(x), self.about(z, condition), self.in_order)

    def training_terms(
        self,
        x: Tensor,
        observed: Tensor,
        z: Tensor | None,
        condition: Tensor | None,
        has_z: Tensor | None,
        noise: Noise,
    ) -> Tensor:
        """Estimate of log p(observed tokens | z) in nats, (batch,), from some steps with random visible tokens."""
        return token_terms(self, x, observed, z, condition, has_z, noise)

    def begin(
        self, rows: Tensor, z: Tensor | None, condition: Tensor | None = None, known: Known | None = None
    ) -> VisibleTokens:
        """Rows of which no token is visible yet; rows (1 or draws, batch, steps)."""
        draws = len(rows) if z is None else max(len(rows), len(z))
        ahead = known is None or known.is_beginning
        network = self.in_order if ahead else self.from_known
        return VisibleTokens(self, network, self.about(z, condition), rows.new_zeros(draws, rows.shape[1]))

    def about(self, z: Tensor | None, condition: Tensor | None, has_z: Tensor | None = None) -> Tensor:
        """Features of z, (draws, batch, latents) or None, and of the condition, (draws or 1, batch or 1, features)."""
        found = self.null[None, None]
        if z is not None:
            read = self.latent(z.to(found.dtype)).to(found.dtype)
            found = read if has_z is None else torch.where(has_z > 0, read, found)
        if self.condition is None:
            return found
        features = found.new_zeros(1, 1, CONDITION)
        features = features if condition is None else self.condition(condition.to(found.dtype))[None].to(found.dtype)
        draws, batch = (max(t.shape[i] for t in (found, features)) for i in (0, 1))
        return torch.cat([found.expand(draws, batch, -1), features.expand(draws, batch, -1)], -1)

    def logits(
        self,
        rows: Array,
        at: Tensor,
        about: Tensor,
        network: TokenNetwork,
        counted: Array | None = None,
    ) -> Tensor:
        """Logits of steps, (n, steps asked, tokens).

        Parameters
        ----------
        rows : (n, steps) of int32, ``HIDDEN`` where a token is not visible.
        at : (n, steps asked), which read all visible tokens on the sides that the network reads, but their own.
        about : (n, features).
        counted : (n, steps) of int32, the same rows with their hidden tokens, where they are training rows, which are
            left out of the counts.
        """
        seen, dtype = send(torch.from_numpy(rows), at.device), about.dtype
        token = torch.where(seen == HIDDEN, self.tokens, seen).long()
        both = network is self.from_known
        window = windows(token, at, self.radius, self.tokens, both)
        bags = visible_means(network.bag, token, at, self.tokens, both)
        asked = at.cpu().numpy()
        found = [self.counts.following.after(rows, asked, self.tokens, counted)]
        if both:
            mirrored = None if counted is None else counted[:, ::-1]
            found.append(
                self.counts.preceding.after(rows[:, ::-1], self.layout.steps - 1 - asked, self.tokens, mirrored)
            )
        beside = torch.stack([send(torch.from_numpy(each), at.device).to(dtype) for each in found], 2)
        more = torch.cat([about[:, None].expand(-1, at.shape[1], -1), self.place[at].to(dtype)], -1)
        parts = window, bags, beside, more
        raw: Tensor = network(*(part.flatten(0, 1) for part in parts))
        raw = raw if raw.dtype == torch.float64 else raw.float()
        return raw.reshape(*at.shape, self.tokens)

    @property
    def reach(self) -> int:
        """How many tokens before a step are read one by one."""
        return max(self.radius, self.longest)

    def next_logits(self, near: Array, step: int, bags: Tensor, about: Tensor) -> Tensor:
        """Logits of one step by the tokens before it, (n, tokens): those of ``logits``, without a pass over rows.

        The network takes ``BLOCK`` rows at a time, since products of other shapes may round a row differently: a row's
        logits do not depend on how many rows are asked for.

        Parameters
        ----------
        near : (n, up to ``reach``) of int32, the tokens right before the step, ``HIDDEN`` where one is not visible.
        bags : (n, BAG), the sum of the visible tokens before the step over the root of their number.
        about : (n, features).
        """
        device, dtype, count = about.device, about.dtype, len(near)
        token = torch.full((count, self.radius), self.tokens, dtype=torch.int64)
        window = near[:, max(0, near.shape[1] - self.radius) :][:, ::-1]
        token[:, : window.shape[1]] = torch.from_numpy(np.where(window == HIDDEN, self.tokens, window))
        last = near[:, max(0, near.shape[1] - self.longest) :]
        rows = np.concatenate([last, np.full((count, 1), HIDDEN, dtype=np.int32)], 1)
        counts = self.counts.following.after(rows, np.full((count, 1), last.shape[1]), self.tokens)
        place = self.place[step].to(dtype).expand(count, -1)
        parts = (
            send(token, device),
            bags,
            send(torch.from_numpy(counts), device).to(dtype),
            torch.cat([about, place], -1),
        )
        blocks = zip(*(filled(part, count, BLOCK) for part in parts), strict=True)
        raw = torch.cat([self.in_order(*block) for block in blocks])[:count]
        return raw if raw.dtype == torch.float64 else raw.float()

    def coded(self) -> CodedTokens:
        """The network of tokens in order, in fixed point."""
        (part,) = self.in_order.counted
        assert isinstance(part, CountedTokens)
        shares = self.counts.shares(part.discount.detach().numpy(), self.tokens)
        network = FixedTokenNetwork(self.in_order, shares, self.place)
        return CodedTokens(network, self.about, self.layout.steps, self.longest, self.ending)

    def start_from(self, x: Tensor, observed: Tensor, weight: Tensor | None) -> None:
        """Keep the training rows, whose tokens are counted."""
        rows = hidden_rows(x, observed)
        self.corpus = packed(rows[: max(1, MOST_TOKENS // self.layout.steps)])
        self.counts = self._counted()

    def start_at(self, marginals: Marginals) -> None:
        """Nothing: the frequencies are those of the counts."""

    def like(self, corpus: Tensor) -> None:
        """Make room for the training rows of a stored decoder, before they are loaded."""
        self.corpus = torch.zeros_like(corpus, device=self.null.device)
        self.counts = self._counted()

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        if (stored := state_dict.get(f"{prefix}corpus")) is not None:
            self.like(stored)
        super()._load_from_state_dict(state_dict, prefix, *args)
