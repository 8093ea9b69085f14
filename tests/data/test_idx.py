"""idx files: what an independent writer wrote is read back, and what is not whole is refused."""

import gzip
import re
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.data.readers.idx import TYPES, looks_like_idx, read_idx
from quintet.errors import FileRefused


def as_idx(array: np.ndarray) -> bytes:
    code = next(code for code, name in TYPES.items() if np.dtype(name) == array.dtype.newbyteorder(">"))
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


arrays = st.sampled_from(list(TYPES.values())).flatmap(
    lambda name: hnp.arrays(
        np.dtype(name).newbyteorder("="), hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)
    )
)


@given(array=arrays, zipped=st.booleans())
def test_round_trip(tmp_path_factory, array, zipped):
    content = as_idx(array)
    path = tmp_path_factory.mktemp("idx") / "rows"
    path.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    found = read_idx(path)
    assert looks_like_idx(path)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()


@given(content=st.binary(max_size=40))
def test_any_other_bytes_are_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("idx") / "rows"
    path.write_bytes(content)
    if content[:3] == bytes([0, 0, 8]) and content[3:4] == b"\1":
        return  # may be whole: the test above has those
    with pytest.raises(FileRefused, match=re.escape(str(path))):
        read_idx(path)


def test_pixels_can_be_written_to(tmp_path):
    (tmp_path / "rows").write_bytes(as_idx(np.zeros((2, 3), dtype=np.uint8)))
    read_idx(tmp_path / "rows")[:] = 1


def test_a_lying_header_reserves_no_memory(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(bytes([0, 0, 0x0E, 4]) + struct.pack(">4I", *[2**32 - 1] * 4) + b"few")
    with pytest.raises(FileRefused, match="got only 3"):
        read_idx(path)
