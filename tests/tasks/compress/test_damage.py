"""A damaged block loses that block alone, a damaged header or index nothing; a file cut short keeps its blocks."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.codec.container.block_index import BlockEntry
from quintet.codec.container.layout import HEADER
from quintet.errors import FileRefused, InputError, QuintetWarning
from quintet.tasks.compress import compress, decompress, decompress_from, lost_rows
from tests.tasks.compress.models import blocks_of, digits, trained_digits

Array = np.ndarray[Any, Any]
X = digits()[0][1500:1516]


@cache
def whole() -> tuple[bytes, tuple[BlockEntry, ...]]:
    """A file of four blocks, and where they stand."""
    blob = compress(trained_digits(), X, block_rows=4)
    return blob, blocks_of(trained_digits(), blob).entries


def salvage(blob: bytes) -> tuple[Array, str]:
    """The rows that can be decoded, and the message on the others."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        rows = decompress(trained_digits(), blob, damaged="skip")
        parts = np.concatenate(list(decompress_from(trained_digits(), blob, damaged="skip")))
    assert np.array_equal(rows, parts)
    assert all(issubclass(warning.category, QuintetWarning) for warning in warned)
    return rows, str(warned[0].message) if warned else ""


def without(lost: list[slice]) -> Array:
    keep = np.ones(len(X), dtype=bool)
    for part in lost:
        keep[part] = False
    return X[keep]


def test_each_byte_of_a_block_loses_that_block_and_each_other_byte_loses_nothing() -> None:
    blob, entries = whole()
    for at in range(len(blob)):
        altered = blob[:at] + bytes([blob[at] ^ (1 + at % 255)]) + blob[at + 1 :]
        hit = [entry for entry in entries if entry.start <= at < entry.start + entry.length]
        assert lost_rows(trained_digits(), altered) == [slice(entry.first, entry.stop) for entry in hit]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_happens_to_a_file_no_wrong_row_comes_back(data: st.DataObject) -> None:
    """Bytes altered, cut out, put in, doubled: what comes back is right, in order, and all but what is named lost."""
    blob, f = bytearray(whole()[0]), trained_digits()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(blob)))
        stop = min(start + data.draw(st.integers(0, 200)), len(blob))
        blob[start:stop] = data.draw(st.one_of(st.binary(max_size=9), st.just(bytes(blob[start:stop]) * 2)))
    for how in ("refuse", "skip"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                back = decompress(f, bytes(blob), damaged=how)
                lost = lost_rows(f, bytes(blob))
        except FileRefused:
            continue
        assert np.array_equal(back, without(lost))
        assert how == "skip" or not lost


def test_a_damaged_block_is_refused_by_the_numbers_of_its_rows() -> None:
    blob, entries = whole()
    altered = bytearray(blob)
    altered[entries[1].start + 40] ^= 1
    with pytest.raises(FileRefused, match=r"checksum: rows 4 to 7 are lost; .*--skip-damaged"):
        decompress(trained_digits(), bytes(altered))
    rows, warned = salvage(bytes(altered))
    assert np.array_equal(rows, without([slice(4, 8)]))
    assert "rows 4 to 7 are lost" in warned
    assert np.array_equal(decompress(trained_digits(), bytes(altered), rows=slice(8, None)), X[8:])


@pytest.mark.parametrize("place", ["header", "index"])
def test_header_and_index_stand_in_for_each_other(place: str) -> None:
    blob, entries = whole()
    stop = entries[-1].start + entries[-1].length
    broken = bytes(HEADER) + blob[HEADER:] if place == "header" else blob[:stop] + bytes(len(blob) - stop)
    with pytest.raises(FileRefused, match="no row is lost"):
        decompress(trained_digits(), broken)
    rows, warned = salvage(broken)
    assert np.array_equal(rows, X)
    assert not warned
    first = bytearray(broken)
    first[entries[0].start : entries[0].start + 60] = bytes(60)
    assert np.array_equal(salvage(bytes(first))[0], X[4:])


@pytest.mark.parametrize("blocks", [0, 1, 2, 3, 4])
def test_a_file_cut_short_keeps_its_whole_blocks(blocks: int) -> None:
    blob, entries = whole()
    end = entries[blocks - 1].start + entries[blocks - 1].length if blocks else HEADER
    for cut in (end, end + 5):
        rows, warned = salvage(blob[:cut])
        assert np.array_equal(rows, X[: 4 * blocks])
        assert lost_rows(trained_digits(), blob[:cut]) == ([slice(4 * blocks, None)] if blocks < 4 else [])
        assert ("on are lost" in warned) == (blocks < 4)


def test_blocks_are_found_again_where_bytes_were_put_in_or_taken_out() -> None:
    blob, entries = whole()
    at = entries[1].start + 30
    for altered in (blob[:at] + b"some more" + blob[at:], blob[:at] + blob[at + 7 :]):
        assert np.array_equal(salvage(altered)[0], without([slice(4, 8)]))


def test_nothing_is_left() -> None:
    blob, entries = whole()
    stop = entries[-1].start + entries[-1].length
    for broken in (bytes(HEADER) + blob[HEADER:-9] + bytes(9), b"QNT\2" + bytes(300)):
        for how in ("refuse", "skip"):
            with pytest.raises(FileRefused, match=r"fetch it again|no compressed quintet file"):
                decompress(trained_digits(), broken, damaged=how)
    hollow = blob[:HEADER] + bytes(stop - HEADER) + blob[stop:]
    with pytest.raises(FileRefused, match="all rows are lost"):
        decompress(trained_digits(), hollow)
    assert salvage(hollow)[0].shape == (0, 8, 8)


def test_a_file_within_a_damaged_block_is_not_taken_for_the_file_s_own() -> None:
    """Rows of bytes may hold another file of the same model, as it is; its blocks do not begin as this file's do."""
    f = trained_digits()
    inner = compress(f, X[8:16], block_rows=2)
    noise = np.random.default_rng(0).integers(0, 256, (30, 8, 8)).astype(np.uint8)
    noise.reshape(-1)[640 : 640 + len(inner)] = np.frombuffer(inner, np.uint8)
    blob = compress(f, noise)
    assert inner in blob
    altered = bytearray(blob)
    altered[HEADER + 60] ^= 1
    altered[-1] ^= 1
    assert lost_rows(f, bytes(altered)) == [slice(0, None)]


def test_lossy_files_are_salvaged_too() -> None:
    f = trained_digits()
    blob = compress(f, X, lossy=True, block_rows=4)
    good = decompress(f, blob)
    archive = blocks_of(f, blob)
    altered = bytearray(blob)
    altered[archive.entries[2].start + 30] ^= 4
    with pytest.raises(FileRefused, match="rows 8 to 11"):
        decompress(f, bytes(altered))
    assert np.array_equal(salvage(bytes(altered))[0], np.delete(good, slice(8, 12), 0))


def test_the_way_to_treat_damage_is_known() -> None:
    with pytest.raises(InputError, match="damaged must be 'refuse' or 'skip'"):
        decompress(trained_digits(), whole()[0], damaged="mend")
