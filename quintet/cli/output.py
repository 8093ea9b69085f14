"""Output files, each written completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy.typing as npt

from quintet.cli.output_table import OutputTable, output_table
from quintet.data.writers.atomic_file import atomic, refuse_existing
from quintet.data.writers.atomic_folder import is_filled, whole_folder
from quintet.errors import InputError

if TYPE_CHECKING:
    pass

Array = npt.NDArray[Any]


ROWS = (".npz", ".npy", ".csv", ".parquet", ".png")
FRAMES = (".csv", ".parquet")
"""Formats of tables of columns."""


@dataclass(frozen=True)
class OutputPath:
    """A path to write to, and whether an existing file may be replaced."""

    path: Path
    force: bool

    @property
    def suffix(self) -> str:
        """The suffix of the path, in lower case."""
        return self.path.suffix.lower()

    def __str__(self) -> str:
        return str(self.path)

    def opened(self) -> AbstractContextManager[IO[bytes]]:
        """Open the file for writing; it appears under its name only when complete."""
        return atomic(self.path, force=self.force, begun=True)

    def write_frame(self, frame: Any, more: Mapping[str, Array] | None = None) -> None:
        """Write a frame of any library as .csv or .parquet, with further columns after its own."""
        from quintet.data.writers import frame_files

        with self.opened() as file:
            frame_files.write_frame(file, self.path.name, frame, more)

    def folder(self) -> AbstractContextManager[Path]:
        """A folder to fill; it appears under its name only when complete."""
        return whole_folder(self.path, force=self.force)


Output = OutputPath | OutputTable
"""Where rows are written to."""


def rows_output(out: str, name: str | None, append: bool, force: bool, suffixes: Sequence[str] = ROWS) -> Output:
    """Check the file, the folder of pictures (a path without a suffix), or the table of a database, to write rows to
    before any work is done.

    Parameters
    ----------
    suffixes : of the files that the command writes; a folder takes the place of a .png of all pictures.
    """
    found = output_table(out, name, append=append, force=force)
    if found is not None:
        return found
    path = Path(out)
    return target_folder(path, force) if ".png" in suffixes and not path.suffix else output_path(path, force, suffixes)


def file_of(place: Output) -> OutputPath:
    """The file to write; InputError for a table of a database, which holds no pictures."""
    if isinstance(place, OutputTable):
        raise InputError(f"Pictures larger than the model's must be written to a file, got {place}: name a file.")
    return place


def output_path(path: Path, force: bool, suffixes: Sequence[str] = ()) -> OutputPath:
    """Check a file to write to before any work is done.

    Parameters
    ----------
    path : the output file.
    force : whether an existing file may be overwritten.
    suffixes : allowed suffixes; empty for any.
    """
    refuse_existing(path, force=force)
    _permitted(path.parent)
    if suffixes and path.suffix.lower() not in suffixes:
        raise InputError(f"The name of the file must end in {' or '.join(suffixes)}, got {path}: change it.")
    return OutputPath(path, force)


def target_folder(path: Path, force: bool) -> OutputPath:
    """Check a folder to write to before any work is done: it must be new or empty, unless ``force``."""
    if path.exists() and not path.is_dir():
        raise InputError(f"--out must be a folder, got the file {path}.")
    if path.is_dir() and is_filled(path) and not force:
        raise InputError(
            f"The folder {path} must be empty: choose another folder, or overwrite its files with --force."
        )
    if not path.parent.is_dir():
        raise InputError(f"The folder {path.parent} does not exist: create it first.")
    _permitted(path if path.is_dir() else path.parent)
    return OutputPath(path, force)


def _permitted(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"No permission to write in {folder}; choose another folder or change its permissions.")


def write_file(place: OutputPath, content: bytes) -> None:
    """Write a file completely or not at all."""
    with place.opened() as file:
        file.write(content)
