"""The parts of ``Sound``: frames of samples and rows of clips, and the answers about recordings."""
