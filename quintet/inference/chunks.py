"""Rows in chunks of one fixed size, so that memory is bounded and a row's answer does not depend on its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from quintet.arguments import BatchRows
from quintet.arguments.checking import checked
from quintet.data.dataset import Batch, Rows


class RowProgress(Protocol):
    """What a question tells whoever waits for it: `progress("denoise", rows_done, rows_total)`."""

    def __call__(self, what: str, done: int, total: int, /) -> None: ...


def progress_of_part(progress: RowProgress | None, before: int, total: int) -> RowProgress | None:
    """How far a part of some work has come, told as of the whole: ``before`` rows are done, of ``total``."""
    if progress is None:
        return None
    return lambda what, done, _: progress(what, before + done, total)


@dataclass(frozen=True)
class Chunk:
    """`count` rows from row `start` on, padded to the chunk's full size by copies of the last of them."""

    start: int
    count: int
    batch: Batch


def pad(batch: Batch, size: int) -> Batch:
    """Lengthen a batch to `size` rows by repeating its last row.

    Matrix products of one shape treat every row alike, those of two shapes may not: a row that always sits in a
    batch of `size` rows gets bitwise the same answer whatever stands beside it.
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
    """The batch with every tensor on `device`."""
    return replace(
        batch,
        x=batch.x.to(device),
        observed=batch.observed.to(device),
        condition=None if batch.condition is None else batch.condition.to(device),
        weight=None if batch.weight is None else batch.weight.to(device),
    )


@checked
def chunks(
    rows: Rows, batch_rows: BatchRows = 256, *, device: torch.device | str = "cpu", start: int = 0
) -> Iterator[Chunk]:
    """Rows `start`, `start + 1`, ... in chunks that all hold exactly `batch_rows` rows (the last one is padded)."""
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
) -> dict[str, Tensor]:
    """Ask `answer(batch, index of its first row)` of every chunk and put the named answers together.

    Parameters
    ----------
    answer
        Returns tensors whose first axis is the batch (rows of padding included; they are cut off here).
    batch_rows
        Rows a chunk; halved, and the chunk asked again, as often as memory runs out.

    Returns
    -------
    Tensors (rows, ...) on the CPU. No rows: no names.
    """
    total, done, size = len(rows), 0, batch_rows
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
    """Whether an exception says that memory ran out, on the processor or on an accelerator."""
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return True
    words = str(problem).lower()
    return "out of memory" in words or "not enough memory" in words or "can't allocate memory" in words
