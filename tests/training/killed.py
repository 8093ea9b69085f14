"""Run by test_resume.py in a process of its own: train undisturbed; train again, killed -9 again and again.

Prints where the checkpoint stood after each kill. The parent imports everything and computes nothing, so that a child
is forked in a moment.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import tiny
import torch
import torch._dynamo
from safetensors.torch import save_file

from quintet import storage
from quintet.training import Training, fit

PLAN = Training(
    epochs=20,
    batch_size=8,
    accumulate=2,
    kl_warmup=0.3,
    warmup=0.1,
    clip=50.0,
    ema=0.99,
    validation=0.2,
    patience=12,
    checkpoint_seconds=0.0,
)


def train(out: Path, checkpoint: Path | None) -> None:
    """Fit two stages with dropout and batch norm, and write the weights."""
    torch.set_num_threads(1)
    schema, rows = tiny.binary_rows(240)
    recipe = tiny.recipe_for(schema, norm="batch", dropout=0.3)
    history = fit(recipe, rows, None, PLAN, 7, checkpoint=checkpoint, resume=checkpoint is not None, device="cpu")
    assert history.rows
    passing = out.with_suffix(".part")
    save_file(tiny.weights_of(recipe), passing)
    passing.rename(out)


def child(out: Path, checkpoint: Path | None) -> int:
    """Start ``train`` in a fork."""
    number = os.fork()
    if number == 0:
        try:
            train(out, checkpoint)
        finally:
            sys.stdout.flush()
            os._exit(0 if out.exists() else 1)
    return number


def main(folder: Path) -> None:
    """Undisturbed, then killed up to eight times at random moments."""
    began = time.perf_counter()
    os.waitpid(child(folder / "undisturbed.safetensors", None), 0)
    whole = time.perf_counter() - began
    checkpoint, out = folder / "run.safetensors", folder / "killed.safetensors"
    moments = random.Random(os.getpid())
    for _ in range(8):
        number = child(out, checkpoint)
        time.sleep(moments.uniform(0.1, 0.4) * whole)
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)
        if out.exists():
            return
        if checkpoint.exists():
            place = storage.load(checkpoint, kind="checkpoint")[1]["place"]
            print("killed at", place["stage"], place["epoch"], place["step"], flush=True)
    os.waitpid(child(out, checkpoint), 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
