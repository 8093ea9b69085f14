"""Model files that commands write: silent when Python loads them, and never under the name of a pickle."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from quintet import load
from tests.cli.command import invoke, ok

FEW = ("--limit", 60, "--epochs", 1, "--latent-dim", 2, "--network", "mlp")
THICKER = ("digits", "--limit", 40, "--attribute", "thickness", "--by", 1)


@pytest.fixture(autouse=True)
def room(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model that has shown its progress."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(models / "digits.safetensors", "m.safetensors")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("fit", "digits", *FEW, "--out", "new.safetensors"),
        ("recalibrate", "m.safetensors", "digits", "--limit", 40, "--out", "new.safetensors"),
        ("edit", "new.safetensors", *THICKER, "--keep", "--out", "x.npz"),
    ],
    ids=lambda command: command[0],
)
def test_a_model_of_the_command_is_not_verbose_where_python_loads_it(command: tuple[Any, ...]) -> None:
    if command[0] == "edit":
        shutil.copy("m.safetensors", "new.safetensors")
    ok(*command)
    assert Path("new.safetensors").read_bytes() != Path("m.safetensors").read_bytes()
    assert load("new.safetensors").verbose == "auto"


@pytest.mark.parametrize("name", ["m.pt", "m.pth", "M.PT"])
@pytest.mark.parametrize("command", [("fit", "digits", *FEW), ("recalibrate", "m.safetensors", "digits")])
def test_the_ending_of_a_pickle_is_refused_before_any_work(command: tuple[Any, ...], name: str) -> None:
    result = invoke(*command, "--out", name)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert name in line
    assert f"{name.split('.')[0]}.safetensors" in line
    assert not Path(name).exists()
