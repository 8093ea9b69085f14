"""Encodes and decodes one block of rows or of a table: under the model, or packed without it where that is shorter."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from quintet.codec.container.block_limits import may_unpack, pad_payload
from quintet.codec.container.blocks import Block
from quintet.codec.container.checksums import DIGEST, content_digest, digest
from quintet.codec.container.layout import CODED, LOSSY_KINDS, STORED, RowFormat
from quintet.codec.container.packing import pack, unpack
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError, warn
from quintet.inference.chunks import RowProgress
from quintet.models.fitted import Fitted
from quintet.tasks.compress.decoding_errors import DIFFERENT_ARITHMETIC, decoding
from quintet.tasks.compress.ledger import Ledger
from quintet.tasks.compress.lossless import from_payload, to_payload
from quintet.tasks.compress.lossy_block import lossy_payload, rows_of_lossy
from quintet.tasks.compress.tables.block import (
    joined_payload,
    legal_frame,
    plain_table,
    read_table,
    split_payload,
    to_frame,
)
from quintet.tasks.compress.tables.cells import cells_of_frame

Array = np.ndarray[Any, Any]
PROMISING = 1.25  # the slow packer is tried where the quick one needs at most this many times the bytes of the model
MAX_STEP = 2.0**20  # the lossy code's largest step, and the inverse of its smallest


@dataclass(frozen=True)
class Options:
    """The user's options of the code."""

    lossy: bool | float = False
    effort: str = "normal"
    batch_rows: int = 256

    def __post_init__(self) -> None:
        if self.lossy is not False and not 1 / MAX_STEP <= float(self.lossy) <= MAX_STEP:
            raise InputError(
                "lossy must be True, or the step of the latents' grid in spreads of the posterior, from 2^-20 to 2^20, "
                f"got {self.lossy}; True is a step of 1."
            )


def encode_block(
    fitted: Fitted, rows: Any, given: Tensor | None, options: Options, progress: RowProgress | None = None
) -> tuple[int, bytes, bytes]:
    """Kind of code, digest of the content, and payload of n >= 1 rows.

    Parameters
    ----------
    rows : (n, *row_shape) in the user's layout, or the ``FrameRows`` of a table.
    """
    if fitted.schema.columns and options.lossy is False:
        cells, plain = read_table(fitted.schema, rows.frame)
        kind, coded = _code(fitted, cells, given, options, progress, np.isnan(cells))
        return kind, plain.digest(DIGEST), joined_payload(fitted.schema, coded, plain, cells)
    if fitted.schema.columns:
        rows = cells_of_frame(fitted.schema, rows.frame)
    if options.lossy is not False:
        values = _to_cells(rows, fitted.schema)
        kind, payload = lossy_payload(fitted, values, given, float(options.lossy), options.batch_rows)
        payload = pad_payload(payload, *values.shape)
        return kind, digest(payload), payload
    kind, payload = _code(fitted, rows, given, options, progress)
    return kind, content_digest(rows), pad_payload(payload, len(rows), fitted.schema.size)


def _code(
    fitted: Fitted,
    rows: Array,
    given: Tensor | None,
    options: Options,
    progress: RowProgress | None,
    hidden: Array | None = None,
) -> tuple[int, bytes]:
    """Kind of code, and the lossless code of rows (n, *row_shape); ``hidden`` as in ``to_payload``."""
    if not len(rows):
        return STORED, pack(b"")
    values = _to_cells(rows, fitted.schema)
    payload = to_payload(fitted, values, given, options.batch_rows, progress, hidden)
    coded = options.effort == "low" or _decodes_to(fitted, payload, values, hidden)
    if not coded:
        warn(
            "Decoding did not reproduce the encoder's arithmetic on this machine, so the rows were packed without the "
            "model: please report the model's network.",
        )
    if coded and options.effort != "high" and not _packer_may_win(rows, len(payload)):
        return CODED, payload
    packed = pack(np.ascontiguousarray(rows).tobytes())
    return (CODED, payload) if coded and len(payload) <= len(packed) else (STORED, packed)


def decode_block(
    fitted: Fitted, form: RowFormat, block: Block, batch_rows: int, progress: RowProgress | None = None
) -> Any:
    """The rows of ``encode_block``, an array or a frame.

    For a lossy block E[x|z] in the user's units and the training data's dtype, or a frame of legal values.

    Raises
    ------
    FileRefused
        The block was coded on a machine that calculates differently, or its checksum was forged.
    """
    schema = fitted.schema
    if (block.kind in LOSSY_KINDS) != form.lossy:
        raise FileRefused(
            f"A block of kind {block.kind} stands in a file of another kind, which no version writes: fetch it again."
        )
    with decoding():
        if block.kind in LOSSY_KINDS:
            if digest(block.payload) != block.content:
                raise FileRefused(DIFFERENT_ARITHMETIC)
            shape = (block.rows, *form.row_shape(schema.row_shape))
            rows = rows_of_lossy(fitted, block, batch_rows).reshape(shape)
            return legal_frame(schema, rows) if schema.columns else rows
        if schema.columns:
            coded, rest, hidden = split_payload(block.payload, block.rows, schema.size)
            cells = decode_cells(fitted, form, block, coded, progress=progress, hidden=hidden)
            plain, _ = plain_table(schema, rest, cells)
            if plain.digest(DIGEST) != block.content:
                raise FileRefused(DIFFERENT_ARITHMETIC)
            return to_frame(plain)
        rows = decode_cells(fitted, form, block, block.payload, progress=progress)
    if content_digest(rows) != block.content:
        raise FileRefused(DIFFERENT_ARITHMETIC)
    return rows


def decode_cells(
    fitted: Fitted,
    form: RowFormat,
    block: Block,
    payload: bytes,
    ledger: Ledger | None = None,
    progress: RowProgress | None = None,
    hidden: Array | None = None,
) -> Array:
    """The rows of a lossless block, (n, *row_shape); ``payload`` is the code of a table's cells, or of all rows."""
    shape = (block.rows, *form.row_shape(fitted.schema.row_shape))
    if block.kind == CODED:
        native = form.dtype.newbyteorder("=")
        values = from_payload(fitted, payload, block.rows, native, progress, ledger, hidden)
        return _from_cells(values, fitted.schema, shape).astype(form.dtype)
    row_bytes = fitted.schema.size * form.dtype.itemsize
    if not may_unpack(block.version, block.rows, row_bytes, len(payload)):
        raise FileRefused(
            f"A block of {len(payload)} bytes claims {block.rows} rows, more than it may hold: fetch it again."
        )
    content = unpack(payload, block.rows * row_bytes)
    return np.frombuffer(content, form.dtype).reshape(shape).copy()


def _decodes_to(fitted: Fitted, payload: bytes, values: Array, hidden: Array | None) -> bool:
    """Whether the payload decodes to the values on this machine."""
    try:
        with decoding():
            back = from_payload(fitted, payload, len(values), values.dtype, hidden=hidden)
    except FileRefused:
        return False
    return all(
        back[i : i + 4096].tobytes() == np.ascontiguousarray(values[i : i + 4096]).tobytes()
        for i in range(0, len(values), 4096)
    )


def _packer_may_win(rows: Array, coded: int) -> bool:
    """Whether a general packer may need fewer than ``coded`` bytes, by the quick one."""
    quick = zlib.compressobj(6, zlib.DEFLATED, -15)
    size = sum(
        len(quick.compress(np.ascontiguousarray(rows[i : i + 4096]).tobytes())) for i in range(0, len(rows), 4096)
    )
    return size + len(quick.flush()) < PROMISING * coded or rows.nbytes < coded


def _to_cells(rows: Array, schema: Schema) -> Array:
    """(n, *row_shape) -> (n, cells) in the model's layout and native byte order."""
    native = rows.astype(rows.dtype.newbyteorder("="), copy=False)
    return schema.to_model_layout(native.reshape(len(rows), *schema.row_shape)).reshape(len(rows), schema.size)


def _from_cells(values: Array, schema: Schema, shape: tuple[int, ...]) -> Array:
    laid = schema.to_user_layout(values.reshape(len(values), *schema.shape))
    return np.ascontiguousarray(laid).reshape(shape)
