"""Models that many tests ask about are fitted once a run, whichever worker needs them first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from quintet import VAE
    from quintet.models.recipe import Stage
    from quintet.training.budget import Budget
    from quintet.training.options import Training

NONE = slice(0, 0)


@contextmanager
def measured_on_few(rows: int = 16) -> Iterator[None]:
    """Within it fits measure intervals on few rows, for tests that do not ask whether intervals cover."""
    from quintet.inference import chain, interval_width_fit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain, "ROWS", rows)
        patch.setattr(interval_width_fit, "FEWEST", rows)
        patch.setattr(interval_width_fit, "MOST", rows)
        yield


@contextmanager
def untried() -> Iterator[None]:
    """Within it neither denoising nor rounds of similar patches are tried on held-out rows after training, for tests
    that do not ask how well they go."""
    from quintet.estimators._fit import after_training

    fit = after_training.fit_denoising
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            after_training, "fit_denoising", lambda f, train, held, seed: fit(f, train, held.take(NONE), seed)
        )
        patch.setattr(after_training, "fit_patch_rounds", lambda *_: None)
        patch.setattr(after_training, "fit_similar_rows", lambda *_: None)
        yield


@contextmanager
def hardly_measured() -> Iterator[None]:
    """Both, for fixtures that more than one test shares: those are made before a test's own settings hold."""
    with measured_on_few(), untried():
        yield


@contextmanager
def uncrossed() -> Iterator[None]:
    """Within it a fit trains no further models on other folds of few rows, for tests that ask for no p-values."""
    from quintet.estimators._fit import cross_calibration

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cross_calibration, "tables_of", lambda *_: {})
        yield


@contextmanager
def unguided() -> Iterator[None]:
    """Within it the guide gets one epoch, and the stages before it theirs: for tests that ask no question of it."""
    from quintet.training import trainer

    share = trainer.budgets

    def budgets(training: Training, stages: Sequence[Stage], *about: float) -> list[Budget]:
        found = share(training, stages, *about)
        return [replace(b, epochs=1) if s.name == "guide" else b for s, b in zip(stages, found, strict=True)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "budgets", budgets)
        yield


@contextmanager
def unprepared() -> Iterator[None]:
    """Within it a fit ends with its training, for tests that look at weights and at no answer."""
    from quintet.estimators._fit import after_training

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(after_training, "prepare", lambda *_: [])
        yield


@contextmanager
def unmeasured() -> Iterator[None]:
    """Within it a fit is that of the joint model: for tests that look at its weights, latents and history alone."""
    with unprepared(), uncrossed(), unguided():
        yield


@contextmanager
def answering_in_haste() -> Iterator[None]:
    """Within it few latents are tried for a row, in few steps, for tests that ask whether code runs, not how well."""
    from quintet.inference import candidate_search, importance, starting_latents
    from quintet.tasks.denoise import by_model

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(importance.EFFORTS, "normal", importance.Effort(steps=2, starts=1, draws=4))
        for effort in candidate_search.SEARCHES:
            patch.setitem(
                candidate_search.SEARCHES, effort, candidate_search.Search(tried=8, kept=2, sweeps=1, steps=1)
            )
        for owner, constant, few in (
            (starting_latents, "NEAR", 8),
            (starting_latents, "FAR", 16),
            (starting_latents, "STEPS", 1),
            (by_model, "ROUNDS", 1),
            (by_model, "NEIGHBOUR_ROUNDS", 1),
        ):
            patch.setattr(owner, constant, few)
        yield


class Shared:
    """A folder of fitted models that all workers of a run see; each loads what another has fitted.

    That a loaded file answers bit for bit like the model that was saved is itself a law (``tests/laws``).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str, fit: Callable[[], VAE]) -> VAE:
        """The model called ``name``, fitted by ``fit`` where no worker has done so yet."""
        from quintet import load  # after conftest.py has set the number of threads

        path = self.folder / f"{name}.safetensors"
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                fit().save(path)
        return load(path)

    def arrays(self, name: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The arrays called ``name``, computed by ``compute`` where no worker has done so yet."""
        import numpy as np

        path = self.folder / f"{name}.npz"
        with FileLock(path.with_suffix(".npz.lock")):
            if not path.exists():
                np.savez(path, **compute())
        with np.load(path) as found:
            return {key: found[key] for key in found.files}

    def whole(self, name: str, make: Callable[[Path], object]) -> Path:
        """The folder called ``name``, filled by ``make`` where no worker has done so yet; nobody alters it."""
        path = self.folder / name
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                (beginning := path.with_suffix(".begun")).mkdir(exist_ok=True)
                make(beginning)
                beginning.rename(path)
        return path


def of(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """The folder of this run: beside the workers' own, or within the only process's."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared-models"
    folder.mkdir(exist_ok=True)
    return Shared(folder)
