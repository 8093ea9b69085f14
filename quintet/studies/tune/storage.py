"""The file of a study, in which an interrupted search goes on."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

from quintet.errors import FileRefused, InputError
from quintet.extras import extra

STUDY = "study.db"
ENDED = ("COMPLETE", "PRUNED")
"""States of trials that count; one that was cut off is repeated."""


@contextmanager
def opened(folder: Path, settings: dict[str, str]) -> Iterator[Any]:
    """Optuna's study in ``folder``, new or continued; a trial that was cut off counts as failed.

    Parameters
    ----------
    settings : name -> digest of what the trials depend on; a study with others is refused.
    """
    with extra("tune", "quintet.studies.tune"):
        from optuna import create_study
        from optuna.storages import RDBStorage
        from optuna.trial import TrialState

    path = folder / STUDY
    with _quiet():
        try:  # the connection is made here, since a URL cannot name every path
            storage = RDBStorage("sqlite:///study", engine_kwargs={"creator": lambda: _connection(path)})
            study = create_study(study_name="quintet", storage=storage, direction="minimize", load_if_exists=True)
        except Exception as problem:
            if not isinstance(getattr(problem, "orig", problem), sqlite3.Error):
                raise
            raise FileRefused(f"{path} cannot be read as a study: name another folder, or remove it.") from None
        try:
            _agree(study, settings, folder)
            for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                study.tell(trial.number, state=TrialState.FAIL)
            yield study
        finally:
            storage.remove_session()
            storage.engine.dispose()


def _connection(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, check_same_thread=False)


def ended(study: Any) -> list[Any]:
    """The trials that count."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in ENDED]


def digest(*parts: Any) -> str:
    """16 hexadecimal digits of settings: their text, without the places in memory of functions."""
    text = json.dumps([re.sub(r" at 0x[0-9a-f]+", "", repr(part)) for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_of_rows(rows: Any) -> str:
    """16 hexadecimal digits of the values of an array or of a frame of any library."""
    found = hashlib.sha256()
    if hasattr(rows, "columns"):
        frame = nw.from_native(rows, eager_only=True)
        columns = [(name, frame[name].to_numpy()) for name in frame.columns]
    else:
        columns = [("", np.asarray(rows))]
    for name, values in columns:
        found.update(f"{name} {values.dtype} {values.shape}".encode())
        plain = values.dtype.kind in "biufMm"
        found.update(np.ascontiguousarray(values).tobytes() if plain else "\0".join(map(str, values.ravel())).encode())
    return found.hexdigest()[:16]


def _agree(study: Any, settings: dict[str, str], folder: Path) -> None:
    stored = study.user_attrs.get("settings")
    if stored is None:
        study.set_user_attr("settings", settings)
        return
    differ = [name for name, value in settings.items() if stored.get(name) != value]
    if differ:
        raise InputError(
            f"{folder} holds a study with other {' and '.join(differ)}: name another folder, or give what it began "
            "with."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's own lines on standard error."""
    log = logging.getLogger("optuna")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
