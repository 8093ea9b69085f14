"""Small recipes and rows that train in a blink."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from quintet import variants
from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.models.recipe import LossOutput, OptimizerGroup, Recipe, Stage, StepContext
from quintet.networks.mlp import Mlp
from quintet.noise import Noise
from quintet.numerics.random_operations import making
from quintet.training.weights import recipe_modules, weights


def binary_rows(n: int = 96, cells: int = 12, seed: int = 0) -> tuple[Schema, Rows]:
    """Rows of 0 and 1 with two patterns behind them."""
    draw = torch.Generator().manual_seed(seed)
    pattern = torch.rand(2, cells, generator=draw).repeat(n // 2 + 1, 1)[:n]
    x = (torch.rand(n, cells, generator=draw) < pattern).to(torch.uint8).numpy()
    schema = Schema.infer(x, kind="binary")
    return schema, Rows.of(x, schema)


def recipe_for(schema: Schema, variant: str = "vae", seed: int = 0, stages: int = 2, **network: object) -> Recipe:
    """A variant's recipe with a tiny network; ``stages=1`` leaves the guide out.

    The global generator is not used: threads that make recipes at the same time would draw from each other's seed.
    """
    with making(seed):
        built = variants.get(variant)().build(schema, 3, Mlp(hidden=(16,), **network))  # type: ignore[arg-type]
    return replace(built, stages=built.stages[:stages])


def weights_of(recipe: Recipe) -> dict[str, Tensor]:
    """Copies of all weights and buffers."""
    return {name: t.clone() for name, t in weights(recipe_modules(recipe)).items()}


def equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class Number(nn.Module):
    """One parameter."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor([value]))


class Pair(nn.Module):
    """Two numbers and what the loop reads of a schema."""

    def __init__(self, a: float = 0.0, b: float = 0.0) -> None:
        super().__init__()
        self.a, self.b = Number(a), Number(b)
        self.schema = SimpleNamespace(size=1)


def toy(*groups: OptimizerGroup, model: nn.Module, share: float = 1.0) -> Recipe:
    """A recipe of one stage."""
    return Recipe(model, (Stage("toy", groups, share),))  # type: ignore[arg-type]


def towards(module: Number, target: float = 1.0, name: str = "first") -> OptimizerGroup:
    """A group whose number is drawn to a target plus each row's cell."""

    def loss(batch: Batch, noise: Noise, context: StepContext) -> LossOutput:
        return LossOutput((module.value - target - batch.x[:, 0]).square())

    return OptimizerGroup(name, (module,), loss)


def zeros(n: int = 8) -> Rows:
    """Rows of one cell that is 0."""
    return Rows(torch.zeros(n, 1))
