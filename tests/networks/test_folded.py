"""Folded convolutions: any size comes back, every pixel is seen and made, options are checked."""

from __future__ import annotations

import pytest
import torch

from quintet.errors import InputError
from quintet.networks import Folded, choose_network, features_of
from quintet.networks.folded import Fold, Unfold

SIZES = [(1, 28, 28), (3, 27, 30), (1, 5, 4), (2, 1, 9)]


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_unfolding_undoes_folding(shape: tuple[int, ...]) -> None:
    x = torch.arange(2.0 * torch.Size(shape).numel()).reshape(2, *shape)
    folded = Fold()(x)
    assert folded.shape == (2, 4 * shape[0], -(-shape[1] // 2), -(-shape[2] // 2))
    assert torch.equal(Unfold(shape)(folded), x)


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_every_pixel_is_seen_and_every_parameter_made(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    network = Folded(channels=4, blocks=(1, 0), features=16)
    encoder, decoder = network.encoder(shape), network.decoder(3, (2, *shape))
    x = torch.randn(5, *shape, requires_grad=True)
    features = encoder(x)
    assert features.shape == (5, 16) == (5, features_of(encoder, shape))
    features.square().sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).all()
    made = decoder(torch.randn(5, 3))
    assert made.shape == (5, 2, *shape)
    assert (made.std(0) > 0).all()  # none is a constant


def test_planes_halve_to_seven_and_widen_up_to_four_times() -> None:
    encoder = Folded(channels=8, blocks=(0,)).encoder((1, 100, 60))
    convolutions = [layer for layer in encoder if isinstance(layer, torch.nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [8, 16, 32, 32]
    assert next(layer for layer in encoder if isinstance(layer, torch.nn.Linear)).in_features == 32 * 7 * 4


def test_options_come_by_name_and_are_checked() -> None:
    made = choose_network({"kind": "folded", "channels": 16, "blocks": [1, 2]}, (1, 28, 28))
    assert made == Folded(channels=16, blocks=(1, 2))
    assert choose_network({"kind": "folded", "blocks": 2}, (1, 28, 28)) == Folded(blocks=(2,))
    with pytest.raises(InputError, match="needs images"):
        choose_network("folded", (30,))
    for bad in ({"channels": 0}, {"blocks": (-1,)}, {"features": 0}):
        with pytest.raises(InputError, match=r"must (be|hold).* got"):
            Folded(**bad)  # type: ignore[arg-type]
