"""The numerical state in which everything runs: a clean room for each call, and generators of our own."""

from quintet.numerics.isolation import isolated
from quintet.numerics.random_operations import SeededOperations, making

__all__ = ["SeededOperations", "isolated", "making"]
