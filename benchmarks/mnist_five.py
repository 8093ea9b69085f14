"""One weights file, five questions, on all of MNIST's test set, beside what a user would pick instead.

The fit of the one file takes at most ten minutes on two cores (``--minutes``). Three figures have runs of their own, as
their protocols ask: the density of binarised digits, digit 9 held out, and pythae's VAE, which is trained in this run
for the distance of samples (``--pythae PYTHON``: an interpreter that has pythae 0.1.2).

    python benchmarks/mnist_five.py --json docs/results/mnist_five.json --pythae PATH/TO/python
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import Array, data_folder, digits, masks, options, peak_gib, psnr_rows, replaced, table, write_json

from quintet import VAE, load
from quintet.data.letters import frame_glyphs
from quintet.data.rows import Rows
from quintet.evaluate import auroc, frechet_distance
from quintet.studies import baselines
from quintet.studies.classifier import Features
from quintet.tasks.impute import interval_ranks

RATES = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50}


@dataclass
class Run:
    """What the questions share."""

    train: Array
    test: Array
    labels: Array
    vae: VAE
    seed: int
    quick: bool


def compress(run: Run) -> dict[str, float]:
    """Bits per dimension of one real file of all test images, and the speed both ways."""
    rows = run.test if not run.quick else run.test[:1000]
    start = time.perf_counter()
    blob = run.vae.compress(rows)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    back = run.vae.decompress(blob)
    undo = time.perf_counter() - start
    return {
        "compress.bpd": 8 * len(blob) / rows.size,
        "compress.xz_bpd": 8 * baselines.xz_bytes(rows) / rows.size,
        "compress.equal": float(np.array_equal(back, rows) and back.dtype == rows.dtype),
        "compress.images_per_s": len(rows) / seconds,
        "decompress.images_per_s": len(rows) / undo,
    }


def denoise(run: Run) -> dict[str, float]:
    """PSNR at four rates of replacement, neither kind nor rate told."""
    clean = run.test[: 200 if run.quick else 1000]
    gaussian = baselines.Gaussian(run.train.reshape(len(run.train), -1))
    figures: dict[str, float] = {}
    for name, rate in RATES.items():
        noisy = replaced(clean, rate, run.seed + 1)
        start = time.perf_counter()
        figures[f"denoise.{name}"] = psnr_rows(clean, run.vae.denoise(noisy))
        figures["denoise.rows_per_s"] = len(clean) / (time.perf_counter() - start)
        figures[f"denoise.noisy_{name}"] = psnr_rows(clean, noisy)
        figures[f"denoise.median_{name}"] = psnr_rows(clean, baselines.median_filter(noisy))
        told = gaussian.denoise(noisy.reshape(len(noisy), -1), rate).reshape(noisy.shape)
        figures[f"denoise.gaussian_{name}"] = psnr_rows(clean, told)
    return figures


def impute(run: Run) -> dict[str, float]:
    """PSNR on the missing pixels for four patterns, and the coverage of 90 % intervals."""
    clean = run.test[: 200 if run.quick else 1000]
    flat, train = clean.reshape(len(clean), -1), run.train.reshape(len(run.train), -1)
    gaussian = baselines.Gaussian(train)
    figures: dict[str, float] = {}
    covered: list[float] = []
    for name, mask in masks(clean.shape, run.seed + 2).items():
        start = time.perf_counter()
        figures[f"impute.{name}"] = psnr_rows(clean, run.vae.impute(clean, mask=mask), mask)
        figures["impute.rows_per_s"] = len(clean) / (time.perf_counter() - start)
        missing = mask.reshape(len(clean), -1)
        figures[f"impute.gaussian_{name}"] = psnr_rows(flat, np.clip(gaussian.impute(flat, missing), 0, 255), missing)
        figures[f"impute.nearest_{name}"] = psnr_rows(flat, baselines.nearest_rows(train, flat, missing), missing)
        figures[f"impute.coverage90_{name}"] = coverage(run.vae, clean, mask, run.seed + 3)
        covered.append(figures[f"impute.coverage90_{name}"])
    figures["impute.coverage90"] = float(np.mean(covered))
    return figures


def coverage(vae: VAE, clean: Array, mask: Array, seed: int) -> float:
    """Share of missing pixels whose randomised transform u, P(X < x) < u <= P(X <= x), lies within .05 to .95."""
    schema = vae.schema_
    u = interval_ranks(vae.fitted_, Rows.of(clean, schema, mask=mask), Rows.of(clean, schema).values, seed=seed)
    ranks = u[~torch.isnan(u)]
    return float(((ranks > 0.05) & (ranks < 0.95)).float().mean())


def generate(run: Run, pythae: str | None) -> dict[str, float]:
    """Fréchet distance on the features of a classifier trained here, beside pythae's VAE and the floor."""
    count = 2000 if run.quick else 10_000
    train_labels = digits("train")[1]
    features = Features(run.train.reshape(len(run.train), -1), train_labels, 255.0, run.seed)
    real = features(run.test.reshape(len(run.test), -1))
    accuracy = float(np.mean(features.predict(run.test.reshape(len(run.test), -1)) == run.labels))

    def distance(rows: Array) -> float:
        return frechet_distance(features(rows.reshape(len(rows), -1)), real)

    figures = {
        "generate.classifier_accuracy": accuracy,
        "generate.frechet": distance(run.vae.generate(count, random_state=run.seed)),
        "generate.floor": distance(run.train[:count]),
    }
    if pythae is not None:
        figures["generate.pythae_frechet"] = distance(samples_of_pythae(pythae, count, run.quick))
        figures["generate.vs_pythae"] = figures["generate.frechet"] / figures["generate.pythae_frechet"]
    return figures


def samples_of_pythae(python: str, count: int, quick: bool) -> Array:
    """Samples of pythae's VAE, trained by its own trainer in another interpreter, as 8-bit images."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "samples.npy"
        script = Path(__file__).with_name("opponents") / "pythae_vae.py"
        epochs = "2" if quick else "20"
        subprocess.run([python, str(script), str(data_folder()), str(out), str(count), epochs], check=True, cwd=folder)
        samples: Array = np.load(out)
    return samples


def letters(run: Run) -> dict[str, float]:
    """Glyphs framed as MNIST frames digits, against test digits: AUROC, higher is stranger."""
    glyphs = frame_glyphs(digits("test", "notMNIST")[0][:3000])
    rows = np.concatenate([run.test[:3000], glyphs])
    strange = np.repeat([0, 1], [3000, len(glyphs)])
    start = time.perf_counter()
    scores = run.vae.detect(rows).scores
    seconds = time.perf_counter() - start
    some = run.train[np.random.default_rng(run.seed).permutation(len(run.train))[:10_000]].reshape(-1, 784)
    flat = rows.reshape(len(rows), -1)
    return {
        "detect.letters": auroc(strange, scores),
        "detect.letters_lof": auroc(strange, baselines.local_outlier_factor(some, flat)),
        "detect.letters_5nn": auroc(strange, baselines.neighbour_distance(some, flat)),
        "detect.rows_per_s": len(rows) / seconds,
    }


def held_out(run: Run, digit: int, minutes: float) -> dict[str, float]:
    """A run of its own: one digit is never trained on and is to be found in the test set."""
    train_labels = digits("train")[1]
    known = run.train[train_labels != digit]
    vae = VAE(max_minutes=minutes, random_state=run.seed).fit(known)
    return {f"detect.d{digit}": auroc((run.labels == digit).astype(int), vae.detect(run.test).scores)}


def density(seed: int, minutes: float, quick: bool) -> dict[str, float]:
    """A run of its own on binarised digits: train rows binarised anew in each epoch, test rows once."""
    from binarised import density_of_binarised

    return density_of_binarised(seed, minutes, quick)


def show(figures: dict[str, float], quick: bool) -> None:
    """The table: question, ours, the opponents."""

    def f(name: str, form: str = ".2f") -> str:
        return format(figures[name], form) if name in figures else "-"

    rows: list[tuple[str, ...]] = [
        (
            "compress, bits per dimension of one file",
            f("compress.bpd", ".3f"),
            f"xz {f('compress.xz_bpd', '.3f')}",
            "<= 1.37",
        ),
        (
            "  decoded equal; images/s",
            f"{f('compress.equal', '.0f')}; {f('compress.images_per_s', '.0f')}",
            "",
            ">= 300",
        ),
    ]
    asked = {"p05": "27", "p10": "25", "p25": "22", "p50": "19"}
    for name, least in asked.items():
        median, gaussian = f(f"denoise.median_{name}", ".1f"), f(f"denoise.gaussian_{name}", ".1f")
        others = f"median {median}, Gaussian told the rate {gaussian}"
        rows.append((f"denoise {name}, dB", f(f"denoise.{name}"), others, f">= {least}"))
    for name in ("random50", "random80", "bottom", "centre"):
        others = f"Gaussian {f(f'impute.gaussian_{name}', '.1f')}, 10-NN {f(f'impute.nearest_{name}', '.1f')}"
        rows.append((f"impute {name}, dB", f(f"impute.{name}"), others, "above both"))
    rows += [
        ("  90 % intervals cover", f("impute.coverage90", ".3f"), "", ".88 to .92"),
        (
            "generate, Fréchet over pythae's",
            f("generate.vs_pythae"),
            f"{f('generate.frechet')} against {f('generate.pythae_frechet')}, floor {f('generate.floor')}",
            "<= .8",
        ),
        (
            "detect letters, AUROC",
            f("detect.letters", ".3f"),
            f"LOF {f('detect.letters_lof', '.3f')}, 5-NN {f('detect.letters_5nn', '.3f')}",
            ">= .96",
        ),
        ("detect digit 9 (own run)", f("detect.d9", ".3f"), "published VAE .63", ">= .88"),
        ("density, -ELBO, nats (own run)", f("density.neg_elbo"), f"-log p {f('density.neg_log_p')}", "<= 91"),
        ("fit, seconds", f("fit.seconds", ".0f"), "", "<= 600"),
        ("peak memory, GiB", f("memory.gib"), "", "< 1.5"),
    ]
    table(
        "Five answers on MNIST" + (" (quick: not the protocol)" if quick else ""),
        rows,
        ("question", "quintet", "beside", "asked"),
    )


def main() -> None:
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=9.5, help="limit of the fit of the one file")
    parser.add_argument("--model", type=Path, help="a trained file instead of a fit")
    parser.add_argument("--save", type=Path, help="keep the trained file here")
    parser.add_argument("--pythae", help="an interpreter that has pythae 0.1.2")
    parser.add_argument("--only", help="some of: compress,denoise,impute,generate,letters,d9,density")
    args = parser.parse_args()
    (train, _), (test, labels) = digits("train"), digits("test")
    if args.quick:
        train, args.minutes = train[:20_000], min(args.minutes, 1.0)
    figures: dict[str, float] = {}
    if args.model:
        vae = load(args.model)
    else:
        start = time.perf_counter()
        vae = VAE(max_minutes=args.minutes, random_state=args.seed, verbose=sys.stderr.isatty()).fit(train)
        figures["fit.seconds"] = time.perf_counter() - start
        if args.save:
            vae.save(args.save)
    run = Run(train, test, labels, vae, args.seed, args.quick)
    questions: dict[str, Any] = {
        "compress": lambda: compress(run),
        "denoise": lambda: denoise(run),
        "impute": lambda: impute(run),
        "letters": lambda: letters(run),
        "generate": lambda: generate(run, args.pythae),
        "d9": lambda: held_out(run, 9, 0.5 if args.quick else 1.5),
        "density": lambda: density(args.seed, 1.0 if args.quick else 8.0, args.quick),
    }
    for name in args.only.split(",") if args.only else questions:
        figures |= questions[name]()
        print(name, {k: round(v, 4) for k, v in figures.items() if not k.startswith("fit")}, file=sys.stderr)
        figures["memory.gib"] = peak_gib()
    show(figures, args.quick)
    write_json(args.json, figures)


if __name__ == "__main__":
    main()
