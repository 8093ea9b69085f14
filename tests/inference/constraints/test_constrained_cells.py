"""Draws along a chain obey the constraints of the table, whatever the decoder says and in whatever order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from quintet.data.columns.answers import decode_cells
from quintet.data.columns.build_frame import build_frame
from quintet.data.constraints.rows import broken_rows, completed
from quintet.data.schema import Schema
from quintet.distributions.binned import ABSENT, Binned, Intervals
from quintet.distributions.chain import Chain, Group, Known
from quintet.distributions.joint import Joint, Part
from quintet.distributions.levels import Levels
from quintet.distributions.restricted_rows import within_range
from quintet.inference.constraints.constrained_cells import ConstrainedCells, constrained
from quintet.inference.constraints.row_constraints import RowConstraints
from quintet.noise import Noise
from tests.lawful_tables import obeys, schema_of, tables

ROWS = 60


class Indifferent:
    """A decoder whose cells do not depend on each other, all levels and intervals equally likely."""

    def __init__(self, schema: Schema, rows: Tensor) -> None:
        self.schema, self.rows = schema, rows

    def conditional(self, cells: Group) -> Joint:
        return Joint(tuple(Part(torch.tensor([j]), self._cell(place)) for j, place in enumerate(cells)))

    def _cell(self, place: int) -> Any:
        column, shape = self.schema.modelled[place], (len(self.rows), self.rows.shape[1], 1)
        if column.codes:
            drawn = torch.arange(column.codes) < column.codes - column.open
            return Levels(torch.zeros(*shape, column.codes), drawn[None])
        loc, scale = self.schema.loc[place], self.schema.scale[place]
        ends = (torch.tensor(column.support.bins, dtype=torch.float64).T - loc) / scale
        own = Intervals(ends[:1].float(), ends[1:].float(), torch.zeros(1), torch.ones(1))
        return Binned(torch.zeros(*shape, ends.shape[1] + 1), own)

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        pass


def chain(schema: Schema, order: list[int], known: Known | None = None) -> Chain:
    like = torch.zeros(1, ROWS, schema.size)
    groups = tuple((place,) for place in order)
    return Chain(lambda rows: Indifferent(schema, rows), groups, like, lambda: pytest.fail("not asked"), known)


def drawn(schema: Schema, seed: int, known: Known | None = None) -> np.ndarray[Any, Any]:
    order = np.random.default_rng(seed).permutation(schema.size).tolist()
    lawful = constrained(chain(schema, order, known), RowConstraints(schema, {}, torch.device("cpu")))
    return schema.to_user(lawful.sample(Noise(seed))[0])


def frame_of(schema: Schema, cells: np.ndarray[Any, Any]) -> pd.DataFrame:
    return build_frame(schema.columns, decode_cells(schema.columns, cells), "pandas")


@given(tables, st.integers(0, 10**6))
@settings(max_examples=6, deadline=None)
def test_rows_drawn_in_any_order_obey(rows: pd.DataFrame, seed: int) -> None:
    """Levels at once; numbers once float32 is rounded away, which moves no number by more than a thousandth."""
    schema = schema_of(rows)
    cells = drawn(schema, seed)
    found = completed(schema.columns, schema.constraints, cells)
    assert all(obeys(frame_of(schema, found), rows).values())
    levels = [place for place, column in enumerate(schema.modelled) if column.codes]
    assert (found[:, levels] == cells[:, levels]).all()
    step = np.array([max(column.spacing, 1e-3) for column in schema.modelled])
    assert (np.abs(found - cells) <= 5 * step).all()


@given(tables, st.integers(0, 10**6))
@settings(max_examples=6, deadline=None)
def test_missing_cells_drawn_beside_known_ones_obey(rows: pd.DataFrame, seed: int) -> None:
    schema, rng = schema_of(rows), np.random.default_rng(seed)
    cells = schema.encode(rows)[:ROWS]
    there = rng.random(cells.shape) < 0.5
    x = torch.tensor((cells - np.array(schema.loc)) / np.array(schema.scale), dtype=torch.float32)[None]
    found = np.where(there, cells, drawn(schema, seed, Known(x, torch.tensor(there, dtype=torch.float32)[None])))
    found = completed(schema.columns, schema.constraints, found, there)
    assert (found[there] == cells[there]).all()
    assert not broken_rows(schema.columns, schema.constraints, found)


def drawn_given(schema: Schema, order: list[str], given: dict[str, Tensor]) -> tuple[np.ndarray[Any, Any], Tensor]:
    """Some cells drawn in an order within what is given, (rows, cells), and the sum of their log shares, (rows,)."""
    names = [column.name for column in schema.modelled]
    own = {names.index(name): allowed for name, allowed in given.items()}
    rows, noise = torch.zeros(1, ROWS, schema.size), Noise(4)
    visible = ConstrainedCells(Indifferent(schema, rows), RowConstraints(schema, own, torch.device("cpu")), rows, noise)
    log_share = torch.zeros(ROWS)
    for place in (names.index(name) for name in order):
        cell, share = visible.restricted(place, own.get(place))
        value, log_share = cell.sample(noise), log_share + share[0]
        rows[..., place : place + 1] = value
        visible.reveal((place,), value, torch.ones_like(value))
    return schema.to_user(rows[0]), log_share


@given(tables, st.booleans())
@settings(max_examples=6, deadline=None)
def test_given_levels_are_drawn_beside_each_other_with_their_probability(rows: pd.DataFrame, turned: bool) -> None:
    """Also where most of the given cities lie in other countries; of the decoder all levels are equally likely."""
    schema = schema_of(rows)
    city, country = (next(c for c in schema.modelled if c.name == name) for name in ("city", "country"))
    home = dict(zip(rows.city, rows.country, strict=True))
    wanted = [level for i, level in enumerate(sorted(home)) if i % 3]
    land = home[wanted[0]]
    given = {
        "city": torch.tensor([level in wanted for level in city.levels] + [False]),
        "country": torch.tensor([level == land for level in country.levels] + [False]),
    }
    cells, log_share = drawn_given(schema, ["country", "city"] if turned else ["city", "country"], given)
    found = frame_of(schema, cells)
    assert found.city.isin([name for name in wanted if home[name] == land]).all()
    assert (found.country == land).all()
    both, there = sum(home[name] == land for name in wanted), sum(own == land for own in home.values())
    share = both / there / len(set(home.values())) if turned else both / len(home)
    torch.testing.assert_close(log_share.exp(), torch.full((ROWS,), share))


@given(tables)
@settings(max_examples=6, deadline=None)
def test_parts_of_several_given_totals_are_drawn_for_one_of_them(rows: pd.DataFrame) -> None:
    """So that the total follows from its parts in every row, though none of its values is likely."""
    schema = schema_of(rows)
    place = [column.name for column in schema.modelled].index("total")
    totals = np.quantile(rows.total, [0.3, 0.6], method="nearest")
    half = max(schema.modelled[place].spacing, 1e-6) / 2
    ends = torch.tensor([(total - half, total + half) for total in totals], dtype=torch.float64)
    given = {"total": (ends - schema.loc[place]) / schema.scale[place]}
    parts = [name for name in rows.columns if name.startswith("part ")]
    cells, log_share = drawn_given(schema, [*parts, "total"], given)
    possible = (log_share > ABSENT / 2).numpy()
    found = frame_of(schema, cells)[possible]
    assert possible.mean() > 0.3
    for total in totals:
        assert ((found.total - total).abs() < 1e-6).mean() > 0.15
    assert ((found[parts].sum(axis=1) - found.total).abs() < 0.6 * half * 2 * len(parts)).all()


def test_a_range_has_the_shares_of_the_intervals_and_their_probability() -> None:
    own = Intervals(torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 3.0]]), torch.zeros(1), torch.ones(1))
    whole = Binned(torch.log(torch.tensor([0.25, 0.75])).repeat(1, 2, 1, 1), own)
    whole = Binned(torch.cat([whole.logits, torch.full((1, 2, 1, 1), ABSENT)], -1), own)
    low, high = torch.tensor([0.5, 2.0]).reshape(1, 2, 1), torch.tensor([2.0, 2.0]).reshape(1, 2, 1)
    cell, log_share = within_range(whole, low, high)
    draws = torch.cat([cell.sample(Noise(i)) for i in range(2000)])
    assert log_share[0, 0].exp() == pytest.approx(0.25 * 0.5 + 0.75 * 0.5)
    assert (draws[:, 1] == 2).all()
    assert ((draws[:, 0] >= 0.5) & (draws[:, 0] <= 2)).all()
    assert (draws[:, 0] < 1).double().mean() == pytest.approx(0.25, abs=0.04)
