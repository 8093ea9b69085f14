"""Intervals and draws of missing cells cover what they say, whatever is missing; the mean is not touched."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet import VAE
from quintet.artifacts.missing_cells import IntervalWidths
from quintet.artifacts.table import Artifacts
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.inference.interval_width_fit import fit_interval_widths
from quintet.inference.width_factors import PLACES, factors, width_group
from quintet.models.fitted import Fitted
from quintet.networks import Mlp
from quintet.tasks.impute import impute, interval_ranks


@pytest.fixture(scope="module")
def table() -> tuple[VAE, np.ndarray]:
    """A VAE of a table with one column that others say much about, one that they say nothing about; 400 new rows."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(1400, 2))
    X = np.c_[z, z.sum(1), z[:, 0] - z[:, 1], rng.normal(size=1400)] + 0.1 * rng.normal(size=(1400, 5))
    vae = VAE(latent_dim=3, epochs=60, calibration=0.3, network={"kind": "mlp", "hidden": (64,)}, random_state=0).fit(
        X[:1000]
    )
    return vae, X[1000:]


def rows_of(fitted: Fitted, X: np.ndarray, mask: np.ndarray | None = None) -> Rows:
    return Rows.of(X, fitted.schema, mask=mask)


def covered(fitted: Fitted, X: np.ndarray, mask: np.ndarray) -> float:
    u = interval_ranks(fitted, rows_of(fitted, X, mask), rows_of(fitted, X).values)
    u = u[~u.isnan()]
    return float(((u > 0.05) & (u < 0.95)).float().mean())


def covered_by_draws(fitted: Fitted, X: np.ndarray, mask: np.ndarray) -> float:
    """Share of the truth with a rank of 1 .. 18 among 19 draws, ties broken at random: .9 of honest draws."""
    draws = impute(fitted, rows_of(fitted, X, mask), draws=19).draws
    truth, hidden = rows_of(fitted, X).values.float()[:, None], ~rows_of(fitted, X, mask).observed
    ties = torch.rand(truth[:, 0].shape, generator=torch.Generator().manual_seed(0))
    rank = (draws < truth).sum(1) + ties * ((draws == truth).sum(1) + 1)
    return float(((rank > 1) & (rank < 19))[hidden].float().mean())


def without(fitted: Fitted) -> Fitted:
    """A file of before intervals were measured."""
    return replace(fitted, artifacts=replace(fitted.artifacts, interval_widths=None))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_intervals_and_draws_of_a_table_cover_nine_tenths(table: tuple[VAE, np.ndarray], share: float) -> None:
    vae, X = table
    mask = np.random.default_rng(1).random(X.shape) < share
    before, after = (covered(f, X, mask) for f in (without(vae.fitted_), vae.fitted_))
    drawn = covered_by_draws(vae.fitted_, X, mask)
    print(f"{share:.0%} missing: intervals {before:.3f} -> {after:.3f}, draws {drawn:.3f}")
    assert after == pytest.approx(0.9, abs=0.04)
    assert drawn == pytest.approx(0.9, abs=0.05)


def test_every_column_of_a_table_is_covered(table: tuple[VAE, np.ndarray]) -> None:
    vae, X = table
    mask = np.random.default_rng(4).random(X.shape) < 0.6
    u = interval_ranks(vae.fitted_, rows_of(vae.fitted_, X, mask), rows_of(vae.fitted_, X).values).numpy()
    inside = [float((np.abs(u[mask[:, c], c] - 0.5) < 0.45).mean()) for c in range(5)]
    print("by column", np.round(inside, 3))
    assert inside == pytest.approx([0.9] * 5, abs=0.1)  # measured on 300 held-out rows


def test_a_block_of_pixels_is_covered(trained: VAE, held_out: np.ndarray) -> None:
    block = np.zeros(held_out[:100].shape, bool)
    block[:, 4:] = True
    assert covered(trained.fitted_, held_out[:100], block) == pytest.approx(0.9, abs=0.04)


def test_the_mean_is_not_touched_and_draws_stay_legal(
    table: tuple[VAE, np.ndarray], trained: VAE, held_out: np.ndarray
) -> None:
    for vae, X in ((table[0], table[1][:40]), (trained, held_out[:20])):
        mask = np.random.default_rng(2).random(X.shape) < 0.6
        old, new = (impute(f, rows_of(f, X, mask), draws=2) for f in (without(vae.fitted_), vae.fitted_))
        assert torch.equal(old.mean, new.mean)
        assert not torch.equal(old.draws, new.draws)
    assert torch.equal(new.draws, new.draws.round())
    assert new.draws.min() >= 0
    assert new.draws.max() <= 16


def test_factors_of_one_change_no_rank_and_no_draw(trained: VAE, held_out: np.ndarray) -> None:
    fitted = copy.copy(trained.fitted_)
    fitted.artifacts |= Artifacts(interval_widths=IntervalWidths(torch.zeros(2, PLACES, 1)))
    mask = np.zeros(held_out[:20].shape, bool)
    mask[:, 4:] = True
    rows = rows_of(fitted, held_out[:20], mask)
    plain = without(trained.fitted_)
    truth = rows_of(fitted, held_out[:20]).values
    a, b = (interval_ranks(f, rows, truth) for f in (fitted, plain))
    assert torch.allclose(a.nan_to_num(), b.nan_to_num(), atol=1e-5)
    one, other = (impute(f, rows, draws=2).draws for f in (fitted, plain))
    assert (one - other).abs().max() <= 1  # a float's rounding at the edge of a step
    assert (one == other).float().mean() > 0.98


def test_answers_depend_neither_on_chunks_nor_on_neighbours(table: tuple[VAE, np.ndarray]) -> None:
    vae, X = table
    mask = np.random.default_rng(3).random(X[:40].shape) < 0.5
    whole, parts = (impute(vae.fitted_, rows_of(vae.fitted_, X[:40], mask), draws=2, batch_rows=n) for n in (40, 16))
    assert torch.allclose(whole.draws, parts.draws, atol=1e-3)


def test_few_rows_measure_nothing_and_the_same_rows_the_same(table: tuple[VAE, np.ndarray]) -> None:
    vae, X = table
    fitted = without(vae.fitted_)
    assert fit_interval_widths(fitted, rows_of(fitted, X).take(slice(0, 0))) is None
    one, two = (fit_interval_widths(fitted, rows_of(fitted, X[:30]), seed=3) for _ in range(2))
    assert torch.equal(one.log_factor, two.log_factor)
    assert torch.isfinite(one.log_factor).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.0, 1.0), channels=st.integers(1, 3), side=st.integers(1, 20))
def test_a_pixels_place_is_its_distance_from_the_nearest_seen(
    seed: int, share: float, channels: int, side: int
) -> None:
    observed = torch.rand(2, channels, side, side + 1, generator=torch.Generator().manual_seed(seed)) < share
    shape = (side, side + 1) if channels == 1 else (side, side + 1, channels)
    schema = Schema(row_shape=shape, kind="unit", dtype="float64")
    found = width_group(schema, observed).reshape(observed.shape)
    for row in range(2):
        seen = observed[row].any(0).nonzero().double()
        at = torch.cartesian_prod(torch.arange(side), torch.arange(side + 1)).double()
        distance = torch.cdist(at, seen, p=torch.inf).min(1).values if len(seen) else torch.full((len(at),), torch.inf)
        wanted = (distance[:, None] > torch.tensor([1, 2, 4, 8])).sum(1).reshape(side, side + 1)
        assert torch.equal(found[row], wanted.expand(channels, -1, -1))


def test_the_place_of_a_step_is_its_distance_from_the_nearest_one_of_its_channel() -> None:
    schema = Schema(row_shape=(20, 2), sequential=True, kind="unit", dtype="float64")
    observed = torch.zeros(1, 20, 2, dtype=torch.bool)
    observed[0, 0, 0] = observed[0, :, 1] = True
    place = width_group(schema, observed.flatten(1)).reshape(20, 2)
    assert place[1:, 0].tolist() == [0, 1, 2, 2, 3, 3, 3, 3, *[4] * 11]
    assert set(place[:, 1].tolist()) == {0}


def test_bands_of_series_are_calibrated_on_gaps_of_held_out_rows() -> None:
    draw = np.random.default_rng(0)

    def walks(n: int) -> np.ndarray:
        return np.cumsum(draw.normal(size=(n, 32, 2)), 1)

    vae = VAE(layout="steps", latent_dim=2, network=Mlp(hidden=(16,)), epochs=30, random_state=0).fit(walks(500))
    widths = vae.fitted_.artifacts.interval_widths
    assert widths is not None
    assert widths.log_factor.shape == (2, PLACES, 1)
    truth = walks(200)
    asked = truth.copy()
    asked[:, 12:22, 0] = np.nan
    _, (low, high) = vae.impute(asked, quantiles=(0.05, 0.95))
    covered = ((low <= truth) & (truth <= high))[:, 12:22, 0].mean()
    assert 0.83 < covered < 0.97


def test_a_tables_place_is_the_share_that_is_missing_and_old_files_have_no_factors(trained: VAE) -> None:
    observed = torch.ones(3, 10, dtype=torch.bool)
    observed[1, :5] = False
    observed[2] = False
    schema = Schema(row_shape=(10,), kind="unit", dtype="float64")
    assert width_group(schema, observed)[:, 0].tolist() == [0, 1, 2]
    assert factors(without(trained.fitted_), observed, "normal") is None
