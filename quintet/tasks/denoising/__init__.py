"""Denoising: the kinds of noise, what the model and what neighbouring cells say of a row, and which of them is heard."""
