"""The section on damaged recordings: clicks that were put in, found and mended."""

from __future__ import annotations

import numpy as np
from scipy.signal import medfilt

from quintet.data.sequences.sound.recording import Recording
from quintet.report.figures import sound_waves
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sections.sound.damage import mean_snr, with_clicks
from quintet.report.sections.sound.waves import stretches
from quintet.report.sound_material import SoundMaterial

MOST = 20


def mending(m: SoundMaterial) -> tuple[Section, Answer]:
    """Denoising: clicks at places that the model does not know."""
    truth = m.recordings[: MOST // (2 if m.quick else 1)]
    damaged = [with_clicks(each, m.seed) for each in truth]
    shown = [each.recording for each in damaged]
    mended = m.model.denoise(shown)
    filtered = [_median(each) for each in shown]
    changed = [(a.by_channel != b.by_channel).any(1) for a, b in zip(shown, mended, strict=True)]
    where, touched = (np.concatenate(each) for each in ([each.where for each in damaged], changed))
    lines = [
        ("quintet", mean_snr(truth, mended)),
        ("median of 3", mean_snr(truth, filtered)),
        ("left damaged", mean_snr(truth, shown)),
    ]
    table = TextTable(
        "In figures",
        ("mended by", "signal to noise, dB"),
        [(name, f"{value:.1f}") for name, value in lines],
        f"Mean over {len(truth)} {m.which} recordings, higher is better. {touched[where].mean():.0%} of the damaged "
        f"samples were replaced, and {touched[~where].mean():.2%} of the others.",
    )
    figure = sound_waves.waves(
        stretches(truth, shown, mended, [each.where for each in damaged], 3), "with clicks", "mended", m.palette
    )
    panel = Panel(
        "mended-clicks",
        figure,
        "Clicks and what they were mended to",
        "Blue should lie on grey; orange without blue is a click that was not found.",
        wide=True,
        alt="Waveforms of three recordings with clicks, mended, and as recorded.",
    )
    lead = (
        "Clicks of one to four samples were put in at unknown places, found and filled; all other samples stay as they "
        "are."
    )
    return Section("denoise", "Denoise", lead, [panel, table]), Answer(
        "Denoise",
        "clicks at unknown places, signal to noise",
        f"{lines[0][1]:.1f} dB",
        f"median of 3 {lines[1][1]:.1f}",
    )


def _median(recording: Recording) -> Recording:
    columns = [medfilt(column.astype(np.float64), 3) for column in recording.by_channel.T]
    samples = np.stack(columns, 1).astype(recording.samples.dtype).reshape(recording.samples.shape)
    return Recording(samples, recording.rate, recording.bits, recording.name)
