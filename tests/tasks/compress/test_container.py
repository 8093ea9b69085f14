"""A damaged file, one of another model, of a later version or of another program is refused by name."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet.codec.container.layout import HEADER, FileHeader
from quintet.errors import FileRefused
from quintet.tasks.compress import compress, decompress
from tests.tasks.compress.models import TRAINING, digits, model, sealed, trained_digits

SMALL = TRAINING["image8"][:2]


@cache
def small_files() -> list[bytes]:
    X, _ = digits()
    f = trained_digits()
    several = compress(f, X[:7], block_rows=3)
    return [compress(f, X[:6]), compress(f, X[:4], lossy=True), compress(f, X[:0]), several]


@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_every_byte_matters(which: int) -> None:
    blob, f = small_files()[which], trained_digits()
    for at in range(len(blob)):
        for change in (1, 0x80):
            with pytest.raises(FileRefused):
                decompress(f, blob[:at] + bytes([blob[at] ^ change]) + blob[at + 1 :])


@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_every_truncation_is_refused(which: int) -> None:
    blob, f = small_files()[which], trained_digits()
    for length in range(len(blob)):
        with pytest.raises(FileRefused):
            decompress(f, blob[:length])
    with pytest.raises(FileRefused):
        decompress(f, blob + b"\0")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_forged_checksum_reaches_no_other_error(data: st.DataObject) -> None:
    """Whoever forges the checksum still gets a sentence, or the content's own checksum refuses the rows."""
    blob, f = data.draw(st.sampled_from(small_files())), trained_digits()
    forged = sealed(f, blob, data.draw(st.integers(0, len(blob) - 1)), data.draw(st.integers(0, 255)))
    try:
        back = decompress(f, forged)
    except FileRefused:
        return
    lossy = forged[4] & 64
    assert lossy or np.array_equal(back, digits()[0][: len(back)]), "wrong rows were decoded without an error"


def test_another_model_is_refused_by_name() -> None:
    for rows in (SMALL, SMALL[:0]):
        blob = compress(model("image8"), rows)
        for how in ("refuse", "skip"):
            with pytest.raises(FileRefused, match="compressed with model"):
                decompress(replace(model("image8"), fingerprint="other"), blob, damaged=how)


def test_other_bytes_are_refused_by_name() -> None:
    for other in (b"", b"Q", b"\x89PNG\r\n\x1a\n", os.urandom(200)):
        for how in ("refuse", "skip"):
            with pytest.raises(FileRefused, match=r"compressed quintet file|damaged"):
                decompress(model("image8"), other, damaged=how)


def test_a_later_version_is_refused_by_name() -> None:
    blob = compress(model("image8"), SMALL)
    header = FileHeader.from_bytes(blob)
    assert header is not None
    later = replace(header, version=9).to_bytes() + blob[HEADER:]
    for how in ("refuse", "skip"):
        with pytest.raises(FileRefused, match="version 9"):
            decompress(model("image8"), later, damaged=how)
