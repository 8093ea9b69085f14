"""Generated colour images against real ones: Fréchet distances, high-frequency energy, a page of samples.

Features are the means over positions of the last of three convolutional layers, 64 numbers an image, of two networks:
``random`` has random weights; ``rotation`` learns without labels, on the training images, by which of four right angles
an image was turned (Gidaris et al., 2018).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from common import Array
from PIL import Image
from torch import Tensor, nn

from quintet.evaluate import frechet_distance

EPOCHS, BATCH = 12, 128


class Distances:
    """Figures of generated images against the asked ones.

    Parameters
    ----------
    train, asked : (n, 32, 32, 3) of uint8.
    seed : of the networks.
    epochs : of the network of rotations.
    """

    def __init__(self, train: Array, asked: Array, seed: int, epochs: int = EPOCHS) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.nets = {"random": _network(), "rotation": _network()}
            self.accuracy = _learn_rotations(self.nets["rotation"], train, asked, epochs, seed)
        self.real = {name: _features(net, asked) for name, net in self.nets.items()}
        self.high = high_frequency(asked)

    def __call__(self, images: Array) -> dict[str, float]:
        """``random``, ``rotation``: Fréchet distances; ``high``: energy above half of Nyquist, that of real ones 1."""
        found = {name: frechet_distance(_features(net, images), self.real[name]) for name, net in self.nets.items()}
        return found | {"high": high_frequency(images) / self.high}


def high_frequency(images: Array) -> float:
    """Mean power a cell at frequencies above half of Nyquist, .25 cycles a pixel in any direction, levels²."""
    height, width = images.shape[1:3]
    power = np.square(np.abs(np.fft.fft2(images.astype(float), axes=(1, 2)))) / (height * width) ** 2
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    return float(power[:, radius > 0.25].sum(1).mean())


def nearest_page(file: Path, samples: Array, train: Array, most: int = 60) -> None:
    """A PNG of samples, and on the right of each the nearest training image, twice their size."""
    flat = train.reshape(len(train), -1).astype(np.float32)
    pairs = []
    for sample in samples[:most]:
        near = train[np.square(flat - sample.reshape(-1).astype(np.float32)).sum(1).argmin()]
        pairs.append(np.pad(np.concatenate([sample, near], 1), ((2, 2), (2, 6), (0, 0)), constant_values=255))
    lines = [np.concatenate(pairs[start : start + 6], 1) for start in range(0, len(pairs) - len(pairs) % 6, 6)]
    page = np.repeat(np.repeat(np.concatenate(lines), 2, 0), 2, 1)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(page.astype(np.uint8)).save(file)


def _network() -> nn.Sequential:
    """(n, 3, 32, 32) -> (n, 64)."""
    layers: list[nn.Module] = []
    for given, made in ((3, 32), (32, 64), (64, 64)):
        layers += [nn.Conv2d(given, made, 3, stride=2, padding=1), nn.BatchNorm2d(made), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def _input(images: Array) -> Tensor:
    return torch.from_numpy(np.moveaxis(images, -1, 1).astype(np.float32) / 127.5 - 1)


def _features(net: nn.Module, images: Array) -> Array:
    with torch.inference_mode():
        return net.eval()(_input(images)).numpy()


def _learn_rotations(net: nn.Module, train: Array, asked: Array, epochs: int, seed: int) -> float:
    """Train the network; the accuracy is of the asked images, chance is .25."""
    last, rng = nn.Linear(64, 4), np.random.default_rng(seed)
    both = nn.Sequential(net, last).train()
    steps = epochs * -(-len(train) // (BATCH // 4))
    optimiser = torch.optim.AdamW(both.parameters(), lr=3e-3, weight_decay=1e-2)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(epochs):
        for part in np.array_split(rng.permutation(len(train)), -(-len(train) // (BATCH // 4))):
            rows = train[part]
            rows = rows[:, :, ::-1] if rng.random() < 0.5 else rows
            optimiser.zero_grad()
            nn.functional.cross_entropy(both(_input(_turned(rows))), _angles(len(rows))).backward()
            optimiser.step()
            plan.step()
    with torch.inference_mode():
        right = both.eval()(_input(_turned(asked))).argmax(1) == _angles(len(asked))
    return float(right.float().mean())


def _turned(rows: Array) -> Array:
    """The rows by 0, 90, 180 and 270 degrees, one set after the other."""
    return np.concatenate([np.rot90(rows, quarter, (1, 2)) for quarter in range(4)])


def _angles(rows: int) -> Tensor:
    return torch.arange(4).repeat_interleave(rows)
