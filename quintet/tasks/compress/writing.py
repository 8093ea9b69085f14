"""``compress`` in memory, and ``compress_to`` for rows of any number, block by block."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from quintet.arguments import BatchRows, Condition, Count, Effort, Positive, RowStream, Writable
from quintet.codec.container.blocks import Block, BlockEntry, index_bytes
from quintet.codec.container.layout import HEADER, MARK, VERSION, FileHeader, RowFormat, digest, model_name
from quintet.data.writers.atomic_file import atomic
from quintet.entry_points import public
from quintet.inference.chunks import RowProgress, progress_of_part
from quintet.models.fitted import Fitted
from quintet.tasks.compress.block import Options, encode_block
from quintet.tasks.compress.row_blocks import batches_of, cut

Array = np.ndarray[Any, Any]


class ByteTarget(Protocol):
    """What bytes can be written to."""

    def write(self, content: bytes, /) -> Any: ...


@public
def compress(
    fitted: Fitted,
    X: RowStream,
    condition: Condition | None = None,
    lossy: bool | Positive = False,
    effort: Effort = "normal",
    batch_rows: BatchRows = 256,
    progress: RowProgress | None = None,
    block_rows: Count | None = None,
) -> bytes:
    """Rows to the bytes of one file that ``decompress`` turns back.

    Parameters
    ----------
    X : (n, *row_shape) numbers of at most 64 bits in the user's units; any value of the dtype is legal.
    condition : of a conditional model, as ``Condition.encode`` takes it; it is stored with the rows. Where it is not
        given, each row takes the level that makes it shortest.
    lossy : True keeps only the latents, on a grid as fine as the posterior is sure; a number makes that grid coarser
        (above 1) or finer (below 1).
    effort : "low" leaves out the decoding that checks the file; "high" also tries a general packer on every block.
    batch_rows : most rows that the networks see at a time.
    block_rows : rows of a block, which is coded, checked and decoded alone; None: some two million cells.

    Returns
    -------
    bytes
        Lossless: at most 64 bytes longer than the rows themselves, and 40 more for each further block, whatever the
        model makes of them.
    """
    out = io.BytesIO()
    compress_to(fitted, out, X, condition, lossy, effort, batch_rows, progress, block_rows)
    return out.getvalue()


@public
def compress_to(
    fitted: Fitted,
    file: Writable,
    X: RowStream,
    condition: Condition | None = None,
    lossy: bool | Positive = False,
    effort: Effort = "normal",
    batch_rows: BatchRows = 256,
    progress: RowProgress | None = None,
    block_rows: Count | None = None,
) -> int:
    """The same bytes into a file, in the memory that two blocks take.

    Parameters
    ----------
    file : a path, which is replaced once all is written, or what bytes can be written to; it need not seek.
    X : as for ``compress``; an array that is mapped from the disk is read block by block. Or an iterator of arrays of
        any lengths, of pairs (rows, condition) where there is one.

    Returns
    -------
    int
        How many rows there were.
    """
    options = Options(lossy, effort, batch_rows)
    shown, batches = batches_of(X, condition, fitted.schema)
    form = RowFormat(shown.dtype, shown.shape[1:] != fitted.schema.row_shape, lossy is not False)
    pieces = cut(batches, fitted.schema, block_rows)
    known = None if isinstance(X, Iterator) else len(shown)
    opened = atomic(file, force=True) if isinstance(file, str | Path) else nullcontext(file)
    with opened as target:
        return _write(target, fitted, form, pieces, options, progress if known else None, known or 0)


def _write(
    file: ByteTarget,
    fitted: Fitted,
    form: RowFormat,
    pieces: Iterator[tuple[Array, Tensor | None]],
    options: Options,
    progress: RowProgress | None,
    total: int,
) -> int:
    """A piece is coded once the next is there, or none: the last block says that it is."""
    model, entries, mark = model_name(fitted), list[BlockEntry](), b""
    piece, first, at = next(pieces, None), 0, HEADER
    while piece is not None:
        (rows, given), piece = piece, next(pieces, None)
        kind, content, payload = encode_block(fitted, rows, given, options, progress_of_part(progress, first, total))
        if not entries:
            mark = content[:MARK]
            file.write(FileHeader(VERSION, form, model, mark).to_bytes())
        block = Block(kind, first, len(rows), content, payload, last=piece is None).to_bytes(mark, model)
        file.write(block)
        entries.append(BlockEntry(first, len(rows), at, len(block)))
        first, at = first + len(rows), at + len(block)
        if progress is not None:
            progress("compress", first, total)
    if not entries:
        file.write(FileHeader(VERSION, form, model, digest(b"")[:MARK]).to_bytes())
    file.write(index_bytes(form, entries, model))
    return first
