"""Matplotlib figures, each a function of arrays."""
