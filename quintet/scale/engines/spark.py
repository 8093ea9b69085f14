"""The engine of a Spark cluster, and answers to the batches of any data frame of Spark, as functions of iterators."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow

from quintet.arguments import ColumnNames, ModelLike, Option
from quintet.entry_points import public
from quintet.errors import ExtraMissing, InputError, WorkerLost
from quintet.scale.answers import ROW
from quintet.scale.job import Job, Outcome, Worker, outcome_of, plain, threads_here
from quintet.scale.question import ALL
from quintet.scale.scorer import Scorer

OUTCOME = "number long, rows long, kind string, sentence string, warnings string"
"""The columns of outcomes in Spark's words."""
PYTHON = "PYSPARK_PYTHON"
"""The variable that names the Python of Spark's tasks; Spark reads it when a session begins."""
ELSEWHERE = ("PYSPARK_GATEWAY_PORT", "SPARK_HOME", "SPARK_CONF_DIR", "SPARK_REMOTE")
"""Variables of which one is set where Spark was configured by somebody else."""
TRIES = 4
"""Tries of a task in a session of this machine, as on a cluster."""
QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
"""Settings of a session of this machine."""

Batches = Iterator[pyarrow.RecordBatch]


def run(job: Job, numbers: Sequence[int], workers: int | None) -> Iterator[Outcome]:
    """Answer parts in Spark's tasks, as many at a time as ``workers``; the outcomes come when all are done.

    A task whose process dies is tried again as often as the session allows. Where no session is active and the
    environment names no Spark, one of this machine is started and stopped.
    """
    try:
        sessions = import_module("pyspark.sql").SparkSession
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "engine='spark' needs PySpark: pip install pyspark, in the version of the cluster."
        ) from error
    with warnings.catch_warnings(action="ignore"), session(sessions, workers) as spark:  # Spark warns of its own needs
        slices = min(len(numbers), workers or spark.sparkContext.defaultParallelism)
        parts = spark.createDataFrame([(int(number),) for number in numbers], "number long").repartition(slices)
        try:
            rows = parts.mapInArrow(partial(outcomes_of, job), OUTCOME).collect()
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
                raise
            raise WorkerLost(
                f"Spark gave a task up ({reason_of(error)}): give smaller parts by part_rows (--part-rows), and see "
                "that its workers run a Python that has quintet (PYSPARK_PYTHON)."
            ) from error
    yield from map(outcome_of, rows)


@contextmanager
def session(sessions: Any, workers: int | None) -> Iterator[Any]:
    """The active session, or one for the time of the block.

    Parameters
    ----------
    sessions : the class ``SparkSession``.
    """
    active = sessions.getActiveSession()
    if active is not None:
        yield active
        return
    builder = sessions.builder.appName("quintet score")
    before = os.environ.get(PYTHON)
    if not any(os.environ.get(name) for name in ELSEWHERE):
        builder = builder.master(f"local[{workers or threads_here()},{TRIES}]")
        for name, value in QUIET.items():
            builder = builder.config(name, value)
        os.environ[PYTHON] = before or sys.executable  # otherwise tasks run the first python3 of the path
    try:
        own = builder.getOrCreate()
    except Exception as error:
        raise WorkerLost(
            f"Spark did not start ({reason_of(error)}): install Java, or choose another engine."
        ) from error
    finally:
        if before is None:
            os.environ.pop(PYTHON, None)
    try:
        yield own
    finally:
        own.stop()


def reason_of(error: Exception) -> str:
    """The last line of an error that is not part of a stack trace of Java."""
    lines = [line.strip() for line in str(error).splitlines()]
    reasons = [line for line in lines if line and not line.startswith(("at ", "...", "Driver stacktrace"))]
    return reasons[-1].rstrip(".:")[:200] if reasons else type(error).__name__


def outcomes_of(job: Job, batches: Batches) -> Batches:
    """The outcomes of the parts whose numbers come in batches; the model is loaded once for all of them."""
    worker = Worker(job)
    for batch in batches:
        if len(batch):
            yield pyarrow.RecordBatch.from_pylist([plain(worker(number)) for number in batch.column(0).to_pylist()])


@public
def answer_batches(
    model: ModelLike,
    question: str,
    *,
    condition: ColumnNames | None = None,
    keep: ColumnNames = ALL,
    where: bool = False,
    **options: Option,
) -> Callable[[Batches], Batches]:
    """A function for ``DataFrame.mapInArrow`` of Spark: an iterator of batches to the iterator of their answers.

    Spark gives a batch no place in the whole. A column ``row`` of whole numbers says where each row stands; without it
    the rows of each partition are counted from 0, so that partitions have the same draws.

    Parameters
    ----------
    model, question, condition, keep, where, options : those of ``Scorer``.
    """
    scorer = Scorer(model, question, condition=condition, keep=keep, where=where, **options)
    return partial(_answers, scorer)


def _answers(scorer: Scorer, batches: Batches) -> Batches:
    seen = 0
    for batch in batches:
        for start, stop, place in stretches(batch, seen):
            stretch = batch.slice(start, stop - start)
            stretch = stretch.drop_columns([ROW]) if ROW in stretch.schema.names else stretch
            yield from scorer(stretch, first_row=place).combine_chunks().to_batches()
        seen += len(batch)


def stretches(batch: pyarrow.RecordBatch, seen: int) -> list[tuple[int, int, int]]:
    """Start, stop and first place of each stretch of a batch whose rows stand one after the other in the whole."""
    if not len(batch):
        return []
    if ROW not in batch.schema.names:
        return [(0, len(batch), seen)]
    places = batch.column(batch.schema.get_field_index(ROW))
    if not pyarrow.types.is_integer(places.type) or places.null_count:
        raise InputError(f"Column {ROW!r} must hold the place of each row as a whole number, got {places.type}.")
    at = places.to_numpy(zero_copy_only=False).astype(np.int64)
    cuts = [0, *(np.flatnonzero(np.diff(at) != 1) + 1).tolist(), len(at)]
    return [(start, stop, int(at[start])) for start, stop in pairwise(cuts)]
