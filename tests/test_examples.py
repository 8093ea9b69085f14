"""Every example runs, with few epochs, in an empty folder."""

import runpy
import warnings
from pathlib import Path

import pytest
import torch

from quintet.errors import QuintetWarning

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_example(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EPOCHS", "2")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", QuintetWarning)  # so short a training is worth a warning or two
            runpy.run_path(str(script), run_name="__main__")
    finally:
        torch.set_num_threads(before)
    assert capsys.readouterr().out.strip(), f"{script.name} says nothing of what it found"
