"""The engine of this machine: a pool of processes, or this process alone for one worker."""

from __future__ import annotations

import multiprocessing
import pickle
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory

from quintet.errors import WorkerLost
from quintet.scale.job import Job, Outcome, Worker, threads_here

AHEAD = 2
"""Parts a worker that are handed out, so that none waits and few are lost."""
DEATHS = 3
"""Workers that may die over one part before it is given up."""

_worker: list[Worker] = []
"""The worker of this process, made for its first part."""
_job: list[Path] = []
"""The file from which this process reads its job."""


def run(job: Job, numbers: Sequence[int], workers: int | None) -> Iterator[Outcome]:
    """Answer parts in processes that are spawned, since PyTorch's threads do not survive a fork.

    A worker that dies breaks the pool: another one goes on with the parts that were not done.
    """
    count = min(workers or threads_here(), len(numbers))
    if count <= 1:
        yield from _alone(job, numbers)
        return
    with TemporaryDirectory() as room:
        handed = Path(room, "job")
        handed.write_bytes(pickle.dumps(job))
        yield from _pools(handed, numbers, count)


def _pools(job: Path, numbers: Sequence[int], count: int) -> Iterator[Outcome]:
    """Answer parts by one pool after the other, until none is left."""
    left, deaths = list(reversed(numbers)), Counter[int]()
    while left:
        lost = yield from _one_pool(job, left, count)
        deaths.update(lost)
        worst = max(lost, key=lambda number: deaths[number], default=None)
        if worst is not None and deaths[worst] >= DEATHS:
            raise WorkerLost(
                f"A worker died {DEATHS} times over part {worst}, perhaps for want of memory: set a smaller part_rows "
                "(--part-rows), or fewer workers."
            )
        left.extend(sorted(lost, reverse=True))


def _alone(job: Job, numbers: Sequence[int]) -> Iterator[Outcome]:
    """The parts one after the other in this process, whose number of threads is restored."""
    import torch

    before = torch.get_num_threads()
    try:
        worker = Worker(job)
        for number in numbers:
            yield worker(number)
    finally:
        torch.set_num_threads(before)


def _one_pool(job: Path, left: list[int], count: int) -> Generator[Outcome, None, list[int]]:
    """Answer parts until none is left or a worker dies; return the parts that were then handed out.

    Workers read the job from a file of this process: were it passed to them, Python would wait for ever for one that
    dies before it has read it all.
    """
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(job,))
    waiting: dict[Future[Outcome], int] = {}
    try:
        while left or waiting:
            while left and len(waiting) < AHEAD * count:
                waiting[pool.submit(_answer, left[-1])] = left[-1]
                left.pop()
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                outcome = future.result()
                del waiting[future]
                yield outcome
    except BrokenProcessPool:
        return list(waiting.values())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return []


def _begin(job: Path) -> None:
    _job[:] = [job]


def _answer(number: int) -> Outcome:
    if not _worker:
        _worker.append(Worker(pickle.loads(_job[0].read_bytes())))
    return _worker[0](number)
