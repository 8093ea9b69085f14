"""A small classifier whose features serve for Fréchet distances of samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from quintet.networks.dropout import Dropout, draw_from
from quintet.numerics.random_operations import making

Array = np.ndarray[Any, Any]


class Features:
    """A multilayer perceptron trained on labels; its last hidden layer is the feature space.

    Published Fréchet distances use the features of the Inception network. Distances on these features compare models
    within one study only.

    Parameters
    ----------
    rows : (n, cells), numbers from 0 to ``top``.
    labels : (n,)
    top : the largest value of a cell.
    seed : int
    width : of both hidden layers; the second is the feature space.
    """

    def __init__(
        self, rows: Array, labels: Array, top: float, seed: int = 0, width: int = 128, epochs: int = 8
    ) -> None:
        self.top = top
        self.classes, target = np.unique(labels, return_inverse=True)
        with making(seed) as generator:
            self.body = nn.Sequential(
                nn.Linear(rows.shape[1], 256), nn.ReLU(), Dropout(0.2), nn.Linear(256, width), nn.ReLU()
            )
            self.last = nn.Linear(width, len(self.classes))
        self._train(torch.from_numpy(rows), torch.from_numpy(target.ravel()), epochs, generator)

    def _train(self, rows: Tensor, target: Tensor, epochs: int, generator: torch.Generator) -> None:
        """The generator draws the order of the rows and the dropout."""
        both = nn.Sequential(self.body, self.last)
        draw_from([both], generator)
        optimiser = torch.optim.AdamW(both.parameters(), lr=2e-3, weight_decay=1e-2, fused=True)
        loss = nn.CrossEntropyLoss()
        steps = epochs * -(-len(rows) // 256)
        plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for _ in range(epochs):
            for index in torch.split(torch.randperm(len(rows), generator=generator), 256):
                optimiser.zero_grad()
                loss(both(rows[index].float() / self.top), target[index]).backward()
                optimiser.step()
                plan.step()
        draw_from([both.eval()], None)

    @torch.inference_mode()
    def __call__(self, rows: Array) -> Array:
        """Features, (n, width)."""
        parts = [self.body(torch.from_numpy(part).float() / self.top) for part in _parts(rows)]
        return torch.cat(parts).numpy()

    @torch.inference_mode()
    def predict(self, rows: Array) -> Array:
        """The label of each row, (n,)."""
        parts = [self.last(self.body(torch.from_numpy(part).float() / self.top)).argmax(1) for part in _parts(rows)]
        named: Array = self.classes[torch.cat(parts).numpy()]
        return named


def _parts(rows: Array) -> list[Array]:
    return [np.ascontiguousarray(rows[i : i + 2000]) for i in range(0, len(rows), 2000)]
