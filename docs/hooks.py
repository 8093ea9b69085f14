"""Formulas of the site as MathML, which browsers draw themselves, and the sizes of its pictures."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

BLOCK = re.compile(r"^\$\$\n(.+?)\n\$\$$", re.DOTALL | re.MULTILINE)
PICTURE = re.compile(r'<img (?P<rest>[^>]*?src="(?P<src>[^":]+\.png)"[^>]*?) ?/?>')
LARGE = 700
"""Width in pixels from which a picture has words that are too small on a phone."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Blocks between lines of two dollars."""
    return BLOCK.sub(lambda found: f'<div class="formula">{convert(found[1], display="block")}</div>', markdown)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Pictures get their sizes, so that text does not jump as they load, and large ones the class ``large``."""
    folder = posixpath.dirname(page.file.dest_uri)

    def sized(found: re.Match[str]) -> str:
        width, height = size_of(Path(config.site_dir, posixpath.normpath(posixpath.join(folder, found["src"]))))
        mark = ' class="large"' if width >= LARGE else ""
        return f'<img {found["rest"]} width="{width}" height="{height}"{mark}>'

    return PICTURE.sub(sized, output)


def size_of(file: Path) -> tuple[int, int]:
    """Width and height of a PNG file, in pixels."""
    png = file.read_bytes()[:24]
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
