"""Tokens of text: pieces of a vocabulary, half bytes of what it lacks, the end of a line, and padding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

PAD, END, HALVES, PIECES = 0, 1, 2, 18
"""The first tokens: padding, the end of a line, 16 half bytes, and then the pieces."""
Split = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Vocabulary:
    """A numbering of pieces of text. Every string and every string of bytes has tokens, and comes back from them.

    Bytes that are not UTF-8 stand in a string as Python's ``surrogateescape`` writes them.

    Parameters
    ----------
    pieces : each a token; together with the half bytes they spell every text. Single characters, or strings of bytes
        written as characters 0 to 255 where ``of_bytes``.
    split : a text as pieces and other characters; None: character by character.
    of_bytes : whether a text is split as the bytes of its UTF-8.
    """

    pieces: tuple[str, ...]
    split: Split | None = None
    of_bytes: bool = False

    @property
    def size(self) -> int:
        """The number of tokens."""
        return PIECES + len(self.pieces)

    @cached_property
    def _known(self) -> dict[str, list[int]]:
        return {piece: [PIECES + i] for i, piece in enumerate(self.pieces)}

    @cached_property
    def _content(self) -> list[bytes]:
        """The bytes of every piece."""
        return [piece.encode("latin-1") if self.of_bytes else to_bytes(piece) for piece in self.pieces]

    def encode(self, line: str) -> list[int]:
        """The tokens of a line, without its end."""
        text = to_bytes(line).decode("latin-1") if self.of_bytes else line
        parts = text if self.split is None else self.split(text)
        known, found = self._known, list[int]()
        for part in parts:
            found += known.get(part) or self._spelt(part)
        return found

    def decode(self, tokens: Sequence[int], errors: str = "surrogateescape") -> str:
        """The line of tokens, up to the first end or padding; a half byte without its other half is left out."""
        out, high = bytearray(), None
        for token in tokens:
            if token in (PAD, END):
                break
            if token >= PIECES:
                out += self._content[token - PIECES]
                high = None
            elif high is None:
                high = token - HALVES
            else:
                out.append(16 * high + token - HALVES)
                high = None
        return bytes(out).decode("utf-8", errors)

    def byte_counts(self, tokens: Sequence[int]) -> list[float]:
        """How many bytes each token stands for: 0 for the end and padding, a half for half a byte."""
        content = self._content
        return [
            len(content[token - PIECES]) if token >= PIECES else 0.5 if token >= HALVES else 0.0 for token in tokens
        ]

    def _spelt(self, part: str) -> list[int]:
        """The half bytes of characters that no piece has."""
        content = part.encode("latin-1") if self.of_bytes else to_bytes(part)
        return [HALVES + half for byte in content for half in divmod(byte, 16)]


def to_bytes(text: str) -> bytes:
    """The bytes of a string in UTF-8, with those that are not as they were read."""
    return text.encode("utf-8", "surrogateescape")
