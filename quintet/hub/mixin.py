"""The Hub's own mixin around a model of quintet, which names the files and sends them.

It does not read them: its ``from_pretrained`` passes what ``config.json`` holds on as arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quintet._version import __version__
from quintet.errors import FileRefused, InputError
from quintet.estimators import VAE
from quintet.extras import extra
from quintet.hub.card import TEMPLATE, card_of, inner

MODEL = "model.safetensors"
TAGS = ("variational-autoencoder", "anomaly-detection", "imputation", "compression")


def hub_class(license: str | None = None) -> Any:
    """A class of huggingface_hub's ``ModelHubMixin`` whose instances hold a model; made where it is needed, so that
    quintet's classes need no package of the Hub.

    Parameters
    ----------
    license : identifier for the model card; None leaves it out.
    """
    with extra("hub", "quintet.hub"):
        from huggingface_hub import ModelHubMixin

    mixin: Any = ModelHubMixin

    about: dict[str, Any] = {"library_name": "quintet", "license": license, "model_card_template": TEMPLATE}
    about["tags"] = list(TAGS)

    class HubModel(mixin, **about):  # type: ignore[misc]
        """A model and the files of its repository."""

        def __init__(self, model: Any) -> None:
            self.model = model
            self._hub_mixin_config = config_of(model)

        def _save_pretrained(self, save_directory: Path) -> None:
            self.model.save(save_directory / MODEL)

        def generate_model_card(self, *arguments: Any, **more: Any) -> Any:
            return super().generate_model_card(*arguments, **card_of(self.model, license), **more)

    return HubModel


def config_of(model: Any) -> dict[str, Any]:
    """The content of ``config.json``, for people and for the Hub's counts; nothing is read from it."""
    vae: VAE = inner(model)
    return {
        "library": "quintet",
        "quintet_version": __version__,
        "class": type(model).__name__,
        "variant": vae.fitted_.options["variant"],
        "latent_dim": vae.latent_dim_,
        "row_shape": list(vae.schema_.row_shape),
    }


@contextmanager
def sentences_of_the_hub(name: str) -> Iterator[None]:
    """Within it errors of the Hub become sentences."""
    with extra("hub", "quintet.hub"):
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        yield
    except HFValidationError:
        raise InputError(f"name must be an existing folder or OWNER/NAME of the Hub, got {name!r}.") from None
    except LocalEntryNotFoundError:
        raise FileRefused(
            f"{name} is neither a folder nor in the cache, and the Hub cannot be reached: check the name and the "
            "network."
        ) from None
    except HfHubHTTPError as problem:
        status = getattr(problem.response, "status_code", None)
        raise FileRefused(
            f"The Hub refused {name} (status {status}): check the name, the revision and the token."
        ) from None
