"""Running sums of an epoch's figures, kept in tensors so that no step waits for the device."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from quintet.models.recipe import LossOutput

SMALL = 2**16
"""Rates with more numbers than this are added up at once and not piled."""


class RunningSums:
    """Sums over rows of a player's loss and, for the first player, of its parts in nats.

    A step only puts its figures on a pile; ``settle`` adds the pile up, every few dozen steps.
    """

    def __init__(self, device: torch.device, in_full: bool = True) -> None:
        self.rows, self.in_full = 0, in_full
        self.totals: dict[str, Tensor] = {}
        self._device, self._kind = device, torch.float32 if device.type == "mps" else torch.float64
        self._counts: list[int] = []
        self._pile: dict[str, list[Tensor]] = {}

    def add(self, loss: Tensor, terms: LossOutput, count: int) -> None:
        """Add a batch: ``loss`` is its mean over ``count`` rows, as it was minimised."""
        self.rows += count
        self._counts.append(count)
        self._put("loss", loss)
        if not self.in_full:
            return
        if terms.distortion is not None:
            self._put("distortion", terms.distortion)
        if terms.rate is not None:
            rate = terms.rate.detach()
            self._put("rate", rate if rate.numel() <= SMALL else rate.sum(0, keepdim=True))
        for name, penalty in terms.penalties.items():
            self._put(f"penalty_{name}", penalty)

    def settle(self) -> None:
        """Add up the pile."""
        for name, pile in self._pile.items():
            if name == "loss":
                counts = torch.tensor(self._counts, device=self._device, dtype=self._kind)
                total = torch.stack(pile).to(self._kind) @ counts
            elif name == "rate":
                total = torch.cat(pile).to(self._kind).sum(0)
            else:
                total = torch.cat([t.reshape(-1) for t in pile]).to(self._kind).sum()
            self.totals[name] = self.totals[name] + total if name in self.totals else total
        self._pile, self._counts = {}, []

    def means(self) -> dict[str, Any]:
        """Means over the rows; ``rate`` summed over the latents, and ``kl_per_latent``. Waits for the device."""
        self.settle()
        out: dict[str, Any] = {}
        for name, total in self.totals.items():
            mean = (total / max(self.rows, 1)).tolist()
            if name == "rate":
                out["rate"], out["kl_per_latent"] = sum(mean), [round(v, 6) for v in mean]
            else:
                out[name] = mean
        return out

    def loss(self) -> float:
        """Sum of the loss so far. Waits for the device."""
        self.settle()
        return self.totals["loss"].item() if self.rows else 0.0

    def restore(self, rows: int, totals: dict[str, Tensor]) -> None:
        """Go on from sums that were stored."""
        self.clear()
        self.rows = rows
        self.totals = {name: total.to(self._device, self._kind) for name, total in totals.items()}

    def clear(self) -> None:
        """Begin a new epoch."""
        self.rows, self.totals, self._pile, self._counts = 0, {}, {}, []

    def _put(self, name: str, value: Tensor) -> None:
        self._pile.setdefault(name, []).append(value.detach())
