"""Which kind of noise lies on some rows, if any: the evidence for each, beyond what it gains on clean rows."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.data.rows import Batch, Rows
from quintet.distributions.noises import NONE
from quintet.model.fitted import Fitted
from quintet.tasks.chunks import in_chunks
from quintet.tasks.denoising import by_model, neighbours
from quintet.tasks.denoising.field import Field
from quintet.tasks.denoising.kinds import kinds_for, noise_for
from quintet.tasks.denoising.shares import Shares

UNKNOWN = "unknown"
"""Something lies on the rows that none of the kinds explains best."""
CLEAN = "denoise.clean"
"""In ``Fitted.reference``: (rows, kinds, 3), see ``gains``, of held-out clean rows."""
SAMPLE = 64
"""Rows that the kind of noise is found on."""
SURE = 3.0
"""Standard errors by which a kind's gain must lie above what it gains on clean rows."""
APART = 2.0
"""Standard errors by which a kind must explain more than one of another sort."""
LOWEST = 1e-3
"""A rate, or a gain in nats, that never speaks for noise."""
QUIET = 0.9
"""Share of clean rows that are left as they are where the others of a call are noisy."""
FEWEST = 8
"""Clean rows from which on what kinds gain on them is known."""


def gains(fitted: Fitted, batch: Batch, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """What each kind of noise explains of each row more than "none" does, by the model and by the field, in nats; and
    the rate that the model finds; (n, kinds) each. 0 where the model or the field does not count."""
    kinds, nothing = kinds_for(fitted.schema), torch.zeros(len(batch.x)).to(batch.x)
    shares = [Shares.read(fitted.reference, fitted.schema, kind) for kind in kinds]
    field = Field.read(fitted.reference, fitted.schema)
    by_field = [nothing] * len(kinds)
    by_z, rates = by_field, by_field
    if any(each.model for each in shares):
        none = by_model.explained(fitted, noise_for(fitted.schema, NONE), batch, seed).evidence
        found = [by_model.explained(fitted, noise_for(fitted.schema, kind), batch, seed) for kind in kinds]
        by_z, rates = [each.evidence - none for each in found], [each.rate for each in found]
    if field is not None and any(each.field for each in shares):
        none = neighbours.ask(field, noise_for(fitted.schema, NONE), batch, None).evidence
        by_field = [
            neighbours.ask(field, noise_for(fitted.schema, kind), batch, None).evidence - none for kind in kinds
        ]
    return torch.stack(by_z, 1), torch.stack(by_field, 1), torch.stack(rates, 1)


def find_kind(fitted: Fitted, rows: Rows, batch_rows: int, seed: int) -> tuple[str, dict[str, float]]:
    """The kind of noise on a sample of the rows, "none", or "unknown"; and how much each kind explains beyond what it
    explains of clean rows, in nats a row (of the model or the field, whichever varies less on clean rows)."""
    index = torch.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).round().long()
    kinds = kinds_for(fitted.schema)

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        by_z, by_field, _ = gains(fitted, batch, seed)
        return {"model": by_z, "field": by_field}

    with torch.no_grad():
        found = in_chunks(answer, rows.take(index), batch_rows=min(batch_rows, SAMPLE), device=fitted.device)
    clean = fitted.reference.get(CLEAN)
    if clean is None or len(clean) < FEWEST:
        clean = torch.cat([torch.full((1, len(kinds), 3), value) for value in (-1.0, 1.0)])
    return _decided(kinds, torch.stack([found["model"], found["field"]], -1).double(), clean[..., :2].double())


def _decided(kinds: tuple[str, ...], found: Tensor, clean: Tensor) -> tuple[str, dict[str, float]]:
    """The verdict on gains (rows, kinds, 2) beside those of clean rows: both sources count by the inverse of what they
    vary by on clean rows."""
    usual, vary = clean.mean(0), clean.std(0).amax(0).clamp(min=1.0)
    used = found.abs().amax((0, 1)) > 0
    weight = torch.where(used, 1 / vary, 0.0)
    weight = weight / weight.sum().clamp(min=1e-12)
    gain, null = ((each - usual) @ weight for each in (found, clean))
    excess, doubt = gain.mean(0), null.std(0) * math.sqrt(1 / len(found) + 1 / len(clean))
    evidence = {NONE: 0.0} | dict(zip(kinds, excess.tolist(), strict=True))
    signs = excess > SURE * doubt + 1
    if not bool(signs.any()):
        return NONE, evidence
    best = int(torch.where(signs, excess, -torch.inf).argmax())
    for other, kind in enumerate(kinds):
        if bool(signs[other]) and (kind == "normal") != (kinds[best] == "normal"):
            lead = gain[:, best] - gain[:, other]
            error = float(lead.std()) / math.sqrt(len(lead)) if len(lead) > 1 else 1.0
            if float(lead.mean()) < APART * error:
                return UNKNOWN, evidence
    return kinds[best], evidence


def quiet(fitted: Fitted, kind: str, sign: Tensor, by_field: bool) -> Tensor:
    """Rows on which nothing speaks for noise, (n,) of bool: their gain by the field, or their rate by the model, is one
    that clean rows show."""
    clean = fitted.reference.get(CLEAN)
    if clean is None or len(clean) < FEWEST:
        return sign < LOWEST
    usual = clean[:, kinds_for(fitted.schema).index(kind), 1 if by_field else 2]
    return sign <= max(float(usual.quantile(QUIET)), LOWEST)
