"""Compression in memory, or block by block for any number of rows."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from quintet.arguments import BatchRows, Condition, Count, Effort, Positive, RowStream, Writable
from quintet.codec.container.block_index import BlockEntry, index_bytes
from quintet.codec.container.blocks import Block
from quintet.codec.container.checksums import digest
from quintet.codec.container.layout import CSV, HEADER, MARK, STEPS, TABLES, VERSION, FileHeader, RowFormat
from quintet.data.csv_text.csv_table import CsvTable
from quintet.data.row_layout import Steps
from quintet.data.writers.atomic_file import atomic
from quintet.entry_points import public
from quintet.inference.chunks import RowProgress, progress_of_part
from quintet.models.fitted import Fitted
from quintet.tasks.compress.block import Options, encode_block
from quintet.tasks.compress.identity import identity_of
from quintet.tasks.compress.row_blocks import batches_of, cut, form_of
from quintet.tasks.compress.tables.frame_rows import FrameRows


class ByteTarget(Protocol):
    """Anything with a method ``write`` for bytes."""

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
    """Rows to the bytes of one file, from which ``decompress`` restores them.

    Parameters
    ----------
    X : (n, *row_shape) numbers of at most 64 bits in the user's units; any value of the dtype is legal.
    condition : of a conditional model, as ``Condition.encode`` accepts it; it is stored with the rows. None: each row
        gets the condition under which it is most probable.
    lossy : True keeps only the latents, on a grid with a step of one typical spread of the posterior; a number is the
        step in such spreads.
    effort : "low" skips the trial decoding that checks the file; "high" also tries a general packer on every block.
    batch_rows : most rows of one pass through the networks.
    block_rows : rows of a block, which is coded, checked and decoded independently; None: about two million cells.

    Returns
    -------
    bytes
        A lossless file is at most 64 bytes longer than the rows themselves, plus 40 for each further block, however
        improbable the rows are under the model.
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
    """Write the bytes of ``compress`` into a file, with at most two blocks in memory.

    Parameters
    ----------
    file : a path, which is replaced once everything is written, or an object with ``write``; it need not seek.
    X : as for ``compress``; a memory-mapped array is read block by block. Or an iterator of arrays of any lengths, or
        of pairs (rows, condition).

    Returns
    -------
    int
        Number of rows written.
    """
    options = Options(lossy, effort, batch_rows)
    shown, batches = batches_of(X, condition, fitted.schema)
    form = RowFormat(*form_of(shown, fitted.schema), lossy is not False)
    pieces = cut(batches, fitted.schema, block_rows)
    if options.lossy is not False:
        pieces = (piece for piece in pieces if len(piece[0]))
    known = None if isinstance(X, Iterator) else len(shown)
    opened = atomic(file, force=True) if isinstance(file, str | Path) else nullcontext(file)
    with opened as target:
        return _write(target, fitted, form, pieces, options, progress if known else None, known or 0)


def _write(
    file: ByteTarget,
    fitted: Fitted,
    form: RowFormat,
    pieces: Iterator[tuple[Any, Tensor | None]],
    options: Options,
    progress: RowProgress | None,
    total: int,
) -> int:
    """Write header, blocks and index; a piece is coded after the next one is read, since the last block is marked."""
    model, entries, mark = identity_of(fitted).name, list[BlockEntry](), b""
    piece, first, at = next(pieces, None), 0, HEADER
    version = _version(fitted, None if piece is None else piece[0])
    while piece is not None:
        (rows, given), piece = piece, next(pieces, None)
        kind, content, payload = encode_block(fitted, rows, given, options, progress_of_part(progress, first, total))
        if not entries:
            mark = content[:MARK]
            file.write(FileHeader(version, form, model, mark).to_bytes())
        block = Block(kind, first, len(rows), content, payload, last=piece is None).to_bytes(mark, model)
        file.write(block)
        entries.append(BlockEntry(first, len(rows), at, len(block)))
        first, at = first + len(rows), at + len(block)
        if progress is not None:
            progress("compress", first, total)
    if not entries:
        file.write(FileHeader(version, form, model, digest(b"")[:MARK]).to_bytes())
    file.write(index_bytes(form, entries, model))
    return first


def _version(fitted: Fitted, rows: Any) -> int:
    """The version of a file with such rows."""
    if not fitted.schema.columns:
        return STEPS if fitted.model.has_context and isinstance(fitted.schema.layout, Steps) else VERSION
    return CSV if isinstance(rows, FrameRows) and isinstance(rows.frame, CsvTable) else TABLES
