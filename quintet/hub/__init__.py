"""Models on the Hugging Face Hub, or in a folder of its form: a safetensors file, ``config.json`` and a model card."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.hub.pretrained import from_pretrained as from_pretrained
    from quintet.hub.pretrained import push_to_hub as push_to_hub
    from quintet.hub.pretrained import save_pretrained as save_pretrained

__all__ = ["from_pretrained", "push_to_hub", "save_pretrained"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'quintet.hub' has no attribute {name!r}")
    return getattr(import_module("quintet.hub.pretrained"), name)
