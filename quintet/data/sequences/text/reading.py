"""Lines of text in whatever form they are given: a file, its bytes, a list, an array or a series."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.readers.opening import existing_file
from quintet.data.sequences.text.lines_file import FileForm, parsed
from quintet.data.sequences.text.vocabulary import to_bytes
from quintet.errors import InputError, NotNumbers

ALLOWED = "a list, an array or a series of strings, one for each line, or the path or the bytes of a file"

LONGEST_PATH = 4096


@dataclass(frozen=True)
class Lines:
    """Lines, and the form of their source.

    Parameters
    ----------
    all : the lines.
    file : how the file is written; None of strings.
    like : the list, array or series that held them; None of a file.
    """

    all: list[str]
    file: FileForm | None = None
    like: Any = None

    def in_form(self, lines: Sequence[Any]) -> Any:
        """Answers, one for each line, in the form of the source: a list, an array, or a series with its index."""
        if isinstance(self.like, np.ndarray):
            return np.array([*lines, None], dtype=object)[:-1]
        if hasattr(self.like, "index") and hasattr(self.like, "iloc"):
            return type(self.like)(list(lines), index=self.like.index, name=self.like.name, dtype=object)
        if hasattr(self.like, "to_list") and hasattr(self.like, "name"):
            return type(self.like)(self.like.name, list(lines))
        return list(lines)


def read_lines(source: Any) -> Lines:
    """The lines of a source.

    Parameters
    ----------
    source : the path of a file of lines in UTF-8, its bytes, or strings, one for each line.

    Raises
    ------
    InputError
        Something else was given, or a string that no file holds.
    FileRefused
        There is no such file, or it is in UTF-16.
    """
    if isinstance(source, str) and ("\n" in source or "\0" in source or len(source) > LONGEST_PATH):
        raise InputError(f"Text must be {ALLOWED}, got one string: split it, text.splitlines().")
    if isinstance(source, str | os.PathLike):
        path = existing_file(Path(source))
        return Lines(*parsed(path.read_bytes(), str(path)))
    if isinstance(source, bytes | bytearray | memoryview):
        return Lines(*parsed(bytes(source)))
    if getattr(source, "ndim", 1) != 1 or isinstance(source, dict | set) or not hasattr(source, "__len__"):
        raise InputError(f"Text must be {ALLOWED}, got {_named(source)}.")
    try:
        items = source.to_list() if hasattr(source, "to_list") else list(source)
    except TypeError:
        raise InputError(f"Text must be {ALLOWED}, got {_named(source)}.") from None
    for number, item in enumerate(items, start=1):
        refuse_no_line(item, number)
    return Lines([str(item) for item in items], like=source)


def refuse_no_line(item: Any, number: int) -> None:
    """Raise an error for an item that is no string, or one that no file can hold."""
    if not isinstance(item, str):
        cure = ": decode it first" if isinstance(item, bytes) else ""
        raise NotNumbers(f"Line {number} must be a string, got {type(item).__name__}{cure}.")
    if not item.isascii():
        try:
            same = to_bytes(item).decode("utf-8", "surrogateescape") == item
        except UnicodeEncodeError:
            same = False
        if not same:
            raise InputError(
                f"Line {number} must be Unicode text, got half a surrogate pair in it: "
                "line.encode('utf-8', 'replace').decode() takes it out."
            )


def _named(source: Any) -> str:
    shape = getattr(source, "shape", None)
    return f"{type(source).__name__} of shape {tuple(shape)}" if shape is not None else type(source).__name__
