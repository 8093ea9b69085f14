"""Ways between latents: along a flow, and shortest by a metric."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from quintet import VAE
from quintet.data.schema import Schema
from quintet.errors import InputError, Unanswerable
from quintet.networks import choose_network
from quintet.tasks.edit.latent_paths import geodesic, way
from quintet.tasks.edit.traversal import decode_means, path_between
from quintet.variants import get


def around(points: Tensor) -> Tensor:
    """The energy of curves in a plane whose middle is a hill: |dz|² (1 + 20 exp(-|z|²))."""
    middle = (points[:, 1:] + points[:, :-1]) / 2
    height = 1 + 20 * torch.exp(-middle.square().sum(-1))
    return (points.diff(dim=1).square().sum(-1) * height).sum(1) * (points.shape[1] - 1)


def test_a_geodesic_goes_round_a_hill_and_keeps_its_ends() -> None:
    a, b = torch.tensor([[-2.0, 0.3], [2.0, 3.0]]), torch.tensor([[2.0, 0.3], [3.0, 3.0]])
    curve = geodesic(around, a, b, 21, iterations=60)
    assert torch.equal(curve[:, 0], a)
    assert torch.equal(curve[:, -1], b)
    assert (around(curve) < 0.7 * around(path_between(a, b, 21)))[0]
    assert curve[0, 10, 1] > 1.0  # above the hill, on the side where the line passed
    assert curve[1] == pytest.approx(path_between(a, b, 21)[1], abs=0.05)  # far from it: the line


def test_a_geodesic_under_a_constant_metric_is_the_line() -> None:
    a, b = torch.randn(3, 4), torch.randn(3, 4)
    curve = geodesic(lambda p: p.diff(dim=1).square().sum((1, 2)) * p.shape[1], a, b, 9)
    assert curve == pytest.approx(path_between(a, b, 9), abs=1e-4)


def test_on_the_way_by_the_metric_rows_change_less(trained: VAE, held_out: np.ndarray) -> None:
    z = torch.from_numpy(trained.transform(held_out[:12]))
    energy = {}
    for path in ("linear", "metric"):
        points = way(trained.fitted_.model, z[:6], z[6:], 24, path)
        frames = decode_means(trained.fitted_, points.flatten(0, 1)).reshape(6, 24, -1)
        energy[path] = frames.diff(dim=1).square().sum((1, 2))
    assert (energy["metric"] <= energy["linear"]).all()
    least = (frames[:, -1] - frames[:, 0]).square().sum(1) / 23  # of any curve: straight through the space of rows
    assert (energy["metric"] - least).mean() < 0.7 * (energy["linear"] - least).mean()


def test_along_a_flow_the_way_is_straight_in_its_base() -> None:
    network = choose_network({"kind": "mlp", "hidden": (16,)}, (4,))
    schema = Schema.infer(np.random.default_rng(0).normal(size=(9, 4)))
    torch.manual_seed(0)
    with pytest.raises(Unanswerable, match="needs a flow prior"):
        way(get("vae")().build(schema, 3, network).model, torch.zeros(1, 3), torch.ones(1, 3), 3, "flow")
    model = get("flow_prior")().build(schema, 3, network).model.eval()
    for p in model.prior.parameters():
        p.data.mul_(3.0).add_(0.05)  # bend it
    a, b = torch.randn(2, 3), torch.randn(2, 3)
    points = way(model, a, b, 5, "flow")
    with torch.no_grad():
        base = model.prior.to_base(points)
    assert base == pytest.approx(path_between(base[:, 0], base[:, -1], 5), abs=1e-3)
    assert not torch.allclose(points, path_between(a, b, 5), atol=1e-2)


def test_a_model_with_a_metric_of_its_own_measures_by_it() -> None:
    schema = Schema.infer(np.random.default_rng(0).normal(size=(9, 4)))
    network = choose_network({"kind": "mlp", "hidden": (16,)}, (4,))
    torch.manual_seed(0)
    model = get("hamiltonian")(metric="riemannian").build(schema, 2, network).model.eval()
    with torch.no_grad():
        model.leapfrog.metric.centres.copy_(torch.zeros(10, 2))
        model.leapfrog.metric.heights.fill_(1.0)  # short ways through the middle
    ends = torch.tensor([[-3.0, 1.0], [3.0, 1.0]])
    points = way(model, ends[:1], ends[1:], 11, "metric")[0]
    assert points[5, 1] < 0.8


def test_interpolate_takes_every_way_and_refuses_others(trained: VAE, held_out: np.ndarray) -> None:
    one, other = held_out[0], held_out[1]
    assert trained.interpolate(one, other, 5, path="metric").shape == (5, 8, 8)
    with pytest.raises(InputError, match="path='straight' is not known"):
        trained.interpolate(one, other, path="straight")


def test_a_conditional_model_walks_by_the_metric(held_out: np.ndarray) -> None:
    network = {"kind": "mlp", "hidden": (16,)}
    vae = VAE("cvae", latent_dim=3, network=network, epochs=2).fit(held_out, np.arange(len(held_out)) % 2)
    assert vae.interpolate(held_out[:2], held_out[2:4], 5, path="metric").shape == (2, 5, 8, 8)
