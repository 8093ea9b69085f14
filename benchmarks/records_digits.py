"""Anomaly detection of held-out digits: ten models, each trained on nine digits and tested on the whole test set.

AUROC of the held-out digit against the nine, no labels used and nothing tuned per digit: the default score, every
component of it by name, and what a user would pick instead on the pixels: local outlier factor (k = 10) and the
distance to the five nearest rows over the root of the norm. Ten fits of preset fast, of ``--minutes`` each.

Finished digits are stored in ``--store`` and not repeated, so that a long run can be resumed;
``--save FOLDER`` writes the files FOLDER/d0.safetensors and so on, ``--models FOLDER`` loads them instead of training.

    python benchmarks/records_digits.py --json docs/results/records_digits.json
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import goals
import numpy as np
from common import Array, digits, filling, options, peak_gib, table, write_json

from quintet import VAE, load
from quintet.evaluate import auroc
from quintet.studies import baselines
from quintet.tasks.detect.score_calibration import COMPONENTS, DEFAULT

SCORES = (DEFAULT, *COMPONENTS)
PLAIN = ("lof_pixels", "5nn_pixels")


def run(digit: int, args: Any) -> dict[str, float]:
    """AUROC of every score for one held-out digit, with time and memory."""
    (x, y), (test, labels) = digits("train"), digits("test")
    x, rng = x[y != digit], np.random.default_rng(args.seed)
    if args.quick:
        x, keep = x[:8000], rng.permutation(len(test))[:2000]
        test, labels = test[keep], labels[keep]
    strange = labels == digit
    vae, figures = model_without(digit, x, args)
    start = time.perf_counter()
    found = vae.detect(test)
    figures["rows_per_s"] = len(test) / (time.perf_counter() - start)
    figures |= {name: auroc(strange, found.components[name]) for name in SCORES}
    figures["false_alarms"] = float(np.mean(found.p_values[~strange] <= 0.05))
    if not args.plain_off:
        flat, rows = x.reshape(-1, 784), test.reshape(len(test), -1)
        figures["lof_pixels"] = auroc(strange, baselines.local_outlier_factor(flat, rows))
        figures["5nn_pixels"] = auroc(strange, baselines.neighbour_distance(flat, rows))
    return figures


def model_without(digit: int, x: Array, args: Any) -> tuple[Any, dict[str, float]]:
    """The model of rows ``x``, which lack a digit, fitted or from ``--models``, and the minutes of its fit."""
    if args.models is not None:
        vae = load(args.models / f"d{digit}.safetensors")
        return vae, {"training_minutes": training_minutes(vae)}
    start = time.perf_counter()
    vae = VAE(preset="fast", random_state=args.seed, **filling(args.minutes)).fit(x)
    minutes = (time.perf_counter() - start) / 60
    if args.save is not None:
        args.save.mkdir(parents=True, exist_ok=True)
        vae.save(args.save / f"d{digit}.safetensors")
    return vae, {"fit_minutes": minutes, "training_minutes": training_minutes(vae)}


def training_minutes(vae: Any) -> float:
    """Minutes of the epochs, from the file; the rest of a fit prepares the answers."""
    return float(sum(row.get("seconds", 0.0) for row in vae.history_.rows)) / 60


def results(args: Any) -> dict[int, dict[str, float]]:
    """The chosen digits; finished ones are read from the store."""
    setting = (
        f"minutes={args.minutes} models={args.models} quick={args.quick} seed={args.seed} plain={not args.plain_off}"
    )
    done: dict[int, dict[str, float]] = {}
    if args.store.exists():
        lines = [json.loads(line) for line in args.store.read_text().splitlines()]
        done = {line["digit"]: line["figures"] for line in lines if line["setting"] == setting}
    for digit in args.digits:
        if digit in done:
            continue
        done[digit] = run(digit, args)
        args.store.parent.mkdir(parents=True, exist_ok=True)
        with args.store.open("a") as store:
            store.write(json.dumps({"digit": digit, "setting": setting, "figures": done[digit]}) + "\n")
        print(f"digit {digit}: " + ", ".join(f"{k} {v:.3f}" for k, v in done[digit].items()), flush=True)
    return {digit: done[digit] for digit in args.digits}


def summary(found: dict[int, dict[str, float]]) -> dict[str, float]:
    """The flat figures: means and least over the digits, then every digit's own."""
    each = list(found.values())
    figures = {"detect.mean": float(np.mean([of[DEFAULT] for of in each])), "detect.min": min(f[DEFAULT] for f in each)}
    for name in (*SCORES[1:], *PLAIN, "false_alarms", "rows_per_s", "fit_minutes", "training_minutes"):
        if all(name in of for of in each):
            figures[f"detect.mean.{name}"] = float(np.mean([of[name] for of in each]))
    for digit, of in found.items():
        figures[f"detect.d{digit}"] = of[DEFAULT]
        figures |= {f"detect.d{digit}.{name}": value for name, value in of.items() if name != DEFAULT}
    return {**figures, "memory.gib": peak_gib()}


def main() -> None:
    """Run, print one table, write the figures."""
    parser = options(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=1.5, help="minutes of a fit to a digit")
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="trained files instead of fits")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep the trained files here")
    parser.add_argument("--digits", type=lambda s: [int(d) for d in s.split(",")], default=list(range(10)))
    parser.add_argument("--store", type=Path, default=Path("records_digits.jsonl"), help="file for finished digits")
    parser.add_argument("--plain-off", action="store_true", help="leave out the plain methods on pixels")
    args = parser.parse_args()
    if args.quick:
        args.minutes = min(args.minutes, 0.2)
    found = results(args)
    rows = []
    for name in (*SCORES, *(() if args.plain_off else PLAIN)):
        values = [figures[name] for figures in found.values()]
        rows.append((name, *(f"{v:.3f}" for v in values), f"{np.mean(values):.3f}", f"{min(values):.3f}"))
    table("AUROC, each digit held out in turn", rows, ("score", *(str(d) for d in found), "mean", "least"))
    figures = summary(found)
    table("Asked", goals.rows(goals.DIGITS, figures), goals.HEAD)
    print(f"normal test rows with p <= 0.05: {figures['detect.mean.false_alarms']:.1%}")
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
