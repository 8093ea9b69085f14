"""The numerical state in which everything runs: a clean room for each call, and generators of our own."""

from quintet.numerics.draws import OwnDraws, making
from quintet.numerics.room import clean

__all__ = ["OwnDraws", "clean", "making"]
