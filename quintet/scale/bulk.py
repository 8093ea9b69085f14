"""score: the answers to all rows of a source, as a folder of Parquet files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from quintet._version import __version__
from quintet.arguments import MANY, ColumnNames, Count, File, ModelLike, Option, Verbose
from quintet.arguments.rules import OneOf, Whole
from quintet.entry_points import public
from quintet.errors import InputError, Interrupted, QuintetError, WorkerLost, warn
from quintet.estimators.progress import progress_bar
from quintet.scale import manifest
from quintet.scale.engines import ENGINES, engine_named
from quintet.scale.folder import folder_at
from quintet.scale.job import Job
from quintet.scale.probe import settled
from quintet.scale.question import ALL, Question
from quintet.scale.scorer import Scorer, model_of
from quintet.scale.source.dataset import Dataset

CELLS = 2**22
"""Cells of a part where ``part_rows`` is not given, 32 MB as float64."""
FEWEST, MOST = 256, 16_384
"""Fewest and most rows of such a part."""
MOST_COLUMNS = 65_536
"""Most columns of an answer."""
Workers = Annotated[int, Whole(1, 65_536)]
PartRows = Annotated[int, Whole(1, MANY)]


@dataclass(frozen=True)
class Scored:
    """A bulk answer: the folder ``out``, its ``rows`` and ``parts``, and how many parts ``were_there`` before."""

    out: str
    rows: int
    parts: int
    were_there: int
    columns: tuple[str, ...]


@public
def score(
    model: ModelLike,
    source: File | None,
    out: File,
    question: str,
    *,
    engine: Annotated[str, OneOf(ENGINES)] = "local",
    workers: Workers | None = None,
    part_rows: PartRows | None = None,
    rows: Count | None = None,
    condition: ColumnNames | None = None,
    keep: ColumnNames = ALL,
    where: bool = False,
    resume: bool = False,
    force: bool = False,
    verbose: Verbose = "auto",
    **options: Option,
) -> Scored:
    """Ask one question about every row of a source, and write the answers as a folder of Parquet files.

    The rows keep their order. The answers are those of one call of the model's method with all rows and one thread,
    whatever the engine, the number of workers and the size of the parts. A run that was interrupted goes on with
    ``resume=True``: no row is lost, and none is answered twice.

    Parameters
    ----------
    model : path of a model's file, or a fitted ``VAE``.
    source : a .parquet, .arrow, .feather or .csv file, a folder or a glob of such, or their URL (s3://..., by fsspec);
        None for "generate" with ``rows``.
    out : the folder to write, or its URL.
    question, condition, keep, where, options : those of ``Scorer``. "detect" decides by ``false_alarms``, since a bound
        on the false discovery rate needs the p-values of all rows: apply it to the column p_value.
    engine : "local", a pool of processes; "ray", actors of the connected cluster or of RAY_ADDRESS, else of this
        machine; "spark", tasks of the active session.
    workers : processes, actors or tasks at a time, each with one thread, or with a GPU where the model is on one; None:
        one for each core.
    part_rows : rows of a part, which bound the memory of a worker; None: 4 million cells, at most 16,384 rows.
    rows : how many rows "generate" makes without a source.
    resume : keep the parts of an earlier run of the same question, and answer the others.
    force : replace the answers of another run.
    verbose : True: show progress with the remaining time; "auto": on a terminal or in a notebook.

    Returns
    -------
    Scored
        The folder holds part-000000.parquet and so on, and _manifest.json, which says what was asked.
    """
    scorer = Scorer.of(model_of(model), Question.of(question, condition, keep, where, options))
    data, count = _rows_asked_about(scorer.question, source, rows)
    columns = [] if data is None else scorer.columns(data.schema)
    if len(columns) > MOST_COLUMNS:
        raise InputError(
            f"At most {MOST_COLUMNS:,} columns of the source can stand beside the answers, got {len(columns):,}: name "
            "those to keep with keep= (--keep)."
        )
    read = data if columns else None
    asked_of, answer = settled(scorer, read, columns, count)
    size = part_rows or max(FEWEST, min(MOST, CELLS // max(len(columns), len(answer), 1)))
    job = Job(scorer.vae, asked_of, read, tuple(columns), answer, count, size, str(out))
    about = {
        "model": scorer.vae.fitted_.fingerprint,
        **scorer.question.described(),
        "source": None if data is None else data.digest,
        "rows": count,
        "part_rows": size,
    }
    folder = folder_at(job.out)
    begun = manifest.begin(folder, about, resume=resume, force=force)
    left = [n for n in range(job.parts) if not (begun and manifest.rows_of_part(folder, n) == len(job.rows_of(n)))]
    _answered(job, left, engine, workers, verbose)
    manifest.write(folder, about, "complete", quintet=__version__, source=str(source), parts=job.parts)
    return Scored(job.out, count, job.parts, job.parts - len(left), tuple(answer.names))


def _rows_asked_about(question: Question, source: Any, rows: int | None) -> tuple[Dataset | None, int]:
    """The source and the number of its rows; None and ``rows`` of a question without one."""
    if source is not None:
        if rows is not None:
            raise InputError(f"rows must be left out where there is a source, whose rows are counted, got rows={rows}.")
        found = Dataset.of(source)
        return found, found.rows
    if question.name != "generate" or rows is None:
        raise InputError(f"{question.name} needs a source, got None: give one, or ask 'generate' with rows=.")
    return None, rows


def _answered(job: Job, left: Sequence[int], engine: str, workers: int | None, verbose: Any) -> None:
    """Answer the parts that are left; an error says that the others stay."""
    stays = f"; {job.out} keeps the parts that are answered, and resume=True (--resume) goes on from them."
    done, total, said, counted = job.rows - sum(len(job.rows_of(n)) for n in left), job.rows, set[str](), 0
    try:
        with progress_bar(verbose) as progress:
            for outcome in engine_named(engine)(job, left, workers) if left else ():
                outcome.checked()
                done, counted = done + outcome.rows, counted + 1
                for sentence in outcome.warnings:
                    if (form := re.sub(r"\d+", "0", sentence)) not in said:
                        said.add(form)
                        warn(f"Part {outcome.number}: {sentence}")
                if progress is not None:
                    progress("score", done, total)
    except KeyboardInterrupt as error:
        raise Interrupted(f"interrupted{stays}") from error
    except QuintetError as error:
        raise type(error)(f"{str(error).rstrip('.')}{stays}") from error
    if counted != len(left):
        raise WorkerLost(f"The engine answered {counted} of {len(left)} parts{stays}")
