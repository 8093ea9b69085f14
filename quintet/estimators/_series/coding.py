"""Series to the bytes of one file: channels by the model, in tiles of a window; all else packed beside them.

magic "QNS" and version        4 bytes
form                           JSON, packed: of a list or one, flat or not, and for each frame its rows and which
                               columns the model codes
frames                         for each: time stamps, names, other columns and types, by ``tasks/compress/tables``
rows                           the file of ``VAE.compress`` with the tiles of all frames
whole                          8   BLAKE2b of everything above
"""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from quintet.codec.container.packing import pack, unpack
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.csv_text.csv_table import CsvTable
from quintet.data.csv_text.read import IrregularError, csv_table
from quintet.data.plain.base import PlainFrame
from quintet.data.plain.libraries import LIBRARIES, library_of
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.source import Source, read_source
from quintet.errors import FileRefused, QuintetError
from quintet.estimators._series.layout import coded_columns, from_tiles, tiles_of, to_tiles, without
from quintet.tasks.compress.tables.payload import from_table_payload, to_table_payload

MAGIC, VERSION, DIGEST = b"QNS", 1, 8
SHOWN = 5
"""Channels that ``about_series`` names."""
LONGEST = 1 << 24
"""Most bytes of the form."""


def is_series(blob: bytes) -> bool:
    """Whether these are the bytes of compressed series."""
    return blob[: len(MAGIC)] == MAGIC


def compress_series(vae: Any, description: SeriesDescription, X: Any, **options: Any) -> bytes:
    """The bytes of a file that ``decompress_series`` turns back bit for bit; of a regular .csv byte for byte."""
    sources, many = read_source(X)
    frames = [_plain(source, X) for source in sources]
    form: dict[str, Any] = {"many": many, "flat": sources[0].flat, "frames": []}
    payloads, rows = [], []
    for plain in frames:
        coded = coded_columns(plain, description)
        bare = without(plain, coded)
        rows.append(to_tiles(plain, coded, tiles_of(bare, description), description))
        form["frames"].append([plain.rows, coded])
        payloads.append(to_table_payload((), bare, np.empty((plain.rows, 0))))
    out = ByteWriter()
    out.data += MAGIC + bytes([VERSION])
    content = json.dumps(form, separators=(",", ":")).encode()
    out.varint(len(content))
    out.blob(pack(content))
    for payload in payloads:
        out.blob(payload)
    out.data += vae.compress(np.concatenate(rows), **options)
    return bytes(out.data) + _digest(bytes(out.data))


def decompress_series(vae: Any, description: SeriesDescription, blob: bytes, **options: Any) -> Any:
    """The series of a compressed file in the form given to ``compress``; of a .csv a ``CsvTable``.

    Raises
    ------
    FileRefused
        No such file, of another model or a later version, damaged or cut short.
    """
    form, inside = _opened(bytes(blob))
    try:
        bare = [from_table_payload((), inside.blob(), np.empty((count, 0)))[0] for count, _ in form["frames"]]
        tiles = [tiles_of(plain, description) for plain in bare]
    except (QuintetError, MemoryError):
        raise
    except Exception as error:
        raise FileRefused(
            f"The compressed file describes series that cannot be built here ({type(error).__name__}): fetch it again."
        ) from error
    rows = vae.decompress(inside.rest(), **options)
    ends = np.cumsum([each.count for each in tiles])
    if len(rows) != ends[-1]:
        raise FileRefused("The compressed file holds other rows than its time stamps say: fetch it again.")
    frames = []
    for plain, own, part, (_, coded) in zip(bare, tiles, np.split(rows, ends[:-1]), form["frames"], strict=True):
        frames.append(_native(from_tiles(plain, coded, own, description, part), form["flat"]))
    return frames if form["many"] else frames[0]


def about_series(blob: bytes) -> dict[str, Any]:
    """What a file holds, in a sentence and in figures; no model is needed."""
    form, inside = _opened(blob)
    frames = [from_table_payload((), inside.blob(), np.empty((count, 0)))[0] for count, _ in form["frames"]]
    names = [[plain.columns[j].name for j in coded] for plain, (_, coded) in zip(frames, form["frames"], strict=True)]
    steps, values = (sum(each) for each in zip(*((n, n * len(coded)) for n, coded in form["frames"]), strict=True))
    channels = ", ".join(map(str, names[0][:SHOWN])) + (f" and {len(names[0]) - SHOWN} more" * (len(names[0]) > SHOWN))
    several = f"{len(frames):,} series of {steps:,} steps" if form["many"] else f"a series of {steps:,} steps"
    text = all(isinstance(_native(plain, form["flat"]), CsvTable) for plain in frames)
    return {
        "holds": f"{several}, channels coded by a model of series: {channels or 'none'}",
        "steps": steps,
        "bytes": len(blob),
        "bits_per_value": 8 * len(blob) / max(values, 1),
        "restores": "byte for byte" if text else "cell for cell",
    }


def _plain(source: Source, X: Any) -> PlainFrame:
    """A source as plain columns, with the text of a regular .csv file."""
    native = source.native
    if isinstance(native, np.ndarray) and native.ndim == 1:
        native = native[:, None]
    if isinstance(X, str | Path) and str(X).lower().removesuffix(".gz").endswith((".csv", ".tsv")):
        from quintet.data.readers.sources import locate

        try:
            native = csv_table(locate(X), native)
        except IrregularError:
            native = source.native
    return library_of(native).to_plain(native)


def _native(plain: PlainFrame, flat: bool) -> Any:
    found = LIBRARIES[plain.library].from_plain(plain)
    return found[:, 0] if flat else found


def _opened(blob: bytes) -> tuple[dict[str, Any], ByteReader]:
    """The form of the series, and the reader of what follows."""
    if blob[:3] in (b"QNT", b"QNP"):
        raise FileRefused("This file holds rows or pictures, not series: give it to the class that compressed it.")
    if not is_series(blob):
        raise FileRefused(f"This begins with {blob[:4]!r} and holds no compressed series: give what compress() gave.")
    if blob[-DIGEST:] != _digest(blob[:-DIGEST]):
        raise FileRefused(f"The compressed series ({len(blob)} bytes) are damaged or cut short: fetch them again.")
    if (version := blob[len(MAGIC)]) > VERSION:
        raise FileRefused(f"The file has version {version}; this quintet reads up to {VERSION}: update it.")
    inside = ByteReader(blob[len(MAGIC) + 1 : -DIGEST])
    length = inside.varint()
    if length > LONGEST:
        raise FileRefused(f"The compressed series state a form of {length} bytes: fetch them again.")
    form = json.loads(unpack(inside.blob(), length))
    return form, inside


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST).digest()
