"""The cells of a notebook and their stored outputs as Markdown. Nothing runs."""

from __future__ import annotations

import base64
import re
from typing import Any

STYLE = re.compile(r"<style.*?</style>\n?", re.DOTALL)


def as_markdown(notebook: dict[str, Any], name: str) -> tuple[str, dict[str, bytes]]:
    """The page of a notebook, and its pictures by their paths relative to the page's source.

    Parameters
    ----------
    notebook : of nbformat 4; the metadata of a picture holds its ``alt``.
    name : the notebook's, without ending.
    """
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                file = f"files/{name}-{len(pictures) + 1}.png"
                pictures[file] = base64.b64decode("".join(data["image/png"]))
                parts.append(f"![{output['metadata']['image/png']['alt']}]({file})")
            elif "text/html" in data:
                parts.append(f'<div class="frame">{STYLE.sub("", "".join(data["text/html"]))}</div>')
            else:
                text = "".join(output.get("text", data.get("text/plain", "")))
                parts.append(f"```text\n{text.rstrip()}\n```")
    return "\n\n".join(parts) + "\n", pictures
