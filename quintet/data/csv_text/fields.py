"""The fields of delimited text as they stand there: with quotation marks and spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

QUOTING = ("minimal", "values", "all", "never")
"""Fields in quotation marks: those that need them; all but missing ones; all; none."""


def records(text: str, delimiter: str) -> Iterator[tuple[list[str], str]]:
    """The fields of each record, and its line end; a blank line is a record of one empty field."""
    mark = re.escape(delimiter)
    token = re.compile(rf'("(?:[^"]++|"")*+"[^{mark}\r\n]*|[^{mark}\r\n]*)({mark}|\r\n|\n|\r|\Z)')
    fields = list[str]()
    for match in token.finditer(text):
        field, end = match.groups()
        if end == delimiter:
            fields.append(field)
            continue
        if end or field or fields:
            yield [*fields, field], end
        fields = []
        if not end:
            return


def unquoted(field: str) -> str:
    """The text of a field."""
    if len(field) >= 2 and field[0] == field[-1] == '"':
        return field[1:-1].replace('""', '"')
    return field


def quoted(text: str, rule: str, delimiter: str, missing: bool = False) -> str:
    """The field of a text."""
    if rule == "all" or (rule == "values" and not missing):
        needed = True
    else:
        needed = rule == "minimal" and any(mark in text for mark in (delimiter, '"', "\n", "\r"))
    return '"' + text.replace('"', '""') + '"' if needed else text
