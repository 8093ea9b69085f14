"""What engines hand to their workers, and what comes back, without the engines: numbers of parts, and outcomes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow
import pytest

from quintet.errors import ExtraMissing, FileRefused
from quintet.scale import Scorer
from quintet.scale.engines import spark
from quintet.scale.engines.ray import PartsActor
from quintet.scale.job import Job, Outcome, outcome_of, plain
from quintet.scale.probe import settled
from quintet.scale.question import Question
from quintet.scale.scorer import model_of
from quintet.scale.source.dataset import Dataset
from tests.scale.models import answers, in_files, new_rows, table_model
from tests.shared import Shared

pytestmark = pytest.mark.filterwarnings("ignore:.*:quintet.errors.QuintetWarning")


@pytest.fixture
def job(shared: Shared, tmp_path: Path) -> Job:
    """150 rows of two files in four parts."""
    scorer = Scorer.of(model_of(table_model(shared)), Question.of("transform"))
    source = Dataset.of(in_files(tmp_path / "rows", new_rows()))
    columns = scorer.columns(source.schema)
    question, answer = settled(scorer, source, columns, source.rows)
    (tmp_path / "out").mkdir()
    return Job(scorer.vae, question, source, tuple(columns), answer, source.rows, 40, str(tmp_path / "out"))


def test_an_actor_and_a_task_answer_the_parts_whose_numbers_they_get(job: Job) -> None:
    found = PartsActor(job)({"item": np.array([3, 0])})
    rows = [{name: values[i] for name, values in found.items()} for i in range(2)]
    assert [outcome_of(row) for row in rows] == [Outcome(3, 30), Outcome(0, 40)]
    numbers = pyarrow.schema([("number", pyarrow.int64())])
    handed = [pyarrow.RecordBatch.from_pydict({"number": n}, numbers) for n in ([1, 0], [], [2])]
    done = pyarrow.Table.from_batches(list(spark.outcomes_of(job, iter(handed)))).to_pylist()
    assert [outcome_of(row) for row in done] == [Outcome(1, 40), Outcome(0, 40), Outcome(2, 40)]
    assert set(done[0]) == {column.split()[0] for column in spark.OUTCOME.split(", ")}
    assert answers(job.out).to_pylist() == Scorer(job.vae, "transform")(new_rows()).to_pylist()


def test_errors_and_warnings_travel_as_plain_values() -> None:
    told = Outcome(4, 3, warnings=("one.", "two."))
    assert outcome_of(plain(told)) == told == told.checked()
    failed = outcome_of(plain(Outcome(5, error=("FileRefused", "a.parquet is damaged."))))
    with pytest.raises(FileRefused, match=r"^a\.parquet is damaged\.$"):
        failed.checked()


def test_spark_that_is_not_installed_is_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ExtraMissing, match="needs PySpark: pip install pyspark"):
        list(spark.run(job, [0], None))
