"""The files of series as bytes of CSV text, as they are packed."""

from __future__ import annotations

import gzip
import io

import numpy as np
from series_data import folder, heartbeats


def files() -> dict[str, bytes]:
    """Text by name: ETTh1, NAB's metrics, and the heartbeats written with seven digits, a line each."""
    found = {"ETTh1": (folder() / "ETTh1.csv").read_bytes()}
    for path in sorted(folder().glob("nab_*.csv.gz")):
        found[path.name.removeprefix("nab_").removesuffix(".csv.gz")] = gzip.decompress(path.read_bytes())
    return found | {"ecg5000": beats_text()}


def beats_text() -> bytes:
    """The float32 cells in their shortest form that reads back the same."""
    x = heartbeats()[0].astype(np.float32)
    text = io.StringIO()
    text.write(",".join(f"t{step}" for step in range(x.shape[1])) + "\n")
    for row in x:
        text.write(",".join(np.format_float_positional(cell, unique=True, trim="-") for cell in row) + "\n")
    return text.getvalue().encode()
