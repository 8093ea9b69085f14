"""Counts of tokens, against a count in plain Python."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.networks.token_corpus import hidden_rows, packed, unpacked
from quintet.networks.token_network import CountedTokens
from quintet.networks.token_statistics import BORDER, HIDDEN, TokenCounts

TOKENS, LONGEST = 3, 3
ROWS = hnp.arrays(np.int32, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(-1, TOKENS - 1))


def context(row: list[int], step: int, order: int) -> tuple[int, ...] | None:
    """The tokens before a step, None where one of them is hidden or lies before the border."""
    before = [BORDER, *row][max(0, step + 1 - order) : step + 1]
    return None if len(before) < order or HIDDEN in before else tuple(before)


def events(rows: np.ndarray, without: tuple[int, int] | None = None) -> list[list[tuple[tuple[int, ...] | None, int]]]:
    """For every order the context and the token of each step whose token is known."""
    steps = [(r, t) for r in range(rows.shape[0]) for t in range(rows.shape[1]) if rows[r, t] != HIDDEN]
    steps = [step for step in steps if step != without]
    return [[(context(rows[r].tolist(), t, order), int(rows[r, t])) for r, t in steps] for order in range(LONGEST + 2)]


def counted(rows: np.ndarray, asked: tuple[int, ...] | None, order: int, without: tuple[int, int] | None) -> list[int]:
    """How often each token follows a context; of shorter contexts after how many longer ones, and a step without a
    longer context counts by itself."""
    if asked is None:
        return [0] * TOKENS
    own, longer = events(rows, without)[order : order + 2]
    if order == LONGEST:
        found = Counter(token for before, token in own if before == asked)
        return [found[token] for token in range(TOKENS)]
    kinds: list[set[object]] = [set() for _ in range(TOKENS)]
    for number, ((before, token), (wider, _)) in enumerate(zip(own, longer, strict=True)):
        if before == asked:
            kinds[token].add(number if wider is None else wider)
    return [len(each) for each in kinds]


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS)
def test_counts_are_those_of_a_count_in_plain_python(rows: np.ndarray, new: np.ndarray) -> None:
    found = TokenCounts(rows, LONGEST).after(new, np.tile(np.arange(new.shape[1]), (len(new), 1)), TOKENS)
    for r in range(new.shape[0]):
        for step in range(new.shape[1]):
            for order in range(LONGEST + 1):
                asked = context(new[r].tolist(), step, order)
                assert found[r, step, order].tolist() == counted(rows, asked, order, None)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_counted_row_leaves_its_own_step_out(rows: np.ndarray) -> None:
    at = np.tile(np.arange(rows.shape[1]), (len(rows), 1))
    found = TokenCounts(rows, LONGEST).after(rows, at, TOKENS, rows)
    for r in range(rows.shape[0]):
        for step in range(rows.shape[1]):
            if rows[r, step] == HIDDEN:
                continue
            for order in range(LONGEST + 1):
                asked = context(rows[r].tolist(), step, order)
                assert found[r, step, order].tolist() == counted(rows, asked, order, (r, step))


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_rows_come_back_from_the_vector_that_a_file_keeps(rows: np.ndarray) -> None:
    whole = torch.from_numpy(rows)
    hidden = hidden_rows(torch.where(whole == HIDDEN, torch.nan, whole.float()), (whole != HIDDEN).float())
    assert torch.equal(hidden, whole)
    vector = packed(hidden).numpy()
    np.testing.assert_array_equal(unpacked(vector, rows.shape[1]), rows)


@pytest.mark.parametrize("vector", [[], [5], [-3, 1], [2, 0], [1, 0, 9, 0]])
def test_a_damaged_vector_gives_rows_all_the_same(vector: list[int]) -> None:
    rows = unpacked(np.array(vector, dtype=np.int32), 3)
    assert rows.shape[1] == 3


def test_probabilities_by_counts_sum_to_one_and_follow_the_longest_context() -> None:
    counts = torch.zeros(3, 3, 4)
    counts[0, 0] = torch.tensor([5.0, 3.0, 1.0, 0.0])
    counts[1] = counts[0]
    counts[1, 2, 3] = 50.0
    found = CountedTokens(3)(counts).exp()
    torch.testing.assert_close(found.sum(-1), torch.ones(3))
    torch.testing.assert_close(found[2], torch.full((4,), 0.25))  # nothing was counted
    assert found[0].argmax() == 0
    assert found[0, 3] > 0
    assert found[1, 3] > 0.9
