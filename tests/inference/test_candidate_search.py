"""Completions: made likelier than where they began, several, and better than the guide alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE
from quintet.data.dataset import Batch, Rows
from quintet.distributions import Distribution
from quintet.inference.candidate_search import (
    DEFENSIVE,
    FEW_CELLS,
    SEARCHES,
    Search,
    _settled,
    search_candidates,
    search_effort,
)
from quintet.inference.importance import Effort, WeightedDraws
from quintet.inference.latent_bank import candidates
from quintet.models.objectives.elbo import masked_sum
from quintet.tasks.impute import impute


@pytest.fixture(scope="module")
def halves(trained: VAE, held_out: np.ndarray) -> Batch:
    """Digits that lack their lower half."""
    mask = np.zeros(held_out.shape, bool)
    mask[:, 4:] = True
    return Rows.of(held_out, trained.schema_, mask=mask).batch(slice(None))


def _found(vae: VAE, batch: Batch, search: Search, seed: int = 0) -> WeightedDraws:
    fitted = vae.fitted_
    assert fitted.guide is not None
    guide = fitted.guide
    with torch.no_grad():
        (part,) = search_candidates(
            fitted,
            lambda c: guide.posterior(batch.x, batch.observed, c),
            lambda clean: _seen(clean, batch),
            batch,
            search,
            (seed,),
        )
    return part


def _seen(clean: Distribution, batch: Batch) -> torch.Tensor:
    return masked_sum(clean.log_prob(batch.x), batch.observed)


def test_completions_agree_with_what_is_seen_better_than_the_rows_they_began_at(trained: VAE, halves: Batch) -> None:
    fitted = trained.fitted_
    assert fitted.guide is not None
    guide = fitted.guide.posterior(halves.x, halves.observed)

    def seen(clean: Distribution) -> torch.Tensor:
        return _seen(clean, halves)

    starts = candidates(fitted, guide, seen, None, 64, 8)
    assert starts is not None
    with torch.no_grad():
        ends, spread, joint = _settled(fitted, starts, seen, halves, None, SEARCHES["normal"])
    torch.testing.assert_close(joint, seen(fitted.model.decode(ends)) + fitted.model.log_prior(ends))
    gained = joint - seen(fitted.model.decode(starts)) - fitted.model.log_prior(starts)
    assert (gained > 0).float().mean() > 0.9
    assert gained.mean() > 0.5  # nats
    assert (spread > 0).all()
    assert (spread <= 1).all()  # never wider than N(0, I)


def test_weights_of_a_row_sum_to_one_and_leave_a_share_to_the_wide(trained: VAE, halves: Batch) -> None:
    part = _found(trained, halves, SEARCHES["normal"])
    assert len(part.z) == len(part.weight) == 8 + 8
    torch.testing.assert_close(part.weight.sum(0), torch.ones(len(halves.x)))
    torch.testing.assert_close(part.weight[8:].sum(0), torch.full((len(halves.x),), DEFENSIVE))


def test_the_wide_are_training_rows_and_draws_of_the_guide(trained: VAE, halves: Batch) -> None:
    z = _found(trained, halves, SEARCHES["normal"]).z
    points = trained.fitted_.artifacts.latent_bank.points.float()
    away = torch.cdist(z.flatten(0, 1), points).min(1).values.reshape(z.shape[:2])
    assert (away[8:12] < 2e-3).all()
    assert (away[:8] > 5e-3).all()
    assert (away[12:] > 5e-3).all()


def test_an_unknown_label_is_summed_over_by_its_evidence() -> None:
    x, y = load_digits(return_X_y=True)
    two = np.isin(y, (0, 1))
    x, y = x[two].reshape(-1, 8, 8).astype(np.uint8), y[two]
    vae = VAE(variant="cvae", latent_dim=4, epochs=40, random_state=0).fit(x[:300], y[:300])
    mask = np.zeros(x[300:].shape, bool)
    mask[:, 4:] = True
    batch = Rows.of(x[300:], vae.schema_, mask=mask).batch(slice(None))
    fitted = vae.fitted_
    assert fitted.guide is not None
    guide = fitted.guide
    with torch.no_grad():
        parts = search_candidates(
            fitted,
            lambda c: guide.posterior(batch.x, batch.observed, c),
            lambda clean: _seen(clean, batch),
            batch,
            SEARCHES["normal"],
            (0,),
        )
    torch.testing.assert_close(sum(part.weight.sum(0) for part in parts), torch.ones(len(batch.x)))
    truth = torch.from_numpy(y[300:])
    right = sum(
        part.weight.sum(0) * (part.condition.argmax(1) == truth) for part in parts if part.condition is not None
    )
    assert float(torch.as_tensor(right).mean()) > 0.85


def test_more_gradient_steps_are_likelier(trained: VAE, halves: Batch) -> None:
    fitted = trained.fitted_

    def fit(steps: int) -> float:
        z = _found(trained, halves, Search(64, 8, 1, steps)).z[:8]
        return float((_seen(fitted.model.decode(z), halves) + fitted.model.log_prior(z)).mean())

    assert fit(20) > fit(5) > fit(0)


def test_a_missing_block_is_filled_better_than_by_the_guide_alone(trained: VAE, held_out: np.ndarray) -> None:
    mask = np.zeros(held_out.shape, bool)
    mask[:, 2:6, 2:6] = True
    rows = Rows.of(held_out, trained.schema_, mask=mask)
    alone, found = (
        float(np.square((impute(trained.fitted_, rows, effort=effort).mean[:, 0].numpy() - held_out)[mask]).mean())
        for effort in ("low", "normal")
    )
    assert found < 0.985 * alone


def test_rows_of_few_cells_are_searched_longer() -> None:
    assert search_effort("normal", FEW_CELLS) == search_effort("high", 784) == SEARCHES["high"]
    assert search_effort("normal", FEW_CELLS + 1) == SEARCHES["normal"]
    assert isinstance(search_effort("low", 784), Effort)
