"""load: a fitted estimator from its file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar, overload

from torch import Tensor

from quintet import storage
from quintet.arguments import Device, File, NetworkLike
from quintet.arguments.composite_rules import Satisfying
from quintet.data.sequences.series.description import SeriesDescription
from quintet.data.sequences.text.description import TextDescription
from quintet.entry_points import public
from quintet.errors import FileRefused
from quintet.estimators._file import restoring
from quintet.estimators._sound.file import holds_clips, models_of
from quintet.estimators.series import Series
from quintet.estimators.sound import Sound
from quintet.estimators.text import Text
from quintet.estimators.vae import VAE

Loaded = VAE | Series | Text | Sound
"""What a file may hold."""
Class = TypeVar("Class", VAE, Series, Text, Sound)
CLASSES = (VAE, Series, Text, Sound)
Expected = Annotated[
    Any, Satisfying(lambda value: any(value is known for known in CLASSES), "VAE, Series, Text or Sound, a class")
]


@overload
def load(
    path: str | Path, expected: type[Class], *, network: NetworkLike | None = None, device: Device = "auto"
) -> Class: ...


@overload
def load(path: str | Path, *, network: NetworkLike | None = None, device: Device = "auto") -> Loaded: ...


@public
def load(
    path: File, expected: Expected | None = None, *, network: NetworkLike | None = None, device: Device = "auto"
) -> Any:
    """Read what ``save`` wrote: a ``VAE``, or the ``Series``, ``Text`` or ``Sound`` around one.

    Parameters
    ----------
    path : the file.
    expected : {VAE, Series, Text, Sound}, default=None
        The class that the model must have, which type checkers then know; None: any.
    network : the user's pair of functions, where the model was trained with one (no file holds them).
    device : where the answers are computed; the file does not bind it.

    Raises
    ------
    FileRefused
        No such file, not a model of Quintet, not one of the class ``expected``, damaged, of a later version, or larger
        than memory.
    """
    tensors, stored = storage.load(path)
    if holds_clips(stored):
        model: Loaded = Sound._of_models(*models_of(tensors, stored, str(path), device))
    else:
        model = of_its_class(_model_of(tensors, stored, str(path), network, device))
    if expected is not None and not isinstance(model, expected):
        raise FileRefused(
            f"{path} must hold a {expected.__name__}, got a {type(model).__name__}: give another file, or leave "
            "expected out."
        )
    return model


def read_vae(path: str | Path, network: Any = None, device: str = "auto") -> VAE:
    """The model of a file of rows, series or text."""
    tensors, stored = storage.load(path)
    if holds_clips(stored):
        raise FileRefused(f"{path} holds a model of sound; load it by quintet.load.")
    return _model_of(tensors, stored, str(path), network, device)


def of_its_class(vae: VAE) -> VAE | Series | Text:
    """A model in the class of what its rows were cut from."""
    sequence = vae.schema_.sequence
    if isinstance(sequence, SeriesDescription):
        return Series.of_vae(vae)
    return Text.of(vae) if isinstance(sequence, TextDescription) else vae


def _model_of(tensors: dict[str, Tensor], stored: dict[str, Any], name: str, network: Any, device: str) -> VAE:
    header = restoring.header_of(stored, name)
    more = {"device": device} if network is None else {"device": device, "network": network}
    vae: VAE = restoring.unfitted(VAE, header, name, more)
    vae._set_learnt(restoring.restored_model(tensors, header, name, vae.device, network), header)
    return vae
