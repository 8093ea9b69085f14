"""Rows of which cells are given: z and the given cells by a decoder whose conditionals are known in closed form."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit
from scipy.stats import norm
from torch import Tensor

from quintet.distributions.binned import ABSENT, Binned, Intervals
from quintet.distributions.joint import Joint, Part
from quintet.distributions.levels import Levels
from quintet.errors import QuintetWarning
from quintet.inference import given_cells
from quintet.inference.given_cells import GivenCells, draw_given
from quintet.models.context.model import ContextModel
from quintet.noise import Noise
from tests.estimators.test_table_answers import fitted
from tests.shared import Shared

FLAG, AGE = 0, 1
"""Places of a level and of a number; the other cells are not asked for."""
SLOPE = 3.0


class Known:
    """P(flag = 1 | z) = σ(3 z₀) and, after it, P(age in 0..1 | z, flag) = σ(z₀ + 2 flag), in -1..0 otherwise."""

    def __init__(self, z: Tensor) -> None:
        self.z, self.flag = z[..., :1], torch.zeros_like(z[..., :1])

    def conditional(self, cells: tuple[int, ...]) -> Joint:
        if cells == (FLAG,):
            score = SLOPE * self.z
            one = Levels(torch.stack([torch.zeros_like(score), score], -1), torch.ones(1, 2, dtype=torch.bool))
            return Joint((Part(torch.tensor([0]), one),))
        score = self.z + 2 * self.flag
        ends = torch.tensor([[[-1.0, 0.0], [0.0, 1.0]]])
        intervals = Intervals(ends[..., 0], ends[..., 1], torch.zeros(1), torch.ones(1))
        logits = torch.stack([torch.zeros_like(score), score, torch.full_like(score, ABSENT)], -1)
        return Joint((Part(torch.tensor([0]), Binned(logits, intervals)),))

    def reveal(self, cells: tuple[int, ...], x: Tensor, visible: Tensor) -> None:
        if cells == (FLAG,):
            self.flag = x


@pytest.fixture
def known(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A model of a table with this decoder."""
    trained = fitted(shared, "columns").fitted_
    monkeypatch.setattr(ContextModel, "begin", lambda self, rows, z, condition: Known(z))
    return replace(trained)


def normal(n: int, noise: Noise, condition: Tensor | None) -> Tensor:
    return noise.normal(n, 4)


def expected(weight: Any) -> float:
    """E[z₀ | what is given], for z₀ ~ N(0, 1) weighed by the probability of what is given."""
    z = np.linspace(-8, 8, 4001)
    share = norm.pdf(z) * weight(z)
    return float((z * share).sum() / share.sum())


CODES = {0: torch.tensor([True, False]), 1: torch.tensor([False, True])}
HIGH, BOTH = torch.tensor([[0.0, 1.0]], dtype=torch.float64), torch.tensor([[-0.5, 0.5]], dtype=torch.float64)
CASES: dict[str, tuple[dict[int, Tensor], Any]] = {
    "a level": ({FLAG: CODES[1]}, lambda z: expit(SLOPE * z)),
    "an interval": ({FLAG: CODES[0], AGE: HIGH}, lambda z: expit(-SLOPE * z) * expit(z)),
    "both levels": ({FLAG: torch.tensor([True, True])}, lambda z: np.ones_like(z)),
    "parts of two intervals": ({FLAG: CODES[1], AGE: BOTH}, lambda z: expit(SLOPE * z)),
    "the second cell is weighed by the first": (
        {FLAG: torch.tensor([True, True]), AGE: HIGH},
        lambda z: expit(SLOPE * z) * expit(z + 2) + expit(-SLOPE * z) * expit(z),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_latents_are_weighed_by_the_probability_of_what_is_given(known: Any, case: str) -> None:
    allowed, weight = CASES[case]
    cells = GivenCells.of(known.model, allowed)
    rows = 2048
    found = draw_given(known, cells, normal, None, 0, rows, seed=3)
    assert float(found.z[:, 0].mean()) == pytest.approx(expected(weight), abs=0.05)
    flag = found.x[:, FLAG].long()
    assert bool(allowed[FLAG][flag].all())
    if AGE in allowed:
        low, high = allowed[AGE][0].tolist()
        assert bool(((found.x[:, AGE] >= low) & (found.x[:, AGE] <= high)).all())
    if case == "the second cell is weighed by the first":
        z = np.linspace(-8, 8, 4001)
        on, off = (norm.pdf(z) * expit(sign * SLOPE * z) * expit(z + shift) for sign, shift in ((1, 2), (-1, 0)))
        assert float(flag.double().mean()) == pytest.approx(on.sum() / (on.sum() + off.sum()), abs=0.04)


def test_rows_depend_on_their_place_and_the_seed_alone(known: Any) -> None:
    cells = GivenCells.of(known.model, CASES["an interval"][0])
    whole = draw_given(known, cells, normal, None, 0, 80, seed=1)
    part = draw_given(known, cells, normal, None, 37, 20, seed=1)
    assert torch.equal(part.z, whole.z[37:57])
    assert torch.equal(part.x, whole.x[37:57])
    assert not torch.equal(draw_given(known, cells, normal, None, 0, 80, seed=2).z, whole.z)


def test_what_hardly_any_latents_explain_is_warned_of(known: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = GivenCells.of(known.model, CASES["a level"][0])
    monkeypatch.setattr(f"{__name__}.SLOPE", 300.0)
    monkeypatch.setattr(given_cells, "MOST_ROUNDS", 2)
    with pytest.warns(QuintetWarning, match="is so rare"):
        draw_given(known, cells, lambda n, noise, c: noise.normal(n, 4) / 30 - 0.5, None, 0, 32, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_given(known, cells, normal, None, 0, 32, seed=0)
