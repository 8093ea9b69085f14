"""Noise models: p(corrupted cell | clean cell), and likelihoods seen through them."""
