"""The text of the page, and the files that lie inside or beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quintet.explore.inlining import PAGE, script
from quintet.explore.packing import as_text, zipped
from quintet.extras import extra

RUNTIME = Path(__file__).parent / "runtime"


def runtime_files() -> dict[str, bytes]:
    """The browser's runtime, gzipped, by the names that ``runtime.js`` asks for."""
    return {path.stem: path.read_bytes() for path in sorted(RUNTIME.glob("*.gz"))}


def graph_archives(graphs: Mapping[str, bytes]) -> dict[str, bytes]:
    """The graphs, gzipped, by the names that ``runtime.js`` asks for."""
    return {f"{name}.onnx": zipped(content) for name, content in graphs.items()}


def page_text(data: Mapping[str, Any], words: Mapping[str, Any], inside: Mapping[str, bytes]) -> str:
    """The page as HTML.

    Parameters
    ----------
    data : what the script reads.
    words : what the template shows: title, lead, foot, and sizes.
    inside : gzipped files that become part of the page; those of a page that is served lie beside it.
    """
    with extra("report", "The page"):
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # within a script element only "</" would end it, which JSON may write with a backslash
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    return environment.get_template("page.html.j2").render(
        **words,
        data=text,
        style=(PAGE / "style.css").read_text(encoding="utf-8"),
        script=script(),
        files={name: as_text(content) for name, content in inside.items()},
    )
