"""load: a fitted estimator from its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quintet import storage
from quintet.arguments import Device, File, NetworkLike
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.text.description import TextDescription
from quintet.entry_points import public
from quintet.estimators._file import restoring
from quintet.estimators.series import Series
from quintet.estimators.text import Text
from quintet.estimators.vae import VAE


@public
def load(path: File, *, network: NetworkLike | None = None, device: Device = "auto") -> Any:
    """Read what ``save`` wrote: a ``VAE``, or the ``Series`` or ``Text`` around one.

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
    return of_its_class(read_vae(path, network, device))


def read_vae(path: str | Path, network: Any = None, device: str = "auto") -> VAE:
    """The model of a file."""
    tensors, stored = storage.load(path)
    header = restoring.header_of(stored, str(path))
    more = {"device": device} if network is None else {"device": device, "network": network}
    vae: VAE = restoring.unfitted(VAE, header, str(path), more)
    vae._set_learnt(restoring.restored_model(tensors, header, str(path), vae.device, network), header)
    return vae


def of_its_class(vae: VAE) -> Any:
    """A model in the class of what its rows were cut from."""
    sequence = vae.schema_.sequence
    if isinstance(sequence, SeriesDescription):
        return Series.of_vae(vae)
    return Text.of(vae) if isinstance(sequence, TextDescription) else vae
