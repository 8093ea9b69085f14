"""Law 8: interrupted and resumed training equals uninterrupted training, bit for bit on a CPU, in every stage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from quintet.data.writers.temporary import temporary_for
from quintet.errors import FileRefused, InputError, Interrupted
from quintet.training import Training, fit
from tests.training import tiny

PLAN = Training(epochs=4, batch_size=16, ema=0.9, validation=0.2, checkpoint_seconds=0.0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_again_and_again_ends_with_the_same_weights(tmp_path: Path) -> None:
    script = Path(__file__).with_name("killed.py")
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("killed at") >= 2, run.stdout
    undisturbed = load_file(tmp_path / "undisturbed.safetensors")
    assert tiny.equal(undisturbed, load_file(tmp_path / "killed.safetensors")), run.stdout


@pytest.mark.parametrize("at", [1, 3, 4])
def test_ctrl_c_saves_and_the_resumed_run_ends_the_same(tmp_path: Path, at: int) -> None:
    schema, rows = tiny.binary_rows()
    whole = tiny.recipe_for(schema, dropout=0.2)
    history = fit(whole, rows, None, PLAN, 1, device="cpu")
    checkpoint, seen = tmp_path / "run.safetensors", []

    def stop(row: object) -> None:
        seen.append(row)
        if len(seen) == at:
            os.kill(os.getpid(), signal.SIGINT)

    plan = replace(PLAN, checkpoint_seconds=1000.0)
    first = tiny.recipe_for(schema, dropout=0.2)
    with pytest.raises(Interrupted, match=r"run\.safetensors.*resume=True"):
        fit(first, rows, None, plan, 1, checkpoint=checkpoint, callbacks=[stop], device="cpu")
    second = tiny.recipe_for(schema, seed=5, dropout=0.2)
    resumed = fit(second, rows, None, plan, 1, checkpoint=checkpoint, resume=True, device="cpu")
    assert tiny.equal(tiny.weights_of(whole), tiny.weights_of(second))
    clockless = [{k: v for k, v in row.items() if k not in ("seconds", "rows_per_s")} for row in history]
    assert clockless == [{k: v for k, v in row.items() if k not in ("seconds", "rows_per_s")} for row in resumed]
    assert "resumed" in resumed.notes[0]


def test_ctrl_c_without_a_checkpoint_says_so(tmp_path: Path) -> None:
    schema, rows = tiny.binary_rows()
    with pytest.raises(Interrupted, match="no checkpoint file was given"):
        fit(
            tiny.recipe_for(schema),
            rows,
            None,
            PLAN,
            callbacks=[lambda row: os.kill(os.getpid(), signal.SIGINT)],
            device="cpu",
        )
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_finished_run_resumes_to_its_end(tmp_path: Path) -> None:
    schema, rows = tiny.binary_rows()
    checkpoint = tmp_path / "run.safetensors"
    done = tiny.recipe_for(schema)
    fit(done, rows, None, PLAN, checkpoint=checkpoint, device="cpu")
    again = tiny.recipe_for(schema, seed=9)
    history = fit(again, rows, None, PLAN, checkpoint=checkpoint, resume=True, device="cpu")
    assert tiny.equal(tiny.weights_of(done), tiny.weights_of(again))
    assert len(history) == PLAN.epochs


def test_without_a_checkpoint_resume_starts_afresh_and_says_so(tmp_path: Path) -> None:
    schema, rows = tiny.binary_rows()
    a, b = tiny.recipe_for(schema), tiny.recipe_for(schema)
    fit(a, rows, None, PLAN, device="cpu")
    history = fit(b, rows, None, PLAN, checkpoint=tmp_path / "none.safetensors", resume=True, device="cpu")
    assert "started from the beginning" in history.notes[0]
    assert tiny.equal(tiny.weights_of(a), tiny.weights_of(b))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"training": replace(PLAN, learning_rate=0.5)}, r"learning_rate was 0\.001 and is 0\.5 now"),
        ({"training": replace(PLAN, epochs=9)}, "epochs was 4 and is 9 now"),
        ({"training": replace(PLAN, noise="device")}, "noise was 'cpu' and is 'device' now"),
        ({"seed": 3}, "seed was 0 and is 3 now"),
        ({"about": {"variant": "beta"}}, "variant was None and is 'beta' now"),
        ({"rows": 90}, "data differ"),
        ({"hidden": 3}, "the model's weights differ"),
    ],
)
def test_resuming_something_else_is_refused_by_name(tmp_path: Path, change: dict, named: str) -> None:
    schema, rows = tiny.binary_rows()
    checkpoint = tmp_path / "run.safetensors"
    fit(tiny.recipe_for(schema), rows, None, PLAN, checkpoint=checkpoint, device="cpu")
    if "rows" in change:
        rows = rows.take(slice(0, change["rows"]))
    other = tiny.recipe_for(schema, stages=1 if "hidden" in change else 2, residual=False)
    if "hidden" in change:
        other = replace(other, guide=None)
    with pytest.raises(InputError, match=named):
        fit(
            other,
            rows,
            None,
            change.get("training", PLAN),
            change.get("seed", 0),
            checkpoint=checkpoint,
            resume=True,
            device="cpu",
            about=change.get("about"),
        )


def test_the_clock_options_may_differ(tmp_path: Path) -> None:
    schema, rows = tiny.binary_rows()
    checkpoint = tmp_path / "run.safetensors"
    fit(tiny.recipe_for(schema), rows, None, PLAN, checkpoint=checkpoint, device="cpu")
    plan = replace(PLAN, max_minutes=5.0, checkpoint_seconds=3.0)
    fit(tiny.recipe_for(schema), rows, None, plan, checkpoint=checkpoint, resume=True, device="cpu")


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    schema, rows = tiny.binary_rows()
    checkpoint = tmp_path / "run.safetensors"
    fit(tiny.recipe_for(schema), rows, None, PLAN, checkpoint=checkpoint, device="cpu")
    data = bytearray(checkpoint.read_bytes())
    data[-20] ^= 1
    checkpoint.write_bytes(data)
    with pytest.raises(FileRefused, match="damaged"):
        fit(tiny.recipe_for(schema), rows, None, PLAN, checkpoint=checkpoint, resume=True, device="cpu")


def test_remains_of_a_killed_writer_are_taken_away(tmp_path: Path) -> None:
    schema, rows = tiny.binary_rows()
    mine = temporary_for(tmp_path / "run.safetensors")
    mine.with_name(mine.name.replace(f"-{os.getpid()}-", "-4194305-")).write_bytes(b"half")  # a process that cannot be
    fit(tiny.recipe_for(schema), rows, None, PLAN, checkpoint=tmp_path / "run.safetensors", device="cpu")
    assert [p.name for p in tmp_path.iterdir()] == ["run.safetensors"]


def test_resume_asks_for_a_file_and_its_folder(tmp_path: Path) -> None:
    schema, rows = tiny.binary_rows()
    with pytest.raises(InputError, match="resume=True requires checkpoint"):
        fit(tiny.recipe_for(schema), rows, None, PLAN, resume=True, device="cpu")
    with pytest.raises(InputError, match="checkpoint must be a file in an existing folder"):
        fit(tiny.recipe_for(schema), rows, None, PLAN, checkpoint=tmp_path / "no" / "run.safetensors", device="cpu")


def test_the_global_generator_is_left_as_it_was() -> None:
    schema, rows = tiny.binary_rows()
    recipe = tiny.recipe_for(schema, dropout=0.5)
    before = torch.get_rng_state()
    fit(recipe, rows, None, PLAN, device="cpu")
    assert torch.equal(before, torch.get_rng_state())
