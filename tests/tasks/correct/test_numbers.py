"""Candidates of a number: whatever was typed wrong, the right number is among them, and the typed one is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.schema import Schema
from quintet.tasks.correct.numbers import Candidates, NumberCells, exchanged, other_units, wrong_digits

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "age": RNG.integers(17, 90, 200),
        "weight": RNG.normal(70, 12, 200).round(1),
        "ratio": RNG.random(200) * 1e-3,
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 300, 200), unit="D"),
    }
)
FRAME = read_frame(TABLE)
COLUMNS = learn_columns(FRAME)
SCHEMA = Schema.of_columns(COLUMNS, FRAME.container, encode_frame(COLUMNS, FRAME))
CELLS = NumberCells.of(SCHEMA, range(4))
AGE, WEIGHT, RATIO, DAY = range(4)


def row(**values: float) -> torch.Tensor:
    """One row of cells in the model's units, with the numbers that are given."""
    usual = torch.tensor([[40.0, 70.0, 5e-4, 0.0]], dtype=torch.float64)
    for name, value in values.items():
        usual[0, ["age", "weight", "ratio", "day"].index(name)] = value
    return ((usual - CELLS.loc) / CELLS.scale).float()


def numbers(found: Candidates, cell: int) -> list[float]:
    """The candidates of a cell in the user's units."""
    there = torch.isfinite(found.log_prob[:, 0, cell].expand(len(found.x)))
    return CELLS.value(found.x)[:, 0, cell][there].tolist()


def has(values: list[float], wanted: float) -> bool:
    return bool(np.isclose(values, wanted, rtol=1e-4, atol=1e-9).any())


@settings(max_examples=40, deadline=None)
@given(st.integers(10, 99), st.integers(0, 1), st.integers(0, 9))
def test_a_number_with_one_digit_changed_has_the_right_one_as_a_candidate(age: int, place: int, digit: int) -> None:
    typed = age + (digit - age // 10**place % 10) * 10**place
    assume(typed != age)
    found = numbers(wrong_digits(CELLS, row(age=typed)), AGE)
    assert has(found, age)
    assert not has(found, typed)
    assert all(value == round(value) for value in found)


@settings(max_examples=20, deadline=None)
@given(st.integers(10, 99))
def test_transposed_digits_are_a_candidate(age: int) -> None:
    typed = age % 10 * 10 + age // 10
    assume(typed != age)
    assert has(numbers(wrong_digits(CELLS, row(age=typed)), AGE), age)
    assert has(numbers(wrong_digits(CELLS, row(weight=typed + 0.5)), WEIGHT), age + 0.5)


@settings(max_examples=30, deadline=None)
@given(st.integers(17, 90), st.sampled_from([10, 100, 1000]))
def test_a_number_in_other_units_has_the_right_one_as_a_candidate(age: int, factor: int) -> None:
    assert has(numbers(other_units(CELLS, row(age=age * factor)), AGE), age)
    assert has(numbers(other_units(CELLS, row(weight=(age + 0.3) * factor)), WEIGHT), age + 0.3)
    assert has(numbers(other_units(CELLS, row(ratio=age * 1e-5 * factor)), RATIO), age * 1e-5)


def test_candidates_are_possible_numbers_of_their_column() -> None:
    """A tenth of 35 years is no age; dates are neither scaled nor mistyped digit by digit."""
    x = row(age=35)
    np.testing.assert_allclose(numbers(other_units(CELLS, x), AGE), [350, 3500, 35000], rtol=1e-6)
    for find in (other_units, wrong_digits):
        assert numbers(find(CELLS, x), DAY) == []
    assert numbers(other_units(CELLS, row(age=0)), AGE) == []


def test_probabilities_of_typing_errors_sum_to_at_most_one() -> None:
    for value in (7, 35, 66, 120):
        for find in (other_units, wrong_digits):
            total = find(CELLS, row(age=value, weight=value)).log_prob.exp().sum(0)
            assert (total[0, [AGE, WEIGHT]] <= 1 + 1e-6).all()


def test_cells_of_other_columns_are_exchanged_where_both_are_possible_there() -> None:
    whole, broken = row(age=70, weight=35.0), row(age=70, weight=35.5)
    observed = torch.ones(1, 4, dtype=torch.bool)
    assert has(numbers(exchanged(CELLS, whole, observed), AGE), 35)
    assert has(numbers(exchanged(CELLS, whole, observed), WEIGHT), 70)
    assert not has(numbers(exchanged(CELLS, broken, observed), AGE), 35.5)  # no age
    observed[0, WEIGHT] = False
    assert not has(numbers(exchanged(CELLS, whole, observed), AGE), 35)
