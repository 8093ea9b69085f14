"""The question ``compress`` about text: lines to few bytes and back."""

from __future__ import annotations

from typing import Any

from quintet.arguments import BatchRows, Blob, Condition, Effort, LinesLike
from quintet.data.sequences.text.reading import read_lines
from quintet.entry_points import public
from quintet.estimators._text.coding import compress_text, decompress_text
from quintet.estimators._text.text_estimator import TextEstimator, model_of


@public
def compress(
    self: TextEstimator,
    lines: LinesLike,
    condition: Condition | None = None,
    *,
    effort: Effort = "normal",
    batch_rows: BatchRows = 256,
) -> bytes:
    """Lines or a file to few bytes; ``decompress`` gives the strings, or the bytes of the file, back exactly."""
    text = model_of(self, "compress")
    return compress_text(text, read_lines(lines), condition, {"effort": effort, "batch_rows": batch_rows})


@public
def decompress(self: TextEstimator, blob: Blob, *, batch_rows: BatchRows = 256) -> Any:
    """What was compressed: a list or an array of strings, or the bytes of a file."""
    return decompress_text(model_of(self, "compress"), blob, batch_rows=batch_rows)
