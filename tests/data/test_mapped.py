"""Rows that stay on the disk, and rows that are written as they come."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet.data.readers.idx import read_idx
from quintet.data.readers.memory_map import map_rows
from quintet.data.writers.npy_parts import write_parts

ROWS = np.arange(60, dtype=np.uint8).reshape(5, 3, 4)
IDX = struct.pack(">4i", 0x803, 5, 3, 4) + ROWS.tobytes()


@pytest.mark.parametrize("dtype", ["u1", ">f4", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_files_are_mapped(dtype: str, order: Any, tmp_path: Path) -> None:
    rows = np.asarray(ROWS.astype(dtype), order=order)
    np.save(tmp_path / "x.npy", rows)
    found = map_rows(tmp_path / "x.npy")
    assert isinstance(found, np.memmap)
    assert found.dtype == rows.dtype
    assert np.array_equal(found, rows)
    assert not found.flags.writeable


def test_idx_files_of_bytes_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "x-idx3-ubyte"
    path.write_bytes(IDX)
    found = map_rows(path)
    assert isinstance(found, np.memmap)
    assert np.array_equal(found, read_idx(path))


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(IDX),
        IDX[:-1],
        IDX + b"\0",
        IDX[:6],
        struct.pack(">4i", 0xC03, 5, 3, 4) + bytes(240),
        b"a,b\n1,2\n",
        b"\x93NUMPY\1\0 nonsense",
        b"\x89PNG",
    ],
    ids=["zipped", "cut", "surplus", "cut head", "wide numbers", "text", "damaged npy", "picture"],
)
def test_what_cannot_be_mapped_is_left_to_the_readers(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    assert map_rows(tmp_path / "x") is None


@pytest.mark.parametrize("rows", [np.zeros((0, 3)), np.zeros(4), np.zeros((2, 2), complex), np.array([["a", "b"]])])
def test_arrays_that_are_no_rows_are_left_to_the_readers(rows: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", rows)
    assert map_rows(tmp_path / "x.npy") is None


@pytest.mark.parametrize("dtype", ["u1", ">f8", "?"])
def test_rows_written_part_by_part_are_the_file_of_the_whole(dtype: str, tmp_path: Path) -> None:
    rows = np.asfortranarray(ROWS.astype(dtype))
    with open(tmp_path / "parts.npy", "wb") as file:
        assert write_parts(file, iter([rows[:2], rows[2:2], rows[2:]])) == 5
    np.save(tmp_path / "whole.npy", np.ascontiguousarray(rows))
    assert (tmp_path / "parts.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    with open(tmp_path / "none.npy", "wb") as file:
        assert write_parts(file, iter([rows[:0]])) == 0
    assert np.load(tmp_path / "none.npy").shape == (0, 3, 4)
