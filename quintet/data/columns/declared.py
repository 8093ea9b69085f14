"""What a user declares of columns: an entry for each, short enough to write by hand, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quintet.data.columns.any_column import AnyColumn
from quintet.data.columns.base import Array, Level
from quintet.data.columns.left_out import REASONS, LeftOut
from quintet.data.columns.levels import CategoricalColumn
from quintet.data.columns.numbers import Continuous, Integer
from quintet.data.columns.times import Ticks
from quintet.errors import InputError, nearest

Type = Literal[
    "continuous",
    "integer",
    "count",
    "datetime",
    "duration",
    "time_of_day",
    "categorical",
    "ordinal",
    "boolean",
    "constant",
    "left_out",
]


Bound = int | Annotated[float, Field(allow_inf_nan=False)] | str


class Declared(BaseModel):
    """An entry; what it does not declare is learnt from the rows.

    Parameters
    ----------
    type : of the column; ``left_out``: the model has no cell for it.
    levels : values of a column of levels, lowest first where they are ``ordinal``.
    low, high : bounds of numbers, or of times as text; answers lie within them.
    decimals : number of decimals of answers of a continuous column.
    missing_codes : numbers that stand for a missing value, such as -999; empty: none.
    reason : why a column is left out.
    about : a note for the reader, which is ignored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: Type | None = None
    levels: Annotated[tuple[Level, ...], Field(min_length=1)] | None = None
    low: Bound | None = None
    high: Bound | None = None
    decimals: Annotated[int, Field(ge=0, le=12)] | None = None
    missing_codes: tuple[int, ...] | None = None
    reason: Literal["identifier", "text", "empty", "dropped"] | None = None
    about: str | None = None

    @property
    def is_left_out(self) -> bool:
        """Whether the model has no cell for the column."""
        return self.type == "left_out"


LEFT_OUT = Declared(type="left_out", reason="dropped")


def read_entries(given: Mapping[str, Any]) -> dict[str, Declared]:
    """Entries by the names of columns, each a mapping or a ``Declared``.

    Raises
    ------
    InputError
        An entry has an unknown field or type, or a value that the field cannot have.
    """
    return {str(name): _read(str(name), entry) for name, entry in given.items()}


def entry_of(column: AnyColumn, missing: float | None = None) -> dict[str, Any]:
    """The entry of a learnt column as plain JSON.

    Parameters
    ----------
    missing : share of the rows without a value, for the note.
    """
    about = column.describe().removeprefix(f"{column.type}, ")
    if isinstance(column, CategoricalColumn):  # the levels stand beside
        about = about.partition(":")[0]
    if missing:
        about += f", {100 * missing:.2g} % missing"
    entry: dict[str, Any] = {"type": column.type}
    if column.missing_codes:
        entry["missing_codes"] = list(column.missing_codes)
    if isinstance(column, LeftOut):
        return entry | {"reason": column.reason, "about": about}
    if isinstance(column, CategoricalColumn):
        return entry | {"levels": list(column.levels), "about": about}
    if isinstance(column, Ticks):
        low, high = (None if e is None else column.text(e) for e in (column.support.low, column.support.high))
        return entry | {"low": low, "high": high, "about": about}
    entry |= {"low": _number(column.support.low, column), "high": _number(column.support.high, column)}
    if isinstance(column, Continuous):
        entry["decimals"] = column.support.decimals
    return entry | {"about": about}


def check_names(declared: Mapping[str, Declared], names: Sequence[str]) -> None:
    """Refuse entries of columns that the rows do not have."""
    for name in declared:
        if name not in names:
            raise InputError(
                f"The schema names a column {name!r}, which the rows do not have: {nearest(name, names)}, or remove "
                "the entry."
            )


def _number(end: float | None, column: Continuous | Integer) -> float | int | None:
    """A bound in the user's values, from one in cells."""
    if end is None or isinstance(column, Continuous):
        return end
    return int(end) + column.support.offset


def _read(name: str, entry: Any) -> Declared:
    if isinstance(entry, Declared):
        return entry
    if not isinstance(entry, Mapping):
        raise InputError(
            f"The schema's entry of column {name!r} must be a mapping such as {{'type': 'ordinal'}}, got {entry!r}."
        )
    try:
        return Declared.model_validate(dict(entry))
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    fields = tuple(Declared.model_fields)
    if field not in fields:
        raise InputError(f"The schema's entry of column {name!r} has no field {field!r}: {nearest(field, fields)}.")
    allowed = {"type": Type.__args__, "reason": tuple(REASONS)}.get(field)  # type: ignore[attr-defined]
    cure = f"choose from {', '.join(allowed)}" if allowed else str(first["msg"]).lower()
    raise InputError(
        f"The schema's entry of column {name!r} has an impossible {field}, got {entry.get(field)!r}: {cure}."
    )


def level_words(levels: Sequence[Any] | Array) -> str:
    """Some levels, for a sentence."""
    shown = ", ".join(repr(level) for level in list(levels)[:3])
    return shown + (", ..." if len(levels) > 3 else "")
