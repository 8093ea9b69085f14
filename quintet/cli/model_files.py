"""Model files that commands write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quintet.errors import InputError

if TYPE_CHECKING:
    from quintet.estimators import VAE

FOREIGN = (".pt", ".pth")
"""Endings of PyTorch's pickles, which other programs would read as such."""


def refuse_foreign_ending(path: Path) -> None:
    """Refuse a name for a model file that promises a pickle of PyTorch, before any work is done."""
    if path.suffix.lower() in FOREIGN:
        raise InputError(
            f"--out must not end in {' or '.join(FOREIGN)}, got {path}: models are safetensors files, and no pickles "
            f"of PyTorch; name it {path.with_suffix('.safetensors')}."
        )


def save_silent(vae: VAE, path: Path, force: bool = True) -> None:
    """Save a model without the command's ``verbose``, so that it shows no progress bars where it is loaded later."""
    shown, vae.verbose = vae.verbose, False
    try:
        vae.save(path, force=force)
    finally:
        vae.verbose = shown
