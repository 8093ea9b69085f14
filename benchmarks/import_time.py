"""Import times of the package and its class, and the time of `quintet --help`, each in a new process.

    python benchmarks/import_time.py [--quick] [--json FILE]

Goals: `import quintet` under 0.5 s in addition to PyTorch; `quintet --help` under 1 s. The class `VAE` is a
scikit-learn estimator, so that the import of scikit-learn is reported separately. Medians of interleaved rounds.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from common import write_json

CASES = {
    "python": "pass",
    "torch": "import torch",
    "torch_quintet": "import torch, quintet",
    "torch_sklearn": "import torch, sklearn.base",
    "vae": "from quintet import VAE",
    "help": (
        "import sys; sys.argv = ['quintet', '--help']\n"
        "from quintet.__main__ import main\n"
        "sys.stdout = open('/dev/null', 'w')\nmain()"
    ),
}


def seconds(script: str) -> float:
    """Wall-clock seconds of a new Python process that runs the script."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True)
    return time.perf_counter() - start


def measure(rounds: int) -> dict[str, float]:
    """Medians over the rounds, in seconds; the first round warms the file cache and is not counted."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for turn in range(rounds + 1):
        for name, script in CASES.items():
            elapsed = seconds(script)
            if turn:
                times[name].append(elapsed)
    median = {name: statistics.median(values) for name, values in times.items()}
    return {f"{name}.seconds": value for name, value in median.items()} | {
        "quintet.beyond_torch": median["torch_quintet"] - median["torch"],
        "sklearn.beyond_torch": median["torch_sklearn"] - median["torch"],
        "vae.beyond_torch_and_sklearn": median["vae"] - median["torch_sklearn"],
    }


def main() -> None:
    """Print one table, and write the figures with ``--json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two rounds in place of seven")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    options = parser.parse_args()
    figures = measure(2 if options.quick else 7)
    goals = {"quintet.beyond_torch": 0.5, "help.seconds": 1.0}
    print(f"{'figure':<28}{'seconds':>8}  goal")
    for name, value in figures.items():
        print(f"{name:<28}{value:>8.3f}  {f'< {goals[name]}' if name in goals else ''}".rstrip())
    write_json(options.json, figures)


if __name__ == "__main__":
    main()
