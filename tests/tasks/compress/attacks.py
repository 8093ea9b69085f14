"""Files made to exhaust a reader, with all their checks right; run as a script it reads them under a memory limit."""

from __future__ import annotations

import gzip
import json
import lzma
import random
import resource
import struct
import sys
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np

from quintet.codec.container.block_index import BlockEntry, index_bytes
from quintet.codec.container.blocks import Block
from quintet.codec.container.checksums import CHECK, digest, part_checksum
from quintet.codec.container.layout import CODED, HEADER, MAGIC, STORED, FileHeader, RowFormat
from quintet.codec.container.varints import ByteWriter
from quintet.errors import FileRefused
from quintet.models.fitted import Fitted
from quintet.tasks.compress import compress, decompress, lost_rows
from quintet.tasks.compress.identity import identity_of
from tests.tasks.compress.models import TRAINING, model

MEMORY = 100 << 20
BYTES, MARK = RowFormat(np.dtype("u1")), b"mark"


def file_of(f: Fitted, blocks: list[Block], version: int = 3, form: RowFormat = BYTES) -> bytes:
    """A file of blocks that say of themselves what they like, with every check right."""
    name = identity_of(f).names[0 if version > 2 else 1]
    out, entries = bytearray(FileHeader(version, form, name, MARK).to_bytes()), []
    for block in blocks:
        content = block.to_bytes(MARK, name)
        entries.append(BlockEntry(block.first, block.rows, len(out), len(content)))
        out += content
    return bytes(out) + index_bytes(form, entries, name)


def block(rows: int, payload: bytes, kind: int = STORED) -> Block:
    """A first and last block with any content."""
    return Block(kind, 0, rows, digest(b"x"), payload, last=True)


def varints(*numbers: int) -> bytes:
    """Numbers as a payload has them."""
    out = ByteWriter()
    for number in numbers:
        out.varint(number)
    return bytes(out.data)


def of_version_1(
    f: Fitted, shape: tuple[int, ...], payload: bytes, kind: int = STORED, axes: int | None = None
) -> bytes:
    """A file of version 1 that claims a shape."""
    start = MAGIC + b"\1" + bytes([kind]) + identity_of(f).old_name + bytes(8) + varints(3) + b"|u1"
    start += varints(len(shape) if axes is None else axes, *shape) + payload
    return start + digest(start)


def bomb(size: int, how: str) -> bytes:
    """Few bytes that unpack to ``size`` zeros, whole megabytes of them."""
    if how == "lzma":
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 1}]
        chunk = lzma.compress(bytes(1 << 20), lzma.FORMAT_RAW, filters=filters)[:-1]  # which begins a new dictionary
        return b"\2" + chunk * (size >> 20) + b"\0"
    return b"\1" + deflated(b"", size)


def deflated(head: bytes, zeros: int) -> bytes:
    """``head`` and whole megabytes of zeros as one deflate stream, each made once: they are flushed apart."""
    parts = []
    for content in (head, bytes(1 << 20)):
        maker = zlib.compressobj(9, zlib.DEFLATED, -15)
        parts.append(maker.compress(content) + maker.flush(zlib.Z_FULL_FLUSH))
    return parts[0] + parts[1] * (zeros >> 20) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def gzipped(head: bytes, zeros: int) -> bytes:
    """The same as one gzip file."""
    checksum, chunk = zlib.crc32(head), bytes(1 << 20)
    for _ in range(zeros >> 20):
        checksum = zlib.crc32(chunk, checksum)
    end = struct.pack("<2I", checksum, len(head) + zeros)
    return gzip.compress(b"")[:10] + deflated(head, zeros) + end


def files(f: Fitted) -> Iterator[tuple[str, bytes]]:
    """What was found to hurt, and its kin."""
    cells, name = f.schema.size, identity_of(f).name
    for version in (2, 3):
        yield f"10^12 rows, version {version}", file_of(f, [block(10**12, b"\0")], version)
        yield f"2^62 rows, version {version}", file_of(f, [block(2**62, b"\0")], version)
        yield f"10^7 rows, version {version}", file_of(f, [block(10**7, b"\1" * 64, CODED)], version)
        yield f"huge first row, version {version}", file_of(f, [Block(0, 2**55, 3, bytes(8), bytes(60), True)], version)
        groups = varints(1, 0, 0, 0, 0, 0, 0, 0) + varints(100, *[0, 60_000] * 100)
        yield f"groups upon groups, version {version}", file_of(f, [block(60_000, groups, CODED)], version)
        for how in ("deflate", "lzma"):
            packed = bomb(128 << 20, how)
            yield f"{how} bomb, version {version}", file_of(f, [block((128 << 20) // cells, packed)], version)
            yield f"{how} bomb for few rows, version {version}", file_of(f, [block(4, packed)], version)
        endless = file_of(f, [block(4, b"\xff" * (1 << 20), CODED)], version)
        yield f"an endless number in a block, version {version}", endless
    whole = FileHeader(3, BYTES, name, MARK).to_bytes()
    yield "a megabyte of a number", whole + b"\xff" * (1 << 20)
    yield "an index of one number", whole + _sealed(BYTES.to_byte() + b"\xff" * (1 << 20), name)
    yield "an index of 10^9 blocks", whole + _sealed(BYTES.to_byte() + varints(10**9, 1, 1), name)
    yield "marks", whole + MARK * (1 << 20)
    yield "marks that claim the rest", whole + (MARK + b"\0" + varints(0, 9, 3_000_000) + bytes(8)) * 200_000
    zeros = FileHeader(3, BYTES, name, bytes(4)).to_bytes()
    yield "marks of zeros", zeros + bytes(4 << 20)
    yield "files upon files", compress(f, TRAINING["image8"][:0]) * 5000
    yield "version 1, 10^12 rows", of_version_1(f, (10**12, *f.schema.row_shape), b"\0" * 40)
    yield "version 1, axes", of_version_1(f, (1,) * 200_000, b"")
    yield "version 1, 10^9 axes", of_version_1(f, (1, 2, 3), b"\xff" * 100, axes=10**9)
    yield "version 1, bomb", of_version_1(f, ((128 << 20) // cells, *f.schema.row_shape), bomb(128 << 20, "deflate"))
    for title, head in [("zeros", b""), ("a file and zeros", whole)]:
        yield f"gzip of {title}", gzipped(head, 512 << 20)


def altered(f: Fitted, count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Whole files with some bytes of a block's payload changed, and every check made right again."""
    chance = random.Random(seed)

    @cache
    def whole(rows: int, lossy: bool) -> bytes:
        return compress(f, TRAINING["image8"][:rows], lossy=lossy, effort="low")

    for number in range(count):
        blob = whole(chance.randint(1, 12), number % 3 == 0)
        length = int.from_bytes(blob[-4:], "little")
        name = identity_of(f).name
        found = Block.from_bytes(blob[HEADER:-length], name)
        assert found is not None
        payload = bytearray(found.payload)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(min(len(payload), chance.choice([8, 40, 4000])))
            payload[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        form = RowFormat.from_byte(blob[4])
        content = digest(bytes(payload)) if form.lossy else found.content
        changed = Block(found.kind, 0, chance.choice([found.rows, 3, 60_000]), content, bytes(payload), last=True)
        yield f"altered {number}", file_of(f, [changed], 3, form)


def _sealed(body: bytes, name: bytes) -> bytes:
    return body + part_checksum(name, body) + (len(body) + CHECK + 4).to_bytes(4, "little")


def outcome(act: Callable[[], object]) -> str:
    """What became of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            act()
    except FileRefused:
        return "refused"
    except BaseException as problem:  # whatever it is, the test names it
        return f"{type(problem).__name__}: {problem}"[:200]
    return "read"


def used() -> int:
    """Bytes of address space."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def main() -> None:
    """Read every file under a limit of memory; a line of JSON per file gives the outcome."""
    f, found, times = model("image8"), dict[str, list[str]](), dict[str, float]()
    prepared = [*files(f), *altered(f, 60)]
    compress(f, TRAINING["image8"][:4])
    decompress(f, compress(f, TRAINING["image8"][:4]))
    resource.setrlimit(resource.RLIMIT_AS, (used() + MEMORY, resource.RLIM_INFINITY))
    path = Path(sys.argv[1]) / "some.qnt"
    for title, content in prepared:
        path.write_bytes(content)
        start = time.process_time()
        answers = [outcome(partial(decompress, f, path, damaged=how)) for how in ("refuse", "skip")]
        answers.append(outcome(partial(lost_rows, f, path)))
        print(title, answers, time.process_time() - start, file=sys.stderr, flush=True)
        found[title], times[title] = answers, time.process_time() - start
    print(json.dumps({"found": found, "times": times}))


if __name__ == "__main__":
    main()
