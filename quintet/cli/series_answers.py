"""Commands on a model of series: DATA is a .csv or .parquet file with the channels of training."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import output
from quintet.cli.output_table import OutputTable
from quintet.errors import FileRefused, InputError

if TYPE_CHECKING:
    from quintet.estimators import Series

LISTED = 10
"""Alarms that are printed."""


def located(data: str, **given: Any) -> Path:
    """The path of DATA; options that do not apply to series are refused.

    Parameters
    ----------
    given : options by their names; None where they are not set.
    """
    from quintet.data.readers.sources import locate

    refuse(**given)
    return locate(data)


def refuse(**given: Any) -> None:
    """Refuse options that do not apply to series."""
    for name, value in given.items():
        if value not in (None, False):
            option = "--" + name.rstrip("_").replace("_", "-")
            raise InputError(f"{option} is not supported for a model of series: leave it out.")


def write(place: output.Output, frame: Any) -> None:
    """Write a frame, or an array (steps, channels) as a table, to a .csv or .parquet file or a table of a database."""
    from quintet.data.writers.frame_files import arrow_table

    if not isinstance(place, OutputTable) and place.suffix not in output.FRAMES:
        raise InputError(f"Series are written to {' or '.join(output.FRAMES)}, got {place}: change the file's name.")
    if isinstance(frame, np.ndarray):
        cells = frame.reshape(len(frame), -1)
        frame = arrow_table({f"x{j}": cells[:, j] for j in range(cells.shape[1])})
    place.write_frame(frame, {})


def detect(series: Series, data: Path, place: output.Output, **options: Any) -> dict[str, Any]:
    """Write the scores of the steps; return the figures and the alarms."""
    from quintet.data.writers.frame_files import arrow_table

    found = series.detect(data, **options)
    write(place, arrow_table(found.step_columns()))
    called = np.concatenate([found.is_anomaly] if not found.many else found.is_anomaly)
    alarms = [
        {
            **({} if alarm.name is None else {"series": alarm.name}),
            "begins": str(alarm.begins),
            "ends": str(alarm.ends),
            "peak": str(alarm.peaks),
            "p_value": alarm.p_value,
            "channel": alarm.channel,
        }
        for alarm in found.alarms
    ]
    return {
        "steps": len(called),
        "alarms": len(alarms),
        "steps_called": int(called.sum()),
        f"expected of {len(called)} clean steps": round(found.false_alarms * len(called)),
        "held_out_steps": found.clean_steps,
        **{f"alarm {number + 1}": alarm for number, alarm in enumerate(alarms[:LISTED])},
        "out": place,
    }


def impute(
    series: Series, data: Path, place: output.Output, draws: int, interval: float | None, **options: Any
) -> dict[str, Any]:
    """Write the filled series; return the figures."""
    if draws:
        raise InputError(f"--draws must be 0 for a model of series, got {draws}: give --interval for bands.")
    filled = series.impute(data, interval=interval, **options)
    if interval is None:
        write(place, filled)
        return {"steps": len(filled), "out": place}
    mean, *bands = filled
    names = [channel.name for channel in series.description_.channels]
    for label, band in zip(("low", "high"), bands, strict=True):
        mean = _with(mean, {f"{name}_{label}": band[name] for name in names})
    write(place, mean)
    return {"steps": len(mean), "interval": interval, "out": place}


def _with(frame: Any, more: dict[str, Any]) -> Any:
    """A frame of Arrow with further columns."""
    for name, column in more.items():
        frame = frame.append_column(name, column)
    return frame


def denoise(
    series: Series, data: Path, place: output.Output, noise: str, rate: float | None, **options: Any
) -> dict[str, Any]:
    """Write the denoised series; return the figures."""
    clean, report = series.denoise(data, noise, rate=rate, return_report=True, **options)
    write(place, clean)
    return {"steps": len(clean), "noise": report.kind, "rate": float(report.rates.mean()), "out": place}


def forecast(
    series: Series, data: Path, place: output.Output, steps: int, quantiles: tuple[float, ...], **options: Any
) -> dict[str, Any]:
    """Write mean and quantiles of the steps behind the end of DATA; return the figures."""
    found = series.forecast(data, steps, quantiles=quantiles, **options)
    write(place, found.table)
    times = found.times[0] if found.many else found.times
    return {"steps": steps, "from": str(times[0]), "to": str(times[-1]), "quantiles": list(quantiles), "out": place}


def generate(
    series: Series, place: output.Output, n: int, condition: Any, steps: int | None, **options: Any
) -> dict[str, Any]:
    """Write new series; return the figures."""
    made = series.generate(n, condition, steps=steps, **options)
    if isinstance(made, np.ndarray):
        made = made.reshape(-1, made.shape[-1])
    write(place, made)
    return {"series": n, "steps": len(made), "out": place}


def compress(series: Series, data: Path, place: output.OutputPath, **options: Any) -> dict[str, Any]:
    """Write the compressed file; return the figures."""
    start = time.perf_counter()
    blob = series.compress(data, **options)
    seconds = time.perf_counter() - start
    output.write_file(place, blob)
    return {"bytes": len(blob), "raw_bytes": data.stat().st_size, "seconds": seconds, "out": place}


def decompress(series: Series, file: Path, place: output.Output) -> dict[str, Any]:
    """Write the series of a compressed file, a .csv byte for byte where it was compressed so; return the figures."""
    blob = file.read_bytes()
    try:
        if isinstance(place, output.OutputPath) and place.suffix == ".csv":
            try:
                content = series.decompress_file(blob)
            except InputError as error:
                if isinstance(error, FileRefused):
                    raise
            else:
                output.write_file(place, content)
                return {"bytes": len(content), "restored": "byte for byte", "out": place}
        found = series.decompress(blob)
    except FileRefused as error:
        raise FileRefused(f"Cannot decode {file}: {error}") from None
    write(place, found)
    return {"steps": len(found), "restored": "cell for cell", "out": place}
