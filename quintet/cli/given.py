"""Values of --given and --balance: what columns of generated rows shall be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from quintet.cli import option_values
from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.data.schema import Schema


def given_columns(pairs: Sequence[str], schema: Schema) -> dict[str, Any] | None:
    """Parse --given: ``sex=Female``, ``degree=Masters,Doctorate``, ``age=30..40``, ``age=30..``; None without any.

    Levels with commas are in double quotes among others: ``city="Milan, North",Rome``.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        name, values = _split(pair, schema)
        if name in found:
            raise InputError(
                f"--given names column {name!r} twice: write all of its values in one, such as {name}=a,b."
            )
        found[name] = _wanted(values, next((c for c in schema.columns if c.name == name), None))
    return found or None


def balanced_column(text: str, schema: Schema) -> Any:
    """Parse --balance: ``income``, or ``income=low:0.7,high:0.3``; levels may contain ":" and "="."""
    column = next((column for column in schema.columns if text.startswith(f"{column.name}=")), None)
    if column is None or any(text == column.name for column in schema.columns):
        return text
    levels = {str(level): level for level in getattr(column, "levels", ())}
    levels = {str(level).lower(): level for level in levels.values() if isinstance(level, bool)} | levels
    shares: dict[Any, float] = {}
    for part in option_values.several(text[len(column.name) + 1 :]):
        level, _, share = part.rpartition(":")
        level = level.strip() if level.strip() in levels else option_values.unquoted(level.strip())
        try:
            shares[levels.get(level, level)] = float(share)
        except ValueError:
            raise InputError(
                f"--balance must be COLUMN or COLUMN=LEVEL:SHARE,..., such as income=low:0.7,high:0.3, got {text}."
            ) from None
    return {column.name: shares}


def _split(pair: str, schema: Schema) -> tuple[str, str]:
    """The column and the text of its values; names may contain "="."""
    known = [column.name for column in schema.columns if pair.startswith(f"{column.name}=")]
    name = max(known, key=len) if known else pair.partition("=")[0].strip()
    values = pair[len(name) :].lstrip().removeprefix("=").strip()
    if not values or "=" not in pair:
        raise InputError(f"--given must be COLUMN=VALUES, such as --given age=30..40, got {pair}.")
    return name, values


def _wanted(text: str, column: Any) -> Any:
    """A value, a list of values, or an interval (low, high)."""
    levels = {str(level): level for level in getattr(column, "levels", ())}
    levels = {str(level).lower(): level for level in levels.values() if isinstance(level, bool)} | levels
    is_number = column is not None and not levels and not column.dtype.startswith(("datetime64", "timedelta64"))

    def value(part: str) -> Any:
        part = part.strip()
        part = part if part in levels else option_values.unquoted(part)
        return levels.get(part, option_values.value(part) if is_number else part)

    if text in levels:
        return levels[text]
    low, dots, high = text.partition("..")
    if dots and '"' not in text:
        return value(low) if low.strip() else None, value(high) if high.strip() else None
    parts = [value(part) for part in option_values.several(text)]
    return parts if len(parts) > 1 else parts[0]
