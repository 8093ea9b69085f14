"""One stage of a recipe: its groups, their optimisers, and what one step does."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from quintet.errors import InputError
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, StepContext
from quintet.networks.dropout import draw_from
from quintet.networks.selection import Theirs
from quintet.noise import Noise, RowNoise
from quintet.numerics import SeededOperations
from quintet.training import optimiser
from quintet.training.divergence import DivergenceWatch
from quintet.training.ema import Average
from quintet.training.loader import Loader
from quintet.training.options import Training
from quintet.training.precision import autocast
from quintet.training.running_sums import RunningSums
from quintet.training.weights import stage_modules, weights

DROPOUT, JUDGE = 0xD0, 0x1D
"""Key the draws of dropout and of the validation rows, which must be none of the players'."""


class OptimizerState:
    """A group, its parameters, their optimiser, and the epoch's sums of its figures."""

    def __init__(self, group: OptimizerGroup, training: Training, device: torch.device, first: bool) -> None:
        every = dict.fromkeys(p for module in group.modules for p in module.parameters() if p.requires_grad)
        self.group, self.parameters = group, list(every)
        if not self.parameters:
            raise InputError(f"group {group.name!r} has nothing to train; give it modules with parameters.")
        self.optimiser = optimiser.adamw(self.parameters, training)
        self.sums = RunningSums(device, in_full=first)


class StageRun:
    """A stage under way. Use it within ``weights.only(recipe, stage)``."""

    def __init__(
        self, recipe: Recipe, number: int, training: Training, seed: int, device: torch.device, precision: str
    ) -> None:
        self.stage, self.number, self.seed = recipe.stages[number], number, seed
        self.training, self.device = training, device
        self.parts = stage_modules(recipe, self.stage)
        self.sides = [OptimizerState(p, training, device, first=i == 0) for i, p in enumerate(self.stage.groups)]
        self.parameters = list(dict.fromkeys(p for side in self.sides for p in side.parameters))
        self.average = Average(self.parameters, training.ema) if training.ema else None
        self.watch = DivergenceWatch(self.parts, recipe.model.schema.size)
        self.best: dict[str, Tensor] | None = None
        self.looked = (0.0, 0)
        self._autocast = autocast(device, precision)
        self._generator = torch.Generator(device)
        draw_from(self.parts.values(), self._generator)
        theirs = any(isinstance(part, Theirs) for module in self.parts.values() for part in module.modules())
        self._theirs: AbstractContextManager[Any] = SeededOperations(self._generator) if theirs else nullcontext()
        self._dropout = int(np.random.SeedSequence([abs(seed), number, DROPOUT]).generate_state(1, np.uint64)[0])

    def step(self, feed: Loader, index: Tensor, context: StepContext, rate: float) -> None:
        """Every group takes one step on the rows of ``index``."""
        self._generator.manual_seed((self._dropout + context.step) & 0x7FFFFFFFFFFFFFFF)
        for number, side in enumerate(self.sides):
            self._gradient(side, number, feed, index, context)
            if self.training.clip:
                optimiser.clip(side.parameters, self.training.clip)
            optimiser.set_rate(side.optimiser, rate)
            side.optimiser.step()
            for parameter in side.parameters:
                parameter.grad = None
        if self.average is not None:
            self.average.update(context.step)

    def _gradient(self, side: OptimizerState, number: int, feed: Loader, index: Tensor, context: StepContext) -> None:
        size, accumulate = len(index), self.training.accumulate
        pieces = (index,) if accumulate == 1 else torch.split(index, self.training.batch_size)
        for place, piece in enumerate(pieces):
            key = (self.seed, self.number, number, context.step * accumulate + place)
            with self._autocast, self._theirs:
                batch = feed.batch(piece)
                terms = side.group.loss(batch, Noise(key, device=self.device), context)
                loss = _mean(terms, batch.weight)
            share = loss if len(piece) == size else loss * (len(piece) / size)
            if len(self.sides) == 1:
                share.backward()  # type: ignore[no-untyped-call]
            else:
                torch.autograd.backward(share, inputs=side.parameters)
            side.sums.add(loss, terms, len(piece))

    def look(self, where: str) -> None:
        """Stop a run that has diverged; keep the weights of one that has not."""
        for side in self.sides:
            side.sums.settle()
        total, rows = self.sides[0].sums.loss(), self.sides[0].sums.rows
        before, counted = self.looked
        if rows > counted:
            self.watch.look((total - before) / (rows - counted), self.parameters, where, self.training)
            self.looked = (total, rows)

    def means(self) -> dict[str, Any]:
        """The epoch's figures so far: the first group's in full, the others' losses by name."""
        out = self.sides[0].sums.means()
        for side in self.sides[1:]:
            out[f"loss_{side.group.name}"] = side.sums.means()["loss"]
        return out

    def begin_epoch(self) -> None:
        """Forget the sums of the epoch before."""
        self.looked = (0.0, 0)
        for side in self.sides:
            side.sums.clear()

    @torch.no_grad()
    def judge(self, feed: Loader, context: StepContext) -> dict[str, Any]:
        """The first group's figures on held-out rows, without dropout, with the same noise each time."""
        sums, chunk = RunningSums(self.device), max(self.training.batch_size, 256)
        for module in self.parts.values():
            module.eval()
        for start in range(0, len(feed), chunk):
            batch = feed.batch(slice(start, start + chunk))
            noise = RowNoise((self.seed, self.number, JUDGE), start, device=self.device)
            with self._autocast:
                terms = self.sides[0].group.loss(batch, noise, context)
                sums.add(_mean(terms, batch.weight), terms, len(batch))
        for module in self.parts.values():
            module.train()
        means = sums.means()
        return {f"val_{name}": means[name] for name in ("loss", "distortion", "rate") if name in means}

    def conclude(self, feed: Loader, context: StepContext, where: str) -> None:
        """Judge the weights that the stage ends with: the loss of its steps does not see the last one, nor their mean.

        Raises
        ------
        Diverged
            A weight or the loss of these rows is not finite, or the loss is far above where the stage began.
        """
        self.watch.look(self.judge(feed, context)["val_loss"], list(self.weights().values()), where, self.training)

    def weights(self) -> Mapping[str, Tensor]:
        """The weights that this stage changes, by name."""
        return weights(self.parts)


def _mean(terms: LossOutput, weight: Tensor | None) -> Tensor:
    return terms.loss.mean() if weight is None else (terms.loss * weight).mean()
