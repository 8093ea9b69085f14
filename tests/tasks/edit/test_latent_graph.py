"""Ways through unlabelled latents stay in a class where straight lines leave it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from quintet.tasks.edit.latent_graph import REACH, latent_graph, walk_from_labelled


def arcs(n: int, seed: int = 0) -> tuple[Tensor, np.ndarray]:
    """Two half circles that reach into each other, (2n, 2), and which of them each point is on."""
    rng = np.random.default_rng(seed)
    angle = rng.random((2, n)) * np.pi
    one = np.stack([np.cos(angle[0]), np.sin(angle[0])], 1)
    two = np.stack([1 - np.cos(angle[1]), 0.4 - np.sin(angle[1])], 1)
    points = np.concatenate([one, two]) + 0.04 * rng.normal(size=(2 * n, 2))
    return torch.from_numpy(points).float(), np.repeat([0, 1], n)


def test_ways_follow_the_rows_and_not_the_straight_line() -> None:
    points, truth = arcs(400)
    z = torch.tensor([[-1.0, 0.0], [2.0, 0.4]])  # one labelled end of each
    straight = torch.cdist(points, z).argmin(1).numpy()
    found = latent_graph(z, points, 10)
    assert (straight == truth).mean() < 0.9
    assert (found.source[2:] == truth).all()
    assert found.source[:2].tolist() == [0, 1]
    assert found.costs[:2].tolist() == [0, 0]
    for node in range(2, 802, 50):  # a way goes up in cost from its source on
        steps = [node]
        while steps[-1] >= 2:
            steps.append(int(found.before[steps[-1]]))
        assert steps[-1] == found.source[node]
        assert (np.diff(found.costs[steps]) < 0).all()


def test_new_latents_lie_on_the_arc_of_their_class_and_cover_its_near_part() -> None:
    points, _ = arcs(400)
    z, y = torch.tensor([[-1.0, 0.0], [2.0, 0.4]]), np.array(["a", "b"])
    made, origin = walk_from_labelled(z, torch.ones(2, 2), points, y, {"a": 300, "b": 200}, 10, 0.0, seed=0)
    assert made.shape == (500, 2)
    assert origin.tolist() == [0] * 300 + [1] * 200
    radius = (made - torch.tensor([[0.0, 0.0]] * 300 + [[1.0, 0.4]] * 200)).norm(dim=1)
    assert (radius - 1).abs().max() < 0.2
    angle = torch.atan2(made[:300, 1], -made[:300, 0])  # from the labelled end on
    assert abs(float(angle.max()) / np.pi - REACH) < 0.1
    assert len(torch.unique(made, dim=0)) == 500


def test_the_posterior_of_the_row_that_a_way_starts_from_blurs() -> None:
    points, _ = arcs(100)
    z, y = torch.tensor([[-1.0, 0.0], [2.0, 0.4]]), np.array([0, 1])
    spread = torch.tensor([[0.0, 0.5], [0.0, 0.0]])
    sharp, soft = (
        walk_from_labelled(z, spread, points, y, {0: 500, 1: 500}, 5, blur, seed=0)[0] for blur in (0.0, 2.0)
    )
    moved = (soft - sharp).std(0)
    assert torch.equal(sharp[500:], soft[500:])
    assert float(moved[0]) == 0
    assert abs(float((soft - sharp)[:500, 1].std()) - 1) < 0.1


def test_what_no_way_leads_to_is_left_alone() -> None:
    rng = np.random.default_rng(0)
    near, far = (torch.from_numpy(rng.normal(size=(40, 3))).float() + shift for shift in (0, 100))
    z = torch.zeros(1, 3)
    found = latent_graph(z, torch.cat([near, far]))
    assert (found.source[41:] == -1).all()
    made, _ = walk_from_labelled(z, torch.ones(1, 3), torch.cat([near, far]), np.array([7]), {7: 60}, 5, 0.0, seed=0)
    assert float(made.abs().max()) < 10


def test_hardly_any_rows_and_rows_that_are_the_same() -> None:
    one = torch.zeros(1, 3)
    for points in (one[:0], one, one.expand(30, 3)):
        made, origin = walk_from_labelled(one, torch.ones(1, 3), points, np.array([1]), {1: 4}, 5, 0.0, seed=0)
        assert torch.equal(made, torch.zeros(4, 3))
        assert origin.tolist() == [0] * 4
    none, origin = walk_from_labelled(one, torch.ones(1, 3), one, np.array([1]), {1: 0}, 5, 1.0, seed=0)
    assert none.shape == (0, 3)
    assert origin.shape == (0,)
