"""A mapped file that changes while a model is fitted to it is noticed before more of it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from quintet.errors import FileRefused


def guard_of(array: Any) -> Callable[[], None]:
    """A function that raises ``FileRefused`` once the file of a mapped array has another size or time of change."""
    path = _file_of(array)
    if path is None:
        return _nothing
    known = _sign(path)

    def check() -> None:
        if _sign(path) != known:
            raise FileRefused(
                f"{path} changed while a model was fitted to its rows: fit again when it is no longer written to."
            )

    return check


def _file_of(array: Any) -> str | None:
    """The file that the cells of an array lie in; None for a file without a name."""
    while array is not None:
        if isinstance(array, np.memmap) and array.filename is not None:
            return os.fspath(array.filename)
        array = getattr(array, "base", None)
    return None


def _sign(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _nothing() -> None:
    """The cells are in no file that others can write to."""
