"""Half of the training rows of series at other levels and amplitudes, and gaps at levels that training never saw."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from quintet import Series
from quintet.data.schema import Schema
from quintet.models.context import step_terms
from quintet.models.context.other_levels import LEVEL, SCALE, SHARE, at_other_levels, drifting
from quintet.noise import Noise

ROWS, CELLS = 4_000, 6


def fitted_line(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Slope and intercept of each row of y over that of x, which fit exactly."""
    centred = x - x.mean(1, keepdim=True)
    slope = (centred * y).sum(1) / centred.square().sum(1)
    intercept = y.mean(1) - slope * x.mean(1)
    torch.testing.assert_close(slope[:, None] * x + intercept[:, None], y, atol=1e-4, rtol=1e-4)
    return slope, intercept


def test_half_of_the_rows_move_each_as_a_whole() -> None:
    x = torch.randn(ROWS, CELLS, generator=torch.Generator().manual_seed(0))
    found = at_other_levels(x, torch.ones(CELLS), Noise(1))
    moved = (found != x).all(1)
    assert torch.equal(found[~moved], x[~moved])
    assert moved.float().mean() == pytest.approx(SHARE, abs=0.05)
    slope, level = fitted_line(x[moved], found[moved])
    assert slope.log().std() == pytest.approx(SCALE, rel=0.1)
    assert level.std() == pytest.approx(LEVEL, rel=0.1)
    assert abs(float(torch.corrcoef(torch.stack([slope.log(), level]))[0, 1])) < 0.06


def test_channels_that_swing_about_zero_keep_their_level() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 5, 2)) + np.array([0.0, 20.0])
    drifts = drifting(Schema.infer(rows, kind="real", sequential=True))
    assert drifts.tolist() == [0.0, 1.0] * 5
    x = torch.randn(ROWS, 10, generator=torch.Generator().manual_seed(0))
    found = at_other_levels(x, drifts, Noise(1)).reshape(ROWS, 5, 2)
    slope, level = fitted_line(x.reshape(ROWS, 5, 2)[..., 0], found[..., 0])
    assert level.abs().max() < 1e-3
    assert (slope - 1).abs().max() > 0.3


def test_a_level_that_training_never_saw_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A noisy pattern goes on lower and flatter: its gaps are filled much better than without other levels."""
    draw = np.random.default_rng(0)
    pattern = draw.normal(size=8)
    before = np.tile(pattern, 112) + 0.3 * draw.normal(size=896)
    after = 0.7 * (np.tile(pattern, 30) + 0.3 * draw.normal(size=240)) - 1.5
    holed = after.copy()
    for start in range(20, 220, 40):
        holed[start : start + 6] = np.nan
    errors = []
    for name in ("with", "without"):
        if name == "without":
            monkeypatch.setattr(step_terms, "at_other_levels", lambda x, drifts, noise: x)
        model = Series(epochs=60, random_state=0, verbose=False).fit(before)
        errors.append(np.abs(model.impute(holed) - after)[np.isnan(holed)].mean())
    assert errors[0] < 0.75 * errors[1]
