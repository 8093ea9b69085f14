"""Entropy coding: symbols under known probabilities to a stack of bits and back (asymmetric numeral systems)."""
