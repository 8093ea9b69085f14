"""The index by leaves against a search among all points."""

from dataclasses import replace

import pytest
import torch

from quintet.tasks.detect import leaf_index
from quintet.tasks.detect.knn_index import KnnIndex
from quintet.tasks.detect.leaf_index import LeafIndex, enough_leaves, tree_order
from quintet.tasks.detect.nearest_neighbours import exclude_self, k_nearest


@pytest.fixture(autouse=True)
def small_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves are as many as of a file of thousands of rows."""
    monkeypatch.setattr(leaf_index, "SIZE", 32)
    monkeypatch.setattr(leaf_index, "FEWEST", 4)


def surface(count: int, seed: int, dim: int = 8) -> torch.Tensor:
    """Points about a surface of three dimensions, (count, dim)."""
    generator = torch.Generator().manual_seed(seed)
    turned = torch.randn(3, dim, generator=torch.Generator().manual_seed(0))
    bent = torch.tanh(torch.randn(count, 3, generator=generator) @ turned)
    return bent + 0.05 * torch.randn(count, dim, generator=generator)


def index_of(points: torch.Tensor) -> LeafIndex:
    order = tree_order(points)
    return LeafIndex.of(points, order, enough_leaves(points, order, 10))


@pytest.mark.parametrize("count", [1, 2, 31, 100, 129])
def test_few_points_are_all_searched(count: int) -> None:
    points, queries = surface(count, 1), surface(40, 2)
    found, exact = index_of(points).nearest(queries, 5), k_nearest(queries, points, 5)
    assert torch.equal(found[1], exact[1])
    assert torch.allclose(found[0], exact[0])


def test_nearly_all_neighbours_of_new_rows_are_found_in_a_part_of_the_leaves() -> None:
    points, queries = surface(4000, 1), surface(500, 2)
    index = index_of(points)
    assert index.probed < len(index.points) / 4
    distance, number = index.nearest(queries, 10)
    exact, true = k_nearest(queries, points, 10)
    assert (number[:, :, None] == true[:, None]).any(2).float().mean() > 0.99
    assert (distance >= exact - 1e-6).all()
    assert torch.allclose(distance, (queries[:, None] - points[number]).norm(dim=2), atol=1e-6)


def test_work_grows_more_slowly_than_the_points() -> None:
    few, many = (index_of(surface(count, 1)) for count in (1000, 10_000))
    assert many.probed * many.points.shape[1] < 3 * few.probed * few.points.shape[1]


def test_an_answer_does_not_depend_on_other_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    index, queries = index_of(surface(1500, 1)), surface(600, 2)
    whole, order = index.nearest(queries, 10), torch.randperm(600, generator=torch.Generator().manual_seed(3))
    monkeypatch.setattr(leaf_index, "QUERIES", 256)
    for some in (order[:1], order[:77], order):
        for part, every in zip(index.nearest(queries[some], 10), whole, strict=True):
            assert torch.equal(part, every[some])


def test_what_does_not_count_is_as_if_it_were_not_there() -> None:
    points = surface(2000, 1)
    first = torch.arange(400) * 5
    without = torch.stack([first, first + torch.arange(400) % 20], 1)
    number = index_of(points).nearest(points[:400], 10, without)[1]
    assert not ((number >= without[:, :1]) & (number < without[:, 1:])).any()
    alone = index_of(points).nearest(points, 1, exclude_self(torch.arange(2000)))[1][:, 0]
    assert (alone != torch.arange(2000)).all()


def test_equal_points_are_in_one_leaf_each() -> None:
    for points in (torch.ones(300, 3), surface(301, 1), torch.ones(300, 1).cumsum(0)):
        assert torch.equal(tree_order(points).sort().values, torch.arange(len(points)))
        distance, _ = index_of(points).nearest(points, 1)
        assert (distance == 0).all()


def test_a_file_without_leaves_is_searched_whole() -> None:
    """Files of version 0.1."""
    points, queries = surface(3000, 1).half().float(), surface(50, 2)
    index = KnnIndex.of(points)
    kept = replace(index.artifact(), order=None, probed=None)
    old = KnnIndex.read(kept, torch.device("cpu"))
    distance, number = k_nearest(queries, points, 10)
    usual = index.spread.mean()
    off, crowd = distance.mean(1) + usual, index.spread[number].mean(1) + usual
    assert torch.equal(old.measure(queries)[0], (off / (2 * usual)).log())
    assert torch.equal(old.measure(queries)[1], (off / crowd).log())
    assert old.artifact().by_field().keys() == kept.by_field().keys()


def test_the_index_survives_being_kept() -> None:
    points, queries = surface(3000, 1), surface(50, 2)
    index = KnnIndex.of(points)
    again = KnnIndex.read(index.artifact(), torch.device("cpu"))
    for one, other in zip(index.measure(queries), again.measure(queries), strict=True):
        assert torch.equal(one, other)
