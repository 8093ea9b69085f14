"""Each row once an epoch, in an order that its key alone decides, whatever the sizes of shards, windows and batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from quintet.data.large.shard_order import ShardOrder
from quintet.training.loader import order

SIZES = {
    "rows": st.integers(1, 300),
    "shard": st.integers(1, 40),
    "window": st.integers(1, 12),
    "batch": st.integers(1, 70),
    "seed": st.integers(0, 2**32 - 1),
}


@given(**SIZES)
def test_each_row_is_seen_exactly_once_an_epoch(rows: int, shard: int, window: int, batch: int, seed: int) -> None:
    made = ShardOrder(rows, shard, window, [seed, 0, 1])
    batches = [made[start : start + batch] for start in range(0, rows, batch)]
    assert sorted(torch.cat(batches).tolist()) == list(range(rows))
    assert [len(one) for one in batches[:-1]] == [batch] * (len(batches) - 1)


@given(**SIZES, place=st.floats(0, 1))
def test_any_part_is_found_again_without_what_came_before(
    rows: int, shard: int, window: int, batch: int, seed: int, place: float
) -> None:
    key = [seed, 0, 1]
    whole = ShardOrder(rows, shard, window, key)[0:rows]
    start = int(place * (rows - 1))
    assert torch.equal(ShardOrder(rows, shard, window, key)[start : start + batch], whole[start : start + batch])


@given(rows=st.integers(1, 200), shard=st.integers(1, 40), epoch=st.integers(0, 5))
def test_rows_of_one_window_have_the_order_of_rows_in_memory(rows: int, shard: int, epoch: int) -> None:
    made = ShardOrder(rows, shard, -(-rows // shard), [7, 0, 1, epoch])
    assert torch.equal(made[0:rows], order(rows, 7, 1, epoch))


def test_a_window_holds_whole_shards_from_random_places() -> None:
    made = ShardOrder(1000, 10, 5, [3, 0, 0, 0])
    windows = [made[start : start + 50].numpy() for start in range(0, 1000, 50)]
    shards = [np.unique(window // 10) for window in windows]
    assert all(len(found) == 5 for found in shards)
    assert sum((np.diff(found) == 1).all() for found in shards) == 0  # not neighbours, as they lie in the file
    assert any((np.diff(window) < 0).any() for window in windows)


@pytest.mark.parametrize("other", [[4, 0, 0, 0], [3, 0, 1, 0], [3, 0, 0, 1]])
def test_seed_stage_and_epoch_each_change_the_order(other: list[int]) -> None:
    assert not torch.equal(ShardOrder(1000, 10, 5, [3, 0, 0, 0])[0:1000], ShardOrder(1000, 10, 5, other)[0:1000])
