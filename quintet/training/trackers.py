"""TensorBoard and others, through Accelerate's trackers; an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quintet.errors import InputError
from quintet.extras import extra


class Tracker:
    """A callback of ``fit`` that hands each epoch's figures to trackers; close it at the end, or use it with ``with``.

    Parameters
    ----------
    trackers : names that Accelerate knows, such as "tensorboard", or objects derived from its ``GeneralTracker``.
    folder : where they write.
    run : name of the run.
    options : what is noted once, such as ``training.as_dict()``.
    """

    def __init__(
        self,
        trackers: Any | Sequence[Any],
        folder: str | Path = ".",
        run: str = "quintet",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        with extra("tracking", "A tracker"):
            from accelerate import Accelerator

        asked = [trackers] if isinstance(trackers, str) or not isinstance(trackers, Sequence) else list(trackers)
        _installed(asked)
        self._accelerator = Accelerator(log_with=asked, project_dir=str(folder))
        self._accelerator.init_trackers(run, config={k: v for k, v in (options or {}).items() if v is not None})
        self._epochs = 0

    def __call__(self, row: Mapping[str, Any]) -> None:
        """Log one row of the history; names are ``stage/figure``."""
        self._epochs += 1
        values = {f"{row['stage']}/{k}": v for k, v in row.items() if isinstance(v, (int, float)) and k != "epoch"}
        self._accelerator.log(values, step=self._epochs)

    def close(self) -> None:
        """Let the trackers write what they hold."""
        self._accelerator.end_training()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


def _installed(asked: Sequence[Any]) -> None:
    with extra("tracking", "A tracker"):
        from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers

    for name in asked:
        if not isinstance(name, str):
            continue
        known = sorted(str(n) for n in LOGGER_TYPE_TO_CLASS)
        if name not in known:
            raise InputError(f"tracker {name!r} is not known; allowed are {', '.join(known)}.")
        if name not in [str(n) for n in get_available_trackers()]:
            raise InputError(
                f"tracker {name!r} is not installed; pip install 'quintet[tracking]' or that tracker itself."
            )
