"""Atomic writing of folders: all files or none."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from quintet.data.writers.atomic_file import claim, made_meanwhile, name_beside, write_problem
from quintet.data.writers.temporary import is_temporary, remove_leftovers, temporary_for
from quintet.errors import FileRefused


@contextlib.contextmanager
def whole_folder(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder to fill, renamed to ``path`` at the end.

    In an existing folder, the temporary folder is inside it, and its files are moved up at the end, HTML pages last.

    Parameters
    ----------
    path : the folder to write; its parents are created. Links to folders are followed.
    force : whether files in an existing folder may be replaced; its other files stay. Otherwise, if another process
        fills the folder during writing, the content is stored under another name.
    """
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path if path.is_dir() else None
        remove_leftovers(path)
        remove_leftovers(path, path)
        temporary = temporary_for(path, there)
        temporary.mkdir()
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {write_problem(path, error)}.") from error
    try:
        yield temporary
        if there is None and _renamed(temporary, path):
            return
        _fill(path, temporary, force)
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {write_problem(path, error)}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def is_filled(path: Path) -> bool:
    """Whether a folder holds files other than temporary ones."""
    return any(not is_temporary(entry) for entry in path.iterdir())


def _renamed(temporary: Path, path: Path) -> bool:
    """Rename the folder atomically; False if the path is a folder that is not empty."""
    try:
        os.rename(temporary, path)
    except OSError:
        if path.is_dir():
            return False
        raise
    return True


def _fill(path: Path, temporary: Path, force: bool) -> None:
    """Move all files into an existing folder."""
    files = sorted((found for found in temporary.rglob("*") if found.is_file()), key=lambda f: (f.suffix == ".html", f))
    done: list[Path] = []
    try:
        if not force and is_filled(path):
            raise FileExistsError
        for file in files:
            target = path / file.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            if force:
                os.replace(file, target)
            else:
                claim(file, target)
                done.append(target)
    except OSError as error:
        for target in done:
            target.unlink()
        if not isinstance(error, FileExistsError):
            raise
        raise made_meanwhile(path, _kept(temporary, path)) from None


def _kept(temporary: Path, path: Path) -> Path:
    """Rename the content to an unused name next to the folder, or inside it if that is not permitted."""
    kept = name_beside(path)
    try:
        os.rename(temporary, kept)
    except OSError:
        kept = name_beside(temporary.with_name(path.name))
        os.rename(temporary, kept)
    return kept
