"""The file of a model of sound: that of its frames, and the model of clips under names of its own."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from quintet.errors import FileRefused
from quintet.estimators._file import restoring, saving
from quintet.estimators.vae import VAE

CLIPS = "clips"
PREFIX = f"{CLIPS}."


def sound_parts(frames: VAE, clips: VAE) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by name and the header."""
    tensors, header = saving.to_parts(frames)
    more, about = saving.to_parts(clips)
    return tensors | {PREFIX + name: tensor for name, tensor in more.items()}, header | {CLIPS: about}


def holds_clips(header: dict[str, Any]) -> bool:
    """Whether the file has a model of clips, and so is one of sound."""
    return CLIPS in header


def models_of(tensors: dict[str, Tensor], header: dict[str, Any], name: str, device: str) -> tuple[VAE, VAE]:
    """The models of frames and of clips."""
    about = header[CLIPS]
    if not isinstance(about, dict):
        raise FileRefused(f"{name} holds a model of clips without a header: copy it again, or fit the model again.")
    own = {key: tensor for key, tensor in tensors.items() if not key.startswith(PREFIX)}
    clips = {key.removeprefix(PREFIX): tensor for key, tensor in tensors.items() if key.startswith(PREFIX)}
    return _model(own, header, name, device), _model(clips, about, name, device)


def _model(tensors: dict[str, Tensor], stored: dict[str, Any], name: str, device: str) -> VAE:
    header = restoring.header_of(stored, name)
    vae: VAE = restoring.unfitted(VAE, header, name, {"device": device})
    vae._set_learnt(restoring.restored_model(tensors, header, name, vae.device, None), header)
    return vae
