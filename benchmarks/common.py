"""Shared parts of the benchmark scripts: data, command line options, tables and JSON files."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import gzip
import json
import os
import platform
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
MOST_EPOCHS = 10_000
"""More than any limit here leaves time for, so that the limit ends the training."""


def data_folder() -> Path:
    """The folder of real data: QUINTET_DATA, or ``shared/data`` beside the repository."""
    folder = Path(os.environ.get("QUINTET_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not folder.is_dir():
        raise SystemExit(f"No data at {folder}: set QUINTET_DATA to the folder that holds MNIST/raw.")
    return folder


def digits(split: str, name: str = "MNIST") -> tuple[Array, Array]:
    """(n, 28, 28) uint8 and (n,) labels of MNIST's or notMNIST's ``split``, "train" or "test"."""
    part = "train" if split == "train" else "t10k"
    folder = data_folder() / name / "raw"
    images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28).copy()
    return pixels, np.frombuffer(labels, np.uint8, offset=8).copy()


def options(description: str) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as flat names to numbers")
    parser.add_argument("--quick", action="store_true", help="a few minutes: less data, shorter training")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def filling(minutes: float) -> dict[str, Any]:
    """Parameters of a ``VAE`` that trains for ``minutes``: under a limit alone it ends with the preset's epochs."""
    return {"epochs": MOST_EPOCHS, "max_minutes": minutes}


def replaced(images: Array, rate: float, seed: int) -> Array:
    """Each pixel replaced with probability ``rate`` by a uniform value."""
    rng = np.random.default_rng(seed)
    hit = rng.random(images.shape) < rate
    return np.where(hit, rng.integers(0, 256, images.shape), images).astype(np.uint8)


def masks(shape: tuple[int, ...], seed: int) -> dict[str, Array]:
    """The four patterns of missing pixels, True = missing, each of ``shape`` (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    bottom, centre = np.zeros(shape, bool), np.zeros(shape, bool)
    bottom[:, shape[1] // 2 :] = True
    centre[:, 7:21, 7:21] = True
    return {
        "random50": rng.random(shape) < 0.5,
        "random80": rng.random(shape) < 0.8,
        "bottom": bottom,
        "centre": centre,
    }


def psnr_rows(clean: Array, found: Array, where: Array | None = None) -> float:
    """Mean over images of the peak signal-to-noise ratio in dB, over the cells of ``where``."""
    error = np.square(clean.astype(np.float64) - found.astype(np.float64)).reshape(len(clean), -1)
    weight = np.ones_like(error) if where is None else where.reshape(len(clean), -1).astype(np.float64)
    mse = (error * weight).sum(1) / weight.sum(1)
    return float(np.mean(10 * np.log10(255.0**2 / np.maximum(mse, 1e-10))))


def reset_peak() -> None:
    """Let ``peak_gib`` count from here on, where the system allows it (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_gib() -> float:
    """Largest resident memory of this process since ``reset_peak``, or so far."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def machine() -> str:
    """The processor and how many of its cores there are."""
    name = platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name += ", " + next(line for line in lines if line.startswith("model name")).partition(":")[2].strip()
    return f"{name}, {os.cpu_count()} cores"


def table(title: str, rows: list[tuple[str, ...]], head: tuple[str, ...]) -> None:
    """Print a table of aligned columns."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head, tuple("-" * w for w in widths), *rows]:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())


def about(seed: int | None = None) -> dict[str, str | int]:
    """Where, when and with what figures were found."""
    import torch

    import quintet

    found: dict[str, str | int] = {
        "about.date": f"{datetime.date.today():%Y-%m-%d}",
        "about.machine": machine(),
        "about.threads": torch.get_num_threads(),
        "about.python": platform.python_version(),
        "about.torch": torch.__version__,
        "about.quintet": quintet.__version__,
    }
    return found if seed is None else {**found, "about.seed": seed}


def write_json(path: Path | None, figures: Mapping[str, float | str], seed: int | None = None) -> None:
    """The figures, with the machine, the versions and the seed that they were found with; whole or not at all."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(json.dumps({**figures, **about(seed)}, indent=1) + "\n")
    draft.replace(path)
