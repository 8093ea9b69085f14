"""What the default score is made of, and how images are looked at."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from quintet.artifacts.detection import CalibrationScores
from quintet.tasks.detect.features import points, views
from quintet.tasks.detect.image_gradients import slopes
from quintet.tasks.detect.p_values import p_values
from quintet.tasks.detect.score_calibration import (
    COMPONENTS,
    DEFAULT,
    MEASURED,
    ScoreCalibration,
    as_table,
    component_columns,
    only_scale,
)


def measured(elbo: np.ndarray, distance: np.ndarray) -> dict[str, torch.Tensor]:
    """Components of which two are given, the others noise."""
    rng = np.random.default_rng(9)
    found = {name: rng.normal(size=len(elbo)) for name in MEASURED} | {"elbo": elbo, "row_distance": distance}
    return {name: torch.from_numpy(values).float() for name, values in found.items()}


def gauge_of(found: dict[str, torch.Tensor]) -> ScoreCalibration:
    """The gauge of these held-out rows, all of which may be counted."""
    return ScoreCalibration.of(as_table(found), torch.ones(len(found["elbo"]), dtype=torch.bool))


@pytest.fixture
def normal() -> dict[str, torch.Tensor]:
    """Rows whose distance follows their bound, as both follow the ink."""
    rng = np.random.default_rng(0)
    ink = rng.normal(size=2000)
    return measured(100 + 20 * ink, 0.3 * ink + 0.05 * ink**2 + 0.05 * rng.normal(size=2000))


def test_excess_is_what_the_bound_leaves_of_the_distance(normal: dict[str, torch.Tensor]) -> None:
    gauge = gauge_of(normal)
    found = gauge.all_scores(normal)
    assert abs(np.corrcoef(found["row_excess"], normal["elbo"].numpy())[0, 1]) < 0.05
    assert np.std(found["row_excess"]) == pytest.approx(1.0, abs=0.1)
    faint = measured(np.array([70.0]), np.array([0.0]))  # at the middle distance, but far for a row of so little ink
    assert gauge.all_scores(faint)["row_excess"][0] > 4


def test_beyond_the_bounds_of_normal_rows_the_excess_follows_the_distance(normal: dict[str, torch.Tensor]) -> None:
    rising = measured(np.array([400.0, 4000.0, 4000.0]), np.array([3.0, 3.0, 4.0]))
    excess = gauge_of(normal).all_scores(rising)["row_excess"]
    assert excess[0] == excess[1]
    assert excess[2] > excess[1] > 3


def test_the_default_is_density_the_larger_of_distance_and_excess_and_the_bounds_surplus(
    normal: dict[str, torch.Tensor],
) -> None:
    gauge = gauge_of(normal)
    found = gauge.all_scores(normal)
    assert set(found) == {DEFAULT, *COMPONENTS}
    distance, excess = gauge.standard(found, "row_distance"), found["row_excess"]
    larger = np.where(distance > excess, distance, excess)
    assert 0 < np.mean(distance > excess) < 1  # both occur
    bound = gauge.standard(found, "elbo")
    surplus = np.where(bound > 0, bound, 0)
    assert found[DEFAULT] == pytest.approx(gauge.standard(found, "row_density") + larger + surplus**2 / 20)
    both = gauge.all_scores(measured(np.array([0.0, 200.0, 100.0]), np.zeros(3)))
    assert both["typicality"][:2].min() > 3 > both["typicality"][2]  # too likely is as strange as too unlikely


@pytest.mark.parametrize("n", [1, 2, 12])
def test_few_rows_give_finite_scores(n: int) -> None:
    few = measured(np.arange(float(n)), np.arange(float(n)))
    gauge = gauge_of(few)
    wild = measured(np.array([-1e30, 1e30]), np.array([1e30, -1e30]))
    for rows in (few, wild):
        assert all(np.isfinite(values).all() for values in gauge.all_scores(rows).values())


DERIVED = (DEFAULT, "typicality", "row_excess")
"""Scores that are made of several components and of scales."""


def shares_of(table: torch.Tensor, queries: torch.Tensor) -> dict[str, np.ndarray]:
    """p-values of rows against a gauge of ``table``, both (n, components), by score."""
    gauge = ScoreCalibration.of(table, torch.ones(len(table), dtype=torch.bool))
    found = gauge.all_scores(component_columns(queries))
    return {score: p_values(found[score], gauge.calibration_scores(score)) for score in DERIVED}


@pytest.mark.parametrize("n", [2, 12, 20, 33, 60])
def test_p_values_are_exact_over_every_place_that_a_new_row_can_take(n: int) -> None:
    """A query row changes places with each calibration row that is counted: without any slack."""
    counted = torch.nonzero(~only_scale(n))[:, 0]
    for seed in range(3):
        pool = torch.from_numpy(np.random.default_rng((n, seed)).standard_t(3, size=(n + 1, len(MEASURED))))
        found = [shares_of(pool[:n], pool[n:])]
        for place in counted:
            order = torch.arange(n + 1)
            order[place], order[n] = n, place
            found.append(shares_of(pool[order[:n]], pool[order[n:]]))
        for score in DERIVED:
            p = np.array([shares[score][0] for shares in found])
            assert np.sort(p) == pytest.approx(np.arange(1, len(p) + 1) / len(p))


@pytest.mark.parametrize("n", [20, 60])
def test_no_more_than_t_of_normal_rows_have_p_of_at_most_t_over_many_calibration_sets(n: int) -> None:
    held = {score: [] for score in DERIVED}  # type: dict[str, list[np.ndarray]]
    for seed in range(250):
        rows = torch.from_numpy(np.random.default_rng((n, seed)).normal(size=(n + 200, len(MEASURED))))
        for score, p in shares_of(rows[:n], rows[n:]).items():
            held[score].append(p)
    counted = n - int(only_scale(n).sum())
    for score, found in held.items():
        for k in (1, 2, counted // 4):
            shares = (np.array(found) <= k / (counted + 1) + 1e-9).mean(1)
            error = shares.std() / np.sqrt(len(shares))
            assert abs(shares.mean() - k / (counted + 1)) <= 3 * error, (score, k, shares.mean(), error)


@pytest.mark.parametrize("own", [0, 1 / 3, 0.9])
def test_a_fifth_of_the_calibration_rows_sets_the_scales_and_enough_are_left(own: float) -> None:
    for n in range(1, 1200):
        first = int(own * n)
        scales = only_scale(n, first)
        left = n - int(scales.sum())
        assert scales.any()
        assert left >= min(n - 1, 19)
        assert left <= 0.8 * n or left <= 19
        assert int(scales.sum()) >= min(10, n - 19)
        assert not scales[:first].any() or n - first < int(scales.sum())
        where = torch.nonzero(scales)[:, 0].diff()
        assert not len(where) or where.max() - where.min() <= 1  # spread evenly


def test_files_whose_calibration_rows_set_the_scales_too_are_read_as_they_are(normal: dict[str, torch.Tensor]) -> None:
    table = as_table(normal)[:60]
    gauge = ScoreCalibration.read(CalibrationScores(table))
    assert torch.equal(gauge.scaling, table)
    assert torch.equal(gauge.counting, table)


def test_slopes_tell_directions() -> None:
    ramp = torch.arange(28.0).expand(1, 1, 28, 28)
    inner = slopes(ramp).view(8, 7, 7)[:, 1:-1, 1:-1]  # 8 directions of 7 by 7 fields
    assert inner[0].mean() == pytest.approx(2.0)  # brighter to the right: two levels over two pixels
    assert inner[4].abs().max() == 0
    turned = slopes(ramp.transpose(2, 3)).view(8, 7, 7)[:, 1:-1, 1:-1]
    assert turned[2].mean() == pytest.approx(2.0)
    assert slopes(ramp.new_full((1, 1, 28, 28), 7.0)).view(8, 7, 7)[:, 1:-1, 1:-1].abs().max() == 0


def test_a_stroke_that_moved_a_pixel_is_nearer_in_slopes_than_in_pixels() -> None:
    here, moved, across = torch.zeros(3, 1, 1, 28, 28)
    here[..., 6:22, 13], moved[..., 6:22, 14], across[..., 13, 6:22] = 1.0, 1.0, 1.0

    def ratio(look: Callable[[torch.Tensor], torch.Tensor]) -> float:
        return float((look(here) - look(moved)).norm() / (look(here) - look(across)).norm())

    assert ratio(slopes) < 0.5 * ratio(torch.flatten)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 2), (1, 8, 8), (3, 64, 40)], ids=str)
def test_images_of_any_size_have_slopes(shape: tuple[int, ...]) -> None:
    found = slopes(torch.rand(4, *shape))
    assert found.shape[0] == 4
    assert found.isfinite().all()


def test_images_are_compared_by_cells_and_slopes_side_by_side_and_tables_by_cells() -> None:
    image = views(torch.zeros(2, 3), torch.rand(2, 1, 8, 8))
    assert set(image) == {"latent", "row", "slope"}
    assert set(views(torch.zeros(2, 3), torch.rand(2, 9))) == {"latent", "row"}
    twice = {name: (lambda t: t[:, :2]) for name in image}
    where = points(twice, image)  # type: ignore[arg-type]
    assert torch.equal(where["row"], torch.cat([image["row"][:, :2], image["slope"][:, :2]], 1))
    twice.pop("slope")  # a file of an earlier version
    assert torch.equal(points(twice, image)["row"], image["row"][:, :2])  # type: ignore[arg-type]
