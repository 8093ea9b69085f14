"""Chunks of rows: their size follows the rows' length, and an answer does not depend on the rows beside it."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from quintet.data.dataset import Batch, Rows
from quintet.inference.chunks import LEAST_ROWS, in_chunks, rows_at_a_time

SIZES = st.integers(1, 4096)


def rows_of(count: int, cells: int) -> Rows:
    return Rows(torch.arange(count * cells, dtype=torch.float32).reshape(count, cells), None, None)


@given(SIZES, st.integers(1, 10**6))
def test_chunks_are_at_most_the_option_and_shorter_for_long_rows(batch_rows: int, cells: int) -> None:
    size = rows_at_a_time(batch_rows, cells)
    assert min(batch_rows, LEAST_ROWS) <= size <= batch_rows
    assert size == batch_rows or size * cells <= max(2**16, LEAST_ROWS * cells)
    assert rows_at_a_time(batch_rows, cells + 1) <= size


@given(st.integers(1, 80), st.integers(1, 5000))
def test_every_chunk_of_a_question_has_the_size_that_its_rows_call_for(count: int, cells: int) -> None:
    seen: list[int] = []

    def answer(batch: Batch, start: int) -> dict[str, Tensor]:
        seen.append(len(batch))
        return {"first": batch.x[:, 0]}

    found = in_chunks(answer, rows_of(count, cells), batch_rows=256)["first"]
    assert found.tolist() == [cells * row for row in range(count)]
    assert set(seen) == {rows_at_a_time(256, cells)}, "a row's result depends on the number of rows"
    seen.clear()
    in_chunks(answer, rows_of(count, cells), batch_rows=50, sequential=True)
    assert set(seen) == {50}
