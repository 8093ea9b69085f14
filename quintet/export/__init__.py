"""ONNX graphs of a fitted model: its encoders, decoders and anomaly score, for programs without PyTorch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.export.files import to_onnx as to_onnx
    from quintet.export.model_graphs import graphs as graphs
    from quintet.export.model_graphs import lacking as lacking

_PLACES = {"graphs": "model_graphs", "lacking": "model_graphs", "to_onnx": "files"}
"""Public name -> the module that it stands in, imported on first use."""
__all__ = ["graphs", "lacking", "to_onnx"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
