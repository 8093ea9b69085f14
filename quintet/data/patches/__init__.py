"""Patches of pictures that are larger than a model's rows."""
