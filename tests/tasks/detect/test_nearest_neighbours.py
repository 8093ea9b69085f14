"""Neighbours, places and projections against plain definitions."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

from quintet.tasks.detect import nearest_neighbours
from quintet.tasks.detect.knn_index import KnnIndex
from quintet.tasks.detect.nearest_neighbours import exclude_self, k_nearest
from quintet.tasks.detect.projection import Projection


@pytest.fixture
def points() -> torch.Tensor:
    return torch.randn(700, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("block", [37, 32_768])
def test_nearest_are_scikit_learns(points: torch.Tensor, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_neighbours, "REFERENCES", block)
    queries = torch.randn(300, 5, generator=torch.Generator().manual_seed(1))
    distance, index = k_nearest(queries, points, 7)
    theirs, places = NearestNeighbors(n_neighbors=7).fit(points.numpy()).kneighbors(queries.numpy())
    assert np.allclose(distance.numpy(), theirs, atol=1e-5)
    assert (index.numpy() == places).all()


def test_a_row_is_not_its_own_neighbour(points: torch.Tensor) -> None:
    distance, index = k_nearest(points, points, 3, exclude_self(torch.arange(len(points))))
    assert (index != torch.arange(len(points))[:, None]).all()
    assert (distance > 0).all()
    _, index = k_nearest(points, points, 1, exclude_self(torch.full((len(points),), -1)))
    assert (index[:, 0] == torch.arange(len(points))).all()


def test_what_does_not_count_is_left_out_of_the_search(points: torch.Tensor) -> None:
    """A range for each query, some empty, some over several bundles: as if those references were not there."""
    first = torch.arange(300) * 2
    without = torch.stack([first, first + torch.arange(300) % 60], 1)
    distance, index = k_nearest(points[:300], points, 4, without)
    every = torch.cdist(points[:300].double(), points.double())
    for row, (begin, end) in enumerate(without.tolist()):
        every[row, begin:end] = torch.inf
    expected, places = every.topk(4, dim=1, largest=False)
    assert torch.equal(index, places)
    assert torch.allclose(distance.double(), expected, atol=1e-5)


def test_duplicates_are_at_exactly_zero(points: torch.Tensor) -> None:
    far = points + 10.0  # where |q|² - 2 q·r + |r|² has lost its digits
    distance, _ = k_nearest(far[:50], far, 1)
    assert (distance == 0).all()


def test_fewer_references_than_neighbours(points: torch.Tensor) -> None:
    assert k_nearest(points[:4], points[:2], 5)[0].shape == (4, 2)
    assert k_nearest(points[:1], points[:1], 5, exclude_self(torch.zeros(1, dtype=torch.long)))[0].shape == (1, 0)
    assert k_nearest(points[:0], points, 5)[0].shape == (0, 5)


def test_answers_do_not_depend_on_neighbours(points: torch.Tensor) -> None:
    place = KnnIndex.of(points)
    queries = torch.randn(300, 5, generator=torch.Generator().manual_seed(2))
    whole = place.measure(queries)
    order = torch.randperm(300, generator=torch.Generator().manual_seed(3))
    for part, all_of_it in zip(place.measure(queries[order][:111]), whole, strict=True):
        assert torch.equal(part, all_of_it[order][:111])


def test_density_is_a_local_outlier_factor(points: torch.Tensor) -> None:
    """Two crowds, one a hundred times tighter: a row just off the tight one is strange by density, not by distance."""
    both = torch.cat([points * 0.01, points + 8])
    place = KnnIndex.of(both)
    odd, ordinary = torch.full((1, 5), 0.06), torch.full((1, 5), 9.0)
    far, sparse = place.measure(torch.cat([odd, ordinary]))
    assert far[0] < far[1]
    assert sparse[0] > sparse[1]
    rows = torch.cat([torch.randn(200, 5) * 0.01, torch.rand(200, 5) * 6 - 3])
    theirs = -LocalOutlierFactor(10, novelty=True).fit(points.numpy()).score_samples(rows.numpy())
    ours = KnnIndex.of(points).measure(rows)[1].numpy()
    assert np.corrcoef(np.argsort(np.argsort(theirs)), np.argsort(np.argsort(ours)))[0, 1] > 0.7


def test_identical_reference_rows_do_no_harm() -> None:
    place = KnnIndex.of(torch.ones(50, 3))
    for t in place.measure(torch.stack([torch.ones(3), torch.zeros(3)])):
        assert t.isfinite().all()
        assert t[1] > t[0]
    for t in KnnIndex.of(torch.ones(1, 3)).measure(torch.zeros(2, 3)):
        assert t.isfinite().all()


def test_places_survive_being_kept(points: torch.Tensor) -> None:
    place = KnnIndex.of(points)
    again = KnnIndex.read(place.artifact(), torch.device("cpu"))
    assert torch.equal(again.points, place.points)
    assert torch.equal(again.spread, place.spread)


@pytest.mark.parametrize("cells", [10, 150])
def test_projection_is_the_principal_components(cells: int) -> None:
    rng = np.random.default_rng(0)
    rows = (
        rng.normal(size=(500, cells)) * np.geomspace(10, 0.01, cells) @ np.linalg.qr(rng.normal(size=(cells, cells)))[0]
    )
    rows = torch.from_numpy(rows + 3).float()
    project = Projection.of(rows, seed=0)
    points = project(rows)
    assert points.shape[1] == min(cells, 64)
    centred = rows - rows.mean(0)
    kept = torch.linalg.svdvals(centred)[: points.shape[1]].square().sum() / centred.square().sum()
    unit = centred.square().sum(1).mean()
    ours = torch.cdist(points[:50], points[:50]).square() * kept * unit
    true = torch.cdist(rows[:50], rows[:50]).square()
    assert torch.allclose(ours, true, rtol=0.02, atol=0.02 * float(true.mean()))
    assert torch.equal(Projection.of(rows, seed=0).basis, project.basis)
