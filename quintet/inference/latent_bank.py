"""Bank of the training rows' latents, which are candidates for rows with missing or corrupted cells.

N(0, I) has regions without rows, and a normal around a single mode misses other completions, such as those of the upper
half of a digit. The training rows' latents sample the aggregate posterior (Tomczak and Welling, 2018).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from quintet.artifacts.latents import LatentBank
from quintet.data.dataset import Batch, Rows
from quintet.distributions import Distribution, RowMixture
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.models.fitted import Fitted
from quintet.training.precision import searching

LARGEST = 50_000
HALF = 65504.0
"""The largest number in half precision."""
FEWEST, CELLS = 8, 1 << 19
"""Smallest number of candidates of each row that are decoded at a time, and the number of cells for more."""


def fit_latent_bank(
    fitted: Fitted, rows: Rows, *, seed: int = 0, batch_rows: int = 256, progress: RowProgress | None = None
) -> LatentBank:
    """Embeddings of up to 50,000 training rows."""
    kept = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:LARGEST].sort().values

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        return {"z": fitted.model.embed(batch.x, batch.observed, batch.condition)}

    with torch.no_grad():
        found = in_chunks(
            answer, rows.take(kept), batch_rows=batch_rows, device=fitted.device, progress=progress, what="latents"
        )
    return LatentBank(torch.nan_to_num(found["z"]).clamp(-HALF, HALF).half())


def at_once(fitted: Fitted, rows: int) -> int:
    """Number of candidates of each of ``rows`` rows that are decoded at a time."""
    return max(FEWEST, CELLS // max(rows * fitted.schema.size, 1))


def candidates(
    fitted: Fitted,
    guess: RowMixture,
    log_lik: Callable[[Distribution], Tensor],
    condition: Tensor | None,
    tried: int,
    kept: int,
) -> Tensor | None:
    """The most likely latents of the bank for each row, (up to ``kept``, batch, latent_dim); None without a bank.

    Parameters
    ----------
    guess : the partial encoder's r(z | observed cells) over (1, batch, latent_dim), which selects the latents to try.
    log_lik : p(x|z) over (draws, batch, *row) -> log p(observed cells | z), (draws, batch).
    tried, kept : number of nearest latents that are decoded, and number of these that are returned.
    """
    bank = fitted.artifacts.latent_bank
    if bank is None:
        return None
    points = bank.points.to(guess.loc)
    loc, precision = guess.mean[0], guess.variance[0].reciprocal()  # moments of the mixture, wider than one component
    near = (loc * precision) @ points.T
    near -= 0.5 * precision @ points.square().T  # in place: (batch, points) is the most that imputing holds
    index = near.topk(min(tried, len(points)), dim=1).indices.T  # (tried, batch)
    chunks = torch.split(index, at_once(fitted, index.shape[1]))
    with searching(fitted.device):
        fit = torch.cat([log_lik(fitted.model.decode(points[chunk], condition)) for chunk in chunks])
    best = torch.nan_to_num(fit, nan=-1e30).topk(min(kept, len(fit)), dim=0).indices
    return points[index.gather(0, best)]
