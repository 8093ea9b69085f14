"""Every example runs, with few epochs, in an empty folder; the notebook is that of its script."""

import json
import runpy
import warnings
from pathlib import Path

import pytest
import torch

from quintet.errors import QuintetWarning
from tests.shared import answering_in_haste

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(path for path in FOLDER.glob("*.py") if path.stem not in ("study", "make_notebook"))


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_example(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EPOCHS", "2")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings(), answering_in_haste():
            warnings.simplefilter("ignore", QuintetWarning)  # so short a training is worth a warning or two
            runpy.run_path(str(script), run_name="__main__")
    finally:
        torch.set_num_threads(before)
    assert capsys.readouterr().out.strip(), f"{script.name} says nothing of what it found"


def test_the_notebook_is_made_from_the_script_and_runs_in_its_quick_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script, text = FOLDER / "study.py", (FOLDER / "study.ipynb").read_text()
    maker = runpy.run_path(str(FOLDER / "make_notebook.py"))
    assert text == maker["notebook"](script.read_text()), "run python examples/make_notebook.py"
    found = json.loads(text)
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in found["cells"]]
    assert cells == maker["cells"](script.read_text())
    # no line of the script is lost on the way: those of code as they are, those of text behind "# "
    lines = [line for kind, cell in cells for line in (cell if kind == "code" else _commented(cell)).splitlines()]
    assert [line for line in lines if line] == [
        line for line in script.read_text().splitlines() if line and not line.startswith("# %%")
    ]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUINTET_QUICK", "1")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})  # one process: each imports torch before it trains
    space: dict[str, object] = {"__name__": "__main__"}
    for kind, cell in cells:
        if kind == "code":
            exec(compile(cell, "study.ipynb", "exec"), space)
    output = capsys.readouterr().out
    assert "squared error" in output
    assert "left out of the findings" in output  # so short a training teaches nothing, and says so
    assert (tmp_path / "study" / "compare.html").exists()


def _commented(cell: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in cell.splitlines())
