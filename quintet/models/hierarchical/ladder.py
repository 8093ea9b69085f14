"""Ladder VAE: several layers of latents with a top-down prior and a top-down posterior."""

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
from quintet.models.hierarchical.top_down import LayerPosterior, TopDown
from quintet.models.priors.standard import Prior
from quintet.networks import Likelihood, Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Ancestral(Distribution):
    """q(z|x) = Π q(zₗ | x, z₁ .. zₗ₋₁) over the concatenated layers, (draws, batch, latent_dim).

    ``mean`` concatenates each layer's mean given the means of the layers above, and ``variance`` each layer's
    conditional variance there, not its marginal variance.
    """

    prior: TopDown
    networks: LayerPosterior
    features: Tensor  # (1, batch, features)

    def descend(self, choose: Callable[[int, Normal], Tensor]) -> tuple[Layer, ...]:
        """All layers from the top down; ``choose`` maps a layer's index and its q to z, (draws, batch, size)."""
        layers: list[Layer] = []
        above = self.features.new_zeros(*self.features.shape[:2], 0)
        above = above if above.dtype == torch.float64 else above.float()
        for level in range(len(self.prior.sizes)):
            prior = self.prior.layer(level, above)
            posterior = self.networks(level, self.features, above)
            z = choose(level, posterior)
            layers.append(Layer(z, posterior, prior))
            above = torch.cat([above.expand(len(z), -1, -1), z], -1)
        return tuple(layers)

    def log_prob(self, x: Tensor) -> Tensor:
        """log q(zₗ | x, layers above) of each latent in nats, at the latents ``x`` (draws, batch, latent_dim)."""
        parts = torch.split(x, list(self.prior.sizes), -1)
        return torch.cat([layer.posterior.log_prob(layer.z) for layer in self.descend(lambda i, _: parts[i])], -1)

    @property
    def ordered(self) -> Factorised:
        """Factorisation with one block for each layer."""

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
        """An ancestral draw from the top down."""
        return torch.cat([layer.z for layer in self.descend(lambda _, q: q.sample(noise))], -1)

    def select(self, index: object) -> Ancestral:
        """The distribution of the selected draws and rows; latents cannot be selected, since layers are dependent."""
        if isinstance(index, tuple) and len(index) > 2:
            raise NotImplementedError("layers of latents are dependent: select draws and rows, not latents")
        return Ancestral(self.prior, self.networks, self.features[index])  # type: ignore[index]


class LadderModel(Flat):
    """VAE with layers of latents (z₁ at the top), a decoder p(x|z) of all layers, and the posterior ``Ancestral``.

    z concatenates all layers from the top down, (draws, batch, latent_dim).

    Parameters
    ----------
    schema : Schema
    sizes : number of latents of each layer, from the top down.
    network : builder of the encoder and the decoder.
    likelihood : head of the decoder.
    top : prior of the top layer; None: N(0, I).
    """

    head: LayerPosterior
    prior: TopDown

    def __init__(
        self,
        schema: Schema,
        sizes: tuple[int, ...],
        network: Network,
        likelihood: Likelihood,
        top: Prior | None = None,
    ) -> None:
        def head(features: int, latent_dim: int) -> LayerPosterior:
            return LayerPosterior(features, sizes)

        super().__init__(schema, sum(sizes), network, likelihood, head=head, prior=TopDown(sizes, top))

    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Ancestral:
        """q(z | observed x) over (1, batch, latent_dim)."""
        return Ancestral(self.prior, self.head, self.features(x, observed, condition)[None])

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Draw every layer from the posterior and return them with p(x|z)."""
        layers = self.posterior(x, observed, condition).descend(lambda _, q: q.sample(noise))
        return ModelOutput(layers, self.decode(torch.cat([layer.z for layer in layers], -1), condition))
