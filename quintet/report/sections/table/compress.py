"""The section on compressing a table: sizes as real files, and the bits of each column."""

from __future__ import annotations

import numpy as np

from quintet.data.columns.frames import text_of
from quintet.report.figures import bits, table_columns
from quintet.report.gather import take_rows
from quintet.report.page import Answer, Panel, Section
from quintet.report.sections.file_sizes import THIS_MODEL, FileSizes
from quintet.report.table_material import TableMaterial
from quintet.tasks.compress import describe_file

COLUMNS = 24
"""Most columns with a bar of their own."""


def compressing(m: TableMaterial) -> tuple[Section, Answer]:
    """Compression: the rows as one file, beside compressed CSV."""
    rows = take_rows(m.test, np.arange(min(len(m.test), 200 if m.quick else 1000)))
    blob = m.vae.compress(rows)
    same = text_of(m.vae.decompress(blob)) == text_of(rows)
    sizes = FileSizes(len(blob), bits.packed_bytes(text_of(rows).encode()), len(rows), "row", digits=1)
    table = sizes.table(
        f"{len(rows):,} rows as one file; the others compress the rows as CSV. The size of the model’s file is not "
        "included."
    )
    back = "The decoded rows are identical." if same else "The decoded rows DIFFER: please report this bug."
    lead = f"The {len(rows):,} {m.which} rows were compressed into one file, and decoded. {back}"
    answer = Answer(
        "Compress",
        f"{len(rows):,} rows compressed losslessly into one file",
        f"{sizes.shown(THIS_MODEL)} bits a row",
        f"CSV in {sizes.best} {sizes.shown(sizes.best)}",
    )
    return Section("compress", "Compress", lead, [table, _by_column(m, blob, len(rows))]), answer


def _by_column(m: TableMaterial, blob: bytes, rows: int) -> Panel:
    """Bits a row of each column's cells in the file, the most expensive first, and of the rest."""
    about = describe_file(blob, m.vae.fitted_)
    found = about.by_column([column.name for column in m.vae.schema_.modelled])
    ordered = sorted(found.items(), key=lambda item: -item[1])
    bars = {name: size / rows for name, size in ordered[:COLUMNS]}
    bars["latents"] = about.ledger.latents / rows
    whole = 8 * about.size / rows
    bars["all else in the file"] = whole - sum(found.values()) / rows - bars["latents"]
    name, most = ordered[0]
    rest = sum(size for _, size in ordered[COLUMNS:]) / rows
    others = f" The {len(ordered) - COLUMNS} other columns take {rest:.1f}." if len(ordered) > COLUMNS else ""
    words = (
        f"Bits a row of the file of {whole:.1f} bits a row. A column costs −log₂ of the probability of its cells given "
        "the latents and the columns coded before it, and what is kept verbatim; a column that follows from others "
        "costs little; one that costs most is the least predictable. Latents: what they cost beyond what coding them "
        "gives back." + others
    )
    alt = f"Bars of bits a row: {name} costs most, {most / rows:.1f} of {whole:.1f}."
    return Panel("bits-by-column", table_columns.bar_list(bars, "bits a row"), "Bits by column", words, alt=alt)
