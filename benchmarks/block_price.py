"""Cost of blocks in compressed files: MNIST in blocks of several lengths and in one block, with the same model.

    python benchmarks/block_price.py [--model FILE] [--quick] [--json FILE]

Each block stores initial bits, small first groups of rows, a header and the tables of its grid. In return, one row can
be decoded from its block alone. Each file is decoded as a whole and at one row, and both must be equal to the input.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.common import digits, options, table, write_json
from quintet import VAE, load
from quintet.codec.container.block_limits import DEFAULT_CELLS

LENGTHS = (64, 256, 1024)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The answer and its CPU seconds."""
    start = time.process_time()
    return work(), time.process_time() - start


def main() -> None:
    """Print one table."""
    parser = options("Cost of blocks in compressed files.")
    parser.add_argument("--model", type=Path, metavar="FILE", help="a trained model of digits; none: one of 20 latents")
    args = parser.parse_args()
    rows = digits("test")[0][: 400 if args.quick else 4000]
    if args.model is not None:
        vae = load(args.model)
    else:
        network = {"kind": "mlp", "hidden": (256,)}
        vae = VAE(latent_dim=20, network=network, epochs=3, calibration=0.0, random_state=args.seed)
        vae.fit(digits("train")[0][: 3000 if args.quick else 20000])
    vae.compress(rows[:64])
    usual = DEFAULT_CELLS // rows[0].size
    figures: dict[str, float] = {}
    whole, lines = 0, []
    for length in sorted({len(rows), usual, *LENGTHS} - {n for n in (usual,) if n >= len(rows)}, reverse=True):
        blob, there = timed(lambda n=length: vae.compress(rows, block_rows=n, effort="low"))
        back, again = timed(lambda b=blob: vae.decompress(b))
        assert np.array_equal(back, rows)
        row, one = timed(lambda b=blob: vae.decompress(b, rows=slice(5, 6)))
        assert np.array_equal(row, rows[5:6])
        whole = whole or len(blob)
        blocks, name = -(-len(rows) // length), "one_block" if length >= len(rows) else f"rows_{length}"
        figures[f"{name}.bpd"] = 8 * len(blob) / rows.size
        figures[f"{name}.longer_percent"] = 100 * (len(blob) / whole - 1)
        figures[f"{name}.bytes_a_block"] = (len(blob) - whole) / max(blocks - 1, 1)
        figures[f"{name}.compress_seconds"] = 1000 * there / len(rows)
        figures[f"{name}.decompress_seconds"] = 1000 * again / len(rows)
        figures[f"{name}.one_row_seconds"] = one
        lines.append((str(min(length, len(rows))), *(f"{v:.4g}" for v in list(figures.values())[-6:])))
    head = ("rows a block", "bits per dimension", "longer, %", "bytes a block", "compress", "decompress", "one row")
    table("MNIST test images; CPU seconds for 1,000 rows, and for one row of the file", lines, head)
    write_json(args.json, figures)


if __name__ == "__main__":
    main()
