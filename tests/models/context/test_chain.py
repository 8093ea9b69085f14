"""The chain of a context decoder: what its terms may read, and that its probabilities are those of one distribution."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from quintet.distributions.chain import MOST_GROUPS, groups_of
from quintet.distributions.joint import Joint
from quintet.models.objectives.elbo import observed_log_prob
from quintet.noise import Noise
from tests.models.context.tiny import context_model, levels_frame, mixed_frame, rows_of, schema_of

ORDERS = st.permutations(range(5))
Z = torch.tensor([[[0.7, -1.2]]])


@given(st.integers(1, 400))
def test_groups_hold_every_cell_once_in_order_and_are_at_most_64(cells: int) -> None:
    order = np.random.default_rng(cells).permutation(cells).tolist()
    groups = groups_of(order)
    assert [cell for group in groups for cell in group] == order
    assert len(groups) == min(cells, MOST_GROUPS)
    assert max(map(len, groups)) - min(map(len, groups)) <= 1


@settings(max_examples=10, deadline=None)
@given(ORDERS, st.integers(0, 4), st.sampled_from([3.0, torch.nan]))
def test_no_term_depends_on_a_later_cell_or_on_one_that_is_not_observed(
    order: list[int], at: int, other: float
) -> None:
    model, batch = context_model(schema_of(mixed_frame())), rows_of(mixed_frame()).batch(slice(None))
    chain = model.decode(Z.expand(1, 40, 2)).in_order(order)
    cell = order[at]
    x, unseen = batch.x.clone(), torch.where(batch.observed, batch.x, other)
    x[:, cell] = 1 - x[:, cell]
    terms, moved = chain.terms(batch.x, batch.observed)[0], chain.terms(x, batch.observed)[0]
    before, after = order[:at], order[at + 1 :]
    assert torch.equal(moved[:, before], terms[:, before])
    assert not after or not torch.equal(moved[:, after], terms[:, after])
    hidden = ~batch.observed
    assert torch.equal(chain.terms(unseen, batch.observed)[0][~hidden], terms[~hidden])


def test_a_cells_distribution_does_not_depend_on_its_own_value() -> None:
    model, batch = context_model(schema_of(mixed_frame())), rows_of(mixed_frame()).batch(slice(None))
    for cell in range(5):
        visible = batch.observed.float().clone()
        visible[:, cell] = 0
        x = batch.x.clone()
        x[:, cell] = torch.nan
        one, two = (model.decode(Z, None, t[None], visible[None]).independent for t in (batch.x, x))
        assert isinstance(one, Joint)
        assert isinstance(two, Joint)
        for a, b in zip(one.parts, two.parts, strict=True):
            assert torch.equal(a.distribution.logits, b.distribution.logits)  # type: ignore[attr-defined]


def test_log_prob_is_the_sum_of_the_conditionals_logs() -> None:
    model, batch = context_model(schema_of(mixed_frame(70))), rows_of(mixed_frame(70)).batch(slice(None))
    model.set_order(torch.randperm(70, generator=torch.Generator().manual_seed(0)).tolist())
    z, visible = Z.expand(1, 40, 2), torch.zeros(1, *batch.x.shape)
    total, seen = torch.zeros(40), batch.observed.float()
    for group in model.groups:
        cells = list(group)
        given_before = model.decode(z, None, batch.x[None], visible).independent  # of all cells at once
        total += torch.where(batch.observed, given_before.log_prob(batch.x[None])[0], 0.0)[:, cells].sum(1)
        visible[0, :, cells] = seen[:, cells]
    found = observed_log_prob(model.decode(z), batch.x, batch.observed)[0]
    assert len(model.groups) == MOST_GROUPS
    torch.testing.assert_close(found, total, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("latents", [True, False])
def test_training_may_multiply_in_bfloat16(latents: bool) -> None:
    """On processors with instructions for it, "auto" does; rows with and without latents are in one batch."""
    model, batch = context_model(schema_of(mixed_frame())), rows_of(mixed_frame()).batch(slice(None))
    visible, z = batch.observed.float()[None] * 0.5, Z.expand(1, 40, 2) if latents else None
    has_z = (torch.arange(40) % 2).float()[None, :, None] if latents else None
    found = []
    for half in (True, False):
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            found.append(model.context(batch.x[None], visible, z, None, has_z).log_prob(batch.x[None])[0])
    there = batch.observed
    torch.testing.assert_close(found[0][there], found[1][there], rtol=0.05, atol=0.1)


def enumerated() -> torch.Tensor:
    """All rows of the table of levels, codes for levels that training did not show included."""
    schema = schema_of(levels_frame())
    return torch.tensor(list(product(*(range(codes) for codes in schema.codes))), dtype=torch.float32)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize("latents", [True, False])
def test_probabilities_of_all_rows_sum_to_one(order: tuple[int, ...], latents: bool) -> None:
    model, x = context_model(schema_of(levels_frame())), enumerated()
    chain = model.decode(Z.expand(1, len(x), 2)) if latents else model.without_latents(len(x))
    found = chain.in_order(order).log_prob(x)[0].double().sum(1)
    assert float(found.exp().sum()) == pytest.approx(1, abs=1e-5)
    assert found.exp().std() > 0.3 * found.exp().mean(), "a uniform distribution would prove little"


@pytest.mark.parametrize("known", [(), (1,)])
def test_draws_have_the_enumerated_probabilities(known: tuple[int, ...]) -> None:
    """Those of a known cell's conditionals too, which the chain sees although it stands later in the order."""
    model, x = context_model(schema_of(levels_frame())), enumerated()
    model.set_order((2, 0, 1))
    draws = 4000
    visible = torch.zeros(draws, 3)
    visible[:, list(known)] = 1
    given_cells = torch.tensor([0.0, 2.0, 0.0])
    drawn = model.decode(Z.expand(1, draws, 2), None, given_cells.expand(1, draws, 3), visible[None]).sample(Noise(3))[
        0
    ]
    assert (drawn[:, list(known)] == given_cells[list(known)]).all()
    if known:
        x = x[x[:, 1] == 2]
    visible, wanted = model.begin(x[None], Z.expand(1, len(x), 2), None), torch.ones(len(x), dtype=torch.float64)
    for cell in known:
        visible.reveal((cell,), x[None, :, [cell]], torch.ones(1, len(x), 1))
    for (cell,) in model.groups:
        if cell not in known:
            part = visible.conditional((cell,))
            assert isinstance(part, Joint)
            shares = part.parts[0].distribution.drawn_shares[0, :, 0]  # type: ignore[attr-defined]
            wanted *= shares.double().gather(1, x[:, cell : cell + 1].long())[:, 0]
            visible.reveal((cell,), x[None, :, [cell]], torch.ones(1, len(x), 1))
    counts = torch.tensor([float((drawn == row).all(1).sum()) for row in x])
    possible = wanted > 0
    assert counts[~possible].sum() == 0
    expected = (wanted[possible] / wanted[possible].sum() * draws).numpy()
    assert float(wanted.sum()) == pytest.approx(1, abs=1e-5)
    assert chisquare(counts[possible].numpy(), expected).pvalue > 1e-3
