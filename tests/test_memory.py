"""What does not fit into memory is refused before it is made, and what is held together is counted together."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.numerics import memory


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_an_answer_takes_no_more_bytes_a_cell_than_are_counted(dtype: type) -> None:
    rows = np.random.default_rng(0).integers(0, 9, (50, 20)).astype(dtype) * dtype(1)
    schema = Schema.infer(rows + dtype(0.5) if dtype is not np.uint8 else rows)
    answer = torch.zeros(20_000, *schema.shape)  # not seen by tracemalloc, 4 bytes a cell
    tracemalloc.start()
    given = schema.to_user(answer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert given.dtype == dtype
    assert 4 + peak / answer.numel() < 1.05 * memory.CELL


@pytest.mark.parametrize(("limit", "most"), [("5000\n", 50), ("max\n", 100), ("9223372036854771712\n", 100)])
def test_a_container_s_limit_counts_where_it_is_the_smaller(
    limit: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr(memory, "LIMITS", (tmp_path / "memory.max", tmp_path / "none"))
    monkeypatch.setattr(memory, "_physical", lambda: 10_000)
    memory.hold_room("n", most, 100, "ask for fewer")
    with pytest.raises(InputError, match=f"n must be at most {most}"):
        memory.hold_room("n", most + 1, 100, "ask for fewer")
