"""load: a fitted estimator from its file."""

from __future__ import annotations

from typing import Any

from quintet import storage
from quintet.arguments import Device, File, NetworkLike
from quintet.entry_points import public
from quintet.estimators._file import restoring
from quintet.estimators._sound.file import holds_clips, models_of
from quintet.estimators.sound import Sound
from quintet.estimators.vae import VAE


@public
def load(path: File, *, network: NetworkLike | None = None, device: Device = "auto") -> Any:
    """Read what ``save`` wrote: a ``VAE``, or the class of a model of sound.

    Parameters
    ----------
    path : the file.
    network : the user's pair of functions, where the model was trained with one (no file holds them).
    device : where the answers are computed; the file does not bind it.

    Raises
    ------
    FileRefused
        No such file, not a model of Quintet, damaged, of a later version, or larger than memory.
    """
    tensors, stored = storage.load(path)
    if holds_clips(stored):
        return Sound.of_models(*models_of(tensors, stored, str(path), device))
    header = restoring.header_of(stored, str(path))
    more = {"device": device} if network is None else {"device": device, "network": network}
    vae: VAE = restoring.unfitted(VAE, header, str(path), more)
    vae._set_learnt(restoring.restored_model(tensors, header, str(path), vae.device, network), header)
    return vae
