"""The engine of a Ray cluster: Ray Data hands the numbers of parts to a pool of actors, each with a core or a GPU."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from quintet.errors import WorkerLost
from quintet.extras import extra
from quintet.scale.job import Job, Outcome, Worker, outcome_of, plain, threads_here

STORE = 200 * 2**20
"""Bytes of the object store of a cluster of this machine alone: parts are read and written by the actors."""
BLOCKS = 10_000
"""Most blocks in which the numbers of parts are handed out; each costs the driver an object."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}


class PartsActor:
    """An actor that answers the parts whose numbers come in batches."""

    def __init__(self, job: Job) -> None:
        self._worker = Worker(job)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """The outcomes of the parts of a batch, as columns."""
        found = [plain(self._worker(int(number))) for number in batch["item"]]
        return {name: [one[name] for one in found] for name in found[0]}


def run(job: Job, numbers: Sequence[int], workers: int | None) -> Iterator[Outcome]:
    """Answer parts by actors; Ray starts one that died anew, and hands its parts out again.

    Where no cluster is connected and RAY_ADDRESS names none, one of this machine is started and shut down.
    """
    _be_quiet()
    with extra("scale", "engine='ray'"):
        import ray
        from ray import data
    gpu = job.vae.fitted_.device.type == "cuda"
    with cluster(ray, workers) as resources:
        count = min(workers or int(resources.get("GPU" if gpu else "CPU", 1)), len(numbers))
        with warnings.catch_warnings(action="ignore"):  # Ray warns of its own settings
            parts = data.from_items(list(numbers), override_num_blocks=min(len(numbers), BLOCKS))
            outcomes = parts.map_batches(
                PartsActor,
                fn_constructor_args=(job,),
                batch_size=1,
                batch_format="numpy",
                compute=data.ActorPoolStrategy(size=count, max_tasks_in_flight_per_actor=2),
                num_cpus=0 if gpu else 1,
                num_gpus=1 if gpu else None,
            )
            rows = iter(outcomes.iter_rows())
        while (row := _next(rows)) is not None:
            yield outcome_of(row)


def _next(rows: Iterator[Any]) -> Any:
    """The next outcome, None at the end; the filters of warnings are the caller's again between two of them."""
    with warnings.catch_warnings(action="ignore"):
        return next(rows, None)


@contextmanager
def cluster(ray: Any, workers: int | None) -> Iterator[dict[str, float]]:
    """The connected cluster, or one of this machine for the time of the block; yields how many CPU and GPU it has."""
    if ray.is_initialized():
        yield ray.cluster_resources()
        return
    _be_quiet()
    own: dict[str, Any] = {}
    if not os.environ.get("RAY_ADDRESS"):
        cores = workers or threads_here()
        own = {"num_cpus": cores, "object_store_memory": STORE, "include_dashboard": False}
    try:
        ray.init(**own, logging_level=logging.ERROR, log_to_driver=False)
    except Exception as error:  # Ray raises that class itself where a node does not start in time
        ray.shutdown()
        raise WorkerLost(f"Ray did not start ({' '.join(str(error).split())}): try again, or engine='local'") from error
    try:
        yield ray.cluster_resources()
    finally:
        ray.shutdown()


def _be_quiet() -> None:
    """Settings that Ray reads when it is imported and started; those of the user stay."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
