"""Storage: what was saved comes back bit for bit, and what was not saved by us is refused by name."""

import errno
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet import storage
from quintet.errors import FileRefused

TENSORS = {
    "weight": torch.arange(12, dtype=torch.float32).reshape(3, 4) / 7,
    "half": torch.tensor([1.5, -2.25], dtype=torch.bfloat16),
    "mask": torch.tensor([True, False]),
    "scalar": torch.tensor(3, dtype=torch.int64),
    "empty": torch.zeros(0, 5),
    "pixels": torch.arange(256).to(torch.uint8),
}
HEADER = {
    "schema": {"row_shape": [3]},
    "history": [{"loss": 1.25, "best": float("inf")}],
    "names": ["ä", '"'],
}
DATA = storage.to_bytes(TENSORS, HEADER)


def _same(tensors: dict[str, torch.Tensor], header: dict[str, object]) -> bool:
    return (
        header == HEADER
        and tensors.keys() == TENSORS.keys()
        and all(
            t.dtype == TENSORS[n].dtype and t.shape == TENSORS[n].shape and bool((t == TENSORS[n]).all())
            for n, t in tensors.items()
        )
    )


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    storage.save(tmp_path / "m.safetensors", TENSORS, HEADER)
    assert _same(*storage.load(tmp_path / "m.safetensors"))
    assert _same(*storage.from_bytes(DATA))
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]


def test_shared_and_strided_tensors_are_stored_as_they_read() -> None:
    t = torch.arange(6.0).reshape(2, 3)
    alone = torch.arange(8.0).reshape(1, 8)[:, 3]  # contiguous, with a stride of 8
    given = {"a": t, "b": t, "c": t.T, "column": t[:, 1], "alone": alone}
    back, _ = storage.from_bytes(storage.to_bytes(given, {}))
    assert back.keys() == given.keys()
    assert all(torch.equal(back[name], given[name]) for name in given)


def test_any_reader_of_safetensors_can_read_it() -> None:
    from safetensors.numpy import load

    data = storage.to_bytes({"weight": TENSORS["weight"]}, HEADER)
    np.testing.assert_array_equal(load(data)["weight"], TENSORS["weight"].numpy())


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_found_or_harmless(place: int, change: int) -> None:
    altered = bytearray(DATA)
    altered[place] ^= change
    try:
        answer = storage.from_bytes(bytes(altered))
    except FileRefused:
        return
    assert _same(*answer)


def test_every_byte_of_the_body_counts() -> None:
    start = 8 + int.from_bytes(DATA[:8], "little")
    for place in range(start, len(DATA)):
        altered = bytearray(DATA)
        altered[place] ^= 1
        with pytest.raises(FileRefused, match="damaged"):
            storage.from_bytes(bytes(altered))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(DATA) - 1))
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(FileRefused):
        storage.from_bytes(DATA[:length])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(FileRefused):
        storage.from_bytes(data)


def _with_header(**changes: str) -> bytes:
    """DATA with other metadata, packed by the reference writer."""
    from safetensors.torch import save

    length = int.from_bytes(DATA[:8], "little")
    about = json.loads(DATA[8 : 8 + length])["__metadata__"] | changes
    return bytes(save(TENSORS, metadata=about))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "got an empty file"),
        (b"PK\x03\x04 a zip file of some size", "not a quintet file"),
        (DATA[:40], "truncated in its header"),
        (DATA[:-3], "truncated or altered"),
        (DATA + b"x", "truncated or altered"),
        ((2**40).to_bytes(8, "little") + DATA[8:], "not a quintet file, nor any safetensors file"),
        (_with_header(version="2"), "format version of at most 1, got 2"),
        (_with_header(version="one"), "damaged"),
        (_with_header(format="pt"), "of another program"),
        (_with_header(kind="checkpoint"), "must hold a model, got a checkpoint"),
        (_with_header(header='{"schema": {}}'), "damaged"),
        ((600).to_bytes(8, "little") + b"[" * 600, "not a quintet file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",  # the bytes' order is of each process its own
)
def test_refusals_name_the_file_and_the_reason(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "some.safetensors"
    path.write_bytes(data)
    with pytest.raises(FileRefused, match=words) as refusal:
        storage.load(path)
    assert str(path) in str(refusal.value)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no such file"):
        storage.load(tmp_path / "none.safetensors")
    with pytest.raises(FileRefused, match="got a folder"):
        storage.load(tmp_path)


def test_a_file_larger_than_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psutil

    path = tmp_path / "huge.safetensors"
    path.write_bytes(DATA)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=len(DATA)))
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("the file was read"))
    with pytest.raises(FileRefused, match="GiB of memory"):
        storage.load(path)


def test_tensors_that_announce_more_than_the_file_holds_are_refused_before_allocation() -> None:
    fields = {
        "__metadata__": {"format": "quintet", "kind": "model", "version": "1", "header": "{}", "sha256": ""},
        "weight": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]},
    }
    text = json.dumps(fields).encode()
    with pytest.raises(FileRefused, match="truncated or altered"):
        storage.from_bytes(len(text).to_bytes(8, "little") + text)
    fields["weight"]["data_offsets"] = [0, 4]
    text = json.dumps(fields).encode()
    with pytest.raises(FileRefused, match="damaged"):
        storage.from_bytes(len(text).to_bytes(8, "little") + text + b"1234")


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        words = "the disk is full" if number == errno.ENOSPC else "no permission"
        with pytest.raises(FileRefused, match=f"Cannot write .*: {words}"):
            storage.save(path, TENSORS, HEADER)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]


def test_a_save_into_a_missing_folder_or_onto_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="does not exist: create it first"):
        storage.save(tmp_path / "none" / "m.safetensors", TENSORS, HEADER)
    with pytest.raises(FileRefused, match="got the folder"):
        storage.save(tmp_path, TENSORS, HEADER)
    assert list(tmp_path.iterdir()) == []
