"""Engines of bulk answers: each takes a job and the numbers of its parts, and yields the outcome of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Protocol

from quintet.scale.job import Job, Outcome

ENGINES = ("local", "ray", "spark")


class Engine(Protocol):
    """A function that answers the parts of a job by some workers and yields outcomes in any order."""

    def __call__(self, job: Job, numbers: Sequence[int], workers: int | None) -> Iterator[Outcome]: ...


def engine_named(name: str) -> Engine:
    """The engine of a name; what it needs is imported with it."""
    found: Engine = import_module(f"quintet.scale.engines.{name}").run
    return found
