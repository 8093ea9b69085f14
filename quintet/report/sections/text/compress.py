"""The section on compressing text: the lines as one file, and where the bits go."""

from __future__ import annotations

from quintet.report.figures import bits
from quintet.report.page import Answer, Panel, Section, TextTable
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
    sizes = {f"{bits.OURS}, this model": len(blob)} | bits.packed_bytes(raw)
    each = {name: 8 * size / characters for name, size in sizes.items()}
    ordered = sorted(sizes, key=lambda name: sizes[name])
    ours = ordered.index(f"{bits.OURS}, this model")
    table = TextTable(
        "Sizes as real files",
        ("compressor", "bytes", "bits per character"),
        [(name, f"{sizes[name]:,}", f"{each[name]:.2f}") for name in ordered],
        f"{len(lines):,} lines of {characters:,} characters, line feeds counted. The model’s file is not counted; the "
        "other packers have not seen the training lines.",
        bold=ours,
    )
    chart = Panel(
        "bits",
        bits.bits_chart({n: b for n, b in each.items() if n != "raw"}, m.palette, "character"),
        "Bits per character",
        "Fewer is better.",
        alt="Bars of bits per character: " + ", ".join(f"{n} {each[n]:.2f}" for n in ordered if n != "raw") + ".",
    )
    back = "The decoded lines are identical." if same else "The decoded lines DIFFER: please report this bug."
    best = min((n for n in sizes if n in ("zip", "bz2", "xz")), key=lambda n: sizes[n])
    lead = f"The {len(lines):,} {m.which} lines were compressed into one file, and decoded. {back}"
    return Section("compress", "Compress", lead, [chart, table]), Answer(
        "Compress",
        f"{len(lines):,} lines compressed losslessly",
        f"{each[ordered[ours]]:.2f} bits per character",
        f"{best} {each[best]:.2f}",
    )
