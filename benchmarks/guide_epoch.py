"""Cost of an epoch of the partial encoder relative to the joint stage, and its quality after a few epochs.

The network 784-400-20-400-784, a Bernoulli likelihood, MNIST in 0..1, batch 128, by the library's training loop. Epochs
of the two stages alternate, and the first of each is not counted; ratios are of medians, of processor time (which other
processes disturb least) and of the wall clock. The encoder's quality is its divergence from the posterior of the whole
row on held-out digits, in nats, and the peak signal-to-noise ratio of missing pixels from its own draws, dB.

    python benchmarks/guide_epoch.py --quality --json guide_epoch.json
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from common import Array, digits, masks, options, psnr_rows, replaced, table, write_json
from torch import Tensor

from quintet import variants
from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.models.partial_encoder_stage import frozen_posterior, mixture_kl
from quintet.models.recipe import Recipe
from quintet.networks.mlp import Mlp
from quintet.noise import Noise
from quintet.training import Training, fit

BATCH, HELD, DRAWS = 128, slice(5000, 7000), 16


def recipe_of(schema: Schema, seed: int) -> Recipe:
    """The variant ``vae`` with the network of the comparison."""
    torch.manual_seed(seed)
    return variants.get("vae")(likelihood="bernoulli").build(schema, 20, Mlp(hidden=(400,), activation="relu"))


def epochs_of(recipe: Recipe, stage: int, rows: Rows, epochs: int, seed: int) -> list[tuple[float, float]]:
    """Train one stage; seconds of the processor and of the clock for each epoch."""
    found, last = [], [time.process_time(), time.perf_counter()]

    def turn(row: Mapping[str, Any]) -> None:
        now = [time.process_time(), time.perf_counter()]
        found.append((now[0] - last[0], now[1] - last[1]))
        last[:] = now

    plan = Training(epochs=epochs, batch_size=BATCH)
    fit(
        replace(recipe, stages=recipe.stages[stage : stage + 1]), rows, None, plan, seed, callbacks=[turn], device="cpu"
    )
    return found


def cost(rows: Rows, schema: Schema, rounds: int) -> dict[str, float]:
    """Medians of an epoch of either stage, and their ratios."""
    recipe = recipe_of(schema, 0)
    found: dict[str, list[tuple[float, float]]] = {"joint": [], "guide": []}
    for turn in range(rounds):
        for stage, name in enumerate(found):
            found[name] += epochs_of(recipe, stage, rows, 2, turn)[1:]
    figures: dict[str, float] = {}
    for place, clock in enumerate(("processor_s", "wall_s")):
        joint, guide = (float(np.median([times[place] for times in found[name]])) for name in found)
        figures |= {f"joint.{clock}": joint, f"guide.{clock}": guide, f"ratio.{clock}": guide / joint}
    return figures


@torch.no_grad()
def quality(recipe: Recipe, images: Array) -> dict[str, float]:
    """The guide's divergence in nats, and dB of missing pixels, for each way of spoiling digits that were held out."""
    model, guide = recipe.model, recipe.guide
    assert guide is not None

    def tensor(pixels: Array) -> Tensor:
        return torch.from_numpy(pixels.astype(np.float32) / 255).unsqueeze(1)

    x = tensor(images)
    target = frozen_posterior(model, Batch(x, torch.ones_like(x, dtype=torch.bool)))
    views = {
        "whole": (x, torch.ones_like(x)),
        "replaced25": (tensor(replaced(images, 0.25, 0)), torch.full_like(x, 0.75)),
    }
    hidden = masks(images.shape, 0)
    views |= {name: (x, 1 - torch.from_numpy(mask).unsqueeze(1).float()) for name, mask in hidden.items()}
    figures: dict[str, float] = {}
    for name, (seen, trust) in views.items():
        found = guide.posterior(seen, trust)
        figures[f"{name}.nats"] = float(mixture_kl(target, found, Noise(0)).mean())
        if name in hidden:
            pixels = 255 * model.decode(found.sample(Noise(1, draws=DRAWS))).mean.mean(0)[:, 0].numpy()
            figures[f"{name}.db"] = psnr_rows(images, pixels, hidden[name])
    return figures


def learnt(rows: Rows, schema: Schema, images: Array, joint: int, guide: int, seed: int) -> dict[str, float]:
    """Quality of a guide after so many epochs of the joint and of its own."""
    recipe = recipe_of(schema, seed)
    for stage, epochs in enumerate((joint, guide)):
        epochs_of(recipe, stage, rows, epochs, seed)
    return quality(recipe, images)


def main() -> None:
    """Measure the cost, and with ``--quality`` the quality."""
    parser = options((__doc__ or "").split("\n")[0])
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=5, help="pairs of epochs that are counted (5)")
    parser.add_argument("--quality", action="store_true", help="train 12 + 4 epochs too, and judge the guide")
    args = parser.parse_args()
    torch.set_num_threads(1)
    count, rounds = (12_000, 2) if args.quick else (60_000, args.rounds)
    images = digits("train")[0][:count].astype(np.float32) / 255
    schema = Schema.infer(images, kind="unit")
    rows = Rows.of(images, schema)
    figures = cost(rows, schema, rounds)
    lines = [
        (name, *(f"{figures[f'{name}.{clock}']:.2f}" for clock in ("processor_s", "wall_s")))
        for name in ("joint", "guide", "ratio")
    ]
    table(f"An epoch of {count} rows, batch {BATCH}, one thread", lines, ("", "processor, s", "wall, s"))
    if args.quality:
        lengths = (2, 2) if args.quick else (12, 4)
        found = learnt(rows, schema, digits("test")[0][HELD], *lengths, args.seed)
        table(
            f"The guide after {lengths[1]} epochs", [(name, f"{v:.2f}") for name, v in found.items()], ("", "held out")
        )
        figures |= {f"quality.{name}": value for name, value in found.items()}
    write_json(args.json, figures, args.seed)


if __name__ == "__main__":
    main()
