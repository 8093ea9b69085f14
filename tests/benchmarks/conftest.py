"""The scripts import each other by bare names, as they do when they are run."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a script by its name."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module
