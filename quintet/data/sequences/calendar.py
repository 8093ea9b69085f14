"""The cycles of the calendar that rows of steps are conditioned on: day, week and year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from quintet.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

Array = np.ndarray[Any, Any]
CycleName = Literal["day", "week", "year"]


class Cycle(BaseModel):
    """One cycle.

    Parameters
    ----------
    name : of the cycle.
    steps : its length, in steps; a year's is that of the mean year.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: CycleName
    steps: float = Field(gt=1, allow_inf_nan=False)


class Calendar(BaseModel):
    """The cycles, each once."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    cycles: tuple[Cycle, ...] = Field(min_length=1, max_length=3)

    def encode(self, turns: Any, n: int) -> Tensor:
        """Where n rows begin in each cycle, (n, cycles) of float32 from 0 up to 1; NaN: unknown.

        Raises
        ------
        InputError
            There are other rows or cycles.
        """
        import torch

        found = np.asarray(turns, dtype=np.float32)
        if found.shape != (n, len(self.cycles)):
            raise InputError(
                f"The condition of {n} rows must be their places in {len(self.cycles)} cycles of the calendar, "
                f"({n}, {len(self.cycles)}), got shape {found.shape}."
            )
        return torch.from_numpy(np.array(found))


@dataclass(frozen=True)
class Clock:
    """Where rows begin in the cycles of a calendar; ``turns`` as of ``Calendar.encode``."""

    calendar: Calendar
    turns: Array
