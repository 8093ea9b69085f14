"""One latent vector for a whole sequence: recurrent networks, and a decoder that may be told the steps before."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from quintet.data.schema import Schema
from quintet.distributions import Categorical, Distribution
from quintet.distributions.autoregressive import Autoregressive
from quintet.models.base import ModelOutput, is_full
from quintet.models.flat import Flat, Scaled
from quintet.networks import Likelihood, Marginals
from quintet.networks.dropout import Dropout
from quintet.networks.recurrent import Recurrent, RecurrentWriter
from quintet.noise import Noise


class Tokens(nn.Module):
    """Whole numbers as one-hot planes, for levels that are names and no amounts; a hole is zero in all of them."""

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


class SequenceModel(Flat):
    """A flat model of recurrent networks (Fabius and van Amersfoort, "Variational recurrent auto-encoders", 2015)."""

    def __init__(
        self, schema: Schema, latent_dim: int, network: Recurrent, likelihood: Likelihood, tokens: bool = False
    ) -> None:
        network = replace(network, row=schema.shape)
        super().__init__(schema, latent_dim, network, likelihood, seen=Tokens(schema) if tokens else Scaled(schema))


class TeacherForced(SequenceModel):
    """The same with teacher forcing: p(x|z) = Π p(x of a step | z, the steps before it).

    Bowman et al., "Generating sentences from a continuous space", 2016: in training a share of the steps is withheld
    from the decoder, or it would listen to them alone and z would carry nothing.

    Parameters
    ----------
    word_dropout : that share, 0..1.
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
        told = self.before.out_shape[0] // schema.shape[0] * reading.width
        self.decoder = RecurrentWriter(latent_dim + schema.condition_dim, reading, likelihood.parameters, network, told)

    @property
    def start_shape(self) -> tuple[int, ...]:
        """(parameters, 1, ..): the same for every step."""
        return (self.likelihood.parameters, *[1] * len(self.schema.shape))

    def start_at(self, marginals: Marginals) -> None:
        """At the distribution of all steps together: a step's numbers are used before the others are there."""
        super().start_at(marginals.pooled())

    def started(self, raw: Tensor) -> Tensor:
        """The numbers of a step, or of all, (n, parameters, any), and those of the start added."""
        return raw if self.start is None else raw + self.start.to(raw.dtype).reshape(-1, *[1] * (raw.ndim - 2))

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """As of a flat model; the likelihood reads no cell that is not observed."""
        draw = super().draw(x, observed, noise, condition)
        return replace(draw, likelihood=draw.likelihood.given(observed))

    def decode(self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None) -> Distribution:
        """p(x|z) over (draws, batch, *row)."""
        joined = self.with_condition(z, condition)

        def conditionals(x: Tensor, observed: Tensor | None) -> Distribution:
            cells = x.expand(*joined.shape[:2], *self.schema.shape).flatten(0, 1)
            seen = torch.ones((), dtype=torch.bool, device=x.device) if observed is None else observed
            seen = self._kept(seen.expand(*joined.shape[:2], *self.schema.shape).flatten(0, 1))
            steps = self.decoder.reading.split(self.before(cells, seen))
            return self.likely(self.decoder(joined.flatten(0, 1), steps), joined)

        def rolled(noise: Noise | None) -> tuple[Tensor, Distribution]:
            return self._rolled(joined, noise)

        return Autoregressive(conditionals, rolled)

    def _rolled(self, z: Tensor, noise: Noise | None) -> tuple[Tensor, Distribution]:
        """Step by step: each is told what was chosen before it, a draw or what is expected."""
        if noise is not None and len(z) == 1:
            z = z.expand(noise.draws, *z.shape[1:])
        chosen = []

        def tell(raw: Tensor) -> Tensor:
            step = self.likely(raw, z)
            value = _expected(step) if noise is None else step.sample(noise)
            chosen.append(value.flatten(0, 1))
            told: Tensor = self.before(chosen[-1], torch.ones_like(chosen[-1], dtype=torch.bool))
            return told

        likelihood = self.likely(self.decoder.roll(z.flatten(0, 1), tell), z)
        cells = self.decoder.reading.join(torch.stack(chosen, dim=1), 1).squeeze(1)
        return cells.reshape(*z.shape[:2], *self.schema.shape), likelihood

    def _kept(self, seen: Tensor) -> Tensor:
        """What is left of the cells (n, *row) that the decoder may be told, in training."""
        if not self.training or not self.withheld.p:
            return seen
        reading = self.decoder.reading
        ones = torch.ones(len(seen), reading.length, 1, dtype=torch.float32, device=seen.device)
        step = self.withheld(ones) > 0
        return seen & reading.join(step.expand(-1, -1, reading.width), 1).squeeze(1)


def _expected(step: Distribution) -> Tensor:
    """The mean; of names the likeliest."""
    if isinstance(step, Categorical):
        likeliest: Tensor = step.logits.argmax(-1).to(step.logits.dtype)
        return likeliest
    return step.mean
