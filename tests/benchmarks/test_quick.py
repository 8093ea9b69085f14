"""``make results QUICK=1`` runs what can be run here, and names the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Script = Callable[[str], Any]


def test_the_scripts_with_a_quick_run_are_found(script: Script) -> None:
    names = {path.stem for path in script("quick").benchmarks()}
    assert {"growth", "records_five", "records_density", "semi", "import_time", "training_speed"} <= names
    assert not {"quick", "results", "common", "goals", "elsewhere", "picture_five"} & names


@pytest.mark.parametrize(("name", "lack"), [("semi", "QUINTET_DATA"), ("family", "--pythae")])
def test_what_a_script_lacks_is_named(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, lack: str
) -> None:
    monkeypatch.setenv("QUINTET_DATA", str(tmp_path / "nowhere"))
    quick = script("quick")
    (tmp_path / "results").mkdir()
    line, lacks = quick.run(quick.HERE / f"{name}.py", tmp_path, None)
    assert lacks == lack
    assert line.startswith(f"{name}.py: ended with")
