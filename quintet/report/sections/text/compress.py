"""The section on compressing text: the lines as one file, and where the bits go."""

from __future__ import annotations

from quintet.report.figures import bits
from quintet.report.page import Answer, Section
from quintet.report.sections.file_sizes import FileSizes
from quintet.report.text_material import TextMaterial

MOST = 100_000
"""Characters that are compressed for the page."""


def compressing(m: TextMaterial) -> tuple[Section, Answer]:
    """Compression: the evaluated lines as one file."""
    lines, count = list[str](), 0
    for line in m.lines:
        count += len(line) + 1
        if count > MOST and lines:
            break
        lines.append(line)
    blob = m.model.compress(lines)
    same = m.model.decompress(blob) == lines
    raw = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    characters = sum(len(line) + 1 for line in lines)
    sizes = FileSizes(len(blob), bits.packed_bytes(raw), characters, "character")
    table = sizes.table(
        f"{len(lines):,} lines of {characters:,} characters, line feeds counted. The model’s file is not counted; the "
        "other packers have not seen the training lines."
    )
    back = "The decoded lines are identical." if same else "The decoded lines DIFFER: please report this bug."
    lead = f"The {len(lines):,} {m.which} lines were compressed into one file, and decoded. {back}"
    section = Section("compress", "Compress", lead, [sizes.chart(m.palette), table])
    return section, sizes.answer(f"{len(lines):,} lines compressed losslessly")
