"""The page on the service: its Python and its curl commands run beside a service, as they stand."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet import load
from tests.shared import hardly_measured
from tests_reach.service import running

PAGE = Path(__file__).parents[1] / "docs" / "serving.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
PORT = "127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    return [code for name, code in BLOCKS if name == language]


@pytest.mark.filterwarnings("ignore")  # of MLflow, see test_service_mlflow.py, and of a fit so short
def test_the_page_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fit, *later = blocks("python")
    names: dict[str, Any] = {}
    with hardly_measured():
        exec(fit.replace("epochs=5", "epochs=1"), names)
    with running({"cancer": tmp_path / "cancer.safetensors"}, tmp_path) as service:
        here = f"127.0.0.1:{service.address[1]}"
        shown = [json.loads(each) for each in blocks("json")]
        commands = [code for code in blocks("bash") if code.startswith("curl")]
        assert len(commands) == len(shown) == 2
        for code, answer in zip(commands, shown, strict=True):
            done = subprocess.run(["bash", "-c", code.replace(PORT, here)], capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)
            assert found.keys() == answer.keys()
            assert _form(found) == _form(answer)
        for code in later:
            exec(code.replace(PORT, here), names)
    assert len(names["scores"]) == 119
    assert [row["diagnosis"] for row in names["new"].json()["rows"]] == ["malignant"] * 3
    assert np.isfinite(names["filled"].select_dtypes("number")).all().all()
    assert load(tmp_path / "cancer.safetensors").schema_.columns
    assert callable(names["app"])


def _form(value: Any) -> Any:
    """The names and types of an answer, without its values."""
    if isinstance(value, dict):
        return {name: _form(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_form(each) for each in value]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
