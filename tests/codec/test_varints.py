"""Numbers, byte strings and the plan of a block's groups are read back as they were written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.codec.container.packing import pack, unpack
from quintet.codec.container.row_groups import GroupPlan
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.errors import FileRefused


@given(st.lists(st.integers(0, 2**70 - 1)), st.lists(st.integers(-(2**69), 2**69 - 1)))
def test_numbers_come_back(whole: list[int], signed: list[int]) -> None:
    out = ByteWriter()
    for number in whole:
        out.varint(number)
    for number in signed:
        out.signed(number)
    source = ByteReader(bytes(out.data))
    assert [source.varint() for _ in whole] == whole
    assert [source.signed() for _ in signed] == signed
    with pytest.raises(FileRefused):
        source.varint()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 30))
def test_packed_bytes_come_back(content: bytes, times: int) -> None:
    packed = pack(content * times)
    assert unpack(packed, len(content) * times) == content * times
    assert len(packed) <= len(content) * times + 1
    with pytest.raises(FileRefused):
        unpack(packed, len(content) * times + 1)


def test_a_plan_comes_back() -> None:
    escaped = np.zeros(21, dtype=bool)
    escaped[[3, 20]] = True
    plan, out = GroupPlan(21, [0, 2, 4], [0, 3, 0], escaped), ByteWriter()
    plan.write(out)
    again = GroupPlan.read(ByteReader(bytes(out.data)), 21, 64)
    assert [(list(rows), salt) for rows, salt in again.groups()] == [(list(rows), salt) for rows, salt in plan.groups()]
    assert [rows.tolist() for rows, _ in plan.groups()] == [[0], [1, 2, 4], list(range(5, 20))]
