"""The section on new lines, as text."""

from __future__ import annotations

from quintet.report.page import Answer, Section, TextTable
from quintet.report.text_material import TextMaterial

COUNT = 6
TEMPERATURES = (1.0, 0.7)
DRAWN = 40


def writing(m: TextMaterial) -> tuple[Section, Answer]:
    """Generation: new lines at two temperatures, and behind a prompt."""
    real = words_of(m.known.words)
    tables = []
    for temperature in TEMPERATURES:
        drawn = max(COUNT, DRAWN // (4 if m.quick else 1)) if temperature == 1.0 else COUNT
        lines = m.model.generate(drawn, temperature=temperature, random_state=m.seed)
        if temperature == 1.0:
            share, count = known_share(lines, real), len(lines)
        tables.append(_listed(f"New lines, temperature {temperature:g}", lines))
    prompt = _prompt(m)
    if prompt:
        lines = m.model.generate(COUNT, prompt=prompt, temperature=0.7, random_state=m.seed)
        tables.append(_listed(f"New lines that begin with “{prompt}”", lines))
    theirs = known_share(m.lines, real)
    words = "Lines are drawn from the model, token after token. A lower temperature gives more usual lines."
    answer = Answer(
        "Generate",
        f"{count:,} new lines; share of their words that training lines have",
        f"{share:.0%}",
        f"{m.which} lines {theirs:.0%}",
    )
    return Section("generate", "Generate", words, list(tables)), answer


def words_of(known: dict[str, int]) -> set[str]:
    """The known words in small letters."""
    return {word.lower() for word in known}


def known_share(lines: list[str], known: set[str]) -> float:
    """The share of the words of letters in some lines that are known."""
    words = [word for line in lines for word in line.lower().split() if word.isalpha()]
    return sum(word in known for word in words) / max(1, len(words))


def _prompt(m: TextMaterial) -> str:
    """The most usual beginning of the evaluated lines: a word, or two characters of lines of one word."""
    if sum(" " in line for line in m.lines) > len(m.lines) / 2:
        starts = [line.split()[0] + " " for line in m.lines if line.split()]
    else:
        starts = [line[:2] for line in m.lines if len(line) > 2]
    return max(sorted(set(starts)), key=starts.count) if starts else ""


def _listed(title: str, lines: list[str]) -> TextTable:
    return TextTable(title, ("line",), [(line,) for line in lines[:COUNT]], wide=True, prose=True)
