"""The queue before one model: requests that may share a call are answered by one, and none waits for company.

While the model computes, requests gather; when it is free, the oldest and all others that may share its call go
together. A lone request is so answered at once, and many small ones cost few calls. The computation has a thread of its
own, so that the event loop keeps answering.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from quintet.serving.limits import Limits
from quintet.serving.refusals import busy


@dataclass
class Job:
    """One request.

    Parameters
    ----------
    payload : what the computation needs.
    rows : how many rows it has.
    key : jobs of equal keys may share a call; None: it has a call of its own.
    """

    payload: Any
    rows: int
    key: Hashable | None = None
    until: float = float("inf")
    future: asyncio.Future[Any] | None = field(default=None, repr=False)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return self.future is not None and not self.future.done() and time.monotonic() < self.until


class Lane:
    """Jobs of one model, one call after the other.

    Parameters
    ----------
    run : answers a list of jobs; for each it returns an answer or the exception that it ends with.
    most_rows : rows up to which jobs share a call.
    on_waiting : is given the number of waiting jobs whenever it changes.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Job]], Sequence[Any]],
        limits: Limits,
        most_rows: int = 256,
        on_waiting: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._run, self._limits, self._most_rows, self._on_waiting = run, limits, most_rows, on_waiting
        self._waiting: deque[Job] = deque()
        self._thread = ThreadPoolExecutor(1, "quintet-model")
        self._task: asyncio.Task[None] | None = None

    async def ask(self, job: Job) -> Any:
        """The answer of a job.

        Raises
        ------
        Refusal
            503 where too many wait, or the answer takes longer than the limit.
        """
        if len(self._waiting) >= self._limits.waiting:
            raise busy(f"{self._limits.waiting} requests wait for this model")
        loop = asyncio.get_running_loop()
        job.future, job.until = loop.create_future(), time.monotonic() + self._limits.wait_seconds
        self._waiting.append(job)
        self._on_waiting(len(self._waiting))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work())
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                return await job.future
        except TimeoutError:
            raise busy(f"There was no answer within {self._limits.wait_seconds:g} s") from None

    def close(self) -> None:
        """End the thread once its computation is done; jobs that wait are still answered."""
        self._thread.shutdown(wait=False)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while jobs := self._next():
            try:
                found = await loop.run_in_executor(self._thread, self._run, jobs)
            except Exception as error:  # the runner returns errors; this one is a bug, and no job may wait for ever
                found = [error] * len(jobs)
            for job, answer in zip(jobs, found, strict=True):
                if job.future is None or job.future.done():
                    continue
                if isinstance(answer, BaseException):
                    job.future.set_exception(answer)
                else:
                    job.future.set_result(answer)

    def _next(self) -> list[Job]:
        """The oldest job that is still wanted, and those behind it that may share its call."""
        chosen: list[Job] = []
        rows, left = 0, deque[Job]()
        for job in self._waiting:
            if not job.is_wanted:
                continue
            fits = not chosen or (
                job.key is not None and job.key == chosen[0].key and rows + job.rows <= self._most_rows
            )
            if fits:
                chosen.append(job)
                rows += job.rows
            else:
                left.append(job)
        self._waiting = left
        self._on_waiting(len(left))
        return chosen
