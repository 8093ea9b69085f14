"""Entropy coding: whole numbers under probabilities, to a stack of bits and back."""
