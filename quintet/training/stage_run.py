"""Run of one training stage: its optimiser groups, their optimisers, and one step."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.data.dataset import Batch
from quintet.errors import InputError
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, StepContext
from quintet.networks.dropout import draw_from
from quintet.networks.row_sharing import sharing_modules
from quintet.networks.selection import Theirs
from quintet.noise import Noise, RowNoise
from quintet.numerics.part_noise import noise_of
from quintet.numerics.random_operations import SeededOperations
from quintet.row_share import RowShare
from quintet.training import optimiser
from quintet.training.augmentation import augmented, condition_image
from quintet.training.divergence import DivergenceWatch
from quintet.training.ema import Average
from quintet.training.loader import Loader
from quintet.training.options import Training
from quintet.training.precision import autocast
from quintet.training.processes import ALONE, Processes
from quintet.training.running_sums import RunningSums
from quintet.training.weights import stage_modules, weights

DROPOUT, JUDGE, AUGMENT = 0xD0, 0x1D, 0xA6
"""Keys of the draws of dropout, of validation and of augmentation, distinct from the optimiser groups' keys."""


class OptimizerState:
    """An optimiser group with its parameters, their optimiser, and the epoch's running sums."""

    def __init__(
        self, group: OptimizerGroup, training: Training, device: torch.device, first: bool, processes: Processes = ALONE
    ) -> None:
        every = dict.fromkeys(p for module in group.modules for p in module.parameters() if p.requires_grad)
        self.spec, self.parameters = group, list(every)
        if not self.parameters:
            raise InputError(f"Group {group.name!r} must have trainable parameters, got none.")
        self.optimiser = optimiser.adamw(self.parameters, training)
        self.sums = RunningSums(device, in_full=first, processes=processes)


class StageRun:
    """A running stage, to be used within ``weights.only(recipe, stage)``."""

    def __init__(
        self,
        recipe: Recipe,
        number: int,
        training: Training,
        seed: int,
        device: torch.device,
        precision: str,
        processes: Processes = ALONE,
    ) -> None:
        self.stage, self.number, self.seed = recipe.stages[number], number, seed
        self.training, self.device, self.processes = training, device, processes
        self._drawn: dict[str, Any] = {"device": device, "backend": training.noise}
        self.parts = stage_modules(recipe, self.stage)
        self.groups = [OptimizerState(p, training, device, i == 0, processes) for i, p in enumerate(self.stage.groups)]
        self.parameters = list(dict.fromkeys(p for group in self.groups for p in group.parameters))
        self.average = Average(self.parameters, training.ema) if training.ema else None
        self._schema = recipe.model.schema
        self.watch = DivergenceWatch(self.parts, recipe.model.schema.size)
        self.best: dict[str, Tensor] | None = None
        self.looked = (0.0, 0)
        self._autocast = autocast(device, precision)
        self._generator = torch.Generator(device)
        draw_from(self.parts.values(), self._generator)
        self._sharing = sharing_modules(self.parts.values())
        theirs = any(isinstance(part, Theirs) for module in self.parts.values() for part in module.modules())
        self._theirs: AbstractContextManager[Any] = SeededOperations(self._generator) if theirs else nullcontext()
        self._dropout = int(np.random.SeedSequence([abs(seed), number, DROPOUT]).generate_state(1, np.uint64)[0])

    def step(self, loader: Loader, index: Tensor, context: StepContext, rate: float) -> None:
        """Update every group once on the rows of ``index``."""
        self._generator.manual_seed((self._dropout + context.step) & 0x7FFFFFFFFFFFFFFF)
        for number, group in enumerate(self.groups):
            self._gradient(group, number, loader, index, context)
            self.processes.add_gradients(group.parameters)
            if self.training.clip:
                optimiser.clip(group.parameters, self.training.clip)
            optimiser.set_rate(group.optimiser, rate)
            group.optimiser.step()
            for parameter in group.parameters:
                parameter.grad = None
        if self.average is not None:
            self.average.update(context.step)

    def _gradient(
        self, group: OptimizerState, number: int, loader: Loader, index: Tensor, context: StepContext
    ) -> None:
        size, accumulate = len(index), self.training.accumulate
        pieces = (index,) if accumulate == 1 else torch.split(index, self.training.batch_size)
        for place, piece in enumerate(pieces):
            key = (self.seed, self.number, number, context.step * accumulate + place)
            share, noise = self.processes.share(len(piece)), Noise(key, **self._drawn)
            self._share_rows(share)
            with self._autocast, self._theirs:
                batch = self._batch(loader, piece, key[3], share)
                output = group.spec.loss(batch, noise_of(noise, share), replace(context, share=share))
                loss = _mean(output, batch.weight)
            weight = share.weight * len(piece) / size
            part = loss if weight == 1 else loss * weight
            if len(self.groups) == 1:
                part.backward()  # type: ignore[no-untyped-call]
            else:
                torch.autograd.backward(part, inputs=group.parameters)
            group.sums.add(loss, output, len(piece), share)

    def _share_rows(self, share: RowShare) -> None:
        for module in self._sharing:
            module.row_share = share

    def _batch(self, loader: Loader, index: Tensor, place: int, share: RowShare) -> Batch:
        """A share of the rows of ``index``, augmented alike for every group of a step."""
        batch, names = loader.batch(index, share), self.training.augmentation
        if not names:
            return batch
        noise = noise_of(Noise((self.seed, self.number, AUGMENT, place), **self._drawn), share)
        return augmented(batch, names, noise, condition_image(self._schema))

    def check_divergence(self, where: str) -> None:
        """Raise ``Diverged`` if the run has diverged, otherwise keep a copy of its weights."""
        for group in self.groups:
            group.sums.settle()
        total, rows = self.groups[0].sums.loss(), self.groups[0].sums.rows
        before, counted = self.looked
        if rows > counted:
            self.watch.check((total - before) / (rows - counted), self.parameters, where, self.training)
            self.looked = (total, rows)

    def means(self) -> dict[str, Any]:
        """Means over the epoch so far: all figures of the first group, and the losses of the others by name."""
        out = self.groups[0].sums.means()
        for group in self.groups[1:]:
            out[f"loss_{group.spec.name}"] = group.sums.means()["loss"]
        return out

    def begin_epoch(self) -> None:
        """Reset the sums for a new epoch."""
        self.looked = (0.0, 0)
        for group in self.groups:
            group.sums.clear()

    @torch.no_grad()
    def validate(self, loader: Loader, context: StepContext) -> dict[str, Any]:
        """Figures of the first group on held-out rows, in evaluation mode, with the same noise each time."""
        sums, chunk = RunningSums(self.device, processes=self.processes), max(self.training.batch_size, 256)
        for module in self.parts.values():
            module.eval()
        for start in range(0, len(loader), chunk):
            count = min(chunk, len(loader) - start)
            share = self.processes.share(count)
            batch = loader.batch(slice(start, start + chunk), share)
            noise = noise_of(RowNoise((self.seed, self.number, JUDGE), start, **self._drawn), share)
            with self._autocast:
                output = self.groups[0].spec.loss(batch, noise, replace(context, share=share))
                sums.add(_mean(output, batch.weight), output, count, share)
        for module in self.parts.values():
            module.train()
        means = sums.means()
        return {f"val_{name}": means[name] for name in ("loss", "distortion", "rate") if name in means}

    def conclude(self, loader: Loader, context: StepContext, where: str) -> None:
        """Check the final weights of the stage, whose loss no training step computed.

        Raises
        ------
        Diverged
            If a weight or the loss of these rows is not finite, or the loss is far above its first value.
        """
        self.watch.check(
            self.validate(loader, context)["val_loss"], list(self.weights().values()), where, self.training
        )

    def weights(self) -> Mapping[str, Tensor]:
        """The weights that this stage trains, by name."""
        return weights(self.parts)


def _mean(output: LossOutput, weight: Tensor | None) -> Tensor:
    return output.loss.mean() if weight is None else (output.loss * weight).mean()
