"""Rules for paths, files and bytes."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import Any

from quintet.arguments.rules import REFUSED, Rule


@dataclass(frozen=True)
class PathOf(Rule):
    """Path of a file or folder."""

    words: str = "a path"

    def convert(self, value: Any) -> Any:
        """The path."""
        text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
        return value if isinstance(text, str) and text and "\0" not in text else REFUSED


@dataclass(frozen=True)
class Bytes(Rule):
    """Bytes, or a file that contains them."""

    words = "bytes, a path, or a file open for reading bytes"

    def convert(self, value: Any) -> Any:
        """The object itself."""
        readable = hasattr(value, "read") and hasattr(value, "seek") and not isinstance(value, io.TextIOBase)
        if isinstance(value, bytes | bytearray | memoryview) or (readable and not isinstance(value, type)):
            return value
        return PathOf().convert(value)

    def cure(self, value: Any) -> str:
        """The cure for files that are open for text."""
        return "open it with mode 'rb'" if isinstance(value, io.TextIOBase) else ""


@dataclass(frozen=True)
class Target(Rule):
    """Path or file that bytes can be written to."""

    words = "a path, or a file open for writing bytes"

    def convert(self, value: Any) -> Any:
        """The object itself."""
        if hasattr(value, "write") and not isinstance(value, type | io.TextIOBase):
            return value
        return PathOf().convert(value)

    def cure(self, value: Any) -> str:
        """The cure for files that are open for text."""
        return "open it with mode 'wb'" if isinstance(value, io.TextIOBase) else ""


@dataclass(frozen=True)
class Source(Rule):
    """Tables on disk: a path, a pattern or a URL, a list of paths, a data set of PyArrow, or what was opened."""

    words: str = "a path, a folder, a glob pattern, a URL, a list of paths or a pyarrow.dataset.Dataset"

    def convert(self, value: Any) -> Any:
        """The object itself."""
        if isinstance(value, list | tuple):
            return value if value and all(PathOf().convert(one) is not REFUSED for one in value) else REFUSED
        opened = hasattr(value, "chunks") and hasattr(value, "learnt")
        of_arrow = type(value).__module__.startswith("pyarrow") and hasattr(value, "scanner")
        if (opened or of_arrow) and not isinstance(value, type):
            return value
        return PathOf().convert(value)
