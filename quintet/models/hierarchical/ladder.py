"""Several layers of latents, sampled from the top down; their posterior goes down beside the prior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.schema import Schema
from quintet.distributions import Distribution, Normal
from quintet.distributions.base import Factorised
from quintet.models.base import Layer, ModelOutput
from quintet.models.flat import Flat
from quintet.models.hierarchical.top_down import Beside, TopDown
from quintet.models.priors.standard import Prior
from quintet.networks import Likelihood, Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Ancestral(Distribution):
    """q(z|x) = Π q(zₗ | x, z₁ .. zₗ₋₁) over all layers side by side, (draws, batch, latent_dim).

    ``mean`` is the end of the descent by each layer's mean, and ``variance`` each layer's own along it: given the
    layers above, not over them.
    """

    prior: TopDown
    beside: Beside
    features: Tensor  # (1, batch, features)

    def descend(self, choose: Callable[[int, Normal], Tensor]) -> tuple[Layer, ...]:
        """From the top down; ``choose`` gives a layer's z, (draws, batch, size), for its place and its q."""
        layers: list[Layer] = []
        above = self.features.new_zeros(*self.features.shape[:2], 0)
        above = above if above.dtype == torch.float64 else above.float()
        for level in range(len(self.prior.sizes)):
            prior = self.prior.layer(level, above)
            posterior = self.beside(level, self.features, above)
            z = choose(level, posterior)
            layers.append(Layer(z, posterior, prior))
            above = torch.cat([above.expand(len(z), -1, -1), z], -1)
        return tuple(layers)

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(zₗ | x, the layers of z above), latent by latent; ``x`` (draws, batch, latent_dim) is any z."""
        parts = torch.split(x, list(self.prior.sizes), -1)
        return torch.cat([layer.posterior.log_prob(layer.z) for layer in self.descend(lambda i, _: parts[i])], -1)

    @property
    def ordered(self) -> Factorised:
        """A block for each layer."""

        def conditionals(z: Tensor) -> Normal:
            parts = torch.split(z, list(self.prior.sizes), -1)
            each: list[Normal] = []

            def note(level: int, q: Normal) -> Tensor:
                each.append(q)
                return parts[level]

            self.descend(note)
            return Normal(torch.cat([q.loc for q in each], -1), torch.cat([q.scale for q in each], -1))

        return Factorised(self.prior.sizes, conditionals)

    @property
    def mean(self) -> Tensor:
        """Each layer's mean given the means above."""
        return torch.cat([layer.z for layer in self.descend(lambda _, q: q.loc)], -1)

    @property
    def variance(self) -> Tensor:
        """Each layer's variance given the means above."""
        return torch.cat([layer.posterior.variance for layer in self.descend(lambda _, q: q.loc)], -1)

    def sample(self, noise: Noise) -> Tensor:
        """A draw from the top down."""
        return torch.cat([layer.z for layer in self.descend(lambda _, q: q.sample(noise))], -1)

    def select(self, index: object) -> Ancestral:
        """Of the chosen draws and rows; a layer without those above it has no distribution of its own here."""
        if isinstance(index, tuple) and len(index) > 2:
            raise NotImplementedError("layers of latents hang together: choose draws and rows, not latents")
        return Ancestral(self.prior, self.beside, self.features[index])  # type: ignore[index]


class LadderModel(Flat):
    """Layers of latents (z₁ on top), p(x|z) by a decoder that sees all of them, q(z|x) by ``Ancestral``.

    Outside, z is all layers side by side from the top down, (draws, batch, latent_dim).

    Parameters
    ----------
    schema : Schema
    sizes : number of latents of each layer, from the top down.
    network : builder of the encoder and the decoder.
    likelihood : head of the decoder.
    top : prior of the top layer; None: N(0, I).
    """

    head: Beside
    prior: TopDown

    def __init__(
        self,
        schema: Schema,
        sizes: tuple[int, ...],
        network: Network,
        likelihood: Likelihood,
        top: Prior | None = None,
    ) -> None:
        def head(features: int, latent_dim: int) -> Beside:
            return Beside(features, sizes)

        super().__init__(schema, sum(sizes), network, likelihood, head=head, prior=TopDown(sizes, top))

    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Ancestral:
        """q(z | observed x) over (1, batch, latent_dim)."""
        return Ancestral(self.prior, self.head, self.features(x, observed, condition)[None])

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Draw every layer from the posterior and give p(x|z)."""
        layers = self.posterior(x, observed, condition).descend(lambda _, q: q.sample(noise))
        return ModelOutput(layers, self.decode(torch.cat([layer.z for layer in layers], -1), condition))
