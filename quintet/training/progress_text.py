"""Durations and remaining times in words."""

from __future__ import annotations


def remaining(seconds: float, done: int, total: int) -> str:
    """What is left of work after ``seconds``, or what all of it took: ", 20 s left"."""
    if done < total:
        return f", {duration(seconds * (total - done) / max(done, 1))} left"
    return f", took {duration(seconds)}"


def duration(seconds: float) -> str:
    """A duration in words: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
