"""How a column writes its numbers: style, decimals, marks, groups, signs and exponents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np

from quintet.data.csv_text.limits import are_short
from quintet.data.readers.text_cells import GROUPS

STYLES = ("whole", "shortest", "positional", "fixed", "general", "scientific")
MOST_DIGITS = 60


@dataclass(frozen=True)
class NumberText:
    """The text of numbers.

    Parameters
    ----------
    style : "whole" numbers; "shortest", the fewest digits that read as the same float64, as Python writes them;
        "positional", the same without exponents; "fixed", "general" and "scientific" as C's %f, %g and %e.
    digits : decimals of "fixed" and "scientific", significant digits of "general".
    mark, group : decimal mark, and what separates groups of thousands.
    plus : whether numbers that are not negative begin with "+".
    point_zero : whether whole numbers of "shortest" and "positional" end in ".0".
    bare : whether the zero before the decimal mark is left out.
    letter, signed, places : of the exponent: its letter, whether it has a "+", the fewest digits.
    """

    style: str
    digits: int = 0
    mark: str = "."
    group: str = ""
    plus: bool = False
    point_zero: bool = True
    bare: bool = False
    letter: str = "e"
    signed: bool = True
    places: int = 2

    def __post_init__(self) -> None:
        numbers = 0 <= self.digits <= MOST_DIGITS and 0 <= self.places <= MOST_DIGITS
        if self.style not in STYLES or not numbers or not are_short(self.mark, self.group, self.letter):
            raise ValueError(f"no numbers are written as {self}")

    def to_json(self) -> list[Any]:
        """The fields; those at the end that are as usual are left out."""
        fields, usual = list(astuple(self)), astuple(NumberText(self.style))
        while len(fields) > 1 and fields[-1] == usual[len(fields) - 1]:
            fields.pop()
        return fields

    def texts(self, values: Sequence[Any]) -> list[str]:
        """The text of each number."""
        return [self._text(value) for value in values]

    def _text(self, value: Any) -> str:
        plain = self._plain(value)
        sign, plain = ("-", plain[1:]) if plain.startswith("-") else ("+" if self.plus else "", plain)
        mantissa, power, exponent = plain.partition("e")
        whole, point, rest = mantissa.partition(".")
        if point and not self.point_zero and rest == "0":
            point = rest = ""
        if self.bare and point and whole == "0":
            whole = ""
        if self.group:
            whole = f"{int(whole or 0):,}".replace(",", self.group)
        return sign + whole + (self.mark if point else "") + rest + (self._exponent(exponent) if power else "")

    def _plain(self, value: Any) -> str:
        if self.style == "whole":
            return str(int(value))
        number = float(value)
        if self.style == "shortest":
            return repr(number)
        if self.style == "positional":
            return np.format_float_positional(number, trim="0")
        letter = {"fixed": "f", "general": "g", "scientific": "e"}[self.style]
        return f"{number:.{self.digits}{letter}}"

    def _exponent(self, text: str) -> str:
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
        return self.letter + (sign or ("+" if self.signed else "")) + digits.lstrip("0").rjust(self.places, "0")


def candidates(texts: Sequence[str], whole: bool) -> Iterator[NumberText]:
    """Ways in which the texts of some numbers may be written, the most usual first; ``whole``: they are integers."""
    for mark in ".,":
        for group in ("", *(each for each in GROUPS[mark] if each in "".join(texts[:200]))):  # type: ignore[index]
            plain = [text.replace(group, "") if group else text for text in texts]
            plain = [text.replace(mark, ".") for text in plain]
            if all(_is_number(text) for text in plain):
                yield from _of_plain(plain, whole, NumberText("whole", mark=mark, group=group))


def _of_plain(texts: Sequence[str], whole: bool, base: NumberText) -> Iterator[NumberText]:
    """Candidates for texts with a decimal point and without groups."""
    base = replace(base, plus=any(text.startswith("+") for text in texts))
    if whole:
        yield base
        return
    base = replace(base, bare=any(re.match(r"[+-]?\.", text) for text in texts))
    powers = [match for text in texts if (match := re.search(r"([eE])([+-]?)(\d+)$", text))]
    if powers:
        signed = any(match[2] == "+" for match in powers) or not any(match[2] == "" for match in powers)
        base = replace(base, letter=powers[0][1], signed=signed, places=min(len(match[3]) for match in powers))
    mantissas = [re.split("[eE]", text.lstrip("+-"))[0] for text in texts]
    decimals = Counter(len(text.partition(".")[2]) for text in mantissas).most_common(1)[0][0]
    significant = max(len(text.replace(".", "").lstrip("0")) for text in mantissas)
    for style in ("shortest", "positional"):
        yield replace(base, style=style)
        yield replace(base, style=style, point_zero=False)
    yield replace(base, style="scientific" if len(powers) == len(texts) else "fixed", digits=min(decimals, MOST_DIGITS))
    for digits in sorted({6, 15, min(significant, MOST_DIGITS)}):
        yield replace(base, style="general", digits=digits)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) is not None
