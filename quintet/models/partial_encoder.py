"""The partial encoder (the guide) r(z | x̃, trust): a posterior for partly observed and corrupted rows."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn.functional import hardtanh

from quintet.data.schema import Schema
from quintet.distributions import Normal, RowMixture
from quintet.models.partial_encoder_input import PartialInput, PartialInputOf01
from quintet.models.posteriors.normal import MAX_LOG_SCALE, MIN_LOG_SCALE, DiagonalNormal
from quintet.networks import Mlp, Network, choose_network, features_of
from quintet.numerics import making

COMPONENTS = 8
"""Of the mixture: what a row without its lower half may be like is several things, not one that lies between them."""
APART = 0.5
"""Distance of the components at the start, in their spreads."""
WIDEST = 384
"""Units of a fully connected layer at most: wider ones learn no better in the epochs that they usually get."""


class PartialEncoder(nn.Module):
    """A network of its own beside the encoder: rows and the trust in each cell -> a mixture over the latents.

    Its components are diagonal normals about one that they share (a mixture density network: Bishop, 1994); where the
    cells leave no choice, the shared one is learnt as fast as one normal alone.

    Trust is a soft weight in 0..1: 0 for a missing cell (which then has no influence at all), 1 for a cell that is
    surely right, the probability of being untouched for a cell that may have been corrupted.

    Parameters
    ----------
    schema : Schema
    latent_dim : int
    network : builder of its encoder; None: ``network_for`` the rows' shape.
    """

    def __init__(self, schema: Schema, latent_dim: int, network: Network | None = None) -> None:
        super().__init__()
        self.schema, self.latent_dim = schema, latent_dim
        self._make(PartialInput(schema), network or network_for(schema.shape))

    def _make(self, seen: nn.Module, network: Network) -> None:
        """The layers, from what is seen of a row to the parameters of the mixture."""
        schema, latent_dim = self.schema, self.latent_dim
        shape = (2 * schema.shape[0], *schema.shape[1:])
        self.seen, self.encoder = seen, network.encoder(shape)
        features = features_of(self.encoder, shape)
        self.join = nn.Linear(schema.condition_dim, features, bias=False) if schema.condition_dim else None
        self.mix = nn.Sequential(nn.Linear(features, features), nn.SiLU())
        self.head = DiagonalNormal(features, latent_dim)
        self.parts: nn.Linear | None = nn.Linear(features, COMPONENTS * (2 * latent_dim + 1))
        with torch.no_grad():
            self.parts.weight.mul_(0.1)
            self.parts.bias.zero_()
            nn.init.normal_(self.parts.bias[COMPONENTS : COMPONENTS * (1 + latent_dim)], std=APART)

    def posterior(self, x: Tensor, trust: Tensor, condition: Tensor | None = None) -> RowMixture:
        """r(z | x̃, trust) over (1, batch, latent_dim).

        Parameters
        ----------
        x : (batch, *row) in the model's units; whatever stands in cells of trust 0 is not read.
        trust : (batch, *row), 0..1, or bool.
        condition : (batch, condition_dim), for a conditional model.
        """
        features = self.encoder(self.seen(x, trust.to(x.dtype)))
        if self.join is not None:
            if condition is None:
                raise ValueError("a conditional model needs its condition; tasks sum over it where it is not given")
            features = features + self.join(condition.to(features.dtype))
        features = self.mix(features)
        return self._about(self.head(features), features)

    def like(self, stored: Collection[str]) -> None:
        """Take the layers of a stored guide, found by the names of its weights, which are to be loaded afterwards.

        Guides of version 0.1 had wider networks with an activation twice in a row, and saw cells divided by their
        highest value; the first of them were one normal and no mixture.
        """
        if "mix.1.weight" in stored and isinstance(self.seen, PartialInput):
            with making(0, self.head.head.weight.device):
                self._make(PartialInputOf01(self.schema), choose_network("auto", self.schema.shape, "best"))
                self.mix.insert(0, nn.SiLU())
        if not any(name.startswith("parts.") for name in stored):
            self.single()

    def single(self) -> None:
        """Keep the shared normal alone."""
        self.parts = None

    def _about(self, shared: Normal, features: Tensor) -> RowMixture:
        """The components: the shared normal, moved by multiples of its spread and widened or narrowed."""
        if self.parts is None:
            return RowMixture.of(shared)
        loc, scale = shared.loc[0].unsqueeze(1), shared.scale[0].unsqueeze(1)
        weight, shift, change = self.parts(features).to(loc.dtype).tensor_split((COMPONENTS, self._split), dim=-1)
        shape = (len(loc), COMPONENTS, loc.shape[-1])
        log_scale = hardtanh(scale.log() + change.reshape(shape), MIN_LOG_SCALE, MAX_LOG_SCALE)
        return RowMixture(weight.log_softmax(-1), loc + scale * shift.reshape(shape), log_scale.exp())

    @property
    def _split(self) -> int:
        assert self.parts is not None
        return (self.parts.out_features + COMPONENTS) // 2


def network_for(shape: tuple[int, ...]) -> Network:
    """The guide's encoder: the convolutions of the preset "best", or one layer as wide as its, ``WIDEST`` at most.

    A second hidden layer follows it in the guide; a third one costs as much and does not learn faster.
    """
    network = choose_network("auto", shape, "best")
    if not isinstance(network, Mlp):
        return network
    return Mlp(hidden=(min(network.hidden[0], WIDEST),))
