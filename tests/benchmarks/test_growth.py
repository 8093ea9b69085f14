"""``benchmarks/growth.py``: what is left out is named, and growth is of neighbouring columns."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Script = Callable[[str], Any]


def test_cells_that_would_take_too_long_are_named(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growth = script("growth")

    def in_process(answer: str, count: int, path: Path, args: argparse.Namespace) -> dict[str, float] | str:
        if answer == "embed":
            return "ended with 1: no memory"
        return {"seconds": count * (0.1 if answer == "impute" else 0.001), "mib": 1.0, "answer_mib": 1.0}

    monkeypatch.setattr(growth, "in_process", in_process)
    args = argparse.Namespace(only=["detect", "embed", "impute"], rows=[10, 100, 1000], seconds=50.0)
    found, left = list(growth.measure(args, tmp_path))[-1]
    assert {answer: list(cells) for answer, cells in found.items()} == {
        "fit": [10, 100, 1000],
        "detect": [10, 100, 1000],
        "embed": [],
        "impute": [10, 100],
    }
    assert left[-1] == "impute of 1,000 rows: expected 100 s"
    assert left[0] == "embed of 10 rows: ended with 1: no memory"
    flat = growth.figures_of(found)
    assert flat["detect.growth.100_to_1000"] == pytest.approx(10)
    assert "impute.growth.100_to_1000" not in flat


def test_bytes_of_answers_are_counted(script: Script) -> None:
    @dataclass
    class Answer:
        scores: Any
        parts: Any
        rule: str = ""

    held = script("growth").held
    assert held(Answer(np.zeros(5), {"a": np.zeros(3, np.float32), "b": 1.0})) == 40 + 12
    assert (held(b"1234"), held(None), held(3.0)) == (4, 0, 0)


def test_rows_lie_about_one_surface_whatever_their_seed(script: Script) -> None:
    growth = script("growth")
    one, other = (growth.rows_of(2000, seed) for seed in (0, 1))
    assert not np.array_equal(one, other)
    assert np.allclose(np.cov(one.T), np.cov(other.T), atol=0.3)
    assert np.isnan(growth.holed(one, 2)).mean() == pytest.approx(1 / 3, abs=0.02)
    assert (growth.noisy(one, 2) != one).mean() == pytest.approx(0.1, abs=0.02)
