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
from quintet.data.outputs import atomic
from quintet.entries import public
from quintet.model.fitted import Fitted
from quintet.tasks.chunks import Progress, along
from quintet.tasks.compress.container import HEADER, MARK, VERSION, Form, Header, digest, model_name
from quintet.tasks.compress.frames import Block, Entry, index_bytes
from quintet.tasks.compress.one_block import Options, encode
from quintet.tasks.compress.pieces import batches_of, cut

Array = np.ndarray[Any, Any]


class Target(Protocol):
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
    progress: Progress | None = None,
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
    progress: Progress | None = None,
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
    form = Form(shown.dtype, shown.shape[1:] != fitted.schema.row_shape, lossy is not False)
    pieces = cut(batches, fitted.schema, block_rows)
    known = None if isinstance(X, Iterator) else len(shown)
    opened = atomic(file, force=True) if isinstance(file, str | Path) else nullcontext(file)
    with opened as target:
        return _write(target, fitted, form, pieces, options, progress if known else None, known or 0)


def _write(
    file: Target,
    fitted: Fitted,
    form: Form,
    pieces: Iterator[tuple[Array, Tensor | None]],
    options: Options,
    progress: Progress | None,
    total: int,
) -> int:
    """A piece is coded once the next is there, or none: the last block says that it is."""
    model, entries, mark = model_name(fitted), list[Entry](), b""
    piece, first, at = next(pieces, None), 0, HEADER
    while piece is not None:
        (rows, given), piece = piece, next(pieces, None)
        kind, content, payload = encode(fitted, rows, given, options, along(progress, first, total))
        if not entries:
            mark = content[:MARK]
            file.write(Header(VERSION, form, model, mark).to_bytes())
        block = Block(kind, first, len(rows), content, payload, last=piece is None).to_bytes(mark, model)
        file.write(block)
        entries.append(Entry(first, len(rows), at, len(block)))
        first, at = first + len(rows), at + len(block)
        if progress is not None:
            progress("compress", first, total)
    if not entries:
        file.write(Header(VERSION, form, model, digest(b"")[:MARK]).to_bytes())
    file.write(index_bytes(form, entries, model))
    return first
