"""The processes of a training, over PyTorch's process groups (gloo on the CPU, NCCL between GPUs)."""

from __future__ import annotations

import atexit
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from quintet import errors, launched
from quintet.errors import InputError, ProcessLost, QuintetError
from quintet.row_share import PartOfRows, RowShare
from quintet.training.precision import find_device
from quintet.training.processes import ALONE, Moment, Processes

PATIENCE = timedelta(days=7)
"""Longest wait for what the first process alone does, such as the calibration."""


@contextmanager
def processes_for(device: str, timeout: float) -> Iterator[Processes]:
    """The processes that were launched together; a single one without a launcher.

    The program's process group is used if there is one. Otherwise one is set up, which stays until the program ends.

    Parameters
    ----------
    device : of the training, see ``find_device``.
    timeout : seconds after which a process that waits for another one in training gives up.
    """
    if launched.count() == 1:
        yield ALONE
        return
    where = find_device(device)
    limit = timedelta(seconds=timeout)
    with _explained(timeout):
        _join(limit)
        own_gpu = where.type == "cuda" and launched.local_count() <= torch.cuda.device_count()
        control, patient = (dist.new_group(backend="gloo", timeout=t) for t in (limit, PATIENCE))
        steps = dist.new_group(backend="nccl", timeout=limit) if own_gpu else control
    try:
        yield ProcessGroup(steps, control, patient, timeout)
    finally:  # the others see that connections are closed
        for group in (control, patient):
            dist.destroy_process_group(group)


def _join(limit: timedelta) -> None:
    """Set up the program's process group, if there is none."""
    if dist.is_initialized():
        return
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise InputError(
            f"WORLD_SIZE={launched.count()} asks for several processes, and {missing[0]} is not set: start them with "
            "torchrun or `accelerate launch`, or unset WORLD_SIZE."
        )
    dist.init_process_group("gloo", timeout=limit)
    atexit.register(_leave)


class ProcessGroup(Processes):
    """Several processes, each with a share of the rows of every batch.

    Parameters
    ----------
    steps : group that adds gradients, on the device of the training.
    control : group that agrees on numbers on the CPU.
    patient : the same without a limit on the time.
    timeout : limit of the first two in seconds, for the message of an error.
    """

    def __init__(self, steps: Any, control: Any, patient: Any, timeout: float) -> None:
        self._steps, self._control, self._patient, self._timeout = steps, control, patient, timeout
        self.rank, self.count = dist.get_rank(), dist.get_world_size()
        self._source = dist.get_global_rank(control, 0)

    def share(self, rows: int) -> RowShare:
        """Contiguous rows, as many as the other processes have; all of a batch with fewer rows than processes."""
        if rows < self.count:
            return RowShare(weight=1 / self.count, counted=1 / self.count)
        start, stop = (number * rows // self.count for number in (self.rank, self.rank + 1))
        return PartOfRows(start, stop, rows, self.add)

    def add(self, tensor: Tensor) -> Tensor:
        """Sum over the processes, in place and without a gradient."""
        with _explained(self._timeout):
            dist.all_reduce(tensor, group=self._steps if tensor.is_cuda else self._control)
        return tensor

    @torch.no_grad()
    def add_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replace each parameter's gradient by the sum over the processes; one without any gradient keeps none.

        All gradients of a type are added at once, together with the number of processes that have each.
        """
        for dtype, each in groupby(sorted(parameters, key=lambda p: str(p.dtype)), key=lambda p: p.dtype):
            some = list(each)
            has = torch.tensor([p.grad is not None for p in some], dtype=dtype, device=some[0].device)
            parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in some]
            found = self.add(torch.cat([*(part.reshape(-1) for part in parts), has]))
            *sums, having = torch.split(found, [*(p.numel() for p in some), len(some)])
            for parameter, total, number in zip(some, sums, having, strict=True):
                if parameter.grad is not None:
                    parameter.grad.copy_(total.view_as(parameter))
                elif number > 0:
                    parameter.grad = total.view_as(parameter).clone()

    def agree(self, moment: Moment) -> Moment:
        """The first process's clock and checkpoint; to stop, if any process was asked to."""
        first = self.is_first
        mine = [moment.now if first else 0.0, float(moment.save and first), float(moment.stop)]
        now, save, stop = self.add(torch.tensor(mine, dtype=torch.float64)).tolist()
        return Moment(now, bool(save), bool(stop))

    @torch.no_grad()
    def align(self, tensors: Iterable[Tensor]) -> None:
        """Write the first process's values into these tensors of the same shapes."""
        every = list(tensors)
        for kind, each in groupby(sorted(every, key=lambda t: str(t.device)), key=lambda t: t.device):
            some = list(each)
            bits = torch.cat([t.detach().contiguous().reshape(-1).view(torch.uint8) for t in some])
            with _explained(self._timeout):
                dist.broadcast(bits, self._source, group=self._steps if kind.type == "cuda" else self._control)
            sizes = [t.numel() * t.element_size() for t in some]
            for tensor, part in zip(some, torch.split(bits, sizes), strict=True):
                tensor.copy_(part.clone().view(tensor.dtype).view(tensor.shape))

    def check_equal(self, digest: str) -> None:
        """Raise ``InputError`` if the processes were given different rows or options, by their hash."""
        mine = torch.tensor(list(hashlib.sha256(digest.encode()).digest()), dtype=torch.uint8)
        every = [torch.empty_like(mine) for _ in range(self.count)]
        with _explained(self._timeout):
            dist.all_gather(every, mine, group=self._control)
        other = [number for number, theirs in enumerate(every) if not torch.equal(theirs, every[0])]
        if other:
            raise InputError(
                f"All processes must be given the same rows and options, process {other[0]} has others than process 0: "
                "give every process all rows, of which each computes its share."
            )

    def from_first(self, work: Callable[[], bytes]) -> bytes:
        """What ``work`` returns in the first process, which alone runs it; an error of it is raised in all."""
        if self.is_first:
            try:
                data = work()
            except BaseException as error:
                self._hand_out(f"{type(error).__name__} {error}".encode(), failed=True)
                raise
            return self._hand_out(data)
        return self._hand_out(b"")

    def _hand_out(self, data: bytes, failed: bool = False) -> bytes:
        about = torch.tensor([len(data), failed], dtype=torch.int64)
        with _explained(PATIENCE.total_seconds()):
            dist.broadcast(about, self._source, group=self._patient)
            content = torch.frombuffer(bytearray(data or b" "), dtype=torch.uint8)
            content = content if self.is_first else torch.empty(max(1, int(about[0])), dtype=torch.uint8)
            dist.broadcast(content, self._source, group=self._patient)
        found = content[: int(about[0])].numpy().tobytes()
        if about[1] and not self.is_first:
            raise _error(found.decode())
        return found


def _error(text: str) -> QuintetError:
    """The error that the first process raised, of the same class if it is one of quintet."""
    name, _, sentence = text.partition(" ")
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, QuintetError):
        return kind(sentence)
    return ProcessLost(f"Process 0 failed ({text}): see its own message.")


@contextmanager
def _explained(timeout: float) -> Iterator[None]:
    """Raise ``ProcessLost`` where another process ended or does not answer."""
    try:
        yield
    except (RuntimeError, ValueError) as error:  # of gloo, NCCL and the store at which the processes meet
        if isinstance(error, QuintetError):
            raise
        here = f"Process {launched.rank()} of {launched.count()}"
        raise ProcessLost(
            f"{here} lost another one, which ended or gave no answer within {timeout:g} s: see the messages of the "
            "others, and start all again with resume=True (--resume) to continue from the checkpoint."
        ) from error


def _leave() -> None:
    """Destroy the process group at the program's end, as PyTorch asks for."""
    if dist.is_initialized():
        dist.destroy_process_group()
