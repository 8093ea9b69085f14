"""`quintet fit` of a file with time stamps: a model of series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quintet.cli import printing
from quintet.cli.several_processes import leave_files_to_first
from quintet.cli.training_files import TrainingFiles
from quintet.errors import Diverged, InputError

if TYPE_CHECKING:
    from quintet.estimators import Series


def is_series(as_: str, data: str, given: dict[str, Any], named: dict[str, Any]) -> bool:
    """Whether DATA is to be read as series: --as series, or auto and a file of time stamps that run on.

    Parameters
    ----------
    given : options that a model of series does not have; "auto" reads a table where one is set.
    named : options that only a model of series has; one that is set makes "auto" read series.
    """
    of_series = [name for name, value in named.items() if value is not None]
    if as_ == "table":
        if of_series:
            raise InputError(f"--{of_series[0]} is for series, got --as table: leave one of them out.")
        return False
    if of_series:
        as_ = "series"
    chosen = [name for name, value in given.items() if value not in (None, False, 0, 0.0, "auto", "train")]
    if as_ == "series":
        if chosen:
            option = "--" + chosen[0].rstrip("_").replace("_", "-")
            raise InputError(f"{option} is not supported for series: leave it out, or read rows by --as table.")
        return True
    if chosen:
        return False
    from quintet.data.readers.sources import NAMES

    if data in NAMES or "://" in data:
        return False
    from quintet.cli.large_inputs import stored_table
    from quintet.data.large.table_files import is_table_files
    from quintet.data.readers.sources import locate
    from quintet.data.sequences.series.recognise import recognised
    from quintet.errors import FileRefused

    try:
        if is_table_files(data) and stored_table(data) is not None:
            return False
        return recognised(locate(data)) is not None
    except FileRefused:  # the table's reader says what is wrong
        return False


def unfitted(
    common: dict[str, Any], named: dict[str, Any], calibration: float | None, false_alarms: float | None
) -> Series:
    """The estimator with the command's options."""
    from quintet.estimators import Series

    window = "auto" if named["window"] is None else named["window"]
    more = {"calibration": calibration, "false_alarms": false_alarms}
    given: dict[str, Any] = {name: value for name, value in more.items() if value is not None}
    return Series(**common, time=named["time"], series=named["series"], window=window, **given)


def fit(data: str, files: TrainingFiles, *, series: Series, as_: str, resume: bool, as_json: bool, quiet: bool) -> None:
    """Train the model, write it, and print figures and what was found.

    Parameters
    ----------
    as_ : the option --as; "auto" adds a note that the file was recognised, and how to read a table instead.
    """
    from quintet.data.readers.sources import NAMES, locate

    if data in NAMES:
        raise InputError(f"--as series needs a .csv or .parquet file, got the data set {data}: leave --as out.")
    try:
        with printing.log_shown(quiet):
            series.fit(locate(data), checkpoint=files.checkpoint, resume=resume)
    except Diverged:
        leave_files_to_first()
        files.remove_checkpoint()
        raise
    leave_files_to_first()
    for sentence in [*_recognised(as_, series), *series.notes_]:
        printing.note(sentence, quiet)
    vae, known = series.vae, series.description_
    files.write(series, vae.history_)
    files.remove_checkpoint()
    figures = {
        "channels": [channel.name for channel in known.channels],
        "step": known.time.span(1),
        "period": known.period,
        "window": known.window,
        "held_out_steps": known.clean.count,
        "latent_dim": vae.latent_dim_,
        "epochs": len(vae.history_.rows),
        "seconds": sum(row.get("seconds", 0.0) for row in vae.history_.rows),
        "out": files.model,
    }
    printing.say(figures, as_json=as_json, quiet=quiet)


def _recognised(as_: str, series: Series) -> list[str]:
    """The note that a file was recognised as series, where no option asked for it."""
    if as_ != "auto" or series.time is not None or series.series is not None or series.window != "auto":
        return []
    by = series.description_.time.name
    return [f"recognised as series by the regular time stamps of {by!r}; --as table reads each row by itself"]
