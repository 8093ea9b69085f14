"""Model files that commands write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quintet.estimators import VAE


def save_silent(vae: VAE, path: Path, force: bool = True) -> None:
    """Save a model without the command's ``verbose``, so that it shows no progress bars where it is loaded later."""
    shown, vae.verbose = vae.verbose, False
    try:
        vae.save(path, force=force)
    finally:
        vae.verbose = shown
