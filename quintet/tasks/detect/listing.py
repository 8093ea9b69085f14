"""Detections as tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.result_table import SHOWN, text_table


def detection_columns(scores: Any, p_values: Any, is_anomaly: Any) -> dict[str, Any]:
    """The columns that all detections have, (n,) each."""
    return {"score": scores, "p_value": p_values, "is_anomaly": is_anomaly}


def print_detections(columns: dict[str, Any], about: str, what: str = "row", labels: Any = None) -> str:
    """What was found in a line, and a table of the strangest rows or pictures, highest score first.

    Parameters
    ----------
    labels : of the rows, (n,); None: their places, from 0 on.
    """
    count, found = len(columns["score"]), int(np.sum(columns["is_anomaly"]))
    order = np.argsort(-np.asarray(columns["score"]), kind="stable")[:SHOWN]
    anomalies = f"{found} anomal{'y' if found == 1 else 'ies'}"
    head = f"Detections of {count:,} {what}{'' if count == 1 else 's'}: {anomalies}, {about}"
    if not count:
        return head
    some = f"the {SHOWN} strangest {what}s:" if count > SHOWN else f"the strangest {what} first:"
    table: dict[str, Any] = {what: order if labels is None else np.asarray(labels)[order]} | {
        name: np.asarray(values)[order] for name, values in columns.items()
    }
    return f"{head}\n{some}\n{text_table(table)}"
