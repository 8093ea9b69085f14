"""Five questions on MNIST: one weights file trained on raw 8-bit digits, and baselines for each question.

compress, generate, denoise, impute, letters among digits, and the false discovery rate, on MNIST's test set, with the
images and rows per second of each. Baselines run in the same script; pythae needs ``--pythae PYTHON``, an interpreter
that has pythae 0.1.2. Each question is a part of its own: ``--only compress,fdr`` runs those, whatever the JSON file
has; without it the parts that the file already has, of the same weights and settings, are not run again. An interrupted
run is resumed with ``--model`` and the file that it saved.

    python benchmarks/records_five.py --save digits.safetensors --json docs/results/records_five.json --pythae PYTHON
    python benchmarks/records_five.py --preset fast --minutes 9 --json docs/results/mnist_five.json --pythae PYTHON
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import goals
import numpy as np
import torch
from common import Array, data_folder, digits, masks, psnr_rows, replaced, table
from compression import general
from elsewhere import decoded_elsewhere, torch_of
from journal import Figures, Journal
from one_file import model_options, trained

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.readers.letters import frame_glyphs
from quintet.evaluate import auroc, frechet_distance
from quintet.studies import baselines
from quintet.studies.classifier import Features
from quintet.tasks.impute import interval_ranks

RATES = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50}
QUICK = {"compress": 200, "answers": 40, "generate": 1000, "letters": 300, "pythae_epochs": 2}
FULL = {"compress": 10_000, "answers": 1000, "generate": 10_000, "letters": 3000, "pythae_epochs": 20}


@dataclass
class Run:
    """What the questions share."""

    train: Array
    test: Array
    vae: VAE
    model: Path
    seed: int
    rows: dict[str, int]  # of each question's answers
    efforts: dict[str, str]
    pythae: str | None
    other: str | None  # an interpreter with another PyTorch

    def effort(self, question: str) -> str:
        """The effort of a question."""
        return self.efforts.get(question, "normal")


def compress(run: Run) -> Figures:
    """Bits per dimension of one real file of the test images, decoded here and in another process; the speed."""
    rows = run.test[: run.rows["compress"]]
    start = time.perf_counter()
    blob = run.vae.compress(rows, effort=run.effort("compress"))
    middle = time.perf_counter()
    back = run.vae.decompress(blob)
    end = time.perf_counter()
    there, other = decoded_elsewhere(run.model, blob)
    plain = general(rows.tobytes(), run.train.tobytes())
    under = (
        {} if run.other is None else {"compress.equal_other_torch": decoded_elsewhere(run.model, blob, run.other)[0]}
    )
    return {
        "compress.bpd": 8 * len(blob) / rows.size,
        "compress.bytes": float(len(blob)),
        "compress.equal": float(all(np.array_equal(x, rows) and x.dtype == rows.dtype for x in (back, there))),
        "compress.images_per_s": len(rows) / (middle - start),
        "decompress.images_per_s": len(rows) / (end - middle),
        "decompress.elsewhere_images_per_s": len(rows) / other["seconds"],
        "memory.elsewhere": other["gib"],
        **{name: float(np.array_equal(found, rows)) for name, found in under.items()},
        **{f"compress.{name}_bpd": 8 * size / rows.size for name, size in plain.items()},
    }


def denoise(run: Run) -> Figures:
    """PSNR at four rates of replacement, kind and rate unknown."""
    clean = run.test[: run.rows["answers"]]
    gaussian = baselines.Gaussian(run.train.reshape(len(run.train), -1))
    figures: Figures = {}
    seconds = 0.0
    for name, rate in RATES.items():
        noisy = replaced(clean, rate, run.seed + 1)
        start = time.perf_counter()
        found = run.vae.denoise(noisy, effort=run.effort("denoise"))
        seconds += time.perf_counter() - start
        figures[f"denoise.{name}"] = psnr_rows(clean, found)
        figures[f"denoise.noisy_{name}"] = psnr_rows(clean, noisy)
        figures[f"denoise.median_{name}"] = psnr_rows(clean, baselines.median_filter(noisy))
        estimate = gaussian.denoise(noisy.reshape(len(noisy), -1), rate).reshape(noisy.shape)
        figures[f"denoise.gaussian_{name}"] = psnr_rows(clean, estimate)
    return {**figures, "denoise.rows_per_s": len(RATES) * len(clean) / seconds}


def impute(run: Run) -> Figures:
    """PSNR on the missing pixels for four patterns, and the coverage of 90 % intervals."""
    clean = run.test[: run.rows["answers"]]
    flat, train = clean.reshape(len(clean), -1), run.train.reshape(len(run.train), -1)
    gaussian = baselines.Gaussian(train)
    figures: Figures = {}
    seconds = 0.0
    patterns = masks(clean.shape, run.seed + 2)
    for name, mask in patterns.items():
        start = time.perf_counter()
        found = run.vae.impute(clean, mask=mask, effort=run.effort("impute"))
        seconds += time.perf_counter() - start
        missing = mask.reshape(len(clean), -1)
        by_gaussian = np.clip(gaussian.impute(flat, missing), 0, 255)
        figures[f"impute.{name}"] = psnr_rows(clean, found, mask)
        figures[f"impute.gaussian_{name}"] = psnr_rows(flat, by_gaussian, missing)
        figures[f"impute.nearest_{name}"] = psnr_rows(flat, baselines.nearest_rows(train, flat, missing), missing)
        figures[f"impute.coverage90_{name}"] = coverage(run, clean, mask)
    above = [
        figures[f"impute.{n}"] - max(figures[f"impute.gaussian_{n}"], figures[f"impute.nearest_{n}"]) for n in patterns
    ]
    figures["impute.least_above"] = min(above)
    figures["impute.coverage90"] = float(np.mean([figures[f"impute.coverage90_{name}"] for name in patterns]))
    return {**figures, "impute.rows_per_s": len(patterns) * len(clean) / seconds}


def coverage(run: Run, clean: Array, mask: Array) -> float:
    """Share of missing pixels whose randomised transform u, P(X < x) < u <= P(X <= x), lies within .05 to .95."""
    schema = run.vae.schema_
    rows, truth = Rows.of(clean, schema, mask=mask), Rows.of(clean, schema).values
    u = interval_ranks(run.vae.fitted_, rows, truth, effort=run.effort("impute"), seed=run.seed + 3)
    ranks = u[~torch.isnan(u)]
    return float(((ranks > 0.05) & (ranks < 0.95)).float().mean())


def generate(run: Run) -> Figures:
    """Fréchet distance on the features of a classifier trained here, beside pythae's VAE and the floor."""
    count, labels = run.rows["generate"], digits("test")[1]
    features = Features(run.train.reshape(len(run.train), -1), digits("train")[1], 255.0, run.seed)
    flat = run.test.reshape(len(run.test), -1)
    real = features(flat)

    def distance(rows: Array) -> float:
        return frechet_distance(features(rows.reshape(len(rows), -1)), real)

    start = time.perf_counter()
    samples = run.vae.generate(count, random_state=run.seed)
    seconds = time.perf_counter() - start
    figures = {
        "generate.classifier_accuracy": float(np.mean(features.predict(flat) == labels)),
        "generate.frechet": distance(samples),
        "generate.floor": distance(run.train[:count]),
        "generate.rows_per_s": count / seconds,
    }
    if run.pythae is not None:
        figures["generate.pythae_frechet"] = distance(samples_of_pythae(run.pythae, count, run.rows["pythae_epochs"]))
        figures["generate.vs_pythae"] = figures["generate.frechet"] / figures["generate.pythae_frechet"]
    return figures


def samples_of_pythae(python: str, count: int, epochs: int) -> Array:
    """Samples of pythae's VAE, trained by its own trainer in another interpreter, as 8-bit images."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "samples.npy"
        script = Path(__file__).with_name("opponents") / "pythae_vae.py"
        subprocess.run(
            [python, str(script), str(data_folder()), str(out), str(count), str(epochs)], check=True, cwd=folder
        )
        samples: Array = np.load(out)
    return samples


def letters(run: Run) -> Figures:
    """Glyphs framed as MNIST frames digits, against test digits: AUROC, higher is stranger."""
    count = run.rows["letters"]
    glyphs = frame_glyphs(digits("test", "notMNIST")[0][:count])
    rows = np.concatenate([run.test[:count], glyphs])
    strange = np.repeat([0, 1], [count, len(glyphs)])
    start = time.perf_counter()
    found = run.vae.detect(rows, effort=run.effort("detect"))
    seconds = time.perf_counter() - start
    same = run.train.reshape(-1, 784)  # the rows that the model was given
    flat = rows.reshape(len(rows), -1)
    return {
        "detect.letters": auroc(strange, found.scores),
        "detect.letters_lof": auroc(strange, baselines.local_outlier_factor(same, flat)),
        "detect.letters_5nn": auroc(strange, baselines.neighbour_distance(same, flat)),
        "detect.rows_per_s": len(rows) / seconds,
        **{f"detect.letters_{name}": auroc(strange, score) for name, score in found.components.items()},
    }


def fdr(run: Run) -> Figures:
    """Share of false alarms, and of letters found, over draws of a mixture with 5 % letters, at fdr=0.1."""
    from fdr_letters import fdr_letters

    return dict(fdr_letters(run.vae, run.seed))


PARTS = {
    "compress": compress,
    "denoise": denoise,
    "impute": impute,
    "letters": letters,
    "fdr": fdr,
    "generate": generate,
}


def efforts(text: str) -> dict[str, str]:
    """``high`` -> for every question; ``denoise=high,compress=low`` -> for each its own."""
    pairs = [part.partition("=") for part in text.split(",")]
    if len(pairs) == 1 and not pairs[0][1]:
        return dict.fromkeys(("compress", "denoise", "impute", "detect"), text)
    return {question: effort for question, _, effort in pairs}


def main() -> None:
    """Fit or load, answer, print one table."""
    parser = model_options((__doc__ or "").splitlines()[0])
    parser.add_argument("--only", help=f"some of: {','.join(PARTS)}")
    parser.add_argument("--effort", default="normal", help="low, normal or high, or question=effort,...")
    parser.add_argument("--pythae", metavar="PYTHON", help="an interpreter that has pythae 0.1.2")
    parser.add_argument("--other", metavar="PYTHON", help="an interpreter with another PyTorch, to decode the file too")
    args = parser.parse_args()
    chosen = args.only.split(",") if args.only else list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        raise SystemExit(f"--only {','.join(unknown)} is not known: allowed are {','.join(PARTS)}.")
    train, test = digits("train")[0], digits("test")[0]
    vae, path, made = trained(args, train)
    rows, quick = (QUICK, ", quick") if args.quick else (FULL, "")
    if args.quick:
        train = train[:10_000]
    run = Run(train, test, vae, path, args.seed, rows, efforts(args.effort), args.pythae, args.other)
    journal = Journal(args.json, vae.fitted_.fingerprint, args.seed, chosen if args.only else (), fresh=not args.model)
    journal.note({**made, "about.preset": vae.preset})
    if args.other is not None and "compress" in chosen:
        journal.note({"about.other_torch": torch_of(args.other)})
    if args.pythae is None and "generate" in chosen:
        print("pythae is left out: give --pythae PYTHON, an interpreter that has it")
    for name in chosen:
        question = "detect" if name in ("letters", "fdr") else name
        beside = f", pythae {args.pythae is not None}" if name == "generate" else ""
        journal.part(name, f"effort {run.effort(question)}{beside}{quick}", partial(PARTS[name], run))
    chosen_goals = goals.FAST if vae.preset == "fast" else goals.FIVE
    title = f"One file, preset {vae.preset}, on MNIST" + (" (quick: not the protocol)" if args.quick else "")
    table(title, goals.rows(chosen_goals, journal.figures), goals.HEAD)
    journal.close()


if __name__ == "__main__":
    main()
