"""Fixtures of this folder's tests."""

from tests.digits_model import digits_8x8, held_out, trained

__all__ = ["digits_8x8", "held_out", "trained"]
