"""One thread, so that small models are not slowed by threads that wait for each other; figures without a screen.

Ctrl-C is Python's own here: a shell that starts the tests in the background hands it on as ignored.
"""

import os
import signal
import sys

import pytest

from tests.shared import Shared, of

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _coarse_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a figure shows does not depend on how fine its PNG file is."""
    if "quintet.report.canvas" in sys.modules:
        monkeypatch.setattr(sys.modules["quintet.report.canvas"], "DPI", 40)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """``shared(name, fit)``: a model that is fitted once a run."""
    return of(tmp_path_factory)
