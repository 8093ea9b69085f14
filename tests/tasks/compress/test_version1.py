"""Files of version 1 are still read: one payload in another wrapping."""

from __future__ import annotations

import io

import numpy as np
import pytest

from quintet.codec.container.checksums import content_digest, digest
from quintet.codec.container.layout import LOSSY
from quintet.codec.container.varints import ByteWriter
from quintet.errors import FileRefused
from quintet.models.fitted import Fitted
from quintet.tasks.compress import compress, decompress, decompress_from, lost_rows
from quintet.tasks.compress.identity import identity_of
from tests.tasks.compress.models import blocks_of, digits, trained_digits


def of_version_1(f: Fitted, X: np.ndarray, **options: bool) -> bytes:
    """A file as version 1 wrote it, around today's payload."""
    blob = compress(f, X, **options)
    archive = blocks_of(f, blob)
    block = archive.block(io.BytesIO(blob), archive.entries[0])
    assert block is not None
    out = ByteWriter()
    out.data += b"QNT\1" + bytes([block.kind]) + identity_of(f).old_name
    out.data += bytes(8) if block.kind == LOSSY else content_digest(X)
    out.blob(X.dtype.str.encode())
    out.varint(X.ndim)
    for length in X.shape:
        out.varint(length)
    out.data += block.payload
    return bytes(out.data) + digest(bytes(out.data))


@pytest.mark.parametrize("shape", [(30, 8, 8), (30, 64)])
@pytest.mark.parametrize("dtype", ["u1", ">f8"])
def test_rows_come_back(shape: tuple[int, ...], dtype: str) -> None:
    f, X = trained_digits(), digits()[0][1500:1530].reshape(shape).astype(dtype)
    blob = of_version_1(f, X)
    back = decompress(f, blob)
    assert back.dtype == X.dtype
    assert np.array_equal(back, X)
    assert np.array_equal(decompress(f, blob, rows=slice(3, 9)), X[3:9])
    assert np.array_equal(next(decompress_from(f, blob)), X)
    assert lost_rows(f, blob) == []


def test_lossy_rows_come_back() -> None:
    f, X = trained_digits(), digits()[0][1500:1530]
    assert np.array_equal(decompress(f, of_version_1(f, X, lossy=True)), decompress(f, compress(f, X, lossy=True)))


def test_every_byte_matters() -> None:
    f = trained_digits()
    blob = of_version_1(f, digits()[0][1500:1503])
    for at in range(len(blob)):
        for how in ("refuse", "skip"):
            with pytest.raises(FileRefused):
                decompress(f, blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :], damaged=how)


def test_another_models_file_is_refused_by_name() -> None:
    f = trained_digits()
    blob = of_version_1(f, digits()[0][:3])
    with pytest.raises(FileRefused, match="compressed with model"):
        decompress(trained_digits("cvae"), blob)
