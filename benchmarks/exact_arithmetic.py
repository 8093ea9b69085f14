"""Cost of exact arithmetic in compression: files of MNIST in exact and in float64 arithmetic, with the same model.

    python benchmarks/exact_arithmetic.py [--quick] [--json FILE]

Each network is trained for minutes; the figures are ratios of the two arithmetics, which do not depend on training.
Each exact file is decoded again with another number of threads and without oneDNN, and must return the rows.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.common import digits, options, write_json
from quintet import VAE
from quintet.codec.arithmetic.ieee_operations import NotExact
from quintet.tasks.compress import coding_model, lossless

NETWORKS: dict[str, Any] = {"mlp": {"kind": "mlp", "hidden": (256,)}, "conv": {"kind": "conv", "channels": 8}}


def plain(*args: Any, **kwargs: Any) -> None:
    """Stands for the exact arithmetic, and refuses."""
    raise NotExact("requested")


def coded(fitted: Any, rows: Any) -> tuple[bytes, float, float]:
    """What the model's code writes, and the CPU seconds of a thousand rows to write and to read it."""
    start = time.process_time()
    blob = lossless.to_payload(fitted, rows, None, 256)
    middle = time.process_time()
    assert np.array_equal(lossless.from_payload(fitted, blob, len(rows), rows.dtype), rows)
    return blob, 1000 * (middle - start) / len(rows), 1000 * (time.process_time() - middle) / len(rows)


def main() -> None:
    """Print one table."""
    args = options("Cost of exact arithmetic in compression.").parse_args()
    train, rows = digits("train")[0][: 3000 if args.quick else 20000], digits("test")[0].reshape(-1, 784)
    rows = rows[: 200 if args.quick else 1000]
    figures: dict[str, float] = {}
    for name, network in NETWORKS.items():
        fit = VAE(latent_dim=20, network=network, epochs=3, calibration=0.0, random_state=args.seed).fit(train)
        fitted = fit.fitted_
        coded(fitted, rows[:20])
        blob, *seconds = coded(fitted, rows)
        for threads in (1, 2):
            torch.set_num_threads(threads)
            with torch.backends.mkldnn.flags(enabled=threads == 1, allow_tf32=None):
                assert np.array_equal(lossless.from_payload(fitted, blob, len(rows), rows.dtype), rows)
        torch.set_num_threads(1)
        with mock.patch.object(coding_model, "Exact", plain):
            other, *before = coded(fitted, rows)
        for kind, size, (to, back) in (("exact", len(blob), seconds), ("plain", len(other), before)):
            figures[f"{name}.{kind}.bpd"] = 8 * size / rows.size
            figures[f"{name}.{kind}.compress_seconds"], figures[f"{name}.{kind}.decompress_seconds"] = to, back
    for key, value in figures.items():
        print(f"{key:34s} {value:.4f}")
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
