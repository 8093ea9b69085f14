"""Patches of images that are larger than the model's rows."""
