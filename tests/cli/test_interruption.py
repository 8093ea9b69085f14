"""Ctrl-C saves and says how to go on; what goes on must be the same run; what diverges keeps its last good weights."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet.estimators import VAE
from tests.cli.command import invoke, ok

FEW = ("--limit", 60, "--epochs", 4, "--latent-dim", 2, "--network", "mlp", "--out", "m", "--quiet")


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run that Ctrl-C stopped after its second epoch."""
    fit = VAE.fit

    def stop(row: Mapping[str, Any]) -> None:
        if row["epoch"] == 2:
            signal.raise_signal(signal.SIGINT)

    def stopped(self: VAE, *arguments: Any, **options: Any) -> VAE:
        return fit(self, *arguments, callbacks=(stop,), **options)

    with monkeypatch.context() as patch:
        patch.setattr(VAE, "fit", stopped)
        return invoke("fit", "digits", *FEW)


def test_ctrl_c_saves_and_says_how_to_go_on(interrupted: Any) -> None:
    assert interrupted.exit_code == 1
    assert "m.checkpoint" in interrupted.stderr
    assert "--resume" in interrupted.stderr
    assert len(interrupted.stderr.splitlines()) == 1
    assert [file.name for file in Path().iterdir()] == ["m.checkpoint"]


def test_resumed_is_as_undisturbed(interrupted: Any) -> None:
    ok("fit", "digits", *FEW, "--resume")
    assert [file.name for file in Path().iterdir()] == ["m"]
    Path("m").rename("resumed")
    ok("fit", "digits", *FEW)
    for model in ("resumed", "m"):
        ok("generate", model, "-n", 5, "--out", f"{model}.npy", "--quiet")
    np.testing.assert_array_equal(np.load("resumed.npy"), np.load("m.npy"))


@pytest.mark.parametrize(
    "other",
    [("digits", "--only", "0-8"), ("digits", "--set", "learning_rate=0.5"), ("digits", "--seed", 3)],
    ids=["data", "options", "seed"],
)
def test_resuming_another_run_is_refused(interrupted: Any, other: tuple[Any, ...]) -> None:
    before = Path("m.checkpoint").read_bytes()
    result = invoke("fit", *other, *FEW, "--resume")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "m.checkpoint" in result.stderr
    assert Path("m.checkpoint").read_bytes() == before
    assert not Path("m").exists()


def test_a_damaged_checkpoint_is_refused(interrupted: Any) -> None:
    whole = Path("m.checkpoint").read_bytes()
    Path("m.checkpoint").write_bytes(whole[:-100])
    result = invoke("fit", "digits", *FEW, "--resume")
    assert result.exit_code == 2
    assert "m.checkpoint" in result.stderr


def test_nothing_to_resume_starts_afresh_and_says_so() -> None:
    arguments = [word for word in FEW if word != "--quiet"]
    result = ok("fit", "digits", *arguments, "--resume")
    assert "started from the beginning" in result.stderr
    assert Path("m").exists()


def test_divergence_keeps_the_last_good_weights() -> None:
    result = invoke("fit", "digits", *FEW, "--set", "learning_rate=1e30")
    assert result.exit_code == 1
    assert "learning_rate" in result.stderr
    assert "m has the last good weights" in result.stderr
    ok("generate", "m", "-n", 2, "--out", "x.npy", "--quiet")
