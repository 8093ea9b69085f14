"""Colour palettes for colour-blind readers, and their variants for a dark page."""

import colorsys
import re
from collections.abc import Sequence
from dataclasses import dataclass

from quintet.errors import InputError, nearest

INK = "#1c2430"  # text, axes, the dark end of grey images
MUTED = "#667085"  # secondary text, ticks, the training rows
RULE = "#d8d5cd"  # thin lines
FILL = "#a9b0ba"  # bars and areas that are compared with coloured ones
PAPER = "#ffffff"  # the background of every figure

DARK = {INK: "#eceae4", MUTED: "#a3abb8", RULE: "#3d424b", FILL: "#646d7a", PAPER: "#1b1d21"}

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LABELS: dict[str, tuple[str, ...]] = {
    # Petroff, "Accessible color sequences for data visualization", arXiv:2107.02270: ten colours.
    "petroff": (
        "#3f90da",
        "#ffa90e",
        "#bd1f01",
        "#94a4a2",
        "#832db6",
        "#a96b59",
        "#e76300",
        "#b9ac70",
        "#717581",
        "#92dadd",
    ),
    # Okabe and Ito, "Color Universal Design", 2008, without black.
    "okabe-ito": ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#b8ab00"),
    # Paul Tol, "Colour Schemes", SRON/EPS/TN/09-002, the muted scheme.
    "tol": (
        "#332288",
        "#cc6677",
        "#117733",
        "#ddcc77",
        "#88ccee",
        "#882255",
        "#44aa99",
        "#999933",
        "#aa4499",
    ),
    "grey": ("#26282c", "#8a8d93", "#55585e", "#b9bbbf", "#3d4046", "#a2a4a9", "#6f7278"),
}


@dataclass(frozen=True)
class Palette:
    """The colours of a report.

    Parameters
    ----------
    labels : colours of the classes, repeated if necessary.
    test, strange : colours of held-out and of anomalous rows; training rows are grey.
    """

    labels: tuple[str, ...]
    test: str
    strange: str
    train: str = MUTED

    def label(self, index: int) -> str:
        """The colour of class ``index``; colours repeat after the last."""
        return self.labels[index % len(self.labels)]


def palette_names() -> list[str]:
    """The names of the built-in palettes; the first is the default."""
    return list(_LABELS)


def get_palette(palette: "str | Sequence[str] | Palette" = "petroff") -> Palette:
    """A palette by name, or from a sequence of at least two colours '#rrggbb'.

    The first two colours of a palette have the most contrast, and also stand for normal and anomalous rows.
    """
    if isinstance(palette, Palette):
        return palette
    if isinstance(palette, str):
        if palette not in _LABELS:
            raise InputError(f"palette={palette!r} is unknown: {nearest(palette, _LABELS)}.")
        colours = _LABELS[palette]
    else:
        colours = tuple(str(c).lower() for c in palette)
        if len(colours) < 2 or not all(_HEX.fullmatch(c) for c in colours):
            raise InputError(f"palette must be a name, or two or more colours like '#3f90da', got {list(colours)}.")
    strange = "#e76300" if palette == "petroff" else colours[1]
    return Palette(colours, test=colours[0], strange=strange)


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def luminance(colour: str) -> float:
    """Relative luminance of '#rrggbb', 0 (black) to 1 (white): WCAG 2.1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 (the same) to 21: WCAG 2.1."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def on_dark(colour: str, ratio: float = 4.0) -> str:
    """The same hue, lightened to a contrast of at least ``ratio`` on the dark page."""
    colour = colour.lower()
    if colour in DARK:
        return DARK[colour]
    hue, light, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    while contrast(colour, DARK[PAPER]) < ratio and light < 1.0:
        light = min(1.0, light + 0.02)
        rgb = colorsys.hls_to_rgb(hue, light, saturation)
        colour = "#" + "".join(f"{round(255 * c):02x}" for c in rgb)
    return colour
