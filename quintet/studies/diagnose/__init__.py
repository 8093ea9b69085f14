"""Diagnosis of trained models: faults, the figures that show them, and remedies."""

from quintet.studies.diagnose.finding import Finding
from quintet.studies.diagnose.study import diagnose

__all__ = ["Finding", "diagnose"]
