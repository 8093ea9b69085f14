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
    assert interrupted.exit_code == 130
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


def ctrl_c(*_: Any, **__: Any) -> None:
    signal.raise_signal(signal.SIGINT)


def cut_off_import(*_: Any, **__: Any) -> None:
    try:
        ctrl_c()
    except KeyboardInterrupt:
        raise ImportError("a package was cut off while it was imported") from None


def explained(result: Any, *parts: str) -> None:
    """The command ended with 130 and one sentence that has these parts, and left no half-written file."""
    assert result.exit_code == 130
    (line,) = result.stderr.splitlines()
    for part in parts:
        assert part in line
    assert {file.name for file in Path().iterdir()} <= {"m", "m.checkpoint"}


BEFORE = {
    "reading": ("quintet.cli.fit.training_table", ctrl_c),
    "importing": ("quintet.cli.fit.training_table", cut_off_import),
    "building": ("quintet.estimators.building.build", ctrl_c),
    "reading the checkpoint": ("quintet.training.fit_recipe._start_or_resume", ctrl_c),
}


@pytest.mark.parametrize(("place", "stop"), BEFORE.values(), ids=BEFORE)
def test_before_the_first_step_there_is_no_checkpoint_yet(
    place: str, stop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, stop)
    explained(invoke("fit", "digits", *FEW), "there is no checkpoint yet")
    assert not list(Path().iterdir())


def test_a_checkpoint_of_an_earlier_run_is_not_taken_for_this_one(
    interrupted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("quintet.estimators.building.build", ctrl_c)
        explained(invoke("fit", "digits", *FEW), "there is no checkpoint yet", "m.checkpoint is that of an earlier run")
        explained(invoke("fit", "digits", *FEW, "--resume"), "m.checkpoint holds the run", "--resume")
    monkeypatch.setattr("quintet.training.stage_run.StageRun.step", lambda *_: (ctrl_c(), ctrl_c()))
    explained(invoke("fit", "digits", *FEW), "there is no checkpoint yet")


@pytest.mark.parametrize("presses", [1, 2])
def test_while_the_checkpoint_is_written(presses: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from quintet.training import checkpoint

    whole = checkpoint.write_checkpoint

    def write(*arguments: Any) -> None:
        for _ in range(presses if Path("m.checkpoint").exists() else 0):
            ctrl_c()
        whole(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_checkpoint", write)
        result = invoke("fit", "digits", *FEW, "--set", "checkpoint_seconds=0.001")
    explained(result, "m.checkpoint holds the run", "--resume")
    ok("fit", "digits", *FEW, "--set", "checkpoint_seconds=0.001", "--resume")


AFTER = {
    "measuring": "quintet.estimators._fit.after_training.prepare",
    "comparing rows": "quintet.estimators._fit.fitting.row_fingerprints.kept_fingerprints",
    "writing the model": "quintet.estimators.VAE.save",
    "describing the model's file": "quintet.estimators._file.saving.to_parts",
}


@pytest.mark.parametrize("place", AFTER.values(), ids=AFTER)
def test_after_training_the_checkpoint_is_named_and_resumes(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, ctrl_c)
        explained(invoke("fit", "digits", *FEW), "m.checkpoint holds the run", "--resume")
    ok("fit", "digits", *FEW, "--resume")
    assert [file.name for file in Path().iterdir()] == ["m"]


def test_once_the_model_is_written_it_is_said_to_be_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("quintet.cli.printing.say", ctrl_c)
        explained(invoke("fit", "digits", *FEW), "m is complete")
    ok("generate", "m", "-n", 2, "--out", "x.npy", "--quiet")


def test_while_the_command_line_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quintet.cli.main.Commands.parse_args", ctrl_c)
    explained(invoke("fit", "digits", *FEW), "nothing was written")


def test_while_the_command_is_imported(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from quintet import __main__ as start

    monkeypatch.setattr("quintet.extras.extra", ctrl_c)
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == 130
    assert "nothing was written" in capsys.readouterr().err


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
