"""Anomalies in six metrics of NAB: ours beside seven detectors, one setting for all, no labels used.

``whole``: every detector is fitted on the whole metric, unlabelled, and scores its steps, as TSB-AD's unsupervised
ones; ``first``: on the rows before NAB's scoring begins (15 %, at most 750). Windows have the metric's period
(TSB-AD's choice), under names in ``_2p`` of two periods. ``vus_pr``: volume under the precision–recall surface with
buffers up to the period (Paparrizos et al., 2022); ``auroc``: of the steps; both over all rows. ``nab``: NAB's
standard profile after the first rows, with the one share of alarms over all metrics that scores best, as NAB picks a
detector's threshold; ``nab_1pct``: at alarms of p ≤ .01. ``false_alarms``: share of alarms on steps after those rows
and at least a period away from every window; of ours at p ≤ .01, of others above the 99th percentile of their scores
of the first rows (in ``first`` alone).

    python benchmarks/series_detect.py --opponents PYTHON --cache detect.json --json docs/results/series_detect.json
    python benchmarks/series_detect.py --cache detect.json --go-on ours.json --fits whole --metrics nyc_taxi
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from common import Array, write_json
from series_alarm_metrics import nab_curve, nab_raw, nab_score, vus_pr
from series_common import case_figures, flat, means, parsed, series_options
from series_data import Metric, nab, period
from series_detectors import DETECTORS
from series_ours import alarms
from sklearn.metrics import roc_auc_score
from tables_common import Clock, Figures, print_group

ELSEWHERE = ("matrix_profile", "autoencoder")
KINDS: dict[str, dict[str, Any]] = {"ours": {}}
QUICK = ("art_daily_jumpsup", "rds_cpu_utilization_cc0c53")
SHOWN = ("vus_pr", "auroc", "nab", "nab_1pct", "false_alarms", "fit_seconds", "steps_per_s")


def judged(scores: Array, metric: Metric, window: int, seconds: dict[str, float]) -> dict[str, Any]:
    """Figures of scores of every step; ``curve`` is NAB's, for the threshold over all metrics."""
    return {
        "vus_pr": vus_pr(scores, metric.labels, window),
        "auroc": float(roc_auc_score(metric.labels, scores)),
        "curve": nab_curve(scores, metric.windows, metric.probation),
        "windows": len(metric.windows),
        "fit_seconds": seconds["fit"],
        "steps_per_s": len(scores) / seconds["score"],
    }


def clean(metric: Metric, window: int) -> Array:
    """(n,) bool: after the first rows and a period or more away from every window."""
    found = np.arange(len(metric.values)) >= metric.probation
    for first, last in metric.windows:
        found[max(first - window, 0) : last + window + 1] = False
    return found


def one_case(name: str, metric: Metric, fits: str, args: argparse.Namespace) -> dict[str, Figures]:
    """Every system's figures on one metric."""
    asked, seed = metric.values, args.seed
    fit = asked if fits == "whole" else asked[: metric.probation]
    window, quiet = period(fit), clean(metric, period(asked))
    step = pd.Series(metric.times).diff().median()

    def finished(scores: Array, seconds: dict[str, float]) -> dict[str, Any]:
        figures = judged(scores, metric, period(asked), seconds)
        if fits == "first":
            level = np.quantile(scores[: metric.probation], 0.99)
            figures["false_alarms"] = float((scores[quiet] > level).mean())
        return figures

    def measure(system: str) -> dict[str, Any]:
        if system in ELSEWHERE:
            more = {"epochs": 2} if args.quick else {}
            arrays = {"fit": fit, "asked": asked}
            answer = args.elsewhere.run(system, "detect", arrays, window=window, seed=seed, **more)
            return finished(answer.frames["scores"], dict(answer.seconds))
        clock = Clock()
        scores = DETECTORS[system](fit, asked, window, seed)
        clock("score")
        return finished(scores, {"fit": 0.0, **clock.seconds})

    def ours(options: dict[str, Any]) -> dict[str, Any]:
        found = alarms(options, fit, asked, step, seed)
        figures, alarm = judged(found.scores, metric, period(asked), found.seconds), found.p_values <= 0.01
        figures["raw_1pct"] = nab_raw(alarm, metric.windows, metric.probation)
        figures["false_alarms"] = float(alarm[quiet].mean())
        return figures

    systems = {system: partial(measure, system) for system in [*DETECTORS, *ELSEWHERE]}
    return case_figures(args, f"{name}.{fits}.{seed}", systems, ours, "vus_pr")


def with_nab(found: dict[str, dict[str, Figures]]) -> dict[str, Figures]:
    """Means over the metrics, with NAB's scores over all of them."""
    figures = means(list(found.values()))
    for system, mean in figures.items():
        cases: list[dict[str, Any]] = [case[system] for case in found.values() if system in case]
        windows = sum(case["windows"] for case in cases)
        mean["nab"] = nab_score(float(np.sum([case["curve"] for case in cases], 0).max()), windows)
        if all("raw_1pct" in case for case in cases):
            mean["nab_1pct"] = nab_score(sum(case["raw_1pct"] for case in cases), windows)
        del mean["windows"]
        mean.pop("raw_1pct", None)
    return figures


def main() -> None:
    """Run every metric; print the means of each way to fit."""
    parser = series_options(__doc__ or "")
    parser.add_argument("--metrics", help="some of the metrics, by name", type=lambda text: text.split(","))
    parser.add_argument("--fits", default="whole,first", help="on what to fit")
    args = parsed(parser, KINDS)
    chosen = args.metrics or (QUICK if args.quick else None)
    metrics = {name: metric for name, metric in nab().items() if chosen is None or name in chosen}
    figures: Figures = {}
    for fits in args.fits.split(","):
        found = {name: one_case(name, metric, fits, args) for name, metric in metrics.items()}
        for name, case in found.items():
            figures |= flat(
                f"{fits}.{name}", {s: {"vus_pr": f["vus_pr"], "auroc": f["auroc"]} for s, f in case.items()}
            )
        figures |= flat(f"{fits}.mean", with_nab(found))
        print_group(figures, f"{fits}.mean", SHOWN)
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
