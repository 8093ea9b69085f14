"""The parts of detection: neighbours, places, evidence, calibration."""
