"""Rows to the posterior's means and spreads, in chunks of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.data.full_mask import is_full
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.inference.condition_search import explaining_condition
from quintet.models.fitted import Fitted


def encode(
    fitted: Fitted, rows: Rows, batch_rows: int, progress: RowProgress | None = None
) -> tuple[Tensor, Tensor | None]:
    """The posterior's mean of each row, (n, latent_dim), and the condition that was used, (n, condition_dim).

    Rows with missing cells go to the partial encoder, unless the model's own posterior was trained on such rows. For a
    conditional model without conditions it is the one under which the row is most probable (by the bound).
    """

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        condition = explaining_condition(fitted, batch)
        out = {"z": _mean(fitted, batch, condition)}
        return out if condition is None else out | {"condition": condition}

    with torch.inference_mode():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="encode")
    return found["z"], found.get("condition")


def spreads(fitted: Fitted, rows: Rows, condition: Tensor | None, batch_rows: int) -> Tensor:
    """The posterior's standard deviation of each latent, (n, latent_dim), under the condition that ``encode`` gave."""

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        own = fitted.model.posterior(batch.x, batch.observed, batch.condition).variance[0].sqrt()
        if fitted.guide is None or fitted.schema.missing or is_full(batch.observed):
            return {"spread": own}
        guided = fitted.guide.posterior(batch.x, batch.observed, batch.condition).variance[0].sqrt()
        return {"spread": torch.where(batch.observed.flatten(1).all(1)[:, None], own, guided)}

    with torch.inference_mode():
        known = replace(rows, condition=condition)
        return in_chunks(answer, known, batch_rows=batch_rows, device=fitted.device)["spread"].clone()


def _mean(fitted: Fitted, batch: Batch, condition: Tensor | None) -> Tensor:
    own = fitted.model.embed(batch.x, batch.observed, condition)
    if fitted.guide is None or fitted.schema.missing or is_full(batch.observed):
        return own
    guided = fitted.guide.posterior(batch.x, batch.observed, condition).mean[0]
    whole = batch.observed.flatten(1).all(1)[:, None]
    return torch.where(whole, own, guided)
