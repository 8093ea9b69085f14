"""Under a launcher `quintet fit` alone runs in several processes, of which the first one speaks and writes."""

from __future__ import annotations

import warnings

import pytest
import typer

from quintet import launched
from quintet.cli import printing
from quintet.cli.several_processes import leave_files_to_first
from quintet.errors import QuintetWarning, warn
from tests.cli.command import invoke


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> None:
    """This is the second of two processes."""
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("second")
def test_commands_that_all_would_write_for_are_refused() -> None:
    found = invoke("generate", "m.safetensors", "-n", "3", "--out", "rows.csv")
    assert found.exit_code == 2
    assert "`quintet generate` runs in one process, got 2: start it without the launcher" in found.output
    assert "quintet (process 1): " in found.output


@pytest.mark.usefixtures("second")
def test_the_second_process_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert (launched.rank(), launched.count(), launched.local_rank(), launched.local_count()) == (1, 2, 1, 2)
    printing.note("Seen once.")
    with warnings.catch_warnings():
        warnings.simplefilter("error", QuintetWarning)
        warn("Heard once.")
    with pytest.raises(typer.Exit):
        leave_files_to_first()
    assert capsys.readouterr().err == ""


def test_a_process_alone_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    assert (launched.rank(), launched.count(), launched.is_first()) == (0, 1, True)
    printing.begin_notes()
    printing.note("Seen once.")
    leave_files_to_first()
    assert capsys.readouterr().err == "note: Seen once.\n"
    with pytest.warns(QuintetWarning, match="Heard once"):
        warn("Heard once.")
