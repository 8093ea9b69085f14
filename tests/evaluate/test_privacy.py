"""Copies are counted, independent draws are no closer to training rows than to others, and memory is bounded."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from quintet import VAE
from quintet.errors import InputError
from quintet.evaluate import privacy
from quintet.evaluate.closest_records import Scale
from tests.shared import hardly_measured
from tests.tables import small_table

LEVELS = np.array([False, True, False, True])


def rows(n: int, seed: int) -> np.ndarray:
    """Two numbers, of which one has a few values, and two levels; a tenth of the cells is missing."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 3, n)
    cells = np.stack([rng.lognormal(group), group, rng.poisson(group), rng.integers(0, 4, n)], 1).astype(float)
    cells[rng.random(cells.shape) < 0.1] = np.nan
    return cells


def test_copies_of_training_rows_are_counted_and_closest_to_training_rows() -> None:
    train, holdout = rows(300, 0), rows(300, 1)
    train[:, 0], holdout[:, 0] = np.arange(300), np.arange(300) + 0.5  # no held-out row equals a training row
    found = privacy(train, holdout, train[:200], LEVELS)
    assert found.dcr_share == found.copies == 1
    assert found.copies_held_out == 0
    assert found.closest.max() == 0
    assert found.closest_held_out.min() > 0
    assert found.attack_by_distance > 2 / 3
    half = privacy(train, holdout, np.concatenate([train[:100], holdout[:100]]), LEVELS)
    assert half.dcr_share == half.copies == 0.5
    turned = privacy(holdout, train, train[:200], LEVELS)
    assert turned.dcr_share == turned.copies == 0
    assert turned.copies_held_out == 0


def test_independent_draws_leak_nothing_within_sampling_errors() -> None:
    found = [privacy(rows(150, 3 * i), rows(120, 3 * i + 1), rows(300, 3 * i + 2), LEVELS) for i in range(60)]
    shares = [(each.dcr_share - 0.5) / each.dcr_share_error for each in found]
    attacks = [(each.attack_by_distance - 0.5) / each.attack_error for each in found]
    for errors in (shares, attacks):
        assert abs(np.mean(errors)) < 4 / np.sqrt(60)
        assert 0.7 < np.std(errors) < 1.3
    median = [np.median(each.closest) - np.median(each.closest_held_out) for each in found]
    assert abs(np.mean(median)) < 0.01
    assert {each.rows for each in found} == {(120, 120, 300)}


def test_the_likelihood_attack_is_the_probability_that_a_member_is_likelier() -> None:
    train, holdout = rows(50, 0), rows(50, 1)
    found = privacy(train, holdout, rows(20, 2), LEVELS, [3.0, 1.0], [2.0, 0.0])
    assert found.attack_by_likelihood == 0.75
    assert found.figures["attack_by_likelihood"] == 0.75
    assert privacy(train, holdout, rows(20, 2), LEVELS).attack_by_likelihood is None


@pytest.mark.parametrize("level", [False, True])
def test_a_missing_cell_equals_a_missing_one_and_differs_from_every_value(level: bool) -> None:
    known = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])
    scale, gone = Scale.of(known, [level, True]), np.nan
    for one, other, distance in (
        ([gone, 0.0], [gone, 0.0], 0.0),
        ([gone, 0.0], [1.0, 0.0], 0.5),
        ([1.0, 0.0], [gone, 0.0], 0.5),
        ([gone, gone], [gone, 0.0], 0.5),
        ([gone, 0.0], [3.0, gone], 1.0),
    ):
        assert scale.closest(np.array([one]), np.array([other]))[0] == distance
    members = np.array([[gone, 0.0], [1.0, gone]])
    found = privacy(
        members, known[:2] + 5, np.array([[gone, 0.0], [1.0, gone], [1.0, 0.0], [gone, gone]]), [level, True]
    )
    assert found.copies == 0.5


def test_distances_do_not_depend_on_units_codes_or_the_order_of_rows() -> None:
    train, holdout, synthetic = rows(120, 0), rows(120, 1), rows(90, 2)
    scale = Scale.of(np.concatenate([train, holdout]), LEVELS)
    wanted = scale.closest(synthetic, train)

    def turned(cells: np.ndarray) -> np.ndarray:
        other = cells.copy()
        other[:, 0] = np.log(other[:, 0]) * 7 - 3  # any increasing function
        other[:, 3] = 3 - other[:, 3]
        return other

    of_turned = Scale.of(turned(np.concatenate([train, holdout])), LEVELS)
    np.testing.assert_allclose(of_turned.closest(turned(synthetic), turned(train)), wanted, atol=1e-6)
    np.testing.assert_array_equal(scale.closest(synthetic, train[::-1]), wanted)
    np.testing.assert_array_equal(scale.closest(train, train), 0)
    assert 0 <= wanted.min() <= wanted.max() <= 1


def test_the_distance_of_a_pair_by_hand() -> None:
    known = np.stack([np.arange(10.0), np.zeros(10)], 1)
    scale = Scale.of(known, [False, True])
    pairs = {(2.0, 0.0): 0.0, (5.0, 0.0): 0.15, (2.0, 1.0): 0.5, (np.nan, 0.0): 0.5, (2.0, np.nan): 0.5}
    for row, distance in pairs.items():
        assert scale.closest(np.array([row]), known[2:3])[0] == pytest.approx(distance)
    nothing = np.array([[np.nan, np.nan]])
    assert scale.closest(nothing, nothing)[0] == 0


def test_memory_does_not_grow_with_the_rows_that_are_asked() -> None:
    known = np.random.default_rng(0).normal(size=(1500, 4))
    scale = Scale.of(known, LEVELS)

    def peak(count: int) -> int:
        asked = np.random.default_rng(1).normal(size=(count, 4))
        tracemalloc.start()
        scale.closest(asked, known)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(6000) < 1.5 * peak(2000)


def test_rows_of_other_columns_and_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="synthetic must have at least one row, and 4 cells"):
        privacy(rows(9, 0), rows(9, 1), rows(9, 2)[:, :3], LEVELS)
    with pytest.raises(InputError, match="holdout must be an array"):
        privacy(rows(9, 0), rows(0, 1), rows(9, 2))


@pytest.mark.parametrize("kind", ["columns", "array"])
def test_a_fitted_model_says_what_leaks(kind: str) -> None:
    train, new = small_table(120), small_table(60, seed=1)
    if kind == "array":
        train, new = (frame[["age", "visits"]].to_numpy(float) for frame in (train, new))
    tiny = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (8,)}, "context": "none"}
    with hardly_measured():
        vae = VAE(epochs=1, calibration=0.0, **tiny).fit(train)
    found = vae.privacy(train, new)
    assert found.rows == (60, 60, 120)
    assert 0.2 < found.attack_by_likelihood < 0.8
    assert found.figures == vae.privacy(train, new, synthetic=vae.generate(120)).figures
    assert vae.privacy(train, new, synthetic=train).copies == 1
    assert set(found.figures) >= {"dcr_share", "copies", "closest_median", "closest_held_out_median"}
