"""The pages of results are what the JSON files say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Script = Callable[[str], Any]
ABOUT = {
    "about.date": "2026-01-02",
    "about.machine": "abacus, 2 cores",
    "about.threads": 2,
    "about.python": "3.11.0",
    "about.torch": "2.13.0",
    "about.quintet": "0.1.0",
    "about.seed": 7,
}


def test_the_page_is_the_one_of_the_committed_figures(script: Script) -> None:
    written = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert written == script("results").page(), "make results writes it anew"


def test_date_machine_versions_and_seed_of_every_figure(script: Script, tmp_path: Path) -> None:
    figures = {"a.bpd": 1.25, "note": "words", "about.part.compress": "2026-01-01: effort high, seed 7", **ABOUT}
    (tmp_path / "records_five.json").write_text(json.dumps(figures))
    page = script("results").page(tmp_path)
    assert "`benchmarks/records_five.py`" in page
    where = "date 2026-01-02, machine abacus, 2 cores, threads 2, python 3.11.0, torch 2.13.0, quintet 0.1.0, seed 7"
    assert where in page
    assert "- part.compress: 2026-01-01: effort high, seed 7" in page
    assert "| a.bpd | 1.25 |" in page
    assert "words" not in page


def test_a_record_stands_beside_its_goal_and_the_baseline(script: Script, tmp_path: Path) -> None:
    figures = {"compress.bpd": 1.2, "compress.xz_bpd": 1.382, "denoise.p05": 28.96, "impute.coverage90_centre": 0.885}
    (tmp_path / "records_five.json").write_text(json.dumps({**figures, **ABOUT}))
    lines = [line.split(" | ")[1:] for line in script("results").records(tmp_path).splitlines()[2:]]
    assert [line[:5] for line in lines] == [
        ["1.200", "≤ 1.25", "yes", "≤ 1.14", "no"],
        ["29.0", "≥ 29", "no", "≥ 31", "no"],
        ["0.885", "0.88 to 0.92", "yes", "", ""],
    ], "what rounds to the goal has not reached it"
    assert lines[0][5] == "xz 1.382; Bit-Swap 1.27 |"


def test_the_share_of_matrix_products_is_said(script: Script, tmp_path: Path) -> None:
    figures = {f"best.{part}.matrix_products": 0.25 for part in ("training", "compress", "decompress")}
    (tmp_path / "profile_shares.json").write_text(json.dumps({**figures, **ABOUT}))
    page = script("results").page(tmp_path)
    assert "are 25% of a training step (best), 25% of compressing (best), 25% of decompressing (best)." in page


def test_every_goal_has_a_figure_of_its_own(script: Script) -> None:
    goals = script("goals")
    for chosen in (*goals.RECORDS.values(), goals.FAST):
        names = [goal.name for goal in chosen]
        assert len(set(names)) == len(names)
        for goal in chosen:
            if goal.target and goal.stretch:
                assert goal.target[0] <= goal.stretch[0], "the stretch is the harder one"
                assert goal.stretch[1] <= goal.target[1]


def test_a_table_goes_between_its_marks_alone(
    script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "PAGE.md"
    page.write_text("before\n<!-- pairs -->\nold\n<!-- end of pairs -->\nafter\n")
    script("results").between(page, "pairs", "| new |\n")
    assert page.read_text() == "before\n<!-- pairs -->\n| new |\n<!-- end of pairs -->\nafter\n"
    script("results").between(page, "records", "| more |")
    assert "more" not in page.read_text()
    assert "<!-- end of records -->" in capsys.readouterr().out
