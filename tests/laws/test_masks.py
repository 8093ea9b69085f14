"""Law 2: a cell that is not observed influences nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.noise import Noise
from tests.laws.models import CLASSES, FEW, HELD, digits, hidden, weights_of


@pytest.fixture(scope="module")
def spoiled() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, the same rows with other values in the missing cells, and the mask."""
    rng = np.random.default_rng(0)
    X = digits()[0][HELD]
    mask = hidden()
    return X, np.where(mask, rng.integers(0, 17, X.shape), X).astype(np.uint8), mask


def test_draw_embedding_and_guide_do_not_read_unobserved_cells(vae: VAE, spoiled: tuple) -> None:
    X, other, mask = spoiled
    fitted = vae.fitted_
    condition = torch.eye(CLASSES)[torch.arange(len(X)) % CLASSES] if vae.schema_.condition else None
    observed = torch.from_numpy(~mask).unsqueeze(1)
    answers = []
    for rows in (X, other):
        x = torch.from_numpy(rows).unsqueeze(1).float()
        with torch.no_grad():
            draw = fitted.model.draw(x, observed, Noise(0), condition)
            embedding = fitted.model.embed(x, observed, condition)
            guess = fitted.guide.posterior(x, observed.float(), condition)
        answers.append((draw.layers[0].z, draw.likelihood.mean, embedding, guess.loc, guess.scale, guess.log_weight))
    for one, two in zip(*answers, strict=True):
        assert torch.equal(one, two)


def test_not_even_nan_in_an_unobserved_cell_is_read(vae: VAE, spoiled: tuple) -> None:
    X, _, mask = spoiled
    condition = torch.eye(CLASSES)[torch.arange(len(X)) % CLASSES] if vae.schema_.condition else None
    x = torch.from_numpy(X).unsqueeze(1).float().masked_fill(torch.from_numpy(mask).unsqueeze(1), torch.nan)
    observed = torch.from_numpy(~mask).unsqueeze(1)
    with torch.no_grad():
        draw = vae.fitted_.model.draw(x, observed, Noise(0), condition)
        guess = vae.fitted_.guide.posterior(x, observed.float(), condition)
    assert torch.isfinite(draw.layers[0].z).all()
    assert torch.isfinite(guess.loc).all()


def test_scores_and_imputations_do_not_read_unobserved_cells(vae: VAE, answered: Callable, spoiled: tuple) -> None:
    X, other, mask = spoiled
    for rows in (X, other):
        assert (rows[~mask] == X[~mask]).all()
    assert (X[mask] != other[mask]).mean() > 0.5
    np.testing.assert_array_equal(vae.impute(other, mask=mask, **FEW), answered(vae)["impute"])
    np.testing.assert_array_equal(vae.log_prob(other, draws=5, mask=mask), answered(vae)["log_prob of the rest"])


def test_the_mask_itself_does_matter(vae: VAE, answered: Callable) -> None:
    assert not np.array_equal(answered(vae)["log_prob"], answered(vae)["log_prob of the rest"])


@pytest.mark.usefixtures("weights_alone")
def test_training_does_not_read_unobserved_cells(variant: str, spoiled: tuple) -> None:
    X, other, mask = spoiled
    y = digits()[1][HELD]
    one, two = (weights_of(variant, epochs=2).fit(rows, y, mask=mask) for rows in (X, other))
    rows = Rows.of(X, one.schema_, y, mask)
    assert rows.observed is not None
    for a, b in zip(one.fitted_.model.parameters(), two.fitted_.model.parameters(), strict=True):
        assert torch.equal(a, b)
