"""Rows as a stream of Arrow, and streams that would cost more memory than they have bytes."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from quintet.serving.bodies.arrow_body import read
from quintet.serving.bodies.arrow_message import is_compressed
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal
from tests.serving.test_json_body import images, table

LIMITS = Limits(rows=50, cells=5_000, value_bytes=100)


def stream(found: pa.Table, compression: str | None = None, rows: int = 7) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, found.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(found, max_chunksize=rows)
    return sink.getvalue()


def columns(n: int = 20) -> pa.Table:
    return pa.table({"place": pa.array(["a"] * n).dictionary_encode(), "price": np.arange(n) / 2, "age": [None] * n})


def refused(content: bytes, shape: Any, limits: Limits = LIMITS) -> Refusal:
    with pytest.raises(Refusal) as found:
        read(content, shape, limits)
    assert found.value.message.endswith(".")
    return found.value


def test_a_table_comes_as_it_is() -> None:
    found = read(stream(columns()), table(), LIMITS)
    assert found.count == 20
    assert found.rows.combine_chunks() == columns().combine_chunks()


def test_pictures_are_lists_of_their_cells() -> None:
    rows = np.arange(40, dtype=np.uint8).reshape(2, 4, 5)
    for flat in (pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), 20), pa.array(rows.reshape(2, 20).tolist())):
        found = read(stream(pa.table({"row": flat})), images(), LIMITS)
        assert found.rows.dtype == np.uint8
        np.testing.assert_array_equal(found.rows, rows)


def test_a_null_pixel_is_missing() -> None:
    cells: list[Any] = [*range(19), None]
    found = read(stream(pa.table({"row": [cells]})), images(), LIMITS)
    assert np.isnan(found.rows).sum() == 1


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_stream_that_is_cut_off_or_damaged_is_status_400(share: float) -> None:
    whole = stream(columns())
    assert refused(whole[: int(len(whole) * share)], table()).status in (400, 422)
    assert refused(b"PAR1" + whole, table()).status == 400


def test_random_damage_never_gets_through_as_another_error() -> None:
    whole, rng = stream(columns()), np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            content[place] = rng.integers(0, 256)
        with suppress(Refusal):
            assert read(bytes(content), table(), LIMITS).count > 0


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
@pytest.mark.parametrize("found", [columns(), pa.table({"price": np.zeros(20)})], ids=["with a dictionary", "plain"])
def test_compressed_buffers_are_refused_before_they_are_unpacked(compression: str, found: pa.Table) -> None:
    assert refused(stream(found, compression), table()).status == 415


def test_compression_is_read_from_the_metadata_of_each_message() -> None:
    for compression in (None, "zstd"):
        source = pa.BufferReader(stream(columns(), compression))
        kinds = []
        while True:
            try:
                message = pa.ipc.read_message(source)
            except EOFError:
                break
            kinds.append(message.type)
            wanted = compression is not None and message.type != "schema"
            assert is_compressed(message.metadata.to_pybytes(), message.type) == wanted
        assert {"schema", "dictionary", "record batch"} <= set(kinds)


@pytest.mark.parametrize("metadata", [b"", b"\xff" * 4, b"\x04\0\0\0" * 3, b"\xff\xff\xff\x7f" * 8])
def test_metadata_with_offsets_outside_is_refused(metadata: bytes) -> None:
    with pytest.raises(ValueError, match=r"outside the message|no batch"):
        is_compressed(metadata, "record batch")


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (pa.table({"price": pa.nulls(51)}), 413),
        (pa.table({f"c{i}": [1.0] for i in range(5_001)}), 413),
        (pa.table({"place": ["a" * 101]}), 413),
        (pa.table({"place": pa.array(["a" * 101] * 3).dictionary_encode()}), 413),
        (pa.table({"place": pa.array(["a"], pa.string_view())}), 422),
        (pa.table({"price": pa.RunEndEncodedArray.from_arrays([40], [1.0])}), 422),
        (pa.table({"price": pa.array([{"a": 1}])}), 422),
        (pa.table({"price": pa.array([b"bytes"])}), 422),
        (pa.table({"elsewhere": [1.0]}), 422),
        (pa.table({"price": pa.array([], pa.float64())}), 422),
    ],
)
def test_other_tables_are_refused(found: pa.Table, status: int) -> None:
    assert refused(stream(found, rows=100), table()).status == status


@pytest.mark.parametrize(
    "found",
    [
        pa.table({"row": [[1, 2]]}),
        pa.table({"row": [None, list(range(20))]}),
        pa.table({"row": ["text"]}),
        pa.table({"pixel": [1]}),
        pa.table({"row": [[[1] * 20]]}),
    ],
)
def test_other_pictures_are_refused(found: pa.Table) -> None:
    assert refused(stream(found), images()).status == 422
