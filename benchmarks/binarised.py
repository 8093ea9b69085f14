"""The density of binarised digits by the field's protocol, in nats.

Train rows are binarised anew whenever a batch is made, by a Bernoulli draw of the grey value; test rows once, with a
fixed seed. Reported are -ELBO and -log p by 1,000 importance samples. ``mnist_five.py`` runs it as one of its parts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from common import digits, options, write_json
from torch import Tensor

from quintet.data.rows import Batch, Rows
from quintet.data.schema import Schema
from quintet.model.fitted import Fitted
from quintet.networks import Mlp
from quintet.tasks.likelihood import elbo, log_prob
from quintet.training import Training, fit
from quintet.variants.vae import Vae


@dataclass(frozen=True)
class Binarised(Rows):
    """8-bit rows that are binarised anew each time they are asked for."""

    seed: int = 0

    def batch(self, index: slice | Tensor) -> Batch:
        """Zeros and ones with the grey values as probabilities."""
        grey = super().batch(index)
        # drawn from the place of the batch's rows in the epoch's order, which no two epochs share
        key = (self.seed, int(index[0]), int(index[-1]), len(index)) if isinstance(index, Tensor) else (self.seed,)
        rng = np.random.default_rng(key)
        draw = torch.from_numpy(rng.random(grey.x.shape, dtype=np.float32))
        return replace(grey, x=(draw < grey.x / 255).float())


def density_of_binarised(seed: int, minutes: float, quick: bool, draws: int = 1000) -> dict[str, float]:
    """Train a VAE of 64 latents for ``minutes`` and give the two figures of the test set."""
    train, test = digits("train")[0], digits("test")[0]
    binary = (np.random.default_rng(seed).random(test.shape) < test / 255).astype(np.uint8)
    schema = Schema.infer(binary)
    rows = Binarised(torch.from_numpy(train).unsqueeze(1), seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        recipe = Vae().build(schema, 64, Mlp(hidden=(512, 512)))
    recipe = replace(recipe, stages=recipe.stages[:1])
    plan = Training(max_minutes=minutes, batch_size=256, learning_rate=3e-3, warmup=0.05, ema=0.999, kl_warmup=0.2)
    start = time.perf_counter()
    fit(recipe, rows, None, plan, seed)
    seconds = time.perf_counter() - start
    held = Rows.of(binary[:500] if quick else binary, schema)
    fitted = Fitted(schema, recipe.model.eval())
    bound = elbo(fitted, held)
    return {
        "density.neg_elbo": float(-bound.mean()),
        "density.neg_log_p": float(-log_prob(fitted, held, draws=100 if quick else draws).mean()),
        "density.fit_seconds": seconds,
    }


def main() -> None:
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=8.0, help="of training")
    args = parser.parse_args()
    figures = density_of_binarised(args.seed, min(args.minutes, 1.0) if args.quick else args.minutes, args.quick)
    for name, value in figures.items():
        print(f"{name:22} {value:.2f}")
    write_json(args.json, figures)


if __name__ == "__main__":
    main()
