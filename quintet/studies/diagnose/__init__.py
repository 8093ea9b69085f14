"""Diagnosis: what is wrong with a trained model, by which figure, and what to do about it."""

from quintet.studies.diagnose.finding import Finding
from quintet.studies.diagnose.study import diagnose

__all__ = ["Finding", "diagnose"]
