"""Choice of the noise kind of a set of rows, and of the rows that are noisy.

Each kind is a hypothesis against "none". Its gain is its log evidence for a row less that of "none". Clean held-out
rows give the distribution of gains without noise, and only gains in excess of it are evidence of noise. The model
computes the evidence, or the Gaussian field if its combination weight is at least the model's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.distributions.noise_models.choose import NONE
from quintet.inference.chunks import in_chunks
from quintet.models.fitted import Fitted
from quintet.tasks.denoise import by_model, by_neighbouring_cells
from quintet.tasks.denoise.combination_weights import field_outweighs_model
from quintet.tasks.denoise.gaussian_field import Field
from quintet.tasks.denoise.noise_kinds import kinds_for, noise_for

UNKNOWN = "unknown"
"""Kind of noisy rows that no candidate explains best."""
SAMPLE = 64
"""Rows that the noise kind is chosen on."""
FEWEST = 8
"""Fewest clean rows to estimate the distribution of gains from."""
LEAST, WIDEST = 1.0, 10.0
"""Smallest spread of gains on clean rows in nats, and the deviation in spreads at which a row's gain is clipped."""
VOTE = 5.0
"""Nats at which the evidence of one row between two kinds is clipped."""
SURE, APART = 4.5, 2.0
"""Standard errors by which a kind's gain must exceed that on clean rows, and one kind must lead the other."""
SINGLE, BEYOND = 8, 2.0
"""For fewer rows than ``SINGLE`` the mean gain must exceed ``BEYOND`` times the highest gain on clean rows."""
SLIM = 0.1
"""Share of clean rows below which all rows count as noisy."""


@dataclass(frozen=True)
class CleanRowGains:
    """Distribution of gains on clean rows: median, upper spread, mean and standard deviation of the standardised gains,
    and the highest gain, (kinds,) each; from ``rows`` rows."""

    median: Tensor
    spread: Tensor
    mean: Tensor
    vary: Tensor
    highest: Tensor
    rows: int

    @classmethod
    def read(cls, fitted: Fitted) -> CleanRowGains:
        """Build from the stored trial."""
        trial, kinds = fitted.artifacts.denoising_trial, len(kinds_for(fitted.schema))
        return cls.of(torch.zeros(0, kinds, dtype=torch.float32) if trial is None else trial.clean)

    @classmethod
    def of(cls, gains: Tensor) -> CleanRowGains:
        """Estimate from gains on clean rows, (rows, kinds); with too few rows, use default spreads in nats."""
        if len(gains) < FEWEST:
            nothing = torch.zeros(gains.shape[1], dtype=torch.float64)
            return cls(nothing, nothing + 3 * LEAST, nothing, nothing + 1.0, nothing, FEWEST)
        gains = gains.double()
        middle, high = gains.quantile(0.5, 0), gains.quantile(0.9, 0)
        spread = ((high - middle) / 1.28).clamp(min=LEAST)
        apart = ((gains - middle) / spread).clamp(-WIDEST, WIDEST)
        return cls(middle, spread, apart.mean(0), apart.std(0).clamp(min=1.0), gains.amax(0).clamp(min=0.0), len(gains))

    def least(self, gains: Tensor, kind: int) -> float:
        """Threshold on the gain of a kind, by its index, above which a row is noisy; ``gains`` (n,): those of a sample.

        Half of the clean rows and hardly any noisy row gain less than the clean median, so that twice the share of
        rows below it estimates the share of clean rows (Storey, 2002). If that is small, all rows are noisy.
        """
        clean = 2 * float((gains <= self.median[kind]).double().mean())
        return float((self.median + self.spread)[kind]) if clean > SLIM else -math.inf

    def surprise(self, gains: Tensor) -> Tensor:
        """Excess of the mean gain over that of clean rows in standard errors, (n, kinds) -> (kinds,).

        Gains of clean rows have heavy tails, so that the mean of few rows is not normal: it must also be far above the
        highest gain on clean rows.
        """
        apart = ((gains - self.median) / self.spread).clamp(-WIDEST, WIDEST).mean(0) - self.mean
        errors = apart / (self.vary * math.sqrt(1 / len(gains) + 1 / self.rows))
        usual = gains.mean(0) <= BEYOND * self.highest + 3 * LEAST
        return errors.masked_fill(usual, 0.0) if len(gains) < SINGLE else errors


def gains(fitted: Fitted, batch: Batch, seed: int, kinds: Sequence[str] | None = None) -> Tensor:
    """Log evidence of noise kinds, by the model or the field, less that of "none", (n, kinds) in nats; of all by
    default."""
    models = [noise_for(fitted, kind) for kind in (NONE, *(kinds_for(fitted.schema) if kinds is None else kinds))]
    field = Field.read(fitted.artifacts.gaussian_field, fitted.schema)
    if field is not None and field_outweighs_model(fitted.artifacts.denoising_trial):
        by_field = by_neighbouring_cells.denoise_by_neighbours
        evidence = torch.stack([by_field(field, model, batch, None).evidence for model in models], 1)
    else:
        evidence = by_model.log_evidence(fitted, models, batch, seed)
    return evidence[:, 1:] - evidence[:, :1]


@dataclass(frozen=True)
class NoiseKindChoice:
    """The chosen ``kind``, "none" or "unknown" included; the mean excess gain of each kind over clean rows, in nats per
    row; and ``least``, the gain above which a row is noisy."""

    kind: str
    evidence: Mapping[str, float]
    least: float


def sampled_places(rows: int) -> Tensor:
    """Places, (sample,) of int64, of the rows on which the noise kind of so many rows is chosen."""
    return torch.linspace(0, rows - 1, min(SAMPLE, rows), dtype=torch.float64).round().long()


def find_noise_kind(fitted: Fitted, rows: Rows, batch_rows: int, seed: int) -> NoiseKindChoice:
    """Choose the noise kind on a sample of the rows."""
    index = sampled_places(len(rows))

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        return {"gains": gains(fitted, batch, seed)}

    with torch.no_grad():
        found = in_chunks(answer, rows.take(index), batch_rows=min(batch_rows, SAMPLE), device=fitted.device)
    return choose_noise_kind(kinds_for(fitted.schema), found["gains"].double(), CleanRowGains.read(fitted))


def choose_noise_kind(kinds: tuple[str, ...], gains: Tensor, usual: CleanRowGains) -> NoiseKindChoice:
    """Choose the kind of largest mean excess gain among those with significant gains (rows, kinds).

    The choice between replacement and additive noise uses the rows' mean lead or, if outliers make that insignificant,
    the mean of clipped leads. If this is insignificant too, the kind is unknown.
    """
    excess = gains - usual.median.clamp(min=0.0)  # a negative clean median gives no excess
    mean = excess.mean(0)
    evidence = {NONE: 0.0} | dict(zip(kinds, mean.tolist(), strict=True))
    signs = usual.surprise(gains) > SURE
    if not bool(signs.any()):
        return NoiseKindChoice(NONE, evidence, math.inf)
    best = int(torch.where(signs, mean, -torch.inf).argmax())
    if "normal" in kinds:
        added = kinds.index("normal")
        replaced = int(torch.where(torch.arange(len(kinds)) == added, -torch.inf, mean).argmax())
        lead = excess[:, replaced] - excess[:, added]
        errors = _standard_errors(lead)
        if abs(errors) < APART:
            errors = _standard_errors(lead.clamp(-VOTE, VOTE))
        if abs(errors) < APART:
            return NoiseKindChoice(UNKNOWN, evidence, math.inf)
        best = replaced if errors > 0 else added
    return NoiseKindChoice(kinds[best], evidence, usual.least(gains[:, best], best))


def _standard_errors(lead: Tensor) -> float:
    """Mean of leads, (n,) in nats, over its standard error."""
    return float(lead.mean()) / (float(lead.std(correction=0)) / math.sqrt(len(lead)) + LEAST / len(lead))


def noisy_rows(fitted: Fitted, choice: NoiseKindChoice, batch: Batch, seed: int) -> Tensor:
    """Whether the chosen kind's gain on a row exceeds the threshold, (n,) of bool."""
    if choice.least == -math.inf:  # all rows are noisy
        return torch.ones(len(batch), dtype=torch.bool, device=batch.x.device)
    return gains(fitted, batch, seed, [choice.kind])[:, 0] > choice.least
