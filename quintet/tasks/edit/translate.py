"""Translation between two domains: E[clean x | mapped latents of the degraded row]."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.errors import Unanswerable
from quintet.inference.chunks import RowProgress, in_chunks
from quintet.models.fitted import Fitted
from quintet.models.translation.model import TranslationModel


def translate(fitted: Fitted, rows: Rows, *, batch_rows: int = 256, progress: RowProgress | None = None) -> Tensor:
    """Translate rows to clean ones, (n, *shape) in the model's units."""
    model = fitted.model
    if not isinstance(model, TranslationModel):
        name = fitted.options.get("variant", "this one")
        raise Unanswerable(
            f"Variant {name!r} has one latent space and cannot translate: train variant='translate', or a Translator."
        )

    def answer(batch: Batch, start: int) -> Mapping[str, Tensor]:
        return {"x": model.decode(model.translated(batch.x, batch.observed).mean).point[0]}

    with torch.no_grad():
        found = in_chunks(
            answer, rows, batch_rows=batch_rows, device=fitted.device, progress=progress, what="translate"
        )
    return found["x"]
