"""The figures of the benchmarks: files of docs/results, and the command that writes each."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
Figures = dict[str, float]
COMMANDS = {
    "few_labels_text": "few_labels_text.py --draws 2 --epochs 6",
    "series_compress": """series_compress.py --ours 'ours={"max_minutes":2}'""",
    "series_detect": """series_detect.py --ours 'ours={"max_minutes":4}'""",
    "series_generate": """series_generate.py --sets etth1_24,ecg5000 --minutes 1.5 --ours 'ours={"max_minutes":4}'""",
    "mnist_five": "records_five.py --preset fast --minutes 9",
    "tables_denoise_adult": "tables_denoise.py --tables adult --seeds 1",
    "tables_generate_adult": "tables_generate.py --tables adult --seeds 1 --opponent-fits 1 --minutes 6",
}
"""Of files in docs/results that are not named after a script, or whose script had options."""


def read(name: str, folder: Path = RESULTS) -> Figures:
    """The figures of a script; none where it has not written any."""
    path = folder / f"{name}.json"
    found: Figures = json.loads(path.read_text()) if path.exists() else {}
    return found


def command(name: str) -> str:
    """The command that writes a file of docs/results."""
    return COMMANDS.get(name, f"{name}.py")


def rows(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    marked = [f"| {' | '.join(cells)} |" for cells in (head, *lines)]
    return "\n".join([marked[0], "|" + " --- |" * len(head), *marked[1:]])
