"""Opponents on colour images: codecs, filters that know the noise, inpainting, neighbours; each measured once."""

from __future__ import annotations

import argparse
import io
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import Array, psnr_rows
from natural_answers import Case, timed
from natural_data import NOISES, cells, mosaic, spread
from PIL import Image
from sklearn.neighbors import NearestNeighbors
from tables_common import Figures, NotInstalledError, Opponents

from quintet.studies import baselines

CHOOSING = 50
"""Training images on which strengths are chosen."""
RIDGES = (25.0, 60.0, 150.0, 400.0, 1000.0, 3000.0, 10_000.0, 30_000.0)
"""Variances added to every cell of the Gaussian, in levels², of which one is chosen."""
Measures = dict[str, Callable[[], Figures]]


class ImageOpponents(Opponents):
    """Systems that answer arrays, run by ``opponents/image_systems.py``."""

    script = Path(__file__).with_name("opponents") / "image_systems.py"

    def write(self, folder: Path, key: str, frame: Array) -> None:
        """An array as a file of numpy."""
        np.save(folder / f"{key}.in.npy", frame)

    def read(self, folder: Path) -> dict[str, Any]:
        """Arrays by name."""
        return {path.name.split(".")[0]: np.load(path) for path in folder.glob("*.out.npy")}


def compress(case: Case, args: argparse.Namespace) -> Measures:
    """Bits a cell of a file for each image, and of one mosaic; xz: of all bytes as one file."""
    sets = {"each": case.asked, "mosaic": mosaic(case.asked)[None]}

    def by_pillow(**how: Any) -> Figures:
        began, bits = time.perf_counter(), {}
        for name, images in sets.items():
            sizes = []
            for image in images:
                buffer = io.BytesIO()
                Image.fromarray(image).save(buffer, **how)
                assert np.array_equal(np.asarray(Image.open(buffer)), image)
                sizes.append(buffer.tell())
            bits[name] = 8 * sum(sizes) / case.asked.size
        seconds = time.perf_counter() - began
        return {"bits": bits["each"], "mosaic": bits["mosaic"], "rows_per_s": 2 * len(case.asked) / seconds}

    def elsewhere(system: str) -> Figures:
        answer = args.elsewhere.run(system, "compress", sets)
        bits = {name: 8 * float(found.sum()) / case.asked.size for name, found in answer.frames.items()}
        rate = len(case.asked) / answer.seconds["compress_each"]
        return {"bits": bits["each"], "mosaic": bits["mosaic"], "rows_per_s": rate}

    return {
        "png": partial(by_pillow, format="PNG", optimize=True),
        "webp": partial(by_pillow, format="WEBP", lossless=True, quality=100, method=6),
        "jxl": partial(elsewhere, "jxl"),
        "jpegls": partial(elsewhere, "jpegls"),
        "xz": lambda: {"bits": 8 * baselines.xz_bytes(case.asked) / case.asked.size},
    }


def denoise(case: Case, args: argparse.Namespace) -> Measures:
    """PSNR in dB; every filter knows the noise, and its strength is chosen on training images with the same noise."""
    train = case.train[:CHOOSING]
    noisy = {name: noise(train, case.seed + 6) for name, noise in NOISES.items()}
    arrays = {"train": train} | {f"train_{name}": rows for name, rows in noisy.items()}
    arrays |= {f"asked_{name}": rows for name, rows in case.noisy.items()}

    def filtered(system: str) -> Figures:
        noises = {name: spread(train, rows) for name, rows in noisy.items()}
        answer = args.elsewhere.run(system, "denoise", arrays, noises=noises)
        seconds = sum(spent for name, spent in answer.seconds.items() if name.startswith("denoise_"))
        figures = {name: psnr_rows(case.asked, answer.frames[name]) for name in NOISES}
        figures |= {f"{name}_factor": float(answer.frames[f"factor_{name}"]) for name in NOISES}
        return figures | {"rows_per_s": len(NOISES) * len(case.asked) / seconds}

    def median() -> Figures:
        def each(rows: Array) -> Array:
            return np.stack([baselines.median_filter(rows[..., channel]) for channel in range(3)], -1)

        found, seconds = timed(lambda: {name: each(rows) for name, rows in case.noisy.items()})
        figures = {name: psnr_rows(case.asked, rows) for name, rows in found.items()}
        return figures | {"rows_per_s": len(NOISES) * len(case.asked) / seconds}

    return {
        "input": lambda: {name: psnr_rows(case.asked, rows) for name, rows in case.noisy.items()},
        "median": median,
        **{system: partial(filtered, system) for system in ("bm3d", "nlm", "wavelet", "tv")},
    }


def impute(case: Case, args: argparse.Namespace) -> Measures:
    """PSNR in dB of the missing cells."""
    flat, train = (rows.reshape(len(rows), -1) for rows in (case.asked, case.train))
    wide = {name: cells(mask).reshape(len(mask), -1) for name, mask in case.missing.items()}

    def figures_of(answer: Callable[[str], Array]) -> Figures:
        found, seconds = timed(lambda: {name: answer(name) for name in wide})
        figures = {name: psnr_rows(flat, np.clip(rows, 0, 255), wide[name]) for name, rows in found.items()}
        return figures | {"rows_per_s": len(wide) * len(flat) / seconds}

    def gaussian() -> Figures:
        tried, held = baselines.Gaussian(train[CHOOSING:]), train[:CHOOSING]
        chosen = {}
        for name, mask in wide.items():
            where, known = np.resize(mask, held.shape), []
            for tried.ridge in RIDGES:
                known.append(psnr_rows(held, np.clip(tried.impute(held, where), 0, 255), where))
            chosen[name] = RIDGES[int(np.argmax(known))]
        whole = baselines.Gaussian(train)

        def answer(name: str) -> Array:
            whole.ridge = chosen[name]
            return whole.impute(flat, wide[name])

        return figures_of(answer) | {f"{name}_ridge": ridge for name, ridge in chosen.items()}

    def biharmonic() -> Figures:
        answer = args.elsewhere.run("biharmonic", "impute", {"asked": case.asked, **case.missing})
        figures = {name: psnr_rows(flat, answer.frames[name].reshape(flat.shape), mask) for name, mask in wide.items()}
        return figures | {"rows_per_s": len(wide) * len(flat) / sum(answer.seconds.values())}

    return {
        "gaussian": gaussian,
        "biharmonic": biharmonic,
        "10nn": lambda: figures_of(lambda name: baselines.nearest_rows(train, flat, wide[name])),
    }


def detect(case: Case, args: argparse.Namespace) -> Measures:
    """AUROC by distances of pixels to training images; of pixels by the residual to the nearest of these."""
    train = case.train.reshape(len(case.train), -1).astype(np.float32)
    sets = [rows.reshape(len(rows), -1).astype(np.float32) for rows in (case.asked, case.photographs, case.pasted)]

    def by(score: Callable[[Array], Array]) -> Figures:
        found, seconds = timed(lambda: [score(rows) for rows in sets])
        return case.detection(*found) | {"rows_per_s": sum(map(len, sets)) / seconds}

    def nearest() -> Figures:
        near = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(train)
        first = train[near.kneighbors(sets[2], n_neighbors=1)[1][:, 0]]
        heat = np.abs(sets[2] - first).reshape(case.asked.shape).sum(-1)
        return by(lambda rows: near.kneighbors(rows)[0].mean(1)) | {"pixels": case.pixels(heat)}

    return {"5nn": nearest, "lof": lambda: by(lambda rows: baselines.local_outlier_factor(train, rows))}


def generate(case: Case, args: argparse.Namespace) -> Measures:
    """Training images (the floor), and pythae's VAE with its default network and with that of its CIFAR benchmark."""
    distances, count = case.distances, len(case.asked)
    assert distances is not None

    def pythae(network: str) -> Figures:
        if args.pythae is None:
            raise NotInstalledError("pythae")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            np.save(folder / "train.npy", case.train)
            script = Path(__file__).with_name("opponents") / "pythae_images.py"
            command = [args.pythae, str(script), "train.npy", "out.npy", str(count), str(args.minutes), network]
            subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            samples, epochs = np.load(folder / "out.npy"), float((folder / "epochs.txt").read_text())
        return distances(samples) | {"epochs": epochs}

    picked = np.random.default_rng(case.seed).permutation(len(case.train))[:count]
    return {
        "training_images": lambda: distances(case.train[picked]),
        "pythae": partial(pythae, "mlp"),
        "pythae_conv": partial(pythae, "conv"),
    }
