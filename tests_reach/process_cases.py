"""Small trainings of which one process and several ought to end with the same weights."""

from __future__ import annotations

import os
import signal
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quintet import VAE, variants
from quintet.errors import QuintetWarning
from quintet.training.processes import Moment
from quintet.training.several_processes import SeveralProcesses
from tests.laws.models import digits
from tests.shared import answering_in_haste, hardly_measured

PLAN: dict[str, Any] = {"batch_size": 16, "precision": "fp32", "ema": 0.9, "checkpoint_seconds": 0.0}
SMALL: dict[str, Any] = {
    "epochs": 2,
    "latent_dim": 3,
    "network": {"kind": "mlp", "hidden": (16,)},
    "calibration": 0.0,
    "training": PLAN,
    "device": "cpu",
    "verbose": False,
}
ROWS = 61
"""Three batches of 16 rows, and one of 13, which two processes cannot halve."""


def of_digits(variant: str, **options: Any) -> VAE:
    """A variant trained on images."""
    X, y = digits()
    of = variants.get(variant)
    return VAE(of(**of.images_by), **SMALL).fit(X[:ROWS], y[:ROWS], **options)


def table(n: int = 90) -> pd.DataFrame:
    """Rows of numbers and levels, some of them missing."""
    draw = np.random.default_rng(0)
    city = draw.choice(["Rome", "Milan", "Turin"], n)
    height = np.where(city == "Rome", 1.0, 2.0) + 0.1 * draw.normal(size=n)
    frame = pd.DataFrame({"city": city, "height": height, "weight": height * 3 + draw.normal(size=n)})
    return frame.mask(draw.random(frame.shape) < 0.1)


def trained(name: str, folder: Path) -> VAE:
    """The model of a case: a variant, or "table", "uninterrupted", "killed", "resumed", "frozen"."""
    with hardly_measured(), answering_in_haste(), warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        if name == "table":  # few rows calibrate, by models of other rows
            return VAE(**{**SMALL, "calibration": 0.2}).fit(table())
        if name in ("killed", "resumed"):
            if name == "killed":
                _at_step(9, lambda: os.kill(os.getpid(), signal.SIGKILL))
            return of_digits("vae", checkpoint=folder / "run.checkpoint", resume=name == "resumed")
        if name == "frozen":
            _at_step(5, lambda: time.sleep(600))
            return VAE(**{**SMALL, "training": {**PLAN, "process_timeout": 3.0}}).fit(digits()[0][:ROWS])
        return of_digits("vae" if name == "uninterrupted" else name)


def _at_step(number: int, what: Any) -> None:
    """Let the second process do something between two steps."""
    agree, calls = SeveralProcesses.agree, [0]

    def counting(self: SeveralProcesses, moment: Moment) -> Moment:
        calls[0] += 1
        if calls[0] == number and self.rank == 1:
            what()
        return agree(self, replace(moment))

    SeveralProcesses.agree = counting  # type: ignore[method-assign]
