"""Figures of ``vae`` and of the variants without a model in pythae, in the setting of ``family.py``.

Each variant has all metrics that apply: the bound of test rows in nats (their labels given where the variant takes
them), the Fréchet distance of samples on a classifier's features, the squared error of reconstructions, seconds per
epoch. ``semi`` and ``translate`` are left out: with labels for all rows, or with one domain, they are a ``cvae`` and a
``vae``.

    python benchmarks/family_alone.py --json docs/results/family_alone.json
"""

from __future__ import annotations

import time
import warnings
from contextlib import suppress
from dataclasses import replace

import numpy as np
import torch
from common import Array, digits, options, table, write_json
from family import BATCH, LATENTS, PAIRS, SAMPLES

from quintet import variants
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError, Unanswerable
from quintet.estimators import building
from quintet.evaluate import frechet_distance
from quintet.inference.likelihood import elbo
from quintet.networks import Mlp, Recurrent
from quintet.studies.classifier import Features
from quintet.tasks.edit.traversal import decode_means
from quintet.tasks.generate import generate
from quintet.training import Training, find_device, fit


def figures_of(
    name: str, train: Array, labels: Array, test: Array, labels_test: Array, epochs: int, seed: int, features: Features
) -> dict[str, float]:
    """Train a variant without its partial encoder, and compute the metrics that apply."""
    kind = variants.get(name)
    y, y_test = (labels, labels_test) if kind.conditional else (None, None)
    schema = Schema.infer(train, y, kind="unit", unlabelled=kind.unlabelled)
    settings = {"likelihood": "bernoulli", **kind.images_by}
    known = kind().get_params()
    variant = kind().set_params(**{key: value for key, value in settings.items() if key in known})
    if (why := variant.refuses(schema)) is not None:
        raise InputError(why)
    network = Recurrent(128) if kind.images_by else Mlp((512,), activation="relu")
    recipe = building.build(variant, schema, LATENTS, network, seed)
    rows = variant.arranged(Rows.of(train, schema, y))
    plan = Training(epochs=epochs, batch_size=BATCH, learning_rate=1e-3, schedule="constant")
    seconds = 0.0
    for stage in recipe.stages:
        if stage.name != "guide":
            began = time.perf_counter()
            fit(replace(recipe, stages=(stage,)), rows, None, plan, seed, device="cpu")
            seconds += time.perf_counter() - began
    fitted = building.freeze(recipe, schema, {"variant": name}, find_device("cpu"))
    found = {"seconds_an_epoch": seconds / epochs}
    held = Rows.of(test, schema, y_test)
    batch = held.batch(slice(None))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of priors by name only
        new = generate(fitted, SAMPLES, expected=True, seed=seed).x.numpy().reshape(SAMPLES, -1)
        found["frechet"] = frechet_distance(features(new), features(test.reshape(len(test), -1)))
        if fitted.model.has_posterior:
            z = fitted.model.embed(batch.x, batch.observed, batch.condition)
            found["mse"] = float((decode_means(fitted, z, batch.condition) - batch.x).square().mean())
            with suppress(Unanswerable):
                found["neg_elbo"] = -float(elbo(fitted, held).mean())
    return found


def main() -> None:
    """All of them."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=5)
    args = parser.parse_args()
    count, epochs = (2000, 2) if args.quick else (args.rows, args.epochs)
    (train, labels), (test, labels_test) = digits("train"), digits("test")
    flat = train.reshape(-1, 784).astype(np.float32) / 255
    features = Features(flat, labels, 1.0, 0, epochs=2 if args.quick else 5)
    held = test[:2000].astype(np.float32) / 255
    paired = {"semi", "translate", *(pair.variant for pair in PAIRS if pair.variant != "vae")}
    figures: dict[str, float] = {}
    for name in [name for name in variants.names() if name not in paired]:
        try:
            found = figures_of(
                name,
                flat[:count].reshape(-1, 28, 28),
                labels[:count],
                held,
                labels_test[:2000],
                epochs,
                args.seed,
                features,
            )
        except InputError as why:
            print(f"{name}: {why}", flush=True)
            continue
        print(name, found, flush=True)
        figures |= {f"{name}.{key}": value for key, value in found.items()}
    columns = ("neg_elbo", "frechet", "mse", "seconds_an_epoch")
    lines = [
        (name, *(f"{figures[f'{name}.{c}']:.4g}" if f"{name}.{c}" in figures else "" for c in columns))
        for name in dict.fromkeys(key.split(".")[0] for key in figures)
    ]
    table("Variants without a counterpart", lines, ("", *columns))
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
