"""Noise models p(corrupted cell | clean cell), and likelihoods under them."""
