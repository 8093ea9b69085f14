"""The models of the service: loaded at its start, and swapped when their files change.

A swap replaces one reference: requests that hold the older model finish with it, later ones get the new one. A changed
file that cannot be loaded leaves the older model in place; the log and the metrics say so.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from quintet.errors import InputError
from quintet.serving.limits import Limits
from quintet.serving.metrics import Metrics
from quintet.serving.refusals import Refusal
from quintet.serving.served import Served, read_model, stamp_of

log = logging.getLogger("quintet.serving")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Models:
    """Named models.

    Parameters
    ----------
    paths : name -> file.
    seconds : between two looks at the files.
    """

    def __init__(self, paths: Mapping[str, str | Path], limits: Limits, metrics: Metrics, seconds: float = 2.0) -> None:
        if not paths:
            raise InputError("models must name at least one file, got none.")
        for name in paths:
            if not NAME.fullmatch(name):
                raise InputError(
                    f"The name of a model must have at most 64 letters, digits, '.', '_' and '-', got {name!r}: give "
                    "it another by NAME=FILE."
                )
        self._paths = {name: Path(path) for name, path in paths.items()}
        self._limits, self._metrics, self._seconds = limits, metrics, seconds
        self._served = {name: read_model(name, path, limits, metrics) for name, path in self._paths.items()}
        self._refused: dict[str, tuple[int, ...] | None] = {}
        for name in paths:
            metrics.was_loaded(name, again=False)

    @property
    def names(self) -> list[str]:
        """Names of all models."""
        return list(self._served)

    @property
    def all(self) -> list[Served]:
        """The models that answer now."""
        return list(self._served.values())

    def is_stale(self, name: str) -> bool:
        """Whether a changed file could not be loaded, and the older model answers."""
        return name in self._refused

    def get(self, name: str) -> Served:
        """The model that answers now.

        Raises
        ------
        Refusal
            404, with the names of all models.
        """
        if name not in self._served:
            raise Refusal(404, "unknown_model", f"The model must be one of {', '.join(self.names)}, got {name[:64]!r}.")
        return self._served[name]

    async def watch(self) -> None:
        """Look at the files for ever; a file counts as changed when two looks see the same change."""
        loop, seen = asyncio.get_running_loop(), {name: served.stamp for name, served in self._served.items()}
        thread = ThreadPoolExecutor(1, "quintet-load")
        try:
            while True:
                await asyncio.sleep(self._seconds)
                for name, path in self._paths.items():
                    stamp = _stamp(path)  # None, of a file that is gone, never settles: its model goes on
                    settled, seen[name] = stamp == seen[name], stamp or ()
                    if settled and stamp not in (self._served[name].stamp, self._refused.get(name)):
                        await loop.run_in_executor(thread, self.reload, name)
        finally:
            thread.shutdown(wait=False)

    def reload(self, name: str) -> bool:
        """Load a model's file and swap it in; False where it cannot be loaded, and the older one answers."""
        path, older = self._paths[name], self._served[name]
        stamp = _stamp(path)
        try:
            fresh = read_model(name, path, self._limits, self._metrics)
        except Exception as problem:  # whatever the file holds, the older model goes on
            self._refused[name] = stamp
            self._metrics.was_broken(name)
            log.error("model %s: its changed file was refused, the older one answers: %s", name, problem)
            return False
        self._served[name] = fresh
        self._refused.pop(name, None)
        self._metrics.was_loaded(name, again=True)
        log.info("model %s: version %s replaces %s", name, fresh.version, older.version)
        return True

    def close(self) -> None:
        """End the threads of all models."""
        for served in self.all:
            served.lane.close()


def _stamp(path: Path) -> tuple[int, ...] | None:
    """The stamp of a file; None where there is none."""
    try:
        return stamp_of(path)
    except OSError:
        return None
