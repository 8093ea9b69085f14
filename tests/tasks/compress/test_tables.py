"""Law 7 for tables: a frame comes back cell for cell and type for type, whatever its columns hold."""

from __future__ import annotations

import contextlib
import io
import warnings
import zlib
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal as assert_polars_equal

from quintet.codec.container.layout import HEADER, TABLES
from quintet.codec.container.varints import ByteWriter
from quintet.data.columns.frames import read_frame
from quintet.data.columns.table import encode_frame, learn_columns
from quintet.data.plain.libraries import library_of
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError, QuintetWarning
from quintet.models.fitted import Fitted
from quintet.tasks.compress import compress, compress_to, decompress, decompress_from, lost_rows
from quintet.tasks.compress.tables.block import plain_table, to_frame
from quintet.tasks.compress.tables.cells import cells_of_frame
from quintet.tasks.compress.tables.payload import from_table_payload, to_table_payload
from tests.data.frames_of_all_kinds import arrow_table, pandas_frames, polars_frame, training_frame
from tests.tasks.compress.models import fitted_rows, sealed


@cache
def table_schema() -> Schema:
    frame = read_frame(training_frame())
    columns = learn_columns(frame)
    return Schema.of_columns(columns, frame.container, encode_frame(columns, frame))


@cache
def table_model(name: str = "a table", steps: int = 0) -> Fitted:
    return fitted_rows(table_schema(), cells_of_frame(table_schema(), training_frame()), steps=steps, name=name)


@cache
def forged_source() -> bytes:
    return compress(table_model(), training_frame()[:9])


def quietly(call: Any, *args: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        return call(*args, **options)


@settings(max_examples=60, deadline=None)
@given(pandas_frames())
def test_what_stands_beside_the_cells_brings_back_every_frame(frame: pd.DataFrame) -> None:
    schema, plain = table_schema(), library_of(frame).to_plain(frame)
    cells = quietly(cells_of_frame, schema, frame)
    back, _ = from_table_payload(schema.columns, to_table_payload(schema.columns, plain, cells), cells)
    assert back.digest(16) == plain.digest(16)
    pd.testing.assert_frame_equal(library_of(frame).from_plain(back), frame)


@settings(max_examples=5, deadline=None)
@given(pandas_frames())
def test_every_frame_comes_back_from_its_file(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(decompress(table_model(), quietly(compress, table_model(), frame)), frame)


def test_frames_of_other_libraries_come_back_as_frames_of_these() -> None:
    f, table = table_model(), arrow_table()
    assert_polars_equal(decompress(f, quietly(compress, f, polars_frame())), polars_frame())
    back = decompress(f, quietly(compress, f, table))
    assert back.schema.equals(table.schema, check_metadata=True)
    assert str(back.to_pylist()) == str(table.to_pylist())
    rows = training_frame().astype(object).to_numpy()[:5]
    assert repr(decompress(f, quietly(compress, f, rows))) == repr(rows)


def test_a_column_whose_values_are_all_given_back_costs_a_flag() -> None:
    schema, frame = table_schema(), training_frame().drop(columns=["note", "hollow"])
    cells = quietly(cells_of_frame, schema, frame)
    payload = to_table_payload(schema.columns, library_of(frame).to_plain(frame), cells)
    _, sizes = from_table_payload(schema.columns, payload, cells)
    assert not any(size.size for size in sizes if size.name), "columns with a cell take no bytes"
    twice = pd.concat([frame] * 20, ignore_index=True)
    cells = quietly(cells_of_frame, schema, twice)
    more = to_table_payload(schema.columns, library_of(twice).to_plain(twice), cells)
    assert len(more) <= len(payload) + 8


def test_blocks_rows_and_streams() -> None:
    f, frame = table_model(), training_frame()
    frame.index = pd.date_range("2020-01-01", periods=len(frame), freq="D", name="day")
    blob = compress(f, frame, block_rows=16)
    pd.testing.assert_frame_equal(decompress(f, blob), frame)
    pd.testing.assert_frame_equal(decompress(f, blob, rows=slice(10, 50, 3)), frame.iloc[10:50:3], check_freq=False)
    pd.testing.assert_frame_equal(decompress(f, blob, rows=[40, 3, 17]), frame.iloc[[40, 3, 17]])
    file = io.BytesIO()
    pieces = (frame.iloc[i : i + 7] for i in range(0, len(frame), 7))
    assert compress_to(f, file, pieces, block_rows=16) == len(frame)
    parts = list(decompress_from(f, file.getvalue(), rows=slice(5, 40)))
    assert len(parts) == 3
    pd.testing.assert_frame_equal(pd.concat(parts), frame.iloc[5:40], check_freq=False)
    pd.testing.assert_frame_equal(decompress(f, blob, rows=slice(9, 9)), frame[:0], check_freq=False)


def test_an_empty_frame_comes_back_with_its_columns() -> None:
    f, frame = table_model(), training_frame()[["note", "grade", "size"]][:0]
    blob = quietly(compress, f, frame)
    pd.testing.assert_frame_equal(decompress(f, blob), frame)
    assert [len(part) for part in decompress_from(f, blob)] == [0]
    assert_polars_equal(decompress(f, quietly(compress, f, polars_frame()[:0])), polars_frame()[:0])
    pieces = iter([frame, frame])
    assert quietly(compress_to, f, io.BytesIO(), pieces) == 0
    assert not len(decompress(f, compress(f, training_frame()[:0], lossy=True)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_forged_file_is_refused_or_gives_the_frame(data: st.DataObject) -> None:
    """Whoever forges the checksums, too, gets a sentence, or the digest of the content refuses the frame."""
    f, blob = table_model(), forged_source()
    forged = sealed(f, blob, data.draw(st.integers(HEADER, len(blob) - 1)), data.draw(st.integers(0, 255)))
    try:
        back = decompress(f, forged)
    except FileRefused:
        return
    pd.testing.assert_frame_equal(back, training_frame()[: len(back)])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_forged_structure_reaches_no_other_error(data: st.DataObject) -> None:
    """The bytes beside the cells, altered at will: a sentence or some frame, in little memory."""
    schema, frame = table_schema(), training_frame()
    cells = cells_of_frame(schema, frame)
    rest = bytearray(to_table_payload(schema.columns, library_of(frame).to_plain(frame), cells))
    if data.draw(st.booleans()):
        structure = library_of(frame).to_plain(frame).structure()
        at, other = data.draw(st.integers(0, len(structure) - 1)), data.draw(st.text(min_size=1, max_size=3))
        out, inner = ByteWriter(), ByteWriter()
        inner.blob((structure[:at] + other + structure[at + 1 :]).encode("utf-8", "surrogatepass"))
        inner.blob(bytes(100))
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        out.varint(len(inner.data))
        out.blob(packer.compress(bytes(inner.data)) + packer.flush())
        rest[:] = out.data + bytes(400)
    else:
        rest[data.draw(st.integers(0, len(rest) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FileRefused), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        to_frame(plain_table(schema, bytes(rest), cells)[0])


def test_the_kept_rows_of_a_damaged_file_come_back() -> None:
    f, frame = table_model(), training_frame()
    blob = bytearray(compress(f, frame, block_rows=20))
    blob[len(blob) // 2] ^= 1
    with pytest.raises(FileRefused, match="rows 20 to 39 are lost"):
        decompress(f, bytes(blob))
    assert lost_rows(f, bytes(blob)) == [slice(20, 40)]
    with pytest.warns(QuintetWarning, match="rows 20 to 39"):
        back = decompress(f, bytes(blob), damaged="skip")
    pd.testing.assert_frame_equal(back, frame.drop(index=range(20, 40)))


def test_files_of_tables_have_a_version_of_their_own_and_need_their_model() -> None:
    frame = training_frame()
    blob = compress(table_model(), frame[:5])
    assert blob[3] == TABLES > 3
    with pytest.raises(FileRefused, match="decompress it with the model that compressed it"):
        decompress(table_model("another"), blob)
    for at in range(HEADER, len(blob), 7):
        with pytest.raises(FileRefused):
            decompress(table_model(), blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :])


def test_bad_rows_are_refused_in_a_sentence_and_odd_columns_kept_with_a_warning() -> None:
    f, frame = table_model(), training_frame()[:4]
    with pytest.raises(InputError, match="must have the columns of training"):
        compress(f, pd.DataFrame({"other": [1, 2]}))
    with pytest.raises(InputError, match="must hold numbers, text, True/False or times"):
        compress(f, frame.assign(note=[{1}, [2], 3, 4]))
    with pytest.raises(InputError, match="one library"):
        compress_to(f, io.BytesIO(), iter([frame, polars_frame()]))
    with pytest.raises(InputError, match="same columns"):
        compress_to(f, io.BytesIO(), iter([frame, frame[["size"]]]))
    odd = frame.assign(size=["many", "few", "1", None])
    with pytest.warns(QuintetWarning, match="the column is kept verbatim"):
        pd.testing.assert_frame_equal(decompress(f, compress(f, odd)), odd)
    with pytest.warns(QuintetWarning, match="lack"):
        pd.testing.assert_frame_equal(decompress(f, compress(f, frame[["note", "size"]])), frame[["note", "size"]])
    infinite = frame.assign(price=[np.inf, -np.inf, -0.0, 1e300])
    pd.testing.assert_frame_equal(decompress(f, compress(f, infinite)), infinite)


def test_a_lossy_file_of_a_table_gives_legal_values() -> None:
    f, frame = table_model(), training_frame()
    back = decompress(f, compress(f, frame, lossy=True))
    assert set(back["colour"]) <= {"red", "green", "blue"}
    assert back["size"].dtype == np.int64
    assert list(back.columns) == list(frame.columns)
