"""File format: safetensors with a JSON header in its metadata, and never a pickle.

A file is a ``safetensors`` file (8 bytes of header length, a JSON header, the tensors' bytes). Its metadata holds five
strings: ``format`` ("quintet"), ``kind`` ("model", "checkpoint"), ``version``, ``header`` (JSON) and ``sha256``, a
checksum of kind, header and every tensor's name, dtype, shape and bytes, which detects accidental changes. The checksum
does not prove authenticity, because an edited file can have a new one; readers therefore check header and tensors too.
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
"""Largest header in bytes; that of a model with thousands of epochs is far smaller."""


def save(
    path: str | Path,
    tensors: Mapping[str, Tensor],
    header: Mapping[str, Any],
    kind: str = "model",
    *,
    force: bool = True,
) -> None:
    """Write tensors and a JSON-able header to ``path`` atomically: the file is either the old one or the new one.

    ``force``: whether to replace an existing file.
    """
    data = to_bytes(tensors, header, kind)
    with atomic(path, force=force, begun=True) as file:
        file.write(data)


def load(path: str | Path, kind: str = "model") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a file of ``save``.

    Raises
    ------
    FileRefused
        If the file is missing, not a quintet file, of another kind or a later version, truncated, altered, or larger
        than the free memory (checked by its size before allocation).
    """
    return from_bytes(read(path), kind, name=str(path))


def read(path: str | Path) -> bytes:
    """The bytes of a file; ``FileRefused`` where it cannot be read, or is larger than the free memory."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise FileRefused(f"{path} must be a file saved by quintet, got a folder.")
        _refuse_if_too_large(size, str(path))
        return path.read_bytes()
    except OSError as problem:
        raise FileRefused(f"{path} cannot be read ({_reason(problem)}); check the path.") from None


def to_bytes(tensors: Mapping[str, Tensor], header: Mapping[str, Any], kind: str = "model") -> bytes:
    """The bytes of a file, for pickles and streams."""
    from safetensors.torch import save as pack

    stored = {name: t.detach().cpu().clone(memory_format=torch.contiguous_format) for name, t in tensors.items()}
    text = json.dumps(header)
    digest = _checksum(kind, text, stored)
    about = {"format": FORMAT, "kind": kind, "version": str(VERSION), "header": text, "sha256": digest}
    data: bytes = pack(stored, metadata=about)
    if int.from_bytes(data[:8], "little") > HEADER_LIMIT:
        raise InputError(f"The header must be at most {HEADER_LIMIT >> 20} MiB: shorten the history.")
    return data


def from_bytes(data: bytes, kind: str = "model", name: str = "the data") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read the bytes of ``to_bytes``; ``name`` is the file's name in error messages."""
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


def header_alone(path: str | Path) -> dict[str, Any]:
    """The header of a file without its tensors and without the checks of ``load``; {} where it has none."""
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            fields = json.loads(file.read(length)) if length <= HEADER_LIMIT else {}
        found = json.loads(fields["__metadata__"]["header"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _header(text: str, name: str) -> dict[str, Any]:
    """The parsed header of a file with a valid checksum; its content may still be anything."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise FileRefused(f"{name} has a header that is not quintet's: copy it again, or fit the model again.")
    return header


def write(path: str | Path, data: bytes) -> None:
    """Write a file atomically; an existing file is replaced once the new one is on the disk."""
    with atomic(path, force=True) as file:
        file.write(data)


def _metadata(data: bytes, name: str) -> dict[str, str]:
    """The metadata of a safetensors file, after checks of its lengths."""
    if not data:
        raise FileRefused(f"{name} must be a file saved by quintet, got an empty file.")
    length = int.from_bytes(data[:8], "little")
    if length > HEADER_LIMIT:
        raise FileRefused(
            f"{name} is not a quintet file, nor any safetensors file: give one that save() or `quintet fit` wrote."
        )
    try:
        fields = json.loads(data[8 : 8 + length].decode())
        about = fields.pop("__metadata__")
        genuine = about["format"] == FORMAT and all(isinstance(v, str) for v in about.values())
        end = max((int(f["data_offsets"][1]) for f in fields.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        if len(data) < 8 + length and data[8:9] == b"{":
            raise FileRefused(f"{name} is truncated in its header: copy or save it again.") from None
        raise FileRefused(f"{name} is not a quintet file, or its header is damaged; see `quintet fit`.") from None
    if not genuine:
        raise FileRefused(f"{name} is a safetensors file of another program; see `quintet fit`.")
    if len(data) != 8 + length + end:
        raise FileRefused(
            f"{name} is truncated or altered: it must have {8 + length + end} bytes, got {len(data)}: "
            "copy or save it again."
        )
    return dict(about)


def _check_label(about: Mapping[str, str], kind: str, name: str) -> None:
    missing = {"kind", "version", "header", "sha256"} - set(about)
    if missing or not about["version"].isascii() or not about["version"].isdigit():
        raise _damaged(name)
    if int(about["version"]) > VERSION:
        raise FileRefused(
            f"{name} must have a format version of at most {VERSION}, got {about['version']}: install a later quintet."
        )
    if about["kind"] != kind:
        raise FileRefused(f"{name} must hold a {kind}, got a {about['kind']}.")


def _checksum(kind: str, header: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of all stored content."""
    layout = [[name, str(tensors[name].dtype), list(tensors[name].shape)] for name in sorted(tensors)]
    digest = hashlib.sha256(json.dumps([VERSION, kind, header, layout]).encode())
    for name in sorted(tensors):
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _refuse_if_too_large(size: int, name: str) -> None:
    """Raise ``FileRefused`` if the file and its tensors do not fit into free memory together."""
    import psutil  # type: ignore[import-untyped]

    free = int(psutil.virtual_memory().available)
    if 2 * size > free:
        raise FileRefused(
            f"{name} needs {2 * size / 2**30:.1f} GiB of memory and {free / 2**30:.1f} GiB are free; "
            "close other programs or use a larger machine."
        )


def _damaged(name: str) -> FileRefused:
    return FileRefused(f"{name} is damaged: its content does not match its checksum; copy or save it again.")


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()
