"""Schedules of the learning rate and of the rate's weight; t is the completed share of the stage, 0..1."""

from __future__ import annotations

import math

from quintet.training.options import Training

STEEP = 10.0
LOW = 1 / (1 + math.exp(STEEP / 2))
"""Value of the sigmoid at its start, which is subtracted so that the weight rises from 0 to 1."""


def learning_rate(training: Training, t: float) -> float:
    """Learning rate: linear warm-up, then constant or half a cosine down to 0 (Loshchilov and Hutter, 2017)."""
    if t < training.warmup:
        return training.learning_rate * t / training.warmup
    if training.schedule == "constant" or training.warmup >= 1:
        return training.learning_rate
    rest = (t - training.warmup) / (1 - training.warmup)
    return training.learning_rate * 0.5 * (1 + math.cos(math.pi * min(rest, 1.0)))


def rate_weight(training: Training, t: float) -> float:
    """Weight of the rate: rises from 0 to ``rate`` over the share ``kl_warmup`` of each of ``kl_cycles`` equal
    parts."""
    if training.kl_warmup <= 0 or t >= 1:
        return training.rate
    climbed = min(1.0, (t * training.kl_cycles) % 1.0 / training.kl_warmup)
    if training.kl_shape == "sigmoid" and climbed < 1:
        climbed = (1 / (1 + math.exp(-STEEP * (climbed - 0.5))) - LOW) / (1 - 2 * LOW)
    return training.rate * climbed
