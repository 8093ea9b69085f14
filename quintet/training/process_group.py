"""The processes of a training, over PyTorch's process groups (gloo on the CPU, NCCL between GPUs)."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from quintet import launched
from quintet.errors import InputError, ProcessLost, QuintetError
from quintet.training.precision import find_device
from quintet.training.processes import ALONE, Processes
from quintet.training.several_processes import SeveralProcesses

MEETING = timedelta(minutes=10)
"""Least time in which the processes of a program have to start."""
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
        _join(max(limit, MEETING))
        own_gpu = where.type == "cuda" and launched.local_count() <= torch.cuda.device_count()
        patient = dist.new_group(backend="gloo", timeout=PATIENCE)
        dist.barrier(group=patient)  # one may read its rows for longer than the others
        control = dist.new_group(backend="gloo", timeout=limit)
        steps = dist.new_group(backend="nccl", timeout=limit) if own_gpu else control
    try:
        yield ProcessGroup(steps, control, patient, timeout)
        if own_gpu:  # after a failure NCCL would wait for the others
            dist.destroy_process_group(steps)
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


class ProcessGroup(SeveralProcesses):
    """Several processes that PyTorch connects.

    Parameters
    ----------
    steps : group that adds gradients, on the device of the training.
    control : group that agrees on numbers on the CPU.
    patient : the same without a limit on the time.
    timeout : limit of the first two in seconds, for the message of an error.
    """

    def __init__(self, steps: Any, control: Any, patient: Any, timeout: float) -> None:
        super().__init__(dist.get_rank(), dist.get_world_size())
        self._steps, self._control, self._patient, self._timeout = steps, control, patient, timeout

    def add(self, tensor: Tensor, patient: bool = False) -> Tensor:
        """Sum over the processes, in place and without a gradient."""
        group = self._patient if patient else self._steps if tensor.is_cuda else self._control
        with _explained(PATIENCE.total_seconds() if patient else self._timeout):
            dist.all_reduce(tensor, group=group)
        return tensor


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
