"""Generators of windows beside ours: a block bootstrap, a Gaussian, TimeVAE. Each takes (windows, count, seed)."""

from __future__ import annotations

import time

import numpy as np
import torch
from common import Array
from torch import Tensor, nn

LATENT, WIDTHS, RECONSTRUCTION = 8, (50, 100, 200), 3.0


def block_bootstrap(train: Array, count: int, seed: int, minutes: float) -> Array:
    """Each window is three stretches at their places, of three training windows drawn at random."""
    rng = np.random.default_rng(seed)
    parts = np.array_split(np.arange(train.shape[1]), 3)
    return np.concatenate([train[rng.integers(len(train), size=count)][:, part] for part in parts], 1)


def gaussian(train: Array, count: int, seed: int, minutes: float) -> Array:
    """The normal with the mean and covariance of all cells of the training windows."""
    flat = train.reshape(len(train), -1)
    values, vectors = np.linalg.eigh(np.cov(flat.T))
    noise = np.random.default_rng(seed).normal(size=(count, flat.shape[1]))
    rows = flat.mean(0) + noise * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    return np.asarray(rows.reshape(count, *train.shape[1:]))


class TimeVae(nn.Module):
    """TimeVAE's base (Desai et al., 2021): three convolutions of stride 2, eight latents, a level and a residual.

    Trend and seasonality blocks are off, as by the authors' default.
    """

    def __init__(self, steps: int, channels: int) -> None:
        super().__init__()
        layers, given = [], channels
        for width in WIDTHS:
            layers += [nn.Conv1d(given, width, 3, stride=2, padding=1), nn.ReLU()]
            given = width
        self.encoder = nn.Sequential(*layers, nn.Flatten())
        with torch.no_grad():
            self.length = self.encoder[:-1](torch.zeros(1, channels, steps)).shape[-1]
        size = WIDTHS[-1] * self.length
        self.mean, self.log_variance = nn.Linear(size, LATENT), nn.Linear(size, LATENT)
        self.level = nn.Sequential(nn.Linear(LATENT, channels), nn.ReLU(), nn.Linear(channels, channels))
        self.start = nn.Sequential(nn.Linear(LATENT, size), nn.ReLU())
        back = [
            part
            for given, made in ((200, 100), (100, 50), (50, channels))
            for part in (nn.ConvTranspose1d(given, made, 3, stride=2, padding=1, output_padding=1), nn.ReLU())
        ]
        self.residual = nn.Sequential(*back, nn.Flatten(), nn.Linear(8 * self.length * channels, steps * channels))
        self.shape = (steps, channels)

    def decode(self, z: Tensor) -> Tensor:
        """(n, 8) -> (n, steps, channels)."""
        cells = self.residual(self.start(z).reshape(len(z), WIDTHS[-1], self.length))
        return cells.reshape(len(z), *self.shape) + self.level(z)[:, None]

    def loss(self, x: Tensor) -> Tensor:
        """Three times the squared errors, of cells and of each channel's mean, plus the KL; nats, summed over cells."""
        hidden = self.encoder(x.mT)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        found = self.decode(mean + torch.randn_like(mean) * (0.5 * log_variance).exp())
        error = (x - found).square().sum() + (x.mean(1) - found.mean(1)).square().sum()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        return (RECONSTRUCTION * error + kl) / len(x)


def time_vae(train: Array, count: int, seed: int, minutes: float) -> Array:
    """TimeVAE, trained until 50 epochs in a row have no lower loss, 1,000 are over, or the minutes of all threads."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model, rows = TimeVae(*train.shape[1:]), torch.from_numpy(train.astype(np.float32))
        optimiser, best, since = torch.optim.Adam(model.parameters(), lr=1e-3), np.inf, 0
        last = time.process_time() + 60 * minutes * torch.get_num_threads()
        for _ in range(1000):
            total = 0.0
            for part in torch.randperm(len(rows)).split(32):
                optimiser.zero_grad()
                loss = model.loss(rows[part])
                loss.backward()
                optimiser.step()
                total += float(loss.detach()) * len(part)
            best, since = (total, 0) if total < best else (best, since + 1)
            if since > 50 or time.process_time() > last:
                break
        with torch.inference_mode():
            return model.eval().decode(torch.randn(count, LATENT)).numpy().astype(float)


SAMPLERS = {"block_bootstrap": block_bootstrap, "gaussian": gaussian, "time_vae": time_vae}
