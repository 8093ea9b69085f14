"""What a model of series remembers: its axis of time, its channels, its windows, and the scores of clean steps."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from quintet.data.sequences.series.categories import Category
from quintet.data.sequences.series.time_axis import Ticks, TimeAxis

LONGEST_WINDOW = 4_096
Container = Literal["pandas", "polars", "pyarrow", "array", "list"]


class CategoryColumn(BaseModel):
    """A column of text whose levels are channels, as in ``Category``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    column: str
    levels: tuple[str, ...] = Field(min_length=2)

    @property
    def category(self) -> Category:
        """Its channels."""
        return Category(self.column, self.levels)


class Channel(BaseModel):
    """One channel: a number for each step.

    Parameters
    ----------
    name : of its column; "x0", "x1", ... where columns have no names; COLUMN=LEVEL for a level of text.
    dtype : the user's type.
    constant : the value of a channel that never changed in training, which the model leaves out; None: it did.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    dtype: str = "float64"
    constant: float | None = Field(default=None, allow_inf_nan=False)


class CleanPart(BaseModel):
    """A score of held-out steps.

    Parameters
    ----------
    scores : ascending; of many those that are spread evenly over the ranks.
    memory : integrated autocorrelation time, in steps: so many neighbours count as one observation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    scores: tuple[float, ...] = ()
    memory: float = Field(default=1.0, ge=1)


class CleanScores(BaseModel):
    """Scores of steps that were held out of training, in whole blocks of time.

    Parameters
    ----------
    count : number of the steps.
    cells : the surprise of a step's cells.
    stretch : the strangeness of the stretch that a step lies in.
    components : mean and standard deviation of each component of the latter.
    channels : for each channel the surprise of its cells, ascending, in nats.
    peaks : the highest score of each stretch of ``window`` steps, ascending.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    count: int = Field(default=0, ge=0)
    cells: CleanPart = CleanPart()
    stretch: CleanPart = CleanPart()
    components: tuple[tuple[float, float], ...] = ()
    channels: tuple[tuple[float, ...], ...] = ()
    peaks: tuple[float, ...] = ()


class SeriesDescription(BaseModel):
    """A model of series, as its file's header keeps it.

    Parameters
    ----------
    channels : of the user's data, in their order.
    categories : the columns of text that have channels, one for each level, behind all others.
    left_out : columns that are neither time, name of a series nor channel.
    id_column : the column that names the series of a long table; None: one series, or a list of them.
    container : what answers are: a frame of a library, an array, or a list of arrays.
    start : time stamp of the first step of training, in ticks.
    window, hop : steps of a window, and from one window to the next.
    period : length of the dominant cycle, in steps; None: there is none.
    clean : scores of held-out steps.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Literal["series"] = "series"
    time: TimeAxis = TimeAxis()
    channels: tuple[Channel, ...] = Field(min_length=1)
    categories: tuple[CategoryColumn, ...] = ()
    left_out: tuple[str, ...] = ()
    id_column: str | None = None
    container: Container = "array"
    start: Ticks = 0
    window: int = Field(ge=2, le=LONGEST_WINDOW)
    hop: int = Field(ge=1, le=LONGEST_WINDOW)
    period: int | None = Field(default=None, ge=2)
    clean: CleanScores = CleanScores()

    @property
    def modelled(self) -> tuple[int, ...]:
        """Places of the channels that the model has."""
        return tuple(place for place, channel in enumerate(self.channels) if channel.constant is None)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse parts that contradict each other."""
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names):
            raise ValueError("two channels have one name")
        levels = [name for each in self.categories for name in each.category.channels]
        if levels != names[len(names) - len(levels) :]:
            raise ValueError("the channels of columns of text are others than their levels")
        if self.clean.channels and len(self.clean.channels) != len(self.modelled):
            raise ValueError("the scores are of another number of channels")
        return self
