"""Denoise: noise kinds, estimates by the model and by neighbouring cells, and their combination."""
