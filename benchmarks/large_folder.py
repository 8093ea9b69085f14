"""Memory of a fit and of answers on a folder of images that is decoded into a mapped file.

    python benchmarks/large_folder.py [--images 60000] [--quick] [--json FILE]

Images of 32×32 in colour are drawn and written as PNG files. Each step reports the largest memory of the process that
is not backed by a file, above that at its start; pages of the mapped file are left to the system's file cache. So that
minutes suffice, rows are mapped from 32 MB on instead of 256 MB.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from common import options, write_json
from PIL import Image

SIDE, MEGABYTE = 32, 2**20
MAPPED = 2**25
"""Bytes from which rows are mapped here."""
EVERY = 0.02
"""Seconds between two looks at the memory."""


def own_memory() -> int:
    """Bytes in memory that no file backs."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("RssAnon")).split()[1])


@contextmanager
def measured(name: str, figures: dict[str, float]) -> Iterator[None]:
    """Adds the largest memory above that at the start, in MB, and the seconds of what runs within."""
    before, began, done = own_memory(), time.perf_counter(), threading.Event()
    peak = [before]

    def look() -> None:
        while not done.wait(EVERY):
            peak[0] = max(peak[0], own_memory())

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield
    finally:
        done.set()
        watch.join()
    figures[f"{name}_mb"] = (peak[0] - before) / MEGABYTE
    figures[f"{name}_seconds"] = time.perf_counter() - began
    print(f"{name:12} {figures[f'{name}_mb']:8.0f} MB {figures[f'{name}_seconds']:8.1f} s", flush=True)


def drawn(folder: Path, count: int, seed: int) -> None:
    """Smooth images with noise, a file each, a thousand in a subfolder."""
    rng, ramp = np.random.default_rng(seed), np.linspace(0, 1, SIDE)
    for number in range(count):
        a, b, c = rng.uniform(0, 200, (3, 3))
        smooth = a + (b - a) * ramp[:, None, None] + (c - a) * ramp[None, :, None]
        pixels = (smooth + rng.integers(0, 20, (SIDE, SIDE, 1))).clip(0, 255).astype(np.uint8)
        path = folder / f"{number // 1000:03d}"
        path.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path / f"{number}.png", compress_level=1)


def main() -> None:
    """Measure reading, a fit and two answers."""
    parser = options(__doc__ or "")
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--minutes", type=float, default=1.0, help="limit of the fit")
    given = parser.parse_args()
    count = 16_000 if given.quick else given.images
    figures: dict[str, float] = {"images": count, "rows_mb": count * SIDE * SIDE * 3 / MEGABYTE}
    with tempfile.TemporaryDirectory() as room:
        os.environ["QUINTET_CACHE"] = f"{room}/cache"
        folder = Path(room, "all")
        folder.mkdir()
        drawn(folder, count, given.seed)
        from quintet import VAE
        from quintet.data import mapped_rows
        from quintet.data.readers import image_cache
        from quintet.data.readers.sources import load_data

        mapped_rows.IN_MEMORY = image_cache.IN_MEMORY = MAPPED

        print(f"{count} images, {figures['rows_mb']:.0f} MB decoded")
        with measured("first read", figures):
            load_data(folder)
        with measured("second read", figures):
            rows = load_data(folder).x
        small = {"latent_dim": 4, "network": {"kind": "mlp", "hidden": (16,)}, "context": "none", "calibration": 0.0}
        vae = VAE(**small, max_minutes=given.minutes, training={"batch_size": 32})  # type: ignore[arg-type]
        with measured("fit", figures):
            vae.fit(rows)
        with measured("transform", figures):
            vae.transform(rows)
        with measured("compress", figures), open(f"{room}/some.qnt", "wb") as file:
            vae.compress_to(file, rows[:500], effort="low")
        write_json(given.json, {name.replace(" ", "_"): value for name, value in figures.items()}, given.seed)


if __name__ == "__main__":
    main()
