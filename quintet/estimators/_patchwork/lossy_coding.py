"""Pictures by the lossy code of blocks, which takes any height and width: no patch is cut, so no seam shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.artifacts.block_code import BlockCode
from quintet.codec.container.varints import ByteReader
from quintet.data.patches.pictures import Pictures
from quintet.data.schema import Array, Schema
from quintet.errors import FileRefused, Unanswerable
from quintet.estimators._patchwork.file_format import BLOCKED, PictureFormat, closed, head
from quintet.tasks.compress.block_code import from_blocks_payload, to_blocks_payload
from quintet.tasks.compress.decoding_errors import decoding


def compress_lossily(vae: Any, pictures: Pictures, step: float) -> bytes:
    """The file's bytes; ``step`` of the code's grid in usual ones."""
    code, schema, all_ = _code(vae), vae.schema_, pictures.all
    dtype = np.dtype(schema.dtype)
    form = PictureFormat(pictures.stacked, dtype, all_[0].shape[2:], [(p.shape[0], p.shape[1]) for p in all_])
    out = head(form, BLOCKED)
    for picture in all_:
        sized = _sized(schema, picture.shape)
        cells = sized.to_model_layout(picture[None]).reshape(1, -1)
        out.blob(to_blocks_payload(code, sized, cells, step))
    return closed(out)


def decompress_lossily(vae: Any, form: PictureFormat, inside: ByteReader) -> Any:
    """The pictures of ``compress_lossily``, in the form given to it and the training data's dtype."""
    code = vae.fitted_.artifacts.block_code
    if code is None:
        raise FileRefused(
            "These pictures are in a lossy code that this model has not learnt: decompress them with the model file "
            "that was saved after fit_lossy."
        )
    found: list[Array] = []
    for size in form.sizes:
        with decoding():
            found.append(from_blocks_payload(code, _sized(vae.schema_, (*size, *form.channels)), inside.blob(), 1)[0])
    return form.whole(found)


def _code(vae: Any) -> BlockCode:
    code: BlockCode | None = vae.fitted_.artifacts.block_code
    if code is None:
        raise Unanswerable("Pictures need the lossy code of blocks: call vae.fit_lossy(rows) first.")
    return code


def _sized(schema: Schema, shape: tuple[int, ...]) -> Schema:
    """The schema of rows that are whole pictures."""
    return schema.model_copy(update={"row_shape": shape, "constant": ()})
