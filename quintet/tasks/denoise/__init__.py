"""Denoise: kinds of noise, what the model and neighbouring cells say of a row, and how much each counts."""
