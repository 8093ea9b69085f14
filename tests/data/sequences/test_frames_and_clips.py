"""Frames hold every step of recordings of any lengths; a clip's spectrogram keeps its pitch, loudness and duration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet import Recording
from quintet.data.sequences.sound.clips import ClipShape
from quintet.data.sequences.sound.frames import cut_frames
from quintet.data.sequences.sound.given import take_sound
from quintet.data.sequences.sound.parts import in_parts
from quintet.data.sequences.sound.spectrogram import mel_bands
from quintet.errors import InputError
from quintet.estimators._sound.surprise import central


@given(st.lists(st.integers(1, 50), min_size=1, max_size=4), st.integers(1, 20), st.integers(1, 20), st.integers(1, 2))
def test_every_step_is_in_a_frame_and_found_there_again(
    lengths: list[int], frame: int, hop: int, channels: int
) -> None:
    hop = min(hop, frame)
    random = np.random.default_rng(0)
    recordings = [random.integers(-99, 99, (length, channels)).astype(np.int16) for length in lengths]
    frames = cut_frames(recordings, frame, hop)
    assert frames.rows.shape[1:] == (frame, channels)
    assert not frames.rows[~frames.valid].any()
    for number, length in enumerate(lengths):  # every step is in a frame
        seen = np.zeros(length, bool)
        for start, valid in zip(
            frames.start[frames.owner == number], frames.valid[frames.owner == number], strict=True
        ):
            seen[start : start + int(valid.sum())] = True
        assert seen.all()
    wide = [np.arange(length)[:, None] for length in lengths]
    places = cut_frames(wide, frame, hop)
    for own, found in zip(wide, central(places.rows[..., 0], places, lengths), strict=True):
        assert (own[:, 0] == found).all()


def tone(hertz: float, seconds: float, peak: float, rate: int = 8000) -> Recording:
    steps = np.arange(round(seconds * rate))
    return Recording(np.round(peak * np.sin(2 * np.pi * hertz * steps / rate)).astype(np.int16), rate)


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 2500.0])
def test_a_clip_from_its_row_has_the_pitch_loudness_and_duration(hertz: float) -> None:
    shape, own = ClipShape(8000), tone(hertz, 0.5, 9000)
    found = shape.recording(shape.row(own), np.random.default_rng(0), 10.0)
    assert abs(found.seconds - own.seconds) < 0.05
    ratio = np.sqrt(np.mean(np.square(found.samples.astype(float))) / np.mean(np.square(own.samples.astype(float))))
    assert 0.7 < ratio < 1.3
    spectrum = np.abs(np.fft.rfft(found.samples * np.hanning(found.steps)))
    assert abs(spectrum.argmax() * 8000 / found.steps - hertz) < 80


def test_no_clip_is_longer_than_allowed() -> None:
    shape = ClipShape(8000)
    row = shape.row(tone(400, 0.5, 9000))
    row[-1] = 12.0  # e^12 seconds
    assert shape.recording(row, np.random.default_rng(0), 0.75).seconds < 0.8


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000])
def test_every_band_hears_something(rate: int) -> None:
    assert np.allclose(mel_bands(rate, 64).sum(1), 1.0)


def test_loudness_is_taken_off_the_energies() -> None:
    shape = ClipShape(8000)
    loud, soft = shape.row(tone(700, 0.4, 16_000)), shape.row(tone(700, 0.4, 1000))
    assert np.allclose(loud[:-2], soft[:-2], atol=2.5)
    assert loud[-2] - soft[-2] == pytest.approx(np.log(16), abs=0.02)


@given(st.integers(1, 12), st.integers(1, 40_000), st.floats(0.1, 2.0))
def test_parts_are_the_recording_again(count: int, steps: int, seconds: float) -> None:
    given_ = [Recording(np.arange(steps + i).astype(np.int32), 8000, 32) for i in range(count)]
    parts, owners = in_parts(given_, seconds)
    for index, own in enumerate(given_):
        mine = [part.samples for part, owner in zip(parts, owners, strict=True) if owner == index]
        assert np.array_equal(np.concatenate(mine), own.samples)
        assert len(mine) == 1 or min(map(len, mine)) >= round(seconds * 8000)


def test_samples_are_whole_numbers_and_nan_is_missing() -> None:
    found = take_sound([np.array([1.0, np.nan, -3.0])], 8000)
    assert found.missing is not None
    assert found.missing[0].tolist() == [False, True, False]
    assert found.samples[0].ravel().tolist() == [1, 0, -3]
    with pytest.raises(InputError, match="multiply samples from -1 to 1 by 32767"):
        take_sound([np.array([0.5, -0.25])], 8000)
    with pytest.raises(InputError, match="give rate=8000"):
        take_sound(np.zeros(9, np.int16), None)
    with pytest.raises(InputError, match="1 to 268,435,456 steps, got 0"):
        take_sound([np.zeros(0, np.int16)], 8000)
