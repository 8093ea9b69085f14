"""Running sums of an epoch's figures, accumulated on the device without synchronisation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from quintet.models.recipe import LossOutput
from quintet.row_share import ALL_ROWS, RowShare
from quintet.training.processes import ALONE, Processes

SMALL = 2**16
"""Rates with more elements than this are summed at once instead of collected."""


class RunningSums:
    """Sums over rows of an optimiser group's loss and, for the first group, of its output, in nats.

    A step only collects its figures; ``settle`` sums the collected ones, over all processes.
    """

    def __init__(self, device: torch.device, in_full: bool = True, processes: Processes = ALONE) -> None:
        self.rows, self.in_full, self._processes = 0, in_full, processes
        self.totals: dict[str, Tensor] = {}
        self._device, self._kind = device, torch.float32 if device.type == "mps" else torch.float64
        self._counts: list[float] = []
        self._collected: dict[str, list[Tensor]] = {}

    def add(self, loss: Tensor, output: LossOutput, count: int, share: RowShare = ALL_ROWS) -> None:
        """Add a batch of ``count`` rows; ``loss`` is the minimised mean over this process's share of them."""
        self.rows += count
        self._counts.append(count * share.weight)
        self._put("loss", loss)
        if not self.in_full:
            return
        if output.distortion is not None:
            self._put("distortion", output.distortion, share)
        if output.rate is not None:
            rate = output.rate.detach()
            self._put("rate", rate if rate.numel() <= SMALL else rate.sum(0, keepdim=True), share)
        for name, penalty in output.penalties.items():
            self._put(f"penalty_{name}", penalty, share)

    def settle(self) -> None:
        """Sum the collected figures. All processes call it at the same points."""
        fresh: dict[str, Tensor] = {}
        for name, collected in self._collected.items():
            if name == "loss":
                counts = torch.tensor(self._counts, device=self._device, dtype=self._kind)
                total = torch.stack(collected).to(self._kind) @ counts
            elif name == "rate":
                total = torch.cat(collected).to(self._kind).sum(0)
            else:
                total = torch.cat([t.reshape(-1) for t in collected]).to(self._kind).sum()
            fresh[name] = total
        if fresh:
            together = self._processes.add(torch.cat([total.reshape(-1) for total in fresh.values()]))
            sizes = [total.numel() for total in fresh.values()]
            for (name, total), part in zip(fresh.items(), torch.split(together, sizes), strict=True):
                found = part.view_as(total)
                self.totals[name] = self.totals[name] + found if name in self.totals else found
        self._collected, self._counts = {}, []

    def means(self) -> dict[str, Any]:
        """Means over the rows, with ``rate`` summed over the latents, and ``kl_per_latent``. Synchronises the
        device."""
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
        """Sum of the loss so far. Synchronises the device."""
        self.settle()
        return self.totals["loss"].item() if self.rows else 0.0

    def restore(self, rows: int, totals: dict[str, Tensor]) -> None:
        """Restore stored sums."""
        self.clear()
        self.rows = rows
        self.totals = {name: total.to(self._device, self._kind) for name, total in totals.items()}

    def clear(self) -> None:
        """Reset the sums for a new epoch."""
        self.rows, self.totals, self._collected, self._counts = 0, {}, {}, []

    def _put(self, name: str, value: Tensor, share: RowShare = ALL_ROWS) -> None:
        value = value.detach()
        self._collected.setdefault(name, []).append(value if share.counted == 1 else value * share.counted)
