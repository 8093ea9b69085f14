"""Windows, levels and scales of series."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.models.context.step_start import finest_step, least_squares, period_of, usual_difference
from quintet.networks.step_levels import between, nearest_after, nearest_before, nearest_in_window, scale_of
from quintet.networks.step_network import StepNetwork
from quintet.networks.step_windows import SeriesCells, StepWindow, StepWindows


def series(steps: int = 9, channels: int = 2, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(1, 4, steps, channels, generator=generator)
    return x, (torch.rand(1, 4, steps, channels, generator=generator) < 0.6).float()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 8))
def test_the_nearest_visible_cells_are_those_of_a_search(seed: int, step: int) -> None:
    x, visible = series(seed=seed)
    at = torch.tensor([[step]])
    left, right = nearest_before(x, visible, at, 9), nearest_after(x, visible, at, 9)
    for row in range(4):
        for channel in range(2):
            seen = visible[0, row, :, channel]
            before = [t for t in range(step) if seen[t]]
            after = [t for t in range(step + 1, 9) if seen[t]]
            for places, (value, distance), nearest in ((before, left, max), (after, right, min)):
                place = nearest(places) if places else None
                expected = (0.0, 9) if place is None else (float(x[0, row, place, channel]), abs(step - place))
                assert (float(value[0, row, 0, channel]), float(distance[0, row, 0, channel])) == expected


def test_the_line_between_neighbours_passes_through_a_line() -> None:
    x = torch.arange(9.0).reshape(1, 1, 9, 1)
    visible = torch.zeros_like(x)
    visible[:, :, [1, 7]] = 1
    at = torch.arange(2, 7)[None]
    found = between(nearest_before(x, visible, at, 9), nearest_after(x, visible, at, 9), 9)
    torch.testing.assert_close(found[0, 0, :, 0], torch.arange(2.0, 7.0))


def test_windows_hold_the_cells_at_their_offsets_and_hide_those_beyond_the_ends() -> None:
    x, visible = series(channels=1)
    cells, windows = SeriesCells(x, visible, visible), StepWindows(9, 2, both=True)
    assert windows.offsets.tolist() == [-1, 1, -2, 2]
    found = windows.around(cells, torch.tensor([[0, 4]]))
    assert torch.equal(found.x[:, :, 1, :, 0], x[:, :, [3, 5, 2, 6], 0])
    assert torch.equal(found.visible[:, :, 1, :, 0], visible[:, :, [3, 5, 2, 6], 0])
    assert not found.visible[:, :, 0, [0, 2]].any()
    own = windows.around(cells, torch.tensor([[0, 4]] * 4))
    assert torch.equal(own.x[:, :, 1], found.x[:, :, 1])


def test_what_a_chain_drew_is_visible_to_later_steps_alone() -> None:
    x, visible = series(channels=1)
    cells = SeriesCells(x, torch.ones_like(visible), torch.zeros_like(visible))
    found = StepWindows(9, 2, both=True).around(cells, torch.tensor([[4]])).visible[0, 0, 0, :, 0]
    assert found.tolist() == [1, 0, 1, 0]


def test_cells_at_whole_periods_are_the_nearest_visible_ones_and_their_mean() -> None:
    x = torch.arange(20.0).reshape(1, 1, 20, 1)
    visible = torch.ones_like(x)
    visible[:, :, 12] = 0
    windows = StepWindows(20, 1, both=False)
    assert not windows.at_periods(SeriesCells(x, visible, visible), torch.tensor([[16]])).visible.any()
    windows.period.fill_(4)
    found = windows.at_periods(SeriesCells(x, visible, visible), torch.tensor([[16]]))
    assert found.x[0, 0, 0, :, 0].tolist() == [11, 7, 8, 4, 13, 9, 4]  # one step before, at, after; the mean of 8, 4, 0
    assert found.visible.all()


def test_the_scale_is_that_of_visible_differences_and_the_usual_one_without() -> None:
    usual = torch.tensor([2.0])
    ramp = StepWindow(torch.arange(6.0).reshape(1, 1, 1, 6, 1) * 10, torch.ones(1, 1, 1, 6, 1))
    hidden = StepWindow(ramp.x, torch.zeros_like(ramp.visible))
    assert float(scale_of(hidden, 1, usual)) == 2.0
    assert 8 < float(scale_of(ramp, 1, usual)) < 10
    value, distance = nearest_in_window(StepWindow(ramp.x, torch.tensor([0.0, 0, 1, 1, 0, 1]).reshape(1, 1, 1, 6, 1)))
    assert (float(value), float(distance)) == (20.0, 3.0)


@pytest.mark.parametrize("period", [0, 7, 12])
def test_the_period_of_rows_is_found_despite_noise_and_holes(period: int) -> None:
    generator = torch.Generator().manual_seed(0)
    step, phase = torch.arange(48.0), torch.rand(60, 1, generator=generator) * 6
    wave = torch.sin(phase + step * 2 * torch.pi / period) if period else torch.zeros(60, 48)
    x = (wave + 0.5 * torch.randn(60, 48, generator=generator))[:, :, None]
    observed = (torch.rand(60, 48, 1, generator=generator) < 0.8).float()
    assert period_of(torch.where(observed > 0, x, 0.0), observed) == period


def test_start_at_the_scales_and_the_linear_prediction_of_the_rows() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.zeros(1, 400, 40, 1)
    for t in range(2, 40):
        x[:, :, t] = 1.5 * x[:, :, t - 1] - 0.8 * x[:, :, t - 2] + torch.randn(1, 400, 1, generator=generator)
    x = (x * 10).round() / 10
    ones = torch.ones_like(x)
    assert float(finest_step(x[0], ones[0])) == pytest.approx(0.025, abs=1e-4)
    network = StepNetwork(1, StepWindows(40, 4, both=False), 3, 8, 1, 4)
    network.usual.copy_(usual_difference(x[0], ones[0]))
    least_squares(network, SeriesCells(x, ones, ones), earlier_alone=True)
    at = torch.arange(10, 40)[None]
    seen = network.seen(SeriesCells(x, ones, ones), at)
    linear = (seen.linear_inputs * network.linear[0, :-1]).sum(-1) * seen.level.scale[..., 0] + seen.level.base[..., 0]
    error = (linear - x[:, :, 10:, 0]).square().mean().detach()
    assert 0.9 < float(error) < 1.1  # the variance of the innovations
