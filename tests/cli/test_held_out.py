"""Rows of training are never called held out: fit --holdout, --split held-out, and what questions say of their rows."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import invoke, ok
from tests.shared import hardly_measured

QUICK = ("--epochs", 1, "--latent-dim", 2, "--network", "mlp")
CHOSEN = ("--only", "0-1", "--limit", 200)
ASKED = ("digits", "--only", "0-1")


def answer(*arguments: Any) -> Any:
    return json.loads(ok(*arguments, "--json").stdout)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of zeros and ones that kept 50 of 200 aside: 100 rows trained it and 50 calibrate."""
    path = tmp_path_factory.mktemp("held") / "m.safetensors"
    with hardly_measured():
        made = answer("fit", "digits", *CHOSEN, "--holdout", 0.25, "--out", path, *QUICK, "--quiet")
    assert (made["rows"], made["held_out"]) == (150, 50)
    return path


def test_figures_leave_out_the_rows_of_training(model: Path) -> None:
    figures = answer("evaluate", model, "digits", *CHOSEN)
    assert (figures["rows"], figures["rows_trained_on"]) == (100, 100)
    kept = answer("evaluate", model, *ASKED, "--split", "held-out", "--limit", 40)
    assert (kept["rows"], kept["rows_trained_on"]) == (40, 0)
    trained = answer("evaluate", model, "digits", *CHOSEN, "--split", "train")
    assert (trained["rows"], trained["rows_trained_on"]) == (200, 100)


def test_answers_say_how_many_rows_were_trained_on(model: Path, tmp_path: Path) -> None:
    made = ok("detect", model, "digits", *CHOSEN, "--out", tmp_path / "s.csv")
    assert "trained on 100 of these 200 rows; their p-values are too large" in made.stderr
    figures = answer("compress", model, "digits", *CHOSEN, "--out", tmp_path / "s.qnt")
    assert figures["trained_on"] == 100


def test_held_out_rows_keep_their_numbers(model: Path, tmp_path: Path) -> None:
    made = ok("detect", model, *ASKED, "--split", "held-out", "--out", tmp_path / "s.csv")
    assert "trained on" not in made.output
    with open(tmp_path / "s.csv", newline="") as file:
        numbers = [int(row["row"]) for row in csv.DictReader(file)]
    assert sum(number < 200 for number in numbers) == 50
    assert set(range(200, 360)) <= set(numbers)  # beyond the limit of the fit


def test_sentences(model: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "s.csv")
    for line, expected in (
        (("fit", "digits", "--limit", 3, "--holdout", 0.1, "--out", tmp_path / "n"), "which holds out 0"),
        (("fit", "digits", "--patch", "4x4", "--holdout", 0.1, "--out", tmp_path / "n"), "whose patches overlap"),
        (("detect", model, *ASKED, "--split", "held", *out), "did you mean"),
    ):
        result = invoke(*line)
        assert result.exit_code == 2
        assert expected in result.output
