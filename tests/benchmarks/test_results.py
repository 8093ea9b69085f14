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


def test_the_pages_are_those_of_the_committed_figures(script: Script) -> None:
    pages = script("results").written()
    assert {path.name for path in pages} >= {"README.md", "results.md", "tables.md"}
    old = [path.name for path, text in pages.items() if path.read_text(encoding="utf-8") != text]
    assert not old, "make results writes them anew"


def test_every_file_of_figures_is_on_one_page(script: Script) -> None:
    placed = [name for subject in script("result_pages").SUBJECTS.values() for name in subject.scripts]
    assert sorted(placed) == sorted(path.stem for path in (ROOT / "docs" / "results").glob("*.json"))
    assert {path.stem for path in (ROOT / "docs" / "figures").glob("*.md")} == set(script("result_pages").SUBJECTS)


def test_a_wide_table_is_turned_where_that_is_narrower(script: Script) -> None:
    figures = {f"{row}.{column}": 10 * i + j for i, row in enumerate("ab") for j, column in enumerate("cdefghijkl")}
    (table,) = [text for text in script("result_pages").tables(figures) if text]
    assert table.splitlines()[0] == "|  | a | b |"
    assert table.splitlines()[3] == "| d | 1 | 11 |"


def test_pages_show_no_internal_goals(script: Script) -> None:
    for path, text in script("results").written().items():
        assert not [word for word in ("stretch", "| met |", "1 = yes", "| goal |") if word in text], path


def test_date_machine_versions_and_seed_of_every_figure(script: Script, tmp_path: Path) -> None:
    figures = {"a.bpd": 1.25, "note": "words", "about.part.compress": "2026-01-01: effort high, seed 7", **ABOUT}
    (tmp_path / "records_five.json").write_text(json.dumps(figures))
    page = script("result_pages").everything(tmp_path)
    assert "`benchmarks/records_five.py`" in page
    where = "date 2026-01-02, machine abacus, 2 cores, threads 2, python 3.11.0, torch 2.13.0, quintet 0.1.0, seed 7"
    assert where in page
    assert "- part.compress: 2026-01-01: effort high, seed 7" in page
    assert "| a.bpd | 1.25 |" in page
    assert "words" not in page


RECORD = {"compress.bpd": 1.2, "compress.xz_bpd": 1.382, "compress.equal": 1.0, "denoise.p05": 28.96}


def test_a_record_stands_beside_the_baseline(script: Script, tmp_path: Path) -> None:
    (tmp_path / "records_five.json").write_text(json.dumps({**RECORD, **ABOUT}))
    lines = [line.strip("| ").split(" | ") for line in script("result_tables").records(tmp_path).splitlines()[2:]]
    assert [line[1:] for line in lines] == [["1.200", "xz 1.382; Bit-Swap 1.27"], ["yes"], ["29.0"]]
    assert lines[1][0] == "↳ equal after decoding on other settings"


def test_the_scripts_print_a_record_beside_its_goal(script: Script) -> None:
    goals = script("goals")
    assert [line[1:6] for line in goals.rows(goals.FIVE, RECORD | {"impute.coverage90_centre": 0.885})] == [
        ("1.200", "≤ 1.25", "yes", "≤ 1.14", "no"),
        ("yes", "≥ 1", "yes", "", ""),
        ("29.0", "≥ 29", "no", "≥ 31", "no"),
        ("0.885", "0.88 to 0.92", "yes", "", ""),
    ], "what rounds to the goal has not reached it"


def test_the_share_of_matrix_products_is_said(script: Script, tmp_path: Path) -> None:
    figures = {f"best.{part}.matrix_products": 0.25 for part in ("training", "compress", "decompress")}
    (tmp_path / "profile_shares.json").write_text(json.dumps({**figures, **ABOUT}))
    page = script("result_pages").everything(tmp_path)
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


def test_a_table_goes_between_its_marks_alone(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    put = script("results").put
    page = "before\n<!-- pairs -->\nold\n<!-- end of pairs -->\nafter\n"
    found = put(page, "pairs", "| new |\n")
    assert found == "before\n<!-- pairs -->\n\n| new |\n\n<!-- end of pairs -->\nafter\n"
    assert put(found, "pairs", "| new |\n") == found
    assert put(page, "records", "| more |") == page
    assert "<!-- end of records -->" in capsys.readouterr().out
