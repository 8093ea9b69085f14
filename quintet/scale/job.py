"""A bulk answer in parts: what every worker knows, and the answer to one part."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow
from pyarrow import parquet

from quintet import errors
from quintet.errors import InputError, QuintetError, QuintetWarning
from quintet.scale.folder import folder_at
from quintet.scale.manifest import part_name, rows_of_part
from quintet.scale.question import Question
from quintet.scale.scorer import Scorer
from quintet.scale.source.dataset import Dataset

if TYPE_CHECKING:
    from quintet.estimators import VAE


@dataclass(frozen=True)
class Job:
    """A question to all rows of a source, in parts of ``part_rows`` rows.

    ``source`` is None for rows generated without one; ``columns`` are those that are read; ``answer`` are the columns
    and types of every part; ``out`` is the address of the folder; ``threads`` of PyTorch in a worker.
    """

    vae: VAE
    question: Question
    source: Dataset | None
    columns: tuple[str, ...]
    answer: pyarrow.Schema
    rows: int
    part_rows: int
    out: str
    threads: int | None = 1

    @property
    def parts(self) -> int:
        """The number of parts."""
        return -(-self.rows // self.part_rows)

    def rows_of(self, number: int) -> range:
        """The places of a part's rows in the source."""
        start = number * self.part_rows
        return range(start, min(start + self.part_rows, self.rows))


@dataclass(frozen=True)
class Outcome:
    """The outcome of a part: its rows; or the class and sentence of an error; the sentences of warnings."""

    number: int
    rows: int = 0
    error: tuple[str, str] | None = None
    warnings: tuple[str, ...] = field(default=())

    def checked(self) -> Outcome:
        """The outcome itself; its error raised, where there is one."""
        if self.error is None:
            return self
        kind, sentence = self.error
        raise getattr(errors, kind, QuintetError)(sentence)


class Worker:
    """Answers parts of a job, in whichever process it is; the model is loaded once."""

    def __init__(self, job: Job) -> None:
        import torch

        if job.threads is not None:
            torch.set_num_threads(job.threads)
        self._job, self._folder = job, folder_at(job.out)
        self._scorer = Scorer.of(job.vae, job.question)

    def __call__(self, number: int) -> Outcome:
        """Answer a part and write it, unless it is there: an engine may hand it out again after a worker died."""
        rows = len(self._job.rows_of(number))
        if rows_of_part(self._folder, number) == rows:
            return Outcome(number, rows)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", QuintetWarning)
            try:
                table = self._typed(self._answer(self._job.rows_of(number)), number)
                self._folder.write(part_name(number), lambda file: parquet.write_table(table, file))
            except QuintetError as error:
                return Outcome(number, error=(type(error).__name__, str(error)))
        said = (str(warning.message) for warning in caught if issubclass(warning.category, QuintetWarning))
        return Outcome(number, rows, warnings=tuple(dict.fromkeys(said)))

    def _answer(self, places: range) -> pyarrow.Table:
        job = self._job
        if job.source is None:
            return self._scorer.generate(len(places), first_row=places.start)
        table = job.source.read(places.start, places.stop, job.columns)
        return self._scorer(table, first_row=places.start)

    def _typed(self, table: pyarrow.Table, number: int) -> pyarrow.Table:
        try:
            return table.cast(self._job.answer)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
            raise InputError(
                f"The answers to part {number} do not fit the types of the first rows ({str(error).splitlines()[0]}): "
                "give the source's columns wider types."
            ) from error


def threads_here() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def plain(outcome: Outcome) -> dict[str, Any]:
    """An outcome as plain values, as engines pass rows on."""
    kind, sentence = outcome.error or ("", "")
    return {
        "number": outcome.number,
        "rows": outcome.rows,
        "kind": kind,
        "sentence": sentence,
        "warnings": "\n".join(outcome.warnings),
    }


def outcome_of(found: Any) -> Outcome:
    """An outcome of its plain values."""
    error = (str(found["kind"]), str(found["sentence"])) if found["kind"] else None
    said = tuple(text for text in str(found["warnings"]).split("\n") if text)
    return Outcome(int(found["number"]), int(found["rows"]), error, said)
