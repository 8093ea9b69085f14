"""Paths, traversals and grids in the latent space."""

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.errors import InputError
from quintet.tasks.edit.traversal import decode_means, path_between, plane, ticks, traversal


@pytest.mark.parametrize("path", ["linear", "spherical"])
def test_both_ends_are_exact(path: str) -> None:
    a, b = torch.randn(4, 6), torch.randn(4, 6)
    points = path_between(a, b, 7, path)
    assert points.shape == (4, 7, 6)
    assert torch.equal(points[:, 0], a)
    assert torch.equal(points[:, -1], b)


def test_a_spherical_path_turns_evenly() -> None:
    a, b = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    points = path_between(a, b, 5, "spherical")[0]
    assert points.norm(dim=1) == pytest.approx(torch.linspace(2, 4, 5), abs=1e-5)
    assert torch.atan2(points[:, 1], points[:, 0]) == pytest.approx(torch.linspace(0, torch.pi / 2, 5), abs=1e-5)


def test_a_spherical_path_between_parallel_latents_is_the_line() -> None:
    a = torch.tensor([[1.0, 2.0]])
    for b in (3 * a, -a, 0 * a):
        assert path_between(a, b, 5, "spherical") == pytest.approx(path_between(a, b, 5), abs=1e-5)


def test_ticks() -> None:
    assert ticks(7).tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert torch.special.ndtr(ticks(4, "quantiles")).tolist() == pytest.approx([0.125, 0.375, 0.625, 0.875])


def test_a_plane_reads_like_a_plot() -> None:
    z = plane(4, 3, dims=(1, 3), centre=torch.full((4,), 9.0)).reshape(3, 3, 4)
    assert (z[..., [0, 2]] == 9).all()
    assert z[0, :, 1].tolist() == [-3, 0, 3]  # to the right
    assert z[:, 0, 3].tolist() == [3, 0, -3]  # upwards


def test_a_traversal_moves_one_latent() -> None:
    z = torch.randn(2, 5)
    moved = traversal(z, 3, torch.tensor([-1.0, 4.0]))
    assert moved[..., 3].tolist() == [[-1, 4], [-1, 4]]
    assert torch.equal(moved[:, 1, :3], z[:, :3])


def test_decoded_means_are_the_models(trained: VAE) -> None:
    z = torch.randn(5, trained.latent_dim_, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        truth = trained.fitted_.model.decode(z[None]).mean[0]
    assert decode_means(trained.fitted_, z, batch_rows=3) == pytest.approx(truth, abs=1e-4)


@pytest.mark.parametrize(
    "call",
    [
        lambda z: path_between(z, z, 1),
        lambda z: path_between(z, z, 5, "round"),
        lambda z: path_between(z, z[:1], 5),
        lambda z: traversal(z, 9, torch.zeros(1)),
        lambda z: plane(3, dims=(1, 1)),
        lambda z: ticks(5, "squares"),
    ],
)
def test_what_makes_no_sense_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"must|known"):
        call(torch.zeros(2, 3))


def test_neighbours_in_latent_space_look_alike(trained: VAE, held_out: np.ndarray) -> None:
    z = torch.from_numpy(np.asarray(trained.transform(held_out[:10]), dtype=np.float32))
    frames = decode_means(trained.fitted_, path_between(z[:5], z[5:], 12).flatten(0, 1)).reshape(5, 12, -1)
    steps = (frames[:, 1:] - frames[:, :-1]).norm(dim=-1)
    ends = (frames[:, -1] - frames[:, 0]).norm(dim=-1)
    assert (steps.amax(1) < 0.7 * ends).all()
