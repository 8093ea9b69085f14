"""Experiment trackers (TensorBoard, MLflow, Weights & Biases) through Accelerate (optional)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quintet.errors import InputError
from quintet.extras import DISTRIBUTION, extra

PLAIN = (bool, int, float, str)
"""Types of options that every tracker takes; others are logged as text."""


class Tracker:
    """Callback of ``fit`` that logs each epoch's figures to trackers; close it at the end, or use it with ``with``.

    Parameters
    ----------
    trackers : names that Accelerate supports, such as "tensorboard", "mlflow" and "wandb", or instances of its
        ``GeneralTracker``.
    folder : folder of the logs. MLflow writes ``mlflow.db`` there, unless ``mlflow.set_tracking_uri`` or the
        environment names another place.
    run : name of the run; for MLflow and Weights & Biases of the experiment or project.
    options : values that are logged once, such as ``training.as_dict()``.
    settings : tracker -> its own options, such as ``{"wandb": {"mode": "offline"}}``.
    """

    def __init__(
        self,
        trackers: Any | Sequence[Any],
        folder: str | Path = ".",
        run: str = "quintet",
        options: Mapping[str, Any] | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        with extra("tracking", "A tracker"):
            from accelerate import Accelerator

        chosen = [trackers] if isinstance(trackers, str) or not isinstance(trackers, Sequence) else list(trackers)
        _installed(chosen)
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        own = {name: dict(given) for name, given in (settings or {}).items()}
        if "mlflow" in chosen:
            _mlflow_in(folder, own.setdefault("mlflow", {}))
        if "wandb" in chosen:
            own.setdefault("wandb", {}).setdefault("dir", str(folder))
        self._accelerator = Accelerator(log_with=chosen, project_dir=str(folder))
        self._accelerator.init_trackers(run, config=_plain(options or {}), init_kwargs=own)
        self._epochs = 0

    def __call__(self, row: Mapping[str, Any]) -> None:
        """Log one row of the history under names ``stage/figure``."""
        self._epochs += 1
        values = {f"{row['stage']}/{k}": v for k, v in row.items() if isinstance(v, (int, float)) and k != "epoch"}
        self._accelerator.log(values, step=self._epochs)

    def close(self) -> None:
        """Flush and close the trackers."""
        self._accelerator.end_training()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, PLAIN) else str(value) for name, value in options.items() if value is not None
    }


def _mlflow_in(folder: Path, settings: dict[str, Any]) -> None:
    """Let MLflow keep its runs and files in ``folder``, unless the user named a place."""
    with extra("mlflow", "The tracker 'mlflow'"):
        import mlflow

    tracking: Any = mlflow
    if not tracking.is_tracking_uri_set():
        tracking.set_tracking_uri(f"sqlite:///{(folder / 'mlflow.db').resolve()}")
        settings.setdefault("logging_dir", (folder / "mlruns").resolve().as_uri())


def _installed(chosen: Sequence[Any]) -> None:
    with extra("tracking", "A tracker"):
        from accelerate.tracking import LOGGER_TYPE_TO_CLASS, get_available_trackers

    for name in chosen:
        if not isinstance(name, str):
            continue
        known = sorted(str(n) for n in LOGGER_TYPE_TO_CLASS)
        if name not in known:
            raise InputError(f"trackers must be among {', '.join(known)}, got {name!r}.")
        if name not in [str(n) for n in get_available_trackers()]:
            raise InputError(
                f"Tracker {name!r} is not installed: pip install '{DISTRIBUTION}[tracking]', or that tracker itself."
            )
