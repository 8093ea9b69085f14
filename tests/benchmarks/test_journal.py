"""A benchmark that broke goes on where it stopped, with the same weights alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Script = Callable[[str], Any]


class Counted:
    """A part that says how often it ran."""

    def __init__(self, broken: bool = False) -> None:
        self.runs, self.broken = 0, broken

    def __call__(self) -> dict[str, float]:
        self.runs += 1
        if self.broken:
            raise RuntimeError("out of luck")
        return {"x.runs": float(self.runs)}


def test_a_part_that_broke_is_run_again_and_the_others_are_not(
    script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, good, bad = tmp_path / "figures.json", Counted(), Counted(broken=True)
    journal = script("journal").Journal(path, "abc", 3)
    journal.part("bad", "effort low", bad)
    journal.part("good", "effort low", good)
    with pytest.raises(SystemExit, match="run again: bad"):
        journal.close()
    assert "out of luck" in capsys.readouterr().err
    bad.broken = False
    journal = script("journal").Journal(path, "abc", 3)
    journal.part("bad", "effort low", bad)
    journal.part("good", "effort low", good)
    journal.close()
    assert (good.runs, bad.runs) == (1, 2)
    kept = json.loads(path.read_text())
    assert kept["about.seed"] == 3
    assert kept["about.weights"] == "abc"
    assert kept["about.part.good"].endswith(": effort low, seed 3")
    assert kept["memory.gib"] >= kept["memory.good"] > 0


def test_other_settings_and_chosen_parts_are_run_again(script: Script, tmp_path: Path) -> None:
    path, part = tmp_path / "figures.json", Counted()
    for seed, settings, again in ((0, "low", ()), (0, "low", ()), (0, "high", ()), (1, "high", ()), (1, "high", "x")):
        script("journal").Journal(path, "abc", seed, again).part("x", settings, part)
    assert part.runs == 4


def test_figures_of_other_weights_are_not_mixed_in(script: Script, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    script("journal").Journal(path, "abc", 0).part("x", "low", Counted())
    before = path.read_text()
    with pytest.raises(SystemExit, match=r"figures of other weights \(abc, not def\)"):
        script("journal").Journal(path, "def", 0)
    assert path.read_text() == before
    script("journal").Journal(path, "def", 0, fresh=True).note({"y": 1.0})
    assert "x.runs" not in path.read_text()
    assert path.with_name("figures.json.before").read_text() == before


def test_pieces_become_one_part(script: Script, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    journal = script("journal").Journal(path, "abc", 0)
    for piece in ("p0", "p1"):
        journal.part(piece, "low", lambda piece=piece: {f"nats.{piece}": 2.0})
    journal.join(["p0", "p1"], "p", "low", {"nats": 2.0})
    kept = json.loads(path.read_text())
    assert kept["nats"] == 2.0
    assert not [name for name in kept if "p0" in name or "p1" in name]
    assert script("journal").Journal(path, "abc", 0).has("p", "low")
