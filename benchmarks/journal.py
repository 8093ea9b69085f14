"""Journal of a benchmark in parts: each part writes its figures to one JSON file, so that a run can be resumed.

The file records each part as ``about.part.NAME`` with its date and settings: the weights file, the seed, the effort. A
part that is in the file under the same settings is not run again, unless its name is given. The figures of one file may
thus be from several runs, and always from one weights file.
"""

from __future__ import annotations

import datetime
import json
import sys
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from common import peak_gib, reset_peak, write_json

Figures = dict[str, float]


class Journal:
    """The figures so far.

    Parameters
    ----------
    path : the JSON file; None: nothing is written.
    weights : fingerprint of the weights file that answers; a file with figures of another one is refused.
    seed : int
    again : parts that are run although the file has them.
    fresh : the weights are new: figures that the file has are moved out of the way, to ``FILE.before``.
    """

    def __init__(
        self, path: Path | None, weights: str, seed: int, again: Collection[str] = (), *, fresh: bool = False
    ) -> None:
        self.path, self.seed, self.again = path, seed, again
        self.entries: dict[str, float | str] = {"about.weights": weights}
        self.broken: list[str] = []
        if fresh and path is not None and path.exists():
            path.replace(path.with_name(f"{path.name}.before"))
        if path is not None and path.exists():
            found = json.loads(path.read_text())
            if found.get("about.weights") != weights:
                raise SystemExit(
                    f"{path} holds figures of other weights ({found.get('about.weights', 'unnamed')}, not {weights}): "
                    "give another --json, or remove it."
                )
            self.entries |= {name: value for name, value in found.items() if name not in ("about.seed", "about.date")}

    @property
    def figures(self) -> Figures:
        """Numbers alone."""
        return {name: value for name, value in self.entries.items() if not isinstance(value, str)}

    def note(self, figures: Mapping[str, float | str]) -> None:
        """Write figures that belong to no part."""
        self.entries |= figures
        write_json(self.path, self.entries, self.seed)

    def has(self, name: str, settings: str) -> bool:
        """Whether the file has a part under these settings, and is not to be repeated."""
        found = str(self.entries.get(_mark(name), "")).endswith(f": {self._seeded(settings)}")
        if found and name not in self.again:
            print(f"{name}: read from {self.path}", file=sys.stderr)
        return found and name not in self.again

    def part(self, name: str, settings: str, work: Callable[[], Mapping[str, float]]) -> None:
        """Run a part, unless the file has it; an error is printed, and the other parts still run."""
        if self.has(name, settings):
            return
        reset_peak()
        began = time.perf_counter()
        try:
            found = dict(work())
        except Exception:
            traceback.print_exc()
            self.broken.append(name)
            return
        spent = {f"minutes.{name}": (time.perf_counter() - began) / 60, f"memory.{name}": peak_gib()}
        self.entries |= {
            **found,
            **spent,
            _mark(name): f"{datetime.date.today():%Y-%m-%d}: {self._seeded(settings)}",
        }
        self.entries["memory.gib"] = max(value for key, value in self.figures.items() if _is_memory(key))
        write_json(self.path, self.entries, self.seed)
        print(f"{name}: " + ", ".join(f"{k} {v:.4g}" for k, v in {**found, **spent}.items()), file=sys.stderr)

    def join(self, pieces: Collection[str], name: str, settings: str, figures: Mapping[str, float]) -> None:
        """Put a part with these figures in the place of its pieces, whose figures have their names between dots."""
        spent = {
            f"minutes.{name}": sum(self.figures[f"minutes.{piece}"] for piece in pieces),
            f"memory.{name}": max(self.figures[f"memory.{piece}"] for piece in pieces),
        }
        self.entries = {key: value for key, value in self.entries.items() if not set(pieces) & set(key.split("."))}
        self.entries |= {
            **figures,
            **spent,
            _mark(name): f"{datetime.date.today():%Y-%m-%d}: {self._seeded(settings)}",
        }
        write_json(self.path, self.entries, self.seed)

    def _seeded(self, settings: str) -> str:
        return f"{settings}, seed {self.seed}"

    def close(self) -> None:
        """Say which parts broke, as the script's exit code."""
        if self.broken:
            raise SystemExit(f"These parts broke and are to be run again: {', '.join(self.broken)}.")


def _mark(name: str) -> str:
    return f"about.part.{name}"


def _is_memory(name: str) -> bool:
    return name.startswith("memory.") and name != "memory.gib"
