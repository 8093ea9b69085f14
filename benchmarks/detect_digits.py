"""Each digit held out in turn: trained on the training rows of the nine others, asked of the whole test set.

AUROC of the held-out digit against the nine, no labels used and nothing tuned per digit: the default score, every
component of it by name, and what a user would pick instead on the pixels: local outlier factor (k = 10) and the
distance to the five nearest rows over the root of the norm.

Digits that are done are kept in ``--store`` and not run again, so that a long run can be broken off and taken up.

    python benchmarks/detect_digits.py --json docs/results/detect_digits.json
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import digits, options, table, write_json

from quintet import VAE
from quintet.evaluate import auroc
from quintet.studies import baselines

COLUMNS = ("default", "row_density", "latent_distance", "typicality", "latent_density", "row_distance", "elbo")
PLAIN = ("lof_pixels", "5nn_pixels")
PLAIN_ROWS = 20_000
"""Training rows that the methods on pixels compare with, drawn by the seed: with all of them they take hours."""


def run(digit: int, asked: Any) -> dict[str, float]:
    """AUROC of every score for one held-out digit."""
    (x, y), (test, labels) = digits("train"), digits("test")
    rng = np.random.default_rng(asked.seed)
    x = rng.permutation(x[y != digit])
    if asked.quick:
        x, keep = x[:8000], rng.permutation(len(test))[:2000]
        test, labels = test[keep], labels[keep]
    strange = labels == digit
    start = time.perf_counter()
    vae = VAE(preset="fast", max_minutes=asked.minutes, random_state=asked.seed).fit(x)
    fit = time.perf_counter() - start
    start = time.perf_counter()
    found = vae.detect(test)
    out = {"fit_seconds": fit, "detect_seconds": time.perf_counter() - start}
    out |= {name: auroc(strange, found.components[name]) for name in COLUMNS}
    out["false_alarms"] = float(np.mean(found.p_values[~strange] <= 0.05))
    if not asked.plain_off:
        flat, rows = x[:PLAIN_ROWS].reshape(-1, 784), test.reshape(len(test), -1)
        out["lof_pixels"] = auroc(strange, baselines.local_outlier_factor(flat, rows))
        out["5nn_pixels"] = auroc(strange, baselines.neighbour_distance(flat, rows))
    return out


def results(asked: Any) -> dict[int, dict[str, float]]:
    """All digits asked for, those in the store as they stand there."""
    setting = f"minutes={asked.minutes} quick={asked.quick} seed={asked.seed} plain={not asked.plain_off}"
    done: dict[int, dict[str, float]] = {}
    if asked.store.exists():
        lines = [json.loads(line) for line in asked.store.read_text().splitlines()]
        done = {line["digit"]: line["figures"] for line in lines if line["setting"] == setting}
    for digit in asked.digits:
        if digit in done:
            continue
        done[digit] = run(digit, asked)
        asked.store.parent.mkdir(parents=True, exist_ok=True)
        with asked.store.open("a") as store:
            store.write(json.dumps({"digit": digit, "setting": setting, "figures": done[digit]}) + "\n")
        print(f"digit {digit}: " + ", ".join(f"{k} {v:.3f}" for k, v in done[digit].items()), flush=True)
    return {digit: done[digit] for digit in asked.digits}


def main() -> None:
    """Run, print one table, write the figures."""
    parser = options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=3.0, help="most minutes of training a digit")
    parser.add_argument("--digits", type=lambda s: [int(d) for d in s.split(",")], default=list(range(10)))
    parser.add_argument(
        "--store", type=Path, default=Path("detect_digits.jsonl"), help="where finished digits are kept"
    )
    parser.add_argument("--plain-off", action="store_true", help="leave out the plain methods on pixels")
    asked = parser.parse_args()
    if asked.quick:
        asked.minutes = min(asked.minutes, 0.5)
    found = results(asked)
    names = [*COLUMNS, *(() if asked.plain_off else PLAIN)]
    rows = []
    for name in names:
        values = [figures[name] for figures in found.values()]
        rows.append((name, *(f"{v:.3f}" for v in values), f"{np.mean(values):.3f}", f"{min(values):.3f}"))
    table("AUROC, each digit held out in turn", rows, ("score", *(str(d) for d in found), "mean", "least"))
    alarms = np.mean([figures["false_alarms"] for figures in found.values()])
    print(f"normal test rows with p <= 0.05: {alarms:.1%}; asked: mean of the default >= .92, none under .85")
    figures = {"detect.mean": np.mean([f["default"] for f in found.values()])}
    figures["detect.min"] = min(f["default"] for f in found.values())
    for digit, of in found.items():
        figures[f"detect.d{digit}"] = of["default"]
        figures |= {f"detect.d{digit}.{name}": value for name, value in of.items() if name != "default"}
    write_json(asked.json, {name: float(value) for name, value in figures.items()})


if __name__ == "__main__":
    main()
