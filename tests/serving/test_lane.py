"""The queue before a model: what shares a call, what waits, and what is given up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from quintet.serving.lane import Job, Lane
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal


class Model:
    """Answers jobs with their payload doubled, once it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []
        self.go = threading.Event()

    def __call__(self, jobs: Sequence[Job]) -> Sequence[Any]:
        self.calls.append([job.payload for job in jobs])
        assert self.go.wait(10)
        return [ValueError(job.payload) if job.payload == "bad" else job.payload * 2 for job in jobs]


async def answers(lane: Lane, model: Model, jobs: Sequence[Job]) -> list[Any]:
    """All answers, where the first job runs alone and the others come while it does."""
    asked = []
    for job in jobs:
        asked.append(asyncio.ensure_future(lane.ask(job)))
        await asyncio.sleep(0.01)
    model.go.set()
    return await asyncio.gather(*asked, return_exceptions=True)


def run(jobs: Sequence[Job], most_rows: int = 256, limits: Limits | None = None) -> tuple[list[Any], Model]:
    model = Model()
    lane = Lane(model, limits or Limits(), most_rows)
    try:
        return asyncio.run(answers(lane, model, jobs)), model
    finally:
        model.go.set()
        lane.close()


def test_jobs_of_one_key_that_came_while_the_model_was_busy_share_a_call() -> None:
    found, model = run([Job("first", 1, "a"), Job(1, 1, "a"), Job(2, 1, "b"), Job(3, 1, "a"), Job(4, 1, None)])
    assert found == ["firstfirst", 2, 4, 6, 8]
    assert model.calls == [["first"], [1, 3], [2], [4]]


def test_jobs_without_a_key_never_share_a_call() -> None:
    _, model = run([Job(0, 1), Job(1, 1), Job(2, 1)])
    assert model.calls == [[0], [1], [2]]


def test_a_call_has_at_most_so_many_rows_but_a_larger_request_is_served() -> None:
    _, model = run([Job(0, 1, "a"), Job(1, 3, "a"), Job(2, 3, "a"), Job(3, 9, "a"), Job(4, 1, "a")], most_rows=4)
    assert model.calls == [[0], [1, 4], [2], [3]]


def test_an_error_is_that_of_its_own_job() -> None:
    found, _ = run([Job("x", 1), Job("bad", 1, "a"), Job("good", 1, "a")])
    assert found[0] == "xx"
    assert isinstance(found[1], ValueError)
    assert found[2] == "goodgood"


def test_a_runner_that_fails_leaves_no_job_waiting() -> None:
    def broken(jobs: Sequence[Job]) -> Sequence[Any]:
        raise KeyError("a bug")

    lane = Lane(broken, Limits())
    with pytest.raises(KeyError):
        asyncio.run(lane.ask(Job(0, 1)))
    lane.close()


def test_too_many_waiting_jobs_are_refused_at_once() -> None:
    found, model = run([Job(i, 1) for i in range(5)], limits=Limits(waiting=2))
    refused = [each for each in found if isinstance(each, Refusal)]
    assert found[:3] == [0, 2, 4]
    assert [each.status for each in refused] == [503, 503]
    assert refused[0].headers["retry-after"] == "1"
    assert len(model.calls) == 3


def test_a_job_that_waits_too_long_is_refused_and_never_computed() -> None:
    model = Model()
    lane = Lane(model, Limits(wait_seconds=0.3))

    async def ask() -> list[Any]:
        first = asyncio.ensure_future(lane.ask(Job("slow", 1)))
        await asyncio.sleep(0.01)
        late = await asyncio.gather(lane.ask(Job("late", 1)), return_exceptions=True)
        model.go.set()
        found = [*late, *await asyncio.gather(first, return_exceptions=True)]
        return [*found, await lane.ask(Job("next", 1))]

    found = asyncio.run(ask())
    lane.close()
    assert [each.status for each in found[:2]] == [503, 503]
    assert model.calls == [["slow"], ["next"]]


def test_a_job_whose_client_left_is_not_computed() -> None:
    model = Model()
    lane = Lane(model, Limits())

    async def ask() -> Any:
        first = asyncio.ensure_future(lane.ask(Job(1, 1)))
        await asyncio.sleep(0.01)
        gone = asyncio.ensure_future(lane.ask(Job(2, 1)))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.sleep(0.01)
        model.go.set()
        return await first, await lane.ask(Job(3, 1))

    assert asyncio.run(ask()) == (2, 6)
    lane.close()
    assert model.calls == [[1], [3]]


def test_the_event_loop_answers_while_the_model_computes() -> None:
    model = Model()
    lane = Lane(model, Limits())

    async def ask() -> int:
        job = asyncio.ensure_future(lane.ask(Job(1, 1)))
        turns = 0
        while not model.calls or turns < 5:
            await asyncio.sleep(0.001)
            turns += 1
        assert not job.done()
        model.go.set()
        return int(await job)

    assert asyncio.run(ask()) == 2
    lane.close()
