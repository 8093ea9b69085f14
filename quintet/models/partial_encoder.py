"""Partial encoder (the guide) r(z | x̃, trust): a posterior for partly observed and corrupted rows."""

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
from quintet.networks.embed import PartialColumnInput
from quintet.networks.token_embedding import TokenInput
from quintet.numerics.random_operations import making

COMPONENTS = 8
"""Components of the mixture: a row that lacks its lower half may have several modes."""
APART = 0.5
"""Distance of the components at initialisation, in their standard deviations."""
WIDEST = 384
"""Largest width of a fully connected layer; wider layers are no better after the usual number of epochs."""


class PartialEncoder(nn.Module):
    """Second encoder: maps a row and the trust in each cell to a mixture over the latents.

    Its components are diagonal normals, parametrised relative to a shared one (a mixture density network: Bishop,
    1994), so that a unimodal posterior is learnt as fast as a single normal.

    Trust is a weight in 0..1: 0 for a missing cell, which then has no influence; 1 for a cell that is surely correct;
    the probability of being intact for a cell that may be corrupted.

    Parameters
    ----------
    schema : Schema
    latent_dim : int
    network : builder of its encoder; None: ``network_for`` of the rows' shape.
    """

    def __init__(self, schema: Schema, latent_dim: int, network: Network | None = None) -> None:
        super().__init__()
        self.schema, self.latent_dim = schema, latent_dim
        self._make(partial_input(schema), network or network_for(schema.shape))

    def _make(self, seen: nn.Module, network: Network) -> None:
        """The layers, from what is seen of a row to the parameters of the mixture."""
        schema, latent_dim = self.schema, self.latent_dim
        shape = (2 * schema.shape[0], *schema.shape[1:])
        if isinstance(seen, PartialColumnInput | TokenInput):
            shape = seen.out_shape
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
        x : (batch, *row) in the model's units; cells of trust 0 are not read.
        trust : (batch, *row), 0..1, or bool.
        condition : (batch, condition_dim), for a conditional model.
        """
        features = self.encoder(self.seen(x, trust.to(x.dtype)))
        if self.join is not None:
            if condition is None:
                raise ValueError(
                    "A conditional model needs condition, got None; tasks marginalise over it when it is not given."
                )
            features = features + self.join(condition.to(features.dtype))
        features = self.mix(features)
        return self._about(self.head(features), features)

    def like(self, stored: Collection[str]) -> None:
        """Adopt the architecture of a stored partial encoder, given the names of its weights, before they are loaded.

        Those of version 0.1 have wider networks with a doubled activation and inputs divided by the highest value; the
        first of them are a single normal.
        """
        if "mix.1.weight" in stored and isinstance(self.seen, PartialInput):
            with making(0, self.head.head.weight.device):
                self._make(PartialInputOf01(self.schema), choose_network("auto", self.schema.shape, "best"))
                self.mix.insert(0, nn.SiLU())
        if not any(name.startswith("parts.") for name in stored):
            self.single()

    def single(self) -> None:
        """Keep the shared normal only, which is the partial encoder of the first files of version 0.1."""
        self.parts = None

    def _about(self, shared: Normal, features: Tensor) -> RowMixture:
        """The components: the shared normal, each shifted in units of its standard deviation and rescaled."""
        if self.parts is None:
            return RowMixture.of(shared)
        loc, scale = shared.loc[0].unsqueeze(1), shared.scale[0].unsqueeze(1)
        weight, shift, change = self.parts(features).to(loc.dtype).tensor_split((COMPONENTS, self._split), dim=-1)
        shape = (loc.shape[0], COMPONENTS, loc.shape[-1])
        log_scale = hardtanh(scale.log() + change.reshape(shape), MIN_LOG_SCALE, MAX_LOG_SCALE)
        return RowMixture(weight.log_softmax(-1), loc + scale * shift.reshape(shape), log_scale.exp())

    @property
    def _split(self) -> int:
        assert self.parts is not None
        return (self.parts.out_features + COMPONENTS) // 2


def partial_input(schema: Schema) -> nn.Module:
    """What the partial encoder reads of a row and the trust in its cells."""
    if schema.columns:
        return PartialColumnInput(schema.codes)
    return TokenInput(schema.size, schema.levels) if schema.is_token else PartialInput(schema)


def network_for(shape: tuple[int, ...]) -> Network:
    """Builder of the encoder: the convolutions of the preset "best", or one of its layers up to ``WIDEST`` units wide.

    The partial encoder adds a second hidden layer; a third one would cost as much without learning faster.
    """
    network = choose_network("auto", shape, "best")
    if not isinstance(network, Mlp):
        return network
    return Mlp(hidden=(min(network.hidden[0], WIDEST),))
