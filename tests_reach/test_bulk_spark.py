"""Bulk answers by Spark on this machine, where PySpark and Java are installed: those of this process."""

from __future__ import annotations

import os
import shutil
import signal
import warnings
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from quintet import VAE
from quintet.errors import FileRefused, WorkerLost
from quintet.scale import Scorer, answer_batches, score
from quintet.scale.engines import spark as engine
from tests.scale.models import answers, in_files, new_rows, table_model
from tests.shared import of

sql = pytest.importorskip("pyspark.sql", reason="needs PySpark: pip install pyspark")
if shutil.which("java") is None:
    pytest.skip("needs Java on the path", allow_module_level=True)
ROWS = 120
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> VAE:
    return table_model(of(tmp_path_factory))


@pytest.fixture(scope="module", autouse=True)
def spark() -> Any:
    """One session of two cores for the tests of this file, as the engine starts it."""
    with warnings.catch_warnings(action="ignore"), engine.session(sql.SparkSession, 2) as found:
        yield found


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_files(tmp_path_factory.mktemp("scale") / "rows", new_rows(ROWS), cuts=(50,))


def test_tasks_of_spark_answer_like_this_process(vae: VAE, source: Path, tmp_path: Path) -> None:
    before = os.environ.get(engine.PYTHON)
    found = score(vae, source, tmp_path / "out", "impute", engine="spark", workers=2, part_rows=25, verbose=False)
    assert (found.parts, found.rows) == (5, ROWS)
    assert answers(tmp_path / "out").to_pylist() == Scorer(vae, "impute")(new_rows(ROWS)).to_pylist()
    assert os.environ.get(engine.PYTHON) == before


def test_batches_of_a_data_frame_have_the_answers_of_the_whole(vae: VAE, source: Path, spark: Any) -> None:
    whole = Scorer(vae, "transform", keep="none")(new_rows(ROWS))
    rows = new_rows(ROWS).append_column("row", pyarrow.array(range(ROWS)))
    answer = answer_batches(vae, "transform", keep="none")
    frame = spark.createDataFrame(rows)
    found = frame.mapInArrow(answer, "row long, z0 double, z1 double, z2 double").toArrow()
    assert found.sort_by("row").to_pylist() == whole.to_pylist()


class Dying(engine.Worker):
    """A worker whose process dies over part 2: ``times`` times, as counted by files of a folder."""

    def __call__(self, number: int) -> Any:
        folder = Path(self._job.out)
        deaths = len(list(folder.glob(".death-*")))
        if number == 2 and deaths < int((folder / ".times").read_text()):
            (folder / f".death-{deaths}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(number)


@pytest.mark.parametrize("times", [1, 99])
def test_a_task_whose_process_dies_is_tried_again_and_given_up_in_one_sentence(
    times: int, vae: VAE, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    ask: dict[str, Any] = {"engine": "spark", "workers": 1, "part_rows": 25, "verbose": False, "resume": True}
    monkeypatch.setattr(engine, "outcomes_of", dying_outcomes)
    score(vae, source, out, "transform", workers=1, part_rows=25, verbose=False)
    for part in out.glob("part-*"):
        part.unlink()
    (out / ".times").write_text(str(times))
    if times > engine.TRIES:
        with pytest.raises(WorkerLost, match=r"^Spark gave a task up \([^\n]*keeps the parts[^\n]*$"):
            score(vae, source, out, "transform", **ask)
        assert len(list(out.glob("part-*"))) >= 2
        return
    score(vae, source, out, "transform", **ask)
    assert len(list(out.glob(".death-*"))) == 1
    assert answers(out).to_pylist() == Scorer(vae, "transform")(new_rows(ROWS)).to_pylist()


def dying_outcomes(job: Any, batches: Any) -> Any:
    """``outcomes_of`` with workers that die."""
    worker = Dying(job)
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield pyarrow.RecordBatch.from_pylist([engine.plain(worker(number))])


def test_a_damaged_file_is_one_sentence(vae: VAE, tmp_path: Path) -> None:
    source = in_files(tmp_path / "rows", new_rows(ROWS), cuts=(50,))
    content = bytearray((source / "rows-1.parquet").read_bytes())
    content[40:4000] = bytes(3960)
    (source / "rows-1.parquet").write_bytes(content)
    with pytest.raises(FileRefused, match=r"rows-1\.parquet"):
        score(vae, source, tmp_path / "out", "transform", engine="spark", workers=2, part_rows=25, verbose=False)
