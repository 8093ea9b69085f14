"""Comparison of each variant with pythae's model of the same name: equal rows, epochs and networks, in one run.

MNIST in 0..1, 784-512-latents-512-784 with ReLU, batch 128, Adam at 0.001, a few epochs of part of the rows. Each pair
has one metric, computed the same way for both: the bound or -log p of test rows in nats, the Fréchet distance of
samples on a classifier's features, or the squared error of reconstructions. ``--store`` keeps finished pairs, so
that the table can be computed in several runs.

    python benchmarks/family.py --pythae PATH/TO/python --json docs/results/family.json
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import digits, options, table, write_json

from quintet import variants
from quintet.artifacts.table import Artifacts
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.estimators import building
from quintet.evaluate import frechet_distance
from quintet.inference.latent_density import fit_latent_density
from quintet.inference.likelihood import log_prob
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import ELBO
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.studies.classifier import Features
from quintet.tasks.edit.traversal import decode_means
from quintet.tasks.generate import generate
from quintet.training import Training, find_device, fit

Array = np.ndarray[Any, Any]
LATENTS, BATCH, SAMPLES = 16, 128, 2000


@dataclass(frozen=True)
class Pair:
    """One of pythae's models, our variant and its options, and what both are judged by."""

    theirs: str
    variant: str
    metric: str
    options: Mapping[str, Any] = field(default_factory=dict)
    sampler: str = "prior"
    stages: tuple[str, ...] | None = None
    """Of ours; None: all but the guide's. pythae fits a prior of codes by a sampler, not in training."""


PAIRS = (
    Pair("AE", "ae", "mse"),
    Pair("VAE", "vae", "bound"),
    Pair("BetaVAE", "beta", "bound", {"beta": 4.0}),
    Pair("DisentangledBetaVAE", "beta", "bound", {"beta": 4.0, "capacity": 25.0, "ramp": 0.8}),
    Pair("BetaTCVAE", "beta_tc", "bound", {"beta": 6.0}),
    Pair("FactorVAE", "factor", "bound", {"gamma": 10.0}),
    Pair("INFOVAE_MMD", "info", "frechet"),
    Pair("IWAE", "iwae", "nll", {"k": 10}),
    Pair("MIWAE", "iwae", "nll", {"k": 50, "estimator": "miwae", "groups": 5}),
    Pair("PIWAE", "iwae", "nll", {"k": 50, "estimator": "piwae", "groups": 5}),
    Pair("CIWAE", "iwae", "nll", {"k": 10, "estimator": "ciwae"}),
    Pair("VAMP", "vamp", "bound", {"pseudo_inputs": 50}),
    Pair("VAE_LinNF", "flow_posterior", "bound", {"kind": "planar"}),
    Pair("VAE_IAF", "flow_posterior", "bound", {"kind": "iaf", "hidden": 128}),
    Pair("HVAE", "hamiltonian", "nll"),
    Pair("RHVAE", "hamiltonian", "nll", {"metric": "riemannian"}),
    Pair("SVAE", "sphere", "frechet"),
    Pair("PoincareVAE", "poincare", "frechet"),
    Pair("WAE_MMD", "wae", "frechet"),
    Pair("RAE_GP", "rae", "frechet", {"regulariser": "gradient", "weight": 0.001}, "density"),
    Pair("RAE_L2", "rae", "frechet", {"regulariser": "l2"}, "density"),
    Pair("Adversarial_AE", "aae", "frechet"),
    Pair("VAEGAN", "vaegan", "frechet"),
    Pair("MSSSIM_VAE", "perceptual", "frechet"),
    Pair("VQVAE", "vq", "mse", {"codes": 64, "width": 1}, stages=("joint",)),
)


@dataclass(frozen=True)
class Setting:
    """Rows and the classifier that judges samples."""

    train: Array
    test: Array
    epochs: int
    seed: int
    features: Features

    def frechet(self, samples: Array) -> float:
        """Distance of samples from the test rows."""
        return frechet_distance(self.features(samples.reshape(len(samples), -1)), self.features(self.test))


def ours(pair: Pair, setting: Setting) -> dict[str, float]:
    """Train our variant without its guide; seconds and all metrics that apply."""
    shape = (28, 28) if pair.variant == "perceptual" else (784,)  # which looks at neighbours; to the others all is one
    train, test = (part.reshape(-1, *shape) for part in (setting.train, setting.test))
    schema = Schema.infer(train, kind="unit")
    rows, held = Rows.of(train, schema), Rows.of(test, schema)
    shared = {} if pair.variant == "perceptual" else {"likelihood": "bernoulli"}  # which makes its own
    variant = variants.get(pair.variant)().set_params(**shared, **pair.options)
    recipe = building.build(variant, schema, LATENTS, Mlp((512,), activation="relu"), setting.seed)
    plan = Training(epochs=setting.epochs, batch_size=BATCH, learning_rate=1e-3, schedule="constant")
    seconds = 0.0
    for stage in recipe.stages:
        if stage.name in (pair.stages or {stage.name} - {"guide"}):
            began = time.perf_counter()
            fit(replace(recipe, stages=(stage,)), rows, None, plan, setting.seed, device="cpu")
            seconds += time.perf_counter() - began
    fitted = building.freeze(recipe, schema, {"variant": pair.variant}, find_device("cpu"))
    found = {"seconds": seconds}
    if pair.metric == "bound":
        found["bound"] = bound(fitted, held)
    elif pair.metric == "nll":
        found["nll"] = -float(log_prob(replace(fitted, guide=None), held, draws=50).mean())
    elif pair.metric == "mse":
        batch = held.batch(slice(None))
        with torch.no_grad():
            z = fitted.model.embed(batch.x, batch.observed)
        found["mse"] = float((decode_means(fitted, z) - batch.x).square().mean())
    else:
        if pair.sampler == "density":
            fitted.artifacts = Artifacts(latent_density=fit_latent_density(fitted, rows, setting.seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            new = generate(fitted, SAMPLES, sampler=pair.sampler, expected=True, seed=setting.seed)
        found["frechet"] = setting.frechet(new.x.numpy())
    return found


def bound(fitted: Fitted, held: Rows) -> float:
    """-ELBO of the model's own draw, nats a row."""
    total = 0.0
    for start in range(0, len(held), 500):
        batch = held.batch(slice(start, start + 500))
        with torch.no_grad():
            draw = fitted.model.draw(batch.x, batch.observed, Noise((5, start)))
            total += float(ELBO()(batch.x, batch.observed, draw).loss.sum())
    return total / len(held)


def theirs(pair: Pair, setting: Setting, python: str) -> dict[str, float]:
    """Train pythae's model in its own interpreter; its seconds and metrics."""
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (("train", setting.train), ("test", setting.test)):
            np.save(Path(folder) / f"{name}.npy", rows)
        script = Path(__file__).with_name("opponents") / "pythae_family.py"
        words = [pair.theirs, "train.npy", "test.npy", "out.npz", setting.epochs, BATCH, LATENTS, setting.seed]
        done = subprocess.run(
            [python, str(script), *map(str, words)], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{pair.theirs} failed:\n{done.stderr[-2000:]}")
        with np.load(Path(folder) / "out.npz") as held:
            found = {name: float(held[name]) for name in held.files if name != "samples"}
            if "samples" in held.files:
                found["frechet"] = setting.frechet(held["samples"])
    return found


def main() -> None:
    """All pairs, those in the store as they stand there."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--pythae", metavar="PYTHON", required=True, help="an interpreter that has pythae 0.1.2")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", help="some of pythae's names, with commas")
    parser.add_argument("--store", type=Path, default=Path("family.jsonl"), help="file for finished pairs")
    args = parser.parse_args()
    count, epochs = (4000, 2) if args.quick else (args.rows, args.epochs)
    (train, labels), (test, _) = digits("train"), digits("test")
    flat = train[:count].reshape(-1, 784).astype(np.float32) / 255
    held = test[:2000].reshape(-1, 784).astype(np.float32) / 255
    features = Features(train.reshape(-1, 784).astype(np.float32) / 255, labels, 1.0, 0, epochs=2 if args.quick else 5)
    wanted = set(args.only.split(",")) if args.only else {pair.theirs for pair in PAIRS}
    done: dict[tuple[str, int], dict[str, Any]] = {}
    key = f"{count} {epochs}"
    if args.store.exists():
        lines = [json.loads(line) for line in args.store.read_text().splitlines()]
        done = {(line["theirs"], line["seed"]): line for line in lines if line["key"] == key}
    for seed in range(args.seed, args.seed + args.seeds):
        setting = Setting(flat, held, epochs, seed, features)
        for pair in PAIRS:
            if pair.theirs not in wanted or (pair.theirs, seed) in done:
                continue
            line = {"theirs": pair.theirs, "seed": seed, "key": key}
            line |= {"ours": ours(pair, setting), "opponent": theirs(pair, setting, args.pythae)}
            done[pair.theirs, seed] = line
            with args.store.open("a") as store:
                store.write(json.dumps(line) + "\n")
            print(pair.theirs, line["ours"], line["opponent"], flush=True)
    show([pair for pair in PAIRS if any(name == pair.theirs for name, _ in done)], done, args)


def show(pairs: list[Pair], done: Mapping[tuple[str, int], Mapping[str, Any]], args: Any) -> None:
    """The table, and flat figures: ratios are means over the seeds."""
    figures, lines = {}, []
    for pair in pairs:
        found = [line for (name, _), line in done.items() if name == pair.theirs]
        mine = np.array([[line["ours"][pair.metric], line["ours"]["seconds"]] for line in found])
        other = np.array([[line["opponent"][pair.metric], line["opponent"]["seconds"]] for line in found])
        quality, speed = float((mine[:, 0] / other[:, 0]).mean()), float((other[:, 1] / mine[:, 1]).mean())
        figures |= {f"{pair.theirs}.quality_ratio": quality, f"{pair.theirs}.speed_ratio": speed}
        figures |= {f"{pair.theirs}.ours": float(mine[:, 0].mean()), f"{pair.theirs}.pythae": float(other[:, 0].mean())}
        if len(found) > 1:
            figures[f"{pair.theirs}.quality_spread"] = float((mine[:, 0] / other[:, 0]).std())
        settings_text = " ".join(f"{k}={v}" for k, v in pair.options.items())
        a, b = mine[:, 0].mean(), other[:, 0].mean()
        lines.append(
            (
                pair.theirs,
                f"{pair.variant} {settings_text}".strip(),
                pair.metric,
                f"{a:.4g}",
                f"{b:.4g}",
                f"{quality:.3f}",
                f"{speed:.2f}",
            )
        )
    head = ("pythae", "ours", "metric", "ours", "pythae", "quality ratio", "speed ratio")
    table("Every pair: quality below 1 and speed above 1 are ours", lines, head)
    names = [pair.theirs for pair in pairs]
    figures["better_or_equal"] = float(sum(figures[f"{n}.quality_ratio"] <= 1.0 for n in names))
    figures["faster"] = float(sum(figures[f"{n}.speed_ratio"] > 1.0 for n in names))
    print(f"equal or better: {figures['better_or_equal']:.0f} of {len(names)}; faster: {figures['faster']:.0f}")
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
