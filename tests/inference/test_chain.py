"""The stored order: its candidates, and the choice between them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from quintet.data.dataset import Batch
from quintet.distributions.chain import Chain
from quintet.inference import chain
from quintet.models.context.model import ContextModel
from quintet.models.context.visible_columns import VisibleColumns
from tests.models.context.tiny import context_model, mixed_frame, rows_of, schema_of


@pytest.fixture
def model() -> ContextModel:
    return context_model(schema_of(mixed_frame()))


def test_candidates_are_permutations_that_of_the_columns_first(model: ContextModel) -> None:
    rows = rows_of(mixed_frame())
    found = chain.candidates(model, rows.batch(slice(None)), 0)
    assert found[0] == (0, 1, 2, 3, 4)
    assert len(set(found)) == len(found) <= 8
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in found)
    assert found == chain.candidates(model, rows.batch(slice(None)), 0)


def test_the_chosen_order_is_the_candidate_with_the_largest_likelihood(model: ContextModel) -> None:
    batch = rows_of(mixed_frame()).batch(slice(None))
    rows, weights = rows_of(mixed_frame()), {k: v.clone() for k, v in model.state_dict().items() if k != "order"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain, "CERTAIN", 0.0)
        patch.setattr(chain, "ROWS", len(rows))
        assert "one of" in chain.choose_order(model, rows, 0)
    given = chain._chain(model, batch, 0)
    found = {o: float(chain.order_log_prob(given, batch, o).mean()) for o in chain.candidates(model, batch, 0)}
    assert tuple(model.order.tolist()) == max(found, key=lambda order: found[order])
    assert max(found.values()) > found[0, 1, 2, 3, 4] + 0.01, "orders disagree"
    assert all(torch.equal(weights[key], t) for key, t in model.state_dict().items() if key != "order")


def test_without_evidence_the_order_of_the_columns_stays(model: ContextModel) -> None:
    """Of cells that do not see each other all orders give one log p(x)."""
    with torch.no_grad():
        inputs = model.context.inputs
        assert isinstance(inputs, VisibleColumns)
        assert inputs.factors is not None
        for part in (inputs.seen, inputs.mask.weight, inputs.knots.weight, inputs.factors.loading):
            part.zero_()
    assert "that of the columns" in chain.choose_order(model, rows_of(mixed_frame()), 0)
    assert model.order.tolist() == [0, 1, 2, 3, 4]


class Explained:
    """Four cells: one nat is gained by cell 2 where 0 is visible, and by cell 1 where 2 is."""

    schema = SimpleNamespace(size=4)

    def decode(self, z: None, condition: None, x: torch.Tensor, visible: torch.Tensor) -> Any:
        gain = torch.stack([0 * visible[..., 0], visible[..., 2], visible[..., 0], 0 * visible[..., 0]], -1)
        return SimpleNamespace(independent=SimpleNamespace(log_prob=lambda _: gain - 5))


def test_greedy_orders_place_the_cells_that_are_explained_best_first_or_last() -> None:
    x = torch.zeros(3, 4)
    _, most, least, *_ = chain.candidates(Explained(), Batch(x, torch.ones_like(x, dtype=torch.bool)), 0)  # type: ignore[arg-type]
    assert most == (0, 2, 1, 3)
    assert least == (0, 1, 3, 2)


def test_score_draws_and_groups_follow_the_stored_order(model: ContextModel) -> None:
    batch = rows_of(mixed_frame()).batch(slice(None))
    z = torch.zeros(1, len(batch), 2)
    before = model.decode(z).log_prob(batch.x)
    model.set_order((4, 2, 0, 3, 1))
    likelihood = model.decode(z)
    assert isinstance(likelihood, Chain)
    assert model.groups == likelihood.groups == ((4,), (2,), (0,), (3,), (1,))
    assert not torch.equal(likelihood.log_prob(batch.x), before)
    assert torch.equal(likelihood.in_order(range(5)).log_prob(batch.x), before)


def test_weights_with_an_order_that_misses_a_cell_are_refused(model: ContextModel) -> None:
    weights = model.state_dict()
    weights["order"] = torch.tensor([0, 1, 2, 3, 3])
    with pytest.raises(ValueError, match="each of them once"):
        context_model(schema_of(mixed_frame())).load_state_dict(weights)
