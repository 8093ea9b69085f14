"""How real generated windows are: discriminative score, training on synthetic windows, context Fréchet distance.

Windows are (n, steps, channels), each channel in 0 to 1 over the training windows. Networks are trained in the run,
from a seed, on equal numbers of both sorts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from common import Array
from torch import Tensor, nn

from quintet.evaluate import frechet_distance

BATCH, HIDDEN, FEATURES = 128, 24, 32


class Gru(nn.Module):
    """A recurrent network of 24 units with a linear layer on its states."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.states, self.last = nn.GRU(given, HIDDEN, batch_first=True), nn.Linear(HIDDEN, made)

    def forward(self, x: Tensor) -> Tensor:
        """(n, steps, given) -> (n, steps, made)."""
        found: Tensor = self.last(self.states(x)[0])
        return found


def learn(net: nn.Module, loss: Callable[[Tensor], Tensor], rows: int, steps: int, rng: np.random.Generator) -> None:
    """Adam with a cosine of the rate; ``loss`` takes the numbers of the batch's rows."""
    optimiser = torch.optim.Adam(net.parameters(), lr=5e-3)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(torch.from_numpy(rng.integers(rows, size=min(BATCH, rows)))).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        plan.step()


def pairs(real: Array, made: Array, seed: int) -> tuple[Array, Array, Array]:
    """Equal numbers of both in random order; which are real; which train (80 % of each)."""
    rng, count = np.random.default_rng(seed), min(len(real), len(made))
    parts = [part[rng.permutation(len(part))[:count]] for part in (real, made)]
    truth = np.repeat([True, False], count)
    train = np.tile(np.arange(count) < 0.8 * count, 2)
    return np.concatenate(parts), truth, train


class Careful(nn.Module):
    """A classifier that sees more than the published one: changes beside cells, both directions, all states pooled."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.states = nn.GRU(2 * channels, HIDDEN, batch_first=True, bidirectional=True)
        self.last = nn.Linear(6 * HIDDEN, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, steps, channels) -> (n,) log-odds."""
        changes = torch.diff(x, dim=1, prepend=x[:, :1])
        states = self.states(torch.cat([x, 10 * changes], 2))[0]
        found: Tensor = self.last(torch.cat([states.mean(1), states.amax(1), states[:, -1]], 1))[:, 0]
        return found


class Published(Gru):
    """The classifier of Yoon et al., 2019: a recurrent network's last state."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, steps, channels) -> (n,) log-odds."""
        return super().forward(x)[:, -1, 0]


def discriminative(
    real: Array, made: Array, seed: int, steps: int, network: Callable[[int], nn.Module] = Published
) -> float:
    """|accuracy − ½| of a classifier on held-out windows: 0 where it cannot tell, .5 at worst.

    Both sorts get normal noise of .01, which hides the grid of the meter's values.
    """
    x, truth, train = pairs(real, made, seed)
    x = x + 0.01 * np.random.default_rng(seed).normal(size=x.shape)
    cells, target = torch.from_numpy(x.astype(np.float32)), torch.from_numpy(truth.astype(np.float32))
    learnt = torch.from_numpy(np.flatnonzero(train))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = network(x.shape[-1])

        def loss(batch: Tensor) -> Tensor:
            rows = learnt[batch]
            return nn.functional.binary_cross_entropy_with_logits(net(cells[rows]), target[rows])

        learn(net, loss, len(learnt), steps, np.random.default_rng(seed))
    with torch.inference_mode():
        found = net(cells[torch.from_numpy(~train)]).numpy() > 0
    return float(abs((found == truth[~train]).mean() - 0.5))


def next_step_error(train: Array, asked: Array, seed: int, steps: int) -> float:
    """Mean absolute error, on asked windows, of a GRU that learnt each next step from the ones before in ``train``."""
    cells = torch.from_numpy(train.astype(np.float32))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Gru(train.shape[-1], train.shape[-1])

        def loss(batch: Tensor) -> Tensor:
            rows = cells[batch]
            return (net(rows[:, :-1]) + rows[:, :-1] - rows[:, 1:]).abs().mean()

        learn(net, loss, len(cells), steps, np.random.default_rng(seed))
    rows = torch.from_numpy(asked.astype(np.float32))
    with torch.inference_mode():
        return float((net(rows[:, :-1]) + rows[:, :-1] - rows[:, 1:]).abs().mean())


class Context:
    """Fréchet distance of features: 32 numbers a window from an autoencoder of masked real windows.

    Three convolutions over steps, mean and last state pooled; it learns to fill stretches of a half of each training
    window. As the distance of Jeha et al., 2022, with another encoder.
    """

    def __init__(self, train: Array, seed: int, steps: int) -> None:
        cells, rng = torch.from_numpy(train.astype(np.float32)), np.random.default_rng(seed)
        length, channels = train.shape[1:]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder = nn.Sequential(
                *(nn.Conv1d(channels + 1, 32, 5, padding=2), nn.ReLU(), nn.Conv1d(32, 32, 5, padding=2, stride=2)),
                *(nn.ReLU(), nn.Conv1d(32, 32, 5, padding=2, stride=2), nn.ReLU(), nn.AdaptiveAvgPool1d(4)),
                *(nn.Flatten(), nn.Linear(128, FEATURES)),
            )
            decoder = nn.Sequential(nn.Linear(FEATURES, 128), nn.ReLU(), nn.Linear(128, length * channels))
            both = nn.Sequential(self.encoder, decoder)

            def loss(batch: Tensor) -> Tensor:
                rows = cells[batch]
                shown = torch.ones(len(rows), length, 1)
                for row, first in enumerate(rng.integers(-length // 4, length, size=len(rows))):
                    shown[row, max(0, first) : max(0, first + length // 2)] = 0.0
                found = both(torch.cat([rows * shown, shown], 2).mT).reshape(rows.shape)
                return (found - rows).square().mean()

            learn(both, loss, len(cells), steps, rng)
        self.scale = np.ones(FEATURES)
        self.scale = np.maximum(self.features(train).std(0), 1e-6)

    def features(self, windows: Array) -> Array:
        """(n, 32), each of spread 1 over the training windows."""
        rows = torch.from_numpy(windows.astype(np.float32))
        with torch.inference_mode():
            found = self.encoder(torch.cat([rows, torch.ones(*rows.shape[:2], 1)], 2).mT).numpy()
        return np.asarray(found / self.scale)

    def distance(self, made: Array, real: Array) -> float:
        """Of the normals fitted to the features of both."""
        return frechet_distance(self.features(made), self.features(real))


def copies(made: Array, train: Array, asked: Array, seed: int) -> float:
    """Share of windows that are nearer to a training than to any asked window, of equally many; ½ without copies."""
    rng, count = np.random.default_rng(seed), min(len(train), len(asked), 1000)
    sides = [part[rng.permutation(len(part))[:count]].reshape(count, -1) for part in (train, asked)]
    rows = made[rng.permutation(len(made))[:1000]].reshape(-1, sides[0].shape[1])
    near = [(np.square(side).sum(1) - 2 * rows @ side.T).min(1) for side in sides]
    return float((near[0] < near[1]).mean())
