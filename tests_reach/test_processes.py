"""Law 14 with real launchers: two processes on the CPU end with the weights of one process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from typer.testing import CliRunner

from quintet import load
from quintet.cli.main import app
from tests_reach import process_cases as cases
from tests_reach.process_worker import held_by

ROOT = Path(__file__).parents[1]
WORKER = str(Path(__file__).with_name("process_worker.py"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port"]
ACCELERATE = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"]
ACCELERATE += ["--num_processes", "2", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port"]
VARIANTS = ["vae", "gan", "ladder"]


def free_port() -> str:
    """A port of this machine that nothing uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def launch(launcher: list[str], *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in two processes."""
    line = [*launcher, free_port(), *command]
    return subprocess.run(line, capture_output=True, text=True, timeout=600, env=ENVIRONMENT)


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    """Equal weights and artifacts within float rounding, of which distances to neighbours lose half the digits."""
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        loose = {"rtol": 1e-2, "atol": 1e-2} if name.startswith("reference.") else {"rtol": 1e-4, "atol": 2e-5}
        torch.testing.assert_close(other[name], tensor, **loose, msg=lambda text, name=name: f"{name}: {text}")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """One thread, as the launched processes have: two round otherwise, and turn eigenvectors that hardly differ."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the processes of all launches write to; the first launch trains the cases, undisturbed."""
    made = tmp_path_factory.mktemp("processes")
    done = launch(TORCHRUN, WORKER, str(made), *VARIANTS, "table", "uninterrupted")
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.parametrize("case", [*VARIANTS, "table"])
def test_two_processes_of_torchrun_end_with_the_model_of_one(folder: Path, case: str) -> None:
    alone = cases.trained(case, folder)
    found = [load_file(folder / f"{case}.{rank}.safetensors") for rank in (0, 1)]
    about: list[dict[str, Any]] = [json.loads((folder / f"{case}.{rank}.json").read_text()) for rank in (0, 1)]
    assert_same(held_by(alone), found[0])
    assert all(torch.equal(found[1][name], tensor) for name, tensor in found[0].items())
    assert about[0] == about[1]
    assert about[0]["notes"] == alone.notes_
    assert [row["epoch"] for row in about[0]["history"]] == [row["epoch"] for row in alone.history_]


def test_a_killed_worker_ends_the_launch_which_accelerate_resumes_to_the_same_weights(folder: Path) -> None:
    killed = launch(TORCHRUN, WORKER, str(folder), "killed")
    assert killed.returncode != 0
    assert not list(folder.glob("killed.*"))
    assert (folder / "run.checkpoint").exists()
    resumed = launch(ACCELERATE, WORKER, str(folder), "resumed", *VARIANTS)
    assert resumed.returncode == 0, resumed.stderr
    whole = load_file(folder / "uninterrupted.0.safetensors")
    for rank in (0, 1):
        found = load_file(folder / f"resumed.{rank}.safetensors")
        assert all(torch.equal(found[name], tensor) for name, tensor in whole.items())
        about = json.loads((folder / f"resumed.{rank}.json").read_text())
        assert any("Training was resumed" in note for note in about["notes"])
    for case in VARIANTS:
        assert_same(held_by(cases.trained(case, folder)), load_file(folder / f"{case}.1.safetensors"))


def test_a_frozen_process_ends_the_others_with_one_sentence(tmp_path: Path) -> None:
    """Without a launcher, which would end the others itself."""
    together = {**ENVIRONMENT, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    line = [sys.executable, WORKER, str(tmp_path), "frozen"]
    first, second = (
        subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env={**together, "RANK": rank}) for rank in "01"
    )
    try:
        _, said = first.communicate(timeout=300)
    finally:
        second.kill()
        second.communicate()
    assert first.returncode != 0
    assert said.rstrip().endswith(
        "quintet.errors.ProcessLost: Process 0 of 2 lost another one, which ended or gave no answer within 3 s: see "
        "the messages of the others, and start all again with resume=True (--resume) to continue from the checkpoint."
    )


def test_the_command_trains_in_two_processes_and_writes_one_file(tmp_path: Path) -> None:
    cases.table(300).to_csv(tmp_path / "data.csv", index=False)
    options = ["--epochs", "3", "--set", "precision=fp32", "--calibration", "0", "--context", "none", "--device", "cpu"]
    alone = CliRunner().invoke(app, ["fit", str(tmp_path / "data.csv"), "--out", str(tmp_path / "one"), *options])
    assert alone.exit_code == 0, alone.output
    done = launch(
        TORCHRUN, "-m", "quintet", "fit", str(tmp_path / "data.csv"), "--out", str(tmp_path / "two"), *options
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "one", "two"]
    assert done.stdout.count("latent dim") == 1
    assert done.stderr.count("note: rows of 3 columns") <= 1
    assert_same(held_by(load(tmp_path / "one")), held_by(load(tmp_path / "two")))
