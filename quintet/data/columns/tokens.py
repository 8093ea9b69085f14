"""Columns of tokens: the places of letters or pieces of words in a vocabulary."""

from __future__ import annotations

from typing import Literal

from quintet.data.columns.numbers import Integer


class Token(Integer):
    """Whole numbers 0 .. ``support.high`` that name the members of a vocabulary, without an order or distances."""

    type: Literal["token"] = "token"  # type: ignore[assignment]

    def describe(self) -> str:
        """The size of the vocabulary."""
        return f"token, one of {self.support.levels}"
