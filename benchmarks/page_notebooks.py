"""The outputs of the notebooks in docs/tutorials, written into them again.

python benchmarks/page_notebooks.py [NAME ...]

Cells run as in Jupyter, in order and with one namespace: what a cell prints, its last expression and its open pyplot
figures are its outputs. A cell's metadata has `alt`, which says in words what its figure shows, and may have the tag
`exact`: its output is the same on every machine, which tests/test_notebooks.py checks.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "tutorials"
DPI = 110
COLOURS = 64
"""Of a stored picture: figures have few, and a palette halves the file."""


def with_outputs(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the outputs of its cells, which run in the current folder."""
    import matplotlib

    matplotlib.use("agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count = 1 + sum(done["cell_type"] == "code" for done in cells)
            outputs = _outputs("".join(cell["source"]), names, count, cell["metadata"].get("alt", ""))
            cell = cell | {"execution_count": count, "outputs": outputs}
        cells.append(cell)
    return notebook | {"cells": cells}


def _outputs(source: str, names: dict[str, Any], count: int, alt: str) -> list[dict[str, Any]]:
    code = "\n".join("" if line.startswith("%") else line for line in source.splitlines())  # magics are Jupyter's
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {count}", "exec"), names)
        if isinstance(last, ast.Expr) and not code.rstrip().endswith(";"):
            value = eval(compile(ast.Expression(last.value), f"cell {count}", "eval"), names)
        elif last is not None:
            exec(compile(ast.Module([last], []), f"cell {count}", "exec"), names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": _lines(printed.getvalue())})
    if value is not None:
        outputs.append({"execution_count": count, "output_type": "execute_result"} | _shown(value, alt))
    outputs += [{"output_type": "display_data"} | _shown(figure, alt) for figure in _open_figures()]
    return outputs


def _open_figures() -> list[Any]:
    import matplotlib.pyplot as plt

    figures = [plt.figure(number) for number in plt.get_fignums()]
    plt.close("all")
    return figures


def _shown(value: Any, alt: str) -> dict[str, Any]:
    """Data and metadata of a value, as Jupyter stores them."""
    data: dict[str, Any] = {"text/plain": _lines(repr(value))}
    metadata: dict[str, Any] = {}
    if hasattr(value, "savefig"):
        size = "x".join(f"{inch * 100:.0f}" for inch in value.get_size_inches())
        data = {"image/png": _png(value), "text/plain": [f"<Figure size {size}>"]}
        metadata = {"image/png": {"alt": alt}}
    elif hasattr(value, "to_html"):
        data["text/html"] = _lines(value.to_html(border=0))
    return {"data": data, "metadata": metadata}


def _png(figure: Any) -> str:
    from PIL import Image

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DPI, bbox_inches="tight", facecolor="white")
    small = io.BytesIO()
    Image.open(file).convert("RGB").quantize(COLOURS).save(small, format="png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def read(path: Path) -> dict[str, Any]:
    """A notebook as plain values."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Run the named notebooks, or all, each in an empty folder, and write them."""
    named = [FOLDER / f"{name}.ipynb" for name in sys.argv[1:]]
    for path in named or sorted(FOLDER.glob("*.ipynb")):
        before = Path.cwd()
        with tempfile.TemporaryDirectory() as room, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.chdir(room)
            notebook = with_outputs(read(path))
            os.chdir(before)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
