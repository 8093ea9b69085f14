"""The HTML page: sections of figures and tables in one self-contained file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from quintet.data.writers.atomic_folder import whole_folder
from quintet.extras import extra
from quintet.report.figures.canvas import inline_svg, save_figure
from quintet.report.figures.palettes import DARK, INK, MUTED, PAPER, RULE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = "figures"


@dataclass(frozen=True)
class Panel:
    """A figure on the page: ``name`` of its files, title, caption, and whether it has the full width."""

    name: str
    figure: Figure
    title: str
    caption: str = ""
    wide: bool = False


@dataclass(frozen=True)
class TextTable:
    """A small table: header, lines of text, and the index of a bold line."""

    title: str
    head: Sequence[str]
    lines: Sequence[Sequence[str]]
    caption: str = ""
    bold: int | None = None
    wide: bool = False


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
    panels: list[Panel | TextTable] = field(default_factory=list)
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

    ``force``: whether existing files may be replaced.
    """
    with whole_folder(out, force=force) as folder:
        fill_page(page, folder, name)
    return out / name


def fill_page(page: Page, out: Path, name: str) -> None:
    """Write the page and its figures into an existing folder."""
    with extra("report", "The report"):
        from jinja2 import Environment, PackageLoader, StrictUndefined

    folder = out / FIGURES
    folder.mkdir()
    colours = {colour: DARK[colour] for colour in (INK, MUTED, RULE, PAPER)}
    drawings: dict[str, str] = {}
    widths: dict[str, int] = {}
    panels = [p for s in page.sections for p in s.panels if isinstance(p, Panel)]
    panels += [page.overview] if page.overview else []
    for panel in panels:
        _, svg = save_figure(panel.figure, folder, panel.name)
        drawings[panel.name], needed = inline_svg(svg.read_text(encoding="utf-8"), panel.name, panel.title)
        widths[panel.name] = math.ceil(panel.figure.get_size_inches()[0] * 72 * 1.4)
        colours |= needed
    environment = Environment(
        loader=PackageLoader("quintet.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("page.html.j2").render(
        page=page,
        sections=[s for s in page.sections if not s.empty],
        drawings=drawings,
        widths=widths,
        folder=FIGURES,
        light={f"c{c[1:]}": c for c in sorted(colours)},
        dark={f"c{c[1:]}": d for c, d in sorted(colours.items())},
    )
    (out / name).write_text(text, encoding="utf-8")
