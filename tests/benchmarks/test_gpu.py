"""The benchmark of a GPU: what it says without one, and its figures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

Script = Callable[[str], Any]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_what_it_would_measure(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--pythae", "PYTHON"])
    script("gpu").main()
    said = capsys.readouterr().out
    assert said.startswith("There is no GPU here.")
    for word in (
        "128, 1024, 8192",
        "fp32 and bf16",
        "pythae's epochs of the same batches (PYTHON)",
        "20 of ours",
        "impute",
    ):
        assert word in said


def test_ratios_and_losses_are_those_of_the_same_epochs(script: Script) -> None:
    turns = {"cpu.fp32": [(0.5, 9.0), (0.3, 8.0), (0.4, 7.0)], "pythae": [(8.0, 20.0), (8.0, 19.0), (9.0, 18.0)] * 2}
    found = script("gpu").figures(128, turns)
    assert found["b128.cpu.fp32.seconds"] == 0.4
    assert found["b128.cpu.fp32.vs_pythae"] == pytest.approx(20.0)
    assert (found["b128.cpu.fp32.loss"], found["b128.pythae.loss"]) == (7.0, 18.0)
    assert script("gpu").figures(128, {"cpu.fp32": [(0.5, 9.0)], "pythae": []}).keys() == {
        "b128.cpu.fp32.seconds",
        "b128.cpu.fp32.loss",
    }


def test_what_would_end_too_late_is_left_out(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = script("gpu")
    clock = gpu.Clock()
    assert clock.has_time_for("answers", 0.0)
    assert not clock.has_time_for("batches", gpu.LIMIT + 1)
    assert clock.left_out == ["batches"]
