"""Answers a second on images: each question of saved models of MNIST's digits and of colour images of 32×32.

The rows are outside training: test digits, and the last 200 colour images. Each answer is timed after a first one of
other rows, on as many rows as take about ``--seconds``. ``score`` is ``score_samples``, detection without ``where``;
``denoise`` is blind and 10 % of the cells are replaced; half of the pixels are missing in ``impute``.

    python benchmarks/answer_speed.py --model digits.safetensors --model colour.safetensors --json speed.json
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import Array, digits, options, replaced, table, write_json
from natural_data import ASKED, natural_images

from quintet import VAE, load

QUESTIONS = ("compress", "decompress", "detect", "score", "denoise", "impute", "generate")
WANTED = {
    "digits.fast": {"compress": 200, "detect": 1500, "score": 5000, "denoise": 100, "impute": 150},
    "digits.best": {"compress": 40, "detect": 500, "denoise": 50, "impute": 50},
    "colour.fast": dict.fromkeys(QUESTIONS, 20),
}
"""Rows a second asked of two threads."""
WARM_UP, MOST = 16, 4096
"""Rows of the first, untimed call, and the most that are timed."""


def rows_of(vae: VAE) -> tuple[str, Array]:
    """The kind of images that a model is of, and such images outside its training."""
    shape = vae.schema_.row_shape
    if shape == (28, 28):
        return "digits", digits("test")[0]
    if shape == (32, 32, 3):
        return "colour", natural_images()[-ASKED:]
    raise SystemExit(f"--model must be of rows of (28, 28) or (32, 32, 3), got {shape}.")


def answers(vae: VAE, rows: Array, seconds: float, seed: int) -> dict[str, float]:
    """Rows a second of each question."""
    noisy = replaced(rows, 0.1, seed + 1)
    pixels = np.random.default_rng(seed + 2).random(rows.shape[:3]) < 0.5
    missing = pixels.reshape(pixels.shape + (1,) * (rows.ndim - 3)) & np.ones(rows.shape, bool)
    files: dict[int, bytes] = {}

    def packed(part: slice) -> bytes:
        if part.start not in files:
            files[part.start] = vae.compress(rows[part])
        return files[part.start]

    asked: dict[str, Callable[[slice], Any]] = {
        "compress": lambda part: vae.compress(rows[part]),
        "decompress": lambda part: vae.decompress(packed(part)),
        "detect": lambda part: vae.detect(rows[part]),
        "score": lambda part: vae.score_samples(rows[part]),
        "denoise": lambda part: vae.denoise(noisy[part]),
        "impute": lambda part: vae.impute(rows[part], mask=missing[part]),
        "generate": lambda part: vae.generate(part.stop - part.start, random_state=seed + part.start),
    }
    return {
        name: rate(ask, len(rows), seconds, packed if name == "decompress" else None) for name, ask in asked.items()
    }


def rate(ask: Callable[[slice], Any], rows: int, seconds: float, before: Callable[[slice], Any] | None) -> float:
    """Rows a second of one answer; ``before`` is not timed."""

    def spent(part: slice) -> float:
        if before is not None:
            before(part)
        began = time.perf_counter()
        ask(part)
        return time.perf_counter() - began

    few = slice(0, WARM_UP)
    spent(few)
    count = int(min(rows - WARM_UP, MOST, max(WARM_UP, seconds * WARM_UP / spent(few))))
    return count / spent(slice(WARM_UP, WARM_UP + count))


def main() -> None:
    """Load each model, answer, print one table."""
    parser = options(__doc__ or "")
    parser.add_argument("--model", type=Path, action="append", required=True, metavar="FILE", help="repeatable")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each answer, about")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    figures: dict[str, float] = {}
    for path in args.model:
        vae = load(path)
        kind, rows = rows_of(vae)
        name = f"{kind}.{vae.preset}"
        for question, found in answers(vae, rows, 1.0 if args.quick else args.seconds, args.seed).items():
            figures[f"{name}.{question}"] = found
            print(f"{name}.{question} {found:.1f}", file=sys.stderr, flush=True)
    lines = []
    for full, found in figures.items():
        name, _, question = full.rpartition(".")
        asked = WANTED.get(name, {}).get(question)
        lines.append((name, question, f"{found:,.1f}", "" if asked is None else f"{asked * args.threads / 2:,.0f}"))
    table(f"Rows a second, {args.threads} threads", lines, ("model", "question", "rows/s", "asked"))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
