"""The section on gaps of recordings: stretches of some milliseconds, hidden and filled."""

from __future__ import annotations

import numpy as np

from quintet.data.sequences.sound.recording import Array, Recording
from quintet.report.figures import sound_waves
from quintet.report.page import Answer, Panel, Section, TextTable
from quintet.report.sections.sound.damage import mean_snr, with_gaps
from quintet.report.sections.sound.waves import stretches
from quintet.report.sound_material import SoundMaterial

MOST = 20


def filling(m: SoundMaterial) -> tuple[Section, Answer]:
    """Imputation: gaps at known places, beside straight lines."""
    truth = m.recordings[: MOST // (2 if m.quick else 1)]
    damaged = [with_gaps(each, m.seed) for each in truth]
    shown, masks = [each.recording for each in damaged], [each.where for each in damaged]
    filled = m.model.impute(shown, mask=masks)
    lines = [_straight(each, mask) for each, mask in zip(shown, masks, strict=True)]
    ours, theirs, zeros = (mean_snr(truth, found) for found in (filled, lines, shown))
    table = TextTable(
        "In figures",
        ("filled by", "signal to noise, dB"),
        [("quintet", f"{ours:.1f}"), ("straight line", f"{theirs:.1f}"), ("zeros", f"{zeros:.1f}")],
        f"Mean over {len(truth)} {m.which} recordings, higher is better; {np.concatenate(masks).mean():.1%} of the "
        "samples were hidden.",
    )
    panel = Panel(
        "filled-gaps",
        sound_waves.waves(stretches(truth, shown, filled, masks, 3), "gap", "filled", m.palette),
        "Gaps and what was filled in",
        "Blue should go on as the sound around it does.",
        wide=True,
        alt="Waveforms of three recordings with gaps, filled, and as recorded.",
    )
    lead = "Gaps of 2 to 10 ms were hidden, and filled by an autoregression of the steps around them."
    return Section("impute", "Impute", lead, [panel, table]), Answer(
        "Impute", "gaps of 2 to 10 ms, signal to noise", f"{ours:.1f} dB", f"straight line {theirs:.1f}"
    )


def _straight(recording: Recording, mask: Array) -> Recording:
    at, samples = np.arange(recording.steps), recording.by_channel.astype(np.float64).copy()
    for j in range(samples.shape[1]):
        samples[mask, j] = np.interp(at[mask], at[~mask], samples[~mask, j])
    whole = np.rint(samples).astype(recording.samples.dtype).reshape(recording.samples.shape)
    return Recording(whole, recording.rate, recording.bits, recording.name)
