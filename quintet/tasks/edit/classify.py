"""Classification: q(y|x) of semi-supervised models."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.errors import Unanswerable
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.models.fitted import Fitted


def classify(fitted: Fitted, rows: Rows, *, batch_rows: int = 256, progress: RowProgress | None = None) -> Tensor:
    """q(y|x) of each row, (n, classes), in the order of the levels of the schema's condition."""

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        share = fitted.model.classify(batch.x, batch.observed)
        if share is None:
            raise Unanswerable("This model has no classifier: train variant='semi'.")
        return {"p": share.exp()}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="classify")
    return found.get("p", torch.zeros(0, fitted.schema.condition_dim, dtype=torch.float32))


def with_predicted_labels(fitted: Fitted, rows: Rows, *, batch_rows: int = 256) -> Rows:
    """The rows, with predicted labels in place of missing ones."""
    if rows.condition is None:
        return rows

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        condition = fitted.model.complete(batch.x, batch.observed, batch.condition)
        assert condition is not None
        return {"c": condition}

    with torch.no_grad():
        found = in_chunks(answer, rows, batch_rows=batch_rows, device=fitted.device)
    return replace(rows, condition=found["c"])
