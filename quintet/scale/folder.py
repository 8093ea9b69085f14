"""The folder of a bulk answer: parts and manifest, each written whole or not at all, on a disk or in a store."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol

from quintet.data.writers.atomic_file import atomic, write_problem
from quintet.data.writers.temporary import is_temporary
from quintet.errors import FileRefused
from quintet.scale.source.files import is_url, store_of

Write = Callable[[IO[bytes]], None]


class Folder(Protocol):
    """A folder that workers write to. It is described by its address alone, so that it travels to other processes."""

    address: str

    def make(self) -> None:
        """Make the folder where there is none."""

    def names(self) -> list[str]:
        """The names of what is in it, without what a killed process has left."""

    def write(self, name: str, write: Write) -> None:
        """Write a file; a reader sees all of it or what was there before."""

    def open(self, name: str) -> Any:
        """A file of it, open for reading."""

    def remove(self, name: str) -> None:
        """Remove a file of it."""


def folder_at(address: str | Path) -> Folder:
    """The folder of a path or a URL."""
    text = str(address)
    return StoreFolder(text) if is_url(text) else DiskFolder(text)


class DiskFolder:
    """A folder on a disk that all workers see."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._path = Path(address).expanduser()

    def make(self) -> None:
        """Make the folder and its parents."""
        if self._path.exists() and not self._path.is_dir():
            raise FileRefused(f"The answers need a folder, got the file {self._path}: choose another name.")
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileRefused(f"Cannot write {self._path}: {write_problem(self._path, error)}.") from error
        if not os.access(self._path, os.W_OK | os.X_OK):
            raise FileRefused(f"No permission to write in {self._path}: choose another folder.")

    def names(self) -> list[str]:
        """The names of its files and folders."""
        if not self._path.is_dir():
            return []
        return sorted(entry.name for entry in self._path.iterdir() if not is_temporary(entry))

    def write(self, name: str, write: Write) -> None:
        """Write to a temporary file, synchronise it with the disk, and rename it."""
        with atomic(self._path / name, force=True) as file:
            write(file)

    def open(self, name: str) -> Any:
        """The file."""
        return open(self._path / name, "rb")

    def remove(self, name: str) -> None:
        """Remove a file."""
        with contextlib.suppress(FileNotFoundError):
            (self._path / name).unlink()


class StoreFolder:
    """A folder of a store that fsspec knows; a file is put by one request, which a store fulfils whole or not."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def make(self) -> None:
        """Make the folder, where the store has folders."""
        system, path = store_of(self.address)
        system.makedirs(path, exist_ok=True)

    def names(self) -> list[str]:
        """The names of its files."""
        system, path = store_of(self.address)
        system.invalidate_cache()
        return sorted(found.rsplit("/", 1)[-1] for found in system.ls(path, detail=False)) if system.isdir(path) else []

    def write(self, name: str, write: Write) -> None:
        """Write to memory and put the bytes at once."""
        content = io.BytesIO()
        write(content)
        system, path = store_of(self.address)
        try:
            system.pipe_file(f"{path}/{name}", content.getvalue())
        except OSError as error:
            raise FileRefused(f"Cannot write {self.address}/{name}: {error.strerror or error}.") from error

    def open(self, name: str) -> Any:
        """The file."""
        system, path = store_of(self.address)
        return system.open(f"{path}/{name}", "rb")

    def remove(self, name: str) -> None:
        """Remove a file."""
        system, path = store_of(self.address)
        with contextlib.suppress(FileNotFoundError):
            system.rm_file(f"{path}/{name}")
