"""The engine of a Spark cluster, and answers to the batches of any data frame of Spark, as functions of iterators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from itertools import pairwise

import numpy as np
import pyarrow

from quintet.arguments import ColumnNames, ModelLike, Option
from quintet.entry_points import public
from quintet.errors import ExtraMissing, InputError
from quintet.scale.answers import ROW
from quintet.scale.job import Job, Outcome, Worker, outcome_of, plain
from quintet.scale.question import ALL
from quintet.scale.scorer import Scorer

OUTCOME = "number long, rows long, kind string, sentence string, warnings string"
"""The columns of outcomes in Spark's words."""

Batches = Iterator[pyarrow.RecordBatch]


def run(job: Job, numbers: Sequence[int], workers: int | None) -> Iterator[Outcome]:
    """Answer parts in Spark's tasks, as many at a time as ``workers``; the outcomes come when all are done."""
    try:
        sessions = import_module("pyspark.sql").SparkSession
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "engine='spark' needs PySpark: pip install pyspark, in the version of the cluster."
        ) from error
    spark = sessions.builder.getOrCreate()
    slices = min(len(numbers), workers or spark.sparkContext.defaultParallelism)
    parts = spark.createDataFrame([(int(number),) for number in numbers], "number long").repartition(slices)
    for row in parts.mapInArrow(partial(outcomes_of, job), OUTCOME).collect():
        yield outcome_of(row)


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
