"""A blank figure in the report's style, and the one way to write it as PNG, SVG or inline SVG."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from pathlib import Path
from typing import Any, ParamSpec
from weakref import WeakKeyDictionary

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from quintet.report.figures.palettes import INK, MUTED, PAPER, RULE, on_dark

HALF = 4.3  # width in inches of a figure that shares a line of the page
FULL = 7.6  # width in inches of a figure that has a line for itself
NARROW = 3.7  # width in inches of any figure on the page of a telephone
DPI = 180  # dots per inch of PNG files
FLIP = "flip"  # gid prefix of images whose light and dark change places on a dark page

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "axes.labelsize": 9.0,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "axes.facecolor": PAPER,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.6,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "quintet",
    "text.parse_math": False,
    "axes.unicode_minus": True,
}

P = ParamSpec("P")
_LONG = re.compile(r"-?\d+\.\d{3,}")
"""A number with more decimals than a screen shows; a quarter of a page would be such digits."""
_NARROW: ContextVar[bool] = ContextVar("narrow", default=False)
_AGAIN: WeakKeyDictionary[Figure, Callable[[], Figure]] = WeakKeyDictionary()
"""How each figure was drawn, for ``drawn_narrow``: sections need not know of widths."""


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Run a figure function under the report's style and leave Matplotlib's settings as they were."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context(STYLE):
            figure = draw(*args, **kwargs)
        _AGAIN[figure] = partial(drawn, *args, **kwargs)
        return figure

    return drawn


def drawn_narrow(figure: Figure) -> Figure | None:
    """The same figure for the width of a telephone; None for figures of functions that are not ``styled``."""
    again = _AGAIN.get(figure)
    if again is None:
        return None
    with narrow():
        return again()


@contextmanager
def narrow() -> Iterator[None]:
    """Draw figures for the width of a telephone: in the context, ``full_width`` is ``NARROW``."""
    token = _NARROW.set(True)
    try:
        yield
    finally:
        _NARROW.reset(token)


def full_width() -> float:
    """Width in inches of a figure that has a line for itself."""
    return NARROW if _NARROW.get() else FULL


def is_narrow() -> bool:
    """Whether figures are drawn for the width of a telephone."""
    return _NARROW.get()


def across(wide: int, count: int | None = None) -> int:
    """Number of small axes side by side: ``wide`` on a full width, half as many on a narrow one, at most ``count``."""
    most = -(-wide // 2) if _NARROW.get() else wide
    return max(1, most if count is None else min(most, count))


def empty_figure(width: float = HALF, height: float = 3.2) -> Figure:
    """An empty figure of ``width`` by ``height`` inches, outside pyplot's global state."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def plot(width: float = HALF, height: float = 3.2) -> tuple[Figure, Axes]:
    """A figure with one pair of axes."""
    figure = empty_figure(width, height)
    return figure, figure.add_subplot()


def bare(axes: Axes) -> Axes:
    """Take ticks and frame off, for images."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def save_figure(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write ``name.png`` (``DPI`` dots per inch) and ``name.svg`` into ``folder``."""
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    with mpl.rc_context(STYLE):
        figure.set_dpi(DPI)
        canvas: Any = FigureCanvasAgg(figure)
        canvas.print_png(png, metadata={"Software": "quintet"})  # savefig would draw the figure twice
    figure.set_layout_engine("none")  # the layout is computed already
    svg.write_text(to_svg(figure), encoding="utf-8")
    return png, svg


def to_svg(figure: Figure) -> str:
    """The figure as SVG text without a date, so that equal figures give equal files."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def inline_svg(svg: str, name: str, title: str) -> tuple[str, dict[str, str]]:
    """Adapt SVG text to an HTML page; return it with its colours.

    Every colour becomes a CSS variable, so that one drawing serves the light and the dark page; text takes
    the page's font; ids carry ``name``, so that figures on one page do not clash.

    Returns
    -------
    (html, colours) : the element, and for every variable name the pair is {light colour: dark colour}.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style type=.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"font-family: [^;\"]*", "font-family: var(--sans)", body)
    body = re.sub(r"(style=\"font: [^\"]*?px) [^;\"]*", r"\1 var(--sans)", body)
    body = re.sub(rf'id="{FLIP}[^"]*"', 'class="flip"', body)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    body = re.sub(r'xlink:href="data:image/png;base64,\s*', 'href="data:image/png;base64,', body)
    colours = {c.lower(): on_dark(c) for c in set(re.findall(r"(?<=: )#[0-9a-fA-F]{6}\b", body))}
    body = re.sub(r"(?<=: )#([0-9a-fA-F]{6})\b", lambda m: f"var(--c{m[1].lower()})", body)
    box = re.search(r'viewBox="([^"]+)"', body)
    view = box[1] if box else "0 0 100 100"
    body = body[body.index(">") + 1 :]
    body = re.sub(r'\b(d|x|y)="([^"]*)"', lambda m: f'{m[1]}="{_LONG.sub(_rounded, m[2])}"', body)
    label = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    body = re.sub(r"\s*\n\s*", " ", body).strip()
    return f'<svg viewBox="{view}" role="img" aria-label="{label}">{body}', colours


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}"


def shortened(text: str, most: int) -> str:
    """Text of at most ``most`` characters, in one line."""
    text = " ".join(str(text).split())
    return text if len(text) <= most else text[: most - 1] + "…"
