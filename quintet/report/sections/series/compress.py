"""The section on compressing series: the file beside the packers of files."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.columns.frames import text_of
from quintet.report.figures import bits
from quintet.report.page import Answer, Panel, Section, TextTable
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
    sizes = {f"{bits.OURS}, this model": len(blob)} | bits.packed_bytes(raw)
    per_cell = {name: 8 * size / cells for name, size in sizes.items()}
    ordered = sorted(sizes, key=lambda name: sizes[name])
    ours = ordered.index(f"{bits.OURS}, this model")
    table = TextTable(
        "Sizes as real files",
        ("compressor", "bytes", "bits per value"),
        [(name, f"{sizes[name]:,}", f"{per_cell[name]:.2f}") for name in ordered],
        f"{what} with {cells:,} values, time stamps and all else. The model’s file is not counted.",
        bold=ours,
    )
    chart = Panel(
        "bits",
        bits.bits_chart({n: b for n, b in per_cell.items() if n != "raw"}, m.palette, "value"),
        "Bits per value",
        "Fewer is better.",
        alt="Bars of bits per value: " + ", ".join(f"{n} {per_cell[n]:.2f}" for n in ordered if n != "raw") + ".",
    )
    best = min((n for n in sizes if n in ("zip", "bz2", "xz")), key=lambda n: sizes[n])
    section = Section("compress", "Compress", f"{what} was compressed into one file.{same}", [chart, table])
    return section, Answer(
        "Compress",
        f"{cells:,} values compressed losslessly",
        f"{per_cell[ordered[ours]]:.2f} bits per value",
        f"{best} {per_cell[best]:.2f}",
    )


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
