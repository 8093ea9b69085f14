"""States of a process that must change nothing that quintet computes, and that it must leave as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import numpy as np
import torch


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextmanager
def default_device(device: str) -> Iterator[None]:
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)


STATES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "default_dtype": lambda: default_dtype(torch.float64),
    "half_dtype": lambda: default_dtype(torch.float16),
    "brain_dtype": lambda: default_dtype(torch.bfloat16),
    "default_device": lambda: default_device("meta"),
    "device_context": lambda: torch.device("meta"),
    "errstate": lambda: np.errstate(all="raise"),
    "deterministic_algorithms": deterministic,
}


@contextmanager
def all_at_once() -> Iterator[None]:
    with ExitStack() as stack:
        for name, state in STATES.items():
            if name not in ("half_dtype", "brain_dtype", "device_context"):
                stack.enter_context(state())
        yield


def snapshot() -> tuple[Any, ...]:
    """Everything of the process that a call must leave as it was; compare two with ``==``."""
    legacy = np.random.get_state()  # noqa: NPY002 - it is the global state that must be left alone
    return (
        torch.get_rng_state().tolist(),
        legacy[1].tolist(),
        legacy[2:],
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_float32_matmul_precision(),
        tuple(np.geterr().items()),
    )
