"""One loaded model with its queue: what answers requests until its file changes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quintet.errors import FileRefused, InputError
from quintet.serving.answer import Answer
from quintet.serving.bodies.shape import Body, Shape
from quintet.serving.lane import Job, Lane
from quintet.serving.limits import Limits
from quintet.serving.metrics import Metrics
from quintet.serving.options import Options
from quintet.serving.questions import ask
from quintet.serving.sharing import answered


@dataclass(frozen=True)
class Served:
    """A model that answers.

    Parameters
    ----------
    name : in the paths of its routes.
    version : of its file, the first hexadecimal digits of the SHA-256 hash.
    stamp : modification time in ns, size and inode of the file that was read.
    """

    name: str
    version: str
    stamp: tuple[int, ...]
    estimator: Any
    shape: Shape
    lane: Lane
    since: float = field(default_factory=time.time)

    @property
    def about(self) -> dict[str, str]:
        """What every answer says of the model."""
        return {"name": self.name, "version": self.version}

    @property
    def vae(self) -> Any:
        """The model of rows within."""
        return model_within(self.estimator)


def model_within(estimator: Any) -> Any:
    """The model of rows of a ``Series`` or a ``Text``; a ``VAE`` itself."""
    found: Any = getattr(estimator, "vae_", None)  # of Text, whose ``vae`` is the one to be fitted
    return getattr(estimator, "vae", estimator) if found is None else found


def stamp_of(path: Path) -> tuple[int, ...]:
    """What changes when a file does."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def read_model(name: str, path: Path, limits: Limits, metrics: Metrics) -> Served:
    """Load a model's file.

    Raises
    ------
    FileRefused
        The file is missing, damaged, changes while it is read, or holds a model of sound.
    """
    from quintet.estimators import VAE, Series, Text, load

    try:
        stamp, digest = stamp_of(path), _digest(path)
    except OSError as problem:
        raise FileRefused(f"{path} cannot be read ({problem.strerror or problem}): check the path.") from None
    estimator = load(path)
    if not isinstance(estimator, VAE | Series | Text):
        raise InputError(f"quintet serve needs a model of rows, series or text, got {path}, a model of sound.")
    if stamp_of(path) != stamp:
        raise FileRefused(f"{path} changed while it was read: write models by save, which replaces a file at once.")
    vae = model_within(estimator)
    vae.verbose = False
    if vae.schema_.columns:  # frames are Arrow's, whichever library the training rows were of
        vae.fitted_.schema = vae.schema_.model_copy(update={"container": "pyarrow"})
    shape = Shape.of(vae.schema_)

    def answer(options: Options, body: Body) -> Answer:
        return ask(estimator, shape, options, body, limits)

    def run(jobs: Sequence[Job]) -> Sequence[Any]:
        question = jobs[0].payload.options.question
        rows = sum(job.rows for job in jobs)
        metrics.batch_requests.labels(name, question).observe(len(jobs))
        metrics.batch_rows.labels(name, question).observe(rows)
        metrics.rows.labels(name, question).inc(rows)
        return answered(answer, jobs)

    lane = Lane(run, limits, on_waiting=metrics.waiting.labels(name).set)
    return Served(name, digest, stamp, estimator, shape, lane)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
