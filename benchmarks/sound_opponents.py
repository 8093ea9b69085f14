"""Opponents of ``sound.py``: FLAC, WavPack, linear prediction, autoregressive interpolation, a median filter, 5-NN."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import Array
from scipy.linalg import cho_factor, cho_solve, solve, toeplitz
from scipy.ndimage import binary_dilation, median_filter
from scipy.signal import lfilter
from sound_data import RATE, Damaged, cepstra, mel_spectrogram, snr

PACKERS = {
    "flac": ["flac", "-8", "-s", "-f", "--no-padding", "--no-seektable", "-o", "{out}", "{wav}"],
    "wavpack": ["wavpack", "-hh", "-x6", "-q", "-y", "{wav}", "-o", "{out}"],
}
"""Each at its smallest, the files without padding."""
ORDERS = (8, 16, 32, 64, 100, 150)


def write_wav(path: Path, samples: Array) -> None:
    """A mono file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())


def packed_bits(name: str, recordings: Sequence[Array]) -> float:
    """Bits a sample of a packer of ``PACKERS``: each recording is a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        wav, out = Path(folder, "one.wav"), Path(folder, "one.out")
        size = 0
        for recording in recordings:
            write_wav(wav, recording)
            command = [part.format(wav=wav, out=out) for part in PACKERS[name]]
            subprocess.run(command, check=True, capture_output=True)
            size += out.stat().st_size
    return 8 * size / sum(map(len, recordings))


def predicted_bits(recordings: Sequence[Array], order: int, window: int = 512) -> float:
    """Bits a sample by linear prediction from the past alone, in an ideal code.

    Coefficients are least squares over the last ``window`` samples, found again every 32 samples; residuals follow a
    Laplace distribution whose scale is an exponential average of the last ones. Samples are counted in units of the
    recording's own step (their greatest common divisor).
    """
    bits = sum(_predicted_bits(recording, order, window) for recording in recordings)
    return bits / sum(map(len, recordings))


def _predicted_bits(recording: Array, order: int, window: int) -> float:
    step = max(1, int(np.gcd.reduce(recording.astype(np.int64))))
    x = np.concatenate([np.zeros(order), recording / step])
    lags = np.stack([x[order - 1 - k : len(x) - 1 - k] for k in range(order)], 1)
    target, predicted = x[order:], np.zeros(len(recording))
    for start in range(0, len(target), 32):
        past = slice(max(0, start - window), start)
        gram = lags[past].T @ lags[past] + np.eye(order) * (1 + 1e-5 * np.square(lags[past]).sum())
        coefficients = cho_solve(cho_factor(gram), lags[past].T @ target[past])
        predicted[start : start + 32] = lags[start : start + 32] @ coefficients
    error = np.abs(target - predicted)
    scale = 0.4 + lfilter([0.06], [1, -0.94], np.concatenate([[error[:32].mean()], error[:-1]]))
    near, far = np.maximum(error - 0.5, 0), error + 0.5
    inside = 1 - 0.5 * np.exp(-far / scale) - 0.5 * np.exp(-np.maximum(0.5 - error, 0) / scale)
    mass = np.where(error < 0.5, inside, 0.5 * (np.exp(-near / scale) - np.exp(-far / scale)))
    return float(-np.log2(mass + 1e-12).sum()) + 8


def autoregression(x: Array, order: int) -> Array:
    """(order,) coefficients by the autocorrelation method."""
    lagged = np.array([x[: len(x) - k] @ x[k:] for k in range(order + 1)])
    lagged[0] = lagged[0] * (1 + 1e-6) + 1
    return np.asarray(solve(toeplitz(lagged[:-1]), lagged[1:], assume_a="pos"))


def interpolated(samples: Array, missing: Array, order: int, rounds: int = 2, around: int = 512) -> Array:
    """Gaps filled so that the autoregression's residuals are least, coefficients and samples in turn (Janssen, 1986).

    Each gap is filled after the ``around`` samples on each side, gaps among these as they are filled so far.
    """
    x = np.where(missing, 0, samples).astype(np.float64)
    for _ in range(rounds):
        for start, stop in runs(missing):
            low = max(0, start - around)
            block = slice(low, min(len(x), stop + around))
            x[start:stop] = _interpolated(x[block], start - low, stop - low, order)
    return x


def _interpolated(x: Array, start: int, stop: int, order: int) -> Array:
    """The samples from ``start`` to ``stop`` with the least squared residuals, all others known."""
    order = min(order, len(x) // 4)
    error_filter = np.concatenate([[1.0], -autoregression(x, order)])
    known = x.copy()
    known[start:stop] = 0
    end = min(stop + order, len(x))
    residuals = lfilter(error_filter, [1.0], known)[start:end]
    hidden = toeplitz(np.pad(error_filter, (0, stop - start))[: end - start], np.eye(1, stop - start)[0])
    return np.asarray(np.linalg.lstsq(hidden, -residuals, rcond=None)[0])


def runs(marked: Array) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def line_through(samples: Array, missing: Array) -> Array:
    """Gaps filled by straight lines."""
    steps = np.arange(len(samples))
    return np.interp(steps, steps[~missing], samples[~missing].astype(np.float64))


def clicks_by_residuals(samples: Array, order: int, threshold: float) -> Array:
    """Where the autoregression's residual passes ``threshold`` times its local spread (Godsill and Rayner, 1998)."""
    x = samples.astype(np.float64)
    marked = np.zeros(len(x), bool)
    for start in range(0, len(x), 512):
        block = slice(max(0, start - 256), start + 768)
        error = lfilter(np.concatenate([[1.0], -autoregression(x[block], order)]), [1.0], x[block])
        spread = median_filter(np.abs(error), 129, mode="nearest") / 0.6745 + 1
        found = np.abs(error) > threshold * spread
        offset = start - block.start
        marked[start : start + 512] = found[offset : offset + 512]
    return np.asarray(binary_dilation(marked, iterations=1))


def clicks_by_median(samples: Array, width: int, threshold: float) -> Array:
    """Where a sample is further from the median of its ``width`` neighbours than ``threshold`` local spreads."""
    x = samples.astype(np.float64)
    error = np.abs(x - median_filter(x, width, mode="nearest"))
    return np.asarray(error > threshold * (median_filter(error, 129, mode="nearest") + 0.02 * np.abs(x).max()))


def zero_runs(samples: Array, least: int) -> Array:
    """Runs of at least ``least`` samples that are exactly 0."""
    marked = np.zeros(len(samples), bool)
    for start, stop in runs(samples == 0):
        marked[start:stop] = stop - start >= least
    return marked


def mend_by_residuals(samples: Array, order: int, threshold: float) -> Array:
    """Clicks found by residuals and filled by autoregressive interpolation."""
    return interpolated(samples, clicks_by_residuals(samples, order, threshold), order)


def mend_by_median(samples: Array, width: int, threshold: float) -> Array:
    """Clicks replaced by the median; threshold 0: every sample is."""
    median = median_filter(samples.astype(np.float64), width, mode="nearest")
    return np.where(clicks_by_median(samples, width, threshold) if threshold else True, median, samples)


def mend_zero_runs(samples: Array, order: int, least: int) -> Array:
    """Runs of zeros filled by autoregressive interpolation."""
    return interpolated(samples, zero_runs(samples, least), order)


def best_on(
    settings: Sequence[Any],
    clean: Sequence[Array],
    damaged: Sequence[Damaged],
    mend: Callable[[Damaged, Any], Array],
    inside: bool = False,
) -> Any:
    """The setting with the largest mean SNR on these (training) recordings; ``inside``: over damaged samples alone."""

    def mean(setting: Any) -> float:
        pairs = zip(clean, damaged, strict=True)
        return float(np.mean([snr(x, mend(bad, setting), bad.where if inside else None) for x, bad in pairs]))

    return max(settings, key=mean)


def nearest_five(train: Sequence[Array], asked: Sequence[Array]) -> Array:
    """(asked,) mean distance between mel spectrograms to the five nearest training recordings."""
    bank = np.stack([mel_spectrogram(recording).ravel() for recording in train])
    rows = np.stack([mel_spectrogram(recording).ravel() for recording in asked])
    squares = np.square(rows).sum(1)[:, None] - 2 * rows @ bank.T + np.square(bank).sum(1)
    return np.sqrt(np.sort(np.maximum(squares, 0), 1)[:, :5]).mean(1)


def digit_classifier(recordings: Sequence[Array], digits: Array) -> Callable[[Sequence[Array]], Array]:
    """A support vector machine on cepstra, trained on real recordings: recordings -> digits."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    model = make_pipeline(StandardScaler(), SVC(C=10)).fit(np.stack([cepstra(r) for r in recordings]), digits)
    return lambda asked: np.asarray(model.predict(np.stack([cepstra(recording) for recording in asked])))
