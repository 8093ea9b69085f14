"""Recordings to the bytes of one file and back, sample for sample.

magic "QNA" and version     4 bytes
form                        1   0 recordings, 1 arrays, 2 one array
recordings                      varint, and of each: name, rate, channels, bits, steps, own step
way                         1   BY_MODEL or, where that is shorter, PACKED without it
rows                            of the model's frames of residuals, one recording after the other, by ``VAE.compress``;
                                or all samples, packed
digest                      8   BLAKE2b of everything above
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np

from quintet.codec.container.packing import pack, unpack
from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.sequences.sound.given import GivenSound
from quintet.data.sequences.sound.prediction import residuals_of, restored_from
from quintet.data.sequences.sound.recording import BITS, CHANNELS, LONGEST, Array, Recording
from quintet.errors import FileRefused, InputError
from quintet.estimators._sound.frame_rows import as_frames, as_rows, own_step, residual_type

MAGIC, VERSION, DIGEST = b"QNA", 1, 8
FORMS = ("recordings", "arrays", "array")
PACKED, BY_MODEL = 0, 1


def compress_sound(vae: Any, given: GivenSound, frame: int, **options: Any) -> bytes:
    """The file's bytes."""
    if given.missing is not None:
        raise InputError("compress needs every sample, got missing ones (NaN): fill them first, by impute.")
    out = ByteWriter()
    out.data += MAGIC + bytes([VERSION, FORMS.index(given.form)])
    out.varint(len(given.recordings))
    channels = max(recording.channels for recording in given.recordings)
    parts = []
    for recording in given.recordings:
        step = own_step(recording.samples)
        out.blob(recording.name.encode("utf-8", "surrogateescape"))
        for number in (recording.rate, recording.channels, recording.bits, recording.steps, step):
            out.varint(number)
        parts.append(recording.by_channel.astype(np.int64) // step)
    width = vae.schema_.row_shape[1] if len(vae.schema_.row_shape) > 1 else 1
    wide = zip(parts, given.recordings, strict=True)
    choices = [(PACKED, pack(b"".join(part.astype(f"<i{_width(own.bits)}").tobytes() for part, own in wide)))]
    if channels == width and all(recording.channels == channels for recording in given.recordings):
        bits = max(recording.bits for recording in given.recordings)
        rows = _rows(np.concatenate(residuals_of(parts, bits)).astype(residual_type(bits)), frame)
        choices.append((BY_MODEL, vae.compress(as_rows(rows), **options)))
    way, body = min(choices, key=lambda choice: len(choice[1]))
    out.data += bytes([way]) + body
    return bytes(out.data) + _digest(bytes(out.data))


def about_sound(blob: bytes) -> dict[str, Any]:
    """What a file holds, in a sentence and in figures; no model is needed."""
    inside = _opened(blob)
    inside.take(1)
    recordings = [_about(inside) for _ in range(_count(inside))]
    by_model = inside.take(1)[0] == BY_MODEL
    samples = sum(channels * steps for _, _, channels, _, steps, _ in recordings)
    seconds = sum(steps / rate for _, rate, _, _, steps, _ in recordings)
    rates = sorted({rate for _, rate, *_ in recordings})
    how = "coded by a model of sound" if by_model else "packed without a model, which was shorter"
    kinds = " and ".join(f"{'stereo' if channels == 2 else 'mono'}" for channels in sorted({r[2] for r in recordings}))
    return {
        "holds": f"{len(recordings):,} recording{'s' * (len(recordings) > 1)} ({kinds}, "
        f"{' and '.join(f'{rate:,}' for rate in rates)} samples a second), {seconds:.3g} s in all, {how}",
        "recordings": len(recordings),
        "samples": samples,
        "bytes": len(blob),
        "bits_per_sample": 8 * len(blob) / max(samples, 1),
        "restores": "sample for sample",
    }


def _count(inside: ByteReader) -> int:
    count = inside.varint()
    if not 0 < count <= LONGEST:
        raise FileRefused("The compressed sound states a number that no version writes: fetch it again.")
    return count


def _rows(samples: Array, frame: int) -> Array:
    """(n, frame, channels): the last frame goes on with its last sample, which costs least."""
    beyond = -len(samples) % frame
    return np.pad(samples, ((0, beyond), (0, 0)), mode="edge").reshape(-1, frame, samples.shape[1])


def is_sound_file(blob: bytes) -> bool:
    """Whether these are the bytes of compressed recordings."""
    return blob[: len(MAGIC)] == MAGIC


def decompress_sound(vae: Any, blob: bytes, **options: Any) -> tuple[list[Recording], str]:
    """The recordings of ``compress_sound``, and the form in which they were given."""
    inside = _opened(blob)
    form = inside.take(1)[0]
    if form >= len(FORMS):
        raise FileRefused("The compressed sound states a form that no version writes: fetch it again.")
    about = [_about(inside) for _ in range(_count(inside))]
    way, body = inside.take(1)[0], inside.rest()
    shapes = [(steps, channels) for _, _, channels, _, steps, _ in about]
    if way == PACKED:
        parts = _unpacked(body, about, shapes)
    elif way == BY_MODEL and len({channels for _, channels in shapes}) == 1:
        flat = as_frames(vae.decompress(body, **options), shapes[0][1]).reshape(-1, shapes[0][1])
        ends = np.cumsum([steps for steps, _ in shapes])
        if ends[-1] > len(flat):
            raise FileRefused("The compressed sound holds fewer samples than it states: fetch it again.")
        left = np.split(flat[: ends[-1]].astype(np.int64), ends[:-1])
        parts = restored_from(left, max(bits for *_, bits, _, _ in about))
    else:
        raise FileRefused("The compressed sound is coded in a way that no version writes: fetch it again.")
    found = []
    for part, (name, rate, channels, bits, _, step) in zip(parts, about, strict=True):
        samples = (part * step).astype(f"i{_width(bits)}")
        found.append(Recording(samples[:, 0] if channels == 1 else samples, rate, bits, name))
    return found, FORMS[form]


def _unpacked(
    body: bytes, about: list[tuple[str, int, int, int, int, int]], shapes: list[tuple[int, int]]
) -> list[Array]:
    """The samples of a file without the model; each recording has its own width."""
    widths = [_width(bits) for *_, bits, _, _ in about]
    content = unpack(
        body, sum(width * steps * channels for width, (steps, channels) in zip(widths, shapes, strict=True))
    )
    parts, at = [], 0
    for width, (steps, channels) in zip(widths, shapes, strict=True):
        parts.append(
            np.frombuffer(content, f"<i{width}", steps * channels, at).astype(np.int64).reshape(steps, channels)
        )
        at += width * steps * channels
    return parts


def _width(bits: int) -> int:
    """Bytes of a sample in memory."""
    return 2 if bits <= 16 else 4


def _about(inside: ByteReader) -> tuple[str, int, int, int, int, int]:
    name = inside.blob().decode("utf-8", "surrogateescape")
    rate, channels, bits, steps, step = (inside.varint() for _ in range(5))
    if channels not in CHANNELS or bits not in BITS or not 0 < steps <= LONGEST or not 0 < step < 1 << 32:
        raise FileRefused("The compressed sound states a recording that no version writes: fetch it again.")
    return name, rate, channels, bits, steps, step


def _opened(blob: bytes) -> ByteReader:
    if not is_sound_file(blob):
        raise FileRefused(f"This begins with {blob[:4]!r} and holds no compressed sound: give what compress() gave.")
    if blob[-DIGEST:] != _digest(blob[:-DIGEST]):
        raise FileRefused(f"The compressed sound ({len(blob)} bytes) is damaged or cut short: fetch it again.")
    if (version := blob[len(MAGIC)]) > VERSION:
        raise FileRefused(f"The file has version {version}; this quintet reads up to {VERSION}: update it.")
    return ByteReader(blob[len(MAGIC) + 1 : -DIGEST])


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST).digest()
