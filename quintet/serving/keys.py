"""API keys: read from a file or the environment, kept as hashes, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from pathlib import Path

from quintet.arguments import File
from quintet.arguments.checking import checked
from quintet.errors import FileRefused, InputError

VARIABLE = "QUINTET_SERVE_KEYS"
"""Environment variable with keys, separated by spaces or commas."""
SHORTEST = 16
"""Characters of a key."""


class Keys:
    """Keys that open the service. Only their SHA-256 hashes are kept, so no error or log can show one.

    Parameters
    ----------
    keys : at least one, each of at least 16 printable ASCII characters without spaces.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        given = [str(key) for key in keys]
        if not given:
            raise InputError(
                "keys must hold at least one key, got none: write one on each line, or leave the option out."
            )
        for number, key in enumerate(given, 1):
            if len(key) < SHORTEST or not key.isascii() or not key.isprintable() or " " in key:
                raise InputError(
                    f"A key must have at least {SHORTEST} printable ASCII characters without spaces, unlike key "
                    f"{number}: make one by python -c 'import secrets; print(secrets.token_urlsafe())'."
                )
        self._hashes = tuple(hashlib.sha256(key.encode()).digest() for key in dict.fromkeys(given))

    @classmethod
    @checked
    def from_file(cls, path: File) -> Keys:
        """The keys of a file, one on each line; empty lines and those that begin with # do not count.

        Raises
        ------
        FileRefused
            The file cannot be read, or is no text.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            reason = getattr(problem, "strerror", None) or "it is no text in UTF-8"
            raise FileRefused(f"The keys cannot be read from {path} ({reason}): check the path.") from None
        lines = (line.strip() for line in text.splitlines())
        return cls(line for line in lines if line and not line.startswith("#"))

    @classmethod
    def from_environment(cls) -> Keys | None:
        """The keys of the variable QUINTET_SERVE_KEYS; None where it is not set or empty."""
        found = os.environ.get(VARIABLE, "").replace(",", " ").split()
        return cls(found) if found else None

    def accepts(self, given: bytes) -> bool:
        """Whether a key is among these, in a time that depends neither on the key nor on which one it equals."""
        asked = hashlib.sha256(given).digest()
        found = False
        for known in self._hashes:
            found |= hmac.compare_digest(known, asked)
        return found

    def __repr__(self) -> str:
        """Their number alone."""
        return f"<{len(self._hashes)} keys>"
