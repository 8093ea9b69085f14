"""The rows of one block to its code and back: by the model, or packed without it where that is shorter."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from quintet.codec.container.block_limits import pad_payload, within_packed
from quintet.codec.container.blocks import Block
from quintet.codec.container.layout import CODED, LOSSY, STORED, RowFormat, content_digest, digest
from quintet.codec.container.varints import squeeze, unsqueeze
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError, QuintetWarning
from quintet.inference.chunks import RowProgress, out_of_memory
from quintet.models.fitted import Fitted
from quintet.tasks.compress import lossless
from quintet.tasks.compress import lossy as lossy_code

Array = np.ndarray[Any, Any]
OTHERWISE = (
    "What was decoded does not fit the file's checksum: this machine or this PyTorch calculates otherwise than the one "
    "that compressed it; decompress there."
)
LARGER = (
    "The rows of the compressed file need more memory than is free: ask for some of them (rows=, --rows), or read it "
    "block by block (decompress_from)."
)
HOPE = 1.25  # the slow packer is tried where the quick one comes as near as this to the model
STEP = 2.0**20  # the lossy code's largest step, and one over its smallest


@dataclass(frozen=True)
class Options:
    """How blocks are coded."""

    lossy: bool | float = False
    effort: str = "normal"
    batch_rows: int = 256

    def __post_init__(self) -> None:
        if self.lossy is not False and not 1 / STEP <= float(self.lossy) <= STEP:
            raise InputError(
                f"lossy={self.lossy} came; allowed is True, or a step above 0, in spreads of the posterior: True is 1."
            )


def encode_block(
    fitted: Fitted, rows: Array, given: Tensor | None, options: Options, progress: RowProgress | None = None
) -> tuple[int, bytes, bytes]:
    """Kind of code, digest of the content, and payload of at least one row, (n, *row_shape) in the user's layout."""
    values = _to_cells(rows, fitted.schema)
    if options.lossy is not False:
        payload = lossy_code.to_lossy_payload(fitted, values, given, float(options.lossy), options.batch_rows)
        payload = pad_payload(payload, *values.shape)
        return LOSSY, digest(payload), payload
    content = content_digest(rows)
    payload = lossless.to_payload(fitted, values, given, options.batch_rows, progress)
    coded = options.effort == "low" or _checked(fitted, payload, values)
    if not coded:
        warnings.warn(
            "Decoding here does not repeat the encoding's arithmetic, so the rows were packed without the model: "
            "please report the model's network.",
            QuintetWarning,
            stacklevel=2,
        )
    if coded and options.effort != "high" and not _promising(rows, len(payload)):
        return CODED, content, pad_payload(payload, *values.shape)
    packed = squeeze(np.ascontiguousarray(rows).tobytes())
    kind, shorter = (CODED, payload) if coded and len(payload) <= len(packed) else (STORED, packed)
    return kind, content, pad_payload(shorter, *values.shape)


def decode_block(
    fitted: Fitted, form: RowFormat, block: Block, batch_rows: int, progress: RowProgress | None = None
) -> Array:
    """The rows of ``encode``; of a lossy block E[x|z] in the model's units and dtype.

    Raises
    ------
    FileRefused
        The block is of a machine that calculates otherwise, or its check was forged.
    """
    schema = fitted.schema
    shape = (block.rows, *form.row_shape(schema))
    if (block.kind == LOSSY) != form.lossy:
        raise FileRefused(f"A block of kind {block.kind} stands in a file of another kind, which no version writes.")
    with decoding():
        if block.kind == LOSSY:
            if digest(block.payload) != block.content:
                raise FileRefused(OTHERWISE)
            return lossy_code.from_lossy_payload(fitted, block.payload, block.rows, batch_rows).reshape(shape)
        if block.kind == STORED:
            row_bytes = schema.size * form.dtype.itemsize
            if not within_packed(block.version, block.rows, row_bytes, len(block.payload)):
                raise FileRefused(
                    f"A block of {len(block.payload)} bytes claims {block.rows} rows, more than it may hold."
                )
            content = unsqueeze(block.payload, block.rows * row_bytes)
            rows = np.frombuffer(content, form.dtype).reshape(shape).copy()
        else:
            native = form.dtype.newbyteorder("=")
            values = lossless.from_payload(fitted, block.payload, block.rows, native, progress)
            rows = _from_cells(values, schema, shape).astype(form.dtype)
    if content_digest(rows) != block.content:
        raise FileRefused(OTHERWISE)
    return rows


@contextmanager
def decoding() -> Iterator[None]:
    """Once decoding leaves the encoder's path, anything may be found in the stream."""
    try:
        yield
    except FileRefused:
        raise
    except MemoryError as error:
        raise FileRefused(LARGER) from error
    except (KeyError, IndexError, ValueError, OverflowError, AssertionError, RuntimeError) as error:
        raise FileRefused(LARGER if out_of_memory(error) else OTHERWISE) from error


def _checked(fitted: Fitted, payload: bytes, values: Array) -> bool:
    """Whether the payload decodes to the values here, as it stands in the file."""
    try:
        with decoding():
            back = lossless.from_payload(fitted, payload, len(values), values.dtype)
    except FileRefused:
        return False
    return all(
        back[i : i + 4096].tobytes() == np.ascontiguousarray(values[i : i + 4096]).tobytes()
        for i in range(0, len(values), 4096)
    )


def _promising(rows: Array, coded: int) -> bool:
    """Whether a general packer may beat ``coded`` bytes."""
    quick = zlib.compressobj(6, zlib.DEFLATED, -15)
    size = sum(
        len(quick.compress(np.ascontiguousarray(rows[i : i + 4096]).tobytes())) for i in range(0, len(rows), 4096)
    )
    return size + len(quick.flush()) < HOPE * coded or rows.nbytes < coded


def _to_cells(rows: Array, schema: Schema) -> Array:
    """(n, *row_shape) -> (n, cells) in the model's layout and native byte order."""
    native = rows.astype(rows.dtype.newbyteorder("="), copy=False)
    return schema.to_model_layout(native.reshape(len(rows), *schema.row_shape)).reshape(len(rows), schema.size)


def _from_cells(values: Array, schema: Schema, shape: tuple[int, ...]) -> Array:
    laid = schema.to_user_layout(values.reshape(len(values), *schema.shape))
    return np.ascontiguousarray(laid).reshape(shape)
