"""The code of a mask: any mask comes back, and one of columns that are missing together costs that of one column."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.codec.entropy.mask_code import read_mask, write_mask
from quintet.errors import FileRefused


def written(mask: np.ndarray) -> bytes:
    out = ByteWriter()
    write_mask(out, mask)
    return bytes(out.data)


@settings(max_examples=100, deadline=None)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)))
def test_any_mask_comes_back(mask: np.ndarray) -> None:
    content = written(mask)
    source = ByteReader(content + b"rest")
    assert np.array_equal(read_mask(source, *mask.shape), mask)
    assert source.rest() == b"rest"


def test_it_takes_the_entropy_and_columns_that_are_missing_together_share_it() -> None:
    rng = np.random.default_rng(0)
    one = rng.random(20_000) < 0.06
    alone, together = written(one[:, None]), written(np.stack([one, ~one, one, one], 1))
    entropy = -len(one) * sum(p * np.log2(p) for p in (one.mean(), 1 - one.mean())) / 8
    assert len(alone) < 1.01 * entropy + 16
    assert len(together) < len(alone) + 40
    assert written(np.zeros((100, 9), bool)) == b"\0"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.integers(1, 20), st.integers(1, 5))
def test_forged_bytes_are_refused_or_some_mask(content: bytes, rows: int, cells: int) -> None:
    with contextlib.suppress(FileRefused):
        assert read_mask(ByteReader(content), rows, cells).shape == (rows, cells)


def test_a_column_cannot_depend_on_a_later_one() -> None:
    with pytest.raises(FileRefused, match="no version writes"):
        read_mask(ByteReader(bytes([1, 1, 2, 5, 5, 0])), 3, 4)
