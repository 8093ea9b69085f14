"""The section on compression."""

import numpy as np

from quintet.report.figures import bits
from quintet.report.material import ReportMaterial
from quintet.report.page import Answer, Section
from quintet.report.sections.file_sizes import FileSizes


def compressing(m: ReportMaterial) -> tuple[Section, Answer]:
    """Compression: size of the held-out rows as one file, compared with standard compressors."""
    most = 200_000 if m.quick else 1_000_000  # cells, for some seconds of coding
    rows = np.ascontiguousarray(m.test[: max(50, most // m.vae.schema_.size)])
    blob = m.vae.compress(rows)
    same = np.array_equal(np.asarray(m.vae.decompress(blob)), rows, equal_nan=rows.dtype.kind == "f")
    sizes = FileSizes(len(blob), bits.packed_sizes(rows), rows.size, "cell", digits=3)
    table = sizes.table(f"{len(rows):,} rows as one file; “each” is one file per row. The model’s file is not counted.")
    chart = sizes.chart(
        m.palette,
        "Fewer is better. A bar of this model longer than the best packer’s means that it has not learnt the rows’ "
        "structure, or that there are too few rows.",
    )
    back = "The decoded rows are identical." if same else "The decoded rows DIFFER: please report this bug."
    lead = f"The {len(rows):,} {m.which} rows were compressed into one file by bits-back coding, and decoded. {back}"
    what = f"{len(rows):,} rows compressed losslessly into one file" if same else "rows compressed into one file"
    return Section("compress", "Compress", lead, [chart, table]), sizes.answer(what)
