"""MIDI files as rows of tokens: a pause, and the notes that begin after it.

Token 0 pads, 1 ends a piece; 2 to 129 begin the note of pitch 0 to 127; 130 to 161 go on by 1 to 32 steps, a step being
a quarter of a beat; 162 to 193 say that the next notes last 1 to 32 steps. Loudness, instruments and changes of tempo
are not kept. ``VAE(kind="token", layout="steps")`` takes the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.readers.opening import existing_file
from quintet.data.writers.atomic_file import atomic
from quintet.errors import FileRefused, InputError
from quintet.extras import extra

Array = np.ndarray[Any, Any]
PAD, END, NOTE, PAUSE, LENGTH = 0, 1, 2, 130, 162
MOST = 32
"""Steps of the longest pause of one token, and of the longest note."""
TOKENS = LENGTH + MOST
STEPS_A_BEAT = 4
TICKS = 480
"""Of a beat, in files that are written."""
DRUMS = 9
"""The channel that has instruments for pitches; it is left out."""


@dataclass(frozen=True, order=True)
class Note:
    """A note: steps at which it begins and that it lasts, and its pitch, 60 for middle C."""

    start: int
    pitch: int
    length: int


def read_midi(path: str | Path) -> list[Note]:
    """The notes of a MIDI file, on a grid of quarters of a beat, in the order of time."""
    with extra("sound", "Reading MIDI files"):
        import mido
    path = existing_file(path)
    try:
        file = mido.MidiFile(path)
        ticks = max(1, file.ticks_per_beat)
        messages = [message for track in file.tracks for message in _timed(track)]
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise FileRefused(f"{path} is damaged or no MIDI file ({error}): export it again.") from None
    found, sounding = [], dict[tuple[int, int], int]()
    for tick, message in sorted(messages, key=lambda pair: pair[0]):
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        key = (message.channel, message.note)
        if key in sounding:
            start = sounding.pop(key)
            length = round((tick - start) * STEPS_A_BEAT / ticks)
            found.append(Note(round(start * STEPS_A_BEAT / ticks), message.note, min(max(length, 1), MOST)))
        if message.type == "note_on" and message.velocity > 0:
            sounding[key] = tick
    if not found:
        raise FileRefused(f"{path} holds no notes: give a file with at least one.")
    return sorted(set(found))


def _timed(track: Iterable[Any]) -> list[tuple[int, Any]]:
    tick, out = 0, []
    for message in track:
        tick += message.time
        out.append((tick, message))
    return out


def notes_to_tokens(notes: Sequence[Note]) -> list[int]:
    """The tokens of notes in the order of time, END last."""
    out, now, length = [], 0, 0
    for note in sorted(notes):
        while note.start > now:
            step = min(note.start - now, MOST)
            out.append(PAUSE + step - 1)
            now += step
        if note.length != length:
            out.append(LENGTH + note.length - 1)
            length = note.length
        out.append(NOTE + note.pitch)
    return [*out, END]


def tokens_to_notes(tokens: Iterable[int]) -> list[Note]:
    """The notes of tokens up to the first END; any tokens are notes, so that drawn ones play, too."""
    found, now, length = [], 0, 1
    for token in (int(token) for token in tokens):
        if not 0 <= token < TOKENS:
            raise InputError(f"Tokens must be whole numbers from 0 to {TOKENS - 1}, got {token}.")
        if token == END:
            break
        if token >= LENGTH:
            length = token - LENGTH + 1
        elif token >= PAUSE:
            now += token - PAUSE + 1
        elif token >= NOTE:
            found.append(Note(now, token - NOTE, length))
    return sorted(set(found))


def note_rows(pieces: Sequence[Sequence[Note]], steps: int) -> Array:
    """(n, steps) int64: each piece in as many rows as it takes, the last one padded."""
    rows = []
    for piece in pieces:
        tokens = np.array(notes_to_tokens(piece), np.int64)
        rows.append(np.pad(tokens, (0, -len(tokens) % steps), constant_values=PAD).reshape(-1, steps))
    return np.concatenate(rows)


def save_midi(path: str | Path, notes: Sequence[Note], *, beats_a_minute: float = 120.0, force: bool = False) -> None:
    """Write notes to a MIDI file that plays."""
    with extra("sound", "Writing MIDI files"):
        import mido
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(beats_a_minute), time=0)])
    events = [(note.start, True, note.pitch) for note in notes]
    events += [(note.start + note.length, False, note.pitch) for note in notes]
    before = 0
    for step, begins, pitch in sorted(events):  # of one step the ends come first
        kind = "note_on" if begins else "note_off"
        ticks = (step - before) * TICKS // STEPS_A_BEAT
        track.append(mido.Message(kind, note=pitch, velocity=80 if begins else 0, time=ticks))
        before = step
    with atomic(path, force=force) as file:
        mido.MidiFile(ticks_per_beat=TICKS, tracks=[track]).save(file=file)
