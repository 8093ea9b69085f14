"""Endings of the names of model files."""

from __future__ import annotations

from pathlib import Path

from quintet.errors import InputError

FOREIGN = (".pt", ".pth")
"""Endings of PyTorch's pickles, which other programs would read as such."""


def refuse_foreign_ending(path: Path, name: str) -> None:
    """Refuse a name for a model file that promises a pickle of PyTorch, before any work is done.

    Parameters
    ----------
    name : of the argument that has the path.
    """
    if path.suffix.lower() in FOREIGN:
        raise InputError(
            f"{name} must not end in {' or '.join(FOREIGN)}, got {path}: models are safetensors files, and no pickles "
            f"of PyTorch; name it {path.with_suffix('.safetensors')}."
        )
