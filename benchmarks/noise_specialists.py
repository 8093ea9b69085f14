"""Denoising VAEs trained for one noise level each, and one model of ours at all levels.

A specialist is a VAE of 784-512-512-32, trained to map noisy digits to clean ones at one rate of replaced pixels, and
tested at every rate. Ours is trained on clean digits and estimates the kind of noise and its rate. Both are tested on
the same noisy images.

    python benchmarks/noise_specialists.py --model digits.safetensors --json docs/results/noise_specialists.json
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from common import Array, digits, filling, options, psnr_rows, replaced, table, write_json
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, silu

from quintet import VAE, load
from quintet.studies.baselines import median_filter

RATES = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50}
WIDTH, LATENTS, BATCH = 512, 32, 256


class Specialist(nn.Module):
    """Noisy row -> z -> clean row."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.ModuleList([nn.Linear(784, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * LATENTS)])
        self.out = nn.ModuleList([nn.Linear(LATENTS, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 784)])

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 784) in 0..1 -> mean and log spread of z."""
        loc, log_scale = _through(self.into, x).chunk(2, dim=1)
        return loc, log_scale.clamp(-7, 3)

    def decode(self, z: Tensor) -> Tensor:
        """z -> logits of the clean pixels."""
        return _through(self.out, z)


def train(images: Array, rate: float, epochs: int, seed: int) -> Specialist:
    """A specialist for one rate; fresh noise in every epoch."""
    torch.manual_seed(seed)
    model = Specialist()
    steps = epochs * (len(images) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps))
    for epoch in range(epochs):
        noisy = _tensor(replaced(images, rate, seed + 1000 + epoch))
        clean, order = _tensor(images), torch.randperm(len(images))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            part = order[start : start + BATCH]
            loc, log_scale = model.encode(noisy[part].float() / 255)
            logits = model.decode(loc + log_scale.exp() * torch.randn_like(loc))
            target = clean[part].float() / 255
            distortion = binary_cross_entropy_with_logits(logits, target, reduction="sum")
            rate_term = 0.5 * (loc.square() + (2 * log_scale).exp() - 1).sum() - log_scale.sum()
            loss = (distortion + rate_term) / BATCH
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model


@torch.no_grad()
def clean_up(model: Specialist, noisy: Array) -> Array:
    """The decoded mean, (n, 28, 28) in 0..255."""
    logits = model.decode(model.encode(_tensor(noisy).float() / 255)[0])
    pixels: Array = (255 * torch.sigmoid(logits)).reshape(noisy.shape).numpy()
    return pixels


def ours(model: Path | None, images: Array, minutes: float, seed: int) -> VAE:
    """The file that was given, or one fitted here to the clean rows."""
    if model is not None:
        return load(model)
    return VAE(latent_dim=LATENTS, random_state=seed, **filling(minutes)).fit(images)


def main() -> None:
    """Train the specialists, evaluate all models, print one table."""
    parser = options((__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, metavar="FILE", help="our file; without it one is fitted here")
    parser.add_argument("--minutes", type=float, default=10.0, help="limit on that fit")
    parser.add_argument("--epochs", type=int, default=20, help="of each specialist")
    parser.add_argument("--rows", type=int, default=1000, help="test images")
    args = parser.parse_args()
    images, test = digits("train")[0], digits("test")[0][: args.rows]
    epochs, minutes = args.epochs, args.minutes
    if args.quick:
        images, test, epochs, minutes = images[:20000], test[:200], min(epochs, 3), min(minutes, 1.0)
    noisy = {name: replaced(test, rate, args.seed + 10 + i) for i, (name, rate) in enumerate(RATES.items())}
    figures = {f"noisy.{name}": psnr_rows(test, rows) for name, rows in noisy.items()}
    figures |= {f"median.{name}": psnr_rows(test, median_filter(rows)) for name, rows in noisy.items()}
    start = time.perf_counter()
    for own, rate in RATES.items():
        model = train(images, rate, epochs, args.seed)
        for name, rows in noisy.items():
            figures[f"specialist_{own}.{name}"] = psnr_rows(test, clean_up(model, rows))
    figures["specialists.seconds"] = time.perf_counter() - start
    vae = ours(args.model, images, minutes, args.seed)
    start = time.perf_counter()
    for name, rows in noisy.items():
        clean, report = vae.denoise(rows, return_report=True)
        figures[f"ours.{name}"] = psnr_rows(test, np.asarray(clean))
        figures[f"ours.rate_{name}"] = float(report.rates.mean())
    figures["ours.rows_per_s"] = len(RATES) * len(test) / (time.perf_counter() - start)
    who = ["noisy", "median", *(f"specialist_{own}" for own in RATES), "ours"]
    lines = [(name, *(f"{figures[f'{name}.{rate}']:.1f}" for rate in RATES)) for name in who]
    lines.append(("rate found by ours", *(f"{figures[f'ours.rate_{rate}']:.3f}" for rate in RATES)))
    heads = ("PSNR in dB", *(f"{100 * rate:.0f} % replaced" for rate in RATES.values()))
    table(f"{len(test)} test images; each specialist is trained for one noise level, ours estimates it", lines, heads)
    write_json(args.json, figures, args.seed)


def _through(layers: nn.ModuleList, x: Tensor) -> Tensor:
    for layer in layers[:-1]:
        x = silu(layer(x))
    out: Tensor = layers[-1](x)
    return out


def _tensor(images: Array) -> Tensor:
    return torch.from_numpy(images.reshape(len(images), -1))


if __name__ == "__main__":
    main()
