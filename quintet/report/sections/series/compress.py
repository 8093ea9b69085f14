"""The section on compressing series: the file beside the packers of files."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.columns.frames import text_of
from quintet.report.figures import bits
from quintet.report.page import Answer, Section
from quintet.report.sections.file_sizes import FileSizes
from quintet.report.series_material import SeriesMaterial

MOST_CELLS = 400_000
"""Cells that are compressed for the page."""


def compressing(m: SeriesMaterial) -> tuple[Section, Answer] | Section:
    """Compression: the source as one file."""
    cells = m.data.steps * len(m.data.channels)
    if cells > MOST_CELLS:
        note = f"{cells:,} cells are too many to compress for a page: quintet compress does it."
        return Section("compress", "Compress", notes=[note])
    content, what, same = _content(m.source), _form(m.source), ""
    blob = m.model.compress(m.source)
    if content is not None and isinstance(m.source, str | Path) and Path(m.source).name.endswith((".csv", ".csv.gz")):
        back = _decoded_file(m, blob)
        same = " The decoded file is identical byte for byte." if back == content else " Every cell comes back."
    raw = content if content is not None else np.concatenate(m.values).tobytes()
    sizes = FileSizes(len(blob), bits.packed_bytes(raw), cells, "value")
    table = sizes.table(f"{what} with {cells:,} values, time stamps and all else. The model’s file is not counted.")
    lead = f"{what} was compressed into one file.{same}"
    section = Section("compress", "Compress", lead, [sizes.chart(m.palette), table])
    return section, sizes.answer(f"{cells:,} values compressed losslessly")


def _form(source: Any) -> str:
    return f"The file {Path(source).name}" if isinstance(source, str | Path) else "The series"


def _content(source: Any) -> bytes | None:
    """What packers of files are given: the file, unzipped, or a frame as text."""
    if isinstance(source, str | Path):
        content = Path(source).read_bytes()
        return gzip.decompress(content) if Path(source).suffix == ".gz" else content
    return text_of(source).encode() if hasattr(source, "columns") else None


def _decoded_file(m: SeriesMaterial, blob: bytes) -> bytes | None:
    from quintet.errors import InputError

    try:
        return m.model.decompress_file(blob)
    except InputError:
        return None
