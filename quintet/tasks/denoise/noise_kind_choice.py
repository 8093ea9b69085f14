"""Which kind of noise lies on some rows, if any, and on which of them.

Each kind is a hypothesis beside "none". Its gain is the evidence for it, log p of a row, less that for "none"; clean
held-out rows show what a kind seems to gain on rows without noise, and only what goes beyond that speaks for it. The
model judges, or the field of neighbours where the trial after training found that it knows more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.distributions.noise_models.choose import NONE
from quintet.inference.chunks import in_chunks
from quintet.models.fitted import Fitted
from quintet.tasks.denoise import by_model, by_neighbouring_cells
from quintet.tasks.denoise.combination_weights import field_judges
from quintet.tasks.denoise.gaussian_field import Field
from quintet.tasks.denoise.noise_kinds import kinds_for, noise_for

UNKNOWN = "unknown"
"""Something lies on the rows that none of the kinds explains best."""
SAMPLE = 64
"""Rows that the kind of noise is found on."""
FEWEST = 8
"""Clean rows from which on the gains on them are known."""
LEAST, WIDEST = 1.0, 10.0
"""Nats that gains on clean rows vary by at least; their deviations beyond which no row counts more."""
VOTE = 5.0
"""Nats beyond which no row says more for one of two kinds of noise."""
SURE, APART = 4.5, 2.0
"""Standard errors by which a kind's gain must lie above that on clean rows, and one sort of noise before the other."""
SINGLE, BEYOND = 8, 2.0
"""Rows of a call below which their mean gain must be this many times the highest on clean rows."""
SLIM = 0.1
"""Share of clean rows in a call below which all of its rows are taken for noisy."""


@dataclass(frozen=True)
class Usual:
    """Of each kind the median gain on clean rows and how far above it gains lie, of these deviations the mean and the
    spread, and the highest gain, (kinds,) each; of ``rows`` rows."""

    median: Tensor
    spread: Tensor
    mean: Tensor
    vary: Tensor
    highest: Tensor
    rows: int

    @classmethod
    def read(cls, fitted: Fitted) -> Usual:
        """What the trial found."""
        trial, kinds = fitted.artifacts.denoising_trial, len(kinds_for(fitted.schema))
        return cls.of(torch.zeros(0, kinds, dtype=torch.float32) if trial is None else trial.clean)

    @classmethod
    def of(cls, gains: Tensor) -> Usual:
        """Of gains on clean rows, (rows, kinds); of few rows a guess of some nats, which no data supports."""
        if len(gains) < FEWEST:
            nothing = torch.zeros(gains.shape[1], dtype=torch.float64)
            return cls(nothing, nothing + 3 * LEAST, nothing, nothing + 1.0, nothing, FEWEST)
        gains = gains.double()
        middle, high = gains.quantile(0.5, 0), gains.quantile(0.9, 0)
        spread = ((high - middle) / 1.28).clamp(min=LEAST)
        apart = ((gains - middle) / spread).clamp(-WIDEST, WIDEST)
        return cls(middle, spread, apart.mean(0), apart.std(0).clamp(min=1.0), gains.amax(0).clamp(min=0.0), len(gains))

    def least(self, gains: Tensor, kind: int) -> float:
        """The gain of a kind by its place above which a row is noisy, where some rows gain ``gains`` (n,) by it.

        Half of the clean rows gain less than their median, and hardly any noisy row does: twice the share of rows below
        is the share of clean rows (Storey, 2002). Where there are hardly any, all rows are noisy.
        """
        clean = 2 * float((gains <= self.median[kind]).double().mean())
        return float((self.median + self.spread)[kind]) if clean > SLIM else -math.inf

    def surprise(self, gains: Tensor) -> Tensor:
        """By how many standard errors the gains of some rows, (n, kinds), lie above the usual, (kinds,).

        The mean of few rows is no normal variable where single clean rows gain much: it must be far above what any
        clean row gained, too.
        """
        apart = ((gains - self.median) / self.spread).clamp(-WIDEST, WIDEST).mean(0) - self.mean
        errors = apart / (self.vary * math.sqrt(1 / len(gains) + 1 / self.rows))
        usual = gains.mean(0) <= BEYOND * self.highest + 3 * LEAST
        return errors.masked_fill(usual, 0.0) if len(gains) < SINGLE else errors


def evidence(fitted: Fitted, kind: str, batch: Batch, seed: int) -> Tensor:
    """log p of each row under a kind of noise, by the judge, (n,) in nats."""
    field = Field.read(fitted.artifacts.gaussian_field, fitted.schema)
    if field is not None and field_judges(fitted.artifacts.denoising_trial):
        return by_neighbouring_cells.denoise_by_neighbours(field, noise_for(fitted, kind), batch, None).evidence
    return by_model.explained(fitted, noise_for(fitted, kind), batch, seed)


def gains(fitted: Fitted, batch: Batch, seed: int) -> Tensor:
    """What each kind of noise explains of each row more than "none" does, (n, kinds) in nats."""
    none = evidence(fitted, NONE, batch, seed)
    return torch.stack([evidence(fitted, kind, batch, seed) - none for kind in kinds_for(fitted.schema)], 1)


@dataclass(frozen=True)
class Verdict:
    """A kind of noise, "none" or "unknown"; how much each kind explains of a row beyond what it explains of clean rows,
    in nats; and the gain of the kind above which a row of the call is noisy."""

    kind: str
    evidence: Mapping[str, float]
    least: float


def find_noise_kind(fitted: Fitted, rows: Rows, batch_rows: int, seed: int) -> Verdict:
    """The kind of noise on a sample of the rows."""
    index = torch.linspace(0, len(rows) - 1, min(SAMPLE, len(rows)), dtype=torch.float64).round().long()

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        return {"gains": gains(fitted, batch, seed)}

    with torch.no_grad():
        found = in_chunks(answer, rows.take(index), batch_rows=min(batch_rows, SAMPLE), device=fitted.device)
    return decided(kinds_for(fitted.schema), found["gains"].double(), Usual.read(fitted))


def decided(kinds: tuple[str, ...], gains: Tensor, usual: Usual) -> Verdict:
    """The verdict on gains (rows, kinds): the kind that explains most, where it surely explains more than is usual.

    Between replaced cells and added noise decide the rows' leads or, where some wild rows drown them, their votes, in
    which no row counts for much: where these do not agree either, the kind is unknown.
    """
    excess = gains - usual.median.clamp(min=0.0)  # that a kind explains clean rows badly does not speak for it
    mean = excess.mean(0)
    evidence = {NONE: 0.0} | dict(zip(kinds, mean.tolist(), strict=True))
    signs = usual.surprise(gains) > SURE
    if not bool(signs.any()):
        return Verdict(NONE, evidence, math.inf)
    best = int(torch.where(signs, mean, -torch.inf).argmax())
    if "normal" in kinds:
        added = kinds.index("normal")
        replaced = int(torch.where(torch.arange(len(kinds)) == added, -torch.inf, mean).argmax())
        lead = excess[:, replaced] - excess[:, added]
        errors = _standard_errors(lead)
        if abs(errors) < APART:
            errors = _standard_errors(lead.clamp(-VOTE, VOTE))
        if abs(errors) < APART:
            return Verdict(UNKNOWN, evidence, math.inf)
        best = replaced if errors > 0 else added
    return Verdict(kinds[best], evidence, usual.least(gains[:, best], best))


def _standard_errors(lead: Tensor) -> float:
    """The mean of leads, (n,) in nats, over its standard error."""
    return float(lead.mean()) / (float(lead.std(correction=0)) / math.sqrt(len(lead)) + LEAST / len(lead))


def noisy_rows(fitted: Fitted, verdict: Verdict, batch: Batch, seed: int) -> Tensor:
    """Whether noise rather than chance explains what the verdict's kind gains on a row, (n,) of bool."""
    if verdict.least == -math.inf:  # all of them are, whatever they gain
        return torch.ones(len(batch), dtype=torch.bool, device=batch.x.device)
    gain = evidence(fitted, verdict.kind, batch, seed) - evidence(fitted, NONE, batch, seed)
    return gain > verdict.least
