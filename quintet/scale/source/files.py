"""The files of a source: a file, a folder, a glob, or a URL of these that fsspec knows, in the order of their paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quintet.data.large.file_places import FoundFiles, files_at, located
from quintet.errors import FileRefused

FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
}
"""Ending of a file's name -> its format."""
NAMED = ".parquet, .arrow, .feather or .csv"


def format_of(path: str) -> str | None:
    """The format of a file by the ending of its name; None if it is none of ``FORMATS``."""
    return next((kind for ending, kind in FORMATS.items() if path.lower().endswith(ending)), None)


def is_url(source: str) -> bool:
    """Whether a source is the URL of a store, such as s3://bucket/folder."""
    return "://" in source


def find_files(source: str | Path) -> list[str]:
    """The paths or URLs of a source's files, sorted.

    Of a folder, files of other formats and those below a name that begins with "_" or "." are left out, as Spark and
    Arrow do, so that the manifest of an earlier answer is not read as rows.

    Raises
    ------
    FileRefused
        If there is no such file, or one of another format was named.
    """
    text = str(source)
    system, shown, path = located(text)
    try:
        found = files_at(system, path) or FoundFiles(())
    except (OSError, ValueError, ImportError) as error:
        raise FileRefused(f"Cannot open {shown}: {str(error).rstrip('.')}.") from error
    if found.paths == (path,) and format_of(path) is None:
        raise FileRefused(f"The source must be a {NAMED} file, a folder or a glob of such, got {shown}.")
    named = (system.unstrip_protocol(file) if is_url(text) else file for file in found.paths)
    files = sorted(file for file in named if format_of(file) is not None)
    if not files:
        raise FileRefused(f"There is no {NAMED} file at {shown}: check the path.")
    return files


def store_of(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    system, _, path = located(url)
    return system, path


def size_of(path: str) -> int:
    """Bytes of a file, by which another source is noticed."""
    if not is_url(path):
        return Path(path).stat().st_size
    system, inside = store_of(path)
    return int(system.size(inside) or 0)


def stamp_of(path: str) -> str:
    """What changes with a file's content: its size and time, or what a store knows it by."""
    if not is_url(path):
        if not Path(path).exists():
            return ""  # the reader says so
        status = Path(path).stat()
        return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
    system, inside = store_of(path)
    return str(system.ukey(inside))
