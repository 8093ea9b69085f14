"""Files of lines: their bytes as lines, the ends of lines and what else is needed to write them again, and back."""

from __future__ import annotations

from dataclasses import dataclass

from quintet.data.sequences.text.vocabulary import to_bytes
from quintet.errors import FileRefused

MARK = b"\xef\xbb\xbf"
"""The byte order mark with which some programs begin a file in UTF-8."""
ENDS = ("\n", "\r\n", "\r")
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class FileForm:
    """How a file of lines is written beside its lines.

    Parameters
    ----------
    end : of each line: "\\n", or another one where all lines have it.
    closed : whether the last line has an end, too.
    marked : whether the file begins with a byte order mark.
    """

    end: str = "\n"
    closed: bool = True
    marked: bool = False

    def written(self, lines: list[str]) -> bytes:
        """The bytes of the file."""
        text = self.end.join(lines) + (self.end if lines and self.closed else "")
        return (MARK if self.marked else b"") + to_bytes(text)


def parsed(content: bytes, name: str = "The text") -> tuple[list[str], FileForm]:
    """The lines of a file; ``form.written(lines)`` is ``content`` again, whatever bytes these are.

    Bytes that are not UTF-8 become surrogates, as ``surrogateescape`` writes them.
    """
    if content[:2] in UTF16:
        raise FileRefused(f"{name} must be UTF-8 or another code of single bytes, got UTF-16: save it as UTF-8.")
    marked = content.startswith(MARK)
    text = content[len(MARK) if marked else 0 :].decode("utf-8", "surrogateescape")
    if not text:
        return [], FileForm(marked=marked)
    end = end_of_lines(text)
    closed = text.endswith(end)
    lines = (text.removesuffix(end) if closed else text).split(end)
    return lines, FileForm(end, closed, marked)


def end_of_lines(text: str) -> str:
    """What ends the lines: a line feed, unless all line feeds follow a carriage return, or there are none."""
    feeds = text.count("\n")
    if feeds:
        return "\r\n" if text.count("\r\n") == feeds else "\n"
    return "\r" if "\r" in text else "\n"
