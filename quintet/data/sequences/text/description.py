"""What a model's file keeps of the text it was trained on: the vocabulary and the steps of a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from quintet.data.sequences.text import byte_pairs, learning
from quintet.data.sequences.text.rows import Array, steps_for, to_lines, to_rows
from quintet.data.sequences.text.vocabulary import PIECES, Vocabulary, to_bytes
from quintet.data.sequences.text.words import frequent_words

Tokens = Literal["characters", "bytes", "byte_pairs"]
Piece = Annotated[str, Field(min_length=1, max_length=4096)]


class TextDescription(BaseModel):
    """The vocabulary of a text, and how many tokens a row has.

    Parameters
    ----------
    tokens : what a token is.
    pieces : of the vocabulary, each a string of bytes written as characters 0 to 255.
    merges : of byte pairs.
    steps : tokens of a row.
    words : the training lines' words and how often they occur, from which corrections are proposed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["text"] = "text"
    tokens: Tokens
    pieces: tuple[Piece, ...] = Field(min_length=1, max_length=65_536 - PIECES)
    merges: tuple[tuple[Piece, Piece], ...] = ()
    steps: int = Field(ge=1, le=65_536)
    words: dict[str, int] = {}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Refuse a vocabulary, which may be read from an edited file, that does not spell what it should."""
        if len(set(self.pieces)) < len(self.pieces):
            raise ValueError("two pieces of the vocabulary are the same")
        if any(max(piece) > "\xff" for piece in self.pieces):
            raise ValueError("a piece of the vocabulary is not written as bytes")
        known = set(self.pieces)
        if any({first, second, first + second} - known for first, second in self.merges):
            raise ValueError("a merge is of pieces that the vocabulary lacks")
        if self.tokens == "characters" and any(len(sign) != 1 for sign in self._signs()):
            raise ValueError("a piece of the vocabulary is not a character")
        if self.tokens == "bytes" and any(len(piece) != 1 for piece in self.pieces):
            raise ValueError("a piece of the vocabulary is not a byte")
        return self

    @classmethod
    def learnt(cls, lines: Sequence[str], tokens: Tokens, size: int, steps: int | None) -> TextDescription:
        """The description of training lines with at least one character.

        Parameters
        ----------
        lines : strings.
        tokens : what a token is.
        size : most pieces of a vocabulary of byte pairs.
        steps : tokens of a row; None: chosen by the lengths of the lines.
        """
        merges: tuple[tuple[str, str], ...] = ()
        if tokens == "byte_pairs":
            pieces, merges = byte_pairs.learnt(lines, size)
        elif tokens == "bytes":
            pieces = learning.bytes_of(lines)
        else:
            pieces = tuple(to_bytes(sign).decode("latin-1") for sign in learning.characters_of(lines))
        words = frequent_words(lines)
        found = cls(tokens=tokens, pieces=pieces, merges=merges, steps=steps or 1, words=words)
        if steps is None:
            vocabulary = found.vocabulary()
            found = found.model_copy(update={"steps": steps_for([len(vocabulary.encode(line)) for line in lines])})
        return found

    def vocabulary(self) -> Vocabulary:
        """The vocabulary, ready to encode."""
        if self.tokens == "characters":
            return Vocabulary(tuple(self._signs()))
        split = byte_pairs.splitting(self.pieces, self.merges) if self.tokens == "byte_pairs" else None
        return Vocabulary(self.pieces, split, of_bytes=True)

    def rows(self, lines: Sequence[str]) -> tuple[Array, Array]:
        """Lines as rows of tokens (rows, steps), and the line (rows,) of each."""
        vocabulary = self.vocabulary()
        return to_rows((vocabulary.encode(line) for line in lines), self.steps)

    def lines(self, rows: Any, errors: str = "surrogateescape") -> list[str]:
        """The lines of rows; a last one without an end, too."""
        vocabulary = self.vocabulary()
        return [vocabulary.decode(tokens, errors) for tokens in to_lines(rows)]

    def _signs(self) -> list[str]:
        """The pieces as the characters that they are."""
        return [piece.encode("latin-1").decode("utf-8", "surrogateescape") for piece in self.pieces]
