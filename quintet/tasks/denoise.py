"""Denoise: E[x | x̃] under the model and a noise model whose kind and rate may be unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from quintet.data.rows import Batch, Rows
from quintet.data.scaling import standardised
from quintet.data.schema import Schema
from quintet.distributions import Distribution, RowMixture
from quintet.distributions.corrupted import NOISES, Cells, NoiseModel, Replacing, noise_model
from quintet.errors import InputError, Unanswerable, nearest
from quintet.model.fitted import Fitted
from quintet.model.spoil import span
from quintet.noise import Noise
from quintet.tasks.chunks import Progress, in_chunks
from quintet.tasks.forecast import NAME, forecast, tell
from quintet.tasks.particles import Effort, Part, conditions_for, draw_particles, effort_named, log_weights
from quintet.tasks.starts import Corrupted, best_start

ALIASES = {"uniform": "replacement", "salt": "salt_pepper", "gaussian": "normal", "additive": "normal"}
FIRST_RATE = {"replacement": 0.2, "salt_pepper": 0.2, "masking": 0.2, "normal": 0.15}
"""Where the search for an unknown rate begins."""
ROUNDS = 3
"""Of "which cells lie" and "what is z", before the gradient steps."""
TELLINGS = 2
"""Of "which cells lie" and "what do the neighbours say", after them."""
SAMPLE = 64
"""Rows that the kind of noise is found on."""


@dataclass(frozen=True)
class Denoised:
    """Clean rows and what was found on the noise.

    ``x`` (n, *shape) in the model's units, ``kind`` one of ``NOISES``, ``rates`` (n,): the share of cells replaced,
    counting those that got the value they had, or the normal noise's spread in ranges (standardised cells: in standard
    deviations). ``evidence``: estimated log p of the sampled rows under each kind that was tried, in nats a row.
    """

    x: Tensor
    kind: str
    rates: Tensor
    evidence: Mapping[str, float]


def cells_of(schema: Schema) -> Cells:
    """What noise can do to the cells of a schema; masking knocks cells to 0 in the user's units."""
    low, high = span(schema)
    if schema.kind == "real":
        zero = standardised(np.zeros((1, schema.size)), np.asarray(schema.loc), np.asarray(schema.scale))
        fill = torch.from_numpy(schema.to_model_layout(zero.reshape(1, *schema.row_shape))[0].astype(np.float32))
        return Cells(low, high, 1 / 256, whole=False, bounded=False, fill=fill)
    return Cells(low, high, 1.0 if schema.is_whole else 1 / 255, whole=schema.is_whole)


def kinds_for(schema: Schema) -> tuple[str, ...]:
    """The kinds of noise that cells of this schema can have."""
    if schema.kind == "binary":
        return ("replacement", "masking")
    return tuple(kind for kind in NOISES if schema.kind != "real" or kind != "salt_pepper")


def noise_for(schema: Schema, kind: str) -> NoiseModel:
    """The noise model of a name or an alias."""
    name = ALIASES.get(kind, kind)
    if name not in NOISES:
        raise InputError(f"noise={kind!r} is not known: {nearest(kind, (*NOISES, 'auto', *ALIASES))}.")
    if name not in kinds_for(schema):
        raise InputError(
            f"noise={kind!r} does not fit cells of kind {schema.kind!r}: {nearest(kind, kinds_for(schema))}."
        )
    return noise_model(name, cells_of(schema))


def denoise(
    fitted: Fitted,
    rows: Rows,
    *,
    noise: str = "auto",
    rate: float | None = None,
    effort: str = "normal",
    batch_rows: int = 128,
    seed: int = 0,
    progress: Progress | None = None,
) -> Denoised:
    """E[x | x̃] of each row.

    A cell that was not touched is worth more than any reconstruction of it: each is kept as far as it is believed, and
    replaced by E[x|z] as far as it is not, averaged over draws of z. Missing cells are filled.

    Parameters
    ----------
    noise : "replacement" (by uniform values), "salt_pepper", "masking" (to 0), "normal", or "auto": the kind under
        which a sample of the rows is most probable.
    rate : of the noise; None: found for each row by EM.
    effort : "low" (the guide alone), "normal", "high".
    """
    if fitted.guide is None:
        raise Unanswerable("This model has no guide, which denoising needs: train it again.")
    if rate is not None and not 0 <= rate < (1 if ALIASES.get(noise, noise) != "normal" else float("inf")):
        raise InputError(f"rate={rate} came; allowed is a share of cells, 0 up to, not including, 1.")
    if rate is not None and noise == "auto":
        raise InputError("rate= came without noise=; say which kind of noise has this rate.")
    thought = effort_named(effort)
    if noise == "auto":
        kind, evidence = find_kind(fitted, rows, batch_rows, seed)
    else:
        kind, evidence = noise_for(fitted.schema, noise).name, {}
    model = noise_for(fitted.schema, kind)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        parts, rates = _posterior(fitted, model, batch, rate, thought, seed)
        if NAME in fitted.reference and isinstance(model, Replacing):
            x, rates = _with_neighbours(fitted, model, batch, parts, rates, rate is None)
        else:
            x = _clean(fitted, model, batch, parts, rates)
        return {"x": x, "rates": rates}

    with torch.no_grad():
        out = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="denoise")
    return Denoised(out["x"], kind, out["rates"], evidence)


def find_kind(
    fitted: Fitted, rows: Rows, batch_rows: int = 128, seed: int = 0, kinds: Sequence[str] | None = None
) -> tuple[str, dict[str, float]]:
    """The kind of noise under which a sample of the rows is most probable, and the evidence in nats a row."""
    index = torch.linspace(0, len(rows) - 1, min(SAMPLE, len(rows)), dtype=torch.float32).round().long()
    sample, evidence = rows.take(index), {}
    for kind in kinds or kinds_for(fitted.schema):
        model = noise_for(fitted.schema, kind)

        def answer(batch: Batch, start: int, model: NoiseModel = model) -> Mapping[str, Tensor]:
            return {"evidence": _evidence(fitted, model, batch, seed)}

        with torch.no_grad():
            size = min(batch_rows, SAMPLE)
            found = in_chunks(answer, sample, batch_rows=size, device=fitted.device)["evidence"]
        evidence[kind] = float(found.double().mean())
    return max(evidence, key=lambda kind: evidence[kind]), evidence


def _evidence(fitted: Fitted, model: NoiseModel, batch: Batch, seed: int) -> Tensor:
    """An importance-sampled bound on log p(x̃) of each row, its noise's rate found, (batch,)."""
    guess = _Guess(fitted, model, batch, None)
    best: Tensor | None = None
    for c, log_weight in conditions_for(fitted, batch.condition, len(batch.x)):
        q = guess(c)
        z = q.sample(Noise((seed, 5), draws=8, shared=True, device=fitted.device))
        seen = guess.rows.seen(fitted.model.decode(z, c), guess.rate)
        log_w = log_weights(fitted, seen, z, c, q.log_prob(z).sum(-1))
        found = log_w.logsumexp(0) - torch.tensor(8.0, dtype=torch.float32).log() + log_weight
        best = found if best is None else torch.maximum(best, found)
    assert best is not None
    return best


class _Guess:
    """condition -> r(z | x̃, trust), "which cells lie" and "what is z" found in turn; keeps its last call's rate."""

    def __init__(self, fitted: Fitted, model: NoiseModel, batch: Batch, rate: float | None) -> None:
        self.fitted = fitted
        first = FIRST_RATE[model.name] if rate is None else rate
        self.rows = Corrupted(model, batch.x, batch.observed, None, first, rate is None)
        self.rate = torch.full((len(batch.x),), first, dtype=torch.float32).to(batch.x)

    def __call__(self, condition: Tensor | None) -> RowMixture:
        assert self.fitted.guide is not None
        rows, x, observed = self.rows, self.rows.x, self.rows.observed
        rate = torch.full_like(self.rate, rows.rate)
        trust = torch.ones_like(x) * (1 - rate).reshape(-1, *[1] * (x.ndim - 1))
        for _ in range(ROUNDS):
            q = self.fitted.guide.posterior(x, trust * observed, condition)
            clean = self.fitted.model.decode(q.peak.loc, condition)
            rate = rows.improved(clean, rate)
            trust = rows.noise.untouched(x, clean, rate)[0]
        guided = self.fitted.guide.posterior(x, trust * observed, condition)
        found, self.rate = best_start(self.fitted, replace(rows, condition=condition), guided, rate)
        return found


def _posterior(
    fitted: Fitted, model: NoiseModel, batch: Batch, rate: float | None, effort: Effort, seed: int
) -> tuple[list[Part], Tensor]:
    """Weighted draws of z given x̃ and the rate of each row."""
    guess = _Guess(fitted, model, batch, rate)

    def seen(clean: Distribution) -> Tensor:
        return guess.rows.seen(clean, guess.rate)

    parts = draw_particles(fitted, guess, seen, seen, batch.condition, len(batch.x), effort, (seed, 4))
    return parts, guess.rate


def _clean(fitted: Fitted, model: NoiseModel, batch: Batch, parts: list[Part], rate: Tensor) -> Tensor:
    """Σ weight · E[x | x̃, z], (batch, *row), draw by draw; where nothing was seen, E[x|z]."""
    total = torch.zeros_like(batch.x)
    for part in parts:
        for clean, weight in part.decoded(fitted.model):
            mean = torch.where(batch.observed, model.clean_mean(batch.x, clean, rate)[0], clean.mean[0])
            total += mean * weight.reshape(-1, *[1] * (mean.ndim - 1))
    return total


def _with_neighbours(
    fitted: Fitted, model: Replacing, batch: Batch, parts: list[Part], rate: Tensor, find: bool
) -> tuple[Tensor, Tensor]:
    """E[x | x̃] where neighbours' residuals count as well, and the rates: belief in each cell and what the believed
    cells say of each other, found in turn."""
    x, there = batch.x.flatten(1), batch.observed.flatten(1)
    seen, log_noise = forecast(fitted, parts, batch.x), model.log_noise(batch.x).flatten(1)

    def belief(log_prob: Tensor) -> Tensor:
        share = rate.clamp(1e-6, 1 - 1e-6)[:, None]
        return torch.where(there, torch.sigmoid(torch.log1p(-share) + log_prob - share.log() - log_noise), 0.0)

    trust = belief(seen.log_prob)
    told = tell(fitted, seen, trust)
    for _ in range(TELLINGS):
        trust = belief(told.log_prob(seen))
        if find:
            doubt = torch.where(there, 1 - trust, 0.0).sum(1)
            rate = ((doubt + 0.5 * rate) / (there.to(x.dtype).sum(1) + 0.5)).clamp(1e-5, 0.98)
        told = tell(fitted, seen, trust)
    clean = trust * x + (1 - trust) * told.expected(seen)
    return clean.reshape(batch.x.shape), rate
