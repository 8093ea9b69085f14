"""The type of any column, which a schema's JSON names in its field ``type``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from quintet.data.columns.left_out import LeftOut
from quintet.data.columns.levels import Boolean, CategoricalColumn, Constant, Ordinal
from quintet.data.columns.numbers import Continuous, Count, Integer
from quintet.data.columns.times import Datetime, Duration, TimeOfDay

AnyColumn = Annotated[
    Continuous
    | Integer
    | Count
    | CategoricalColumn
    | Ordinal
    | Boolean
    | Constant
    | Datetime
    | Duration
    | TimeOfDay
    | LeftOut,
    Field(discriminator="type"),
]
