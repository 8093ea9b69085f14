"""The HTML page: sections of figures and tables in one self-contained file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from quintet.data.writers.atomic_file import atomic
from quintet.data.writers.atomic_folder import whole_folder
from quintet.extras import extra
from quintet.report.embedded import Chart as Chart
from quintet.report.embedded import Listening as Listening
from quintet.report.figures.canvas import drawn_narrow, inline_svg, save_figure, to_svg
from quintet.report.figures.palettes import DARK, INK, MUTED, PAPER, RULE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = "figures"
MAGNIFIED = 1.6
"""Largest size of a figure on the page, in pixels for each point."""


@dataclass(frozen=True)
class Panel:
    """A figure on the page: ``name`` of its files, title, caption, whether it has the full width, and what it shows in
    words for readers who do not see it."""

    name: str
    figure: Figure
    title: str
    caption: str = ""
    wide: bool = False
    alt: str = ""


@dataclass(frozen=True)
class Words:
    """A cell of text with marked stretches: pairs of text and its mark, "" for none, else as of ``Mark``."""

    parts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Mark:
    """A highlighted cell of a table, with a note below it. ``kind``: "strange", "filled" or "plain" (no colour)."""

    text: str
    kind: str
    note: str = ""


@dataclass(frozen=True)
class TextTable:
    """A small table: header, lines of text, and the index of a bold line; ``prose``: cells are words, not figures;
    ``rows``: a line is a row of the data."""

    title: str
    head: Sequence[str]
    lines: Sequence[Sequence[str | Mark | Words]]
    caption: str = ""
    bold: int | None = None
    wide: bool = False
    prose: bool = False
    rows: bool = False


@dataclass(frozen=True)
class Answer:
    """A line of the table of answers: question, task, metric, and the metric of a baseline."""

    question: str
    what: str
    figure: str
    baseline: str = ""


@dataclass
class Section:
    """A section: heading, lead, highlighted notes, figures and tables."""

    name: str
    title: str
    lead: str = ""
    panels: list[Panel | TextTable | Chart | Listening] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether the section has neither panels nor notes."""
        return not (self.panels or self.notes)


@dataclass
class Page:
    """The content of the page's template."""

    title: str
    lead: str
    answers: list[Answer]
    sections: list[Section]
    overview: Panel | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)
    foot: str = ""


def write_page(page: Page, out: Path, name: str = "report.html", *, force: bool = True) -> Path:
    """Write ``out/report.html`` and every figure as PNG and SVG into ``out/figures``: all of them or none.

    A path that ends in .html becomes the page alone, which holds all figures.

    ``force``: whether existing files may be replaced.
    """
    if is_page(out):
        with atomic(out, force=force) as file:
            file.write(page_text(page).encode())
        return out
    with whole_folder(out, force=force) as folder:
        fill_page(page, folder, name)
    return out / name


def fill_page(page: Page, out: Path, name: str) -> None:
    """Write the page and its figures into an existing folder."""
    (out / name).write_text(page_text(page, out), encoding="utf-8")


def is_page(out: Path) -> bool:
    """Whether a path is that of the page alone, not of a folder."""
    return out.suffix.lower() in (".html", ".htm") and not out.is_dir()


def page_text(page: Page, out: Path | None = None) -> str:
    """The page as HTML.

    Parameters
    ----------
    out : a folder to write each figure to, as PNG and SVG, which the page links; None: the page stands alone.
    """
    with extra("report", "The report"):
        from jinja2 import Environment, PackageLoader, StrictUndefined

    folder = None if out is None else out / FIGURES
    if folder is not None:
        folder.mkdir()
    colours = {colour: DARK[colour] for colour in (INK, MUTED, RULE, PAPER)}
    drawings: dict[str, str] = {}
    widths: dict[str, int] = {}
    narrow: dict[str, str] = {}
    panels = [p for s in page.sections for p in s.panels if isinstance(p, Panel)]
    panels += [page.overview] if page.overview else []
    for panel in panels:
        svg = to_svg(panel.figure) if folder is None else saved_svg(panel, folder)
        alt = panel.alt or panel.title
        drawings[panel.name], needed = inline_svg(svg, panel.name, alt)
        widths[panel.name] = math.ceil(panel.figure.get_size_inches()[0] * 72 * MAGNIFIED)
        colours |= needed
        small = drawn_narrow(panel.figure) if panel.wide else None
        if small is not None and small.get_size_inches()[0] < panel.figure.get_size_inches()[0]:
            narrow[panel.name], needed = inline_svg(to_svg(small), f"{panel.name}-narrow", alt)
            colours |= needed
    environment = Environment(
        loader=PackageLoader("quintet.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        page=page,
        sections=[s for s in page.sections if not s.empty],
        drawings=drawings,
        widths=widths,
        narrow=narrow,
        folder=None if out is None else FIGURES,
        has_charts=any(isinstance(p, Chart) for s in page.sections for p in s.panels),
        light={f"c{c[1:]}": c for c in sorted(colours)},
        dark={f"c{c[1:]}": d for c, d in sorted(colours.items())},
    )


def saved_svg(panel: Panel, folder: Path) -> str:
    """Write the figure of a panel as PNG and SVG; the latter's text."""
    return save_figure(panel.figure, folder, panel.name)[1].read_text(encoding="utf-8")
