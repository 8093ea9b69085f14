"""load: a fitted estimator from its file."""

from __future__ import annotations

from quintet import storage
from quintet.arguments import Device, File, NetworkLike
from quintet.data.sequences.series.description import SeriesDescription
from quintet.entry_points import public
from quintet.estimators._file import restoring
from quintet.estimators.series import Series
from quintet.estimators.vae import VAE


@public
def load(path: File, *, network: NetworkLike | None = None, device: Device = "auto") -> VAE | Series:
    """Read what ``save`` wrote: a ``VAE``, or the class of a model of series.

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
    header = restoring.header_of(stored, str(path))
    more = {"device": device} if network is None else {"device": device, "network": network}
    vae: VAE = restoring.unfitted(VAE, header, str(path), more)
    vae._set_learnt(restoring.restored_model(tensors, header, str(path), vae.device, network), header)
    if isinstance(vae.schema_.sequence, SeriesDescription):
        return Series.of_vae(vae)
    return vae
