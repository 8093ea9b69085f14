"""Quick run of all benchmarks with --quick into a temporary folder, and the page of their results; minutes.

    make results QUICK=1
    python benchmarks/quick.py --pythae PATH/TO/python --only semi,import_time

Committed results and pages are not changed. Scripts whose requirements are missing (MNIST in ``shared/data`` or
QUINTET_DATA, or an interpreter with pythae) are named and skipped.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from result_pages import everything

HERE = Path(__file__).resolve().parent
LIMIT = 900
"""Seconds after which a script is given up."""


LACKS = re.compile(r"^(?:No data at .*: set (QUINTET_DATA)|.*arguments are required: (.+)$)")
"""How a script that ends at once says what it needs."""


def benchmarks() -> list[Path]:
    """The scripts that have ``--quick``: by an option of their own, or those that all share."""
    with_main = [path for path in sorted(HERE.glob("*.py")) if "def main" in path.read_text(encoding="utf-8")]
    quick = re.compile(r'"--quick"|= (model_|table_|series_)?options\(')
    return [path for path in with_main if path.name != "quick.py" and quick.search(path.read_text(encoding="utf-8"))]


def run(script: Path, folder: Path, pythae: str | None) -> tuple[str, str]:
    """Run one in a folder of its own; a line about it, or what it lacks."""
    room, figures = folder / "rooms" / script.stem, folder / "results" / f"{script.stem}.json"
    room.mkdir(parents=True)
    command = [sys.executable, str(script), "--quick", "--json", str(figures)]
    if pythae is not None and '"--pythae"' in script.read_text(encoding="utf-8"):
        command += ["--pythae", pythae]
    began = time.perf_counter()
    with (room / "output.txt").open("w") as out:
        try:
            how = {
                "cwd": room,
                "env": os.environ | {"OMP_NUM_THREADS": "1"},
                "stdout": out,
                "stderr": subprocess.STDOUT,
            }
            code = subprocess.run(command, timeout=LIMIT, check=False, **how).returncode
        except subprocess.TimeoutExpired:
            return f"{script.name}: given up after {LIMIT} s", ""
    output = (room / "output.txt").read_text().strip().splitlines() or [""]
    lacks = "" if figures.exists() or not (found := LACKS.match(output[-1])) else found[1] or found[2]
    ended = "done" if code == 0 else f"ended with {code}: {output[-1]}"
    return f"{script.name}: {ended}, {time.perf_counter() - began:.0f} s", lacks


def main() -> None:
    """Run them, as many at a time as there are cores, each on one; print the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pythae", metavar="PYTHON", default=os.environ.get("PYTHAE") or None)
    parser.add_argument("--only", help="some of the scripts, by name")
    args = parser.parse_args()
    pythae = args.pythae or (sys.executable if find_spec("pythae") else None)
    only = args.only.split(",") if args.only else []
    scripts = [path for path in benchmarks() if not only or path.stem in only]
    left: list[str] = []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        folder = Path(name)
        (folder / "results").mkdir()
        for script, (line, lacks) in zip(scripts, pool.map(lambda s: run(s, folder, pythae), scripts), strict=True):
            if lacks:
                left.append(f"{script.name} needs {lacks}")
            else:
                print(line, file=sys.stderr, flush=True)
        print(everything(folder / "results"))
    if left:
        print(f"Left out, for what is not here: {'; '.join(left)}.", file=sys.stderr)


if __name__ == "__main__":
    main()
