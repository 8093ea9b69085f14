"""Corrections by sums: in a row that breaks one the odds say which member is damaged, the others what it should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.constraints.learn import learn_constraints, read_constraints
from quintet.data.schema import Schema
from quintet.tasks.correct.correct import Corrections
from quintet.tasks.correct.explanations import KINDS
from quintet.tasks.correct.known_sums import with_sums

LAWS = [
    {"type": "sum", "total": "total", "parts": ["net", "tax"]},
    {"type": "sum", "total": "all", "parts": ["small", "large"]},
]


def invoices(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"net": rng.gamma(3, 30, rows) + 5, "tax": rng.gamma(2, 3, rows) + 1}).round(2)
    frame["total"] = (frame.net + frame.tax).round(2)
    frame["small"], frame["large"] = rng.poisson(20, rows) + 12, rng.integers(10**9, 10**9 + 5000, rows)
    frame["all"] = frame.small + frame.large
    frame["free"] = rng.normal(size=rows).round(3)
    return frame


READ = read_frame(invoices())
COLUMNS = learn_columns(READ)
CELLS = encode_frame(COLUMNS, READ)
SCHEMA = Schema.of_columns(
    COLUMNS, READ.container, CELLS, constraints=learn_constraints(COLUMNS, CELLS, read_constraints(LAWS))
)
NAMES = list(invoices().columns)
SUMS = [["net", "tax", "total"], ["small", "large", "all"]]


def found(odds: Any) -> Corrections:
    """Corrections of a model that suggests 0 everywhere."""
    log_odds = torch.as_tensor(np.broadcast_to(odds, CELLS.shape).copy(), dtype=torch.float32)
    damage = torch.full(CELLS.shape, KINDS.index("digits"))
    return Corrections(log_odds, damage, torch.zeros(CELLS.shape), torch.ones(len(KINDS)))


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_the_member_that_the_odds_name_gets_what_the_others_leave_to_it(seed: int) -> None:
    """And rows whose sums hold, cells without a sum and members that are missing are left as they were."""
    rng = np.random.default_rng(seed)
    cells, odds, damaged = CELLS.copy(), np.full(CELLS.shape, -3.0), np.zeros(CELLS.shape, dtype=bool)
    for row in range(0, len(cells), 3):
        place = NAMES.index(rng.choice(SUMS[rng.integers(2)]))
        cells[row, place] = round(cells[row, place] + rng.integers(1, 500), 2)
        odds[row, place], damaged[row, place] = rng.uniform(3, 8), True
    cells[:15, [NAMES.index("net"), NAMES.index("small")]], damaged[:15] = np.nan, False
    before = found(odds)
    after, right = with_sums(SCHEMA, cells, before)
    np.testing.assert_allclose(right[damaged], CELLS[damaged], rtol=1e-12)
    untouched = ~damaged.any(1)
    assert ((after.log_odds.numpy() > 0)[~untouched] == damaged[~untouched]).all()
    assert (after.log_odds.numpy()[untouched] == before.log_odds.numpy()[untouched]).all()
    assert (after.damage.numpy()[~damaged] == before.damage.numpy()[~damaged]).all()
    assert (right[untouched] == SCHEMA.to_user(before.right)[untouched]).all()


DAMAGE: dict[str, tuple[str, Any, str]] = {
    "ten times the total": ("total", lambda v: round(v * 10, 2), "units"),
    "a hundredth of a part, rounded": ("net", lambda v: round(v / 100, 2), "units"),
    "a wrong digit": ("large", lambda v: v + 300 if v % 1000 < 700 else v - 300, "digits"),
    "another number": ("all", lambda v: v + 12_345, "replaced"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_named_and_a_factor_decides_between_equal_odds(case: str) -> None:
    name, typed, kind = DAMAGE[case]
    place = NAMES.index(name)
    cells, odds = CELLS.copy(), np.full(CELLS.shape, -3.0)
    cells[5, place] = typed(cells[5, place])
    odds[5, place] += 3 * (kind != "units")
    after, right = with_sums(SCHEMA, cells, found(odds))
    assert KINDS[int(after.damage[5, place])] == kind
    assert right[5, place] == CELLS[5, place]
    assert float(after.log_odds[5, place]) > 1
    assert (np.delete(after.log_odds.numpy(), place, 1) < 0).all()


def test_a_total_and_a_part_that_are_both_damaged_add_up_once_repaired() -> None:
    cells, odds = CELLS.copy(), np.full(CELLS.shape, -3.0)
    places = [NAMES.index(name) for name in SUMS[0]]
    cells[0, places] = cells[0, places[0]] * 10, cells[0, places[1]], cells[0, places[2]] * 100
    odds[0, [places[0], places[2]]] = 5.0
    _, right = with_sums(SCHEMA, cells, found(odds))
    assert round(right[0, places[0]], 2) + cells[0, places[1]] == pytest.approx(right[0, places[2]], abs=1e-6)


def test_a_part_that_would_have_to_be_negative_is_not_the_damaged_one() -> None:
    cells, odds = CELLS.copy(), np.full(CELLS.shape, -3.0)
    tax, total = NAMES.index("tax"), NAMES.index("total")
    cells[0, total] = 2.0  # less than either part
    odds[0, tax] = 0.0
    after, right = with_sums(SCHEMA, cells, found(odds))
    assert right[0, total] == CELLS[0, total]
    assert after.log_odds[0].argmax() == total
