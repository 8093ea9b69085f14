"""Figures, tables and notes printed on the terminal, as text or JSON."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import typer

from quintet import launched
from quintet.extras import extra

WIDEST = 10_000
"""Characters of a table's line where no terminal limits them."""


_noted: set[str] = set()
"""Notes of the command that runs."""


def begin_notes() -> None:
    """Forget the notes of an earlier command in this process."""
    _noted.clear()


def note(sentence: str, quiet: bool = False) -> None:
    """Print a note on standard error, apart from the figures on standard output; a repeated one once, by the first of
    several processes."""
    if not quiet and launched.is_first() and sentence not in _noted:
        _noted.add(sentence)
        typer.echo(f"note: {sentence}", err=True)


@contextmanager
def log_shown(quiet: bool) -> Iterator[None]:
    """Print the library's log messages (such as the inferred kind of the cells) as notes on standard error."""
    log, handler = logging.getLogger("quintet"), _Notes()
    level = log.level
    if quiet:
        yield
        return
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage())


def say(answer: Mapping[str, Any], *, as_json: bool, quiet: bool = False) -> None:
    """Print figures as JSON or as aligned lines; ``quiet`` suppresses the lines only."""
    if as_json:
        typer.echo(json.dumps(plain(answer), indent=2))
    elif not quiet:
        width = max((len(name) for name in answer), default=0)
        for name, value in answer.items():
            typer.echo(f"{name.replace('_', ' '):<{width}}  {_short(value)}")


def columns(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of text in aligned columns; the first row is the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in [rows[0], ["-" * width for width in widths], *rows[1:]]:
        typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def rich_table(table: Any) -> None:
    """Print a table of Rich, as wide as the terminal; in files and pipes no line is folded."""
    with extra("cli", "A table on the terminal"):
        from rich.console import Console

    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = console.measure(table, options=console.options.update(width=WIDEST)).maximum
    console.print(table)


def plain(value: Any) -> Any:
    """Convert to JSON types: arrays become lists, NaN and infinity become null."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    if isinstance(value, (np.ndarray, np.generic)):
        return _short(value.tolist())
    if isinstance(value, (list, tuple)):
        return ", ".join(_short(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_short(item)}" for name, item in value.items())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
