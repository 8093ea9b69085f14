"""Which requests may share a call of the model, and how its answer is parted.

They may where each row's answer depends on that row alone, bit for bit: scores and p-values at a fixed threshold, and
means of missing cells. Draws are keyed by the row's place in its request, the false discovery rate and the kind of
noise are found on all rows of a call, and a compressed file is one file: such requests have a call of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quintet.serving.answer import Answer, joined
from quintet.serving.bodies.shape import Body, Shape
from quintet.serving.lane import Job
from quintet.serving.notes import noted
from quintet.serving.options import Detect, Impute, Options

NAMES_ROWS = re.compile(r"\brows? \d")
"""Of a sentence about certain rows of a call, by their numbers; others hold for every request of the call."""
OF_THE_MODEL = ("No row can be called at",)
"""Beginnings of sentences about the model, whose description has its calibration rows."""


@dataclass(frozen=True)
class Asked:
    """A question and its rows."""

    options: Options
    body: Body


def key_of(options: Options, body: Body, shape: Shape) -> Hashable | None:
    """Requests of equal keys may share a call; None: it has a call of its own."""
    given = options.model_fields_set
    alone = shape.kind not in ("array", "table") or body.condition is not None or "condition" in given
    shares = (isinstance(options, Detect) and "fdr" not in given) or (isinstance(options, Impute) and not options.draws)
    if alone or not shares:
        return None
    form = (
        (body.rows.dtype.str, body.rows.shape[1:])
        if isinstance(body.rows, np.ndarray)
        else body.rows.schema.to_string()
    )
    return options.question, options.model_dump_json(exclude_unset=True), form, body.mask is None


def answered(ask: Callable[[Options, Body], Answer], jobs: Sequence[Job]) -> list[Answer | BaseException]:
    """The answers of jobs, of one call where they share it.

    Where the common call fails, or a note names rows, each job has a call of its own, so that errors and notes are
    about its own rows. A row without an observed cell is always named so; its answer depends on its place.

    Parameters
    ----------
    ask : gives the answer for a question and rows.
    """
    if len(jobs) > 1:
        try:
            with noted() as heard:
                whole = ask(jobs[0].payload.options, _together([job.payload.body for job in jobs]))
        except Exception:
            return [_alone(ask, job.payload) for job in jobs]
        notes = _of_rows(heard)
        if not any(NAMES_ROWS.search(note) for note in notes):
            return [replace(part, notes=notes) for part in _parts(whole, jobs)]
    return [_alone(ask, job.payload) for job in jobs]


def _alone(ask: Callable[[Options, Body], Answer], asked: Asked) -> Answer | BaseException:
    try:
        with noted() as heard:
            found = ask(asked.options, asked.body)
    except Exception as error:
        return error
    return replace(found, notes=_of_rows(heard))


def _together(bodies: Sequence[Body]) -> Body:
    masks = [body.mask for body in bodies]
    mask = None if masks[0] is None else np.concatenate([m for m in masks if m is not None])
    return Body(joined([body.rows for body in bodies]), sum(body.count for body in bodies), mask)


def _of_rows(heard: Sequence[str]) -> tuple[str, ...]:
    """The notes of a request, each once, without what is of the model alone."""
    return tuple(note for note in dict.fromkeys(heard) if not note.startswith(OF_THE_MODEL))


def _parts(whole: Answer, jobs: Sequence[Job]) -> list[Answer]:
    parts: list[Answer] = []
    start = 0
    for job in jobs:
        parts.append(whole.part(start, job.rows))
        start += job.rows
    return parts
