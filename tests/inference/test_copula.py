"""The covariance of the scores: unbiased whatever holes the training rows have, and always positive definite."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.inference.copula_fit import LEAST, fit_copula, pairwise_covariance


def test_holes_in_the_training_rows_do_not_shrink_it(trained: VAE, digits_8x8: np.ndarray) -> None:
    fitted, X = trained.fitted_, digits_8x8[:400]
    mask = np.random.default_rng(0).random(X.shape) < 0.5
    whole = fit_copula(fitted, Rows.of(X, fitted.schema)).covariance
    holed = fit_copula(fitted, Rows.of(X, fitted.schema, mask=mask)).covariance
    ratio = float(holed.diagonal().mean() / whole.diagonal().mean())
    print(f"mean variance {whole.diagonal().mean():.3f}, with half of the cells missing {holed.diagonal().mean():.3f}")
    assert 0.85 < ratio < 1.15  # dividing by all rows: about a half
    assert torch.linalg.eigvalsh(holed.double()).min() > 0


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    cells=st.integers(2, 24),
    rows=st.integers(3, 400),
    share=st.floats(0.0, 0.95),
    whole_columns=st.integers(0, 3),
)
def test_any_pattern_of_holes(seed: int, cells: int, rows: int, share: float, whole_columns: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(cells, cells, generator=generator)
    score = torch.randn(rows, cells, generator=generator) @ mix
    there = torch.rand(rows, cells, generator=generator) >= share
    there[:, : min(whole_columns, cells - 1)] = False  # cells that no row has
    found = pairwise_covariance(score.masked_fill(~there, torch.nan), there)
    assert torch.equal(found, found.T)
    assert torch.linalg.eigvalsh(found.double()).min() > 0
    held = there.sum(0)
    own = torch.where(there, score, 0.0).square().sum(0) / held.clamp(min=1)
    assert torch.allclose(found.diagonal(), own.clamp(min=LEAST), rtol=1e-4)


def test_pairs_that_no_row_holds_together_say_nothing() -> None:
    score = torch.randn(200, 2, generator=torch.Generator().manual_seed(0)).repeat(1, 2)
    there = torch.ones(200, 4, dtype=torch.bool)
    there[:100, 0] = False
    there[100:, 2] = False
    found = pairwise_covariance(score, there)
    assert abs(float(found[0, 2])) < 0.05  # although they are equal
    assert float(found[1, 3]) > 0.9 * float(found[1, 1])


def test_rows_without_holes_are_what_they_were() -> None:
    mix = torch.randn(6, 6, generator=torch.Generator().manual_seed(1))
    score = torch.randn(500, 6, generator=torch.Generator().manual_seed(2)) @ mix
    plain = score.T @ score / 500 * (500 / (500 + 6 / 8))
    plain.diagonal().copy_(score.square().mean(0))
    assert torch.allclose(pairwise_covariance(score, torch.ones_like(score, dtype=torch.bool)), plain, rtol=1e-4)
