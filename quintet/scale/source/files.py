"""The files of a source: a file, a folder, a glob, or a URL of these that fsspec knows, in the order of their paths."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from quintet.errors import FileRefused
from quintet.extras import extra

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
    found, whole = _in_store(text) if is_url(text) else _on_disk(text)
    if whole and format_of(text) is None:
        raise FileRefused(f"The source must be a {NAMED} file, a folder or a glob of such, got {text}.")
    files = sorted(path for path in found if format_of(path) is not None)
    if not files:
        raise FileRefused(f"There is no {NAMED} file at {text}: check the path.")
    return files


def store_of(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    with extra("scale", f"The source {url}"):
        import fsspec
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise FileRefused(f"Cannot open {url}: {str(error).rstrip('.')}.") from error
    return system, str(path)


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


def _on_disk(source: str) -> tuple[Iterable[str], bool]:
    """Paths of files, and whether the source is a single one."""
    path = Path(source).expanduser()
    if path.is_file():
        return [str(path)], True
    if path.is_dir():
        return (str(file) for file in path.rglob("*") if file.is_file() and _shown(file.relative_to(path).parts)), False
    return [file for file in glob.glob(str(path), recursive=True) if Path(file).is_file()], False


def _in_store(url: str) -> tuple[Iterable[str], bool]:
    system, path = store_of(url)
    if glob.has_magic(path):
        found = system.glob(path)
    elif system.isfile(path):
        return [url], True
    else:
        found = [file for file in system.find(path) if _shown(PurePosixPath(file[len(path) :]).parts)]
    return [system.unstrip_protocol(file) for file in found], False


def _shown(parts: Iterable[str]) -> bool:
    return not any(part.startswith(("_", ".")) for part in parts)
