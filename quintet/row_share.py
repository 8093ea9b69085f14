"""Share of a batch's rows that one of several training processes computes.

A loss is a mean over the rows of a batch. Several processes divide the rows: each computes the loss of its own rows,
and the gradients are added. What depends on other rows of the batch (an estimate of the total correlation, free bits,
the averages of a codebook) asks the share for all of them, so that the result is that of one process with all rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Sum = Callable[[Tensor], Tensor]
"""Sum of a tensor over all processes, in place and without a gradient."""


class RowShare:
    """All rows of a batch: the share of a process that trains alone.

    Parameters
    ----------
    weight : share of the gradient of the batch's mean that the gradient of this process's mean counts.
    counted : weight of this process's figures in the sums over all processes; below 1 where several processes compute
        the same rows.
    """

    def __init__(self, weight: float = 1.0, counted: float = 1.0) -> None:
        self.weight, self.counted = weight, counted

    @property
    def is_whole(self) -> bool:
        """Whether this process has all rows of the batch."""
        return True

    def own(self, whole: Tensor) -> Tensor:
        """The rows of this process, from those of the batch."""
        return whole

    def whole(self, own: Tensor) -> Tensor:
        """The rows (batch, ...) of all processes in the batch's order, with gradients to those of this process."""
        return own

    def mean(self, own: Tensor) -> Tensor:
        """Mean over the rows of the batch, (batch, ...) -> (...), with gradients."""
        return own.mean(0)

    def summed(self, own: Tensor) -> Tensor:
        """Sum over the processes, with gradients."""
        return own

    def drawn(self, draw: Callable[[int], Tensor], rows: int, dim: int = 0, by_row: bool = False) -> Tensor:
        """Random numbers of this process's rows: those that one process would draw for them.

        Parameters
        ----------
        draw : gives the numbers of as many rows as asked for.
        rows : number of rows wanted, once the process's own or several times.
        dim : dimension of the rows in what ``draw`` returns.
        by_row : whether those of one row follow each other where there are several; otherwise those of all rows do.
        """
        return draw(rows)

    def some(self, chosen: Tensor) -> RowShare:
        """Share of the rows where ``chosen`` (rows of the whole batch,) is True."""
        return self


ALL_ROWS = RowShare()


class PartOfRows(RowShare):
    """Rows ``start`` to ``stop`` of the ``total`` rows of a batch.

    Parameters
    ----------
    add : sum of a tensor over all processes, in place.
    """

    def __init__(self, start: int, stop: int, total: int, add: Sum) -> None:
        super().__init__(weight=(stop - start) / total if total else 0.0)
        self.start, self.stop, self.total, self._add = start, stop, total, add

    @property
    def is_whole(self) -> bool:
        """False."""
        return False

    def own(self, whole: Tensor) -> Tensor:
        """The rows of this process, from those of the batch."""
        return whole[self.start : self.stop]

    def whole(self, own: Tensor) -> Tensor:
        """The rows (batch, ...) of all processes in the batch's order, with gradients to those of this process."""
        if own.dtype == torch.bool:
            return self.whole(own.to(torch.uint8)).bool()
        empty = own.new_zeros(1, *own.shape[1:])
        before, after = (empty.expand(n, *own.shape[1:]) for n in (self.start, self.total - self.stop))
        return self.summed(torch.cat([before, own, after]))

    def mean(self, own: Tensor) -> Tensor:
        """Mean over the rows of the batch, (batch, ...) -> (...), with gradients."""
        return self.summed(own.sum(0)) / self.total

    def summed(self, own: Tensor) -> Tensor:
        """Sum over the processes, with gradients."""
        found: Tensor = _Sum.apply(own, self._add)  # type: ignore[no-untyped-call]
        return found

    def drawn(self, draw: Callable[[int], Tensor], rows: int, dim: int = 0, by_row: bool = False) -> Tensor:
        """Random numbers of this process's rows, cut from those of the whole batch.

        Draws that are not for rows of this share, such as one for the whole step, are equal in all processes.
        """
        mine = self.stop - self.start
        if rows == 0:
            return draw(self.total).narrow(dim, 0, 0)
        times, rest = divmod(rows, mine) if mine else (0, rows)
        if rest:
            return draw(rows)
        sizes = (self.total, times) if by_row else (times, self.total)
        found: Tensor = draw(times * self.total).unflatten(dim, sizes)  # type: ignore[no-untyped-call]
        return found.narrow(dim if by_row else dim + 1, self.start, mine).flatten(dim, dim + 1)

    def some(self, chosen: Tensor) -> RowShare:
        """Share of the rows where ``chosen`` (rows of the whole batch,) is True."""
        before, mine, total = (int(part.sum()) for part in (chosen[: self.start], self.own(chosen), chosen))
        return PartOfRows(before, before + mine, total, self._add)


class _Sum(torch.autograd.Function):
    """Sum over the processes; its gradient is the sum of their gradients, since all processes read the result."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, add: Sum) -> Tensor:
        ctx.add = add
        return add(own.detach().clone(memory_format=torch.contiguous_format))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.add(gradients[0].clone(memory_format=torch.contiguous_format)), None
