"""Files of Parquet and Arrow by a path, a folder, a glob pattern or a URL, in one order."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quintet.data.databases.address import SUFFIXES as DATABASE_FILES
from quintet.data.databases.address import URL
from quintet.data.large.file_places import files_at, has_magic, located
from quintet.data.readers.opening import similar
from quintet.errors import FileRefused, InputError
from quintet.extras import extra

SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".arrow": "ipc", ".feather": "ipc", ".ipc": "ipc"}
"""Suffix of a file -> its format."""
DATABASES = ("postgresql", "postgres", "sqlite", "duckdb")
"""Schemes that are no files."""


@dataclass(frozen=True)
class TableFiles:
    """Files of one format on one file system.

    ``shown`` is how the user named them; ``base`` the folder whose subfolders may be named COLUMN=VALUE; ``system`` an
    fsspec file system.
    """

    shown: str
    paths: tuple[str, ...]
    format: str
    system: Any
    base: str | None = None

    def signs(self) -> tuple[tuple[Any, ...], ...]:
        """Size and time of change of each file, by which a changed file is noticed."""
        self.system.invalidate_cache()
        try:
            return tuple(_sign(self.system.info(path)) for path in self.paths)
        except OSError as error:
            raise FileRefused(f"A file of {self.shown} cannot be read any more: {error}.") from error


def is_table_files(source: Any) -> bool:
    """Whether a path, a pattern or a URL, or a list of paths, names files of Parquet or Arrow."""
    if isinstance(source, list | tuple):
        return bool(source) and all(isinstance(one, str | os.PathLike) and _suffix(os.fspath(one)) for one in source)
    if not isinstance(source, str | os.PathLike):
        return False
    text = os.fspath(source)
    found = URL.match(text) if isinstance(source, str) else None
    if found is not None:
        ending = Path(text).suffix.lower()
        return _is_file_scheme(found[1].lower()) and (not ending or ending in SUFFIXES or "*" in ending)
    path = Path(text).expanduser()
    if path.is_dir():
        return any(_suffix(name) for _, _, names in os.walk(path) for name in names)
    return _suffix(text) is not None or is_pattern(path)


def is_pattern(source: str | os.PathLike[str]) -> bool:
    """Whether a path is a glob pattern, and no file."""
    text = os.fspath(source)
    return has_magic(text) and not os.path.exists(text)


def is_database(source: str | os.PathLike[str]) -> bool:
    """Whether a source is the URL of a database, or the path of a file with the ending of one."""
    text = os.fspath(source)
    found = URL.match(text) if isinstance(source, str) else None
    if found is not None:
        return found[1].lower() in DATABASES
    return Path(text).suffix.lower() in DATABASE_FILES and not Path(text).is_dir()


def find_files(source: Any) -> TableFiles:
    """The files that a source names.

    Parameters
    ----------
    source : a file, a folder (with its subfolders), a glob pattern, a URL of fsspec, or a list of files.

    Raises
    ------
    FileRefused
        There is no such file, or there are several formats.
    """
    if isinstance(source, list | tuple):
        many = [located(os.fspath(one)) for one in source]
        shown = f"{many[0][1]} and {len(many) - 1} more" if len(many) > 1 else many[0][1]
        if len({type(system) for system, _, _ in many}) > 1:
            raise InputError(f"Files of one table must lie on one file system, got several in {shown}.")
        return _of_paths(shown, many[0][0], [path for _, _, path in many])
    system, shown, path = located(os.fspath(source))
    try:
        found = files_at(system, path)
    except (OSError, ValueError, ImportError) as error:
        raise FileRefused(f"Cannot read {shown}: {error}.") from error
    if found is None:
        raise FileRefused(f"There is no file {shown}{similar(Path(path))}.")
    return _of_paths(shown, system, sorted(found.paths, key=_natural), found.folder)


def _of_paths(shown: str, system: Any, paths: Sequence[str], base: str | None = None) -> TableFiles:
    used = [path for path in paths if _suffix(path)]
    if not used:
        other = f", got {Path(paths[0]).name} and no other" if paths else ", got none"
        raise FileRefused(f"{shown} must hold files of {', '.join(SUFFIXES)}{other}: check the path.")
    formats: dict[str, str] = {}
    for path in used:
        formats.setdefault(SUFFIXES[str(_suffix(path))], path)
    if len(formats) > 1:
        names = " and ".join(Path(path).name for path in formats.values())
        raise FileRefused(f"{shown} must hold files of one format, Parquet or Arrow, got {names}: keep them apart.")
    return TableFiles(shown, tuple(used), next(iter(formats)), system, base)


def _is_file_scheme(scheme: str) -> bool:
    """Whether fsspec knows a file system of this name."""
    with extra("scale", f"{scheme}://"):
        from fsspec import available_protocols
    return scheme not in DATABASES and scheme in available_protocols()


def _suffix(path: str) -> str | None:
    found = Path(path).suffix.lower()
    return found if found in SUFFIXES else None


def _natural(path: str) -> list[Any]:
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r"([0-9]+)", path))]


def _sign(info: dict[str, Any]) -> tuple[Any, ...]:
    times = ("mtime", "created", "last_modified", "LastModified", "ETag", "etag", "updated")
    return (info.get("size"), *(str(info[name]) for name in times if name in info))
