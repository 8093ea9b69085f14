"""Which sampler the model draws from by default: p(z), or the mixture fitted to its rows' latents.

Where the posteriors of all rows together are not p(z) (clusters leave it holes, a strong decoder leaves it far off),
draws of p(z) decode to what no row is like ("holes": Rosca, Lakshminarayanan and Mohamed, 2018). Two measures on
held-out rows decide, and the mixture must win by both:

- E[log density(z)] over z ~ q(z|x): by as much as it exceeds E[log p(z)], the mixture in p(z)'s place would raise the
  bound on log p(x) (Hoffman and Johnson, "ELBO surgery", 2016);
- the energy distance (Székely and Rizzo, 2013) of what is generated, E[x|z], from what held-out rows' latents decode to
  must not be larger, beyond its own error.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import in_chunks
from quintet.inference.latent_density import log_density, sample_density
from quintet.models.fitted import Fitted
from quintet.noise import RowNoise

ROWS = 500
"""Held-out rows that are asked, at most, and rows generated."""
FEWEST = 10
"""Held-out rows below which nothing is decided."""
ERRORS = 2.0
"""Standard errors that a difference must exceed."""
OPTION = "sampler"
"""In ``Fitted.options``."""


@dataclass(frozen=True)
class SamplerChoice:
    """A sampler by name, and why."""

    sampler: str
    why: str

    @property
    def note(self) -> str:
        """For ``notes_``."""
        return f"sampler={self.sampler!r}: {self.why}"


def choose_sampler(fitted: Fitted, rows: Rows, *, seed: int = 0, batch_rows: int = 256) -> SamplerChoice:
    """The sampler that ``generate`` takes by default.

    Parameters
    ----------
    rows : held-out rows; with fewer than ten the prior stays.
    """
    density = fitted.artifacts.latent_density
    if density is None or fitted.model.codec is not None:
        return SamplerChoice("prior", "the model keeps no density of its latents beside it")
    if not fitted.model.prior_learnt:
        return SamplerChoice("mixture", "this model never learnt its prior")
    if len(rows) < FEWEST:
        return SamplerChoice("prior", f"{len(rows)} held-out rows are too few to choose on")
    index = torch.linspace(0, len(rows) - 1, min(ROWS, len(rows)), dtype=torch.float64).round().long()

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        def decoded(z: Tensor) -> Tensor:
            return fitted.model.decode(z, batch.condition).mean[0].flatten(1)

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
    told = f"by {float(gain.mean()):.2f} ± {error:.2f} nats a row on {len(gain)} held-out rows"
    if not float(gain.mean()) > ERRORS * error:
        return SamplerChoice("prior", f"the mixture of the rows' latents is not denser {told}")
    scale = found["real"].std(0).clamp(min=1e-6 + 1e-3 * float(found["real"].std(0).max()))
    rows = {name: (found[name] / scale).double() for name in ("real", "prior", "mixture")}
    excess, error = farther(rows["mixture"], rows["prior"], rows["real"])
    if excess > ERRORS * error or not torch.isfinite(rows["mixture"]).all():
        return SamplerChoice("prior", "rows drawn from the mixture of latents are farther from held-out ones")
    return SamplerChoice("mixture", f"the mixture of the rows' latents is denser than the prior {told}")


def farther(a: Tensor, b: Tensor, real: Tensor) -> tuple[float, float]:
    """The energy distance of ``a`` from ``real`` less that of ``b``, and its standard error; rows (n, cells) each.

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
