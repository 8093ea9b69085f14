"""Law: WAV files come back sample for sample, and a header that lies is refused in one sentence."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet import Recording
from quintet.data.sequences.sound.files import read_sounds
from quintet.data.sequences.sound.wav import read_wav, wav_from_bytes, wav_to_bytes
from quintet.errors import FileRefused

RATE = 8000


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    bits = draw(st.sampled_from([8, 16, 24, 32]))
    channels = draw(st.integers(1, 2))
    steps = draw(st.integers(1, 40))
    top = 1 << (bits - 1)
    flat = draw(st.lists(st.integers(-top, top - 1), min_size=steps * channels, max_size=steps * channels))
    samples = np.array(flat, np.int32 if bits > 16 else np.int16)
    rate = draw(st.integers(8000, 48000))
    return Recording(samples if channels == 1 else samples.reshape(-1, 2), rate, bits)


@given(recordings())
def test_every_sample_of_every_width_comes_back(recording: Recording) -> None:
    found = wav_from_bytes(wav_to_bytes(recording), "a.wav")
    assert np.array_equal(found.samples, recording.samples)
    assert found.samples.dtype == recording.samples.dtype
    assert (found.rate, found.bits, found.channels) == (recording.rate, recording.bits, recording.channels)


@given(recordings(), st.data())
def test_a_file_cut_anywhere_is_refused_in_one_sentence(recording: Recording, data: st.DataObject) -> None:
    content = wav_to_bytes(recording)
    kept = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(FileRefused) as caught:
        wav_from_bytes(content[:kept], "a.wav")
    assert str(caught.value).count(". ") == 0
    assert str(caught.value).endswith(".")


@given(recordings(), st.data())
def test_no_changed_byte_of_the_header_ends_in_anything_but_a_recording_or_a_refusal(
    recording: Recording, data: st.DataObject
) -> None:
    content = bytearray(wav_to_bytes(recording))
    content[data.draw(st.integers(0, 43))] = data.draw(st.integers(0, 255))
    try:
        found = wav_from_bytes(bytes(content), "a.wav")
    except FileRefused:
        return
    assert 0 < found.samples.size <= recording.samples.size * 4


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_the_standard_library_reads_the_same(bits: int, tmp_path: Path) -> None:
    samples = (np.arange(-60, 60) * (1 << (bits - 8))).astype(np.int32 if bits > 16 else np.int16)
    (tmp_path / "a.wav").write_bytes(wav_to_bytes(Recording(samples, 44_100, bits)))
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnframes()) == (44_100, bits // 8, 120)
        content = file.readframes(120)
    first = int.from_bytes(content[: bits // 8], "little", signed=bits > 8)
    assert first == int(samples[0]) + (128 if bits == 8 else 0)


def changed(place: int, form: str, value: int) -> bytes:
    content = bytearray(wav_to_bytes(Recording(np.arange(100, dtype=np.int16), RATE)))
    struct.pack_into(form, content, place, value)
    return bytes(content)


LIES = {
    "a.wav begins with b'OggS'": b"OggS" + bytes(60),
    "is cut short: its header states 508 bytes, it has 244": changed(4, "<I", 500),
    "has a header that lies: a part of 900 bytes is announced where 200 are left": changed(40, "<I", 900),
    "got floating-point: convert it": changed(20, "<H", 3),
    "must be mono or stereo, got 6 channels": changed(22, "<H", 6),
    "must have 8,000 to 48,000 samples a second, got 4,000": changed(24, "<I", 4000),
    "1 channels of 8 bits at 8000 Hz are 1 and 8000 bytes a step and a second, it states 2 and 16000": changed(
        34, "<H", 8
    ),
    "must have 8, 16, 24 or 32 bits a sample, got 12": changed(34, "<H", 12),
    "has a header that lies: 199 bytes are no whole number of steps of 2 bytes": changed(40, "<I", 199),
    "holds 0 samples": wav_to_bytes(Recording(np.zeros(0, np.int16), RATE)),
    'has no part "data"': wav_to_bytes(Recording(np.zeros(4, np.int16), RATE)).replace(b"data", b"note"),
    'before the part "fmt "': wav_to_bytes(Recording(np.zeros(4, np.int16), RATE)).replace(b"fmt ", b"junk"),
}


@pytest.mark.parametrize("words", LIES)
def test_a_header_that_lies_is_refused_with_what_is_wrong(words: str) -> None:
    with pytest.raises(FileRefused) as caught:
        wav_from_bytes(LIES[words], "a.wav")
    assert words in str(caught.value)


def test_parts_beside_the_samples_are_passed_over(tmp_path: Path) -> None:
    plain = wav_to_bytes(Recording(np.arange(9, dtype=np.int16), RATE))
    title = b"LIST" + struct.pack("<I", 5) + b"title" + b"\0"
    content = plain[:12] + title + plain[12:] + title
    content = content[:4] + struct.pack("<I", len(content) - 8) + content[8:]
    (tmp_path / "a.wav").write_bytes(content)
    assert read_wav(tmp_path / "a.wav").samples.tolist() == list(range(9))


def test_folders_give_labels_by_subfolder_or_by_name_and_in_natural_order(tmp_path: Path) -> None:
    for name in ("cat/2.wav", "cat/10.wav", "dog/1.wav", ".hidden/1.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(wav_to_bytes(Recording(np.arange(9, dtype=np.int16), RATE)))
    found = read_sounds(tmp_path)
    assert [recording.name for recording in found.recordings] == ["cat/2.wav", "cat/10.wav", "dog/1.wav"]
    assert found.labels is not None
    assert found.labels.tolist() == ["cat", "cat", "dog"]
    flat = tmp_path / "flat"
    flat.mkdir()
    for name in ("7_ann_0.wav", "7_bob_1.wav", "8_ann_0.wav", "8_bob_1.wav"):
        (flat / name).write_bytes(wav_to_bytes(Recording(np.arange(9, dtype=np.int16), RATE)))
    named = read_sounds(flat).labels
    assert named is not None
    assert named.tolist() == ["7", "7", "8", "8"]
    (flat / "9_ann_0.wav").write_bytes(wav_to_bytes(Recording(np.arange(9, dtype=np.int16), RATE)))
    assert read_sounds(flat).labels is None  # a name that occurs once names no class


def test_recordings_of_two_rates_are_refused_with_their_names(tmp_path: Path) -> None:
    for name, rate in (("a.wav", 8000), ("b.wav", 16000)):
        (tmp_path / name).write_bytes(wav_to_bytes(Recording(np.arange(9, dtype=np.int16), rate)))
    with pytest.raises(FileRefused, match=r"got 8000 in a\.wav and 16000 in b\.wav"):
        read_sounds(tmp_path)
