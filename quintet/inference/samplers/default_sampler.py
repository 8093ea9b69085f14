"""Choice of the default sampler: p(z), or the mixture fitted to the rows' latents.

If the aggregate posterior differs from p(z), draws from p(z) decode to rows unlike the data ("holes": Rosca,
Lakshminarayanan and Mohamed, 2018). The mixture is chosen if it is better by both of two measures on held-out rows:

- E[log density(z)] - E[log p(z)] over z ~ q(z|x), by which the mixture in place of p(z) would raise the bound on
  log p(x) (Hoffman and Johnson, "ELBO surgery", 2016), must be positive;
- the energy distance (Székely and Rizzo, 2013) between generated rows E[x|z] and decoded latents of held-out rows must
  not be larger, up to its standard error.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import in_chunks
from quintet.inference.latent_density import log_density, sample_density
from quintet.models.fitted import Fitted
from quintet.networks.embed import expected_features
from quintet.noise import RowNoise

ROWS = 500
"""Largest number of held-out rows, and of generated rows."""
FEWEST = 10
"""Smallest number of held-out rows for a choice."""
ERRORS = 2.0
"""Number of standard errors that a difference must exceed."""
OPTION = "sampler"
"""Key in ``Fitted.options``."""


@dataclass(frozen=True)
class SamplerChoice:
    """Name of a sampler, and the reason for its choice."""

    sampler: str
    why: str

    @property
    def note(self) -> str:
        """Sentence for ``notes_``."""
        return f"sampler={self.sampler!r}: {self.why}"


def choose_sampler(fitted: Fitted, rows: Rows, *, seed: int = 0, batch_rows: int = 256) -> SamplerChoice:
    """The default sampler of ``generate``.

    Parameters
    ----------
    rows : held-out rows; fewer than ten give the prior.
    """
    density = fitted.artifacts.latent_density
    if density is None or fitted.model.codec is not None:
        return SamplerChoice("prior", "the model has no fitted density of its latents")
    if not fitted.model.prior_learnt:
        return SamplerChoice("mixture", "this model has no learnt prior")
    if len(rows) < FEWEST:
        return SamplerChoice("prior", f"{len(rows)} held-out rows are too few for a choice")
    index = torch.linspace(0, len(rows) - 1, min(ROWS, len(rows)), dtype=torch.float64).round().long()

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        def decoded(z: Tensor) -> Tensor:
            return expected_features(fitted.schema.codes, fitted.model.decode(z, batch.condition))[0]

        def noise(number: int) -> RowNoise:
            return RowNoise((seed, 61, number), start, device=fitted.device)

        z = fitted.model.posterior(batch.x, batch.observed, batch.condition).sample(noise(0))
        drawn = sample_density(density, len(batch), noise(1))[None]
        return {
            "gain": (log_density(density, z) - fitted.model.log_prior(z, batch.condition))[0],
            "real": decoded(z),
            "prior": decoded(fitted.model.sample_prior(len(batch), noise(2), batch.condition)),
            "mixture": decoded(drawn),
        }

    with torch.no_grad():
        found = in_chunks(answer, rows.take(index), batch_rows=batch_rows, device=fitted.device)
    return _decided(found)


def _decided(found: dict[str, Tensor]) -> SamplerChoice:
    gain = found["gain"].double()
    error = float(gain.std()) / len(gain) ** 0.5
    margin = f"by {float(gain.mean()):.2f} ± {error:.2f} nats a row on {len(gain)} held-out rows"
    if not float(gain.mean()) > ERRORS * error:
        return SamplerChoice("prior", f"the mixture of the rows' latents is not denser {margin}")
    scale = found["real"].std(0).clamp(min=1e-6 + 1e-3 * float(found["real"].std(0).max()))
    rows = {name: (found[name] / scale).double() for name in ("real", "prior", "mixture")}
    excess, error = farther(rows["mixture"], rows["prior"], rows["real"])
    if excess > ERRORS * error or not torch.isfinite(rows["mixture"]).all():
        return SamplerChoice("prior", "rows drawn from the mixture of latents are farther from held-out ones")
    return SamplerChoice("mixture", f"the mixture of the rows' latents is denser than the prior {margin}")


def farther(a: Tensor, b: Tensor, real: Tensor) -> tuple[float, float]:
    """Energy distance of ``a`` from ``real`` minus that of ``b``, and its standard error; rows (n, cells) each.

    The error is that of a U-statistic's first projection (Hoeffding, 1948).
    """

    def apart(x: Tensor, y: Tensor) -> Tensor:
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")

    def within(x: Tensor) -> Tensor:
        return apart(x, x).sum(1) / max(len(x) - 1, 1)

    to_a, to_b = apart(a, real), apart(b, real)
    own_a, own_b = within(a), within(b)
    difference = 2 * to_a.mean() - own_a.mean() - 2 * to_b.mean() + own_b.mean()
    projections = (2 * (to_a.mean(1) - own_a), 2 * (to_b.mean(1) - own_b), 2 * (to_a.mean(0) - to_b.mean(0)))
    variance = sum(float(p.var()) / len(p) for p in projections)
    return float(difference), variance**0.5
