"""Random visible cells of training images: what each kind shows."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.models.context.visible_windows import DRAWN, NOISY, OTHERS, Kind, random_visible
from quintet.noise import Noise

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))


@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(0, 1000))
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_shows_legal_cells(kind: Kind, shape: tuple[int, ...], seed: int) -> None:
    batch, channels, height, width = shape
    seen = random_visible(kind, torch.zeros(shape), 5, Noise(seed))
    assert seen.pixels.shape == (batch, 5)
    assert 0 <= int(seen.pixels.min()) <= int(seen.pixels.max()) < height * width
    assert set(seen.start.unique().tolist()) <= {0.0, 1.0}
    assert seen.own.shape == (batch, channels, 5, channels)
    assert not bool((seen.doubt * seen.drawn).any()), "what a chain has drawn has no noise on it"
    before = torch.ones(channels, channels).tril(-1)[:, None] > 0
    assert bool((seen.own[seen.drawn] > 0)[..., :][:, before.expand(-1, 5, -1)].all()), "a chain shows earlier channels"


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(0, 1000))
def test_some_whole_channels_are_visible_and_some_are_hidden(channels: int, seed: int) -> None:
    seen = random_visible("channels", torch.zeros(40, channels, 4, 5), 3, Noise(seed))
    visible = seen.start.flatten(2)
    assert torch.equal(visible.amin(2), visible.amax(2)), "a channel is visible as a whole"
    count = visible[..., 0].sum(1)
    assert 1 <= int(count.min()) <= int(count.max()) < channels
    shown = visible[:, None, None, :, 0].expand_as(seen.own)
    assert bool((seen.own >= shown).all()), "the visible channels of a pixel are seen"
    alone = ~seen.drawn
    assert torch.equal(seen.own[alone], shown[alone])


def test_a_rectangle_is_hidden_and_asked_for() -> None:
    seen = random_visible("block", torch.zeros(50, 3, 8, 8), 20, Noise(0))
    hidden = 1 - seen.start[:, 0].flatten(1)
    assert bool((hidden.gather(1, seen.pixels) == 1).all())
    assert bool((hidden.sum(1) >= 1).all())


def test_shares_add_up() -> None:
    assert sum(OTHERS.values()) == pytest.approx(1)
    assert set(OTHERS) | {"raster"} == set(NOISY) == set(DRAWN) == set(get_args(Kind))
