"""Bulk answers by a pool of two processes: those of this process, also when a worker is killed in the middle."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import psutil
import pytest

from quintet import VAE
from quintet.errors import WorkerLost
from quintet.scale import Scorer, score
from quintet.scale.engines import local
from tests.scale.models import answers, in_files, new_rows, table_model
from tests.shared import of

ROWS = 400


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> VAE:
    return table_model(of(tmp_path_factory))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_files(tmp_path_factory.mktemp("scale") / "rows", new_rows(ROWS), cuts=(90, 260))


@pytest.fixture(scope="module")
def whole(vae: VAE) -> list[dict[str, Any]]:
    """The answers of one call in this process."""
    with warnings.catch_warnings(action="ignore"):
        found: list[dict[str, Any]] = Scorer(vae, "impute")(new_rows(ROWS)).to_pylist()
    return found


class Killer(threading.Thread):
    """Kills a spawned worker once some parts are there."""

    def __init__(self, out: Path, parts: int = 1) -> None:
        super().__init__(daemon=True)
        self._out, self._parts, self.killed = out, parts, 0

    def run(self) -> None:
        while not self.killed:
            with contextlib.suppress(psutil.Error):  # a process that ends meanwhile
                children = psutil.Process().children()
                workers = [child.pid for child in children if "multiprocessing.spawn" in " ".join(child.cmdline())]
                if workers and len(list(self._out.glob("part-*"))) >= self._parts:
                    self.killed = workers[-1]
                    os.kill(self.killed, signal.SIGKILL)
            time.sleep(0.01)


@pytest.mark.filterwarnings("ignore:.*:quintet.errors.QuintetWarning")
def test_two_processes_answer_like_one_also_when_one_is_killed(
    vae: VAE, source: Path, whole: list[dict[str, Any]], tmp_path: Path
) -> None:
    killer = Killer(tmp_path / "out")
    killer.start()
    found = score(vae, source, tmp_path / "out", "impute", workers=2, part_rows=10, verbose=False)
    killer.join(10)
    assert killer.killed
    assert found.parts == 40 == len(list((tmp_path / "out").glob("part-*")))
    assert answers(tmp_path / "out").to_pylist() == whole


class Deadly(local.Worker):
    """A worker that dies over its second part."""

    def __call__(self, number: int) -> Any:
        if number == 1:
            os._exit(9)
        return super().__call__(number)


def _deadly(number: int) -> Any:
    return Deadly(pickle.loads(local._job[0].read_bytes()))(number)


def test_a_part_over_which_every_worker_dies_is_given_up_and_the_others_stay(
    vae: VAE, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_answer", _deadly)
    with pytest.raises(WorkerLost, match=r"died 3 times over part [01], .*--part-rows.*out keeps the parts.*--resume"):
        score(vae, source, tmp_path / "out", "transform", workers=2, part_rows=200, verbose=False)
    monkeypatch.undo()
    score(vae, source, tmp_path / "out", "transform", workers=1, part_rows=200, verbose=False, resume=True)
    assert answers(tmp_path / "out")["row"].to_pylist() == list(range(ROWS))
