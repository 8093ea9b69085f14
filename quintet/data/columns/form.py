"""How a frame writes the values of a column that are numbers or times for the model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """The form of a column's values in a frame; the fields of the same names of ``Column``.

    Parameters
    ----------
    timezone : of points in time.
    date_format : how text writes points in time, such as "0000-00-00 00:00"; None: they are no text.
    decimal : precision and scale of ``decimal.Decimal`` numbers; None: they are floats or integers.
    of_day : whether a span of time is a time of day.
    """

    timezone: str | None = None
    date_format: str | None = None
    decimal: tuple[int, int] | None = None
    of_day: bool = False


PLAIN = Form()
"""Values as they are."""
