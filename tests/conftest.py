"""One thread, so that small models are not slowed by threads that wait for each other; figures without a screen.

Ctrl-C is Python's own here: a shell that starts the tests in the background hands it on as ignored.
"""

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.shared import Shared, measured_on_few, of, untried

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("suite", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("suite")


@pytest.fixture(autouse=True, scope="module")
def _coarse_figures() -> Iterator[None]:
    """What a figure shows does not depend on how fine its PNG file is."""
    with pytest.MonkeyPatch.context() as patch:
        if "quintet.report.figures.canvas" in sys.modules:
            patch.setattr(sys.modules["quintet.report.figures.canvas"], "DPI", 40)
        yield


@pytest.fixture
def measured_in_full() -> None:
    """For tests whose own fits are compared with shared ones: they measure all that those do."""


@pytest.fixture(autouse=True)
def _measured_on_few(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a fit measures after training takes longer than so small a fit; the models that tests share have it all."""
    full = "measured_in_full" in request.fixturenames or "denois" in request.module.__name__
    if full or "quintet.estimators._fit.after_training" not in sys.modules:
        yield
        return
    with measured_on_few(), untried():
        yield


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """``shared(name, fit)``: a model that is fitted once a run."""
    return of(tmp_path_factory)
