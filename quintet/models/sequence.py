"""Sequence VAE: one latent vector for a sequence, recurrent networks, and optional teacher forcing."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from quintet.data.full_mask import is_full
from quintet.data.schema import Schema
from quintet.distributions import Categorical, Distribution
from quintet.distributions.chain import Chain, Group, Known
from quintet.models.encoder_input import EncoderInput, Scaled
from quintet.models.flat import Flat
from quintet.models.teacher_forced_steps import VisibleSteps
from quintet.networks import Likelihood, Marginals
from quintet.networks.dropout import Dropout
from quintet.networks.embed import ColumnSteps
from quintet.networks.recurrent import Recurrent, RecurrentWriter


class Tokens(nn.Module):
    """One-hot encoding of whole numbers whose levels are categories; a missing cell is zero in every plane."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.shape, self.levels = schema.shape, schema.levels

    @property
    def out_shape(self) -> tuple[int, ...]:
        """(levels * channels, height, width) or (levels * features,)."""
        return (self.levels * self.shape[0], *self.shape[1:])

    def forward(self, x: Tensor, observed: Tensor) -> Tensor:
        """(batch, *row) and its mask -> (batch, *out_shape)."""
        level = torch.where(observed, x, 0.0).long().clamp(0, self.levels - 1)
        planes = one_hot(level, self.levels).to(x.dtype).movedim(-1, 1)
        return (planes if is_full(observed) else planes * observed.unsqueeze(1)).flatten(1, 2)


def _steps(schema: Schema, tokens: bool) -> EncoderInput:
    """The encoder's input, with a fixed number of planes for each cell."""
    if schema.columns:
        return ColumnSteps(schema.codes, schema.missing)
    return Tokens(schema) if tokens else Scaled(schema)


class SequenceModel(Flat):
    """A flat model of recurrent networks (Fabius and van Amersfoort, "Variational recurrent auto-encoders", 2015)."""

    def __init__(
        self, schema: Schema, latent_dim: int, network: Recurrent, likelihood: Likelihood, tokens: bool = False
    ) -> None:
        network = replace(network, row=schema.shape)
        super().__init__(schema, latent_dim, network, likelihood, seen=_steps(schema, tokens))


class TeacherForced(SequenceModel):
    """Sequence model with teacher forcing: p(x|z) = Π_t p(x_t | z, x_<t).

    Bowman et al., "Generating sentences from a continuous space", 2016: training withholds a share of the previous
    steps from the decoder; without that the decoder ignores z.

    Parameters
    ----------
    word_dropout : share of the previous steps withheld in training, 0..1.
    """

    decoder: RecurrentWriter

    def __init__(
        self,
        schema: Schema,
        latent_dim: int,
        network: Recurrent,
        likelihood: Likelihood,
        tokens: bool = False,
        word_dropout: float = 0.0,
    ) -> None:
        super().__init__(schema, latent_dim, network, likelihood, tokens)
        self.withheld = Dropout(word_dropout)
        self.before = Tokens(schema) if tokens else Scaled(schema, with_mask=True)
        reading = network.reading(schema.shape)
        width = self.before.out_shape[0] // schema.shape[0] * reading.width
        self.decoder = RecurrentWriter(
            latent_dim + schema.condition_dim, reading, likelihood.parameters, network, width
        )

    @property
    def start_shape(self) -> tuple[int, ...]:
        """(parameters, 1, ...): one offset shared by all steps."""
        return (self.likelihood.parameters, *[1] * len(self.schema.shape))

    def start_at(self, marginals: Marginals) -> None:
        """Initialise every step at the marginal distribution pooled over steps, since steps are decoded one by one."""
        super().start_at(marginals.pooled())

    def started(self, raw: Tensor) -> Tensor:
        """The raw output of one step or of all, (n, parameters, any), plus the offset ``start``."""
        return raw if self.start is None else raw + self.start.to(raw.dtype).reshape(-1, *[1] * (raw.ndim - 2))

    @property
    def groups(self) -> tuple[Group, ...]:
        """The steps, in order."""
        places = torch.arange(self.schema.size).reshape(1, *self.schema.shape)
        return tuple(tuple(step) for step in self.decoder.reading.split(places)[0].tolist())

    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Chain:
        """p(x | z, visible cells) as the chain of the steps, each of which sees the earlier steps."""
        joined = self.with_condition(z, condition)
        known = None if x is None or visible is None else Known(x, visible)

        def begin(rows: Tensor) -> VisibleSteps:
            return self._begin(joined.expand(max(len(joined), len(rows)), *joined.shape[1:]))

        def in_one_pass(x: Tensor, seen: Tensor) -> Distribution:
            return self._forced(joined, x, seen)

        like = joined.new_zeros(()).expand(*joined.shape[:2], *self.schema.shape)
        return Chain(begin, self.groups, like, lambda: self._along_means(joined, known), known, in_one_pass)

    def _begin(self, z: Tensor) -> VisibleSteps:
        return VisibleSteps(self.decoder, self.before, lambda raw: self.likely(raw, z), z, self.groups)

    def _forced(self, z: Tensor, x: Tensor, seen: Tensor) -> Distribution:
        """Each cell's distribution given the cells ``seen`` of earlier steps of x, by teacher forcing in one pass."""
        cells = x.expand(*z.shape[:2], *self.schema.shape).flatten(0, 1)
        seen = self._drop_steps(seen.expand(*z.shape[:2], *self.schema.shape).flatten(0, 1))
        steps = self.decoder.reading.split(self.before(cells, seen))
        return self.likely(self.decoder(z.flatten(0, 1), steps), z)

    def _along_means(self, z: Tensor, known: Known | None) -> Distribution:
        """Each cell's distribution given the known cells of earlier steps, and the means of others.

        Its means approximate E[x]; its variances are less than Var[x], since the earlier steps are fixed. The product
        of its cells is not p(x|z), so a code that uses it is decodable and a few bits longer.
        """
        steps = self._begin(z)
        for group in self.groups:
            own = _expected(steps.conditional(group))
            if known is not None:
                x, visible = (t.flatten(2)[..., list(group)].to(own.dtype) for t in (known.x, known.visible))
                own = torch.where(visible > 0, x, own)
            steps.reveal(group, own, torch.ones_like(own))
        return self.likely(self.decoder.joined(steps.parameters), z)

    def _drop_steps(self, seen: Tensor) -> Tensor:
        """The mask (n, *row) of cells that the decoder may read; training drops whole steps at random."""
        if not self.training or not self.withheld.p:
            return seen
        reading = self.decoder.reading
        ones = torch.ones(len(seen), reading.length, 1, dtype=torch.float32, device=seen.device)
        step = self.withheld(ones) > 0
        return seen & reading.join(step.expand(-1, -1, reading.width), 1).squeeze(1)


def _expected(step: Distribution) -> Tensor:
    """The mean; for categories the most probable one."""
    if isinstance(step, Categorical):
        likeliest: Tensor = step.logits.argmax(-1).to(step.logits.dtype)
        return likeliest
    return step.mean
