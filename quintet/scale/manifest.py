"""The manifest of a bulk answer: what was asked of which rows, and whether all parts are there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pyarrow
from pyarrow import parquet

from quintet.errors import FileRefused, InputError
from quintet.scale.folder import Folder

NAME = "_manifest.json"
"""Readers of folders of Parquet leave out names that begin with "_"."""
PART = re.compile(r"part-\d{6,}\.parquet")
FORMAT, VERSION = "quintet bulk answers", 1


def part_name(number: int) -> str:
    """The name of a part; sorted by name, parts are in the order of the source."""
    return f"part-{number:06d}.parquet"


def begin(folder: Folder, asked: Mapping[str, Any], *, resume: bool, force: bool) -> bool:
    """Make the folder ready for the answers; whether it holds parts of the same answers.

    Parameters
    ----------
    asked : what is asked of which rows, as plain values; parts of anything else are refused.
    resume : whether parts that are there are kept.
    force : whether another answer that is there is replaced.
    """
    folder.make()
    names = folder.names()
    before = _read(folder) if NAME in names else None
    if resume and before is not None:
        _refuse_other(before.get("asked", {}), asked, folder)
        return True
    if names and not (force or resume):
        cure = "continue it by resume=True (--resume), or replace it by force=True (--force)"
        what = "answers already" if before is not None else "files"
        raise InputError(
            f"The folder {folder.address} holds {what}: choose another one{', ' + cure if before else ''}."
        )
    if names and before is None:
        raise InputError(
            f"The folder {folder.address} holds files and no {NAME} of an earlier answer: choose another folder."
        )
    for name in names:
        if name == NAME or PART.fullmatch(name):
            folder.remove(name)
    write(folder, asked, "begun")
    return False


def write(folder: Folder, asked: Mapping[str, Any], state: str, **more: Any) -> None:
    """Write the manifest; ``state`` is "begun" or "complete"."""
    content = {"format": FORMAT, "version": VERSION, "state": state, **more, "asked": asked}
    folder.write(NAME, lambda file: _put(file, content))


def rows_of_part(folder: Folder, number: int) -> int | None:
    """The rows of a part that is there and whole; None otherwise."""
    try:
        with folder.open(part_name(number)) as file:
            return int(parquet.ParquetFile(file).metadata.num_rows)
    except (OSError, pyarrow.ArrowException):
        return None


def _put(file: Any, content: Mapping[str, Any]) -> None:
    file.write(json.dumps(content, indent=1).encode())


def _read(folder: Folder) -> dict[str, Any]:
    try:
        with folder.open(NAME) as file:
            found = json.loads(file.read())
    except (OSError, ValueError) as error:
        raise FileRefused(f"{folder.address}/{NAME} cannot be read: choose another folder.") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or found.get("version") != VERSION:
        raise FileRefused(f"{folder.address}/{NAME} is not one of this version of quintet: choose another folder.")
    return found


def _refuse_other(before: Mapping[str, Any], asked: Mapping[str, Any], folder: Folder) -> None:
    """Refuse to go on with answers to something else."""
    now = json.loads(json.dumps(asked))
    odd = next((name for name in now if before.get(name) != now[name]), None)
    if odd is not None:
        shown = [text if len(text := str(value)) <= 60 else f"{text[:57]}..." for value in (before.get(odd), now[odd])]
        raise InputError(
            f"The folder {folder.address} holds answers with another {odd} ({shown[0]}, now {shown[1]}): choose "
            "another folder, or replace them by force=True (--force)."
        )
