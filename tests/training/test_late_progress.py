"""verbose="auto": a bar where somebody watches, once the work has taken some seconds; never elsewhere."""

from __future__ import annotations

import io
import multiprocessing
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone

from quintet import VAE, load, storage
from quintet.estimators.progress import progress_bar
from quintet.training import Progress, late_progress
from quintet.training.late_progress import SECONDS, late_display
from tests.shared import hardly_measured, unmeasured


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def terminal() -> Iterator[Terminal]:
    """Standard error is a terminal; not as a fixture, since pytest sets standard error again after those."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stream := Terminal())
        yield stream


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What a display is given, with "open" and "closed" around it."""
    events: list[object] = []

    @contextmanager
    def display() -> Iterator[Progress]:
        events.append("open")
        yield lambda what, done, total, note="": events.append((what, done, total, note))
        events.append("closed")

    monkeypatch.setattr(late_progress, "progress_display", display)
    return events


def work(at: list[float]) -> None:
    """Work that reports a step at each of these seconds."""
    seconds = iter([0.0, *at])
    with terminal(), late_display(lambda: next(seconds)) as report:
        assert report is not None
        for step, _ in enumerate(at):
            report("train", step, len(at), "loss")


def test_short_work_shows_nothing_and_long_work_shows_the_rest(calls: list[object]) -> None:
    work([0.1, SECONDS - 0.1])
    assert calls == []
    work([0.1, SECONDS + 0.1])
    assert calls == ["open", ("train", 1, 2, "loss"), "closed"]


def test_the_display_is_opened_once(calls: list[object]) -> None:
    seconds = iter([0.0, SECONDS])  # the clock is not asked again
    with terminal(), late_display(lambda: next(seconds)) as report:
        assert report is not None
        report("train", 1, 3)
        report("train", 2, 3)
    assert calls == ["open", ("train", 1, 3, ""), ("train", 2, 3, ""), "closed"]


def shown() -> bool:
    with progress_bar("auto") as report:
        return report is not None


def test_a_pipe_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not shown()


def test_a_terminal_shows_it_of_the_main_process_and_its_main_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[bool] = []
    with terminal():
        assert shown()
        thread = threading.Thread(target=lambda: found.append(shown()))
        thread.start()
        thread.join()
        assert found == [False]
        monkeypatch.setattr(multiprocessing, "current_process", lambda: SimpleNamespace(name="LokyProcess-1"))
        assert not shown()


def test_the_parameter_is_scikit_learns_and_no_affair_of_the_file(tmp_path: Path) -> None:
    vae = VAE(latent_dim=1, network={"kind": "mlp", "hidden": (4,)}, epochs=1, verbose=False)
    assert VAE().get_params()["verbose"] == "auto"
    assert clone(vae).get_params()["verbose"] is False
    with hardly_measured():
        vae.fit(np.random.default_rng(0).normal(size=(60, 2)))
    vae.set_params(verbose=True).save(tmp_path / "verbose")
    _, header = storage.load(tmp_path / "verbose")
    assert "verbose" not in header["params"]
    assert load(tmp_path / "verbose").verbose == "auto"


def test_verbose_false_is_silent_on_a_terminal_and_auto_says_no_more_than_a_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(late_progress, "SECONDS", 0.0)
    X = np.random.default_rng(0).normal(size=(60, 2))
    vae = VAE(latent_dim=1, network={"kind": "mlp", "hidden": (4,)}, epochs=1, verbose=False)
    with unmeasured(), terminal() as stream:
        vae.fit(X)
        assert stream.getvalue() == ""
        vae.set_params(verbose="auto").fit(X)
    assert "train" in stream.getvalue()
