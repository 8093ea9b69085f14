"""A model whose likelihood sees the cells that are already known: p(x, z) = p(z) Π_g p(group g | z, groups before)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from quintet.distributions import Distribution, Normal
from quintet.distributions.base import Factorised
from quintet.distributions.chain import Chain, Group, Known, Visible, groups_of
from quintet.models.base import Layer, Model, ModelOutput
from quintet.models.context.decoder import ContextDecoder
from quintet.models.priors.mixture import MixturePrior
from quintet.networks import Marginals
from quintet.noise import Noise
from quintet.row_share import ALL_ROWS, RowShare

MODES = 64
"""Components of the prior that the stage fits to draws from the posterior."""
BLUR = 0.1
"""Standard deviation that is added to the posterior, in standard deviations of the training rows' latents: latents keep
what rows share, at a few nats a row, and leave single cells to the visible ones."""


class ContextModel(Model):
    """A trained model with a context decoder.

    The posterior is the normal with the moments of the plain model's posterior, widened by ``BLUR``; the
    prior is a mixture fitted to its draws. The plain decoder proposes latents and answers where z alone is to be seen:
    its mean, variance and cdf are those of ``decode``.

    Parameters
    ----------
    plain : the trained model; its weights stay as they are.
    context : the context decoder.
    """

    has_context = True
    centre: Tensor
    spread: Tensor
    started: Tensor
    order: Tensor

    def __init__(self, plain: Model, context: ContextDecoder) -> None:
        super().__init__()
        self.plain, self.schema, self.latent_dim = plain, plain.schema, plain.latent_dim
        self.has_posterior, self.prior_learnt = plain.has_posterior, True
        self.context = context
        self.prior = MixturePrior(self.latent_dim, MODES)
        self.register_buffer("centre", torch.zeros(self.latent_dim, dtype=torch.float32))
        self.register_buffer("spread", torch.ones(self.latent_dim, dtype=torch.float32))
        self.register_buffer("started", torch.zeros((), dtype=torch.bool))
        self.register_buffer("order", torch.arange(self.schema.size))

    @property
    def groups(self) -> tuple[Group, ...]:
        """The stored order, as groups of cells."""
        return self._fixed_groups or groups_of(self.order.tolist())

    @cached_property
    def _fixed_groups(self) -> tuple[Group, ...] | None:
        return self.context.fixed_groups

    @property
    def reads_plain(self) -> bool:  # type: ignore[override]
        """Whether the context decoder reads the plain decoder's means."""
        return self.context.reads_plain

    @property
    def sees_noise(self) -> bool:  # type: ignore[override]
        """Whether a visibility between 0 and 1 is that of cells under normal noise."""
        return self.context.sees_noise

    def set_order(self, order: Sequence[int]) -> None:
        """Store the order of the cells in which the chain runs."""
        self.order.copy_(torch.tensor(order, dtype=torch.int64))

    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Normal:
        """The normal with the plain posterior's moments, widened, over (1, batch, latent_dim)."""
        q = self.plain.posterior(x, observed, condition)
        wide = (q.variance + (BLUR * self.spread.to(q.variance)).square()).sqrt()
        return Normal(q.mean, wide.expand_as(q.mean))

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Draw z from the posterior and return it with the chain."""
        posterior = self.posterior(x, observed, condition)
        z = posterior.sample(noise)
        return ModelOutput((Layer(z, posterior, self.prior(z)),), self.decode(z, condition))

    def sample_prior(self, n: int, noise: Noise, condition: Tensor | None = None) -> Tensor:
        """z from the fitted prior, (noise.draws, n, latent_dim)."""
        return self.prior.sample(n, noise)

    def log_prior(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """log p(z) in nats, (draws, batch)."""
        return self.prior.log_density(z)

    def prior_in_order(self, like: Tensor, condition: Tensor | None = None) -> Factorised | None:
        """The fitted prior coordinate by coordinate."""
        return self.prior.ordered(like)

    def decode(
        self,
        z: Tensor | None,
        condition: Tensor | None = None,
        x: Tensor | None = None,
        visible: Tensor | None = None,
    ) -> Chain:
        """p(x | z, visible cells) as the chain in the stored order; z None: without latents, by the learnt null.

        Where no cell is visible the distributions of single cells are those of the plain decoder.
        """
        known = None if x is None or visible is None else Known(x, visible)
        assert z is not None or x is not None, "decode needs latents z or rows x"
        like = x if z is None else z.new_zeros(()).expand(*z.shape[:2], *self.schema.shape)
        assert like is not None
        return self._chain(z, condition, like, known)

    def without_latents(self, rows: int, condition: Tensor | None = None) -> Chain:
        """p(x | the learnt null in place of z) as the chain in the stored order, over (1, rows, cells)."""
        like = torch.zeros(1, rows, *self.schema.shape, dtype=self.centre.dtype, device=self.device)
        return self._chain(None, condition, like, None)

    def _chain(self, z: Tensor | None, condition: Tensor | None, like: Tensor, known: Known | None) -> Chain:
        def alone() -> Distribution:
            if known is None and z is not None:
                return self.plain.decode(z, condition)
            seen = Known(torch.zeros_like(like), torch.zeros_like(like)) if known is None else known
            found: Distribution = self.context(seen.x, seen.visible, self.given(z, condition), condition)
            return found

        given, in_one_pass = self.given(z, condition), None
        if self._fixed_groups is not None:

            def in_one_pass(rows: Tensor, observed: Tensor) -> Distribution:
                found = self.context.in_one_pass(rows, observed, given, condition)
                assert found is not None
                return found

        return Chain(lambda rows: self.begin(rows, z, condition, known), self.groups, like, alone, known, in_one_pass)

    def begin(self, rows: Tensor, z: Tensor | None, condition: Tensor | None, known: Known | None = None) -> Visible:
        """As many rows as ``rows``, (1 or draws, batch, cells), of which no cell is visible; z None: without
        latents; ``known``: cells that are revealed before all others."""
        return self.context.begin(rows, self.given(z, condition), condition, known)

    def given_others(self, x: Tensor, visible: Tensor, condition: Tensor | None) -> Distribution:
        """p(x_i | all other visible cells) of every cell without latents, over (1, batch, cells)."""
        found: Distribution = self.context.given_others(x, visible, condition)
        return found

    def given(self, z: Tensor | None, condition: Tensor | None) -> Tensor | None:
        """What the context decoder reads of z: latents standardised by those of training rows, and, where it reads
        them, the means of the cells given z by the plain decoder."""
        if z is None:
            return None
        found = (z - self.centre.to(z)) / self.spread.to(z)
        if not self.context.reads_plain:
            return found
        return torch.cat([found, self.plain.decode(z, condition).mean.to(found.dtype).flatten(2)], -1)

    @torch.no_grad()
    def start_at_posterior(self, q: Distribution, share: RowShare = ALL_ROWS) -> None:
        """Set the scale of the latents from the plain posteriors of some rows, once; q is that of a share of them."""
        if self.started:
            return
        mean = share.whole(q.mean[0].float())
        self.centre.copy_(mean.mean(0))
        total = mean.var(0, correction=0) + share.mean(q.variance[0].float())
        self.spread.copy_(total.sqrt().clamp(min=1e-3))
        self.started.fill_(True)

    def start_at(self, marginals: Marginals) -> None:
        """Initialise the likelihood of both decoders at the marginal distributions."""
        self.plain.start_at(marginals)
        self.context.start_at(marginals)

    def inference(self) -> tuple[nn.Module, ...]:
        """The modules used by q(z|x) only."""
        return self.plain.inference()

    def complete(self, x: Tensor, observed: Tensor, condition: Tensor | None) -> Tensor | None:
        """As the plain model."""
        return self.plain.complete(x, observed, condition)

    def classify(self, x: Tensor, observed: Tensor) -> Tensor | None:
        """As the plain model."""
        return self.plain.classify(x, observed)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """As every module, and refuse an order that misses a cell."""
        super()._load_from_state_dict(state_dict, prefix, *args)
        if not torch.equal(self.order.sort().values, torch.arange(len(self.order), device=self.order.device)):
            raise ValueError("the order of the cells must name each of them once.")
