"""Folders that are written: all files or none, so that a full disk or a kill leaves no half page."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from quintet.data.writers.atomic_file import claim, made_meanwhile, name_beside, write_trouble
from quintet.data.writers.temporary import is_temporary, remove_leftovers, temporary_for
from quintet.errors import FileRefused


@contextlib.contextmanager
def whole_folder(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Give a temporary folder to fill, which becomes ``path`` once all is in it.

    Where the folder is there already, the temporary one lies in it, and its files are moved up at the end, pages last.

    Parameters
    ----------
    path : the folder to make; folders above it are made, too. A link to a folder is followed.
    force : whether files in a folder that is already there may be replaced; others in it stay. Without it a folder that
        another process filled meanwhile stays as it is, and this content is kept beside it.
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
        raise FileRefused(f"{path} cannot be written: {write_trouble(path, error)}.") from error
    try:
        yield temporary
        if there is None and _renamed(temporary, path):
            return
        _fill(path, temporary, force)
    except OSError as error:
        raise FileRefused(f"{path} cannot be written: {write_trouble(path, error)}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def is_filled(path: Path) -> bool:
    """Whether a folder holds anything but temporary files."""
    return any(not is_temporary(entry) for entry in path.iterdir())


def _renamed(temporary: Path, path: Path) -> bool:
    """Give the folder its name in one step; False where something has it that is not an empty folder."""
    try:
        os.rename(temporary, path)
    except OSError:
        if path.is_dir():
            return False
        raise
    return True


def _fill(path: Path, temporary: Path, force: bool) -> None:
    """Move all files up into a folder that is there."""
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
    """Give the content a name of its own beside the folder, or in it where nothing can be made beside it."""
    kept = name_beside(path)
    try:
        os.rename(temporary, kept)
    except OSError:
        kept = name_beside(temporary.with_name(path.name))
        os.rename(temporary, kept)
    return kept
