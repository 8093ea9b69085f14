"""Blocks: the same rows whatever they are cut into, any of them alone, in the memory of two."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError
from quintet.tasks.compress import compress, compress_to, decompress, decompress_from
from quintet.tasks.compress.row_blocks import ConditionedRows, cut
from tests.tasks.compress.models import TRAINING, blocks_of, digits, fitted, model, takers, trained_digits

Array = np.ndarray[Any, Any]


def lengths(f: Any, blob: bytes) -> list[int]:
    return [entry.rows for entry in blocks_of(f, blob).entries]


@pytest.mark.parametrize(("variant", "data"), {variant: data for data, variant in takers()}.items())
def test_every_variant_brings_back_blocks_and_rows_of_them(variant: str, data: str) -> None:
    f, X = model(data, variant), TRAINING[data]
    blob = compress(f, X, block_rows=8, effort="low")
    assert lengths(f, blob)[:2] == [8, 8]
    assert decompress(f, blob).tobytes() == X.tobytes()
    assert decompress(f, blob, rows=slice(6, 17, 5)).tobytes() == X[6:17:5].tobytes()
    assert len(blob) <= X.nbytes + 64 + 40 * (len(lengths(f, blob)) - 1)
    lossy = compress(f, X, lossy=True, block_rows=8, effort="low")
    assert np.array_equal(decompress(f, lossy, rows=[17, 2]), decompress(f, lossy)[[17, 2]])


@cache
def cut_into(length: int, lossy: float | bool) -> tuple[bytes, Array]:
    """A file of thirty rows in blocks of some length, and what it gives as a whole."""
    blob = compress(trained_digits(), digits()[0][1500:1530], lossy=lossy, block_rows=length, effort="low")
    return blob, decompress(trained_digits(), blob)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_rows_are_those_of_the_whole(data: st.DataObject) -> None:
    f = trained_digits()
    blob, whole = cut_into(data.draw(st.sampled_from([4, 7, 29, 100])), data.draw(st.sampled_from([False, 0.5])))
    number = st.integers(-30, 29)
    rows = data.draw(
        st.one_of(
            st.slices(30),
            st.lists(number, max_size=5),
            st.lists(number, max_size=5).map(np.array),
            st.lists(st.booleans(), min_size=30, max_size=30).map(np.array),
        )
    )
    selected = rows if isinstance(rows, slice) else np.array(rows, dtype=None if len(rows) else np.int64)
    found = decompress(f, blob, rows=rows)
    assert found.dtype == whole.dtype
    assert np.array_equal(found, whole[selected])
    if isinstance(rows, slice) and (rows.step or 1) > 0:
        assert np.array_equal(np.concatenate(list(decompress_from(f, blob, rows=rows))), found)


def test_only_the_blocks_that_hold_the_rows_are_decoded() -> None:
    f, X = trained_digits(), digits()[0][1500:1540]
    blob = bytearray(compress(f, X, block_rows=10))
    archive = blocks_of(f, bytes(blob))
    for entry in (archive.entries[0], archive.entries[2]):
        blob[entry.start + entry.length // 2] ^= 1
    reported: list[tuple[int, int]] = []
    found = decompress(f, bytes(blob), rows=[31, 12], progress=lambda what, done, total: reported.append((done, total)))
    assert np.array_equal(found, X[[31, 12]])
    assert reported[-1] == (20, 20)
    with pytest.raises(FileRefused, match=r"rows 0 to 9 and 20 to 29 are lost"):
        decompress(f, bytes(blob), rows=[25])


@pytest.mark.parametrize(
    "rows", [[30], [-31], [0.5], "all", [[1, 2]], np.ones(29, bool), slice(0, 5, 0), slice("a"), 3]
)
def test_rows_that_are_not_there_are_refused(rows: Any) -> None:
    f = trained_digits()
    blob = compress(f, digits()[0][:30], effort="low")
    with pytest.raises(InputError, match=r"rows(=| must be)"):
        decompress(f, blob, rows=rows)


def test_a_stream_only_goes_forward() -> None:
    blob = compress(trained_digits(), digits()[0][:5], effort="low")
    for rows in (slice(None, None, -1), [0, 1]):
        with pytest.raises(InputError, match="forward"):
            next(decompress_from(trained_digits(), blob, rows=rows))  # type: ignore[arg-type]


@pytest.mark.parametrize("sizes", [[50], [1] * 50, [13, 0, 36, 1], [0, 50]])
def test_batches_of_any_lengths_make_the_file_of_the_whole(sizes: list[int], tmp_path: Path) -> None:
    f, X = trained_digits(), digits()[0][1500:1550]
    batches = np.split(X, np.cumsum(sizes)[:-1])
    path = tmp_path / "x.qnt"
    assert compress_to(f, path, iter(batches), block_rows=16) == 50
    assert path.read_bytes() == compress(f, X, block_rows=16)
    assert np.array_equal(np.concatenate(list(decompress_from(f, path))), X)
    assert [len(part) for part in decompress_from(f, path)] == [16, 16, 16, 2]


class Pipe:
    """What can be written to, and nothing else."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, content: bytes) -> int:
        self.content += content
        return len(content)


def test_no_more_than_two_blocks_are_held() -> None:
    f, X = trained_digits(), digits()[0][1500:1580]
    pipe, ahead, read = Pipe(), [], 0

    def batches() -> Iterator[Array]:
        nonlocal read
        for start in range(0, 80, 5):
            archived = pipe.content.count(pipe.content[13:17]) - 1 if pipe.content else 0
            ahead.append(read - 10 * archived)
            read += 5
            yield X[start : start + 5]

    compress_to(f, pipe, batches(), block_rows=10)
    assert pipe.content == compress(f, X, block_rows=10)
    assert max(ahead) <= 20
    done: list[int] = []
    parts = decompress_from(f, pipe.content, progress=lambda what, now, total: done.append(now))
    assert len(next(parts)) == 10
    assert done[-1] == 10
    parts.close()  # type: ignore[attr-defined]


def test_rows_mapped_from_the_disk_are_read_block_by_block(tmp_path: Path) -> None:
    f, X = trained_digits(), digits()[0][1500:1530]
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert compress(f, mapped, block_rows=10) == compress(f, X, block_rows=10)


def test_conditions_travel_with_their_batches() -> None:
    f, (X, y) = trained_digits("cvae"), digits()
    X, y = X[1500:1540], y[1500:1540]
    whole = compress(f, X, condition=y, block_rows=12)
    out = io.BytesIO()
    compress_to(f, out, ((X[i : i + 7], y[i : i + 7]) for i in range(0, 40, 7)), block_rows=12)
    assert out.getvalue() == whole == compress(f, X, condition=y.tolist(), block_rows=12)
    assert np.array_equal(decompress(f, whole, rows=slice(11, 14)), X[11:14])
    assert np.array_equal(decompress(f, compress(f, X, block_rows=12)), X)
    with pytest.raises(InputError, match="some without"):
        compress_to(f, io.BytesIO(), iter([(X[:5], y[:5]), X[5:9]]))
    with pytest.raises(InputError, match="pairs"):
        compress_to(f, io.BytesIO(), iter([X[:5]]), condition=y[:5])


def test_images_as_conditions_are_cut_with_their_rows() -> None:
    X = digits()[0][:40]
    grey = X.max(axis=2, keepdims=True).repeat(8, 2)
    f = fitted(X, "cvae", grey)
    for condition in (grey, grey[3]):
        blob = compress(f, X, condition=condition, block_rows=8)
        assert np.array_equal(decompress(f, blob), X)
    assert compress(f, X[:8], condition=grey[:8], block_rows=3) == compress(
        f, X[:8], condition={"y": grey[:8]}, block_rows=3
    )


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        ([], "any rows"),
        ([np.zeros((2, 8, 8), np.uint8), np.zeros((2, 8, 8), np.int16)], "int16"),
        ([np.zeros((2, 8, 8), np.uint8), np.zeros((2, 64), np.uint8)], "one type and shape"),
        ([np.zeros((2, 9, 8), np.uint8)], r"\(9, 8\)"),
        ([np.zeros((2, 8, 8, 3), np.uint8)], r"\(8, 8, 3\)"),
    ],
    ids=["none", "another type", "flat after images", "another size", "channels"],
)
def test_batches_that_do_not_fit_are_refused(batches: list[Array], words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        compress_to(trained_digits(), tmp_path / "x.qnt", iter(batches))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("block_rows", [0, -3])
def test_blocks_have_rows(block_rows: int) -> None:
    with pytest.raises(InputError, match="block_rows"):
        compress(trained_digits(), digits()[0][:3], block_rows=block_rows)


def test_no_rows_at_all() -> None:
    f = model("colour")
    for empty in (TRAINING["colour"][:0], TRAINING["colour"][:0].reshape(0, 36).astype(">f4")):
        for lossy in (False, True):
            blob = compress(f, empty, lossy=lossy)
            parts = list(decompress_from(f, blob))
            assert [part.shape for part in (decompress(f, blob), *parts)] == [empty.shape] * 2
            assert decompress(f, blob, rows=slice(0, 9)).shape == empty.shape
            if not lossy:
                assert parts[0].dtype == empty.dtype
    out = io.BytesIO()
    assert compress_to(f, out, iter([TRAINING["colour"][:0]])) == 0
    assert out.getvalue() == compress(f, TRAINING["colour"][:0])


@pytest.mark.parametrize("name", ["black", "white", "noise"])
@pytest.mark.parametrize("data", ["image8", "colour", "binary"])
def test_black_white_and_noise_in_blocks(name: str, data: str) -> None:
    f, top = model(data), 1 if data == "binary" else 255
    shape = (21, *f.schema.row_shape)
    noise = np.random.default_rng(0).integers(0, top + 1, shape)
    X = {"black": np.zeros(shape), "white": np.full(shape, top), "noise": noise}[name].astype(np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(decompress(f, compress(f, X, block_rows=5)), X)
        assert np.isfinite(decompress(f, compress(f, X, block_rows=5, lossy=True)).astype(float)).all()


def test_a_block_holds_about_two_million_cells() -> None:
    for shape, lengths_of in (((6000, 28, 28), [2674, 2674, 652]), ((65541, 9), [65536, 5]), ((2, 3000000), [1, 1])):
        rows = np.zeros(shape, np.uint8)
        pieces = cut(iter([ConditionedRows(rows, lambda part: None)]), Schema.infer(rows[:2]), None)
        assert [len(piece) for piece, _ in pieces] == lengths_of
