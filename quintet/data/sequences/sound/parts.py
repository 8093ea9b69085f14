"""Long recordings as parts of one length, where there are too few of them to learn what a whole one is like."""

from __future__ import annotations

from dataclasses import replace

from quintet.data.sequences.sound.recording import Recording

FEWEST = 10
"""Recordings from which on a model learns whole ones."""
PARTS = 100
"""Parts that are wanted of fewer recordings."""
LONGEST, SHORTEST = 2.0, 0.1
"""Seconds of a part."""


def part_seconds(recordings: list[Recording]) -> float | None:
    """Seconds of a part; None where there are recordings enough as they are."""
    if len(recordings) >= FEWEST:
        return None
    total = sum(recording.seconds for recording in recordings)
    return min(LONGEST, max(SHORTEST, total / PARTS))


def in_parts(recordings: list[Recording], seconds: float | None) -> tuple[list[Recording], list[int]]:
    """Recordings cut into parts of so many seconds, and the number of the recording of each; shorter ones stay whole,
    and what is left at an end belongs to the part before it."""
    if seconds is None:
        return recordings, list(range(len(recordings)))
    found, owners = [], []
    for index, recording in enumerate(recordings):
        steps = max(1, round(seconds * recording.rate))
        count = max(1, recording.steps // steps)
        for part in range(count):
            end = recording.steps if part == count - 1 else (part + 1) * steps
            found.append(replace(recording, samples=recording.samples[part * steps : end]))
            owners.append(index)
    return found, owners
