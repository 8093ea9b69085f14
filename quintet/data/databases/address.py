"""Addresses of databases: URLs and paths of files; names for messages never contain a password."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote

from quintet.errors import InputError

Kind = Literal["duckdb", "sqlite", "postgresql"]
SUFFIXES: dict[str, Kind] = {
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
"""Suffix of a file -> its kind, where its content does not say otherwise."""
MAGIC: dict[Kind, tuple[int, bytes]] = {"sqlite": (0, b"SQLite format 3\0"), "duckdb": (8, b"DUCK")}
"""Kind of a file -> offset and bytes of its magic number."""
URL = re.compile(r"^([A-Za-z][A-Za-z0-9.-]*)(?:\+[A-Za-z0-9_]+)?://(.*)$", re.DOTALL)
"""A scheme, perhaps with a driver as SQLAlchemy writes it, and the rest."""
FORMS = "postgresql://USER@HOST/NAME, sqlite:///FILE, duckdb:///FILE, or a .duckdb, .sqlite or .db file"


@dataclass(frozen=True)
class Database:
    """A database.

    ``target`` is what the driver opens: a path or the whole URL; "" for DuckDB without a file, whose queries name
    files themselves. ``shown`` is its name in messages; ``secrets`` are the passwords of the URL.
    """

    kind: Kind
    target: str = field(repr=False)
    shown: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return self.shown

    @property
    def path(self) -> Path | None:
        """The file; None for a server, or where there is none."""
        return Path(self.target) if self.kind != "postgresql" and self.target else None

    def without_secrets(self, text: str) -> str:
        """A driver's message without the passwords of the URL."""
        text = text.replace(self.target, self.shown) if self.secrets else text
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def is_url(source: str | Path) -> bool:
    """Whether a source is written as a URL."""
    return isinstance(source, str) and URL.match(source) is not None


def find_database(source: str | Path) -> Database | None:
    """The database that a URL or the path of a file names; None for anything else.

    Raises
    ------
    InputError
        If the URL is of another kind of database, or has no file where it needs one.
    """
    text = os.fspath(source)
    found = URL.match(text) if isinstance(source, str) else None
    if found:
        return _of_url(text, found[1].lower(), found[2])
    path = Path(text).expanduser()
    if path.is_dir() or path.suffix.lower() not in SUFFIXES:
        return None
    return Database(_kind_of_file(path), str(path), str(path))


def shown(source: str | Path) -> str:
    """The name of a source in messages: a URL without its password, everything else as it is."""
    found = find_database(source) if is_url(source) else None
    return os.fspath(source) if found is None else found.shown


def _of_url(text: str, scheme: str, rest: str) -> Database:
    if scheme in ("postgresql", "postgres"):
        address, _, options = rest.partition("?")
        user, at, host = address.rpartition("@")
        name, _, password = user.partition(":")
        secrets = [password, *(value for key, value in parse_qsl(options) if "pass" in key.lower())]
        every = dict.fromkeys(form for secret in secrets for form in (secret, unquote(secret)) if form)
        return Database("postgresql", f"postgresql://{rest}", f"postgresql://{name}{at}{host}", tuple(every))
    if scheme not in ("sqlite", "duckdb"):
        raise InputError(f"A database must be {FORMS}, got a URL of {scheme}.")
    if scheme == "duckdb" and rest in ("", "/", "/:memory:"):
        return Database("duckdb", "", "duckdb://")
    if not rest.startswith("/") or len(rest) == 1 or rest == "/:memory:":
        raise InputError(
            f"A URL of {scheme} must name a file after three slashes, such as {scheme}:///shop.{scheme}, got {text}."
        )
    path = Path(rest[1:]).expanduser()
    return Database(_kind_of_file(path) if path.is_file() else scheme, str(path), str(path))  # type: ignore[arg-type]


def _kind_of_file(path: Path) -> Kind:
    """The kind by a file's content, else by its suffix."""
    try:
        with open(path, "rb") as file:
            head = file.read(16)
    except OSError:
        head = b""
    for kind, (offset, magic) in MAGIC.items():
        if head[offset : offset + len(magic)] == magic:
            return kind
    return SUFFIXES.get(path.suffix.lower(), "sqlite")
