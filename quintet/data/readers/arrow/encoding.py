"""The encoding of a text file: UTF-8, UTF-16 or UTF-32 by their marks, else Windows-1252."""

from __future__ import annotations

import codecs
from pathlib import Path

from quintet.errors import FileRefused, warn

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a part of it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
PIECE = 1 << 20


def as_utf8(content: bytes, path: Path) -> tuple[bytes, str | None]:
    """The text of a file in UTF-8 without a byte order mark, and a letter of it if its encoding had to be guessed."""
    mark, encoding = next((pair for pair in MARKS if content.startswith(pair[0])), (b"", "utf-8"))
    try:
        if encoding != "utf-8":
            return content.decode(encoding).encode(), None
        content = content[len(mark) :]
        if b"\0" in content:
            raise FileRefused(f"{path} must be a table as text, got another format: export it as .csv in UTF-8.")
        _check_utf8(content)
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or mark:
            raise FileRefused(f"{path} must be text in {encoding.upper()} ({error.reason}): save it again.") from error
        return _guessed(content)
    return content, None


def _check_utf8(content: bytes) -> None:
    """Raise UnicodeDecodeError unless the content is UTF-8, without a second copy of it."""
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(content)
    for start in range(0, len(view), PIECE):
        decoder.decode(view[start : start + PIECE])
    decoder.decode(b"", final=True)


def _guessed(content: bytes) -> tuple[bytes, str]:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.encode(), next(character for character in text if not character.isascii())


def warn_of_guess(letter: str, path: Path) -> None:
    """Warn that the encoding of a file was guessed."""
    warn(
        f"{path} is not UTF-8 and was read as Windows-1252 (Latin-1): check letters such as {letter!r}, or save it as "
        "UTF-8.",
    )
