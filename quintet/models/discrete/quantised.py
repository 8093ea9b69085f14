"""Model with quantised latents: the code nearest to the encoder's output, from a learnt or a fixed codebook."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from quintet.data.dataset import Batch
from quintet.data.schema import Schema
from quintet.distributions import Distribution
from quintet.distributions.point_mass import PointMass
from quintet.errors import InputError
from quintet.models.base import Layer, ModelOutput
from quintet.models.discrete.code_prior import CodePrior
from quintet.models.discrete.symbols import Maps
from quintet.models.flat import Flat
from quintet.models.objectives.elbo import distortion_of
from quintet.models.recipe import LossOutput, OptimizerGroup, Stage, StepContext
from quintet.networks import Likelihood, Network
from quintet.networks.causal_sequence import CausalMlp
from quintet.noise import Noise


class Heads(nn.ModuleList):
    """One linear layer for each map of codes; lower maps read the codes of the upper ones (Razavi et al., 2019)."""

    def __init__(self, features: int, codec: Maps) -> None:
        wide, heads = features, list[nn.Module]()
        for part in codec.codecs:
            heads.append(nn.Linear(wide, part.latent_dim))
            wide += part.latent_dim
        super().__init__(heads)


class Quantised(Flat):
    """VQ model: a prior P(code), a posterior at the code nearest to the encoder's output, and a decoder p(x|z).

    The decoder projects z to the nearest code. In training mode ``draw`` updates the codebook.

    Parameters
    ----------
    codec : map between vectors and symbols, with one map of codes or two.
    commitment : loss in nats for a squared distance of 1 between the encoder's output and its code.
    """

    prior: CodePrior
    head: Heads

    def __init__(
        self, schema: Schema, codec: Maps, network: Network, likelihood: Likelihood, commitment: float = 0.25
    ) -> None:
        prior = CodePrior(codec, CausalMlp(codec.symbols, codec.size))
        super().__init__(
            schema, codec.latent_dim, network, likelihood, lambda features, _: Heads(features, codec), prior
        )
        self.commitment = commitment

    @property
    def codec(self) -> Maps:
        """Map between vectors and symbols."""
        codec: Maps = self.prior.codec  # type: ignore[assignment]
        return codec

    def encodings(self, x: Tensor, observed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encoder output (batch, latent_dim), its symbols (batch, symbols), and their code (batch, latent_dim)."""
        features = self.encoder(self.scaled(x, observed))
        outputs, symbols, codes = list[Tensor](), list[Tensor](), list[Tensor]()
        for head, codec in zip(self.head, self.codec.codecs, strict=True):
            raw = head(torch.cat([features, *(c.to(features.dtype) for c in codes)], dim=1))
            h = codec.bound(raw if raw.dtype == torch.float64 else raw.float())
            index = codec.nearest(h)
            code = codec.vectors(index).to(h.dtype)
            outputs.append(h)
            symbols.append(index)
            codes.append(code + (h - h.detach()) if h.requires_grad else code)
        return torch.cat(outputs, dim=1), torch.cat(symbols, dim=1), torch.cat(codes, dim=1)

    def posterior(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Distribution:
        """All mass on one code, (1, batch, latent_dim)."""
        return PointMass(self.encodings(x, observed)[2].unsqueeze(0))

    def draw(self, x: Tensor, observed: Tensor, noise: Noise, condition: Tensor | None = None) -> ModelOutput:
        """Encode each row and return its code, p(x|z) and the commitment loss."""
        h, symbols, code = self.encodings(x, observed)
        posterior = PointMass(code.unsqueeze(0))
        z = posterior.sample(noise)
        far = (h - code.detach()).square().sum(-1)
        if self.codec.training:
            self._learn(h, symbols, noise)
        return ModelOutput(
            (Layer(z, posterior, self.prior(z)),), super().decode(z), {"commitment": self.commitment * far}
        )

    def decode(
        self, z: Tensor, condition: Tensor | None = None, x: Tensor | None = None, visible: Tensor | None = None
    ) -> Distribution:
        """p(x | the code nearest to z) over (draws, batch, *row)."""
        return super().decode(self.codec.project(z), condition, x, visible)

    def _learn(self, h: Tensor, symbols: Tensor, noise: Noise) -> None:
        for codec in self.codec.codecs:
            mine, h = h[:, : codec.latent_dim], h[:, codec.latent_dim :]
            index, symbols = symbols[:, : codec.symbols], symbols[:, codec.symbols :]
            everyone, drawn = noise.share, noise.whole.uniform(codec.symbols, codec.size)[0]
            codec.learn(everyone.whole(mine.detach()), everyone.whole(index), drawn)


def code_stages(model: Quantised, most: int | None = None, shares: tuple[float, float] = (0.65, 0.15)) -> list[Stage]:
    """Two stages: encoder, codebook and decoder on distortion + commitment, then p(z) on the codes of training rows.

    Parameters
    ----------
    most : size of the codebook if the user chose it; fewer training rows than that raise ``InputError``.
    """

    def joint(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        if most is not None and 0 < context.rows < most:
            raise InputError(
                f"codes must be at most the number of training rows ({context.rows}), got {most}: "
                f"give codes={_below(context.rows)} or fewer, or more rows."
            )
        draw = model.draw(batch.x, batch.observed, noise)
        distortion = distortion_of(batch.x, batch.observed, draw)
        return LossOutput(distortion + draw.penalties["commitment"], distortion, None, draw.penalties)

    def codes(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        with torch.no_grad():
            symbols = model.encodings(batch.x, batch.observed)[1]
        rate = -model.prior.log_mass(symbols).sum(-1)
        return LossOutput(rate, rate=(rate / model.latent_dim).unsqueeze(-1).expand(-1, model.latent_dim))

    assert model.prior.network is not None
    makers = (model.encoder, model.head, model.codec, model.decoder)
    return [
        Stage("joint", (OptimizerGroup("model", makers, joint),), shares[0]),
        Stage("codes", (OptimizerGroup("prior", (model.prior.network,), codes),), shares[1]),
    ]


def _below(rows: int) -> int:
    """The largest power of two that leaves at least about four rows for each code, at least 2."""
    return max(2, 1 << (max(rows // 4, 1).bit_length() - 1))
