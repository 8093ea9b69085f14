"""Graph of denoising series: the clean row, the spread of the noise, and bands of the clean steps."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.distributions import Distribution, Normal
from quintet.distributions.elementwise_mixture import ElementwiseMixture
from quintet.distributions.noise_models.additive import AdditiveNormal
from quintet.export.context import QUANTILES, quantiles
from quintet.export.modules import Graph, Outputs
from quintet.inference.starting_latents import Corrupted
from quintet.models.fitted import Fitted
from quintet.tasks.denoise.by_context import estimate_by_context
from quintet.tasks.denoise.by_model import FIRST_RATE, guided_posterior
from quintet.tasks.denoise.noise_kinds import noise_for

KIND = "normal"


class Denoiser(Graph):
    """Series of numbers without normal noise, whose spread is estimated for each row.

    With a context decoder the steps are those of ``denoise_by_context``; without one they are E[x | x̃, z] at the centre
    of the partial encoder's posterior, before the gradient steps and draws of ``denoise``.

    Outputs: ``clean`` (batch, *row_shape); ``rate`` (batch,), the noise's standard deviation in standard deviations of
    a cell; ``quantiles`` of the clean cells, (batch, QUANTILES, *row_shape).
    """

    inputs = ("x", "observed")
    outputs = ("clean", "rate", "quantiles")

    def __init__(self, fitted: Fitted) -> None:
        super().__init__(fitted)
        self.fitted, self.guide = fitted, fitted.guide  # a part of the graph: no weight may be a constant of its trace
        noise = noise_for(fitted, KIND)
        assert isinstance(noise, AdditiveNormal)
        self.noise = noise

    def forward(self, x: Tensor, observed: Tensor, condition: Tensor | None = None) -> Outputs:
        """The outputs, in order."""
        x, observed = self.seen(x, observed)
        x = torch.where(observed, x, 0.0)
        if self.model.has_context:
            batch = Batch(x, observed, condition)
            found = estimate_by_context(self.fitted, self.noise, batch, condition, None, FIRST_RATE[KIND])
            others, rate, clean = found.others, found.rate, found.clean(batch)
        else:
            rows = Corrupted(self.noise, x, observed, condition, FIRST_RATE[KIND], find=True)
            guided, rate = guided_posterior(self.fitted, rows, condition)
            others = self.model.decode(guided.peak.loc, condition)
            clean = rows.cleaned(others, rate)
        bands = quantiles(cleaned_mixture(x, observed, others, self.noise.spread(rate, x)[0])).movedim(0, 1)
        flat = self.cells.to_user(bands.flatten(0, 1))
        return self.cells.to_user(clean), rate, flat.reshape(-1, len(QUANTILES), *self.cells.schema.row_shape)


def cleaned_mixture(x: Tensor, observed: Tensor, others: Distribution, spread: Tensor) -> ElementwiseMixture:
    """p(x | x̃) of observed cells under normal noise, p(x) of other cells, over (1, batch, *row).

    Parameters
    ----------
    x : x̃, (batch, *row).
    others : p(x), a normal or a mixture of normals for each cell.
    spread : standard deviation of the noise, broadcasts against x.
    """
    parts = as_mixture(others.independent)
    own, seen = parts.scale.square(), spread.square()
    weight = parts.log_weight + Normal(parts.loc, (own + seen).sqrt()).log_prob(x)
    gain = own / (own + seen)
    return ElementwiseMixture(
        torch.where(observed, weight - weight.logsumexp(0), parts.log_weight),
        torch.where(observed, parts.loc + gain * (x - parts.loc), parts.loc),
        torch.where(observed, (gain * seen).sqrt(), parts.scale),
    )


def as_mixture(found: Distribution) -> ElementwiseMixture:
    """A normal, or a mixture of normals, as a mixture."""
    if isinstance(found, ElementwiseMixture):
        return found
    assert isinstance(found, Normal)
    loc = found.loc[None]
    return ElementwiseMixture(torch.zeros_like(loc), loc, found.scale.expand_as(found.loc)[None])
