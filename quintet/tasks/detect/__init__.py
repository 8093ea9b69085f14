"""Detect: components of the score, nearest neighbours, calibration, p-values, decisions."""
