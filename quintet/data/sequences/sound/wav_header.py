"""The chunks of a WAV file: RIFF, its "fmt " and its "data" (Microsoft and IBM, 1991; WAVE_FORMAT_EXTENSIBLE)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from quintet.data.sequences.sound.recording import BITS, CHANNELS, refuse_rate
from quintet.errors import FileRefused

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
OTHER_CODES = {2: "ADPCM", 3: "floating-point", 6: "A-law", 7: "mu-law", 17: "ADPCM", 85: "MP3"}


@dataclass(frozen=True)
class WavHeader:
    """What the samples of a WAV file are, and where they lie: bytes ``start`` to ``stop``."""

    channels: int
    rate: int
    bits: int
    start: int
    stop: int

    @property
    def steps(self) -> int:
        """Number of samples of a channel."""
        return (self.stop - self.start) // (self.channels * self.bits // 8)


def wav_header(content: bytes, name: str) -> WavHeader:
    """Read the header of a WAV file.

    Raises
    ------
    FileRefused
        Not a WAV file, cut short, of no samples, not of whole numbers (PCM), or its header contradicts itself.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise FileRefused(f"{name} begins with {content[:4]!r} and is no WAV file: give one, or name it by its format.")
    end = 8 + int.from_bytes(content[4:8], "little")
    if end > len(content):
        raise FileRefused(
            f"{name} is cut short: its header states {end:,} bytes, it has {len(content):,}: copy it again."
        )
    form: tuple[int, int, int] | None = None
    at = 12
    while at + 8 <= end:
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        start = at + 8
        if start + length > end:
            raise FileRefused(
                f"{name} has a header that lies: a part of {length:,} bytes is announced where {end - start:,} are "
                "left: write it again."
            )
        if kind == b"fmt ":
            form = _format(content[start : start + length], name)
        elif kind == b"data":
            if form is None:
                raise FileRefused(f'{name} has its samples before the part "fmt " that describes them: write it again.')
            return _checked(WavHeader(*form, start, start + length), name)
        at = start + length + length % 2
    raise FileRefused(f'{name} has no part "data" and so no samples: record or write it again.')


def _format(content: bytes, name: str) -> tuple[int, int, int]:
    """Channels, rate and bits, after checks that they fit together."""
    if len(content) < 16:
        raise FileRefused(f'{name} has a part "fmt " of {len(content)} bytes, which must have 16: write it again.')
    code, channels, rate, byte_rate, frame, bits = struct.unpack("<HHIIHH", content[:16])
    if code == EXTENSIBLE and len(content) >= 40:
        code = int.from_bytes(content[24:26], "little")
    if code != PCM:
        kind = OTHER_CODES.get(code, f"code {code}")
        raise FileRefused(f"{name} must hold samples as whole numbers (PCM), got {kind}: convert it to 16 bits.")
    if channels not in CHANNELS:
        raise FileRefused(f"{name} must be mono or stereo, got {channels} channels: mix it down.")
    if bits not in BITS:
        raise FileRefused(f"{name} must have 8, 16, 24 or 32 bits a sample, got {bits}: convert it to 16 bits.")
    refuse_rate(rate, name, FileRefused)
    if frame != channels * bits // 8 or byte_rate != rate * frame:
        raise FileRefused(
            f"{name} has a header that lies: {channels} channels of {bits} bits at {rate} Hz are "
            f"{channels * bits // 8} and {rate * channels * bits // 8} bytes a step and a second, it states {frame} "
            f"and {byte_rate}: write it again."
        )
    return channels, rate, bits


def _checked(header: WavHeader, name: str) -> WavHeader:
    length, step = header.stop - header.start, header.channels * header.bits // 8
    if length % step:
        raise FileRefused(
            f"{name} has a header that lies: {length:,} bytes are no whole number of steps of {step} bytes: write it "
            "again."
        )
    if not length:
        raise FileRefused(f"{name} holds 0 samples: record it again, or leave it out.")
    return header
