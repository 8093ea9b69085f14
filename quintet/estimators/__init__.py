"""The public classes, by scikit-learn's contract."""

from quintet.estimators.classifier import Classifier
from quintet.estimators.imputer import Imputer
from quintet.estimators.loading import load
from quintet.estimators.patchwork import Patchwork
from quintet.estimators.pyod_detector import PyodDetector
from quintet.estimators.series import Series
from quintet.estimators.sound import Sound
from quintet.estimators.text import Text
from quintet.estimators.translator import Translator
from quintet.estimators.vae import VAE

__all__ = ["VAE", "Classifier", "Imputer", "Patchwork", "PyodDetector", "Series", "Sound", "Text", "Translator", "load"]
