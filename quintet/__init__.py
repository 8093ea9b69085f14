"""Variational autoencoders for five tasks: compress, generate, denoise, detect and impute.

All five are queries to the joint distribution p(x, z) of one model trained on your data.

The public names are imported on first use, so that ``import quintet`` and ``quintet --help`` are fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quintet._version import __version__ as __version__

if TYPE_CHECKING:
    from quintet.data.patches.pictures import cut_patches as cut_patches
    from quintet.data.readers.sources import load_data as load_data
    from quintet.data.sequences.sound.recording import Recording as Recording
    from quintet.data.sequences.sound.wav import save_wav as save_wav
    from quintet.estimators import VAE as VAE
    from quintet.estimators import Classifier as Classifier
    from quintet.estimators import Imputer as Imputer
    from quintet.estimators import Patchwork as Patchwork
    from quintet.estimators import PyodDetector as PyodDetector
    from quintet.estimators import Series as Series
    from quintet.estimators import Sound as Sound
    from quintet.estimators import Text as Text
    from quintet.estimators import Translator as Translator
    from quintet.estimators import load as load
    from quintet.report.build import report as report
    from quintet.studies.compare import compare as compare
    from quintet.studies.diagnose import diagnose as diagnose

_HOME = {
    "VAE": "quintet.estimators",
    "Classifier": "quintet.estimators",
    "Imputer": "quintet.estimators",
    "Patchwork": "quintet.estimators",
    "PyodDetector": "quintet.estimators",
    "Series": "quintet.estimators",
    "Text": "quintet.estimators",
    "Recording": "quintet.data.sequences.sound.recording",
    "Sound": "quintet.estimators",
    "Translator": "quintet.estimators",
    "compare": "quintet.studies.compare",
    "cut_patches": "quintet.data.patches.pictures",
    "diagnose": "quintet.studies.diagnose",
    "load": "quintet.estimators",
    "load_data": "quintet.data.readers.sources",
    "save_wav": "quintet.data.sequences.sound.wav",
}
"""Public name -> module. ``report`` is a folder of this package, which can be called as its function."""
__all__ = sorted([*_HOME, "__version__", "report"])


def __getattr__(name: str) -> Any:
    if name == "report":
        return import_module("quintet.report")
    if name not in _HOME:
        raise AttributeError(f"module 'quintet' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
