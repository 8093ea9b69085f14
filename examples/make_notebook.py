"""Conversion of a script in percent format to a notebook without outputs.

    python examples/make_notebook.py

writes ``study.ipynb`` from ``study.py`` in the same folder. ``# %%`` starts a cell of code, ``# %% [markdown]`` one of
text.
"""

import json
import re
from pathlib import Path
from typing import Any


def cells(script: str) -> list[tuple[str, str]]:
    """Kind, "code" or "markdown", and text of each cell."""
    found = []
    for kind, body in re.findall(r"^# %%( \[markdown\])?\n(.*?)(?=^# %%|\Z)", script, re.MULTILINE | re.DOTALL):
        text = re.sub(r"^# ?", "", body, flags=re.MULTILINE) if kind else body
        found.append(("markdown" if kind else "code", text.strip()))
    return found


def notebook(script: str) -> str:
    """Notebook (nbformat 4.5) as JSON."""
    made: list[dict[str, Any]] = []
    for i, (kind, text) in enumerate(cells(script)):
        cell = {"cell_type": kind, "id": f"cell-{i}", "metadata": {}, "source": text.splitlines(keepends=True)}
        made.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    here = Path(__file__).parent
    (here / "study.ipynb").write_text(notebook((here / "study.py").read_text()))
