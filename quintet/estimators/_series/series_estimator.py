"""What a question reads of a fitted ``Series``: its model, its description, and the source of a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sklearn.utils.validation import check_is_fitted

from quintet.data.columns.base import Array
from quintet.data.sequences.series.answers import like_source
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.series.read import SeriesData, read_series
from quintet.data.sequences.series.stream import is_stream, read_stream, selected
from quintet.data.sequences.series.time_axis import Ticks
from quintet.errors import InputError
from quintet.estimators._answers.fitted_estimator import fitted_for
from quintet.estimators._series.channels import Channels
from quintet.estimators._series.clock import SeriesClock


class SeriesEstimator(Protocol):
    """The parameters and the attribute of a fitted ``Series`` that questions read."""

    vae: Any
    false_alarms: float


def model_of(series: SeriesEstimator, question: str | None = None) -> tuple[Any, SeriesDescription]:
    """The fitted model of windows, and what it remembers.

    Raises
    ------
    NotFittedError
        ``fit`` has not run.
    Unanswerable
        The model's variant cannot answer the question.
    """
    check_is_fitted(series, "vae")
    known = fitted_for(series.vae, question).schema.sequence
    assert isinstance(known, SeriesDescription)
    return series.vae, known


def read_known(known: SeriesDescription, X: Any) -> tuple[SeriesData, list[Array]]:
    """The series of a source, and the cells (steps, modelled channels) of each."""
    data = read_stream(X, known) if is_stream(X) else read_series(X, known)
    return data, [selected(one.values, list(known.modelled)) for one in data.series]


def refuse_stream(X: Any, question: str) -> None:
    """Refuse files larger than memory, of which a question would answer in their form."""
    if is_stream(X):
        raise InputError(
            f"{question} answers in the form of the source, which must fit into memory, got files to be read by chunk: "
            "give a part of them as a frame."
        )


def clock_of(vae: Any, known: SeriesDescription, begins: Sequence[Ticks]) -> SeriesClock | None:
    """The clock of series that begin at these time stamps, in ticks; None where the model reads no calendar."""
    calendar = vae.schema_.calendar
    return None if calendar is None else SeriesClock(calendar, known.time, begins)


def in_source_form(known: SeriesDescription, data: SeriesData, values: Sequence[Array]) -> Any:
    """Answers (steps, modelled channels) on the series' grids, in the form of the source."""
    whole = Channels(known)
    made = [whole.expanded(own, one.values) for own, one in zip(values, data.series, strict=True)]
    return like_source(data, made)
