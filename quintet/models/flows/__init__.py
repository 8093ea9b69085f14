"""Normalizing flows, as priors and posteriors use them."""
