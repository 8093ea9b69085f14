"""Schemas that a user edits and gives back: a JSON file, the mapping that it holds, or a model's schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quintet._version import __version__
from quintet.data.cell_kinds import KINDS
from quintet.data.columns.declared import Declared, entry_of, read_entries
from quintet.data.constraints import learn as constraint_learning
from quintet.data.constraints.any_constraint import AnyConstraint
from quintet.data.readers.opening import existing_file
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError, nearest

VERSION = 1
HEAD = ("quintet", "version", "kind", "columns", "constraints")
"""Fields of a file; ``quintet`` is the version of the library that wrote it."""


@dataclass(frozen=True)
class DeclaredSchema:
    """What a user declares of rows: their kind, or an entry for some columns of a table, and constraints of its rows;
    None: they are searched for."""

    kind: str | None = None
    columns: Mapping[str, Declared] = field(default_factory=dict)
    constraints: tuple[AnyConstraint, ...] | None = None

    def kind_beside(self, kind: str) -> str:
        """The kind of the rows where the parameter is ``kind``."""
        own = "columns" if self.columns or self.constraints else self.kind
        if own is None or own == kind:
            return kind
        if kind != "auto":
            raise InputError(f"kind must be 'auto' or {own!r}, the kind of the schema, got {kind!r}.")
        return own

    def plain(self) -> dict[str, Any] | None:
        """The declarations as plain JSON that ``declared_schema`` reads; None if there are none."""
        entries = {
            name: entry.model_dump(mode="json", exclude_unset=True, exclude={"about"})
            for name, entry in self.columns.items()
        }
        if self.constraints is not None:
            return {"columns": entries, "constraints": [constraint_learning.entry_of(c) for c in self.constraints]}
        if entries:
            return entries
        return None if self.kind is None else {"kind": self.kind}


def declared_schema(given: Any) -> DeclaredSchema:
    """The declarations of a file, of a mapping, of a model's schema, or none of None.

    Parameters
    ----------
    given : a path; a mapping of the names of columns to entries such as ``{"type": "ordinal"}``, or with the fields of
        a file; or a ``Schema``.
    """
    if given is None:
        return DeclaredSchema()
    if isinstance(given, Schema):
        given = editable(given)
    if isinstance(given, str | Path):
        return _of_mapping(_read(existing_file(Path(given))))
    return _of_mapping(given)


def editable(schema: Schema, missing: Mapping[str, float] | None = None) -> dict[str, Any]:
    """What a user may edit of a schema, as JSON: its kind, and an entry for each column and constraint of a table.

    Parameters
    ----------
    missing : share of the rows without a value, by the names of columns, for the notes.
    """
    found: dict[str, Any] = {"quintet": __version__, "version": VERSION, "kind": schema.kind}
    if schema.columns:
        shares = missing or {}
        found["columns"] = {column.name: entry_of(column, shares.get(column.name)) for column in schema.columns}
        found["constraints"] = [constraint_learning.entry_of(constraint) for constraint in schema.constraints]
    return found


def written(content: Mapping[str, Any]) -> bytes:
    """The text of a file, with a line for each column and each constraint."""
    long = ("columns", "constraints")
    head = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in content.items() if name not in long]
    if "columns" in content:
        each = (f"    {_text(name)}: {_text(entry)}" for name, entry in content["columns"].items())
        head.append('  "columns": {\n' + ",\n".join(each) + "\n  }")
    if "constraints" in content:
        laws = ",\n".join(f"    {_text(entry)}" for entry in content["constraints"])
        head.append(f'  "constraints": [\n{laws}\n  ]' if laws else '  "constraints": []')
    return ("{\n" + ",\n".join(head) + "\n}\n").encode()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as problem:
        raise FileRefused(
            f"{path}, line {problem.lineno}: a schema must be JSON as `quintet schema DATA --out FILE` writes it, got "
            f"a mistake ({problem.msg})."
        ) from None
    except (UnicodeDecodeError, RecursionError) as problem:
        raise FileRefused(
            f"{path} must be a schema in JSON, got another file: write one by `quintet schema`."
        ) from problem
    if not isinstance(content, Mapping):
        raise FileRefused(f"{path} must hold a schema, a JSON object, got {type(content).__name__}.")
    return content


def _of_mapping(given: Mapping[str, Any]) -> DeclaredSchema:
    if not _is_whole(given):
        return DeclaredSchema(columns=read_entries(given))
    odd = next((name for name in given if name not in HEAD), None)
    if odd is not None:
        raise InputError(f"A schema has no field {odd!r}: {nearest(str(odd), HEAD)}.")
    version, kind, columns = given.get("version", VERSION), given.get("kind"), given.get("columns", {})
    if version != VERSION:
        raise InputError(f"version of a schema must be {VERSION}, got {version!r}: write it again by `quintet schema`.")
    if kind is not None and kind not in KINDS:
        raise InputError(f"kind of a schema is not known: {nearest(str(kind), KINDS)}, got {kind!r}.")
    if not isinstance(columns, Mapping):
        raise InputError(f"columns of a schema must be a mapping of names to entries, got {type(columns).__name__}.")
    laws = given.get("constraints")
    return DeclaredSchema(
        kind, read_entries(columns), None if laws is None else constraint_learning.read_constraints(laws)
    )


def _is_whole(given: Mapping[str, Any]) -> bool:
    """Whether a mapping has the fields of a file, rather than the names of columns."""
    if any(name in given and not isinstance(given[name], Mapping) for name in HEAD):
        return True
    columns = given.get("columns")
    return (
        isinstance(columns, Mapping)
        and set(given) <= {"columns", "constraints"}
        and all(isinstance(entry, Mapping) for entry in columns.values())
    )
