"""What a page holds besides figures and tables: charts with zoom, and recordings to hear."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Chart:
    """A chart on the page that is drawn by the browser, with zoom and values on hover; ``data`` becomes JSON."""

    name: str
    title: str
    data: Mapping[str, Any]
    caption: str = ""
    alt: str = ""

    @property
    def json(self) -> str:
        """The data as text that may stand in a page: null for NaN, no character that ends a script."""
        text = json.dumps(self.data, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
        return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@dataclass(frozen=True)
class Listening:
    """Recordings on the page, each with a caption and the bytes of a WAV file."""

    title: str
    clips: Sequence[tuple[str, bytes]]
    caption: str = ""

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Caption and data address of each recording."""
        head = "data:audio/wav;base64,"
        return [(name, head + base64.b64encode(content).decode("ascii")) for name, content in self.clips]
