"""A damaged file, one of another model, of a later version or of another program is refused by name."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.errors import FileRefused
from quintet.tasks.compress import compress, decompress
from quintet.tasks.compress.container import DIGEST, Container, _digest
from tests.tasks.compress.models import TRAINING, digits, model, trained_digits

SMALL = TRAINING["image8"][:2]


@cache
def small_files() -> list[bytes]:
    X, _ = digits()
    f = trained_digits()
    return [compress(f, X[:6]), compress(f, X[:4], lossy=True), compress(f, X[:0])]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_every_byte_matters(which: int) -> None:
    blob, f = small_files()[which], trained_digits()
    for at in range(len(blob)):
        for change in (1, 0x80):
            with pytest.raises(FileRefused):
                decompress(f, blob[:at] + bytes([blob[at] ^ change]) + blob[at + 1 :])


@pytest.mark.parametrize("which", [0, 1, 2])
def test_every_truncation_is_refused(which: int) -> None:
    blob, f = small_files()[which], trained_digits()
    for length in range(len(blob)):
        with pytest.raises(FileRefused):
            decompress(f, blob[:length])
    with pytest.raises(FileRefused):
        decompress(f, blob + b"\0")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_forged_checksum_reaches_no_other_error(data: st.DataObject) -> None:
    """Whoever forges the checksum still gets a sentence, or the content's own checksum refuses the rows."""
    blob, f = data.draw(st.sampled_from(small_files())), trained_digits()
    at = data.draw(st.integers(0, len(blob) - DIGEST - 1))
    forged = blob[:at] + bytes([data.draw(st.integers(0, 255))]) + blob[at + 1 : -DIGEST]
    try:
        back = decompress(f, forged + _digest(forged))
    except FileRefused:
        return
    lossy = forged[4] == 2
    assert lossy or np.array_equal(back, digits()[0][: len(back)]), "other rows came back and nobody said so"


def test_another_model_is_refused_by_name() -> None:
    blob = compress(model("image8"), SMALL)
    with pytest.raises(FileRefused, match="compressed with model"):
        decompress(replace(model("image8"), fingerprint="other"), blob)
    empty = compress(model("image8"), SMALL[:0])
    with pytest.raises(FileRefused, match="compressed with model"):
        decompress(replace(model("image8"), fingerprint="other"), empty)


def test_other_bytes_are_refused_by_name() -> None:
    for other in (b"", b"Q", b"\x89PNG\r\n\x1a\n", os.urandom(200)):
        with pytest.raises(FileRefused, match=r"compressed quintet file|damaged"):
            decompress(model("image8"), other)


def test_a_later_version_is_refused_by_name() -> None:
    blob = bytearray(compress(model("image8"), SMALL)[:-DIGEST])
    blob[3] = 9
    with pytest.raises(FileRefused, match="version 9"):
        decompress(model("image8"), bytes(blob) + _digest(bytes(blob)))


def test_container_keeps_its_parts() -> None:
    f = model("image8")
    blob = compress(f, SMALL)
    found = Container.from_bytes(blob, f.fingerprint)
    assert found.shape == SMALL.shape
    assert found.dtype == SMALL.dtype
    assert found.to_bytes() == blob
