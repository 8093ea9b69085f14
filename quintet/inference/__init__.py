"""Posterior inference: importance sampling, refinement, candidate search, copula, interval widths, samplers."""
