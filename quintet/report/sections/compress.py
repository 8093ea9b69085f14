"""The section on compression."""

import numpy as np

from quintet.report.figures import bits
from quintet.report.material import ReportMaterial
from quintet.report.page import Answer, Panel, Section, TextTable


def compressing(m: ReportMaterial) -> tuple[Section, Answer]:
    """Compression: size of the held-out rows as one file, compared with standard compressors."""
    most = 200_000 if m.quick else 1_000_000  # cells, for some seconds of coding
    rows = np.ascontiguousarray(m.test[: max(50, most // m.vae.schema_.size)])
    blob = m.vae.compress(rows)
    same = np.array_equal(np.asarray(m.vae.decompress(blob)), rows, equal_nan=rows.dtype.kind == "f")
    sizes = {f"{bits.OURS}, this model": len(blob)} | bits.packed_sizes(rows)
    per_cell = {name: 8 * size / rows.size for name, size in sizes.items()}
    ordered = sorted(sizes, key=lambda name: sizes[name])
    ours = ordered.index(f"{bits.OURS}, this model")
    files = TextTable(
        "Sizes as real files",
        ("compressor", "bytes", "bits per cell"),
        [(name, f"{sizes[name]:,}", f"{per_cell[name]:.3f}") for name in ordered],
        f"{len(rows):,} rows as one file; “each” is one file per row. The model’s file is not counted.",
        bold=ours,
    )
    back = "The decoded rows are identical." if same else "The decoded rows DIFFER: please report this bug."
    listed = ", ".join(f"{name} {per_cell[name]:.2f}" for name in ordered if name != "raw")
    chart = bits.bits_chart({n: b for n, b in per_cell.items() if n != "raw"}, m.palette)
    section = Section(
        "compress",
        "Compress",
        f"The {len(rows):,} {m.which} rows were compressed into one file by bits-back coding, and decoded. {back}",
        [
            Panel(
                "bits",
                chart,
                "Bits per cell",
                "Fewer is better. A bar of this model longer than the best packer’s means that it has not learnt the "
                "rows’ structure, or that there are too few rows.",
                alt=f"Bars of bits per cell: {listed}.",
            ),
            files,
        ],
    )
    best = min((n for n in sizes if n in ("zip", "bz2", "xz")), key=lambda n: sizes[n])
    answer = Answer(
        "Compress",
        f"{len(rows):,} rows compressed losslessly into one file" if same else "rows compressed into one file",
        f"{per_cell[ordered[ours]]:.3f} bits per cell",
        f"{best} {per_cell[best]:.3f}",
    )
    return section, answer
