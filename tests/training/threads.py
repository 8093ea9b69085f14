"""Processes of a training as threads of one process, which exchange sums in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from quintet.training.processes import Processes
from quintet.training.several_processes import SeveralProcesses

T = TypeVar("T")


class Wire:
    """Where the threads meet."""

    def __init__(self, count: int) -> None:
        self.meeting = threading.Barrier(count, timeout=120)
        self.slots: dict[int, Tensor] = {}


class Thread(SeveralProcesses):
    """One of several threads that train together."""

    def __init__(self, rank: int, count: int, wire: Wire) -> None:
        super().__init__(rank, count)
        self._wire = wire

    def add(self, tensor: Tensor, patient: bool = False) -> Tensor:
        self._wire.slots[self.rank] = tensor.clone()
        self._wire.meeting.wait()
        total = torch.stack([self._wire.slots[rank] for rank in range(self.count)]).sum(0, dtype=tensor.dtype)
        self._wire.meeting.wait()
        return tensor.copy_(total)


def together(count: int, work: Callable[[Processes], T]) -> list[T]:
    """What ``work`` returns in each of several threads; an error of any is raised."""
    wire, found, problems = Wire(count), dict[int, T](), list[BaseException]()

    def run(rank: int) -> None:
        try:
            found[rank] = work(Thread(rank, count, wire))
        except BaseException as problem:
            wire.meeting.abort()
            if not isinstance(problem, threading.BrokenBarrierError):
                problems.append(problem)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return [found[rank] for rank in range(count)]
