"""The answer to a batch: the model's, the field's and the row itself, mixed as the trial found best."""

from __future__ import annotations

import torch
from torch import Tensor

from quintet.data.rows import Batch
from quintet.distributions.corrupted import NoiseModel
from quintet.distributions.noises import NONE
from quintet.model.fitted import Fitted
from quintet.tasks.denoising import by_model, neighbours
from quintet.tasks.denoising.field import Field
from quintet.tasks.denoising.shares import Shares
from quintet.tasks.denoising.verdict import quiet
from quintet.tasks.particles import Effort


def cleaned(
    fitted: Fitted, model: NoiseModel, batch: Batch, rate: float | None, effort: Effort, seed: int
) -> tuple[Tensor, Tensor]:
    """Clean rows (n, *row) and the rates (n,), 0 in rows that are left as they are."""
    if model.name == NONE and bool(batch.observed.all()):
        return batch.x, torch.zeros(len(batch.x)).to(batch.x)
    shares, field = (
        Shares.read(fitted.reference, fitted.schema, model.name),
        Field.read(fitted.reference, fitted.schema),
    )
    told = neighbours.ask(field, model, batch, rate) if field is not None and shares.field else None
    if shares.model or told is None:
        clean, rates, sign = by_model.answered(fitted, model, batch, rate, effort, seed)
    else:
        clean, rates = told.x, told.rate
    weight = shares.at(rates)
    x = clean
    if told is not None:
        assert field is not None
        both = weight[:, 0] + weight[:, 1]
        x = torch.lerp(clean, told.x, _wide(torch.where(both > 0, weight[:, 1] / both.clamp(min=1e-6), 0.0), x))
        leads = weight[:, 1] > weight[:, 0]
        rates = torch.where(leads, told.rate, rates)
    x = torch.where(batch.observed, torch.lerp(x, batch.x, _wide(weight[:, 2], x)), x)
    if model.name == NONE:
        still = torch.ones_like(rates, dtype=torch.bool)
    elif rate is not None:
        still = torch.zeros_like(rates, dtype=torch.bool)
    elif told is not None and not shares.model:
        assert field is not None
        still = quiet(fitted, model.name, neighbours.gain(field, batch, told), by_field=True)
    else:
        still = quiet(fitted, model.name, sign, by_field=False)
    return torch.where(_wide(still, x) & batch.observed, batch.x, x), torch.where(still, 0.0, rates)


def _wide(per_row: Tensor, x: Tensor) -> Tensor:
    return per_row.reshape(-1, *[1] * (x.ndim - 1))
