"""Computation over rows in chunks of a fixed size, with bounded memory and results independent of other rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from quintet.arguments import BatchRows
from quintet.arguments.checking import checked
from quintet.data.dataset import Batch, Rows, on_device

CELLS, LEAST_ROWS = 2**16, 16
"""Cells of a chunk, about, and the fewest rows for whose sake it has fewer than its most: enough to fill a processor,
few enough that a question about a single image does not pay for hundreds."""


class RowProgress(Protocol):
    """Progress callback of a task, such as ``progress("denoise", rows_done, rows_total)``."""

    def __call__(self, what: str, done: int, total: int, /) -> None: ...


def progress_of_part(progress: RowProgress | None, before: int, total: int) -> RowProgress | None:
    """Progress callback of a part of the work, after ``before`` of ``total`` rows are done."""
    if progress is None:
        return None
    return lambda what, done, _: progress(what, before + done, total)


@dataclass(frozen=True)
class Chunk:
    """``count`` rows from row ``start``, padded to the chunk size with copies of the last row."""

    start: int
    count: int
    batch: Batch


def pad(batch: Batch, size: int) -> Batch:
    """Pad a batch to ``size`` rows by repeating its last row.

    Matrix products of different shapes may round a row differently. With a fixed batch size a row's result is the same
    bit for bit, whatever the other rows are.
    """
    short = size - len(batch.x)
    if short <= 0:
        return batch

    def longer(t: Tensor | None) -> Tensor | None:
        return None if t is None else torch.cat([t, t[-1:].expand(short, *t.shape[1:])])

    return Batch(
        x=torch.cat([batch.x, batch.x[-1:].expand(short, *batch.x.shape[1:])]),
        observed=torch.cat([batch.observed, batch.observed[-1:].expand(short, *batch.observed.shape[1:])]),
        condition=longer(batch.condition),
        weight=longer(batch.weight),
    )


def to_device(batch: Batch, device: torch.device | str) -> Batch:
    """The batch with all tensors on ``device``."""
    return on_device(batch, torch.device(device))


def rows_at_a_time(batch_rows: int, cells: int) -> int:
    """Rows of a chunk of at most ``batch_rows`` rows of so many cells: a power of two below, if the rows are long."""
    enough: int = max(LEAST_ROWS, 1 << max(0, (CELLS // max(1, cells)).bit_length() - 1))
    return min(batch_rows, enough)


@checked
def chunks(
    rows: Rows, batch_rows: BatchRows = 256, *, device: torch.device | str = "cpu", start: int = 0
) -> Iterator[Chunk]:
    """Rows from ``start`` in chunks of exactly ``batch_rows`` rows, the last one padded."""
    total = len(rows)
    while start < total:
        stop = min(start + batch_rows, total)
        yield Chunk(start, stop - start, to_device(pad(rows.batch(slice(start, stop)), batch_rows), device))
        start = stop


def in_chunks(
    answer: Callable[[Batch, int], Mapping[str, Tensor]],
    rows: Rows,
    *,
    batch_rows: int = 256,
    device: torch.device | str = "cpu",
    progress: RowProgress | None = None,
    what: str = "rows",
    sequential: bool = False,
) -> dict[str, Tensor]:
    """Call ``answer(batch, index of its first row)`` for every chunk and concatenate the named results.

    Parameters
    ----------
    answer
        Returns tensors whose first axis is the batch, padding included.
    batch_rows
        Most rows of a chunk (``rows_at_a_time``); halved, and the chunk repeated, whenever memory runs out.
    sequential
        Whether an answer takes many small steps, whose cost hardly grows with the rows: chunks have ``batch_rows``.

    Returns
    -------
    Tensors (rows, ...) on the CPU; an empty dict without rows.
    """
    total, done = len(rows), 0
    size = batch_rows if sequential or not total else rows_at_a_time(batch_rows, rows.values[0].numel())
    whole: dict[str, Tensor] = {}
    while done < total:
        try:
            chunk = next(chunks(rows, size, device=device, start=done))
            part = answer(chunk.batch, chunk.start)
        except (RuntimeError, MemoryError) as problem:
            if size == 1 or not out_of_memory(problem):
                raise
            size = max(1, size // 2)
            continue
        for name, t in part.items():
            if name not in whole:
                whole[name] = torch.empty((total, *t.shape[1:]), dtype=t.dtype)
            whole[name][done : done + chunk.count] = t[: chunk.count].detach().cpu()
        done += chunk.count
        if progress is not None:
            progress(what, done, total)
    return whole


def out_of_memory(problem: BaseException) -> bool:
    """Whether an exception means that memory ran out, on the CPU or on an accelerator."""
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return True
    words = str(problem).lower()
    return "out of memory" in words or "not enough memory" in words or "can't allocate memory" in words
