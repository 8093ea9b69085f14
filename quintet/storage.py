"""One safetensors file: tensors, and a JSON header with everything else; never a pickle.

A file is what ``safetensors`` writes (8 bytes of header length, a JSON header, the tensors' bytes). Its
metadata holds five strings: ``format`` ("quintet"), ``kind`` ("model", "checkpoint"), ``version``, ``header``
(JSON) and ``sha256``, a checksum over kind, header and every tensor's name, type, shape and bytes. So a
flipped byte is either found or harmless. A checksum is for integrity, not for authenticity: it finds accidents, and
anybody who edits a file can write a new one. So whoever reads a file checks its header and its tensors, too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from quintet.data.writers.atomic_file import atomic
from quintet.errors import FileRefused, InputError

FORMAT, VERSION = "quintet", 1
HEADER_LIMIT = 64 * 2**20
"""Bytes of the largest header that is read; one of a model with thousands of epochs stays far below."""


def save(
    path: str | Path,
    tensors: Mapping[str, Tensor],
    header: Mapping[str, Any],
    kind: str = "model",
    *,
    force: bool = True,
) -> None:
    """Write tensors and a JSON-able header to `path`: the old file or the new one is there, never half.

    ``force``: whether a file that is there may be replaced.
    """
    data = to_bytes(tensors, header, kind)
    with atomic(path, force=force, begun=True) as file:
        file.write(data)


def load(path: str | Path, kind: str = "model") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save` wrote.

    Raises
    ------
    FileRefused
        The file is missing, not Quintet's, of another kind or a later version, cut short, altered, or larger
        than the memory that is free (known from its size, before anything is allocated).
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise FileRefused(f"{path} is a folder; a file that quintet saved is asked for.")
        _refuse_if_too_large(size, str(path))
        data = path.read_bytes()
    except OSError as problem:
        raise FileRefused(f"{path} cannot be read ({_reason(problem)}); check the path.") from None
    return from_bytes(data, kind, name=str(path))


def to_bytes(tensors: Mapping[str, Tensor], header: Mapping[str, Any], kind: str = "model") -> bytes:
    """The content of a file, for pickles and for streams."""
    from safetensors.torch import save as pack

    stored = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    text = json.dumps(header)
    digest = _checksum(kind, text, stored)
    about = {"format": FORMAT, "kind": kind, "version": str(VERSION), "header": text, "sha256": digest}
    data: bytes = pack(stored, metadata=about)
    if int.from_bytes(data[:8], "little") > HEADER_LIMIT:
        raise InputError(f"the header to be saved is over {HEADER_LIMIT >> 20} MiB; shorten the history.")
    return data


def from_bytes(data: bytes, kind: str = "model", name: str = "the data") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `to_bytes` made; `name` stands in the sentence of a refusal."""
    about = _metadata(data, name)
    _check_label(about, kind, name)
    from safetensors import SafetensorError
    from safetensors.torch import load as unpack

    try:
        tensors = unpack(data)
    except (SafetensorError, KeyError, ValueError, RuntimeError, OverflowError):
        raise _damaged(name) from None
    if _checksum(kind, about["header"], tensors) != about["sha256"]:
        raise _damaged(name)
    return tensors, _header(about["header"], name)


def _header(text: str, name: str) -> dict[str, Any]:
    """The header of a file whose checksum holds: anybody can write one, and what is in it may be anything."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise FileRefused(f"{name} has a header that no quintet wrote; copy it again, or fit the model again.")
    return header


def write(path: str | Path, data: bytes) -> None:
    """Write a whole file or nothing; a file that is there is replaced only once the new one is on the disk."""
    with atomic(path, force=True) as file:
        file.write(data)


def _metadata(data: bytes, name: str) -> dict[str, str]:
    """The metadata of a safetensors file whose lengths add up."""
    if not data:
        raise FileRefused(f"{name} is empty; a file that quintet saved is asked for.")
    length = int.from_bytes(data[:8], "little")
    if length > HEADER_LIMIT:
        raise FileRefused(
            f"{name} is not a quintet file: it announces a header of {length} bytes, allowed are {HEADER_LIMIT}."
        )
    try:
        fields = json.loads(data[8 : 8 + length].decode())
        about = fields.pop("__metadata__")
        genuine = about["format"] == FORMAT and all(isinstance(v, str) for v in about.values())
        end = max((int(f["data_offsets"][1]) for f in fields.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        if len(data) < 8 + length and data[8:9] == b"{":
            raise FileRefused(f"{name} is cut short within its header; copy or save it again.") from None
        raise FileRefused(f"{name} is not a quintet file, or its header is damaged; see `quintet fit`.") from None
    if not genuine:
        raise FileRefused(f"{name} is a safetensors file of another program; see `quintet fit`.")
    if len(data) != 8 + length + end:
        raise FileRefused(
            f"{name} is cut short or altered: it holds {len(data)} bytes and announces {8 + length + end}; "
            "copy or save it again."
        )
    return dict(about)


def _check_label(about: Mapping[str, str], kind: str, name: str) -> None:
    missing = {"kind", "version", "header", "sha256"} - set(about)
    if missing or not about["version"].isascii() or not about["version"].isdigit():
        raise _damaged(name)
    if int(about["version"]) > VERSION:
        raise FileRefused(
            f"{name} is of format version {about['version']} and this quintet reads up to {VERSION}; "
            "install a later quintet."
        )
    if about["kind"] != kind:
        raise FileRefused(f"{name} holds a {about['kind']}; a {kind} is asked for.")


def _checksum(kind: str, header: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over everything that is stored."""
    layout = [[name, str(tensors[name].dtype), list(tensors[name].shape)] for name in sorted(tensors)]
    digest = hashlib.sha256(json.dumps([VERSION, kind, header, layout]).encode())
    for name in sorted(tensors):
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _refuse_if_too_large(size: int, name: str) -> None:
    """Reading takes the file's bytes and the tensors' at once."""
    import psutil  # type: ignore[import-untyped]

    free = int(psutil.virtual_memory().available)
    if 2 * size > free:
        raise FileRefused(
            f"{name} needs {2 * size / 2**30:.1f} GiB of memory and {free / 2**30:.1f} GiB are free; "
            "close other programs or use a larger machine."
        )


def _damaged(name: str) -> FileRefused:
    return FileRefused(f"{name} is damaged: its content does not fit its checksum; copy or save it again.")


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()
