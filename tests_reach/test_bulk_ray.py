"""Bulk answers by two actors of Ray: those of this process, also when an actor is killed in the middle."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import psutil
import pytest

from quintet import VAE
from quintet.errors import FileRefused
from quintet.scale import Scorer, score
from quintet.scale.engines import ray as engine
from tests.scale.models import answers, in_files, new_rows, table_model
from tests.shared import of

ROWS = 400
pytestmark = pytest.mark.filterwarnings("ignore:.*:quintet.errors.QuintetWarning")


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> VAE:
    return table_model(of(tmp_path_factory))


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Any:
    """One cluster of two cores for the tests of this file, as the engine starts it."""
    import ray

    with engine.cluster(ray, 2) as resources:
        assert resources["CPU"] == 2
        yield


class Killer(threading.Thread):
    """Kills an actor once some parts are there."""

    def __init__(self, out: Path) -> None:
        super().__init__(daemon=True)
        self._out, self.killed, self.stopped = out, 0, False

    def run(self) -> None:
        while not (self.killed or self.stopped):
            with contextlib.suppress(psutil.Error):  # a process that ends meanwhile
                children = psutil.Process().children(recursive=True)
                actors = [child.pid for child in children if "PartsActor" in " ".join(child.cmdline())]
                if actors and len(list(self._out.glob("part-*"))) >= 2:
                    self.killed = actors[0]
                    os.kill(self.killed, signal.SIGKILL)
            time.sleep(0.01)


def test_two_actors_answer_like_one_process_also_when_one_is_killed(vae: VAE, tmp_path: Path) -> None:
    source = in_files(tmp_path / "rows", new_rows(ROWS), cuts=(90, 260))
    killer = Killer(tmp_path / "out")
    killer.start()
    found = score(vae, source, tmp_path / "out", "impute", engine="ray", workers=2, part_rows=10, verbose=False)
    killer.stopped = True
    killer.join(10)
    assert killer.killed
    assert found.parts == 40 == len(list((tmp_path / "out").glob("part-*")))
    with warnings.catch_warnings(action="ignore"):
        whole = Scorer(vae, "impute")(new_rows(ROWS))
    assert answers(tmp_path / "out").to_pylist() == whole.to_pylist()


def test_a_damaged_file_is_the_same_sentence_as_in_this_process(vae: VAE, tmp_path: Path) -> None:
    source = in_files(tmp_path / "rows", new_rows(60), cuts=())
    damaged = source / "rows-0.parquet"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:200] + bytes(len(content) // 4) + content[200 + len(content) // 4 :])
    with pytest.raises(FileRefused, match=r"rows-0\.parquet must be a file of the format parquet"):
        score(vae, source, tmp_path / "out", "transform", engine="ray", workers=2, part_rows=10, verbose=False)
