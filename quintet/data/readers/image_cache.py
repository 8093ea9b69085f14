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


def cached(paths: list[Path], folder: Path, size: tuple[int, int] | None) -> Array | None:
    """The cached rows of image files of one page each, found without opening these files; None if there are none."""
    found = _mapped(_place(paths, folder, size, None))
    return found if found is not None and len(found) == len(paths) else None


def decoded(rows: ImageRows, folder: Path, size: tuple[int, int] | None, pages: str | None) -> Array:
    """The cells of the rows, (n, *row_shape): in memory, or of more than ``IN_MEMORY`` bytes mapped from the cache.

    A cached file is found by the names, sizes and times of the images; it replaces that of the folder's former content.

    Parameters
    ----------
    size, pages : with which the rows were found.
    """
    if rows.nbytes <= IN_MEMORY:
        x = np.empty((len(rows), *rows.row_shape), dtype=rows.dtype)
        rows.fill(x)
        return x
    path = _place(rows.paths, folder, size, pages)
    for _ in range(2):
        found = _mapped(path)
        if found is not None and found.shape == (len(rows), *rows.row_shape) and found.dtype == rows.dtype:
            return found
        _write(path, rows)
    raise FileRefused(f"The cached rows of {folder} in {path} cannot be read: remove the file and try again.")


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


def _mapped(path: Path) -> Array | None:
    """The cached rows, mapped; None if there are none, or they are damaged."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
    except (OSError, *DAMAGE):
        return None


def _place(paths: list[Path], folder: Path, size: tuple[int, int] | None, pages: str | None) -> Path:
    """The path of the cached file: of the folder and how it is read, and of its content."""
    how = _hash([os.path.realpath(folder), FORM, str(size), str(pages)])
    return cache_folder() / f"{how}-{_hash(_signs(paths, folder))}.npy"


def _signs(paths: list[Path], folder: Path) -> Iterator[str]:
    for path in paths:
        status = path.stat()
        yield f"{path.relative_to(folder).as_posix()}\0{status.st_size}\0{status.st_mtime_ns}"


def _hash(parts: Iterator[str] | list[str]) -> str:
    digest = blake2b(digest_size=10)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()
