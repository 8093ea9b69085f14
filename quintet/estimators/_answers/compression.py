"""The question ``compress``: rows to few bits and back, in memory or from file to file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quintet.arguments import (
    BatchRows,
    Condition,
    Content,
    Count,
    Damaged,
    Effort,
    Positive,
    RowChoice,
    RowsLike,
    RowStream,
    Stretch,
    Writable,
)
from quintet.entry_points import public
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators.progress import progress_bar
from quintet.tasks import compress as task


@public
def compress(
    self: FittedEstimator,
    X: RowsLike,
    condition: Condition | None = None,
    *,
    lossy: bool | Positive = False,
    effort: Effort = "normal",
    batch_rows: BatchRows = 256,
    block_rows: Count | None = None,
) -> bytes:
    """Rows to the bytes of one file, about -log2 p(x) bits a row; ``decompress`` turns it back bit for bit.

    Parameters
    ----------
    X : (n, *row_shape); any value of its dtype is legal. For a table a frame: its columns, types, index and labels are
        restored, columns that the model leaves out or does not know included.
    condition : of a conditional model; it is stored in the file. None: for each row the one that codes it shortest.
    lossy : True keeps less than the rows, a number makes it coarser (above 1) or finer (below): by the code of
        ``fit_lossy``, in steps of 32 grey levels, or where none was learnt the quantised latents alone.
    effort : "low" omits the check of the file; "high" tries a general packer as well.
    batch_rows : most rows that the networks see at a time.
    block_rows : rows of a block, which is coded, checked and decoded alone; None: some two million cells.
    """
    fitted = fitted_for(self, "compress")
    with progress_bar(self.verbose) as progress:
        return task.compress(fitted, X, condition, lossy, effort, batch_rows, progress, block_rows)


@public
def compress_to(
    self: FittedEstimator,
    file: Writable,
    X: RowStream,
    condition: Condition | None = None,
    *,
    lossy: bool | Positive = False,
    effort: Effort = "normal",
    batch_rows: BatchRows = 256,
    block_rows: Count | None = None,
) -> int:
    """The bytes of ``compress`` into a file, with the memory of two blocks; returns the number of rows.

    Parameters
    ----------
    file : a path, which is replaced once all is written, or an open file.
    X : an array, read block by block where it is mapped from the disk, or a frame; or an iterator of these, of any
        lengths, of pairs (rows, condition) where there is one.
    condition, lossy, effort, batch_rows, block_rows : as in ``compress``.
    """
    fitted = fitted_for(self, "compress")
    with progress_bar(self.verbose) as progress:
        return task.compress_to(fitted, file, X, condition, lossy, effort, batch_rows, progress, block_rows)


@public
def decompress(
    self: FittedEstimator,
    blob: Content,
    *,
    rows: RowChoice | None = None,
    damaged: Damaged = "refuse",
    batch_rows: BatchRows = 256,
) -> Any:
    """The rows of a compressed file, an array or a frame of the library that was compressed, equal bit for bit.

    Of a lossy file rows like them: E[x|z], or by the code of ``fit_lossy``.

    Parameters
    ----------
    blob : the bytes, a path, or a file that can seek.
    rows : a slice, row numbers or a mask: as of the whole array, read from their blocks alone. None: all.
    damaged : "refuse", or "skip": leave out the rows of damaged blocks, and name them in a warning.
    """
    fitted = fitted_for(self, "compress")
    with progress_bar(self.verbose) as progress:
        return task.decompress(fitted, blob, batch_rows, progress, rows, damaged)


@public
def decompress_from(
    self: FittedEstimator,
    file: Content,
    *,
    rows: Stretch | None = None,
    damaged: Damaged = "refuse",
    batch_rows: BatchRows = 256,
) -> Iterator[Any]:
    """The rows of ``decompress``, block after block: one array or frame at least, which may be empty.

    Parameters
    ----------
    rows : a slice with a step of 1 or more. None: all.
    file, damaged, batch_rows : as in ``decompress``.
    """
    fitted = fitted_for(self, "compress")
    with progress_bar(self.verbose) as progress:
        yield from task.decompress_from(fitted, file, batch_rows, progress, rows, damaged)


@public
def lost_rows(self: FittedEstimator, file: Content) -> list[slice]:
    """The rows that a damaged file has lost, found without decoding; the last slice is open where it was cut."""
    return task.lost_rows(fitted_for(self, "compress"), file)
