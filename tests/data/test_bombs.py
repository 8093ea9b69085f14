"""Small files that unzip to gigabytes are refused by what they state, or as soon as they grow beyond their bounds."""

from __future__ import annotations

import gzip
import io
import os
import re
import resource
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from quintet.data.readers.decompression_limits import RATIO
from quintet.data.readers.sources import load_data
from quintet.errors import FileRefused

ROOM = 200 << 20
"""Bytes of address space that reading may add."""
SECONDS = 2
"""Seconds of processor time, which another process's load does not lengthen."""
ZEROS = 10 << 30


def zipped_zeros(start: bytes, size: int = ZEROS, unit: bytes = b"\0", wrap: int = 31) -> bytes:
    """``start`` and ``size`` bytes that repeat ``unit``, deflated block by block, which takes no time."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, wrap)
    block = (unit * ((1 << 20) // len(unit)))[: 1 << 20]
    first = deflate.compress(start) + deflate.flush(zlib.Z_FULL_FLUSH)
    second = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    return first + second * (size >> 20)


def npy(shape: tuple[int, ...]) -> bytes:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return head.getvalue()


def npz(member: bytes, size: int, method: int = zipfile.ZIP_DEFLATED, packed: bytes | None = None) -> bytes:
    """An archive of ``x.npy`` that claims ``size`` bytes, whatever is in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("x.npy", member)
    content = file.getvalue()
    if packed is not None:
        old = archive.getinfo("x.npy")
        at = old.header_offset + 30 + len("x.npy")
        content = content[:at] + packed + content[at + old.compress_size :]
        claims = struct.pack("<IQQ", old.CRC, 0, 0)[:4] + struct.pack("<II", len(packed), size)
        true = struct.pack("<III", old.CRC, old.compress_size, old.file_size)
        end = content.rindex(b"PK\5\6")
        start = struct.unpack("<I", content[end + 16 : end + 20])[0] + len(packed) - old.compress_size
        content = content.replace(true, claims)
        end = content.rindex(b"PK\5\6")
        content = content[: end + 16] + struct.pack("<I", start) + content[end + 20 :]
    return content


def idx(shape: tuple[int, ...]) -> bytes:
    return b"\0\0\x08" + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


def raw(content: bytes, size: int = ZEROS) -> bytes:
    return zipped_zeros(content, size, wrap=-15)


SIZE = 3 << 30
DAMAGED = "damaged or cut off|got only 0|another method"
BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "idx states and holds ten gigabytes": ("a-idx3-ubyte.gz", lambda: zipped_zeros(idx((2560, 2048, 2048)))),
    "idx states them and holds none": ("a-idx3-ubyte.gz", lambda: gzip.compress(idx((2560, 2048, 2048)))),
    "npy.gz states and holds them": ("a.npy.gz", lambda: zipped_zeros(npy((10 << 20, 1 << 10)))),
    "npy states them and holds none": ("a.npy", lambda: npy((10 << 20, 1 << 10))),
    "npz states and holds three": ("a.npz", lambda: npz(npy((3, 4)), SIZE, packed=raw(npy((SIZE, 1)), SIZE))),
    "npz whose array states them": ("a.npz", lambda: npz(npy((10 << 20, 1 << 10)), 0)),
    "npz whose list hides them": ("a.npz", lambda: npz(npy((3, 4)), 512, packed=raw(npy((SIZE, 1)), SIZE))),
    "npz by bzip2": ("a.npz", lambda: npz(npy((1 << 20, 1)) + bytes(1 << 20), 0, zipfile.ZIP_BZIP2)),
    "npy header of gigabytes": ("a.npy.gz", lambda: zipped_zeros(b"\x93NUMPY\2\0\xff\xff\xff\xff")),
    "one line of a table": ("a.csv.gz", lambda: zipped_zeros(b"a,b\n", unit=b"0,")),
    "lines of a table": ("a.csv.gz", lambda: zipped_zeros(b"a,b\n", unit=b"0,0\n")),
    "quoted cell of a table": ("a.csv.gz", lambda: zipped_zeros(b'a,b\n"', unit=b"\n")),
    "no known format": ("a.gz", lambda: zipped_zeros(b"")),
    "picture": ("a.png", lambda: png(12_000, 12_000)),
}


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def in_a_child(read: Callable[[], str]) -> str:
    """What ``read`` gives in a process that may take ``ROOM`` more bytes and ``SECONDS`` of processor time."""
    end, begin = os.pipe()
    child = os.fork()
    if not child:
        in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (in_use + ROOM, in_use + ROOM))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        try:
            os.write(begin, read().encode())
        finally:
            os._exit(0)
    os.close(begin)
    with open(end, "rb") as answer:
        message = answer.read().decode()
    os.waitpid(child, 0)
    return message


def refusal_of(path: Path) -> str:
    try:
        return f"read: {load_data(path).x.shape}"
    except FileRefused as error:
        return str(error)
    except BaseException as error:
        return f"raised: {error!r}"


@pytest.fixture(scope="module", autouse=True)
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Modules that reading imports are there before memory is limited."""
    from PIL import Image

    path = tmp_path_factory.mktemp("warm") / "a.png"
    Image.new("L", (4, 4)).save(path)
    load_data(path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_200_mb(tmp_path: Path, name: str) -> None:
    file, make = BOMBS[name]
    path = tmp_path / file
    path.write_bytes(make())
    assert path.stat().st_size < 12 << 20
    message = in_a_child(lambda: refusal_of(path))
    assert str(path) in message, message
    stated = file.endswith("gz") or "states and holds" in name or name == "picture"
    assert re.search("must decompress to" if stated and "header" not in name else DAMAGED, message), message


def sparse(size: int) -> np.ndarray:
    mask = np.zeros((size, 28, 28), dtype=bool)
    mask[:, 14:] = True
    return mask


@pytest.mark.parametrize("suffix", [".npz", ".npy.gz"])
def test_what_compresses_as_well_as_anything_can_is_read(tmp_path: Path, suffix: str) -> None:
    rows, path = sparse(60_000), tmp_path / f"a{suffix}"
    if suffix == ".npz":
        np.savez_compressed(path, x=rows)
    else:
        with gzip.open(path, "wb", 1) as file:
            np.save(file, rows)
    assert load_data(path).x.shape == rows.shape


def test_a_table_of_zeros_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"0,0\n" * 200_000, 9))
    assert path.stat().st_size * RATIO < 200_000 * 4
    assert load_data(path).x.shape == (200_000, 2)


def test_bytes_of_a_damaged_archive_are_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    content = npz(npy((3, 4)) + bytes(12), 0)
    for at in range(0, len(content), 3):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        message = refusal_of(path)
        assert message == "read: (3, 4)" or str(path) in message
