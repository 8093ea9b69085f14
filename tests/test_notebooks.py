"""Each notebook of the site runs as it stands, and what it has stored is what its cells give."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "docs" / "tutorials").glob("*.ipynb"))
LARGEST = 300_000


def loaded(path: Path) -> ModuleType:
    """A file that is not of a package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def kinds(cell: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """What kinds of output a cell has."""
    return [(output["output_type"], sorted(output.get("data", {}))) for output in cell["outputs"]]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_gives_what_it_has_stored(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stored = read(path)
    found = loaded(ROOT / "benchmarks" / "page_notebooks.py").with_outputs(stored)
    for before, now in zip(code_cells(stored), code_cells(found), strict=True):
        name = f"{path.name}, cell {before['id']}: run benchmarks/page_notebooks.py"
        assert kinds(before) == kinds(now), name
        assert before["execution_count"] == now["execution_count"], name
        if "exact" in before["metadata"].get("tags", []):
            assert before["outputs"] == now["outputs"], name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_whole_and_described(path: Path) -> None:
    notebook, cells = read(path), code_cells(read(path))
    assert path.stat().st_size < LARGEST
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert notebook["cells"][0]["source"][0].startswith("# ")
    exact = [cell for cell in cells if "exact" in cell["metadata"].get("tags", [])]
    assert len(exact) >= 1, "some output must be the same on every machine"
    for cell in cells:
        pictures = [output for output in cell["outputs"] if "image/png" in output.get("data", {})]
        assert not pictures or cell not in exact, "pictures vary with the version of Matplotlib"
        for output in pictures:
            assert base64.b64decode(output["data"]["image/png"]).startswith(b"\x89PNG")
            alt = output["metadata"]["image/png"]["alt"]
            assert alt == cell["metadata"]["alt"]
            assert len(alt) > 20


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_somewhere(path: Path) -> None:
    texts = ["".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == "markdown"]
    targets = re.findall(r"\]\(([^)#:]+)", "\n".join(texts))
    assert len(targets) >= 3
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 3


def test_outputs_are_those_of_jupyter() -> None:
    run = loaded(ROOT / "benchmarks" / "page_notebooks.py")
    sources = ["%magic\nx = 2\nprint(x)\nx + 1", "x;", "import pandas as pd\npd.DataFrame({'a': [x]})", "y = x"]
    sources.append("import matplotlib.pyplot as plt\nplt.plot([x]);")
    cells = [{"cell_type": "code", "metadata": {"alt": "A point."}, "source": [text]} for text in sources]
    done = run.with_outputs({"cells": cells})["cells"]
    assert [cell["execution_count"] for cell in done] == [1, 2, 3, 4, 5]
    assert [len(cell["outputs"]) for cell in done] == [2, 0, 1, 0, 1]
    assert done[0]["outputs"][0] == {"name": "stdout", "output_type": "stream", "text": ["2\n"]}
    assert done[0]["outputs"][1]["data"] == {"text/plain": ["3"]}
    assert "<table" in done[2]["outputs"][0]["data"]["text/html"][0]
    assert done[4]["outputs"][0]["output_type"] == "display_data"
    assert done[4]["outputs"][0]["metadata"] == {"image/png": {"alt": "A point."}}
    assert "matplotlib.pyplot" in sys.modules


def test_cells_become_a_page() -> None:
    png = base64.b64encode(b"\x89PNG").decode()
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {"output_type": "execute_result", "data": {"text/plain": ["a"], "text/html": ["<style>b</style>\n<table>"]}},
        {"output_type": "display_data", "data": {"image/png": png}, "metadata": {"image/png": {"alt": "Seen."}}},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "words"]},
        {"cell_type": "code", "source": ["print(1)"], "outputs": outputs},
    ]
    text, pictures = loaded(ROOT / "docs" / "cells.py").as_markdown({"cells": cells}, "page")
    parts = ["# Title\nwords", "```python\nprint(1)\n```", "```text\none\ntwo\n```", '<div class="frame"><table></div>']
    assert text == "\n\n".join([*parts, "![Seen.](files/page-1.png)"]) + "\n"
    assert pictures == {"files/page-1.png": b"\x89PNG"}
