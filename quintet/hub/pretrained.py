"""Functions ``save_pretrained``, ``from_pretrained`` and ``push_to_hub``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from quintet.arguments import Device, File, NetworkLike
from quintet.arguments.composite_rules import Having
from quintet.entry_points import public
from quintet.errors import FileRefused
from quintet.estimators import VAE, Series, Sound, Text, load
from quintet.estimators.loading import Loaded
from quintet.extras import extra
from quintet.hub.mixin import MODEL, hub_class, sentences_of_the_hub

FittedModel = Annotated[VAE | Series | Text | Sound, Having(("save",), "a fitted VAE, Series, Text or Sound")]


@public
def save_pretrained(model: FittedModel, folder: File, *, license: str | None = None) -> None:
    """Write a model into a folder of the Hub's form: ``model.safetensors``, ``config.json`` and ``README.md``.

    Parameters
    ----------
    model : a fitted ``VAE``, ``Series``, ``Text`` or ``Sound``.
    folder : it is made if it does not exist; a ``README.md`` that is there stays.
    license : identifier of the model's licence for the model card, such as "apache-2.0"; None: the card leaves it to
        you.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise FileRefused(f"folder must be a folder, got the file {folder}: name a folder.")
    hub_class(license)(model).save_pretrained(folder)


@public
def from_pretrained(
    name: File,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: File | None = None,
    local_files_only: bool = False,
    network: NetworkLike | None = None,
    device: Device = "auto",
) -> Loaded:
    """Read a model from a folder of ``save_pretrained``, or from the Hub.

    The model's file holds numbers and text alone: no code of the repository runs.

    Parameters
    ----------
    name : an existing folder, or "owner/name" of the Hub.
    revision : branch, tag or commit of the repository; a commit stays the same model.
    token, cache_dir, local_files_only : as of ``huggingface_hub.hf_hub_download``.
    network, device : as of ``quintet.load``.
    """
    if Path(name).is_dir():
        return load(Path(name) / MODEL, network=network, device=device)
    with extra("hub", "quintet.hub"):
        from huggingface_hub import hf_hub_download
    with sentences_of_the_hub(str(name)):
        file = hf_hub_download(
            str(name),
            MODEL,
            revision=revision,
            token=token,
            cache_dir=cache_dir,
            local_files_only=local_files_only,
        )
    return load(file, network=network, device=device)


@public
def push_to_hub(
    model: FittedModel,
    name: str,
    *,
    license: str | None = None,
    private: bool | None = None,
    token: str | None = None,
    revision: str | None = None,
    message: str = "Model of quintet",
) -> str:
    """Write a model into a repository of the Hub, which is made if it does not exist; give the address of the commit.

    A model's file holds some training rows: publish it only where you may publish those.

    Parameters
    ----------
    name : "owner/name".
    license : as of ``save_pretrained``.
    private : whether a new repository is private; None: as the Hub has it by default.
    token : an access token; None: that of ``hf auth login``.
    revision : branch; None: main.
    message : of the commit.
    """
    with sentences_of_the_hub(name):
        return str(
            hub_class(license)(model).push_to_hub(
                name, private=private, token=token, branch=revision, commit_message=message
            )
        )
