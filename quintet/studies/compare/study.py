"""The function `compare`, which runs a study in parallel processes and writes its page."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from types import ModuleType

from quintet.arguments import Count, File
from quintet.data.writers.atomic_folder import whole_folder
from quintet.entry_points import public
from quintet.errors import Interrupted
from quintet.studies.compare.answers import ask_all
from quintet.studies.compare.page import write_study_page
from quintet.studies.compare.plan import Run, Study
from quintet.studies.compare.results import Results, read_results, write_tables
from quintet.studies.compare.rows import StudyRows, material
from quintet.studies.compare.train import prepared, train_run

Tell = Callable[[str], None]


@public
def compare(
    source: str,
    out: File,
    study: Study | None = None,
    *,
    label: str | None = None,
    jobs: Count | None = None,
    tell: Tell = lambda text: None,
) -> Results:
    """Train all runs of a study on the rows of ``source``, and write one page and its tables into ``out``.

    Finished runs in ``out/runs`` with the same settings are kept, and interrupted runs resume: call the function again
    after an interruption, or with more variants.

    Parameters
    ----------
    source : name of a data set, or a path.
    out : output folder.
    study : settings; None for the defaults.
    label : column or file of the labels.
    jobs : parallel processes; None for one per core.
    tell : called with a sentence at each step, with an estimate of the remaining time.

    Returns
    -------
    Results
    """
    study, out = study or Study(), Path(out)
    folder = out / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    rows = material(source, study.rows, label=label)
    for run in study.runs():
        prepared(run, rows)
    began = time.perf_counter()
    left = [run for run in study.runs() if not is_done(study, run, rows, folder)]
    if len(left) < len(study.runs()):
        tell(f"{len(study.runs()) - len(left)} of {len(study.runs())} runs are finished already.")
    _train(study, left, rows, folder, jobs or max(1, len(os.sched_getaffinity(0))), began, tell)
    if study.answers and rows.is_grey:
        ask_all(study, rows, folder, began, tell)
    tell("Writing the page.")
    results = read_results(study, rows, folder)
    with whole_folder(out, force=True) as finished:
        write_tables(results, finished)
        write_study_page(results, finished)
    return results


def is_done(study: Study, run: Run, rows: StudyRows, folder: Path) -> bool:
    """Whether the files of a run exist and match the settings and rows."""
    path = folder / f"{run.name}.json"
    if not path.exists() or not (folder / f"{run.name}.npz").exists():
        return False
    try:
        return bool(json.loads(path.read_bytes())["settings"] == study.fingerprint(rows.name))
    except (ValueError, KeyError):
        return False


def _train(study: Study, left: list[Run], rows: StudyRows, folder: Path, jobs: int, began: float, tell: Tell) -> None:
    if not left:
        return
    jobs = min(jobs, len(left))
    threads = max(1, len(os.sched_getaffinity(0)) // jobs)
    waiting, total = list(left), len(left)
    started = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        going: dict[Future[None], Run] = {}
        try:
            while waiting or going:
                while waiting and len(going) < jobs:
                    minutes = minutes_for_run(study, began, len(waiting) + len(going), jobs)
                    run = waiting.pop(0)
                    with _main_set_aside():
                        going[pool.submit(train_run, study, run, rows, folder, minutes, threads)] = run
                done, _ = wait(going, return_when=FIRST_COMPLETED)
                for future in done:
                    run = going.pop(future)
                    future.result()
                    finished = total - len(waiting) - len(going)
                    spent = time.perf_counter() - started
                    then = ", then the five answers" if study.answers and rows.is_grey else ""
                    clock = _clock(spent / finished * (total - finished))
                    tell(f"{run.name}: {finished} of {total} runs, {clock} left{then}.")
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise Interrupted(f"The study was interrupted; the same call resumes it from {folder}.") from None


@contextlib.contextmanager
def _main_set_aside() -> Iterator[None]:
    """Hide ``__main__``, so that spawned processes do not run the caller's script again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def minutes_for_run(study: Study, began: float, runs: int, jobs: int) -> float | None:
    """Minutes for the next run: its share of the remaining time, at least six seconds; None for no limit."""
    if study.minutes is None:
        return None
    part = 0.75 if study.answers else 1.0
    left = part * study.minutes - (time.perf_counter() - began) / 60
    return max(0.1, left * jobs / max(1, runs))


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
