"""The section on compressing recordings: sizes as real files."""

from __future__ import annotations

import numpy as np

from quintet.data.sequences.sound.wav import wav_to_bytes
from quintet.report.figures import bits
from quintet.report.page import Answer, Section
from quintet.report.sections.file_sizes import FileSizes
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
    sizes = FileSizes(len(blob), bits.packed_bytes(files), samples, "sample")
    table = sizes.table(
        f"{len(recordings):,} recordings of {samples:,} samples; the others pack their WAV files, one after the other. "
        "The model’s file is not counted."
    )
    words = "Every sample came back." if same else "The decoded samples DIFFER: please report this bug."
    lead = f"{len(recordings):,} {m.which} recordings were compressed into one file, and decoded. {words}"
    section = Section("compress", "Compress", lead, [sizes.chart(m.palette), table])
    return section, sizes.answer(f"{len(recordings):,} recordings compressed losslessly")
