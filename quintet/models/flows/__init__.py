"""Normalizing flows for priors and posteriors."""
