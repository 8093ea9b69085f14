"""Principal components with the methods that the report calls: fast, and good enough to look at."""

from dataclasses import dataclass

import numpy as np
import torch

from quintet.data.schema import Schema
from quintet.errors import Unanswerable
from quintet.tasks.edit.attributes import fit_attribute


@dataclass
class Scores:
    scores: np.ndarray
    p_values: np.ndarray
    is_anomaly: np.ndarray
    where: np.ndarray


@dataclass
class Found:
    kind: str
    rates: np.ndarray


class Components:
    """Latents are scaled principal components; every answer follows from them."""

    variant = "vae"

    def __init__(self, rows, latent_dim=6, cannot=()):
        self.schema_ = Schema.infer(rows)
        self.cannot = cannot
        flat = np.nan_to_num(rows.reshape(len(rows), -1).astype(float))
        self.flat, self.mean = flat, flat.mean(0)
        _, values, axes = np.linalg.svd(flat - self.mean, full_matrices=False)
        self.axes = axes[:latent_dim]
        self.scale = values[:latent_dim] / np.sqrt(len(rows)) + 1e-9
        self.history_ = [
            {"stage": stage, "epoch": epoch, "loss": 50 / epoch, "distortion": 40 / epoch, "rate": 5 - 4 / epoch}
            | ({"kl_per_latent": (values[:latent_dim] / values[0]).tolist()} if stage == "joint" else {})
            for stage in ("joint", "guide")
            for epoch in (1, 2, 3)
        ]
        self.calibration = self.energy(rows)
        self.attributes_ = {}

    def parts_of(self, x):
        return np.full(len(x), "held_out")

    def transform(self, x):
        return (np.nan_to_num(x.reshape(len(x), -1)) - self.mean) @ self.axes.T / self.scale

    def inverse_transform(self, z, condition=None, **_):
        rows = (z * self.scale) @ self.axes + self.mean
        low, high = self.flat.min(0), self.flat.max(0)
        rows = np.clip(rows, low, high).reshape(len(z), *self.schema_.row_shape)
        return rows.round().astype(np.uint8) if self.schema_.kind == "image8" else rows

    def reconstruct(self, x):
        return self.inverse_transform(self.transform(x))

    def interpolate(self, a, b, steps=10):
        t = np.linspace(0, 1, steps)[None, :, None]
        ways = self.transform(a)[:, None] * (1 - t) + self.transform(b)[:, None] * t
        return self.inverse_transform(ways.reshape(-1, ways.shape[-1])).reshape(len(a), steps, *a.shape[1:])

    def traverse(self, x, dim, values):
        z = self.transform(x[None]).repeat(len(values), 0)
        z[:, dim] = values
        return self.inverse_transform(z)

    def fit_attribute(self, x, y, name):
        self.attributes_[name] = fit_attribute(name, self.transform(x), y)

    def edit(self, x, by, name, to=None, **_):
        z = torch.from_numpy(self.transform(x.reshape(-1, *self.schema_.row_shape)))
        moved = self.attributes_[name].moved(z, torch.as_tensor(np.asarray(by, dtype=np.float32)), to).numpy()
        return self.inverse_transform(moved).reshape(x.shape)

    def read_attribute(self, x, name):
        probe = self.attributes_[name]
        found = probe.read(torch.from_numpy(self.transform(x))).numpy()
        return found[:, 0] if probe.levels is None else np.array(probe.levels)[found.argmax(1)]

    def augment(self, x, y, per_class, random_state=0):
        rng = np.random.default_rng(random_state)
        labels = np.repeat(np.unique(y), per_class)
        z = np.stack([self.transform(x[rng.choice(np.flatnonzero(y == c), 1)])[0] for c in labels])
        return self.inverse_transform(z + 0.1 * rng.normal(size=z.shape)), labels

    def energy(self, x):
        return np.nansum(((x - self.reconstruct(x).astype(float)) ** 2).reshape(len(x), -1), 1)

    def generate(self, n, **_):
        return self.inverse_transform(np.random.default_rng(0).normal(size=(n, len(self.scale))))

    def compress(self, x):
        if "compress" in self.cannot:
            raise Unanswerable("This stand-in has no posterior; choose another.")
        self.packed = x.copy()
        return bytes(len(x) * 20)

    def decompress(self, blob):
        return self.packed

    def denoise(self, x, return_report=False, **_):
        found = Found("salt_pepper", np.full(len(x), 0.125))
        return (self.reconstruct(x), found) if return_report else self.reconstruct(x)

    def score_samples(self, x):
        return -self.energy(x)

    def detect(self, x, **_):
        scores = self.energy(x)
        p = 1 - np.searchsorted(np.sort(self.calibration), scores) / (len(self.calibration) + 1)
        where = (x - self.reconstruct(x).astype(float)) ** 2
        return Scores(scores, p, p < 0.01, where)

    def impute(self, x, mask, draws=0, return_mean=False, **_):
        filled = np.where(mask, self.reconstruct(x), x)
        if not draws:
            return filled
        noise = np.random.default_rng(0).normal(size=(draws, len(x), len(self.scale))) * 0.3
        drawn = np.stack([np.where(mask, self.inverse_transform(self.transform(x) + n), x) for n in noise])
        return (filled, drawn) if return_mean else drawn
