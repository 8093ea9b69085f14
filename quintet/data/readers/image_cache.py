"""Rows of image files that are larger than a part of the memory: decoded once into an .npy file, which is mapped."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np

from quintet.data.readers.frames import Array
from quintet.data.readers.image_rows import ImageRows
from quintet.data.readers.npy import DAMAGE
from quintet.data.writers.atomic_file import atomic
from quintet.data.writers.npy_parts import write_parts
from quintet.errors import FileRefused

IN_MEMORY = 2**28
"""Largest size in bytes of rows that are read into memory without a cached file."""
FORM = "1"
"""Version of the cached files."""


def decoded(rows: ImageRows, folder: Path) -> Array:
    """The cells of the rows, (n, *row_shape): in memory, or of more than ``IN_MEMORY`` bytes mapped from the cache.

    A cached file is found by the names, sizes and times of the images; it replaces that of the folder's former content.
    """
    if rows.nbytes <= IN_MEMORY:
        x = np.empty((len(rows), *rows.row_shape), dtype=rows.dtype)
        rows.fill(x)
        return x
    path = cache_folder() / f"{_of_folder(rows, folder)}-{_of_content(rows, folder)}.npy"
    found = _mapped(path, rows)
    if found is None:
        _write(path, rows)
        found = _mapped(path, rows)
    if found is None:
        raise FileRefused(f"The cached rows of {folder} in {path} cannot be read: remove the file and try again.")
    return found


def cache_folder() -> Path:
    """The folder of cached rows: below QUINTET_CACHE, or below the system's folder for caches."""
    home = Path.home()
    usual = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    usual = home / "Library" / "Caches" if sys.platform == "darwin" else usual
    usual = os.environ.get("LOCALAPPDATA", usual) if sys.platform == "win32" else usual
    return Path(os.environ.get("QUINTET_CACHE") or Path(usual, "quintet")) / "images"


def _write(path: Path, rows: ImageRows) -> None:
    """Decode the images one file after the other; the cached file appears when it is complete."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        room = shutil.disk_usage(path.parent).free
    except OSError:
        room = 0
    if room < rows.nbytes:
        raise FileRefused(
            f"The rows of {len(rows.paths)} image files need a cached file of {rows.nbytes / 2**30:.1f} GB, got room "
            f"for {room / 2**30:.1f} GB in {path.parent}: set QUINTET_CACHE to another folder."
        )
    for former in path.parent.glob(f"{path.name.partition('-')[0]}-*.npy"):
        with contextlib.suppress(OSError):  # another process may have removed it, or have it mapped
            former.unlink()
    with atomic(path, force=True) as file:
        write_parts(file, rows.parts())


def _mapped(path: Path, rows: ImageRows) -> Array | None:
    """The cached rows, mapped; None if there are none, or they are damaged."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, *DAMAGE):
        return None
    same = found.shape == (len(rows), *rows.row_shape) and found.dtype == rows.dtype
    return found if same else None


def _of_folder(rows: ImageRows, folder: Path) -> str:
    form = (FORM, rows.mode, rows.height, rows.width, rows.bands)
    return _hash([os.path.realpath(folder), *map(str, form)])


def _of_content(rows: ImageRows, folder: Path) -> str:
    return _hash(_signs(rows, folder))


def _signs(rows: ImageRows, folder: Path) -> Iterator[str]:
    for path, pages in zip(rows.paths, rows.counts, strict=True):
        status = path.stat()
        yield f"{path.relative_to(folder).as_posix()}\0{pages}\0{status.st_size}\0{status.st_mtime_ns}"


def _hash(parts: Iterator[str] | list[str]) -> str:
    digest = blake2b(digest_size=10)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()
