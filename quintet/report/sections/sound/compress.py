"""The section on compressing recordings: sizes as real files."""

from __future__ import annotations

import numpy as np

from quintet.data.sequences.sound.wav import wav_to_bytes
from quintet.report.figures import bits
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sound_material import SoundMaterial

MOST = 60_000
"""Samples that are compressed for the page."""


def compressing(m: SoundMaterial) -> tuple[Section, Answer]:
    """Compression: recordings as one file, beside the packers of files."""
    some, count = list[int](), 0
    for i, each in enumerate(m.recordings):
        count += each.samples.size
        if count > MOST // (4 if m.quick else 1) and some:
            break
        some.append(i)
    recordings = [m.recordings[i] for i in some]
    blob = m.model.compress(recordings)
    back = m.model.decompress(blob)
    same = all(np.array_equal(a.samples, b.samples) for a, b in zip(recordings, back, strict=True))
    samples = sum(each.samples.size for each in recordings)
    files = b"".join(wav_to_bytes(each) for each in recordings)
    sizes = {f"{bits.OURS}, this model": len(blob)} | bits.packed_bytes(files)
    each_bits = {name: 8 * size / samples for name, size in sizes.items()}
    ordered = sorted(sizes, key=lambda name: sizes[name])
    ours = ordered.index(f"{bits.OURS}, this model")
    table = TextTable(
        "Sizes as real files",
        ("compressor", "bytes", "bits per sample"),
        [(name, f"{sizes[name]:,}", f"{each_bits[name]:.2f}") for name in ordered],
        f"{len(recordings):,} recordings of {samples:,} samples; the others pack their WAV files, one after the other. "
        "The model’s file is not counted.",
        bold=ours,
    )
    chart = Panel(
        "bits",
        bits.bits_chart({n: b for n, b in each_bits.items() if n != "raw"}, m.palette, "sample"),
        "Bits per sample",
        "Fewer is better.",
        alt="Bars of bits per sample: " + ", ".join(f"{n} {each_bits[n]:.2f}" for n in ordered if n != "raw") + ".",
    )
    words = "Every sample came back." if same else "The decoded samples DIFFER: please report this bug."
    best = min((n for n in sizes if n in ("zip", "bz2", "xz")), key=lambda n: sizes[n])
    lead = f"{len(recordings):,} {m.which} recordings were compressed into one file, and decoded. {words}"
    return Section("compress", "Compress", lead, [chart, table]), Answer(
        "Compress",
        f"{len(recordings):,} recordings compressed losslessly",
        f"{each_bits[ordered[ours]]:.2f} bits per sample",
        f"{best} {each_bits[best]:.2f}",
    )
