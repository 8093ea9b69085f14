"""Numerical state of each call: isolation from the process's settings, and local random generators."""

from quintet.numerics.isolation import isolated
from quintet.numerics.random_operations import SeededOperations, making

__all__ = ["SeededOperations", "isolated", "making"]
