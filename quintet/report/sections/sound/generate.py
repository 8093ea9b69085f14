"""The section on new clips: heard, and looked at."""

from __future__ import annotations

from quintet.data.sequences.sound.recording import Recording
from quintet.data.sequences.sound.wav import wav_to_bytes
from quintet.report.figures import sound_waves
from quintet.report.page import Answer, Chart, Listening, Panel, Section, TextTable
from quintet.report.sound_material import SoundMaterial

COUNT, MOST_BYTES = 10, 120_000
"""Clips that are shown and heard, and bytes of one on the page."""


def drawing(m: SoundMaterial) -> tuple[Section, Answer]:
    """Generation: clips, of the classes in turn where there are such."""
    classes = m.classes
    wanted = [classes[i % len(classes)] for i in range(max(COUNT, min(len(classes), 2 * COUNT)))] if classes else None
    count = COUNT if wanted is None else len(wanted)
    clips = m.model.generate(count, wanted, random_state=m.seed)
    titles = [str(label) for label in wanted] if wanted is not None else [f"clip {i + 1}" for i in range(count)]
    real = sorted(each.seconds for each in m.recordings)
    new = sorted(clip.seconds for clip in clips)
    panels: list[Panel | TextTable | Chart | Listening] = [
        Panel(
            "new-clips",
            sound_waves.spectrograms(clips, titles, palette=m.palette),
            "New clips, waveform and spectrogram",
            "Time runs to the right, pitch upwards, brighter is louder."
            + (" Each is headed by the class that was asked for." if classes else ""),
            wide=True,
            alt=f"Waveforms and mel spectrograms of {count} generated clips"
            + (f" of the classes {', '.join(titles)}." if classes else "."),
        ),
        Panel(
            "real-clips",
            sound_waves.spectrograms(
                m.recordings[:COUNT], [each.name for each in m.recordings[:COUNT]], palette=m.palette
            ),
            "Real recordings",
            "The same of real recordings, with the names of their files.",
            wide=True,
            alt=f"Waveforms and mel spectrograms of {min(COUNT, len(m.recordings))} real recordings.",
        ),
        Listening(
            "To hear",
            [(f"new: {title}", _wav(clip)) for title, clip in zip(titles, clips, strict=True)]
            + [(f"real: {each.name}", _wav(each)) for each in m.recordings[:2]],
            "New clips sound like a vocoder: their phases are found, not learnt.",
        ),
    ]
    section = Section("generate", "Generate", f"{count} clips were drawn from the model of whole recordings.", panels)
    middle, theirs = (each[len(each) // 2] for each in (new, real))
    return section, Answer(
        "Generate", f"{count} new clips; their median duration", f"{middle:.2f} s", f"real recordings {theirs:.2f} s"
    )


def _wav(clip: Recording) -> bytes:
    """The beginning of a clip as a WAV file, small enough for the page."""
    steps = MOST_BYTES // (clip.channels * max(1, clip.bits // 8))
    return wav_to_bytes(Recording(clip.samples[:steps], clip.rate, clip.bits, clip.name))
