"""WAV files of whole numbers (PCM): read, and written."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from quintet.arguments import File
from quintet.data.readers.opening import existing_file
from quintet.data.sequences.sound.recording import Array, Recording
from quintet.data.sequences.sound.wav_header import PCM, wav_header
from quintet.data.writers.atomic_file import atomic
from quintet.entry_points import public
from quintet.errors import FileRefused

LARGEST = 1 << 31
"""Most bytes of a file that is read."""


def read_wav(path: str | Path, name: str | None = None) -> Recording:
    """The recording of a WAV file; ``name``: as which it is known, its file name where None."""
    path = existing_file(path)
    if (size := path.stat().st_size) > LARGEST:
        raise FileRefused(f"{path} must have at most {LARGEST >> 20:,} MiB, got {size >> 20:,}: cut it.")
    return wav_from_bytes(path.read_bytes(), str(path), path.name if name is None else name)


def wav_from_bytes(content: bytes, shown: str, name: str = "") -> Recording:
    """The recording of a WAV file's bytes; ``shown`` is the file's name in messages."""
    header = wav_header(content, shown)
    samples = _samples(content[header.start : header.stop], header.bits)
    if header.channels > 1:
        samples = samples.reshape(-1, header.channels)
    return Recording(samples, header.rate, header.bits, name)


def _samples(content: bytes, bits: int) -> Array:
    if bits == 8:  # the only width without a sign: silence is 128
        return np.frombuffer(content, np.uint8).astype(np.int16) - np.int16(128)
    if bits == 24:
        parts = np.frombuffer(content, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(parts), 4), np.uint8)
        wide[:, 1:] = parts
        return wide.reshape(-1).view("<i4").astype(np.int32) >> 8
    return np.frombuffer(content, f"<i{bits // 8}").astype(f"i{bits // 8}")


def wav_to_bytes(recording: Recording) -> bytes:
    """A WAV file of the recording: 44 bytes of header, and the samples in the recording's own width."""
    body = _packed(recording.samples, recording.bits)
    step = recording.channels * recording.bits // 8
    form = struct.pack("<HHIIHH", PCM, recording.channels, recording.rate, recording.rate * step, step, recording.bits)
    parts = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    parts += b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def _packed(samples: Array, bits: int) -> bytes:
    if bits == 8:
        return (samples + 128).astype(np.uint8).tobytes()
    if bits == 24:
        return samples.astype("<i4").reshape(-1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return samples.astype(f"<i{bits // 8}").tobytes()


@public
def save_wav(path: File, recording: Recording, *, force: bool = False) -> None:
    """Write a recording to a WAV file, completely or not at all.

    Parameters
    ----------
    force : whether an existing file may be replaced.
    """
    with atomic(path, force=force) as file:
        file.write(wav_to_bytes(recording))
