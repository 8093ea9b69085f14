"""Title, lead and facts of the page on sound."""

from __future__ import annotations

from quintet.report.sound_material import SoundMaterial


def title(m: SoundMaterial) -> str:
    """The heading."""
    return "One model of sound, five answers"


def lead(m: SoundMaterial) -> str:
    """What the models are, and which recordings the page shows."""
    known, trained = m.known, int(m.trained.sum())
    origin = {
        "new": "None of them is known to have trained the models.",
        "training": "All of them trained the models, so all figures are optimistic.",
        "held-out": f"Of {len(m.given):,} recordings given, {trained:,} trained the models and are left out.",
    }[m.which]
    channels = "mono" if known.channels == 1 else "stereo"
    classes = f", in {len(m.classes)} classes" if m.classes else ""
    return (
        f"Two models were trained on {channels} recordings of {known.rate:,} samples a second{classes}: one of frames "
        f"of {known.frame} samples, one of whole recordings as spectrograms. This page shows their answers on "
        f"{len(m.recordings):,} {m.which} recordings. {origin}"
    )


def facts(m: SoundMaterial) -> list[tuple[str, str]]:
    """Rate, frames and recordings."""
    return [
        ("samples a second", f"{m.known.rate:,}"),
        ("frame", f"{m.known.frame} samples"),
        (f"{m.which} recordings", f"{len(m.recordings):,}"),
    ]
