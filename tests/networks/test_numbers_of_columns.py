"""Smooth inputs and outputs of a column's numbers: pieces between knots, and mixtures over intervals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns.bins import bins_with_counts, count_in
from quintet.networks.column_tokens import OWN, OWN_VALUE, CellTokens, ColumnTokens
from quintet.networks.interval_shape import PARAMETERS, IntervalShape, shape_of
from quintet.networks.linear_factors import LEAST, QUICK, LinearFactors
from quintet.networks.number_knots import MOST, NumberKnots, knots_of

NUMBERS = st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=200)


@settings(max_examples=40, deadline=None)
@given(NUMBERS)
def test_every_training_value_counts_once(values: list[float]) -> None:
    cells = np.array(values, dtype=np.float64)
    found = bins_with_counts(cells, 0.0)
    assert sum(found["counts"]) == len(cells)
    assert len(found["counts"]) == len(found["bins"])


def test_a_value_counts_for_the_narrower_of_two_intervals() -> None:
    assert count_in(np.array([0.1, 0.5, 0.5, 0.9]), ((0.0, 1.0), (0.49, 0.51))) == (2, 2)


@settings(max_examples=40, deadline=None)
@given(NUMBERS, st.integers(1, 3000))
def test_knots_ascend_and_are_bounded(values: list[float], columns: int) -> None:
    found = bins_with_counts(np.array(values, dtype=np.float64), 0.0)
    knots, scores = knots_of(found["bins"], found["counts"], columns)
    assert 2 <= len(knots) <= MOST + 1
    assert (np.diff(knots) > 0).all()
    assert (np.diff(scores) > 0).all()


def test_the_embedding_is_continuous_and_piecewise_linear() -> None:
    torch.manual_seed(0)
    knots = NumberKnots([[(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)]], [(5, 5, 5)], 3).double()
    x = torch.linspace(-1, 5, 601, dtype=torch.float64)[:, None]
    out = knots(knots.pieces(x), torch.ones_like(x)).detach()
    slopes = out.diff(dim=0)
    assert slopes.abs().max() < 0.1  # no jump
    turns = (slopes.diff(dim=0).abs().amax(1) > 1e-9).sum()
    assert turns <= 2 * knots.low.shape[1] + 2  # straight but at the knots


def test_pieces_of_a_hidden_number_add_nothing() -> None:
    knots = NumberKnots([[(0.0, 1.0), (1.0, 2.0)], [(-1.0, 0.0), (0.0, 3.0)]], [(5, 5), (5, 5)], 4)
    x = torch.tensor([[0.7, 2.0]])
    both, alone = knots.pieces(x), knots(knots.pieces(x[:, :1], [0]), torch.ones(1, 1), [0])
    assert torch.allclose(knots(both, torch.tensor([[1.0, 0.0]])), alone)
    assert torch.equal(knots(both, torch.zeros(1, 2)), torch.zeros(1, 4))


def test_pieces_reach_from_zero_to_one() -> None:
    knots = NumberKnots([[(-1.0, 1.0), (0.0, 2.0), (2.0, 4.0)]], [(5, 5, 5)], 2)  # knots at 0, 1 and 3
    found = knots.pieces(torch.tensor([[-3.0], [0.5], [2.0], [9.0]]))
    assert found[:, 0, :2].tolist() == [[0, 0], [0.5, 0], [1, 0.5], [1, 1]]
    scores = knots.scores(found)[:, 0]
    assert scores[1] == pytest.approx(scores[0].item() / 2)  # halfway to the median, whose score is 0
    assert scores[3] == pytest.approx(-scores[0].item())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=40), st.integers(0, 2**31 - 1))
def test_shapes_are_probabilities_of_all_intervals(counts: list[int], seed: int) -> None:
    shape = shape_of(tuple(counts), len(counts) + 3)
    raw = 3 * torch.randn(5, 1, PARAMETERS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    both = IntervalShape(shape.edges[None], shape.shares[None]).log_shares(raw)
    shares = both[..., : len(counts)].exp()
    assert torch.isfinite(both).all()
    assert torch.allclose(shares.sum(-1), torch.ones(5, 1, dtype=torch.float64), atol=1e-6)


def test_a_standard_logistic_in_normal_scores_orders_intervals_by_distance() -> None:
    shape = shape_of((10,) * 9, 9)
    raw = torch.zeros(1, 1, PARAMETERS)
    raw[..., 2:4] = -2.0  # narrow, both centred at the median
    shares = IntervalShape(shape.edges[None], shape.shares[None]).log_shares(raw)[0, 0, :9]
    assert shares.argmax() == 4
    assert torch.allclose(shares, shares.flip(0), atol=1e-4)


@pytest.mark.parametrize(("single", "least"), [(False, OWN), (True, OWN_VALUE)])
@pytest.mark.parametrize("below", [0, 1])
def test_a_token_has_weights_of_its_own_from_some_training_values_on(single: bool, least: int, below: int) -> None:
    numbers = CellTokens(0, False, ((0.0, 1.0), (1.0, 2.0)), (least - below, 5 * OWN), (single, False))
    tokens = ColumnTokens([numbers, CellTokens(2, False, ())])
    assert tokens.own.tolist()[:2] == [float(not below), 1.0]
    assert tokens.own[2:].all()


def test_the_linear_model_is_conditioned_as_a_normal_distribution() -> None:
    torch.manual_seed(1)
    model = LinearFactors(7).double()
    loading, noise = QUICK * model.loading, (QUICK * model.log_noise).exp() + LEAST
    covariance = loading @ loading.T + torch.diag(noise)
    y, visible = torch.randn(7, dtype=torch.float64), torch.tensor([1.0, 0, 1, 1, 0, 0, 1], dtype=torch.float64)
    seen, hidden = visible.bool(), ~visible.bool()
    gain = covariance[hidden][:, seen] @ torch.linalg.inv(covariance[seen][:, seen])
    rest = covariance[hidden][:, hidden] - gain @ covariance[seen][:, hidden]
    found = model.given(model.evidence(y[None], visible[None]))
    assert torch.allclose(found.mean[0, hidden], gain @ y[seen])
    assert torch.allclose(found.log_spread[0, hidden], rest.diagonal().log() / 2)


def test_the_evidence_is_a_sum_over_the_columns() -> None:
    torch.manual_seed(2)
    model = LinearFactors(6).double()
    y, visible = torch.randn(3, 6, dtype=torch.float64), torch.ones(3, 6, dtype=torch.float64)
    parts = [model.evidence(y[:, [c]], visible[:, [c]], [c]) for c in range(6)]
    assert torch.allclose(torch.stack(parts).sum(0), model.evidence(y, visible))
